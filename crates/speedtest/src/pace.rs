//! How large the next message is, and when the next measurement is due: ndt7 specification 0.11, appendix "Adapting binary message
//! size", and the intervals of M-Lab's server.

use std::time::Duration;

/// The first binary message, octets.
pub const FIRST: u64 = 1 << 13;
/// The largest.
pub const LARGEST: u64 = 1 << 24;
/// A message is doubled when it is no more than this part of all that was sent.
const PART: u64 = 16;
/// The mean of the times between measurements.
const MEAN: Duration = Duration::from_millis(250);
/// The shortest and the longest such time.
const BOUNDS: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(625));

/// The size of the next message after one of `size` octets, when `sent` octets were sent in all.
pub fn next_size(size: u64, sent: u64) -> u64 {
    if size < LARGEST && size <= sent / PART { size * 2 } else { size }
}

/// The time to the next measurement, without memory (exponential), so that no rhythm of the network stays unseen: `-mean ln u`, within
/// its bounds, of a number `u` that is uniform in 0 to 1.
pub fn until_next(u: f64) -> Duration {
    let (shortest, longest) = BOUNDS;
    let seconds = -u.max(f64::MIN_POSITIVE).ln() * MEAN.as_secs_f64();
    Duration::from_secs_f64(seconds.clamp(shortest.as_secs_f64(), longest.as_secs_f64()))
}

/// A uniform number in 0 to 1 of the operating system's generator.
///
/// # Errors
/// When there is no such generator.
pub fn uniform() -> std::io::Result<f64> {
    let bits = getrandom::u64().map_err(std::io::Error::other)? >> 11;
    Ok(bits as f64 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_grow_with_what_was_sent_and_stop_at_the_largest() {
        let (mut size, mut sent, mut sizes) = (FIRST, 0, vec![]);
        while sent < 1 << 31 {
            if sizes.last() != Some(&size) {
                sizes.push(size);
            }
            sent += size;
            size = next_size(size, sent);
        }
        assert_eq!(sizes, (13..=24).map(|bits| 1u64 << bits).collect::<Vec<_>>());
        // 16 messages of the first size, and not sooner.
        assert_eq!((next_size(FIRST, FIRST * 16 - 1), next_size(FIRST, FIRST * 16)), (FIRST, FIRST * 2));
    }

    #[test]
    fn measurements_come_without_memory_within_bounds_and_not_too_often() {
        assert_eq!((until_next(1.0), until_next(0.0)), BOUNDS);
        let half = until_next(0.5).as_secs_f64();
        assert!((half - 0.25 * std::f64::consts::LN_2).abs() < 1e-9, "{half}");
        let n = 100_000;
        let mean = (0..n).map(|i| until_next((f64::from(i) + 0.5) / f64::from(n)).as_secs_f64()).sum::<f64>()
            / f64::from(n);
        // No more than ten a second on the average; the mean of the bounded times is 0.233 s by hand: the integral of
        // min(max(t, 0.025), 0.625) e^(-4 t) 4 dt.
        let exact = 0.25 * ((-0.1f64).exp() - (-2.5f64).exp()) + 0.025;
        assert!((mean - exact).abs() < 1e-4 && mean > 0.1, "{mean} {exact}");
    }
}
