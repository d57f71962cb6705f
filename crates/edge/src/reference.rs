//! The reference page `docs/edge.md`, made from the definition.

use crate::settings::SETTINGS;
use std::fmt::Write as _;

/// The page, as Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Settings of the edge\n\nMade from the definition in `crates/edge/src/settings.rs`; a test fails when this \
         page is not what the\ndefinition says. `EVENFIELD_WRITE_DOCS=1 cargo test -p evenfield-edge reference` writes \
         it anew.\n\nOne TOML file, given to `evenfield-edge dns --config FILE`; with `--check` it only says what is \
         wrong. A setting that is\nnot here is an error. Paths are from the folder of the file. `evenfield-edge \
         settings` prints this page.\n",
    );
    let mut table = None;
    for setting in SETTINGS {
        let (of, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if table != Some(of) {
            table = Some(of);
            let head = "| setting | default | may be | what for |\n|---|---|---|---|";
            let _ = writeln!(page, "\n## `[{of}]`\n\n{head}");
        }
        let default = setting.default.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
        let _ = writeln!(page, "| `{key}` | {default} | {} | {} |", setting.wanted, setting.about);
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_page_is_what_the_definition_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/edge.md");
        if std::env::var_os("EVENFIELD_WRITE_DOCS").is_some() {
            std::fs::write(path, super::page()).expect("the page");
        }
        assert_eq!(std::fs::read_to_string(path).expect("the page"), super::page());
    }
}
