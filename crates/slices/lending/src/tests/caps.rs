use super::counter::{inventory, scan};
use super::*;
use crate::access::Role;
use jiff::ToSpan;

#[tokio::test]
async fn a_line_that_runs_out_in_a_test_is_found_and_its_plan_is_evidence() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        scan(&clerk, "S3", "HS-2").await;
        let caps = format!("/d/{HERE}/lending/caps");
        assert_eq!(clerk.get(&caps).await.status, 403);
        let today = crate::db::today();
        let day = |ahead: i64| today.checked_add(ahead.days()).expect("a day").to_string();
        // The cycle begins today: whatever the month, the test lies in it or in the next one.
        let cycle_day = today.day().min(28).to_string();
        let plan = [
            ("act", "plan"),
            ("carrier", "Blue"),
            ("plan", ""),
            ("down", "25"),
            ("up", "3"),
            ("cap", "10"),
            ("cycle_day", cycle_day.as_str()),
        ];
        assert_eq!(staff.post(&caps, &plan).await.status, 303);
        // One line uses 2 GB a day, the other one next to nothing.
        let from = day(-13);
        let rows = |card: &str, gb: i64| format!("{card},{gb},{from},{}\n", day(0));
        let file = format!("iccid,usage,from,date\n{}{}", rows(CARD, 28), rows(OTHER_CARD, 1));
        let fields = [("unit", "gb"), ("base", "1000"), ("counting", "within"), ("day", &*day(0))];
        let path = format!("/d/{HERE}/lending/usage/upload");
        assert_eq!(staff.upload(&path, &fields, ("file", "u.csv", file.as_bytes())).await.status, 200);
        assert!(staff.get(&caps).await.body.contains("No line that is known"), "there is no test yet");
        let window =
            [("act", "window"), ("name", "State test"), ("from_on", &*day(6)), ("until_on", &*day(12))];
        assert_eq!(staff.post(&caps, &window).await.status, 303);
        let csv = staff.get(&format!("{caps}.csv")).await.body;
        assert!(csv.contains(&format!("HS-1,{CARD},State test,")) && !csv.contains("HS-2"), "{csv}");
        let page = staff.get(&caps).await;
        assert!(page.body.contains("Lent lines whose plan has a limit: 2."), "{}", page.body);
        for wrong in [("cap", "-1"), ("cap", "much"), ("cycle_day", "29")] {
            let fields = [("act", "plan"), ("carrier", "Blue"), ("plan", ""), ("cycle_day", "1"), wrong];
            assert_eq!(staff.post(&caps, &fields).await.status, 400, "{wrong:?}");
        }
        let late = [("act", "window"), ("name", "x"), ("from_on", &*day(6)), ("until_on", &*day(5))];
        assert_eq!(staff.post(&caps, &late).await.status, 400);
        let id = page.input("window").expect("the test");
        assert_eq!(staff.post(&caps, &[("act", "remove"), ("window", &id)]).await.status, 303);
        assert_eq!(staff.post(&caps, &[("act", "remove"), ("window", &id)]).await.status, 400);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_window").await, 0);
        let services = super::evidence::services(&staff).await;
        assert_eq!(services[0][13..], ["25", "3", "10000000000"], "{services:?}");
    })
    .await;
}
