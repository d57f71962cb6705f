//! What the policies of a scope say of a name, and whether an answer would open it there.

use super::why::{Why, why_of};
use evenfield_policy::{InForce, Name, PolicyId, View, would_open};
use std::collections::{BTreeMap, BTreeSet};

/// What the policies of a scope say, counted by devices and places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Devices and places that the policy knows there.
    pub known: usize,
    /// For how many of them the name is blocked now.
    pub now: usize,
    /// For how many it is blocked at other times alone.
    pub at_times: usize,
    /// For how many of those an answer opens it at no time.
    pub locked: usize,
    /// Why it is blocked now, for most of those for whom it is.
    pub why: Option<Why>,
}

impl Told {
    /// Whether an answer would open the name for nobody.
    pub fn is_locked(&self) -> bool {
        self.locked > 0 && self.locked == self.now + self.at_times
    }
}

/// Asks the policies of a scope, each given once for each device or place, of a name and of an answer as narrow as this ([`evenfield_policy::compile::rank`]).
pub fn told(
    view: &View<'_>,
    policies: impl IntoIterator<Item = PolicyId>,
    name: &Name<'_>,
    level: u8,
    now_s: u32,
) -> Told {
    let mut holders: BTreeMap<PolicyId, usize> = BTreeMap::new();
    policies.into_iter().for_each(|policy| *holders.entry(policy).or_default() += 1);
    let in_force = InForce::at(view, now_s);
    let (mut told, mut most) = (Told::default(), 0);
    for (policy, count) in holders {
        told.known += count;
        let (current, seconds) = in_force.of(policy);
        let ever: BTreeSet<u32> = view.regime_numbers_of(policy).chain([current]).collect();
        // What a mandatory deny blocks no answer opens, though by the table of precedence a rule for a more specific name would.
        let opens = |number: u32| {
            let opens = would_open(view, number, name, level)?;
            Some(opens && !why_of(view, policy, (number, 0), name).is_mandatory())
        };
        let opened: Vec<bool> = ever.iter().filter_map(|number| opens(*number)).collect();
        if opened.is_empty() {
            continue;
        }
        match would_open(view, current, name, level) {
            Some(_) => {
                told.now += count;
                if count > most {
                    most = count;
                    told.why = Some(why_of(view, policy, (current, seconds), name));
                }
            }
            None => told.at_times += count,
        }
        if !opened.contains(&true) {
            told.locked += count;
        }
    }
    told
}
