use super::classes::Classes;
use super::steps::{Known, Step, next};
use super::*;
use crate::rates::{Asked, Rates, rates};
use crate::shapes::{Shape, draw};
use evenfield_gap::estimate::{Estimate, Method};
use evenfield_gap::publish::{self, release};
use evenfield_model::{Geography, Grade};
use serde_json::json;

const M1: Measure = Measure::M1NoSubscriptionOrComputer;

fn published(value: f64, students: u32) -> Figure {
    let estimate = Estimate {
        measure: M1,
        barrier: None,
        geography: Geography { kind: GeographyKind::School, id: "s".into() },
        group: "all".into(),
        value,
        se: 0.01,
        low90: (value - 0.025).max(0.0),
        high90: (value + 0.025).min(1.0),
        answers: students,
        students,
        method: Method::Combined,
    };
    let mut released = release(&[estimate], &[], &[], &PublishRule::default()).expect("a rule");
    let shown = match released.figures.remove(0) {
        publish::Figure::Published(p) => Ok(p),
        publish::Figure::Suppressed(s) => Err(s.why),
    };
    Figure {
        measure: M1,
        barrier: None,
        kind: GeographyKind::School,
        id: "s".into(),
        group: "all".into(),
        shown,
        meaning: Meaning::default(),
    }
}

#[test]
fn numbers_are_said_no_more_exactly_than_they_are_known() {
    assert_eq!(numbers::count(12_012), "12,012");
    assert_eq!(numbers::count(-1_000), "-1,000");
    assert_eq!(numbers::count(999), "999");
    let about = |value, students| numbers::about(published(value, students).shown.as_ref().expect("shown"));
    assert_eq!(about(0.1948, 12_012), Some(2_340));
    assert_eq!(about(0.30, 60), None, "no count beside the share of a small group");
    let large = published(0.1948, 12_012);
    let small = published(0.30, 60);
    assert_eq!(numbers::ends(large.shown.as_ref().expect("shown")), ("16.9%".into(), "22.0%".into()));
    assert_eq!(numbers::ends(small.shown.as_ref().expect("shown")), ("27%".into(), "33%".into()));
    assert_eq!(numbers::percent(0.185), "19%");
    assert_eq!(numbers::cell("=1+1"), "'=1+1");
    assert_eq!(numbers::axis_end([0.05, 0.37].into_iter()), 0.4);
    assert_eq!(numbers::along(0.1, 0.4), "25.00%");
}

#[test]
fn classes_are_round_and_hold_every_figure() {
    let figures = [published(0.12, 500), published(0.31, 500), published(0.385, 500)];
    let classes = Classes::of(figures.iter()).expect("classes");
    let ends: Vec<String> =
        classes.all().iter().map(|c| format!("{:.0}-{:.0}", c.low * 100.0, c.high * 100.0)).collect();
    assert_eq!(ends, ["10-20", "20-30", "30-40"]);
    let number = |f: &Figure| classes.number(f.shown.as_ref().expect("shown"));
    assert_eq!(figures.iter().map(number).collect::<Vec<_>>(), [1, 3, 3]);
    assert_eq!([1, 2, 3].map(|n| classes.shade(n)), [1, 3, 5]);
    assert_eq!(Classes::of(std::iter::empty()), None);
}

proptest::proptest! {
    #[test]
    fn there_are_never_more_classes_than_shades(values in proptest::collection::vec(0.0f64..=1.0, 1..30)) {
        let figures: Vec<Figure> = values.iter().map(|v| published(*v, 400)).collect();
        let classes = Classes::of(figures.iter()).expect("classes");
        let all = classes.all();
        proptest::prop_assert!((1..=classes::MOST).contains(&all.len()));
        for n in figures.iter().filter_map(|f| f.shown.as_ref().ok()) {
            let class = all[classes.number(n) - 1];
            proptest::prop_assert!(n.value() >= class.low - 1e-9 && n.value() <= class.high + 1e-9);
            proptest::prop_assert!((1..=classes::MOST).contains(&classes.shade(class.number)));
        }
    }
}

#[test]
fn boundaries_become_paths_to_one_scale() {
    let square = |x: f64| {
        json!({"type": "Polygon", "coordinates":
        [[[x, 60.0], [x + 1.0, 60.0], [x + 1.0, 60.5], [x + 0.5, 60.5], [x, 60.5], [x, 60.0]]]})
    };
    let dot = json!({"type": "Point", "coordinates": [1.0, 60.25]});
    let drawing = draw(&[square(0.0), square(1.0), dot, json!({"type": "Nothing"})]);
    // At 60 degrees a degree of longitude is half as long: 2 degrees by half a degree is 2 to 1.
    assert!((drawing.height - 400.0).abs() < 10.0, "{}", drawing.height);
    // The point in the middle of the straight upper side is not drawn.
    let Some(Shape::Path(first)) = &drawing.shapes[0] else { panic!("{drawing:?}") };
    assert_eq!(first.matches(['M', 'l']).count(), 4, "{first}");
    assert!(matches!(drawing.shapes[2], Some(Shape::Dot(x, _)) if (x - 400.0).abs() < 1.0));
    assert_eq!(drawing.shapes[3], None);
}

#[test]
fn a_broken_boundary_is_left_out_and_breaks_nothing() {
    let broken =
        [json!(null), json!({"type": "Polygon", "coordinates": [[[1.0]]]}), json!({"type": "Polygon"})];
    assert!(draw(&broken).shapes.iter().all(Option::is_none));
}

/// The rates of schools, each with its students and how many of them have answered.
fn responses(schools: &[(&str, usize, usize)]) -> Option<Rates> {
    let asked = schools.iter().flat_map(|(school, students, answered)| {
        (0..*students).map(move |n| Asked {
            school: (*school).into(),
            grade: Grade::Year(1),
            frl: None,
            ell: None,
            iep: None,
            answered: n < *answered,
        })
    });
    Some(rates(&asked.collect::<Vec<_>>(), 10))
}

#[test]
fn what_to_do_next_follows_from_the_data() {
    const DAY: i64 = 86_400_000;
    assert_eq!(next(&Known::default()), [Step::LoadRoster, Step::LoadBoundaries, Step::GatherSpeeds]);
    let good = Known {
        now_ms: 100 * DAY,
        run_ms: Some(99 * DAY),
        roster_ms: Some(90 * DAY),
        open_data_ms: Some(80 * DAY),
        answer_ms: Some(98 * DAY),
        students: 500,
        boundaries: 24,
        speeds: 1,
        rates: responses(&[("Cedar", 300, 200), ("Harbor", 200, 150)]),
        ..Known::default()
    };
    assert_eq!(next(&good), []);
    let stale = Known { roster_ms: Some(30 * DAY), answer_ms: Some(100 * DAY), ..good.clone() };
    assert_eq!(next(&stale), [Step::RenewRoster(70), Step::RenewEstimate]);
    let silent = Known { rates: responses(&[("Cedar", 300, 0)]), ..good.clone() };
    assert_eq!(next(&silent), [Step::StartSurvey]);
    assert_eq!(next(&Known { rates: None, ..good.clone() }), [Step::StartSurvey]);
    let low = Known {
        rates: responses(&[("Cedar", 300, 90), ("Harbor", 200, 90), ("Neck", 250, 249)]),
        unplaced: 12,
        without_address: 3,
        ..good.clone()
    };
    assert_eq!(
        next(&low),
        [Step::PlaceAddresses(12), Step::GiveAddresses(3), Step::RaiseResponse("Cedar".into(), 30, 2)]
    );
    // The small school's rate is withheld, and Harbor's with it: the total would give the small one away.
    let small =
        Known { rates: responses(&[("Cedar", 300, 90), ("Harbor", 200, 10), ("Island", 7, 1)]), ..good };
    assert_eq!(next(&small), [Step::RaiseResponse("Cedar".into(), 30, 1)]);
}
