//! Questions by QUIC, RFC 9250: each a stream of one connection.

use super::UpstreamCounts;
use super::kept::Connection;
use super::message::{Shape, answered, message};
use crate::cache::Question;
use crate::wire::{Checked, framed, unframed};
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
        answered(question, unframed(&answer).unwrap_or_default(), &self.counts)
    }
}
