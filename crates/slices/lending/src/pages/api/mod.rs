//! The interface for programs: `/api/v1/LEAID/…`, JSON, with a token of the district. The table of operations makes both the routes and the
//! document that describes them.

mod answers;
mod deed;
mod document;
mod files;
mod scan;
mod writes;

use super::upload::UPLOAD_BYTES;
use crate::App;
use crate::access::Viewer;
use crate::db::now_ms;
use crate::error::Error;
use crate::layout::{District, Frame};
use crate::queries;
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
pub const SCOPES: [&str; 10] = [
    "devices",
    "loans",
    "lines",
    "requests",
    "help",
    "scan",
    "devices-write",
    "loans-write",
    "lines-write",
    "requests-write",
];

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
    /// Whether the body is a file, and what it takes is in the query.
    pub is_file: bool,
    handler: fn() -> MethodRouter<App>,
}

/// What every list takes.
const RANGE: [Field; 2] = [
    ("offset", "integer", "How many to pass over; 0 at first."),
    ("limit", "integer", "How many to give at most, 1 to 1000; 100 when it is left out."),
];

/// The operations.
pub const OPERATIONS: [Operation; 15] = [
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
        is_file: false,
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
        is_file: false,
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
        is_file: false,
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
        is_file: false,
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
        is_file: false,
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
        is_file: false,
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
        is_file: false,
        handler: || post(scan::scan),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/request-changes",
        scope: "requests-write",
        summary: "Takes in a request for a hotspot, or takes one back.",
        takes: &[
            ("student", "string", "The student's id."),
            ("act", "string", "ask or withdraw."),
            ("access", "string", "none, phone, poor or good: their Internet at home; to ask."),
            ("barrier", "string", "unavailable, cost or other: why it is no better; to ask."),
        ],
        gives: &writes::REQUESTED,
        is_list: false,
        is_file: false,
        handler: || post(writes::request),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/offers",
        scope: "requests-write",
        summary: "Offers a hotspot to so many households that are first by the published rule, and keeps the order.",
        takes: &[("count", "integer", "To how many, 1 to 1000.")],
        gives: &writes::OFFERED,
        is_list: false,
        is_file: false,
        handler: || post(writes::offer),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/loan-changes",
        scope: "loans-write",
        summary: "Renews the open loan of a device, or says that the device is lost or found.",
        takes: &[("device", "string", "The device's id."), ("act", "string", "renew, lost or found.")],
        gives: &writes::CHANGED,
        is_list: false,
        is_file: false,
        handler: || post(writes::change),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/notices",
        scope: "loans-write",
        summary: "Says that households were told what is the matter with their loans, or that they need their lines after all.",
        takes: &[
            ("loans", "array", "The loans' ids, each a text."),
            ("way", "string", "letter, call or person."),
            ("used_again", "boolean", "The household was helped: the use of its line counts anew."),
        ],
        gives: &writes::NOTED,
        is_list: false,
        is_file: false,
        handler: || post(writes::notice),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/line-changes",
        scope: "lines-write",
        summary: "Holds a line active whatever its loan, releases it, or ends it for good.",
        takes: &[
            ("line", "string", "The line's id."),
            ("act", "string", "hold, release or end."),
            ("reason", "string", "Why it is held; to hold."),
        ],
        gives: &writes::LINE_CHANGED,
        is_list: false,
        is_file: false,
        handler: || post(writes::line_change),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/files/devices",
        scope: "devices-write",
        summary: "Lays a file of devices over the inventory; one with problems is not stored.",
        takes: &[files::NAME],
        gives: &files::DEVICES,
        is_list: false,
        is_file: true,
        handler: || post(files::devices),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/files/lines",
        scope: "lines-write",
        summary: "Takes in what a carrier says that its lines are.",
        takes: &[files::NAME, ("as_of", "string", "The day of the list, 2027-06-01.")],
        gives: &files::LINES,
        is_list: false,
        is_file: true,
        handler: || post(files::lines),
    },
    Operation {
        method: "post",
        path: "/api/v1/{district}/files/usage",
        scope: "lines-write",
        summary: "Takes in what a carrier says that its lines used.",
        takes: &[
            files::NAME,
            ("unit", "string", "bytes, kb, mb or gb, where a row says none."),
            ("base", "string", "What a thousand is: 1000 or 1024."),
            ("day", "string", "The day of a row that says none, 2027-06-01."),
            ("counting", "string", "within: in the days of the row; since: since the carrier's cycle began."),
        ],
        gives: &files::LINES,
        is_list: false,
        is_file: true,
        handler: || post(files::used),
    },
];

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let operations = OPERATIONS.iter().map(|one| {
        let row = route(one.path, Needs::Proof, (one.handler)());
        if one.is_file { row.uploads(UPLOAD_BYTES) } else { row }
    });
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
