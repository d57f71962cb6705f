//! A scan by a program: the counter's own deed, done once for each key.

use super::super::counter;
use super::deed::{Begun, begin, read};
use super::{Answer, Field};
use crate::App;
use crate::layout::Frame;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::json;

pub const DONE: [Field; 4] = [
    (
        "said",
        "string",
        "lent, lent-promised, lent-no-cover, lent-no-card, lent-no-line, back or student; or why nothing was done: unknown, both, ended, no-student, twice, repair, retired or household.",
    ),
    ("done", "boolean", "Whether something was done."),
    ("device", "string or null", "The device's id."),
    ("student", "string or null", "Who is at the counter now."),
];

/// What is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scan {
    scan: String,
    student: String,
}

pub async fn scan(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut deed = match begin(&app, p, &headers, (&district, "scan"), &[&body]).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    let form: Scan = read(&body)?;
    let told = counter::scanned_by(&app, &mut deed.tx, &deed.p, (&form.scan, &form.student)).await?;
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let is_done = told.is_done();
    let said = json!({
        "said": told.said,
        "done": is_done,
        "device": some(told.device),
        "student": some(told.student),
    });
    deed.end(&said).await
}
