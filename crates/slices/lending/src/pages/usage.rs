//! How lent lines are used: what is paid for and not used, and what nobody knows. Use comes from a carrier's file.

use super::columns::{Asking, asking, maps};
use crate::access::Action;
use crate::db::{Write, now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{Upload, UploadForm, count, csv_file, digest};
use crate::layout::{Frame, ProblemList};
use crate::queries::{self, LineUse};
use crate::rules::columns::File;
use crate::rules::inventory::dollars;
use crate::rules::usage::Counting;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use evenfield_gap::inventory::usage::{Shape, Unit, Used, parse_usage};
use evenfield_model::Problems;
use serde_json::json;

/// So many idle lines are shown; the CSV has all.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "templates/usage.html")]
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
    asking: Asking,
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    render(&app, p, None, (&Problems::default(), nothing())).await
}

fn nothing() -> Asking {
    Asking { file: File::Usage, headings: Vec::new() }
}

async fn render(
    app: &App,
    p: Frame,
    stored: Option<(usize, usize)>,
    (problems, asking): (&Problems, Asking),
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
        asking,
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

/// How a file's amounts are meant, as a form says it: the unit, what a thousand is, the day, and how they are counted.
pub fn meant(unit: &str, base: &str, day: &str, counting: &str) -> Option<(Shape, Counting)> {
    let base = match base {
        "1000" => 1_000,
        "1024" => 1_024,
        _ => return None,
    };
    let day = day.parse().ok().filter(|day| *day <= today())?;
    let shape = Shape { unit: Unit::from_word(unit)?, base, day, today: today() };
    Some((shape, Counting::from_word(counting)?))
}

/// Stores what lines used: of how many of the cards the district has the lines, and of how many it has not. The district is locked.
///
/// # Errors
/// The database's.
pub async fn put(
    tx: &mut Write,
    p: &Frame,
    (bytes, used): (&[u8], &[Used]),
    (shape, counting): (Shape, Counting),
) -> Result<(usize, usize)> {
    let lines = queries::put_usage(tx, p.district_id(), used, (counting, now_ms())).await?;
    let mut cards: Vec<&str> = used.iter().map(|used| used.iccid.as_str()).collect();
    cards.sort_unstable();
    cards.dedup();
    let detail = json!({
        "digest": digest([bytes]),
        "rows": used.len(),
        "lines": lines,
        "unit": shape.unit.as_str(),
        "base": shape.base,
        "counting": counting.as_str(),
    });
    audit::record(tx, &p.entry("usage.load", ("carrier_line", ""), detail)).await?;
    Ok((lines, cards.len() - lines))
}

/// Takes in a carrier's file. A file with problems is not stored.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let mut form = UploadForm::read(multipart).await?;
    let Upload { name, bytes } = form.file("file").ok_or(Error::BadRequest("lending-no-file"))?;
    let meant = meant(form.text("unit"), form.text("base"), form.text("day"), form.text("counting"));
    let meant = meant.ok_or(Error::BadRequest("lending-wrong-usage"))?;
    let known = queries::column_maps(app.db.read(), p.district_id()).await?;
    let (used, problems) = parse_usage(&name, &bytes, meant.0, &maps(&known, File::Usage));
    if problems.wrong() > 0 {
        let asking = asking(File::Usage, (&name, &bytes), &known);
        return render(&app, p, None, (&problems, asking)).await;
    }
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let counts = put(&mut tx, &p, (&bytes, &used), meant).await?;
    tx.commit().await?;
    render(&app, p, Some(counts), (&problems, nothing())).await
}
