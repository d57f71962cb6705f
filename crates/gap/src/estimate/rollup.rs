//! Outcomes added up by place and group, draw by draw, so that a figure's interval knows that students of one
//! school or area are wrong together.

use super::barrier::{Barriers, Reasons};
use super::figure;
use super::inputs::{Inputs, Student, geography};
use super::outcome::Outcomes;
use super::{Basis, Estimate, Link, Method};
use evenfield_model::{Geography, GeographyKind, GradeBand, Measure};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The groups that figures are shown by, in order.
const GROUPS: [&str; 9] = [
    "all",
    "frl:yes",
    "frl:no",
    "ell:yes",
    "iep:yes",
    "grade_band:elementary",
    "grade_band:middle",
    "grade_band:high",
    "grade_band:ungraded",
];

/// The groups that a student belongs to, one bit each.
fn groups_of(student: &Student) -> u16 {
    let band = match student.band {
        GradeBand::Elementary => 5,
        GradeBand::Middle => 6,
        GradeBand::High => 7,
        GradeBand::Ungraded => 8,
    };
    let bits = [
        true,
        student.frl == Some(true),
        student.frl == Some(false),
        student.ell == Some(true),
        student.iep == Some(true),
    ];
    bits.iter().enumerate().map(|(j, &bit)| u16::from(bit) << j).sum::<u16>() | 1 << band
}

/// The students of one place and group, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub students: u32,
    pub answers: u32,
    /// Students whose own answer says that they lack access.
    pub known: u32,
    /// Sum of the probabilities of the others.
    pub expected: f64,
    /// How many of the others lack access, draw by draw.
    pub draws: Vec<u32>,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.students += other.students;
        self.answers += other.answers;
        self.known += other.known;
        self.expected += other.expected;
        if self.draws.is_empty() {
            self.draws = vec![0; other.draws.len()];
        }
        for (sum, draw) in self.draws.iter_mut().zip(&other.draws) {
            *sum += draw;
        }
    }
}

/// All groups of one place.
#[derive(Clone, Debug, Default)]
struct PlaceTally {
    groups: Vec<Tally>,
    reasons: Option<Reasons>,
}

impl PlaceTally {
    fn add(&mut self, other: &Self) {
        self.groups.resize(GROUPS.len().max(self.groups.len()), Tally::default());
        for (sum, group) in self.groups.iter_mut().zip(&other.groups).filter(|(_, g)| g.students > 0) {
            sum.add(group);
        }
        if let Some(reasons) = &other.reasons {
            self.reasons.get_or_insert_default().add(reasons);
        }
    }
}

/// Who lives or learns where, worked out once for all measures.
pub(super) struct Members {
    schools: Lists,
    zones: Lists,
    block_groups: Lists,
    sections: Lists,
}

/// Lists of students, one a place, end to end.
struct Lists {
    starts: Vec<usize>,
    students: Vec<u32>,
}

impl Lists {
    fn new(places: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0usize; places + 1];
        for (place, _) in pairs.clone() {
            starts[place as usize + 1] += 1;
        }
        for place in 0..places {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let mut students = vec![0; starts[places]];
        for (place, student) in pairs {
            students[next[place as usize]] = student;
            next[place as usize] += 1;
        }
        Self { starts, students }
    }

    fn of(&self, place: usize) -> &[u32] {
        &self.students[self.starts[place]..self.starts[place + 1]]
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }
}

impl Members {
    pub fn new(inputs: &Inputs) -> Self {
        let places = inputs.places;
        let students = || inputs.students.iter().zip(0u32..);
        Self {
            schools: Lists::new(places.schools.len(), students().map(|(s, i)| (s.school, i))),
            zones: Lists::new(places.zones.len(), students().filter_map(|(s, i)| Some((s.zone?, i)))),
            block_groups: Lists::new(
                places.block_groups.len(),
                students().filter_map(|(s, i)| Some((s.block_group?, i))),
            ),
            sections: Lists::new(places.sections.len(), places.members.iter().copied()),
        }
    }
}

/// One measure, ready to be added up.
pub(super) struct Counting<'a> {
    pub inputs: &'a Inputs<'a>,
    pub measure: Measure,
    pub members: &'a Members,
    pub outcomes: &'a Outcomes,
    pub barriers: Option<&'a Barriers>,
    /// Groups besides `all` say something only when there are answers.
    pub by_group: bool,
    pub method: Method,
}

impl Counting<'_> {
    /// The figures of every place and group, and the barriers of every place.
    pub fn figures(&self) -> (Vec<Estimate>, Vec<Estimate>) {
        use GeographyKind::{AttendanceZone, BlockGroup, County, District, School, Section, State, Tract};
        let places = self.inputs.places;
        let schools = self.tally(&self.members.schools, true);
        let block_groups = self.tally(&self.members.block_groups, true);
        let district = |s: usize| places.districts[places.schools[s].district as usize].clone();
        let districts = gather(schools.iter().enumerate().map(|(s, t)| (district(s), t)));
        let states = gather(districts.iter().map(|(id, t)| (id.get(..2).unwrap_or_default().to_owned(), t)));
        let within = |b: usize, kind| places.block_groups[b].within(kind).map(|g| g.to_string());
        let up =
            |kind| gather(block_groups.iter().enumerate().filter_map(|(b, t)| Some((within(b, kind)?, t))));
        let (tracts, counties) = (up(Tract), up(County));
        let zones = self.tally(&self.members.zones, true);
        let sections = self.tally(&self.members.sections, false);

        let (mut figures, mut barriers) = (Vec::new(), Vec::new());
        let mut show = |kind, id: &str, tally: &PlaceTally| {
            self.show(&geography(kind, id), tally, &mut figures, &mut barriers);
        };
        sections.iter().zip(&places.sections).for_each(|(t, id)| show(Section, id, t));
        schools.iter().zip(&places.schools).for_each(|(t, school)| show(School, &school.id, t));
        zones.iter().zip(&places.zones).for_each(|(t, id)| show(AttendanceZone, id, t));
        block_groups.iter().zip(&places.block_groups).for_each(|(t, id)| show(BlockGroup, id.as_str(), t));
        for (kind, tallies) in
            [(Tract, &tracts), (County, &counties), (District, &districts), (State, &states)]
        {
            tallies.iter().for_each(|(id, t)| show(kind, id, t));
        }
        (figures, barriers)
    }

    fn show(
        &self,
        at: &Geography,
        tally: &PlaceTally,
        figures: &mut Vec<Estimate>,
        barriers: &mut Vec<Estimate>,
    ) {
        for (group, tally) in GROUPS.iter().zip(&tally.groups).filter(|(_, t)| t.students > 0) {
            figures.push(figure::of_tally(self.measure, self.method, at, group, tally));
        }
        if let (Some(reasons), Some(all)) = (&tally.reasons, tally.groups.first()) {
            reasons.show(self.measure, self.method, at, all, barriers);
        }
    }

    fn tally(&self, lists: &Lists, groups: bool) -> Vec<PlaceTally> {
        (0..lists.len()).into_par_iter().map(|place| self.tally_one(lists.of(place), groups)).collect()
    }

    fn tally_one(&self, members: &[u32], groups: bool) -> PlaceTally {
        let wanted = if groups && self.by_group { u16::MAX } else { 1 };
        let mut out = PlaceTally { groups: vec![Tally::default(); GROUPS.len()], reasons: None };
        let mut reasons = self.barriers.filter(|_| groups).map(|b| (b, Reasons::new(self.outcomes.draws)));
        for &index in members {
            let student = index as usize;
            let probability = &self.outcomes.probabilities[student];
            let mask = groups_of(&self.inputs.students[student]) & wanted;
            let bits = || (0..GROUPS.len()).filter(move |g| mask >> g & 1 == 1);
            for group in bits() {
                let tally = &mut out.groups[group];
                tally.draws.resize(self.outcomes.draws, 0);
                tally.students += 1;
                match probability.basis {
                    Basis::Answer => {
                        tally.answers += 1;
                        tally.known += u32::from(probability.probability > 0.5);
                    }
                    Basis::Model => tally.expected += f64::from(probability.probability),
                }
            }
            self.outcomes.lacking_draws(student, |r| bits().for_each(|g| out.groups[g].draws[r] += 1));
            if let Some((barriers, reasons)) = &mut reasons {
                reasons.count(barriers, self.inputs.students[student].school, self.outcomes, student);
            }
        }
        out.reasons = reasons.map(|(_, reasons)| reasons);
        out
    }
}

fn gather<'t>(tallies: impl Iterator<Item = (String, &'t PlaceTally)>) -> BTreeMap<String, PlaceTally> {
    let mut out: BTreeMap<String, PlaceTally> = BTreeMap::new();
    for (id, tally) in tallies {
        out.entry(id).or_default().add(tally);
    }
    out
}

/// Which places make up which.
pub(super) fn links(inputs: &Inputs) -> Vec<Link> {
    use GeographyKind::{AttendanceZone, BlockGroup, County, District, School, State, Tract};
    let places = inputs.places;
    let mut pairs: Vec<(Geography, Geography)> = Vec::new();
    for school in &places.schools {
        let district = geography(District, &places.districts[school.district as usize]);
        pairs.push((district, geography(School, &school.id)));
    }
    for (zone, &district) in places.zones.iter().zip(&places.zone_districts) {
        pairs.push((
            geography(District, &places.districts[district as usize]),
            geography(AttendanceZone, zone),
        ));
    }
    for district in &places.districts {
        pairs.push((geography(State, district.get(..2).unwrap_or_default()), geography(District, district)));
    }
    let state_or_district = |county: &str| match places.districts.as_slice() {
        // A single district's students are all there are: the counties are parts of it.
        [district] => geography(District, district),
        _ => geography(State, county.get(..2).unwrap_or_default()),
    };
    for block_group in &places.block_groups {
        let (Some(tract), Some(county)) =
            (block_group.within(GeographyKind::Tract), block_group.within(GeographyKind::County))
        else {
            continue;
        };
        let (tract, county) = (geography(Tract, tract.as_str()), geography(County, county.as_str()));
        pairs.push((state_or_district(&county.id), county.clone()));
        pairs.push((county, tract.clone()));
        pairs.push((tract, geography(BlockGroup, block_group.as_str())));
    }
    joined(pairs)
}

/// Pairs put together: one link for each whole and kind of part.
pub(super) fn joined(pairs: Vec<(Geography, Geography)>) -> Vec<Link> {
    let mut by_whole: BTreeMap<(Geography, GeographyKind), Vec<Geography>> = BTreeMap::new();
    for (whole, part) in pairs {
        by_whole.entry((whole, part.kind)).or_default().push(part);
    }
    let link = |((whole, _), mut parts): ((Geography, _), Vec<Geography>)| {
        parts.sort();
        parts.dedup();
        Link { whole, parts }
    };
    by_whole.into_iter().map(link).collect()
}
