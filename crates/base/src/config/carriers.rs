//! The carriers whose systems are asked by their interface: a file of its own, with a `[[carrier]]` for each.

use super::read::Outside;
use reqwest::Url;
use serde::Deserialize;

/// A carrier with an interface.
#[derive(Clone, PartialEq, Eq)]
pub struct CarrierInterface {
    /// The district (LEAID) whose lines are meant.
    pub district: String,
    /// The carrier, as its lines name it.
    pub name: String,
    /// The address that its requests' paths follow.
    pub url: String,
    /// What the portal shows to be let in: a token, an API key or an application's secret.
    pub token: String,
    /// Which interface it is.
    pub interface: Interface,
}

/// An interface, with what it needs besides an address and a token.
#[derive(Clone, PartialEq, Eq)]
pub enum Interface {
    /// TM Forum TMF640 v4.
    Tmf640,
    /// Cisco IoT Control Center.
    ControlCenter {
        /// Whose the API key is.
        user: String,
        /// The SIM status of a line that is not to work for a while.
        suspended: String,
    },
    /// Verizon ThingSpace.
    ThingSpace(Box<ThingSpace>),
}

/// What Verizon ThingSpace needs.
#[derive(Clone, PartialEq, Eq)]
pub struct ThingSpace {
    /// The application's key.
    pub key: String,
    /// The user of the Connectivity Management interface, and the password.
    pub user: (String, String),
    /// The billing account.
    pub account: String,
    /// The service plan and the ZIP code with which a line begins; without them no line is begun.
    pub begins: Option<(String, String)>,
    /// By what the carrier's own messages are proved; without it none is believed.
    pub callback: Option<String>,
}

impl std::fmt::Debug for CarrierInterface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without secrets: settings are printed in logs.
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
    #[serde(default)]
    interface: Word,
    user: Option<String>,
    suspended: Option<String>,
    key: Option<String>,
    password_file: Option<String>,
    account: Option<String>,
    plan: Option<String>,
    zip: Option<String>,
    callback_file: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    #[default]
    Tmf640,
    ControlCenter,
    Thingspace,
}

/// The shortest secret that carriers' messages may be proved by, characters.
const SECRET: usize = 16;

/// The only line of a file.
fn secret(outside: &dyn Outside, (setting, path): (&str, &str)) -> Result<String, String> {
    let text = outside.file(path).map_err(|e| format!("a {setting} that can be read ({e})"))?;
    let text = text.trim().to_owned();
    if text.is_empty() || text.lines().count() > 1 {
        return Err(format!("a {setting} whose only line is the secret"));
    }
    Ok(text)
}

fn said(value: Option<&String>, setting: &str) -> Result<String, String> {
    value
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .ok_or_else(|| format!("`{setting}`"))
}

fn interface(one: &One, outside: &dyn Outside) -> Result<Interface, String> {
    let (center, space) = (Word::ControlCenter, Word::Thingspace);
    let settings: [(&str, &Option<String>, &[Word]); 8] = [
        ("user", &one.user, &[center, space]),
        ("suspended", &one.suspended, &[center]),
        ("key", &one.key, &[space]),
        ("password_file", &one.password_file, &[space]),
        ("account", &one.account, &[space]),
        ("plan", &one.plan, &[space]),
        ("zip", &one.zip, &[space]),
        ("callback_file", &one.callback_file, &[space]),
    ];
    let is_foreign =
        |takes: &[Word], value: &Option<String>| value.is_some() && !takes.contains(&one.interface);
    if let Some((setting, ..)) = settings.iter().find(|(_, value, takes)| is_foreign(takes, value)) {
        return Err(format!("no `{setting}` with this interface"));
    }
    Ok(match one.interface {
        Word::Tmf640 => Interface::Tmf640,
        Word::ControlCenter => {
            let suspended = one.suspended.as_deref().unwrap_or("DEACTIVATED").to_owned();
            if !evenfield_gap::inventory::control_center::may_suspend(&suspended) {
                return Err("a `suspended` as DEACTIVATED or INVENTORY: a status in which a line does not work, and can again".to_owned());
            }
            Interface::ControlCenter { user: said(one.user.as_ref(), "user")?, suspended }
        }
        Word::Thingspace => Interface::ThingSpace(Box::new(thingspace(one, outside)?)),
    })
}

fn thingspace(one: &One, outside: &dyn Outside) -> Result<ThingSpace, String> {
    let password = said(one.password_file.as_ref(), "password_file")?;
    let begins = match (&one.plan, &one.zip) {
        (None, None) => None,
        (plan, zip) => Some((said(plan.as_ref(), "plan")?, said(zip.as_ref(), "zip")?)),
    };
    if begins.as_ref().is_some_and(|(_, zip)| zip.len() != 5 || !zip.bytes().all(|b| b.is_ascii_digit())) {
        return Err("a `zip` of five digits".to_owned());
    }
    let callback =
        one.callback_file.as_deref().map(|path| secret(outside, ("callback_file", path))).transpose()?;
    if callback.as_ref().is_some_and(|secret| secret.chars().count() < SECRET) {
        return Err(format!("a callback_file with at least {SECRET} characters"));
    }
    Ok(ThingSpace {
        key: said(one.key.as_ref(), "key")?,
        user: (said(one.user.as_ref(), "user")?, secret(outside, ("password_file", &password))?),
        account: said(one.account.as_ref(), "account")?,
        begins,
        callback,
    })
}

/// Reads the file; the files of secrets lie where `outside` finds them.
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
        let wrong = |wanted: String| format!("of the carrier {}: {wanted}", one.name);
        let url =
            Url::parse(&one.url).ok().filter(|url| url.scheme() == "https" || super::settings::is_here(url));
        if url.is_none_or(|url| url.query().is_some() || url.host_str().is_none()) {
            return Err(wrong("a url that begins with https://, or http:// on this machine".to_owned()));
        }
        let token = secret(outside, ("token_file", &one.token_file)).map_err(wrong)?;
        let interface = interface(&one, outside).map_err(wrong)?;
        let district = one.district.to_string();
        if one.name.trim().is_empty() || all.iter().any(|c| c.district == district && c.name == one.name) {
            return Err(wrong("a name that no other carrier of the district has".to_owned()));
        }
        if callback(&interface).is_some_and(|new| all.iter().any(|c| callback(&c.interface) == Some(new))) {
            return Err(wrong("a callback_file that no other carrier has".to_owned()));
        }
        all.push(CarrierInterface { district, name: one.name, url: one.url, token, interface });
    }
    Ok(all)
}

/// By what this carrier's own messages are proved.
pub fn callback(interface: &Interface) -> Option<&str> {
    match interface {
        Interface::ThingSpace(settings) => settings.callback.as_deref(),
        Interface::Tmf640 | Interface::ControlCenter { .. } => None,
    }
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
            match path {
                "token" => Ok("secret\n".to_owned()),
                "long" => Ok("0123456789abcdef\n".to_owned()),
                _ => Err("not found".to_owned()),
            }
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

    #[test]
    fn other_interfaces_say_what_they_need() {
        let one = |interface: &str, more: &str| {
            let text = format!(
                "[[carrier]]\ndistrict = \"5100001\"\nname = \"Blue\"\nurl = \"https://b.example\"\ntoken_file = \"token\"\ninterface = \"{interface}\"\n{more}"
            );
            read(&text, &Files)
        };
        let center = one("control-center", "user = \"u\"\n").expect("a carrier");
        let wanted = Interface::ControlCenter { user: "u".to_owned(), suspended: "DEACTIVATED".to_owned() };
        assert!(center[0].interface == wanted);
        let needs = "user = \"u\"\nkey = \"k\"\npassword_file = \"token\"\naccount = \"a\"\n";
        let space =
            one("thingspace", &format!("{needs}callback_file = \"long\"\nplan = \"p\"\nzip = \"98801\"\n"));
        let space = space.expect("a carrier");
        assert_eq!(callback(&space[0].interface), Some("0123456789abcdef"));
        assert!(!format!("{space:?}").contains("0123"));
        for (interface, more, said) in [
            ("control-center", "", "`user`"),
            ("control-center", "user = \"u\"\nsuspended = \"RETIRED\"\n", "DEACTIVATED or INVENTORY"),
            ("control-center", "user = \"u\"\nzip = \"1\"\n", "no `zip`"),
            ("tmf640", "user = \"u\"\n", "no `user`"),
            ("other", "", "line 6"),
            ("thingspace", "user = \"u\"\n", "`password_file`"),
        ] {
            let error = one(interface, more).expect_err("wrong");
            assert!(error.contains(said), "{error}");
        }
        for (more, said) in [
            ("callback_file = \"token\"\n", "16 characters"),
            ("plan = \"p\"\n", "`zip`"),
            ("plan = \"p\"\nzip = \"x\"\n", "five digits"),
        ] {
            let error = one("thingspace", &format!("{needs}{more}")).expect_err("wrong");
            assert!(error.contains(said), "{error}");
        }
    }
}
