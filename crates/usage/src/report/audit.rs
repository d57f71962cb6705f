//! The attack, and suppression until it fails.
//!
//! For a number that must be protected, tables are looked for that agree with everything the outsider knows and in which the number
//! is as large, or as small, as can be (the attacker's problem; Fischetti and Salazar-González 2001). A table that is found for one
//! number is one for all, so most need no programme of their own. A programme in which only the nearest unknown numbers may move,
//! the rest keeping their true values, finds only tables that the outsider cannot rule out: it can prove that a number is safe, never
//! wrongly. Where it cannot, more is suppressed.

use super::rule::{Rule, Why};
use super::system::{State, System, minutes, students};
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many unknown numbers a programme lets move while tables are made.
const NEAR: usize = 160;
const TOLERANCE: f64 = 1e-6;
/// How wide what is known of withheld minutes must be, as a share of them.
const MINUTES_WIDTH: f64 = 0.5;

/// What an outsider can work out about a withheld cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The cell's place in the system.
    pub cell: usize,
    /// Why it is withheld.
    pub why: Why,
    /// The fewest students and the most.
    pub students: (f64, f64),
    /// The fewest minutes and the most.
    pub minutes: (f64, f64),
    /// Whether both are as wide as the rule asks for.
    pub safe: bool,
}

/// What must stay possible of a cell: students up to, students down to, and how wide minutes are.
struct Need {
    high: Option<f64>,
    low: Option<f64>,
    width: f64,
}

fn need(system: &System, cell: usize, rule: &Rule) -> Option<Need> {
    let State::Hidden(why) = system.state[cell] else { return None };
    let (_, unit, _) = system.place(cell);
    let (enrolled, least) = (f64::from(system.enrolled[unit]), f64::from(rule.least));
    let truth = &system.truth[cell];
    let width = truth.minutes as f64 * MINUTES_WIDTH;
    match why {
        Why::Few => Some(Need { high: Some(least.min(enrolled)), low: None, width }),
        // Their minutes tell nothing of those who did not use it.
        Why::FewOthers => Some(Need { high: None, low: Some((enrolled - least).max(1.0)), width: 0.0 }),
        Why::Dominance => Some(Need { high: None, low: None, width }),
        Why::Complementary => None,
    }
}

/// The smallest and the largest value of each variable that some table was found to have.
pub(super) type Reached = Vec<(f64, f64)>;

fn is_safe(need: &Need, cell: usize, reached: &Reached) -> bool {
    let (low, high) = reached[students(cell)];
    let (fewest, most) = reached[minutes(cell)];
    need.high.is_none_or(|h| high + TOLERANCE >= h)
        && need.low.is_none_or(|l| low - TOLERANCE <= l)
        && most - fewest + TOLERANCE >= need.width
}

/// Withholds more, until every cell that must be protected is, those of earlier releases included; when that cannot be proved, all that
/// this release would show. Returns how many programmes were solved.
pub(super) fn close(system: &mut System, rule: &Rule) -> u32 {
    let mut reached: Reached =
        (0..system.truth.len() * 2).map(|v| (system.value(v), system.value(v))).collect();
    let mut programmes = 0;
    for cell in 0..system.truth.len() {
        while let Some(need) = need(system, cell, rule) {
            if is_safe(&need, cell, &reached) {
                break;
            }
            let columns = around(system, cell, NEAR);
            programmes += widen(system, cell, &need, &columns, &mut reached);
            if is_safe(&need, cell, &reached) {
                break;
            }
            if !withhold_near(system, cell) {
                withhold_all(system);
                return programmes;
            }
        }
    }
    programmes
}

/// Withholds everything of this release but noughts: then the outsider learns nothing by it.
fn withhold_all(system: &mut System) {
    for cell in 0..system.truth.len() {
        let open = system.spans[system.place(cell).0].open;
        if open && system.state[cell] == State::Known && system.truth[cell].students > 0 {
            system.state[cell] = State::Hidden(Why::Complementary);
        }
    }
}

/// Solves the programmes that a need asks for and that are not settled yet.
fn widen(system: &System, cell: usize, need: &Need, columns: &[usize], reached: &mut Reached) -> u32 {
    use OptimizationDirection::{Maximize, Minimize};
    let mut programmes = 0;
    for (variable, direction) in [
        (students(cell), Maximize),
        (students(cell), Minimize),
        (minutes(cell), Maximize),
        (minutes(cell), Minimize),
    ] {
        let wanted = match (variable.is_multiple_of(2), direction) {
            (true, Maximize) => need.high.is_some_and(|h| reached[variable].1 + TOLERANCE < h),
            (true, Minimize) => need.low.is_some_and(|l| reached[variable].0 - TOLERANCE > l),
            (false, _) => reached[variable].1 - reached[variable].0 + TOLERANCE < need.width,
        };
        if wanted {
            programmes += 1;
            extreme(system, variable, direction, columns, reached);
        }
    }
    programmes
}

/// The unknown variables nearest to a cell's, its own first.
fn around(system: &System, cell: usize, most: usize) -> Vec<usize> {
    let mut found = vec![students(cell), minutes(cell)];
    let mut seen: BTreeSet<usize> = found.iter().copied().collect();
    let mut queue: VecDeque<usize> = found.iter().copied().collect();
    while let Some(variable) = queue.pop_front() {
        for bound in &system.of_variable[variable] {
            for (other, _) in &system.bounds[*bound as usize].terms {
                if found.len() >= most {
                    return found;
                }
                if !system.is_known(*other) && seen.insert(*other) {
                    found.push(*other);
                    queue.push_back(*other);
                }
            }
        }
    }
    found
}

/// Solves one programme and notes the table that it found.
fn extreme(
    system: &System,
    variable: usize,
    direction: OptimizationDirection,
    columns: &[usize],
    reached: &mut Reached,
) {
    let mut problem = Problem::new(direction);
    let mut handles = BTreeMap::new();
    for column in columns {
        let objective = f64::from(u8::from(*column == variable));
        handles.insert(*column, problem.add_var(objective, system.limits(*column)));
    }
    let bounds: BTreeSet<u32> = columns.iter().flat_map(|c| system.of_variable[*c].iter().copied()).collect();
    for bound in bounds {
        let bound = &system.bounds[bound as usize];
        let (mut terms, mut rest) = (Vec::new(), bound.right);
        for (term, sign) in &bound.terms {
            match handles.get(term) {
                Some(handle) => terms.push((*handle, *sign)),
                None => rest -= sign * system.value(*term),
            }
        }
        let comparison = if bound.equal { ComparisonOp::Eq } else { ComparisonOp::Le };
        problem.add_constraint(terms.as_slice(), comparison, rest);
    }
    // A programme that the solver gives up on proves nothing: then more is withheld.
    let Some(solution) = problem.solve().ok().and_then(|outcome| outcome.into_solution().ok()) else {
        return;
    };
    for (column, handle) in &handles {
        let value = solution.var_value(*handle);
        reached[*column] = (reached[*column].0.min(value), reached[*column].1.max(value));
    }
}

/// How many rings round a cell are looked at for one to withhold.
const RINGS: usize = 4;

/// Withholds one more cell that this release shows: near, with few students, of a school rather than the district, and rather
/// where the school's numbers are withheld already, so that one school's pattern protects all settings. Nought is never withheld,
/// because the outsider takes what is withheld to be more. `false` when there is none.
fn withhold_near(system: &mut System, cell: usize) -> bool {
    let mut seen: BTreeSet<usize> = BTreeSet::from([students(cell), minutes(cell)]);
    let mut ring: Vec<usize> = seen.iter().copied().collect();
    let mut best: Option<(f64, usize)> = None;
    for distance in 0.. {
        let mut next = Vec::new();
        for variable in &ring {
            for bound in &system.of_variable[*variable] {
                for (other, _) in &system.bounds[*bound as usize].terms {
                    let at = other / 2;
                    if system.state[at] != State::Known {
                        if seen.insert(*other) {
                            next.push(*other);
                        }
                    } else if let Some(cost) = cost(system, at, distance)
                        && best.is_none_or(|b| (cost, at) < b)
                    {
                        best = Some((cost, at));
                    }
                }
            }
        }
        if next.is_empty() || (best.is_some() && distance >= RINGS) {
            break;
        }
        ring = next;
    }
    if let Some((_, at)) = best {
        system.state[at] = State::Hidden(Why::Complementary);
    }
    best.is_some()
}

/// What it costs to withhold a cell that is shown; `None` for one that must not be.
fn cost(system: &System, cell: usize, distance: usize) -> Option<f64> {
    let (span, unit, _) = system.place(cell);
    let students = system.truth[cell].students;
    if !system.spans[span].open || students == 0 {
        return None;
    }
    let first = system.cell(span, unit, 0);
    let begun = (first..first + super::system::SETTINGS).any(|c| matches!(system.state[c], State::Hidden(_)));
    let unit = if unit == 0 { 8.0 } else { 1.0 };
    Some(f64::from(students) * unit * if begun { 0.25 } else { 1.0 } * (distance + 1) as f64)
}

/// What an outsider can work out about every withheld cell: the attack with everything that is connected, for audits and tests.
pub(super) fn attack_system(system: &System, rule: &Rule, near: usize) -> Vec<Range> {
    use OptimizationDirection::{Maximize, Minimize};
    let mut ranges = Vec::new();
    for cell in 0..system.truth.len() {
        let State::Hidden(why) = system.state[cell] else { continue };
        let columns = around(system, cell, near);
        let mut reached: Reached =
            (0..system.truth.len() * 2).map(|v| (system.value(v), system.value(v))).collect();
        for variable in [students(cell), minutes(cell)] {
            for direction in [Maximize, Minimize] {
                extreme(system, variable, direction, &columns, &mut reached);
            }
        }
        let safe = need(system, cell, rule).is_none_or(|need| is_safe(&need, cell, &reached));
        ranges.push(Range {
            cell,
            why,
            students: reached[students(cell)],
            minutes: reached[minutes(cell)],
            safe,
        });
    }
    ranges
}
