//! Pages for families: ask for a hotspot with the code of the school's letter, see where the request stands and why, take it back. They
//! work without a script and without an account, and show nothing of the student but one letter.

use super::words;
use crate::code;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::lending::queries::{self, Asked};
use crate::lending::rules::score::{Access, Barrier, Factor, Score, place, rank};
use crate::routes::limits::Address;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "lending/templates/family_code.html")]
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
#[template(path = "lending/templates/family.html")]
struct Own {
    p: Frame,
    code: String,
    initial: String,
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
#[template(path = "lending/templates/family_score.html")]
struct Rule {
    p: Frame,
    parts: Vec<(String, i64)>,
}

/// What a family sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FamilyForm {
    code: String,
    /// `look`, `ask`, `withdraw`, which asks whether that is meant, or `withdraw-yes`.
    act: String,
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
    let Some(code) = code::read(&form.code) else {
        let key = if form.code.trim().is_empty() { "lending-code-empty" } else { "lending-code-wrong" };
        return first(p, &form, Some(key));
    };
    // Well formed and never given out: a guess, and guesses are counted with those at the survey.
    let of = (district.as_str(), "lending");
    if !app.limits.guesses.allows(&address, of, now_ms()) {
        return Err(Error::TooMany);
    }
    let Some((student, initial)) = queries::code_holder(app.db.read(), &district, &code).await? else {
        app.limits.guesses.wrong(&address, of, now_ms());
        return first(p, &form, Some("lending-code-wrong"));
    };
    let mut errors = Vec::new();
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, &district).await?;
    queries::lapse(&mut tx, &district, now_ms()).await?;
    match form.act.as_str() {
        "ask" => match (Access::from_word(&form.access), Barrier::from_word(&form.barrier)) {
            (Some(access), Some(barrier)) => {
                if !is_full(&mut tx, &district, &student).await? {
                    let by = (None, now_ms());
                    queries::put_request(&mut tx, &district, &student, (access, barrier), by).await?;
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
        "withdraw-yes" => drop(queries::withdraw(&mut tx, &district, &student, now_ms()).await?),
        _ => {}
    }
    let last = queries::last_request(&mut tx, &district, &student).await?;
    let is_full = is_full(&mut tx, &district, &student).await?;
    let open = queries::open_requests(&mut tx, &district).await?;
    let (_, score) = queries::score(&mut *tx, &district).await?;
    let detail = json!({ "act": form.act.chars().take(12).collect::<String>() });
    audit::record(&mut tx, &p.entry("request.family", ("student", &student), detail)).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Own {
        code: code::grouped(&code),
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
        offered_until: last.expires_ms.filter(|_| is_offered).map(|ms| p.date(ms)).unwrap_or_default(),
    })
}

/// The rule of the order, for everybody.
pub async fn rule(State(app): State<App>, p: Frame) -> Result<Response> {
    let (_, score) = queries::score(app.db.read(), p.district_id()).await?;
    let parts = Factor::ALL.map(|factor| (words::factor(&p, factor), score.of(factor)));
    let parts = parts.into_iter().filter(|(_, points)| *points > 0).collect();
    Ok(Html(Rule { p, parts }.render()?).into_response())
}
