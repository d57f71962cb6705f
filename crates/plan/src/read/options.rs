//! `options.csv`: what can be bought.

use super::settings::MOST_YEARS;
use super::table::Table;
use super::{Words, add_id};
use crate::names::{Index, Names};
use crate::{Fixed, NONE, UNLIMITED};
use evenfield_model::Problems;
use std::collections::HashMap;

/// After the first eight, cost and running cost in each year after the first.
#[rustfmt::skip]
pub(super) const COLUMNS: [&str; 8 + 2 * (MOST_YEARS - 1)] = [
    "option", "strategy", "cost", "running", "capacity", "exclusive_group", "fixed", "vendor",
    "cost_2", "running_2", "cost_3", "running_3", "cost_4", "running_4", "cost_5",
    "running_5", "cost_6", "running_6", "cost_7", "running_7", "cost_8", "running_8",
    "cost_9", "running_9", "cost_10", "running_10", "cost_11", "running_11", "cost_12",
    "running_12", "cost_13", "running_13", "cost_14", "running_14", "cost_15",
    "running_15", "cost_16", "running_16", "cost_17", "running_17", "cost_18",
    "running_18", "cost_19", "running_19", "cost_20", "running_20",
];
const RUNNING: usize = 3;
const CAPACITY: usize = 4;
const EXCLUSIVE: usize = 5;
const FIXED: usize = 6;
const VENDOR: usize = 7;
/// Of the second year.
const LATER: usize = 8;
/// Cents of an option at most: ten billion dollars.
const MOST_COST: u64 = 1_000_000_000_000;
const MOST_CAPACITY: u64 = 10_000_000_000_000_000;

#[derive(Default)]
pub(super) struct Options {
    pub names: Names,
    pub index: Index,
    pub strategies: Vec<u16>,
    pub strategy_names: Vec<String>,
    pub costs: Vec<u64>,
    pub running: Vec<u64>,
    pub later: Vec<Vec<[u64; 2]>>,
    pub capacities: Vec<u64>,
    pub exclusive: Vec<u32>,
    pub exclusive_names: Vec<String>,
    pub vendors: Vec<u32>,
    pub vendor_names: Vec<String>,
    pub fixed: Vec<Fixed>,
}

pub(super) fn read(rows: &mut dyn Table, most: usize, rounded: &mut u64, problems: &mut Problems) -> Options {
    let mut options = Options::default();
    let later = |year: &usize| rows.has(LATER + 2 * year) || rows.has(LATER + 2 * year + 1);
    options.later = vec![Vec::new(); (0..MOST_YEARS - 1).filter(later).max().map_or(0, |year| year + 1)];
    let [mut strategies, mut exclusive, mut vendors] = std::array::from_fn(|_| Words::default());
    // Of each exclusive group, the line of the option that is bought already.
    let mut bought: HashMap<u32, u64> = HashMap::new();
    while rows.next(problems) {
        if options.names.len() == most {
            rows.problem(0, &format!("at most {most} rows; the rest is not read"), problems);
            break;
        }
        add_id(rows, &mut options.names, &mut options.index, problems);
        options.strategies.push(strategy(rows, &mut strategies, problems));
        let cost = rows.number(2, 2, MOST_COST, "a cost in dollars: a number, 0 or more", rounded, problems);
        options.costs.push(cost.unwrap_or(0));
        if rows.has(RUNNING) {
            let wanted = "a cost of each year in dollars: a number, 0 or more, or nothing";
            options.running.push(filled(rows, RUNNING, 2, MOST_COST, wanted, rounded, problems).unwrap_or(0));
        }
        let first = [cost.unwrap_or(0), options.running.last().copied().unwrap_or(0)];
        for (year, prices) in options.later.iter_mut().enumerate() {
            let wanted = "a cost of this year in dollars: a number, 0 or more, or nothing where it is that of the first";
            let mut price = |at: usize| {
                let column = LATER + 2 * year + at;
                let own =
                    rows.has(column).then(|| filled(rows, column, 2, MOST_COST, wanted, rounded, problems));
                own.flatten().unwrap_or(first[at])
            };
            prices.push([price(0), price(1)]);
        }
        if rows.has(CAPACITY) {
            let wanted = "a capacity in weight: a number, 0 or more, or nothing where there is no limit";
            let capacity = filled(rows, CAPACITY, 6, MOST_CAPACITY, wanted, rounded, problems);
            options.capacities.push(capacity.unwrap_or(UNLIMITED));
        }
        let group =
            Some(rows.said(EXCLUSIVE)).filter(|g| !g.is_empty()).map_or(NONE, |g| exclusive.number(&g));
        if rows.has(EXCLUSIVE) {
            options.exclusive.push(group);
        }
        if rows.has(VENDOR) {
            let vendor = Some(rows.said(VENDOR)).filter(|v| !v.is_empty());
            options.vendors.push(vendor.map_or(NONE, |vendor| vendors.number(&vendor)));
        }
        if rows.has(FIXED) {
            let fixed = fixed(rows, problems);
            if fixed == Fixed::In && group != NONE {
                if let Some(line) = bought.get(&group) {
                    let wanted = format!("one `in` of an exclusive group; that on line {line} is another");
                    rows.problem(FIXED, &wanted, problems);
                }
                bought.insert(group, rows.line());
            }
            options.fixed.push(fixed);
        }
    }
    if options.names.is_empty() {
        rows.whole("at least one row", problems);
    }
    options.strategy_names = strategies.into_list();
    options.exclusive_names = exclusive.into_list();
    options.vendor_names = vendors.into_list();
    options.names.shrink();
    options.strategies.shrink_to_fit();
    options.costs.shrink_to_fit();
    options
}

fn strategy(rows: &dyn Table, strategies: &mut Words, problems: &mut Problems) -> u16 {
    let strategy = rows.said(1);
    if strategy.is_empty() {
        rows.problem(1, "a strategy in each row", problems);
    }
    u16::try_from(strategies.number(&strategy)).unwrap_or_else(|_| {
        rows.problem(1, "one of at most 65,536 strategies", problems);
        0
    })
}

fn fixed(rows: &dyn Table, problems: &mut Problems) -> Fixed {
    match rows.said(FIXED).as_ref() {
        "" => Fixed::Free,
        "in" => Fixed::In,
        "out" => Fixed::Out,
        _ => {
            rows.problem(FIXED, "`in`, `out` or nothing", problems);
            Fixed::Free
        }
    }
}

fn filled(
    rows: &dyn Table,
    column: usize,
    places: i32,
    most: u64,
    wanted: &str,
    rounded: &mut u64,
    problems: &mut Problems,
) -> Option<u64> {
    if rows.is_blank(column) {
        return None;
    }
    rows.number(column, places, most, wanted, rounded, problems)
}
