//! The whole flow by HTTP: against `oidc-provider`, the certified provider from npm, and against one of
//! ours that signs whatever it is asked to. Both are in `tests/oidc`.
//!
//! Needs Node.js; without it the tests fail, unless `EVENFIELD_SKIP_NODE=1` says that this is known.

use crate::access::Role;
use crate::account::{queries, secret};
use crate::config::OidcProvider;
use crate::db::now_ms;
use crate::testing::{Browser, Kit};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Once;

const A: &str = "5100001";

/// The two providers, in a process that ends with this.
struct Providers {
    process: Child,
    /// Kept open: the provider also writes warnings there.
    _output: BufReader<ChildStdout>,
    real: String,
    signer: String,
}

impl Drop for Providers {
    fn drop(&mut self) {
        // Its standard input also ends with us, when this does not run.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the providers; nothing when the person said that there is no Node.js.
fn start() -> Option<Providers> {
    if std::env::var("EVENFIELD_SKIP_NODE").is_ok_and(|v| v == "1") {
        eprintln!("skipped: EVENFIELD_SKIP_NODE=1");
        return None;
    }
    static INSTALL: Once = Once::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oidc");
    INSTALL.call_once(|| {
        if !folder.join("node_modules/oidc-provider").exists() {
            let done = Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&folder)
                .status()
                .expect("npm is needed (or EVENFIELD_SKIP_NODE=1)");
            assert!(done.success(), "npm ci failed in tests/oidc");
        }
    });
    let mut process = Command::new("node")
        .arg("server.mjs")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node is needed (or EVENFIELD_SKIP_NODE=1)");
    let mut line = String::new();
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    output.read_line(&mut line).expect("its first line");
    let said: Value = serde_json::from_str(&line).expect("both issuers");
    let issuer = |name: &str| said[name].as_str().expect("an issuer").to_owned();
    Some(Providers { process, _output: output, real: issuer("real"), signer: issuer("signer") })
}

/// A portal that knows both providers, with one district and somebody invited.
async fn kit(providers: &Providers, email: &str) -> (Kit, String) {
    let known = |id: &str, issuer: &str| OidcProvider {
        id: id.to_owned(),
        name: id.to_owned(),
        issuer: issuer.to_owned(),
        client_id: "evenfield".to_owned(),
        client_secret: "a secret for tests only".to_owned(),
    };
    let oidc = vec![known("real", &providers.real), known("signer", &providers.signer)];
    let kit = Kit::with(|c| c.oidc = oidc).await;
    kit.district(A, "Alpha").await;
    let id = invite(&kit, email).await;
    (kit, id)
}

async fn invite(kit: &Kit, email: &str) -> String {
    let id = crate::db::new_id();
    let now = now_ms();
    let mut write = kit.app.db.write().await.expect("a write");
    let account = queries::NewAccount { id: &id, email, name: "Ben" };
    queries::insert_account(&mut write, account, now).await.expect("an account");
    queries::insert_role(&mut write, &id, (A, Role::Clerk), now).await.expect("a role");
    let token = secret::new_token().expect("a token");
    let link = (id.as_str(), "invite");
    queries::replace_link(&mut write, &secret::digest(&token), link, (now, now + 60_000))
        .await
        .expect("a link");
    write.commit().await.expect("stored");
    id
}

/// The parameters of an address.
fn query(url: &str) -> HashMap<String, String> {
    let url = openidconnect::url::Url::parse(url).expect("an address");
    url.query_pairs().into_owned().collect()
}

/// A browser at the provider: keeps cookies, follows no redirect.
struct Abroad {
    http: reqwest::Client,
    cookies: HashMap<String, String>,
}

impl Abroad {
    fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Self { http: http.expect("a client"), cookies: HashMap::new() }
    }

    /// Sends a request; gives the redirect's target, or the page's.
    async fn go(&mut self, request: reqwest::RequestBuilder, issuer: &str) -> (Option<String>, String) {
        let line: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let response = request.header("cookie", line.join("; ")).send().await.expect("an answer");
        for set in response.headers().get_all("set-cookie") {
            let pair = set.to_str().expect("text").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("name=value");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let target = response.headers().get("location").map(|v| v.to_str().expect("text").to_owned());
        let target = target.map(|t| if t.starts_with('/') { format!("{issuer}{t}") } else { t });
        (target, response.text().await.expect("a page"))
    }

    /// Signs in and consents at the provider's own pages, until it sends the browser back to us.
    async fn sign_in(&mut self, issuer: &str, begin: &str, login: &str) -> String {
        let mut url = begin.to_owned();
        for _ in 0..12 {
            let (target, page) = self.go(self.http.get(&url), issuer).await;
            let Some(next) = target else {
                let prompt = if page.contains("value=\"login\"") { "login" } else { "consent" };
                let body = format!("prompt={prompt}&login={}&password=any", crate::routes::escape(login));
                let post = self.http.post(&url).header("content-type", "application/x-www-form-urlencoded");
                let (target, page) = self.go(post.body(body), issuer).await;
                url = target.unwrap_or_else(|| panic!("{url} answered {page}"));
                continue;
            };
            if next.contains("/oidc/callback") {
                return next;
            }
            url = next;
        }
        panic!("the provider never sent the browser back");
    }
}

/// The path and query of an address, as our router sees it.
fn ours(url: &str) -> String {
    url.strip_prefix("http://127.0.0.1:8080").expect("our address").to_owned()
}

#[tokio::test]
async fn an_invited_person_signs_in_at_a_real_provider_and_stays_linked() {
    let Some(providers) = start() else { return };
    let (kit, id) = kit(&providers, "ben@example.org").await;
    for round in ["the first time", "again"] {
        let browser = kit.browser();
        let login = browser.get("/login?next=/account").await;
        assert!(login.body.contains("/oidc/start?provider=real&#38;next=%2Faccount"), "{}", login.body);
        let begin = browser.get("/oidc/start?provider=real&next=%2Faccount").await;
        let asked = query(begin.location());
        assert_eq!(
            (asked["code_challenge_method"].as_str(), asked["response_type"].as_str()),
            ("S256", "code")
        );
        let back = Abroad::new().sign_in(&providers.real, begin.location(), "ben@example.org").await;
        let done = browser.get(&ours(&back)).await;
        assert_eq!((done.status, done.location()), (303, "/account"), "{round}: {}", done.body);
        assert!(browser.get("/account").await.body.contains("ben@example.org"), "{round}");
        // The address works once.
        assert_eq!(browser.get(&ours(&back)).await.status, 400, "{round}");
    }
    let linked = queries::account_by_identity(&kit.app.db, &providers.real, "ben@example.org").await;
    assert_eq!(linked.expect("an answer").expect("an account").id, id);
    assert!(
        !queries::is_invited(&kit.app.db, &id, now_ms()).await.expect("an answer"),
        "the link is used up"
    );
}

#[tokio::test]
async fn a_real_provider_does_not_let_strangers_in() {
    let Some(providers) = start() else { return };
    let (kit, _) = kit(&providers, "unverified@example.org").await;
    for login in ["unverified@example.org", "stranger@example.org"] {
        let browser = kit.browser();
        let begin = browser.get("/oidc/start?provider=real").await;
        let back = Abroad::new().sign_in(&providers.real, begin.location(), login).await;
        let refused = browser.get(&ours(&back)).await;
        assert_eq!(refused.status, 400, "{login}");
        assert!(refused.body.contains("no invited account"), "{}", refused.body);
        assert_eq!(browser.cookie("evenfield"), None);
    }
    let failed: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM audit_entry WHERE action = 'account.sign-in-failed'")
            .fetch_one(kit.app.db.read())
            .await
            .expect("a count");
    assert_eq!(failed, 2);
    // An account that has a password and no open invitation is not taken over by an equal address.
    let id = invite(&kit, "ada@example.org").await;
    let mut write = kit.app.db.write().await.expect("a write");
    queries::delete_links(&mut write, &id).await.expect("no link");
    write.commit().await.expect("stored");
    let browser = kit.browser();
    let begin = browser.get("/oidc/start?provider=real").await;
    let back = Abroad::new().sign_in(&providers.real, begin.location(), "ada@example.org").await;
    assert_eq!(browser.get(&ours(&back)).await.status, 400);
}

#[tokio::test]
async fn a_sign_in_belongs_to_the_browser_that_began_it() {
    let Some(providers) = start() else { return };
    let (kit, _) = kit(&providers, "ben@example.org").await;
    let browser = kit.browser();
    let begin = browser.get("/oidc/start?provider=real").await;
    let back = ours(&Abroad::new().sign_in(&providers.real, begin.location(), "ben@example.org").await);
    let victim = kit.browser();
    victim.get("/login").await;
    assert_eq!(victim.get(&back).await.status, 400, "another browser");
    assert_eq!(browser.get(&back).await.status, 400, "it was used up by the attempt");
    assert_eq!(browser.get("/oidc/callback?code=x&state=guess").await.status, 400, "a state of nobody");
    assert_eq!(browser.get("/oidc/start?provider=none").await.status, 404);
    let begin = browser.get("/oidc/start?provider=real").await;
    let state = query(begin.location())["state"].clone();
    let declined = browser.get(&format!("/oidc/callback?error=access_denied&state={state}")).await;
    assert_eq!(declined.status, 400);
    assert!(declined.body.contains("was stopped"), "{}", declined.body);
    let begin = browser.get("/oidc/start?provider=real").await;
    let state = query(begin.location())["state"].clone();
    let mixed =
        format!("/oidc/callback?code=x&state={state}&iss={}", crate::routes::escape(&providers.signer));
    assert_eq!(browser.get(&mixed).await.status, 400, "the answer of another provider");
}

#[tokio::test]
async fn an_arrival_without_our_state_begins_again() {
    let Some(providers) = start() else { return };
    let (mut kit, _) = kit(&providers, "ben@example.org").await;
    let browser = kit.browser();
    let arrival = browser.get("/oidc/callback?code=of-the-portal").await;
    assert_eq!(arrival.location(), "/login", "which of the two is not known");
    let named = format!("/oidc/callback?code=x&iss={}", crate::routes::escape(&providers.signer));
    assert_eq!(browser.get(&named).await.location(), "/oidc/start?provider=signer");
    let mut config = (*kit.app.config).clone();
    config.oidc.truncate(1);
    kit.app.config = config.into();
    kit.serve(crate::router(kit.app.clone()));
    let arrival = kit.browser().get("/oidc/callback?code=of-the-portal").await;
    assert_eq!(arrival.location(), "/oidc/start?provider=real");
    let refused = kit.browser().get("/oidc/callback?error=access_denied").await;
    assert_eq!(refused.status, 400, "to begin again would go round in circles");
}

/// Comes back from the signer with an ID token of these claims; the nonce is ours unless they say another.
async fn come_back(browser: &Browser, claims: Value, key: &str) -> u16 {
    let begin = browser.get("/oidc/start?provider=signer").await;
    let asked = query(begin.location());
    let mut all = json!({
        "sub": "s-1", "email": "ben@example.org", "email_verified": true, "nonce": asked["nonce"],
    });
    for (name, value) in claims.as_object().expect("claims") {
        all[name] = value.clone();
    }
    let code = URL_SAFE_NO_PAD.encode(json!({ "claims": all, "key": key }).to_string());
    browser.get(&format!("/oidc/callback?code={code}&state={}", asked["state"])).await.status
}

#[tokio::test]
async fn a_token_that_is_not_for_us_is_refused() {
    let Some(providers) = start() else { return };
    let (kit, _) = kit(&providers, "ben@example.org").await;
    let second = now_ms() / 1000;
    for (why, claims, key) in [
        ("another nonce", json!({ "nonce": "guess" }), "own"),
        ("no nonce", json!({ "nonce": null }), "own"),
        ("another audience", json!({ "aud": "somebody-else" }), "own"),
        ("a second audience", json!({ "aud": ["evenfield", "somebody-else"] }), "own"),
        ("expired", json!({ "iat": second - 7200, "exp": second - 3600 }), "own"),
        ("another issuer", json!({ "iss": "https://elsewhere.example" }), "own"),
        ("another access token", json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }), "own"),
        ("another key", json!({}), "other"),
        ("no signature", json!({}), "none"),
        ("an address that is not verified", json!({ "email_verified": false }), "own"),
        ("an address that nobody says is verified", json!({ "email_verified": null }), "own"),
        ("an address that was not invited", json!({ "email": "eve@example.org" }), "own"),
    ] {
        let browser = kit.browser();
        assert_eq!(come_back(&browser, claims, key).await, 400, "{why}");
        assert_eq!(browser.cookie("evenfield"), None, "{why}");
    }
    // The same token without a fault is accepted: it was the fault that was refused.
    let browser = kit.browser();
    assert_eq!(come_back(&browser, json!({}), "own").await, 303);
    // The same address with another subject is another person.
    assert_eq!(come_back(&kit.browser(), json!({ "sub": "s-2" }), "own").await, 400);
    // Linked is linked, whatever the address is now.
    assert_eq!(come_back(&kit.browser(), json!({ "email": "new@example.org" }), "own").await, 303);
}

#[tokio::test]
async fn a_provider_may_change_its_key() {
    let Some(providers) = start() else { return };
    let (kit, _) = kit(&providers, "ben@example.org").await;
    assert_eq!(come_back(&kit.browser(), json!({}), "own").await, 303);
    assert_eq!(come_back(&kit.browser(), json!({}), "new").await, 400, "a key that we have not seen");
    assert_eq!(come_back(&kit.browser(), json!({}), "new").await, 303, "the keys were asked for again");
    assert_eq!(come_back(&kit.browser(), json!({}), "own").await, 400, "the old one no longer counts");
}
