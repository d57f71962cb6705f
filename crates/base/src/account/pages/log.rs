//! The audit log of a district.

use super::page;
use crate::access::Viewer;
use crate::account::{queries, rules};
use crate::app::App;
use crate::audit::{self, Of, Stored};
use crate::error::{Error, Result};
use crate::layout::Frame;
use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use std::collections::HashMap;

/// Entries on a page.
const PAGE: i64 = 50;
/// Entries read at once for the file.
const BATCH: i64 = 1000;
/// The columns of the file; `at_ms` is milliseconds since 1970 UTC.
const HEAD: [&str; 10] = [
    "seq",
    "at_ms",
    "district",
    "account",
    "action",
    "subject_kind",
    "subject",
    "detail",
    "previous",
    "digest",
];

/// An entry as the page shows it.
struct Line {
    seq: i64,
    at: String,
    who: String,
    action: String,
    subject: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "account/templates/audit.html")]
struct AuditPage {
    p: Frame,
    lines: Vec<Line>,
    older: Option<i64>,
    is_newest: bool,
}

/// Where in the log to begin.
#[derive(Deserialize)]
pub struct From {
    before: Option<i64>,
}

/// The log, newest first.
pub async fn audit(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Query(from): Query<From>,
) -> Result<Response> {
    let of = Of { district_id: p.district_id(), everywhere: rules::administers_all(&viewer) };
    let mut stored = audit::list(app.db.read(), of, from.before, PAGE + 1).await?;
    let has_older = stored.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if has_older {
        stored.pop();
    }
    let older = stored.last().map(|entry| entry.seq).filter(|_| has_older);
    let names = queries::account_names(&app.db, p.district_id()).await?;
    let program = p.t("account-audit-program");
    let lines = stored.into_iter().map(|entry| line(entry, &names, &program)).collect();
    page(&AuditPage { p, lines, older, is_newest: from.before.is_none() })
}

/// The entry in words: the person's name where the account is still there, its id otherwise.
fn line(entry: Stored, names: &HashMap<String, String>, program: &str) -> Line {
    let who = match entry.account_id {
        Some(id) => names.get(&id).cloned().unwrap_or(id),
        None => program.to_owned(),
    };
    let subject = match entry.subject_kind.as_str() {
        "account" => names.get(&entry.subject_id).cloned().unwrap_or(entry.subject_id),
        kind => format!("{kind} {}", entry.subject_id),
    };
    let detail = if entry.detail == "null" { String::new() } else { entry.detail };
    Line { seq: entry.seq, at: instant(entry.at_ms), who, action: entry.action, subject, detail }
}

/// A moment as RFC 3339 in UTC, to the second.
fn instant(ms: i64) -> String {
    let moment = jiff::Timestamp::from_second(ms.div_euclid(1000));
    moment.map_or_else(|_| ms.to_string(), |moment| moment.to_string())
}

/// The whole log as CSV, oldest last. It holds all that goes into the digests, so that whoever keeps it can compute
/// them again.
pub async fn audit_csv(State(app): State<App>, p: Frame, viewer: Viewer) -> Result<Response> {
    let district = p.district_id().to_owned();
    let everywhere = rules::administers_all(&viewer);
    let name = format!("audit-{district}.csv");
    let head = csv_lines([HEAD])?;
    // A batch is read when the one before it was sent, so that a log of years is never held as a whole.
    let batches = stream::try_unfold(None, move |before| {
        let (db, district) = (app.db.clone(), district.clone());
        async move {
            let of = Of { district_id: &district, everywhere };
            let batch = audit::list(db.read(), of, before, BATCH).await?;
            let Some(last) = batch.last() else { return Ok(None) };
            Ok::<_, Error>(Some((csv_lines(batch.iter().map(row))?, Some(last.seq))))
        }
    });
    let batches = batches.inspect_err(|error| tracing::error!(%error, "the audit log was sent in part"));
    let body = Body::from_stream(stream::once(async { Ok(head) }).chain(batches));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, body).into_response())
}

/// An entry as a row of the file.
fn row(entry: &Stored) -> [String; 10] {
    [
        entry.seq.to_string(),
        entry.at_ms.to_string(),
        entry.district_id.clone().unwrap_or_default(),
        entry.account_id.clone().unwrap_or_default(),
        entry.action.clone(),
        entry.subject_kind.clone(),
        entry.subject_id.clone(),
        entry.detail.clone(),
        entry.previous.clone(),
        entry.digest.clone(),
    ]
}

/// Rows as CSV.
fn csv_lines<T: AsRef<[u8]>>(rows: impl IntoIterator<Item = [T; 10]>) -> Result<Vec<u8>> {
    let fault = |e: &dyn std::fmt::Display| Error::Internal(format!("csv: {e}"));
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in rows {
        out.write_record(row).map_err(|e| fault(&e))?;
    }
    out.into_inner().map_err(|e| fault(&e))
}
