//! Questions on a stream, many at the same time, told apart by their ids: TCP (RFC 7766), and TLS (RFC 7858).

use super::UpstreamCounts;
use super::kept::Connection;
use super::message::{Shape, Waiting, message};
use crate::cache::Question;
use crate::wire::{Checked, framed};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

/// Messages that wait to be written.
const QUEUE: usize = 256;
/// Octets that are written at once when many wait.
const TOGETHER: usize = 8 << 10;

/// A stream to a server.
pub struct Stream {
    send: mpsc::Sender<Vec<u8>>,
    waiting: Arc<Waiting>,
    counts: Arc<UpstreamCounts>,
    shape: Shape,
}

impl Connection for Stream {
    fn is_open(&self) -> bool {
        !self.send.is_closed()
    }

    async fn ask(&self, question: &Question) -> io::Result<Checked> {
        let ticket = self.waiting.join(question.name.clone(), question.qtype)?;
        self.counts.asked.fetch_add(1, Ordering::Relaxed);
        let message = framed(&message(question, &question.name, ticket.id, self.shape));
        let closed = |_| io::Error::new(io::ErrorKind::BrokenPipe, "closed by the server");
        self.send.send(message).await.map_err(closed)?;
        let checked = ticket.answer().await?;
        if checked.truncated {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an answer is cut off although it need not be",
            ));
        }
        Ok(checked)
    }
}

impl Stream {
    /// Takes over a stream that is connected.
    pub fn new<S>(stream: S, shape: Shape, counts: Arc<UpstreamCounts>) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (read, write) = tokio::io::split(stream);
        let (send, queue) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Waiting::default());
        let (to_give, counted) = (waiting.clone(), counts.clone());
        tokio::spawn(async move {
            // Whichever ends first ends the other: what is left of one half is of no use.
            tokio::select! {
                _ = reading(read, &to_give, &counted) => {}
                _ = writing(write, queue) => {}
            }
            to_give.close();
        });
        Self { send, waiting, counts, shape }
    }
}

async fn reading(
    mut read: impl AsyncRead + Unpin,
    waiting: &Waiting,
    counts: &UpstreamCounts,
) -> io::Result<()> {
    let mut read = tokio::io::BufReader::new(&mut read);
    let mut message = Vec::new();
    loop {
        let length = usize::from(read.read_u16().await?);
        message.resize(length, 0);
        read.read_exact(&mut message).await?;
        if !waiting.give(&message) {
            counts.ignored.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn writing(mut write: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    while let Some(mut octets) = queue.recv().await {
        while octets.len() < TOGETHER
            && let Ok(more) = queue.try_recv()
        {
            octets.extend_from_slice(&more);
        }
        write.write_all(&octets).await?;
        write.flush().await?;
    }
    write.shutdown().await
}
