//! A plan as files: what it gives, and its proof.

use super::solved::Solved;
use crate::App;
use crate::error::{Error, Result};
use crate::exchange::attachment;
use crate::layout::Frame;
use crate::queries;
use crate::rules::answer;
use axum::extract::State;
use axum::response::Response;

/// Every figure of a plan.
pub async fn report(solved: Solved) -> Result<Response> {
    let mut bytes = Vec::new();
    solved.answer.report.write_csv(&mut bytes).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(attachment("plan.csv", "text/csv; charset=utf-8", bytes))
}

/// The folder that was solved with its certificate: all that `evenfield plan verify` needs.
pub async fn proof(State(app): State<App>, p: Frame, solved: Solved) -> Result<Response> {
    let (db, district) = (app.db.read(), p.district_id());
    let archive = queries::folder(db, district, &solved.run.id).await?;
    let proof = queries::proof(db, district, &solved.run.id, solved.step).await?;
    let (text, certificate) = proof.ok_or(Error::NotFound)?;
    let certificate = certificate.ok_or(Error::NotFound)?;
    let packed =
        tokio::task::spawn_blocking(move || answer::with_budget(&archive, &text, &certificate)).await;
    let packed = packed.map_err(|e| Error::Internal(format!("packing a proof: {e}")))?;
    let bytes = packed.map_err(|e| Error::Internal(e.to_string()))?;
    Ok(attachment("plan.zip", "application/zip", bytes))
}
