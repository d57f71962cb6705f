//! Makes a snapshot in memory.

mod names;
mod places;
mod times;

pub use names::Cover;
pub use times::Day;

use crate::name::Name;
use crate::snapshot::{
    Category, Facts, ListId, PolicyId, Regime, RuleId, Ruling, Scopes, SecretKey, Section, Span, write,
};
use crate::subject::{DeviceKey, SiteId};
use crate::table::wide;
use core::net::IpAddr;
use names::Names;
use places::Range;
use std::collections::HashMap;
use times::Times;

/// A scope's number: who gives rules (the state, a district, a school, a grade band, a section, a student).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub(crate) u32);

/// Why no snapshot can be made of what was put in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Two names or keys fell together.
    #[error("two different names have the same hash under this seed; build again with another one")]
    Collision,
    /// More categories, lists, sets, or scopes of one regime than numbers.
    #[error("{found} {what}, at most {limit} fit")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many fit.
        limit: usize,
    },
    /// A device was named twice with different policies.
    #[error("a device has two policies: {0} and {1}")]
    TwoPolicies(String, String),
    /// The same scope gives two rulings for the same name.
    #[error("{scope} gives two rulings for {name}")]
    TwoRulings {
        /// The scope.
        scope: String,
        /// The name.
        name: String,
    },
    /// No policy: the first one is the safe default.
    #[error("there is no policy; the first one is the safe default")]
    NoPolicy,
}

/// Texts, each kept once.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, u32>,
}

impl Texts {
    /// The place of these octets; longer ones than a length of two octets says are cut.
    fn put(&mut self, octets: &[u8]) -> u32 {
        let octets = &octets[..octets.len().min(usize::from(u16::MAX))];
        if let Some(at) = self.known.get(octets) {
            return *at;
        }
        let at = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&(octets.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(octets);
        self.known.insert(octets.to_vec(), at);
        at
    }
}

/// What a rule says of the name itself and of what is below it.
type Rulings = [Option<Ruling>; 2];

/// Collects what a snapshot says. The same calls with the same seed give the same bytes.
pub struct Builder {
    seed: [u8; 16],
    texts: Texts,
    names: Names,
    times: Times,
    categories: Vec<[u8; 8]>,
    lists: Vec<(u32, u32, Category)>,
    scopes: Vec<(u32, u8)>,
    scope_names: Vec<String>,
    rules: Vec<[u8; 16]>,
    rulings: HashMap<(u32, u64), (RuleId, Rulings)>,
    chains: Vec<u32>,
    chain_known: HashMap<(Vec<u32>, bool), Scopes>,
    regimes: Vec<Regime>,
    regime_known: HashMap<Regime, u32>,
    devices: Vec<(DeviceKey, PolicyId)>,
    sites: Vec<(u32, PolicyId)>,
    ranges: Vec<Range>,
    targets: Vec<u32>,
    wrong: Option<BuildError>,
}

impl Builder {
    /// Begins; the seed comes from the operating system's generator, and a new one for each snapshot.
    pub fn new(seed: [u8; 16]) -> Self {
        let mut builder = Self {
            seed,
            texts: Texts::default(),
            names: Names::new(seed),
            times: Times::default(),
            categories: Vec::new(),
            lists: Vec::new(),
            scopes: Vec::new(),
            scope_names: Vec::new(),
            rules: Vec::new(),
            rulings: HashMap::new(),
            chains: Vec::new(),
            chain_known: HashMap::new(),
            regimes: Vec::new(),
            regime_known: HashMap::new(),
            devices: Vec::new(),
            sites: Vec::new(),
            ranges: Vec::new(),
            targets: Vec::new(),
            wrong: None,
        };
        for target in [YOUTUBE_MODERATE, YOUTUBE_STRICT] {
            let at = builder.texts.put(target);
            builder.targets.push(at);
        }
        builder
    }

    /// A category; `always_nxdomain` for ways around the filter. At most 128.
    pub fn category(&mut self, name: &str, always_nxdomain: bool) -> Category {
        let mut record = [0; 8];
        record[..4].copy_from_slice(&self.texts.put(name.as_bytes()).to_le_bytes());
        record[4] = u8::from(always_nxdomain);
        self.categories.push(record);
        Category((self.categories.len() - 1).min(255) as u8)
    }

    /// A list of names of one category; `version` is its date or digest. At most 65,535.
    pub fn list(&mut self, name: &str, version: &str, category: Category) -> ListId {
        let (name, version) = (self.texts.put(name.as_bytes()), self.texts.put(version.as_bytes()));
        self.lists.push((name, version, category));
        ListId((self.lists.len() - 1).min(65_535) as u16)
    }

    /// Puts a name on a list.
    pub fn listed(&mut self, list: ListId, name: &Name<'_>, cover: Cover) {
        self.names.listed(list, name, cover, false);
    }

    /// Excepts a name from the category of a list.
    pub fn excepted(&mut self, list: ListId, name: &Name<'_>, cover: Cover) {
        self.names.listed(list, name, cover, true);
    }

    /// A name that is sent to `target` where SafeSearch is on; the name itself alone.
    pub fn search(&mut self, name: &Name<'_>, target: &Name<'_>) {
        let text = self.texts.put(target.wire());
        let at = self.targets.iter().position(|t| *t == text).unwrap_or(self.targets.len());
        if at == self.targets.len() {
            self.targets.push(text);
        }
        self.names.rewritten(name, (at + 2).min(65_535) as u16);
    }

    /// A name that is sent to YouTube's restricted addresses where that is on; the name itself alone.
    pub fn youtube(&mut self, name: &Name<'_>) {
        self.names.rewritten(name, 1);
    }

    /// Somebody who gives rules. Of two rules for the same name that of the higher level (the narrower scope) holds.
    pub fn scope(&mut self, name: &str, level: u8) -> ScopeId {
        self.scopes.push((self.texts.put(name.as_bytes()), level));
        self.scope_names.push(name.to_owned());
        ScopeId((self.scopes.len() - 1) as u32)
    }

    /// A rule of a scope; `note` says who gave it and why.
    pub fn rule(
        &mut self,
        scope: ScopeId,
        name: &Name<'_>,
        cover: Cover,
        ruling: Ruling,
        note: &str,
    ) -> RuleId {
        let hash = self.names.ruled(name);
        let id = RuleId(self.rules.len() as u32);
        let (id, known) = *self.rulings.entry((scope.0, hash)).or_insert((id, [None; 2]));
        let rulings = [cover != Cover::Below, cover != Cover::Exact].map(|covered| covered.then_some(ruling));
        let both: Rulings = std::array::from_fn(|n| rulings[n].or(known[n]));
        if (0..2).any(|n| rulings[n].is_some() && known[n].is_some_and(|k| k != ruling)) {
            self.wrong.get_or_insert(BuildError::TwoRulings {
                scope: self.scope_names[scope.0 as usize].clone(),
                name: name.to_string(),
            });
        }
        self.rulings.insert((scope.0, hash), (id, both));
        if id.0 as usize == self.rules.len() {
            let mut record = [0; 16];
            record[..4].copy_from_slice(&scope.0.to_le_bytes());
            record[4..8].copy_from_slice(&self.texts.put(name.to_string().as_bytes()).to_le_bytes());
            record[8..12].copy_from_slice(&self.texts.put(note.as_bytes()).to_le_bytes());
            self.rules.push(record);
        }
        self.rules[id.0 as usize][12..14].copy_from_slice(&both.map(Ruling::octet));
        id
    }

    /// What can be in force, with the scopes whose rules hold then; its number.
    pub fn regime(&mut self, regime: Regime, scopes: &[ScopeId]) -> u32 {
        let mut chain: Vec<u32> = scopes.iter().map(|s| s.0).collect();
        chain.sort_unstable();
        chain.dedup();
        let (count, most, must) = (chain.len(), usize::from(u16::MAX), regime.must != 0);
        if count > most {
            self.wrong.get_or_insert(too_many("scopes of one regime", count, most));
        }
        if must {
            chain.extend((0..4).map(|word| (regime.must >> (32 * word)) as u32));
        }
        let known = (chain, must);
        let at = match self.chain_known.get(&known) {
            Some(at) => *at,
            None => {
                let chain = &known.0;
                let at = Scopes { at: self.chains.len() as u32, count: count as u16, must };
                self.chains.extend_from_slice(chain);
                self.chain_known.insert(known, at);
                at
            }
        };
        let regime = Regime { scopes: at, ..regime };
        *self.regime_known.entry(regime).or_insert_with(|| {
            self.regimes.push(regime);
            (self.regimes.len() - 1) as u32
        })
    }

    /// A policy without a schedule. The first policy is the safe default.
    pub fn policy(&mut self, name: &str, regime: u32) -> PolicyId {
        let name = self.texts.put(name.as_bytes());
        self.times.policy(name, None, &[], regime)
    }

    /// A policy with a timetable of [`Builder::timetable`]: in slot `n` the regime `slots[n]` holds, and `outside`
    /// before and after all that the timetable knows.
    pub fn scheduled_policy(&mut self, name: &str, timetable: u32, slots: &[u32], outside: u32) -> PolicyId {
        let name = self.texts.put(name.as_bytes());
        self.times.policy(name, Some(timetable), slots, outside)
    }

    /// The days of a timetable, in order of time, each until the next begins; the last only ends the one before.
    /// Equal ones are kept once.
    pub fn timetable(&mut self, days: &[Day]) -> u32 {
        self.times.timetable(days)
    }

    /// A regime for one policy from one instant until another (seconds since 1970), before its timetable. Spans of
    /// a policy must not overlap.
    pub fn span(&mut self, policy: PolicyId, from_s: u32, to_s: u32, regime: u32) {
        self.times.span(policy, from_s, to_s, Span::Regime(regime));
    }

    /// The same with another policy's schedule in place of a regime; that one's own spans do not count.
    pub fn span_like(&mut self, policy: PolicyId, from_s: u32, to_s: u32, like: PolicyId) {
        self.times.span(policy, from_s, to_s, Span::Policy(like.0));
    }

    /// A device.
    pub fn device(&mut self, key: DeviceKey, policy: PolicyId) {
        self.devices.push((key, policy));
    }

    /// A place.
    pub fn site(&mut self, name: &str, policy: PolicyId) -> SiteId {
        self.sites.push((self.texts.put(name.as_bytes()), policy));
        SiteId((self.sites.len() - 1) as u32)
    }

    /// Addresses of a place: those that have the first `bits` bits of `address`.
    pub fn prefix(&mut self, site: SiteId, address: IpAddr, bits: u8) {
        self.ranges.push(Range::of(site, address, bits));
    }

    /// Puts everything together and signs it. `created_s` is now and `ends_s` the end of the timetables, seconds
    /// since 1970.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn finish(mut self, created_s: u64, ends_s: u32, key: &SecretKey) -> Result<Vec<u8>, BuildError> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        if self.times.policies.is_empty() || self.regimes.is_empty() {
            return Err(BuildError::NoPolicy);
        }
        limit("categories", self.categories.len(), 128)?;
        limit("lists", self.lists.len(), 65_535)?;
        limit("rewrite targets", self.targets.len(), 65_533)?;
        let devices = self.devices()?;
        let rule_map = self.rule_map()?;
        let (depths, count) = (self.names.depths(), self.devices.len() as u64);
        drop(std::mem::take(&mut self.devices));
        let lists: Vec<Category> = self.lists.iter().map(|l| l.2).collect();
        let names = std::mem::replace(&mut self.names, Names::new(self.seed)).finish(&lists)?;
        let facts = Facts { created_s, seed: self.seed, ends_s, depths, devices: count };
        let regimes = self.regimes.iter().flat_map(Regime::write).collect();
        let lists = self.lists.iter().zip(&names.counts).flat_map(|((name, version, category), count)| {
            let mut record = [0; 16];
            record[..4].copy_from_slice(&name.to_le_bytes());
            record[4..8].copy_from_slice(&version.to_le_bytes());
            record[8] = category.0;
            record[12..].copy_from_slice(&count.to_le_bytes());
            record
        });
        let lists = lists.collect();
        let mut sections: [Vec<u8>; Section::ALL.len()] = std::array::from_fn(|_| Vec::new());
        let mut put = |section: Section, bytes: Vec<u8>| sections[section as usize] = bytes;
        put(Section::Categories, self.categories.concat());
        put(Section::Lists, lists);
        put(Section::Sets, names.sets);
        put(Section::SetLists, names.set_lists);
        put(Section::Domains, names.domains);
        put(Section::Scopes, self.scopes.iter().flat_map(|(n, l)| pair(*n, u32::from(*l))).collect());
        put(Section::Rules, self.rules.concat());
        put(Section::RuleMap, rule_map);
        put(Section::Chains, numbers(&self.chains));
        put(Section::Regimes, regimes);
        self.times.put(&mut put);
        put(Section::Devices, devices);
        put(Section::Sites, self.sites.iter().flat_map(|(n, p)| pair(*n, p.0)).collect());
        put(Section::Ranges, places::flatten(&self.ranges));
        put(Section::Targets, numbers(&self.targets));
        put(Section::Text, std::mem::take(&mut self.texts.bytes));
        Ok(write(&facts, sections, key))
    }

    fn devices(&mut self) -> Result<Vec<u8>, BuildError> {
        self.devices.sort_unstable();
        self.devices.dedup();
        if let Some(two) = self.devices.windows(2).find(|two| two[0].0 == two[1].0) {
            let name = |policy: PolicyId| self.times.name_of(policy, &self.texts.bytes);
            return Err(BuildError::TwoPolicies(name(two[0].1), name(two[1].1)));
        }
        let entries = self.devices.iter().enumerate().map(|(number, (key, policy))| {
            let (low, high) = key.halves();
            (low, high, policy.0 + 1, number as u32)
        });
        wide::build(entries).map_err(|_| BuildError::Collision)
    }

    fn rule_map(&self) -> Result<Vec<u8>, BuildError> {
        let mut entries: Vec<_> = self
            .rulings
            .iter()
            .map(|((scope, hash), (rule, rulings))| {
                let (low, high) = crate::snapshot::rule_key(*scope, *hash);
                let [exact, below] = rulings.map(Ruling::octet);
                let level = self.scopes[*scope as usize].1;
                (low, high, rule.0 + 1, u32::from_le_bytes([exact, below, level, 0]))
            })
            .collect();
        entries.sort_unstable();
        wide::build(entries.into_iter()).map_err(|_| BuildError::Collision)
    }
}

/// Google's two addresses for a restricted YouTube, in wire form
/// (<https://support.google.com/a/answer/6214622>).
const YOUTUBE_MODERATE: &[u8] = b"\x10restrictmoderate\x07youtube\x03com\0";
const YOUTUBE_STRICT: &[u8] = b"\x08restrict\x07youtube\x03com\0";

fn pair(one: u32, two: u32) -> [u8; 8] {
    (u64::from(one) | u64::from(two) << 32).to_le_bytes()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn too_many(what: &'static str, found: usize, limit: usize) -> BuildError {
    BuildError::TooMany { what, found, limit }
}

fn limit(what: &'static str, found: usize, limit: usize) -> Result<(), BuildError> {
    if found > limit { Err(too_many(what, found, limit)) } else { Ok(()) }
}
