//! All scenarios of a district, and a new one.

use super::accept::GoesBy;
use super::{href, note};
use crate::App;
use crate::access::Action;
use crate::db::{new_id, now_ms, today};
use crate::error::Result;
use crate::layout::Frame;
use crate::queries;
use crate::rules::scenario::Settings;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

/// A scenario in the list.
struct Line {
    name: String,
    href: String,
    changed: String,
    state: String,
    tag: &'static str,
    /// Whether the district goes by a plan of it.
    accepted: bool,
}

#[derive(Template)]
#[template(path = "templates/list.html")]
struct Page {
    p: Frame,
    scenarios: Vec<Line>,
    removed: Vec<Line>,
    goes_by: Option<GoesBy>,
    may_manage: bool,
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let all = queries::list(app.db.read(), p.district_id()).await?;
    let accepted = queries::accepted_plan(app.db.read(), p.district_id()).await?;
    let line = |scenario: &queries::Scenario| {
        let (state, tag) = match &scenario.check {
            Some(checked) if checked.is_sound() => ("plans-state-ready", "good"),
            _ => ("plans-state-open", "warn"),
        };
        Line {
            name: scenario.name.clone(),
            href: href(&p, &scenario.id, ""),
            changed: p.date(scenario.changed_ms),
            state: p.t(state),
            tag,
            accepted: accepted.as_ref().is_some_and(|a| a.scenario == scenario.id),
        }
    };
    let (kept, removed): (Vec<_>, Vec<_>) = all.iter().partition(|scenario| scenario.removed_ms.is_none());
    let page = Page {
        scenarios: kept.into_iter().map(line).collect(),
        removed: removed.into_iter().map(line).collect(),
        goes_by: accepted.as_ref().map(|a| GoesBy::new(&p, a)),
        may_manage: p.may(Action::ManagePlans),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// A name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    name: String,
}

#[derive(Template)]
#[template(path = "templates/new.html")]
struct New {
    p: Frame,
    form: NewForm,
    errors: Vec<(&'static str, String)>,
}

impl New {
    fn error(&self) -> &str {
        self.errors.first().map_or("", |(_, message)| message)
    }
}

/// The form for a new scenario.
pub async fn new(p: Frame) -> Result<Response> {
    Ok(Html(New { p, form: NewForm::default(), errors: Vec::new() }.render()?).into_response())
}

/// Makes a new scenario and begins with its first step.
pub async fn made(State(app): State<App>, p: Frame, Form(form): Form<NewForm>) -> Result<Response> {
    let name = form.name.trim().to_owned();
    if !(1..=120).contains(&name.chars().count()) {
        let errors = vec![("name", p.t("plans-wrong-name"))];
        let page = New { p, form, errors };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
    }
    // Planned in spring and summer for the school year that begins then.
    let now = today();
    let first_year = if now.month() >= 9 { now.year() + 1 } else { now.year() };
    let id = new_id();
    let mut write = app.db.write().await?;
    let by = (p.account_id().unwrap_or_default(), now_ms());
    queries::insert(&mut write, p.district_id(), (&id, &name), &Settings::new(first_year), by).await?;
    note(&mut write, &p, "plan.make", &id).await?;
    write.commit().await?;
    Ok(Redirect::to(&href(&p, &id, "/step?step=basis")).into_response())
}
