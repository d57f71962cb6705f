//! The older Ed-Fi encoding (2020 to 2022): `studentIndicators` of the group `DigitalEquity`.
//! Source: the digital-equity guidance of that time and the states' certification documents that repeat it.

use super::Response;
use super::ed_fi::Resource;
use crate::read::fold;
use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType, Problems,
};
use serde_json::Value;

/// Reads the indicators of a resource into the response; those of other groups are passed over.
pub(super) fn read(at: &Resource<'_>, response: &mut Response, problems: &mut Problems) {
    let Some(Value::Array(indicators)) = at.fields.get("studentIndicators") else { return };
    for indicator in indicators {
        let text = |field: &str| indicator.get(field).and_then(Value::as_str).unwrap_or_default().trim();
        // The group may be a plain word or a descriptor's URI.
        let group = text("indicatorGroup").rsplit('#').next().unwrap_or_default();
        if fold(group) != "digitalequity" {
            continue;
        }
        let (name, value) = (text("indicatorName"), text("indicator"));
        if let Err(wanted) = take(&fold(name), &fold(value), response) {
            problems.push(at.file, at.line, name, value, wanted);
        }
    }
}

/// Takes one indicator; the error says what was wanted.
fn take(name: &str, value: &str, response: &mut Response) -> Result<(), &'static str> {
    match name {
        "internetaccessinresidence" => access(value, response),
        "internetaccesstypeinresidence" => {
            response.internet_type = Some(kind(value).ok_or(
                "ResidentialBroadband, CellularNetwork, SchoolProvidedHotSpot, Satellite, Dial-up, None, Other or Unknown",
            )?);
            Ok(())
        }
        "internetperformance" | "internetperformanceinresidence" => {
            response.performance = Some(match value {
                "yes" | "yesnoissues" => InternetPerformance::Yes,
                "sometimes" | "yesbutnotconsistent" => InternetPerformance::Sometimes,
                "no" => InternetPerformance::No,
                _ => return Err("Yes - No issues, Yes - But not consistent or No"),
            });
            Ok(())
        }
        "digitaldevice" | "primarylearningdeviceawayfromschool" => {
            response.device = Some(match value {
                // One answer for two of today's; a laptop is the likelier to be at home.
                "desktoplaptop" => DeviceAway::LaptopComputer,
                other => DeviceAway::parse(other)
                    .ok_or("Desktop/Laptop, Tablet, Chromebook, SmartPhone, None or Other")?,
            });
            Ok(())
        }
        "primarylearningdeviceprovider" => {
            response.provider = Some(DeviceProvider::parse(value).ok_or("Personal, School or Other")?);
            Ok(())
        }
        "primarylearningdeviceaccess" => {
            response.sharing = Some(DeviceSharing::parse(value).ok_or("Shared, Not Shared or Unknown")?);
            Ok(())
        }
        "deviceaccess" => provider_and_sharing(value, response),
        _ => Err("an indicator of the group DigitalEquity that is known; not read"),
    }
}

/// Access and, for a no, its barrier: `No - Not Affordable`.
fn access(value: &str, response: &mut Response) -> Result<(), &'static str> {
    let (yes, barrier) = match value {
        "yes" => (true, None),
        "no" => (false, None),
        "nonotavailable" => (false, Some(Barrier::NotAvailable)),
        "nonotaffordable" => (false, Some(Barrier::NotAffordable)),
        "nonotdesired" => (false, Some(Barrier::NotDesired)),
        "noother" => (false, Some(Barrier::Other)),
        _ => return Err("Yes, No - Not Available, No - Not Affordable or No - Other"),
    };
    response.internet_access = Some(yes);
    response.barrier = barrier;
    Ok(())
}

fn kind(value: &str) -> Option<InternetType> {
    match value {
        "schoolprovidedhotspot" => Some(InternetType::HotSpot),
        other => InternetType::parse(other),
    }
}

/// The variant that merges provider and sharing: `School Provided - Dedicated`.
fn provider_and_sharing(value: &str, response: &mut Response) -> Result<(), &'static str> {
    let (provider, sharing) = match value {
        "schoolprovideddedicated" => (DeviceProvider::School, DeviceSharing::NotShared),
        "schoolprovidedshared" => (DeviceProvider::School, DeviceSharing::Shared),
        "personaldedicated" => (DeviceProvider::Personal, DeviceSharing::NotShared),
        "personalshared" => (DeviceProvider::Personal, DeviceSharing::Shared),
        "none" => {
            response.device = response.device.or(Some(DeviceAway::None));
            return Ok(());
        }
        _ => return Err("School Provided or Personal, Dedicated or Shared, or None"),
    };
    response.provider = Some(provider);
    response.sharing = Some(sharing);
    Ok(())
}
