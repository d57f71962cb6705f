//! The settings of a policy: lists, scopes, calendars, overrides. See `docs/policy.md`.

mod blocks;
mod calendars;
mod fields;
mod read;
mod twice;

pub use read::read;

use crate::lists;
use crate::schedule::Calendar;
use crate::snapshot::{Answer, Ruling, YouTube};
use crate::{Cover, NameBuf};
use core::net::IpAddr;
use evenfield_model::Grade;
use jiff::Timestamp;

/// Checked settings.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// How many days of schedules a snapshot holds.
    pub days: u16,
    /// Whether the built-in names of ways around the filter are closed for everybody.
    pub close_bypass: bool,
    /// The lists.
    pub lists: Vec<List>,
    /// What holds for whoever is not known.
    pub default: Measures,
    /// What holds for whom.
    pub blocks: Vec<Block>,
    /// The schools' years.
    pub calendars: Vec<SchoolYear>,
    /// Places that are known by their addresses.
    pub sites: Vec<Site>,
    /// The districts.
    pub districts: Vec<District>,
}

/// A list of names.
#[derive(Clone, Debug)]
pub struct List {
    /// Its name.
    pub name: String,
    /// The category of its names.
    pub category: String,
    /// Where its names are.
    pub names: Names,
    /// Its version, where the settings say one.
    pub version: Option<String>,
    /// The line of the settings, for problems.
    pub line: u64,
}

/// Where the names of a list are.
#[derive(Clone, Debug)]
pub enum Names {
    /// In a file.
    File(String, lists::Format, lists::Options),
    /// In the settings.
    Here(Vec<Pattern>),
}

/// A name of the settings: `name`, `*.name` (what is below), `=name` (the name alone).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The name.
    pub name: NameBuf,
    /// What is meant.
    pub cover: Cover,
}

/// What is to be so. What is left out is as it is for the wider scope.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Categories to block.
    pub block: Vec<String>,
    /// Categories to open, of those that a wider scope blocks.
    pub open: Vec<String>,
    /// Categories to block whatever a narrower scope opens.
    pub must_block: Vec<String>,
    /// Rules for names.
    pub rules: Vec<(Pattern, Ruling)>,
    /// SafeSearch.
    pub safe_search: Option<bool>,
    /// YouTube's mode.
    pub youtube: Option<YouTube>,
    /// How a blocked query is answered.
    pub answer: Option<Answer>,
    /// Whether only allowed names are let through.
    pub allowed_only: Option<bool>,
    /// Whether ECH keys are taken out of answers.
    pub strip_ech: Option<bool>,
    /// Whether targets of CNAME records are decided on, too.
    pub check_cname: Option<bool>,
    /// Whether rules about whole public suffixes are meant.
    pub whole_suffixes: bool,
    /// Who wants it and why.
    pub note: String,
}

/// Whom a block is about: everybody for whom all that is said is so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The district's id.
    pub district: Option<String>,
    /// The school's id in the roster.
    pub school: Option<String>,
    /// Grades.
    pub grades: Option<Vec<Grade>>,
    /// The section's id in the roster.
    pub section: Option<String>,
    /// The student's id in the roster.
    pub student: Option<String>,
    /// A place.
    pub site: Option<String>,
}

impl Who {
    /// How narrow it is: 0 everybody, 1 a district, 2 a school, 3 grades, 4 a section, 5 a student or a place.
    pub fn level(&self) -> u8 {
        if self.student.is_some() || self.site.is_some() {
            5
        } else if self.section.is_some() {
            4
        } else if self.grades.is_some() {
            3
        } else if self.school.is_some() {
            2
        } else {
            u8::from(self.district.is_some())
        }
    }

    /// Its name in explanations. A student's id stays in the settings: the snapshot goes to every edge.
    pub fn say(&self) -> String {
        let mut parts = Vec::new();
        let mut say = |what: &str, id: &Option<String>| {
            parts.extend(id.as_ref().map(|id| format!("{what} {id}")));
        };
        say("district", &self.district);
        say("school", &self.school);
        say("section", &self.section);
        say("site", &self.site);
        if let Some(grades) = &self.grades {
            let codes: Vec<String> = grades.iter().map(|g| g.code()).collect();
            parts.push(format!("grades {}", codes.join(" ")));
        }
        parts.extend(self.student.as_ref().map(|_| "one student".to_owned()));
        if parts.is_empty() { "everybody".to_owned() } else { parts.join(", ") }
    }
}

/// Measures for somebody, always, at times, or once.
#[derive(Clone, Debug)]
pub struct Block {
    /// For whom.
    pub who: Who,
    /// When.
    pub when: When,
    /// What.
    pub measures: Measures,
    /// The line of the settings, for problems.
    pub line: u64,
}

impl Block {
    /// Whether it says for all times, and for others than everybody, what is blocked: then it takes the place of the safe default for whom it is about. What
    /// only holds at times, or for a few names, is laid over the safe default.
    pub fn replaces_default(&self) -> bool {
        let always = self.when == When::Always && self.who.section.is_none();
        always && self.who.level() > 0 && !self.measures.block.is_empty()
    }
}

/// When a block holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Always; for a section, in its own period.
    Always,
    /// While all labels of one of these hold.
    During(Vec<Vec<String>>),
    /// From one instant to another: a teacher's override.
    Once(Timestamp, Timestamp),
    /// The same, and within it only while the section meets.
    Meeting(Timestamp, Timestamp),
}

impl When {
    /// From when to when it holds, for what has an end.
    pub fn ends(&self) -> Option<(Timestamp, Timestamp)> {
        match self {
            Self::Once(from, to) | Self::Meeting(from, to) => Some((*from, *to)),
            Self::Always | Self::During(_) => None,
        }
    }
}

/// A calendar and the schools that it is for.
#[derive(Clone, Debug)]
pub struct SchoolYear {
    /// The calendar.
    pub calendar: Calendar,
    /// The district's id; all districts when it is left out.
    pub district: Option<String>,
    /// The schools' ids in the roster; empty for all.
    pub schools: Vec<String>,
}

/// A place.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its addresses: the first so many bits of each.
    pub prefixes: Vec<(IpAddr, u8)>,
    /// The district whose scopes hold there.
    pub district: Option<String>,
    /// The school whose scopes and calendar hold there.
    pub school: Option<String>,
}

/// A district's people and devices.
#[derive(Clone, Debug)]
pub struct District {
    /// Its id, as its scopes name it.
    pub id: String,
    /// The roster's file or folder.
    pub roster: Option<String>,
    /// The file of devices: a CSV with `token` and `student`, or `token` and `school`.
    pub devices: Option<String>,
}

#[cfg(test)]
mod tests;
