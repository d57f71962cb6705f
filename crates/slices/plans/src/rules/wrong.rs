//! What is wrong with what the pages say and `scenario.toml` cannot say: rows that are filled by half, and groups that are named twice.
//! The column of such a problem is the name of the input.

use super::form::{CARRIERS, FLOORS, FUNDS};
use super::scenario::{FILE, Settings};
use evenfield_model::Problems;

/// The inputs of a fund of one's own, beside its name.
const FUND: [&str; 5] = ["fund_items", "fund_share", "fund_source", "fund_date", "fund_years"];

/// Those of a carrier's plan, beside the carrier.
const CARRIER: [&str; 5] = ["carrier_plan", "lent_used", "cap_gb", "need_gb", "lent_owned"];

/// All of it.
pub fn wrong(settings: &Settings) -> Problems {
    let mut problems = Problems::default();
    floors(settings, &mut problems);
    let carrier = "the carrier, or nothing of its plan";
    let fund = "the name of the fund, or nothing of it";
    (1..=CARRIERS).for_each(|n| headless(settings, ("carrier", &CARRIER, n), carrier, &mut problems));
    (1..=FUNDS).for_each(|n| headless(settings, ("fund_name", &FUND, n), fund, &mut problems));
    problems
}

/// A row whose first input says nothing while another of it does: without the first it would be left out unseen.
fn headless(
    settings: &Settings,
    (head, others, n): (&str, &[&str], u8),
    wanted: &str,
    problems: &mut Problems,
) {
    let get = |key: &str| settings.get(&format!("{key}_{n}"));
    if let (true, Some(key)) = (get(head).is_empty(), others.iter().find(|key| !get(key).is_empty())) {
        problems.push(FILE, 0, &format!("{head}_{n}"), get(key), wanted);
    }
}

fn floors(settings: &Settings, problems: &mut Problems) {
    let mut groups: Vec<&str> = Vec::new();
    for n in 1..=FLOORS {
        let (group, share) =
            (settings.get(&format!("floor_group_{n}")), settings.get(&format!("floor_share_{n}")));
        let (group_at, share_at) = (format!("floor_group_{n}"), format!("floor_share_{n}"));
        if settings.is_fair() && !(group.is_empty() && share.is_empty()) {
            let said = if group.is_empty() { share } else { group };
            problems.push(
                FILE,
                0,
                &group_at,
                said,
                "no floor: every group is to have as much as every group can",
            );
            continue;
        }
        match (group.is_empty(), share.is_empty()) {
            (true, true) => continue,
            (true, false) => problems.push(FILE, 0, &group_at, share, "the group that this share is of"),
            (false, true) => {
                problems.push(FILE, 0, &share_at, group, "the least share of this group, as 40%")
            }
            (false, false) => {}
        }
        if !group.is_empty() && groups.contains(&group) {
            problems.push(FILE, 0, &group_at, group, "each group once");
        }
        groups.push(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_by_half_is_told() {
        let mut settings = Settings::new(2026);
        assert!(wrong(&settings).is_empty());
        for (key, said) in [
            ("floor_group_1", "yes"),
            ("floor_share_1", "40%"),
            ("floor_share_2", "30%"),
            ("floor_group_3", "no"),
            ("floor_group_4", "yes"),
            ("floor_share_4", "0.1"),
            ("fund_share_2", "50%"),
            ("cap_gb_3", "20"),
        ] {
            settings.values.insert(key.to_owned(), said.to_owned());
        }
        let mut fair = Settings::new(2026);
        for (key, said) in [("floors_by", "fair"), ("floor_share_1", "40%")] {
            fair.values.insert(key.to_owned(), said.to_owned());
        }
        let columns: Vec<String> = wrong(&fair).kept().iter().map(|p| p.column.clone()).collect();
        assert_eq!(columns, ["floor_group_1"]);
        let problems = wrong(&settings);
        let told: Vec<(&str, &str)> =
            problems.kept().iter().map(|p| (p.column.as_str(), p.said.as_str())).collect();
        assert_eq!(
            told,
            [
                ("floor_group_2", "30%"),
                ("floor_share_3", "no"),
                ("floor_group_4", "yes"),
                ("carrier_3", "20"),
                ("fund_name_2", "50%")
            ]
        );
    }
}
