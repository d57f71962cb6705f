//! A bus at work in a folder of its own.

use crate::portal::Portal;
use evenfield_policy::{Builder, Cover, NameBuf, Regime, SecretKey};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_evenfield-edge");
const SECRET: &str = "a secret of the access point";

/// The program. Killed when it goes.
pub struct Bus {
    folder: Option<tempfile::TempDir>,
    bound: HashMap<String, SocketAddr>,
    pub child: Child,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with all that a bus needs.
pub fn folder(portal: &Portal) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, octets: &[u8]| std::fs::write(path(name), octets).expect("written");
    write("key", "07".repeat(32).as_bytes());
    let arguments =
        ["pass", "--header", "--key", &path("key"), "--login", "nemo", "--rider", &"01".repeat(8)];
    let limits = ["--minutes", "90", "--down-kbit", "4000", "--up-kbit", "1000"];
    let (well, passes) = run(PROGRAM, &[&arguments[..], &limits].concat(), "sesame\n");
    assert!(well && passes.lines().count() == 2 && !passes.contains("nemo"), "{passes}");
    write("passes.csv", passes.as_bytes());
    write("secret", SECRET.as_bytes());
    write("token", b"of this bus\n");
    write("agents", b"agents\n");
    let signer = SecretKey::from_seed(&[7; 32]);
    write("policy", &policy(&signer));
    let settings = format!(
        "[bus]\nkey = \"key\"\npasses = \"passes.csv\"\nstatus = \"127.0.0.1:0\"\n\
         [radius]\naccess = [\"127.0.0.1:0\"]\naccounting = [\"127.0.0.1:0\"]\nclients = [\"127.0.0.1 secret strict\"]\n\
         [page]\nlisten = \"127.0.0.1:0\"\nurl = \"http://wifi.example.org\"\nfilter = \"captive\"\n\
         [telemetry]\nnmea_udp = [\"127.0.0.1:0\"]\nnetjson = \"127.0.0.1:0\"\nnetjson_key = \"agents\"\n\
         [facts]\nfolder = \"facts\"\nportal = \"http://{}\"\ntoken = \"token\"\n\
         [dns.policy]\nsnapshot = \"policy\"\npublic_key = \"{}\"\n[dns.upstream]\nservers = [\"127.0.0.1:9\"]\n\
         [dns.listen]\nudp = [\"127.0.0.1:0\"]\ntcp = []\nstatus = \"127.0.0.1:0\"\n",
        portal.address,
        signer.public()
    );
    write("bus.toml", settings.as_bytes());
    folder
}

/// A policy that blocks one name for everybody.
fn policy(signer: &SecretKey) -> Vec<u8> {
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let mut builder = Builder::new([1; 16]);
    let games = builder.category("games", false);
    let list = builder.list("games", "1", games);
    let name = NameBuf::from_text("games.example").expect("a name");
    builder.listed(list, &name.as_name(), Cover::Both);
    let regime = Regime { blocked: games.mask(), ..Regime::default() };
    let strict = builder.regime(regime, &[]);
    builder.policy("everybody", strict);
    builder.finish(now_s, now_s as u32 + 100_000, signer).expect("a snapshot")
}

impl Bus {
    pub fn start(portal: &Portal) -> Self {
        Self::start_in(folder(portal))
    }

    fn start_in(folder: tempfile::TempDir) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["bus", "--config"])
            .arg(folder.path().join("bus.toml"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut bound = HashMap::new();
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        for line in lines.map_while(Result::ok) {
            let words: Vec<&str> = line.split(' ').collect();
            let ["listening", name, address] = words[..] else { panic!("{line}") };
            bound.insert(name.to_owned(), address.parse().expect("an address"));
            if name == "status" {
                break;
            }
        }
        Self { folder: Some(folder), bound, child }
    }

    /// The same bus after its process ended.
    pub fn again(mut self) -> Self {
        self.child.wait().expect("its end");
        Self::start_in(self.folder.take().expect("its folder"))
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
