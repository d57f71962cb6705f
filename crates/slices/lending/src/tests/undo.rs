use super::counter::{act, inventory, later, scan, wanted};
use super::*;
use crate::access::Role;
use crate::testing::Browser;

async fn state(kit: &Kit, barcode: &str) -> String {
    sqlx::query_scalar("SELECT state FROM lending_device WHERE barcode = $1")
        .bind(barcode)
        .fetch_one(kit.app.db.read())
        .await
        .expect("a device")
}

async fn id(kit: &Kit, barcode: &str) -> String {
    sqlx::query_scalar("SELECT id FROM lending_device WHERE barcode = $1")
        .bind(barcode)
        .fetch_one(kit.app.db.read())
        .await
        .expect("a device")
}

/// All that undoing may change, in one text.
async fn records(kit: &Kit) -> Vec<String> {
    let mut all: Vec<String> = sqlx::query_scalar(
        "SELECT device_id || due_on || CAST(renewed AS TEXT) || COALESCE(CAST(lost_ms AS TEXT), '-') || \
         COALESCE(CAST(in_ms AS TEXT), '-') || COALESCE(CAST(damaged_ms AS TEXT), '-') || COALESCE(missing, '-') \
         FROM lending_loan WHERE undone_ms IS NULL ORDER BY out_ms, id",
    )
    .fetch_all(kit.app.db.read())
    .await
    .expect("loans");
    all.extend(
        sqlx::query_scalar::<_, String>("SELECT barcode || state FROM lending_device ORDER BY barcode")
            .fetch_all(kit.app.db.read())
            .await
            .expect("devices"),
    );
    all.extend(
        sqlx::query_scalar::<_, String>("SELECT iccid || wanted FROM carrier_line ORDER BY iccid")
            .fetch_all(kit.app.db.read())
            .await
            .expect("lines"),
    );
    all
}

async fn undo(clerk: &Browser) -> String {
    act(clerk, &[("act", "undo")]).await.0
}

#[tokio::test]
async fn a_swap_is_undone_as_a_whole() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let before = records(&kit).await;
        let old = id(&kit, "HS-1").await;
        let (to, _) = act(&clerk, &[("student", "S1"), ("swap", &old), ("scan", "HS-2")]).await;
        assert!(to.contains("said=swapped"), "{to}");
        assert_eq!(
            (state(&kit, "HS-1").await.as_str(), wanted(&kit, CARD).await.as_str()),
            ("repair", "parked")
        );
        assert!(undo(&clerk).await.contains("said=undone"));
        assert_eq!(records(&kit).await, before, "both devices, both lines and the loan");
        assert_eq!(
            (state(&kit, "HS-1").await.as_str(), state(&kit, "HS-2").await.as_str()),
            ("lent", "here")
        );
        assert!(undo(&clerk).await.contains("said=undone-before"), "the check-out before it stays");
        assert_eq!(records(&kit).await, before);
    })
    .await;
}

#[tokio::test]
async fn what_was_done_last_is_undone_and_nothing_else() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let device = id(&kit, "HS-1").await;
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("loan_days", "300")]).await;
        for (does, said) in [("renew", "renewed"), ("lost", "lost")] {
            let before = records(&kit).await;
            assert!(
                act(&clerk, &[("act", does), ("device", &device)]).await.0.contains(&format!("said={said}"))
            );
            assert_ne!(records(&kit).await, before, "{does}");
            assert!(undo(&clerk).await.contains("said=undone"), "{does}");
            assert_eq!(records(&kit).await, before, "{does}");
            assert!(undo(&clerk).await.contains("said=undone-before"), "{does}");
        }
        act(&clerk, &[("act", "lost"), ("device", &device)]).await;
        let lost = records(&kit).await;
        act(&clerk, &[("act", "found"), ("device", &device)]).await;
        assert!(undo(&clerk).await.contains("said=undone"));
        assert_eq!(records(&kit).await, lost, "lost since when it was");
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        let back = records(&kit).await;
        let noted = [("device", device.as_str()), ("damaged", "1"), ("missing", "case")];
        assert_eq!(clerk.post(&format!("/d/{HERE}/lending/returned"), &noted).await.status, 303);
        assert_eq!(state(&kit, "HS-1").await, "repair");
        assert!(undo(&clerk).await.contains("said=undone"));
        assert_eq!(records(&kit).await, back, "the return stays, the damage does not");
    })
    .await;
}

#[tokio::test]
async fn what_somebody_else_went_on_with_is_not_undone() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let other = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let device = id(&kit, "HS-1").await;
        act(&other, &[("act", "renew"), ("device", &device)]).await;
        let (to, page) = act(&clerk, &[("act", "undo")]).await;
        assert!(to.contains("said=undo-since") && page.contains("cannot be undone"), "{to}");
        assert!(undo(&other).await.contains("said=undone"));
        assert!(undo(&clerk).await.contains("said=undone"), "what was undone is as if it had not been");
        assert_eq!(state(&kit, "HS-1").await, "here");
        later(&kit).await;
        scan(&clerk, "S1", "HS-1").await;
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        staff.post(&format!("/d/{HERE}/lending/devices/{device}/state"), &[("act", "repair")]).await;
        assert!(undo(&clerk).await.contains("said=undo-since"), "it was put into repair");
    })
    .await;
}

#[tokio::test]
async fn a_code_of_a_device_and_a_student_asks_which_is_meant() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        // Another student's number is a device's serial: nobody can have known when the device was added.
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE lending_device SET serial = 'S3' WHERE barcode = 'HS-1'")
            .execute(&mut *write)
            .await
            .expect("a serial");
        write.commit().await.expect("stored");
        let (to, page) = scan(&clerk, "S1", "S3").await;
        assert!(to.contains("said=both") && page.contains("value=\"as-student\""), "{to} {page}");
        assert_eq!(state(&kit, "HS-1").await, "here", "nothing is lent by mistake");
        let as_student = [("student", "S1"), ("scan", "S3"), ("act", "as-student")];
        assert!(act(&clerk, &as_student).await.0.contains("student=S3&said=student"));
        let as_device = [("student", "S1"), ("scan", "S3"), ("act", "as-device")];
        assert!(act(&clerk, &as_device).await.0.contains("said=lent"));
        let file = ("file", "d.csv", &b"barcode,type\nS1,laptop\n"[..]);
        let sent = staff.upload(&format!("/d/{HERE}/lending/devices/upload"), &[], file).await;
        assert!(sent.status == 422 && sent.body.contains("no student"), "{}", sent.body);
        let new = [("barcode", "S1"), ("kind", "laptop")];
        let sent = staff.post(&format!("/d/{HERE}/lending/devices/new"), &new).await;
        assert!(sent.status == 422 && sent.body.contains("A student has this number"), "{}", sent.body);
    })
    .await;
}

#[tokio::test]
async fn what_does_not_work_is_not_lent_and_what_nobody_follows_is_said() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let line = text(&kit.app.db, "SELECT id FROM carrier_line WHERE iccid = '8991101200003204514'").await;
        assert_eq!(
            staff.post(&format!("/d/{HERE}/lending/lines/{line}/change"), &[("act", "end")]).await.status,
            303
        );
        let (to, page) = scan(&clerk, "S1", "HS-1").await;
        assert!(to.contains("said=ended") && page.contains("Put another card into it"), "{page}");
        assert_eq!(state(&kit, "HS-1").await, "here");
        let file = "barcode,type,iccid\nHS-8,hotspot,\nHS-9,hotspot,8991101200003204530\n";
        let path = format!("/d/{HERE}/lending/devices/upload");
        assert_eq!(staff.upload(&path, &[], ("file", "d.csv", file.as_bytes())).await.status, 200);
        assert!(scan(&clerk, "S1", "HS-8").await.0.contains("said=lent-no-card"));
        assert!(scan(&clerk, "S3", "HS-9").await.0.contains("said=lent-no-line"));
        let device = id(&kit, "HS-8").await;
        let swap = [("student", "S1"), ("swap", device.as_str()), ("scan", "HS-1")];
        assert!(act(&clerk, &swap).await.0.contains("said=ended"), "nor in place of another");
        assert_eq!(state(&kit, "HS-8").await, "lent");
    })
    .await;
}

#[tokio::test]
async fn a_household_is_what_staff_say_that_it_is() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let path = format!("/d/{HERE}/lending/household");
        let say = async |act: &str, student: &str, other: &str| {
            clerk.post(&path, &[("act", act), ("student", student), ("other", other)]).await.status
        };
        scan(&clerk, "S1", "HS-1").await;
        assert!(scan(&clerk, "S2", "HS-2").await.0.contains("said=household"), "1 Elm St and 1 ELM STREET are one");
        assert_eq!(say("alone", "S2", "").await, 303);
        assert_eq!(say("with", "S3", "S1").await, 303);
        assert!(scan(&clerk, "S3", "HS-2").await.0.contains("said=household"), "she lives with S1");
        let page = clerk.get(&format!("/d/{HERE}/lending?student=S3")).await.body;
        assert!(page.contains("Cruz, Ana (S1)") && !page.contains("(S2)"), "{page}");
        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.see' AND subject_id = 'S3' AND detail LIKE '%S1%'";
        assert!(number(&kit.app.db, looks).await > 0, "a look at S1, too");
        assert!(scan(&clerk, "S2", "HS-2").await.0.contains("said=lent"));
        assert_eq!(say("address", "S2", "").await, 303);
        assert_eq!(say("address", "S3", "").await, 303);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_household").await, 0);
        for (act, student, other) in [("with", "S1", "S1"), ("with", "S1", "T1"), ("with", "T1", "S1"), ("x", "S1", "")] {
            assert_eq!(say(act, student, other).await, 400, "{act} {student} {other}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_menu_marks_lending_on_each_of_its_pages() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        for tail in ["", "/devices", "/lines", "/rules", "/devices/new"] {
            let page = staff.get(&format!("/d/{HERE}/lending{tail}")).await.body;
            assert!(
                page.contains(&format!("href=\"/d/{HERE}/lending\" aria-current=\"page\"")),
                "{tail}: {page}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn shorter_rules_keep_a_day_that_was_promised() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let rules = format!("/d/{HERE}/lending/rules");
        staff.post(&rules, &[("suspend", "1"), ("cap_percent", "100"), ("grace_days", "14")]).await;
        scan(&clerk, "S1", "HS-1").await;
        act(&clerk, &[("act", "lost"), ("device", &id(&kit, "HS-1").await)]).await;
        super::orders::tell(&clerk).await;
        staff.post(&rules, &[("grace_days", "1")]).await;
        super::orders::pass(&kit, 24 * 10).await;
        assert_eq!(super::orders::follow(&kit).await.suspended, 0, "it was told of 14 days");
        super::orders::pass(&kit, 24 * 5).await;
        assert_eq!(super::orders::follow(&kit).await.suspended, 1);
    })
    .await;
}

#[tokio::test]
async fn whoever_undoes_a_return_is_told_when_the_household_has_too_many() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let other = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        // The household of the default rules may have one; it gets it from somebody else meanwhile.
        scan(&other, "S1", "HS-2").await;
        assert_eq!(state(&kit, "HS-2").await, "lent");
        assert!(undo(&clerk).await.contains("said=undone-over"));
        assert_eq!(state(&kit, "HS-1").await, "lent", "the household has it, and the records say so");
        later(&kit).await;
        scan(&other, "", "HS-2").await;
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        assert!(undo(&clerk).await.contains("said=undone&"), "one is as many as it may");
    })
    .await;
}

#[tokio::test]
async fn a_case_that_a_return_closed_is_open_again_when_the_return_is_undone() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let loan = text(&kit.app.db, "SELECT id FROM lending_loan").await;
        clerk.post(&format!("/d/{HERE}/lending/loans/{loan}/trouble"), &[("trouble", "slow")]).await;
        let open = "SELECT COUNT(*) FROM lending_case WHERE outcome IS NULL AND closed_ms IS NULL AND closed_by IS NULL";
        assert_eq!(number(&kit.app.db, open).await, 1);
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        assert_eq!(number(&kit.app.db, open).await, 0);
        assert!(undo(&clerk).await.contains("said=undone"));
        assert_eq!(number(&kit.app.db, open).await, 1);
        let old = id(&kit, "HS-1").await;
        let (to, _) = act(&clerk, &[("student", "S1"), ("swap", &old), ("scan", "HS-2")]).await;
        assert!(to.contains("said=swapped"), "{to}");
        assert_eq!(number(&kit.app.db, open).await, 0);
        assert!(undo(&clerk).await.contains("said=undone"));
        assert_eq!(number(&kit.app.db, open).await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_at_a_shop_is_not_undone_nor_put_back_by_hand_and_a_signature_goes_with_its_return() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let old = id(&kit, "HS-1").await;
        act(&clerk, &[("student", "S1"), ("swap", &old), ("scan", "HS-2")]).await;
        let send = [("act", "send"), ("id", old.as_str()), ("shop", "Fixit")];
        assert_eq!(staff.post(&format!("/d/{HERE}/lending/repairs/change"), &send).await.status, 303);
        assert!(undo(&clerk).await.contains("said=undo-since"), "it is not with the household again");
        let here = [("act", "here")];
        let moved = staff.post(&format!("/d/{HERE}/lending/devices/{old}/state"), &here).await;
        assert_eq!(moved.status, 400, "its repair would never end");
        later(&kit).await;
        scan(&clerk, "", "HS-2").await;
        let loan = text(
            &kit.app.db,
            "SELECT id FROM lending_loan WHERE in_ms IS NOT NULL ORDER BY in_ms DESC LIMIT 1",
        )
        .await;
        let sign = [("at", "in"), ("name", "Ana"), ("version", "0")];
        let path = format!("/d/{HERE}/lending/loans/{loan}/sign");
        assert_eq!(clerk.post(&path, &sign).await.status, 303);
        let signed = "SELECT COUNT(*) FROM lending_signature";
        assert_eq!(number(&kit.app.db, signed).await, 1);
        assert!(undo(&clerk).await.contains("said=undone"));
        assert_eq!(number(&kit.app.db, signed).await, 0, "it did not come back");
        let early = clerk.post(&path, &sign).await;
        assert!(early.status == 422 && early.body.contains("Nothing was signed"), "{}", early.body);
    })
    .await;
}
