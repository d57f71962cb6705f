//! What a scan at the counter does, and what a line is wanted to be.

use super::settings::Rules;
use super::standing::Standing;
use super::state::{Observed, State, Wanted};
use evenfield_gap::inventory::Kind;

/// A scan of the same device within this time of its check-out or return is the scanner's second look, ms.
pub const DOUBLE_SCAN_MS: i64 = 2_000;
/// For how long a person may undo what she did last, ms.
pub const UNDO_MS: i64 = 10 * 60_000;

/// What there is to say of the line of a device that is to be lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfLine {
    /// It has one, or needs none.
    Fine,
    /// A hotspot in which no card is known to be: perhaps nobody wrote it down.
    NoCard,
    /// A card of which no line is known.
    NoLine,
    /// Its line has ended, for good: it would not work.
    Ended,
}

impl OfLine {
    /// Of a device of this kind, with whether a card is in it, and what its card's line is wanted and was seen to be.
    pub fn of(kind: Kind, has_card: bool, line: Option<(Wanted, Observed)>) -> Self {
        match line {
            Some((wanted, observed)) if wanted == Wanted::Ended || observed == Observed::Ended => Self::Ended,
            Some(_) => Self::Fine,
            None if has_card => Self::NoLine,
            None if kind == Kind::Hotspot => Self::NoCard,
            None => Self::Fine,
        }
    }
}

/// What there is to know of a device when it is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// What it is.
    pub kind: Kind,
    /// Where it is thought to be.
    pub state: State,
    /// When its open loan began, ms since 1970 UTC; none without one.
    pub lent_ms: Option<i64>,
    /// When it came back last, ms; none where it never did.
    pub back_ms: Option<i64>,
    /// What there is to say of its line.
    pub line: OfLine,
}

/// What a scan of a device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The student at the counter gets it.
    Lend,
    /// It is back.
    TakeBack,
    /// Nothing, for this reason.
    Nothing(Why),
}

/// Why a scan does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No student was scanned before.
    NoStudent,
    /// It was scanned twice.
    Twice,
    /// It is in repair.
    Repair,
    /// It is retired.
    Retired,
    /// The household has as many as it may.
    Household,
    /// Its line has ended.
    Ended,
}

impl Why {
    /// The word in addresses and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoStudent => "no-student",
            Self::Twice => "twice",
            Self::Repair => "repair",
            Self::Retired => "retired",
            Self::Household => "household",
            Self::Ended => "ended",
        }
    }
}

/// What the scan of a device does: one that somebody has comes back, one that is here goes to the student at the counter, if there is
/// one whose household (with `household` hotspots already) may have it.
pub fn scan(device: Scanned, has_student: bool, household: i64, rules: Rules, now_ms: i64) -> Deed {
    let is_twice = |ms: i64| (0..DOUBLE_SCAN_MS).contains(&(now_ms - ms));
    if device.lent_ms.or(device.back_ms).is_some_and(is_twice) {
        return Deed::Nothing(Why::Twice);
    }
    if device.lent_ms.is_some() {
        return Deed::TakeBack;
    }
    let is_full =
        device.kind == Kind::Hotspot && rules.household_limit > 0 && household >= rules.household_limit;
    match device.state {
        State::Repair => Deed::Nothing(Why::Repair),
        State::Retired => Deed::Nothing(Why::Retired),
        _ if !has_student => Deed::Nothing(Why::NoStudent),
        _ if device.line == OfLine::Ended => Deed::Nothing(Why::Ended),
        _ if is_full => Deed::Nothing(Why::Household),
        _ => Deed::Lend,
    }
}

/// What a line is wanted to be, whose card's device has this open loan, or none. A line that is suspended works again as soon as its loan
/// does not stand so that it may be. None is suspended here: that is decided for many together.
pub fn wanted(before: Wanted, is_held: bool, loan: Option<Standing>) -> Wanted {
    match (before, loan) {
        (Wanted::Ended, _) => Wanted::Ended,
        _ if is_held => Wanted::Active,
        (Wanted::Suspended, Some(Standing::Due(..))) => Wanted::Suspended,
        (_, Some(_)) => Wanted::Active,
        (_, None) => Wanted::Parked,
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing::Cause;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_suspended_line_works_again_when_nothing_is_the_matter() {
        let due = Standing::Due(Cause::Lost, 0);
        let of = |before, held, loan| wanted(before, held, loan);
        assert_eq!(of(Wanted::Suspended, false, Some(due)), Wanted::Suspended);
        assert_eq!(of(Wanted::Active, false, Some(due)), Wanted::Active, "this suspends nobody");
        assert_eq!(of(Wanted::Suspended, true, Some(due)), Wanted::Active);
        assert_eq!(of(Wanted::Suspended, false, None), Wanted::Parked);
        for standing in [Standing::Good, Standing::Tell(Cause::Lost, 0), Standing::Grace(Cause::Lost, 9)] {
            assert_eq!(of(Wanted::Suspended, false, Some(standing)), Wanted::Active);
        }
        assert_eq!(of(Wanted::Ended, true, Some(due)), Wanted::Ended);
    }

    const HERE: Scanned =
        Scanned { kind: Kind::Hotspot, state: State::Here, lent_ms: None, back_ms: None, line: OfLine::Fine };

    #[test]
    fn what_does_not_work_is_not_lent() {
        let ended = |wanted, observed| OfLine::of(Kind::Hotspot, true, Some((wanted, observed)));
        assert_eq!(ended(Wanted::Ended, Observed::Active), OfLine::Ended);
        assert_eq!(ended(Wanted::Parked, Observed::Ended), OfLine::Ended);
        assert_eq!(ended(Wanted::Parked, Observed::Unknown), OfLine::Fine);
        assert_eq!(OfLine::of(Kind::Hotspot, true, None), OfLine::NoLine);
        assert_eq!(OfLine::of(Kind::Hotspot, false, None), OfLine::NoCard);
        assert_eq!(OfLine::of(Kind::Laptop, false, None), OfLine::Fine);
        let of = |line| scan(Scanned { line, ..HERE }, true, 0, Rules::default(), 0);
        assert_eq!(of(OfLine::Ended), Deed::Nothing(Why::Ended));
        assert_eq!((of(OfLine::NoCard), of(OfLine::NoLine)), (Deed::Lend, Deed::Lend));
        // Whoever brings one back brings it back.
        let lent = Scanned { line: OfLine::Ended, state: State::Lent, lent_ms: Some(1), ..HERE };
        assert_eq!(scan(lent, true, 0, Rules::default(), 9_000), Deed::TakeBack);
    }

    #[test]
    fn a_scan_lends_takes_back_or_says_why_not() {
        let rules = Rules::default();
        assert_eq!(scan(HERE, true, 0, rules, 0), Deed::Lend);
        assert_eq!(scan(HERE, false, 0, rules, 0), Deed::Nothing(Why::NoStudent));
        assert_eq!(scan(HERE, true, 1, rules, 0), Deed::Nothing(Why::Household));
        assert_eq!(scan(HERE, true, 1, Rules { household_limit: 0, ..rules }, 0), Deed::Lend);
        assert_eq!(scan(Scanned { kind: Kind::Laptop, ..HERE }, true, 1, rules, 0), Deed::Lend);
        for (state, why) in [(State::Repair, Why::Repair), (State::Retired, Why::Retired)] {
            assert_eq!(scan(Scanned { state, ..HERE }, true, 0, rules, 0), Deed::Nothing(why));
        }
        let lent = Scanned { state: State::Lent, lent_ms: Some(1_000), ..HERE };
        assert_eq!(scan(lent, true, 1, rules, 2_999), Deed::Nothing(Why::Twice));
        assert_eq!(scan(lent, true, 1, rules, 3_000), Deed::TakeBack);
        let back = Scanned { back_ms: Some(5_000), ..HERE };
        assert_eq!(scan(back, true, 0, rules, 6_999), Deed::Nothing(Why::Twice));
        assert_eq!(scan(back, true, 0, rules, 7_000), Deed::Lend);
        assert_eq!(scan(Scanned { state: State::Lost, ..lent }, false, 0, rules, 9_000), Deed::TakeBack);
    }

    proptest! {
        /// Scans of two devices with one line each, in any order: a line is wanted active where its device is lent or it is held, and
        /// none is ever suspended.
        #[test]
        fn lines_follow_loans(steps in proptest::collection::vec((0usize..2, any::<bool>(), any::<bool>(), 0i64..5_000), 1..60)) {
            let (mut lent, mut back, mut lines) = ([None::<i64>; 2], [None::<i64>; 2], [Wanted::Parked; 2]);
            let (mut held, mut now_ms) = ([false; 2], 0);
            for (which, has_student, holds, later) in steps {
                now_ms += later;
                held[which] = holds;
                let household = lent.iter().flatten().count() as i64;
                let state = if lent[which].is_some() { State::Lent } else { State::Here };
                let device =
                    Scanned { state, lent_ms: lent[which], back_ms: back[which], ..HERE };
                match scan(device, has_student, household, Rules::default(), now_ms) {
                    Deed::Lend => {
                        prop_assert!(lent[which].is_none() && has_student, "one open loan");
                        lent[which] = Some(now_ms);
                    }
                    Deed::TakeBack => (lent[which], back[which]) = (None, Some(now_ms)),
                    Deed::Nothing(_) => {}
                }
                lines[which] = wanted(lines[which], held[which], lent[which].map(|_| Standing::Good));
                prop_assert!(lent.iter().flatten().count() <= 1, "one hotspot a household");
                let is_wanted = lines[which] == Wanted::Active;
                prop_assert_eq!(is_wanted, held[which] || lent[which].is_some());
                prop_assert!(lines[which] != Wanted::Suspended);
            }
        }
    }
}
