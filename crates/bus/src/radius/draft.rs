//! A packet to be sent. The Message-Authenticator comes first in it, so that nothing an attacker may put into an
//! answer comes before it (CVE-2024-3596, "BlastRADIUS").

use super::authenticator;
use super::packet::{HEADER, LONGEST, attribute, code};

/// The longest value of an attribute.
const LONGEST_VALUE: usize = 253;

/// A packet without its authenticator.
#[derive(Clone, Debug)]
pub struct Draft {
    octets: Vec<u8>,
    /// Where the Message-Authenticator is, when there is one.
    message: Option<usize>,
    whole: bool,
}

impl Draft {
    /// Begins a packet with a Message-Authenticator.
    pub fn new(code: u8, identifier: u8) -> Self {
        let mut draft = Self::bare(code, identifier);
        draft.message = Some(HEADER + 2);
        draft.put(attribute::MESSAGE_AUTHENTICATOR, &[0; 16]);
        draft
    }

    /// Begins a packet without a Message-Authenticator: for accounting alone, where a client does not know it.
    pub fn bare(code: u8, identifier: u8) -> Self {
        let mut octets = Vec::with_capacity(128);
        octets.extend([code, identifier]);
        octets.resize(HEADER, 0);
        Self { octets, message: None, whole: true }
    }

    /// Adds an attribute; one that does not fit spoils the draft.
    pub fn put(&mut self, kind: u8, value: &[u8]) {
        if value.len() > LONGEST_VALUE || self.octets.len() + 2 + value.len() > LONGEST {
            self.whole = false;
            return;
        }
        self.octets.extend([kind, value.len() as u8 + 2]);
        self.octets.extend_from_slice(value);
    }

    /// Adds a whole number.
    pub fn put_number(&mut self, kind: u8, value: u32) {
        self.put(kind, &value.to_be_bytes());
    }

    /// Adds a vendor's whole number, RFC 2865, section 5.26.
    pub fn put_vendor_number(&mut self, vendor: u32, kind: u8, value: u32) {
        let mut octets = [0; 10];
        octets[..4].copy_from_slice(&vendor.to_be_bytes());
        octets[4..6].copy_from_slice(&[kind, 6]);
        octets[6..].copy_from_slice(&value.to_be_bytes());
        self.put(attribute::VENDOR_SPECIFIC, &octets);
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        let length = self.octets.len() as u16;
        self.octets.get_mut(2..4)?.copy_from_slice(&length.to_be_bytes());
        self.whole.then_some(self.octets)
    }

    fn sign_message(octets: &mut [u8], place: Option<usize>, authenticator: &[u8; 16], secret: &[u8]) {
        let Some(place) = place else { return };
        let value = authenticator::message(octets, place, authenticator, secret);
        if let Some(into) = octets.get_mut(place..place + 16) {
            into.copy_from_slice(&value);
        }
    }

    /// Signs the response to the request with this authenticator; `None` when it did not fit.
    pub fn response(self, request: &[u8; 16], secret: &[u8]) -> Option<Vec<u8>> {
        let place = self.message;
        let mut octets = self.finish()?;
        Self::sign_message(&mut octets, place, request, secret);
        let own = authenticator::of(&octets, request, secret);
        octets.get_mut(4..HEADER)?.copy_from_slice(&own);
        Some(octets)
    }

    /// Signs an Access-Request or a Status-Server; its authenticator must be of random octets.
    pub fn access_request(self, random: &[u8; 16], secret: &[u8]) -> Option<Vec<u8>> {
        let place = self.message;
        let mut octets = self.finish()?;
        octets.get_mut(4..HEADER)?.copy_from_slice(random);
        Self::sign_message(&mut octets, place, random, secret);
        Some(octets)
    }

    /// Signs an accounting, disconnect or change request.
    pub fn signed_request(self, secret: &[u8]) -> Option<Vec<u8>> {
        debug_assert!(!matches!(self.octets[0], code::ACCESS_REQUEST | code::STATUS_SERVER));
        let place = self.message;
        let mut octets = self.finish()?;
        Self::sign_message(&mut octets, place, &[0; 16], secret);
        let own = authenticator::of(&octets, &[0; 16], secret);
        octets.get_mut(4..HEADER)?.copy_from_slice(&own);
        Some(octets)
    }
}
