//! Tests to sittings: tests within the same three hours of a day see the same hour of the network, so that ten of them in a row say no more
//! than one. Of each sitting the medians are kept.
//!
//! For what a line carries (M4) a test by cable says more than one by Wi-Fi, which can be slower than the line (92% of students were on
//! Wi-Fi: CoSN 2021); for what a student has (M5) both count as they are.

use super::{HomeTest, Link};
use crate::survey::limits::is_mbps;
use std::collections::BTreeMap;

/// How long a sitting is, milliseconds: eight in a day.
const SITTING_MS: i64 = 3 * 3_600 * 1_000;

/// A time at which a home was measured: its median speeds, Mbps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sitting {
    /// Download.
    pub download_mbps: f64,
    /// Upload.
    pub upload_mbps: f64,
}

/// Which tests count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// All: what a student has.
    All,
    /// Those by cable, where a home has any: what the line carries.
    WireFirst,
}

/// The sittings of one home, in the order of time, and whether a test by cable is among them. Tests that are not whole, that lack a
/// direction or whose speed no home has are left out.
pub fn sittings(tests: &[HomeTest], count: Count) -> (Vec<Sitting>, bool) {
    let whole = tests.iter().filter(|test| test.whole).filter_map(|test| {
        let speeds = test.download_mbps.zip(test.upload_mbps)?;
        (is_mbps(speeds.0) && is_mbps(speeds.1)).then_some((test, speeds))
    });
    let whole: Vec<_> = whole.collect();
    let wired = whole.iter().any(|(test, _)| test.link == Link::Wire);
    let mut of: BTreeMap<i64, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (test, (download, upload)) in whole {
        if count == Count::All || !wired || test.link == Link::Wire {
            let (downloads, uploads) = of.entry(test.at_ms.div_euclid(SITTING_MS)).or_default();
            downloads.push(download);
            uploads.push(upload);
        }
    }
    let both = |(downloads, uploads)| {
        Some(Sitting { download_mbps: median(downloads)?, upload_mbps: median(uploads)? })
    };
    (of.into_values().filter_map(both).collect(), wired)
}

/// The middle of numbers, of an even count the mean of the two in the middle; `None` of none.
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let high = *numbers.get(middle)?;
    Some(if numbers.len() % 2 == 1 { high } else { f64::midpoint(*numbers.get(middle - 1)?, high) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(hour: i64, download: f64, link: Link) -> HomeTest {
        let (download_mbps, upload_mbps) = (Some(download), Some(10.0));
        HomeTest { at_ms: hour * 3_600_000, download_mbps, upload_mbps, link, whole: true }
    }

    #[test]
    fn tests_in_a_row_are_one_sitting_and_poor_ones_none() {
        let mut tests = vec![
            test(0, 10.0, Link::WiFi),
            test(1, 30.0, Link::WiFi),
            test(2, 26.0, Link::WiFi),
            test(20, 50.0, Link::Wire),
            test(20, 60.0, Link::Unknown),
        ];
        let short = HomeTest { whole: false, ..test(9, 1.0, Link::WiFi) };
        let half = HomeTest { upload_mbps: None, ..test(12, 1.0, Link::WiFi) };
        tests.extend([short, half, test(15, 1e9, Link::WiFi), test(15, f64::NAN, Link::WiFi)]);
        let downloads = |count| {
            let (sittings, wired) = sittings(&tests, count);
            (sittings.iter().map(|sitting| sitting.download_mbps).collect::<Vec<_>>(), wired)
        };
        assert_eq!(downloads(Count::All), (vec![26.0, 55.0], true));
        assert_eq!(downloads(Count::WireFirst), (vec![50.0], true));
        assert_eq!(sittings(&tests[..3], Count::WireFirst).0, sittings(&tests[..3], Count::All).0);
        assert_eq!(sittings(&[], Count::All), (vec![], false));
        // Before 1970 too, an hour is in the sitting that it falls into.
        let early = [test(-1, 1.0, Link::WiFi), test(0, 3.0, Link::WiFi)];
        assert_eq!(sittings(&early, Count::All).0.len(), 2);
    }
}
