//! Who is let speak at all: known clients with the right secret, each request once.

use super::authenticator::Message;
use super::draft::Draft;
use super::packet::{Packet, attribute, code};
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// For how long a request is known again, RFC 5080, section 2.2.2, by kind.
const ACCESS_MS: u64 = 5_000;
const ACCOUNTING_MS: u64 = 30_000;
/// Requests that are known again, at most: their answers take some 200 octets each.
const MOST_SEEN: usize = 32_768;

/// An access point, or a network of them, that shares a secret with us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The network's address.
    pub network: IpAddr,
    /// How many bits of it count.
    pub bits: u8,
    /// What only we and it know.
    pub secret: Vec<u8>,
    /// Whether its accounting must have a Message-Authenticator, too, which RFC 2869 does not ask for. Its access requests
    /// must in any case.
    pub strict_accounting: bool,
    /// The port on which it takes disconnect and change requests; none when it takes none.
    pub dynamic: Option<u16>,
}

impl Client {
    fn has(&self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = u32::from(network) ^ u32::from(address);
                differ.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = u128::from(network) ^ u128::from(address);
                differ.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

/// Why a datagram gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// Its sender is no client.
    Stranger,
    /// It is no packet.
    Malformed,
    /// A packet of another kind than this port takes.
    Code,
    /// It has no Message-Authenticator and must have one.
    Unsigned,
    /// Its authenticator is wrong: another secret, or forged.
    Forged,
    /// The answer to it is being made.
    Pending,
    /// It could not be kept, or the outside server is away: it comes again.
    Unkept,
}

impl Why {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Stranger,
        Self::Malformed,
        Self::Code,
        Self::Unsigned,
        Self::Forged,
        Self::Pending,
        Self::Unkept,
    ];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Malformed => "malformed",
            Self::Code => "code",
            Self::Unsigned => "unsigned",
            Self::Forged => "forged",
            Self::Pending => "pending",
            Self::Unkept => "unkept",
        }
    }
}

/// What a port takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// Access-Request and Status-Server.
    Access,
    /// Accounting-Request and Status-Server.
    Accounting,
}

impl Port {
    fn takes(self, code: u8) -> bool {
        match code {
            code::ACCESS_REQUEST => self == Self::Access,
            code::ACCOUNTING_REQUEST => self == Self::Accounting,
            code::STATUS_SERVER => true,
            _ => false,
        }
    }
}

/// Where a request came from and its number: by this it is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who sent it.
    pub from: SocketAddr,
    /// The port that it came to.
    pub port: Port,
    /// Its code.
    pub code: u8,
    /// Its identifier.
    pub identifier: u8,
}

/// A request that is to be answered.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// By what it is known again.
    pub key: Key,
    /// The client, by its place in the list.
    pub client: usize,
    /// What it says.
    pub packet: Packet<'a>,
}

/// What came of a datagram.
#[derive(Debug)]
pub enum Arrived<'a> {
    /// A new request.
    Request(Request<'a>),
    /// One that came before, and its answer.
    Again(Vec<u8>),
    /// One that came before and has no answer yet.
    Waiting(Key),
    /// Nothing is sent.
    Silence(Why),
}

struct Seen {
    authenticator: [u8; 16],
    at_ms: u64,
    answer: Option<Vec<u8>>,
}

/// The clients, and the requests of the last seconds.
pub struct Door {
    clients: Vec<Client>,
    seen: HashMap<Key, Seen>,
    order: VecDeque<(Key, u64)>,
}

impl Door {
    /// A door for these clients; the narrowest network that has an address counts.
    pub fn new(mut clients: Vec<Client>) -> Self {
        clients.sort_by_key(|client| std::cmp::Reverse(client.bits));
        Self { clients, seen: HashMap::new(), order: VecDeque::new() }
    }

    /// The client with this number.
    pub fn client(&self, number: usize) -> Option<&Client> {
        self.clients.get(number)
    }

    /// The client that has this address.
    pub fn find(&self, address: IpAddr) -> Option<usize> {
        self.clients.iter().position(|client| client.has(address.to_canonical()))
    }

    /// Looks at a datagram of whoever has its address. `now_ms` never goes back.
    pub fn open<'a>(&mut self, from: SocketAddr, port: Port, datagram: &'a [u8], now_ms: u64) -> Arrived<'a> {
        match self.find(from.ip()) {
            Some(client) => self.open_for(client, from, port, datagram, now_ms),
            None => Arrived::Silence(Why::Stranger),
        }
    }

    /// Looks at a packet of a client.
    pub fn open_for<'a>(
        &mut self,
        number: usize,
        from: SocketAddr,
        port: Port,
        datagram: &'a [u8],
        now_ms: u64,
    ) -> Arrived<'a> {
        let Some(client) = self.clients.get(number) else { return Arrived::Silence(Why::Stranger) };
        let Ok(packet) = Packet::parse(datagram) else { return Arrived::Silence(Why::Malformed) };
        let code = packet.code();
        if !port.takes(code) {
            return Arrived::Silence(Why::Code);
        }
        let accounting = code == code::ACCOUNTING_REQUEST;
        if accounting && !packet.is_signed_request(&client.secret) {
            return Arrived::Silence(Why::Forged);
        }
        match packet.message_authenticator(None, &client.secret) {
            Message::Right => {}
            Message::Wrong => return Arrived::Silence(Why::Forged),
            Message::Absent if accounting && !client.strict_accounting => {}
            Message::Absent => return Arrived::Silence(Why::Unsigned),
        }
        let key = Key { from, port, code, identifier: packet.identifier() };
        self.forget(now_ms);
        if let Some(seen) = self.seen.get(&key).filter(|seen| seen.authenticator == packet.authenticator()) {
            return seen.answer.clone().map_or(Arrived::Waiting(key), Arrived::Again);
        }
        self.remember(key, packet.authenticator(), now_ms);
        Arrived::Request(Request { key, client: number, packet })
    }

    fn remember(&mut self, key: Key, authenticator: [u8; 16], now_ms: u64) {
        self.seen.insert(key, Seen { authenticator, at_ms: now_ms, answer: None });
        self.order.push_back((key, now_ms));
    }

    fn forget(&mut self, now_ms: u64) {
        while let Some((key, at_ms)) = self.order.front().copied() {
            let kept_ms = if key.code == code::ACCOUNTING_REQUEST { ACCOUNTING_MS } else { ACCESS_MS };
            if self.order.len() < MOST_SEEN && now_ms.saturating_sub(at_ms) < kept_ms {
                return;
            }
            self.order.pop_front();
            // The same key may have come again with another authenticator.
            if self.seen.get(&key).is_some_and(|seen| seen.at_ms == at_ms) {
                self.seen.remove(&key);
            }
        }
    }

    /// Signs the answer to a request and keeps it for when the request comes again; `None` when it does not fit, or when
    /// another request has taken its place.
    pub fn answer(&mut self, key: &Key, client: usize, request: &[u8; 16], draft: Draft) -> Option<Vec<u8>> {
        let octets = draft.response(request, &self.clients.get(client)?.secret)?;
        let seen = self.seen.get_mut(key).filter(|seen| seen.authenticator == *request)?;
        seen.answer = Some(octets.clone());
        Some(octets)
    }

    /// Forgets a request that cannot be answered now, so that it is looked at when it comes again.
    pub fn drop_request(&mut self, key: &Key) {
        self.seen.remove(key);
    }
}

/// Begins the answer to a request: with a Message-Authenticator first, and its proxies' marks. Only the answer to accounting
/// has none: no RFC says over what it is made there, and FreeRADIUS takes zeros where others take the request's authenticator.
pub fn begin_answer(code: u8, request: &Request<'_>) -> Draft {
    let identifier = request.packet.identifier();
    let accounting = request.packet.code() == code::ACCOUNTING_REQUEST;
    let mut draft = if accounting { Draft::bare(code, identifier) } else { Draft::new(code, identifier) };
    for mark in request.packet.all(attribute::PROXY_STATE) {
        draft.put(attribute::PROXY_STATE, mark);
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        let client = |network: &str, bits, secret: &[u8], strict_accounting| Client {
            network: network.parse().expect("an address"),
            bits,
            secret: secret.to_vec(),
            strict_accounting,
            dynamic: None,
        };
        Door::new(vec![
            client("10.0.0.0", 8, b"wide", false),
            client("10.1.2.0", 24, b"narrow", true),
            client("2001:db8::", 32, b"six", false),
        ])
    }

    fn access(secret: &[u8], random: u8) -> Vec<u8> {
        let mut draft = Draft::new(code::ACCESS_REQUEST, 1);
        draft.put(attribute::USER_NAME, b"nemo");
        draft.access_request(&[random; 16], secret).expect("it fits")
    }

    fn accounting(secret: &[u8], bare: bool) -> Vec<u8> {
        let code = code::ACCOUNTING_REQUEST;
        let mut draft = if bare { Draft::bare(code, 1) } else { Draft::new(code, 1) };
        draft.put_number(attribute::ACCT_STATUS_TYPE, 1);
        draft.signed_request(secret).expect("it fits")
    }

    fn silence(arrived: &Arrived<'_>) -> Option<Why> {
        if let Arrived::Silence(why) = arrived { Some(*why) } else { None }
    }

    #[test]
    fn who_does_not_know_the_secret_gets_no_answer() {
        let mut door = door();
        let from = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let (wide, narrow, other) = (from("10.9.9.9:5"), from("10.1.2.3:5"), from("192.0.2.1:5"));
        let mut ask = |from, port, octets: &[u8]| silence(&door.open(from, port, octets, 0));
        assert_eq!(ask(other, Port::Access, &access(b"wide", 0)), Some(Why::Stranger));
        assert_eq!(ask(wide, Port::Access, &access(b"narrow", 0)), Some(Why::Forged));
        assert_eq!(ask(narrow, Port::Access, &access(b"wide", 0)), Some(Why::Forged));
        assert_eq!(ask(narrow, Port::Access, &access(b"narrow", 0)), None);
        assert_eq!(ask(from("[2001:db8::7]:9"), Port::Access, &access(b"six", 0)), None);
        assert_eq!(ask(from("[::ffff:10.9.9.9]:9"), Port::Access, &access(b"wide", 0)), None);
        assert_eq!(ask(wide, Port::Access, &accounting(b"wide", true)), Some(Why::Code));
        assert_eq!(ask(wide, Port::Accounting, &access(b"wide", 0)), Some(Why::Code));
        assert_eq!(ask(wide, Port::Accounting, &accounting(b"narrow", true)), Some(Why::Forged));
        assert_eq!(ask(wide, Port::Accounting, &accounting(b"wide", true)), None);
        assert_eq!(ask(narrow, Port::Accounting, &accounting(b"narrow", true)), Some(Why::Unsigned));
        assert_eq!(ask(narrow, Port::Accounting, &accounting(b"narrow", false)), None);
        assert_eq!(ask(wide, Port::Access, &[1, 2, 3]), Some(Why::Malformed));
        let mut unsigned = Draft::bare(code::ACCESS_REQUEST, 1);
        unsigned.put(attribute::USER_NAME, b"nemo");
        let unsigned = unsigned.access_request(&[0; 16], b"wide").expect("it fits");
        assert_eq!(ask(wide, Port::Access, &unsigned), Some(Why::Unsigned));
    }

    #[test]
    fn a_request_that_comes_again_gets_the_same_answer() {
        let mut door = door();
        let from: SocketAddr = "10.9.9.9:5".parse().expect("an address");
        let octets = access(b"wide", 1);
        let Arrived::Request(request) = door.open(from, Port::Access, &octets, 0) else { panic!("new") };
        assert!(matches!(door.open(from, Port::Access, &octets, 10), Arrived::Waiting(_)));
        let draft = begin_answer(code::ACCESS_REJECT, &request);
        let authenticator = request.packet.authenticator();
        let answer = door.answer(&request.key, request.client, &authenticator, draft).expect("signed");
        let Arrived::Again(again) = door.open(from, Port::Access, &octets, 4_999) else { panic!("again") };
        assert_eq!(again, answer);
        // The same number for another request, and the same request much later, are new ones.
        let other = access(b"wide", 2);
        assert!(matches!(door.open(from, Port::Access, &other, 5_000), Arrived::Request(_)));
        assert!(matches!(door.open(from, Port::Access, &octets, 9_000), Arrived::Request(_)));
        // An answer that comes too late is for nobody.
        let draft = begin_answer(code::ACCESS_REJECT, &request);
        assert_eq!(door.answer(&request.key, request.client, &[2; 16], draft), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut door = door();
        let octets = access(b"wide", 1);
        for n in 0..u32::try_from(MOST_SEEN).expect("a number") + 100 {
            let address = std::net::Ipv4Addr::from(0x0A09_0000 + n / 60_000);
            let from = SocketAddr::new(address.into(), (n % 60_000) as u16);
            assert!(matches!(door.open(from, Port::Access, &octets, 0), Arrived::Request(_)));
        }
        assert!(door.seen.len() <= MOST_SEEN && door.order.len() <= MOST_SEEN);
    }
}
