//! Local search where exchanges cannot be counted quickly, that is over several years and with capacities: some of a plan is closed, perhaps
//! something else opened in its place, and the rest filled up anew by greedy (ruin and recreate: Schrimpf and others, Journal of Computational
//! Physics 159, 2000).

use super::claim::Worth;
use super::desk::Desk;
use super::dual::Prices;
use super::greedy;
use super::ground::{Ground, UNIT};
use super::state::{self, CLOSED, SHUT, State};
use crate::certificate::Question;
use crate::{Fixed, NONE};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Covers, in all years, beyond which this search is not worth its time.
pub(super) const MOST_COVERS: usize = 2_000_000;

/// The most that is closed at once.
const MOST_CLOSED: usize = 3;

/// Plans that are worth less than this part of the best one, before options with a capacity change places, are not looked at closer.
const NEARLY: f64 = 0.96;

/// The search goes on from plans that are worse by this part at most.
const WORSE: f64 = 0.0005;

/// The search.
pub(super) struct Ruin {
    rng: ChaCha8Rng,
}

impl Ruin {
    pub fn new(seed: u64) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Looks around a plan, and around those found that are not much worse, so many times. Greedy opens at these prices.
    pub fn search(&mut self, from: &[u8], prices: &Prices, rounds: usize, desk: &mut Desk<'_, '_, '_>) {
        let mut now = from.to_vec();
        let mut worth = look(&now, desk);
        for _ in 0..rounds {
            if !desk.go_on() {
                return;
            }
            let (next, nearly) = self.near(&now, prices, desk);
            let asked = desk.question == Question::Objective;
            if asked && nearly < worth.objective as f64 * UNIT * UNIT * NEARLY {
                continue;
            }
            let found = look(&next, desk);
            let slack = (worth.objective as f64 * WORSE * self.rng.random_range(0.0f64..1.0)) as i128;
            let no_worse = found.floors == worth.floors && found.objective + slack >= worth.objective;
            if found.floors > worth.floors || no_worse {
                (now, worth) = (next, found);
            }
        }
    }

    /// What is closed: some at random, or all of one vendor, where another may be better.
    fn close(&mut self, ground: &Ground<'_>, open: &mut Vec<u32>) -> Vec<u32> {
        let instance = ground.instance;
        let vendor = open.first().map_or(NONE, |option| instance.vendor(*option as usize));
        if instance.limited_vendors().contains(&vendor) && self.rng.random_bool(0.25) {
            let (closed, left) = open.iter().partition(|option| instance.vendor(**option as usize) == vendor);
            *open = left;
            return closed;
        }
        let closed = self.rng.random_range(1..=MOST_CLOSED).min(open.len());
        open.split_off(open.len() - closed)
    }

    /// A plan near another, and what it is worth, nearly.
    fn near(&mut self, now: &[u8], prices: &Prices, desk: &Desk<'_, '_, '_>) -> (Vec<u8>, f64) {
        let ground = desk.ground;
        let free = |option: &u32| ground.instance.fixed(*option as usize) == Fixed::Free;
        let (mut open, mut shut): (Vec<u32>, Vec<u32>) =
            ground.sites.iter().copied().filter(free).partition(|option| now[*option as usize] != CLOSED);
        open.shuffle(&mut self.rng);
        let closed = self.close(ground, &mut open);
        // What was closed may come back at once, or only when there is nothing else.
        let back = self.rng.random_bool(0.5);
        let noise = |rng: &mut ChaCha8Rng, price: f64| price * rng.random_range(-0.2f64..0.2).exp();
        let limit: Vec<f64> = prices.limit.iter().map(|price| noise(&mut self.rng, *price)).collect();
        let mut state = State::new(ground, desk.own(), &prices.floors);
        if self.rng.random_bool(0.5) {
            shut.shuffle(&mut self.rng);
            // Of a few the one that adds most for its price.
            let mut pick: Option<(f64, u32, usize)> = None;
            for option in shut.iter().take(4) {
                let from = self.rng.random_range(0..ground.years);
                if state.fits(*option as usize, from) {
                    let price = ground.priced(*option as usize, from, &limit).max(1e-12);
                    let ratio = state.gain(*option as usize, from) / price;
                    if pick.is_none_or(|p| ratio > p.0) {
                        pick = Some((ratio, *option, from));
                    }
                }
            }
            if let Some((_, option, from)) = pick {
                state.open(option as usize, from);
            }
        }
        for option in open {
            let from = usize::from(now[option as usize]);
            if state.fits(option as usize, from) {
                state.open(option as usize, from);
            }
        }
        if !back {
            closed.iter().for_each(|option| state.opened[*option as usize] = SHUT);
            greedy::fill(&mut state, &limit);
            closed.iter().for_each(|option| state.opened[*option as usize] = CLOSED);
        }
        greedy::fill(&mut state, &limit);
        let nearly = state.worth();
        (state.opened, nearly)
    }
}

/// What a plan is worth, which is kept if it is the best.
fn look(opened: &[u8], desk: &mut Desk<'_, '_, '_>) -> Worth {
    let worth = state::worth(desk.ground.instance, opened);
    desk.keep(opened, worth);
    worth
}
