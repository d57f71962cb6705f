//! The order of questions: what is asked only after a certain answer.
//! Source: the digital-equity indicators of the Ed-Fi data standard's 2020-22 encoding, and the wording of
//! CEDS 001935 to 001937 ("If the student is unable to …").

use super::Response;
use evenfield_model::{DeviceAway, InternetType};

/// What stands against the order of questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips {
    /// Each answer that was taken out: the column (by its CSV header), what it said, and what was wanted.
    pub found: Vec<(&'static str, String, &'static str)>,
    /// Whether one answer says that there is access and another that there is none: then nobody knows which.
    pub contradicts: bool,
}

/// Takes out the answers to questions that were not to be asked, and both of two answers that contradict each other.
pub fn check_skips(response: &mut Response) -> Skips {
    let mut found = Vec::new();
    let mut contradicts = false;
    if response.internet_access == Some(true) {
        if let Some(barrier) = response.barrier.take() {
            let wanted = "no barrier where there is access to the Internet; left out";
            found.push(("barrier_to_internet_access_in_residence", barrier.code().to_owned(), wanted));
        }
        if response.internet_type == Some(InternetType::None) {
            (response.internet_access, response.internet_type) = (None, None);
            contradicts = true;
            let wanted = "a type other than None where there is access to the Internet; both left out";
            found.push(("internet_access_type_in_residence", "None".to_owned(), wanted));
        }
    }
    if response.internet_access == Some(false) {
        if let Some(performance) = response.performance.take() {
            let wanted = "no performance where there is no access to the Internet; left out";
            found.push(("internet_performance_in_residence", performance.code().to_owned(), wanted));
        }
        // None and Unknown only repeat that there is no access, and a community's Wi-Fi is none of the home.
        use InternetType::{CommunityProvidedWiFi, None as NoType, Unknown};
        let said = response.internet_type.filter(|t| !matches!(t, NoType | Unknown | CommunityProvidedWiFi));
        if let Some(kind) = said {
            (response.internet_access, response.internet_type) = (None, None);
            contradicts = true;
            let wanted = "no type where there is no access to the Internet; both left out";
            found.push(("internet_access_type_in_residence", kind.code().to_owned(), wanted));
        }
    }
    if response.device == Some(DeviceAway::None) {
        // Unknown says nothing; an actual answer contradicts.
        if let Some(sharing) = response.sharing.take()
            && sharing != evenfield_model::DeviceSharing::Unknown
        {
            let wanted = "no sharing where there is no device; left out";
            found.push(("primary_learning_device_access", sharing.code().to_owned(), wanted));
        }
        if let Some(provider) = response.provider.take() {
            let wanted = "no provider where there is no device; left out";
            found.push(("primary_learning_device_provider", provider.code().to_owned(), wanted));
        }
    }
    Skips { found, contradicts }
}
