//! The Fluent files against each other and against the code that uses them.

use super::*;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The variables of each message of a language, by key.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What may use a message: the base, the slices and what puts them together, without their tests.
fn sources(endings: &[&str]) -> Vec<PathBuf> {
    let folders = ["src", "../slices", "../portal/src"].map(|folder| root().join(folder));
    let all = folders.iter().flat_map(|folder| endings.iter().flat_map(|ending| files(folder, ending)));
    all.filter(|path| !path.to_string_lossy().contains("tests")).collect()
}

fn variables(pattern: &Pattern<String>, into: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_variables(expression, into);
        }
    }
}

fn expression_variables(expression: &Expression<String>, into: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => inline_variables(inline, into),
        Expression::Select { selector, variants } => {
            inline_variables(selector, into);
            for variant in variants {
                variables(&variant.value, into);
            }
        }
    }
}

fn inline_variables(inline: &InlineExpression<String>, into: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            into.insert(id.name.clone());
        }
        InlineExpression::Placeable { expression } => expression_variables(expression, into),
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                inline_variables(argument, into);
            }
        }
        _ => {}
    }
}

/// All messages of a language; fails on a file that does not parse or a key twice.
fn messages(language: Language) -> Messages {
    let mut all = Messages::new();
    for path in files(&root().join("locales").join(language.tag()), ".ftl") {
        let text = std::fs::read_to_string(&path).expect("text");
        let resource = parse(text).unwrap_or_else(|(_, faults)| panic!("{}: {faults:?}", path.display()));
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let key = message.id.name;
            let mut names = BTreeSet::new();
            let value = message.value.unwrap_or_else(|| panic!("{key} has no text"));
            variables(&value, &mut names);
            assert!(all.insert(key.clone(), names).is_none(), "{key} is there twice");
        }
    }
    all
}

/// Every quoted word in code and templates that begins like a key.
fn used_keys(slices: &BTreeSet<String>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for path in sources(&[".rs", ".html"]) {
        let text = std::fs::read_to_string(&path).expect("text");
        for word in text.split('"') {
            let is_word = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            let slice = slices.iter().any(|s| word.starts_with(&format!("{s}-")));
            if is_word && slice && !word.ends_with('-') {
                used.insert(word.to_owned());
            }
        }
    }
    used
}

/// The beginnings of keys that code puts together: `slice-something-` before a brace.
fn built_prefixes() -> BTreeSet<String> {
    let mut built = BTreeSet::new();
    for path in sources(&[".rs"]) {
        let text = std::fs::read_to_string(&path).expect("text");
        for word in text.split('"') {
            let Some((begin, _)) = word.split_once('{') else { continue };
            let is_key = begin.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            if is_key && begin.ends_with('-') && begin.matches('-').count() >= 2 {
                built.insert(begin.to_owned());
            }
        }
    }
    built
}

/// Every key that is asked for by a call: `t("…")`, `tv("…"`, `tvs("…"`, `BadRequest("…")`.
fn asked_keys() -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for path in sources(&[".rs", ".html"]) {
        let text = std::fs::read_to_string(&path).expect("text");
        for call in [".t(\"", ".tv(\"", ".tvs(\"", "BadRequest(\""] {
            for (at, _) in text.match_indices(call) {
                let line = text[..at].rsplit('\n').next().unwrap_or_default();
                if !line.trim_start().starts_with("//") {
                    asked.extend(text[at + call.len()..].split('"').next().map(str::to_owned));
                }
            }
        }
    }
    asked
}

#[test]
fn every_language_has_the_same_messages_with_the_same_values() {
    let english = messages(Language::En);
    assert!(english.len() > 50, "the files were read");
    for language in Language::ALL {
        let there = messages(language);
        let missing: Vec<_> = english.keys().filter(|k| !there.contains_key(*k)).collect();
        let extra: Vec<_> = there.keys().filter(|k| !english.contains_key(*k)).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{language:?} lacks {missing:?}, alone has {extra:?}"
        );
        for (key, names) in &there {
            assert_eq!(names, &english[key], "{key} in {language:?}");
        }
    }
}

#[test]
fn every_key_that_is_used_exists() {
    let there = messages(Language::En);
    let missing: Vec<_> = asked_keys().into_iter().filter(|k| !there.contains_key(k)).collect();
    assert!(missing.is_empty(), "no message for {missing:?}");
}

#[test]
fn no_message_is_left_over() {
    let there = messages(Language::En);
    let slices = there.keys().filter_map(|k| k.split('-').next()).map(str::to_owned).collect();
    let used = used_keys(&slices);
    // A key that is put together, as in `"gap-means-{}"`, uses every message that begins so.
    let built = built_prefixes();
    let is_used = |key: &String| used.contains(key) || built.iter().any(|b| key.starts_with(b.as_str()));
    let unused: Vec<_> = there.keys().filter(|k| !is_used(k)).collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

#[test]
fn the_words_load_and_fill_in_values() {
    let words = Words::load().expect("all files");
    let text = words.text(Language::Es, "account-link-lead", &[("name", "Ana".into())]);
    assert_eq!(text, "Le damos la bienvenida, Ana. Con una contraseña puede iniciar sesión.");
    assert_eq!(words.text(Language::En, "no-such-key", &[]), "no-such-key");
}

#[test]
fn the_readers_order_decides_on_the_language() {
    for (header, language) in [
        ("es-MX,es;q=0.9,en;q=0.8", Language::Es),
        ("fr-CA, en;q=0.3, es;q=0.7", Language::Es),
        ("en-US", Language::En),
        ("zh", Language::En),
        ("", Language::En),
        ("es;q=0", Language::En),
        ("en;q=0.1, es;q=x", Language::Es),
    ] {
        assert_eq!(Language::negotiate(header), language, "{header}");
    }
}
