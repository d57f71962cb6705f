//! Figures with their 90% intervals: area data and survey answers combined, down to each student and
//! up to every geography.
//!
//! The way through:
//!
//! 1. [`Inputs`]: the roster by dense indices, the answers, the shares of areas. [`inputs`]
//! 2. Every measure has a hierarchical logistic model whose prior is the area's share. [`model`], [`solve`]
//! 3. Draws from the posterior give each non-respondent a probability and, draw by draw, an outcome;
//!    respondents keep their answers. [`outcome`]
//! 4. Outcomes are added up by place and group; the spread over the draws gives the interval. [`rollup`], [`figure`]
//! 5. Without a roster, [`area_only`] adds up the areas themselves.
//!
//! `docs/methods.md` says the same in plain words with the formulas.

mod area_only;
mod barrier;
mod figure;
mod inputs;
mod model;
mod outcome;
mod rollup;
mod solve;
#[cfg(test)]
mod tests;

pub use inputs::{Answer, AreaChildren, AreaShare, Inputs, Places, SchoolPlace, Settings, Student};

use evenfield_model::{Barrier, Geography, Measure};
use serde::{Deserialize, Serialize};

/// How a figure was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Weighted survey answers alone.
    Survey,
    /// Open data of areas alone (Fay-Herriot).
    Area,
    /// Survey and area data combined.
    Combined,
    /// Predicted from covariates: nothing was observed there.
    Synthetic,
}

impl Method {
    /// The word used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Area => "area",
            Self::Combined => "combined",
            Self::Synthetic => "synthetic",
        }
    }

    /// The method with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Survey, Self::Area, Self::Combined, Self::Synthetic].into_iter().find(|m| m.as_str() == word)
    }
}

/// One figure: the share of the students of one place and group for whom a measure is true; or, with
/// `barrier`, the share of those students whose barrier it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// What is measured.
    pub measure: Measure,
    /// `None`: the share of students for whom `measure` is true. Otherwise the share of *those* students
    /// that have this barrier; `students` then counts those for whom `measure` is true.
    #[serde(default)]
    pub barrier: Option<Barrier>,
    /// Where.
    pub geography: Geography,
    /// The group of students, `all` or for example `frl:yes`, `grade_band:high`.
    pub group: String,
    /// The share, 0 to 1.
    pub value: f64,
    /// Standard error of the share.
    pub se: f64,
    /// Lower end of the 90% interval, 0 to 1.
    pub low90: f64,
    /// Upper end of the 90% interval, 0 to 1.
    pub high90: f64,
    /// How many answers lie behind it.
    pub answers: u32,
    /// How many students it is about.
    pub students: u32,
    /// How it was made.
    pub method: Method,
}

/// A place and the places that it is made up of without overlap, for example a district and its schools.
/// The parts need not cover the whole: what is left over is worked out from the numbers of students.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The place that holds the others.
    pub whole: Geography,
    /// The places within it, no two of which share a student.
    pub parts: Vec<Geography>,
}

/// What a student's probability rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The student's own answer: the probability is 0 or 1.
    Answer,
    /// The model: other answers, the area's share, what the roster says.
    Model,
}

impl Basis {
    /// The word used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Model => "model",
        }
    }
}

/// The probability that a measure is true of one student.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudentProbability {
    /// The student's place in [`Inputs::students`].
    pub student: u32,
    /// The probability, 0 to 1.
    pub probability: f32,
    /// Lower end of its 90% interval.
    pub low90: f32,
    /// Upper end of its 90% interval.
    pub high90: f32,
    /// What it rests on.
    pub basis: Basis,
}

/// How the model of one measure came out, for the methods page and the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    /// The measure.
    pub measure: Measure,
    /// Answers that say whether the measure is true.
    pub answers: u32,
    /// Name and value of each coefficient, logit scale.
    pub coefficients: Vec<(String, f64)>,
    /// Standard deviation between schools, logit scale.
    pub school_sd: f64,
    /// Standard deviation between block groups beyond what their area figures explain, logit scale.
    pub block_group_sd: f64,
    /// How it was made.
    pub method: Method,
}

/// Everything that one run found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimates {
    /// Shares of students, `barrier` is `None`.
    pub figures: Vec<Estimate>,
    /// Shares of lacking students by barrier.
    pub barriers: Vec<Estimate>,
    /// Probabilities of students, one list a measure that could be estimated.
    pub students: Vec<(Measure, Vec<StudentProbability>)>,
    /// Which places make up which, for the publication rule.
    pub links: Vec<Link>,
    /// One report a measure.
    pub models: Vec<ModelReport>,
}

/// What is wrong with the inputs of a run as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// An index points past the end of its list.
    #[error("{what} {index} points to {to} {target}, there are only {len}")]
    Index {
        /// What points.
        what: &'static str,
        /// Its own place in its list.
        index: usize,
        /// What it points to.
        to: &'static str,
        /// Where it points.
        target: u32,
        /// The length of the list.
        len: usize,
    },
    /// Fewer or more draws than make sense.
    #[error("{0} draws were asked for, 50 to 2,000 can be made")]
    Draws(u32),
}

/// Estimates every measure for which there is an answer or an area's share. `told` hears how many of
/// [`Measure::ALL`] are done.
///
/// # Errors
/// [`InputError`] when an index points nowhere or a setting makes no sense. Inputs without any data give
/// no figures, which is not an error.
pub fn run(inputs: &Inputs, told: &dyn Fn(usize)) -> Result<Estimates, InputError> {
    inputs.check()?;
    let mut out = Estimates::default();
    if inputs.students.is_empty() {
        for (seed, measure) in seeds(inputs.settings.seed) {
            out.figures.extend(area_only::figures(inputs, measure, seed));
        }
        out.links = area_only::links(inputs);
        return Ok(out);
    }
    let members = rollup::Members::new(inputs);
    for (place, (seed, measure)) in seeds(inputs.settings.seed).enumerate() {
        one_measure(inputs, &members, place, measure, seed, &mut out);
        told(place + 1);
    }
    out.links = rollup::links(inputs);
    Ok(out)
}

/// A seed of its own for each measure.
fn seeds(seed: u64) -> impl Iterator<Item = (u64, Measure)> {
    (1u64..).map(move |k| seed.wrapping_add(k.wrapping_mul(0x9e37_79b9_7f4a_7c15))).zip(Measure::ALL)
}

/// Fits the model and draws the outcomes.
///
/// For a measure of speed `no_service` is given, and there are two parts: who has no service, and of those who have some,
/// whose is slow. A home without service is always known to be counted, one with service only where its speed is known: taken
/// together, homes that could not say how fast they are would be left out as if they were like all others, and the figure
/// would be much too high. Without any speed there is nothing to say.
///
/// A home that nobody asked and that was measured has service, but does not teach how many have none: it could not be one of them.
fn modelled(
    inputs: &Inputs,
    frame: &model::Frame,
    answers: Vec<Option<bool>>,
    no_service: Option<Vec<Option<bool>>>,
    seed: u64,
) -> Option<(outcome::Outcomes, model::Fit)> {
    let part = |taught: &[Option<bool>], known: Vec<Option<bool>>, seed: u64| {
        let fit = model::fit(frame, inputs.students, taught, seed, inputs.settings.draws as usize);
        (outcome::Outcomes::new(frame, &fit, inputs.students, known, seed), fit)
    };
    let Some(no_service) = no_service else { return Some(part(&answers.clone(), answers, seed)) };
    let pairs = || answers.iter().zip(&no_service);
    // A speed is the speed of a service.
    let none: Vec<Option<bool>> = pairs().map(|(a, n)| n.or(a.map(|_| false))).collect();
    let mut asked = none.clone();
    for answer in inputs.answers.iter().filter(|answer| answer.only_measured) {
        asked[answer.student as usize] = None;
    }
    let slow: Vec<Option<bool>> = pairs().map(|(a, n)| a.filter(|_| *n != Some(true))).collect();
    slow.iter().any(Option::is_some).then(|| {
        let (none, _) = part(&asked, none, seed.rotate_left(32));
        let (slow, fit) = part(&slow.clone(), slow, seed);
        (none.or(&slow, answers.clone()), fit)
    })
}

fn one_measure(
    inputs: &Inputs,
    members: &rollup::Members,
    place: usize,
    measure: Measure,
    seed: u64,
    out: &mut Estimates,
) {
    let mut answers = vec![None; inputs.students.len()];
    let mut named = vec![None; inputs.students.len()];
    let mut no_service = vec![None; inputs.students.len()];
    for answer in inputs.answers {
        let student = answer.student as usize;
        answers[student] = answer.measures[place];
        no_service[student] = answer.no_service;
        named[student] = answer.barrier.filter(|_| answer.measures[place] == Some(true));
    }
    let count = answers.iter().flatten().count() as u32;
    let frame = model::Frame::new(inputs, measure);
    let method = match (count > 0, frame.has_areas) {
        (true, true) => Method::Combined,
        (true, false) => Method::Survey,
        (false, true) if frame.priors.iter().any(|p| p.observed) => Method::Area,
        (false, true) => Method::Synthetic,
        (false, false) => return,
    };
    let draws = inputs.settings.draws as usize;
    let parts = if measure.is_of_speed() { Some(no_service) } else { None };
    let Some((outcomes, fit)) = modelled(inputs, &frame, answers, parts, seed) else { return };
    let about_internet = measure != Measure::M6SharedOrPhoneOnly;
    let barriers = if about_internet { barrier::Barriers::new(inputs, named, !seed, draws) } else { None };
    let counting = rollup::Counting {
        inputs,
        measure,
        members,
        outcomes: &outcomes,
        barriers: barriers.as_ref(),
        by_group: count > 0,
        method,
    };
    let (figures, of_barriers) = counting.figures();
    out.figures.extend(figures);
    out.barriers.extend(of_barriers);
    out.models.push(ModelReport {
        measure,
        answers: count,
        coefficients: model::NAMES.iter().zip(&fit.mode).map(|(name, &b)| ((*name).to_owned(), b)).collect(),
        school_sd: fit.school_variance.sqrt(),
        block_group_sd: fit.area_variance.sqrt(),
        method,
    });
    out.students.push((measure, outcomes.probabilities));
}
