//! From settings, lists and rosters to a snapshot.

mod builtin;
mod known;
pub(crate) mod meets;
mod people;
mod regimes;
mod whole;

pub use meets::{Meets, meets};
pub use people::{Device, Owner, People, Section, Student};

use crate::build::{BuildError, Builder, ScopeId};
use crate::config::{Config, List, Measures, Names, When, Who};
use crate::lists;
use crate::schedule::{LESSON, Labels, Timetable, timetable};
use crate::snapshot::{Category, PolicyId, SecretKey};
use crate::{Cover, NameBuf};
use evenfield_model::Problems;
use jiff::Timestamp;
use people::Facts;
use regimes::Layers;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// The category of ways around the filter. Its names are always answered NXDOMAIN.
pub const BYPASS: &str = "bypass";

/// So many days before its last day a calendar is complained of.
const YEAR_ENDS_DAYS: i32 = 30;

/// What was compiled, to be signed.
pub struct Compiled {
    builder: Builder,
    ends_s: u32,
    now_s: u64,
    /// The lists, in the order of their numbers.
    pub lists: Vec<ListReport>,
    /// How many devices there are.
    pub devices: usize,
    /// How many different policies they have, with the safe default.
    pub policies: usize,
    /// What is wrong with the lists, and what of the settings can never hold. Nothing here keeps a snapshot from being
    /// made.
    pub problems: Problems,
}

/// What was read of a list.
#[derive(Clone, Debug)]
pub struct ListReport {
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Its version: what the settings say, else the beginning of its file's SHA-256.
    pub version: String,
    /// Entries read.
    pub rows: u64,
    /// Lines about something else than names.
    pub not_names: u64,
    /// Problems found.
    pub problems: u64,
}

impl Compiled {
    /// Dates the snapshot later than its schedules begin: newer than one that a clock which was ahead has dated.
    pub fn dated(self, created_s: u64) -> Self {
        Self { now_s: self.now_s.max(created_s), ..self }
    }

    /// Puts the snapshot together and signs it.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn finish(self, key: &SecretKey) -> Result<Vec<u8>, BuildError> {
        self.builder.finish(self.now_s, self.ends_s, key)
    }
}

/// Gives the bytes of a list's file, or says why it cannot.
pub type ReadFile<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

/// Compiles. `file` is the settings' name for problems; schedules begin at `now`.
///
/// # Errors
/// What keeps a snapshot from being made: lists that cannot be read.
pub fn compile(
    file: &str,
    config: &Config,
    people: &[People],
    read: ReadFile<'_>,
    now: Timestamp,
    seed: [u8; 16],
) -> Result<Compiled, Problems> {
    let mut compiler = Compiler {
        file,
        config,
        builder: Builder::new(seed),
        categories: HashMap::new(),
        timetables: Vec::new(),
        scopes: Vec::new(),
        default_scope: None,
        policies: HashMap::new(),
        never_holds: BTreeSet::new(),
        whole: whole::rules(config),
        now_s: u32::try_from(now.as_second()).unwrap_or_default(),
        problems: Problems::default(),
    };
    compiler.builtin();
    let lists = compiler.lists(read)?;
    compiler.complain(people, now);
    compiler.times(now);
    compiler.scopes();
    // Policy 0: that of whoever is not known.
    compiler.policy(&Facts::default());
    compiler.sites();
    let devices = people.iter().map(|people| compiler.devices(people)).sum();
    let ends = compiler.timetables.iter().filter_map(|(table, _)| table.days.last().map(|day| day.start_s));
    Ok(Compiled {
        ends_s: ends.min().unwrap_or(u32::MAX),
        now_s: u64::from(compiler.now_s),
        builder: compiler.builder,
        lists,
        devices,
        policies: compiler.policies.len(),
        problems: compiler.problems,
    })
}

/// How narrow rules of the safe default are: more than those for everybody, less than any others.
const RANK_OF_DEFAULT: u8 = 1;
/// How narrow rules with an end are.
pub const RANK_OF_OVERRIDES: u8 = 7;

/// How narrow the rules of a lasting scope are, in the table of precedence.
pub fn rank(who: &Who) -> u8 {
    match who.level() {
        0 => 0,
        level => level + RANK_OF_DEFAULT,
    }
}

/// A block about somebody, with when it holds for them.
type Held = (usize, Option<Vec<Vec<String>>>);
/// What makes two people's policies the same: their calendar and the blocks about them.
type Key = (Option<usize>, Vec<Held>);

struct Compiler<'a> {
    file: &'a str,
    config: &'a Config,
    builder: Builder,
    categories: HashMap<String, Category>,
    timetables: Vec<(Timetable, u32)>,
    /// The scope of each block that has rules.
    scopes: Vec<Option<ScopeId>>,
    /// That of the safe default.
    default_scope: Option<ScopeId>,
    policies: HashMap<Key, PolicyId>,
    /// Blocks that were complained of because they hold at no time.
    never_holds: BTreeSet<usize>,
    /// Rules about whole public suffixes.
    whole: Vec<whole::Whole>,
    now_s: u32,
    problems: Problems,
}

impl Compiler<'_> {
    fn category(&mut self, name: &str) -> Category {
        if let Some(known) = self.categories.get(name) {
            return *known;
        }
        let category = self.builder.category(name, name == BYPASS);
        self.categories.insert(name.to_owned(), category);
        category
    }

    fn builtin(&mut self) {
        let category = self.category(BYPASS);
        let list = self.builder.list("built-in ways around", env!("CARGO_PKG_VERSION"), category);
        let name = |text: &str| NameBuf::from_text(text).ok();
        for name in builtin::bypass().filter_map(name) {
            self.builder.listed(list, &name.as_name(), Cover::Both);
        }
        for (engine, safe) in builtin::engines() {
            if let (Some(engine), Some(safe)) = (name(&engine), name(safe)) {
                self.builder.search(&engine.as_name(), &safe.as_name());
            }
        }
        for name in builtin::YOUTUBE.into_iter().filter_map(name) {
            self.builder.youtube(&name.as_name());
        }
    }

    fn lists(&mut self, read: ReadFile<'_>) -> Result<Vec<ListReport>, Problems> {
        let (mut reports, mut unread) = (Vec::new(), Problems::default());
        for list in &self.config.lists {
            match self.list(list, read) {
                Ok(report) => reports.push(report),
                Err(why) => {
                    unread.push(
                        self.file,
                        list.line,
                        "list.file",
                        &list.name,
                        format!("a file that can be read: {why}"),
                    );
                }
            }
        }
        if unread.is_empty() { Ok(reports) } else { Err(unread) }
    }

    fn list(&mut self, list: &List, read: ReadFile<'_>) -> Result<ListReport, String> {
        let category = self.category(&list.category);
        let mut version = list.version.clone().unwrap_or_default();
        let reading = match &list.names {
            Names::Here(patterns) => {
                let id = self.builder.list(&list.name, &version, category);
                for pattern in patterns {
                    self.builder.listed(id, &pattern.name.as_name(), pattern.cover);
                    self.whole.iter_mut().for_each(|whole| whole.count(&pattern.name.as_name()));
                }
                lists::Reading { rows: patterns.len() as u64, ..lists::Reading::default() }
            }
            Names::File(file, format, options) => {
                let bytes = read(file)?;
                if version.is_empty() {
                    let digest = Sha256::digest(&bytes);
                    version = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
                }
                let id = self.builder.list(&list.name, &version, category);
                lists::read(*format, file, &bytes, *options, &mut |row| match row.excepted {
                    false => {
                        self.builder.listed(id, &row.name.as_name(), row.cover);
                        self.whole.iter_mut().for_each(|whole| whole.count(&row.name.as_name()));
                    }
                    true => self.builder.excepted(id, &row.name.as_name(), row.cover),
                })
            }
        };
        let problems = reading.problems.found();
        self.problems.append(reading.problems);
        let (name, category) = (list.name.clone(), list.category.clone());
        Ok(ListReport { name, category, version, rows: reading.rows, not_names: reading.not_names, problems })
    }

    /// Complains of what the settings say for nobody, or for more than was meant.
    fn complain(&mut self, people: &[People], now: Timestamp) {
        for (line, setting, said, wanted) in known::strangers(self.config, people) {
            self.problems.push(self.file, line, setting, &said, wanted);
        }
        for year in &self.config.calendars {
            let today = year.calendar.zone.to_datetime(now).date();
            let left = (year.calendar.last_day - today).get_days();
            if left < YEAR_ENDS_DAYS {
                let wanted = format!(
                    "a school year that goes on ({} ends in {left} days): after its last day nothing holds that is for a time of school",
                    year.calendar.name
                );
                let said = year.calendar.last_day.to_string();
                self.problems.push(self.file, 0, "calendar.last_day", &said, wanted);
            }
        }
        for whole in std::mem::take(&mut self.whole) {
            let (line, said, wanted) = whole.told();
            self.problems.push(self.file, line, "allow, deny, must_deny", &said, wanted);
        }
    }

    fn times(&mut self, now: Timestamp) {
        for year in &self.config.calendars {
            let today = year.calendar.zone.to_datetime(now).date();
            // Yesterday too: edges may run a little behind.
            let table = timetable(&year.calendar, today.yesterday().unwrap_or(today), self.config.days + 1);
            let number = self.builder.timetable(&table.days);
            self.timetables.push((table, number));
        }
    }

    /// A scope in the snapshot for each block with rules for names.
    fn scopes(&mut self) {
        for block in &self.config.blocks {
            if block.measures.rules.is_empty() {
                self.scopes.push(None);
                continue;
            }
            let (name, level) = match block.when.ends() {
                Some(_) => (format!("override for {}", block.who.say()), RANK_OF_OVERRIDES),
                None => (block.who.say(), rank(&block.who)),
            };
            let scope = self.builder.scope(&name, level);
            self.rules(scope, &block.measures);
            self.scopes.push(Some(scope));
        }
        let default = &self.config.default;
        self.default_scope =
            (!default.rules.is_empty()).then(|| self.builder.scope("safe default", RANK_OF_DEFAULT));
        if let Some(scope) = self.default_scope {
            self.rules(scope, default);
        }
    }

    fn rules(&mut self, scope: ScopeId, measures: &Measures) {
        for (pattern, ruling) in &measures.rules {
            self.builder.rule(scope, &pattern.name.as_name(), pattern.cover, *ruling, &measures.note);
        }
    }

    /// The blocks laid over each other that hold with these labels, and the temporary ones that hold at this moment. Under those that are not for
    /// everybody lies the safe default, where none of them takes its place.
    fn layers(&self, held: &[Held], labels: Option<&Labels>, at_s: Option<u32>) -> Layers<'_> {
        let always = if self.config.close_bypass { self.categories[BYPASS].mask() } else { 0 };
        let mut layers = Layers::new(&self.categories, always);
        let (once, lasting): (Vec<&Held>, Vec<&Held>) =
            held.iter().partition(|(at, _)| self.config.blocks[*at].when.ends().is_some());
        let holds = |during: &Option<Vec<Vec<String>>>| {
            during.as_ref().is_none_or(|any| labels.is_some_and(|labels| one_holds(any, labels)))
        };
        let (wide, narrow): (Vec<&Held>, Vec<&Held>) =
            lasting.iter().partition(|(at, _)| self.config.blocks[*at].who.level() == 0);
        let replaced = narrow.iter().any(|(at, _)| self.config.blocks[*at].replaces_default());
        let those = |held: &[&Held]| -> Vec<(&Measures, Option<ScopeId>)> {
            let held = held.iter().filter(|(_, during)| holds(during));
            held.map(|(at, _)| (&self.config.blocks[*at].measures, self.scopes[*at])).collect()
        };
        let default = (!replaced).then_some((&self.config.default, self.default_scope));
        for (measures, scope) in those(&wide).into_iter().chain(default).chain(those(&narrow)) {
            layers.lay(measures, scope);
        }
        for (at, during) in once {
            let block = &self.config.blocks[*at];
            let Some((from, to)) = block.when.ends() else { continue };
            if holds(during) && at_s.is_some_and(|s| (seconds(from)..seconds(to)).contains(&s)) {
                layers.lay(&block.measures, self.scopes[*at]);
            }
        }
        layers
    }

    fn regime(&mut self, held: &[Held], labels: Option<&Labels>, at_s: Option<u32>) -> u32 {
        let (regime, scopes) = self.layers(held, labels, at_s).done();
        self.builder.regime(regime, &scopes)
    }

    /// The blocks about somebody, from the widest to the narrowest and temporary ones last, with when each holds.
    fn held(&self, facts: &Facts<'_>) -> Vec<Held> {
        let mut held: Vec<(u8, Held)> = Vec::new();
        for (at, block) in facts.blocks(&self.config.blocks) {
            let ends = block.when.ends();
            if ends.is_some_and(|(_, to)| seconds(to) <= self.now_s) {
                continue;
            }
            let during = match (&block.when, &block.who.section) {
                (When::During(any), _) => Some(any.clone()),
                // Where no bell rings nobody can say when a section meets.
                (When::Meeting(..), _) if !facts.have_bells(self.config) => None,
                (When::Always | When::Meeting(..), Some(section)) => {
                    Some(facts.meets(section).unwrap_or_else(|| vec![vec![LESSON.to_owned()]]))
                }
                _ => None,
            };
            let level = if ends.is_some() { 6 } else { block.who.level() };
            held.push((level, (at, during)));
        }
        held.sort_by_key(|(level, (at, _))| (*level, *at));
        held.into_iter().map(|(_, held)| held).collect()
    }

    fn policy(&mut self, facts: &Facts<'_>) -> PolicyId {
        let calendar = facts.calendar(self.config);
        let key = (calendar, self.held(facts));
        if let Some(known) = self.policies.get(&key) {
            return *known;
        }
        let held = &key.1;
        let name = self.name_of(facts, held);
        let policy = self.scheduled(&name, calendar, held, None);
        self.never(&name, held, calendar);
        self.spans(policy, calendar, held);
        self.policies.insert(key, policy);
        policy
    }

    /// A policy in the snapshot with what its schedule says, and with the temporary blocks that hold at a moment.
    fn scheduled(
        &mut self,
        name: &str,
        calendar: Option<usize>,
        held: &[Held],
        at_s: Option<u32>,
    ) -> PolicyId {
        let outside = self.regime(held, None, at_s);
        let Some(at) = calendar else { return self.builder.policy(name, outside) };
        let slots = std::mem::take(&mut self.timetables[at].0.slots);
        let regimes: Vec<u32> = slots.iter().map(|labels| self.regime(held, Some(labels), at_s)).collect();
        self.timetables[at].0.slots = slots;
        self.builder.scheduled_policy(name, self.timetables[at].1, &regimes, outside)
    }

    /// Complains, once, of each block that holds in no slot.
    fn never(&mut self, name: &str, held: &[Held], calendar: Option<usize>) {
        let slots = calendar.map_or(&[][..], |at| &self.timetables[at].0.slots);
        for (at, during) in held {
            let never = during.as_ref().is_some_and(|any| !slots.iter().any(|labels| one_holds(any, labels)));
            if never && self.never_holds.insert(*at) {
                let block = &self.config.blocks[*at];
                let wanted = match calendar {
                    Some(_) => "a time at which it can hold: no day of the calendar has these labels (the period of a section is \
                                what the roster says)"
                        .to_owned(),
                    None => format!("a calendar for \"{name}\": without one it holds at no time there"),
                };
                self.problems.push(self.file, block.line, "scope", &block.who.say(), wanted);
            }
        }
    }

    /// A name for explanations, by what makes the policy; nobody's id.
    fn name_of(&self, facts: &Facts<'_>, held: &[Held]) -> String {
        let whose = match (facts.site, facts.school) {
            (Some(site), _) => format!("site {site}"),
            (None, Some(school)) => format!("school {school}"),
            (None, None) => "safe default".to_owned(),
        };
        let narrow = held.iter().map(|(at, _)| &self.config.blocks[*at]).filter(|b| b.who.level() > 2);
        let mut parts: Vec<String> = narrow.map(|b| b.who.say()).collect();
        parts.dedup();
        std::iter::once(whose).chain(parts).collect::<Vec<_>>().join("; ")
    }

    /// The stretches in which temporary blocks hold for a policy, each with the schedule that they make.
    fn spans(&mut self, policy: PolicyId, calendar: Option<usize>, held: &[Held]) {
        let mut once = Vec::new();
        for (at, _) in held {
            if let Some((from, to)) = self.config.blocks[*at].when.ends() {
                once.push((seconds(from).max(self.now_s), seconds(to)));
            }
        }
        let mut cuts: Vec<u32> = once.iter().flat_map(|o| [o.0, o.1]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        for piece in cuts.windows(2) {
            let (from_s, to_s) = (piece[0], piece[1]);
            if once.iter().any(|o| (o.0..o.1).contains(&from_s)) {
                let like = self.scheduled("with an override", calendar, held, Some(from_s));
                self.builder.span_like(policy, from_s, to_s, like);
            }
        }
    }

    fn sites(&mut self) {
        for site in &self.config.sites {
            let facts = Facts {
                district: site.district.as_deref(),
                school: site.school.as_deref(),
                site: Some(&site.name),
                ..Facts::default()
            };
            let policy = self.policy(&facts);
            let id = self.builder.site(&site.name, policy);
            for (address, bits) in &site.prefixes {
                self.builder.prefix(id, *address, *bits);
            }
        }
    }

    fn devices(&mut self, people: &People) -> usize {
        let mut of_student: HashMap<usize, PolicyId> = HashMap::new();
        for device in &people.devices {
            let known = match &device.owner {
                Owner::Student(at) => of_student.get(at).copied(),
                Owner::School(_) => None,
            };
            let policy = match known {
                Some(policy) => policy,
                None => {
                    let Some(facts) = Facts::of(people, &device.owner) else { continue };
                    self.policy(&facts)
                }
            };
            if let Owner::Student(at) = &device.owner {
                of_student.insert(*at, policy);
            }
            self.builder.device(device.key, policy);
        }
        people.devices.len()
    }
}

/// Whether all labels of one of these hold.
fn one_holds(any: &[Vec<String>], labels: &Labels) -> bool {
    any.iter().any(|all| all.iter().all(|label| labels.contains(label)))
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
