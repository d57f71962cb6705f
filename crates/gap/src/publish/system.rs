//! What an outsider knows, as equations between numbers of students.
//!
//! A cell is the number of students of one place and group for whom the measure is true. Cells are joined by sums:
//! a place is the sum of its parts, `all` is the sum of the groups of one dimension (`frl:yes` + `frl:no`).
//! What the parts leave over is a cell as well, though it is nowhere shown: subtraction would give it away. Such
//! remainders are added for places ("the rest of the district") and for groups ("FRL not known").

use super::rule::{self, Coding, PublishRule, Why};
use crate::estimate::{Estimate, Link};
use evenfield_model::GeographyKind;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the outsider knows of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its number.
    Known,
    /// That it is near one end.
    Coded,
    /// Only that it is between none and all of the students.
    Hidden,
}

/// A number of students for whom the measure is true.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// The truth.
    pub count: f64,
    /// How many students it is about.
    pub students: f64,
    /// The least that the outsider thinks possible before any equation.
    pub low: f64,
    /// The most.
    pub high: f64,
    /// What he knows.
    pub state: State,
    /// How wide his range must stay; 0 for a cell that needs no protection.
    pub need: f64,
    /// What it costs to suppress it.
    pub cost: f64,
}

/// `sum of sign * count` over the terms is known: the outsider can work it out from the published numbers or
/// knows it to be 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// (cell, +1 or -1).
    pub terms: Vec<(usize, f64)>,
}

/// The cells and equations of one measure. The first cells are the figures, in their order.
#[derive(Clone, Debug)]
pub(super) struct System {
    pub cells: Vec<Cell>,
    pub rows: Vec<Row>,
    /// Rows of each cell.
    pub rows_of: Vec<Vec<usize>>,
}

/// Fewer students than this: whether none or one of a coded group lacks access must stay unknown as well.
const CODED_PROTECTED_BELOW: u32 = 300;
/// `all` is what most people look for: suppressing it costs this many times its students.
const COST_OF_ALL: f64 = 3.0;

impl System {
    /// The system of the figures at `indices`, all of one measure.
    pub fn new(
        figures: &[Estimate],
        indices: &[usize],
        alone: &[Option<Why>],
        links: &[Link],
        rule: &PublishRule,
    ) -> Self {
        let cells = indices.iter().map(|&i| Cell::new(&figures[i], alone[i], rule)).collect();
        let mut system = Self { cells, rows: Vec::new(), rows_of: Vec::new() };
        // Barriers of one place and group are students of one whole: each barrier is a layer of its own.
        let mut layers: BTreeMap<Option<&str>, Layer> = BTreeMap::new();
        for (cell, &i) in indices.iter().enumerate() {
            let layer = layers.entry(figures[i].barrier.map(|b| b.code())).or_default();
            layer.add(&figures[i], cell);
        }
        for layer in layers.values_mut() {
            layer.link(links, &mut system, rule);
        }
        system.join_barriers(figures, indices);
        system.rows_of = vec![Vec::new(); system.cells.len()];
        for (row, terms) in system.rows.iter().enumerate() {
            for &(cell, _) in &terms.terms {
                system.rows_of[cell].push(row);
            }
        }
        system
    }

    /// The barriers of one place and group add up to its lacking students.
    fn join_barriers(&mut self, figures: &[Estimate], indices: &[usize]) {
        let mut together: BTreeMap<(&evenfield_model::Geography, &str), Vec<(usize, f64)>> = BTreeMap::new();
        for (cell, &i) in indices.iter().enumerate().filter(|&(_, &i)| figures[i].barrier.is_some()) {
            together.entry((&figures[i].geography, &figures[i].group)).or_default().push((cell, 1.0));
        }
        self.rows.extend(together.into_values().filter(|t| t.len() > 1).map(|terms| Row { terms }));
    }

    /// The cells that the outsider does not know and that share an equation with `cell`, and so on
    /// outward, at most `limit` of them, nearest first.
    pub fn around(&self, cell: usize, limit: usize) -> Vec<usize> {
        self.outward(cell, limit, |other| other.state != State::Known)
    }

    /// The cells that share an equation with `cell`, and so on outward, at most `limit` of them, nearest first.
    pub fn near(&self, cell: usize, limit: usize) -> Vec<usize> {
        self.outward(cell, limit, |_| true)
    }

    fn outward(&self, cell: usize, limit: usize, wanted: impl Fn(&Cell) -> bool) -> Vec<usize> {
        let mut seen = BTreeSet::from([cell]);
        let mut found = vec![cell];
        let mut next = 0;
        while next < found.len() && found.len() < limit {
            for &row in &self.rows_of[found[next]] {
                for &(other, _) in &self.rows[row].terms {
                    if wanted(&self.cells[other]) && found.len() < limit && seen.insert(other) {
                        found.push(other);
                    }
                }
            }
            next += 1;
        }
        found
    }

    /// Suppresses a cell.
    pub fn hide(&mut self, cell: usize) {
        let cell = &mut self.cells[cell];
        (cell.state, cell.low, cell.high) = (State::Hidden, 0.0, cell.students);
    }
}

impl Cell {
    fn new(figure: &Estimate, alone: Option<Why>, rule: &PublishRule) -> Self {
        let students = f64::from(figure.students);
        let share = if figure.value.is_finite() { figure.value.clamp(0.0, 1.0) } else { 0.0 };
        let count = share * students;
        let cost = students.max(1.0) * if figure.group == "all" { COST_OF_ALL } else { 1.0 };
        let mut cell =
            Self { count, students, low: 0.0, high: students, state: State::Hidden, need: 0.0, cost };
        match alone {
            Some(Why::Primary) => cell.need = f64::from(rule.protection).min(students),
            Some(_) => {}
            None => {
                let step = rule::step(figure.students);
                let band = (rule::edge(figure.students) + step / 2.0) * students;
                match rule::coding((share / step).round() * step, figure.students) {
                    None => cell.state = State::Known,
                    Some(coding) => {
                        cell.state = State::Coded;
                        match coding {
                            Coding::AtMost => cell.high = band.max(count),
                            Coding::AtLeast => cell.low = (students - band).min(count),
                        }
                        if figure.students < CODED_PROTECTED_BELOW {
                            cell.need = band.min(1.0);
                        }
                    }
                }
            }
        }
        cell
    }

    /// What the parts leave over of a whole: hidden, and protected where it is small.
    fn remainder(students: f64, count: f64, rule: &PublishRule) -> Self {
        let count = count.clamp(0.0, students);
        let small = students < f64::from(rule.min_students.max(PublishRule::FLOOR));
        let need = if small { f64::from(rule.protection).min(students) } else { 0.0 };
        Self { count, students, low: 0.0, high: students, state: State::Hidden, need, cost: 0.0 }
    }
}

/// The places and groups of one barrier, or of the measure itself.
#[derive(Default)]
struct Layer {
    places: HashMap<evenfield_model::Geography, usize>,
    groups: Vec<String>,
    /// (place, group) to (cell, students).
    cells: BTreeMap<(usize, usize), (usize, f64)>,
    /// The kind of each place; of a remainder that of the parts it stands beside.
    kinds: Vec<GeographyKind>,
}

impl Layer {
    fn add(&mut self, figure: &Estimate, cell: usize) {
        let next = self.kinds.len();
        let place = *self.places.entry(figure.geography.clone()).or_insert(next);
        if place == next {
            self.kinds.push(figure.geography.kind);
        }
        let group = self.group(&figure.group);
        self.cells.insert((place, group), (cell, f64::from(figure.students)));
    }

    fn group(&mut self, name: &str) -> usize {
        self.groups.iter().position(|g| g == name).unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        })
    }

    /// Makes the remainders and the equations.
    fn link(&mut self, links: &[Link], system: &mut System, rule: &PublishRule) {
        let mut sums: Vec<(usize, Vec<usize>)> = Vec::new();
        for link in links {
            let Some(&whole) = self.places.get(&link.whole) else { continue };
            let mut parts: Vec<usize> =
                link.parts.iter().filter_map(|p| self.places.get(p).copied()).collect();
            if parts.is_empty() {
                continue;
            }
            let rest = self.kinds.len();
            self.kinds.push(self.kinds[parts[0]]);
            for group in 0..self.groups.len() {
                self.remainder(
                    (whole, group),
                    parts.iter().map(|&p| (p, group)).collect(),
                    (rest, group),
                    system,
                    rule,
                );
            }
            parts.push(rest);
            sums.push((whole, parts));
        }
        self.link_groups(system, rule);
        for (whole, parts) in sums {
            for group in 0..self.groups.len() {
                let parts = parts.iter().map(|&p| (p, group)).collect();
                self.sum((whole, group), parts, system);
            }
        }
    }

    /// `all` is the sum of the groups of each dimension.
    fn link_groups(&mut self, system: &mut System, rule: &PublishRule) {
        let mut dimensions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let Some(all) = self.groups.iter().position(|g| g == "all") else { return };
        for (index, name) in self.groups.iter().enumerate() {
            if let Some((dimension, _)) = name.split_once(':') {
                dimensions.entry(dimension.to_owned()).or_default().push(index);
            }
        }
        for (dimension, mut groups) in dimensions {
            let rest = self.group(&format!("{dimension}:?"));
            let places = 0..self.kinds.len();
            let told = |place: &usize| groups.iter().any(|&g| self.cells.contains_key(&(*place, g)));
            let (told, silent): (Vec<usize>, Vec<usize>) = places.partition(told);
            for &place in &told {
                let parts = groups.iter().map(|&g| (place, g)).collect();
                self.remainder((place, all), parts, (place, rest), system, rule);
            }
            // Where such places are told apart by group and one has none of them, all its students are in the rest.
            let kinds: BTreeSet<GeographyKind> = told.iter().map(|&place| self.kinds[place]).collect();
            for place in silent.into_iter().filter(|&place| kinds.contains(&self.kinds[place])) {
                if let Some(&cell) = self.cells.get(&(place, all)) {
                    self.cells.insert((place, rest), cell);
                }
            }
            groups.push(rest);
            for place in told {
                let parts = groups.iter().map(|&g| (place, g)).collect();
                self.sum((place, all), parts, system);
            }
        }
    }

    /// Adds the cell of what `parts` leave over of `whole`, where that is half a student or more.
    fn remainder(
        &mut self,
        whole: (usize, usize),
        parts: Vec<(usize, usize)>,
        rest: (usize, usize),
        system: &mut System,
        rule: &PublishRule,
    ) {
        let Some(&(cell, mut students)) = self.cells.get(&whole) else { return };
        let mut count = system.cells[cell].count;
        let mut any = false;
        for &(part, of_part) in parts.iter().filter_map(|p| self.cells.get(p)) {
            students -= of_part;
            count -= system.cells[part].count;
            any = true;
        }
        if any && students >= 0.5 {
            self.cells.insert(rest, (system.cells.len(), students));
            system.cells.push(Cell::remainder(students, count, rule));
        }
    }

    fn sum(&self, whole: (usize, usize), parts: Vec<(usize, usize)>, system: &mut System) {
        let Some(&(cell, _)) = self.cells.get(&whole) else { return };
        let parts = parts.iter().filter_map(|p| self.cells.get(p)).map(|&(part, _)| (part, -1.0));
        let terms: Vec<(usize, f64)> = std::iter::once((cell, 1.0)).chain(parts).collect();
        if terms.len() > 1 {
            system.rows.push(Row { terms });
        }
    }
}
