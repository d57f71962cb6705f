//! Numbers that stand on devices and cards, as people and spreadsheets write them.

/// Why a number is not one of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A spreadsheet has rounded it: `8.91E+18`, or zeros in place of its last digits.
    Rounded,
    /// It has other characters than digits, or not so many digits.
    Digits,
    /// Its last digit does not follow from the others.
    Check,
}

/// The check digit of ISO/IEC 7812-1, annex B (Luhn): whether the sum over the digits from the last, each second one doubled and its
/// own digits summed, is a multiple of ten.
pub fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match at % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Without the signs by which people part digits: spaces, hyphens, points.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.')).collect()
}

/// A number in a spreadsheet's scientific notation: `8.91E+18`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.trim().split_once(['E', 'e']) else { return false };
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_number(mantissa) && is_number(exponent.strip_prefix('+').unwrap_or(exponent))
}

/// The ICCID of a card: 19 or 20 digits that begin with 89 (telecommunication) and end with a check digit; some print a filling F
/// behind it. Source: ITU-T E.118 (2006), 4.1; GSMA SGP.22 for the length of 20.
///
/// # Errors
/// Why it is none. A spreadsheet keeps 15 digits and writes zeros for the rest: such a number is [`Wrong::Rounded`] from a file
/// (`of_file`), although one card in ten thousand ends so; the form takes it.
pub fn iccid(text: &str, of_file: bool) -> Result<String, Wrong> {
    if is_scientific(text) {
        return Err(Wrong::Rounded);
    }
    let bare = bare(text);
    let digits = bare.strip_suffix(['F', 'f']).unwrap_or(&bare);
    if !(19..=20).contains(&digits.len())
        || !digits.bytes().all(|b| b.is_ascii_digit())
        || !digits.starts_with("89")
    {
        return Err(Wrong::Digits);
    }
    if of_file && digits[15..].bytes().all(|b| b == b'0') {
        return Err(Wrong::Rounded);
    }
    if passes_luhn(digits) { Ok(digits.to_owned()) } else { Err(Wrong::Check) }
}

/// The IMEI of a device: 15 digits, the last a check digit. Source: 3GPP TS 23.003, 6.2.1 and annex B.
///
/// # Errors
/// Why it is none.
pub fn imei(text: &str) -> Result<String, Wrong> {
    if is_scientific(text) {
        return Err(Wrong::Rounded);
    }
    let digits = bare(text);
    if digits.len() != 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::Digits);
    }
    if passes_luhn(&digits) { Ok(digits) } else { Err(Wrong::Check) }
}

/// The number of a line in the North American plan: 10 digits, perhaps with a 1 in front.
///
/// # Errors
/// Why it is none.
pub fn line_number(text: &str) -> Result<String, Wrong> {
    if is_scientific(text) {
        return Err(Wrong::Rounded);
    }
    let bare: String = bare(text).chars().filter(|c| !matches!(c, '(' | ')' | '+')).collect();
    let digits = match bare.len() {
        11 => bare.strip_prefix('1').unwrap_or(&bare),
        _ => &bare,
    };
    let is_sound = digits.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit());
    // Area and exchange codes begin with 2 to 9.
    if is_sound && !digits.starts_with(['0', '1']) { Ok(digits.to_owned()) } else { Err(Wrong::Digits) }
}

/// What is scanned or stamped on: a barcode or a serial, in capital letters and without spaces, as scanners give it.
///
/// # Errors
/// [`Wrong::Rounded`], or [`Wrong::Digits`] when it is empty, longer than 64 characters or has characters that no label shows.
pub fn code(text: &str) -> Result<String, Wrong> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    // `12E5` may be a serial; a point or a plus in it is a spreadsheet's.
    if is_scientific(&bare) && bare.contains(['+', '.']) {
        return Err(Wrong::Rounded);
    }
    let is_shown = |c: char| !c.is_control() && !matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{FEFF}');
    if bare.is_empty() || bare.chars().count() > 64 || !bare.chars().all(is_shown) {
        return Err(Wrong::Digits);
    }
    Ok(bare)
}

/// An amount of dollars as cents: `$1,089.99` is 108,999. No more than ten million dollars.
pub fn cents(text: &str) -> Option<i64> {
    let plain = crate::read::plain_number(text.trim().trim_start_matches('$'));
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 8 || part.len() > 2 || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let cents: i64 = format!("{part:0<2}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 100 + cents).filter(|sum| *sum <= 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_numbers_are_read() {
        // The example of ISO/IEC 7812-1 and that of 3GPP's and GSMA's documents.
        assert!(passes_luhn("79927398713") && !passes_luhn("79927398710") && !passes_luhn(""));
        assert_eq!(imei("49-015420-323751-8").as_deref(), Ok("490154203237518"));
        assert_eq!(imei("490154203237519"), Err(Wrong::Check));
        assert_eq!(imei("4.90154E+14"), Err(Wrong::Rounded));
        assert_eq!(imei("90154203237518"), Err(Wrong::Digits));
        assert_eq!(iccid("8991 1012 0000 3204 514", true).as_deref(), Ok("8991101200003204514"));
        assert_eq!(iccid("8991101200003204514F", true).as_deref(), Ok("8991101200003204514"));
        assert_eq!(iccid("8991101200003204519", true), Err(Wrong::Check));
        assert_eq!(iccid("8.91E+18", true), Err(Wrong::Rounded));
        assert_eq!(iccid("8991101200003200000", true), Err(Wrong::Rounded));
        assert_eq!(iccid("89911012000032045", true), Err(Wrong::Digits));
        assert_eq!(iccid("7991101200003204510", true), Err(Wrong::Digits));
        assert_eq!(line_number("+1 (757) 555-0142").as_deref(), Ok("7575550142"));
        assert_eq!(line_number("5550142"), Err(Wrong::Digits));
        assert_eq!(code(" 5cd 12x ").as_deref(), Ok("5CD12X"));
        assert_eq!(code("12E5").as_deref(), Ok("12E5"));
        assert_eq!(code("1.2E+11"), Err(Wrong::Rounded));
        for (text, sum) in
            [("$1,089.99", Some(108_999)), ("90", Some(9000)), ("89.9", Some(8990)), ("-1", None)]
        {
            assert_eq!(cents(text), sum, "{text}");
        }
        assert_eq!((cents("free"), cents("1.234"), cents("")), (None, None, None));
    }

    #[test]
    fn a_card_that_ends_in_zeros_is_taken_by_hand_alone() {
        let card: String = (0..1000)
            .map(|n| format!("89{n:013}0000"))
            .find(|card| passes_luhn(card))
            .expect("one in ten ends so");
        assert_eq!(iccid(&card, true), Err(Wrong::Rounded));
        assert_eq!(iccid(&card, false), Ok(card));
    }

    proptest! {
        /// One wrong digit is always found, and so is nearly every swap of neighbours (not 09 for 90).
        #[test]
        fn a_wrong_digit_is_found(body in "[0-9]{16}", at in 0usize..17, other in 1u8..10) {
            let last = (0..10).find(|d| passes_luhn(&format!("89{body}{d}"))).expect("one of ten");
            let right = format!("89{body}{last}");
            prop_assert!(iccid(&right, false).is_ok());
            let mut wrong = right.into_bytes();
            let place = at + 2;
            wrong[place] = b'0' + (wrong[place] - b'0' + other) % 10;
            let wrong = String::from_utf8(wrong).expect("digits");
            prop_assert_eq!(iccid(&wrong, false), Err(Wrong::Check));
        }

        #[test]
        fn no_text_panics_and_what_is_read_is_read_again(text in ".{0,40}") {
            for read in [iccid(&text, false), imei(&text), line_number(&text), code(&text)].into_iter().flatten() {
                prop_assert!(!read.is_empty() && read.chars().count() <= 64);
            }
            if let Ok(code_read) = code(&text) {
                prop_assert_eq!(code(&code_read), Ok(code_read));
            }
            let _ = cents(&text);
        }
    }
}
