//! Policies and when which regime of theirs holds.

use super::{numbers, pair};
use crate::snapshot::{PolicyId, Section, Span};
use std::collections::HashMap;

/// A day of a timetable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Day {
    /// When it begins, seconds since 1970.
    pub start_s: u32,
    /// From how many seconds after its beginning which slot holds, in order; slot 0 before the first.
    pub slots: Vec<(u32, u32)>,
}

#[derive(Default)]
pub(super) struct Times {
    pub policies: Vec<[u8; 20]>,
    slot_regimes: Vec<u32>,
    slots_known: HashMap<Vec<u32>, u32>,
    timetables: Vec<[u8; 8]>,
    timetables_known: HashMap<Vec<(u32, u32)>, u32>,
    days: Vec<u8>,
    patterns: Vec<[u8; 8]>,
    patterns_known: HashMap<Vec<(u32, u32)>, u32>,
    moments: Vec<u8>,
    spans: Vec<[u32; 4]>,
}

impl Times {
    pub fn policy(&mut self, name: u32, timetable: Option<u32>, slots: &[u32], outside: u32) -> PolicyId {
        let at = match self.slots_known.get(slots) {
            Some(at) => *at,
            None => {
                let at = self.slot_regimes.len() as u32;
                self.slot_regimes.extend_from_slice(slots);
                self.slots_known.insert(slots.to_vec(), at);
                at
            }
        };
        let mut record = [0; 20];
        let fields = [timetable.unwrap_or(u32::MAX), at, slots.len() as u32, outside, name];
        record.copy_from_slice(&numbers(&fields));
        self.policies.push(record);
        PolicyId((self.policies.len() - 1) as u32)
    }

    /// A policy's name, for messages.
    pub fn name_of(&self, policy: PolicyId, texts: &[u8]) -> String {
        let at = self
            .policies
            .get(policy.0 as usize)
            .and_then(|r| r.last_chunk::<4>())
            .map(|n| u32::from_le_bytes(*n));
        let octets = at.and_then(|at| {
            let text = texts.get(at as usize..)?;
            let (length, rest) = text.split_first_chunk::<2>()?;
            rest.get(..usize::from(u16::from_le_bytes(*length)))
        });
        String::from_utf8_lossy(octets.unwrap_or_default()).into_owned()
    }

    fn pattern(&mut self, slots: &[(u32, u32)]) -> u32 {
        if let Some(at) = self.patterns_known.get(slots) {
            return *at;
        }
        let at = self.patterns.len() as u32;
        self.patterns.push(pair((self.moments.len() / 8) as u32, slots.len() as u32));
        self.moments.extend(slots.iter().flat_map(|(offset, slot)| pair(*offset, *slot)));
        self.patterns_known.insert(slots.to_vec(), at);
        at
    }

    pub fn timetable(&mut self, days: &[Day]) -> u32 {
        let mut rows: Vec<(u32, u32)> =
            days.iter().map(|day| (day.start_s, self.pattern(&day.slots))).collect();
        // The last day only ends the one before: no pattern has this number.
        if let Some(last) = rows.last_mut() {
            last.1 = u32::MAX;
        }
        if let Some(at) = self.timetables_known.get(&rows) {
            return *at;
        }
        let at = self.timetables.len() as u32;
        self.timetables.push(pair((self.days.len() / 8) as u32, rows.len() as u32));
        self.days.extend(rows.iter().flat_map(|(start, pattern)| pair(*start, *pattern)));
        self.timetables_known.insert(rows, at);
        at
    }

    pub fn span(&mut self, policy: PolicyId, from_s: u32, to_s: u32, span: Span) {
        self.spans.push([policy.0, from_s, to_s, span.number()]);
    }

    pub fn put(&mut self, put: &mut impl FnMut(Section, Vec<u8>)) {
        self.spans.sort_unstable();
        put(Section::Policies, self.policies.concat());
        put(Section::SlotRegimes, numbers(&self.slot_regimes));
        put(Section::Timetables, self.timetables.concat());
        put(Section::Days, std::mem::take(&mut self.days));
        put(Section::Patterns, self.patterns.concat());
        put(Section::Moments, std::mem::take(&mut self.moments));
        put(Section::Spans, numbers(&self.spans.concat()));
    }
}
