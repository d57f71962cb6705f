//! Rate limits: how often somebody may try.

use crate::config::Rates;
use axum::extract::{ConnectInfo, Request};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
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
}

/// One limiter a kind. Keys that were quiet for long enough are forgotten.
pub struct Limits {
    sign_in: DefaultKeyedRateLimiter<String>,
    provider: DefaultKeyedRateLimiter<String>,
    account: DefaultKeyedRateLimiter<String>,
    set_up: DefaultKeyedRateLimiter<String>,
    survey: DefaultKeyedRateLimiter<String>,
    checks: AtomicU32,
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
            checks: AtomicU32::new(0),
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
    match forwarded.or_else(connected).map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let s = ip.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
        None => String::new(),
    }
}
