//! The solver.
//!
//! 1. `merge`: demands that are equal count as one.
//! 2. `start` and `greedy`: a first plan. With floors, groups that get too little count more until the floors are met.
//! 3. `dual`: prices for what is scarce, and the bound that they prove.
//! 4. Every few steps of 3, plans are made from what they say (`round`), and `exchange` looks for better ones nearby.
//! 5. `cases`: where the instance is small enough, what could still be better is split into cases until none can.
//! 6. `claim`: the best plan and the prices, in whole numbers.
//!
//! The same instance, goal and number of steps give the same certificate; only when it is told to stop does the result depend on time.

mod allowed;
mod cases;
mod claim;
mod desk;
mod dual;
mod exchange;
mod floored;
mod greedy;
mod ground;
mod held;
mod lanes;
mod merge;
mod plenty;
mod round;
mod ruin;
mod share;
mod start;
mod state;

use crate::certificate::{Case, Certificate, FORMAT, Prices as WholePrices, Question};
use crate::{Instance, floors_beyond};
use cases::Cases;
use desk::Desk;
use dual::{Dual, Prices};
use exchange::Exchange;
use ground::{Ground, UNIT};
use round::Rounding;
use ruin::Ruin;
use state::CLOSED;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The gap, as a share of what the plan is worth, with which to be content.
    pub gap: f64,
    /// Where random choices start.
    pub seed: u64,
}

/// How far the solver is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// What the numbers are about.
    pub question: Question,
    /// What the best plan so far is worth: students, or the part of the floors that it meets.
    pub objective: f64,
    /// What no plan can be worth more than.
    pub bound: f64,
}

impl Progress {
    /// How much better a plan could be at most, as a share of this one's worth.
    pub fn gap(&self) -> f64 {
        if self.bound <= self.objective {
            0.0
        } else {
            (self.bound - self.objective) / self.objective.max(1e-12)
        }
    }
}

impl Certificate {
    /// The same of a certificate.
    pub fn progress(&self) -> Progress {
        let unit = if self.question == Question::Objective { 1e12 } else { 1e6 };
        let share = |amount: i128| amount as f64 / unit;
        Progress { question: self.question, objective: share(self.objective), bound: share(self.bound) }
    }
}

/// Looks for the best plan and proves how good it is. Goes on from an earlier certificate of the same instance if there is one.
/// `go_on` is asked after every step and ends the search by saying no.
pub fn solve(
    instance: &Instance,
    goal: Goal,
    from: Option<&Certificate>,
    go_on: &mut dyn FnMut(&Progress) -> bool,
) -> Certificate {
    let beyond = floors_beyond(instance);
    let Some(first) = instance.floors.iter().position(|floor| beyond.contains(&floor.group)) else {
        return search(instance, goal, from, go_on);
    };
    // What nothing reaches cannot be met whatever is done; the plan is that of the other floors.
    let mut others = instance.clone();
    others.floors.retain(|floor| !beyond.contains(&floor.group));
    let plan = search(&others, goal, from, go_on).plan;
    let (years, demands) = (instance.years(), instance.weights.len());
    let mut floors = vec![0; instance.floors.len()];
    floors[first] = crate::MILLION as u32;
    let prices = WholePrices { limit: vec![0; years], floors, service: vec![vec![0; demands]; years] };
    let (question, tree) = (Question::Floors, vec![Case::Priced(0)]);
    let objective = claim::worth(instance, &plan).floors;
    Certificate { format: FORMAT.to_owned(), question, plan, objective, bound: 0, prices: vec![prices], tree }
}

fn search(
    instance: &Instance,
    goal: Goal,
    from: Option<&Certificate>,
    go_on: &mut dyn FnMut(&Progress) -> bool,
) -> Certificate {
    let merged = merge::merge(instance);
    let small = merged.as_ref().map_or(instance, |m| &m.instance);
    let of = merged.as_ref().map(|m| m.of.as_slice());
    let ground = Ground::new(small);
    let grain = desk::grain(instance);
    let mut desk = Desk::new(&ground, goal, grain, go_on);
    let mut prices = start::first_plans(&mut desk);
    if let Some(from) = from {
        start::take_over(&mut desk, &mut prices, from, of);
    }
    let plenty = plenty::bound(&ground);
    if desk.question == Question::Objective {
        desk.bounded(plenty);
    }
    let again = (desk.question == Question::Floors).then(|| prices.clone());
    let mut cases = run(&mut desk, prices);
    if let Some(prices) = again.filter(|_| desk.floors_met()) {
        // What greedy could not, a later plan has done.
        desk.ask(Question::Objective);
        cases = run(&mut desk, prices);
    }
    let unit = desk.unit();
    let Desk { question, best, .. } = desk;
    let opened = without_idle(small, best);
    let mut plan = state::serve(small, &opened);
    if let Some(merged) = &merged {
        merged.unmerge(instance, &mut plan.serve);
    }
    // Whole numbers come out a little higher than the dual's; plans do not lie nearer to each other than the grain.
    let slack = if question == Question::Objective { 0.05 * grain as f64 } else { 0.0 };
    let most = claim::rounded_up(question, cases.most / unit, slack);
    // Equal demands have equal prices, so that what they come to is the same when they count as one.
    let count = small.weights.len();
    let proved = |cases: &Cases, most| {
        let prices: Vec<_> = cases.prices.iter().map(|p| claim::whole(p, None, count)).collect();
        claim::bound(small, question, &prices, &cases.tree, most)
    };
    let mut bound = proved(&cases, most);
    if question == Question::Objective && plenty <= bound as f64 * UNIT * UNIT * (1.0 + 1e-6) {
        let plenty = Cases::root(plenty::prices(&ground));
        let plain = proved(&plenty, i128::MIN);
        if plain < bound {
            (bound, cases) = (plain, plenty);
        }
    }
    let whole = |of, count| cases.prices.iter().map(|p| claim::whole(p, of, count)).collect::<Vec<_>>();
    let prices = whole(of, instance.weights.len());
    if question == Question::Objective {
        bound -= bound.rem_euclid(grain);
    }
    let worth = claim::worth(instance, &plan);
    Certificate {
        format: FORMAT.to_owned(),
        question,
        plan,
        objective: if question == Question::Objective { worth.objective } else { worth.floors },
        bound,
        prices,
        tree: cases.tree,
    }
}

/// Covers to go through for options that add nothing.
const MOST_IDLE: usize = 300_000_000;

/// The plan without what it buys for nothing, the dearest first: where money is left over, an option may serve only whom others serve as well.
fn without_idle(instance: &Instance, best: desk::Best) -> Vec<u8> {
    let mut opened = best.opened;
    let free = |option: &usize| instance.fixed(*option) == crate::Fixed::Free;
    let mut bought: Vec<usize> =
        (0..opened.len()).filter(|option| opened[*option] != CLOSED).filter(free).collect();
    if bought.len() * instance.covered.len() * instance.years() > MOST_IDLE {
        return opened;
    }
    bought.sort_by_key(|option| std::cmp::Reverse(instance.charge(*option, 0, true)));
    for option in bought {
        let from = std::mem::replace(&mut opened[option], CLOSED);
        if best.worth.beats(state::worth(instance, &opened)) {
            opened[option] = from;
        }
    }
    opened
}

/// Steps of the dual between new plans.
const ROUND: usize = 20;
/// Rounds without a better bound after which the dual has given what it has.
const STILL: usize = 4;
/// Rounds of local search without a better plan after which it has given what it has.
const TIRED: usize = 40;

fn run(desk: &mut Desk<'_, '_, '_>, prices: Prices) -> Cases {
    let ground = desk.ground;
    let mut dual =
        Dual::new(ground, desk.question, ground.narrowed(&ground.allowed).unwrap_or_default(), prices);
    let mut nearby = Nearby::new(desk, &dual.best);
    let splits = nearby.is_some() && ground.sites.len() <= ground::MOST_SITES;
    let mut rounding = Rounding::new(ground);
    let (mut still, mut tired) = (0, 0);
    loop {
        let before = dual.value;
        for _ in 0..ROUND {
            if !desk.bounded(dual.value) {
                return Cases::root(dual.best);
            }
            dual.step(desk.progress().objective * desk.unit());
        }
        let mut better = rounding.plans(desk, &dual);
        if desk.question == Question::Floors && desk.floors_met() {
            return Cases::root(dual.best);
        }
        if let Some(nearby) = &mut nearby {
            let worth = desk.best.worth;
            let from = desk.best.opened.clone();
            nearby.search(&from, &rounding.prices(&dual), if still >= STILL { 30 } else { 8 }, desk);
            better |= desk.best.worth.beats(worth);
        }
        // Where cases can be split they give more than the last of what the dual has.
        let little = if splits { 0.02 * (before - desk.cut()).max(0.0) } else { 0.0 };
        still = if dual.value < before * (1.0 - 1e-5) - little { 0 } else { still + 1 };
        tired = if better { 0 } else { tired + 1 };
        let exhausted = if splits { still >= STILL / 2 } else { still >= STILL && tired >= TIRED };
        if exhausted {
            break;
        }
    }
    let mut cases = Cases::root(dual.best.clone());
    if let Some(nearby) = nearby.as_mut().filter(|_| splits && !desk.is_stopped()) {
        cases.split(ground, &dual, nearby, desk);
    }
    cases
}

/// The search for better plans near one: by exchange where that is known to be quick, else by closing some and filling up anew.
enum Nearby<'a, 'g> {
    Exchange(Box<Exchange<'a, 'g>>),
    Ruin(Box<Ruin>),
}

impl<'a, 'g> Nearby<'a, 'g> {
    /// Nothing where the instance is too large for it.
    fn new(desk: &Desk<'a, 'g, '_>, prices: &Prices) -> Option<Self> {
        let (ground, seed) = (desk.ground, desk.goal.seed);
        let covers = ground.instance.covered.len();
        let plain = ground.years == 1 && !ground.has_capacity && ground.instance.limited_vendors().is_empty();
        if plain && desk.question == Question::Objective {
            let search = || Self::Exchange(Box::new(Exchange::new(ground, &prices.floors, seed)));
            return (covers <= exchange::MOST_COVERS).then(search);
        }
        (covers * ground.years <= ruin::MOST_COVERS).then(|| Self::Ruin(Box::new(Ruin::new(seed))))
    }

    /// Looks around a plan, so many times.
    fn search(&mut self, from: &[u8], prices: &Prices, rounds: usize, desk: &mut Desk<'_, '_, '_>) {
        match self {
            Self::Exchange(exchange) => {
                exchange.start(from);
                exchange.search(rounds, desk);
            }
            // One of these is quick, and one in many finds something.
            Self::Ruin(ruin) => ruin.search(from, prices, 8 * (rounds + 4), desk),
        }
    }
}

#[cfg(test)]
mod tests;
