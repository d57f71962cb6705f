//! The budgets for which plans are looked for: the scenario's own, and smaller and larger ones round it.

/// The budgets in hundredths of the scenario's own.
const PERCENT: [u64; 12] = [20, 40, 60, 80, 100, 120, 150, 175, 200, 250, 300, 400];

/// Cents that the ladder has once beside the scenario's own budget: what the next $10,000 buy is asked most often.
pub const TEN_THOUSAND: u64 = 1_000_000;

/// A budget of the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Cents of each year.
    pub budget: Vec<u64>,
    /// Whether it is the scenario's own.
    pub chosen: bool,
}

/// The ladder from the smallest to the largest. What a budget has more or less than the scenario's own is spread evenly over the years.
pub fn ladder(budget: &[u64]) -> Vec<Step> {
    let total: u64 = budget.iter().fold(0, |sum, cents| sum.saturating_add(*cents));
    let mut steps: Vec<Step> = Vec::new();
    let share =
        |percent: u64| (u128::from(total) * u128::from(percent) / 100).min(u128::from(u64::MAX)) as u64;
    let mut targets: Vec<(u64, bool)> = PERCENT.map(|percent| (share(percent), percent == 100)).into();
    targets.push((total.saturating_add(TEN_THOUSAND), false));
    targets.sort_unstable();
    for (target, chosen) in targets {
        let step = Step { budget: spread(budget, total, target), chosen };
        if step.chosen {
            steps.retain(|known| known.budget != step.budget);
        }
        if steps.iter().all(|known| known.budget != step.budget) {
            steps.push(step);
        }
    }
    steps
}

/// The budgets of the years with so many cents in all; no year falls below nothing, and what it cannot give the others give.
fn spread(budget: &[u64], total: u64, target: u64) -> Vec<u64> {
    let mut out = budget.to_vec();
    let years = out.len().max(1) as u64;
    if target >= total {
        let more = target - total;
        for (year, cents) in out.iter_mut().enumerate() {
            *cents = cents.saturating_add(more / years + u64::from((year as u64) < more % years));
        }
        return out;
    }
    let mut less = total - target;
    while less > 0 {
        let left = out.iter().filter(|cents| **cents > 0).count() as u64;
        if left == 0 {
            break;
        }
        let each = (less / left).max(1);
        for cents in &mut out {
            let taken = each.min(*cents).min(less);
            *cents -= taken;
            less -= taken;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_and_less_are_spread_evenly() {
        assert_eq!(spread(&[100, 300], 400, 600), [200, 400]);
        assert_eq!(spread(&[100, 300], 400, 300), [50, 250]);
        assert_eq!(spread(&[10, 300], 310, 100), [0, 100], "a year gives no more than it has");
        let steps = ladder(&[5_000_000, 5_000_000]);
        assert_eq!(steps.len(), 13);
        assert!(steps.iter().any(|step| step.budget == [5_500_000, 5_500_000]), "$10,000 more");
        assert_eq!(steps.iter().filter(|step| step.chosen).count(), 1);
        assert_eq!(steps[0].budget, [1_000_000, 1_000_000]);
        let of = |budget: [u64; 2], chosen| Step { budget: budget.into(), chosen };
        assert_eq!(ladder(&[0, 0]), [of([0, 0], true), of([500_000, 500_000], false)]);
    }

    proptest! {
        #[test]
        fn a_larger_budget_is_no_smaller_in_any_year(budget in prop::collection::vec(0u64..1_000_000_000_000, 1..20)) {
            let steps = ladder(&budget);
            prop_assert!(steps.iter().any(|step| step.chosen && step.budget == budget));
            for pair in steps.windows(2) {
                // A cent that does not part evenly may stand in another year.
                prop_assert!(pair[0].budget.iter().zip(&pair[1].budget).all(|(a, b)| *a <= b + 1));
                prop_assert!(pair[0].budget.iter().sum::<u64>() < pair[1].budget.iter().sum());
            }
        }
    }
}
