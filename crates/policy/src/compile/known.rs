//! Schools, sections and students that the settings name and no roster has: what is said for them would hold for nobody.

use super::People;
use crate::config::Config;
use std::collections::HashSet;

/// What of the settings is of somebody that no roster has: line (0 where it is not known), setting, what was said, what was wanted.
pub(super) fn strangers(
    config: &Config,
    people: &[People],
) -> Vec<(u64, &'static str, String, &'static str)> {
    let rosters: Vec<Roster<'_>> = people.iter().map(Roster::of).collect();
    let rosters = Rosters { all: &rosters, districts: config.districts.len() };
    let mut found = Vec::new();
    for block in &config.blocks {
        let (who, line) = (&block.who, block.line);
        let district = who.district.as_deref();
        let mut look = |setting, said: &Option<String>, shown: Option<&str>, in_it: Known| {
            if let Some(id) = said.as_deref().filter(|id| rosters.lack(district, id, in_it)) {
                found.push((line, setting, shown.unwrap_or(id).to_owned(), WANTED));
            }
        };
        look("school", &who.school, None, |roster, id| roster.schools.contains(id));
        look("section", &who.section, None, |roster, id| roster.sections.contains(id));
        // A student's id stays in the settings.
        look("student", &who.student, Some("one student"), |roster, id| roster.students.contains(id));
    }
    let of_places = config
        .sites
        .iter()
        .map(|site| (&site.district, site.school.iter().collect::<Vec<_>>(), "site.school"));
    let of_years = config
        .calendars
        .iter()
        .map(|year| (&year.district, year.schools.iter().collect(), "calendar.schools"));
    for (district, schools, setting) in of_places.chain(of_years) {
        let lacks =
            |id: &&&String| rosters.lack(district.as_deref(), id, |roster, id| roster.schools.contains(id));
        found.extend(schools.iter().filter(lacks).map(|id| (0, setting, (*id).clone(), WANTED)));
    }
    found
}

const WANTED: &str =
    "an id that a roster has: this one is in none, so that nothing here would hold for anybody";

/// Whether a roster has an id.
type Known = fn(&Roster<'_>, &str) -> bool;

/// The ids of a roster.
struct Roster<'a> {
    district: &'a str,
    schools: HashSet<&'a str>,
    sections: HashSet<&'a str>,
    students: HashSet<&'a str>,
}

impl<'a> Roster<'a> {
    fn of(people: &'a People) -> Self {
        let of_students = people.students.iter().map(|student| student.school.as_str());
        Self {
            district: &people.district,
            schools: people.schools.iter().map(String::as_str).chain(of_students).collect(),
            sections: people.sections.iter().map(|section| section.id.as_str()).collect(),
            students: people.students.iter().map(|student| student.id.as_str()).collect(),
        }
    }
}

struct Rosters<'a> {
    all: &'a [Roster<'a>],
    /// How many districts the settings name.
    districts: usize,
}

impl Rosters<'_> {
    /// Whether all rosters that may have the id are there, and none has it. A district whose roster is not there says nothing.
    fn lack(&self, district: Option<&str>, id: &str, in_it: Known) -> bool {
        let meant = |roster: &&Roster<'_>| district.is_none_or(|d| d == roster.district);
        let there: Vec<_> = self
            .all
            .iter()
            .filter(meant)
            .filter(|r| !r.schools.is_empty() || !r.sections.is_empty())
            .collect();
        let wanted = if district.is_some() { 1 } else { self.districts };
        wanted > 0 && there.len() >= wanted && !there.iter().any(|roster| in_it(roster, id))
    }
}
