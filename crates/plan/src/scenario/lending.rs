//! Hotspots lent to students, where a carrier's network is received. Each row of the demand is an option of its own, at the cost of the
//! hotspots for its students.

use super::choice::{Choice, Shop, times};
use super::coverage::{self, Use};
use super::fields::Fields;
use super::files::Files;
use super::quality::Kind;
use crate::MILLION;

/// A `[[hotspot_lending]]` of the scenario: one carrier's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    name: String,
    carrier: String,
    coverage: String,
    condition: Use,
    /// Data in a month, and what a student needs of it, in millionths of a gigabyte.
    cap: Option<u64>,
    need: u64,
    /// The part of the hotspots lent that is used, in millionths.
    used: u64,
    /// Hotspots that the district has, in millionths: they cost no more than their service.
    owned: u64,
}

/// Lots in which hotspots that the district has are lent: how many of them are paid for is the plan's to say.
const LOTS: u64 = 20;

impl Settings {
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (carrier, coverage) = (fields.need("carrier"), fields.need("coverage"));
        let name = fields.text("name");
        let condition = fields.text("use").unwrap_or_else(|| "outdoor".to_owned());
        let found = Use::ALL.iter().find(|(word, _)| *word == condition).map(|(_, condition)| *condition);
        if found.is_none() {
            fields.complain("use", "one of: indoor, outdoor, in_vehicle");
        }
        let cap = fields.millionths("cap_gb", 1, 1_000_000 * MILLION);
        let need = fields.millionths("need_gb", 1, 1_000_000 * MILLION);
        if cap.is_some() && need.is_none() {
            fields.complain("need_gb", "the gigabytes that a student needs in a month, beside `cap_gb`");
        }
        fields.needs("used");
        let used = fields.millionths("used", 1, MILLION);
        let owned = fields.whole("owned", 0, 10_000_000).unwrap_or(0) * MILLION;
        let carrier = carrier?;
        let name = name.unwrap_or_else(|| carrier.clone());
        if name.contains('/') {
            fields.complain("name", "a name of the plan without `/`, which parts it from a demand's");
        }
        Some(Self {
            name,
            carrier,
            coverage: coverage?,
            condition: found?,
            cap,
            need: need.unwrap_or(1),
            used: used.unwrap_or(MILLION),
            owned,
        })
    }
}

/// An option for each row of the demand and plan.
pub(super) fn build(shop: &mut Shop<'_>, files: &mut Files<'_>, plans: &[Settings]) {
    let mut read: std::collections::BTreeMap<&str, coverage::Coverage> = std::collections::BTreeMap::new();
    for (n, plan) in plans.iter().enumerate() {
        if plans[..n].iter().any(|other| other.name == plan.name) {
            let scenario = shop.desk.scenario.clone();
            shop.desk.problems.push(
                &scenario,
                0,
                "hotspot_lending.name",
                &plan.name,
                "a name that no other plan has",
            );
            continue;
        }
        if !read.contains_key(plan.coverage.as_str()) {
            read.insert(&plan.coverage, coverage::read(shop.desk, files, &plan.coverage));
        }
        let Some(covered) = read[plan.coverage.as_str()].get(&(plan.carrier.clone(), plan.condition)) else {
            let wanted = format!(
                "coverage of the carrier `{}` for the use that [[hotspot_lending]] names",
                plan.carrier
            );
            shop.desk.problems.push(&plan.coverage, 0, "carrier", "", wanted);
            continue;
        };
        let enough = plan.cap.map_or(MILLION, |cap| super::choice::over(cap.min(plan.need), plan.need));
        let quality = times(shop.quality(Kind::HotspotLending, plan.used), enough);
        let demand = shop.demand;
        let first = shop.choices.len();
        for (row, n) in demand.rows.iter().zip(0..) {
            if row.students == 0
                || !row.takes(Kind::HotspotLending)
                || !covered.reaches(row.point, &row.place)
            {
                continue;
            }
            let id = format!("hotspot_lending/{}/{}", plan.name, row.id);
            let mut choice = Choice::new(id, Kind::HotspotLending, format!("{} for {}", plan.name, row.id));
            choice.point = row.point;
            choice.covers = vec![(n, quality)];
            lend(shop, plan, choice, row.students);
        }
        let covers: Vec<(u32, u64)> = shop.choices[first..].iter().flat_map(|c| c.covers.clone()).collect();
        lots(shop, plan, &covers);
    }
}

/// Hotspots that the district has, lent to whoever needs them where the carrier is received: a part of them, or all.
fn lots(shop: &mut Shop<'_>, plan: &Settings, covers: &[(u32, u64)]) {
    let hotspots = plan.owned / MILLION;
    let lots = hotspots.min(LOTS);
    for lot in 0..lots {
        let count = hotspots / lots + u64::from(lot < hotspots % lots);
        let id = format!("hotspot_owned/{}/{}", plan.name, lot + 1);
        let name = format!("{}: {count} of {hotspots} hotspots owned", plan.name);
        let mut choice = Choice::new(id, Kind::HotspotLending, name);
        choice.owned = true;
        choice.capacity = Some(count * MILLION);
        choice.covers = covers.to_vec();
        lend(shop, plan, choice, count * MILLION);
    }
}

/// Adds hotspots of a plan for so many students.
fn lend(shop: &mut Shop<'_>, plan: &Settings, mut choice: Choice, students: u64) {
    choice.vendor.clone_from(&plan.carrier);
    choice.used = plan.used;
    choice.bought_for = Some(students);
    for item in ["hotspot_device", "hotspot_service"] {
        let of = shop.costs.whose(item, [&plan.name, &plan.carrier]);
        shop.bill(&mut choice, item, of, students);
    }
    let of = shop.costs.whose("hotspot_handling", [&plan.name, &plan.carrier]);
    shop.bill_if_priced(&mut choice, "hotspot_handling", of, students);
    shop.choices.push(choice);
}
