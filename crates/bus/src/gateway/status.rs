//! What this machine's monitoring is told.

use super::{Bus, lock};
use crate::radius::Why;
use crate::radius::dynamic::Said;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was heard, by number.
#[derive(Debug, Default)]
pub struct Heard {
    fixes: AtomicU64,
    no_fixes: AtomicU64,
    refused: AtomicU64,
    messages: AtomicU64,
    changes: [AtomicU64; 3],
}

impl Heard {
    pub fn fix(&self) {
        self.fixes.fetch_add(1, Ordering::Relaxed);
    }

    pub fn no_fix(&self) {
        self.no_fixes.fetch_add(1, Ordering::Relaxed);
    }

    pub fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub fn message(&self) {
        self.messages.fetch_add(1, Ordering::Relaxed);
    }

    pub fn change(&self, said: Said) {
        let place = match said {
            Said::Done => 0,
            Said::Refused(_) => 1,
            Said::Nothing => 2,
        };
        self.changes[place].fetch_add(1, Ordering::Relaxed);
    }
}

/// `/metrics`.
pub fn metrics(bus: &Bus) -> String {
    let mut page = String::new();
    let mut put = |name: &str, kind: &str, help: &str, values: &[(String, u64)]| {
        let _ = writeln!(page, "# HELP evenfield_bus_{name} {help}\n# TYPE evenfield_bus_{name} {kind}");
        for (label, value) in values {
            let label = if label.is_empty() { String::new() } else { format!("{{{label}}}") };
            let _ = writeln!(page, "evenfield_bus_{name}{label} {value}");
        }
    };
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let what = |word: &str, counter: &AtomicU64| (format!("what=\"{word}\""), count(counter));
    let (counts, heard) = (&bus.server.counts, &bus.heard);
    let [accepted, rejected, captive, outside] = &counts.decided;
    let values = [
        what("accepted", accepted),
        what("rejected", rejected),
        what("captive", captive),
        what("outside", outside),
    ];
    put("access_total", "counter", "Access requests by what was decided.", &values);
    let values = [what("kept", &counts.reports), what("again", &counts.again)];
    put("requests_total", "counter", "Accounting that was kept; requests that came again.", &values);
    let silent: Vec<_> = Why::ALL.iter().zip(&counts.silent).map(|(why, n)| what(why.word(), n)).collect();
    put("unanswered_total", "counter", "Datagrams without an answer, by reason.", &silent);
    let [done, refused, nothing] = &heard.changes;
    let values = [what("done", done), what("refused", refused), what("unanswered", nothing)];
    put("changes_total", "counter", "Sessions that access points were asked to end.", &values);
    let values = [
        what("fix", &heard.fixes),
        what("no_fix", &heard.no_fixes),
        what("refused", &heard.refused),
        what("netjson", &heard.messages),
    ];
    put("telemetry_total", "counter", "Telemetry that came in.", &values);
    let outside = bus.server.outside_down().into_iter();
    let down: Vec<_> =
        outside.map(|(address, down)| (format!("server=\"{address}\""), u64::from(down))).collect();
    put("outside_down", "gauge", "Whether an outside server did not answer lately.", &down);
    let sessions = u64::from(lock(&bus.sessions).count());
    put("sessions", "gauge", "Sessions that are going on.", &[(String::new(), sessions)]);
    let (open, passes) = {
        let gate = lock(&bus.gate);
        (u64::from(gate.is_open()), gate.passes().len() as u64)
    };
    put("wifi_on", "gauge", "Whether the schedule has the Wi-Fi on.", &[(String::new(), open)]);
    put("passes", "gauge", "Passes in force.", &[(String::new(), passes)]);
    page
}
