//! The slow way: asking upstream, once for all who wait, with answers past their time when nobody answers.

mod datagrams;
mod https;
mod kept;
mod message;
mod quic;
mod server;
mod stream;
mod validate;

use crate::Clock;
use crate::cache::{Answer, Question};
use crate::pipeline::Core;
use crate::settings::{By, Server, Settings, Upstreams, Validation};
use crate::wire::{Checked, Form, HEADER, ede, rcode};
use evenfield_tls::Trust;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use server::Upstream;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use validate::{Outcome, Validator};

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
/// How often the list of servers is gone through.
const ROUNDS: u32 = 2;

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

/// The servers upstream.
pub struct Servers {
    /// In the order of the settings.
    pub upstreams: Vec<Arc<Upstream>>,
    clock: Clock,
}

/// Whether what encrypted servers, the portal and signatures are known by can be read.
///
/// # Errors
/// Why not.
pub fn check(settings: &Settings) -> io::Result<()> {
    let Upstreams { servers, roots, validation, .. } = &settings.upstream;
    let secure = settings.fetch.portal.as_ref().is_some_and(|portal| portal.secure);
    if secure || servers.iter().any(|server| server.by != By::Plain) {
        Trust::read(roots)?;
    }
    match validation {
        Validation::Pass => Ok(()),
        Validation::Validate { anchors } => validate::anchors(anchors.as_deref()).map(drop),
    }
}

/// Asks upstream.
pub struct Resolver {
    /// Who is asked.
    pub servers: Arc<Servers>,
    validator: Option<Validator>,
    stale_s: u32,
    in_flight: Mutex<HashMap<Question, Waiting>>,
    core: Arc<Mutex<Core>>,
    clock: Clock,
    /// What is counted.
    pub counts: Arc<UpstreamCounts>,
}

/// Any address and port of ours from which this server can be reached.
fn local_for(server: SocketAddr) -> SocketAddr {
    match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

/// A lock of which a panic elsewhere takes nothing away.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Resolver {
    /// A resolver that keeps its answers in this core's cache.
    ///
    /// # Errors
    /// When there are encrypted servers and nothing by which to know them, or no keys to validate by.
    pub fn new(settings: &Settings, core: Arc<Mutex<Core>>, clock: Clock) -> io::Result<Self> {
        let counts = Arc::new(UpstreamCounts::default());
        let Upstreams { servers, timeout, roots, validation } = &settings.upstream;
        let encrypted = servers.iter().any(|server| server.by != By::Plain);
        let trust = encrypted.then(|| Trust::read(roots)).transpose()?;
        let upstream = |server: &Server| {
            Upstream::new(server.clone(), *timeout, trust.as_ref(), counts.clone()).map(Arc::new)
        };
        let upstreams = servers.iter().map(upstream).collect::<io::Result<_>>()?;
        let servers = Arc::new(Servers { upstreams, clock });
        let validator = match validation {
            Validation::Pass => None,
            Validation::Validate { anchors } => {
                Some(Validator::new(validate::anchors(anchors.as_deref())?, servers.clone()))
            }
        };
        Ok(Self {
            servers,
            validator,
            stale_s: settings.stale_s,
            in_flight: Mutex::new(HashMap::new()),
            core,
            clock,
            counts,
        })
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
        answer.unwrap_or_else(|| Arc::new(failure(question, self.clock.up_s(), ede::NO_REACHABLE_AUTHORITY)))
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
            let outcome = this.ask(&question).await;
            let now_s = this.clock.up_s();
            let answer = Arc::new(match (outcome, old) {
                (Outcome::Answer(checked), _) if is_usable(&checked) => fresh(checked, now_s, this.stale_s),
                (Outcome::Bogus, _) => failure(&question, now_s, ede::DNSSEC_BOGUS),
                (_, Some(old)) => past_its_time(&old, now_s),
                (Outcome::Answer(checked), None) => fresh(Checked { life_s: FAILURE_S, ..checked }, now_s, 0),
                (Outcome::Nothing, None) => failure(&question, now_s, ede::NO_REACHABLE_AUTHORITY),
            });
            if answer.checked.life_s > 0 && answer.checked.form.message.len() <= LARGEST_KEPT {
                lock(&this.core).cache.keep(&question.key(), answer.clone());
            }
            lock(&this.in_flight).remove(&question);
            tell.send_replace(Some(answer));
        });
        waiting
    }

    /// Asks with or without validation; who says that nothing is to be checked gets what there is, RFC 4035 section 3.2.2.
    async fn ask(&self, question: &Question) -> Outcome {
        match &self.validator {
            Some(validator) if !question.checking_disabled => validator.ask(question).await,
            _ => self.servers.ask_all(question).await.map_or(Outcome::Nothing, Outcome::Answer),
        }
    }
}

impl Servers {
    /// Goes through the servers until one gives an answer that can be used; else the best that there was. When one takes
    /// longer than it does otherwise, the next is asked as well, and after the last the first once more.
    async fn ask_all(&self, question: &Question) -> Option<Checked> {
        let now_s = self.clock.up_s();
        let mut order: Vec<&Arc<Upstream>> = self.upstreams.iter().collect();
        order.sort_by_key(|upstream| upstream.health.is_down(now_s));
        let question = Arc::new(question.clone());
        let (mut asked, mut best) = (FuturesUnordered::new(), None);
        'rounds: for round in 1..=ROUNDS {
            for upstream in &order {
                asked.push(Arc::clone(upstream).ask(question.clone(), round, self.clock));
                let patience = tokio::time::sleep(upstream.health.patience());
                tokio::select! {
                    Some(outcome) = asked.next() => match outcome {
                        Ok(checked) if is_usable(&checked) => {
                            best = Some(checked);
                            break 'rounds;
                        }
                        outcome => best = outcome.ok().or(best),
                    },
                    () = patience => {}
                }
            }
            if best.is_some() {
                break;
            }
        }
        while !best.as_ref().is_some_and(is_usable)
            && let Some(outcome) = asked.next().await
        {
            best = outcome.ok().filter(|checked| best.is_none() || is_usable(checked)).or(best);
        }
        if !asked.is_empty() {
            // What the slower ones do is still measured.
            tokio::spawn(asked.for_each(|_| std::future::ready(())));
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

/// SERVFAIL, with what is wrong as the extended error.
fn failure(question: &Question, at_s: u32, error: u16) -> Answer {
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
    Answer { checked, at_s, cap_s: FAILURE_S, stale_until_s: 0, error: Some(error) }
}
