//! Who lives with a student, as far as the district knows, and saying that it is otherwise.

use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries;
use crate::routes::escape;
use crate::{App, audit};
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// What is said of a student's household.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HouseholdForm {
    /// `with` another student, `alone`, or as the `address` says.
    act: String,
    student: String,
    /// The other one.
    other: String,
}

/// Stores with whom a student lives.
pub async fn said(State(app): State<App>, p: Frame, Form(form): Form<HouseholdForm>) -> Result<Response> {
    let district = p.district_id();
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, district).await?;
    let wrong = || Error::BadRequest("lending-wrong-student");
    let student = queries::student(&mut *tx, district, form.student.trim()).await?.ok_or_else(wrong)?.id;
    let by = (p.account_id().unwrap_or_default(), now_ms());
    // A key that no address has.
    let own = |id: &str| format!("student {id}");
    let home = match form.act.as_str() {
        "alone" => Some(own(&student)),
        "address" => None,
        "with" => {
            let other = queries::student(&mut *tx, district, form.other.trim()).await?.ok_or_else(wrong)?.id;
            if other == student {
                return Err(wrong());
            }
            let home = match queries::home(&mut *tx, district, &other).await? {
                Some(home) => home,
                None => {
                    // Nothing is known of the other one's home: from now on both have hers.
                    queries::put_home(&mut tx, district, &other, Some(&own(&other)), by).await?;
                    own(&other)
                }
            };
            Some(home)
        }
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    queries::put_home(&mut tx, district, &student, home.as_deref(), by).await?;
    let detail = json!({ "act": form.act, "other": form.other.trim() });
    audit::record(&mut tx, &p.entry("lending.household", ("student", &student), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending?student={}", escape(&student)))).into_response())
}
