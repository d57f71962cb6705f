//! The counter: who is there, what is lent and taken back. One field takes all scans; it needs no mouse and no script.

use super::cover::{Advice, advice, is_known_not_to_serve};
use super::undo::undo;
use super::words;
use crate::db::{Write, new_id, now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, About, Becomes, Before, Deed, Did, Loan, Record, Student};
use crate::routes::escape;
use crate::rules::due::{calendar_of_now, due_on};
use crate::rules::inventory::Device;
use crate::rules::loan::{Deed as Does, OfLine, Scanned, scan};
use crate::rules::state::State as Where;
use crate::rules::trouble::Outcome;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{Kind, numbers};
use evenfield_policy::schedule::Calendar;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

/// What the page is asked for: who is at the counter, and what to say of the scan before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    student: String,
    said: String,
    device: String,
    /// What was scanned, when it is the code of a device and of a student.
    code: String,
}

struct LoanView {
    loan: Loan,
    device: Device,
    kind: String,
    is_overdue: bool,
    /// Whether somebody has signed for it.
    is_signed: bool,
    /// What went out with it; empty where it has no kit.
    parts: String,
}

#[derive(Template)]
#[template(path = "templates/counter.html")]
struct Counter {
    p: Frame,
    student: Option<Student>,
    loans: Vec<LoanView>,
    /// Who lives with her, as far as the district knows: id and name.
    household: Vec<(String, String)>,
    /// The student's id as a part of an address.
    student_part: String,
    /// The device that just came back, of which more may be said.
    returned: Option<String>,
    /// Its loan that is over, which may be signed.
    ended: Option<String>,
    /// What went out with that.
    parts: Vec<String>,
    /// The device in whose place the next one is lent.
    swap: Option<String>,
    /// What carriers say of her home.
    cover: Vec<Advice>,
    /// What was scanned, when it is the code of a device and of a student.
    both: String,
    /// What the scan before did, and whether it did nothing.
    told: String,
    is_refusal: bool,
}

/// What a scan did, for the address to which it leads.
pub(super) struct Told {
    pub said: &'static str,
    pub device: String,
    pub student: String,
    code: String,
}

impl Told {
    /// Whether something was done.
    pub(super) fn is_done(&self) -> bool {
        SAID.iter().any(|(said, is_refusal)| *said == self.said && !is_refusal)
    }

    pub(super) fn new(said: &'static str, device: &str, student: &str) -> Self {
        Self { said, device: device.to_owned(), student: student.to_owned(), code: String::new() }
    }

    fn go(&self, p: &Frame) -> Response {
        let (student, device) = (escape(&self.student), escape(&self.device));
        let code = if self.code.is_empty() { String::new() } else { format!("&code={}", escape(&self.code)) };
        let path =
            p.district_path(&format!("/lending?student={student}&said={}&device={device}{code}", self.said));
        Redirect::to(&path).into_response()
    }
}

/// What may be said, each with whether it is a refusal.
const SAID: [(&str, bool); 27] = [
    ("lent", false),
    ("lent-promised", false),
    ("lent-no-cover", false),
    ("lent-no-card", false),
    ("lent-no-line", false),
    ("back", false),
    ("renewed", false),
    ("lost", false),
    ("found", false),
    ("undone", false),
    ("undone-over", false),
    ("noted", false),
    ("swap", false),
    ("swapped", false),
    ("student", false),
    ("unknown", true),
    ("both", true),
    ("no-undo", true),
    ("undone-before", true),
    ("undo-since", true),
    ("ended", true),
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
    let (mut loans, mut household, mut signed, mut cover) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if let Some(student) = &student {
        signed = queries::signed_loans(db, p.district_id(), &student.id).await?;
        loans = queries::loans_of_student(db, p.district_id(), &student.id).await?;
        household = with_whom(&app, &p, &student.id).await?;
        cover = advice(&mut *db.acquire().await?, &p, &student.id).await?;
        let ids: Vec<&str> = household.iter().map(|(id, _)| id.as_str()).collect();
        let looked = json!({ "loans": loans.len(), "household": ids });
        audit::record_look(&app.db, &p.entry("lending.see", ("student", &student.id), looked)).await?;
    }
    let device = match asked.device.as_str() {
        "" => None,
        id => queries::device(db, p.district_id(), id).await?,
    };
    let is_back = asked.said == "back" && device.as_ref().is_some_and(|d| d.state == Where::Here);
    let is_swap = asked.said == "swap" && device.as_ref().is_some_and(|d| d.state == Where::Lent);
    let id = device.as_ref().map(|device| device.id.clone());
    let ended = match id.as_deref().filter(|_| is_back) {
        Some(id) => queries::loans_of_device(db, p.district_id(), id)
            .await?
            .into_iter()
            .find(|loan| loan.in_ms.is_some()),
        None => None,
    };
    let barcode = device.map(|device| device.barcode).unwrap_or_default();
    let mut parts = Vec::new();
    if let Some(loan) = &ended {
        parts = queries::loan_parts(db, p.district_id(), &loan.id).await?;
    }
    let mut kits = HashMap::new();
    for (loan, _) in &loans {
        let parts = queries::loan_parts(db, p.district_id(), &loan.id).await?;
        let names: Vec<String> = parts.into_iter().map(|(part, _)| part).collect();
        kits.insert(loan.id.clone(), names.join(", "));
    }
    let said = SAID.into_iter().find(|(said, _)| *said == asked.said);
    let today = today().to_string();
    let view = |(loan, device): (Loan, Device)| LoanView {
        is_overdue: loan.due_on < today,
        is_signed: signed.contains(&loan.id),
        parts: kits.get(&loan.id).cloned().unwrap_or_default(),
        kind: words::kind(&p, &device.kind),
        loan,
        device,
    };
    let page = Counter {
        student_part: student.as_ref().map(|student| escape(&student.id)).unwrap_or_default(),
        ended: ended.map(|loan| loan.id),
        parts: parts.into_iter().filter(|(_, is_missing)| !is_missing).map(|(part, _)| part).collect(),
        returned: id.clone().filter(|_| is_back),
        swap: id.filter(|_| is_swap),
        told: said
            .map(|(said, _)| p.tv(&format!("lending-said-{said}"), "device", barcode))
            .unwrap_or_default(),
        is_refusal: said.is_some_and(|(_, is_refusal)| is_refusal),
        both: if asked.said == "both" { asked.code } else { String::new() },
        loans: loans.into_iter().map(view).collect(),
        household,
        cover,
        student,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The other students of a household, each with her name.
async fn with_whom(app: &App, p: &Frame, student: &str) -> Result<Vec<(String, String)>> {
    let db = app.db.read();
    let Some(home) = queries::home(db, p.district_id(), student).await? else { return Ok(Vec::new()) };
    let all = queries::members(db, p.district_id(), &home).await?;
    let others = all.into_iter().filter(|(id, _, _)| id != student);
    Ok(others.map(|(id, family, given)| (id, format!("{family}, {given}"))).collect())
}

/// What is sent from the counter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScanForm {
    /// Empty for a scan, `as-device` or `as-student` for one that may be both; `renew`, `lost`, `found` or `undo`.
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
    let calendars = app.policy.current().map(|current| current.calendars(p.district_id()));
    let calendar = calendar_of_now(calendars.unwrap_or_default(), today());
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let told = match form.act.as_str() {
        "" | "as-device" | "as-student" => scanned(&mut tx, &p, &form, calendar.as_ref()).await?,
        "undo" => undo(&mut tx, &p, &form.student).await?,
        "renew" | "lost" | "found" => button(&mut tx, &p, &form, calendar.as_ref()).await?,
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    tx.commit().await?;
    Ok(told.go(&p))
}

/// A scan with this student at the counter, by a program.
pub(super) async fn scanned_by(
    app: &App,
    tx: &mut Write,
    p: &Frame,
    (scan, student): (&str, &str),
) -> Result<Told> {
    let calendars = app.policy.current().map(|current| current.calendars(p.district_id()));
    let calendar = calendar_of_now(calendars.unwrap_or_default(), today());
    let form = ScanForm { scan: scan.to_owned(), student: student.to_owned(), ..ScanForm::default() };
    scanned(tx, p, &form, calendar.as_ref()).await
}

/// Renews an open loan, or says that its device is lost or found, by a program.
pub(super) async fn button_by(
    app: &App,
    tx: &mut Write,
    p: &Frame,
    (act, device): (&str, &str),
) -> Result<Told> {
    let calendars = app.policy.current().map(|current| current.calendars(p.district_id()));
    let calendar = calendar_of_now(calendars.unwrap_or_default(), today());
    let form = ScanForm { act: act.to_owned(), device: device.to_owned(), ..ScanForm::default() };
    match act {
        "renew" | "lost" | "found" => button(tx, p, &form, calendar.as_ref()).await,
        _ => Err(Error::BadRequest("lending-wrong-act")),
    }
}

/// A scan is a device's barcode or serial, or a student's id.
async fn scanned(tx: &mut Write, p: &Frame, form: &ScanForm, calendar: Option<&Calendar>) -> Result<Told> {
    let district = p.district_id();
    let student = match form.student.as_str() {
        "" => None,
        id => queries::student(&mut **tx, district, id).await?,
    };
    let who = student.as_ref().map_or("", |student| student.id.as_str());
    let device = match numbers::code(&form.scan) {
        Ok(code) if form.act != "as-student" => queries::scanned_device(tx, district, &code).await?,
        _ => None,
    };
    let next = match form.act.as_str() {
        "as-device" => None,
        _ => queries::student(&mut **tx, district, form.scan.trim()).await?,
    };
    let device = match (device, next) {
        (Some(device), Some(_)) => {
            // Which of them is meant nobody can tell but the person who scanned it.
            return Ok(Told { code: form.scan.trim().to_owned(), ..Told::new("both", &device.id, who) });
        }
        (Some(device), None) => device,
        (None, Some(next)) => return Ok(Told::new("student", "", &next.id)),
        (None, None) => return Ok(Told::new("unknown", "", who)),
    };
    let line = of_line(tx, district, &device).await?;
    if !form.swap.is_empty() && device.state == Where::Here {
        return swapped(tx, p, &form.swap, (&device, line)).await;
    }
    let open = queries::open_loan(&mut **tx, district, &device.id).await?;
    let rules = queries::rules(&mut **tx, district).await?;
    let household = match who {
        "" => 0,
        who => queries::household_hotspots(tx, district, who).await?,
    };
    let lent_ms = open.as_ref().map(|loan| loan.out_ms);
    let back_ms = queries::back_ms(&mut **tx, district, &device.id).await?;
    let scanned = Scanned { kind: device.kind, state: device.state, lent_ms, back_ms, line };
    let now = now_ms();
    match scan(scanned, !who.is_empty(), household, rules, now) {
        Does::Nothing(why) => Ok(Told::new(why.as_str(), &device.id, who)),
        Does::TakeBack => {
            let loan = open.ok_or_else(|| Error::Internal("a loan that is open and is not".to_owned()))?;
            take_back(tx, p, &device, &loan).await?;
            // Who had it is not chosen: of a pile of returns the next scan might lend to her what is here already.
            Ok(Told::new("back", &device.id, who))
        }
        Does::Lend => {
            let loan = lend(tx, p, &device, (who, due_on(today(), &rules, calendar).to_string())).await?;
            if device.kind == Kind::Hotspot {
                queries::serve(tx, district, who, (&loan.id, now)).await?;
            }
            keep(tx, p, Deed::new(Did::Out, About::of(&loan), None, now)).await?;
            let of = (device.iccid.as_deref(), who);
            let promised = device.kind == Kind::Hotspot && queries::is_promised(tx, district).await?;
            let said = match line {
                // Whoever stands there has it already; but somebody else was told to come for one.
                _ if promised => "lent-promised",
                OfLine::NoCard => "lent-no-card",
                OfLine::NoLine => "lent-no-line",
                OfLine::Ended | OfLine::Fine if is_known_not_to_serve(tx, district, of).await? => {
                    "lent-no-cover"
                }
                OfLine::Ended | OfLine::Fine => "lent",
            };
            Ok(Told::new(said, &device.id, who))
        }
    }
}

/// Lends a device in the place of one that does not work, until the same day. The one that came back goes into repair.
async fn swapped(tx: &mut Write, p: &Frame, old: &str, (new, line): (&Device, OfLine)) -> Result<Told> {
    let old = queries::device(&mut **tx, p.district_id(), old).await?.ok_or(Error::NotFound)?;
    let loan = queries::open_loan(&mut **tx, p.district_id(), &old.id).await?.ok_or(Error::NotFound)?;
    if old.kind != new.kind {
        return Ok(Told::new("no-swap", &old.id, &loan.student_id));
    }
    if line == OfLine::Ended {
        return Ok(Told::new("ended", &new.id, &loan.student_id));
    }
    let now = now_ms();
    end_case(tx, p, &loan, (Outcome::Swapped, now)).await?;
    change(tx, p, &loan, Becomes::Back).await?;
    queries::note_return(tx, p.district_id(), &loan.id, (Some(now_ms()), "")).await?;
    put(tx, p, &old, Where::Repair).await?;
    note(tx, p, "loan.swap", &loan).await?;
    let lent = lend(tx, p, new, (&loan.student_id, loan.due_on.clone())).await?;
    let deed = Deed::new(Did::Swap, About::of(&lent), Some(Before::of(&loan)), now);
    keep(tx, p, Deed { other: Some(About::of(&loan)), ..deed }).await?;
    Ok(Told::new("swapped", &new.id, &loan.student_id))
}

async fn lend(tx: &mut Write, p: &Frame, device: &Device, (student, due): (&str, String)) -> Result<Loan> {
    let now = now_ms();
    let loan = Loan::new(new_id(), (&device.id, student), now, due);
    queries::insert_loan(tx, p.district_id(), &loan, p.account_id().unwrap_or_default()).await?;
    queries::hand_over(tx, p.district_id(), (&loan.id, device)).await?;
    put(tx, p, device, Where::Lent).await?;
    note(tx, p, "loan.out", &loan).await?;
    Ok(loan)
}

/// Keeps what was done, so that it can be undone.
async fn keep(tx: &mut Write, p: &Frame, deed: Deed) -> Result<()> {
    Ok(queries::put_deed(tx, p.district_id(), &deed, p.account_id().unwrap_or_default()).await?)
}

/// What there is to say of the line of a device's card.
async fn of_line(tx: &mut Write, district: &str, device: &Device) -> Result<OfLine> {
    let line = match &device.iccid {
        Some(card) => queries::line_of_card(&mut **tx, district, card).await?,
        None => None,
    };
    Ok(OfLine::of(device.kind, device.iccid.is_some(), line.map(|line| (line.wanted, line.observed))))
}

async fn take_back(tx: &mut Write, p: &Frame, device: &Device, loan: &Loan) -> Result<()> {
    let now = now_ms();
    change(tx, p, loan, Becomes::Back).await?;
    end_case(tx, p, loan, (Outcome::Back, now)).await?;
    put(tx, p, device, Where::Here).await?;
    note(tx, p, "loan.in", loan).await?;
    keep(tx, p, Deed::new(Did::In, About::of(loan), Some(Before::of(loan)), now)).await
}

/// What the household reported of a loan is settled, at the moment of the deed that settles it.
async fn end_case(tx: &mut Write, p: &Frame, loan: &Loan, (outcome, ms): (Outcome, i64)) -> Result<()> {
    let (of, by) = (queries::OfCase::Loan(&loan.id), (p.account_id().unwrap_or_default(), ms));
    queries::close_case(tx, p.district_id(), of, outcome, by).await?;
    Ok(())
}

/// Puts a device where it is now, and makes its line what that wants.
pub(super) async fn put(tx: &mut Write, p: &Frame, device: &Device, to: Where) -> Result<()> {
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
pub(super) async fn note(tx: &mut Write, p: &Frame, action: &str, loan: &Loan) -> Result<()> {
    let detail = json!({ "device": loan.device_id, "student": loan.student_id });
    Ok(audit::record(tx, &p.entry(action, ("lending_loan", &loan.id), detail)).await?)
}

/// Renews the open loan of a device, or says that nobody knows where the device is, or that the household has found it.
async fn button(tx: &mut Write, p: &Frame, form: &ScanForm, calendar: Option<&Calendar>) -> Result<Told> {
    let device = queries::device(&mut **tx, p.district_id(), &form.device).await?.ok_or(Error::NotFound)?;
    let loan = queries::open_loan(&mut **tx, p.district_id(), &device.id).await?.ok_or(Error::NotFound)?;
    let deed = |did| Deed::new(did, About::of(&loan), Some(Before::of(&loan)), now_ms());
    if form.act == "lost" {
        change(tx, p, &loan, Becomes::Lost).await?;
        // The line stays as it is: whoever lost it is told first, and has time to find it.
        put(tx, p, &device, Where::Lost).await?;
        note(tx, p, "loan.lost", &loan).await?;
        keep(tx, p, deed(Did::Lost)).await?;
        return Ok(Told::new("lost", &device.id, &loan.student_id));
    }
    if form.act == "found" {
        change(tx, p, &loan, Becomes::Found).await?;
        put(tx, p, &device, Where::Lent).await?;
        note(tx, p, "loan.found", &loan).await?;
        keep(tx, p, deed(Did::Found)).await?;
        return Ok(Told::new("found", &device.id, &loan.student_id));
    }
    if loan.lost_ms.is_some() {
        return Err(Error::BadRequest("lending-wrong-act"));
    }
    let rules = queries::rules(&mut **tx, p.district_id()).await?;
    // A rule that has become shorter takes no time away.
    let due = due_on(today(), &rules, calendar).to_string().max(loan.due_on.clone());
    change(tx, p, &loan, Becomes::Renewed(&due)).await?;
    // It is not overdue any more: its line works again.
    let cards: Vec<String> = device.iccid.clone().into_iter().collect();
    queries::settle(tx, p.district_id(), &cards, now_ms()).await?;
    note(tx, p, "loan.renew", &loan).await?;
    keep(tx, p, deed(Did::Renew)).await?;
    Ok(Told::new("renewed", &device.id, &loan.student_id))
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
