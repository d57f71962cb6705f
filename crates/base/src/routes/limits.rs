//! Rate limits: how often somebody may try.

use crate::config::Rates;
use axum::extract::{ConnectInfo, Request};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Attempts to sign in, by address. A school shares one address: many, but not endless.
    SignIn,
    /// Attempts to sign in to one account, by account, from anywhere.
    Account,
    /// Sign-ins by a provider that begin or end, by address. These are looked at, not posted.
    Provider,
    /// The set-up page, by address.
    SetUp,
    /// The survey form, by address. A computer lab shares one address and sends at once.
    Survey,
    /// The form of the block page, by address.
    Request,
}

/// Wrong guesses of survey codes from one address within [`ADDRESS_MS`]. A mistyped code is found by its check sign and
/// is not counted, so that a computer lab behind one address makes hardly any.
const WRONG_FROM_ADDRESS: u32 = 20;
const ADDRESS_MS: i64 = 10 * 60 * 1000;
/// Wrong guesses of the codes of one district's term within [`TERM_MS`], from anywhere. With 100,000 codes given out, who uses
/// all of them has to go on for some eight months to hit one. After them an address that has guessed wrong in its own window
/// may not go on; others may, so that nobody can shut a district's survey by guessing.
const WRONG_OF_TERM: u32 = 1_500;
const TERM_MS: i64 = 60 * 60 * 1000;
/// Keys that are kept; above it those whose window has passed are forgotten.
const GUESSERS: usize = 10_000;

/// Counts of wrong guesses by key, each in a window that begins with the first. A right guess does not count, and is
/// refused like a wrong one where there were too many before it.
#[derive(Default)]
pub struct Guesses {
    /// When the window ends, and how many there were.
    counts: Mutex<HashMap<String, (i64, u32)>>,
}

impl Guesses {
    /// Whether this address may still guess at codes of this term of a district.
    pub fn allows(&self, address: &str, term: (&str, &str), now_ms: i64) -> bool {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let [of_term, of_address] = keys(address, term).map(|(key, _, most)| {
            (counts.get(&key).filter(|(ends_ms, _)| *ends_ms > now_ms).map_or(0, |(_, wrong)| *wrong), most)
        });
        // Where there are more guessers than are kept, one of them may be this address.
        let is_clean = of_address.0 == 0 && counts.len() <= GUESSERS;
        of_address.0 < of_address.1 && (of_term.0 < of_term.1 || is_clean)
    }

    /// Counts a wrong guess.
    pub fn wrong(&self, address: &str, term: (&str, &str), now_ms: i64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= GUESSERS {
            counts.retain(|_, (ends_ms, _)| *ends_ms > now_ms);
        }
        for (key, window_ms, _) in keys(address, term) {
            // Where guesses come from everywhere, the count of the term is what stops them.
            if counts.len() > GUESSERS && !counts.contains_key(&key) {
                continue;
            }
            let count = counts.entry(key).or_insert((now_ms + window_ms, 0));
            if count.0 <= now_ms {
                *count = (now_ms + window_ms, 0);
            }
            count.1 += 1;
        }
    }
}

/// What a guess counts for: the key, its window in milliseconds, and how many may be wrong in it.
fn keys(address: &str, (district, term): (&str, &str)) -> [(String, i64, u32); 2] {
    [
        (format!("term {district} {term}"), TERM_MS, WRONG_OF_TERM),
        (format!("address {address}"), ADDRESS_MS, WRONG_FROM_ADDRESS),
    ]
}

/// The address that a limited request is counted under.
#[derive(Clone, Debug)]
pub struct Address(pub String);

/// One limiter a kind. Keys that were quiet for long enough are forgotten.
pub struct Limits {
    sign_in: DefaultKeyedRateLimiter<String>,
    provider: DefaultKeyedRateLimiter<String>,
    account: DefaultKeyedRateLimiter<String>,
    set_up: DefaultKeyedRateLimiter<String>,
    survey: DefaultKeyedRateLimiter<String>,
    request: DefaultKeyedRateLimiter<String>,
    checks: AtomicU32,
    /// Wrong guesses of survey codes.
    pub guesses: Guesses,
}

/// Forget quiet keys after this many checks, so that memory follows the recent visitors only.
const SWEEP_EVERY: u32 = 1024;

fn limiter(burst: u32, one_per: Duration) -> DefaultKeyedRateLimiter<String> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(one_per).unwrap_or_else(|| Quota::per_minute(burst));
    RateLimiter::keyed(quota.allow_burst(burst))
}

impl Limits {
    /// The limits that the settings ask for.
    pub fn new(rates: Rates) -> Self {
        let one = |period: Duration, tries: u32| limiter(tries, period / tries.max(1));
        let minute = Duration::from_secs(60);
        Self {
            sign_in: one(minute, rates.sign_in_per_minute),
            // Each sign-in is two of them: it begins and it ends.
            provider: one(minute, rates.sign_in_per_minute.saturating_mul(2)),
            account: one(minute * 10, rates.account_per_ten_minutes),
            set_up: one(minute * 5, 10),
            survey: one(minute, rates.survey_per_minute),
            request: one(minute, rates.requests_per_minute),
            checks: AtomicU32::new(0),
            guesses: Guesses::default(),
        }
    }

    /// Counts one try; whether it is still within the limit.
    pub fn allows(&self, limit: Limit, key: &str) -> bool {
        let limiter = match limit {
            Limit::SignIn => &self.sign_in,
            Limit::Provider => &self.provider,
            Limit::Account => &self.account,
            Limit::SetUp => &self.set_up,
            Limit::Survey => &self.survey,
            Limit::Request => &self.request,
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter.check_key(&key.to_owned()).is_ok()
    }
}

/// The address a request is counted under: of the connection, or behind a proxy of ours the last one
/// that the proxy wrote. One household or phone holds a whole IPv6 /64.
pub fn address(request: &Request, behind_proxy: bool) -> String {
    match ip(request, behind_proxy) {
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let s = ip.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
        None => String::new(),
    }
}

/// Where a request comes from, as [`address`] finds it.
pub fn ip(request: &Request, behind_proxy: bool) -> Option<IpAddr> {
    let forwarded = behind_proxy
        .then(|| request.headers().get_all("x-forwarded-for").iter().next_back())
        .flatten()
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.rsplit(',').next())
        .and_then(|v| {
            let said = v.trim();
            // Some proxies write the port too.
            said.parse().ok().or_else(|| said.parse::<SocketAddr>().ok().map(|address| address.ip()))
        });
    let connected = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    forwarded.or_else(connected).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERM: (&str, &str) = ("9900001", "2026-fall");

    #[test]
    fn an_address_has_twenty_wrong_guesses_in_ten_minutes() {
        let guesses = Guesses::default();
        for _ in 0..WRONG_FROM_ADDRESS {
            assert!(guesses.allows("a", TERM, 0));
            guesses.wrong("a", TERM, 0);
        }
        assert!(!guesses.allows("a", TERM, ADDRESS_MS - 1));
        assert!(guesses.allows("b", TERM, 0), "another address");
        assert!(guesses.allows("a", TERM, ADDRESS_MS), "the window has passed");
        guesses.wrong("a", TERM, ADDRESS_MS);
        assert!(guesses.allows("a", TERM, ADDRESS_MS), "it begins anew");
    }

    #[test]
    fn a_term_is_guarded_against_many_addresses() {
        let guesses = Guesses::default();
        for i in 0..WRONG_OF_TERM {
            guesses.wrong(&format!("address {i}"), TERM, 0);
        }
        assert!(guesses.allows("new", TERM, 1), "who has not guessed wrong is not shut out");
        assert!(!guesses.allows("address 7", TERM, 1));
        assert!(guesses.allows("address 7", ("9900001", "2027-spring"), 1), "another term");
        assert!(guesses.allows("address 7", TERM, TERM_MS));
        for i in 0..2 * GUESSERS {
            guesses.wrong(&format!("{i}"), TERM, 1);
        }
        assert!(!guesses.allows("new", TERM, 1), "too many guessers to know which are new");
    }

    #[test]
    fn guesses_from_everywhere_take_bounded_memory() {
        let guesses = Guesses::default();
        for i in 0..2 * GUESSERS {
            guesses.wrong(&format!("{i}"), TERM, i as i64);
        }
        assert!(guesses.counts.lock().expect("a lock").len() <= GUESSERS + 1);
    }
}
