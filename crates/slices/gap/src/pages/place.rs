//! `/gap/schools/{school}` and `/gap/district`: all that is published about one place.

use super::super::queries::{self, Wanted};
use super::super::rules::meaning::Meaning;
use super::super::rules::{Figure, Run, group_key, measure_key};
use super::view::{self, Chart};
use super::{Choice, HEADLINE, district_of, figures_of};
use crate::App;
use crate::error::{Error, Result};
use crate::layout::{Frame, Link};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use evenfield_gap::publish::Published;
use evenfield_model::{GeographyKind, Measure};

#[derive(Template)]
#[template(path = "templates/place.html")]
struct Page {
    p: Frame,
    name: String,
    eyebrow: String,
    sentence: Option<String>,
    notes: Vec<String>,
    day: String,
    chart: Chart,
    groups: Chart,
    groups_title: String,
    measures: Vec<Link>,
    barriers: Chart,
    csv: String,
    geojson: String,
    schools: Vec<Link>,
}

/// A place whose page is asked for.
struct Place {
    kind: GeographyKind,
    id: String,
    name: String,
    path: String,
    schools: Vec<Link>,
}

pub(super) async fn school(
    State(app): State<App>,
    p: Frame,
    Path((_, school)): Path<(String, String)>,
    Query(choice): Query<Choice>,
) -> Result<Html<String>> {
    let district = district_of(&p)?.id.clone();
    let names = queries::names(app.db.read(), &district, GeographyKind::School).await?;
    let name = names.get(&school).cloned().ok_or(Error::NotFound)?;
    let path = view::place_href(&district, GeographyKind::School, &school);
    let place = Place { kind: GeographyKind::School, id: school, name, path, schools: Vec::new() };
    show(&app, p, place, choice).await
}

pub(super) async fn district(
    State(app): State<App>,
    p: Frame,
    Query(choice): Query<Choice>,
) -> Result<Html<String>> {
    let district = district_of(&p)?.clone();
    let names = queries::names(app.db.read(), &district.id, GeographyKind::School).await?;
    let link = |(id, name): (String, String)| Link {
        href: view::place_href(&district.id, GeographyKind::School, &id),
        label: name,
        current: false,
    };
    let mut schools: Vec<Link> = names.into_iter().map(link).collect();
    schools.sort_by_key(|a| a.label.to_lowercase());
    let path = format!("/d/{}/gap/district", district.id);
    let place = Place { kind: GeographyKind::District, id: district.id, name: district.name, path, schools };
    show(&app, p, place, choice).await
}

async fn show(app: &App, p: Frame, place: Place, choice: Choice) -> Result<Html<String>> {
    let db = app.db.read();
    let district = p.district_id().to_owned();
    let measure = choice.measure()?.unwrap_or(HEADLINE);
    let run = queries::latest_run(db, &district).await?;
    let figures = figures_of(db, run.as_ref(), place.kind, &place.id).await?;
    let whole = match place.kind {
        GeographyKind::District => Vec::new(),
        _ => figures_of(db, run.as_ref(), GeographyKind::District, &district).await?,
    };
    let drafts: Vec<_> =
        figures.iter().map(|f| (p.t(f.key()), String::new(), f, share_of(&whole, f.measure))).collect();
    let groups = by_group(app, run.as_ref(), &place, measure).await?;
    let group_drafts: Vec<_> = groups
        .iter()
        .map(|f| {
            let compare = figures.iter().find(|g| g.measure == f.measure).and_then(|g| g.shown.as_ref().ok());
            (view::group(&p, &f.group), String::new(), f, compare.map(Published::value))
        })
        .collect();
    let barriers = match &run {
        Some(run) => {
            let (kind, id) = (Some(place.kind), Some(place.id.as_str()));
            let wanted = Wanted { measure: Some(measure), kind, id, group: None };
            queries::barrier_figures(db, &run.id, wanted).await?
        }
        None => Vec::new(),
    };
    let barrier_drafts: Vec<_> = barriers.iter().map(|f| (p.t(f.key()), String::new(), f, None)).collect();
    let page = Page {
        eyebrow: p.t(if place.kind == GeographyKind::School { "gap-a-school" } else { "gap-whole-district" }),
        sentence: figures.iter().find(|f| f.measure == measure).map(|f| view::headline(&p, f)),
        notes: view::notes(&p, Meaning::together(figures.iter().filter(|f| f.measure == measure))),
        day: run.as_ref().map_or(String::new(), |r| p.date(r.finished_ms)),
        chart: view::chart(&p, &drafts).compared("gap-chart-note-compared"),
        groups: view::chart(&p, &group_drafts).compared("gap-chart-note-place"),
        groups_title: p.tv("gap-by-group", "measure", p.t(measure_key(measure))),
        measures: measure_links(&p, &place.path, measure),
        barriers: view::chart(&p, &barrier_drafts),
        csv: match place.kind {
            GeographyKind::District => format!("{}.csv", place.path),
            _ => format!("{}/figures.csv", place.path),
        },
        geojson: format!(
            "/d/{district}/gap/map.geojson?kind={}&measure={}",
            place.kind.as_str(),
            measure.code()
        ),
        name: place.name,
        schools: place.schools,
        p,
    };
    Ok(Html(page.render()?))
}

pub(super) fn share_of(figures: &[Figure], measure: Measure) -> Option<f64> {
    figures.iter().find(|f| f.measure == measure).and_then(|f| f.shown.as_ref().ok()).map(Published::value)
}

/// The figures of a place's groups for one measure, in a fixed order, unknown groups last.
async fn by_group(app: &App, run: Option<&Run>, place: &Place, measure: Measure) -> Result<Vec<Figure>> {
    let Some(run) = run else { return Ok(Vec::new()) };
    let wanted = Wanted { measure: Some(measure), kind: Some(place.kind), id: Some(&place.id), group: None };
    let mut figures = queries::figures(app.db.read(), &run.id, wanted).await?;
    figures.retain(|f| f.group != "all");
    const ORDER: [&str; 4] =
        ["grade_band:elementary", "grade_band:middle", "grade_band:high", "grade_band:ungraded"];
    figures.sort_by_key(|f| {
        let grade = ORDER.iter().position(|g| *g == f.group).unwrap_or(ORDER.len());
        (group_key(&f.group).is_none(), grade, f.group.clone())
    });
    Ok(figures)
}

/// Links to the same page by another measure.
fn measure_links(p: &Frame, path: &str, measure: Measure) -> Vec<Link> {
    Measure::ALL
        .into_iter()
        .map(|m| Link {
            href: format!("{path}?measure={}#groups", m.code()),
            label: p.t(measure_key(m)),
            current: m == measure,
        })
        .collect()
}
