//! A packet as it came: checked once, then read in place. RFC 2865, section 3.

/// Octets before the attributes.
pub(super) const HEADER: usize = 20;
/// The longest packet.
pub const LONGEST: usize = 4_096;

/// What a packet is, RFC 2865, 2866, 5176 and 5997.
pub mod code {
    /// May this one come in?
    pub const ACCESS_REQUEST: u8 = 1;
    /// Yes.
    pub const ACCESS_ACCEPT: u8 = 2;
    /// No.
    pub const ACCESS_REJECT: u8 = 3;
    /// What a session used.
    pub const ACCOUNTING_REQUEST: u8 = 4;
    /// It is kept.
    pub const ACCOUNTING_RESPONSE: u8 = 5;
    /// Say more first.
    pub const ACCESS_CHALLENGE: u8 = 11;
    /// Are you there? RFC 5997.
    pub const STATUS_SERVER: u8 = 12;
    /// End a session, RFC 5176.
    pub const DISCONNECT_REQUEST: u8 = 40;
    /// It has ended.
    pub const DISCONNECT_ACK: u8 = 41;
    /// It has not.
    pub const DISCONNECT_NAK: u8 = 42;
    /// Change what a session may do, RFC 5176.
    pub const COA_REQUEST: u8 = 43;
    /// It has changed.
    pub const COA_ACK: u8 = 44;
    /// It has not.
    pub const COA_NAK: u8 = 45;
}

/// Attributes by number, as IANA lists them.
pub mod attribute {
    /// Who.
    pub const USER_NAME: u8 = 1;
    /// The password, hidden by the secret.
    pub const USER_PASSWORD: u8 = 2;
    /// An identifier and the answer to a challenge.
    pub const CHAP_PASSWORD: u8 = 3;
    /// The access point's address.
    pub const NAS_IP_ADDRESS: u8 = 4;
    /// The access point's port.
    pub const NAS_PORT: u8 = 5;
    /// The kind of service.
    pub const SERVICE_TYPE: u8 = 6;
    /// The client's IPv4 address.
    pub const FRAMED_IP_ADDRESS: u8 = 8;
    /// The filter that the access point puts on the session.
    pub const FILTER_ID: u8 = 11;
    /// Text for people.
    pub const REPLY_MESSAGE: u8 = 18;
    /// A server's own mark, given back with the next request.
    pub const STATE: u8 = 24;
    /// A server's own mark, given back with accounting.
    pub const CLASS: u8 = 25;
    /// A vendor's attributes.
    pub const VENDOR_SPECIFIC: u8 = 26;
    /// Seconds that a session may last.
    pub const SESSION_TIMEOUT: u8 = 27;
    /// Seconds without traffic after which it ends.
    pub const IDLE_TIMEOUT: u8 = 28;
    /// The access point's own address at the client's network.
    pub const CALLED_STATION_ID: u8 = 30;
    /// The client's hardware address.
    pub const CALLING_STATION_ID: u8 = 31;
    /// The access point's name.
    pub const NAS_IDENTIFIER: u8 = 32;
    /// A proxy's mark, given back in the same order.
    pub const PROXY_STATE: u8 = 33;
    /// Start, stop, in between.
    pub const ACCT_STATUS_TYPE: u8 = 40;
    /// Seconds since what is reported happened.
    pub const ACCT_DELAY_TIME: u8 = 41;
    /// Octets from the client, low 32 bits.
    pub const ACCT_INPUT_OCTETS: u8 = 42;
    /// Octets to the client, low 32 bits.
    pub const ACCT_OUTPUT_OCTETS: u8 = 43;
    /// The session's name at the access point.
    pub const ACCT_SESSION_ID: u8 = 44;
    /// Seconds of the session.
    pub const ACCT_SESSION_TIME: u8 = 46;
    /// Why it ended.
    pub const ACCT_TERMINATE_CAUSE: u8 = 49;
    /// How often the low 32 bits of octets from the client began anew, RFC 2869.
    pub const ACCT_INPUT_GIGAWORDS: u8 = 52;
    /// How often the low 32 bits of octets to the client began anew, RFC 2869.
    pub const ACCT_OUTPUT_GIGAWORDS: u8 = 53;
    /// When it happened, seconds since 1970, RFC 2869.
    pub const EVENT_TIMESTAMP: u8 = 55;
    /// The challenge of CHAP, when it is not the authenticator.
    pub const CHAP_CHALLENGE: u8 = 60;
    /// A password of a tunnel, hidden by the secret and a salt, RFC 2868.
    pub const TUNNEL_PASSWORD: u8 = 69;
    /// A piece of an EAP packet, RFC 3579.
    pub const EAP_MESSAGE: u8 = 79;
    /// HMAC-MD5 of the packet, RFC 3579.
    pub const MESSAGE_AUTHENTICATOR: u8 = 80;
    /// Seconds between reports, RFC 2869.
    pub const ACCT_INTERIM_INTERVAL: u8 = 85;
    /// Why a change was refused, RFC 5176.
    pub const ERROR_CAUSE: u8 = 101;
}

/// Why octets are no packet. Such octets get no answer, RFC 2865, section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Fewer octets than a header, or than the length that it says.
    Short,
    /// A length that no packet has.
    Length,
    /// An attribute of less than two octets, or one that goes beyond the packet.
    Attribute,
}

/// A packet whose attributes all lie within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    octets: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet. Octets after its length are padding of the datagram.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let length = datagram.get(2..4).map(|two| usize::from(u16::from_be_bytes([two[0], two[1]])));
        let length = length.ok_or(Malformed::Short)?;
        if !(HEADER..=LONGEST).contains(&length) {
            return Err(Malformed::Length);
        }
        let octets = datagram.get(..length).ok_or(Malformed::Short)?;
        let mut rest = &octets[HEADER..];
        while let [_, length, ..] = rest {
            let length = usize::from(*length);
            rest = rest.get(length..).filter(|_| length >= 2).ok_or(Malformed::Attribute)?;
        }
        if rest.is_empty() { Ok(Self { octets }) } else { Err(Malformed::Attribute) }
    }

    /// The whole packet.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// What it is, of [`code`].
    pub fn code(&self) -> u8 {
        self.octets[0]
    }

    /// The number by which an answer belongs to a request.
    pub fn identifier(&self) -> u8 {
        self.octets[1]
    }

    /// The authenticator.
    pub fn authenticator(&self) -> [u8; 16] {
        std::array::from_fn(|n| self.octets[4 + n])
    }

    /// All attributes, in their order: where the value begins, number, value.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, u8, &'a [u8])> + use<'a> {
        let (octets, mut at) = (self.octets, HEADER);
        std::iter::from_fn(move || {
            let (kind, length) = (*octets.get(at)?, usize::from(*octets.get(at + 1)?));
            let value = octets.get(at + 2..at + length)?;
            let place = at + 2;
            at += length;
            Some((place, kind, value))
        })
    }

    /// All attributes, in their order.
    pub fn attributes(&self) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
        self.places().map(|(_, kind, value)| (kind, value))
    }

    /// The values of an attribute, in their order.
    pub fn all(&self, kind: u8) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.attributes().filter(move |(k, _)| *k == kind).map(|(_, value)| value)
    }

    /// The first value of an attribute.
    pub fn first(&self, kind: u8) -> Option<&'a [u8]> {
        self.all(kind).next()
    }

    /// The first value of an attribute that is a whole number of 32 bits.
    pub fn number(&self, kind: u8) -> Option<u32> {
        self.first(kind)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// The first value of an attribute that is text.
    pub fn text(&self, kind: u8) -> Option<&'a str> {
        std::str::from_utf8(self.first(kind)?).ok()
    }

    /// Octets that a session carried: low 32 bits and how often they began anew; `None` when nothing is said of them.
    pub fn octets_carried(&self, low: u8, gigawords: u8) -> Option<u64> {
        let low = self.number(low)?;
        Some(u64::from(self.number(gigawords).unwrap_or(0)) << 32 | u64::from(low))
    }

    /// A whole EAP packet: the pieces one after the other, RFC 3579, section 3.1.
    pub fn eap(&self) -> Option<Vec<u8>> {
        let pieces: Vec<&[u8]> = self.all(attribute::EAP_MESSAGE).collect();
        (!pieces.is_empty()).then(|| pieces.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_packet_is_refused() {
        let mut good = vec![1, 7, 0, 26];
        good.extend([9; 16]);
        good.extend([1, 6, b'n', b'e', b'm', b'o']);
        let packet = Packet::parse(&good).expect("a packet");
        assert_eq!((packet.code(), packet.identifier(), packet.authenticator()), (1, 7, [9; 16]));
        assert_eq!(packet.text(attribute::USER_NAME), Some("nemo"));
        // Padding after it is not looked at.
        let padded = [&good[..], &[0; 9]].concat();
        assert_eq!(Packet::parse(&padded), Ok(packet));
        for cut in 0..good.len() {
            assert!(Packet::parse(&good[..cut]).is_err(), "{cut} octets");
        }
        for (length, wanted) in [(19, Malformed::Length), (4_097, Malformed::Length), (27, Malformed::Short)]
        {
            let mut other = good.clone();
            other[2..4].copy_from_slice(&u16::to_be_bytes(length));
            assert_eq!(Packet::parse(&other), Err(wanted));
        }
        for length in [0, 1, 5, 7] {
            let mut other = good.clone();
            other[21] = length;
            assert_eq!(Packet::parse(&other), Err(Malformed::Attribute), "an attribute of {length}");
        }
    }

    #[test]
    fn octets_beyond_four_gigabytes_are_counted() {
        let mut octets = vec![4, 1, 0, 32];
        octets.extend([0; 16]);
        octets.extend([42, 6, 0, 0, 0, 5, 52, 6, 0, 0, 0, 3]);
        let packet = Packet::parse(&octets).expect("a packet");
        let carried = packet.octets_carried(attribute::ACCT_INPUT_OCTETS, attribute::ACCT_INPUT_GIGAWORDS);
        assert_eq!(carried, Some(3 * (1 << 32) + 5));
        let carried = packet.octets_carried(attribute::ACCT_OUTPUT_OCTETS, attribute::ACCT_OUTPUT_GIGAWORDS);
        assert_eq!(carried, None);
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..300), length in 0_u16..320) {
            let mut octets = octets;
            if octets.len() > 4 {
                octets[2..4].copy_from_slice(&length.to_be_bytes());
            }
            if let Ok(packet) = Packet::parse(&octets) {
                let read: usize = packet.attributes().map(|(_, value)| value.len() + 2).sum();
                prop_assert_eq!(read + HEADER, packet.octets().len());
            }
        }
    }
}
