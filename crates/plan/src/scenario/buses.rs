//! Wi-Fi on buses: minutes that students ride, times the share of the way on which the bus has service. And the same bus, parked in the
//! evening where students live: of one vehicle at most one is bought.

use super::choice::{Choice, Shop, over, times};
use super::coverage::{self, Covered, Use};
use super::fields::Fields;
use super::files::Files;
use super::gtfs;
use super::place::Near;
use super::quality::Kind;
use super::routes::{self, Run, Stop};
use crate::MILLION;
use crate::read::rows::Rows;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

const PARKING: [&str; 6] = ["vehicle", "place", "latitude", "longitude", "students", "hours"];
/// Metres between the points of a way that are looked up in the coverage, and at most so many points of a leg.
const STEP: f64 = 200.0;
const MOST_STEPS: f64 = 500.0;

/// `[bus_wifi]` of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    routes: Option<String>,
    gtfs: Option<String>,
    wanted: gtfs::Wanted,
    /// Riders of a run where they are not known, in millionths.
    riders: u64,
    parking: Option<String>,
    coverage: Option<String>,
    carrier: String,
    /// The share of the way with service where there is no file of coverage, in millionths.
    covered: u64,
    /// Metres from home to the stop.
    stop: u64,
    /// Metres from a parked bus.
    parked: u64,
    /// In millionths: how much longer a way is than the great circle, students near a stop who ride, riders who use it.
    detour: u64,
    ride_share: u64,
    used: u64,
    /// Minutes a day that count whole, rides a day, hours a week at a parked bus; in millionths.
    minutes: u64,
    rides: u64,
    hours: u64,
}

impl Settings {
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (routes, gtfs, parking) = (fields.text("routes"), fields.text("gtfs"), fields.text("parking"));
        if routes.is_some() == gtfs.is_some() && (routes.is_some() || parking.is_none()) {
            fields.complain(
                "",
                "either `routes`, our own table, or `gtfs`, a folder or archive; or `parking` alone",
            );
        }
        let wanted = gtfs::Wanted { service: fields.text("service"), routes: fields.texts("gtfs_routes") };
        if gtfs.is_some() {
            fields.needs("riders_per_run");
        }
        let riders = fields.millionths("riders_per_run", 1, 1_000 * MILLION);
        let (coverage, carrier) = (fields.text("coverage"), fields.text("carrier"));
        let covered = fields.share("covered");
        if coverage.is_some() == covered.is_some() {
            fields.complain(
                "",
                "either `coverage`, by H3 cells, with `carrier`, or `covered`, a share of the way",
            );
        }
        if coverage.is_some() && carrier.is_none() {
            fields.complain("carrier", "whose coverage is meant");
        }
        fields.needs("used");
        let used = fields.millionths("used", 1, MILLION);
        Some(Self {
            routes,
            gtfs,
            wanted,
            riders: riders.unwrap_or(MILLION),
            parking,
            coverage,
            carrier: carrier.unwrap_or_default(),
            covered: covered.unwrap_or(MILLION),
            stop: fields.whole("stop_meters", 1, 50_000).unwrap_or(800),
            parked: fields.whole("parked_meters", 1, 1_000).unwrap_or(91),
            detour: fields.millionths("detour", MILLION, 5 * MILLION).unwrap_or(1_300_000),
            ride_share: fields.millionths("ride_share", 1, MILLION).unwrap_or(550_000),
            used: used.unwrap_or(MILLION),
            minutes: fields.millionths("minutes_needed", MILLION, 600 * MILLION).unwrap_or(60 * MILLION),
            rides: fields.millionths("rides_a_day", MILLION, 10 * MILLION).unwrap_or(2 * MILLION),
            hours: fields.millionths("hours_needed", 1, 168 * MILLION).unwrap_or(5 * MILLION),
        })
    }
}

/// An option for each vehicle on its way, and one for each place where it may be parked.
pub(super) fn build(shop: &mut Shop<'_>, files: &mut Files<'_>, settings: &Settings) {
    let runs = match (&settings.routes, &settings.gtfs) {
        (Some(file), _) => routes::read(shop.desk, files, file),
        (None, Some(file)) => gtfs::read(shop.desk, files, file, &settings.wanted),
        (None, None) => Vec::new(),
    };
    let coverage = settings.coverage.as_ref().map(|file| {
        let mut all = coverage::read(shop.desk, files, file);
        let found = all.remove(&(settings.carrier.clone(), Use::InVehicle)).filter(Covered::has_cells);
        if found.is_none() {
            let wanted = format!("H3 cells of the carrier `{}` for the use `in_vehicle`", settings.carrier);
            shop.desk.problems.push(file, 0, "carrier", "", wanted);
        }
        found.unwrap_or_default()
    });
    let mut vehicles: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    for run in runs {
        vehicles.entry(run.vehicle.clone()).or_default().push(run);
    }
    let near = shop.demand.places(Kind::BusRide, shop.desk);
    for (vehicle, runs) in &vehicles {
        if let Some(choice) = ride(shop, settings, (vehicle, runs), coverage.as_ref(), &near) {
            shop.ids.insert(choice.id.clone());
            shop.choices.push(choice);
        }
    }
    let rows = settings.parking.as_ref().and_then(|file| shop.desk.open(files, file, None, &PARKING, 6));
    if let Some(mut rows) = rows {
        let (mut read, mut idle) = (0, BTreeSet::new());
        while shop.desk.next(&mut rows, &mut read) {
            if !vehicles.is_empty() && !vehicles.contains_key(rows.text(0)) {
                idle.insert(rows.text(0).to_owned());
            }
            if let Some(choice) = parked(shop, &rows, settings, &near) {
                shop.add(&rows, choice);
            }
        }
        if !idle.is_empty() {
            let (count, some) = (idle.len(), idle.into_iter().take(3).collect::<Vec<_>>().join(", "));
            let file = settings.parking.as_deref().unwrap_or_default();
            shop.desk.notes.push(format!(
                "{file}: {count} vehicles run no route here ({some}): they may park and ride at once"
            ));
        }
    }
}

/// What the riders of a vehicle have in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Day {
    /// How often somebody gets on.
    pub rides: f64,
    /// Minutes of all riders, and those of them with service.
    pub minutes: f64,
    pub usable: f64,
}

impl Day {
    /// Adds a run: on each leg those aboard times its minutes times the share of it with service.
    pub fn add(&mut self, run: &Run, riders: f64, covered: impl Fn(Stop, Stop) -> f64) {
        // Nobody rides from a stop to nowhere.
        if run.stops.len() < 2 {
            return;
        }
        let last = (run.stops.len() - 1) as f64;
        let known = run.stops.iter().any(|stop| stop.riders.is_some());
        let mut aboard = 0.0;
        self.rides += if known { 0.0 } else { riders };
        for (n, leg) in run.stops.windows(2).enumerate() {
            match leg[0].riders {
                Some((on, off)) => {
                    aboard = (aboard - f64::from(off)).max(0.0) + f64::from(on);
                    self.rides += f64::from(on);
                }
                // Where riders are not known, each pair of stops is as likely: k (n - k) of n (n - 1) / 2 pairs ride on leg k.
                None => {
                    let k = n as f64 + 1.0;
                    aboard = riders * 2.0 * k * (last + 1.0 - k) / (last * (last + 1.0));
                }
            }
            let minutes = aboard * f64::from(leg[1].time.saturating_sub(leg[0].time)) / 60.0;
            self.minutes += minutes;
            self.usable += minutes * covered(leg[0], leg[1]);
        }
    }
}

/// The share of a leg with service.
fn share(covered: &Covered, from: Stop, to: Stop) -> f64 {
    let steps = (from.point.meters(to.point) / STEP).ceil().clamp(1.0, MOST_STEPS) as u32;
    let points = (0..steps).map(|n| from.point.toward(to.point, (f64::from(n) + 0.5) / f64::from(steps)));
    points.filter(|point| covered.holds(*point)).count() as f64 / f64::from(steps)
}

/// The stops at students' homes: on a run to or from school many stops are on one side, and the schools on the other.
fn homes(run: &Run) -> Vec<Stop> {
    let on = |stop: &&Stop| stop.riders.is_some_and(|(on, _)| on > 0);
    let off = |stop: &&Stop| stop.riders.is_some_and(|(_, off)| off > 0);
    let (ons, offs) = (run.stops.iter().filter(on).count(), run.stops.iter().filter(off).count());
    match (ons, offs) {
        (0, 0) => run.stops.clone(),
        _ if ons >= offs => run.stops.iter().filter(on).copied().collect(),
        _ => run.stops.iter().filter(off).copied().collect(),
    }
}

fn ride(
    shop: &mut Shop<'_>,
    settings: &Settings,
    (vehicle, runs): (&str, &[Run]),
    coverage: Option<&Covered>,
    near: &Near,
) -> Option<Choice> {
    let million = MILLION as f64;
    let mut day = Day::default();
    for run in runs {
        day.add(run, settings.riders as f64 / million, |from, to| {
            coverage.map_or(settings.covered as f64 / million, |covered| share(covered, from, to))
        });
    }
    // The day of a student is some rides; minutes and students in millionths, rounded down.
    let students = day.rides / (settings.rides as f64 / million);
    if students <= 0.0 || day.usable <= 0.0 {
        return None;
    }
    let minutes = (day.usable / students * million) as u64;
    let meters = settings.stop as f64 / (settings.detour as f64 / million);
    let mut reached = BTreeSet::new();
    for stop in runs.iter().flat_map(homes) {
        reached.extend(near.within(stop.point, meters).into_iter().map(|(row, _)| row));
    }
    let routes: BTreeSet<&str> = runs.iter().map(|run| run.route.as_str()).collect();
    let routes: Vec<&str> = routes.into_iter().collect();
    let name = format!(
        "{vehicle} on {}: {:.0} students ride, {:.1} minutes a day, {:.1} of them with service",
        routes.join(", "),
        students,
        day.minutes / students,
        day.usable / students
    );
    let mut choice = Choice::new(format!("bus_ride/{vehicle}"), Kind::BusRide, name);
    let enough = over(minutes.min(settings.minutes), settings.minutes);
    let quality = times(shop.quality(Kind::BusRide, settings.used), enough);
    choice.covers = reached.into_iter().map(|row| (row, quality)).collect();
    choice.used = settings.used;
    choice.share = settings.ride_share;
    choice.capacity = Some((students * million) as u64);
    choice.exclusive = format!("bus {vehicle}");
    choice.vendor.clone_from(&settings.carrier);
    fit(shop, &mut choice, vehicle);
    Some(choice)
}

fn fit(shop: &mut Shop<'_>, choice: &mut Choice, vehicle: &str) {
    shop.bill(choice, "bus_equipment", vehicle, MILLION);
    shop.bill(choice, "bus_service", vehicle, MILLION);
}

fn parked<R: Read>(shop: &mut Shop<'_>, rows: &Rows<R>, settings: &Settings, near: &Near) -> Option<Choice> {
    let vehicle = shop.desk.need(rows, 0, "a vehicle");
    let place = shop.desk.need(rows, 1, "a name of the place");
    let point = shop.desk.point(rows, 2, 3);
    let students =
        shop.desk.millionths(rows, 4, 10_000, "students who can use it at once: a number, 0 or more");
    let hours = shop.desk.millionths(rows, 5, 168, "hours a week that it stands there: 0 to 168");
    let (vehicle, place, point) = (vehicle?, place?, point?);
    let mut choice = Choice::new(
        format!("parked_bus/{vehicle}/{place}"),
        Kind::ParkedBus,
        format!("{vehicle} at {place}"),
    );
    choice.point = Some(point);
    choice.used = settings.used;
    choice.capacity = Some(over(times(students?, hours?), settings.hours));
    let quality = shop.quality(Kind::ParkedBus, settings.used);
    choice.covers =
        near.within(point, settings.parked as f64).into_iter().map(|(row, _)| (row, quality)).collect();
    choice.exclusive = format!("bus {vehicle}");
    choice.vendor.clone_from(&settings.carrier);
    fit(shop, &mut choice, &vehicle);
    shop.bill_if_priced(&mut choice, "bus_parking", &vehicle, MILLION);
    Some(choice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Point;

    /// Longitude, minutes, riders on and off.
    type At = (f64, u32, Option<(u32, u32)>);

    fn run(stops: &[At]) -> Run {
        let stops = stops.iter().map(|(longitude, minutes, riders)| Stop {
            point: Point::new(37.0, *longitude).unwrap(),
            time: minutes * 60,
            riders: *riders,
        });
        Run { route: "r".to_owned(), vehicle: "v".to_owned(), stops: stops.collect() }
    }

    #[test]
    fn rider_minutes_are_those_aboard_times_minutes_times_the_share_with_service() {
        let run = run(&[(0.0, 0, Some((2, 0))), (0.1, 10, Some((3, 1))), (0.2, 30, Some((0, 4)))]);
        let mut day = Day::default();
        day.add(&run, 0.0, |from, _| if from.time == 0 { 1.0 } else { 0.25 });
        assert_eq!(day, Day { rides: 5.0, minutes: 2.0 * 10.0 + 4.0 * 20.0, usable: 20.0 + 20.0 });
        assert_eq!(homes(&run).len(), 2);
    }

    #[test]
    fn riders_that_are_not_known_go_from_any_stop_to_any_later_one() {
        // Of three stops a pair in three rides leg 1 alone, one leg 2 alone, one both: two thirds aboard on each.
        let run = run(&[(0.0, 0, None), (0.1, 10, None), (0.2, 20, None)]);
        let mut day = Day::default();
        day.add(&run, 6.0, |_, _| 0.5);
        assert_eq!(day, Day { rides: 6.0, minutes: 80.0, usable: 40.0 });
        assert_eq!(homes(&run).len(), 3);
    }

    #[test]
    fn a_leg_is_covered_for_the_part_of_it_in_cells() {
        let cell = h3o::LatLng::new(37.0, 0.0).unwrap().to_cell(h3o::Resolution::Eight);
        let mut files = |_: &str, _: Option<&str>| -> std::io::Result<Box<dyn Read>> {
            Ok(Box::new(std::io::Cursor::new(format!("carrier,place,use\nA,{cell},in_vehicle\n"))))
        };
        let mut desk = crate::scenario::files::Desk::default();
        let coverage = coverage::read(&mut desk, &mut files, "c.csv");
        let covered = &coverage[&("A".to_owned(), Use::InVehicle)];
        // From the middle of a cell, so that the way's beginning is in it.
        let middle = h3o::LatLng::from(cell);
        let stop = |degrees: f64| Stop {
            point: Point::new(middle.lat(), middle.lng() + degrees).unwrap(),
            time: 0,
            riders: None,
        };
        assert_eq!(share(covered, stop(0.0), stop(0.0001)), 1.0);
        let some = share(covered, stop(0.0), stop(0.1));
        assert!(some > 0.0 && some < 0.2, "{some}");
        assert_eq!(share(covered, stop(1.0), stop(1.1)), 0.0);
    }
}
