//! What somebody asks for on the block page.

use evenfield_policy::NameBuf;

/// The most characters of a device's label.
pub const LABEL: usize = 80;
/// The most characters of a reason.
pub const REASON: usize = 200;

/// The name in what a browser or a person says.
pub fn name(said: &str) -> Option<NameBuf> {
    NameBuf::from_address(said)
}

/// Marks that are not seen and turn the direction of what follows, or hide what stands there.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A text from outside on one line, cut at so many characters.
pub fn line(said: &str, most: usize) -> String {
    let parts = |c: char| c.is_whitespace() || c.is_control();
    let words = said.split(parts).map(|word| word.replace(is_unseen, "")).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

/// The id that a form was given when it was shown, so that a form that is sent twice makes one thing and not two; none for what is no id.
pub fn once(said: &str) -> Option<String> {
    let is_id = said.len() == 36 && said.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_id.then(|| said.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(line("a\u{202E}b \u{2066}\u{200B} c", REASON), "ab c");
        assert_eq!(line(" we need\r\n\u{7}it  ", REASON), "we need it");
        assert_eq!(line(&"é".repeat(300), REASON).chars().count(), REASON);
    }
}
