//! Labels to print: the barcode of each device as bars and as a square.

use crate::error::Result;
use crate::layout::Frame;
use crate::queries::{self, DeviceRow, Search};
use crate::rules::code128::bars;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::Kind;
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;

/// The most labels on one page: more of them make browsers slow.
const MOST: i64 = 600;

/// A sheet of labels: its word in addresses and style sheets, and how many labels it has.
pub const SHEETS: [(&str, u32); 4] = [("letter30", 30), ("letter10", 10), ("letter80", 80), ("roll", 1)];
/// What a label may have: both, the bars or the square.
pub const CODES: [&str; 3] = ["both", "bars", "square"];

/// What is asked for: devices as the list finds them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    kind: String,
    state: String,
    /// The sheet.
    sheet: String,
    /// What is on a label.
    code: String,
    /// Labels of the first sheet that are used already.
    skip: String,
}

/// A drawing of dark modules on a light ground.
struct Drawing {
    /// How wide it is, modules.
    width: u32,
    /// What is dark, as the path of an SVG.
    path: String,
}

struct Label {
    barcode: String,
    what: String,
    bars: Option<Drawing>,
    square: Option<Drawing>,
}

#[derive(Template)]
#[template(path = "templates/labels.html")]
struct Page {
    p: Frame,
    asked: Asked,
    sheet: &'static str,
    code: &'static str,
    skip: u32,
    labels: Vec<Label>,
    found: i64,
    is_cut: bool,
}

/// The bars of a text, one module high, with the ten light modules that must be left before and after them. A character that has no sign
/// makes none.
fn drawn_bars(text: &str) -> Option<Drawing> {
    let (bars, width) = bars(text)?;
    let path = bars.into_iter().fold(String::new(), |mut path, (at, width)| {
        let _ = write!(path, "M{} 0h{width}v1h-{width}z", at + 10);
        path
    });
    Some(Drawing { width: width + 20, path })
}

/// The square of a text, with the four light modules around it.
fn drawn_square(text: &str) -> Option<Drawing> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for (y, x) in (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (y, x))) {
        if code.get_module(x, y) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + 4, y + 4);
        }
    }
    Some(Drawing { width: u32::try_from(code.size() + 8).ok()?, path })
}

/// The square of a text as (width, path): for other pages that show one.
pub fn square(text: &str) -> Option<(u32, String)> {
    drawn_square(text).map(|drawing| (drawing.width, drawing.path))
}

fn label(row: DeviceRow, code: &str) -> Label {
    let device = row.device;
    let is = |what: &str| code == "both" || code == what;
    Label {
        bars: is("bars").then(|| drawn_bars(&device.barcode)).flatten(),
        square: is("square").then(|| drawn_square(&device.barcode)).flatten(),
        what: format!("{} {}", device.make, device.model).trim().to_owned(),
        barcode: device.barcode,
    }
}

/// The labels of the devices that the list finds.
pub async fn page(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let search = Search { text: asked.q.clone(), kind: asked.kind.clone(), state: asked.state.clone() };
    let found = queries::find(app.db.read(), p.district_id(), &search, (0, MOST)).await?;
    let (sheet, on_sheet) = SHEETS.into_iter().find(|(word, _)| *word == asked.sheet).unwrap_or(SHEETS[0]);
    let code = CODES.into_iter().find(|word| *word == asked.code).unwrap_or(CODES[0]);
    let detail = json!({ "labels": found.rows.len() });
    audit::record_look(&app.db, &p.entry("device.labels", ("lending_device", ""), detail)).await?;
    let page = Page {
        skip: asked.skip.trim().parse::<u32>().unwrap_or_default().min(on_sheet - 1),
        is_cut: found.found > MOST,
        found: found.found,
        labels: found.rows.into_iter().map(|row| label(row, code)).collect(),
        sheet,
        code,
        asked,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
