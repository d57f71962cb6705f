//! Facts in memory: packed while they are gathered, in columns while they are counted.

use crate::catalogue::ResourceId;
use crate::fact::{Fact, Place};
use crate::pseudonym::Pseudonym;

/// A fact in 128 bits. The order of the numbers is the order of rows in a segment.
///
/// From the top: minute 32, device 64, resource 16, category 8, place 3, did 2, support 1, zero 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Packed(pub u128);

/// Packs a fact.
#[inline]
pub fn pack(fact: &Fact) -> Packed {
    let small = u32::from(fact.resource.map_or(0, |r| r.0)) << 16
        | u32::from(fact.category) << 8
        | (fact.place as u32) << 5
        | u32::from(fact.did & 3) << 3
        | u32::from(fact.support) << 2;
    Packed(u128::from(fact.minute) << 96 | u128::from(fact.device.0) << 32 | u128::from(small))
}

/// Facts in columns, as Apache Arrow has them: one length, one type each, no gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Minutes since 1970.
    pub minute: Vec<i32>,
    /// Pseudonyms; the bits of a `u64`.
    pub device: Vec<i64>,
    /// Numbers of resources, 0 for none.
    pub resource: Vec<i32>,
    /// Categories.
    pub category: Vec<i32>,
    /// Places.
    pub place: Vec<i32>,
    /// What was done.
    pub did: Vec<i32>,
    /// 1 for a support name.
    pub support: Vec<i32>,
    /// How many equal facts.
    pub queries: Vec<i32>,
}

impl Columns {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.minute.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.minute.is_empty()
    }

    /// Removes all rows and keeps the room.
    pub fn clear(&mut self) {
        let Self { minute, device, resource, category, place, did, support, queries } = self;
        device.clear();
        for column in [minute, resource, category, place, did, support, queries] {
            column.clear();
        }
    }

    /// Sorted facts as rows: equal ones are one row.
    pub(super) fn from_sorted(facts: &[Packed]) -> Self {
        let mut columns = Self::default();
        let mut last = None;
        for fact in facts {
            if last == Some(*fact)
                && let Some(queries) = columns.queries.last_mut()
                && *queries < i32::MAX
            {
                *queries += 1;
                continue;
            }
            last = Some(*fact);
            let small = fact.0 as u32;
            columns.minute.push((fact.0 >> 96) as i32);
            columns.device.push((fact.0 >> 32) as i64);
            columns.resource.push((small >> 16) as i32);
            columns.category.push((small >> 8 & 0xFF) as i32);
            columns.place.push((small >> 5 & 7) as i32);
            columns.did.push((small >> 3 & 3) as i32);
            columns.support.push((small >> 2 & 1) as i32);
            columns.queries.push(1);
        }
        columns
    }

    /// The fact of a row and how many queries it stands for; `None` past the end or for numbers that no fact has.
    pub fn fact(&self, row: usize) -> Option<(Fact, u32)> {
        let small = |column: &[i32]| u8::try_from(*column.get(row)?).ok();
        let resource = u16::try_from(*self.resource.get(row)?).ok()?;
        let fact = Fact {
            minute: *self.minute.get(row)? as u32,
            device: Pseudonym(*self.device.get(row)? as u64),
            resource: (resource != 0).then_some(ResourceId(resource)),
            support: small(&self.support)? == 1,
            category: small(&self.category)?,
            did: small(&self.did)?,
            place: *Place::ALL.get(usize::from(small(&self.place)?))?,
        };
        Some((fact, u32::try_from(*self.queries.get(row)?).ok()?))
    }
}
