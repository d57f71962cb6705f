//! The district's rules of lending.

use crate::db::now_ms;
use crate::error::Result;
use crate::layout::Frame;
use crate::rules::settings::{SETTINGS, Setting};
use crate::{App, audit};
use crate::{follow, queries};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;
use std::collections::HashMap;

/// A rule as the form has it.
struct Field {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    error: String,
    /// What may be chosen, each with its words; empty for a number.
    choices: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "templates/rules.html")]
struct Page {
    p: Frame,
    fields: Vec<Field>,
    errors: Vec<(&'static str, String)>,
}

/// The rules that are chosen among words, not typed as a number.
const CHOSEN: [&str; 3] = ["due_rule", "suspend", "carriers"];

fn field(p: &Frame, setting: &Setting, value: String, is_wrong: bool) -> Field {
    let bounds = [("least", setting.least.into()), ("most", setting.most.into())];
    let choices = match CHOSEN.contains(&setting.name) {
        true => (setting.least..=setting.most)
            .map(|n| (n.to_string(), p.t(&format!("lending-choice-{}-{n}", setting.name))))
            .collect(),
        false => Vec::new(),
    };
    Field {
        name: setting.name,
        label: p.t(&format!("lending-rule-{}", setting.name)),
        hint: p.tvs(&format!("lending-hint-{}", setting.name), &bounds),
        error: if is_wrong { p.tvs("lending-wrong-rule", &bounds) } else { String::new() },
        value,
        choices,
    }
}

/// The form.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let rules = queries::rules(app.db.read(), p.district_id()).await?;
    let fields = SETTINGS.iter().zip(rules.all());
    let fields = fields.map(|(setting, (_, value))| field(&p, setting, value.to_string(), false)).collect();
    Ok(Html(Page { p, fields, errors: Vec::new() }.render()?).into_response())
}

/// Stores the rules; one that the form does not have stays. Loans that there are keep their day.
pub async fn stored(
    State(app): State<App>,
    p: Frame,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let mut rules = queries::rules(&mut *tx, p.district_id()).await?;
    let (mut fields, mut errors) = (Vec::new(), Vec::new());
    for (setting, (_, before)) in SETTINGS.iter().zip(rules.all()) {
        let said = form.get(setting.name).map_or_else(|| before.to_string(), |said| said.trim().to_owned());
        let number = said.parse::<i64>().ok().filter(|n| (setting.least..=setting.most).contains(n));
        if let Some(number) = number {
            rules.set(setting.name, number);
        }
        let field = field(&p, setting, said, number.is_none());
        if number.is_none() {
            errors.push((setting.name, format!("{}: {}", field.label, field.error)));
        }
        fields.push(field);
    }
    if !errors.is_empty() {
        let page = Page { p, fields, errors };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
    }
    let now = now_ms();
    queries::put_rules(&mut tx, p.district_id(), rules, (p.account_id().unwrap_or_default(), now)).await?;
    let detail: serde_json::Map<_, _> =
        rules.all().iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    audit::record(&mut tx, &p.entry("lending.rules", ("lending_rule", ""), detail.into())).await?;
    // Whoever is not due by the new rules is not cut off any longer.
    follow::restore(&mut tx, p.district_id(), now).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/rules")).into_response())
}
