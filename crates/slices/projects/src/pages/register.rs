//! A register of a project: its list, the form of an entry, and its file.

use super::{change, entries, href, known, note, open, register_name};
use crate::App;
use crate::access::Action;
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, csv_file};
use crate::layout::{Frame, ProblemList, ProblemRow};
use crate::queries::{self, Of, Project};
use crate::rules::progress;
use crate::rules::register::{Entry, Register, Takes, Values, values};
use crate::rules::sheet::{self, Wrong};
use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::read::decode;
use evenfield_model::Problems;
use serde_json::json;
use std::collections::BTreeMap;

/// The parameters of a path: district, project, register.
type At = Path<(String, String, String)>;
/// A form or a query.
type Fields = BTreeMap<String, String>;

fn register(word: &str) -> Result<Register> {
    Register::from_word(word).ok_or(Error::NotFound)
}

fn label(p: &Frame, register: Register, field: &str) -> String {
    // A name is called otherwise in each register: a task, a person, a site.
    match field {
        "name" => p.t(&format!("projects-name-{}", register.as_str())),
        field => p.t(&format!("projects-field-{}", field.replace('_', "-"))),
    }
}

/// A value as a page shows it.
fn shown(p: &Frame, entry: &Entry, takes: Takes, field: &str, all: &[Entry]) -> String {
    let text = entry.text(field);
    let name = |register: Register, number: i64| {
        let other = all.iter().find(|e| e.register == register && e.number == number);
        format!("{number} {}", other.map_or("", |e| e.text("name")))
    };
    match takes {
        _ if text.is_empty() => String::new(),
        Takes::Word(_) => word(p, field, text),
        Takes::Day => entry.day(field).map_or_else(String::new, |day| super::day(p, day)),
        Takes::Dollars => entry.cents(field).map_or_else(String::new, super::money),
        Takes::One(register) | Takes::Many(register) => {
            let names: Vec<String> = entry.numbers(field).into_iter().map(|n| name(register, n)).collect();
            names.join("; ")
        }
        Takes::Line | Takes::Text | Takes::Days | Takes::Share => text.to_owned(),
    }
}

fn word(p: &Frame, field: &str, word: &str) -> String {
    match field {
        "measure" => p.t(&format!("gap-measure-{word}")),
        _ => p.t(&format!("projects-word-{}", word.replace('_', "-"))),
    }
}

struct Row {
    number: i64,
    name: String,
    edit: String,
    cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "templates/register.html")]
struct Page {
    p: Frame,
    project: Project,
    title: String,
    lead: String,
    at: String,
    back: String,
    head: Vec<String>,
    rows: Vec<Row>,
    removed: Vec<Row>,
    columns: String,
    problems: ProblemList,
    may_manage: bool,
}

async fn render(
    app: &App,
    p: Frame,
    (id, register): (&str, Register),
    problems: ProblemList,
) -> Result<Response> {
    let project = open(app, &p, id).await?;
    let all = entries(app, &p, id).await?;
    let at = href(&p, id, &format!("/list/{}", register.as_str()));
    let fields = &register.fields()[1..];
    let row = |entry: &Entry| Row {
        number: entry.number,
        name: entry.text("name").to_owned(),
        edit: format!("{at}/edit?number={}", entry.number),
        cells: fields.iter().map(|field| shown(&p, entry, field.takes, field.name, &all)).collect(),
    };
    let own = all.iter().filter(|entry| entry.register == register);
    let (kept, removed): (Vec<_>, Vec<_>) = own.partition(|entry| entry.removed_ms.is_none());
    let status = if problems.found > 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        title: register_name(&p, register),
        lead: p.t(&format!("projects-lead-{}", register.as_str())),
        back: href(&p, id, ""),
        head: register.fields().iter().map(|field| label(&p, register, field.name)).collect(),
        rows: kept.into_iter().map(row).collect(),
        removed: removed.into_iter().map(row).collect(),
        columns: sheet::header(register).join(", "),
        problems,
        may_manage: p.may(Action::ManageProjects),
        at,
        project,
        p,
    };
    Ok((status, Html(page.render()?)).into_response())
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame, Path((_, id, word)): At) -> Result<Response> {
    let none = ProblemList { rows: Vec::new(), found: 0 };
    render(&app, p, (&id, register(&word)?), none).await
}

/// The list as a file, which can be changed and loaded again.
pub async fn csv(State(app): State<App>, p: Frame, Path((_, id, word)): At) -> Result<Response> {
    let register = register(&word)?;
    open(&app, &p, &id).await?;
    let all = entries(&app, &p, &id).await?;
    let rows = all.iter().filter(|e| e.register == register && e.removed_ms.is_none()).map(|entry| {
        let values = register.fields().iter().map(|field| entry.text(field.name).to_owned());
        std::iter::once(entry.number.to_string()).chain(values).collect::<Vec<_>>()
    });
    csv_file(&format!("{}.csv", register.as_str()), &sheet::header(register), rows)
}

/// Stores the entries of a file, all of them or none.
pub async fn upload(
    State(app): State<App>,
    p: Frame,
    Path((_, id, word)): At,
    multipart: Multipart,
) -> Result<Response> {
    let register = register(&word)?;
    let project = open(&app, &p, &id).await?;
    let file =
        UploadForm::read(multipart).await?.file("file").ok_or(Error::BadRequest("projects-no-file"))?;
    let all = entries(&app, &p, &id).await?;
    let mut unreadable = Problems::default();
    let text = match decode(&file.name, &file.bytes, &mut unreadable) {
        Ok(text) if unreadable.is_empty() => text,
        read => {
            if let Err(error) = read {
                error.note(&mut unreadable);
            }
            let problems = p.problems(&unreadable);
            return render(&app, p, (&id, register), problems).await;
        }
    };
    let rows = match sheet::read(&text, register, &all, &known(&all)) {
        Ok(rows) => rows,
        Err(wrong) => {
            let problems = problems(&p, &file.name, register, &wrong);
            return render(&app, p, (&id, register), problems).await;
        }
    };
    let stored =
        all.iter().filter(|e| e.register != register || rows.iter().all(|row| row.number != e.number));
    let after: Vec<Entry> = stored
        .cloned()
        .chain(rows.iter().map(|row| entry(register, row.number, row.values.clone())))
        .collect();
    if let Some(ring) = ring(&after, &project) {
        let row = ProblemRow {
            file: file.name.clone(),
            line: 0,
            column: "needs".to_owned(),
            said: ring,
            wanted: p.t("projects-wanted-no-circle"),
            english: false,
        };
        return render(&app, p, (&id, register), ProblemList { rows: vec![row], found: 1 }).await;
    }
    let mut tx = app.db.write().await?;
    let of = Of { district: p.district_id(), project: &id };
    for row in &rows {
        queries::put_entry(&mut tx, of, (register, row.number, &row.values), change(&p)).await?;
    }
    let new = rows.iter().filter(|row| row.is_new).count();
    let detail = json!({ "register": register.as_str(), "rows": rows.len(), "new": new });
    note(&mut tx, &p, "project.load", &id, detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&href(&p, &id, &format!("/list/{word}"))).into_response())
}

fn entry(register: Register, number: i64, values: Values) -> Entry {
    Entry { register, number, values, removed_ms: None }
}

/// Tasks that would wait for each other, as text; nothing where none do.
fn ring(entries: &[Entry], project: &Project) -> Option<String> {
    let circle = progress::spans(entries, project.begins).err()?;
    Some(circle.0.iter().chain(circle.0.first()).map(i64::to_string).collect::<Vec<_>>().join(" → "))
}

/// What is wrong in a file, in the reader's language.
fn problems(p: &Frame, file: &str, register: Register, wrong: &[Wrong]) -> ProblemList {
    let rows = wrong.iter().take(200).map(|wrong| ProblemRow {
        file: file.to_owned(),
        line: wrong.line,
        column: wrong.column.clone(),
        said: wrong.said.clone(),
        wanted: wanted(p, register, &wrong.column, wrong.wanted),
        english: false,
    });
    ProblemList { rows: rows.collect(), found: wrong.len() as u64 }
}

/// What is wanted, with the words or columns that may be said.
fn wanted(p: &Frame, register: Register, field: &str, key: &str) -> String {
    let takes = register.fields().iter().find(|f| f.name == field).map(|f| f.takes);
    let list = match (key, takes) {
        ("projects-wanted-word", Some(Takes::Word(words))) => words.join(", "),
        ("projects-wanted-columns", _) => sheet::header(register).join(", "),
        _ => String::new(),
    };
    p.tv(key, "list", list)
}

/// A field of the form of an entry.
struct Input {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    error: String,
    takes: Takes,
    must: bool,
    /// What may be chosen: value, text, whether it is.
    choices: Vec<(String, String, bool)>,
}

impl Input {
    fn is_text(&self) -> bool {
        self.takes == Takes::Text
    }

    fn is_choice(&self) -> bool {
        matches!(self.takes, Takes::Word(_) | Takes::One(_))
    }
}

#[derive(Template)]
#[template(path = "templates/entry.html")]
struct EntryPage {
    p: Frame,
    title: String,
    register: String,
    at: String,
    number: Option<i64>,
    removed: bool,
    seen: i64,
    inputs: Vec<Input>,
    errors: Vec<(&'static str, String)>,
}

impl EntryPage {
    /// The type of a field's input.
    fn kind(&self, input: &Input) -> &'static str {
        if input.takes == Takes::Day { "date" } else { "text" }
    }
}

/// What an entry's form is of.
struct EntryForm<'a> {
    register: Register,
    number: Option<i64>,
    removed: bool,
    seen: i64,
    said: &'a dyn Fn(&str) -> String,
    wrong: Vec<(&'static str, String)>,
}

fn inputs(p: &Frame, form: &EntryForm<'_>, all: &[Entry]) -> Vec<Input> {
    let choices = |takes: Takes, field: &str, value: &str| -> Vec<(String, String, bool)> {
        match takes {
            Takes::Word(words) => {
                words.iter().map(|w| ((*w).to_owned(), word(p, field, w), *w == value)).collect()
            }
            Takes::One(other) => all
                .iter()
                .filter(|e| e.register == other && e.removed_ms.is_none())
                .map(|e| {
                    let number = e.number.to_string();
                    let chosen = number == value;
                    (number, format!("{} {}", e.number, e.text("name")), chosen)
                })
                .collect(),
            _ => Vec::new(),
        }
    };
    let hint = |takes: Takes| match takes {
        Takes::Days => p.t("projects-hint-days"),
        Takes::Share => p.t("projects-hint-share"),
        Takes::Dollars => p.t("projects-hint-dollars"),
        Takes::Many(_) => p.t("projects-hint-numbers"),
        _ => String::new(),
    };
    let field = |field: &crate::rules::register::Field| {
        let value = (form.said)(field.name);
        Input {
            name: field.name,
            label: label(p, form.register, field.name),
            hint: hint(field.takes),
            error: form.wrong.iter().find(|w| w.0 == field.name).map_or_else(String::new, |w| w.1.clone()),
            takes: field.takes,
            must: field.must,
            choices: choices(field.takes, field.name, &value),
            value,
        }
    };
    form.register.fields().iter().map(field).collect()
}

fn entry_page(p: Frame, id: &str, form: EntryForm<'_>, all: &[Entry]) -> Result<Response> {
    let status = if form.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let word = form.register.as_str();
    let inputs = inputs(&p, &form, all);
    let key = if form.number.is_some() { "projects-entry-edit" } else { "projects-entry-new" };
    let register = register_name(&p, form.register);
    let page = EntryPage {
        title: p.tvs(
            key,
            &[
                ("register", register.as_str().into()),
                ("number", form.number.unwrap_or(0).to_string().into()),
            ],
        ),
        at: href(&p, id, &format!("/list/{word}")),
        register,
        number: form.number,
        removed: form.removed,
        seen: form.seen,
        inputs,
        errors: form.wrong,
        p,
    };
    Ok((status, Html(page.render()?)).into_response())
}

/// The form of an entry; an empty one for a new one.
pub async fn edit(
    State(app): State<App>,
    p: Frame,
    Path((_, id, word)): At,
    Query(asked): Query<Fields>,
) -> Result<Response> {
    let register = register(&word)?;
    open(&app, &p, &id).await?;
    let of = Of { district: p.district_id(), project: &id };
    let stored = queries::entries(app.db.read(), of).await?;
    let number: Option<i64> =
        asked.get("number").map(|n| n.parse().map_err(|_| Error::NotFound)).transpose()?;
    let found = stored.iter().find(|(e, _)| e.register == register && Some(e.number) == number);
    if number.is_some() && found.is_none() {
        return Err(Error::NotFound);
    }
    let said = |field: &str| found.map_or_else(String::new, |(e, _)| e.text(field).to_owned());
    let form = EntryForm {
        register,
        number,
        removed: found.is_some_and(|(e, _)| e.removed_ms.is_some()),
        seen: found.map_or(0, |f| f.1),
        said: &said,
        wrong: Vec::new(),
    };
    let all: Vec<Entry> = stored.iter().map(|s| s.0.clone()).collect();
    entry_page(p, &id, form, &all)
}

/// Stores an entry.
pub async fn edited(
    State(app): State<App>,
    p: Frame,
    Path((_, id, word)): At,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let register = register(&word)?;
    let project = open(&app, &p, &id).await?;
    let all = entries(&app, &p, &id).await?;
    let said = |field: &str| fields.get(field).cloned().unwrap_or_default();
    let number: Option<i64> = match said("number").as_str() {
        "" => None,
        said => Some(said.parse().map_err(|_| Error::NotFound)?),
    };
    if number.is_some_and(|n| !all.iter().any(|e| e.register == register && e.number == n)) {
        return Err(Error::NotFound);
    }
    let seen: i64 = said("seen").parse().unwrap_or(0);
    let wrong = |p: Frame, wrong: Vec<(&'static str, String)>| {
        entry_page(p, &id, EntryForm { register, number, removed: false, seen, said: &said, wrong }, &all)
    };
    let values = match values(register, said, &known(&all)) {
        Ok(values) => values,
        Err(fields) => {
            let told =
                fields.into_iter().map(|(field, key)| (field, wanted(&p, register, field, key))).collect();
            return wrong(p, told);
        }
    };
    if let Some(ring) = would_ring(&all, (register, number, &values), &project) {
        let told = format!("{} {ring}", p.t("projects-wanted-no-circle"));
        return wrong(p, vec![("needs", told)]);
    }
    let mut tx = app.db.write().await?;
    let of = Of { district: p.district_id(), project: &id };
    let number = match number {
        Some(number) => {
            let new = (register, number, &values);
            if !queries::change_entry(&mut tx, of, new, (seen, change(&p))).await? {
                drop(tx);
                let told = p.t("projects-changed-meanwhile");
                return wrong(p, vec![("name", told)]);
            }
            number
        }
        None => {
            let number = queries::next_number(&mut tx, of, register).await?;
            queries::put_entry(&mut tx, of, (register, number, &values), change(&p)).await?;
            number
        }
    };
    let detail = json!({ "register": register.as_str(), "number": number });
    note(&mut tx, &p, "project.entry", &id, detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&href(&p, &id, &format!("/list/{word}"))).into_response())
}

/// Tasks that would wait for each other with this entry, as text.
fn would_ring(
    all: &[Entry],
    (register, number, values): (Register, Option<i64>, &Values),
    project: &Project,
) -> Option<String> {
    if register != Register::Task {
        return None;
    }
    // A new task has no number yet, and nothing can need it.
    let number = number?;
    let others = all.iter().filter(|e| e.register != register || e.number != number).cloned();
    let after: Vec<Entry> = others.chain([entry(register, number, values.clone())]).collect();
    ring(&after, project)
}

/// Takes an entry out, or puts it back.
pub async fn removed(
    State(app): State<App>,
    p: Frame,
    Path((_, id, word)): At,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let register = register(&word)?;
    let project = open(&app, &p, &id).await?;
    let number = fields.get("number").and_then(|n| n.parse::<i64>().ok()).ok_or(Error::NotFound)?;
    let all = entries(&app, &p, &id).await?;
    let found = all.iter().find(|e| e.register == register && e.number == number).ok_or(Error::NotFound)?;
    let removes = fields.get("act").is_some_and(|act| act == "remove");
    if !removes && would_ring(&all, (register, Some(number), &found.values), &project).is_some() {
        return Err(Error::BadRequest("projects-back-circle"));
    }
    let mut tx = app.db.write().await?;
    let of = Of { district: p.district_id(), project: &id };
    if queries::remove_entry(&mut tx, of, (register, number, removes), change(&p)).await? {
        let detail = json!({ "register": register.as_str(), "number": number });
        let action = if removes { "project.entry_remove" } else { "project.entry_restore" };
        note(&mut tx, &p, action, &id, detail).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&href(&p, &id, &format!("/list/{word}"))).into_response())
}
