//! What a row of the table of everything that can be asked is, and what a request passes on its way to it.
//!
//! A request passes, from the outside in: compression, [`outer`] (headers, log, error pages, panics),
//! then per row the body limit and [`guard`] (session, district, authorisation, forgery, rate limit),
//! and at last the handler.

mod forgery;
mod guard;
pub mod limits;
mod outer;

use crate::access::Action;
use crate::{App, account, jobs, layout};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use limits::Limit;
use std::convert::Infallible;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

pub use forgery::token as form_token;
pub use guard::{Visitor, cookie, escape, read_cookie, session_cookie};

/// Who may ask for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Anybody: sign-in, the survey form, style sheets.
    Public,
    /// Anybody who is signed in; with `{district}` in the path, who has any role there.
    SignedIn,
    /// A role that may do this in the district named by `{district}` in the path.
    May(Action),
    /// A program that proves itself by a signature or a token, which the handler checks. It has no session and no form token.
    Proof,
}

/// The largest body of an ordinary request, in bytes.
pub const FORM_BYTES: usize = 256 * 1024;

/// A body that pauses for longer has broken off.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// One row of the table.
pub struct Route {
    /// The path, in axum's syntax.
    pub path: &'static str,
    /// Who may ask.
    pub needs: Needs,
    /// What answers; the methods are inside.
    pub handler: MethodRouter<App>,
    /// The largest body accepted, in bytes.
    pub body_bytes: usize,
    /// Which rate limit a request counts against; looking alone counts only where the limit says so.
    pub limit: Option<Limit>,
    /// A form for people without an account and perhaps without cookies: proof that the browser sent it
    /// from our own page is enough, the token is not needed.
    pub open_form: bool,
    /// A file for everybody: no session is read, no cookie set, caches may keep it.
    pub file: bool,
}

/// Makes a row.
pub fn route(path: &'static str, needs: Needs, handler: MethodRouter<App>) -> Route {
    Route { path, needs, handler, body_bytes: FORM_BYTES, limit: None, open_form: false, file: false }
}

impl Route {
    /// Accepts bodies up to this many bytes: a row that takes uploads. In a multipart form the field
    /// `csrf` must come before the file.
    pub fn uploads(mut self, bytes: usize) -> Self {
        self.body_bytes = bytes;
        self
    }

    /// Counts requests against this limit.
    pub fn limited(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Takes a form from people without an account, see [`Route::open_form`].
    pub fn open_form(mut self) -> Self {
        self.open_form = true;
        self
    }

    /// Serves a file to everybody, see [`Route::file`].
    pub fn file(mut self) -> Self {
        self.file = true;
        self
    }
}

/// The rows of what is here.
pub fn base() -> Vec<Route> {
    // That the process answers; says nothing about the installation.
    let health = route("/healthz", Needs::Public, get(|| async { "ok\n" })).file();
    [vec![health], layout::assets::routes(), jobs::pages::routes(), account::pages::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// The application with these rows; `within` adds what every request passes before it comes to them.
pub fn router_of(app: App, rows: Vec<Route>, within: impl FnOnce(Router<App>) -> Router<App>) -> Router {
    let mut router = Router::new();
    for row in rows {
        let rule = guard::Rule::of(&row);
        let handler = row
            .handler
            .layer::<_, Infallible>(from_fn_with_state((app.clone(), rule), guard::guard))
            .layer::<_, Infallible>(DefaultBodyLimit::disable())
            .layer(RequestBodyLimitLayer::new(row.body_bytes));
        router = router.route(row.path, handler);
    }
    within(router)
        .layer(CatchPanicLayer::custom(outer::panicked))
        .layer(from_fn_with_state(app.clone(), outer::outer))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), outer::plain_abroad))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .with_state(app)
}
