//! NetJSON DeviceMonitoring, as the agents of OpenWISP send it: links, load and how many clients. Who the clients are is
//! never taken out of it.

use crate::facts::{Fact, Link};
use serde::Deserialize;

/// The longest message.
pub const LONGEST: usize = 256 << 10;
/// Links of a message that are used, at most.
const MOST_LINKS: usize = 16;
/// The longest name.
const LONGEST_NAME: usize = 40;

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    general: Option<General>,
    resources: Option<Resources>,
    #[serde(default)]
    interfaces: Vec<Interface>,
}

#[derive(Deserialize)]
struct General {
    uptime: Option<f64>,
}

#[derive(Deserialize)]
struct Resources {
    #[serde(default)]
    load: Vec<f64>,
    memory: Option<Memory>,
}

#[derive(Deserialize)]
struct Memory {
    total: Option<f64>,
    available: Option<f64>,
    free: Option<f64>,
}

#[derive(Deserialize)]
struct Interface {
    name: String,
    statistics: Option<Statistics>,
    wireless: Option<Wireless>,
    mobile: Option<Mobile>,
}

#[derive(Deserialize)]
struct Statistics {
    rx_bytes: Option<u64>,
    tx_bytes: Option<u64>,
}

#[derive(Deserialize)]
struct Wireless {
    #[serde(default)]
    clients: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Mobile {
    operator_code: Option<String>,
    connection_status: Option<String>,
    #[serde(default)]
    signal: std::collections::BTreeMap<String, Signal>,
}

#[derive(Deserialize)]
struct Signal {
    rssi: Option<f64>,
    rsrp: Option<f64>,
    rsrq: Option<f64>,
    snr: Option<f64>,
}

fn short(text: Option<String>) -> String {
    text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

/// Reads a message to facts; `None` for what is none.
pub fn read(octets: &[u8]) -> Option<Vec<Fact>> {
    if octets.len() > LONGEST {
        return None;
    }
    let message: Message = serde_json::from_slice(octets).ok()?;
    if message.kind != "DeviceMonitoring" {
        return None;
    }
    let mut facts = Vec::new();
    let clients: Vec<usize> =
        message.interfaces.iter().filter_map(|i| Some(i.wireless.as_ref()?.clients.len())).collect();
    if !clients.is_empty() {
        let count = clients.iter().sum::<usize>();
        facts.push(Fact::Clients { count: u32::try_from(count).unwrap_or(u32::MAX) });
    }
    let resources = message.resources.as_ref();
    let memory = resources.and_then(|resources| resources.memory.as_ref());
    let free = memory.and_then(|m| Some(m.available.or(m.free)? / m.total.filter(|total| *total > 0.0)?));
    let load = resources.and_then(|resources| resources.load.first().copied());
    let uptime = message.general.and_then(|general| general.uptime);
    if let (Some(free), Some(load), Some(uptime)) = (free, load, uptime) {
        let memory_free = free.clamp(0.0, 1.0);
        facts.push(Fact::Router { uptime_s: uptime.max(0.0) as u64, load: load.max(0.0), memory_free });
    }
    let mobile = message.interfaces.into_iter().filter_map(|i| Some((i.name, i.statistics, i.mobile?)));
    for (name, statistics, mobile) in mobile.take(MOST_LINKS) {
        let (technology, signal) = mobile.signal.into_iter().next_back().unzip();
        let signal: Option<Signal> = signal;
        let of = |value: fn(&Signal) -> Option<f64>| signal.as_ref().and_then(value);
        facts.push(Fact::Link(Link {
            name: short(Some(name)),
            technology: short(technology),
            operator: short(mobile.operator_code),
            status: short(mobile.connection_status),
            rsrp_dbm: of(|signal| signal.rsrp),
            rsrq_db: of(|signal| signal.rsrq),
            snr_db: of(|signal| signal.snr),
            rssi_dbm: of(|signal| signal.rssi),
            received: statistics.as_ref().and_then(|statistics| statistics.rx_bytes),
            sent: statistics.as_ref().and_then(|statistics| statistics.tx_bytes),
        }));
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MESSAGE: &str = r#"{"type":"DeviceMonitoring","general":{"hostname":"bus-7","local_time":1796040000,"uptime":3600},
        "resources":{"load":[0.5,0.4,0.3],"memory":{"total":1000,"free":100,"available":250},"disk":[]},
        "interfaces":[
          {"name":"wlan0","type":"wireless","statistics":{"rx_bytes":1,"tx_bytes":2},
           "wireless":{"ssid":"bus","clients":[{"mac":"02:00:00:00:00:0a"},{"mac":"02:00:00:00:00:0b"}]}},
          {"name":"wwan0","type":"modem-manager","statistics":{"rx_bytes":5000000000,"tx_bytes":7},
           "mobile":{"imei":"300000001234567","operator_code":"310410","operator_name":"x","connection_status":"connected",
             "signal":{"lte":{"rssi":-70,"rsrp":-101.5,"rsrq":-11,"snr":8.2}}}}]}"#;

    #[test]
    fn links_and_numbers_are_taken_and_nobody_is_named() {
        let facts = read(MESSAGE.as_bytes()).expect("a message");
        let text = format!("{facts:?}");
        assert!(!text.contains("02:00") && !text.contains("300000001234567"), "{text}");
        let link = Link {
            name: "wwan0".to_owned(),
            technology: "lte".to_owned(),
            operator: "310410".to_owned(),
            status: "connected".to_owned(),
            rsrp_dbm: Some(-101.5),
            rsrq_db: Some(-11.0),
            snr_db: Some(8.2),
            rssi_dbm: Some(-70.0),
            received: Some(5_000_000_000),
            sent: Some(7),
        };
        let router = Fact::Router { uptime_s: 3_600, load: 0.5, memory_free: 0.25 };
        assert_eq!(facts, [Fact::Clients { count: 2 }, router, Fact::Link(link)]);
        assert_eq!(read(MESSAGE.replace("DeviceMonitoring", "NetworkGraph").as_bytes()), None);
    }

    proptest! {
        #[test]
        fn a_damaged_message_makes_nothing_panic(at in 0_usize..700, octet in any::<u8>()) {
            let mut octets = MESSAGE.as_bytes().to_vec();
            let at = at % octets.len();
            octets[at] = octet;
            let _ = read(&octets);
            let _ = read(&octets[..at]);
        }
    }
}
