//! One question to one server: by UDP from a port of its own, by TCP when the answer does not fit.

use super::UpstreamCounts;
use crate::cache::Question;
use crate::wire::{Checked, UDP_SIZE, check, framed, qtype, rcode};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// Whom to ask and how.
pub struct Exchange<'a> {
    /// The server.
    pub server: SocketAddr,
    /// How long each try may take.
    pub timeout: Duration,
    /// What is counted.
    pub counts: &'a UpstreamCounts,
}

/// Asks.
pub async fn ask(exchange: &Exchange<'_>, question: &Question) -> io::Result<Checked> {
    let checked = datagrams(exchange, question, true).await?;
    let checked = match checked.rcode {
        // A server of before EDNS, RFC 6891 section 7.
        rcode::FORMERR | rcode::NOTIMP if !question.dnssec_ok => datagrams(exchange, question, false).await?,
        _ => checked,
    };
    if checked.truncated { stream(exchange, question).await } else { Ok(checked) }
}

async fn datagrams(exchange: &Exchange<'_>, question: &Question, edns: bool) -> io::Result<Checked> {
    let any = match exchange.server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    // The system draws the port; the connection lets through what comes from the server's address alone.
    let socket = UdpSocket::bind(any).await?;
    socket.connect(exchange.server).await?;
    let id = random()?;
    exchange.counts.asked.fetch_add(1, Ordering::Relaxed);
    socket.send(&message(question, id, edns)).await?;
    let mut buffer = [0; 4_096];
    let wait = async {
        loop {
            let length = socket.recv(&mut buffer).await?;
            match check(&question.name, question.qtype, id, &buffer[..length]) {
                Some(checked) => return Ok(checked),
                // Somebody guesses, or an old answer comes late.
                None => exchange.counts.ignored.fetch_add(1, Ordering::Relaxed),
            };
        }
    };
    timeout(exchange.timeout, wait).await?
}

async fn stream(exchange: &Exchange<'_>, question: &Question) -> io::Result<Checked> {
    let id = random()?;
    let message = message(question, id, true);
    let talk = async {
        let mut stream = TcpStream::connect(exchange.server).await?;
        exchange.counts.asked.fetch_add(1, Ordering::Relaxed);
        stream.write_all(&framed(&message)).await?;
        let mut answer = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    };
    let answer: io::Result<Vec<u8>> = timeout(exchange.timeout, talk).await?;
    check(&question.name, question.qtype, id, &answer?).filter(|checked| !checked.truncated).ok_or_else(
        || io::Error::new(io::ErrorKind::InvalidData, "what came by TCP is no answer to what was asked"),
    )
}

fn random() -> io::Result<u16> {
    Ok(getrandom::u32().map_err(io::Error::other)? as u16)
}

/// The question as a message: recursion desired, with room for a larger answer.
fn message(question: &Question, id: u16, edns: bool) -> Vec<u8> {
    let flags = 0x0100 | u16::from(question.checking_disabled) << 4 | u16::from(question.dnssec_ok) << 5;
    let mut message = Vec::with_capacity(12 + question.name.len() + 4 + 11);
    for number in [id, flags, 1, 0, 0, u16::from(edns)] {
        message.extend_from_slice(&number.to_be_bytes());
    }
    message.extend_from_slice(&question.name);
    for number in [question.qtype, 1] {
        message.extend_from_slice(&number.to_be_bytes());
    }
    if edns {
        message.push(0);
        for number in [qtype::OPT, UDP_SIZE, 0, u16::from(question.dnssec_ok) << 15, 0] {
            message.extend_from_slice(&number.to_be_bytes());
        }
    }
    message
}
