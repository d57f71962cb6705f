//! How devices are told to ask an edge: for all Chromebooks at once, or one device with a token of its own; and which are.

use super::not_named;
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, attachment, count, csv_file, minute};
use crate::layout::{Frame, ProblemList};
use crate::queries::{self, Device, NewDevice, Whose};
use crate::rules::enroll::{self, Profile};
use crate::rules::{ask, extension};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::enrolled::{self, By, parse_enrolled};
use evenfield_model::Problems;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashSet;

/// The largest file of Chromebooks, bytes.
pub const UPLOAD_BYTES: usize = 16 * 1024 * 1024;
/// Devices that a page shows; the CSV has all.
const SHOWN: i64 = 200;

struct DeviceView {
    device: Device,
    whose: String,
    way: String,
    enrolled: String,
}

#[derive(Template)]
#[template(path = "templates/devices.html")]
struct DevicesPage {
    p: Frame,
    /// What is said to a district that the policy does not name.
    not_named: String,
    /// The id of what the form will make.
    once: String,
    /// Whether the settings say where devices ask, and what the portal signs with.
    is_set: bool,
    fleet: String,
    /// Where the page is that says why a name is blocked.
    block_page: String,
    bookmarks: String,
    addresses: Vec<String>,
    devices: Vec<DeviceView>,
    enrolled: String,
    stored: String,
    form: DeviceForm,
    errors: Vec<(&'static str, String)>,
    problems: ProblemList,
}

impl DevicesPage {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(name, _)| *name == field).map_or("", |(_, message)| message)
    }
}

/// The form that enrols one device.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DeviceForm {
    /// See [`ask::once`].
    #[serde(default)]
    once: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    student: String,
    #[serde(default)]
    school: String,
}

/// What goes above the lists of the page.
#[derive(Default)]
struct Told {
    form: DeviceForm,
    errors: Vec<(&'static str, String)>,
    problems: Problems,
    stored: String,
}

/// The page.
pub async fn list(State(app): State<App>, p: Frame) -> Result<Response> {
    render(&app, p, Told::default()).await
}

async fn render(app: &App, p: Frame, told: Told) -> Result<Response> {
    let db = app.db.read();
    let district = p.district_id().to_owned();
    let devices = queries::devices(db, &district, SHOWN).await?;
    let looked = json!({ "shown": devices.len() });
    audit::record_look(&app.db, &p.entry("device.list", ("filter_device", ""), looked)).await?;
    let filtering = &app.config.filtering;
    let fleet = filtering.https.as_deref().zip(filtering.key.as_ref());
    let page = DevicesPage {
        not_named: not_named(app, &p),
        once: new_id(),
        is_set: fleet.is_some(),
        fleet: fleet
            .map(|(https, key)| enroll::chrome_fleet(https, &enroll::salt(key, &district)))
            .unwrap_or_default(),
        block_page: format!("{}/b/{district}", app.config.base_url()),
        bookmarks: extension::bookmarks(&app.config.base_url(), &district),
        addresses: filtering.addresses.iter().map(ToString::to_string).collect(),
        devices: devices.into_iter().map(|device| device_view(&p, device)).collect(),
        enrolled: count(queries::count_devices(db, &district).await?),
        stored: told.stored,
        form: told.form,
        errors: told.errors,
        problems: p.problems(&told.problems),
        p,
    };
    let is_wrong = page.problems.found > 0 || !page.errors.is_empty();
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Html(page.render()?)).into_response())
}

fn device_view(p: &Frame, device: Device) -> DeviceView {
    DeviceView {
        whose: match &device.whose {
            Whose::Student(id) => p.tv("filtering-device-student", "id", id.as_str()),
            Whose::School(id) => p.tv("filtering-device-school", "id", id.as_str()),
        },
        way: p.t(&format!("filtering-way-{}", device.way)),
        enrolled: minute(device.enrolled_ms),
        device,
    }
}

/// The devices as CSV: no token, and nothing that is made of one.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let devices = queries::devices(app.db.read(), p.district_id(), i64::MAX).await?;
    let looked = json!({ "devices": devices.len() });
    audit::record_look(&app.db, &p.entry("device.download", ("filter_device", ""), looked)).await?;
    let rows = devices.into_iter().map(|device| {
        let (student, school) = match device.whose {
            Whose::Student(id) => (id, String::new()),
            Whose::School(id) => (String::new(), id),
        };
        let revoked = device.revoked_ms.map(minute).unwrap_or_default();
        [device.label, student, school, device.way, minute(device.enrolled_ms), revoked, device.key]
    });
    let header = ["label", "student_id", "school_id", "way", "enrolled_utc", "revoked_utc", "key"];
    csv_file("devices.csv", &header, rows)
}

/// Chrome's policy for all Chromebooks, to be put into the console that manages them. It holds the salt.
pub async fn fleet(State(app): State<App>, p: Frame) -> Result<Response> {
    let filtering = &app.config.filtering;
    let (https, key) = filtering.https.as_deref().zip(filtering.key.as_ref()).ok_or(Error::NotFound)?;
    let policy = enroll::chrome_fleet(https, &enroll::salt(key, p.district_id()));
    audit::record_look(&app.db, &p.entry("device.policy", ("filter_device", ""), json!(null))).await?;
    Ok(attachment("chrome-policy.json", "application/json", policy.into_bytes()))
}

/// The extension that shows the block page for names asked for by https.
pub async fn extension(State(app): State<App>, p: Frame) -> Result<Response> {
    let name = p.district.as_ref().map_or("", |d| d.name.as_str());
    let archive = extension::archive(&app.config.base_url(), (p.district_id(), name));
    let archive = archive.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(attachment("block-page-extension.zip", "application/zip", archive))
}

/// Chrome's policy that puts the block page into everybody's bookmarks.
pub async fn bookmarks(State(app): State<App>, p: Frame) -> Result<Response> {
    let policy = extension::bookmarks(&app.config.base_url(), p.district_id());
    Ok(attachment("bookmarks-policy.json", "application/json", policy.into_bytes()))
}

/// Enrols the Chromebooks of a file: their serials are turned into what Chrome makes of them, and are not kept. A file with
/// problems is not stored.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let district = p.district_id().to_owned();
    let key = app.config.filtering.key.as_ref().ok_or(Error::BadRequest("filtering-devices-not-set"))?;
    let file = UploadForm::read(multipart).await?.file("file");
    let file = file.ok_or(Error::BadRequest("filtering-devices-no-file"))?;
    let (students, schools) = queries::roster_ids(app.db.read(), &district).await?;
    let (students, schools): (HashSet<_>, HashSet<_>) =
        (students.into_iter().collect(), schools.into_iter().collect());
    let is_known = |whose: &enrolled::Whose| match whose {
        enrolled::Whose::Student(id) => students.contains(id),
        enrolled::Whose::School(id) => schools.contains(id),
    };
    let (rows, problems) = parse_enrolled(&file.name, &file.bytes, By::Serial, &is_known);
    if !problems.is_empty() {
        return render(&app, p, Told { problems, ..Told::default() }).await;
    }
    let salt = enroll::salt(key, &district);
    let device = |row: enrolled::Enrolled| NewDevice {
        id: new_id(),
        key: enroll::stored_key(&enroll::chrome_token(&salt, &row.known_by)),
        way: "serial",
        label: ask::line(&row.label, ask::LABEL),
        whose: match row.whose {
            enrolled::Whose::Student(id) => Whose::Student(id),
            enrolled::Whose::School(id) => Whose::School(id),
        },
    };
    let devices: Vec<NewDevice> = rows.into_iter().map(device).collect();
    let mut tx = app.db.write().await?;
    queries::enrol(&mut tx, &district, &devices, (p.account_id().unwrap_or_default(), now_ms())).await?;
    let detail = json!({ "devices": devices.len() });
    audit::record(&mut tx, &p.entry("device.load", ("filter_device", ""), detail)).await?;
    tx.commit().await?;
    let stored = p.tv("filtering-devices-stored", "n", devices.len());
    render(&app, p, Told { stored, ..Told::default() }).await
}

#[derive(Template)]
#[template(path = "templates/enrolled.html")]
struct Enrolled {
    p: Frame,
    label: String,
    token: String,
    chrome: String,
    https: String,
    android: Option<String>,
}

/// Enrols one device, and shows its token and what to do with it: this once.
pub async fn enrolled(State(app): State<App>, p: Frame, Form(form): Form<DeviceForm>) -> Result<Response> {
    let district = p.district_id().to_owned();
    let https = app.config.filtering.https.clone().ok_or(Error::BadRequest("filtering-devices-not-set"))?;
    let label = ask::line(&form.label, ask::LABEL);
    let (student, school) = (form.student.trim(), form.school.trim());
    let (students, schools) = queries::roster_ids(app.db.read(), &district).await?;
    let mut errors = Vec::new();
    if label.is_empty() {
        errors.push(("label", p.t("filtering-device-wrong-label")));
    }
    let whose = match (student, school) {
        (id, "") if students.iter().any(|s| s == id) => Some(Whose::Student(id.to_owned())),
        ("", id) if schools.iter().any(|s| s == id) => Some(Whose::School(id.to_owned())),
        _ => {
            errors.push(("student", p.t("filtering-device-wrong-whose")));
            None
        }
    };
    let Some(whose) = whose.filter(|_| errors.is_empty()) else {
        return render(&app, p, Told { form, errors, ..Told::default() }).await;
    };
    let mut random = [0; enroll::TOKEN];
    getrandom::fill(&mut random).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
    let token = enroll::token(&random);
    let device = NewDevice {
        id: ask::once(&form.once).unwrap_or_else(new_id),
        key: enroll::stored_key(&token),
        way: "token",
        label: label.clone(),
        whose,
    };
    let mut tx = app.db.write().await?;
    if queries::has_device(&mut tx, &district, &device.id).await? {
        drop(tx);
        let errors = vec![("label", p.t("filtering-device-once"))];
        return render(&app, p, Told { errors, ..Told::default() }).await;
    }
    let by = (p.account_id().unwrap_or_default(), now_ms());
    queries::enrol(&mut tx, &district, std::slice::from_ref(&device), by).await?;
    audit::record(&mut tx, &p.entry("device.enrol", ("filter_device", &device.id), json!(null))).await?;
    tx.commit().await?;
    let domain = app.config.filtering.tls_domain.as_deref();
    let page = Enrolled {
        chrome: enroll::chrome(&https, &token),
        https: format!("{https}/{token}"),
        android: domain.map(|domain| format!("{token}.{domain}")),
        label,
        token,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// What the form of an Apple profile says.
#[derive(Clone, Debug, Deserialize)]
pub struct ProfileForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    supervised: String,
}

/// The Apple profile with this token. It comes from the page that shows the token and is in no address.
pub async fn profile(State(app): State<App>, p: Frame, Form(form): Form<ProfileForm>) -> Result<Response> {
    let https =
        app.config.filtering.https.as_deref().ok_or(Error::BadRequest("filtering-devices-not-set"))?;
    if !enroll::is_token(&form.token) {
        return Err(Error::BadRequest("filtering-device-wrong-token"));
    }
    let ids = [new_id(), new_id()].map(|id| id.to_uppercase());
    let district = p.district.as_ref().map_or("", |d| d.name.as_str());
    let profile = enroll::apple(&Profile {
        https,
        token: &form.token,
        district,
        supervised: form.supervised == "yes",
        ids: [&ids[0], &ids[1]],
    });
    Ok(attachment("filter.mobileconfig", "application/x-apple-aspen-config", profile.into_bytes()))
}

/// Revokes a device.
pub async fn revoke(
    State(app): State<App>,
    p: Frame,
    Path((_, device)): Path<(String, String)>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    if !queries::revoke_device(&mut tx, p.district_id(), &device, now_ms()).await? {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, &p.entry("device.revoke", ("filter_device", &device), json!(null))).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/filtering/devices")).into_response())
}
