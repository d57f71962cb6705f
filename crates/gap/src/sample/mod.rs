//! Survey answers to weighted figures.
//!
//! 1. [`rake`]: weights by which the answers add up to the enrolment, large weights trimmed.
//! 2. [`share`]: a weighted share with its standard error and 90% interval, Kish's design effect.
//! 3. [`nonresponse`]: who answered, and how far the figure could be off if those who did not are different.

mod nonresponse;
mod rake;
mod share;
#[cfg(test)]
mod tests;

pub use nonresponse::{Shift, mixture, tipping_point};
pub use rake::{Margin, RakeError, Raked, Settings, enrollment_margins, rake};
pub use share::{Design, WeightedShare, in_two_parts, kish, share};
