//! Carriers' lines: what each is wanted to be, and what it was seen to be.

use super::{page_links, range};
use crate::App;
use crate::error::Result;
use crate::exchange::{count, csv_file, minute};
use crate::layout::{Frame, PageLink};
use crate::lending::queries::{self, LineRow, LineSearch};
use crate::routes::escape;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

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
#[template(path = "lending/templates/lines.html")]
struct List {
    p: Frame,
    asked: Asked,
    query: String,
    rows: Vec<LineView>,
    found: String,
    pages: Vec<PageLink>,
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
    let (current, rows) = range(asked.page);
    let page = queries::find_lines(app.db.read(), p.district_id(), &asked.search(), rows).await?;
    let query = asked.query();
    let base = format!("{}?{query}&page=", p.district_path("/lending/lines"));
    let list = List {
        pages: page_links(&base, current, page.found),
        found: count(page.found),
        rows: page.rows.into_iter().map(view).collect(),
        query,
        asked,
        p,
    };
    Ok(Html(list.render()?).into_response())
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
