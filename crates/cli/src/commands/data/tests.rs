//! Downloads from a server that behaves as servers do.

use super::download::{Patience, Request, client, fetch};
use super::manifest;
use super::sources::{Place, SOURCES, census_key, mirrored};
use indicatif::ProgressBar;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the server answers one connection.
#[derive(Clone)]
enum Act {
    /// The file, or the part that is asked for if `If-Range` names this ETag.
    Serve { etag: &'static str, content: Vec<u8> },
    /// The same, but the line drops after so many bytes of the answer's body.
    Cut { etag: &'static str, content: Vec<u8>, after: usize },
    /// A status without a body.
    Status(u16),
    /// A part that begins elsewhere than asked.
    WrongPart { etag: &'static str, content: Vec<u8> },
}

/// `Range` and `If-Range`.
type Asked = (Option<String>, Option<String>);

struct Server {
    url: String,
    /// The `Range` and `If-Range` of each request.
    seen: Arc<Mutex<Vec<Asked>>>,
}

fn serve(acts: Vec<Act>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    std::thread::spawn(move || {
        for act in acts {
            let Ok((stream, _)) = listener.accept() else { return };
            log.lock().unwrap().push(answer(stream, &act));
        }
    });
    Server { url, seen }
}

fn answer(mut stream: TcpStream, act: &Act) -> (Option<String>, Option<String>) {
    let (mut range, mut if_range) = (None, None);
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "range" => range = Some(value.to_owned()),
            "if-range" => if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    let from = || -> usize { range.as_deref().unwrap()[6..].trim_end_matches('-').parse().unwrap() };
    let (head, body) = match act {
        Act::Status(code) => (format!("HTTP/1.1 {code} x\r\nContent-Length: 0\r\n"), Vec::new()),
        Act::Serve { etag, content } | Act::Cut { etag, content, .. } | Act::WrongPart { etag, content } => {
            if range.is_some() && if_range.as_deref() == Some(*etag) {
                let from = if matches!(act, Act::WrongPart { .. }) { from() + 1 } else { from() };
                let total = content.len();
                let head = format!(
                    "HTTP/1.1 206 x\r\nContent-Length: {}\r\nETag: {etag}\r\nContent-Range: bytes {from}-{}/{total}\r\n",
                    total - from,
                    total - 1
                );
                (head, content[from..].to_vec())
            } else {
                (
                    format!("HTTP/1.1 200 x\r\nContent-Length: {}\r\nETag: {etag}\r\n", content.len()),
                    content.clone(),
                )
            }
        }
    };
    let end = if let Act::Cut { after, .. } = act { (*after).min(body.len()) } else { body.len() };
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    stream.write_all(&body[..end]).unwrap();
    (range, if_range)
}

fn file(seed: u8) -> Vec<u8> {
    b"PK".iter().copied().chain((0..200_000u32).map(|i| (i % 251) as u8 ^ seed)).collect()
}

fn request(server: &Server, folder: &std::path::Path) -> Request {
    Request {
        url: format!("{}/a.zip", server.url),
        secret_query: String::new(),
        target: folder.join("a.zip"),
        magic: b"PK",
        patience: Patience { attempts: 3, pause: Duration::from_millis(1) },
    }
}

async fn run(
    acts: Vec<Act>,
) -> (anyhow::Result<Vec<u8>>, Vec<(Option<String>, Option<String>)>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(acts);
    let request = request(&server, folder.path());
    let fetched = fetch(&client().unwrap(), &request, &ProgressBar::hidden()).await;
    let result = fetched.map(|fetched| {
        let bytes = std::fs::read(&request.target).unwrap();
        assert_eq!(bytes.len() as u64, fetched.bytes);
        assert_eq!(manifest::digest(&request.target).unwrap(), fetched.sha256);
        bytes
    });
    let seen = server.seen.lock().unwrap().clone();
    (result, seen, folder)
}

#[tokio::test]
async fn a_dropped_line_is_resumed() {
    let cut = Act::Cut { etag: "\"1\"", content: file(0), after: 70_000 };
    let again = Act::Cut { etag: "\"1\"", content: file(0), after: 50_000 };
    let (bytes, seen, folder) = run(vec![cut, again, Act::Serve { etag: "\"1\"", content: file(0) }]).await;
    assert_eq!(bytes.unwrap(), file(0));
    assert_eq!(seen[0], (None, None));
    assert!(
        seen[1..].iter().all(|(range, tag)| range.is_some() && tag.as_deref() == Some("\"1\"")),
        "{seen:?}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the file");
}

#[tokio::test]
async fn another_etag_starts_over() {
    let cut = Act::Cut { etag: "\"1\"", content: file(0), after: 70_000 };
    let (bytes, seen, _folder) = run(vec![cut, Act::Serve { etag: "\"2\"", content: file(7) }]).await;
    assert_eq!(bytes.unwrap(), file(7), "no byte of the old file is in the new one");
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_wrong_part_is_not_joined() {
    let cut = Act::Cut { etag: "\"1\"", content: file(0), after: 70_000 };
    let wrong = Act::WrongPart { etag: "\"1\"", content: file(0) };
    let (bytes, seen, _folder) = run(vec![cut, wrong, Act::Serve { etag: "\"1\"", content: file(0) }]).await;
    assert_eq!(bytes.unwrap(), file(0));
    assert_eq!(seen[2], (None, None));
}

#[tokio::test]
async fn trouble_on_the_server_is_waited_out() {
    let acts = vec![Act::Status(503), Act::Status(500), Act::Serve { etag: "\"1\"", content: file(0) }];
    let (bytes, _, _folder) = run(acts).await;
    assert_eq!(bytes.unwrap(), file(0));
}

#[tokio::test]
async fn patience_ends_and_the_part_stays() {
    let cut = Act::Cut { etag: "\"1\"", content: file(0), after: 70_000 };
    let (bytes, _, folder) = run(vec![cut, Act::Status(503), Act::Status(503), Act::Status(503)]).await;
    let message = format!("{:#}", bytes.unwrap_err());
    assert!(message.contains("without progress") && message.contains("503"), "{message}");
    assert!(!folder.path().join("a.zip").exists());
    assert!(folder.path().join("a.zip.part").exists(), "the next run goes on from here");
}

#[tokio::test]
async fn a_length_that_never_comes_is_an_error() {
    // The server always promises more than it sends: the part grows once and then no more.
    let mut longer = file(0);
    longer.extend([0; 100]);
    let short = Act::Cut { etag: "\"1\"", content: longer.clone(), after: longer.len() - 100 };
    let none = Act::Cut { etag: "\"1\"", content: longer, after: 0 };
    let (bytes, _, folder) = run(vec![short, none.clone(), none.clone(), none]).await;
    assert!(bytes.is_err());
    assert!(!folder.path().join("a.zip").exists());
}

#[tokio::test]
async fn refusals_and_pages_are_told_apart() {
    for (act, words) in [
        (Act::Status(404), "no such file"),
        (Act::Status(403), "refused"),
        (
            Act::Serve { etag: "\"1\"", content: b"<html>please sign in</html>".to_vec() },
            "a page with a message",
        ),
    ] {
        let (bytes, _, folder) = run(vec![act]).await;
        let message = format!("{:#}", bytes.unwrap_err());
        assert!(message.contains(words), "{message}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing half-stored");
    }
}

#[tokio::test]
async fn a_network_that_refuses_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let server = Server { url: format!("http://127.0.0.1:{port}"), seen: Arc::default() };
    let request = request(&server, folder.path());
    let error = fetch(&client().unwrap(), &request, &ProgressBar::hidden()).await.err().unwrap();
    assert!(format!("{error:#}").contains("--base-url"), "{error:#}");
}

#[test]
fn addresses_are_filled_in() {
    let place = Place::new("va", 2023).unwrap();
    let find = |name: &str| SOURCES.iter().find(|source| source.name == name).unwrap();
    assert_eq!(
        find("boundaries-block-groups").url(&place).unwrap(),
        "https://www2.census.gov/geo/tiger/GENZ2023/shp/cb_2023_51_bg_500k.zip"
    );
    assert_eq!(find("edge-relationships").file(&place).unwrap(), "GRF23.zip");
    assert!(find("ccd-schools").url(&Place::new("51", 2019).unwrap()).is_err());
    assert!(Place::new("5", 2023).is_err());
    assert_eq!(mirrored("https://nces.ed.gov/a.zip", Some("http://m/x/")), "http://m/x/nces.ed.gov/a.zip");
    for source in SOURCES {
        let url = source.url(&place).unwrap();
        assert!(url.starts_with("https://") && !url.contains('{'), "{url}");
    }
}

#[test]
fn a_key_goes_to_the_census_alone() {
    let census = SOURCES[0].url(&Place::new("VA", 2023).unwrap()).unwrap();
    let key = || Some("secret".to_owned());
    assert_eq!(census_key(&mirrored(&census, None), key()), "&key=secret");
    assert_eq!(census_key(&mirrored(&census, Some("https://mirror.example")), key()), "");
    assert_eq!(census_key(&mirrored("https://nces.ed.gov/a.zip", None), key()), "");
    assert_eq!((census_key(&census, Some(String::new())), census_key(&census, None)), Default::default());
}

#[test]
fn checksums_are_recorded_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), b"abc").unwrap();
    let digest = manifest::digest(&folder.path().join("a")).unwrap();
    assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(manifest::check(folder.path(), "a").unwrap(), None);
    manifest::record(folder.path(), "a", &digest).unwrap();
    assert_eq!(manifest::check(folder.path(), "a").unwrap(), Some(true));
    std::fs::write(folder.path().join("a"), b"abd").unwrap();
    assert_eq!(manifest::check(folder.path(), "a").unwrap(), Some(false));
}
