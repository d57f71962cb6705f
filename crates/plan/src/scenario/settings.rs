//! `scenario.toml`: what is planned, with which files, prices and rules. Keys are strict.

use super::anchors;
use super::buses;
use super::demand;
use super::fields::{self, Fields};
use super::funding::Fund;
use super::lending;
use super::lte;
use super::offers;
use super::quality::Policy;
use crate::MILLION;
use evenfield_model::Problems;

/// Years of a plan at most.
const MOST_YEARS: u64 = 20;
/// Vendors at most that a limit of theirs may say.
const MOST_VENDORS: u64 = 1_000;
/// Cents of a year at most: a trillion dollars.
const MOST_CENTS: u64 = 100_000_000_000_000;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub years: usize,
    /// The school year that begins in this year is the first.
    pub first_year: u64,
    /// Cents of each year, in money of that year.
    pub budget: Vec<u64>,
    /// The column of groups that floors are about.
    pub group: Option<String>,
    /// Shares by group, in millionths.
    pub floors: Vec<(String, u64)>,
    /// Whether every group is to have as much as every group can at once, which the search finds.
    pub fair: bool,
    /// From so many vendors at most is bought.
    pub vendors: Option<u64>,
    pub prices: Option<String>,
    /// Millionths a year.
    pub inflation: u64,
    /// Students in a home, in millionths.
    pub home: u64,
    pub funds: Vec<Fund>,
    pub policy: Policy,
    pub demand: demand::Settings,
    pub anchors: Option<anchors::Settings>,
    pub offers: Option<offers::Settings>,
    pub lending: Vec<lending::Settings>,
    pub buses: Option<buses::Settings>,
    pub lte: Option<lte::Settings>,
}

/// Reads the settings; `None` after noting what is wrong with the whole file.
pub(super) fn read(file: &str, text: &str, problems: &mut Problems) -> Option<Settings> {
    fields::read(file, text, problems, settings)
}

fn settings(fields: &mut Fields<'_, '_>) -> Settings {
    let years = fields.whole("years", 1, MOST_YEARS).unwrap_or(1) as usize;
    fields.needs("first_year");
    let first_year = fields.whole("first_year", 2020, 2100).unwrap_or(2100);
    fields.needs("budget");
    let budget = fields.dollars("budget", years, MOST_CENTS).unwrap_or_else(|| vec![0; years]);
    let group = fields.text("group");
    let floors = fields.shares("floors").unwrap_or_default();
    if !floors.is_empty() && group.is_none() {
        fields.complain("group", "the column of the students' file that [floors] is about");
    }
    let fair = fields.flag("fair").unwrap_or(false);
    if fair && group.is_none() {
        fields.complain("group", "the column of the groups that are to have as much as every group can");
    }
    if fair && !floors.is_empty() {
        fields.complain("floors", "no floor: every group is to have as much as every group can");
    }
    let vendors = fields.whole("vendors", 1, MOST_VENDORS);
    let costs = fields.table("costs", |fields| {
        (fields.text("file"), fields.millionths("inflation", 0, MILLION / 2).unwrap_or(0))
    });
    let (prices, inflation) = costs.unwrap_or((None, 0));
    let home = fields.millionths("students_per_home", MILLION, 10 * MILLION).unwrap_or(MILLION);
    let funds = fields.tables("funding", Fund::read);
    let policy = fields.table("quality", Policy::read).unwrap_or_default();
    fields.needs("demand");
    let demand = fields.table("demand", demand::Settings::read).unwrap_or_default();
    let anchors = fields.table("homework_hotspots", anchors::Settings::read).flatten();
    let offers = fields.table("broadband_offers", offers::Settings::read).flatten();
    let lending = fields.tables("hotspot_lending", lending::Settings::read);
    let buses = fields.table("bus_wifi", buses::Settings::read).flatten();
    let lte = fields.table("private_lte", lte::Settings::read).flatten();
    Settings {
        years,
        first_year,
        budget,
        group,
        floors,
        fair,
        vendors,
        prices,
        inflation,
        home,
        funds,
        policy,
        demand,
        anchors,
        offers,
        lending,
        buses,
        lte,
    }
}
