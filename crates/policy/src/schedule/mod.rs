//! When it is what at a school: bells, rotating days, holidays, windows of the day and of the night.
//!
//! A [`Calendar`] gives each moment of local time its labels (`school day`, `A`, `3`, `lesson`, `night`). [`timetable`]
//! lays them out in time: the labels depend on what a clock on the wall shows, so that on the days on which
//! clocks are changed an hour is met twice or not at all.

mod layout;
mod plan;

pub use layout::{Timetable, timetable};
pub use plan::Plan;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// The labels of a moment.
pub type Labels = BTreeSet<String>;

/// On a day with school.
pub const SCHOOL_DAY: &str = "school day";
/// On a day without.
pub const NO_SCHOOL: &str = "no school";
/// From the first bell of a day to the last.
pub const AT_SCHOOL: &str = "at school";
/// In a period that is a lesson.
pub const LESSON: &str = "lesson";

/// A school's year.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Its name in the settings.
    pub name: String,
    /// The school's time zone.
    pub zone: TimeZone,
    /// The first day of school.
    pub first_day: Date,
    /// The last day of school.
    pub last_day: Date,
    /// On which weekdays there is school.
    pub weekdays: Vec<Weekday>,
    /// Days without school between the first and the last: from, to (inclusive).
    pub holidays: Vec<(Date, Date)>,
    /// The names of days that take turns, school day by school day (`A`, `B`); empty for none.
    pub rotation: Vec<String>,
    /// The bells.
    pub bells: Vec<Bell>,
    /// Days that are not as usual.
    pub changes: Vec<Change>,
    /// Windows that do not depend on bells.
    pub windows: Vec<Window>,
}

/// One way in which the bells of a day ring.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    /// Its name (`regular`, `late start`, `early release`).
    pub name: String,
    /// On which days of the rotation or weekdays it rings; empty for all that no other bell names.
    pub days: Vec<BellDay>,
    /// Its periods and breaks; they may overlap.
    pub periods: Vec<Period>,
}

/// A day that a bell is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BellDay {
    /// A day of the rotation.
    Turn(String),
    /// A weekday.
    On(Weekday),
}

/// A stretch of a school day.
#[derive(Clone, Debug)]
pub struct Period {
    /// Its label, as the roster's sections name it (`1`, `homeroom`, `lunch`).
    pub name: String,
    /// When it begins.
    pub from: Time,
    /// When it ends; later than `from`.
    pub to: Time,
    /// Whether it is a lesson.
    pub lesson: bool,
}

/// A day that is not as usual.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The day.
    pub date: Date,
    /// Whether there is school, where that is not as usual.
    pub school: Option<bool>,
    /// The bell that rings instead.
    pub bell: Option<String>,
    /// Which day of the rotation it is; the others go on as if it were as usual.
    pub turn: Option<String>,
}

/// A window of the day, or of the night when it ends before it begins.
#[derive(Clone, Debug)]
pub struct Window {
    /// Its label.
    pub name: String,
    /// When it begins.
    pub from: Time,
    /// When it ends: on the next day, when that is not later than `from`.
    pub to: Time,
    /// On which weekdays it begins; empty for all.
    pub weekdays: Vec<Weekday>,
    /// Whether it begins on school days alone, or on days without school alone.
    pub school: Option<bool>,
}

#[cfg(test)]
mod tests;
