//! Complementary suppression: which further numbers are withheld so that a protected one cannot be worked out.
//!
//! For a protected number, the cheapest table is looked for that agrees with every sum and in which that number is
//! off by the protection width; whatever published number differs in it must be withheld. As a linear programme:
//! minimise the cost of moved published numbers, moves along every equation adding up to nothing (Kelly, Golden and
//! Assad, Networks 22 (1992) 397-417, the relaxation of cell suppression). Numbers that are withheld already move
//! for nothing, so that protection is shared. [`super::audit`] proves the outcome.

use super::system::{State, System};
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// How many numbers, the nearest, one programme may move.
const COLUMNS: usize = 3_000;
/// A move below this is the solver's dust.
const MOVED: f64 = 1e-6;

/// Withholds what gives `cell` its protection width. `false` when no programme found a way.
///
/// The tables found are proofs as well: with what they move withheld, they agree with everything that is published. So
/// `reached`, each number's range in the tables known so far, takes them in. Often nothing need be withheld: the table was
/// only too far away for the smaller programme that came before.
pub(super) fn protect(system: &mut System, cell: usize, reached: &mut [(f64, f64)]) -> bool {
    let (rise, _) = moves(system, cell);
    let need = system.cells[cell].need;
    let up = need.min(rise);
    for target in [up, up - need].into_iter().filter(|t| t.abs() > MOVED) {
        let Some(table) = cheapest_move(system, cell, target) else { return false };
        for (column, by) in table {
            if system.cells[column].state == State::Known && by.abs() > MOVED {
                system.hide(column);
            }
            let value = system.cells[column].count + by;
            reached[column] = (reached[column].0.min(value), reached[column].1.max(value));
        }
    }
    true
}

/// How far a number can rise and fall: within what the outsider thinks possible, or if it is published, could think
/// possible once it is withheld.
fn moves(system: &System, cell: usize) -> (f64, f64) {
    let cell = &system.cells[cell];
    let (low, high) = if cell.state == State::Known { (0.0, cell.students) } else { (cell.low, cell.high) };
    ((high - cell.count).max(0.0), (cell.count - low).max(0.0))
}

/// By how much each number moves in the cheapest table in which `cell` is off by `target`.
fn cheapest_move(system: &System, cell: usize, target: f64) -> Option<Vec<(usize, f64)>> {
    let columns = system.near(cell, COLUMNS);
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let mut variables = BTreeMap::new();
    for &column in &columns {
        let (rise, fall) = moves(system, column);
        let known = system.cells[column].state == State::Known;
        let cost = if known { system.cells[column].cost } else { 0.0 };
        let pair = if column == cell {
            let fixed = |by: f64| (by.max(0.0), by.max(0.0));
            (problem.add_var(0.0, fixed(target)), problem.add_var(0.0, fixed(-target)))
        } else {
            (problem.add_var(cost, (0.0, rise)), problem.add_var(cost, (0.0, fall)))
        };
        variables.insert(column, pair);
    }
    let rows: BTreeSet<usize> = columns.iter().flat_map(|&c| system.rows_of[c].iter().copied()).collect();
    for row in rows {
        let terms: Vec<_> = system.rows[row]
            .terms
            .iter()
            .filter_map(|(c, sign)| variables.get(c).map(|&(up, down)| [(up, *sign), (down, -sign)]))
            .flatten()
            .collect();
        problem.add_constraint(terms.as_slice(), ComparisonOp::Eq, 0.0);
    }
    let solution = problem.solve().ok()?.into_solution().ok()?;
    let moved = |column: usize| {
        let (up, down) = variables[&column];
        (column, solution.var_value(up) - solution.var_value(down))
    };
    Some(columns.into_iter().map(moved).collect())
}
