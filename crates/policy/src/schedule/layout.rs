//! Labels laid out in time.

use super::{Calendar, Labels, Plan};
use crate::build::Day;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::collections::HashMap;

/// When which labels hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timetable {
    /// The days, for [`crate::Builder::timetable`]; the last one only ends the one before.
    pub days: Vec<Day>,
    /// The labels of each slot.
    pub slots: Vec<Labels>,
}

/// Lays a calendar out over `days` days from `first`, local to its school. Days outside what seconds since 1970 in 32
/// bits can say are left out.
pub fn timetable(calendar: &Calendar, first: Date, days: u16) -> Timetable {
    let plan = Plan::new(calendar);
    let mut known: HashMap<Labels, u32> = HashMap::new();
    let mut table = Timetable::default();
    let mut date = first;
    for _ in 0..days {
        let Ok(next) = date.tomorrow() else { break };
        let (Some(start_s), Some(end_s)) = (midnight(calendar, date), midnight(calendar, next)) else {
            break;
        };
        let mut slots: Vec<(u32, u32)> = Vec::new();
        for (at_s, labels) in moments(calendar, &plan, date, start_s, end_s) {
            let slot = *known.entry(labels).or_insert_with_key(|labels| {
                table.slots.push(labels.clone());
                (table.slots.len() - 1) as u32
            });
            if slots.last().is_none_or(|last| last.1 != slot) {
                slots.push((at_s - start_s, slot));
            }
        }
        table.days.push(Day { start_s, slots });
        if table.days.len() == usize::from(days) {
            table.days.push(Day { start_s: end_s, slots: Vec::new() });
        }
        date = next;
    }
    table
}

/// When a day begins: its first moment, where clocks are changed at midnight.
fn midnight(calendar: &Calendar, date: Date) -> Option<u32> {
    let zoned = date.to_zoned_datetime(calendar.zone.clone()).and_then(|day| day.start_of_day()).ok()?;
    u32::try_from(zoned.timestamp().as_second()).ok()
}

/// The moments of a day at which labels may change, in order, with the labels from then on. Between two changes of
/// the clock what the wall shows runs as time does.
fn moments(calendar: &Calendar, plan: &Plan<'_>, date: Date, start_s: u32, end_s: u32) -> Vec<(u32, Labels)> {
    let instant = |s: u32| Timestamp::from_second(i64::from(s)).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut pieces = vec![start_s];
    for change in calendar.zone.following(instant(start_s)) {
        match u32::try_from(change.timestamp().as_second()) {
            Ok(at) if at < end_s => pieces.push(at),
            _ => break,
        }
    }
    pieces.push(end_s);
    let mut moments = Vec::new();
    for piece in pieces.windows(2) {
        let (from_s, to_s) = (piece[0], piece[1]);
        let wall = calendar.zone.to_datetime(instant(from_s));
        let lasts = i64::from(to_s - from_s);
        moments.push((from_s, plan.labels(wall)));
        for cut in plan.cuts(date) {
            let after = (date.to_datetime(cut).duration_since(wall)).as_secs();
            if (1..lasts).contains(&after) {
                let shown = wall.saturating_add(after.seconds());
                moments.push((from_s + after as u32, plan.labels(shown)));
            }
        }
    }
    moments
}
