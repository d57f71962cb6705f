//! What the agreement of verdicts needs: `benches/agree.sh` runs it.
//!
//!     agree names COUNT SEED LIST QUERIES   a list of made-up names, and two names to ask for each of them
//!     agree zone LIST OUT NAIVE             the list as our zone, and as the usual two records `d` and `*.d` a name
//!     agree ask ADDRESS QUERIES OUT         asks a server for each name; one letter a name: `x` NXDOMAIN, `a` an address
//!     agree compare QUERIES A B             how many names the answers differ on, and the first of them

use evenfield_policy::NameBuf;
use evenfield_policy::lists::{Format, Options, export_rpz, read};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

fn main() {
    // What `cargo bench` adds is not for us.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["names", count, seed, list, queries] => {
            let (names, asked) = names(count.parse().expect("how many"), seed.parse().expect("a seed"));
            std::fs::write(list, names.join("\n") + "\n").expect("written");
            std::fs::write(queries, asked.join("\n") + "\n").expect("written");
        }
        ["zone", list, out, naive] => zone(list, out, naive),
        ["ask", address, queries, out] => ask(address, queries, out),
        ["compare", queries, a, b] => compare(queries, a, b),
        // As one of all benches: there is nothing to do without a list.
        [] => {}
        _ => panic!("agree names | zone | ask | compare"),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same names for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] =
            ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "xo", "zu", "7"];
        let length = 2 + self.below(4);
        let mut word: String = (0..length).map(|_| SYLLABLES[self.below(16)]).collect();
        if self.below(9) == 0 {
            word.insert(word.len() / 2, '-');
        }
        word
    }
}

/// A list as lists are: mostly names of two labels, some deeper ones on their own, and some below others that are
/// listed as well, with and without unlisted names between. Then for each two names to ask: itself, one below it, its
/// sibling, its parent, or one that only looks like it.
fn names(count: usize, seed: u64) -> (Vec<String>, Vec<String>) {
    const ENDS: [&str; 8] = ["com", "net", "org", "io", "co.uk", "com.br", "info", "xyz"];
    let mut random = Random(seed);
    let mut names: Vec<String> = Vec::with_capacity(count);
    let mut seen = HashSet::with_capacity(count);
    while names.len() < count {
        let name = match random.below(10) {
            0 | 1 if !names.is_empty() => {
                let parent = &names[random.below(names.len())].clone();
                let between =
                    if random.below(3) == 0 { format!("{}.", random.word()) } else { String::new() };
                format!("{}.{between}{parent}", random.word())
            }
            2 | 3 => format!("{}.{}.{}", random.word(), random.word(), ENDS[random.below(8)]),
            _ => format!("{}{}.{}", random.word(), random.below(10_000), ENDS[random.below(8)]),
        };
        // The longest name of the DNS has 253 letters, and so deep ones must end somewhere.
        if name.len() <= 120 && seen.insert(name.clone()) {
            names.push(name);
        }
    }
    let mut asked = Vec::with_capacity(2 * count);
    for name in &names {
        let (first, parent) = name.split_once('.').expect("two labels");
        asked.push(if random.below(2) == 0 { name.clone() } else { format!("{}.{name}", random.word()) });
        asked.push(match random.below(4) {
            0 => format!("{}.{parent}", random.word()),
            1 => format!("{}{name}", random.word()),
            2 => format!("{first}x.{parent}"),
            _ => format!("{}.{}.{parent}", random.word(), random.word()),
        });
    }
    (names, asked)
}

fn zone(list: &str, out: &str, naive: &str) {
    let bytes = std::fs::read(list).expect("the list");
    let mut rows = Vec::new();
    let reading = read(Format::Domains, list, &bytes, Options::default(), &mut |row| rows.push(row));
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let origin = NameBuf::from_text("rpz.invalid").expect("a name");
    std::fs::write(out, export_rpz(&rows, &origin, 1).zone).expect("written");
    let mut text =
        "$ORIGIN rpz.invalid.\n$TTL 300\n@ IN SOA localhost. root.localhost. 1 3600 600 86400 300\n@ IN NS localhost.\n"
            .to_owned();
    for name in String::from_utf8(bytes).expect("names").lines() {
        writeln!(text, "{name} CNAME .\n*.{name} CNAME .").expect("in memory");
    }
    std::fs::write(naive, text).expect("written");
}

/// How many questions are under way at once.
const WINDOW: usize = 200;
/// When a question is sent anew.
const PATIENCE: Duration = Duration::from_millis(700);

fn query(id: u16, name: &str) -> Vec<u8> {
    let mut query = vec![0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    query[..2].copy_from_slice(&id.to_be_bytes());
    for label in name.split('.') {
        query.push(label.len() as u8);
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    query
}

/// A question under way: its place among all, when it was sent, how often.
struct Open {
    at: usize,
    sent: Instant,
    times: u32,
}

fn ask(address: &str, queries: &str, out: &str) {
    let text = std::fs::read_to_string(queries).expect("the queries");
    let names: Vec<&str> = text.lines().collect();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(address).expect("a server");
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a time limit");
    let mut letters = vec![b'?'; names.len()];
    let mut open: HashMap<u16, Open> = HashMap::new();
    let (mut next, mut buffer) = (0, [0; 4_096]);
    while next < names.len() || !open.is_empty() {
        while next < names.len() && open.len() < WINDOW && !open.contains_key(&(next as u16)) {
            let _ = socket.send(&query(next as u16, names[next]));
            open.insert(next as u16, Open { at: next, sent: Instant::now(), times: 1 });
            next += 1;
        }
        if let Ok(length) = socket.recv(&mut buffer) {
            let id = u16::from_be_bytes([buffer[0], buffer[1]]);
            // A late answer to an earlier question of this number asks something else.
            let is_it = |o: &Open| {
                let asked = query(id, names[o.at]);
                length >= asked.len() && buffer[12..asked.len()] == asked[12..]
            };
            if open.get(&id).is_some_and(is_it)
                && let Some(done) = open.remove(&id)
            {
                letters[done.at] = match (buffer[3] & 15, buffer[7]) {
                    (3, _) => b'x',
                    (0, 1..) => b'a',
                    (0, 0) => b'0',
                    _ => b'e',
                };
            }
            continue;
        }
        for (id, question) in &mut open {
            if question.sent.elapsed() > PATIENCE {
                assert!(question.times < 30, "{address} does not answer {}", names[question.at]);
                let _ = socket.send(&query(*id, names[question.at]));
                (question.sent, question.times) = (Instant::now(), question.times + 1);
            }
        }
    }
    let count = |letter: u8| letters.iter().filter(|l| **l == letter).count();
    println!(
        "{} asked: {} NXDOMAIN, {} with an address, {} anything else",
        names.len(),
        count(b'x'),
        count(b'a'),
        names.len() - count(b'x') - count(b'a')
    );
    std::fs::write(out, letters).expect("written");
}

fn compare(queries: &str, a: &str, b: &str) {
    let text = std::fs::read_to_string(queries).expect("the queries");
    let (ours, theirs) = (std::fs::read(a).expect("answers"), std::fs::read(b).expect("answers"));
    assert_eq!(ours.len(), theirs.len(), "as many answers");
    let differ: Vec<&str> = text
        .lines()
        .zip(ours.iter().zip(&theirs))
        .filter(|(_, (x, y))| x != y)
        .map(|(name, _)| name)
        .collect();
    let first: Vec<&str> = differ.iter().copied().take(3).collect();
    let example = if first.is_empty() { String::new() } else { format!(", among them {}", first.join(", ")) };
    println!("{} of {} differ{example}", differ.len(), ours.len());
    std::process::exit(i32::from(!differ.is_empty()));
}
