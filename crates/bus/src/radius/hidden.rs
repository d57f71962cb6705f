//! Values that only who knows the secret can read: User-Password (RFC 2865, section 5.2), CHAP-Password (section 5.3), and the salted
//! strings of RFC 2868, section 3.5, in which RFC 2548, section 2.4.2, sends keys.

use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

const BLOCK: usize = 16;
/// The longest hidden password.
const LONGEST_PASSWORD: usize = 128;

fn digest(parts: [&[u8]; 3]) -> [u8; BLOCK] {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part);
    }
    md5.finalize().into()
}

/// Turns blocks into what was hidden: each is xored with MD5(secret, the hidden block before it).
fn reveal(hidden: &[u8], first: [&[u8]; 2], secret: &[u8]) -> Vec<u8> {
    let mut pad = digest([secret, first[0], first[1]]);
    let mut clear = Vec::with_capacity(hidden.len());
    for block in hidden.chunks(BLOCK) {
        clear.extend(block.iter().zip(pad).map(|(octet, pad)| octet ^ pad));
        pad = digest([secret, block, &[]]);
    }
    clear
}

/// The other way round; `clear` is filled up with zeros.
fn hide(clear: &[u8], first: [&[u8]; 2], secret: &[u8]) -> Vec<u8> {
    let mut pad = digest([secret, first[0], first[1]]);
    let mut hidden = Vec::with_capacity(clear.len().next_multiple_of(BLOCK));
    for block in clear.chunks(BLOCK) {
        let from = hidden.len();
        hidden.extend(pad.iter().enumerate().map(|(n, pad)| pad ^ block.get(n).copied().unwrap_or(0)));
        pad = digest([secret, &hidden[from..], &[]]);
    }
    hidden
}

/// Reads a User-Password; `None` for octets that no password has.
pub fn password(hidden: &[u8], authenticator: &[u8; 16], secret: &[u8]) -> Option<Vec<u8>> {
    let fits = !hidden.is_empty() && hidden.len().is_multiple_of(BLOCK) && hidden.len() <= LONGEST_PASSWORD;
    let mut clear = reveal(fits.then_some(hidden)?, [authenticator, &[]], secret);
    let end = clear.iter().rposition(|octet| *octet != 0).map_or(0, |at| at + 1);
    clear.truncate(end);
    Some(clear)
}

/// Makes a User-Password; `None` when it is too long.
pub fn hidden_password(clear: &[u8], authenticator: &[u8; 16], secret: &[u8]) -> Option<Vec<u8>> {
    let clear = if clear.is_empty() { &[0] } else { clear };
    (clear.len() <= LONGEST_PASSWORD).then(|| hide(clear, [authenticator, &[]], secret))
}

/// Whether a CHAP-Password is MD5(identifier, password, challenge).
pub fn chap_is(value: &[u8], password: &[u8], challenge: &[u8]) -> bool {
    let Some((identifier, response)) = value.split_first_chunk::<1>() else { return false };
    digest([identifier, password, challenge]).ct_eq(response).into()
}

/// Reads a salted string: two octets of salt, then blocks that begin with a length.
pub fn salted(value: &[u8], authenticator: &[u8; 16], secret: &[u8]) -> Option<Vec<u8>> {
    let (salt, hidden) = value.split_at_checked(2)?;
    let fits = !hidden.is_empty() && hidden.len().is_multiple_of(BLOCK);
    let clear = reveal(fits.then_some(hidden)?, [authenticator, salt], secret);
    let length = usize::from(*clear.first()?);
    clear.get(1..=length).map(<[u8]>::to_vec)
}

/// Makes a salted string; the salt must be another one for each in a packet.
pub fn hidden_salted(
    clear: &[u8],
    salt: [u8; 2],
    authenticator: &[u8; 16],
    secret: &[u8],
) -> Option<Vec<u8>> {
    let length = u8::try_from(clear.len()).ok().filter(|length| *length < 240)?;
    let mut value = salt.to_vec();
    value.extend(hide(&[&[length], clear].concat(), [authenticator, &salt], secret));
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_hidden_is_read_again(
            clear in proptest::collection::vec(1_u8.., 0..129),
            authenticator in any::<[u8; 16]>(),
            secret in proptest::collection::vec(any::<u8>(), 1..40),
            salt in any::<[u8; 2]>(),
        ) {
            let hidden = hidden_password(&clear, &authenticator, &secret).expect("short enough");
            prop_assert!(hidden.len().is_multiple_of(16) && hidden.len() <= 128);
            prop_assert_eq!(password(&hidden, &authenticator, &secret), Some(clear.clone()));
            let hidden = hidden_salted(&clear, salt, &authenticator, &secret).expect("short enough");
            prop_assert_eq!(salted(&hidden, &authenticator, &secret), Some(clear));
        }

        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = password(&octets, &[7; 16], b"secret");
            let _ = salted(&octets, &[7; 16], b"secret");
            prop_assert!(!chap_is(&octets, b"a", &octets) || octets.len() == 17);
        }
    }

    #[test]
    fn a_password_of_129_octets_is_refused() {
        assert_eq!(hidden_password(&[1; 129], &[0; 16], b"x"), None);
        for length in [0, 15, 17, 144] {
            assert_eq!(password(&vec![1; length], &[0; 16], b"x"), None, "{length} octets");
        }
    }
}
