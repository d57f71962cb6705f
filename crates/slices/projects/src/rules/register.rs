//! The registers of a project and what is written down in each: the one table that forms, lists, files and checks are made of.

use evenfield_gap::read::plain_number;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Register {
    /// What the project is to reach, measured.
    Aim,
    /// Who is in the team.
    Member,
    /// What the community has: sites, fibre, people, funds.
    Resource,
    /// Who is concerned by it.
    Stakeholder,
    /// What partners have agreed to or promised.
    Commitment,
    /// What it hands over.
    Deliverable,
    /// What is to be done.
    Task,
    /// When the team met and what was decided.
    Meeting,
    /// What may go wrong.
    Risk,
    /// What was learned.
    Lesson,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One line of text.
    Line,
    /// Some lines of text.
    Text,
    /// A day, `2026-11-30`.
    Day,
    /// Days of work, a whole number.
    Days,
    /// Dollars, with cents at most.
    Dollars,
    /// A share, `12.5%`.
    Share,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The number of an entry of a register.
    One(Register),
    /// The numbers of entries of a register: `3, 5`.
    Many(Register),
}

/// A field of a register.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, which is its column too.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether there must be something.
    pub must: bool,
}

const fn must(name: &'static str, takes: Takes) -> Field {
    Field { name, takes, must: true }
}

const fn may(name: &'static str, takes: Takes) -> Field {
    Field { name, takes, must: false }
}

/// The measures of the gap, by the codes of its figures.
pub const MEASURES: [&str; 7] = ["m1", "m2", "m3", "m4a", "m4b", "m5", "m6"];
const DEGREE: [&str; 3] = ["high", "middle", "low"];

const AIM: &[Field] = &[
    must("name", Takes::Line),
    may("measure", Takes::Word(&MEASURES)),
    may("baseline", Takes::Share),
    must("target", Takes::Share),
    must("by", Takes::Day),
    may("note", Takes::Text),
];
const MEMBER: &[Field] = &[
    must("name", Takes::Line),
    must(
        "kind",
        Takes::Word(&[
            "district",
            "school",
            "library",
            "college",
            "community_center",
            "makerspace",
            "city",
            "provider",
            "family",
            "other",
        ]),
    ),
    may("organization", Takes::Line),
    may("role", Takes::Line),
    may("contact", Takes::Line),
    may("brings", Takes::Text),
];
const RESOURCE: &[Field] = &[
    must("name", Takes::Line),
    must(
        "kind",
        Takes::Word(&[
            "site", "fiber", "tower", "roof", "vehicle", "device", "person", "skill", "fund", "other",
        ]),
    ),
    may("owner", Takes::Line),
    may("place", Takes::Line),
    may("amount", Takes::Dollars),
    may("terms", Takes::Text),
];
const STAKEHOLDER: &[Field] = &[
    must("name", Takes::Line),
    must("interest", Takes::Word(&DEGREE)),
    must("influence", Takes::Word(&DEGREE)),
    may("contact", Takes::Line),
    may("how", Takes::Text),
    may("next", Takes::Day),
];
const COMMITMENT: &[Field] = &[
    must("name", Takes::Line),
    must("partner", Takes::Line),
    must("kind", Takes::Word(&["agreement", "promise"])),
    may("begins", Takes::Day),
    may("ends", Takes::Day),
    may("note", Takes::Text),
];
const DELIVERABLE: &[Field] = &[
    must("name", Takes::Line),
    may("owner", Takes::Line),
    may("due", Takes::Day),
    may("accepted", Takes::Day),
    may("note", Takes::Text),
];
const TASK: &[Field] = &[
    must("name", Takes::Line),
    may("owner", Takes::Line),
    must("days", Takes::Days),
    may("needs", Takes::Many(Register::Task)),
    may("not_before", Takes::Day),
    may("due", Takes::Day),
    may("done", Takes::Day),
    may("deliverable", Takes::One(Register::Deliverable)),
    may("meeting", Takes::One(Register::Meeting)),
    may("planned", Takes::Dollars),
    may("spent", Takes::Dollars),
    may("note", Takes::Text),
];
const MEETING: &[Field] = &[
    must("name", Takes::Line),
    must("held", Takes::Day),
    may("attendees", Takes::Text),
    may("agenda", Takes::Text),
    may("minutes", Takes::Text),
];
const RISK: &[Field] = &[
    must("name", Takes::Line),
    must("chance", Takes::Word(&DEGREE)),
    must("harm", Takes::Word(&DEGREE)),
    may("owner", Takes::Line),
    may("response", Takes::Text),
    may("closed", Takes::Day),
];
const LESSON: &[Field] = &[
    must("name", Takes::Line),
    must("learned", Takes::Day),
    may("text", Takes::Text),
    may("next", Takes::Text),
];

impl Register {
    /// All registers, in the order of the work.
    pub const ALL: [Self; 10] = [
        Self::Aim,
        Self::Member,
        Self::Resource,
        Self::Stakeholder,
        Self::Commitment,
        Self::Deliverable,
        Self::Task,
        Self::Meeting,
        Self::Risk,
        Self::Lesson,
    ];

    /// The word in paths, files and the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Member => "member",
            Self::Resource => "resource",
            Self::Stakeholder => "stakeholder",
            Self::Commitment => "commitment",
            Self::Deliverable => "deliverable",
            Self::Task => "task",
            Self::Meeting => "meeting",
            Self::Risk => "risk",
            Self::Lesson => "lesson",
        }
    }

    /// The register with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|register| register.as_str() == word)
    }

    /// Its fields; the first is the name.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Aim => AIM,
            Self::Member => MEMBER,
            Self::Resource => RESOURCE,
            Self::Stakeholder => STAKEHOLDER,
            Self::Commitment => COMMITMENT,
            Self::Deliverable => DELIVERABLE,
            Self::Task => TASK,
            Self::Meeting => MEETING,
            Self::Risk => RISK,
            Self::Lesson => LESSON,
        }
    }
}

/// What is written down of something, by the names of its fields; fields without a value are not there. Values are as [`value`] writes them.
pub type Values = BTreeMap<String, String>;

/// An entry of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The register.
    pub register: Register,
    /// Its number there, from 1; it never changes and none is given twice.
    pub number: i64,
    /// What it says.
    pub values: Values,
    /// Since when it is taken out, ms since 1970 UTC.
    pub removed_ms: Option<i64>,
}

impl Entry {
    /// A value; the empty text where there is none.
    pub fn text(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// A day.
    pub fn day(&self, field: &str) -> Option<Date> {
        self.text(field).parse().ok()
    }

    /// Cents.
    pub fn cents(&self, field: &str) -> Option<i64> {
        cents(self.text(field))
    }

    /// Numbers of other entries.
    pub fn numbers(&self, field: &str) -> Vec<i64> {
        self.text(field).split(", ").filter_map(|n| n.parse().ok()).collect()
    }
}

/// The longest line, in characters.
pub const LINE: usize = 200;
/// The longest text, in characters.
pub const TEXT: usize = 10_000;
/// The most days of work of a task: ten years.
const DAYS: u32 = 2_600;
/// The most money, dollars.
const MONEY: i64 = 10_000_000_000;

/// Numbers that entries of each register have, so that a value can name them.
pub type Known = BTreeMap<Register, BTreeSet<i64>>;

/// A value as it is kept, of what somebody wrote; nothing where nothing was written.
///
/// # Errors
/// The key of the message that says what is wanted.
pub fn value(field: &Field, said: &str, known: &Known) -> Result<Option<String>, &'static str> {
    let said = said.trim();
    if said.is_empty() {
        return if field.must { Err("projects-wanted-something") } else { Ok(None) };
    }
    if said.chars().any(|c| c.is_control() && !"\r\n\t".contains(c)) {
        return Err("projects-wanted-text");
    }
    let written = match field.takes {
        Takes::Line if said.contains(['\r', '\n']) || said.chars().count() > LINE => {
            return Err("projects-wanted-line");
        }
        Takes::Text if said.chars().count() > TEXT => return Err("projects-wanted-text"),
        Takes::Line => said.to_owned(),
        // A form sends lines that end in two octets, a file in one.
        Takes::Text => said.replace("\r\n", "\n").replace('\r', "\n"),
        Takes::Day => {
            let day: Option<Date> = said.parse().ok();
            let day = day.filter(|day| (1990..=2100).contains(&day.year()));
            day.ok_or("projects-wanted-day")?.to_string()
        }
        Takes::Days => {
            let days = plain_number(said).parse::<u32>().ok().filter(|days| *days <= DAYS);
            days.ok_or("projects-wanted-days")?.to_string()
        }
        Takes::Dollars => {
            dollars(cents(&plain_number(said.trim_start_matches('$'))).ok_or("projects-wanted-dollars")?)
        }
        Takes::Share => {
            let number = plain_number(said.trim_end_matches('%').trim_end());
            let share = number.parse::<f64>().ok().filter(|share| (0.0..=100.0).contains(share));
            format!("{}%", share.ok_or("projects-wanted-share")?)
        }
        Takes::Word(words) => {
            let said = said.to_lowercase().replace([' ', '-'], "_");
            (*words.iter().find(|word| **word == said).ok_or("projects-wanted-word")?).to_owned()
        }
        Takes::One(register) => one(said, register, known)?.to_string(),
        Takes::Many(register) => {
            let numbers: Result<BTreeSet<i64>, _> =
                said.split([',', ';']).map(|number| one(number, register, known)).collect();
            let numbers: Vec<String> = numbers?.iter().map(i64::to_string).collect();
            numbers.join(", ")
        }
    };
    Ok(Some(written))
}

fn one(said: &str, register: Register, known: &Known) -> Result<i64, &'static str> {
    let number = said.trim().parse().ok();
    let is_known = |number: &i64| known.get(&register).is_some_and(|numbers| numbers.contains(number));
    number.filter(is_known).ok_or("projects-wanted-number")
}

/// Cents of a number of dollars with at most two decimals.
fn cents(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > 2 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let cents: i64 = format!("{part:0<2}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    (whole <= MONEY).then_some(whole * 100 + cents)
}

/// Dollars as they are kept: `1234.50`.
pub fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// All fields of an entry as they are kept, or what is wrong with each by its name: the key of the message that says what is wanted.
///
/// # Errors
/// The fields that are wrong.
pub fn values(
    register: Register,
    said: impl Fn(&str) -> String,
    known: &Known,
) -> Result<Values, Vec<(&'static str, &'static str)>> {
    let (mut values, mut wrong) = (Values::new(), Vec::new());
    for field in register.fields() {
        match value(field, &said(field.name), known) {
            Ok(Some(value)) => _ = values.insert(field.name.to_owned(), value),
            Ok(None) => {}
            Err(wanted) => wrong.push((field.name, wanted)),
        }
    }
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(takes: Takes, said: &str) -> Result<Option<String>, &'static str> {
        let known = Known::from([(Register::Task, BTreeSet::from([3, 5, 12]))]);
        value(&may("x", takes), said, &known)
    }

    #[test]
    fn values_are_kept_in_one_way() {
        let kept = |takes, said| read(takes, said).expect(said).expect(said);
        assert_eq!(kept(Takes::Dollars, "$1,234.5"), "1234.50");
        assert_eq!(kept(Takes::Share, "12.50 %"), "12.5%");
        assert_eq!(kept(Takes::Many(Register::Task), "12;3, 5,3"), "3, 5, 12");
        assert_eq!(kept(Takes::Word(MEMBER[1].takes.words()), "Community center"), "community_center");
        assert_eq!(kept(Takes::Text, "a\r\nb"), "a\nb");
        assert_eq!(read(Takes::Day, "  "), Ok(None));
        for (takes, said, wanted) in [
            (Takes::Day, "11/30/2026", "projects-wanted-day"),
            (Takes::Day, "0001-01-01", "projects-wanted-day"),
            (Takes::Days, "2.5", "projects-wanted-days"),
            (Takes::Days, "-1", "projects-wanted-days"),
            (Takes::Dollars, "1.234", "projects-wanted-dollars"),
            (Takes::Dollars, "-5", "projects-wanted-dollars"),
            (Takes::Share, "101", "projects-wanted-share"),
            (Takes::Share, "NaN", "projects-wanted-share"),
            (Takes::Word(&DEGREE), "huge", "projects-wanted-word"),
            (Takes::One(Register::Task), "4", "projects-wanted-number"),
            (Takes::One(Register::Meeting), "3", "projects-wanted-number"),
            (Takes::Many(Register::Task), "3, x", "projects-wanted-number"),
            (Takes::Line, "a\nb", "projects-wanted-line"),
            (Takes::Text, "a\u{0}b", "projects-wanted-text"),
        ] {
            assert_eq!(read(takes, said), Err(wanted), "{said}");
        }
        assert_eq!(value(&must("x", Takes::Line), " ", &Known::new()), Err("projects-wanted-something"));
    }

    impl Takes {
        fn words(self) -> &'static [&'static str] {
            match self {
                Self::Word(words) => words,
                _ => &[],
            }
        }
    }

    #[test]
    fn every_register_begins_with_its_name_and_says_each_field_once() {
        for register in Register::ALL {
            assert_eq!(Register::from_word(register.as_str()), Some(register));
            let names: BTreeSet<_> = register.fields().iter().map(|field| field.name).collect();
            assert_eq!(names.len(), register.fields().len());
            assert_eq!((register.fields()[0].name, register.fields()[0].must), ("name", true));
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_as_itself(said in ".{0,20}", pick in 0usize..10, at in 0usize..12) {
            let register = Register::ALL[pick];
            let field = register.fields()[at % register.fields().len()];
            let known = Known::from([(Register::Task, (1..9).collect()), (Register::Meeting, (1..9).collect())]);
            if let Ok(Some(kept)) = value(&field, &said, &known) {
                prop_assert_eq!(value(&field, &kept, &known), Ok(Some(kept)));
            }
        }
    }
}
