//! Names in messages, which may be compressed: RFC 1035 section 4.1.4.

/// The most octets of a name.
pub const MAX_NAME: usize = 255;

/// Reads the name at `at` and writes it uncompressed; its length and the place after it. Each pointer must lead
/// further to the beginning than all before it, so that a loop ends at once.
pub fn expand(message: &[u8], mut at: usize, into: &mut [u8; MAX_NAME]) -> Option<(usize, usize)> {
    let (mut length, mut after, mut lowest) = (0, None, at);
    loop {
        let octet = *message.get(at)?;
        match octet {
            0 => {
                *into.get_mut(length)? = 0;
                return Some((length + 1, after.unwrap_or(at + 1)));
            }
            1..=63 => {
                let label = message.get(at..at + usize::from(octet) + 1)?;
                // With one more octet for the root.
                into.get_mut(length..length + label.len())?.copy_from_slice(label);
                length += label.len();
                at += label.len();
            }
            0xC0.. => {
                after = after.or(Some(at + 2));
                let to = usize::from(octet & 0x3F) << 8 | usize::from(*message.get(at + 1)?);
                if to >= lowest {
                    return None;
                }
                (at, lowest) = (to, to);
            }
            _ => return None,
        }
    }
}

/// The place after the name at `at`; no pointer is followed.
#[inline]
pub fn skip(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += usize::from(length) + 1,
            0xC0.. => return Some(at + 2),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_back_or_nowhere() {
        let message = b"\x03com\0\x07example\xC0\0\x03www\xC0\x05\xC0\x16\xC0\x12";
        let mut name = [0; MAX_NAME];
        let mut at =
            |at| expand(message, at, &mut name).map(|(length, after)| (name[..length].to_vec(), after));
        assert_eq!(at(0), Some((b"\x03com\0".to_vec(), 5)));
        assert_eq!(at(15), Some((b"\x03www\x07example\x03com\0".to_vec(), 21)));
        // To itself, forwards, and off the end.
        assert_eq!((at(21), at(23), at(40)), (None, None, None));
        // Two pointers in a circle, and labels that a pointer leads into again and again.
        assert_eq!(expand(b"\xC0\x02\xC0\0", 2, &mut name), None);
        assert_eq!(expand(b"\x01a\xC0\0", 0, &mut name), None);
        assert_eq!(expand(b"\x41", 0, &mut name), None);
        let long: Vec<u8> = [1, b'a'].repeat(127).into_iter().chain([0]).collect();
        assert_eq!(expand(&long, 0, &mut name), Some((255, 255)));
        let longer: Vec<u8> = [1, b'a'].repeat(128).into_iter().chain([0]).collect();
        assert_eq!(expand(&longer, 0, &mut name), None);
        assert_eq!(skip(&longer, 0), Some(257));
    }
}
