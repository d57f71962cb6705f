//! The audit log of a district.

use super::page;
use crate::access::Viewer;
use crate::account::{queries, rules};
use crate::app::App;
use crate::audit::{self, Of, Stored};
use crate::error::{Error, Result};
use crate::layout::Frame;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
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
    let fault = |e: &dyn std::fmt::Display| Error::Internal(format!("csv: {e}"));
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(HEAD).map_err(|e| fault(&e))?;
    let of = Of { district_id: p.district_id(), everywhere: rules::administers_all(&viewer) };
    let mut before = None;
    loop {
        let batch = audit::list(app.db.read(), of, before, BATCH).await?;
        let Some(last) = batch.last() else { break };
        before = Some(last.seq);
        for entry in &batch {
            let row = [
                &entry.seq.to_string(),
                &entry.at_ms.to_string(),
                entry.district_id.as_deref().unwrap_or_default(),
                entry.account_id.as_deref().unwrap_or_default(),
                &entry.action,
                &entry.subject_kind,
                &entry.subject_id,
                &entry.detail,
                &entry.previous,
                &entry.digest,
            ];
            out.write_record(row).map_err(|e| fault(&e))?;
        }
    }
    let bytes = out.into_inner().map_err(|e| fault(&e))?;
    let name = format!("audit-{}.csv", p.district_id());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}
