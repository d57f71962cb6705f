//! Complementary suppression: which further numbers are withheld so that a protected one cannot be worked out.
//!
//! For a protected number, the cheapest table is looked for that agrees with every sum and in which that number is
//! off by the protection width. Whatever published number differs in it must be withheld, and whatever coded one leaves
//! its code. As a linear programme: minimise the cost of moved numbers, moves along every equation adding up to
//! nothing (Kelly, Golden and Assad, Networks 22 (1992) 397-417, the relaxation of cell suppression). Numbers that are
//! withheld already move for nothing, and so do coded ones within their code: protection is shared.
//! [`super::audit`] proves the outcome.

use super::system::{State, System};
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// How many numbers, the nearest, one programme may move.
const COLUMNS: usize = 3_000;
/// A move below this is the solver's dust.
const MOVED: f64 = 1e-6;

/// How far a number can rise and fall: within what the outsider knows, and further once it is withheld.
struct Room {
    free: (f64, f64),
    paid: (f64, f64),
}

impl Room {
    fn of(system: &System, cell: usize) -> Self {
        let cell = &system.cells[cell];
        let free = match cell.state {
            State::Known => (0.0, 0.0),
            State::Coded | State::Hidden => {
                ((cell.high - cell.count).max(0.0), (cell.count - cell.low).max(0.0))
            }
        };
        let paid = ((cell.students - cell.count - free.0).max(0.0), (cell.count - free.1).max(0.0));
        Self { free, paid }
    }
}

/// Withholds what gives `cell` its protection width. `false` when no programme found a way.
///
/// The tables found are proofs as well: with what they move withheld, they agree with everything that is published. So
/// `reached`, each number's range in the tables known so far, takes them in. Often nothing need be withheld: the table was
/// only too far away for the smaller programme that came before.
pub(super) fn protect(system: &mut System, cell: usize, reached: &mut [(f64, f64)]) -> bool {
    let need = system.cells[cell].need;
    let up = need.min(Room::of(system, cell).free.0);
    for target in [up, up - need].into_iter().filter(|t| t.abs() > MOVED) {
        let Some(table) = cheapest_move(system, cell, target) else { return false };
        for Move { column, by, paid } in table {
            if paid > MOVED {
                system.hide(column);
            }
            let value = system.cells[column].count + by;
            reached[column] = (reached[column].0.min(value), reached[column].1.max(value));
        }
    }
    true
}

/// By how much a number differs from the truth in a table, and how much of that it may only when it is withheld.
struct Move {
    column: usize,
    by: f64,
    paid: f64,
}

/// The cheapest table in which `cell` is off by `target`.
fn cheapest_move(system: &System, cell: usize, target: f64) -> Option<Vec<Move>> {
    let columns = system.near(cell, COLUMNS);
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let mut variables = BTreeMap::new();
    for &column in &columns {
        let cost = system.cells[column].cost;
        let Room { free, paid } = Room::of(system, column);
        let mut variable = |cost: f64, most: f64| {
            let least = if column == cell { most } else { 0.0 };
            problem.add_var(cost, (least, most))
        };
        // Rises, falls, and both beyond what is free.
        let four = if column == cell {
            let (rise, fall) = (target.max(0.0), (-target).max(0.0));
            [variable(0.0, rise), variable(0.0, fall), variable(0.0, 0.0), variable(0.0, 0.0)]
        } else {
            [variable(0.0, free.0), variable(0.0, free.1), variable(cost, paid.0), variable(cost, paid.1)]
        };
        variables.insert(column, four);
    }
    let rows: BTreeSet<usize> = columns.iter().flat_map(|&c| system.rows_of[c].iter().copied()).collect();
    for row in rows {
        let terms: Vec<_> = system.rows[row]
            .terms
            .iter()
            .filter_map(|(c, sign)| variables.get(c).map(|four| (*four, *sign)))
            .flat_map(|([up, down, far_up, far_down], sign)| {
                [(up, sign), (down, -sign), (far_up, sign), (far_down, -sign)]
            })
            .collect();
        problem.add_constraint(terms.as_slice(), ComparisonOp::Eq, 0.0);
    }
    let solution = problem.solve().ok()?.into_solution().ok()?;
    let moved = |column: usize| {
        let [up, down, far_up, far_down] = variables[&column].map(|v| solution.var_value(v));
        Move { column, by: up - down + far_up - far_down, paid: far_up.max(far_down) }
    };
    Some(columns.into_iter().map(moved).collect())
}
