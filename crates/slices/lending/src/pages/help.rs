//! The help desk: trouble that households report, a short guide for whoever helps, and devices in repair.

use super::words;
use crate::access::Action;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, Case};
use crate::routes::escape;
use crate::rules::state::{Observed, State as Where, Wanted};
use crate::rules::trouble::{Outcome, Trouble, done};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{TEXT, one_line};
use serde_json::json;

/// The longest words of a household, and the longest note, characters.
pub const SAID: usize = 500;
/// How many closed cases a page shows; the CSV has all.
const CLOSED: i64 = 50;

struct View {
    case: Case,
    what: String,
    since: String,
    outcome: String,
}

#[derive(Template)]
#[template(path = "templates/help.html")]
struct Page {
    p: Frame,
    open: Vec<View>,
    closed: Vec<View>,
    found: i64,
}

struct StepView {
    word: &'static str,
    text: String,
    is_done: bool,
}

#[derive(Template)]
#[template(path = "templates/case.html")]
struct CasePage {
    p: Frame,
    view: View,
    student: String,
    steps: Vec<StepView>,
    /// What is known of the line: wanted and observed.
    line: Option<(String, String)>,
    /// The contact of the household: how and where.
    contact: Option<(String, String)>,
    is_in_warranty: bool,
}

fn view(p: &Frame, case: Case) -> View {
    View {
        what: p.t(&format!("help-trouble-{}", case.trouble)),
        since: minute(case.opened_ms),
        outcome: case.outcome.as_ref().map(|o| p.t(&format!("help-outcome-{o}"))).unwrap_or_default(),
        case,
    }
}

async fn look(app: &App, p: &Frame, cases: &[Case]) -> Result<()> {
    let students: Vec<&str> = cases.iter().map(|case| case.student_id.as_str()).collect();
    let entry = p.entry("help.see", ("lending_case", ""), json!({ "students": students }));
    Ok(audit::record_look(&app.db, &entry).await?)
}

/// The cases.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let open = queries::cases(app.db.read(), p.district_id(), false, 1_000).await?;
    let closed = queries::cases(app.db.read(), p.district_id(), true, CLOSED).await?;
    look(&app, &p, &[open.clone(), closed.clone()].concat()).await?;
    let page = Page {
        found: open.len() as i64,
        open: open.into_iter().map(|case| view(&p, case)).collect(),
        closed: closed.into_iter().map(|case| view(&p, case)).collect(),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// All cases as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let most = i64::from(i32::MAX);
    let mut all = queries::cases(app.db.read(), p.district_id(), false, most).await?;
    all.extend(queries::cases(app.db.read(), p.district_id(), true, most).await?);
    look(&app, &p, &all).await?;
    let header = [
        "case_id",
        "barcode",
        "student_id",
        "family_name",
        "given_name",
        "trouble",
        "said",
        "language",
        "reported_by",
        "opened_utc",
        "steps",
        "note",
        "outcome",
        "closed_utc",
    ];
    let rows = all.into_iter().map(|case| {
        [
            case.id,
            case.barcode,
            case.student_id,
            case.family_name,
            case.given_name,
            case.trouble,
            case.said,
            case.language,
            if case.opened_by.is_some() { "staff" } else { "household" }.to_owned(),
            minute(case.opened_ms),
            case.steps,
            case.note,
            case.outcome.unwrap_or_default(),
            case.closed_ms.map(minute).unwrap_or_default(),
        ]
    });
    csv_file("help.csv", &header, rows)
}

/// One case with its guide.
pub async fn one(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let db = app.db.read();
    let case = queries::case(db, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    look(&app, &p, std::slice::from_ref(&case)).await?;
    let contact = queries::contact(db, p.district_id(), &case.student_id).await?;
    let trouble = Trouble::from_word(&case.trouble).unwrap_or(Trouble::Other);
    let is_done = |word: &str| case.steps.split(' ').any(|step| step == word);
    let step = |word: &'static str| StepView {
        text: p.t(&format!("help-step-{word}")),
        is_done: is_done(word),
        word,
    };
    let wanted = case.wanted.as_deref().and_then(Wanted::from_word);
    let observed = case.observed.as_deref().and_then(Observed::from_word);
    let today = crate::db::today().to_string();
    let page = CasePage {
        student: escape(&case.student_id),
        steps: trouble.steps().iter().map(|s| step(s.as_str())).collect(),
        line: wanted.zip(observed).map(|(w, o)| (words::wanted(&p, &w), words::observed(&p, &o))),
        contact: contact.map(|c| (p.t(&format!("message-way-{}", c.channel.as_str())), c.address)),
        is_in_warranty: case.warranty_on.as_ref().is_some_and(|day| *day >= today),
        view: view(&p, case),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// Fields of a form in which one may stand many times.
fn field<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields.iter().find(|(n, _)| n == name).map_or("", |(_, said)| said.as_str())
}

/// Writes down what was done, or closes the case.
pub async fn sent(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let case = queries::case(&mut *tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let trouble = Trouble::from_word(&case.trouble).unwrap_or(Trouble::Other);
    let said: Vec<&str> = fields.iter().filter(|(n, _)| n == "step").map(|(_, s)| s.as_str()).collect();
    let note: String = one_line(field(&fields, "note")).chars().take(SAID).collect();
    let by = (p.account_id().unwrap_or_default(), now_ms());
    if !queries::note_case(&mut tx, p.district_id(), &id, (&done(trouble, &said), &note)).await? {
        return Err(Error::BadRequest("lending-wrong-act"));
    }
    let outcome = field(&fields, "outcome");
    if !outcome.is_empty() {
        let outcome = Outcome::from_word(outcome).ok_or(Error::BadRequest("lending-wrong-act"))?;
        queries::close_case(&mut tx, p.district_id(), queries::OfCase::Id(&id), outcome, by).await?;
    }
    let detail = json!({ "student": case.student_id, "outcome": outcome });
    audit::record(&mut tx, &p.entry("help.note", ("lending_case", &id), detail)).await?;
    tx.commit().await?;
    let tail =
        if outcome.is_empty() { format!("/lending/help/{}", case.id) } else { "/lending/help".to_owned() };
    Ok(Redirect::to(&p.district_path(&tail)).into_response())
}

/// A case that staff take down: somebody called, or stands at the counter.
pub async fn opened(
    State(app): State<App>,
    p: Frame,
    Path((_, loan)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let trouble =
        Trouble::from_word(field(&fields, "trouble")).ok_or(Error::BadRequest("help-wrong-trouble"))?;
    let said: String = one_line(field(&fields, "said")).chars().take(SAID).collect();
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let (loan, device) = queries::lent(&mut tx, p.district_id(), &loan).await?.ok_or(Error::NotFound)?;
    if loan.in_ms.is_some() || loan.gone_ms.is_some() {
        return Err(Error::BadRequest("lending-wrong-act"));
    }
    let new = queries::NewCase {
        of: (&loan.id, &loan.student_id, &device.id),
        trouble,
        said: &said,
        language: p.language.tag(),
    };
    queries::open_case(&mut tx, p.district_id(), new, (p.account_id(), now_ms())).await?;
    let detail = json!({ "student": loan.student_id, "trouble": trouble.as_str() });
    audit::record(&mut tx, &p.entry("help.open", ("lending_loan", &loan.id), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/help")).into_response())
}

struct RepairView {
    repair: queries::Repair,
    sent: String,
    back: String,
    outcome: String,
    cost: String,
}

#[derive(Template)]
#[template(path = "templates/repairs.html")]
struct Repairs {
    p: Frame,
    waiting: Vec<(String, String, Option<String>)>,
    rows: Vec<RepairView>,
    may_manage: bool,
    today: String,
}

/// Devices in repair.
pub async fn repairs(State(app): State<App>, p: Frame) -> Result<Response> {
    let view = |repair: queries::Repair| RepairView {
        sent: minute(repair.sent_ms),
        back: repair.back_ms.map(minute).unwrap_or_default(),
        outcome: repair.outcome.as_ref().map(|o| p.t(&format!("help-repair-{o}"))).unwrap_or_default(),
        cost: repair.cost_cents.map(crate::rules::inventory::dollars).unwrap_or_default(),
        repair,
    };
    let rows = queries::repairs(app.db.read(), p.district_id()).await?;
    let page = Repairs {
        waiting: queries::to_repair(app.db.read(), p.district_id()).await?,
        rows: rows.into_iter().map(view).collect(),
        may_manage: p.may(Action::ManageLending),
        today: crate::db::today().to_string(),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The same as CSV.
pub async fn repairs_csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let header = ["barcode", "sent_utc", "shop", "warranty", "warranty_until", "back_utc", "outcome", "cost"];
    let rows = queries::repairs(app.db.read(), p.district_id()).await?.into_iter().map(|r| {
        [
            r.barcode,
            minute(r.sent_ms),
            r.shop,
            if r.is_warranty == 1 { "yes" } else { "no" }.to_owned(),
            r.warranty_on.unwrap_or_default(),
            r.back_ms.map(minute).unwrap_or_default(),
            r.outcome.unwrap_or_default(),
            r.cost_cents.map(crate::rules::inventory::dollars).unwrap_or_default(),
        ]
    });
    csv_file("repairs.csv", &header, rows)
}

/// Sends a device away, or takes it back from repair.
pub async fn repaired(
    State(app): State<App>,
    p: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let wrong = || Error::BadRequest("lending-wrong-act");
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let id = field(&fields, "id").to_owned();
    if field(&fields, "act") == "send" {
        let shop: String = one_line(field(&fields, "shop")).chars().take(TEXT).collect();
        let device = queries::device(&mut *tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
        if shop.is_empty() || device.state != Where::Repair {
            return Err(Error::BadRequest("help-wrong-shop"));
        }
        let is_warranty = !field(&fields, "warranty").is_empty();
        queries::send_away(&mut tx, p.district_id(), &id, (&shop, is_warranty), by).await?;
        let detail = json!({ "warranty": is_warranty });
        audit::record(&mut tx, &p.entry("repair.send", ("lending_device", &id), detail)).await?;
    } else {
        let outcome = field(&fields, "outcome");
        if !["mended", "replaced", "hopeless"].contains(&outcome) {
            return Err(wrong());
        }
        let cost = match field(&fields, "cost").trim() {
            "" => None,
            text => Some(
                evenfield_gap::inventory::numbers::cents(text)
                    .ok_or(Error::BadRequest("lending-wrong-cost"))?,
            ),
        };
        let device = queries::back_from_repair(&mut tx, p.district_id(), &id, (outcome, cost), by.1).await?;
        let device = device.ok_or_else(wrong)?;
        // What cannot be mended is lent no more; the rest goes back on the shelf.
        let to = if outcome == "hopeless" { Where::Retired } else { Where::Here };
        if !queries::set_state(&mut tx, p.district_id(), &device, (Where::Repair, to), by).await? {
            return Err(wrong());
        }
        let detail = json!({ "outcome": outcome });
        audit::record(&mut tx, &p.entry("repair.back", ("lending_device", &device), detail)).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/repairs")).into_response())
}

/// Stores until when the maker pays for repairs of a device.
pub async fn warranty(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let said = field(&fields, "until").trim().to_owned();
    let day = match said.as_str() {
        "" => None,
        text => Some(
            text.parse::<jiff::civil::Date>().map_err(|_| Error::BadRequest("help-wrong-day"))?.to_string(),
        ),
    };
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    queries::device(&mut *tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    queries::put_warranty(&mut tx, p.district_id(), &id, day.as_deref()).await?;
    audit::record(&mut tx, &p.entry("device.warranty", ("lending_device", &id), json!({ "until": day })))
        .await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending/devices/{}", escape(&id)))).into_response())
}
