//! A gateway of text messages with the interface of Twilio's "Programmable Messaging" (API of 2010-04-01):
//! `POST /2010-04-01/Accounts/ACCOUNT/Messages.json` sends one, and the gateway tells what became of it by calls that it signs.

use super::{Answer, Gateway, Outgoing};
use crate::config::notices::TextGateway;
use crate::routes::escape;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header;
use sha1::Sha1;
use std::time::Duration;

/// The largest answer, bytes.
const ANSWER: usize = 64 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The client.
pub struct Twilio {
    http: reqwest::Client,
    gateway: TextGateway,
    /// Where the gateway tells what became of messages.
    report_to: Option<String>,
}

impl Twilio {
    /// A client of this gateway; `base_url` is our own address.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn new(gateway: &TextGateway, base_url: Option<&str>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        let report_to = base_url.map(|url| format!("{url}{REPORT_PATH}"));
        Ok(Self { http, gateway: gateway.clone(), report_to })
    }
}

/// Where the gateway tells what became of a message.
pub const REPORT_PATH: &str = "/hooks/text/report";
/// Where it tells what families answer.
pub const REPLY_PATH: &str = "/hooks/text/reply";

/// What the gateway says of a message.
#[derive(serde::Deserialize)]
struct Said {
    sid: Option<String>,
    code: Option<i64>,
    error_code: Option<i64>,
    status: Option<serde_json::Value>,
}

impl Gateway for Twilio {
    async fn send(&self, message: &Outgoing) -> Answer {
        let mut fields = vec![
            ("To", message.address.clone()),
            ("From", self.gateway.from.clone()),
            ("Body", message.body.clone()),
        ];
        if let Some(path) = &self.report_to {
            fields.push(("StatusCallback", format!("{path}?m={}", message.id)));
        }
        let form: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", escape(v))).collect();
        let url = format!("{}/2010-04-01/Accounts/{}/Messages.json", self.gateway.url, self.gateway.account);
        let sent = self
            .http
            .post(url)
            .basic_auth(&self.gateway.account, Some(&self.gateway.token.0))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.join("&"))
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            // Without a connection nothing was handed over.
            Err(error) if error.is_connect() => return Answer::Later("no-connection".to_owned()),
            Err(_) => return Answer::Unclear,
        };
        let status = answer.status().as_u16();
        let said = match answer.bytes().await {
            Ok(bytes) if bytes.len() <= ANSWER => serde_json::from_slice::<Said>(&bytes).ok(),
            _ => None,
        };
        read(status, said)
    }
}

/// What an answer means. `status` is that of HTTP.
fn read(status: u16, said: Option<Said>) -> Answer {
    match (status, said) {
        (200..=299, Some(Said { sid: Some(sid), error_code, status, .. })) => {
            let has_failed = status.is_some_and(|s| s == "failed" || s == "undelivered");
            match has_failed {
                true => Answer::Refused(code(error_code)),
                false => Answer::Taken(sid.chars().take(64).collect()),
            }
        }
        // Too many at once, or our own settings are wrong: the message is none the worse for it.
        (401 | 403 | 429, _) => Answer::Later(format!("status-{status}")),
        (400..=499, said) if status != 408 => Answer::Refused(code(said.and_then(|said| said.code))),
        _ => Answer::Unclear,
    }
}

fn code(code: Option<i64>) -> String {
    code.map_or_else(|| "refused".to_owned(), |code| format!("code-{code}"))
}

/// What the gateway signs: the address that it calls and all fields of the form, sorted by name. Twilio, "Webhooks security".
pub fn signature(token: &str, url: &str, fields: &[(String, String)]) -> Option<String> {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    /// The example of Twilio's own page on webhook security.
    #[test]
    fn the_signature_is_that_of_the_documentation() {
        let fields = [
            field("Digits", "1234"),
            field("To", "+18005551212"),
            field("From", "+14158675309"),
            field("Caller", "+14158675309"),
            field("CallSid", "CA1234567890ABCDE"),
        ];
        let of = |token: &str| signature(token, "https://mycompany.com/myapp.php?foo=1&bar=2", &fields);
        assert_eq!(of("12345").as_deref(), Some("RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert_ne!(of("12346"), of("12345"));
    }

    #[test]
    fn what_was_perhaps_sent_is_never_sent_again() {
        let said = |text: &str| serde_json::from_str::<Said>(text).ok();
        assert_eq!(
            read(201, said("{\"sid\":\"SM1\",\"status\":\"queued\"}")),
            Answer::Taken("SM1".to_owned())
        );
        assert_eq!(
            read(201, said("{\"sid\":\"SM1\",\"status\":\"failed\",\"error_code\":30005}")),
            Answer::Refused("code-30005".to_owned())
        );
        assert_eq!(
            read(400, said("{\"code\":21610,\"status\":400}")),
            Answer::Refused("code-21610".to_owned())
        );
        assert_eq!(read(404, None), Answer::Refused("refused".to_owned()));
        assert_eq!(read(429, None), Answer::Later("status-429".to_owned()));
        for (status, text) in [(500, ""), (503, "{}"), (408, "{}"), (201, "<html>"), (201, "{}"), (302, "{}")]
        {
            assert_eq!(read(status, said(text)), Answer::Unclear, "{status} {text}");
        }
    }
}
