//! Whom a policy is for.

use crate::config::{Block, Config, Who};
use crate::subject::DeviceKey;
use evenfield_model::Grade;

/// A district's roster, as far as policy needs it, and its devices.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// The district's id in the settings.
    pub district: String,
    /// The ids of schools, where they are known by more than their students.
    pub schools: Vec<String>,
    /// The students.
    pub students: Vec<Student>,
    /// The sections.
    pub sections: Vec<Section>,
    /// The devices.
    pub devices: Vec<Device>,
}

/// A student.
#[derive(Clone, Debug)]
pub struct Student {
    /// The roster's id.
    pub id: String,
    /// The school's id.
    pub school: String,
    /// The grade.
    pub grade: Grade,
    /// The places of the student's sections in [`People::sections`].
    pub sections: Vec<usize>,
}

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// The roster's id.
    pub id: String,
    /// When it meets, as the roster says: `3`, `3(A)`, `1(A) 3(B)`.
    pub period: Option<String>,
}

/// A device and whose it is.
#[derive(Clone, Debug)]
pub struct Device {
    /// The key of its token.
    pub key: DeviceKey,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a device is.
#[derive(Clone, Debug)]
pub enum Owner {
    /// A student's, by place in [`People::students`].
    Student(usize),
    /// A school's, for whoever uses it.
    School(String),
}

/// What is known of somebody.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts<'a> {
    pub district: Option<&'a str>,
    pub school: Option<&'a str>,
    pub grade: Option<Grade>,
    pub student: Option<&'a str>,
    pub sections: Vec<&'a Section>,
    pub site: Option<&'a str>,
}

impl<'a> Facts<'a> {
    pub fn of(people: &'a People, owner: &'a Owner) -> Option<Self> {
        let district = Some(people.district.as_str());
        Some(match owner {
            Owner::School(school) => Self { district, school: Some(school), ..Self::default() },
            Owner::Student(at) => {
                let student = people.students.get(*at)?;
                Self {
                    district,
                    school: Some(&student.school),
                    grade: Some(student.grade),
                    student: Some(&student.id),
                    sections: student.sections.iter().filter_map(|s| people.sections.get(*s)).collect(),
                    site: None,
                }
            }
        })
    }

    /// Whether a block is about them.
    fn are_meant(&self, who: &Who) -> bool {
        let same =
            |wanted: &Option<String>, is: Option<&str>| wanted.as_deref().is_none_or(|w| is == Some(w));
        same(&who.district, self.district)
            && same(&who.school, self.school)
            && same(&who.student, self.student)
            && same(&who.site, self.site)
            && who.grades.as_ref().is_none_or(|grades| self.grade.is_some_and(|g| grades.contains(&g)))
            && who.section.as_ref().is_none_or(|id| self.sections.iter().any(|s| s.id == *id))
    }

    /// The blocks about them, by their places.
    pub fn blocks<'c>(&self, blocks: &'c [Block]) -> impl Iterator<Item = (usize, &'c Block)> {
        blocks.iter().enumerate().filter(|(_, block)| self.are_meant(&block.who))
    }

    /// The labels at which a section meets; `None` where the roster does not say.
    pub fn meets(&self, section: &str) -> Option<Vec<Vec<String>>> {
        let section = self.sections.iter().find(|s| s.id == section)?;
        meetings(section.period.as_deref()?)
    }

    /// Whether their school's calendar has bells.
    pub fn have_bells(&self, config: &Config) -> bool {
        self.calendar(config).is_some_and(|at| !config.calendars[at].calendar.bells.is_empty())
    }

    /// Their school's calendar: that which names the school, else one for all schools. Who is of no district that we know is of the only one there is.
    pub fn calendar(&self, config: &Config) -> Option<usize> {
        let only =
            if config.districts.len() == 1 { config.districts.first().map(|d| d.id.as_str()) } else { None };
        let district = self.district.or(only);
        let of_district = |at: &usize| {
            let year = &config.calendars[*at];
            year.district.as_deref().is_none_or(|d| Some(d) == district)
        };
        let all: Vec<usize> = (0..config.calendars.len()).filter(of_district).collect();
        let named = self.school.and_then(|school| {
            all.iter().find(|at| config.calendars[**at].schools.iter().any(|s| s == school))
        });
        named.or_else(|| all.iter().find(|at| config.calendars[**at].schools.is_empty())).copied()
    }
}

/// When a section meets, from a roster's words: periods, each with the days of the rotation in parentheses or without.
pub(super) fn meetings(period: &str) -> Option<Vec<Vec<String>>> {
    let mut all = Vec::new();
    let mut rest = period;
    while !rest.trim().is_empty() {
        let end = rest
            .find('(')
            .map_or(rest.len(), |open| rest[open..].find(')').map_or(rest.len(), |n| open + n + 1));
        let (part, after) = rest.split_at(end);
        rest = after;
        let (names, turns) = part.split_once('(').unwrap_or((part, ""));
        let turns: Vec<String> = words(turns.trim_end_matches(')')).flat_map(range).collect();
        let names: Vec<&str> = words(names).collect();
        for (at, name) in names.iter().enumerate() {
            // The parentheses are about the name or range before them alone.
            let bare = at + 1 < names.len() || turns.is_empty();
            for name in range(name) {
                if bare {
                    all.push(vec![name]);
                } else {
                    all.extend(turns.iter().map(|turn| vec![name.clone(), turn.clone()]));
                }
            }
        }
    }
    (!all.is_empty()).then_some(all)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', ';', '/']).filter(|word| !word.is_empty())
}

/// `A-E` and `2-4`: all from one to the other, letters or numbers up to 99. Anything else with a hyphen is two names.
fn range(word: &str) -> Vec<String> {
    let Some((from, to)) = word.split_once('-') else { return vec![word.to_owned()] };
    let number = |text: &str| text.parse::<u8>().ok().filter(|n| *n < 100);
    let letter = |text: &str| match text.as_bytes() {
        [one] if one.is_ascii_alphabetic() => Some(*one),
        _ => None,
    };
    match ((number(from), number(to)), (letter(from), letter(to))) {
        ((Some(from), Some(to)), _) if from <= to => (from..=to).map(|n| n.to_string()).collect(),
        (_, (Some(from), Some(to))) if from <= to => (from..=to).map(|n| char::from(n).to_string()).collect(),
        _ => word.split('-').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_rosters_write_them() {
        let read = |text: &str| {
            let all = meetings(text).unwrap_or_default();
            all.iter().map(|labels| labels.join("+")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(read("3"), "3");
        assert_eq!(read("3(A)"), "3+A");
        assert_eq!(read("3(A-B)"), "3+A 3+B");
        assert_eq!(read("1(A) 3(B)"), "1+A 3+B");
        // All days of a week of five, periods in a row, and both.
        assert_eq!(read("1(A-E)"), "1+A 1+B 1+C 1+D 1+E");
        assert_eq!(read("2-4(A,C-D)"), "2+A 2+C 2+D 3+A 3+C 3+D 4+A 4+C 4+D");
        assert_eq!(
            (read("9-10"), read("HR-2"), read("3-1"), read("-")),
            ("9 10".into(), "HR 2".into(), "3 1".into(), String::new())
        );
        assert_eq!(read("1,2(A)"), "1 2+A");
        assert_eq!((read(" "), read("(("), read("5(")), (String::new(), String::new(), "5".to_owned()));
    }
}
