//! Notices by e-mail, through the district's mail server (SMTP).

use super::{Answer, Gateway, Outgoing};
use crate::config::notices::Secret;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

/// How long the server may take for a step.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail server.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Where a mail programme leads who wants no more of these (RFC 2369).
#[derive(Clone)]
struct ListUnsubscribe(String);

/// Where the link of an e-mail leads, which people open and mail programmes send a form to.
pub const STOP_PATH: &str = "/hooks/mail/stop";
/// What a mail programme sends there (RFC 8058).
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// That a form sent there ends them at once (RFC 8058).
#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), ONE_CLICK.to_owned())
    }
}

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl Mail {
    /// The server at this address, and whom mails are from.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(url: &Secret, from: &Mailbox) -> Result<Self, lettre::transport::smtp::Error> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0)?;
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), from: from.clone() })
    }
}

/// A mail as it is sent. Its name is made of the message's id: whoever gets it twice can tell.
fn mail(from: &Mailbox, message: &Outgoing) -> Result<Message, String> {
    let to = message.address.parse().map_err(|_| "address".to_owned())?;
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(&message.subject)
        .message_id(Some(format!("<{}@{}>", message.id, from.email.domain())))
        .header(ContentType::TEXT_PLAIN);
    if !message.stop_link.is_empty() {
        builder = builder.header(ListUnsubscribe(format!("<{}>", message.stop_link)));
        if message.stop_link.starts_with("https://") {
            builder = builder.header(ListUnsubscribePost);
        }
    }
    builder.body(message.body.clone()).map_err(|_| "letters".to_owned())
}

impl Gateway for Mail {
    async fn send(&self, message: &Outgoing) -> Answer {
        let mail = match mail(&self.from, message) {
            Ok(mail) => mail,
            Err(why) => return Answer::Refused(why),
        };
        // A connection of its own first: when there is none, or the password is wrong, the mail was certainly not handed over.
        if !matches!(self.transport.test_connection().await, Ok(true)) {
            return Answer::Later("no-connection".to_owned());
        }
        match self.transport.send(mail).await {
            Ok(_) => Answer::Taken(message.id.clone()),
            Err(error) => {
                let status = error.status().map(|code| format!("status-{code}")).unwrap_or_default();
                match (error.is_permanent(), error.is_transient()) {
                    (true, _) => Answer::Refused(status),
                    (_, true) => Answer::Later(status),
                    _ => Answer::Unclear,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_names_itself_and_how_to_end_them() {
        let message = Outgoing {
            id: "0190-x".to_owned(),
            address: "ana@example.net".to_owned(),
            subject: "Ya casi es la fecha".to_owned(),
            body: "El aparato se devuelve el día 3.\nGracias.".to_owned(),
            stop_link: "https://gap.example.org/hooks/mail/stop?m=0190-x".to_owned(),
        };
        let from: Mailbox = "Example Schools <hotspots@example.org>".parse().expect("a mailbox");
        let text = String::from_utf8(mail(&from, &message).expect("a mail").formatted()).expect("text");
        for line in [
            "Message-ID: <0190-x@example.org>",
            "To: ana@example.net",
            "From: \"Example Schools\" <hotspots@example.org>",
            "Content-Type: text/plain; charset=utf-8",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(
            text.replace("\r\n ", " ")
                .contains("List-Unsubscribe: <https://gap.example.org/hooks/mail/stop?m=0190-x>"),
            "{text}"
        );
        let wrong = Outgoing { address: "x\r\nBcc: y@example.net".to_owned(), ..message };
        assert_eq!(mail(&from, &wrong).expect_err("no address"), "address");
    }
}
