//! The students of a place by group, where a plan has floors for groups that the gap's figures tell apart.

/// A way to tell students apart, as the groups of figures do (`frl:yes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dimension {
    pub name: &'static str,
    /// The words that figures have.
    pub words: &'static [&'static str],
    /// What all others are called where no group is withheld: those of whom it is not known, or who are not in the one group that figures have.
    pub rest: &'static str,
}

/// Those of whom it is not known.
pub(super) const UNKNOWN: &str = "unknown";

const DIMENSIONS: [Dimension; 4] = [
    Dimension { name: "frl", words: &["yes", "no"], rest: UNKNOWN },
    Dimension { name: "ell", words: &["yes"], rest: "no" },
    Dimension { name: "iep", words: &["yes"], rest: "no" },
    Dimension { name: "grade_band", words: &["elementary", "middle", "high", "ungraded"], rest: UNKNOWN },
];

impl Dimension {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        DIMENSIONS.into_iter().find(|dimension| dimension.name == name)
    }

    /// Which of its words a group of figures is about.
    pub fn word(&self, group: &str) -> Option<usize> {
        let (name, word) = group.split_once(':')?;
        self.words.iter().position(|known| name == self.name && *known == word)
    }
}

/// Parts of `whole`, as of students in millionths, for each word and the rest.
///
/// `own` are the place's own figures by word, `None` where one is withheld; `mix` is how many students without access there are of each word, and of the
/// rest, in the district. Own figures hold; what they leave is divided as in the district among the groups without one: of these places it is known that they are few,
/// not that they differ. Own figures that come to more than the whole, or to less while there is nobody else, are taken in proportion: figures are estimated one by one.
/// Our own rule; the parts always come to the whole.
pub(super) fn divided(whole: u64, own: &[Option<u64>], mix: &[u64]) -> Vec<u64> {
    let share = |amount: u64, part: u128, of: u128| {
        u64::try_from(u128::from(amount) * part / of.max(1)).unwrap_or(amount)
    };
    let rest = own.len();
    let told: u128 = own.iter().flatten().map(|n| u128::from(*n)).sum();
    let others = || (0..=rest).filter(|at| own.get(*at).is_none_or(Option::is_none));
    let mixed: u128 = others().map(|at| u128::from(mix[at])).sum();
    let mut parts = vec![0; rest + 1];
    let all = told > 0 && (told > u128::from(whole) || mixed == 0);
    for (part, own) in parts.iter_mut().zip(own) {
        let own = own.unwrap_or(0);
        *part = if all { share(whole, u128::from(own), told) } else { own };
    }
    let left = whole - parts.iter().sum::<u64>();
    if !all {
        others().for_each(|at| parts[at] = share(left, u128::from(mix[at]), mixed));
    }
    // What rounding left goes to those who are there; all of it to the rest where of nobody anything is known.
    let left = whole - parts.iter().sum::<u64>();
    let known = parts.iter().any(|part| *part > 0) && mix[rest] == 0;
    let to = if all || known { (0..=rest).max_by_key(|at| parts[*at]).unwrap_or(rest) } else { rest };
    parts[to] += left;
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn own_figures_hold_and_what_they_leave_is_divided_as_in_the_district() {
        // 30 without access: 18 with free lunch by the place's own figure; of the others in the district 9 in 10 have none.
        assert_eq!(divided(30, &[Some(18), None], &[60, 90, 10]), [18, 10, 2]);
        assert_eq!(divided(30, &[None, None], &[60, 30, 0]), [20, 10, 0]);
        // Figures that do not come to the whole, and nobody else in the district.
        assert_eq!(divided(30, &[Some(20), Some(20)], &[60, 30, 5]), [15, 15, 0]);
        assert_eq!(divided(30, &[Some(8), Some(2)], &[60, 30, 0]), [24, 6, 0]);
        assert_eq!(divided(30, &[Some(8), Some(2)], &[60, 30, 5]), [8, 2, 20]);
        // A third cannot be written: what is left is no group of its own.
        assert_eq!(divided(10, &[None, None, None], &[1, 1, 1, 0]), [3, 3, 4, 0]);
        // Nothing is known.
        assert_eq!(divided(30, &[None], &[0, 0]), [0, 30]);
        assert_eq!(divided(0, &[Some(3)], &[1, 1]), [0, 0]);
    }

    proptest! {
        #[test]
        fn parts_come_to_the_whole(
            whole in 0u64..10_000_000_000_000,
            own in prop::collection::vec(prop::option::of(0u64..10_000_000_000_000), 0..5),
            mix in prop::collection::vec(0u64..10_000_000_000_000, 6),
        ) {
            let parts = divided(whole, &own, &mix[..=own.len()]);
            prop_assert_eq!(parts.iter().sum::<u64>(), whole);
        }
    }
}
