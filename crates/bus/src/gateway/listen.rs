//! Where things come in.

use super::{Bound, Bus, PORTS, Settings, datagrams, streams};
use crate::telemetry::{gpsd, nmea};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Connections with NMEA, at most.
const MOST_STREAMS: usize = 16;
/// A receiver that says nothing for so long is not there.
const IDLE: Duration = Duration::from_secs(120);
/// How long to wait before gpsd is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Everything that is bound before anything starts.
pub struct Listeners {
    radius: [Vec<UdpSocket>; 2],
    nmea_udp: Vec<UdpSocket>,
    nmea_tcp: Vec<TcpListener>,
    web: [Vec<TcpListener>; 3],
}

/// What the listeners of `web` are for.
const WEB: [&str; 3] = ["page", "netjson", "status"];

impl Listeners {
    /// Binds everything.
    ///
    /// # Errors
    /// When an address cannot be had.
    pub async fn bind(settings: &Settings) -> io::Result<Self> {
        let one = |address: Option<SocketAddr>| address.into_iter().collect::<Vec<_>>();
        Ok(Self {
            radius: [datagrams(&settings.access).await?, datagrams(&settings.accounting).await?],
            nmea_udp: datagrams(&settings.nmea_udp).await?,
            nmea_tcp: streams(&settings.nmea_tcp).await?,
            web: [
                streams(&one(settings.page.as_ref().map(|(address, _)| *address))).await?,
                streams(&one(settings.netjson.as_ref().map(|(address, _)| *address))).await?,
                streams(&one(settings.status)).await?,
            ],
        })
    }

    /// Where it listens.
    pub fn bound(&self) -> Bound {
        let radius = PORTS.iter().zip(&self.radius).flat_map(|((name, _), sockets)| {
            sockets.iter().filter_map(move |socket| Some((*name, socket.local_addr().ok()?)))
        });
        let nmea = self.nmea_udp.iter().filter_map(|socket| Some(("nmea-udp", socket.local_addr().ok()?)));
        let tcp = self.nmea_tcp.iter().filter_map(|socket| Some(("nmea-tcp", socket.local_addr().ok()?)));
        let web = WEB.iter().zip(&self.web).flat_map(|(name, sockets)| {
            sockets.iter().filter_map(move |socket| Some((*name, socket.local_addr().ok()?)))
        });
        radius.chain(nmea).chain(tcp).chain(web).collect()
    }

    /// Serves everything.
    pub fn serve(self, bus: &Arc<Bus>, netjson: Option<PathBuf>) {
        for ((_, port), sockets) in PORTS.into_iter().zip(self.radius) {
            for socket in sockets {
                tokio::spawn(bus.server.clone().serve(socket, port));
            }
        }
        for socket in self.nmea_udp {
            tokio::spawn(bus.clone().nmea_udp(socket));
        }
        for listener in self.nmea_tcp {
            tokio::spawn(bus.clone().nmea_tcp(listener));
        }
        let [page, agents, status] = self.web;
        for listener in page {
            tokio::spawn(super::web::serve(bus.clone(), listener, super::web::What::Page));
        }
        let key = netjson.unwrap_or_default();
        for listener in agents {
            tokio::spawn(super::web::serve(bus.clone(), listener, super::web::What::Agents(key.clone())));
        }
        for listener in status {
            tokio::spawn(super::web::serve(bus.clone(), listener, super::web::What::Status));
        }
    }
}

impl Bus {
    async fn nmea_udp(self: Arc<Self>, socket: UdpSocket) {
        let mut buffer = vec![0; 4_096];
        loop {
            let Ok((length, _)) = socket.recv_from(&mut buffer).await else { continue };
            // A datagram may have several sentences.
            for line in buffer[..length].split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
                self.sentence(line);
            }
        }
    }

    fn sentence(&self, line: &[u8]) {
        match nmea::read(line) {
            Ok(heard) => self.hear(&heard),
            Err(nmea::Refused::Other) => {}
            Err(_) => self.heard.refused(),
        }
    }

    async fn nmea_tcp(self: Arc<Self>, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(MOST_STREAMS));
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(place) = room.clone().try_acquire_owned() else { continue };
            let bus = self.clone();
            tokio::spawn(async move {
                bus.lines(stream, nmea::LONGEST, |line| bus.sentence(line)).await;
                drop(place);
            });
        }
    }

    /// Reads lines until the other side ends, says nothing for long, or says a line that is too long.
    async fn lines(&self, stream: TcpStream, longest: usize, take: impl Fn(&[u8])) {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = (&mut reader).take(longest as u64 + 1);
            match timeout(IDLE, limited.read_until(b'\n', &mut line)).await {
                Ok(Ok(length)) if length > 0 && line.ends_with(b"\n") => take(&line),
                _ => return,
            }
        }
    }

    /// Hears gpsd for ever.
    pub(super) async fn gpsd(self: Arc<Self>, address: SocketAddr) {
        loop {
            if let Ok(mut stream) = TcpStream::connect(address).await
                && stream.write_all(gpsd::WATCH).await.is_ok()
            {
                let take = |line: &[u8]| {
                    if let Some(heard) = gpsd::read(line) {
                        self.hear(&heard);
                    }
                };
                self.lines(stream, gpsd::LONGEST, take).await;
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }
}
