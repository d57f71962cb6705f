//! From a scenario to an instance: the students without access, the five strategies as options, what they cost and who pays.
//!
//! ```text
//! scenario.toml + files -> settings -> cost book, funds, policy, demand -> a builder for each strategy -> options -> folder
//! ```
//!
//! `docs/formats/scenario.md` says what the files hold. What is written is the folder that [`crate::read`] reads, and the facts: what
//! each option is, where it is, each line of its bill with source and date, and what others pay in which year.

mod anchors;
mod book;
mod buses;
mod choice;
mod costs;
mod coverage;
mod demand;
mod facts;
pub(crate) mod fields;
mod figures;
pub(crate) mod files;
mod funding;
mod groups;
mod gtfs;
mod lending;
mod lte;
mod offers;
mod place;
mod quality;
mod report;
mod routes;
mod settings;
mod write;

pub use book::{PriceLine, prices_to_begin_with, read_prices, write_prices};
pub use facts::{Facts, FactsDemand, FactsLine, FactsOption};
pub use files::Files;
pub use place::Point;
pub use quality::{Counts, Kind, Policy};
pub use report::{
    Bought, GroupLine, Interval, Item, PlaceLine, Reach, Report, SchoolYear, StrategyLine, report,
};

use choice::{Choice, Shop};
use costs::CostBook;
use demand::Demand;
use evenfield_model::Problems;
use files::Desk;
use settings::Settings;

/// A scenario as built: an instance and its facts, to be written.
#[derive(Debug)]
pub struct Built {
    settings: Settings,
    demand: Demand,
    /// Of the group column, where there is one.
    group: Option<usize>,
    choices: Vec<Choice>,
    /// What people should know though nothing is wrong.
    pub notes: Vec<String>,
    /// How many numbers had more decimals than are kept and were rounded.
    pub rounded: u64,
}

/// A group of the column that floors are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Group {
    /// As the column calls it.
    pub name: String,
    /// Students without access, in millionths.
    pub students: u64,
    /// Whom the gap's figures count there, in millionths; 0 where the demand is no figures.
    pub counted: u64,
}

/// Reads a scenario and all files that it names; `file` is its name for problems.
///
/// # Errors
/// Everything that is wrong in all files, each with file, line, column, what was said and what was wanted.
pub fn build(file: &str, text: &str, files: &mut Files<'_>) -> Result<Built, Problems> {
    let mut desk = Desk { scenario: file.to_owned(), ..Desk::default() };
    let Some(settings) = settings::read(file, text, &mut desk.problems) else { return Err(desk.problems) };
    let years = settings.years as u64;
    let book = (settings.inflation, settings.first_year, years);
    let costs = CostBook::read(&mut desk, files, settings.prices.as_deref(), book);
    let demand = Demand::read(&mut desk, files, &settings.demand, settings.group.as_deref());
    let group = group(&settings, &demand, &mut desk);
    let mut shop = Shop {
        desk: &mut desk,
        demand: &demand,
        costs: &costs,
        funds: &settings.funds,
        policy: &settings.policy,
        years: settings.first_year..settings.first_year + years,
        home: settings.home,
        choices: Vec::new(),
        ids: std::collections::HashSet::new(),
    };
    if let Some(settings) = &settings.anchors {
        anchors::build(&mut shop, files, settings);
    }
    if let Some(settings) = &settings.offers {
        offers::build(&mut shop, files, settings);
    }
    lending::build(&mut shop, files, &settings.lending);
    if let Some(settings) = &settings.buses {
        buses::build(&mut shop, files, settings);
    }
    if let Some(settings) = &settings.lte {
        lte::build(&mut shop, files, settings);
    }
    let mut choices = shop.choices;
    let billed = choices.iter().flat_map(|choice| &choice.lines);
    costs.note_unused(billed.map(|line| line.item.as_str()), &mut desk.notes);
    let all = choices.len();
    choices.retain(|choice| !choice.covers.is_empty() || choice.fixed == crate::Fixed::In);
    if choices.len() < all {
        desk.notes.push(format!("{} options reach nobody and are left out", all - choices.len()));
    }
    if choices.iter().all(|choice| choice.covers.is_empty()) && desk.problems.is_empty() {
        desk.problems.push(file, 0, "", "", "at least one option that reaches somebody");
    }
    check_fixed(&settings, &choices, &mut desk);
    if !desk.problems.is_empty() {
        return Err(desk.problems);
    }
    let rounded = desk.rounded;
    Ok(Built { settings, demand, group, choices, notes: desk.notes, rounded })
}

/// The group column that floors are about, and that each floor is of a group that there is.
fn group(settings: &Settings, demand: &Demand, desk: &mut Desk) -> Option<usize> {
    let wanted = settings.group.as_ref()?;
    let found = demand.columns.iter().position(|column| column == wanted);
    let Some(at) = found else {
        if !demand.rows.is_empty() {
            let columns = demand.columns.join(", ");
            let wanted = format!("a group column of {}: {columns}", demand.file);
            desk.problems.push(&desk.scenario, 0, "group", settings.group.as_deref().unwrap_or(""), wanted);
        }
        return None;
    };
    for (floor, _) in &settings.floors {
        if demand.rows.iter().all(|row| row.groups[at] != *floor) {
            let wanted = format!("a group in the column `{wanted}` of {}", demand.file);
            desk.problems.push(&desk.scenario, 0, "floors", floor, wanted);
        }
    }
    Some(at)
}

/// What is bought already must be within each year's budget.
fn check_fixed(settings: &Settings, choices: &[Choice], desk: &mut Desk) {
    let taken = |year: usize| {
        let bought = choices.iter().filter(|choice| choice.fixed == crate::Fixed::In);
        bought.map(|choice| choice.cost(year)).fold(0u64, |sum, [once, running]| {
            sum.saturating_add(running).saturating_add(if year == 0 { once } else { 0 })
        })
    };
    for (year, budget) in settings.deflated().into_iter().enumerate() {
        let said = settings.budget.get(year).copied().unwrap_or(0);
        if said > 0 && budget == 0 {
            let said = format!("{}.{:02}", said / 100, said % 100);
            let wanted = format!("0, or at least a cent in money of the first year, in year {}", year + 1);
            desk.problems.push(&desk.scenario, 0, "budget", &said, wanted);
        }
        let taken = taken(year);
        if taken > budget {
            let wanted = format!(
                "at least {}.{:02} in year {}, in money of the first: the options fixed `in` take so much",
                taken / 100,
                taken % 100,
                year + 1
            );
            desk.problems.push(&desk.scenario, 0, "budget", "", wanted);
        }
    }
}

#[cfg(test)]
mod tests;
