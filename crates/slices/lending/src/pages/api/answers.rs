//! What programs may look at.

use super::{Answer, Field, Problem, answer, enter};
use crate::error::Error;
use crate::layout::Frame;
use crate::queries::{self, DeviceRow, LineSearch, Record, Search};
use crate::{App, audit};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

pub const DEVICE: [Field; 12] = [
    ("id", "string", "Its id."),
    ("barcode", "string", "What the counter scans."),
    ("kind", "string", "hotspot, laptop, tablet, modem, router or other."),
    ("make", "string", "Who made it."),
    ("model", "string", "What the maker calls it."),
    ("serial", "string or null", "Its serial."),
    ("imei", "string or null", "15 digits."),
    ("iccid", "string or null", "The card in it."),
    ("funding", "string", "Who paid for it."),
    ("condition", "string", "new, good, fair, poor or broken."),
    ("location", "string", "Where it belongs."),
    ("state", "string", "here, lent, lost, repair or retired."),
];
pub const LOAN: [Field; 9] = [
    ("id", "string", "Its id."),
    ("device", "string", "The device's id."),
    ("barcode", "string", "The device's barcode."),
    ("student", "string", "The student's id."),
    ("lent", "string", "When it began (RFC 3339)."),
    ("due", "string", "The day on which it is to be back."),
    ("back", "string or null", "When the device was back."),
    ("lost", "string or null", "Since when nobody knows where it is."),
    ("given_up", "string or null", "When it was given up as lost."),
];
pub const LINE: [Field; 8] = [
    ("id", "string", "Its id."),
    ("iccid", "string", "The card's number."),
    ("number", "string or null", "10 digits."),
    ("carrier", "string", "Whose network it is on."),
    ("plan", "string", "What is paid for."),
    ("wanted", "string", "active, parked, suspended or ended."),
    ("observed", "string", "active, suspended, ended or unknown."),
    ("barcode", "string or null", "The barcode of the device that the card is in."),
];
pub const REQUEST: [Field; 7] = [
    ("id", "string", "Its id."),
    ("student", "string", "The student's id."),
    ("asked", "string", "When it was made."),
    ("access", "string", "none, phone, poor or good: the Internet at home."),
    ("barrier", "string", "unavailable, cost or other."),
    ("state", "string", "waiting or offered."),
    ("offered_until", "string or null", "Until when the offer holds."),
];
pub const CASE: [Field; 6] = [
    ("id", "string", "Its id."),
    ("loan", "string", "The loan's id."),
    ("student", "string", "The student's id."),
    ("barcode", "string", "The device's barcode."),
    ("trouble", "string", "power, internet, slow, broken or other."),
    ("opened", "string", "Since when."),
];

/// What a list may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    offset: i64,
    limit: Option<i64>,
    q: String,
    state: String,
    kind: String,
    open: bool,
}

type Query_ = Result<Query<Asked>, axum::extract::rejection::QueryRejection>;

impl Asked {
    fn of(query: Query_) -> Result<Self, Problem> {
        let wrong = |_| Problem::new(StatusCode::BAD_REQUEST, "The query has a value that does not fit.");
        query.map(|Query(asked)| asked).map_err(wrong)
    }

    fn range(&self) -> (i64, i64) {
        (self.offset.clamp(0, i64::from(i32::MAX)), self.limit.unwrap_or(100).clamp(1, 1_000))
    }

    /// The part of a list that is asked for.
    fn cut<T>(&self, all: Vec<T>) -> (i64, Vec<T>) {
        let (offset, limit) = self.range();
        let found = all.len() as i64;
        (found, all.into_iter().skip(offset as usize).take(limit as usize).collect())
    }
}

fn time(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|time| time.to_string())
}

fn when(ms: Option<i64>) -> Option<String> {
    ms.and_then(time)
}

fn list(found: i64, items: Vec<Value>) -> Answer {
    Ok(answer(StatusCode::OK, &json!({ "found": found, "items": items })))
}

/// Writes down whose records were looked at.
async fn looked(app: &App, p: &Frame, action: &str, students: &[&str]) -> Result<(), Problem> {
    let entry = p.entry(action, ("student", ""), json!({ "students": students }));
    Ok(audit::record_look(&app.db, &entry).await?)
}

fn of_device(device: &crate::rules::inventory::Device) -> Value {
    json!({
        "id": device.id,
        "barcode": device.barcode,
        "kind": device.kind.as_str(),
        "make": device.make,
        "model": device.model,
        "serial": device.serial,
        "imei": device.imei,
        "iccid": device.iccid,
        "funding": device.funding,
        "condition": device.condition.as_str(),
        "location": device.location,
        "state": device.state.as_str(),
    })
}

pub async fn devices(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    query: Query_,
) -> Answer {
    let p = enter(&app, p, &headers, (&district, "devices")).await?;
    let asked = Asked::of(query)?;
    let search = Search { text: asked.q.clone(), kind: asked.kind.clone(), state: asked.state.clone() };
    let page = queries::find(app.db.read(), p.district_id(), &search, asked.range()).await?;
    let item = |row: &DeviceRow| of_device(&row.device);
    list(page.found, page.rows.iter().map(item).collect())
}

pub async fn device(
    State(app): State<App>,
    p: Frame,
    Path((district, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let p = enter(&app, p, &headers, (&district, "devices")).await?;
    let device = queries::device(app.db.read(), p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    Ok(answer(StatusCode::OK, &of_device(&device)))
}

pub async fn loans(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    query: Query_,
) -> Answer {
    let p = enter(&app, p, &headers, (&district, "loans")).await?;
    let asked = Asked::of(query)?;
    let (found, records) =
        queries::records_page(app.db.read(), p.district_id(), asked.open, asked.range()).await?;
    let students: Vec<&str> = records.iter().map(|record| record.loan.student_id.as_str()).collect();
    looked(&app, &p, "api.loans", &students).await?;
    let item = |Record { device, loan, .. }: &Record| {
        json!({
            "id": loan.id,
            "device": loan.device_id,
            "barcode": device.barcode,
            "student": loan.student_id,
            "lent": time(loan.out_ms),
            "due": loan.due_on,
            "back": when(loan.in_ms),
            "lost": when(loan.lost_ms),
            "given_up": when(loan.gone_ms),
        })
    };
    list(found, records.iter().map(item).collect())
}

pub async fn lines(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    query: Query_,
) -> Answer {
    let p = enter(&app, p, &headers, (&district, "lines")).await?;
    let asked = Asked::of(query)?;
    let search = LineSearch { text: asked.q.clone(), differing: false };
    let page = queries::find_lines(app.db.read(), p.district_id(), &search, asked.range()).await?;
    let items = page.rows.iter().map(|row| {
        json!({
            "id": row.line.id,
            "iccid": row.line.iccid,
            "number": row.line.line_number,
            "carrier": row.line.carrier,
            "plan": row.line.plan,
            "wanted": row.line.wanted.as_str(),
            "observed": row.line.observed.as_str(),
            "barcode": row.device.as_ref().map(|(_, barcode)| barcode),
        })
    });
    list(page.found, items.collect())
}

pub async fn requests(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    query: Query_,
) -> Answer {
    let p = enter(&app, p, &headers, (&district, "requests")).await?;
    let asked = Asked::of(query)?;
    let mut read = app.db.read().acquire().await?;
    let all = queries::open_requests(&mut read, p.district_id()).await?;
    drop(read);
    let (found, rows) = asked.cut(all);
    let students: Vec<&str> = rows.iter().map(|row| row.student.as_str()).collect();
    looked(&app, &p, "api.requests", &students).await?;
    let items = rows.iter().map(|row| {
        json!({
            "id": row.facts.id,
            "student": row.student,
            "asked": time(row.facts.asked_ms),
            "access": row.facts.access.as_str(),
            "barrier": row.facts.barrier.as_str(),
            "state": row.state,
            "offered_until": when(row.expires_ms),
        })
    });
    list(found, items.collect())
}

pub async fn cases(
    State(app): State<App>,
    p: Frame,
    Path(district): Path<String>,
    headers: HeaderMap,
    query: Query_,
) -> Answer {
    let p = enter(&app, p, &headers, (&district, "help")).await?;
    let asked = Asked::of(query)?;
    let (found, rows) =
        asked.cut(queries::cases(app.db.read(), p.district_id(), false, i64::from(i32::MAX)).await?);
    let students: Vec<&str> = rows.iter().map(|row| row.student_id.as_str()).collect();
    looked(&app, &p, "api.cases", &students).await?;
    let items = rows.iter().map(|row| {
        json!({
            "id": row.id,
            "loan": row.loan_id,
            "student": row.student_id,
            "barcode": row.barcode,
            "trouble": row.trouble,
            "opened": time(row.opened_ms),
        })
    });
    list(found, items.collect())
}
