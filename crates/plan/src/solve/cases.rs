//! The exact finish: branch and bound on the Lagrangian bound. What is cut off stays in the certificate as a case with the prices that cut it
//! off, so that the whole proof can be checked.

use super::desk::Desk;
use super::dual::{Answer, Dual, Prices};
use super::exchange::Exchange;
use super::ground::Ground;
use crate::Fixed;
use crate::certificate::Case;
use rayon::prelude::*;
use std::sync::Arc;

/// Numbers in a proof at most: prices times demands.
const MOST_NUMBERS: usize = 30_000_000;
/// Cases that are looked at together.
const TOGETHER: usize = 2;
/// Steps of the dual in one case, and in how many parts: after each it is asked whether to go on.
const STEPS: usize = 30;
const PARTS: usize = 2;
/// Steps without a better bound after which a case is split.
const PATIENCE: usize = 8;

/// Looks for better plans in vain after which every other case is looked at, then every third.
const LOOKS: usize = 8;

/// A case that is still to be looked at.
struct Open {
    /// Its place in the tree.
    at: usize,
    decided: Vec<Option<bool>>,
    /// The set of prices to start from.
    prices: usize,
    bound: f64,
    /// What the relaxation did in the case that was split.
    mean: Option<Arc<Answer>>,
}

/// A tree of cases and the prices of its leaves.
pub(super) struct Cases {
    pub tree: Vec<Case>,
    pub prices: Vec<Prices>,
}

impl Cases {
    /// The proof that the root's prices make.
    pub fn root(prices: Prices) -> Self {
        Self { tree: vec![Case::Priced(0)], prices: vec![prices] }
    }

    /// Splits the root into cases until all are below the cut, or there is no time or room left.
    pub fn split(
        &mut self,
        ground: &Ground<'_>,
        dual: &Dual<'_, '_>,
        exchange: &mut Exchange<'_, '_>,
        desk: &mut Desk<'_, '_, '_>,
    ) {
        let none = vec![None; ground.instance.option_count()];
        let mut open = vec![Open { at: 0, decided: none, prices: 0, bound: dual.value, mean: None }];
        let mut closed = f64::NEG_INFINITY;
        let (mut looks, mut idle) = (0, 0);
        let mut duals: [Dual<'_, '_>; TOGETHER] = std::array::from_fn(|_| dual.clone());
        loop {
            let room =
                (self.prices.len() + 2 * TOGETHER) * ground.weights.len() * ground.years <= MOST_NUMBERS;
            let highest = open.iter().map(|o| o.bound).fold(closed, f64::max);
            let go_on = room && desk.bounded(highest);
            let cases = take_highest(&mut open, desk.cut(), go_on, &mut closed);
            if cases.is_empty() {
                return;
            }
            let others = open.iter().map(|o| o.bound).fold(closed, f64::max);
            self.improve(&cases, &mut duals, others, desk);
            for (case, dual) in cases.into_iter().zip(&mut duals) {
                let at = self.prices.len();
                self.prices.push(dual.best.clone());
                self.tree[case.at] = Case::Priced(at as u32);
                let bound = dual.value;
                if bound <= desk.cut() {
                    closed = closed.max(bound);
                    continue;
                }
                // The longer no better plan is found, the less often it is looked for.
                if looks % (1 + idle / LOOKS) == 0 {
                    let worth = desk.best.worth;
                    look_nearby(ground, dual, &case.decided, exchange, desk);
                    idle = if desk.best.worth.beats(worth) { 0 } else { idle + 1 };
                }
                looks += 1;
                let mean = Some(Arc::new(dual.mean().clone()));
                self.fix(
                    ground,
                    dual,
                    Open { prices: at, bound, mean, ..case },
                    desk,
                    &mut open,
                    &mut closed,
                );
            }
        }
    }

    /// Some steps of the dual in each of these cases, at the same time; how many are looked at together does not depend on the threads.
    fn improve(&self, cases: &[Open], duals: &mut [Dual<'_, '_>], others: f64, desk: &mut Desk<'_, '_, '_>) {
        let cut = desk.cut();
        let mut still = [0; TOGETHER];
        for part in 0..PARTS {
            let each = duals.par_iter_mut().zip(cases).zip(&mut still);
            each.for_each(|((dual, case), still)| {
                if part == 0 {
                    dual.decide(&case.decided, &self.prices[case.prices], case.mean.as_deref());
                }
                for _ in 0..STEPS / PARTS {
                    if dual.value <= cut || *still > PATIENCE {
                        return;
                    }
                    *still = if dual.step(cut) { 0 } else { *still + 1 };
                }
            });
            let highest = duals.iter().take(cases.len()).map(|d| d.value).fold(others, f64::max);
            if !desk.bounded(highest) {
                return;
            }
        }
    }

    /// Decides at once what the prices decide, and splits what is left by the option that is least decided for what it takes.
    fn fix(
        &mut self,
        ground: &Ground<'_>,
        dual: &Dual<'_, '_>,
        mut case: Open,
        desk: &mut Desk<'_, '_, '_>,
        open: &mut Vec<Open>,
        closed: &mut f64,
    ) {
        let instance = ground.instance;
        let mut widest: Option<(f32, u32)> = None;
        for (place, option) in ground.sites.iter().enumerate() {
            let at = *option as usize;
            if case.decided[at].is_some() || instance.fixed(at) != Fixed::Free {
                continue;
            }
            let adds = dual.adds(place);
            let against = case.bound - adds.abs();
            if against <= desk.cut() && instance.exclusive(at) == crate::NONE {
                let buy = adds > 0.0;
                let (inner, outer) = self.branch(&case, *option, buy);
                self.tree[outer] = Case::Priced(case.prices as u32);
                *closed = closed.max(against);
                case.decided[at] = Some(buy);
                case.at = inner;
                continue;
            }
            // What the relaxation opens in part matters the more, the more it takes from the limit.
            let share = dual.share(place);
            let torn = (share.min(1.0 - share) + 0.01) * instance.charge(at, true) as f32;
            if widest.is_none_or(|w| torn > w.0) {
                widest = Some((torn, *option));
            }
        }
        let Some((_, option)) = widest else {
            // All is decided: either this is a plan, whose worth is a bound by itself, or it breaks a limit.
            let (prices, bound) = decided_prices(ground, &case.decided);
            if bound < case.bound {
                self.tree[case.at] = Case::Priced(self.prices.len() as u32);
                self.prices.push(prices);
            }
            *closed = closed.max(bound.min(case.bound));
            return;
        };
        let likely = dual.share(ground.sites.iter().position(|s| *s == option).unwrap_or_default()) >= 0.5;
        let (inner, outer) = self.branch(&case, option, likely);
        for (at, buy) in [(outer, !likely), (inner, likely)] {
            let mut decided = case.decided.clone();
            decided[option as usize] = Some(buy);
            self.tree[at] = Case::Priced(case.prices as u32);
            open.push(Open { at, decided, prices: case.prices, bound: case.bound, mean: case.mean.clone() });
        }
    }

    /// Splits a case; gives the places of the case in which the option is as said, and of the other one.
    fn branch(&mut self, case: &Open, option: u32, buy: bool) -> (usize, usize) {
        let (first, second) = (self.tree.len(), self.tree.len() + 1);
        self.tree.extend([Case::Priced(case.prices as u32), Case::Priced(case.prices as u32)]);
        self.tree[case.at] = Case::Split { option, bought: first as u32, left: second as u32 };
        if buy { (first, second) } else { (second, first) }
    }
}

/// Takes the cases with the highest bounds out of those that are open, since only there can the bound of the whole fall; of equals the ones found last.
/// What is below the cut, and all when it is not to go on, is closed: its prices bound it as they are.
fn take_highest(open: &mut Vec<Open>, cut: f64, go_on: bool, closed: &mut f64) -> Vec<Open> {
    let mut taken = Vec::new();
    while taken.len() < TOGETHER
        && let Some(at) = (0..open.len()).max_by(|a, b| open[*a].bound.total_cmp(&open[*b].bound))
    {
        let case = open.remove(at);
        if go_on && case.bound > cut {
            taken.push(case);
        } else {
            *closed = closed.max(case.bound);
        }
    }
    taken
}

/// Looks for plans near what is bought in a case and what the relaxation opens there for the most part.
fn look_nearby(
    ground: &Ground<'_>,
    dual: &Dual<'_, '_>,
    decided: &[Option<bool>],
    exchange: &mut Exchange<'_, '_>,
    desk: &mut Desk<'_, '_, '_>,
) {
    let mut bought: Vec<(f32, u32)> = Vec::new();
    for (place, option) in ground.sites.iter().enumerate() {
        match decided[*option as usize] {
            Some(true) => bought.push((2.0, *option)),
            None if dual.share(place) > 0.5 => bought.push((dual.share(place), *option)),
            _ => {}
        }
    }
    bought.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let opened = desk.filled(bought.into_iter().map(|b| b.1), &dual.best);
    exchange.start(&opened);
    exchange.search(0, desk);
}

/// Where every site is decided, of one year: prices that come to what is bought is worth, or to next to nothing where it breaks the limit.
fn decided_prices(ground: &Ground<'_>, decided: &[Option<bool>]) -> (Prices, f64) {
    let instance = ground.instance;
    let bought =
        || (0..decided.len()).filter(|o| decided[*o] == Some(true) || instance.fixed(*o) == Fixed::In);
    let spent: u64 = bought().map(|o| instance.charge(o, true)).sum();
    let limit = instance.limit.amounts()[0];
    let mut prices = Prices {
        limit: vec![0.0],
        floors: vec![0.0; ground.needs.len()],
        service: vec![vec![0.0; ground.weights.len()]],
    };
    let all: f64 = ground.weights.iter().map(|w| f64::from(*w)).sum();
    if spent > limit {
        prices.limit[0] = 1.01 * all / (spent - limit) as f64;
        prices.service[0].fill(1.0);
        return (prices, 0.0);
    }
    if ground.has_capacity || !ground.single.is_empty() {
        return (prices, f64::INFINITY);
    }
    for option in bought() {
        for (demand, quality) in instance.covers(option) {
            let price = &mut prices.service[0][demand];
            *price = price.max((f64::from(quality) * super::ground::UNIT) as f32);
        }
    }
    let worth =
        ground.weights.iter().zip(&prices.service[0]).map(|(w, p)| f64::from(*w) * f64::from(*p)).sum();
    (prices, worth)
}
