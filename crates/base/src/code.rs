//! The access code on the letter: nine letters and digits, the last a check.
//!
//! Eight of the 31 signs below give 8.5 × 10^11 codes: with 100,000 of them given out and one try a
//! second it takes three months to hit one. The check sign is Luhn's idea on a prime base: a weighted
//! sum modulo 31 finds every single wrong sign and every swap of two signs.

use rand::{Rng, RngExt};

/// No 0, 1, I, L, O: they look like each other on paper.
const SIGNS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Signs in a code, the check included.
const LENGTH: usize = 9;

/// The weighted sum of signs, modulo 31; of a whole right code it is zero.
fn sum(signs: &[u8]) -> Option<usize> {
    signs.iter().enumerate().try_fold(0, |sum, (at, sign)| {
        let value = SIGNS.iter().position(|s| s == sign)?;
        Some((sum + (at + 1) * value) % SIGNS.len())
    })
}

/// A new code from this generator.
pub fn new(random: &mut impl Rng) -> String {
    let mut code: Vec<u8> = (1..LENGTH).map(|_| SIGNS[random.random_range(0..SIGNS.len())]).collect();
    code.push(SIGNS[0]);
    // One of the 31 signs makes the sum zero, since 9 has an inverse modulo the prime 31.
    for sign in SIGNS {
        code[LENGTH - 1] = *sign;
        if sum(&code) == Some(0) {
            break;
        }
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// Reads a code as a person types it: any case, with spaces and hyphens or without. `None` when the
/// check says that it was mistyped.
pub fn read(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '.'))
        .take(LENGTH + 1)
        .flat_map(char::to_uppercase)
        .collect();
    (code.len() == LENGTH && sum(code.as_bytes()) == Some(0)).then_some(code)
}

/// The code in three groups, as it is printed: `K7M-4QX-9TD`.
pub fn grouped(code: &str) -> String {
    let signs: Vec<char> = code.chars().collect();
    signs.chunks(3).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn codes_read_back_as_people_type_them() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        for _ in 0..1000 {
            let code = new(&mut random);
            assert_eq!(read(&code).as_deref(), Some(code.as_str()));
            assert_eq!(read(&format!(" {} ", grouped(&code).to_lowercase())), Some(code));
        }
        assert_eq!(read(""), None);
        assert_eq!(read("¿QUÉ PASA?"), None);
    }

    #[test]
    fn every_single_mistake_and_every_swap_is_found() {
        let code = new(&mut rand::rngs::StdRng::seed_from_u64(8));
        let signs = code.as_bytes();
        for at in 0..LENGTH {
            for sign in SIGNS {
                let mut wrong = signs.to_vec();
                wrong[at] = *sign;
                let text = String::from_utf8(wrong).expect("signs");
                assert_eq!(read(&text).is_some(), text == code, "{text}");
            }
            for other in 0..LENGTH {
                let mut wrong = signs.to_vec();
                wrong.swap(at, other);
                let text = String::from_utf8(wrong).expect("signs");
                assert_eq!(read(&text).is_some(), text == code, "{text}");
            }
        }
    }
}
