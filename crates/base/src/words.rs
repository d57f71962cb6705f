//! Text in each language, from Fluent files in `locales/<language>/<slice>.ftl`.
//!
//! A template calls `{{ p.t("gap-title") }}`, or `{{ p.tv("gap-count", "n", count) }}` with one value.
//! A test in `tests` below fails on a key that a template uses and a language lacks.

mod problems;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod tests;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::collections::HashMap;

/// A language that the portal speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, as in the United States.
    En,
    /// Spanish, as in the United States.
    Es,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::En, Self::Es];

    /// The language tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language with this tag; regions are ignored.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|l| l.tag().eq_ignore_ascii_case(primary))
    }

    /// The first language of an `Accept-Language` header that we speak, in the reader's order of quality.
    pub fn negotiate(header: &str) -> Self {
        let mut wanted: Vec<(f32, &str)> = header
            .split(',')
            .map(|part| {
                let mut pieces = part.trim().split(";q=");
                let tag = pieces.next().unwrap_or_default();
                (pieces.next().and_then(|q| q.trim().parse().ok()).unwrap_or(1.0), tag)
            })
            .collect();
        // RFC 9110, section 12.4.2: a quality of 0 means not acceptable.
        wanted.retain(|(quality, _)| *quality > 0.0);
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.into_iter().find_map(|(_, tag)| Self::from_tag(tag)).unwrap_or(Self::En)
    }
}

#[derive(rust_embed::RustEmbed)]
#[folder = "locales"]
struct Locales;

/// All messages in all languages.
pub struct Words {
    bundles: HashMap<Language, FluentBundle<FluentResource>>,
    phrases: Vec<problems::Phrase>,
}

impl Words {
    /// Loads the files inside the program.
    ///
    /// # Errors
    /// The first Fluent file that does not parse, or a message defined twice.
    pub fn load() -> Result<Self, String> {
        let mut bundles = HashMap::new();
        for language in Language::ALL {
            let id: unic_langid::LanguageIdentifier =
                format!("{}-US", language.tag()).parse().map_err(|e| format!("language tag: {e}"))?;
            let mut bundle = FluentBundle::new_concurrent(vec![id]);
            // Pages are plain text to Fluent; isolation marks would show up in CSV and titles.
            bundle.set_use_isolating(false);
            for path in Locales::iter().filter(|p| p.starts_with(&format!("{}/", language.tag()))) {
                let file = Locales::get(&path).ok_or_else(|| format!("{path} is missing"))?;
                let source = String::from_utf8(file.data.into_owned()).map_err(|e| format!("{path}: {e}"))?;
                let resource = FluentResource::try_new(source).map_err(|(_, e)| format!("{path}: {e:?}"))?;
                bundle.add_resource(resource).map_err(|e| format!("{path}: {e:?}"))?;
            }
            bundles.insert(language, bundle);
        }
        let mut words = Self { bundles, phrases: Vec::new() };
        words.phrases = problems::Phrase::all(&words);
        Ok(words)
    }

    /// The message of this key, filled with these values; the key itself when it is missing, so that a
    /// gap is seen and not hidden.
    pub fn text(&self, language: Language, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let Some(bundle) = self.bundles.get(&language) else { return key.to_owned() };
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            tracing::warn!(key, language = language.tag(), "a message is missing");
            return key.to_owned();
        };
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned()
    }
}
