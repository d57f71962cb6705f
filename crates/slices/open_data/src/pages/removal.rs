//! A load removed, after a page that asks whether it is meant, and put back.

use super::kind_words;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{count, minute};
use crate::jobs::estimate;
use crate::layout::Frame;
use crate::queries;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;

#[derive(Template)]
#[template(path = "templates/remove.html")]
struct Remove {
    p: Frame,
    id: String,
    file_name: String,
    about: String,
}

/// The page that asks.
pub async fn ask(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let load = queries::load(app.db.read(), p.district_id(), &id).await?;
    let load = load.filter(|load| load.removed_ms.is_none()).ok_or(Error::NotFound)?;
    let about = p.tvs(
        "data-remove-about",
        &[
            ("kind", kind_words(&p, &load.kind).into()),
            ("vintage", load.vintage.into()),
            ("n", load.rows.into()),
            ("rows", count(load.rows).into()),
            ("loaded", minute(load.loaded_ms).into()),
        ],
    );
    Ok(Html(Remove { id, file_name: load.file_name, about, p }.render()?).into_response())
}

/// Removes it.
pub async fn remove(app: State<App>, p: Frame, Path((_, id)): Path<(String, String)>) -> Result<Redirect> {
    change(app, &p, &id, "data.remove").await
}

/// Puts it back.
pub async fn put_back(app: State<App>, p: Frame, Path((_, id)): Path<(String, String)>) -> Result<Redirect> {
    change(app, &p, &id, "data.put-back").await
}

/// One or the other, in one transaction with the audit's entry and the wish for an estimate.
async fn change(State(app): State<App>, p: &Frame, id: &str, action: &str) -> Result<Redirect> {
    let district = p.district_id();
    let mut tx = app.db.write().await?;
    let changed = match action {
        "data.remove" => queries::remove(&mut tx, district, id, now_ms()).await?,
        _ => queries::put_back(&mut tx, district, id).await?,
    };
    if !changed {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, &p.entry(action, ("load", id), json!(null))).await?;
    estimate::request(&mut tx, district, &estimate::Wanted::default()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/data")))
}
