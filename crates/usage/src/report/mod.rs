//! Tables that may be shown.
//!
//! 1. [`rule`]: each cell by itself. Too few students who used a resource, too few who did not, one who made most of the minutes:
//!    primary suppression.
//! 2. [`system`]: what an outsider knows. A district is the sum of its schools, a month of its weeks, minutes of their settings; a
//!    student who was there in a week was there in the month. All that was ever released is known.
//! 3. [`audit`]: the proof. For each cell that must be protected a linear programme looks for a table that agrees with everything
//!    known and in which the cell is not small. Where there is none, more is suppressed, until there is.
//! 4. [`ledger`]: what was released. A period is released once; to ask again gives the same.
//!
//! The ledger's file ([`Ledger::to_file`]) is the district's own: it holds what was withheld.
//!
//! Periods are those of [`crate::calendar`], and no others. A teacher's own section is [`own_section`]: for that teacher alone.
//!
//! What the outsider is not taken to combine: different resources, but for the number of students who used any.

mod audit;
mod file;
mod ledger;
mod rule;
mod system;
mod table;
#[cfg(test)]
mod tests;

pub use audit::Range;
pub use ledger::{Ledger, LedgerError};
pub use rule::{Rule, RuleError, Why};
pub use table::{Cell, Goal, OwnRow, Release, Row, goals, own_section, unapproved};
