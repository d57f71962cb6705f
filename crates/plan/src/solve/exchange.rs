//! Local search by exchange (after Resende and Werneck, European Journal of Operational Research 174, 2006): opens an option that pays, or
//! opens one and closes another. From a plan in which no exchange pays it goes on by closing some at random and filling up again.
//! For instances of one year without capacities.

use super::desk::Desk;
use super::ground::{Cell, Ground, UNIT};
use super::state::CLOSED;
use crate::{Fixed, NONE};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Covers beyond which this search is not worth its time.
pub(super) const MOST_COVERS: usize = 20_000_000;

/// An option and the quality that it gives a demand.
#[derive(Clone, Copy, Debug)]
struct Server {
    quality: f32,
    option: u32,
}

const NOBODY: Server = Server { quality: 0.0, option: NONE };

/// A plan, with the two best servers of each demand.
#[derive(Clone)]
struct Plan {
    open: Vec<bool>,
    /// The best server's quality stands in the cell.
    cells: Vec<Cell>,
    best: Vec<u32>,
    second: Vec<Server>,
    spent: u64,
    taken: Vec<u32>,
    worth: f64,
}

/// The search.
pub(super) struct Exchange<'a, 'g> {
    ground: &'g Ground<'a>,
    /// Options that may be bought.
    all: Vec<u32>,
    /// For each demand, which options cover it.
    starts: Vec<u32>,
    servers: Vec<Server>,
    now: Plan,
    rng: ChaCha8Rng,
    /// What closing each option would cost when another one is opened at the same time.
    kept: Vec<f64>,
    touched: Vec<u32>,
}

impl<'a, 'g> Exchange<'a, 'g> {
    pub fn new(ground: &'g Ground<'a>, lifts: &[f64], seed: u64) -> Self {
        let instance = ground.instance;
        let mut starts = vec![0u32; ground.weights.len() + 1];
        for demand in &instance.covered {
            starts[*demand as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut servers = vec![NOBODY; instance.covered.len()];
        for option in 0..instance.option_count() {
            for (demand, quality) in instance.covers(option) {
                servers[next[demand] as usize] =
                    Server { quality: (f64::from(quality) * UNIT) as f32, option: option as u32 };
                next[demand] += 1;
            }
        }
        let mut all: Vec<u32> = ground.sites.iter().chain(&ground.single).copied().collect();
        all.sort_unstable();
        let cells = ground.weights.iter().enumerate().map(|(demand, weight)| Cell {
            price: 0.0,
            weight: weight * (1.0 + ground.floor(demand).map_or(0.0, |f| lifts[f]) as f32),
        });
        let now = Plan {
            open: vec![false; instance.option_count()],
            cells: cells.collect(),
            best: vec![NONE; ground.weights.len()],
            second: vec![NOBODY; ground.weights.len()],
            spent: 0,
            taken: vec![NONE; instance.exclusive_names.len()],
            worth: 0.0,
        };
        let kept = vec![0.0; instance.option_count()];
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { ground, all, starts, servers, now, rng, kept, touched: Vec::new() }
    }

    /// Starts from a plan.
    pub fn start(&mut self, opened: &[u8]) {
        for (option, from) in opened.iter().enumerate() {
            if self.now.open[option] && *from == CLOSED {
                self.close(option);
            }
        }
        for (option, _) in opened.iter().enumerate().filter(|(_, from)| **from != CLOSED) {
            if !self.now.open[option] {
                self.open(option);
            }
        }
    }

    /// The plan now.
    pub fn opened(&self) -> Vec<u8> {
        self.now.open.iter().map(|open| if *open { 0 } else { CLOSED }).collect()
    }

    fn open(&mut self, option: usize) {
        let plan = &mut self.now;
        let instance = self.ground.instance;
        plan.open[option] = true;
        plan.spent += instance.charge(option, 0, true);
        if let Some(taken) = plan.taken.get_mut(instance.exclusive(option) as usize) {
            *taken = option as u32;
        }
        for (demand, quality) in instance.covers(option) {
            let quality = (f64::from(quality) * UNIT) as f32;
            let cell = &mut plan.cells[demand];
            if quality > cell.price {
                plan.worth += f64::from(cell.weight) * f64::from(quality - cell.price);
                plan.second[demand] = Server { quality: cell.price, option: plan.best[demand] };
                cell.price = quality;
                plan.best[demand] = option as u32;
            } else if quality > plan.second[demand].quality {
                plan.second[demand] = Server { quality, option: option as u32 };
            }
        }
    }

    fn close(&mut self, option: usize) {
        let instance = self.ground.instance;
        self.now.open[option] = false;
        self.now.spent -= instance.charge(option, 0, true);
        if let Some(taken) = self.now.taken.get_mut(instance.exclusive(option) as usize) {
            *taken = NONE;
        }
        for (demand, _) in instance.covers(option) {
            let plan = &mut self.now;
            let was_best = plan.best[demand] == option as u32;
            if !was_best && plan.second[demand].option != option as u32 {
                continue;
            }
            let cell = &mut plan.cells[demand];
            if was_best {
                let second = plan.second[demand];
                plan.worth -= f64::from(cell.weight) * f64::from(cell.price - second.quality);
                cell.price = second.quality;
                plan.best[demand] = second.option;
            }
            let best = plan.best[demand];
            let range = self.starts[demand] as usize..self.starts[demand + 1] as usize;
            let mut second = NOBODY;
            for server in &self.servers[range] {
                if plan.open[server.option as usize]
                    && server.option != best
                    && server.quality > second.quality
                {
                    second = *server;
                }
            }
            plan.second[demand] = second;
        }
    }

    /// What closing an option would cost.
    fn loss(&self, option: usize) -> f64 {
        let mut loss = 0.0;
        for (demand, _) in self.ground.instance.covers(option) {
            if self.now.best[demand] == option as u32 {
                let cell = self.now.cells[demand];
                loss += f64::from(cell.weight * (cell.price - self.now.second[demand].quality));
            }
        }
        loss
    }

    fn losses(&self) -> Vec<(u32, f64)> {
        let open = |option: &&u32| {
            self.now.open[**option as usize] && self.ground.instance.fixed(**option as usize) == Fixed::Free
        };
        self.all.iter().filter(open).map(|option| (*option, self.loss(*option as usize))).collect()
    }

    /// Whether an option can be opened when another one (or none) is closed.
    fn fits(&self, option: usize, closing: u32) -> bool {
        let instance = self.ground.instance;
        let freed = if closing == NONE { 0 } else { instance.charge(closing as usize, 0, true) };
        let taken = self.now.taken.get(instance.exclusive(option) as usize).copied().unwrap_or(NONE);
        (taken == NONE || taken == closing)
            && self.now.spent + instance.charge(option, 0, true) <= instance.limit.amounts()[0] + freed
    }

    /// Opens what pays for itself and exchanges what pays, until nothing does. Says no when there was no time for all of it.
    fn descend(&mut self, desk: &mut Desk<'_, '_, '_>) -> bool {
        let mut losses = self.losses();
        // Options in a row for which nothing paid: after all of them none does.
        let mut still = 0;
        for at in (0..self.all.len()).cycle() {
            if still == self.all.len() {
                break;
            }
            still += 1;
            let option = self.all[at] as usize;
            if self.now.open[option] {
                continue;
            }
            if at % 64 == 0 && !desk.go_on() {
                return false;
            }
            let Some(closing) = self.exchange_for(option, &losses) else { continue };
            if closing != NONE {
                self.close(closing as usize);
            }
            self.open(option);
            losses = self.losses();
            still = 0;
        }
        true
    }

    /// What to close so that opening an option pays most; [`NONE`] for nothing at all.
    fn exchange_for(&mut self, option: usize, losses: &[(u32, f64)]) -> Option<u32> {
        let mut gain = 0.0;
        for (demand, quality) in self.ground.instance.covers(option) {
            let quality = (f64::from(quality) * UNIT) as f32;
            let cell = self.now.cells[demand];
            if quality > cell.price {
                gain += f64::from(cell.weight * (quality - cell.price));
            }
            let second = self.now.second[demand].quality;
            let best = self.now.best[demand];
            if best != NONE && quality > second {
                if self.kept[best as usize] == 0.0 {
                    self.touched.push(best);
                }
                self.kept[best as usize] += f64::from(cell.weight * (quality.min(cell.price) - second));
            }
        }
        let little = self.now.worth * 1e-9;
        let mut found: Option<(f64, u32)> = None;
        if gain > little && self.fits(option, NONE) {
            found = Some((gain, NONE));
        }
        for (closing, loss) in losses {
            let pays = gain - loss + self.kept[*closing as usize];
            if pays > found.map_or(little, |f| f.0) && self.fits(option, *closing) {
                found = Some((pays, *closing));
            }
        }
        self.touched.drain(..).for_each(|option| self.kept[option as usize] = 0.0);
        found.map(|f| f.1)
    }

    /// Opens what adds most for its charge until nothing fits.
    fn fill(&mut self) {
        let ground = self.ground;
        let mut ratios: Vec<(f64, u32)> = Vec::new();
        loop {
            ratios.clear();
            for option in &self.all {
                let at = *option as usize;
                if self.now.open[at] || !self.fits(at, NONE) {
                    continue;
                }
                let gain = ground.adds(at, &self.now.cells);
                if gain > 0.0 {
                    ratios.push((gain / (ground.instance.charge(at, 0, true) as f64).max(1e-6), *option));
                }
            }
            let best = ratios.iter().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((_, option)) = best else { return };
            self.open(*option as usize);
        }
    }

    /// Descends, then closes a few at random and descends again, so many times as long as it may.
    pub fn search(&mut self, rounds: usize, desk: &mut Desk<'_, '_, '_>) {
        let ended = !self.descend(desk);
        desk.offer(&self.opened());
        if ended {
            return;
        }
        let mut best = self.now.clone();
        for _ in 0..rounds {
            self.shake();
            self.fill();
            let ended = !self.descend(desk);
            if self.now.worth > best.worth * (1.0 + 1e-9) {
                best = self.now.clone();
                desk.offer(&self.opened());
            } else if self.now.worth < best.worth * (1.0 - 1e-9) {
                self.now = best.clone();
            }
            if ended || !desk.go_on() {
                return;
            }
        }
    }

    /// Closes a few options that cost little to close; every other time it first opens one at random, however much must be closed for it.
    fn shake(&mut self) {
        let losses = self.losses();
        if losses.is_empty() {
            return;
        }
        if self.rng.random_bool(0.5) {
            return self.force(losses);
        }
        let count = self.rng.random_range(2..=6usize.min(losses.len().max(2)));
        for _ in 0..count {
            // Of three at random the one that costs least to close for what it takes.
            let mut pick: Option<(f64, u32)> = None;
            for _ in 0..3 {
                let (option, loss) = losses[self.rng.random_range(0..losses.len())];
                let ratio = loss / self.charge(option);
                if self.now.open[option as usize] && pick.is_none_or(|p| ratio < p.0) {
                    pick = Some((ratio, option));
                }
            }
            if let Some((_, option)) = pick {
                self.close(option as usize);
            }
        }
    }

    fn charge(&self, option: u32) -> f64 {
        (self.ground.instance.charge(option as usize, 0, true) as f64).max(1e-6)
    }

    /// Opens an option, the best for its charge of a few at random, and closes for it what costs least to close.
    fn force(&mut self, mut losses: Vec<(u32, f64)>) {
        let mut pick: Option<(f64, u32)> = None;
        for _ in 0..4 {
            let option = self.all[self.rng.random_range(0..self.all.len())];
            let at = option as usize;
            let closed = !self.now.open[at] && self.ground.instance.fixed(at) == Fixed::Free;
            if !closed || self.ground.instance.charge(at, 0, true) > self.ground.instance.limit.amounts()[0] {
                continue;
            }
            let gain = self.ground.adds(at, &self.now.cells);
            let ratio = gain / self.charge(option);
            if pick.is_none_or(|p| ratio > p.0) {
                pick = Some((ratio, option));
            }
        }
        let Some((_, option)) = pick else { return };
        let option = option as usize;
        let taken =
            self.now.taken.get(self.ground.instance.exclusive(option) as usize).copied().unwrap_or(NONE);
        if taken != NONE {
            if self.ground.instance.fixed(taken as usize) != Fixed::Free {
                return;
            }
            self.close(taken as usize);
        }
        // What the new one serves the old ones need not: their losses are those that are left once it is open.
        self.open(option);
        losses.retain(|(other, _)| self.now.open[*other as usize]);
        for (other, loss) in &mut losses {
            *loss = self.loss(*other as usize) / self.charge(*other);
        }
        losses.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        for (other, _) in losses {
            if self.now.spent <= self.ground.instance.limit.amounts()[0] {
                break;
            }
            self.close(other as usize);
        }
        // What must stay may leave it no room.
        if self.now.spent > self.ground.instance.limit.amounts()[0] {
            self.close(option);
        }
    }
}
