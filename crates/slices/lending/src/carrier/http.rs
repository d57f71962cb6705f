//! What carriers' interfaces have in common: an answer of some length, read whole, and patience with "too many requests".

use futures_util::StreamExt;
use reqwest::{Client, RequestBuilder, Response, header};
use std::time::Duration;

/// The largest answer, bytes: some thousand lines with all their fields.
const ANSWER: usize = 8 * 1024 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often something is asked that was asked too often.
const TRIES: u32 = 4;
/// The longest wait before it is asked again.
const WAIT: Duration = Duration::from_secs(30);

/// What was said.
pub struct Said {
    /// The status.
    pub status: u16,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Said {
    /// The body of an answer that is one.
    ///
    /// # Errors
    /// The status of another.
    pub fn sound(self) -> Result<Vec<u8>, String> {
        if (200..300).contains(&self.status) {
            Ok(self.bytes)
        } else {
            Err(format!("status {}", self.status))
        }
    }
}

/// A client that follows no redirect and waits no longer than it should.
///
/// # Errors
/// When there is none to be had.
pub fn client() -> Result<Client, reqwest::Error> {
    Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build()
}

/// Reads an answer whole.
///
/// # Errors
/// Why it is not whole.
pub async fn body(answer: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut stream = answer.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| error.without_url().to_string())?;
        if bytes.len() + piece.len() > ANSWER {
            return Err(format!("an answer of more than {ANSWER} bytes"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// How long to wait before the next try: as long as the carrier says, in seconds, or longer each time.
fn wait(answer: &Response, tried: u32) -> Duration {
    let said = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    said.map_or_else(|| Duration::from_secs(1 << tried), Duration::from_secs).min(WAIT)
}

/// Asks, and asks again after a while when it was too often: what is answered with 429 was not done.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(request: impl Fn() -> RequestBuilder) -> Result<Said, String> {
    let mut tried = 0;
    loop {
        let answer = request().send().await.map_err(|error| error.without_url().to_string())?;
        let status = answer.status().as_u16();
        tried += 1;
        if status == 429 && tried < TRIES {
            tokio::time::sleep(wait(&answer, tried - 1)).await;
            continue;
        }
        return Ok(Said { status, bytes: body(answer).await? });
    }
}
