//! The cost book as people read and change it: each line as text.

use super::costs::{self, COLUMNS, Paid};
use super::files::Desk;
use super::write::{cell, decimal};
use evenfield_model::Problems;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// A line of the cost book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLine {
    /// The item; `item/NAME` is its price for one carrier, provider, site or vehicle.
    pub item: String,
    /// What one of it is.
    pub unit: String,
    /// Dollars; empty where there is no price to begin with.
    pub price: String,
    /// `once`, `month` or `year`.
    pub paid: String,
    /// Years that it lasts.
    pub life: String,
    /// Who says so.
    pub source: String,
    /// When.
    pub date: String,
}

impl PriceLine {
    pub(super) fn new(item: &str, unit: &str, price: Option<(u64, Paid, u64, &str, &str)>) -> Self {
        let mut line = Self { item: item.to_owned(), unit: unit.to_owned(), ..Self::default() };
        if let Some((cents, paid, life, source, date)) = price {
            line.price = decimal(cents, 2);
            line.paid = paid.word().to_owned();
            line.life = life.to_string();
            line.source = source.to_owned();
            line.date = date.to_owned();
        }
        line
    }
}

/// The prices to begin with: a line for each item.
pub fn prices_to_begin_with() -> Vec<PriceLine> {
    costs::begin()
}

/// Reads prices of one's own, as `[costs]` of a scenario does.
///
/// # Errors
/// Everything that is wrong, each with file, line, column, what was said and what was wanted.
pub fn read_prices(file: &str, bytes: &[u8]) -> Result<Vec<PriceLine>, Problems> {
    let mut desk = Desk { scenario: file.to_owned(), ..Desk::default() };
    let mut lines: Vec<PriceLine> = Vec::new();
    let mut open = |_: &str, _: Option<&str>| -> io::Result<Box<dyn Read>> {
        Ok(Box::new(io::Cursor::new(bytes.to_vec())))
    };
    if let Some(mut rows) = desk.open(&mut open, file, None, &COLUMNS, 3) {
        while rows.next(&mut desk.problems) {
            let Some((item, price)) = costs::row(&rows, &mut desk) else { continue };
            if lines.iter().any(|line| line.item == item) {
                rows.problem(0, "an item that no row above has", &mut desk.problems);
            }
            let (source, date) = (price.source.as_str(), price.date.as_str());
            lines.push(PriceLine::new(
                &item,
                &price.unit,
                Some((price.cents, price.paid, price.life, source, date)),
            ));
        }
    }
    if desk.problems.is_empty() { Ok(lines) } else { Err(desk.problems) }
}

/// Writes them as that file; lines without a price are left out.
///
/// # Errors
/// When the stream fails.
pub fn write_prices(lines: &[PriceLine], to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{}", COLUMNS.join(","))?;
    for line in lines.iter().filter(|line| !line.price.is_empty()) {
        let cells = [&line.item, &line.price, &line.paid, &line.unit, &line.life, &line.source, &line.date];
        writeln!(to, "{}", cells.map(|text| cell(text)).join(","))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_is_written_as_it_is_read() {
        let lines: Vec<PriceLine> =
            prices_to_begin_with().into_iter().filter(|line| !line.price.is_empty()).collect();
        let mut bytes = Vec::new();
        write_prices(&lines, &mut bytes).unwrap();
        assert_eq!(read_prices("costs.csv", &bytes), Ok(lines));
    }

    #[test]
    fn wrong_lines_are_all_told() {
        let text =
            b"item,price,paid,unit,life,source,date\nbus_service,x,week,bus,,,\ngold,1,once,,1,a,2026\n";
        let problems = read_prices("mine.csv", text).unwrap_err();
        let columns: Vec<&str> = problems.kept().iter().map(|p| p.column.as_str()).collect();
        assert_eq!(columns, ["price", "paid", "source", "date", "item"]);
    }
}
