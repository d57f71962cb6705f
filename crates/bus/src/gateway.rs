//! The gateway: binds everything, and goes on until told to stop.

mod listen;
mod status;
mod web;

use crate::clock::Clock;
use crate::facts::{Fact, Folder, Spool};
use crate::gate::{Gate, Rules};
use crate::keeper::Keeper;
use crate::keyed::Key;
use crate::page::Page;
use crate::passes::{Passes, Rider};
use crate::radius::dynamic::Change;
use crate::radius::{Client, Kept, Outside, Port, Server};
use crate::schedule::{Schedule, Whereabouts};
use crate::sessions::{Found, Sessions};
use crate::telemetry::nmea::Heard;
use crate::upload::{Portal, Uploader};
use jiff::tz::TimeZone;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

/// Reports that wait for the disk, at most.
const REPORTS: usize = 1_024;
/// How often the schedule, the passes' file and the number of clients are looked at.
const LOOK: Duration = Duration::from_secs(1);
const PASSES_EACH_S: u64 = 10;
const CLIENTS_EACH_S: u64 = 60;
/// A device that logged in on the page may come back without it for so long, s.
const ADMITTED_S: u64 = 12 * 3_600;
/// The answer of the page goes out before its device's session ends.
const ANSWER_FIRST: Duration = Duration::from_millis(500);

/// What a gateway is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file with the district's key, 64 hexadecimal digits.
    pub key: PathBuf,
    /// The file with the passes.
    pub passes: PathBuf,
    /// Where access requests and accounting come in.
    pub access: Vec<SocketAddr>,
    /// Where accounting comes in.
    pub accounting: Vec<SocketAddr>,
    /// Access points.
    pub clients: Vec<Client>,
    /// Servers for EAP.
    pub outside: Vec<Outside>,
    /// How long sessions last.
    pub rules: Rules,
    /// The folder of facts, and how many octets it may have.
    pub facts: (PathBuf, u64),
    /// The portal, the file with the token, and the roots.
    pub portal: Option<(Portal, PathBuf, PathBuf)>,
    /// Where NMEA comes in by UDP.
    pub nmea_udp: Vec<SocketAddr>,
    /// Where NMEA comes in by TCP.
    pub nmea_tcp: Vec<SocketAddr>,
    /// Where gpsd is.
    pub gpsd: Option<SocketAddr>,
    /// Where NetJSON comes in, and the file with the key that agents show.
    pub netjson: Option<(SocketAddr, PathBuf)>,
    /// Positions are recorded each so many seconds.
    pub position_s: u64,
    /// The page: where it is, and its address for devices.
    pub page: Option<(SocketAddr, String)>,
    /// When the Wi-Fi is on.
    pub schedule: Schedule,
    /// Of its hours and of days.
    pub zone: TimeZone,
    /// `/health` and `/metrics`.
    pub status: Option<SocketAddr>,
}

/// Where it listens, by what for.
pub type Bound = Vec<(&'static str, SocketAddr)>;

/// What all parts share.
struct Bus {
    gate: Arc<Mutex<Gate>>,
    sessions: Mutex<Sessions>,
    clock: Mutex<Clock>,
    whereabouts: Mutex<Whereabouts>,
    /// When a position was recorded last, and the satellites of the last GGA.
    recorded: Mutex<(Option<Instant>, Option<u32>)>,
    page: Mutex<Option<Page>>,
    keeper: Keeper,
    server: Arc<Server>,
    boot: [u8; 8],
    schedule: Schedule,
    zone: TimeZone,
    position_s: u64,
    heard: status::Heard,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A gateway at work.
pub struct Running {
    bound: Bound,
    runtime: tokio::runtime::Runtime,
    keeper: std::thread::JoinHandle<()>,
}

fn read_key(path: &Path) -> io::Result<Key> {
    let text = std::fs::read_to_string(path).map_err(|error| named(path, &error))?;
    Key::from_hex(&text)
        .ok_or_else(|| io::Error::other(format!("{}: wanted 64 hexadecimal digits", path.display())))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn read_passes(path: &Path, key: &Key) -> io::Result<Passes> {
    let text = std::fs::read_to_string(path).map_err(|error| named(path, &error))?;
    Passes::read(&path.display().to_string(), &text, key.clone()).map_err(|problems| {
        let lines: Vec<String> = problems.kept().iter().take(20).map(ToString::to_string).collect();
        io::Error::other(lines.join("\n"))
    })
}

/// What is wrong with the files that the settings name.
pub fn check(settings: &Settings) -> Vec<String> {
    let passes = read_key(&settings.key).and_then(|key| read_passes(&settings.passes, &key));
    let uploader = settings
        .portal
        .clone()
        .map_or(Ok(()), |(portal, token, roots)| Uploader::new(portal, token, &roots).map(drop));
    [passes.map(drop), uploader].into_iter().filter_map(Result::err).map(|error| error.to_string()).collect()
}

impl Running {
    /// Starts a gateway.
    ///
    /// # Errors
    /// When a file cannot be read or an address not be had; nothing is left running then.
    pub fn start(settings: Settings) -> io::Result<Self> {
        // Two are enough for a bus.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (bound, keeper) = runtime.block_on(start(settings))?;
        Ok(Self { bound, runtime, keeper })
    }

    /// Where it listens.
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    /// Stops: takes nothing more, writes what is recorded.
    pub fn stop(self) {
        self.runtime.shutdown_timeout(Duration::from_secs(2));
        let _ = self.keeper.join();
    }
}

async fn start(settings: Settings) -> io::Result<(Bound, std::thread::JoinHandle<()>)> {
    let key = read_key(&settings.key)?;
    let passes = read_passes(&settings.passes, &key)?;
    let mut boot = [0; 8];
    getrandom::fill(&mut boot).map_err(io::Error::other)?;
    let clock = Clock::start();
    let spool = Spool::open(Folder::open(&settings.facts.0)?, settings.facts.1, boot)?;
    let uploader = match settings.portal.clone() {
        Some((portal, token, roots)) => Some(Uploader::new(portal, token, &roots)?),
        None => None,
    };
    let listeners = listen::Listeners::bind(&settings).await?;
    let bound = listeners.bound();
    let gate = Arc::new(Mutex::new(Gate::new(settings.rules, passes)));
    let (reports, reported) = mpsc::channel(REPORTS);
    let server = Server::new(settings.clients, settings.outside, gate.clone(), reports).await?;
    let (keeper, thread) = Keeper::start(spool, clock.began())?;
    let bus = Arc::new(Bus {
        gate,
        sessions: Mutex::new(Sessions::new(key)),
        clock: Mutex::new(clock),
        whereabouts: Mutex::default(),
        recorded: Mutex::default(),
        page: Mutex::new(settings.page.as_ref().map(|(_, url)| Page::new(url))),
        keeper: keeper.clone(),
        server,
        boot,
        schedule: settings.schedule,
        zone: settings.zone,
        position_s: settings.position_s,
        heard: status::Heard::default(),
    });
    keeper.note(Fact::Started { release: env!("CARGO_PKG_VERSION").to_owned() });
    keeper.note(clock.fact());
    tokio::spawn(bus.clone().account(reported));
    tokio::spawn(bus.clone().look(settings.passes));
    if let Some(uploader) = uploader {
        tokio::spawn(uploader.run(keeper));
    }
    if let Some(gpsd) = settings.gpsd {
        tokio::spawn(bus.clone().gpsd(gpsd));
    }
    listeners.serve(&bus, settings.netjson.map(|(_, key)| key));
    Ok((bound, thread))
}

impl Bus {
    /// The day, for pseudonyms and limits: its number, and its name as octets. While the time is not known each boot is a day.
    fn day(&self) -> (i64, [u8; 8]) {
        let now_ms = lock(&self.clock).now_ms();
        let local = now_ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let day = local.map(|at| self.zone.to_datetime(at).date());
        let days = day.map(|date| i64::from(date.year()) * 400 + i64::from(date.day_of_year()));
        days.map_or((-1, self.boot), |days| (days, days.to_be_bytes()))
    }

    /// The day of the week, Monday is 0, and the minute of the day.
    fn local(&self) -> Option<(usize, u32)> {
        let now_ms = lock(&self.clock).now_ms()?;
        let at = self.zone.to_datetime(jiff::Timestamp::from_millisecond(now_ms).ok()?);
        let day = at.weekday().to_monday_zero_offset();
        Some((
            usize::try_from(day).ok()?,
            u32::try_from(at.hour()).ok()? * 60 + u32::try_from(at.minute()).ok()?,
        ))
    }

    fn up_s(&self) -> u64 {
        lock(&self.clock).up_s()
    }

    /// Makes facts of reports for ever, and ends the sessions of who used up their day.
    async fn account(self: Arc<Self>, mut reported: mpsc::Receiver<Kept>) {
        while let Some((report, kept)) = reported.recv().await {
            let (number, day) = self.day();
            let changes = lock(&self.sessions).take(&report, &day, self.up_s());
            if changes.facts.is_empty() {
                // An access point that began anew and had no sessions: there is nothing to keep.
                let _ = kept.send(true);
                continue;
            }
            self.keeper.keep(changes.facts, kept);
            let Some((rider, seconds, octets)) = changes.used else { continue };
            let used_up = {
                let mut gate = lock(&self.gate);
                gate.set_day(number);
                gate.count(rider, seconds, octets);
                !matches!(gate.grant(rider), crate::gate::Decision::Accept(_))
            };
            if used_up {
                let own = lock(&self.sessions).of(Some(rider));
                self.end(own, Duration::ZERO);
            }
        }
    }

    /// Asks access points to end sessions.
    fn end(self: &Arc<Self>, sessions: Vec<Found>, first: Duration) {
        for found in sessions {
            let bus = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(first).await;
                let at_s = lock(&bus.clock).now_ms().map_or(0, |ms| (ms / 1_000) as u32);
                let said = bus.server.change(found.from, Change::End, &found.known, at_s).await;
                if let Some(Ok(said)) = said {
                    bus.heard.change(said);
                }
            });
        }
    }

    /// Looks each second at the schedule, now and then at the passes and the number of clients.
    async fn look(self: Arc<Self>, path: PathBuf) {
        let changed = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        let (mut seen, mut on, mut seconds): (Option<SystemTime>, _, u64) = (changed(&path), None, 0);
        loop {
            self.keeper.tick();
            let now_s = self.up_s();
            let is_on = self.schedule.is_on(&lock(&self.whereabouts), self.local(), now_s);
            if on != Some(is_on) {
                on = Some(is_on);
                lock(&self.gate).set_open(is_on);
                self.keeper.note(Fact::Wifi { open: is_on });
                if !is_on {
                    let all = lock(&self.sessions).of(None);
                    self.end(all, Duration::ZERO);
                }
            }
            let number = self.day().0;
            lock(&self.gate).set_day(number);
            if seconds % CLIENTS_EACH_S == CLIENTS_EACH_S - 1 {
                let count = lock(&self.sessions).count();
                self.keeper.note(Fact::Clients { count });
            }
            if seconds % PASSES_EACH_S == 0 && changed(&path) != seen {
                seen = changed(&path);
                self.renew(&path);
            }
            seconds += 1;
            tokio::time::sleep(LOOK).await;
        }
    }

    fn renew(&self, path: &Path) {
        let key = lock(&self.gate).passes().key().clone();
        match read_passes(path, &key) {
            Ok(passes) => {
                tracing::info!(passes = passes.len(), "new passes are in force");
                lock(&self.gate).put_passes(passes);
            }
            Err(error) => tracing::error!(%error, "the new passes are not used; those in force stay"),
        }
    }

    /// Takes what a receiver says.
    fn hear(&self, heard: &Heard) {
        let Heard::Fix(mut position, at_ms) = *heard else { return self.heard.no_fix() };
        self.heard.fix();
        let news = at_ms.and_then(|at_ms| lock(&self.clock).hear(at_ms));
        if let Some(fact) = news {
            self.keeper.note(fact);
        }
        lock(&self.whereabouts).take(position, self.up_s());
        let mut recorded = lock(&self.recorded);
        let (last, satellites) = &mut *recorded;
        // RMC has the speed, GGA the satellites: one fact of both.
        if position.satellites.is_some() && position.speed_kmh.is_none() {
            *satellites = position.satellites;
            if last.is_some_and(|last| last.elapsed().as_secs() < self.position_s * 2) {
                return;
            }
        }
        position.satellites = position.satellites.or(*satellites);
        if last.is_none_or(|last| last.elapsed().as_secs() >= self.position_s) {
            *last = Some(Instant::now());
            self.keeper.note(Fact::Position(position));
        }
    }

    /// A device logged in on the page: it comes in when its session begins anew.
    fn let_in(self: &Arc<Self>, found: Found, rider: Rider) {
        let Some(address) = found.hardware() else { return };
        let now_s = self.up_s();
        lock(&self.gate).admit(address, rider, now_s + ADMITTED_S, now_s);
        self.end(vec![found], ANSWER_FIRST);
    }

    fn let_out(self: &Arc<Self>, found: Found) {
        if let Some(address) = found.hardware() {
            // An end that is now.
            lock(&self.gate).admit(address, found.rider.unwrap_or_default(), 0, self.up_s());
        }
        self.end(vec![found], ANSWER_FIRST);
    }
}

/// Sockets of one kind.
async fn datagrams(addresses: &[SocketAddr]) -> io::Result<Vec<UdpSocket>> {
    let mut sockets = Vec::new();
    for address in addresses {
        sockets.push(UdpSocket::bind(address).await.map_err(|error| at(*address, &error))?);
    }
    Ok(sockets)
}

async fn streams(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        listeners.push(TcpListener::bind(address).await.map_err(|error| at(*address, &error))?);
    }
    Ok(listeners)
}

fn at(address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}

/// A port of RADIUS and what it takes.
const PORTS: [(&str, Port); 2] = [("access", Port::Access), ("accounting", Port::Accounting)];
