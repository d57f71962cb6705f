//! Class breaks of a map.

use super::Figure;
use evenfield_gap::publish::Published;

/// The most classes a map has: what readers can tell apart, and what the ramp of the style sheet has.
pub const MOST: usize = 5;

/// Classes of equal width with round ends that cover all shown figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    start: f64,
    step: f64,
    count: usize,
}

/// One class: its number from 1, its ends as shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    /// From 1.
    pub number: usize,
    /// Lower end, included.
    pub low: f64,
    /// Upper end, excluded except in the last class.
    pub high: f64,
}

impl Classes {
    /// The classes for these figures; `None` when none of them is shown.
    pub fn of<'a>(figures: impl Iterator<Item = &'a Figure>) -> Option<Self> {
        let mut low = f64::INFINITY;
        let mut high = f64::NEG_INFINITY;
        for number in figures.filter_map(|f| f.shown.as_ref().ok()) {
            low = low.min(number.value());
            high = high.max(number.value());
        }
        if low > high {
            return None;
        }
        // Whole steps in points of percent: integers, so that the ends are exact.
        for step in [1.0, 2.0, 5.0, 10.0, 20.0] {
            let first = (low * 100.0 / step).floor();
            let last = ((high * 100.0 / step).floor() + 1.0).min((100.0 / step).ceil());
            let count = (last - first).max(1.0) as usize;
            if count <= MOST {
                return Some(Self { start: first * step / 100.0, step: step / 100.0, count });
            }
        }
        None
    }

    /// The class of a figure, from 1.
    pub fn number(&self, number: &Published) -> usize {
        let steps = ((number.value() - self.start) / self.step + 1e-9).floor();
        (steps.max(0.0) as usize + 1).min(self.count)
    }

    /// All classes, low to high.
    pub fn all(&self) -> Vec<Class> {
        (0..self.count)
            .map(|i| Class {
                number: i + 1,
                low: self.start + self.step * i as f64,
                high: self.start + self.step * (i + 1) as f64,
            })
            .collect()
    }

    /// The colour of a class on the ramp of five, spread over the whole ramp when there are fewer.
    pub fn shade(&self, number: usize) -> usize {
        if self.count <= 1 {
            return 3;
        }
        1 + (number - 1) * (MOST - 1) / (self.count - 1)
    }
}
