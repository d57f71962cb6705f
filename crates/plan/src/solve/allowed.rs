//! In which years an option may be opened in a case of the proof, and what follows from what must be bought: it takes its part of each year's
//! limit, and what does not fit into what is left cannot be bought.

use crate::{Fixed, Instance, NONE};

/// A set of choices: bit `t` is to open in the year `t`, counted from 0, and [`NEVER`] is not to buy at all.
pub(super) type Allowed = u32;

/// Not to buy.
pub(super) const NEVER: Allowed = 1 << 31;

/// What an option may be before anything is decided: what is not fixed can be opened in the years in which it alone is within the limits.
pub(super) fn begin(instance: &Instance, option: usize) -> Allowed {
    match instance.fixed(option) {
        Fixed::In => 1,
        Fixed::Out => NEVER,
        Fixed::Free => {
            let room = Room { left: instance.limit.amounts().to_vec() };
            room.narrow(instance, option, NEVER | by(instance.years()))
        }
    }
}

/// To open in one of so many first years.
pub(super) fn by(years: usize) -> Allowed {
    (1 << years) - 1
}

/// The years of a set.
pub(super) fn years(allowed: Allowed) -> impl Iterator<Item = usize> {
    (0..31).filter(move |year| allowed >> year & 1 == 1)
}

/// The largest amount of those allowed, one for each year, and 0 for never; nothing is allowed where it is nothing.
pub(super) fn largest<T: PartialOrd + Copy>(allowed: Allowed, of_years: &[T], zero: T) -> Option<T> {
    let never = (allowed & NEVER != 0).then_some(zero);
    let all = years(allowed).map(|year| of_years[year]).chain(never);
    all.reduce(|a, b| if b > a { b } else { a })
}

/// What an option takes at least of a year's limit.
fn least(instance: &Instance, option: usize, allowed: Allowed, year: usize) -> u64 {
    if allowed & NEVER != 0 {
        return 0;
    }
    let charge = |from| if from > year { 0 } else { instance.charge(option, year, from == year) };
    years(allowed).map(charge).min().unwrap_or(0)
}

/// What must be bought leaves so much of each year's limit.
pub(super) struct Room {
    left: Vec<u64>,
}

impl Room {
    /// Nothing where that is less than nothing.
    pub fn new(instance: &Instance, must: impl Iterator<Item = (usize, Allowed)>) -> Option<Self> {
        let mut left = instance.limit.amounts().to_vec();
        for (option, allowed) in must.filter(|(_, allowed)| *allowed & NEVER == 0) {
            for (year, left) in left.iter_mut().enumerate() {
                *left = left.checked_sub(least(instance, option, allowed, year))?;
            }
        }
        Some(Self { left })
    }

    /// What is left of an option's choices.
    pub fn narrow(&self, instance: &Instance, option: usize, allowed: Allowed) -> Allowed {
        let fits = |from: &usize| {
            (*from..self.left.len()).all(|year| {
                let own = least(instance, option, allowed, year);
                instance.charge(option, year, year == *from).saturating_sub(own) <= self.left[year]
            })
        };
        years(allowed).filter(fits).map(|year| 1 << year).sum::<Allowed>() | allowed & NEVER
    }
}

/// What is left of the choices of all these options, where nothing else can be bought: within the limits, and one of each exclusive group. Nothing
/// where what must be bought cannot be.
pub(super) fn narrowed(instance: &Instance, options: &[u32], allowed: &[Allowed]) -> Option<Vec<Allowed>> {
    let both = || options.iter().map(|o| *o as usize).zip(allowed.iter().copied());
    let room = Room::new(instance, both())?;
    let mut taken = vec![NONE; instance.exclusive_names.len()];
    for (option, allowed) in both().filter(|b| b.1 & NEVER == 0) {
        if let Some(taken) = taken.get_mut(instance.exclusive(option) as usize)
            && std::mem::replace(taken, option as u32) != NONE
        {
            return None;
        }
        if room.narrow(instance, option, allowed) == 0 {
            return None;
        }
    }
    let narrow = |(option, allowed): (usize, Allowed)| {
        let taken = taken.get(instance.exclusive(option) as usize).copied().unwrap_or(NONE);
        if taken != NONE && taken != option as u32 { NEVER } else { room.narrow(instance, option, allowed) }
    };
    Some(both().map(narrow).collect())
}
