//! The settings of the speed test.

use super::{Definition, Setting};
use evenfield_speedtest::{Results, Settings};
use std::path::PathBuf;

const ADDRESSES: &str = "a list of addresses and ports, as `[\"0.0.0.0:80\", \"[::]:80\"]`";
const NAMES: &str = "a list of names";

/// The definition.
pub const SPEEDTEST: Definition<Settings> = Definition { settings: SETTINGS, blank, also, inner: None };

const SETTINGS: &[Setting<Settings>] = &[
    Setting {
        name: "listen.tls",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where tests with TLS (`wss`) come in, as `[\"0.0.0.0:443\"]`. Needs `tls.certificate` and `tls.key`. Pages that came by https can use no other.",
        put: |s, v| v.list().map(|list| s.tls = list),
    },
    Setting {
        name: "listen.plain",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where tests without TLS (`ws`) come in. One of the two must be there.",
        put: |s, v| v.list().map(|list| s.plain = list),
    },
    Setting::status("listen.status", "\"127.0.0.1:9154\"", |s, v| {
        v.loopback().map(|address| s.status = Some(address))
    }),
    Setting::certificate(|s, v| v.path().map(|path| s.certificate.get_or_insert_default().0 = path)),
    Setting::key(|s, v| v.path().map(|path| s.certificate.get_or_insert_default().1 = path)),
    Setting {
        name: "tests.at_once",
        default: Some("100"),
        required: false,
        wanted: "1 to 10000",
        about: "Tests that run at the same time. More of them than the server's own line carries measure the server: give it a tenth of the line's Mbit/s. Others are told to come again (503).",
        put: |s, v| v.whole(1, 10_000).map(|n| s.tests.1 = n as usize),
    },
    Setting {
        name: "tests.of_address",
        default: Some("8"),
        required: false,
        wanted: "1 to 10000",
        about: "Of these from one address (of IPv6, from one /56). Behind one address of a mobile carrier are many homes.",
        put: |s, v| v.whole(1, 10_000).map(|n| s.tests.0 = n as usize),
    },
    Setting {
        name: "tests.congestion",
        default: Some("\"bbr\""),
        required: false,
        wanted: "the name of a congestion control of this kernel, as `\"bbr\"`",
        about: "What controls congestion in downloads. ndt7 means BBR; where the kernel has no such one, or does not let the program have it, its own is used and the log says so.",
        put: |s, v| {
            let name =
                v.text().filter(|name| name.len() < 16 && name.bytes().all(|b| b.is_ascii_graphic()))?;
            s.congestion = name.to_owned();
            Some(())
        },
    },
    Setting {
        name: "results.folder",
        default: None,
        required: false,
        wanted: "a folder",
        about: "Where results are written, a file a day. Nothing is written without it.",
        put: |s, v| {
            let folder = v.path()?;
            let days = s.results.as_ref().map_or(DAYS, |results| results.days);
            s.results = Some(Results { folder, days });
            Some(())
        },
    },
    Setting {
        name: "results.days",
        default: Some("400"),
        required: false,
        wanted: "1 to 36500",
        about: "For how many days a file is kept. Needs the folder.",
        put: |s, v| {
            let days = v.whole(1, 36_500)?;
            s.results.as_mut().map(|results| results.days = days)
        },
    },
    Setting {
        name: "results.metadata",
        default: Some("[\"ticket\", \"client_library_name\", \"client_library_version\"]"),
        required: false,
        wanted: NAMES,
        about: "What clients say of themselves in the query string that is kept in results; all else is forgotten. A ticket must mean nothing to anybody but the portal that gave it out.",
        put: |s, v| v.list().map(|list| s.metadata = list),
    },
];

const DAYS: u32 = 400;

fn blank() -> Settings {
    Settings {
        plain: Vec::new(),
        tls: Vec::new(),
        status: None,
        certificate: None,
        tests: (0, 0),
        congestion: String::new(),
        results: None,
        metadata: Vec::new(),
    }
}

fn also(settings: &Settings, _: &dyn Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if settings.plain.is_empty() && settings.tls.is_empty() {
        found.push(("listen.tls", format!("{ADDRESSES}; it or `listen.plain` is required")));
    }
    let none = (PathBuf::new(), PathBuf::new());
    let (certificate, key) = settings.certificate.as_ref().unwrap_or(&none);
    if !settings.tls.is_empty() || settings.certificate.is_some() {
        for (name, file) in [("tls.certificate", certificate), ("tls.key", key)] {
            if file.as_os_str().is_empty() {
                found.push((name, "a PEM file; tests with TLS need it".to_owned()));
            }
        }
    }
    if settings.tests.0 > settings.tests.1 {
        found.push(("tests.of_address", "no more than `tests.at_once`".to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const LEAST: &str = "[listen]\nplain = [\"127.0.0.1:8080\"]\n";

    #[test]
    fn defaults_are_what_the_page_says() {
        let settings = SPEEDTEST.read("speed.toml", Path::new("/etc"), LEAST).expect("the least");
        assert_eq!(
            (settings.tests, settings.congestion.as_str(), &settings.results),
            ((8, 100), "bbr", &None)
        );
        assert_eq!(settings.metadata[0], "ticket");
        let more = format!("{LEAST}[results]\nfolder = \"speed\"\n");
        let results = SPEEDTEST.read("speed.toml", Path::new("/srv"), &more).expect("with results").results;
        assert_eq!(results, Some(Results { folder: "/srv/speed".into(), days: 400 }));
        for setting in SETTINGS {
            let (Some(default), Some((table, key))) = (setting.default, setting.name.split_once('.')) else {
                continue;
            };
            let text = match (table, key) {
                ("listen", "plain") => format!(
                    "[listen]\ntls = [\"[::1]:443\"]\nplain = {default}\n[tls]\ncertificate = \"a\"\nkey = \"b\"\n"
                ),
                ("listen", _) => format!("{LEAST}{key} = {default}\n"),
                ("results", "days") => format!("{LEAST}[results]\nfolder = \"a\"\n{key} = {default}\n"),
                _ => format!("{LEAST}[{table}]\n{key} = {default}\n"),
            };
            assert!(SPEEDTEST.read("speed.toml", Path::new(""), &text).is_ok(), "{text}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_lines() {
        let faults = |text: &str| -> Vec<(u64, String)> {
            let problems = SPEEDTEST.read("speed.toml", Path::new(""), text).expect_err("faults");
            problems.kept().iter().map(|p| (p.line, p.column.clone())).collect()
        };
        let text = "[listen]\nstatus = \"192.0.2.1:1\"\ntls = [\"[::1]:443\"]\n[tls]\nkey = \"k\"\n[tests]\nat_once = 5\nof_address = 6\n\
            congestion = \"a name that is too long\"\n[results]\ndays = 3\n[resluts]\n";
        let found = faults(text);
        let wanted = [
            (0, "tests.of_address"),
            (0, "tls.certificate"),
            (2, "listen.status"),
            (9, "tests.congestion"),
            (11, "results.days"),
            (12, "resluts"),
        ];
        assert_eq!(found.iter().map(|(line, name)| (*line, name.as_str())).collect::<Vec<_>>(), wanted);
        assert_eq!(faults(""), [(0, "listen.tls".to_owned())]);
    }
}
