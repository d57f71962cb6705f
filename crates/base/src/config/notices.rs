//! How notices to families go out: a gateway of text messages, and a mail server. What is secret of them is in files of their own.

use super::settings::is_here;
use lettre::message::Mailbox;
use reqwest::Url;
use serde::Deserialize;

/// How notices go out.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// The gateway of text messages; none: there are none.
    pub text: Option<TextGateway>,
    /// The mail server's address, with user and password: `smtps://USER:PASSWORD@HOST`.
    pub smtp: Option<Secret>,
    /// Whom e-mails are from.
    pub from: Option<Mailbox>,
}

/// A text that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A gateway with the interface of Twilio's "Programmable Messaging" (API of 2010-04-01), which others have, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextGateway {
    /// The address before `/2010-04-01`.
    pub url: String,
    /// The account's id.
    pub account: String,
    /// The account's token; it also signs what the gateway tells us.
    pub token: Secret,
    /// The number that messages come from, as `+12025550100`.
    pub from: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "twilio")]
    url: String,
    account: String,
    token: String,
    from: String,
}

fn twilio() -> String {
    "https://api.twilio.com".to_owned()
}

/// Reads the file of the gateway.
///
/// # Errors
/// What was wanted. Nothing of the file is repeated: it holds a secret.
pub fn read(text: &str) -> Result<TextGateway, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        format!("a file with `account`, `token`, `from` and perhaps `url`, each a text; look at line {line}")
    })?;
    let url = Url::parse(&file.url).ok().filter(|url| url.scheme() == "https" || is_here(url));
    let url = url.filter(|url| url.query().is_none()).ok_or("`url`: an address that begins with https://")?;
    let is_id = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_id(&file.account) || file.token.trim().is_empty() {
        return Err("`account` and `token` as the gateway gave them out".to_owned());
    }
    let from = crate::contact::phone(&file.from);
    Ok(TextGateway {
        url: url.as_str().trim_end_matches('/').to_owned(),
        account: file.account,
        token: Secret(file.token.trim().to_owned()),
        from: from.ok_or("`from`: a number as \"+12025550100\"")?,
    })
}

/// Reads the file of the mail server: one line.
///
/// # Errors
/// What was wanted.
pub fn read_smtp(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    let url = Url::parse(text).ok().filter(|url| url.has_host());
    // What is not encrypted may stay on this machine alone.
    let is_safe = |url: &Url| match url.scheme() {
        "smtps" => true,
        "smtp" => {
            url.query() == Some("tls=required")
                || matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
        }
        _ => false,
    };
    let fits = url.is_some_and(|url| is_safe(&url))
        && lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(text).is_ok();
    match fits {
        true => Ok(Secret(text.to_owned())),
        false => Err("a file whose only line is smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST:587?tls=required"
            .to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_read_and_its_secret_is_not_repeated() {
        let good = "account = \"AC1\"\ntoken = \"t0psecret\"\nfrom = \"(202) 555-0100\"";
        let gateway = read(good).expect("a gateway");
        assert_eq!((gateway.url.as_str(), gateway.from.as_str()), ("https://api.twilio.com", "+12025550100"));
        assert!(!format!("{gateway:?}").contains("t0psecret"));
        for (from, to) in [
            ("from", "form"),
            ("AC1", "A/1"),
            ("(202) ", ""),
            ("account", "url = \"http://example.org\"\naccount"),
            ("t0psecret\"", "t0psecret"),
        ] {
            let error = read(&good.replace(from, to)).expect_err(from);
            assert!(!error.contains("t0psecret"), "{error}");
        }
        assert!(read(&format!("url = \"http://127.0.0.1:9/\"\n{good}")).is_ok());
    }

    #[test]
    fn a_mail_server_is_asked_with_encryption_or_on_this_machine() {
        for good in [
            "smtps://u:p@mail.example.org",
            "smtp://u:p@mail.example.org:587?tls=required",
            "smtp://localhost:25\n",
        ] {
            assert!(read_smtp(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "smtp://mail.example.org",
            "smtp://mail.example.org?tls=opportunistic",
            "https://mail.example.org",
        ] {
            assert!(read_smtp(bad).is_err(), "{bad}");
        }
    }
}
