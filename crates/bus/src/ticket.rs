//! A ticket says which rider logged in, until when, and is signed by the district's key: every bus of the district takes
//! it, without a link.

use crate::keyed::Key;
use crate::passes::Rider;
use subtle::ConstantTimeEq as _;

/// Rider, end in seconds since 1970, 16 octets of HMAC-SHA-256.
const OCTETS: usize = 8 + 8 + 16;

fn sign(key: &Key, body: &[u8]) -> [u8; 16] {
    key.short("ticket", &[body])
}

/// Makes a ticket.
pub fn issue(key: &Key, rider: Rider, until_s: u64) -> String {
    let body = [rider, until_s.to_be_bytes()].concat();
    crate::keyed::hex(&[&body[..], &sign(key, &body)].concat())
}

/// Whose ticket it is. `now_s` are seconds since 1970; `None` while the time is not known: a ticket has no end then.
pub fn check(key: &Key, ticket: &str, now_s: Option<u64>) -> Option<Rider> {
    let octets: [u8; OCTETS] = crate::keyed::from_hex(ticket)?;
    let (body, signature) = octets.split_at(16);
    if !bool::from(sign(key, body).ct_eq(signature)) {
        return None;
    }
    let until_s = u64::from_be_bytes(*body.last_chunk()?);
    now_s.is_none_or(|now_s| now_s < until_s).then_some(*body.first_chunk()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn only_a_whole_ticket_of_this_district_in_its_time_counts(at in 0_usize..64, digit in 0_u8..16) {
            let key = Key::new([1; 32]);
            let ticket = issue(&key, [7; 8], 1_000);
            prop_assert_eq!(ticket.len(), 64);
            prop_assert_eq!(check(&key, &ticket, Some(999)), Some([7; 8]));
            prop_assert_eq!(check(&key, &ticket, Some(1_000)), None);
            prop_assert_eq!(check(&key, &ticket, None), Some([7; 8]));
            prop_assert_eq!(check(&Key::new([2; 32]), &ticket, Some(0)), None);
            let mut other = ticket.clone();
            other.replace_range(at..=at, &format!("{digit:x}"));
            prop_assert_eq!(check(&key, &other, Some(0)).is_some(), other == ticket);
            prop_assert_eq!(check(&key, &ticket[..at], None), None);
        }
    }
}
