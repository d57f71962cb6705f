//! The browser extension that shows the block page for names asked for by https: a folder for Chrome, as an archive.
//!
//! It asks for one permission (to hear that a page did not open) and for one host (the portal).

use serde_json::json;
use std::io::{Cursor, Write as _};

const WORKER: &str = include_str!("../extension/worker.js");
/// To be raised whenever a file of it changes: browsers take newer versions alone.
const VERSION: &str = "1.0";

/// The archive for one district's portal, an address without a `/` at its end.
///
/// # Errors
/// The archive's, which memory does not make.
pub fn archive(portal: &str, district: (&str, &str)) -> zip::result::ZipResult<Vec<u8>> {
    let (id, name) = district;
    let manifest = json!({
        "manifest_version": 3,
        "name": "School filter: why does a page not open?",
        // The longest that Chrome takes.
        "description": format!("{name}: shows which pages the school's filter blocks.")
            .chars().take(132).collect::<String>(),
        "version": VERSION,
        "permissions": ["webNavigation"],
        "host_permissions": [format!("{}/*", without_port(portal))],
        "background": { "service_worker": "worker.js", "type": "module" },
    });
    let place = format!("export const PORTAL = {};\nexport const DISTRICT = {};\n", json!(portal), json!(id));
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let files =
        [("manifest.json", format!("{manifest:#}\n")), ("place.js", place), ("worker.js", WORKER.to_owned())];
    for (file, text) in files {
        archive.start_file(file, options)?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Chrome's patterns of hosts have no port: they hold for all.
fn without_port(portal: &str) -> &str {
    match portal.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|octet| octet.is_ascii_digit()) => host,
        _ => portal,
    }
}

/// Chrome's policy that puts the page into everybody's bookmarks.
pub fn bookmarks(portal: &str, district: &str) -> String {
    let value = json!({
        "BookmarkBarEnabled": true,
        "ManagedBookmarks": [
            { "toplevel_name": "School" },
            { "name": "Why does a page not open?", "url": format!("{portal}/b/{district}") },
        ],
    });
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn the_archive_is_of_one_portal_and_district() {
        let bytes = archive("https://gap.example.org:8443", ("5100001", "Salt \"&\" Pepper")).expect("made");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut read = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).expect(name).read_to_string(&mut text).expect("text");
            text
        };
        let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).expect("JSON");
        assert_eq!(manifest["host_permissions"], json!(["https://gap.example.org/*"]));
        assert_eq!(manifest["permissions"], json!(["webNavigation"]));
        let place =
            "export const PORTAL = \"https://gap.example.org:8443\";\nexport const DISTRICT = \"5100001\";\n";
        assert_eq!(read("place.js"), place);
        assert!(read("worker.js").contains("/why.json"));
    }

    #[test]
    fn bookmarks_lead_to_the_page() {
        let text = bookmarks("https://gap.example.org", "5100001");
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["ManagedBookmarks"][1]["url"], "https://gap.example.org/b/5100001");
    }
}
