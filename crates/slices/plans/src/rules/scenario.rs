//! What a scenario's pages say, and the `scenario.toml` that it becomes: the one way from the pages to the planner.

use super::form::{CARRIERS, FAIR, FLOORS, FUNDS, Field, Input, STEPS, Slot, YEARS};
use evenfield_gap::read::plain_number;
use evenfield_plan::scenario::{PriceLine, prices_to_begin_with};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The scenario's own name in lists of problems.
pub const FILE: &str = "scenario.toml";
/// The cost book's.
pub const COSTS: &str = "costs.csv";
/// The figures' of the gap.
pub const FIGURES: &str = "figures.csv";
/// That of the middle of each place.
pub const PLACES: &str = "places.csv";

/// What the pages say. What a person typed stays as typed, right or wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// By the names of inputs.
    pub values: BTreeMap<String, String>,
    /// Prices of its own; the others are those to begin with.
    #[serde(default)]
    pub prices: Vec<PriceLine>,
}

/// The names of a scenario's files, by slot.
pub type Names = BTreeMap<Slot, String>;

/// Names by which the scenario calls its files: their own, or with the slot before where another has the same. No two are the same,
/// whatever the files are called.
pub fn names<'f>(files: impl Iterator<Item = (Slot, &'f str)>) -> Names {
    let mut names = Names::new();
    for (slot, name) in files {
        let mut name = name.to_owned();
        while [FILE, COSTS, FIGURES, PLACES].contains(&name.as_str())
            || names.values().any(|known| *known == name)
        {
            name = format!("{}-{name}", slot.word());
        }
        names.insert(slot, name);
    }
    names
}

impl Settings {
    /// Where a new scenario begins: figures of the gap, three years.
    pub fn new(first_year: i16) -> Self {
        let values = [
            ("first_year", first_year.to_string()),
            ("years", "3".to_owned()),
            ("budget_1", "50000".to_owned()),
            ("inflation", "0.03".to_owned()),
            ("students_per_home", "1.5".to_owned()),
            ("demand", "figures".to_owned()),
            ("measure", "m1".to_owned()),
            ("geography", "block_group".to_owned()),
        ];
        let values = values.map(|(key, value)| (key.to_owned(), value)).into();
        Self { values, prices: Vec::new() }
    }

    /// What an input says; empty when it says nothing.
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    /// How many years there are budgets for in the pages.
    pub fn years(&self) -> usize {
        self.get("years").parse::<usize>().unwrap_or(1).clamp(1, usize::from(YEARS))
    }

    /// The budgets as typed; a year without one has that of the year before.
    pub fn budgets(&self) -> Vec<String> {
        let mut budgets: Vec<String> = Vec::new();
        for year in 1..=self.years() {
            let said = self.get(&format!("budget_{year}")).to_owned();
            let before = budgets.last().cloned().unwrap_or_default();
            budgets.push(if said.is_empty() { before } else { said });
        }
        budgets
    }

    /// Whether every group is to have as much as every group can have at once.
    pub fn is_fair(&self) -> bool {
        self.get("floors_by") == FAIR
    }

    /// Whether the demand is the gap's figures.
    pub fn takes_figures(&self) -> bool {
        self.get("demand") != "file"
    }

    /// The whole cost book: each item's price of one's own or to begin with, then prices for one carrier, provider, site or vehicle.
    pub fn book(&self) -> Vec<(PriceLine, bool)> {
        let own = |item: &str| self.prices.iter().find(|line| line.item == item);
        let mut book: Vec<(PriceLine, bool)> = Vec::new();
        for line in prices_to_begin_with() {
            match own(&line.item) {
                Some(line) => book.push((line.clone(), true)),
                None => book.push((line, false)),
            }
        }
        let items: BTreeSet<String> = book.iter().map(|(line, _)| line.item.clone()).collect();
        let others = self.prices.iter().filter(|line| !items.contains(&line.item));
        book.extend(others.map(|line| (line.clone(), true)));
        book
    }

    /// Puts a price of one's own into the book, in the place of the one that is there.
    pub fn put_price(&mut self, line: PriceLine) {
        self.prices.retain(|known| known.item != line.item);
        self.prices.push(line);
        self.prices.sort_by(|a, b| a.item.cmp(&b.item));
    }
}

/// Text of TOML: a text of JSON is one, but for the sign that TOML wants escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A number as TOML has it; what is no number becomes a text, so that the reader says what it wants.
fn number(text: &str) -> String {
    let plain = plain_number(text.trim_start_matches('$'));
    match plain.parse::<f64>() {
        Ok(value)
            if value.is_finite() && plain.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b)) =>
        {
            let (whole, part) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
            let (sign, digits) = match whole.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", whole.trim_start_matches('+')),
            };
            let digits = digits.trim_start_matches('0');
            let digits = if digits.is_empty() { "0" } else { digits };
            if part.is_empty() { format!("{sign}{digits}") } else { format!("{sign}{digits}.{part}") }
        }
        _ => quoted(text),
    }
}

/// A share: `30%` is 0.3.
fn share(text: &str) -> String {
    match text.strip_suffix('%').map(|percent| plain_number(percent).parse::<f64>()) {
        Some(Ok(percent)) if percent.is_finite() => {
            let rounded = (percent * 1e6).round() / 1e8;
            number(&format!("{rounded}"))
        }
        _ => number(text),
    }
}

fn value(input: Input, text: &str) -> String {
    match input {
        Input::Number => number(text),
        Input::Share => share(text),
        Input::Text | Input::Choice(_) | Input::File(_) => quoted(text),
    }
}

/// Writes `key = value` where there is a value.
fn line(out: &mut String, key: &str, value: Option<String>) {
    if let Some(value) = value {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{key} = {value}");
    }
}

/// What is written of a field, if it says anything.
fn said(settings: &Settings, files: &Names, field: &Field, time: u8) -> Option<String> {
    if let Input::File(slot) = field.input {
        return files.get(&slot).map(|name| quoted(name));
    }
    let text = settings.get(&field.input_name(time));
    (!text.is_empty()).then(|| value(field.input, text))
}

/// The keys of a table that its fields give.
fn keys(settings: &Settings, files: &Names, table: &str, time: u8) -> String {
    let mut out = String::new();
    let fields = STEPS.iter().flat_map(|step| step.fields);
    for field in fields.filter(|field| field.to.0 == table && !field.to.1.is_empty()) {
        line(&mut out, field.to.1, said(settings, files, field, time));
    }
    out
}

/// The scenario as the planner reads it.
pub fn text(settings: &Settings, files: &Names) -> String {
    let mut out = keys(settings, files, "", 1);
    let budgets: Vec<String> = settings.budgets().iter().map(|b| number(b)).collect();
    let _ = writeln!(out, "budget = [{}]", budgets.join(", "));
    floors(&mut out, settings);
    let inflation = settings.get("inflation");
    if !inflation.is_empty() || !settings.prices.is_empty() {
        out.push_str("\n[costs]\n");
        line(&mut out, "file", (!settings.prices.is_empty()).then(|| quoted(COSTS)));
        line(&mut out, "inflation", (!inflation.is_empty()).then(|| share(inflation)));
    }
    funding(&mut out, settings);
    for kind in evenfield_plan::scenario::Kind::ALL {
        let table = format!("quality.{}", kind.word());
        let keys = keys(settings, files, &table, 1);
        if !keys.is_empty() {
            let _ = write!(out, "\n[{table}]\n{keys}");
        }
    }
    demand(&mut out, settings, files);
    strategies(&mut out, settings, files);
    out
}

fn floors(out: &mut String, settings: &Settings) {
    if settings.is_fair() {
        // What every group can have at once is for the search to find.
        out.push_str("fair = true\n");
        return;
    }
    let mut groups: Vec<&str> = Vec::new();
    let floors = (1..=FLOORS).filter_map(|n| {
        let group = settings.get(&format!("floor_group_{n}"));
        let least = settings.get(&format!("floor_share_{n}"));
        // What is filled by half or named twice is told by `wrong`; a key twice would hide all else that is wrong.
        let whole = !group.is_empty() && !least.is_empty() && !groups.contains(&group);
        groups.push(group);
        whole.then(|| format!("{} = {}\n", quoted(group), share(least)))
    });
    let floors: String = floors.collect();
    if !floors.is_empty() {
        let _ = write!(out, "\n[floors]\n{floors}");
    }
}

fn funding(out: &mut String, settings: &Settings) {
    for rule in ["ecf", "e_rate_buses", "e_rate_hotspots"] {
        let paid = settings.get(&format!("share_{rule}"));
        if !paid.is_empty() {
            let _ = write!(out, "\n[[funding]]\nrule = \"{rule}\"\nshare = {}\n", share(paid));
        }
    }
    for n in 1..=FUNDS {
        let get = |key: &str| settings.get(&format!("{key}_{n}"));
        if get("fund_name").is_empty() {
            continue;
        }
        out.push_str("\n[[funding]]\n");
        for (key, to) in [("fund_name", "name"), ("fund_source", "source"), ("fund_date", "date")] {
            line(out, to, Some(get(key)).filter(|text| !text.is_empty()).map(quoted));
        }
        let items: Vec<String> =
            get("fund_items").split([',', ';', ' ']).filter(|i| !i.is_empty()).map(quoted).collect();
        let _ = writeln!(out, "items = [{}]", items.join(", "));
        line(out, "share", Some(get("fund_share")).filter(|text| !text.is_empty()).map(share));
        let (first, last) = get("fund_years").split_once(['-', '–']).unwrap_or((get("fund_years"), ""));
        for (key, year) in [("first_year", first.trim()), ("last_year", last.trim())] {
            line(out, key, (!year.is_empty()).then(|| number(year)));
        }
    }
}

fn demand(out: &mut String, settings: &Settings, files: &Names) {
    out.push_str("\n[demand]\n");
    let barriers = [
        ("Not Affordable", "not_affordable"),
        ("Not Available", "not_available"),
        ("Not Desired", "not_desired"),
    ];
    let barriers: Vec<String> = barriers
        .into_iter()
        .filter(|(_, key)| !settings.get(key).is_empty())
        .map(|(name, key)| format!("\"{name}\" = {}", share(settings.get(key))))
        .collect();
    let barriers = (!barriers.is_empty()).then(|| format!("{{ {} }}", barriers.join(", ")));
    if settings.takes_figures() {
        line(out, "barriers", barriers);
        let (measure, geography) = (quoted(settings.get("measure")), quoted(settings.get("geography")));
        let _ = write!(out, "\n[demand.figures]\nfile = \"{FIGURES}\"\nplaces = \"{PLACES}\"\n");
        let _ = writeln!(out, "measure = {measure}\ngeography = {geography}");
    } else {
        line(out, "file", files.get(&Slot::Students).map(|name| quoted(name)));
        line(out, "barriers", barriers);
    }
}

/// A strategy is part of the plan where it has the file that it begins with, and is not left out.
fn strategies(out: &mut String, settings: &Settings, files: &Names) {
    let is_in = |switch: &str, slots: &[Slot]| {
        settings.get(switch) != "no" && slots.iter().any(|slot| files.contains_key(slot))
    };
    let mut table = |name: &str, extra: &str| {
        let keys = keys(settings, files, name, 1);
        let _ = write!(out, "\n[{name}]\n{keys}{extra}");
    };
    if is_in("anchors_use", &[Slot::Anchors]) {
        table("homework_hotspots", "");
    }
    if is_in("offers_use", &[Slot::Offers]) {
        table("broadband_offers", "");
    }
    if is_in("buses_use", &[Slot::Routes, Slot::Gtfs]) {
        let carrier = !settings.get("bus_carrier").is_empty() && settings.get("covered").is_empty();
        let coverage = files.get(&Slot::Coverage).filter(|_| carrier);
        table("bus_wifi", &coverage.map_or(String::new(), |name| format!("coverage = {}\n", quoted(name))));
    }
    if is_in("lte_use", &[Slot::Sites, Slot::Served]) {
        table("private_lte", "");
    }
    if is_in("lending_use", &[Slot::Coverage]) {
        for n in (1..=CARRIERS).filter(|n| !settings.get(&format!("carrier_{n}")).is_empty()) {
            let _ = write!(out, "\n[[hotspot_lending]]\n{}", keys(settings, files, "hotspot_lending", n));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(values: &[(&str, &str)]) -> Settings {
        let mut settings = Settings::new(2026);
        settings.values.extend(values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        settings
    }

    #[test]
    fn what_is_no_number_stays_what_was_said() {
        assert_eq!(number("1,250.50"), "1250.50");
        assert_eq!(number("$30,000"), "30000");
        assert_eq!(number("007"), "7");
        assert_eq!(number("-1"), "-1");
        assert_eq!(number("many"), "\"many\"");
        assert_eq!(number("1e5"), "\"1e5\"");
        assert_eq!(share("30%"), "0.3");
        assert_eq!(share("0.125"), "0.125");
        assert_eq!(share("half"), "\"half\"");
        assert_eq!(quoted("a\u{7f}\"\n"), "\"a\\u007f\\\"\\n\"");
    }

    #[test]
    fn a_year_without_a_budget_has_that_of_the_year_before() {
        let settings = settings(&[("years", "3"), ("budget_1", "100"), ("budget_3", "5")]);
        assert_eq!(settings.budgets(), ["100", "100", "5"]);
    }

    #[test]
    fn the_text_is_toml_whatever_was_typed() {
        let odd = settings(&[
            ("group", "a \"group\"\u{7f}"),
            ("floor_group_1", "yes = 1\n[costs]"),
            ("floor_share_1", "40%"),
            ("fund_name_1", "Found\\ation"),
            ("fund_items_1", "hotspot_device, bus_service"),
            ("fund_share_1", "0.5"),
            ("fund_years_1", "2026-2027"),
            ("carrier_2", "Blue"),
            ("counts_bus_ride", "0.1"),
        ]);
        let files = Names::from([(Slot::Coverage, "cover \"age\".csv".to_owned())]);
        let text = text(&odd, &files);
        let table: toml::Table = text.parse().expect("TOML");
        assert_eq!(table["group"].as_str(), Some("a \"group\"\u{7f}"));
        assert_eq!(table["floors"]["yes = 1\n[costs]"].as_float(), Some(0.4));
        assert_eq!(table["hotspot_lending"][0]["carrier"].as_str(), Some("Blue"));
        assert_eq!(table["hotspot_lending"].as_array().map(Vec::len), Some(1));
        assert_eq!(table["funding"][0]["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(table["funding"][0]["last_year"].as_integer(), Some(2027));
        assert_eq!(table["quality"]["bus_ride"]["counts"].as_float(), Some(0.1));
        assert_eq!(table["budget"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn no_two_files_have_one_name() {
        let same = [
            (Slot::Students, "data.csv"),
            (Slot::Anchors, "offers-data.csv"),
            (Slot::Offers, "data.csv"),
            (Slot::Service, "costs.csv"),
        ];
        let names: Vec<String> = names(same.into_iter()).into_values().collect();
        assert_eq!(names, ["data.csv", "offers-data.csv", "offers-offers-data.csv", "service-costs.csv"]);
    }

    #[test]
    fn a_price_of_ones_own_stands_in_the_place_of_the_first() {
        let mut settings = Settings::new(2026);
        let line = |item: &str, price: &str| PriceLine {
            item: item.to_owned(),
            price: price.to_owned(),
            ..PriceLine::default()
        };
        let all = settings.book().len();
        settings.put_price(line("bus_service", "1"));
        settings.put_price(line("hotspot_service/Blue", "2"));
        settings.put_price(line("bus_service", "3"));
        let book = settings.book();
        assert_eq!(book.len(), all + 1);
        let own: Vec<(&str, &str)> =
            book.iter().filter(|b| b.1).map(|(l, _)| (l.item.as_str(), l.price.as_str())).collect();
        assert_eq!(own, [("bus_service", "3"), ("hotspot_service/Blue", "2")]);
    }
}
