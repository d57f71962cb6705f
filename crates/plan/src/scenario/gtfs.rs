//! Runs of buses from GTFS (<https://gtfs.org/documentation/schedule/reference/>): the trips of one service. A trip's block is its vehicle;
//! without one all trips of a route are taken as one vehicle's.

use super::files::{Desk, Files};
use super::place::Point;
use super::routes::{Run, Stop, time};
use crate::read::rows::Others;
use std::collections::{BTreeMap, HashMap};

const STOPS: [&str; 3] = ["stop_id", "stop_lat", "stop_lon"];
const TRIPS: [&str; 4] = ["route_id", "service_id", "trip_id", "block_id"];
const TIMES: [&str; 5] = ["trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time"];

/// Which trips are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The service; that with the most trips when it is not said.
    pub service: Option<String>,
    /// The routes; all when they are not said.
    pub routes: Option<Vec<String>>,
}

struct Trip {
    route: String,
    vehicle: String,
    /// Line, place and time, by the stop's number.
    stops: BTreeMap<u32, (u64, Point, Option<u32>)>,
}

/// Reads a folder or archive.
pub(super) fn read(desk: &mut Desk, files: &mut Files<'_>, file: &str, wanted: &Wanted) -> Vec<Run> {
    let stops = stops(desk, files, file);
    let mut trips = trips(desk, files, file, wanted);
    let Some(mut rows) = desk.open_with(files, (file, Some("stop_times.txt")), &TIMES, 5, Others::Passed)
    else {
        return Vec::new();
    };
    let mut read = 0;
    while desk.next(&mut rows, &mut read) {
        let Some(trip) = trips.get_mut(rows.text(0)) else { continue };
        let stop = stops.get(rows.text(1)).copied();
        if stop.is_none() {
            rows.problem(1, "a stop that stops.txt has, with its place", &mut desk.problems);
        }
        let sequence = rows.text(2).parse::<u32>().ok();
        if sequence.is_none() {
            rows.problem(2, "a whole number", &mut desk.problems);
        }
        // Stops between those with a time may have none.
        let text = Some(rows.text(4)).filter(|text| !text.is_empty()).unwrap_or(rows.text(3));
        let at = time(text);
        if at.is_none() && !text.is_empty() {
            rows.problem(4, "a time as 07:05:00", &mut desk.problems);
        }
        let (Some(stop), Some(sequence)) = (stop, sequence) else { continue };
        if trip.stops.insert(sequence, (rows.line(), stop, at)).is_some() {
            rows.problem(2, "a number that no other stop of the trip has", &mut desk.problems);
        }
    }
    let name = format!("{file}/stop_times.txt");
    trips.into_values().filter_map(|trip| finish(desk, &name, trip)).collect()
}

fn stops(desk: &mut Desk, files: &mut Files<'_>, file: &str) -> HashMap<String, Point> {
    let mut stops = HashMap::new();
    let Some(mut rows) = desk.open_with(files, (file, Some("stops.txt")), &STOPS, 3, Others::Passed) else {
        return stops;
    };
    let mut read = 0;
    while desk.next(&mut rows, &mut read) {
        let id = desk.need(&rows, 0, "a stop");
        // Entrances and the like need no place; a trip that stops there will say so.
        if rows.text(1).is_empty() && rows.text(2).is_empty() {
            continue;
        }
        if let (Some(id), Some(point)) = (id, desk.point(&rows, 1, 2))
            && stops.insert(id, point).is_some()
        {
            rows.problem(0, "a stop that no row above has", &mut desk.problems);
        }
    }
    stops
}

fn trips(desk: &mut Desk, files: &mut Files<'_>, file: &str, wanted: &Wanted) -> BTreeMap<String, Trip> {
    let mut services: BTreeMap<String, BTreeMap<String, Trip>> = BTreeMap::new();
    let Some(mut rows) = desk.open_with(files, (file, Some("trips.txt")), &TRIPS, 3, Others::Passed) else {
        return BTreeMap::new();
    };
    let mut read = 0;
    while desk.next(&mut rows, &mut read) {
        let (route, id) = (rows.text(0).to_owned(), desk.need(&rows, 2, "a trip"));
        let taken = wanted.routes.as_ref().is_none_or(|routes| routes.contains(&route));
        let Some(id) = id.filter(|_| taken) else { continue };
        let block = Some(rows.text(3)).filter(|block| !block.is_empty());
        let vehicle = block.map_or_else(|| format!("route {route}"), str::to_owned);
        let trip = Trip { route, vehicle, stops: BTreeMap::new() };
        if services.entry(rows.text(1).to_owned()).or_default().insert(id, trip).is_some() {
            rows.problem(2, "a trip that no row above has", &mut desk.problems);
        }
    }
    let most = services
        .iter()
        .max_by(|a, b| a.1.len().cmp(&b.1.len()).then(b.0.cmp(a.0)))
        .map(|most| most.0.clone());
    let service = wanted.service.clone().or(most);
    match service.and_then(|service| services.remove(&service)) {
        Some(trips) => trips,
        None => {
            let said = wanted.service.as_deref().unwrap_or("");
            let name = format!("{file}/trips.txt");
            desk.problems.push(
                &name,
                0,
                "service_id",
                said,
                "trips of this service and of the routes that are wanted",
            );
            BTreeMap::new()
        }
    }
}

/// A run; the times of stops that have none lie evenly between their neighbours'.
fn finish(desk: &mut Desk, file: &str, trip: Trip) -> Option<Run> {
    let rows: Vec<(u64, Point, Option<u32>)> = trip.stops.into_values().collect();
    let (first, last) = (rows.first()?, rows.last()?);
    for (line, _, time) in [first, last] {
        if time.is_none() {
            desk.problems.push(
                file,
                *line,
                "departure_time",
                "",
                "a time at the first and the last stop of a trip",
            );
        }
    }
    let mut stops: Vec<Stop> = Vec::new();
    let mut known = (0, first.2?);
    last.2?;
    for (n, (line, _, time)) in rows.iter().enumerate() {
        let Some(time) = *time else { continue };
        if time < known.1 {
            desk.problems.push(
                file,
                *line,
                "departure_time",
                "",
                "a time that is not before that of the stop ahead of it",
            );
            return None;
        }
        for (at, row) in rows.iter().enumerate().take(n).skip(known.0 + 1) {
            let part = (time - known.1) * (at - known.0) as u32 / (n - known.0) as u32;
            stops.push(Stop { point: row.1, time: known.1 + part, riders: None });
        }
        stops.push(Stop { point: rows[n].1, time, riders: None });
        known = (n, time);
    }
    Some(Run { route: trip.route, vehicle: trip.vehicle, stops })
}
