//! Lines follow loans: those whose household was told and whose time is over are suspended, and those of which nothing is the matter any
//! more work again. A run asks no carrier; it only changes what lines are wanted to be.

use super::queries::{self, Because, Troubled};
use super::rules::settings::Rules;
use super::rules::standing::{Cause, Standing, allowance};
use super::rules::state::Wanted;
use crate::db::{Write, now_ms};
use crate::exchange::digest;
use crate::{App, audit};
use jiff::tz::TimeZone;
use serde_json::json;
use std::time::Duration;

/// How often all districts are looked at.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// A line that may be suspended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its loan.
    pub loan: String,
    /// Its id.
    pub line: String,
    /// What is the matter.
    pub cause: Cause,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// How many lines were suspended.
    pub suspended: usize,
    /// Those that are too many to be suspended without approval.
    pub waiting: Vec<Candidate>,
}

/// Who approves that a certain set of lines is suspended.
#[derive(Clone, Copy, Debug)]
pub struct Approval<'a> {
    /// The account.
    pub by: &'a str,
    /// The mark of the set that she saw.
    pub mark: &'a str,
}

/// The mark of a set of lines that may be suspended: another set has another.
pub fn mark(candidates: &[Candidate]) -> String {
    let mut all: Vec<String> =
        candidates.iter().map(|c| format!("{} {} {}", c.loan, c.line, c.cause.as_str())).collect();
    all.sort();
    digest(all.iter().map(|one| one.as_bytes()))
}

/// The day of a time, ms since 1970 UTC.
pub fn day_of(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|time| TimeZone::UTC.to_datetime(time).date().to_string())
        .unwrap_or_default()
}

/// The lines that may be suspended now, of these loans.
pub fn candidates(troubled: &[Troubled], rules: &Rules, now_ms: i64) -> Vec<Candidate> {
    let of = |troubled: &Troubled| {
        let (line, wanted, is_held) = troubled.line.as_ref()?;
        match troubled.standing(rules, now_ms) {
            Standing::Due(cause, _) if *wanted == Wanted::Active && !is_held => {
                Some(Candidate { loan: troubled.loan.id.clone(), line: line.clone(), cause })
            }
            _ => None,
        }
    };
    troubled.iter().filter_map(of).collect()
}

/// Lets the lines work again of which nothing is the matter any more: somebody was told later, rules have become milder.
///
/// # Errors
/// The database's.
pub async fn restore(tx: &mut Write, district: &str, now_ms: i64) -> sqlx::Result<()> {
    let cards = queries::suspended_cards(tx, district).await?;
    queries::settle(tx, district, &cards, now_ms).await
}

/// Looks at the lines of a district once.
///
/// # Errors
/// The database's.
pub async fn run(
    tx: &mut Write,
    district: &str,
    now_ms: i64,
    approval: Option<Approval<'_>>,
) -> sqlx::Result<Run> {
    queries::lock(tx, district).await?;
    let rules = queries::rules(&mut **tx, district).await?;
    restore(tx, district, now_ms).await?;
    queries::lapse(tx, district, now_ms).await?;
    if rules.suspend == 0 {
        return Ok(Run::default());
    }
    let troubled = queries::troubled(tx, district, (&day_of(now_ms), rules.idle_days)).await?;
    let candidates = candidates(&troubled, &rules, now_ms);
    let (active, today) = queries::active_and_suspended(tx, district, now_ms).await?;
    let is_over = candidates.len() > allowance(active, today, &rules);
    let approved_by = approval.filter(|a| is_over && a.mark == mark(&candidates)).map(|a| a.by);
    if is_over && approved_by.is_none() {
        // Not the first of them: a rule or a date that is wrong makes many due at once, and then none of them should be.
        return Ok(Run { suspended: 0, waiting: candidates });
    }
    for candidate in &candidates {
        let because = Because { cause: candidate.cause, loan: &candidate.loan, approved_by };
        queries::set_wanted(tx, district, &candidate.line, (Wanted::Suspended, now_ms), Some(because))
            .await?;
        let entry = audit::Entry {
            district_id: Some(district),
            account_id: approved_by,
            action: "line.suspend",
            subject: ("carrier_line", &candidate.line),
            detail: json!({ "loan": candidate.loan, "cause": candidate.cause.as_str() }),
        };
        audit::record(tx, &entry).await?;
    }
    Ok(Run { suspended: candidates.len(), waiting: Vec::new() })
}

/// Looks at the lines of all districts, again and again. It never ends.
pub async fn keep(app: App) {
    loop {
        if let Err(error) = all(&app).await {
            tracing::error!(%error, "lines could not be made to follow loans");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn all(app: &App) -> sqlx::Result<()> {
    for district in queries::districts_with_lines(app.db.read()).await? {
        let mut tx = app.db.write().await?;
        let run = run(&mut tx, &district, now_ms(), None).await?;
        tx.commit().await?;
        if !run.waiting.is_empty() {
            tracing::warn!(district, lines = run.waiting.len(), "suspensions wait for approval");
        }
    }
    Ok(())
}
