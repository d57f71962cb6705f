//! From one household's answer to each measure: true, false or unknown.
//!
//! Unknown is never counted as "has access". A contradiction (no access, yet a kind of service; access,
//! yet service `None`) leaves what it is about unknown.
//!
//! | measure | true | false | unknown |
//! |---|---|---|---|
//! | M1 | no service at home, only a community's Wi-Fi, dial-up alone, or no device | a service of another kind (or access with the kind not said) and a device | otherwise |
//! | M2 | M1, or the service is cellular or a hotspot | M1 false and another known kind, `Other` included | otherwise |
//! | M3 | no service, or any kind but residential broadband | residential broadband | otherwise |
//! | M4 | no service, dial-up, or a speed below either limit | both speeds known and neither below | otherwise |
//! | M5 | no service, dial-up, or a speed below the limit times the students of the household (at least 1) | both speeds and the number of students known and neither below | otherwise |
//! | M6 | device shared, a smartphone, or none | another device, not shared | otherwise |
//!
//! M1 follows ACS table B28005, which counts a smartphone as a computer and dial-up alone as no
//! broadband subscription. M2 and M3 follow B28002. Our form takes an antenna that points to a tower (fixed wireless) as `Other`,
//! and so does B28002, whose wired line is cable, fiber or DSL; other forms may take it as residential broadband. M4: 25/3 Mbps (FCC 2015) and 100/20 Mbps (FCC 24-27, March 2024).
//! M5: 25/12 Mbps for each student (CoSN, Student Home Connectivity Study, 2021).

use crate::survey::Response;
use evenfield_model::{Barrier, DeviceAway, DeviceSharing, InternetType, Measure};

#[cfg(test)]
mod tests;

/// What is known of the service at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    /// There is none.
    None,
    /// There is one of this kind.
    Kind(InternetType),
    /// There is one; its kind was not said.
    SomeKind,
    /// Not known whether there is one.
    Unknown,
}

/// Whether a measure is true of this home; `None` is unknown.
pub fn of(measure: Measure, response: &Response) -> Option<bool> {
    match measure {
        Measure::M1NoSubscriptionOrComputer => no_subscription_or_computer(response),
        Measure::M2OrCellularOnly => or_cellular_only(response),
        Measure::M3NoWired => no_wired(response),
        Measure::M4Below25x3 | Measure::M4Below100x20 => {
            limits(measure, 1).and_then(|limits| slower_than(response, limits))
        }
        Measure::M5Below25x12PerStudent => slower_than_per_student(response),
        Measure::M6SharedOrPhoneOnly => shared_or_phone(response),
    }
}

/// Whether there is no service that could be fast enough for M4 and M5: none, or dial-up; `None` is unknown.
pub fn no_service(response: &Response) -> Option<bool> {
    match service(response) {
        Service::None | Service::Kind(InternetType::DialUp) => Some(true),
        Service::Kind(_) | Service::SomeKind => Some(false),
        Service::Unknown => None,
    }
}

/// The speeds, download and upload in Mbps, below either of which a home with so many students is counted; `None` for measures that
/// are not of speeds.
pub fn limits(measure: Measure, students: u32) -> Option<(f64, f64)> {
    let students = f64::from(students.max(1));
    match measure {
        Measure::M4Below25x3 => Some((25.0, 3.0)),
        Measure::M4Below100x20 => Some((100.0, 20.0)),
        Measure::M5Below25x12PerStudent => Some((25.0 * students, 12.0 * students)),
        _ => None,
    }
}

/// All measures, in the order of [`Measure::ALL`].
pub fn all(response: &Response) -> [Option<bool>; 7] {
    Measure::ALL.map(|measure| of(measure, response))
}

/// The barrier behind a measure that is true of this home. The survey asks for the barrier to Internet
/// access, so M6, which is about devices, has none.
pub fn barrier(measure: Measure, response: &Response) -> Option<Barrier> {
    match (measure, of(measure, response)) {
        (Measure::M6SharedOrPhoneOnly, _) => None,
        (_, Some(true)) => response.barrier,
        _ => None,
    }
}

fn service(response: &Response) -> Service {
    use InternetType as T;
    match (response.internet_access, response.internet_type) {
        (Some(false), None | Some(T::None | T::Unknown)) | (None, Some(T::None)) => Service::None,
        // A community's Wi-Fi is not a service of the home, so "no access" does not contradict it.
        (Some(false), Some(T::CommunityProvidedWiFi)) => Service::Kind(T::CommunityProvidedWiFi),
        (Some(false), Some(_)) | (Some(true), Some(T::None)) => Service::Unknown,
        (_, Some(T::Unknown)) | (None, None) if response.internet_access.is_none() => Service::Unknown,
        (Some(true), None | Some(T::Unknown)) => Service::SomeKind,
        (_, Some(kind)) => Service::Kind(kind),
        (None, None) => Service::Unknown,
    }
}

fn no_subscription_or_computer(response: &Response) -> Option<bool> {
    let no_subscription = match service(response) {
        Service::None | Service::Kind(InternetType::CommunityProvidedWiFi | InternetType::DialUp) => {
            Some(true)
        }
        Service::Kind(_) | Service::SomeKind => Some(false),
        Service::Unknown => None,
    };
    either(no_subscription, response.device.map(|d| d == DeviceAway::None))
}

fn or_cellular_only(response: &Response) -> Option<bool> {
    let cellular = match service(response) {
        Service::None => Some(false),
        Service::Kind(kind) => Some(matches!(kind, InternetType::CellularNetwork | InternetType::HotSpot)),
        Service::SomeKind | Service::Unknown => None,
    };
    either(no_subscription_or_computer(response), cellular)
}

fn no_wired(response: &Response) -> Option<bool> {
    match service(response) {
        Service::None => Some(true),
        Service::Kind(InternetType::ResidentialBroadband) => Some(false),
        Service::Kind(_) => Some(true),
        Service::SomeKind | Service::Unknown => None,
    }
}

/// M4: below `down` or below `up` Mbps.
fn slower_than(response: &Response, (down, up): (f64, f64)) -> Option<bool> {
    if no_service(response) == Some(true) {
        return Some(true);
    }
    let (download, upload) = speeds(response);
    either(download.map(|d| d < down), upload.map(|u| u < up))
}

/// M5: below 25 down or 12 up for each student of the household.
fn slower_than_per_student(response: &Response) -> Option<bool> {
    let students = response.household_students.filter(|&n| n > 0);
    let limits = limits(Measure::M5Below25x12PerStudent, students.unwrap_or(1))?;
    match slower_than(response, limits) {
        // Fast enough for one student; with the number unknown that says nothing of more.
        Some(false) if students.is_none() => None,
        known => known,
    }
}

fn shared_or_phone(response: &Response) -> Option<bool> {
    let poor = response.device.map(|d| matches!(d, DeviceAway::None | DeviceAway::Smartphone));
    let shared = match response.sharing {
        Some(DeviceSharing::Shared) => Some(true),
        Some(DeviceSharing::NotShared) => Some(false),
        Some(DeviceSharing::Unknown) | None => None,
    };
    either(poor, shared)
}

/// Download and upload, Mbps; a speed that is not a finite number of 0 or more is not known.
fn speeds(response: &Response) -> (Option<f64>, Option<f64>) {
    let sane = |mbps: &f64| mbps.is_finite() && *mbps >= 0.0;
    (response.download_mbps.filter(sane), response.upload_mbps.filter(sane))
}

/// Whether one or the other is true, as far as known.
fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}
