//! Why an option is in a plan, or is not: whom it serves, who would be served without it, and how far its cost is from being worth it.

use crate::certificate::{Certificate, Question};
use crate::summary::{Part, parts};
use crate::{Instance, MILLION, NONE, UNLIMITED};
use std::collections::HashMap;

/// An option in a proved plan, or outside of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explained {
    /// The year in which it is opened, counted from 1.
    pub year: Option<u16>,
    /// Whom it serves in the last year: demand, weight and quality in millionths.
    pub serves: Vec<(u32, u64, u32)>,
    /// Of these, whom other options of the plan would serve if it were not there: option, demand, weight, quality. Each option without
    /// a capacity takes whom it covers; the others take what they have left, best quality first, so that it can be no less.
    pub instead: Vec<(u32, u32, u64, u32)>,
    /// Another option of its exclusive group that is bought.
    pub rival: Option<u32>,
    /// Whether it is of one vendor too many: from as many others as may be something is bought.
    pub other_vendors: bool,
    /// At the certificate's prices, what it would add over what it costs: 1 or more is worth its cost. The share by which its
    /// cost would have to fall is 1 less this. `None` where the budget is not scarce, so that its cost does not matter.
    pub worth: Option<f64>,
}

impl Explained {
    /// The share by which its cost would have to fall before the prices of the proof let it in; `None` where that is no matter of cost.
    pub fn fall(&self) -> Option<f64> {
        self.worth.map(|worth| 1.0 - worth).filter(|fall| *fall > 0.0)
    }
}

/// A proved plan, taken apart once for all its options.
pub struct Explainer<'a> {
    instance: &'a Instance,
    certificate: &'a Certificate,
    /// Whom each option serves in the last year: demand, weight, quality.
    serves: HashMap<u32, Vec<(u32, u64, u32)>>,
    /// The weight that each option serves in the last year.
    taken: HashMap<u32, u64>,
    years: HashMap<u32, u16>,
}

impl<'a> Explainer<'a> {
    /// Takes a plan apart. The certificate must be one that [`crate::verify`] lets through.
    pub fn new(instance: &'a Instance, certificate: &'a Certificate) -> Self {
        let last = instance.years() - 1;
        let mut serves: HashMap<u32, Vec<(u32, u64, u32)>> = HashMap::new();
        let mut taken: HashMap<u32, u64> = HashMap::new();
        parts(instance, certificate, &mut |part: Part| {
            if part.year == last && part.amount > 0 {
                *taken.entry(part.option).or_default() += part.amount;
                serves.entry(part.option).or_default().push((part.demand as u32, part.amount, part.quality));
            }
        });
        let years = certificate.plan.buy.iter().copied().collect();
        Self { instance, certificate, serves, taken, years }
    }

    /// Explains an option.
    pub fn option(&self, option: u32) -> Explained {
        let group = self.instance.exclusive(option as usize);
        let others =
            || self.certificate.plan.buy.iter().map(|(other, _)| *other).filter(|other| *other != option);
        let serves = self.serves.get(&option).cloned().unwrap_or_default();
        let instead = match serves.is_empty() {
            true => Vec::new(),
            false => self.instead(&serves, &others().collect::<Vec<_>>()),
        };
        Explained {
            year: self.years.get(&option).copied(),
            instead,
            serves,
            rival: others().find(|other| group != NONE && self.instance.exclusive(*other as usize) == group),
            other_vendors: self.has_other_vendors(option),
            worth: worth(self.instance, self.certificate, option as usize),
        }
    }

    fn has_other_vendors(&self, option: u32) -> bool {
        let vendor_of = |option: u32| self.instance.vendor(option as usize);
        let bought = self.certificate.plan.buy.iter().map(|(option, _)| vendor_of(*option));
        let bought: std::collections::BTreeSet<u32> = bought.filter(|vendor| *vendor != NONE).collect();
        let vendor = vendor_of(option);
        self.instance.limited_vendors().contains(&vendor)
            && !bought.contains(&vendor)
            && bought.len() >= self.instance.most_vendors as usize
    }

    /// Whom other options would take over of those whom one serves.
    fn instead(&self, serves: &[(u32, u64, u32)], others: &[u32]) -> Vec<(u32, u32, u64, u32)> {
        let mut rest: HashMap<u32, u64> =
            serves.iter().map(|(demand, amount, _)| (*demand, *amount)).collect();
        let mut ways: Vec<(u32, u32, u32, u64)> = Vec::new();
        for other in others {
            for (demand, quality, most) in self.instance.parts(*other as usize) {
                if quality > 0 && rest.contains_key(&(demand as u32)) {
                    ways.push((quality, *other, demand as u32, most));
                }
            }
        }
        ways.sort_unstable_by_key(|(quality, other, demand, _)| {
            (std::cmp::Reverse(*quality), *other, *demand)
        });
        let mut left: HashMap<u32, u64> = HashMap::new();
        let mut instead = Vec::new();
        for (quality, other, demand, most) in ways {
            let free = left.entry(other).or_insert_with(|| match self.instance.capacity(other as usize) {
                UNLIMITED => UNLIMITED,
                capacity => capacity.saturating_sub(self.taken.get(&other).copied().unwrap_or(0)),
            });
            let Some(waiting) = rest.get_mut(&demand) else { continue };
            let amount = (*waiting).min(*free).min(most.saturating_sub(self.served(other, demand)));
            if amount > 0 {
                *waiting -= amount;
                *free -= if *free == UNLIMITED { 0 } else { amount };
                instead.push((other, demand, amount, quality));
            }
        }
        instead
    }

    /// What an option with a capacity serves of a demand. One without serves whatever it covers.
    fn served(&self, option: u32, demand: u32) -> u64 {
        if self.instance.capacity(option as usize) == UNLIMITED {
            return 0;
        }
        let serves = self.serves.get(&option).into_iter().flatten();
        serves.filter(|served| served.0 == demand).map(|served| served.1).sum()
    }
}

/// What an option adds at the prices of the proof, over what it costs at them, opened in the year in which that is most. The same sum
/// as in the bound: what it serves above the price of service, within its capacity.
fn worth(instance: &Instance, certificate: &Certificate, option: usize) -> Option<f64> {
    let prices = certificate.prices.first()?;
    let years = instance.years();
    let own = if certificate.question == Question::Objective { MILLION as i128 } else { 0 };
    let mut floors = vec![0i128; instance.group_names.len()];
    for (floor, price) in instance.floors.iter().zip(&prices.floors) {
        floors[floor.group as usize] = i128::from(*price);
    }
    let (mut gained, mut running, mut best) = (0.0, 0.0, None::<f64>);
    for year in (0..years).rev() {
        let mut gains: Vec<(i128, u64)> = Vec::new();
        for (demand, quality, most) in instance.parts(option) {
            let floor = floors.get(instance.group(demand) as usize).filter(|_| year + 1 == years);
            let service = prices.service.get(year)?.get(demand)?;
            let gain = i128::from(quality) * (own + floor.unwrap_or(&0)) - i128::from(*service);
            gains.extend((gain > 0).then_some((gain, most)));
        }
        gains.sort_unstable_by_key(|gain| std::cmp::Reverse(gain.0));
        let mut left = instance.capacity(option);
        for (gain, most) in gains {
            let served = most.min(left);
            gained += gain as f64 * served as f64;
            left -= if left == UNLIMITED { 0 } else { served };
        }
        let price = *prices.limit.get(year)? as f64;
        let first = running + price * instance.charge(option, year, true) as f64;
        running += price * instance.charge(option, year, false) as f64;
        if first > 0.0 {
            best = Some(best.unwrap_or(0.0).max(gained / first));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Files, Limits, read};
    use crate::{Goal, solve, verify};

    fn instance(budget: u32) -> Instance {
        let files = Files {
            folder: String::new(),
            instance: Ok(format!("budget = {budget}")),
            demand: Ok("demand,weight\na,10\nb,4\nc,1\n".as_bytes()),
            options: Ok("option,strategy,cost,capacity,exclusive_group\nwide,x,10,,\nsmall,y,2,3,\ndear,x,30,,\npair1,z,1,,g\npair2,z,1,,g\n".as_bytes()),
            covers: Ok("option,demand,quality\nwide,a,1\nwide,b,1\nsmall,a,0.5\ndear,c,1\npair1,c,0.5\npair2,c,0.4\n".as_bytes()),
        };
        read(files, Limits::default()).unwrap().instance
    }

    #[test]
    fn who_is_served_instead_and_how_dear_an_option_is() {
        let instance = instance(13);
        let certificate = solve(&instance, Goal { gap: 0.0, seed: 1 }, None, &mut |_| true);
        verify(&instance, &certificate).unwrap();
        let explainer = Explainer::new(&instance, &certificate);
        let wide = explainer.option(0);
        assert_eq!(wide.year, Some(1));
        assert_eq!(wide.serves, [(0, 10_000_000, 1_000_000), (1, 4_000_000, 1_000_000)]);
        // 11 dollars buy the wide one and one of the pair; of the two left the small one is bought as well, and adds nothing.
        let small = certificate.plan.buy.iter().any(|(option, _)| *option == 1);
        assert_eq!(wide.instead, if small { vec![(1, 0, 3_000_000, 500_000)] } else { vec![] });
        let dear = explainer.option(2);
        assert_eq!((dear.year, dear.serves.len(), dear.rival), (None, 0, None));
        let pair = explainer.option(4);
        assert_eq!(pair.rival, Some(3));
    }

    #[test]
    fn the_fall_is_what_the_prices_say() {
        // By hand: a budget's price of 0.05 students a dollar; `dear` serves one student for $30, which is 1.5 students at that price.
        let instance = instance(10);
        let prices = crate::certificate::Prices {
            limit: vec![50_000_000_000_000_000 / 100],
            floors: vec![],
            service: vec![vec![0; 3]],
        };
        let certificate = Certificate {
            format: crate::certificate::FORMAT.to_owned(),
            question: Question::Objective,
            plan: crate::certificate::Plan { buy: vec![(0, 1)], serve: vec![] },
            objective: 0,
            bound: 0,
            prices: vec![prices],
            tree: vec![],
        };
        let explainer = Explainer::new(&instance, &certificate);
        let dear = explainer.option(2);
        assert!((dear.worth.unwrap() - 1.0 / 1.5).abs() < 1e-12, "{:?}", dear.worth);
        assert!((dear.fall().unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(explainer.option(0).fall(), None, "14 students for half a student's price");
    }
}
