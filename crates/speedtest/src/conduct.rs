//! A test from its handshake to its end, on any stream: one task, no thread, no message ever whole in memory.
//!
//! The zero time is the end of the handshake. A test runs for ten seconds or what was asked for; three seconds later it is cut, wherever
//! it is. Nothing that a client does, or leaves undone, is an error of the server: a test always ends in a [`Record`].

use crate::diag::{Diag, Kernel};
use crate::frame::{self, Broken, Event, Frames};
use crate::message::{AppInfo, ConnectionInfo, Counts, End, Record, measurement};
use crate::pace;
use crate::request::{Asked, Test};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long after its time a test is cut.
const GRACE: Duration = Duration::from_secs(3);
/// The random octets of which messages are made, over and over: more than the windows of the usual compressors, and no more than stays in
/// a processor's cache.
const BLOCK: usize = 256 << 10;
/// What is read at once of an upload, and of a download's client, which has little to say.
const READ: (usize, usize) = (128 << 10, 4 << 10);
/// Answers to pings that may wait for a client who does not read.
const WAITING: usize = 4 << 10;
/// A client that ends a test so close to its time (this part of it) has ended it at its time: its clock began later than ours.
const NEARLY: u32 = 10;

/// What all tests share.
#[derive(Debug)]
pub struct Means {
    /// The kernel's word, where there is one.
    pub diag: Option<Diag>,
    block: Vec<u8>,
}

impl Means {
    /// With random octets of the system's generator.
    ///
    /// # Errors
    /// When there is no generator.
    pub fn new(diag: Option<Diag>) -> io::Result<Self> {
        let mut block = vec![0; BLOCK];
        getrandom::fill(&mut block).map_err(io::Error::other)?;
        Ok(Self { diag, block })
    }
}

/// One test on one connection.
pub struct Conduct {
    /// What is shared.
    pub means: Arc<Means>,
    /// What was asked for.
    pub asked: Asked,
    /// This side's address and the client's, of the socket itself.
    pub ends: (SocketAddr, SocketAddr),
    /// Whether it goes through TLS.
    pub tls: bool,
    /// Becomes true when the server stops.
    pub stop: watch::Receiver<bool>,
}

/// A connection in the middle of a test.
struct Line<S> {
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    frames: Frames,
    buffer: Vec<u8>,
    /// What has to be written before anything else, and how much of it was.
    out: Vec<u8>,
    written: usize,
    /// Answers to pings, which wait for the end of the message that is written.
    answers: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite> Line<S> {
    fn new(stream: S, buffer: usize) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let buffer = vec![0; buffer];
        Self { reader, writer, frames: Frames::default(), buffer, out: vec![], written: 0, answers: vec![] }
    }

    fn waits(&self) -> bool {
        self.written < self.out.len()
    }

    fn wrote(&mut self, octets: usize) {
        self.written += octets;
        if !self.waits() {
            self.out.clear();
            self.written = 0;
        }
    }
}

/// What was read.
enum Heard {
    /// So many octets of binary messages.
    Load(u64),
    End(End, Option<Broken>),
}

/// Goes through what has come in; answers pings.
fn hear<S>(line: &mut Line<S>, read: io::Result<usize>, texts: &mut u64) -> Heard {
    let octets = match read {
        Ok(0) | Err(_) => return Heard::End(End::Abrupt, None),
        Ok(octets) => octets,
    };
    let mut rest = &line.buffer[..octets];
    let mut load = 0;
    loop {
        match line.frames.next(&mut rest) {
            Ok(Some(Event::Load(octets))) => load += octets,
            Ok(Some(Event::Ping(payload))) if line.answers.len() < WAITING => {
                frame::pong(&payload, &mut line.answers);
            }
            // What a client measures is for itself: the server's own counts are the result.
            Ok(Some(Event::Text(_))) => *texts += 1,
            Ok(Some(Event::Ping(_) | Event::Pong)) => {}
            Ok(Some(Event::Close(_))) => return Heard::End(End::Client, None),
            Ok(None) if rest.is_empty() => return Heard::Load(load),
            Ok(None) => {}
            Err(broken) => return Heard::End(End::Broken, Some(broken)),
        }
    }
}

impl Conduct {
    /// Runs the test; what came of it.
    pub async fn run<S: AsyncRead + AsyncWrite>(self, stream: S) -> Record {
        let connection = ConnectionInfo::begin(self.ends.1, self.ends.0, jiff::Timestamp::now());
        let mut clock = Clock { start: Instant::now(), last: None };
        let first = clock.kernel(&self);
        let (end, app) = match self.asked.test {
            Test::Download => self.download(stream, &mut clock, &connection).await,
            Test::Upload => self.upload(stream, &mut clock, &connection).await,
        };
        let nearly = self.asked.runtime - self.asked.runtime / NEARLY;
        let at_its_time = Duration::from_micros(app.elapsed_time) >= nearly;
        let end = if at_its_time && matches!(end, End::Client | End::Abrupt) { End::Complete } else { end };
        Counts { app, kernel: [first, clock.last] }.record(&self.asked, &connection, end, self.tls)
    }

    async fn download<S: AsyncRead + AsyncWrite>(
        &self,
        stream: S,
        clock: &mut Clock,
        connection: &ConnectionInfo,
    ) -> (End, AppInfo) {
        let mut line = Line::new(stream, READ.1);
        let (over, cut) = (clock.start + self.asked.runtime, clock.start + self.asked.runtime + GRACE);
        let (mut sent, mut size, mut left, mut texts) = (0u64, pace::FIRST, 0u64, 0u64);
        let mut next = clock.start;
        let mut cut_off = pin!(sleep_until(cut));
        let mut stop = self.stop.clone();
        let end = loop {
            if left == 0 && !line.waits() {
                let now = Instant::now();
                if now >= over {
                    break End::Complete;
                }
                if now >= next {
                    next = now + interval();
                    let kernel = clock.kernel(self);
                    line.out = self.message(&clock.app(sent), connection, kernel.as_ref());
                    let acked = kernel.and_then(|kernel| kernel.tcp.bytes_acked).unwrap_or(sent);
                    if self.asked.enough.is_some_and(|enough| acked.min(sent) >= enough) {
                        break End::Enough;
                    }
                }
                line.out.append(&mut line.answers);
                size = pace::next_size(size, sent);
                frame::binary_header(size, &mut line.out);
                left = size;
            }
            let chunk = &self.means.block[..left.min(BLOCK as u64) as usize];
            let Line { reader, writer, buffer, out, written, .. } = &mut line;
            let slices = [IoSlice::new(&out[*written..]), IoSlice::new(chunk)];
            tokio::select! {
                octets = writer.write_vectored(&slices) => {
                    let Ok(octets @ 1..) = octets else { break End::Abrupt };
                    let head = octets.min(line.out.len() - line.written);
                    line.wrote(head);
                    sent += (octets - head) as u64;
                    left -= (octets - head) as u64;
                }
                read = reader.read(buffer) => match hear(&mut line, read, &mut texts) {
                    Heard::Load(0) => {}
                    // Nobody loads a download but the server.
                    Heard::Load(_) => break End::Broken,
                    Heard::End(end, _) => break end,
                },
                () = cut_off.as_mut() => break End::Cut,
                _ = stop.wait_for(|stop| *stop) => break End::Stopped,
            }
        };
        let app = clock.app(sent);
        clock.kernel(self);
        if matches!(end, End::Complete | End::Enough) {
            line.out = self.message(&app, connection, clock.last.as_ref());
            part(line, 1000, cut).await;
        } else if left == 0 && !line.waits() {
            part(line, 1001, Instant::now() + GRACE).await;
        }
        (end, app)
    }

    async fn upload<S: AsyncRead + AsyncWrite>(
        &self,
        stream: S,
        clock: &mut Clock,
        connection: &ConnectionInfo,
    ) -> (End, AppInfo) {
        let mut line = Line::new(stream, READ.0);
        let (over, cut) = (clock.start + self.asked.runtime, clock.start + self.asked.runtime + GRACE);
        let (mut received, mut texts, mut flushed) = (0u64, 0u64, true);
        let mut next = pin!(sleep_until(clock.start));
        let mut complete = pin!(sleep_until(over));
        let mut stop = self.stop.clone();
        let (end, broken) = loop {
            if !line.waits() {
                line.out.append(&mut line.answers);
            }
            let waits = line.waits();
            let Line { reader, writer, buffer, out, written, .. } = &mut line;
            let push = async {
                if waits { writer.write(&out[*written..]).await } else { writer.flush().await.map(|()| 0) }
            };
            tokio::select! {
                read = reader.read(buffer) => match hear(&mut line, read, &mut texts) {
                    Heard::Load(octets) => received += octets,
                    Heard::End(end, broken) => break (end, broken),
                },
                pushed = push, if waits || !flushed => match pushed {
                    Ok(0) if !waits => flushed = true,
                    Ok(octets @ 1..) => {
                        line.wrote(octets);
                        flushed = false;
                    }
                    _ => break (End::Abrupt, None),
                },
                () = next.as_mut() => {
                    next.as_mut().reset(Instant::now() + interval());
                    let kernel = clock.kernel(self);
                    // Who does not read the last one gets no other.
                    if !line.waits() {
                        line.out = self.message(&clock.app(received), connection, kernel.as_ref());
                    }
                }
                () = complete.as_mut() => break (End::Complete, None),
                _ = stop.wait_for(|stop| *stop) => break (End::Stopped, None),
            }
        };
        let app = clock.app(received);
        clock.kernel(self);
        if end == End::Complete {
            line.out.extend(self.message(&app, connection, clock.last.as_ref()));
        }
        let code = match end {
            End::Complete | End::Client => 1000,
            _ => broken.map_or(1001, Broken::code),
        };
        if end != End::Abrupt {
            part(line, code, cut.min(Instant::now() + GRACE)).await;
        }
        (end, app)
    }

    fn message(&self, app: &AppInfo, connection: &ConnectionInfo, kernel: Option<&Kernel>) -> Vec<u8> {
        let mut out = Vec::new();
        frame::text(&measurement(self.asked.test, *app, connection, kernel), &mut out);
        out
    }
}

/// Says goodbye with this code, waits until the client has said it too, or has gone, and ends the connection.
async fn part<S: AsyncRead + AsyncWrite>(mut line: Line<S>, code: u16, latest: Instant) {
    frame::close(code, &mut line.out);
    let goodbye = async {
        line.writer.write_all(&line.out[line.written..]).await?;
        line.writer.flush().await?;
        // What is still on its way is read, so that the kernel does not reset the connection under the client.
        loop {
            let octets = line.reader.read(&mut line.buffer).await?;
            let mut rest = &line.buffer[..octets];
            if octets == 0 {
                break;
            }
            while !rest.is_empty() {
                match line.frames.next(&mut rest) {
                    Ok(Some(Event::Close(_))) | Err(_) => return line.writer.shutdown().await,
                    Ok(_) => {}
                }
            }
        }
        line.writer.shutdown().await
    };
    // A client that does not answer is left.
    let _ = timeout_at(latest, goodbye).await;
}

/// The time to the next measurement.
fn interval() -> Duration {
    // Without a generator the mean is as good.
    pace::until_next(pace::uniform().unwrap_or(0.37))
}

/// The time of a test, and what the kernel said last.
struct Clock {
    start: Instant,
    last: Option<Kernel>,
}

impl Clock {
    fn elapsed(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn app(&self, num_bytes: u64) -> AppInfo {
        AppInfo { elapsed_time: self.elapsed(), num_bytes }
    }

    /// What the kernel says now. A connection that is gone leaves what it said last.
    fn kernel(&mut self, conduct: &Conduct) -> Option<Kernel> {
        let (local, peer) = conduct.ends;
        let said = conduct.means.diag.as_ref()?.ask(local, peer, self.elapsed()).ok();
        self.last = said.or(self.last);
        said
    }
}
