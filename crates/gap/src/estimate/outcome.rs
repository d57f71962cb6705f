//! From the draws of the model to each student's probability and, draw by draw, outcome.

use super::inputs::Student;
use super::model::{Fit, Frame, features};
use super::solve::{FEATURES, FIXED};
use super::{Basis, StudentProbability};
use rayon::prelude::*;

/// The outcomes of one measure: what is known, and one bit a draw for everybody else.
pub(super) struct Outcomes {
    /// The answer, where there is one.
    pub answers: Vec<Option<bool>>,
    /// Probabilities, in the order of the students.
    pub probabilities: Vec<StudentProbability>,
    /// `words` words a student; bit `r` says that the student lacks access in draw `r`.
    bits: Vec<u64>,
    words: usize,
    /// How many draws.
    pub draws: usize,
}

/// The draws, laid out so that all draws of one parameter are side by side.
struct Table {
    draws: usize,
    /// Intercept and features, for each of the sets of features.
    of_features: Vec<f32>,
    slope: Vec<f32>,
    effects: Vec<f32>,
}

impl Table {
    fn new(frame: &Frame, fit: &Fit) -> Self {
        let draws = fit.deviations.len();
        let at = |k: usize, r: usize| fit.mode[k] + fit.deviations[r][k];
        let mut of_features = Vec::with_capacity(draws << FEATURES);
        for mask in 0..1usize << FEATURES {
            for r in 0..draws {
                let x = |j: usize| (mask >> j & 1) as f64 - frame.means[j];
                let sum: f64 = (0..FEATURES).map(|j| at(2 + j, r) * x(j)).sum();
                of_features.push((at(0, r) + sum) as f32);
            }
        }
        let slope = (0..draws).map(|r| at(1, r) as f32).collect();
        let parameters = FIXED..fit.mode.len();
        let effects =
            parameters.flat_map(|k| (0..draws).map(move |r| (k, r))).map(|(k, r)| at(k, r) as f32).collect();
        Self { draws, of_features, slope, effects }
    }

    /// The logits of a student over the draws.
    fn logits(&self, frame: &Frame, student: &Student, out: &mut [f32]) {
        let n = self.draws;
        let effect = frame.effect(student);
        let prior = &frame.priors[effect];
        let (offset, lever) = (prior.offset as f32, (prior.offset - frame.centre) as f32);
        let mask = usize::from(features(student));
        let base = &self.of_features[mask * n..(mask + 1) * n];
        let row = |k: usize| &self.effects[k * n..(k + 1) * n];
        let (school, area) = (row(student.school as usize), row(frame.schools + effect));
        for r in 0..n {
            out[r] = base[r] + offset + self.slope[r] * lever + school[r] + area[r];
        }
    }
}

impl Outcomes {
    /// Draws the outcomes.
    pub fn new(
        frame: &Frame,
        fit: &Fit,
        students: &[Student],
        answers: Vec<Option<bool>>,
        seed: u64,
    ) -> Self {
        let table = Table::new(frame, fit);
        let draws = table.draws;
        let words = draws.div_ceil(64);
        let mut bits = vec![0u64; students.len() * words];
        let probabilities = bits
            .par_chunks_mut(words)
            .enumerate()
            .map_init(
                || vec![0f32; draws],
                |logits, (index, bits)| match answers[index] {
                    Some(lacks) => known(index as u32, lacks),
                    None => {
                        table.logits(frame, &students[index], logits);
                        draw(index as u32, logits, bits, seed)
                    }
                },
            )
            .collect();
        Self { answers, probabilities, bits, words, draws }
    }

    /// The outcomes of a measure of speed in two parts: `self` says who has no service, `slow` whose service is slow. A
    /// student is counted for the one or the other; `answers` are what is known of both together.
    pub fn or(mut self, slow: &Self, answers: Vec<Option<bool>>) -> Self {
        let both = |none: f32, slow: f32| none + (1.0 - none) * slow;
        for (index, answer) in answers.iter().enumerate() {
            let bits = index * self.words..(index + 1) * self.words;
            if let Some(lacks) = answer {
                self.probabilities[index] = known(index as u32, *lacks);
                self.bits[bits].fill(0);
                continue;
            }
            // Of a home that is known to have service, this part is a certain no.
            let (a, b) = (self.probabilities[index], &slow.probabilities[index]);
            self.probabilities[index] = StudentProbability {
                student: a.student,
                probability: both(a.probability, b.probability),
                low90: both(a.low90, b.low90),
                high90: both(a.high90, b.high90),
                basis: Basis::Model,
            };
            self.bits[bits.clone()].iter_mut().zip(&slow.bits[bits]).for_each(|(a, b)| *a |= b);
        }
        Self { answers, ..self }
    }

    /// Calls `f` with each draw in which this student lacks access by the model.
    pub fn lacking_draws(&self, student: usize, mut f: impl FnMut(usize)) {
        for (word, &bits) in self.bits[student * self.words..(student + 1) * self.words].iter().enumerate() {
            let mut left = bits;
            while left != 0 {
                f(word * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}

fn known(student: u32, lacks: bool) -> StudentProbability {
    let p = f32::from(u8::from(lacks));
    StudentProbability { student, probability: p, low90: p, high90: p, basis: Basis::Answer }
}

fn draw(student: u32, logits: &[f32], bits: &mut [u64], seed: u64) -> StudentProbability {
    let n = logits.len() as f32;
    let (mut sum, mut logit_sum, mut logit_squares) = (0f32, 0f32, 0f32);
    for (r, &logit) in logits.iter().enumerate() {
        let p = 1.0 / (1.0 + (-logit).exp());
        sum += p;
        logit_sum += logit;
        logit_squares += logit * logit;
        if uniform(seed, student, r as u32) < p {
            bits[r / 64] |= 1 << (r % 64);
        }
    }
    let mean = logit_sum / n;
    let sd = (logit_squares / n - mean * mean).max(0.0).sqrt();
    let at = |z: f32| 1.0 / (1.0 + (-(mean + z * sd)).exp());
    let probability = sum / n;
    StudentProbability {
        student,
        probability,
        low90: at(-1.645).min(probability),
        high90: at(1.645).max(probability),
        basis: Basis::Model,
    }
}

/// A uniform number in [0, 1) that depends on nothing but its arguments, so that threads may take students in any order
/// (the mixing function of SplitMix64: Steele, Lea and Flood 2014).
fn uniform(seed: u64, student: u32, draw: u32) -> f32 {
    let mut z =
        seed.wrapping_add((u64::from(student) << 32 | u64::from(draw)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ z >> 31) >> 40) as f32 / (1u32 << 24) as f32
}
