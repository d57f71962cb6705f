use super::*;
use crate::access::Role;
use crate::rules::enroll;
use evenfield_policy::{DeviceKey, Subject};

/// A student of the first school.
async fn enroll_student(here: &Here, id: &str) {
    let mut write = here.kit.app.db.write().await.expect("a write");
    sqlx::query(
        "INSERT INTO student (district_id, id, school_id, grade, given_name, family_name, name_key) VALUES \
         ($1, $2, 's1', '07', 'Given', 'Family', 'family given')",
    )
    .bind(HERE)
    .bind(id)
    .execute(&mut *write)
    .await
    .expect("a student");
    write.commit().await.expect("stored");
}

async fn here(db: Db) -> Here {
    let mut here = Here::new(db).await;
    let mut config = crate::config::Config::clone(&here.kit.app.config);
    config.filtering.https = Some("https://dns.example.org/dns-query".to_owned());
    config.filtering.tls_domain = Some("dns.example.org".to_owned());
    config.filtering.addresses = vec!["192.0.2.53".parse().expect("an address")];
    here.kit = Kit::on(here.kit.app.db.clone(), config);
    enroll_student(&here, "S1").await;
    here
}

/// Whether the policy knows the device of a token, and by another policy than the safe default.
fn is_known(here: &Here, token: &str) -> bool {
    let current = here.kit.app.policy.current().expect("a version");
    current.view().policy_of(&Subject::Device(DeviceKey::of_token(token))).0 != 0
}

/// The value of the input with this id.
fn value_of(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {page}"));
    rest.split("value=\"").nth(1).and_then(|r| r.split('"').next()).expect("its value").to_owned()
}

#[tokio::test]
async fn a_device_gets_a_token_once_and_the_policy_knows_it_until_it_is_revoked() {
    harness::each(|db| async move {
        let here = here(db).await;
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let devices = format!("/d/{HERE}/filtering/devices");
        let fields = |label: &'static str, student: &'static str, school: &'static str| {
            [("label", label), ("student", student), ("school", school)]
        };
        let page = staff.post(&devices, &fields("cart 3, number 12", "S1", "")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let token = value_of(&page.body, "token");
        assert!(enroll::is_token(&token));
        assert_eq!(value_of(&page.body, "android"), format!("{token}.dns.example.org"));
        assert_eq!(value_of(&page.body, "https"), format!("https://dns.example.org/dns-query/{token}"));
        assert!(
            page.body.contains("DnsOverHttpsTemplates") && page.body.contains(&format!("{token}{{?dns}}"))
        );
        here.publish().await;
        assert!(is_known(&here, &token) && !is_known(&here, "somebody"));

        let profile = format!("{devices}/profile");
        let apple = staff.post(&profile, &[("token", &token), ("supervised", "yes")]).await;
        assert_eq!(apple.headers["content-type"], "application/x-apple-aspen-config");
        assert!(apple.body.contains(&format!("/dns-query/{token}</string>")) && apple.body.contains("Shore"));
        assert_eq!(staff.post(&profile, &[("token", "</string>")]).await.status, 400);

        let list = staff.get(&devices).await;
        assert!(list.body.contains("cart 3, number 12") && list.body.contains("Student S1"), "{}", list.body);
        assert!(!list.body.contains(&token), "shown once");
        let csv = staff.get(&format!("{devices}.csv")).await;
        assert!(csv.body.contains("\"cart 3, number 12\",S1,,token,"), "{}", csv.body);
        let stored: Vec<String> = sqlx::query_scalar("SELECT device_key FROM filter_device")
            .fetch_all(here.kit.app.db.read())
            .await
            .expect("keys");
        assert_eq!(stored, [enroll::stored_key(&token)]);

        let id: String = sqlx::query_scalar("SELECT id FROM filter_device")
            .fetch_one(here.kit.app.db.read())
            .await
            .expect("a device");
        let revoke = format!("{devices}/{id}/revoke");
        assert_eq!(staff.post(&revoke, &[]).await.status, 303);
        assert_eq!(staff.post(&revoke, &[]).await.status, 404);
        here.publish().await;
        assert!(!is_known(&here, &token));
        for (label, student, school) in
            [("", "S1", ""), ("x", "", ""), ("x", "S9", ""), ("x", "S1", "s1"), ("x", "", "s9")]
        {
            assert_eq!(
                staff.post(&devices, &fields(label, student, school)).await.status,
                422,
                "{student} {school}"
            );
        }
        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action IN ('device.list', 'device.download')";
        assert!(number(&here.kit.app.db, looks).await >= 2, "a look at whose devices is written down");
        let leaks = "SELECT COUNT(*) FROM audit_entry WHERE detail LIKE '%cart%' OR detail LIKE '%S1%'";
        assert_eq!(number(&here.kit.app.db, leaks).await, 0);
        let teacher = here.kit.sign_in(Role::Teacher, HERE).await;
        assert_eq!(teacher.get(&devices).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn chromebooks_are_known_by_what_chrome_makes_of_their_serials() {
    harness::each(|db| async move {
        let here = here(db).await;
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let devices = format!("/d/{HERE}/filtering/devices");
        let upload = format!("{devices}/upload");
        let file = b"serial,student,school,label\n5CD1234XYZ,S1,,cart 3\n5CD9999AAA,,s2,library\n";
        let sent = staff.upload(&upload, &[], ("file", "devices.csv", file)).await;
        assert!(sent.status == 200 && sent.body.contains("2 devices are enrolled"), "{}", sent.body);
        let policy = staff.get(&format!("{devices}/chrome-policy.json")).await;
        let policy: serde_json::Value = serde_json::from_str(&policy.body).expect("JSON");
        let salt = policy["DnsOverHttpsSalt"].as_str().expect("the salt").to_owned();
        assert_eq!(salt.len(), 32);
        here.publish().await;
        for serial in ["5CD1234XYZ", "5CD9999AAA"] {
            assert!(is_known(&here, &enroll::chrome_token(&salt, serial)));
        }
        let stored = "SELECT COUNT(*) FROM filter_device WHERE device_key LIKE '%5CD%' OR label LIKE '%5CD%'";
        assert_eq!(number(&here.kit.app.db, stored).await, 0, "no serial is kept");

        // The same file again, with another owner: the device is hers, and there is one of it.
        let file = b"serial,student,school,label\n5CD1234XYZ,,s2,library\n";
        assert_eq!(staff.upload(&upload, &[], ("file", "devices.csv", file)).await.status, 200);
        assert_eq!(number(&here.kit.app.db, "SELECT COUNT(*) FROM filter_device").await, 2);
        let wrong = b"serial,student\n5CD1234XYZ,S1\n5CD7777CCC,S9\n";
        let refused = staff.upload(&upload, &[], ("file", "devices.csv", wrong)).await;
        assert!(refused.status == 422 && refused.body.contains("id=\"problems\""), "{}", refused.body);
        assert_eq!(number(&here.kit.app.db, "SELECT COUNT(*) FROM filter_device").await, 2, "all or nothing");
        assert_eq!(staff.upload(&upload, &[], ("other", "devices.csv", wrong)).await.status, 400);
        // A student who leaves takes her device out of the policy.
        let file = b"serial,student\n5CD1234XYZ,S1\n";
        staff.upload(&upload, &[], ("file", "devices.csv", file)).await;
        let mut write = here.kit.app.db.write().await.expect("a write");
        sqlx::query("DELETE FROM student WHERE id = 'S1'").execute(&mut *write).await.expect("gone");
        write.commit().await.expect("stored");
        here.publish().await;
        assert!(!is_known(&here, &enroll::chrome_token(&salt, "5CD1234XYZ")));
    })
    .await;
}

#[tokio::test]
async fn without_settings_no_device_can_be_enrolled() {
    each(|here| async move {
        let staff = here.kit.sign_in(Role::Administrator, HERE).await;
        let devices = format!("/d/{HERE}/filtering/devices");
        assert!(staff.get(&devices).await.body.contains("filtering.https"));
        assert_eq!(staff.get(&format!("{devices}/chrome-policy.json")).await.status, 404);
        assert_eq!(staff.post(&devices, &[("label", "x"), ("school", "s1")]).await.status, 400);
        assert_eq!(staff.post(&format!("{devices}/profile"), &[("token", "x")]).await.status, 400);
    })
    .await;
}
