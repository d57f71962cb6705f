use super::counter::{act, inventory, later, scan};
use super::*;
use crate::access::Role;
use crate::rules::settings::Rules;

#[tokio::test]
async fn the_report_has_what_happened_and_no_count_of_few() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("line_cents", "1500")]).await;
        for student in ["S1", "S3"] {
            let fields = [("act", "ask"), ("student", student), ("access", "none"), ("barrier", "cost")];
            assert_eq!(clerk.post(&format!("/d/{HERE}/lending/requests"), &fields).await.status, 303);
        }
        scan(&clerk, "S1", "HS-1").await;
        scan(&clerk, "S1", "CB-1").await;
        let device = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        act(&clerk, &[("act", "lost"), ("device", &device)]).await;
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        let report = format!("/d/{HERE}/lending/report");
        assert_eq!(clerk.get(&report).await.status, 403);
        let page = staff.get(&report).await.body;
        assert!(page.contains("had 2 devices, of which 1 are mobile hotspots"), "{page}");
        assert!(page.contains("1 lost ones came back"), "{page}");
        assert!(page.contains("Students who asked for a hotspot: Withheld"), "{page}");
        let csv = staff.get(&format!("{report}/months.csv")).await.body;
        assert_eq!(csv.lines().count(), 13, "{csv}");
        let last: Vec<&str> = csv.lines().last().expect("a month").split(',').skip(1).collect();
        assert_eq!(last, ["2", "1", "2", "1", "1", "1", "0"], "{csv}");
        let groups = staff.get(&format!("{report}/groups.csv")).await.body;
        assert!(groups.contains("access,No Internet at home,,\r\n"), "{groups}");
        assert_eq!(staff.get(&format!("{report}?from=2026-12&to=2026-01")).await.status, 400);
        assert_eq!(staff.get(&format!("{report}?from=yesterday")).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn the_home_page_says_what_idle_lines_cost() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let home = format!("/d/{HERE}");
        let idle = async |days: i64| {
            let mut write = kit.app.db.write().await.expect("a write");
            sqlx::query("UPDATE carrier_line SET idle_days = $1 WHERE iccid = '8991101200003204514'")
                .bind(days)
                .execute(&mut *write)
                .await
                .expect("idle");
            write.commit().await.expect("stored");
        };
        // By the rules that the program comes with.
        idle(Rules::default().idle_days - 1).await;
        assert!(!staff.get(&home).await.body.contains("is not used"));
        idle(Rules::default().idle_days).await;
        assert!(staff.get(&home).await.body.contains("1 lent line is not used.</a>"), "no cost is known");
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("line_cents", "1500")]).await;
        let page = clerk.get(&home).await.body;
        assert!(page.contains("It costs $15.00 a month"), "{page}");
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("idle_days", "90")]).await;
        assert!(!staff.get(&home).await.body.contains("is not used"));
        let teacher = kit.sign_in(Role::Analyst, HERE).await;
        idle(365).await;
        assert!(!teacher.get(&home).await.body.contains("is not used"), "who does not lend is told nothing");
    })
    .await;
}
