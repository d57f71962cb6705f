//! What somebody asks for on the block page.

use evenfield_policy::NameBuf;

/// The most characters of a reason.
pub const REASON: usize = 200;

/// The name in what a browser or a person says: a host with a port, or a whole address. An address of numbers is none,
/// and a single label is nobody's site.
pub fn name(said: &str) -> Option<NameBuf> {
    let said = said.trim();
    let rest = said.split_once("://").map_or(said, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_end_matches('.');
    let last = host.rsplit_once('.')?.1;
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    NameBuf::from_text(&host.to_lowercase()).ok()
}

/// A text from outside on one line, cut at so many characters.
pub fn line(said: &str, most: usize) -> String {
    let words = said.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_found_in_what_people_paste() {
        for (said, wanted) in [
            ("Games.example", "games.example"),
            ("games.example:8080", "games.example"),
            (" https://www.games.example/a?b#c ", "www.games.example"),
            ("http://me:secret@games.example:80/x", "games.example"),
            ("games.example.", "games.example"),
            ("münchen.example", "xn--mnchen-3ya.example"),
        ] {
            assert_eq!(name(said).expect(said).to_string(), wanted, "{said}");
        }
        for said in [
            "",
            "localhost",
            "10.1.2.3",
            "10.1.2.3:80",
            "[2001:db8::1]:80",
            "a..b",
            "no name.example",
            "http://",
        ] {
            assert_eq!(name(said).map(|n| n.to_string()), None, "{said}");
        }
    }

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(line(" we need\r\n\u{7}it  ", REASON), "we need it");
        assert_eq!(line(&"é".repeat(300), REASON).chars().count(), REASON);
    }

    proptest! {
        #[test]
        fn anything_is_a_name_or_none(said in "\\PC{0,300}") {
            if let Some(found) = name(&said) {
                prop_assert_eq!(name(&found.to_string()), Some(found));
            }
        }
    }
}
