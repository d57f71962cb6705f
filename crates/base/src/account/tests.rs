//! The slice through the whole router.

mod log;
mod rights;

use super::password::{Passwords, RFC_9106_SECOND};
use super::{queries, rules, secret, session};
use crate::access::{Role, Viewer};
use crate::config::Config;
use crate::db::{harness, now_ms};
use crate::testing::{Browser, Kit};

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
    let failed: Vec<(Option<String>, String, String)> = sqlx::query_as(
        "SELECT account_id, subject_id, detail FROM audit_entry WHERE action = 'account.sign-in-failed' ORDER BY seq",
    )
    .fetch_all(kit.app.db.read())
    .await
    .expect("entries");
    let ada = queries::account_by_email(&kit.app.db, "ada@example.org").await.expect("read").expect("Ada").id;
    let entry = |account: &str| (None, account.to_owned(), "null".to_owned());
    assert_eq!(failed, [entry(&ada), entry("")], "who was meant, and nothing that was typed");
    // Who runs the installation sees both; the administrator of a district those at accounts of her people.
    let shown = async |browser: &Browser, district: &str| {
        let page = browser.get(&format!("/audit/{district}")).await;
        page.body.matches("account.sign-in-failed").count()
    };
    let all = kit.sign_in(Role::Administrator, "*").await;
    assert_eq!(shown(&all, A).await, 2);
    let (alpha, id) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
    assert_eq!(shown(&alpha, A).await, 0, "Ada is of every district, not of this one");
    let email = format!("{id}@example.org");
    sign_in(&kit, &email, "not her password").await;
    assert_eq!(shown(&alpha, A).await, 1);
    let beta = kit.sign_in(Role::Administrator, B).await;
    assert_eq!(shown(&beta, B).await, 0, "nothing of others");
    let elsewhere = [("email", "ada@example.org"), ("password", PASSWORD), ("next", "//evil.example/")];
    assert_eq!(kit.browser().post("/login", &elsewhere).await.location(), "/");
    for _ in 0..12 {
        sign_in(&kit, "ada@example.org", "x").await;
    }
    assert_eq!(sign_in(&kit, "ada@example.org", PASSWORD).await.1, 429, "guessing one account is slow");
}

#[tokio::test]
async fn who_guesses_does_not_lock_the_person_out_of_her_own_browser() {
    let (kit, _) = set_up().await;
    let (own, _) = sign_in(&kit, "ada@example.org", PASSWORD).await;
    own.post("/logout", &[]).await;
    let stranger = kit.browser();
    for _ in 0..12 {
        stranger.post("/login", &[("email", "ada@example.org"), ("password", "x")]).await;
    }
    assert_eq!(sign_in(&kit, "ada@example.org", PASSWORD).await.1, 429, "from anywhere else");
    let fields = [("email", "ada@example.org"), ("password", PASSWORD)];
    assert_eq!(own.post("/login", &fields).await.status, 303);
    // The mark is of one account and does not free its browser from the count.
    let mark = own.cookie("mark").expect("a mark");
    stranger.set_cookie("mark", &mark);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses
            .push(stranger.post("/login", &[("email", "ada@example.org"), ("password", "x")]).await.status);
    }
    assert!(statuses.contains(&400) && statuses.ends_with(&[429]), "{statuses:?}");
    let other = kit.browser();
    other.set_cookie("mark", &mark);
    for _ in 0..12 {
        other.post("/login", &[("email", "eve@example.org"), ("password", "x")]).await;
    }
    assert_eq!(other.post("/login", &[("email", "eve@example.org"), ("password", "x")]).await.status, 429);
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

    let late = invite(&ada, "late@example.org", "clerk").await;
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE account_link SET expires_ms = $1")
        .bind(now_ms())
        .execute(&mut *write)
        .await
        .expect("aged");
    write.commit().await.expect("stored");
    assert_eq!(kit.browser().get(&late).await.status, 400, "after a week");
    assert_eq!(kit.browser().post(&late, &[("password", OTHER)]).await.status, 400);
}

#[tokio::test]
async fn a_link_does_not_open_what_was_given_after_it() {
    let (kit, ada) = set_up().await;
    let (alpha, _) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
    // Alpha's administrator invites somebody and keeps the link.
    let kept = invite(&alpha, "cat@example.org", "clerk").await;
    let fields = [("name", "Cat"), ("email", "cat@example.org"), ("role", "administrator")];
    let reply = ada.post(&format!("/accounts/{B}"), &fields).await;
    assert!(reply.body.contains("/link/"), "Ada gets the link for Beta: {}", reply.body);
    assert_eq!(kit.browser().get(&kept).await.status, 400);

    let kept = invite(&alpha, "dan@example.org", "clerk").await;
    let dan = queries::account_by_email(&kit.app.db, "dan@example.org").await.expect("read").expect("Dan").id;
    let grant = format!("/accounts/{A}/{dan}/grant");
    assert_eq!(alpha.post(&grant, &[("role", "teacher")]).await.status, 303);
    assert_eq!(kit.browser().get(&kept).await.status, 200, "one more role in the same district");
    assert_eq!(ada.post(&grant, &[("role", "analyst"), ("scope", "*")]).await.status, 303);
    assert_eq!(kit.browser().get(&kept).await.status, 400);
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
    let (second, second_id) = kit.sign_in_with(&[("*", Role::Administrator)]).await;
    let refused = second.post(&format!("/accounts/{A}/{ada_id}/take"), &take).await;
    assert_eq!(refused.status, 400, "somebody who has no way to sign in again is not enough");
    give_password(&kit, &second_id).await;
    assert_eq!(second.post(&format!("/accounts/{A}/{ada_id}/take"), &take).await.status, 303);
    assert_eq!(ada.post("/districts", &[("id", "5100003"), ("name", "Gamma")]).await.status, 403);
    let added = second.post("/districts", &[("id", "5100003"), ("name", "Gamma")]).await;
    assert_eq!(added.location(), "/d/5100003");
    for (id, name) in [("510003", "Short"), ("5100003", "Twice"), ("5100004", " ")] {
        assert_eq!(second.post("/districts", &[("id", id), ("name", name)]).await.status, 400);
    }
}

async fn give_password(kit: &Kit, id: &str) {
    let mut write = kit.app.db.write().await.expect("a write");
    queries::set_password(&mut write, id, "$argon2id$x").await.expect("a password");
    write.commit().await.expect("stored");
}

#[tokio::test]
async fn two_administrators_who_disable_each_other_at_once_do_not_both_succeed() {
    harness::each(|db| async move {
        let kit = Kit::on(db, Config::local("unused"));
        kit.district(A, "Alpha").await;
        for round in 0..8 {
            let (one, one_id) = kit.sign_in_with(&[("*", Role::Administrator)]).await;
            let (other, other_id) = kit.sign_in_with(&[("*", Role::Administrator)]).await;
            give_password(&kit, &one_id).await;
            give_password(&kit, &other_id).await;
            let path = |id: &str| format!("/accounts/{A}/{id}/disable");
            let (first, second) = (path(&other_id), path(&one_id));
            // Both have their tokens before either begins.
            one.csrf().await;
            other.csrf().await;
            let (a, b) = tokio::join!(one.post(&first, &[]), other.post(&second, &[]));
            let mut write = kit.app.db.write().await.expect("a write");
            let left = queries::count_administrators(&mut write).await.expect("a count");
            assert_eq!(left, 1, "round {round}: {} {}", a.status, b.status);
            sqlx::query("UPDATE account SET disabled = 1").execute(&mut *write).await.expect("a clean slate");
            write.commit().await.expect("stored");
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_set_ups_and_of_two_uses_of_a_link_one_succeeds() {
    harness::each(|db| async move {
        let kit = Kit::on(db, Config::local("unused"));
        let path = kit.app.accounts.set_up_path(&kit.app.db).await.expect("an answer").expect("a path");
        let code = path.split_once("code=").expect("a code").1.to_owned();
        let (one, other) = (kit.browser(), kit.browser());
        let set_up = |browser: Browser, email: &'static str| {
            let code = code.clone();
            async move {
                let fields =
                    [("code", code.as_str()), ("name", "Ada"), ("email", email), ("password", PASSWORD)];
                let status = browser.post("/setup", &fields).await.status;
                (browser, status)
            }
        };
        let ((one, a), (other, b)) =
            tokio::join!(set_up(one, "ada@example.org"), set_up(other, "eve@example.org"));
        assert!([(303, 404), (404, 303)].contains(&(a, b)), "{a} {b}");
        kit.district(A, "Alpha").await;
        let path = invite(if a == 303 { &one } else { &other }, "ben@example.org", "clerk").await;
        let (ben, eve) = (kit.browser(), kit.browser());
        let (mine, theirs) = ([("password", OTHER)], [("password", PASSWORD)]);
        let (a, b) = tokio::join!(ben.post(&path, &mine), eve.post(&path, &theirs));
        assert!([(303, 400), (400, 303)].contains(&(a.status, b.status)), "{} {}", a.status, b.status);
    })
    .await;
}

#[tokio::test]
async fn a_zero_byte_is_refused_and_breaks_nothing() {
    harness::each(|db| async move {
        let kit = Kit::on(db, Config::local("unused"));
        kit.district(A, "Alpha").await;
        let coordinator = kit.sign_in(Role::Coordinator, A).await;
        let nobody = kit.browser();
        for path in [format!("/s/{A}%00"), "/s/%00".to_owned(), "/link/a%00b".to_owned()] {
            let status = nobody.get(&path).await.status;
            assert!([400, 404].contains(&status), "{path}: {status}");
        }
        for path in [
            "roster/students?q=a%00b",
            "roster/students/a%00b",
            "gap/schools/%00",
            "survey/letters?school=%00",
        ] {
            let status = coordinator.get(&format!("/d/{A}/{path}")).await.status;
            assert!(status < 500, "{path}: {status}");
        }
        let email = [("email", "ada\0@example.org"), ("password", "x")];
        assert_eq!(nobody.post("/login", &email).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn sessions_elsewhere_can_be_ended() {
    let (kit, ada) = set_up().await;
    let (phone, _) = sign_in(&kit, "ada@example.org", PASSWORD).await;
    let (_, other) = kit.sign_in_with(&[(A, Role::Clerk)]).await;
    let count = |id: String| {
        let db = kit.app.db.clone();
        async move {
            let sql = "SELECT COUNT(*) FROM session WHERE account_id = $1";
            sqlx::query_scalar::<_, i64>(sql).bind(id).fetch_one(db.read()).await.expect("a count")
        }
    };
    let done = ada.post("/account/end-others", &[]).await;
    assert_eq!(done.location(), "/account?ended=true");
    assert!(ada.get(done.location()).await.body.contains("signed out everywhere but here"));
    assert_eq!(phone.get("/account").await.status, 303);
    assert_eq!(count(other).await, 1, "nobody else's");
}

#[tokio::test]
async fn the_log_as_a_file_gives_its_digests_again() {
    let (kit, ada) = set_up().await;
    invite(&ada, "ben@example.org", "clerk").await;
    let csv = ada.get(&format!("/audit/{A}/log.csv")).await;
    let mut rows = csv::Reader::from_reader(csv.bytes.as_slice());
    let mut seen = 0;
    for row in rows.records() {
        let row = row.expect("a row");
        let some = |n: usize| Some(row[n].to_owned()).filter(|text| !text.is_empty());
        let entry = crate::audit::Stored {
            seq: row[0].parse().expect("a number"),
            at_ms: row[1].parse().expect("a time"),
            district_id: some(2),
            account_id: some(3),
            action: row[4].into(),
            subject_kind: row[5].into(),
            subject_id: row[6].into(),
            detail: row[7].into(),
            previous: row[8].into(),
            digest: row[9].into(),
        };
        assert_eq!(entry.compute_digest(), entry.digest);
        seen += 1;
    }
    assert_eq!(seen, 2, "the set-up and the invitation");
    // Signing in belongs to no district; an administrator sees it of the people of hers, and of nobody else.
    let (alpha, _) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
    let (_, id) = kit.sign_in_with(&[(B, Role::Clerk)]).await;
    let path = invite(&alpha, "cat@example.org", "clerk").await;
    kit.browser().post(&path, &[("password", OTHER)]).await;
    let log = alpha.get(&format!("/audit/{A}/log.csv")).await.body;
    assert!(
        log.contains("account.use-link") && !log.contains("installation.set-up") && !log.contains(&id),
        "{log}"
    );
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
    // Characters, as the message says, and not bytes.
    let long: String = "año, cueva y más ".chars().cycle().take(500).collect();
    assert_eq!(rules::password_fault(&long, "ana@example.org"), None);
    assert_eq!(rules::password_fault(&format!("{long}x"), "ana@example.org"), Some("account-password-long"));
    for guessed in [
        "123456789012345",
        "qwertyuiopasdfghjkl",
        "1q2w3e4r5t6y7u8i9o",
        "PasswordPassword1",
        "iloveyouiloveyou",
        "evenfield-2026-evenfield",
        "zyxwvutsrqponmlkjihg",
        "AdminAdminAdmin2026!",
        "contraseña contraseña",
    ] {
        assert_eq!(
            rules::password_fault(guessed, "ada@example.org"),
            Some("account-password-simple"),
            "{guessed}"
        );
    }
    for good in [
        "the bus is late on Mondays",
        "xK4#pq9!Lm2$vz8",
        "mi abuela baila los domingos",
        "ninas-2-gatos-negros",
    ] {
        assert_eq!(rules::password_fault(good, "ada@example.org"), None, "{good}");
    }
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
    // The six above, and what Ada did outside any district: the set-up.
    assert_eq!(csv.body.lines().count(), 1 + 7, "{}", csv.body);
    assert!(!csv.body.contains("ben@example.org") && !csv.body.contains(&path), "ids and counts only");
    let (beta, _) = kit.sign_in_with(&[(B, Role::Administrator)]).await;
    assert_eq!(beta.get(&format!("/audit/{B}/log.csv")).await.body.lines().count(), 1, "nothing of others");
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
    assert_eq!(second.matches("<time ").count(), 11, "and the set-up");
    assert!(first.contains("Older entries") && !second.contains("Older entries"));
}
