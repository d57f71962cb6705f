//! Lazy ratio greedy (Leskovec and others, KDD 2007): opens what adds most for its price, and works a ratio out anew only when it comes
//! first, since what an option adds only shrinks as others are opened.

use super::ground::Ground;
use super::state::{CLOSED, State};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// An option, the year it would be opened in, and what it adds for its price when last worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Candidate {
    ratio: f32,
    option: u32,
    from: u8,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ratio
            .total_cmp(&other.ratio)
            .then_with(|| (other.option, other.from).cmp(&(self.option, self.from)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn ratio(gain: f64, price: f64) -> f32 {
    if gain <= 0.0 { 0.0 } else { (gain / price.max(1e-12)) as f32 }
}

/// Prices at which each year's limit counts the same.
pub(super) fn even_prices(ground: &Ground<'_>) -> Vec<f64> {
    ground.limits.iter().map(|limit| 1.0 / limit.max(1.0)).collect()
}

/// Opens more until nothing fits that adds anything; `prices` say how much a unit of each year's limit counts. Gives the ratio at
/// which options were opened when nearly all was spent.
pub(super) fn fill(state: &mut State<'_, '_>, prices: &[f64]) -> f64 {
    let ground = state.ground;
    let years = 0..ground.years as u8;
    let first = |state: &State<'_, '_>, option: u32| -> Vec<Candidate> {
        let at = option as usize;
        let candidate = |from: u8| {
            if !state.fits(at, usize::from(from)) {
                return None;
            }
            let gain = state.gain(at, usize::from(from));
            let ratio = ratio(gain, ground.priced(at, usize::from(from), prices));
            (ratio > 0.0).then_some(Candidate { ratio, option, from })
        };
        years.clone().filter_map(candidate).collect()
    };
    let now = &*state;
    let mut sorted: Vec<Candidate> =
        ground.sites.par_iter().with_min_len(256).map(|option| first(now, *option)).flatten_iter().collect();
    let singles = ground.single.iter().filter_map(|option| single(now, *option, prices));
    sorted.reserve_exact(ground.single.len());
    sorted.extend(singles);
    sorted.par_sort_unstable_by(|a, b| b.cmp(a));
    // Most candidates come up once, in order; a heap holds those alone whose ratio had to be worked out anew.
    let (mut sorted, mut again) = (sorted.into_iter().peekable(), BinaryHeap::new());
    let mut last = 0.0;
    loop {
        let from_heap = again.peek().is_some_and(|b| sorted.peek().is_none_or(|a| b > a));
        let Some(mut top) = (if from_heap { again.pop() } else { sorted.next() }) else { break };
        let (option, from) = (top.option as usize, usize::from(top.from));
        if state.opened[option] != CLOSED || !state.fits(option, from) {
            continue;
        }
        let gain = state.gain(option, from);
        let ratio = ratio(gain, ground.priced(option, from, prices));
        if ratio <= 0.0 {
            continue;
        }
        let next = sorted.peek().into_iter().chain(again.peek()).map(|c| c.ratio).fold(0.0, f32::max);
        if ratio < next {
            top.ratio = ratio;
            again.push(top);
            continue;
        }
        state.open(option, from);
        // What fits into the very last of a limit says little about what a limit is worth.
        if state.left.iter().zip(&ground.limits).any(|(left, limit)| *left as f64 > 0.01 * limit) {
            last = f64::from(ratio);
        }
    }
    last
}

fn single(state: &State<'_, '_>, option: u32, prices: &[f64]) -> Option<Candidate> {
    let at = option as usize;
    if !state.fits(at, 0) {
        return None;
    }
    let gain = state.gain(at, 0);
    let ratio = ratio(gain, state.ground.priced(at, 0, prices));
    (ratio > 0.0).then_some(Candidate { ratio, option, from: 0 })
}

/// What the option adds that adds most by itself, and which it is, if there is one that fits.
pub(super) fn best_single(state: &State<'_, '_>) -> Option<(f64, usize)> {
    let ground = state.ground;
    let all = ground.sites.par_iter().chain(&ground.single);
    let gains = all.map(|option| {
        let at = *option as usize;
        (if state.fits(at, 0) { state.gain(at, 0) } else { 0.0 }, std::cmp::Reverse(*option))
    });
    let (gain, option) = gains.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
    (gain > 0.0).then_some((gain, option.0 as usize))
}
