//! Whether a certificate proves what it says. Shares nothing with the solver; whole numbers only. Read it in one go:
//!
//! 1. [`plan_value`]: the plan is allowed, and is worth what it says.
//! 2. [`bound`]: for prices of what is scarce, no plan that keeps to the limits can be worth more than: all service at its price,
//!    plus the limits at their prices, less the floors at theirs, plus for each option what it serves above those prices, less its
//!    own cost at the limit's price, if that is more than nothing. (Lagrangian duality: what a plan pays in prices it gets back in
//!    this sum.) Where the tree has cases, the largest of them counts, rounded down to what a plan can be worth.

use crate::certificate::{Case, Certificate, FORMAT, Plan, Prices, Question};
use crate::{Fixed, Instance, MILLION, NONE, UNLIMITED};

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
    let mut bound = bound(instance, *question, prices, tree)?;
    if *question == Question::Objective {
        bound -= bound.rem_euclid(grain(instance));
    }
    ensure(bound == *said, || format!("the prices prove a bound of {bound}, not {said}"))
}

/// The year in which each option is opened, 0 for never: no option twice, at most one of an exclusive group, and what is fixed as it is.
fn opened_years(instance: &Instance, plan: &Plan) -> Result<Vec<usize>, Refusal> {
    let (years, options) = (instance.years(), instance.option_count());
    let mut opened = vec![0; options];
    let mut groups_taken = vec![false; instance.exclusive_names.len()];
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
    }
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
    for (year, limit) in (1..=years).zip(instance.limit.amounts()) {
        let open = || (0..options).filter(|o| (1..=year).contains(&opened[*o]));
        let spent: u128 = open().map(|o| u128::from(instance.charge(o, opened[o] == year))).sum();
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
            let range = instance.starts[option] as usize..instance.starts[option + 1] as usize;
            for (demand, amount) in &serve.parts {
                let at = instance.covered[range.clone()].binary_search(demand);
                let at =
                    at.map_err(|_| Refusal(format!("option {option} does not cover demand {demand}")))?;
                let demand = *demand as usize;
                ensure(*amount <= left[option] && *amount <= rest[demand], || {
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
    let part = |f: &crate::Floor| {
        last_year[f.group as usize] * i128::from(MILLION) / (instance.floor_needs(f) as i128).max(1)
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

/// The bound that prices and cases prove.
fn bound(instance: &Instance, question: Question, prices: &[Prices], tree: &[Case]) -> Result<i128, Refusal> {
    let priced = prices.iter().map(|p| price(instance, question, p)).collect::<Result<Vec<_>, _>>()?;
    let mut largest = i128::MIN;
    // What is bought (true) or left on the way to a case; cases to look at, with how long their way is.
    let (mut decided, mut way) = (vec![None; instance.option_count()], Vec::new());
    let (mut cases, mut seen) = (vec![(0u32, 0, None)], 0);
    while let Some((case, depth, step)) = cases.pop() {
        way.drain(depth..).for_each(|option: usize| decided[option] = None);
        if let Some((option, bought)) = step {
            decided[option] = Some(bought);
            way.push(option);
        }
        seen += 1;
        match tree.get(case as usize) {
            Some(Case::Priced(at)) => {
                let priced =
                    priced.get(*at as usize).ok_or_else(|| Refusal(format!("there are no prices {at}")))?;
                largest = largest.max(priced.bound(instance, &decided));
            }
            Some(Case::Split { option, bought, left }) if *bought.min(left) > case && seen <= tree.len() => {
                let option = *option as usize;
                ensure(option < decided.len() && decided[option].is_none(), || {
                    format!("case {case} splits option {option} again")
                })?;
                cases.extend([
                    (*bought, way.len(), Some((option, true))),
                    (*left, way.len(), Some((option, false))),
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

/// What prices come to: all that does not depend on options, and what each option adds when opened in the best year and in the first.
struct Priced {
    constant: i128,
    best: Vec<i128>,
    first: Vec<i128>,
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
    let mut priced = Priced { constant, best: Vec::new(), first: Vec::new(), scale };
    for option in 0..instance.option_count() {
        // What it adds from a year on, going back from the last one.
        let (mut later, mut best) = (0, i128::MIN);
        for year in (0..years).rev() {
            let mut parts: Vec<(i128, u64)> = Vec::new();
            for (demand, quality) in instance.covers(option) {
                let own = if question == Question::Objective { i128::from(MILLION) } else { 0 };
                let floor = floors.get(instance.group(demand) as usize).filter(|_| year + 1 == years);
                let gain = i128::from(quality) * (own + floor.unwrap_or(&0))
                    - i128::from(prices.service[year][demand]);
                parts.extend((gain > 0).then_some((gain, instance.weights[demand])));
            }
            let mut left = instance.capacity(option);
            if left != UNLIMITED {
                parts.sort_unstable_by_key(|part| std::cmp::Reverse(part.0));
            }
            let mut sum = 0;
            for (gain, weight) in parts {
                let taken = weight.min(left);
                sum += gain * i128::from(taken);
                left -= if left == UNLIMITED { 0 } else { taken };
            }
            let charge = |new| times(prices.limit[year], instance.charge(option, new));
            let adds = later + sum - charge(true)?;
            best = best.max(adds);
            if year == 0 {
                priced.first.push(adds);
            }
            later += sum - charge(false)?;
        }
        priced.best.push(best);
    }
    Ok(priced)
}

impl Priced {
    /// The bound of a case, rounded down: what must be bought counts whatever it adds, what may be only if it adds something.
    fn bound(&self, instance: &Instance, decided: &[Option<bool>]) -> i128 {
        let mut sum = Some(self.constant);
        let mut groups: Vec<(Option<i128>, i128)> = vec![(None, 0); instance.exclusive_names.len()];
        for (option, decided) in decided.iter().enumerate() {
            let (must, adds) = match (instance.fixed(option), decided) {
                (Fixed::In, Some(false)) | (Fixed::Out, Some(true)) => return i128::MIN,
                (Fixed::In, _) => (true, self.first[option]),
                (Fixed::Free, Some(true)) => (true, self.best[option]),
                (Fixed::Out, _) | (_, Some(false)) => continue,
                (Fixed::Free, None) => (false, self.best[option].max(0)),
            };
            match groups.get_mut(instance.exclusive(option) as usize) {
                None => sum = sum.and_then(|s| s.checked_add(adds)),
                Some((Some(_), _)) if must => return i128::MIN,
                Some((forced, _)) if must => *forced = Some(adds),
                Some((_, best)) => *best = adds.max(*best),
            }
        }
        for (forced, best) in groups {
            sum = sum.and_then(|s| s.checked_add(forced.unwrap_or(best)));
        }
        sum.and_then(|s| s.checked_mul(self.scale.0)).map_or(i128::MAX, |s| s.div_euclid(self.scale.1))
    }
}
