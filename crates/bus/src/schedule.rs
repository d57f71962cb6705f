//! When the Wi-Fi is on: at its hours while the bus is on its way, never while it is parked at the depot, and where a parked bus
//! serves a neighbourhood, at the hours of that place.

use crate::facts::Position;
use std::str::FromStr;

/// The earth's mean radius, m (IUGG).
const EARTH_M: f64 = 6_371_008.8;
/// Slower than this a bus stands, km/h.
const STANDS_KMH: f64 = 5.0;
/// A bus that stands so long is parked, s: longer than a red light or a stop.
const PARKED_S: u64 = 300;
/// A position that is older is not known any more, s.
const OLD_S: u64 = 600;

/// The great-circle distance of two places by the haversine formula, m.
fn distance_m(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (lat1, lat2) = (one.0.to_radians(), other.0.to_radians());
    let (dlat, dlon) = (lat2 - lat1, (other.1 - one.1).to_radians());
    let a = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * EARTH_M * a.sqrt().min(1.0).asin()
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Hours of days of the week: `mon-fri 06:30-09:00`. It ends before the last minute, and does not pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Days of the week, Monday first.
    days: [bool; 7],
    from: u32,
    to: u32,
}

impl Hours {
    fn has(&self, (day, minute): (usize, u32)) -> bool {
        self.days.get(day) == Some(&true) && (self.from..self.to).contains(&minute)
    }
}

impl FromStr for Hours {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (days, hours) = text.trim().split_once(' ').ok_or(())?;
        let day = |name: &str| DAYS.iter().position(|day| *day == name).ok_or(());
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        let minute = |text: &str| {
            let (hour, minute) =
                text.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2).ok_or(())?;
            let (hour, minute): (u32, u32) = (hour.parse().map_err(|_| ())?, minute.parse().map_err(|_| ())?);
            if minute < 60 && (hour < 24 || hour == 24 && minute == 0) {
                Ok(hour * 60 + minute)
            } else {
                Err(())
            }
        };
        let (from, to) = hours.trim().split_once('-').ok_or(())?;
        let (from, to) = (minute(from)?, minute(to)?);
        if first > last || from >= to {
            return Err(());
        }
        Ok(Self { days: std::array::from_fn(|n| (first..=last).contains(&n)), from, to })
    }
}

/// A place: `36.1,-78.2 150`, degrees and a radius in m; for a neighbourhood its hours after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    lat: f64,
    lon: f64,
    radius_m: f64,
    hours: Option<Hours>,
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.trim().splitn(3, ' ');
        let (lat, lon) = words.next().and_then(|at| at.split_once(',')).ok_or(())?;
        let number =
            |text: &str, most: f64| text.parse().ok().filter(|value: &f64| value.abs() <= most).ok_or(());
        let radius_m =
            number(words.next().ok_or(())?, 50_000.0).and_then(|m| if m > 0.0 { Ok(m) } else { Err(()) })?;
        let hours = words.next().map(str::parse).transpose()?;
        Ok(Self { lat: number(lat, 90.0)?, lon: number(lon, 180.0)?, radius_m, hours })
    }
}

impl Place {
    fn has(&self, position: &Position) -> bool {
        distance_m((self.lat, self.lon), (position.lat, position.lon)) <= self.radius_m
    }

    /// Whether it has hours.
    pub fn has_hours(&self) -> bool {
        self.hours.is_some()
    }
}

/// The schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// When it is on, on the way; always when there are none.
    pub hours: Vec<Hours>,
    /// Where it is off when parked.
    pub depots: Vec<Place>,
    /// Where it is on when parked, at their hours.
    pub neighbourhoods: Vec<Place>,
}

/// Where the bus is, and since when it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Whereabouts {
    position: Option<(Position, u64)>,
    stands_since_s: Option<u64>,
}

impl Whereabouts {
    /// Takes a position; `now_s` are seconds since the program began.
    pub fn take(&mut self, position: Position, now_s: u64) {
        let moves = match (position.speed_kmh, self.position) {
            (Some(speed), _) => speed >= STANDS_KMH,
            (None, Some((before, at_s))) => {
                let metres = distance_m((before.lat, before.lon), (position.lat, position.lon));
                let seconds = now_s.saturating_sub(at_s).max(1) as f64;
                metres / seconds * 3.6 >= STANDS_KMH
            }
            (None, None) => false,
        };
        self.stands_since_s = if moves { None } else { self.stands_since_s.or(Some(now_s)) };
        self.position = Some((position, now_s));
    }

    /// Where it is parked.
    fn parked(&self, now_s: u64) -> Option<&Position> {
        let (position, at_s) = self.position.as_ref()?;
        let since_s = self.stands_since_s?;
        // A receiver that is off with the ignition says nothing more: then the bus stands where it stood.
        let silent = now_s.saturating_sub(*at_s) > OLD_S;
        (silent || now_s.saturating_sub(since_s) >= PARKED_S).then_some(position)
    }
}

impl Schedule {
    /// Whether the Wi-Fi is on. `local` is the day of the week, Monday is 0, and the minute of the day; `None` while the time is not
    /// known: hours do not count then, for a child on the road is better served than not.
    pub fn is_on(&self, whereabouts: &Whereabouts, local: Option<(usize, u32)>, now_s: u64) -> bool {
        let within = |hours: &Hours| local.is_none_or(|local| hours.has(local));
        if let Some(position) = whereabouts.parked(now_s) {
            if let Some(place) = self.neighbourhoods.iter().find(|place| place.has(position)) {
                return place.hours.as_ref().is_none_or(within);
            }
            if self.depots.iter().any(|depot| depot.has(position)) {
                return false;
            }
        }
        self.hours.is_empty() || self.hours.iter().any(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64, speed_kmh: Option<f64>) -> Position {
        Position { lat, lon, speed_kmh, course: None, satellites: None }
    }

    fn schedule() -> Schedule {
        Schedule {
            hours: vec![
                "mon-fri 06:00-09:00".parse().expect("hours"),
                "mon-fri 14:00-18:00".parse().expect("hours"),
            ],
            depots: vec!["36.0,-78.0 200".parse().expect("a place")],
            neighbourhoods: vec!["36.1,-78.1 200 mon-sun 18:00-22:00".parse().expect("a place")],
        }
    }

    #[test]
    fn the_distance_of_two_known_places() {
        // A degree of a meridian: the radius times pi / 180.
        assert!((distance_m((0.0, 0.0), (1.0, 0.0)) - 111_195.079_7).abs() < 0.01);
        assert!((distance_m((36.12, -86.67), (33.94, -118.40)) - 2_886_448.0).abs() < 50.0);
        assert_eq!(distance_m((36.0, -78.0), (36.0, -78.0)), 0.0);
    }

    #[test]
    fn off_at_the_depot_and_on_in_the_neighbourhood() {
        let (schedule, mut bus) = (schedule(), Whereabouts::default());
        let (morning, evening, saturday) = (Some((0, 7 * 60)), Some((0, 19 * 60)), Some((5, 7 * 60)));
        assert!(schedule.is_on(&bus, morning, 0) && !schedule.is_on(&bus, saturday, 0));
        assert!(
            !schedule.is_on(&bus, Some((0, 9 * 60)), 0) && schedule.is_on(&bus, Some((0, 9 * 60 - 1)), 0)
        );
        assert!(schedule.is_on(&bus, None, 0), "the time is not known");
        // It stands at the depot: after five minutes it is parked.
        bus.take(at(36.001, -78.0, Some(0.4)), 100);
        assert!(schedule.is_on(&bus, morning, 399) && !schedule.is_on(&bus, morning, 400));
        assert!(!schedule.is_on(&bus, None, 400));
        bus.take(at(36.001, -78.0, Some(20.0)), 500);
        assert!(schedule.is_on(&bus, morning, 501));
        // In the neighbourhood, also when the receiver is off with the ignition.
        bus.take(at(36.1, -78.1, None), 2_000);
        bus.take(at(36.1, -78.1, None), 2_010);
        assert!(!schedule.is_on(&bus, evening, 2_020) && schedule.is_on(&bus, evening, 9_000));
        assert!(
            !schedule.is_on(&bus, morning, 9_000)
                && schedule.is_on(&bus, saturday.map(|_| (5, 19 * 60)), 9_000)
        );
        // Parked elsewhere, the hours count.
        bus.take(at(36.2, -78.1, Some(0.0)), 10_000);
        assert!(schedule.is_on(&bus, morning, 20_000) && !schedule.is_on(&bus, evening, 20_000));
    }

    #[test]
    fn hours_and_places_are_read_strictly() {
        for text in ["mon-fri 06:00-09:00", "sat 00:00-24:00"] {
            assert!(text.parse::<Hours>().is_ok(), "{text}");
        }
        for text in [
            "",
            "mon",
            "fri-mon 06:00-09:00",
            "mon 9:00-10:00",
            "mon 10:00-09:00",
            "mon 10:00-24:01",
            "may 10:00-11:00",
        ] {
            assert_eq!(text.parse::<Hours>(), Err(()), "{text}");
        }
        assert!("36.1,-78.2 150".parse::<Place>().is_ok_and(|place| !place.has_hours()));
        for text in
            ["36.1 -78.2 150", "91,0 5", "36.1,-78.2 0", "36.1,-78.2 NaN", "36.1,-78.2", "36.1,-78.2 5 never"]
        {
            assert_eq!(text.parse::<Place>(), Err(()), "{text}");
        }
    }
}
