//! The bound that needs no search: every demand served in each year as well as any option could, as if money did not matter.

use super::dual::Prices;
use super::ground::{Ground, UNIT};
use crate::Fixed;

/// Prices of service that are each demand's best quality; what is scarce costs nothing.
pub(super) fn prices(ground: &Ground<'_>) -> Prices {
    let instance = ground.instance;
    let mut best = vec![0u32; instance.weights.len()];
    for option in (0..instance.option_count()).filter(|o| instance.fixed(*o) != Fixed::Out) {
        instance.covers(option).for_each(|(demand, quality)| best[demand] = quality.max(best[demand]));
    }
    let service: Vec<f32> = best.iter().map(|quality| (f64::from(*quality) * UNIT) as f32).collect();
    Prices {
        limit: vec![0.0; ground.years],
        floors: vec![0.0; ground.needs.len()],
        service: vec![service; ground.years],
    }
}

/// What they come to: students, each with the quality of what it has, over all years.
pub(super) fn bound(ground: &Ground<'_>, prices: &Prices) -> f64 {
    let year = |service: &Vec<f32>| -> f64 {
        ground.weights.iter().zip(service).map(|(weight, price)| f64::from(*weight) * f64::from(*price)).sum()
    };
    prices.service.iter().map(year).sum()
}
