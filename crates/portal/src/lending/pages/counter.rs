//! The counter: who is there, what is lent and taken back. One field takes all scans; it needs no mouse and no script.

use super::words;
use crate::db::{Write, new_id, now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::lending::queries::{self, Becomes, Loan, Record, Student};
use crate::lending::rules::inventory::Device;
use crate::lending::rules::loan::{Deed, Scanned, UNDO_MS, scan};
use crate::lending::rules::state::State as Where;
use crate::routes::escape;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{Kind, numbers};
use jiff::ToSpan;
use serde::Deserialize;
use serde_json::json;

/// What the page is asked for: who is at the counter, and what to say of the scan before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    student: String,
    said: String,
    device: String,
}

struct LoanView {
    loan: Loan,
    device: Device,
    kind: String,
    is_overdue: bool,
}

#[derive(Template)]
#[template(path = "lending/templates/counter.html")]
struct Counter {
    p: Frame,
    student: Option<Student>,
    loans: Vec<LoanView>,
    /// The student's id as a part of an address.
    student_part: String,
    /// The device that just came back, of which more may be said.
    returned: Option<String>,
    /// The device in whose place the next one is lent.
    swap: Option<String>,
    /// What the scan before did, and whether it did nothing.
    told: String,
    is_refusal: bool,
}

/// What a scan did, for the address to which it leads.
struct Told {
    said: &'static str,
    device: String,
    student: String,
}

impl Told {
    fn new(said: &'static str, device: &str, student: &str) -> Self {
        Self { said, device: device.to_owned(), student: student.to_owned() }
    }

    fn go(&self, p: &Frame) -> Response {
        let (student, device) = (escape(&self.student), escape(&self.device));
        let path = p.district_path(&format!("/lending?student={student}&said={}&device={device}", self.said));
        Redirect::to(&path).into_response()
    }
}

/// What may be said, each with whether it is a refusal.
const SAID: [(&str, bool); 18] = [
    ("lent", false),
    ("back", false),
    ("renewed", false),
    ("lost", false),
    ("found", false),
    ("undone", false),
    ("noted", false),
    ("swap", false),
    ("swapped", false),
    ("student", false),
    ("unknown", true),
    ("no-undo", true),
    ("no-student", true),
    ("twice", true),
    ("repair", true),
    ("retired", true),
    ("household", true),
    ("no-swap", true),
];

/// The page.
pub async fn page(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let db = app.db.read();
    let student = match asked.student.as_str() {
        "" => None,
        id => queries::student(db, p.district_id(), id).await?,
    };
    let mut loans = Vec::new();
    if let Some(student) = &student {
        loans = queries::loans_of_student(db, p.district_id(), &student.id).await?;
        let looked = json!({ "loans": loans.len() });
        audit::record_look(&app.db, &p.entry("lending.see", ("student", &student.id), looked)).await?;
    }
    let device = match asked.device.as_str() {
        "" => None,
        id => queries::device(db, p.district_id(), id).await?,
    };
    let is_back = asked.said == "back" && device.as_ref().is_some_and(|d| d.state == Where::Here);
    let is_swap = asked.said == "swap" && device.as_ref().is_some_and(|d| d.state == Where::Lent);
    let id = device.as_ref().map(|device| device.id.clone());
    let barcode = device.map(|device| device.barcode).unwrap_or_default();
    let said = SAID.into_iter().find(|(said, _)| *said == asked.said);
    let today = today().to_string();
    let view = |(loan, device): (Loan, Device)| LoanView {
        is_overdue: loan.due_on < today,
        kind: words::kind(&p, &device.kind),
        loan,
        device,
    };
    let page = Counter {
        student_part: student.as_ref().map(|student| escape(&student.id)).unwrap_or_default(),
        returned: id.clone().filter(|_| is_back),
        swap: id.filter(|_| is_swap),
        told: said
            .map(|(said, _)| p.tv(&format!("lending-said-{said}"), "device", barcode))
            .unwrap_or_default(),
        is_refusal: said.is_some_and(|(_, is_refusal)| is_refusal),
        loans: loans.into_iter().map(view).collect(),
        student,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// What is sent from the counter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScanForm {
    /// Empty for a scan; `renew`, `lost` or `undo`.
    act: String,
    /// What was scanned or typed.
    scan: String,
    /// Who is at the counter.
    student: String,
    /// The device that a button is about.
    device: String,
    /// The device in whose place the scanned one is lent.
    swap: String,
}

/// A scan, or a button.
pub async fn sent(State(app): State<App>, p: Frame, Form(form): Form<ScanForm>) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let told = match form.act.as_str() {
        "" => scanned(&mut tx, &p, &form).await?,
        "undo" => undo(&mut tx, &p, &form.student).await?,
        "renew" | "lost" | "found" => button(&mut tx, &p, &form).await?,
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    tx.commit().await?;
    Ok(told.go(&p))
}

/// A scan is a device's barcode or serial, or a student's id.
async fn scanned(tx: &mut Write, p: &Frame, form: &ScanForm) -> Result<Told> {
    let district = p.district_id();
    let student = match form.student.as_str() {
        "" => None,
        id => queries::student(&mut **tx, district, id).await?,
    };
    let who = student.as_ref().map_or("", |student| student.id.as_str());
    let device = match numbers::code(&form.scan) {
        Ok(code) => queries::scanned_device(tx, district, &code).await?,
        Err(_) => None,
    };
    let Some(device) = device else {
        let next = queries::student(&mut **tx, district, form.scan.trim()).await?;
        return Ok(match next {
            Some(next) => Told::new("student", "", &next.id),
            None => Told::new("unknown", "", who),
        });
    };
    if !form.swap.is_empty() && device.state == Where::Here {
        return swapped(tx, p, &form.swap, &device).await;
    }
    let open = queries::open_loan(&mut **tx, district, &device.id).await?;
    let rules = queries::rules(&mut **tx, district).await?;
    let household = match who {
        "" => 0,
        who => queries::household_hotspots(tx, district, who).await?,
    };
    let lent_ms = open.as_ref().map(|loan| loan.out_ms);
    let back_ms = queries::back_ms(&mut **tx, district, &device.id).await?;
    let scanned = Scanned { kind: device.kind, state: device.state, lent_ms, back_ms };
    let now = now_ms();
    match scan(scanned, !who.is_empty(), household, rules, now) {
        Deed::Nothing(why) => Ok(Told::new(why.as_str(), &device.id, who)),
        Deed::TakeBack => {
            let loan = open.ok_or_else(|| Error::Internal("a loan that is open and is not".to_owned()))?;
            take_back(tx, p, &device, &loan).await?;
            // Who had it is not chosen: of a pile of returns the next scan might lend to her what is here already.
            Ok(Told::new("back", &device.id, who))
        }
        Deed::Lend => {
            lend(tx, p, &device, (who, due(rules.loan_days))).await?;
            Ok(Told::new("lent", &device.id, who))
        }
    }
}

/// Lends a device in the place of one that does not work, until the same day. The one that came back goes into repair.
async fn swapped(tx: &mut Write, p: &Frame, old: &str, new: &Device) -> Result<Told> {
    let old = queries::device(&mut **tx, p.district_id(), old).await?.ok_or(Error::NotFound)?;
    let loan = queries::open_loan(&mut **tx, p.district_id(), &old.id).await?.ok_or(Error::NotFound)?;
    if old.kind != new.kind {
        return Ok(Told::new("no-swap", &old.id, &loan.student_id));
    }
    change(tx, p, &loan, Becomes::Back).await?;
    queries::note_return(tx, p.district_id(), &loan.id, (Some(now_ms()), "")).await?;
    put(tx, p, &old, Where::Repair).await?;
    note(tx, p, "loan.swap", &loan).await?;
    lend(tx, p, new, (&loan.student_id, loan.due_on.clone())).await?;
    Ok(Told::new("swapped", &new.id, &loan.student_id))
}

/// The day on which a loan of so many days from today ends.
fn due(days: i64) -> String {
    today().checked_add(days.days()).unwrap_or_else(|_| today()).to_string()
}

async fn lend(tx: &mut Write, p: &Frame, device: &Device, (student, due): (&str, String)) -> Result<()> {
    let now = now_ms();
    let loan = Loan::new(new_id(), (&device.id, student), now, due);
    queries::insert_loan(tx, p.district_id(), &loan, p.account_id().unwrap_or_default()).await?;
    put(tx, p, device, Where::Lent).await?;
    if device.kind == Kind::Hotspot {
        queries::serve(tx, p.district_id(), student, (&loan.id, now)).await?;
    }
    note(tx, p, "loan.out", &loan).await
}

async fn take_back(tx: &mut Write, p: &Frame, device: &Device, loan: &Loan) -> Result<()> {
    change(tx, p, loan, Becomes::Back).await?;
    put(tx, p, device, Where::Here).await?;
    note(tx, p, "loan.in", loan).await
}

/// Puts a device where it is now, and makes its line what that wants.
async fn put(tx: &mut Write, p: &Frame, device: &Device, to: Where) -> Result<()> {
    let by = (p.account_id().unwrap_or_default(), now_ms());
    if !queries::set_state(tx, p.district_id(), &device.id, (device.state, to), by).await? {
        return Err(Error::Internal("a device is not where its row said".to_owned()));
    }
    let cards: Vec<String> = device.iccid.clone().into_iter().collect();
    Ok(queries::settle(tx, p.district_id(), &cards, by.1).await?)
}

async fn change(tx: &mut Write, p: &Frame, loan: &Loan, becomes: Becomes<'_>) -> Result<()> {
    let by = (p.account_id().unwrap_or_default(), now_ms());
    match queries::change_loan(tx, p.district_id(), &loan.id, becomes, by).await? {
        true => Ok(()),
        false => Err(Error::BadRequest("lending-wrong-act")),
    }
}

/// Writes down what was done with a loan, by ids.
async fn note(tx: &mut Write, p: &Frame, action: &str, loan: &Loan) -> Result<()> {
    let detail = json!({ "device": loan.device_id, "student": loan.student_id });
    Ok(audit::record(tx, &p.entry(action, ("lending_loan", &loan.id), detail)).await?)
}

/// Renews the open loan of a device, or says that nobody knows where the device is, or that the household has found it.
async fn button(tx: &mut Write, p: &Frame, form: &ScanForm) -> Result<Told> {
    let device = queries::device(&mut **tx, p.district_id(), &form.device).await?.ok_or(Error::NotFound)?;
    let loan = queries::open_loan(&mut **tx, p.district_id(), &device.id).await?.ok_or(Error::NotFound)?;
    if form.act == "lost" {
        change(tx, p, &loan, Becomes::Lost).await?;
        // The line stays as it is: whoever lost it is told first, and has time to find it.
        put(tx, p, &device, Where::Lost).await?;
        note(tx, p, "loan.lost", &loan).await?;
        return Ok(Told::new("lost", &device.id, &loan.student_id));
    }
    if form.act == "found" {
        change(tx, p, &loan, Becomes::Found).await?;
        put(tx, p, &device, Where::Lent).await?;
        note(tx, p, "loan.found", &loan).await?;
        return Ok(Told::new("found", &device.id, &loan.student_id));
    }
    if loan.lost_ms.is_some() {
        return Err(Error::BadRequest("lending-wrong-act"));
    }
    let days = queries::rules(&mut **tx, p.district_id()).await?.loan_days;
    // A rule that has become shorter takes no time away.
    let due = due(days).max(loan.due_on.clone());
    change(tx, p, &loan, Becomes::Renewed(&due)).await?;
    // It is not overdue any more: its line works again.
    let cards: Vec<String> = device.iccid.clone().into_iter().collect();
    queries::settle(tx, p.district_id(), &cards, now_ms()).await?;
    note(tx, p, "loan.renew", &loan).await?;
    Ok(Told::new("renewed", &device.id, &loan.student_id))
}

/// Undoes what the person did last: a check-out, or a return.
async fn undo(tx: &mut Write, p: &Frame, student: &str) -> Result<Told> {
    let (district, by) = (p.district_id(), p.account_id().unwrap_or_default());
    let nothing = Told::new("no-undo", "", student);
    let Some((loan, took)) = queries::last_deed(tx, district, by, now_ms() - UNDO_MS).await? else {
        return Ok(nothing);
    };
    let Some(device) = queries::device(&mut **tx, district, &loan.device_id).await? else {
        return Ok(nothing);
    };
    // Since then another may have lent it, or put it elsewhere; and a loan that was renewed is no mistake.
    let is_as_left = match took {
        true => device.state == Where::Here,
        false => device.state == Where::Lent && loan.renewed == 0,
    };
    if !is_as_left {
        return Ok(nothing);
    }
    let (becomes, to) = match (took, loan.lost_ms) {
        (false, _) => (Becomes::Undone, Where::Here),
        (true, None) => (Becomes::Reopened, Where::Lent),
        (true, Some(_)) => (Becomes::Reopened, Where::Lost),
    };
    change(tx, p, &loan, becomes).await?;
    put(tx, p, &device, to).await?;
    if !took {
        queries::unserve(tx, p.district_id(), &loan.id).await?;
    }
    note(tx, p, "loan.undo", &loan).await?;
    Ok(Told::new("undone", &device.id, &loan.student_id))
}

/// All loans as CSV: what is asked of devices that are given to a person (47 CFR 54.1715(a)(1)), and by when they are due.
pub async fn records_csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let records = queries::records(app.db.read(), p.district_id()).await?;
    let looked = audit::of_roster(app.db.read(), p.district_id(), json!({ "loans": records.len() })).await?;
    audit::record_look(&app.db, &p.entry("lending.download", ("lending_loan", ""), looked)).await?;
    csv_file("loans.csv", &RECORDS_HEADER, records.into_iter().map(record_row))
}

/// The columns of a loan in files.
pub(super) const RECORDS_HEADER: [&str; 15] = [
    "barcode",
    "type",
    "make",
    "model",
    "serial",
    "student_id",
    "family_name",
    "given_name",
    "loaned_utc",
    "due",
    "returned_utc",
    "lost_utc",
    "damaged_utc",
    "missing",
    "given_up_utc",
];

/// A loan as files have it.
pub(super) fn record_row(record: Record) -> [String; 15] {
    let when = |ms: Option<i64>| ms.map(minute).unwrap_or_default();
    let (device, loan) = (record.device, record.loan);
    [
        device.barcode,
        device.kind.as_str().to_owned(),
        device.make,
        device.model,
        device.serial.unwrap_or_default(),
        loan.student_id,
        record.name.0,
        record.name.1,
        minute(loan.out_ms),
        loan.due_on,
        when(loan.in_ms),
        when(loan.lost_ms),
        when(loan.damaged_ms),
        loan.missing.unwrap_or_default(),
        when(loan.gone_ms),
    ]
}
