//! The decision on a name. The order of precedence is the table of `docs/policy.md`, and this file is its only
//! implementation.

use crate::in_force::InForce;
use crate::name::{MAX_LABELS, Name, NameBuf};
use crate::snapshot::{Answer, Category, ListId, PolicyId, Regime, RuleId, Ruling, Set, Target, View};
use crate::subject::Subject;
use std::collections::HashSet;

/// What to do with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Answer it.
    Allow,
    /// Do not; say so like this.
    Block(Answer),
    /// Answer with a CNAME to this name, and that name's addresses.
    Rewrite(Target),
}

/// What a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nothing speaks of the name.
    Nothing,
    /// Only names that a rule allows are let through, and none allows this one.
    NotAllowed,
    /// A rule of one of the subject's scopes.
    Rule(RuleId),
    /// A list whose category is blocked.
    List(ListId),
}

/// The decision on one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What to do.
    pub action: Action,
    /// What it rests on.
    pub because: Because,
    /// The category for which a list blocks it.
    pub category: Option<Category>,
    /// The policy that decided.
    pub policy: PolicyId,
    /// For how many seconds this holds: no answer may live longer.
    pub seconds_to_boundary: u32,
    /// Whether ECH keys are taken out of HTTPS records of the answer.
    pub strip_ech: bool,
    /// Whether the targets of CNAME records of the answer are to be decided on, too.
    pub check_cname: bool,
}

/// A step on the way to a verdict, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Who asks has this policy.
    Policy(PolicyId),
    /// This regime is in force, for so many seconds more.
    Regime(u32, u32),
    /// A list speaks of the suffix of so many labels; whether its category is blocked, and whether it excepts the
    /// name from its category instead.
    Listed {
        /// Labels of the suffix.
        depth: usize,
        /// The list.
        list: ListId,
        /// Whether it excepts instead of listing.
        excepted: bool,
        /// Whether the category is blocked.
        blocked: bool,
    },
    /// The strongest rule for the suffix of so many labels.
    Ruled(usize, RuleId, Ruling),
    /// The suffix of so many labels decided.
    Decided(usize),
    /// The suffix of so many labels is of a category that no rule opens.
    Locked(usize),
    /// No suffix decided.
    Undecided,
    /// Let through, but sent to a safe address.
    Rewritten(Target),
}

/// A verdict with each step that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What [`decide`] says.
    pub verdict: Verdict,
    /// The steps.
    pub steps: Vec<Step>,
}

/// Decides. No allocation, no lock, no clock. `in_force` must be made from the same snapshot as `view`.
#[inline]
pub fn decide(view: &View<'_>, in_force: &InForce, subject: &Subject, name: &Name<'_>) -> Verdict {
    let policy = view.policy_of(subject);
    run(view, policy, in_force.of(policy), name, |_| {})
}

/// Whether a regime of the snapshot blocks the name: for somebody, at some time. At most so many regimes are asked.
pub fn is_ever_blocked(view: &View<'_>, name: &Name<'_>, most: usize) -> bool {
    (0..view.regime_count().min(most) as u32).any(|number| {
        let verdict = run(view, PolicyId(0), (number, 0), name, |_| {});
        matches!(verdict.action, Action::Block(_))
    })
}

/// Whether a regime blocks the name, and then, whether a rule that allows it and all below it would let it through that is as narrow as this
/// ([`crate::compile::rank`]). By the table of precedence; `None` for a name that is not blocked.
pub fn would_open(view: &View<'_>, number: u32, name: &Name<'_>, level: u8) -> Option<bool> {
    let verdict = run(view, PolicyId(0), (number, 0), name, |_| {});
    if !matches!(verdict.action, Action::Block(_)) {
        return None;
    }
    let regime = view.regime(number);
    let (mut found, mut excepted) = (Found::look(view, name), 0);
    while let Some(depth) = found.next() {
        let (set, exact) = (view.set(found.sets[depth]), depth == name.labels());
        excepted |= if exact { set.exact_excepted } else { set.below_excepted };
        let here = if exact { set.exact } else { set.below } & !excepted;
        let rule = if exact { ruled(view, &regime, &set, name, depth) } else { None };
        let stands = rule.is_some_and(|(ruling, rule)| match ruling {
            Ruling::MandatoryDeny => true,
            Ruling::Deny => view.level_of(rule) >= level,
            Ruling::Allow => false,
        });
        if here & regime.must != 0 || stands {
            return Some(false);
        }
    }
    Some(true)
}

/// How many names rules of a policy ever let through: each once, and not those that stay blocked whatever rules say.
pub fn names_opened(view: &View<'_>, policy: PolicyId) -> usize {
    let mut opened = HashSet::new();
    for (number, text) in view.allowed_names(policy) {
        if opened.contains(text) {
            continue;
        }
        // A rule may be about what is below its name alone.
        let names = [NameBuf::from_text(text), NameBuf::from_text(&format!("x.{text}"))];
        let is_open = names.into_iter().flatten().any(|name| {
            let verdict = run(view, policy, (number, 0), &name.as_name(), |_| {});
            matches!(verdict.because, Because::Rule(_)) && !matches!(verdict.action, Action::Block(_))
        });
        if is_open {
            opened.insert(text);
        }
    }
    opened.len()
}

/// Decides by the same code, and keeps each step.
pub fn explain(view: &View<'_>, in_force: &InForce, subject: &Subject, name: &Name<'_>) -> Explanation {
    let policy = view.policy_of(subject);
    explain_policy(view, policy, in_force.of(policy), name)
}

/// The same for a policy, by the regime that it has in force, given as its number and for how many seconds it holds.
pub fn explain_policy(
    view: &View<'_>,
    policy: PolicyId,
    in_force: (u32, u32),
    name: &Name<'_>,
) -> Explanation {
    let mut steps = Vec::new();
    let verdict = run(view, policy, in_force, name, |step| steps.push(step(view)));
    // What lists say is many steps of one depth, and is told in a row.
    Explanation { verdict, steps: steps.into_iter().flatten().collect() }
}

/// Makes a step's account, when somebody wants it.
type Account<'s> = &'s dyn Fn(&View<'_>) -> Vec<Step>;

/// What a suffix says: whether to block, and why.
type Statement = (bool, Because, Option<Category>);

/// Decides by the regime that a policy has in force, given as its number and for how many seconds it holds.
fn run(
    view: &View<'_>,
    policy: PolicyId,
    (number, seconds_to_boundary): (u32, u32),
    name: &Name<'_>,
    mut step: impl FnMut(Account<'_>),
) -> Verdict {
    let regime = view.regime(number);
    step(&|_| vec![Step::Policy(policy), Step::Regime(number, seconds_to_boundary)]);

    let mut found = Found::look(view, name);

    // From the most specific to the least: the first suffix that says something decides; of what it opens, those that follow may still take out
    // what no rule opens.
    let (mut excepted, mut rewrite, mut listed, mut decided) = (0, 0, 0, None);
    while let Some(depth) = found.next() {
        let (set, exact) = (view.set(found.sets[depth]), depth == name.labels());
        if exact {
            rewrite = set.rewrite;
        }
        excepted |= if exact { set.exact_excepted } else { set.below_excepted };
        let here = if exact { set.exact } else { set.below } & !excepted;
        listed |= here;
        step(&|view| lists_say(view, &set, exact, depth, regime.blocked));
        if here & regime.must != 0 {
            decided = says(view, &set, exact, here & regime.must, None);
            step(&|_| vec![Step::Locked(depth)]);
            break;
        }
        if decided.is_some() {
            continue;
        }
        let rule = ruled(view, &regime, &set, name, depth);
        if let Some((ruling, rule)) = rule {
            step(&|_| vec![Step::Ruled(depth, rule, ruling)]);
        }
        decided = says(view, &set, exact, here & regime.blocked, rule);
        match decided {
            Some((blocks, ..)) => {
                step(&|_| vec![Step::Decided(depth)]);
                if blocks || regime.must == 0 {
                    break;
                }
            }
            None => continue,
        }
    }
    let (block, because, category) = decided.unwrap_or_else(|| {
        step(&|_| vec![Step::Undecided]);
        let because = if regime.allowed_only { Because::NotAllowed } else { Because::Nothing };
        (regime.allowed_only, because, None)
    });
    let action = act(view, &regime, block, listed, rewrite);
    if let Action::Rewrite(target) = action {
        step(&|_| vec![Step::Rewritten(target)]);
    }
    Verdict {
        action,
        because,
        category,
        policy,
        seconds_to_boundary,
        strip_ech: regime.strip_ech,
        check_cname: regime.check_cname,
    }
}

/// The suffixes of a name that are in the table.
struct Found {
    sets: [u16; MAX_LABELS + 1],
    /// One bit for each depth that is still to be asked.
    depths: u128,
}

impl Found {
    /// Looks all suffixes up, from the last label to the whole name. No branch waits for memory until every
    /// suffix's bucket is on its way.
    #[inline]
    fn look(view: &View<'_>, name: &Name<'_>) -> Self {
        let [shallowest, deepest] = view.depths;
        let mut found = Self { sets: [0; MAX_LABELS + 1], depths: 0 };
        let (mut further, mut hashes) = (0u128, [0u64; 8]);
        for (depth, hash) in (1..=MAX_LABELS).zip(name.suffix_hashes(view.key)).take(deepest) {
            hashes[depth % 8] = hash;
            let (set, more) = if depth < shallowest { (0, false) } else { view.find_first(hash) };
            found.sets[depth] = set;
            found.depths |= u128::from(set != 0) << depth;
            further |= u128::from(more) << depth;
        }
        let labels = name.labels().min(deepest);
        while further != 0 {
            let depth = further.trailing_zeros() as usize;
            further &= further - 1;
            // Of a name of more than 8 labels only the last hashes are kept.
            let hash = match labels - depth {
                0..8 => Some(hashes[depth % 8]),
                _ => name.suffix_hashes(view.key).nth(depth - 1),
            };
            found.sets[depth] = hash.map_or(0, |hash| view.find(hash));
            found.depths |= u128::from(found.sets[depth] != 0) << depth;
        }
        found
    }

    /// The deepest suffix that was not asked yet.
    #[inline]
    fn next(&mut self) -> Option<usize> {
        let depth = self.depths.checked_ilog2()? as usize;
        self.depths &= !(1 << depth);
        Some(depth)
    }
}

/// The strongest rule for a suffix. Few suffixes have any, so its hash is made again only here.
#[inline]
fn ruled(
    view: &View<'_>,
    regime: &Regime,
    set: &Set,
    name: &Name<'_>,
    depth: usize,
) -> Option<(Ruling, RuleId)> {
    if !set.ruled {
        return None;
    }
    let hash = name.suffix_hashes(view.key).nth(depth - 1)?;
    view.rule_for(regime, hash, depth == name.labels())
}

/// What one suffix says: its rule before its lists. (Among rules a mandatory deny comes first: `View::rule_for`. Lists of categories that must be
/// blocked come before both: `run`.)
#[inline]
fn says(
    view: &View<'_>,
    set: &Set,
    exact: bool,
    blocked: u128,
    rule: Option<(Ruling, RuleId)>,
) -> Option<Statement> {
    match rule {
        Some((ruling, rule)) => Some((ruling != Ruling::Allow, Because::Rule(rule), None)),
        None if blocked != 0 => {
            let (list, category) = view.list_for(set, blocked, exact)?;
            Some((true, Because::List(list), Some(category)))
        }
        None => None,
    }
}

#[inline]
fn act(view: &View<'_>, regime: &Regime, block: bool, listed: u128, rewrite: u16) -> Action {
    if block {
        // Whatever blocks them: with a page they would exist.
        return Action::Block(if view.is_always_nxdomain(listed) { Answer::Nxdomain } else { regime.answer });
    }
    View::rewrite(regime, rewrite).map_or(Action::Allow, Action::Rewrite)
}

fn lists_say(view: &View<'_>, set: &Set, exact: bool, depth: usize, blocked: u128) -> Vec<Step> {
    view.lists_of(set)
        .filter(|(_, on_exact, on_below, _)| if exact { *on_exact } else { *on_below })
        .map(|(list, _, _, excepted)| {
            let mask = view.category_of(list).map_or(0, Category::mask);
            Step::Listed { depth, list, excepted, blocked: blocked & mask != 0 }
        })
        .collect()
}

/// Which of the blocked categories no rule opens, in parentheses.
fn must_say(view: &View<'_>, regime: &Regime) -> String {
    let must = view.categories().filter(|c| regime.must & c.mask() != 0);
    let must: Vec<_> = must.map(|c| view.category_name(c)).collect();
    if must.is_empty() { String::new() } else { format!(" (whatever rules say: {})", must.join(", ")) }
}

impl Step {
    /// The step in words.
    pub fn say(&self, view: &View<'_>, name: &Name<'_>) -> String {
        let suffix = |depth: usize| {
            Name::parse(name.suffix(depth)).map_or_else(|_| String::new(), |suffix| suffix.to_string())
        };
        match *self {
            Self::Policy(policy) => {
                let default = if policy.0 == 0 { ", the safe default" } else { "" };
                format!("policy {}: {}{default}", policy.0, view.policy_name(policy))
            }
            Self::Regime(number, seconds) => {
                let regime = view.regime(number);
                let mut scopes: Vec<_> = view.scopes_of(&regime).collect();
                scopes.dedup();
                let blocked = view.categories().filter(|c| regime.blocked & c.mask() != 0);
                let blocked: Vec<_> = blocked.map(|c| view.category_name(c)).collect();
                let holds = match seconds {
                    0 => "as long as nothing changes".to_owned(),
                    seconds if seconds > 366 * 86_400 => "with no end known".to_owned(),
                    seconds => format!("for {seconds} s more"),
                };
                let listed = |words: &[&str]| {
                    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
                };
                format!(
                    "in force {holds}: categories blocked: {}{}; rules of: {}; SafeSearch {}; YouTube {:?}",
                    listed(&blocked),
                    must_say(view, &regime),
                    listed(&scopes),
                    if regime.safe_search { "on" } else { "off" },
                    regime.youtube,
                )
            }
            Self::Listed { depth, list, excepted, blocked } => {
                let category = view.category_of(list).map_or("", |c| view.category_name(c));
                let said = if excepted { "is excepted from" } else { "is on" };
                let state = if blocked { "blocked" } else { "not blocked" };
                format!("{} {said} {}, category {category} ({state})", suffix(depth), view.list_name(list))
            }
            Self::Ruled(depth, rule, ruling) => {
                let word = match ruling {
                    Ruling::Allow => "allow",
                    Ruling::Deny => "deny",
                    Ruling::MandatoryDeny => "mandatory deny",
                };
                let rule = view.rule(rule);
                let (scope, note) = rule.map_or(("", ""), |r| (r.scope, r.note));
                format!(
                    "{}: {word} by {scope}{}{note}",
                    suffix(depth),
                    if note.is_empty() { "" } else { ": " }
                )
            }
            Self::Decided(depth) => {
                format!("{} decides: the most specific name that says something", suffix(depth))
            }
            Self::Locked(depth) => {
                format!("{} decides: its category must be blocked, which no rule changes", suffix(depth))
            }
            Self::Undecided => "no rule and no blocked list speaks of the name".to_owned(),
            Self::Rewritten(target) => {
                format!("sent to {}", view.target_name(target))
            }
        }
    }
}
