//! `/gap/map`: one measure by place. The server draws the map; with scripts it can be moved and asked.

use super::super::queries::{self, Boundary, Wanted};
use super::super::rules::meaning::Meaning;
use super::super::rules::{SortBy, kind_key, name_key, sort};
use super::names::Names;
use super::view::{self, Chart, Map, Picks};
use super::{Choice, HEADLINE, district_of, encode};
use crate::App;
use crate::error::Result;
use crate::layout::Frame;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use evenfield_model::{GeographyKind, Measure};

#[derive(Template)]
#[template(path = "templates/map.html")]
struct Page {
    p: Frame,
    district: String,
    title: String,
    day: String,
    picks: Picks,
    query: String,
    map: Map,
    chart: Chart,
    notes: Vec<String>,
}

/// The kinds that a map can show: those with boundaries and figures, best first: the smallest area of
/// which most figures are shown would need all of them, so block groups, then tracts, then zones.
fn preferred(kinds: &[GeographyKind]) -> GeographyKind {
    use GeographyKind as K;
    [K::BlockGroup, K::Tract, K::AttendanceZone, K::School, K::County, K::District]
        .into_iter()
        .find(|k| kinds.contains(k))
        .unwrap_or(K::BlockGroup)
}

/// The kinds with boundaries that this run has figures for.
async fn kinds_of(app: &App, district: &str, run: &str) -> Result<(Vec<GeographyKind>, Vec<String>)> {
    let drawn = queries::boundary_kinds(app.db.read(), district).await?;
    let (mut kinds, groups) = queries::choices(app.db.read(), run).await?;
    kinds.retain(|k| drawn.contains(k));
    Ok((kinds, groups))
}

/// The map of the home page; `None` when there is nothing to draw.
pub(super) async fn small(
    app: &App,
    p: &Frame,
    run: &str,
    measure: Measure,
) -> Result<(Option<Map>, GeographyKind)> {
    let district = p.district_id();
    let (kinds, _) = kinds_of(app, district, run).await?;
    let kind = preferred(&kinds);
    let names = Names::read(app.db.read(), district_of(p)?, kind).await?;
    let boundaries = named(p, &names, queries::boundaries(app.db.read(), district, kind).await?);
    if boundaries.is_empty() {
        return Ok((None, kind));
    }
    let figures = queries::figures(app.db.read(), run, wanted(measure, kind, "all")).await?;
    Ok((Some(view::map(p, &boundaries, &figures)), kind))
}

fn wanted(measure: Measure, kind: GeographyKind, group: &str) -> Wanted<'_> {
    Wanted { measure: Some(measure), kind: Some(kind), id: None, group: Some(group) }
}

pub(super) async fn map(
    State(app): State<App>,
    p: Frame,
    Query(choice): Query<Choice>,
) -> Result<Html<String>> {
    let district = district_of(&p)?.id.clone();
    let measure = choice.measure()?.unwrap_or(HEADLINE);
    let run = queries::latest_run(app.db.read(), &district).await?;
    let (kinds, groups) = match &run {
        Some(run) => kinds_of(&app, &district, &run.id).await?,
        None => (Vec::new(), Vec::new()),
    };
    let kind = choice.kind()?.unwrap_or_else(|| preferred(&kinds));
    let group = choice.group();
    let names = Names::read(app.db.read(), district_of(&p)?, kind).await?;
    let boundaries = named(&p, &names, queries::boundaries(app.db.read(), &district, kind).await?);
    let figures = match &run {
        Some(run) => queries::figures(app.db.read(), &run.id, wanted(measure, kind, group)).await?,
        None => Vec::new(),
    };
    let mut rows: Vec<_> = figures.iter().map(|f| (names.of(&p, &f.id), f.clone())).collect();
    sort(&mut rows, SortBy::Value, true);
    let drafts: Vec<_> = rows
        .iter()
        .map(|(name, f)| (name.clone(), view::place_href(&district, f.kind, &f.id), f, None))
        .collect();
    let meaning = Meaning::together(figures.iter());
    let title = p.tvs(
        "gap-map-title",
        &[("measure", p.t(name_key(measure, meaning)).into()), ("kind", p.t(kind_key(kind)).into())],
    );
    let page = Page {
        title,
        day: run.as_ref().map_or(String::new(), |r| p.date(r.finished_ms)),
        picks: view::picks(&p, (measure, kind, group), &kinds, &groups),
        query: format!("measure={}&kind={}&group={}", measure.code(), kind.as_str(), encode(group)),
        map: view::map(&p, &boundaries, &figures),
        chart: view::chart(&p, &drafts),
        notes: view::notes(&p, meaning),
        district,
        p,
    };
    Ok(Html(page.render()?))
}

/// Boundaries with the names that lists call them by.
pub(super) fn named(p: &Frame, names: &Names, mut boundaries: Vec<Boundary>) -> Vec<Boundary> {
    for boundary in &mut boundaries {
        boundary.name = names.of(p, &boundary.geography_id);
    }
    boundaries
}
