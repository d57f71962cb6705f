//! What time it is: by the system's clock until GPS says better. Facts carry the milliseconds since the boot began, so what is
//! learned of the time later is right for them, too.

use crate::facts::{Fact, Source};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Before this nobody had this program: 2026-01-01. A receiver that counts weeks wrongly is 1,024 of them behind.
const EARLIEST_MS: i64 = 1_767_225_600_000;
/// By so much the receiver may differ from what is known before it is told anew.
const DRIFT_MS: i64 = 2_000;

/// The clock of a boot.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    /// Milliseconds since 1970 when the boot began, and who says so.
    epoch_ms: i64,
    source: Source,
}

impl Clock {
    /// The system's clock, for now.
    pub fn start() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis() as i64);
        Self { start: Instant::now(), epoch_ms: now, source: Source::System }
    }

    /// When the boot began.
    pub fn began(&self) -> Instant {
        self.start
    }

    /// Seconds since then.
    pub fn up_s(&self) -> u64 {
        self.start.elapsed().as_secs()
    }

    /// What is known of the time, as a fact.
    pub fn fact(&self) -> Fact {
        Fact::Clock { epoch_ms: self.epoch_ms, source: self.source }
    }

    /// Takes the time of a receiver; the fact, where that is news.
    pub fn hear(&mut self, gps_ms: i64) -> Option<Fact> {
        self.learn(gps_ms, self.start.elapsed().as_millis() as i64)
    }

    fn learn(&mut self, gps_ms: i64, up_ms: i64) -> Option<Fact> {
        if gps_ms < EARLIEST_MS {
            return None;
        }
        let epoch_ms = gps_ms - up_ms;
        let known = self.source == Source::Gps && (epoch_ms - self.epoch_ms).abs() <= DRIFT_MS;
        if known {
            return None;
        }
        (self.epoch_ms, self.source) = (epoch_ms, Source::Gps);
        Some(self.fact())
    }

    /// Milliseconds since 1970, where they can be believed: by GPS, or by a system clock that is not before this program.
    pub fn now_ms(&self) -> Option<i64> {
        let now_ms = self.epoch_ms + self.start.elapsed().as_millis() as i64;
        (now_ms >= EARLIEST_MS).then_some(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gps_sets_right_a_clock_that_lies() {
        let mut clock = Clock { start: Instant::now(), epoch_ms: 5_000, source: Source::System };
        assert_eq!(clock.now_ms(), None, "1970");
        assert_eq!(clock.learn(EARLIEST_MS - 1, 0), None, "a receiver that is 1,024 weeks behind");
        let gps_ms = EARLIEST_MS + 1_000_000;
        let fact = Fact::Clock { epoch_ms: gps_ms - 300, source: Source::Gps };
        assert_eq!(clock.learn(gps_ms, 300), Some(fact));
        assert_eq!(clock.learn(gps_ms + 1_000, 1_400), None, "a small difference is none");
        assert!(clock.learn(gps_ms + 60_000, 1_400).is_some());
        assert!(clock.now_ms().is_some_and(|now_ms| now_ms >= gps_ms));
    }
}
