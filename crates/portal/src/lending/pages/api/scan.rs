//! A scan by a program: the counter's own deed, done once for each key.

use super::super::counter;
use super::{Answer, Field, Problem, answer, enter};
use crate::App;
use crate::db::now_ms;
use crate::layout::Frame;
use crate::lending::queries;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

pub const DONE: [Field; 4] = [
    (
        "said",
        "string",
        "lent, lent-no-card, lent-no-line, back or student; or why nothing was done: unknown, both, ended, no-student, twice, repair, retired or household.",
    ),
    ("done", "boolean", "Whether something was done."),
    ("device", "string or null", "The device's id."),
    ("student", "string or null", "Who is at the counter now."),
];

/// The longest key, characters.
const KEY: usize = 100;

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
    body: String,
) -> Answer {
    let p = enter(&app, p, &headers, (&district, "scan")).await?;
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > KEY {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "Idempotency-Key with 1 to 100 characters is wanted.",
        ));
    }
    let wrong = |_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "The body is to be JSON with `scan` and perhaps `student`, each a text.",
        )
    };
    let form: Scan = serde_json::from_str(&body).map_err(wrong)?;
    // A key is of one token: two programs that count from 1 do not meet.
    let key = format!("{} {key}", p.account_id().unwrap_or_default());
    let mark = queries::answered_mark(&[&form.scan, &form.student]);
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    if let Some((before, said)) = queries::answered(&mut tx, p.district_id(), &key).await? {
        return match before == mark {
            true => Ok(answer(StatusCode::OK, &serde_json::from_str(&said).unwrap_or_default())),
            false => {
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "This key was used for something else."))
            }
        };
    }
    let told = counter::scanned_by(&app, &mut tx, &p, (&form.scan, &form.student)).await?;
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let is_done = told.is_done();
    let said = json!({
        "said": told.said,
        "done": is_done,
        "device": some(told.device),
        "student": some(told.student),
    });
    queries::put_answered(&mut tx, p.district_id(), (&key, &mark), &said.to_string(), now_ms()).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::OK, &said))
}
