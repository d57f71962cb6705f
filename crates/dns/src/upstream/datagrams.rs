//! Questions by UDP, from ports that are kept for a while.
//!
//! Against answers by somebody who does not see the question (RFC 5452) stand: the port, which the system draws and
//! which is one of [`PORTS`] that are in use, each for [`LIFE`] or [`USES`] questions at most; the id, 16 bits; the
//! letters of the name, a bit each; a socket that takes datagrams of the server's address alone; and that the same is
//! asked once for all who wait. For whoever does not know the ports they are as good as a new one each time.

use super::message::{Shape, Waiting, message, mixed, random};
use super::{UpstreamCounts, local_for, lock};
use crate::cache::Question;
use crate::wire::{Checked, rcode};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// Ports in use at the same time; one is drawn for each question.
const PORTS: usize = 16;
/// For so long, and for so many questions, a port is used.
const LIFE: Duration = Duration::from_secs(5);
const USES: u32 = 512;
/// For so long after that answers are still taken: longer than anybody waits.
const AFTER: Duration = Duration::from_secs(20);
/// The longest datagram that is read whole.
const LONGEST: usize = 4_096;

/// A port.
struct Port {
    socket: UdpSocket,
    waiting: Arc<Waiting>,
    until: Instant,
    uses: AtomicU32,
}

impl Port {
    fn is_over(&self) -> bool {
        self.uses.load(Ordering::Relaxed) >= USES || Instant::now() >= self.until
    }

    /// Gives out what comes, until the port's time is over.
    async fn read(self: Arc<Self>, counts: Arc<UpstreamCounts>) {
        let mut buffer = [0; LONGEST];
        while !(self.is_over() && self.waiting.is_empty()) {
            match timeout_at(self.until + AFTER, self.socket.recv(&mut buffer)).await {
                Ok(Ok(length)) => {
                    if !self.waiting.give(&buffer[..length]) {
                        // Somebody guesses, or an old answer comes late.
                        counts.ignored.fetch_add(1, Ordering::Relaxed);
                    }
                }
                // Nobody listens there: whoever waits need not wait longer.
                Ok(Err(_)) => self.waiting.close(),
                Err(_) => break,
            }
        }
        self.waiting.close();
    }
}

/// The ports to one server.
pub struct Datagrams {
    server: SocketAddr,
    ports: Mutex<[Option<Arc<Port>>; PORTS]>,
    counts: Arc<UpstreamCounts>,
}

impl Datagrams {
    /// For this server.
    pub fn new(server: SocketAddr, counts: Arc<UpstreamCounts>) -> Self {
        Self { server, ports: Mutex::default(), counts }
    }

    /// Asks; a [`Checked`] that is truncated says that it has to be asked by TCP.
    ///
    /// # Errors
    /// When the system has no port or no way there. Nothing when nobody answers: whoever asks sets a time.
    pub async fn ask(&self, question: &Question) -> io::Result<Checked> {
        let checked = self.once(question, Shape::Plain).await?;
        match checked.rcode {
            // A server of before EDNS, RFC 6891 section 7.
            rcode::FORMERR | rcode::NOTIMP if !question.dnssec_ok => self.once(question, Shape::Bare).await,
            _ => Ok(checked),
        }
    }

    async fn once(&self, question: &Question, shape: Shape) -> io::Result<Checked> {
        let port = self.port()?;
        let name = mixed(&question.name)?;
        let ticket = port.waiting.join(name.clone(), question.qtype)?;
        self.counts.asked.fetch_add(1, Ordering::Relaxed);
        port.socket.send(&message(question, &name, ticket.id, shape)).await?;
        ticket.answer().await
    }

    /// One of the ports, by chance; a new one where the old one's time is over.
    fn port(&self) -> io::Result<Arc<Port>> {
        let mut place = [0];
        random(&mut place)?;
        let mut ports = lock(&self.ports);
        let place = &mut ports[usize::from(place[0]) % PORTS];
        if let Some(port) = place.as_ref().filter(|port| !port.is_over()) {
            port.uses.fetch_add(1, Ordering::Relaxed);
            return Ok(port.clone());
        }
        // The system draws the port; the connection lets through what comes from the server's address alone.
        let socket = std::net::UdpSocket::bind(local_for(self.server))?;
        socket.connect(self.server)?;
        socket.set_nonblocking(true)?;
        let port = Arc::new(Port {
            socket: UdpSocket::from_std(socket)?,
            waiting: Arc::default(),
            until: Instant::now() + LIFE,
            uses: AtomicU32::new(1),
        });
        tokio::spawn(port.clone().read(self.counts.clone()));
        *place = Some(port.clone());
        Ok(port)
    }
}
