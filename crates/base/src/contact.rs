//! How a person is reached: numbers and addresses as they are stored.

/// The number as it is stored, `+12025550123`, when this is one of the North American plan.
pub fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || " ()-.+/".contains(c));
    let ten = match digits.len() {
        10 => digits.as_str(),
        11 => digits.strip_prefix('1')?,
        _ => return None,
    };
    // Neither an area nor an exchange begins with 0 or 1.
    let fits = |at: usize| ten.as_bytes()[at] >= b'2';
    (is_plain && fits(0) && fits(3)).then(|| format!("+1{ten}"))
}

/// The e-mail address as it is stored, when this is one.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let fits = text.len() <= 254 && text.contains('.') && text.is_ascii();
    text.parse::<lettre::Address>().ok().filter(|_| fits).map(|address| address.to_string())
}
