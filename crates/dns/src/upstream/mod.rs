//! The slow way: asking upstream, once for all who wait, with answers past their time when nobody answers.

mod exchange;

use crate::Clock;
use crate::cache::{Answer, Question};
use crate::pipeline::Core;
use crate::settings::Settings;
use crate::wire::{Checked, Form, HEADER, ede, rcode};
use exchange::{Exchange, ask};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// After so long a client gets what there is, RFC 8767 section 5.
const PATIENCE: Duration = Duration::from_millis(1_800);
/// For how long an answer past its time is sent before upstream is tried again, and what its records live, seconds.
const STALE_TTL_S: u32 = 30;
/// For how long a failure is remembered, seconds: RFC 9520.
const FAILURE_S: u32 = 5;
/// The longest that an answer is kept, and that the absence of something is, seconds.
const LONGEST_S: u32 = 86_400;
const LONGEST_NEGATIVE_S: u32 = 3_600;
/// Larger answers are sent on and not kept.
const LARGEST_KEPT: usize = 8_192;
/// A server that failed comes last for so many seconds.
const DOWN_S: u32 = 10;
/// How often the list of servers is gone through.
const ROUNDS: u32 = 2;

/// A server.
struct Upstream {
    address: SocketAddr,
    /// Until when it comes last, seconds since the program began.
    down_until_s: AtomicU32,
}

type Waiting = watch::Receiver<Option<Arc<Answer>>>;

/// What is counted about upstreams.
#[derive(Default)]
pub struct UpstreamCounts {
    /// Messages sent.
    pub asked: AtomicU64,
    /// Servers that did not answer, or did not in a way that can be used.
    pub failed: AtomicU64,
    /// Messages that came to our port and answered nothing that was asked.
    pub ignored: AtomicU64,
}

/// Asks upstream.
pub struct Resolver {
    upstreams: Vec<Upstream>,
    timeout: Duration,
    stale_s: u32,
    in_flight: Mutex<HashMap<Question, Waiting>>,
    core: Arc<Mutex<Core>>,
    clock: Clock,
    /// What is counted.
    pub counts: UpstreamCounts,
}

/// A lock of which a panic elsewhere takes nothing away.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Resolver {
    /// A resolver that keeps its answers in this core's cache.
    pub fn new(settings: &Settings, core: Arc<Mutex<Core>>, clock: Clock) -> Self {
        let upstream = |address: &SocketAddr| Upstream { address: *address, down_until_s: AtomicU32::new(0) };
        Self {
            upstreams: settings.upstream.iter().map(upstream).collect(),
            timeout: settings.upstream_timeout,
            stale_s: settings.stale_s,
            in_flight: Mutex::new(HashMap::new()),
            core,
            clock,
            counts: UpstreamCounts::default(),
        }
    }

    /// The answer to a question: one that is kept, or one from upstream, or one past its time, or SERVFAIL.
    pub async fn resolve(self: &Arc<Self>, question: &Question) -> Arc<Answer> {
        let now_s = self.clock.up_s();
        let old = lock(&self.core).cache.find(&question.key()).cloned();
        if let Some(answer) = old.as_ref().filter(|answer| answer.is_fresh(now_s)) {
            return answer.clone();
        }
        let old = old.filter(|answer| now_s < answer.stale_until_s);
        let mut waiting = self.join(question, old.clone());
        let outcome = async move {
            match waiting.wait_for(Option::is_some).await {
                Ok(answer) => answer.clone(),
                Err(_) => None,
            }
        };
        let answer = match &old {
            Some(old) => match tokio::time::timeout(PATIENCE, outcome).await {
                Ok(answer) => answer,
                Err(_) => Some(Arc::new(past_its_time(old, self.clock.up_s()))),
            },
            None => outcome.await,
        };
        answer.unwrap_or_else(|| Arc::new(failure(question, self.clock.up_s())))
    }

    /// Waits with those who have asked the same, or begins to ask.
    fn join(self: &Arc<Self>, question: &Question, old: Option<Arc<Answer>>) -> Waiting {
        let mut in_flight = lock(&self.in_flight);
        if let Some(waiting) = in_flight.get(question) {
            return waiting.clone();
        }
        let (tell, waiting) = watch::channel(None);
        in_flight.insert(question.clone(), waiting.clone());
        let (this, question) = (self.clone(), question.clone());
        tokio::spawn(async move {
            let checked = this.ask_all(&question).await;
            let now_s = this.clock.up_s();
            let answer = Arc::new(match (checked, old) {
                (Some(checked), _) if is_usable(&checked) => fresh(checked, now_s, this.stale_s),
                (_, Some(old)) => past_its_time(&old, now_s),
                (Some(checked), None) => fresh(Checked { life_s: FAILURE_S, ..checked }, now_s, 0),
                (None, None) => failure(&question, now_s),
            });
            if answer.checked.life_s > 0 && answer.checked.form.message.len() <= LARGEST_KEPT {
                lock(&this.core).cache.keep(&question.key(), answer.clone());
            }
            lock(&this.in_flight).remove(&question);
            tell.send_replace(Some(answer));
        });
        waiting
    }

    /// Goes through the servers until one gives an answer that can be used; else the best that there was.
    async fn ask_all(&self, question: &Question) -> Option<Checked> {
        let now_s = self.clock.up_s();
        let mut order: Vec<&Upstream> = self.upstreams.iter().collect();
        order.sort_by_key(|upstream| upstream.down_until_s.load(Ordering::Relaxed) > now_s);
        let mut best = None;
        for round in 0..ROUNDS {
            for upstream in &order {
                let exchange = Exchange {
                    server: upstream.address,
                    timeout: self.timeout * (round + 1),
                    counts: &self.counts,
                };
                match ask(&exchange, question).await {
                    Ok(checked) if is_usable(&checked) => {
                        upstream.down_until_s.store(0, Ordering::Relaxed);
                        return Some(checked);
                    }
                    Ok(checked) => best = Some(checked),
                    Err(error) => {
                        self.counts.failed.fetch_add(1, Ordering::Relaxed);
                        tracing::debug!(server = %upstream.address, %error, "no answer from upstream");
                        upstream.down_until_s.store(self.clock.up_s() + DOWN_S, Ordering::Relaxed);
                    }
                }
            }
            if best.is_some() {
                break;
            }
        }
        best
    }
}

/// Whether an answer says what there is; SERVFAIL, REFUSED and the like do not.
fn is_usable(checked: &Checked) -> bool {
    matches!(checked.rcode, rcode::NOERROR | rcode::NXDOMAIN)
}

fn fresh(mut checked: Checked, at_s: u32, stale_s: u32) -> Answer {
    let negative = checked.rcode == rcode::NXDOMAIN || checked.form.ttls.is_empty();
    let longest = if negative { LONGEST_NEGATIVE_S } else { LONGEST_S };
    checked.life_s = checked.life_s.min(longest);
    let stale_until_s = at_s.saturating_add(checked.life_s).saturating_add(stale_s);
    Answer { checked, at_s, cap_s: longest, stale_until_s, error: None }
}

/// The same answer, to be sent for a while although its time is over.
fn past_its_time(old: &Answer, at_s: u32) -> Answer {
    Answer {
        checked: Checked { life_s: STALE_TTL_S, ..old.checked.clone() },
        at_s,
        cap_s: STALE_TTL_S,
        stale_until_s: old.stale_until_s,
        error: Some(ede::STALE_ANSWER),
    }
}

/// SERVFAIL, because nobody could be reached.
fn failure(question: &Question, at_s: u32) -> Answer {
    let mut message = vec![0; HEADER];
    message[3] = rcode::SERVFAIL as u8;
    message[5] = 1;
    message.extend_from_slice(&question.name);
    message.extend_from_slice(&question.qtype.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    let checked = Checked {
        form: Form { message: message.into(), ttls: Box::new([]) },
        without_ech: None,
        targets: Box::new([]),
        life_s: FAILURE_S,
        rcode: rcode::SERVFAIL,
        truncated: false,
    };
    Answer { checked, at_s, cap_s: FAILURE_S, stale_until_s: 0, error: Some(ede::NO_REACHABLE_AUTHORITY) }
}
