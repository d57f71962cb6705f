use super::*;
use crate::estimate::Method;
use evenfield_model::{Barrier, GeographyKind};
use proptest::prelude::*;

const M1: Measure = Measure::M1NoSubscriptionOrComputer;

fn place(kind: GeographyKind, id: impl ToString) -> Geography {
    Geography { kind, id: id.to_string() }
}

fn district() -> Geography {
    place(GeographyKind::District, "5100001")
}

fn school(n: usize) -> Geography {
    place(GeographyKind::School, n)
}

/// A figure of `lacking` among `students`, well known.
fn figure(geography: Geography, group: &str, lacking: f64, students: u32) -> Estimate {
    let value = if students == 0 { 0.0 } else { lacking / f64::from(students) };
    Estimate {
        measure: M1,
        barrier: None,
        geography,
        group: group.to_owned(),
        value,
        se: 0.01,
        low90: (value - 0.016).max(0.0),
        high90: (value + 0.016).min(1.0),
        answers: students,
        students,
        method: Method::Combined,
    }
}

/// A district of schools by grade band: `table[school][band]` is (lacking, students). All margins are added.
fn by_school_and_band(table: &[Vec<(u32, u32)>]) -> (Vec<Estimate>, Vec<Link>) {
    let bands = ["grade_band:elementary", "grade_band:middle", "grade_band:high"];
    let mut figures = Vec::new();
    let total = |cells: Vec<(u32, u32)>| cells.iter().fold((0, 0), |a, c| (a.0 + c.0, a.1 + c.1));
    let mut push = |geography: Geography, cells: Vec<(u32, u32)>| {
        let all = total(cells.clone());
        figures.push(figure(geography.clone(), "all", f64::from(all.0), all.1));
        for (band, (lacking, students)) in bands.iter().zip(cells) {
            if students > 0 {
                figures.push(figure(geography.clone(), band, f64::from(lacking), students));
            }
        }
    };
    for (n, row) in table.iter().enumerate() {
        push(school(n), row.clone());
    }
    let columns = (0..table[0].len()).map(|band| total(table.iter().map(|row| row[band]).collect()));
    push(district(), columns.collect());
    let parts = (0..table.len()).map(school).collect();
    (figures, vec![Link { whole: district(), parts }])
}

fn primary_only(figures: &[Estimate], rule: &PublishRule) -> Vec<Option<Why>> {
    figures.iter().map(|f| rule.against(f)).collect()
}

fn reasons(figures: &[Figure]) -> Vec<Option<Why>> {
    figures.iter().map(Figure::why).collect()
}

/// Three small groups, no two in one school or band, so that each is the only unknown of its sums.
fn leaky() -> (Vec<Estimate>, Vec<Link>) {
    by_school_and_band(&[
        vec![(3, 8), (20, 80), (31, 90)],
        vec![(25, 70), (4, 9), (16, 60)],
        vec![(14, 50), (30, 95), (2, 7)],
    ])
}

#[test]
fn primary_suppression_alone_leaks_every_number() {
    let (figures, links) = leaky();
    let rule = PublishRule::default();
    let ranges = attack(&figures, &primary_only(&figures, &rule), &links, &rule);
    let found: Vec<(f64, f64)> = ranges.iter().map(|r| (r.low.round(), r.high.round())).collect();
    assert_eq!(found, [(3.0, 3.0), (4.0, 4.0), (2.0, 2.0)]);
}

#[test]
fn complementary_suppression_closes_the_leak() {
    let (figures, links) = leaky();
    let rule = PublishRule::default();
    let release = release(&figures, &[], &links, &rule).expect("a rule");
    assert_eq!(release.audit.primary, 3);
    assert!(release.audit.complementary >= 3, "{:?}", release.audit);
    assert!(release.audit.published >= 6, "not everything may go: {:?}", release.audit);
    let ranges = attack(&figures, &reasons(&release.figures), &links, &rule);
    for range in ranges.iter().filter(|r| r.need > 0.0) {
        assert!(range.high - range.low >= range.need - 1e-5, "{range:?}");
    }
}

#[test]
fn the_rest_of_a_group_is_protected_though_it_is_nowhere_shown() {
    // `ell:no` is not a figure, but `all` less `ell:yes` is 6 students.
    let figures = [figure(school(1), "all", 30.0, 100), figure(school(1), "ell:yes", 28.0, 94)];
    let release = release(&figures, &[], &[], &PublishRule::default()).expect("a rule");
    assert_eq!(release.audit.published, 1, "{:?}", reasons(&release.figures));
    assert_eq!(release.audit.complementary, 1);
    assert_eq!(release.figures[0].why(), None, "`all` is worth more than the group");
}

#[test]
fn the_rest_of_a_district_is_protected_though_it_is_nowhere_shown() {
    let links = [Link { whole: district(), parts: vec![school(1), school(2)] }];
    let figures = [
        figure(district(), "all", 62.0, 207),
        figure(school(1), "all", 30.0, 100),
        figure(school(2), "all", 30.0, 100),
    ];
    let release = release(&figures, &[], &links, &PublishRule::default()).expect("a rule");
    assert_eq!(release.audit.complementary, 1, "{:?}", reasons(&release.figures));
    assert_eq!(release.figures[0].why(), None, "a school goes before the district");
}

#[test]
fn a_coded_neighbour_goes_before_the_whole_school() {
    // The second group of 7 can only rise if `ell:yes` of the school does, which its code (at most 1 in 40) forbids: the
    // code must go, and no large figure with it.
    let figures = [
        figure(school(1), "all", 60.0, 400),
        figure(school(1), "ell:yes", 0.3, 40),
        figure(school(2), "all", 70.0, 400),
        figure(school(2), "ell:yes", 0.1, 7),
        figure(district(), "all", 130.0, 800),
        figure(district(), "ell:yes", 0.4, 47),
    ];
    let links = [Link { whole: district(), parts: vec![school(1), school(2)] }];
    let rule = PublishRule::default();
    let release = release(&figures, &[], &links, &rule).expect("a rule");
    let why = reasons(&release.figures);
    for whole in [0, 2, 4] {
        assert_eq!(why[whole], None, "{why:?}");
    }
    let ranges = attack(&figures, &why, &links, &rule);
    assert!(ranges.iter().all(|r| r.high - r.low >= r.need - 1e-5), "{ranges:?}");
}

#[test]
fn uncertain_figures_are_held_back_and_small_well_known_ones_are_not() {
    let rule = PublishRule::default();
    let mut wide = figure(school(1), "all", 12.0, 60);
    (wide.se, wide.low90, wide.high90) = (0.09, 0.08, 0.38);
    assert_eq!(rule.against(&wide), Some(Why::Unreliable));
    let mut small = figure(school(1), "all", 12.0, 600);
    (small.se, small.low90, small.high90) = (0.008, 0.01, 0.035);
    assert_eq!(rule.against(&small), None, "CV 40%, but within 3 points");
    let mut few = figure(school(1), "all", 12.0, 60);
    (few.method, few.answers) = (Method::Survey, 9);
    assert_eq!(rule.against(&few), Some(Why::Primary));
    let mut broken = figure(school(1), "all", 12.0, 60);
    broken.se = f64::NAN;
    assert_eq!(rule.against(&broken), Some(Why::Unreliable));
}

#[test]
fn extremes_of_small_groups_are_coded_and_all_numbers_rounded() {
    let text =
        |lacking: f64, students: u32| Published::new(&figure(school(1), "all", lacking, students)).text();
    assert_eq!(text(0.0, 45), "≤5%");
    assert_eq!(text(45.0, 45), "≥95%");
    assert_eq!(text(1.0, 25), "≤10%");
    assert_eq!(text(3.0, 400), "≤1%");
    assert_eq!(text(61.7, 500), "12%");
    assert_eq!(text(1234.0, 10_000), "12.3%");
    let none = Published::new(&figure(school(1), "all", 0.0, 45));
    assert_eq!((none.value(), none.low90(), none.high90(), none.se()), (0.05, 0.0, 0.05, None));
    assert_eq!(none.lacking(), None);
    let shown = Published::new(&figure(school(1), "all", 61.7, 500));
    assert_eq!((shown.value(), shown.low90(), shown.high90()), (0.12, 0.1, 0.14));
    assert_eq!(shown.lacking(), Some(60), "from the rounded share, not from the count");
}

#[test]
fn several_districts_together_are_made_of_what_is_shown() {
    let of = |id: &str, lacking: f64, students: u32| {
        Published::new(&figure(place(GeographyKind::District, id), "all", lacking, students))
    };
    let (a, b, coded) = (of("1", 600.0, 3_000), of("2", 300.0, 1_000), of("3", 1.0, 500));
    let state = place(GeographyKind::State, "51");
    let whole = together(&[&a, &b, &coded], state.clone(), false).expect("two are shown");
    assert_eq!((whole.value(), whole.students(), whole.answers()), (0.225, 4_000, 4_000));
    // sqrt((3,000 * 0.01)^2 + (1,000 * 0.01)^2) / 4,000 = 0.0079.
    assert_eq!((whole.se(), whole.low90(), whole.high90()), (Some(0.008), 0.211, 0.239));
    let alike = together(&[&a, &b], state.clone(), true).expect("two are shown");
    assert_eq!((alike.value(), alike.se(), alike.low90()), (0.225, Some(0.01), 0.208));
    assert_eq!(together(&[&coded], state, false), None);
}

#[test]
fn a_figure_that_stands_alone_goes_through_the_rule() {
    let rule = PublishRule::default();
    let told = |figure: &Estimate, withheld| alone(figure, withheld, &rule).expect("a rule").why();
    assert_eq!(told(&figure(school(1), "all", 12.0, 60), false), None);
    assert_eq!(told(&figure(school(1), "all", 12.0, 60), true), Some(Why::Complementary));
    assert_eq!(told(&figure(school(1), "all", 2.0, 9), true), Some(Why::Primary));
}

#[test]
fn a_rule_below_the_floor_is_refused() {
    let rule = PublishRule { min_students: 4, ..PublishRule::default() };
    assert_eq!(release(&[], &[], &[], &rule), Err(RuleError::TooFewStudents(4)));
    let rule = PublishRule { max_cv: f64::NAN, ..PublishRule::default() };
    assert!(release(&[], &[], &[], &rule).is_err());
}

#[test]
fn records_read_back_and_forged_ones_are_refused() {
    let (figures, links) = leaky();
    let release = release(&figures, &[], &links, &PublishRule::default()).expect("a rule");
    for figure in &release.figures {
        assert_eq!(Figure::from_record(figure.to_record()).as_ref(), Ok(figure));
    }
    let shown = release.figures.iter().find(|f| f.published().is_some()).expect("one is shown");
    let change = |f: fn(&mut Record)| {
        let mut record = shown.to_record();
        f(&mut record);
        Figure::from_record(record)
    };
    assert!(change(|r| r.students = Some(4)).is_err());
    assert!(change(|r| r.value = Some(0.123_456)).is_err());
    assert!(change(|r| r.suppressed = Some(Why::Primary)).is_err());
    assert!(change(|r| r.low90 = None).is_err());
}

#[test]
fn a_barrier_is_shown_only_where_its_figure_is() {
    let barrier = |geography: Geography, barrier, lacking, students| Estimate {
        barrier: Some(barrier),
        ..figure(geography, "all", lacking, students)
    };
    let figures = [figure(school(1), "all", 60.0, 300), figure(school(2), "all", 3.0, 8)];
    let barriers = [
        barrier(school(1), Barrier::NotAffordable, 40.0, 60),
        barrier(school(1), Barrier::NotAvailable, 20.0, 60),
        barrier(school(2), Barrier::NotAffordable, 12.0, 40),
    ];
    let release = release(&figures, &barriers, &[], &PublishRule::default()).expect("a rule");
    assert_eq!(reasons(&release.barriers), [None, None, Some(Why::Primary)]);
}

#[test]
fn a_deserialised_rule_has_strict_keys() {
    let rule: PublishRule = serde_json::from_str(r#"{"min_students": 12}"#).expect("a rule");
    assert_eq!((rule.min_students, rule.min_answers), (12, 10));
    assert!(serde_json::from_str::<PublishRule>(r#"{"min_student": 12}"#).is_err());
}

/// Two partitions of one district (schools and block groups, the latter within tracts) by lunch status.
fn two_hierarchies(students: &[(usize, usize, bool, bool)]) -> (Vec<Estimate>, Vec<Link>) {
    let bg = |n: usize| place(GeographyKind::BlockGroup, n);
    let tract = |n: usize| place(GeographyKind::Tract, n);
    let mut counts: BTreeMap<(Geography, &str), (f64, u32)> = BTreeMap::new();
    for &(s, b, frl, lacks) in students {
        for geography in [school(s), bg(b), tract(b / 3), district()] {
            for group in ["all", if frl { "frl:yes" } else { "frl:no" }] {
                let count = counts.entry((geography.clone(), group)).or_default();
                count.0 += f64::from(u8::from(lacks));
                count.1 += 1;
            }
        }
    }
    let figures = counts.into_iter().map(|((g, group), (lacking, n))| figure(g, group, lacking, n)).collect();
    let mut links = vec![
        Link { whole: district(), parts: (0..6).map(school).collect() },
        Link { whole: district(), parts: (0..3).map(tract).collect() },
    ];
    links.extend((0..3).map(|t| Link { whole: tract(t), parts: (3 * t..3 * t + 3).map(bg).collect() }));
    (figures, links)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_attack_on_a_random_table_gets_within_the_protection(
        table in prop::collection::vec(prop::collection::vec((0u32..40, 0u32..60), 3), 2..6),
    ) {
        let table: Vec<Vec<(u32, u32)>> = table.into_iter()
            .map(|row| row.into_iter().map(|(lacking, students)| (lacking.min(students), students)).collect())
            .collect();
        let (figures, links) = by_school_and_band(&table);
        let rule = PublishRule::default();
        let release = release(&figures, &[], &links, &rule).expect("a rule");
        for range in attack(&figures, &reasons(&release.figures), &links, &rule) {
            prop_assert!(range.high - range.low >= range.need - 1e-5, "{:?} {:?}", range, figures[range.figure]);
        }
    }

    #[test]
    fn no_attack_on_linked_hierarchies_gets_within_the_protection(
        students in prop::collection::vec((0usize..6, 0usize..9, any::<bool>(), prop::bool::weighted(0.2)), 40..600),
    ) {
        let (figures, links) = two_hierarchies(&students);
        let rule = PublishRule::default();
        let release = release(&figures, &[], &links, &rule).expect("a rule");
        for range in attack(&figures, &reasons(&release.figures), &links, &rule) {
            prop_assert!(range.high - range.low >= range.need - 1e-5, "{:?} {:?}", range, figures[range.figure]);
        }
    }
}
