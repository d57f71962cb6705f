//! The best mix of options under a budget, with a proof.
//!
//! ```text
//! folder -> read -> Instance -> solve -> Certificate -> verify -> objective and bound, or what is wrong
//! ```
//!
//! An [`Instance`] says what is wanted (demands with weights), what can be bought (options with costs) and how well each option
//! serves each demand (a quality from 0 to 1). A plan says which options are opened in which year. What it is worth:
//!
//! - An option that is opened in a year serves in that year and in each one after it. It is paid in the year in which it is
//!   opened (`cost`) and, with `running`, in each of its years. No year's payments exceed its budget; nothing is carried over. With a
//!   count instead of a budget, no year opens more options than its count.
//! - In each year each part of a demand's weight counts once, with the quality of the option that serves it. Options without
//!   a capacity serve whatever they cover, so that what is left to them counts with the best quality among those that are
//!   open. An option with a capacity serves parts of what it covers, as the plan says, up to its capacity in each year.
//! - The objective is the sum over years and demands of weight times quality: students, or student-years.
//! - A floor demands that in the last year at least its share of its group's weight counts, quality included.
//! - What has a vendor is bought from no more vendors than the instance allows.
//! - Of an exclusive group at most one option is bought. What is fixed `in` is opened in the first year; what is fixed
//!   `out` never.
//!
//! Money is in cents; weights and qualities are in millionths ([`MILLION`]); the objective is therefore in 10^-12 students.
//! Nothing in an instance, a plan or a bound is a floating-point number, so that [`verify`] is exact.

pub mod certificate;
mod explain;
mod fair;
mod instance;
mod names;
mod reach;
pub mod read;
pub mod scenario;
mod solve;
pub mod study;
mod summary;
mod verify;

pub use explain::{Explained, Explainer};
pub use fair::{Fair, fair};
pub use instance::{Fixed, Floor, Instance, Limit, MILLION, NONE, UNLIMITED};
pub use names::{Index, Names};
pub use reach::floors_beyond;
pub use solve::{Goal, Progress, solve};
pub use summary::{Dollars, Group, Purchase, Strategy, Summary, Year, summary};
pub use verify::{Refusal, verify};
