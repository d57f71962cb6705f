//! Figures of sections, each for the teachers of it.
//!
//! Sections overlap, so that they stand in no table of sums; each goes through the publication rule by itself. One
//! subtraction is looked for all the same: a section that holds all but a few students of its school (whose figure is
//! released), or of another section that the same teacher may have, would say something of those few. It is withheld.

use super::people::People;
use crate::estimate::Estimate;
use crate::publish::{self, Figure, PublishRule, RuleError};
use evenfield_model::GeographyKind;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The sections' figures after the rule, in the order of `figures`.
pub(super) fn figures(
    figures: &[Estimate],
    people: &People,
    rule: &PublishRule,
) -> Result<Vec<Figure>, RuleError> {
    let telling: BTreeSet<&str> = telling(people, rule.min_students.max(PublishRule::FLOOR))
        .into_iter()
        .map(|section| people.places.sections[section as usize].as_str())
        .collect();
    let of_sections = figures.iter().filter(|f| f.geography.kind == GeographyKind::Section);
    of_sections.map(|f| publish::alone(f, telling.contains(f.geography.id.as_str()), rule)).collect()
}

/// The sections whose figure would say something of fewer than `few` others.
fn telling(people: &People, few: u32) -> BTreeSet<u32> {
    let mut members: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut sections_of: HashMap<u32, BTreeSet<u32>> = HashMap::new();
    for &(section, student) in &people.places.members {
        members.entry(section).or_default().insert(student);
        sections_of.entry(student).or_default().insert(section);
    }
    let mut school_sizes = vec![0u32; people.places.schools.len()];
    for student in &people.students {
        school_sizes[student.school as usize] += 1;
    }
    let size = |section: u32| members[&section].len() as u32;
    let tells = |section: u32, of: &BTreeSet<u32>| {
        let mut schools: BTreeMap<u32, u32> = BTreeMap::new();
        let mut others: BTreeMap<u32, u32> = BTreeMap::new();
        for student in of {
            *schools.entry(people.students[*student as usize].school).or_default() += 1;
            for other in sections_of[student].iter().filter(|o| **o != section) {
                *others.entry(*other).or_default() += 1;
            }
        }
        // All of a school: its own page says what may be said, and if it says nothing, so must this.
        let of_school = schools.iter().any(|(school, n)| school_sizes[*school as usize] - n < few);
        let within = |(other, shared): (&u32, &u32)| {
            *shared == size(section) && (1..few).contains(&(size(*other) - shared))
        };
        of_school || others.iter().any(within)
    };
    members.iter().filter(|(section, of)| tells(**section, of)).map(|(section, _)| *section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Places, SchoolPlace, Student};
    use evenfield_model::GradeBand;

    #[test]
    fn a_section_that_says_something_of_a_few_others_is_found() {
        // 40 students of one school; 12 of another.
        let student = |i: u32| Student {
            school: u32::from(i >= 40),
            zone: None,
            block_group: None,
            band: GradeBand::High,
            frl: None,
            ell: None,
            iep: None,
        };
        let sections: [std::ops::Range<u32>; 6] = [0..20, 0..17, 20..35, 0..32, 40..52, 5..25];
        let members = (0u32..).zip(&sections).flat_map(|(s, of)| of.clone().map(move |i| (s, i))).collect();
        let places = Places {
            schools: (0..2).map(|s| SchoolPlace { id: s.to_string(), district: 0 }).collect(),
            sections: (0..6).map(|s| s.to_string()).collect(),
            members,
            ..Places::default()
        };
        let people =
            People { ids: Vec::new(), students: (0..52).map(student).collect(), places, answers: Vec::new() };
        // 1 is all but three of 0; 3 is all but eight of its school; 4 is its whole school. Section 0 is within 3, but
        // all but twelve of it.
        assert_eq!(telling(&people, 10), BTreeSet::from([1, 3, 4]));
    }
}
