//! One file over HTTP: resumed where it was cut off (RFC 9110, range requests with `If-Range`), retried with growing
//! pauses, moved to its name only when whole.

use super::manifest;
use crate::out::complain;
use anyhow::{Context, bail};
use indicatif::ProgressBar;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, RANGE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

/// What to fetch.
pub struct Request {
    /// From where.
    pub url: String,
    /// What is added to the URL and never shown.
    pub secret_query: String,
    /// To where; `.part` and `.part.json` stand beside it until it is whole.
    pub target: PathBuf,
    /// How the file must begin.
    pub magic: &'static [u8],
    /// How long to try.
    pub patience: Patience,
}

/// How long to try.
#[derive(Clone, Copy)]
pub struct Patience {
    /// Attempts that may fail one after another without a byte gained.
    pub attempts: u32,
    /// The first pause; each next one is twice as long.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 6, pause: Duration::from_millis(500) }
    }
}

/// A file that came whole.
pub struct Fetched {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// What is remembered of a download that is not whole yet.
#[derive(Default, Serialize, Deserialize, PartialEq)]
struct Progress {
    url: String,
    /// A strong ETag, or the time of the last change: what proves that the rest belongs to the beginning.
    validator: Option<String>,
    total: Option<u64>,
}

/// Why an attempt did not finish.
enum Failure {
    /// Worth another try.
    Passing(anyhow::Error, Option<Duration>),
    /// Not worth one.
    Final(anyhow::Error),
}

/// A client that asks for files as they are: a compressed transfer could not be resumed.
pub fn client() -> anyhow::Result<Client> {
    let agent = concat!("evenfield/", env!("CARGO_PKG_VERSION"));
    let builder = Client::builder().no_gzip().user_agent(agent).connect_timeout(Duration::from_secs(20));
    builder.read_timeout(Duration::from_secs(60)).build().context("cannot start an HTTP client")
}

/// Downloads a file.
///
/// # Errors
/// What the network or the server said, in words for the person at the keyboard.
pub async fn fetch(client: &Client, request: &Request, bar: &ProgressBar) -> anyhow::Result<Fetched> {
    let mut failures = 0;
    let mut before = part_size(request);
    loop {
        match attempt(client, request, bar).await {
            Ok(()) => return finish(request),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Passing(error, wait)) => {
                let now = part_size(request);
                failures = if now > before { 0 } else { failures + 1 };
                before = now;
                if failures >= request.patience.attempts {
                    return Err(error.context(format!("given up after {failures} attempts without progress")));
                }
                let pause = request.patience.pause * 2u32.pow(failures.min(6));
                let pause = wait.unwrap_or(pause).min(Duration::from_secs(60));
                let name = request.target.file_name().unwrap_or_default().to_string_lossy();
                bar.suspend(|| {
                    complain!("{name}: {error:#}; trying again in {:.0} s", pause.as_secs_f64().ceil())
                });
                tokio::time::sleep(pause).await;
            }
        }
    }
}

fn beside(request: &Request, ending: &str) -> PathBuf {
    let mut name = request.target.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn part_size(request: &Request) -> u64 {
    std::fs::metadata(beside(request, ".part")).map(|meta| meta.len()).unwrap_or(0)
}

/// What is known of the beginning that is there already; nothing when it is of another URL or cannot be continued.
fn resumable(request: &Request) -> Option<(u64, Progress)> {
    let text = std::fs::read(beside(request, ".part.json")).ok()?;
    let progress: Progress = serde_json::from_slice(&text).ok()?;
    let size = part_size(request);
    (size > 0 && progress.url == request.url && progress.validator.is_some()).then_some((size, progress))
}

async fn attempt(client: &Client, request: &Request, bar: &ProgressBar) -> Result<(), Failure> {
    let begun = resumable(request);
    let mut ask = client.get(format!("{}{}", request.url, request.secret_query));
    if let Some((size, progress)) = &begun {
        let validator = progress.validator.as_deref().unwrap_or_default();
        ask = ask.header(RANGE, format!("bytes={size}-")).header(IF_RANGE, validator);
    }
    let response = ask.send().await.map_err(|error| unreachable(request, error))?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT => match begun {
            Some((size, progress)) if continues(&response, size, &progress) => {
                let total = progress.total;
                receive(response, request, (size, total), bar).await
            }
            _ => Err(start_over(request, "the server sent another part than the one asked for")),
        },
        StatusCode::OK => {
            let progress = Progress {
                url: request.url.clone(),
                validator: validator(response.headers()),
                total: response.content_length(),
            };
            begin(request, &progress).map_err(Failure::Final)?;
            receive(response, request, (0, progress.total), bar).await
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            // The part may be the whole: the connection broke after its last byte.
            let total = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
            let whole = begun.map(|(size, _)| format!("bytes */{size}"));
            if whole.is_some() && total == whole.as_deref() {
                return Ok(());
            }
            Err(start_over(request, "the file on the server is shorter than what came before"))
        }
        status => Err(refused(request, status, response.headers())),
    }
}

/// Whether a partial answer goes on where the part ends, in a file of the same length.
fn continues(response: &Response, size: u64, progress: &Progress) -> bool {
    let Some(range) = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()) else {
        return false;
    };
    let Some((span, total)) = range.strip_prefix("bytes ").and_then(|range| range.split_once('/')) else {
        return false;
    };
    let from = span.split('-').next().and_then(|from| from.parse::<u64>().ok());
    let total = total.parse::<u64>().ok();
    let same_length = total.is_none() || progress.total.is_none() || total == progress.total;
    // A server that does not know If-Range tells by the ETag that it has another file now.
    let same_file = validator(response.headers()).is_none_or(|now| Some(now) == progress.validator);
    from == Some(size) && same_length && same_file
}

/// A strong ETag, or the time of the last change. A weak ETag promises too little to join two halves on.
fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    text(ETAG).filter(|etag| !etag.starts_with("W/")).or_else(|| text(LAST_MODIFIED))
}

fn begin(request: &Request, progress: &Progress) -> anyhow::Result<()> {
    let part = beside(request, ".part");
    std::fs::File::create(&part).with_context(|| format!("cannot write {}", part.display()))?;
    std::fs::write(beside(request, ".part.json"), serde_json::to_vec(progress)?)?;
    Ok(())
}

fn start_over(request: &Request, why: &'static str) -> Failure {
    // What cannot be removed is overwritten by the next whole answer.
    let _ = std::fs::remove_file(beside(request, ".part.json"));
    let _ = std::fs::remove_file(beside(request, ".part"));
    Failure::Passing(anyhow::anyhow!(why), None)
}

async fn receive(
    mut response: Response,
    request: &Request,
    (size, total): (u64, Option<u64>),
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let open = || std::fs::OpenOptions::new().append(true).open(beside(request, ".part"));
    let mut file = open().context("cannot open the unfinished file").map_err(Failure::Final)?;
    bar.set_length(total.unwrap_or(0));
    bar.set_position(size);
    bar.reset_eta();
    let mut size = size;
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => {
                file.write_all(&bytes).context("cannot write; is the disk full?").map_err(Failure::Final)?;
                size += bytes.len() as u64;
                bar.set_position(size);
            }
            Ok(None) => break,
            Err(error) => {
                let error = anyhow::Error::new(error.without_url()).context("the connection broke");
                return Err(Failure::Passing(error, None));
            }
        }
    }
    match total {
        Some(total) if size > total => Err(start_over(request, "more bytes came than the server promised")),
        Some(total) if size < total => {
            Err(Failure::Passing(anyhow::anyhow!("{size} of {total} bytes came"), None))
        }
        _ => file.sync_all().context("cannot write; is the disk full?").map_err(Failure::Final),
    }
}

fn host(request: &Request) -> &str {
    request.url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(&request.url)
}

fn unreachable(request: &Request, error: reqwest::Error) -> Failure {
    let connecting = error.is_connect();
    let error = anyhow::Error::new(error.without_url());
    let host = host(request);
    Failure::Passing(
        if connecting {
            error.context(format!(
                "cannot reach {host}: is this machine allowed to? A mirror can be named with --base-url"
            ))
        } else {
            error.context(format!("{host} did not answer"))
        },
        None,
    )
}

fn refused(request: &Request, status: StatusCode, headers: &HeaderMap) -> Failure {
    let host = host(request);
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        let wait = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        return Failure::Passing(anyhow::anyhow!("{host} answered {status}"), wait.map(Duration::from_secs));
    }
    Failure::Final(match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            anyhow::anyhow!(
                "{host} has no such file ({status}): {}. This year may not be published yet",
                request.url
            )
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            anyhow::anyhow!("{host} refused ({status}): a key may be wanted, or the network filters it")
        }
        _ => anyhow::anyhow!("{host} answered {status} to {}", request.url),
    })
}

/// Checks the beginning, takes the checksum, and gives the file its name.
fn finish(request: &Request) -> anyhow::Result<Fetched> {
    let part = beside(request, ".part");
    let mut head = vec![0; request.magic.len()];
    let read = std::fs::File::open(&part)?.read_exact(&mut head);
    if read.is_err() || head != request.magic {
        std::fs::remove_file(&part)?;
        let _ = std::fs::remove_file(beside(request, ".part.json"));
        bail!(
            "{} sent something else than the file, probably a page with a message; nothing was saved",
            host(request)
        );
    }
    let bytes = part_size(request);
    let sha256 = manifest::digest(&part)?;
    std::fs::rename(&part, &request.target)
        .with_context(|| format!("cannot give the file its name {}", request.target.display()))?;
    let _ = std::fs::remove_file(beside(request, ".part.json"));
    Ok(Fetched { bytes, sha256 })
}
