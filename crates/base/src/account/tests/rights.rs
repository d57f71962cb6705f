//! Rights that change while somebody acts by them.

use super::{A, invite};
use crate::access::Role;
use crate::account::queries;
use crate::audit;
use crate::config::Config;
use crate::db::{Write, harness, now_ms};
use crate::testing::{Browser, Kit};
use std::time::Duration;

/// A change of this account, written down and not yet committed.
async fn under_way(kit: &Kit, id: &str) -> Write {
    let mut write = kit.app.db.write().await.expect("a write");
    let entry = audit::Entry {
        district_id: None,
        account_id: None,
        action: "account.grant",
        subject: ("account", id),
        detail: serde_json::Value::Null,
    };
    audit::record(&mut write, &entry).await.expect("written down");
    write
}

/// The status of a form that is sent while the change is under way, which is committed soon after.
async fn meanwhile(write: Write, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> u16 {
    // The token is there before, so that the form is all that is sent.
    browser.csrf().await;
    let commit = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        write.commit().await.expect("stored");
    };
    tokio::join!(browser.post(path, fields), commit).0.status
}

#[tokio::test]
async fn what_was_given_meanwhile_counts_before_an_account_is_changed() {
    harness::each(|db| async move {
        let kit = Kit::on(db, Config::local("unused"));
        kit.district(A, "Alpha").await;
        let (alpha, _) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
        let everywhere = ("*", Role::Administrator);
        for action in ["reset", "disable", "enable"] {
            let (_, id) = kit.sign_in_with(&[(A, Role::Clerk)]).await;
            let mut write = under_way(&kit, &id).await;
            queries::insert_role(&mut write, &id, everywhere, now_ms()).await.expect("given");
            let path = format!("/accounts/{A}/{id}/{action}");
            assert_eq!(meanwhile(write, &alpha, &path, &[]).await, 400, "{action}");
            let links: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM account_link WHERE account_id = $1")
                .bind(&id)
                .fetch_one(kit.app.db.read())
                .await
                .expect("a count");
            assert_eq!(links, 0, "{action}");
            let account = queries::account(kit.app.db.read(), &id).await.expect("read").expect("there");
            assert!(!account.disabled, "{action}");
        }
        let refused: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM audit_entry WHERE account_id IS NOT NULL")
                .fetch_one(kit.app.db.read())
                .await
                .expect("a count");
        assert_eq!(refused, 0, "what was refused was not done");
        // An invitation of somebody who has no password yet gives a link too.
        invite(&alpha, "cat@example.org", "clerk").await;
        let id =
            queries::account_by_email(&kit.app.db, "cat@example.org").await.expect("read").expect("Cat").id;
        let mut write = under_way(&kit, &id).await;
        queries::insert_role(&mut write, &id, everywhere, now_ms()).await.expect("given");
        let fields = [("name", "Cat"), ("email", "cat@example.org"), ("role", "teacher")];
        assert_eq!(meanwhile(write, &alpha, &format!("/accounts/{A}"), &fields).await, 400);
        let roles = queries::roles(kit.app.db.read(), &id).await.expect("roles");
        assert_eq!(roles, [everywhere, (A, Role::Clerk)].map(|(d, role)| (d.to_owned(), role)));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_made_during_a_grant_does_not_open_what_is_given() {
    harness::each(|db| async move {
        let kit = Kit::on(db, Config::local("unused"));
        kit.district(A, "Alpha").await;
        let (ada, _) = kit.sign_in_with(&[("*", Role::Administrator)]).await;
        let (_, id) = kit.sign_in_with(&[(A, Role::Clerk)]).await;
        let mut write = under_way(&kit, &id).await;
        let (now, ends) = (now_ms(), now_ms() + 60_000);
        queries::replace_link(&mut write, "digest", (&id, "reset"), (now, ends)).await.expect("a link");
        let fields = [("role", "administrator"), ("scope", "*")];
        assert_eq!(meanwhile(write, &ada, &format!("/accounts/{A}/{id}/grant"), &fields).await, 303);
        assert!(queries::link(&kit.app.db, "digest").await.expect("read").is_none());
    })
    .await;
}
