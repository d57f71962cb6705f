//! The transports on Tokio. Each says who its client is and hands messages to [`Service::answer`].

mod https;
mod places;
mod quic;
mod stream;
mod tls;

pub use https::https;
pub use quic::{endpoint, quic};
pub use stream::tcp;
pub use tls::{Certificates, certificates, tls};

use crate::pipeline::{self, Client, Core, Outcome, Shared};
use crate::rules::Rules;
use crate::upstream::{Resolver, lock};
use crate::worker::Miss;
use arc_swap::ArcSwap;
use evenfield_policy::DeviceKey;
use places::{Place, Places};
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Receiver;

/// Queries that wait for upstream at the same time; each holds some hundreds of octets and a timer.
const WAITING: usize = 16_384;
/// The longest message.
const LONGEST: usize = u16::MAX as usize;

thread_local! {
    /// Where a thread writes an answer before it knows how long it is.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; LONGEST]);
}

/// What all transports but UDP share.
pub struct Service {
    /// Cache, counters and ring of these transports.
    pub core: Arc<Mutex<Core>>,
    /// What is the same for all.
    pub shared: Arc<Shared>,
    /// What is in force.
    pub rules: Arc<ArcSwap<Rules>>,
    /// Upstream.
    pub resolver: Arc<Resolver>,
    /// Places for queries that wait for upstream.
    waiting: Arc<Semaphore>,
    /// Open connections.
    places: Arc<Places>,
}

/// The next connection that may be served, and its place.
async fn accept(service: &Service, listener: &TcpListener) -> (TcpStream, SocketAddr, Arc<Place>) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                if let Some(place) = service.admit(from.ip()) {
                    return (stream, from, place);
                }
            }
            // No more files may be open, or the client has gone already.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

impl Service {
    /// A service over these parts.
    pub fn new(
        core: Arc<Mutex<Core>>,
        shared: Arc<Shared>,
        rules: Arc<ArcSwap<Rules>>,
        resolver: Arc<Resolver>,
    ) -> Self {
        let (of_one, of_all) = shared.settings.connections;
        let (waiting, places) = (Arc::new(Semaphore::new(WAITING)), Places::new(of_one, of_all));
        Self { core, shared, rules, resolver, waiting, places }
    }

    /// The device whose token a client asked for as a server name.
    fn device(&self, server_name: Option<&str>) -> Option<DeviceKey> {
        let domain = self.shared.settings.tls.as_ref().and_then(|tls| tls.domain.as_deref());
        tls::device_of(server_name, domain)
    }

    /// A place for a connection from this address; `None` when it, or all together, have as many as they may.
    pub fn admit(&self, address: IpAddr) -> Option<Arc<Place>> {
        self.places.admit(address)
    }

    /// Whether the policy in force knows the device.
    fn knows(&self, device: DeviceKey) -> bool {
        self.rules.load().now().view.device_number(device).is_some()
    }

    /// Whether a connection may go on now that a client has said which device it is. Who is not known stays with its address.
    fn may_stay(&self, place: &Place, device: Option<DeviceKey>) -> bool {
        match device {
            Some(device) if place.is_of_address() && self.knows(device) => place.is_of(device),
            _ => true,
        }
    }

    /// The answer to a message; `None` when there is none.
    pub async fn answer(&self, client: &Client, asked: &[u8]) -> Option<Vec<u8>> {
        let question = match self.begin(client, asked) {
            (Outcome::Send(_), answer) => return Some(answer),
            (Outcome::Nothing, _) => return None,
            (Outcome::Resolve(question), _) => question,
        };
        let Ok(_place) = self.waiting.try_acquire() else {
            lock(&self.core).counters.overloaded.add();
            return None;
        };
        let answer = self.resolver.resolve(&question).await;
        let answer = BUFFER.with_borrow_mut(|out| {
            let length = self.finish(client, asked, (&question, &answer), out);
            out[..length].to_vec()
        });
        (!answer.is_empty()).then_some(answer)
    }

    fn begin(&self, client: &Client, asked: &[u8]) -> (Outcome, Vec<u8>) {
        let (rules, mut core) = (self.rules.load(), lock(&self.core));
        BUFFER.with_borrow_mut(|out| {
            let outcome = pipeline::answer(&mut core, &self.shared, &rules.now(), client, asked, out);
            let length = if let Outcome::Send(length) = outcome { length } else { 0 };
            (outcome, out[..length].to_vec())
        })
    }

    fn finish(
        &self,
        client: &Client,
        asked: &[u8],
        answer: (&crate::cache::Question, &crate::cache::Answer),
        out: &mut [u8],
    ) -> usize {
        let (rules, mut core) = (self.rules.load(), lock(&self.core));
        pipeline::answer_with(&mut core, &self.shared, &rules.now(), client, asked, answer, out)
    }

    /// Resolves what the threads for datagrams could not answer, sends the answers, and gives them to their caches.
    pub async fn resolve_misses(self: Arc<Self>, mut misses: Receiver<Miss>) {
        while let Some(miss) = misses.recv().await {
            let Ok(place) = self.waiting.clone().try_acquire_owned() else {
                lock(&self.core).counters.overloaded.add();
                continue;
            };
            let service = self.clone();
            tokio::spawn(async move {
                let _place = place;
                let answer = service.resolver.resolve(&miss.question).await;
                let mut out = [0; crate::wire::UDP_SIZE as usize];
                let length = service.finish(&miss.client, &miss.asked, (&miss.question, &answer), &mut out);
                if length > 0 && miss.socket.send_to(&out[..length], miss.to).is_err() {
                    lock(&service.core).counters.send_errors.add();
                }
                if answer.checked.life_s > 0 {
                    // A core that has no time to take it will ask once more.
                    let _ = miss.keep.try_send((miss.question, answer));
                }
            });
        }
    }
}
