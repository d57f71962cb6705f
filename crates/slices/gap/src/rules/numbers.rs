//! Numbers as people read them. English and Spanish of the United States write them alike.

use evenfield_gap::publish::Published;

/// A count with commas: `12,012`.
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        text.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many students a share stands for, rounded to tens so that it claims no more than an estimate can;
/// `None` where the rule allows no count beside the share.
pub fn about(number: &Published) -> Option<i64> {
    number.lacking().map(|n| (f64::from(n) / 10.0).round() as i64 * 10).filter(|n| *n > 0)
}

/// The ends of the 90% interval with as many decimals as the share itself has.
pub fn ends(number: &Published) -> (String, String) {
    let decimals = usize::from(number.text().contains('.'));
    let points = |share: f64| format!("{:.decimals$}%", share * 100.0);
    (points(number.low90()), points(number.high90()))
}

/// A share in whole percent: `19%`.
pub fn percent(share: f64) -> String {
    format!("{}%", (share * 100.0 + 1e-9).round())
}

/// A position along an axis from 0 to `max`, as an SVG length in percent of its width.
pub fn along(share: f64, max: f64) -> String {
    format!("{:.2}%", (share / max).clamp(0.0, 1.0) * 100.0)
}

/// The end of an axis that holds all these shares: 10%, 20%, 40%, 60%, 80% or 100%.
pub fn axis_end(shares: impl Iterator<Item = f64>) -> f64 {
    let most = shares.fold(0.0, f64::max);
    [0.1, 0.2, 0.4, 0.6, 0.8].into_iter().find(|end| most <= *end).unwrap_or(1.0)
}

/// A text for a cell of a CSV file: what a spreadsheet would run as a formula is defused by an apostrophe.
pub fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
