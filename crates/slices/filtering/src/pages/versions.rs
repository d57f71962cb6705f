//! The versions of the policy that concern a district, and the texts by which each is explained when its file is gone.

use crate::error::{Error, Result};
use crate::exchange::{attachment, csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, DistrictVersion};
use crate::rules::kept::Kept;
use crate::rules::lists::Listed;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

/// Rows that a page shows; the CSV has all.
const SHOWN: i64 = 200;

#[derive(Template)]
#[template(path = "templates/versions.html")]
struct VersionsPage {
    p: Frame,
    rows: Vec<(DistrictVersion, String)>,
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let rows = queries::versions(app.db.read(), p.district_id(), SHOWN).await?;
    let rows = rows.into_iter().map(|row| (row.clone(), minute(row.created_s * 1000))).collect();
    Ok(Html(VersionsPage { rows, p }.render()?).into_response())
}

/// All of them as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let rows = queries::versions(app.db.read(), p.district_id(), i64::MAX).await?;
    let rows = rows
        .into_iter()
        .map(|v| [v.version.to_string(), minute(v.created_s * 1000), v.digest, v.settings, v.answers]);
    let header = ["policy_version", "made_utc", "policy_digest", "settings_sha256", "answers_sha256"];
    csv_file("policy-versions.csv", &header, rows)
}

/// What a version was made of, as text: its lists, the settings as far as they are about the district, and its answers.
pub async fn text(
    State(app): State<App>,
    p: Frame,
    Path((_, number)): Path<(String, String)>,
) -> Result<Response> {
    let (db, district) = (app.db.read(), p.district_id());
    let number: i64 = number.parse().map_err(|_| Error::NotFound)?;
    let version = queries::version(db, district, number).await?.ok_or(Error::NotFound)?;
    // The settings may name students.
    let subject = ("policy_version", number.to_string());
    audit::record_look(&app.db, &p.entry("version.download", (subject.0, &subject.1), json!(null))).await?;
    let lists: Vec<Listed> = serde_json::from_str(&version.lists_json).unwrap_or_default();
    let mut text = format!(
        "policy version {number}\nmade {} UTC\ndigest {}\ndistrict {district}\n\n== lists: name, category, version, names\n",
        minute(version.created_s * 1000),
        version.digest
    );
    for list in lists {
        text.push_str(&format!("{}, {}, {}, {}\n", list.name, list.category, list.version, list.names));
    }
    for (title, id) in [("settings", version.settings), ("answers", version.answers)] {
        let body = queries::kept_text(db, district, &id).await?;
        let said = match body.map(|body| Kept { id: id.clone(), body }) {
            _ if id.is_empty() => "(made by an earlier release, which kept no text)\n".to_owned(),
            Some(kept) => kept.text().ok_or_else(|| Error::Internal(format!("text {id} is damaged")))?,
            None => return Err(Error::Internal(format!("text {id} is not there"))),
        };
        text.push_str(&format!("\n== {title}: SHA-256 {id}\n{said}"));
    }
    Ok(attachment(&format!("policy-{district}-{number}.txt"), "text/plain; charset=utf-8", text.into_bytes()))
}
