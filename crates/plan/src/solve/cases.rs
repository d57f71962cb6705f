//! The exact finish: branch and bound on the Lagrangian bound. What is cut off stays in the certificate as a case with the prices that cut it
//! off, so that the whole proof can be checked.

use super::Nearby;
use super::allowed::{self, Allowed, NEVER};
use super::desk::Desk;
use super::dual::{Answer, Dual, Prices};
use super::floored;
use super::ground::{Ground, UNIT};
use super::share::{ONE, Year};
use super::state::CLOSED;
use crate::certificate::{Case, Question};
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

/// Steps of the dual where all is decided and only service is left to be priced.
const LAST_STEPS: usize = 400;

/// Looks for better plans in vain after which every other case is looked at, then every third.
const LOOKS: usize = 8;

/// A case that is still to be looked at.
struct Open {
    /// Its place in the tree.
    at: usize,
    /// What is decided on the way to it, by place in the list of sites.
    decided: Vec<Allowed>,
    /// What that leaves of the choices.
    allowed: Vec<Allowed>,
    /// From whom something is bought for sure.
    vendors: Vec<u32>,
    /// The set of prices to start from.
    prices: usize,
    bound: f64,
    /// What the relaxation did in the case that was split.
    mean: Option<Arc<Answer>>,
    /// Whether all is decided and it was priced before: it goes on from there.
    settled: bool,
}

/// A tree of cases and the prices of its leaves.
pub(super) struct Cases {
    pub tree: Vec<Case>,
    pub prices: Vec<Prices>,
    /// What was ruled out is so for plans worth more than this.
    pub most: f64,
}

/// Cases that are open, and the highest bound of those that are closed.
struct Heap {
    open: Vec<Open>,
    closed: f64,
}

impl Cases {
    /// The proof that the root's prices make.
    pub fn root(prices: Prices) -> Self {
        Self { tree: vec![Case::Priced(0)], prices: vec![prices], most: f64::NEG_INFINITY }
    }

    /// Splits the root into cases until all are below the cut, or there is no time or room left.
    pub fn split<'a, 'g>(
        &mut self,
        ground: &'g Ground<'a>,
        dual: &Dual<'a, 'g>,
        nearby: &mut Nearby<'a, 'g>,
        desk: &mut Desk<'a, 'g, '_>,
    ) {
        let decided = ground.allowed.clone();
        let Some(allowed) = ground.narrowed(&decided) else { return };
        let root = Open {
            at: 0,
            decided,
            allowed,
            vendors: Vec::new(),
            prices: 0,
            bound: dual.value,
            mean: None,
            settled: false,
        };
        let mut heap = Heap { open: vec![root], closed: f64::NEG_INFINITY };
        let (mut looks, mut idle) = (0, 0);
        let mut duals: [Dual<'_, '_>; TOGETHER] = std::array::from_fn(|_| dual.clone());
        loop {
            let room =
                (self.prices.len() + 2 * TOGETHER) * ground.weights.len() * ground.years <= MOST_NUMBERS;
            let go_on = room && desk.bounded(heap.highest());
            let cases = heap.take_highest(desk.cut(), go_on);
            if cases.is_empty() {
                self.most = heap.closed;
                return;
            }
            self.improve(&cases, &mut duals, heap.highest(), desk);
            for (case, dual) in cases.into_iter().zip(&mut duals) {
                let at = self.prices.len();
                self.prices.push(dual.best.clone());
                self.tree[case.at] = Case::Priced(at as u32);
                let bound = dual.value;
                if bound <= desk.cut() {
                    heap.closed = heap.closed.max(bound);
                    continue;
                }
                // The longer no better plan is found, the less often it is looked for.
                if looks % (1 + idle / LOOKS) == 0 {
                    let worth = desk.best.worth;
                    look_nearby(ground, dual, &case.allowed, nearby, desk);
                    idle = if desk.best.worth.beats(worth) { 0 } else { idle + 1 };
                }
                looks += 1;
                let mean = Some(Arc::new(dual.mean().clone()));
                self.fix(ground, dual, Open { prices: at, bound, mean, ..case }, desk, &mut heap);
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
                    dual.decide(&case.allowed, &self.prices[case.prices], case.mean.as_deref());
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

    /// Decides at once what the prices decide, and splits what is left by what is least decided for what it takes.
    fn fix(
        &mut self,
        ground: &Ground<'_>,
        dual: &mut Dual<'_, '_>,
        mut case: Open,
        desk: &mut Desk<'_, '_, '_>,
        heap: &mut Heap,
    ) {
        if rule_out(ground, dual, &mut case, desk.cut(), &mut heap.closed) {
            let then = self.tree.len();
            self.tree.push(Case::Priced(case.prices as u32));
            self.tree[case.at] = Case::Fixed { prices: case.prices as u32, then: then as u32 };
            case.at = then;
        }
        let Some(allowed) = ground.narrowed(&case.decided) else { return };
        case.allowed = allowed;
        if let Some(vendor) = next_vendor(ground, dual, &case) {
            return self.split_vendor(ground, case, vendor, heap);
        }
        // Where one year alone is left to what must be bought, that has to be decided too before it counts for the others.
        let must: Vec<Allowed> =
            case.decided.iter().map(|decided| if decided & NEVER == 0 { *decided } else { NEVER }).collect();
        let split = widest(ground, dual, &case.allowed).or_else(|| widest(ground, dual, &must));
        let Some((place, by, likely)) = split else {
            return self.settle(ground, dual, case, desk, heap);
        };
        let (inner, outer) = self.branch(&case, ground.sites[place], by, likely);
        for (at, bought) in [(outer, !likely), (inner, likely)] {
            let mut decided = case.decided.clone();
            decided[place] &= if bought { allowed::by(by) } else { !allowed::by(by) };
            // What cannot be has no bound to be improved.
            if let Some(allowed) = ground.narrowed(&decided) {
                let (vendors, mean) = (case.vendors.clone(), case.mean.clone());
                heap.open.push(Open { at, decided, allowed, vendors, mean, ..case });
            }
        }
    }

    /// Splits a case by whether something is bought from a vendor.
    fn split_vendor(&mut self, ground: &Ground<'_>, case: Open, vendor: u32, heap: &mut Heap) {
        let (barred, admitted) = (self.tree.len(), self.tree.len() + 1);
        self.tree.extend([Case::Priced(case.prices as u32), Case::Priced(case.prices as u32)]);
        self.tree[case.at] = Case::Vendor { vendor, barred: barred as u32, admitted: admitted as u32 };
        let mut decided = case.decided.clone();
        for (decided, option) in decided.iter_mut().zip(&ground.sites) {
            if ground.instance.vendor(*option as usize) == vendor {
                *decided &= NEVER;
            }
        }
        if let Some(allowed) = ground.narrowed(&decided) {
            let (vendors, mean) = (case.vendors.clone(), case.mean.clone());
            heap.open.push(Open { at: barred, decided, allowed, vendors, mean, ..case });
        }
        // With one more than may be there is no plan.
        if case.vendors.len() < ground.instance.most_vendors as usize {
            let vendors = case.vendors.iter().copied().chain([vendor]).collect();
            heap.open.push(Open { at: admitted, vendors, ..case });
        }
    }

    /// Where all is decided: this is a plan, whose worth is a bound by itself where no capacities have to be shared out.
    fn settle(
        &mut self,
        ground: &Ground<'_>,
        dual: &mut Dual<'_, '_>,
        case: Open,
        desk: &mut Desk<'_, '_, '_>,
        heap: &mut Heap,
    ) {
        let mut opened = vec![CLOSED; ground.instance.option_count()];
        for (place, allowed) in case.allowed.iter().enumerate() {
            if let Some(from) = allowed::years(*allowed).next() {
                opened[ground.sites[place] as usize] = from as u8;
            }
        }
        desk.offer(&opened);
        let known = ground.single.is_empty() && desk.question == Question::Objective;
        let exact = known && !ground.has_capacity;
        let (prices, bound) = if exact {
            plan_prices(ground, &opened, desk)
        } else {
            match known && !case.settled {
                true => dual.decide(&case.allowed, &plan_prices(ground, &opened, desk).0, None),
                false => dual.decide(&case.allowed, &self.prices[case.prices], case.mean.as_deref()),
            }
            let cut = desk.cut();
            let mut steps = 0;
            while dual.value > cut && steps < LAST_STEPS {
                dual.step(cut);
                steps += 1;
            }
            (dual.best.clone(), dual.value)
        };
        let last = bound.min(case.bound);
        let fell = case.bound - last > 1e-7 * last.abs();
        if fell {
            self.tree[case.at] = Case::Priced(self.prices.len() as u32);
            self.prices.push(prices);
        }
        if fell && !exact && last > desk.cut() {
            // Its price is still on the way down.
            let (prices, mean) = (self.prices.len() - 1, Some(Arc::new(dual.mean().clone())));
            heap.open.push(Open { prices, bound: last, mean, settled: true, ..case });
        } else {
            heap.closed = heap.closed.max(last);
        }
    }

    /// Splits a case; gives the places of the case in which the option is as said, and of the other one.
    fn branch(&mut self, case: &Open, option: u32, by: usize, bought: bool) -> (usize, usize) {
        let (first, second) = (self.tree.len(), self.tree.len() + 1);
        self.tree.extend([Case::Priced(case.prices as u32), Case::Priced(case.prices as u32)]);
        self.tree[case.at] = Case::Split { option, by: by as u16, bought: first as u32, left: second as u32 };
        if bought { (first, second) } else { (second, first) }
    }
}

impl Heap {
    fn highest(&self) -> f64 {
        self.open.iter().map(|o| o.bound).fold(self.closed, f64::max)
    }

    /// Takes the cases with the highest bounds out of those that are open, since only there can the bound of the whole fall; of equals the ones found last.
    /// What is below the cut, and all when it is not to go on, is closed: its prices bound it as they are.
    fn take_highest(&mut self, cut: f64, go_on: bool) -> Vec<Open> {
        let mut taken = Vec::new();
        let open = &mut self.open;
        while taken.len() < TOGETHER
            && let Some(at) = (0..open.len()).max_by(|a, b| open[*a].bound.total_cmp(&open[*b].bound))
        {
            let case = open.remove(at);
            if go_on && case.bound > cut {
                taken.push(case);
            } else {
                self.closed = self.closed.max(case.bound);
            }
        }
        taken
    }
}

/// Takes out of a case what no plan above the cut does; whether there is such a thing.
fn rule_out(ground: &Ground<'_>, dual: &Dual<'_, '_>, case: &mut Open, cut: f64, closed: &mut f64) -> bool {
    let instance = ground.instance;
    let most = |place: usize, allowed| allowed::largest(allowed, dual.adds(place), 0.0).unwrap_or(0.0);
    let mut groups = vec![0.0f64; instance.exclusive_names.len()];
    for (place, allowed) in case.allowed.iter().enumerate().filter(|(_, allowed)| **allowed != NEVER) {
        if let Some(group) = groups.get_mut(instance.exclusive(ground.sites[place] as usize) as usize) {
            let most = most(place, *allowed);
            // Of a group in which something must be bought nothing else is allowed.
            *group = if allowed & NEVER == 0 { most } else { group.max(most) };
        }
    }
    // What the 24 bits of a price that a floor lifts may hide.
    let lifted = dual.best.floors.iter().zip(&ground.needs);
    let noise = 2e-7 * lifted.map(|(price, need)| price * need).sum::<f64>();
    let mut found = false;
    for place in 0..ground.sites.len() {
        let now = case.allowed[place];
        let group = groups.get(instance.exclusive(ground.sites[place] as usize) as usize);
        let without = case.bound - group.copied().unwrap_or_else(|| most(place, now));
        let mut rule_out = |choice: Allowed, adds: f64| {
            if now & choice != 0 && without + adds <= cut {
                case.decided[place] &= !choice;
                *closed = closed.max(without + adds + noise);
                found = true;
            }
        };
        dual.adds(place).iter().enumerate().for_each(|(year, adds)| rule_out(1 << year, *adds));
        if group.is_none() {
            rule_out(NEVER, 0.0);
        }
    }
    found
}

/// The vendor to decide on next, where their number matters: from whom the relaxation buys most for the limit, of those from whom anything may be bought.
fn next_vendor(ground: &Ground<'_>, dual: &Dual<'_, '_>, case: &Open) -> Option<u32> {
    let instance = ground.instance;
    let mut bought: Vec<Option<f32>> = vec![None; instance.limited_vendors().len()];
    for (place, option) in ground.sites.iter().enumerate() {
        let vendor = instance.vendor(*option as usize);
        if case.allowed[place] != NEVER
            && !case.vendors.contains(&vendor)
            && let Some(bought) = bought.get_mut(vendor as usize)
        {
            let charge = instance.charge(*option as usize, 0, true) as f32;
            *bought.get_or_insert(0.0) += dual.share(place) * charge;
        }
    }
    let open = bought.into_iter().zip(0..).filter_map(|(bought, vendor)| Some((bought?, vendor)));
    open.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, vendor)| vendor)
}

/// The site and the year by which a case is split, and whether it is likely to be opened by then: what the relaxation does in part matters the more,
/// the more it takes from the limit.
fn widest(ground: &Ground<'_>, dual: &Dual<'_, '_>, allowed: &[Allowed]) -> Option<(usize, usize, bool)> {
    let years = ground.years;
    let mut widest: Option<(f32, usize, usize, bool)> = None;
    for (place, allowed) in allowed.iter().enumerate() {
        let charge = ground.instance.charge(ground.sites[place] as usize, 0, true) as f32;
        let open = &dual.open()[place * years..(place + 1) * years];
        let mut share = 0.0;
        for by in 1..=years {
            share += open[by - 1];
            let early = allowed::by(by);
            if allowed & early == 0 || allowed & !early == 0 {
                continue;
            }
            // Whether to buy at all decides more than when.
            let part = if by == years { 1.0 } else { 0.5 };
            let torn = part * (share.min(1.0 - share) + 0.01) * charge;
            if widest.is_none_or(|w| torn > w.0) {
                widest = Some((torn, place, by, share >= 0.5));
            }
        }
    }
    widest.map(|w| (w.1, w.2, w.3))
}

/// Looks for plans near what is bought in a case and what the relaxation opens there for the most part.
fn look_nearby<'a, 'g>(
    ground: &'g Ground<'a>,
    dual: &Dual<'a, 'g>,
    allowed: &[Allowed],
    nearby: &mut Nearby<'a, 'g>,
    desk: &mut Desk<'a, 'g, '_>,
) {
    let years = ground.years;
    let mut bought: Vec<(f32, u32, usize)> = Vec::new();
    for (place, allowed) in allowed.iter().enumerate() {
        let open = &dual.open()[place * years..(place + 1) * years];
        let likely = allowed::years(*allowed).max_by(|a, b| open[*a].total_cmp(&open[*b]));
        let share = if allowed & NEVER == 0 { 2.0 } else { dual.share(place) };
        if let Some(from) = likely.filter(|_| share > 0.5) {
            bought.push((share, ground.sites[place], from));
        }
    }
    bought.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let opened = desk.filled(bought.into_iter().map(|b| (b.1, b.2)), &dual.best);
    nearby.search(&opened, &dual.best, 0, desk);
}

/// Prices that come to what a plan is worth, and that; where it misses a floor, to less than any plan.
fn plan_prices(ground: &Ground<'_>, opened: &[u8], desk: &Desk<'_, '_, '_>) -> (Prices, f64) {
    let instance = ground.instance;
    let (worth, met) = desk.worth(opened);
    let mut bound = worth.objective as f64 * UNIT * UNIT;
    let mut floors = vec![0.0; ground.needs.len()];
    let mut service = Vec::new();
    for at in 0..ground.years {
        let year = Year::new(instance, opened, at);
        let mut lifts = Vec::new();
        if at + 1 == ground.years && !floors.is_empty() {
            lifts = floored::share(instance, &year).lifts;
            if let Some(floor) = met.iter().position(|met| *met < 1.0) {
                let lacks = (1.0 - met[floor]) * ground.needs[floor];
                let lift = (1.01 * bound / lacks).clamp(1.0, 4000.0);
                lifts.fill(ONE);
                lifts[instance.floors[floor].group as usize] += (lift * ONE as f64) as i64;
                bound -= lift * lacks;
            }
            for (price, floor) in floors.iter_mut().zip(&instance.floors) {
                *price = (lifts[floor.group as usize] - ONE) as f64 / ONE as f64;
            }
        }
        let lift = |demand: usize| *lifts.get(instance.group(demand) as usize).unwrap_or(&ONE) as f64;
        let more = year.worth(&year.share(&lifts));
        let price = |demand: usize| f64::from(year.best[demand]) * lift(demand) + more[demand] as f64;
        let prices = (0..year.best.len()).map(|demand| (price(demand) * UNIT / ONE as f64) as f32);
        service.push(prices.collect());
    }
    (Prices { limit: vec![0.0; ground.years], floors, service }, bound)
}
