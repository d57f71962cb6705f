//! The proof by linear programming that what is suppressed cannot be worked out.
//!
//! For a protected number, two tables are looked for that agree with everything the outsider knows and in
//! which the number is as large and as small as can be (Fischetti and Salazar-González 2001, the attacker's
//! problem). Their difference must reach the protection width.
//!
//! Two facts keep the work small. A table found for one number is also a table for all others, so most numbers are
//! proved without a programme of their own. And a programme in which only the [`COLUMNS`] nearest unknown
//! numbers may move, the rest keeping their true values, finds only tables that the outsider cannot rule out:
//! it can prove that a number is safe, never wrongly. Where it cannot, more is suppressed, so the end is
//! safe at any size. Suppressing more never narrows a range, so what is proved stays proved.

use super::protect;
use super::rule::{PublishRule, Why};
use super::system::{State, System};
use crate::estimate::{Estimate, Link};
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many unknown numbers one programme lets move.
const COLUMNS: usize = 300;
const TOLERANCE: f64 = 1e-6;

/// What an outsider can work out about a suppressed number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The figure's place in the list.
    pub figure: usize,
    /// The fewest students for whom the measure can be true.
    pub low: f64,
    /// The most.
    pub high: f64,
    /// The width that protection asks for; 0 where the figure needs none.
    pub need: f64,
}

/// Makes sure that every protected number has a range of the width that it needs, suppressing more where it has not.
/// Returns how many programmes were solved.
pub(super) fn close(system: &mut System) -> u32 {
    let mut reached: Vec<(f64, f64)> = system.cells.iter().map(|c| (c.count, c.count)).collect();
    let mut programmes = 0;
    for cell in 0..system.cells.len() {
        while reached[cell].1 - reached[cell].0 + TOLERANCE < system.cells[cell].need {
            let columns = system.around(cell, COLUMNS);
            for direction in [OptimizationDirection::Maximize, OptimizationDirection::Minimize] {
                if reached[cell].1 - reached[cell].0 + TOLERANCE < system.cells[cell].need {
                    programmes += 1;
                    extreme(system, cell, &columns, direction, &mut reached);
                }
            }
            let width = reached[cell].1 - reached[cell].0;
            if width + TOLERANCE < system.cells[cell].need
                && !protect::protect(system, cell, &mut reached)
                && !suppress_near(system, cell)
            {
                break;
            }
        }
    }
    programmes
}

/// Solves one programme and widens the reached range of every column by the table found.
fn extreme(
    system: &System,
    cell: usize,
    columns: &[usize],
    direction: OptimizationDirection,
    reached: &mut [(f64, f64)],
) {
    let mut problem = Problem::new(direction);
    let mut variable = BTreeMap::new();
    for &column in columns {
        let c = &system.cells[column];
        let bounds = (c.low.min(c.count), c.high.max(c.count));
        variable.insert(column, problem.add_var(f64::from(u8::from(column == cell)), bounds));
    }
    let rows: BTreeSet<usize> = columns.iter().flat_map(|&c| system.rows_of[c].iter().copied()).collect();
    for row in rows {
        let moving = system.rows[row].terms.iter().filter_map(|&(c, s)| variable.get(&c).map(|&v| (v, s, c)));
        let (mut terms, mut truth) = (Vec::new(), 0.0);
        for (v, sign, column) in moving {
            terms.push((v, sign));
            truth += sign * system.cells[column].count;
        }
        problem.add_constraint(terms.as_slice(), ComparisonOp::Eq, truth);
    }
    // A programme that the solver gives up on proves nothing: the range stays and more is suppressed.
    let Some(solution) = problem.solve().ok().and_then(|outcome| outcome.into_solution().ok()) else {
        return;
    };
    for (&column, &v) in &variable {
        let value = solution.var_value(v);
        reached[column] = (reached[column].0.min(value), reached[column].1.max(value));
    }
}

/// Suppresses the cheapest known number in the nearest equation that has one. `false` when everything that is
/// connected is suppressed already.
fn suppress_near(system: &mut System, cell: usize) -> bool {
    let mut seen = BTreeSet::from([cell]);
    let mut queue = VecDeque::from([cell]);
    while let Some(at) = queue.pop_front() {
        let known = |c: &usize| system.cells[*c].state == State::Known;
        let any =
            system.rows_of[at].iter().flat_map(|&r| system.rows[r].terms.iter().map(|t| t.0)).filter(known);
        let cost =
            |a: &usize, b: &usize| system.cells[*a].cost.total_cmp(&system.cells[*b].cost).then(a.cmp(b));
        if let Some(found) = any.min_by(cost) {
            system.hide(found);
            return true;
        }
        // A coded number is a small help; hidden it is a greater one.
        let coded = |c: &usize| system.cells[*c].state == State::Coded && *c != cell;
        let near = system.rows_of[at].iter().flat_map(|&r| system.rows[r].terms.iter().map(|t| t.0));
        if let Some(found) = near.filter(coded).min_by(cost) {
            system.hide(found);
            return true;
        }
        for &row in &system.rows_of[at] {
            for &(other, _) in &system.rows[row].terms {
                if system.cells[other].state != State::Known && seen.insert(other) {
                    queue.push_back(other);
                }
            }
        }
    }
    if system.cells[cell].state == State::Coded {
        system.hide(cell);
        return true;
    }
    false
}

/// What an outsider can work out about each figure that `why` suppresses, by linear programmes over everything that
/// is connected to it: the attack itself, for audits and tests. All figures must be of one measure.
pub fn attack(figures: &[Estimate], why: &[Option<Why>], links: &[Link], rule: &PublishRule) -> Vec<Range> {
    let indices: Vec<usize> = (0..figures.len()).collect();
    let system = System::new(figures, &indices, why, links, rule);
    (0..figures.len())
        .filter(|&i| why[i].is_some())
        .map(|figure| {
            let columns = system.around(figure, usize::MAX);
            let mut reached: Vec<(f64, f64)> = system.cells.iter().map(|c| (c.count, c.count)).collect();
            for direction in [OptimizationDirection::Maximize, OptimizationDirection::Minimize] {
                extreme(&system, figure, &columns, direction, &mut reached);
            }
            let (low, high) = reached[figure];
            Range { figure, low, high, need: system.cells[figure].need }
        })
        .collect()
}
