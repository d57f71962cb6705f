//! The slice through the whole router.

use super::password::{Passwords, RFC_9106_SECOND};
use super::testing::{Browser, Kit};
use super::{queries, rules, secret, session};
use crate::access::{Role, Viewer};
use crate::db::now_ms;

const A: &str = "5100001";
const B: &str = "5100002";
const PASSWORD: &str = "the ferry leaves at nine";
const OTHER: &str = "oysters sleep under the pier";

/// A kit that is set up, with its administrator's browser.
async fn set_up() -> (Kit, Browser) {
    let kit = Kit::new().await;
    let path = kit.app.accounts.set_up_path(&kit.app.db).await.expect("a path").expect("not set up yet");
    let browser = kit.browser();
    let form = browser.get(&path).await;
    let code = form.input("code").expect("the code from the link");
    let fields =
        [("code", code.as_str()), ("name", "Ada"), ("email", "Ada@Example.org "), ("password", PASSWORD)];
    let done = browser.post("/setup", &fields).await;
    assert_eq!((done.status, done.location()), (303, "/districts"), "{}", done.body);
    kit.district(A, "Alpha").await;
    kit.district(B, "Beta").await;
    (kit, browser)
}

async fn sign_in(kit: &Kit, email: &str, password: &str) -> (Browser, u16) {
    let browser = kit.browser();
    let reply = browser.post("/login", &[("email", email), ("password", password)]).await;
    (browser, reply.status)
}

#[tokio::test]
async fn set_up_needs_its_code_and_works_once() {
    let kit = Kit::new().await;
    let browser = kit.browser();
    assert_eq!(browser.get("/").await.location(), "/setup");
    let fields = [("code", "guess"), ("name", "Eve"), ("email", "eve@example.org"), ("password", PASSWORD)];
    let refused = browser.post("/setup", &fields).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("not the set-up code") && refused.body.contains("eve@example.org"));
    assert!(!refused.body.contains(PASSWORD), "a password is never sent back");

    let (kit, ada) = set_up().await;
    assert_eq!(kit.app.accounts.set_up_path(&kit.app.db).await.expect("an answer"), None);
    assert_eq!(kit.browser().get("/setup").await.status, 404);
    assert_eq!(kit.browser().post("/setup", &fields).await.status, 404);
    let districts = ada.get("/districts").await;
    assert!(districts.body.contains("Alpha") && districts.body.contains("Beta"));
}

#[tokio::test]
async fn signing_in_makes_a_new_session_and_out_ends_it() {
    let (kit, _) = set_up().await;
    let (ada, status) = sign_in(&kit, "ADA@example.org", PASSWORD).await;
    assert_eq!(status, 303);
    let first = ada.cookie("evenfield").expect("a session");
    assert_eq!(ada.get("/account").await.status, 200);
    let again = ada.post("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, 303);
    let second = ada.cookie("evenfield").expect("a session");
    assert_ne!(first, second);
    assert!(
        session::load(&kit.app.db, &first, &kit.app.config).await.expect("an answer").is_none(),
        "the old one ended"
    );
    // Only the digest is stored.
    assert!(queries::session(&kit.app.db, &second).await.expect("an answer").is_none());
    assert!(queries::session(&kit.app.db, &secret::digest(&second)).await.expect("an answer").is_some());
    let out = ada.post("/logout", &[]).await;
    assert_eq!(out.location(), "/login");
    assert!(out.headers["set-cookie"].to_str().expect("text").contains("Max-Age=0"));
    assert!(session::load(&kit.app.db, &second, &kit.app.config).await.expect("an answer").is_none());
    assert_eq!(ada.get("/account").await.location(), "/login?next=%2Faccount");
}

#[tokio::test]
async fn a_refusal_does_not_tell_which_accounts_exist() {
    let (kit, _) = set_up().await;
    let known = kit.browser();
    let wrong = known.post("/login", &[("email", "ada@example.org"), ("password", "x")]).await;
    let unknown = kit.browser();
    let nobody = unknown.post("/login", &[("email", "bob@example.org"), ("password", "x")]).await;
    assert_eq!((wrong.status, nobody.status), (400, 400));
    let plain = |body: &str, email: &str, csrf: &str| body.replace(email, "").replace(csrf, "");
    assert_eq!(
        plain(&wrong.body, "ada@example.org", &known.csrf().await),
        plain(&nobody.body, "bob@example.org", &unknown.csrf().await)
    );
    let elsewhere = [("email", "ada@example.org"), ("password", PASSWORD), ("next", "//evil.example/")];
    assert_eq!(kit.browser().post("/login", &elsewhere).await.location(), "/");
    for _ in 0..12 {
        sign_in(&kit, "ada@example.org", "x").await;
    }
    assert_eq!(sign_in(&kit, "ada@example.org", PASSWORD).await.1, 429, "guessing one account is slow");
}

#[tokio::test]
async fn sessions_idle_out_and_end() {
    let kit = Kit::new().await;
    kit.district(A, "Alpha").await;
    let idle_ms = i64::from(kit.app.config.session_idle_minutes) * 60_000;
    for (seen, ends, lives) in [
        (now_ms() - idle_ms - 1, now_ms() + 1000, false),
        (now_ms(), now_ms() - 1, false),
        (now_ms() - idle_ms + 60_000, now_ms() + 60_000, true),
    ] {
        let browser = kit.sign_in(Role::Clerk, A).await;
        let hash = secret::digest(&browser.cookie("evenfield").expect("a session"));
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE session SET seen_ms = $1, expires_ms = $2 WHERE token_hash = $3")
            .bind(seen)
            .bind(ends)
            .bind(&hash)
            .execute(&mut *write)
            .await
            .expect("aged");
        write.commit().await.expect("stored");
        assert_eq!(browser.get("/account").await.status == 200, lives);
    }
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let (kit, ada) = set_up().await;
    let (phone, _) = sign_in(&kit, "ada@example.org", PASSWORD).await;
    for (current, password, text) in [
        ("not it", OTHER, "not your current password"),
        (PASSWORD, "short", "at least 15"),
        (PASSWORD, "aaaaaaaaaaaaaaaaaaaa", "easy to guess"),
    ] {
        let refused = ada.post("/account/password", &[("current", current), ("password", password)]).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains(text), "{}", refused.body);
    }
    let done = ada.post("/account/password", &[("current", PASSWORD), ("password", OTHER)]).await;
    assert_eq!(done.location(), "/account?changed=true");
    assert_eq!(ada.get("/account").await.status, 200);
    assert_eq!(phone.get("/account").await.status, 303);
    assert_eq!(sign_in(&kit, "ada@example.org", PASSWORD).await.1, 400);
    assert_eq!(sign_in(&kit, "ada@example.org", OTHER).await.1, 303);
}

/// Invites somebody by this administrator and gives the path of the link.
async fn invite(administrator: &Browser, email: &str, role: &str) -> String {
    let fields = [("name", "Ben"), ("email", email), ("role", role)];
    let reply = administrator.post(&format!("/accounts/{A}"), &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let at = reply.body.find("/link/").expect("a link");
    reply.body[at..].split('"').next().expect("its end").to_owned()
}

#[tokio::test]
async fn an_invitation_works_once() {
    let (kit, ada) = set_up().await;
    let path = invite(&ada, "ben@example.org", "clerk").await;
    let ben = kit.browser();
    assert!(ben.get(&path).await.body.contains("ben@example.org"));
    assert_eq!(ben.post(&path, &[("password", "short")]).await.status, 400);
    assert_eq!(ben.post(&path, &[("password", OTHER)]).await.location(), "/");
    assert_eq!(ben.get("/").await.location(), format!("/d/{A}"));
    assert_eq!(kit.browser().get(&path).await.status, 400);
    assert_eq!(kit.browser().post(&path, &[("password", PASSWORD)]).await.status, 400);
    assert_eq!(sign_in(&kit, "ben@example.org", OTHER).await.1, 303);
    assert_eq!(kit.browser().get("/link/guess").await.status, 400);
}

#[tokio::test]
async fn disabling_ends_sessions_and_roles_count_at_once() {
    let (kit, ada) = set_up().await;
    let (ben, id) = kit.sign_in_with(&[(A, Role::Coordinator)]).await;
    let path = format!("/accounts/{A}/{id}");
    let grant = ada.post(&format!("{path}/grant"), &[("role", "administrator")]).await;
    assert_eq!(grant.location(), format!("/accounts/{A}"));
    assert_eq!(ben.get(&format!("/accounts/{A}")).await.status, 200);
    assert_eq!(ada.post(&format!("{path}/take"), &[("role", "administrator")]).await.status, 303);
    assert_eq!(ben.get(&format!("/accounts/{A}")).await.status, 403);
    assert_eq!(ada.post(&format!("{path}/take"), &[("role", "administrator")]).await.status, 404);
    assert_eq!(ada.post(&format!("{path}/disable"), &[]).await.status, 303);
    assert_eq!(ben.get("/account").await.status, 303);
    assert_eq!(ada.post(&format!("{path}/enable"), &[]).await.status, 303);
    let reset = ada.post(&format!("{path}/reset"), &[]).await;
    assert!(reset.body.contains("/link/"));
}

#[tokio::test]
async fn administrators_stay_within_their_district_and_one_remains() {
    let (kit, ada) = set_up().await;
    let (alpha, own) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
    let (_, both) = kit.sign_in_with(&[(A, Role::Clerk), (B, Role::Clerk)]).await;
    let (_, foreign) = kit.sign_in_with(&[(B, Role::Clerk)]).await;
    let ada_id =
        queries::account_by_email(&kit.app.db, "ada@example.org").await.expect("read").expect("Ada").id;
    for action in ["disable", "reset", "enable"] {
        let path = |id: &str| format!("/accounts/{A}/{id}/{action}");
        assert_eq!(alpha.post(&path(&both), &[]).await.status, 400, "{action}: roles elsewhere");
        assert_eq!(alpha.post(&path(&own), &[]).await.status, 400, "{action}: one's own");
        assert_eq!(alpha.post(&path(&foreign), &[]).await.status, 404, "{action}: unknown here");
        assert_eq!(alpha.post(&path(&ada_id), &[]).await.status, 404, "{action}: above");
    }
    let everywhere = [("role", "analyst"), ("scope", "*")];
    assert_eq!(alpha.post(&format!("/accounts/{A}/{both}/grant"), &everywhere).await.status, 403);
    let take = [("role", "administrator"), ("scope", "*")];
    assert_eq!(alpha.post(&format!("/accounts/{A}/{ada_id}/take"), &take).await.status, 404);
    assert_eq!(alpha.post("/districts", &[("id", "5100003"), ("name", "Gamma")]).await.status, 403);
    // An account that somebody else invited is not trusted in a second district.
    let email = format!("{foreign}@example.org");
    let fields = [("name", "X"), ("email", email.as_str()), ("role", "clerk")];
    assert_eq!(alpha.post(&format!("/accounts/{A}"), &fields).await.status, 400);
    assert_eq!(ada.post(&format!("/accounts/{A}"), &fields).await.status, 200);
    // The last administrator of the installation stays.
    assert_eq!(ada.post(&format!("/accounts/{A}/{ada_id}/disable"), &[]).await.status, 400);
    let (second, _) = kit.sign_in_with(&[("*", Role::Administrator)]).await;
    assert_eq!(second.post(&format!("/accounts/{A}/{ada_id}/take"), &take).await.status, 303);
    assert_eq!(ada.post("/districts", &[("id", "5100003"), ("name", "Gamma")]).await.status, 403);
    let added = second.post("/districts", &[("id", "5100003"), ("name", "Gamma")]).await;
    assert_eq!(added.location(), "/d/5100003");
    for (id, name) in [("510003", "Short"), ("5100003", "Twice"), ("5100004", " ")] {
        assert_eq!(second.post("/districts", &[("id", id), ("name", name)]).await.status, 400);
    }
}

#[test]
fn what_may_be_typed() {
    assert_eq!(rules::email(" Ana@Example.ORG ").as_deref(), Some("ana@example.org"));
    for bad in
        ["", "ana", "@example.org", "ana@", "ana@org", "a b@example.org", "a@b@c.d", "a@.org", "<a@b.c>"]
    {
        assert_eq!(rules::email(bad), None, "{bad}");
    }
    for (said, goes) in [
        ("/d/1?x=2", "/d/1?x=2"),
        ("//evil", "/"),
        ("https://evil", "/"),
        ("/\\evil", "/"),
        ("", "/"),
        ("/a\nb", "/"),
    ] {
        assert_eq!(rules::next_path(said), goes);
    }
    assert_eq!(
        rules::password_fault("margarita's own long one", "margarita@example.org"),
        Some("account-password-simple")
    );
    assert_eq!(rules::password_fault(PASSWORD, "ada@example.org"), None);
    let state = Viewer { account_id: "a".into(), name: "A".into(), roles: vec![("*".into(), Role::Analyst)] };
    assert!(!rules::administers_all(&state));
}

#[tokio::test]
async fn passwords_cost_what_the_rfc_asks() {
    let passwords = Passwords::new(RFC_9106_SECOND);
    let stored = passwords.hash(PASSWORD).await.expect("a hash");
    assert!(stored.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{stored}");
    assert!(passwords.verify(PASSWORD, Some(&stored)).await.expect("an answer"));
    assert!(!passwords.verify(OTHER, Some(&stored)).await.expect("an answer"));
    let began = std::time::Instant::now();
    assert!(!passwords.verify(OTHER, None).await.expect("an answer"));
    let first = began.elapsed();
    let began = std::time::Instant::now();
    assert!(
        !passwords.verify(OTHER, Some("")).await.expect("an answer"),
        "no password fits an account without"
    );
    assert!(
        first.as_micros() > 1000 && began.elapsed().as_micros() > 1000,
        "the same work is done for nobody"
    );
}

#[tokio::test]
async fn every_change_is_in_the_audit_log() {
    let (kit, ada) = set_up().await;
    let path = invite(&ada, "ben@example.org", "clerk").await;
    let ben = queries::account_by_email(&kit.app.db, "ben@example.org").await.expect("read").expect("Ben").id;
    for (action, fields) in [
        ("grant", &[("role", "teacher")][..]),
        ("take", &[("role", "teacher")][..]),
        ("reset", &[]),
        ("disable", &[]),
        ("enable", &[]),
    ] {
        let reply = ada.post(&format!("/accounts/{A}/{ben}/{action}"), fields).await;
        assert!([200, 303].contains(&reply.status), "{action}: {}", reply.body);
    }
    let log = ada.get(&format!("/audit/{A}")).await;
    assert_eq!(log.status, 200);
    for action in ["invite", "grant", "take", "reset", "disable", "enable"] {
        assert!(log.body.contains(&format!("<code>account.{action}</code>")), "{action}");
    }
    assert!(log.body.contains("Ada") && log.body.contains("Ben"));
    let csv = ada.get(&format!("/audit/{A}/log.csv")).await;
    assert_eq!(csv.body.lines().count(), 1 + 6, "{}", csv.body);
    assert!(!csv.body.contains("ben@example.org") && !csv.body.contains(&path), "ids and counts only");
    assert_eq!(ada.get(&format!("/audit/{B}/log.csv")).await.body.lines().count(), 1);
    let whole = crate::audit::verify(&kit.app.db, None).await.expect("an answer");
    assert!(matches!(whole, crate::audit::Verdict::Whole { .. }), "{whole:?}");
}

#[tokio::test]
async fn the_audit_log_has_pages() {
    let (kit, ada) = set_up().await;
    let (_, id) = kit.sign_in_with(&[(A, Role::Clerk)]).await;
    for round in 0..30 {
        for action in ["grant", "take"] {
            let reply = ada.post(&format!("/accounts/{A}/{id}/{action}"), &[("role", "teacher")]).await;
            assert_eq!(reply.status, 303, "{round}");
        }
    }
    let first = ada.get(&format!("/audit/{A}")).await.body;
    assert_eq!(first.matches("<time ").count(), 50);
    let at = first.find("?before=").expect("older entries");
    let query = first[at..].split('"').next().expect("its end").to_owned();
    let second = ada.get(&format!("/audit/{A}{query}")).await.body;
    assert_eq!(second.matches("<time ").count(), 10);
    assert!(first.contains("Older entries") && !second.contains("Older entries"));
}
