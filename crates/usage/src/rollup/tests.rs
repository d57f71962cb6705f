use super::*;
use crate::calendar::Term;
use crate::fact::Fact;
use crate::pseudonym::Pseudonym;
use crate::roster::Student;
use crate::segment::{Identity, encode, open, pack};
use jiff::civil::{date, time};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn calendar() -> Calendar {
    let term = Term { name: "2026-fall".into(), first: date(2026, 9, 7), last: date(2026, 9, 20) };
    let bells = (time(8, 0, 0, 0), time(15, 0, 0, 0));
    Calendar::new("UTC", vec![term], BTreeSet::new(), bells, time(17, 0, 0, 0)).expect("a calendar")
}

/// Minutes since 1970 of Monday, 7 September 2026.
const MONDAY: u32 = 29_812_320;

fn roster() -> Roster {
    let student = |n: u16| Student {
        devices: vec![Pseudonym(u64::from(n) + 1), Pseudonym(u64::from(n) + 1_001)],
        school: n % 2,
        sections: if n < 3 { vec![0] } else { vec![] },
    };
    let students: Vec<_> = (0..6).map(student).collect();
    Roster::new(vec!["north".into(), "south".into()], vec!["art".into()], &students).expect("a roster")
}

fn fact(minute: u32, device: u64, resource: u16) -> Fact {
    Fact {
        minute: MONDAY + minute,
        device: Pseudonym(device),
        resource: (resource != 0).then_some(ResourceId(resource)),
        support: false,
        category: 0,
        did: 0,
        place: Place::School,
    }
}

fn inputs_of(parts: &[Vec<Fact>]) -> Vec<Input<'static>> {
    let one = |(at, facts): (usize, &Vec<Fact>)| {
        let identity = Identity::new("edge", at as u64, 0)?;
        let sealed = encode(&mut facts.iter().map(pack).collect::<Vec<_>>(), &identity).ok()?;
        let open = move || Ok(open(sealed.bytes.into())?);
        Some(Input { first_minute: sealed.minutes.0, open: Box::new(open) })
    };
    parts.iter().enumerate().filter_map(one).collect()
}

fn run(parts: &[Vec<Fact>]) -> (Vec<Use>, Coverage) {
    let (catalogue, roster, calendar) = (Catalogue::common(), roster(), calendar());
    let rollup = Rollup {
        roster: &roster,
        catalogue: &catalogue,
        calendar: &calendar,
        method: Method::default(),
        sections: true,
    };
    let mut uses = Vec::new();
    let coverage = rollup.run(inputs_of(parts), &mut |one| uses.push(one)).expect("rolls up");
    (uses, coverage)
}

fn find(uses: &[Use], period: &str, unit: Unit, what: What, setting: Option<Setting>) -> Option<Use> {
    let same =
        |u: &&Use| u.period.to_string() == period && (u.unit, u.what, u.setting) == (unit, what, setting);
    let mut found = uses.iter().filter(same);
    let one = found.next().cloned();
    assert!(found.next().is_none(), "once");
    one
}

#[test]
fn known_answers() {
    let khan = Catalogue::common().by_id("khan_academy").expect("there").number.0;
    let securly = Catalogue::common().by_id("securly").expect("there").number.0;
    let blocked = Fact { did: 1, category: 9, ..fact(500, 2, khan) };
    let facts = vec![
        // Student 0 (school 0, section 0) by two devices: 480 to 485, 6 minutes, at school.
        fact(480, 1, khan),
        fact(485, 1_001, khan),
        // And from 895 to 905: 11 minutes of one visit, that of the last query after school.
        fact(895, 1, khan),
        fact(905, 1, khan),
        // Student 1 (school 1): one query alone is no visit. And one blocked, twice.
        fact(480, 2, khan),
        blocked,
        blocked,
        // In the second week student 2 (school 0) for two minutes at home.
        Fact { place: Place::Home, ..fact(8 * 1_440, 3, khan) },
        Fact { place: Place::Home, ..fact(8 * 1_440 + 1, 3, khan) },
        // Nobody, nothing in the catalogue, no answer, what runs by itself, and before the term.
        fact(480, 99, khan),
        fact(480, 1, 0),
        Fact { did: 3, ..fact(480, 1, khan) },
        fact(480, 1, securly),
        Fact { minute: 5, ..fact(0, 1, khan) },
    ];
    let (uses, coverage) = run(&[facts]);
    let wanted = Coverage { facts: 14, outside: 1, nobody: 1, other: 2, counted: 7, blocked: 2, failed: 1 };
    assert_eq!(coverage, wanted);
    let what = What::Resource(ResourceId(khan));
    let get = |period, unit, setting| {
        find(&uses, period, unit, what, setting).map(|u| (u.students, u.minutes, u.visits, u.active))
    };
    let week = "week-2026-09-07";
    assert_eq!(get(week, Unit::District, None), Some((1, 17, 2, 5)));
    assert_eq!(get(week, Unit::District, Some(Setting::AtSchool)), Some((1, 6, 1, 4)));
    assert_eq!(get(week, Unit::District, Some(Setting::AfterSchool)), Some((1, 11, 1, 1)));
    assert_eq!(get(week, Unit::School(0), None), Some((1, 17, 2, 4)));
    assert_eq!(get(week, Unit::School(1), None), Some((0, 0, 0, 1)));
    assert_eq!(get(week, Unit::Section(0), None), Some((1, 17, 2, 5)));
    assert_eq!(get("week-2026-09-14", Unit::District, Some(Setting::AtHome)), Some((1, 2, 1, 2)));
    for all in ["month-2026-09", "term-2026-fall", "year-2026-fall"] {
        assert_eq!(get(all, Unit::District, None), Some((2, 19, 3, 7)), "{all}");
    }
    let any = find(&uses, "term-2026-fall", Unit::School(0), What::AnyResource, None).expect("there");
    assert_eq!((any.students, any.minutes), (2, 0));
    let blocked = find(&uses, week, Unit::School(1), What::Blocked(9), None).expect("there");
    assert_eq!((blocked.students, blocked.minutes), (1, 2));
    let term = find(&uses, "term-2026-fall", Unit::District, what, None).expect("there");
    assert_eq!((term.quartiles, term.largest), ([2, 2, 17], [17, 2]));
}

/// All from the definition: sets and maps of everything at once, the minutes by `Today` alone.
type Plain = BTreeMap<(String, Unit, Option<Setting>, u16), (BTreeSet<u32>, u64, u64)>;

fn plain(facts: &[Fact]) -> Plain {
    let (roster, calendar) = (roster(), calendar());
    let mut grouped: BTreeMap<Fact, u32> = BTreeMap::new();
    facts.iter().for_each(|fact| *grouped.entry(*fact).or_default() += 1);
    let mut todays = BTreeMap::new();
    let mut plain = Plain::new();
    // Minute by minute, core names first.
    let mut grouped: Vec<_> = grouped.into_iter().collect();
    grouped.sort_by_key(|(fact, _)| (fact.minute, fact.support));
    for (fact, queries) in grouped {
        let (Some(student), Some(resource)) = (roster.student(fact.device.0), fact.resource) else {
            continue;
        };
        let Some(day) = calendar.days().find(|d| d.minutes.contains(&fact.minute)) else { continue };
        let today =
            todays.entry((day.date, student, resource)).or_insert_with(crate::minutes::Today::default);
        let minute = (fact.minute - day.minutes.start) as u16;
        let added = today.add(Queries { minute, support: fact.support, several: queries > 1 }, 10);
        let setting = day.setting(fact.place, fact.minute);
        let mut units = vec![Unit::District, Unit::School(roster.school(student))];
        units.extend(roster.sections(student).iter().map(|s| Unit::Section(*s)));
        for period in &day.periods {
            for unit in &units {
                for setting in [None, Some(setting)] {
                    let cell = plain.entry((period.to_string(), *unit, setting, resource.0)).or_default();
                    if added.minutes > 0 {
                        cell.0.insert(student);
                    }
                    cell.1 += u64::from(added.minutes);
                    cell.2 += u64::from(added.active);
                }
            }
        }
    }
    plain.retain(|_, (_, minutes, active)| *minutes + *active > 0);
    plain
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However facts are cut into segments, the kernel's rows are those of the definition.
    #[test]
    fn the_kernel_equals_the_definition(
        rows in proptest::collection::vec((0u32..2, 0u32..14, 475u32..520, 1u64..9, 1u16..4, any::<bool>(), 0usize..4), 1..250)
    ) {
        let mut parts = vec![Vec::new(); 4];
        for (late, day, minute, device, resource, support, part) in rows {
            let minute = day * 1_440 + minute + late * 420;
            // A student is in one place at a time.
            let place = Place::ALL[(minute as usize / 7) % 6];
            parts[part].push(Fact { support, place, ..fact(minute, device, resource) });
        }
        let (uses, coverage) = run(&parts);
        let all: Vec<_> = parts.concat();
        prop_assert_eq!(coverage.facts as usize, all.len());
        let parts_of = coverage.nobody + coverage.other + coverage.counted + coverage.outside;
        prop_assert_eq!(coverage.facts, parts_of);
        let mut found = Plain::new();
        let mut counts = BTreeMap::new();
        for one in uses {
            if let What::Resource(resource) = one.what {
                let key = (one.period.to_string(), one.unit, one.setting, resource.0);
                counts.insert(key.clone(), one.students as usize);
                found.insert(key, (BTreeSet::new(), one.minutes, one.active));
            }
        }
        let wanted = plain(&all);
        prop_assert_eq!(wanted.iter().map(|(k, v)| (k.clone(), v.0.len())).collect::<BTreeMap<_, _>>(), counts);
        let wanted: Plain = wanted.into_iter().map(|(k, (_, m, a))| (k, (BTreeSet::new(), m, a))).collect();
        prop_assert_eq!(found, wanted);
    }
}

#[test]
fn a_district_that_does_not_fit_is_told() {
    let students = vec![Student::default(); 900_000];
    let roster = Roster::new(vec!["a".into()], vec![], &students).expect("a roster");
    let (catalogue, calendar) = (Catalogue::common(), calendar());
    let rollup = Rollup {
        roster: &roster,
        catalogue: &catalogue,
        calendar: &calendar,
        method: Method::default(),
        sections: true,
    };
    assert!(matches!(rollup.run(Vec::new(), &mut |_| ()), Err(RollupError::TooLarge { .. })));
}
