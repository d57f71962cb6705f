//! The bar code Code 128, as a row of bars and spaces. ISO/IEC 15417: a start sign, signs of six bars and spaces of 11 modules in all, a check
//! sign that is the sum of the signs' values, each times its place, modulo 103, and a stop sign.
//!
//! Set B has the printable characters of ASCII; where there are four digits or more in a row, set C takes two in one sign.

/// The widths of bars and spaces of each sign, by its value; the last one is the stop.
const SIGNS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];
const TO_C: u8 = 99;
const TO_B: u8 = 100;
const START_B: u8 = 104;
const START_C: u8 = 105;
const STOP: usize = 106;

/// The values of the signs of a text, with start and check, without the stop; none when a character has no sign.
pub fn values(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || !bytes.iter().all(|b| (b' '..=b'~').contains(b)) {
        return None;
    }
    let digits = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    // Digits in pairs: all of them at the very beginning or end when there are four, six in the middle.
    let is_worth = |at: usize, is_first: bool| {
        let run = digits(at);
        run >= 4 && (is_first || at + run == bytes.len() || run >= 6)
            || (is_first && run == 2 && bytes.len() == 2)
    };
    let mut is_c = is_worth(0, true);
    let mut all = vec![if is_c { START_C } else { START_B }];
    let mut at = 0;
    while at < bytes.len() {
        if is_c {
            if digits(at) >= 2 {
                all.push((bytes[at] - b'0') * 10 + (bytes[at + 1] - b'0'));
                at += 2;
                continue;
            }
            is_c = false;
            all.push(TO_B);
        } else if is_worth(at, false) && digits(at).is_multiple_of(2) {
            is_c = true;
            all.push(TO_C);
            continue;
        }
        all.push(bytes[at] - b' ');
        at += 1;
    }
    all.push(check(&all));
    Some(all)
}

/// The check sign of a start and signs.
fn check(values: &[u8]) -> u8 {
    let sum: u64 = values.iter().enumerate().map(|(at, value)| at.max(1) as u64 * u64::from(*value)).sum();
    (sum % 103) as u8
}

/// The bars of a text: where each begins and how wide it is, in modules; and how wide the whole is. None when a character has no sign, as in
/// [`values`].
pub fn bars(text: &str) -> Option<(Vec<(u32, u32)>, u32)> {
    let signs = values(text)?.into_iter().map(usize::from).chain([STOP]);
    let (mut bars, mut at) = (Vec::new(), 0);
    for sign in signs {
        for (n, width) in SIGNS[sign].bytes().map(|digit| u32::from(digit - b'0')).enumerate() {
            if n.is_multiple_of(2) {
                bars.push((at, width));
            }
            at += width;
        }
    }
    Some((bars, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_signs_are_those_of_the_standard_as_far_as_its_own_rules_tell() {
        let all: BTreeSet<&str> = SIGNS.into_iter().collect();
        assert_eq!(all.len(), 107, "none twice");
        for sign in &SIGNS[..STOP] {
            let widths: Vec<u32> = sign.bytes().map(|b| u32::from(b - b'0')).collect();
            assert_eq!(widths.iter().sum::<u32>(), 11, "{sign}");
            assert!(widths.iter().all(|w| (1..=4).contains(w)), "{sign}");
            // The bars of a sign are an even number of modules.
            assert!(widths.iter().step_by(2).sum::<u32>().is_multiple_of(2), "{sign}");
        }
    }

    /// The check sign of the text "PJJ123C" is 55 with the start of set B: 104 + 48 + 2·42 + 3·42 + 4·17 + 5·18 + 6·19 + 7·35 = 879, and
    /// 879 = 8·103 + 55.
    #[test]
    fn known_texts_have_known_signs() {
        assert_eq!(values("PJJ123C"), Some(vec![104, 48, 42, 42, 17, 18, 19, 35, 55]));
        assert_eq!(values("HS-1").map(|v| v[0]), Some(START_B));
        // Digits alone go in pairs: 105 + 1·12 + 2·34 = 185 = 103 + 82.
        assert_eq!(values("1234"), Some(vec![105, 12, 34, 82]));
        assert_eq!(values("A123456").map(|v| v[..6].to_vec()), Some(vec![104, 33, 99, 12, 34, 56]));
        assert_eq!(values("12345").map(|v| v[..5].to_vec()), Some(vec![105, 12, 34, 100, 21]));
        assert_eq!((values(""), values("Ñ1"), values("a\tb")), (None, None, None));
        let (bars, width) = bars("1234").expect("bars");
        assert_eq!((bars.len(), width), (4 * 3 + 4, 4 * 11 + 13));
        assert_eq!((bars[0], bars[1], bars[15]), ((0, 2), (3, 1), (55, 2)));
    }

    /// Reads the values back as a scanner does.
    fn read(values: &[u8]) -> Option<String> {
        let (check_sign, rest) = values.split_last()?;
        if *check_sign != check(rest) {
            return None;
        }
        let mut is_c = *rest.first()? == START_C;
        let mut text = String::new();
        for value in &rest[1..] {
            match (*value, is_c) {
                (TO_B, true) => is_c = false,
                (TO_C, false) => is_c = true,
                (pair, true) => text.push_str(&format!("{pair:02}")),
                (value, false) => text.push(char::from(value + b' ')),
            }
        }
        Some(text)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "[ -~]{1,40}|[0-9A-Z-]{1,30}|[0-9]{1,30}") {
            let values = values(&text).expect("printable");
            prop_assert_eq!(read(&values), Some(text.clone()));
            let (_, width) = bars(&text).expect("bars");
            prop_assert_eq!(width as usize, values.len() * 11 + 13);
        }
    }
}
