//! How lent lines are used: what is paid for and not used, and what nobody knows. Use comes from a carrier's file.

use crate::access::Action;
use crate::db::{now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, count, csv_file, digest};
use crate::layout::{Frame, ProblemList};
use crate::lending::queries::{self, LineUse};
use crate::lending::rules::inventory::dollars;
use crate::lending::rules::usage::Counting;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::usage::{Shape, Unit, parse_usage};
use evenfield_model::Problems;
use serde_json::json;

/// So many idle lines are shown; the CSV has all.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "lending/templates/usage.html")]
struct Page {
    p: Frame,
    /// Lent lines; those that are used, idle, and of which nothing is known.
    counts: [String; 4],
    /// What the idle ones cost in a month; empty when the rules do not say what a line costs.
    cost: String,
    idle_after: i64,
    idle: Vec<LineUse>,
    shown: usize,
    may_manage: bool,
    today: String,
    stored: String,
    is_refused: bool,
    problems: ProblemList,
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    render(&app, p, None, &Problems::default()).await
}

async fn render(
    app: &App,
    p: Frame,
    stored: Option<(usize, usize)>,
    problems: &Problems,
) -> Result<Response> {
    let rules = queries::rules(app.db.read(), p.district_id()).await?;
    let all = queries::lent_lines(app.db.read(), p.district_id()).await?;
    let lent = all.len();
    let unknown = all.iter().filter(|line| line.known_to.is_none()).count();
    let mut idle: Vec<LineUse> =
        all.into_iter().filter(|l| rules.idle_days > 0 && l.idle_days >= rules.idle_days).collect();
    let number = |n: usize| count(n as i64);
    let cents = idle.len() as i64 * rules.line_cents;
    let page = Page {
        counts: [lent, lent - unknown - idle.len(), idle.len(), unknown].map(number),
        cost: if cents > 0 { dollars(cents) } else { String::new() },
        idle_after: rules.idle_days,
        idle: {
            idle.truncate(SHOWN);
            idle
        },
        shown: SHOWN,
        may_manage: p.may(Action::ManageLending),
        today: today().to_string(),
        stored: stored
            .map(|(lines, other)| {
                p.tvs("lending-usage-stored", &[("n", lines.into()), ("other", other.into())])
            })
            .unwrap_or_default(),
        is_refused: stored.is_none() && !problems.is_empty(),
        problems: p.problems(problems),
        p,
    };
    let status = if page.is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Html(page.render()?)).into_response())
}

/// All lent lines as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let all = queries::lent_lines(app.db.read(), p.district_id()).await?;
    let header = ["barcode", "iccid", "carrier", "used_on", "known_to", "idle_days"];
    let rows = all.into_iter().map(|line| {
        [
            line.barcode,
            line.iccid,
            line.carrier,
            line.used_on.unwrap_or_default(),
            line.known_to.unwrap_or_default(),
            line.idle_days.to_string(),
        ]
    });
    csv_file("usage.csv", &header, rows)
}

/// Takes in a carrier's file. A file with problems is not stored.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let mut form = UploadForm::read(multipart).await?;
    let file = form.file("file").ok_or(Error::BadRequest("lending-no-file"))?;
    let unit = Unit::from_word(form.text("unit"));
    let counting = Counting::from_word(form.text("counting"));
    let base = match form.text("base") {
        "1000" => Some(1_000),
        "1024" => Some(1_024),
        _ => None,
    };
    let day = form.text("day").parse().ok().filter(|day| *day <= today());
    let (Some(unit), Some(counting), Some(base), Some(day)) = (unit, counting, base, day) else {
        return Err(Error::BadRequest("lending-wrong-usage"));
    };
    let (used, problems) = parse_usage(&file.name, &file.bytes, Shape { unit, base, day, today: today() });
    if problems.wrong() > 0 {
        return render(&app, p, None, &problems).await;
    }
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let lines = queries::put_usage(&mut tx, p.district_id(), &used, (counting, now_ms())).await?;
    let mut cards: Vec<&str> = used.iter().map(|used| used.iccid.as_str()).collect();
    cards.sort_unstable();
    cards.dedup();
    let detail = json!({
        "digest": digest([file.bytes.as_slice()]),
        "rows": used.len(),
        "lines": lines,
        "unit": unit.as_str(),
        "base": base,
        "counting": counting.as_str(),
    });
    audit::record(&mut tx, &p.entry("usage.load", ("carrier_line", ""), detail)).await?;
    tx.commit().await?;
    render(&app, p, Some((lines, cards.len() - lines)), &problems).await
}
