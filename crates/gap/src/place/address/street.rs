//! A street address in its parts, each in its standard form (USPS Publication 28).

use super::words;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The parts of a street address. `123 1/2 North Main Street East, Apt 4` has number 123, fraction `1/2`,
/// before `N`, name `MAIN`, suffix `ST`, after `E`, unit `4`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Street {
    /// The house number; `None` where there is none, as in a PO box.
    pub number: Option<u32>,
    /// What follows the number: a letter, a fraction, the second half of `12-34`.
    pub fraction: String,
    /// Directional before the name.
    pub before: &'static str,
    /// The name.
    pub name: String,
    /// The suffix.
    pub suffix: &'static str,
    /// Directional after the name.
    pub after: &'static str,
    /// Apartment, unit, lot; without its designator.
    pub unit: String,
}

impl Street {
    /// Reads house number and street. Anything is accepted; what is not there stays empty.
    pub fn parse(text: &str) -> Self {
        let mut words = words_of(text);
        let mut street = Self { unit: take_unit(&mut words), ..Self::default() };
        street.take_number(&mut words);
        street.take_name(words);
        street
    }

    /// Reads a street's name without house number.
    pub fn parse_name(text: &str) -> Self {
        let mut words = words_of(text);
        let mut street = Self { unit: take_unit(&mut words), ..Self::default() };
        street.take_name(words);
        street
    }

    /// Reads a house number with its letter or fraction into this street.
    pub fn with_number(mut self, text: &str) -> Self {
        self.take_number(&mut words_of(text));
        self
    }

    fn take_number(&mut self, words: &mut Vec<String>) {
        let Some(first) = words.first() else { return };
        let digits = first.len() - first.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        // `17TH ST` begins with a street's name, not with a number.
        if digits == 0 || matches!(&first[digits..], "ST" | "ND" | "RD" | "TH") {
            return;
        }
        let Ok(number) = first[..digits].parse() else { return };
        self.number = Some(number);
        self.fraction = first[digits..].trim_start_matches('-').to_owned();
        words.remove(0);
        if words.first().is_some_and(|word| matches!(word.as_str(), "1/2" | "1/3" | "2/3" | "1/4" | "3/4")) {
            self.fraction = words.remove(0);
        }
    }

    fn take_name(&mut self, mut words: Vec<String>) {
        // At least one word must stay for the name: `N ST` is the street called N.
        if words.len() > 1
            && let Some(after) = words.last().and_then(|word| words::directional(word))
        {
            self.after = after;
            words.pop();
        }
        if words.len() > 1
            && let Some(suffix) = words.last().and_then(|word| words::suffix(word))
        {
            self.suffix = suffix;
            words.pop();
        }
        if words.len() > 1
            && let Some(before) = words.first().and_then(|word| words::directional(word))
        {
            self.before = before;
            words.remove(0);
        }
        self.name = name(&words);
    }
}

/// Upper case, accents off, punctuation off; `-`, `/` and `#` stay, for house numbers and units.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '.' | '\'' | '’' | '`'))
        .flat_map(char::to_uppercase)
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '-' | '/' | '&') {
                c
            } else if c == '#' {
                '\u{1}'
            } else {
                ' '
            }
        })
        .collect();
    // `#4` and `# 4` are the word UNIT and the word 4.
    plain.replace('\u{1}', " UNIT ").split_whitespace().map(str::to_owned).collect()
}

/// Cuts off the unit: a designator with at least two words before it, and all that follows.
fn take_unit(words: &mut Vec<String>) -> String {
    let Some(place) = (2..words.len()).find(|&place| words::is_unit(&words[place])) else {
        return String::new();
    };
    let rest = words.split_off(place);
    let named: Vec<_> = rest.iter().filter(|word| !words::is_unit(word)).map(String::as_str).collect();
    named.join(" ")
}

fn name(words: &[String]) -> String {
    let mut parts: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words.iter().flat_map(|word| word.split('-')).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = rest.next() {
        let ones = rest.peek().and_then(|next| words::ordinal(next)).filter(|ones| *ones < 10);
        if let (Some(tens), Some(ones)) = (words::tens(word), ones) {
            rest.next();
            parts.push(numbered(tens + ones));
        } else if let Some(number) = words::ordinal(word) {
            parts.push(numbered(number));
        } else {
            parts.push(words::name_word(word).to_owned());
        }
    }
    parts.join(" ")
}

/// `1` as `1ST`.
fn numbered(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "TH",
        (1, _) => "ST",
        (2, _) => "ND",
        (3, _) => "RD",
        _ => "TH",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_publication_28() {
        let street = Street::parse("123 1/2 North Main Street East, Apt 4");
        assert_eq!((street.number, street.fraction.as_str()), (Some(123), "1/2"));
        assert_eq!(
            (street.before, street.name.as_str(), street.suffix, street.after),
            ("N", "MAIN", "ST", "E")
        );
        assert_eq!(street.unit, "4");
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        for (one, other) in [
            ("12 Peña Blvd.", "12 PENA BOULEVARD"),
            ("7 First Avenue", "7 1st Ave"),
            ("9 Twenty-First St NW", "9 21ST STREET NORTHWEST"),
            ("40 Saint Mary's Road", "40 ST MARYS RD"),
            ("5 O'Brien Ct #3", "5 OBRIEN COURT UNIT 3"),
            ("18A Elm Street", "18-A ELM ST"),
        ] {
            assert_eq!(Street::parse(one), Street::parse(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_name_is_never_empty() {
        assert_eq!(Street::parse("12 N St").name, "N");
        assert_eq!(Street::parse("12 Avenue").name, "AVENUE");
        assert_eq!(Street::parse("12 West").name, "WEST");
        assert_eq!(Street::parse("100 Park Avenue South").name, "PARK");
        assert_eq!(Street::parse("17th St").number, None);
        assert_eq!(Street::parse("PO Box 12").number, None);
        assert_eq!(Street::parse(""), Street::default());
    }

    #[test]
    fn a_number_too_long_is_none() {
        assert_eq!(Street::parse("99999999999999 Main St").number, None);
    }
}
