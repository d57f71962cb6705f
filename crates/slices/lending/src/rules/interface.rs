//! What carriers' interfaces are asked, built from what is wanted of a line: no connection, no clock.
//!
//! Sources: Cisco DevNet, Control Center REST API, "Search Devices", "Edit Device Details", "Get Device Usage"; Verizon ThingSpace, Connectivity
//! Management, "Activate", "Suspend", "Restore" and "Deactivate Service for Devices", "Retrieve Device Information", "Retrieve Device Usage History".

use super::order::Act;
use evenfield_gap::inventory::control_center::PAGE;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Why a contract is ended, in Verizon's code: general administration.
const REASON: &str = "FF";

/// The path of a page of Control Center's lines, the first is 1. Lines that have not changed since 2000 are none.
pub fn center_page(page: u64) -> String {
    format!("/devices?modifiedSince=2000-01-01T00:00:00Z&pageSize={PAGE}&pageNumber={page}")
}

/// What Control Center is asked to make of a line.
pub fn center_order(act: Act, suspended: &str) -> Value {
    let status = match act {
        Act::Activate => "ACTIVATED",
        Act::Suspend => suspended,
        Act::End => "RETIRED",
    };
    json!({ "status": status })
}

/// A request to ThingSpace that changes a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The last part of its path.
    pub path: &'static str,
    /// Its body.
    pub body: Value,
}

/// What ThingSpace is asked to do with the line of this card; none when it cannot be: a line that is new begins with a service plan and a ZIP code.
pub fn thingspace_order(
    (account, begins): (&str, Option<(&str, &str)>),
    (card, is_new): (&str, bool),
    act: Act,
) -> Option<Action> {
    let mut body =
        json!({ "accountName": account, "devices": [{ "deviceIds": [{ "id": card, "kind": "iccid" }] }] });
    let path = match act {
        Act::Activate if is_new => {
            let (plan, zip) = begins?;
            body["servicePlan"] = plan.into();
            body["mdnZipCode"] = zip.into();
            "activate"
        }
        Act::Activate => "restore",
        Act::Suspend => "suspend",
        Act::End => {
            body["reasonCode"] = REASON.into();
            body["etfWaiver"] = false.into();
            "deactivate"
        }
    };
    Some(Action { path, body })
}

/// What ThingSpace is asked for its lines: those that were added after this time, or all.
pub fn thingspace_page(account: &str, after: Option<&str>) -> Value {
    match after {
        Some(after) => json!({ "accountName": account, "earliest": after }),
        None => json!({ "accountName": account }),
    }
}

/// What ThingSpace is asked for one line.
pub fn thingspace_one(account: &str, card: &str) -> Value {
    json!({ "accountName": account, "deviceId": { "id": card, "kind": "iccid" } })
}

/// What ThingSpace is asked for the use of a line from this time to the end of this day.
pub fn thingspace_usage(card: &str, from: &str, to: Date) -> Value {
    json!({ "deviceId": { "id": card, "kind": "iccid" }, "earliest": from, "latest": format!("{to}T23:59:59Z") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn requests_are_as_the_carriers_documents_show_them() {
        assert_eq!(center_order(Act::Activate, "DEACTIVATED"), json!({ "status": "ACTIVATED" }));
        assert_eq!(center_order(Act::Suspend, "INVENTORY"), json!({ "status": "INVENTORY" }));
        assert_eq!(center_page(3), "/devices?modifiedSince=2000-01-01T00:00:00Z&pageSize=50&pageNumber=3");
        let restore =
            thingspace_order(("0000123456-00001", None), ("89148000000800139708", false), Act::Activate);
        let body = json!({
            "accountName": "0000123456-00001",
            "devices": [{ "deviceIds": [{ "id": "89148000000800139708", "kind": "iccid" }] }],
        });
        assert_eq!(restore, Some(Action { path: "restore", body }));
        let new = ("89148000000800139708", true);
        assert_eq!(thingspace_order(("a", None), new, Act::Activate), None);
        let begun =
            thingspace_order(("a", Some(("the plan", "98801"))), new, Act::Activate).expect("an order");
        assert_eq!(
            (begun.path, &begun.body["servicePlan"], &begun.body["mdnZipCode"]),
            ("activate", &json!("the plan"), &json!("98801"))
        );
        let ended = thingspace_order(("a", None), new, Act::End).expect("an order");
        assert_eq!((ended.path, &ended.body["reasonCode"]), ("deactivate", &json!("FF")));
        let usage = thingspace_usage("89", "2026-11-01T00:00:00Z", date(2026, 11, 19));
        assert_eq!(usage["latest"], "2026-11-19T23:59:59Z");
    }

    proptest! {
        /// Only what is wanted to work is let work, and no request speaks of another card.
        #[test]
        fn an_order_does_what_is_wanted_with_the_card_alone(card in "89[0-9]{17,18}", is_new: bool, at in 0usize..3) {
            let act = Act::ALL[at];
            let works = act == Act::Activate;
            prop_assert_eq!(center_order(act, "DEACTIVATED")["status"] == "ACTIVATED", works);
            let action = thingspace_order(("a", Some(("p", "98801"))), (&card, is_new), act).expect("an order");
            prop_assert_eq!(["activate", "restore"].contains(&action.path), works);
            prop_assert_eq!(&action.body["devices"], &json!([{ "deviceIds": [{ "id": card, "kind": "iccid" }] }]));
        }
    }
}
