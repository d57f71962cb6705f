use super::counter::{inventory, scan};
use super::*;
use crate::access::Role;

#[tokio::test]
async fn a_set_is_checked_when_the_district_wants_it_and_its_own_can_be_said() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        staff
            .post(&format!("/d/{HERE}/lending/rules"), &[("line_cents", "1600"), ("household_limit", "0")])
            .await;
        scan(&clerk, "S1", "HS-1").await;
        scan(&clerk, "S1", "HS-2").await;
        let sets = format!("/d/{HERE}/lending/rule-sets");
        assert_eq!(clerk.get(&sets).await.status, 403);
        let csv = format!("{sets}.csv");
        assert_eq!(staff.get(&csv).await.body.lines().count(), 1, "nothing is checked at first");
        let page = staff.get(&sets).await.body;
        assert!(page.contains("Not in force today") && page.contains("kept for 10 years"), "{page}");
        assert_eq!(staff.post(&sets, &[("rule_set", "erate"), ("checked", "1")]).await.status, 303);
        let found = staff.get(&csv).await.body;
        assert!(found.contains("erate,line_cents,1500,100,true,\r\n"), "{found}");
        assert!(found.contains("erate,each_student,1,2,true,HS-1\r\n"), "{found}");
        assert!(
            found.contains("erate,percent,20,2,true,\r\n"),
            "3 students, no hotspot is 20% of them: {found}"
        );
        assert!(found.contains("erate,in_store,0,0,true,\r\n") && !found.contains("ecf,"), "{found}");
        // Only what that programme paid for.
        staff.post(&sets, &[("rule_set", "erate"), ("checked", "1"), ("fund", "e-rate")]).await;
        assert!(staff.get(&csv).await.body.contains("erate,each_student,1,0,true,\r\n"));
        let own = [
            ("rule_set", "local"),
            ("checked", "1"),
            ("from_on", "2026-07-01"),
            ("until_on", ""),
            ("local-idle_days", "30"),
            ("local-each_student", "2"),
            ("local-in_store", ""),
        ];
        assert_eq!(staff.post(&sets, &own).await.status, 303);
        let found = staff.get(&csv).await.body;
        assert!(
            found.contains("local,each_student,2,0,true,") && !found.contains("local,in_store"),
            "{found}"
        );
        assert_eq!(staff.get(&sets).await.input("local-idle_days").as_deref(), Some("30"));
        for wrong in [("local-percent", "101"), ("local-percent", "x"), ("until_on", "2020-01-01")] {
            let fields = [("rule_set", "local"), ("from_on", "2026-07-01"), wrong];
            assert_eq!(staff.post(&sets, &fields).await.status, 400, "{wrong:?}");
        }
        assert_eq!(staff.post(&sets, &[("rule_set", "luck")]).await.status, 400);
        let noted = "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.rule_set'";
        assert_eq!(number(&kit.app.db, noted).await, 3);
    })
    .await;
}
