//! Binds, starts, stops.

use crate::Clock;
use crate::access::Buckets;
use crate::cache::Cache;
use crate::counters::Counters;
use crate::fetch::{self, FetchCounts, FetchError, Fetcher};
use crate::pipeline::{Core, Resources, Shared};
use crate::rules::{self, LoadError, Source, Watch};
use crate::settings::Settings;
use crate::status::{EventCounts, Status};
use crate::transports::{self, Certificates, Service};
use crate::upstream::{self, Resolver};
use crate::wire::CookieKey;
use crate::worker::{Miss, Worker};
use evenfield_events::{Limits, Log, Ring, Used, ring};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Events that wait for the log, for each core: at 200,000 queries a second a third of a second.
const RING: usize = 1 << 16;
/// How often the snapshot's file is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often rings are emptied.
const DRAIN: Duration = Duration::from_millis(100);
/// Answers on their way to a core's cache, and queries on their way to upstream.
const QUEUE: usize = 4_096;
/// Files that are kept back from connections.
const FILES: usize = 256;
/// The receive buffer that is asked for; the system may give less.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Why it does not start.
#[derive(Debug)]
pub enum StartError {
    /// The policy.
    Policy(LoadError),
    /// The first policy, from the portal.
    Fetch(FetchError),
    /// An address.
    Bind(SocketAddr, io::Error),
    /// The certificate or its key.
    Certificate(io::Error),
    /// The encrypted upstream servers.
    Upstream(io::Error),
    /// Something else of the system.
    System(&'static str, io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Policy(error) => write!(f, "the policy snapshot: {error}"),
            Self::Fetch(error) => write!(f, "there is no policy yet, and none from the portal: {error}"),
            Self::Bind(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Certificate(error) => write!(f, "the certificate: {error}"),
            Self::Upstream(error) => write!(f, "what encrypted upstream servers are known by: {error}"),
            Self::System(what, error) => write!(f, "{what}: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// The addresses on which it listens, by transport.
pub type Bound = Vec<(&'static str, SocketAddr)>;

/// A resolver at work.
pub struct Running {
    bound: Bound,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    writer: Option<JoinHandle<()>>,
    used: Vec<Ring<Used>>,
    /// Last, so that its tasks go when the threads have gone.
    runtime: Runtime,
}

/// What is made before the first thread starts.
struct Parts {
    clock: Clock,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    counters: Vec<Arc<Counters>>,
    rings: Vec<Ring>,
    used: Vec<Ring<Used>>,
}

impl Running {
    /// Starts a resolver. With `resources` it notes the use of them, for whoever takes [`Running::used`].
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub fn start(mut settings: Settings, resources: Option<Arc<dyn Resources>>) -> Result<Self, StartError> {
        let clock = Clock::start();
        settings.connections.1 = files(settings.connections.1)?;
        let fetches = Arc::new(FetchCounts::default());
        fetch::first(&settings, &fetches).map_err(StartError::Fetch)?;
        let source = Source::open(&settings.snapshot.0, settings.snapshot.1, clock);
        let (source, watch) = source.map_err(StartError::Policy)?;
        let log = match &settings.events {
            Some((folder, octets)) => {
                let log = Log::open(folder, Limits { octets: *octets });
                Some(log.map_err(|error| StartError::System("the folder of the event log", error))?)
            }
            None => None,
        };
        let certificates = settings.tls.as_ref().map(transports::certificates).transpose();
        let certificates = certificates.map_err(StartError::Certificate)?;
        let sockets = Sockets::bind(&settings)?;
        let cookies = CookieKey::new(random("the generator of random numbers")?);
        let shared = Arc::new(Shared::new(settings, cookies, resources));
        let stop = Arc::new(AtomicBool::new(false));
        let mut parts =
            Parts { clock, shared, stop, counters: Vec::new(), rings: Vec::new(), used: Vec::new() };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| StartError::System("the threads of Tokio", error))?;
        let (misses, missed) = tokio::sync::mpsc::channel(QUEUE);
        let bound = sockets.bound();
        let mut workers = Vec::new();
        for socket in sockets.udp {
            workers.push(parts.worker(socket, &source, misses.clone())?);
        }
        let events = Arc::new(EventCounts::default());
        let _inside = runtime.enter();
        let fetcher = Fetcher::new(&parts.shared.settings, &fetches);
        if let Some(fetcher) = fetcher.map_err(|error| StartError::Fetch(error.into()))? {
            tokio::spawn(fetcher.run(source.rules.clone()));
        }
        let service = parts.service(&source, sockets.status, &events, fetches)?;
        tokio::spawn(service.clone().resolve_misses(missed));
        for listener in sockets.tcp {
            tokio::spawn(transports::tcp(service.clone(), on_tokio(listener)?));
        }
        if let Some(certificates) = certificates {
            encrypted(&service, certificates, sockets.tls, sockets.https, sockets.quic)?;
        }
        drop(_inside);
        let writer = log.map(|log| parts.writer(log, events)).transpose()?;
        let mut threads = Vec::new();
        for (n, worker) in workers.into_iter().enumerate() {
            threads.push(thread(format!("dns-udp-{n}"), move || worker.run())?);
        }
        threads.push(parts.ticker(source)?);
        // Nobody waits for its end: it may wait for a disk that does not answer.
        drop(parts.watcher(watch)?);
        Ok(Self { bound, stop: parts.stop, threads, writer, used: parts.used, runtime })
    }

    /// Where it listens.
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    /// What is noted of the use of resources, a ring for each core: to be emptied by one thread, and once more after the end. What
    /// finds no room is dropped and counted. There are none after the first call.
    pub fn used(&mut self) -> Vec<Ring<Used>> {
        std::mem::take(&mut self.used)
    }

    /// Stops: takes no more queries, writes what is recorded.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        if let Some(writer) = self.writer {
            let _ = writer.join();
        }
    }
}

impl Parts {
    fn core(&mut self) -> Result<Core, StartError> {
        let settings = &self.shared.settings;
        let counters = Arc::new(Counters::default());
        self.counters.push(counters.clone());
        let seed = u64::from_le_bytes(random("the generator of random numbers")?);
        let events = settings.events.as_ref().map(|_| {
            let (record, drain) = ring(RING);
            self.rings.push(drain);
            record
        });
        let used = self.shared.resources.as_ref().map(|_| {
            let (record, drain) = ring(RING);
            self.used.push(drain);
            record
        });
        Ok(Core {
            used,
            cache: Cache::new(settings.cache_octets, seed),
            buckets: Buckets::new(settings.per_second, seed.rotate_left(32)),
            counters,
            events,
        })
    }

    fn worker(
        &mut self,
        socket: UdpSocket,
        source: &Source,
        misses: tokio::sync::mpsc::Sender<Miss>,
    ) -> Result<Worker, StartError> {
        let (keep, answers) = sync_channel(QUEUE);
        Ok(Worker {
            socket: Arc::new(socket),
            core: self.core()?,
            shared: self.shared.clone(),
            rules: source.rules.clone(),
            answers,
            keep,
            misses,
            stop: self.stop.clone(),
        })
    }

    /// What all transports but UDP share; and the status port, which tells of all.
    fn service(
        &mut self,
        source: &Source,
        status: Option<TcpListener>,
        events: &Arc<EventCounts>,
        fetches: Arc<FetchCounts>,
    ) -> Result<Arc<Service>, StartError> {
        let core = Arc::new(Mutex::new(self.core()?));
        let resolver = Resolver::new(&self.shared.settings, core.clone(), self.clock);
        let resolver = Arc::new(resolver.map_err(StartError::Upstream)?);
        let service = Service::new(core.clone(), self.shared.clone(), source.rules.clone(), resolver.clone());
        if let Some(listener) = status {
            let status = Arc::new(Status {
                counters: self.counters.clone(),
                core,
                rules: source.rules.clone(),
                snapshots: source.counts.clone(),
                events: events.clone(),
                fetches,
                resolver,
                clock: self.clock,
            });
            tokio::spawn(status.serve(on_tokio(listener)?));
        }
        Ok(Arc::new(service))
    }

    /// The thread that looks for a new snapshot.
    fn watcher(&self, mut watch: Watch) -> Result<JoinHandle<()>, StartError> {
        let stop = self.stop.clone();
        thread("dns-policy".to_owned(), move || {
            while !stop.load(Ordering::Relaxed) && watch.look() {
                std::thread::sleep(LOOK);
            }
        })
    }

    /// The thread that moves time on.
    fn ticker(&self, mut source: Source) -> Result<JoinHandle<()>, StartError> {
        let (stop, clock) = (self.stop.clone(), self.clock);
        thread("dns-ticker".to_owned(), move || {
            let mut last = 0;
            while !stop.load(Ordering::Relaxed) {
                // More often than once a second, so that no second is missed by much.
                std::thread::sleep(Duration::from_millis(100));
                if clock.wall_s() != last {
                    last = clock.wall_s();
                    source.tick();
                }
            }
        })
    }

    /// The thread that writes events.
    fn writer(&mut self, mut log: Log, counts: Arc<EventCounts>) -> Result<JoinHandle<()>, StartError> {
        let (stop, mut rings) = (self.stop.clone(), std::mem::take(&mut self.rings));
        thread("dns-events".to_owned(), move || {
            let (mut events, mut well) = (Vec::new(), true);
            loop {
                let last = stop.load(Ordering::Relaxed);
                events.clear();
                for ring in &mut rings {
                    ring.drain(&mut events, RING);
                }
                if !events.is_empty() {
                    let outcome = log.append(&events);
                    match &outcome {
                        Err(error) if well => {
                            tracing::error!(%error, "events are lost; queries are answered")
                        }
                        Ok(()) if !well => tracing::info!("events are written again"),
                        _ => {}
                    }
                    well = outcome.is_ok();
                }
                let dropped: u64 = rings.iter().map(Ring::dropped).sum();
                counts.written.store(log.written(), Ordering::Relaxed);
                counts.dropped.store(dropped + log.dropped(), Ordering::Relaxed);
                if last {
                    break;
                }
                std::thread::sleep(DRAIN);
            }
        })
    }
}

/// Raises the number of files that may be open to the most that the system allows, and says how many connections fit: each
/// is a file, and some must be left for upstream, the policy, the log and the status port.
fn files(connections: usize) -> Result<usize, StartError> {
    let wrong = |error: nix::errno::Errno| StartError::System("the limit of open files", error.into());
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(wrong)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(wrong)?;
    }
    let hard = usize::try_from(hard).unwrap_or(usize::MAX);
    let fit = hard.saturating_sub(FILES).max(hard / 2);
    if connections > fit {
        tracing::warn!(
            connections = fit,
            wanted = connections,
            files = hard,
            "fewer connections fit than the settings say: raise the limit of open files"
        );
    }
    Ok(connections.min(fit))
}

/// What keeps these settings from being used now: files that are not there or not what they should be. Listens nowhere and
/// asks nobody.
pub fn check(settings: &Settings) -> Vec<StartError> {
    let mut wrong = Vec::new();
    let (file, key) = &settings.snapshot;
    // Where there is a portal, the first one comes from there.
    if settings.fetch.portal.is_none() || file.exists() {
        wrong.extend(rules::load(file, key).err().map(StartError::Policy));
    }
    let certificates = settings.tls.as_ref().and_then(|tls| transports::certificates(tls).err());
    wrong.extend(certificates.map(StartError::Certificate));
    wrong.extend(upstream::check(settings).err().map(StartError::Upstream));
    wrong
}

/// Starts the transports that need a certificate.
fn encrypted(
    service: &Arc<Service>,
    certificates: Certificates,
    tls: Vec<TcpListener>,
    https: Vec<TcpListener>,
    quic: Vec<UdpSocket>,
) -> Result<(), StartError> {
    let [dot, h2, doq] = certificates.configs();
    for listener in tls {
        tokio::spawn(transports::tls(service.clone(), dot.clone(), on_tokio(listener)?));
    }
    for listener in https {
        tokio::spawn(transports::https(service.clone(), h2.clone(), on_tokio(listener)?));
    }
    for socket in quic {
        let endpoint = transports::endpoint(&doq, socket);
        let endpoint = endpoint.map_err(|error| StartError::System("QUIC", error))?;
        tokio::spawn(transports::quic(service.clone(), doq.clone(), endpoint));
    }
    tokio::spawn(certificates.renew());
    Ok(())
}

fn on_tokio(listener: TcpListener) -> Result<tokio::net::TcpListener, StartError> {
    let listener = tokio::net::TcpListener::from_std(listener);
    listener.map_err(|error| StartError::System("a socket for Tokio", error))
}

/// The sockets, bound before anything starts.
#[derive(Default)]
struct Sockets {
    udp: Vec<UdpSocket>,
    tcp: Vec<TcpListener>,
    tls: Vec<TcpListener>,
    https: Vec<TcpListener>,
    quic: Vec<UdpSocket>,
    status: Option<TcpListener>,
}

impl Sockets {
    fn bind(settings: &Settings) -> Result<Self, StartError> {
        let mut sockets = Self::default();
        for address in &settings.listen.udp {
            // With port 0 the first socket's port is that of all.
            let mut address = *address;
            for _ in 0..settings.workers {
                let socket = datagrams(address).map_err(|error| StartError::Bind(address, error))?;
                address = socket.local_addr().unwrap_or(address);
                sockets.udp.push(socket);
            }
        }
        let listeners =
            |addresses: &[SocketAddr]| addresses.iter().map(|a| listener(*a)).collect::<Result<Vec<_>, _>>();
        let listen = &settings.listen;
        (sockets.tcp, sockets.tls, sockets.https) =
            (listeners(&listen.tcp)?, listeners(&listen.tls)?, listeners(&listen.https)?);
        for address in &listen.quic {
            let socket = datagrams(*address).map_err(|error| StartError::Bind(*address, error))?;
            sockets.quic.push(socket);
        }
        sockets.status = settings.listen.status.map(listener).transpose()?;
        Ok(sockets)
    }

    fn bound(&self) -> Bound {
        let datagrams = [("udp", &self.udp), ("quic", &self.quic)];
        let datagrams = datagrams.into_iter().flat_map(|(name, sockets)| {
            sockets.iter().filter_map(move |socket| Some((name, socket.local_addr().ok()?)))
        });
        let status: Vec<_> = self.status.iter().collect();
        let streams = [("tcp", &self.tcp), ("tls", &self.tls), ("https", &self.https)];
        let streams = streams.into_iter().flat_map(|(name, sockets)| sockets.iter().map(move |s| (name, s)));
        let streams = streams.chain(status.into_iter().map(|socket| ("status", socket)));
        let streams = streams.filter_map(|(name, socket)| Some((name, socket.local_addr().ok()?)));
        let mut bound: Bound = datagrams.chain(streams).collect();
        bound.dedup();
        bound
    }
}

fn datagrams(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_port(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // What the system allows.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    // So that a thread without queries looks whether to stop.
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn listener(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bind = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&address.into())?;
        socket.listen(1_024)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    };
    bind().map_err(|error| StartError::Bind(address, error))
}

fn random<const N: usize>(what: &'static str) -> Result<[u8; N], StartError> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| StartError::System(what, io::Error::other(error)))?;
    Ok(octets)
}

fn thread(name: String, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StartError> {
    let thread = std::thread::Builder::new().name(name).spawn(run);
    thread.map_err(|error| StartError::System("a thread", error))
}
