//! `covers.csv`: which option serves which demand how well, from rows in any order to one run a row of `options.csv`.
//!
//! Rows that come in the order of the options, as most tools write them, go straight to their place; once one does not,
//! all are kept with their option and line, and sorted at the end.

use super::Demand;
use super::options::Options;
use super::table::Table;
use crate::MILLION;
use evenfield_model::Problems;

pub(super) const COLUMNS: [&str; 4] = ["option", "demand", "quality", "share"];
const SHARE: usize = 3;
const NEVER: u32 = u32::MAX;

#[derive(Default)]
pub(super) struct Covers {
    pub starts: Vec<u32>,
    pub covered: Vec<u32>,
    pub qualities: Vec<u32>,
    pub shares: Vec<u32>,
}

/// The option of each row and its line, once rows come in no order.
type Unsorted = Vec<(u32, u32)>;

pub(super) fn read(
    rows: &mut dyn Table,
    most: usize,
    (demand, options): (&Demand, &Options),
    rounded: &mut u64,
    problems: &mut Problems,
) -> Covers {
    let count = options.names.len();
    let mut covers = Covers { starts: vec![0], ..Covers::default() };
    let mut unsorted: Option<Unsorted> = None;
    // For rows in order: the option that covered a demand last.
    let mut last = vec![NEVER; demand.names.len()];
    let (mut option, mut option_id) = (None, String::new());
    let mut read = 0;
    while rows.next(problems) {
        if read == most {
            rows.problem(0, &format!("at most {most} rows; the rest is not read"), problems);
            break;
        }
        read += 1;
        if rows.said(0) != option_id.as_str() || option.is_none() {
            option_id.clear();
            option_id.push_str(&rows.said(0));
            option = options.index.find(&options.names, &option_id);
        }
        if option.is_none() {
            rows.problem(0, "the id of an option in options.csv", problems);
        }
        let to = demand.index.find(&demand.names, &rows.said(1));
        if to.is_none() && !demand.names.is_empty() {
            rows.problem(1, "the id of a demand in demand.csv", problems);
        }
        let quality = rows.number(2, 6, MILLION, "a quality from 0 to 1", rounded, problems);
        let share = rows.has(SHARE).then(|| share(rows, rounded, problems));
        let (Some(from), Some(to), Some(quality)) = (option, to, quality) else { continue };
        if unsorted.is_none() && (from as usize) + 1 < covers.starts.len() {
            unsorted = Some(keep_lines(&covers));
        }
        match &mut unsorted {
            Some(rest) => rest.push((from, rows.line().min(u64::from(u32::MAX)) as u32)),
            None => {
                while covers.starts.len() <= from as usize {
                    covers.starts.push(covers.covered.len() as u32);
                }
                if last[to as usize] == from {
                    rows.problem(1, "each demand once for an option", problems);
                }
                last[to as usize] = from;
            }
        }
        covers.covered.push(to);
        covers.qualities.push(quality as u32);
        covers.shares.extend(share);
    }
    drop(last);
    if read == 0 {
        rows.whole("at least one row: options that serve nobody make no plan", problems);
    }
    match unsorted {
        Some(rest) => sorted(&covers, &rest, count, (rows.file(), demand), problems),
        None => {
            covers.starts.resize(count + 1, covers.covered.len() as u32);
            covers.covered.shrink_to_fit();
            covers.qualities.shrink_to_fit();
            covers.shares.shrink_to_fit();
            sort_runs(&mut covers);
            covers
        }
    }
}

/// What part of a demand an option serves at most; nothing is all of it.
fn share(rows: &dyn Table, rounded: &mut u64, problems: &mut Problems) -> u32 {
    if rows.is_blank(SHARE) {
        return MILLION as u32;
    }
    let wanted = "the part of the demand that it serves at most: a number from 0 to 1, or nothing";
    rows.number(SHARE, 6, MILLION, wanted, rounded, problems).unwrap_or(0) as u32
}

/// The options of the rows that came in order. Their lines are not known any more, nor needed: of two equal covers the later one is
/// complained about, and those among these rows were told apart as they came.
fn keep_lines(covers: &Covers) -> Unsorted {
    let mut rows = Vec::with_capacity(covers.covered.len());
    let ends = covers.starts.iter().skip(1).copied().chain([covers.covered.len() as u32]);
    for (option, (start, end)) in covers.starts.iter().zip(ends).enumerate() {
        rows.extend((*start..end).map(|_| (option as u32, 0)));
    }
    rows
}

/// Sorts the covers of each option by demand, where they are not.
fn sort_runs(covers: &mut Covers) {
    let mut run: Vec<(u32, u32, u32)> = Vec::new();
    for at in 1..covers.starts.len() {
        let range = covers.starts[at - 1] as usize..covers.starts[at] as usize;
        if covers.covered[range.clone()].is_sorted() {
            continue;
        }
        run.clear();
        let share = |n: usize| covers.shares.get(n).copied().unwrap_or(0);
        run.extend(range.clone().map(|n| (covers.covered[n], covers.qualities[n], share(n))));
        run.sort_unstable();
        for (n, (demand, quality, share)) in range.zip(&run) {
            (covers.covered[n], covers.qualities[n]) = (*demand, *quality);
            if let Some(to) = covers.shares.get_mut(n) {
                *to = *share;
            }
        }
    }
}

fn sorted(
    covers: &Covers,
    rows: &Unsorted,
    count: usize,
    (file, demand): (&str, &Demand),
    problems: &mut Problems,
) -> Covers {
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    order.sort_unstable_by_key(|at| (rows[*at as usize].0, covers.covered[*at as usize], *at));
    for pair in order.windows(2) {
        let [a, b] = [pair[0] as usize, pair[1] as usize];
        if rows[a].0 == rows[b].0 && covers.covered[a] == covers.covered[b] {
            let said = demand.names.get(covers.covered[b] as usize);
            problems.push(file, u64::from(rows[b].1), "demand", said, "each demand once for an option");
        }
    }
    let mut starts = vec![0u32; count + 1];
    for (option, _) in rows {
        starts[*option as usize + 1] += 1;
    }
    for option in 0..count {
        starts[option + 1] += starts[option];
    }
    Covers {
        starts,
        covered: order.iter().map(|at| covers.covered[*at as usize]).collect(),
        qualities: order.iter().map(|at| covers.qualities[*at as usize]).collect(),
        shares: order.iter().filter_map(|at| covers.shares.get(*at as usize).copied()).collect(),
    }
}
