//! What is said of a device that has just come back: that it is damaged, that something of it is missing.

use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, About, Before, Deed, Did};
use crate::routes::escape;
use crate::rules::state::State as Where;
use crate::{App, audit};
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{TEXT, one_line};
use serde_json::json;

/// The most parts of a kit.
const PARTS: usize = 50;

/// Stores it with the loan that ended last. A device that is damaged goes into repair.
pub async fn said(
    State(app): State<App>,
    p: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    // `device`; `damaged` with anything; `missing`, in words; `part`, as often as there are parts that did not come back.
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, said)| said.as_str());
    let mut missing: Vec<String> = vec![one_line(field("missing")).chars().take(TEXT).collect()];
    missing.retain(|said| !said.is_empty());
    let is_damaged = !field("damaged").is_empty();
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let device = queries::device(&mut *tx, p.district_id(), field("device")).await?.ok_or(Error::NotFound)?;
    let loan = queries::last_loan(&mut tx, p.district_id(), &device.id).await?;
    // Lent again since, or in repair already: it is not the one that came back just now.
    let loan = loan.filter(|loan| loan.in_ms.is_some() && device.state == Where::Here);
    let loan = loan.ok_or(Error::BadRequest("lending-wrong-act"))?;
    for (_, part) in fields.iter().filter(|(name, _)| name == "part").take(PARTS) {
        if queries::miss_part(&mut tx, p.district_id(), (&loan.id, &device.id), part).await? {
            missing.push(part.clone());
        }
    }
    let missing = missing.join(", ");
    if !is_damaged && missing.is_empty() {
        return Err(Error::BadRequest("lending-wrong-return"));
    }
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let damaged_ms = is_damaged.then_some(by.1);
    queries::note_return(&mut tx, p.district_id(), &loan.id, (damaged_ms, &missing)).await?;
    if is_damaged {
        queries::set_state(&mut tx, p.district_id(), &device.id, (device.state, Where::Repair), by).await?;
    }
    let deed = Deed::new(Did::Noted, About::of(&loan), Some(Before::of(&loan)), by.1);
    queries::put_deed(&mut tx, p.district_id(), &deed, by.0).await?;
    let detail = json!({ "device": device.id, "damaged": is_damaged, "missing": !missing.is_empty() });
    audit::record(&mut tx, &p.entry("loan.returned", ("lending_loan", &loan.id), detail)).await?;
    tx.commit().await?;
    let path =
        format!("/lending?student={}&said=noted&device={}", escape(&loan.student_id), escape(&device.id));
    Ok(Redirect::to(&p.district_path(&path)).into_response())
}
