//! Taking back what a person did last at the counter: all of it, or nothing and why.

use super::counter::{Told, note, put};
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, About, Becomes, Before, Deed, Did};
use crate::rules::inventory::Device;
use crate::rules::loan::UNDO_MS;
use crate::rules::state::State as Where;
use evenfield_gap::inventory::Kind;

/// Undoes what the person did last. What she did before that stays: whoever undoes twice does not undo two things.
pub async fn undo(tx: &mut Write, p: &Frame, student: &str) -> Result<Told> {
    let (district, by) = (p.district_id(), p.account_id().unwrap_or_default());
    let now = now_ms();
    let Some(deed) = queries::last_deed(tx, district, by, now - UNDO_MS).await? else {
        return Ok(Told::new("no-undo", "", student));
    };
    if deed.is_undone {
        return Ok(Told::new("undone-before", &deed.about.device, student));
    }
    if queries::has_later_deed(tx, district, &deed).await? || !is_as_left(tx, district, &deed).await? {
        return Ok(Told::new("undo-since", &deed.about.device, student));
    }
    if matches!(deed.did, Did::Out | Did::Swap) {
        unlend(tx, p, &deed.about).await?;
    }
    if let Some(before) = &deed.before {
        restore(tx, p, deed.other.as_ref().unwrap_or(&deed.about), before).await?;
    }
    if deed.did == Did::Noted {
        queries::unmiss_parts(tx, district, &deed.about.loan).await?;
    }
    if matches!(deed.did, Did::In | Did::Swap) {
        let loan = &deed.other.as_ref().unwrap_or(&deed.about).loan;
        queries::reopen_case(tx, district, loan, deed.done_ms).await?;
        // The device did not come back, whatever was signed: the real return is signed when it comes.
        queries::drop_return_signature(tx, district, loan).await?;
    }
    queries::undo_deed(tx, district, &deed.id, now).await?;
    let who = queries::loan(tx, district, &deed.about.loan).await?.map(|loan| loan.student_id);
    let who = who.unwrap_or_default();
    let said = match deed.did == Did::In && is_over_limit(tx, district, (&deed.about.device, &who)).await? {
        true => "undone-over",
        false => "undone",
    };
    Ok(Told::new(said, &deed.about.device, &who))
}

/// Whether a household has more hotspots than it may, now that this device is with it again. A return that was a mistake is undone all
/// the same: the household has the device, and records that say otherwise would be wrong. But the clerk is told.
async fn is_over_limit(tx: &mut Write, district: &str, (of, student): (&str, &str)) -> Result<bool> {
    if device(tx, district, of).await?.kind != Kind::Hotspot {
        return Ok(false);
    }
    let limit = queries::rules(&mut **tx, district).await?.household_limit;
    Ok(limit > 0 && queries::household_hotspots(tx, district, student).await? > limit)
}

async fn device(tx: &mut Write, district: &str, id: &str) -> Result<Device> {
    queries::device(&mut **tx, district, id)
        .await?
        .ok_or_else(|| Error::Internal("a device is gone".to_owned()))
}

/// Whether the devices of a deed are where it left them: they may be put elsewhere by hand, or be given up.
async fn is_as_left(tx: &mut Write, district: &str, deed: &Deed) -> Result<bool> {
    let state = device(tx, district, &deed.about.device).await?.state;
    let is_left = match deed.did {
        Did::In => state == Where::Here,
        Did::Noted => matches!(state, Where::Here | Where::Repair),
        Did::Lost => state == Where::Lost,
        Did::Out | Did::Swap | Did::Renew | Did::Found => state == Where::Lent,
    };
    let other = match &deed.other {
        // What is at the shop is not with the household again.
        Some(other) => {
            device(tx, district, &other.device).await?.state == Where::Repair
                && !queries::is_away(tx, district, &other.device).await?
        }
        None => deed.did != Did::Noted || !queries::is_away(tx, district, &deed.about.device).await?,
    };
    Ok(is_left && other)
}

/// The loan was a mistake: the device is here.
async fn unlend(tx: &mut Write, p: &Frame, about: &About) -> Result<()> {
    let district = p.district_id();
    let (device, loan) =
        (device(tx, district, &about.device).await?, queries::loan(tx, district, &about.loan).await?);
    let loan = loan.ok_or_else(|| Error::Internal("a loan is gone".to_owned()))?;
    let by = (p.account_id().unwrap_or_default(), now_ms());
    if !queries::change_loan(tx, district, &loan.id, Becomes::Undone, by).await? {
        return Err(Error::BadRequest("lending-wrong-act"));
    }
    put(tx, p, &device, Where::Here).await?;
    if device.kind == Kind::Hotspot {
        queries::unserve(tx, district, &loan.id).await?;
    }
    note(tx, p, "loan.undo", &loan).await
}

/// Makes a loan what it was, and puts its device where it was then.
async fn restore(tx: &mut Write, p: &Frame, about: &About, before: &Before) -> Result<()> {
    let district = p.district_id();
    let device = device(tx, district, &about.device).await?;
    queries::put_loan_back(tx, district, &about.loan, before).await?;
    let to = match (before.in_ms, before.lost_ms) {
        (Some(_), _) => Where::Here,
        (None, Some(_)) => Where::Lost,
        (None, None) => Where::Lent,
    };
    put(tx, p, &device, to).await?;
    match queries::loan(tx, district, &about.loan).await? {
        Some(loan) => note(tx, p, "loan.undo", &loan).await,
        None => Ok(()),
    }
}
