//! One line: what it is wanted to be and since when, what its carrier was asked for, and holding or ending it by hand.

use super::words;
use crate::access::Action;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::exchange::minute;
use crate::layout::Frame;
use crate::queries::{self, Past, Request};
use crate::rules::inventory::Line;
use crate::rules::state::Wanted;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{TEXT, one_line};
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "templates/line.html")]
struct One {
    p: Frame,
    line: Line,
    observed_at: String,
    /// What it was wanted to be, from when on, and why.
    past: Vec<(String, String, String)>,
    /// What was asked for, when, and whether it was refused.
    orders: Vec<(String, String, bool)>,
    may_manage: bool,
    may_end: bool,
}

/// The page.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let db = app.db.read();
    let line = queries::line(db, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let past = queries::past_of_line(db, p.district_id(), &id).await?;
    let orders = queries::orders_of_line(db, p.district_id(), &id).await?;
    let past = past.into_iter().map(|Past { wanted, at_ms, cause }| {
        let cause = cause.map(|cause| words::cause(&p, &cause)).unwrap_or_default();
        (minute(at_ms), words::wanted(&p, &wanted), cause)
    });
    let orders = orders
        .into_iter()
        .map(|Request { act, asked_ms, is_refused }| (minute(asked_ms), words::act(&p, &act), is_refused));
    let page = One {
        past: past.collect(),
        orders: orders.collect(),
        observed_at: line.observed_ms.map(minute).unwrap_or_default(),
        may_manage: p.may(Action::ManageLending),
        may_end: line.wanted == Wanted::Parked,
        line,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// What staff do with a line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LineForm {
    /// `hold`, `release` or `end`.
    act: String,
    /// Why it is held.
    reason: String,
}

/// Holds a line active, releases it, or ends it for good.
pub async fn changed(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<LineForm>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    change(&mut tx, &p, &id, (&form.act, &form.reason)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending/lines/{id}"))).into_response())
}

/// The same in a transaction that has the lock.
///
/// # Errors
/// The database's, and what does not fit.
pub async fn change(tx: &mut Write, p: &Frame, id: &str, (act, reason): (&str, &str)) -> Result<()> {
    let line = queries::line(&mut **tx, p.district_id(), id).await?.ok_or(Error::NotFound)?;
    let now = now_ms();
    let reason: String = one_line(reason).chars().take(TEXT).collect();
    match act {
        "hold" if !reason.is_empty() && line.wanted != Wanted::Ended => {
            let by = p.account_id().unwrap_or_default();
            queries::set_hold(tx, p.district_id(), id, Some((&reason, by))).await?;
        }
        "hold" if line.wanted != Wanted::Ended => return Err(Error::BadRequest("lending-wrong-reason")),
        "release" if line.hold_reason.is_some() => {
            queries::set_hold(tx, p.district_id(), id, None).await?;
        }
        // Nobody has it and nobody holds it: a contract of a line that somebody uses is not ended.
        "end" if line.wanted == Wanted::Parked => {
            queries::set_wanted(tx, p.district_id(), id, (Wanted::Ended, now), None).await?;
        }
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    }
    queries::settle(tx, p.district_id(), std::slice::from_ref(&line.iccid), now).await?;
    let action = format!("line.{act}");
    Ok(audit::record(tx, &p.entry(&action, ("carrier_line", id), json!(null))).await?)
}
