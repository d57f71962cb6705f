//! The reference page `docs/config.md`, made from the definition.

use super::settings::{REPEATED, SETTINGS};
use std::fmt::Write as _;

/// The page, as Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Settings\n\nMade from the definition in `crates/base/src/config/settings.rs`; a test fails when this page \
         is not what the\ndefinition says. `EVENFIELD_WRITE_DOCS=1 cargo test -p evenfield-portal config` writes it \
         anew.\n\nOne TOML file, given to `evenfield serve --config FILE`. Every setting may be left out, but for what \
         a `[[oidc]]`\nneeds. A setting that is not here is an error. `evenfield config check FILE` says what is \
         wrong.\n",
    );
    let mut table = None;
    for setting in SETTINGS {
        let (of, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if table != Some(of) {
            table = Some(of);
            let heading = match of {
                "" => "At the top".to_owned(),
                of if of == REPEATED => format!("`[[{of}]]`, once for each identity provider"),
                of => format!("`[{of}]`"),
            };
            let _ = write!(
                page,
                "\n## {heading}\n\n| setting | default | may be | what for |\n|---|---|---|---|\n"
            );
        }
        let default = setting.default.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
        let _ = writeln!(page, "| `{key}` | {default} | {} | {} |", setting.wanted, setting.about);
    }
    page.push_str(include_str!("districts.md"));
    page
}
