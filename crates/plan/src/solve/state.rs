//! A plan in the making: what is open, what that leaves of the limits, and what each demand has.

use super::claim::{self, Worth};
use super::ground::{Cell, Ground, UNIT};
use super::held::Held;
use super::reassign::Year;
use crate::certificate::{Plan, Serve};
use crate::{Fixed, Instance, MILLION, NONE, UNLIMITED};

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
            && (from..self.ground.years).all(|year| instance.charge(option, year == from) <= self.left[year])
    }

    /// Opens an option.
    pub fn open(&mut self, option: usize, from: usize) {
        let (ground, instance) = (self.ground, self.ground.instance);
        self.opened[option] = from as u8;
        if let Some(taken) = self.taken.get_mut(instance.exclusive(option) as usize) {
            *taken = true;
        }
        for year in from..ground.years {
            self.left[year] = self.left[year].saturating_sub(instance.charge(option, year == from));
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

/// What is served whom, exactly: options without a capacity serve what they cover, those with one what they raise most, and then what
/// others leave when they change places. Where that misses a floor, the groups with floors come first, up to what these demand.
pub(super) fn serve(instance: &Instance, opened: &[u8]) -> Plan {
    let plan = serve_by(instance, opened, false);
    if instance.floors.is_empty() || instance.capacities.is_empty() {
        return plan;
    }
    let worth = claim::worth(instance, &plan);
    if worth.floors >= MILLION as i128 {
        return plan;
    }
    let floors_first = serve_by(instance, opened, true);
    if claim::worth(instance, &floors_first).beats(worth) { floors_first } else { plan }
}

/// What a plan is worth with that service.
pub(super) fn worth(instance: &Instance, opened: &[u8]) -> Worth {
    claim::worth(instance, &serve(instance, opened))
}

/// What the groups with floors have without capacities in the last year, and what floors demand, by group: weight times quality.
fn lacks(instance: &Instance, best: &[u32]) -> Vec<i128> {
    let mut lacks = vec![0i128; instance.group_names.len()];
    for floor in &instance.floors {
        lacks[floor.group as usize] = instance.floor_needs(floor) as i128;
    }
    for (demand, quality) in best.iter().enumerate() {
        if let Some(lacks) = lacks.get_mut(instance.group(demand) as usize) {
            *lacks -= i128::from(instance.weights[demand]) * i128::from(*quality);
        }
    }
    lacks
}

fn serve_by(instance: &Instance, opened: &[u8], floors_first: bool) -> Plan {
    let mut plan = Plan::default();
    for (option, year) in opened.iter().enumerate().filter(|(_, year)| **year != CLOSED) {
        plan.buy.push((option as u32, u16::from(*year) + 1));
    }
    if instance.capacities.is_empty() {
        return plan;
    }
    for year in 0..instance.years() {
        let open = (0..opened.len()).filter(|o| usize::from(opened[*o]) <= year && opened[*o] != CLOSED);
        let (limited, free): (Vec<usize>, Vec<usize>) =
            open.partition(|o| instance.capacity(*o) != UNLIMITED);
        let mut best = vec![0u32; instance.weights.len()];
        for option in free {
            instance.covers(option).for_each(|(demand, quality)| best[demand] = quality.max(best[demand]));
        }
        let mut raises: Vec<(u32, u32, u32)> = Vec::new();
        for option in limited.iter().copied() {
            let raised = instance.covers(option).filter(|(demand, quality)| *quality > best[*demand]);
            raises.extend(
                raised.map(|(demand, quality)| (quality - best[demand], option as u32, demand as u32)),
            );
        }
        raises.sort_unstable_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut rest = instance.weights.clone();
        let mut room: Vec<u64> = instance.capacities.clone();
        let mut served: Vec<(u32, u32, u64)> = Vec::new();
        let floors_first = floors_first && year + 1 == instance.years();
        if floors_first {
            let mut lacks = lacks(instance, &best);
            for (raise, option, demand) in &raises {
                let (option, demand) = (*option as usize, *demand as usize);
                let Some(lacks) = lacks.get_mut(instance.group(demand) as usize) else { continue };
                let wanted = (*lacks).max(0).unsigned_abs().div_ceil(u128::from(*raise));
                let most = rest[demand].min(room[option]);
                let amount = u64::try_from(wanted).unwrap_or(u64::MAX).min(most);
                *lacks -= i128::from(amount) * i128::from(*raise);
                rest[demand] -= amount;
                room[option] -= amount;
                served.extend((amount > 0).then_some((option as u32, demand as u32, amount)));
            }
        }
        for (_, option, demand) in raises {
            let amount = rest[demand as usize].min(room[option as usize]);
            if amount > 0 {
                rest[demand as usize] -= amount;
                room[option as usize] -= amount;
                served.push((option, demand, amount));
            }
        }
        if !floors_first {
            let open = limited.into_iter().map(|o| o as u32).collect();
            Year { instance, open, best: &best, rest: &mut rest, room: &mut room }.reassign(&mut served);
        }
        served.sort_unstable();
        served.dedup_by(|b, a| {
            let same = (a.0, a.1) == (b.0, b.1);
            a.2 += if same { b.2 } else { 0 };
            same
        });
        for run in served.chunk_by(|a, b| a.0 == b.0) {
            let parts = run.iter().map(|(_, demand, amount)| (*demand, *amount)).collect();
            plan.serve.push(Serve { option: run[0].0, year: year as u16 + 1, parts });
        }
    }
    plan
}
