//! What kind of day each day is, and the labels of a moment of it.

use super::{AT_SCHOOL, Bell, BellDay, Calendar, LESSON, Labels, NO_SCHOOL, SCHOOL_DAY, Window};
use jiff::civil::{Date, DateTime, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A calendar with the kind of each school day worked out.
pub struct Plan<'a> {
    calendar: &'a Calendar,
    days: BTreeMap<Date, Day<'a>>,
}

/// A school day.
#[derive(Clone, Copy)]
struct Day<'a> {
    turn: Option<&'a str>,
    bell: Option<&'a Bell>,
}

impl<'a> Plan<'a> {
    /// Works out the school days of a calendar.
    pub fn new(calendar: &'a Calendar) -> Self {
        let mut turn = 0;
        let mut days = BTreeMap::new();
        let mut date = calendar.first_day;
        while date <= calendar.last_day {
            let change = calendar.changes.iter().find(|c| c.date == date);
            let holiday = calendar.holidays.iter().any(|(from, to)| (*from..=*to).contains(&date));
            let usual = !holiday && calendar.weekdays.contains(&date.weekday());
            if change.and_then(|c| c.school).unwrap_or(usual) {
                let turns = calendar.rotation.get(turn % calendar.rotation.len().max(1)).map(String::as_str);
                turn += 1;
                let turn = change.and_then(|c| c.turn.as_deref()).or(turns);
                let bell = match change.and_then(|c| c.bell.as_deref()) {
                    Some(name) => calendar.bells.iter().find(|b| b.name == name),
                    None => usual_bell(calendar, date, turn),
                };
                days.insert(date, Day { turn, bell });
            }
            match date.tomorrow() {
                Ok(next) => date = next,
                Err(_) => break,
            }
        }
        Self { calendar, days }
    }

    /// The labels when a clock on the wall shows this.
    pub fn labels(&self, at: DateTime) -> Labels {
        let (date, time) = (at.date(), at.time());
        let mut labels = Labels::new();
        let mut say = |label: &str| {
            labels.insert(label.to_owned());
        };
        match self.days.get(&date) {
            None => say(NO_SCHOOL),
            Some(day) => {
                say(SCHOOL_DAY);
                if let Some(turn) = day.turn {
                    say(turn);
                }
                let periods = day.bell.map_or(&[][..], |bell| &bell.periods);
                for period in periods.iter().filter(|p| (p.from..p.to).contains(&time)) {
                    say(&period.name);
                    if period.lesson {
                        say(LESSON);
                    }
                }
                let first = periods.iter().map(|p| p.from).min();
                let last = periods.iter().map(|p| p.to).max();
                if first.is_some_and(|first| first <= time) && last.is_some_and(|last| time < last) {
                    say(AT_SCHOOL);
                }
            }
        }
        for window in &self.calendar.windows {
            let begun_today =
                self.begins(window, date) && time >= window.from && (time < window.to || overnight(window));
            let yesterday = date.yesterday().is_ok_and(|day| self.begins(window, day));
            if begun_today || yesterday && overnight(window) && time < window.to {
                say(&window.name);
            }
        }
        labels
    }

    /// The times of a day at which labels may change; midnight is one of them.
    pub fn cuts(&self, date: Date) -> BTreeSet<Time> {
        let periods = self.days.get(&date).and_then(|day| day.bell).map_or(&[][..], |bell| &bell.periods);
        let windows = self.calendar.windows.iter().flat_map(|w| [w.from, w.to]);
        periods.iter().flat_map(|p| [p.from, p.to]).chain(windows).chain([Time::midnight()]).collect()
    }

    /// Whether a window begins on this day.
    fn begins(&self, window: &Window, date: Date) -> bool {
        (window.weekdays.is_empty() || window.weekdays.contains(&date.weekday()))
            && window.school.is_none_or(|school| school == self.days.contains_key(&date))
    }
}

fn overnight(window: &Window) -> bool {
    window.to <= window.from
}

/// The bell that names the day's turn or weekday, else the first that names none.
fn usual_bell<'a>(calendar: &'a Calendar, date: Date, turn: Option<&str>) -> Option<&'a Bell> {
    let names_it = |bell: &&Bell| {
        bell.days.iter().any(|day| match day {
            BellDay::Turn(name) => Some(name.as_str()) == turn,
            BellDay::On(weekday) => *weekday == date.weekday(),
        })
    };
    let named = calendar.bells.iter().find(names_it);
    named.or_else(|| calendar.bells.iter().find(|bell| bell.days.is_empty()))
}
