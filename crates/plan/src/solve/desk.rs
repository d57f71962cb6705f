//! What all parts of the search share: the best plan so far, the bound so far, and whether to go on.

use super::claim::{self, Worth};
use super::dual::Prices;
use super::ground::{Ground, UNIT};
use super::state::{self, State};
use super::{Goal, Progress, greedy};
use crate::certificate::Question;
use crate::{Instance, MILLION, UNLIMITED};

/// The best plan so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Best {
    pub opened: Vec<u8>,
    pub worth: Worth,
}

/// What all parts of the search share.
pub(super) struct Desk<'a, 'g, 'w> {
    pub ground: &'g Ground<'a>,
    pub goal: Goal,
    pub question: Question,
    pub best: Best,
    pub bound: f64,
    /// What two plans differ by at least, in students.
    grain: f64,
    watch: &'w mut dyn FnMut(&Progress) -> bool,
    stopped: bool,
}

/// The smallest step between what two plans may be worth: all are multiples of it.
pub(super) fn grain(instance: &Instance) -> i128 {
    if instance.capacities.iter().any(|c| *c != UNLIMITED) {
        return 1;
    }
    let mut grain = 0u128;
    for (demand, quality) in instance.covered.iter().zip(&instance.qualities) {
        let (mut a, mut b) = (u128::from(instance.weights[*demand as usize]) * u128::from(*quality), grain);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        grain = a;
        if grain == 1 {
            break;
        }
    }
    grain.max(1) as i128
}

impl<'a, 'g, 'w> Desk<'a, 'g, 'w> {
    /// `grain` is that of the instance before demands were merged: the bound is rounded down by it, and stopping by a coarser one would leave a gap.
    pub fn new(
        ground: &'g Ground<'a>,
        goal: Goal,
        grain: i128,
        watch: &'w mut dyn FnMut(&Progress) -> bool,
    ) -> Self {
        let grain = grain as f64 * UNIT * UNIT;
        let (best, bound) = (Best::default(), f64::INFINITY);
        Self { ground, goal, question: Question::Objective, best, bound, grain, watch, stopped: false }
    }

    /// Asks something else from now on.
    pub fn ask(&mut self, question: Question) {
        self.question = question;
        self.bound = f64::INFINITY;
    }

    pub fn progress(&self) -> Progress {
        let worth = self.best.worth;
        let objective = match self.question {
            Question::Objective => worth.objective as f64 * UNIT * UNIT,
            Question::Floors => worth.floors as f64 * UNIT,
        };
        Progress { question: self.question, objective, bound: self.bound }
    }

    /// Whether to go on: nobody has said stop, and the gap is not small enough yet.
    pub fn go_on(&mut self) -> bool {
        let progress = self.progress();
        self.stopped |= !(self.watch)(&progress);
        !self.stopped && self.bound * self.unit() > self.cut()
    }

    /// Whether to go on, now that the bound is this.
    pub fn bounded(&mut self, bound: f64) -> bool {
        self.bound = self.bound.min(bound / self.unit());
        self.go_on()
    }

    /// Whether somebody has said stop.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What a bound of the dual is divided by: of floors, what they demand.
    pub fn unit(&self) -> f64 {
        match self.question {
            Question::Objective => 1.0,
            Question::Floors => self.ground.needs.iter().sum::<f64>().max(1e-12),
        }
    }

    /// The bound, as the dual counts, that is good enough: within the goal, or so near that no plan fits between.
    pub fn cut(&self) -> f64 {
        let objective = self.progress().objective;
        let near = match self.question {
            Question::Objective => (objective + 0.9 * self.grain).max(objective * (1.0 + 1e-7)),
            Question::Floors => objective + 1e-6,
        };
        near.max(objective * (1.0 + self.goal.gap)) * self.unit()
    }

    /// Keeps a plan if it is the best; says whether it is.
    pub fn offer(&mut self, opened: &[u8]) -> bool {
        let worth = state::worth(self.ground.instance, opened);
        self.keep(opened, worth)
    }

    /// The same, where it is known what it is worth.
    pub fn keep(&mut self, opened: &[u8], worth: Worth) -> bool {
        let better = self.best.opened.is_empty() || worth.beats(self.best.worth);
        if better {
            self.best = Best { opened: opened.to_vec(), worth };
        }
        better
    }

    /// How much quality counts by itself.
    pub fn own(&self) -> f32 {
        if self.question == Question::Objective { 1.0 } else { 0.0 }
    }

    /// The plan in which these options are opened in these years, if they can be, and then what adds most at these prices.
    pub fn filled(&self, bought: impl Iterator<Item = (u32, usize)>, prices: &Prices) -> Vec<u8> {
        let mut state = State::new(self.ground, self.own(), &prices.floors);
        for (option, from) in bought {
            if state.fits(option as usize, from) {
                state.open(option as usize, from);
            }
        }
        greedy::fill(&mut state, &prices.limit);
        state.opened
    }

    pub fn floors_met(&self) -> bool {
        self.best.worth.floors >= MILLION as i128
    }

    /// What a plan is worth, and what part of each floor it meets.
    pub fn worth(&self, opened: &[u8]) -> (Worth, Vec<f64>) {
        let plan = state::serve(self.ground.instance, opened);
        let met =
            claim::floors_met(self.ground.instance, &plan).iter().map(|met| *met as f64 * UNIT).collect();
        (claim::worth(self.ground.instance, &plan), met)
    }

    /// What part of each floor a plan meets.
    pub fn met(&self, opened: &[u8]) -> Vec<f64> {
        if self.ground.needs.is_empty() { Vec::new() } else { self.worth(opened).1 }
    }
}
