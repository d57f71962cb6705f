//! Notices on paper, for households that no message reaches.

use super::words;
use crate::db::now_ms;
use crate::error::Result;
use crate::layout::Frame;
use crate::message::send::{House, values};
use crate::message::wish::{self, Facts};
use crate::queries::{self, Addressee, Troubled};
use crate::rules::message::fill;
use crate::rules::standing::{Cause, Standing};
use crate::words::Language;
use crate::{App, audit};
use crate::{follow, message};
use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::HashMap;

/// A text of a letter in a language.
struct Part {
    tag: &'static str,
    subject: String,
    body: String,
}

struct Letter {
    loan: String,
    barcode: String,
    cause: String,
    to: Addressee,
    day: String,
    parts: Vec<Part>,
}

#[derive(Template)]
#[template(path = "templates/letters.html")]
struct Page {
    p: Frame,
    letters: Vec<Letter>,
    found: i64,
    /// What cannot be written because nobody has approved its text.
    unapproved: Vec<String>,
}

/// The loans of which the household is to be told and no message is under way.
async fn to_tell(tx: &mut crate::db::Write, p: &Frame) -> Result<Vec<(Troubled, Cause)>> {
    let now = now_ms();
    let rules = queries::rules(&mut **tx, p.district_id()).await?;
    let under_way = queries::loans_under_way(tx, p.district_id(), now).await?;
    let all = queries::troubled(tx, p.district_id(), (&follow::day_of(now), rules.idle_days)).await?;
    let of = |troubled: Troubled| match troubled.standing(&rules, now) {
        Standing::Tell(cause, _) => {
            let key = (troubled.loan.id.clone(), wish::topic(cause).as_str().to_owned());
            (!under_way.contains(&key)).then_some((troubled, cause))
        }
        _ => None,
    };
    Ok(all.into_iter().filter_map(of).collect())
}

/// The letters, one on a sheet.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let tell = to_tell(&mut tx, &p).await?;
    let contacts = queries::contacts(&mut tx, p.district_id()).await?;
    let house = House::of(&mut tx, p.district_id()).await?;
    let mut texts = HashMap::new();
    for (cause, language) in Cause::ALL.into_iter().flat_map(|c| Language::ALL.map(|l| (c, l))) {
        let topic = wish::topic(cause);
        if let Some(text) = queries::approved_text(&mut tx, p.district_id(), (topic, language)).await? {
            texts.insert((cause, language), text);
        }
    }
    let (mut letters, mut unapproved) = (Vec::new(), Vec::new());
    for (troubled, cause) in tell {
        // Whose language nobody knows gets both.
        let known = contacts.get(&troubled.loan.student_id).map(|contact| contact.language);
        let languages = known.map_or(Language::ALL.to_vec(), |language| vec![language]);
        let mut parts = Vec::new();
        for language in languages {
            let Some(text) = texts.get(&(cause, language)) else { continue };
            let facts: Facts = wish::facts(&troubled, cause);
            let values = values(&app, &house, (&facts, language, None), now_ms());
            parts.push(Part {
                tag: language.tag(),
                subject: fill(&text.subject, &values),
                body: fill(&text.body, &values),
            });
        }
        if parts.is_empty() {
            unapproved.push(words::cause(&p, &cause));
            continue;
        }
        let zone = TimeZone::get(&house.settings.zone).unwrap_or(TimeZone::UTC);
        let day = zone.to_datetime(jiff::Timestamp::now()).date();
        let to = queries::addressee(&mut tx, p.district_id(), &troubled.loan.student_id).await?;
        letters.push(Letter {
            day: message::day(&p.words, known.unwrap_or(Language::En), day),
            barcode: troubled.device.barcode.clone(),
            cause: words::cause(&p, &cause),
            to: to.unwrap_or_default(),
            loan: troubled.loan.id,
            parts,
        });
    }
    let loans: Vec<&str> = letters.iter().map(|letter| letter.loan.as_str()).collect();
    audit::record(&mut tx, &p.entry("lending.letters", ("lending_loan", ""), json!({ "loans": loans })))
        .await?;
    tx.commit().await?;
    unapproved.sort();
    unapproved.dedup();
    Ok(Html(Page { found: letters.len() as i64, letters, unapproved, p }.render()?).into_response())
}
