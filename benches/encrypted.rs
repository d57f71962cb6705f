//! A client of many encrypted connections: `benches/encrypted.sh` runs it.
//!
//!     encrypted tls|https ADDRESS CERTIFICATE QUERIES CONNECTIONS SECONDS
//!
//! Opens the connections, says how long that took and waits for a line; then 256 askers go round the connections, each over its own
//! share, with one question at a time, for so many seconds after one round that does not count.

use evenfield_policy::NameBuf;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const ASKERS: usize = 256;
const HOST: &str = "dns.example.org";
type Problem = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Problem> {
    // What `cargo bench` adds is not for us.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [transport, address, certificate, queries, connections, seconds] = &args[..] else {
        // As one of all benches: there is nothing to do without a server.
        return Ok(());
    };
    let address: SocketAddr = address.parse()?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate)?)?;
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let https = transport == "https";
    config.alpn_protocols = vec![if https { b"h2".to_vec() } else { b"dot".to_vec() }];
    let connector = TlsConnector::from(Arc::new(config));
    let queries: Arc<Vec<Vec<u8>>> =
        Arc::new(std::fs::read_to_string(queries)?.lines().filter_map(query).collect());

    let (connections, begun) = (connections.parse::<usize>()?, Instant::now());
    let mut opening = JoinSet::new();
    for asker in 0..ASKERS {
        let share = connections / ASKERS + usize::from(asker < connections % ASKERS);
        let connector = connector.clone();
        opening.spawn(async move {
            let mut open = Vec::new();
            for _ in 0..share {
                open.push(connect(&connector, address, https).await?);
            }
            Ok::<_, Problem>(open)
        });
    }
    let shares: Vec<_> = opening.join_all().await.into_iter().collect::<Result<_, _>>()?;
    println!("open {:.1}", begun.elapsed().as_secs_f64());
    std::io::stdin().read_line(&mut String::new())?;

    let until = Duration::from_secs(seconds.parse()?);
    let mut asking = JoinSet::new();
    for (asker, mut share) in shares.into_iter().enumerate().filter(|(_, share)| !share.is_empty()) {
        let queries = queries.clone();
        asking.spawn(async move {
            let mut questions = queries.iter().cycle().skip(asker * queries.len() / ASKERS);
            let mut times: Vec<Duration> = Vec::new();
            let mut lost = 0u64;
            let begun = Instant::now();
            while begun.elapsed() < until {
                for connection in &mut share {
                    let asked = Instant::now();
                    match connection.ask(questions.next().expect("never ends")).await {
                        Ok(()) => times.push(asked.elapsed()),
                        Err(error) => {
                            if lost == 0 {
                                eprintln!("{error}");
                            }
                            lost += 1;
                        }
                    }
                }
            }
            (times, lost)
        });
    }
    let (mut times, mut lost) = (Vec::new(), 0);
    for (found, missed) in asking.join_all().await {
        times.extend(found);
        lost += missed;
    }
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("asked {} lost {lost} p50 {:.2} p99 {:.2}", times.len(), at(0.5), at(0.99));
    Ok(())
}

/// A query with EDNS for the name of a line of `dnsperf`'s.
fn query(line: &str) -> Option<Vec<u8>> {
    let name = NameBuf::from_text(line.split_whitespace().next()?).ok()?;
    let mut query = vec![0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    query.extend_from_slice(name.wire());
    query.extend_from_slice(&[0, 1, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    Some(query)
}

enum Connection {
    Tls(Box<TlsStream<TcpStream>>),
    Https(SendRequest<Full<Bytes>>),
}

async fn connect(connector: &TlsConnector, address: SocketAddr, https: bool) -> Result<Connection, Problem> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let stream = connector.connect(ServerName::try_from(HOST)?, stream).await?;
    if !https {
        return Ok(Connection::Tls(Box::new(stream)));
    }
    let (send, connection) = Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(Connection::Https(send))
}

impl Connection {
    async fn ask(&mut self, query: &[u8]) -> Result<(), Problem> {
        let answer = match self {
            Self::Tls(stream) => {
                let mut message = (query.len() as u16).to_be_bytes().to_vec();
                message.extend_from_slice(query);
                stream.write_all(&message).await?;
                let length = stream.read_u16().await?;
                let mut answer = vec![0; length.into()];
                stream.read_exact(&mut answer).await?;
                answer
            }
            Self::Https(send) => {
                let request = hyper::Request::post(format!("https://{HOST}/dns-query"))
                    .header("content-type", "application/dns-message")
                    .header("accept", "application/dns-message")
                    .body(Full::from(query.to_vec()))?;
                let response = send.send_request(request).await?;
                response.into_body().collect().await?.to_bytes().to_vec()
            }
        };
        // The question comes back, in an answer without an error or with NXDOMAIN.
        let rcode = answer.get(3).ok_or("a short answer")? & 15;
        let same = answer.get(4..6) == Some(&[0, 1])
            && answer.get(12..query.len() - 11) == query.get(12..query.len() - 11);
        if same && (rcode == 0 || rcode == 3) { Ok(()) } else { Err("another answer".into()) }
    }
}
