//! Questions as messages, and the questions that wait for an answer.

use super::{UpstreamCounts, lock};
use crate::cache::Question;
use crate::wire::{Checked, HEADER, UDP_SIZE, check, qtype};
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// Padded questions have a multiple of so many octets, RFC 8467 section 4.1.
const PAD_TO: usize = 128;
const PADDING: u16 = 12;
/// Questions that wait on one port or connection; ids that are not taken must be found quickly.
const MOST: usize = 16_384;

/// How a question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As it is.
    Plain,
    /// Without an OPT record, for servers of before EDNS.
    Bare,
    /// With padding, where the transport hides what is inside.
    Padded,
}

/// The question as a message: recursion desired, with room for a larger answer. `name` is the name's octets as they are
/// to be sent.
pub fn message(question: &Question, name: &[u8], id: u16, shape: Shape) -> Vec<u8> {
    let edns = shape != Shape::Bare;
    let flags = 0x0100 | u16::from(question.checking_disabled) << 4 | u16::from(question.dnssec_ok) << 5;
    let mut message = Vec::with_capacity(PAD_TO);
    put(&mut message, &[id, flags, 1, 0, 0, u16::from(edns)]);
    message.extend_from_slice(name);
    put(&mut message, &[question.qtype, 1]);
    if edns {
        let opt = 11;
        let padding = match shape {
            Shape::Padded => {
                let before = HEADER + name.len() + 4 + opt + 4;
                Some(before.next_multiple_of(PAD_TO) - before)
            }
            _ => None,
        };
        message.push(0);
        put(&mut message, &[qtype::OPT, UDP_SIZE, 0, u16::from(question.dnssec_ok) << 15]);
        put(&mut message, &[padding.map_or(0, |length| 4 + length as u16)]);
        if let Some(length) = padding {
            put(&mut message, &[PADDING, length as u16]);
            message.resize(message.len() + length, 0);
        }
    }
    message
}

/// Adds numbers in network order.
fn put(message: &mut Vec<u8>, numbers: &[u16]) {
    numbers.iter().for_each(|number| message.extend_from_slice(&number.to_be_bytes()));
}

/// The answer with id 0 to a question on a transport that says by itself what answers what, and cuts nothing off.
///
/// # Errors
/// When it is no such answer; that is counted.
pub fn answered(question: &Question, message: &[u8], counts: &UpstreamCounts) -> io::Result<Checked> {
    let checked = check(&question.name, question.qtype, 0, message).filter(|checked| !checked.truncated);
    checked.ok_or_else(|| {
        counts.ignored.fetch_add(1, Ordering::Relaxed);
        io::Error::new(io::ErrorKind::InvalidData, "what the server sent is no answer to what was asked")
    })
}

thread_local! {
    /// Octets of the system's generator that were not used yet, and how many.
    static RANDOM: RefCell<([u8; 1_024], usize)> = const { RefCell::new(([0; 1_024], 0)) };
}

/// Fills with octets that nobody can guess. The system is asked for many at once.
pub fn random(into: &mut [u8]) -> io::Result<()> {
    RANDOM.with_borrow_mut(|(octets, left)| {
        if *left < into.len() {
            getrandom::fill(octets).map_err(io::Error::other)?;
            *left = octets.len();
        }
        let from = left.checked_sub(into.len()).ok_or(io::ErrorKind::InvalidInput)?;
        into.copy_from_slice(&octets[from..*left]);
        // No octet is used twice, or left where it could be read.
        octets[from..*left].fill(0);
        *left = from;
        Ok(())
    })
}

/// The name with each letter large or small by chance: an answer must have the same letters, which somebody who does
/// not see the question has to guess.
pub fn mixed(name: &[u8]) -> io::Result<Box<[u8]>> {
    let mut bits = [0; 32];
    random(&mut bits)?;
    let mut mixed: Box<[u8]> = name.into();
    for (n, octet) in mixed.iter_mut().enumerate() {
        // The octets that say how long a label is are no letters: they are less than 64.
        if octet.is_ascii_lowercase() && bits[n / 8 % 32] >> (n % 8) & 1 == 1 {
            *octet = octet.to_ascii_uppercase();
        }
    }
    Ok(mixed)
}

/// What waits for an answer with one id.
struct Asked {
    name: Box<[u8]>,
    qtype: u16,
    tell: oneshot::Sender<Checked>,
}

/// The questions that wait on one port or connection, by their ids.
#[derive(Default)]
pub struct Waiting(Mutex<HashMap<u16, Asked>>);

/// A place among those that wait; given up when it goes.
pub struct Ticket {
    waiting: Arc<Waiting>,
    /// The id of the message.
    pub id: u16,
    answer: oneshot::Receiver<Checked>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        lock(&self.waiting.0).remove(&self.id);
    }
}

impl Ticket {
    /// The answer.
    ///
    /// # Errors
    /// When the port or connection is closed before it comes.
    pub async fn answer(mut self) -> io::Result<Checked> {
        let closed = || io::Error::new(io::ErrorKind::ConnectionAborted, "closed before it answered");
        (&mut self.answer).await.map_err(|_| closed())
    }
}

impl Waiting {
    /// A place for a question that is sent with this name, under an id that nobody can guess.
    ///
    /// # Errors
    /// When too many wait already.
    pub fn join(self: &Arc<Self>, name: Box<[u8]>, qtype: u16) -> io::Result<Ticket> {
        let (tell, answer) = oneshot::channel();
        let mut waiting = lock(&self.0);
        if waiting.len() >= MOST {
            return Err(io::Error::other("too many questions wait for this server"));
        }
        loop {
            let mut id = [0; 2];
            random(&mut id)?;
            let id = u16::from_be_bytes(id);
            if let Entry::Vacant(place) = waiting.entry(id) {
                place.insert(Asked { name, qtype, tell });
                return Ok(Ticket { waiting: self.clone(), id, answer });
            }
        }
    }

    /// Gives a message to whom it answers; whether it answered anybody. One in which the letters of the name are not
    /// those that were sent tells that the answer has to be had in another way, as one that is cut off does.
    pub fn give(&self, bytes: &[u8]) -> bool {
        let Some(id) = bytes.first_chunk::<2>().map(|id| u16::from_be_bytes(*id)) else { return false };
        let mut waiting = lock(&self.0);
        let Entry::Occupied(place) = waiting.entry(id) else { return false };
        let asked = place.get();
        let Some(mut checked) = check(&asked.name, asked.qtype, id, bytes) else { return false };
        let same = bytes.get(HEADER..HEADER + asked.name.len()) == Some(&*asked.name);
        checked.truncated |= !same;
        // Whoever asked may have gone.
        let _ = place.remove().tell.send(checked);
        same
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    /// Tells all who wait that nothing will come.
    pub fn close(&self) {
        lock(&self.0).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &[u8]) -> Question {
        Question { name: name.into(), qtype: 1, dnssec_ok: true, checking_disabled: false }
    }

    #[test]
    fn what_is_hidden_has_few_lengths() {
        for label in 1..=63u8 {
            let name = [&[label][..], &vec![b'a'; label.into()], &[0]].concat();
            let padded = message(&question(&name), &name, 7, Shape::Padded);
            assert_eq!(padded.len(), 128, "{label}");
            let read = crate::wire::parse(&padded, 65_001).unwrap_or_else(|_| panic!("a query"));
            assert!(read.dnssec_ok() && read.edns.is_some_and(|edns| edns.padded));
            let plain = message(&question(&name), &name, 7, Shape::Plain);
            assert_eq!(plain.len(), HEADER + name.len() + 4 + 11);
            let bare = message(&question(&name), &name, 7, Shape::Bare);
            assert_eq!(bare.len(), HEADER + name.len() + 4);
        }
    }

    #[test]
    fn letters_are_drawn_and_nothing_else_changes() {
        let name = b"\x1fabcdefghijklmnopqrstuvwxyz0123-\x03com\0";
        let drawn: Vec<_> = (0..40).map(|_| mixed(name).expect("drawn")).collect();
        assert!(drawn.iter().all(|mixed| mixed.eq_ignore_ascii_case(name)));
        for (n, octet) in name.iter().enumerate().filter(|(_, octet)| octet.is_ascii_alphabetic()) {
            let large = drawn.iter().filter(|mixed| mixed[n].is_ascii_uppercase()).count();
            assert!((1..40).contains(&large), "letter {octet} is large {large} times of 40");
        }
    }

    #[test]
    fn an_answer_needs_the_id_the_name_and_its_letters() {
        let name: &[u8] = b"\x01A\x07exAmple\0";
        let waiting = Arc::new(Waiting::default());
        let mut ticket = waiting.join(name.into(), 1).expect("a place");
        let answer = |id: u16, name: &[u8]| {
            [&id.to_be_bytes()[..], b"\x81\x80\0\x01\0\0\0\0\0\0", name, b"\0\x01\0\x01"].concat()
        };
        assert!(!waiting.give(&answer(ticket.id ^ 1, name)));
        assert!(!waiting.give(&answer(ticket.id, b"\x01B\x07exAmple\0")));
        assert!(!waiting.give(&answer(ticket.id, name)[..11]));
        assert!(ticket.answer.try_recv().is_err(), "nothing of this is an answer");
        assert!(!waiting.give(&answer(ticket.id, b"\x01a\x07exAmple\0")));
        assert!(ticket.answer.try_recv().expect("to be asked in another way").truncated);
        let mut ticket = waiting.join(name.into(), 1).expect("a place");
        assert!(waiting.give(&answer(ticket.id, name)));
        assert!(!ticket.answer.try_recv().expect("an answer").truncated);
        drop(waiting.join(name.into(), 1));
        drop(ticket);
        assert!(waiting.is_empty());
    }
}
