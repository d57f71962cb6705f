//! What options with a capacity serve while a plan is made. What such an option serves is not lost to a better one: that takes it
//! over for the difference of quality, as a hotspot at home takes over from a seat in the library.

use super::ground::{Cell, Ground, UNIT};
use crate::UNLIMITED;

/// A part of a demand and the quality with which an option with a capacity serves it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Share {
    quality: f32,
    students: f32,
}

/// A part of a demand that an option would raise, by how much for a student, and who has it: the number of a share, or nobody.
#[derive(Clone, Copy, Debug)]
struct Raise {
    demand: u32,
    quality: f32,
    gain: f32,
    students: f32,
    share: Option<u32>,
}

/// Of each demand in a year, what is not held by options with a capacity, and what is.
pub(super) struct Held {
    free: Vec<f32>,
    shares: Vec<Vec<Share>>,
}

impl Held {
    pub fn new(ground: &Ground<'_>) -> Self {
        Self { free: ground.weights.clone(), shares: vec![Vec::new(); ground.weights.len()] }
    }

    /// What an option would raise, in the order of its covers.
    fn raises<'s>(
        &'s self,
        ground: &'s Ground<'_>,
        option: usize,
        cells: &'s [Cell],
    ) -> impl Iterator<Item = Raise> + 's {
        ground
            .instance
            .parts(option)
            .flat_map(move |(demand, quality, most)| {
                let mut most = (most as f64 * UNIT) as f32;
                let quality = (f64::from(quality) * UNIT) as f32;
                let (cell, weight) = (cells[demand], ground.weights[demand]);
                // How much a student of this demand counts.
                let lift = if weight > 0.0 { cell.weight / weight } else { 0.0 };
                let raise = move |from: f32, students: f32, share: Option<u32>| Raise {
                    demand: demand as u32,
                    quality,
                    gain: (quality - from) * lift,
                    students,
                    share,
                };
                let held = self.shares[demand]
                    .iter()
                    .zip(0..)
                    .map(move |(s, n)| raise(s.quality, s.students, Some(n)));
                let all = std::iter::once(raise(cell.price, self.free[demand], None)).chain(held);
                all.map(move |mut raise| {
                    raise.students = raise.students.min(most);
                    most -= raise.students;
                    raise
                })
            })
            .filter(|raise| raise.gain > 0.0 && raise.students > 0.0)
    }

    /// What an option takes, the best first, up to its capacity.
    fn taken(&self, ground: &Ground<'_>, option: usize, cells: &[Cell]) -> Vec<Raise> {
        let mut raises: Vec<Raise> = self.raises(ground, option, cells).collect();
        let mut left = (ground.instance.capacity(option) as f64 * UNIT) as f32;
        if raises.iter().map(|r| r.students).sum::<f32>() > left {
            raises.sort_by(|a, b| b.gain.total_cmp(&a.gain));
            raises.retain_mut(|raise| {
                raise.students = raise.students.min(left);
                left -= raise.students;
                raise.students > 0.0
            });
        }
        raises
    }

    /// What an option adds: students times the quality above what they have, within its capacity.
    pub fn adds(&self, ground: &Ground<'_>, option: usize, cells: &[Cell]) -> f64 {
        let worth = |raise: &Raise| f64::from(raise.gain) * f64::from(raise.students);
        if ground.instance.capacity(option) == UNLIMITED {
            return self.raises(ground, option, cells).map(|raise| worth(&raise)).sum();
        }
        self.taken(ground, option, cells).iter().map(worth).sum()
    }

    /// Students times the quality that they have.
    pub fn worth(&self, cells: &[Cell]) -> f64 {
        let free = self.free.iter().zip(cells).map(|(free, cell)| f64::from(free * cell.price));
        let held = self.shares.iter().flatten().map(|share| f64::from(share.students * share.quality));
        free.sum::<f64>() + held.sum::<f64>()
    }

    /// Opens an option.
    pub fn open(&mut self, ground: &Ground<'_>, option: usize, cells: &mut [Cell]) {
        if ground.instance.capacity(option) == UNLIMITED {
            for (demand, quality) in ground.instance.covers(option) {
                let (cell, free) = (&mut cells[demand], &mut self.free[demand]);
                cell.price = cell.price.max((f64::from(quality) * UNIT) as f32);
                self.shares[demand].retain(|share| {
                    let better = share.quality > cell.price;
                    *free += if better { 0.0 } else { share.students };
                    better
                });
            }
            return;
        }
        let taken = self.taken(ground, option, cells);
        for raise in &taken {
            let demand = raise.demand as usize;
            let from = match raise.share {
                Some(share) => &mut self.shares[demand][share as usize].students,
                None => &mut self.free[demand],
            };
            *from = (*from - raise.students).max(0.0);
        }
        for raise in &taken {
            let shares = &mut self.shares[raise.demand as usize];
            shares.retain(|share| share.students > 0.0);
            match shares.iter_mut().find(|share| share.quality == raise.quality) {
                Some(share) => share.students += raise.students,
                None => shares.push(Share { quality: raise.quality, students: raise.students }),
            }
        }
    }
}
