//! The cost book: what each thing costs, how it is paid, how long it lasts, who says so and when. The prices here are where to begin;
//! a file replaces those for which a district has its own. What has no price that we could find has none here: it must be given.

use super::book::PriceLine;
use super::files::{Desk, Files};
use crate::MILLION;
use crate::read::rows::Rows;
use crate::read::table::Table;
use std::collections::BTreeMap;
use std::io::Read;

/// How a price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paid {
    Once,
    Month,
    Year,
}

impl Paid {
    const ALL: [(&'static str, Self); 3] =
        [("once", Self::Once), ("month", Self::Month), ("year", Self::Year)];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, paid)| *paid == self).map_or("", |(word, _)| word)
    }
}

/// A price with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Price {
    /// What one of it is: a device, a bus, a site.
    pub unit: String,
    /// Cents, as the source says.
    pub cents: u64,
    pub paid: Paid,
    /// Years until it must be bought again.
    pub life: u64,
    pub source: String,
    /// The day, month or year of the source.
    pub date: String,
}

/// Things, their units, and prices to begin with: dollars, how paid, life in years, source, date. Lives without a source of their own are
/// assumptions, and the source says so.
type Line = (&'static str, &'static str, Option<(u64, Paid, u64, &'static str, &'static str)>);
const ITEMS: [Line; 15] = [
    (
        "hotspot_device",
        "device",
        Some((
            9_000,
            Paid::Once,
            3,
            "cap of the FCC's order on lending hotspots (void since 2025); bundle of 36 months",
            "2024-07",
        )),
    ),
    (
        "hotspot_service",
        "device",
        Some((
            1_500,
            Paid::Month,
            1,
            "cap of the FCC's order on lending hotspots (void since 2025)",
            "2024-07",
        )),
    ),
    ("hotspot_handling", "device", None),
    ("offer_promotion", "home", None),
    (
        "anchor_access_point",
        "access point",
        Some((
            90_800,
            Paid::Once,
            5,
            "Weatherford, Texas: 72 outdoor access points with antennas and licences for $65,400, without installing; life assumed",
            "2018",
        )),
    ),
    ("anchor_line", "site", None),
    ("anchor_staff", "site", None),
    (
        "bus_equipment",
        "bus",
        Some((
            325_000,
            Paid::Once,
            5,
            "middle of $2,500 to $4,000, Citizens Against Government Waste, as read in 2026; life assumed",
            "2026-11",
        )),
    ),
    (
        "bus_service",
        "bus",
        Some((
            50_000,
            Paid::Year,
            1,
            "middle of $400 to $600, Citizens Against Government Waste, as read in 2026",
            "2026-11",
        )),
    ),
    ("bus_parking", "bus", None),
    (
        "lte_site",
        "site",
        Some((
            20_000_000,
            Paid::Once,
            10,
            "Castleberry, Texas: three sites for $200,000 each, as read in 2026; life as in the cost model pysim5g",
            "2026-11",
        )),
    ),
    (
        "lte_rent",
        "site",
        Some((
            960_000,
            Paid::Year,
            1,
            "rent of a site in the cost model pysim5g, as read in 2026; no quotation",
            "2026-11",
        )),
    ),
    (
        "lte_spectrum_access",
        "home",
        Some((225, Paid::Month, 1, "a spectrum access system's announced price for each household", "2019")),
    ),
    ("lte_outdoor_device", "home", None),
    ("lte_indoor_device", "home", None),
];

/// The prices to begin with, as people read them; an item without one has an empty price.
pub(super) fn begin() -> Vec<PriceLine> {
    let all = ITEMS.into_iter();
    all.map(|(item, unit, price)| PriceLine::new(item, unit, price.map(|p| (p.0, p.1, p.2, p.3, p.4))))
        .collect()
}

/// Whether there is such an item. The price of an offer stands beside the offer.
pub(super) fn is_item(name: &str) -> bool {
    name == "offer_price" || ITEMS.iter().any(|item| item.0 == name)
}

pub(super) const COLUMNS: [&str; 7] = ["item", "price", "paid", "unit", "life", "source", "date"];
/// Cents of a price at most: a billion dollars.
const MOST: u64 = 100_000_000_000;

/// Prices by item. `item/word` is the price of an item for one carrier, provider or site.
#[derive(Clone, Debug, Default)]
pub(super) struct CostBook {
    prices: BTreeMap<String, Price>,
    /// Items of the file that are priced for one carrier, provider or site.
    own: Vec<String>,
    /// The file, for problems.
    file: String,
    /// Millionths a year.
    inflation: u64,
    first_year: u64,
    years: u64,
}

/// What a number of things costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Whether it is paid in the year in which the option is opened, and not in each of its years.
    pub once: bool,
    /// Cents of the first year.
    pub cents: u64,
}

impl CostBook {
    /// The prices to begin with, and those of a file in their place.
    pub fn read(
        desk: &mut Desk,
        files: &mut Files<'_>,
        file: Option<&str>,
        settings: (u64, u64, u64),
    ) -> Self {
        let (inflation, first_year, years) = settings;
        let mut book = Self {
            file: file.unwrap_or(&desk.scenario).to_owned(),
            inflation,
            first_year,
            years,
            ..Self::default()
        };
        for (item, unit, price) in ITEMS {
            if let Some((cents, paid, life, source, date)) = price {
                let (source, date, unit) = (source.to_owned(), date.to_owned(), unit.to_owned());
                book.prices.insert(item.to_owned(), Price { unit, cents, paid, life, source, date });
            }
        }
        if let Some(mut rows) = file.and_then(|file| desk.open(files, file, None, &COLUMNS, 3)) {
            let mut seen = std::collections::BTreeSet::new();
            while rows.next(&mut desk.problems) {
                if let Some((item, price)) = row(&rows, desk) {
                    if !seen.insert(item.clone()) {
                        rows.problem(0, "an item that no row above has", &mut desk.problems);
                    }
                    book.own.extend(item.contains('/').then(|| item.clone()));
                    book.prices.insert(item, price);
                }
            }
        }
        book
    }

    /// Notes the prices for one carrier, provider or site that nothing is priced by: most often the name is another one in its file.
    pub fn note_unused<'b>(&self, billed: impl Iterator<Item = &'b str>, notes: &mut Vec<String>) {
        let billed: std::collections::BTreeSet<&str> = billed.collect();
        let unused: Vec<&str> =
            self.own.iter().map(String::as_str).filter(|item| !billed.contains(item)).collect();
        if !unused.is_empty() {
            notes.push(format!("{}: no option is priced by {}", self.file, unused.join(", ")));
        }
    }

    /// The price of an item for a carrier, provider or site, or else that of the item.
    pub fn price(&self, item: &str, of: &str) -> Option<(String, &Price)> {
        let own = format!("{item}/{of}");
        self.prices
            .get_key_value(&own)
            .or_else(|| self.prices.get_key_value(item))
            .map(|(name, price)| (name.clone(), price))
    }

    /// Which of these names an item has a price for; the first where it has none.
    pub fn whose<'n>(&self, item: &str, names: [&'n str; 2]) -> &'n str {
        let has = |name: &&str| self.prices.contains_key(&format!("{item}/{name}"));
        names.into_iter().find(has).unwrap_or(names[0])
    }

    /// Notes once that an item has no price.
    pub fn missing(&self, item: &str, what: &str, desk: &mut Desk) {
        let wanted = format!("a price of `{item}` in the cost book ({what}): there is none to begin with");
        let kept = desk.problems.kept();
        if !kept.iter().any(|p| p.wanted == wanted) {
            desk.problems.push(&self.file, 0, "item", "", wanted);
        }
    }

    /// Cents of the plan's first year: prices that are older rise by the inflation of each year since, rounded up.
    pub fn today(&self, price: &Price) -> u64 {
        let said: u64 = price.date.get(..4).and_then(|year| year.parse().ok()).unwrap_or(self.first_year);
        let mut cents = price.cents;
        for _ in said..self.first_year {
            let risen = u128::from(cents) * u128::from(MILLION + self.inflation);
            cents = u64::try_from(risen.div_ceil(u128::from(MILLION))).unwrap_or(u64::MAX);
        }
        cents
    }

    /// What so many things cost, in millionths of one: what lasts for the whole plan is paid when it is bought; what does not
    /// is paid by the year, its price over its life.
    pub fn cost(&self, price: &Price, quantity: u64) -> Cost {
        let all = u128::from(self.today(price)) * u128::from(quantity);
        let (once, times, over) = match price.paid {
            Paid::Once if price.life >= self.years => (true, 1, 1),
            Paid::Once => (false, 1, u128::from(price.life)),
            Paid::Month => (false, 12, 1),
            Paid::Year => (false, 1, 1),
        };
        let cents = (all * times).div_ceil(u128::from(MILLION) * over);
        Cost { once, cents: u64::try_from(cents).unwrap_or(u64::MAX) }
    }
}

pub(super) fn row<R: Read>(rows: &Rows<R>, desk: &mut Desk) -> Option<(String, Price)> {
    let item = rows.text(0).to_owned();
    let base = item.split_once('/').map_or(item.as_str(), |(base, _)| base);
    let Some((_, unit, _)) = ITEMS.iter().find(|(name, ..)| *name == base) else {
        let all: Vec<&str> = ITEMS.iter().map(|(name, ..)| *name).collect();
        let wanted = format!(
            "one of the items {}; `hotspot_service/NAME` for one carrier, provider or site",
            all.join(", ")
        );
        rows.problem(0, wanted, &mut desk.problems);
        return None;
    };
    let cents = rows.number(
        1,
        2,
        MOST,
        "a price in dollars: a number, 0 or more",
        &mut desk.rounded,
        &mut desk.problems,
    );
    let paid = Paid::ALL.iter().find(|(word, _)| *word == rows.text(2)).map(|(_, paid)| *paid);
    if paid.is_none() {
        rows.problem(2, "`once`, `month` or `year`", &mut desk.problems);
    }
    if !rows.text(3).is_empty() && rows.text(3) != *unit {
        rows.problem(3, format!("`{unit}`, or nothing: {base} is priced by that"), &mut desk.problems);
    }
    let life = if rows.text(4).is_empty() && paid != Some(Paid::Once) {
        Some(1)
    } else {
        rows.text(4).parse::<u64>().ok()
    };
    let life = life.filter(|life| (1..=50).contains(life));
    if life.is_none() {
        rows.problem(4, "the years that it lasts: a whole number from 1 to 50", &mut desk.problems);
    }
    let (source, date) = (rows.text(5).to_owned(), rows.text(6).to_owned());
    if source.is_empty() {
        rows.problem(5, "who says so", &mut desk.problems);
    }
    if !is_date(&date) {
        rows.problem(6, "when: 2026, 2026-09 or 2026-09-30", &mut desk.problems);
    }
    Some((
        item.clone(),
        Price { unit: (*unit).to_owned(), cents: cents?, paid: paid?, life: life?, source, date },
    ))
}

/// A year, a month or a day.
pub(super) fn is_date(text: &str) -> bool {
    let number = |part: &str, length: usize, low: u32, high: u32| {
        part.len() == length
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|n: u32| (low..=high).contains(&n))
    };
    let mut parts = text.split('-');
    parts.next().is_some_and(|year| number(year, 4, 1990, 2100))
        && parts.next().is_none_or(|month| number(month, 2, 1, 12))
        && parts.next().is_none_or(|day| number(day, 2, 1, 31))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_paid_once_and_what_does_not_by_the_year() {
        let book = CostBook { inflation: 30_000, first_year: 2026, years: 3, ..CostBook::default() };
        let price = |cents, paid, life, date: &str| Price {
            unit: String::new(),
            cents,
            paid,
            life,
            source: String::new(),
            date: date.to_owned(),
        };
        let once = |cents| Cost { once: true, cents };
        let yearly = |cents| Cost { once: false, cents };
        assert_eq!(book.cost(&price(9_000, Paid::Once, 3, "2026"), 2_500_000), once(22_500));
        assert_eq!(book.cost(&price(9_000, Paid::Once, 2, "2026-09"), MILLION), yearly(4_500));
        assert_eq!(book.cost(&price(1_500, Paid::Month, 1, "2027"), MILLION), yearly(18_000));
        // 100 dollars of 2024 at 3% a year: 103, 106.09.
        assert_eq!(book.cost(&price(10_000, Paid::Year, 1, "2024-07"), MILLION), yearly(10_609));
        assert_eq!(book.cost(&price(1, Paid::Once, 9, "2026"), 1), once(1), "rounded up");
    }

    #[test]
    fn each_price_to_begin_with_has_a_source_and_a_date() {
        for (item, unit, price) in ITEMS {
            assert!(
                !unit.is_empty() && price.is_none_or(|p| !p.3.is_empty() && is_date(p.4) && p.2 > 0),
                "{item}"
            );
        }
        for date in ["26", "2026-13", "2026-1", "2026-01-32", "2026-01-01-01", "", "2026-", "+026"] {
            assert!(!is_date(date), "{date}");
        }
    }
}
