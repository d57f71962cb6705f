//! Notices to families: which there should be, and sending each of them once.
//!
//! [`wish`] compares what there is to say with what was said, and leaves new messages in the table `message`. [`send`] claims those whose time
//! has come, hands them to a gateway, and stores what became of them. What was claimed and never came to an end (the process was killed)
//! is not sent again: nobody knows whether it went out, and a letter does no harm.

pub mod mail;
pub mod send;
pub mod twilio;
pub mod wish;

use crate::App;
use crate::words::{Language, Words};
use std::future::Future;
use std::time::Duration;

/// How often messages go out.
const PAUSE: Duration = Duration::from_secs(15);
/// How often it is looked whether there is something new to say, in pauses.
const WISH_EVERY: u32 = 20;

/// A message that goes out now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id.
    pub id: String,
    /// To whom: a number or an address.
    pub address: String,
    /// The subject of an e-mail.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Where the household ends these messages by a click.
    pub stop_link: String,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is on its way, under this name.
    Taken(String),
    /// It never goes out, for this reason.
    Refused(String),
    /// It did not go out, and may be tried later.
    Later(String),
    /// Nobody knows.
    Unclear,
}

/// Who carries messages.
pub trait Gateway: Sync {
    /// Hands a message over.
    fn send(&self, message: &Outgoing) -> impl Future<Output = Answer> + Send;
}

/// A day as a language writes it: `November 20, 2026`.
pub fn day(words: &Words, language: Language, date: jiff::civil::Date) -> String {
    let month = words.text(language, &format!("layout-month-{}", date.month()), &[]);
    let values = [
        ("month", month.into()),
        ("day", date.day().to_string().into()),
        ("year", date.year().to_string().into()),
    ];
    words.text(language, "layout-date", &values)
}

/// Says what there is to say, again and again. It never ends.
pub async fn keep(app: App) {
    let mut round = 0_u32;
    loop {
        if round.is_multiple_of(WISH_EVERY)
            && let Err(error) = wish::all(&app).await
        {
            tracing::error!(%error, "what there is to tell families could not be looked up");
        }
        if let Err(error) = send::all(&app).await {
            tracing::error!(%error, "messages could not be sent");
        }
        round = round.wrapping_add(1);
        tokio::time::sleep(PAUSE).await;
    }
}
