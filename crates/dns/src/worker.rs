//! Datagrams: a thread with a socket of its own takes a batch, answers it, sends a batch.

use crate::cache::{Answer, Question};
use crate::pipeline::{self, Client, Core, Outcome, Shared};
use crate::rules::{Now, Rules};
use crate::wire;
use arc_swap::ArcSwap;
use evenfield_events::Transport;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};
use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use tokio::sync::mpsc::Sender;

/// Datagrams of a batch: more than 16 gain nothing on the machines that were measured.
const BATCH: usize = 32;
/// No query is longer; what is, ends early and is refused as malformed.
const LONGEST_QUERY: usize = 4_096;
const LONGEST_ANSWER: usize = wire::UDP_SIZE as usize;

/// A query that has to be asked upstream.
pub struct Miss {
    /// What upstream is asked.
    pub question: Question,
    /// The query.
    pub asked: Box<[u8]>,
    /// Who asks.
    pub client: Client,
    /// Where the answer goes.
    pub to: SocketAddr,
    /// From which socket.
    pub socket: Arc<UdpSocket>,
    /// Which core wants to keep the answer.
    pub keep: SyncSender<(Question, Arc<Answer>)>,
}

/// One thread's things.
pub struct Worker {
    /// The socket.
    pub socket: Arc<UdpSocket>,
    /// What it has for itself.
    pub core: Core,
    /// What is the same for all.
    pub shared: Arc<Shared>,
    /// What is in force.
    pub rules: Arc<ArcSwap<Rules>>,
    /// Answers to what it could not answer.
    pub answers: Receiver<(Question, Arc<Answer>)>,
    /// The other end, to be handed on.
    pub keep: SyncSender<(Question, Arc<Answer>)>,
    /// Where it hands on what it cannot answer.
    pub misses: Sender<Miss>,
    /// Whether to end.
    pub stop: Arc<AtomicBool>,
}

/// What became of each datagram of a batch: the octets to send, and where.
type Answers = [Option<(usize, SockaddrStorage)>; BATCH];

impl Worker {
    /// Works until told to stop.
    pub fn run(mut self) {
        let mut queries = Box::new([[0; LONGEST_QUERY]; BATCH]);
        let mut answers = Box::new([[0; LONGEST_ANSWER]; BATCH]);
        let mut receive = MultiHeaders::preallocate(BATCH, None);
        let mut send = MultiHeaders::preallocate(BATCH, None);
        while !self.stop.load(Ordering::Relaxed) {
            let mut came = [None; BATCH];
            let count = match self.receive(&mut receive, &mut queries, &mut came) {
                Ok(count) => count,
                // Nothing for a second, or a signal: time to look whether to stop.
                Err(Errno::EAGAIN | Errno::EINTR) => 0,
                // The answer to an earlier datagram came back as an error.
                Err(_) => continue,
            };
            while let Ok((question, answer)) = self.answers.try_recv() {
                self.core.cache.keep(&question.key(), answer);
            }
            let mut outcomes: Answers = [None; BATCH];
            let rules = self.rules.load();
            let now = rules.now();
            for n in 0..count {
                let Some((length, from)) = came[n] else { continue };
                let length = self.one(&now, &queries[n][..length], from, &mut answers[n]);
                outcomes[n] = length.map(|length| (length, from));
            }
            drop(rules);
            self.send(&mut send, &answers, &outcomes);
        }
    }

    fn receive(
        &self,
        headers: &mut MultiHeaders<SockaddrStorage>,
        queries: &mut [[u8; LONGEST_QUERY]; BATCH],
        came: &mut Answers,
    ) -> Result<usize, Errno> {
        let mut slices = queries.each_mut().map(|query| [IoSliceMut::new(query)]);
        let fd = self.socket.as_raw_fd();
        let received = recvmmsg(fd, headers, slices.iter_mut(), MsgFlags::MSG_WAITFORONE, None)?;
        let mut count = 0;
        for (place, message) in came.iter_mut().zip(received) {
            *place = message.address.map(|from| (message.bytes.min(LONGEST_QUERY), from));
            count += 1;
        }
        Ok(count)
    }

    /// Answers one query, or hands it on.
    #[inline]
    fn one(&mut self, now: &Now<'_>, asked: &[u8], from: SockaddrStorage, out: &mut [u8]) -> Option<usize> {
        let to = address(&from)?;
        let client = Client { address: to.ip(), transport: Transport::Udp, device: None };
        match pipeline::answer(&mut self.core, &self.shared, now, &client, asked, out) {
            Outcome::Send(length) => Some(length),
            Outcome::Nothing => None,
            Outcome::Resolve(question) => {
                let (socket, keep) = (self.socket.clone(), self.keep.clone());
                let miss = Miss { question, asked: asked.into(), client, to, socket, keep };
                // Never waits: when too much waits for upstream already, the client asks again.
                if self.misses.try_send(miss).is_err() {
                    self.core.counters.overloaded.add();
                }
                None
            }
        }
    }

    fn send(
        &self,
        headers: &mut MultiHeaders<SockaddrStorage>,
        answers: &[[u8; LONGEST_ANSWER]; BATCH],
        outcomes: &Answers,
    ) {
        let mut slices = [[IoSlice::new(&[])]; BATCH];
        let mut to = [None; BATCH];
        let mut count = 0;
        for (answer, outcome) in answers.iter().zip(outcomes) {
            if let Some((length, from)) = outcome {
                slices[count] = [IoSlice::new(&answer[..*length])];
                to[count] = Some(*from);
                count += 1;
            }
        }
        let mut begin = 0;
        while begin < count {
            let rest = slices[begin..count].iter();
            let fd = self.socket.as_raw_fd();
            match sendmmsg(fd, headers, rest, &to[begin..count], [], MsgFlags::empty()) {
                Ok(sent) => begin += sent.count().max(1),
                // The first of them cannot be sent: the others can.
                Err(_) => {
                    self.core.counters.send_errors.add();
                    begin += 1;
                }
            }
        }
    }
}

#[inline]
fn address(from: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = from.as_sockaddr_in() {
        return Some(SocketAddr::new(IpAddr::V4(v4.ip()), v4.port()));
    }
    let v6 = from.as_sockaddr_in6()?;
    let address = std::net::SocketAddrV6::new(v6.ip(), v6.port(), v6.flowinfo(), v6.scope_id());
    Some(SocketAddr::V6(address))
}
