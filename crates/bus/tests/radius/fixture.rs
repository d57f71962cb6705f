//! A server on ports of its own, FreeRADIUS in a folder of its own, and commands.

use evenfield_bus::gate::{Gate, Rules};
use evenfield_bus::keyed::Key;
use evenfield_bus::passes::{HEADER, Limits, Passes, WrittenProof, row};
use evenfield_bus::radius::{Client, Outside, Port, Report, Server, Why};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

pub const SECRET: &str = "testing123";
const OUTSIDE_SECRET: &str = "between the servers";

pub struct Running {
    pub server: Arc<Server>,
    pub access: SocketAddr,
    pub accounting: SocketAddr,
    /// Whether reports are kept.
    pub keep: Arc<AtomicBool>,
    reports: Arc<Mutex<Vec<Report>>>,
}

fn gate(outside: bool) -> Gate {
    let key = Key::new([7; 32]);
    let limits = Limits { minutes: 90, mebibytes: 500, down_kbit: 4_000, up_kbit: 1_000 };
    let rows = [
        row(&key, "nemo", &WrittenProof::Code("sesame"), [1; 8], limits),
        row(&key, "flopsy", &WrittenProof::Plain("arctangent"), [2; 8], limits),
    ];
    let passes = Passes::read("passes.csv", &format!("{HEADER}\n{}\n", rows.join("\n")), key);
    let captive = Some("captive".to_owned());
    let rules = Rules { session_s: 3_600, idle_s: 600, interim_s: 60, captive, outside };
    Gate::new(rules, passes.expect("passes"))
}

async fn udp() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a socket");
    let address = socket.local_addr().expect("its address");
    (socket, address)
}

impl Running {
    pub async fn start(outside: Option<SocketAddr>) -> Self {
        Self::start_with(outside, None).await
    }

    pub async fn start_with(outside: Option<SocketAddr>, dynamic: Option<u16>) -> Self {
        let client = Client {
            network: Ipv4Addr::LOCALHOST.into(),
            bits: 32,
            secret: SECRET.as_bytes().to_vec(),
            strict_accounting: false,
            dynamic,
        };
        let gate = Arc::new(Mutex::new(gate(outside.is_some())));
        let outside = outside.map(|address| Outside { address, secret: OUTSIDE_SECRET.as_bytes().to_vec() });
        let (sender, mut receiver) = mpsc::channel(64);
        let server = Server::new(vec![client], outside.into_iter().collect(), gate, sender).await;
        let server = server.expect("a server");
        let (keep, reports) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
        let (keeps, into) = (keep.clone(), reports.clone());
        tokio::spawn(async move {
            while let Some((report, kept)) = receiver.recv().await {
                let keep = keeps.load(Ordering::Relaxed);
                if keep {
                    into.lock().expect("reports").push(report);
                }
                let _ = kept.send(keep);
            }
        });
        let ((one, access), (other, accounting)) = (udp().await, udp().await);
        tokio::spawn(server.clone().serve(one, Port::Access));
        tokio::spawn(server.clone().serve(other, Port::Accounting));
        Self { server, access, accounting, keep, reports }
    }

    pub fn reports(&self) -> Vec<Report> {
        self.reports.lock().expect("reports").clone()
    }

    pub fn silent(&self, why: Why) -> u64 {
        let place = Why::ALL.iter().position(|one| *one == why).expect("a reason");
        self.server.counts.silent[place].load(Ordering::Relaxed)
    }

    pub async fn radclient(&self, what: &str, attributes: &str) -> (bool, String) {
        let port = if what == "acct" { self.accounting } else { self.access };
        let arguments = ["-x", "-t", "1", "-r", "1", &port.to_string(), what, SECRET];
        run("radclient", &arguments, attributes).await
    }

    pub async fn eapol_test(&self, method: &str, inner: &str, password: &str) -> (bool, String) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let text = format!(
            "network={{\nkey_mgmt=WPA-EAP\neap={method}\nidentity=\"flopsy\"\nanonymous_identity=\"anonymous\"\n\
             password=\"{password}\"\nphase2=\"{inner}\"\n}}\n"
        );
        file.write_all(text.as_bytes()).expect("written");
        let (path, port) = (file.path().display().to_string(), self.access.port().to_string());
        let arguments = ["-c", &path, "-a", "127.0.0.1", "-p", &port, "-s", SECRET, "-t", "8"];
        run("eapol_test", &arguments, "").await
    }
}

/// Runs a command; whether it ended well and all that it said.
pub fn run(program: &str, arguments: &[&str], input: &str) -> impl Future<Output = (bool, String)> + use<> {
    let (program, input) = (program.to_owned(), input.to_owned());
    let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    let ended = tokio::task::spawn_blocking(move || {
        let child = Command::new(&program)
            .args(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child =
            child.unwrap_or_else(|error| panic!("{program}: {error}; `make packages-test` installs it"));
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("its end");
        let said =
            [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
        (output.status.success(), said)
    });
    async { ended.await.expect("no panic") }
}

/// FreeRADIUS: an EAP server, and an access point that takes changes.
pub struct FreeRadius {
    pub access: SocketAddr,
    pub dynamic: SocketAddr,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for FreeRadius {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> SocketAddr {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    socket.local_addr().expect("its number")
}

/// Starts it and waits until it is ready.
pub fn freeradius() -> FreeRadius {
    let folder = tempfile::tempdir().expect("a folder");
    let (access, dynamic) = (free_port(), free_port());
    configure(folder.path(), access.port(), dynamic.port());
    let log = folder.path().join("log");
    let child = Command::new("freeradius")
        .args(["-f", "-l"])
        .arg(&log)
        .arg("-d")
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.expect("freeradius; `make packages-test` installs it");
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        if said.contains("Ready to process requests") {
            return FreeRadius { access, dynamic, child, _folder: folder };
        }
        let ended = child.try_wait().expect("its state").is_some();
        assert!(Instant::now() < until && !ended, "FreeRADIUS does not start: {said}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn configure(folder: &Path, access: u16, dynamic: u16) {
    let made =
        rcgen::generate_simple_self_signed(vec!["radius.example.org".to_owned()]).expect("a certificate");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write("cert.pem", &made.cert.pem());
    write("key.pem", &made.signing_key.serialize_pem());
    write("dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n");
    write("users", "flopsy Cleartext-Password := \"arctangent\"\n");
    let text = CONFIGURATION
        .replace("FOLDER", &folder.display().to_string())
        .replace("ACCESS", &access.to_string())
        .replace("DYNAMIC", &dynamic.to_string())
        .replace("OUTSIDE_SECRET", OUTSIDE_SECRET)
        .replace("OWN_SECRET", SECRET);
    write("radiusd.conf", &text);
}

/// What FreeRADIUS is told.
const CONFIGURATION: &str = r#"
prefix = /usr
libdir = /usr/lib/freeradius
name = radiusd
logdir = FOLDER
run_dir = FOLDER
db_dir = FOLDER
raddbdir = FOLDER
max_requests = 1024
security {
    allow_vulnerable_openssl = yes
}
thread pool {
    start_servers = 1
    max_servers = 2
}
client gateway {
    ipaddr = 127.0.0.1
    secret = "OUTSIDE_SECRET"
}
clients changes {
    client asker {
        ipaddr = 127.0.0.1
        secret = OWN_SECRET
    }
}
modules {
    pap {
    }
    mschap {
    }
    files {
        filename = FOLDER/users
    }
    always ok {
        rcode = ok
    }
    always reject {
        rcode = reject
    }
    eap {
        default_eap_type = peap
        mschapv2 {
        }
        tls-config own {
            certificate_file = FOLDER/cert.pem
            private_key_file = FOLDER/key.pem
            ca_file = FOLDER/cert.pem
        }
        ttls {
            tls = own
            default_eap_type = mschapv2
            virtual_server = inner
        }
        peap {
            tls = own
            default_eap_type = mschapv2
            virtual_server = inner
        }
    }
}
server outer {
    listen {
        type = auth
        ipaddr = 127.0.0.1
        port = ACCESS
    }
    authorize {
        eap
    }
    authenticate {
        eap
    }
}
server inner {
    authorize {
        mschap
        eap
        files
        pap
    }
    authenticate {
        Auth-Type PAP {
            pap
        }
        Auth-Type MS-CHAP {
            mschap
        }
        eap
    }
}
server changes {
    listen {
        type = coa
        ipaddr = 127.0.0.1
        port = DYNAMIC
        clients = changes
    }
    recv-coa {
        if (&Acct-Session-Id == "gone") {
            update reply {
                Error-Cause := 503
            }
            reject
        }
        else {
            ok
        }
    }
    send-coa {
        ok
    }
}
"#;
