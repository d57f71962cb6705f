//! What programs change beside scans: requests, offers, loans, notices and lines. Each is the deed of a page, done once for each key.

use super::super::{counter, line, overdue, requests};
use super::deed::{Begun, begin, read};
use super::{Answer, Field, Problem};
use crate::App;
use crate::layout::Frame;
use crate::queries;
use crate::rules::standing::Way;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

pub const REQUESTED: [Field; 1] = [("student", "string", "The student's id.")];
pub const OFFERED: [Field; 2] = [
    ("offers", "integer", "To how many households something was offered."),
    ("ranking", "string", "The id of the order that was kept."),
];
pub const CHANGED: [Field; 3] = [
    ("said", "string", "renewed, lost or found."),
    ("device", "string", "The device's id."),
    ("student", "string", "The student's id."),
];
pub const NOTED: [Field; 1] = [(
    "loans",
    "integer",
    "Of how many loans something was stored: of those with which nothing is the matter nothing is.",
)];
pub const LINE_CHANGED: [Field; 2] =
    [("line", "string", "The line's id."), ("wanted", "string", "What it is wanted to be now.")];

/// A request, or one that is taken back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Requested {
    student: String,
    act: String,
    access: String,
    barrier: String,
}

pub async fn request(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut deed = match begin(&app, p, &headers, (&district, "requests-write"), &[&body]).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    let said: Requested = read(&body)?;
    let form = requests::RequestForm::new(&said.act, &said.student, (&said.access, &said.barrier));
    requests::ask(&mut deed.tx, &deed.p, &form).await?;
    deed.end(&json!({ "student": said.student.trim() })).await
}

/// How many are offered something.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Offer {
    count: usize,
}

pub async fn offer(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut deed = match begin(&app, p, &headers, (&district, "requests-write"), &[&body]).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    let form: Offer = read(&body)?;
    if !(1..=1_000).contains(&form.count) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "`count` is to be 1 to 1000."));
    }
    let (ranking, offers) = requests::give(&mut deed.tx, &deed.p, form.count).await?;
    deed.end(&json!({ "offers": offers, "ranking": ranking })).await
}

/// What becomes of a loan.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    device: String,
    act: String,
}

pub async fn change(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut deed = match begin(&app, p, &headers, (&district, "loans-write"), &[&body]).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    let form: Change = read(&body)?;
    let told = counter::button_by(&app, &mut deed.tx, &deed.p, (&form.act, &form.device)).await?;
    deed.end(&json!({ "said": told.said, "device": told.device, "student": told.student })).await
}

/// That households were told, or were helped.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notice {
    loans: Vec<String>,
    way: String,
    used_again: bool,
}

pub async fn notice(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut deed = match begin(&app, p, &headers, (&district, "loans-write"), &[&body]).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    let form: Notice = read(&body)?;
    let wrong = || Problem::new(StatusCode::BAD_REQUEST, "`way` is to be letter, call or person.");
    // What was told by a message is stored when that arrives, and by nobody else.
    let way = Way::from_word(&form.way).filter(|way| matches!(way, Way::Letter | Way::Call | Way::Person));
    let way = way.ok_or_else(wrong)?;
    let loans: Vec<&String> = form.loans.iter().collect();
    let count = overdue::tell(&mut deed.tx, &deed.p, (&loans, form.used_again), way).await?;
    deed.end(&json!({ "loans": count })).await
}

/// What becomes of a line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineChange {
    line: String,
    act: String,
    reason: String,
}

pub async fn line_change(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut deed = match begin(&app, p, &headers, (&district, "lines-write"), &[&body]).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    let form: LineChange = read(&body)?;
    line::change(&mut deed.tx, &deed.p, &form.line, (&form.act, &form.reason)).await?;
    let line = queries::line(&mut *deed.tx, deed.p.district_id(), &form.line).await?;
    let wanted = line.map_or("", |line| line.wanted.as_str());
    deed.end(&json!({ "line": form.line, "wanted": wanted })).await
}
