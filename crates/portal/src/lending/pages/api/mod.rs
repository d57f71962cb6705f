//! The interface for programs: `/api/v1/LEAID/…`, JSON, with a token of the district. The table of operations makes both the routes and the
//! document that describes them.

mod answers;
mod document;
mod scan;

use crate::App;
use crate::access::Viewer;
use crate::db::now_ms;
use crate::error::Error;
use crate::layout::{District, Frame};
use crate::lending::queries;
use crate::routes::{Needs, Route, route};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde_json::{Value, json};

#[cfg(test)]
pub use document::document;

/// An hour, ms.
const HOUR_MS: i64 = 3_600_000;

/// What a token may let a program do.
pub const SCOPES: [&str; 6] = ["devices", "loans", "lines", "requests", "help", "scan"];

/// A field of an answer: its name, its type in JSON, and what it is.
type Field = (&'static str, &'static str, &'static str);

/// One operation.
pub struct Operation {
    /// `get` or `post`.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What a token must be for.
    pub scope: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What it takes in the query (get) or in the body (post).
    pub takes: &'static [Field],
    /// The fields of what it answers: of each item of a list, or of the one thing.
    pub gives: &'static [Field],
    /// Whether it answers a list: `{"found": n, "items": […]}`.
    pub is_list: bool,
    handler: fn() -> MethodRouter<App>,
}

/// What every list takes.
const RANGE: [Field; 2] = [
    ("offset", "integer", "How many to pass over; 0 at first."),
    ("limit", "integer", "How many to give at most, 1 to 1000; 100 when it is left out."),
];

/// The operations.
pub const OPERATIONS: [Operation; 7] = [
    Operation {
        method: "get",
        path: "/api/v1/{district}/devices",
        scope: "devices",
        summary: "Devices, by barcode.",
        takes: &[
            RANGE[0],
            RANGE[1],
            ("q", "string", "Part of a barcode, serial, card, make, model or location."),
            ("state", "string", "here, lent, lost, repair or retired."),
            ("kind", "string", "hotspot, laptop, tablet, modem, router or other."),
        ],
        gives: &answers::DEVICE,
        is_list: true,
        handler: || get(answers::devices),
    },
    Operation {
        method: "get",
        path: "/api/v1/{district}/devices/{item}",
        scope: "devices",
        summary: "One device, by its id.",
        takes: &[],
        gives: &answers::DEVICE,
        is_list: false,
        handler: || get(answers::device),
    },
    Operation {
        method: "get",
        path: "/api/v1/{district}/loans",
        scope: "loans",
        summary: "Loans that were not undone, the latest first. Each look is written down.",
        takes: &[RANGE[0], RANGE[1], ("open", "boolean", "Only loans that are open.")],
        gives: &answers::LOAN,
        is_list: true,
        handler: || get(answers::loans),
    },
    Operation {
        method: "get",
        path: "/api/v1/{district}/lines",
        scope: "lines",
        summary: "Carriers' lines: what each is wanted to be, and what its carrier said last.",
        takes: &[RANGE[0], RANGE[1], ("q", "string", "Part of a card, number, carrier, plan or barcode.")],
        gives: &answers::LINE,
        is_list: true,
        handler: || get(answers::lines),
    },
    Operation {
        method: "get",
        path: "/api/v1/{district}/requests",
        scope: "requests",
        summary: "Open requests for a hotspot, by when they were made. Each look is written down.",
        takes: &RANGE,
        gives: &answers::REQUEST,
        is_list: true,
        handler: || get(answers::requests),
    },
    Operation {
        method: "get",
        path: "/api/v1/{district}/cases",
        scope: "help",
        summary: "Open cases of trouble, the oldest first. Each look is written down.",
        takes: &RANGE,
        gives: &answers::CASE,
        is_list: true,
        handler: || get(answers::cases),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/scans",
        scope: "scan",
        summary: "What a scan at the counter does: lends a device to the student, or takes it back. The header Idempotency-Key is required: the \
                  same key with the same body is done once and answered as the first time.",
        takes: &[
            ("scan", "string", "A device's barcode or serial, or a student's id."),
            ("student", "string", "Who is at the counter; may be left out."),
        ],
        gives: &scan::DONE,
        is_list: false,
        handler: || post(scan::scan),
    },
];

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let operations = OPERATIONS.iter().map(|one| route(one.path, Needs::Proof, (one.handler)()));
    let description = route("/api/v1/openapi.json", Needs::Public, get(document::page)).file();
    operations.chain([description]).collect()
}

/// Why an operation is not carried out (RFC 9457).
pub struct Problem(StatusCode, String);

impl Problem {
    /// A problem with this status and these words.
    pub fn new(status: StatusCode, title: impl Into<String>) -> Self {
        Self(status, title.into())
    }
}

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        let error: Error = error.into();
        match error {
            Error::NotFound => Self::new(StatusCode::NOT_FOUND, "There is no such thing."),
            Error::BadRequest(_) => Self::new(StatusCode::BAD_REQUEST, "This cannot be done."),
            error => {
                tracing::error!(%error, "an operation failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here.")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "type": "about:blank", "title": self.1, "status": self.0.as_u16() });
        (self.0, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}

/// What an operation comes to.
pub type Answer = Result<Response, Problem>;

/// JSON that nobody keeps.
fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

/// Lets a program in that shows a token of this district for this: the frame in which it acts. Its account is `token:ID`, which the audit
/// log has.
async fn enter(
    app: &App,
    p: Frame,
    headers: &HeaderMap,
    (district, scope): (&str, &str),
) -> Result<Frame, Problem> {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = said.strip_prefix("Bearer ").unwrap_or_default();
    // Nobody learns here which districts there are.
    let refused = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "Authorization: Bearer with a token of this district is wanted.",
        )
    };
    let token = match secret {
        "" => None,
        secret => queries::token(app.db.read(), district, secret).await?,
    };
    let token = token.ok_or_else(refused)?;
    if !token.scopes.split(' ').any(|one| one == scope) {
        return Err(Problem::new(StatusCode::FORBIDDEN, format!("The token is not for `{scope}`.")));
    }
    let hour = now_ms() / HOUR_MS * HOUR_MS;
    if token.used_ms.is_none_or(|used| used < hour) {
        let mut tx = app.db.write().await?;
        queries::used_token(&mut tx, district, &token.id, hour).await?;
        tx.commit().await?;
    }
    let found: Option<District> = queries::district(app.db.read(), district).await?;
    let viewer = Viewer { account_id: format!("token:{}", token.id), name: token.name, roles: Vec::new() };
    Ok(Frame { district: Some(found.ok_or_else(refused)?), viewer: Some(viewer), ..p })
}
