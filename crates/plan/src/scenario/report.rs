//! What a plan gives, for people who decide: students connected at home and students served, never one without the other; by year,
//! strategy and group; what is bought and when; and how all that moves within the interval of the gap.

use super::facts::{FORMAT, Facts, FactsOption};
use super::write::shown;
use crate::certificate::Certificate;
use crate::summary::{Dollars, Part, parts};
use crate::{Instance, MILLION};
use evenfield_model::Problems;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Students, not counted twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// Who has service at home by the plan.
    pub connected: f64,
    /// Who has something by the plan: at home, at a seat, on a bus.
    pub served: f64,
    /// Served, each counted with the quality of what it has.
    pub weighted: f64,
}

impl Reach {
    fn add(&mut self, option: &FactsOption, students: f64, quality: u32) {
        let million = MILLION as f64;
        let using = students * option.used as f64 / million;
        self.served += using;
        self.weighted += students * f64::from(quality) / million;
        self.connected += if option.connected { using } else { 0.0 };
    }
}

/// The same for the gap as estimated and both ends of its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// As planned.
    pub planned: Reach,
    /// What the same purchases give at the lower end of the interval.
    pub low: Reach,
    /// At the upper end: what is bought for some students serves no more.
    pub high: Reach,
}

impl Interval {
    /// Lets no end lie beyond what is planned: where some have more at the upper end, others whom the same seats serve have less.
    fn widen(&mut self) {
        let ends = [(&mut self.low, f64::min as fn(f64, f64) -> f64), (&mut self.high, f64::max)];
        for (end, of) in ends {
            end.connected = of(end.connected, self.planned.connected);
            end.served = of(end.served, self.planned.served);
            end.weighted = of(end.weighted, self.planned.weighted);
        }
    }
}

/// A school year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchoolYear {
    /// The year in which it begins.
    pub year: u64,
    /// In money of this year.
    pub budget: Dollars,
    /// What the district pays.
    pub district: Dollars,
    /// What others pay.
    pub others: Dollars,
    /// Whom the plan reaches.
    pub reach: Interval,
}

/// What a strategy, or a kind of it, gives in all years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrategyLine {
    /// The strategy.
    pub strategy: String,
    /// The kind.
    pub kind: String,
    /// Options bought.
    pub options: usize,
    /// What the district pays in all years.
    pub district: Dollars,
    /// Student-years.
    pub reach: Interval,
    /// Dollars of the district for each student-year served; nothing where nobody is.
    pub cost_per_student_year: Option<f64>,
}

/// A group, in the last year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupLine {
    /// The column.
    pub column: String,
    /// The group.
    pub group: String,
    /// Students without access.
    pub students: f64,
    /// Whom the plan reaches.
    pub reach: Interval,
}

/// A place, in the last year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceLine {
    /// The block, tract or other area; of demand that names none its own id.
    pub place: String,
    /// Where it lies, if that is known.
    pub point: Option<super::Point>,
    /// Students without access.
    pub students: f64,
    /// Whom the plan reaches.
    pub reach: Interval,
}

/// An option that is bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bought {
    /// Its id.
    pub option: String,
    /// Its kind.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// From whom it is bought; nothing where nobody is known by name.
    #[serde(default)]
    pub vendor: String,
    /// Where it is, if it is at a place.
    pub point: Option<super::Point>,
    /// The school year in which it is opened.
    pub year: u64,
    /// What the district pays for it in all years.
    pub district: Dollars,
    /// Whom it reaches in the last year.
    pub reach: Interval,
}

/// Things that are bought in a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The school year.
    pub year: u64,
    /// The item of the cost book.
    pub item: String,
    /// What one of it is.
    pub unit: String,
    /// How many.
    pub quantity: f64,
    /// `once`, or `year` where it is paid in each year from this one on.
    pub paid: String,
    /// What they cost in this year, whoever pays.
    pub cost: Dollars,
    /// Who says the price.
    pub source: String,
    /// When.
    pub date: String,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Students without access at the places that are planned for: as estimated, and when all are at the lower or at the upper end.
    pub students: [f64; 3],
    /// The same of the whole district, those at places whose figures are withheld among them, and the ends of that figure's own interval.
    #[serde(default)]
    pub whole: Option<[f64; 3]>,
    /// The code of the gap's measure that the students are of; nothing where they come from a file of their own.
    #[serde(default)]
    pub measure: String,
    /// School years.
    pub years: Vec<SchoolYear>,
    /// Strategies and kinds.
    pub strategies: Vec<StrategyLine>,
    /// Groups of each column.
    pub groups: Vec<GroupLine>,
    /// Places.
    pub places: Vec<PlaceLine>,
    /// Options.
    pub bought: Vec<Bought>,
    /// Things.
    pub items: Vec<Item>,
}

/// The whole of a part of a plan, in three cases: as planned, lower end, upper end.
type Amounts = [f64; 3];

fn reach(option: &FactsOption, amounts: Amounts, quality: u32, to: &mut Interval) {
    to.planned.add(option, amounts[0], quality);
    to.low.add(option, amounts[1], quality);
    to.high.add(option, amounts[2], quality);
}

/// Whether facts are those of an instance.
fn check(instance: &Instance, facts: &Facts) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let mut complain = |said: &str, wanted: &str| problems.push("facts.json", 0, "", said, wanted);
    if facts.format != FORMAT {
        complain(&facts.format, FORMAT);
    }
    let demands = (0..instance.weights.len()).map(|n| instance.demands.get(n));
    if !facts.demand.iter().map(|d| d.demand.as_str()).eq(demands) {
        complain("", "the demands of demand.csv, in their order: build the folder again");
    }
    let options = (0..instance.option_count()).map(|n| instance.options.get(n));
    if !facts.options.iter().map(|o| o.option.as_str()).eq(options) {
        complain("", "the options of options.csv, in their order: build the folder again");
    }
    let columns = facts.columns.len();
    if facts.budget.len() != instance.years() || facts.demand.iter().any(|d| d.groups.len() != columns) {
        complain("", "a budget for each year and a group for each column");
    }
    let lines = facts.options.iter().flat_map(|o| &o.lines);
    let whole = |share: &u64| *share <= MILLION;
    if lines.clone().any(|line| line.shares.len() != instance.years() || !line.shares.iter().all(whole)) {
        complain("", "a share from 0 to 1 for each year and line");
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// What a proved plan gives. The certificate must be one that [`crate::verify`] lets through.
///
/// # Errors
/// When the facts are not those of the instance.
pub fn report(instance: &Instance, certificate: &Certificate, facts: &Facts) -> Result<Report, Problems> {
    check(instance, facts)?;
    let parts = scaled(instance, certificate, facts);
    let last = instance.years() - 1;
    let mut years = years(certificate, facts);
    let mut groups: BTreeMap<(usize, &str), Interval> = BTreeMap::new();
    let mut kinds: BTreeMap<usize, Interval> = BTreeMap::new();
    let mut options: BTreeMap<u32, Interval> = BTreeMap::new();
    let mut places = place_lines(instance, facts);
    for (part, amounts) in &parts {
        let option = &facts.options[part.option as usize];
        reach(option, *amounts, part.quality, &mut years[part.year].reach);
        reach(option, *amounts, part.quality, kinds.entry(option.kind as usize).or_default());
        if part.year < last {
            continue;
        }
        reach(option, *amounts, part.quality, options.entry(part.option).or_default());
        if let Some(line) = places.get_mut(facts.demand[part.demand].named()) {
            reach(option, *amounts, part.quality, &mut line.reach);
        }
        for (column, group) in facts.demand[part.demand].groups.iter().enumerate() {
            reach(option, *amounts, part.quality, groups.entry((column, group)).or_default());
        }
    }
    let sum =
        |of: fn(&super::FactsDemand) -> u64| facts.demand.iter().map(of).sum::<u64>() as f64 / MILLION as f64;
    let planned = instance.weights.iter().sum::<u64>() as f64 / MILLION as f64;
    let mut report = Report {
        whole: facts.whole.map(|whole| whole.map(|students| students as f64 / MILLION as f64)),
        measure: facts.measure.clone(),
        students: [planned, sum(|d| d.low), sum(|d| d.high)],
        strategies: strategies(certificate, facts, &kinds),
        groups: group_lines(instance, facts, &groups),
        places: places.into_values().collect(),
        bought: bought(certificate, facts, &options),
        items: items(certificate, facts),
        years,
    };
    report.intervals().for_each(Interval::widen);
    Ok(report)
}

/// Each part of the plan with its students as planned and at both ends of the interval. An option that has a capacity, or is bought for
/// some students, serves no more of them.
fn scaled(instance: &Instance, certificate: &Certificate, facts: &Facts) -> Vec<(Part, Amounts)> {
    let million = MILLION as f64;
    let mut all: Vec<(Part, Amounts)> = Vec::new();
    parts(instance, certificate, &mut |part| {
        let (demand, weight) = (&facts.demand[part.demand], instance.weights[part.demand]);
        let amount = part.amount as f64 / million;
        let end = |end: u64| if weight == 0 { 0.0 } else { amount * end as f64 / weight as f64 };
        all.push((part, [amount, end(demand.low), end(demand.high)]));
    });
    let mut sums: BTreeMap<(usize, u32), Amounts> = BTreeMap::new();
    for (part, amounts) in &all {
        let sum = sums.entry((part.year, part.option)).or_default();
        (0..3).for_each(|n| sum[n] += amounts[n]);
    }
    for (part, amounts) in &mut all {
        let bought_for = facts.options[part.option as usize].bought_for.unwrap_or(u64::MAX);
        let most = instance.capacity(part.option as usize).min(bought_for) as f64 / million;
        let sum = sums[&(part.year, part.option)];
        for n in 1..3 {
            if sum[n] > most {
                amounts[n] *= most / sum[n];
            }
        }
    }
    all
}

/// Cents of the first year in money of a later one, rounded down: so they are within a budget in which they were planned.
fn later(cents: u64, inflation: u64, years: usize) -> u64 {
    (0..years).fold(cents, |cents, _| {
        let risen = u128::from(cents) * u128::from(MILLION + inflation) / u128::from(MILLION);
        u64::try_from(risen).unwrap_or(u64::MAX)
    })
}

/// What the district and others pay for an option in a year, both counted from 0.
fn payment(option: &FactsOption, facts: &Facts, opened: usize, year: usize) -> (u64, u64) {
    let due = option.lines.iter().filter(|line| if line.once { year == opened } else { year >= opened });
    due.fold((0u64, 0u64), |(district, others), line| {
        let own = line.own(year);
        let others = others.saturating_add(later(line.cents - own, facts.inflation, year));
        (district.saturating_add(later(own, facts.inflation, year)), others)
    })
}

fn total(option: &FactsOption, facts: &Facts, opened: usize) -> u64 {
    (opened..facts.budget.len())
        .map(|year| payment(option, facts, opened, year).0)
        .fold(0, u64::saturating_add)
}

/// What is bought and the year, counted from 0.
fn purchases<'a>(
    certificate: &'a Certificate,
    facts: &'a Facts,
) -> impl Iterator<Item = (u32, &'a FactsOption, usize)> {
    certificate
        .plan
        .buy
        .iter()
        .map(|(option, year)| (*option, &facts.options[*option as usize], usize::from(*year) - 1))
}

fn years(certificate: &Certificate, facts: &Facts) -> Vec<SchoolYear> {
    let year = |(n, budget): (usize, &u64)| {
        let mut paid = (0u64, 0u64);
        for (_, option, opened) in purchases(certificate, facts) {
            let (district, others) = payment(option, facts, opened, n);
            paid = (paid.0.saturating_add(district), paid.1.saturating_add(others));
        }
        SchoolYear {
            year: facts.first_year + n as u64,
            budget: Dollars(*budget),
            district: Dollars(paid.0),
            others: Dollars(paid.1),
            reach: Interval::default(),
        }
    };
    facts.budget.iter().enumerate().map(year).collect()
}

fn strategies(
    certificate: &Certificate,
    facts: &Facts,
    kinds: &BTreeMap<usize, Interval>,
) -> Vec<StrategyLine> {
    let line = |kind: super::Kind| {
        let bought: Vec<u64> = purchases(certificate, facts)
            .filter(|(_, option, _)| option.kind == kind)
            .map(|(_, option, opened)| total(option, facts, opened))
            .collect();
        let cents: u64 = bought.iter().sum();
        let reach = kinds.get(&(kind as usize)).copied().unwrap_or_default();
        let served = reach.planned.served;
        StrategyLine {
            strategy: kind.strategy().to_owned(),
            kind: kind.word().to_owned(),
            options: bought.len(),
            district: Dollars(cents),
            reach,
            cost_per_student_year: (served > 0.0).then(|| cents as f64 / 100.0 / served),
        }
    };
    super::Kind::ALL.into_iter().map(line).filter(|line| line.options > 0).collect()
}

/// All places, nobody reached yet.
fn place_lines<'f>(instance: &Instance, facts: &'f Facts) -> BTreeMap<&'f str, PlaceLine> {
    let mut places: BTreeMap<&str, PlaceLine> = BTreeMap::new();
    for (demand, weight) in facts.demand.iter().zip(&instance.weights) {
        let line = places.entry(demand.named()).or_insert_with(|| PlaceLine {
            place: demand.named().to_owned(),
            point: demand.point,
            students: 0.0,
            reach: Interval::default(),
        });
        line.students += *weight as f64 / MILLION as f64;
    }
    places
}

fn group_lines(
    instance: &Instance,
    facts: &Facts,
    reached: &BTreeMap<(usize, &str), Interval>,
) -> Vec<GroupLine> {
    let mut students: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    for (demand, weight) in facts.demand.iter().zip(&instance.weights) {
        for (column, group) in demand.groups.iter().enumerate() {
            *students.entry((column, group)).or_default() += weight;
        }
    }
    let line = |((column, group), weight): ((usize, &str), u64)| GroupLine {
        column: facts.columns[column].clone(),
        group: group.to_owned(),
        students: weight as f64 / MILLION as f64,
        reach: reached.get(&(column, group)).copied().unwrap_or_default(),
    };
    students.into_iter().map(line).collect()
}

fn bought(certificate: &Certificate, facts: &Facts, reached: &BTreeMap<u32, Interval>) -> Vec<Bought> {
    let mut bought: Vec<Bought> = purchases(certificate, facts)
        .map(|(at, option, opened)| Bought {
            option: option.option.clone(),
            kind: option.kind.word().to_owned(),
            point: option.point,
            name: option.name.clone(),
            vendor: option.vendor.clone(),
            year: facts.first_year + opened as u64,
            district: Dollars(total(option, facts, opened)),
            reach: reached.get(&at).copied().unwrap_or_default(),
        })
        .collect();
    bought.sort_by(|a, b| (a.year, &a.option).cmp(&(b.year, &b.option)));
    bought
}

fn items(certificate: &Certificate, facts: &Facts) -> Vec<Item> {
    type Key<'a> = (usize, &'a str, &'a str, bool, &'a str, &'a str);
    let mut sums: BTreeMap<Key<'_>, (u64, u64)> = BTreeMap::new();
    for (_, option, opened) in purchases(certificate, facts) {
        for line in &option.lines {
            let key = (
                opened,
                line.item.as_str(),
                line.unit.as_str(),
                line.once,
                line.source.as_str(),
                line.date.as_str(),
            );
            let sum = sums.entry(key).or_default();
            sum.0 = sum.0.saturating_add(line.quantity);
            sum.1 = sum.1.saturating_add(later(line.cents, facts.inflation, opened));
        }
    }
    let item = |((opened, item, unit, once, source, date), (quantity, cents)): (Key<'_>, (u64, u64))| Item {
        year: facts.first_year + opened as u64,
        item: item.to_owned(),
        unit: unit.to_owned(),
        quantity: quantity as f64 / MILLION as f64,
        paid: if once { "once" } else { "year" }.to_owned(),
        cost: Dollars(cents),
        source: source.to_owned(),
        date: date.to_owned(),
    };
    sums.into_iter().map(item).collect()
}

/// `12.3 (10.0 to 14.5)`.
fn range(interval: &Interval, of: fn(&Reach) -> f64) -> String {
    format!("{:.1} ({:.1} to {:.1})", of(&interval.planned), of(&interval.low), of(&interval.high))
}

impl Report {
    fn intervals(&mut self) -> impl Iterator<Item = &mut Interval> {
        let years = self.years.iter_mut().map(|line| &mut line.reach);
        let strategies = self.strategies.iter_mut().map(|line| &mut line.reach);
        let groups = self.groups.iter_mut().map(|line| &mut line.reach);
        let places = self.places.iter_mut().map(|line| &mut line.reach);
        let bought = self.bought.iter_mut().map(|line| &mut line.reach);
        years.chain(strategies).chain(groups).chain(places).chain(bought)
    }

    /// Writes it for people to read.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        let both = |reach: &Interval| {
            format!(
                "connected at home {}, served {}",
                range(reach, |r| r.connected),
                range(reach, |r| r.served)
            )
        };
        let [students, low, high] = self.students;
        if let Some([whole, low, high]) = self.whole {
            writeln!(to, "Students without access in the district: {whole:.1} ({low:.1} to {high:.1})")?;
        }
        writeln!(to, "Students without access at places planned for: {students:.1} ({low:.1} to {high:.1})")?;
        writeln!(to, "\nBy year")?;
        for year in &self.years {
            writeln!(to, "  {}: {}", year.year, both(&year.reach))?;
            writeln!(
                to,
                "    the district pays {} of {}, others {}",
                year.district, year.budget, year.others
            )?;
        }
        writeln!(to, "\nBy strategy, in student-years")?;
        for line in &self.strategies {
            writeln!(to, "  {} ({}): {}", line.strategy, line.kind, both(&line.reach))?;
            let cost = line
                .cost_per_student_year
                .map_or("nobody is served".to_owned(), |c| format!("{c:.2} a student-year"));
            writeln!(to, "    bought: {}; the district pays {}, {cost}", line.options, line.district)?;
        }
        writeln!(to, "\nBy group, in the last year")?;
        for line in &self.groups {
            writeln!(
                to,
                "  {} {}: {:.1} students, {}",
                line.column,
                line.group,
                line.students,
                both(&line.reach)
            )?;
        }
        writeln!(to, "\nWhat is bought")?;
        for line in &self.bought {
            writeln!(
                to,
                "  {} {}: {}, the district pays {}",
                line.year, line.option, line.name, line.district
            )?;
        }
        writeln!(to, "\nThings and services to buy, whoever pays")?;
        for item in &self.items {
            let each = if item.paid == "year" { " a year" } else { "" };
            let (year, name, unit) = (item.year, &item.item, &item.unit);
            let priced = format!("{}, {}", item.source, item.date);
            writeln!(to, "  {year} {name}: {:.1} ({unit}), {}{each} [{priced}]", item.quantity, item.cost)?;
        }
        Ok(())
    }

    /// Writes it as CSV, a row for each figure.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_csv(&self, to: &mut dyn Write) -> io::Result<()> {
        write!(to, "part,name,detail,year,students,connected,served,weighted,connected_low,connected_high,")?;
        writeln!(
            to,
            "served_low,served_high,quantity,unit,paid,cost,others,cost_per_student_year,source,date"
        )?;
        let figures = |r: &Interval| {
            let (p, low, high) = (r.planned, r.low, r.high);
            let all =
                [p.connected, p.served, p.weighted, low.connected, high.connected, low.served, high.served];
            all.map(|figure| format!("{figure:.6}")).join(",")
        };
        for (name, figures) in [("all", Some(self.students)), ("district", self.whole)] {
            for (detail, students) in ["planned", "low", "high"].iter().zip(figures.iter().flatten()) {
                writeln!(to, "students,{name},{detail},,{students:.6},,,,,,,,,,,,,,,")?;
            }
        }
        for line in &self.years {
            let reach = figures(&line.reach);
            writeln!(
                to,
                "year,all,budget {},{},,{reach},,,,{},{},,,",
                line.budget, line.year, line.district, line.others
            )?;
        }
        for line in &self.strategies {
            let (reach, cost) = (
                figures(&line.reach),
                line.cost_per_student_year.map_or(String::new(), |c| format!("{c:.2}")),
            );
            writeln!(
                to,
                "strategy,{},{},,,{reach},,,,{},,{cost},,",
                line.strategy, line.kind, line.district
            )?;
        }
        for line in &self.groups {
            let (column, group, reach) = (shown(&line.column), shown(&line.group), figures(&line.reach));
            writeln!(to, "group,{column},{group},,{:.6},{reach},,,,,,,,", line.students)?;
        }
        for line in &self.bought {
            let (option, name, reach) = (shown(&line.option), shown(&line.name), figures(&line.reach));
            writeln!(to, "bought,{option},{name},{},,{reach},,,,{},,,,", line.year, line.district)?;
        }
        for line in &self.items {
            let (item, unit, source, date) =
                (shown(&line.item), shown(&line.unit), shown(&line.source), shown(&line.date));
            let (year, quantity, paid, cost) = (line.year, line.quantity, &line.paid, line.cost);
            writeln!(to, "item,{item},,{year},,,,,,,,,{quantity:.6},{unit},{paid},{cost},,,{source},{date}")?;
        }
        Ok(())
    }
}
