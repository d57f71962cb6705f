use super::*;

fn answer(access: Option<bool>, kind: Option<InternetType>, device: Option<DeviceAway>) -> Response {
    Response { internet_access: access, internet_type: kind, device, ..Response::default() }
}

#[test]
fn each_row_of_the_table() {
    use DeviceAway as D;
    use InternetType as T;
    let (t, f, u) = (Some(true), Some(false), None);
    // access, kind, device -> M1, M2, M3
    let rows = [
        (f, u_kind(), Some(D::Chromebook), [t, t, t]),
        (u, Some(T::None), u_device(), [t, t, t]),
        (t, Some(T::ResidentialBroadband), Some(D::LaptopComputer), [f, f, f]),
        (t, Some(T::ResidentialBroadband), Some(D::None), [t, t, f]),
        (t, Some(T::ResidentialBroadband), u_device(), [u, u, f]),
        (t, Some(T::CellularNetwork), Some(D::Smartphone), [f, t, t]),
        (t, Some(T::HotSpot), Some(D::Chromebook), [f, t, t]),
        (t, Some(T::Satellite), Some(D::Tablet), [f, f, t]),
        (t, Some(T::DialUp), Some(D::Tablet), [t, t, t]),
        (f, Some(T::CommunityProvidedWiFi), Some(D::Tablet), [t, t, t]),
        (t, Some(T::Other), Some(D::Tablet), [f, f, t]),
        (t, u_kind(), Some(D::Tablet), [f, u, u]),
        (t, Some(T::Unknown), Some(D::Tablet), [f, u, u]),
        (u, Some(T::Unknown), Some(D::Tablet), [u, u, u]),
        (f, Some(T::Satellite), Some(D::Tablet), [u, u, u]),
        (t, Some(T::None), Some(D::Tablet), [u, u, u]),
        (u, u_kind(), u_device(), [u, u, u]),
    ];
    for (row, (access, kind, device, wanted)) in rows.into_iter().enumerate() {
        let response = answer(access, kind, device);
        assert_eq!(all(&response)[..3], wanted, "row {row}");
    }
}

fn u_kind() -> Option<InternetType> {
    None
}

fn u_device() -> Option<DeviceAway> {
    None
}

#[test]
fn speeds_decide_m4_and_m5() {
    let mut response = answer(Some(true), Some(InternetType::ResidentialBroadband), None);
    let m = |response: &Response, measure| of(measure, response);
    assert_eq!(m(&response, Measure::M4Below25x3), None);
    response.download_mbps = Some(60.0);
    assert_eq!(m(&response, Measure::M4Below25x3), None, "the upload is not known");
    assert_eq!(m(&response, Measure::M4Below100x20), Some(true), "60 is below 100 whatever the upload");
    response.upload_mbps = Some(24.0);
    assert_eq!(m(&response, Measure::M4Below25x3), Some(false));
    assert_eq!(m(&response, Measure::M5Below25x12PerStudent), None, "the number of students is not known");
    response.household_students = Some(2);
    assert_eq!(m(&response, Measure::M5Below25x12PerStudent), Some(false), "60/24 is enough for two");
    response.household_students = Some(3);
    assert_eq!(m(&response, Measure::M5Below25x12PerStudent), Some(true), "75/36 is wanted for three");
}

#[test]
fn a_speed_that_is_no_number_is_unknown() {
    let mut response = answer(Some(true), Some(InternetType::ResidentialBroadband), None);
    (response.download_mbps, response.upload_mbps) = (Some(300.0), Some(f64::NAN));
    assert_eq!(of(Measure::M4Below25x3, &response), None);
}

#[test]
fn devices_decide_m6() {
    let m6 = |device, sharing| {
        let response = Response { device, sharing, ..Response::default() };
        of(Measure::M6SharedOrPhoneOnly, &response)
    };
    assert_eq!(m6(Some(DeviceAway::Smartphone), None), Some(true));
    assert_eq!(m6(Some(DeviceAway::Chromebook), Some(DeviceSharing::Shared)), Some(true));
    assert_eq!(m6(Some(DeviceAway::Chromebook), Some(DeviceSharing::NotShared)), Some(false));
    assert_eq!(m6(Some(DeviceAway::Chromebook), Some(DeviceSharing::Unknown)), None);
    assert_eq!(m6(None, Some(DeviceSharing::NotShared)), None);
}

#[test]
fn a_wider_measure_is_true_wherever_a_narrower_one_is() {
    for &access in &[None, Some(true), Some(false)] {
        for kind in InternetType::ALL.iter().copied().map(Some).chain([None]) {
            for device in DeviceAway::ALL.iter().copied().map(Some).chain([None]) {
                let response = answer(access, kind, device);
                let [m1, m2, ..] = all(&response);
                assert!(m1 != Some(true) || m2 == Some(true), "{response:?}");
                assert!(m2 != Some(false) || m1 == Some(false), "{response:?}");
            }
        }
    }
}

#[test]
fn the_barrier_goes_with_internet_measures_that_are_true() {
    let mut response = answer(Some(false), None, Some(DeviceAway::Smartphone));
    response.barrier = Some(Barrier::NotAffordable);
    assert_eq!(barrier(Measure::M1NoSubscriptionOrComputer, &response), Some(Barrier::NotAffordable));
    assert_eq!(barrier(Measure::M6SharedOrPhoneOnly, &response), None);
    response.internet_access = Some(true);
    response.internet_type = Some(InternetType::ResidentialBroadband);
    assert_eq!(barrier(Measure::M3NoWired, &response), None);
}
