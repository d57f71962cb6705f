//! Receivers that are told of what happens (webhooks): each gets the entries of the audit log that it asked for, in order, at least once.
//!
//! What is sent is signed. It goes to hosts alone that the installation's settings name, and of these to public addresses alone: the name is
//! looked up by us, and the connection is made to the address that was looked at, so that a name that changes its address between two
//! questions gains nothing.

use crate::App;
use crate::db::now_ms;
use crate::queries::{self, Happened, Webhook};
use crate::rules::public::is_public;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde_json::{Value, json};
use sha2::Sha256;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What receivers may be told of: actions of the audit log.
pub const EVENTS: [&str; 12] = [
    "loan.out",
    "loan.in",
    "loan.renew",
    "loan.lost",
    "loan.found",
    "loan.gone",
    "loan.swap",
    "loan.undo",
    "loan.told",
    "line.suspend",
    "request.offer",
    "help.open",
];

/// How often receivers are told.
const PAUSE: Duration = Duration::from_secs(10);
/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Entries looked at in one go.
const AT_ONCE: i64 = 200;
/// After so many tries in a row that failed, the last of them an hour apart, a receiver is stopped: some three days.
const MOST_FAILED: i64 = 80;

/// Looks names up and passes over all addresses that are not public.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether something may be sent there: `https` to a host by its name that the settings have, at the usual port; or an address of this machine
/// that the settings have word by word.
pub fn is_allowed(url: &str, hosts: &[String]) -> bool {
    let Ok(parsed) = Url::parse(url) else { return false };
    if !parsed.username().is_empty() || parsed.password().is_some() || parsed.fragment().is_some() {
        return false;
    }
    let named = |name: &str| hosts.iter().any(|host| host == name);
    let here =
        || parsed.host_str()?.parse::<std::net::Ipv4Addr>().ok().filter(std::net::Ipv4Addr::is_loopback);
    match parsed.scheme() {
        // A host given as an address has no domain.
        "https" => parsed.port().is_none() && parsed.domain().is_some_and(named),
        "http" => here().is_some_and(|ip| named(&format!("http://{ip}:{}", parsed.port().unwrap_or(80)))),
        _ => false,
    }
}

/// The header that signs a body: `t=SECONDS,v1=HEX`, an HMAC-SHA256 with the receiver's secret over the seconds, a full stop and the body.
pub fn signature(secret: &str, seconds: i64, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{seconds}.{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("t={seconds},v1={hex}"))
}

/// What is sent of an entry.
fn body(district: &str, happened: &Happened) -> String {
    let at =
        jiff::Timestamp::from_millisecond(happened.at_ms).map(|time| time.to_string()).unwrap_or_default();
    let detail: Value = serde_json::from_str(&happened.detail).unwrap_or_default();
    json!({
        "id": happened.seq,
        "event": happened.action,
        "at": at,
        "district": district,
        "subject": { "kind": happened.subject_kind, "id": happened.subject_id },
        "detail": detail,
    })
    .to_string()
}

/// A client that follows nothing, uses no proxy, and reaches public addresses alone.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .dns_resolver(Arc::new(PublicOnly))
        .build()
}

async fn send(http: &reqwest::Client, hook: &Webhook, happened: &Happened, now_ms: i64) -> bool {
    let body = body(&hook.district_id, happened);
    let Some(signature) = signature(&hook.secret, now_ms / 1000, &body) else { return false };
    let sent = http
        .post(&hook.url)
        .header("content-type", "application/json")
        .header("evenfield-event", &happened.action)
        .header("evenfield-delivery", format!("{}-{}", hook.id, happened.seq))
        .header("evenfield-signature", signature)
        .body(body)
        .send()
        .await;
    sent.is_ok_and(|answer| answer.status().is_success())
}

/// Tells a receiver what has happened since it was told last. How many entries it took.
///
/// # Errors
/// The database's. A receiver that does not answer is no error.
pub async fn tell(app: &App, http: &reqwest::Client, hook: &Webhook, now_ms: i64) -> sqlx::Result<usize> {
    let happened = queries::happened(app.db.read(), &hook.district_id, hook.seen_seq, AT_ONCE).await?;
    let Some(last) = happened.last() else { return Ok(0) };
    let begun = Instant::now();
    let wants = |one: &&Happened| hook.events.split(' ').any(|event| event == one.action);
    let (mut seen, mut took, mut has_failed) = (last.seq, 0, false);
    for one in happened.iter().filter(wants) {
        // The settings may have changed since the receiver was made.
        if !is_allowed(&hook.url, &app.config.webhook_hosts) || !send(http, hook, one, now_ms).await {
            (seen, has_failed) = (one.seq - 1, true);
            break;
        }
        took += 1;
        // The rest is told in the next round, so that this one ends.
        if begun.elapsed() >= PATIENCE {
            seen = one.seq;
            break;
        }
    }
    let failed = match (has_failed, took) {
        (false, _) => 0,
        (true, 0) => hook.failed + 1,
        (true, _) => 1,
    };
    // 10 s, 20 s, 40 s … an hour.
    let wait_ms = if failed == 0 { 0 } else { (10_000 << (failed - 1).min(9)).min(3_600_000) };
    let mut tx = app.db.write().await?;
    let told = (took > 0).then_some(now_ms);
    queries::told_webhook(&mut tx, hook, (seen, failed), (now_ms + wait_ms, told)).await?;
    if failed >= MOST_FAILED {
        queries::stop_webhook(&mut tx, &hook.district_id, &hook.id, now_ms).await?;
        tracing::warn!(webhook = hook.id, "a receiver did not answer for days and was stopped");
    }
    tx.commit().await?;
    Ok(took)
}

/// Tells all receivers once.
///
/// # Errors
/// The database's.
pub async fn all(app: &App) -> sqlx::Result<()> {
    let due = queries::due_webhooks(app.db.read(), now_ms()).await?;
    if due.is_empty() {
        return Ok(());
    }
    match client() {
        Ok(http) => {
            // Side by side: a receiver that is slow keeps nobody else waiting.
            let mut under_way: FuturesUnordered<_> =
                due.iter().map(|hook| tell(app, &http, hook, now_ms())).collect();
            while let Some(told) = under_way.next().await {
                told?;
            }
        }
        Err(error) => tracing::error!(%error, "no client for receivers"),
    }
    Ok(())
}

/// Tells receivers, again and again, and forgets deeds that nobody sends again. It never ends.
pub async fn keep(app: App) {
    loop {
        let done = async {
            all(&app).await?;
            let mut tx = app.db.write().await?;
            queries::forget_answered(&mut tx, now_ms() - DEEDS_MS).await?;
            tx.commit().await
        };
        if let Err(error) = done.await {
            tracing::error!(%error, "receivers could not be told");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// How long a deed is remembered.
const DEEDS_MS: i64 = 7 * 24 * 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 has no text with a full stop of ours; this one is worked out with OpenSSL:
    /// `printf '1700000000.{"id":1}' | openssl dgst -sha256 -hmac secret`.
    #[test]
    fn the_signature_is_what_openssl_says() {
        let signed = signature("secret", 1_700_000_000, "{\"id\":1}");
        assert_eq!(signed.as_deref(), Some(KNOWN));
    }

    const KNOWN: &str = "t=1700000000,v1=3dd1b9aef568d75f6790a84bd2e5dfa1f44409eef3cbdbd3f10b837376100c11";

    #[test]
    fn only_named_hosts_are_told() {
        let hosts = ["hooks.example.org".to_owned(), "http://127.0.0.1:8099".to_owned()];
        for good in ["https://hooks.example.org/a?b=c", "http://127.0.0.1:8099/x"] {
            assert!(is_allowed(good, &hosts), "{good}");
        }
        for bad in [
            "http://hooks.example.org/",
            "https://hooks.example.org:8443/",
            "https://evil.example.org/",
            "https://hooks.example.org.evil.net/",
            "https://u:p@hooks.example.org/",
            "https://hooks.example.org/#x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "http://127.0.0.1:8098/",
            "http://localhost:8099/",
            "http://2130706433:8098/",
            "https://169.254.169.254/",
            "ftp://hooks.example.org/",
            "",
        ] {
            assert!(!is_allowed(bad, &hosts), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_reached() {
        let found = PublicOnly.resolve("localhost".parse().expect("a name")).await;
        assert!(found.is_err());
    }
}
