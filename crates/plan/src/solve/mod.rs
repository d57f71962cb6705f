//! The solver.
//!
//! 1. `merge`: demands that are equal count as one.
//! 2. `greedy`: a first plan. With floors, groups that get too little count more until the floors are met.
//! 3. `dual`: prices for what is scarce, and the bound that they prove.
//! 4. Every few steps of 3, plans are made anew at those prices.
//! 5. `claim`: the best plan and the best prices, in whole numbers.
//!
//! The same instance, goal and number of steps give the same certificate; only when it is told to stop does the result depend on time.

mod claim;
mod dual;
mod greedy;
mod ground;
mod merge;
mod state;

use crate::certificate::{Case, Certificate, FORMAT, Question};
use crate::{Instance, MILLION};
use claim::Worth;
use dual::{Dual, Prices};
use ground::Ground;
use state::{CLOSED, State};

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
    let merged = merge::merge(instance);
    let small = merged.as_ref().map_or(instance, |m| &m.instance);
    let ground = Ground::new(small);
    let mut search = Search::new(&ground, goal);
    search.first_plans();
    if let Some(from) = from {
        search.take_over(from, merged.as_ref().map(|m| m.of.as_slice()));
    }
    search.run(go_on);
    let Search { question, best, prices, .. } = search;
    let mut plan = state::serve(small, &best.opened);
    if let Some(merged) = &merged {
        merged.unmerge(instance, &mut plan.serve);
    }
    let of = merged.as_ref().map(|m| m.of.as_slice());
    let prices = claim::whole(&prices, of, instance.weights.len());
    let bound = claim::sums(instance, question, &prices).bound(instance, question, |_| None);
    let worth = claim::worth(instance, &plan);
    Certificate {
        format: FORMAT.to_owned(),
        question,
        plan,
        objective: if question == Question::Objective { worth.objective } else { worth.floors },
        bound: bound.unwrap_or(i128::MIN),
        prices: vec![prices],
        tree: vec![Case::Priced(0)],
    }
}

/// The best plan so far.
#[derive(Clone, Debug, Default)]
struct Best {
    opened: Vec<u8>,
    worth: Worth,
}

struct Search<'a, 'g> {
    ground: &'g Ground<'a>,
    goal: Goal,
    question: Question,
    best: Best,
    prices: Prices,
    bound: f64,
}

/// Steps between new plans.
const ROUND: usize = 20;
/// How often floors are raised before they count as out of reach.
const RAISES: usize = 40;

impl<'a, 'g> Search<'a, 'g> {
    fn new(ground: &'g Ground<'a>, goal: Goal) -> Self {
        let prices = Prices {
            limit: vec![0.0; ground.years],
            floors: vec![0.0; ground.needs.len()],
            service: vec![vec![0.0; ground.weights.len()]; ground.years],
        };
        Self {
            ground,
            goal,
            question: Question::Objective,
            best: Best::default(),
            prices,
            bound: f64::INFINITY,
        }
    }

    fn progress(&self) -> Progress {
        let worth = self.best.worth;
        let objective = match self.question {
            Question::Objective => worth.objective as f64 * 1e-12,
            Question::Floors => worth.floors as f64 * 1e-6,
        };
        Progress { question: self.question, objective, bound: self.bound }
    }

    /// Keeps a plan if it is the best; says whether it is.
    fn offer(&mut self, opened: &[u8]) -> bool {
        let worth = claim::worth(self.ground.instance, &state::serve(self.ground.instance, opened));
        let better = self.best.opened.is_empty() || worth.beats(self.best.worth);
        if better {
            self.best = Best { opened: opened.to_vec(), worth };
        }
        better
    }

    fn floors_met(&self) -> bool {
        self.best.worth.floors >= MILLION as i128
    }

    /// A plan by greedy; the ratio at which it ended.
    fn greedy(&mut self, own: f32, floors: &[f64], limit: &[f64]) -> f64 {
        let mut state = State::new(self.ground, own, floors);
        let last = greedy::fill(&mut state, limit);
        let opened = std::mem::take(&mut state.opened);
        self.offer(&opened);
        last
    }

    fn first_plans(&mut self) {
        let ground = self.ground;
        let even = greedy::even_prices(ground);
        let none = vec![0.0; ground.needs.len()];
        let mut state = State::new(ground, 1.0, &none);
        if let Some(single) = greedy::best_single(&state) {
            state.open(single, 0, &mut Vec::new());
            greedy::fill(&mut state, &even);
            self.offer(&state.opened);
        }
        let mut state = State::new(ground, 1.0, &none);
        let last = greedy::fill(&mut state, &even);
        for (year, cells) in state.cells.iter().enumerate() {
            self.prices.limit[year] = last * even[year];
            self.prices.service[year] = cells.iter().map(|cell| cell.price).collect();
        }
        let opened = state.opened;
        self.offer(&opened);
        if !self.floors_met() {
            self.raise_floors(&even);
        }
    }

    /// Lets groups that get too little count more, until all floors are met or it has been tried often enough.
    fn raise_floors(&mut self, even: &[f64]) {
        let mut floors = vec![0.5; self.ground.needs.len()];
        for n in 0..RAISES {
            let own = if n < RAISES / 2 { 1.0 } else { 0.0 };
            let mut state = State::new(self.ground, own, &floors);
            greedy::fill(&mut state, even);
            let opened = std::mem::take(&mut state.opened);
            self.offer(&opened);
            if self.floors_met() {
                self.prices.floors = floors;
                return;
            }
            let met = self.met(&opened);
            let least = met.iter().copied().fold(f64::INFINITY, f64::min);
            for (price, met) in floors.iter_mut().zip(&met) {
                *price = (*price * if *met <= least.max(0.999) { 1.5 - 0.5 * met } else { 0.95 }).min(1000.0);
            }
        }
        self.question = Question::Floors;
        self.prices.floors = vec![1.0; self.ground.needs.len()];
    }

    /// What part of each floor a plan meets.
    fn met(&self, opened: &[u8]) -> Vec<f64> {
        let plan = state::serve(self.ground.instance, opened);
        claim::floors_met(self.ground.instance, &plan)
            .iter()
            .map(|met| *met as f64 / MILLION as f64)
            .collect()
    }

    /// Goes on from an earlier plan and its prices.
    fn take_over(&mut self, from: &Certificate, of: Option<&[u32]>) {
        let ground = self.ground;
        let mut opened = vec![CLOSED; ground.instance.option_count()];
        for (option, year) in &from.plan.buy {
            if let Some(opened) = opened.get_mut(*option as usize) {
                *opened = (*year as u8).saturating_sub(1);
            }
        }
        self.offer(&opened);
        if self.floors_met() {
            self.question = Question::Objective;
        }
        let Some(prices) = from.prices.first().filter(|_| from.question == self.question) else { return };
        if prices.limit.len() != ground.years || prices.floors.len() != ground.needs.len() {
            return;
        }
        self.prices.limit = prices.limit.iter().map(|p| *p as f64 * 1e-18).collect();
        self.prices.floors = prices.floors.iter().map(|p| f64::from(*p) * 1e-6).collect();
        for (own, found) in self.prices.service.iter_mut().zip(&prices.service) {
            for (demand, price) in found.iter().enumerate() {
                let row = of.map_or(demand, |of| of.get(demand).map_or(usize::MAX, |row| *row as usize));
                if let Some(own) = own.get_mut(row) {
                    *own = (*price as f64 * 1e-12) as f32;
                }
            }
        }
    }

    fn run(&mut self, go_on: &mut dyn FnMut(&Progress) -> bool) {
        let mut dual = Dual::new(self.ground, self.question, std::mem::take(&mut self.prices));
        let mut still = 0;
        loop {
            let before = dual.value;
            for _ in 0..ROUND {
                let target = self.progress().objective * self.scale();
                dual.step(target);
                self.bound = dual.value / self.scale();
                if self.is_done(go_on) {
                    self.prices = dual.best;
                    return;
                }
            }
            let own = if self.question == Question::Objective { 1.0 } else { 0.0 };
            self.greedy(own, &dual.best.floors, &dual.best.limit);
            still = if dual.value < before * (1.0 - 1e-6) { 0 } else { still + 1 };
            if still > 10 {
                break;
            }
        }
        self.prices = dual.best;
    }

    /// What the dual's numbers are divided by: of floors, what they demand.
    fn scale(&self) -> f64 {
        match self.question {
            Question::Objective => 1.0,
            Question::Floors => self.ground.needs.iter().sum::<f64>().max(1e-12),
        }
    }

    fn is_done(&self, go_on: &mut dyn FnMut(&Progress) -> bool) -> bool {
        let progress = self.progress();
        let go_on = go_on(&progress);
        !go_on || progress.gap() <= self.goal.gap
    }
}

#[cfg(test)]
mod tests;
