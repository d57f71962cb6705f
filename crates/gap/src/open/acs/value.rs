//! Numbers of ACS tables and the codes that stand in their place.
//! Source: Census Bureau, "Notes on ACS Estimate and Annotation Values" (api.census.gov).

/// What an estimate's text says. `None`: there is no estimate (empty, a code, or a note such as `-`).
/// `Some(Err(()))`: the text is neither a number nor a code.
pub fn estimate(text: &str) -> Option<Result<f64, ()>> {
    match number(text) {
        Some(Ok(value)) if value <= LOWEST_CODE => None,
        other => other,
    }
}

/// What a margin's text says, as [`estimate`]; a controlled estimate has no sampling error, so its margin is 0.
pub fn margin(text: &str) -> Option<Result<f64, ()>> {
    if text.trim() == "*****" {
        return Some(Ok(0.0));
    }
    match number(text) {
        Some(Ok(value)) if value == CONTROLLED => Some(Ok(0.0)),
        Some(Ok(value)) if value <= LOWEST_CODE => None,
        Some(Ok(value)) if value < 0.0 => Some(Err(())),
        other => other,
    }
}

/// The estimate is controlled to a published total.
const CONTROLLED: f64 = -555_555_555.0;
/// All codes are at or below this: -222222222 (margin not computable), -333333333 (median in an open
/// interval), -555555555, -666666666 (estimate not computable), -888888888 (not applicable), -999999999 (too few).
const LOWEST_CODE: f64 = -222_222_222.0;

fn number(text: &str) -> Option<Result<f64, ()>> {
    match text.trim() {
        "" | "-" | "--" | "N" | "NA" | "NaN" | "null" | "(X)" | "**" | "***" | "*****" => None,
        // Thousands are set off in the display tables of data.census.gov, margins begin with a sign there.
        number => Some(
            number
                .trim_start_matches('±')
                .replace(',', "")
                .parse()
                .ok()
                .filter(|n: &f64| n.is_finite())
                .ok_or(()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_no_numbers() {
        for code in
            ["-666666666", "-999999999", "-888888888", "-222222222", "-333333333", "-666666666.0", "null", ""]
        {
            assert_eq!(estimate(code), None, "{code}");
            assert_eq!(margin(code), None, "{code}");
        }
        assert_eq!(margin("-555555555"), Some(Ok(0.0)));
        assert_eq!(margin("*****"), Some(Ok(0.0)));
        assert_eq!(estimate("-555555555"), None);
        assert_eq!(estimate("1,234"), Some(Ok(1234.0)));
        assert_eq!(margin("±12"), Some(Ok(12.0)));
        assert_eq!(margin("-3"), Some(Err(())));
        assert_eq!(estimate("twelve"), Some(Err(())));
        assert_eq!(estimate("inf"), Some(Err(())));
    }
}
