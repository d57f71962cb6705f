//! Prices for what is scarce, and the bound that they prove: Lagrangian duality, by the volume algorithm (Barahona and Anbil,
//! Mathematical Programming 87, 2000), which steps along an average of subgradients. Nothing in it is random, and sums are taken in one
//! order whatever the number of threads.

use super::allowed::{self, Allowed, NEVER};
use super::ground::{Cell, Ground, Part, UNIT};
use super::lanes;
use super::state::CLOSED;
use crate::certificate::Question;
use crate::{NONE, UNLIMITED};
use rayon::prelude::*;

/// Demands that are worth another thread.
const PIECE: usize = 8192;

/// Prices: of a unit of each year's limit (students), of each floor, of serving one student of each demand in each year.
#[derive(Clone, Debug, Default)]
pub(super) struct Prices {
    pub limit: Vec<f64>,
    pub floors: Vec<f64>,
    pub service: Vec<Vec<f32>>,
}

/// What is asked of options at some prices.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    value: f64,
    /// How often each demand is served in each year.
    served: Vec<Vec<f32>>,
    /// What each year's limit is used for.
    spent: Vec<f64>,
    /// What each floor gets.
    floors: Vec<f64>,
    /// Whether each site is opened in each year, by its place in the list of sites.
    open: Vec<f32>,
}

/// The search for good prices, which can go on at any time.
#[derive(Clone)]
pub(super) struct Dual<'a, 'g> {
    ground: &'g Ground<'a>,
    question: Question,
    /// When each site may be opened, by its place in the list of sites.
    allowed: Vec<Allowed>,
    pub best: Prices,
    pub value: f64,
    /// The average answer: what the relaxation would do.
    mean: Answer,
    step: f64,
    reds: u32,
    cells: Vec<Vec<Cell>>,
    /// What each site adds when it is opened in each year: a run of years for each.
    adds: Vec<f64>,
    /// The same at the best prices.
    best_adds: Vec<f64>,
    /// The year in which each site is opened, or [`CLOSED`].
    chosen: Vec<u8>,
}

impl<'a, 'g> Dual<'a, 'g> {
    pub fn new(ground: &'g Ground<'a>, question: Question, allowed: Vec<Allowed>, prices: Prices) -> Self {
        let places = ground.sites.len();
        let mut dual = Self {
            ground,
            question,
            allowed,
            best: prices,
            value: f64::INFINITY,
            mean: Answer::default(),
            step: 0.2,
            reds: 0,
            cells: vec![vec![Cell::default(); ground.weights.len()]; ground.years],
            adds: vec![0.0; places * ground.years],
            best_adds: vec![0.0; places * ground.years],
            chosen: vec![CLOSED; places],
        };
        dual.restart();
        dual
    }

    /// Begins again at the best prices, after what is decided has changed.
    fn restart(&mut self) {
        let mut prices = std::mem::take(&mut self.best);
        if self.question == Question::Floors {
            self.normalise(&mut prices);
        }
        self.lift_singles(&mut prices);
        self.mean = self.answer(&prices);
        self.value = self.mean.value;
        self.best = prices;
        self.best_adds.copy_from_slice(&self.adds);
    }

    /// What the relaxation would do.
    pub fn mean(&self) -> &Answer {
        &self.mean
    }

    /// Begins anew where sites may be opened in these years alone, from these prices and what the relaxation did before, if that is known.
    pub fn decide(&mut self, allowed: &[Allowed], prices: &Prices, mean: Option<&Answer>) {
        self.allowed.copy_from_slice(allowed);
        self.best = prices.clone();
        self.step = 0.1;
        self.reds = 0;
        self.restart();
        if let Some(mean) = mean {
            let answer = std::mem::replace(&mut self.mean, mean.clone());
            self.average(&answer);
        }
    }

    /// How much of a site the relaxation would open in all years together, by its place in the list of sites.
    pub fn share(&self, site: usize) -> f32 {
        self.mean.open[site * self.ground.years..(site + 1) * self.ground.years].iter().sum()
    }

    /// How much of each site the relaxation would open in each year: a run of years for each place in the list of sites.
    pub fn open(&self) -> &[f32] {
        &self.mean.open
    }

    /// What a site adds at the best prices when it is opened in each year, by its place in the list of sites.
    pub fn adds(&self, site: usize) -> &[f64] {
        &self.best_adds[site * self.ground.years..(site + 1) * self.ground.years]
    }

    fn own(&self) -> f64 {
        if self.question == Question::Objective { 1.0 } else { 0.0 }
    }

    /// How much a unit of quality for a demand counts in a year.
    fn lift(&self, prices: &Prices, year: usize, demand: usize) -> f32 {
        let floor = if year + 1 == self.ground.years { self.ground.floor(demand) } else { None };
        (self.own() + floor.map_or(0.0, |f| prices.floors[f])) as f32
    }

    /// No demand is priced below what it would bring by an option of its own: then such options add nothing above the prices.
    fn lift_singles(&self, prices: &mut Prices) {
        let instance = self.ground.instance;
        for option in self.ground.single.iter().map(|o| *o as usize) {
            let (demand, quality) = instance.covers(option).next().unwrap_or_default();
            let weight = f64::from(self.ground.weights[demand]);
            if weight <= 0.0 {
                continue;
            }
            let value = quality as f64 * UNIT * f64::from(self.lift(prices, 0, demand));
            let net = (value - prices.limit[0] * instance.charge(option, 0, true) as f64 / weight) as f32;
            let price = &mut prices.service[0][demand];
            *price = price.max(net);
        }
    }

    fn fill_cells(&mut self, prices: &Prices) {
        let mut cells = std::mem::take(&mut self.cells);
        for (year, cells) in cells.iter_mut().enumerate() {
            let floors = year + 1 == self.ground.years && !self.ground.needs.is_empty();
            let own = self.own() as f32;
            cells.par_iter_mut().with_min_len(PIECE).enumerate().for_each(|(demand, cell)| {
                let lift = if floors { self.lift(prices, year, demand) } else { own };
                let price = prices.service[year][demand];
                *cell = if lift > 0.0 {
                    Cell { price: price / lift, weight: self.ground.weights[demand] * lift }
                } else {
                    Cell { price: f32::INFINITY, weight: 0.0 }
                };
            });
        }
        self.cells = cells;
    }

    /// What a site adds when it is opened in each year.
    fn add(&self, option: usize, prices: &Prices, parts: &mut Vec<Part>, adds: &mut [f64]) {
        let ground = self.ground;
        let mut later = 0.0;
        for year in (0..ground.years).rev() {
            let sum = ground.adds_within(option, &self.cells[year], parts);
            let charge = |new| prices.limit[year] * ground.instance.charge(option, year, new) as f64;
            adds[year] = later + sum - charge(true);
            later += sum - charge(false);
        }
    }

    /// Chooses what to open: what must be, and what adds something; of an exclusive group the best.
    fn choose(&mut self, prices: &Prices) -> f64 {
        let (ground, years) = (self.ground, self.ground.years);
        let mut adds = std::mem::take(&mut self.adds);
        let sites = adds.par_chunks_mut(years).zip(&ground.sites).zip(&self.allowed).with_min_len(64);
        sites.for_each_init(Vec::new, |parts, ((adds, option), allowed)| {
            // Nobody asks what an option adds that is never bought.
            if *allowed != NEVER {
                self.add(*option as usize, prices, parts, adds);
            }
        });
        self.adds = adds;
        let instance = ground.instance;
        // Of each exclusive group: whether its best must be bought, what that adds, and its place.
        let mut groups: Vec<(bool, f64, usize)> =
            vec![(false, 0.0, usize::MAX); instance.exclusive_names.len()];
        let mut sum = 0.0;
        for (at, option) in ground.sites.iter().enumerate() {
            let (allowed, adds) = (self.allowed[at], &self.adds[at * years..(at + 1) * years]);
            let must = allowed & NEVER == 0;
            let best = allowed::years(allowed).max_by(|a, b| adds[*a].total_cmp(&adds[*b]));
            self.chosen[at] = CLOSED;
            let Some(from) = best.filter(|from| must || adds[*from] > 0.0) else { continue };
            let (group, adds) = (instance.exclusive(*option as usize), adds[from]);
            if group == NONE {
                sum += adds;
                self.chosen[at] = from as u8;
                continue;
            }
            let (had_to, most, place) = groups[group as usize];
            if (must, adds) > (had_to, most) {
                groups[group as usize] = (must, adds, at);
                self.chosen[at] = from as u8;
                if place != usize::MAX {
                    self.chosen[place] = CLOSED;
                }
            }
        }
        sum + groups.iter().filter(|g| g.2 != usize::MAX).map(|g| g.1).sum::<f64>()
    }

    fn answer(&mut self, prices: &Prices) -> Answer {
        self.fill_cells(prices);
        let mut value = self.choose(prices);
        let ground = self.ground;
        let (instance, years) = (ground.instance, ground.years);
        let mut answer = Answer {
            value: 0.0,
            served: vec![vec![0.0; ground.weights.len()]; years],
            spent: vec![0.0; years],
            floors: vec![0.0; ground.needs.len()],
            open: vec![0.0; ground.sites.len() * years],
        };
        let mut parts = Vec::new();
        for (at, option) in ground.sites.iter().enumerate().filter(|(at, _)| self.chosen[*at] != CLOSED) {
            let (option, from) = (*option as usize, usize::from(self.chosen[at]));
            answer.open[at * years + from] = 1.0;
            for year in from..years {
                answer.spent[year] += instance.charge(option, year, year == from) as f64;
                let floors = year + 1 == years && !ground.needs.is_empty();
                let serve = |answer: &mut Answer, demand: usize, quality: u32, amount: f32| {
                    answer.served[year][demand] += amount / ground.weights[demand];
                    if floors && let Some(floor) = ground.floor(demand) {
                        answer.floors[floor] += f64::from(amount) * f64::from(quality) * UNIT;
                    }
                };
                if instance.capacity(option) == UNLIMITED {
                    // All that it adds to is served whole: no need for parts, and none to branch, which is dear where half of them are.
                    let served = &mut answer.served[year];
                    let floor = floors.then_some(&mut answer.floors);
                    whole(ground, option, &self.cells[year], served, floor);
                } else {
                    ground.parts(option, &self.cells[year], &mut parts);
                    parts
                        .iter()
                        .for_each(|part| serve(&mut answer, part.demand as usize, part.quality, part.amount));
                }
            }
        }
        self.answer_singles(prices, &mut answer);
        for (year, prices_of_year) in prices.service.iter().enumerate() {
            value += prices.limit[year] * ground.limits[year];
            let worth = |weight: f32, price: f32, _| f64::from(weight) * f64::from(price);
            value += lanes::sum(&ground.weights, prices_of_year, prices_of_year, worth);
        }
        if self.question == Question::Objective {
            value -= prices.floors.iter().zip(&ground.needs).map(|(p, n)| p * n).sum::<f64>();
        }
        answer.value = value;
        answer
    }

    /// An option of one demand that is just worth its price serves what is left of the demand.
    fn answer_singles(&self, prices: &Prices, answer: &mut Answer) {
        let instance = self.ground.instance;
        for option in self.ground.single.iter().map(|o| *o as usize) {
            let (demand, quality) = instance.covers(option).next().unwrap_or_default();
            let weight = f64::from(self.ground.weights[demand]);
            let left = 1.0 - answer.served[0][demand];
            if left <= 0.0 || weight <= 0.0 {
                continue;
            }
            let charge = instance.charge(option, 0, true) as f64;
            let value = quality as f64 * UNIT * f64::from(self.lift(prices, 0, demand));
            let net = value - prices.limit[0] * charge / weight;
            if net < 0.0 || (net as f32) < prices.service[0][demand] {
                continue;
            }
            answer.served[0][demand] += left;
            answer.spent[0] += charge * f64::from(left);
            if let Some(floor) = self.ground.floor(demand) {
                answer.floors[floor] += weight * f64::from(left) * quality as f64 * UNIT;
            }
        }
    }

    /// One step; `target` is what a plan is known to be worth. Says whether the bound fell.
    pub fn step(&mut self, target: f64) -> bool {
        let ground = self.ground;
        let norm = self.norm();
        if norm <= 0.0 {
            return false;
        }
        let length = self.step * (self.value - target).max(self.value.abs() * 1e-6) / norm;
        let mut prices = self.best.clone();
        for (year, prices) in prices.service.iter_mut().enumerate() {
            let served = &self.mean.served[year];
            prices.par_iter_mut().with_min_len(PIECE).zip(served).for_each(|(price, served)| {
                *price = (*price - length as f32 * (1.0 - served)).max(0.0);
            });
        }
        for year in 0..ground.years {
            let limit = ground.limits[year].max(1.0);
            let scale = self.scale(year);
            prices.limit[year] = (prices.limit[year]
                - length * scale * (1.0 - self.mean.spent[year] / limit))
                .clamp(0.0, self.ground.dearest);
        }
        for (floor, needs) in ground.needs.iter().enumerate().filter(|(_, needs)| **needs > 0.0) {
            let over = self.mean.floors[floor] / needs - self.wanted();
            prices.floors[floor] = (prices.floors[floor] - length * over).clamp(0.0, 1000.0);
        }
        if self.question == Question::Floors {
            self.normalise(&mut prices);
        }
        self.lift_singles(&mut prices);
        let answer = self.answer(&prices);
        let fell = answer.value < self.value;
        self.average(&answer);
        if fell {
            self.value = answer.value;
            self.best = prices;
            self.best_adds.copy_from_slice(&self.adds);
            self.step = (self.step * 1.15).min(2.0);
            self.reds = 0;
        } else {
            self.reds += 1;
            if self.reds >= 4 {
                self.reds = 0;
                self.step = (self.step * 0.6).max(1e-4);
            }
        }
        fell
    }

    /// What part of each floor the prices of floors pull towards: the whole, or where only floors count the same part for all.
    fn wanted(&self) -> f64 {
        match self.question {
            Question::Objective => 1.0,
            Question::Floors => self.mean.floors.iter().sum::<f64>() / self.ground.needs.iter().sum::<f64>(),
        }
    }

    /// Where only floors count, the bound is a ratio: prices are held to those at which the floors together cost what they demand.
    fn normalise(&self, prices: &mut Prices) {
        let cost: f64 = prices.floors.iter().zip(&self.ground.needs).map(|(p, n)| p * n).sum();
        if cost <= 0.0 {
            return prices.floors.fill(1.0);
        }
        let by = self.ground.needs.iter().sum::<f64>() / cost;
        prices.floors.iter_mut().chain(&mut prices.limit).for_each(|p| *p *= by);
        prices.service.iter_mut().flatten().for_each(|p| *p *= by as f32);
    }

    /// How much the price of a year's limit is moved by a whole limit too much.
    fn scale(&self, year: usize) -> f64 {
        let all = self.value.abs().max(1e-9) / self.ground.years as f64;
        // Where much is bought by options of one demand, a little in the price turns all of them.
        let caution = if self.ground.single.is_empty() { 1.0 } else { 0.03 };
        caution * self.best.limit[year].max(0.05 * all / self.ground.limits[year].max(1.0))
    }

    fn norm(&self) -> f64 {
        let ground = self.ground;
        let mut norm = 0.0;
        for (year, served) in self.mean.served.iter().enumerate() {
            let prices = &self.best.service[year];
            norm += lanes::sum(&ground.weights, served, prices, |weight, served, price| {
                let slack = 1.0 - served;
                let counts = f32::from(u8::from((slack < 0.0) | (price > 0.0)));
                f64::from(weight * slack * slack * counts)
            });
            let over = 1.0 - self.mean.spent[year] / ground.limits[year].max(1.0);
            if over < 0.0 || self.best.limit[year] > 0.0 {
                norm += self.scale(year) * ground.limits[year] * over * over;
            }
        }
        for (floor, needs) in ground.needs.iter().enumerate().filter(|(_, needs)| **needs > 0.0) {
            let over = self.mean.floors[floor] / needs - self.wanted();
            if over < 0.0 || self.best.floors[floor] > 0.0 {
                norm += needs * over * over;
            }
        }
        norm
    }

    /// Moves the average towards a new answer, so far as makes the average's slack least, within a tenth and the whole of a most.
    fn average(&mut self, answer: &Answer) {
        const MOST: f64 = 0.5;
        let by = self.least_slack(answer).clamp(MOST * 0.1, MOST);
        let mix = |old: &mut f32, new: &f32| *old += by as f32 * (new - *old);
        for (old, new) in self.mean.served.iter_mut().zip(&answer.served) {
            old.par_iter_mut().with_min_len(PIECE).zip(new).for_each(|(old, new)| mix(old, new));
        }
        self.mean.open.iter_mut().zip(&answer.open).for_each(|(old, new)| mix(old, new));
        for (old, new) in [(&mut self.mean.spent, &answer.spent), (&mut self.mean.floors, &answer.floors)] {
            old.iter_mut().zip(new).for_each(|(old, new)| *old += by * (new - *old));
        }
    }

    /// How far the average has to move towards a new answer for its slack, as `norm` measures it, to be least.
    fn least_slack(&self, answer: &Answer) -> f64 {
        let ground = self.ground;
        let (mut across, mut square) = (0.0, 0.0);
        for (year, served) in self.mean.served.iter().enumerate() {
            // The slack of the average times what it changes by, and the square of that.
            let new = &answer.served[year];
            across += lanes::sum(&ground.weights, served, new, |weight, old, new| {
                f64::from(weight * (1.0 - old) * (new - old))
            });
            square += lanes::sum(&ground.weights, served, new, |weight, old, new| {
                f64::from(weight * (new - old) * (new - old))
            });
            let limit = ground.limits[year].max(1.0);
            let slack = |spent: f64| 1.0 - spent / limit;
            let (scale, old, new) =
                (self.scale(year) * limit, slack(self.mean.spent[year]), slack(answer.spent[year]));
            across += scale * old * (old - new);
            square += scale * (old - new) * (old - new);
        }
        for (floor, needs) in ground.needs.iter().enumerate().filter(|(_, needs)| **needs > 0.0) {
            let slack = |met: f64| met / needs - self.wanted();
            let (old, new) = (slack(self.mean.floors[floor]), slack(answer.floors[floor]));
            across += needs * old * (old - new);
            square += needs * (old - new) * (old - new);
        }
        if square > 0.0 { across / square } else { 0.0 }
    }
}

/// Serves whole what an option without a capacity adds to.
fn whole(
    ground: &Ground<'_>,
    option: usize,
    cells: &[Cell],
    served: &mut [f32],
    floors: Option<&mut Vec<f64>>,
) {
    let adds = |demand: usize, quality: u32| {
        let cell = cells[demand];
        (cell.weight > 0.0) & (quality as f32 * (UNIT as f32) > cell.price)
    };
    for (demand, quality) in ground.instance.covers(option) {
        served[demand] += f32::from(u8::from(adds(demand, quality)));
    }
    let Some(floors) = floors else { return };
    for (demand, quality) in ground.instance.covers(option).filter(|c| adds(c.0, c.1)) {
        if let Some(floor) = ground.floor(demand) {
            floors[floor] += f64::from(ground.weights[demand]) * f64::from(quality) * UNIT;
        }
    }
}
