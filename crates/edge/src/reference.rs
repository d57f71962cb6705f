//! The reference pages of settings, made from their definitions: `docs/edge.md`, and the ends of `docs/speedtest.md` and `docs/bus.md`.

use crate::settings::{BUS, DNS, Definition, SPEEDTEST};
use std::fmt::Write as _;

/// Where the section of settings begins in other pages.
const SECTION: &str = "## Settings\n";

/// The page of the resolver's settings, as Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Settings of the edge\n\nMade from the definition in `crates/edge/src/settings/dns.rs`; a test fails when this \
         page is not what the\ndefinition says. `EVENFIELD_WRITE_DOCS=1 cargo test -p evenfield-edge reference` writes \
         it anew.\n\nOne TOML file, given to `evenfield-edge dns --config FILE`; with `--check` it only says what is \
         wrong. A setting that is\nnot here is an error. Paths are from the folder of the file. `evenfield-edge \
         settings` prints this page. The speed test and\nthe gateway of a bus have settings of their own: `docs/speedtest.md`, `docs/bus.md`.\n",
    );
    tables(&mut page, &DNS, "##");
    page
}

/// The section of the speed test's settings, as Markdown.
pub fn speedtest() -> String {
    section("speedtest", &SPEEDTEST, "")
}

/// The section of the settings of a bus.
pub fn bus() -> String {
    let more = "\nThe resolver's settings (`docs/edge.md`) stand in the same file with `dns.` before the names of their tables, as \
        `[dns.policy]`. Without them no\nresolver runs.\n";
    section("bus", &BUS, more)
}

fn section<S>(of: &str, definition: &Definition<S>, more: &str) -> String {
    let mut section = format!(
        "{SECTION}\nMade from the definition in `crates/edge/src/settings/{of}.rs`, as `docs/edge.md` is.\n\nOne TOML file, \
         given to `evenfield-edge {of} --config FILE`; with `--check` it only says what is wrong. A setting that is\nnot \
         here is an error. Paths are from the folder of the file. `evenfield-edge settings {of}` prints this section.\n{more}"
    );
    tables(&mut section, definition, "###");
    section
}

fn tables<S>(page: &mut String, definition: &Definition<S>, heading: &str) {
    let mut table = None;
    for setting in definition.settings {
        let (of, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if table != Some(of) {
            table = Some(of);
            let head = "| setting | default | may be | what for |\n|---|---|---|---|";
            let _ = writeln!(page, "\n{heading} `[{of}]`\n\n{head}");
        }
        let default = setting.default.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
        let _ = writeln!(page, "| `{key}` | {default} | {} | {} |", setting.wanted, setting.about);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds a page to what it should be, or writes it.
    fn hold(name: &str, wanted: impl Fn(&str) -> String) {
        let path = format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"));
        let wanted = wanted(&std::fs::read_to_string(&path).expect("the page"));
        if std::env::var_os("EVENFIELD_WRITE_DOCS").is_some() {
            std::fs::write(&path, &wanted).expect("the page");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("the page"), wanted);
    }

    #[test]
    fn the_reference_page_is_what_the_definition_says() {
        hold("edge.md", |_| page());
    }

    #[test]
    fn the_reference_sections_are_what_the_definitions_say() {
        for (page, section) in [("speedtest.md", speedtest()), ("bus.md", bus())] {
            hold(page, |page| {
                let written = page.split(&format!("\n{SECTION}")).next().unwrap_or_default();
                format!("{}\n\n{section}", written.trim_end())
            });
        }
    }
}
