//! Sessions: what access points report becomes facts without names, and the count of what riders used.

use crate::facts::{Fact, Point, Session};
use crate::keyed::{Key, hex};
use crate::passes::{Rider, hardware};
use crate::radius::dynamic::Known;
use crate::radius::{Phase, Report, rider_of_class};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

/// Sessions that are known, at most: the access points of a bus have some 128 each.
const MOST: usize = 4_096;
/// By how much the clocks of an access point and ours may differ in a report.
const SLACK_S: u64 = 5;
/// A session without a report for so long is over.
const SILENT_S: u64 = 3_600;
/// NAS Reboot, RFC 2866, section 5.10.
const REBOOT: u32 = 11;

/// A session that is going on.
#[derive(Clone, Debug)]
struct Open {
    known: Known,
    from: IpAddr,
    rider: Option<Rider>,
    who: String,
    address: Option<Ipv4Addr>,
    generation: u32,
    seconds: u32,
    up: u64,
    down: u64,
    /// When the latest report was made, seconds since the program began.
    at_s: u64,
    heard_s: u64,
    ended: bool,
}

/// What a report changes.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// What is to be recorded.
    pub facts: Vec<Fact>,
    /// What a rider used since the last report: seconds, octets.
    pub used: Option<(Rider, u64, u64)>,
}

/// A session, for who wants to end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its access point's address.
    pub from: IpAddr,
    /// The session there.
    pub known: Known,
    /// Whose it is.
    pub rider: Option<Rider>,
}

/// All sessions that are going on.
pub struct Sessions {
    key: Key,
    open: HashMap<[u8; 16], Open>,
}

impl Sessions {
    /// None yet.
    pub fn new(key: Key) -> Self {
        Self { key, open: HashMap::new() }
    }

    /// How many are going on.
    pub fn count(&self) -> u32 {
        self.open.values().filter(|open| !open.ended).count() as u32
    }

    /// The session of the device with this address.
    pub fn at(&self, address: IpAddr) -> Option<Found> {
        let IpAddr::V4(address) = address.to_canonical() else { return None };
        let mut own = self.open.values().filter(|open| open.address == Some(address) && !open.ended);
        own.next().map(Open::found)
    }

    /// The sessions of a rider, or of everybody.
    pub fn of(&self, rider: Option<Rider>) -> Vec<Found> {
        let own = self.open.values().filter(|open| !open.ended && (rider.is_none() || open.rider == rider));
        own.map(Open::found).collect()
    }

    /// The rider's pseudonym of a day; by outside logins the name stands for the rider. It is never recorded itself.
    fn who(&self, rider: Option<Rider>, user: &[u8], day: &[u8]) -> String {
        let of = match &rider {
            Some(rider) => &rider[..],
            None => user,
        };
        let kind: &[u8] = if rider.is_some() { b"rider" } else { b"user" };
        hex(&self.key.short::<8>("day", &[kind, of, day]))
    }

    /// Takes a report. `day` names the day for pseudonyms; `now_s` are seconds since the program began.
    pub fn take(&mut self, report: &Report, day: &[u8], now_s: u64) -> Changes {
        self.forget(now_s);
        if matches!(report.phase, Phase::On | Phase::Off) {
            return self.restarted(report.from);
        }
        let name = [report.access_point.as_bytes(), &report.session[..], &report.station[..]];
        let place = self.key.short("place", &name);
        let rider = report.class.as_deref().and_then(rider_of_class);
        // Both may lie before the program began.
        let at_s = now_s.saturating_sub(report.ago_s.into());
        let began_s = at_s.saturating_sub(report.seconds.into());
        let before = self.open.get(&place);
        let generation = match before {
            // Access points that start anew give the same names again.
            Some(open) if began_s > open.at_s + SLACK_S => open.generation + 1,
            Some(open) => open.generation,
            None => 0,
        };
        let before = before.filter(|open| open.generation == generation);
        let who = before.map_or_else(|| self.who(rider, &report.user, day), |open| open.who.clone());
        let (seconds, up, down) = before.map_or((0, 0, 0), |open| (open.seconds, open.up, open.down));
        let used = (
            u64::from(report.seconds.saturating_sub(seconds)),
            report.up.saturating_sub(up).saturating_add(report.down.saturating_sub(down)),
        );
        let name = [name[0], name[1], name[2], &generation.to_be_bytes()];
        let fact = Session {
            session: hex(&self.key.short::<8>("session", &name)),
            who: who.clone(),
            point: match report.phase {
                Phase::Start => Point::Start,
                Phase::Stop => Point::Stop,
                _ => Point::Interim,
            },
            seconds: report.seconds,
            up: report.up,
            down: report.down,
            ago_s: report.ago_s,
            cause: report.cause,
        };
        let open = Open {
            known: Known {
                session: report.session.clone(),
                station: report.station.clone(),
                access_point: report.access_point.clone(),
            },
            from: report.from,
            rider: rider.or(before.and_then(|open| open.rider)),
            who,
            address: report.address.map(Ipv4Addr::from).or(before.and_then(|open| open.address)),
            generation,
            seconds: report.seconds.max(seconds),
            up: report.up.max(up),
            down: report.down.max(down),
            at_s: at_s.max(before.map_or(0, |open| open.at_s)),
            heard_s: now_s,
            // An old report that comes late does not begin it anew.
            ended: report.phase == Phase::Stop || before.is_some_and(|open| open.ended),
        };
        let rider = open.rider;
        if self.open.len() < MOST || self.open.contains_key(&place) {
            self.open.insert(place, open);
        }
        let used = rider.filter(|_| used != (0, 0)).map(|rider| (rider, used.0, used.1));
        Changes { facts: vec![Fact::Session(fact)], used }
    }

    /// The sessions of an access point that begins anew are over.
    fn restarted(&mut self, from: IpAddr) -> Changes {
        let mut facts = Vec::new();
        for open in self.open.values_mut().filter(|open| open.from == from && !open.ended) {
            open.ended = true;
            let known = &open.known;
            let generation = open.generation.to_be_bytes();
            let name = [known.access_point.as_bytes(), &known.session, &known.station, &generation];
            facts.push(Fact::Session(Session {
                session: hex(&self.key.short::<8>("session", &name)),
                who: open.who.clone(),
                point: Point::Stop,
                seconds: open.seconds,
                up: open.up,
                down: open.down,
                ago_s: 0,
                cause: Some(REBOOT),
            }));
        }
        Changes { facts, used: None }
    }

    fn forget(&mut self, now_s: u64) {
        if self.open.len() * 2 > MOST {
            self.open.retain(|_, open| !open.ended && now_s.saturating_sub(open.heard_s) < SILENT_S);
        }
    }
}

impl Open {
    fn found(&self) -> Found {
        Found { from: self.from, known: self.known.clone(), rider: self.rider }
    }
}

impl Found {
    /// The device's hardware address.
    pub fn hardware(&self) -> Option<[u8; 6]> {
        hardware(&self.known.station)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Total;
    use proptest::prelude::*;

    fn report(phase: Phase, session: &str, seconds: u32, up: u64) -> Report {
        Report {
            phase,
            access_point: "bus-7".to_owned(),
            from: [10, 0, 0, 1].into(),
            session: session.as_bytes().to_vec(),
            station: b"02-00-00-00-00-0A".to_vec(),
            address: Some([10, 0, 0, 9]),
            class: Some(vec![1, 7, 7, 7, 7, 7, 7, 7, 7]),
            user: b"nemo".to_vec(),
            seconds,
            up,
            down: 0,
            ago_s: 0,
            cause: None,
        }
    }

    fn session(changes: &Changes) -> &Session {
        let [Fact::Session(session)] = &changes.facts[..] else { panic!("{changes:?}") };
        session
    }

    #[test]
    fn a_fact_has_no_name_and_a_day_no_tomorrow() {
        let mut sessions = Sessions::new(Key::new([1; 32]));
        let first = sessions.take(&report(Phase::Start, "1", 0, 0), b"20000", 100);
        let text = format!("{first:?}");
        for name in ["nemo", "02-00", "0A", "bus-7", "10.0.0"] {
            assert!(!text.contains(name), "{text}");
        }
        let other = sessions.take(&report(Phase::Start, "2", 0, 0), b"20000", 200);
        assert_eq!(session(&other).who, session(&first).who);
        assert_ne!(session(&other).session, session(&first).session);
        let tomorrow = sessions.take(&report(Phase::Start, "3", 0, 0), b"20001", 300);
        assert_ne!(session(&tomorrow).who, session(&first).who);
        // A session keeps its own past midnight.
        let later = sessions.take(&report(Phase::Interim, "1", 200, 0), b"20001", 300);
        assert_eq!(session(&later).who, session(&first).who);
    }

    #[test]
    fn use_is_counted_once_and_names_that_come_again_are_other_sessions() {
        let mut sessions = Sessions::new(Key::new([1; 32]));
        let rider = [7; 8];
        sessions.take(&report(Phase::Start, "1", 0, 0), b"", 100);
        let first = sessions.take(&report(Phase::Interim, "1", 60, 500), b"", 160);
        assert_eq!(first.used, Some((rider, 60, 500)));
        let again = sessions.take(&report(Phase::Interim, "1", 60, 500), b"", 161);
        assert_eq!(again.used, None);
        let late = sessions.take(&Report { ago_s: 90, ..report(Phase::Interim, "1", 10, 50) }, b"", 200);
        assert_eq!((late.used, &session(&late).session), (None, &session(&first).session));
        assert_eq!(sessions.at([10, 0, 0, 9].into()).and_then(|found| found.rider), Some(rider));
        let stop = sessions.take(&report(Phase::Stop, "1", 120, 900), b"", 220);
        assert_eq!((stop.used, sessions.count()), (Some((rider, 60, 400)), 0));
        assert_eq!(sessions.at([10, 0, 0, 9].into()), None);
        // The access point starts anew and begins to count from 1.
        let other = sessions.take(&report(Phase::Start, "1", 0, 0), b"", 400);
        assert_ne!(session(&other).session, session(&first).session);
        assert_eq!(sessions.count(), 1);
        let more = sessions.take(&report(Phase::Interim, "1", 60, 30), b"", 460);
        assert_eq!((more.used, &session(&more).session), (Some((rider, 60, 30)), &session(&other).session));
        let ended = sessions.take(&report(Phase::On, "", 0, 0), b"", 500);
        assert_eq!((session(&ended).cause, session(&ended).up, sessions.count()), (Some(11), 30, 0));
    }

    proptest! {
        #[test]
        fn reports_in_any_order_and_number_make_one_sum(
            order in proptest::collection::vec((0_usize..20, 0_u32..40), 1..60),
        ) {
            // A session of 20 minutes that ends at second 5,000; each report comes late by so much.
            let mut sessions = Sessions::new(Key::new([1; 32]));
            let (mut totals, mut used) = (HashMap::<String, Total>::new(), 0);
            for (minute, late_s) in &order {
                let at_s = 3_800 + *minute as u64 * 60;
                let report = Report {
                    ago_s: (5_000 + u64::from(*late_s) - at_s) as u32,
                    ..report(Phase::Interim, "1", *minute as u32 * 60, *minute as u64 * 1_000)
                };
                let changes = sessions.take(&report, b"", 5_000 + u64::from(*late_s));
                totals.entry(session(&changes).session.clone()).or_default().add(session(&changes));
                used += changes.used.map_or(0, |(_, _, octets)| octets);
            }
            let most = order.iter().map(|(minute, _)| *minute as u64 * 1_000).max().unwrap_or(0);
            prop_assert_eq!(totals.len(), 1);
            prop_assert_eq!(totals.values().map(|total| total.up).sum::<u64>(), most);
            prop_assert_eq!(used, most);
        }
    }
}
