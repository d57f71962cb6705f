use super::*;
use crate::roster::{School, Student};
use evenfield_model::{DeviceAway, DeviceSharing, Geography, GeographyKind, Geoid, Grade, InternetType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A made-up district: 40 block groups whose share without access falls with income, 2,000 students in 4 schools.
struct World {
    roster: Roster,
    homes: Vec<Home>,
    responses: Vec<Response>,
    values: Values,
    cover: Cover,
    lacking: f64,
}

fn block_group(i: usize) -> String {
    format!("99001{:06}{}", 100 + i / 4, 1 + i % 4)
}

fn world(seed: u64) -> World {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let income: Vec<f64> = (0..40).map(|_| rng.random_range(-1.5..1.5)).collect();
    let share = |i: usize| 1.0 / (1.0 + (1.2 + 0.9 * income[i]).exp());
    let schools =
        (0..4).map(|s| School { source_id: format!("{s}"), name: format!("School {s}"), ncessch: None });
    let mut roster = Roster { schools: schools.collect(), ..Roster::default() };
    let (mut homes, mut responses, mut lacking) = (Vec::new(), Vec::new(), 0);
    for i in 0..2000 {
        let area = rng.random_range(0..40);
        let lacks = rng.random_bool(share(area));
        lacking += usize::from(lacks);
        let id = format!("S{i}");
        if rng.random_bool(0.4) {
            responses.push(Response {
                student: id.clone(),
                term: "2026-fall".to_owned(),
                internet_access: Some(!lacks),
                internet_type: Some(if lacks {
                    InternetType::None
                } else {
                    InternetType::ResidentialBroadband
                }),
                device: Some(DeviceAway::Chromebook),
                sharing: Some(DeviceSharing::NotShared),
                ..Response::default()
            });
        }
        roster.students.push(Student {
            source_id: id,
            school: format!("{}", area % 4),
            grade: Grade::Year(4),
            given_name: String::new(),
            family_name: String::new(),
            address: None,
            frl: Some(lacks || rng.random_bool(0.3)),
            ell: None,
            iep: None,
            home_language: None,
        });
        homes.push(Home { block_group: Geoid::parse(&block_group(area)).ok(), zones: Vec::new() });
    }
    let mut values = Vec::new();
    for (i, income) in income.iter().enumerate() {
        let mut put = |variable: &str, value: f64, moe: Option<f64>| {
            values.push(AreaValue {
                geography: Geography { kind: GeographyKind::BlockGroup, id: block_group(i) },
                variable: variable.to_owned(),
                value: Some(value),
                moe,
            });
        };
        let noise: f64 = (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let seen = (share(i) + 0.05 * noise).clamp(0.0, 1.0);
        put("B28003_001", 500.0, Some(40.0));
        put("B28003_003", 0.0, Some(12.0));
        put("B28003_005", (500.0 * seen).round(), Some(45.0));
        put("B28003_006", 0.0, Some(12.0));
        put("B19013_001", 60_000.0 * (0.3 * income).exp(), Some(5_000.0));
    }
    let lacking = lacking as f64 / 2000.0;
    World { roster, homes, responses, values: values.into_iter().collect(), cover: Cover::default(), lacking }
}

impl World {
    fn district(&self) -> District<'_> {
        District {
            leaid: "9900001",
            roster: &self.roster,
            homes: &self.homes,
            responses: &self.responses,
            speeds: &[],
            values: &self.values,
            cover: &self.cover,
        }
    }
}

fn whole(assessment: &Assessment, measure: Measure) -> Option<&crate::estimate::Estimate> {
    assessment
        .students
        .figures
        .iter()
        .find(|f| f.measure == measure && f.group == "all" && f.geography.kind == GeographyKind::District)
}

fn settings(seed: u64) -> Settings {
    Settings { seed, draws: 200 }
}

#[test]
fn the_interval_of_the_district_holds_the_truth() {
    let mut inside = 0;
    for seed in 0..10 {
        let world = world(seed);
        let found = assess(world.district(), settings(seed), &PublishRule::default(), &|_| {})
            .expect("the rule is sound");
        let figure = whole(&found, Measure::M1NoSubscriptionOrComputer).expect("a figure of the district");
        assert!((figure.value - world.lacking).abs() < 0.06, "{} for {}", figure.value, world.lacking);
        inside += usize::from((figure.low90..=figure.high90).contains(&world.lacking));
    }
    // Of ten 90% intervals, fewer than seven hits would happen once in a hundred times.
    assert!(inside >= 7, "{inside} of 10");
}

#[test]
fn the_survey_by_itself_is_weighted_to_the_enrolment() {
    use crate::publish::Figure;
    let mut world = world(11);
    // Students with lunch support, who lack access more often, answer half as often.
    let mut skip = false;
    let frl: std::collections::HashSet<String> =
        world.roster.students.iter().filter(|s| s.frl == Some(true)).map(|s| s.source_id.clone()).collect();
    world.responses.retain(|r| {
        skip ^= frl.contains(&r.student);
        !(skip && frl.contains(&r.student))
    });
    let lacks = world.responses.iter().filter(|r| r.internet_access == Some(false)).count();
    let plain = lacks as f64 / world.responses.len() as f64;
    let found =
        assess(world.district(), settings(1), &PublishRule::default(), &|_| {}).expect("the rule is sound");
    let survey = found.survey.expect("there are answers");
    assert_eq!((survey.students, survey.answered), (2_000, world.responses.len() as u32));
    let m1 = &survey.measures[0];
    let Figure::Published(n) = Figure::from_record(m1.figure.clone()).expect("released") else {
        panic!("{m1:?}")
    };
    assert!(n.value() > plain + 0.02, "{} is the plain mean {plain}", n.value());
    assert!((n.value() - world.lacking).abs() < 0.06, "{} for {}", n.value(), world.lacking);
    assert!(m1.converged && m1.design_effect > 1.02, "{m1:?}");
    let effective = f64::from(n.answers()) / m1.design_effect;
    assert!((m1.effective_answers - effective).abs() < 1e-9);
    let none = District { responses: &[], ..world.district() };
    let found = assess(none, settings(1), &PublishRule::default(), &|_| {}).expect("the rule is sound");
    assert_eq!(found.survey, None);
}

#[test]
fn without_a_survey_areas_carry_the_figure() {
    let world = world(3);
    let district = District { responses: &[], ..world.district() };
    let found = assess(district, settings(1), &PublishRule::default(), &|_| {}).expect("the rule is sound");
    let figure = whole(&found, Measure::M1NoSubscriptionOrComputer).expect("a figure of the district");
    assert!((figure.value - world.lacking).abs() < 0.08, "{} for {}", figure.value, world.lacking);
    assert_eq!(found.areas[0].table, "B28003");
    assert!(found.areas[0].note.is_none(), "{:?}", found.areas[0].note);
    assert_eq!(found.areas[0].covariates, ["B19013_001"]);
}

#[test]
fn without_a_roster_areas_are_estimated() {
    let world = world(4);
    let none = Roster::default();
    let district = District { roster: &none, homes: &[], responses: &[], ..world.district() };
    let found = assess(district, settings(1), &PublishRule::default(), &|_| {}).expect("the rule is sound");
    let kinds: std::collections::BTreeSet<_> =
        found.students.figures.iter().map(|f| f.geography.kind).collect();
    assert!(kinds.contains(&GeographyKind::BlockGroup) && kinds.contains(&GeographyKind::Tract), "{kinds:?}");
}

/// The county's share is published as 0.3 of its 20,000 homes, which are those of the 40 areas, with an error of
/// 600 sqrt(3) / 1.645 / 20,000 = 0.0316 (its whole without one): the mean of the areas has both. A county of twice as many homes
/// lies partly elsewhere, and its share is not that of the areas here.
#[test]
fn areas_that_make_up_a_county_add_up_to_its_published_share() {
    for (homes, moved) in [(20_000.0, true), (40_000.0, false)] {
        let world = world(6);
        let county = |variable: &str, value: f64, moe: f64| AreaValue {
            geography: Geography { kind: GeographyKind::County, id: "99001".to_owned() },
            variable: variable.to_owned(),
            value: Some(value),
            moe: Some(moe),
        };
        let published = [
            county("B28003_001", homes, 0.0),
            county("B28003_003", 0.1 * homes, 600.0),
            county("B28003_005", 0.1 * homes, 600.0),
            county("B28003_006", 0.1 * homes, 600.0),
        ];
        let mut values = world.values.clone();
        values.extend(published);
        let (shares, report) =
            model::measure(&values, Measure::M1NoSubscriptionOrComputer).expect("figures of areas");
        assert_eq!(report.benchmarked, u32::from(moved));
        let mean = shares.iter().map(|s| s.value).sum::<f64>() / 40.0;
        assert_eq!((mean - 0.3).abs() < 1e-9, moved, "{mean}");
        let common = |s: &crate::estimate::AreaShare| s.common.iter().map(|l| l * l).sum::<f64>();
        let own: f64 = shares.iter().map(|s| s.se.powi(2) - common(s)).sum();
        assert!(shares.iter().all(|s| common(s) > 0.0 && common(s) < s.se.powi(2)));
        let together = (0..shares[0].common.len())
            .map(|k| (shares.iter().map(|s| s.common[k]).sum::<f64>() / 40.0).powi(2))
            .sum::<f64>();
        let error = (own / 1600.0 + together).sqrt();
        assert_eq!((error - 600.0 * 3.0_f64.sqrt() / 1.645 / 20_000.0).abs() < 1e-6, moved, "{error}");
    }
}

#[test]
fn without_area_data_the_survey_carries_the_figure() {
    let world = world(5);
    let values = Values::default();
    let found = assess(
        District { values: &values, ..world.district() },
        settings(1),
        &PublishRule::default(),
        &|_| {},
    )
    .expect("the rule is sound");
    let figure = whole(&found, Measure::M1NoSubscriptionOrComputer).expect("a figure of the district");
    assert!((figure.value - world.lacking).abs() < 0.06, "{} for {}", figure.value, world.lacking);
}

#[test]
fn nothing_in_gives_nothing_out() {
    let (roster, values, cover) = (Roster::default(), Values::default(), Cover::default());
    let district = District {
        speeds: &[],
        leaid: "9900001",
        roster: &roster,
        homes: &[],
        responses: &[],
        values: &values,
        cover: &cover,
    };
    let found = assess(district, settings(1), &PublishRule::default(), &|_| {}).expect("the rule is sound");
    assert!(found.release.figures.is_empty());
}

/// The block groups of the made-up county's first five tracts are one district, those of the others, but for one, another.
#[test]
fn districts_of_a_state_are_told_apart_and_a_district_has_its_own_areas() {
    use crate::open::nces::relationship::Part;
    use evenfield_model::Leaid;
    let world = world(6);
    let part = |i: usize| Part {
        leaid: Leaid::parse(if i < 20 { "9900001" } else { "9900002" }).expect("a LEAID"),
        area: Geoid::parse(&block_group(i)).expect("a block group"),
        share: if i == 39 { 0.5 } else { 1.0 },
    };
    let cover = Cover::from_parts((0..40).map(part));
    let none = Roster::default();
    let assessed = |leaid: &str| {
        let district =
            District { leaid, roster: &none, homes: &[], responses: &[], cover: &cover, ..world.district() };
        assess(district, settings(1), &PublishRule::default(), &|_| {}).expect("the rule is sound")
    };
    let state = assessed("9900000");
    let figure = |found: &Assessment, kind, id: &str| {
        found.students.figures.iter().find(|f| f.geography == Geography { kind, id: id.to_owned() }).cloned()
    };
    use GeographyKind::{BlockGroup, County, District as Lea, State};
    let whole = figure(&state, Lea, "9900000").expect("the state");
    assert_eq!(whole.students, 40 * 500);
    assert_eq!(figure(&state, Lea, "9900001").expect("a district").students, 20 * 500);
    assert_eq!(figure(&state, Lea, "9900002").expect("a district").students, 19 * 500 + 250);
    let shown: std::collections::BTreeSet<_> =
        state.release.figures.iter().filter_map(|f| Some(f.published()?.geography().kind)).collect();
    assert!(shown.contains(&County) && shown.contains(&Lea) && !shown.contains(&State), "{shown:?}");

    let own = assessed("9900001");
    let alone = figure(&own, Lea, "9900001").expect("the district");
    let within = figure(&state, Lea, "9900001").expect("the district");
    assert!((alone.value - within.value).abs() < 1e-12 && alone.students == within.students);
    assert!(figure(&own, BlockGroup, &block_group(0)).is_some());
    assert!(figure(&own, BlockGroup, &block_group(25)).is_none(), "an area of another district");
    assert!(own.release.figures.iter().all(|f| f.published().is_none_or(|p| p.geography().kind != County)));
}

/// Speed tests alone: 2,000 students of whom every other one measured twice and is slow, or is fast. Nobody answered a survey, so nothing is
/// known of homes without service; of those with one the estimate follows what was measured.
#[test]
fn speed_tests_move_the_figures_of_speed_and_no_others() {
    use crate::home_speed::{HomeTest, Link, MeasuredHome};
    let world = world(3);
    let test = |day: i64, mbps: f64| HomeTest {
        at_ms: day * 86_400_000,
        download_mbps: Some(mbps),
        upload_mbps: Some(mbps),
        link: Link::WiFi,
        whole: true,
    };
    let homes = |mbps: f64, days: i64| -> Vec<MeasuredHome> {
        let of = |s: &Student| MeasuredHome {
            student: s.source_id.clone(),
            students: 2,
            tests: (0..days).map(|day| test(day, mbps)).collect(),
        };
        world.roster.students.iter().step_by(2).map(of).collect()
    };
    let value = |speeds: &[MeasuredHome], measure| {
        let district = District { speeds, ..world.district() };
        let found =
            assess(district, settings(1), &PublishRule::default(), &|_| {}).expect("the rule is sound");
        whole(&found, measure).map(|figure| figure.value)
    };
    let (m1, m4, m5) =
        (Measure::M1NoSubscriptionOrComputer, Measure::M4Below100x20, Measure::M5Below25x12PerStudent);
    let (slow, fast, once) = (homes(10.0, 2), homes(300.0, 2), homes(10.0, 1));
    assert_eq!(value(&slow, m1), value(&[], m1), "speed says nothing of subscriptions");
    // Without a speed only homes without service are known, and they are no figure of speed.
    let (none, low, high) = (value(&[], m5), value(&fast, m5), value(&slow, m5));
    assert_eq!(value(&once, m5), none, "one sitting does not decide");
    let (low, high) = (low.expect("a figure"), high.expect("a figure"));
    assert!(low < world.lacking + 0.06, "fast homes leave those without service: {low} of {}", world.lacking);
    assert!(low > 0.3 * world.lacking, "who has no service cannot measure and must not be forgotten: {low}");
    assert!(high > 0.9, "{high}");
    assert!(value(&slow, m4).expect("a figure") > 0.9);
}
