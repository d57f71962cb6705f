//! Carriers' plans with their speeds and caps, the days of tests, and which lent lines will have used up their data in one.

use crate::db::{now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file};
use crate::layout::Frame;
use crate::queries::{self, Capped, CarrierPlan, Window};
use crate::rules::forecast::{pace, runs_out};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{TEXT, one_line};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;
use std::collections::HashMap;

/// What carriers said longer ago than so many days says nothing of what a line uses now.
const DAYS: i64 = 62;
/// A gigabyte as carriers sell it, octets.
const GB: f64 = 1_000_000_000.0;
/// The most of a plan: 100,000 GB, 100,000 Mbit/s.
const MOST: f64 = 100_000.0;

/// A lent line that will have used up its data in a test.
struct RunsOut {
    line: Capped,
    window: String,
    on: Date,
    /// The last day that is known.
    known_to: Date,
}

/// The lent lines that will have used up their data in a test; of how many nothing is known, and of how many lines with a cap.
async fn forecast(app: &App, p: &Frame, windows: &[Window]) -> Result<(Vec<RunsOut>, usize, usize)> {
    let since = today().checked_sub(DAYS.days()).unwrap_or(Date::MIN).to_string();
    let lines = queries::capped_lines(app.db.read(), p.district_id()).await?;
    let readings = queries::lent_readings(app.db.read(), p.district_id(), &since).await?;
    let (mut all, mut unknown, capped) = (Vec::new(), 0, lines.len());
    for line in lines {
        let cycle_day = i8::try_from(line.cycle_day).unwrap_or(1);
        let Some(pace) = readings.get(&line.line).and_then(|readings| pace(readings, cycle_day)) else {
            unknown += 1;
            continue;
        };
        for window in windows {
            let (Ok(from), Ok(until)) = (window.from_on.parse::<Date>(), window.until_on.parse()) else {
                continue;
            };
            if let Some(on) = runs_out(pace, line.cap_octets, cycle_day, (from.max(today()), until)) {
                let window = window.name.clone();
                all.push(RunsOut { line: line.clone(), window, on, known_to: pace.known_to });
            }
        }
    }
    all.sort_by(|a, b| (a.on, &a.line.barcode).cmp(&(b.on, &b.line.barcode)));
    Ok((all, unknown, capped))
}

/// A plan as its form has it.
struct PlanView {
    id: usize,
    plan: CarrierPlan,
    down: String,
    up: String,
    cap: String,
}

#[derive(Template)]
#[template(path = "templates/caps.html")]
struct Page {
    p: Frame,
    plans: Vec<PlanView>,
    /// Each carrier with the FCC's number of it, where that is known.
    providers: Vec<(usize, String, String)>,
    windows: Vec<Window>,
    runs_out: Vec<RunsOut>,
    unknown: String,
    capped: String,
    today: String,
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let plans = queries::carrier_plans(app.db.read(), p.district_id()).await?;
    let windows = queries::windows(app.db.read(), p.district_id(), &today().to_string()).await?;
    let (runs_out, unknown, capped) = forecast(&app, &p, &windows).await?;
    let text = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
    let view = |(id, plan): (usize, CarrierPlan)| PlanView {
        id,
        down: text(plan.down_mbps),
        up: text(plan.up_mbps),
        cap: text(plan.cap_octets.map(|octets| octets as f64 / GB)),
        plan,
    };
    let known = queries::carrier_providers(&mut *app.db.read().acquire().await?, p.district_id()).await?;
    let mut carriers: Vec<&str> =
        plans.iter().map(|plan| plan.carrier.as_str()).filter(|c| !c.is_empty()).collect();
    carriers.dedup();
    let provider = |(n, carrier): (usize, &str)| {
        let number = known.iter().find(|(name, _)| name == carrier).map(|(_, number)| number.to_string());
        (n, carrier.to_owned(), number.unwrap_or_default())
    };
    let page = Page {
        providers: carriers.into_iter().enumerate().map(provider).collect(),
        plans: plans.into_iter().enumerate().map(view).collect(),
        windows,
        runs_out,
        unknown: count(unknown as i64),
        capped: count(capped as i64),
        today: today().to_string(),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The lines that will have used up their data in a test, as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let windows = queries::windows(app.db.read(), p.district_id(), &today().to_string()).await?;
    let (all, ..) = forecast(&app, &p, &windows).await?;
    let header = ["barcode", "iccid", "test", "used_up_on", "cap_octets", "known_to"];
    let rows = all.into_iter().map(|r| {
        let line = r.line;
        [
            line.barcode,
            line.iccid,
            r.window,
            r.on.to_string(),
            line.cap_octets.to_string(),
            r.known_to.to_string(),
        ]
    });
    csv_file("caps.csv", &header, rows)
}

/// A number of a form; empty is none.
fn number(text: &str) -> Result<Option<f64>> {
    match text.trim() {
        "" => Ok(None),
        text => {
            let number = text.parse::<f64>().ok().filter(|n| (0.0..=MOST).contains(n));
            number.map(Some).ok_or(Error::BadRequest("lending-wrong-plan"))
        }
    }
}

/// Stores a plan or a test, or removes a test.
pub async fn stored(
    State(app): State<App>,
    p: Frame,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response> {
    let text = |name: &str| form.get(name).map(|said| one_line(said)).unwrap_or_default();
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let mut tx = app.db.write().await?;
    let district = p.district_id();
    let detail = match text("act").as_str() {
        "plan" => {
            let cycle_day = text("cycle_day").parse().ok().filter(|day| (1..=28).contains(day));
            let plan = CarrierPlan {
                carrier: text("carrier"),
                plan: text("plan"),
                lines: 0,
                down_mbps: number(&text("down"))?,
                up_mbps: number(&text("up"))?,
                cap_octets: number(&text("cap"))?
                    .map(|gb| (gb * GB).round() as i64)
                    .filter(|octets| *octets > 0),
                cycle_day: cycle_day.ok_or(Error::BadRequest("lending-wrong-plan"))?,
            };
            queries::put_carrier_plan(&mut tx, district, &plan, by).await?;
            json!({ "carrier": plan.carrier, "plan": plan.plan, "cap": plan.cap_octets })
        }
        "provider" => {
            let number = match text("provider").as_str() {
                "" => None,
                said => Some(said.parse::<i64>().ok().filter(|n| (1..=9_999_999).contains(n))),
            };
            let wrong = Error::BadRequest("lending-wrong-plan");
            let provider = match number {
                Some(number) => Some(number.ok_or(wrong)?),
                None => None,
            };
            let carrier: String = text("carrier").chars().take(TEXT).collect();
            queries::put_carrier_provider(&mut tx, district, (&carrier, provider), by).await?;
            json!({ "carrier": carrier, "provider": provider })
        }
        "window" => {
            let name: String = text("name").chars().take(TEXT).collect();
            let days = (text("from_on").parse::<Date>(), text("until_on").parse::<Date>());
            let (Ok(from), Ok(until)) = days else { return Err(Error::BadRequest("lending-wrong-window")) };
            let long = from.until(until).map_or(-1, |span| span.get_days());
            if name.is_empty() || !(0..=92).contains(&long) {
                return Err(Error::BadRequest("lending-wrong-window"));
            }
            let window = (name.as_str(), &*from.to_string(), &*until.to_string());
            queries::put_window(&mut tx, district, window, by).await?;
            json!({ "window": name })
        }
        "remove" => {
            if !queries::remove_window(&mut tx, district, &text("window")).await? {
                return Err(Error::BadRequest("lending-wrong-act"));
            }
            json!({ "removed": text("window") })
        }
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    audit::record(&mut tx, &p.entry("lending.caps", ("carrier_plan", ""), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/caps")).into_response())
}
