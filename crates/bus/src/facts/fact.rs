//! What can be a fact, and its line: JSON after the CRC-32 of it.

use serde::{Deserialize, Serialize};

/// The longest line, so that a reader needs no more memory than this.
pub const LONGEST_LINE: usize = 4_096;

/// Where a time comes from; a later one of the list is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The system's clock, which may have begun anywhere.
    System,
    /// The system's clock, set by the network.
    Network,
    /// GPS.
    Gps,
}

/// At what point of a session a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// It began.
    Start,
    /// It goes on.
    Interim,
    /// It has ended.
    Stop,
}

/// A session so far. All numbers are of the whole session, so that the largest of each is right, whatever is lost or
/// comes twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session's pseudonym.
    pub session: String,
    /// The rider's pseudonym of the day; another one tomorrow.
    pub who: String,
    /// At what point.
    pub point: Point,
    /// Seconds.
    pub seconds: u32,
    /// Octets from the client.
    pub up: u64,
    /// Octets to the client.
    pub down: u64,
    /// How many seconds before it was recorded it happened.
    pub ago_s: u32,
    /// Why it ended, as RFC 2866, section 5.10, numbers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<u32>,
}

/// Where the bus is: WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// km/h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_kmh: Option<f64>,
    /// Degrees from north, clockwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<f64>,
    /// Satellites in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satellites: Option<u32>,
}

/// A link of the bus to the Internet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The interface.
    pub name: String,
    /// `lte`, `nr`, …, as the router says.
    pub technology: String,
    /// Who runs the network, by number (MCC and MNC).
    pub operator: String,
    /// Whether it is connected, as the router says.
    pub status: String,
    /// Reference signal received power, dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rsrp_dbm: Option<f64>,
    /// Reference signal received quality, dB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rsrq_db: Option<f64>,
    /// Signal to noise, dB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snr_db: Option<f64>,
    /// Received signal strength, dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_dbm: Option<f64>,
    /// Octets received since the interface came up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<u64>,
    /// Octets sent since the interface came up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The gateway started.
    Started {
        /// Its release.
        release: String,
    },
    /// What time it was when this boot began.
    Clock {
        /// Milliseconds since 1970 at `up_ms` 0.
        epoch_ms: i64,
        /// Who says so.
        source: Source,
    },
    /// A session so far.
    Session(Session),
    /// Where the bus is.
    Position(Position),
    /// How a link is.
    Link(Link),
    /// How many devices are on the Wi-Fi.
    Clients {
        /// So many.
        count: u32,
    },
    /// The Wi-Fi opened or shut.
    Wifi {
        /// Whether it is open now.
        open: bool,
    },
    /// The router itself.
    Router {
        /// Seconds since it started.
        uptime_s: u64,
        /// Load over a minute.
        load: f64,
        /// The share of memory that is free, 0 to 1.
        memory_free: f64,
    },
}

impl Fact {
    /// Whether it is accounting, which is kept when there is no room for telemetry.
    pub fn is_accounting(&self) -> bool {
        matches!(self, Self::Started { .. } | Self::Clock { .. } | Self::Session(_))
    }
}

/// A fact with its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its number in its boot, from 1.
    pub seq: u64,
    /// Milliseconds since its boot began.
    pub up_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

impl Line {
    /// Writes the line with its checksum; `None` when it is too long or has a number that is none.
    pub fn write(&self, into: &mut Vec<u8>) -> Option<()> {
        let json = serde_json::to_vec(self).ok().filter(|json| json.len() < LONGEST_LINE)?;
        into.extend(format!("{:08x} ", crc32fast::hash(&json)).bytes());
        into.extend(json);
        into.push(b'\n');
        Some(())
    }

    /// Reads a line, without its end; `None` for one that was not written so.
    pub fn read(line: &[u8]) -> Option<Self> {
        let (sum, rest) = line.split_at_checked(8)?;
        let json = rest.strip_prefix(b" ").filter(|json| json.len() < LONGEST_LINE)?;
        let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
        if crc32fast::hash(json) != sum {
            return None;
        }
        serde_json::from_slice(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_the_page_says() {
        let session = Session {
            session: "00112233".to_owned(),
            who: "44556677".to_owned(),
            point: Point::Stop,
            seconds: 60,
            up: 1 << 40,
            down: 7,
            ago_s: 0,
            cause: Some(1),
        };
        let line = Line { seq: 9, up_ms: 1_500, fact: Fact::Session(session) };
        let mut octets = Vec::new();
        line.write(&mut octets).expect("short");
        let text = String::from_utf8(octets).expect("text");
        let json = "{\"seq\":9,\"up_ms\":1500,\"fact\":\"session\",\"session\":\"00112233\",\"who\":\"44556677\",\
            \"point\":\"stop\",\"seconds\":60,\"up\":1099511627776,\"down\":7,\"ago_s\":0,\"cause\":1}\n";
        assert_eq!(&text[9..], json);
        assert_eq!(Line::read(text.trim_end().as_bytes()), Some(line));
        assert_eq!(Line::read(text.replace("60", "61").trim_end().as_bytes()), None);
        assert_eq!(Line::read(&text.as_bytes()[..40]), None);
    }
}
