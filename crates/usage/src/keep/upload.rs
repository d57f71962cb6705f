//! From a spool to a store, exactly once.

use super::disk::Disk;
use super::manifest::{Entry, entry_name, object_name};
use super::spool::{Spool, Waiting};
use super::store::{Put, Store};
use crate::segment;
use std::io;

/// What became of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uploaded {
    /// The store has it now.
    New,
    /// The store had it already.
    Already,
    /// The store has another segment under this identity, which stays; ours is put aside. Two programs with one source and run.
    Conflict,
    /// The disk did not keep what was sealed; it is put aside.
    Damaged,
}

/// Brings all that waits to a store, oldest first.
///
/// # Errors
/// The first error; what was brought before stays so, and the rest waits for the next call.
pub fn upload<D: Disk>(spool: &Spool<'_, D>, store: &impl Store) -> io::Result<Vec<(Waiting, Uploaded)>> {
    let waiting = spool.waiting()?;
    waiting.into_iter().map(|one| upload_one(spool, store, &one).map(|outcome| (one, outcome))).collect()
}

/// Brings one segment to a store.
///
/// # Errors
/// Those of the store and of the disk; to call it again is right.
pub fn upload_one<D: Disk>(
    spool: &Spool<'_, D>,
    store: &impl Store,
    waiting: &Waiting,
) -> io::Result<Uploaded> {
    let described = spool.octets(waiting)?.and_then(|bytes| {
        let described = segment::describe(bytes.clone().into()).ok()?;
        (described.identity == waiting.identity).then_some((bytes, described))
    });
    let Some((bytes, described)) = described else {
        spool.put_aside(waiting)?;
        return Ok(Uploaded::Damaged);
    };
    let entry = Entry {
        digest: waiting.digest,
        octets: bytes.len() as u64,
        rows: described.rows,
        facts: described.facts,
        minutes: described.minutes,
    };
    let listed = entry_name(&waiting.identity);
    // The object first: what the manifest lists must be there.
    store.put_new(&object_name(&waiting.identity, &waiting.digest), &bytes)?;
    let outcome = match store.put_new(&listed, entry.to_text().as_bytes())? {
        Put::Created => Uploaded::New,
        Put::Exists => {
            let text = store.get(&listed)?;
            let same =
                String::from_utf8(text).ok().and_then(|t| Entry::parse(&t)).is_some_and(|e| e == entry);
            if same { Uploaded::Already } else { Uploaded::Conflict }
        }
    };
    match outcome {
        Uploaded::Conflict => spool.put_aside(waiting)?,
        _ => spool.remove(waiting)?,
    }
    Ok(outcome)
}
