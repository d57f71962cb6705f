//! What a query says of the use of digital resources, in 32 octets: from the thread that answers to the one that makes a fact
//! of it. It is written to no disk.

use crate::event::Did;
use crate::ring::Record;

/// A digital resource, by its number in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its number.
    pub number: u16,
    /// Whether the name is one that the resource's pages only load.
    pub support: bool,
}

/// A query for the address of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// When, seconds since 1970.
    pub at_s: u32,
    /// The key of the device that showed its token.
    pub device: Option<u128>,
    /// The resource that has the name.
    pub resource: Option<Resource>,
    /// The category that the policy found.
    pub category: Option<u8>,
    /// What was done.
    pub did: Did,
}

const DEVICE: u8 = 1;
const RESOURCE: u8 = 2;
const SUPPORT: u8 = 4;
const CATEGORY: u8 = 8;

impl Record for Used {
    /// Four words: time, the resource's number, the category and what was done; what there is; the device's key.
    fn to_words(self) -> [u64; 4] {
        let mut there = 0;
        there |= if self.device.is_some() { DEVICE } else { 0 };
        there |= if self.category.is_some() { CATEGORY } else { 0 };
        there |= match self.resource {
            Some(Resource { support: true, .. }) => RESOURCE | SUPPORT,
            Some(_) => RESOURCE,
            None => 0,
        };
        let number = u64::from(self.resource.map_or(0, |resource| resource.number));
        let small = u64::from(self.category.unwrap_or(0)) << 48 | u64::from(self.did as u8) << 56;
        let device = self.device.unwrap_or(0);
        let first = u64::from(self.at_s) | number << 32 | small;
        [first, u64::from(there), device as u64, (device >> 64) as u64]
    }

    fn from_words([first, there, low, high]: [u64; 4]) -> Option<Self> {
        let there = u8::try_from(there).ok()?;
        let has = |what: u8| there & what != 0;
        let resource = Resource { number: (first >> 32) as u16, support: has(SUPPORT) };
        Some(Self {
            at_s: first as u32,
            device: has(DEVICE).then_some(u128::from(low) | u128::from(high) << 64),
            resource: has(RESOURCE).then_some(resource),
            category: has(CATEGORY).then_some((first >> 48) as u8),
            did: Did::of((first >> 56) as u8)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            at_s: u32,
            device: Option<u128>,
            resource: Option<(u16, bool)>,
            category: Option<u8>,
            did in 0_u8..4,
        ) {
            let resource = resource.map(|(number, support)| Resource { number, support });
            let used = Used { at_s, device, resource, category, did: Did::of(did).expect("one of four") };
            let (mut record, mut drain) = ring(2);
            record.record(used);
            let mut seen = Vec::new();
            drain.take(&mut |one| seen.push(one), 9);
            prop_assert_eq!(seen, vec![used]);
        }

        #[test]
        fn any_words_are_one_or_none(words: [u64; 4]) {
            let _ = Used::from_words(words);
        }
    }
}
