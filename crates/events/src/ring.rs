//! A bounded ring from one thread to another, without locks: Lamport's queue (1983) with the positions that only grow.

use crate::event::Event;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

struct Shared {
    places: Box<[[AtomicU64; 4]]>,
    written: AtomicU64,
    read: AtomicU64,
    dropped: AtomicU64,
}

/// What a ring carries: four words.
pub trait Record: Copy {
    /// As words.
    fn to_words(self) -> [u64; 4];
    /// From words; `None` for words that no record has.
    fn from_words(words: [u64; 4]) -> Option<Self>;
}

/// One end of a ring: a thread records, another one drains. Neither ever waits for the other.
pub struct Ring<T = Event> {
    shared: Arc<Shared>,
    carries: PhantomData<T>,
    /// The other's position when last looked at: most calls need not look.
    known: u64,
}

/// A ring with room for at least `places` records: the end that records and the end that drains.
pub fn ring<T: Record>(places: usize) -> (Ring<T>, Ring<T>) {
    let places = places.next_power_of_two();
    let shared = Arc::new(Shared {
        places: (0..places).map(|_| std::array::from_fn(|_| AtomicU64::new(0))).collect(),
        written: AtomicU64::new(0),
        read: AtomicU64::new(0),
        dropped: AtomicU64::new(0),
    });
    let end = |shared| Ring { shared, carries: PhantomData, known: 0 };
    (end(shared.clone()), end(shared))
}

impl<T: Record> Ring<T> {
    /// Puts a record in; when there is no room it is dropped and counted. `&mut`: one thread alone records.
    #[inline]
    pub fn record(&mut self, record: T) {
        let shared = &*self.shared;
        let at = shared.written.load(Ordering::Relaxed);
        let room = shared.places.len() as u64;
        if at - self.known >= room {
            self.known = shared.read.load(Ordering::Acquire);
            if at - self.known >= room {
                let dropped = shared.dropped.load(Ordering::Relaxed);
                shared.dropped.store(dropped + 1, Ordering::Relaxed);
                return;
            }
        }
        let place = &shared.places[(at % room) as usize];
        for (word, value) in place.iter().zip(record.to_words()) {
            word.store(value, Ordering::Relaxed);
        }
        shared.written.store(at + 1, Ordering::Release);
    }

    /// Takes out what is there, as octets, at most `most` events; says how many. `&mut`: one thread alone drains.
    pub fn drain(&mut self, into: &mut Vec<u8>, most: usize) -> usize {
        self.each(
            &mut |words| words.iter().for_each(|word| into.extend_from_slice(&word.to_le_bytes())),
            most,
        )
    }

    /// The same as records.
    pub fn take(&mut self, into: &mut dyn FnMut(T), most: usize) -> usize {
        self.each(&mut |words| T::from_words(words).into_iter().for_each(&mut *into), most)
    }

    fn each(&mut self, into: &mut dyn FnMut([u64; 4]), most: usize) -> usize {
        let shared = &*self.shared;
        let written = shared.written.load(Ordering::Acquire);
        let end = written.min(self.known + most as u64);
        let count = end - self.known;
        for at in self.known..end {
            let place = &shared.places[(at % shared.places.len() as u64) as usize];
            into(place.each_ref().map(|word| word.load(Ordering::Relaxed)));
        }
        self.known = end;
        shared.read.store(end, Ordering::Release);
        count as usize
    }

    /// How many records found no room.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Because, Did, SIZE, Transport, Who};

    fn event(at_s: u32) -> Event {
        Event {
            at_s,
            snapshot: !at_s,
            who: Who::Unknown,
            policy: 0,
            did: Did::Answered,
            because: Because::Nothing,
            query_type: 1,
            transport: Transport::Udp,
        }
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let (mut record, mut drain) = ring(8);
        for n in 0..11 {
            record.record(event(n));
        }
        let mut bytes = Vec::new();
        assert_eq!((drain.drain(&mut bytes, 100), drain.dropped()), (8, 3));
        assert_eq!(bytes.len(), 8 * SIZE);
        record.record(event(99));
        assert_eq!(drain.drain(&mut bytes, 100), 1);
        assert_eq!(drain.drain(&mut bytes, 100), 0);
    }

    #[test]
    fn every_event_comes_out_whole_and_in_order_or_is_counted() {
        let (mut record, mut drain) = ring(64);
        let count = 200_000;
        let writer = std::thread::spawn(move || (0..count).for_each(|n| record.record(event(n))));
        let (mut bytes, mut last, mut seen) = (Vec::new(), None, 0u64);
        loop {
            let finished = writer.is_finished();
            bytes.clear();
            seen += drain.drain(&mut bytes, 1_000) as u64;
            for one in bytes.as_chunks::<SIZE>().0 {
                let (time, snapshot) = (&one[..4], &one[4..8]);
                let time = u32::from_le_bytes(time.try_into().expect("four octets"));
                assert_eq!(u32::from_le_bytes(snapshot.try_into().expect("four octets")), !time);
                assert!(last.is_none_or(|last| last < time));
                last = Some(time);
            }
            if finished && bytes.is_empty() {
                break;
            }
        }
        assert_eq!(seen + drain.dropped(), u64::from(count));
        assert!(seen > 0);
    }
}
