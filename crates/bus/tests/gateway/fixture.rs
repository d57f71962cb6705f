//! A bus at work in a folder of its own.

use crate::portal::Portal;
use evenfield_bus::gate::Rules;
use evenfield_bus::gateway::Settings;
use evenfield_bus::keyed::{Key, hex};
use evenfield_bus::passes::{HEADER, Limits, WrittenProof, row};
use evenfield_bus::radius::Client;
use evenfield_bus::schedule::Schedule;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SECRET: &str = "a secret of the access point";

/// The program. Killed when it goes.
pub struct Bus {
    folder: Option<tempfile::TempDir>,
    portal: SocketAddr,
    bound: HashMap<String, SocketAddr>,
    pub child: Child,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// By these the process is told what to serve.
pub const FOLDER: &str = "EVENFIELD_TEST_BUS_FOLDER";
pub const PORTAL: &str = "EVENFIELD_TEST_BUS_PORTAL";

/// A folder with all that a bus needs.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let limits = Limits { minutes: 90, mebibytes: 0, down_kbit: 4_000, up_kbit: 1_000 };
    let row = row(&Key::new([7; 32]), "nemo", &WrittenProof::Code("sesame"), [1; 8], limits);
    write("key", &hex(&[7; 32]));
    write("passes.csv", &format!("{HEADER}\n{row}\n"));
    write("token", "of this bus\n");
    write("agents", "agents\n");
    folder
}

/// What the gateway in this folder is told.
pub fn settings(folder: &Path, portal: &str) -> Settings {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let portal = format!("http://{portal}").parse().expect("a portal");
    Settings {
        key: folder.join("key"),
        passes: folder.join("passes.csv"),
        access: vec![any],
        accounting: vec![any],
        clients: vec![Client {
            network: any.ip(),
            bits: 32,
            secret: SECRET.as_bytes().to_vec(),
            strict_accounting: true,
            dynamic: None,
        }],
        outside: Vec::new(),
        rules: Rules {
            session_s: 3_600,
            idle_s: 600,
            interim_s: 60,
            captive: Some("captive".to_owned()),
            outside: false,
        },
        facts: (folder.join("facts"), 64 << 20),
        portal: Some((portal, folder.join("token"), folder.join("roots"))),
        nmea_udp: vec![any],
        nmea_tcp: Vec::new(),
        gpsd: None,
        netjson: Some((any, folder.join("agents"))),
        position_s: 10,
        page: Some((any, "http://wifi.example.org".to_owned())),
        schedule: Schedule::default(),
        zone: jiff::tz::TimeZone::UTC,
        status: Some(any),
    }
}

impl Bus {
    pub fn start(portal: &Portal) -> Self {
        Self::start_in(folder(), portal.address)
    }

    fn start_in(folder: tempfile::TempDir, portal: SocketAddr) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "a_gateway_starts_and_stops", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(PORTAL, portal.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut bound = HashMap::new();
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        for line in lines.map_while(Result::ok) {
            let Some((_, said)) = line.split_once("listening ") else { continue };
            let (name, address) = said.split_once(' ').expect("a name and an address");
            bound.insert(name.to_owned(), address.parse().expect("an address"));
            if name == "status" {
                break;
            }
        }
        Self { folder: Some(folder), portal, bound, child }
    }

    /// The same bus after its process ended.
    pub fn again(mut self) -> Self {
        self.child.wait().expect("its end");
        Self::start_in(self.folder.take().expect("its folder"), self.portal)
    }

    pub fn at(&self, name: &str) -> SocketAddr {
        self.bound[name]
    }

    pub fn radclient(&self, port: &str, what: &str, attributes: &str) -> (bool, String) {
        let server = self.at(port).to_string();
        run("radclient", &["-x", "-t", "3", "-r", "2", &server, what, SECRET], attributes)
    }

    /// Many requests, eight at a time, each tried once.
    pub fn radclient_quickly(&self, port: &str, what: &str, requests: &str) -> (bool, String) {
        let server = self.at(port).to_string();
        let arguments = ["-x", "-p", "8", "-t", "0.2", "-r", "1", &server, what, SECRET];
        run("radclient", &arguments, requests)
    }

    pub fn metric(&self, name: &str) -> u64 {
        metric(self.at("status"), name)
    }

    /// Until the portal hears nothing new for some seconds.
    pub fn until_idle(&self, portal: &Portal) {
        let (mut before, mut since) = (portal.seen().facts.len(), Instant::now());
        while since.elapsed() < Duration::from_secs(7) {
            std::thread::sleep(Duration::from_millis(200));
            let now = portal.seen().facts.len();
            if now != before {
                (before, since) = (now, Instant::now());
            }
        }
    }
}

/// A number that a gateway tells.
pub fn metric(status: SocketAddr, name: &str) -> u64 {
    let page = run("curl", &["-s", &format!("http://{status}/metrics")], "").1;
    let line = page.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    line.trim().parse().expect("a number")
}

/// Runs a command; whether it ended well and all that it said.
pub fn run(program: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child =
        child.unwrap_or_else(|error| panic!("{program}: {error}; `make packages-test` installs it"));
    let (mut stdin, input) = (child.stdin.take().expect("its input"), input.to_owned());
    // It may end before it has read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("its end");
    writer.join().expect("no panic");
    let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
    (output.status.success(), said)
}
