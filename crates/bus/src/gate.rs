//! The decision on who comes in, for how long and how fast. It knows no socket and no clock: seconds since the program
//! began are an argument.

use crate::passes::{Limits, Passes, Rider, hardware};
use crate::radius::{Packet, attribute, password};
use std::collections::HashMap;

/// Devices that came in by the login page, at most.
const MOST_ADMITTED: usize = 4_096;
/// Riders whose use is counted, at most.
const MOST_USED: usize = 65_536;
/// Service-Type Call Check: the access point asks for a hardware address, RFC 2865, section 5.6.
const CALL_CHECK: u32 = 10;

/// How the gate decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The longest session, seconds; whoever has time left may begin another.
    pub session_s: u32,
    /// Without traffic a session ends after so many seconds; 0 for never.
    pub idle_s: u32,
    /// How often access points report, seconds.
    pub interim_s: u32,
    /// The filter that access points put on a device that may only see the login page; none when there is no page.
    pub captive: Option<String>,
    /// Whether EAP is asked of outside servers.
    pub outside: bool,
}

/// What is decided on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may come in.
    Accept(Grant),
    /// It may see the login page, and nothing else.
    Captive(String),
    /// It may not; this is shown to people.
    Reject(&'static str),
    /// An outside server decides.
    Outside,
}

/// What a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// For whom; none when an outside server let them in.
    pub rider: Option<Rider>,
    /// Seconds.
    pub seconds: u32,
    /// Octets both ways; 0 for no limit.
    pub octets: u64,
    /// kbit/s to the client; 0 for no limit.
    pub down_kbit: u32,
    /// kbit/s from the client; 0 for no limit.
    pub up_kbit: u32,
}

/// Messages for people.
const CLOSED: &str = "Wi-Fi is off now.";
const UNKNOWN: &str = "The login or the code is not right.";
const USED_UP: &str = "Your Wi-Fi time for today is used up.";

/// What a rider used today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Used {
    seconds: u64,
    octets: u64,
}

/// The gate.
pub struct Gate {
    rules: Rules,
    passes: Passes,
    open: bool,
    admitted: HashMap<[u8; 6], (Rider, u64)>,
    used: HashMap<Rider, Used>,
    day: i64,
}

impl Gate {
    /// A gate that is open.
    pub fn new(rules: Rules, passes: Passes) -> Self {
        Self { rules, passes, open: true, admitted: HashMap::new(), used: HashMap::new(), day: 0 }
    }

    /// The passes in force.
    pub fn passes(&self) -> &Passes {
        &self.passes
    }

    /// How it decides.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Puts other passes in force.
    pub fn put_passes(&mut self, passes: Passes) {
        self.passes = passes;
    }

    /// Opens or shuts it.
    pub fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Begins another day, by its number: what was used is forgotten.
    pub fn set_day(&mut self, day: i64) {
        if day != self.day {
            self.day = day;
            self.used.clear();
        }
    }

    /// Counts what a rider used.
    pub fn count(&mut self, rider: Rider, seconds: u64, octets: u64) {
        if self.used.len() >= MOST_USED && !self.used.contains_key(&rider) {
            return;
        }
        let used = self.used.entry(rider).or_default();
        used.seconds = used.seconds.saturating_add(seconds);
        used.octets = used.octets.saturating_add(octets);
    }

    /// What a rider may still do today.
    pub fn grant(&self, rider: Rider) -> Decision {
        let Some(limits) = self.passes.limits(&rider) else { return Decision::Reject(UNKNOWN) };
        let used = self.used.get(&rider).copied().unwrap_or_default();
        let Limits { minutes, mebibytes, down_kbit, up_kbit } = limits;
        let left_s = match minutes {
            0 => u64::from(self.rules.session_s),
            minutes => (u64::from(minutes) * 60).saturating_sub(used.seconds),
        };
        let left = (u64::from(mebibytes) << 20).saturating_sub(used.octets);
        if left_s == 0 || (mebibytes != 0 && left == 0) {
            return Decision::Reject(USED_UP);
        }
        let seconds = u32::try_from(left_s).unwrap_or(u32::MAX).min(self.rules.session_s);
        Decision::Accept(Grant { rider: Some(rider), seconds, octets: left, down_kbit, up_kbit })
    }

    /// Lets a device in that logged in on the page, until `until_s`.
    pub fn admit(&mut self, address: [u8; 6], rider: Rider, until_s: u64, now_s: u64) {
        if self.admitted.len() >= MOST_ADMITTED {
            self.admitted.retain(|_, (_, until_s)| *until_s > now_s);
        }
        if self.admitted.len() < MOST_ADMITTED {
            self.admitted.insert(address, (rider, until_s));
        }
    }

    /// What the rules say of a session that an outside server lets in.
    pub fn outside(&self) -> Grant {
        Grant { rider: None, seconds: self.rules.session_s, octets: 0, down_kbit: 0, up_kbit: 0 }
    }

    /// Decides on an Access-Request. `secret` is the client's.
    pub fn decide(&self, packet: &Packet<'_>, secret: &[u8], now_s: u64) -> Decision {
        if !self.open {
            return Decision::Reject(CLOSED);
        }
        if packet.first(attribute::EAP_MESSAGE).is_some() {
            return if self.rules.outside { Decision::Outside } else { Decision::Reject(UNKNOWN) };
        }
        let user = packet.text(attribute::USER_NAME).unwrap_or_default();
        let authenticator = packet.authenticator();
        let clear = packet
            .first(attribute::USER_PASSWORD)
            .map(|hidden| password(hidden, &authenticator, secret).unwrap_or_default());
        if let Some(address) = asked_address(packet, user, clear.as_deref()) {
            return self.device(address, now_s);
        }
        let pass = match (&clear, packet.first(attribute::CHAP_PASSWORD)) {
            (Some(clear), None) => self.passes.by_code(user, clear),
            (None, Some(chap)) => {
                let challenge = packet.first(attribute::CHAP_CHALLENGE).unwrap_or(&authenticator);
                self.passes.by_chap(user, chap, challenge)
            }
            // RFC 2865, section 4.1: one of them, never both.
            _ => None,
        };
        pass.map_or(Decision::Reject(UNKNOWN), |pass| self.grant(pass.rider))
    }

    /// Decides on a device by its address: of the district, logged in on the page, or a stranger.
    fn device(&self, address: [u8; 6], now_s: u64) -> Decision {
        let admitted = self.admitted.get(&address).filter(|(_, until_s)| *until_s > now_s);
        let rider = self.passes.by_hardware(address).map(|pass| pass.rider);
        let decision = match rider.or(admitted.map(|(rider, _)| *rider)) {
            Some(rider) => self.grant(rider),
            None => Decision::Reject(UNKNOWN),
        };
        match (&decision, &self.rules.captive) {
            // The page tells them why.
            (Decision::Reject(_), Some(filter)) => Decision::Captive(filter.clone()),
            _ => decision,
        }
    }
}

/// The hardware address, when the access point asks for one: its login is the address of the station, and its password
/// the same or nothing that is meant as one.
fn asked_address(packet: &Packet<'_>, user: &str, clear: Option<&[u8]>) -> Option<[u8; 6]> {
    let address = hardware(user.as_bytes())?;
    let station = packet.first(attribute::CALLING_STATION_ID).and_then(hardware);
    let check = packet.number(attribute::SERVICE_TYPE) == Some(CALL_CHECK);
    let same = clear.is_some_and(|clear| hardware(clear) == Some(address));
    (station == Some(address) && (check || same)).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::Key;
    use crate::passes::{HEADER, WrittenProof, row};
    use crate::radius::{Draft, code, hidden_password};

    const SECRET: &[u8] = b"secret";

    fn gate() -> Gate {
        let key = Key::new([7; 32]);
        let limits = Limits { minutes: 90, mebibytes: 1, down_kbit: 4_000, up_kbit: 1_000 };
        let rows = [
            row(&key, "nemo", &WrittenProof::Code("sesame"), [1; 8], limits),
            row(&key, "02:00:00:00:00:0a", &WrittenProof::Device, [3; 8], Limits::default()),
        ];
        let passes = Passes::read("passes.csv", &format!("{HEADER}\n{}\n", rows.join("\n")), key);
        let captive = Some("captive".to_owned());
        let rules = Rules { session_s: 3_600, idle_s: 600, interim_s: 60, captive, outside: true };
        Gate::new(rules, passes.expect("passes"))
    }

    fn decide(gate: &Gate, attributes: &[(u8, &[u8])], now_s: u64) -> Decision {
        let mut draft = Draft::new(code::ACCESS_REQUEST, 1);
        for (kind, value) in attributes {
            match *kind {
                attribute::USER_PASSWORD => {
                    draft.put(*kind, &hidden_password(value, &[4; 16], SECRET).expect("short"))
                }
                kind => draft.put(kind, value),
            }
        }
        let octets = draft.access_request(&[4; 16], SECRET).expect("it fits");
        gate.decide(&Packet::parse(&octets).expect("a packet"), SECRET, now_s)
    }

    fn login(user: &[u8], clear: &[u8]) -> Vec<(u8, Vec<u8>)> {
        vec![(attribute::USER_NAME, user.to_vec()), (attribute::USER_PASSWORD, clear.to_vec())]
    }

    fn ask(gate: &Gate, attributes: &[(u8, Vec<u8>)], now_s: u64) -> Decision {
        let attributes: Vec<(u8, &[u8])> = attributes.iter().map(|(k, v)| (*k, &v[..])).collect();
        decide(gate, &attributes, now_s)
    }

    #[test]
    fn time_and_data_of_a_day_are_used_up() {
        let mut gate = gate();
        let whole =
            Grant { rider: Some([1; 8]), seconds: 3_600, octets: 1 << 20, down_kbit: 4_000, up_kbit: 1_000 };
        let nemo = login(b"nemo", b"sesame");
        assert_eq!(ask(&gate, &nemo, 0), Decision::Accept(whole));
        gate.count([1; 8], 5_000, 1_000);
        let rest = Grant { seconds: 400, octets: (1 << 20) - 1_000, ..whole };
        assert_eq!(ask(&gate, &nemo, 0), Decision::Accept(rest));
        gate.count([1; 8], 400, 0);
        assert_eq!(ask(&gate, &nemo, 0), Decision::Reject(USED_UP));
        gate.set_day(1);
        assert_eq!(ask(&gate, &nemo, 0), Decision::Accept(whole));
        gate.count([1; 8], 1, 1 << 20);
        assert_eq!(ask(&gate, &nemo, 0), Decision::Reject(USED_UP));
        assert_eq!(ask(&gate, &login(b"nemo", b"wrong"), 0), Decision::Reject(UNKNOWN));
        gate.set_open(false);
        assert_eq!(ask(&gate, &nemo, 0), Decision::Reject(CLOSED));
        let eap = vec![(attribute::EAP_MESSAGE, vec![2, 1, 0, 4])];
        assert_eq!(ask(&gate, &eap, 0), Decision::Reject(CLOSED));
        gate.set_open(true);
        assert_eq!(ask(&gate, &eap, 0), Decision::Outside);
    }

    #[test]
    fn a_strange_device_sees_the_page_until_it_logs_in() {
        let mut gate = gate();
        let device = |address: &[u8]| {
            let mut attributes = login(address, address);
            attributes.push((attribute::CALLING_STATION_ID, address.to_vec()));
            attributes
        };
        let own = ask(&gate, &device(b"02-00-00-00-00-0A"), 0);
        assert!(matches!(own, Decision::Accept(Grant { rider: Some([3, ..]), octets: 0, .. })), "{own:?}");
        let strange = device(b"02-00-00-00-00-0B");
        let captive = Decision::Captive("captive".to_owned());
        assert_eq!(ask(&gate, &strange, 0), captive);
        gate.admit([2, 0, 0, 0, 0, 0x0B], [1; 8], 100, 0);
        assert!(matches!(ask(&gate, &strange, 99), Decision::Accept(Grant { rider: Some([1, ..]), .. })));
        assert_eq!(ask(&gate, &strange, 100), captive);
        // Another station does not get in by this one's address.
        let mut other = strange.clone();
        other[2].1 = b"02-00-00-00-00-0C".to_vec();
        assert_eq!(ask(&gate, &other, 0), Decision::Reject(UNKNOWN));
    }
}
