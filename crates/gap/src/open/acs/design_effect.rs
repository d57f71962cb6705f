//! The sampling variance of an ACS five-year share whose margin of error was lost.
//!
//! `V(p) = D^2 (1 - f) / f * p(1 - p) / N`, with N the households or persons of the denominator in the population.
//! Source of the form: Census Bureau, "PUMS Accuracy of the Data" (2015-2019), generalised standard errors, whose
//! 19 is `(1 - f) / f` of a 5% sample. Here f is the part of households interviewed over five years (about
//! 10.6 of 122 million, 2015-2019) and D, the design factor, was set so that the formula agrees with published margins:
//! `D^2 (1 - f) / f` was 10.8 in the median and 15.4 in the mean over the 16 tracts of Accomack and Northampton, Virginia
//! (households with broadband, 2015-2019); 12.7 is used.

/// Part of households whose answers are in a five-year estimate.
pub const SAMPLED: f64 = 0.087;
/// Design factor: how much wider a standard error is than that of a simple random sample.
pub const DESIGN_FACTOR: f64 = 1.1;

/// The sampling variance of a share (0 to 1) among `households`; `None` without households. A share of 0 or 1 is not
/// certain: it is moved inwards by half an answer for and half an answer against before the variance is taken.
pub fn variance(share: f64, households: f64) -> Option<f64> {
    if !(share.is_finite() && (0.0..=1.0).contains(&share) && households.is_finite() && households > 0.0) {
        return None;
    }
    let answers = SAMPLED * households;
    let moved = (share * answers + 0.5) / (answers + 1.0);
    let spread = (1.0 - SAMPLED) / SAMPLED;
    Some(DESIGN_FACTOR * DESIGN_FACTOR * spread * moved * (1.0 - moved) / households)
}

/// [`variance`] as a 90% margin of error.
pub fn moe(share: f64, households: f64) -> Option<f64> {
    variance(share, households).map(|variance| super::Z90 * variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_thousand_households() {
        // 1.21 * 0.913 / 0.087 * 0.25 / 1000, by hand; moving a half changes nothing.
        let variance = variance(0.5, 1000.0).unwrap();
        assert!((variance - 0.003_174_5).abs() < 1e-7, "{variance}");
        assert!((moe(0.5, 1000.0).unwrap() - 0.0927).abs() < 1e-4);
    }

    #[test]
    fn none_and_all_are_not_certain() {
        assert!(variance(0.0, 400.0).unwrap() > 0.0);
        assert!((variance(0.0, 400.0).unwrap() - variance(1.0, 400.0).unwrap()).abs() < 1e-12);
        assert_eq!(variance(0.2, 0.0), None);
        assert_eq!(variance(1.2, 10.0), None);
        assert_eq!(variance(f64::NAN, 10.0), None);
    }
}
