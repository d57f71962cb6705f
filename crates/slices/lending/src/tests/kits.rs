use super::counter::{act, inventory, later, scan};
use super::*;
use crate::access::Role;
use crate::testing::Browser;

fn path(tail: &str) -> String {
    format!("/d/{HERE}/lending{tail}")
}

async fn ids(kit: &Kit) -> Vec<(String, String)> {
    sqlx::query_as("SELECT name, id FROM lending_part ORDER BY name")
        .fetch_all(kit.app.db.read())
        .await
        .expect("parts")
}

/// A kit of hotspots: a case and a charger, of which one lies in store.
async fn hotspots(kit: &Kit, staff: &Browser) {
    for (name, spares) in [("case", "0"), ("charger", "1")] {
        let part = [("act", "part"), ("name", name), ("spares", spares)];
        assert_eq!(staff.post(&path("/kits"), &part).await.status, 303);
    }
    let ids = ids(kit).await;
    let fields =
        [("act", "kit"), ("kind", "hotspot"), ("model", ""), ("part", &*ids[0].1), ("part", &*ids[1].1)];
    assert_eq!(staff.post(&path("/kits"), &fields).await.status, 303);
}

#[tokio::test]
async fn a_kit_goes_out_with_a_loan_and_what_is_missing_is_with_the_device_until_it_is_complete() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        hotspots(&kit, &staff).await;
        assert!(staff.get(&path("/kits.csv")).await.body.contains("hotspot,,charger,1,0"));
        let (_, page) = scan(&clerk, "S1", "HS-1").await;
        assert!(page.contains("with case, charger"), "{page}");
        later(&kit).await;
        let (_, page) = scan(&clerk, "", "HS-1").await;
        assert!(page.contains("name=\"part\" value=\"charger\""), "{page}");
        let device = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        let missing =
            [("device", device.as_str()), ("part", "charger"), ("part", "antenna"), ("missing", "the box")];
        assert_eq!(clerk.post(&path("/returned"), &missing).await.status, 303);
        let said = "SELECT missing FROM lending_loan";
        assert_eq!(text(&kit.app.db, said).await, "the box, charger", "an antenna did not go out");
        // A mistake is taken back as a whole.
        let lacks = "SELECT COUNT(*) FROM lending_device_missing";
        assert_eq!(number(&kit.app.db, lacks).await, 1);
        act(&clerk, &[("act", "undo")]).await;
        assert_eq!(number(&kit.app.db, lacks).await, 0);
        assert_eq!(clerk.post(&path("/returned"), &missing).await.status, 303);
        let one = path(&format!("/devices/{device}"));
        assert!(staff.get(&one).await.body.contains("It is here again"));
        // Who gets it next is not asked for a charger at the return.
        later(&kit).await;
        let (_, page) = scan(&clerk, "S1", "HS-1").await;
        assert!(page.contains("with case") && !page.contains("with case, charger"), "{page}");
        let parts = format!("{one}/parts");
        let new = [("act", "new"), ("part", "charger")];
        assert_eq!(clerk.post(&parts, &new).await.status, 403);
        assert_eq!(staff.post(&parts, &new).await.status, 303);
        assert_eq!(staff.post(&parts, &new).await.status, 400, "it has one, and none is left");
        assert_eq!(number(&kit.app.db, "SELECT spares FROM lending_part WHERE name = 'charger'").await, 0);
        assert_eq!(number(&kit.app.db, lacks).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_model_has_a_kit_of_its_own_and_parts_are_of_a_district() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        hotspots(&kit, &staff).await;
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE lending_device SET model = 'R500' WHERE barcode = 'HS-1'")
            .execute(&mut *write)
            .await
            .expect("a model");
        write.commit().await.expect("stored");
        let ids = ids(&kit).await;
        let fields = [("act", "kit"), ("kind", "hotspot"), ("model", "R500"), ("part", &*ids[0].1)];
        let other = kit.sign_in(Role::Coordinator, THERE).await;
        assert_eq!(other.post(&format!("/d/{THERE}/lending/kits"), &fields).await.status, 303);
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM lending_kit").await,
            2,
            "another district's part is none"
        );
        assert_eq!(staff.post(&path("/kits"), &fields).await.status, 303);
        let (_, page) = scan(&clerk, "S1", "HS-1").await;
        assert!(page.contains("with case<"), "{page}");
        let (_, page) = scan(&clerk, "S3", "HS-2").await;
        assert!(page.contains("with case, charger"), "{page}");
        for fields in [
            [("act", "part"), ("name", ""), ("spares", "1")],
            [("act", "part"), ("name", "x"), ("spares", "-1")],
        ] {
            assert_eq!(staff.post(&path("/kits"), &fields).await.status, 400);
        }
    })
    .await;
}
