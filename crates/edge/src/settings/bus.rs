//! The settings of the gateway on a bus, and of the resolver beside it.

use super::{DNS, Definition, File, Found, Resolver, Setting, Value};
use evenfield_bus::gate::Rules;
use evenfield_bus::gateway::Settings;
use evenfield_bus::radius::{Client, Outside};
use evenfield_bus::schedule::{Place, Schedule};
use jiff::tz::TimeZone;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use toml::de::DeTable;

/// What a bus runs.
pub struct Bus {
    gateway: Settings,
    /// The resolver beside the gateway.
    dns: Option<Resolver>,
    /// Parts of the gateway's settings until they are together: the portal with the files of the token and the roots, where NetJSON comes in and
    /// the file of its key, the page and its address.
    portal: (Option<evenfield_bus::upload::Portal>, PathBuf, PathBuf),
    netjson: (Option<SocketAddr>, PathBuf),
    page: (Option<SocketAddr>, String),
}

impl Bus {
    /// The gateway's settings, and the resolver's where there is one.
    pub fn parts(self) -> (Settings, Option<Resolver>) {
        let Self { mut gateway, dns, portal: (portal, token, roots), netjson, page } = self;
        gateway.portal = portal.map(|portal| (portal, token, roots));
        gateway.netjson = netjson.0.map(|address| (address, netjson.1));
        gateway.page = page.0.map(|address| (address, page.1));
        gateway.rules.outside = !gateway.outside.is_empty();
        (gateway, dns)
    }
}

/// The definition.
pub const BUS: Definition<Bus> =
    Definition { settings: SETTINGS, blank, also, inner: Some(("dns", resolver)) };

/// The resolver's table.
fn resolver(bus: &mut Bus, file: &File<'_>, table: &DeTable<'_>) -> Vec<Found> {
    let (dns, found) = DNS.take(file, table, "dns.");
    bus.dns = Some(dns);
    found
}

const ADDRESSES: &str = "a list of addresses and ports, as `[\"10.0.0.1:1812\"]`";
const PLACES: &str = "a list of places: degrees and metres, as `[\"36.10,-78.20 150\"]`";

const SETTINGS: &[Setting<Bus>] = &[
    Setting {
        name: "bus.key",
        default: None,
        required: true,
        wanted: "a file",
        about: "A file with the district's key, 64 hexadecimal digits: the same on all buses. Passes, tickets and pseudonyms rest on it. Required.",
        put: |s, v| v.path().map(|path| s.gateway.key = path),
    },
    Setting {
        name: "bus.passes",
        default: None,
        required: true,
        wanted: "a file",
        about: "The file with the passes; a new one is in force within ten seconds, and one with a fault is refused. Put it there by renaming it. Required.",
        put: |s, v| v.path().map(|path| s.gateway.passes = path),
    },
    Setting {
        name: "bus.zone",
        default: Some("\"UTC\""),
        required: false,
        wanted: "a time zone, as `\"America/New_York\"`",
        about: "Of the schedule's hours and of the days of limits.",
        put: |s, v| TimeZone::get(v.text()?).ok().map(|zone| s.gateway.zone = zone),
    },
    Setting::status("bus.status", "\"127.0.0.1:9155\"", |s, v| {
        v.loopback().map(|address| s.gateway.status = Some(address))
    }),
    Setting {
        name: "radius.access",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where access points ask who may come in, by UDP. The usual port is 1812.",
        put: |s, v| v.list().map(|list| s.gateway.access = list),
    },
    Setting {
        name: "radius.accounting",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where they report, by UDP. The usual port is 1813.",
        put: |s, v| v.list().map(|list| s.gateway.accounting = list),
    },
    Setting {
        name: "radius.clients",
        default: Some("[]"),
        required: false,
        wanted: "a list of access points: address or prefix, the file of the secret, and what holds for it, as `[\"10.0.0.2 ap.secret 3799\", \"10.0.1.0/24 other.secret strict\"]`",
        about: "The access points. A secret is the first line of its file and has 16 characters or more. A number is the port on which they take Disconnect and CoA requests. With `strict` accounting must have a Message-Authenticator, too; access requests must in any case.",
        put: |s, v| clients(v).map(|list| s.gateway.clients = list),
    },
    Setting {
        name: "radius.outside",
        default: Some("[]"),
        required: false,
        wanted: "a list of servers: address and port, the file of the secret, as `[\"192.0.2.1:1812 eap.secret\"]`",
        about: "The servers that answer EAP, the first one first. The way there must be a tunnel. Without one EAP is rejected.",
        put: |s, v| outside(v).map(|list| s.gateway.outside = list),
    },
    Setting {
        name: "sessions.minutes",
        default: Some("240"),
        required: false,
        wanted: "1 to 1440",
        about: "The longest session. Who has time left may begin another.",
        put: |s, v| v.whole(1, 1_440).map(|n| s.gateway.rules.session_s = n * 60),
    },
    Setting {
        name: "sessions.idle_minutes",
        default: Some("10"),
        required: false,
        wanted: "0 to 1440",
        about: "Without traffic a session ends after so long; 0 for never.",
        put: |s, v| v.whole(0, 1_440).map(|n| s.gateway.rules.idle_s = n * 60),
    },
    Setting {
        name: "sessions.report_seconds",
        default: Some("300"),
        required: false,
        wanted: "60 to 3600",
        about: "How often access points report on a session.",
        put: |s, v| v.whole(60, 3_600).map(|n| s.gateway.rules.interim_s = n),
    },
    Setting {
        name: "page.listen",
        default: None,
        required: false,
        wanted: "an address and port, as `10.0.0.1:8081`",
        about: "Where the login page and the captive portal API are, for devices. Needs `page.url` and `page.filter`.",
        put: |s, v| v.parsed().map(|address| s.page.0 = Some(address)),
    },
    Setting {
        name: "page.url",
        default: None,
        required: false,
        wanted: "an address that begins with `https://` or `http://`",
        about: "By what address devices reach the page. RFC 8908 wants HTTPS: a reverse proxy on the router ends it. DHCP option 114 (RFC 8910) is this and `/captive`.",
        put: |s, v| {
            let url = v.text()?;
            let right = url.starts_with("https://") || url.starts_with("http://");
            (right && !url.contains(char::is_whitespace)).then(|| s.page.1 = url.to_owned())
        },
    },
    Setting {
        name: "page.filter",
        default: None,
        required: false,
        wanted: "the name of a filter of the access points, up to 64 characters",
        about: "The Filter-Id with which a device that is not known is let in, so that it sees the page and nothing else.",
        put: |s, v| {
            let name = v.text().filter(|name| name.len() <= 64)?;
            s.gateway.rules.captive = Some(name.to_owned());
            Some(())
        },
    },
    Setting {
        name: "schedule.hours",
        default: Some("[]"),
        required: false,
        wanted: "a list of days and hours, as `[\"mon-fri 06:00-09:00\", \"mon-fri 14:00-17:30\"]`",
        about: "When the Wi-Fi is on while the bus is on its way. Always when the list is empty, and while the time is not known.",
        put: |s, v| v.list().map(|list| s.gateway.schedule.hours = list),
    },
    Setting {
        name: "schedule.depots",
        default: Some("[]"),
        required: false,
        wanted: PLACES,
        about: "Where the Wi-Fi is off once the bus has stood there for five minutes.",
        put: |s, v| places(v, false).map(|list| s.gateway.schedule.depots = list),
    },
    Setting {
        name: "schedule.neighbourhoods",
        default: Some("[]"),
        required: false,
        wanted: "a list of places with their hours, as `[\"36.10,-78.20 150 mon-sun 16:00-21:00\"]`",
        about: "Where a parked bus serves those who live there.",
        put: |s, v| places(v, true).map(|list| s.gateway.schedule.neighbourhoods = list),
    },
    Setting {
        name: "telemetry.nmea_udp",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where the router sends NMEA 0183 by UDP. Whoever can send there can say where the bus is: let the firewall take the router's alone.",
        put: |s, v| v.list().map(|list| s.gateway.nmea_udp = list),
    },
    Setting {
        name: "telemetry.nmea_tcp",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "The same by TCP.",
        put: |s, v| v.list().map(|list| s.gateway.nmea_tcp = list),
    },
    Setting {
        name: "telemetry.gpsd",
        default: None,
        required: false,
        wanted: "an address and port, as `127.0.0.1:2947`",
        about: "A gpsd that is asked for positions.",
        put: |s, v| v.parsed().map(|address| s.gateway.gpsd = Some(address)),
    },
    Setting {
        name: "telemetry.netjson",
        default: None,
        required: false,
        wanted: "an address and port, as `10.0.0.1:8082`",
        about: "Where agents of OpenWISP send NetJSON DeviceMonitoring. Needs `telemetry.netjson_key`.",
        put: |s, v| v.parsed().map(|address| s.netjson.0 = Some(address)),
    },
    Setting {
        name: "telemetry.netjson_key",
        default: None,
        required: false,
        wanted: "a file",
        about: "A file whose only line is the key that agents show.",
        put: |s, v| v.path().map(|path| s.netjson.1 = path),
    },
    Setting {
        name: "telemetry.position_seconds",
        default: Some("10"),
        required: false,
        wanted: "1 to 3600",
        about: "How often a position is recorded.",
        put: |s, v| v.whole(1, 3_600).map(|n| s.gateway.position_s = n.into()),
    },
    Setting {
        name: "facts.folder",
        default: None,
        required: true,
        wanted: "a folder",
        about: "Where facts wait for the portal. Required.",
        put: |s, v| v.path().map(|path| s.gateway.facts.0 = path),
    },
    Setting {
        name: "facts.mebibytes",
        default: Some("256"),
        required: false,
        wanted: "4 to 65536",
        about: "How much disk they may take. Then the oldest telemetry goes, and accounting last.",
        put: |s, v| v.whole(4, 65_536).map(|n| s.gateway.facts.1 = u64::from(n) << 20),
    },
    Setting {
        name: "facts.portal",
        default: None,
        required: false,
        wanted: "an address as `https://gap.example.org`, or `http://127.0.0.1:8080` on this machine",
        about: "The portal that takes facts. Without it they stay here. Needs `facts.token`.",
        put: |s, v| v.parsed().map(|portal| s.portal.0 = Some(portal)),
    },
    Setting {
        name: "facts.token",
        default: None,
        required: false,
        wanted: "a file",
        about: "A file whose only line is this bus's token.",
        put: |s, v| v.path().map(|path| s.portal.1 = path),
    },
    Setting {
        name: "facts.roots",
        default: Some("\"/etc/ssl/certs/ca-certificates.crt\""),
        required: false,
        wanted: "a PEM file",
        about: "The certificates of those who are believed when they say who the portal is.",
        put: |s, v| v.path().map(|path| s.portal.2 = path),
    },
];

fn places(value: &Value<'_>, hours: bool) -> Option<Vec<Place>> {
    value.list().filter(|list: &Vec<Place>| list.iter().all(|place| place.has_hours() == hours))
}

/// The words of each entry of a list.
fn words<'a>(value: &Value<'a>) -> Option<Vec<Vec<&'a str>>> {
    let list = value.raw.as_array()?;
    list.iter().map(|one| Some(one.get_ref().as_str()?.split_whitespace().collect())).collect()
}

/// A secret's file: its first line. One of less than 16 characters is guessed from one packet.
fn secret(value: &Value<'_>, name: &str) -> Option<Vec<u8>> {
    let text = std::fs::read_to_string(value.folder.join(name)).ok()?;
    let secret = text.lines().next()?.trim();
    (secret.len() >= 16).then(|| secret.as_bytes().to_vec())
}

fn clients(value: &Value<'_>) -> Option<Vec<Client>> {
    let one = |words: &Vec<&str>| {
        let (network, rest) = words.split_first()?;
        let (file, rest) = rest.split_first()?;
        let (address, bits) = network.split_once('/').map_or((*network, None), |(a, b)| (a, Some(b)));
        let network: IpAddr = address.parse().ok()?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
        let secret = secret(value, file)?;
        let mut client = Client { network, bits, secret, strict_accounting: false, dynamic: None };
        for word in rest {
            match (*word, word.parse::<u16>()) {
                ("strict", _) => client.strict_accounting = true,
                (_, Ok(port)) if port != 0 => client.dynamic = Some(port),
                _ => return None,
            }
        }
        Some(client)
    };
    words(value)?.iter().map(one).collect()
}

fn outside(value: &Value<'_>) -> Option<Vec<Outside>> {
    let one = |words: &Vec<&str>| match words[..] {
        [address, file] => Some(Outside { address: address.parse().ok()?, secret: secret(value, file)? }),
        _ => None,
    };
    words(value)?.iter().map(one).collect()
}

fn blank() -> Bus {
    let empty = PathBuf::new;
    let gateway = Settings {
        key: empty(),
        passes: empty(),
        access: Vec::new(),
        accounting: Vec::new(),
        clients: Vec::new(),
        outside: Vec::new(),
        rules: Rules { session_s: 0, idle_s: 0, interim_s: 0, captive: None, outside: false },
        facts: (empty(), 0),
        portal: None,
        nmea_udp: Vec::new(),
        nmea_tcp: Vec::new(),
        gpsd: None,
        netjson: None,
        position_s: 0,
        page: None,
        schedule: Schedule::default(),
        zone: TimeZone::UTC,
        status: None,
    };
    Bus {
        gateway,
        dns: None,
        portal: (None, empty(), empty()),
        netjson: (None, empty()),
        page: (None, String::new()),
    }
}

/// What must be there for the sake of others, and why.
fn also(bus: &Bus, said: &dyn Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let needed = SETTINGS.iter().filter(|setting| !said(setting.name)).filter_map(|setting| {
        let why = match setting.name {
            "facts.token" if bus.portal.0.is_some() => "the portal asks for it",
            "telemetry.netjson_key" if bus.netjson.0.is_some() => "agents show it",
            "page.url" | "page.filter" if bus.page.0.is_some() => "the page needs it",
            "radius.clients" if !bus.gateway.access.is_empty() || !bus.gateway.accounting.is_empty() => {
                "nobody else is answered"
            }
            _ => return None,
        };
        Some((setting.name, format!("{}; {why}", setting.wanted)))
    });
    needed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const LEAST: &str =
        "[bus]\nkey = \"district.key\"\npasses = \"passes.csv\"\n[facts]\nfolder = \"facts\"\n";

    fn read(folder: &Path, text: &str) -> Result<Bus, Vec<(u64, String)>> {
        BUS.read("bus.toml", folder, text).map_err(|problems| {
            problems.kept().iter().map(|problem| (problem.line, problem.column.clone())).collect()
        })
    }

    fn names(faults: &[(u64, String)]) -> Vec<(u64, &str)> {
        faults.iter().map(|(line, name)| (*line, name.as_str())).collect()
    }

    #[test]
    fn defaults_are_what_the_page_says() {
        let (gateway, dns) = read(Path::new("/etc/evenfield"), LEAST).expect("the least").parts();
        assert_eq!(gateway.key, Path::new("/etc/evenfield/district.key"));
        assert_eq!(gateway.rules.session_s, 4 * 3_600);
        assert_eq!((gateway.facts.1, gateway.position_s), (256 << 20, 10));
        assert!(gateway.portal.is_none() && gateway.page.is_none() && dns.is_none());
        for setting in SETTINGS {
            let Some(default) = setting.default else { continue };
            let (table, key) = setting.name.split_once('.').expect("a table");
            let text = match table {
                "bus" => LEAST.replace("[bus]", &format!("[bus]\n{key} = {default}")),
                "facts" => format!("{LEAST}{key} = {default}\n"),
                _ => format!("{LEAST}[{table}]\n{key} = {default}\n"),
            };
            assert!(read(Path::new(""), &text).is_ok(), "{text}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("short"), "testing123\n").expect("written");
        std::fs::write(folder.path().join("long"), "a secret of many letters\n").expect("written");
        let text = "[bus]\nkey = \"k\"\nzone = \"Mars/Olympus\"\nstatus = \"192.0.2.1:9154\"\n[radius]\n\
            clients = [\"10.0.0.2 short\"]\noutside = [\"192.0.2.1 long\"]\n[page]\nlisten = \"10.0.0.1:80\"\n\
            [schedule]\ndepots = [\"36,-78 150 mon-fri 06:00-07:00\"]\nours = 1\n[facts]\nportal = \"http://gap.example.org\"\n\
            [dns]\n[dns.upstream]\ntimeout_ms = 1\n[dns.polisy]\n";
        let faults = read(folder.path(), text).err().expect("faults");
        let wanted = [
            (0, "bus.passes"),
            (0, "dns.policy.public_key"),
            (0, "dns.policy.snapshot"),
            (0, "dns.upstream.servers"),
            (0, "facts.folder"),
            (0, "page.filter"),
            (0, "page.url"),
            (3, "bus.zone"),
            (4, "bus.status"),
            (6, "radius.clients"),
            (7, "radius.outside"),
            (11, "schedule.depots"),
            (12, "schedule.ours"),
            (14, "facts.portal"),
            (17, "dns.upstream.timeout_ms"),
            (18, "dns.polisy"),
        ];
        assert_eq!(names(&faults), wanted);
        let text = format!("{LEAST}[radius]\naccess = [\"10.0.0.1:1812\"]\n");
        assert_eq!(names(&read(folder.path(), &text).err().expect("no clients")), [(0, "radius.clients")]);
        assert_eq!(
            names(&read(folder.path(), &format!("dns = 1\n{LEAST}")).err().expect("no table")),
            [(1, "dns")]
        );
    }

    #[test]
    fn clients_have_an_address_a_secret_and_what_holds_for_them() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("long"), "a secret of many letters\n").expect("written");
        let text =
            format!("{LEAST}[radius]\nclients = [\"10.0.0.2 long 3799\", \"10.1.0.0/16 long strict\"]\n");
        let (gateway, _) = read(folder.path(), &text).expect("clients").parts();
        let [one, other] = &gateway.clients[..] else { panic!("two clients") };
        assert_eq!((one.bits, one.dynamic, one.strict_accounting), (32, Some(3_799), false));
        assert_eq!((other.bits, other.dynamic, other.strict_accounting), (16, None, true));
    }

    #[test]
    fn the_resolver_stands_in_the_same_file() {
        let text = format!(
            "{LEAST}[dns.policy]\nsnapshot = \"policy\"\npublic_key = \"{}\"\n[dns.upstream]\nservers = [\"192.0.2.1\"]\n\
             [dns.listen]\nudp = [\"10.0.0.1:53\"]\n",
            "11".repeat(32)
        );
        let (_, dns) = read(Path::new("/etc"), &text).expect("both").parts();
        let dns = dns.expect("a resolver").dns;
        assert_eq!(dns.snapshot.0, Path::new("/etc/policy"));
        assert_eq!(dns.listen.udp, ["10.0.0.1:53".parse().expect("an address")]);
        assert_eq!(dns.stale_s, 86_400);
    }
}
