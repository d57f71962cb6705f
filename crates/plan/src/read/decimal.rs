//! Decimal numbers to integers, exactly.

/// Why a text is no number that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotWanted;

/// A number that is not negative, times 10 to the power of `places`, and whether it had to be rounded (half up). Digits, a point and an
/// exponent, as `12`, `0.125` or `1.25e-1`; no sign but of the exponent, no thousands' separators, no NaN.
pub(crate) fn scaled(text: &str, places: i32) -> Result<(u64, bool), NotWanted> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(NotWanted);
            }
            (mantissa, exponent.trim_start_matches('+').parse::<i32>().map_err(|_| NotWanted)?)
        }
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() {
        return Err(NotWanted);
    }
    // The digit at `at` counts 10^(places - at), where 0 is that of the ones.
    let first = 1 - whole.len() as i32;
    let (mut value, mut rounded, mut half) = (0u64, false, false);
    for (n, digit) in whole.bytes().chain(part.bytes()).enumerate() {
        if !digit.is_ascii_digit() {
            return Err(NotWanted);
        }
        let power = exponent + places - (first + n as i32);
        if power >= 0 {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(u64::from(digit - b'0')))
                .ok_or(NotWanted)?;
        } else {
            half |= power == -1 && digit >= b'5';
            rounded |= digit != b'0';
        }
    }
    let last = first + (whole.len() + part.len()) as i32 - 1;
    for _ in 0..(exponent + places - last).max(0) {
        if value == 0 {
            break;
        }
        value = value.checked_mul(10).ok_or(NotWanted)?;
    }
    Ok((value + u64::from(half), rounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, value, rounded) in [
            ("0", 0, false),
            ("1", 1_000_000, false),
            ("0.1", 100_000, false),
            (".5", 500_000, false),
            ("7.", 7_000_000, false),
            ("0.0000005", 1, true),
            ("0.0000004999", 0, true),
            ("1.2345678", 1_234_568, true),
            ("1.25e-1", 125_000, false),
            ("1E3", 1_000_000_000, false),
            ("12e-8", 0, true),
            ("0.000000500e1", 5, false),
            ("0e9999", 0, false),
        ] {
            assert_eq!(scaled(text, 6), Ok((value, rounded)), "{text}");
        }
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "NaN",
            "inf",
            "1,000",
            "1e",
            "1e+",
            "0x1",
            "1.2.3",
            "1e99",
            "99999999999999999999",
            "½",
        ] {
            assert_eq!(scaled(text, 6), Err(NotWanted), "{text}");
        }
    }
}
