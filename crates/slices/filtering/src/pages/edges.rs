//! The edges that fetch the policy: who they are, which version each has, and the fetch itself.

use super::not_named;
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file, hexadecimal, minute};
use crate::layout::Frame;
use crate::policy::Current;
use crate::queries::{self, Edge, EdgeAt};
use crate::rules::ask;
use crate::rules::lists::Listed;
use crate::{App, audit, secret};
use askama::Template;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;

/// An edge that asks is written down at most this often, unless it has another version than before.
const SEEN_STEP_MS: i64 = 60 * 1000;
/// One that has not asked for so long is away.
const AWAY_MS: i64 = 5 * 60 * 1000;
/// Octets that are sent at once.
const PIECE: usize = 64 * 1024;

struct EdgeView {
    edge: Edge,
    seen: String,
    state: String,
    tag: &'static str,
}

struct VersionView {
    version: i64,
    digest: String,
    when: String,
    octets: String,
    devices: String,
    lists: Vec<ListView>,
    /// What is said of lists whose file is not believed.
    held: Vec<String>,
}

struct ListView {
    name: String,
    category: String,
    version: String,
    names: String,
    problems: String,
}

#[derive(Template)]
#[template(path = "templates/edges.html")]
struct EdgesPage {
    p: Frame,
    /// What is said to a district that the policy does not name.
    not_named: String,
    /// The id of what the form will make.
    once: String,
    edges: Vec<EdgeView>,
    version: Option<VersionView>,
    is_set: bool,
    problems: Vec<String>,
    warnings: Vec<String>,
    key: String,
    portal: String,
    /// The name and the token of the edge that was just let in.
    made: Option<(String, String)>,
    name: String,
    errors: Vec<(&'static str, String)>,
}

impl EdgesPage {
    /// What is wrong with the name.
    fn error(&self) -> &str {
        self.errors.first().map_or("", |(_, message)| message)
    }
}

/// The form that lets an edge in.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct EdgeForm {
    /// See [`ask::once`].
    #[serde(default)]
    once: String,
    #[serde(default)]
    name: String,
}

/// The page.
pub async fn list(State(app): State<App>, p: Frame) -> Result<Response> {
    render(&app, p, None, (String::new(), Vec::new())).await
}

async fn render(
    app: &App,
    p: Frame,
    made: Option<(String, String)>,
    (name, errors): (String, Vec<(&'static str, String)>),
) -> Result<Response> {
    let edges = queries::edges(app.db.read(), p.district_id()).await?;
    let current = app.policy.current();
    let newest = current.as_ref().map(|current| current.version.version);
    let page = EdgesPage {
        not_named: not_named(app, &p),
        once: new_id(),
        edges: edges.into_iter().map(|edge| edge_view(&p, edge, newest)).collect(),
        version: current.as_deref().map(|current| version_view(&p, current)),
        is_set: app.config.filtering.policy.is_some(),
        problems: app.policy.problems(),
        warnings: app.policy.warnings(),
        key: app.config.filtering.key.as_ref().map(|key| key.public().to_string()).unwrap_or_default(),
        portal: app.config.base_url(),
        made,
        name,
        errors,
        p,
    };
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(page.render()?)).into_response())
}

fn edge_view(p: &Frame, edge: Edge, newest: Option<i64>) -> EdgeView {
    let is_away = edge.seen_ms.is_none_or(|ms| ms + AWAY_MS < now_ms());
    let (key, tag) = match (edge.revoked_ms, edge.seen_ms, edge.seen_version) {
        (Some(_), ..) => ("filtering-edge-revoked", ""),
        (None, None, _) => ("filtering-edge-never", ""),
        _ if is_away => ("filtering-edge-away", "bad"),
        (.., version) if version == newest => ("filtering-edge-newest", "good"),
        _ => ("filtering-edge-older", "warn"),
    };
    EdgeView { seen: edge.seen_ms.map(minute).unwrap_or_default(), state: p.t(key), tag, edge }
}

fn version_view(p: &Frame, current: &Current) -> VersionView {
    let version = &current.version;
    let lists: Vec<Listed> = serde_json::from_str(&version.lists_json).unwrap_or_default();
    let whole = |n: u64| count(i64::try_from(n).unwrap_or(i64::MAX));
    let held = |list: &Listed| {
        let held = list.held?;
        let (names, problems) = (whole(held.names), whole(held.problems));
        let texts =
            [("list", list.name.as_str().into()), ("names", names.into()), ("problems", problems.into())];
        Some(p.tvs("filtering-list-held", &texts))
    };
    VersionView {
        version: version.version,
        digest: version.digest.clone(),
        when: minute(version.created_s * 1000),
        octets: count(version.octets),
        devices: count(version.devices),
        held: lists.iter().filter_map(held).collect(),
        lists: lists
            .into_iter()
            .map(|list| ListView {
                names: whole(list.names),
                problems: whole(list.problems),
                name: list.name,
                category: list.category,
                version: list.version,
            })
            .collect(),
    }
}

/// The edges as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let edges = queries::edges(app.db.read(), p.district_id()).await?;
    let rows = edges.into_iter().map(|edge| {
        [
            edge.name,
            minute(edge.made_ms),
            edge.seen_ms.map(minute).unwrap_or_default(),
            edge.seen_version.map(|v| v.to_string()).unwrap_or_default(),
            edge.revoked_ms.map(minute).unwrap_or_default(),
        ]
    });
    csv_file("edges.csv", &["edge", "made_utc", "seen_utc", "policy_version", "revoked_utc"], rows)
}

/// Lets an edge in, and shows its token: this once.
pub async fn added(State(app): State<App>, p: Frame, Form(form): Form<EdgeForm>) -> Result<Response> {
    let name = ask::line(&form.name, 80);
    if name.is_empty() {
        let errors = vec![("name", p.t("filtering-edge-wrong-name"))];
        return render(&app, p, None, (String::new(), errors)).await;
    }
    let (id, token) = (ask::once(&form.once).unwrap_or_else(new_id), secret::new_token()?);
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let mut tx = app.db.write().await?;
    if queries::has_edge(&mut tx, p.district_id(), &id).await? {
        drop(tx);
        let errors = vec![("name", p.t("filtering-edge-once"))];
        return render(&app, p, None, (String::new(), errors)).await;
    }
    queries::insert_edge(&mut tx, p.district_id(), (&id, &name, &hash(&token)), by).await?;
    audit::record(&mut tx, &p.entry("edge.add", ("edge", &id), json!(null))).await?;
    tx.commit().await?;
    render(&app, p, Some((name, token)), (String::new(), Vec::new())).await
}

/// Shuts an edge out.
pub async fn revoke(
    State(app): State<App>,
    p: Frame,
    Path((_, edge)): Path<(String, String)>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    if !queries::revoke_edge(&mut tx, p.district_id(), &edge, now_ms()).await? {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, &p.entry("edge.revoke", ("edge", &edge), json!(null))).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{}/filtering/edges", p.district_id())).into_response())
}

/// What is kept of a token.
fn hash(token: &str) -> String {
    secret::purpose_digest("edge", token)
}

/// The policy for an edge that shows its token (`Authorization: Bearer`): nothing when it has the newest (`If-None-Match`),
/// the whole of it otherwise. Without a token of ours there is nothing here.
pub async fn policy(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let text =
        |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let token = text(header::AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    let edge = queries::edge_of_token(app.db.read(), &hash(token)).await?.ok_or(Error::NotFound)?;
    let has = text(header::IF_NONE_MATCH).trim_matches('"').to_owned();
    saw(&app, &edge, &has).await?;
    let Some(current) = app.policy.current() else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, "no policy is published yet\n").into_response());
    };
    let tag = format!("\"{}\"", current.version.digest);
    if has == current.version.digest {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let length = current.snapshot.len();
    let head = [
        (header::ETAG, tag),
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((head, body(current)).into_response())
}

/// The snapshot's octets, piece by piece: many edges may ask at the same time.
fn body(current: Arc<Current>) -> Body {
    let pieces = stream::unfold((current, 0), |(current, at)| async move {
        let bytes = current.snapshot.bytes();
        let piece = Bytes::copy_from_slice(bytes.get(at..bytes.len().min(at + PIECE))?);
        let next = at + piece.len();
        (!piece.is_empty()).then_some((Ok::<_, Infallible>(piece), (current, next)))
    });
    Body::from_stream(pieces)
}

/// Writes down when the edge asked, and which version it had.
async fn saw(app: &App, edge: &EdgeAt, digest: &str) -> Result<()> {
    let version = match app.policy.current() {
        Some(current) if hexadecimal(&current.snapshot.digest()) == digest => Some(current.version.version),
        _ => queries::version_of_digest(app.db.read(), &edge.district, digest).await?,
    };
    let is_fresh = edge.seen_ms.is_some_and(|ms| ms + SEEN_STEP_MS > now_ms());
    if is_fresh && edge.seen_version == version {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    queries::saw_edge(&mut tx, edge, now_ms(), version).await?;
    Ok(tx.commit().await?)
}
