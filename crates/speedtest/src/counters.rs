//! What is counted, and its page for Prometheus.

use crate::message::{End, Record};
use crate::request::Test;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Upper ends of the histogram of speeds, Mbit/s: limits that the gap is told by, and powers about them.
const SPEEDS: [u64; 10] = [1, 3, 12, 20, 25, 50, 100, 250, 500, 1_000];

/// Why there was no test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The request was none of a test.
    Request,
    /// The address has as many tests as it may.
    Address,
    /// All places are taken.
    All,
    /// The connection came to nothing: no request, no TLS, or too many of them.
    Connection,
}

impl Refused {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Request, "request"),
        (Self::Address, "address"),
        (Self::All, "all"),
        (Self::Connection, "connection"),
    ];
}

/// Of one kind of test.
#[derive(Debug, Default)]
struct OfTest {
    ends: [AtomicU64; End::ALL.len()],
    octets: AtomicU64,
    speeds: [AtomicU64; SPEEDS.len() + 1],
    /// kbit/s, added up.
    sum: AtomicU64,
    without_kernel: AtomicU64,
}

/// All counters.
#[derive(Debug, Default)]
pub struct Counters {
    tests: [OfTest; 2],
    refused: [AtomicU64; 4],
    /// Results written, and lost.
    pub results: [AtomicU64; 2],
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn of(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Counters {
    /// Counts a test that has ended.
    pub fn ended(&self, test: Test, record: &Record) {
        let counters = &self.tests[test as usize];
        let mbps = record.summary.bits_per_second / 1e6;
        add(&counters.ends[record.summary.end as usize], 1);
        add(&counters.octets, record.app_info.num_bytes);
        let bucket = SPEEDS.iter().position(|end| mbps <= *end as f64).unwrap_or(SPEEDS.len());
        add(&counters.speeds[bucket], 1);
        add(&counters.sum, (mbps * 1e3) as u64);
        add(&counters.without_kernel, u64::from(record.tcp_info.is_none()));
    }

    /// Counts one that was not begun.
    pub fn refused(&self, why: Refused) {
        add(&self.refused[why as usize], 1);
    }

    /// Counts a result that was written, or lost.
    pub fn result(&self, written: bool) {
        add(&self.results[usize::from(!written)], 1);
    }

    /// The page, in Prometheus' text format 0.0.4.
    pub fn page(&self, now: usize) -> String {
        let mut page = String::new();
        let head = |page: &mut String, name: &str, kind: &str, help: &str| {
            let _ = writeln!(
                page,
                "# HELP evenfield_speedtest_{name} {help}\n# TYPE evenfield_speedtest_{name} {kind}"
            );
        };
        let put = |page: &mut String, name: &str, label: &str, value: &dyn std::fmt::Display| {
            let _ = writeln!(page, "evenfield_speedtest_{name}{label} {value}");
        };
        let both = || Test::ALL.into_iter().map(|test| (test.as_str(), &self.tests[test as usize]));
        head(&mut page, "tests", "gauge", "Tests that run now.");
        put(&mut page, "tests", "", &now);
        head(&mut page, "tests_total", "counter", "Tests that have ended, by how.");
        for (test, counters) in both() {
            for end in End::ALL {
                let label = format!("{{test=\"{test}\",end=\"{}\"}}", end.as_str());
                put(&mut page, "tests_total", &label, &of(&counters.ends[end as usize]));
            }
        }
        head(&mut page, "octets_total", "counter", "Octets that arrived in tests that have ended.");
        for (test, counters) in both() {
            put(&mut page, "octets_total", &format!("{{test=\"{test}\"}}"), &of(&counters.octets));
        }
        let help = "Tests of which the kernel told nothing.";
        head(&mut page, "without_kernel_total", "counter", help);
        for (test, counters) in both() {
            put(
                &mut page,
                "without_kernel_total",
                &format!("{{test=\"{test}\"}}"),
                &of(&counters.without_kernel),
            );
        }
        head(&mut page, "speed_mbps", "histogram", "Mean speed of a test, Mbit/s.");
        for (test, counters) in both() {
            let mut below = 0;
            for (bucket, end) in counters.speeds.iter().zip(SPEEDS.iter().map(Some).chain([None])) {
                below += of(bucket);
                let end = end.map_or("+Inf".to_owned(), u64::to_string);
                put(&mut page, "speed_mbps_bucket", &format!("{{test=\"{test}\",le=\"{end}\"}}"), &below);
            }
            let sum = of(&counters.sum) as f64 / 1e3;
            put(&mut page, "speed_mbps_sum", &format!("{{test=\"{test}\"}}"), &sum);
            put(&mut page, "speed_mbps_count", &format!("{{test=\"{test}\"}}"), &below);
        }
        head(&mut page, "refused_total", "counter", "Requests and connections without a test, by why.");
        for (why, word) in Refused::ALL {
            put(&mut page, "refused_total", &format!("{{why=\"{word}\"}}"), &of(&self.refused[why as usize]));
        }
        head(&mut page, "results_total", "counter", "Results for the file.");
        for (word, counter) in ["written", "lost"].into_iter().zip(&self.results) {
            put(&mut page, "results_total", &format!("{{what=\"{word}\"}}"), &of(counter));
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{AppInfo, ConnectionInfo, Counts};
    use crate::request::{Asked, WHOLE};

    #[test]
    fn a_test_is_counted_by_how_it_ended_and_how_fast_it_was() {
        let counters = Counters::default();
        let ends = "192.0.2.1:5".parse().expect("an address");
        let connection = ConnectionInfo::begin(ends, ends, jiff::Timestamp::UNIX_EPOCH);
        for (num_bytes, end) in
            [(31_250_000, End::Complete), (31_250_001, End::Client), (2_000_000_000, End::Complete)]
        {
            let app = AppInfo { elapsed_time: 10_000_000, num_bytes };
            let asked = Asked { test: Test::Upload, enough: None, runtime: WHOLE, metadata: vec![] };
            let record = Counts { app, kernel: [None, None] }.record(&asked, &connection, end, false);
            counters.ended(Test::Upload, &record);
        }
        counters.refused(Refused::All);
        counters.result(true);
        let page = counters.page(2);
        for line in [
            "tests 2",
            "tests_total{test=\"upload\",end=\"complete\"} 2",
            "tests_total{test=\"download\",end=\"complete\"} 0",
            "octets_total{test=\"upload\"} 2062500001",
            "without_kernel_total{test=\"upload\"} 3",
            "speed_mbps_bucket{test=\"upload\",le=\"20\"} 0",
            "speed_mbps_bucket{test=\"upload\",le=\"25\"} 1",
            "speed_mbps_bucket{test=\"upload\",le=\"50\"} 2",
            "speed_mbps_bucket{test=\"upload\",le=\"1000\"} 2",
            "speed_mbps_bucket{test=\"upload\",le=\"+Inf\"} 3",
            "speed_mbps_sum{test=\"upload\"} 1650",
            "refused_total{why=\"all\"} 1",
            "results_total{what=\"written\"} 1",
        ] {
            assert!(page.contains(&format!("evenfield_speedtest_{line}\n")), "{line}: {page}");
        }
    }
}
