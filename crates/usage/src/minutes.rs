//! From queries to minutes: the method, and the only place where it stands.
//!
//! Of one student and one resource, on one local day, minute by minute:
//!
//! - A **query** is one for a core name that was answered. One for a support name counts as a query while a visit goes on, and
//!   begins none; within a minute it comes after those for core names.
//! - A **visit** is a run of queries no more than `gap` minutes apart, two queries at least. It ends with the day.
//! - The **minutes** of a visit are all from its first query to its last, both minutes counted. A visit within one minute has 1.
//! - An **active minute** is one with a query for a core name, whether or not it is in a visit.
//!
//! The two queries are against pages that a browser loads before anybody asks for them; the gap is for what a device remembers and
//! for reading. Source of the form: gap-delimited sessions of web analytics (30 minutes there) with the shorter gap that DNS
//! answers allow, as García-Dorado and others (2018), doi 10.1016/j.jnca.2018.03.008, cut theirs. No study validates DNS minutes in
//! schools: they are estimates, and pages say so.

/// How minutes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// The most minutes between two queries of a visit, 1 to 60. Longer than the time for which answers are kept.
    pub gap: u16,
}

impl Default for Method {
    fn default() -> Self {
        Self { gap: 10 }
    }
}

/// What is known of one student and one resource today. Zero at the day's beginning.
///
/// From the top: the last minute with a query, counted from 1, 12 bits; whether the last minute is counted as active; whether the
/// visit has its second query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Today(u16);

/// Queries in one minute for names of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queries {
    /// The minute of the local day, less than 1,600 (a day has 1,500 at most).
    pub minute: u16,
    /// For support names.
    pub support: bool,
    /// Two at least.
    pub several: bool,
}

/// What a query adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Minutes of visits.
    pub minutes: u16,
    /// Active minutes: 0 or 1.
    pub active: u16,
    /// Visits: 0 or 1.
    pub visits: u16,
}

const ACTIVE: u16 = 2;
const CONFIRMED: u16 = 1;

impl Today {
    /// Takes the queries of a minute, in order of minutes; says what they add.
    #[inline]
    pub fn add(&mut self, queries: Queries, gap: u16) -> Added {
        let now = queries.minute + 1;
        let last = self.0 >> 2;
        let goes_on = last != 0 && now - last <= gap;
        if queries.support && !goes_on {
            return Added::default();
        }
        let confirmed = goes_on && self.0 & CONFIRMED != 0;
        let was_active = last == now && self.0 & ACTIVE != 0;
        let active = was_active || !queries.support;
        let confirms = goes_on || queries.several;
        let added = Added {
            minutes: match (confirmed, confirms) {
                (true, _) => now - last,
                (false, true) if goes_on => now - last + 1,
                (false, true) => 1,
                (false, false) => 0,
            },
            active: u16::from(active && !was_active),
            visits: u16::from(!confirmed && confirms),
        };
        self.0 = now << 2 | if active { ACTIVE } else { 0 } | u16::from(confirms);
        added
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A query as a test writes it: the minute, `s` for a support name, `+` for several.
    fn total(text: &str, gap: u16) -> (u16, u16, u16) {
        let (mut today, mut sum) = (Today::default(), (0, 0, 0));
        for word in text.split(' ') {
            let minute = word.trim_matches(['s', '+']).parse().expect("a minute");
            let queries = Queries { minute, support: word.contains('s'), several: word.contains('+') };
            let added = today.add(queries, gap);
            sum = (sum.0 + added.minutes, sum.1 + added.active, sum.2 + added.visits);
        }
        sum
    }

    /// By hand from the definition: (minutes of visits, active minutes, visits).
    #[test]
    fn known_answers() {
        // One query alone is no visit, but an active minute.
        assert_eq!(total("480", 10), (0, 1, 0));
        // Two in one minute are a visit of a minute.
        assert_eq!(total("480+", 10), (1, 1, 1));
        assert_eq!(total("480 480", 10), (1, 1, 1));
        // 480 to 490 is eleven minutes; 491 is too far.
        assert_eq!(total("480 490", 10), (11, 2, 1));
        assert_eq!(total("480 491", 10), (0, 2, 0));
        // 480-485 and 600-601: 6 + 2 minutes.
        assert_eq!(total("480 483 485 600 601", 10), (8, 5, 2));
        // A support name prolongs and does not begin: 480 to 487.
        assert_eq!(total("470s 480 484s 487s", 10), (8, 1, 1));
        assert_eq!(total("480s 480s+", 10), (0, 0, 0));
        // In one minute a support name first: the core name still makes the minute active.
        assert_eq!(total("480+ 481s 481", 10), (2, 2, 1));
        // The first minute of the day and the last of the longest.
        assert_eq!(total("0 0 1499+", 10), (2, 2, 2));
        assert_eq!(total("480 485", 4), (0, 2, 0));
    }

    /// The same from the definition: all queries of the day at once, runs cut at gaps.
    fn by_definition(day: &[Queries], gap: u16) -> (u16, u16, u16) {
        let (mut minutes, mut visits) = (0, 0);
        let mut run: Option<(u16, u16, u32)> = None;
        let mut close = |run: Option<(u16, u16, u32)>| {
            if let Some((first, last, queries)) = run
                && queries > 1
            {
                minutes += last - first + 1;
                visits += 1;
            }
        };
        for one in day {
            let count = 1 + u32::from(one.several);
            match &mut run {
                Some((_, last, queries)) if one.minute - *last <= gap => {
                    *last = one.minute;
                    *queries += count;
                }
                _ if one.support => {}
                _ => close(run.replace((one.minute, one.minute, count))),
            }
        }
        close(run);
        let active: std::collections::BTreeSet<_> =
            day.iter().filter(|q| !q.support).map(|q| q.minute).collect();
        (minutes, active.len() as u16, visits)
    }

    proptest! {
        #[test]
        fn a_day_step_by_step_is_the_day_by_definition(mut day in proptest::collection::vec((0u16..120, any::<bool>(), any::<bool>()), 0..60), gap in 1u16..30) {
            day.sort_unstable();
            let day: Vec<_> = day.into_iter().map(|(minute, support, several)| Queries { minute, support, several }).collect();
            let (mut today, mut sum) = (Today::default(), (0, 0, 0));
            for queries in &day {
                let added = today.add(*queries, gap);
                sum = (sum.0 + added.minutes, sum.1 + added.active, sum.2 + added.visits);
            }
            prop_assert_eq!(sum, by_definition(&day, gap));
        }
    }
}
