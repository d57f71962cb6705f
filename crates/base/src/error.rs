//! Errors of pages: one message for the person, one for the log. HTTP is known here and in `pages.rs` alone.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a page could not be given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the viewer may not know that there is.
    #[error("not found")]
    NotFound,
    /// The viewer is not signed in.
    #[error("not signed in")]
    SignIn,
    /// The viewer's role does not allow it.
    #[error("forbidden")]
    Forbidden,
    /// What was sent cannot be used; the Fluent key of the message for the person.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// The request did not come from a page of ours.
    #[error("forged request")]
    Forged,
    /// The body is larger than the page accepts.
    #[error("too large")]
    TooLarge,
    /// Too many tries.
    #[error("too many requests")]
    TooMany,
    /// The database said no.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// A template could not be filled.
    #[error("template: {0}")]
    Template(#[from] askama::Error),
    /// Anything else that is our fault.
    #[error("internal: {0}")]
    Internal(String),
}

/// What a page returns.
pub type Result<T> = std::result::Result<T, Error>;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Forged => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Db(error) if is_no_text(error) => StatusCode::BAD_REQUEST,
            Self::Db(_) | Self::Template(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(error = %self, "a page failed");
        }
        // The middleware in `routes.rs` dresses a bare status in the layout and the viewer's language.
        let mut response = status.into_response();
        match self {
            Self::BadRequest(key) => {
                response.extensions_mut().insert(PersonMessage(key));
            }
            Self::Forged => {
                response.extensions_mut().insert(PersonMessage("error-forged"));
            }
            _ => {}
        }
        response
    }
}

/// Whether PostgreSQL refused a value because it holds a zero byte, which no text there may (SQLSTATE 22021). Nobody
/// types one.
fn is_no_text(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == "22021")
}

/// The Fluent key of the message for the person, carried to the middleware that draws error pages.
#[derive(Clone, Copy, Debug)]
pub struct PersonMessage(pub &'static str);
