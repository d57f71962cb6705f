//! Instances of every size from one seeded generator, solved in this process.
//!
//! ```text
//! cargo bench -p evenfield-plan --bench plan -- nation BLOCKS [SECONDS] [GAP]
//! cargo bench -p evenfield-plan --bench plan -- state BLOCKS [SECONDS] [GAP]
//! cargo bench -p evenfield-plan --bench plan -- district STUDENTS OPTIONS [SECONDS] [GAP]
//! cargo bench -p evenfield-plan --bench plan -- programme STUDENTS OPTIONS [SECONDS] [GAP]
//! cargo bench -p evenfield-plan --bench plan -- cover DEMANDS SITES COUNT REACH [SECONDS] [GAP] [SEED]
//! ```
//!
//! With `write FOLDER` at the end the instance is written as the four files instead. Prints objective, bound, gap, wall-clock and
//! processor seconds, peak memory; the certificate is verified each time.
//!
//! - `nation`: blocks on a map in units of 100 m, thickly settled around towns of all sizes, 0.2 to 1.6 students each; for every 16 blocks one site
//!   at a random block: a library or the like (reach 300 m, $3,000 to 9,000, quality 0.5), a parked bus (250 m, $1,000 to 4,000, 0.4), a
//!   tower (700 m to 1 km, $30,000 to 90,000, 0.9); qualities fall by 30% to the edge. For each block a subscription of $250 to 600 a student,
//!   quality 1. The budget is 30% of what subscriptions for all would cost, and all strategies are bought.
//! - `state`: the same with two years, capacities for all sites, five groups with floors, running costs.
//! - `district`: students at home, merged by what reaches them, and options of five strategies.
//! - `programme`: the same over three years, with running costs, capacities of anchors, buses and towers, exclusive pairs and floors of three groups.
//! - `cover`: demands and sites at random in a square of 100 x 100; each site covers what is within its reach; so many sites are opened.

use evenfield_plan::{Floor, Goal, Instance, Limit, MILLION, NONE, Names, UNLIMITED, solve, verify};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use std::time::{Duration, Instant};

const SEED: u64 = 20_261_130;

/// Where demands are, looked up by cell.
struct Map {
    cells: HashMap<(i32, i32), Vec<u32>>,
    size: f32,
    places: Vec<(f32, f32)>,
}

impl Map {
    fn new(places: Vec<(f32, f32)>, size: f32) -> Self {
        let mut cells: HashMap<(i32, i32), Vec<u32>> = HashMap::new();
        for (n, (x, y)) in places.iter().enumerate() {
            cells.entry(((x / size) as i32, (y / size) as i32)).or_default().push(n as u32);
        }
        Self { cells, size, places }
    }

    /// Demands within reach and how far they are, in order.
    fn near(&self, (x, y): (f32, f32), reach: f32) -> Vec<(u32, f32)> {
        let cell = |v: f32| (v / self.size).floor() as i32;
        let mut near = Vec::new();
        for cx in cell(x - reach)..=cell(x + reach) {
            for cy in cell(y - reach)..=cell(y + reach) {
                for n in self.cells.get(&(cx, cy)).into_iter().flatten() {
                    let (px, py) = self.places[*n as usize];
                    let far = ((px - x).powi(2) + (py - y).powi(2)).sqrt();
                    if far <= reach {
                        near.push((*n, far));
                    }
                }
            }
        }
        near.sort_unstable_by_key(|(n, _)| *n);
        near
    }
}

fn empty(limit: Limit) -> Instance {
    Instance {
        demands: Names::default(),
        weights: Vec::new(),
        groups: Vec::new(),
        group_names: Vec::new(),
        options: Names::default(),
        strategies: Vec::new(),
        strategy_names: ["anchor", "bus", "offer", "lending", "lte"].map(str::to_owned).into(),
        costs: Vec::new(),
        running: Vec::new(),
        later: Vec::new(),
        capacities: Vec::new(),
        exclusive: Vec::new(),
        exclusive_names: Vec::new(),
        vendors: Vec::new(),
        vendor_names: Vec::new(),
        most_vendors: NONE,
        fixed: Vec::new(),
        starts: vec![0],
        covered: Vec::new(),
        qualities: Vec::new(),
        shares: Vec::new(),
        limit,
        floors: Vec::new(),
    }
}

fn add(instance: &mut Instance, strategy: u16, dollars: f64, covers: impl IntoIterator<Item = (u32, f64)>) {
    instance.strategies.push(strategy);
    instance.costs.push((dollars * 100.0).round() as u64);
    for (demand, quality) in covers {
        instance.covered.push(demand);
        instance.qualities.push((quality * 1e6).round() as u32);
    }
    instance.starts.push(instance.covered.len() as u32);
}

/// Blocks around towns, in units of 100 m, in the order of their places on the map, as a country's files are.
fn blocks(rng: &mut ChaCha8Rng, count: usize) -> Vec<(f32, f32)> {
    let side = (count as f32).sqrt() * 1.6;
    let mut towns = Vec::new();
    let mut placed = 0;
    while placed < count {
        let people = (40.0 / rng.random_range(0.001f32..1.0)).min(20_000.0) as usize;
        let people = people.min(count - placed);
        towns.push((rng.random_range(0.0..side), rng.random_range(0.0..side), people));
        placed += people;
    }
    towns.sort_by_key(|(x, y, _)| ((y / 40.0) as i32, *x as i32));
    let mut places = Vec::with_capacity(count);
    for (x, y, people) in towns {
        let radius = (people as f32 / 2.2).sqrt();
        for _ in 0..people {
            let (far, turn) =
                (radius * rng.random_range(0.0f32..1.0).sqrt(), rng.random_range(0.0..std::f32::consts::TAU));
            places.push((x + far * turn.cos(), y + far * turn.sin()));
        }
    }
    places
}

fn nation(count: usize) -> Instance {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut instance = empty(Limit::Budget(vec![0]));
    let map = Map::new(blocks(&mut rng, count), 4.0);
    instance.weights = (0..count).map(|_| rng.random_range(1..=8) * MILLION / 5).collect();
    for _ in 0..count * 51 / 800 {
        let at = map.places[rng.random_range(0..count)];
        let (strategy, dollars, reach, top) = match rng.random_range(0..10) {
            0..5 => (0, rng.random_range(3_000.0..9_000.0), 3.0, 0.5),
            5..8 => (1, rng.random_range(1_000.0..4_000.0), 2.5, 0.4),
            _ => (4, rng.random_range(30_000.0..90_000.0), rng.random_range(7.0f32..10.0), 0.9),
        };
        let near = map.near(at, reach);
        let worse = f64::from(reach);
        let covers = near.iter().map(|(n, far)| (*n, top * (1.0 - 0.3 * f64::from(*far) / worse)));
        add(&mut instance, strategy, dollars, covers);
    }
    let mut all = 0;
    for block in 0..count {
        let students = instance.weights[block] as f64 / MILLION as f64;
        add(&mut instance, 2, rng.random_range(250.0..600.0) * students, [(block as u32, 1.0)]);
        all += instance.costs[instance.costs.len() - 1];
    }
    instance.limit = Limit::Budget(vec![all * 3 / 10]);
    instance.covered.shrink_to_fit();
    instance.qualities.shrink_to_fit();
    instance.costs.shrink_to_fit();
    instance.starts.shrink_to_fit();
    instance
}

fn state(count: usize) -> Instance {
    let mut instance = nation(count);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED + 1);
    let sites = count * 51 / 800;
    let all: u64 = instance.costs[sites..].iter().sum();
    instance.group_names = (0..5).map(|n| format!("group {n}")).collect();
    instance.groups =
        (0..count).map(|_| rng.random_range(0..6u32)).map(|g| if g == 5 { NONE } else { g }).collect();
    instance.floors = (0..5).map(|group| Floor { group, share: 300_000 + 50_000 * group }).collect();
    instance.capacities = instance
        .strategies
        .iter()
        .map(|s| match s {
            0 => 25 * MILLION,
            1 => 20 * MILLION,
            4 => 300 * MILLION,
            _ => UNLIMITED,
        })
        .collect();
    // A subscription is paid each year; a site costs a tenth more each year.
    instance.running = (0..instance.costs.len())
        .map(|o| if o < sites { instance.costs[o] / 10 } else { instance.costs[o] / 2 })
        .collect();
    instance.costs[sites..].iter_mut().for_each(|cost| *cost /= 2);
    instance.limit = Limit::Budget(vec![all * 25 / 100, all * 2 / 10]);
    instance
}

fn district(students: usize, options: usize) -> Instance {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED + 2);
    let mut instance = empty(Limit::Budget(vec![60_000_000]));
    let map = Map::new(blocks(&mut rng, students), 5.0);
    instance.weights = vec![MILLION; students];
    instance.group_names = ["elementary", "middle", "high"].map(str::to_owned).into();
    instance.groups = (0..students).map(|_| rng.random_range(0..3)).collect();
    for n in 0..options {
        let at = map.places[rng.random_range(0..students)];
        let (strategy, dollars, reach, top) = match n % 5 {
            0 => (0, rng.random_range(4_000.0..12_000.0), 8.0f32, 0.5),
            1 => (1, rng.random_range(1_800.0..4_500.0), 15.0, 0.3),
            2 => (2, rng.random_range(6_000.0..30_000.0), 10.0, 1.0),
            3 => (3, rng.random_range(5_000.0..25_000.0), 12.0, 0.8),
            _ => (4, rng.random_range(60_000.0..200_000.0), 25.0, 0.9),
        };
        let near = map.near(at, reach);
        let covers: Vec<(u32, f64)> =
            near.iter().map(|(n, _)| (*n, top)).filter(|_| rng.random_bool(0.7)).collect();
        add(&mut instance, strategy, dollars, covers);
    }
    instance
}

fn programme(students: usize, options: usize) -> Instance {
    let mut instance = district(students, options);
    instance.floors = (0..3).map(|group| Floor { group, share: 150_000 + 50_000 * group }).collect();
    instance.capacities = instance
        .strategies
        .iter()
        .map(|s| match s {
            0 => 80 * MILLION,
            1 => 60 * MILLION,
            4 => 500 * MILLION,
            _ => UNLIMITED,
        })
        .collect();
    // Half of a price is paid once, and a sixth in each year; of two towers or buses that follow on each other one is bought.
    instance.running = instance.costs.iter().map(|cost| cost / 6).collect();
    instance.costs.iter_mut().for_each(|cost| *cost /= 2);
    instance.exclusive = (0..options)
        .map(|n| if n % 5 == 1 || n % 5 == 4 { (n / 10 * 5 + n % 5) as u32 } else { NONE })
        .collect();
    instance.exclusive_names = (0..options).map(|n| format!("one of {n}")).collect();
    instance.limit = Limit::Budget(vec![30_000_000, 25_000_000, 20_000_000]);
    instance
}

fn cover(demands: usize, sites: usize, count: u64, reach: f32, seed: u64) -> Instance {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut instance = empty(Limit::Count(vec![count]));
    let place = |rng: &mut ChaCha8Rng| (rng.random_range(0.0f32..100.0), rng.random_range(0.0f32..100.0));
    let map = Map::new((0..demands).map(|_| place(&mut rng)).collect(), reach);
    instance.weights = (0..demands).map(|_| rng.random_range(1..=100) * MILLION).collect();
    for _ in 0..sites {
        let at = place(&mut rng);
        let near = map.near(at, reach);
        add(&mut instance, 0, 1.0, near.into_iter().map(|(n, _)| (n, 1.0)));
    }
    instance
}

fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// Processor seconds of this process so far.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

fn write(instance: &Instance, folder: &str) -> std::io::Result<()> {
    use std::io::Write;
    let create = |name: &str| std::fs::File::create(format!("{folder}/{name}")).map(std::io::BufWriter::new);
    std::fs::create_dir_all(folder)?;
    let decimal = |n: u64| format!("{}.{:06}", n / MILLION, n % MILLION);
    let cents = |n: u64| format!("{}.{:02}", n / 100, n % 100);
    let mut file = create("demand.csv")?;
    writeln!(file, "demand,weight,group")?;
    for (n, weight) in instance.weights.iter().enumerate() {
        let group = instance.group_names.get(instance.group(n) as usize).map_or("", String::as_str);
        writeln!(file, "b{n},{},{group}", decimal(*weight))?;
    }
    let mut file = create("options.csv")?;
    writeln!(file, "option,strategy,cost,running,capacity")?;
    for option in 0..instance.option_count() {
        let capacity =
            Some(instance.capacity(option)).filter(|c| *c != UNLIMITED).map_or(String::new(), decimal);
        let strategy = &instance.strategy_names[usize::from(instance.strategies[option])];
        let running = cents(instance.running.get(option).copied().unwrap_or(0));
        writeln!(file, "o{option},{strategy},{},{running},{capacity}", cents(instance.costs[option]))?;
    }
    let mut file = create("covers.csv")?;
    writeln!(file, "option,demand,quality")?;
    for option in 0..instance.option_count() {
        for (demand, quality) in instance.covers(option) {
            writeln!(file, "o{option},b{demand},{}", decimal(u64::from(quality)))?;
        }
    }
    let mut file = create("instance.toml")?;
    match &instance.limit {
        Limit::Budget(years) => {
            writeln!(file, "budget = [{}]", years.iter().map(|y| cents(*y)).collect::<Vec<_>>().join(", "))?
        }
        Limit::Count(years) => writeln!(file, "count = {years:?}")?,
    }
    if !instance.floors.is_empty() {
        writeln!(file, "[floors]")?;
    }
    for floor in &instance.floors {
        writeln!(
            file,
            "\"{}\" = {}",
            instance.group_names[floor.group as usize],
            decimal(u64::from(floor.share))
        )?;
    }
    Ok(())
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let folder = arguments
        .iter()
        .position(|a| a == "write")
        .map(|at| arguments.split_off(at).pop().expect("a folder"));
    let number = |at: usize, usual: f64| arguments.get(at).map_or(usual, |a| a.parse().expect("a number"));
    let kind = arguments.first().map_or("district", String::as_str);
    let start = Instant::now();
    let (instance, rest) = match kind {
        "nation" => (nation(number(1, 80_000.0) as usize), 2),
        "state" => (state(number(1, 200_000.0) as usize), 2),
        "cover" => {
            let shape = [number(1, 2_000.0), number(2, 200.0), number(3, 20.0), number(4, 6.0)];
            (
                cover(
                    shape[0] as usize,
                    shape[1] as usize,
                    shape[2] as u64,
                    shape[3] as f32,
                    number(7, 1.0) as u64,
                ),
                5,
            )
        }
        "programme" => (programme(number(1, 10_000.0) as usize, number(2, 300.0) as usize), 3),
        _ => (district(number(1, 10_000.0) as usize, number(2, 300.0) as usize), 3),
    };
    if let Some(folder) = folder {
        return write(&instance, &folder).expect("written");
    }
    println!(
        "{} demands, {} options, {} covers; made in {:.1} s, {} MiB",
        instance.weights.len(),
        instance.option_count(),
        instance.covered.len(),
        start.elapsed().as_secs_f64(),
        status("VmRSS:"),
    );
    let goal = Goal { gap: number(rest + 1, 0.001), seed: 1 };
    let limit = Duration::from_secs_f64(number(rest, 60.0));
    let (start, before) = (Instant::now(), processor());
    let (mut steps, mut said) = (0, Duration::ZERO);
    let certificate = solve(&instance, goal, None, &mut |progress| {
        steps += 1;
        let now = start.elapsed();
        if now > said + limit / 12 {
            said = now;
            println!(
                "{:6.2} s, step {steps}: objective {:.3}, bound {:.3}, gap {:.4}%",
                now.as_secs_f64(),
                progress.objective,
                progress.bound,
                progress.gap() * 100.0
            );
        }
        now < limit
    });
    let (wall, used) = (start.elapsed(), processor() - before);
    let progress = certificate.progress();
    println!(
        "objective {:.3}, bound {:.3}, gap {:.4}%; {steps} steps, {:.2} s, {used:.2} s of processor, peak {} MiB",
        progress.objective,
        progress.bound,
        progress.gap() * 100.0,
        wall.as_secs_f64(),
        status("VmHWM:"),
    );
    let mut bought: HashMap<(u16, u16), usize> = HashMap::new();
    for (option, year) in &certificate.plan.buy {
        *bought.entry((instance.strategies[*option as usize], *year)).or_default() += 1;
    }
    let mut bought: Vec<_> = bought.into_iter().collect();
    bought.sort_unstable();
    let bought: Vec<String> = bought
        .iter()
        .map(|((s, year), n)| format!("{} in year {year}: {n}", instance.strategy_names[usize::from(*s)]))
        .collect();
    let start = Instant::now();
    let verified = verify(&instance, &certificate);
    println!(
        "bought: {}; {} cases, {} sets of prices; {:?} {:?} in {:.2} s",
        bought.join(", "),
        certificate.tree.len(),
        certificate.prices.len(),
        certificate.question,
        verified,
        start.elapsed().as_secs_f64()
    );
}
