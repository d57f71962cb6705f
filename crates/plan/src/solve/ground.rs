//! What every step of the solver works on: the instance, and the one sum that all of them are made of.

use super::allowed::{self, Allowed, NEVER};
use crate::{Fixed, Instance, Limit, UNLIMITED};

/// A demand in a year: a quality (or price) that is there already, and the weight that more quality would count with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub price: f32,
    pub weight: f32,
}

/// Options up to which cases are split by any of them.
pub(super) const MOST_SITES: usize = 5_000;

/// Students or shares of them, from millionths.
pub(super) const UNIT: f64 = 1e-6;
const UNIT32: f32 = 1e-6;

/// The instance as the solver sees it.
pub(super) struct Ground<'a> {
    pub instance: &'a Instance,
    pub years: usize,
    /// Students of each demand.
    pub weights: Vec<f32>,
    /// The limit of each year, in cents or options.
    pub limits: Vec<f64>,
    /// A price of a unit of a limit at which nothing that takes any of it is worth buying. Where what is fixed takes all, higher ones would prove
    /// nothing more, but drown all else in rounding.
    pub dearest: f64,
    /// What each floor demands: students times quality.
    pub needs: Vec<f64>,
    /// The floor of each group, or `usize::MAX`.
    pub floor_of: Vec<usize>,
    /// Options that serve one demand and are bound by nothing else: their price can be worked out at once. Of instances of one year with many options.
    pub single: Vec<u32>,
    /// All other options that may be bought.
    pub sites: Vec<u32>,
    /// When each of these may be opened.
    pub allowed: Vec<Allowed>,
    pub has_capacity: bool,
}

impl<'a> Ground<'a> {
    pub fn new(instance: &'a Instance) -> Self {
        let years = instance.years();
        let mut floor_of = vec![usize::MAX; instance.group_names.len()];
        for (at, floor) in instance.floors.iter().enumerate() {
            floor_of[floor.group as usize] = at;
        }
        let (mut single, mut sites) = (Vec::new(), Vec::new());
        // Of few options each can be decided on, which proves more.
        let many = instance.option_count() > MOST_SITES;
        for option in (0..instance.option_count()).filter(|o| instance.fixed(*o) != Fixed::Out) {
            let covers = instance.covers(option).len();
            let plain = instance.fixed(option) == Fixed::Free
                && instance.exclusive(option) == crate::NONE
                && !instance.limited_vendors().contains(&instance.vendor(option));
            if many
                && years == 1
                && covers == 1
                && plain
                && instance.capacity(option) == UNLIMITED
                && matches!(instance.limit, Limit::Budget(_))
            {
                single.push(option as u32);
            } else if covers > 0 || instance.fixed(option) == Fixed::In {
                sites.push(option as u32);
            }
        }
        let allowed: Vec<Allowed> = sites.iter().map(|o| allowed::begin(instance, *o as usize)).collect();
        let (sites, allowed): (Vec<u32>, Vec<Allowed>) =
            sites.into_iter().zip(allowed).filter(|site| site.1 != NEVER).unzip();
        let charges = sites.iter().chain(&single).map(|option| instance.charge(*option as usize, 0, true));
        let least = charges.filter(|charge| *charge > 0).min().unwrap_or(1);
        let all: f64 = instance.weights.iter().map(|w| *w as f64 * UNIT).sum();
        Self {
            instance,
            years,
            dearest: 1e3 * all * years as f64 / least as f64,
            weights: instance.weights.iter().map(|w| (*w as f64 * UNIT) as f32).collect(),
            limits: instance.limit.amounts().iter().map(|n| *n as f64).collect(),
            needs: instance.floors.iter().map(|f| instance.floor_needs(f) as f64 * UNIT * UNIT).collect(),
            floor_of,
            single,
            sites,
            allowed,
            has_capacity: instance.capacities.iter().any(|c| *c != UNLIMITED),
        }
    }

    /// What is left of the sites' choices beside what must be bought; nothing where that cannot be.
    pub fn narrowed(&self, decided: &[Allowed]) -> Option<Vec<Allowed>> {
        allowed::narrowed(self.instance, &self.sites, decided)
    }

    /// The floor that a demand is under.
    pub fn floor(&self, demand: usize) -> Option<usize> {
        self.floor_of.get(self.instance.group(demand) as usize).copied().filter(|f| *f != usize::MAX)
    }

    /// What an option opened in the first of these years takes in each of them, at these prices.
    pub fn priced(&self, option: usize, from: usize, prices: &[f64]) -> f64 {
        (from..self.years).map(|t| prices[t] * self.instance.charge(option, t, t == from) as f64).sum()
    }

    /// What an option adds in a year, within its capacity.
    pub fn adds_within(&self, option: usize, cells: &[Cell], parts: &mut Vec<Part>) -> f64 {
        if self.instance.capacity(option) == UNLIMITED {
            return self.adds(option, cells);
        }
        self.parts(option, cells, parts);
        parts.iter().map(|p| f64::from(p.gain) * f64::from(p.amount)).sum()
    }

    /// What an option without a capacity adds in a year: the sum over what it covers of weight times the quality above the cell's.
    pub fn adds(&self, option: usize, cells: &[Cell]) -> f64 {
        let range = self.instance.starts[option] as usize..self.instance.starts[option + 1] as usize;
        let (covered, qualities) = (&self.instance.covered[range.clone()], &self.instance.qualities[range]);
        let gain = |demand: u32, quality: u32| {
            let cell = cells[demand as usize];
            f64::from(cell.weight * (quality as f32 * UNIT32 - cell.price).max(0.0))
        };
        // Two sums, since one alone waits for each addition before the next.
        let (mut even, mut odd) = (0.0, 0.0);
        let (pairs, last) = (covered.len() / 2, covered.len() % 2);
        for (demand, quality) in covered.chunks_exact(2).zip(qualities.chunks_exact(2)) {
            even += gain(demand[0], quality[0]);
            odd += gain(demand[1], quality[1]);
        }
        if last == 1 {
            even += gain(covered[2 * pairs], qualities[2 * pairs]);
        }
        even + odd
    }

    /// What an option serves in a year, the best first, up to its capacity.
    pub fn parts(&self, option: usize, cells: &[Cell], parts: &mut Vec<Part>) {
        parts.clear();
        for (demand, quality, most) in self.instance.parts(option) {
            let (cell, amount) = (cells[demand], (most as f64 * UNIT) as f32);
            let gain = (quality as f32 * UNIT32 - cell.price) * cell.weight / self.weights[demand];
            if gain > 0.0 && amount > 0.0 {
                parts.push(Part { demand: demand as u32, quality, gain, amount });
            }
        }
        let capacity = self.instance.capacity(option);
        if capacity == UNLIMITED {
            return;
        }
        let left = (capacity as f64 * UNIT) as f32;
        if parts.iter().map(|p| p.amount).sum::<f32>() > left {
            keep_best(parts, left);
        }
    }
}

/// Keeps the parts with the largest gains up to so many students, in no order: the weighted median's search (Cormen and others, Introduction to Algorithms,
/// problem 9-2), which is quicker than sorting.
fn keep_best(parts: &mut Vec<Part>, mut left: f32) {
    let (mut from, mut to) = (0, parts.len());
    while to - from > 1 {
        let middle = (from + to) / 2;
        let better = |a: &Part, b: &Part| b.gain.total_cmp(&a.gain).then(a.demand.cmp(&b.demand));
        parts[from..to].select_nth_unstable_by(middle - from, better);
        let sum: f32 = parts[from..middle].iter().map(|part| part.amount).sum();
        if sum > left {
            to = middle;
        } else {
            left -= sum;
            from = middle;
        }
    }
    parts.truncate(to);
    if let Some(last) = parts.last_mut() {
        last.amount = last.amount.min(left);
    }
}

/// A part of a demand that an option serves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub demand: u32,
    pub quality: u32,
    /// What a student of it adds.
    pub gain: f32,
    /// Students.
    pub amount: f32,
}
