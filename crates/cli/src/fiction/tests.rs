use super::people::{Household, Service};
use super::{LEAID, TERM, Town};
use evenfield_gap::district::{AreaValue, Assessment, Cover, District, Home, Values, assess};
use evenfield_gap::estimate::Settings;
use evenfield_gap::open::acs;
use evenfield_gap::publish::PublishRule;
use evenfield_gap::read::{Limits, Source};
use evenfield_gap::roster::{Roster, add_homes, parse};
use evenfield_gap::survey::{Defaults, Response, parse as parse_survey};
use evenfield_model::{GeographyKind, Measure};

#[test]
fn the_same_seed_makes_the_same_files() {
    let one = super::files(&Town::new(7, 600)).expect("files");
    let two = super::files(&Town::new(7, 600)).expect("files");
    assert!(one.iter().map(|f| &f.0).eq(two.iter().map(|f| &f.0)));
    for (a, b) in one.iter().zip(&two) {
        assert!(a.1 == b.1, "{} differs", a.0);
    }
}

/// Whether the home lacks access by m1.
fn lacks(home: &Household) -> bool {
    !home.online() || !home.has_device()
}

#[test]
fn the_district_is_plausible() {
    let town = Town::new(1, 12_000);
    assert!((11_900..12_200).contains(&town.students()), "{} students", town.students());
    let people = &town.people;
    let lacking = people
        .students
        .iter()
        .filter(|s| {
            let home = &people.households[s.household];
            lacks(home) || home.service == Service::CellularOnly
        })
        .count() as f64
        / people.students.len() as f64;
    assert!((0.12..0.40).contains(&lacking), "{lacking} lack access");
    for school in 0..20 {
        assert!(
            people.students.iter().filter(|s| s.school == school).count() >= 40,
            "school {school} is empty"
        );
    }
}

#[test]
fn neighbours_share_every_vertex_of_their_border() {
    let town = Town::new(3, 600);
    let land = &town.land;
    for tract in &land.tracts {
        let inside: Vec<_> = land
            .block_groups
            .iter()
            .filter(|b| b.geoid.starts_with(&tract.0))
            .map(|b| land.outline(&b.piece))
            .collect();
        for vertex in land.outline(&tract.1) {
            assert!(inside.iter().any(|ring| ring.contains(&vertex)), "{vertex:?} of {} is open", tract.0);
        }
    }
}

/// What the district's own readers make of its files, each source by itself.
struct Told {
    roster: Roster,
    responses: Vec<Response>,
    values: Values,
}

impl Told {
    fn of(town: &Town) -> Self {
        let files = super::files(town).expect("files");
        let source = |name: &str| {
            let (_, bytes) = files.iter().find(|f| f.0 == name).expect("the file is made");
            Source::open(name, bytes.clone(), Limits::default()).expect("a file")
        };
        let as_of = jiff::civil::date(2026, 10, 15);
        let (mut roster, _) = parse(&source("roster.zip"), as_of).expect("a roster");
        add_homes(&mut roster, &source("addresses.csv")).expect("addresses");
        let defaults = Defaults { term: TERM.to_owned(), answered_ms: 1_800_000_000_000 };
        let (responses, _) = parse_survey(&source("survey.csv"), &defaults).expect("answers");
        let mut values = Values::default();
        for (name, bytes) in files.iter().filter(|f| f.0.starts_with("acs5")) {
            let (table, problems) = acs::table::parse(bytes, name);
            assert_eq!(problems.kept(), [], "{name}");
            for row in &table.rows {
                values.extend(table.variables.iter().zip(&row.cells).map(|(variable, cell)| AreaValue {
                    geography: row.geography.clone(),
                    variable: variable.clone(),
                    value: cell.estimate,
                    moe: cell.moe,
                }));
            }
        }
        Self { roster, responses, values }
    }

    fn assess(&self, roster: &Roster, responses: &[Response], values: &Values) -> Assessment {
        let homes = vec![Home::default(); roster.students.len()];
        let cover = Cover::default();
        let district =
            District { leaid: LEAID, roster, homes: &homes, responses, speeds: &[], values, cover: &cover };
        let settings = Settings { seed: 1, draws: 200 };
        assess(district, settings, &PublishRule::default(), &|_| {}).expect("the rule is sound")
    }

    /// Share and 90% interval of the whole district by the areas alone.
    fn by_areas(&self) -> impl Fn(Measure) -> (f64, f64, f64) {
        let found = self.assess(&Roster::default(), &[], &self.values);
        move |measure| {
            let mut figures = found.students.figures.iter();
            let of = figures.find(|f| f.measure == measure && f.geography.kind == GeographyKind::District);
            let of = of.expect("a figure of the district");
            (of.value, of.low90, of.high90)
        }
    }

    /// The same by the answers alone.
    fn by_survey(&self) -> impl Fn(Measure) -> (f64, f64, f64) {
        let found = self.assess(&self.roster, &self.responses, &Values::default()).survey.expect("answers");
        move |measure| {
            let of = found.measures.iter().find(|m| m.figure.measure == measure).expect("a measure");
            let number = |n: Option<f64>| n.expect("it is published");
            (number(of.figure.value), number(of.figure.low90), number(of.figure.high90))
        }
    }
}

/// One household is what both the census and the survey ask about, so both must find it.
#[test]
fn survey_and_census_tell_of_the_same_homes() {
    let mut misses = Vec::new();
    for seed in [1, 2] {
        let town = Town::new(seed, 4_000);
        let told = Told::of(&town);
        let (by_areas, by_survey) = (told.by_areas(), told.by_survey());
        let truth = |is_true: fn(&Household) -> bool| {
            let students = &town.people.students;
            let lacking = students.iter().filter(|s| is_true(&town.people.households[s.household])).count();
            lacking as f64 / students.len() as f64
        };
        let cellular = |h: &Household| lacks(h) || h.service == Service::CellularOnly;
        let true_of = [
            (Measure::M1NoSubscriptionOrComputer, truth(lacks)),
            (Measure::M2OrCellularOnly, truth(cellular)),
            (Measure::M3NoWired, truth(|h| h.service != Service::Wired)),
        ];
        for (measure, truth) in true_of {
            for (source, (share, low, high)) in
                [("census", by_areas(measure)), ("survey", by_survey(measure))]
            {
                // Twice the interval: siblings answer alike, which neither interval knows.
                if !(low - (share - low)..=high + (high - share)).contains(&truth) {
                    misses
                        .push(format!("{seed} {measure:?} {source}: {truth:.3} not near {low:.3}-{high:.3}"));
                }
            }
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}
