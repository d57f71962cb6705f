//! The inventory from a file.

use super::columns::{Asking, asking, maps};
use crate::db::{Write, new_id, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{Upload, UploadForm, digest};
use crate::layout::{Frame, ProblemList};
use crate::queries;
use crate::rules::columns::File;
use crate::rules::inventory::{Changes, Device, cards_to_settle, changes};
use crate::{App, audit};
use askama::Template;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::{Item, parse};
use evenfield_gap::read::ColumnMap;
use evenfield_model::Problems;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;

/// The largest file of devices, bytes.
pub const UPLOAD_BYTES: usize = 32 * 1024 * 1024;

#[derive(Template)]
#[template(path = "templates/upload.html")]
struct Page {
    p: Frame,
    stored: String,
    problems: ProblemList,
    /// Whether nothing was stored because of the problems.
    is_refused: bool,
    asking: Asking,
}

/// What the form may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `columns`: those of a file were just kept.
    said: String,
}

/// The form.
pub async fn page(p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let kept = if asked.said == "columns" { p.t("columns-kept") } else { String::new() };
    let asking = Asking { file: File::Devices, headings: Vec::new() };
    render(p, kept, (false, &Problems::default()), asking)
}

fn render(
    p: Frame,
    stored: String,
    (is_refused, problems): (bool, &Problems),
    asking: Asking,
) -> Result<Response> {
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { stored, problems: p.problems(problems), is_refused, asking, p };
    Ok((status, Html(page.render()?)).into_response())
}

/// Reads a file of devices, by the maps of the district.
///
/// # Errors
/// When the reader breaks.
pub async fn read(file: &Arc<Upload>, maps: Vec<ColumnMap>) -> Result<(Vec<Item>, Problems)> {
    let of = file.clone();
    // Reading a workbook takes a while, and others are served on this thread.
    let parsed = tokio::task::spawn_blocking(move || parse(&of.name, &of.bytes, &maps)).await;
    parsed.map_err(|e| Error::Internal(format!("reading devices: {e}")))
}

/// Lays what was read of a file over the inventory, which is locked. One with problems is not stored.
///
/// # Errors
/// The database's.
pub async fn lay(
    tx: &mut Write,
    p: &Frame,
    (file, items): (&Upload, &[Item]),
    problems: &mut Problems,
) -> Result<Option<Changes>> {
    if problems.wrong() > 0 {
        return Ok(None);
    }
    let district = p.district_id();
    let devices = queries::all_devices(tx, district).await?;
    let lines = queries::all_lines(tx, district).await?;
    check_barcodes(tx, district, (&file.name, items), &devices, problems).await?;
    let changes = changes(&file.name, items, &devices, &lines, &mut new_id, problems);
    if problems.wrong() > 0 {
        return Ok(None);
    }
    let by = (p.account_id().unwrap_or_default(), now_ms());
    queries::put_lines(tx, district, &changes.lines, by.1).await?;
    queries::put_devices(tx, district, &changes.devices, by).await?;
    queries::settle(tx, district, &cards_to_settle(&devices, &changes), by.1).await?;
    let detail = json!({
        "digest": digest([file.bytes.as_slice()]),
        "new": changes.new,
        "changed": changes.changed,
        "same": changes.same,
        "lines": changes.lines.len(),
    });
    audit::record(tx, &p.entry("inventory.load", ("lending_device", ""), detail)).await?;
    Ok(Some(changes))
}

/// Takes in a file.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let file = UploadForm::read(multipart).await?.file("file").ok_or(Error::BadRequest("lending-no-file"))?;
    let file = Arc::new(file);
    let known = queries::column_maps(app.db.read(), p.district_id()).await?;
    let (items, mut problems) = read(&file, maps(&known, File::Devices)).await?;
    let mut stored = None;
    if problems.wrong() == 0 {
        let mut tx = app.db.write().await?;
        queries::lock(&mut tx, p.district_id()).await?;
        stored = lay(&mut tx, &p, (&file, &items), &mut problems).await?;
        tx.commit().await?;
    }
    match stored {
        Some(changes) => {
            let counts = [("new", changes.new), ("changed", changes.changed), ("same", changes.same)];
            let said = p.tvs("lending-upload-stored", &counts.map(|(name, n)| (name, n.into())));
            let asking = Asking { file: File::Devices, headings: Vec::new() };
            render(p, said, (false, &problems), asking)
        }
        None => {
            let asking = asking(File::Devices, (&file.name, &file.bytes), &known);
            render(p, String::new(), (true, &problems), asking)
        }
    }
}

/// A new device whose barcode is a student's number is a problem: at the counter nobody could tell which of them is scanned.
async fn check_barcodes(
    tx: &mut Write,
    district: &str,
    (file, items): (&str, &[Item]),
    devices: &[Device],
    problems: &mut Problems,
) -> Result<()> {
    let known: HashSet<&str> = devices.iter().map(|device| device.barcode.as_str()).collect();
    let new: Vec<&Item> = items.iter().filter(|item| !known.contains(item.barcode.as_str())).collect();
    let barcodes: Vec<&str> = new.iter().map(|item| item.barcode.as_str()).collect();
    let taken: HashSet<String> =
        queries::students_among(tx, district, &barcodes).await?.into_iter().collect();
    for item in new.iter().filter(|item| taken.contains(&item.barcode)) {
        let wanted = "a barcode that is no student's number";
        problems.push(file, item.line, "barcode", item.barcode.as_str(), wanted);
    }
    Ok(())
}
