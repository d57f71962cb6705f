//! Who is served by whom, better: options with a capacity that are full hand what they serve to others that have room, and serve in its place
//! what nobody serves. These are the augmenting paths of length three of the transportation problem (Ford and Fulkerson, 1956); longer ones come
//! about by several passes.

use crate::Instance;
use std::collections::BTreeMap;

/// Covers beyond which it would take too long, since each plan is gone through.
const MOST_COVERS: usize = 300_000;
/// Passes at most.
const PASSES: usize = 8;

/// One year of a plan in the making.
pub(super) struct Year<'a> {
    pub instance: &'a Instance,
    /// Options with a capacity that are open.
    pub open: Vec<u32>,
    /// The quality that each demand has without them.
    pub best: &'a [u32],
    /// How much of each demand they do not serve.
    pub rest: &'a mut [u64],
    /// How much more each option can serve.
    pub room: &'a mut [u64],
}

impl Year<'_> {
    /// Changes who serves what: option, demand, amount.
    pub fn reassign(&mut self, served: &mut Vec<(u32, u32, u64)>) {
        if self.instance.covered.len() > MOST_COVERS || self.rest.iter().all(|rest| *rest == 0) {
            return;
        }
        let mut servers: Vec<Vec<(u32, u32)>> = vec![Vec::new(); self.best.len()];
        for option in &self.open {
            for (demand, quality) in self.raised(*option) {
                servers[demand as usize].push((*option, quality));
            }
        }
        let mut amounts: BTreeMap<(u32, u32), u64> = served.iter().map(|s| ((s.0, s.1), s.2)).collect();
        for _ in 0..PASSES {
            let mut changed = false;
            for at in 0..self.open.len() {
                changed |= self.hand_over(self.open[at], &servers, &mut amounts);
            }
            if !changed {
                break;
            }
        }
        let left = amounts.into_iter().filter(|(_, amount)| *amount > 0);
        *served = left.map(|((option, demand), amount)| (option, demand, amount)).collect();
    }

    /// What an option covers with a better quality than there is without a capacity.
    fn raised(&self, option: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let covers = self.instance.covers(option as usize);
        covers.filter(|(demand, quality)| *quality > self.best[*demand]).map(|(demand, q)| (demand as u32, q))
    }

    /// Lets a full option serve what nobody serves, in place of what others can serve; whether it did.
    fn hand_over(
        &mut self,
        option: u32,
        servers: &[Vec<(u32, u32)>],
        amounts: &mut BTreeMap<(u32, u32), u64>,
    ) -> bool {
        if self.room[option as usize] > 0 {
            return false;
        }
        let mut wants: Vec<(u32, u32)> = self
            .raised(option)
            .filter(|(demand, _)| self.rest[*demand as usize] > 0)
            .map(|(demand, quality)| (quality - self.best[demand as usize], demand))
            .collect();
        if wants.is_empty() {
            return false;
        }
        wants.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut moves: Vec<(i64, u32, u32)> = Vec::new();
        for (demand, quality) in self.raised(option) {
            if amounts.get(&(option, demand)).is_some_and(|amount| *amount > 0) {
                let others =
                    servers[demand as usize].iter().filter(|s| s.0 != option && self.room[s.0 as usize] > 0);
                moves.extend(others.map(|s| (i64::from(quality) - i64::from(s.1), demand, s.0)));
            }
        }
        moves.sort_unstable();
        let mut changed = false;
        for (gain, wanted) in wants {
            for (loss, demand, other) in &moves {
                if *loss >= i64::from(gain) || self.rest[wanted as usize] == 0 {
                    break;
                }
                let has = amounts.get(&(option, *demand)).copied().unwrap_or(0);
                let amount = self.rest[wanted as usize].min(has).min(self.room[*other as usize]);
                if amount == 0 {
                    continue;
                }
                amounts.insert((option, *demand), has - amount);
                *amounts.entry((*other, *demand)).or_default() += amount;
                *amounts.entry((option, wanted)).or_default() += amount;
                self.room[*other as usize] -= amount;
                self.rest[wanted as usize] -= amount;
                changed = true;
            }
        }
        changed
    }
}
