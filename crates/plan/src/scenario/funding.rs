//! Who pays a share of what, and in which school years: a dated set of rules. A rule that has ended stays here as history and pays
//! nothing; the share that a rule pays is the district's own (its discount, its grant) and is 0 unless the scenario says it.

use super::costs::{is_date, is_item};
use super::fields::Fields;
use crate::MILLION;
use std::ops::RangeInclusive;

/// A source of money with its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fund {
    pub name: String,
    /// The items that it pays for.
    pub items: Vec<String>,
    /// School years, by the year in which they begin; none when it never paid.
    pub years: Option<RangeInclusive<u64>>,
    /// Of an item, the cents of a unit (and month, where paid by the month) beyond which it pays nothing.
    pub caps: Vec<(String, u64)>,
    /// In millionths.
    pub share: u64,
    pub source: String,
}

struct Rule {
    name: &'static str,
    items: &'static [&'static str],
    years: Option<(u64, u64)>,
    caps: &'static [(&'static str, u64)],
    source: &'static str,
}

/// Federal rules so far.
const RULES: [Rule; 3] = [
    Rule {
        name: "ecf",
        items: &["hotspot_device", "hotspot_service", "bus_equipment", "bus_service"],
        years: Some((2021, 2023)),
        caps: &[("hotspot_device", 25_000)],
        source: "Emergency Connectivity Fund, 47 CFR 54.1707: July 2021 to June 2024, at most $250 a hotspot",
    },
    Rule {
        name: "e_rate_buses",
        items: &["bus_equipment", "bus_service"],
        years: Some((2024, 2024)),
        caps: &[],
        source: "E-Rate: funding year 2024 alone; ended by the FCC's vote of 30 September 2025",
    },
    Rule {
        name: "e_rate_hotspots",
        items: &["hotspot_device", "hotspot_service"],
        years: None,
        caps: &[("hotspot_device", 9_000), ("hotspot_service", 1_500)],
        source: "E-Rate: adopted in July 2024 from funding year 2025; those requests were denied by the FCC's vote of 30 September 2025",
    },
];

impl Fund {
    /// Reads a `[[funding]]`: a rule by its name and the district's share, or a fund of one's own.
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let rule = fields.text("rule");
        let share = fields.share("share").unwrap_or(0);
        if let Some(rule) = rule {
            let Some(known) = RULES.iter().find(|known| known.name == rule) else {
                let all: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
                fields.complain("rule", format!("one of: {}", all.join(", ")));
                return None;
            };
            return Some(Self {
                name: rule,
                items: known.items.iter().map(|item| (*item).to_owned()).collect(),
                years: known.years.map(|(first, last)| first..=last),
                caps: known.caps.iter().map(|(item, cents)| ((*item).to_owned(), *cents)).collect(),
                share,
                source: known.source.to_owned(),
            });
        }
        let (name, source, date) = (fields.need("name"), fields.need("source"), fields.need("date"));
        fields.needs("items");
        let items = fields.texts("items");
        let known = |item: &String| is_item(item.split_once('/').map_or(item.as_str(), |(base, _)| base));
        if items.as_ref().is_some_and(|items| items.is_empty() || !items.iter().all(known)) {
            fields.complain(
                "items",
                "items of the cost book, or `offer_price`: docs/formats/scenario.md lists them",
            );
        }
        let first = fields.whole("first_year", 1990, 2100);
        let last = fields.whole("last_year", 1990, 2100);
        if date.as_deref().is_some_and(|date| !is_date(date)) {
            fields.complain("date", "when the source said so: 2026, 2026-09 or 2026-09-30");
        }
        if first.zip(last).is_some_and(|(first, last)| first > last) {
            fields.complain("last_year", "a year that is not before `first_year`");
        }
        let source = format!("{} ({})", source?, date?);
        let years = Some(first.unwrap_or(0)..=last.unwrap_or(u64::MAX));
        Some(Self { name: name?, items: items?, years, caps: Vec::new(), share, source })
    }

    fn pays(&self, item: &str, year: u64, cents: u64) -> u64 {
        let base = item.split_once('/').map_or(item, |(base, _)| base);
        let due = self.items.iter().any(|i| i == base || i == item);
        if !due || !self.years.as_ref().is_some_and(|years| years.contains(&year)) {
            return 0;
        }
        match self.caps.iter().find(|(capped, _)| capped == base) {
            Some((_, cap)) if *cap < cents => {
                (u128::from(self.share) * u128::from(*cap) / u128::from(cents)) as u64
            }
            _ => self.share,
        }
    }
}

/// The share of a price that others pay in a school year, in millionths: all funds together, at most all of it.
pub(super) fn share(funds: &[Fund], item: &str, year: u64, cents: u64) -> u64 {
    funds.iter().map(|fund| fund.pays(item, year, cents)).sum::<u64>().min(MILLION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_pays_in_its_years_up_to_its_cap() {
        let fund = |name: &str, share| {
            let rule = RULES.iter().find(|rule| rule.name == name).unwrap();
            Fund {
                name: name.to_owned(),
                items: rule.items.iter().map(|item| (*item).to_owned()).collect(),
                years: rule.years.map(|(first, last)| first..=last),
                caps: rule.caps.iter().map(|(item, cents)| ((*item).to_owned(), *cents)).collect(),
                share,
                source: String::new(),
            }
        };
        let funds = [fund("ecf", MILLION), fund("e_rate_buses", 800_000), fund("e_rate_hotspots", MILLION)];
        assert_eq!(share(&funds, "hotspot_device", 2022, 20_000), MILLION);
        assert_eq!(share(&funds, "hotspot_device/carrier", 2022, 50_000), 500_000, "250 of 500 dollars");
        assert_eq!(share(&funds, "bus_service", 2024, 50_000), 800_000);
        assert_eq!(share(&funds, "bus_service", 2025, 50_000), 0);
        assert_eq!(share(&funds, "hotspot_service", 2025, 1_500), 0, "it never paid");
        assert_eq!(share(&funds, "lte_site", 2022, 1), 0);
        assert_eq!(share(&[fund("ecf", 700_000), fund("ecf", 700_000)], "bus_service", 2021, 1), MILLION);
    }
}
