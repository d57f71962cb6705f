//! Complementary suppression, the fast part: each equation looked at by itself.
//!
//! In an equation, a protected number can only differ from the truth by what the other unknown numbers can
//! make up for. Where that is less than the protection width, the cheapest further number is suppressed that
//! mends it. This finds nearly all that is needed; [`super::audit`] proves it and finds the rest.

use super::system::{State, System};

/// Suppresses until each protected number has room in each equation by itself.
pub(super) fn by_equations(system: &mut System) {
    let mut again = true;
    while again {
        again = false;
        for cell in 0..system.cells.len() {
            if system.cells[cell].need <= 0.0 {
                continue;
            }
            for row in system.rows_of[cell].clone() {
                while room(system, row, cell) + 1e-9 < system.cells[cell].need {
                    let Some(other) = cheapest(system, row, cell) else { break };
                    system.hide(other);
                    again = true;
                }
            }
        }
    }
}

/// How far `cell` can move, up and down together, if this equation were the only one.
fn room(system: &System, row: usize, cell: usize) -> f64 {
    let terms = &system.rows[row].terms;
    let sign = terms.iter().find(|t| t.0 == cell).map_or(1.0, |t| t.1);
    let (mut up, mut down) = (0.0, 0.0);
    for &(other, other_sign) in
        terms.iter().filter(|t| t.0 != cell && system.cells[t.0].state != State::Known)
    {
        let (rise, fall) = moves(system, other);
        // Of the same sign: one rises as the other falls.
        let (for_up, for_down) = if sign * other_sign > 0.0 { (fall, rise) } else { (rise, fall) };
        up += for_up;
        down += for_down;
    }
    let (rise, fall) = moves(system, cell);
    up.min(rise) + down.min(fall)
}

/// How far a number can rise and fall within its own bounds.
fn moves(system: &System, cell: usize) -> (f64, f64) {
    let cell = &system.cells[cell];
    ((cell.high - cell.count).max(0.0), (cell.count - cell.low).max(0.0))
}

/// The known number of this equation whose suppression costs least among those that alone give `cell` the room
/// it lacks; where none does, the one that gives most. `None` when none gives any.
pub(super) fn cheapest(system: &System, row: usize, cell: usize) -> Option<usize> {
    let terms = &system.rows[row].terms;
    let sign = terms.iter().find(|t| t.0 == cell).map_or(1.0, |t| t.1);
    let (rise, fall) = moves(system, cell);
    let wanted = system.cells[cell].need;
    let candidates = terms.iter().filter(|t| t.0 != cell && system.cells[t.0].state == State::Known);
    candidates
        .map(|&(other, other_sign)| {
            let (o_rise, o_fall) = moves(system, other);
            let (up, down) = if sign * other_sign > 0.0 { (o_fall, o_rise) } else { (o_rise, o_fall) };
            let gain = up.min(rise) + down.min(fall);
            (other, gain)
        })
        .filter(|&(_, gain)| gain > 1e-9)
        .min_by(|a, b| {
            let enough = |gain: f64| gain + 1e-9 >= wanted;
            let cost = |other: usize| system.cells[other].cost;
            match (enough(a.1), enough(b.1)) {
                (true, true) => cost(a.0).total_cmp(&cost(b.0)),
                (true, false) => std::cmp::Ordering::Less,
                (false, true) => std::cmp::Ordering::Greater,
                (false, false) => b.1.total_cmp(&a.1),
            }
            .then(a.0.cmp(&b.0))
        })
        .map(|(other, _)| other)
}
