//! Changes that we ask an access point for, RFC 5176: end a session, or change what it may do.

use super::draft::Draft;
use super::packet::{Packet, attribute, code};
use super::{LONGEST, Message};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// How long each of the tries may take: the same packet each time, RFC 5176, section 2.3.
const TRIES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// What is to happen with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It ends.
    End,
    /// It may last so many seconds more, at these kbit/s down and up; 0 for no limit.
    Allow {
        /// Seconds.
        seconds: u32,
        /// kbit/s to the client.
        down_kbit: u32,
        /// kbit/s from the client.
        up_kbit: u32,
    },
}

/// A session as its access point knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The access point's name for the session.
    pub session: Vec<u8>,
    /// The client's hardware address.
    pub station: Vec<u8>,
    /// The access point's name.
    pub access_point: String,
}

/// What an access point said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is done.
    Done,
    /// It is not; the cause as RFC 5176, section 3.5, numbers it.
    Refused(Option<u32>),
    /// Nothing that could be believed.
    Nothing,
}

/// WISPr's bandwidth attributes: vendor, down, up; bit/s.
pub(crate) const WISPR: (u32, u8, u8) = (14_122, 8, 7);

/// Makes the packet. `at_s` is the time in seconds since 1970, by which an access point knows an old packet;
/// 0 when the clock is not known.
fn packet(change: Change, known: &Known, identifier: u8, at_s: u32, secret: &[u8]) -> Option<Vec<u8>> {
    let code = if change == Change::End { code::DISCONNECT_REQUEST } else { code::COA_REQUEST };
    let mut draft = Draft::new(code, identifier);
    // A name that the access point did not give itself would be a mismatch to it.
    match known.access_point.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => draft.put(attribute::NAS_IP_ADDRESS, &address.octets()),
        Ok(std::net::IpAddr::V6(_)) => {}
        Err(_) => draft.put(attribute::NAS_IDENTIFIER, known.access_point.as_bytes()),
    }
    draft.put(attribute::ACCT_SESSION_ID, &known.session);
    if !known.station.is_empty() {
        draft.put(attribute::CALLING_STATION_ID, &known.station);
    }
    if at_s != 0 {
        draft.put_number(attribute::EVENT_TIMESTAMP, at_s);
    }
    if let Change::Allow { seconds, down_kbit, up_kbit } = change {
        draft.put_number(attribute::SESSION_TIMEOUT, seconds);
        for (kind, kbit) in [(WISPR.1, down_kbit), (WISPR.2, up_kbit)] {
            if kbit != 0 {
                draft.put_vendor_number(WISPR.0, kind, kbit.saturating_mul(1_000));
            }
        }
    }
    draft.signed_request(secret)
}

/// Whether a datagram is the access point's answer.
fn answer(datagram: &[u8], request: &[u8], secret: &[u8]) -> Option<Said> {
    let (asked, packet) = (Packet::parse(request).ok()?, Packet::parse(datagram).ok()?);
    let authenticator = asked.authenticator();
    let right = packet.identifier() == asked.identifier()
        && packet.is_response_to(&authenticator, secret)
        && packet.message_authenticator(Some(&authenticator), secret) != Message::Wrong;
    match (right, packet.code().checked_sub(asked.code())) {
        (true, Some(1)) => Some(Said::Done),
        (true, Some(2)) => Some(Said::Refused(packet.number(attribute::ERROR_CAUSE))),
        _ => None,
    }
}

/// Asks an access point for a change, from a socket of its own.
///
/// # Errors
/// When no socket can be had.
pub async fn ask(
    to: SocketAddr,
    secret: &[u8],
    change: Change,
    known: &Known,
    at_s: u32,
) -> io::Result<Said> {
    let any: SocketAddr = if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    let mut identifier = [0];
    getrandom::fill(&mut identifier).map_err(io::Error::other)?;
    let request = packet(change, known, identifier[0], at_s, secret)
        .ok_or_else(|| io::Error::other("a change that fits no packet"))?;
    let mut buffer = vec![0; LONGEST];
    for patience in TRIES {
        // A port where nobody listens says so by an error; the next try may find somebody.
        if socket.send(&request).await.is_err() {
            tokio::time::sleep(patience).await;
            continue;
        }
        let heard = timeout(patience, async {
            loop {
                let length = socket.recv(&mut buffer).await?;
                if let Some(said) = answer(&buffer[..length], &request, secret) {
                    return Ok::<_, io::Error>(said);
                }
            }
        });
        match heard.await {
            Ok(Ok(said)) => return Ok(said),
            Ok(Err(_)) => tokio::time::sleep(patience).await,
            Err(_) => {}
        }
    }
    Ok(Said::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known {
            session: b"5A-1".to_vec(),
            station: b"02-00-00-00-00-01".to_vec(),
            access_point: "bus-7".to_owned(),
        }
    }

    #[test]
    fn only_the_access_point_can_answer() {
        let request = packet(Change::End, &known(), 7, 1_700_000_000, b"secret").expect("it fits");
        let asked = Packet::parse(&request).expect("a packet");
        assert!(asked.is_signed_request(b"secret"));
        assert_eq!(asked.message_authenticator(None, b"secret"), Message::Right);
        let say = |code: u8, secret: &[u8]| {
            let mut draft = Draft::new(code, 7);
            draft.put_number(attribute::ERROR_CAUSE, 503);
            draft.response(&asked.authenticator(), secret).expect("it fits")
        };
        assert_eq!(answer(&say(code::DISCONNECT_ACK, b"secret"), &request, b"secret"), Some(Said::Done));
        let refused = answer(&say(code::DISCONNECT_NAK, b"secret"), &request, b"secret");
        assert_eq!(refused, Some(Said::Refused(Some(503))));
        assert_eq!(answer(&say(code::COA_ACK, b"secret"), &request, b"secret"), None);
        assert_eq!(answer(&say(code::DISCONNECT_ACK, b"other"), &request, b"secret"), None);
    }

    #[test]
    fn a_change_says_for_how_long_and_how_fast() {
        let change = Change::Allow { seconds: 1_800, down_kbit: 4_000, up_kbit: 0 };
        let request = packet(change, &known(), 7, 0, b"secret").expect("it fits");
        let asked = Packet::parse(&request).expect("a packet");
        assert_eq!(
            (asked.code(), asked.number(attribute::SESSION_TIMEOUT)),
            (code::COA_REQUEST, Some(1_800))
        );
        let wispr: Vec<&[u8]> = asked.all(attribute::VENDOR_SPECIFIC).collect();
        assert_eq!(wispr, [&[0, 0, 0x37, 0x2A, 8, 6, 0, 0x3D, 0x09, 0][..]]);
        assert_eq!(asked.number(attribute::EVENT_TIMESTAMP), None);
    }
}
