//! Every setting: its name, its default, what is checked, and what the reference page says.

use super::read::Value;
use super::{Config, OidcProvider, Rates};
use crate::db::Backend;
use reqwest::Url;
use std::net::SocketAddr;

/// Why a value cannot be used, as "wanted …".
pub type Checked = Result<(), String>;

/// One setting.
pub struct Setting {
    /// `table.key`, or `key` at the top. Of the repeated table: `oidc.key`.
    pub name: &'static str,
    /// The default, as TOML; none when there is none and the setting may be left out.
    pub default: Option<&'static str>,
    /// What may stand there, for people.
    pub wanted: &'static str,
    /// What it is for, for people.
    pub about: &'static str,
    /// Checks the value and puts it into the settings; of `oidc.…` into the last provider.
    pub put: fn(&mut Config, &Value<'_>) -> Checked,
}

/// The table that may stand many times, as `[[oidc]]`.
pub const REPEATED: &str = "oidc";
/// What each `[[oidc]]` must say.
pub const REQUIRED_OF_REPEATED: [&str; 3] = ["oidc.id", "oidc.issuer", "oidc.client_id"];

/// The definition.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "database",
        default: Some("\"sqlite:data/evenfield.db\""),
        wanted: "`sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`",
        about: "Where the records are.",
        put: |c, v| {
            let url = v.text()?;
            Backend::of(url).map_err(|_| "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME".to_owned())?;
            c.database_url = url.to_owned();
            Ok(())
        },
    },
    Setting {
        name: "data_dir",
        default: Some("\"data\""),
        wanted: "a folder",
        about: "Where files are kept that are not in the database. Made when it is not there.",
        put: |c, v| v.text().map(|path| c.data_dir = path.into()),
    },
    Setting {
        name: "server.listen",
        default: Some("\"127.0.0.1:8080\""),
        wanted: "an IP address and a port",
        about: "Where the portal listens. Beyond this machine, put a proxy with https before it.",
        put: |c, v| {
            let text = v.text()?;
            text.parse::<SocketAddr>().map_err(|_| "an IP address and a port, as 127.0.0.1:8080")?;
            c.listen = text.to_owned();
            Ok(())
        },
    },
    Setting {
        name: "server.public_url",
        default: None,
        wanted: "an address that begins with `https://` or `http://`, without a path",
        about: "What people type to reach the portal. With https, cookies are sent over https alone.",
        put: |c, v| web_address(v).map(|url| c.public_url = Some(url)),
    },
    Setting {
        name: "server.behind_proxy",
        default: Some("false"),
        wanted: "`true` or `false`",
        about: "Whether every request comes through a proxy of yours that sets `X-Forwarded-For`.",
        put: |c, v| v.flag().map(|flag| c.behind_proxy = flag),
    },
    Setting {
        name: "session.hours",
        default: Some("12"),
        wanted: "1 to 168",
        about: "A session ends this many hours after the sign-in.",
        put: |c, v| v.whole(1, 168).map(|n| c.session_hours = n),
    },
    Setting {
        name: "session.idle_minutes",
        default: Some("120"),
        wanted: "5 to 1440",
        about: "A session ends this many minutes after the last request.",
        put: |c, v| v.whole(5, 1440).map(|n| c.session_idle_minutes = n),
    },
    Setting {
        name: "rates.sign_in_per_minute",
        default: Some("60"),
        wanted: "1 to 10000",
        about: "Attempts to sign in from one address in a minute. A school shares one address.",
        put: |c, v| v.whole(1, 10_000).map(|n| c.rates.sign_in_per_minute = n),
    },
    Setting {
        name: "rates.account_per_ten_minutes",
        default: Some("10"),
        wanted: "1 to 1000",
        about: "Attempts to sign in to one account in ten minutes, from anywhere. A browser that has signed in to it is counted apart.",
        put: |c, v| v.whole(1, 1_000).map(|n| c.rates.account_per_ten_minutes = n),
    },
    Setting {
        name: "rates.survey_per_minute",
        default: Some("120"),
        wanted: "1 to 100000",
        about: "Survey forms from one address in a minute. A computer lab sends at once.",
        put: |c, v| v.whole(1, 100_000).map(|n| c.rates.survey_per_minute = n),
    },
    Setting {
        name: "rates.requests_per_minute",
        default: Some("30"),
        wanted: "1 to 10000",
        about: "Requests from the block page from one address in a minute. A class shares one address.",
        put: |c, v| v.whole(1, 10_000).map(|n| c.rates.requests_per_minute = n),
    },
    Setting {
        name: "filtering.policy",
        default: None,
        wanted: "a file",
        about: "The settings of the policy that edges fetch (`docs/policy.md`), from the folder of this file. The portal takes people from its own records, so its districts name no files. Needs `filtering.key`.",
        put: |c, v| {
            c.filtering.policy = Some(v.outside.path(v.text()?));
            Ok(())
        },
    },
    Setting {
        name: "filtering.key",
        default: None,
        wanted: "a file",
        about: "The secret key that signs the policy, made by `evenfield policy key`.",
        put: |c, v| {
            let text = v.outside.file(v.text()?).map_err(|e| format!("a file that can be read ({e})"))?;
            let key = evenfield_policy::SecretKey::from_hex(&text);
            c.filtering.key = Some(key.ok_or("a file whose only line is a key of 64 hexadecimal digits")?);
            Ok(())
        },
    },
    Setting {
        name: "filtering.block_page",
        default: Some("false"),
        wanted: "`true` or `false`",
        about: "Whether the edges' `block.page_v4` and `block.page_v6` lead to this portal. Then a request for the name of another host is sent to the page that says why that name is blocked. Needs `server.public_url`.",
        put: |c, v| v.flag().map(|flag| c.filtering.block_page = flag),
    },
    Setting {
        name: "filtering.https",
        default: None,
        wanted: "an address that begins with `https://` and has a path",
        about: "Where devices reach the edges by DNS over HTTPS, as `https://dns.example.org/dns-query`: the certificate's name and the edges' `https.path`. Devices enrol with it.",
        put: |c, v| {
            let said = v.text()?;
            let url = Url::parse(said).ok().filter(|url| url.scheme() == "https" && url.query().is_none());
            let path = url.as_ref().map_or("", |url| url.path()).trim_end_matches('/');
            if path.is_empty() || said.contains(['{', '}', '<', '&', '\'', '"']) {
                return Err("an address as https://dns.example.org/dns-query".to_owned());
            }
            c.filtering.https = Some(said.trim_end_matches('/').to_owned());
            Ok(())
        },
    },
    Setting {
        name: "filtering.tls_domain",
        default: None,
        wanted: "a host name",
        about: "The edges' `tls.domain`: Android's private DNS asks for a device's token and this name.",
        put: |c, v| {
            let said = v.text()?.trim_end_matches('.').to_ascii_lowercase();
            let is_label =
                |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !said.contains('.') || !said.split('.').all(is_label) {
                return Err("a host name as dns.example.org".to_owned());
            }
            c.filtering.tls_domain = Some(said);
            Ok(())
        },
    },
    Setting {
        name: "filtering.addresses",
        default: Some("[]"),
        wanted: "a list of addresses",
        about: "Addresses of the edges, for the settings of routers.",
        put: |c, v| {
            let list = v.raw.as_array().ok_or("a list of addresses")?;
            let parsed =
                list.iter().map(|one| one.get_ref().as_str()?.parse().ok()).collect::<Option<Vec<_>>>();
            c.filtering.addresses =
                parsed.ok_or("a list of addresses, as [\"192.0.2.53\", \"2001:db8::53\"]")?;
            Ok(())
        },
    },
    Setting {
        name: "lending.carriers",
        default: None,
        wanted: "a file",
        about: "The carriers whose systems are asked by their interface (`docs/lending.md`): a file with a `[[carrier]]` for each, which has `district`, `name`, `url`, `token_file` and, unless it is TMF640, `interface` with what that needs. The other carriers' lines are changed by people at the carriers' sites.",
        put: |c, v| {
            let text = v.outside.file(v.text()?).map_err(|e| format!("a file that can be read ({e})"))?;
            super::carriers::read(&text, v.outside).map(|carriers| c.carriers = carriers)
        },
    },
    Setting {
        name: "lending.webhook_hosts",
        default: Some("[]"),
        wanted: "a list of host names",
        about: "The hosts that may be told of what happens in lending (`docs/lending.md`), as `hooks.example.org`. They are asked by https, at public addresses alone. An address as `http://127.0.0.1:8099` allows a program on this machine.",
        put: |c, v| {
            let wanted = "a list of host names, as [\"hooks.example.org\"]";
            let list = v.raw.as_array().ok_or(wanted)?;
            let hosts = list.iter().map(|one| one.get_ref().as_str().map(str::to_owned));
            let hosts: Vec<String> = hosts.collect::<Option<_>>().ok_or(wanted)?;
            let fits = |host: &String| match host.strip_prefix("http://") {
                Some(here) => here.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback()),
                None => {
                    host.contains('.')
                        && Url::parse(&format!("https://{host}/")).is_ok_and(|url| url.domain() == Some(host))
                }
            };
            if !hosts.iter().all(fits) {
                return Err(wanted.to_owned());
            }
            c.webhook_hosts = hosts;
            Ok(())
        },
    },
    Setting {
        name: "notices.text",
        default: None,
        wanted: "a file",
        about: "The gateway of text messages: a file with `account`, `token`, `from` (the number that messages come from) and, unless it is Twilio, `url`. Needs `server.public_url`, which the gateway tells what became of messages.",
        put: |c, v| {
            let text = v.outside.file(v.text()?).map_err(|e| format!("a file that can be read ({e})"))?;
            super::notices::read(&text).map(|gateway| c.notices.text = Some(gateway))
        },
    },
    Setting {
        name: "notices.smtp",
        default: None,
        wanted: "a file",
        about: "The mail server: a file whose only line is `smtps://USER:PASSWORD@HOST` or `smtp://USER:PASSWORD@HOST:587?tls=required`. Needs `notices.from`.",
        put: |c, v| {
            let text = v.outside.file(v.text()?).map_err(|e| format!("a file that can be read ({e})"))?;
            super::notices::read_smtp(&text).map(|url| c.notices.smtp = Some(url))
        },
    },
    Setting {
        name: "notices.from",
        default: None,
        wanted: "an e-mail address, perhaps with a name",
        about: "Whom e-mails are from, as `Example Schools <hotspots@example.org>`.",
        put: |c, v| {
            let from =
                v.text()?.parse().map_err(|_| "an address as Example Schools <hotspots@example.org>")?;
            c.notices.from = Some(from);
            Ok(())
        },
    },
    Setting {
        name: "publication.min_students",
        default: Some("10"),
        wanted: "5 to 1000",
        about: "A figure about fewer students is withheld.",
        put: |c, v| v.whole(5, 1_000).map(|n| c.publication.min_students = n),
    },
    Setting {
        name: "publication.min_answers",
        default: Some("10"),
        wanted: "5 to 1000",
        about: "A figure that rests on fewer survey answers, and on answers alone, is withheld.",
        put: |c, v| v.whole(5, 1_000).map(|n| c.publication.min_answers = n),
    },
    Setting {
        name: "publication.max_cv",
        default: Some("0.3"),
        wanted: "0.05 to 1",
        about: "A figure whose standard error is a larger part of it than this is withheld.",
        put: |c, v| v.real(0.05, 1.0).map(|x| c.publication.max_cv = x),
    },
    Setting {
        name: "oidc.id",
        default: None,
        wanted: "a word of small letters and digits",
        about: "A short word for addresses, as `google`. Required.",
        put: |c, v| {
            let word = v.text()?;
            if word.is_empty() || !word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
                return Err("a word of small letters and digits".to_owned());
            }
            provider(c, |p| p.id = word.to_owned())
        },
    },
    Setting {
        name: "oidc.name",
        default: None,
        wanted: "text",
        about: "The name on the button; the id when it is left out.",
        put: |c, v| {
            let name = v.text()?.to_owned();
            provider(c, |p| p.name = name)
        },
    },
    Setting {
        name: "oidc.issuer",
        default: None,
        wanted: "an address that begins with `https://`, or `http://` on this machine",
        about: "The provider's issuer, as `https://accounts.google.com`. Required.",
        put: |c, v| {
            let said = v.text()?;
            let url = Url::parse(said).ok().filter(|url| url.scheme() == "https" || is_here(url));
            if url.is_none_or(|url| url.host_str().is_none()) {
                return Err("an address that begins with https://".to_owned());
            }
            // As it was said: the provider's tokens must repeat it letter by letter.
            provider(c, |p| p.issuer = said.to_owned())
        },
    },
    Setting {
        name: "oidc.client_id",
        default: None,
        wanted: "text",
        about: "The portal's id at the provider. Required.",
        put: |c, v| {
            let id = v.text()?.to_owned();
            provider(c, |p| p.client_id = id)
        },
    },
    Setting {
        name: "oidc.client_secret_env",
        default: None,
        wanted: "the name of an environment variable",
        about: "Where the portal's secret at the provider is. This or `client_secret_file` is required.",
        put: |c, v| {
            let secret = v.outside.variable(v.text()?).ok_or("an environment variable that is set")?;
            provider(c, |p| p.client_secret = secret)
        },
    },
    Setting {
        name: "oidc.client_secret_file",
        default: None,
        wanted: "a file",
        about: "A file whose only line is the secret; its path is from the folder of the settings file.",
        put: |c, v| {
            let text = v.outside.file(v.text()?).map_err(|e| format!("a file that can be read ({e})"))?;
            let secret = text.trim();
            if secret.is_empty() || secret.lines().count() > 1 {
                return Err("a file whose only line is the secret".to_owned());
            }
            provider(c, |p| p.client_secret = secret.to_owned())
        },
    },
];

fn provider(config: &mut Config, change: impl FnOnce(&mut OidcProvider)) -> Checked {
    config.oidc.last_mut().map(change).ok_or_else(|| "[[oidc]] before it".to_owned())
}

/// Scheme, host and port, written as browsers write where a form comes from.
fn web_address(value: &Value<'_>) -> Result<String, String> {
    let url = Url::parse(value.text()?).ok().filter(|url| ["https", "http"].contains(&url.scheme()));
    let url = url.ok_or_else(|| "an address that begins with https:// or http://".to_owned())?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return Err("an address without a path, as https://gap.example.org".to_owned());
    }
    Ok(url.origin().ascii_serialization())
}

/// Whether the address is one of this machine.
pub(super) fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    url.scheme() == "http" && (host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback()))
}

/// The settings of an empty file.
///
/// # Panics
/// When a default breaks its own check, which a test rules out.
pub fn defaults() -> Config {
    let mut config = Config {
        database_url: String::new(),
        listen: String::new(),
        public_url: None,
        behind_proxy: false,
        oidc: Vec::new(),
        districts: Vec::new(),
        filtering: super::Filtering::default(),
        carriers: Vec::new(),
        webhook_hosts: Vec::new(),
        notices: super::notices::Notices::default(),
        data_dir: std::path::PathBuf::new(),
        session_hours: 0,
        session_idle_minutes: 0,
        rates: Rates::default(),
        publication: evenfield_gap::publish::PublishRule::default(),
    };
    for setting in SETTINGS {
        if let Some(text) = setting.default {
            let text = format!("value = {text}");
            let table = toml::de::DeTable::parse(&text).expect("a default is TOML");
            let value = table.get_ref().values().next().expect("it has one value");
            (setting.put)(
                &mut config,
                &Value { raw: value.get_ref(), outside: &super::Process { base: std::path::PathBuf::new() } },
            )
            .expect("a default passes its check");
        }
    }
    config
}
