//! `/gap/sections`: a teacher's own classes, and for those who run the programme any class of a school.
//!
//! Never public: sections overlap, so that figures of all of them together would give away more than each does. A
//! teacher gets those that the roster says she teaches, and every look is written down.

use super::super::queries::{self, Section};
use super::super::rules::{Figure, measure_key};
use super::view::{self, Chart, Pick, Picks};
use super::{Choice, HEADLINE, district_of, encode, export, figures_of, place};
use crate::App;
use crate::access::{Action, Viewer};
use crate::audit;
use crate::error::{Error, Result};
use crate::layout::{Frame, Link};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, Response};
use evenfield_model::GeographyKind;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "templates/sections.html")]
struct List {
    p: Frame,
    any: bool,
    schools: Vec<Pick>,
    school: String,
    title: String,
    caption: String,
    day: String,
    picks: Picks,
    chart: Chart,
    /// Sections without a figure.
    others: Vec<Link>,
}

/// What the list may be asked.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    measure: Option<String>,
    /// A school's id; empty for the viewer's own classes.
    school: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Query(asked): Query<Asked>,
) -> Result<Html<String>> {
    let db = app.db.read();
    let district = district_of(&p)?.id.clone();
    let measure = Choice { measure: asked.measure, ..Choice::default() }.measure()?.unwrap_or(HEADLINE);
    let any = p.may(Action::SeeAnySection);
    let school = asked.school.filter(|s| !s.is_empty());
    let names = match any {
        true => queries::names(db, &district, GeographyKind::School).await?,
        false => HashMap::new(),
    };
    let sections = match &school {
        Some(school) if any => queries::sections_of(db, &district, school).await?,
        Some(_) => return Err(Error::Forbidden),
        None => queries::sections_taught(db, &district, &viewer.account_id).await?,
    };
    // Without a school the viewer's own.
    let of = serde_json::json!({ "shown": sections.len(), "school": school });
    let of = audit::of_roster(db, &district, of).await?;
    note(&app, &p, ("section.list", ""), of).await?;
    let run = queries::latest_run(db, &district).await?;
    let figures = match &run {
        Some(run) => queries::section_figures(db, &run.id, None, Some(measure)).await?,
        None => Vec::new(),
    };
    let by_id: HashMap<&str, &Figure> = figures.iter().map(|f| (f.id.as_str(), f)).collect();
    let whole = figures_of(db, run.as_ref(), GeographyKind::District, &district).await?;
    let compare = place::share_of(&whole, measure);
    let (with, without): (Vec<&Section>, Vec<_>) =
        sections.iter().partition(|s| by_id.contains_key(s.id.as_str()));
    let drafts: Vec<_> =
        with.iter().map(|s| (name(s), href(&district, s), by_id[s.id.as_str()], compare)).collect();
    let link = |s: &&Section| Link { href: href(&district, s), label: name(s), current: false };
    let title = match school.as_ref().and_then(|s| names.get(s)) {
        Some(school) => p.tv("gap-sections-of", "school", school.as_str()),
        None => p.t("gap-sections-own"),
    };
    let page = List {
        any,
        schools: school_picks(names, school.as_deref()),
        school: school.unwrap_or_default(),
        title,
        caption: p.t(measure_key(measure)),
        day: run.as_ref().map_or(String::new(), |r| p.date(r.finished_ms)),
        picks: view::picks(&p, (measure, GeographyKind::Section, "all"), &[], &[]),
        chart: view::chart(&p, &drafts).compared("gap-chart-note-compared"),
        others: without.iter().map(link).collect(),
        p,
    };
    Ok(Html(page.render()?))
}

fn school_picks(names: HashMap<String, String>, chosen: Option<&str>) -> Vec<Pick> {
    let mut picks: Vec<Pick> = names
        .into_iter()
        .map(|(word, label)| Pick { chosen: chosen == Some(word.as_str()), word, label })
        .collect();
    picks.sort_by_key(|pick| pick.label.to_lowercase());
    picks
}

/// A section as a person calls it.
fn name(section: &Section) -> String {
    match section.period.as_str() {
        "" => section.title.clone(),
        period => format!("{} · {period}", section.title),
    }
}

fn href(district: &str, section: &Section) -> String {
    format!("/d/{district}/gap/sections/{}", encode(&section.id))
}

#[derive(Template)]
#[template(path = "templates/section.html")]
struct One {
    p: Frame,
    name: String,
    school: String,
    sentence: Option<String>,
    day: String,
    chart: Chart,
    csv: String,
}

/// A section that this viewer may see, with its figures; the look is written down.
async fn seen(
    app: &App,
    p: &Frame,
    viewer: &Viewer,
    (action, id): (&str, &str),
) -> Result<(Section, String, Vec<Figure>)> {
    let db = app.db.read();
    let district = district_of(p)?.id.clone();
    let teacher = (!p.may(Action::SeeAnySection)).then_some(viewer.account_id.as_str());
    let section = queries::section(db, &district, id, teacher).await?.ok_or(Error::NotFound)?;
    note(app, p, (action, id), serde_json::json!({ "shown": 1 })).await?;
    match queries::latest_run(db, &district).await? {
        Some(run) => {
            let figures = queries::section_figures(db, &run.id, Some(id), None).await?;
            Ok((section, p.date(run.finished_ms), figures))
        }
        None => Ok((section, String::new(), Vec::new())),
    }
}

pub(super) async fn one(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Path((_, id)): Path<(String, String)>,
) -> Result<Html<String>> {
    let (section, day, figures) = seen(&app, &p, &viewer, ("section.see", &id)).await?;
    let district = p.district_id().to_owned();
    let run = queries::latest_run(app.db.read(), &district).await?;
    let whole = figures_of(app.db.read(), run.as_ref(), GeographyKind::District, &district).await?;
    let drafts: Vec<_> = figures
        .iter()
        .map(|f| (p.t(f.key()), String::new(), f, place::share_of(&whole, f.measure)))
        .collect();
    let page = One {
        sentence: figures.iter().find(|f| f.measure == HEADLINE).map(|f| view::headline(&p, f)),
        chart: view::chart(&p, &drafts).compared("gap-chart-note-compared"),
        csv: format!("{}/figures.csv", href(&district, &section)),
        name: name(&section),
        school: section.school,
        day,
        p,
    };
    Ok(Html(page.render()?))
}

pub(super) async fn csv(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let (section, _, figures) = seen(&app, &p, &viewer, ("section.download", &id)).await?;
    export::file(&p, &figures, |_| name(&section), "section")
}

/// Writes down that figures of sections were looked at. Never a name.
async fn note(app: &App, p: &Frame, (action, id): (&str, &str), detail: serde_json::Value) -> Result<()> {
    Ok(audit::record_look(&app.db, &p.entry(action, ("section", id), detail)).await?)
}
