//! Runs of buses from our own table, for what school routing programs export.

use super::files::{Desk, Files};
use super::place::Point;
use crate::read::rows::Rows;
use std::collections::BTreeMap;
use std::io::Read;

const COLUMNS: [&str; 9] =
    ["route", "run", "stop_sequence", "latitude", "longitude", "time", "riders_on", "riders_off", "vehicle"];

/// A stop of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stop {
    pub point: Point,
    /// Seconds after midnight of the day on which the run begins.
    pub time: u32,
    /// Who gets on and off, where that is known.
    pub riders: Option<(u32, u32)>,
}

/// One way of a vehicle along its stops, on a school day.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub route: String,
    pub vehicle: String,
    pub stops: Vec<Stop>,
}

/// A time as `7:05` or `07:05:30`; after midnight hours go on beyond 24.
pub(super) fn time(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split(':').collect();
    let digits = |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(digits) {
        return None;
    }
    let numbers: Vec<u32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let seconds = numbers.get(2).copied().unwrap_or(0);
    (numbers[0] < 72 && numbers[1] < 60 && seconds < 60)
        .then(|| numbers[0] * 3600 + numbers[1] * 60 + seconds)
}

/// A run as its rows come: line, stop and vehicle by sequence.
#[derive(Default)]
struct Draft {
    vehicle: String,
    stops: BTreeMap<u32, (u64, Stop)>,
}

/// Reads the table.
pub(super) fn read(desk: &mut Desk, files: &mut Files<'_>, file: &str) -> Vec<Run> {
    let Some(mut rows) = desk.open(files, file, None, &COLUMNS, 9) else { return Vec::new() };
    let mut drafts: BTreeMap<(String, String), Draft> = BTreeMap::new();
    let mut read = 0;
    while desk.next(&mut rows, &mut read) {
        let route = desk.need(&rows, 0, "a route");
        let run = desk.need(&rows, 1, "a run");
        let vehicle = desk.need(&rows, 8, "a vehicle");
        let sequence = rows.text(2).parse::<u32>().ok();
        if sequence.is_none() {
            rows.problem(2, "a whole number: stops are in the order of these", &mut desk.problems);
        }
        let stop = stop(&rows, desk);
        let (Some(route), Some(run), Some(vehicle)) = (route, run, vehicle) else { continue };
        let draft = drafts
            .entry((route, run))
            .or_insert_with(|| Draft { vehicle: vehicle.clone(), ..Draft::default() });
        if draft.vehicle != vehicle {
            rows.problem(
                8,
                format!("`{}` as above: a run has one vehicle", draft.vehicle),
                &mut desk.problems,
            );
        }
        let (Some(sequence), Some(stop)) = (sequence, stop) else { continue };
        if draft.stops.insert(sequence, (rows.line(), stop)).is_some() {
            rows.problem(2, "a number that no other stop of the run has", &mut desk.problems);
        }
    }
    drafts.into_iter().map(|((route, run), draft)| finish(desk, file, (route, run), draft)).collect()
}

fn stop<R: Read>(rows: &Rows<R>, desk: &mut Desk) -> Option<Stop> {
    let point = desk.point(rows, 3, 4);
    let at = time(rows.text(5));
    if at.is_none() {
        rows.problem(5, "a time: 7:05 or 07:05:30", &mut desk.problems);
    }
    let mut riders = |column: usize| {
        let riders = rows.text(column).parse::<u32>().ok().filter(|riders| *riders <= 10_000);
        if riders.is_none() {
            rows.problem(column, "riders: a whole number, 0 to 10000", &mut desk.problems);
        }
        riders
    };
    let (on, off) = (riders(6), riders(7));
    Some(Stop { point: point?, time: at?, riders: Some((on?, off?)) })
}

/// A run whose stops are in order; what cannot be is a problem of its line.
fn finish(desk: &mut Desk, file: &str, (route, run): (String, String), draft: Draft) -> Run {
    let (mut before, mut aboard) = (0, 0i64);
    for (line, stop) in draft.stops.values() {
        if stop.time < before {
            desk.problems.push(
                file,
                *line,
                "time",
                "",
                "a time that is not before that of the stop ahead of it",
            );
        }
        before = before.max(stop.time);
        if let Some((on, off)) = stop.riders {
            aboard -= i64::from(off);
            if aboard < 0 {
                let wanted = format!("no more to get off than are on run `{run}` of route `{route}`");
                desk.problems.push(file, *line, "riders_off", &off.to_string(), wanted);
                aboard = 0;
            }
            aboard += i64::from(on);
        }
    }
    Run { route, vehicle: draft.vehicle, stops: draft.stops.into_values().map(|(_, stop)| stop).collect() }
}
