//! Questions and answers as templates show them.

use crate::layout::Frame;
use crate::rules::form::{ACCESS, Fields, Question, Wrong, field};
use crate::words::{Language, Words};
use evenfield_gap::survey::Response;

/// A question ready for a template.
pub struct QuestionView {
    /// The field's name.
    pub name: &'static str,
    /// The question.
    pub legend: String,
    /// What is wrong with the answer; empty when all is well.
    pub error: String,
    /// The answers.
    pub choices: Vec<ChoiceView>,
}

/// One answer to choose.
pub struct ChoiceView {
    /// The element's id: of the first, the question's name, where the error summary leads.
    pub id: String,
    /// The Ed-Fi code value.
    pub value: &'static str,
    /// The answer in words.
    pub label: String,
    /// Whether it is chosen.
    pub checked: bool,
}

/// The words of a question.
pub fn asked(words: &Words, language: Language, question: Question) -> String {
    words.text(language, &format!("survey-q-{}", question.name), &[])
}

/// The words of an answer, by its number from 0.
pub fn answer(words: &Words, language: Language, question: Question, number: usize) -> String {
    words.text(language, &format!("survey-a-{}-{}", question.name, number + 1), &[])
}

/// A question with what was chosen and what is wrong.
pub fn question(p: &Frame, question: Question, fields: &Fields, wrong: &[Wrong]) -> QuestionView {
    let chosen = field(fields, question.name);
    let choices = question
        .codes
        .iter()
        .enumerate()
        .map(|(number, code)| ChoiceView {
            id: if number == 0 { question.name.to_owned() } else { format!("{}-{number}", question.name) },
            value: code,
            label: answer(&p.words, p.language, question, number),
            checked: chosen == *code,
        })
        .collect();
    QuestionView {
        name: question.name,
        legend: asked(&p.words, p.language, question),
        error: message(p, question.name, wrong),
        choices,
    }
}

/// The message of a field; empty when it is right.
pub fn message(p: &Frame, name: &str, wrong: &[Wrong]) -> String {
    wrong.iter().find(|(field, _)| *field == name).map_or(String::new(), |(_, key)| p.t(key))
}

/// The lines of the error summary: where each leads and what it says, with the question.
pub fn summary(p: &Frame, wrong: &[Wrong]) -> Vec<(&'static str, String)> {
    wrong
        .iter()
        .map(|(name, key)| {
            let about = match *name {
                "code" => p.t("survey-code"),
                "student" => p.t("survey-student-id"),
                name => p.t(&format!("survey-q-{name}")),
            };
            (*name, format!("{about} {}", p.t(key)))
        })
        .collect()
}

/// The answers of a form in words, question by question, for the person to look over.
pub fn answers(p: &Frame, response: &Response, questions: &[Question]) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = questions
        .iter()
        .filter_map(|question| {
            let code = code_of(response, *question)?;
            let number = question.codes.iter().position(|c| *c == code)?;
            let asked = asked(&p.words, p.language, *question);
            Some((asked, answer(&p.words, p.language, *question, number)))
        })
        .collect();
    let mut number = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push((p.t(&format!("survey-q-{name}")), value));
        }
    };
    number("students", response.household_students.map(|n| n.to_string()));
    number("download", response.download_mbps.map(|n| n.to_string()));
    number("upload", response.upload_mbps.map(|n| n.to_string()));
    lines
}

/// The Ed-Fi code of the answer to a question.
fn code_of(response: &Response, question: Question) -> Option<&'static str> {
    match question.name {
        name if name == ACCESS.name => response.internet_access.map(|yes| if yes { "Yes" } else { "No" }),
        "barrier" => response.barrier.map(|v| v.code()),
        "type" => response.internet_type.map(|v| v.code()),
        "performance" => response.performance.map(|v| v.code()),
        "device" => response.device.map(|v| v.code()),
        "sharing" => response.sharing.map(|v| v.code()),
        "provider" => response.provider.map(|v| v.code()),
        _ => None,
    }
}
