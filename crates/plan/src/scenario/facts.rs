//! What an instance's options and demands are, in `facts.json`: written with the folder, read again for reports.

use super::place::Point;
use super::quality::Kind;
use crate::MILLION;
use serde::{Deserialize, Serialize};

/// What this program writes and reads.
pub const FORMAT: &str = "evenfield plan facts 1";

/// The facts of a folder. Money is in cents, in money of the first year; students and shares are in millionths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// [`FORMAT`].
    pub format: String,
    /// The school year that begins in this year is the first.
    pub first_year: u64,
    /// A year, in millionths.
    pub inflation: u64,
    /// Each year's budget, in cents of that year.
    pub budget: Vec<u64>,
    /// The code of the gap's measure that the students are of; nothing where they come from a file of their own.
    #[serde(default)]
    pub measure: String,
    /// Students without access in the whole district as the gap's figures have it, and both ends of that interval.
    #[serde(default)]
    pub whole: Option<[u64; 3]>,
    /// The columns of groups.
    pub columns: Vec<String>,
    /// In the order of `demand.csv`.
    pub demand: Vec<FactsDemand>,
    /// In the order of `options.csv`.
    pub options: Vec<FactsOption>,
}

/// Students of one place behind one barrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsDemand {
    /// As in `demand.csv`.
    pub demand: String,
    /// Both ends of the gap's interval.
    pub low: u64,
    /// The upper end.
    pub high: u64,
    /// The block, tract or other area.
    pub place: String,
    /// Where it lies.
    pub point: Option<Point>,
    /// The Ed-Fi word, or nothing.
    pub barrier: String,
    /// A group of each column.
    pub groups: Vec<String>,
}

impl FactsDemand {
    /// The place, or the demand's own id where it names none.
    pub fn named(&self) -> &str {
        if self.place.is_empty() { &self.demand } else { &self.place }
    }
}

/// An option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsOption {
    /// As in `options.csv`.
    pub option: String,
    /// What it is.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// From whom it is bought: a provider, a carrier, a seller of sites; nothing where nobody is known by name.
    #[serde(default)]
    pub vendor: String,
    /// Where it is.
    pub point: Option<Point>,
    /// What a student with it counts for.
    pub counts: u64,
    /// Whether a student with it is connected at home.
    pub connected: bool,
    /// The part of those whom it reaches that uses it.
    pub used: u64,
    /// Students for whom it is bought; nothing where more of them cost no more.
    pub bought_for: Option<u64>,
    /// The lines of its bill.
    pub lines: Vec<FactsLine>,
}

/// A line of a bill. Earlier files say more, which is not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactsLine {
    /// The item of the cost book.
    pub item: String,
    /// What one of it is.
    pub unit: String,
    /// How many, in millionths.
    pub quantity: u64,
    /// Whether it is paid in the first year of the option alone.
    pub once: bool,
    /// Cents of the first year: what it costs, once or in each year.
    pub cents: u64,
    /// What others pay in each year, in millionths.
    pub shares: Vec<u64>,
    /// Who says the price.
    pub source: String,
    /// When.
    pub date: String,
}

impl FactsLine {
    /// What the district pays of a payment in a year, counted from 0: cents, rounded up.
    pub fn own(&self, year: usize) -> u64 {
        let others = self.shares.get(year).copied().unwrap_or(0).min(MILLION);
        let own = (u128::from(self.cents) * u128::from(MILLION - others)).div_ceil(u128::from(MILLION));
        u64::try_from(own).unwrap_or(u64::MAX)
    }
}
