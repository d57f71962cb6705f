//! The bound that needs no search: every demand served in each year as well as any option could, as if money did not matter.

use super::dual::Prices;
use super::ground::{Ground, UNIT};
use crate::Fixed;

/// What no plan is worth more than: students, each with the best quality of any option, over all years.
pub(super) fn bound(ground: &Ground<'_>) -> f64 {
    let year = ground
        .weights
        .iter()
        .zip(best(ground))
        .map(|(weight, quality)| f64::from(*weight) * f64::from(quality));
    year.sum::<f64>() * UNIT * ground.years as f64
}

/// The prices that prove it: service at each demand's best quality, and what is scarce for nothing.
pub(super) fn prices(ground: &Ground<'_>) -> Prices {
    let service: Vec<f32> =
        best(ground).into_iter().map(|quality| (f64::from(quality) * UNIT) as f32).collect();
    Prices {
        limit: vec![0.0; ground.years],
        floors: vec![0.0; ground.needs.len()],
        service: vec![service; ground.years],
    }
}

fn best(ground: &Ground<'_>) -> Vec<u32> {
    let instance = ground.instance;
    let mut best = vec![0u32; instance.weights.len()];
    for option in (0..instance.option_count()).filter(|o| instance.fixed(*o) != Fixed::Out) {
        instance.covers(option).for_each(|(demand, quality)| best[demand] = quality.max(best[demand]));
    }
    best
}
