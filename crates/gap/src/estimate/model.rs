//! The model of one measure.
//!
//! For student `i` of school `s` in area `a`, with `q_a` the area's own share and `x` the roster's features:
//!
//! `logit p_i = logit q_a + alpha + gamma (logit q_a - mean) + beta (x_i - mean x) + u_s + v_a + l_a f`
//!
//! `alpha ~ N(0, 0.5^2)`, `gamma ~ N(0, 0.25^2)`, `beta ~ N(0, 2^2)`, `u_s ~ N(0, tau_s^2)`,
//! `v_a ~ N(0, tau_v^2 + s_a^2)` with `s_a` the area's own standard error on the logit scale, `f ~ N(0, I)` the error that
//! areas have in common, of which each has its part `l_a`. Without any answer everything
//! but `v_a` and `f` is fixed at 0: the figures are the areas'. Without areas `logit q_a` is 0 and
//! `alpha ~ N(0, 2.5^2)`. `tau_s` and `tau_v` are found by EM with a weak prior (one more group of variance 0.25), and each
//! draw has its own around them.
//! Source of the form: unit-level logistic-normal small area models, Rao and Molina 2015, section 9.5; of
//! the approximation at the mode: Breslow and Clayton 1993.

use super::inputs::{AreaShare, Inputs, Student};
use super::solve::{Common, FEATURES, FIXED, Normal, Pattern, Problem, logit};
use evenfield_model::{GeographyKind, Geoid, GradeBand, Measure};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Names of the parameters before the random effects.
pub(super) const NAMES: [&str; FIXED] = [
    "intercept",
    "area_slope",
    "frl_yes",
    "frl_unknown",
    "ell_yes",
    "iep_yes",
    "grade_band_middle",
    "grade_band_high",
];

/// An area's share as a prior: logit scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prior {
    /// Logit share, set so that the mean over its error is the share.
    pub offset: f64,
    /// Variance of its own.
    pub variance: f64,
    /// Its part of each error that areas have in common.
    pub common: Vec<f64>,
    /// Whether the area had a direct figure.
    pub observed: bool,
}

/// Shares nearer to 0 or 1 than this are taken as this: a logit needs it.
const EXTREME: f64 = 0.005;
/// Largest variance of an area's logit share that is believed.
const WIDEST: f64 = 4.0;

impl Prior {
    /// An area's share on the logit scale, the error by the delta method.
    pub fn of(area: &AreaShare) -> Self {
        let share = area.value.clamp(EXTREME, 1.0 - EXTREME);
        let slope = 1.0 / (share * (1.0 - share));
        let se = if area.se.is_finite() { area.se.max(0.0) } else { share };
        let all = (se * slope).powi(2).min(WIDEST);
        let said = area.common.iter().map(|l| (l * slope).powi(2)).sum::<f64>();
        // The parts are never more than the whole, also where that was cut.
        let kept = if said > 0.0 { slope * (all / said.max((se * slope).powi(2))).sqrt() } else { 0.0 };
        let common: Vec<f64> = area.common.iter().map(|l| l * kept).collect();
        let own = (all - common.iter().map(|l| l * l).sum::<f64>()).max(0.0);
        Self { offset: logit(share) * inflation(all), variance: own, common, observed: area.observed }
    }
}

/// By what a logit must be stretched so that its mean over a normal error of this variance is the share
/// (the logistic-normal integral by its probit likeness: Zeger, Liang and Albert 1988).
fn inflation(variance: f64) -> f64 {
    (1.0 + std::f64::consts::PI * variance / 8.0).sqrt()
}

/// The shares of one measure by place.
pub(super) struct AreaIndex<'a>(HashMap<&'a str, &'a AreaShare>);

impl<'a> AreaIndex<'a> {
    pub fn new(areas: &'a [AreaShare], measure: Measure) -> Self {
        let usable = |a: &&AreaShare| a.measure == measure && a.value.is_finite();
        Self(areas.iter().filter(usable).map(|a| (a.geoid.as_str(), a)).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The share of this place, or of the smallest place around it that has one.
    pub fn find(&self, geoid: &Geoid) -> Option<&'a AreaShare> {
        use GeographyKind::{BlockGroup, County, State, Tract};
        [BlockGroup, Tract, County, State]
            .into_iter()
            .filter_map(|kind| geoid.within(kind))
            .find_map(|g| self.0.get(g.as_str()).copied())
    }

    /// How many errors the areas have in common.
    pub fn width(&self) -> usize {
        self.0.values().map(|a| a.common.len()).max().unwrap_or(0)
    }

    fn sorted(&self) -> Vec<&'a AreaShare> {
        let mut all: Vec<_> = self.0.values().copied().collect();
        all.sort_by(|a, b| a.geoid.cmp(&b.geoid));
        all
    }
}

/// Where each student's parameters are, and the prior of one measure.
pub(super) struct Frame {
    /// Effect of each block group; the last is that of students without one.
    pub area_of: Vec<u32>,
    /// Prior of each effect.
    pub priors: Vec<Prior>,
    /// Mean logit of the priors.
    pub centre: f64,
    /// Whether there are areas.
    pub has_areas: bool,
    /// Means of the features.
    pub means: [f64; FEATURES],
    /// Schools.
    pub schools: usize,
}

impl Frame {
    pub fn new(inputs: &Inputs, measure: Measure) -> Self {
        let index = AreaIndex::new(inputs.areas, measure);
        let unknown = nowhere(&index);
        let mut effects: BTreeMap<&str, u32> = BTreeMap::new();
        let mut priors = Vec::new();
        let mut area_of = Vec::with_capacity(inputs.places.block_groups.len() + 1);
        for geoid in &inputs.places.block_groups {
            let (key, prior) = match index.find(geoid) {
                Some(area) => (area.geoid.as_str(), Prior::of(area)),
                None => (geoid.as_str(), unknown.clone()),
            };
            let next = priors.len() as u32;
            let effect = *effects.entry(key).or_insert(next);
            if effect == next {
                priors.push(prior);
            }
            area_of.push(effect);
        }
        area_of.push(priors.len() as u32);
        priors.push(unknown);
        let centre = priors.iter().map(|p| p.offset).sum::<f64>() / priors.len() as f64;
        let has_areas = !index.is_empty();
        let means = feature_means(inputs.students);
        Self { area_of, priors, centre, has_areas, means, schools: inputs.places.schools.len() }
    }

    /// The effect of this student's area.
    pub fn effect(&self, student: &Student) -> usize {
        let block_group = student.block_group.map_or(self.area_of.len() - 1, |b| b as usize);
        self.area_of[block_group] as usize
    }

    /// The students who answered, those alike put together.
    fn patterns(&self, students: &[Student], answers: &[Option<bool>]) -> Vec<Pattern> {
        let mut alike: BTreeMap<(u32, u32, u8), (f64, f64)> = BTreeMap::new();
        for (student, answer) in students.iter().zip(answers) {
            let Some(lacks) = answer else { continue };
            let key = (student.school, self.effect(student) as u32, features(student));
            let count = alike.entry(key).or_default();
            count.0 += 1.0;
            count.1 += f64::from(u8::from(*lacks));
        }
        let pattern = |((school, effect, features), (answers, lacking))| {
            let prior = &self.priors[effect as usize];
            Pattern {
                features,
                school: FIXED as u32 + school,
                area: (FIXED + self.schools) as u32 + effect,
                slope: prior.offset - self.centre,
                offset: prior.offset,
                answers,
                lacking,
            }
        };
        alike.into_iter().map(pattern).collect()
    }

    /// What the errors of the areas have in common.
    fn common(&self) -> Common {
        let width = self.priors.iter().map(|p| p.common.len()).max().unwrap_or(0);
        let row = |p: &Prior| (0..width).map(|k| p.common.get(k).copied().unwrap_or(0.0)).collect::<Vec<_>>();
        Common { first: FIXED + self.schools, width, rows: self.priors.iter().flat_map(row).collect() }
    }

    fn precision(&self, answered: bool, school_variance: f64, area_variance: f64) -> Vec<f64> {
        let mut variance = vec![FIXED_AT_0; FIXED];
        if answered {
            variance[0] = if self.has_areas { 0.25 } else { 6.25 };
            variance[1] = if self.has_areas { 0.0625 } else { FIXED_AT_0 };
            variance[2..].fill(4.0);
        }
        variance.extend(std::iter::repeat_n(school_variance, self.schools));
        variance.extend(self.priors.iter().map(|p| area_variance + p.variance));
        variance.extend(std::iter::repeat_n(1.0, self.common().width));
        variance.into_iter().map(|v| 1.0 / v.max(FIXED_AT_0)).collect()
    }
}

/// A variance so small that the parameter stays at its prior mean.
const FIXED_AT_0: f64 = 1e-10;

/// The prior of a place without a share: the mean of all, with their spread.
fn nowhere(index: &AreaIndex) -> Prior {
    let priors: Vec<Prior> = index.sorted().into_iter().map(Prior::of).collect();
    if priors.is_empty() {
        return Prior { offset: 0.0, variance: 0.0, common: Vec::new(), observed: false };
    }
    let n = priors.len() as f64;
    let offset = priors.iter().map(|p| p.offset).sum::<f64>() / n;
    let spread = priors.iter().map(|p| (p.offset - offset).powi(2)).sum::<f64>() / n;
    let width = priors.iter().map(|p| p.common.len()).max().unwrap_or(0);
    let mean = |k: usize| priors.iter().filter_map(|p| p.common.get(k)).sum::<f64>() / n;
    Prior { offset, variance: spread.max(0.25), common: (0..width).map(mean).collect(), observed: false }
}

/// The features of a student, one bit each.
pub(super) fn features(student: &Student) -> u8 {
    let bits = [
        student.frl == Some(true),
        student.frl.is_none(),
        student.ell == Some(true),
        student.iep == Some(true),
        student.band == GradeBand::Middle,
        student.band == GradeBand::High,
    ];
    bits.iter().enumerate().map(|(j, &bit)| u8::from(bit) << j).sum()
}

fn feature_means(students: &[Student]) -> [f64; FEATURES] {
    let mut sums = [0u64; FEATURES];
    for mask in students.iter().map(features) {
        for (j, sum) in sums.iter_mut().enumerate() {
            *sum += u64::from(mask >> j & 1);
        }
    }
    sums.map(|sum| sum as f64 / students.len().max(1) as f64)
}

/// The fitted model: mode and draws, in which the effect of an area holds its part of what areas have in common.
pub(super) struct Fit {
    /// Posterior mode.
    pub mode: Vec<f64>,
    /// Deviations from it, one a draw.
    pub deviations: Vec<Vec<f64>>,
    pub school_variance: f64,
    pub area_variance: f64,
}

/// Rounds of EM, and draws by which each measures the spread of the effects.
const ROUNDS: usize = 12;
const PROBES: usize = 24;
/// The weak prior of a variance: one more group with this variance.
const PRIOR_VARIANCE: f64 = 0.25;

/// Fits the model to the answers, in the order of the students.
pub(super) fn fit(
    frame: &Frame,
    students: &[Student],
    answers: &[Option<bool>],
    seed: u64,
    draws: usize,
) -> Fit {
    let patterns = frame.patterns(students, answers);
    let answered = !patterns.is_empty();
    let (mut school, mut area) = if answered { (PRIOR_VARIANCE, PRIOR_VARIANCE) } else { (0.0, 0.0) };
    let mut problem = Problem {
        patterns,
        means: frame.means,
        common: frame.common(),
        precision: frame.precision(answered, school, area),
    };
    let mut theta = vec![0.0; problem.precision.len()];
    let mut has_answer = vec![false; theta.len()];
    for p in &problem.patterns {
        has_answer[p.school as usize] = true;
        has_answer[p.area as usize] = true;
    }
    for round in 0..if answered { ROUNDS } else { 0 } {
        let (mode, w) = problem.mode(&theta);
        theta = mode;
        let probes = problem.deviations(&w, seed ^ (round as u64 + 1) << 32, PROBES);
        let square =
            |k: usize| theta[k] * theta[k] + probes.iter().map(|d| d[k] * d[k]).sum::<f64>() / PROBES as f64;
        let at = FIXED + frame.schools;
        school = mean_variance((FIXED..at).filter(|&k| has_answer[k]).map(square));
        // An area's effect is its own figure's error plus what the figure cannot know; only the latter has variance `area`.
        let unknown_part = |k: usize| {
            let known = frame.priors[k - at].variance;
            let keep = area / (area + known).max(FIXED_AT_0);
            keep * keep * square(k) + keep * known
        };
        area = mean_variance((at..at + frame.priors.len()).filter(|&k| has_answer[k]).map(unknown_part));
        problem.precision = frame.precision(answered, school, area);
    }
    let (mut mode, w) = problem.mode(&theta);
    let mut deviations = if answered {
        let drawn = Drawn::new(frame, &problem, &w, &has_answer, (school, area), seed);
        problem.deviations_under(&w, &mode, (seed, draws), |normal| drawn.precision(frame, normal))
    } else {
        problem.deviations(&w, seed, draws)
    };
    let off = problem.mean_off_mode(&mode, &w, &deviations);
    mode.iter_mut().zip(&off).for_each(|(m, o)| *m += o);
    problem.common.fold(&mut mode);
    deviations.iter_mut().for_each(|d| problem.common.fold(d));
    Fit { mode, deviations, school_variance: school, area_variance: area }
}

/// The variances between schools and between areas as uncertain as they are: each draw has its own. The logarithm of a variance that
/// `df` groups tell of is normal around that of its estimate with variance `2 / df` (the inverse of its Fisher information); a group
/// counts by the part of its effect's prior variance that the answers took away (MacKay 1992), and the weak prior as one more.
struct Drawn {
    /// Variance and degrees of freedom.
    school: (f64, f64),
    area: (f64, f64),
}

impl Drawn {
    fn new(
        frame: &Frame,
        problem: &Problem,
        w: &[f64],
        has_answer: &[bool],
        (school, area): (f64, f64),
        seed: u64,
    ) -> Self {
        let probes = problem.deviations(w, !seed, PROBES);
        let known = |k: usize| {
            let left = probes.iter().map(|d| d[k] * d[k]).sum::<f64>() / PROBES as f64;
            (1.0 - left * problem.precision[k]).clamp(0.0, 1.0)
        };
        let df = |effects: Range<usize>| 1.0 + effects.filter(|&k| has_answer[k]).map(known).sum::<f64>();
        let at = FIXED + frame.schools;
        Self { school: (school, df(FIXED..at)), area: (area, df(at..at + frame.priors.len())) }
    }

    fn precision(&self, frame: &Frame, normal: &mut Normal) -> Vec<f64> {
        let mut of = |(variance, df): (f64, f64)| variance * (normal.next() * (2.0 / df).sqrt()).exp();
        let (school, area) = (of(self.school), of(self.area));
        frame.precision(true, school, area)
    }
}

fn mean_variance(squares: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (PRIOR_VARIANCE, 1.0);
    for square in squares {
        sum += square;
        count += 1.0;
    }
    sum / count
}
