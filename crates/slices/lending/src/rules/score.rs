//! The order of the waiting list: points for need by a rule that everybody may read, the same points for the same facts.

use crate::exchange::digest;
use std::cmp::Reverse;

/// A day, ms.
const DAY_MS: i64 = 24 * 3_600_000;
/// Other children of a household count up to this many.
const SIBLINGS: i64 = 3;
/// Weeks of waiting count up to this many.
const WEEKS: i64 = 26;

/// What a household says of its Internet at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// None.
    None,
    /// On a telephone alone.
    Phone,
    /// Some that is slow or fails.
    Poor,
    /// Enough.
    Good,
}

impl Access {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Phone, Self::Poor, Self::Good];

    /// The word in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Phone => "phone",
            Self::Poor => "poor",
            Self::Good => "good",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.as_str() == word)
    }
}

/// Why a household has no better Internet at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Barrier {
    /// It is not to be had where they live.
    Unavailable,
    /// It is too expensive.
    Cost,
    /// Another reason.
    Other,
}

impl Barrier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unavailable, Self::Cost, Self::Other];

    /// The word in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Cost => "cost",
            Self::Other => "other",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|barrier| barrier.as_str() == word)
    }
}

/// What counts of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The request.
    pub id: String,
    /// What the household says of its Internet.
    pub access: Access,
    /// And of why.
    pub barrier: Barrier,
    /// Other students of the household.
    pub siblings: i64,
    /// The student's grade code.
    pub grade: String,
    /// Whether the student has meals free or at a reduced price.
    pub meals: bool,
    /// When it was asked, ms since 1970 UTC.
    pub asked_ms: i64,
}

/// What points are given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Factor {
    /// No Internet at home.
    None,
    /// On a telephone alone.
    Phone,
    /// Internet that is slow or fails.
    Poor,
    /// Not to be had.
    Unavailable,
    /// Too expensive.
    Cost,
    /// Each other student of the household.
    Sibling,
    /// The last year of school.
    Senior,
    /// Other years of high school.
    High,
    /// Meals free or at a reduced price.
    Meals,
    /// Each week of waiting.
    Week,
}

impl Factor {
    /// All of them, in the order of pages.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Phone,
        Self::Poor,
        Self::Unavailable,
        Self::Cost,
        Self::Sibling,
        Self::Senior,
        Self::High,
        Self::Meals,
        Self::Week,
    ];

    /// The word in tables, forms and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Phone => "phone",
            Self::Poor => "poor",
            Self::Unavailable => "unavailable",
            Self::Cost => "cost",
            Self::Sibling => "sibling",
            Self::Senior => "senior",
            Self::High => "high",
            Self::Meals => "meals",
            Self::Week => "week",
        }
    }

    /// The points where the district has said nothing else.
    fn points(self) -> i64 {
        match self {
            Self::None => 40,
            Self::Phone => 25,
            Self::Poor => 10,
            Self::Unavailable => 15,
            Self::Cost | Self::Senior | Self::Meals => 10,
            Self::Sibling | Self::High => 5,
            Self::Week => 1,
        }
    }

    /// Whether the household itself said what it is given for, or anybody can see it. The others are known from school records: whoever
    /// finds a letter must not learn them.
    pub fn is_own(self) -> bool {
        match self {
            Self::None | Self::Phone | Self::Poor | Self::Unavailable | Self::Cost | Self::Week => true,
            Self::Sibling | Self::Senior | Self::High | Self::Meals => false,
        }
    }

    /// How often it holds for a request.
    fn times(self, facts: &Facts, now_ms: i64) -> i64 {
        let holds = match self {
            Self::None => facts.access == Access::None,
            Self::Phone => facts.access == Access::Phone,
            Self::Poor => facts.access == Access::Poor,
            Self::Unavailable => facts.barrier == Barrier::Unavailable,
            Self::Cost => facts.barrier == Barrier::Cost,
            Self::Senior => facts.grade == "12",
            Self::High => ["09", "10", "11"].contains(&facts.grade.as_str()),
            Self::Meals => facts.meals,
            Self::Sibling => return facts.siblings.clamp(0, SIBLINGS),
            Self::Week => return ((now_ms - facts.asked_ms) / (7 * DAY_MS)).clamp(0, WEEKS),
        };
        i64::from(holds)
    }
}

/// The most points that a factor may have.
pub const MOST: i64 = 100;

/// The points for each factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    points: [i64; Factor::ALL.len()],
}

impl Default for Score {
    fn default() -> Self {
        Self { points: Factor::ALL.map(Factor::points) }
    }
}

impl Score {
    /// The points for a factor.
    pub fn of(&self, factor: Factor) -> i64 {
        self.points[factor as usize]
    }

    /// Sets the points for a factor; whether they are possible.
    pub fn set(&mut self, factor: Factor, points: i64) -> bool {
        let is_possible = (0..=MOST).contains(&points);
        if is_possible {
            self.points[factor as usize] = points;
        }
        is_possible
    }

    /// As it is stored: `none 40, phone 25, …`.
    pub fn to_text(self) -> String {
        Factor::ALL.map(|factor| format!("{} {}", factor.as_str(), self.of(factor))).join(", ")
    }

    /// Reads what [`Score::to_text`] writes.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut score = Self { points: [0; Factor::ALL.len()] };
        for part in text.split(", ") {
            let (word, points) = part.split_once(' ')?;
            let factor = Factor::ALL.into_iter().find(|factor| factor.as_str() == word)?;
            score.set(factor, points.parse().ok()?).then_some(())?;
        }
        Some(score)
    }
}

/// A request with its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// What counts of it.
    pub facts: Facts,
    /// What it has points for, and how many.
    pub parts: Vec<(Factor, i64)>,
    /// All of them.
    pub points: i64,
}

/// The requests in their order: more points first, of as many the one that was asked for first, and then by id.
pub fn rank(all: Vec<Facts>, score: &Score, now_ms: i64) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = all
        .into_iter()
        .map(|facts| {
            let of = |factor: Factor| (factor, factor.times(&facts, now_ms) * score.of(factor));
            let parts: Vec<_> = Factor::ALL.map(of).into_iter().filter(|(_, points)| *points > 0).collect();
            Ranked { points: parts.iter().map(|(_, points)| points).sum(), parts, facts }
        })
        .collect();
    ranked.sort_by(|a, b| {
        let key = |r: &Ranked| (Reverse(r.points), r.facts.asked_ms);
        key(a).cmp(&key(b)).then_with(|| a.facts.id.cmp(&b.facts.id))
    });
    ranked
}

/// Why a request is where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub place: usize,
    /// How many before it have more points.
    pub more: usize,
    /// How many before it have as many and were asked for earlier.
    pub earlier: usize,
}

/// The place of a request in the order; none when it is not in it.
pub fn place(ranked: &[Ranked], id: &str) -> Option<Place> {
    let at = ranked.iter().position(|ranked| ranked.facts.id == id)?;
    let more = ranked[..at].iter().filter(|before| before.points > ranked[at].points).count();
    Some(Place { place: at + 1, more, earlier: at - more })
}

/// All that the order follows from, a line for each request, without a name: who has it can work the order out again.
pub fn inputs(ranked: &[Ranked]) -> String {
    let line = |r: &Ranked| {
        let f = &r.facts;
        let words = (f.access.as_str(), f.barrier.as_str(), &f.grade);
        format!(
            "{} {} {} {} {} {} {} = {}\n",
            f.id, words.0, words.1, f.siblings, words.2, f.meals, f.asked_ms, r.points
        )
    };
    ranked.iter().map(line).collect()
}

/// Reads what [`inputs`] writes: each request with its points, in the order.
pub fn read_inputs(text: &str) -> Option<Vec<(Facts, i64)>> {
    let line = |line: &str| {
        let (facts, points) = line.split_once(" = ")?;
        let parts: Vec<&str> = facts.split(' ').collect();
        let [id, access, barrier, siblings, grade, meals, asked_ms] = parts[..] else { return None };
        let facts = Facts {
            id: id.to_owned(),
            access: Access::from_word(access)?,
            barrier: Barrier::from_word(barrier)?,
            siblings: siblings.parse().ok()?,
            grade: grade.to_owned(),
            meals: meals.parse().ok()?,
            asked_ms: asked_ms.parse().ok()?,
        };
        Some((facts, points.parse().ok()?))
    };
    text.lines().map(line).collect()
}

/// The mark of an order: of the rule, the time and all inputs. Another order has another.
pub fn mark(score: &Score, ranked: &[Ranked], now_ms: i64) -> String {
    digest([score.to_text().as_bytes(), now_ms.to_string().as_bytes(), inputs(ranked).as_bytes()])
}

/// The bytes of which a mark is the SHA-256: rule, time and inputs, before each its length in octets as eight octets, the lowest first.
pub fn digest_bytes(points: &str, made_ms: i64, inputs: &str) -> Vec<u8> {
    let time = made_ms.to_string();
    let with_length = |piece: &str| [&(piece.len() as u64).to_le_bytes()[..], piece.as_bytes()].concat();
    [points, &time, inputs].map(with_length).concat()
}

/// Whether an order as it was kept follows from its rule, time and facts, and the mark is that of all these.
pub fn is_sound(points: &str, made_ms: i64, kept: &str, kept_mark: &str) -> bool {
    let (Some(score), Some(all)) = (Score::from_text(points), read_inputs(kept)) else { return false };
    let ranked = rank(all.into_iter().map(|(facts, _)| facts).collect(), &score, made_ms);
    inputs(&ranked) == kept && mark(&score, &ranked, made_ms) == kept_mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts(id: &str, access: Access, asked_ms: i64) -> Facts {
        Facts {
            id: id.to_owned(),
            access,
            barrier: Barrier::Other,
            siblings: 0,
            grade: "07".to_owned(),
            meals: false,
            asked_ms,
        }
    }

    #[test]
    fn need_goes_first_and_waiting_counts() {
        let score = Score::default();
        let all = vec![
            facts("a", Access::Poor, 0),
            Facts { barrier: Barrier::Cost, siblings: 9, ..facts("b", Access::Phone, 5) },
            facts("c", Access::None, 9),
            facts("d", Access::None, 3),
        ];
        let ranked = rank(all.clone(), &score, 10);
        let order: Vec<_> = ranked.iter().map(|r| (r.facts.id.as_str(), r.points)).collect();
        assert_eq!(order, [("b", 50), ("d", 40), ("c", 40), ("a", 10)]);
        assert_eq!(ranked[0].parts, [(Factor::Phone, 25), (Factor::Cost, 10), (Factor::Sibling, 15)]);
        assert_eq!(place(&ranked, "c"), Some(Place { place: 3, more: 1, earlier: 1 }));
        assert_eq!(place(&ranked, "x"), None);
        // Half a year later the one with slow Internet has waited as long as that counts, and so have the others.
        assert_eq!(rank(all, &score, 400 * DAY_MS)[3].points, 10 + 26);
        let senior = Facts { grade: "12".to_owned(), meals: true, ..facts("e", Access::Good, 0) };
        assert_eq!(rank(vec![senior], &score, 0)[0].points, 20);
    }

    #[test]
    fn a_rule_is_stored_and_read() {
        let mut score = Score::default();
        assert!(
            score.set(Factor::Week, 0) && !score.set(Factor::Week, MOST + 1) && !score.set(Factor::Week, -1)
        );
        assert_eq!(Score::from_text(&score.to_text()), Some(score));
        assert_eq!(Score::from_text("none 1, luck 3"), None);
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let grade = prop::sample::select(vec!["07", "09", "12"]);
        (0usize..4, 0usize..3, 0i64..5, grade, any::<bool>(), 0i64..200, "[a-z]{6}").prop_map(
            |(access, barrier, siblings, grade, meals, day, id)| Facts {
                id,
                access: Access::ALL[access],
                barrier: Barrier::ALL[barrier],
                siblings,
                grade: grade.to_owned(),
                meals,
                asked_ms: day * DAY_MS,
            },
        )
    }

    proptest! {
        /// The order is a function of the rule and the facts: however they come, it is the same, and so is its mark.
        #[test]
        fn the_order_follows_from_the_rule(
            all in proptest::collection::vec(any_facts(), 1..20),
            points in proptest::collection::vec(0..=MOST, 10),
            turn in 0usize..20,
        ) {
            let mut score = Score::default();
            for (factor, points) in Factor::ALL.into_iter().zip(points) {
                score.set(factor, points);
            }
            let now = 250 * DAY_MS;
            let ranked = rank(all.clone(), &score, now);
            let mut other = all;
            let turn = turn % other.len();
            other.rotate_left(turn);
            let again = rank(other, &score, now);
            let mark = mark(&score, &ranked, now);
            prop_assert_eq!(&mark, &super::mark(&score, &again, now));
            let (points, kept) = (score.to_text(), inputs(&ranked));
            prop_assert!(is_sound(&points, now, &kept, &mark));
            // SHA-256 of the bytes that are given out, by the library alone.
            let sum = <sha2::Sha256 as sha2::Digest>::digest(digest_bytes(&points, now, &kept));
            prop_assert_eq!(crate::exchange::hexadecimal(&sum), mark.clone());
            // Whoever changes a fact, a place or the rule afterwards is found out.
            let mut lines: Vec<&str> = kept.lines().collect();
            let turned = turn % lines.len();
            lines.rotate_left(turned);
            let moved: String = lines.iter().map(|line| format!("{line}\n")).collect();
            prop_assert!(moved == kept || !is_sound(&points, now, &moved, &mark));
            prop_assert!(!is_sound(&points, now, &kept.replacen(" = ", " = 1", 1), &mark));
            prop_assert!(!is_sound(&points, now + 1, &kept, &mark));
            for pair in ranked.windows(2) {
                prop_assert!(pair[0].points >= pair[1].points);
            }
            for one in &ranked {
                prop_assert_eq!(one.points, one.parts.iter().map(|(_, points)| points).sum::<i64>());
                let place = place(&ranked, &one.facts.id).expect("a place");
                prop_assert_eq!(place.place, place.more + place.earlier + 1);
            }
        }
    }
}
