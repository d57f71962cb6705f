//! The inventory: the list of devices, and one of them.

use super::{page_links, range};
use crate::access::Action;
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file, minute};
use crate::layout::{Frame, PageLink};
use crate::queries::{self, DeviceRow, Loan, Search};
use crate::routes::escape;
use crate::rules::inventory::{Device, Line, dollars};
use crate::rules::state::State as Where;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::Kind;
use serde::Deserialize;
use serde_json::json;

/// What the list may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    kind: String,
    state: String,
    page: Option<i64>,
}

impl Asked {
    fn search(&self) -> Search {
        Search { text: self.q.clone(), kind: self.kind.clone(), state: self.state.clone() }
    }

    fn query(&self) -> String {
        format!("q={}&kind={}&state={}", escape(&self.q), escape(&self.kind), escape(&self.state))
    }
}

#[derive(Template)]
#[template(path = "templates/devices.html")]
struct List {
    p: Frame,
    asked: Asked,
    query: String,
    rows: Vec<DeviceRow>,
    found: String,
    pages: Vec<PageLink>,
    may_manage: bool,
}

/// The list, searched and paged.
pub async fn list(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let (current, rows) = range(asked.page);
    let page = queries::find(app.db.read(), p.district_id(), &asked.search(), rows).await?;
    let query = asked.query();
    let base = format!("{}?{query}&page=", p.district_path("/lending/devices"));
    let view = List {
        pages: page_links(&base, current, page.found),
        found: count(page.found),
        rows: page.rows,
        may_manage: p.may(Action::ManageLending),
        query,
        asked,
        p,
    };
    Ok(Html(view.render()?).into_response())
}

/// The list as CSV, as searched, with the columns that a file may have.
pub async fn csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let all = (0, i64::from(i32::MAX));
    let page = queries::find(app.db.read(), p.district_id(), &asked.search(), all).await?;
    let header = [
        "barcode",
        "type",
        "make",
        "model",
        "serial",
        "imei",
        "iccid",
        "line_number",
        "carrier",
        "plan",
        "funding_source",
        "cost",
        "condition",
        "location",
        "state",
    ];
    let text = |text: Option<String>| text.unwrap_or_default();
    let rows = page.rows.into_iter().map(|DeviceRow { device, line_number, carrier, plan }| {
        [
            device.barcode,
            device.kind.as_str().to_owned(),
            device.make,
            device.model,
            text(device.serial),
            text(device.imei),
            text(device.iccid),
            text(line_number),
            carrier,
            plan,
            device.funding,
            device.cost_cents.map(dollars).unwrap_or_default(),
            device.condition.as_str().to_owned(),
            device.location,
            device.state.as_str().to_owned(),
        ]
    });
    csv_file("devices.csv", &header, rows)
}

#[derive(Template)]
#[template(path = "templates/device.html")]
struct One {
    p: Frame,
    device: Device,
    line: Option<Line>,
    cost: String,
    may_manage: bool,
    /// Where staff may put it.
    moves: &'static [Where],
    loans: Vec<Past>,
    /// The last day of the warranty.
    warranty: Option<String>,
    /// What it is without.
    lacking: Vec<String>,
}

/// A loan of the device, in words.
struct Past {
    /// The student's id, and the same as a part of an address.
    student: (String, String),
    out: String,
    due: String,
    /// When it was back, or what else became of it.
    end: String,
    lost: String,
    /// How it came back.
    noted: String,
}

/// That it came back damaged, and what was missing.
fn noted(p: &Frame, loan: &Loan) -> String {
    let damaged = loan.damaged_ms.map(|_| p.t("lending-damaged"));
    let missing = loan.missing.as_deref().map(|what| p.tv("lending-missing-what", "what", what));
    [damaged, missing].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl Past {
    fn new(p: &Frame, loan: Loan) -> Self {
        Self {
            end: match (loan.undone_ms, loan.in_ms, loan.gone_ms) {
                (Some(_), _, _) => p.t("lending-history-undone"),
                (None, Some(ms), _) => minute(ms),
                (None, None, Some(_)) => p.t("lending-history-gone"),
                (None, None, None) => p.t("lending-history-open"),
            },
            noted: noted(p, &loan),
            out: minute(loan.out_ms),
            due: loan.due_on,
            lost: loan.lost_ms.map(minute).unwrap_or_default(),
            student: (escape(&loan.student_id), loan.student_id),
        }
    }
}

/// A device, and the line of the card in it.
pub async fn device_and_line(app: &App, p: &Frame, id: &str) -> Result<(Device, Option<Line>)> {
    let device = queries::device(app.db.read(), p.district_id(), id).await?.ok_or(Error::NotFound)?;
    let line = match &device.iccid {
        Some(iccid) => queries::line_of_card(app.db.read(), p.district_id(), iccid).await?,
        None => None,
    };
    Ok((device, line))
}

/// One device.
pub async fn one(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let (device, line) = device_and_line(&app, &p, &id).await?;
    let may_manage = p.may(Action::ManageLending);
    let loans = queries::loans_of_device(app.db.read(), p.district_id(), &id).await?;
    if !loans.is_empty() {
        let students: Vec<&str> = loans.iter().map(|loan| loan.student_id.as_str()).collect();
        let looked = json!({ "students": students });
        audit::record_look(&app.db, &p.entry("lending.history", ("lending_device", &id), looked)).await?;
    }
    let page = One {
        lacking: queries::lacking(app.db.read(), p.district_id(), &id).await?,
        warranty: queries::warranty(app.db.read(), p.district_id(), &id).await?,
        loans: loans.into_iter().map(|loan| Past::new(&p, loan)).collect(),
        cost: device.cost_cents.map(dollars).unwrap_or_default(),
        moves: if may_manage { device.state.by_hand() } else { &[] },
        may_manage,
        line,
        device,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
