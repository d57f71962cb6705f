//! Carriers' lines: what each is wanted to be, and what it was seen to be.

use super::columns::{Asking, asking, maps};
use super::{page_links, range};
use crate::access::Action;
use crate::carrier::observed;
use crate::db::Write;
use crate::db::{now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{Upload, UploadForm, count, csv_file, digest, minute};
use crate::layout::{Frame, PageLink, ProblemList};
use crate::queries::{self, LineRow, LineSearch};
use crate::routes::escape;
use crate::rules::columns::File;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::seen::{LineState, Seen, parse_seen};
use evenfield_model::Problems;
use serde::Deserialize;
use serde_json::json;

/// What the list may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    only: String,
    page: Option<i64>,
}

impl Asked {
    fn search(&self) -> LineSearch {
        LineSearch { text: self.q.clone(), differing: self.only == "differing" }
    }

    fn query(&self) -> String {
        format!("q={}&only={}", escape(&self.q), escape(&self.only))
    }
}

struct LineView {
    row: LineRow,
    is_met: bool,
    observed_at: String,
}

#[derive(Template)]
#[template(path = "templates/lines.html")]
struct List {
    p: Frame,
    asked: Asked,
    query: String,
    rows: Vec<LineView>,
    found: String,
    pages: Vec<PageLink>,
    may_manage: bool,
    today: String,
    stored: String,
    is_refused: bool,
    problems: ProblemList,
    asking: Asking,
}

fn view(row: LineRow) -> LineView {
    LineView {
        is_met: row.line.wanted.is_met_by(row.line.observed),
        observed_at: row.line.observed_ms.map(minute).unwrap_or_default(),
        row,
    }
}

/// The list, searched and paged.
pub async fn list(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    render(&app, p, asked, None, (&Problems::default(), nothing())).await
}

fn nothing() -> Asking {
    Asking { file: File::Lines, headings: Vec::new() }
}

/// The page, with how many lines of a file were stored and were not.
async fn render(
    app: &App,
    p: Frame,
    asked: Asked,
    stored: Option<(usize, usize)>,
    (problems, asking): (&Problems, Asking),
) -> Result<Response> {
    let (current, rows) = range(asked.page);
    let page = queries::find_lines(app.db.read(), p.district_id(), &asked.search(), rows).await?;
    let query = asked.query();
    let base = format!("{}?{query}&page=", p.district_path("/lending/lines"));
    let list = List {
        pages: page_links(&base, current, page.found),
        found: count(page.found),
        rows: page.rows.into_iter().map(view).collect(),
        may_manage: p.may(Action::ManageLending),
        today: today().to_string(),
        stored: stored
            .map(|(new, other)| p.tvs("lending-seen-stored", &[("n", new.into()), ("other", other.into())]))
            .unwrap_or_default(),
        is_refused: stored.is_none() && !problems.is_empty(),
        problems: p.problems(problems),
        asking,
        query,
        asked,
        p,
    };
    let status = if list.is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Html(list.render()?)).into_response())
}

/// The list as CSV, as searched.
pub async fn csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let all = (0, i64::from(i32::MAX));
    let page = queries::find_lines(app.db.read(), p.district_id(), &asked.search(), all).await?;
    let header =
        ["iccid", "line_number", "carrier", "plan", "barcode", "wanted", "observed", "observed_utc", "held"];
    let rows = page.rows.into_iter().map(|LineRow { line, device }| {
        [
            line.iccid,
            line.line_number.unwrap_or_default(),
            line.carrier,
            line.plan,
            device.map(|(_, barcode)| barcode).unwrap_or_default(),
            line.wanted.as_str().to_owned(),
            line.observed.as_str().to_owned(),
            line.observed_ms.map(minute).unwrap_or_default(),
            line.hold_reason.unwrap_or_default(),
        ]
    });
    csv_file("lines.csv", &header, rows)
}

/// Stores what a carrier said of its lines as of a time, which is locked: how many lines it is about that the district has. What is known
/// from later stays.
///
/// # Errors
/// The database's.
pub async fn observe(
    tx: &mut Write,
    p: &Frame,
    (bytes, seen): (&[u8], &[Seen]),
    as_of_ms: i64,
) -> Result<usize> {
    let mut stored = 0;
    for state in [LineState::Active, LineState::Suspended, LineState::Ended] {
        let cards: Vec<&str> =
            seen.iter().filter(|line| line.state == state).map(|line| line.iccid.as_str()).collect();
        let observed = (observed(state), as_of_ms);
        stored += queries::observe_many(tx, p.district_id(), &cards, observed).await? as usize;
    }
    let detail = json!({ "digest": digest([bytes]), "lines": stored, "of": seen.len() });
    audit::record(tx, &p.entry("line.load", ("carrier_line", ""), detail)).await?;
    Ok(stored)
}

/// Takes in what the carrier says of its lines as of a day; a file with problems is not stored.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let mut form = UploadForm::read(multipart).await?;
    let Upload { name, bytes } = form.file("file").ok_or(Error::BadRequest("lending-no-file"))?;
    let as_of_ms = as_of(form.text("as_of")).ok_or(Error::BadRequest("lending-wrong-as-of"))?;
    let known = queries::column_maps(app.db.read(), p.district_id()).await?;
    let (seen, problems) = parse_seen(&name, &bytes, &maps(&known, File::Lines));
    if problems.wrong() > 0 {
        let asking = asking(File::Lines, (&name, &bytes), &known);
        return render(&app, p, Asked::default(), None, (&problems, asking)).await;
    }
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let stored = observe(&mut tx, &p, (&bytes, &seen), as_of_ms).await?;
    tx.commit().await?;
    let counts = Some((stored, seen.len() - stored));
    render(&app, p, Asked::default(), counts, (&problems, nothing())).await
}

/// The time that a day stands for: now for today, the end of an earlier one. None for a day that is none or to come.
pub fn as_of(day: &str) -> Option<i64> {
    let day: jiff::civil::Date = day.parse().ok()?;
    if day >= today() {
        return (day == today()).then(now_ms);
    }
    let next = day.tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight());
    let end = jiff::tz::TimeZone::UTC.to_timestamp(next).ok()?.as_millisecond() - 1;
    (end > 0).then_some(end)
}
