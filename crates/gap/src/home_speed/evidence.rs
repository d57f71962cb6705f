//! What the sittings of a home say of a measure of speed, and how sure it is.
//!
//! A home is below a measure when, more than half of the time, its download or its upload is below the limit: when it is below at the
//! median hour. Of `n` sittings `k` were below. With Jeffreys' prior the share of the time that it is below has the distribution
//! Beta(k + 1/2, n - k + 1/2) (Brown, Cai and DasGupta 2001, "Interval estimation for a binomial proportion", section 4.1.2), and
//!
//! ```text
//! P(below) = P(share > 1/2) = 1 - I_1/2(k + 1/2, n - k + 1/2)
//! ```
//!
//! with I the regularised incomplete beta function. No distribution of speeds is assumed. One sitting gives 1/2 + 1/pi = 0.818, two
//! that agree 0.924: it takes two to call a home below or not at the 90% that figures are told with.

use super::HomeTest;
use super::sitting::{Count, Sitting, median, sittings};
use crate::measure::limits;
use evenfield_model::Measure;
use statrs::distribution::{Beta, ContinuousCDF};

/// How sure it must be to be called known.
const SURE: f64 = 0.9;

/// What is known of a home and a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Times at which it was measured.
    pub sittings: usize,
    /// Of these, those that were below either limit.
    pub below: usize,
    /// The chance that the home is below.
    pub chance: f64,
    /// The same where it is 90% sure; `None` where it is not. It is what takes the place of a stated speed in [`crate::measure`].
    pub known: Option<bool>,
    /// Median speeds over the sittings, download and upload, Mbps.
    pub typical_mbps: (f64, f64),
    /// Whether no test was by cable, so that the line itself may be faster. Only asked for M4.
    pub may_be_faster: bool,
}

/// What the tests of a home with so many students say of a measure; `None` when no test counts, or the measure is not of speeds.
pub fn of(measure: Measure, tests: &[HomeTest], students: u32) -> Option<Evidence> {
    let limits = limits(measure, students)?;
    let of_line = measure != Measure::M5Below25x12PerStudent;
    let (sittings, wired) = sittings(tests, if of_line { Count::WireFirst } else { Count::All });
    let is_below = |s: &&Sitting| s.download_mbps < limits.0 || s.upload_mbps < limits.1;
    let below = sittings.iter().filter(is_below).count();
    let chance = chance(below, sittings.len())?;
    let known = (chance >= SURE).then_some(true).or_else(|| (chance <= 1.0 - SURE).then_some(false));
    let typical = |of: fn(&Sitting) -> f64| median(sittings.iter().map(of).collect());
    let typical_mbps = (typical(|s| s.download_mbps)?, typical(|s| s.upload_mbps)?);
    // A line that is fast enough through Wi-Fi is so by cable.
    let may_be_faster = of_line && !wired && below > 0;
    Some(Evidence { sittings: sittings.len(), below, chance, known, typical_mbps, may_be_faster })
}

/// The chance that a home is below of which `below` of `sittings` were; `None` without a sitting.
pub fn chance(below: usize, sittings: usize) -> Option<f64> {
    let above = sittings.checked_sub(below).filter(|_| sittings > 0)?;
    let share = Beta::new(below as f64 + 0.5, above as f64 + 0.5).ok()?;
    Some(share.sf(0.5))
}

/// The part of the variance of a share of homes that comes from not being sure of each: `sum p (1 - p) / n^2`, by the law of total
/// variance, homes taken as independent. It is to be added to the variance of sampling when chances are averaged.
pub fn variance_of_share(chances: &[f64]) -> f64 {
    let n = chances.len() as f64;
    if n == 0.0 { 0.0 } else { chances.iter().map(|p| p * (1.0 - p)).sum::<f64>() / (n * n) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home_speed::Link;
    use std::f64::consts::FRAC_1_PI;

    fn test(day: i64, download: f64, upload: f64, link: Link) -> HomeTest {
        let (download_mbps, upload_mbps) = (Some(download), Some(upload));
        HomeTest { at_ms: day * 86_400_000, download_mbps, upload_mbps, link, whole: true }
    }

    #[test]
    fn chances_have_their_closed_forms() {
        // I_1/2 of half whole numbers is 1/2 less a sum: of (1.5, 0.5) 1/pi, of (2.5, 0.5) 1/(3 pi) more, of (3.5, 0.5) 2/(15 pi) more.
        let closed = [FRAC_1_PI, FRAC_1_PI * 4.0 / 3.0, FRAC_1_PI * 22.0 / 15.0];
        for (n, more) in (1..).zip(closed) {
            let found = chance(n, n).expect("sittings");
            assert!((found - 0.5 - more).abs() < 1e-10, "{n}: {found}");
        }
        assert!((chance(3, 6).expect("sittings") - 0.5).abs() < 1e-12);
        assert_eq!((chance(0, 0), chance(2, 1)), (None, None));
    }

    #[test]
    fn two_sittings_that_agree_decide_and_one_does_not() {
        let slow = |day| test(day, 20.0, 5.0, Link::WiFi);
        let one = of(Measure::M4Below25x3, &[slow(0)], 1).expect("evidence");
        assert_eq!((one.known, one.sittings, one.may_be_faster), (None, 1, true));
        let two = of(Measure::M4Below25x3, &[slow(0), slow(1)], 1).expect("evidence");
        assert_eq!((two.known, two.below, two.typical_mbps), (Some(true), 2, (20.0, 5.0)));
        // The cable says that the line is fast; the student has Wi-Fi.
        let cable = [slow(0), slow(1), test(2, 200.0, 30.0, Link::Wire), test(3, 210.0, 30.0, Link::Wire)];
        let line = of(Measure::M4Below100x20, &cable, 1).expect("evidence");
        assert_eq!((line.known, line.sittings, line.may_be_faster), (Some(false), 2, false));
        let student = of(Measure::M5Below25x12PerStudent, &cable, 1).expect("evidence");
        assert_eq!((student.known, student.sittings, student.below), (None, 4, 2));
        // Two students need 50 and 24.
        let fast: Vec<_> = (0..4).map(|day| test(day, 60.0, 13.0, Link::WiFi)).collect();
        let m5 =
            |students| of(Measure::M5Below25x12PerStudent, &fast, students).and_then(|found| found.known);
        assert_eq!((m5(1), m5(2)), (Some(false), Some(true)));
        assert!(of(Measure::M3NoWired, &fast, 1).is_none() && of(Measure::M4Below25x3, &[], 1).is_none());
    }

    #[test]
    fn a_share_has_what_its_homes_do_not_know() {
        assert!((variance_of_share(&[0.5, 0.5]) - 0.125).abs() < 1e-15);
        assert_eq!((variance_of_share(&[1.0, 0.0]), variance_of_share(&[])), (0.0, 0.0));
    }

    #[test]
    fn more_sittings_below_are_a_larger_chance() {
        let chance = |below, sittings| chance(below, sittings).expect("sittings");
        for (n, k) in (1..60).flat_map(|n| (0..n).map(move |k| (n, k))) {
            let (less, more) = (chance(k, n), chance(k + 1, n));
            // Within 2^-53 of 1 two chances are one number: then their complements, which are near 0, are two.
            let (above, fewer) = (chance(n - k, n), chance(n - k - 1, n));
            assert!(less < more || fewer < above, "{k} of {n}");
            assert!((0.0..=1.0).contains(&less), "{k} of {n}");
            assert!((above - (1.0 - less)).abs() < 1e-9, "{k} of {n}");
        }
    }
}
