use super::*;
use crate::access::Role;
use crate::filtering::queries::{NewDevice, Whose, enrol};
use crate::filtering::rules::enroll;
use crate::filtering::rules::evidence::{Coverage, Document};
use evenfield_policy::evidence::open;

const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz";

async fn enroll_cart(here: &Here) {
    let device = NewDevice {
        id: "cart".to_owned(),
        key: enroll::stored_key(TOKEN),
        way: "token",
        label: "cart 3".to_owned(),
        whose: Whose::School("s1".to_owned()),
    };
    let mut write = here.kit.app.db.write().await.expect("a write");
    enrol(&mut write, HERE, &[device], ("x", now_ms())).await.expect("enrolled");
    write.commit().await.expect("stored");
}

async fn document(staff: &Browser) -> Document {
    let file = staff.get(&format!("/d/{HERE}/filtering/evidence.txt")).await;
    let (text, _) = open(&file.body, Some(&key().public())).expect("signed by our key");
    serde_json::from_str(text).expect("a document")
}

#[tokio::test]
async fn what_was_in_force_for_a_device_is_told_from_version_to_version() {
    each(|here| async move {
        here.publish().await;
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        enroll_cart(&here).await;
        here.publish().await;
        // A version that changes nothing for the device.
        let path = here.folder.path().join("policy.toml");
        std::fs::write(&path, POLICY.replace("\"puzzles.example\"", "\"cards.example\"")).expect("written");
        here.publish().await;
        // One that does.
        let stricter =
            POLICY.replace("must_deny = [\"never.example\"]", "safe_search = true\nyoutube = \"strict\"");
        std::fs::write(&path, stricter).expect("written");
        here.publish().await;
        let page = staff.get(&format!("/d/{HERE}/filtering/evidence")).await;
        assert!(page.status == 200 && page.body.contains(&key().public().to_string()), "{}", page.body);

        let told = document(&staff).await;
        assert_eq!(told.faults(), [""; 0]);
        assert_eq!(told.versions.iter().map(|v| v.version).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(told.versions[0].lists[0].version, "7");
        assert_eq!(told.coverage(), Coverage { enrolled: 1, covered: 1 });
        let since = &told.devices[0].in_force;
        assert_eq!(since.iter().map(|s| s.version).collect::<Vec<_>>(), [2, 4]);
        let (first, last) = (&told.measures[&since[0].measure], &told.measures[&since[1].measure]);
        assert_eq!(first.blocked_always, ["bypass", "games"]);
        assert_eq!((first.safe_search.as_str(), first.youtube.as_str()), ("never", "open"));
        assert_eq!((last.safe_search.as_str(), last.youtube.as_str()), ("always", "strict"));

        let revoke = format!("/d/{HERE}/filtering/devices/cart/revoke");
        assert_eq!(staff.post(&revoke, &[]).await.status, 303);
        here.publish().await;
        let told = document(&staff).await;
        assert_eq!(told.devices[0].in_force.last().map(|s| s.measure.as_str()), Some(""));
        assert_eq!(told.coverage(), Coverage { enrolled: 0, covered: 0 });
        let csv = staff.get(&format!("/d/{HERE}/filtering/evidence.csv")).await;
        assert_eq!(csv.body.lines().count(), 4, "{}", csv.body);
        assert!(
            csv.body.contains("cart,school,4,") && csv.body.contains(",bypass games,,always,strict"),
            "{}",
            csv.body
        );
    })
    .await;
}

#[tokio::test]
async fn steps_of_the_safety_policy_are_written_down_and_signed() {
    each(|here| async move {
        here.publish().await;
        let staff = here.kit.sign_in(Role::Administrator, HERE).await;
        let path = format!("/d/{HERE}/filtering/evidence");
        let step = |step: &'static str, day: &'static str| {
            [("step", step), ("done_on", day), ("note", "minutes, item 7")]
        };
        assert_eq!(staff.post(&path, &step("hearing", "2026-09-14")).await.status, 303);
        assert_eq!(staff.post(&path, &step("hearing", "2026-09-21")).await.status, 303);
        assert_eq!(staff.post(&path, &step("notice", "2999-01-01")).await.status, 422);
        assert_eq!(staff.post(&path, &step("party", "2026-09-14")).await.status, 400);
        let told = document(&staff).await;
        let steps: Vec<_> = told.steps.iter().map(|s| (s.step.as_str(), s.done_on.as_str())).collect();
        assert_eq!(steps, [("hearing", "2026-09-14"), ("hearing", "2026-09-21")]);
        assert!(told.audit_head.0 > 0 && told.audit_head.1.len() == 64);
        let page = staff.get(&path).await;
        assert!(page.body.contains("2026-09-21") && page.body.contains("minutes, item 7"), "{}", page.body);
        let teacher = here.kit.sign_in(Role::Teacher, HERE).await;
        assert_eq!(teacher.get(&path).await.status, 403);
    })
    .await;
}
