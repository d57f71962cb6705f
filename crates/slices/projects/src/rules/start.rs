//! The first tasks of a project, proposed from the plan that a district accepted. Their days are a beginning to be changed, and no experience of ours.

use super::register::{Field, Known, Takes};
use super::register::{Values, dollars, value};
use serde::Deserialize;

/// What an accepted plan says of a kind of access.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Kind {
    /// The kind, as `homework_hotspot`.
    pub kind: String,
    /// Options bought.
    pub options: u64,
    /// What the district pays in all years, dollars.
    pub district: String,
}

#[derive(Deserialize)]
struct Accepted {
    strategies: Vec<Kind>,
}

/// The kinds of access of an accepted plan's facts.
///
/// # Errors
/// When they are not as the slice `plans` leaves them.
pub fn kinds(facts: &str) -> Result<Vec<Kind>, serde_json::Error> {
    let accepted: Accepted = serde_json::from_str(facts)?;
    Ok(accepted.strategies.into_iter().filter(|kind| kind.options > 0).collect())
}

/// A step of carrying out a kind of access: the word of its message, days of work, whether the money is spent in it.
type Step = (&'static str, u32, bool);

const SITES: &[Step] =
    &[("agree", 15, false), ("order", 20, true), ("install", 10, false), ("open", 0, false)];
const OFFERS: &[Step] = &[("agree", 15, true), ("tell", 10, false), ("enroll", 20, false)];
const LENT: &[Step] = &[("order", 20, true), ("prepare", 10, false), ("lend", 10, false)];
const BUSES: &[Step] = &[("order", 20, true), ("install", 10, false), ("ride", 5, false), ("open", 0, false)];
const RADIO: &[Step] = &[
    ("permit", 40, false),
    ("order", 30, true),
    ("build", 30, false),
    ("measure", 10, false),
    ("open", 0, false),
];

/// The steps of a kind; each needs the one before.
pub fn steps(kind: &str) -> &'static [Step] {
    match kind {
        "broadband_offer" => OFFERS,
        "hotspot_lending" => LENT,
        "bus_ride" | "parked_bus" => BUSES,
        "lte_outdoor" | "lte_indoor" => RADIO,
        _ => SITES,
    }
}

/// A proposed deliverable with its tasks, each with what it says; needs and the deliverable's number are given where they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The deliverable.
    pub deliverable: Values,
    /// Its tasks, in order.
    pub tasks: Vec<Values>,
}

/// The proposals of a plan. `name` tells a kind with the number of its options; `step` a step's word.
pub fn proposals(
    kinds: &[Kind],
    name: impl Fn(&Kind) -> String,
    step: impl Fn(&str) -> String,
) -> Vec<Proposal> {
    let named = |text: String| Values::from([("name".to_owned(), text)]);
    let money = |text: &str| {
        let field = Field { name: "planned", takes: Takes::Dollars, must: false };
        value(&field, text, &Known::new()).ok().flatten().unwrap_or_else(|| dollars(0))
    };
    let tasks = |kind: &Kind| {
        let task = |(word, days, pays): &Step| {
            let mut task = named(format!("{}: {}", name(kind), step(word)));
            task.insert("days".to_owned(), days.to_string());
            if *pays {
                task.insert("planned".to_owned(), money(&kind.district));
            }
            task
        };
        steps(&kind.kind).iter().map(task).collect()
    };
    kinds.iter().map(|kind| Proposal { deliverable: named(name(kind)), tasks: tasks(kind) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_that_is_bought_is_a_deliverable_whose_steps_carry_its_money_once() {
        let facts = r#"{"strategies":[
            {"strategy":"bus_wifi","kind":"bus_ride","options":2,"district":"1200.50","reach":{}},
            {"strategy":"private_lte","kind":"lte_outdoor","options":0,"district":"0.00"}],"run":"x"}"#;
        let kinds = kinds(facts).expect("facts");
        assert_eq!(kinds.len(), 1, "what is not bought is no work");
        let made = proposals(&kinds, |kind| format!("{} {}", kind.options, kind.kind), str::to_owned);
        assert_eq!(made[0].deliverable["name"], "2 bus_ride");
        let planned: Vec<_> = made[0].tasks.iter().filter_map(|task| task.get("planned")).collect();
        assert_eq!(planned, ["1200.50"]);
        assert_eq!((made[0].tasks.len(), made[0].tasks[3]["days"].as_str()), (4, "0"));
        assert!(super::kinds("{}").is_err());
    }
}
