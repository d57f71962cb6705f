//! Benchmarking: estimates of the areas of a group moved so that they add up to its published total.
//!
//! Source: Rao and Molina, *Small Area Estimation*, 2nd ed. 2015, section 6.4.6 (ratio); Datta, Ghosh,
//! Steorts and Maples, Test 20 (2011) 574-588 (difference, the uncertain areas moving most).

use super::{AreaError, AreaEstimate};
use serde::{Deserialize, Serialize};

/// How the areas of a group are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Benchmark {
    /// Each estimate times the same factor; intervals and errors too.
    #[default]
    Ratio,
    /// Each estimate plus a share of the difference in proportion to weight times mean squared error.
    Difference,
    /// Each share moved by the same amount on the logit scale: stays within 0 and 1.
    Logit,
}

/// One group with its published total.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name, for messages.
    pub name: String,
    /// What the sum of weight times estimate must be.
    pub total: f64,
    /// Its areas, as positions among the estimates, each with its weight (for example students; 0 or more).
    pub members: Vec<(usize, f64)>,
}

/// Moves the estimates of each group onto its total, reproduced to the last bits of a float.
///
/// # Errors
/// [`AreaError::Benchmark`] when a total cannot be reached: no area, all weights or all estimates zero, or
/// (on the logit scale) a total that shares cannot add up to. Nothing is moved then.
pub fn benchmark(estimates: &mut [AreaEstimate], groups: &[Group], how: Benchmark) -> Result<(), AreaError> {
    let mut moved: Vec<AreaEstimate> = estimates.to_vec();
    for group in groups {
        check(&moved, group)?;
        match how {
            Benchmark::Ratio => ratio(&mut moved, group)?,
            Benchmark::Difference => difference(&mut moved, group)?,
            Benchmark::Logit => logit(&mut moved, group)?,
        }
        settle(&mut moved, group);
    }
    estimates.clone_from_slice(&moved);
    Ok(())
}

/// Makes sure that estimates of shares are shares still, and cuts their intervals at 0 and 1.
///
/// # Errors
/// [`AreaError::Benchmark`] when a total has moved a share out of 0 to 1; on the logit scale none can be.
pub fn keep_shares(estimates: &mut [AreaEstimate], groups: &[Group]) -> Result<(), AreaError> {
    for group in groups {
        let moved = group.members.iter().map(|&(i, _)| &estimates[i]);
        if let Some(e) = moved.into_iter().find(|e| !(0.0..=1.0).contains(&e.estimate)) {
            let why = format!(
                "area {} would become {:.3}, and a share is between 0 and 1; the logit scale keeps it there",
                e.area, e.estimate
            );
            return Err(failure(group, &why));
        }
    }
    for e in estimates {
        (e.low90, e.high90) = (e.low90.max(0.0), e.high90.min(1.0));
    }
    Ok(())
}

/// The sum of weight times estimate over a group.
pub fn total(estimates: &[AreaEstimate], group: &Group) -> f64 {
    group.members.iter().map(|&(i, w)| w * estimates[i].estimate).sum()
}

fn failure(group: &Group, why: &str) -> AreaError {
    AreaError::Benchmark { group: group.name.clone(), why: why.to_owned() }
}

fn check(estimates: &[AreaEstimate], group: &Group) -> Result<(), AreaError> {
    if group.members.is_empty() {
        return Err(failure(group, "none of the areas belongs to it"));
    }
    if !group.total.is_finite() || group.members.iter().any(|&(_, w)| !w.is_finite() || w < 0.0) {
        return Err(failure(group, "its total must be a number and its weights 0 or more"));
    }
    if group.members.iter().any(|&(i, _)| i >= estimates.len()) {
        return Err(failure(group, "it names an area that is not there"));
    }
    if group.members.iter().all(|&(_, w)| w == 0.0) && group.total != 0.0 {
        return Err(failure(group, "all its weights are 0 and its total is not"));
    }
    Ok(())
}

fn ratio(estimates: &mut [AreaEstimate], group: &Group) -> Result<(), AreaError> {
    let sum = total(estimates, group);
    if sum == group.total {
        return Ok(());
    }
    let factor = group.total / sum;
    if !factor.is_finite() || factor < 0.0 {
        return Err(failure(group, "its estimates add up to 0 or to the other sign: use the difference"));
    }
    for &(i, _) in &group.members {
        let e = &mut estimates[i];
        e.estimate *= factor;
        e.se *= factor;
        (e.low90, e.high90) = (e.low90 * factor, e.high90 * factor);
    }
    Ok(())
}

fn difference(estimates: &mut [AreaEstimate], group: &Group) -> Result<(), AreaError> {
    let gap = group.total - total(estimates, group);
    if gap == 0.0 {
        return Ok(());
    }
    // Areas known without error stay; when all are, they share the difference alike.
    let known = group.members.iter().all(|&(i, w)| w == 0.0 || estimates[i].se == 0.0);
    let pull = |e: &AreaEstimate| if known { 1.0 } else { e.se * e.se };
    let norm: f64 = group.members.iter().map(|&(i, w)| w * w * pull(&estimates[i])).sum();
    if norm <= 0.0 {
        return Err(failure(group, "none of its areas can be moved"));
    }
    for &(i, w) in &group.members {
        let e = &mut estimates[i];
        let shift = gap * w * pull(e) / norm;
        e.estimate += shift;
        e.low90 += shift;
        e.high90 += shift;
    }
    Ok(())
}

fn logit(estimates: &mut [AreaEstimate], group: &Group) -> Result<(), AreaError> {
    let weight: f64 = group.members.iter().map(|&(_, w)| w).sum();
    let shares = group.members.iter().all(|&(i, _)| (0.0..=1.0).contains(&estimates[i].estimate));
    if !shares || group.total < 0.0 || group.total > weight {
        return Err(failure(group, "shares from 0 to 1 with these weights cannot add up to its total"));
    }
    let shifted = |p: f64, by: f64| {
        if p <= 0.0 || p >= 1.0 { p } else { p / (p + (1.0 - p) * (-by).exp()) }
    };
    let sum_at =
        |by: f64| -> f64 { group.members.iter().map(|&(i, w)| w * shifted(estimates[i].estimate, by)).sum() };
    let (mut low, mut high) = (-700.0, 700.0);
    let slack = 1e-9 * weight.max(1e-300);
    if sum_at(low) > group.total + slack || sum_at(high) < group.total - slack {
        return Err(failure(
            group,
            "areas at exactly 0 or 1 stay there, and the others cannot make up for them",
        ));
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if sum_at(middle) < group.total { low = middle } else { high = middle }
    }
    let by = 0.5 * (low + high);
    for &(i, _) in &group.members {
        let e = &mut estimates[i];
        let before = e.estimate;
        e.estimate = shifted(before, by);
        let slope = e.estimate * (1.0 - e.estimate) / (before * (1.0 - before)).max(1e-300);
        e.se *= slope.min(1e6);
        (e.low90, e.high90) = (shifted(e.low90, by), shifted(e.high90, by));
    }
    Ok(())
}

/// Puts what rounding left over onto the area of greatest weight times estimate.
fn settle(estimates: &mut [AreaEstimate], group: &Group) {
    let mass = |i: usize, w: f64| (w * estimates[i].estimate).abs();
    let largest = group
        .members
        .iter()
        .filter(|&&(_, w)| w > 0.0)
        .max_by(|a, b| mass(a.0, a.1).total_cmp(&mass(b.0, b.1)));
    if let Some(&(i, w)) = largest {
        for _ in 0..4 {
            estimates[i].estimate += (group.total - total(estimates, group)) / w;
        }
        let e = &mut estimates[i];
        (e.low90, e.high90) = (e.low90.min(e.estimate), e.high90.max(e.estimate));
    }
}
