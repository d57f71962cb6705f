//! Why students lack access: the share of lacking students behind each barrier.
//!
//! A lacking student whose household named the barrier counts for that barrier. Every other lacking student counts
//! for each barrier in the proportion of the school, which is drawn towards the proportion of all answers:
//! Dirichlet with the school's answers plus 10 answers' worth of the whole. Draw by draw, so that the interval
//! carries both who lacks access and how few named a barrier.

use super::figure::Spread;
use super::inputs::Inputs;
use super::outcome::Outcomes;
use super::rollup::Tally;
use super::solve::Normal;
use super::{Estimate, Method};
use evenfield_model::{Barrier, Geography, Measure};

const KINDS: usize = Barrier::ALL.len();
/// How many answers the whole is worth in a school.
const WORTH: f64 = 10.0;

/// Who named which barrier, and the proportions of schools draw by draw.
pub(super) struct Barriers {
    named: Vec<Option<u8>>,
    /// `[school][barrier]`: the mean.
    means: Vec<[f32; KINDS]>,
    /// `[school][draw][barrier]`.
    draws: Vec<Vec<[f32; KINDS]>>,
}

impl Barriers {
    /// From the answers of lacking students; `None` when nobody named a barrier.
    pub fn new(inputs: &Inputs, named: Vec<Option<Barrier>>, seed: u64, draws: usize) -> Option<Self> {
        let kind = |b: Barrier| Barrier::ALL.iter().position(|&k| k == b).unwrap_or(KINDS - 1) as u8;
        let named: Vec<Option<u8>> = named.into_iter().map(|b| b.map(kind)).collect();
        let schools = inputs.places.schools.len();
        let mut counts = vec![[0f64; KINDS]; schools];
        let mut all = [0.5; KINDS];
        for (student, kind) in inputs.students.iter().zip(&named) {
            if let Some(kind) = *kind {
                counts[student.school as usize][usize::from(kind)] += 1.0;
                all[usize::from(kind)] += 1.0;
            }
        }
        named.iter().any(Option::is_some).then(|| {
            let whole = scaled(all);
            let prior = |counts: &[f64; KINDS], whole: &[f64; KINDS]| {
                std::array::from_fn(|k| counts[k] + WORTH * whole[k])
            };
            let means = counts.iter().map(|c| scaled(prior(c, &whole)).map(|p| p as f32)).collect();
            let mut by_school = vec![Vec::with_capacity(draws); schools];
            for draw in 0..draws {
                let mut normal = Normal::new(seed, draw as u64);
                let whole = dirichlet(&mut normal, all);
                for (school, c) in by_school.iter_mut().zip(&counts) {
                    school.push(dirichlet(&mut normal, prior(c, &whole)).map(|p| p as f32));
                }
            }
            Self { named, means, draws: by_school }
        })
    }
}

fn scaled(weights: [f64; KINDS]) -> [f64; KINDS] {
    let sum: f64 = weights.iter().sum();
    weights.map(|w| w / sum)
}

fn dirichlet(normal: &mut Normal, shape: [f64; KINDS]) -> [f64; KINDS] {
    scaled(shape.map(|a| normal.gamma(a.max(1e-3)).max(f64::MIN_POSITIVE)))
}

/// Lacking students by barrier in one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons {
    /// Named in an answer.
    named: u32,
    expected: [f64; KINDS],
    draws: Vec<[f32; KINDS]>,
}

impl Reasons {
    pub fn new(draws: usize) -> Self {
        Self { named: 0, expected: [0.0; KINDS], draws: vec![[0.0; KINDS]; draws] }
    }

    pub fn add(&mut self, other: &Self) {
        self.named += other.named;
        self.draws.resize(other.draws.len().max(self.draws.len()), [0.0; KINDS]);
        for k in 0..KINDS {
            self.expected[k] += other.expected[k];
        }
        for (sum, draw) in self.draws.iter_mut().zip(&other.draws) {
            (0..KINDS).for_each(|k| sum[k] += draw[k]);
        }
    }

    /// Counts one student.
    pub fn count(&mut self, barriers: &Barriers, school: u32, outcomes: &Outcomes, student: usize) {
        let proportions = &barriers.draws[school as usize];
        let mean = barriers.means[school as usize];
        match (outcomes.answers[student], barriers.named[student]) {
            (Some(false), _) => {}
            (Some(true), Some(kind)) => {
                self.named += 1;
                self.expected[usize::from(kind)] += 1.0;
                self.draws.iter_mut().for_each(|d| d[usize::from(kind)] += 1.0);
            }
            (Some(true), None) => {
                (0..KINDS).for_each(|k| self.expected[k] += f64::from(mean[k]));
                for (sum, p) in self.draws.iter_mut().zip(proportions) {
                    (0..KINDS).for_each(|k| sum[k] += p[k]);
                }
            }
            (None, _) => {
                let probability = f64::from(outcomes.probabilities[student].probability);
                (0..KINDS).for_each(|k| self.expected[k] += probability * f64::from(mean[k]));
                outcomes.lacking_draws(student, |r| {
                    (0..KINDS).for_each(|k| self.draws[r][k] += proportions[r][k]);
                });
            }
        }
    }

    /// One figure a barrier: its share of the lacking students.
    pub fn show(
        &self,
        measure: Measure,
        method: Method,
        at: &Geography,
        all: &Tally,
        out: &mut Vec<Estimate>,
    ) {
        let lacking = f64::from(all.known) + all.expected;
        if lacking < 0.5 {
            return;
        }
        for (k, &barrier) in Barrier::ALL.iter().enumerate() {
            let share = |d: &[f32; KINDS]| {
                let sum: f32 = d.iter().sum();
                if sum > 0.0 { f64::from(d[k] / sum) } else { self.expected[k] / lacking }
            };
            let spread = Spread::of(self.draws.iter().map(share).collect());
            let value = (self.expected[k] / self.expected.iter().sum::<f64>()).clamp(0.0, 1.0);
            out.push(Estimate {
                measure,
                barrier: Some(barrier),
                geography: at.clone(),
                group: "all".to_owned(),
                value,
                se: spread.sd,
                low90: spread.low.min(value).clamp(0.0, 1.0),
                high90: spread.high.max(value).clamp(0.0, 1.0),
                answers: self.named,
                students: lacking.round() as u32,
                method,
            });
        }
    }
}
