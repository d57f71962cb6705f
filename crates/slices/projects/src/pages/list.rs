//! All projects of a district; one of them; a new one.

use super::{change, day, entries, figure, href, money, note, one, open, register_name};
use crate::App;
use crate::access::Action;
use crate::db::{new_id, today};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Of, Project};
use crate::rules::progress::{self, Told};
use crate::rules::register::{Entry, Field, Known, Register, Takes, value};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

struct Line {
    name: String,
    href: String,
    manager: String,
    begins: String,
}

#[derive(Template)]
#[template(path = "templates/list.html")]
struct List {
    p: Frame,
    projects: Vec<Line>,
    removed: Vec<Line>,
    may_manage: bool,
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let all = queries::projects(app.db.read(), p.district_id()).await?;
    let line = |project: &Project| Line {
        name: project.name.clone(),
        href: href(&p, &project.id, ""),
        manager: project.manager.clone(),
        begins: day(&p, project.begins),
    };
    let (kept, removed): (Vec<_>, Vec<_>) = all.iter().partition(|project| project.removed_ms.is_none());
    let page = List {
        projects: kept.into_iter().map(line).collect(),
        removed: removed.into_iter().map(line).collect(),
        may_manage: p.may(Action::ManageProjects),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// What a project says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ProjectForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    manager: String,
    #[serde(default)]
    begins: String,
    #[serde(default)]
    vision: String,
}

const FIELDS: [Field; 4] = [
    Field { name: "name", takes: Takes::Line, must: true },
    Field { name: "manager", takes: Takes::Line, must: true },
    Field { name: "begins", takes: Takes::Day, must: true },
    Field { name: "vision", takes: Takes::Text, must: false },
];

impl ProjectForm {
    /// The project, or the fields that are wrong with the keys of their messages.
    fn read(&self, id: String) -> std::result::Result<Project, Vec<(&'static str, &'static str)>> {
        let said = [&self.name, &self.manager, &self.begins, &self.vision];
        let mut wrong = Vec::new();
        let mut values = FIELDS.iter().zip(said).map(|(field, said)| {
            value(field, said, &Known::new())
                .map_err(|key| wrong.push((field.name, key)))
                .ok()
                .flatten()
                .unwrap_or_default()
        });
        let [name, manager, begins, vision] = std::array::from_fn(|_| values.next().unwrap_or_default());
        drop(values);
        match begins.parse() {
            Ok(begins) if wrong.is_empty() => {
                Ok(Project { id, name, manager, begins, vision, changed_ms: 0, removed_ms: None })
            }
            _ => Err(wrong),
        }
    }
}

#[derive(Template)]
#[template(path = "templates/project_form.html")]
struct FormPage {
    p: Frame,
    /// Where the form goes; the address of the project that is changed.
    back: String,
    is_new: bool,
    form: ProjectForm,
    errors: Vec<(&'static str, String)>,
}

impl FormPage {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(name, _)| *name == field).map_or("", |(_, message)| message)
    }

    fn of(p: Frame, id: Option<&str>, form: ProjectForm, wrong: &[(&'static str, &'static str)]) -> Self {
        let back = id.map_or_else(|| p.district_path("/projects"), |id| href(&p, id, ""));
        let errors = wrong.iter().map(|(field, key)| (*field, p.t(key))).collect();
        Self { back, is_new: id.is_none(), form, errors, p }
    }
}

/// The form of a new project.
pub async fn new(p: Frame) -> Result<Response> {
    let form = ProjectForm { begins: today().to_string(), ..ProjectForm::default() };
    Ok(Html(FormPage::of(p, None, form, &[]).render()?).into_response())
}

/// Stores a new project.
pub async fn made(State(app): State<App>, p: Frame, Form(form): Form<ProjectForm>) -> Result<Response> {
    store(&app, p, None, form).await
}

async fn store(app: &App, p: Frame, id: Option<&str>, form: ProjectForm) -> Result<Response> {
    let project = match form.read(id.map_or_else(new_id, str::to_owned)) {
        Ok(project) => project,
        Err(wrong) => {
            let page = FormPage::of(p, id, form, &wrong);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
        }
    };
    let mut tx = app.db.write().await?;
    queries::put_project(&mut tx, p.district_id(), &project, change(&p)).await?;
    let action = if id.is_some() { "project.edit" } else { "project.make" };
    note(&mut tx, &p, action, &project.id, json!(null)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&href(&p, &project.id, "")).into_response())
}

/// The form of a project.
pub async fn edit(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let project = open(&app, &p, &id).await?;
    let form = ProjectForm {
        name: project.name,
        manager: project.manager,
        begins: project.begins.to_string(),
        vision: project.vision,
    };
    Ok(Html(FormPage::of(p, Some(&id), form, &[]).render()?).into_response())
}

/// Stores what a project says of itself.
pub async fn edited(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<ProjectForm>,
) -> Result<Response> {
    open(&app, &p, &id).await?;
    store(&app, p, Some(&id), form).await
}

/// What is to become of a project or an entry.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RemoveForm {
    #[serde(default)]
    act: String,
}

/// Takes a project out of the list, or puts it back.
pub async fn removed(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<RemoveForm>,
) -> Result<Response> {
    one(&app, &p, &id).await?;
    let removes = match form.act.as_str() {
        "remove" => true,
        "restore" => false,
        _ => return Err(Error::BadRequest("error-body")),
    };
    let mut tx = app.db.write().await?;
    let of = Of { district: p.district_id(), project: &id };
    if queries::remove_project(&mut tx, of, removes, change(&p)).await? {
        note(&mut tx, &p, if removes { "project.remove" } else { "project.restore" }, &id, json!(null))
            .await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/projects")).into_response())
}

/// A register in the contents of a project.
struct Contents {
    label: String,
    href: String,
    count: usize,
    first: String,
}

/// An aim with the figure that it is about.
struct Aim {
    name: String,
    measure: String,
    baseline: String,
    now: String,
    target: String,
    by: String,
}

#[derive(Template)]
#[template(path = "templates/project.html")]
struct ProjectPage {
    p: Frame,
    project: Project,
    begins: String,
    ends: String,
    aims: Vec<Aim>,
    contents: Vec<Contents>,
    told: Told,
    late: Vec<(String, String)>,
    next: Vec<(String, String)>,
    planned: String,
    spent: String,
    /// Whether a plan is accepted of which tasks can be made.
    has_plan: bool,
    may_manage: bool,
    at: String,
}

/// A share with its ends, as whole percents.
pub(super) fn share(p: &Frame, figure: &queries::Figure) -> String {
    let percent = |share: f64| format!("{:.0}%", share * 100.0).into();
    let [value, low, high] = figure.share.map(percent);
    let made = p.date(figure.made_ms).into();
    p.tvs("projects-figure", &[("value", value), ("low", low), ("high", high), ("made", made)])
}

async fn aims(app: &App, p: &Frame, entries: &[Entry]) -> Result<Vec<Aim>> {
    let mut aims = Vec::new();
    for aim in entries.iter().filter(|e| e.register == Register::Aim && e.removed_ms.is_none()) {
        let measure = aim.text("measure");
        let figure = figure(app, p, aim).await?;
        aims.push(Aim {
            name: aim.text("name").to_owned(),
            measure: if measure.is_empty() { String::new() } else { p.t(&format!("gap-measure-{measure}")) },
            baseline: aim.text("baseline").to_owned(),
            now: figure.map_or_else(String::new, |figure| share(p, &figure)),
            target: aim.text("target").to_owned(),
            by: aim.day("by").map_or_else(String::new, |by| day(p, by)),
        });
    }
    Ok(aims)
}

/// A project: how it stands, and the way to all its registers.
pub async fn project(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let project = one(&app, &p, &id).await?;
    let entries = entries(&app, &p, &id).await?;
    let told = progress::told(&entries, project.begins, progress::period(today(), None));
    let contents = Register::ALL.map(|register| {
        let own = || entries.iter().filter(move |e| e.register == register && e.removed_ms.is_none());
        let first: Vec<&str> = own().map(|entry| entry.text("name")).take(3).collect();
        Contents {
            label: register_name(&p, register),
            href: href(&p, &id, &format!("/list/{}", register.as_str())),
            count: own().count(),
            first: first.join(" · "),
        }
    });
    let items = |list: &[progress::Item]| {
        list.iter().map(|item| (item.name.clone(), day(&p, item.day))).collect::<Vec<_>>()
    };
    // What is late today, not what will be by the end of the next two weeks.
    let late: Vec<_> = told.late.iter().filter(|item| item.day < today()).cloned().collect();
    let page = ProjectPage {
        begins: day(&p, project.begins),
        ends: told.end.map_or_else(String::new, |end| day(&p, end)),
        aims: aims(&app, &p, &entries).await?,
        contents: contents.into(),
        late: items(&late),
        next: items(&told.next),
        planned: money(told.money.planned),
        spent: money(told.money.spent),
        has_plan: told.tasks == 0 && queries::accepted_plan(app.db.read(), p.district_id()).await?.is_some(),
        may_manage: p.may(Action::ManageProjects),
        at: href(&p, &id, ""),
        told,
        project,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
