//! The accounts of a district, for its administrators.

use super::{Deed, Faults, note, page, wrong};
use crate::access::{Role, Viewer};
use crate::account::queries::{self, Account, NewAccount};
use crate::account::{rules, secret};
use crate::app::App;
use crate::db::{Write, new_id, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// An invitation can be used for a week, a link for a new password for a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A role of an account, as a button that takes it.
struct HeldRole {
    scope: String,
    word: &'static str,
    label: String,
    may_take: bool,
}

/// One account in the list.
struct Entry {
    path: String,
    account: Account,
    roles: Vec<HeldRole>,
    may_change: bool,
}

#[derive(Template)]
#[template(path = "account/templates/accounts.html")]
struct AccountsPage {
    p: Frame,
    people: Vec<Entry>,
    choices: Vec<(&'static str, String)>,
    everywhere: bool,
    /// A one-time link that was just made, with the person's name; shown this once.
    made: Option<(String, String)>,
    form: InviteForm,
    faults: Faults,
}

impl AccountsPage {
    async fn new(app: &App, p: Frame, viewer: &Viewer) -> Result<Self> {
        let district = p.district_id().to_owned();
        let mut people = Vec::new();
        for account in queries::accounts_of(&app.db, &district).await? {
            let held = queries::roles(app.db.read(), &account.id).await?;
            let may_change = rules::may_change(viewer, &district, &account.id, &held).is_ok();
            // Roles in other districts are not shown here.
            let here = held.into_iter().filter(|(d, _)| *d == district || d == "*");
            let roles = here.map(|(scope, role)| held_role(&p, viewer, &account.id, (scope, role))).collect();
            people.push(Entry {
                path: format!("/accounts/{district}/{}", account.id),
                account,
                roles,
                may_change,
            });
        }
        let choices = Role::ALL.into_iter().map(|r| (r.as_str(), p.t(rules::role_key(r)))).collect();
        let everywhere = rules::administers_all(viewer);
        let form = InviteForm::default();
        Ok(Self { p, people, choices, everywhere, made: None, form, faults: Faults::default() })
    }
}

fn held_role(p: &Frame, viewer: &Viewer, account_id: &str, (scope, role): (String, Role)) -> HeldRole {
    let name = p.t(rules::role_key(role));
    let label = if scope == "*" { p.tv("account-role-everywhere", "role", name) } else { name };
    let may_take = rules::may_take_role(viewer, p.district_id(), account_id, &scope).is_ok();
    HeldRole { scope, word: role.as_str(), label, may_take }
}

/// The list.
pub async fn list(State(app): State<App>, p: Frame, viewer: Viewer) -> Result<Response> {
    page(&AccountsPage::new(&app, p, &viewer).await?)
}

/// A role and where it counts.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RoleForm {
    role: String,
    scope: String,
}

/// The role of the form, and where it counts: this district, or every one for who administers them all.
fn role_of(form: &RoleForm, viewer: &Viewer, district: &str) -> Result<(String, Role)> {
    let role = Role::from_word(&form.role).ok_or(Error::BadRequest("account-role-wrong"))?;
    match form.scope.as_str() {
        "*" if rules::administers_all(viewer) => Ok(("*".to_owned(), role)),
        "*" => Err(Error::Forbidden),
        _ => Ok((district.to_owned(), role)),
    }
}

/// What the invitation form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InviteForm {
    email: String,
    name: String,
    role: String,
    scope: String,
}

/// Invites somebody: makes the account when there is none, gives the role, and shows a one-time link. Who
/// can sign in already needs no link.
pub async fn invite(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Form(form): Form<InviteForm>,
) -> Result<Response> {
    let (email, name) = (rules::email(&form.email), rules::name(&form.name));
    let mut faults = Faults::default();
    if email.is_none() {
        faults.push("email", p.t("account-email-wrong"));
    }
    if name.is_none() {
        faults.push("name", p.t("account-name-wrong"));
    }
    let (Some(email), Some(name)) = (email, name) else {
        let again = AccountsPage::new(&app, p, &viewer).await?;
        return wrong(&AccountsPage { form, faults, ..again });
    };
    let asked = RoleForm { role: form.role.clone(), scope: form.scope.clone() };
    let (scope, role) = role_of(&asked, &viewer, p.district_id())?;
    let known = queries::account_by_email(&app.db, &email).await?;
    let id = known.as_ref().map_or_else(new_id, |account| account.id.clone());
    let now = now_ms();
    let mut write = app.db.write().await?;
    let deed = Deed::of("account.invite", &id, p.district_id()).role((&scope, role));
    note(&mut write, &viewer.account_id, deed).await?;
    if known.is_none() {
        let account = NewAccount { id: &id, email: &email, name: &name };
        queries::insert_account(&mut write, account, now).await?;
    } else if !may_invite(&mut write, &viewer, p.district_id(), &id).await? {
        drop(write);
        faults.push("email", p.t("account-email-elsewhere"));
        let again = AccountsPage::new(&app, p, &viewer).await?;
        return wrong(&AccountsPage { form, faults, ..again });
    }
    queries::insert_role(&mut write, &id, (&scope, role), now).await?;
    let link = if queries::can_sign_in(&mut write, &id).await? {
        None
    } else {
        // Also for an account that was made before and never used: who made it holds a link that must not open what
        // is given now.
        Some((new_link(&app, &mut write, (&id, "invite"), 7 * DAY_MS).await?, name))
    };
    write.commit().await?;
    let list = AccountsPage::new(&app, p, &viewer).await?;
    page(&AccountsPage { made: link, ..list })
}

/// Whether an account that is there may be given a role by an invitation. Whoever first invited it may know its password:
/// only who is above both districts may trust it in a second one. Nor may anybody else get a link that opens roles
/// elsewhere, as those of somebody who was invited and has no password yet. Call it after [`note`], as [`begin`] does.
async fn may_invite(write: &mut Write, viewer: &Viewer, district: &str, id: &str) -> Result<bool> {
    if rules::administers_all(viewer) {
        return Ok(true);
    }
    match target(write, district, id).await {
        Ok((_, held)) => {
            Ok(queries::can_sign_in(write, id).await?
                || rules::may_change(viewer, district, id, &held).is_ok())
        }
        Err(Error::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a one-time link that can be used for this long; earlier ones of the account end.
async fn new_link(
    app: &App,
    write: &mut Write,
    (account_id, purpose): (&str, &str),
    lasts_ms: i64,
) -> Result<String> {
    let token = secret::new_token()?;
    let now = now_ms();
    queries::replace_link(write, &secret::digest(&token), (account_id, purpose), (now, now + lasts_ms))
        .await?;
    Ok(format!("{}/link/{token}", app.config.base_url()))
}

/// The account that a path names, when it has a role in the path's district.
async fn target(write: &mut Write, district: &str, id: &str) -> Result<(Account, Vec<(String, Role)>)> {
    let account = queries::account(&mut **write, id).await?.ok_or(Error::NotFound)?;
    let roles = queries::roles(&mut **write, id).await?;
    if roles.iter().any(|(d, _)| d == district || d == "*") {
        Ok((account, roles))
    } else {
        Err(Error::NotFound)
    }
}

/// Begins a change of an account of this district: writes it down, which waits for whoever changes accounts at the same
/// time, and only then reads the account and its roles. What is decided by them holds until the commit; dropped without
/// one, nothing was written.
async fn begin(
    app: &App,
    viewer: &Viewer,
    (district, id): (&str, &str),
    deed: Deed<'_>,
) -> Result<(Write, Account, Vec<(String, Role)>)> {
    let mut write = app.db.write().await?;
    note(&mut write, &viewer.account_id, deed).await?;
    let (account, roles) = target(&mut write, district, id).await?;
    Ok((write, account, roles))
}

/// As [`begin`], for what is done to the account itself: refused unless this viewer [may change it](rules::may_change).
async fn begin_change(
    app: &App,
    viewer: &Viewer,
    (district, id): (&str, &str),
    action: &str,
) -> Result<(Write, Account)> {
    let deed = Deed::of(action, id, district);
    let (write, account, roles) = begin(app, viewer, (district, id), deed).await?;
    rules::may_change(viewer, district, id, &roles)?;
    Ok((write, account))
}

fn back(district: &str) -> Response {
    Redirect::to(&format!("/accounts/{district}")).into_response()
}

/// Gives one more role.
pub async fn grant(
    State(app): State<App>,
    viewer: Viewer,
    Path((district, id)): Path<(String, String)>,
    Form(form): Form<RoleForm>,
) -> Result<Response> {
    let (scope, role) = role_of(&form, &viewer, &district)?;
    let deed = Deed::of("account.grant", &id, &district).role((&scope, role));
    let (mut write, _, held) = begin(&app, &viewer, (&district, &id), deed).await?;
    if held.iter().all(|(d, _)| *d != scope) {
        // A one-time link that is under way was made by somebody who may not give this.
        queries::delete_links(&mut write, &id).await?;
    }
    queries::insert_role(&mut write, &id, (&scope, role), now_ms()).await?;
    write.commit().await?;
    Ok(back(&district))
}

/// Takes a role.
pub async fn take(
    State(app): State<App>,
    viewer: Viewer,
    Path((district, id)): Path<(String, String)>,
    Form(form): Form<RoleForm>,
) -> Result<Response> {
    let scope = if form.scope == "*" { "*" } else { district.as_str() };
    let role = Role::from_word(&form.role).ok_or(Error::BadRequest("account-role-wrong"))?;
    let deed = Deed::of("account.take", &id, &district).role((scope, role));
    let (mut write, _, _) = begin(&app, &viewer, (&district, &id), deed).await?;
    rules::may_take_role(&viewer, &district, &id, scope)?;
    if !queries::delete_role(&mut write, &id, (scope, role)).await? {
        return Err(Error::NotFound);
    }
    keep_an_administrator(&mut write).await?;
    write.commit().await?;
    Ok(back(&district))
}

/// Refuses a change after which nobody would administer the installation. Call it after [`begin`], which waits for
/// whoever makes such a change at the same time: two administrators who disable each other do not both succeed.
async fn keep_an_administrator(write: &mut Write) -> Result<()> {
    if queries::count_administrators(write).await? == 0 {
        return Err(Error::BadRequest("account-refused-last"));
    }
    Ok(())
}

/// Disables an account: its sessions and links end.
pub async fn disable(
    State(app): State<App>,
    viewer: Viewer,
    Path((district, id)): Path<(String, String)>,
) -> Result<Response> {
    let (mut write, _) = begin_change(&app, &viewer, (&district, &id), "account.disable").await?;
    queries::set_disabled(&mut write, &id, true).await?;
    queries::delete_sessions(&mut write, &id, "").await?;
    queries::delete_links(&mut write, &id).await?;
    keep_an_administrator(&mut write).await?;
    write.commit().await?;
    Ok(back(&district))
}

/// Lets a disabled account in again.
pub async fn enable(
    State(app): State<App>,
    viewer: Viewer,
    Path((district, id)): Path<(String, String)>,
) -> Result<Response> {
    let (mut write, _) = begin_change(&app, &viewer, (&district, &id), "account.enable").await?;
    queries::set_disabled(&mut write, &id, false).await?;
    write.commit().await?;
    Ok(back(&district))
}

/// Makes a one-time link for a new password. The old password works until the link is used.
pub async fn reset(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Path((district, id)): Path<(String, String)>,
) -> Result<Response> {
    let (mut write, account) = begin_change(&app, &viewer, (&district, &id), "account.reset").await?;
    let is_new = account.password_hash.is_empty();
    let (purpose, lasts) = if is_new { ("invite", 7 * DAY_MS) } else { ("reset", DAY_MS) };
    let link = new_link(&app, &mut write, (&id, purpose), lasts).await?;
    write.commit().await?;
    let list = AccountsPage::new(&app, p, &viewer).await?;
    page(&AccountsPage { made: Some((link, account.name)), ..list })
}
