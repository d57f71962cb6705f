//! How digital resources are used, without exposing a child.
//!
//! 1. [`catalogue`]: which names belong to which resource. 2. [`pseudonym`]: who asked, as a number that nobody can turn
//!    back once the term's key is gone. 3. [`fact`]: what is kept of a query, and what is not: [`fact::minimise`].
//! 4. [`review`]: names that no resource has, where a district wants to see them.
//!
//! Clock, keys and bytes are arguments. A name that was asked for never leaves [`fact::minimise`] but by [`review`].

pub mod catalogue;
pub mod fact;
pub mod pseudonym;
pub mod review;
