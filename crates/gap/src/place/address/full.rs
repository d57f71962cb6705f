//! A whole address in one text: street, city, state and ZIP.

use super::street::words_of;
use crate::roster::Address;

/// Splits `1419 CONCORD DR, BILLINGS, MT 59101, USA`. Where no comma parts the city from the street, `city`, if
/// known, is taken off the end.
pub fn split(text: &str, city: &str) -> Address {
    let mut parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.retain(|part| !matches!(part.to_ascii_uppercase().as_str(), "USA" | "US" | "UNITED STATES"));
    let mut address = Address { city: city.trim().to_owned(), ..Address::default() };
    if parts.is_empty() {
        return address;
    }
    let street = parts.remove(0);
    let mut rest: Vec<&str> = parts.iter().flat_map(|part| part.split_whitespace()).collect();
    if let Some(zip) = rest.last().copied().and_then(zip) {
        address.zip = zip;
        rest.pop();
    }
    if let Some(state) =
        rest.last().filter(|word| word.len() == 2 && word.bytes().all(|b| b.is_ascii_alphabetic()))
    {
        address.state = state.to_ascii_uppercase();
        rest.pop();
    }
    if !rest.is_empty() {
        address.city = rest.join(" ");
    }
    address.street = without_city(street, &address.city);
    address
}

/// The five digits of a ZIP or ZIP+4 code. Four digits are a code of New England or New Jersey whose zero a
/// spreadsheet dropped.
pub(super) fn zip(text: &str) -> Option<String> {
    let text = text.trim();
    let first = text.split('-').next().unwrap_or_default();
    let first = first.strip_suffix(".0").unwrap_or(first);
    if first.is_empty() || !first.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match first.len() {
        4 | 5 => Some(format!("{first:0>5}")),
        9 => Some(first[..5].to_owned()),
        _ => None,
    }
}

fn without_city(street: &str, city: &str) -> String {
    let (words, city) = (words_of(street), words_of(city));
    // House number and one word of a name must be left.
    if !city.is_empty() && words.len() >= city.len() + 2 && words.ends_with(&city) {
        words[..words.len() - city.len()].join(" ")
    } else {
        street.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_to_write_a_line() {
        let one = split("1 ELM DR,BILLINGS,MT 59101,USA", "");
        assert_eq!(
            (one.street.as_str(), one.city.as_str(), one.zip.as_str()),
            ("1 ELM DR", "BILLINGS", "59101")
        );
        let two = split("12 Oak Dr Jackson, MS 39213", "jackson");
        assert_eq!((two.street.as_str(), two.state.as_str(), two.zip.as_str()), ("12 OAK DR", "MS", "39213"));
        let three = split("2 FIR ST, BOSTON, MA, 02111-1002, USA", "");
        assert_eq!(
            (three.city.as_str(), three.state.as_str(), three.zip.as_str()),
            ("BOSTON", "MA", "02111")
        );
        assert_eq!(split("", "x").street, "");
    }

    #[test]
    fn zips_that_spreadsheets_changed() {
        assert_eq!(zip("2111"), Some("02111".to_owned()));
        assert_eq!(zip("59101.0"), Some("59101".to_owned()));
        assert_eq!(zip("MT"), None);
    }
}
