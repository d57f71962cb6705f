//! Requests that an outside server answers: EAP. RFC 2865, section 2.3, and RFC 3579.

use super::draft::Draft;
use super::packet::{Packet, attribute, code};
use super::{Key, Message, hidden};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

/// For how long an answer is waited for.
const PATIENCE_MS: u64 = 10_000;
/// For how long a server that did not answer comes last.
const DOWN_MS: u64 = 30_000;
/// Conversations that are known to be with one server.
const MOST_TALKS: usize = 4_096;
/// Microsoft's attributes with keys, RFC 2548: MS-MPPE-Send-Key and MS-MPPE-Recv-Key.
const MICROSOFT: [u8; 4] = 311_u32.to_be_bytes();
const KEYS: [u8; 2] = [16, 17];

/// An outside server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Where it is.
    pub address: SocketAddr,
    /// What only we and it know.
    pub secret: Vec<u8>,
}

/// From whom a request came, so that its answer finds the way back.
#[derive(Clone, Debug)]
struct Pending {
    key: Key,
    client: usize,
    /// The authenticator that the client chose, and ours.
    request: [u8; 16],
    ours: [u8; 16],
    mark: [u8; 8],
    identifier: u8,
    octets: Vec<u8>,
    at_ms: u64,
}

/// An answer on its way back.
#[derive(Debug)]
pub struct Back {
    /// The request that it is for.
    pub key: Key,
    /// Its client.
    pub client: usize,
    /// The authenticator that the client chose.
    pub request: [u8; 16],
    /// The code of the answer.
    pub code: u8,
    /// The answer; more may be added.
    pub draft: Draft,
}

/// The outside servers and what is asked of them. Each is asked from one socket, so 256 requests can be on their way to it.
pub struct Proxy {
    servers: Vec<Outside>,
    pending: Vec<HashMap<u8, Pending>>,
    next: Vec<u8>,
    down_until_ms: Vec<u64>,
    talks: HashMap<Vec<u8>, usize>,
    order: VecDeque<Vec<u8>>,
}

impl Proxy {
    /// A proxy to these servers, the first one first.
    pub fn new(servers: Vec<Outside>) -> Self {
        let count = servers.len();
        Self {
            servers,
            pending: vec![HashMap::new(); count],
            next: vec![0; count],
            down_until_ms: vec![0; count],
            talks: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// The servers.
    pub fn servers(&self) -> &[Outside] {
        &self.servers
    }

    /// Which servers are not asked while another one can be.
    pub fn down(&self, now_ms: u64) -> impl Iterator<Item = bool> {
        self.down_until_ms.iter().map(move |until| *until > now_ms)
    }

    fn choose(&self, packet: &Packet<'_>, now_ms: u64) -> Option<usize> {
        let talk = packet.first(attribute::STATE).and_then(|state| self.talks.get(state)).copied();
        let well = || self.down_until_ms.iter().position(|until| *until <= now_ms);
        talk.or_else(well).or(if self.servers.is_empty() { None } else { Some(0) })
    }

    /// Makes the request to an outside server: its number and the packet. `None` when there is no server, or too many
    /// requests are on their way to it.
    pub fn forward(
        &mut self,
        request: &super::Request<'_>,
        random: ([u8; 8], [u8; 16]),
        now_ms: u64,
    ) -> Option<(usize, Vec<u8>)> {
        self.give_up(now_ms);
        let packet = &request.packet;
        let server = self.choose(packet, now_ms)?;
        let identifier = self.free(server)?;
        // The mark goes over the wire, so the authenticator is of other octets.
        let (mark, ours) = random;
        let mut draft = Draft::new(code::ACCESS_REQUEST, identifier);
        for (kind, value) in packet.attributes() {
            // An EAP request has no password; one that had could not be read by the other secret.
            if !matches!(kind, attribute::MESSAGE_AUTHENTICATOR | attribute::USER_PASSWORD) {
                draft.put(kind, value);
            }
        }
        // After those of other proxies.
        draft.put(attribute::PROXY_STATE, &mark);
        let octets = draft.access_request(&ours, &self.servers.get(server)?.secret)?;
        let pending = Pending {
            key: request.key,
            client: request.client,
            request: packet.authenticator(),
            ours,
            mark,
            identifier: packet.identifier(),
            octets: octets.clone(),
            at_ms: now_ms,
        };
        self.pending.get_mut(server)?.insert(identifier, pending);
        Some((server, octets))
    }

    fn free(&mut self, server: usize) -> Option<u8> {
        let (pending, next) = (self.pending.get(server)?, self.next.get_mut(server)?);
        let found = (0..=u8::MAX).map(|n| next.wrapping_add(n)).find(|n| !pending.contains_key(n))?;
        *next = found.wrapping_add(1);
        Some(found)
    }

    /// A request came again and has no answer yet: the packet is sent again, to the same server.
    pub fn again(&self, key: &Key) -> Option<(usize, Vec<u8>)> {
        let found = self.pending.iter().enumerate().find_map(|(server, pending)| {
            pending.values().find(|pending| pending.key == *key).map(|pending| (server, pending))
        });
        found.map(|(server, pending)| (server, pending.octets.clone()))
    }

    /// Gives up what is not answered in time. The server comes last for a while; nothing is sent to the client.
    pub fn give_up(&mut self, now_ms: u64) -> Vec<Key> {
        let mut gone = Vec::new();
        for (pending, down) in self.pending.iter_mut().zip(&mut self.down_until_ms) {
            pending.retain(|_, pending| {
                let late = now_ms.saturating_sub(pending.at_ms) >= PATIENCE_MS;
                if late {
                    gone.push(pending.key);
                    *down = now_ms + DOWN_MS;
                }
                !late
            });
        }
        gone
    }

    /// Takes an answer of a server. `None` for what is no answer to anything that was asked, or not by this server. The
    /// answer must have a Message-Authenticator. `secret` is a client's.
    pub fn back(
        &mut self,
        server: usize,
        datagram: &[u8],
        secret: impl Fn(usize) -> Option<Vec<u8>>,
    ) -> Option<Back> {
        let packet = Packet::parse(datagram).ok()?;
        let outside = self.servers.get(server)?;
        let pending = self.pending.get(server)?.get(&packet.identifier())?;
        let is_answer =
            matches!(packet.code(), code::ACCESS_ACCEPT | code::ACCESS_REJECT | code::ACCESS_CHALLENGE);
        let right = packet.message_authenticator(Some(&pending.ours), &outside.secret) == Message::Right
            && packet.is_response_to(&pending.ours, &outside.secret)
            && packet.all(attribute::PROXY_STATE).last() == Some(&pending.mark);
        if !is_answer || !right {
            return None;
        }
        let secret = secret(pending.client)?;
        let draft = translate(&packet, pending, &outside.secret, &secret)?;
        let pending = self.pending.get_mut(server)?.remove(&packet.identifier())?;
        self.down_until_ms[server] = 0;
        if packet.code() == code::ACCESS_CHALLENGE
            && let Some(state) = packet.first(attribute::STATE)
        {
            self.talk(state.to_vec(), server);
        }
        Some(Back {
            key: pending.key,
            client: pending.client,
            request: pending.request,
            code: packet.code(),
            draft,
        })
    }

    fn talk(&mut self, state: Vec<u8>, server: usize) {
        if self.talks.insert(state.clone(), server).is_none() {
            self.order.push_back(state);
        }
        if self.order.len() > MOST_TALKS
            && let Some(old) = self.order.pop_front()
        {
            self.talks.remove(&old);
        }
    }
}

/// The server's answer as the client can read it: our mark taken off, keys hidden by the client's secret.
fn translate(packet: &Packet<'_>, pending: &Pending, theirs: &[u8], clients: &[u8]) -> Option<Draft> {
    let mut draft = Draft::new(packet.code(), pending.identifier);
    let marks = packet.all(attribute::PROXY_STATE).count();
    let mut mark = 0;
    for (kind, value) in packet.attributes() {
        match kind {
            attribute::MESSAGE_AUTHENTICATOR => {}
            attribute::PROXY_STATE => {
                mark += 1;
                if mark < marks {
                    draft.put(kind, value);
                }
            }
            attribute::VENDOR_SPECIFIC if value.get(..4) == Some(&MICROSOFT) => {
                draft.put(kind, &microsoft(value, pending, theirs, clients)?);
            }
            attribute::TUNNEL_PASSWORD => {
                let (tag, hidden) = value.split_first()?;
                let mut own = vec![*tag];
                own.extend(rehide(hidden, pending, theirs, clients)?);
                draft.put(kind, &own);
            }
            _ => draft.put(kind, value),
        }
    }
    Some(draft)
}

/// Microsoft's attributes, one after the other; those with keys are hidden anew.
fn microsoft(value: &[u8], pending: &Pending, theirs: &[u8], clients: &[u8]) -> Option<Vec<u8>> {
    let (vendor, mut rest) = value.split_at_checked(4)?;
    let mut out = vendor.to_vec();
    while let [kind, length, ..] = rest {
        let length = usize::from(*length);
        let (one, after) = rest.split_at_checked(length).filter(|_| length >= 2)?;
        let own = match KEYS.contains(kind) {
            true => rehide(&one[2..], pending, theirs, clients)?,
            false => one[2..].to_vec(),
        };
        out.extend([*kind, u8::try_from(own.len() + 2).ok()?]);
        out.extend(own);
        rest = after;
    }
    rest.is_empty().then_some(out)
}

fn rehide(value: &[u8], pending: &Pending, theirs: &[u8], clients: &[u8]) -> Option<Vec<u8>> {
    let clear = hidden::salted(value, &pending.ours, theirs)?;
    // The server's salts differ from each other, so these do.
    let salt = *value.first_chunk::<2>()?;
    hidden::hidden_salted(&clear, salt, &pending.request, clients)
}

#[cfg(test)]
mod tests {
    use super::super::door::{Arrived, Client, Door, Port};
    use super::*;

    const EAP: [u8; 5] = [2, 1, 0, 5, 1];

    fn door() -> Door {
        let network = "10.0.0.0".parse().expect("an address");
        Door::new(vec![Client {
            network,
            bits: 8,
            secret: b"ours".to_vec(),
            strict_accounting: true,
            dynamic: None,
        }])
    }

    fn request(identifier: u8) -> Vec<u8> {
        let mut draft = Draft::new(code::ACCESS_REQUEST, identifier);
        draft.put(attribute::USER_NAME, b"anonymous");
        draft.put(attribute::EAP_MESSAGE, &EAP);
        draft.put(attribute::PROXY_STATE, b"of another proxy");
        draft.access_request(&[identifier; 16], b"ours").expect("it fits")
    }

    fn keys(authenticator: &[u8; 16], secret: &[u8]) -> Vec<u8> {
        let mut value = MICROSOFT.to_vec();
        for (kind, salt) in [(16, [0x80, 1]), (17, [0x80, 2])] {
            let key = hidden::hidden_salted(&[kind; 32], salt, authenticator, secret).expect("short");
            value.extend([kind, key.len() as u8 + 2]);
            value.extend(key);
        }
        value
    }

    #[test]
    fn an_answer_finds_its_way_back_and_its_keys_can_be_read() {
        let (mut door, from) = (door(), "10.0.0.7:1000".parse().expect("an address"));
        let address = "192.0.2.1:1812".parse().expect("an address");
        let mut proxy = Proxy::new(vec![Outside { address, secret: b"theirs".to_vec() }]);
        let octets = request(9);
        let Arrived::Request(asked) = door.open(from, Port::Access, &octets, 0) else { panic!("new") };
        let (server, sent) = proxy.forward(&asked, ([1; 8], [2; 16]), 0).expect("sent");
        assert_eq!(proxy.again(&asked.key), Some((server, sent.clone())));
        let there = Packet::parse(&sent).expect("a packet");
        assert_eq!(there.message_authenticator(None, b"theirs"), Message::Right);
        let marks: Vec<&[u8]> = there.all(attribute::PROXY_STATE).collect();
        assert_eq!(marks, [&b"of another proxy"[..], &[1; 8]]);
        let answer = |secret: &[u8], marks: &[&[u8]], signed: bool| {
            let (code, identifier) = (code::ACCESS_ACCEPT, there.identifier());
            let mut draft = if signed { Draft::new(code, identifier) } else { Draft::bare(code, identifier) };
            draft.put(attribute::EAP_MESSAGE, &[3, 1, 0, 4]);
            draft.put(attribute::VENDOR_SPECIFIC, &keys(&there.authenticator(), b"theirs"));
            marks.iter().for_each(|mark| draft.put(attribute::PROXY_STATE, mark));
            draft.response(&there.authenticator(), secret).expect("it fits")
        };
        let secret = |_| Some(b"ours".to_vec());
        for bad in [
            answer(b"other", &marks, true),
            answer(b"theirs", &marks[..1], true),
            answer(b"theirs", &marks, false),
            b"no packet".to_vec(),
        ] {
            assert!(proxy.back(server, &bad, secret).is_none());
        }
        let back = proxy.back(server, &answer(b"theirs", &marks, true), secret).expect("an answer");
        assert!(proxy.back(server, &answer(b"theirs", &marks, true), secret).is_none(), "only once");
        let octets = door.answer(&back.key, back.client, &back.request, back.draft).expect("signed");
        let home = Packet::parse(&octets).expect("a packet");
        assert_eq!((home.code(), home.identifier()), (code::ACCESS_ACCEPT, 9));
        assert_eq!(home.message_authenticator(Some(&[9; 16]), b"ours"), Message::Right);
        assert_eq!(home.all(attribute::PROXY_STATE).collect::<Vec<_>>(), [b"of another proxy"]);
        let vendor = home.first(attribute::VENDOR_SPECIFIC).expect("keys");
        assert_eq!(vendor[4..6], [16, 52]);
        assert_eq!(hidden::salted(&vendor[6..56], &[9; 16], b"ours"), Some(vec![16; 32]));
        assert_eq!(hidden::salted(&vendor[58..], &[9; 16], b"ours"), Some(vec![17; 32]));
    }

    #[test]
    fn a_server_that_does_not_answer_comes_last_and_256_requests_are_enough() {
        let mut door = door();
        let outside = |n: u8| Outside { address: ([192, 0, 2, n], 1812).into(), secret: b"theirs".to_vec() };
        let mut proxy = Proxy::new(vec![outside(1), outside(2)]);
        let octets = request(1);
        for n in 0..257_u16 {
            let from = ([10, 0, 0, 1], 1_000 + n).into();
            let Arrived::Request(asked) = door.open(from, Port::Access, &octets, 0) else { panic!("new") };
            let sent = proxy.forward(&asked, ([1; 8], [2; 16]), 0);
            assert_eq!(sent.map(|(server, _)| server), (n < 256).then_some(0));
        }
        assert_eq!(proxy.give_up(PATIENCE_MS).len(), 256);
        assert_eq!(proxy.down(PATIENCE_MS).collect::<Vec<_>>(), [true, false]);
        let from = ([10, 0, 0, 1], 1).into();
        let Arrived::Request(asked) = door.open(from, Port::Access, &octets, 0) else { panic!("new") };
        let sent = proxy.forward(&asked, ([1; 8], [2; 16]), PATIENCE_MS);
        assert_eq!(sent.map(|(server, _)| server), Some(1));
    }
}
