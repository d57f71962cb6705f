//! HTTP of the slice `connectivity`.

use super::queries::{self, Changed, LineRow, RosterSchool};
use super::rules::{self, SchoolLine, SortBy};
use crate::access::Action;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, count, csv_file};
use crate::layout::{Frame, ProblemList};
use crate::routes::{Needs, Route, escape, route};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use evenfield_gap::connectivity::parse;
use evenfield_gap::read::{decode, plain_number};
use evenfield_model::Problems;
use serde::Deserialize;
use serde_json::json;

/// The largest file of lines, bytes.
const UPLOAD_BYTES: usize = 8 * 1024 * 1024;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeeFigures);
    let load = Needs::May(Action::LoadData);
    vec![
        route("/d/{district}/connectivity", see, get(page)),
        route("/d/{district}/connectivity.csv", see, get(csv)),
        route("/d/{district}/connectivity/upload", load, post(upload)).uploads(UPLOAD_BYTES),
        route("/d/{district}/connectivity/edit", load, get(edit).post(edited)),
    ]
}

/// What the page may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    sort: String,
}

struct GoalView {
    meets: bool,
    missing: String,
}

struct SchoolView {
    name: String,
    students: String,
    contracted: String,
    measured: String,
    per_1000: String,
    bar: String,
    is_measured: bool,
    goals: Option<[GoalView; 2]>,
    edit: String,
}

struct SortView {
    label: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "templates/page.html")]
struct Page {
    p: Frame,
    schools: Vec<SchoolView>,
    sorts: Vec<SortView>,
    /// Schools of which something is known, and of which nothing is.
    assessed: usize,
    unknown: usize,
    meet_short: usize,
    meet_long: usize,
    /// Whether any school goes by its contract, for nothing was measured there.
    by_contract: bool,
    may_load: bool,
    problems: ProblemList,
}

fn view(district: &str, line: SchoolLine) -> SchoolView {
    let speed = |mbps: Option<f64>| mbps.map(rules::mbps).unwrap_or_default();
    SchoolView {
        students: count(line.row.enrollment),
        contracted: speed(line.row.contracted_mbps),
        measured: speed(line.row.measured_mbps),
        per_1000: speed(line.assessment.map(|a| a.mbps_per_1000)),
        bar: format!("{:.1}", line.assessment.map_or(0.0, |a| rules::bar(a.mbps_per_1000))),
        is_measured: line.is_measured,
        goals: line.assessment.map(|a| {
            a.standings.map(|s| GoalView { meets: s.meets, missing: rules::mbps(s.shortfall_mbps) })
        }),
        edit: format!("/d/{district}/connectivity/edit?school={}", escape(&line.row.school_id)),
        name: line.row.name,
    }
}

async fn lines(app: &App, district: &str, by: SortBy) -> Result<Vec<SchoolLine>> {
    let mut rows = queries::read(app.db.read(), district).await?;
    rows.extend(rules::without_line(queries::roster_schools(app.db.read(), district).await?, &rows));
    let mut lines: Vec<SchoolLine> = rows.into_iter().map(rules::school_line).collect();
    rules::sort(&mut lines, by);
    Ok(lines)
}

async fn render(app: &App, p: Frame, sort: &str, problems: &Problems) -> Result<Response> {
    let district = p.district_id().to_owned();
    let by = SortBy::from_word(sort);
    let lines = lines(app, &district, by).await?;
    let meet =
        |goal: usize| lines.iter().filter(|l| l.assessment.is_some_and(|a| a.standings[goal].meets)).count();
    let page = Page {
        assessed: lines.iter().filter(|l| l.assessment.is_some()).count(),
        unknown: lines.iter().filter(|l| l.assessment.is_none()).count(),
        meet_short: meet(0),
        meet_long: meet(1),
        by_contract: lines.iter().any(|l| l.assessment.is_some() && !l.is_measured),
        sorts: SortBy::ALL
            .map(|order| SortView {
                label: p.t(&format!("connectivity-sort-{}", order.as_str())),
                href: format!("/d/{district}/connectivity?sort={}", order.as_str()),
                current: order == by,
            })
            .into(),
        schools: lines.into_iter().map(|line| view(&district, line)).collect(),
        may_load: p.may(Action::LoadData),
        problems: p.problems(problems),
        p,
    };
    let status = if page.problems.found > 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Html(page.render()?)).into_response())
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    render(&app, p, &asked.sort, &Problems::default()).await
}

/// The table as CSV, with full precision.
pub async fn csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let lines = lines(&app, p.district_id(), SortBy::from_word(&asked.sort)).await?;
    let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
    let rows = lines.into_iter().map(|line| {
        let goal = |at: usize| line.assessment.map(|a| a.standings[at]);
        let meets = |at: usize| goal(at).map(|s| s.meets.to_string()).unwrap_or_default();
        [
            line.row.school_id.clone(),
            line.row.name.clone(),
            line.row.enrollment.to_string(),
            number(line.row.contracted_mbps),
            number(line.row.measured_mbps),
            number(line.assessment.map(|a| a.mbps_per_1000)),
            meets(0),
            number(goal(0).map(|s| s.shortfall_mbps)),
            meets(1),
            number(goal(1).map(|s| s.shortfall_mbps)),
        ]
    });
    let header = [
        "school_id",
        "school",
        "enrollment",
        "contracted_mbps",
        "measured_mbps",
        "mbps_per_1000",
        "meets_100",
        "missing_to_100_mbps",
        "meets_1000",
        "missing_to_1000_mbps",
    ];
    csv_file("connectivity.csv", &header, rows)
}

/// Writes down what was done to the line of a school, or to all with an empty id.
async fn note(
    tx: &mut Write,
    p: &Frame,
    action: &str,
    school: &str,
    detail: serde_json::Value,
) -> Result<()> {
    Ok(audit::record(tx, &p.entry(action, ("school_line", school), detail)).await?)
}

/// Makes a file the lines of the district. One with problems is not stored.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let district = p.district_id().to_owned();
    let file =
        UploadForm::read(multipart).await?.file("file").ok_or(Error::BadRequest("connectivity-no-file"))?;
    let mut problems = Problems::default();
    let lines = match decode(&file.name, &file.bytes, &mut problems) {
        Ok(text) => {
            let (lines, wrong) = parse(&file.name, &text);
            problems.append(wrong);
            let schools = queries::roster_schools(app.db.read(), &district).await?;
            rules::of_schools(lines, &schools, &file.name, &mut problems)
        }
        Err(error) => {
            error.note(&mut problems);
            Vec::new()
        }
    };
    if lines.is_empty() && problems.is_empty() {
        problems.push(&file.name, 0, "", "", "at least one school");
    }
    if !problems.is_empty() {
        return render(&app, p, "", &problems).await;
    }
    let rows: Vec<LineRow> = lines.into_iter().map(rules::stored).collect();
    let mut tx = app.db.write().await?;
    queries::replace(
        &mut tx,
        &district,
        &rows,
        Changed { by: p.account_id().unwrap_or_default(), ms: now_ms() },
    )
    .await?;
    note(&mut tx, &p, "connectivity.load", "", json!({ "schools": rows.len() })).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/connectivity")).into_response())
}

/// The line of one school, as its form has it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LineForm {
    #[serde(default)]
    school: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    enrollment: String,
    #[serde(default)]
    contracted: String,
    #[serde(default)]
    measured: String,
    #[serde(default)]
    act: String,
}

impl LineForm {
    /// The row, or the fields that are wrong with the keys of their messages. With a roster its school must be there.
    fn read(
        &self,
        schools: &[RosterSchool],
    ) -> std::result::Result<LineRow, Vec<(&'static str, &'static str)>> {
        let mut wrong = Vec::new();
        let mut speed = |name: &'static str, text: &str| {
            let text = plain_number(text);
            if text.is_empty() {
                return None;
            }
            let speed = text.parse::<f64>().ok().filter(|n| (0.0..=10_000_000.0).contains(n));
            if speed.is_none() {
                wrong.push((name, "connectivity-speed-wrong"));
            }
            speed
        };
        let contracted_mbps = speed("contracted", &self.contracted);
        let measured_mbps = speed("measured", &self.measured);
        let enrollment = plain_number(&self.enrollment).parse::<u32>().ok();
        if enrollment.is_none() {
            wrong.insert(0, ("enrollment", "connectivity-students-wrong"));
        }
        let (school_id, name) = (self.school.trim(), self.name.trim());
        if school_id.is_empty() {
            wrong.insert(0, ("school", "connectivity-school-wrong"));
        } else if !schools.is_empty() && rules::find(schools, school_id).is_none() {
            wrong.insert(0, ("school", "connectivity-school-unknown"));
        }
        match enrollment {
            Some(enrollment) if wrong.is_empty() => Ok(LineRow {
                school_id: school_id.to_owned(),
                name: if name.is_empty() { school_id } else { name }.to_owned(),
                enrollment: i64::from(enrollment),
                contracted_mbps,
                measured_mbps,
            }),
            _ => Err(wrong),
        }
    }
}

#[derive(Template)]
#[template(path = "templates/edit.html")]
struct Edit {
    p: Frame,
    form: LineForm,
    known: bool,
    errors: Vec<(&'static str, String)>,
}

impl Edit {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(name, _)| *name == field).map_or("", |(_, message)| message)
    }
}

/// The form of one school; an empty one for a new school.
pub async fn edit(State(app): State<App>, p: Frame, Query(asked): Query<LineForm>) -> Result<Response> {
    let district = p.district_id().to_owned();
    let stored = queries::read(app.db.read(), &district).await?;
    let row = stored.into_iter().find(|row| row.school_id == asked.school);
    let known = row.is_some();
    let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
    let form = match row {
        Some(row) => LineForm {
            school: row.school_id,
            name: row.name,
            enrollment: row.enrollment.to_string(),
            contracted: number(row.contracted_mbps),
            measured: number(row.measured_mbps),
            act: String::new(),
        },
        None => {
            // A school of the roster that has no line yet.
            let schools = queries::roster_schools(app.db.read(), &district).await?;
            let school = schools.into_iter().find(|s| s.id == asked.school);
            school.map_or_else(LineForm::default, |s| LineForm {
                school: s.id,
                name: s.name,
                enrollment: s.students.to_string(),
                ..LineForm::default()
            })
        }
    };
    Ok(Html(Edit { p, form, known, errors: Vec::new() }.render()?).into_response())
}

/// Stores or removes one school's line.
pub async fn edited(State(app): State<App>, p: Frame, Form(form): Form<LineForm>) -> Result<Response> {
    let district = p.district_id().to_owned();
    let removes = form.act == "remove";
    let schools = queries::roster_schools(app.db.read(), &district).await?;
    let row = match form.read(&schools) {
        Ok(row) => Some(row),
        Err(_) if removes => None,
        Err(wrong) => {
            let errors = wrong.into_iter().map(|(field, key)| (field, p.t(key))).collect();
            let page = Edit { known: false, form, errors, p };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
        }
    };
    let mut tx = app.db.write().await?;
    let school = form.school.trim();
    let action = match row {
        Some(row) if !removes => {
            queries::put(
                &mut tx,
                &district,
                &row,
                Changed { by: p.account_id().unwrap_or_default(), ms: now_ms() },
            )
            .await?;
            "connectivity.edit"
        }
        _ => {
            queries::remove(&mut tx, &district, school).await?;
            "connectivity.remove"
        }
    };
    note(&mut tx, &p, action, school, json!(null)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/connectivity")).into_response())
}
