//! `/health` and `/metrics`, for this machine's monitoring: HTTP/1.1, one request a connection.

use crate::counters::Counters;
use crate::fetch::FetchCounts;
use crate::pipeline::Core;
use crate::rules::Rules;
use crate::upstream::{Resolver, lock};
use arc_swap::ArcSwap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const LONGEST_REQUEST: usize = 4_096;
const TIMEOUT: Duration = Duration::from_secs(5);
/// A clock that has not moved for so long is a fault.
const STUCK_S: u32 = 10;

/// Numbers of the event log, told by its writer.
#[derive(Default)]
pub struct EventCounts {
    /// Events written.
    pub written: AtomicU64,
    /// Events lost, in rings or on disk.
    pub dropped: AtomicU64,
}

/// What there is to tell.
pub struct Status {
    /// The counters of all cores.
    pub counters: Vec<Arc<Counters>>,
    /// The core that all transports but UDP share.
    pub core: Arc<Mutex<Core>>,
    /// What is in force.
    pub rules: Arc<ArcSwap<Rules>>,
    /// Snapshots taken and refused.
    pub snapshots: Arc<[AtomicU64; 2]>,
    /// What came of fetches.
    pub fetches: Arc<FetchCounts>,
    /// The event log.
    pub events: Arc<EventCounts>,
    /// Upstream.
    pub resolver: Arc<Resolver>,
    /// The clock.
    pub clock: crate::Clock,
}

impl Status {
    /// Answers requests for ever.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let status = self.clone();
                    tokio::spawn(async move { tokio::time::timeout(TIMEOUT, status.one(stream)).await });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn one(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            if request.len() > LONGEST_REQUEST || stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let (code, body) = match line {
            b"GET /health HTTP/1.1" | b"GET /health HTTP/1.0" => self.health(),
            b"GET /metrics HTTP/1.1" | b"GET /metrics HTTP/1.0" => ("200 OK", self.metrics()),
            _ => ("404 Not Found", "there is /health and /metrics\n".to_owned()),
        };
        let head = format!(
            "HTTP/1.1 {code}\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    }

    fn health(&self) -> (&'static str, String) {
        let behind_s = self.clock.up_s().saturating_sub(self.rules.load().now().up_s);
        if behind_s > STUCK_S {
            return (
                "503 Service Unavailable",
                format!("the policy's clock stands still for {behind_s} s\n"),
            );
        }
        ("200 OK", "ok\n".to_owned())
    }

    fn metrics(&self) -> String {
        let all: Vec<&Counters> = self.counters.iter().map(|c| &**c).collect();
        let mut page = String::new();
        let mut last = "";
        let mut put = |name: &'static str, label: &str, kind: &str, help: &str, value: u64| {
            if name != last {
                let _ =
                    writeln!(page, "# HELP evenfield_dns_{name} {help}\n# TYPE evenfield_dns_{name} {kind}");
                last = name;
            }
            let label = if label.is_empty() { String::new() } else { format!("{{{label}}}") };
            let _ = writeln!(page, "evenfield_dns_{name}{label} {value}");
        };
        for (name, label, help, value) in Counters::sums(&all) {
            put(name, label, "counter", help, value);
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let upstream = &self.resolver.counts;
        let help = "Messages to and from upstream.";
        put("upstream_total", "what=\"asked\"", "counter", help, count(&upstream.asked));
        put("upstream_total", "what=\"failed\"", "counter", help, count(&upstream.failed));
        put("upstream_total", "what=\"ignored\"", "counter", help, count(&upstream.ignored));
        let now_s = self.clock.up_s();
        for (name, kind, help) in [
            ("upstream_down", "gauge", "Whether a server failed lately, so that the others are asked first."),
            ("upstream_answer_microseconds", "gauge", "How long a server takes to answer, smoothed."),
        ] {
            for upstream in &self.resolver.servers.upstreams {
                let value = match name {
                    "upstream_down" => u64::from(upstream.health.is_down(now_s)),
                    _ => upstream.health.time().as_micros() as u64,
                };
                put(name, &format!("server=\"{}\"", upstream.server), kind, help, value);
            }
        }
        let help = "Events for the log.";
        put("events_total", "what=\"written\"", "counter", help, count(&self.events.written));
        put("events_total", "what=\"dropped\"", "counter", help, count(&self.events.dropped));
        let help = "Policy snapshots found in the file.";
        put("snapshots_total", "what=\"taken\"", "counter", help, count(&self.snapshots[0]));
        put("snapshots_total", "what=\"refused\"", "counter", help, count(&self.snapshots[1]));
        let help = "Questions to the portal for a newer policy.";
        put("fetches_total", "what=\"new\"", "counter", help, count(&self.fetches.new));
        put("fetches_total", "what=\"same\"", "counter", help, count(&self.fetches.same));
        put("fetches_total", "what=\"failed\"", "counter", help, count(&self.fetches.failed));
        put("fetches_total", "what=\"refused\"", "counter", help, count(&self.fetches.refused));
        let octets = lock(&self.core).cache.octets() as u64;
        put("shared_cache_octets", "", "gauge", "Octets of answers kept for all transports.", octets);
        page
    }
}
