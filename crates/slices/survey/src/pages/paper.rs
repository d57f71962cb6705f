//! Paper: the blank form, the letters with the access codes, and answers typed in from paper.

use super::staff::{Asked, chosen_term, form_href, note, record};
use super::view::{self, QuestionView};
use crate::App;
use crate::code;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::csv_file;
use crate::jobs::estimate;
use crate::layout::Frame;
use crate::queries::{self, Entered, Source};
use crate::rules;
use crate::rules::form::{self, ALL, Fields, Wrong, field};
use crate::words::Language;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

/// The form in one language: each question with its answers.
struct Sheet {
    language: Language,
    questions: Vec<(String, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "templates/paper.html")]
struct Paper {
    p: Frame,
    sheets: Vec<Sheet>,
}

impl Paper {
    fn say(&self, language: &Language, key: &str) -> String {
        self.p.words.text(*language, key, &[])
    }
}

/// The blank form in both languages.
pub async fn blank(p: Frame) -> Result<Response> {
    let sheets = Language::ALL.map(|language| Sheet {
        language,
        questions: ALL
            .iter()
            .map(|q| {
                let answers = (0..q.codes.len()).map(|n| view::answer(&p.words, language, *q, n)).collect();
                (view::asked(&p.words, language, *q), answers)
            })
            .collect(),
    });
    Ok(Html(Paper { p, sheets: sheets.into() }.render()?).into_response())
}

struct LetterView {
    name: String,
    school: String,
    grade: String,
    code: String,
    languages: [Language; 2],
}

#[derive(Template)]
#[template(path = "templates/letters.html")]
struct Letters {
    p: Frame,
    term: String,
    letters: Vec<LetterView>,
    address: String,
    district_name: String,
}

impl Letters {
    fn say(&self, language: &Language, key: &str) -> String {
        self.p.words.text(*language, key, &[])
    }

    fn link(&self, letter: &LetterView) -> String {
        format!("{}?code={}", self.address, letter.code)
    }
}

/// Whether a home language is Spanish, as ISO 639 or in words.
fn is_spanish(code: Option<&str>) -> bool {
    let code = code.unwrap_or_default().trim().to_lowercase();
    matches!(code.as_str(), "es" | "spa" | "spanish" | "español") || code.starts_with("es-")
}

/// The letters, one a page, the home's language first.
pub async fn letters(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let district = p.district.clone().ok_or(Error::NotFound)?;
    let term = chosen_term(&app, &district.id, &asked).await?;
    let open_only = asked.only == "open";
    let letters = queries::letters(app.db.read(), &district.id, (&term, &asked.school, open_only)).await?;
    note(&app, &p, "survey.letters", (&term, asked.of(), letters.len())).await?;
    let letters = letters.into_iter().map(|letter| LetterView {
        code: code::grouped(&letter.code),
        name: letter.name,
        school: letter.school,
        grade: letter.grade,
        languages: if is_spanish(letter.home_language.as_deref()) {
            [Language::Es, Language::En]
        } else {
            [Language::En, Language::Es]
        },
    });
    let page = Letters {
        letters: letters.collect(),
        address: form_href(&app, &district.id),
        district_name: district.name,
        term,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The codes as CSV, for a district that prints its own letters.
pub async fn codes_csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let district = p.district_id();
    let term = chosen_term(&app, district, &asked).await?;
    let open_only = asked.only == "open";
    let letters = queries::letters(app.db.read(), district, (&term, &asked.school, open_only)).await?;
    note(&app, &p, "survey.codes", (&term, asked.of(), letters.len())).await?;
    let address = form_href(&app, district);
    let rows = letters.into_iter().map(|letter| {
        let code = code::grouped(&letter.code);
        let link = format!("{address}?code={code}");
        let language = letter.home_language.unwrap_or_default();
        [letter.name, letter.school, letter.grade, language, code, link]
    });
    let header = ["name", "school", "grade", "home_language", "code", "link"];
    csv_file(&format!("survey-codes-{term}.csv"), &header, rows)
}

#[derive(Template)]
#[template(path = "templates/enter.html")]
struct Enter {
    p: Frame,
    term: String,
    fields: Fields,
    questions: Vec<QuestionView>,
    student_error: String,
    students_error: String,
    download_error: String,
    upload_error: String,
    errors: Vec<(&'static str, String)>,
    stored: bool,
}

impl Enter {
    fn said(&self, name: &str) -> &str {
        field(&self.fields, name)
    }
}

fn enter_page(p: Frame, (term, fields): (String, Fields), wrong: &[Wrong], stored: bool) -> Result<Response> {
    let page = Enter {
        questions: ALL.iter().map(|q| view::question(&p, *q, &fields, wrong)).collect(),
        student_error: view::message(&p, "student", wrong),
        students_error: view::message(&p, "students", wrong),
        download_error: view::message(&p, "download", wrong),
        upload_error: view::message(&p, "upload", wrong),
        errors: view::summary(&p, wrong),
        term,
        fields,
        stored,
        p,
    };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(page.render()?)).into_response())
}

/// The form in which staff type in a paper answer.
pub async fn enter(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let term = chosen_term(&app, p.district_id(), &asked).await?;
    enter_page(p, (term, Fields::new()), &[], false)
}

/// Stores a paper answer, told apart by the code on the letter or by the student's id.
pub async fn entered(State(app): State<App>, p: Frame, Form(fields): Form<Fields>) -> Result<Response> {
    let district = p.district_id().to_owned();
    let term = rules::term(field(&fields, "term")).ok_or(Error::BadRequest("survey-term-wrong"))?;
    let said = field(&fields, "student").to_owned();
    let holder = match code::read(&said) {
        Some(code) => queries::code_holder(app.db.read(), &district, &code).await?,
        None => None,
    };
    let known = match holder {
        Some(holder) => Some((holder.student, holder.term)),
        None if !said.is_empty() && queries::student_exists(app.db.read(), &district, &said).await? => {
            Some((said, term.clone()))
        }
        None => None,
    };
    let read = form::read(&fields);
    let (Some((student, of_term)), Ok(mut response)) = (known.clone(), read.clone()) else {
        let mut wrong = Vec::new();
        if known.is_none() {
            wrong.push(("student", "survey-student-wrong"));
        }
        wrong.extend(read.err().unwrap_or_default());
        return enter_page(p, (term, fields), &wrong, false);
    };
    response.student = student;
    response.term = of_term;
    response.answered_ms = now_ms();
    let by = p.account_id();
    let mut tx = app.db.write().await?;
    let entered = Entered { source: Source::Paper, by, load: None };
    queries::insert_many(&mut tx, &district, std::slice::from_ref(&response), entered).await?;
    estimate::request_later(&mut tx, &district).await?;
    record(&mut tx, &p, "survey.enter", ("student", &response.student), json!(null)).await?;
    tx.commit().await?;
    enter_page(p, (term, Fields::new()), &[], true)
}
