use super::counter::{inventory, scan, wanted};
use super::orders::{follow, pass, tell};
use super::*;
use crate::access::Role;
use crate::testing::{Browser, Reply};
use jiff::ToSpan;

async fn send(staff: &Browser, counting: &str, unit: &str, text: &str) -> Reply {
    let today = crate::db::today().to_string();
    let fields = [("unit", unit), ("base", "1024"), ("counting", counting), ("day", today.as_str())];
    staff
        .upload(&format!("/d/{HERE}/lending/usage/upload"), &fields, ("file", "u.csv", text.as_bytes()))
        .await
}

/// A file that says of each of these days, counted back from today, that a card was not used.
fn without_use(card: &str, days: std::ops::Range<i64>) -> String {
    let day = |back: i64| crate::db::today().checked_sub(back.days()).expect("a day");
    let rows: Vec<String> = days.map(|back| format!("{card},0,{}\n", day(back))).collect();
    format!("iccid,usage,date\n{}", rows.concat())
}

#[tokio::test]
async fn an_idle_line_leads_to_help_then_notice_then_suspension() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let rules = [("suspend", "1"), ("cap_percent", "100"), ("line_cents", "1500"), ("loan_days", "365")];
        staff.post(&format!("/d/{HERE}/lending/rules"), &rules).await;
        scan(&clerk, "S1", "HS-1").await;
        pass(&kit, 24 * 70).await;
        let usage = format!("/d/{HERE}/lending/usage");
        let page = clerk.get(&usage).await.body;
        assert!(page.contains("Nothing known") && !page.contains("name=\"unit\""), "{page}");
        let sent = send(&staff, "within", "mb", &without_use(CARD, 0..69)).await;
        assert!(sent.status == 200 && sent.body.contains("Stored for 1 lines"), "{}", sent.body);
        assert!(sent.body.contains("They cost $15.00 a month"), "{}", sent.body);
        let overdue = format!("/d/{HERE}/lending/overdue");
        assert!(clerk.get(&overdue).await.body.contains("Ask if they need help"));
        assert_eq!(tell(&clerk).await, 1);
        assert_eq!(follow(&kit).await.suspended, 0);
        pass(&kit, 24 * 8).await;
        send(&staff, "within", "mb", &without_use(CARD, 0..77)).await;
        assert!(clerk.get(&overdue).await.body.contains("after help was offered"));
        tell(&clerk).await;
        pass(&kit, 24 * 15).await;
        assert_eq!(follow(&kit).await.suspended, 1);
        assert_eq!(wanted(&kit, CARD).await, "suspended");
        // The household calls: it needs the line.
        let loan = text(&kit.app.db, "SELECT id FROM lending_loan").await;
        let again = [("way", "call"), ("act", "again"), ("loan", loan.as_str())];
        assert_eq!(clerk.post(&overdue, &again).await.status, 303);
        assert_eq!(wanted(&kit, CARD).await, "active");
        assert!(!clerk.get(&overdue).await.body.contains("HS-1"), "it counts anew");
        assert_eq!(number(&kit.app.db, "SELECT MAX(idle_days) FROM carrier_line").await, 0);
    })
    .await;
}

#[tokio::test]
async fn files_of_other_days_that_end_on_one_day_stand_beside_each_other() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        pass(&kit, 24 * 40).await;
        let day = |back: i64| crate::db::today().checked_sub(back.days()).expect("a day");
        let row = |from: i64, to: i64, amount: i64| format!("{CARD},{amount},{},{}\n", day(from), day(to));
        let file = |rows: &str| format!("iccid,usage,from,date\n{rows}");
        // A month without use, then its last day alone: 30 days are known, and not one.
        send(&staff, "within", "kb", &file(&row(30, 1, 0))).await;
        send(&staff, "within", "kb", &file(&row(1, 1, 0))).await;
        assert_eq!(number(&kit.app.db, "SELECT MAX(idle_days) FROM carrier_line").await, 30);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM carrier_usage").await, 2);
        // A carrier corrects the month: it takes the place of what it said of these days.
        send(&staff, "within", "kb", &file(&row(30, 1, 7))).await;
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM carrier_usage").await, 2);
        assert_eq!(number(&kit.app.db, "SELECT MAX(idle_days) FROM carrier_line").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_file_of_use_is_taken_in_once_and_what_it_does_not_say_is_unknown() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        pass(&kit, 24 * 40).await;
        let file = format!("{}8901260000000000014,5,\n", without_use(CARD, 5..15));
        for _ in 0..2 {
            let sent = send(&staff, "within", "kb", &file).await;
            assert!(sent.body.contains("does not have them: 1"), "{}", sent.body);
        }
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM carrier_usage").await, 10);
        assert_eq!(number(&kit.app.db, "SELECT MAX(idle_days) FROM carrier_line").await, 10);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM carrier_line WHERE known_to IS NULL").await, 1);
        // A carrier corrects a day: it was used then.
        let day = crate::db::today().checked_sub(7.days()).expect("a day");
        send(&staff, "within", "kb", &format!("iccid,usage,date\n{CARD},3,{day}\n")).await;
        assert_eq!(number(&kit.app.db, "SELECT MAX(idle_days) FROM carrier_line").await, 2);
        assert_eq!(number(&kit.app.db, "SELECT MAX(octets) FROM carrier_usage").await, 3 * 1_024);
        let csv = clerk.get(&format!("/d/{HERE}/lending/usage.csv")).await.body;
        assert!(csv.contains(&format!("HS-1,{CARD},Blue,{day},")), "{csv}");
        for (counting, unit, text, status) in [
            ("within", "miles", file.as_str(), 400),
            ("never", "mb", file.as_str(), 400),
            ("since", "mb", "iccid,usage\n8.99E+18,1\n", 422),
            ("since", "gb", "iccid,usage\n8991101200003204514,99999999\n", 422),
        ] {
            assert_eq!(send(&staff, counting, unit, text).await.status, status, "{counting} {unit}");
        }
        assert_eq!(send(&clerk, "within", "mb", &file).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_told_of_use_that_is_long_ago() {
    each(|kit| async move {
        let staff = super::counter::inventory(&kit).await;
        super::counter::scan(&staff, "S1", "HS-1").await;
        let of = async |known: i64| {
            let known =
                crate::db::today().checked_sub(jiff::Span::new().days(known)).expect("a day").to_string();
            let mut write = kit.app.db.write().await.expect("a write");
            sqlx::query("UPDATE carrier_line SET idle_days = 75, known_to = $1")
                .bind(known)
                .execute(&mut *write)
                .await
                .expect("idle");
            write.commit().await.expect("stored");
            let mut read = kit.app.db.read().acquire().await.expect("a connection");
            let today = crate::db::today().to_string();
            crate::queries::troubled(&mut read, HERE, (&today, 30)).await.expect("loans").len()
        };
        assert_eq!(of(31).await, 1);
        assert_eq!(of(32).await, 0, "what was so then says nothing of now");
    })
    .await;
}
