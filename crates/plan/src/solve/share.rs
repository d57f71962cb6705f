//! Who is served by whom, at best, where options have capacities: the transportation problem (Hitchcock, Journal of Mathematics and Physics 20,
//! 1941). Demand after demand is served along the path that loses least (Jewell, Operations Research 10, 1962), which Dijkstra's
//! algorithm finds because prices make all losses positive (Edmonds and Karp, Journal of the ACM 19, 1972). The prices prove that it is best.

use super::state::CLOSED;
use crate::{Instance, UNLIMITED};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How much a unit of quality counts where nothing lifts it.
pub(super) const ONE: i64 = 1_000_000;

const NONE: u32 = u32::MAX;

/// A demand that an option with a capacity serves better than those without one.
#[derive(Clone, Copy)]
struct Cover {
    demand: u32,
    /// The option, by place in the list of those that are open.
    by: u32,
    /// Quality above what there is without capacities, in millionths.
    raise: u32,
    /// How much of the demand it can serve.
    most: u64,
}

/// A year of a plan: what is open, and whom it may serve.
pub(super) struct Year<'a> {
    instance: &'a Instance,
    /// The quality that each demand has without capacities.
    pub best: Vec<u32>,
    /// Options with a capacity that are open.
    open: Vec<u32>,
    covers: Vec<Cover>,
    /// Where the covers of each of these options start; one more than there are.
    starts: Vec<u32>,
    /// Numbers of covers, by demand.
    of: Vec<u32>,
    /// Where those of each demand start; one more than there are.
    firsts: Vec<u32>,
}

/// How much each cover serves, and the prices that prove that it is best.
pub(super) struct Shared {
    pub amounts: Vec<u64>,
    /// What room for one student more would be worth, by open option with a capacity: lifted millionths.
    prices: Vec<i64>,
    values: Vec<i64>,
}

impl<'a> Year<'a> {
    /// The year of this number, counted from 0, where options are opened in these.
    pub fn new(instance: &'a Instance, opened: &[u8], year: usize) -> Self {
        let demands = instance.weights.len();
        let (mut best, mut open) = (vec![0u32; demands], Vec::new());
        for option in (0..opened.len()).filter(|o| usize::from(opened[*o]) <= year && opened[*o] != CLOSED) {
            if instance.capacity(option) == UNLIMITED {
                instance
                    .covers(option)
                    .for_each(|(demand, quality)| best[demand] = quality.max(best[demand]));
            } else {
                open.push(option as u32);
            }
        }
        let (mut covers, mut starts, mut firsts) = (Vec::new(), vec![0], vec![0u32; demands + 1]);
        for (option, by) in open.iter().zip(0..) {
            for (demand, quality, most) in instance.parts(*option as usize) {
                if quality > best[demand] && most > 0 {
                    covers.push(Cover { demand: demand as u32, by, raise: quality - best[demand], most });
                    firsts[demand + 1] += 1;
                }
            }
            starts.push(covers.len() as u32);
        }
        for demand in 0..demands {
            firsts[demand + 1] += firsts[demand];
        }
        let (mut of, mut next) = (vec![0; covers.len()], firsts.clone());
        for (cover, number) in covers.iter().zip(0..) {
            let place = &mut next[cover.demand as usize];
            of[*place as usize] = number;
            *place += 1;
        }
        Self { instance, best, open, covers, starts, of, firsts }
    }

    fn of(&self, demand: usize) -> &[u32] {
        &self.of[self.firsts[demand] as usize..self.firsts[demand + 1] as usize]
    }

    /// The best service where a unit of quality counts so much ([`ONE`] or more) for each group.
    pub fn share(&self, lifts: &[i64]) -> Shared {
        let instance = self.instance;
        let lift = |cover: &Cover| lifts.get(instance.group(cover.demand as usize) as usize).unwrap_or(&ONE);
        let mut sharing = Sharing {
            year: self,
            values: self.covers.iter().map(|cover| i64::from(cover.raise) * lift(cover)).collect(),
            amounts: vec![0; self.covers.len()],
            room: self.open.iter().map(|option| instance.capacity(*option as usize)).collect(),
            prices: vec![0; self.open.len()],
            ways: vec![None; self.open.len()],
            touched: Vec::new(),
            moves: vec![BTreeMap::new(); self.open.len()],
        };
        // Those that gain most come first, so that few have to change places.
        let most = |demand: usize| self.of(demand).iter().map(|c| sharing.values[*c as usize]).max();
        let mut order: Vec<(Reverse<i64>, u32)> =
            (0..self.best.len()).filter_map(|demand| Some((Reverse(most(demand)?), demand as u32))).collect();
        order.sort_unstable();
        for (_, demand) in order {
            sharing.place(demand as usize);
        }
        let Sharing { amounts, prices, values, .. } = sharing;
        Shared { amounts, prices, values }
    }

    /// What is served whom: option, and demands with amounts.
    pub fn served(&self, amounts: &[u64]) -> impl Iterator<Item = (u32, Vec<(u32, u64)>)> {
        let parts = self.starts.windows(2).map(|range| {
            let range = range[0] as usize..range[1] as usize;
            let parts = self.covers[range.clone()].iter().zip(&amounts[range]);
            parts.filter(|(_, amount)| **amount > 0).map(|(cover, amount)| (cover.demand, *amount)).collect()
        });
        self.open.iter().copied().zip(parts).filter(|(_, parts): &(u32, Vec<_>)| !parts.is_empty())
    }

    /// Weight times quality above what there is without capacities, by group.
    pub fn raised(&self, amounts: &[u64]) -> Vec<i128> {
        let mut raised = vec![0; self.instance.group_names.len()];
        for (cover, amount) in self.covers.iter().zip(amounts) {
            if let Some(raised) = raised.get_mut(self.instance.group(cover.demand as usize) as usize) {
                *raised += i128::from(*amount) * i128::from(cover.raise);
            }
        }
        raised
    }

    /// The same of all together.
    pub fn total(&self, amounts: &[u64]) -> i128 {
        let parts = self.covers.iter().zip(amounts);
        parts.map(|(cover, amount)| i128::from(*amount) * i128::from(cover.raise)).sum()
    }

    /// Serves what is left with the room that is left, as far as that goes without changing places; these groups first.
    pub fn fill(&self, amounts: &mut [u64], is_first: impl Fn(u32) -> bool) {
        let mut rest = self.instance.weights.clone();
        let mut room: Vec<u64> = self.open.iter().map(|o| self.instance.capacity(*o as usize)).collect();
        for (cover, amount) in self.covers.iter().zip(&*amounts) {
            rest[cover.demand as usize] -= amount;
            room[cover.by as usize] -= amount;
        }
        let is_open = |cover: &Cover| rest[cover.demand as usize] > 0 && room[cover.by as usize] > 0;
        let mut order: Vec<usize> = (0..amounts.len()).filter(|at| is_open(&self.covers[*at])).collect();
        order.sort_by_key(|at| {
            let cover = &self.covers[*at];
            Reverse((is_first(self.instance.group(cover.demand as usize)), cover.raise))
        });
        for at in order {
            let (cover, amount) = (&self.covers[at], &mut amounts[at]);
            let more = rest[cover.demand as usize].min(room[cover.by as usize]).min(cover.most - *amount);
            rest[cover.demand as usize] -= more;
            room[cover.by as usize] -= more;
            *amount += more;
        }
    }

    /// What serving one student more would be worth, by demand: lifted millionths above what there is without capacities.
    pub fn worth(&self, shared: &Shared) -> Vec<i64> {
        let net = |cover: &u32| {
            let Cover { by, most, .. } = self.covers[*cover as usize];
            // One that serves as much as it can would serve no student more.
            let is_full = shared.amounts[*cover as usize] == most;
            if is_full { 0 } else { shared.values[*cover as usize] - shared.prices[by as usize] }
        };
        (0..self.best.len()).map(|demand| self.of(demand).iter().map(net).fold(0, i64::max)).collect()
    }
}

/// How an option is reached: what that loses, over how many others, and the cover of the one before it (or [`NONE`]) that gives to which of its own.
#[derive(Clone, Copy)]
struct Way {
    loss: i64,
    hops: u32,
    from: u32,
    to: u32,
}

/// Where a path ends: at an option with room, or with a cover that serves less.
#[derive(Clone, Copy)]
enum End {
    Room(u32),
    Less(u32),
}

/// Service in the making. No cover that could serve more has a value that is more above its option's price than those that serve the same demand, and
/// none of these is below it.
struct Sharing<'y, 'a> {
    year: &'y Year<'a>,
    values: Vec<i64>,
    amounts: Vec<u64>,
    room: Vec<u64>,
    prices: Vec<i64>,
    ways: Vec<Option<Way>>,
    /// Options that have a way.
    touched: Vec<u32>,
    /// By option, and by the option that could serve in its place ([`NONE`] for nobody): what of its own it could give there, that which loses least
    /// first. What it does not serve any more is taken out when it comes first.
    moves: Vec<BTreeMap<u32, BinaryHeap<Reverse<Move>>>>,
}

/// What is lost where the second cover serves in place of the first, whatever the prices.
type Move = (i64, u32, u32);

impl Sharing<'_, '_> {
    fn is_full(&self, cover: u32) -> bool {
        self.amounts[cover as usize] == self.year.covers[cover as usize].most
    }

    fn net(&self, cover: u32) -> i64 {
        self.values[cover as usize] - self.prices[self.year.covers[cover as usize].by as usize]
    }

    /// Serves a demand as far as that gains anything.
    fn place(&mut self, demand: usize) {
        let mut rest = self.year.instance.weights[demand];
        while rest > 0
            && let Some(end) = self.path(demand)
        {
            rest -= self.give(rest, end);
        }
    }

    /// Finds where the path that loses least ends, and raises the prices on the way by what it loses; nothing where serving no more loses less.
    fn path(&mut self, demand: usize) -> Option<End> {
        let year = self.year;
        for option in self.touched.drain(..) {
            self.ways[option as usize] = None;
        }
        let able = || year.of(demand).iter().copied().filter(|cover| !self.is_full(*cover));
        let most = able().map(|cover| self.net(cover)).max().filter(|most| *most > 0)?;
        let (mut least, mut end) = ((most, 0), None);
        let mut heap = BinaryHeap::new();
        for cover in able().collect::<Vec<u32>>() {
            let way = Way { loss: most - self.net(cover), hops: 1, from: NONE, to: cover };
            self.reach(way, least, &mut heap);
        }
        while let Some(Reverse((loss, hops, option))) = heap.pop()
            && (loss, hops) < least
        {
            if self.ways[option as usize].is_some_and(|way| (way.loss, way.hops) != (loss, hops)) {
                continue;
            }
            if self.room[option as usize] > 0 {
                (least, end) = ((loss, hops), Some(End::Room(option)));
                break;
            }
            self.leave(option, loss, hops + 1, &mut least, &mut end, &mut heap);
        }
        for option in &self.touched {
            let way = self.ways[*option as usize].expect("touched");
            self.prices[*option as usize] += (least.0 - way.loss).max(0);
        }
        end
    }

    /// Looks what an option could give to others, or to nobody.
    fn leave(
        &mut self,
        option: u32,
        loss: i64,
        hops: u32,
        least: &mut (i64, u32),
        end: &mut Option<End>,
        heap: &mut BinaryHeap<Reverse<(i64, u32, u32)>>,
    ) {
        let mut moves = std::mem::take(&mut self.moves[option as usize]);
        let price = self.prices[option as usize];
        for (to, moves) in &mut moves {
            while let Some(Reverse((_, from, other))) = moves.peek()
                && (self.amounts[*from as usize] == 0 || (*other != NONE && self.is_full(*other)))
            {
                moves.pop();
            }
            let Some(Reverse((lost, from, other))) = moves.peek() else { continue };
            let loss = loss + lost - price;
            if *to != NONE {
                let way = Way { loss: loss + self.prices[*to as usize], hops, from: *from, to: *other };
                self.reach(way, *least, heap);
            } else if (loss, hops) < *least {
                (*least, *end) = ((loss, hops), Some(End::Less(*from)));
            }
        }
        self.moves[option as usize] = moves;
    }

    /// Lets a cover serve more.
    fn add(&mut self, cover: u32, amount: u64) {
        let served = &mut self.amounts[cover as usize];
        *served += amount;
        if *served > amount {
            return;
        }
        let (year, value) = (self.year, self.values[cover as usize]);
        let Cover { demand, by, .. } = year.covers[cover as usize];
        let moves = &mut self.moves[by as usize];
        moves.entry(NONE).or_default().push(Reverse((value, cover, NONE)));
        for other in year.of(demand as usize).iter().filter(|other| **other != cover) {
            let to = year.covers[*other as usize].by;
            moves.entry(to).or_default().push(Reverse((value - self.values[*other as usize], cover, *other)));
        }
    }

    /// Lets a cover serve less. One that served as much as it could may be given to again.
    fn lessen(&mut self, cover: u32, amount: u64) {
        let was_full = self.is_full(cover);
        self.amounts[cover as usize] -= amount;
        if !was_full {
            return;
        }
        let (year, value) = (self.year, self.values[cover as usize]);
        let Cover { demand, by, .. } = year.covers[cover as usize];
        for other in year.of(demand as usize) {
            if *other != cover && self.amounts[*other as usize] > 0 {
                let moves = &mut self.moves[year.covers[*other as usize].by as usize];
                let lost = self.values[*other as usize] - value;
                moves.entry(by).or_default().push(Reverse((lost, *other, cover)));
            }
        }
    }

    /// Keeps a way if it is the best one so far to where it leads, and better than the end found.
    fn reach(&mut self, way: Way, least: (i64, u32), heap: &mut BinaryHeap<Reverse<(i64, u32, u32)>>) {
        let option = self.year.covers[way.to as usize].by;
        let known = &mut self.ways[option as usize];
        let better = known.is_none_or(|known| (way.loss, way.hops) < (known.loss, known.hops));
        if better && (way.loss, way.hops) < least {
            if known.is_none() {
                self.touched.push(option);
            }
            *known = Some(way);
            heap.push(Reverse((way.loss, way.hops, option)));
        }
    }

    /// Lets a path serve as much as it can, up to so much; how much it was.
    fn give(&mut self, most: u64, end: End) -> u64 {
        let (last, room) = match end {
            End::Room(option) => (option, self.room[option as usize]),
            End::Less(cover) => (self.year.covers[cover as usize].by, self.amounts[cover as usize]),
        };
        let (mut amount, mut path, mut option) = (most.min(room), Vec::new(), last);
        loop {
            let way = self.ways[option as usize].expect("on the path");
            path.push(way);
            let to = way.to as usize;
            amount = amount.min(self.year.covers[to].most - self.amounts[to]);
            if way.from == NONE {
                break;
            }
            amount = amount.min(self.amounts[way.from as usize]);
            option = self.year.covers[way.from as usize].by;
        }
        match end {
            End::Room(option) => self.room[option as usize] -= amount,
            End::Less(cover) => self.lessen(cover, amount),
        }
        for way in path {
            self.add(way.to, amount);
            if way.from != NONE {
                self.lessen(way.from, amount);
            }
        }
        amount
    }
}
