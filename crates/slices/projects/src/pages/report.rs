//! Progress reports: drafted from the facts every two weeks, edited and approved by a person, then kept as they are.

use super::{change, day, entries, figure, href, list, midnight, money, note, one, open};
use crate::App;
use crate::access::Action;
use crate::db::{now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::count;
use crate::layout::Frame;
use crate::queries::{self, Of, Project, Report};
use crate::rules::progress::{self, Item, Told};
use crate::rules::register::{Register, TEXT};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

struct Line {
    number: i64,
    period: String,
    href: String,
    approved: String,
}

#[derive(Template)]
#[template(path = "templates/reports.html")]
struct ListPage {
    p: Frame,
    project: Project,
    at: String,
    lines: Vec<Line>,
    /// The period of the next one.
    next: String,
    /// Whether the last one waits for approval.
    is_open: bool,
    may_manage: bool,
}

fn period(p: &Frame, from: Date, to: Date) -> String {
    p.tvs("projects-period", &[("from", day(p, from).into()), ("to", day(p, to).into())])
}

async fn reports(app: &App, p: &Frame, id: &str) -> Result<Vec<Report>> {
    let of = Of { district: p.district_id(), project: id };
    Ok(queries::reports(app.db.read(), of).await?)
}

/// All reports of a project.
pub async fn list(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let project = one(&app, &p, &id).await?;
    let reports = reports(&app, &p, &id).await?;
    let (from, to) = progress::period(project.begins, reports.first().map(|r| r.to));
    let line = |report: &Report| Line {
        number: report.number,
        period: period(&p, report.from, report.to),
        href: href(&p, &id, &format!("/reports/{}", report.number)),
        approved: report.approved_ms.map_or_else(String::new, |ms| p.date(ms)),
    };
    let page = ListPage {
        lines: reports.iter().map(line).collect(),
        next: period(&p, from, to),
        is_open: reports.first().is_some_and(|report| report.approved_ms.is_none()),
        may_manage: p.may(Action::ManageProjects),
        at: href(&p, &id, "/reports"),
        project,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The facts that a report was drafted from.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Facts {
    told: Told,
    /// Loans: open at the end, begun and ended in the period.
    loans: [i64; 3],
    /// Aims with their target and the published figure of their measure: share and the ends of its 90% interval.
    aims: Vec<(String, String, Option<[f64; 3]>)>,
}

fn sentences(p: &Frame, facts: &Facts, figures: &[String]) -> String {
    let told = &facts.told;
    let items = |list: &[Item]| {
        list.iter().map(|item| format!("- {} ({})\n", item.name, day(p, item.day))).collect::<String>()
    };
    let names = |list: &[String]| list.iter().map(|name| format!("- {name}\n")).collect::<String>();
    let part = |key: &str, body: String| {
        if body.is_empty() { String::new() } else { format!("{}\n{body}\n", p.t(key)) }
    };
    let number = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX)).into();
    let mut text =
        p.tvs("projects-draft-tasks", &[("done", number(told.done)), ("tasks", number(told.tasks))]);
    if let Some(end) = told.end {
        text += &format!(" {}", p.tv("projects-draft-end", "day", day(p, end)));
    }
    text += &format!(
        " {}\n\n",
        p.tvs(
            "projects-draft-money",
            &[("spent", money(told.money.spent).into()), ("planned", money(told.money.planned).into())]
        )
    );
    text += &part("projects-draft-done", items(&told.done_now));
    text += &part("projects-draft-late", items(&told.late));
    text += &part("projects-draft-next", items(&told.next));
    text += &part("projects-draft-aims", figures.iter().map(|line| format!("- {line}\n")).collect());
    let [open, began, ended] = facts.loans;
    if open + began + ended > 0 {
        let values =
            [("open", count(open).into()), ("began", count(began).into()), ("ended", count(ended).into())];
        text += &format!("{}\n\n", p.tvs("projects-draft-loans", &values));
    }
    text += &part("projects-draft-risks", names(&told.risks));
    text += &part("projects-draft-lessons", names(&told.lessons));
    text.trim_end().to_owned()
}

/// Drafts the next report from the facts of today.
pub async fn drafted(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let project = open(&app, &p, &id).await?;
    let before = reports(&app, &p, &id).await?;
    if before.first().is_some_and(|report| report.approved_ms.is_none()) {
        return Err(Error::BadRequest("projects-report-open"));
    }
    let (from, to) = progress::period(project.begins, before.first().map(|r| r.to));
    if from > today() {
        return Err(Error::BadRequest("projects-report-early"));
    }
    let entries = entries(&app, &p, &id).await?;
    let until = to.tomorrow().unwrap_or(to);
    let loans = queries::loans(app.db.read(), p.district_id(), (midnight(from), midnight(until))).await?;
    let (mut aims, mut figures) = (Vec::new(), Vec::new());
    for aim in entries.iter().filter(|e| e.register == Register::Aim && e.removed_ms.is_none()) {
        let figure = figure(&app, &p, aim).await?;
        let now =
            figure.as_ref().map_or_else(|| p.t("projects-figure-none"), |figure| list::share(&p, figure));
        let values =
            [("aim", aim.text("name").into()), ("now", now.into()), ("target", aim.text("target").into())];
        figures.push(p.tvs("projects-draft-aim", &values));
        aims.push((aim.text("name").to_owned(), aim.text("target").to_owned(), figure.map(|f| f.share)));
    }
    let facts = Facts { told: progress::told(&entries, project.begins, (from, to)), loans, aims };
    let number = before.first().map_or(1, |report| report.number + 1);
    let new = Report {
        number,
        from,
        to,
        facts_json: serde_json::to_string(&facts).map_err(|error| Error::Internal(error.to_string()))?,
        body: sentences(&p, &facts, &figures),
        changed_ms: now_ms(),
        approved_ms: None,
    };
    let mut tx = app.db.write().await?;
    let of = Of { district: p.district_id(), project: &id };
    if queries::draft(&mut tx, of, &new).await? {
        note(&mut tx, &p, "project.report_draft", &id, json!({ "report": number })).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&href(&p, &id, &format!("/reports/{number}"))).into_response())
}

#[derive(Template)]
#[template(path = "templates/report.html")]
struct Page {
    p: Frame,
    project: Project,
    report: Report,
    period: String,
    approved: String,
    paragraphs: Vec<Vec<String>>,
    at: String,
    back: String,
    error: String,
    may_manage: bool,
}

fn render(p: Frame, project: Project, report: Report, error: &str) -> Result<Response> {
    let paragraphs = report.body.split("\n\n").map(|part| part.lines().map(str::to_owned).collect());
    let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        period: period(&p, report.from, report.to),
        approved: report.approved_ms.map_or_else(String::new, |ms| p.date(ms)),
        paragraphs: paragraphs.collect(),
        at: href(&p, &project.id, &format!("/reports/{}", report.number)),
        back: href(&p, &project.id, "/reports"),
        error: if error.is_empty() { String::new() } else { p.t(error) },
        may_manage: p.may(Action::ManageProjects),
        report,
        project,
        p,
    };
    Ok((status, Html(page.render()?)).into_response())
}

async fn one_report(app: &App, p: &Frame, id: &str, number: &str) -> Result<Report> {
    let number: i64 = number.parse().map_err(|_| Error::NotFound)?;
    reports(app, p, id).await?.into_iter().find(|report| report.number == number).ok_or(Error::NotFound)
}

/// A report: to be read, and while it is a draft to be edited.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id, number)): Path<(String, String, String)>,
) -> Result<Response> {
    let project = one(&app, &p, &id).await?;
    let report = one_report(&app, &p, &id, &number).await?;
    render(p, project, report, "")
}

/// What a person made of a draft.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReportForm {
    #[serde(default)]
    body: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    act: String,
}

/// Stores a draft, or approves it.
pub async fn edited(
    State(app): State<App>,
    p: Frame,
    Path((_, id, number)): Path<(String, String, String)>,
    Form(form): Form<ReportForm>,
) -> Result<Response> {
    let project = open(&app, &p, &id).await?;
    let mut report = one_report(&app, &p, &id, &number).await?;
    let body = form.body.replace("\r\n", "\n").trim().to_owned();
    let approves = form.act == "approve";
    let wrong = match () {
        () if report.approved_ms.is_some() => "projects-report-approved",
        () if body.is_empty() => "projects-wanted-something",
        () if body.chars().count() > TEXT => "projects-wanted-text",
        () => "",
    };
    let seen: i64 = form.seen.parse().unwrap_or(0);
    let stored = if wrong.is_empty() {
        let mut tx = app.db.write().await?;
        let of = Of { district: p.district_id(), project: &id };
        let stored = queries::edit(&mut tx, of, (report.number, seen, &body), (approves, change(&p))).await?;
        if stored {
            let action = if approves { "project.report_approve" } else { "project.report_edit" };
            note(&mut tx, &p, action, &id, json!({ "report": report.number })).await?;
            tx.commit().await?;
        }
        stored
    } else {
        false
    };
    if stored {
        return Ok(Redirect::to(&href(&p, &id, &format!("/reports/{number}"))).into_response());
    }
    // What was typed is not lost.
    if report.approved_ms.is_none() {
        report.body = body;
    }
    render(p, project, report, if wrong.is_empty() { "projects-changed-meanwhile" } else { wrong })
}
