//! The margin of error of a proportion whose numerator is part of its denominator.
//!
//! `MOE_p = sqrt(MOE_x^2 - p^2 MOE_y^2) / y`; where the difference is negative, the formula for ratios, with a plus,
//! is used instead. Source: Census Bureau, "Understanding and Using American Community Survey Data: What All Data
//! Users Need to Know" (2020), chapter 8.

/// The proportion of `x` in `y`, each an estimate and its margin, and the proportion's margin. `None` when `y` is not
/// above zero.
pub fn moe_proportion(x: (f64, f64), y: (f64, f64)) -> Option<(f64, f64)> {
    if y.0 <= 0.0 {
        return None;
    }
    let p = x.0 / y.0;
    let (own, whole) = (x.1 * x.1, p * p * y.1 * y.1);
    let radicand = if own >= whole { own - whole } else { own + whole };
    Some((p, radicand.sqrt() / y.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The handbook's example: 4,634 (989) of 31,713 (601).
    #[test]
    fn the_handbooks_proportion() {
        let (p, moe) = moe_proportion((4_634.0, 989.0), (31_713.0, 601.0)).unwrap();
        assert_eq!((p * 10_000.0).round(), 1_461.0);
        assert_eq!((moe * 10_000.0).round(), 311.0);
    }

    #[test]
    fn a_negative_difference_takes_the_ratios_formula() {
        let (p, moe) = moe_proportion((90.0, 5.0), (100.0, 10.0)).unwrap();
        assert_eq!(p, 0.9);
        assert!((moe - (25.0f64 + 81.0).sqrt() / 100.0).abs() < 1e-12);
        assert_eq!(moe_proportion((0.0, 1.0), (0.0, 1.0)), None);
    }
}
