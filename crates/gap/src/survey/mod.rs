//! The home-access survey: one answer a student a term, in Ed-Fi's words.
//!
//! - [`parse`] reads Ed-Fi JSON (one resource, an array, or a line each) and plain CSV.
//! - [`check_skips`] holds a response to the survey's order of questions.
//! - [`latest`] lets the later answer win and keeps the earlier ones.
//! - [`write_ed_fi`] and [`write_csv`] write what [`parse`] reads.

mod csv_file;
mod ed_fi;
mod history;
mod indicators;
pub mod limits;
mod skips;

pub use csv_file::{HEADERS, write_csv};
pub use ed_fi::write_ed_fi;
pub use history::{Answers, latest};
pub use skips::{Skips, check_skips};

#[cfg(test)]
mod tests;

use crate::read::{ReadError, Source, decode};

use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType, Problems,
};
use serde::{Deserialize, Serialize};

/// One household's answer for one student. Each field is `None` where it was not asked or not answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The student's `source_id`.
    pub student: String,
    /// The term the answer is for, for example `2026-fall`.
    pub term: String,
    /// When it was given: milliseconds since 1970, UTC. Of two answers the later wins.
    pub answered_ms: i64,
    /// Can the student use the Internet at home? (CEDS 001934)
    pub internet_access: Option<bool>,
    /// If not, why not. (CEDS 001935)
    pub barrier: Option<Barrier>,
    /// The primary kind of service. (CEDS 001936)
    pub internet_type: Option<InternetType>,
    /// Does it run without interruption? (CEDS 001937)
    pub performance: Option<InternetPerformance>,
    /// The learning device away from school. (CEDS 001931)
    pub device: Option<DeviceAway>,
    /// Is it shared? (CEDS 001932)
    pub sharing: Option<DeviceSharing>,
    /// Who provides it? (CEDS 001933)
    pub provider: Option<DeviceProvider>,
    /// Measured or stated download speed, Mbps. (CEDS 001976)
    pub download_mbps: Option<f64>,
    /// Measured or stated upload speed, Mbps. (CEDS 001975)
    pub upload_mbps: Option<f64>,
    /// Students living in the household, this one included.
    pub household_students: Option<u32>,
}

impl Response {
    /// Whether nothing was answered: such a row is no answer, or it would take the place of one.
    fn is_empty(&self) -> bool {
        let Self { student, term, answered_ms, .. } = self;
        let nothing = Self {
            student: student.clone(),
            term: term.clone(),
            answered_ms: *answered_ms,
            ..Self::default()
        };
        *self == nothing
    }
}

/// What a survey file does not say itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// The term of answers that name none.
    pub term: String,
    /// Now, which is when answers without a time were given: milliseconds since 1970, UTC.
    pub answered_ms: i64,
}

/// How far a clock may be ahead, milliseconds: a local time without its offset is taken as UTC.
const AHEAD_MS: i64 = 24 * 3600 * 1000;
/// The year 2000: spreadsheets show an empty date as one of 1899 or 1904.
const EARLIEST_MS: i64 = 946_684_800_000;

impl Defaults {
    /// Whether an answer can have been given then. One from the future would be the latest for ever.
    fn is_possible(&self, ms: i64) -> bool {
        ms >= EARLIEST_MS && ms <= self.answered_ms.saturating_add(AHEAD_MS)
    }
}

/// Reads survey answers: Ed-Fi JSON or plain CSV, told apart by the first character of each file.
/// Several answers of one student all come back; [`latest`] chooses. An answer of which something cannot be read, or
/// that contradicts itself, is left out whole: half of it would take the place of an earlier whole one. What was answered
/// although it was not to be asked is taken out, and the rest of the answer stays.
///
/// # Errors
/// [`ReadError`] when a file cannot be read at all.
pub fn parse(source: &Source, defaults: &Defaults) -> Result<(Vec<Response>, Problems), ReadError> {
    let (mut responses, mut problems) = (Vec::new(), Problems::default());
    let members: Vec<&str> = source.names().collect();
    for member in members {
        let file = source.path_of(member);
        let bytes = source.read(member)?;
        let text = decode(&file, &bytes, &mut problems)?;
        if text.trim_start().starts_with(['{', '[']) {
            ed_fi::read(&file, &text, defaults, &mut responses, &mut problems)?;
        } else {
            csv_file::read(&file, &text, defaults, &mut responses, &mut problems)?;
        }
    }
    Ok((responses, problems))
}

/// Leaves out the answers for students who are not on the roster, and notes each as a problem.
pub fn of_students(
    responses: &mut Vec<Response>,
    has: impl Fn(&str) -> bool,
    file: &str,
    problems: &mut Problems,
) {
    responses.retain(|response| {
        let is_here = has(&response.student);
        if !is_here {
            problems.push(file, 0, "student_id", &response.student, "the id of a student in the roster");
        }
        is_here
    });
}

/// Keeps an answer of which everything could be read, without what was not to be asked; `note` is told of each such
/// answer: the column (by its CSV header), what it said, and what was wanted.
fn keep(
    mut response: Response,
    is_read: bool,
    responses: &mut Vec<Response>,
    mut note: impl FnMut(&str, &str, &str),
) {
    let skips = check_skips(&mut response);
    for (column, said, wanted) in &skips.found {
        note(column, said, wanted);
    }
    if is_read && !skips.contradicts && !response.is_empty() {
        responses.push(response);
    }
}

/// Whether a text is a term like `2026-fall`: a year and a season.
pub fn is_term(text: &str) -> bool {
    term_ends_ms(text).is_some()
}

/// The last moment that can be meant by a term, milliseconds since 1970 UTC: the end of winter (February), spring (May),
/// summer (August) or fall (November, and December for those who are late). `None` for what is no term.
pub fn term_ends_ms(term: &str) -> Option<i64> {
    let (year, season) = term.split_once('-')?;
    let (month, day) = match season {
        "winter" => (2, 28),
        "spring" => (5, 31),
        "summer" => (8, 31),
        "fall" => (12, 31),
        _ => return None,
    };
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let end = jiff::civil::Date::new(year.parse().ok()?, month, day).ok()?.at(23, 59, 59, 0);
    Some(jiff::tz::TimeZone::UTC.to_timestamp(end).ok()?.as_millisecond())
}

/// Milliseconds since 1970 of a time: `2026-09-03T12:00:00Z`, with an offset, or a bare date or time, which is
/// taken as UTC.
fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok();
    let civil = civil.or_else(|| crate::read::parse_date(text).map(|day| day.at(0, 0, 0, 0)))?;
    Some(jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?.as_millisecond())
}
