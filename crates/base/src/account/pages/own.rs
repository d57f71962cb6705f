//! One's own account and one's districts.

use super::{Deed, Faults, note, page, wrong};
use crate::access::{Role, Viewer};
use crate::account::queries;
use crate::account::rules;
use crate::account::secret;
use crate::account::session::Session;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::error::{Error, Result};
use crate::layout::{District, Frame};
use crate::routes::limits::Limit;
use askama::Template;
use axum::extract::{Extension, Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "account/templates/account.html")]
struct AccountPage {
    p: Frame,
    email: String,
    has_password: bool,
    done: &'static str,
    roles: Vec<(String, String)>,
    faults: Faults,
}

impl AccountPage {
    async fn new(app: &App, p: Frame, viewer: &Viewer) -> Result<Self> {
        let account = queries::account(app.db.read(), &viewer.account_id).await?.ok_or(Error::SignIn)?;
        let mut roles = Vec::new();
        for (district, role) in &viewer.roles {
            roles.push((place(app, &p, district).await?, p.t(rules::role_key(*role))));
        }
        let has_password = !account.password_hash.is_empty();
        Ok(Self { p, email: account.email, has_password, done: "", roles, faults: Faults::default() })
    }
}

/// The name of a district, or the words for all of them.
async fn place(app: &App, p: &Frame, district: &str) -> Result<String> {
    if district == "*" {
        return Ok(p.t("account-everywhere"));
    }
    let found = queries::district(&app.db, district).await?;
    Ok(found.map_or_else(|| district.to_owned(), |d| d.name))
}

/// What the address of one's account may say.
#[derive(Deserialize)]
pub struct Note {
    #[serde(default)]
    changed: bool,
    #[serde(default)]
    ended: bool,
}

/// One's own account.
pub async fn account(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Query(note): Query<Note>,
) -> Result<Response> {
    let mut account = AccountPage::new(&app, p, &viewer).await?;
    account.done = match note {
        Note { changed: true, .. } => "account-password-changed",
        Note { ended: true, .. } => "account-others-ended",
        _ => "",
    };
    page(&account)
}

/// What the form for a new password sends.
#[derive(Deserialize)]
pub struct PasswordForm {
    current: String,
    password: String,
}

/// Changes the password; the other sessions end.
pub async fn change_password(
    State(app): State<App>,
    p: Frame,
    Extension(session): Extension<Session>,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    let account = queries::account(app.db.read(), &session.viewer.account_id).await?.ok_or(Error::SignIn)?;
    if !app.limits.allows(Limit::Account, &secret::digest(&account.email)) {
        return Err(Error::TooMany);
    }
    let mut faults = Faults::default();
    if !app.accounts.passwords.verify(&form.current, Some(&account.password_hash)).await? {
        faults.push("current", p.t("account-password-current-wrong"));
    }
    if let Some(key) = rules::password_fault(&form.password, &account.email) {
        faults.push("password", p.t(key));
    }
    if !faults.is_empty() {
        let again = AccountPage::new(&app, p, &session.viewer).await?;
        return wrong(&AccountPage { faults, ..again });
    }
    let hash = app.accounts.passwords.hash(&form.password).await?;
    let mut write = app.db.write().await?;
    queries::set_password(&mut write, &account.id, &hash).await?;
    queries::delete_sessions(&mut write, &account.id, &session.token_hash).await?;
    queries::delete_links(&mut write, &account.id).await?;
    note(&mut write, &account.id, Deed::plain("account.password", &account.id)).await?;
    write.commit().await?;
    Ok(Redirect::to("/account?changed=true").into_response())
}

/// Ends the sessions that the account has elsewhere.
pub async fn end_others(State(app): State<App>, Extension(session): Extension<Session>) -> Result<Redirect> {
    let id = &session.viewer.account_id;
    let mut write = app.db.write().await?;
    queries::delete_sessions(&mut write, id, &session.token_hash).await?;
    note(&mut write, id, Deed::plain("account.end-others", id)).await?;
    write.commit().await?;
    Ok(Redirect::to("/account?ended=true"))
}

#[derive(Template)]
#[template(path = "account/templates/districts.html")]
struct DistrictsPage {
    p: Frame,
    districts: Vec<District>,
    may_add: bool,
    form: DistrictForm,
    faults: Faults,
}

impl DistrictsPage {
    async fn new(app: &App, p: Frame, viewer: &Viewer) -> Result<Self> {
        let mut districts = queries::districts(&app.db).await?;
        districts.retain(|d| viewer.has_role_in(&d.id));
        let may_add = rules::administers_all(viewer);
        Ok(Self { p, districts, may_add, form: DistrictForm::default(), faults: Faults::default() })
    }
}

/// The districts that the viewer has a role in.
pub async fn districts(State(app): State<App>, p: Frame, viewer: Viewer) -> Result<Response> {
    page(&DistrictsPage::new(&app, p, &viewer).await?)
}

/// What the form for a new district sends.
#[derive(Deserialize, Default)]
pub struct DistrictForm {
    id: String,
    name: String,
}

/// Adds a district; only who administers the whole installation may.
pub async fn add_district(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Form(form): Form<DistrictForm>,
) -> Result<Response> {
    if !viewer.roles.iter().any(|(d, r)| d == "*" && *r == Role::Administrator) {
        return Err(Error::Forbidden);
    }
    let mut faults = Faults::default();
    let (id, name) = (rules::district_id(&form.id), rules::name(&form.name));
    match id {
        None => faults.push("id", p.t("account-district-id-wrong")),
        Some(id) if queries::district(&app.db, id).await?.is_some() => {
            faults.push("id", p.t("account-district-there"));
        }
        Some(_) => {}
    }
    if name.is_none() {
        faults.push("name", p.t("account-name-wrong"));
    }
    let (Some(id), Some(name), true) = (id, name, faults.is_empty()) else {
        let again = DistrictsPage::new(&app, p, &viewer).await?;
        return wrong(&DistrictsPage { form, faults, ..again });
    };
    let mut write = app.db.write().await?;
    queries::insert_district(&mut write, id, &name, false).await?;
    let entry = Entry {
        district_id: Some(id),
        account_id: Some(&viewer.account_id),
        action: "district.add",
        subject: ("district", id),
        detail: serde_json::Value::Null,
    };
    audit::record(&mut write, &entry).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/d/{id}")).into_response())
}
