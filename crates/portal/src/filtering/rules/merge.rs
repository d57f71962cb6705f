//! The portal's answers as scopes of the policy, laid over those of its settings.

use super::ask;
use evenfield_policy::Cover;
use evenfield_policy::Ruling;
use evenfield_policy::config::{Block, Config, Measures, Pattern, When, Who};
use jiff::Timestamp;

/// An answer that opens a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The district.
    pub district: String,
    /// The name, and what is below it.
    pub name: String,
    /// The school, when it is for one.
    pub school: Option<String>,
    /// The section, when it is for one.
    pub section: Option<String>,
    /// From when on, ms since 1970 UTC.
    pub from_ms: i64,
    /// Until when.
    pub ends_ms: Option<i64>,
}

/// Lays them over the settings: with an end as overrides, without one as scopes. Gives how many there are. Where the
/// settings name one district at most, what holds for everybody in it holds for whoever is not known, too.
pub fn lay(config: &mut Config, allowed: &[Allowed]) -> usize {
    let one = config.districts.len() <= 1;
    let known = |district: &str| config.districts.iter().any(|d| d.id == district);
    let mut blocks = Vec::new();
    let mut laid = 0;
    for allow in allowed.iter().filter(|allow| known(&allow.district)) {
        let Some(name) = ask::name(&allow.name) else { continue };
        let Some(when) = when(allow) else { continue };
        let who = Who {
            district: Some(allow.district.clone()),
            school: allow.school.clone(),
            section: allow.section.clone(),
            ..Who::default()
        };
        let rules = vec![(Pattern { name, cover: Cover::Both }, Ruling::Allow)];
        let measures = Measures { rules, note: "asked for in the portal".to_owned(), ..Measures::default() };
        let everybody = who.school.is_none() && who.section.is_none();
        if one && everybody {
            let who = Who::default();
            blocks.push(Block { who, when: when.clone(), measures: measures.clone(), line: 0 });
        }
        blocks.push(Block { who, when, measures, line: 0 });
        laid += 1;
    }
    config.blocks.extend(blocks);
    laid
}

fn when(allow: &Allowed) -> Option<When> {
    let at = |ms: i64| Timestamp::from_millisecond(ms).ok();
    match (allow.ends_ms, &allow.section) {
        (Some(ends), _) => Some(When::Once(at(allow.from_ms)?, at(ends)?)),
        (None, None) => Some(When::Always),
        // A section's always ends: an answer without an end is not one of ours.
        (None, Some(_)) => None,
    }
}
