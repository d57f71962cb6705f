use super::*;
use crate::access::Role;
use crate::testing::Browser;
use evenfield_gap::place::address::home_key;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

const FILE: &str = "barcode,type,serial,iccid,line_number,carrier\n\
    HS-1,hotspot,SN1,8991101200003204514,757-555-0142,Blue\n\
    HS-2,hotspot,SN2,8991101200003204522,757-555-0143,Blue\n\
    CB-1,laptop,SN3,,,\n";

pub(super) async fn inventory(kit: &Kit) -> Browser {
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let path = format!("/d/{HERE}/lending/devices/upload");
    assert_eq!(staff.upload(&path, &[], ("file", "d.csv", FILE.as_bytes())).await.status, 200);
    let mut write = kit.app.db.write().await.expect("a write");
    for (district, id, street) in [
        (HERE, "S1", "1 Elm St"),
        (HERE, "S2", "1 ELM STREET"),
        (HERE, "S3", "9 Oak St"),
        (THERE, "T1", "1 Elm St"),
    ] {
        sqlx::query(
            "INSERT INTO student (district_id, id, school_id, grade, given_name, family_name, name_key, street, zip, home_key) \
             VALUES ($1, $2, 's1', '07', 'Ana', 'Cruz', 'cruz ana', $3, '23301', $4)",
        )
        .bind(district)
        .bind(id)
        .bind(street)
        .bind(home_key(street, "23301"))
        .execute(&mut *write)
        .await
        .expect("a student");
    }
    write.commit().await.expect("stored");
    staff
}

/// Scans at the counter with this student there; where it leads, and the page.
pub(super) async fn scan(clerk: &Browser, student: &str, code: &str) -> (String, String) {
    act(clerk, &[("student", student), ("scan", code)]).await
}

pub(super) async fn act(clerk: &Browser, fields: &[(&str, &str)]) -> (String, String) {
    let reply = clerk.post(&format!("/d/{HERE}/lending"), fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let to = reply.location().to_owned();
    let page = clerk.get(&to).await;
    assert_eq!(page.status, 200);
    (to, page.body)
}

/// Time passes since the last check-out: the scanner's second look is over.
pub(super) async fn later(kit: &Kit) {
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE lending_loan SET out_ms = out_ms - 3000, in_ms = in_ms - 3000")
        .execute(&mut *write)
        .await
        .expect("older");
    write.commit().await.expect("stored");
}

pub(super) async fn wanted(kit: &Kit, card: &str) -> String {
    sqlx::query_scalar("SELECT wanted FROM carrier_line WHERE district_id = $1 AND iccid = $2")
        .bind(HERE)
        .bind(card)
        .fetch_one(kit.app.db.read())
        .await
        .expect("a line")
}

#[tokio::test]
async fn two_scans_lend_a_device_and_one_takes_it_back() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let page = clerk.get(&format!("/d/{HERE}/lending")).await;
        assert!(page.body.contains("autofocus") && page.body.contains("role=\"status\""), "{}", page.body);
        let (to, page) = scan(&clerk, "", "S1").await;
        assert!(to.contains("student=S1&said=student") && page.contains("Cruz, Ana"), "{to}");
        let (to, page) = scan(&clerk, "S1", " hs-1 ").await;
        assert!(to.contains("said=lent") && page.contains("HS-1 is lent."), "{to} {page}");
        assert_eq!(wanted(&kit, CARD).await, "active");
        // The scanner looks twice; then the page is loaded again: nothing more happens.
        assert!(scan(&clerk, "S1", "HS-1").await.0.contains("said=twice"));
        clerk.get(&to).await;
        let open = "SELECT COUNT(*) FROM lending_loan WHERE in_ms IS NULL";
        assert_eq!(number(&kit.app.db, open).await, 1);
        later(&kit).await;
        let (to, page) = scan(&clerk, "", "SN1").await;
        assert!(to.contains("said=back") && !to.contains("S1"), "who had it is not chosen: {to}");
        assert!(page.contains("HS-1"), "{page}");
        assert!(scan(&clerk, "S1", "SN1").await.0.contains("said=twice"), "a second look lends nothing");
        later(&kit).await;
        assert_eq!((wanted(&kit, CARD).await.as_str(), number(&kit.app.db, open).await), ("parked", 0));
        for (student, code, said) in [
            ("S1", "nobody", "unknown"),
            ("", "HS-2", "no-student"),
            ("", "T1", "unknown"),
            ("T1", "HS-2", "no-student"),
        ] {
            assert!(
                scan(&clerk, student, code).await.0.contains(&format!("said={said}")),
                "{student} {code}"
            );
        }
        let teacher = kit.sign_in(Role::Teacher, HERE).await;
        assert_eq!(teacher.post(&format!("/d/{HERE}/lending"), &[("scan", "S1")]).await.status, 403);
        let actions: Vec<String> = sqlx::query_scalar(
            "SELECT action FROM audit_entry WHERE subject_kind = 'lending_loan' ORDER BY seq",
        )
        .fetch_all(kit.app.db.read())
        .await
        .expect("entries");
        assert_eq!(actions, ["loan.out", "loan.in"]);
        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.see' AND subject_id = 'S1'";
        assert!(number(&kit.app.db, looks).await > 0);
        let names = "SELECT COUNT(*) FROM audit_entry WHERE detail LIKE '%Cruz%' OR subject_id LIKE '%Cruz%'";
        assert_eq!(number(&kit.app.db, names).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_household_has_as_many_hotspots_as_the_rules_say() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        assert!(scan(&clerk, "S2", "HS-2").await.0.contains("said=household"), "the same street");
        assert!(scan(&clerk, "S2", "CB-1").await.0.contains("said=lent"), "a laptop is no hotspot");
        let rules = format!("/d/{HERE}/lending/rules");
        assert_eq!(clerk.get(&rules).await.status, 403);
        for (days, limit, field) in
            [("0", "1", "loan_days"), ("x", "1", "loan_days"), ("9", "99", "household_limit")]
        {
            let reply = staff.post(&rules, &[("loan_days", days), ("household_limit", limit)]).await;
            assert_eq!(reply.status, 422);
            assert!(reply.body.contains(&format!("href=\"#{field}\"")), "{}", reply.body);
        }
        assert_eq!(staff.post(&rules, &[("loan_days", "1"), ("household_limit", "2")]).await.status, 303);
        assert_eq!(staff.get(&rules).await.input("household_limit").as_deref(), Some("2"));
        assert!(scan(&clerk, "S2", "HS-2").await.0.contains("said=lent"));
        let due = crate::db::today().tomorrow().expect("a day").to_string();
        assert_eq!(text(&kit.app.db, "SELECT MIN(due_on) FROM lending_loan").await, due, "the new rule");
    })
    .await;
}

#[tokio::test]
async fn a_loan_is_renewed_lost_found_and_undone() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        assert!(act(&clerk, &[("act", "undo")]).await.0.contains("said=no-undo"));
        scan(&clerk, "S1", "HS-1").await;
        let other = kit.sign_in(Role::Clerk, HERE).await;
        assert!(act(&other, &[("act", "undo")]).await.0.contains("said=no-undo"), "not her own");
        assert!(act(&clerk, &[("act", "undo"), ("student", "S1")]).await.0.contains("said=undone"));
        assert_eq!(wanted(&kit, CARD).await, "parked");
        assert!(act(&clerk, &[("act", "undo")]).await.0.contains("said=undone-before"), "undone once");

        scan(&clerk, "S1", "HS-1").await;
        let device = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        let open = "SELECT due_on FROM lending_loan WHERE undone_ms IS NULL";
        let before = text(&kit.app.db, open).await;
        let in_days =
            |days| crate::db::today().checked_add(jiff::Span::new().days(days)).expect("a day").to_string();
        for (days, due) in [("7", before), ("300", in_days(300))] {
            let rules = [("loan_days", days), ("household_limit", "1")];
            staff.post(&format!("/d/{HERE}/lending/rules"), &rules).await;
            assert!(act(&clerk, &[("act", "renew"), ("device", &device)]).await.0.contains("said=renewed"));
            assert_eq!(text(&kit.app.db, open).await, due, "a shorter rule takes no time away");
        }

        assert!(act(&clerk, &[("act", "lost"), ("device", &device)]).await.0.contains("said=lost"));
        let again = clerk.post(&format!("/d/{HERE}/lending"), &[("act", "lost"), ("device", &device)]).await;
        assert_eq!(again.status, 400, "lost once");
        let renew = clerk.post(&format!("/d/{HERE}/lending"), &[("act", "renew"), ("device", &device)]).await;
        assert_eq!(renew.status, 400, "what is lost is not renewed");
        assert_eq!(wanted(&kit, CARD).await, "active", "nobody is cut off without notice and grace");
        assert_eq!(
            staff.post(&format!("/d/{HERE}/lending/devices/{device}/state"), &[("act", "here")]).await.status,
            400
        );
        later(&kit).await;
        assert!(scan(&clerk, "", "HS-1").await.0.contains("said=back"), "found");
        assert!(act(&clerk, &[("act", "undo")]).await.0.contains("said=undone"));
        assert_eq!(
            text(&kit.app.db, "SELECT state FROM lending_device WHERE barcode = 'HS-1'").await,
            "lost"
        );
        assert_eq!(wanted(&kit, CARD).await, "active");
        let page = clerk.get(&format!("/d/{HERE}/lending/devices/{device}")).await;
        assert_eq!(page.body.matches("/roster/students/S1").count(), 2, "{}", page.body);
        let csv = staff.get(&format!("/d/{HERE}/lending/loans.csv")).await.body;
        assert!(csv.contains("HS-1,hotspot,,,SN1,S1,Cruz,Ana,"), "{csv}");
        assert_eq!(csv.lines().count(), 2, "what was undone is no loan: {csv}");
    })
    .await;
}

#[tokio::test]
async fn a_file_takes_no_card_from_a_device_that_is_lent() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        scan(&kit.sign_in(Role::Clerk, HERE).await, "S1", "HS-1").await;
        for (text, said) in [
            ("barcode,type,iccid\nHS-1,hotspot,\n", "HS-1 is lent with its card"),
            ("barcode,type\nHS-1,laptop\n", "HS-1 is lent as that"),
        ] {
            let file = ("file", "devices.csv", text.as_bytes());
            let sent = staff.upload(&format!("/d/{HERE}/lending/devices/upload"), &[], file).await;
            assert!(sent.body.contains(said), "{}", sent.body);
            assert_eq!(wanted(&kit, CARD).await, "active");
        }
        // Of a device that is here it is no matter.
        let file = ("file", "devices.csv", &b"barcode,type,iccid\nHS-2,hotspot,\n"[..]);
        let sent = staff.upload(&format!("/d/{HERE}/lending/devices/upload"), &[], file).await;
        assert!(sent.body.contains("Changed: 1."), "{}", sent.body);
    })
    .await;
}

#[tokio::test]
async fn a_card_that_moves_takes_its_line_along() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let swapped = format!("barcode,type,iccid\nHS-1,hotspot,{OTHER_CARD}\nHS-2,hotspot,{CARD}\n");
        let upload = format!("/d/{HERE}/lending/devices/upload");
        assert_eq!(staff.upload(&upload, &[], ("file", "d.csv", swapped.as_bytes())).await.status, 200);
        assert_eq!(
            (wanted(&kit, CARD).await.as_str(), wanted(&kit, OTHER_CARD).await.as_str()),
            ("parked", "active")
        );
        let device = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        let fields = [("barcode", "HS-1"), ("kind", "hotspot"), ("iccid", "")];
        let edit = format!("/d/{HERE}/lending/devices/{device}/edit");
        let refused = staff.post(&edit, &fields).await;
        assert!(
            refused.status == 422 && refused.body.contains("It is lent with its card"),
            "{}",
            refused.body
        );
        assert_eq!(wanted(&kit, OTHER_CARD).await, "active");
        let other_kind = [("barcode", "HS-1"), ("kind", "laptop"), ("iccid", OTHER_CARD)];
        assert_eq!(staff.post(&edit, &other_kind).await.status, 422);
        let other_card = [("barcode", "HS-1"), ("kind", "hotspot"), ("iccid", "8991101200003204530")];
        assert_eq!(staff.post(&edit, &other_card).await.status, 303, "another card may be put in");
        assert_eq!(wanted(&kit, OTHER_CARD).await, "parked", "no device, no loan");
    })
    .await;
}

/// A step of somebody at a counter.
#[derive(Clone, Debug)]
enum Step {
    Scan(usize, &'static str),
    Act(&'static str, usize),
    Later,
    Repair(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop::sample::select(vec!["HS-1", "HS-2", "CB-1", "S1", "S3"]);
    prop_oneof![
        6 => (0usize..3, code).prop_map(|(who, code)| Step::Scan(who, code)),
        3 => (prop::sample::select(vec!["undo", "renew", "lost"]), 0usize..3).prop_map(|(act, n)| Step::Act(act, n)),
        2 => Just(Step::Later),
        1 => (0usize..3).prop_map(Step::Repair),
    ]
}

/// What must hold of the records after each step, whatever the steps are.
async fn check(db: &Db) {
    for (wrong, sql) in [
        (
            "a device with two open loans",
            "SELECT COUNT(*) FROM (SELECT device_id FROM lending_loan WHERE in_ms IS NULL AND undone_ms IS NULL \
             GROUP BY device_id HAVING COUNT(*) > 1) AS twice",
        ),
        (
            "a state that the loans do not have",
            "SELECT COUNT(*) FROM lending_device d WHERE (d.state IN ('lent', 'lost')) <> EXISTS (SELECT 1 FROM \
             lending_loan n WHERE n.device_id = d.id AND n.in_ms IS NULL AND n.undone_ms IS NULL)",
        ),
        (
            "a line wanted active without a loan, or not with one",
            "SELECT COUNT(*) FROM carrier_line l WHERE (l.wanted = 'active') <> EXISTS (SELECT 1 FROM lending_device d \
             JOIN lending_loan n ON n.device_id = d.id WHERE d.iccid = l.iccid AND n.in_ms IS NULL AND n.undone_ms IS NULL)",
        ),
        ("a suspension", "SELECT COUNT(*) FROM carrier_line WHERE wanted = 'suspended'"),
    ] {
        assert_eq!(number(db, sql).await, 0, "{wrong}");
    }
}

#[tokio::test]
async fn whatever_is_scanned_the_records_agree() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerks = [kit.sign_in(Role::Clerk, HERE).await, kit.sign_in(Role::Clerk, HERE).await];
        let mut devices = Vec::new();
        for barcode in ["HS-1", "HS-2", "CB-1"] {
            let id: String = sqlx::query_scalar("SELECT id FROM lending_device WHERE barcode = $1")
                .bind(barcode)
                .fetch_one(kit.app.db.read())
                .await
                .expect("a device");
            devices.push(id);
        }
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let steps = proptest::collection::vec((step(), 0usize..2), 150..151);
        let steps = steps.new_tree(&mut runner).expect("steps").current();
        for (step, clerk) in steps {
            let clerk = &clerks[clerk];
            match step {
                Step::Scan(who, code) => drop(scan(clerk, ["", "S1", "S3"][who], code).await),
                Step::Act(act, n) => {
                    let fields = [("act", act), ("device", devices[n].as_str())];
                    let reply = clerk.post(&format!("/d/{HERE}/lending"), &fields).await;
                    assert!([303, 400, 404].contains(&reply.status), "{}", reply.body);
                }
                Step::Later => later(&kit).await,
                Step::Repair(n) => {
                    let path = format!("/d/{HERE}/lending/devices/{}/state", devices[n]);
                    staff.post(&path, &[("act", "repair")]).await;
                    staff.post(&path, &[("act", "here")]).await;
                }
            }
            check(&kit.app.db).await;
        }
        assert!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_loan").await > 10, "much was lent");
    })
    .await;
}
