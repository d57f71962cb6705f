//! A carrier's lines as its interface lists them: services of a "Service Activation and Configuration" interface (TM Forum TMF640 v4),
//! each with the card's ICCID as its id.

use super::numbers;
use super::seen::{LineState, Seen};
use serde::Deserialize;

/// The most services of one answer.
pub const PAGE: usize = 1_000;

#[derive(Deserialize)]
struct Service {
    id: String,
    state: String,
}

/// Reads a page of services: a JSON array of objects with `id` and `state`, other fields aside. A service whose id is no card or whose
/// state is none that lines have (`feasibilityChecked`, `designed`, `reserved`) is one of which nothing is said.
///
/// # Errors
/// What is wrong, when it is no such array or one of more than [`PAGE`] services.
pub fn parse_services(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let services: Vec<Service> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if services.len() > PAGE {
        return Err(format!("at most {PAGE} services in an answer, not {}", services.len()));
    }
    let seen = |service: Service| {
        let iccid = numbers::iccid(&service.id, true).ok()?;
        let state = LineState::from_word(&service.state).filter(|state| *state != LineState::Unsaid)?;
        Some(Seen { iccid, state })
    };
    Ok(services.into_iter().filter_map(seen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_of_services_is_read() {
        let text = br#"[{"id":"8991101200003204514","state":"active","href":"/service/1"},
            {"id":"8991101200003204522","state":"inactive"},{"id":"8991101200003204530","state":"terminated"},
            {"id":"8991101200003204548","state":"reserved"},{"id":"x","state":"active"}]"#;
        let seen = parse_services(text).expect("services");
        let states: Vec<_> = seen.iter().map(|seen| seen.state).collect();
        assert_eq!(states, [LineState::Active, LineState::Suspended, LineState::Ended]);
        assert!(parse_services(b"{}").is_err() && parse_services(br#"[{"id":1}]"#).is_err());
        let many = format!("[{}]", vec![r#"{"id":"1","state":"active"}"#; PAGE + 1].join(","));
        assert!(parse_services(many.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_services_or_a_problem(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(seen) = parse_services(&bytes) {
                prop_assert!(seen.iter().all(|seen| seen.iccid.starts_with("89")));
            }
        }
    }
}
