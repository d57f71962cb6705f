//! A signature as a page draws it: strokes of whole numbers on a field of 600 by 200.
//!
//! The text is the path of an SVG with two commands, `M x y` and `L x y`. It comes from outside and is shown to others, so it is read into
//! numbers and written anew; nothing else gets through.

/// How wide the field is.
pub const WIDTH: u32 = 600;
/// How high it is.
pub const HEIGHT: u32 = 200;
/// The longest text, bytes: some 1,500 points.
pub const BYTES: usize = 16 * 1024;
/// A drawing that is neither wider nor higher than this is a dot, not a signature.
const LEAST: u32 = 20;

/// Why a text is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It has more bytes than [`BYTES`].
    Long,
    /// It has something else than the two commands with whole numbers, or a point outside of the field.
    Form,
    /// It is a dot, or nothing.
    Small,
}

/// Strokes, each of its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strokes(Vec<Vec<(u32, u32)>>);

impl Strokes {
    /// Reads a path.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        if text.len() > BYTES {
            return Err(Wrong::Long);
        }
        let mut strokes: Vec<Vec<(u32, u32)>> = Vec::new();
        let mut rest = text.trim_ascii();
        while !rest.is_empty() {
            let (command, after) = rest.split_at_checked(1).ok_or(Wrong::Form)?;
            let (x, after) = number(after, WIDTH)?;
            let (y, after) = number(after, HEIGHT)?;
            match (command, strokes.last_mut()) {
                ("M", _) => strokes.push(vec![(x, y)]),
                ("L", Some(stroke)) => stroke.push((x, y)),
                _ => return Err(Wrong::Form),
            }
            rest = after.trim_ascii_start();
        }
        let points = || strokes.iter().flatten();
        let extent = |of: fn(&(u32, u32)) -> u32| {
            points().map(of).max().unwrap_or_default() - points().map(of).min().unwrap_or_default()
        };
        match extent(|p| p.0).max(extent(|p| p.1)) {
            n if n < LEAST => Err(Wrong::Small),
            _ => Ok(Self(strokes)),
        }
    }

    /// The path, written anew. What was read of it is the same again.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for stroke in &self.0 {
            for (at, (x, y)) in stroke.iter().enumerate() {
                path.push_str(&format!("{}{x} {y}", if at == 0 { 'M' } else { 'L' }));
            }
        }
        path
    }
}

/// The number at the beginning, at most this, and what follows it.
fn number(text: &str, most: u32) -> Result<(u32, &str), Wrong> {
    let text = text.trim_ascii_start();
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(end);
    let value = digits.parse::<u32>().ok().filter(|n| *n <= most && digits.len() <= 3);
    Ok((value.ok_or(Wrong::Form)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signature_is_read_and_written_anew() {
        let path = |text: &str| Strokes::parse(text).map(|strokes| strokes.path());
        assert_eq!(path(" M 0 0 L 600 200\nM10 20L30 40 ").as_deref(), Ok("M0 0L600 200M10 20L30 40"));
        for (text, wrong) in [
            ("", Wrong::Small),
            ("M5 5L10 10", Wrong::Small),
            ("L5 5L100 100", Wrong::Form),
            ("M5 5L601 10", Wrong::Form),
            ("M5 5L-1 10", Wrong::Form),
            ("M5 5L1.5 10", Wrong::Form),
            ("M5 5L100 100z", Wrong::Form),
            ("M5 5L100 100\"/><script>", Wrong::Form),
            ("M5 5L0100 10", Wrong::Form),
            ("ñ", Wrong::Form),
        ] {
            assert_eq!(Strokes::parse(text), Err(wrong), "{text}");
        }
        assert_eq!(Strokes::parse(&"M1 1".repeat(5_000)), Err(Wrong::Long));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_read_again(text in "([ML] ?[0-9]{1,3} [0-9]{1,3} ?){0,40}|\\PC{0,60}") {
            if let Ok(strokes) = Strokes::parse(&text) {
                let path = strokes.path();
                prop_assert!(path.bytes().all(|b| b.is_ascii_digit() || b"ML ".contains(&b)));
                prop_assert_eq!(Strokes::parse(&path), Ok(strokes));
            }
        }
    }
}
