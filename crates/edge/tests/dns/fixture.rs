//! A running edge over a small policy.

use crate::upstream::Upstream;
use evenfield_policy::*;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const STUDENT: &str = "0123456789abcdef";

pub fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

pub fn now_s() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() as u32
}

/// Policy: games blocked with a page, ways around the filter blocked, SafeSearch, one device that may play, and until
/// `free_from_s` a lesson for it.
pub fn policy(seed: u8, free_from_s: u32) -> Vec<u8> {
    policy_of(seed, free_from_s, now_s(), &key())
}

/// The same, made at this second and signed by this key.
pub fn policy_of(seed: u8, free_from_s: u32, created_s: u32, key: &SecretKey) -> Vec<u8> {
    let name = |text: &str| NameBuf::from_text(text).expect(text);
    let mut b = Builder::new([seed; 16]);
    let (games, bypass) = (b.category("games", false), b.category("bypass", true));
    let (g, w) = (b.list("ut1/games", "1", games), b.list("ways around", "1", bypass));
    b.listed(g, &name("games.example").as_name(), Cover::Both);
    b.listed(w, &name("use-application-dns.net").as_name(), Cover::Both);
    b.search(&name("www.google.com").as_name(), &name("forcesafesearch.google.com").as_name());
    let state = b.scope("state", 1);
    b.rule(state, &name("never.example").as_name(), Cover::Both, Ruling::MandatoryDeny, "board");
    b.rule(state, &name("cloaked-but-allowed.example").as_name(), Cover::Both, Ruling::Allow, "needed");
    let blocked = games.mask() | bypass.mask();
    let (mut strict, mut null, mut free) = (Regime::default(), Regime::default(), Regime::default());
    (strict.blocked, strict.safe_search) = (blocked, true);
    (null.blocked, null.answer) = (blocked, Answer::NullAddress);
    free.strip_ech = false;
    let (strict, null) = (b.regime(strict, &[state]), b.regime(null, &[state]));
    let free = b.regime(free, &[]);
    b.policy("safe default", strict);
    let days = [(now_s() - 1_000, 0), (free_from_s, 1), (free_from_s + 100_000, 0)]
        .map(|(start_s, slot)| Day { start_s, slots: vec![(0, slot)] });
    let timetable = b.timetable(&days);
    let student = b.scheduled_policy("grade 7", timetable, &[null, free], strict);
    b.device(DeviceKey::of_token(STUDENT), student);
    b.finish(u64::from(created_s), free_from_s + 100_000, key).expect("a snapshot")
}

/// The program at work. Killed when it goes.
pub struct Edge {
    pub folder: tempfile::TempDir,
    pub udp: SocketAddr,
    pub tcp: SocketAddr,
    pub status: SocketAddr,
    /// By transport.
    pub bound: HashMap<String, SocketAddr>,
    pub child: Child,
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The settings, with what a test adds to them.
pub fn settings(upstream: &Upstream, more: &str) -> String {
    settings_with(&format!("servers = [\"{}\"]\ntimeout_ms = 300", upstream.address), more)
}

/// The same with other settings of upstream.
pub fn settings_with(upstream: &str, more: &str) -> String {
    settings_of("", upstream, more)
}

/// The same with more about the policy.
pub fn settings_of(policy: &str, upstream: &str, more: &str) -> String {
    format!(
        "[policy]\n{policy}\nsnapshot = \"policy.snapshot\"\npublic_key = \"{}\"\n[upstream]\n{upstream}\n\
         [listen]\nudp = [\"127.0.0.1:0\"]\ntcp = [\"127.0.0.1:0\"]\nstatus = \"127.0.0.1:0\"\n\
         [block]\npage_v4 = \"198.51.100.7\"\npage_v6 = \"2001:db8::7\"\n{more}",
        key().public()
    )
}

/// Puts a file in place as whoever fetches one does: whole.
pub fn put(path: &Path, bytes: &[u8]) {
    let part = path.with_extension("part");
    std::fs::write(&part, bytes).expect("written");
    std::fs::rename(&part, path).expect("in place");
}

impl Edge {
    pub fn start(upstream: &Upstream, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        put(&folder.path().join("policy.snapshot"), &policy(1, now_s() + 50_000));
        Self::start_in(folder, &settings(upstream, more))
    }

    pub fn start_in(folder: tempfile::TempDir, settings: &str) -> Self {
        let config = folder.path().join("edge.toml");
        std::fs::write(&config, settings).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenfield-edge"));
        let mut child =
            command.args(["dns", "--config"]).arg(&config).stdout(Stdio::piped()).spawn().expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut bound = HashMap::new();
        while !bound.contains_key("status") {
            let line = lines.next().expect("it listens").expect("a line");
            let mut words = line.split(' ').skip(1);
            let transport = words.next().expect("a transport").to_owned();
            let address: SocketAddr = words.next().expect("an address").parse().expect("an address");
            bound.insert(transport, address);
        }
        Self { folder, udp: bound["udp"], tcp: bound["tcp"], status: bound["status"], bound, child }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `dig` says.
    pub fn dig(&self, args: &str) -> String {
        let port = if args.contains("+tcp") { self.tcp } else { self.udp };
        let output = Command::new("dig")
            .args(["@127.0.0.1", "-p", &port.port().to_string(), "+tries=1", "+time=5"])
            .args(args.split(' '))
            .output()
            .expect("dig is there: `make packages-test` installs it");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// One datagram there, and what comes back within so long.
    pub fn datagram(&self, query: &[u8], wait: Duration) -> Option<Vec<u8>> {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(self.udp).expect("connected");
        socket.set_read_timeout(Some(wait)).expect("a time-out");
        socket.send(query).expect("sent");
        let mut answer = vec![0; 65_535];
        let length = socket.recv(&mut answer).ok()?;
        answer.truncate(length);
        Some(answer)
    }

    /// A page of the status port.
    pub fn status(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.status).expect("connected");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("sent");
        let mut page = String::new();
        stream.read_to_string(&mut page).expect("a page");
        page
    }

    /// A metric's value.
    pub fn metric(&self, name: &str) -> u64 {
        let page = self.status("/metrics");
        let line =
            page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {page}"));
        line.trim().parse().expect("a number")
    }

    /// Waits until something holds, for a minute: other tests want the processor too.
    pub fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < Duration::from_secs(60), "{what} did not come about");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// What a client read from a connection that the edge has ended.
pub fn ended(read: std::io::Result<usize>) {
    match read {
        Ok(octets) => assert_eq!(octets, 0, "something was said"),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it is still open"),
    }
}

/// A query of class IN with recursion desired and without EDNS.
pub fn query(id: u16, name: &str, qtype: u16) -> Vec<u8> {
    let mut query = [id, 0x0100, 1, 0, 0, 0].map(u16::to_be_bytes).concat();
    query.extend_from_slice(NameBuf::from_text(name).expect(name).wire());
    query.extend_from_slice(&[qtype, 1].map(u16::to_be_bytes).concat());
    query
}
