//! Which pseudonym is whose, for as long as the term's key is there: students by dense numbers, their school and sections.
//!
//! The district makes it from its own list of devices with the term's key; it holds no name and no id of a student, only their
//! numbers in a list that the caller keeps. A student with two devices is one student.

use crate::pseudonym::Pseudonym;
use std::collections::HashSet;

/// A school or section, by its place in the roster's list.
pub type Number = u16;

/// A student, as the roster wants one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Student {
    /// The pseudonyms of the student's devices; those of both terms where a report spans them.
    pub devices: Vec<Pseudonym>,
    /// The school.
    pub school: Number,
    /// The sections.
    pub sections: Vec<Number>,
}

/// Why a list is no roster.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// A school or section that is not in its list.
    #[error("student {student} has {what} {number}, of which there are {there}")]
    Unknown {
        /// The place in the list.
        student: usize,
        /// A school or a section.
        what: &'static str,
        /// Its number.
        number: Number,
        /// How many there are.
        there: usize,
    },
    /// Two students with one pseudonym.
    #[error("two students have one device: the later is student {0}")]
    SameDevice(usize),
    /// More than the numbers go round.
    #[error("at most {0} students")]
    TooMany(usize),
    /// More schools or sections than the numbers go round.
    #[error("at most {0} schools and as many sections")]
    TooManyUnits(usize),
}

/// The most students of a roster.
pub const MOST_STUDENTS: usize = 1 << 20;

/// Students by number.
#[derive(Clone, Debug)]
pub struct Roster {
    /// Ids of schools, as the caller has them.
    pub schools: Vec<String>,
    /// Ids of sections.
    pub sections: Vec<String>,
    school: Vec<Number>,
    sections_of: Vec<Number>,
    /// Where each student's sections end in `sections_of`.
    ends: Vec<u32>,
    /// Open addressing: pseudonym and student. Zero is an empty place.
    table: Vec<(u64, u32)>,
}

impl Roster {
    /// A roster.
    ///
    /// # Errors
    /// [`RosterError`]
    pub fn new(
        schools: Vec<String>,
        sections: Vec<String>,
        students: &[Student],
    ) -> Result<Self, RosterError> {
        if students.len() > MOST_STUDENTS {
            return Err(RosterError::TooMany(MOST_STUDENTS));
        }
        let devices: usize = students.iter().map(|s| s.devices.len()).sum();
        let mut roster = Self {
            schools,
            sections,
            school: Vec::with_capacity(students.len()),
            sections_of: Vec::new(),
            ends: Vec::with_capacity(students.len()),
            table: vec![(0, 0); (devices * 2).max(2).next_power_of_two()],
        };
        let mut seen = HashSet::with_capacity(devices);
        for (at, student) in students.iter().enumerate() {
            let unknown = |what, number, there| RosterError::Unknown { student: at, what, number, there };
            if usize::from(student.school) >= roster.schools.len() {
                return Err(unknown("school", student.school, roster.schools.len()));
            }
            if let Some(number) = student.sections.iter().find(|s| usize::from(**s) >= roster.sections.len())
            {
                return Err(unknown("section", *number, roster.sections.len()));
            }
            roster.school.push(student.school);
            let mut sections = student.sections.clone();
            sections.sort_unstable();
            sections.dedup();
            roster.sections_of.extend(sections);
            roster.ends.push(roster.sections_of.len() as u32);
            for device in student.devices.iter().filter(|d| **d != Pseudonym::NOBODY) {
                if !seen.insert(*device) {
                    return Err(RosterError::SameDevice(at));
                }
                let mut place = roster.first(device.0);
                while roster.table[place].0 != 0 {
                    place = (place + 1) & (roster.table.len() - 1);
                }
                roster.table[place] = (device.0, at as u32);
            }
        }
        Ok(roster)
    }

    /// Pseudonyms are digests already: their low bits will do.
    #[inline]
    fn first(&self, device: u64) -> usize {
        device as usize & (self.table.len() - 1)
    }

    /// The number of the student who has this device.
    #[inline]
    pub fn student(&self, device: u64) -> Option<u32> {
        let mut place = self.first(device);
        loop {
            let (found, student) = self.table[place];
            if found == device && device != 0 {
                return Some(student);
            }
            if found == 0 {
                return None;
            }
            place = (place + 1) & (self.table.len() - 1);
        }
    }

    /// How many students there are.
    pub fn len(&self) -> usize {
        self.school.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.school.is_empty()
    }

    /// A student's school.
    #[inline]
    pub fn school(&self, student: u32) -> Number {
        self.school[student as usize]
    }

    /// A student's sections.
    #[inline]
    pub fn sections(&self, student: u32) -> &[Number] {
        let end = self.ends[student as usize] as usize;
        let start = if student == 0 { 0 } else { self.ends[student as usize - 1] as usize };
        &self.sections_of[start..end]
    }

    /// How many students each school has, and each section.
    pub fn enrolled(&self) -> (Vec<u32>, Vec<u32>) {
        let mut schools = vec![0; self.schools.len()];
        let mut sections = vec![0; self.sections.len()];
        self.school.iter().for_each(|s| schools[usize::from(*s)] += 1);
        self.sections_of.iter().for_each(|s| sections[usize::from(*s)] += 1);
        (schools, sections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn student(devices: &[u64], school: Number, sections: &[Number]) -> Student {
        let devices = devices.iter().map(|d| Pseudonym(*d)).collect();
        Student { devices, school, sections: sections.to_vec() }
    }

    #[test]
    fn a_device_leads_to_its_student_and_no_other_does() {
        let lists = || (vec!["a".to_owned(), "b".to_owned()], vec!["1".to_owned(), "2".to_owned()]);
        let make = |students: &[Student]| Roster::new(lists().0, lists().1, students);
        // 8 and 16 share a place in the table.
        let students = [student(&[8, 16], 1, &[1, 0, 1]), student(&[], 0, &[]), student(&[24], 0, &[0])];
        let roster = make(&students).expect("a roster");
        assert_eq!([8, 16, 24, 32, 0].map(|d| roster.student(d)), [Some(0), Some(0), Some(2), None, None]);
        assert_eq!(
            (roster.sections(0), roster.sections(1), roster.sections(2)),
            (&[0, 1][..], &[][..], &[0][..])
        );
        assert_eq!(roster.enrolled(), (vec![2, 1], vec![2, 1]));
        assert_eq!(
            make(&[student(&[8], 0, &[]), student(&[8], 0, &[])]).err(),
            Some(RosterError::SameDevice(1))
        );
        assert!(matches!(make(&[student(&[], 2, &[])]), Err(RosterError::Unknown { what: "school", .. })));
        assert!(matches!(make(&[student(&[], 0, &[9])]), Err(RosterError::Unknown { what: "section", .. })));
        let empty = make(&[]).expect("empty");
        assert_eq!(empty.student(0), None);
    }
}
