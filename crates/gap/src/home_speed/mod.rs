//! The home speed study: what the tests of a home say of it.
//!
//! - [`category`]: one result in plain words, for the family.
//! - [`sitting`]: several tests to the times at which a home was measured.
//! - [`evidence`]: those to what is known of the measures of speed (M4, M5), and how sure it is.
//! - [`ceds`]: to the elements of the Common Education Data Standards.
//! - [`results`]: what the server wrote, line by line.
//! - [`weights`]: how much each measured student stands for.

pub mod category;
pub mod ceds;
pub mod evidence;
pub mod results;
pub mod sitting;
pub mod weights;

/// How the device of a test was connected to the home's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// By a cable.
    Wire,
    /// By Wi-Fi, which can be slower than the line.
    WiFi,
    /// Not said.
    Unknown,
}

/// A download and an upload of a home, one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HomeTest {
    /// When: milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Download speed, Mbps; `None` when there is none that counts.
    pub download_mbps: Option<f64>,
    /// Upload speed, Mbps.
    pub upload_mbps: Option<f64>,
    /// How the device was connected.
    pub link: Link,
    /// Whether both ran for their ten seconds. A short test, for a hotspot with a cap, and one that broke off cannot be compared with
    /// others.
    pub whole: bool,
}

/// The tests of the home of one student.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredHome {
    /// The student's id on the roster.
    pub student: String,
    /// Students who live there, at least 1, as the family said last.
    pub students: u32,
    /// Its tests.
    pub tests: Vec<HomeTest>,
}
