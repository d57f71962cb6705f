//! Floors that the gap's figures propose: after the plan no group is left with a larger share without access than the district has today.
//!
//! With the group's share without access `g`, and the district's `d`, a floor of `f` leaves `g (1 - f)`; it is no larger than `d` from
//! `f = 1 - d / g` on. Our own definition; a floor is policy, and the page says so.

use evenfield_plan::scenario::Group;

/// A group with its share without access and the floor that is proposed for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// As the column calls it.
    pub name: String,
    /// Students without access.
    pub students: f64,
    /// The share of whom the figures count; `None` where that is not known.
    pub share: Option<f64>,
    /// Hundredths; `None` where none is proposed.
    pub floor: Option<u64>,
}

/// The groups, those with the largest proposal first; beside the district's own figure, which holds places that are withheld, too.
pub fn propose(groups: &[Group], district: Option<&Group>) -> Vec<Proposal> {
    let (students, counted) =
        district.map_or((0.0, 0.0), |whole| (whole.students as f64, whole.counted as f64));
    let mut proposals: Vec<Proposal> = groups
        .iter()
        .map(|group| {
            let share = (group.counted > 0).then(|| group.students as f64 / group.counted as f64);
            let floor = share.filter(|_| counted > 0.0).and_then(|share| floor(share, students / counted));
            Proposal { name: group.name.clone(), students: group.students as f64 / 1e6, share, floor }
        })
        .collect();
    proposals.sort_by(|a, b| b.floor.cmp(&a.floor).then_with(|| a.name.cmp(&b.name)));
    proposals
}

/// The floor of a group in hundredths, rounded up; `None` where its share is no larger than the district's.
fn floor(group: f64, district: f64) -> Option<u64> {
    let part = 1.0 - district / group;
    // What floating point adds is no hundredth.
    (part > 1e-9).then(|| (part * 100.0 - 1e-6).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_group_is_left_with_a_larger_share_than_the_district() {
        // 30 of 100, 10 of 100, 20 of 200: the district 60 of 400, 15%. 1 - 0.15 / 0.3 is a half.
        let group = |name: &str, students: u64, counted: u64| Group {
            name: name.to_owned(),
            students: students * 1_000_000,
            counted: counted * 1_000_000,
        };
        let district = group("", 60, 400);
        let found =
            propose(&[group("b", 10, 100), group("a", 20, 200), group("c", 30, 100)], Some(&district));
        let told: Vec<_> = found.iter().map(|p| (p.name.as_str(), p.students, p.share, p.floor)).collect();
        assert_eq!(
            told,
            [("c", 30.0, Some(0.3), Some(50)), ("a", 20.0, Some(0.1), None), ("b", 10.0, Some(0.1), None)]
        );
        assert_eq!(floor(0.4, 0.15), Some(63), "62.5% is rounded up");
        assert_eq!(floor(0.15, 0.15), None);
        // Without whom the figures count there is no share, and nothing is proposed.
        let own = propose(&[group("yes", 5, 0)], Some(&district));
        assert_eq!((own[0].share, own[0].floor), (None, None));
        let alone = propose(&[group("c", 30, 100)], None);
        assert_eq!((alone[0].share, alone[0].floor), (Some(0.3), None), "without the district's share");
    }
}
