//! An option with what it is, what it costs and whom it serves.

use super::costs::{CostBook, Price};
use super::demand::Demand;
use super::facts::FactsLine;
use super::files::Desk;
use super::funding::{Fund, share};
use super::place::Point;
use super::quality::{Kind, Policy};
use crate::read::rows::Rows;
use crate::{Fixed, MILLION};
use std::collections::HashSet;
use std::io::Read;

/// An option.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub id: String,
    pub kind: Kind,
    pub name: String,
    pub point: Option<Point>,
    pub lines: Vec<FactsLine>,
    /// Students in millionths that it can serve, where there is a limit.
    pub capacity: Option<u64>,
    /// The part of each row's students that it can serve, in millionths: of those who live there not more take it.
    pub share: u64,
    pub exclusive: String,
    /// From whom it is bought; nothing where nobody is known by name.
    pub vendor: String,
    pub fixed: Fixed,
    /// Whether what is paid once for it has been paid before.
    pub owned: bool,
    /// The part of those whom it reaches that uses it, in millionths.
    pub used: u64,
    /// Students in millionths for whom it is bought; `None` where more of them cost no more.
    pub bought_for: Option<u64>,
    /// Rows of the demand and qualities, both ascending by row.
    pub covers: Vec<(u32, u64)>,
}

impl Choice {
    pub fn new(id: String, kind: Kind, name: String) -> Self {
        Self {
            id,
            kind,
            name,
            point: None,
            lines: Vec::new(),
            capacity: None,
            share: MILLION,
            exclusive: String::new(),
            vendor: String::new(),
            fixed: Fixed::Free,
            owned: false,
            used: MILLION,
            bought_for: None,
            covers: Vec::new(),
        }
    }

    /// What the district pays in a year, counted from 0, in cents: when it is opened in it, and in each year that it is open.
    pub fn cost(&self, year: usize) -> [u64; 2] {
        [true, false].map(|once| {
            let lines = self.lines.iter().filter(|line| line.once == once);
            lines.fold(0u64, |sum, line| sum.saturating_add(line.own(year)))
        })
    }

    /// Students in millionths whom it covers.
    pub fn covered(&self, demand: &Demand) -> u64 {
        self.covers.iter().map(|(row, _)| demand.rows[*row as usize].students).sum()
    }
}

/// What builders work with.
pub(super) struct Shop<'a> {
    pub desk: &'a mut Desk,
    pub demand: &'a Demand,
    pub costs: &'a CostBook,
    pub funds: &'a [Fund],
    pub policy: &'a Policy,
    /// The plan's school years.
    pub years: std::ops::Range<u64>,
    /// Students in a home, in millionths.
    pub home: u64,
    pub choices: Vec<Choice>,
    /// Ids of options so far.
    pub ids: HashSet<String>,
}

impl Shop<'_> {
    /// Adds the option of a row, whose first column is its id.
    pub fn add<R: Read>(&mut self, rows: &Rows<R>, choice: Choice) {
        if !self.ids.insert(choice.id.clone()) {
            rows.problem(0, "an id that no row above has", &mut self.desk.problems);
        }
        self.choices.push(choice);
    }

    /// Adds a line to an option's bill; `of` is the carrier, provider or site that may have its own price.
    pub fn bill(&mut self, choice: &mut Choice, item: &str, of: &str, quantity: u64) {
        let Some((item, price)) = self.costs.price(item, of) else {
            return self.costs.missing(item, choice.kind.word(), self.desk);
        };
        self.bill_price(choice, &item, price, quantity);
    }

    /// Adds a line with a price of its own.
    pub fn bill_price(&mut self, choice: &mut Choice, item: &str, price: &Price, quantity: u64) {
        let cost = self.costs.cost(price, quantity);
        if choice.owned && cost.once {
            return;
        }
        let today = self.costs.today(price);
        let shares: Vec<u64> = self.years.clone().map(|year| share(self.funds, item, year, today)).collect();
        let item = item.to_owned();
        let (unit, source, date) = (price.unit.clone(), price.source.clone(), price.date.clone());
        choice.lines.push(FactsLine {
            item,
            unit,
            quantity,
            once: cost.once,
            cents: cost.cents,
            shares,
            source,
            date,
        });
    }

    /// Adds a line only where the book has a price: what many districts do not pay for.
    pub fn bill_if_priced(&mut self, choice: &mut Choice, item: &str, of: &str, quantity: u64) {
        if self.costs.price(item, of).is_some() {
            self.bill(choice, item, of, quantity);
        }
    }

    /// What a kind counts for when only a part of those whom it reaches uses it; a quality in millionths.
    pub fn quality(&self, kind: Kind, used: u64) -> u64 {
        times(self.policy.of(kind).counts, used)
    }
}

/// The product of two numbers in millionths, rounded down.
pub(super) fn times(a: u64, b: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) / u128::from(MILLION)).unwrap_or(u64::MAX)
}

/// The quotient of two numbers in millionths, rounded down; the second is not 0.
pub(super) fn over(a: u64, b: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(MILLION) / u128::from(b)).unwrap_or(u64::MAX)
}
