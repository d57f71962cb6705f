//! What numbers of an answer are taken for meant: the same for the form, for files of answers and for Ed-Fi's resources.

use crate::read::plain_number;

/// The most students in one home.
pub const MOST_STUDENTS: u32 = 20;
/// The fastest line that a home has, Mbps; more is a slip of the finger (kbit/s, or a missing point).
pub const MOST_MBPS: f64 = 10_000.0;

/// What is wanted of a speed.
pub(crate) const MBPS_WANTED: &str = "Mbps, a number from 0 to 10000";
/// What is wanted of the students in a home.
pub(super) const STUDENTS_WANTED: &str = "the students in the household, 1 to 20";

/// A speed as people write it, in Mbps: `12.5`, `12,5`, `1,000` or `100 Mbps`.
pub fn mbps(said: &str) -> Option<f64> {
    plain_number(said).parse().ok().filter(|speed| is_mbps(*speed))
}

/// Whether a speed is one that a home may have.
pub fn is_mbps(speed: f64) -> bool {
    (0.0..=MOST_MBPS).contains(&speed)
}

/// The students in a home, this one included.
pub fn students(said: &str) -> Option<u32> {
    plain_number(said).parse().ok().filter(|students| is_students(*students))
}

/// Whether a home may have so many students.
pub fn is_students(students: u32) -> bool {
    (1..=MOST_STUDENTS).contains(&students)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them_and_within_limits() {
        for (said, meant) in
            [("12,5", Some(12.5)), ("1,000", Some(1000.0)), ("100 Mbps", Some(100.0)), ("0", Some(0.0))]
        {
            assert_eq!(mbps(said), meant, "{said}");
        }
        for said in ["10001", "-1", "NaN", "inf", "fast", ""] {
            assert_eq!(mbps(said), None, "{said}");
        }
        assert_eq!(
            (students("1"), students("20"), students("0"), students("21")),
            (Some(1), Some(20), None, None)
        );
        assert!(MBPS_WANTED.ends_with(&MOST_MBPS.to_string()));
        assert!(STUDENTS_WANTED.ends_with(&MOST_STUDENTS.to_string()));
    }
}
