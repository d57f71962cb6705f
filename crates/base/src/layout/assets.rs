//! The style sheet and scripts, inside the program: built by `crates/base/web/build.mjs`.

use crate::error::{Error, Result};
use crate::routes::{Needs, Route, route};
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

#[derive(rust_embed::RustEmbed)]
#[folder = "web/dist"]
struct Files;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    vec![route("/assets/{name}", Needs::Public, get(asset)).file()]
}

/// The path of a file with its digest, so that a browser keeps it until it changes; without one when the
/// front end has not been built.
pub fn href(name: &str) -> String {
    match Files::get(name) {
        Some(file) => format!("/assets/{name}?v={}", digest(&file)),
        None => format!("/assets/{name}"),
    }
}

/// The first 64 bits of the file's SHA-256, in hexadecimal.
fn digest(file: &rust_embed::EmbeddedFile) -> String {
    file.metadata.sha256_hash()[..8].iter().map(|b| format!("{b:02x}")).collect()
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response> {
    let file = Files::get(&name).ok_or(Error::NotFound)?;
    let tag = format!("\"{}\"", digest(&file));
    // The address carries the digest: what is kept for a year is never out of date.
    let keep = [(ETAG, tag.clone()), (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned())];
    if headers.get(IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, keep).into_response());
    }
    // Browsers refuse a module script or worker of any other type.
    let kind = if name.ends_with(".mjs") { "text/javascript" } else { file.metadata.mimetype() };
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    Ok((keep, [(CONTENT_TYPE, kind)], file.data.into_owned()).into_response())
}
