//! The rows of many segments, minute by minute.

use super::RollupError;
use crate::keep::{Store, fetch, visible};
use crate::segment::{Batches, Columns, open};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::ops::Range;

type Open<'a> = Box<dyn FnOnce() -> Result<Batches, RollupError> + 'a>;

/// A segment that is opened when its time comes.
pub struct Input<'a> {
    /// No row is of an earlier minute.
    pub first_minute: u32,
    /// Opens it.
    pub open: Open<'a>,
}

/// All segments of a store's manifest, each of which is fetched and checked when its time comes.
///
/// # Errors
/// Those of the store.
pub fn inputs<S: Store>(store: &S) -> io::Result<Vec<Input<'_>>> {
    let input = |segment: crate::keep::Visible| Input {
        first_minute: segment.entry.minutes.0,
        open: Box::new(move || Ok(open(fetch(store, &segment)?.into())?)),
    };
    Ok(visible(store)?.into_iter().map(input).collect())
}

struct Cursor {
    batches: Batches,
    at: usize,
}

impl Cursor {
    /// The minute of the next row, after bringing rows if need be.
    fn minute(&mut self) -> Result<Option<u32>, RollupError> {
        if self.at >= self.batches.columns().len() {
            if !self.batches.advance()? {
                return Ok(None);
            }
            self.at = 0;
        }
        Ok(self.batches.columns().minute.get(self.at).map(|m| *m as u32))
    }
}

/// Open segments, the earliest first.
pub(super) struct Merge<'a> {
    /// Latest first, so that the next is at the end.
    waiting: Vec<Input<'a>>,
    cursors: Vec<Option<Cursor>>,
    heap: BinaryHeap<Reverse<(u32, usize)>>,
}

impl<'a> Merge<'a> {
    pub fn new(mut inputs: Vec<Input<'a>>) -> Self {
        inputs.sort_by_key(|i| Reverse(i.first_minute));
        Self { waiting: inputs, cursors: Vec::new(), heap: BinaryHeap::new() }
    }

    /// The earliest minute that a row is left of.
    pub fn minute(&mut self) -> Result<Option<u32>, RollupError> {
        while let Some(next) = self.waiting.last() {
            if self.heap.peek().is_some_and(|Reverse((minute, _))| *minute < next.first_minute) {
                break;
            }
            let Some(input) = self.waiting.pop() else { break };
            let first = input.first_minute;
            let mut cursor = Cursor { batches: (input.open)()?, at: 0 };
            if let Some(minute) = cursor.minute()? {
                if minute < first {
                    return Err(RollupError::Order);
                }
                let free = self.cursors.iter().position(Option::is_none).unwrap_or_else(|| {
                    self.cursors.push(None);
                    self.cursors.len() - 1
                });
                self.cursors[free] = Some(cursor);
                self.heap.push(Reverse((minute, free)));
            }
        }
        Ok(self.heap.peek().map(|Reverse((minute, _))| *minute))
    }

    /// Gives away all rows of the earliest minute.
    pub fn take(
        &mut self,
        minute: u32,
        rows: &mut dyn FnMut(&Columns, Range<usize>),
    ) -> Result<(), RollupError> {
        while self.heap.peek().is_some_and(|Reverse((m, _))| *m == minute) {
            let Some(Reverse((_, number))) = self.heap.pop() else { break };
            let Some(cursor) = &mut self.cursors[number] else { continue };
            let next = loop {
                let next = cursor.minute()?;
                if next != Some(minute) {
                    break next;
                }
                let minutes = &cursor.batches.columns().minute;
                let end = cursor.at + minutes[cursor.at..].partition_point(|m| *m as u32 == minute);
                rows(cursor.batches.columns(), cursor.at..end);
                cursor.at = end;
            };
            match next {
                Some(next) if next < minute => return Err(RollupError::Order),
                Some(next) => self.heap.push(Reverse((next, number))),
                None => self.cursors[number] = None,
            }
        }
        Ok(())
    }
}
