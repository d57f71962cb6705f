//! Whether two addresses are of one home.

use super::Street;

/// The one form of a street with house number and a ZIP code (the first five digits): two texts of one home have the same. `None` where
/// the text names no house: `General Delivery` is where many live who do not live together.
pub fn home_key(street: &str, zip: &str) -> Option<String> {
    let parts = Street::parse(street);
    let zip: String = zip.chars().filter(char::is_ascii_digit).take(5).collect();
    // A box has its number in the name.
    let has_number = parts.number.is_some() || parts.name.chars().any(|c| c.is_ascii_digit());
    if zip.len() < 5 || parts.name.is_empty() || !has_number {
        return None;
    }
    let number = parts.number.map(|number| number.to_string()).unwrap_or_default();
    let all =
        [&number, &parts.fraction, parts.before, &parts.name, parts.suffix, parts.after, &parts.unit, &zip];
    Some(all.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_home_has_one_key_however_it_is_written() {
        let key = |street| home_key(street, "23301");
        assert_eq!(key("12 North Elm Street, Apt 4"), key("12 n. elm st #4"));
        assert_eq!(home_key("12 Elm St", "23301-1234"), key("12 Elm St"));
        for other in [
            "12 N Elm St",
            "13 N Elm St Apt 4",
            "12 N Elm St Apt 5",
            "12 N Elm Ave Apt 4",
            "12 1/2 N Elm St Apt 4",
        ] {
            assert_ne!(key("12 N Elm St Apt 4"), key(other), "{other}");
        }
        assert_ne!(key("12 Elm St"), home_key("12 Elm St", "23302"));
        assert!(key("PO Box 12").is_some() && key("PO Box 12") != key("PO Box 13"));
        for none in ["", "General Delivery", "unknown", "Elm St"] {
            assert_eq!(key(none), None, "{none}");
        }
        assert_eq!(home_key("12 Elm St", ""), None);
    }
}
