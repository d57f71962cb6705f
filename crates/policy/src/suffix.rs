//! Names and what is below them.

use crate::name::Name;

/// Whether the name is one below which different people register names of their own.
pub fn is_public_suffix(name: &Name<'_>) -> bool {
    evenfield_suffix::is_public_suffix(&name.to_string())
}

/// Whether one name is the other or below it.
pub(crate) fn is_at_or_below(name: &Name<'_>, other: &Name<'_>) -> bool {
    name.labels() >= other.labels() && name.suffix(other.labels()).eq_ignore_ascii_case(other.wire())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NameBuf;

    #[test]
    fn a_name_is_told_from_one_that_only_ends_alike() {
        let name = |text: &str| NameBuf::from_text(text).expect(text);
        assert!(
            is_public_suffix(&name("公司.cn").as_name()) && !is_public_suffix(&name("a.co.uk").as_name())
        );
        for (one, other, is) in [
            ("a.co.uk", "co.uk", true),
            ("A.CO.UK", "co.uk", true),
            ("co.uk", "co.uk", true),
            ("uk", "co.uk", false),
            ("xco.uk", "co.uk", false),
        ] {
            assert_eq!(is_at_or_below(&name(one).as_name(), &name(other).as_name()), is, "{one} {other}");
        }
    }
}
