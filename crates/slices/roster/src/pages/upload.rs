//! A roster uploaded, reviewed, accepted or not, and undone.

use crate::access::Action;
use crate::db::{Write, new_id, now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, count, digest, minute, problems_file};
use crate::jobs::estimate;
use crate::layout::{Frame, ProblemList};
use crate::queries::{self, LoadFacts, LoadRow, Part, Replaced, Staged, StagedRow, UndoError};
use crate::rules::{self, Changes, Counts, Named, Review};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// How long an upload waits to be accepted, milliseconds.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

struct LoadView {
    id: String,
    file_name: String,
    loaded: String,
    students: String,
    changes: [String; 3],
    undone: bool,
    can_undo: bool,
}

fn load_view(load: LoadRow) -> LoadView {
    LoadView {
        id: load.id,
        file_name: load.file_name,
        loaded: minute(load.loaded_ms),
        students: count(load.students),
        changes: load.changes.map(count),
        undone: load.undone_ms.is_some(),
        can_undo: load.can_undo && load.undone_ms.is_none(),
    }
}

struct PlaceView {
    word: String,
    placed: bool,
    students: String,
}

#[derive(Template)]
#[template(path = "templates/home.html")]
struct Home {
    p: Frame,
    loads: Vec<LoadView>,
    places: Vec<PlaceView>,
    may_load: bool,
    may_students: bool,
}

/// The geocoder's words for how a home was placed or why not, and the keys of their messages.
const PLACE_WORDS: [(&str, &str); 12] = [
    ("exact", "roster-place-exact"),
    ("loose", "roster-place-loose"),
    ("nearest", "roster-place-nearest"),
    (rules::UPLOADED, "roster-place-uploaded"),
    ("waiting", "roster-place-waiting"),
    ("no-address", "roster-place-no-address"),
    ("outside", "roster-place-outside"),
    ("no house number", "roster-place-no-number"),
    ("no address points in this ZIP code or city", "roster-place-no-points"),
    ("no such street in this ZIP code or city", "roster-place-no-street"),
    ("no such house number, and none near it", "roster-place-no-near-number"),
    ("several streets of this name", "roster-place-ambiguous"),
];

/// How a home was placed or why not, in the reader's language; words that are not known as they are.
pub fn place_words(p: &Frame, word: &str) -> String {
    PLACE_WORDS.iter().find(|(known, _)| *known == word).map_or_else(|| word.to_owned(), |(_, key)| p.t(key))
}

/// The roster's page: what was loaded, how homes were placed, and the way to load more.
pub async fn home(State(app): State<App>, p: Frame) -> Result<Response> {
    let district = p.district_id();
    let places = queries::places_summary(app.db.read(), district).await?;
    let page = Home {
        loads: queries::loads(app.db.read(), district).await?.into_iter().map(load_view).collect(),
        places: places
            .into_iter()
            .map(|(word, placed, n)| PlaceView { word: place_words(&p, &word), placed, students: count(n) })
            .collect(),
        may_load: p.may(Action::LoadData),
        may_students: p.may(Action::SeeStudents),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The account that acts.
/// Writes down what was done to a load.
async fn note(
    tx: &mut Write,
    p: &Frame,
    action: &str,
    subject: (&str, &str),
    detail: serde_json::Value,
) -> Result<()> {
    Ok(audit::record(tx, &p.entry(action, subject, detail)).await?)
}

/// Writes down who looks at an upload: what is wrong in it is said with what its rows say of students.
async fn note_look(app: &App, p: &Frame, action: &str, id: &str, review: &Review) -> Result<()> {
    let mut tx = app.db.write().await?;
    let detail = json!({ "problems": review.problems.found() });
    note(&mut tx, p, action, ("roster_staged", id), detail).await?;
    Ok(tx.commit().await?)
}

/// Reads files against what is stored, off the threads that answer requests.
async fn read(
    app: &App,
    district: &str,
    files: (Named, Option<Named>),
) -> Result<(evenfield_gap::roster::Roster, Review)> {
    let stored = queries::read(&app.db, district).await?;
    let read = tokio::task::spawn_blocking(move || rules::review(files, today(), stored)).await;
    read.map_err(|e| Error::Internal(e.to_string()))
}

/// Takes the files, reads them and keeps them for the review. Nothing of the roster is changed.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let district = p.district_id().to_owned();
    let mut form = UploadForm::read(multipart).await?;
    let file = form.file("file").ok_or(Error::BadRequest("roster-no-file"))?;
    let side = form.file("side");
    let pieces = [Some(&file), side.as_ref()].into_iter().flatten().map(|f| f.bytes.as_slice());
    let digest = digest(pieces);
    let files = (
        (file.name.clone(), file.bytes.clone()),
        side.as_ref().map(|side| (side.name.clone(), side.bytes.clone())),
    );
    let (_, review) = read(&app, &district, files).await?;
    let review_json = serde_json::to_string(&review).map_err(|e| Error::Internal(e.to_string()))?;
    let (id, now) = (new_id(), now_ms());
    let staged = Staged {
        id: &id,
        staged_ms: now,
        expires_ms: now + KEPT_MS,
        staged_by: p.account_id().unwrap_or_default(),
        digest: &digest,
        file: (&file.name, &file.bytes),
        side: side.as_ref().map(|side| (side.name.as_str(), side.bytes.as_slice())),
        review_json: &review_json,
    };
    let mut tx = app.db.write().await?;
    queries::stage(&mut tx, &district, &staged).await?;
    let detail = json!({ "digest": digest, "students": review.students });
    note(&mut tx, &p, "roster.stage", ("roster_staged", &id), detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/roster/staged/{id}")).into_response())
}

struct ChangeView {
    list: String,
    counts: [String; 3],
}

fn change_views(p: &Frame, changes: &Changes) -> Vec<ChangeView> {
    let view = |key: &str, c: Counts| ChangeView {
        list: p.t(key),
        counts: [c.added, c.removed, c.changed].map(|n| count(i64::try_from(n).unwrap_or(i64::MAX))),
    };
    vec![
        view("roster-schools", changes.schools),
        view("roster-students", changes.students),
        view("roster-sections", changes.sections),
        view("roster-enrollments", changes.enrollments),
        view("roster-staff", changes.staff),
    ]
}

#[derive(Template)]
#[template(path = "templates/review.html")]
struct ReviewPage {
    p: Frame,
    id: String,
    upload: StagedRow,
    expires: String,
    review: Review,
    students: String,
    no_address: String,
    changes: Vec<ChangeView>,
    problems: ProblemList,
    changed_since: bool,
}

/// An upload that waits, with its review.
async fn waiting(app: &App, p: &Frame, id: &str) -> Result<(StagedRow, Review)> {
    let staged =
        queries::staged(app.db.read(), p.district_id(), id, now_ms()).await?.ok_or(Error::NotFound)?;
    let review = serde_json::from_str(&staged.review_json).map_err(|e| Error::Internal(e.to_string()))?;
    Ok((staged, review))
}

fn review_page(
    p: Frame,
    id: String,
    (upload, review): (StagedRow, Review),
    changed: bool,
) -> Result<Response> {
    let number = |n: u64| count(i64::try_from(n).unwrap_or(i64::MAX));
    let page = ReviewPage {
        id,
        expires: minute(upload.expires_ms),
        students: number(review.students),
        no_address: number(review.students.saturating_sub(review.addresses)),
        changes: change_views(&p, &review.changes),
        problems: p.problems(&review.problems),
        changed_since: changed,
        upload,
        review,
        p,
    };
    let status = if changed { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((status, Html(page.render()?)).into_response())
}

/// What is in an upload: all problems at once, and what accepting it would change.
pub async fn review(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let found = waiting(&app, &p, &id).await?;
    note_look(&app, &p, "roster.review", &id, &found.1).await?;
    review_page(p, id, found, false)
}

/// The problems of an upload as CSV.
pub async fn problems_csv(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let (_, review) = waiting(&app, &p, &id).await?;
    note_look(&app, &p, "roster.download-problems", &id, &review).await?;
    problems_file("roster-problems.csv", review.problems.kept())
}

/// What the person decided.
#[derive(Debug, Deserialize)]
pub struct Decision {
    act: String,
}

/// Accepts an upload or forgets it. If the roster has changed since the review, so that accepting would
/// change something else than was shown, the new review is shown instead.
pub async fn decide(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(decision): Form<Decision>,
) -> Result<Response> {
    let district = p.district_id().to_owned();
    let (upload, shown) = waiting(&app, &p, &id).await?;
    if decision.act != "accept" {
        let mut tx = app.db.write().await?;
        queries::remove_staged(&mut tx, &district, &id).await?;
        note(&mut tx, &p, "roster.discard", ("roster_staged", &id), json!(null)).await?;
        tx.commit().await?;
        return Ok(Redirect::to(&format!("/d/{district}/roster")).into_response());
    }
    if !shown.can_accept() {
        return Err(Error::BadRequest("roster-nothing-to-accept"));
    }
    let (roster, review) = read_staged(&app, &district, &id, &upload).await?;
    if review.changes != shown.changes {
        return review_again(&app, p, id, upload, review).await;
    }
    let facts = LoadFacts {
        digest: upload.digest.clone(),
        file_name: upload.file_name.clone(),
        delta: review.delta,
        loaded_by: p.account_id().unwrap_or_default().to_owned(),
        loaded_ms: now_ms(),
        problems: review.problems.found(),
    };
    let mut tx = app.db.write().await?;
    let done = queries::replace(&mut tx, &district, roster, &facts).await?;
    if let Replaced::Done { load_id, changes } = &done {
        if **changes != shown.changes {
            // Another roster was accepted while this one was read: what that added must not go unseen.
            drop(tx);
            let (_, review) = read_staged(&app, &district, &id, &upload).await?;
            return review_again(&app, p, id, upload, review).await;
        }
        let detail = json!({ "digest": facts.digest, "students": changes.students });
        note(&mut tx, &p, "roster.load", ("roster_load", load_id), detail).await?;
        estimate::request(&mut tx, &district, &estimate::Wanted::default()).await?;
    }
    queries::remove_staged(&mut tx, &district, &id).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/roster")).into_response())
}

/// Reads the files of an upload against what is stored now.
async fn read_staged(
    app: &App,
    district: &str,
    id: &str,
    upload: &StagedRow,
) -> Result<(evenfield_gap::roster::Roster, Review)> {
    let file = queries::staged_file(app.db.read(), district, id, Part::Roster).await?;
    let side = match &upload.side_name {
        Some(name) => {
            Some((name.clone(), queries::staged_file(app.db.read(), district, id, Part::Side).await?))
        }
        None => None,
    };
    read(app, district, ((upload.file_name.clone(), file), side)).await
}

/// Shows the review of an upload anew, and keeps it as what was shown: the next acceptance is of this.
async fn review_again(
    app: &App,
    p: Frame,
    id: String,
    upload: StagedRow,
    review: Review,
) -> Result<Response> {
    let review_json = serde_json::to_string(&review).map_err(|e| Error::Internal(e.to_string()))?;
    let mut tx = app.db.write().await?;
    queries::set_review(&mut tx, p.district_id(), &id, &review_json).await?;
    let detail = json!({ "problems": review.problems.found() });
    note(&mut tx, &p, "roster.review", ("roster_staged", &id), detail).await?;
    tx.commit().await?;
    review_page(p, id, (upload, review), true)
}

/// Brings back the roster as it was before the last load.
pub async fn undo(
    State(app): State<App>,
    p: Frame,
    Path((_, load)): Path<(String, String)>,
) -> Result<Response> {
    let district = p.district_id();
    let mut tx = app.db.write().await?;
    match queries::undo(&mut tx, district, &load, now_ms()).await {
        Ok(()) => {}
        Err(UndoError::NotLast) => return Err(Error::BadRequest("roster-undo-not-last")),
        Err(UndoError::Db(error)) => return Err(error.into()),
    }
    note(&mut tx, &p, "roster.undo", ("roster_load", &load), json!(null)).await?;
    estimate::request(&mut tx, district, &estimate::Wanted::default()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/roster")).into_response())
}

#[derive(Template)]
#[template(path = "templates/coordinates.html")]
struct CoordinatesPage {
    p: Frame,
    file_name: String,
    problems: ProblemList,
}

/// Stores coordinates that the district found itself. A file with problems is not stored.
pub async fn coordinates(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let district = p.district_id().to_owned();
    let file = UploadForm::read(multipart).await?.file("file").ok_or(Error::BadRequest("roster-no-file"))?;
    let file_name = file.name.clone();
    let digest = digest([file.bytes.as_slice()]);
    let known = queries::student_ids(app.db.read(), &district).await?;
    let read = tokio::task::spawn_blocking(move || rules::coordinates((file.name, file.bytes), &known)).await;
    let (places, mut problems) = match read.map_err(|e| Error::Internal(e.to_string()))? {
        Ok(read) => read,
        Err(error) => {
            let mut problems = evenfield_model::Problems::default();
            error.note(&mut problems);
            (Vec::new(), problems)
        }
    };
    if places.is_empty() && problems.is_empty() {
        problems.push(&file_name, 0, "", "", "the coordinates of at least one student");
    }
    if problems.is_empty() {
        let mut tx = app.db.write().await?;
        let stored = queries::store_places(&mut tx, &district, &places).await?;
        if stored == places.len() as u64 {
            let detail = json!({ "students": stored });
            note(&mut tx, &p, "roster.coordinates", ("file", &digest), detail).await?;
            // Until it is made, these homes are in no block group.
            estimate::request(&mut tx, &district, &estimate::Wanted::default()).await?;
            tx.commit().await?;
            return Ok(Redirect::to(&format!("/d/{district}/roster")).into_response());
        }
        drop(tx);
        let missing = places.len() as u64 - stored;
        let wanted = "ids of students in the roster, each once; this many rows have none";
        problems.push(&file_name, 0, "student_id", &missing.to_string(), wanted);
    }
    let page = CoordinatesPage { problems: p.problems(&problems), file_name, p };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
}
