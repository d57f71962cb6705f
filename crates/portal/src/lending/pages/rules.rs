//! The district's rules of lending.

use crate::db::now_ms;
use crate::error::Result;
use crate::layout::Frame;
use crate::lending::queries;
use crate::lending::rules::loan::Rules;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// The rules as the form has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RulesForm {
    loan_days: String,
    household_limit: String,
}

#[derive(Template)]
#[template(path = "lending/templates/rules.html")]
struct Page {
    p: Frame,
    form: RulesForm,
    errors: Vec<(&'static str, String)>,
}

impl Page {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(name, _)| *name == field).map_or("", |(_, message)| message)
    }
}

/// The form.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let rules = queries::rules(app.db.read(), p.district_id()).await?;
    let form = RulesForm {
        loan_days: rules.loan_days.to_string(),
        household_limit: rules.household_limit.to_string(),
    };
    Ok(Html(Page { p, form, errors: Vec::new() }.render()?).into_response())
}

/// Stores the rules. Loans that there are keep their day.
pub async fn stored(State(app): State<App>, p: Frame, Form(form): Form<RulesForm>) -> Result<Response> {
    let number = |text: &str| text.trim().parse::<i64>().unwrap_or(-1);
    let rules = Rules { loan_days: number(&form.loan_days), household_limit: number(&form.household_limit) };
    if !rules.is_sound() {
        let days_sound = Rules { household_limit: 0, ..rules }.is_sound();
        let limit_sound = Rules { loan_days: 1, ..rules }.is_sound();
        let mut errors = Vec::new();
        if !days_sound {
            errors.push(("loan_days", p.t("lending-wrong-days")));
        }
        if !limit_sound {
            errors.push(("household_limit", p.t("lending-wrong-limit")));
        }
        let page = Page { p, form, errors };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
    }
    let mut tx = app.db.write().await?;
    let by = (p.account_id().unwrap_or_default(), now_ms());
    queries::put_rules(&mut tx, p.district_id(), rules, by).await?;
    let detail = json!({ "loan_days": rules.loan_days, "household_limit": rules.household_limit });
    audit::record(&mut tx, &p.entry("lending.rules", ("lending_rule", ""), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/rules")).into_response())
}
