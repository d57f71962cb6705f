//! A name blocked in error, from the block page to the answer of an edge: the portal as people start it, the edge as it
//! runs at a school, `dig` as a device.

use super::{evenfield, run, text};
use evenfield_portal::db::Db;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const DISTRICT: &str = "5100001";

const POLICY: &str = "[default]\nblock = [\"games\"]\n[[list]]\nname = \"own\"\ncategory = \"games\"\n\
    names = [\"games.example\"]\n[[district]]\nid = \"5100001\"\n[[scope]]\ndistrict = \"5100001\"\nblock = [\"games\"]\n\
    [[site]]\nname = \"lab\"\nprefixes = [\"127.0.0.0/8\"]\ndistrict = \"5100001\"\n";

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads what a program prints until `look` finds something in a line.
fn hear<T>(child: &mut Child, mut look: impl FnMut(&str) -> Option<T>) -> T {
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let found = lines.find_map(|line| look(&line));
    // A program that nobody listens to any more ends with its next line.
    std::thread::spawn(move || lines.for_each(drop));
    found.expect("it says so before it ends")
}

/// A browser that keeps its cookies.
struct Browser {
    client: Client,
    portal: String,
    cookies: Mutex<Vec<(String, String)>>,
}

impl Browser {
    fn new(portal: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { client, portal: portal.to_owned(), cookies: Mutex::default() }
    }

    fn keep(&self, response: &Response) {
        let mut cookies = self.cookies.lock().expect("a lock");
        for line in response.headers().get_all(SET_COOKIE) {
            let pair = line.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            cookies.retain(|(n, _)| n != name);
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    fn line(&self) -> String {
        let cookies = self.cookies.lock().expect("a lock");
        cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ")
    }

    async fn get(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.portal)).header(COOKIE, self.line());
        let response = request.send().await.expect("an answer");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        self.keep(&response);
        response.text().await.expect("a page")
    }

    /// Sends the form of a page as the page has it; the page that answers, or where it leads.
    async fn post(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let csrf = value_of(&self.get(page).await, "name=\"csrf\"");
        let escape = evenfield_portal::routes::escape;
        let all = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let body: Vec<String> = all.map(|(n, v)| format!("{}={}", escape(n), escape(v))).collect();
        let request = self.client.post(format!("{}{action}", self.portal)).header(COOKIE, self.line());
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(body.join("&"));
        let response = request.send().await.expect("an answer");
        self.keep(&response);
        let status = response.status();
        assert!(status.is_success() || status.is_redirection(), "{action}: {status}");
        match response.headers().get(LOCATION) {
            Some(location) => location.to_str().expect("text").to_owned(),
            None => response.text().await.expect("a page"),
        }
    }
}

/// The value of the input that has this attribute.
fn value_of(page: &str, attribute: &str) -> String {
    let (_, rest) = page.split_once(attribute).unwrap_or_else(|| panic!("no {attribute} in {page}"));
    rest.split("value=\"").nth(1).and_then(|r| r.split('"').next()).expect("a value").to_owned()
}

/// A server upstream that gives each name the same address.
fn upstream() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("its address");
    std::thread::spawn(move || {
        let mut query = [0; 1_024];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            // To the root label, and the type and class after it.
            let question = 12 + query[12..length].iter().position(|octet| *octet == 0).unwrap_or(0) + 5;
            let mut answer = query[..question].to_vec();
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            answer.extend_from_slice(&[0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 1]);
            let _ = socket.send_to(&answer, from);
        }
    });
    address
}

/// The portal with one district, set up.
fn portal(folder: &Path) -> (Running, String, String) {
    let key = folder.join("policy.key");
    assert!(run(["policy", "key", "--out", key.to_str().expect("UTF-8")]).status.success());
    std::fs::write(folder.join("policy.toml"), POLICY).expect("written");
    let database = format!("sqlite:{}", folder.join("evenfield.db").display());
    let settings = format!(
        "database = \"{database}\"\ndata_dir = \"{}\"\n[filtering]\npolicy = \"policy.toml\"\nkey = \"policy.key\"\n",
        folder.join("data").display()
    );
    std::fs::write(folder.join("evenfield.toml"), settings).expect("written");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let db = Db::open(&database).await.expect("a database");
        let mut write = db.write().await.expect("a write");
        sqlx::query(
            "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, 'Shore', '51', 0, 0)",
        )
        .bind(DISTRICT)
        .execute(&mut *write)
        .await
        .expect("a district");
        write.commit().await.expect("stored");
        db.close().await;
    });
    let config = folder.join("evenfield.toml");
    let mut child =
        evenfield(["serve", "--config", config.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"])
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
    let url = hear(&mut child, |line| line.split_once("first account at ").map(|(_, url)| url.to_owned()));
    let (portal, path) = url.split_at(url.find("/setup").expect("the set-up page"));
    (Running(child), portal.to_owned(), path.to_owned())
}

/// The edge, which has no policy yet.
fn edge(folder: &Path, portal: &str, token: &str) -> (Running, u16) {
    let program = Path::new(env!("CARGO_BIN_EXE_evenfield")).with_file_name("evenfield-edge");
    assert!(program.exists(), "build the edge first: cargo build --bin evenfield-edge");
    let public = std::fs::read_to_string(folder.join("policy.key.pub")).expect("the public key");
    std::fs::write(folder.join("edge.token"), token).expect("written");
    let settings = format!(
        "[policy]\nsnapshot = \"policy.snapshot\"\npublic_key = \"{}\"\nportal = \"{portal}\"\ntoken = \"edge.token\"\n\
         every_seconds = 2\n[upstream]\nservers = [\"{}\"]\n[block]\npage_v4 = \"198.51.100.7\"\n\
         [listen]\nudp = [\"127.0.0.1:0\"]\ntcp = [\"127.0.0.1:0\"]\nstatus = \"127.0.0.1:0\"\n",
        public.trim(),
        upstream()
    );
    let config = folder.join("edge.toml");
    std::fs::write(&config, settings).expect("written");
    let mut command = Command::new(program);
    command.args(["dns", "--config"]).arg(&config).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the edge");
    let port = hear(&mut child, |line| {
        line.strip_prefix("listening udp 127.0.0.1:").and_then(|port| port.trim().parse().ok())
    });
    (Running(child), port)
}

fn dig(port: u16) -> String {
    let output = Command::new("dig")
        .args(["@127.0.0.1", "-p", &port.to_string(), "+short", "+tries=1", "+time=5", "games.example", "A"])
        .output()
        .expect("dig is there: `make packages-test` installs it");
    text(&output.stdout).trim().to_owned()
}

/// Asks until this is the answer, for a minute.
fn until(port: u16, wanted: &str) {
    let start = Instant::now();
    while dig(port) != wanted {
        assert!(start.elapsed() < Duration::from_secs(60), "{} is still the answer, not {wanted}", dig(port));
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_name_blocked_in_error_is_open_at_the_edge_within_a_minute_and_closed_again_by_undo() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_portal, url, set_up) = portal(folder.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let staff = Browser::new(&url);
    let code = set_up.split_once("code=").expect("the code").1;
    let account = [
        ("code", code),
        ("name", "Ana"),
        ("email", "ana@example.org"),
        ("password", "a password for this test"),
    ];
    let edges = format!("/d/{DISTRICT}/filtering/edges");
    let token = runtime.block_on(async {
        staff.post(&set_up, "/setup", &account).await;
        // The edge starts with the first version, which the portal has made by then.
        while !staff.get(&edges).await.contains("Version 1") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        value_of(&staff.post(&edges, &edges, &[("name", "Lab")]).await, "id=\"token\"")
    });
    let (_edge, port) = edge(folder.path(), &url, &token);
    assert_eq!(dig(port), "198.51.100.7", "the block page");

    let page = format!("/b/{DISTRICT}?name=games.example");
    let (form, ask) =
        (format!("/d/{DISTRICT}/filtering/answer?name=games.example"), format!("/b/{DISTRICT}"));
    let answer = [
        ("name", "games.example"),
        ("ruling", "allow"),
        ("whom", "everybody"),
        ("until", ""),
        ("reason", "chess"),
    ];
    let queue = runtime.block_on(async {
        let student = Browser::new(&url);
        assert!(student.get(&page).await.contains("kind: games"));
        student.post(&page, &ask, &[("name", "games.example"), ("reason", "chess")]).await;
        staff.post(&form, form.split('?').next().expect("a path"), &answer).await
    });
    until(port, "192.0.2.1");
    assert!(runtime.block_on(Browser::new(&url).get(&page)).contains("is open now"));

    let undo = runtime.block_on(async {
        let queue = staff.get(&queue).await;
        let (before, _) = queue.split_once("/undo\"").expect("an answer that can be undone");
        format!("{}/undo", before.rsplit_once("action=\"").expect("its form").1)
    });
    runtime.block_on(staff.post(&queue, &undo, &[]));
    until(port, "198.51.100.7");
    // Without the portal the edge goes on.
    drop(_portal);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(dig(port), "198.51.100.7");
}
