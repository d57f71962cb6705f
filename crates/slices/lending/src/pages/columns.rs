//! Files with other headings: what each of their columns is, said once and kept.

use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, Mapped};
use crate::rules::columns::{Columns, File, Wrong};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::headings;
use evenfield_gap::read::{ColumnMap, NOT_READ, fold};
use serde_json::json;

/// One heading of a file, and what may be said of it.
pub struct Heading {
    /// Its place in the file, from 1.
    pub n: usize,
    /// As it stands in the file.
    pub heading: String,
    /// What stands below it in the first row.
    pub first: String,
    /// What is said of it already, or what its own words say.
    pub column: String,
}

/// The form that asks what the columns of a file are.
pub struct Asking {
    /// Of which files.
    pub file: File,
    /// Its headings; none: the file cannot be read, and nothing is asked.
    pub headings: Vec<Heading>,
}

/// What there is to ask of a file that was not stored.
pub fn asking(file: File, (name, bytes): (&str, &[u8]), known: &[Mapped]) -> Asking {
    let found = headings(name, bytes);
    let key: Vec<String> = found.iter().map(|(heading, _)| fold(heading)).collect();
    let key = key.join("\n");
    let said = known.iter().find(|map| map.file == file && map.columns.key() == key);
    let of = |(at, (heading, first)): (usize, (String, String))| {
        let by_itself = file.columns().iter().find(|(name, _)| fold(name) == fold(&heading));
        let column = said.and_then(|map| map.columns.columns.get(at).cloned());
        let column = column.or_else(|| by_itself.map(|(name, _)| (*name).to_owned())).unwrap_or_default();
        Heading { n: at + 1, heading, first, column }
    };
    Asking { file, headings: found.into_iter().enumerate().map(of).collect() }
}

/// The maps of a kind of file, as its reader takes them.
pub fn maps(known: &[Mapped], file: File) -> Vec<ColumnMap> {
    known.iter().filter(|map| map.file == file).map(|map| map.columns.map()).collect()
}

/// What a column is, in words.
pub fn word(p: &Frame, column: &str) -> String {
    match column {
        "" => p.t("columns-itself"),
        NOT_READ => p.t("columns-not-read"),
        name => name.to_owned(),
    }
}

struct MapView {
    id: String,
    /// For the id of its table.
    key: String,
    caption: String,
    file: String,
    since: String,
    /// Each heading, and what it is.
    pairs: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "templates/columns.html")]
struct Page {
    p: Frame,
    maps: Vec<MapView>,
}

fn view(p: &Frame, (at, map): (usize, Mapped)) -> MapView {
    let pairs = map.columns.headings.into_iter().zip(&map.columns.columns);
    let file = p.t(&format!("columns-of-{}", map.file.as_str()));
    MapView {
        id: map.id,
        key: format!("map-{}", at + 1),
        caption: p.tvs("columns-caption", &[("file", file.as_str().into()), ("n", (at + 1).into())]),
        file,
        since: minute(map.changed_ms),
        pairs: pairs.map(|(heading, column)| (heading, word(p, column))).collect(),
    }
}

/// The maps that are kept.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let maps = queries::column_maps(app.db.read(), p.district_id()).await?;
    let maps = maps.into_iter().enumerate().map(|map| view(&p, map)).collect();
    Ok(Html(Page { maps, p }.render()?).into_response())
}

/// The same as CSV: a row for each heading.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let maps = queries::column_maps(app.db.read(), p.district_id()).await?;
    let rows = maps.into_iter().flat_map(|map| {
        let (file, since) = (map.file.as_str().to_owned(), minute(map.changed_ms));
        let pairs = map.columns.headings.into_iter().zip(map.columns.columns);
        pairs.map(move |(heading, column)| [file.clone(), heading, column, since.clone()])
    });
    csv_file("columns.csv", &["file", "heading", "column", "said_utc"], rows)
}

/// Keeps what the columns of a file are, or removes a map.
pub async fn sent(
    State(app): State<App>,
    p: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, said)| said.as_str());
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let mut tx = app.db.write().await?;
    let (detail, tail) = match field("act") {
        "keep" => {
            let file = File::from_word(field("file")).ok_or(Error::BadRequest("columns-wrong"))?;
            let all = |name: &'static str| {
                fields.iter().filter(move |(n, _)| n == name).map(|(_, said)| said.clone())
            };
            let said: Vec<(String, String)> = all("heading").zip(all("column")).collect();
            let columns = Columns::read(file, &said).map_err(|wrong| match wrong {
                Wrong::Twice => Error::BadRequest("columns-wrong-twice"),
                Wrong::Headings | Wrong::Unknown => Error::BadRequest("columns-wrong"),
            })?;
            queries::put_column_map(&mut tx, p.district_id(), (file, &columns), by).await?;
            let tail = match file {
                File::Devices => "/lending/devices/upload?said=columns",
                File::Lines => "/lending/lines",
                File::Usage => "/lending/usage",
            };
            (json!({ "file": file.as_str(), "headings": columns.headings, "columns": columns.columns }), tail)
        }
        "remove" => {
            if !queries::remove_column_map(&mut tx, p.district_id(), field("id")).await? {
                return Err(Error::BadRequest("lending-wrong-act"));
            }
            (json!({ "removed": field("id") }), "/lending/columns")
        }
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    audit::record(&mut tx, &p.entry("lending.columns", ("lending_columns", ""), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(tail)).into_response())
}
