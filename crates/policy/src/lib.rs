//! What a student may reach, and why.
//!
//! Lists, rules, schedules and the roster are compiled offline into one immutable, signed file, the
//! [`Snapshot`]; a resolver opens it in milliseconds and asks [`decide`] about each query. Pure: bytes, clock, seed
//! and keys are arguments.
//!
//! ```text
//! datagram -> Name ----------.
//! identity -> Subject --------> decide(view, in_force, subject, name) -> Verdict
//! snapshot -> View ----------'        |
//! clock, once a second -> InForce ----'
//! ```
//!
//! - [`Name`] is a DNS name in wire form. One keyed hash, run from the last label to the first, gives every suffix.
//! - [`Snapshot`] holds one table for all lists, `suffix -> set of lists`; who a device is; what is in force when.
//! - [`InForce`] says for each policy which [`Regime`] holds now and until when. Made by a ticker, read by [`decide`].
//! - [`decide`] gives the [`Verdict`], without allocation, lock or clock; [`explain`] runs the same code and keeps each step.
//! - [`Builder`] makes a snapshot; [`compile::compile`] feeds it with what [`config::read`] and [`lists::read`] say.

mod build;
pub mod compile;
pub mod config;
mod decide;
pub mod evidence;
mod hash;
mod in_force;
pub mod lists;
mod name;
pub mod schedule;
mod snapshot;
mod subject;
mod suffix;
mod table;

pub use build::{BuildError, Builder, Cover, Day, ScopeId};
pub use decide::{
    Action, Because, Explanation, Step, Verdict, decide, explain, explain_policy, is_ever_blocked,
    names_opened, would_open,
};
pub use in_force::InForce;
pub use name::{Name, NameBuf, NameError};
pub use snapshot::{
    Aligned, Answer, Category, ListId, OpenError, PolicyId, PublicKey, Regime, Rule, RuleId, Ruling, Scopes,
    SecretKey, Snapshot, Target, View, YouTube, seal,
};
pub use subject::{DeviceKey, SiteId, Subject, address_number};
pub use suffix::is_public_suffix;

#[cfg(test)]
mod tests;
