//! How much data lines used, from a carrier's file.
//!
//! A line that the file does not have is one of which nothing is known: some carriers leave out lines without use, and others leave out
//! lines that they could not count.

use super::numbers::{self, Wrong};
use super::{ICCID, text, wanted};
use crate::read::{ColumnMap, ReadError, Table, TableRules, fold};
use evenfield_model::Problems;
use jiff::civil::Date;
use std::collections::HashMap;

/// The unit of the amounts of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Octets.
    Bytes,
    /// Thousands of them, or 1,024.
    Kilo,
    /// Millions, or 1,024 squared.
    Mega,
    /// Thousands of millions, or 1,024 cubed.
    Giga,
}

impl Unit {
    /// All units.
    pub const ALL: [Self; 4] = [Self::Bytes, Self::Kilo, Self::Mega, Self::Giga];

    /// The word in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Kilo => "kb",
            Self::Mega => "mb",
            Self::Giga => "gb",
        }
    }

    /// The unit with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match fold(word).as_str() {
            "bytes" | "byte" | "b" | "octets" => Self::Bytes,
            "kb" | "kib" | "kilobytes" => Self::Kilo,
            "mb" | "mib" | "megabytes" => Self::Mega,
            "gb" | "gib" | "gigabytes" => Self::Giga,
            _ => return None,
        })
    }

    /// How many octets it is, where a thousand is `base`.
    fn octets(self, base: u32) -> f64 {
        f64::from(base).powi(self as i32)
    }
}

/// How the amounts of a file are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The unit, where a row does not say one.
    pub unit: Unit,
    /// What a thousand is: 1,000 or 1,024.
    pub base: u32,
    /// The day of a row that does not say one.
    pub day: Date,
    /// Today: nothing was used after it.
    pub today: Date,
}

/// What a line used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The card.
    pub iccid: String,
    /// The first day that is meant.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// How much, octets.
    pub octets: i64,
}

/// The longest time that a row may be about, days: a quarter.
const DAYS: i32 = 92;
/// More than this no line uses, octets: 2^50.
const MOST: f64 = 1_125_899_906_842_624.0;

/// The columns that a file of what lines used may have, each with whether it must.
pub const COLUMNS: [(&str, bool); 5] =
    [("iccid", true), ("usage", true), ("unit", false), ("date", false), ("from", false)];

/// Reads a carrier's file, delimited text or a workbook, with the columns `iccid` and `usage`, and perhaps `unit`, `date` and `from`, or as a
/// map says that is about its headings. A
/// row with a problem is left out; a card with two rows for a day is one.
pub fn parse_usage(file: &str, bytes: &[u8], shape: Shape, maps: &[ColumnMap]) -> (Vec<Used>, Problems) {
    let (mut all, mut problems) = (Vec::new(), Problems::default());
    let text = text(file, bytes, &mut problems);
    if let Err(error) = text.and_then(|text| rows((file, &text), (shape, maps), &mut all, &mut problems)) {
        error.note(&mut problems);
    }
    if all.is_empty() && problems.is_empty() {
        problems.push(file, 0, "", "", "at least one line");
    }
    (all, problems)
}

fn rows(
    (file, text): (&str, &str),
    (shape, maps): (Shape, &[ColumnMap]),
    all: &mut Vec<Used>,
    problems: &mut Problems,
) -> Result<(), ReadError> {
    let mut table = Table::open(file, text, TableRules::default(), problems)?.mapped(maps);
    let card = table.require(&["iccid", "sim", "sim_number", "icc"], problems);
    let usage = table.require(&["usage", "data_usage", "data", "quantity", "amount"], problems);
    let unit_column = table.column(&["unit", "quantity_unit", "usage_unit"], problems);
    let to = table.column(&["date", "day", "to", "end_date"], problems);
    let from = table.column(&["from", "start_date"], problems);
    if card.is_none() || usage.is_none() {
        return Ok(());
    }
    let mut before: HashMap<(String, Date), u64> = HashMap::new();
    while let Some(row) = table.next_row(problems) {
        let found = problems.found();
        let iccid = numbers::iccid(row.text(card), true);
        if let Err(wrong) = iccid {
            let wrong = if row.filled(card).is_none() { Wrong::Digits } else { wrong };
            row.problem(card, wanted(ICCID, ICCID, wrong), problems);
        }
        let unit = match row.filled(unit_column) {
            Some(word) => Unit::from_word(word),
            None => Some(shape.unit),
        };
        if unit.is_none() {
            row.problem(unit_column, "bytes, KB, MB or GB", problems);
        }
        let amount = row.amount(usage, problems);
        if amount.is_none() && row.filled(usage).is_none() {
            row.problem(usage, "an amount; 0 for a line without use", problems);
        }
        let last = row.date(to, problems).unwrap_or(shape.day);
        let first = row.date(from, problems).unwrap_or(last);
        if last > shape.today {
            row.problem(to, format!("a day that is past; today is {}", shape.today), problems);
        }
        let days = first.until(last).map_or(-1, |span| span.get_days());
        if !(0..DAYS).contains(&days) {
            row.problem(from, format!("a day not after the last one, and at most {DAYS} days"), problems);
        }
        let octets = unit.zip(amount).map(|(unit, amount)| amount * unit.octets(shape.base));
        if octets.is_some_and(|octets| octets > MOST) {
            row.problem(usage, "an amount that a line can use; is the unit right?", problems);
        }
        if problems.found() > found {
            continue;
        }
        let (Ok(iccid), Some(octets)) = (iccid, octets) else { continue };
        match before.get(&(iccid.clone(), last)) {
            Some(line) => {
                row.problem(
                    card,
                    format!("each card once for a day; line {line} has this one, too"),
                    problems,
                );
            }
            None => {
                before.insert((iccid.clone(), last), row.line);
                all.push(Used { iccid, from: first, to: last, octets: octets.round() as i64 });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const CARD: &str = "8991101200003204514";
    const SHAPE: Shape =
        Shape { unit: Unit::Mega, base: 1_000, day: date(2026, 11, 20), today: date(2026, 11, 21) };

    #[test]
    fn amounts_are_read_in_their_unit() {
        let text = format!(
            "ICCID,Usage,Unit,From,Date\n{CARD},1.5,,,\n8991101200003204522,2,KB,2026-11-01,2026-11-10\n\
             8991101200003204530,0,bytes,,2026-11-19\n{CARD},1,,,\n8.99E+18,1,,,\n8991101200003204548,,,,\n\
             8991101200003204555,1,miles,,\n8991101200003204563,9999999,GB,,\n8991101200003204571,1,,2026-11-12,2026-11-11\n\
             8991101200003204589,1,,,2026-11-22\n8991101200003204597,0,,,2026-11-21\n"
        );
        let (all, problems) = parse_usage("u.csv", text.as_bytes(), SHAPE, &[]);
        let read: Vec<_> = all.iter().map(|u| (u.octets, u.from, u.to)).collect();
        assert_eq!(
            read,
            [
                (1_500_000, SHAPE.day, SHAPE.day),
                (2_000, date(2026, 11, 1), date(2026, 11, 10)),
                (0, date(2026, 11, 19), date(2026, 11, 19)),
                (0, date(2026, 11, 21), date(2026, 11, 21)),
            ]
        );
        let lines: Vec<_> = problems.kept().iter().map(|p| p.line).collect();
        assert_eq!(lines, [5, 6, 7, 8, 9, 10, 11], "{:?}", problems.kept());
        let shape = Shape { base: 1_024, ..SHAPE };
        let text = format!("sim,data\n{CARD},1\n");
        assert_eq!(parse_usage("u.csv", text.as_bytes(), shape, &[]).0[0].octets, 1_048_576);
    }

    proptest! {
        #[test]
        fn any_bytes_are_amounts_or_problems(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (all, problems) = parse_usage("u.csv", &bytes, SHAPE, &[]);
            prop_assert!(!all.is_empty() || !problems.is_empty());
            prop_assert!(all.iter().all(|u| u.octets >= 0 && u.from <= u.to));
        }
    }
}
