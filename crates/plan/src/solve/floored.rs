//! Service in the last year that meets floors: the best mix of services in each of which groups count differently (the decomposition of Dantzig and
//! Wolfe, Operations Research 8, 1960). A linear programme mixes the services known so far; its prices of floors say how much each group is to
//! count in the next one; where that adds nothing, no mix is better.

use super::share::{ONE, Year};
use crate::{Instance, MILLION};
use microlp::{ComparisonOp, OptimizationDirection, Problem, Solution};

/// How much more a group with a floor may count than by itself.
const MOST: f64 = (1u64 << 18) as f64;
/// Services that are tried, for each floor and one more.
const TRIES: usize = 12;
/// By how much a service must add to a mix.
const LEAST: f64 = 1e-9;
/// Mixes are counted in such parts.
const PARTS: u64 = 1 << 32;

/// A service of a year that has floors, and how much each group counts in it.
pub(super) struct Floored {
    pub amounts: Vec<u64>,
    pub lifts: Vec<i64>,
}

/// A service that can be part of a mix.
struct Service {
    amounts: Vec<u64>,
    /// Weight times quality above what there is without capacities.
    total: f64,
    /// The same of each floor's group, as a part of what its floor demands.
    adds: Vec<f64>,
}

/// What is looked for: first the part of each floor that can be met, then the best service that meets them.
#[derive(Clone, Copy, PartialEq)]
enum Aim {
    Part,
    Total,
}

/// What floors demand of options with a capacity.
struct Floors<'y, 'a> {
    instance: &'y Instance,
    year: &'y Year<'a>,
    /// Groups with a floor that demands something, and what it demands: weight times quality.
    needs: Vec<(usize, i128)>,
    /// Weight times quality of each group without these options, and what part of each need that is.
    without: Vec<i128>,
    has: Vec<f64>,
    /// What a total is divided by, so that numbers stay near to 1.
    unit: f64,
    /// What part of each floor is met above it if it can be, so that rounding leaves it met.
    spare: f64,
}

/// The best service that meets all floors; where there is none, one that meets the largest part of each.
pub(super) fn share(instance: &Instance, year: &Year<'_>) -> Floored {
    let lifts = vec![ONE; instance.group_names.len()];
    let amounts = year.share(&lifts).amounts;
    let floors = Floors::new(instance, year, &amounts);
    if floors.are_met(&amounts) {
        return Floored { amounts, lifts };
    }
    let mut services = vec![floors.service(amounts)];
    let (sure, lifts) = floors.best(Aim::Part, &mut services);
    if !floors.are_met(&sure) {
        return Floored { amounts: sure, lifts };
    }
    services.insert(0, floors.service(sure));
    let (amounts, lifts) = floors.best(Aim::Total, &mut services);
    Floored { amounts, lifts }
}

impl<'y, 'a> Floors<'y, 'a> {
    fn new(instance: &'y Instance, year: &'y Year<'a>, first: &[u64]) -> Self {
        let needs = instance.floors.iter().map(|f| (f.group as usize, instance.floor_needs(f) as i128));
        let needs: Vec<(usize, i128)> = needs.filter(|(_, needs)| *needs > 0).collect();
        // Rounding loses less than a unit of weight for each cover.
        let least = needs.iter().map(|(_, needs)| *needs).min().unwrap_or(1) as f64;
        let spare = 1e-7 + first.len() as f64 * MILLION as f64 / least;
        let mut without = vec![0; instance.group_names.len()];
        for (demand, quality) in year.best.iter().enumerate() {
            if let Some(has) = without.get_mut(instance.group(demand) as usize) {
                *has += i128::from(instance.weights[demand]) * i128::from(*quality);
            }
        }
        let unit = (year.total(first) as f64).max(1.0);
        let mut floors = Self { instance, year, needs, without, has: Vec::new(), unit, spare };
        floors.has = floors.parts(&floors.without);
        floors
    }

    fn parts(&self, groups: &[i128]) -> Vec<f64> {
        self.needs.iter().map(|(group, needs)| groups[*group] as f64 / *needs as f64).collect()
    }

    fn service(&self, amounts: Vec<u64>) -> Service {
        let adds = self.parts(&self.year.raised(&amounts));
        Service { total: self.year.total(&amounts) as f64 / self.unit, adds, amounts }
    }

    fn are_met(&self, amounts: &[u64]) -> bool {
        let raised = self.year.raised(amounts);
        self.needs.iter().all(|(group, needs)| self.without[*group] + raised[*group] >= *needs)
    }

    /// The best mix, and how much each group counts in it. The first service is one that meets the floors, where the aim is the total.
    fn best(&self, aim: Aim, services: &mut Vec<Service>) -> (Vec<u64>, Vec<i64>) {
        let mut lifts = vec![ONE; self.instance.group_names.len()];
        for _ in 0..TRIES * (self.needs.len() + 1) {
            let Some((worth, prices)) = self.prices(aim, services) else { break };
            lifts = self.lifts(aim, &prices);
            let next = self.service(self.year.share(&lifts).amounts);
            let own = if aim == Aim::Total { next.total } else { 0.0 };
            let comes_to = own + next.adds.iter().zip(&prices).map(|(adds, price)| adds * price).sum::<f64>();
            if comes_to <= worth + LEAST {
                break;
            }
            self.forget(aim, services);
            services.push(next);
        }
        (self.mixed(aim, services), lifts)
    }

    /// Leaves out services that are no part of the mix, once there are many.
    fn forget(&self, aim: Aim, services: &mut Vec<Service>) {
        if services.len() > 4 * (self.needs.len() + 2)
            && let Some(mut shares) = self.shares(aim, services)
        {
            // The first one meets the floors.
            shares[0] = 1.0;
            let mut shares = shares.into_iter();
            services.retain(|_| shares.next().is_some_and(|share| share > 0.0));
        }
    }

    /// How much of each service there is in the best mix.
    fn shares(&self, aim: Aim, services: &[Service]) -> Option<Vec<f64>> {
        let mut programme = Problem::new(OptimizationDirection::Maximize);
        let own = |service: &Service| if aim == Aim::Total { service.total } else { 0.0 };
        let shares: Vec<_> = services.iter().map(|s| programme.add_var(own(s), (0.0, 1.0))).collect();
        let met = match aim {
            Aim::Part => programme.add_var(1.0, (0.0, 1.0 + self.spare)),
            Aim::Total => programme.add_var(0.0, (1.0, 1.0)),
        };
        programme.add_constraint(shares.iter().map(|share| (*share, 1.0)), ComparisonOp::Eq, 1.0);
        for (floor, has) in self.has.iter().enumerate() {
            let adds = shares.iter().zip(services).map(|(share, service)| (*share, service.adds[floor]));
            programme.add_constraint(adds.chain([(met, -1.0)]), ComparisonOp::Ge, -has);
        }
        let solution = solved(&programme)?;
        Some(shares.iter().map(|share| solution.var_value(*share).clamp(0.0, 1.0)).collect())
    }

    /// What the best mix comes to at the prices of floors that prove it, and these: the dual of the same programme.
    fn prices(&self, aim: Aim, services: &[Service]) -> Option<(f64, Vec<f64>)> {
        let mut programme = Problem::new(OptimizationDirection::Minimize);
        let worth = programme.add_var(1.0, (f64::NEG_INFINITY, f64::INFINITY));
        let lacks = |has: f64| if aim == Aim::Total { has - 1.0 } else { has };
        let prices: Vec<_> =
            self.has.iter().map(|has| programme.add_var(lacks(*has), (0.0, f64::INFINITY))).collect();
        for service in services {
            let own = if aim == Aim::Total { service.total } else { 0.0 };
            let adds = prices.iter().zip(&service.adds).map(|(price, adds)| (*price, -adds));
            programme.add_constraint(adds.chain([(worth, 1.0)]), ComparisonOp::Ge, own);
        }
        if aim == Aim::Part {
            let all = programme.add_var(1.0 + self.spare, (0.0, f64::INFINITY));
            programme.add_constraint(
                prices.iter().chain([&all]).map(|price| (*price, 1.0)),
                ComparisonOp::Ge,
                1.0,
            );
        }
        let solution = solved(&programme)?;
        let prices = prices.iter().map(|price| solution.var_value(*price).max(0.0));
        Some((solution.var_value(worth), prices.collect()))
    }

    /// How much each group counts at these prices of floors.
    fn lifts(&self, aim: Aim, prices: &[f64]) -> Vec<i64> {
        let more = self.needs.iter().zip(prices).map(|((_, needs), price)| price * self.unit / *needs as f64);
        let more: Vec<f64> = more.collect();
        let largest = more.iter().copied().fold(0.0, f64::max);
        let scale = if largest > MOST || (aim == Aim::Part && largest > 0.0) { MOST / largest } else { 1.0 };
        let mut lifts = vec![ONE; self.instance.group_names.len()];
        for ((group, _), more) in self.needs.iter().zip(more) {
            lifts[*group] += (more * scale * ONE as f64).round() as i64;
        }
        lifts
    }

    /// The best mix in whole numbers. What rounding loses is made up for with room that is left, or with a little of the first service.
    fn mixed(&self, aim: Aim, services: &[Service]) -> Vec<u64> {
        let Some(shares) = self.shares(aim, services) else { return services[0].amounts.clone() };
        let parts = |share: &f64| (share * PARTS as f64) as u64;
        let mut shares: Vec<u64> = shares.iter().map(parts).collect();
        let largest = |shares: &[u64]| (0..shares.len()).max_by_key(|at| shares[*at]).expect("a service");
        let lost = PARTS.saturating_sub(shares.iter().sum());
        let at = largest(&shares);
        shares[at] += lost;
        let mut step = 1;
        loop {
            let mut amounts = vec![0u128; services[0].amounts.len()];
            for (share, service) in shares.iter().zip(services).filter(|(share, _)| **share > 0) {
                for (sum, amount) in amounts.iter_mut().zip(&service.amounts) {
                    *sum += u128::from(*amount) * u128::from(*share);
                }
            }
            let mut amounts: Vec<u64> = amounts.iter().map(|sum| (sum / u128::from(PARTS)) as u64).collect();
            self.fill(&mut amounts);
            if aim == Aim::Part || shares[0] == PARTS || self.are_met(&amounts) {
                return amounts;
            }
            let from = 1 + largest(&shares[1..]);
            step = shares[from].min(step);
            shares[from] -= step;
            shares[0] += step;
            step *= 2;
        }
    }

    /// Serves what is left with the room that is left: groups first whose floor is not met.
    fn fill(&self, amounts: &mut [u64]) {
        let mut lacks = vec![0; self.instance.group_names.len()];
        let raised = self.year.raised(amounts);
        for (group, needs) in &self.needs {
            lacks[*group] = needs - self.without[*group] - raised[*group];
        }
        self.year.fill(amounts, |group| lacks.get(group as usize).is_some_and(|lacks| *lacks > 0));
    }
}

fn solved(programme: &Problem) -> Option<Solution> {
    programme.solve().ok().and_then(|outcome| outcome.into_solution().ok())
}
