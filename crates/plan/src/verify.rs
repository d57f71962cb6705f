//! Whether a certificate proves what it says. Shares nothing with the solver; whole numbers only. Read it in one go:
//!
//! 1. [`plan_value`]: the plan is allowed, and is worth what it says.
//! 2. [`bound`]: for prices of what is scarce, no plan that keeps to the limits can be worth more than: all service at its price,
//!    plus the limits at their prices, less the floors at theirs, plus for each option what it serves above those prices, less its
//!    own cost at the limit's price, if that is more than nothing. (Lagrangian duality: what a plan pays in prices it gets back in
//!    this sum.) Where the tree has cases, the largest of them counts, rounded down to what a plan can be worth. In a case options
//!    have [`Choices`]: years in which they may be opened. What does not fit beside what must be bought is out, and so is what the sum shows
//!    to make no plan better than the bound that is said.

use crate::certificate::{Case, Certificate, FORMAT, Plan, Prices, Question};
use crate::{Fixed, Instance, MILLION, NONE, UNLIMITED};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Why a certificate proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal(otherwise())) }
}

/// A product that stays far from the end of the numbers, so that no sum of such products passes it.
fn times(price: i128, amount: u64) -> Result<i128, Refusal> {
    let product = price.checked_mul(i128::from(amount)).filter(|p| (0..=10_i128.pow(35)).contains(p));
    product.ok_or_else(|| Refusal(format!("the price {price} is out of range")))
}

/// Checks a certificate against its instance.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(instance: &Instance, certificate: &Certificate) -> Result<(), Refusal> {
    let Certificate { format, question, plan, objective, bound: said, prices, tree } = certificate;
    ensure(format == FORMAT, || format!("the format is `{format}`; wanted `{FORMAT}`"))?;
    let (worth, met) = plan_value(instance, plan)?;
    let worth = if *question == Question::Objective { worth } else { met };
    ensure(worth == *objective, || format!("the plan is worth {worth}, not {objective}"))?;
    ensure(*question == Question::Floors || met >= i128::from(MILLION), || {
        format!("the plan meets {met} millionths of a floor")
    })?;
    // What is said is rounded down to what a plan can be worth.
    let grain = if *question == Question::Objective { grain(instance) } else { 1 };
    let most = said.saturating_add(grain - 1);
    let bound = bound(instance, *question, prices, tree, most)?;
    ensure(bound <= most && said.rem_euclid(grain) == 0, || {
        format!("the prices prove a bound of {bound}, not {said}")
    })
}

/// The year in which each option is opened, 0 for never: no option twice, at most one of an exclusive group, of no more vendors than may be, and what
/// is fixed as it is.
fn opened_years(instance: &Instance, plan: &Plan) -> Result<Vec<usize>, Refusal> {
    let (years, options) = (instance.years(), instance.option_count());
    let mut opened = vec![0; options];
    let mut groups_taken = vec![false; instance.exclusive_names.len()];
    let mut vendors = std::collections::BTreeSet::new();
    for (option, year) in plan.buy.iter().map(|(o, y)| (*o as usize, usize::from(*y))) {
        ensure(option < options && (1..=years).contains(&year), || {
            format!("there is no option {option} in year {year}")
        })?;
        ensure(opened[option] == 0, || format!("option {option} is bought twice"))?;
        opened[option] = year;
        let group = instance.exclusive(option);
        ensure(group == NONE || !std::mem::replace(&mut groups_taken[group as usize], true), || {
            format!("option {option} is the second of its exclusive group")
        })?;
        vendors.extend(Some(instance.vendor(option)).filter(|vendor| *vendor != NONE));
    }
    ensure(vendors.len() <= instance.most_vendors as usize, || {
        format!("{} vendors are bought from, of {}", vendors.len(), instance.most_vendors)
    })?;
    for (option, year) in opened.iter().enumerate() {
        ensure(instance.fixed(option) != Fixed::In || *year == 1, || {
            format!("option {option} is fixed in, but not bought in year 1")
        })?;
        ensure(instance.fixed(option) != Fixed::Out || *year == 0, || {
            format!("option {option} is fixed out, but bought")
        })?;
    }
    Ok(opened)
}

/// What a plan is worth, and the part of the floors, in millionths, that it meets.
fn plan_value(instance: &Instance, plan: &Plan) -> Result<(i128, i128), Refusal> {
    let (years, options) = (instance.years(), instance.option_count());
    let opened = opened_years(instance, plan)?;
    let (mut worth, mut last_year) = (0, vec![0; instance.group_names.len()]);
    let mut seen = BTreeSet::new();
    for (year, limit) in (1..=years).zip(instance.limit.amounts()) {
        let open = || (0..options).filter(|o| (1..=year).contains(&opened[*o]));
        let spent: u128 = open().map(|o| u128::from(instance.charge(o, year - 1, opened[o] == year))).sum();
        ensure(spent <= u128::from(*limit), || format!("year {year} takes {spent} of {limit}"))?;
        let mut gains = vec![0; instance.weights.len()];
        let mut rest = instance.weights.clone();
        let mut left: Vec<u64> = (0..options).map(|o| instance.capacity(o)).collect();
        for serve in plan.serve.iter().filter(|s| usize::from(s.year) == year) {
            let option = serve.option as usize;
            ensure(
                option < options && (1..=year).contains(&opened[option]) && left[option] != UNLIMITED,
                || format!("option {option} is not open in year {year}, or has no capacity to share out"),
            )?;
            ensure(serve.parts.is_sorted_by(|a, b| a.0 < b.0) && seen.insert((option, year)), || {
                format!("in year {year} option {option} or a demand of it stands twice, or in no order")
            })?;
            let range = instance.starts[option] as usize..instance.starts[option + 1] as usize;
            for (demand, amount) in &serve.parts {
                let at = instance.covered[range.clone()].binary_search(demand);
                let at =
                    at.map_err(|_| Refusal(format!("option {option} does not cover demand {demand}")))?;
                let demand = *demand as usize;
                let most = instance.most(range.start + at).min(rest[demand]).min(left[option]);
                ensure(*amount <= most, || {
                    format!(
                        "option {option} serves {amount} of demand {demand} in year {year}; there is not so much"
                    )
                })?;
                left[option] -= amount;
                rest[demand] -= amount;
                gains[demand] += i128::from(*amount) * i128::from(instance.qualities[range.start + at]);
            }
        }
        let mut best = vec![0; instance.weights.len()];
        for option in open().filter(|o| instance.capacity(*o) == UNLIMITED) {
            instance.covers(option).for_each(|(demand, quality)| best[demand] = quality.max(best[demand]));
        }
        for demand in 0..gains.len() {
            let gain = gains[demand] + i128::from(rest[demand]) * i128::from(best[demand]);
            worth += gain;
            if year == years && instance.group(demand) != NONE {
                last_year[instance.group(demand) as usize] += gain;
            }
        }
    }
    // A floor that demands nothing, as of a group of nobody, is met.
    let part = |f: &crate::Floor| match instance.floor_needs(f) as i128 {
        0 => i128::from(MILLION),
        needs => last_year[f.group as usize] * i128::from(MILLION) / needs,
    };
    Ok((
        worth,
        instance.floors.iter().map(part).min().unwrap_or(i128::from(MILLION)).min(i128::from(MILLION)),
    ))
}

/// Without capacities each plan is worth a sum of weights times qualities, hence a multiple of what divides all of these.
fn grain(instance: &Instance) -> i128 {
    if instance.capacities.iter().any(|capacity| *capacity != UNLIMITED) {
        return 1;
    }
    let products = instance.covered.iter().zip(&instance.qualities);
    let products =
        products.map(|(demand, q)| i128::from(instance.weights[*demand as usize]) * i128::from(*q));
    let grain = products.fold(0, |mut grain, mut product| {
        while product > 0 {
            (grain, product) = (product, grain % product);
        }
        grain
    });
    grain.max(1)
}

/// The bound that prices and cases prove, of plans that are worth more than `most`.
fn bound(
    instance: &Instance,
    question: Question,
    prices: &[Prices],
    tree: &[Case],
    most: i128,
) -> Result<i128, Refusal> {
    let priced = prices.par_iter().map(|p| price(instance, question, p)).collect::<Result<Vec<_>, _>>()?;
    let priced =
        |at: u32| priced.get(at as usize).ok_or_else(|| Refusal(format!("there are no prices {at}")));
    let mut largest = i128::MIN;
    let mut choices: Vec<Choices> = (0..instance.option_count()).map(|o| Choices::new(instance, o)).collect();
    // Cases to look at: how long the way to each is, from whom it buys for sure, and what to set before; what was is set again.
    let (mut way, mut cases, mut seen) = (Vec::new(), vec![(0u32, 0, BTreeSet::new(), Vec::new())], 0);
    while let Some((case, depth, admitted, steps)) = cases.pop() {
        way.drain(depth..).rev().for_each(|(option, before): (usize, Choices)| choices[option] = before);
        for (option, choice) in steps {
            way.push((option, std::mem::replace(&mut choices[option], choice)));
        }
        seen += 1;
        if admitted.len() > instance.most_vendors as usize {
            continue;
        }
        match tree.get(case as usize) {
            Some(Case::Priced(at)) => {
                let priced = priced(*at)?;
                if let Some(total) = priced.total(instance, &choices) {
                    largest = largest.max(priced.bound(total.sum));
                }
            }
            Some(Case::Fixed { prices, then }) if *then > case && seen <= tree.len() => {
                for (option, left) in priced(*prices)?.fixed(instance, &choices, most) {
                    way.push((option, std::mem::replace(&mut choices[option], left)));
                }
                cases.push((*then, way.len(), admitted, Vec::new()));
            }
            Some(Case::Vendor { vendor, barred, admitted: with })
                if *barred.min(with) > case && seen <= tree.len() =>
            {
                let more = admitted.iter().copied().chain([*vendor]).collect();
                cases.extend([
                    (*barred, way.len(), admitted, without(instance, *vendor, &choices)?),
                    (*with, way.len(), more, Vec::new()),
                ]);
            }
            Some(Case::Split { option, by, bought, left })
                if *bought.min(left) > case && seen <= tree.len() =>
            {
                let (option, by) = (*option as usize, usize::from(*by));
                ensure(option < choices.len() && (1..=instance.years()).contains(&by), || {
                    format!("case {case} splits option {option} by year {by}, which there is not")
                })?;
                let now = choices[option];
                let until = Choices { years: now.years & ((1 << by) - 1), may_stay: false };
                let after = Choices { years: now.years >> by << by, ..now };
                cases.extend([
                    (*bought, way.len(), admitted.clone(), vec![(option, until)]),
                    (*left, way.len(), admitted, vec![(option, after)]),
                ]);
            }
            _ => {
                return Err(Refusal(format!(
                    "case {case} is none, or stands before the one that leads to it"
                )));
            }
        }
    }
    Ok(largest)
}

/// The options of a vendor, none of which is bought.
fn without(instance: &Instance, vendor: u32, choices: &[Choices]) -> Result<Vec<(usize, Choices)>, Refusal> {
    ensure((vendor as usize) < instance.vendor_names.len(), || format!("there is no vendor {vendor}"))?;
    let of = (0..choices.len()).filter(|option| instance.vendor(*option) == vendor);
    Ok(of.map(|option| (option, Choices { years: 0, ..choices[option] })).collect())
}

/// In which years an option may be opened in a case (bit 0 is the first year), and whether it may stay closed.
#[derive(Clone, Copy)]
struct Choices {
    years: u32,
    may_stay: bool,
}

impl Choices {
    /// What is fixed is bought in the first year or never; all else in each year in which it alone is within the limits, or never.
    fn new(instance: &Instance, option: usize) -> Self {
        let mut it = Self { years: (1 << instance.years()) - 1, may_stay: true };
        match instance.fixed(option) {
            Fixed::In => Self { years: 1, may_stay: false },
            Fixed::Out => Self { years: 0, may_stay: true },
            Fixed::Free => {
                it.years = it.fitting(instance, option, instance.limit.amounts()).map(|year| 1 << year).sum();
                it
            }
        }
    }

    fn each(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |year| self.years >> year & 1 == 1)
    }

    /// What the option takes at least of a year's limit.
    fn least(self, instance: &Instance, option: usize, year: usize) -> u64 {
        let charge = |from| if from > year { 0 } else { instance.charge(option, year, from == year) };
        if self.may_stay { 0 } else { self.each().map(charge).min().unwrap_or(0) }
    }

    /// The most that it adds in one of these years, or by staying closed.
    fn best(self, adds: &[i128], years: impl Iterator<Item = usize>) -> Option<i128> {
        years.map(|year| adds[year]).chain(self.may_stay.then_some(0)).max()
    }

    /// The years in which it can be opened when so much is left of each year's limit beside what it takes at least.
    fn fitting(self, instance: &Instance, option: usize, room: &[u64]) -> impl Iterator<Item = usize> {
        self.each().filter(move |from| {
            (*from..room.len()).all(|year| {
                let own = self.least(instance, option, year);
                instance.charge(option, year, year == *from) <= room[year].saturating_add(own)
            })
        })
    }
}

/// What prices come to: all that does not depend on options, and what each option adds when opened in each year.
struct Priced {
    constant: i128,
    adds: Vec<i128>,
    /// What the result is multiplied with and divided by.
    scale: (i128, i128),
}

fn price(instance: &Instance, question: Question, prices: &Prices) -> Result<Priced, Refusal> {
    let (years, demands) = (instance.years(), instance.weights.len());
    let shape = prices.limit.len() == years
        && prices.floors.len() == instance.floors.len()
        && prices.service.len() == years
        && prices.service.iter().all(|year| year.len() == demands);
    ensure(shape, || "there is not one price for each year, floor and demand".to_owned())?;
    let mut floors = vec![0; instance.group_names.len()];
    let mut needs = 0;
    for (floor, price) in instance.floors.iter().zip(&prices.floors) {
        floors[floor.group as usize] = i128::from(*price);
        needs += i128::from(*price) * instance.floor_needs(floor) as i128;
    }
    let mut constant = if question == Question::Objective { -needs } else { 0 };
    for (year, amount) in instance.limit.amounts().iter().enumerate() {
        constant += times(prices.limit[year], *amount)?;
        let all = instance.weights.iter().zip(&prices.service[year]);
        constant += all.map(|(weight, price)| i128::from(*weight) * i128::from(*price)).sum::<i128>();
    }
    let scale =
        if question == Question::Objective { (1, i128::from(MILLION)) } else { (i128::from(MILLION), needs) };
    ensure(scale.1 > 0, || "a proof about floors needs a floor's price".to_owned())?;
    let mut priced = Priced { constant, adds: vec![0; instance.option_count() * years], scale };
    let mut parts: Vec<(i128, u64)> = Vec::new();
    for (option, adds) in priced.adds.chunks_mut(years).enumerate() {
        // What it adds from a year on, going back from the last one.
        let mut later = 0;
        for year in (0..years).rev() {
            parts.clear();
            for (demand, quality, most) in instance.parts(option) {
                let own = if question == Question::Objective { i128::from(MILLION) } else { 0 };
                let floor = floors.get(instance.group(demand) as usize).filter(|_| year + 1 == years);
                let gain = i128::from(quality) * (own + floor.unwrap_or(&0))
                    - i128::from(prices.service[year][demand]);
                parts.extend((gain > 0).then_some((gain, most)));
            }
            let mut left = instance.capacity(option);
            if left != UNLIMITED {
                parts.sort_unstable_by_key(|part| std::cmp::Reverse(part.0));
            }
            let mut sum = 0;
            for (gain, most) in parts.drain(..) {
                let taken = most.min(left);
                sum += gain * i128::from(taken);
                left -= if left == UNLIMITED { 0 } else { taken };
            }
            let charge = |new| times(prices.limit[year], instance.charge(option, year, new));
            adds[year] = later + sum - charge(true)?;
            later += sum - charge(false)?;
        }
    }
    Ok(priced)
}

/// What prices come to in a case.
struct Total {
    /// What must be bought leaves so much of each year's limit.
    room: Vec<u64>,
    sum: i128,
    /// Of each exclusive group: what must be bought adds, and the most that another one adds.
    groups: Vec<(Option<i128>, i128)>,
}

impl Priced {
    /// The sum of a case: what must be bought counts whatever it adds, what may be only if it adds something; nothing can be bought for which
    /// there is no room in each of its years beside what must be bought. Nothing where there is no plan.
    fn total(&self, instance: &Instance, choices: &[Choices]) -> Option<Total> {
        let mut room = instance.limit.amounts().to_vec();
        for (option, choices) in choices.iter().enumerate().filter(|(_, choices)| !choices.may_stay) {
            for (year, room) in room.iter_mut().enumerate() {
                *room = room.checked_sub(choices.least(instance, option, year))?;
            }
        }
        let mut sum = Some(self.constant);
        let mut groups: Vec<(Option<i128>, i128)> = vec![(None, 0); instance.exclusive_names.len()];
        for (option, (choices, adds)) in choices.iter().zip(self.adds.chunks(room.len())).enumerate() {
            let adds = choices.best(adds, choices.fitting(instance, option, &room))?;
            match groups.get_mut(instance.exclusive(option) as usize) {
                None => sum = sum.and_then(|sum| sum.checked_add(adds)),
                Some((Some(_), _)) if !choices.may_stay => return None,
                Some((forced, _)) if !choices.may_stay => *forced = Some(adds),
                Some((_, best)) => *best = adds.max(*best),
            }
        }
        for (forced, best) in &groups {
            sum = sum.and_then(|sum| sum.checked_add(forced.unwrap_or(*best)));
        }
        // A sum that is out of range proves nothing.
        Some(Total { room, sum: sum.unwrap_or(i128::MAX), groups })
    }

    /// A sum as a bound, rounded down.
    fn bound(&self, sum: i128) -> i128 {
        sum.checked_mul(self.scale.0).map_or(i128::MAX, |s| s.div_euclid(self.scale.1))
    }

    /// Options and what is left of their choices in plans that are worth more than `most`: with a choice that is taken out, the sum is no more than that.
    fn fixed(&self, instance: &Instance, choices: &[Choices], most: i128) -> Vec<(usize, Choices)> {
        let total = self.total(instance, choices).filter(|total| total.sum < i128::MAX);
        let Some(Total { room, sum, groups }) = total else { return Vec::new() };
        let mut fixed = Vec::new();
        for (option, (choices, adds)) in choices.iter().zip(self.adds.chunks(room.len())).enumerate() {
            let fitting = || choices.fitting(instance, option, &room);
            let group = groups.get(instance.exclusive(option) as usize);
            let Some(own) = (match group {
                None => choices.best(adds, fitting()),
                // Nothing else of this group can be bought anyway.
                Some((Some(_), _)) if choices.may_stay => continue,
                Some((forced, best)) => Some(forced.unwrap_or(*best)),
            }) else {
                continue;
            };
            let is_worse = |adds: i128| {
                let sum = sum.checked_sub(own).and_then(|sum| sum.checked_add(adds));
                sum.is_some_and(|sum| self.bound(sum) <= most)
            };
            let mut left = *choices;
            fitting().filter(|year| is_worse(adds[*year])).for_each(|year| left.years &= !(1 << year));
            left.may_stay &= group.is_some() || !is_worse(0);
            if left.years != choices.years || left.may_stay != choices.may_stay {
                fixed.push((option, left));
            }
        }
        fixed
    }
}
