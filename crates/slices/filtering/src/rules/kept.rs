//! Texts that explain a version of the policy long after its file is gone: the settings as far as they are about a district, and its answers.

use super::merge::Allowed;
use crate::exchange::{hexadecimal, minute};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// No text is longer: what is longer was not written by us.
const LONGEST: u64 = 64 << 20;
/// Tables of the settings that are about one district where they name it, and the field that names it.
const OF_DISTRICTS: [(&str, &str); 5] = [
    ("scope", "district"),
    ("override", "district"),
    ("calendar", "district"),
    ("site", "district"),
    ("district", "id"),
];

/// A text as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of the text, hexadecimal.
    pub id: String,
    /// The text by zlib (RFC 1950) and Base64.
    pub body: String,
}

impl Kept {
    /// Packs a text.
    ///
    /// # Errors
    /// Never in fact: nothing is written anywhere but to memory.
    pub fn new(text: &str) -> io::Result<Self> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
        packed.write_all(text.as_bytes())?;
        Ok(Self { id: hexadecimal(&Sha256::digest(text)), body: STANDARD.encode(packed.finish()?) })
    }

    /// The text; none for a body that is damaged, or is not the text with this digest.
    pub fn text(&self) -> Option<String> {
        let packed = STANDARD.decode(&self.body).ok()?;
        let mut text = String::new();
        ZlibDecoder::new(packed.as_slice()).take(LONGEST).read_to_string(&mut text).ok()?;
        (hexadecimal(&Sha256::digest(&text)) == self.id).then_some(text)
    }
}

/// The settings as far as they are about a district: the text itself where no other district is in it, else without the tables of others (and without
/// comments).
pub fn settings(text: &str, district: &str) -> String {
    let Ok(mut table) = text.parse::<toml::Table>() else { return String::new() };
    let is_others = |item: &toml::Value, field: &str| {
        item.get(field).and_then(toml::Value::as_str).is_some_and(|named| named != district)
    };
    let mut left_out = 0;
    for (name, field) in OF_DISTRICTS {
        let Some(items) = table.get_mut(name).and_then(toml::Value::as_array_mut) else { continue };
        let all = items.len();
        items.retain(|item| !is_others(item, field));
        left_out += all - items.len();
        if items.is_empty() {
            table.remove(name);
        }
    }
    if left_out == 0 { text.to_owned() } else { table.to_string() }
}

/// The answers of a district that a version has, a line each in the order in which they were given.
pub fn answers(allowed: &[Allowed], district: &str) -> String {
    let mut text = "name,for,from_utc,until_utc\n".to_owned();
    for allow in allowed.iter().filter(|allow| allow.district == district) {
        let whom = match (&allow.school, &allow.section) {
            (_, Some(section)) => format!("section:{section}"),
            (Some(school), None) => format!("school:{school}"),
            (None, None) => "everybody".to_owned(),
        };
        let until = allow.ends_ms.map(minute).unwrap_or_default();
        let quoted = whom.replace('"', "\"\"");
        text.push_str(&format!("{},\"{quoted}\",{},{until}\n", allow.name, minute(allow.from_ms)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_and_a_damaged_one_does_not() {
        let text = "names of a district\n".repeat(500);
        let kept = Kept::new(&text).expect("packed");
        assert!(kept.body.len() < text.len() / 20, "{}", kept.body.len());
        assert_eq!(kept.text(), Some(text));
        let other = Kept { id: "0".repeat(64), ..kept.clone() };
        let cut = Kept { body: kept.body[..40].to_owned(), ..kept.clone() };
        assert_eq!((other.text(), cut.text(), Kept { body: "?".into(), ..kept }.text()), (None, None, None));
    }

    #[test]
    fn settings_of_others_are_left_out() {
        let text = r#"# ours
[default]
block = ["games"]
[[scope]]
student = "s1"
district = "1"
deny = ["a.example"]
[[scope]]
district = "2"
student = "secret"
[[calendar]]
district = "2"
name = "x"
[[site]]
name = "hall"
[[district]]
id = "1"
[[district]]
id = "2"
"#;
        let ours = settings(text, "1");
        assert!(!ours.contains("secret") && !ours.contains("calendar") && !ours.contains("\"2\""), "{ours}");
        assert!(ours.contains("s1") && ours.contains("hall") && ours.contains("games"), "{ours}");
        let alone = "# all of it\n[default]\n[[district]]\nid = \"1\"\n";
        assert_eq!(settings(alone, "1"), alone);
    }

    #[test]
    fn answers_are_told_line_by_line() {
        let allow = |name: &str, district: &str, section: Option<&str>, ends_ms| Allowed {
            district: district.to_owned(),
            name: name.to_owned(),
            school: None,
            section: section.map(str::to_owned),
            from_ms: 0,
            ends_ms,
        };
        let all = [
            allow("a.example", "1", None, None),
            allow("b.example", "2", None, None),
            allow("c.example", "1", Some("x,y"), Some(60_000)),
        ];
        assert_eq!(
            answers(&all, "1"),
            "name,for,from_utc,until_utc\na.example,\"everybody\",1970-01-01 00:00,\n\
             c.example,\"section:x,y\",1970-01-01 00:00,1970-01-01 00:01\n"
        );
    }
}
