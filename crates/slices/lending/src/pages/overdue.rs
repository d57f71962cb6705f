//! Loans that are lost or overdue: who is to be told, who has time left, whose line is suspended next.

use super::words;
use crate::access::Action;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file, minute};
use crate::follow::{self, Approval};
use crate::layout::Frame;
use crate::queries::{self, Troubled};
use crate::routes::escape;
use crate::rules::settings::Rules;
use crate::rules::standing::{Cause, Standing, Told, Way, allowance, overdue_ms};
use crate::rules::state::Wanted;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

struct View {
    troubled: Troubled,
    /// The student's id as a part of an address.
    student: String,
    kind: String,
    cause: String,
    since: String,
    told: String,
    next: String,
    /// Whether something may be stored of it: that the household was told now, or that the line is used again.
    is_to_tell: bool,
}

#[derive(Template)]
#[template(path = "templates/overdue.html")]
struct Page {
    p: Frame,
    rows: Vec<View>,
    found: String,
    rules: Rules,
    /// How many suspensions wait for approval, and the mark of that set.
    waiting: i64,
    mark: String,
    may_manage: bool,
    some_to_tell: bool,
}

/// The loans with which something is the matter now, with how they stand; a look at the students that have them.
async fn troubled(app: &App, p: &Frame) -> Result<(Vec<(Troubled, Standing)>, Rules, i64)> {
    let now = now_ms();
    let mut read = app.db.read().acquire().await?;
    let rules = queries::rules(&mut *read, p.district_id()).await?;
    let all = queries::troubled(&mut read, p.district_id(), (&follow::day_of(now), rules.idle_days)).await?;
    drop(read);
    let stands = |t: Troubled| {
        let standing = t.standing(&rules, now);
        (t, standing)
    };
    let all: Vec<_> =
        all.into_iter().map(stands).filter(|(_, standing)| *standing != Standing::Good).collect();
    let students: Vec<&str> = all.iter().map(|(t, _)| t.loan.student_id.as_str()).collect();
    let looked = json!({ "students": students });
    audit::record_look(&app.db, &p.entry("lending.overdue", ("lending_loan", ""), looked)).await?;
    Ok((all, rules, now))
}

/// What comes next of a loan.
fn next(p: &Frame, troubled: &Troubled, standing: Standing, rules: &Rules) -> String {
    let wanted = troubled.line.as_ref().map(|(_, wanted, is_held)| (*wanted, *is_held));
    match (standing, wanted) {
        (Standing::Good, _) => String::new(),
        (Standing::Tell(Cause::Unused, _), _) => p.t("lending-next-help"),
        (Standing::Tell(..), _) => p.t("lending-next-tell"),
        (Standing::Grace(_, until), _) => p.tv("lending-next-grace", "day", p.date(until)),
        (Standing::Due(..), None | Some((Wanted::Parked | Wanted::Ended, _))) => p.t("lending-next-no-line"),
        (Standing::Due(..), Some((_, true))) => p.t("lending-next-held"),
        (Standing::Due(..), Some((Wanted::Suspended, _))) => p.t("lending-next-suspended"),
        (Standing::Due(..), Some((Wanted::Active, _))) if rules.suspend == 0 => p.t("lending-next-off"),
        (Standing::Due(..), Some((Wanted::Active, _))) => p.t("lending-next-suspend"),
    }
}

fn told(p: &Frame, troubled: &Troubled) -> String {
    let Some((told, way)) = troubled.told.last() else { return String::new() };
    let way = way.map(|way| words::way(p, &way)).unwrap_or_default();
    p.tvs("lending-told", &[("day", p.date(told.ms).into()), ("way", way.into())])
}

fn view(p: &Frame, (troubled, standing): (Troubled, Standing), rules: &Rules) -> View {
    let since = match standing {
        Standing::Tell(_, since) => since,
        _ => {
            let facts = queries::open_facts(&troubled.loan, &troubled.idle, rules);
            match standing.cause() {
                Some(Cause::Unused | Cause::Idle) => facts.idle_ms,
                _ => facts.lost_ms,
            }
            .unwrap_or_else(|| overdue_ms(facts.due_on, rules))
        }
    };
    let is_idle = matches!(standing.cause(), Some(Cause::Unused | Cause::Idle));
    View {
        student: escape(&troubled.loan.student_id),
        kind: words::kind(p, &troubled.device.kind),
        cause: standing.cause().map(|cause| words::cause(p, &cause)).unwrap_or_default(),
        since: p.date(since),
        told: told(p, &troubled),
        next: next(p, &troubled, standing, rules),
        is_to_tell: matches!(standing, Standing::Tell(..)) || is_idle,
        troubled,
    }
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let (all, rules, now) = troubled(&app, &p).await?;
    let mut read = app.db.read().acquire().await?;
    let (active, today) = queries::active_and_suspended(&mut read, p.district_id(), now).await?;
    drop(read);
    let loans: Vec<Troubled> = all.iter().map(|(t, _)| t.clone()).collect();
    let candidates = if rules.suspend == 1 { follow::candidates(&loans, &rules, now) } else { Vec::new() };
    let is_over = candidates.len() > allowance(active, today, &rules);
    let rows: Vec<View> = all.into_iter().map(|one| view(&p, one, &rules)).collect();
    let page = Page {
        found: count(rows.len() as i64),
        some_to_tell: rows.iter().any(|row| row.is_to_tell),
        waiting: if is_over { candidates.len() as i64 } else { 0 },
        mark: follow::mark(&candidates),
        may_manage: p.may(Action::ManageLending),
        rows,
        rules,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The list as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let (all, _, _) = troubled(&app, &p).await?;
    let header = [
        "barcode",
        "type",
        "student_id",
        "family_name",
        "given_name",
        "due",
        "lost_utc",
        "cause",
        "told_utc",
        "told_by_way",
        "standing",
        "until_utc",
        "line_wanted",
    ];
    let rows = all.into_iter().map(|(t, standing)| {
        let (word, until) = match standing {
            Standing::Good => ("good", None),
            Standing::Tell(..) => ("tell", None),
            Standing::Grace(_, until) => ("grace", Some(until)),
            Standing::Due(_, until) => ("due", Some(until)),
        };
        let last = t.told.last();
        [
            t.device.barcode,
            t.device.kind.as_str().to_owned(),
            t.loan.student_id,
            t.name.0,
            t.name.1,
            t.loan.due_on,
            t.loan.lost_ms.map(minute).unwrap_or_default(),
            standing.cause().map(|cause| cause.as_str()).unwrap_or_default().to_owned(),
            last.map(|(told, _)| minute(told.ms)).unwrap_or_default(),
            last.and_then(|(_, way)| way.map(|way| way.as_str())).unwrap_or_default().to_owned(),
            word.to_owned(),
            until.map(minute).unwrap_or_default(),
            t.line.map(|(_, wanted, _)| wanted.as_str()).unwrap_or_default().to_owned(),
        ]
    });
    csv_file("overdue.csv", &header, rows)
}

/// Stores that these households were told: fields `loan`, as many as there are, and `way`.
pub async fn told_them(
    State(app): State<App>,
    p: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let of = |name: &'static str| fields.iter().filter(move |(field, _)| field == name).map(|(_, said)| said);
    let way =
        of("way").next().and_then(|way| Way::from_word(way)).ok_or(Error::BadRequest("lending-wrong-way"))?;
    let chosen: Vec<&String> = of("loan").collect();
    if chosen.is_empty() {
        return Err(Error::BadRequest("lending-none-chosen"));
    }
    let is_again = of("act").any(|act| act == "again");
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    tell(&mut tx, &p, (&chosen, is_again), way).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/overdue")).into_response())
}

/// The same in a transaction that has the lock: of how many loans something was stored.
///
/// # Errors
/// The database's.
pub async fn tell(
    tx: &mut Write,
    p: &Frame,
    (chosen, is_again): (&[&String], bool),
    way: Way,
) -> Result<usize> {
    let now = now_ms();
    let rules = queries::rules(&mut **tx, p.district_id()).await?;
    let all = queries::troubled(tx, p.district_id(), (&follow::day_of(now), rules.idle_days)).await?;
    let mut count = 0;
    // Of what is not the matter now nobody was told: a page that is old, or a button pressed twice.
    for troubled in all.iter().filter(|t| chosen.contains(&&t.loan.id)) {
        let standing = troubled.standing(&rules, now);
        if is_again {
            if matches!(standing.cause(), Some(Cause::Unused | Cause::Idle)) {
                used_again(tx, p, troubled, now).await?;
                count += 1;
            }
        } else if let Standing::Tell(cause, _) = standing {
            put(tx, p, &troubled.loan.id, (Told::by_rules(cause, now, &rules), way)).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// The household was helped, or needs the line after all: its use counts anew, and it works again.
async fn used_again(tx: &mut Write, p: &Frame, troubled: &Troubled, now: i64) -> Result<()> {
    let device = &troubled.device;
    queries::count_anew(tx, p.district_id(), &device.id, &follow::day_of(now)).await?;
    let cards: Vec<String> = device.iccid.clone().into_iter().collect();
    queries::settle(tx, p.district_id(), &cards, now).await?;
    let entry = p.entry("loan.again", ("lending_loan", &troubled.loan.id), json!(null));
    Ok(audit::record(tx, &entry).await?)
}

async fn put(tx: &mut Write, p: &Frame, loan: &str, (told, way): (Told, Way)) -> Result<()> {
    let by = p.account_id().unwrap_or_default();
    queries::put_notice(tx, p.district_id(), loan, (told, way), by).await?;
    let detail = json!({ "cause": told.cause.as_str(), "way": way.as_str() });
    Ok(audit::record(tx, &p.entry("loan.told", ("lending_loan", loan), detail)).await?)
}

/// The set of suspensions that somebody approves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ApproveForm {
    mark: String,
}

/// Suspends the lines that a person saw and approved; others in their place are shown again.
pub async fn approved(State(app): State<App>, p: Frame, Form(form): Form<ApproveForm>) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let approval = Approval { by: p.account_id().unwrap_or_default(), mark: &form.mark };
    let run = follow::run(&mut tx, p.district_id(), now_ms(), Some(approval)).await?;
    if run.suspended == 0 {
        return Err(Error::BadRequest("lending-wrong-mark"));
    }
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/overdue")).into_response())
}
