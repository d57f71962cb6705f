use super::counter::{inventory, later, scan};
use super::requests::letters;
use super::*;
use crate::access::Role;
use crate::testing::Browser;

async fn report(phone: &Browser, code: &str, loan: &str, trouble: &str) -> crate::testing::Reply {
    let fields =
        [("code", code), ("act", "trouble"), ("loan", loan), ("trouble", trouble), ("said", "se cayó")];
    phone.post(&format!("/h/{HERE}"), &fields).await
}

#[tokio::test]
async fn a_family_reports_trouble_and_a_swap_closes_the_case() {
    each(|kit| async move {
        inventory(&kit).await;
        let [one, two, _] = letters(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let loan = text(&kit.app.db, "SELECT id FROM lending_loan").await;
        let phone = kit.browser();
        let page = report(&phone, &one, &loan, "").await;
        assert!(page.status == 422 && page.body.contains("Choose what is wrong"), "{}", page.body);
        // The loan of another household is not there.
        assert_eq!(report(&phone, &two, &loan, "broken").await.status, 422);
        let page = report(&phone, &one, &loan, "broken").await;
        assert!(page.status == 200 && page.body.contains("HS-1 does not work"), "{}", page.body);
        assert_eq!(report(&phone, &one, &loan, "slow").await.status, 200);
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM lending_case").await,
            1,
            "of a loan one is open"
        );

        let desk = format!("/d/{HERE}/lending/help");
        let page = clerk.get(&desk).await.body;
        assert!(page.contains("It is broken or wet") && page.contains("Cruz, Ana"), "{page}");
        let id = text(&kit.app.db, "SELECT id FROM lending_case").await;
        let page = clerk.get(&format!("{desk}/{id}")).await.body;
        assert!(
            page.contains("se cayó") && page.contains("value=\"look\"") && page.contains("said=swap"),
            "{page}"
        );
        let fields = [("step", "look"), ("step", "charge"), ("note", "Seen")];
        assert_eq!(clerk.post(&format!("{desk}/{id}"), &fields).await.status, 303);
        assert_eq!(text(&kit.app.db, "SELECT steps || '/' || note FROM lending_case").await, "look/Seen");
        assert_eq!(clerk.post(&format!("{desk}/{id}"), &[("outcome", "x")]).await.status, 400);

        let device = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        let fields = [("student", "S1"), ("scan", "HS-2"), ("swap", device.as_str())];
        super::counter::act(&clerk, &fields).await;
        assert_eq!(text(&kit.app.db, "SELECT outcome FROM lending_case").await, "swapped");
        assert_eq!(
            clerk.post(&format!("{desk}/{id}"), &[("outcome", "fixed")]).await.status,
            400,
            "it is closed"
        );
        let csv = clerk.get(&format!("{desk}.csv")).await.body;
        assert!(
            csv.contains(",HS-1,S1,Cruz,Ana,broken,se cayó,en,household,")
                && csv.contains(",look,Seen,swapped,"),
            "{csv}"
        );
        assert!(
            number(
                &kit.app.db,
                "SELECT COUNT(*) FROM audit_entry WHERE action = 'help.see' AND detail LIKE '%S1%'"
            )
            .await
                >= 3
        );
        let teacher = kit.sign_in(Role::Teacher, HERE).await;
        assert_eq!(teacher.get(&desk).await.status, 403);

        // Staff take one down, too; it ends when the device comes back.
        let loan = text(&kit.app.db, "SELECT id FROM lending_loan WHERE in_ms IS NULL").await;
        let path = format!("/d/{HERE}/lending/loans/{loan}/trouble");
        assert_eq!(clerk.post(&path, &[("trouble", "nothing")]).await.status, 400);
        assert_eq!(clerk.post(&path, &[("trouble", "slow")]).await.status, 303);
        later(&kit).await;
        scan(&clerk, "", "HS-2").await;
        assert_eq!(
            text(&kit.app.db, "SELECT outcome FROM lending_case WHERE trouble = 'slow'").await,
            "back"
        );
        assert_eq!(clerk.post(&path, &[("trouble", "slow")]).await.status, 400, "the loan is over");
    })
    .await;
}

#[tokio::test]
async fn a_device_goes_away_for_repair_and_comes_back_once() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let id = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'CB-1'").await;
        let device = format!("/d/{HERE}/lending/devices/{id}");
        assert_eq!(staff.post(&format!("{device}/warranty"), &[("until", "soon")]).await.status, 400);
        assert_eq!(staff.post(&format!("{device}/warranty"), &[("until", "2099-01-31")]).await.status, 303);
        assert!(staff.get(&device).await.body.contains("2099-01-31"));
        let repairs = format!("/d/{HERE}/lending/repairs");
        let send = [("act", "send"), ("id", id.as_str()), ("shop", "Fixers"), ("warranty", "1")];
        assert_eq!(staff.post(&format!("{repairs}/change"), &send).await.status, 400, "it is on the shelf");
        assert_eq!(staff.post(&format!("{device}/state"), &[("act", "repair")]).await.status, 303);
        let page = staff.get(&repairs).await.body;
        assert!(page.contains("CB-1") && page.contains("2099-01-31") && page.contains(" checked"), "{page}");
        assert_eq!(clerk.post(&format!("{repairs}/change"), &send).await.status, 403);
        assert_eq!(
            (
                staff.post(&format!("{repairs}/change"), &send).await.status,
                staff.post(&format!("{repairs}/change"), &send).await.status
            ),
            (303, 303)
        );
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_repair").await, 1, "it is away once");
        let repair = text(&kit.app.db, "SELECT id FROM lending_repair").await;
        let back = [("id", repair.as_str()), ("outcome", "mended"), ("cost", "$19.90")];
        assert_eq!(
            staff
                .post(
                    &format!("{repairs}/change"),
                    &[("id", &repair), ("outcome", "mended"), ("cost", "much")]
                )
                .await
                .status,
            400
        );
        assert_eq!(staff.post(&format!("{repairs}/change"), &back).await.status, 303);
        assert_eq!(staff.post(&format!("{repairs}/change"), &back).await.status, 400, "it is back");
        assert_eq!(
            text(&kit.app.db, "SELECT state FROM lending_device WHERE barcode = 'CB-1'").await,
            "here"
        );
        let csv = clerk.get(&format!("{repairs}.csv")).await.body;
        assert!(
            csv.contains("\r\nCB-1,")
                && csv.contains(",Fixers,yes,2099-01-31,")
                && csv.contains(",mended,19.90"),
            "{csv}"
        );
    })
    .await;
}
