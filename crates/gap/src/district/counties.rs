//! Areas held to the share that is published for the county which they make up.
//!
//! Each moves by the same step of log odds, so that their mean is the published share `T`. The error of the mean is then that of
//! `T` and no longer the model's: an area's error `e_i` becomes `e_i + s_i (e_T - sum w e)`, with `w` its part of the county
//! and `s_i` its part of the step, `sum w s = 1` (by linearising the step). What the areas have in common changes by
//! that: the model's share of it drops out of the mean, and the error of `T` comes in, less what the areas' own
//! errors leave in the mean already.

use super::shares::Direct;
use crate::area::{self, AreaEstimate, Benchmark, Group, Outcome};
use std::collections::HashMap;

/// A county counts as made up of the areas when these hold its children or households to this part.
const WHOLE: f64 = 0.01;

/// Moves the areas of each county to the share published for it and says how many counties there were.
/// Only where the areas make up the whole county: a district may be a part of one, whose share is then not its own.
/// Tracts are left alone: what is published for one rests on few answers itself.
pub(super) fn hold(outcome: &mut Outcome, direct: &[Direct], counties: &[Direct]) -> u32 {
    let wholes: HashMap<&str, f64> = direct.iter().map(|d| (d.area.as_str(), d.whole)).collect();
    let mut count = 0;
    for county in counties {
        let inside = |e: &AreaEstimate| {
            let here = e.area.starts_with(&county.area);
            here.then(|| wholes.get(e.area.as_str()).copied()).flatten()
        };
        let areas = outcome.estimates.iter().enumerate();
        let mut members: Vec<(usize, f64)> = areas.filter_map(|(at, e)| Some((at, inside(e)?))).collect();
        let whole: f64 = members.iter().map(|m| m.1).sum();
        if (whole - county.whole).abs() > WHOLE * county.whole {
            continue;
        }
        members.iter_mut().for_each(|m| m.1 /= whole);
        let group = Group { name: county.area.clone(), total: county.share, members };
        let before: Vec<f64> = group.members.iter().map(|&(at, _)| outcome.estimates[at].se).collect();
        if area::benchmark(&mut outcome.estimates, std::slice::from_ref(&group), Benchmark::Logit).is_ok() {
            share_error(outcome, &group.members, &before, county.variance);
            count += 1;
        }
    }
    count
}

/// Gives the moved areas the error of what they were moved to. `before` are their standard errors before the step.
fn share_error(outcome: &mut Outcome, members: &[(usize, f64)], before: &[f64], variance: f64) {
    let width = outcome.common.iter().map(Vec::len).max().unwrap_or(0);
    outcome.common.iter_mut().for_each(|row| row.resize(width + 1, 0.0));
    let slope = |e: &AreaEstimate| e.estimate * (1.0 - e.estimate);
    let step: f64 = members.iter().map(|&(at, w)| w * slope(&outcome.estimates[at])).sum();
    if step <= 0.0 {
        return;
    }
    // The step stretched an area's error, and with it the part in common.
    for (&(at, _), before) in members.iter().zip(before) {
        let by = if *before > 0.0 { outcome.estimates[at].se / before } else { 1.0 };
        outcome.common[at].iter_mut().for_each(|part| *part *= by);
    }
    let squared = |row: &[f64]| row.iter().map(|l| l * l).sum::<f64>();
    let own = |at: usize| (outcome.estimates[at].se.powi(2) - squared(&outcome.common[at])).max(0.0);
    let own: Vec<f64> = members.iter().map(|&(at, _)| own(at)).collect();
    let left: f64 = members.iter().zip(&own).map(|(&(_, w), own)| w * w * own).sum();
    let mean = |k: usize| members.iter().map(|&(at, w)| w * outcome.common[at][k]).sum::<f64>();
    let mut shift: Vec<f64> = (0..width).map(|k| -mean(k)).collect();
    shift.push((variance - left).max(0.0).sqrt());
    for (&(at, _), own) in members.iter().zip(own) {
        let (e, row) = (&mut outcome.estimates[at], &mut outcome.common[at]);
        let part = slope(e) / step;
        row.iter_mut().zip(&shift).for_each(|(l, s)| *l += part * s);
        let se = (own + squared(row)).sqrt();
        let by = if e.se > 0.0 { se / e.se } else { 1.0 };
        e.low90 = (e.estimate - by * (e.estimate - e.low90)).clamp(0.0, e.estimate);
        e.high90 = (e.estimate + by * (e.high90 - e.estimate)).clamp(e.estimate, 1.0);
        e.se = se;
    }
}
