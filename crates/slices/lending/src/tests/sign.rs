use super::counter::{act, inventory, scan};
use super::*;
use crate::access::Role;

/// The id of the loan that began last.
async fn loan(kit: &Kit) -> String {
    text(&kit.app.db, "SELECT id FROM lending_loan ORDER BY out_ms DESC, id DESC LIMIT 1").await
}

#[tokio::test]
async fn a_household_signs_what_it_read_and_the_version_stays_with_the_loan() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let agreements = format!("/d/{HERE}/lending/agreements");
        let put = async |language: &str, body: &str| {
            staff.post(&format!("{agreements}/new"), &[("language", language), ("body", body)]).await.status
        };
        assert_eq!(
            (put("en", "").await, put("xx", "a").await, put("en", &"a".repeat(8_001)).await),
            (400, 400, 400)
        );
        assert_eq!(
            (put("en", "Bring it back.\r\n\r\nBe kind.").await, put("es", "Devuélvalo.").await),
            (303, 303)
        );
        assert_eq!(put("en", "Bring it back.\n\nBe kind.").await, 303, "the same text is no new version");
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_agreement").await, 2);
        assert_eq!(
            clerk.post(&format!("{agreements}/new"), &[("language", "en"), ("body", "x")]).await.status,
            403
        );

        let (_, page) = scan(&clerk, "S1", "HS-1").await;
        let id = loan(&kit).await;
        let sign = format!("/d/{HERE}/lending/loans/{id}/sign");
        assert!(
            page.contains(&format!("/lending/loans/{id}/sign?at=out")),
            "the counter leads to it: {page}"
        );
        let page = clerk.get(&format!("{sign}?at=out")).await.body;
        assert!(
            page.contains("Bring it back.") && page.contains("name=\"strokes\"") && page.contains("hidden"),
            "{page}"
        );
        let form = |version: &'static str,
                    name: &'static str,
                    agreed: &'static str,
                    strokes: &'static str| {
            [("at", "out"), ("version", version), ("name", name), ("agreed", agreed), ("strokes", strokes)]
        };
        let wrong = clerk.post(&sign, &form("1", " ", "", "")).await;
        assert!(
            wrong.status == 422 && wrong.body.contains("#name") && wrong.body.contains("#agreed"),
            "{}",
            wrong.body
        );
        for (version, strokes) in [("0", ""), ("1", "M0 0L900 0"), ("1", "<script>")] {
            let reply = clerk.post(&sign, &form(version, "Bea Cruz", "1", strokes)).await;
            assert_eq!(reply.status, 422, "{version} {strokes}");
        }
        // A new version while it is read: what was not seen is not signed.
        assert_eq!(put("en", "Bring it back soon.").await, 303);
        assert_eq!(clerk.post(&sign, &form("1", "Bea Cruz", "1", "")).await.status, 422);
        let done = clerk.post(&sign, &form("2", "Bea  Cruz", "1", " M 0 0 L 100 50")).await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert_eq!(clerk.post(&sign, &form("2", "Bea Cruz", "1", "")).await.status, 303, "sent twice");
        let late = clerk.post(&sign, &form("2", "Somebody Else", "1", "")).await;
        assert!(late.status == 422 && late.body.contains("Nothing was signed"), "{}", late.body);
        let kept = text(
            &kit.app.db,
            "SELECT name || '|' || strokes || '|' || language || version FROM lending_signature",
        )
        .await;
        assert_eq!(kept, "Bea Cruz|M0 0L100 50|en2");

        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action = 'loan.see'";
        let page = clerk.get(&format!("/d/{HERE}/lending/loans/{id}")).await.body;
        assert!(
            page.contains("M0 0L100 50")
                && page.contains("with version 2")
                && page.contains("Signed at the counter"),
            "{page}"
        );
        assert_eq!(number(&kit.app.db, looks).await, 1);
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM audit_entry WHERE detail LIKE '%Bea%'").await,
            0
        );
        let page = clerk.get(&format!("/d/{HERE}/lending?student=S1")).await.body;
        assert!(!page.contains("/sign?at=out"), "{page}");
        let there = kit.sign_in(Role::Clerk, THERE).await;
        assert_eq!(there.get(&format!("/d/{THERE}/lending/loans/{id}")).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn the_return_is_signed_on_the_households_own_phone() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        scan(&clerk, "S3", "HS-2").await;
        let csv = clerk.get(&format!("/d/{HERE}/lending/unsigned.csv")).await.body;
        assert!(csv.contains("\r\nHS-1,S1,Cruz,Ana,") && csv.contains("\r\nHS-2,S3,"), "{csv}");
        super::counter::later(&kit).await;
        let (_, page) = scan(&clerk, "", "HS-2").await;
        let id = text(&kit.app.db, "SELECT id FROM lending_loan WHERE in_ms IS NOT NULL").await;
        assert!(page.contains(&format!("/lending/loans/{id}")), "{page}");
        let mut tx = kit.app.db.write().await.expect("a write");
        let of = (id.as_str(), crate::queries::Moment::In);
        let key =
            crate::queries::put_sign_link(&mut tx, HERE, of, crate::db::now_ms()).await.expect("a link");
        tx.commit().await.expect("stored");
        let phone = kit.browser();
        let page = phone.get(&format!("/h/{HERE}/sign?key={key}&lang=es")).await;
        assert!(
            page.status == 200 && page.body.contains("Firme que lo devolvió") && !page.body.contains("Cruz"),
            "{}",
            page.body
        );
        assert_eq!(phone.get(&format!("/h/{THERE}/sign?key={key}")).await.status, 404);
        assert_eq!(phone.get(&format!("/h/{HERE}/sign?key=x")).await.status, 404);
        // The link is for the return: it signs nothing else, whatever the form says.
        let fields = [("key", key.as_str()), ("at", "out"), ("version", "0"), ("name", "Bea Cruz")];
        let done = phone.post(&format!("/h/{HERE}/sign"), &fields).await;
        assert!(done.status == 200 && done.body.contains("Gracias"), "{}", done.body);
        let kept =
            text(&kit.app.db, "SELECT moment || COALESCE(taken_by, '-') || language FROM lending_signature")
                .await;
        assert_eq!(kept, "in-es");
        act(&clerk, &[("act", "undo")]).await;
        let page = clerk.get(&format!("/d/{HERE}/lending/loans/{id}")).await.body;
        assert!(!page.contains("Signed on the household"), "it did not come back: {page}");
    })
    .await;
}

#[tokio::test]
async fn an_agreement_in_one_language_is_shown_to_readers_of_the_other() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let agreement = [("language", "en"), ("body", "Bring it back.")];
        assert_eq!(staff.post(&format!("/d/{HERE}/lending/agreements/new"), &agreement).await.status, 303);
        let page = staff.get(&format!("/d/{HERE}/lending/agreements")).await.body;
        assert!(page.contains("in one language alone"), "{page}");
        scan(&staff, "S1", "HS-1").await;
        let loan = text(&kit.app.db, "SELECT id FROM lending_loan").await;
        let path = format!("/d/{HERE}/lending/loans/{loan}/sign");
        let page = staff.get(&format!("{path}?at=out&lang=es")).await.body;
        assert!(page.contains("Bring it back.") && page.contains("lang=\"en\""), "{page}");
        let unread = [("at", "out"), ("name", "Ana"), ("version", "0")];
        assert_eq!(staff.post(&path, &unread).await.status, 422, "nothing was agreed to");
    })
    .await;
}
