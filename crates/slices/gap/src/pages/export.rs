//! The same figures as files: CSV and GeoJSON. Their words are codes, the same in every language, but for the names that
//! the map shows from GeoJSON.

use super::super::queries::{self, Wanted};
use super::super::rules::classes::Classes;
use super::super::rules::{Figure, is_uncertain, lines};
use super::map::named;
use super::names::Names;
use super::{Choice, HEADLINE, district_of};
use crate::App;
use crate::error::{Error, Result};
use crate::layout::Frame;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use evenfield_model::GeographyKind;
use serde_json::{Value, json};
use std::collections::HashMap;

pub(super) async fn table_csv(
    State(app): State<App>,
    p: Frame,
    Query(choice): Query<Choice>,
) -> Result<Response> {
    let (measure, kind) = (choice.measure()?, choice.kind()?);
    let group = choice.group.as_deref().filter(|g| !g.is_empty());
    csv(&app, &p, Wanted { measure, kind, id: None, group }, "figures").await
}

pub(super) async fn district_csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let id = district_of(&p)?.id.clone();
    let wanted = Wanted { kind: Some(GeographyKind::District), id: Some(&id), ..Wanted::default() };
    csv(&app, &p, wanted, "district").await
}

pub(super) async fn school_csv(
    State(app): State<App>,
    p: Frame,
    Path((_, school)): Path<(String, String)>,
) -> Result<Response> {
    let names = queries::names(app.db.read(), &district_of(&p)?.id, GeographyKind::School).await?;
    if !names.contains_key(&school) {
        return Err(Error::NotFound);
    }
    let wanted = Wanted { kind: Some(GeographyKind::School), id: Some(&school), ..Wanted::default() };
    csv(&app, &p, wanted, "school").await
}

/// The wanted figures of the latest run; of one place its barriers as well.
async fn csv(app: &App, p: &Frame, wanted: Wanted<'_>, file: &str) -> Result<Response> {
    let db = app.db.read();
    let district = district_of(p)?;
    let mut figures = Vec::new();
    if let Some(run) = queries::latest_run(db, &district.id).await? {
        figures = queries::figures(db, &run.id, wanted).await?;
        if wanted.id.is_some() {
            figures.extend(queries::barrier_figures(db, &run.id, wanted).await?);
        }
    }
    let mut names: HashMap<GeographyKind, Names> = HashMap::new();
    for kind in GeographyKind::ALL.into_iter().filter(|k| figures.iter().any(|f| f.kind == *k)) {
        names.insert(kind, Names::read(db, district, kind).await?);
    }
    let name =
        |f: &Figure| names.get(&f.kind).and_then(|names| names.given(&f.id)).unwrap_or_default().to_owned();
    self::file(p, &figures, name, file)
}

/// A CSV file of figures, with the name of each one's place.
pub(super) fn file(
    p: &Frame,
    figures: &[Figure],
    name: impl Fn(&Figure) -> String,
    file: &str,
) -> Result<Response> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Error::Internal(format!("CSV: {e}"));
    writer.write_record(lines::COLUMNS).map_err(failed)?;
    for figure in figures {
        writer.write_record(lines::line(figure, &name(figure))).map_err(failed)?;
    }
    let body = writer.into_inner().map_err(|e| Error::Internal(format!("CSV: {e}")))?;
    Ok(attached(p, file, body))
}

/// Bytes of a CSV as a file to keep.
pub(super) fn attached(p: &Frame, file: &str, body: Vec<u8>) -> Response {
    let of = if p.district_id().is_empty() { String::new() } else { format!("{}-", p.district_id()) };
    let name = format!("attachment; filename=\"evenfield-{of}{file}.csv\"");
    ([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], body)
        .into_response()
}

pub(super) async fn geojson(
    State(app): State<App>,
    p: Frame,
    Query(choice): Query<Choice>,
) -> Result<Response> {
    let db = app.db.read();
    let district = district_of(&p)?.id.clone();
    let measure = choice.measure()?.unwrap_or(HEADLINE);
    let kind = choice.kind()?.unwrap_or(GeographyKind::BlockGroup);
    let wanted = Wanted { measure: Some(measure), kind: Some(kind), id: None, group: Some(choice.group()) };
    let figures = match queries::latest_run(db, &district).await? {
        Some(run) => queries::figures(db, &run.id, wanted).await?,
        None => Vec::new(),
    };
    let names = Names::read(db, district_of(&p)?, kind).await?;
    let boundaries = named(&p, &names, queries::boundaries(db, &district, kind).await?);
    let by_id: HashMap<&str, &Figure> = figures.iter().map(|f| (f.id.as_str(), f)).collect();
    let here: Vec<_> = boundaries.iter().map(|b| by_id.get(b.geography_id.as_str()).copied()).collect();
    let classes = Classes::of(here.iter().flatten().copied());
    let features: Vec<Value> = boundaries
        .iter()
        .zip(&here)
        .map(|(b, figure)| {
            let geometry: Value = serde_json::from_str(&b.geojson).unwrap_or_default();
            let mut properties = json!({
                "id": b.geography_id, "name": b.name, "measure": measure.code(), "group": choice.group(), "shade": 0,
            });
            if let Some(figure) = figure {
                add(&mut properties, figure, classes.as_ref());
            }
            json!({ "type": "Feature", "id": b.geography_id, "geometry": geometry, "properties": properties })
        })
        .collect();
    let no_shapes = features.is_empty();
    let mut body = json!({ "type": "FeatureCollection", "features": features });
    if no_shapes {
        // A member of our own, as RFC 7946 (6.1) allows: an empty file alone looks like a fault.
        body["note"] = json!(p.t("gap-no-shapes"));
    }
    let body = body.to_string();
    Ok(([(CONTENT_TYPE, "application/geo+json")], body).into_response())
}

/// The figure as properties; a withheld one has its reason and no number.
fn add(properties: &mut Value, figure: &Figure, classes: Option<&Classes>) {
    match &figure.shown {
        Ok(n) => {
            properties["value"] = json!(n.value());
            properties["low90"] = json!(n.low90());
            properties["high90"] = json!(n.high90());
            if let Some(coding) = n.coding() {
                properties["coding"] = json!(coding.as_str());
            }
            properties["count"] = json!(n.students());
            properties["counted"] = json!(figure.meaning.counted.as_str());
            properties["share_of"] = json!(figure.meaning.share_of.as_str());
            properties["leaves_out"] = json!(figure.meaning.leaves_out());
            properties["method"] = json!(n.method().as_str());
            properties["uncertain"] = json!(is_uncertain(n));
            properties["shade"] = json!(classes.map_or(0, |c| c.shade(c.number(n))));
        }
        Err(why) => properties["suppressed"] = json!(why.as_str()),
    }
}
