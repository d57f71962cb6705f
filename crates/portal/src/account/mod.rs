//! Slice `account`: who there is, how they sign in, which roles they have; and the list of districts,
//! because a role is always a role in a district.

pub mod pages;
pub mod queries;
pub mod secret;
pub mod session;
#[cfg(test)]
pub mod testing;
