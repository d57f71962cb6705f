use super::*;
use crate::{Builder, InForce, PolicyId, Regime, SecretKey, Snapshot};
use jiff::civil::{date, time};
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

fn period(name: &str, from: Time, to: Time) -> Period {
    Period { name: name.to_owned(), from, to, lesson: name != "lunch" }
}

/// A school with A and B days, a late start, an early release, a Saturday with school, holidays, two windows an evening,
/// one over midnight, and one that clocks jump over in spring and meet twice in autumn.
fn school(zone: &str) -> Calendar {
    let weekdays =
        vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let at = |hour, minute| time(hour, minute, 0, 0);
    let window = |name: &str, from, to, weekdays: &[Weekday], school| Window {
        name: name.to_owned(),
        from,
        to,
        weekdays: weekdays.to_vec(),
        school,
    };
    Calendar {
        name: "elm".to_owned(),
        zone: TimeZoneDatabase::bundled().get(zone).expect(zone),
        first_day: date(2026, 8, 24),
        last_day: date(2027, 6, 11),
        weekdays,
        holidays: vec![(date(2026, 11, 26), date(2026, 11, 27)), (date(2026, 12, 21), date(2027, 1, 1))],
        rotation: vec!["A".to_owned(), "B".to_owned()],
        bells: vec![
            Bell {
                name: "regular".to_owned(),
                days: Vec::new(),
                periods: vec![
                    period("1", at(8, 0), at(9, 30)),
                    period("lunch", at(11, 45), at(12, 30)),
                    period("2", at(12, 30), at(14, 45)),
                ],
            },
            Bell {
                name: "late start".to_owned(),
                days: vec![BellDay::On(Weekday::Wednesday)],
                periods: vec![period("1", at(10, 0), at(11, 0)), period("2", at(11, 5), at(14, 45))],
            },
            Bell {
                name: "B day".to_owned(),
                days: vec![BellDay::Turn("B".to_owned())],
                periods: vec![period("3", at(8, 0), at(10, 0)), period("4", at(9, 0), at(14, 45))],
            },
            Bell {
                name: "early release".to_owned(),
                days: vec![BellDay::Turn("none".to_owned())],
                periods: vec![period("1", at(8, 0), at(11, 0))],
            },
        ],
        changes: vec![
            Change { date: date(2026, 10, 14), bell: Some("early release".to_owned()), ..Change::default() },
            Change { date: date(2026, 10, 17), school: Some(true), ..Change::default() },
            Change { date: date(2026, 11, 3), school: Some(false), ..Change::default() },
            Change { date: date(2026, 11, 4), turn: Some("A".to_owned()), ..Change::default() },
        ],
        windows: vec![
            window("night", at(21, 0), at(6, 0), &[], Some(true)),
            window("homework", at(16, 0), at(18, 0), &[], Some(true)),
            window("homework", at(19, 0), at(20, 0), &[Weekday::Sunday], None),
            window("weekend", at(17, 0), at(17, 0), &[Weekday::Friday, Weekday::Saturday], None),
            window("small hours", at(1, 15), at(2, 45), &[], None),
        ],
    }
}

/// The labels of one minute, worked out anew from the calendar's words for each minute.
struct Minute<'a> {
    calendar: &'a Calendar,
    day: Date,
    now: Time,
}

impl Minute<'_> {
    fn is_school(&self, day: Date) -> bool {
        let c = self.calendar;
        if day < c.first_day || day > c.last_day {
            return false;
        }
        for change in &c.changes {
            if let (true, Some(school)) = (change.date == day, change.school) {
                return school;
            }
        }
        let off = c.holidays.iter().any(|(from, to)| *from <= day && day <= *to);
        c.weekdays.contains(&day.weekday()) && !off
    }

    /// Counts the school days before this one.
    fn turn(&self, counted: &mut Vec<Date>) -> String {
        if let Some(change) = self.calendar.changes.iter().find(|c| c.date == self.day && c.turn.is_some()) {
            return change.turn.clone().expect("a turn");
        }
        if counted.is_empty() {
            let all = self.calendar.first_day.series(1.day()).take_while(|d| *d <= self.calendar.last_day);
            counted.extend(all.filter(|d| self.is_school(*d)));
        }
        let before = counted.iter().filter(|d| **d < self.day).count();
        ["A", "B"][before % 2].to_owned()
    }

    fn bell(&self, turn: &str) -> &Bell {
        let named = |name: &str| self.calendar.bells.iter().find(|b| b.name == name).expect(name);
        if let Some(name) =
            self.calendar.changes.iter().find_map(|c| c.bell.clone().filter(|_| c.date == self.day))
        {
            return named(&name);
        }
        match (self.day.weekday(), turn) {
            (Weekday::Wednesday, _) => named("late start"),
            (_, "B") => named("B day"),
            _ => named("regular"),
        }
    }

    fn labels(&self, counted: &mut Vec<Date>) -> Labels {
        let mut labels = Labels::new();
        if self.is_school(self.day) {
            let turn = self.turn(counted);
            let bell = self.bell(&turn);
            labels.extend([SCHOOL_DAY.to_owned(), turn]);
            let (mut any_before, mut any_after) = (false, false);
            for period in &bell.periods {
                any_before |= period.from <= self.now;
                any_after |= self.now < period.to;
                if period.from <= self.now && self.now < period.to {
                    labels.insert(period.name.clone());
                    labels.extend(period.lesson.then(|| LESSON.to_owned()));
                }
            }
            labels.extend((any_before && any_after).then(|| AT_SCHOOL.to_owned()));
        } else {
            labels.insert(NO_SCHOOL.to_owned());
        }
        for w in &self.calendar.windows {
            // Walk through the window's own minutes of yesterday and today.
            for day in [self.day.yesterday().expect("a day"), self.day] {
                let on = w.weekdays.is_empty() || w.weekdays.contains(&day.weekday());
                if !on || w.school.is_some_and(|s| s != self.is_school(day)) {
                    continue;
                }
                let start = day.to_datetime(w.from);
                let end_day = if w.to > w.from { day } else { day.tomorrow().expect("a day") };
                let now = self.day.to_datetime(self.now);
                if start <= now && now < end_day.to_datetime(w.to) {
                    labels.insert(w.name.clone());
                }
            }
        }
        labels
    }
}

/// Every minute of a year and more, in a zone with two changes of the clock and in one that changes at midnight.
#[test]
fn every_minute_of_a_year_is_as_the_words_say() {
    for zone in ["America/New_York", "America/Havana", "America/Phoenix"] {
        let calendar = school(zone);
        let (first, days) = (date(2026, 8, 1), 380);
        let table = timetable(&calendar, first, days);
        assert_eq!(table.days.len(), usize::from(days) + 1);
        // Through a snapshot: one regime for each slot, told apart by what it blocks.
        let mut b = Builder::new([5; 16]);
        let regimes: Vec<u32> = (0..table.slots.len())
            .map(|n| b.regime(Regime { blocked: n as u128 + 1, ..Regime::default() }, &[]))
            .collect();
        let outside = b.regime(Regime::default(), &[]);
        let number = b.timetable(&table.days);
        b.policy("default", outside);
        let policy = b.scheduled_policy("elm", number, &regimes, outside);
        let key = SecretKey::from_seed(&[5; 32]);
        let bytes = b.finish(0, table.days.last().expect("a day").start_s, &key).expect("a snapshot");
        let snapshot = Snapshot::open(bytes, &key.public()).expect("a snapshot");
        let view = snapshot.view();
        let (start_s, end_s) = (table.days[0].start_s, table.days[usize::from(days)].start_s);
        let mut in_force = InForce::at(&view, start_s - 60);
        assert_eq!(in_force.of(policy), (outside, 60));
        let (mut counted, mut holds_until, mut last) = (Vec::new(), start_s, None);
        for now_s in (start_s..end_s).step_by(60) {
            let wall = calendar.zone.to_datetime(Timestamp::from_second(i64::from(now_s)).expect("a moment"));
            let minute = Minute { calendar: &calendar, day: wall.date(), now: wall.time() };
            let wanted = minute.labels(&mut counted);
            in_force = in_force.tick(&view, now_s);
            let (regime, seconds) = in_force.of(policy);
            let slot = regimes.iter().position(|r| *r == regime).expect("a slot");
            assert_eq!(table.slots[slot], wanted, "{zone} {wall}");
            // What holds may change only at the moment that was said before.
            if last.is_some_and(|last| last != slot) {
                assert_eq!(holds_until, now_s, "{zone} {wall}");
            }
            (holds_until, last) = (now_s + seconds, Some(slot));
        }
        assert_eq!(in_force.tick(&view, end_s).of(policy).0, outside);
        assert_eq!(in_force.of(PolicyId(0)).0, outside);
    }
}

#[test]
fn many_days_share_a_pattern() {
    let calendar = school("America/New_York");
    let table = timetable(&calendar, date(2026, 8, 1), 380);
    let patterns: std::collections::HashSet<_> = table.days.iter().map(|d| d.slots.clone()).collect();
    assert!(patterns.len() < 40, "{}", patterns.len());
}

/// When each slot of a timetable begins, in order.
fn beginnings(table: &Timetable) -> Vec<(u32, u32)> {
    let of_day = |day: &crate::Day| {
        let start_s = day.start_s;
        day.slots.iter().map(move |(offset, slot)| (start_s + offset, *slot)).collect::<Vec<_>>()
    };
    table.days.iter().flat_map(of_day).collect()
}

proptest! {
    /// Whatever bells and windows there are, what is laid out is what the plan says at each quarter of an hour.
    #[test]
    fn any_calendar_is_laid_out_as_planned(times in proptest::collection::vec((0i8..24, 0i8..60, 0i8..24, 0i8..60), 1..12),
                                           month in 1i8..13, day in 1i8..29) {
        let mut calendar = school("America/Chicago");
        calendar.windows = times.iter().enumerate().map(|(n, t)| Window {
            name: format!("w{}", n % 5),
            from: time(t.0, t.1, 0, 0),
            to: time(t.2, t.3, 0, 0),
            weekdays: Vec::new(),
            school: [None, Some(true), Some(false)][n % 3],
        }).collect();
        let table = timetable(&calendar, date(2027, month, day), 9);
        let plan = Plan::new(&calendar);
        let (first, last) = (table.days[0].start_s, table.days[9].start_s);
        let slots = beginnings(&table);
        for now_s in (first..last).step_by(900) {
            let (_, slot) = slots[slots.partition_point(|(start, _)| *start <= now_s) - 1];
            let wall = calendar.zone.to_datetime(Timestamp::from_second(i64::from(now_s)).expect("a moment"));
            prop_assert_eq!(&table.slots[slot as usize], &plan.labels(wall), "{}", wall);
        }
    }
}
