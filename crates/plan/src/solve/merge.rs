//! Demands that the same options serve with the same quality, and that are of the same group, count as one.

use crate::certificate::Serve;
use crate::{Instance, NONE};
use std::collections::HashMap;

/// A smaller instance that has the same plans with the same worth.
pub(super) struct Merged {
    pub instance: Instance,
    /// The merged demand of each demand; [`NONE`] where no option serves it.
    pub of: Vec<u32>,
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Merges equal demands; `None` when that saves less than a tenth of them. Covers are compared by a sum of 128 bits over them: should two
/// different demands ever have the same, the plan is a worse one, but what is proved of it, on the instance itself, still holds.
pub(super) fn merge(instance: &Instance) -> Option<Merged> {
    let demands = instance.weights.len();
    // A demand that has an option of its own is like no other.
    let own = (0..instance.option_count()).filter(|o| instance.covers(*o).len() == 1).count();
    if own * 10 > demands * 9 {
        return None;
    }
    let mut keys = vec![0u128; demands];
    for option in 0..instance.option_count() {
        let first = instance.starts[option] as usize;
        for (at, (demand, quality)) in instance.covers(option).enumerate().filter(|c| c.1.1 > 0) {
            let share = u64::from(instance.shares.get(first + at).copied().unwrap_or(0));
            let cover = ((option as u64) << 32 | u64::from(quality)) ^ mixed(share << 1 | 1);
            let (low, high) = (mixed(cover), mixed(mixed(!cover)));
            keys[demand] = keys[demand].wrapping_add(u128::from(high) << 64 | u128::from(low));
        }
    }
    let mut rows: HashMap<(u128, u32), u32> = HashMap::new();
    let (mut of, mut weights, mut groups, mut first) =
        (vec![NONE; demands], Vec::new(), Vec::new(), Vec::new());
    for demand in 0..demands {
        let group = instance.group(demand);
        // What no option serves still counts for its group's floor, which is asked of the whole instance.
        if keys[demand] == 0 && !instance.floors.iter().any(|f| f.group == group) {
            continue;
        }
        let row = *rows.entry((keys[demand], group)).or_insert_with(|| {
            weights.push(0);
            groups.push(group);
            first.push(demand as u32);
            first.len() as u32 - 1
        });
        of[demand] = row;
        weights[row as usize] += instance.weights[demand];
    }
    if weights.len() * 10 > demands * 9 {
        return None;
    }
    drop((keys, rows));
    let groups = if instance.groups.is_empty() { Vec::new() } else { groups };
    let small = Instance { weights, groups, ..covers_of_first(instance, &of, &first) };
    Some(Merged { instance: small, of })
}

/// The instance with the covers of those demands alone that stand first for a merged one.
fn covers_of_first(instance: &Instance, of: &[u32], first: &[u32]) -> Instance {
    let mut starts = Vec::with_capacity(instance.starts.len());
    let (mut covered, mut qualities, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    starts.push(0);
    for option in 0..instance.option_count() {
        let start = instance.starts[option] as usize;
        for (at, (demand, quality)) in instance.covers(option).enumerate().filter(|c| c.1.1 > 0) {
            let row = of[demand];
            if first[row as usize] as usize == demand {
                covered.push(row);
                qualities.push(quality);
                shares.extend(instance.shares.get(start + at));
            }
        }
        starts.push(covered.len() as u32);
    }
    Instance {
        demands: crate::Names::default(),
        options: crate::Names::default(),
        weights: Vec::new(),
        groups: Vec::new(),
        group_names: instance.group_names.clone(),
        strategies: Vec::new(),
        strategy_names: Vec::new(),
        costs: instance.costs.clone(),
        running: instance.running.clone(),
        later: instance.later.clone(),
        capacities: instance.capacities.clone(),
        exclusive: instance.exclusive.clone(),
        exclusive_names: instance.exclusive_names.clone(),
        vendors: instance.vendors.clone(),
        vendor_names: instance.vendor_names.clone(),
        most_vendors: instance.most_vendors,
        fixed: instance.fixed.clone(),
        starts,
        covered,
        qualities,
        shares,
        limit: instance.limit.clone(),
        floors: instance.floors.clone(),
    }
}

impl Merged {
    /// What is served of merged demands, shared out over the demands themselves: each gets as much for a student.
    pub fn unmerge(&self, instance: &Instance, serve: &mut [Serve]) {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.instance.weights.len()];
        for (demand, row) in self.of.iter().enumerate().filter(|(_, row)| **row != NONE) {
            members[*row as usize].push(demand as u32);
        }
        let mut rest: HashMap<u16, Vec<u64>> = HashMap::new();
        for serve in serve {
            let rest = rest.entry(serve.year).or_insert_with(|| instance.weights.clone());
            let start = instance.starts[serve.option as usize] as usize;
            let covered = &instance.covered[start..instance.starts[serve.option as usize + 1] as usize];
            let most = |demand: &u32| covered.binary_search(demand).map_or(0, |at| instance.most(start + at));
            let mut parts = Vec::new();
            for (row, mut amount) in std::mem::take(&mut serve.parts) {
                let whole = u128::from(self.instance.weights[row as usize]).max(1);
                let first = parts.len();
                let all = amount;
                for demand in &members[row as usize] {
                    let even = u128::from(all) * u128::from(instance.weights[*demand as usize]) / whole;
                    let part = (even as u64).min(rest[*demand as usize]).min(most(demand));
                    rest[*demand as usize] -= part;
                    amount -= part;
                    parts.push((*demand, part));
                }
                // What rounding has left.
                for (demand, part) in &mut parts[first..] {
                    let more = amount.min(rest[*demand as usize]).min(most(demand) - *part);
                    rest[*demand as usize] -= more;
                    amount -= more;
                    *part += more;
                }
            }
            parts.retain(|part| part.1 > 0);
            parts.sort_unstable();
            serve.parts = parts;
        }
    }
}
