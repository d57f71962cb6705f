//! What a run takes in. Students, schools and block groups are dense indices, so that a state's
//! 1,000,000 students fit in memory and no text is compared in the inner loops.

use super::InputError;
use evenfield_model::{Barrier, Geography, Geoid, GradeBand, Measure};
use serde::{Deserialize, Serialize};

/// A model's figure for one area (Fay-Herriot), share of its children or households.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaShare {
    /// Block group or tract (a county or state is used where nothing smaller is known).
    pub geoid: Geoid,
    /// The measure.
    pub measure: Measure,
    /// The share, 0 to 1.
    pub value: f64,
    /// Standard error of `value`, share scale.
    pub se: f64,
    /// Lower end of the 90% interval.
    pub low90: f64,
    /// Upper end of the 90% interval.
    pub high90: f64,
    /// What `se` owes to the error of the model's coefficients, which all areas have in common: the part of each of as many
    /// independent standard normal numbers, share scale; empty where it is not known. Without it the error of a
    /// sum of many areas comes out too small.
    #[serde(default)]
    pub common: Vec<f64>,
    /// Whether the area had a direct figure of its own; `false` is a synthetic prediction.
    #[serde(default = "yes")]
    pub observed: bool,
}

fn yes() -> bool {
    true
}

/// Children of school age in an area: the weights of areas where there is no roster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaChildren {
    /// Block group, tract or county.
    pub geoid: Geoid,
    /// How many children.
    pub children: f64,
    /// The districts (7 digits) that they live in, each with how many of them. A boundary may cut an area, and districts
    /// for elementary and for high schools may lie over each other, so these need not add up to `children`.
    pub districts: Vec<(String, f64)>,
}

/// One student of the roster, as the estimate sees it: no name, no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Student {
    /// Index into [`Places::schools`].
    pub school: u32,
    /// Index into [`Places::zones`], where the home's attendance zone is known.
    pub zone: Option<u32>,
    /// Index into [`Places::block_groups`], where the home was placed.
    pub block_group: Option<u32>,
    /// Grade band.
    pub band: GradeBand,
    /// Free or reduced-price lunch.
    pub frl: Option<bool>,
    /// English language learner.
    pub ell: Option<bool>,
    /// Individualised education programme.
    pub iep: Option<bool>,
}

/// What one student's household answered, by measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The student's place in [`Inputs::students`]. Of two answers of one student the last counts.
    pub student: u32,
    /// In the order of [`Measure::ALL`]: true, false or unknown ([`crate::measure::all`] gives them).
    pub measures: [Option<bool>; 7],
    /// Whether there is no service at home ([`crate::measure::no_service`]).
    pub no_service: Option<bool>,
    /// Whether all that is known was measured and nobody answered. Who has no service cannot measure, so such a home says how fast homes with
    /// service are, and nothing of how many have none.
    #[serde(default)]
    pub only_measured: bool,
    /// Why, where the household said so.
    pub barrier: Option<Barrier>,
}

/// A school and its district.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolPlace {
    /// The id that figures carry.
    pub id: String,
    /// Index into [`Places::districts`].
    pub district: u32,
}

/// The places that the indices point to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Places {
    /// Districts, 7 digits each.
    pub districts: Vec<String>,
    /// Schools.
    pub schools: Vec<SchoolPlace>,
    /// Ids of attendance zones. One level of zones (for example elementary), so that they do not overlap;
    /// each belongs to the district at the same place of `zone_districts`.
    pub zones: Vec<String>,
    /// Index into `districts` for each zone.
    pub zone_districts: Vec<u32>,
    /// Block groups, 12 digits each.
    pub block_groups: Vec<Geoid>,
    /// Ids of sections.
    pub sections: Vec<String>,
    /// Who is in which section: (index into `sections`, index into [`Inputs::students`]).
    pub members: Vec<(u32, u32)>,
}

/// How a run is made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The seed of all draws; the same seed gives the same figures on any number of threads.
    pub seed: u64,
    /// Draws from the posterior, 50 to 2,000.
    pub draws: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: 1, draws: 400 }
    }
}

/// Everything that one run takes in. Any of roster, answers and areas may be missing.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The roster; empty when there is none.
    pub students: &'a [Student],
    /// The places that the roster points to.
    pub places: &'a Places,
    /// The survey; empty when there is none.
    pub answers: &'a [Answer],
    /// Figures of areas; empty when there are none.
    pub areas: &'a [AreaShare],
    /// Children by area, used only when there is no roster.
    pub children: &'a [AreaChildren],
    /// How the run is made.
    pub settings: Settings,
}

/// A place of this kind and id.
pub(super) fn geography(kind: evenfield_model::GeographyKind, id: &str) -> Geography {
    Geography { kind, id: id.to_owned() }
}

impl Inputs<'_> {
    /// Whether every index points somewhere and the settings make sense.
    pub(super) fn check(&self) -> Result<(), InputError> {
        if !(50..=2_000).contains(&self.settings.draws) {
            return Err(InputError::Draws(self.settings.draws));
        }
        let places = self.places;
        let students = self.students.len();
        for (index, student) in self.students.iter().enumerate() {
            within("student", index, "school", Some(student.school), places.schools.len())?;
            within("student", index, "zone", student.zone, places.zones.len())?;
            within("student", index, "block group", student.block_group, places.block_groups.len())?;
        }
        for (index, school) in places.schools.iter().enumerate() {
            within("school", index, "district", Some(school.district), places.districts.len())?;
        }
        for index in 0..places.zones.len() {
            let district = places.zone_districts.get(index).copied().unwrap_or(u32::MAX);
            within("zone", index, "district", Some(district), places.districts.len())?;
        }
        for (index, &(section, student)) in places.members.iter().enumerate() {
            within("membership", index, "section", Some(section), places.sections.len())?;
            within("membership", index, "student", Some(student), students)?;
        }
        // Without a roster there is nobody to answer.
        for (index, answer) in self.answers.iter().enumerate() {
            within("answer", index, "student", Some(answer.student), students)?;
        }
        Ok(())
    }
}

fn within(
    what: &'static str,
    index: usize,
    to: &'static str,
    target: Option<u32>,
    len: usize,
) -> Result<(), InputError> {
    match target {
        Some(target) if target as usize >= len => Err(InputError::Index { what, index, to, target, len }),
        _ => Ok(()),
    }
}
