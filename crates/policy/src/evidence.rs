//! Evidence: a text that says what was in force, and the signature of the key that signed the policies.
//!
//! ```text
//! evenfield evidence 1
//! key: 64 hexadecimal digits
//! signature: 128 hexadecimal digits
//!
//! the text, to the end of the file
//! ```
//! The signature (Ed25519, RFC 8032) is of `evenfield evidence 1`, a line feed, and the text, so that it is of use for nothing
//! else that the key signs.

use crate::snapshot::{PublicKey, SecretKey};

const FIRST: &str = "evenfield evidence 1\n";

/// Why a file is no evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Something else.
    #[error("this is not a file of evidence")]
    NotEvidence,
    /// Its head cannot be read.
    #[error("line {0} is not as it should be: the file is damaged")]
    Line(u32),
    /// Another key signed it than the one that is believed.
    #[error("it is signed by the key {0}, and not by the one that was given")]
    OtherKey(PublicKey),
    /// It was changed.
    #[error("the signature is not of this text: it was changed after it was signed")]
    Changed,
}

/// Signs a text.
pub fn seal(text: &str, key: &SecretKey) -> String {
    let signature = key.sign(format!("{FIRST}{text}").as_bytes());
    let digits: String = signature.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{FIRST}key: {}\nsignature: {digits}\n\n{text}", key.public())
}

/// The text of a file, and the key that signed it: the one that was given, where one was.
///
/// # Errors
/// [`EvidenceError`].
pub fn open<'f>(file: &'f str, believed: Option<&PublicKey>) -> Result<(&'f str, PublicKey), EvidenceError> {
    let rest = file.strip_prefix(FIRST).ok_or(EvidenceError::NotEvidence)?;
    let (line, rest) = rest.split_once('\n').ok_or(EvidenceError::Line(2))?;
    let key = line.strip_prefix("key: ").and_then(PublicKey::from_hex).ok_or(EvidenceError::Line(2))?;
    let (line, rest) = rest.split_once('\n').ok_or(EvidenceError::Line(3))?;
    let signature = line.strip_prefix("signature: ").and_then(octets).ok_or(EvidenceError::Line(3))?;
    let text = rest.strip_prefix('\n').ok_or(EvidenceError::Line(4))?;
    if believed.is_some_and(|believed| *believed != key) {
        return Err(EvidenceError::OtherKey(key));
    }
    if !key.verifies(format!("{FIRST}{text}").as_bytes(), &signature) {
        return Err(EvidenceError::Changed);
    }
    Ok((text, key))
}

/// The 64 octets of a signature in digits.
fn octets(digits: &str) -> Option<[u8; 64]> {
    let mut octets = [0; 64];
    if digits.len() != 128 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_signed_is_read_and_what_was_changed_is_not() {
        let (key, other) = (SecretKey::from_seed(&[3; 32]), SecretKey::from_seed(&[4; 32]));
        let file = seal("{\"a\": 1}\n", &key);
        assert_eq!(open(&file, None), Ok(("{\"a\": 1}\n", key.public())));
        assert_eq!(open(&file, Some(&key.public())).map(|(text, _)| text), Ok("{\"a\": 1}\n"));
        assert_eq!(open(&file, Some(&other.public())), Err(EvidenceError::OtherKey(key.public())));
        assert_eq!(open(&file.replace("1}", "2}"), None), Err(EvidenceError::Changed));
        assert_eq!(open(&format!("{file} "), None), Err(EvidenceError::Changed));
        let forged = file.replace(&key.public().to_string(), &other.public().to_string());
        assert_eq!(open(&forged, None), Err(EvidenceError::Changed));
        assert_eq!(open("{}", None), Err(EvidenceError::NotEvidence));
        assert_eq!(open(&file[..60], None), Err(EvidenceError::Line(2)));
        assert_eq!(open(&file.replace("signature: ", "signature: x"), None), Err(EvidenceError::Line(3)));
        // A signature of the text alone is none.
        let digits: String = key.sign(b"{}").iter().map(|octet| format!("{octet:02x}")).collect();
        let bare = format!("{FIRST}key: {}\nsignature: {digits}\n\n{{}}", key.public());
        assert_eq!(open(&bare, None), Err(EvidenceError::Changed));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}", cut in 0usize..400) {
            let key = SecretKey::from_seed(&[3; 32]);
            let file = seal(&text, &key);
            prop_assert_eq!(open(&file, None), Ok((text.as_str(), key.public())));
            if let Some(part) = file.get(..cut.min(file.len().saturating_sub(1))) {
                prop_assert!(open(part, None).is_err());
            }
            prop_assert!(open(&text, None).is_err());
        }
    }
}
