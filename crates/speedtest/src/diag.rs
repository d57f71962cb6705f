//! Asks the kernel for what it knows of one of our connections.
//!
//! `getsockopt(TCP_INFO)` has no safe function in any kept crate, and our code has no `unsafe` block. The kernel gives the same structure,
//! and BBR's, by `sock_diag` (netlink, linux/inet_diag.h) for the connection of two addresses: a look-up by hash, that needs no
//! privilege. It is the socket below TLS that is asked about. See `docs/adr/0008-tcp-info.md`.

use crate::tcp_info::{BbrInfo, TcpInfo};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const IPPROTO_TCP: u8 = 6;
const INET_DIAG_INFO: u16 = 2;
/// BBR's answer comes when Vegas' is asked for: its own bit does not fit into the field.
const INET_DIAG_VEGASINFO: u16 = 3;
const INET_DIAG_BBRINFO: u16 = 16;
/// `struct nlmsghdr`.
const HEADER: usize = 16;
/// `struct inet_diag_msg`.
const MESSAGE: usize = 72;
/// The answer is there when the question is sent; it is waited for in case it is not.
const PATIENCE: Duration = Duration::from_millis(200);
/// Answers to earlier questions that are passed over.
const STALE: usize = 8;

/// What the kernel said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Of TCP.
    pub tcp: TcpInfo,
    /// Of BBR, where it is what controls the connection.
    pub bbr: Option<BbrInfo>,
}

/// A socket to the kernel, for all connections.
#[derive(Debug)]
pub struct Diag {
    socket: Mutex<Socket>,
    sequence: AtomicU32,
}

impl Diag {
    /// Opens it.
    ///
    /// # Errors
    /// When the system has no `sock_diag`.
    pub fn open() -> io::Result<Self> {
        let socket =
            Socket::new(Domain::from(AF_NETLINK), Type::DGRAM, Some(Protocol::from(NETLINK_SOCK_DIAG)))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { socket: Mutex::new(socket), sequence: AtomicU32::new(1) })
    }

    /// What the kernel knows of the connection from `local` to `peer`, at `elapsed` microseconds of its test.
    ///
    /// # Errors
    /// When there is no such connection any more, or the kernel does not say.
    pub fn ask(&self, local: SocketAddr, peer: SocketAddr, elapsed: u64) -> io::Result<Kernel> {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let mut socket = self.socket.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        socket.send(&question(local, peer, sequence))?;
        let mut answer = [0; 4096];
        for _ in 0..STALE {
            let octets = socket.read(&mut answer)?;
            if let Some(said) = read(&answer[..octets], sequence, elapsed) {
                return said;
            }
        }
        Err(io::Error::other("the kernel answers other questions"))
    }
}

/// The question: `struct nlmsghdr` and `struct inet_diag_req_v2`.
fn question(local: SocketAddr, peer: SocketAddr, sequence: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + 56);
    out.extend(((HEADER + 56) as u32).to_ne_bytes());
    out.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    out.extend(NLM_F_REQUEST.to_ne_bytes());
    out.extend(sequence.to_ne_bytes());
    out.extend(0u32.to_ne_bytes());
    let family = if local.is_ipv6() { AF_INET6 } else { AF_INET };
    let wanted = (1 << (INET_DIAG_INFO - 1)) | (1 << (INET_DIAG_VEGASINFO - 1));
    out.extend([family, IPPROTO_TCP, wanted, 0]);
    out.extend(u32::MAX.to_ne_bytes());
    out.extend(local.port().to_be_bytes());
    out.extend(peer.port().to_be_bytes());
    for address in [local.ip(), peer.ip()] {
        match address {
            IpAddr::V4(address) => {
                out.extend(address.octets());
                out.extend([0; 12]);
            }
            IpAddr::V6(address) => out.extend(address.octets()),
        }
    }
    // Any interface (a link-local address needs its own), and no cookie.
    let interface = if let SocketAddr::V6(local) = local { local.scope_id() } else { 0 };
    out.extend(interface.to_ne_bytes());
    out.extend([0xFF; 8]);
    out
}

/// Reads an answer; `None` when it is to another question.
fn read(answer: &[u8], sequence: u32, elapsed: u64) -> Option<io::Result<Kernel>> {
    let word = |at: usize| answer.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    let half = |at: usize| answer.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes);
    if word(8) != Some(sequence) {
        return None;
    }
    let length = (word(0)? as usize).min(answer.len());
    match half(4)? {
        SOCK_DIAG_BY_FAMILY => {}
        NLMSG_ERROR => {
            let code = word(HEADER)? as i32;
            return Some(Err(io::Error::from_raw_os_error(code.checked_neg().unwrap_or(code))));
        }
        _ => return Some(Err(io::Error::other("the kernel says something else"))),
    }
    let (mut tcp, mut bbr) = (None, None);
    let mut at = HEADER + MESSAGE;
    while let (Some(size), Some(kind)) = (half(at), half(at + 2)) {
        let end = at + usize::from(size);
        if usize::from(size) < 4 || end > length {
            break;
        }
        let payload = &answer[at + 4..end];
        match kind {
            INET_DIAG_INFO => tcp = Some(TcpInfo::read(payload, elapsed)),
            INET_DIAG_BBRINFO => bbr = BbrInfo::read(payload, elapsed),
            _ => {}
        }
        at += usize::from(size).next_multiple_of(4);
    }
    Some(tcp.map(|tcp| Kernel { tcp, bbr }).ok_or_else(|| io::Error::other("the kernel says nothing of TCP")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};

    fn pair(listen: &str, connect: &str) -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind(listen).expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let client = TcpStream::connect((connect, port)).expect("connected");
        (listener.accept().expect("accepted").0, client)
    }

    #[test]
    fn the_kernel_counts_what_was_sent_and_acknowledged() {
        let diag = Diag::open().expect("sock_diag");
        for (listen, connect) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1"), ("[::]:0", "127.0.0.1")] {
            let (mut server, mut client) = pair(listen, connect);
            server.write_all(&[1; 1_000]).expect("sent");
            client.read_exact(&mut [0; 1_000]).expect("received");
            client.write_all(&[1; 300]).expect("sent");
            server.read_exact(&mut [0; 300]).expect("received");
            let ends = (server.local_addr().expect("ours"), server.peer_addr().expect("theirs"));
            let said = diag.ask(ends.0, ends.1, 7).expect("an answer").tcp;
            assert_eq!((said.bytes_sent, said.bytes_retrans, said.elapsed_time), (Some(1_000), Some(0), 7));
            assert_eq!(
                (said.bytes_received, said.bytes_acked.map(|octets| octets / 1_000)),
                (Some(300), Some(1))
            );
            assert!(said.min_rtt.is_some_and(|rtt| rtt < 1_000_000), "{said:?}");
            drop((server, client));
            // The side that closed last is gone at once; the question is answered either way.
            let nobody = "192.0.2.1:9".parse().expect("an address");
            assert!(diag.ask(ends.0, nobody, 7).is_err());
        }
    }

    #[test]
    fn bbr_is_told_where_it_is_in_force() {
        let (mut server, mut client) = pair("127.0.0.1:0", "127.0.0.1");
        let socket = socket2::SockRef::from(&server);
        let ends = (server.local_addr().expect("ours"), server.peer_addr().expect("theirs"));
        let diag = Diag::open().expect("sock_diag");
        socket.set_tcp_congestion(b"reno").expect("every kernel has it");
        assert_eq!(diag.ask(ends.0, ends.1, 0).expect("an answer").bbr, None);
        if socket.set_tcp_congestion(b"bbr").is_ok() {
            server.write_all(&[1; 1_000]).expect("sent");
            client.read_exact(&mut [0; 1_000]).expect("received");
            let said = diag.ask(ends.0, ends.1, 3).expect("an answer").bbr.expect("BBR's own");
            // From 88 of 256ths, when a queue is drained, to 739 at the start, linux/tcp_bbr.c; 0 before the first acknowledgement.
            assert!(said.pacing_gain <= 739 && said.elapsed_time == 3, "{said:?}");
        }
    }

    #[test]
    fn answers_to_other_questions_and_refusals_are_told_apart() {
        let mut refusal = vec![];
        refusal.extend(36u32.to_ne_bytes());
        refusal.extend(NLMSG_ERROR.to_ne_bytes());
        refusal.extend(0u16.to_ne_bytes());
        refusal.extend(5u32.to_ne_bytes());
        refusal.extend(0u32.to_ne_bytes());
        refusal.extend((-2i32).to_ne_bytes());
        let refused = read(&refusal, 5, 0).expect("to this question").expect_err("no such connection");
        assert_eq!(refused.raw_os_error(), Some(2));
        assert!(read(&refusal, 6, 0).is_none() && read(&refusal[..18], 5, 0).is_none());
    }

    proptest! {
        #[test]
        fn any_octets_are_an_answer_or_not(octets in prop::collection::vec(any::<u8>(), 12..400), kind in prop_oneof![Just(SOCK_DIAG_BY_FAMILY), Just(NLMSG_ERROR)]) {
            let mut octets = octets;
            octets[4..6].copy_from_slice(&kind.to_ne_bytes());
            octets[8..12].copy_from_slice(&9u32.to_ne_bytes());
            let _ = read(&octets, 9, 1);
        }
    }
}
