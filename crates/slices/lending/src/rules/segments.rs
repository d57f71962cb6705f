//! How many parts a text message is sent and paid in.
//!
//! A part has 140 octets: 160 characters of 7 bits of the GSM alphabet, or 70 units of UTF-16 where one character is not in it. In a
//! message of several parts each has a head of 6 octets, which leaves 153 and 67. An escaped character takes two places, and neither it nor
//! a pair of UTF-16 units is divided between parts. (3GPP TS 23.038, sections 6.2.1 and 6.2.1.1; TS 23.040, section 9.2.3.24.1.)

/// The characters of one place, in the order of the standard. The one at 0x1B is the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those that take two places.
const ESCAPED: &str = "\u{c}^{}\\[~]|€";

/// How a message is written, and in how many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// Whether the GSM alphabet is enough.
    pub is_gsm: bool,
    /// Places: septets of the alphabet, or units of UTF-16.
    pub places: usize,
    /// Parts; none for an empty text.
    pub parts: usize,
}

/// The places that a character takes in the GSM alphabet; none where it is not in it.
fn septets(c: char) -> Option<usize> {
    match c {
        '\u{1b}' => None,
        c if BASIC.contains(c) => Some(1),
        c if ESCAPED.contains(c) => Some(2),
        _ => None,
    }
}

/// Counts the parts of a text.
pub fn segments(text: &str) -> Segments {
    let gsm: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (is_gsm, widths, (one, many)) = match gsm {
        Some(widths) => (true, widths, (160, 153)),
        None => (false, text.chars().map(char::len_utf16).collect(), (70, 67)),
    };
    let places = widths.iter().sum();
    let parts = match places {
        0 => 0,
        n if n <= one => 1,
        _ => {
            let (mut parts, mut filled) = (1, 0);
            for width in widths {
                if filled + width > many {
                    parts += 1;
                    filled = 0;
                }
                filled += width;
            }
            parts
        }
    };
    Segments { is_gsm, places, parts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> (bool, usize, usize) {
        let s = segments(text);
        (s.is_gsm, s.places, s.parts)
    }

    #[test]
    fn the_alphabet_has_128_places() {
        assert_eq!(BASIC.chars().count(), 128);
        assert_eq!(BASIC.chars().nth(0x24), Some('¤'));
        assert_eq!(BASIC.chars().nth(0x60), Some('¿'));
        assert_eq!(BASIC.chars().nth(0x7F), Some('à'));
        assert_eq!(ESCAPED.chars().count(), 10);
    }

    #[test]
    fn known_texts_have_known_parts() {
        assert_eq!(of(""), (true, 0, 0));
        assert_eq!(of(&"a".repeat(160)), (true, 160, 1));
        assert_eq!(of(&"a".repeat(161)), (true, 161, 2));
        assert_eq!(of(&"a".repeat(306)), (true, 306, 2));
        assert_eq!(of(&"a".repeat(307)), (true, 307, 3));
        // The euro sign takes two places, and is not divided: 152 and the escape do not fit.
        assert_eq!(of(&"€".repeat(80)), (true, 160, 1));
        assert_eq!(of(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), (true, 306, 3));
        // Spanish: ñ, é, ü and ¿ are in the alphabet, á, í, ó and ú are not.
        assert_eq!(of("¿Mañana? Café, pingüino"), (true, 23, 1));
        assert_eq!(of("Día"), (false, 3, 1));
        assert_eq!(of(&"á".repeat(70)), (false, 70, 1));
        assert_eq!(of(&"á".repeat(71)), (false, 71, 2));
        assert_eq!(of(&"á".repeat(135)), (false, 135, 3));
        // Outside of the first plane a character is a pair of units: 33 of them fit into 67.
        assert_eq!(of(&"😀".repeat(35)), (false, 70, 1));
        assert_eq!(of(&"😀".repeat(66)), (false, 132, 2));
        assert_eq!(of(&"😀".repeat(67)), (false, 134, 3));
    }

    proptest! {
        #[test]
        fn more_text_is_never_fewer_parts(text in "\\PC{0,400}", more in "\\PC{0,40}") {
            let (short, long) = (segments(&text), segments(&format!("{text}{more}")));
            prop_assert!(long.parts >= short.parts);
            let many = if short.is_gsm { 153 } else { 67 };
            prop_assert!(short.parts * (many - 1) <= short.places + many * 2);
        }
    }
}
