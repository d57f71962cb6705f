//! Pages for families: ask for a hotspot with the code of the school's letter, see where the request stands and why, take it back. They
//! work without a script and without an account, and show nothing of the student but one letter.

use super::{contact, words};
use crate::code;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Asked, Contact};
use crate::routes::limits::Address;
use crate::rules::inventory::Device;
use crate::rules::offer::HALF_DAY_MS;
use crate::rules::score::{Access, Barrier, Factor, Score, place, rank};
use crate::rules::trouble::Trouble;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::one_line;
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "templates/family_code.html")]
struct Start {
    p: Frame,
    code: String,
    code_error: String,
    errors: Vec<(&'static str, String)>,
}

/// Where an open request stands.
struct Stands {
    asked_on: String,
    place: usize,
    of: usize,
    more: i64,
    earlier: i64,
    /// What it has points for that it said itself. Neither the others nor the sum: from these the rest follows.
    parts: Vec<(String, i64)>,
    /// Until when something is offered; empty while it is not.
    offered_until: String,
}

#[derive(Template)]
#[template(path = "templates/family.html")]
struct Own {
    p: Frame,
    code: String,
    key: String,
    who: usize,
    initial: String,
    /// Where the household gets notices, all but the end of it hidden.
    contact: String,
    /// What the household has, each loan's id with the device in words.
    loans: Vec<(String, String)>,
    /// What it reported and nobody has settled: the device's barcode and the day.
    cases: Vec<(String, String)>,
    stands: Option<Stands>,
    /// Whether the household has as many hotspots as it may.
    is_full: bool,
    has_lapsed: bool,
    /// Whether it is asked if the request is to be taken back.
    is_asked: bool,
    said: FamilyForm,
    errors: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "templates/family_score.html")]
struct Rule {
    p: Frame,
    parts: Vec<(String, i64)>,
}

/// What a family sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FamilyForm {
    code: String,
    /// The secret of a link, in place of a code, and which of the household's students is meant.
    key: String,
    who: usize,
    /// `look`, `ask`, `withdraw`, which asks whether that is meant, `withdraw-yes`, `reach`, `unreach` or `trouble`.
    act: String,
    /// A number or an e-mail address for notices.
    reach: String,
    /// Anything: the household wants notices there.
    agreed: String,
    /// The loan with which something is wrong, what is wrong, and more of it.
    loan: String,
    trouble: String,
    said: String,
    access: String,
    barrier: String,
}

/// The first step: the code, which may stand in the address as on a link that the school sends.
pub async fn start(p: Frame, Query(form): Query<FamilyForm>) -> Result<Response> {
    first(p, &form, None)
}

fn first(p: Frame, form: &FamilyForm, wrong: Option<&'static str>) -> Result<Response> {
    let code_error = wrong.map(|key| p.t(key)).unwrap_or_default();
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Start {
        code: form.code.chars().take(20).collect(),
        errors: wrong.map(|_| ("code", code_error.clone())).into_iter().collect(),
        code_error,
        p,
    };
    Ok((status, Html(page.render()?)).into_response())
}

/// A step sent.
pub async fn sent(
    State(app): State<App>,
    p: Frame,
    Extension(Address(address)): Extension<Address>,
    Form(form): Form<FamilyForm>,
) -> Result<Response> {
    let district = p.district.as_ref().ok_or(Error::NotFound)?.id.clone();
    let (student, initial) = match holder(&app, &district, &form, &address).await? {
        Ok(holder) => holder,
        Err(wrong) => return first(p, &form, Some(wrong)),
    };
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, &district).await?;
    queries::lapse(&mut tx, &district, now_ms()).await?;
    let errors = deed(&mut tx, &p, &student, &form).await?;
    let last = queries::last_request(&mut tx, &district, &student).await?;
    let is_full = is_full(&mut tx, &district, &student).await?;
    let open = queries::open_requests(&mut tx, &district).await?;
    let (_, score) = queries::score(&mut *tx, &district).await?;
    let loans = queries::open_loans(&mut tx, &district, &student).await?;
    let cases = queries::cases_of_student(&mut tx, &district, &student).await?;
    let contact = queries::contact(&mut *tx, &district, &student).await?;
    let detail = json!({ "act": form.act.chars().take(12).collect::<String>() });
    audit::record(&mut tx, &p.entry("request.family", ("student", &student), detail)).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Own {
        code: code::read(&form.code).map(|code| code::grouped(&code)).unwrap_or_default(),
        key: form.key.clone(),
        who: form.who,
        loans: loans.into_iter().map(|(loan, device)| (loan.id, in_words(&p, &device))).collect(),
        cases: cases.into_iter().map(|case| (case.barcode, p.date(case.opened_ms))).collect(),
        contact: contact.map(|contact| hidden(&contact.address)).unwrap_or_default(),
        initial,
        stands: last.as_ref().and_then(|last| stands(&p, last, open, &score)),
        has_lapsed: last.is_some_and(|last| last.state == "lapsed"),
        is_full,
        is_asked: form.act == "withdraw",
        said: form,
        errors,
        p,
    };
    Ok((status, Html(page.render()?)).into_response())
}

/// Who sends a form, by a link or by the code of a letter: the student and the first letter of the given name; or what is wrong with that.
async fn holder(
    app: &App,
    district: &str,
    form: &FamilyForm,
    address: &str,
) -> Result<std::result::Result<(String, String), &'static str>> {
    if !form.key.is_empty() {
        let mut holders = queries::link_holders(app.db.read(), district, &form.key, now_ms()).await?;
        return Ok(match form.who < holders.len() {
            true => {
                let (student, initial, _) = holders.swap_remove(form.who);
                Ok((student, initial))
            }
            false => Err("message-link-over"),
        });
    }
    let Some(code) = code::read(&form.code) else {
        return Ok(Err(if form.code.trim().is_empty() {
            "lending-code-empty"
        } else {
            "lending-code-wrong"
        }));
    };
    // Well formed and never given out: a guess, and guesses are counted with those at the survey.
    let of = (district, "lending");
    if !app.limits.guesses.allows(address, of, now_ms()) {
        return Err(Error::TooMany);
    }
    let found = queries::code_holder(app.db.read(), district, &code).await?;
    if found.is_none() {
        app.limits.guesses.wrong(address, of, now_ms());
    }
    Ok(found.ok_or("lending-code-wrong"))
}

/// Does what the household asks for; what is wrong with that, by field.
async fn deed(
    tx: &mut crate::db::Write,
    p: &Frame,
    student: &str,
    form: &FamilyForm,
) -> Result<Vec<(&'static str, String)>> {
    let district = p.district_id();
    let mut errors = Vec::new();
    match form.act.as_str() {
        "ask" => match (Access::from_word(&form.access), Barrier::from_word(&form.barrier)) {
            (Some(access), Some(barrier)) => {
                if !is_full(tx, district, student).await? {
                    queries::put_request(tx, district, student, (access, barrier), (None, now_ms())).await?;
                }
            }
            (access, barrier) => {
                if access.is_none() {
                    errors.push(("access-none", p.t("lending-ask-access-empty")));
                }
                if barrier.is_none() {
                    errors.push(("barrier-unavailable", p.t("lending-ask-barrier-empty")));
                }
            }
        },
        "withdraw-yes" => drop(queries::withdraw(tx, district, student, now_ms()).await?),
        "reach" => errors = reach(tx, p, student, form).await?,
        "unreach" => drop(queries::remove_contact(tx, district, student).await?),
        "trouble" => errors = trouble(tx, p, student, form).await?,
        _ => {}
    }
    Ok(errors)
}

/// Opens a case about a loan of the household.
async fn trouble(
    tx: &mut crate::db::Write,
    p: &Frame,
    student: &str,
    form: &FamilyForm,
) -> Result<Vec<(&'static str, String)>> {
    let loans = queries::open_loans(tx, p.district_id(), student).await?;
    let found = loans.iter().find(|(loan, _)| loan.id == form.loan).zip(Trouble::from_word(&form.trouble));
    let Some(((loan, device), trouble)) = found else {
        return Ok(vec![("trouble-power", p.t("help-family-empty"))]);
    };
    let said: String = one_line(&form.said).chars().take(super::help::SAID).collect();
    let new = queries::NewCase {
        of: (&loan.id, student, &device.id),
        trouble,
        said: &said,
        language: p.language.tag(),
    };
    queries::open_case(tx, p.district_id(), new, (None, now_ms())).await?;
    let detail = json!({ "student": student, "trouble": trouble.as_str() });
    audit::record(tx, &p.entry("help.open", ("lending_loan", &loan.id), detail)).await?;
    Ok(Vec::new())
}

/// Stores where the household wants notices, in the language of the page.
async fn reach(
    tx: &mut crate::db::Write,
    p: &Frame,
    student: &str,
    form: &FamilyForm,
) -> Result<Vec<(&'static str, String)>> {
    let mut errors = Vec::new();
    match (contact::address(&form.reach), form.agreed.is_empty()) {
        (Some((channel, address)), false) => {
            contact::put(tx, p, student, &Contact { channel, address, language: p.language }).await?;
        }
        (found, has_not_agreed) => {
            if found.is_none() {
                errors.push(("reach", p.t("message-reach-wrong")));
            }
            if has_not_agreed {
                errors.push(("agreed", p.t("message-agree-empty")));
            }
        }
    }
    Ok(errors)
}

fn in_words(p: &Frame, device: &Device) -> String {
    format!("{} {}", words::kind(p, &device.kind), device.barcode)
}

/// An address of which only the end can be read: whoever has a letter of another household learns nothing.
fn hidden(address: &str) -> String {
    let shown = match address.rfind('@') {
        Some(at) => at,
        None => address.len().saturating_sub(4),
    };
    format!("…{}", address.get(shown..).unwrap_or_default())
}

/// Whether a student's household has as many hotspots as it may.
pub async fn is_full(tx: &mut crate::db::Write, district: &str, student: &str) -> Result<bool> {
    let rules = queries::rules(&mut **tx, district).await?;
    let has = queries::household_hotspots(tx, district, student).await?;
    Ok(rules.household_limit > 0 && has >= rules.household_limit)
}

fn stands(p: &Frame, last: &Asked, open: Vec<Asked>, score: &Score) -> Option<Stands> {
    let is_offered = last.state == "offered";
    if !is_offered && last.state != "waiting" {
        return None;
    }
    // Those to whom something is offered stand in the order no more.
    let waits = |asked: &Asked| asked.state == "waiting" || asked.facts.id == last.facts.id;
    let facts = open.into_iter().filter(waits).map(|asked| asked.facts).collect();
    let ranked = rank(facts, score, now_ms());
    let place = place(&ranked, &last.facts.id)?;
    let own = &ranked[place.place - 1];
    Some(Stands {
        asked_on: p.date(last.facts.asked_ms),
        place: place.place,
        of: ranked.len(),
        more: place.more as i64,
        earlier: place.earlier as i64,
        parts: own
            .parts
            .iter()
            .filter(|(factor, _)| factor.is_own())
            .map(|(factor, points)| (words::factor(p, *factor), *points))
            .collect(),
        offered_until: last
            .expires_ms
            .filter(|_| is_offered)
            .map(|ms| p.date(ms - HALF_DAY_MS))
            .unwrap_or_default(),
    })
}

/// The rule of the order, for everybody.
pub async fn rule(State(app): State<App>, p: Frame) -> Result<Response> {
    let (_, score) = queries::score(app.db.read(), p.district_id()).await?;
    let parts = Factor::ALL.map(|factor| (words::factor(&p, factor), score.of(factor)));
    let parts = parts.into_iter().filter(|(_, points)| *points > 0).collect();
    Ok(Html(Rule { p, parts }.render()?).into_response())
}
