//! A plan for people: what is bought when at what cost, and whom it serves.

use crate::certificate::{Certificate, Question};
use crate::{Instance, MILLION, NONE, UNLIMITED};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// A plan for people. Amounts of money are dollars; what is served is weight times quality, in students.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    /// What the plan is the best answer to.
    pub question: Question,
    /// What it is worth: students, or the part of the floors that it meets.
    pub objective: f64,
    /// No plan is worth more.
    pub bound: f64,
    /// How much better a plan could be at most, as a share of this one's worth.
    pub gap: f64,
    /// Each year's payments.
    pub years: Vec<Year>,
    /// What each strategy costs and serves in all years.
    pub strategies: Vec<Strategy<'a>>,
    /// What each group gets in the last year.
    pub groups: Vec<Group<'a>>,
    /// What is bought.
    pub buy: Vec<Purchase<'a>>,
}

/// A year.
#[derive(Debug, Serialize)]
pub struct Year {
    /// Counted from 1.
    pub year: usize,
    /// Payments of this year.
    pub cost: Dollars,
    /// Options opened in it.
    pub opened: usize,
    /// Weight times quality that is served in it.
    pub served: f64,
}

/// What a strategy costs and serves in all years.
#[derive(Debug, Serialize)]
pub struct Strategy<'a> {
    /// Its name.
    pub strategy: &'a str,
    /// Options bought.
    pub options: usize,
    /// Payments of all years.
    pub cost: Dollars,
    /// Weight times quality that its options serve, added over years.
    pub served: f64,
}

/// What a group gets in the last year.
#[derive(Debug, Serialize)]
pub struct Group<'a> {
    /// Its name.
    pub group: &'a str,
    /// Its weight.
    pub weight: f64,
    /// Weight times quality that is served.
    pub served: f64,
    /// The floor, as a share of the weight, if there is one.
    pub floor: Option<f64>,
}

/// An option that is bought.
#[derive(Debug, Serialize)]
pub struct Purchase<'a> {
    /// Its id.
    pub option: &'a str,
    /// Its strategy.
    pub strategy: &'a str,
    /// The year in which it is opened, counted from 1.
    pub year: u16,
    /// Its cost in that year.
    pub cost: Dollars,
    /// Its running cost in that year, and in each one after it unless prices change.
    pub running: Dollars,
}

/// Cents, shown as dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dollars(pub u64);

impl std::fmt::Display for Dollars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let read = text.split_once('.').filter(|(_, cents)| cents.len() == 2).and_then(|(dollars, cents)| {
            dollars.parse::<u64>().ok()?.checked_mul(100)?.checked_add(cents.parse().ok()?)
        });
        read.map(Self).ok_or_else(|| serde::de::Error::custom("wanted dollars and cents, as 12.30"))
    }
}

fn students(amount: u128) -> f64 {
    amount as f64 * 1e-12
}

/// Sums a certificate's plan up. The certificate must be one that [`crate::verify`] lets through.
pub fn summary<'a>(instance: &'a Instance, certificate: &Certificate) -> Summary<'a> {
    let progress = certificate.progress();
    let served = Served::of(instance, certificate);
    let mut summary = Summary {
        question: progress.question,
        objective: progress.objective,
        bound: progress.bound,
        gap: progress.gap(),
        years: Vec::new(),
        strategies: Vec::new(),
        groups: Vec::new(),
        buy: Vec::new(),
    };
    let count = instance.years();
    let mut costs = vec![0u64; count];
    let mut strategies: BTreeMap<u16, (usize, u64)> = BTreeMap::new();
    for (option, year) in &certificate.plan.buy {
        let at = *option as usize;
        let from = usize::from(*year) - 1;
        let [cost, running] = instance.prices(at, from);
        let paid = |year| instance.prices(at, year)[1] + if year == from { cost } else { 0 };
        (from..count).for_each(|year| costs[year] += paid(year));
        let strategy = strategies.entry(instance.strategies[at]).or_default();
        strategy.0 += 1;
        strategy.1 += (from..count).map(paid).sum::<u64>();
        summary.buy.push(Purchase {
            option: instance.options.get(at),
            strategy: &instance.strategy_names[usize::from(instance.strategies[at])],
            year: *year,
            cost: Dollars(cost),
            running: Dollars(running),
        });
    }
    for (year, cost) in costs.iter().enumerate() {
        let opened = certificate.plan.buy.iter().filter(|b| usize::from(b.1) == year + 1).count();
        summary.years.push(Year {
            year: year + 1,
            cost: Dollars(*cost),
            opened,
            served: students(served.years[year]),
        });
    }
    for (at, (options, cost)) in strategies {
        let at = usize::from(at);
        summary.strategies.push(Strategy {
            strategy: &instance.strategy_names[at],
            options,
            cost: Dollars(cost),
            served: students(served.strategies[at]),
        });
    }
    let mut weights = vec![0u64; instance.group_names.len()];
    for (weight, group) in instance.weights.iter().zip(&instance.groups).filter(|(_, group)| **group != NONE)
    {
        weights[*group as usize] += weight;
    }
    for (at, group) in instance.group_names.iter().enumerate() {
        let floor = instance.floors.iter().find(|f| f.group as usize == at);
        summary.groups.push(Group {
            group,
            weight: weights[at] as f64 / MILLION as f64,
            served: students(served.groups[at]),
            floor: floor.map(|f| f64::from(f.share) / MILLION as f64),
        });
    }
    summary
}

/// A part of a demand that an option serves in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Counted from 0.
    pub year: usize,
    pub option: u32,
    pub demand: usize,
    /// Weight in millionths.
    pub amount: u64,
    /// In millionths.
    pub quality: u32,
}

/// Calls `each` with every part of a plan, each part of a demand once in a year: what the plan says of options with a capacity, and
/// of the rest the best of the others that are open.
pub(crate) fn parts(instance: &Instance, certificate: &Certificate, each: &mut dyn FnMut(Part)) {
    for year in 0..instance.years() {
        let mut rest = instance.weights.clone();
        for serve in certificate.plan.serve.iter().filter(|s| usize::from(s.year) == year + 1) {
            let mut parts = serve.parts.iter().peekable();
            for (demand, quality) in instance.covers(serve.option as usize) {
                if let Some((_, amount)) = parts.next_if(|part| part.0 as usize == demand) {
                    rest[demand] -= amount;
                    each(Part { year, option: serve.option, demand, amount: *amount, quality });
                }
            }
        }
        // Of options of the same quality the first one serves.
        let mut best = vec![(0u32, NONE); instance.weights.len()];
        for (option, from) in &certificate.plan.buy {
            if usize::from(*from) <= year + 1 && instance.capacity(*option as usize) == UNLIMITED {
                for (demand, quality) in instance.covers(*option as usize) {
                    if quality > best[demand].0 {
                        best[demand] = (quality, *option);
                    }
                }
            }
        }
        for (demand, (quality, option)) in best.into_iter().enumerate().filter(|(_, best)| best.1 != NONE) {
            each(Part { year, option, demand, amount: rest[demand], quality });
        }
    }
}

/// Weight times quality, by who serves and who is served.
struct Served {
    years: Vec<u128>,
    strategies: Vec<u128>,
    groups: Vec<u128>,
}

impl Served {
    fn of(instance: &Instance, certificate: &Certificate) -> Self {
        let count = instance.years();
        let mut served = Self {
            years: vec![0; count],
            strategies: vec![0; instance.strategy_names.len()],
            groups: vec![0; instance.group_names.len()],
        };
        parts(instance, certificate, &mut |part| {
            let amount = u128::from(part.amount) * u128::from(part.quality);
            served.add(instance, part.year, (part.option, part.demand), amount);
        });
        served
    }

    fn add(&mut self, instance: &Instance, year: usize, (option, demand): (u32, usize), amount: u128) {
        self.years[year] += amount;
        self.strategies[usize::from(instance.strategies[option as usize])] += amount;
        if year + 1 == self.years.len()
            && let Some(group) = self.groups.get_mut(instance.group(demand) as usize)
        {
            *group += amount;
        }
    }
}
