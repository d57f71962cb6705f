//! Questions by QUIC, RFC 9250: each a stream of one connection.

use super::UpstreamCounts;
use super::kept::Connection;
use super::message::{Shape, message};
use crate::cache::Question;
use crate::wire::{Checked, check, framed};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const LONGEST: usize = u16::MAX as usize + 2;

/// A QUIC connection to a server.
pub struct Quic {
    /// The connection.
    pub connection: quinn::Connection,
    /// What is counted.
    pub counts: Arc<UpstreamCounts>,
}

impl Connection for Quic {
    fn is_open(&self) -> bool {
        self.connection.close_reason().is_none()
    }

    async fn ask(&self, question: &Question) -> io::Result<Checked> {
        let (mut send, mut receive) = self.connection.open_bi().await?;
        self.counts.asked.fetch_add(1, Ordering::Relaxed);
        // Id 0, RFC 9250 section 4.2.1.
        send.write_all(&framed(&message(question, &question.name, 0, Shape::Padded))).await?;
        send.finish().map_err(io::Error::other)?;
        let answer = receive.read_to_end(LONGEST).await.map_err(io::Error::other)?;
        let message = answer
            .split_first_chunk::<2>()
            .filter(|(length, message)| usize::from(u16::from_be_bytes(**length)) == message.len());
        let checked = message.and_then(|(_, message)| check(&question.name, question.qtype, 0, message));
        checked.filter(|checked| !checked.truncated).ok_or_else(|| {
            self.counts.ignored.fetch_add(1, Ordering::Relaxed);
            io::Error::new(io::ErrorKind::InvalidData, "what the server sent is no answer to what was asked")
        })
    }
}
