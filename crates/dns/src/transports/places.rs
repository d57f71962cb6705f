//! Places for connections, and the octets of answers that wait for clients who do not read.

use crate::upstream::lock;
use bytes::Buf;
use evenfield_policy::{DeviceKey, address_number as number};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// Connections that one device may have at the same time: a browser and the system, each with an old and a new one, and
/// room.
const OF_DEVICE: usize = 16;
/// Octets of answers that may wait for all clients together before those who have not read an earlier one are cut off.
const UNREAD: usize = 64 << 20;

/// Who has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    /// An address; of IPv6 the first 56 bits, which one household has.
    Address(u128),
    /// A device that the policy knows, wherever it is.
    Device(u128),
}

#[derive(Default)]
struct Counts {
    all: usize,
    of: HashMap<Holder, usize>,
}

impl Counts {
    fn leave(&mut self, holder: Holder) {
        if let Some(count) = self.of.get_mut(&holder) {
            *count -= 1;
            if *count == 0 {
                self.of.remove(&holder);
            }
        }
    }
}

/// All places.
pub struct Places {
    counts: Mutex<Counts>,
    of_address: usize,
    of_all: usize,
    unread: AtomicUsize,
}

/// A connection's place; free again when it goes.
pub struct Place {
    places: Arc<Places>,
    holder: Mutex<Holder>,
    unread: AtomicUsize,
}

impl Places {
    /// So many for one address, and in all.
    pub fn new(of_address: usize, of_all: usize) -> Arc<Self> {
        let (counts, unread) = (Mutex::default(), AtomicUsize::new(0));
        Arc::new(Self { counts, of_address, of_all, unread })
    }

    /// A place for a connection from this address; `None` when it, or all together, have as many as they may.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Arc<Place>> {
        let address = number(address);
        let holder = Holder::Address(if address >> 32 == 0xFFFF { address } else { address >> 72 });
        let mut counts = lock(&self.counts);
        if counts.all >= self.of_all || counts.of.get(&holder).is_some_and(|count| *count >= self.of_address)
        {
            return None;
        }
        counts.all += 1;
        *counts.of.entry(holder).or_insert(0) += 1;
        let (holder, unread) = (Mutex::new(holder), AtomicUsize::new(0));
        Some(Arc::new(Place { places: self.clone(), holder, unread }))
    }
}

impl Place {
    /// Whether nobody has said yet which known device this is.
    pub fn is_of_address(&self) -> bool {
        matches!(*lock(&self.holder), Holder::Address(_))
    }

    /// From now on the connection is counted with those of this device, which the policy knows, and not with those of its
    /// address, which a whole school may share. Whether the device may have one more.
    pub fn is_of(&self, device: DeviceKey) -> bool {
        let mut holder = lock(&self.holder);
        if matches!(*holder, Holder::Device(_)) {
            return true;
        }
        let mut counts = lock(&self.places.counts);
        let count = counts.of.entry(Holder::Device(device.0)).or_insert(0);
        if *count >= OF_DEVICE {
            return false;
        }
        *count += 1;
        counts.leave(*holder);
        *holder = Holder::Device(device.0);
        true
    }

    /// Counts an answer that is to be written; `None` when this client has not read an earlier one, and too much waits for
    /// those who read nothing: then the connection has to go.
    pub fn hold(self: &Arc<Self>, octets: usize) -> Option<Held> {
        let before = self.unread.fetch_add(octets, Ordering::Relaxed);
        let all = self.places.unread.fetch_add(octets, Ordering::Relaxed) + octets;
        let held = Held { place: self.clone(), octets };
        (before == 0 || all <= UNREAD).then_some(held)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let holder = *lock(&self.holder);
        let mut counts = lock(&self.places.counts);
        counts.all -= 1;
        counts.leave(holder);
    }
}

/// An answer that is counted until it is written.
pub struct Held {
    place: Arc<Place>,
    octets: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.place.unread.fetch_sub(self.octets, Ordering::Relaxed);
        self.place.places.unread.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

/// An answer as HTTP's body: counted until the last octet has gone.
pub struct Octets {
    bytes: Bytes,
    _held: Held,
}

impl Buf for Octets {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

/// The body: an answer, or nothing.
#[derive(Default)]
pub struct Answer(Option<Octets>);

impl Answer {
    /// Of these octets.
    pub fn new(octets: Vec<u8>, held: Held) -> Self {
        Self(Some(Octets { bytes: octets.into(), _held: held }))
    }
}

impl Body for Answer {
    type Data = Octets;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Octets>, Infallible>>> {
        Poll::Ready(self.0.take().map(|octets| Ok(Frame::data(octets))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |octets| octets.remaining() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn places_are_of_addresses_until_a_device_is_known() {
        let places = Places::new(2, 30);
        let school = address("192.0.2.1");
        let [one, two] = [(); 2].map(|()| places.admit(school).expect("a place"));
        assert!(places.admit(school).is_none());
        assert!(one.is_of(DeviceKey(7)) && one.is_of(DeviceKey(7)) && !one.is_of_address());
        let three = places.admit(school).expect("a device has left the address's places");
        assert!(places.admit(school).is_none());
        // A device has its own bound, wherever it is.
        let more: Vec<_> =
            (0..15).map(|n| places.admit(address(&format!("198.51.100.{n}"))).expect("a place")).collect();
        assert!(more.iter().all(|place| place.is_of(DeviceKey(7))));
        assert!(!two.is_of(DeviceKey(7)) && two.is_of(DeviceKey(8)));
        drop(more);
        assert!(three.is_of(DeviceKey(7)));
        // Neighbours of one /56 are one household.
        let _near = [places.admit(address("2001:db8::1")), places.admit(address("2001:db8:0:ff::2"))];
        assert!(places.admit(address("2001:db8:0:3::1")).is_none());
        assert!(places.admit(address("2001:db8:0:100::1")).is_some());
        drop((one, two, three));
        let all: Vec<_> = (0..40).filter_map(|n| places.admit(address(&format!("203.0.113.{n}")))).collect();
        assert_eq!(all.len(), 28);
        drop((all, _near));
        assert!(lock(&places.counts).of.is_empty() && lock(&places.counts).all == 0);
    }

    #[test]
    fn who_reads_nothing_is_cut_off_when_much_waits_and_others_are_not() {
        let places = Places::new(10, 10);
        let [one, other] = [(); 2].map(|()| places.admit(address("192.0.2.1")).expect("a place"));
        let held: Vec<Held> = (0..2_000).map_while(|_| one.hold(60_000)).collect();
        assert_eq!(held.len(), UNREAD / 60_000);
        let first = other.hold(60_000);
        assert!(first.is_some() && other.hold(60_000).is_none(), "the first one always");
        drop(held);
        assert!(other.hold(60_000).is_some());
        drop(first);
        assert_eq!(places.unread.load(Ordering::Relaxed), 0);
    }
}
