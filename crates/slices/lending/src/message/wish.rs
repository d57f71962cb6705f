//! Which notices there should be: of loans that end soon, of those with which something is the matter, and of offers.

use crate::App;
use crate::db::{Write, now_ms};
use crate::follow::day_of;
use crate::queries::{self, Contact, Loan, NewMessage, Settings, Troubled};
use crate::rules::inventory::Device;
use crate::rules::message::Topic;
use crate::rules::standing::{Cause, Standing};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// What the text of a message is filled with, besides what the district says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The word of the device's kind.
    pub kind: String,
    /// Its barcode.
    pub barcode: String,
    /// The day that counts: the last day of the loan, or since when something is the matter.
    pub day: String,
    /// Until when an offer holds, a day.
    pub until: String,
}

/// What a cause is told as.
pub fn topic(cause: Cause) -> Topic {
    match cause {
        Cause::Lost => Topic::Lost,
        Cause::Overdue => Topic::Overdue,
        Cause::Unused => Topic::Unused,
        Cause::Idle => Topic::Idle,
    }
}

/// What a topic tells of a loan; none when it is not about one, or nothing is the matter.
pub fn cause(topic: Topic) -> Option<Cause> {
    Cause::ALL.into_iter().find(|cause| self::topic(*cause) == topic)
}

/// The notice of a loan with which something is the matter, if the household is to be told now. Its key names what is the matter since when,
/// by facts that no change of the rules changes: who was told of it once is not told again because a rule has changed.
pub fn of_trouble(troubled: &Troubled, cause: Cause, to: &Contact) -> NewMessage {
    let loan = &troubled.loan;
    let facts = facts(troubled, cause);
    let since = match cause {
        Cause::Lost => loan.lost_ms.unwrap_or_default().to_string(),
        _ => facts.day.clone(),
    };
    let key = format!("{} {} {since}", cause.as_str(), loan.id);
    new(key, topic(cause), (&loan.student_id, Some(&loan.id)), to, &facts)
}

/// What the text of a notice about a loan is filled with.
pub fn facts(troubled: &Troubled, cause: Cause) -> Facts {
    let (loan, idle) = (&troubled.loan, &troubled.idle);
    let day = match cause {
        Cause::Lost => loan.lost_ms.map(day_of),
        Cause::Overdue => Some(loan.due_on.clone()),
        Cause::Unused | Cause::Idle => idle.used_on.clone().or_else(|| idle.counted_from.clone()),
    };
    Facts { day: day.unwrap_or_default(), ..of_device(&troubled.device) }
}

fn of_device(device: &Device) -> Facts {
    Facts { kind: device.kind.as_str().to_owned(), barcode: device.barcode.clone(), ..Facts::default() }
}

fn of_due((loan, device): &(Loan, Device), to: &Contact) -> NewMessage {
    let facts = Facts { day: loan.due_on.clone(), ..of_device(device) };
    let key = format!("due {} {}", loan.id, loan.due_on);
    new(key, Topic::Due, (&loan.student_id, Some(&loan.id)), to, &facts)
}

fn new(
    key: String,
    topic: Topic,
    (student, loan): (&str, Option<&str>),
    to: &Contact,
    facts: &Facts,
) -> NewMessage {
    NewMessage {
        key,
        topic,
        student: student.to_owned(),
        loan: loan.map(str::to_owned),
        to: to.clone(),
        facts: serde_json::to_string(facts).unwrap_or_default(),
    }
}

/// A message that answers what somebody just did: the same thing done again is another one.
pub fn answer(topic: Topic, student: &str, to: &Contact) -> NewMessage {
    let key = format!("{} {student} {}", topic.as_str(), crate::db::new_id());
    new(key, topic, (student, None), to, &Facts::default())
}

/// The day in the district, and so many days later.
fn days(settings: &Settings, now_ms: i64) -> Option<(String, String)> {
    let today = settings.hours().zone.to_datetime(Timestamp::from_millisecond(now_ms).ok()?).date();
    let last = today.checked_add(settings.ahead_days.days()).ok()?;
    Some((today.to_string(), last.to_string()))
}

/// All notices that there should be in a district now, of whoever has a contact.
async fn wishes(
    tx: &mut Write,
    district: &str,
    settings: &Settings,
    now_ms: i64,
) -> sqlx::Result<Vec<NewMessage>> {
    let rules = queries::rules(&mut **tx, district).await?;
    let contacts: HashMap<String, Contact> = queries::contacts(tx, district).await?;
    let to = |student: &str| contacts.get(student);
    let mut all = Vec::new();
    for troubled in queries::troubled(tx, district, (&day_of(now_ms), rules.idle_days)).await? {
        if let (Standing::Tell(cause, _), Some(to)) =
            (troubled.standing(&rules, now_ms), to(&troubled.loan.student_id))
        {
            all.push(of_trouble(&troubled, cause, to));
        }
    }
    if let (true, Some((first, last))) = (settings.ahead_days > 0, days(settings, now_ms)) {
        for due in queries::due_soon(tx, district, (&first, &last)).await? {
            all.extend(to(&due.0.student_id).map(|to| of_due(&due, to)));
        }
    }
    let zone = settings.hours().zone;
    for (id, student, offered_ms, expires_ms) in queries::offers(tx, district, now_ms).await? {
        let Some(to) = to(&student) else { continue };
        let until = Timestamp::from_millisecond(expires_ms).map(|t| zone.to_datetime(t).date().to_string());
        let facts = Facts { until: until.unwrap_or_default(), ..Facts::default() };
        all.push(new(format!("offer {id} {offered_ms}"), Topic::Offer, (&student, None), to, &facts));
    }
    Ok(all)
}

/// Leaves the messages that are missing, and drops those that wait and are no longer true. How many are new.
///
/// # Errors
/// The database's.
pub async fn run(tx: &mut Write, district: &str, now_ms: i64) -> sqlx::Result<usize> {
    queries::lock(tx, district).await?;
    let settings = queries::settings(&mut **tx, district).await?;
    queries::lapse(tx, district, now_ms).await?;
    let all = match settings.automatic {
        true => wishes(tx, district, &settings, now_ms).await?,
        false => Vec::new(),
    };
    let keys: HashSet<String> = all.iter().map(|new| new.key.clone()).collect();
    queries::drop_others(tx, district, &keys).await?;
    let mut count = 0;
    for new in &all {
        count += usize::from(queries::insert_message(tx, district, new, now_ms).await?);
    }
    Ok(count)
}

/// The same in all districts that have contacts or messages.
///
/// # Errors
/// The database's.
pub async fn all(app: &App) -> sqlx::Result<()> {
    for district in queries::districts_with_contacts(app.db.read()).await? {
        let mut tx = app.db.write().await?;
        run(&mut tx, &district, now_ms()).await?;
        tx.commit().await?;
    }
    Ok(())
}
