//! The inventory from a file.

use crate::db::{Write, new_id, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, digest};
use crate::layout::{Frame, ProblemList};
use crate::lending::queries;
use crate::lending::rules::inventory::{Changes, Device, cards_to_settle, changes};
use crate::{App, audit};
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::{Item, parse};
use evenfield_model::Problems;
use serde_json::json;
use std::collections::HashSet;

/// The largest file of devices, bytes.
pub const UPLOAD_BYTES: usize = 32 * 1024 * 1024;

#[derive(Template)]
#[template(path = "lending/templates/upload.html")]
struct Page {
    p: Frame,
    stored: String,
    problems: ProblemList,
    /// Whether nothing was stored because of the problems.
    is_refused: bool,
}

/// The form.
pub async fn page(p: Frame) -> Result<Response> {
    render(p, None, &Problems::default())
}

fn render(p: Frame, stored: Option<&Changes>, problems: &Problems) -> Result<Response> {
    let is_refused = stored.is_none() && !problems.is_empty();
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let counts = |changes: &Changes| {
        let counts = [("new", changes.new), ("changed", changes.changed), ("same", changes.same)];
        p.tvs("lending-upload-stored", &counts.map(|(name, n)| (name, n.into())))
    };
    let page = Page {
        stored: stored.map(counts).unwrap_or_default(),
        problems: p.problems(problems),
        is_refused,
        p,
    };
    Ok((status, Html(page.render()?)).into_response())
}

/// Lays a file over the inventory. One with problems is not stored.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let district = p.district_id().to_owned();
    let file = UploadForm::read(multipart).await?.file("file").ok_or(Error::BadRequest("lending-no-file"))?;
    let sent = digest([file.bytes.as_slice()]);
    let name = file.name.clone();
    // Reading a workbook takes a while, and others are served on this thread.
    let parsed = tokio::task::spawn_blocking(move || parse(&file.name, &file.bytes)).await;
    let (items, mut problems) = parsed.map_err(|e| Error::Internal(format!("reading devices: {e}")))?;
    if problems.wrong() > 0 {
        return render(p, None, &problems);
    }
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, &district).await?;
    let devices = queries::all_devices(&mut tx, &district).await?;
    let lines = queries::all_lines(&mut tx, &district).await?;
    check_barcodes(&mut tx, &district, (&name, &items), &devices, &mut problems).await?;
    let changes = changes(&name, &items, &devices, &lines, &mut new_id, &mut problems);
    if problems.wrong() > 0 {
        return render(p, None, &problems);
    }
    let by = (p.account_id().unwrap_or_default(), now_ms());
    queries::put_lines(&mut tx, &district, &changes.lines, by.1).await?;
    queries::put_devices(&mut tx, &district, &changes.devices, by).await?;
    queries::settle(&mut tx, &district, &cards_to_settle(&devices, &changes), by.1).await?;
    let detail = json!({
        "digest": sent,
        "new": changes.new,
        "changed": changes.changed,
        "same": changes.same,
        "lines": changes.lines.len(),
    });
    audit::record(&mut tx, &p.entry("inventory.load", ("lending_device", ""), detail)).await?;
    tx.commit().await?;
    render(p, Some(&changes), &problems)
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
