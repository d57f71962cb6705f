//! How digital resources are used, without exposing a child.
//!
//! 1. [`catalogue`]: which names belong to which resource. 2. [`pseudonym`]: who asked, as a number that nobody can turn
//!    back once the term's key is gone. 3. [`fact`]: what is kept of a query, and what is not: [`fact::minimise`].
//! 4. [`review`]: names that no resource has, where a district wants to see them.
//! 5. [`segment`]: facts sealed in a file. 6. [`keep`]: the file's way to a store, exactly once.
//! 7. [`minutes`]: the method. 8. [`calendar`] and [`roster`]: when, and whose. 9. [`rollup`]: the kernel.
//! 10. [`report`]: the tables that may be shown. 11. [`district`]: all of it from a folder.
//!
//! Clock, keys and bytes are arguments. A name that was asked for never leaves [`fact::minimise`] but by [`review`].

pub mod calendar;
pub mod catalogue;
pub mod district;
pub mod fact;
pub mod keep;
pub mod minutes;
pub mod pseudonym;
pub mod report;
pub mod review;
pub mod rollup;
pub mod roster;
pub mod segment;
