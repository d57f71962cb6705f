//! What is to be done at the carriers' own sites, ticked off when it is.

use super::words;
use crate::access::Action;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, Followed, NewOrder};
use crate::rules::order::{Act, Step, Terms, Why, step};
use crate::rules::settings::Rules;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;
use std::collections::BTreeMap;

/// So many are shown at a time; when they are done, the next ones are. The CSV has all.
const SHOWN: usize = 200;

struct View {
    followed: Followed,
    act: Act,
    what: String,
    since: String,
}

#[derive(Template)]
#[template(path = "templates/orders.html")]
struct Page {
    p: Frame,
    rows: Vec<View>,
    found: i64,
    shown: usize,
    /// Why lines that are not as wanted are not listed, and how many.
    waits: Vec<(String, String)>,
    may_manage: bool,
}

/// What there is for people to ask for, those that are to work first, and how many lines wait for what.
fn due(all: Vec<Followed>, rules: &Rules, now: i64) -> (Vec<(Followed, Act)>, BTreeMap<Why, i64>) {
    let (mut asks, mut waits) = (Vec::new(), BTreeMap::new());
    let terms = Terms::of_people(rules);
    for followed in all {
        match step(&followed.known, &terms, now) {
            Step::Met => {}
            Step::Wait(why) => *waits.entry(why).or_insert(0) += 1,
            Step::Ask(act) => asks.push((followed, act)),
        }
    }
    asks.sort_by_key(|(_, act)| *act != Act::Activate);
    (asks, waits)
}

/// Whether the program asks the carrier of this line, and no person does. What the interface refuses is left to people.
fn is_asked_by_interface(app: &App, p: &Frame, followed: &Followed, (rules, now): (&Rules, i64)) -> bool {
    app.config.carriers.iter().any(|c| c.district == p.district_id() && c.name == followed.line.carrier)
        && !matches!(
            step(&followed.known, &Terms::of_interface(rules), now),
            Step::Wait(Why::Refused | Why::Often)
        )
}

async fn read(app: &App, p: &Frame) -> Result<(Vec<(Followed, Act)>, BTreeMap<Why, i64>)> {
    let now = now_ms();
    let mut read = app.db.read().acquire().await?;
    let rules = queries::rules(&mut *read, p.district_id()).await?;
    let mut all = queries::followed_lines(&mut read, p.district_id(), now).await?;
    all.retain(|followed| !is_asked_by_interface(app, p, followed, (&rules, now)));
    Ok(due(all, &rules, now))
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let (asks, waits) = read(&app, &p).await?;
    let found = asks.len() as i64;
    let view = |(followed, act): (Followed, Act)| View {
        what: words::act(&p, &act),
        since: p.date(followed.known.wanted_ms),
        followed,
        act,
    };
    let page = Page {
        rows: asks.into_iter().take(SHOWN).map(view).collect(),
        shown: SHOWN,
        found,
        waits: waits.into_iter().map(|(why, n)| (words::why(&p, &why), count(n))).collect(),
        may_manage: p.may(Action::ManageLending),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The list as CSV, for a carrier's own bulk form.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let (asks, _) = read(&app, &p).await?;
    let header = [
        "iccid",
        "line_number",
        "carrier",
        "plan",
        "barcode",
        "order",
        "wanted",
        "wanted_utc",
        "observed",
        "observed_utc",
    ];
    let rows = asks.into_iter().map(|(Followed { line, known, device }, act)| {
        [
            line.iccid,
            line.line_number.unwrap_or_default(),
            line.carrier,
            line.plan,
            device.map(|(_, barcode)| barcode).unwrap_or_default(),
            act.as_str().to_owned(),
            line.wanted.as_str().to_owned(),
            minute(known.wanted_ms),
            line.observed.as_str().to_owned(),
            line.observed_ms.map(minute).unwrap_or_default(),
        ]
    });
    csv_file("orders.csv", &header, rows)
}

/// Stores that these were asked for at the carrier's site: fields `order`, each the id of a line and what was asked for. One that is not
/// to be asked for any more is passed over, so that a page that is old does no harm; the next list of the carrier tells what became of it.
pub async fn done(
    State(app): State<App>,
    p: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let ticked: Vec<(&str, Act)> = fields
        .iter()
        .filter(|(name, _)| name == "order")
        .filter_map(|(_, said)| said.split_once(' '))
        .filter_map(|(line, act)| Some((line, Act::from_word(act)?)))
        .collect();
    if ticked.is_empty() {
        return Err(Error::BadRequest("lending-none-chosen"));
    }
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let now = now_ms();
    let rules = queries::rules(&mut *tx, p.district_id()).await?;
    let mut all = queries::followed_lines(&mut tx, p.district_id(), now).await?;
    all.retain(|followed| !is_asked_by_interface(&app, &p, followed, (&rules, now)));
    let (asks, _) = due(all, &rules, now);
    let orders: Vec<NewOrder> = asks
        .into_iter()
        .filter(|(followed, act)| ticked.contains(&(followed.line.id.as_str(), *act)))
        .map(|(followed, act)| NewOrder::new(followed.line.id, followed.line.iccid, act))
        .collect();
    queries::put_orders(&mut tx, p.district_id(), &orders, (p.account_id(), now)).await?;
    for order in &orders {
        let detail = json!({ "line": order.line, "act": order.act.as_str() });
        audit::record(&mut tx, &p.entry("line.order", ("carrier_order", &order.id), detail)).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/orders")).into_response())
}
