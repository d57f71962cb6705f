//! The instance: what is wanted, what can be bought, what it reaches, and under which limits. All in integers.

use crate::Names;

/// Weights and qualities are counted in millionths: a quality of 1 is 1,000,000, a student is 1,000,000.
pub const MILLION: u64 = 1_000_000;
/// No group, no exclusive group.
pub const NONE: u32 = u32::MAX;
/// No limit to what an option can serve.
pub const UNLIMITED: u64 = u64::MAX;

/// Whether an option is bought already or must not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fixed {
    /// The plan decides.
    #[default]
    Free,
    /// Bought in the first year, at its cost.
    In,
    /// Never bought.
    Out,
}

/// What limits a plan, for each year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many cents may be spent; nothing is carried over.
    Budget(Vec<u64>),
    /// So many options may be opened; what they cost does not matter.
    Count(Vec<u64>),
}

impl Limit {
    /// The amounts, for each year.
    pub fn amounts(&self) -> &[u64] {
        match self {
            Self::Budget(amounts) | Self::Count(amounts) => amounts,
        }
    }
}

/// At least this share of a group's weight is to be served in the last year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The group's number.
    pub group: u32,
    /// The share, in millionths.
    pub share: u32,
}

/// An instance. Columns that a folder leaves out are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Ids of demands.
    pub demands: Names,
    /// Weight of each demand, in millionths.
    pub weights: Vec<u64>,
    /// The group of each demand, or [`NONE`].
    pub groups: Vec<u32>,
    /// Names of groups.
    pub group_names: Vec<String>,
    /// Ids of options.
    pub options: Names,
    /// The strategy of each option.
    pub strategies: Vec<u16>,
    /// Names of strategies.
    pub strategy_names: Vec<String>,
    /// Cost in the year in which an option is opened, in cents.
    pub costs: Vec<u64>,
    /// Cost in that year and each one after it, in cents.
    pub running: Vec<u64>,
    /// Where prices change: for each year after the first, what each option costs when it is opened in that year, and what its running costs are in it.
    /// A year without is like the first.
    pub later: Vec<Vec<[u64; 2]>>,
    /// What an option can serve in a year, in millionths, or [`UNLIMITED`].
    pub capacities: Vec<u64>,
    /// Of the options of an exclusive group at most one is bought; or [`NONE`].
    pub exclusive: Vec<u32>,
    /// Names of exclusive groups.
    pub exclusive_names: Vec<String>,
    /// From whom each option is bought, or [`NONE`].
    pub vendors: Vec<u32>,
    /// Names of vendors.
    pub vendor_names: Vec<String>,
    /// From so many vendors a plan may buy at most; [`NONE`] for any number.
    pub most_vendors: u32,
    /// What is decided already.
    pub fixed: Vec<Fixed>,
    /// Where the covers of each option start; one more than there are options.
    pub starts: Vec<u32>,
    /// The demand of each cover; ascending within an option.
    pub covered: Vec<u32>,
    /// The quality of each cover, in millionths.
    pub qualities: Vec<u32>,
    /// What part of the demand's weight each cover can serve at most, in millionths; an option with less than all has a capacity.
    pub shares: Vec<u32>,
    /// The budget or the count.
    pub limit: Limit,
    /// Floors, by group.
    pub floors: Vec<Floor>,
}

/// A part of a weight in millionths, rounded down; the whole where none is said.
pub(crate) fn part(weight: u64, share: Option<u32>) -> u64 {
    match share {
        None => weight,
        Some(share) => (u128::from(weight) * u128::from(share) / u128::from(MILLION)) as u64,
    }
}

impl Instance {
    /// How many years are planned.
    pub fn years(&self) -> usize {
        self.limit.amounts().len()
    }

    /// How many options there are.
    pub fn option_count(&self) -> usize {
        self.costs.len()
    }

    /// The covers of an option: demands and qualities.
    pub fn covers(&self, option: usize) -> impl ExactSizeIterator<Item = (usize, u32)> + '_ {
        let range = self.starts[option] as usize..self.starts[option + 1] as usize;
        self.covered[range.clone()].iter().map(|d| *d as usize).zip(self.qualities[range].iter().copied())
    }

    /// The covers of an option with what each can serve at most: demands, qualities and weights.
    pub fn parts(&self, option: usize) -> impl Iterator<Item = (usize, u32, u64)> + '_ {
        let covers = self.starts[option] as usize..self.starts[option + 1] as usize;
        covers.map(|cover| {
            let demand = self.covered[cover] as usize;
            (demand, self.qualities[cover], self.most(cover))
        })
    }

    /// What the cover of this number can serve at most, in millionths.
    pub fn most(&self, cover: usize) -> u64 {
        part(self.weights[self.covered[cover] as usize], self.shares.get(cover).copied())
    }

    /// The names of these groups.
    pub fn names_of(&self, groups: &[u32]) -> Vec<String> {
        groups.iter().map(|group| self.group_names[*group as usize].clone()).collect()
    }

    /// The group of a demand, or [`NONE`].
    pub fn group(&self, demand: usize) -> u32 {
        self.groups.get(demand).copied().unwrap_or(NONE)
    }

    /// What an option can serve in a year, or [`UNLIMITED`].
    pub fn capacity(&self, option: usize) -> u64 {
        self.capacities.get(option).copied().unwrap_or(UNLIMITED)
    }

    /// The exclusive group of an option, or [`NONE`].
    pub fn exclusive(&self, option: usize) -> u32 {
        self.exclusive.get(option).copied().unwrap_or(NONE)
    }

    /// From whom an option is bought, or [`NONE`].
    pub fn vendor(&self, option: usize) -> u32 {
        self.vendors.get(option).copied().unwrap_or(NONE)
    }

    /// The vendors of whom a plan may not have all; none where their number does not matter.
    pub fn limited_vendors(&self) -> std::ops::Range<u32> {
        let all = self.vendor_names.len() as u32;
        if all > self.most_vendors { 0..all } else { 0..0 }
    }

    /// Whether an option is decided already.
    pub fn fixed(&self, option: usize) -> Fixed {
        self.fixed.get(option).copied().unwrap_or_default()
    }

    /// What an option costs in a year, counted from 0, in cents: when it is opened in it, and in each year that it is open.
    pub fn prices(&self, option: usize, year: usize) -> [u64; 2] {
        let later = year.checked_sub(1).and_then(|year| self.later.get(year)?.get(option));
        later.copied().unwrap_or_else(|| [self.costs[option], self.running.get(option).copied().unwrap_or(0)])
    }

    /// What an option takes from the limit of a year, counted from 0, in which it is opened (`new`) or was before: cents, or
    /// options where these are counted.
    pub fn charge(&self, option: usize, year: usize, new: bool) -> u64 {
        match self.limit {
            Limit::Budget(_) => {
                let [cost, running] = self.prices(option, year);
                running + if new { cost } else { 0 }
            }
            Limit::Count(_) => u64::from(new),
        }
    }

    /// What the floor of this number demands, in weight times quality (10^-12 students), rounded up.
    pub fn floor_needs(&self, floor: &Floor) -> u128 {
        let weights = self.weights.iter().zip(&self.groups);
        let weight: u128 =
            weights.filter(|(_, group)| **group == floor.group).map(|(w, _)| u128::from(*w)).sum();
        weight * u128::from(floor.share)
    }
}
