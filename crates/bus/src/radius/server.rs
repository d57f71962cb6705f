//! The server: datagrams in, answers out. Access is decided by the gate, EAP by an outside server, and accounting is
//! answered only when it is kept.

use super::door::{Arrived, Client, Door, Key, Port, Request, Why, begin_answer};
use super::packet::{LONGEST, Packet, attribute, code};
use super::proxy::{Outside, Proxy};
use super::report::Report;
use super::{Draft, dynamic};
use crate::gate::{Decision, Gate, Grant};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

/// ChilliSpot's limit of octets both ways: vendor, attribute.
const CHILLISPOT: (u32, u8) = (14_559, 3);
/// The first octet of our Class: the form of what follows.
const CLASS: u8 = 1;

/// A report, and where to say that it is kept.
pub type Kept = (Report, oneshot::Sender<bool>);

/// What happened, by number.
#[derive(Debug, Default)]
pub struct Counts {
    /// Accepted, rejected, shown the page, given to an outside server.
    pub decided: [AtomicU64; 4],
    /// Reports that were kept.
    pub reports: AtomicU64,
    /// Requests that came again.
    pub again: AtomicU64,
    /// What got no answer, by reason, in the order of [`Why::ALL`].
    pub silent: [AtomicU64; Why::ALL.len()],
}

impl Counts {
    fn silence(&self, why: Why) {
        if let Some(place) = Why::ALL.iter().position(|one| *one == why) {
            self.silent[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn decide(&self, place: usize) {
        self.decided[place].fetch_add(1, Ordering::Relaxed);
    }
}

/// Where an answer goes.
#[derive(Clone)]
struct Way(Arc<UdpSocket>, SocketAddr);

impl Way {
    /// Sends it; where there is no room it is lost, as a datagram may be, and the request comes again.
    fn send(&self, octets: &[u8]) {
        let _ = self.0.try_send_to(octets, self.1);
    }
}

/// The server.
pub struct Server {
    door: Mutex<Door>,
    proxy: Mutex<Proxy>,
    ways: Mutex<HashMap<Key, Way>>,
    gate: Arc<Mutex<Gate>>,
    reports: mpsc::Sender<Kept>,
    outside: Vec<UdpSocket>,
    start: Instant,
    /// What happened.
    pub counts: Counts,
}

/// A lock that is good also after a panic elsewhere: every change under it is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// A server for these clients. Reports go to `reports` and are answered when they are kept.
    ///
    /// # Errors
    /// When a socket for an outside server cannot be had.
    pub async fn new(
        clients: Vec<Client>,
        outside: Vec<Outside>,
        gate: Arc<Mutex<Gate>>,
        reports: mpsc::Sender<Kept>,
    ) -> io::Result<Arc<Self>> {
        let mut sockets = Vec::new();
        for server in &outside {
            let any: SocketAddr =
                if server.address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
            let socket = UdpSocket::bind(any).await?;
            socket.connect(server.address).await?;
            sockets.push(socket);
        }
        let server = Arc::new(Self {
            door: Mutex::new(Door::new(clients)),
            proxy: Mutex::new(Proxy::new(outside)),
            ways: Mutex::default(),
            gate,
            reports,
            outside: sockets,
            start: Instant::now(),
            counts: Counts::default(),
        });
        for number in 0..server.outside.len() {
            tokio::spawn(server.clone().hear(number));
        }
        tokio::spawn(server.clone().give_up());
        Ok(server)
    }

    fn now_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    /// Answers datagrams of a port for ever.
    pub async fn serve(self: Arc<Self>, socket: UdpSocket, port: Port) {
        let socket = Arc::new(socket);
        let mut buffer = vec![0; LONGEST + 1];
        loop {
            // An error is that of an earlier answer which nobody took.
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
            let way = || Way(socket.clone(), from);
            let arrived = lock(&self.door).open(from, port, &buffer[..length], self.now_ms());
            self.take(arrived, from, way);
        }
    }

    fn take(self: &Arc<Self>, arrived: Arrived<'_>, from: SocketAddr, way: impl Fn() -> Way) {
        match arrived {
            Arrived::Silence(why) => self.counts.silence(why),
            Arrived::Again(octets) => {
                self.counts.again.fetch_add(1, Ordering::Relaxed);
                way().send(&octets);
            }
            Arrived::Waiting(key) => {
                self.counts.silence(Why::Pending);
                let again = lock(&self.proxy).again(&key);
                if let Some((server, octets)) = again {
                    self.ask(server, &octets);
                }
            }
            Arrived::Request(request) => match request.packet.code() {
                code::ACCESS_REQUEST => self.access(&request, &way),
                code::ACCOUNTING_REQUEST => self.accounting(&request, from, way()),
                // Are you there? RFC 5997: an answer of the port's own kind.
                _ if request.key.port == Port::Accounting => {
                    self.send(&request, begin_answer(code::ACCOUNTING_RESPONSE, &request), &way());
                }
                _ => self.send(&request, begin_answer(code::ACCESS_ACCEPT, &request), &way()),
            },
        }
    }

    fn send(&self, request: &Request<'_>, draft: Draft, way: &Way) {
        let authenticator = request.packet.authenticator();
        if let Some(octets) = lock(&self.door).answer(&request.key, request.client, &authenticator, draft) {
            way.send(&octets);
        }
    }

    fn access(&self, request: &Request<'_>, way: &impl Fn() -> Way) {
        let secret = lock(&self.door).client(request.client).map(|client| client.secret.clone());
        let Some(secret) = secret else { return };
        let gate = lock(&self.gate);
        let decision = gate.decide(&request.packet, &secret, self.start.elapsed().as_secs());
        let rules = gate.rules().clone();
        drop(gate);
        match decision {
            Decision::Accept(grant) => {
                self.counts.decide(0);
                let mut draft = begin_answer(code::ACCESS_ACCEPT, request);
                allow(&mut draft, &grant, rules.idle_s, rules.interim_s);
                self.send(request, draft, &way());
            }
            Decision::Captive(filter) => {
                self.counts.decide(2);
                let mut draft = begin_answer(code::ACCESS_ACCEPT, request);
                draft.put(attribute::FILTER_ID, filter.as_bytes());
                draft.put_number(attribute::SESSION_TIMEOUT, rules.session_s);
                draft.put_number(attribute::ACCT_INTERIM_INTERVAL, rules.interim_s);
                self.send(request, draft, &way());
            }
            Decision::Reject(why) => {
                self.counts.decide(1);
                let mut draft = begin_answer(code::ACCESS_REJECT, request);
                draft.put(attribute::REPLY_MESSAGE, why.as_bytes());
                self.send(request, draft, &way());
            }
            Decision::Outside => self.forward(request, way()),
        }
    }

    fn forward(&self, request: &Request<'_>, way: Way) {
        self.counts.decide(3);
        let mut random = [0; 24];
        let sent = getrandom::fill(&mut random).ok().and_then(|()| {
            let (mark, ours) = (random.first_chunk::<8>()?, random.last_chunk::<16>()?);
            lock(&self.proxy).forward(request, (*mark, *ours), self.now_ms())
        });
        match sent {
            Some((server, octets)) => {
                lock(&self.ways).insert(request.key, way);
                self.ask(server, &octets);
            }
            None => self.unkept(&request.key),
        }
    }

    fn ask(&self, server: usize, octets: &[u8]) {
        if let Some(socket) = self.outside.get(server) {
            // What is lost is sent again when the client asks again.
            let _ = socket.try_send(octets);
        }
    }

    /// Hears an outside server for ever.
    async fn hear(self: Arc<Self>, number: usize) {
        let mut buffer = vec![0; LONGEST + 1];
        loop {
            let Ok(length) = self.outside[number].recv(&mut buffer).await else {
                // Nobody listens there; give_up() tells it.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            self.back(number, &buffer[..length]);
        }
    }

    fn back(&self, number: usize, datagram: &[u8]) {
        let secret = |client| lock(&self.door).client(client).map(|client| client.secret.clone());
        let Some(mut back) = lock(&self.proxy).back(number, datagram, secret) else { return };
        let Some(way) = lock(&self.ways).remove(&back.key) else { return };
        if back.code == code::ACCESS_ACCEPT {
            let gate = lock(&self.gate);
            let (grant, rules) = (gate.outside(), gate.rules());
            // What the outside server says of these counts more.
            let said = Packet::parse(datagram).map(|packet| packet.number(attribute::SESSION_TIMEOUT));
            if said == Ok(None) {
                allow(&mut back.draft, &grant, rules.idle_s, rules.interim_s);
            }
        }
        let octets = lock(&self.door).answer(&back.key, back.client, &back.request, back.draft);
        if let Some(octets) = octets {
            way.send(&octets);
        }
    }

    /// Gives up what outside servers do not answer.
    async fn give_up(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let gone = lock(&self.proxy).give_up(self.now_ms());
            for key in gone {
                lock(&self.ways).remove(&key);
                self.unkept(&key);
            }
        }
    }

    fn unkept(&self, key: &Key) {
        self.counts.silence(Why::Unkept);
        lock(&self.door).drop_request(key);
    }

    fn accounting(self: &Arc<Self>, request: &Request<'_>, from: SocketAddr, way: Way) {
        let Some(report) = Report::read(&request.packet, from.ip()) else {
            // RFC 2866, section 4.2: what cannot be recorded gets no answer.
            return self.unkept(&request.key);
        };
        let (kept, is_kept) = oneshot::channel();
        if self.reports.try_send((report, kept)).is_err() {
            return self.unkept(&request.key);
        }
        let draft = begin_answer(code::ACCOUNTING_RESPONSE, request);
        let (key, client, authenticator) = (request.key, request.client, request.packet.authenticator());
        let server = self.clone();
        tokio::spawn(async move {
            if !is_kept.await.unwrap_or(false) {
                return server.unkept(&key);
            }
            server.counts.reports.fetch_add(1, Ordering::Relaxed);
            let octets = lock(&server.door).answer(&key, client, &authenticator, draft);
            if let Some(octets) = octets {
                way.send(&octets);
            }
        });
    }

    /// Asks the access point at this address for a change of a session. `None` when it takes none.
    pub async fn change(
        &self,
        access_point: std::net::IpAddr,
        change: dynamic::Change,
        known: &dynamic::Known,
        at_s: u32,
    ) -> Option<io::Result<dynamic::Said>> {
        let (port, secret) = {
            let door = lock(&self.door);
            let client = door.find(access_point).and_then(|number| door.client(number))?;
            (client.dynamic?, client.secret.clone())
        };
        Some(dynamic::ask(SocketAddr::new(access_point, port), &secret, change, known, at_s).await)
    }

    /// Whether each outside server did not answer lately.
    pub fn outside_down(&self) -> Vec<(SocketAddr, bool)> {
        let proxy = lock(&self.proxy);
        let down: Vec<bool> = proxy.down(self.now_ms()).collect();
        proxy.servers().iter().map(|server| server.address).zip(down).collect()
    }
}

/// What a session may do, as attributes.
fn allow(draft: &mut Draft, grant: &Grant, idle_s: u32, interim_s: u32) {
    draft.put_number(attribute::SESSION_TIMEOUT, grant.seconds);
    if idle_s != 0 {
        draft.put_number(attribute::IDLE_TIMEOUT, idle_s);
    }
    draft.put_number(attribute::ACCT_INTERIM_INTERVAL, interim_s);
    for (kind, kbit) in [(dynamic::WISPR.1, grant.down_kbit), (dynamic::WISPR.2, grant.up_kbit)] {
        if kbit != 0 {
            draft.put_vendor_number(dynamic::WISPR.0, kind, kbit.saturating_mul(1_000));
        }
    }
    // Of 32 bits; where more is left, our own count ends the session.
    if let Some(octets) = u32::try_from(grant.octets).ok().filter(|octets| *octets != 0) {
        draft.put_vendor_number(CHILLISPOT.0, CHILLISPOT.1, octets);
    }
    if let Some(rider) = grant.rider {
        draft.put(attribute::CLASS, &[&[CLASS][..], &rider].concat());
    }
}

/// The rider whom a Class of ours names.
pub fn rider_of_class(class: &[u8]) -> Option<crate::passes::Rider> {
    let (form, rider) = class.split_first()?;
    if *form == CLASS { rider.try_into().ok() } else { None }
}
