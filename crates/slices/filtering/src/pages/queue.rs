//! The queue: which blocked names are asked for, the form that answers, what was answered, and undo.

use super::not_named;
use crate::access::{Action, Viewer};
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, Answered, Group};
use crate::routes::escape;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;

/// Names, and answers, that a page shows; the CSV has all.
const SHOWN: i64 = 200;

struct GroupView {
    href: String,
    group: Group,
    requests: String,
    first: String,
    last: String,
}

/// An answer as pages show it.
pub(super) struct AnswerView {
    pub answer: Answered,
    ruling: String,
    pub whom: String,
    pub until: String,
    pub when: String,
    state: String,
    tag: &'static str,
    pub may_undo: bool,
}

#[derive(Template)]
#[template(path = "templates/queue.html")]
struct Queue {
    p: Frame,
    groups: Vec<GroupView>,
    answers: Vec<AnswerView>,
    version: Option<i64>,
    /// What is said to a district that the policy does not name.
    not_named: String,
}

/// The page.
pub async fn list(State(app): State<App>, p: Frame, viewer: Viewer) -> Result<Response> {
    let db = app.db.read();
    let district = p.district_id().to_owned();
    let groups = queries::groups(db, &district, SHOWN).await?;
    let own = own(&p, &viewer);
    let answers = queries::answers(db, &district, own, "", SHOWN).await?;
    let mut labels = labels(&app, &district, &viewer).await?;
    labels.extend(queries::sections_answered(db, &district).await?.into_iter().map(of_section));
    let page = Queue {
        not_named: not_named(&app, &p),
        groups: groups.into_iter().map(|group| group_view(&district, group)).collect(),
        answers: answers.into_iter().map(|answer| answer_view(&p, answer, &labels)).collect(),
        version: app.policy.current().map(|current| current.version.version),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// Whose answers somebody sees who may answer for her own sections alone.
pub(super) fn own<'a>(p: &Frame, viewer: &'a Viewer) -> Option<&'a str> {
    (!p.may(Action::AnswerRequests)).then_some(viewer.account_id.as_str())
}

fn group_view(district: &str, group: Group) -> GroupView {
    GroupView {
        href: format!("/d/{district}/filtering/answer?name={}", escape(&group.name)),
        requests: count(group.requests),
        first: minute(group.first_ms),
        last: minute(group.last_ms),
        group,
    }
}

/// Names of schools and of the viewer's sections, as the form's words for whom.
pub(super) async fn labels(app: &App, district: &str, viewer: &Viewer) -> Result<Vec<(String, String)>> {
    let schools = queries::schools(app.db.read(), district).await?;
    let sections = queries::sections_taught(app.db.read(), district, &viewer.account_id).await?;
    let schools = schools.into_iter().map(|(id, name)| (format!("school:{id}"), name));
    Ok(schools.chain(sections.into_iter().map(of_section)).collect())
}

fn of_section((id, title): (String, String)) -> (String, String) {
    (format!("section:{id}"), title)
}

fn word_of(answer: &Answered) -> String {
    match (&answer.school, &answer.section) {
        (_, Some(section)) => format!("section:{section}"),
        (Some(school), None) => format!("school:{school}"),
        (None, None) => "everybody".to_owned(),
    }
}

pub(super) fn answer_view(p: &Frame, answer: Answered, labels: &[(String, String)]) -> AnswerView {
    let word = word_of(&answer);
    let label = labels.iter().find(|(w, _)| *w == word).map(|(_, label)| label.clone());
    let is_over = answer.ends_ms.is_some_and(|ms| ms <= now_ms());
    let (state, tag) = match (answer.undone_ms, answer.ruling.as_str()) {
        (Some(_), _) => ("filtering-state-undone", ""),
        (None, "allow") if is_over => ("filtering-state-over", ""),
        (None, "allow") => ("filtering-state-allow", "good"),
        (None, _) => ("filtering-state-keep", "warn"),
    };
    AnswerView {
        ruling: p.t(&format!("filtering-ruling-{}", answer.ruling)),
        whom: label.unwrap_or_else(|| if word == "everybody" { p.t("filtering-everybody") } else { word }),
        until: answer.ends_ms.map(minute).unwrap_or_default(),
        when: minute(answer.answered_ms),
        state: p.t(state),
        tag,
        may_undo: answer.undone_ms.is_none() && !is_over,
        answer,
    }
}

/// Every open request as CSV: a row each, and nobody's name in it.
pub async fn requests_csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let requests = queries::requests(app.db.read(), p.district_id(), None).await?;
    let rows = requests.into_iter().map(|r| {
        [r.name, r.category, r.policy.to_string(), r.school.unwrap_or_default(), r.reason, minute(r.asked_ms)]
    });
    csv_file(
        "requests.csv",
        &["name", "category", "policy_version", "school_id", "reason", "asked_utc"],
        rows,
    )
}

/// Every answer as CSV.
pub async fn answers_csv(State(app): State<App>, p: Frame, viewer: Viewer) -> Result<Response> {
    let answers = queries::answers(app.db.read(), p.district_id(), own(&p, &viewer), "", i64::MAX).await?;
    let header = [
        "name",
        "ruling",
        "school_id",
        "section_id",
        "ends_utc",
        "reason",
        "requests",
        "answered_utc",
        "answered_by",
        "undone_utc",
    ];
    let rows = answers.into_iter().map(|a| {
        [
            a.name,
            a.ruling,
            a.school.unwrap_or_default(),
            a.section.unwrap_or_default(),
            a.ends_ms.map(minute).unwrap_or_default(),
            a.reason,
            a.requests.to_string(),
            minute(a.answered_ms),
            a.by,
            a.undone_ms.map(minute).unwrap_or_default(),
        ]
    });
    csv_file("answers.csv", &header, rows)
}

/// Takes an answer back; its requests are open again.
pub async fn undo(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Path((_, answer)): Path<(String, String)>,
) -> Result<Response> {
    let by = (viewer.account_id.as_str(), p.may(Action::AnswerRequests));
    let mut tx = app.db.write().await?;
    if !queries::undo(&mut tx, p.district_id(), &answer, by, now_ms()).await? {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, &p.entry("request.undo", ("filter_answer", &answer), json!(null))).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{}/filtering", p.district_id())).into_response())
}
