//! Evidence for CIPA: what was in force, the steps of the safety policy, and the signed file that says so.

use super::not_named;
use crate::db::{now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{attachment, count, csv_file, minute};
use crate::layout::Frame;
use crate::queries;
use crate::rules::ask;
use crate::rules::evidence::{Document, Edge, Had, List, Measure, STEPS, Step, Version};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_policy::evidence::seal;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The most characters of a note.
const NOTE: usize = 300;

struct StepView {
    step: &'static str,
    label: String,
    about: String,
    done_on: String,
    note: String,
}

#[derive(Template)]
#[template(path = "templates/evidence.html")]
struct EvidencePage {
    p: Frame,
    /// What is said to a district that the policy does not name.
    not_named: String,
    steps: Vec<StepView>,
    enrolled: String,
    covered: String,
    versions: String,
    key: String,
    errors: Vec<(&'static str, String)>,
}

/// What the form of a step says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StepForm {
    #[serde(default)]
    step: String,
    #[serde(default)]
    done_on: String,
    #[serde(default)]
    note: String,
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    render(&app, p, None).await
}

async fn render(app: &App, p: Frame, wrong: Option<&'static str>) -> Result<Response> {
    let document = document(app, &p).await?;
    let coverage = document.coverage();
    let step = |step: &'static str| {
        let said = document.steps.iter().rfind(|s| s.step == step);
        StepView {
            step,
            label: p.t(&format!("filtering-step-{step}")),
            about: p.t(&format!("filtering-about-{step}")),
            done_on: said.map_or(String::new(), |s| s.done_on.clone()),
            note: said.map_or(String::new(), |s| s.note.clone()),
        }
    };
    let page = EvidencePage {
        not_named: not_named(app, &p),
        steps: STEPS.map(step).into(),
        enrolled: count(coverage.enrolled as i64),
        covered: count(coverage.covered as i64),
        versions: count(document.versions.len() as i64),
        key: app.config.filtering.key.as_ref().map(|key| key.public().to_string()).unwrap_or_default(),
        errors: wrong.map(|step| (step, p.t("filtering-wrong-day"))).into_iter().collect(),
        p,
    };
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(page.render()?)).into_response())
}

/// All that the file says.
async fn document(app: &App, p: &Frame) -> Result<Document> {
    let (db, district) = (app.db.read(), p.district_id());
    let version = |v: queries::DistrictVersion| Version {
        lists: serde_json::from_str::<Vec<List>>(&v.lists_json).unwrap_or_default(),
        version: v.version,
        digest: v.digest,
        created_s: v.created_s,
        settings: v.settings,
        answers: v.answers,
    };
    Ok(Document {
        district: district.to_owned(),
        name: p.district.as_ref().map(|d| d.name.clone()).unwrap_or_default(),
        made_ms: now_ms(),
        audit_head: audit::head(db).await?,
        versions: queries::versions(db, district, i64::MAX).await?.into_iter().rev().map(version).collect(),
        measures: queries::measures(db, district).await?,
        devices: queries::devices_in_force(db, district).await?,
        edges: edges(queries::edge_versions(db, district, None, i64::MAX).await?),
        steps: queries::steps(db, district).await?,
    })
}

/// Rows, the newest first, by edge, the oldest first.
fn edges(rows: Vec<queries::EdgeVersion>) -> Vec<Edge> {
    let mut edges: BTreeMap<String, Edge> = BTreeMap::new();
    for row in rows.into_iter().rev() {
        let edge = edges.entry(row.edge.clone());
        let edge = edge.or_insert_with(|| Edge { id: row.edge, name: row.name, had: Vec::new() });
        edge.had.push(Had { version: row.version, first_ms: row.first_ms, last_ms: row.last_ms });
    }
    edges.into_values().collect()
}

/// Writes a step down.
pub async fn put(State(app): State<App>, p: Frame, Form(form): Form<StepForm>) -> Result<Response> {
    let known = STEPS.into_iter().find(|step| *step == form.step);
    let step = known.ok_or(Error::BadRequest("filtering-wrong-step"))?;
    let day = form.done_on.trim().parse::<Date>().ok().filter(|day| *day <= today());
    let Some(day) = day else { return render(&app, p, Some(step)).await };
    let said = Step { step: step.to_owned(), done_on: day.to_string(), note: ask::line(&form.note, NOTE) };
    let mut tx = app.db.write().await?;
    queries::put_step(&mut tx, p.district_id(), &said, (p.account_id().unwrap_or_default(), now_ms()))
        .await?;
    let detail = json!({ "done_on": said.done_on });
    audit::record(&mut tx, &p.entry("safety.step", ("safety_step", step), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/filtering/evidence")).into_response())
}

/// The signed file.
pub async fn file(State(app): State<App>, p: Frame) -> Result<Response> {
    let key = app.config.filtering.key.as_ref().ok_or(Error::NotFound)?;
    let detail = json!(null);
    audit::record_look(&app.db, &p.entry("evidence.download", ("policy_version", ""), detail)).await?;
    let document = document(&app, &p).await?;
    let text = serde_json::to_string_pretty(&document).map_err(|e| Error::Internal(e.to_string()))?;
    let name = format!("evidence-{}-{}.txt", p.district_id(), today());
    Ok(attachment(&name, "text/plain; charset=utf-8", seal(&format!("{text}\n"), key).into_bytes()))
}

/// The devices and what held for each since when, as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let document = document(&app, &p).await?;
    let version = |n: i64| document.versions.iter().find(|v| v.version == n);
    let rows = document.devices.iter().flat_map(|device| {
        device.in_force.iter().map(|since| {
            let (made, measure) = (version(since.version), document.measures.get(&since.measure));
            let joined =
                |names: &dyn Fn(&Measure) -> Vec<String>| measure.map(names).unwrap_or_default().join(" ");
            [
                device.id.clone(),
                device.of.clone(),
                since.version.to_string(),
                made.map(|v| minute(v.created_s * 1000)).unwrap_or_default(),
                made.map(|v| v.digest.clone()).unwrap_or_default(),
                joined(&|m| m.blocked_always.clone()),
                joined(&|m| m.blocked_at_times.clone()),
                measure.map(|m| m.safe_search.clone()).unwrap_or_default(),
                measure.map(|m| m.youtube.clone()).unwrap_or_default(),
                measure.map(|m| m.names_opened.to_string()).unwrap_or_default(),
            ]
        })
    });
    let header = [
        "device",
        "of",
        "policy_version",
        "since_utc",
        "policy_digest",
        "blocked_always",
        "blocked_at_times",
        "safe_search",
        "youtube",
        "names_opened",
    ];
    csv_file("evidence.csv", &header, rows.collect::<Vec<_>>())
}
