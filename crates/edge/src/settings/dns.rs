//! The settings of the resolver.

use super::{Definition, Setting};
use crate::usage;
use evenfield_dns::access::{Prefix, Prefixes};
use evenfield_dns::{Fetch, Listen, Settings, Upstreams, Validation};
use evenfield_policy::PublicKey;
use std::time::Duration;

/// A resolver, and what notes the use of digital resources by it.
pub struct Resolver {
    /// The resolver.
    pub dns: Settings,
    /// The use.
    pub usage: Option<usage::Settings>,
}

/// The definition.
pub const DNS: Definition<Resolver> = Definition { settings: SETTINGS, blank, also, inner: None };

const ADDRESSES: &str = "a list of addresses and ports, as `[\"192.0.2.1:53\", \"[::1]:53\"]`";
const PREFIXES: &str = "a list of addresses and prefixes, as `[\"10.0.0.0/8\", \"::1\"]`";

const SETTINGS: &[Setting<Resolver>] = &[
    Setting {
        name: "policy.snapshot",
        default: None,
        required: true,
        wanted: "a file",
        about: "The signed policy. When another file takes its place, that one is in force within a second or two; one that cannot be used is refused, and the log says why. Put a new one there by renaming it. Required.",
        put: |s, v| v.path().map(|path| s.dns.snapshot.0 = path),
    },
    Setting {
        name: "policy.public_key",
        default: None,
        required: true,
        wanted: "64 hexadecimal digits",
        about: "The Ed25519 key that must have signed the policy. Required.",
        put: |s, v| v.text().and_then(PublicKey::from_hex).map(|key| s.dns.snapshot.1 = key),
    },
    Setting {
        name: "policy.portal",
        default: None,
        required: false,
        wanted: "an address as `https://gap.example.org`, or `http://127.0.0.1:8080` on this machine",
        about: "The portal that publishes the policy. It is asked for a newer one over and over; one that is signed by the key and not older takes its place. The portal's certificate must come from one of `upstream.roots`. Needs `policy.token`.",
        put: |s, v| v.parsed().map(|portal| s.dns.fetch.portal = Some(portal)),
    },
    Setting {
        name: "policy.token",
        default: None,
        required: false,
        wanted: "a file",
        about: "A file whose only line is this edge's token, as the portal showed it once.",
        put: |s, v| v.path().map(|path| s.dns.fetch.token = path),
    },
    Setting {
        name: "policy.every_seconds",
        default: Some("20"),
        required: false,
        wanted: "1 to 3600",
        about: "How often the portal is asked: at the latest after so long.",
        put: |s, v| v.whole(1, 3_600).map(|n| s.dns.fetch.every = Duration::from_secs(n.into())),
    },
    Setting {
        name: "listen.udp",
        default: Some("[\"127.0.0.1:53\"]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where datagrams come in. On a machine with several addresses name each: an answer leaves from the address that was asked.",
        put: |s, v| v.list().map(|list| s.dns.listen.udp = list),
    },
    Setting {
        name: "listen.tcp",
        default: Some("[\"127.0.0.1:53\"]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where DNS over TCP comes in.",
        put: |s, v| v.list().map(|list| s.dns.listen.tcp = list),
    },
    Setting {
        name: "listen.tls",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where DNS over TLS comes in, as `[\"0.0.0.0:853\"]`. Needs `tls.certificate` and `tls.key`, as the next two do.",
        put: |s, v| v.list().map(|list| s.dns.listen.tls = list),
    },
    Setting {
        name: "listen.https",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where DNS over HTTPS (HTTP/2) comes in, as `[\"0.0.0.0:443\"]`.",
        put: |s, v| v.list().map(|list| s.dns.listen.https = list),
    },
    Setting {
        name: "listen.quic",
        default: Some("[]"),
        required: false,
        wanted: ADDRESSES,
        about: "Where DNS over QUIC comes in, as `[\"0.0.0.0:853\"]`.",
        put: |s, v| v.list().map(|list| s.dns.listen.quic = list),
    },
    Setting::status("listen.status", "\"127.0.0.1:9153\"", |s, v| {
        v.loopback().map(|address| s.dns.listen.status = Some(address))
    }),
    Setting::certificate(|s, v| v.path().map(|path| s.dns.tls.get_or_insert_default().certificate = path)),
    Setting::key(|s, v| v.path().map(|path| s.dns.tls.get_or_insert_default().key = path)),
    Setting {
        name: "tls.domain",
        default: None,
        required: false,
        wanted: "a host name",
        about: "A device that asks by TLS or QUIC for the server name `TOKEN.` and this domain is the one whose token that is. The certificate must be for `*.` and the domain.",
        put: |s, v| {
            let domain = v.text()?.trim_end_matches('.').to_ascii_lowercase();
            s.dns.tls.get_or_insert_default().domain = Some(domain);
            Some(())
        },
    },
    Setting {
        name: "https.path",
        default: Some("\"/dns-query\""),
        required: false,
        wanted: "a path that begins with `/` and does not end with it",
        about: "The path of DNS over HTTPS. `TOKEN` after another `/` is a device's token.",
        put: |s, v| {
            let path = v.text().filter(|path| path.starts_with('/') && !path.ends_with('/'))?;
            s.dns.https_path = path.to_owned();
            Some(())
        },
    },
    Setting {
        name: "clients.allow",
        default: Some(
            "[\"127.0.0.0/8\", \"::1\", \"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"100.64.0.0/10\", \"fc00::/7\", \"fe80::/10\"]",
        ),
        required: false,
        wanted: PREFIXES,
        about: "Who may ask. Everybody else is refused, but for devices that show a token which the policy knows.",
        put: |s, v| v.list::<Prefix>().map(|list| s.dns.clients = Prefixes(list)),
    },
    Setting {
        name: "clients.per_second",
        default: Some("2000"),
        required: false,
        wanted: "0 to 1000000",
        about: "Queries a second from one address (of IPv6, from one /56), counted on each core; five times as many may be saved up. Above it the client is told to come by TCP, above twice as many it is not answered. 0 for no limit: a whole school may share one address.",
        put: |s, v| v.whole(0, 1_000_000).map(|n| s.dns.per_second = n),
    },
    Setting {
        name: "clients.connections",
        default: Some("256"),
        required: false,
        wanted: "1 to 1000000",
        about: "Open connections from one address (of IPv6, from one /56). A device whose token the policy knows does not count here: it may have 16, wherever it is.",
        put: |s, v| v.whole(1, 1_000_000).map(|n| s.dns.connections.0 = n as usize),
    },
    Setting {
        name: "clients.connections_in_all",
        default: Some("20000"),
        required: false,
        wanted: "1 to 10000000",
        about: "Open connections from all addresses; fewer where the system's limit of open files (the hard one) has no room for them.",
        put: |s, v| v.whole(1, 10_000_000).map(|n| s.dns.connections.1 = n as usize),
    },
    Setting {
        name: "clients.gateways",
        default: Some("[]"),
        required: false,
        wanted: PREFIXES,
        about: "Gateways whose word is taken for the device for which they ask. They must be among those who may ask.",
        put: |s, v| v.list::<Prefix>().map(|list| s.dns.gateways = Prefixes(list)),
    },
    Setting {
        name: "clients.device_option",
        default: Some("65001"),
        required: false,
        wanted: "65001 to 65534",
        about: "The EDNS option, of those for local use, in which a gateway says it: the first 16 octets of the SHA-256 of the device's token.",
        put: |s, v| v.whole(65_001, 65_534).map(|n| s.dns.device_option = n as u16),
    },
    Setting {
        name: "block.page_v4",
        default: None,
        required: false,
        wanted: "an IPv4 address",
        about: "Where the page is that says why a name is blocked. Without a page such names are answered NXDOMAIN.",
        put: |s, v| v.parsed().map(|address| s.dns.page.0 = Some(address)),
    },
    Setting {
        name: "block.page_v6",
        default: None,
        required: false,
        wanted: "an IPv6 address",
        about: "The same by IPv6.",
        put: |s, v| v.parsed().map(|address| s.dns.page.1 = Some(address)),
    },
    Setting {
        name: "block.ttl",
        default: Some("60"),
        required: false,
        wanted: "0 to 3600",
        about: "For how many seconds a client may keep a blocked answer. Less when the schedule changes sooner.",
        put: |s, v| v.whole(0, 3_600).map(|n| s.dns.block_ttl = n),
    },
    Setting {
        name: "upstream.servers",
        default: None,
        required: true,
        wanted: "a list of servers, as `[\"192.0.2.1:53\"]`, `[\"tls://192.0.2.1#dns.example\"]`, `[\"https://192.0.2.1/dns-query#dns.example\"]` or `[\"quic://192.0.2.1#dns.example\"]`",
        about: "Resolvers that are asked for what is not kept: the first that answers, in this order. Their address is given, so no name has to be looked up first; after `#` stands the name that the certificate must be for, else it must be for the address. They should validate DNSSEC. Required.",
        put: |s, v| v.list().filter(|list| !list.is_empty()).map(|list| s.dns.upstream.servers = list),
    },
    Setting {
        name: "upstream.roots",
        default: Some("\"/etc/ssl/certs/ca-certificates.crt\""),
        required: false,
        wanted: "a PEM file",
        about: "The certificates of those who are believed when they say who an encrypted server, or the portal, is. Read at the start, and only when there is such a server.",
        put: |s, v| v.path().map(|path| s.dns.upstream.roots = path),
    },
    Setting {
        name: "upstream.dnssec",
        default: Some("\"pass\""),
        required: false,
        wanted: "`\"pass\"` or `\"validate\"`",
        about: "Whether the signatures of DNSSEC are checked here or what the servers say of them is passed on. With `validate` an answer that is not as it was signed is SERVFAIL with extended error 6; the servers must send signatures.",
        put: |s, v| {
            let anchors = match &s.dns.upstream.validation {
                Validation::Validate { anchors } => anchors.clone(),
                Validation::Pass => None,
            };
            s.dns.upstream.validation = match v.text()? {
                "pass" => Validation::Pass,
                "validate" => Validation::Validate { anchors },
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        name: "upstream.anchors",
        default: None,
        required: false,
        wanted: "a file of DS or DNSKEY records",
        about: "The keys that are believed when signatures are checked, as in a zone file; without it those of the root. Needs `upstream.dnssec` before it.",
        put: |s, v| match &mut s.dns.upstream.validation {
            Validation::Validate { anchors } => v.path().map(|path| *anchors = Some(path)),
            Validation::Pass => None,
        },
    },
    Setting {
        name: "upstream.timeout_ms",
        default: Some("1000"),
        required: false,
        wanted: "50 to 10000",
        about: "How long one of them may take; twice as long when all are asked again.",
        put: |s, v| v.whole(50, 10_000).map(|n| s.dns.upstream.timeout = Duration::from_millis(n.into())),
    },
    Setting {
        name: "cache.mebibytes",
        default: Some("32"),
        required: false,
        wanted: "1 to 65536",
        about: "Answers kept by each core, and once more for all transports but UDP together.",
        put: |s, v| v.whole(1, 65_536).map(|n| s.dns.cache_octets = (n as usize) << 20),
    },
    Setting {
        name: "cache.stale_hours",
        default: Some("24"),
        required: false,
        wanted: "0 to 168",
        about: "For so long after its time an answer is sent when no upstream server answers, RFC 8767.",
        put: |s, v| v.whole(0, 168).map(|n| s.dns.stale_s = n * 3_600),
    },
    Setting {
        name: "events.folder",
        default: None,
        required: false,
        wanted: "a folder",
        about: "Where facts are recorded: who by number, policy, verdict, reason; never a name or an address. Nothing is recorded without it.",
        put: |s, v| {
            let folder = v.path()?;
            let octets = s.dns.events.as_ref().map_or(DEFAULT_EVENTS, |(_, octets)| *octets);
            s.dns.events = Some((folder, octets));
            Some(())
        },
    },
    Setting {
        name: "events.mebibytes",
        default: Some("256"),
        required: false,
        wanted: "1 to 1048576",
        about: "How much disk they may take. Then the oldest go, and are counted. Needs the folder before it.",
        put: |s, v| {
            let octets = u64::from(v.whole(1, 1 << 20)?) << 20;
            s.dns.events.as_mut().map(|events| events.1 = octets)
        },
    },
    Setting {
        name: "threads.udp",
        default: None,
        required: false,
        wanted: "1 to 1024",
        about: "Threads for each address for datagrams; one a core when it is left out.",
        put: |s, v| v.whole(1, 1_024).map(|n| s.dns.workers = n as usize),
    },
    Setting {
        name: "usage.folder",
        default: None,
        required: false,
        wanted: "a folder",
        about: "The store for facts of the use of digital resources, as docs/usage.md says: the minute, a pseudonym, the resource; never a name. Nothing is noted without it. Needs `usage.spool`, `usage.source` and `usage.keys`.",
        put: |s, v| v.path().map(|folder| s.usage = Some(usage::Settings::new(folder))),
    },
    Setting {
        name: "usage.spool",
        default: None,
        required: false,
        wanted: "a folder",
        about: "Where sealed segments wait on this machine's own disk until the store has them.",
        put: |s, v| s.usage.as_mut().and_then(|usage| v.path().map(|path| usage.spool = path)),
    },
    Setting {
        name: "usage.source",
        default: None,
        required: false,
        wanted: "small letters, digits and `-`, at most 40",
        about: "The name of this edge in the store. No other edge has it.",
        put: |s, v| {
            let word = v.text().filter(|word| usage::is_source(word))?;
            s.usage.as_mut().map(|usage| usage.source = word.to_owned())
        },
    },
    Setting {
        name: "usage.keys",
        default: None,
        required: false,
        wanted: "a file",
        about: "The keys of the terms, by which devices become pseudonyms. A new file is taken before the next segment; between terms nobody is known.",
        put: |s, v| s.usage.as_mut().and_then(|usage| v.path().map(|path| usage.keys = path)),
    },
    Setting {
        name: "usage.place",
        default: Some("\"unknown\""),
        required: false,
        wanted: "`\"school\"`, `\"bus\"`, `\"hotspot\"`, `\"home\"`, `\"partner\"` or `\"unknown\"`",
        about: "The kind of place where those are who ask this edge. Needs the folder, as the next two do.",
        put: |s, v| {
            let place = v.text().and_then(usage::place)?;
            s.usage.as_mut().map(|usage| usage.place = place)
        },
    },
    Setting {
        name: "usage.overlay",
        default: None,
        required: false,
        wanted: "a file",
        about: "The district's rows over the catalogue. Read at the start.",
        put: |s, v| s.usage.as_mut().and_then(|usage| v.path().map(|path| usage.overlay = Some(path))),
    },
    Setting {
        name: "usage.mebibytes",
        default: Some("256"),
        required: false,
        wanted: "1 to 1048576",
        about: "How much disk segments that wait for the store may take. Then facts stay in memory, 2,097,152 at most; further ones are lost, and the log says how many.",
        put: |s, v| {
            let octets = u64::from(v.whole(1, 1 << 20)?) << 20;
            s.usage.as_mut().map(|usage| usage.octets = octets)
        },
    },
    Setting {
        name: "usage.seal_seconds",
        default: Some("600"),
        required: false,
        wanted: "1 to 3600",
        about: "How often facts are sealed. What is not sealed yet is lost when the process is killed.",
        put: |s, v| {
            let every = Duration::from_secs(v.whole(1, 3_600)?.into());
            s.usage.as_mut().map(|usage| usage.every = every)
        },
    },
];

const DEFAULT_EVENTS: u64 = 256 << 20;

fn blank() -> Resolver {
    let dns = Settings {
        snapshot: (std::path::PathBuf::new(), PublicKey([0; 32])),
        fetch: Fetch::default(),
        listen: Listen::default(),
        workers: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        clients: Prefixes::default(),
        per_second: 0,
        connections: (0, 0),
        gateways: Prefixes::default(),
        device_option: 0,
        page: (None, None),
        block_ttl: 0,
        upstream: Upstreams::default(),
        cache_octets: 0,
        stale_s: 0,
        events: None,
        tls: None,
        https_path: String::new(),
    };
    Resolver { dns, usage: None }
}

fn also(settings: &Resolver, said: &dyn Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let dangerous = dangerous(&settings.dns).map(|(name, wanted)| (name, wanted.to_owned()));
    needed(settings).filter(|(name, _)| !said(name)).chain(dangerous).collect()
}

/// What would make an open resolver of the edge, or a word of a gateway worth nothing.
fn dangerous(settings: &Settings) -> impl Iterator<Item = (&'static str, &'static str)> {
    let allow = &settings.clients.0;
    let open = allow.iter().any(Prefix::is_everybody);
    let strange =
        settings.gateways.0.iter().any(|gateway| !allow.iter().any(|allow| gateway.is_within(allow)));
    let open = open.then_some((
        "clients.allow",
        "addresses of the district: a resolver that is open to everybody is used against others; devices with a token may ask \
         from anywhere",
    ));
    let strange = strange.then_some(("clients.gateways", "gateways that are among `clients.allow`"));
    open.into_iter().chain(strange)
}

/// What must be there for the sake of others, and why.
fn needed(Resolver { dns: settings, usage }: &Resolver) -> impl Iterator<Item = (&'static str, String)> {
    let (listen, usage) = (&settings.listen, usage.is_some());
    let encrypted = [&listen.tls, &listen.https, &listen.quic].iter().any(|list| !list.is_empty());
    let tls = encrypted || settings.tls.is_some();
    let portal = settings.fetch.portal.is_some();
    SETTINGS.iter().filter_map(move |setting| {
        let why = match setting.name {
            "policy.token" if portal => "the portal asks for it",
            "tls.certificate" | "tls.key" if tls => "encrypted transports need it",
            "usage.spool" | "usage.source" | "usage.keys" if usage => "facts of use need it",
            _ => return None,
        };
        Some((setting.name, format!("{}; {why}", setting.wanted)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_model::Problems;
    use std::path::Path;

    fn read(file: &str, folder: &Path, text: &str) -> Result<Settings, Problems> {
        DNS.read(file, folder, text).map(|resolver| resolver.dns)
    }

    const LEAST: &str = "[policy]\nsnapshot = \"policy.snapshot\"\npublic_key = \
        \"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c\"\n[upstream]\nservers = [\"192.0.2.1:53\"]\n";

    #[test]
    fn defaults_are_what_the_page_says() {
        let settings = read("edge.toml", Path::new("/etc/evenfield"), LEAST).expect("the least");
        assert_eq!(settings.snapshot.0, Path::new("/etc/evenfield/policy.snapshot"));
        assert_eq!(settings.listen.udp, ["127.0.0.1:53".parse().expect("an address")]);
        assert_eq!((settings.per_second, settings.block_ttl, settings.stale_s), (2_000, 60, 86_400));
        let local: Vec<Prefix> = Prefixes::LOCAL.iter().map(|p| p.parse().expect(p)).collect();
        assert_eq!(settings.clients.0, local);
        assert_eq!(settings.events, None);
        // What the page gives as a default can be written into the file.
        for setting in
            SETTINGS.iter().filter(|s| s.name != "events.mebibytes" && !s.name.starts_with("usage."))
        {
            let Some(default) = setting.default else { continue };
            let (table, key) = setting.name.split_once('.').expect("a table");
            let text = match table {
                "policy" => LEAST.replace("[policy]", &format!("[policy]\n{key} = {default}")),
                "upstream" => format!("{LEAST}{key} = {default}\n"),
                _ => format!("{LEAST}[{table}]\n{key} = {default}\n"),
            };
            assert!(read("edge.toml", Path::new(""), &text).is_ok(), "{text}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_lines() {
        let text = "[policy]\nsnapshot = 7\n[listen]\nudp = [\"127.0.0.1\"]\nstatus = \"192.0.2.1:9153\"\n[clients]\nallow = \
            [\"10.0.0.1/8\"]\nper_sec = 5\n[blok]\nttl = 1\n[events]\nmebibytes = 5\n";
        let problems = read("edge.toml", Path::new(""), text).expect_err("faults");
        let found: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
        let wanted = [
            (0, "policy.public_key"),
            (0, "upstream.servers"),
            (2, "policy.snapshot"),
            (4, "listen.udp"),
            (5, "listen.status"),
            (7, "clients.allow"),
            (8, "clients.per_sec"),
            (9, "blok"),
            (12, "events.mebibytes"),
        ];
        assert_eq!(found, wanted);
        assert_eq!(problems.kept()[2].said, "7");
        let text = format!("{LEAST}[listen]\ntls = [\"[::1]:853\"]\n[tls]\nkey = \"key.pem\"\n");
        let problems = read("edge.toml", Path::new(""), &text).expect_err("no certificate");
        let found: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
        assert_eq!(found, [(0, "tls.certificate")]);
        let text = LEAST.replace("[policy]", "[policy]\nportal = \"http://gap.example.org\"");
        let problems = read("edge.toml", Path::new(""), &text).expect_err("not in the clear");
        assert_eq!(problems.kept()[0].column, "policy.portal");
        let text = LEAST.replace("[policy]", "[policy]\nportal = \"https://gap.example.org\"");
        let problems = read("edge.toml", Path::new(""), &text).expect_err("no token");
        assert_eq!(problems.kept()[0].column, "policy.token");
        let text = format!("{LEAST}[clients]\nallow = [\"0.0.0.0/0\"]\ngateways = [\"2001:db8::1\"]\n");
        let problems = read("edge.toml", Path::new(""), &text).expect_err("open to everybody");
        let found: Vec<_> = problems.kept().iter().map(|p| p.column.as_str()).collect();
        assert_eq!(found, ["clients.allow", "clients.gateways"]);
        let problems = read("edge.toml", Path::new(""), "[policy\n").expect_err("no TOML");
        assert_eq!(problems.kept()[0].line, 1);
    }

    #[test]
    fn use_is_noted_where_there_is_a_folder_for_it() {
        let whole = |text: &str| DNS.read("edge.toml", Path::new("/srv"), &format!("{LEAST}[usage]\n{text}"));
        let usage = |text: &str| whole(text).map(|resolver| resolver.usage.expect("a folder"));
        let rest = "spool = \"spool\"\nsource = \"bus-7\"\nkeys = \"keys.csv\"\n";
        let least = usage(&format!("folder = \"store\"\n{rest}")).expect("the least");
        assert_eq!((&least.folder, &least.spool), (&"/srv/store".into(), &"/srv/spool".into()));
        // The defaults are what the page says.
        let said =
            format!("folder = \"store\"\n{rest}place = \"unknown\"\nmebibytes = 256\nseal_seconds = 600\n");
        assert_eq!(usage(&said).expect("the defaults"), least);
        let faults = |text: &str| -> Vec<String> {
            let faults = whole(text).map(drop).expect_err("faults");
            faults.kept().iter().map(|p| p.column.clone()).collect()
        };
        assert_eq!(faults("folder = \"store\"\n"), ["usage.keys", "usage.source", "usage.spool"]);
        assert_eq!(faults("place = \"bus\"\n"), ["usage.place"]);
        let wrong = rest.replace("bus-7", "Bus 7");
        assert_eq!(
            faults(&format!("folder = \"store\"\nplace = \"moon\"\n{wrong}")),
            ["usage.place", "usage.source"]
        );
    }
}
