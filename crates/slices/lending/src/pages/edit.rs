//! One device by hand: add it, change it, put it elsewhere.

use super::devices::device_and_line;
use crate::db::{Write, new_id, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Becomes};
use crate::rules::inventory::{self, Device, DeviceForm};
use crate::rules::state::State as Where;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{Condition, Item, Kind};
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "templates/edit.html")]
struct Edit {
    p: Frame,
    /// The id of the device; empty for a new one.
    id: String,
    form: DeviceForm,
    errors: Vec<(&'static str, String)>,
}

impl Edit {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(name, _)| *name == field).map_or("", |(_, message)| message)
    }

    fn wrong(
        p: Frame,
        id: &str,
        form: DeviceForm,
        wrong: &[(&'static str, &'static str)],
    ) -> Result<Response> {
        let errors = wrong.iter().map(|(field, key)| (*field, p.t(key))).collect();
        let page = Self { id: id.to_owned(), form, errors, p };
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
    }
}

/// The empty form.
pub async fn new(p: Frame) -> Result<Response> {
    let form = DeviceForm { condition: Condition::New.as_str().to_owned(), ..DeviceForm::default() };
    Ok(Html(Edit { p, id: String::new(), form, errors: Vec::new() }.render()?).into_response())
}

/// The form of a device.
pub async fn form(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let (device, line) = device_and_line(&app, &p, &id).await?;
    let form = DeviceForm::of(&device, line.as_ref());
    Ok(Html(Edit { p, id, form, errors: Vec::new() }.render()?).into_response())
}

/// Adds a device.
pub async fn added(State(app): State<App>, p: Frame, Form(form): Form<DeviceForm>) -> Result<Response> {
    let item = match form.read() {
        Ok(item) => item,
        Err(wrong) => return Edit::wrong(p, "", form, &wrong),
    };
    let device = Device::new(new_id(), String::new(), item.kind);
    let mut tx = app.db.write().await?;
    let wrong = store(&mut tx, &p, &device, &item).await?;
    if !wrong.is_empty() {
        return Edit::wrong(p, "", form, &wrong);
    }
    note(&mut tx, &p, "inventory.add", &device.id, json!(null)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending/devices/{}", device.id))).into_response())
}

/// Changes a device.
pub async fn edited(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<DeviceForm>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let Some(device) = queries::device(&mut *tx, p.district_id(), &id).await? else {
        return Err(Error::NotFound);
    };
    let item = match form.read() {
        Ok(item) => item,
        Err(wrong) => return Edit::wrong(p, &id, form, &wrong),
    };
    let wrong = store(&mut tx, &p, &device, &item).await?;
    if !wrong.is_empty() {
        return Edit::wrong(p, &id, form, &wrong);
    }
    note(&mut tx, &p, "inventory.edit", &id, json!(null)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending/devices/{id}"))).into_response())
}

/// Stores what the form says of a device and its line; the fields that another device or line has, if any, and then nothing is stored.
async fn store(
    tx: &mut Write,
    p: &Frame,
    before: &Device,
    item: &Item,
) -> Result<Vec<(&'static str, &'static str)>> {
    let district = p.district_id();
    queries::lock(tx, district).await?;
    let cards = before.iccid.clone();
    let device = inventory::edited(before, item);
    let cards: Vec<String> = cards.into_iter().chain(device.iccid.clone()).collect();
    let mut wrong = inventory::wrong_of_lent(before, &device);
    wrong.extend(
        queries::taken(tx, district, &device).await?.into_iter().map(|field| (field, "lending-wrong-taken")),
    );
    if device.barcode != before.barcode
        && queries::student(&mut **tx, district, &device.barcode).await?.is_some()
    {
        wrong.push(("barcode", "lending-wrong-student-id"));
    }
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let line = match &device.iccid {
        Some(iccid) => queries::line_of_card(&mut **tx, district, iccid).await?,
        None => None,
    };
    let line = inventory::line_change(item, line.as_ref(), &mut new_id);
    if wrong.is_empty()
        && let Some(line) = line
        && !queries::put_line(tx, district, &line, by.1).await?
    {
        wrong.push(("line_number", "lending-wrong-taken"));
    }
    if wrong.is_empty() {
        queries::put_device(tx, district, &device, by).await?;
        queries::settle(tx, district, &cards, by.1).await?;
    }
    Ok(wrong)
}

async fn note(tx: &mut Write, p: &Frame, action: &str, id: &str, detail: serde_json::Value) -> Result<()> {
    Ok(audit::record(tx, &p.entry(action, ("lending_device", id), detail)).await?)
}

/// Where a device is put.
#[derive(Clone, Debug, Deserialize)]
pub struct MoveForm {
    #[serde(default)]
    act: String,
}

/// Puts a device into repair, out of use, or back on the shelf.
pub async fn moved(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let device = queries::device(&mut *tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let to = Where::from_word(&form.act).filter(|to| device.state.by_hand().contains(to));
    let to = to.ok_or(Error::BadRequest("lending-wrong-move"))?;
    if device.state == Where::Repair && queries::is_away(&mut tx, p.district_id(), &id).await? {
        return Err(Error::BadRequest("lending-wrong-away"));
    }
    let by = (p.account_id().unwrap_or_default(), now_ms());
    if device.state == Where::Lost {
        // Given up: its loan is over, and its line is not needed any more.
        let loan = queries::open_loan(&mut *tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
        queries::change_loan(&mut tx, p.district_id(), &loan.id, Becomes::Gone, by).await?;
        let detail = json!({ "device": id, "student": loan.student_id });
        audit::record(&mut tx, &p.entry("loan.gone", ("lending_loan", &loan.id), detail)).await?;
    }
    if !queries::set_state(&mut tx, p.district_id(), &id, (device.state, to), by).await? {
        return Err(Error::BadRequest("lending-wrong-move"));
    }
    let cards: Vec<String> = device.iccid.clone().into_iter().collect();
    queries::settle(&mut tx, p.district_id(), &cards, by.1).await?;
    let detail = json!({ "from": device.state.as_str(), "to": to.as_str() });
    note(&mut tx, &p, "inventory.move", &id, detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending/devices/{id}"))).into_response())
}
