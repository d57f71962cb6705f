use super::*;
use crate::calendar::{Calendar, Period, Setting, Term};
use crate::catalogue::{Catalogue, ResourceId};
use crate::rollup::{Unit, Use, What};
use crate::roster::{Roster, Student};
use jiff::civil::{date, time};
use std::collections::{BTreeMap, BTreeSet};

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

struct District {
    roster: Roster,
    calendar: Calendar,
    uses: Vec<Use>,
}

impl District {
    /// Students of some schools who used some resources for some minutes in the three weeks of a term; all sums are of them.
    fn new(seed: u64, schools: u16, students: u16, resources: u16) -> Self {
        let term = Term { name: "2026-fall".into(), first: date(2026, 9, 7), last: date(2026, 9, 27) };
        let bells = (time(8, 0, 0, 0), time(15, 0, 0, 0));
        let calendar =
            Calendar::new("UTC", vec![term], BTreeSet::new(), bells, time(17, 0, 0, 0)).expect("a calendar");
        let list: Vec<_> =
            (0..students).map(|n| Student { school: n % schools, ..Student::default() }).collect();
        let names = (0..schools).map(|n| format!("school-{n}")).collect();
        let roster = Roster::new(names, vec![], &list).expect("a roster");
        let mut made = BTreeMap::new();
        for week in 0..3u64 {
            for student in 0..students {
                for resource in 1..=resources {
                    for (at, setting) in
                        [Setting::AtSchool, Setting::AtHome, Setting::OnBus].into_iter().enumerate()
                    {
                        let chance = mixed(
                            seed ^ mixed(
                                week << 40 | u64::from(student) << 20 | u64::from(resource) << 4 | at as u64,
                            ),
                        );
                        // The first resource is common, the last rare; a bus is rarer than a home, and schools differ.
                        let often = 60
                            / u64::from(resource)
                            / (at as u64 * 2 + 1)
                            / (1 + u64::from(student % schools) % 3);
                        if chance % 100 < often {
                            *made.entry((week, student, resource, setting)).or_insert(0u64) +=
                                1 + chance / 128 % 90;
                        }
                    }
                }
            }
        }
        let uses = sums(&made, schools);
        Self { roster, calendar, uses }
    }

    fn periods() -> Vec<Period> {
        let week = |day| Period::Week(date(2026, 9, day));
        vec![
            week(7),
            week(14),
            week(21),
            Period::Month(2026, 9),
            Period::Term("2026-fall".into()),
            Period::Year("2026-fall".into()),
        ]
    }

    fn release(&self, ledger: &mut Ledger, period: &Period) -> Release {
        ledger.release(period, &self.uses, &self.roster, &self.calendar).expect("a release").clone()
    }
}

type Key = (Period, Unit, What, Option<Setting>);
type Each = BTreeMap<u16, u64>;
type Made = BTreeMap<(u64, u16, u16, Setting), u64>;

fn sums(made: &Made, schools: u16) -> Vec<Use> {
    let mut cells: BTreeMap<Key, Each> = BTreeMap::new();
    for ((week, student, resource, setting), minutes) in made {
        let periods = District::periods();
        for period in [&periods[*week as usize]].into_iter().chain(&periods[3..]) {
            for unit in [Unit::District, Unit::School(student % schools)] {
                let what = What::Resource(ResourceId(*resource));
                for (what, setting) in [(what, Some(*setting)), (what, None), (What::AnyResource, None)] {
                    let cell = cells.entry((period.clone(), unit, what, setting)).or_default();
                    *cell.entry(*student).or_default() += minutes;
                }
            }
        }
    }
    let one = |((period, unit, what, setting), each): (Key, Each)| {
        let mut minutes: Vec<_> = each.values().copied().collect();
        minutes.sort_unstable_by(|a, b| b.cmp(a));
        let any = what == What::AnyResource;
        let sum = |n: u64| if any { 0 } else { n };
        Use {
            period,
            unit,
            what,
            setting,
            students: each.len() as u32,
            minutes: sum(minutes.iter().sum()),
            active: 0,
            visits: 0,
            quartiles: [0; 3],
            met_goal: 0,
            largest: [sum(minutes[0]), sum(minutes.get(1).copied().unwrap_or(0))],
        }
    };
    cells.into_iter().map(one).collect()
}

fn ledger() -> Ledger {
    Ledger::new(Rule::default()).expect("a rule")
}

/// Whether the attack tells that fewer than ten students used something, or fewer than ten did not.
fn narrowed(ranges: &[Range]) -> Vec<&Range> {
    ranges.iter().filter(|r| !r.safe).collect()
}

#[test]
fn the_attack_recovers_nothing_and_on_primary_suppression_alone_it_does() {
    let mut bitten = 0;
    for seed in 0..2 {
        let district = District::new(seed, 4, 200, 2);
        let mut ledger = ledger();
        for period in &District::periods()[..5] {
            district.release(&mut ledger, period);
        }
        let attack = |primary_only| {
            ledger
                .attack(&district.uses, &district.roster, &district.calendar, primary_only)
                .expect("an attack")
        };
        let ranges = attack(false);
        assert!(ranges.iter().any(|r| r.why == Why::Few), "seed {seed}: nothing was withheld");
        assert!(ranges.iter().any(|r| r.why == Why::Complementary), "seed {seed}: nothing was protected");
        assert_eq!(narrowed(&ranges), Vec::<&Range>::new(), "seed {seed}");
        for range in ranges.iter().filter(|r| r.why == Why::Few) {
            assert!(range.students.1 >= 10.0 - 1e-6, "seed {seed}: {range:?}");
        }
        let alone = attack(true);
        let found = alone.iter().filter(|r| r.why == Why::Few && r.students.1 < 10.0 - 1e-6);
        let exact = alone.iter().filter(|r| r.why == Why::Few && r.students.1 - r.students.0 < 1e-6);
        assert!(found.clone().count() >= exact.clone().count());
        bitten += exact.count();
    }
    assert!(bitten > 0, "the attack on primary suppression alone recovers cells to the student");
}

#[test]
fn a_period_is_released_once_whatever_comes_later() {
    let mut district = District::new(7, 3, 120, 2);
    let mut ledger = ledger();
    let week = &District::periods()[0];
    let first = district.release(&mut ledger, week);
    for one in &mut district.uses {
        one.students += 1;
        one.minutes += 5;
    }
    assert_eq!(district.release(&mut ledger, week), first);
    let catalogue = Catalogue::common();
    let csv = first.to_csv(&district.roster, &catalogue);
    assert_eq!(csv, ledger.released(week).expect("there").to_csv(&district.roster, &catalogue));
    let other = Period::Week(date(2026, 9, 8));
    let refused = ledger.release(&other, &district.uses, &district.roster, &district.calendar);
    assert!(matches!(refused, Err(LedgerError::Period(_))), "only whole weeks");

    // The ledger outlives the program.
    let file = ledger.to_file(&district.roster);
    let mut read = Ledger::parse("ledger.csv", &file, &district.roster, Rule::default()).expect("no problem");
    assert_eq!(read.to_file(&district.roster), file);
    assert_eq!(district.release(&mut read, week).rows, first.rows);
    let mut lines: Vec<_> = file.lines().collect();
    lines.extend([
        lines[1],
        "week-2026-09-07,school nowhere,any,all,1,1,1,1,",
        "1,2",
        "year-x,district,any,all,many,1,1,1,",
    ]);
    let problems = Ledger::parse("ledger.csv", &lines.join("\n"), &district.roster, Rule::default())
        .expect_err("problems");
    let columns: Vec<_> = problems.kept().iter().map(|p| p.column.as_str()).collect();
    assert_eq!(columns, ["", "unit", "", "students"]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_ledger_or_has_problems(text in "(period,unit,what,setting,students,minutes,largest,second,withheld\n)?((week-2026-09-07|year-a|),(district|school a|),(any|resource 3|blocked 300|),(all|at_home|),[0-9]{0,12},[0-9]{0,22},1,1,(few|)\n|\\PC{0,20}\n){0,5}") {
        let roster = Roster::new(vec!["a".into()], vec![], &[]).expect("a roster");
        match Ledger::parse("f", &text, &roster, Rule::default()) {
            Ok(ledger) => {
                let file = ledger.to_file(&roster);
                let again = Ledger::parse("f", &file, &roster, Rule::default()).expect("its own file");
                proptest::prop_assert_eq!(again.to_file(&roster), file);
            }
            Err(problems) => proptest::prop_assert!(problems.found() > 0),
        }
    }
}

/// Facts that come after their week was released are in no later sum either, or the difference would tell of them.
#[test]
fn what_comes_late_is_in_no_difference() {
    let mut district = District::new(5, 3, 300, 1);
    let mut ledger = ledger();
    let periods = District::periods();
    let weeks: Vec<_> = periods[..3].iter().map(|week| district.release(&mut ledger, week)).collect();
    let what = What::Resource(ResourceId(1));
    for one in district.uses.iter_mut().filter(|u| u.unit != Unit::School(1)) {
        one.students += 1;
        one.minutes += 7;
    }
    let term = district.release(&mut ledger, &periods[4]);
    let of = |release: &Release| match release.cell(Unit::District, what, None) {
        Cell::Shown { minutes, .. } => minutes,
        Cell::Withheld(_) => 0,
    };
    assert!(weeks.iter().all(|week| of(week) > 0) && of(&term) > 0, "all are shown");
    assert_eq!(of(&term), weeks.iter().map(of).sum::<u64>());
    let ranges =
        ledger.attack(&district.uses, &district.roster, &district.calendar, false).expect("an attack");
    assert_eq!(narrowed(&ranges), Vec::<&Range>::new());
}

#[test]
fn a_file_shows_what_is_shown_and_no_withheld_number() {
    let district = District::new(11, 4, 200, 3);
    let mut ledger = ledger();
    let release = district.release(&mut ledger, &District::periods()[0]);
    let csv = release.to_csv(&district.roster, &Catalogue::common());
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let (mut shown, mut withheld) = (0, 0);
    for (record, row) in rows.records().zip(&release.rows) {
        let record = record.expect("CSV");
        let (students, minutes, mark) = (&record[4], &record[5], &record[6]);
        match row.cell {
            Cell::Shown { students: truth, .. } => {
                assert_eq!((students, mark), (truth.to_string().as_str(), ""));
                assert!(truth >= 10);
                shown += 1;
            }
            Cell::Withheld(_) => {
                assert_eq!((students, minutes, mark), ("", "", "yes"));
                withheld += 1;
            }
        }
    }
    assert_eq!(shown + withheld, release.rows.len());
    assert!(shown > 0 && withheld > 0);
    assert!(unapproved(&release, &Catalogue::common()).count() > 0);
}

/// By hand: two schools, the smaller with 4 of 25 students. The sum is 24, so the other 20 must be withheld as well, and then the
/// outsider knows of the smaller one only that it is 1 to 23.
#[test]
fn a_known_answer() {
    let mut district = District::new(0, 2, 100, 1);
    let what = What::Resource(ResourceId(1));
    let base = district.uses.iter().find(|u| u.what == what).expect("there").clone();
    let one = |unit, setting, students: u32| Use {
        period: District::periods()[0].clone(),
        unit,
        setting,
        students,
        minutes: u64::from(students) * 10,
        largest: [10, 10],
        ..base.clone()
    };
    district.uses.clear();
    for setting in [None, Some(Setting::AtSchool)] {
        let parts = [(Unit::District, 24), (Unit::School(0), 20), (Unit::School(1), 4)];
        district.uses.extend(parts.map(|(unit, students)| one(unit, setting, students)));
    }
    let mut ledger = ledger();
    let release = district.release(&mut ledger, &District::periods()[0]);
    let cell = |unit| release.cell(unit, what, None);
    assert_eq!(cell(Unit::District), Cell::Shown { students: 24, minutes: 240 });
    assert_eq!(cell(Unit::School(0)), Cell::Withheld(Why::Complementary));
    assert_eq!(cell(Unit::School(1)), Cell::Withheld(Why::Few));
    let attack = |primary_only| {
        let ranges = ledger.attack(&district.uses, &district.roster, &district.calendar, primary_only);
        let range = ranges.expect("an attack").into_iter().find(|r| r.why == Why::Few).expect("withheld");
        (range.students.0.round(), range.students.1.round())
    };
    assert_eq!(attack(false), (1.0, 23.0));
    assert_eq!(attack(true), (4.0, 4.0));
}

#[test]
fn a_teacher_sees_her_own_section_and_goals_are_of_the_district() {
    let mut district = District::new(3, 2, 100, 1);
    let period = District::periods()[0].clone();
    let mut own = district.uses[0].clone();
    own.unit = Unit::Section(4);
    own.students = 3;
    own.period = period.clone();
    district.uses.push(own);
    let rows = own_section(&district.uses, 4, &period);
    assert_eq!((rows.len(), rows[0].students), (1, 3));
    assert_eq!(own_section(&district.uses, 5, &period), []);
    let mut ledger = ledger();
    for one in &mut district.uses {
        one.met_goal = one.students / 2;
    }
    let release = district.release(&mut ledger, &period);
    assert!(release.rows.iter().all(|r| !matches!(r.unit, Unit::Section(_))));
    let goals = goals(&release, &district.uses, 10);
    assert_eq!(goals.len(), 1);
    let (used, reached) = goals[0].reached.expect("many");
    assert_eq!(reached, used / 2);
    for one in &mut district.uses {
        one.met_goal = 4;
    }
    assert_eq!(super::goals(&release, &district.uses, 10)[0].reached, None);
}
