//! Sends the messages whose time has come, each once.

use super::wish::{Facts, cause};
use super::{Answer, Gateway, Outgoing, day, mail, mail::STOP_PATH, twilio, wish};
use crate::db::{Write, now_ms};
use crate::queries::{self, Contact, Ended, Message, Settings};
use crate::rules::message::{Channel, TRIES, Topic, earliest, fill, pause_ms};
use crate::rules::segments::segments;
use crate::rules::settings::Rules;
use crate::rules::standing::{DAY_MS, HOUR_MS, Told, Way};
use crate::words::Language;
use crate::{App, audit};
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use std::time::{Duration, Instant};

/// The most messages of a district that are handed over in one go.
const AT_ONCE: usize = 100;
/// For so long the messages of a district may keep those of others waiting.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends what is due, by the gateways that there are.
///
/// # Errors
/// The database's.
pub async fn all(app: &App) -> sqlx::Result<()> {
    let districts = queries::due_messages(app.db.read(), now_ms()).await?;
    if districts.is_empty() {
        return Ok(());
    }
    let notices = &app.config.notices;
    let text =
        notices.text.as_ref().map(|gateway| twilio::Twilio::new(gateway, app.config.public_url.as_deref()));
    let mail = notices.smtp.as_ref().zip(notices.from.as_ref()).map(|(url, from)| mail::Mail::new(url, from));
    for district in districts {
        match &text {
            Some(Ok(gateway)) => drop(run(app, &district, Channel::Text, gateway, now_ms).await?),
            Some(Err(error)) => tracing::error!(%error, "no client for text messages"),
            None => {}
        }
        match &mail {
            Some(Ok(gateway)) => drop(run(app, &district, Channel::Email, gateway, now_ms).await?),
            Some(Err(error)) => tracing::error!(%error, "no client for e-mails"),
            None => {}
        }
    }
    Ok(())
}

/// Sends what is due of a district on a channel, one after the other: whether a message may go out is looked at just before it does, since
/// a gateway may take long, and a household may have ended messages meanwhile. How many messages were handed over.
///
/// # Errors
/// The database's. A message that fails is no error.
pub async fn run<G: Gateway>(
    app: &App,
    district: &str,
    channel: Channel,
    gateway: &G,
    clock: impl Fn() -> i64 + Send + Sync,
) -> sqlx::Result<usize> {
    let begun = Instant::now();
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, district).await?;
    queries::break_off(&mut tx, district, clock()).await?;
    // What has become untrue since it was wished for is not said.
    wish::run(&mut tx, district, clock()).await?;
    let house = House::of(&mut tx, district).await?;
    tx.commit().await?;
    let mut count = 0;
    while count < AT_ONCE && begun.elapsed() < PATIENCE {
        let mut tx = app.db.write().await?;
        queries::lock(&mut tx, district).await?;
        let next = claim(app, &mut tx, district, &house, (channel, clock())).await?;
        tx.commit().await?;
        let Some((message, outgoing)) = next else { break };
        let answer = gateway.send(&outgoing).await;
        let mut tx = app.db.write().await?;
        queries::lock(&mut tx, district).await?;
        store(&mut tx, district, &message, answer, clock()).await?;
        tx.commit().await?;
        count += 1;
    }
    Ok(count)
}

/// Claims the next message that may go out now. What is claimed is stored before it is sent.
async fn claim(
    app: &App,
    tx: &mut Write,
    district: &str,
    house: &House,
    (channel, now_ms): (Channel, i64),
) -> sqlx::Result<Option<(Message, Outgoing)>> {
    // Each that may not go out is put off, or dropped, and is not found again.
    while let Some(message) = queries::next_message(tx, district, (channel, now_ms)).await? {
        let to = (channel, message.address.as_str());
        if queries::is_stopped(&mut **tx, district, channel, &message.address).await? {
            queries::stop_waiting(tx, district, to).await?;
            continue;
        }
        // Whoever has another contact now, or none, is not reached by the old one.
        let contact = queries::contact(&mut **tx, district, &message.student).await?;
        if contact.is_none_or(|contact| contact.channel != channel || contact.address != message.address) {
            queries::end(tx, district, &message.id, Ended::Dropped("contact"), now_ms).await?;
            continue;
        }
        if !message.topic.is_answer() {
            let sent = queries::sent_to(tx, district, to, now_ms - 7 * DAY_MS).await?;
            let when = earliest(&house.settings.hours(), &sent, now_ms);
            if when > now_ms {
                queries::postpone(tx, district, &message.id, when, "hours").await?;
                continue;
            }
        }
        let topic = (message.topic, message.language);
        let Some(text) = queries::approved_text(tx, district, topic).await? else {
            queries::postpone(tx, district, &message.id, now_ms + HOUR_MS, "text").await?;
            continue;
        };
        match written(app, tx, district, (&message, house), &text, now_ms).await? {
            Some(outgoing) => return Ok(Some((message, outgoing))),
            None => return Err(sqlx::Error::Protocol("a message that waits and does not".to_owned())),
        }
    }
    Ok(None)
}

/// Fills the text of a message and stores that it is being sent.
async fn written(
    app: &App,
    tx: &mut Write,
    district: &str,
    (message, house): (&Message, &House),
    text: &queries::Text,
    now_ms: i64,
) -> sqlx::Result<Option<Outgoing>> {
    let base = app.config.base_url();
    let facts: Facts = serde_json::from_str(&message.facts).unwrap_or_default();
    let mut values = values(app, house, (&facts, message.language, Some(message.channel)), now_ms);
    // What is stored has no link: it lets in whoever has it.
    let stored = fill(&text.body, &values);
    if message.topic == Topic::Link {
        let token = queries::put_link(tx, district, (message.channel, &message.address), now_ms).await?;
        values.push(("link", format!("{base}/h/{district}/link?key={token}")));
    }
    let stop_link = match message.channel {
        Channel::Email => format!("{base}{STOP_PATH}?m={}", message.id),
        Channel::Text => String::new(),
    };
    let mut body = fill(&text.body, &values);
    if message.channel == Channel::Email {
        let end =
            app.words.text(message.language, "message-email-end", &[("link", stop_link.as_str().into())]);
        body = format!("{body}\n\n{end}\n");
    }
    let parts = (message.channel == Channel::Text).then(|| segments(&body).parts as i64);
    let subject = fill(&text.subject, &values);
    let sending = Ended::Sending(&subject, &stored, text.version, parts);
    let is_claimed = queries::end(tx, district, &message.id, sending, now_ms).await? == 1;
    let outgoing =
        Outgoing { id: message.id.clone(), address: message.address.clone(), subject, body, stop_link };
    Ok(is_claimed.then_some(outgoing))
}

/// What is the same for all messages of a district, read once for all that go out together.
pub struct House {
    name: String,
    rules: Rules,
    /// The settings of its messages.
    pub settings: Settings,
}

impl House {
    /// Of this district.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(tx: &mut Write, district: &str) -> sqlx::Result<Self> {
        Ok(Self {
            name: queries::district(&mut **tx, district).await?.map(|found| found.name).unwrap_or_default(),
            rules: queries::rules(&mut **tx, district).await?,
            settings: queries::settings(&mut **tx, district).await?,
        })
    }
}

/// The values that a text may have.
pub fn values(
    app: &App,
    House { name, rules, settings }: &House,
    (facts, language, channel): (&Facts, Language, Option<Channel>),
    now_ms: i64,
) -> Vec<(&'static str, String)> {
    let spelled = |text: &str| text.parse().map_or(String::new(), |date| day(&app.words, language, date));
    // Whoever is told now has so many days from now on.
    let graced = || {
        let today = settings.hours().zone.to_datetime(Timestamp::from_millisecond(now_ms).ok()?).date();
        today.checked_add(rules.grace_days.days()).ok().map(|date| day(&app.words, language, date))
    };
    let until = match facts.until.as_str() {
        "" => graced().unwrap_or_default(),
        text => spelled(text),
    };
    let kind = match facts.kind.as_str() {
        "" => String::new(),
        kind => app.words.text(language, &format!("lending-kind-{kind}"), &[]),
    };
    // Nobody reads what is written back to an e-mail: that ends with a link instead.
    let stop = match channel {
        Some(Channel::Text) => app.words.text(language, "message-reply-to-stop", &[]),
        Some(Channel::Email) | None => String::new(),
    };
    vec![
        ("district", name.clone()),
        ("phone", settings.phone.clone()),
        ("device", format!("{kind} {}", facts.barcode).trim().to_owned()),
        ("day", spelled(&facts.day)),
        ("until", until),
        ("stop", stop),
    ]
}

/// Stores what became of a message.
async fn store(
    tx: &mut Write,
    district: &str,
    message: &Message,
    answer: Answer,
    now_ms: i64,
) -> sqlx::Result<()> {
    let ended = match &answer {
        Answer::Taken(id) => Ended::Sent(id),
        Answer::Refused(why) => Ended::Failed(why),
        // This was one try more than the row said when it was claimed.
        Answer::Later(why) if message.attempts + 1 >= TRIES => Ended::Failed(why),
        Answer::Later(why) => Ended::Again(now_ms + pause_ms(message.attempts + 1), why),
        Answer::Unclear => Ended::Unclear,
    };
    let is_new = queries::end(tx, district, &message.id, ended, now_ms).await? == 1;
    // A text message has been read when the gateway says that it is there; of an e-mail nothing more is ever said.
    if is_new && matches!(answer, Answer::Taken(_)) && message.channel == Channel::Email {
        tell(tx, district, message, Way::Email, now_ms).await?;
    }
    Ok(())
}

/// The household of a loan was told of what is the matter, if the message was about that.
///
/// # Errors
/// The database's.
pub async fn tell(tx: &mut Write, district: &str, message: &Message, way: Way, ms: i64) -> sqlx::Result<()> {
    let (Some(cause), Some(loan)) = (cause(message.topic), &message.loan) else { return Ok(()) };
    // The day that was written is that of when it was sent; who is told later has that much more time.
    let told = Told::by_rules(cause, ms, &queries::rules(&mut **tx, district).await?);
    queries::put_notice(tx, district, loan, (told, way), "message").await?;
    let entry = audit::Entry {
        district_id: Some(district),
        account_id: None,
        action: "loan.told",
        subject: ("lending_loan", loan),
        detail: json!({ "cause": cause.as_str(), "way": way.as_str(), "message": message.id }),
    };
    audit::record(tx, &entry).await
}

/// A new message is left to be sent as soon as may be: it answers what somebody just did.
///
/// # Errors
/// The database's.
pub async fn answer(
    tx: &mut Write,
    district: &str,
    topic: Topic,
    (student, to): (&str, &Contact),
    now_ms: i64,
) -> sqlx::Result<()> {
    queries::insert_message(tx, district, &super::wish::answer(topic, student, to), now_ms).await.map(drop)
}
