//! Response rates, and what staff do about a term.

use crate::access::Action;
use crate::code;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, LoadRow, TermRow};
use crate::rates::{self, Rate};
use crate::rules;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rand::SeedableRng;
use serde::Deserialize;
use serde_json::json;

/// What the pages of the survey may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// The term; without one the newest.
    #[serde(default)]
    pub term: String,
    /// A school's id; empty for all.
    #[serde(default)]
    pub school: String,
    /// `open`: only students without an answer.
    #[serde(default)]
    pub only: String,
}

impl Asked {
    /// Which students these letters are for, as the audit log has it.
    pub fn of(&self) -> serde_json::Value {
        json!({ "school": self.school, "only": self.only })
    }
}

/// The term asked for, or the newest; empty when there is none.
pub async fn chosen_term(app: &App, district: &str, asked: &Asked) -> Result<String> {
    if !asked.term.is_empty() {
        return rules::term(&asked.term).ok_or(Error::BadRequest("survey-term-wrong"));
    }
    Ok(queries::newest_term(app.db.read(), district).await?.unwrap_or_default())
}

struct CellView {
    label: String,
    students: String,
    answers: String,
    percent: Option<u64>,
}

struct BreakdownView {
    by: &'static str,
    caption: String,
    cells: Vec<CellView>,
}

struct TermView {
    term: String,
    opened: String,
    open: bool,
    codes: String,
    answered: String,
    /// Whether the figures rest on it.
    counts: bool,
    /// Whether it was opened by mistake, as far as anybody can tell: nothing is in it.
    empty: bool,
}

struct LoadView {
    id: String,
    file_name: String,
    loaded: String,
    answers: String,
    problems: String,
    /// When it was removed; empty while it counts.
    removed: String,
}

#[derive(Template)]
#[template(path = "templates/rates.html")]
struct Rates {
    p: Frame,
    term: String,
    terms: Vec<TermView>,
    all: CellView,
    breakdowns: Vec<BreakdownView>,
    loads: Vec<LoadView>,
    may_load: bool,
    may_students: bool,
    has_codes: bool,
    /// Whether how many students have a code or an answer may be told: not of few, but to who sees each of them.
    shows_counts: bool,
    smallest: u64,
    form_href: String,
}

/// The words of a cell's label.
fn label(p: &Frame, by: &str, word: &str) -> String {
    match by {
        "school" => word.to_owned(),
        "grade_band" => p.t(&format!("survey-band-{word}")),
        _ => p.t(&format!("survey-flag-{word}")),
    }
}

fn cell(label: String, rate: &Rate) -> CellView {
    let number = |n: u64| count(i64::try_from(n).unwrap_or(i64::MAX));
    match rate {
        Rate::Shown { students, answers } => CellView {
            label,
            students: number(*students),
            answers: number(*answers),
            percent: rate.percent(),
        },
        Rate::Withheld => CellView { label, students: String::new(), answers: String::new(), percent: None },
    }
}

/// The page of the response rates.
pub async fn rates(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let district = p.district_id().to_owned();
    let term = chosen_term(&app, &district, &asked).await?;
    let smallest = rates::smallest(app.config.publication);
    let rates = rates::rates(&rates::asked(app.db.read(), &district, &term).await?, smallest);
    let breakdowns = rates.breakdowns.iter().map(|b| BreakdownView {
        by: b.by,
        caption: p.t(&format!("survey-by-{}", b.by.replace('_', "-"))),
        cells: b.cells.iter().map(|(word, rate)| cell(label(&p, b.by, word), rate)).collect(),
    });
    let terms = queries::terms(app.db.read(), &district).await?;
    let counting = rules::counting(&terms).map(|t| t.term.clone());
    let page = Rates {
        all: cell(String::new(), &rates.all),
        breakdowns: breakdowns.collect(),
        loads: queries::loads(app.db.read(), &district).await?.into_iter().map(load_view).collect(),
        may_load: p.may(Action::LoadData),
        may_students: p.may(Action::SeeStudents),
        shows_counts: p.may(Action::SeeStudents) || rates.all != Rate::Withheld,
        has_codes: terms.iter().any(|t| t.term == term && t.codes > 0),
        terms: terms.into_iter().map(|t| view(t, counting.as_deref())).collect(),
        smallest,
        form_href: form_href(&app, &district),
        term,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

fn view(term: TermRow, counting: Option<&str>) -> TermView {
    TermView {
        counts: counting == Some(term.term.as_str()),
        empty: term.codes == 0 && term.answered == 0,
        opened: minute(term.opened_ms),
        open: term.closed_ms.is_none(),
        codes: count(term.codes),
        answered: count(term.answered),
        term: term.term,
    }
}

fn load_view(load: LoadRow) -> LoadView {
    LoadView {
        id: load.id,
        file_name: load.file_name,
        loaded: minute(load.loaded_ms),
        answers: count(load.answers),
        problems: count(load.problems),
        removed: load.removed_ms.map_or_else(String::new, minute),
    }
}

/// Where families find the form: the address that people type.
pub fn form_href(app: &App, district: &str) -> String {
    format!("{}/s/{district}", app.config.base_url())
}

/// The rates as CSV; what is withheld on the page is withheld here.
pub async fn rates_csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let district = p.district_id();
    let term = chosen_term(&app, district, &asked).await?;
    let asked = rates::asked(app.db.read(), district, &term).await?;
    let rates = rates::rates(&asked, rates::smallest(app.config.publication));
    let line = |by: &str, word: &str, rate: &Rate| {
        let (students, answers, why) = match rate {
            Rate::Shown { students, answers } => (students.to_string(), answers.to_string(), ""),
            Rate::Withheld => (String::new(), String::new(), "small_cell"),
        };
        let percent = rate.percent().map(|n| n.to_string()).unwrap_or_default();
        [term.clone(), by.to_owned(), word.to_owned(), students, answers, percent, why.to_owned()]
    };
    let mut rows = vec![line("all", "all", &rates.all)];
    for breakdown in &rates.breakdowns {
        rows.extend(breakdown.cells.iter().map(|(word, rate)| line(breakdown.by, word, rate)));
    }
    csv_file(
        &format!("survey-rates-{term}.csv"),
        &["term", "by", "group", "students", "answers", "percent", "suppressed"],
        rows,
    )
}

/// What is to be done about a term.
#[derive(Debug, Deserialize)]
pub struct TermForm {
    term: String,
    act: String,
}

/// Opens, closes or forgets a term, or gives out codes.
pub async fn terms(State(app): State<App>, p: Frame, Form(form): Form<TermForm>) -> Result<Response> {
    let district = p.district_id();
    let term = rules::term(&form.term).ok_or(Error::BadRequest("survey-term-wrong"))?;
    let mut tx = app.db.write().await?;
    let (action, detail) = match form.act.as_str() {
        "open" => {
            queries::open_term(&mut tx, district, &term, now_ms()).await?;
            ("survey.open", json!(null))
        }
        "close" => {
            queries::close_term(&mut tx, district, &term, now_ms()).await?;
            ("survey.close", json!(null))
        }
        "forget" => {
            if !queries::forget_term(&mut tx, district, &term).await? {
                return Err(Error::BadRequest("survey-forget-wrong"));
            }
            ("survey.forget", json!(null))
        }
        "codes" => {
            let mut random = rand::rngs::StdRng::from_seed(secret_seed()?);
            let made =
                queries::make_codes(&mut tx, district, (&term, now_ms()), || code::new(&mut random)).await?;
            ("survey.make-codes", json!({ "students": made }))
        }
        _ => return Err(Error::BadRequest("survey-act-wrong")),
    };
    record(&mut tx, &p, action, ("survey_term", &term), detail).await?;
    tx.commit().await?;
    // A term that is forgotten has no page.
    let asked = if form.act == "forget" { String::new() } else { format!("?term={term}") };
    Ok(Redirect::to(&format!("/d/{district}/survey{asked}")).into_response())
}

/// A seed that nobody can guess: whoever knows it knows every code.
fn secret_seed() -> Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| Error::Internal(format!("random numbers: {e}")))?;
    Ok(seed)
}

/// Writes down that codes or answers of many students were given out: the term, which of its students were asked for
/// (`of`), how many they were and by which roster; never their names.
pub async fn note(
    app: &App,
    p: &Frame,
    action: &str,
    (term, mut of, students): (&str, serde_json::Value, usize),
) -> Result<()> {
    of["students"] = students.into();
    let detail = audit::of_roster(app.db.read(), p.district_id(), of).await?;
    Ok(audit::record_look(&app.db, &p.entry(action, ("survey_term", term), detail)).await?)
}

/// Writes down, in the transaction that does it, what the viewer did.
pub async fn record(
    tx: &mut Write,
    p: &Frame,
    action: &str,
    subject: (&str, &str),
    detail: serde_json::Value,
) -> Result<()> {
    Ok(audit::record(tx, &p.entry(action, subject, detail)).await?)
}
