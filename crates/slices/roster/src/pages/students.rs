//! Students: the list, one record (each look is written down), and homes that could not be placed.

use super::upload::place_words;
use crate::access::Action;
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file};
use crate::layout::{Frame, PageLink};
use crate::queries::{self, Chance, Search, StudentLine};
use crate::routes::escape;
use crate::rules::StudentRow;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::roster::{School, Section};
use serde::Deserialize;
use serde_json::json;

/// Students on a page.
const PER_PAGE: i64 = 50;
/// Page links shown around the current page.
const AROUND: i64 = 4;

/// What the list may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    school: String,
    #[serde(default)]
    only: String,
    page: Option<i64>,
}

impl Asked {
    fn search(&self) -> Search {
        Search { text: self.q.clone(), school: self.school.clone(), unplaced: self.only == "unplaced" }
    }

    fn query(&self) -> String {
        format!("q={}&school={}&only={}", escape(&self.q), escape(&self.school), escape(&self.only))
    }
}

#[derive(Template)]
#[template(path = "templates/students.html")]
struct List {
    p: Frame,
    asked: Asked,
    query: String,
    schools: Vec<School>,
    lines: Vec<LineView>,
    found: String,
    pages: Vec<PageLink>,
}

struct LineView {
    line: StudentLine,
    href: String,
    place: String,
}

/// Where a home is, in words.
fn place(p: &Frame, line: &StudentLine) -> String {
    match (&line.block_group, &line.reason) {
        (Some(block_group), _) => block_group.clone(),
        (None, Some(reason)) => place_words(p, reason),
        (None, None) if line.geocode.is_some() || !line.address.is_empty() => place_words(p, "waiting"),
        (None, None) => place_words(p, "no-address"),
    }
}

/// Which students these lines show: their ids, so that a family can be told who looked; of a file with more than a
/// page shows, how many, of which school and by which roster. A search is for a name and so not written down: then
/// the ids are.
async fn whose(app: &App, p: &Frame, lines: &[StudentLine], search: &Search) -> Result<serde_json::Value> {
    if lines.len() as i64 <= PER_PAGE || !search.text.trim().is_empty() {
        return Ok(json!({ "students": lines.iter().map(|line| line.id.as_str()).collect::<Vec<_>>() }));
    }
    let of = json!({ "count": lines.len(), "school": search.school, "unplaced": search.unplaced });
    Ok(audit::of_roster(app.db.read(), p.district_id(), of).await?)
}

/// Writes down that students were looked at, by id or in bulk by count. Never a name.
async fn note(app: &App, p: &Frame, action: &str, id: &str, detail: serde_json::Value) -> Result<()> {
    Ok(audit::record_look(&app.db, &p.entry(action, ("student", id), detail)).await?)
}

/// The list, searched and paged.
pub async fn list(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let district = p.district_id().to_owned();
    let current = asked.page.unwrap_or(1).clamp(1, 1_000_000);
    let range = ((current - 1) * PER_PAGE, PER_PAGE);
    let page = queries::find(app.db.read(), &district, &asked.search(), range).await?;
    note(&app, &p, "student.list", "", whose(&app, &p, &page.lines, &asked.search()).await?).await?;
    let last = (page.found + PER_PAGE - 1) / PER_PAGE;
    let query = asked.query();
    let pages = (1..=last)
        .filter(|n| *n == 1 || *n == last || (n - current).abs() <= AROUND)
        .map(|n| PageLink {
            href: format!("/d/{district}/roster/students?{query}&page={n}"),
            number: n.unsigned_abs(),
            current: n == current,
        })
        .collect();
    let lines = page.lines.into_iter().map(|line| LineView {
        href: format!("/d/{district}/roster/students/{}", escape(&line.id)),
        place: place(&p, &line),
        line,
    });
    let view = List {
        lines: lines.collect(),
        schools: queries::schools(app.db.read(), &district).await?,
        found: count(page.found),
        pages,
        query,
        asked,
        p,
    };
    Ok(Html(view.render()?).into_response())
}

/// The list as CSV, as searched.
pub async fn csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let all = (0, i64::from(i32::MAX));
    let page = queries::find(app.db.read(), p.district_id(), &asked.search(), all).await?;
    note(&app, &p, "student.download", "", whose(&app, &p, &page.lines, &asked.search()).await?).await?;
    lines_file("students.csv", page.lines)
}

/// The homes that could not be placed, with the reason.
pub async fn unplaced_csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let lines = queries::unplaced(app.db.read(), p.district_id()).await?;
    let search = Search { unplaced: true, ..Search::default() };
    note(&app, &p, "student.download", "", whose(&app, &p, &lines, &search).await?).await?;
    lines_file("unplaced.csv", lines)
}

fn lines_file(name: &str, lines: Vec<StudentLine>) -> Result<Response> {
    let header = [
        "student_id",
        "family_name",
        "given_name",
        "school",
        "grade",
        "address",
        "block_group",
        "how",
        "reason",
    ];
    let rows = lines.into_iter().map(|line| {
        [
            line.id,
            line.family_name,
            line.given_name,
            line.school,
            line.grade,
            line.address,
            line.block_group.unwrap_or_default(),
            line.geocode.unwrap_or_default(),
            line.reason.unwrap_or_default(),
        ]
    });
    csv_file(name, &header, rows)
}

#[derive(Template)]
#[template(path = "templates/student.html")]
struct One {
    p: Frame,
    row: StudentRow,
    school: String,
    grade: String,
    address: String,
    place: String,
    flags: [(String, String); 3],
    sections: Vec<Section>,
    /// The student's id as a part of an address.
    path: String,
    answered: bool,
    chances: Vec<ChanceView>,
}

/// What the estimate says of one student, in words.
struct ChanceView {
    measure: String,
    chance: String,
    basis: String,
}

impl ChanceView {
    fn new(p: &Frame, chance: &Chance) -> Self {
        let percent = |share: f64| format!("{:.0}%", share * 100.0);
        let measure = p.t(&format!("gap-measure-{}", chance.measure));
        if chance.basis == "answer" {
            let said = if chance.probability > 0.5 { "roster-yes" } else { "roster-no" };
            return Self { measure, chance: p.t(said), basis: p.t("roster-chance-answer") };
        }
        let values = [
            ("chance", percent(chance.probability).into()),
            ("low", percent(chance.low90).into()),
            ("high", percent(chance.high90).into()),
        ];
        Self { measure, chance: p.tvs("roster-chance", &values), basis: p.t("roster-chance-model") }
    }
}

/// One student. The look is written down before the record is shown.
pub async fn one(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let district = p.district_id().to_owned();
    let row = queries::student(app.db.read(), &district, &id).await?.ok_or(Error::NotFound)?;
    let chances = match p.may(Action::SeeChances) {
        true => queries::chances(app.db.read(), &district, &id).await?,
        false => Vec::new(),
    };
    // Whether the estimate's word on the student was seen as well.
    let detail = if chances.is_empty() { json!(null) } else { json!({ "chances": chances.len() }) };
    note(&app, &p, "student.see", &id, detail).await?;
    let schools = queries::schools(app.db.read(), &district).await?;
    let school = schools.into_iter().find(|s| s.source_id == row.student.school).map(|s| s.name);
    let said = |flag: Option<bool>| {
        p.t(match flag {
            Some(true) => "roster-yes",
            Some(false) => "roster-no",
            None => "roster-unknown",
        })
    };
    let address = row.student.address.as_ref().map(|a| {
        let parts = [&a.street, &a.city, &a.state, &a.zip];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
    });
    let line = StudentLine {
        id: String::new(),
        family_name: String::new(),
        given_name: String::new(),
        school: String::new(),
        grade: String::new(),
        address: address.clone().unwrap_or_default(),
        block_group: row.place.block_group.clone(),
        geocode: row.place.geocode.clone(),
        reason: row.place.reason.clone(),
    };
    let page = One {
        school: school.unwrap_or_else(|| row.student.school.clone()),
        grade: row.student.grade.code(),
        address: address.unwrap_or_default(),
        place: place(&p, &line),
        flags: [
            (p.t("roster-frl"), said(row.student.frl)),
            (p.t("roster-ell"), said(row.student.ell)),
            (p.t("roster-iep"), said(row.student.iep)),
        ],
        sections: queries::student_sections(app.db.read(), &district, &id).await?,
        path: escape(&id),
        answered: queries::answered(app.db.read(), &district, &id).await?,
        chances: chances.iter().map(|chance| ChanceView::new(&p, chance)).collect(),
        row,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
