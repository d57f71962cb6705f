//! When each task is: a table with a bar a row, a file, and a calendar.

use super::{day, entries, href, money, one};
use crate::App;
use crate::db::{now_ms, today};
use crate::error::Result;
use crate::exchange::{attachment, csv_file};
use crate::layout::Frame;
use crate::queries::Project;
use crate::rules::calendar::{self, Event};
use crate::rules::progress::{last_day, spans};
use crate::rules::register::{Entry, Register};
use crate::rules::timeline::{Circle, Span};
use crate::rules::workday;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use std::collections::BTreeMap;

struct Row {
    number: i64,
    name: String,
    edit: String,
    owner: String,
    begins: String,
    ends: String,
    slack: String,
    state: String,
    tag: &'static str,
    planned: String,
    spent: String,
    /// The bar: from where and how wide, of 100.
    from: String,
    width: String,
    is_critical: bool,
}

#[derive(Template)]
#[template(path = "templates/timeline.html")]
struct Page {
    p: Frame,
    project: Project,
    at: String,
    rows: Vec<Row>,
    /// Tasks that wait for each other, as text.
    ring: String,
    ends: String,
    /// Where today is among the bars, of 100.
    now: Option<String>,
}

/// Tasks in the order of their days.
fn in_order<'a>(entries: &'a [Entry], spans: &BTreeMap<i64, Span>) -> Vec<(&'a Entry, Option<Span>)> {
    let tasks = entries.iter().filter(|e| e.register == Register::Task && e.removed_ms.is_none());
    let mut rows: Vec<_> = tasks.map(|task| (task, spans.get(&task.number).copied())).collect();
    rows.sort_by_key(|(task, span)| (span.map(|s| (s.begin, s.end)), task.number));
    rows
}

/// The key and the tag of how a task stands.
fn state(task: &Entry, span: Option<Span>) -> (&'static str, &'static str) {
    let is_past = |day: Option<jiff::civil::Date>| day.is_some_and(|day| day < today());
    let begins = span.map(|span| workday::day(span.begin));
    match task.day("done") {
        Some(_) => ("projects-state-done", "good"),
        None if is_past(task.day("due")) || is_past(span.map(last_day)) => ("projects-state-late", "bad"),
        None if begins.is_some_and(|day| day <= today()) => ("projects-state-now", "warn"),
        None => ("projects-state-later", ""),
    }
}

/// The page.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let project = one(&app, &p, &id).await?;
    let entries = entries(&app, &p, &id).await?;
    let (spans, ring) = match spans(&entries, project.begins) {
        Ok(spans) => (spans, String::new()),
        Err(Circle(ring)) => {
            let numbers: Vec<String> = ring.iter().map(i64::to_string).collect();
            (BTreeMap::new(), numbers.join(" → "))
        }
    };
    let first = spans.values().map(|s| s.begin).min().unwrap_or(0);
    let last = spans.values().map(|s| s.end).max().unwrap_or(0).max(first + 1);
    let place = |day: i64| (day - first) as f64 / (last - first) as f64 * 100.0;
    let row = |(task, span): &(&Entry, Option<Span>)| {
        let (key, tag) = state(task, *span);
        let wide = span.map_or(0.0, |s| (place(s.end) - place(s.begin)).max(1.0));
        Row {
            number: task.number,
            name: task.text("name").to_owned(),
            edit: href(&p, &id, &format!("/list/task/edit?number={}", task.number)),
            owner: task.text("owner").to_owned(),
            begins: span.map_or_else(String::new, |s| day(&p, workday::day(s.begin))),
            ends: span.map_or_else(String::new, |s| day(&p, last_day(s))),
            slack: span.and_then(|s| s.slack).map_or_else(String::new, |slack| slack.to_string()),
            state: p.t(key),
            tag,
            planned: task.cents("planned").map_or_else(String::new, money),
            spent: task.cents("spent").map_or_else(String::new, money),
            from: format!("{:.1}", span.map_or(0.0, |s| place(s.begin).min(99.0))),
            width: format!("{wide:.1}"),
            is_critical: span.is_some_and(|s| s.is_critical()),
        }
    };
    let now = workday::number(today());
    let page = Page {
        rows: in_order(&entries, &spans).iter().map(row).collect(),
        ends: spans.values().copied().map(last_day).max().map_or_else(String::new, |end| day(&p, end)),
        now: (first..=last).contains(&now).then(|| format!("{:.1}", place(now))),
        at: href(&p, &id, ""),
        ring,
        project,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The timeline as a file.
pub async fn csv(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let project = one(&app, &p, &id).await?;
    let entries = entries(&app, &p, &id).await?;
    let spans = spans(&entries, project.begins).unwrap_or_default();
    let rows = in_order(&entries, &spans).into_iter().map(|(task, span)| {
        let text = |field: &str| task.text(field).to_owned();
        [
            task.number.to_string(),
            text("name"),
            text("owner"),
            span.map_or_else(String::new, |s| workday::day(s.begin).to_string()),
            span.map_or_else(String::new, |s| last_day(s).to_string()),
            span.and_then(|s| s.slack).map_or_else(String::new, |slack| slack.to_string()),
            span.is_some_and(|s| s.is_critical()).to_string(),
            text("done"),
            text("planned"),
            text("spent"),
        ]
    });
    let header =
        ["number", "name", "owner", "begins", "ends", "slack_days", "critical", "done", "planned", "spent"];
    csv_file("timeline.csv", &header, rows)
}

/// Tasks, meetings and days that others wait for, for a calendar program.
pub async fn calendar(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let project = one(&app, &p, &id).await?;
    let entries = entries(&app, &p, &id).await?;
    let spans = spans(&entries, project.begins).unwrap_or_default();
    let event = |entry: &Entry, begin, last, description: String| Event {
        uid: format!("{}-{}@{id}", entry.register.as_str(), entry.number),
        summary: entry.text("name").to_owned(),
        description,
        begin,
        last,
    };
    let mut events = Vec::new();
    for (task, span) in in_order(&entries, &spans) {
        if let Some(span) = span {
            let owner = task.text("owner").to_owned();
            events.push(event(task, workday::day(span.begin), last_day(span), owner));
        }
    }
    for entry in entries.iter().filter(|e| e.removed_ms.is_none()) {
        let (day, text) = match entry.register {
            Register::Meeting => (entry.day("held"), "agenda"),
            Register::Deliverable => (entry.day("due"), "note"),
            Register::Aim => (entry.day("by"), "note"),
            _ => continue,
        };
        events.extend(day.map(|day| event(entry, day, day, entry.text(text).to_owned())));
    }
    let text = calendar::calendar(&project.name, &events, now_ms());
    Ok(attachment("project.ics", "text/calendar; charset=utf-8", text.into_bytes()))
}
