//! The homework gap: who lacks adequate access, where and why, and how sure we are.
//!
//! The way through, in the order in which data flow:
//!
//! 1. [`read`]: bytes to text and tables. Encodings, archives, bounded memory.
//! 2. [`roster`], [`survey`], [`open`], [`place`]: what districts, families and agencies send,
//!    each parsed to `(rows, problems)`; boundaries and addresses.
//! 3. [`measure`]: one answer to each measure, true, false or unknown. [`sample`]: answers to weighted
//!    figures (raking, trimming, design effect, non-response).
//! 4. [`area`]: figures of many areas made steadier by each other (Fay-Herriot).
//! 5. [`estimate`]: both combined down to the student and up to every geography, with 90% intervals.
//! 6. [`publish`]: which figures may be shown; only a `Published` one can be rendered.
//! 7. [`district`]: all of it in one call, from what is stored about a district.
//! 8. [`connectivity`]: each school's own line against the FCC's goals.
//! 9. [`inventory`]: what a district lends, from its files.
//! 10. [`home_speed`]: what the speed tests of a home say of it, and how sure that is.
//!
//! Nothing here opens a file, a socket or a clock: bytes, the date and the seed are arguments.

pub mod area;
pub mod connectivity;
pub mod district;
pub mod estimate;
pub mod home_speed;
pub mod inventory;
pub mod measure;
pub mod open;
pub mod place;
pub mod publish;
pub mod read;
pub mod roster;
pub mod sample;
pub mod survey;
