//! What the kernel knows of a connection: `struct tcp_info` (linux/tcp.h) and `struct tcp_bbr_info` (linux/inet_diag.h), read at the
//! places where the kernel puts them. An older kernel's shorter structure leaves the later fields out.

use serde::Serialize;

/// Counts of one connection. Times are microseconds, sizes octets, both at the level of TCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TcpInfo {
    /// Time in which there was something to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy_time: Option<u64>,
    /// Octets that the other side has acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_acked: Option<u64>,
    /// Octets that this side has acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_received: Option<u64>,
    /// Octets sent, those sent again included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_sent: Option<u64>,
    /// Octets sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_retrans: Option<u64>,
    /// The time of these counts, since the test began.
    pub elapsed_time: u64,
    /// The least round-trip time.
    #[serde(rename = "MinRTT", skip_serializing_if = "Option::is_none")]
    pub min_rtt: Option<u64>,
    /// The smoothed round-trip time.
    #[serde(rename = "RTT", skip_serializing_if = "Option::is_none")]
    pub rtt: Option<u64>,
    /// How much it varies.
    #[serde(rename = "RTTVar", skip_serializing_if = "Option::is_none")]
    pub rtt_var: Option<u64>,
    /// Time in which the receiver's window was too small.
    #[serde(rename = "RWndLimited", skip_serializing_if = "Option::is_none")]
    pub rwnd_limited: Option<u64>,
    /// Time in which the sender's buffer was too small.
    #[serde(rename = "SndBufLimited", skip_serializing_if = "Option::is_none")]
    pub snd_buf_limited: Option<u64>,
}

/// What BBR knows of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BbrInfo {
    /// The bottleneck's bandwidth, octets a second.
    #[serde(rename = "BW")]
    pub bandwidth: u64,
    /// The least round-trip time, microseconds.
    #[serde(rename = "MinRTT")]
    pub min_rtt: u64,
    /// Gain of pacing, in 256ths.
    #[serde(rename = "PacingGain")]
    pub pacing_gain: u64,
    /// Gain of the window, in 256ths.
    #[serde(rename = "CwndGain")]
    pub cwnd_gain: u64,
    /// The time of these, microseconds since the test began.
    #[serde(rename = "ElapsedTime")]
    pub elapsed_time: u64,
}

/// The kernel writes "no round-trip time was measured yet" as this.
const NO_RTT: u32 = u32::MAX;

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

fn u64_at(octets: &[u8], at: usize) -> Option<u64> {
    octets.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes)
}

impl TcpInfo {
    /// Reads a `struct tcp_info` of any length.
    pub fn read(octets: &[u8], elapsed_time: u64) -> Self {
        let small = |at| u32_at(octets, at).map(u64::from);
        Self {
            busy_time: u64_at(octets, 168),
            bytes_acked: u64_at(octets, 120),
            bytes_received: u64_at(octets, 128),
            bytes_sent: u64_at(octets, 200),
            bytes_retrans: u64_at(octets, 208),
            elapsed_time,
            min_rtt: u32_at(octets, 148).filter(|rtt| *rtt != NO_RTT).map(u64::from),
            rtt: small(68),
            rtt_var: small(72),
            rwnd_limited: u64_at(octets, 176),
            snd_buf_limited: u64_at(octets, 184),
        }
    }
}

impl BbrInfo {
    /// Reads a `struct tcp_bbr_info`; `None` when it is too short.
    pub fn read(octets: &[u8], elapsed_time: u64) -> Option<Self> {
        let at = |at| u32_at(octets, at).map(u64::from);
        Some(Self {
            bandwidth: at(0)? | at(4)? << 32,
            min_rtt: at(8)?,
            pacing_gain: at(12)?,
            cwnd_gain: at(16)?,
            elapsed_time,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_where_the_kernel_puts_them() {
        // Each octet tells its place.
        let octets: Vec<u8> = (0..232).collect();
        let word = |at: u8| u64::from(u32::from_ne_bytes([at, at + 1, at + 2, at + 3]));
        let long = |at: u8| u64::from_ne_bytes(std::array::from_fn(|i| at + i as u8));
        let info = TcpInfo::read(&octets, 5);
        assert_eq!((info.rtt, info.rtt_var, info.min_rtt), (Some(word(68)), Some(word(72)), Some(word(148))));
        assert_eq!((info.bytes_acked, info.bytes_received), (Some(long(120)), Some(long(128))));
        assert_eq!((info.bytes_sent, info.bytes_retrans), (Some(long(200)), Some(long(208))));
        let limited = (info.busy_time, info.rwnd_limited, info.snd_buf_limited);
        assert_eq!(limited, (Some(long(168)), Some(long(176)), Some(long(184))));
        // Linux 4.9 has no more than 192 octets.
        let old = TcpInfo::read(&octets[..192], 5);
        assert_eq!(old, TcpInfo { bytes_sent: None, bytes_retrans: None, ..info });
        let said = serde_json::to_value(TcpInfo { min_rtt: None, ..old }).expect("JSON");
        let names: Vec<_> = said.as_object().expect("an object").keys().collect();
        let wanted = [
            "BusyTime",
            "BytesAcked",
            "BytesReceived",
            "ElapsedTime",
            "RTT",
            "RTTVar",
            "RWndLimited",
            "SndBufLimited",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn a_rate_above_32_bits_is_in_two_words() {
        let octets: Vec<u8> = [7u32, 1, 250, 739, 512].iter().flat_map(|word| word.to_ne_bytes()).collect();
        let bbr = BbrInfo::read(&octets, 9).expect("whole");
        assert_eq!((bbr.bandwidth, bbr.min_rtt), ((1 << 32) + 7, 250));
        assert_eq!((bbr.pacing_gain, bbr.cwnd_gain, bbr.elapsed_time), (739, 512, 9));
        assert_eq!(BbrInfo::read(&octets[..19], 9), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_read(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (TcpInfo::read(&octets, 1), BbrInfo::read(&octets, 1));
        }
    }
}
