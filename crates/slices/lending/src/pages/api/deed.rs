//! What every operation that changes something does before and after: it is done once for each key of a token, and answered again as the
//! first time.

use super::{Answer, Problem, answer, enter};
use crate::App;
use crate::db::{Write, now_ms};
use crate::exchange::digest;
use crate::layout::Frame;
use crate::queries;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The longest key, characters.
const KEY: usize = 100;

/// Something that is to be done now, with the lock of the district.
pub struct Deed {
    /// The transaction in which it is done.
    pub tx: Write,
    /// Who does it, and where.
    pub p: Frame,
    key: String,
    mark: String,
}

/// What became of a request before anything was done.
pub enum Begun {
    /// It was done before: this was answered.
    Again(axum::response::Response),
    /// It is to be done.
    Fresh(Box<Deed>),
}

/// Who asks, with which key; `sent` is all that makes one deed another.
///
/// # Errors
/// No token, none for this, no key, or one that was used for something else.
pub async fn begin(
    app: &App,
    p: Frame,
    headers: &HeaderMap,
    of: (&str, &str),
    sent: &[&[u8]],
) -> Result<Begun, Problem> {
    let p = enter(app, p, headers, of).await?;
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > KEY {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "Idempotency-Key with 1 to 100 characters is wanted.",
        ));
    }
    // A key is of one token: two programs that count from 1 do not meet.
    let key = format!("{} {key}", p.account_id().unwrap_or_default());
    let mark = digest(sent.iter().copied());
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    if let Some((before, said)) = queries::answered(&mut tx, p.district_id(), &key).await? {
        return match before == mark {
            true => {
                Ok(Begun::Again(answer(StatusCode::OK, &serde_json::from_str(&said).unwrap_or_default())))
            }
            false => {
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "This key was used for something else."))
            }
        };
    }
    Ok(Begun::Fresh(Box::new(Deed { tx, p, key, mark })))
}

impl Deed {
    /// Keeps what was done with its answer, both or neither.
    ///
    /// # Errors
    /// The database's.
    pub async fn end(mut self, said: &Value) -> Answer {
        let of = (self.key.as_str(), self.mark.as_str());
        queries::put_answered(&mut self.tx, self.p.district_id(), of, &said.to_string(), now_ms()).await?;
        self.tx.commit().await?;
        Ok(answer(StatusCode::OK, said))
    }
}

/// The body as JSON of this shape.
///
/// # Errors
/// That it is none.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            format!("The body does not have the shape that is wanted: {error}."),
        )
    })
}
