//! Places for connections and for tests: so many from one address, so many in all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    of: HashMap<u128, usize>,
}

/// All places of one kind.
#[derive(Debug)]
pub struct Places {
    counts: Mutex<Counts>,
    of_address: usize,
    of_all: usize,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The address has as many as it may.
    Address,
    /// All together have.
    All,
}

/// One place; free again when it goes.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    holder: u128,
}

impl Places {
    /// So many from one address, and in all.
    pub fn new(of_address: usize, of_all: usize) -> Arc<Self> {
        Arc::new(Self { counts: Mutex::default(), of_address, of_all })
    }

    /// A place for this address.
    ///
    /// # Errors
    /// [`Full`].
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let holder = holder(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= self.of_all {
            return Err(Full::All);
        }
        let count = counts.of.entry(holder).or_insert(0);
        if *count >= self.of_address {
            return Err(Full::Address);
        }
        *count += 1;
        counts.all += 1;
        Ok(Place { places: self.clone(), holder })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(count) = counts.of.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                counts.of.remove(&self.holder);
            }
        }
    }
}

/// Who holds places together: an address, and of IPv6 the first 56 bits, which one household has.
fn holder(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => 1 << 127 | address.to_bits() >> 72,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_of_addresses_and_come_back() {
        let places = Places::new(2, 4);
        let address = |text: &str| text.parse::<IpAddr>().expect(text);
        let one = places.take(address("192.0.2.1")).expect("a place");
        let two = places.take(address("::ffff:192.0.2.1")).expect("a place");
        assert_eq!(places.take(address("192.0.2.1")).expect_err("full"), Full::Address);
        let _near = [places.take(address("2001:db8::1")), places.take(address("2001:db8:0:ff::2"))]
            .map(Result::unwrap);
        assert_eq!(places.take(address("192.0.2.2")).expect_err("full"), Full::All);
        drop(one);
        assert_eq!(places.take(address("2001:db8:0:3::1")).expect_err("full"), Full::Address);
        let other = places.take(address("2001:db8:0:100::1")).expect("another household");
        drop((two, other, _near));
        assert_eq!(places.taken(), 0);
        assert!(places.counts.lock().expect("whole").of.is_empty());
    }
}
