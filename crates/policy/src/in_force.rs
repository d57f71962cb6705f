//! What is in force now: the only place where time is looked up.

use crate::snapshot::{PolicyId, Span, View, u32_at};
use std::sync::Arc;

/// For each policy the regime that holds and until when. A ticker makes a new one each second by [`InForce::tick`],
/// which costs nothing until a boundary is passed; queries only read it. It belongs to one snapshot.
#[derive(Clone, Debug)]
pub struct InForce {
    now_s: u32,
    next_s: u32,
    /// The regime's number and when it ends, seconds since 1970.
    policies: Arc<[(u32, u32)]>,
}

/// What a timetable says: the slot, `None` outside the time that it knows, and when that ends.
type Slot = (Option<u32>, u32);

impl InForce {
    /// What is in force at `now_s`, seconds since 1970.
    pub fn at(view: &View<'_>, now_s: u32) -> Self {
        let slots: Vec<Slot> = (0..view.timetables.len()).map(|n| slot(view, n, now_s)).collect();
        let policies: Arc<[(u32, u32)]> =
            (0..view.policies.len()).map(|n| regime(view, n as u32, now_s, &slots)).collect();
        let next_s = policies.iter().map(|(_, until)| *until).min().unwrap_or(u32::MAX);
        Self { now_s, next_s, policies }
    }

    /// The same a moment later; looks the schedules up again only when one of them has changed, or when the clock
    /// was put back.
    pub fn tick(&self, view: &View<'_>, now_s: u32) -> Self {
        if (self.now_s..self.next_s).contains(&now_s) {
            return Self { now_s, next_s: self.next_s, policies: self.policies.clone() };
        }
        Self::at(view, now_s)
    }

    /// The regime's number, and for how many seconds it holds still.
    #[inline]
    pub fn of(&self, policy: PolicyId) -> (u32, u32) {
        // A policy that there is not lets nothing through: see `View::regime`.
        let (regime, until) = self.policies.get(policy.0 as usize).copied().unwrap_or((u32::MAX, u32::MAX));
        (regime, until - self.now_s.min(until))
    }

    /// When something changes for somebody next, seconds since 1970.
    pub fn next_s(&self) -> u32 {
        self.next_s
    }
}

/// The slot of a timetable: its days begin at instants, and a day's pattern says when in it which slot begins.
fn slot(view: &View<'_>, timetable: usize, now_s: u32) -> Slot {
    let [at, count] = numbers(&view.timetables[timetable]);
    let days = view.days.get(at as usize..(at as usize).saturating_add(count as usize)).unwrap_or_default();
    let begun = days.partition_point(|day| u32_at(day, 0) <= now_s);
    let ends = days.get(begun).map_or(u32::MAX, |day| u32_at(day, 0));
    let Some([start, pattern]) = begun.checked_sub(1).map(|day| numbers(&days[day])) else {
        return (None, ends);
    };
    let Some([at, count]) = view.patterns.get(pattern as usize).map(|r| numbers(r)) else {
        return (None, ends);
    };
    let moments = view.moments.get(at as usize..(at as usize).saturating_add(count as usize));
    let moments = moments.unwrap_or_default();
    let passed = moments.partition_point(|moment| u32_at(moment, 0) <= now_s - start);
    let slot = passed.checked_sub(1).map_or(0, |last| u32_at(&moments[last], 4));
    let until = moments.get(passed).map_or(ends, |moment| start.saturating_add(u32_at(moment, 0)).min(ends));
    (Some(slot), until)
}

/// The regime of a policy's schedule: that of its timetable's slot, else that outside it.
fn scheduled(view: &View<'_>, policy: u32, slots: &[Slot]) -> (u32, u32) {
    // A policy that a damaged file names and does not have lets nothing through.
    let Some(record) = view.policies.get(policy as usize) else { return (u32::MAX, u32::MAX) };
    let [timetable, slots_at, slots_count, outside] = numbers(record);
    let (slot, until) = slots.get(timetable as usize).copied().unwrap_or((None, u32::MAX));
    let chosen = slot.filter(|slot| *slot < slots_count).and_then(|slot| {
        view.slot_regimes.get(slots_at.saturating_add(slot) as usize).map(|r| u32::from_le_bytes(*r))
    });
    (chosen.unwrap_or(outside), until)
}

/// The regime of a policy: what a span of its own says, else its schedule.
fn regime(view: &View<'_>, policy: u32, now_s: u32, slots: &[Slot]) -> (u32, u32) {
    let (chosen, mut until) = scheduled(view, policy, slots);
    let first = view.spans.partition_point(|span| u32_at(span, 0) < policy);
    for span in &view.spans[first..] {
        let [whose, from, to, regime] = numbers(span);
        if whose != policy {
            break;
        }
        if (from..to).contains(&now_s) {
            let (regime, until) = match Span::of(regime) {
                Span::Regime(regime) => (regime, until),
                Span::Policy(other) => scheduled(view, other, slots),
            };
            return (regime, until.min(to));
        }
        if from > now_s {
            until = until.min(from);
            break;
        }
    }
    (chosen, until)
}

/// The first numbers of a record.
fn numbers<const N: usize>(record: &[u8]) -> [u32; N] {
    std::array::from_fn(|n| u32_at(record, 4 * n))
}
