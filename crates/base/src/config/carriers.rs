//! The carriers whose systems are asked by their interface: a file of its own, with a `[[carrier]]` for each.

use super::read::Outside;
use reqwest::Url;
use serde::Deserialize;

/// A carrier with an interface (TM Forum TMF640 v4).
#[derive(Clone, PartialEq, Eq)]
pub struct CarrierInterface {
    /// The district (LEAID) whose lines are meant.
    pub district: String,
    /// The carrier, as its lines name it.
    pub name: String,
    /// The address before `/service`.
    pub url: String,
    /// What the portal shows to be let in.
    pub token: String,
}

impl std::fmt::Debug for CarrierInterface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the token: settings are printed in logs.
        f.debug_struct("CarrierInterface")
            .field("district", &self.district)
            .field("name", &self.name)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    carrier: Vec<One>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    district: evenfield_model::Leaid,
    name: String,
    url: String,
    token_file: String,
}

/// Reads the file; the files of tokens lie where `outside` finds them.
///
/// # Errors
/// What was wanted, with the line where it is known.
pub fn read(text: &str, outside: &dyn Outside) -> Result<Vec<CarrierInterface>, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        format!("a file of [[carrier]]; line {line}: {}", error.message())
    })?;
    let mut all: Vec<CarrierInterface> = Vec::new();
    for one in file.carrier {
        let wrong = |wanted: &str| format!("of the carrier {}: {wanted}", one.name);
        let url =
            Url::parse(&one.url).ok().filter(|url| url.scheme() == "https" || super::settings::is_here(url));
        if url.is_none_or(|url| url.query().is_some() || url.host_str().is_none()) {
            return Err(wrong("a url that begins with https://, or http:// on this machine"));
        }
        let token = outside
            .file(&one.token_file)
            .map_err(|e| wrong(&format!("a token_file that can be read ({e})")))?;
        let token = token.trim().to_owned();
        if token.is_empty() || token.lines().count() > 1 {
            return Err(wrong("a token_file whose only line is the token"));
        }
        let district = one.district.to_string();
        if one.name.trim().is_empty() || all.iter().any(|c| c.district == district && c.name == one.name) {
            return Err(wrong("a name that no other carrier of the district has"));
        }
        all.push(CarrierInterface { district, name: one.name, url: one.url, token });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    struct Files;

    impl Outside for Files {
        fn variable(&self, _: &str) -> Option<String> {
            None
        }

        fn file(&self, path: &str) -> Result<String, String> {
            (path == "token").then(|| "secret\n".to_owned()).ok_or_else(|| "not found".to_owned())
        }

        fn path(&self, path: &str) -> PathBuf {
            path.into()
        }
    }

    #[test]
    fn carriers_are_read_or_it_is_said_what_is_wrong() {
        let one = |url: &str, token: &str, more: &str| {
            let text = format!(
                "[[carrier]]\ndistrict = \"5100001\"\nname = \"Blue\"\nurl = \"{url}\"\ntoken_file = \"{token}\"\n{more}"
            );
            read(&text, &Files)
        };
        let carriers = one("https://blue.example/tmf", "token", "").expect("a carrier");
        assert_eq!((carriers[0].name.as_str(), carriers[0].token.as_str()), ("Blue", "secret"));
        assert!(!format!("{carriers:?}").contains("secret"));
        for (url, token, more, said) in [
            ("http://blue.example", "token", "", "https://"),
            ("https://blue.example", "none", "", "not found"),
            ("https://blue.example", "token", "x = 1", "line 6"),
        ] {
            let error = one(url, token, more).expect_err("wrong");
            assert!(error.contains(said), "{error}");
        }
        let twice = "[[carrier]]\ndistrict = \"5100001\"\nname = \"Blue\"\nurl = \"https://b.example\"\ntoken_file = \"token\"\n";
        assert!(read(&twice.repeat(2), &Files).expect_err("twice").contains("no other carrier"));
        assert_eq!(read("", &Files), Ok(Vec::new()));
    }
}
