//! The page that says why a name is blocked, and asks that somebody looks at it. Whoever asks is not known and not
//! written down.

use crate::App;
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::policy::Current;
use crate::queries::{self, Asked};
use crate::routes::escape;
use crate::routes::limits::ip;
use crate::rules::ask;
use crate::rules::why::{Why, why};
use askama::Template;
use axum::Form;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_policy::NameBuf;
use serde::Deserialize;
use serde_json::json;
use std::net::IpAddr;

/// Open requests of a district, and of one name, above which no more are stored: nobody reads so many, and the table
/// stays bounded.
const OPEN: i64 = 20_000;
const OPEN_OF_NAME: i64 = 500;

/// What the page may be asked, and what its form says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Fields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    reason: String,
    /// Set after a request was stored.
    #[serde(default)]
    asked: String,
}

#[derive(Template)]
#[template(path = "templates/block.html")]
struct BlockPage {
    p: Frame,
    /// What was asked for, as it was said.
    said: String,
    /// The name in it; empty when there is none.
    name: String,
    /// Why it is blocked, in words; empty when that is not known.
    why: String,
    is_open: bool,
    /// Whether it is open to whoever asks from here, and blocked for others or at other times.
    is_open_here: bool,
    is_mandatory: bool,
    asked: bool,
    errors: Vec<(&'static str, String)>,
}

impl BlockPage {
    /// What is wrong with the name.
    fn error(&self) -> &str {
        self.errors.first().map_or("", |(_, message)| message)
    }
}

#[derive(Template)]
#[template(path = "templates/entrance.html")]
struct Entrance {
    p: Frame,
    name: String,
    districts: Vec<(String, String)>,
}

/// Sends a request for another host's name to the block page: an edge has answered the name with our address. A bare
/// address, `localhost`, and the public name itself are ours.
pub async fn led_astray(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let url = app.config.public_url.as_deref().filter(|_| app.config.filtering.block_page);
    let is_looked_at = matches!(*request.method(), Method::GET | Method::HEAD);
    let ours = url.and_then(|url| url.split_once("://")).map(|(_, host)| host);
    let name =
        ask::name(host).filter(|_| is_looked_at && ours.is_some_and(|o| !o.eq_ignore_ascii_case(host)));
    match (name, url) {
        (Some(name), Some(url)) if ours.and_then(ask::name).as_ref() != Some(&name) => {
            let href = format!("{url}/blocked?name={}", escape(&name.to_string()));
            ([(header::CACHE_CONTROL, "no-store")], Redirect::to(&href)).into_response()
        }
        _ => next.run(request).await,
    }
}

/// Finds out whose page it is: that of the place that asks, else of the only district; else the person chooses.
pub async fn entrance(
    State(app): State<App>,
    p: Frame,
    Query(fields): Query<Fields>,
    request: Request,
) -> Result<Response> {
    let districts = queries::districts(app.db.read()).await?;
    let current = app.policy.current();
    let here = current.as_ref().and_then(|c| c.subject(ip(&request, app.config.behind_proxy)).1);
    let known = match (here, districts.as_slice()) {
        (Some(here), _) if districts.iter().any(|(id, _)| id == here) => Some(here),
        (_, [(only, _)]) => Some(only.as_str()),
        _ => None,
    };
    let name = escape(fields.name.trim());
    match known {
        Some(district) => Ok(Redirect::to(&format!("/b/{district}?name={name}")).into_response()),
        None => Ok(Html(Entrance { p, name, districts }.render()?).into_response()),
    }
}

/// The page.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Query(fields): Query<Fields>,
    request: Request,
) -> Result<Response> {
    let address = ip(&request, app.config.behind_proxy);
    let is_wrong = !fields.name.trim().is_empty() && ask::name(&fields.name).is_none();
    render(&app, p, &fields, address, is_wrong.then_some("filtering-wrong-name"))
}

/// Whether the filter may be why a page does not open, for a browser's extension that asks before it shows the page.
pub async fn why_json(State(app): State<App>, Query(fields): Query<Fields>, request: Request) -> Response {
    let address = ip(&request, app.config.behind_proxy);
    let name = ask::name(&fields.name);
    let current = app.policy.current();
    let decided = current.zip(name.as_ref()).map(|(current, name)| decided(&current, address, name));
    let blocked = decided.is_some_and(|why| why != Why::Open);
    let name = name.map(|name| name.to_string());
    let head = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (head, json!({ "name": name, "blocked": blocked }).to_string()).into_response()
}

/// Stores a request, and shows the page again.
pub async fn asked(State(app): State<App>, p: Frame, request: Request) -> Result<Response> {
    let address = ip(&request, app.config.behind_proxy);
    let form = Form::<Fields>::from_request(request, &()).await;
    let Form(fields) = form.map_err(|_| Error::BadRequest("error-body"))?;
    let Some(name) = ask::name(&fields.name) else {
        return render(&app, p, &fields, address, Some("filtering-wrong-name"));
    };
    let district = p.district_id().to_owned();
    let current = app.policy.current();
    let (reason, said) = (ask::line(&fields.reason, ask::REASON), name.to_string());
    let decided = current.as_ref().map(|current| decided(current, address, &name));
    let school = current.as_ref().and_then(|current| {
        let (_, whose, school) = current.subject(address);
        school.filter(|_| whose == Some(&district)).map(str::to_owned)
    });
    let (id, ms) = (new_id(), now_ms());
    let asked = Asked {
        id: &id,
        name: &said,
        category: decided.as_ref().map_or("", Why::category),
        policy: current.as_ref().map_or(0, |current| current.version.version),
        school: school.as_deref(),
        reason: &reason,
        ms,
    };
    let mut tx = app.db.write().await?;
    let (open, of_name) = queries::open_counts(&mut tx, &district, &said).await?;
    if open >= OPEN {
        return Err(Error::TooMany);
    }
    if of_name < OPEN_OF_NAME {
        queries::ask(&mut tx, &district, &asked).await?;
        let detail = json!({ "policy": asked.policy });
        crate::audit::record(&mut tx, &p.entry("request.ask", ("filter_request", &id), detail)).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/b/{district}?name={}&asked=1", escape(&said))).into_response())
}

/// What the policy says of the name to whoever asks from this address.
fn decided(current: &Current, address: Option<IpAddr>, name: &NameBuf) -> Why {
    let now_s = u32::try_from(now_ms() / 1000).unwrap_or_default();
    why(&current.view(), &current.subject(address).0, &name.as_name(), now_s)
}

fn render(
    app: &App,
    p: Frame,
    fields: &Fields,
    address: Option<IpAddr>,
    error: Option<&'static str>,
) -> Result<Response> {
    let name = ask::name(&fields.name);
    let decided =
        app.policy.current().zip(name.as_ref()).map(|(current, name)| decided(&current, address, name));
    let why = match &decided {
        Some(Why::List { category, .. }) => p.tv("filtering-block-category", "category", category.as_str()),
        Some(Why::Rule { .. }) => p.t("filtering-block-rule"),
        Some(Why::AllowedOnly) => p.t("filtering-block-allowed-only"),
        Some(Why::Open | Why::OpenHere) | None => String::new(),
    };
    let page = BlockPage {
        said: ask::line(&fields.name, 300),
        name: name.map(|name| name.to_string()).unwrap_or_default(),
        why,
        is_open: decided == Some(Why::Open),
        is_open_here: decided == Some(Why::OpenHere),
        is_mandatory: decided.as_ref().is_some_and(Why::is_mandatory),
        asked: fields.asked == "1",
        errors: error.map(|key| ("name", p.t(key))).into_iter().collect(),
        p,
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Html(page.render()?)).into_response())
}
