//! One fact, in 32 octets.

use crate::ring::Record;

/// The octets of an event.
pub(crate) const SIZE: usize = 32;

/// Who asked. The numbers are those of the snapshot that the event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody known.
    Unknown,
    /// The device with this number.
    Device(u32),
    /// The place with this number.
    Site(u32),
}

/// What was done with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Did {
    /// Answered.
    Answered = 0,
    /// Blocked.
    Blocked = 1,
    /// Sent to a safe address.
    Rewritten = 2,
    /// No answer could be had.
    Failed = 3,
}

impl Did {
    /// That with this number.
    pub fn of(number: u8) -> Option<Self> {
        [Self::Answered, Self::Blocked, Self::Rewritten, Self::Failed].get(usize::from(number)).copied()
    }
}

/// What it rested on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nothing spoke of the name.
    Nothing,
    /// Only allowed names are let through.
    NotAllowed,
    /// The rule with this number.
    Rule(u32),
    /// The list with this number, and its category.
    List(u16, u8),
}

/// How the query came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Transport {
    /// Datagrams.
    Udp = 0,
    /// DNS over TCP, RFC 7766.
    Tcp = 1,
    /// DNS over TLS, RFC 7858.
    Tls = 2,
    /// DNS over HTTPS, RFC 8484.
    Https = 3,
    /// DNS over QUIC, RFC 9250.
    Quic = 4,
}

/// What was decided on one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, seconds since 1970.
    pub at_s: u32,
    /// The first four octets of the digest of the snapshot that decided.
    pub snapshot: u32,
    /// Who asked.
    pub who: Who,
    /// The policy's number.
    pub policy: u32,
    /// What was done.
    pub did: Did,
    /// Why.
    pub because: Because,
    /// The type that was asked for, as RFC 1035 numbers it.
    pub query_type: u16,
    /// How it came.
    pub transport: Transport,
}

impl Record for Event {
    /// Four words: time and snapshot; who and policy; the reason's number and the type; six small numbers.
    fn to_words(self) -> [u64; 4] {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let (who, number) = match self.who {
            Who::Unknown => (0, 0),
            Who::Device(number) => (1, number),
            Who::Site(number) => (2, number),
        };
        let (because, id, category) = match self.because {
            Because::Nothing => (0, 0, 0),
            Because::NotAllowed => (1, 0, 0),
            Because::Rule(rule) => (2, rule, 0),
            Because::List(list, category) => (3, u32::from(list), category),
        };
        let small = [who, self.did as u8, because, category, self.transport as u8, 0, 0, 0];
        [
            pair(self.at_s, self.snapshot),
            pair(number, self.policy),
            pair(id, u32::from(self.query_type)),
            u64::from_le_bytes(small),
        ]
    }

    /// Reads an event; `None` for words that no event has.
    fn from_words(words: [u64; 4]) -> Option<Self> {
        let (low, high) = (|n: usize| words[n] as u32, |n: usize| (words[n] >> 32) as u32);
        let [who, did, because, category, transport, ..] = words[3].to_le_bytes();
        Some(Self {
            at_s: low(0),
            snapshot: high(0),
            who: match who {
                0 => Who::Unknown,
                1 => Who::Device(low(1)),
                2 => Who::Site(low(1)),
                _ => return None,
            },
            policy: high(1),
            did: Did::of(did)?,
            because: match because {
                0 => Because::Nothing,
                1 => Because::NotAllowed,
                2 => Because::Rule(low(2)),
                3 => Because::List(u16::try_from(low(2)).ok()?, category),
                _ => return None,
            },
            query_type: u16::try_from(high(2)).ok()?,
            transport: *[Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Https, Transport::Quic]
                .get(usize::from(transport))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_fixed_place_for_everything() {
        let event = Event {
            at_s: 0x0102_0304,
            snapshot: 0x0506_0708,
            who: Who::Device(9),
            policy: 10,
            did: Did::Blocked,
            because: Because::List(11, 12),
            query_type: 65,
            transport: Transport::Https,
        };
        let words = event.to_words();
        assert_eq!(words, [0x0506_0708_0102_0304, 0x0A_0000_0009, 0x41_0000_000B, 0x03_0C_03_01_01]);
        assert_eq!(Event::from_words(words), Some(event));
        assert_eq!(Event::from_words([0, 0, 0, 9]), None);
        for because in [Because::Nothing, Because::NotAllowed, Because::Rule(7)] {
            let other = Event { because, who: Who::Site(3), transport: Transport::Quic, ..event };
            assert_eq!(Event::from_words(other.to_words()), Some(other));
        }
    }
}
