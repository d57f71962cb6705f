//! How a loan stands: whether the household must be told of something, has time left, or its line may be suspended.

use super::settings::Rules;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// An hour, ms.
pub const HOUR_MS: i64 = 3_600_000;
/// A day, ms.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Why a line may be suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Nobody knows where the device is.
    Lost,
    /// It is not back though its day is past.
    Overdue,
    /// It is not used: perhaps it is broken, and the household needs help. No line is suspended for this.
    Unused,
    /// It is not used still, after the household was offered help.
    Idle,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lost, Self::Overdue, Self::Unused, Self::Idle];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Overdue => "overdue",
            Self::Unused => "unused",
            Self::Idle => "idle",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

/// How a household was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// A letter.
    Letter,
    /// By telephone.
    Call,
    /// In person.
    Person,
    /// By a text message.
    Text,
    /// By e-mail.
    Email,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Letter, Self::Call, Self::Person, Self::Text, Self::Email];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Call => "call",
            Self::Person => "person",
            Self::Text => "text",
            Self::Email => "email",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == word)
    }
}

/// What there is to know of an open loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// The day on which the device is to be back.
    pub due_on: Date,
    /// Since when nobody knows where it is, ms since 1970 UTC.
    pub lost_ms: Option<i64>,
    /// Since when its line is idle, ms.
    pub idle_ms: Option<i64>,
}

/// That a household was told of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of what.
    pub cause: Cause,
    /// When, ms since 1970 UTC.
    pub ms: i64,
    /// Until when it was told that it has time, ms; none where it was not told a day.
    pub until_ms: Option<i64>,
}

impl Told {
    /// That a household is told of something now, with the day until which it has time by the rules of now.
    pub fn by_rules(cause: Cause, ms: i64, rules: &Rules) -> Self {
        let days = if cause == Cause::Unused { rules.help_days } else { rules.grace_days };
        Self { cause, ms, until_ms: Some(ms + days * DAY_MS) }
    }
}

/// How a loan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All is well.
    Good,
    /// The household is to be told of this, which is so since then, ms.
    Tell(Cause, i64),
    /// It was told, and has time until then, ms.
    Grace(Cause, i64),
    /// It was told, and its time is over since then, ms.
    Due(Cause, i64),
}

impl Standing {
    /// What is the matter.
    pub fn cause(self) -> Option<Cause> {
        match self {
            Self::Good => None,
            Self::Tell(cause, _) | Self::Grace(cause, _) | Self::Due(cause, _) => Some(cause),
        }
    }
}

/// When a loan that is due on this day is overdue, ms since 1970 UTC: at the end of so many days after it.
pub fn overdue_ms(due_on: Date, rules: &Rules) -> i64 {
    let begins = due_on
        .checked_add((rules.overdue_days + 1).days())
        .ok()
        .and_then(|day| TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok());
    begins.map_or(i64::MAX, |begins| begins.as_millisecond())
}

/// What is the matter with a loan now, and since when, ms. Of a device that is lost and overdue the one thing counts of which the household was
/// told and had time; that it is lost as well gives no new time.
fn matter(open: &Open, told: &[Told], rules: &Rules, now_ms: i64) -> Option<(Cause, i64)> {
    let overdue = overdue_ms(open.due_on, rules);
    let is_due = |(cause, since): &(Cause, i64)| {
        *since <= now_ms && matches!(stands(*cause, *since, told, rules, now_ms), Standing::Due(..))
    };
    match (open.lost_ms, open.idle_ms.filter(|idle| *idle <= now_ms)) {
        (Some(lost), _) => {
            Some(Some((Cause::Overdue, overdue)).filter(is_due).unwrap_or((Cause::Lost, lost)))
        }
        _ if overdue <= now_ms => Some((Cause::Overdue, overdue)),
        (None, Some(idle)) => Some(match helped_ms(told, idle, rules, now_ms) {
            Some(helped) if helped <= now_ms => (Cause::Idle, helped),
            _ => (Cause::Unused, idle),
        }),
        (None, None) => None,
    }
}

/// Until when a household that was offered help with an idle line has time to take it, ms.
fn helped_ms(told: &[Told], idle_ms: i64, rules: &Rules, now_ms: i64) -> Option<i64> {
    let help = told.iter().filter(|t| t.cause == Cause::Unused && t.ms >= idle_ms && t.ms <= now_ms);
    help.map(|t| (t.ms + rules.help_days * DAY_MS).max(t.until_ms.unwrap_or(i64::MIN))).min()
}

/// When a line is idle that was used last on this day, or whose use counts from the other on, ms since 1970 UTC.
pub fn idle_ms(used_on: Option<Date>, counted_from: Date, rules: &Rules) -> i64 {
    let begins =
        used_on.and_then(|day| day.tomorrow().ok()).map_or(counted_from, |day| day.max(counted_from));
    let begins = begins.checked_add(rules.idle_days.days()).ok();
    let begins = begins.and_then(|day| TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok());
    begins.map_or(i64::MAX, |begins| begins.as_millisecond())
}

/// How a loan stands now. Only what the household was told of the very thing that is the matter counts, and only since it is.
pub fn standing(open: &Open, told: &[Told], rules: &Rules, now_ms: i64) -> Standing {
    let Some((cause, since)) = matter(open, told, rules, now_ms) else { return Standing::Good };
    if let (Cause::Unused, Some(until)) = (cause, helped_ms(told, since, rules, now_ms)) {
        return Standing::Grace(cause, until);
    }
    stands(cause, since, told, rules, now_ms)
}

/// How a loan stands with which this is the matter since then. A day that a household was told is kept, whatever the rules are since;
/// milder rules give more.
fn stands(cause: Cause, since: i64, told: &[Told], rules: &Rules, now_ms: i64) -> Standing {
    let told = told.iter().filter(|told| told.cause == cause && told.ms >= since && told.ms <= now_ms);
    // The first notice counts: a reminder takes away no time, and gives what it says alone.
    let Some(first) = told.clone().map(|told| told.ms).min() else { return Standing::Tell(cause, since) };
    let by_rules = first.saturating_add(rules.grace_days.saturating_mul(DAY_MS));
    let until = told.filter_map(|told| told.until_ms).max().map_or(by_rules, |said| said.max(by_rules));
    if now_ms < until { Standing::Grace(cause, until) } else { Standing::Due(cause, until) }
}

/// How many lines may be suspended now without approval, of so many active ones, when so many were in the last 24 hours. Of a few lines
/// one may.
pub fn allowance(active: usize, suspended_today: usize, rules: &Rules) -> usize {
    let percent = usize::try_from(rules.cap_percent).unwrap_or_default();
    (active * percent).div_ceil(100).saturating_sub(suspended_today)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DUE: Date = jiff::civil::date(2026, 11, 1);

    fn at(day: i8, hour: i8) -> i64 {
        let time = jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0);
        TimeZone::UTC.to_timestamp(time).expect("a time").as_millisecond()
    }

    #[test]
    fn a_loan_goes_from_good_by_notice_and_grace_to_due() {
        let rules = Rules { overdue_days: 7, grace_days: 14, ..Rules::default() };
        let open = Open { due_on: DUE, lost_ms: None, idle_ms: None };
        let stands = |told: &[Told], now| standing(&open, told, &rules, now);
        assert_eq!(stands(&[], at(8, 23)), Standing::Good, "day 7 after it is a day of grace yet");
        assert_eq!(stands(&[], at(9, 0)), Standing::Tell(Cause::Overdue, at(9, 0)));
        let told = [Told { cause: Cause::Overdue, ms: at(10, 12), until_ms: None }];
        assert_eq!(stands(&told, at(24, 11)), Standing::Grace(Cause::Overdue, at(24, 12)));
        assert_eq!(stands(&told, at(24, 12)), Standing::Due(Cause::Overdue, at(24, 12)));
        // Told that the loan ends soon, or that a device is lost: nothing of what is the matter now.
        for early in [Told { ms: at(8, 0), ..told[0] }, Told { cause: Cause::Lost, ..told[0] }] {
            assert_eq!(stands(&[early], at(28, 0)), Standing::Tell(Cause::Overdue, at(9, 0)));
        }
        let lost = Open { lost_ms: Some(at(2, 8)), ..open };
        assert_eq!(standing(&lost, &told, &rules, at(20, 0)), Standing::Tell(Cause::Lost, at(2, 8)));
        // Its time was over: that the device is called lost gives no new one.
        assert_eq!(standing(&lost, &told, &rules, at(28, 0)), Standing::Due(Cause::Overdue, at(24, 12)));
        let twice = [told[0], Told { ms: at(20, 0), ..told[0] }];
        assert_eq!(stands(&twice, at(25, 0)), Standing::Due(Cause::Overdue, at(24, 12)));
    }

    #[test]
    fn a_day_that_a_household_was_told_is_kept() {
        let rules = Rules { overdue_days: 7, grace_days: 14, help_days: 7, ..Rules::default() };
        let told = [Told::by_rules(Cause::Overdue, at(10, 0), &rules)];
        let open = Open { due_on: DUE, lost_ms: None, idle_ms: None };
        let shorter = Rules { grace_days: 3, help_days: 1, ..rules };
        assert_eq!(standing(&open, &told, &shorter, at(20, 0)), Standing::Grace(Cause::Overdue, at(24, 0)));
        let longer = Rules { grace_days: 16, ..rules };
        assert_eq!(standing(&open, &told, &longer, at(25, 0)), Standing::Grace(Cause::Overdue, at(26, 0)));
        // A reminder that says a later day gives it; one that says an earlier day takes nothing away.
        let reminded = |until| [told[0], Told { ms: at(12, 0), until_ms: Some(until), ..told[0] }];
        let until = |until| standing(&open, &reminded(until), &rules, at(20, 0));
        assert_eq!(until(at(28, 0)), Standing::Grace(Cause::Overdue, at(28, 0)));
        assert_eq!(until(at(13, 0)), Standing::Grace(Cause::Overdue, at(24, 0)));
        let idle = Open { due_on: jiff::civil::date(2027, 6, 1), lost_ms: None, idle_ms: Some(at(1, 0)) };
        let help = [Told::by_rules(Cause::Unused, at(2, 0), &rules)];
        assert_eq!(standing(&idle, &help, &shorter, at(8, 0)), Standing::Grace(Cause::Unused, at(9, 0)));
    }

    #[test]
    fn an_idle_line_leads_to_help_then_notice_then_grace() {
        let rules = Rules { idle_days: 60, help_days: 7, grace_days: 14, ..Rules::default() };
        assert_eq!(
            idle_ms(Some(jiff::civil::date(2026, 9, 1)), jiff::civil::date(2026, 8, 1), &rules),
            at(1, 0)
        );
        assert_eq!(idle_ms(None, jiff::civil::date(2026, 9, 2), &rules), at(1, 0));
        let open = Open { due_on: jiff::civil::date(2027, 6, 1), lost_ms: None, idle_ms: Some(at(1, 0)) };
        let stands = |told: &[Told], now| standing(&open, told, &rules, now);
        assert_eq!(
            stands(&[], at(30, 0)),
            Standing::Tell(Cause::Unused, at(1, 0)),
            "help first, however long it is"
        );
        let help = Told { cause: Cause::Unused, ms: at(2, 0), until_ms: None };
        assert_eq!(stands(&[help], at(8, 0)), Standing::Grace(Cause::Unused, at(9, 0)));
        assert_eq!(stands(&[help], at(9, 0)), Standing::Tell(Cause::Idle, at(9, 0)));
        let notice = Told { cause: Cause::Idle, ms: at(10, 0), until_ms: None };
        assert_eq!(stands(&[help, notice], at(11, 0)), Standing::Grace(Cause::Idle, at(24, 0)));
        assert_eq!(stands(&[help, notice], at(24, 0)), Standing::Due(Cause::Idle, at(24, 0)));
        assert_eq!(
            stands(&[notice], at(24, 0)),
            Standing::Tell(Cause::Unused, at(1, 0)),
            "no notice without help before"
        );
        // Used again, and idle once more later: all begins anew.
        let later = Open { idle_ms: Some(at(25, 0)), ..open };
        assert_eq!(
            standing(&later, &[help, notice], &rules, at(26, 0)),
            Standing::Tell(Cause::Unused, at(25, 0))
        );
        let used = Open { idle_ms: None, ..open };
        assert_eq!(standing(&used, &[help, notice], &rules, at(24, 0)), Standing::Good);
    }

    #[test]
    fn a_twentieth_is_suspended_in_a_day_and_more_is_asked_for() {
        let rules = Rules::default();
        assert_eq!(allowance(1_000, 0, &rules), 50);
        assert_eq!(allowance(1_000, 30, &rules), 20);
        assert_eq!(allowance(1_000, 70, &rules), 0);
        assert_eq!((allowance(3, 0, &rules), allowance(0, 0, &rules)), (1, 0));
        assert_eq!(allowance(1_000, 0, &Rules { cap_percent: 0, ..rules }), 0);
    }

    proptest! {
        /// Nobody is due who was not told, of this, since it is so, and so many whole days ago.
        #[test]
        fn none_is_due_without_notice_and_grace(
            lost in proptest::option::of(0i64..60),
            told in proptest::collection::vec((any::<bool>(), 0i64..90, proptest::option::of(0i64..40)), 0..5),
            (overdue_days, grace_days, now) in (1i64..30, 1i64..30, 0i64..90),
        ) {
            let rules = Rules { overdue_days, grace_days, ..Rules::default() };
            let zero = at(1, 0);
            let open = Open { due_on: DUE, lost_ms: lost.map(|day| zero + day * DAY_MS), idle_ms: None };
            let told: Vec<Told> = told
                .into_iter()
                .map(|(lost, day, until)| Told {
                    cause: if lost { Cause::Lost } else { Cause::Overdue },
                    ms: zero + day * DAY_MS,
                    until_ms: until.map(|days| zero + (day + days) * DAY_MS),
                })
                .collect();
            let now = zero + now * DAY_MS;
            if let Standing::Due(cause, _) = standing(&open, &told, &rules, now) {
                let since = match cause {
                    Cause::Lost => open.lost_ms.expect("lost"),
                    _ => overdue_ms(DUE, &rules),
                };
                prop_assert!(told.iter().any(|t| t.cause == cause && t.ms >= since && t.ms + grace_days * DAY_MS <= now));
                let counts = |t: &&Told| t.cause == cause && t.ms >= since && t.ms <= now;
                prop_assert!(told.iter().filter(counts).all(|t| t.until_ms.is_none_or(|until| until <= now)), "a promise");
            }
            // Who is told more often is not worse off than who was told first.
            let first = told.iter().min_by_key(|t| t.ms).copied();
            prop_assert!(first.is_some() || !matches!(standing(&open, &told, &rules, now), Standing::Grace(..) | Standing::Due(..)));
        }
    }
}
