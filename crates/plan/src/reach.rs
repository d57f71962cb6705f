//! Which groups anything reaches: a floor of one that nothing reaches cannot be met, and is no reason to give the others nothing.

use crate::{Fixed, Instance, MILLION, NONE};

/// A group of less than a hundredth of a student is what rounding left: no millionth of it can be shared out.
const LEAST: u64 = MILLION / 100;

/// The numbers of the groups with students whom an option that could be bought by itself serves, and of those of whom none serves any.
pub(crate) fn groups(instance: &Instance) -> (Vec<u32>, Vec<u32>) {
    let mut reached = vec![false; instance.group_names.len()];
    for option in (0..instance.option_count()).filter(|option| could_be_bought(instance, *option)) {
        for (demand, ..) in instance.parts(option).filter(|part| part.1 > 0 && part.2 > 0) {
            if let Some(reached) = reached.get_mut(instance.group(demand) as usize) {
                *reached = true;
            }
        }
    }
    let mut weights = vec![0u64; reached.len()];
    for (weight, group) in instance.weights.iter().zip(&instance.groups).filter(|(_, group)| **group != NONE)
    {
        weights[*group as usize] = weights[*group as usize].saturating_add(*weight);
    }
    let all = (0..reached.len()).filter(|group| weights[*group] >= LEAST);
    let (within, beyond): (Vec<usize>, Vec<usize>) = all.partition(|group| reached[*group]);
    let numbers = |groups: Vec<usize>| groups.into_iter().map(|group| group as u32).collect();
    (numbers(within), numbers(beyond))
}

/// The groups that have a floor and that nothing reaches.
pub fn floors_beyond(instance: &Instance) -> Vec<u32> {
    if instance.floors.is_empty() {
        return Vec::new();
    }
    let (_, beyond) = groups(instance);
    beyond.into_iter().filter(|group| instance.floors.iter().any(|floor| floor.group == *group)).collect()
}

fn could_be_bought(instance: &Instance, option: usize) -> bool {
    let limits = instance.limit.amounts();
    let fits = |from: usize| {
        (from..limits.len()).all(|year| instance.charge(option, year, year == from) <= limits[year])
    };
    instance.capacity(option) > 0
        && match instance.fixed(option) {
            Fixed::In => true,
            Fixed::Out => false,
            Fixed::Free => (0..limits.len()).any(fits),
        }
}
