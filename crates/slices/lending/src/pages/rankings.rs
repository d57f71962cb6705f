//! The orders from which something was offered, as they were kept: anybody can work them out again.

use super::words;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{attachment, csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, Ranking};
use crate::rules::score::{Facts, Score, digest_bytes, is_sound, read_inputs};
use crate::{App, audit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

/// So many orders are shown; the CSV has all.
const SHOWN: i64 = 200;

/// An order in the list.
struct Row {
    ranking: Ranking,
    made: String,
    waited: usize,
}

#[derive(Template)]
#[template(path = "templates/rankings.html")]
struct List {
    p: Frame,
    rows: Vec<Row>,
    shown: i64,
}

fn row(ranking: Ranking) -> Row {
    Row { made: minute(ranking.made_ms), waited: ranking.inputs.lines().count(), ranking }
}

/// The list, the latest first.
pub async fn list(State(app): State<App>, p: Frame) -> Result<Response> {
    let all = queries::rankings(app.db.read(), p.district_id(), SHOWN).await?;
    Ok(Html(List { rows: all.into_iter().map(row).collect(), shown: SHOWN, p }.render()?).into_response())
}

/// All of them as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let all = queries::rankings(app.db.read(), p.district_id(), i64::MAX).await?;
    let header =
        ["ranking_id", "made_utc", "made_ms", "rule_version", "points", "waited", "offers", "digest"];
    let rows = all.into_iter().map(row).map(|Row { ranking, made, waited }| {
        [
            ranking.id,
            made,
            ranking.made_ms.to_string(),
            ranking.version.to_string(),
            ranking.points,
            waited.to_string(),
            ranking.offers.to_string(),
            ranking.mark,
        ]
    });
    csv_file("rankings.csv", &header, rows)
}

/// A request in an order, in words.
struct Place {
    facts: Facts,
    access: String,
    barrier: String,
    asked: String,
    points: i64,
}

#[derive(Template)]
#[template(path = "templates/ranking.html")]
struct One {
    p: Frame,
    ranking: Ranking,
    made: String,
    /// What points were given for.
    rule: String,
    places: Vec<Place>,
    /// Whether the order follows from its rule and facts, and the digest is theirs.
    is_sound: bool,
}

/// One order, worked out again now.
pub async fn one(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let ranking = queries::ranking(app.db.read(), p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let looked = json!({ "at_ms": now_ms() });
    audit::record_look(&app.db, &p.entry("lending.ranking", ("lending_ranking", &id), looked)).await?;
    let place = |(facts, points): (Facts, i64)| Place {
        access: words::access(&p, &facts.access),
        barrier: words::barrier(&p, &facts.barrier),
        asked: minute(facts.asked_ms),
        facts,
        points,
    };
    let score = Score::from_text(&ranking.points);
    let rule = score.map(|score| {
        let all = crate::rules::score::Factor::ALL.iter();
        let part = |factor: &_| format!("{}: {}", words::factor(&p, *factor), score.of(*factor));
        all.map(part).collect::<Vec<_>>().join("; ")
    });
    let page = One {
        made: minute(ranking.made_ms),
        rule: rule.unwrap_or_default(),
        places: read_inputs(&ranking.inputs).unwrap_or_default().into_iter().map(place).collect(),
        is_sound: is_sound(&ranking.points, ranking.made_ms, &ranking.inputs, &ranking.mark),
        ranking,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The very bytes of which the digest is, for `sha256sum`.
pub async fn bytes(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let ranking = queries::ranking(app.db.read(), p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    audit::record_look(
        &app.db,
        &p.entry("lending.ranking", ("lending_ranking", &id), json!({ "bytes": true })),
    )
    .await?;
    let bytes = digest_bytes(&ranking.points, ranking.made_ms, &ranking.inputs);
    Ok(attachment("order.bin", "application/octet-stream", bytes))
}
