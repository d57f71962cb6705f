//! Plans from the dual: what the relaxation opens for the most part is opened, and the rest filled up by greedy at the dual's prices; then what
//! is not worth its price any more is closed again, and the rest filled up anew, as long as that pays.

use super::desk::Desk;
use super::dual::{Dual, Prices};
use super::greedy;
use super::ground::{Ground, UNIT};
use super::state::{self, CLOSED, State};
use crate::{Fixed, UNLIMITED};

/// How often what does not pay is closed.
const CLEARINGS: usize = 6;

/// What is remembered from one round to the next.
pub(super) struct Rounding {
    /// How much more than at the dual's prices each floor has to count so that a plan meets it.
    by: Vec<f64>,
    rounds: usize,
}

impl Rounding {
    pub fn new(ground: &Ground<'_>) -> Self {
        Self { by: vec![1.0; ground.needs.len()], rounds: 0 }
    }

    /// The dual's prices of limits, and those of floors so that plans meet them. Those of service, one for each demand and year, are not asked for.
    pub fn prices(&self, dual: &Dual<'_, '_>) -> Prices {
        let mut prices =
            Prices { limit: dual.best.limit.clone(), floors: dual.best.floors.clone(), service: Vec::new() };
        for (price, by) in prices.floors.iter_mut().zip(&self.by) {
            *price = *price * by + (by - 1.0);
        }
        prices
    }

    /// Makes plans from what the dual has found; whether one is the best so far.
    pub fn plans(&mut self, desk: &mut Desk<'_, '_, '_>, dual: &Dual<'_, '_>) -> bool {
        let own = desk.own();
        let prices = self.prices(dual);
        let share = [0.5, 0.3, 0.8, 0.1][self.rounds % 4];
        self.rounds += 1;
        let mut state = State::new(desk.ground, own, &prices.floors);
        open_shares(&mut state, dual.open(), share);
        greedy::fill(&mut state, &prices.limit);
        let mut opened = state.opened;
        let mut better = desk.offer(&opened);
        let mut worth = value(desk, own, &prices, &opened);
        for _ in 0..CLEARINGS {
            if !desk.go_on() {
                break;
            }
            let next = cleared(desk.ground, own, &prices, &opened);
            let next_worth = value(desk, own, &prices, &next);
            if next_worth <= worth * (1.0 + 1e-6) {
                break;
            }
            worth = next_worth;
            opened = next;
            better |= desk.offer(&opened);
        }
        for (by, met) in self.by.iter_mut().zip(desk.met(&opened)) {
            let more = (1.0 + 2.0 * (1.0 - met)).max(1.002);
            *by = if met < 1.0 { (*by * more).min(100.0) } else { (*by * 0.995).max(1.0) };
        }
        better
    }
}

/// Opens what the relaxation opens by more than a share, the most first.
fn open_shares(state: &mut State<'_, '_>, open: &[f32], share: f32) {
    let years = state.ground.years;
    let mut shares: Vec<(f32, u32)> = Vec::new();
    for (at, of_years) in open.chunks(years).enumerate() {
        let sum: f32 = of_years.iter().sum();
        if sum > share {
            shares.push((sum, at as u32));
        }
    }
    shares.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, at) in shares {
        let of_years = &open[at as usize * years..(at as usize + 1) * years];
        let from = (0..years).max_by(|a, b| of_years[*a].total_cmp(&of_years[*b])).unwrap_or_default();
        let option = state.ground.sites[at as usize] as usize;
        if state.fits(option, from) {
            state.open(option, from);
        }
    }
}

/// What a plan is worth where floors count at their prices.
fn value(desk: &Desk<'_, '_, '_>, own: f32, prices: &Prices, opened: &[u8]) -> f64 {
    let (worth, met) = desk.worth(opened);
    let floors: f64 =
        prices.floors.iter().zip(&desk.ground.needs).zip(met).map(|((p, n), met)| p * n * met).sum();
    f64::from(own) * worth.objective as f64 * UNIT * UNIT + floors
}

/// The plan without what is not worth its price, filled up anew.
fn cleared(ground: &Ground<'_>, own: f32, prices: &Prices, opened: &[u8]) -> Vec<u8> {
    let gains = contributions(ground, own, prices, opened);
    let mut kept: Vec<(f64, u32)> = Vec::new();
    for (option, from) in opened.iter().enumerate().filter(|(_, from)| **from != CLOSED) {
        let price = ground.priced(option, usize::from(*from), &prices.limit);
        let ratio = f64::from(gains[option]) / price.max(1e-12);
        if ratio >= 0.98 && ground.instance.fixed(option) == Fixed::Free {
            kept.push((ratio, option as u32));
        }
    }
    drop(gains);
    kept.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut state = State::new(ground, own, &prices.floors);
    for (_, option) in kept {
        let from = usize::from(opened[option as usize]);
        if state.fits(option as usize, from) {
            state.open(option as usize, from);
        }
    }
    greedy::fill(&mut state, &prices.limit);
    state.opened
}

/// What each option that is open adds to all the others.
fn contributions(ground: &Ground<'_>, own: f32, prices: &Prices, opened: &[u8]) -> Vec<f32> {
    let instance = ground.instance;
    let plan = state::serve(instance, opened);
    let mut gains = vec![0.0f32; opened.len()];
    for year in 0..ground.years {
        let last = year + 1 == ground.years;
        let lift = |demand: usize| {
            let floor = if last { ground.floor(demand) } else { None };
            (f64::from(own) + floor.map_or(0.0, |f| prices.floors[f])) * UNIT
        };
        // The best quality without a capacity, whose it is, and the second best.
        let mut best = vec![(0u32, u32::MAX, 0u32); ground.weights.len()];
        for (option, from) in opened.iter().enumerate().filter(|(_, from)| **from != CLOSED) {
            if usize::from(*from) > year || instance.capacity(option) != UNLIMITED {
                continue;
            }
            for (demand, quality) in instance.covers(option) {
                let (first, _, second) = best[demand];
                if quality > first {
                    best[demand] = (quality, option as u32, first);
                } else if quality > second {
                    best[demand].2 = quality;
                }
            }
        }
        // What options with a capacity leave.
        let mut rest = std::borrow::Cow::Borrowed(&ground.weights);
        for serve in plan.serve.iter().filter(|s| usize::from(s.year) == year + 1) {
            let mut parts = serve.parts.iter().peekable();
            for (demand, quality) in instance.covers(serve.option as usize) {
                if let Some((_, amount)) = parts.next_if(|part| part.0 as usize == demand) {
                    let amount = *amount as f64 * UNIT;
                    rest.to_mut()[demand] -= amount as f32;
                    gains[serve.option as usize] +=
                        (amount * f64::from(quality - best[demand].0) * lift(demand)) as f32;
                }
            }
        }
        for (demand, (first, option, second)) in best.into_iter().enumerate().filter(|(_, b)| b.1 != u32::MAX)
        {
            gains[option as usize] +=
                (f64::from(rest[demand]) * f64::from(first - second) * lift(demand)) as f32;
        }
    }
    gains
}
