//! What an Accounting-Request says: RFC 2866, with the gigawords and event times of RFC 2869.

use super::packet::{Packet, attribute};
use std::net::IpAddr;

/// At what point of a session a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It begins.
    Start,
    /// It goes on.
    Interim,
    /// It has ended.
    Stop,
    /// The access point begins anew; it has no sessions.
    On,
    /// The access point ends all its sessions.
    Off,
}

/// A report on a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// At what point.
    pub phase: Phase,
    /// The access point: its name, else its address as it says it, else the sender's.
    pub access_point: String,
    /// Who sent it.
    pub from: IpAddr,
    /// The session's name at the access point.
    pub session: Vec<u8>,
    /// The client's hardware address, as it is said.
    pub station: Vec<u8>,
    /// The client's IPv4 address.
    pub address: Option<[u8; 4]>,
    /// Our own mark from the Access-Accept.
    pub class: Option<Vec<u8>>,
    /// Who, where there is no mark.
    pub user: Vec<u8>,
    /// Seconds of the session.
    pub seconds: u32,
    /// Octets from the client.
    pub up: u64,
    /// Octets to the client.
    pub down: u64,
    /// How many seconds ago it happened.
    pub ago_s: u32,
    /// Why it ended, as RFC 2866, section 5.10, numbers it.
    pub cause: Option<u32>,
}

impl Report {
    /// Reads a report; `None` where it has no status that is known, or is on a session without a name.
    pub fn read(packet: &Packet<'_>, from: IpAddr) -> Option<Self> {
        let phase = match packet.number(attribute::ACCT_STATUS_TYPE)? {
            1 => Phase::Start,
            2 => Phase::Stop,
            3 => Phase::Interim,
            7 => Phase::On,
            8 => Phase::Off,
            _ => return None,
        };
        let own = |kind| packet.first(kind).unwrap_or_default().to_vec();
        let session = own(attribute::ACCT_SESSION_ID);
        if session.is_empty() && !matches!(phase, Phase::On | Phase::Off) {
            return None;
        }
        let address = |kind| packet.first(kind).and_then(|value| <[u8; 4]>::try_from(value).ok());
        let access_point = match (packet.text(attribute::NAS_IDENTIFIER), address(attribute::NAS_IP_ADDRESS))
        {
            (Some(name), _) if !name.is_empty() => name.to_owned(),
            (_, Some(address)) => std::net::Ipv4Addr::from(address).to_string(),
            _ => from.to_canonical().to_string(),
        };
        let carried = |low, gigawords| packet.octets_carried(low, gigawords).unwrap_or(0);
        Some(Self {
            phase,
            access_point,
            from: from.to_canonical(),
            session,
            station: own(attribute::CALLING_STATION_ID),
            address: address(attribute::FRAMED_IP_ADDRESS),
            class: packet.first(attribute::CLASS).map(<[u8]>::to_vec),
            user: own(attribute::USER_NAME),
            seconds: packet.number(attribute::ACCT_SESSION_TIME).unwrap_or(0),
            up: carried(attribute::ACCT_INPUT_OCTETS, attribute::ACCT_INPUT_GIGAWORDS),
            down: carried(attribute::ACCT_OUTPUT_OCTETS, attribute::ACCT_OUTPUT_GIGAWORDS),
            ago_s: packet.number(attribute::ACCT_DELAY_TIME).unwrap_or(0),
            cause: packet.number(attribute::ACCT_TERMINATE_CAUSE),
        })
    }
}
