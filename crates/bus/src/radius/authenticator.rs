//! Who sent a packet: the MD5 authenticators of RFC 2865, section 3, and RFC 2866, section 3, and the HMAC-MD5 of RFC 3579,
//! section 3.2. All are compared in constant time.

use super::packet::{HEADER, Packet, attribute, code};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

/// The authenticator of a packet of a request that has none of its own, and of a response:
/// MD5(code, identifier, length, authenticator of the request or zeros, attributes, secret).
pub(super) fn of(octets: &[u8], request: &[u8; 16], secret: &[u8]) -> [u8; 16] {
    let (head, attributes) = octets.split_at_checked(HEADER).unwrap_or((octets, &[]));
    let mut md5 = Md5::new();
    md5.update(head.get(..4).unwrap_or_default());
    md5.update(request);
    md5.update(attributes);
    md5.update(secret);
    md5.finalize().into()
}

/// HMAC-MD5(secret; the packet with this authenticator and a Message-Authenticator of zeros).
pub(super) fn message(octets: &[u8], place: usize, authenticator: &[u8; 16], secret: &[u8]) -> [u8; 16] {
    let Ok(mut hmac) = Hmac::<Md5>::new_from_slice(secret) else { return [0; 16] };
    hmac.update(octets.get(..4).unwrap_or_default());
    hmac.update(authenticator);
    hmac.update(octets.get(HEADER..place).unwrap_or_default());
    hmac.update(&[0; 16]);
    hmac.update(octets.get(place + 16..).unwrap_or_default());
    hmac.finalize().into_bytes().into()
}

/// What a packet says of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// It has no Message-Authenticator.
    Absent,
    /// It has one, and who knows the secret made it.
    Right,
    /// It has one that is wrong, or several.
    Wrong,
}

impl Packet<'_> {
    /// Looks at the Message-Authenticator of a request, or of the response to the request with this authenticator.
    pub fn message_authenticator(&self, request: Option<&[u8; 16]>, secret: &[u8]) -> Message {
        let mut found = self.places().filter(|(_, kind, _)| *kind == attribute::MESSAGE_AUTHENTICATOR);
        let Some((place, _, value)) = found.next() else { return Message::Absent };
        if value.len() != 16 || found.next().is_some() {
            return Message::Wrong;
        }
        let own = self.authenticator();
        let authenticator = match (request, self.code()) {
            (Some(request), _) => request,
            (None, code::ACCESS_REQUEST | code::STATUS_SERVER) => &own,
            // Made before the authenticator is, RFC 5176, section 3.
            (None, _) => &[0; 16],
        };
        let wanted = message(self.octets(), place, authenticator, secret);
        if bool::from(wanted.ct_eq(value)) { Message::Right } else { Message::Wrong }
    }

    /// Whether the authenticator of an accounting, disconnect or change request is right.
    pub fn is_signed_request(&self, secret: &[u8]) -> bool {
        of(self.octets(), &[0; 16], secret).ct_eq(&self.authenticator()).into()
    }

    /// Whether it is the response to the request with this authenticator, by who knows the secret.
    pub fn is_response_to(&self, request: &[u8; 16], secret: &[u8]) -> bool {
        of(self.octets(), request, secret).ct_eq(&self.authenticator()).into()
    }
}
