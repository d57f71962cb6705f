//! Which versions of the policy one edge had, and when.

use crate::App;
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, EdgeVersion};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};

/// Rows that a page shows; the CSV has all.
const SHOWN: i64 = 200;

#[derive(Template)]
#[template(path = "templates/history.html")]
struct HistoryPage {
    p: Frame,
    id: String,
    name: String,
    rows: Vec<Row>,
}

struct Row {
    /// Empty where it had none, or one that this portal does not know.
    version: String,
    digest: String,
    first: String,
    last: String,
}

impl Row {
    fn of(row: &EdgeVersion) -> Self {
        Self {
            version: if row.version == 0 { String::new() } else { row.version.to_string() },
            digest: row.digest.clone(),
            first: minute(row.first_ms),
            last: minute(row.last_ms),
        }
    }
}

/// The edge's name.
async fn name(app: &App, p: &Frame, id: &str) -> Result<String> {
    let edges = queries::edges(app.db.read(), p.district_id()).await?;
    let edge = edges.into_iter().find(|edge| edge.id == id).ok_or(Error::NotFound)?;
    Ok(edge.name)
}

/// The page.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let name = name(&app, &p, &id).await?;
    let rows = queries::edge_versions(app.db.read(), p.district_id(), Some(&id), SHOWN).await?;
    let page = HistoryPage { rows: rows.iter().map(Row::of).collect(), id, name, p };
    Ok(Html(page.render()?).into_response())
}

/// The same as CSV.
pub async fn csv(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    name(&app, &p, &id).await?;
    let rows = queries::edge_versions(app.db.read(), p.district_id(), Some(&id), i64::MAX).await?;
    let rows = rows.iter().map(|row| {
        let Row { version, digest, first, last } = Row::of(row);
        [version, digest, first, last]
    });
    let header = ["policy_version", "policy_digest", "first_said_utc", "last_said_utc"];
    csv_file("edge-versions.csv", &header, rows)
}
