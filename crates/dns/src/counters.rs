//! What is counted, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the counters: a field, the metric's name, its label, and what it says.
macro_rules! counters {
    ($($field:ident: $metric:literal, $label:literal, $help:literal;)+) => {
        /// The counters of one core, or of all transports that share one. Each is written by one thread at a time.
        #[derive(Default)]
        #[repr(align(128))]
        pub struct Counters {
            $(#[doc = $help] pub $field: Counter,)+
        }

        impl Counters {
            /// Name, label, text, and the sum over all cores.
            pub fn sums(all: &[&Self]) -> Vec<(&'static str, &'static str, &'static str, u64)> {
                vec![$(($metric, $label, $help, all.iter().map(|c| c.$field.get()).sum()),)+]
            }
        }
    };
}

counters! {
    udp: "queries_total", "transport=\"udp\"", "Messages that came.";
    tcp: "queries_total", "transport=\"tcp\"", "Messages that came.";
    tls: "queries_total", "transport=\"tls\"", "Messages that came.";
    https: "queries_total", "transport=\"https\"", "Messages that came.";
    quic: "queries_total", "transport=\"quic\"", "Messages that came.";
    allowed: "verdicts_total", "verdict=\"allowed\"", "What the policy said.";
    blocked: "verdicts_total", "verdict=\"blocked\"", "What the policy said.";
    blocked_target: "verdicts_total", "verdict=\"blocked_target\"", "What the policy said.";
    rewritten: "verdicts_total", "verdict=\"rewritten\"", "What the policy said.";
    cache_hits: "cache_total", "result=\"hit\"", "Answers looked for among those kept.";
    cache_misses: "cache_total", "result=\"miss\"", "Answers looked for among those kept.";
    stale: "stale_answers_total", "", "Answers sent after their time because no newer one could be had.";
    failed: "failed_total", "", "Queries that ended in SERVFAIL.";
    refused: "refused_total", "reason=\"client\"", "Messages not answered as asked.";
    slowed: "refused_total", "reason=\"rate\"", "Messages not answered as asked.";
    malformed: "refused_total", "reason=\"query\"", "Messages not answered as asked.";
    overloaded: "refused_total", "reason=\"overload\"", "Messages not answered as asked.";
    send_errors: "send_errors_total", "", "Answers that the system did not take.";
}

/// A number that grows.
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more. One writer at a time: a load and a store cost less than a locked addition.
    #[inline]
    pub fn add(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// So many it is.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
