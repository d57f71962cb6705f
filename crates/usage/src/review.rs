//! Names that no resource has, for people to sort into the catalogue. Off unless a district turns it on.
//!
//! A name is kept for seven days after it was last asked for, in memory only, and is shown only when several devices asked for
//! it: what one child alone looks at is nobody's business. The list says how many devices, never which.

use crate::pseudonym::Pseudonym;
use std::collections::{BTreeMap, HashMap, HashSet};

/// For how many days a name is kept.
pub const DAYS: u32 = 7;
/// How many devices are told apart for a name; from here on there are "at least so many".
pub const MOST_DEVICES: usize = 200;

/// How a district wants its list.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// From how many devices on a name is shown.
    pub least_devices: usize,
    /// How many names are kept at most; further ones are counted.
    pub most_names: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Self { least_devices: 5, most_names: 50_000 }
    }
}

/// A name to be sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclassified {
    /// The site, `example.com`.
    pub site: String,
    /// How many devices asked for it in the last seven days, at most [`MOST_DEVICES`].
    pub devices: usize,
    /// The last day, days since 1970.
    pub last_day: u32,
}

/// The names of the last days.
#[derive(Debug, Default)]
pub struct Review {
    rule: Rule,
    /// By site, by day: who asked.
    sites: HashMap<Box<str>, BTreeMap<u32, HashSet<Pseudonym>>>,
    today: u32,
    not_kept: u64,
}

impl Review {
    /// An empty list.
    pub fn new(rule: Rule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// Notes that a device asked for a name of this site. The caller cuts the name to what somebody registered (Public Suffix
    /// List), so that no list holds what stands before it.
    pub fn saw(&mut self, day: u32, site: &str, device: Pseudonym) {
        self.forget(day);
        if !self.sites.contains_key(site) {
            if self.sites.len() >= self.rule.most_names {
                self.not_kept += 1;
                return;
            }
            self.sites.insert(site.into(), BTreeMap::new());
        }
        let Some(days) = self.sites.get_mut(site) else { return };
        let devices = days.entry(day).or_default();
        if device != Pseudonym::NOBODY && devices.len() < MOST_DEVICES {
            devices.insert(device);
        }
    }

    /// Removes what is older than seven days.
    pub fn forget(&mut self, today: u32) {
        if today <= self.today {
            return;
        }
        self.today = today;
        self.sites.retain(|_, days| {
            days.retain(|day, _| day + DAYS > today);
            !days.is_empty()
        });
    }

    /// What may be shown, most devices first.
    pub fn list(&self) -> Vec<Unclassified> {
        let mut list = Vec::new();
        for (site, days) in &self.sites {
            let devices: HashSet<_> = days.values().flatten().collect();
            let devices = devices.len().min(MOST_DEVICES);
            if let Some(last_day) = days.keys().next_back().copied()
                && devices >= self.rule.least_devices
            {
                list.push(Unclassified { site: site.to_string(), devices, last_day });
            }
        }
        list.sort_by(|a, b| b.devices.cmp(&a.devices).then_with(|| a.site.cmp(&b.site)));
        list
    }

    /// How many times a name found no room.
    pub fn not_kept(&self) -> u64 {
        self.not_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_when_several_asked_and_gone_after_seven_days() {
        let mut review = Review::new(Rule { least_devices: 3, most_names: 2 });
        for device in 1..=3 {
            review.saw(10 + device as u32, "example.com", Pseudonym(device));
            review.saw(10, "example.org", Pseudonym(1));
        }
        review.saw(13, "third.example", Pseudonym(1));
        review.saw(13, "example.com", Pseudonym::NOBODY);
        assert_eq!(review.not_kept(), 1);
        assert_eq!(review.list(), [Unclassified { site: "example.com".into(), devices: 3, last_day: 13 }]);
        review.forget(18);
        assert_eq!(review.list(), [], "the first of three devices is forgotten");
        review.forget(20);
        assert!(review.sites.is_empty());
    }
}
