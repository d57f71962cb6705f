//! The waiting list: who asked, in the order of the published rule, and offers to those who are first.

use super::{family, words};
use crate::access::Action;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, Asked};
use crate::routes::escape;
use crate::rules::offer::{HALF_DAY_MS, Have, Wrong, offer_ends, offers};
use crate::rules::score::{Access, Barrier, Factor, MOST, Ranked, Score, mark, rank};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

struct View {
    asked: Asked,
    /// The student's id as a part of an address.
    student: String,
    place: usize,
    points: i64,
    parts: String,
    asked_on: String,
    until: String,
    /// Whether the household has as many hotspots as it may: it is passed over.
    is_full: bool,
}

#[derive(Template)]
#[template(path = "templates/requests.html")]
struct Page {
    p: Frame,
    waiting: Vec<View>,
    offered: Vec<View>,
    found: i64,
    /// How many hotspots are here and promised to nobody.
    free: i64,
    may_manage: bool,
}

/// The order of those who wait, and those to whom something is offered.
struct Order {
    waiting: Vec<(Asked, Ranked)>,
    offered: Vec<Asked>,
}

impl Order {
    fn of(open: Vec<Asked>, score: &Score, now_ms: i64) -> Self {
        let (waiting, offered): (Vec<_>, Vec<_>) = open.into_iter().partition(|a| a.state == "waiting");
        let ranked = rank(waiting.iter().map(|a| a.facts.clone()).collect(), score, now_ms);
        let mut by_id: HashMap<String, Asked> =
            waiting.into_iter().map(|a| (a.facts.id.clone(), a)).collect();
        let pair = |ranked: Ranked| Some((by_id.remove(&ranked.facts.id)?, ranked));
        Self { waiting: ranked.into_iter().filter_map(pair).collect(), offered }
    }
}

/// What there is to offer, and how many each home has.
struct Stock {
    free: i64,
    homes: HashMap<String, i64>,
    limit: i64,
}

async fn stock(tx: &mut sqlx::AnyConnection, p: &Frame) -> Result<Stock> {
    let (here, offered) = queries::free_hotspots(tx, p.district_id()).await?;
    let limit = queries::rules(&mut *tx, p.district_id()).await?.household_limit;
    Ok(Stock {
        free: (here - offered).max(0),
        homes: queries::hotspots_of_homes(tx, p.district_id()).await?,
        limit,
    })
}

async fn read(app: &App, p: &Frame) -> Result<(Order, Stock)> {
    let mut tx = app.db.write().await?;
    queries::lapse(&mut tx, p.district_id(), now_ms()).await?;
    let open = queries::open_requests(&mut tx, p.district_id()).await?;
    let (_, score) = queries::score(&mut *tx, p.district_id()).await?;
    let students: Vec<&str> = open.iter().map(|asked| asked.student.as_str()).collect();
    let looked = json!({ "students": students });
    audit::record(&mut tx, &p.entry("lending.requests", ("lending_request", ""), looked)).await?;
    let stock = stock(&mut tx, p).await?;
    tx.commit().await?;
    Ok((Order::of(open, &score, now_ms()), stock))
}

fn parts(p: &Frame, ranked: &Ranked) -> String {
    let part = |(factor, points): &(Factor, i64)| format!("{} {points}", words::factor(p, *factor));
    ranked.parts.iter().map(part).collect::<Vec<_>>().join("; ")
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let (order, stock) = read(&app, &p).await?;
    let have = Have { limit: stock.limit, homes: &stock.homes };
    let view = |asked: Asked, place: usize, ranked: Option<&Ranked>| View {
        student: escape(&asked.student),
        place,
        points: ranked.map_or(0, |ranked| ranked.points),
        parts: ranked.map(|ranked| parts(&p, ranked)).unwrap_or_default(),
        asked_on: p.date(asked.facts.asked_ms),
        until: asked.expires_ms.map(|ms| p.date(ms - HALF_DAY_MS)).unwrap_or_default(),
        is_full: have.is_full(&asked.home),
        asked,
    };
    let waiting: Vec<View> =
        order.waiting.into_iter().enumerate().map(|(n, (asked, r))| view(asked, n + 1, Some(&r))).collect();
    let offered = order.offered.into_iter().map(|asked| view(asked, 0, None)).collect();
    let may_manage = p.may(Action::ManageLending);
    let page = Page { found: waiting.len() as i64, waiting, offered, free: stock.free, may_manage, p };
    Ok(Html(page.render()?).into_response())
}

/// The list as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let (order, _) = read(&app, &p).await?;
    let header = [
        "place",
        "request_id",
        "student_id",
        "family_name",
        "given_name",
        "school",
        "grade",
        "access",
        "barrier",
        "siblings",
        "asked_utc",
        "points",
        "state",
        "offered_until_utc",
    ];
    let row = |asked: Asked, place: String, points: String| {
        let facts = asked.facts;
        [
            place,
            facts.id,
            asked.student,
            asked.name.0,
            asked.name.1,
            asked.school,
            facts.grade,
            facts.access.as_str().to_owned(),
            facts.barrier.as_str().to_owned(),
            facts.siblings.to_string(),
            minute(facts.asked_ms),
            points,
            asked.state,
            asked.expires_ms.map(minute).unwrap_or_default(),
        ]
    };
    let waiting = order.waiting.into_iter().enumerate();
    let waiting =
        waiting.map(|(n, (asked, ranked))| row(asked, (n + 1).to_string(), ranked.points.to_string()));
    let offered = order.offered.into_iter().map(|asked| row(asked, String::new(), String::new()));
    csv_file("requests.csv", &header, waiting.chain(offered))
}

/// A request that staff take in or take back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequestForm {
    /// `ask` or `withdraw`.
    act: String,
    student: String,
    access: String,
    barrier: String,
}

impl RequestForm {
    /// What a program asks for.
    pub fn new(act: &str, student: &str, (access, barrier): (&str, &str)) -> Self {
        let [act, student, access, barrier] = [act, student, access, barrier].map(str::to_owned);
        Self { act, student, access, barrier }
    }
}

/// Takes in a request on paper or by telephone, or takes one back.
pub async fn sent(State(app): State<App>, p: Frame, Form(form): Form<RequestForm>) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    ask(&mut tx, &p, &form).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/requests")).into_response())
}

/// The same in a transaction that has the lock.
///
/// # Errors
/// The database's, and what does not fit.
pub async fn ask(tx: &mut Write, p: &Frame, form: &RequestForm) -> Result<()> {
    let student = queries::student(&mut **tx, p.district_id(), form.student.trim()).await?;
    let student = student.ok_or(Error::BadRequest("lending-wrong-student"))?.id;
    let by = (p.account_id(), now_ms());
    let is_done = match form.act.as_str() {
        "ask" => {
            let access =
                Access::from_word(&form.access).ok_or(Error::BadRequest("lending-ask-access-empty"))?;
            let barrier =
                Barrier::from_word(&form.barrier).ok_or(Error::BadRequest("lending-ask-barrier-empty"))?;
            if family::is_full(tx, p.district_id(), &student).await? {
                return Err(Error::BadRequest("lending-ask-full"));
            }
            queries::put_request(tx, p.district_id(), &student, (access, barrier), by).await?
        }
        "withdraw" => queries::withdraw(tx, p.district_id(), &student, by.1).await?,
        _ => false,
    };
    if !is_done {
        return Err(Error::BadRequest("lending-wrong-act"));
    }
    let action = format!("request.{}", form.act);
    Ok(audit::record(tx, &p.entry(&action, ("student", &student), json!(null))).await?)
}

/// How many are offered something.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OfferForm {
    count: String,
}

/// Offers a hotspot to so many who are first, and keeps the order from which that follows.
pub async fn offered(State(app): State<App>, p: Frame, Form(form): Form<OfferForm>) -> Result<Response> {
    let count = form.count.trim().parse::<usize>().ok().filter(|n| (1..=1_000).contains(n));
    let count = count.ok_or(Error::BadRequest("lending-wrong-count"))?;
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    give(&mut tx, &p, count).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/requests")).into_response())
}

/// The same in a transaction that has the lock: the order's id, and how many were offered something.
///
/// # Errors
/// The database's, and what does not fit.
pub async fn give(tx: &mut Write, p: &Frame, count: usize) -> Result<(String, usize)> {
    let now = now_ms();
    queries::lapse(tx, p.district_id(), now).await?;
    let rules = queries::rules(&mut **tx, p.district_id()).await?;
    let (version, score) = queries::score(&mut **tx, p.district_id()).await?;
    let order = Order::of(queries::open_requests(tx, p.district_id()).await?, &score, now);
    if order.waiting.is_empty() {
        return Err(Error::BadRequest("lending-none-waits"));
    }
    let stock = stock(tx, p).await?;
    let homes: Vec<String> = order.waiting.iter().map(|(asked, _)| asked.home.clone()).collect();
    let ranked: Vec<Ranked> = order.waiting.into_iter().map(|(_, ranked)| ranked).collect();
    let have = Have { limit: stock.limit, homes: &stock.homes };
    let chosen = offers(&homes, have, stock.free, count).map_err(|wrong| match wrong {
        Wrong::TooMany => Error::BadRequest("lending-offer-too-many"),
        Wrong::NobodyWaits => Error::BadRequest("lending-none-waits"),
    })?;
    let mark = mark(&score, &ranked, now);
    let ranking = queries::put_ranking(tx, p.district_id(), &ranked, (version, score, &mark), now).await?;
    let zone = queries::settings(&mut **tx, p.district_id()).await?.hours().zone;
    let until = offer_ends(&zone, now, rules.offer_days);
    for at in &chosen {
        queries::offer(tx, p.district_id(), &ranked[*at].facts.id, &ranking, (now, until)).await?;
    }
    // In the chain of the audit log, the mark shows that neither the rule nor an input was changed afterwards.
    let detail = json!({ "offers": chosen.len(), "waiting": ranked.len(), "version": version, "mark": mark });
    audit::record(tx, &p.entry("request.offer", ("lending_ranking", &ranking), detail)).await?;
    Ok((ranking, chosen.len()))
}

struct Field {
    name: &'static str,
    label: String,
    value: String,
    error: String,
}

#[derive(Template)]
#[template(path = "templates/score.html")]
struct Rule {
    p: Frame,
    version: i64,
    fields: Vec<Field>,
    errors: Vec<(&'static str, String)>,
}

/// The form of the rule.
pub async fn score(State(app): State<App>, p: Frame) -> Result<Response> {
    let (version, score) = queries::score(app.db.read(), p.district_id()).await?;
    let field = |factor: Factor| Field {
        name: factor.as_str(),
        label: words::factor(&p, factor),
        value: score.of(factor).to_string(),
        error: String::new(),
    };
    let fields = Factor::ALL.map(field).into();
    Ok(Html(Rule { version, fields, errors: Vec::new(), p }.render()?).into_response())
}

/// Stores a new version of the rule. Offers that were made stay.
pub async fn scored(
    State(app): State<App>,
    p: Frame,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let (version, before) = queries::score(&mut *tx, p.district_id()).await?;
    let (mut score, mut fields, mut errors) = (before, Vec::new(), Vec::new());
    for factor in Factor::ALL {
        let value = form.get(factor.as_str()).map(|said| said.trim().to_owned());
        let value = value.unwrap_or_else(|| before.of(factor).to_string());
        let is_wrong = !value.parse().is_ok_and(|points| score.set(factor, points));
        let bounds = [("least", 0.into()), ("most", MOST.into())];
        let error = if is_wrong { p.tvs("lending-wrong-rule", &bounds) } else { String::new() };
        let label = words::factor(&p, factor);
        if is_wrong {
            errors.push((factor.as_str(), format!("{label}: {error}")));
        }
        fields.push(Field { name: factor.as_str(), label, value, error });
    }
    if !errors.is_empty() {
        let page = Rule { version, fields, errors, p };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
    }
    if score != before {
        let by = (p.account_id().unwrap_or_default(), now_ms());
        let version = queries::put_score(&mut tx, p.district_id(), score, by).await?;
        let detail = json!({ "version": version, "points": score.to_text() });
        audit::record(&mut tx, &p.entry("request.score", ("lending_score", ""), detail)).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/order")).into_response())
}
