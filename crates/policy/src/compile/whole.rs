//! Rules about whole public suffixes: they are told, with how many listed names they speak of.

use crate::config::Config;
use crate::name::{Name, NameBuf};
use crate::suffix::{is_at_or_below, is_public_suffix};
use crate::{Cover, Ruling};

/// A rule about all below a public suffix.
pub(super) struct Whole {
    line: u64,
    name: NameBuf,
    opens: bool,
    listed: u64,
}

/// The rules about whole suffixes of which the settings do not say that they are meant.
pub(super) fn rules(config: &Config) -> Vec<Whole> {
    let all = config.blocks.iter().map(|block| (block.line, &block.measures)).chain([(0, &config.default)]);
    let mut found = Vec::new();
    for (line, measures) in all.filter(|(_, measures)| !measures.whole_suffixes) {
        for (pattern, ruling) in &measures.rules {
            if pattern.cover != Cover::Exact && is_public_suffix(&pattern.name.as_name()) {
                let opens = *ruling == Ruling::Allow;
                found.push(Whole { line, name: pattern.name.clone(), opens, listed: 0 });
            }
        }
    }
    found
}

impl Whole {
    /// Counts a name of a list.
    pub fn count(&mut self, name: &Name<'_>) {
        self.listed += u64::from(is_at_or_below(name, &self.name.as_name()));
    }

    /// The line, what was said, and what was wanted.
    pub fn told(self) -> (u64, String, String) {
        let Self { line, name, opens, listed } = self;
        let does = if opens { "opens" } else { "denies" };
        let wanted = format!(
            "the name of one site: anybody may register names below {name}, and this {does} them all ({listed} of them are on lists). \
             Where that is meant, say `whole_suffixes = true` beside it"
        );
        (line, name.to_string(), wanted)
    }
}
