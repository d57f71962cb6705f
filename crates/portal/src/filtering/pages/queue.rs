//! The queue: which blocked names are asked for, the form that answers, what was answered, and undo.

use crate::access::{Action, Viewer};
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file, minute};
use crate::filtering::queries::{self, Answered, Group, NewAnswer};
use crate::filtering::rules::answer::{self, Allowed, Form as Said, Whom};
use crate::filtering::rules::ask;
use crate::filtering::rules::why::{Why, why};
use crate::layout::Frame;
use crate::routes::escape;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_policy::{NameBuf, Subject};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::HashMap;

/// Names, and answers, that a page shows; the CSV has all.
const SHOWN: i64 = 200;
/// Reasons shown of one name.
const REASONS: usize = 20;

struct GroupView {
    href: String,
    group: Group,
    requests: String,
    first: String,
    last: String,
}

struct AnswerView {
    answer: Answered,
    ruling: String,
    whom: String,
    until: String,
    when: String,
    state: String,
    tag: &'static str,
    may_undo: bool,
}

#[derive(Template)]
#[template(path = "filtering/templates/queue.html")]
struct Queue {
    p: Frame,
    groups: Vec<GroupView>,
    answers: Vec<AnswerView>,
    version: Option<i64>,
}

/// The page.
pub async fn list(State(app): State<App>, p: Frame, viewer: Viewer) -> Result<Response> {
    let db = app.db.read();
    let district = p.district_id().to_owned();
    let groups = queries::groups(db, &district, SHOWN).await?;
    let own = own(&p, &viewer);
    let answers = queries::answers(db, &district, own, SHOWN).await?;
    let labels = labels(&app, &district, &viewer).await?;
    let page = Queue {
        groups: groups.into_iter().map(|group| group_view(&district, group)).collect(),
        answers: answers.into_iter().map(|answer| answer_view(&p, answer, &labels)).collect(),
        version: app.policy.current().map(|current| current.version.version),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// Whose answers somebody sees who may answer for her own sections alone.
fn own<'a>(p: &Frame, viewer: &'a Viewer) -> Option<&'a str> {
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
async fn labels(app: &App, district: &str, viewer: &Viewer) -> Result<Vec<(String, String)>> {
    let schools = queries::schools(app.db.read(), district).await?;
    let sections = queries::sections_taught(app.db.read(), district, &viewer.account_id).await?;
    let schools = schools.into_iter().map(|(id, name)| (format!("school:{id}"), name));
    Ok(schools.chain(sections.into_iter().map(|(id, title)| (format!("section:{id}"), title))).collect())
}

fn word_of(answer: &Answered) -> String {
    match (&answer.school, &answer.section) {
        (_, Some(section)) => format!("section:{section}"),
        (Some(school), None) => format!("school:{school}"),
        (None, None) => "everybody".to_owned(),
    }
}

fn answer_view(p: &Frame, answer: Answered, labels: &[(String, String)]) -> AnswerView {
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
    let answers = queries::answers(app.db.read(), p.district_id(), own(&p, &viewer), i64::MAX).await?;
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

#[derive(Template)]
#[template(path = "filtering/templates/answer.html")]
struct AnswerPage {
    p: Frame,
    form: Said,
    name: String,
    asked: String,
    why: String,
    reasons: Vec<(String, String)>,
    choices: Vec<(String, String)>,
    everybody: bool,
    faults: HashMap<&'static str, String>,
    errors: Vec<(&'static str, String)>,
}

impl AnswerPage {
    fn error(&self, field: &str) -> &str {
        self.faults.get(field).map_or("", String::as_str)
    }
}

/// The form that answers the requests for one name.
pub async fn form(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Query(said): Query<Said>,
) -> Result<Response> {
    let name = ask::name(&said.name).ok_or(Error::NotFound)?;
    render(&app, p, &viewer, (name, said), Vec::new()).await
}

async fn render(
    app: &App,
    p: Frame,
    viewer: &Viewer,
    (name, said): (NameBuf, Said),
    wrong: Vec<answer::Wrong>,
) -> Result<Response> {
    let text = name.to_string();
    let requests = queries::requests(app.db.read(), p.district_id(), Some(&text)).await?;
    let everybody = p.may(Action::AnswerRequests);
    let mut choices = labels(app, p.district_id(), viewer).await?;
    choices.retain(|(word, _)| everybody || word.starts_with("section:"));
    if everybody {
        choices.insert(0, ("everybody".to_owned(), p.t("filtering-everybody")));
    }
    let errors: Vec<_> = wrong.into_iter().map(|(field, key)| (field, p.t(key))).collect();
    let reasons = requests.iter().filter(|r| !r.reason.is_empty()).take(REASONS);
    let page = AnswerPage {
        asked: p.tv("filtering-asked-times", "n", requests.len()),
        why: reason(app, &p, &name),
        reasons: reasons.map(|r| (minute(r.asked_ms), r.reason.clone())).collect(),
        choices,
        everybody,
        faults: errors.iter().cloned().collect(),
        name: text,
        form: said,
        errors,
        p,
    };
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(page.render()?)).into_response())
}

/// What the policy says of the name to whoever is not known; nothing where none is published.
fn decided(app: &App, name: &NameBuf) -> Option<Why> {
    let current = app.policy.current()?;
    let now_s = u32::try_from(now_ms() / 1000).unwrap_or_default();
    Some(why(&current.view(), &Subject::Unknown, &name.as_name(), now_s))
}

/// Why the name is blocked for whoever is not known, in words; empty where no policy is published.
fn reason(app: &App, p: &Frame, name: &NameBuf) -> String {
    let Some(why) = decided(app, name) else { return String::new() };
    match why {
        Why::Open => p.t("filtering-why-open"),
        Why::OpenHere => p.t("filtering-why-open-here"),
        Why::List { list, category } => {
            p.tvs("filtering-why-list", &[("list", list.into()), ("category", category.into())])
        }
        Why::Rule { scope, mandatory: true } => p.tv("filtering-why-mandatory", "scope", scope),
        Why::Rule { scope, mandatory: false } => p.tv("filtering-why-rule", "scope", scope),
        Why::AllowedOnly => p.t("filtering-why-allowed-only"),
    }
}

/// Stores an answer.
pub async fn answered(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Form(said): Form<Said>,
) -> Result<Response> {
    let district = p.district_id().to_owned();
    let name = ask::name(&said.name).ok_or(Error::BadRequest("filtering-wrong-name"))?;
    let (schools, sections): (Vec<_>, Vec<_>) = labels(&app, &district, &viewer)
        .await?
        .into_iter()
        .map(|l| l.0)
        .partition(|w| w.starts_with("school:"));
    let bare = |words: Vec<String>| {
        words.iter().filter_map(|w| w.split_once(':')).map(|(_, id)| id.to_owned()).collect()
    };
    let allowed = Allowed {
        everybody: p.may(Action::AnswerRequests),
        schools: bare(schools),
        sections: bare(sections),
    };
    let zone = app.policy.current().map_or(TimeZone::UTC, |current| current.zone(&district));
    let today = zone.to_datetime(Timestamp::now()).date();
    let mandatory = decided(&app, &name).is_some_and(|why| why.is_mandatory());
    let answer = match answer::read(&said, &allowed, today, &zone) {
        Ok(answer) if answer.ruling == answer::Ruling::Allow && mandatory => {
            return render(&app, p, &viewer, (name, said), vec![("ruling", "filtering-wrong-mandatory")])
                .await;
        }
        Ok(answer) => answer,
        Err(wrong) => return render(&app, p, &viewer, (name, said), wrong).await,
    };
    let (id, name) = (new_id(), name.to_string());
    let (school, section) = match &answer.whom {
        Whom::Everybody => (None, None),
        Whom::School(id) => (Some(id.as_str()), None),
        Whom::Section(id) => (None, Some(id.as_str())),
    };
    let new = NewAnswer {
        id: &id,
        name: &name,
        ruling: answer.ruling.as_str(),
        school,
        section,
        ends_ms: answer.ends_ms,
        reason: &answer.reason,
        ms: now_ms(),
        by: &viewer.account_id,
    };
    let mut tx = app.db.write().await?;
    let requests = queries::insert_answer(&mut tx, &district, &new).await?;
    let detail = json!({ "ruling": new.ruling, "school": school, "section": section, "ends_ms": new.ends_ms,
        "requests": requests });
    audit::record(&mut tx, &p.entry("request.answer", ("filter_answer", &id), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/filtering")).into_response())
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
