//! Marks of what a form showed, sent back with it: what somebody else has stored meanwhile is not overwritten unseen.

use super::form::{Input, Slot, Step};
use super::scenario::Settings;
use crate::exchange::digest;
use std::collections::BTreeMap;

/// The mark of a step: all that its form says and the files that it has. `files` are the digests of the uploads.
pub fn of_step(step: &Step, name: &str, settings: &Settings, files: &BTreeMap<Slot, String>) -> String {
    let mut pieces: Vec<&[u8]> = Vec::new();
    let inputs = step.inputs();
    for (input, field, _) in &inputs {
        let said = match field.input {
            Input::File(slot) => files.get(&slot).map_or("", String::as_str),
            _ if field.key == "name" => name,
            _ => settings.values.get(input).map_or("", String::as_str),
        };
        pieces.push(said.as_bytes());
    }
    digest(pieces)
}

/// The mark of an item's price of one's own; of an item without one that of nothing.
pub fn of_price(settings: &Settings, item: &str) -> String {
    let line = settings.prices.iter().find(|line| line.item == item);
    let cells = line.map(|l| [&l.item, &l.price, &l.paid, &l.unit, &l.life, &l.source, &l.date]);
    digest(cells.iter().flatten().map(|cell| cell.as_bytes()))
}

/// The mark of all prices of one's own.
pub fn of_prices(settings: &Settings) -> String {
    let marks: Vec<String> = settings.prices.iter().map(|line| of_price(settings, &line.item)).collect();
    digest(marks.iter().map(String::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::super::form::step;
    use super::*;
    use evenfield_plan::scenario::PriceLine;

    #[test]
    fn a_mark_changes_with_its_own_step_alone() {
        let (basis, lending) = (step("basis").unwrap(), step("lending").unwrap());
        let mut settings = Settings::new(2026);
        let mut files = BTreeMap::new();
        let marks = |settings: &Settings, files: &BTreeMap<Slot, String>| {
            (of_step(basis, "A", settings, files), of_step(lending, "A", settings, files))
        };
        let before = marks(&settings, &files);
        settings.values.insert("budget_2".to_owned(), "1".to_owned());
        let budget = marks(&settings, &files);
        assert!(budget.0 != before.0 && budget.1 == before.1);
        files.insert(Slot::Coverage, "digest".to_owned());
        let file = marks(&settings, &files);
        assert!(file.0 == budget.0 && file.1 != budget.1);
        assert_ne!(of_step(basis, "B", &settings, &files), file.0);
    }

    #[test]
    fn a_price_has_a_mark_of_its_own() {
        let mut settings = Settings::new(2026);
        let none = of_price(&settings, "bus_service");
        let line = |item: &str, price: &str| PriceLine {
            item: item.to_owned(),
            price: price.to_owned(),
            ..PriceLine::default()
        };
        settings.put_price(line("lte_rent", "5"));
        assert_eq!(of_price(&settings, "bus_service"), none);
        let all = of_prices(&settings);
        settings.put_price(line("bus_service", "7"));
        let seven = of_price(&settings, "bus_service");
        settings.put_price(line("bus_service", "8"));
        assert!(seven != none && of_price(&settings, "bus_service") != seven && of_prices(&settings) != all);
    }
}
