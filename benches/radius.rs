//! Access requests to a RADIUS server, some at a time, and how long each answer takes: `--bench radius -- ADDRESS SECRET
//! REQUESTS AT_A_TIME`. The same for every server that is compared; `benches/radius.sh` runs them all.

use evenfield_bus::radius::{Draft, Packet, attribute, code, hidden_password};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// A request that is not answered in this time is lost.
const PATIENCE: Duration = Duration::from_secs(2);

fn request(identifier: u8, number: u32, secret: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let mut random = [0x5A; 16];
    random[..4].copy_from_slice(&number.to_be_bytes());
    random[4..8].copy_from_slice(&std::process::id().to_be_bytes());
    let mut draft = Draft::new(code::ACCESS_REQUEST, identifier);
    draft.put(attribute::USER_NAME, b"nemo");
    draft.put(attribute::USER_PASSWORD, &hidden_password(b"sesame", &random, secret).expect("short"));
    draft.put(attribute::NAS_IDENTIFIER, b"bench");
    (draft.access_request(&random, secret).expect("it fits"), random)
}

/// One socket: at most 256 on their way, each with a number of its own.
fn run(address: SocketAddr, secret: &[u8], requests: u32, at_a_time: u32) -> (Vec<Duration>, u32) {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    socket.connect(address).expect("connected");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut underway: Vec<Option<(Instant, [u8; 16])>> = vec![None; 256];
    let (mut sent, mut lost, mut times) = (0, 0, Vec::with_capacity(requests as usize));
    let mut buffer = [0; 4_096];
    let send = |identifier: u8, sent: &mut u32, underway: &mut Vec<_>| {
        let (octets, random) = request(identifier, *sent, secret);
        underway[usize::from(identifier)] = Some((Instant::now(), random));
        socket.send(&octets).expect("sent");
        *sent += 1;
    };
    for identifier in 0..at_a_time.min(256).min(requests) {
        send(identifier as u8, &mut sent, &mut underway);
    }
    while times.len() as u32 + lost < requests {
        let Ok(length) = socket.recv(&mut buffer) else {
            for identifier in 0..=255_u8 {
                if underway[usize::from(identifier)].take().is_some() {
                    lost += 1;
                    if sent < requests {
                        send(identifier, &mut sent, &mut underway);
                    }
                }
            }
            continue;
        };
        let packet = Packet::parse(&buffer[..length]).expect("an answer");
        let identifier = packet.identifier();
        let Some((at, random)) = underway[usize::from(identifier)].take() else { continue };
        assert_eq!(packet.code(), code::ACCESS_ACCEPT, "everybody is let in");
        assert!(packet.is_response_to(&random, secret), "by who knows the secret");
        times.push(at.elapsed());
        if sent < requests {
            send(identifier, &mut sent, &mut underway);
        }
    }
    (times, lost)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [address, secret, requests, at_a_time] = &arguments[..] else {
        println!("left out: wanted ADDRESS SECRET REQUESTS AT_A_TIME; see benches/radius.sh");
        return;
    };
    let number = |text: &String| text.parse().expect("a number");
    let address = address.parse().expect("an address and port");
    let start = Instant::now();
    let (mut times, lost) = run(address, secret.as_bytes(), number(requests), number(at_a_time));
    let took = start.elapsed();
    times.sort();
    let at =
        |share: f64| times.get((times.len() as f64 * share) as usize).map_or(0.0, |t| t.as_secs_f64() * 1e3);
    println!(
        "{} answers, {lost} lost, {:.0} a second; median {:.2} ms, 99th percentile {:.2} ms",
        times.len(),
        times.len() as f64 / took.as_secs_f64(),
        at(0.5),
        at(0.99)
    );
}
