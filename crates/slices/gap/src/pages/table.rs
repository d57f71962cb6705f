//! `/gap/table`: the twin of the map, sorted by links.

use super::super::queries::{self, Wanted};
use super::super::rules::meaning::Meaning;
use super::super::rules::{SortBy, kind_key, name_key, sort};
use super::names::Names;
use super::view::{self, Chart, Picks};
use super::{Choice, HEADLINE, district_of, encode};
use crate::App;
use crate::error::{Error, Result};
use crate::layout::{Frame, PageLink};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use evenfield_model::GeographyKind;

/// Rows on one page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "templates/table.html")]
struct Page {
    p: Frame,
    district: String,
    title: String,
    day: String,
    picks: Picks,
    query: String,
    heads: Vec<Head>,
    chart: Chart,
    notes: Vec<String>,
    pages: Vec<PageLink>,
    /// Whether there are shapes of these places, for a map and for GeoJSON.
    drawn: bool,
}

/// A column's header that sorts.
struct Head {
    label: String,
    href: String,
    /// `ascending`, `descending` or `none`, as ARIA says it.
    state: &'static str,
    number: bool,
}

pub(super) async fn table(
    State(app): State<App>,
    p: Frame,
    Query(choice): Query<Choice>,
) -> Result<Html<String>> {
    let district = district_of(&p)?.clone();
    let measure = choice.measure()?.unwrap_or(HEADLINE);
    let (by, descending) = order(&choice)?;
    let run = queries::latest_run(app.db.read(), &district.id).await?;
    let (kinds, groups) = match &run {
        Some(run) => queries::choices(app.db.read(), &run.id).await?,
        None => (Vec::new(), Vec::new()),
    };
    let kind = choice.kind()?.unwrap_or_else(|| usual(&kinds));
    let group = choice.group();
    let wanted = Wanted { measure: Some(measure), kind: Some(kind), id: None, group: Some(group) };
    let figures = match &run {
        Some(run) => queries::figures(app.db.read(), &run.id, wanted).await?,
        None => Vec::new(),
    };
    let names = Names::read(app.db.read(), &district, kind).await?;
    let mut rows: Vec<_> = figures.into_iter().map(|f| (names.of(&p, &f.id), f)).collect();
    sort(&mut rows, by, descending);
    let meaning = Meaning::together(rows.iter().map(|(_, f)| f));
    let query = format!("measure={}&kind={}&group={}", measure.code(), kind.as_str(), encode(group));
    let sorting = format!("sort={}&dir={}", by.as_str(), if descending { "desc" } else { "asc" });
    let last = rows.len().div_ceil(ROWS).max(1) as u64;
    let number = choice.page.unwrap_or(1).clamp(1, last);
    let shown = rows.iter().skip((number - 1) as usize * ROWS).take(ROWS);
    let drafts: Vec<_> = shown
        .map(|(name, f)| (name.clone(), view::place_href(&district.id, f.kind, &f.id), f, None))
        .collect();
    let page = Page {
        title: p.tvs(
            "gap-table-title",
            &[("measure", p.t(name_key(measure, meaning)).into()), ("kind", p.t(kind_key(kind)).into())],
        ),
        day: run.as_ref().map_or(String::new(), |r| p.date(r.finished_ms)),
        picks: view::picks(&p, (measure, kind, group), &kinds, &groups),
        heads: SortBy::ALL.into_iter().map(|s| head(&p, (s, meaning), (by, descending), &query)).collect(),
        chart: view::chart(&p, &drafts),
        notes: view::notes(&p, meaning),
        pages: (1..=last)
            .map(|n| PageLink {
                href: format!("?{query}&{sorting}&page={n}"),
                number: n,
                current: n == number,
            })
            .collect(),
        drawn: queries::boundary_kinds(app.db.read(), &district.id).await?.contains(&kind),
        query,
        district: district.id,
        p,
    };
    Ok(Html(page.render()?))
}

/// The kind of place without a choice: schools; without a roster, which alone names them, areas from small to large.
fn usual(kinds: &[GeographyKind]) -> GeographyKind {
    use GeographyKind as K;
    let order = [K::School, K::BlockGroup, K::Tract, K::AttendanceZone, K::County, K::District, K::State];
    order.into_iter().find(|kind| kinds.contains(kind)).unwrap_or(K::School)
}

/// How the table is to be sorted; the largest share first without a choice.
fn order(choice: &Choice) -> Result<(SortBy, bool)> {
    let by = super::chosen(&choice.sort, SortBy::from_word, "gap-unknown-sort")?;
    let descending = match choice.dir.as_deref() {
        None | Some("") => by.is_none_or(|b| b != SortBy::Name),
        Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(Error::BadRequest("gap-unknown-sort")),
    };
    Ok((by.unwrap_or(SortBy::Value), descending))
}

/// The header of a column: its link sorts by it, or turns the order round.
fn head(
    p: &Frame,
    (column, meaning): (SortBy, Meaning),
    (by, descending): (SortBy, bool),
    query: &str,
) -> Head {
    let current = column == by;
    let next = if current { !descending } else { column != SortBy::Name };
    Head {
        label: match column {
            SortBy::Name => p.t("gap-column-place"),
            SortBy::Value => view::share_of(p, meaning),
            SortBy::Width => p.t("gap-column-interval"),
            SortBy::Students => view::count_of(p, meaning),
        },
        href: format!("?{query}&sort={}&dir={}", column.as_str(), if next { "desc" } else { "asc" }),
        state: match (current, descending) {
            (false, _) => "none",
            (true, true) => "descending",
            (true, false) => "ascending",
        },
        number: column != SortBy::Name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_schools_the_table_is_of_areas() {
        use GeographyKind as K;
        assert_eq!(usual(&[K::School, K::Tract, K::District]), K::School);
        assert_eq!(usual(&[K::Tract, K::County, K::District]), K::Tract);
        assert_eq!((usual(&[K::District]), usual(&[])), (K::District, K::School));
    }
}
