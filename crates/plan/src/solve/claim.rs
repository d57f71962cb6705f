//! What a certificate says, worked out in whole numbers from the solver's prices and plans.

use super::allowed::{self, Allowed, NEVER, Room};
use super::dual::Prices as Found;
use super::state::CLOSED;
use crate::certificate::{Case, Plan, Prices, Question};
use crate::{Instance, MILLION, NONE, UNLIMITED};
use rayon::prelude::*;

const PICO: f64 = 1e12;

/// Prices in whole numbers. Those of service are rounded up, so that options of one demand, which the solver has priced away, add nothing.
pub(super) fn whole(found: &Found, of: Option<&[u32]>, demands: usize) -> Prices {
    let unit = |price: f32| {
        // A price that is a quality is that quality, which has six decimals, and not what comes nearest to it in 24 bits.
        let millionths = f64::from(price) * 1e6;
        let near = (millionths - millionths.round()).abs() <= millionths * 6e-8;
        if near { millionths.round() as u64 * 1_000_000 } else { (f64::from(price) * PICO).ceil() as u64 }
    };
    let service = found.service.iter().map(|year| match of {
        Some(of) => of.iter().map(|row| if *row == NONE { 0 } else { unit(year[*row as usize]) }).collect(),
        None => year[..demands].iter().map(|price| unit(*price)).collect(),
    });
    Prices {
        limit: found.limit.iter().map(|p| (p * PICO * 1e6).min(1e24) as i128).collect(),
        floors: found.floors.iter().map(|p| (p * 1e6).min(4e9) as u32).collect(),
        service: service.collect(),
    }
}

/// What a set of prices comes to.
pub(super) struct Sums {
    pub constant: i128,
    /// What each option adds when it is opened in each year.
    pub adds: Vec<i128>,
    needs: i128,
}

/// Sums up a set of prices.
pub(super) fn sums(instance: &Instance, question: Question, prices: &Prices) -> Sums {
    let own = if question == Question::Objective { MILLION as i128 } else { 0 };
    let mut lifts = vec![own; instance.group_names.len()];
    let mut needs = 0;
    for (floor, price) in instance.floors.iter().zip(&prices.floors) {
        lifts[floor.group as usize] += i128::from(*price);
        needs += i128::from(*price) * instance.floor_needs(floor) as i128;
    }
    let mut constant = if question == Question::Objective { -needs } else { 0 };
    for (year, amount) in instance.limit.amounts().iter().enumerate() {
        constant += prices.limit[year] * i128::from(*amount);
        let service = instance.weights.par_iter().zip(&prices.service[year]);
        constant += service.map(|(w, p)| i128::from(*w) * i128::from(*p)).sum::<i128>();
    }
    let years = instance.years();
    let mut adds = vec![0; instance.option_count() * years];
    adds.par_chunks_mut(years).with_min_len(256).enumerate().for_each(|(option, adds)| {
        let mut later = 0;
        for year in (0..years).rev() {
            let last = year + 1 == years;
            let gains = instance.parts(option).filter_map(|(demand, quality, most)| {
                let lift =
                    if last { lifts.get(instance.group(demand) as usize).unwrap_or(&own) } else { &own };
                let gain = i128::from(quality) * lift - i128::from(prices.service[year][demand]);
                (gain > 0).then_some((gain, most))
            });
            let sum = within(gains, instance.capacity(option));
            let charge = |new| prices.limit[year] * i128::from(instance.charge(option, year, new));
            adds[year] = later + sum - charge(true);
            later += sum - charge(false);
        }
    });
    Sums { constant, adds, needs }
}

/// The sum of gains times weights, the largest gains first, up to a capacity.
fn within(gains: impl Iterator<Item = (i128, u64)>, mut capacity: u64) -> i128 {
    if capacity == UNLIMITED {
        return gains.map(|(gain, weight)| gain * i128::from(weight)).sum();
    }
    let mut gains: Vec<(i128, u64)> = gains.collect();
    gains.sort_unstable_by_key(|(gain, _)| std::cmp::Reverse(*gain));
    let mut sum = 0;
    for (gain, weight) in gains {
        sum += gain * i128::from(weight.min(capacity));
        capacity -= weight.min(capacity);
    }
    sum
}

/// What prices prove in a case, and what of that is of each option.
struct Total {
    room: Room,
    sum: i128,
    /// Of each exclusive group: what must be bought adds, and the most that another one adds.
    groups: Vec<(Option<i128>, i128)>,
}

impl Sums {
    /// All together, where options may be opened in these years alone; `None` where that cannot be.
    fn total(&self, instance: &Instance, allowed: &[Allowed]) -> Option<Total> {
        let room = Room::new(instance, allowed.iter().copied().enumerate())?;
        let mut sum = self.constant;
        let mut groups: Vec<(Option<i128>, i128)> = vec![(None, 0); instance.exclusive_names.len()];
        for (option, (allowed, adds)) in allowed.iter().zip(self.adds.chunks(instance.years())).enumerate() {
            let allowed = room.narrow(instance, option, *allowed);
            let adds = allowed::largest(allowed, adds, 0)?;
            let group = instance.exclusive(option);
            if group == NONE {
                sum += adds;
            } else if allowed & NEVER != 0 {
                groups[group as usize].1 = groups[group as usize].1.max(adds);
            } else if groups[group as usize].0.replace(adds).is_some() {
                return None;
            }
        }
        sum += groups.iter().map(|(forced, best)| forced.unwrap_or(*best)).sum::<i128>();
        Some(Total { room, sum, groups })
    }

    /// A sum as a bound, rounded down.
    fn bound(&self, question: Question, sum: i128) -> i128 {
        match question {
            Question::Objective => sum.div_euclid(MILLION as i128),
            Question::Floors if self.needs == 0 => i128::MAX,
            Question::Floors => (sum * MILLION as i128).div_euclid(self.needs),
        }
    }

    /// Options and what is left of their choices where a plan is to be worth more than so much.
    fn fixed(
        &self,
        instance: &Instance,
        question: Question,
        allowed: &[Allowed],
        most: i128,
    ) -> Option<Vec<(usize, Allowed)>> {
        let Total { room, sum, groups } = self.total(instance, allowed)?;
        let mut fixed = Vec::new();
        for (option, (before, adds)) in allowed.iter().zip(self.adds.chunks(instance.years())).enumerate() {
            let now = room.narrow(instance, option, *before);
            let group = groups.get(instance.exclusive(option) as usize);
            let own = match group {
                None => allowed::largest(now, adds, 0)?,
                Some((Some(_), _)) if now & NEVER != 0 => continue,
                Some((forced, best)) => forced.unwrap_or(*best),
            };
            let worse = |adds: i128| self.bound(question, sum - own + adds) <= most;
            let mut left = *before;
            allowed::years(now).filter(|year| worse(adds[*year])).for_each(|year| left &= !(1 << year));
            if now & NEVER != 0 && group.is_none() && worse(0) {
                left &= !NEVER;
            }
            if left != *before {
                fixed.push((option, left));
            }
        }
        Some(fixed)
    }
}

/// A bound of the dual in whole numbers, a little higher.
pub(super) fn rounded_up(question: Question, bound: f64, slack: f64) -> i128 {
    let unit = if question == Question::Objective { PICO } else { 1e6 };
    if bound == f64::NEG_INFINITY { i128::MIN } else { (bound * unit * (1.0 + 1e-7) + slack).ceil() as i128 }
}

/// The bound of a tree of cases, of which what is ruled out is so for plans worth more than `most`.
pub(super) fn bound(
    instance: &Instance,
    question: Question,
    prices: &[Prices],
    tree: &[Case],
    most: i128,
) -> i128 {
    let sums: Vec<Sums> = prices.par_iter().map(|p| sums(instance, question, p)).collect();
    let mut allowed: Vec<Allowed> =
        (0..instance.option_count()).map(|option| allowed::begin(instance, option)).collect();
    let mut largest = most;
    // On the way to a case, options and what was allowed before; cases, how long the way to them is, from how many vendors they buy for sure, and what
    // to set there.
    let (mut way, mut cases) = (Vec::new(), vec![(0usize, 0, 0, Vec::new())]);
    while let Some((case, depth, admitted, steps)) = cases.pop() {
        way.drain(depth..).rev().for_each(|(option, before): (usize, Allowed)| allowed[option] = before);
        for (option, now) in steps {
            way.push((option, std::mem::replace(&mut allowed[option], now)));
        }
        if admitted > instance.most_vendors {
            continue;
        }
        match &tree[case] {
            Case::Priced(at) => {
                let sums = &sums[*at as usize];
                let total = sums.total(instance, &allowed);
                largest = largest.max(total.map_or(i128::MIN, |total| sums.bound(question, total.sum)));
            }
            Case::Fixed { prices, then } => {
                let Some(left) = sums[*prices as usize].fixed(instance, question, &allowed, most) else {
                    continue;
                };
                for (option, left) in left {
                    way.push((option, std::mem::replace(&mut allowed[option], left)));
                }
                cases.push((*then as usize, way.len(), admitted, Vec::new()));
            }
            Case::Split { option, by, bought, left } => {
                let option = *option as usize;
                let (now, by) = (allowed[option], allowed::by(usize::from(*by)));
                cases.push((*bought as usize, way.len(), admitted, vec![(option, now & by)]));
                cases.push((*left as usize, way.len(), admitted, vec![(option, now & !by)]));
            }
            Case::Vendor { vendor, barred, admitted: with } => {
                let of = (0..allowed.len()).filter(|option| instance.vendor(*option) == *vendor);
                let without = of.map(|option| (option, allowed[option] & NEVER)).collect();
                cases.push((*barred as usize, way.len(), admitted, without));
                cases.push((*with as usize, way.len(), admitted + 1, Vec::new()));
            }
        }
    }
    largest
}

/// What a plan is worth: the objective, and the part of the floors that it meets, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Worth {
    pub objective: i128,
    pub floors: i128,
}

impl Worth {
    /// Whether this is the better plan: floors first, then the objective.
    pub fn beats(self, other: Self) -> bool {
        (self.floors, self.objective) > (other.floors, other.objective)
    }
}

/// Works out what a plan is worth.
pub(super) fn worth(instance: &Instance, plan: &Plan) -> Worth {
    let (objective, served) = served(instance, plan);
    let whole = MILLION as i128;
    Worth { objective, floors: met(instance, &served).min().unwrap_or(whole) }
}

/// What part of each floor a plan meets, in millionths.
pub(super) fn floors_met(instance: &Instance, plan: &Plan) -> Vec<i128> {
    met(instance, &served(instance, plan).1).collect()
}

fn met<'a>(instance: &'a Instance, served: &'a [i128]) -> impl Iterator<Item = i128> + 'a {
    let whole = MILLION as i128;
    instance.floors.iter().map(move |f| {
        // A floor that demands nothing, as of a group of nobody, is met.
        match instance.floor_needs(f) as i128 {
            0 => whole,
            needs => (served[f.group as usize] * whole / needs).min(whole),
        }
    })
}

/// The objective, and what each group gets in the last year.
fn served(instance: &Instance, plan: &Plan) -> (i128, Vec<i128>) {
    let years = instance.years();
    let mut opened = vec![CLOSED; instance.option_count()];
    for (option, year) in &plan.buy {
        opened[*option as usize] = *year as u8 - 1;
    }
    let mut served = vec![0i128; instance.group_names.len()];
    let mut objective = 0;
    for year in 0..years {
        let mut best = vec![0u32; instance.weights.len()];
        for (option, from) in opened.iter().enumerate() {
            if *from != CLOSED && usize::from(*from) <= year && instance.capacity(option) == UNLIMITED {
                instance
                    .covers(option)
                    .for_each(|(demand, quality)| best[demand] = quality.max(best[demand]));
            }
        }
        let mut add = |demand: usize, gain: i128| {
            objective += gain;
            if year + 1 == years
                && let Some(served) = served.get_mut(instance.group(demand) as usize)
            {
                *served += gain;
            }
        };
        for (demand, quality) in best.iter().enumerate() {
            add(demand, i128::from(instance.weights[demand]) * i128::from(*quality));
        }
        for serve in plan.serve.iter().filter(|s| usize::from(s.year) == year + 1) {
            let mut parts = serve.parts.iter().peekable();
            for (demand, quality) in instance.covers(serve.option as usize) {
                if let Some((_, amount)) = parts.next_if(|part| part.0 as usize == demand) {
                    add(demand, i128::from(*amount) * (i128::from(quality) - i128::from(best[demand])));
                }
            }
        }
    }
    (objective, served)
}
