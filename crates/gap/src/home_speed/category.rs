//! A result in plain categories.
//!
//! Sources: 25 Mbps down and 12 Mbps up for each student, CoSN, Student Home Connectivity Study, 2021; 100 Mbps down and 20 Mbps up,
//! FCC 24-27, March 2024.

use crate::measure::limits;
use evenfield_model::Measure;

/// What a home's speeds are enough for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// For all of its students at once, and above what the FCC calls broadband.
    Broadband,
    /// For all of its students at once.
    All,
    /// For so many of them at once: at least one, not all.
    Some(u32),
    /// Not for one.
    None,
}

/// A result in plain categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// What it is enough for.
    pub enough: Enough,
    /// Whether the download is what keeps it from being enough for more.
    pub download_limits: bool,
    /// Whether the upload is.
    pub upload_limits: bool,
}

/// The category of a home with so many students (at least 1) and these speeds, Mbps; `None` when a speed is no finite number of 0 or more.
pub fn category(download_mbps: f64, upload_mbps: f64, students: u32) -> Option<Category> {
    let sane = |mbps: f64| mbps.is_finite() && mbps >= 0.0;
    if !sane(download_mbps) || !sane(upload_mbps) {
        return None;
    }
    let students = students.max(1);
    let one = limits(Measure::M5Below25x12PerStudent, 1)?;
    // A cast of a number above all u32 is the largest u32.
    let served = ((download_mbps / one.0) as u32, (upload_mbps / one.1) as u32);
    let both = served.0.min(served.1);
    if both < students {
        let enough = if both == 0 { Enough::None } else { Enough::Some(both) };
        let (download_limits, upload_limits) = (served.0 == both, served.1 == both);
        return Some(Category { enough, download_limits, upload_limits });
    }
    let broadband = limits(Measure::M4Below100x20, students)?;
    let (download_limits, upload_limits) = (download_mbps < broadband.0, upload_mbps < broadband.1);
    let enough = if download_limits || upload_limits { Enough::All } else { Enough::Broadband };
    Some(Category { enough, download_limits, upload_limits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn limits_are_met_when_they_are_reached() {
        let of = |down, up, students| {
            let found = category(down, up, students).expect("speeds");
            (found.enough, found.download_limits, found.upload_limits)
        };
        assert_eq!(of(100.0, 20.0, 1), (Enough::Broadband, false, false));
        assert_eq!(of(99.9, 20.0, 1), (Enough::All, true, false));
        assert_eq!(of(25.0, 12.0, 1), (Enough::All, true, true));
        assert_eq!(of(24.9, 50.0, 1), (Enough::None, true, false));
        assert_eq!(of(300.0, 11.9, 1), (Enough::None, false, true));
        // Three students: 75 down and 36 up.
        assert_eq!(of(100.0, 20.0, 3), (Enough::Some(1), false, true));
        assert_eq!(of(60.0, 24.0, 3), (Enough::Some(2), true, true));
        assert_eq!(of(75.0, 36.0, 3), (Enough::All, true, false));
        assert_eq!(of(0.0, 0.0, 0), (Enough::None, true, true));
        assert_eq!((category(f64::NAN, 1.0, 1), category(1.0, -1.0, 1)), (None, None));
    }

    proptest! {
        #[test]
        fn categories_agree_with_the_measure_and_name_what_limits(down in 0.0..2_000.0f64, up in 0.0..500.0f64, students in 1u32..20) {
            let found = category(down, up, students).expect("speeds");
            let (low_down, low_up) = limits(Measure::M5Below25x12PerStudent, students).expect("of speeds");
            let below = down < low_down || up < low_up;
            prop_assert_eq!(matches!(found.enough, Enough::Some(_) | Enough::None), below);
            prop_assert_eq!(found.download_limits || found.upload_limits, found.enough != Enough::Broadband);
            // A faster home is never enough for fewer.
            let rank = |enough| match enough {
                Enough::None => 0,
                Enough::Some(students) => students,
                Enough::All => 1_000,
                Enough::Broadband => 1_001,
            };
            let faster = category(down * 1.1, up * 1.1, students).expect("speeds");
            prop_assert!(rank(faster.enough) >= rank(found.enough));
        }
    }
}
