//! Weights for non-response: how much each measured student stands for.
//!
//! Students are split into cells (school by whether they have lunch support); each measured student of a cell has the weight
//! `students of the cell / measured students of the cell`, so that the measured of a cell together stand for all of it (Holt and Smith 1979,
//! "Post stratification"; Little 1986, "Survey nonresponse adjustments for estimates of means", weighting cells). A cell with fewer measured students than
//! [`FEWEST`] is added to the next of the same school, and one that is then still too small to the smallest other cell: weights of few are wild.

use std::collections::BTreeMap;

/// The fewest measured students of a cell.
pub const FEWEST: u32 = 5;

/// A student as weighting sees one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The school's id.
    pub school: &'a str,
    /// Free or reduced-price lunch.
    pub frl: Option<bool>,
    /// Whether the home was measured.
    pub measured: bool,
}

/// The weight of each student, in the order given: 0 for those who were not measured. When nobody was, all are 0.
pub fn weights(students: &[Asked<'_>]) -> Vec<f64> {
    let mut cells: BTreeMap<(&str, Option<bool>), (u32, u32)> = BTreeMap::new();
    for student in students {
        let cell = cells.entry((student.school, student.frl)).or_default();
        cell.0 += 1;
        cell.1 += u32::from(student.measured);
    }
    let mut groups: Vec<Group<'_>> = cells
        .into_iter()
        .map(|(key, (students, measured))| Group { keys: vec![key], students, measured })
        .collect();
    while let Some(small) =
        groups.iter().position(|group| group.measured < FEWEST).filter(|_| groups.len() > 1)
    {
        let group = groups.swap_remove(small);
        let school = group.keys[0].0;
        let near = |other: &&mut Group<'_>| (!other.keys.iter().any(|(s, _)| *s == school), other.students);
        if let Some(other) = groups.iter_mut().min_by_key(near) {
            other.keys.extend(group.keys);
            other.students += group.students;
            other.measured += group.measured;
        }
    }
    let mut weight: BTreeMap<(&str, Option<bool>), f64> = BTreeMap::new();
    for group in groups.iter().filter(|group| group.measured > 0) {
        let each = f64::from(group.students) / f64::from(group.measured);
        weight.extend(group.keys.iter().map(|key| (*key, each)));
    }
    let of = |student: &Asked<'_>| weight.get(&(student.school, student.frl)).copied().unwrap_or(0.0);
    students.iter().map(|student| if student.measured { of(student) } else { 0.0 }).collect()
}

/// Cells that are weighted together.
struct Group<'a> {
    keys: Vec<(&'a str, Option<bool>)>,
    students: u32,
    measured: u32,
}

/// The share of students of whom `chance` says that they are below, weighted; `None` when nobody was measured. `chances` has the order of
/// `weights` and is not read where the weight is 0.
pub fn share(weights: &[f64], chances: &[f64]) -> Option<f64> {
    let all: f64 = weights.iter().sum();
    let below: f64 = weights.iter().zip(chances).filter(|(w, _)| **w > 0.0).map(|(w, p)| w * p).sum();
    (all > 0.0).then(|| below / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_measures_less_counts_for_more() {
        // One school of 100: 60 without lunch support of whom 30 measured, 40 with of whom 5 did. By hand: weights 2 and 8.
        let student = |frl, measured| Asked { school: "s", frl: Some(frl), measured };
        let students: Vec<_> =
            (0..60).map(|n| student(false, n < 30)).chain((0..40).map(|n| student(true, n < 5))).collect();
        let weights = weights(&students);
        assert_eq!((weights[0], weights[30], weights[60], weights[99]), (2.0, 0.0, 8.0, 0.0));
        // All with lunch support are slow, nobody else: 40%, and not the 5 of 35 that were measured.
        let chances: Vec<f64> = students.iter().map(|s| f64::from(u8::from(s.frl == Some(true)))).collect();
        assert_eq!(share(&weights, &chances), Some(0.4));
        assert_eq!(share(&[0.0], &[1.0]), None);
    }

    proptest! {
        #[test]
        fn the_measured_stand_for_all(said in proptest::collection::vec((0usize..4, proptest::option::of(any::<bool>()), any::<bool>()), 0..200)) {
            let schools = ["a", "b", "c", "d"];
            let students: Vec<_> = said.iter().map(|(school, frl, measured)| Asked { school: schools[*school], frl: *frl, measured: *measured }).collect();
            let weights = weights(&students);
            let measured = students.iter().filter(|student| student.measured).count();
            let sum: f64 = weights.iter().sum();
            let wanted = if measured == 0 { 0.0 } else { students.len() as f64 };
            prop_assert!((sum - wanted).abs() < 1e-6, "{} of {}", sum, wanted);
            for (student, weight) in students.iter().zip(&weights) {
                let fits = if student.measured { *weight >= 1.0 } else { *weight == 0.0 };
                prop_assert!(fits);
            }
        }
    }
}
