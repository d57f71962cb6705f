//! `evenfield-edge bus` as a whole: the program itself, asked by `radclient`, `curl` and `dig`, before a portal of ours.

mod fixture;
mod portal;

use evenfield_bus::facts::{Fact, Source, Total};
use fixture::{Bus, run};
use portal::Portal;

fn stop(session: &str, seconds: u32, up: u64, down: u64) -> String {
    report("Stop", session, seconds, up, down)
}

fn report(status: &str, session: &str, seconds: u32, up: u64, down: u64) -> String {
    format!(
        "Acct-Status-Type = {status}, Acct-Session-Id = {session}, User-Name = nemo, NAS-Identifier = bus-7, \
         Calling-Station-Id = 02-00-00-00-00-0B, Framed-IP-Address = 127.0.0.1, Class = 0x010101010101010101, \
         Acct-Session-Time = {seconds}, Acct-Input-Octets = {}, Acct-Input-Gigawords = {}, Acct-Output-Octets = {}, \
         Acct-Output-Gigawords = {}, Message-Authenticator = 0x00",
        up & 0xFFFF_FFFF,
        up >> 32,
        down & 0xFFFF_FFFF,
        down >> 32
    )
}

/// An answer of the resolver that runs beside the gateway.
fn dig(bus: &Bus, name: &str) -> String {
    let port = bus.at("dns-udp").port().to_string();
    run("dig", &["@127.0.0.1", "-p", &port, "+tries=1", "+time=5", name], "").1
}

#[test]
fn a_ride_comes_to_the_portal_without_a_name() {
    let portal = Portal::start();
    let bus = Bus::start(&portal);
    let (well, said) = bus.radclient(
        "access",
        "auth",
        "User-Name = nemo, User-Password = sesame, Message-Authenticator = 0x00",
    );
    assert!(well && said.contains("Received Access-Accept") && said.contains("Class = 0x01"), "{said}");
    let (up, down) = (5 << 32 | 17, 9 << 32 | 1);
    for (status, seconds, up, down) in
        [("Start", 0, 0, 0), ("Interim-Update", 300, 7, 9), ("Stop", 900, up, down)]
    {
        let (well, said) = bus.radclient("accounting", "acct", &report(status, "51", seconds, up, down));
        assert!(well && said.contains("Received Accounting-Response"), "{said}");
    }
    // The receiver is in the year 2027; the machine's clock is not.
    let body = "GPRMC,123519.00,A,3606.000,N,07812.000,W,020.0,084.4,150127,,,A";
    let sum = body.bytes().fold(0, |sum, octet| sum ^ octet);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.send_to(format!("${body}*{sum:02X}\r\n").as_bytes(), bus.at("nmea-udp")).expect("sent");
    let netjson = "{\"type\":\"DeviceMonitoring\",\"interfaces\":[{\"name\":\"wwan0\",\"mobile\":{\"imei\":\"1234567\",\
        \"signal\":{\"lte\":{\"rsrp\":-101}}}}]}";
    let url = format!("http://{}/api/v1/monitoring/device/7/?key=", bus.at("netjson"));
    let post = |key: &str| {
        run(
            "curl",
            &["-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", netjson, &format!("{url}{key}")],
            "",
        )
    };
    assert_eq!(post("wrong").1, "403");
    assert_eq!(post("agents").1, "200");
    portal.until("everything", |seen| {
        let has = |wanted: fn(&Fact) -> bool| seen.facts.iter().any(wanted);
        has(|fact| matches!(fact, Fact::Position(_)))
            && has(|fact| matches!(fact, Fact::Link(_)))
            && has(|fact| matches!(fact, Fact::Session(session) if session.seconds == 900))
            && has(|fact| matches!(fact, Fact::Wifi { open: true }))
    });
    let seen = portal.seen();
    assert_eq!(seen.totals.values().copied().collect::<Vec<_>>(), [Total { seconds: 900, up, down }]);
    assert_eq!(seen.lost, 0);
    let gps = seen.facts.iter().find_map(|fact| match fact {
        Fact::Clock { epoch_ms, source: Source::Gps } => Some(*epoch_ms),
        _ => None,
    });
    // 2027-01-15 12:35:19, less how long the program had been up.
    let at_ms = 1_800_016_519_000;
    assert!(gps.is_some_and(|epoch_ms| (at_ms - 120_000..=at_ms).contains(&epoch_ms)), "{gps:?}");
    let sent = String::from_utf8_lossy(&seen.octets).into_owned();
    for name in ["nemo", "02-00-00", "02:00:00", "bus-7", "127.0.0.1", "1234567", "sesame"] {
        assert!(!sent.contains(name), "{name} is in what was sent");
    }
    assert_eq!(bus.metric("evenfield_bus_access_total{what=\"accepted\"}"), 1);
}

#[test]
fn a_bus_that_is_killed_loses_nothing_that_it_answered_and_doubles_nothing() {
    let portal = Portal::start();
    portal.away(true);
    let (mut bus, mut answered) = (Bus::start(&portal), 0_u64);
    for round in 0..3_u64 {
        // Killed in the middle of them: as soon as so many are kept.
        let (id, status) = (bus.child.id().to_string(), bus.at("status"));
        let kill = std::thread::spawn(move || {
            while fixture::metric(status, "evenfield_bus_requests_total{what=\"kept\"}") < 30 * (round + 1) {}
            run("kill", &["-9", &id], "").0
        });
        // A machine that is slow answers few of them in time: then there are more.
        let mut numbers = 0_u32..;
        while !kill.is_finished() {
            let some = numbers.by_ref().take(100).map(|n| stop(&format!("{round}-{n}"), 60, 1 << 32, 2));
            let text: Vec<String> = some.collect();
            let (_, said) = bus.radclient_quickly("accounting", "acct", &text.join("\n\n"));
            answered += said.matches("Received Accounting-Response").count() as u64;
        }
        assert!(kill.join().expect("no panic"));
        bus = bus.again();
    }
    portal.away(false);
    portal.until("all that was answered", |seen| seen.totals.len() as u64 >= answered);
    bus.until_idle(&portal);
    let seen = portal.seen();
    // What was kept, and whose answer was cut off, may be there too: one a round and those that waited with it.
    assert!(seen.totals.len() as u64 >= answered && seen.totals.len() >= 30 + 60 + 90);
    assert!(seen.totals.values().all(|total| *total == Total { seconds: 60, up: 1 << 32, down: 2 }));
    let sessions = seen.facts.iter().filter(|fact| matches!(fact, Fact::Session(_))).count();
    assert_eq!(sessions, seen.totals.len(), "each came once");
    assert_eq!(seen.facts.iter().filter(|fact| matches!(fact, Fact::Started { .. })).count(), 4);
}

#[test]
fn one_login_lets_a_phone_onto_two_buses() {
    let portal = Portal::start();
    let phone = "User-Name = 02-00-00-00-00-0B, User-Password = 02-00-00-00-00-0B, \
        Calling-Station-Id = 02-00-00-00-00-0B, Message-Authenticator = 0x00";
    let jar = tempfile::NamedTempFile::new().expect("a file");
    let jar = jar.path().display().to_string();
    for first in [true, false] {
        let bus = Bus::start(&portal);
        let (_, said) = bus.radclient("access", "auth", phone);
        assert!(said.contains("Filter-Id = \"captive\""), "{said}");
        // Each bus has access points of its own.
        let of_bus = |report: String| report.replace("bus-7", if first { "bus-7" } else { "bus-8" });
        let start = of_bus(report("Start", "1", 0, 0, 0)).replace("Class = 0x010101010101010101, ", "");
        assert!(bus.radclient("accounting", "acct", &start).0);
        let page = format!("http://{}", bus.at("page"));
        let curl = |more: &[&str], path: &str| {
            let url = format!("{page}{path}");
            let arguments = [&["-s", "-b", &jar, "-c", &jar], more, &[&url]].concat();
            run("curl", &arguments, "").1
        };
        assert!(curl(&[], "/captive").contains("\"captive\":true"));
        let probe = curl(&["-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"], "/generate_204");
        assert_eq!(probe, "302 http://wifi.example.org/");
        if first {
            assert!(curl(&["-H", "Accept-Language: es"], "/").contains("Código de acceso"));
            assert!(curl(&["-d", "login=nemo&code=wrong"], "/login").contains("not right"));
            assert!(curl(&["-d", "login=nemo&code=sesame"], "/login").contains("You are online"));
        } else {
            // The ticket of the other bus is enough.
            assert!(curl(&[], "/").contains("You are online"));
        }
        let (_, said) = bus.radclient("access", "auth", phone);
        assert!(!said.contains("Filter-Id") && said.contains("Class = 0x01"), "{said}");
        let again = of_bus(report("Start", "2", 0, 0, 0));
        assert!(bus.radclient("accounting", "acct", &of_bus(stop("1", 5, 0, 0))).0);
        assert!(bus.radclient("accounting", "acct", &again).0);
        assert!(curl(&[], "/captive").contains("\"captive\":false"));
        // What is blocked is blocked on every bus, by the same process.
        assert!(dig(&bus, "www.games.example").contains("status: NXDOMAIN"));
        let sessions = if first { 2 } else { 4 };
        portal.until("the phone's sessions", |seen| seen.totals.len() == sessions);
    }
    let seen = portal.seen();
    let ended = seen.totals.values().filter(|total| total.seconds == 5).count();
    assert_eq!(ended, 2, "the one before the login, on each bus");
}

#[test]
fn told_to_stop_it_ends_well_and_what_it_answered_is_there_afterwards() {
    let portal = Portal::start();
    portal.away(true);
    let mut bus = Bus::start(&portal);
    assert!(bus.radclient("accounting", "acct", &stop("1", 60, 3, 4)).0);
    assert!(run("kill", &[&bus.child.id().to_string()], "").0);
    assert!(bus.child.wait().expect("its end").success());
    portal.away(false);
    let _bus = bus.again();
    portal.until("what was answered before", |seen| !seen.totals.is_empty());
    let totals: Vec<_> = portal.seen().totals.into_values().collect();
    assert_eq!(totals, [Total { seconds: 60, up: 3, down: 4 }]);
}

#[test]
fn settings_are_checked_before_anything_starts() {
    let portal = Portal::start();
    let folder = fixture::folder(&portal);
    let config = folder.path().join("bus.toml").display().to_string();
    let check = || run(fixture::PROGRAM, &["bus", "--check", "--config", &config], "");
    let (well, said) = check();
    assert!(well && said.contains("the settings can be used"), "{said}");
    std::fs::write(folder.path().join("passes.csv"), "who\n").expect("written");
    std::fs::write(folder.path().join("policy"), "no policy").expect("written");
    let (well, said) = check();
    assert!(!well && said.contains("passes.csv:1: said `who`: wanted the columns"), "{said}");
    assert!(said.contains("the policy snapshot"), "{said}");
    let (well, said) = run(fixture::PROGRAM, &["bus", "--config", &config], "");
    assert!(!well && said.contains("the policy snapshot"), "{said}");
}

#[test]
fn a_row_of_a_pass_is_printed_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key").display().to_string();
    std::fs::write(&key, "07".repeat(32)).expect("written");
    let pass = |login: &str, more: &[&str], code: &str| {
        let arguments = ["pass", "--key", &key, "--rider", "0101010101010101", "--login", login];
        run(fixture::PROGRAM, &[&arguments, more].concat(), code)
    };
    let (well, row) = pass("02-00-00-00-00-0C", &["--device", "--minutes", "5"], "");
    assert!(well && row.ends_with(",device,0101010101010101,5,0,0,0\n"), "{row}");
    let (well, row) = pass("nemo", &["--plain"], "sesame\n");
    assert!(well && row.ends_with(",plain:sesame,0101010101010101,0,0,0,0\n"), "{row}");
    for (login, more, code, why) in [
        ("nemo", &[][..], "\n", "wanted the code"),
        ("nemo", &["--plain"], "a,b\n", "no comma"),
        ("nemo", &["--device", "--plain"], "", "cannot be used with"),
    ] {
        let (well, said) = pass(login, more, code);
        assert!(!well && said.contains(why), "{said}");
    }
}
