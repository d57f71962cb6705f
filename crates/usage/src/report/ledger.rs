//! What was released, so that nothing later gives it away.
//!
//! A period is released once, when it is over. To release it again gives the same table, also when facts came late: two releases of
//! a period differ in nothing. Each new release is audited with all earlier ones of the school year: what was shown is known to the
//! outsider, what was withheld must stay protected.

use super::audit::{Range, attack_system, close};
use super::rule::{Rule, RuleError, Why};
use super::system::{ALL, SETTINGS, Span, State, System, Truth};
use super::table::{Cell, Release, Row};
use crate::calendar::{Calendar, Period, Setting};
use crate::rollup::{Unit, Use, What};
use crate::roster::Roster;
use jiff::civil::Weekday;
use std::collections::{BTreeMap, BTreeSet};

/// Why nothing is released.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The rule cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Not a period of the calendar.
    #[error("{0} is no period of this school year")]
    Period(String),
}

/// A cell's key: unit, what, setting.
pub(super) type Key = (Unit, What, Option<Setting>);

/// The releases of a school year.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    rule: Rule,
    pub(super) releases: BTreeMap<Period, Release>,
    /// What a released cell truly was on the day of its release, shown or withheld.
    pub(super) truth: BTreeMap<(Period, Key), Truth>,
}

/// What is known of the year while a release is made.
struct Year<'a> {
    periods: Vec<Period>,
    spans: Vec<Span>,
    enrolled: Vec<u32>,
    /// By period and key.
    truth: BTreeMap<(&'a Period, Key), Truth>,
}

impl Ledger {
    /// An empty ledger.
    ///
    /// # Errors
    /// [`RuleError`]
    pub fn new(rule: Rule) -> Result<Self, RuleError> {
        rule.check()?;
        Ok(Self { rule, ..Self::default() })
    }

    /// What was released of a period.
    pub fn released(&self, period: &Period) -> Option<&Release> {
        self.releases.get(period)
    }

    /// Releases a period, once. `uses` are those of the whole year as far as it is known, weeks above all.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn release(
        &mut self,
        period: &Period,
        uses: &[Use],
        roster: &Roster,
        calendar: &Calendar,
    ) -> Result<&Release, LedgerError> {
        if !self.releases.contains_key(period) {
            let year = self.year(period, uses, roster, calendar)?;
            let mut release = Release { period: period.clone(), rows: Vec::new(), programmes: 0 };
            for what in whats(uses) {
                let mut system = self.system(&year, what);
                system.settle();
                system.primary(&self.rule);
                release.programmes += close(&mut system, &self.rule);
                self.add_rows(&year, what, &system, &mut release);
            }
            release.rows.sort_by_key(|row| (row.what, row.unit, row.setting));
            self.releases.insert(period.clone(), release);
        }
        Ok(&self.releases[period])
    }

    /// The periods of the system: all weeks, all that was released, and the one to be released.
    fn year<'a>(
        &self,
        period: &'a Period,
        uses: &'a [Use],
        roster: &Roster,
        calendar: &Calendar,
    ) -> Result<Year<'a>, LedgerError> {
        let mondays: Vec<_> = calendar.days().filter(|d| d.date.weekday() == Weekday::Monday).collect();
        let mut periods: Vec<Period> = mondays.iter().map(|d| d.periods[0].clone()).collect();
        let mut spans: Vec<Span> =
            periods.iter().map(|week| Span { weeks: Vec::new(), open: week == period }).collect();
        let wanted = self.releases.keys().chain([period]).filter(|p| !matches!(p, Period::Week(_)));
        for one in wanted.collect::<BTreeSet<_>>() {
            let of_period = mondays.iter().enumerate().filter(|(_, day)| day.periods.contains(one));
            spans.push(Span { weeks: of_period.map(|(at, _)| at).collect(), open: one == period });
            periods.push(one.clone());
        }
        let known = |at: &usize| matches!(periods[*at], Period::Week(_)) || !spans[*at].weeks.is_empty();
        if !periods.iter().position(|p| p == period).is_some_and(|at| known(&at)) {
            return Err(LedgerError::Period(period.to_string()));
        }
        let (schools, _) = roster.enrolled();
        let enrolled = std::iter::once(roster.len() as u32).chain(schools).collect();
        let truth = uses.iter().map(|u| {
            let truth = Truth { students: u.students, minutes: u.minutes, largest: u.largest };
            ((&u.period, (u.unit, u.what, u.setting)), truth)
        });
        Ok(Year { periods, spans, enrolled, truth: truth.collect() })
    }

    /// What is known of one resource.
    fn system(&self, year: &Year<'_>, what: What) -> System {
        let cells = year.spans.len() * year.enrolled.len() * SETTINGS;
        let mut truth = Vec::with_capacity(cells);
        let mut state = Vec::with_capacity(cells);
        for period in &year.periods {
            let release = self.releases.get(period);
            for unit in 0..year.enrolled.len() {
                for setting in 0..SETTINGS {
                    let key = key(unit, what, setting);
                    let now = year.truth.get(&(period, key)).copied().unwrap_or_default();
                    let then = self.truth.get(&(period.clone(), key)).copied();
                    truth.push(if release.is_some() { then.unwrap_or_default() } else { now });
                    state.push(match release.map(|r| r.cell(key.0, key.1, key.2)) {
                        None => State::Unreleased,
                        Some(Cell::Shown { .. }) => State::Known,
                        Some(Cell::Withheld(why)) => State::Hidden(why),
                    });
                }
            }
        }
        let students_only = what == What::AnyResource;
        System::new(year.spans.clone(), year.enrolled.clone(), truth, state, students_only)
    }

    fn add_rows(&mut self, year: &Year<'_>, what: What, system: &System, release: &mut Release) {
        for cell in 0..system.truth.len() {
            let (span, unit, setting) = system.place(cell);
            let truth = system.truth[cell];
            if !system.spans[span].open || truth.students == 0 {
                continue;
            }
            let (unit, what, setting) = key(unit, what, setting);
            let shown = Cell::Shown { students: truth.students, minutes: truth.minutes };
            let cell = match system.state[cell] {
                State::Hidden(why) => Cell::Withheld(why),
                State::Known | State::Unreleased => shown,
            };
            release.rows.push(Row { unit, what, setting, cell });
            self.truth.insert((year.periods[span].clone(), (unit, what, setting)), truth);
        }
    }

    /// The attack on everything that was released, resource by resource, with all that is connected: what an outsider can work out about
    /// each withheld cell. `primary_only` shows first what complementary suppression withholds: the attack on half the work.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn attack(
        &self,
        uses: &[Use],
        roster: &Roster,
        calendar: &Calendar,
        primary_only: bool,
    ) -> Result<Vec<Range>, LedgerError> {
        let Some(period) = self.releases.keys().next() else { return Ok(Vec::new()) };
        let year = self.year(period, uses, roster, calendar)?;
        let mut ranges = Vec::new();
        for what in whats(uses) {
            let mut system = self.system(&year, what);
            for state in &mut system.state {
                if primary_only && *state == State::Hidden(Why::Complementary) {
                    *state = State::Known;
                }
            }
            ranges.extend(attack_system(&system, &self.rule, usize::MAX));
        }
        Ok(ranges)
    }
}

/// The key of a place in the system.
fn key(unit: usize, what: What, setting: usize) -> Key {
    let unit = if unit == 0 { Unit::District } else { Unit::School((unit - 1) as u16) };
    let setting = (setting != ALL).then(|| Setting::ALL[setting - 1]);
    (unit, what, setting)
}

fn whats(uses: &[Use]) -> BTreeSet<What> {
    uses.iter().map(|u| u.what).collect()
}
