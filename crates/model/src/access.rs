//! The Ed-Fi digital-equity code lists (Ed-Fi Data Standard 5.2 and 6.1, entity
//! `StudentEducationOrganizationAssociation`), with their exact code values, and the CEDS elements
//! they answer to (001931 to 001937).

use serde::{Deserialize, Serialize};

/// Makes a code list: the enum, its exact Ed-Fi code values, and reading them back.
macro_rules! descriptor {
    ($(#[$doc:meta])* $name:ident, $uri:literal, { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// All values, in the order of the Ed-Fi descriptor file.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The descriptor's name space.
            pub const NAMESPACE: &'static str = concat!("uri://ed-fi.org/", $uri);

            /// The exact Ed-Fi code value.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The value with this Ed-Fi code, bare or as a full descriptor URI; letter case, spaces and
            /// hyphens do not matter, so that CEDS codes (`NotAvailable`) are read as well.
            pub fn parse(text: &str) -> Option<Self> {
                let bare = text.trim().rsplit('#').next().unwrap_or_default();
                let fold = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
                let wanted = fold(bare);
                Self::ALL.iter().copied().find(|v| fold(v.code()) == wanted)
            }
        }
    };
}

descriptor!(
    /// Why the student has no Internet access at home (CEDS 001935).
    Barrier, "BarrierToInternetAccessInResidenceDescriptor", {
        /// No service is offered there.
        NotAvailable = "Not Available",
        /// The price is too high.
        NotAffordable = "Not Affordable",
        /// The household does not want it.
        NotDesired = "Not Desired",
        /// Another reason.
        Other = "Other",
    }
);

descriptor!(
    /// The primary kind of Internet service at home (CEDS 001936).
    InternetType, "InternetAccessTypeInResidenceDescriptor", {
        /// Cable, fibre, DSL or fixed wireless.
        ResidentialBroadband = "Residential Broadband",
        /// A phone's data plan.
        CellularNetwork = "Cellular Network",
        /// A mobile hotspot.
        HotSpot = "Hot Spot",
        /// Wi-Fi that the community provides.
        CommunityProvidedWiFi = "Community Provided Wi-Fi",
        /// Satellite.
        Satellite = "Satellite",
        /// Dial-up.
        DialUp = "Dial-up",
        /// Another kind.
        Other = "Other",
        /// None.
        None = "None",
        /// Not known.
        Unknown = "Unknown",
    }
);

descriptor!(
    /// Whether learning activities run without interruption at home (CEDS 001937).
    InternetPerformance, "InternetPerformanceInResidenceDescriptor", {
        /// Very few interruptions or none.
        Yes = "Yes",
        /// Regular interruptions.
        Sometimes = "Sometimes",
        /// Unable to complete them.
        No = "No",
    }
);

descriptor!(
    /// The device the student most often uses for school work away from school (CEDS 001931).
    DeviceAway, "PrimaryLearningDeviceAwayFromSchoolDescriptor", {
        /// Desktop.
        DesktopComputer = "Desktop Computer",
        /// Laptop.
        LaptopComputer = "Laptop Computer",
        /// Tablet.
        Tablet = "Tablet",
        /// Chromebook.
        Chromebook = "Chromebook",
        /// Smartphone.
        Smartphone = "Smartphone",
        /// None.
        None = "None",
        /// Another device.
        Other = "Other",
    }
);

descriptor!(
    /// Whether the learning device is shared (CEDS 001932).
    DeviceSharing, "PrimaryLearningDeviceAccessDescriptor", {
        /// Shared with another person.
        Shared = "Shared",
        /// Not shared.
        NotShared = "Not Shared",
        /// Not known.
        Unknown = "Unknown",
    }
);

descriptor!(
    /// Who provides the learning device (CEDS 001933).
    DeviceProvider, "PrimaryLearningDeviceProviderDescriptor", {
        /// The family.
        Personal = "Personal",
        /// The school.
        School = "School",
        /// Somebody else.
        Other = "Other",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ed_fi_uris_and_ceds_codes_are_read() {
        assert_eq!(
            Barrier::parse("uri://ed-fi.org/BarrierToInternetAccessInResidenceDescriptor#Not Affordable"),
            Some(Barrier::NotAffordable)
        );
        assert_eq!(InternetType::parse("Dialup"), Some(InternetType::DialUp));
        assert_eq!(InternetType::parse("CommunityProvidedWi-Fi"), Some(InternetType::CommunityProvidedWiFi));
        assert_eq!(InternetType::parse("Carrier pigeon"), None);
    }
}
