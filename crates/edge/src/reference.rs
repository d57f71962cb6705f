//! The reference pages of settings, made from their definitions: `docs/edge.md`, and the end of `docs/speedtest.md`.

use crate::settings::{DNS, Definition, SPEEDTEST};
use std::fmt::Write as _;

/// Where the section of settings begins in the page of the speed test.
const SECTION: &str = "## Settings\n";

/// The page of the resolver's settings, as Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Settings of the edge\n\nMade from the definition in `crates/edge/src/settings/dns.rs`; a test fails when this \
         page is not what the\ndefinition says. `EVENFIELD_WRITE_DOCS=1 cargo test -p evenfield-edge reference` writes \
         it anew.\n\nOne TOML file, given to `evenfield-edge dns --config FILE`; with `--check` it only says what is \
         wrong. A setting that is\nnot here is an error. Paths are from the folder of the file. `evenfield-edge \
         settings` prints this page. The speed test has\nsettings of its own: `docs/speedtest.md`.\n",
    );
    tables(&mut page, &DNS, "##");
    page
}

/// The section of the speed test's settings, as Markdown.
pub fn section() -> String {
    let mut section = format!(
        "{SECTION}\nMade from the definition in `crates/edge/src/settings/speedtest.rs`, as `docs/edge.md` is.\n\nOne TOML file, \
         given to `evenfield-edge speedtest --config FILE`; with `--check` it only says what is wrong. A setting that is\nnot \
         here is an error. Paths are from the folder of the file. `evenfield-edge settings speedtest` prints this section.\n"
    );
    tables(&mut section, &SPEEDTEST, "###");
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
    fn the_reference_section_is_what_the_definition_says() {
        hold("speedtest.md", |page| {
            let written = page.split(&format!("\n{SECTION}")).next().unwrap_or_default();
            format!("{}\n\n{}", written.trim_end(), section())
        });
    }
}
