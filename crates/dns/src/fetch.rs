//! The policy from a portal: asked for over and over, verified, put whole into its place, where [`crate::rules`] finds it.
//! When the portal is away, nothing changes.

use crate::portal::Caller;
use crate::rules::{Rules, load};
use crate::settings::{Fetch, Settings};
use arc_swap::ArcSwap;
use evenfield_policy::PublicKey;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, IF_NONE_MATCH};
use hyper::{Request, Response, StatusCode};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

/// Where a portal has the policy.
const PATH: &str = "/edge/policy";
/// How long the portal may take to begin its answer, and between two pieces of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most octets that are taken: a policy of the whole country has 700 million.
const MOST: u64 = 4 << 30;

/// What came of fetches since the program began.
#[derive(Default)]
pub struct FetchCounts {
    /// A newer policy came.
    pub new: AtomicU64,
    /// There was none.
    pub same: AtomicU64,
    /// The portal did not answer, or not as it should.
    pub failed: AtomicU64,
    /// What came is not used.
    pub refused: AtomicU64,
}

/// Why nothing was fetched.
#[derive(Debug)]
pub enum FetchError {
    /// The network, the portal or the disk.
    Io(io::Error),
    /// What came is damaged, of another key, or older.
    Refused(String),
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for FetchError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Asks a portal.
pub struct Fetcher {
    caller: Caller,
    every: Duration,
    file: PathBuf,
    key: PublicKey,
    counts: Arc<FetchCounts>,
}

/// A policy that is there: its digest, and when it was made, seconds since 1970.
type Has = ([u8; 32], u64);

impl Fetcher {
    /// None where the settings name no portal.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(settings: &Settings, counts: &Arc<FetchCounts>) -> io::Result<Option<Self>> {
        let Fetch { portal: Some(portal), token, every } = settings.fetch.clone() else { return Ok(None) };
        let caller = Caller::new(portal, token, &settings.upstream.roots)?;
        let (file, key) = settings.snapshot.clone();
        Ok(Some(Self { caller, every, file, key, counts: counts.clone() }))
    }

    /// Fetches for ever.
    pub async fn run(self, rules: Arc<ArcSwap<Rules>>) {
        let mut well = true;
        // What was put into its place, and what was in force then: until it is in force it is not fetched again.
        let mut put: Option<(Has, Has)> = None;
        loop {
            let in_force = rules.load().has();
            let has = put.filter(|(_, then)| *then == in_force).map_or(in_force, |(newer, _)| newer);
            let outcome = self.once(Some(has)).await;
            if let Ok(Some(newer)) = &outcome {
                put = Some((*newer, in_force));
            }
            match outcome {
                Ok(_) if !well => {
                    well = true;
                    tracing::info!(portal = %self.caller.portal(), "the portal answers again");
                }
                Err(error) if well => {
                    well = false;
                    tracing::warn!(portal = %self.caller.portal(), %error, "no policy was fetched; the one in force stays");
                }
                _ => {}
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// Not quite as long as the settings say, so that edges that were started together do not ask together for ever.
    fn pause(&self) -> Duration {
        let mut octet = [0];
        // Without a random number the whole time will do.
        let _ = getrandom::fill(&mut octet);
        self.every - self.every / 4 * u32::from(octet[0]) / 256
    }

    /// Asks once; the newer policy, where one was put into its place.
    ///
    /// # Errors
    /// [`FetchError`]; what is in its place stays.
    pub async fn once(&self, has: Option<Has>) -> Result<Option<Has>, FetchError> {
        let part = self.file.with_extension("fetched");
        let outcome = self.fetch(has, &part).await;
        let count = match &outcome {
            Ok(Some(_)) => &self.counts.new,
            Ok(None) => &self.counts.same,
            Err(FetchError::Io(_)) => &self.counts.failed,
            Err(FetchError::Refused(_)) => &self.counts.refused,
        };
        count.fetch_add(1, Ordering::Relaxed);
        if outcome.is_err() {
            // It may not be there at all.
            let _ = std::fs::remove_file(&part);
        }
        outcome
    }

    async fn fetch(&self, has: Option<Has>, part: &Path) -> Result<Option<Has>, FetchError> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the portal does not answer in time");
        let response = timeout(PATIENCE, self.ask(has)).await.map_err(late)??;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(None),
            StatusCode::NOT_FOUND => {
                return Err(io::Error::other("the portal knows no edge with this token").into());
            }
            other => return Err(io::Error::other(format!("the portal answers {other}")).into()),
        }
        take(response, part).await?;
        let (part, file, key) = (part.to_owned(), self.file.clone(), self.key);
        let verified = tokio::task::spawn_blocking(move || put(&part, &file, &key, has));
        verified.await.map_err(io::Error::other)?.map(Some)
    }

    /// Sends the question and waits for the head of the answer.
    async fn ask(&self, has: Option<Has>) -> io::Result<Response<Incoming>> {
        let mut request = Request::get(PATH);
        if let Some((digest, _)) = has {
            let tag: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
            request = request.header(IF_NONE_MATCH, format!("\"{tag}\""));
        }
        self.caller.send(request, Empty::<Bytes>::new()).await
    }
}

/// Writes what the portal sends into a file.
async fn take(response: Response<Incoming>, part: &Path) -> io::Result<()> {
    let said =
        response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let length =
        said.filter(|length| *length <= MOST).ok_or_else(|| io::Error::other("no length that can be"))?;
    let (mut body, mut file, mut taken) = (response.into_body(), tokio::fs::File::create(part).await?, 0);
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the portal stopped in the middle");
    while let Some(frame) = timeout(PATIENCE, body.frame()).await.map_err(late)? {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        taken += data.len() as u64;
        if taken > length {
            return Err(io::Error::other("more than the length that was said"));
        }
        file.write_all(&data).await?;
    }
    if taken < length {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "less than the length that was said"));
    }
    file.sync_all().await
}

/// Verifies every octet of a file, and puts it whole into its place.
fn put(part: &Path, file: &Path, key: &PublicKey, has: Option<Has>) -> Result<Has, FetchError> {
    let snapshot = load(part, key).map_err(|error| FetchError::Refused(error.to_string()))?;
    if let Some((_, created_s)) = has.filter(|(_, created_s)| snapshot.created_s() < *created_s) {
        let older_s = created_s - snapshot.created_s();
        return Err(FetchError::Refused(format!(
            "the portal's policy is {older_s} s older than the one in force"
        )));
    }
    std::fs::rename(part, file)?;
    Ok((snapshot.digest(), snapshot.created_s()))
}

/// The first policy of an edge that has none yet.
///
/// # Errors
/// [`FetchError`].
pub fn first(settings: &Settings, counts: &Arc<FetchCounts>) -> Result<(), FetchError> {
    if settings.snapshot.0.exists() {
        return Ok(());
    }
    let Some(fetcher) = Fetcher::new(settings, counts)? else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(fetcher.once(None)).map(drop)
}
