use super::*;
use crate::access::Role;
use crate::queries::{NewDevice, Whose, enrol};
use crate::rules::enroll;
use crate::rules::evidence::{Coverage, Document};
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

#[tokio::test]
async fn a_version_is_explained_when_its_file_is_gone() {
    each(|here| async move {
        enroll_cart(&here).await;
        here.publish().await;
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let answer = [
            ("name", "games.example"),
            ("ruling", "allow"),
            ("whom", "everybody"),
            ("until", ""),
            ("reason", "x"),
        ];
        assert_eq!(staff.post(&format!("/d/{HERE}/filtering/answer"), &answer).await.status, 303);
        here.publish().await;
        let path = here.folder.path().join("policy.toml");
        for n in 0..5 {
            std::fs::write(&path, POLICY.replace("\"7\"", &format!("\"8.{n}\""))).expect("written");
            here.publish().await;
        }
        assert!(
            !here.folder.path().join("data/policy/2.snapshot").exists(),
            "the file of the second is gone"
        );
        let told = document(&staff).await;
        assert_eq!((told.versions.len(), told.faults()), (7, Vec::new()));
        let text = |n: i64| {
            let staff = &staff;
            async move { staff.get(&format!("/d/{HERE}/filtering/versions/{n}")).await }
        };
        let (first, second) = (text(1).await, text(2).await);
        assert!(
            second.body.contains("games.example,\"everybody\",") && !first.body.contains("\"everybody\""),
            "{}",
            second.body
        );
        assert!(
            second.body.contains("must_deny = [\"never.example\"]")
                && second.body.contains("district's own, games, 7, 2"),
            "{}",
            second.body
        );
        assert!(text(7).await.body.contains("version = \"8.4\""));
        // The evidence names the texts by their digests.
        assert!(second.body.contains(&format!("settings: SHA-256 {}", told.versions[1].settings)));
        assert!(second.body.contains(&format!("digest {}", told.versions[1].digest)));
        assert_eq!(text(99).await.status, 404);
        let page = staff.get(&format!("/d/{HERE}/filtering/versions")).await;
        assert!(page.body.contains(&told.versions[1].digest), "{}", page.body);
        let csv = staff.get(&format!("/d/{HERE}/filtering/versions.csv")).await;
        assert_eq!(csv.body.lines().count(), 8, "{}", csv.body);
        // What changes nothing for the district is no version of its evidence.
        let texts = number(&here.kit.app.db, "SELECT COUNT(*) FROM filter_text").await;
        assert_eq!(texts, 6 + 2, "each text once");
    })
    .await;
}

/// A district that moves takes its versions along, and goes on being published where it has moved to.
#[tokio::test]
async fn versions_and_edges_move_with_their_district() {
    each(|here| async move {
        enroll_cart(&here).await;
        here.publish().await;
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let added = staff.post(&format!("/d/{HERE}/filtering/edges"), &[("name", "Bus 12")]).await;
        assert_eq!(added.status, 200);
        std::fs::write(
            here.folder.path().join("policy.toml"),
            POLICY.replace("block = [", "safe_search = true\nblock = ["),
        )
        .expect("written");
        assert_eq!(here.publish().await, 2);
        let before = document(&staff).await;
        let mut file = std::io::Cursor::new(Vec::new());
        crate::db::transfer::export(&here.kit.app.db, HERE, &mut file).await.expect("exported");
        let fresh = harness::Fresh::make(here.kit.app.db.backend()).await;
        let db = Db::open(&fresh.url).await.expect("a fresh database opens");
        let other = Here::new(db).await;
        let how = crate::db::transfer::Import { replace: true, verify: true };
        crate::db::transfer::import(&other.kit.app.db, file, how).await.expect("imported");
        assert_eq!(other.publish().await, 3, "on from the numbers that came along");
        let staff = other.kit.sign_in(Role::Coordinator, HERE).await;
        let told = document(&staff).await;
        assert_eq!(told.faults(), [""; 0]);
        assert_eq!(told.versions[..2], before.versions[..]);
        assert_eq!(told.edges.len(), before.edges.len());
        let revoke = format!("/d/{HERE}/filtering/devices/cart/revoke");
        assert_eq!(staff.post(&revoke, &[]).await.status, 303);
        assert_eq!(other.publish().await, 4);
        let text = staff.get(&format!("/d/{HERE}/filtering/versions/1")).await;
        assert!(text.body.contains("never.example"), "{}", text.body);
        other.kit.app.db.close().await;
        fresh.drop_it().await;
    })
    .await;
}
