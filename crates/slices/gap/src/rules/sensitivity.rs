//! How far a survey's figure would move if the students who did not answer are different.
//!
//! Worked out from the published share and counts alone, so that it says nothing that they do not.

use evenfield_gap::publish::Published;
use evenfield_gap::sample::{mixture, tipping_point};

/// How many times as likely to lack access the silent are taken to be.
pub const TIMES: [f64; 6] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0];

/// The figure under other assumptions about the silent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// How many times as likely, and the share then.
    pub shifts: Vec<(f64, f64)>,
    /// The share that is looked for: the upper end of the interval of survey and open data together.
    pub line: Option<f64>,
    /// How many times as likely the silent would have to be for the share to reach the line.
    pub tipping: Option<f64>,
}

/// The sensitivity of a figure of the survey by itself; `None` where it is coded, or everybody answered.
pub fn of(alone: &Published, combined: Option<&Published>) -> Option<Sensitivity> {
    if alone.coding().is_some() || alone.answers() >= alone.students() {
        return None;
    }
    let rate = f64::from(alone.answers()) / f64::from(alone.students());
    let shifts = mixture(alone.value(), rate, &TIMES).into_iter().map(|s| (s.times, s.value)).collect();
    let line = combined.map(Published::high90).filter(|line| *line < 1.0);
    // Above the line already when nobody silent lacks access: no number of times is small enough.
    let tipping = line.and_then(|line| match rate * alone.value() >= line {
        true => Some(0.0),
        false => tipping_point(alone.value(), rate, line),
    });
    Some(Sensitivity { shifts, line, tipping })
}
