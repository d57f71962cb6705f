//! The survey by itself: what the answers alone say of the district, weighted to its enrolment.
//!
//! It stands beside the combined figure, so that a reader sees what the survey adds and what it costs. For each measure
//! the students whose answer says whether it is true are raked to the enrolment (so that a question left open
//! counts as no answer), and their share goes through the publication rule like any other figure.

use super::people::People;
use crate::estimate::{Answer, Estimate, Method};
use crate::publish::{self, PublishRule, Record, RuleError};
use crate::sample::{self, Design, Settings, enrollment_margins, in_two_parts, rake, share};
use evenfield_model::{Geography, GeographyKind, Measure};
use serde::{Deserialize, Serialize};

/// The survey of a district by itself, as it may be shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SurveyAlone {
    /// Students on the roster.
    pub students: u32,
    /// Students with an answer, whatever it says.
    pub answered: u32,
    /// One a measure that any answer says something of, in the order of [`Measure::ALL`].
    pub measures: Vec<SurveyMeasure>,
}

/// One measure by the answers alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurveyMeasure {
    /// The raked share after the publication rule; `answers` are those that say whether the measure is true.
    pub figure: Record,
    /// Kish's design effect of the weights, 1 or more.
    pub design_effect: f64,
    /// Answers divided by the design effect.
    pub effective_answers: f64,
    /// How many weights were trimmed.
    pub trimmed: u32,
    /// How many categories of the enrolment had too few answers to be weighted by themselves.
    pub collapsed: u32,
    /// Whether the weighted answers add up to the enrolment.
    pub converged: bool,
}

/// The survey by itself; nothing without answers.
pub(super) fn alone(
    people: &People,
    leaid: &str,
    rule: &PublishRule,
) -> Result<Option<SurveyAlone>, RuleError> {
    // Of two answers of one student the last counts.
    let mut latest = vec![None; people.students.len()];
    for answer in &people.answers {
        latest[answer.student as usize] = Some(answer);
    }
    let answered = latest.iter().flatten().count() as u32;
    if answered == 0 {
        return Ok(None);
    }
    let mut measures = Vec::new();
    for (place, measure) in Measure::ALL.into_iter().enumerate() {
        let said = |answer: &&Answer| answer.measures[place];
        let known = (0u32..).zip(&latest).filter_map(|(i, a)| {
            let answer = a.as_ref()?;
            let lacks = said(answer);
            match (measure.is_of_speed(), answer.no_service) {
                (true, Some(none)) => Some(Said { student: i, none, lacks }),
                (_, _) => Some(Said { student: i, none: false, lacks: Some(lacks?) }),
            }
        });
        measures.extend(one(people, leaid, measure, &known.collect::<Vec<_>>(), rule)?);
    }
    Ok(Some(SurveyAlone { students: people.students.len() as u32, answered, measures }))
}

/// What a student's answer says of a measure.
struct Said {
    student: u32,
    /// For a measure of speed: there is no service, so that there is no speed either.
    none: bool,
    lacks: Option<bool>,
}

/// One measure by the students whose answer says something of it. A measure of speed is the share without service and, of
/// those with service, the share whose known speed is too low: see [`crate::estimate`].
fn one(
    people: &People,
    leaid: &str,
    measure: Measure,
    known: &[Said],
    rule: &PublishRule,
) -> Result<Option<SurveyMeasure>, RuleError> {
    let who: Vec<u32> = known.iter().map(|said| said.student).collect();
    let of_served: Vec<Option<bool>> = known.iter().map(|said| said.lacks.filter(|_| !said.none)).collect();
    let margins = enrollment_margins(&people.students, &who);
    let Ok(raked) = rake(who.len(), &margins, Settings::default()) else { return Ok(None) };
    let students = people.students.len();
    let design = Design { weights: &raked.weights, margins: &raked.margins, students: Some(students as f64) };
    let Some(mut share) = share(&of_served, design) else { return Ok(None) };
    if measure.is_of_speed() {
        let none: Vec<Option<bool>> = known.iter().map(|said| Some(said.none)).collect();
        let Some(none) = sample::share(&none, design) else { return Ok(None) };
        share = in_two_parts(&none, &share, known.iter().filter(|said| said.lacks.is_some()).count());
    }
    let estimate = Estimate {
        measure,
        barrier: None,
        geography: Geography { kind: GeographyKind::District, id: leaid.to_owned() },
        group: "all".to_owned(),
        value: share.value,
        se: share.se,
        low90: share.low90,
        high90: share.high90,
        answers: share.answers as u32,
        students: students as u32,
        method: Method::Survey,
    };
    Ok(Some(SurveyMeasure {
        figure: publish::alone(&estimate, false, rule)?.to_record(),
        design_effect: share.kish_deff,
        effective_answers: share.kish_n,
        trimmed: raked.trimmed as u32,
        collapsed: raked.collapsed as u32,
        converged: raked.converged,
    }))
}
