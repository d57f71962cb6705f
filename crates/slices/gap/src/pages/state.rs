//! `/state`: the districts that the viewer has a role in, one row each, and all of them together.
//!
//! The figure of all together is made from the districts' published figures and nothing else, so that the total less
//! the others never gives away a district whose figure is withheld: it is not in the total.

use super::super::queries::{self, DistrictRow};
use super::super::rules::meaning::Meaning;
use super::super::rules::{Figure, SortBy, measure_key, numbers, sort};
use super::view::{self, Chart, Map, Picks};
use super::{Choice, HEADLINE, export};
use crate::App;
use crate::access::{Action, Viewer};
use crate::error::Result;
use crate::layout::{Frame, Link};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use evenfield_gap::publish::{Published, together};
use evenfield_model::{Geography, GeographyKind};
use std::collections::{BTreeMap, HashMap};

#[derive(Template)]
#[template(path = "templates/state.html")]
struct Page {
    p: Frame,
    measure: &'static str,
    caption: String,
    picks: Picks,
    chart: Chart,
    /// Districts without an estimate, or without a figure for this measure.
    others: Vec<Link>,
    fictional: bool,
    total: Option<Total>,
    map: Option<Map>,
}

/// All districts whose figure is shown, together.
struct Total {
    sentence: String,
    notes: Vec<String>,
    /// What is in it and what is not.
    counted: String,
    /// The interval if all districts' errors went the same way.
    alike: String,
    /// Whether most districts are in it: only then does it lead the page.
    leads: bool,
}

/// The districts that this viewer may see figures of.
async fn districts(app: &App, viewer: &Viewer) -> Result<Vec<DistrictRow>> {
    let mut all = queries::districts(app.db.read()).await?;
    all.retain(|d| viewer.may(&d.id, Action::SeeFigures));
    Ok(all)
}

pub(super) async fn state(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Query(choice): Query<Choice>,
) -> Result<Html<String>> {
    let measure = choice.measure()?.unwrap_or(HEADLINE);
    let districts = districts(&app, &viewer).await?;
    let by_id: HashMap<&str, &DistrictRow> = districts.iter().map(|d| (d.id.as_str(), d)).collect();
    let mut figures = queries::district_figures(app.db.read(), Some(measure)).await?;
    figures.retain(|f| by_id.contains_key(f.id.as_str()));
    let mut boundaries = queries::district_boundaries(app.db.read()).await?;
    boundaries.retain(|b| by_id.contains_key(b.geography_id.as_str()));
    let total = total(&p, &districts, &figures);
    let compare = total.as_ref().map(|(_, share)| *share);
    let others = districts.iter().filter(|d| figures.iter().all(|f| f.id != d.id));
    let link = |d: &DistrictRow| Link { href: format!("/d/{}", d.id), label: name(&p, d), current: false };
    let others = others.map(link).collect();
    let map = (boundaries.len() > 1).then(|| view::map(&p, &boundaries, &figures));
    let mut rows: Vec<(String, Figure)> =
        figures.into_iter().map(|f| (name(&p, by_id[f.id.as_str()]), f)).collect();
    sort(&mut rows, SortBy::Value, true);
    let drafts: Vec<_> = rows.iter().map(|(n, f)| (n.clone(), format!("/d/{}", f.id), f, compare)).collect();
    let page = Page {
        measure: measure.code(),
        caption: p.t(measure_key(measure)),
        picks: view::picks(&p, (measure, GeographyKind::District, "all"), &[], &[]),
        chart: view::chart(&p, &drafts).compared("gap-chart-note-state"),
        fictional: districts.iter().any(|d| d.fictional != 0),
        others,
        total: total.map(|(total, _)| total),
        map,
        p,
    };
    Ok(Html(page.render()?))
}

/// A district's name; a made-up one says so.
fn name(p: &Frame, district: &DistrictRow) -> String {
    match district.fictional {
        0 => district.name.clone(),
        _ => p.tv("gap-state-made-up", "district", district.name.as_str()),
    }
}

/// What most districts' figures say. Students and households cannot be added up.
fn commonest(meanings: impl Iterator<Item = Meaning>) -> Option<Meaning> {
    let mut counts: BTreeMap<Meaning, usize> = BTreeMap::new();
    meanings.for_each(|meaning| *counts.entry(meaning).or_default() += 1);
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(meaning, _)| meaning)
}

/// All districts together, and their share. Made-up districts are not added to real ones, nor is a state's own agency (its id ends
/// in 00000) that stands for all of them.
fn total(p: &Frame, districts: &[DistrictRow], figures: &[Figure]) -> Option<(Total, f64)> {
    let all_made_up = districts.iter().all(|d| d.fictional != 0);
    let counted = districts.iter().filter(|d| all_made_up || d.fictional == 0);
    let counted: Vec<&DistrictRow> = counted.filter(|d| !d.id.ends_with("00000")).collect();
    let shown = |d: &&DistrictRow| figures.iter().find(|f| f.id == d.id && f.shown.is_ok());
    let meaning = commonest(counted.iter().filter_map(shown).map(|f| f.meaning))?;
    let alike = counted.iter().filter_map(shown).filter(|f| f.meaning == meaning);
    let parts: Vec<&Published> =
        alike.filter_map(|f| f.shown.as_ref().ok()).filter(|n| n.coding().is_none()).collect();
    if parts.len() < 2 {
        return None;
    }
    let state = counted.first().map_or("", |d| d.state.as_str());
    let of = || Geography { kind: GeographyKind::State, id: state.to_owned() };
    let (whole, alike) = (together(&parts, of(), false)?, together(&parts, of(), true)?);
    let share = whole.value();
    let ends = numbers::ends(&alike);
    let total = Total {
        sentence: view::headline(p, &Figure { meaning, ..Figure::published(whole) }),
        notes: view::notes(p, meaning),
        counted: p.tvs(
            "gap-state-counted",
            &[("shown", (parts.len() as i64).into()), ("all", (counted.len() as i64).into())],
        ),
        leads: 2 * parts.len() > counted.len(),
        alike: p.tvs("gap-state-alike", &[("low", ends.0.into()), ("high", ends.1.into())]),
    };
    Some((total, share))
}

pub(super) async fn csv(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Query(choice): Query<Choice>,
) -> Result<Response> {
    let districts = districts(&app, &viewer).await?;
    let by_id: HashMap<&str, &DistrictRow> = districts.iter().map(|d| (d.id.as_str(), d)).collect();
    let mut figures = queries::district_figures(app.db.read(), choice.measure()?).await?;
    figures.retain(|f| by_id.contains_key(f.id.as_str()));
    export::file(&p, &figures, |f| name(&p, by_id[f.id.as_str()]), "districts")
}
