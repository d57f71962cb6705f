//! From the four files of a folder to an [`Instance`], or everything that is wrong with them.
//!
//! Files are streams, read once, line by line, within bounded memory. `docs/formats/plan.md` says what they hold.

mod covers;
pub(crate) mod decimal;
mod options;
mod parquet;
pub(crate) mod rows;
mod settings;
pub(crate) mod table;

use crate::names::{Index, Names};
use crate::{Instance, Limit, MILLION, NONE, UNLIMITED};
use ::parquet::file::reader::ChunkReader;
use evenfield_model::Problems;
use rows::Rows;
use std::io::{self, Read};
use table::Table;

/// A table as it comes: comma-separated text from any stream, or [`Input`].
pub trait Source<'s> {
    #[doc(hidden)]
    fn open(
        self,
        file: String,
        columns: &'static [&'static str],
        required: usize,
        problems: &mut Problems,
    ) -> Option<Opened<'s>>;
}

/// A table whose columns were found.
pub struct Opened<'s>(Box<dyn Table + 's>);

impl<'s> Opened<'s> {
    fn new(table: impl Table + 's) -> Self {
        Self(Box::new(table))
    }
}

impl<'s, R: Read + 's> Source<'s> for R {
    fn open(
        self,
        file: String,
        columns: &'static [&'static str],
        required: usize,
        problems: &mut Problems,
    ) -> Option<Opened<'s>> {
        Rows::open(format!("{file}.csv"), self, columns, required, problems).map(Opened::new)
    }
}

/// A file of a folder.
#[derive(Debug)]
pub enum Input<C, P = C> {
    /// Comma-separated text.
    Csv(C),
    /// Apache Parquet.
    Parquet(P),
}

impl<'s, C: Read + 's, P: ChunkReader + 'static> Source<'s> for Input<C, P> {
    fn open(
        self,
        file: String,
        columns: &'static [&'static str],
        required: usize,
        problems: &mut Problems,
    ) -> Option<Opened<'s>> {
        match self {
            Self::Csv(csv) => csv.open(file, columns, required, problems),
            Self::Parquet(input) => {
                let table =
                    parquet::Rows::open(format!("{file}.parquet"), input, columns, required, problems);
                table.map(Opened::new)
            }
        }
    }
}

/// The files of a folder; one that cannot be opened is a problem among others.
pub struct Files<S> {
    /// The folder's name, for problems.
    pub folder: String,
    /// The text of `instance.toml`.
    pub instance: io::Result<String>,
    /// `demand.csv` or `demand.parquet`.
    pub demand: io::Result<S>,
    /// `options.csv` or `options.parquet`.
    pub options: io::Result<S>,
    /// `covers.csv` or `covers.parquet`.
    pub covers: io::Result<S>,
}

/// How much is read at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows of `demand.csv`.
    pub demands: usize,
    /// Rows of `options.csv`.
    pub options: usize,
    /// Rows of `covers.csv`.
    pub covers: usize,
}

impl Default for Limits {
    /// Under 4 GiB when all of it is used.
    fn default() -> Self {
        Self { demands: 20_000_000, options: 20_000_000, covers: 200_000_000 }
    }
}

/// An instance as read.
#[derive(Debug)]
pub struct Reading {
    /// The instance.
    pub instance: Instance,
    /// How many numbers had more decimals than are kept and were rounded.
    pub rounded: u64,
}

/// Weight of a demand at most, and of all together: students.
const MOST_WEIGHT: u64 = 10_000_000_000;

/// Reads the files of a folder.
///
/// # Errors
/// Everything that is wrong, each with file, line, column, what was said and what was wanted.
pub fn read<'s, S: Source<'s>>(files: Files<S>, limits: Limits) -> Result<Reading, Problems> {
    let mut problems = Problems::default();
    let name = |file: &str| {
        let folder = files.folder.trim_end_matches('/');
        if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
    };
    let settings_file = name("instance.toml");
    let settings = match files.instance {
        Ok(text) => settings::read(&settings_file, &text, &mut problems),
        Err(error) => {
            problems.push(&settings_file, 0, "", "", format!("a file that can be read: {error}"));
            None
        }
    };
    let mut rounded = 0;
    let demand = open(name("demand"), files.demand, &["demand", "weight", "group"], 2, &mut problems)
        .map(|mut rows| demands(&mut *rows.0, limits.demands, &mut rounded, &mut problems));
    let options = open(name("options"), files.options, &options::COLUMNS, 3, &mut problems)
        .map(|mut rows| options::read(&mut *rows.0, limits.options, &mut rounded, &mut problems));
    let covers = open(name("covers"), files.covers, &covers::COLUMNS, 3, &mut problems);
    let (Some(demand), Some(options), Some(mut covers)) = (demand, options, covers) else {
        return Err(problems);
    };
    let covers =
        covers::read(&mut *covers.0, limits.covers, (&demand, &options), &mut rounded, &mut problems);
    let mut instance = Instance {
        demands: demand.names,
        weights: demand.weights,
        groups: demand.groups,
        group_names: demand.group_names,
        options: options.names,
        strategies: options.strategies,
        strategy_names: options.strategy_names,
        costs: options.costs,
        running: options.running,
        later: options.later,
        capacities: options.capacities,
        exclusive: options.exclusive,
        exclusive_names: options.exclusive_names,
        vendors: options.vendors,
        vendor_names: options.vendor_names,
        most_vendors: NONE,
        fixed: options.fixed,
        starts: covers.starts,
        covered: covers.covered,
        qualities: covers.qualities,
        shares: covers.shares,
        limit: Limit::Count(Vec::new()),
        floors: Vec::new(),
    };
    if let Some(settings) = settings {
        settings.put(&settings_file, &mut instance, &mut problems);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    bound_by_shares(&mut instance);
    Ok(Reading { instance, rounded })
}

/// Puts another `instance.toml` in the place of that of an instance: its budget or count, its vendors and its floors.
///
/// # Errors
/// Everything that is wrong with it; then the instance is not to be used.
pub fn put_settings(text: &str, instance: &mut Instance) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if let Some(settings) = settings::read("instance.toml", text, &mut problems) {
        settings.put("instance.toml", instance, &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// An option that serves only a part of some demand has a capacity: what all these parts come to, at most.
pub(crate) fn bound_by_shares(instance: &mut Instance) {
    if instance.shares.iter().all(|share| u64::from(*share) == MILLION) {
        return instance.shares.clear();
    }
    instance.capacities.resize(instance.costs.len(), UNLIMITED);
    for option in 0..instance.costs.len() {
        let range = instance.starts[option] as usize..instance.starts[option + 1] as usize;
        if instance.shares[range].iter().any(|share| u64::from(*share) < MILLION) {
            let all = instance.parts(option).map(|(_, _, most)| most).sum();
            instance.capacities[option] = instance.capacities[option].min(all);
        }
    }
}

fn open<'s, S: Source<'s>>(
    file: String,
    source: io::Result<S>,
    columns: &'static [&'static str],
    required: usize,
    problems: &mut Problems,
) -> Option<Opened<'s>> {
    match source {
        Ok(source) => source.open(file, columns, required, problems),
        Err(error) => {
            problems.push(&format!("{file}.csv"), 0, "", "", format!("a file that can be read: {error}"));
            None
        }
    }
}

/// Texts that many rows share, in the order in which they come first.
#[derive(Default)]
struct Words {
    names: Names,
    index: Index,
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(at) = self.index.find(&self.names, word) {
            return at;
        }
        let at = self.names.len() as u32;
        if self.names.push(word) {
            self.index.insert(&self.names, at);
        }
        at
    }

    fn into_list(self) -> Vec<String> {
        (0..self.names.len()).map(|at| self.names.get(at).to_owned()).collect()
    }
}

/// Adds an id, unless it stands there before.
fn add_id(rows: &dyn Table, names: &mut Names, index: &mut Index, problems: &mut Problems) {
    let id = rows.said(0);
    if id.is_empty() {
        rows.problem(0, "an id in each row", problems);
    } else if index.find(names, &id).is_some() {
        rows.problem(0, "an id that no row above has", problems);
    }
    // A row that is wrong keeps its place, so that numbers stay those of rows.
    if names.push(&id) {
        index.insert(names, names.len() as u32 - 1);
    }
}

/// What `demand.csv` says.
struct Demand {
    names: Names,
    index: Index,
    weights: Vec<u64>,
    groups: Vec<u32>,
    group_names: Vec<String>,
}

fn demands(rows: &mut dyn Table, most: usize, rounded: &mut u64, problems: &mut Problems) -> Demand {
    let (mut names, mut index) = (Names::default(), Index::default());
    let (mut weights, mut groups) = (Vec::new(), Vec::new());
    let mut words = Words::default();
    let mut total: u64 = 0;
    while rows.next(problems) {
        if names.len() == most {
            rows.problem(0, &format!("at most {most} rows; the rest is not read"), problems);
            break;
        }
        add_id(rows, &mut names, &mut index, problems);
        let wanted = "a weight: a number, 0 or more";
        let weight = rows.number(1, 6, MOST_WEIGHT * MILLION, wanted, rounded, problems);
        weights.push(weight.unwrap_or(0));
        total = total.saturating_add(weight.unwrap_or(0));
        if rows.has(2) {
            groups.push(Some(rows.said(2)).filter(|g| !g.is_empty()).map_or(NONE, |g| words.number(&g)));
        }
    }
    if names.is_empty() {
        rows.whole("at least one row", problems);
    } else if total == 0 {
        rows.whole("a weight over 0 in at least one row", problems);
    } else if total > MOST_WEIGHT * MILLION {
        rows.whole(&format!("weights of at most {MOST_WEIGHT} together"), problems);
    }
    names.shrink();
    weights.shrink_to_fit();
    groups.shrink_to_fit();
    Demand { names, index, weights, groups, group_names: words.into_list() }
}

#[cfg(test)]
mod tests;
