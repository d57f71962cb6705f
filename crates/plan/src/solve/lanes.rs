//! Sums over demands: in four lanes, since one sum alone waits for each addition before the next. The order is fixed, so that the result is.

const LANES: usize = 4;

/// The sum of a term of each three numbers.
pub(super) fn sum(a: &[f32], b: &[f32], c: &[f32], term: impl Fn(f32, f32, f32) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let whole = a.len() - a.len() % LANES;
    let threes = a[..whole]
        .chunks_exact(LANES)
        .zip(b[..whole].chunks_exact(LANES))
        .zip(c[..whole].chunks_exact(LANES));
    for ((a, b), c) in threes {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane], c[lane]);
        }
    }
    let rest = (whole..a.len()).map(|at| term(a[at], b[at], c[at])).sum::<f64>();
    lanes.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn every_number_counts_once_whatever_their_number() {
        for count in 0..11u8 {
            let numbers: Vec<f32> = (1..=count).map(f32::from).collect();
            let found = sum(&numbers, &numbers, &numbers, |a, b, c| f64::from(a * 100.0 + b * 10.0 + c));
            let one = f64::from(count) * f64::from(count + 1) / 2.0;
            assert!((found - 111.0 * one).abs() < 1e-9, "{count}: {found}");
        }
    }
}
