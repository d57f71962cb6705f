//! The kiosk: the counter's field on a page that goes on when the server cannot be reached. It keeps each scan in the browser, with a key of
//! its own, until the server has answered it; a scan that is sent again with its key is done once.

use super::counter;
use crate::App;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries;
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

/// The longest key, characters.
const KEY: usize = 64;

#[derive(Template)]
#[template(path = "templates/kiosk.html")]
struct Page {
    p: Frame,
}

/// The page.
pub async fn page(p: Frame) -> Result<Response> {
    Ok(Html(Page { p }.render()?).into_response())
}

/// A scan as the page sends it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scan {
    key: String,
    scan: String,
    /// Who was at the counter.
    student: String,
}

fn answer(said: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::OK, headers, said.to_string()).into_response()
}

/// Does what a scan asks for, once for each key, and says what was done in the reader's language.
pub async fn scanned(State(app): State<App>, p: Frame, body: String) -> Result<Response> {
    let wrong = || Error::BadRequest("kiosk-wrong");
    let form: Scan = serde_json::from_str(&body).map_err(|_| wrong())?;
    if form.key.len() < 16 || form.key.len() > KEY {
        return Err(wrong());
    }
    // Not by account: whoever signs in again after the outage sends what was kept before.
    let key = format!("kiosk {}", form.key);
    let mark = queries::answered_mark(&[&form.scan, &form.student]);
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    if let Some((before, said)) = queries::answered(&mut tx, p.district_id(), &key).await? {
        let said = serde_json::from_str(&said).map_err(|error| Error::Internal(error.to_string()))?;
        return if before == mark { Ok(answer(&said)) } else { Err(wrong()) };
    }
    let told = counter::scanned_by(&app, &mut tx, &p, (&form.scan, &form.student)).await?;
    let barcode = match told.device.as_str() {
        "" => String::new(),
        id => queries::device(&mut *tx, p.district_id(), id).await?.map(|d| d.barcode).unwrap_or_default(),
    };
    let is_done = told.is_done();
    // The name of who is at the counter is not said: the page shows what other people scan, too.
    let said = json!({
        "done": is_done,
        "text": p.tv(&format!("lending-said-{}", told.said), "device", barcode),
        "student": told.student,
    });
    queries::put_answered(&mut tx, p.district_id(), (&key, &mark), &said.to_string(), now_ms()).await?;
    tx.commit().await?;
    Ok(answer(&said))
}
