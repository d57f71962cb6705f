//! Lazy ratio greedy (Leskovec and others, KDD 2007): opens what adds most for its price, and works a ratio out anew only when it comes
//! first, since what an option adds only shrinks as others are opened.

use super::ground::{Ground, Part};
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
/// which the last option was opened.
pub(super) fn fill(state: &mut State<'_, '_>, prices: &[f64]) -> f64 {
    let ground = state.ground;
    let years = 0..ground.years as u8;
    let first = |state: &State<'_, '_>, option: u32, parts: &mut Vec<Part>| -> Vec<Candidate> {
        let at = option as usize;
        let candidate = |from: u8| {
            if !state.fits(at, usize::from(from)) {
                return None;
            }
            let gain = state.gain(at, usize::from(from), parts);
            let ratio = ratio(gain, ground.priced(at, usize::from(from), prices));
            (ratio > 0.0).then_some(Candidate { ratio, option, from })
        };
        years.clone().filter_map(candidate).collect()
    };
    let now = &*state;
    let mut heap: Vec<Candidate> = ground
        .sites
        .par_iter()
        .with_min_len(256)
        .map_init(Vec::new, |parts, option| first(now, *option, parts))
        .flatten_iter()
        .collect();
    let singles = ground.single.iter().filter_map(|option| single(now, *option, prices));
    heap.extend(singles);
    let mut heap = BinaryHeap::from(heap);
    let (mut parts, mut last) = (Vec::new(), 0.0);
    while let Some(mut top) = heap.pop() {
        let (option, from) = (top.option as usize, usize::from(top.from));
        if state.opened[option] != CLOSED || !state.fits(option, from) {
            continue;
        }
        let gain = state.gain(option, from, &mut parts);
        let ratio = ratio(gain, ground.priced(option, from, prices));
        if ratio <= 0.0 {
            continue;
        }
        if heap.peek().is_some_and(|next| ratio < next.ratio) {
            top.ratio = ratio;
            heap.push(top);
            continue;
        }
        state.open(option, from, &mut parts);
        last = f64::from(ratio);
    }
    last
}

fn single(state: &State<'_, '_>, option: u32, prices: &[f64]) -> Option<Candidate> {
    let at = option as usize;
    if !state.fits(at, 0) {
        return None;
    }
    let gain = state.gain(at, 0, &mut Vec::new());
    let ratio = ratio(gain, state.ground.priced(at, 0, prices));
    (ratio > 0.0).then_some(Candidate { ratio, option, from: 0 })
}

/// The option that adds most by itself, if there is one that fits.
pub(super) fn best_single(state: &State<'_, '_>) -> Option<usize> {
    let ground = state.ground;
    let all = ground.sites.par_iter().chain(&ground.single);
    let gains = all.map_init(Vec::new, |parts, option| {
        let at = *option as usize;
        (if state.fits(at, 0) { state.gain(at, 0, parts) } else { 0.0 }, std::cmp::Reverse(*option))
    });
    let (gain, option) = gains.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
    (gain > 0.0).then_some(option.0 as usize)
}
