//! The folder of an instance and its facts, as text.

use super::choice::Choice;
use super::facts::{FORMAT, Facts, FactsDemand, FactsOption};
use super::settings::Settings;
use super::{Built, Group};
use crate::{Fixed, MILLION};
use std::collections::BTreeMap;
use std::io::{self, Write};

impl Settings {
    /// The budgets in cents of the first year.
    pub(super) fn deflated(&self) -> Vec<u64> {
        self.worth(&self.budget)
    }

    /// Cents of each year in cents of the first: prices stay as they are in an instance, so money that buys less is less money.
    fn worth(&self, budget: &[u64]) -> Vec<u64> {
        let mut worth = budget.to_vec();
        for (year, cents) in worth.iter_mut().enumerate() {
            for _ in 0..year {
                let kept = u128::from(*cents) * u128::from(MILLION) / u128::from(MILLION + self.inflation);
                *cents = kept as u64;
            }
        }
        worth
    }
}

/// A number in millionths or cents as a decimal.
pub(super) fn decimal(value: u64, places: u32) -> String {
    let one = 10u64.pow(places);
    let text = format!("{}.{:0width$}", value / one, value % one, width = places as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A cell of a CSV file as RFC 4180 has it.
pub(super) fn cell(text: &str) -> String {
    if text.contains([',', '"']) || text.starts_with(char::is_whitespace) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The same for files that people open in a spreadsheet: what one would run as a formula is defused by an apostrophe.
pub(super) fn shown(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { cell(&format!("'{text}")) } else { cell(text) }
}

impl Built {
    /// How many demands and options there are.
    pub fn size(&self) -> (usize, usize) {
        (self.demand.rows.len(), self.choices.len())
    }

    /// Whether every group is to have as much as every group can at once: the search is to find these floors.
    pub fn is_fair(&self) -> bool {
        self.settings.fair
    }

    /// Each year's budget, in cents of that year.
    pub fn budget(&self) -> &[u64] {
        &self.settings.budget
    }

    /// How many options there are of each strategy that has any.
    pub fn strategies(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        self.choices.iter().for_each(|choice| *counts.entry(choice.kind.strategy()).or_default() += 1);
        counts
    }

    /// The district's students without access and of whom they are, in millionths, where the gap's figures tell it; named after nothing.
    pub fn district(&self) -> Option<Group> {
        let students = self.demand.whole?[0];
        Some(Group { name: String::new(), students, counted: self.demand.whole_counted })
    }

    /// The groups of the column that floors are about, in the order of their names; none where the scenario names no column.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
        for row in &self.demand.rows {
            let Some(name) = self.group.and_then(|at| row.groups.get(at)) else { continue };
            let group =
                groups.entry(name).or_insert_with(|| Group { name: name.clone(), ..Group::default() });
            group.students = group.students.saturating_add(row.students);
            group.counted = group.counted.saturating_add(row.counted);
        }
        groups.into_values().collect()
    }

    /// Writes `demand.csv`.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_demand(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "demand,weight{}", if self.group.is_some() { ",group" } else { "" })?;
        for row in &self.demand.rows {
            write!(to, "{},{}", cell(&row.id), decimal(row.students, 6))?;
            match self.group {
                Some(at) => writeln!(to, ",{}", cell(&row.groups[at]))?,
                None => writeln!(to)?,
            }
        }
        Ok(())
    }

    /// Writes `options.csv`.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_options(&self, to: &mut dyn Write) -> io::Result<()> {
        let years = 1..self.settings.years;
        let later = years.filter(|year| self.choices.iter().any(|c| c.cost(*year) != c.cost(0)));
        let later: Vec<usize> = later.collect();
        write!(to, "option,strategy,cost,running,capacity,exclusive_group,fixed,vendor")?;
        for year in later.iter().map(|year| year + 1) {
            write!(to, ",cost_{year},running_{year}")?;
        }
        writeln!(to)?;
        for choice in &self.choices {
            let [once, running] = choice.cost(0);
            let capacity = choice.capacity.map_or(String::new(), |capacity| decimal(capacity, 6));
            let fixed = match choice.fixed {
                Fixed::Free => "",
                Fixed::In => "in",
                Fixed::Out => "out",
            };
            let (id, exclusive) = (cell(&choice.id), cell(&choice.exclusive));
            let (once, running) = (decimal(once, 2), decimal(running, 2));
            let (strategy, vendor) = (choice.kind.strategy(), cell(&choice.vendor));
            write!(to, "{id},{strategy},{once},{running},{capacity},{exclusive},{fixed},{vendor}")?;
            for year in &later {
                let [once, running] = choice.cost(*year);
                write!(to, ",{},{}", decimal(once, 2), decimal(running, 2))?;
            }
            writeln!(to)?;
        }
        Ok(())
    }

    /// Writes `covers.csv`, in the order of `options.csv`.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_covers(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "option,demand,quality,share")?;
        for choice in &self.choices {
            let id = cell(&choice.id);
            for (row, quality) in &choice.covers {
                let demand = cell(&self.demand.rows[*row as usize].id);
                writeln!(to, "{id},{demand},{},{}", decimal(*quality, 6), decimal(choice.share, 6))?;
            }
        }
        Ok(())
    }

    /// Writes `instance.toml`.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_instance(&self, to: &mut dyn Write) -> io::Result<()> {
        self.write_instance_of(&self.settings.budget, to)
    }

    /// Writes `instance.toml` with other budgets, in cents of each year.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_instance_of(&self, budget: &[u64], to: &mut dyn Write) -> io::Result<()> {
        let budget: Vec<String> =
            self.settings.worth(budget).iter().map(|cents| decimal(*cents, 2)).collect();
        writeln!(to, "years = {}\nbudget = [{}]", self.settings.years, budget.join(", "))?;
        if let Some(vendors) = self.settings.vendors {
            writeln!(to, "vendors = {vendors}")?;
        }
        if !self.settings.floors.is_empty() {
            writeln!(to, "[floors]")?;
        }
        for (group, share) in &self.settings.floors {
            // A text of JSON is a key of TOML; TOML's own texts may be of a kind that keys are not.
            writeln!(to, "{} = {}", serde_json::Value::from(group.as_str()), decimal(*share, 6))?;
        }
        Ok(())
    }

    /// The facts.
    pub fn facts(&self) -> Facts {
        Facts {
            format: FORMAT.to_owned(),
            measure: self.demand.measure.map_or(String::new(), |measure| measure.code().to_owned()),
            whole: self.demand.whole,
            first_year: self.settings.first_year,
            inflation: self.settings.inflation,
            budget: self.settings.budget.clone(),
            columns: self.demand.columns.clone(),
            demand: self.demand.rows.iter().map(demand).collect(),
            options: self.choices.iter().map(|choice| self.option(choice)).collect(),
        }
    }

    fn option(&self, choice: &Choice) -> FactsOption {
        let counts = self.settings.policy.of(choice.kind);
        FactsOption {
            option: choice.id.clone(),
            kind: choice.kind,
            name: choice.name.clone(),
            vendor: choice.vendor.clone(),
            point: choice.point,
            counts: counts.counts,
            connected: counts.connected,
            used: choice.used,
            bought_for: choice.bought_for,
            lines: choice.lines.clone(),
        }
    }
}

fn demand(row: &super::demand::Row) -> FactsDemand {
    FactsDemand {
        demand: row.id.clone(),
        low: row.low,
        high: row.high,
        place: row.place.clone(),
        point: row.point,
        barrier: row.barrier.map_or("", evenfield_model::Barrier::code).to_owned(),
        groups: row.groups.clone(),
    }
}

impl Facts {
    /// Writes `facts.csv`: a row for each line of each option's bill, and one for an option that costs nothing.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write_csv(&self, to: &mut dyn Write) -> io::Result<()> {
        write!(to, "option,strategy,kind,name,latitude,longitude,counts,connected_at_home,used,")?;
        write!(to, "item,quantity,unit,paid,cost,source,date")?;
        for year in 0..self.budget.len() as u64 {
            write!(to, ",share_{}", self.first_year + year)?;
        }
        writeln!(to)?;
        for option in &self.options {
            let at = |read: fn(&super::Point) -> f64| {
                option.point.as_ref().map_or(String::new(), |p| read(p).to_string())
            };
            let head = format!(
                "{},{},{},{},{},{},{},{},{}",
                shown(&option.option),
                option.kind.strategy(),
                option.kind.word(),
                shown(&option.name),
                at(|p| p.latitude),
                at(|p| p.longitude),
                decimal(option.counts, 6),
                if option.connected { "yes" } else { "no" },
                decimal(option.used, 6),
            );
            if option.lines.is_empty() {
                writeln!(to, "{head},,,,,0,,{}", ",".repeat(self.budget.len()))?;
            }
            for line in &option.lines {
                let paid = if line.once { "once" } else { "year" };
                let (quantity, cents) = (decimal(line.quantity, 6), decimal(line.cents, 2));
                write!(to, "{head},{},{quantity},{},{paid},{cents},", shown(&line.item), shown(&line.unit))?;
                write!(to, "{},{}", shown(&line.source), shown(&line.date))?;
                for share in &line.shares {
                    write!(to, ",{}", decimal(*share, 6))?;
                }
                writeln!(to)?;
            }
        }
        Ok(())
    }
}
