//! Rules of those who pay, as dated sets that lending is checked by: none is checked before a district asks for it.
//!
//! Sources: 47 CFR 54.1710 and 54.1715 with FCC 21-58 (Emergency Connectivity Fund: one device and one hotspot for a person, none in store,
//! records of ten years; closed on 30 June 2024). FCC 24-76, 89 FR 67303 of 20 August 2024 (E-Rate hotspots: $15 a line and month, $90 a
//! device, hotspots for 20% of the students, 60 days without use, 30 days after a notice; taken back by FCC 25-62, 91 FR 2492, from
//! 20 February 2026).

use super::standing::DAY_MS;
use super::state::{State, Wanted};
use jiff::civil::{Date, date};
use std::collections::BTreeMap;

/// One thing that a set asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// After so many days without use the household is told.
    IdleDays,
    /// So many days after that the line works no more, unless it was used.
    NoticeDays,
    /// The most for a line in a month, cents.
    LineCents,
    /// The most for a hotspot, cents.
    DeviceCents,
    /// Hotspots for so many of a hundred students at most.
    Percent,
    /// So many hotspots for a student at most.
    EachStudent,
    /// So many hotspots may lie in store.
    InStore,
}

impl Rule {
    /// All of them, in the order of pages.
    pub const ALL: [Self; 7] = [
        Self::IdleDays,
        Self::NoticeDays,
        Self::LineCents,
        Self::DeviceCents,
        Self::Percent,
        Self::EachStudent,
        Self::InStore,
    ];

    /// The word in tables, forms and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdleDays => "idle_days",
            Self::NoticeDays => "notice_days",
            Self::LineCents => "line_cents",
            Self::DeviceCents => "device_cents",
            Self::Percent => "percent",
            Self::EachStudent => "each_student",
            Self::InStore => "in_store",
        }
    }

    /// The most that may be said.
    pub fn most(self) -> i64 {
        match self {
            Self::IdleDays | Self::NoticeDays => 365,
            Self::LineCents => 100_000,
            Self::DeviceCents => 1_000_000,
            Self::Percent => 100,
            Self::EachStudent => 20,
            Self::InStore => 1_000_000,
        }
    }
}

/// What a set asks for; what it does not have it does not ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(pub BTreeMap<Rule, i64>);

impl Limits {
    /// As it is stored: `idle_days 60, notice_days 30`.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|(rule, n)| format!("{} {n}", rule.as_str())).collect::<Vec<_>>().join(", ")
    }

    /// Reads what [`Limits::to_text`] writes.
    pub fn from_text(text: &str) -> Option<Self> {
        let part = |part: &str| {
            let (word, n) = part.split_once(' ')?;
            let rule = Rule::ALL.into_iter().find(|rule| rule.as_str() == word)?;
            Some((rule, n.parse().ok().filter(|n| (0..=rule.most()).contains(n))?))
        };
        let parts = text.split(", ").filter(|part| !part.is_empty());
        parts.map(part).collect::<Option<_>>().map(Self)
    }
}

/// A set that the program comes with.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its word in tables and forms.
    pub key: &'static str,
    /// The first day on which it held.
    pub from: Date,
    /// The last one.
    pub until: Date,
    /// What it asks for.
    pub limits: &'static [(Rule, i64)],
    /// For so many years records are kept.
    pub record_years: i64,
}

/// The word of a district's own set.
pub const LOCAL: &str = "local";

/// The sets that the program comes with.
pub const KNOWN: [Known; 2] = [
    Known {
        key: "ecf",
        from: date(2021, 7, 1),
        until: date(2024, 6, 30),
        limits: &[(Rule::EachStudent, 1), (Rule::InStore, 0)],
        record_years: 10,
    },
    Known {
        key: "erate",
        from: date(2024, 8, 20),
        until: date(2026, 2, 19),
        limits: &[
            (Rule::IdleDays, 60),
            (Rule::NoticeDays, 30),
            (Rule::LineCents, 1_500),
            (Rule::DeviceCents, 9_000),
            (Rule::Percent, 20),
            (Rule::EachStudent, 1),
            (Rule::InStore, 0),
        ],
        record_years: 10,
    },
];

/// A hotspot as the sets look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hotspot {
    /// Its barcode.
    pub barcode: String,
    /// What it cost, cents.
    pub cost_cents: Option<i64>,
    /// Where it is.
    pub state: State,
    /// Who has it.
    pub student: Option<String>,
    /// Days without use of its line, of which that is known.
    pub idle_days: i64,
    /// What its line is wanted to be.
    pub wanted: Option<Wanted>,
    /// When the household was first told of the idle line, or asked whether it needs help, ms since 1970 UTC.
    pub told_ms: Option<i64>,
}

/// All that a set is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The hotspots that the set is about.
    pub hotspots: &'a [Hotspot],
    /// How many students the district has.
    pub students: i64,
    /// What a line costs in a month, cents; 0 is not known.
    pub line_cents: i64,
    /// Now, ms since 1970 UTC.
    pub now_ms: i64,
}

/// What came of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// What it asks for.
    pub limit: i64,
    /// How many hotspots do not keep it; of rules about all together how many too many, or how much too much.
    pub over: i64,
    /// Their barcodes.
    pub barcodes: Vec<String>,
    /// Whether it can be said at all.
    pub is_known: bool,
}

fn of_each(rule: Rule, limit: i64, wrong: Vec<&Hotspot>) -> Finding {
    let barcodes: Vec<String> = wrong.iter().map(|hotspot| hotspot.barcode.clone()).collect();
    Finding { rule, limit, over: barcodes.len() as i64, barcodes, is_known: true }
}

fn of_all(rule: Rule, limit: i64, over: i64) -> Finding {
    Finding { rule, limit, over: over.max(0), barcodes: Vec::new(), is_known: true }
}

/// What comes of each rule of a set, in the order of pages.
pub fn check(limits: &Limits, facts: Facts<'_>) -> Vec<Finding> {
    let idle = limits.0.get(&Rule::IdleDays).copied();
    limits.0.iter().map(|(rule, limit)| finding(*rule, *limit, idle, facts)).collect()
}

fn finding(rule: Rule, limit: i64, idle_days: Option<i64>, facts: Facts<'_>) -> Finding {
    let owned = facts.hotspots.iter().filter(|hotspot| hotspot.state != State::Retired);
    let is_idle = |hotspot: &&Hotspot, days: i64| hotspot.student.is_some() && hotspot.idle_days >= days;
    match rule {
        Rule::IdleDays => {
            of_each(rule, limit, owned.filter(|h| is_idle(h, limit) && h.told_ms.is_none()).collect())
        }
        Rule::NoticeDays => {
            let is_past = |ms: i64| facts.now_ms - ms >= limit * DAY_MS;
            let still = |h: &&Hotspot| {
                is_idle(h, idle_days.unwrap_or(1))
                    && h.told_ms.is_some_and(is_past)
                    && h.wanted == Some(Wanted::Active)
            };
            of_each(rule, limit, owned.filter(still).collect())
        }
        Rule::LineCents => {
            Finding { is_known: facts.line_cents > 0, ..of_all(rule, limit, facts.line_cents - limit) }
        }
        Rule::DeviceCents => {
            // Of what nobody wrote down it cannot be said that it was within the limit.
            let is_known = owned.clone().all(|h| h.cost_cents.is_some());
            let over: Vec<&Hotspot> =
                owned.filter(|h| h.cost_cents.is_some_and(|cost| cost > limit)).collect();
            Finding { is_known: is_known || !over.is_empty(), ..of_each(rule, limit, over) }
        }
        Rule::Percent => Finding {
            is_known: facts.students > 0,
            ..of_all(rule, limit, owned.count() as i64 - facts.students * limit / 100)
        },
        Rule::EachStudent => {
            let mut by_student: BTreeMap<&str, Vec<&Hotspot>> = BTreeMap::new();
            for hotspot in owned {
                if let Some(student) = &hotspot.student {
                    by_student.entry(student).or_default().push(hotspot);
                }
            }
            let many = by_student.into_values().filter(|all| all.len() as i64 > limit).flatten();
            of_each(rule, limit, many.collect())
        }
        Rule::InStore => {
            let stored: Vec<&Hotspot> = owned.filter(|hotspot| hotspot.state == State::Here).collect();
            let over = stored.len() as i64 - limit;
            if over > 0 { of_each(rule, limit, stored) } else { of_all(rule, limit, 0) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000 * DAY_MS;

    fn hotspot(barcode: &str) -> Hotspot {
        Hotspot {
            barcode: barcode.to_owned(),
            cost_cents: Some(8_900),
            state: State::Here,
            student: None,
            idle_days: 0,
            wanted: Some(Wanted::Parked),
            told_ms: None,
        }
    }

    fn lent(barcode: &str, student: &str, idle_days: i64) -> Hotspot {
        Hotspot {
            state: State::Lent,
            student: Some(student.to_owned()),
            idle_days,
            wanted: Some(Wanted::Active),
            ..hotspot(barcode)
        }
    }

    fn of(rule: Rule, limit: i64, hotspots: &[Hotspot]) -> (i64, Vec<String>) {
        let limits = Limits(BTreeMap::from([(Rule::IdleDays, 60), (rule, limit)]));
        let facts = Facts { hotspots, students: 10, line_cents: 1_600, now_ms: NOW };
        let found =
            check(&limits, facts).into_iter().find(|finding| finding.rule == rule).expect("it is checked");
        (found.over, found.barcodes)
    }

    #[test]
    fn each_rule_finds_what_does_not_keep_it() {
        let told = |days: i64, hotspot: Hotspot| Hotspot { told_ms: Some(NOW - days * DAY_MS), ..hotspot };
        let all = [
            lent("used", "a", 59),
            lent("idle", "b", 60),
            told(30, lent("late", "c", 95)),
            told(29, lent("soon", "c", 94)),
            Hotspot { cost_cents: Some(9_001), ..hotspot("dear") },
            Hotspot { state: State::Retired, idle_days: 99, cost_cents: Some(99_999), ..hotspot("old") },
        ];
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(of(Rule::IdleDays, 60, &all), (1, names(&["idle"])), "who was told was told");
        assert_eq!(of(Rule::NoticeDays, 30, &all), (1, names(&["late"])));
        assert_eq!(of(Rule::LineCents, 1_500, &all), (100, names(&[])));
        assert_eq!(of(Rule::DeviceCents, 9_000, &all), (1, names(&["dear"])));
        assert_eq!(of(Rule::Percent, 20, &all), (3, names(&[])), "5 hotspots, 2 may be");
        assert_eq!(of(Rule::EachStudent, 1, &all), (2, names(&["late", "soon"])));
        assert_eq!(of(Rule::InStore, 0, &all), (1, names(&["dear"])));
        assert_eq!(of(Rule::InStore, 1, &all).0, 0);
        let stopped = Hotspot { wanted: Some(Wanted::Suspended), ..told(30, lent("late", "c", 95)) };
        assert_eq!(of(Rule::NoticeDays, 30, &[stopped]).0, 0);
    }

    #[test]
    fn a_set_is_stored_and_read() {
        for known in KNOWN {
            let limits = Limits(known.limits.iter().copied().collect());
            assert_eq!(Limits::from_text(&limits.to_text()), Some(limits));
            assert!(known.from < known.until && known.record_years == 10);
        }
        assert_eq!(Limits::from_text(""), Some(Limits::default()));
        assert_eq!((Limits::from_text("percent 101"), Limits::from_text("luck 1")), (None, None));
    }
}
