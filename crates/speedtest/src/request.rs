//! What a request asks for: which test, and what its query string says, ndt7 specification 0.11, "The WebSocket handshake".

use std::time::Duration;

/// The WebSocket subprotocol of the tests.
pub const SUBPROTOCOL: &str = "net.measurementlab.ndt.v7";
/// The longest query string.
pub const LONGEST_QUERY: usize = 4_096;
/// The most parameters that are kept.
const MOST_PARAMETERS: usize = 32;
/// How long a test runs when nothing else is asked for.
pub const WHOLE: Duration = Duration::from_secs(10);
/// The only value of `early_exit` that there is: megabytes after which a download ends.
const EARLY_EXIT: &str = "250";
/// Octets of a megabyte.
const MEGABYTE: u64 = 1_000_000;

/// Which test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// From the server to the client.
    Download,
    /// From the client to the server.
    Upload,
}

impl Test {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Download, Self::Upload];

    /// The word in messages, results and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Upload => "upload",
        }
    }

    fn of_path(path: &str) -> Option<Self> {
        match path {
            "/ndt/v7/download" => Some(Self::Download),
            "/ndt/v7/upload" => Some(Self::Upload),
            _ => None,
        }
    }
}

/// A test that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub test: Test,
    /// A download ends when so many octets have arrived.
    pub enough: Option<u64>,
    /// How long it runs at most.
    pub runtime: Duration,
    /// What else the client says of itself, in its order; the first of each name.
    pub metadata: Vec<(String, String)>,
}

impl Asked {
    /// Whether the client asked for less than a whole test: its result cannot be compared with others.
    pub fn is_short(&self) -> bool {
        self.runtime < WHOLE
    }
}

/// Why there is no test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is said to the client.
    pub says: &'static str,
}

impl Refusal {
    const fn new(status: u16, says: &'static str) -> Self {
        Self { status, says }
    }
}

/// What is looked at of a request; header values are those of the first header of the name, as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// `GET`.
    pub method: &'a str,
    /// From the `/` on, without the query.
    pub path: &'a str,
    /// What stands after `?`.
    pub query: Option<&'a str>,
    /// `Connection`.
    pub connection: Option<&'a str>,
    /// `Upgrade`.
    pub upgrade: Option<&'a str>,
    /// `Sec-WebSocket-Version`.
    pub version: Option<&'a str>,
    /// `Sec-WebSocket-Key`.
    pub key: Option<&'a str>,
    /// `Sec-WebSocket-Protocol`.
    pub protocols: Option<&'a str>,
}

/// What a request asks for.
///
/// # Errors
/// [`Refusal`]: with status 404 for another path, 405 for another method, 426 for another version of WebSocket, else 400.
pub fn read(head: Head<'_>) -> Result<Asked, Refusal> {
    let test = Test::of_path(head.path)
        .ok_or(Refusal::new(404, "there is /ndt/v7/download and /ndt/v7/upload\n"))?;
    if head.method != "GET" {
        return Err(Refusal::new(405, "a test is begun with GET\n"));
    }
    let names = |list: Option<&str>, wanted: &str| {
        list.is_some_and(|list| list.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted)))
    };
    if !names(head.connection, "upgrade") || !names(head.upgrade, "websocket") {
        return Err(Refusal::new(400, "a test is a WebSocket: Connection: Upgrade and Upgrade: websocket\n"));
    }
    if head.version != Some("13") {
        return Err(Refusal::new(426, "Sec-WebSocket-Version: 13\n"));
    }
    if !head.key.is_some_and(is_key) {
        return Err(Refusal::new(400, "Sec-WebSocket-Key: 16 octets as base64\n"));
    }
    // A browser that offers several sends a list; the name itself must be exact.
    if !head.protocols.is_some_and(|list| list.split(',').any(|one| one.trim() == SUBPROTOCOL)) {
        return Err(Refusal::new(400, "Sec-WebSocket-Protocol: net.measurementlab.ndt.v7\n"));
    }
    let parameters = head.query.map_or(Ok(Vec::new()), parameters)?;
    asked(test, parameters)
}

fn is_key(key: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(key).is_ok_and(|octets| octets.len() == 16)
}

fn asked(test: Test, mut parameters: Vec<(String, String)>) -> Result<Asked, Refusal> {
    let (mut enough, mut runtime) = (None, WHOLE);
    for (name, value) in &parameters {
        match name.as_str() {
            "early_exit" if value == EARLY_EXIT => {
                enough = EARLY_EXIT.parse().ok().map(|megabytes: u64| megabytes * MEGABYTE);
            }
            "early_exit" => return Err(Refusal::new(400, "early_exit may be 250\n")),
            "seconds" => {
                let seconds = value.parse().ok().filter(|seconds| (1..=10).contains(seconds));
                let seconds = seconds.ok_or(Refusal::new(400, "seconds may be 1 to 10\n"))?;
                runtime = Duration::from_secs(seconds);
            }
            _ => {}
        }
    }
    // Nobody speaks for the server but the server.
    parameters.retain(|(name, _)| {
        !name.starts_with("server_") && !["early_exit", "seconds"].contains(&name.as_str())
    });
    Ok(Asked { test, enough, runtime, metadata: parameters })
}

/// Names and values of a query string, the first of each name; a name without a value has an empty one.
fn parameters(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    if query.len() > LONGEST_QUERY {
        return Err(Refusal::new(400, "a query string of at most 4096 octets\n"));
    }
    let mut found: Vec<(String, String)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let unreadable = Refusal::new(400, "a query string in URL encoding, of UTF-8\n");
        let (name, value) = (decoded(name).ok_or(unreadable)?, decoded(value).ok_or(unreadable)?);
        if !found.iter().any(|(known, _)| *known == name) {
            if found.len() == MOST_PARAMETERS {
                return Err(Refusal::new(400, "a query string of at most 32 parameters\n"));
            }
            found.push((name, value));
        }
    }
    Ok(found)
}

/// The text behind `%41` and `+`, of `application/x-www-form-urlencoded`; `None` when it is none.
fn decoded(text: &str) -> Option<String> {
    let digit = |octet: u8| char::from(octet).to_digit(16).map(|digit| digit as u8);
    let mut octets = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(octet) = octets.next() {
        out.push(match octet {
            b'+' => b' ',
            b'%' => digit(octets.next()?)? << 4 | digit(octets.next()?)?,
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head() -> Head<'static> {
        Head {
            method: "GET",
            path: "/ndt/v7/download",
            query: None,
            connection: Some("keep-alive, Upgrade"),
            upgrade: Some("WebSocket"),
            version: Some("13"),
            key: Some("DOdm+5/Cm3WwvhfcAlhJoQ=="),
            protocols: Some(SUBPROTOCOL),
        }
    }

    #[test]
    fn what_browsers_and_programs_ask_for_is_read() {
        let plain = read(head()).expect("a test");
        assert_eq!(
            (plain.test, plain.enough, plain.runtime, plain.is_short()),
            (Test::Download, None, WHOLE, false)
        );
        let query = "client_name=a+b%C3%A9&early_exit=250&seconds=3&client_name=other&server_x=1&flag&&=";
        let asked = read(Head { path: "/ndt/v7/upload", query: Some(query), ..head() }).expect("a test");
        assert_eq!((asked.test, asked.enough, asked.is_short()), (Test::Upload, Some(250_000_000), true));
        let kept: Vec<_> = asked.metadata.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(kept, [("client_name", "a b\u{e9}"), ("flag", ""), ("", "")]);
        let list = Some("chat, net.measurementlab.ndt.v7");
        assert!(read(Head { protocols: list, ..head() }).is_ok());
    }

    #[test]
    fn what_is_no_test_is_refused_with_its_status() {
        let long = "a".repeat(LONGEST_QUERY + 1);
        let many: String = (0..=MOST_PARAMETERS).map(|n| format!("p{n}&")).collect();
        let cases = [
            (404, Head { path: "/ndt/v7/downloads", ..head() }),
            (405, Head { method: "POST", ..head() }),
            (400, Head { connection: Some("close"), ..head() }),
            (400, Head { upgrade: None, ..head() }),
            (426, Head { version: Some("8"), ..head() }),
            (400, Head { key: Some("c2hvcnQ="), ..head() }),
            (400, Head { key: None, ..head() }),
            (400, Head { protocols: None, ..head() }),
            (400, Head { protocols: Some("net.measurementlab.ndt.v8"), ..head() }),
            (400, Head { protocols: Some("NET.measurementlab.ndt.v7"), ..head() }),
            (400, Head { query: Some("early_exit=100"), ..head() }),
            (400, Head { query: Some("early_exit"), ..head() }),
            (400, Head { query: Some("seconds=0"), ..head() }),
            (400, Head { query: Some("seconds=11"), ..head() }),
            (400, Head { query: Some("a=%4"), ..head() }),
            (400, Head { query: Some("a=%zz"), ..head() }),
            (400, Head { query: Some("a=%ff"), ..head() }),
            (400, Head { query: Some(&long), ..head() }),
            (400, Head { query: Some(&many), ..head() }),
        ];
        for (status, head) in cases {
            assert_eq!(read(head).expect_err("refused").status, status, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in ".{0,300}") {
            if let Ok(asked) = read(Head { query: Some(&query), ..head() }) {
                prop_assert!(asked.metadata.iter().all(|(name, _)| !name.starts_with("server_")));
                let mut names: Vec<_> = asked.metadata.iter().map(|(name, _)| name).collect();
                names.sort();
                names.dedup();
                prop_assert_eq!(names.len(), asked.metadata.len());
            }
        }

        #[test]
        fn what_was_encoded_comes_back(text in "\\PC{0,80}") {
            let encoded: String = text.bytes().map(|octet| format!("%{octet:02x}")).collect();
            prop_assert_eq!(decoded(&encoded), Some(text));
        }
    }
}
