use super::counter::{inventory, scan};
use super::*;
use crate::access::Role;

#[tokio::test]
async fn the_counter_says_which_carrier_serves_a_home_and_when_it_does_not_know() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let at = async |student: &str| clerk.get(&format!("/d/{HERE}/lending?student={student}")).await.body;
        assert!(!at("S1").await.contains("Carriers at this home"), "nothing is asked for that nobody uses");
        let caps = format!("/d/{HERE}/lending/caps");
        let number = [("act", "provider"), ("carrier", "Blue"), ("provider", "131425")];
        assert_eq!(
            staff.post(&caps, &[("act", "provider"), ("carrier", "Blue"), ("provider", "x")]).await.status,
            400
        );
        assert_eq!(staff.post(&caps, &number).await.status, 303);
        assert!(staff.get(&caps).await.body.contains("value=\"131425\""));
        assert!(at("S1").await.contains("coverage is not loaded"));
        let cell = "h3_res9_id,providerid,technology,mindown,minup,environmnt\n";
        let here = evenfield_gap::open::fcc::mobile::cell_of(-75.7, 37.7).expect("a cell");
        let file = format!("{cell}{here},130077,500,35,3,0\n");
        let fields = [("kind", "bdc_mobile"), ("vintage", "2025-06-30")];
        let upload = ("file", "m.csv", file.as_bytes());
        assert_eq!(staff.upload(&format!("/d/{HERE}/data/upload"), &fields, upload).await.status, 303);
        assert!(at("S1").await.contains("nobody knows where it is"));
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE student SET lon = -75.7, lat = 37.7 WHERE id = 'S1'")
            .execute(&mut *write)
            .await
            .expect("a place");
        write.commit().await.expect("stored");
        assert!(at("S1").await.contains("Blue does not tell the FCC"));
        let (to, page) = scan(&clerk, "S1", "HS-1").await;
        assert!(to.contains("said=lent-no-cover"), "{to} {page}");
        staff.post(&caps, &[("act", "provider"), ("carrier", "Blue"), ("provider", "130077")]).await;
        let page = at("S1").await;
        assert!(page.contains("Blue tells the FCC that it serves this place outdoors with 35"), "{page}");
    })
    .await;
}
