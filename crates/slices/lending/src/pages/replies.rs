//! What families wrote back to text messages, for people to deal with.

use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, FromFamily};
use crate::routes::escape;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// So many are shown; the CSV has all.
const SHOWN: i64 = 200;

struct View {
    reply: FromFamily,
    /// The student's id as a part of an address.
    student: String,
    got: String,
    read: String,
}

#[derive(Template)]
#[template(path = "templates/replies.html")]
struct Page {
    p: Frame,
    rows: Vec<View>,
    shown: i64,
}

async fn find(app: &App, p: &Frame, at_most: i64) -> Result<Vec<FromFamily>> {
    let all = queries::replies(app.db.read(), p.district_id(), at_most).await?;
    let students: Vec<&str> = all.iter().map(|reply| reply.student_id.as_str()).collect();
    let looked = json!({ "students": students });
    audit::record_look(&app.db, &p.entry("reply.see", ("message_reply", ""), looked)).await?;
    Ok(all)
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let view = |reply: FromFamily| View {
        student: escape(&reply.student_id),
        got: minute(reply.got_ms),
        read: reply.read_ms.map(minute).unwrap_or_default(),
        reply,
    };
    let rows = find(&app, &p, SHOWN).await?.into_iter().map(view).collect();
    Ok(Html(Page { rows, shown: SHOWN, p }.render()?).into_response())
}

/// The list as CSV, all of it.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let all = find(&app, &p, i64::from(i32::MAX)).await?;
    let header = ["student_id", "family_name", "given_name", "got_utc", "said", "dealt_with_utc"];
    let rows = all.into_iter().map(|reply| {
        let read = reply.read_ms.map(minute).unwrap_or_default();
        [reply.student_id, reply.family_name, reply.given_name, minute(reply.got_ms), reply.said, read]
    });
    csv_file("replies.csv", &header, rows)
}

/// Which one was dealt with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplyForm {
    id: String,
}

/// Somebody has dealt with one.
pub async fn dealt_with(State(app): State<App>, p: Frame, Form(form): Form<ReplyForm>) -> Result<Response> {
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let mut tx = app.db.write().await?;
    let student = queries::deal_with_reply(&mut tx, p.district_id(), &form.id, by).await?;
    let student = student.ok_or(Error::BadRequest("lending-wrong-act"))?;
    let detail = json!({ "student": student });
    audit::record(&mut tx, &p.entry("reply.done", ("message_reply", &form.id), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/replies")).into_response())
}
