//! Facts to the portal, whenever there is a link: one batch at a time, each until it is acknowledged.

use crate::facts::Batch;
use crate::keeper::Keeper;
use evenfield_dns::Caller;
pub use evenfield_dns::Portal;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Where a portal takes facts.
pub const PATH: &str = "/edge/facts";
/// About so many octets go at a time: half a minute on a poor link.
const BATCH: usize = 256 << 10;
/// How long the portal may take for a batch.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait when there is nothing to send, and between tries, at first and at most.
const IDLE: Duration = Duration::from_secs(5);
const TRY_AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));
/// The longest answer.
const LONGEST_ANSWER: usize = 4_096;

/// What the portal answers.
#[derive(Debug, Deserialize)]
struct Answer {
    mark: u64,
}

/// Sends facts.
pub struct Uploader {
    caller: Caller,
}

impl Uploader {
    /// A sender to this portal, with the token in this file. The portal's certificate must come from one of `roots`.
    ///
    /// # Errors
    /// When the roots cannot be read.
    pub fn new(portal: Portal, token: PathBuf, roots: &Path) -> io::Result<Self> {
        Ok(Self { caller: Caller::new(portal, token, roots)? })
    }

    /// Sends for ever.
    pub async fn run(self, keeper: Keeper) {
        let (mut well, mut pause) = (true, TRY_AGAIN.0);
        loop {
            let Some(batch) = keeper.batch(BATCH).await else {
                sleep(IDLE).await;
                continue;
            };
            match self.send(&batch).await {
                Ok(mark) => {
                    if !well {
                        tracing::info!("the portal takes facts again");
                    }
                    (well, pause) = (true, TRY_AGAIN.0);
                    keeper.acknowledge(batch.head.boot, mark).await;
                }
                Err(error) => {
                    if well {
                        tracing::warn!(%error, "facts stay here until the portal takes them");
                    }
                    well = false;
                    sleep(pause).await;
                    pause = (pause * 2).min(TRY_AGAIN.1);
                }
            }
        }
    }

    /// Sends a batch; the portal's mark of its boot, also where it wants earlier facts first.
    async fn send(&self, batch: &Batch) -> io::Result<u64> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the portal does not answer in time");
        let (status, answer) = timeout(PATIENCE, self.exchange(batch)).await.map_err(late)??;
        match status {
            StatusCode::OK | StatusCode::CONFLICT => {
                let answer: Answer = serde_json::from_slice(&answer).map_err(io::Error::other)?;
                if status == StatusCode::OK && answer.mark < batch.head.through {
                    return Err(io::Error::other("the portal says that it has less than it was sent"));
                }
                Ok(answer.mark)
            }
            StatusCode::NOT_FOUND => Err(io::Error::other("the portal knows no bus with this token")),
            other => Err(io::Error::other(format!("the portal answers {other}"))),
        }
    }

    async fn exchange(&self, batch: &Batch) -> io::Result<(StatusCode, Bytes)> {
        let body = batch.write().ok_or_else(|| io::Error::other("a fact that fits no line"))?;
        let request = Request::post(PATH).header(CONTENT_TYPE, "application/x-ndjson");
        let response = self.caller.send(request, Full::new(Bytes::from(body))).await?;
        let status = response.status();
        let answer = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
        Ok((status, answer.map_err(io::Error::other)?.to_bytes()))
    }
}
