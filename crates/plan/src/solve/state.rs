//! A plan in the making: what is open, what that leaves of the limits, and what each demand has.

use super::claim::{self, Worth};
use super::floored;
use super::ground::{Cell, Ground, UNIT};
use super::held::Held;
use super::share::Year;
use crate::certificate::{Plan, Serve};
use crate::{Fixed, Instance, NONE};

/// Not opened.
pub(super) const CLOSED: u8 = u8::MAX;

/// Not opened, and not to be opened for now.
pub(super) const SHUT: u8 = u8::MAX - 1;

/// A plan in the making.
pub(super) struct State<'a, 'g> {
    pub ground: &'g Ground<'a>,
    /// The year, counted from 0, in which each option is opened, or [`CLOSED`].
    pub opened: Vec<u8>,
    /// What is left of each year's limit.
    pub left: Vec<u64>,
    /// For each year and demand the quality that it has, and how much more quality counts.
    pub cells: Vec<Vec<Cell>>,
    /// What options with a capacity serve in each year; empty where no option has one.
    held: Vec<Held>,
    /// How much a unit of quality counts for each group in the last year, by floor.
    lifts: Vec<f32>,
    taken: Vec<bool>,
    /// How many options are open of each vendor, where their number matters.
    vendors: Vec<u32>,
}

impl<'a, 'g> State<'a, 'g> {
    /// Nothing is open but what is fixed.
    pub fn new(ground: &'g Ground<'a>, own: f32, floors: &[f64]) -> Self {
        let lifts: Vec<f32> = floors.iter().map(|p| own + *p as f32).collect();
        let mut state = Self {
            ground,
            opened: vec![CLOSED; ground.instance.option_count()],
            left: ground.instance.limit.amounts().to_vec(),
            cells: Vec::new(),
            held: Vec::new(),
            lifts,
            taken: vec![false; ground.instance.exclusive_names.len()],
            vendors: vec![0; ground.instance.limited_vendors().len()],
        };
        for year in 0..ground.years {
            let last = year + 1 == ground.years;
            let cell = |(demand, weight): (usize, &f32)| {
                let floor = if last { ground.floor(demand) } else { None };
                Cell { price: 0.0, weight: weight * floor.map_or(own, |f| state.lifts[f]) }
            };
            state.cells.push(ground.weights.iter().enumerate().map(cell).collect());
            if ground.has_capacity {
                state.held.push(Held::new(ground));
            }
        }
        let fixed: Vec<usize> = ground
            .sites
            .iter()
            .map(|o| *o as usize)
            .filter(|o| ground.instance.fixed(*o) == Fixed::In)
            .collect();
        for option in fixed {
            state.open(option, 0);
        }
        state
    }

    /// What an option would add if it were opened in a year.
    pub fn gain(&self, option: usize, from: usize) -> f64 {
        let add = |year: usize| match self.held.get(year) {
            Some(held) => held.adds(self.ground, option, &self.cells[year]),
            None => self.ground.adds(option, &self.cells[year]),
        };
        (from..self.ground.years).map(add).sum()
    }

    /// What the plan is worth, nearly: options with a capacity do not change places.
    pub fn worth(&self) -> f64 {
        let year = |(year, cells): (usize, &Vec<Cell>)| match self.held.get(year) {
            Some(held) => held.worth(cells),
            None => {
                let all = cells.iter().zip(&self.ground.weights);
                all.map(|(cell, weight)| f64::from(cell.price * weight)).sum::<f64>()
            }
        };
        self.cells.iter().enumerate().map(year).sum()
    }

    /// Whether an option can be opened in a year within what is left.
    pub fn fits(&self, option: usize, from: usize) -> bool {
        let instance = self.ground.instance;
        let group = instance.exclusive(option);
        self.opened[option] == CLOSED
            && (group == NONE || !self.taken[group as usize])
            && self.is_vendor_open(instance.vendor(option))
            && (from..self.ground.years)
                .all(|year| instance.charge(option, year, year == from) <= self.left[year])
    }

    /// Whether something more may be bought from a vendor.
    fn is_vendor_open(&self, vendor: u32) -> bool {
        let Some(0) = self.vendors.get(vendor as usize) else { return true };
        let used = self.vendors.iter().filter(|options| **options > 0).count();
        used < self.ground.instance.most_vendors as usize
    }

    /// Opens an option.
    pub fn open(&mut self, option: usize, from: usize) {
        let (ground, instance) = (self.ground, self.ground.instance);
        self.opened[option] = from as u8;
        if let Some(taken) = self.taken.get_mut(instance.exclusive(option) as usize) {
            *taken = true;
        }
        if let Some(options) = self.vendors.get_mut(instance.vendor(option) as usize) {
            *options += 1;
        }
        for year in from..ground.years {
            self.left[year] = self.left[year].saturating_sub(instance.charge(option, year, year == from));
            if let Some(held) = self.held.get_mut(year) {
                held.open(ground, option, &mut self.cells[year]);
                continue;
            }
            for (demand, quality) in instance.covers(option) {
                let price = &mut self.cells[year][demand].price;
                *price = price.max((f64::from(quality) * UNIT) as f32);
            }
        }
    }
}

/// What is bought, and whom options with a capacity serve: the best that there is, and of that what meets the floors.
pub(super) fn serve(instance: &Instance, opened: &[u8]) -> Plan {
    let bought = opened.iter().enumerate().filter(|(_, year)| **year != CLOSED);
    let buy = bought.map(|(option, year)| (option as u32, u16::from(*year) + 1)).collect();
    let mut plan = Plan { buy, serve: Vec::new() };
    if instance.capacities.is_empty() {
        return plan;
    }
    for at in 0..instance.years() {
        let year = Year::new(instance, opened, at);
        let floors = at + 1 == instance.years() && !instance.floors.is_empty();
        let amounts = if floors { floored::share(instance, &year).amounts } else { year.share(&[]).amounts };
        let served = year.served(&amounts);
        plan.serve.extend(served.map(|(option, parts)| Serve { option, year: at as u16 + 1, parts }));
    }
    plan
}

/// What a plan is worth with that service.
pub(super) fn worth(instance: &Instance, opened: &[u8]) -> Worth {
    claim::worth(instance, &serve(instance, opened))
}
