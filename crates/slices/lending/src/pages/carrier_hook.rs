//! What a carrier tells by itself of what it was asked for: Verizon ThingSpace's "CarrierService". A message is believed when it has the secret that the
//! district's technology office gave to that carrier, and then about orders for that carrier's lines alone.

use crate::App;
use crate::config::carriers::callback;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::queries::{self, Outcome};
use crate::secret;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use evenfield_gap::inventory::thingspace::parse_told;

/// Where carriers tell.
pub const TOLD_PATH: &str = "/hooks/carrier";

/// Takes in a message. What is told twice, late, or of an order that is not known is answered as the rest, so that it is not told again.
pub async fn told(State(app): State<App>, body: Bytes) -> Result<Response> {
    let told = parse_told(&body).map_err(|_| Error::SignIn)?;
    // All of them are compared, whichever it is.
    let mut from = None;
    for carrier in &app.config.carriers {
        if callback(&carrier.interface).is_some_and(|wanted| secret::same(&told.secret, wanted)) {
            from = Some(carrier);
        }
    }
    let carrier = from.ok_or(Error::SignIn)?;
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, &carrier.district).await?;
    let outcome = Outcome { request: &told.request, cards: &told.cards, is_done: told.is_done };
    let of = (carrier.district.as_str(), carrier.name.as_str());
    let is_news = queries::put_outcome(&mut tx, of, outcome, now_ms()).await?;
    tx.commit().await?;
    tracing::info!(
        district = of.0,
        carrier = of.1,
        is_news,
        is_done = told.is_done,
        "a carrier told of an order"
    );
    Ok(StatusCode::NO_CONTENT.into_response())
}
