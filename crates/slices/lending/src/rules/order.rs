//! What a carrier is to be asked to do with a line, and why it is not asked yet.
//!
//! What is wanted is compared with what was seen. A line is let work at once; that it should not work is asked for late, on fresh
//! knowledge, and only so often that there is room left to undo it.

use super::settings::Rules;
use super::standing::{DAY_MS, HOUR_MS};
use super::state::{Observed, Wanted};

/// What a carrier is asked to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Let it work.
    Activate,
    /// Let it not work for now.
    Suspend,
    /// End its contract.
    End,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Activate, Self::Suspend, Self::End];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Suspend => "suspend",
            Self::End => "end",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == word)
    }

    /// What makes a line what it is wanted to be.
    pub fn toward(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Active => Self::Activate,
            Wanted::Parked | Wanted::Suspended => Self::Suspend,
            Wanted::Ended => Self::End,
        }
    }
}

/// What there is to know of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it is wanted to be.
    pub wanted: Wanted,
    /// Since when, ms since 1970 UTC.
    pub wanted_ms: i64,
    /// What it was seen to be.
    pub observed: Observed,
    /// As of when, ms; none when the carrier has said nothing.
    pub observed_ms: Option<i64>,
    /// What its carrier was asked for last and has not refused, and when, ms.
    pub asked: Option<(Act, i64)>,
    /// How often it was asked in the last 24 hours.
    pub asked_today: i64,
    /// When in these it refused last, ms.
    pub refused_ms: Option<i64>,
}

/// Why nothing is asked for though the line is not seen to be as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// The district has stopped it.
    Stopped,
    /// It is wanted so for a short time only.
    Quiet,
    /// The carrier was asked and needs time.
    Asked,
    /// It was asked too often in a day.
    Often,
    /// Nothing is known of the line.
    Unknown,
    /// What is known of it is too old, or older than what was asked for.
    Stale,
    /// The carrier says that it has ended.
    Gone,
    /// The carrier refused what it was asked for; it is asked again later.
    Refused,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Stopped,
        Self::Quiet,
        Self::Asked,
        Self::Often,
        Self::Unknown,
        Self::Stale,
        Self::Gone,
        Self::Refused,
    ];

    /// The word in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Quiet => "quiet",
            Self::Asked => "asked",
            Self::Often => "often",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Gone => "gone",
            Self::Refused => "refused",
        }
    }

    /// Whether only a look at the carrier helps.
    pub fn wants_look(self) -> bool {
        matches!(self, Self::Unknown | Self::Stale)
    }
}

/// What to do about a line now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is seen to be as wanted.
    Met,
    /// Nothing yet.
    Wait(Why),
    /// Ask for this.
    Ask(Act),
}

/// How long what holds, and how often a carrier is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What carriers may be asked for: 0 nothing, 1 to let lines work, 2 everything.
    pub carriers: i64,
    /// For so long an observation holds, ms.
    pub fresh_ms: i64,
    /// For so long a line must be wanted not to work before that is asked for, ms.
    pub quiet_ms: i64,
    /// So long a carrier may take, ms.
    pub settle_ms: i64,
    /// How often it is asked in 24 hours.
    pub daily_orders: i64,
    /// So long after it refused it is not asked again, ms.
    pub refused_ms: i64,
}

impl Terms {
    /// Of carriers that people ask at their sites.
    pub fn of_people(rules: &Rules) -> Self {
        Self {
            carriers: rules.carriers,
            fresh_ms: rules.fresh_hours * HOUR_MS,
            quiet_ms: rules.quiet_hours * HOUR_MS,
            settle_ms: rules.settle_hours * HOUR_MS,
            daily_orders: rules.daily_orders,
            // A person looks why, and does it another way.
            refused_ms: 0,
        }
    }

    /// Of carriers that are asked by their interface, every few minutes.
    pub fn of_interface(rules: &Rules) -> Self {
        let minutes = |n: i64| n * HOUR_MS / 60;
        Self {
            fresh_ms: minutes(60),
            settle_ms: minutes(15),
            refused_ms: minutes(60),
            ..Self::of_people(rules)
        }
    }
}

/// What to do about a line now.
pub fn step(line: &Known, terms: &Terms, now_ms: i64) -> Step {
    if line.observed == Observed::Ended && line.wanted != Wanted::Ended {
        return Step::Wait(Why::Gone);
    }
    let toward = Act::toward(line.wanted);
    let seen_ms = line.observed_ms.unwrap_or(i64::MIN);
    let is_fresh = now_ms.saturating_sub(seen_ms) <= terms.fresh_ms;
    let is_met = line.wanted.is_met_by(line.observed);
    match line.asked {
        // What was asked for is done, or nothing was asked for.
        None if is_met => return if is_fresh { Step::Met } else { Step::Wait(Why::Stale) },
        Some((_, asked_ms)) if is_met && seen_ms > asked_ms + terms.settle_ms => {
            return if is_fresh { Step::Met } else { Step::Wait(Why::Stale) };
        }
        // Asked for this: it is seen to be done, or takes its time, or was not done.
        Some((act, asked_ms)) if act == toward => {
            let settled_ms = asked_ms + terms.settle_ms;
            match (seen_ms > asked_ms, seen_ms >= settled_ms) {
                (true, _) if is_met => return if is_fresh { Step::Met } else { Step::Wait(Why::Stale) },
                _ if now_ms < settled_ms => return Step::Wait(Why::Asked),
                (_, false) => return Step::Wait(Why::Stale),
                (_, true) => {}
            }
        }
        // Asked for the contrary before: what is seen may be older than what that did.
        _ => {}
    }
    may_ask(line, toward, terms, now_ms)
}

/// Whether this may be asked for now.
fn may_ask(line: &Known, act: Act, terms: &Terms, now_ms: i64) -> Step {
    if terms.carriers == 0 || (act != Act::Activate && terms.carriers < 2) {
        return Step::Wait(Why::Stopped);
    }
    // What was refused is refused again a moment later, and a day's orders would be used up before anybody mends it.
    if line.refused_ms.is_some_and(|refused_ms| now_ms - refused_ms < terms.refused_ms) {
        return Step::Wait(Why::Refused);
    }
    // The last of a day's orders are left for letting the line work again.
    let kept = if act == Act::Activate { 0 } else { 1 };
    if line.asked_today + kept >= terms.daily_orders {
        return Step::Wait(Why::Often);
    }
    if act == Act::Activate {
        return Step::Ask(act);
    }
    let Some(seen_ms) = line.observed_ms else { return Step::Wait(Why::Unknown) };
    if now_ms - seen_ms > terms.fresh_ms || line.observed == Observed::Unknown {
        return Step::Wait(Why::Stale);
    }
    if now_ms - line.wanted_ms < terms.quiet_ms {
        return Step::Wait(Why::Quiet);
    }
    Step::Ask(act)
}

/// Since when orders count for a day's, ms.
pub fn day_began(now_ms: i64) -> i64 {
    now_ms - DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_000 * DAY_MS;

    fn known(wanted: Wanted, observed: Observed) -> Known {
        Known {
            wanted,
            wanted_ms: NOW - 30 * DAY_MS,
            observed,
            observed_ms: Some(NOW - HOUR_MS),
            asked: None,
            asked_today: 0,
            refused_ms: None,
        }
    }

    #[test]
    fn what_was_refused_waits_for_an_interface_and_not_for_people() {
        let rules = Rules::default();
        let line =
            Known { refused_ms: Some(NOW - HOUR_MS + 1), ..known(Wanted::Active, Observed::Suspended) };
        assert_eq!(step(&line, &Terms::of_interface(&rules), NOW), Step::Wait(Why::Refused));
        assert_eq!(step(&line, &Terms::of_interface(&rules), NOW + 1), Step::Ask(Act::Activate));
        assert_eq!(step(&line, &Terms::of_people(&rules), NOW), Step::Ask(Act::Activate));
    }

    #[test]
    fn a_line_is_let_work_at_once_and_stopped_late_and_on_fresh_knowledge() {
        let rules = Rules::default();
        let go = |line: Known| step(&line, &Terms::of_people(&rules), NOW);
        let lent = known(Wanted::Active, Observed::Suspended);
        assert_eq!(go(lent), Step::Ask(Act::Activate));
        assert_eq!(
            go(Known { observed: Observed::Unknown, observed_ms: None, ..lent }),
            Step::Ask(Act::Activate)
        );
        assert_eq!(go(Known { wanted_ms: NOW, ..lent }), Step::Ask(Act::Activate));
        assert_eq!(go(Known { observed: Observed::Active, ..lent }), Step::Met);
        let back = known(Wanted::Parked, Observed::Active);
        assert_eq!(go(back), Step::Ask(Act::Suspend));
        assert_eq!(go(Known { wanted_ms: NOW - HOUR_MS, ..back }), Step::Wait(Why::Quiet));
        assert_eq!(go(Known { observed_ms: Some(NOW - 4 * DAY_MS), ..back }), Step::Wait(Why::Stale));
        assert_eq!(
            go(Known { observed: Observed::Unknown, observed_ms: None, ..back }),
            Step::Wait(Why::Unknown)
        );
        assert_eq!(go(Known { observed: Observed::Ended, ..back }), Step::Wait(Why::Gone));
        assert_eq!(go(Known { wanted: Wanted::Ended, ..back }), Step::Ask(Act::End));
    }

    #[test]
    fn what_was_asked_for_is_waited_for_seen_or_asked_for_again() {
        let rules = Rules { settle_hours: 24, ..Rules::default() };
        let lent = known(Wanted::Active, Observed::Suspended);
        let asked = |hours: i64, seen: i64, observed| {
            let line = Known {
                asked: Some((Act::Activate, NOW - hours * HOUR_MS)),
                observed,
                observed_ms: Some(NOW - seen * HOUR_MS),
                ..lent
            };
            step(&line, &Terms::of_people(&rules), NOW)
        };
        assert_eq!(asked(2, 1, Observed::Suspended), Step::Wait(Why::Asked), "the carrier is slow");
        assert_eq!(asked(2, 1, Observed::Active), Step::Met);
        assert_eq!(asked(30, 20, Observed::Suspended), Step::Wait(Why::Stale), "seen before it had its time");
        assert_eq!(asked(30, 1, Observed::Suspended), Step::Ask(Act::Activate), "it was not done");
        // Lent just after the carrier was asked to suspend it: what was seen before that says nothing.
        let line =
            Known { asked: Some((Act::Suspend, NOW - HOUR_MS)), ..known(Wanted::Active, Observed::Active) };
        assert_eq!(step(&line, &Terms::of_people(&rules), NOW), Step::Ask(Act::Activate));
    }

    #[test]
    fn the_switch_and_the_days_orders_hold() {
        let line = |wanted, asked_today| Known {
            asked_today,
            ..known(wanted, if wanted == Wanted::Active { Observed::Suspended } else { Observed::Active })
        };
        for (carriers, active, parked) in [(0, false, false), (1, true, false), (2, true, true)] {
            let rules = Rules { carriers, ..Rules::default() };
            for (wanted, may) in
                [(Wanted::Active, active), (Wanted::Parked, parked), (Wanted::Suspended, parked)]
            {
                assert_eq!(
                    step(&line(wanted, 0), &Terms::of_people(&rules), NOW) != Step::Wait(Why::Stopped),
                    may,
                    "{carriers} {wanted:?}"
                );
            }
        }
        let rules = Rules::default();
        assert_eq!(step(&line(Wanted::Parked, 3), &Terms::of_people(&rules), NOW), Step::Ask(Act::Suspend));
        assert_eq!(
            step(&line(Wanted::Parked, 4), &Terms::of_people(&rules), NOW),
            Step::Wait(Why::Often),
            "one is kept for the way back"
        );
        assert_eq!(step(&line(Wanted::Active, 4), &Terms::of_people(&rules), NOW), Step::Ask(Act::Activate));
        assert_eq!(step(&line(Wanted::Active, 5), &Terms::of_people(&rules), NOW), Step::Wait(Why::Often));
    }

    /// A carrier that does what it is asked for after `delay` hours, or forgets it, and is looked at every `look` hours.
    fn simulate(
        wants: &[(i64, Wanted)],
        delay: i64,
        forgets: &[bool],
        look: i64,
    ) -> (Vec<(i64, Act)>, Known) {
        let rules = Rules { settle_hours: 6, quiet_hours: 12, ..Rules::default() };
        let mut line = Known {
            observed_ms: None,
            observed: Observed::Unknown,
            wanted_ms: 0,
            ..known(Wanted::Parked, Observed::Unknown)
        };
        let (mut there, mut orders, mut due) = (Observed::Suspended, Vec::new(), Vec::<(i64, Act)>::new());
        for hour in 0..1_000 {
            let now = hour * HOUR_MS;
            if let Some((_, wanted)) = wants.iter().find(|(at, wanted)| *at == hour && *wanted != line.wanted)
            {
                (line.wanted, line.wanted_ms) = (*wanted, now);
            }
            for (_, act) in due.extract_if(.., |(at, _)| *at <= hour) {
                there = match act {
                    Act::Activate => Observed::Active,
                    Act::Suspend => Observed::Suspended,
                    Act::End => Observed::Ended,
                };
            }
            if hour % look == 0 {
                (line.observed, line.observed_ms) = (there, Some(now));
            }
            let recent =
                |orders: &[(i64, Act)]| orders.iter().filter(|(at, _)| *at > hour - 24).count() as i64;
            line.asked_today = recent(&orders);
            if let Step::Ask(act) = step(&line, &Terms::of_people(&rules), now) {
                if !forgets.get(orders.len()).copied().unwrap_or_default() {
                    due.push((hour + delay, act));
                }
                orders.push((hour, act));
                line.asked = Some((act, now));
                assert!(recent(&orders) <= rules.daily_orders);
                if act != Act::Activate {
                    assert!(now - line.wanted_ms >= 12 * HOUR_MS, "no sooner than it was wanted for a while");
                    assert!(line.observed_ms.is_some_and(|seen| now - seen <= rules.fresh_hours * HOUR_MS));
                }
            }
        }
        line.observed = there;
        (orders, line)
    }

    proptest! {
        /// Whatever is wanted when, and whichever orders are lost, in the end the line is as wanted, and it was not asked for much.
        #[test]
        fn a_line_comes_to_be_as_wanted(
            mut wants in proptest::collection::vec((0i64..500, prop_oneof![Just(Wanted::Active), Just(Wanted::Parked), Just(Wanted::Suspended)]), 0..30),
            forgets in proptest::collection::vec(any::<bool>(), 0..6),
            (delay, look) in (0i64..6, 1i64..24),
        ) {
            wants.sort_by_key(|(at, _)| *at);
            let (orders, line) = simulate(&wants, delay, &forgets, look);
            prop_assert!(line.wanted.is_met_by(line.observed), "{line:?} {orders:?}");
            let lost = forgets.iter().filter(|lost| **lost).count();
            prop_assert!(orders.len() <= wants.len() + lost + 1, "no more than the changes and what was lost: {orders:?}");
        }
    }
}
