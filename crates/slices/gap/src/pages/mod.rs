//! HTTP of the slice `gap`.

mod export;
mod home;
mod map;
mod methods;
mod names;
mod place;
mod sections;
mod state;
mod survey;
mod table;
mod view;

use super::queries::{self, Wanted};
use super::rules::{Figure, Run};
use crate::access::Action;
use crate::error::{Error, Result};
use crate::layout::{District, Frame};
use crate::routes::{Needs, Route, route};
use axum::routing::get;
use evenfield_model::{GeographyKind, Measure};
use serde::Deserialize;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeeFigures);
    let sections = Needs::May(Action::SeeSections);
    vec![
        route("/d/{district}", see, get(home::home)),
        route("/d/{district}/gap/map", see, get(map::map)),
        route("/d/{district}/gap/map.geojson", see, get(export::geojson)),
        route("/d/{district}/gap/table", see, get(table::table)),
        route("/d/{district}/gap/table.csv", see, get(export::table_csv)),
        route("/d/{district}/gap/district", see, get(place::district)),
        route("/d/{district}/gap/district.csv", see, get(export::district_csv)),
        route("/d/{district}/gap/schools/{school}", see, get(place::school)),
        route("/d/{district}/gap/schools/{school}/figures.csv", see, get(export::school_csv)),
        route("/d/{district}/gap/survey", see, get(survey::survey)),
        route("/d/{district}/gap/survey.csv", see, get(survey::csv)),
        route("/d/{district}/gap/sections", sections, get(sections::list)),
        route("/d/{district}/gap/sections/{section}", sections, get(sections::one)),
        route("/d/{district}/gap/sections/{section}/figures.csv", sections, get(sections::csv)),
        route("/state", Needs::SignedIn, get(state::state)),
        route("/state.csv", Needs::SignedIn, get(state::csv)),
        route("/d/{district}/methods", see, get(methods::methods)),
    ]
}

/// What a query may choose. Words that are not known are refused, not guessed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Choice {
    measure: Option<String>,
    kind: Option<String>,
    group: Option<String>,
    sort: Option<String>,
    dir: Option<String>,
    page: Option<u64>,
}

impl Choice {
    /// The measure asked for; empty or none is no choice.
    fn measure(&self) -> Result<Option<Measure>> {
        chosen(&self.measure, Measure::from_code, "gap-unknown-measure")
    }

    /// The kind of place asked for.
    fn kind(&self) -> Result<Option<GeographyKind>> {
        chosen(&self.kind, GeographyKind::from_word, "gap-unknown-kind")
    }

    /// The group asked for, `all` without a choice.
    fn group(&self) -> &str {
        self.group.as_deref().filter(|g| !g.is_empty()).unwrap_or("all")
    }
}

fn chosen<T>(
    word: &Option<String>,
    read: impl Fn(&str) -> Option<T>,
    message: &'static str,
) -> Result<Option<T>> {
    match word.as_deref() {
        None | Some("") => Ok(None),
        Some(word) => read(word).map(Some).ok_or(Error::BadRequest(message)),
    }
}

/// The measure of a page when the reader has not chosen one.
const HEADLINE: Measure = Measure::M1NoSubscriptionOrComputer;

/// The district that the middleware found for this path.
fn district_of(p: &Frame) -> Result<&District> {
    p.district.as_ref().ok_or(Error::NotFound)
}

/// The figures of one place and group in the order of the measures.
async fn figures_of(
    db: &sqlx::AnyPool,
    run: Option<&Run>,
    kind: GeographyKind,
    id: &str,
) -> Result<Vec<Figure>> {
    let Some(run) = run else { return Ok(Vec::new()) };
    let wanted = Wanted { kind: Some(kind), id: Some(id), group: Some("all"), measure: None };
    let mut figures = queries::figures(db, &run.id, wanted).await?;
    figures.sort_by_key(|f| f.measure.code());
    Ok(figures)
}

/// A text as one segment of a path or one value of a query.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}
