//! The margin of error of a sum of estimates.
//!
//! `MOE = sqrt(sum of MOE_i^2)`, where of all estimates that are zero only the one with the largest margin counts.
//! Source: Census Bureau, "Understanding and Using American Community Survey Data: What All Data Users Need to
//! Know" (2020), chapter 8.

use super::Cell;

/// The sum and its margin. The margin is `None` when one is missing; all is `None` when an estimate is missing.
pub fn moe_sum(cells: &[Cell]) -> Option<(f64, Option<f64>)> {
    let mut sum = 0.0;
    let mut squares = Some(0.0);
    let mut zeros: f64 = 0.0;
    for cell in cells {
        let estimate = cell.estimate?;
        sum += estimate;
        match cell.moe {
            None => squares = None,
            Some(moe) if estimate == 0.0 => zeros = zeros.max(moe * moe),
            Some(moe) => squares = squares.map(|squares| squares + moe * moe),
        }
    }
    Some((sum, squares.map(|squares| (squares + zeros).sqrt())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(estimate: f64, moe: f64) -> Cell {
        Cell { estimate: Some(estimate), moe: Some(moe) }
    }

    /// The handbook's example: females never married in Fairfax County, Arlington County and Alexandria.
    #[test]
    fn the_handbooks_sum() {
        let cells = [cell(135_173.0, 3_860.0), cell(43_104.0, 2_642.0), cell(24_842.0, 1_957.0)];
        let (sum, moe) = moe_sum(&cells).unwrap();
        assert_eq!(sum, 203_119.0);
        assert_eq!(moe.unwrap().round(), 5_070.0);
    }

    #[test]
    fn of_zeros_the_largest_margin_counts_once() {
        let (_, moe) = moe_sum(&[cell(0.0, 12.0), cell(0.0, 9.0), cell(10.0, 5.0)]).unwrap();
        assert_eq!(moe, Some(13.0));
        assert_eq!(moe_sum(&[cell(1.0, 1.0), Cell { estimate: Some(1.0), moe: None }]), Some((2.0, None)));
        assert_eq!(moe_sum(&[cell(1.0, 1.0), Cell::default()]), None);
    }
}
