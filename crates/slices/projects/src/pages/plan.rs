//! The first tasks, from the plan that the district accepted.

use super::{change, entries, href, note, open};
use crate::App;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Of};
use crate::rules::register::{Entry, Register, Values};
use crate::rules::start::{Kind, kinds, proposals};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

/// Makes deliverables and tasks of the accepted plan, in a project that has no tasks.
pub async fn taken(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    open(&app, &p, &id).await?;
    let is_task = |entry: &Entry| entry.register == Register::Task && entry.removed_ms.is_none();
    if entries(&app, &p, &id).await?.iter().any(is_task) {
        return Err(Error::BadRequest("projects-has-tasks"));
    }
    let facts = queries::accepted_plan(app.db.read(), p.district_id()).await?;
    let facts = facts.ok_or(Error::BadRequest("projects-no-plan"))?;
    let kinds = kinds(&facts).map_err(|error| Error::Internal(format!("facts of a plan: {error}")))?;
    let name = |kind: &Kind| {
        let n = i64::try_from(kind.options).unwrap_or(i64::MAX);
        format!(
            "{} ({})",
            p.t(&format!("plans-kind-{}", kind.kind.replace('_', "-"))),
            crate::exchange::count(n)
        )
    };
    let made = proposals(&kinds, name, |word| p.t(&format!("projects-step-{word}")));
    let mut tx = app.db.write().await?;
    let of = Of { district: p.district_id(), project: &id };
    let first = queries::next_number(&mut tx, of, Register::Task).await?;
    let deliverables = queries::next_number(&mut tx, of, Register::Deliverable).await?;
    let mut next = first;
    for (deliverable, proposal) in (deliverables..).zip(made) {
        let entry = (Register::Deliverable, deliverable, &proposal.deliverable);
        queries::put_entry(&mut tx, of, entry, change(&p)).await?;
        let mut before: Option<i64> = None;
        for mut task in proposal.tasks {
            link(&mut task, deliverable, before);
            queries::put_entry(&mut tx, of, (Register::Task, next, &task), change(&p)).await?;
            before = Some(next);
            next += 1;
        }
    }
    note(&mut tx, &p, "project.plan", &id, json!({ "tasks": next - first })).await?;
    tx.commit().await?;
    Ok(Redirect::to(&href(&p, &id, "/timeline")).into_response())
}

/// Hangs a task to its deliverable and to the task before it.
fn link(task: &mut Values, deliverable: i64, before: Option<i64>) {
    task.insert("deliverable".to_owned(), deliverable.to_string());
    if let Some(before) = before {
        task.insert("needs".to_owned(), before.to_string());
    }
}
