//! A fictional but plausible district, made from a seed: a town and its rural surroundings, its households,
//! schools and students, and the files that a real district would send about them. The files go through the
//! same readers as real ones; nothing in the product knows that they are made up, except the district's own
//! mark `fictional`, which puts a banner on each page.
//!
//! No person here exists: students are called "Student" and a number.

mod files;
mod land;
mod oneroster;
mod people;
mod plan;
mod settings;

pub use files::files;
pub use plan::plan;
pub use settings::settings;

/// What the district keeps its students from.
pub const POLICY: &str = include_str!("policy.toml");

/// LEAID of the fictional district. FIPS 99 is assigned to no state.
pub const LEAID: &str = "9900001";
/// Its name.
pub const NAME: &str = "Willow Bend School District";
/// The term of its survey.
pub const TERM: &str = "2026-fall";

/// A whole fictional district.
pub struct Town {
    land: land::Land,
    people: people::People,
    seed: u64,
}

impl Town {
    /// Makes the district of this seed with about this many students.
    pub fn new(seed: u64, students: usize) -> Self {
        let land = land::Land::new(seed);
        let people = people::People::new(seed, &land, students);
        Self { land, people, seed }
    }

    /// How many students there are.
    #[cfg(test)]
    pub fn students(&self) -> usize {
        self.people.students.len()
    }
}

#[cfg(test)]
mod tests;
