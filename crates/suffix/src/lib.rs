//! Public suffixes: names below which different people register names of their own (`com`, `co.uk`, `github.io`). What is said of all below such a
//! name is said of thousands of sites that have nothing to do with each other.
//!
//! A crate of its own, because the list is thousands of functions that are compiled anew wherever they are called.

use psl::Psl;

/// Whether a name, as text without a dot at its end and in ASCII, is a public suffix: by the Public Suffix List (publicsuffix.org) as it was when the
/// program was built, or for having one label alone.
pub fn is_public_suffix(name: &str) -> bool {
    if !name.contains('.') {
        return true;
    }
    let text = name.to_ascii_lowercase();
    psl::List
        .suffix(text.as_bytes())
        .is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_told_from_the_names_below_them() {
        for name in ["com", "CO.UK", "github.io", "k12.va.us", "xn--p1ai", "xn--55qx5d.cn", "intranet", ""] {
            assert!(is_public_suffix(name), "{name}");
        }
        for name in ["example.com", "example.co.uk", "www.github.io", "intranet.example", "pages.github.com"]
        {
            assert!(!is_public_suffix(name), "{name}");
        }
    }
}
