//! Files that programs send: devices, what carriers say that lines are, and what they say that lines used. The body is the file.

use super::super::columns::maps;
use super::super::{lines, upload, usage};
use super::deed::{Begun, begin};
use super::{Answer, Field, Problem};
use crate::App;
use crate::exchange::Upload;
use crate::layout::Frame;
use crate::queries;
use crate::rules::columns::File;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use evenfield_gap::inventory::seen::parse_seen;
use evenfield_gap::inventory::usage::parse_usage;
use evenfield_model::Problems;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub const DEVICES: [Field; 3] = [
    ("new", "integer", "Devices that are new."),
    ("changed", "integer", "Devices that are not as they were."),
    ("same", "integer", "Devices that are as they were."),
];
pub const LINES: [Field; 2] = [
    ("stored", "integer", "Of how many lines something was stored."),
    ("passed", "integer", "How many the district does not have, or knows something newer of."),
];
/// What every file takes.
pub const NAME: Field =
    ("name", "string", "The file's name, for what is said of it; a CSV file or an Excel workbook.");

/// What is said of a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    name: String,
    as_of: String,
    unit: String,
    base: String,
    day: String,
    counting: String,
}

impl Said {
    fn all(&self) -> [&[u8]; 6] {
        [&self.name, &self.as_of, &self.unit, &self.base, &self.day, &self.counting]
            .map(|text| text.as_bytes())
    }
}

/// So many problems are said.
const SHOWN: usize = 20;

/// That a file is not stored, and why: line, column, what is said, what is wanted.
fn refused(problems: &Problems) -> Problem {
    let some = problems.kept().iter().take(SHOWN);
    let lines: Vec<String> =
        some.map(|p| format!("line {}, {}: `{}`; wanted: {}", p.line, p.column, p.said, p.wanted)).collect();
    let title =
        format!("The file has {} problems. Nothing was stored. {}", problems.found(), lines.join(" | "));
    Problem::new(StatusCode::BAD_REQUEST, title)
}

pub async fn devices(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    Query(said): Query<Said>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    // Who may not is told so before the file is read.
    super::enter(&app, p.clone(), &headers, (&district, "devices-write")).await?;
    let known = queries::column_maps(app.db.read(), &district).await?;
    let file = Arc::new(Upload { name: said.name.clone(), bytes: body.to_vec() });
    let (items, mut problems) = upload::read(&file, maps(&known, File::Devices)).await?;
    let sent = said.all().into_iter().chain([&body[..]]).collect::<Vec<_>>();
    let mut deed = match begin(&app, p, &headers, (&district, "devices-write"), &sent).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    let stored = upload::lay(&mut deed.tx, &deed.p, (&file, &items), &mut problems).await?;
    let changes = stored.ok_or_else(|| refused(&problems))?;
    deed.end(&json!({ "new": changes.new, "changed": changes.changed, "same": changes.same })).await
}

pub async fn lines(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    Query(said): Query<Said>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    super::enter(&app, p.clone(), &headers, (&district, "lines-write")).await?;
    let wrong =
        || Problem::new(StatusCode::BAD_REQUEST, "`as_of` is to be a day that is not to come, 2027-06-01.");
    let as_of_ms = lines::as_of(&said.as_of).ok_or_else(wrong)?;
    let known = queries::column_maps(app.db.read(), &district).await?;
    let (seen, problems) = parse_seen(&said.name, &body, &maps(&known, File::Lines));
    let sent = said.all().into_iter().chain([&body[..]]).collect::<Vec<_>>();
    let mut deed = match begin(&app, p, &headers, (&district, "lines-write"), &sent).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    if problems.wrong() > 0 {
        return Err(refused(&problems));
    }
    let stored = lines::observe(&mut deed.tx, &deed.p, (&body, &seen), as_of_ms).await?;
    deed.end(&json!({ "stored": stored, "passed": seen.len() - stored })).await
}

pub async fn used(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    Query(said): Query<Said>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    super::enter(&app, p.clone(), &headers, (&district, "lines-write")).await?;
    let meant = usage::meant(&said.unit, &said.base, &said.day, &said.counting);
    let wrong =
        "`unit` (bytes, kb, mb, gb), `base` (1000, 1024), `day` and `counting` (within, since) are wanted.";
    let meant = meant.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, wrong))?;
    let known = queries::column_maps(app.db.read(), &district).await?;
    let (used, problems) = parse_usage(&said.name, &body, meant.0, &maps(&known, File::Usage));
    let sent = said.all().into_iter().chain([&body[..]]).collect::<Vec<_>>();
    let mut deed = match begin(&app, p, &headers, (&district, "lines-write"), &sent).await? {
        Begun::Again(reply) => return Ok(reply),
        Begun::Fresh(deed) => deed,
    };
    if problems.wrong() > 0 {
        return Err(refused(&problems));
    }
    let (stored, passed) = usage::put(&mut deed.tx, &deed.p, (&body, &used), meant).await?;
    deed.end(&json!({ "stored": stored, "passed": passed })).await
}
