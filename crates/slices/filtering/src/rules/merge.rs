//! The portal's answers as scopes of the policy, laid over those of its settings.

use super::ask;
use evenfield_policy::config::{Block, Config, Measures, Pattern, When, Who};
use evenfield_policy::{Cover, NameBuf, Ruling};
use jiff::Timestamp;
use std::collections::HashMap;

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

/// Lays them over the settings: with an end as overrides, without one as scopes. Those for the same people until the same
/// time are one scope, of which a policy may have no more than 255. Gives how many answers there are. Where the settings
/// name one district at most, what holds for everybody in it holds for whoever is not known, too.
pub fn lay(config: &mut Config, allowed: &[Allowed]) -> usize {
    let one = config.districts.len() <= 1;
    let known = |district: &str| config.districts.iter().any(|d| d.id == district);
    let mut joined: Vec<Joined> = Vec::new();
    let mut places: HashMap<Whose<'_>, usize> = HashMap::new();
    let mut laid = 0;
    for allow in allowed.iter().filter(|allow| known(&allow.district)) {
        let Some(name) = ask::name(&allow.name) else { continue };
        // A section's always ends: an answer without an end is not one of ours.
        if allow.section.is_some() && allow.ends_ms.is_none() {
            continue;
        }
        let whose =
            (allow.district.as_str(), allow.school.as_deref(), allow.section.as_deref(), allow.ends_ms);
        let place = *places.entry(whose).or_insert(joined.len());
        if place == joined.len() {
            joined.push(Joined { from_ms: allow.from_ms, of: allow, names: Vec::new() });
        }
        let group = &mut joined[place];
        group.from_ms = group.from_ms.min(allow.from_ms);
        group.names.push(name);
        laid += 1;
    }
    for group in joined {
        let Some(when) = when(group.from_ms, group.of.ends_ms, group.of.section.is_some()) else { continue };
        let who = Who {
            district: Some(group.of.district.clone()),
            school: group.of.school.clone(),
            section: group.of.section.clone(),
            ..Who::default()
        };
        let rule = |name| (Pattern { name, cover: Cover::Both }, Ruling::Allow);
        let rules = group.names.into_iter().map(rule).collect();
        let measures = Measures { rules, note: "asked for in the portal".to_owned(), ..Measures::default() };
        let everybody = who.school.is_none() && who.section.is_none();
        if one && everybody {
            let (when, measures) = (when.clone(), measures.clone());
            config.blocks.push(Block { who: Who::default(), when, measures, line: 0 });
        }
        config.blocks.push(Block { who, when, measures, line: 0 });
    }
    laid
}

/// District, school, section, and until when.
type Whose<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<i64>);

/// Answers for the same people until the same time.
struct Joined<'a> {
    from_ms: i64,
    of: &'a Allowed,
    names: Vec<NameBuf>,
}

/// When answers hold; a section's in its periods alone.
fn when(from_ms: i64, ends_ms: Option<i64>, in_periods: bool) -> Option<When> {
    let at = |ms: i64| Timestamp::from_millisecond(ms).ok();
    match ends_ms {
        Some(ends) if in_periods => Some(When::Meeting(at(from_ms)?, at(ends)?)),
        Some(ends) => Some(When::Once(at(from_ms)?, at(ends)?)),
        None => Some(When::Always),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_for_the_same_people_until_the_same_time_are_one_scope() {
        let allowed = |name: String, section: Option<&str>, ends_ms, from_ms| Allowed {
            district: "5100001".to_owned(),
            name,
            school: None,
            section: section.map(str::to_owned),
            from_ms,
            ends_ms,
        };
        let text = "[default]\n[[district]]\nid = \"5100001\"\n";
        let mut config = evenfield_policy::config::read("policy.toml", text).expect("sound settings");
        let mut all: Vec<Allowed> =
            (0..300).map(|n| allowed(format!("n{n}.example"), None, None, n)).collect();
        let day = 86_400_000;
        all.extend((0..300).map(|n| allowed(format!("s{n}.example"), Some("chess"), Some(9 * day), n + 7)));
        all.push(allowed("late.example".to_owned(), Some("chess"), Some(10 * day), 5));
        // Not one of ours: a section's always ends; another portal's district.
        all.push(allowed("x.example".to_owned(), Some("chess"), None, 5));
        all.push(Allowed {
            district: "5100002".to_owned(),
            ..allowed("x.example".to_owned(), None, None, 5)
        });
        assert_eq!(lay(&mut config, &all), 601);
        // For everybody and for the district, and twice for the section.
        let rules: Vec<usize> = config.blocks.iter().map(|block| block.measures.rules.len()).collect();
        assert_eq!(rules, [300, 300, 300, 1]);
        let begin = Timestamp::from_millisecond(7).expect("a time");
        assert!(matches!(config.blocks[2].when, When::Meeting(from, _) if from == begin));
    }
}
