//! The home-access survey: one answer a student a term, in Ed-Fi's words.

use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType,
};
use serde::{Deserialize, Serialize};

/// One household's answer for one student. Each field is `None` where it was not asked or not answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The student's `source_id`.
    pub student: String,
    /// The term the answer is for, for example `2026-fall`.
    pub term: String,
    /// When it was given: milliseconds since 1970, UTC. Of two answers the later wins.
    pub answered_ms: i64,
    /// Can the student use the Internet at home? (CEDS 001934)
    pub internet_access: Option<bool>,
    /// If not, why not. (CEDS 001935)
    pub barrier: Option<Barrier>,
    /// The primary kind of service. (CEDS 001936)
    pub internet_type: Option<InternetType>,
    /// Does it run without interruption? (CEDS 001937)
    pub performance: Option<InternetPerformance>,
    /// The learning device away from school. (CEDS 001931)
    pub device: Option<DeviceAway>,
    /// Is it shared? (CEDS 001932)
    pub sharing: Option<DeviceSharing>,
    /// Who provides it? (CEDS 001933)
    pub provider: Option<DeviceProvider>,
    /// Measured or stated download speed, Mbps. (CEDS 001976)
    pub download_mbps: Option<f64>,
    /// Measured or stated upload speed, Mbps. (CEDS 001975)
    pub upload_mbps: Option<f64>,
    /// Students living in the household, this one included.
    pub household_students: Option<u32>,
}
