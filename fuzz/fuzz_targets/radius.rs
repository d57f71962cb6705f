//! RADIUS packets: as a client that knows the secret sends them, and as an outside server answers. What is signed is made
//! so here, for no fuzzer finds an HMAC.

#![no_main]

use evenfield_bus::gate::{Decision, Gate, Rules};
use evenfield_bus::keyed::Key;
use evenfield_bus::passes::Passes;
use evenfield_bus::radius::{
    Arrived, Client, Door, Draft, Outside, Packet, Port, Proxy, Report, attribute, begin_answer, code,
};
use libfuzzer_sys::fuzz_target;
use std::net::{Ipv4Addr, SocketAddr};

const SECRET: &[u8] = b"secret";

fn signed(code: u8, octets: &[u8]) -> Option<Vec<u8>> {
    let packet = Packet::parse(octets).ok()?;
    let mut draft = Draft::new(code, packet.identifier());
    for (kind, value) in packet.attributes().filter(|(kind, _)| *kind != attribute::MESSAGE_AUTHENTICATOR) {
        draft.put(kind, value);
    }
    match code {
        code::ACCESS_REQUEST => draft.access_request(&packet.authenticator(), SECRET),
        _ => draft.signed_request(SECRET),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let network = Ipv4Addr::LOCALHOST.into();
    let client = Client { network, bits: 32, secret: SECRET.to_vec(), strict_accounting: true, dynamic: None };
    let mut door = Door::new(vec![client]);
    let from = SocketAddr::new(network, 1);
    let _ = door.open(from, Port::Access, bytes, 0);
    let rules = Rules { session_s: 60, idle_s: 0, interim_s: 60, captive: Some("x".to_owned()), outside: true };
    let gate = Gate::new(rules, Passes::none(Key::new([1; 32])));
    if let Some(octets) = signed(code::ACCESS_REQUEST, bytes)
        && let Arrived::Request(request) = door.open(from, Port::Access, &octets, 0)
    {
        let decision = gate.decide(&request.packet, SECRET, 0);
        assert!(!matches!(decision, Decision::Accept(_)), "there are no passes");
        let mut proxy = Proxy::new(vec![Outside { address: from, secret: SECRET.to_vec() }]);
        if let Some((server, sent)) = proxy.forward(&request, ([1; 8], [2; 16]), 0) {
            let asked = Packet::parse(&sent).expect("what is sent is a packet");
            let mut answer = Draft::new(code::ACCESS_ACCEPT, asked.identifier());
            asked.attributes().skip(1).for_each(|(kind, value)| answer.put(kind, value));
            if let Some(answer) = answer.response(&asked.authenticator(), SECRET)
                && let Some(back) = proxy.back(server, &answer, |_| Some(SECRET.to_vec()))
                && let Some(octets) = door.answer(&back.key, back.client, &back.request, back.draft)
            {
                let home = Packet::parse(&octets).expect("what is sent is a packet");
                assert!(home.is_response_to(&request.packet.authenticator(), SECRET));
            }
        }
    }
    if let Some(octets) = signed(code::ACCOUNTING_REQUEST, bytes)
        && let Arrived::Request(request) = door.open(from, Port::Accounting, &octets, 0)
    {
        let _ = Report::read(&request.packet, network);
        let _ = begin_answer(code::ACCOUNTING_RESPONSE, &request);
    }
});
