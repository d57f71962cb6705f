//! Kits: what is handed over with a device of a kind or a model, and what lies in store to complete them.

use super::words;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::csv_file;
use crate::layout::Frame;
use crate::queries::{self, Part};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{Kind, TEXT, one_line};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// The most spares of a part.
const MOST: i64 = 100_000;

struct KitView {
    kind: &'static str,
    model: String,
    title: String,
    /// Each part, with whether it is in the kit.
    parts: Vec<(Part, bool)>,
}

#[derive(Template)]
#[template(path = "templates/kits.html")]
struct Page {
    p: Frame,
    parts: Vec<Part>,
    kits: Vec<KitView>,
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let db = app.db.read();
    let parts = queries::parts(db, p.district_id()).await?;
    let known = queries::kits(db, p.district_id()).await?;
    // For each kind one for all its models, and one for each model.
    let mut of: BTreeSet<(String, String)> =
        queries::models(db, p.district_id()).await?.into_iter().collect();
    of.extend(known.iter().map(|(kind, model, _)| (kind.clone(), model.clone())));
    let kinds: BTreeSet<String> = of.iter().map(|(kind, _)| kind.clone()).collect();
    of.extend(kinds.into_iter().map(|kind| (kind, String::new())));
    let view = |(kind, model): (String, String)| {
        let is_in = |part: &Part| known.iter().any(|(k, m, id)| *k == kind && *m == model && *id == part.id);
        let of = Kind::from_word(&kind)?;
        let title = match model.as_str() {
            "" => p.tv("kit-of-kind", "kind", words::kind(&p, &of)),
            model => format!("{} {model}", words::kind(&p, &of)),
        };
        let parts = parts.iter().map(|part| (part.clone(), is_in(part))).collect();
        Some(KitView { kind: of.as_str(), title, parts, model })
    };
    let kits = if parts.is_empty() { Vec::new() } else { of.into_iter().filter_map(view).collect() };
    Ok(Html(Page { kits, parts, p }.render()?).into_response())
}

/// The kits as CSV: a row for each part of each.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let parts = queries::parts(app.db.read(), p.district_id()).await?;
    let kits = queries::kits(app.db.read(), p.district_id()).await?;
    let rows = kits.into_iter().filter_map(|(kind, model, id)| {
        let part = parts.iter().find(|part| part.id == id)?;
        Some([kind, model, part.name.clone(), part.spares.to_string(), part.lacking.to_string()])
    });
    csv_file("kits.csv", &["type", "model", "part", "spares", "devices_without"], rows)
}

/// Stores a part, or what is in a kit.
pub async fn sent(
    State(app): State<App>,
    p: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, said)| said.trim());
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let mut tx = app.db.write().await?;
    let detail = match field("act") {
        "part" => {
            let name: String = one_line(field("name")).chars().take(TEXT).collect();
            let spares = match field("spares") {
                "" => Some(0),
                said => said.parse::<i64>().ok().filter(|n| (0..=MOST).contains(n)),
            };
            let spares = spares.filter(|_| !name.is_empty()).ok_or(Error::BadRequest("kit-wrong"))?;
            queries::put_part(&mut tx, p.district_id(), (&name, spares), by).await?;
            json!({ "part": name, "spares": spares })
        }
        "kit" => {
            let kind = Kind::from_word(field("kind")).ok_or(Error::BadRequest("kit-wrong"))?.as_str();
            let model: String = field("model").chars().take(TEXT).collect();
            let parts: Vec<&str> =
                fields.iter().filter(|(n, _)| n == "part").map(|(_, said)| said.as_str()).collect();
            queries::put_kit(&mut tx, p.district_id(), (kind, &model), &parts).await?;
            json!({ "kind": kind, "model": model, "parts": parts.len() })
        }
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    audit::record(&mut tx, &p.entry("lending.kit", ("lending_kit", ""), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/kits")).into_response())
}

/// A part that a device has again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PartForm {
    part: String,
    /// `new`: from the store; `found`: the one that was missing.
    act: String,
}

/// A device has a part again.
pub async fn completed(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<PartForm>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::device(&mut *tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let is_new = match form.act.as_str() {
        "new" => true,
        "found" => false,
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    if !queries::complete(&mut tx, p.district_id(), (&id, &form.part), is_new).await? {
        return Err(Error::BadRequest("kit-none"));
    }
    let detail = json!({ "part": form.part, "new": is_new });
    audit::record(&mut tx, &p.entry("lending.part", ("lending_device", &id), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending/devices/{id}"))).into_response())
}
