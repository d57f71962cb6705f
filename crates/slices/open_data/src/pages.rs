//! HTTP of the slice `open_data`: the data page.

mod removal;

use super::queries::{self, LoadFacts, LoadRow, SchoolCheck};
use super::rules::{self, Kind, Mapping, Rows};
use crate::access::Action;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{Upload, UploadForm, count, csv_file, digest, minute, problems_file};
use crate::jobs::estimate;
use crate::jobs::pages::{Awaited, awaited};
use crate::layout::{Frame, ProblemList};
use crate::routes::{Needs, Route, route};
use crate::{App, audit};
use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use evenfield_model::{GeographyKind, Problems};
use serde_json::json;

/// The largest file, bytes: a state's packed availability file is a fifth of it.
const UPLOAD_BYTES: usize = 256 * 1024 * 1024;
/// How many schools the page shows; the CSV has more.
const SHOWN: usize = 200;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeeData);
    let load = Needs::May(Action::LoadData);
    vec![
        route("/d/{district}/data", see, get(page)),
        route("/d/{district}/data.csv", see, get(csv)),
        route("/d/{district}/data/schools.csv", see, get(schools_csv)),
        route("/d/{district}/data/upload", load, post(upload)).uploads(UPLOAD_BYTES),
        route("/d/{district}/data/loads/{load}/problems.csv", see, get(problems_csv)),
        route("/d/{district}/data/loads/{load}/remove", load, get(removal::ask).post(removal::remove)),
        route("/d/{district}/data/loads/{load}/put-back", load, post(removal::put_back)),
    ]
}

struct LoadView {
    kind: String,
    used: String,
    source: String,
    vintage: String,
    licence: String,
    file_name: String,
    loaded: String,
    rows: String,
    /// That some cells had no value, and how many; empty when there were none.
    empty_cells: String,
    problems: String,
    problems_href: String,
    /// When it was removed; empty while it counts.
    removed: String,
    /// The path of its pages; empty for a load of another slice, which has a page of its own.
    own_href: String,
}

struct Choice {
    value: &'static str,
    label: String,
}

/// A school as NCES and the roster know it.
struct SchoolView {
    name: String,
    ncessch: String,
    state: String,
    locale: String,
    counted: String,
    enrolled: String,
}

#[derive(Template)]
#[template(path = "templates/data.html")]
struct Page {
    p: Frame,
    loads: Vec<LoadView>,
    coverage: Vec<(String, String, String)>,
    belongs: String,
    speeds: Vec<String>,
    schools: Vec<SchoolView>,
    kinds: Vec<Choice>,
    geographies: Vec<Choice>,
    may_load: bool,
    awaited: Option<Awaited>,
}

fn is_known(kind: &str) -> bool {
    Kind::from_word(kind).is_some() || matches!(kind, "roster" | "survey")
}

/// The words of a kind of load; one that this program does not know as it is.
fn kind_words(p: &Frame, kind: &str) -> String {
    if is_known(kind) { p.t(&format!("data-kind-{}", kind.replace('_', "-"))) } else { kind.to_owned() }
}

/// What loads of this kind are used for.
fn use_words(p: &Frame, kind: &str) -> String {
    if is_known(kind) { p.t(&format!("data-use-{}", kind.replace('_', "-"))) } else { String::new() }
}

/// What NCES says of a school: open, not open, or not in its directory.
fn standing(school: &SchoolCheck) -> &'static str {
    match school.open {
        Some(true) => "open",
        Some(false) => "closed",
        None => "unlisted",
    }
}

/// The part of the country that the first digit of an NCES locale says.
fn locale(locale: Option<f64>) -> &'static str {
    match locale.map(|code| (code / 10.0) as i64) {
        Some(1) => "city",
        Some(2) => "suburb",
        Some(3) => "town",
        Some(4) => "rural",
        _ => "unknown",
    }
}

fn school_view(p: &Frame, school: SchoolCheck) -> SchoolView {
    SchoolView {
        state: p.t(&format!("data-school-{}", standing(&school))),
        locale: p.t(&format!("data-locale-{}", locale(school.locale))),
        counted: school.counted.map_or_else(String::new, |n| count(n as i64)),
        enrolled: school.enrolled.map_or_else(String::new, count),
        name: if school.name.is_empty() { school.ncessch.clone() } else { school.name },
        ncessch: school.ncessch,
    }
}

/// Speed tests in a sentence for each direction.
async fn speed_sentences(app: &App, p: &Frame) -> Result<Vec<String>> {
    let mut sentences = Vec::new();
    for (direction, tier) in [("download", 25.0), ("upload", 3.0)] {
        let sorted = queries::speeds(app.db.read(), p.district_id(), direction).await?;
        let Some(found) = rules::speeds(&sorted, tier, app.config.publication.min_answers) else { continue };
        sentences.push(p.tvs(
            &format!("data-speeds-{direction}"),
            &[
                ("tests", count(found.tests as i64).into()),
                ("median", format!("{:.1}", found.median).into()),
                ("percent", format!("{:.0}", found.slow * 100.0).into()),
            ],
        ));
    }
    Ok(sentences)
}

fn geography_words(p: &Frame, kind: &str) -> String {
    match GeographyKind::from_word(kind) {
        Some(kind) => p.t(&format!("data-geography-{}", kind.as_str().replace('_', "-"))),
        None => kind.to_owned(),
    }
}

fn view(p: &Frame, load: LoadRow) -> LoadView {
    let district = p.district_id();
    let own = load.source.is_empty() && matches!(load.kind.as_str(), "roster" | "survey");
    LoadView {
        // A survey's problems name students, so that who only sees data may not have them.
        problems_href: if load.problems == 0
            || load.kind == "roster"
            || (load.kind == "survey" && !p.may(Action::LoadData))
        {
            String::new()
        } else if load.kind == "survey" {
            format!("/d/{district}/survey/loads/{}/problems.csv", load.id)
        } else {
            format!("/d/{district}/data/loads/{}/problems.csv", load.id)
        },
        removed: load.removed_ms.map_or_else(String::new, minute),
        own_href: match load.kind.as_str() {
            "roster" | "survey" => String::new(),
            _ => format!("/d/{district}/data/loads/{}", load.id),
        },
        kind: kind_words(p, &load.kind),
        used: use_words(p, &load.kind),
        source: if own { p.t("data-own") } else { load.source },
        vintage: load.vintage,
        licence: if own { p.t("data-own-licence") } else { load.licence },
        file_name: load.file_name,
        loaded: minute(load.loaded_ms),
        rows: count(load.rows),
        empty_cells: match load.empty_cells {
            0 => String::new(),
            n => p.tvs("data-empty-cells", &[("n", n.into()), ("shown", count(n).into())]),
        },
        problems: count(load.problems),
    }
}

/// The data page: everything that was loaded, with its problems, and the way to load more.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let district = p.district_id();
    let loads = queries::loads(app.db.read(), district).await?;
    let coverage = queries::coverage(app.db.read(), district).await?;
    let belonging = queries::belonging(app.db.read(), district).await?;
    let (belongs, n) = rules::belonging_key(belonging, district);
    let schools = queries::schools(app.db.read(), district).await?;
    let page = Page {
        belongs: p.tn(belongs, n),
        speeds: speed_sentences(&app, &p).await?,
        schools: schools.into_iter().take(SHOWN).map(|school| school_view(&p, school)).collect(),
        loads: loads.into_iter().map(|load| view(&p, load)).collect(),
        coverage: coverage
            .into_iter()
            .map(|(kind, boundaries, areas)| (geography_words(&p, &kind), count(boundaries), count(areas)))
            .collect(),
        kinds: Kind::ALL.map(|k| Choice { value: k.as_str(), label: kind_words(&p, k.as_str()) }).into(),
        geographies: GeographyKind::ALL
            .into_iter()
            .filter(|k| *k != GeographyKind::Section)
            .map(|k| Choice { value: k.as_str(), label: geography_words(&p, k.as_str()) })
            .collect(),
        may_load: p.may(Action::LoadData),
        awaited: awaited(&app, &p).await?,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The loads as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let rows = queries::loads(app.db.read(), p.district_id()).await?.into_iter().map(|load| {
        [
            load.kind,
            load.source,
            load.vintage,
            load.licence,
            load.file_name,
            minute(load.loaded_ms),
            load.rows.to_string(),
            load.problems.to_string(),
            load.empty_cells.to_string(),
            load.removed_ms.map_or_else(String::new, minute),
        ]
    });
    let header = [
        "kind",
        "source",
        "vintage",
        "licence",
        "file",
        "loaded_utc",
        "rows",
        "problems",
        "empty_cells",
        "removed_utc",
    ];
    csv_file("data.csv", &header, rows)
}

/// Schools as NCES and the roster know them, as CSV.
pub async fn schools_csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let rows = queries::schools(app.db.read(), p.district_id()).await?.into_iter().map(|school| {
        [
            school.ncessch.clone(),
            school.name.clone(),
            standing(&school).to_owned(),
            locale(school.locale).to_owned(),
            school.counted.map_or_else(String::new, |n| n.to_string()),
            school.enrolled.map_or_else(String::new, |n| n.to_string()),
        ]
    });
    let header = ["ncessch", "name", "nces", "locale", "nces_students", "roster_students"];
    csv_file("schools.csv", &header, rows)
}

/// The problems of a load as CSV.
pub async fn problems_csv(
    State(app): State<App>,
    p: Frame,
    Path((_, load)): Path<(String, String)>,
) -> Result<Response> {
    let problems = queries::load_problems(app.db.read(), p.district_id(), &load).await?;
    problems_file("data-problems.csv", &problems.ok_or(Error::NotFound)?)
}

#[derive(Template)]
#[template(path = "templates/uploaded.html")]
struct Uploaded {
    p: Frame,
    file_name: String,
    rows: i64,
    known: bool,
    problems: ProblemList,
}

/// What a load is, besides its rows.
struct About {
    kind: Kind,
    geography: GeographyKind,
    /// What is taken out of a table of areas.
    mapping: Mapping,
    source: String,
    vintage: String,
    licence: String,
}

impl About {
    fn of(form: &UploadForm) -> Result<Self> {
        let kind = Kind::from_word(form.text("kind")).ok_or(Error::BadRequest("data-kind-wrong"))?;
        let geography = match form.text("geography") {
            "" => GeographyKind::BlockGroup,
            word => GeographyKind::from_word(word).ok_or(Error::BadRequest("data-kind-wrong"))?,
        };
        let vintage = form.text("vintage");
        if vintage.is_empty() || vintage.chars().count() > 40 {
            return Err(Error::BadRequest("data-vintage-wrong"));
        }
        let year = match form.text("year") {
            "" => None,
            year => Some(year.parse().map_err(|_| Error::BadRequest("data-year-wrong"))?),
        };
        let said = |field: &str| Some(form.text(field).to_owned()).filter(|text| !text.is_empty());
        let mapping = Mapping {
            geography: Some(geography),
            id: said("id"),
            name: said("name"),
            year,
            columns: Mapping::parse_columns(form.text("columns"))
                .ok_or(Error::BadRequest("data-columns-wrong"))?,
        };
        let or = |said: &str, known: &str| if said.is_empty() { known } else { said }.to_owned();
        Ok(Self {
            kind,
            geography,
            mapping,
            source: or(form.text("source"), kind.source()),
            vintage: vintage.to_owned(),
            licence: or(form.text("licence"), kind.licence()),
        })
    }
}

/// Takes a file. One with problems is stored only when the person has said that the good rows are wanted
/// all the same; until then all problems are shown and nothing is kept.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let mut form = UploadForm::read(multipart).await?;
    let about = About::of(&form)?;
    let file = form.file("file").ok_or(Error::BadRequest("data-no-file"))?;
    let accepts = form.text("accept") == "yes";
    let (kind, vintage) = (about.kind, about.vintage.clone());
    let mapping = about.mapping.clone();
    let district = p.district_id().to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let named = (file.name.as_str(), file.bytes.as_slice());
        let (rows, mut problems) = rules::read_upload(kind, &mapping, (&district, &vintage), named);
        let rows = rows.of_district(kind, &district, &file.name, &mut problems);
        (file, (rows, problems))
    });
    let (file, (rows, mut problems)) = read.await.map_err(|e| Error::Internal(e.to_string()))?;
    if rows.is_empty() && problems.is_empty() {
        let wanted = "rows of the kind that you chose; there are none in this file";
        problems.push(&file.name, 0, "", "", wanted);
    }
    let mut known = false;
    if !rows.is_empty() && (accepts || problems.is_empty()) {
        known = !store(&app, &p, &about, (&file, &rows, &problems)).await?;
        if !known {
            return Ok(Redirect::to(&format!("/d/{}/data", p.district_id())).into_response());
        }
    }
    let page = Uploaded {
        rows: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        known,
        problems: p.problems(&problems),
        file_name: file.name,
        p,
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
}

/// Stores the rows with their load in one transaction; `false` when this file was loaded before.
async fn store(
    app: &App,
    p: &Frame,
    about: &About,
    (file, rows, problems): (&Upload, &Rows, &Problems),
) -> Result<bool> {
    let district = p.district_id();
    let by = p.account_id().unwrap_or_default();
    let mut tx = app.db.write().await?;
    // The same file may be loaded again for another kind of place, by other names, and a table for other columns or another year.
    let mapping = &about.mapping;
    let is_plain =
        mapping.columns.is_empty() && (&mapping.id, &mapping.name, mapping.year) == (&None, &None, None);
    let taken = match about.kind {
        Kind::WideTable | Kind::AreaTable | Kind::Boundaries if !is_plain => format!("{mapping:?}"),
        _ => about.geography.as_str().to_owned(),
    };
    let facts = LoadFacts {
        kind: about.kind.as_str(),
        source: &about.source,
        vintage: &about.vintage,
        licence: &about.licence,
        file_name: &file.name,
        digest: &digest([file.bytes.as_slice(), taken.as_bytes()]),
        loaded_ms: now_ms(),
        loaded_by: by,
        rows: rows.len() as u64,
        problems,
    };
    let Some(load) = queries::store(&mut tx, district, facts, (rows, &file.bytes)).await? else {
        return Ok(false);
    };
    let detail = json!({ "kind": about.kind.as_str(), "rows": rows.len() });
    audit::record(&mut tx, &p.entry("data.load", ("load", &load), detail)).await?;
    estimate::request(&mut tx, district, &estimate::Wanted::default()).await?;
    tx.commit().await?;
    Ok(true)
}
