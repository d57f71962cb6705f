//! The sections of an open snapshot, found once.

use super::layout::{Header, Section, u16_at, u32_at, u128_at};
use super::records::{Category, ListId, PolicyId, Regime, RuleId, Ruling, Set, Target, YouTube};
use crate::hash::{HashKey, scoped};
use crate::name::Name;
use crate::subject::{DeviceKey, SiteId, Subject, address_number};
use crate::table::{Bucket, narrow, wide};
use core::net::IpAddr;
use std::collections::{BTreeSet, HashMap};

/// The sections of a snapshot. Copied freely; holds no byte of its own.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) key: HashKey,
    /// The fewest and the most labels of a name in the table.
    pub(crate) depths: [usize; 2],
    text: &'a [u8],
    categories: &'a [[u8; 8]],
    lists: &'a [[u8; 16]],
    sets: &'a [[u8; 80]],
    set_lists: &'a [[u8; 4]],
    domains: &'a [Bucket],
    scopes: &'a [[u8; 8]],
    rules: &'a [[u8; 16]],
    rule_map: &'a [Bucket],
    chains: &'a [[u8; 4]],
    regimes: &'a [[u8; 32]],
    pub(crate) policies: &'a [[u8; 20]],
    pub(crate) slot_regimes: &'a [[u8; 4]],
    pub(crate) timetables: &'a [[u8; 8]],
    pub(crate) days: &'a [[u8; 8]],
    pub(crate) patterns: &'a [[u8; 8]],
    pub(crate) moments: &'a [[u8; 8]],
    pub(crate) spans: &'a [[u8; 16]],
    devices: &'a [Bucket],
    sites: &'a [[u8; 8]],
    ranges: &'a [[u8; 20]],
    targets: &'a [[u8; 4]],
}

/// A rule, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// The name that it is about.
    pub name: &'a str,
    /// The scope that gave it.
    pub scope: &'a str,
    /// Who gave it and why, as the settings say.
    pub note: &'a str,
}

impl<'a> View<'a> {
    #[inline]
    pub(super) fn new(bytes: &'a [u8], header: &Header) -> Self {
        fn of<'a, const N: usize>(bytes: &'a [u8], header: &Header, section: Section) -> &'a [[u8; N]] {
            bytes[header.ranges[section as usize].clone()].as_chunks::<N>().0
        }
        Self {
            key: HashKey::new(header.seed),
            depths: header.depths.map(usize::from),
            text: &bytes[header.ranges[Section::Text as usize].clone()],
            categories: of(bytes, header, Section::Categories),
            lists: of(bytes, header, Section::Lists),
            sets: of(bytes, header, Section::Sets),
            set_lists: of(bytes, header, Section::SetLists),
            domains: of(bytes, header, Section::Domains),
            scopes: of(bytes, header, Section::Scopes),
            rules: of(bytes, header, Section::Rules),
            rule_map: of(bytes, header, Section::RuleMap),
            chains: of(bytes, header, Section::Chains),
            regimes: of(bytes, header, Section::Regimes),
            policies: of(bytes, header, Section::Policies),
            slot_regimes: of(bytes, header, Section::SlotRegimes),
            timetables: of(bytes, header, Section::Timetables),
            days: of(bytes, header, Section::Days),
            patterns: of(bytes, header, Section::Patterns),
            moments: of(bytes, header, Section::Moments),
            spans: of(bytes, header, Section::Spans),
            devices: of(bytes, header, Section::Devices),
            sites: of(bytes, header, Section::Sites),
            ranges: of(bytes, header, Section::Ranges),
            targets: of(bytes, header, Section::Targets),
        }
    }

    pub(super) fn has_policy(&self) -> bool {
        !self.policies.is_empty() && !self.regimes.is_empty()
    }

    /// The octets of a text: two of length, then so many.
    fn octets(&self, at: u32) -> &'a [u8] {
        let at = at as usize;
        let length = usize::from(u16_at(self.text, at));
        self.text.get(at + 2..at + 2 + length).unwrap_or_default()
    }

    fn text(&self, at: u32) -> &'a str {
        std::str::from_utf8(self.octets(at)).unwrap_or_default()
    }

    /// The policy of whoever asks; the safe default for whom it does not know.
    #[inline]
    pub fn policy_of(&self, subject: &Subject) -> PolicyId {
        let known = match subject {
            Subject::Device(key) => self.device(*key).map(|(policy, _)| policy.wrapping_sub(1)),
            Subject::Site(SiteId(site)) => self.sites.get(*site as usize).map(|r| u32_at(r, 4)),
            Subject::Unknown => None,
        };
        PolicyId(known.filter(|policy| (*policy as usize) < self.policies.len()).unwrap_or(0))
    }

    /// The number of a device among the devices of its snapshot, for counting; `None` for one it does not know.
    pub fn device_number(&self, key: DeviceKey) -> Option<u32> {
        self.device(key).map(|(_, number)| number)
    }

    /// A device's policy plus 1, and its number.
    #[inline]
    fn device(&self, key: DeviceKey) -> Option<(u32, u32)> {
        let (low, high) = key.halves();
        wide::find(self.devices, low, high)
    }

    /// The place of an address: the narrowest range of the settings that holds it.
    pub fn site_of(&self, address: IpAddr) -> Option<SiteId> {
        let address = address_number(address);
        let after = self.ranges.partition_point(|r| u128_at(r, 0) <= address);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        u32_at(range, 16).checked_sub(1).map(SiteId)
    }

    /// The site of this name.
    pub fn site(&self, name: &str) -> Option<SiteId> {
        let at = self.sites.iter().position(|r| self.text(u32_at(r, 0)) == name)?;
        Some(SiteId(at as u32))
    }

    /// What holds under this number; a number that there is not lets nothing through.
    #[inline]
    pub fn regime(&self, number: u32) -> Regime {
        let mut regime = self.regimes.get(number as usize).map_or(Regime::CLOSED, Regime::read);
        if regime.scopes.must {
            let at = regime.scopes.at as usize + usize::from(regime.scopes.count);
            let words = self.chains.get(at..at + 4).unwrap_or_default();
            // A damaged file that has no such place opens nothing.
            regime.must = words.iter().rev().fold(0, |all, word| all << 32 | u128::from(u32_at(word, 0)));
            regime.must |= if words.is_empty() { u128::MAX } else { 0 };
        }
        regime
    }

    /// The set of the suffix with this hash, 0 for none, by the first bucket alone; and whether more must be looked at.
    #[inline]
    pub(crate) fn find_first(&self, hash: u64) -> (u16, bool) {
        narrow::first(self.domains, hash)
    }

    /// The set of the suffix with this hash, 0 for none.
    pub(crate) fn find(&self, hash: u64) -> u16 {
        narrow::find(self.domains, hash)
    }

    #[inline]
    pub(crate) fn set(&self, number: u16) -> Set {
        self.sets.get(usize::from(number)).map_or_else(Set::default, Set::read)
    }

    /// The strongest rule of the regime's scopes for the suffix with this hash: a mandatory deny, then that of the
    /// narrowest scope, then a deny.
    pub(crate) fn rule_for(&self, regime: &Regime, hash: u64, exact: bool) -> Option<(Ruling, RuleId)> {
        let rules = self.chain(regime).iter().filter_map(|scope| {
            let (low, high) = rule_key(u32_at(scope, 0), hash);
            let (rule, rulings) = wide::find(self.rule_map, low, high)?;
            let [for_exact, for_below, level, _] = rulings.to_le_bytes();
            let ruling = Ruling::of_octet(if exact { for_exact } else { for_below })?;
            let rank = (ruling == Ruling::MandatoryDeny, level, ruling);
            Some((rank, RuleId(rule - 1)))
        });
        rules.max_by_key(|(rank, _)| *rank).map(|((_, _, ruling), rule)| (ruling, rule))
    }

    /// The first list that put one of these categories on the name, and the category.
    pub(crate) fn list_for(&self, set: &Set, blocked: u128, exact: bool) -> Option<(ListId, Category)> {
        self.lists_of(set).find_map(|(list, on_exact, on_below, excepted)| {
            let category = self.category_of(list)?;
            let listed = !excepted && if exact { on_exact } else { on_below };
            (listed && blocked & category.mask() != 0).then_some((list, category))
        })
    }

    /// The lists of a set: the list, whether it speaks of the name itself, of what is below, and whether it excepts.
    pub(crate) fn lists_of(&self, set: &Set) -> impl Iterator<Item = (ListId, bool, bool, bool)> {
        let at = set.lists.0 as usize;
        let lists = self.set_lists.get(at..at + usize::from(set.lists.1)).unwrap_or_default();
        lists.iter().map(|r| (ListId(u16_at(r, 0)), r[2] & 1 != 0, r[2] & 2 != 0, r[2] & 4 != 0))
    }

    /// The category that a list is of.
    pub fn category_of(&self, list: ListId) -> Option<Category> {
        self.lists.get(usize::from(list.0)).map(|r| Category(r[8]))
    }

    /// Whether one of these categories is one whose names are answered NXDOMAIN whatever the regime says: ways around the filter, which must not learn
    /// of a page.
    #[inline]
    pub(crate) fn is_always_nxdomain(&self, mut listed: u128) -> bool {
        while listed != 0 {
            if self.categories.get(listed.trailing_zeros() as usize).is_some_and(|r| r[4] & 1 != 0) {
                return true;
            }
            listed &= listed - 1;
        }
        false
    }

    /// A category's name.
    pub fn category_name(&self, category: Category) -> &'a str {
        self.categories.get(usize::from(category.0)).map_or("", |r| self.text(u32_at(r, 0)))
    }

    /// All categories.
    pub fn categories(&self) -> impl Iterator<Item = Category> {
        (0..self.categories.len().min(128)).map(|n| Category(n as u8))
    }

    /// All lists: number, name, version, names in it.
    pub fn lists(&self) -> impl Iterator<Item = (ListId, &'a str, &'a str, u32)> {
        let view = *self;
        self.lists.iter().enumerate().map(move |(n, r)| {
            (ListId(n as u16), view.text(u32_at(r, 0)), view.text(u32_at(r, 4)), u32_at(r, 12))
        })
    }

    /// A list's name.
    pub fn list_name(&self, list: ListId) -> &'a str {
        self.lists.get(usize::from(list.0)).map_or("", |r| self.text(u32_at(r, 0)))
    }

    /// A policy's name.
    pub fn policy_name(&self, policy: PolicyId) -> &'a str {
        self.policies.get(policy.0 as usize).map_or("", |r| self.text(u32_at(r, 16)))
    }

    /// How many different regimes there are; their numbers begin with 0.
    pub fn regime_count(&self) -> usize {
        self.regimes.len()
    }

    /// The regimes that a policy ever has in force: of its schedule, outside it, and of its overrides. Some may come twice.
    pub fn regimes_of(&self, policy: PolicyId) -> impl Iterator<Item = Regime> {
        let view = *self;
        self.regime_numbers_of(policy).map(move |number| view.regime(number))
    }

    /// The same, by their numbers.
    pub fn regime_numbers_of(&self, policy: PolicyId) -> impl Iterator<Item = u32> {
        let view = *self;
        let spans = self.spans.iter().filter(move |span| u32_at(*span, 0) == policy.0);
        let replaced = spans.flat_map(move |span| match Span::of(u32_at(span, 12)) {
            Span::Regime(number) => vec![number],
            Span::Policy(other) => view.scheduled(other).collect(),
        });
        self.scheduled(policy.0).chain(replaced)
    }

    /// The numbers of the regimes of a policy's schedule, and of that outside it.
    fn scheduled(&self, policy: u32) -> impl Iterator<Item = u32> {
        let record = self.policies.get(policy as usize);
        let [at, count, outside] =
            record.map_or([0, 0, u32::MAX], |r| [4, 8, 12].map(|octet| u32_at(r, octet)));
        let end = at.saturating_add(count) as usize;
        let slots = self.slot_regimes.get(at as usize..end).unwrap_or_default();
        slots.iter().map(|r| u32::from_le_bytes(*r)).chain([outside])
    }

    /// How many policies there are.
    pub fn policies(&self) -> usize {
        self.policies.len()
    }

    /// A rule's texts.
    pub fn rule(&self, rule: RuleId) -> Option<Rule<'a>> {
        let r = self.rules.get(rule.0 as usize)?;
        let scope = self.scopes.get(u32_at(r, 0) as usize)?;
        Some(Rule {
            name: self.text(u32_at(r, 4)),
            scope: self.text(u32_at(scope, 0)),
            note: self.text(u32_at(r, 8)),
        })
    }

    /// How narrow the scope of a rule is.
    pub(crate) fn level_of(&self, rule: RuleId) -> u8 {
        let scope = self.rules.get(rule.0 as usize).and_then(|r| self.scopes.get(u32_at(r, 0) as usize));
        scope.map_or(u8::MAX, |scope| scope[4])
    }

    /// The rules that allow a name, by regime, of those that a policy ever has in force: the regime's number, and the name.
    pub(crate) fn allowed_names(&self, policy: PolicyId) -> impl Iterator<Item = (u32, &'a str)> {
        let view = *self;
        let mut by_scope: HashMap<u32, Vec<&'a str>> = HashMap::new();
        for rule in self.rules {
            if rule[12..14].iter().any(|octet| Ruling::of_octet(*octet) == Some(Ruling::Allow)) {
                by_scope.entry(u32_at(rule, 0)).or_default().push(self.text(u32_at(rule, 4)));
            }
        }
        let numbers: BTreeSet<u32> = self.regime_numbers_of(policy).collect();
        let named = move |number: u32| {
            let scopes = view.chain(&view.regime(number)).iter();
            let names: Vec<&str> =
                scopes.filter_map(|r| by_scope.get(&u32_at(r, 0))).flatten().copied().collect();
            names.into_iter().map(move |name| (number, name))
        };
        numbers.into_iter().flat_map(named)
    }

    /// The scopes whose rules hold under a regime.
    pub fn scopes_of(&self, regime: &Regime) -> impl Iterator<Item = &'a str> {
        let view = *self;
        self.chain(regime).iter().map(move |r| {
            view.scopes.get(u32_at(r, 0) as usize).map_or("", |scope| view.text(u32_at(scope, 0)))
        })
    }

    /// The numbers of the scopes of a regime.
    #[inline]
    fn chain(&self, regime: &Regime) -> &'a [[u8; 4]] {
        let at = regime.scopes.at as usize;
        self.chains.get(at..at + usize::from(regime.scopes.count)).unwrap_or_default()
    }

    /// The name that answers are rewritten to, in wire form.
    pub fn target(&self, target: Target) -> &'a [u8] {
        self.targets.get(usize::from(target.0)).map_or(&[0], |r| self.octets(u32_at(r, 0)))
    }

    /// The same as people write it.
    pub fn target_name(&self, target: Target) -> String {
        Name::parse(self.target(target)).map_or_else(|_| String::new(), |name| name.to_string())
    }

    /// Where a name is sent under a regime, by what its set says about rewriting.
    #[inline]
    pub(crate) fn rewrite(regime: &Regime, rewrite: u16) -> Option<Target> {
        match (rewrite, regime.youtube) {
            (0, _) | (1, YouTube::Open) => None,
            (1, YouTube::Moderate) => Some(Target(0)),
            (1, YouTube::Strict) => Some(Target(1)),
            (other, _) => regime.safe_search.then(|| Target(other - 2)),
        }
    }
}

/// What a span of a policy puts in its place: a regime, or another policy's schedule. The highest bit says which.
pub(crate) enum Span {
    Regime(u32),
    Policy(u32),
}

impl Span {
    const POLICY: u32 = 1 << 31;

    pub fn of(number: u32) -> Self {
        if number & Self::POLICY == 0 { Self::Regime(number) } else { Self::Policy(number & !Self::POLICY) }
    }

    pub fn number(self) -> u32 {
        match self {
            Self::Regime(number) => number,
            Self::Policy(number) => number | Self::POLICY,
        }
    }
}

/// The key of a rule in its table.
#[inline]
pub(crate) fn rule_key(scope: u32, suffix: u64) -> (u64, u64) {
    (scoped(scope, suffix), scoped(!scope, suffix))
}
