//! A figure of several places together, worked out from their published figures and nothing else: it tells an outsider
//! nothing that he could not work out himself, so no place needs protection from it.

use super::Published;
use crate::estimate::{Estimate, Method};
use evenfield_model::Geography;

/// 95th percentile of the normal distribution.
const Z90: f64 = 1.645;

/// The share of all students of places that have no student in common: `sum n p / sum n`. `None` when there is none.
///
/// Its error is `sqrt(sum (n se)^2) / sum n`: the places' errors are taken to be independent. With `alike`, it is
/// `sum n se / sum n`, as if all went the same way: no dependence between the places can make it larger.
/// A figure that is coded has no number to add and is not counted; nor is one of another measure or group than the
/// first.
pub fn together(parts: &[&Published], whole: Geography, alike: bool) -> Option<Published> {
    let parts: Vec<(&Published, f64)> = parts.iter().filter_map(|p| Some((*p, p.se()?))).collect();
    let (first, _) = parts.first()?;
    let same = |p: &Published| p.measure() == first.measure() && p.group() == first.group();
    let same = |(p, _): &&(&Published, f64)| same(p) && p.barrier().is_none();
    let (mut students, mut answers, mut lacking, mut error) = (0u32, 0u32, 0.0, 0.0);
    let mut methods = Vec::new();
    for (part, se) in parts.iter().filter(same) {
        let n = f64::from(part.students());
        students = students.saturating_add(part.students());
        answers = answers.saturating_add(part.answers());
        lacking += n * part.value();
        error += if alike { n * se } else { (n * se).powi(2) };
        methods.push(part.method());
    }
    if students == 0 {
        return None;
    }
    let all = f64::from(students);
    let (value, se) = (lacking / all, if alike { error } else { error.sqrt() } / all);
    let method = if methods.iter().all(|m| m == &methods[0]) { methods[0] } else { Method::Combined };
    Some(Published::new(&Estimate {
        measure: first.measure(),
        barrier: None,
        geography: whole,
        group: first.group().to_owned(),
        value,
        se,
        low90: (value - Z90 * se).max(0.0),
        high90: (value + Z90 * se).min(1.0),
        answers,
        students,
        method,
    }))
}
