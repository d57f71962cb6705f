//! Evidence that a filter was in force: what the signed file holds, and what must be so in any such file.

use crate::exchange::hexadecimal;
use evenfield_policy::{PolicyId, Regime, View, YouTube, names_opened};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The steps of a safety policy that a district writes down, in the order of the form.
pub const STEPS: [&str; 5] = ["policy", "notice", "hearing", "education", "monitoring"];

/// What holds for a device at all times of its policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Categories that are blocked at all times.
    pub blocked_always: Vec<String>,
    /// Categories that are blocked at some times.
    pub blocked_at_times: Vec<String>,
    /// SafeSearch: `always`, `at times`, `never`.
    pub safe_search: String,
    /// YouTube's mode at its most open: `open`, `moderate`, `strict`.
    pub youtube: String,
    /// How many names rules let through at some time; files of earlier releases do not say.
    #[serde(default, skip_serializing_if = "is_none")]
    pub names_opened: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Measure {
    /// The measure of a policy, over all that it ever has in force.
    pub fn of(view: &View<'_>, policy: PolicyId) -> Self {
        let regimes: Vec<Regime> = view.regimes_of(policy).collect();
        let always = regimes.iter().fold(u128::MAX, |mask, regime| mask & regime.blocked);
        let ever = regimes.iter().fold(0, |mask, regime| mask | regime.blocked);
        let named = |mask: u128| {
            let mut names: Vec<String> = view
                .categories()
                .filter(|category| mask & category.mask() != 0)
                .map(|category| view.category_name(category).to_owned())
                .collect();
            names.sort();
            names
        };
        let safe = regimes.iter().filter(|regime| regime.safe_search).count();
        let openest = regimes.iter().map(|regime| rank(regime.youtube)).min().unwrap_or(0);
        Self {
            blocked_always: named(always),
            blocked_at_times: named(ever & !always),
            safe_search: match safe {
                0 => "never",
                n if n == regimes.len() => "always",
                _ => "at times",
            }
            .to_owned(),
            youtube: ["open", "moderate", "strict"][openest].to_owned(),
            names_opened: names_opened(view, policy),
        }
    }

    /// What it is known by: the beginning of its digest.
    pub fn id(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        hexadecimal(&Sha256::digest(text)[..8])
    }
}

fn rank(mode: YouTube) -> usize {
    match mode {
        YouTube::Open => 0,
        YouTube::Moderate => 1,
        YouTube::Strict => 2,
    }
}

/// A list in a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Its version.
    pub version: String,
    /// How many names it has.
    pub names: u64,
}

/// A version of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub version: i64,
    /// The snapshot's digest.
    pub digest: String,
    /// When it was made, seconds since 1970 UTC.
    pub created_s: i64,
    /// Its lists.
    pub lists: Vec<List>,
    /// SHA-256 of the text of its settings, which the portal gives out; empty in files of earlier releases.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub settings: String,
    /// The same of the text of the answers in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answers: String,
}

/// Since when a measure holds for a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The version from which on it holds.
    pub version: i64,
    /// The measure's id; empty: the policy knows the device no more.
    pub measure: String,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id. Nothing in the file says whose it is.
    pub id: String,
    /// Whether it is a student's or a school's.
    pub of: String,
    /// When it was enrolled, ms since 1970 UTC.
    pub enrolled_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
    /// What held for it, from the first version that knew it.
    pub in_force: Vec<Since>,
}

/// A step of the safety policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// One of [`STEPS`].
    pub step: String,
    /// The day, `2026-11-24`.
    pub done_on: String,
    /// What the district says of it.
    pub note: String,
}

/// From when to when an edge said that it has a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Had {
    /// The version; 0 for none, or one that the portal does not know.
    pub version: i64,
    /// When it first said so, ms since 1970 UTC.
    pub first_ms: i64,
    /// When it last said so. It may have been out of reach between.
    pub last_ms: i64,
}

/// An edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Which version it had when, the oldest first.
    pub had: Vec<Had>,
}

/// What stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// LEAID.
    pub district: String,
    /// The district's name.
    pub name: String,
    /// When the file was made, ms since 1970 UTC.
    pub made_ms: i64,
    /// The last entry of the audit log: its place and digest.
    pub audit_head: (i64, String),
    /// The versions, the oldest first.
    pub versions: Vec<Version>,
    /// The measures, by id.
    pub measures: BTreeMap<String, Measure>,
    /// The devices.
    pub devices: Vec<Device>,
    /// The edges; none in files of earlier releases.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// What a file shows at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Devices that are enrolled and not revoked.
    pub enrolled: usize,
    /// Those of them for which a measure is in force.
    pub covered: usize,
}

impl Document {
    /// How many devices a measure is in force for.
    pub fn coverage(&self) -> Coverage {
        let enrolled: Vec<_> = self.devices.iter().filter(|d| d.revoked_ms.is_none()).collect();
        let is_covered = |d: &&&Device| d.in_force.last().is_some_and(|since| !since.measure.is_empty());
        Coverage { enrolled: enrolled.len(), covered: enrolled.iter().filter(is_covered).count() }
    }

    /// What contradicts itself: nothing in a file that a portal made.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let versions: BTreeSet<i64> = self.versions.iter().map(|v| v.version).collect();
        for pair in self.versions.windows(2) {
            if pair[0].version >= pair[1].version || pair[0].created_s >= pair[1].created_s {
                faults
                    .push(format!("version {} does not follow version {}", pair[1].version, pair[0].version));
            }
        }
        for version in &self.versions {
            if version.digest.len() != 64 {
                faults.push(format!("version {} has no digest", version.version));
            }
        }
        for (id, measure) in &self.measures {
            if measure.id() != *id {
                faults.push(format!("measure {id} is not what its id says"));
            }
        }
        for device in &self.devices {
            let mut last = 0;
            for since in &device.in_force {
                if !versions.contains(&since.version) || since.version <= last {
                    faults.push(format!(
                        "device {}: version {} cannot be where it stands",
                        device.id, since.version
                    ));
                }
                if !since.measure.is_empty() && !self.measures.contains_key(&since.measure) {
                    faults.push(format!("device {}: there is no measure {}", device.id, since.measure));
                }
                last = since.version;
            }
        }
        for edge in &self.edges {
            faults.extend(edge.faults(&versions));
        }
        faults
    }
}

impl Edge {
    fn faults(&self, versions: &BTreeSet<i64>) -> Option<String> {
        let is_wrong =
            |had: &&Had| had.first_ms > had.last_ms || !(had.version == 0 || versions.contains(&had.version));
        let wrong = self.had.iter().find(is_wrong);
        let apart = |pair: &&[Had]| pair[0].first_ms >= pair[1].first_ms;
        let wrong = wrong.or_else(|| self.had.windows(2).find(apart).map(|pair| &pair[1]))?;
        Some(format!("edge {}: version {} cannot be where it stands", self.id, wrong.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure() -> Measure {
        Measure {
            blocked_always: vec!["adult".to_owned()],
            blocked_at_times: vec![],
            safe_search: "always".to_owned(),
            youtube: "strict".to_owned(),
            names_opened: 0,
        }
    }

    fn document() -> Document {
        let version = |version| Version {
            version,
            digest: "0".repeat(64),
            created_s: version,
            lists: vec![],
            settings: String::new(),
            answers: String::new(),
        };
        let since = |version, measure: String| Since { version, measure };
        let device = |id: &str, in_force| Device {
            id: id.to_owned(),
            of: "school".to_owned(),
            enrolled_ms: 1,
            revoked_ms: None,
            in_force,
        };
        Document {
            district: "5100001".to_owned(),
            name: "Shore".to_owned(),
            made_ms: 1,
            audit_head: (1, String::new()),
            versions: vec![version(1), version(2)],
            measures: [(measure().id(), measure())].into(),
            devices: vec![
                device("a", vec![since(1, measure().id())]),
                device("b", vec![since(1, measure().id()), since(2, String::new())]),
                device("c", vec![]),
            ],
            edges: vec![Edge {
                id: "e".to_owned(),
                name: "Bus 12".to_owned(),
                had: [(0, 5), (2, 6)].map(|(version, ms)| Had { version, first_ms: ms, last_ms: ms }).into(),
            }],
            steps: vec![],
        }
    }

    #[test]
    fn coverage_counts_devices_with_a_measure_in_force() {
        assert_eq!(document().coverage(), Coverage { enrolled: 3, covered: 1 });
        assert_eq!(document().faults(), [""; 0]);
    }

    #[test]
    fn what_contradicts_itself_is_found() {
        type Change = fn(&mut Document);
        let changes: [(&str, Change); 8] = [
            ("does not follow", |d| d.versions.reverse()),
            ("no digest", |d| d.versions[0].digest.clear()),
            ("not what its id says", |d| d.measures.values_mut().for_each(|m| m.youtube = "open".to_owned())),
            ("there is no measure", |d| d.devices[0].in_force[0].measure = "x".to_owned()),
            ("device b: version 3 cannot be where", |d| d.devices[1].in_force[1].version = 3),
            ("edge e: version 3 cannot be where", |d| d.edges[0].had[1].version = 3),
            ("edge e: version 2 cannot be where", |d| d.edges[0].had[1].first_ms = 7),
            ("edge e: version 2 cannot be where", |d| d.edges[0].had[1].first_ms = 5),
        ];
        for (wanted, change) in changes {
            let mut document = document();
            change(&mut document);
            let faults = document.faults();
            assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
        }
    }
}
