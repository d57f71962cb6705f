//! Service in the last year, where groups count more until their floors are met: Lagrange multipliers of the floors, and that mix of the
//! two services on either side of them which just meets the floors.

use super::share::{ONE, Year};
use crate::Instance;

/// By how much a group is lifted at once, and how often at most.
const BY: i64 = 8;
const RAISES: u32 = 6;
/// Lifts that are tried between too little and enough.
const TRIES: usize = 16;
/// Mixes are counted in such parts.
const PARTS: u128 = 1 << 32;

/// A service of a year that has floors, and how much each group counts in it.
#[derive(Clone)]
pub(super) struct Floored {
    pub amounts: Vec<u64>,
    pub lifts: Vec<i64>,
    /// The smallest part of a floor that is met.
    met: f64,
}

/// What floors demand of options with a capacity, by group: weight times quality.
struct Floors<'y, 'a> {
    year: &'y Year<'a>,
    needs: Vec<i128>,
    /// What there is without these options.
    has: Vec<i128>,
}

/// The best service that meets all floors; where there is none, the one found that meets most of each.
pub(super) fn share(instance: &Instance, year: &Year<'_>) -> Floored {
    let floors = Floors::new(instance, year);
    let low = floors.at(vec![ONE; floors.needs.len()]);
    if low.met >= 1.0 {
        return low;
    }
    let high = floors.raise(&low);
    if high.met >= 1.0 { floors.narrow(low, high) } else { high }
}

impl<'y, 'a> Floors<'y, 'a> {
    fn new(instance: &Instance, year: &'y Year<'a>) -> Self {
        let (mut needs, mut has) = (vec![0; instance.group_names.len()], vec![0; instance.group_names.len()]);
        for floor in &instance.floors {
            needs[floor.group as usize] = instance.floor_needs(floor) as i128;
        }
        for (demand, quality) in year.best.iter().enumerate() {
            if let Some(has) = has.get_mut(instance.group(demand) as usize) {
                *has += i128::from(instance.weights[demand]) * i128::from(*quality);
            }
        }
        Self { year, needs, has }
    }

    fn at(&self, lifts: Vec<i64>) -> Floored {
        let amounts = self.year.share(&lifts).amounts;
        let met = self.lacks(&amounts).zip(&self.needs).map(|(lacks, need)| match lacks {
            ..=0 => 1.0,
            lacks => (1.0 - lacks as f64 / *need as f64).min(1.0 - f64::EPSILON),
        });
        Floored { met: met.fold(1.0, f64::min), amounts, lifts }
    }

    /// What each group lacks.
    fn lacks(&self, amounts: &[u64]) -> impl Iterator<Item = i128> {
        let raised = self.year.raised(amounts).into_iter();
        self.needs.iter().zip(&self.has).zip(raised).map(|((need, has), raised)| need - has - raised)
    }

    /// Lifts groups that lack something until none does, or it has been done often enough; the best service on the way.
    fn raise(&self, from: &Floored) -> Floored {
        let mut best = from.clone();
        let mut lifts = best.lifts.clone();
        let mut lacks: Vec<i128> = self.lacks(&best.amounts).collect();
        let most = ONE * BY.pow(RAISES);
        while best.met < 1.0 && lifts.iter().zip(&lacks).any(|(lift, lacks)| *lacks > 0 && *lift < most) {
            for (lift, _) in lifts.iter_mut().zip(&lacks).filter(|(_, lacks)| **lacks > 0) {
                *lift = (*lift * BY).min(most);
            }
            let next = self.at(lifts.clone());
            lacks = self.lacks(&next.amounts).collect();
            if next.met > best.met {
                best = next;
            }
        }
        best
    }

    /// The best service between one that misses a floor and one that meets all: lifts at which both come to the same are tried until
    /// no third service comes to more (Newton's method for a concave function that is linear in pieces).
    fn narrow(&self, mut low: Floored, mut high: Floored) -> Floored {
        let steps: Vec<i64> = high.lifts.iter().map(|lift| lift - ONE).collect();
        for _ in 0..TRIES {
            let more = |service: &Floored| {
                let raised = self.year.raised(&service.amounts);
                raised.iter().zip(&steps).map(|(raised, step)| *raised as f64 * *step as f64).sum::<f64>()
            };
            let lost = (self.year.total(&low.amounts) - self.year.total(&high.amounts)) as f64 * ONE as f64;
            let part = lost / (more(&high) - more(&low)).max(1.0);
            let lifts = steps.iter().map(|step| ONE + (*step as f64 * part).round() as i64).collect();
            let between = self.at(lifts);
            if between.amounts == low.amounts || between.amounts == high.amounts {
                high.lifts = between.lifts;
                break;
            }
            let side = if between.met >= 1.0 { &mut high } else { &mut low };
            *side = between;
        }
        Floored { amounts: self.mixed(&low.amounts, &high.amounts), ..high }
    }

    /// As little of the second service as leaves nothing lacking, and the first one for the rest.
    fn mixed(&self, low: &[u64], high: &[u64]) -> Vec<u64> {
        let parts = self.lacks(low).zip(self.lacks(high)).filter(|(low, _)| *low > 0);
        let part =
            parts.map(|(low, high)| (low.unsigned_abs() * PARTS).div_ceil((low - high).unsigned_abs()));
        let (mut part, mut step) = (part.max().unwrap_or(0).min(PARTS), 1);
        loop {
            let mix = |(low, high): (&u64, &u64)| {
                ((u128::from(*low) * (PARTS - part) + u128::from(*high) * part) / PARTS) as u64
            };
            let mut amounts: Vec<u64> = low.iter().zip(high).map(mix).collect();
            self.year.fill(&mut amounts);
            if part == PARTS || self.lacks(&amounts).all(|lacks| lacks <= 0) {
                return amounts;
            }
            // What rounding has lost is not always made up for where it counts.
            part = (part + step).min(PARTS);
            step *= 2;
        }
    }
}
