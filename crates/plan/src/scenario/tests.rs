use super::*;
use crate::certificate::{Certificate, Plan, Question, Serve};
use crate::read::{Limits, Reading, read};
use crate::{Fixed, Instance, Limit, NONE, UNLIMITED};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

mod lte;
mod owned;
mod prices;

type Texts = BTreeMap<String, String>;

/// The worked example of the documents.
fn example() -> Texts {
    let files = [
        ("scenario.toml", include_str!("../../../../docs/examples/plan/scenario.toml")),
        ("students.csv", include_str!("../../../../docs/examples/plan/students.csv")),
        ("anchors.csv", include_str!("../../../../docs/examples/plan/anchors.csv")),
        ("offers.csv", include_str!("../../../../docs/examples/plan/offers.csv")),
        ("service.csv", include_str!("../../../../docs/examples/plan/service.csv")),
        ("coverage.csv", include_str!("../../../../docs/examples/plan/coverage.csv")),
        ("costs.csv", include_str!("../../../../docs/examples/plan/costs.csv")),
        ("routes.csv", include_str!("../../../../docs/examples/plan/routes.csv")),
        ("parking.csv", include_str!("../../../../docs/examples/plan/parking.csv")),
        ("sites.csv", include_str!("../../../../docs/examples/plan/sites.csv")),
        ("served.csv", include_str!("../../../../docs/examples/plan/served.csv")),
    ];
    files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

fn built(texts: &Texts) -> Result<Built, Vec<String>> {
    let mut open = |file: &str, member: Option<&str>| -> io::Result<Box<dyn Read>> {
        let name = member.map_or_else(|| file.to_owned(), |member| format!("{file}/{member}"));
        let text = texts.get(&name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(text.clone().into_bytes())))
    };
    build("scenario.toml", &texts["scenario.toml"], &mut open)
        .map_err(|problems| problems.kept().iter().map(ToString::to_string).collect())
}

fn written(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

fn instance(built: &Built) -> Instance {
    let (demand, options, covers) = (
        written(|to| built.write_demand(to)),
        written(|to| built.write_options(to)),
        written(|to| built.write_covers(to)),
    );
    let files = crate::read::Files {
        folder: "out".to_owned(),
        instance: Ok(written(|to| built.write_instance(to))),
        demand: Ok(demand.as_bytes()),
        options: Ok(options.as_bytes()),
        covers: Ok(covers.as_bytes()),
    };
    match read(files, Limits::default()) {
        Ok(Reading { instance, rounded: 0 }) => instance,
        Ok(reading) => panic!("{} numbers rounded", reading.rounded),
        Err(problems) => panic!("{:?}", problems.kept()),
    }
}

fn option(instance: &Instance, id: &str) -> usize {
    (0..instance.option_count())
        .find(|at| instance.options.get(*at) == id)
        .unwrap_or_else(|| panic!("no {id}"))
}

fn covers(instance: &Instance, id: &str) -> Vec<(String, u32)> {
    let covers = instance.covers(option(instance, id));
    covers.map(|(demand, quality)| (instance.demands.get(demand).to_owned(), quality)).collect()
}

#[test]
fn the_example_becomes_an_instance() {
    let built = built(&example()).expect("an instance");
    let instance = instance(&built);
    // 12 students split by barrier; those who name one stay whole.
    let weights: Vec<(&str, u64)> =
        (0..instance.weights.len()).map(|n| (instance.demands.get(n), instance.weights[n])).collect();
    assert_eq!(
        weights[..4],
        [
            ("elm/not_affordable", 7_200_000),
            ("elm/not_available", 3_600_000),
            ("elm", 1_200_000),
            ("oak", 8_000_000)
        ]
    );
    assert_eq!(instance.group_names[instance.group(0) as usize], "yes");
    assert_ne!(instance.group(4), NONE);
    // 4,000 dollars of the second year buy what 3,921.56 buy in the first.
    assert_eq!(instance.limit, Limit::Budget(vec![900_000, 392_156]));
    assert_eq!(instance.floors.len(), 1);

    // 10 seats for 20 hours and 5 hours a student; within 1,500 m / 1.3 all but ash and bay.
    let library = option(&instance, "homework_hotspot/library");
    assert_eq!(instance.capacity(library), 40_000_000);
    let reached = covers(&instance, "homework_hotspot/library");
    let names: Vec<&str> = reached.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["elm/not_affordable", "elm/not_available", "elm", "oak", "fir"]);
    assert!(reached.iter().all(|(_, quality)| *quality == 300_000));
    // One access point of 2018, $908 at 2% a year; it lasts, so it is paid once; half of it by the foundation.
    let mut price = 90_800u64;
    for _ in 0..8 {
        price = (price * 102).div_ceil(100);
    }
    assert_eq!((instance.costs[library], instance.running[library]), (price.div_ceil(2), 0));
    let hall = option(&instance, "homework_hotspot/hall");
    assert_eq!((instance.costs[hall], instance.running[hall]), (price, 42_000));

    // 15.2 students for whom the price is the barrier, of whom 8 in 10 take it; 1.5 in a home.
    let offer = option(&instance, "broadband_offer/shore-essential");
    assert_eq!(covers(&instance, "broadband_offer/shore-essential").len(), 2);
    assert_eq!(instance.capacity(offer), 12_160_000);
    assert_eq!(
        (instance.costs[offer], instance.running[offer]),
        (0, (1495u64 * 12 * 8_106_666).div_ceil(1_000_000))
    );
    assert_eq!(instance.exclusive(offer), instance.exclusive(option(&instance, "broadband_offer/shore-own")));
    assert!(built.notes.iter().any(|note| note.contains("1 offers are slower")), "{:?}", built.notes);

    // Hotspots for 8 students at 12.50 a month of Blue's own price; 60% where 7 in 10 use theirs.
    let lending = option(&instance, "hotspot_lending/Blue/oak");
    assert_eq!(
        (instance.costs[lending], instance.running[lending]),
        (8 * (9_000f64 * 1.02 * 1.02).ceil() as u64, 8 * 15_000)
    );
    assert_eq!(covers(&instance, "hotspot_lending/Blue/oak"), [("oak".to_owned(), 420_000)]);
    assert_eq!(instance.capacity(lending), UNLIMITED);
    let all = written(|to| built.write_options(to));
    assert!(!all.contains("Blue/bay") && !all.contains("Blue/fir"), "no coverage; not desired");
}

#[test]
fn a_bus_rides_or_is_parked_and_a_site_serves_outdoors_or_inside() {
    let built = built(&example()).expect("an instance");
    let instance = instance(&built);
    // Twice a day 9 ride 50 minutes and 11 ride 30, on 8 parts in 10 of the way: 62.4 minutes each, more than the 60 that count whole.
    let ride = option(&instance, "bus_ride/bus 7");
    let reached = covers(&instance, "bus_ride/bus 7");
    assert!(reached.iter().all(|(_, quality)| *quality == 60_000), "0.2, 3 in 10 use it: {reached:?}");
    let names: Vec<&str> = reached.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ash/not_affordable", "ash/not_available", "ash", "bay"]);
    assert_eq!(instance.capacity(ride), 10_450_000, "19 live there, of whom 55% ride; 20 ride the bus");
    assert!(
        built
            .choices
            .iter()
            .any(|c| c.name == "bus 7 on 4: 20 students ride, 78.0 minutes a day, 62.4 of them with service")
    );
    let parked = option(&instance, "parked_bus/bus 7/Bay Road");
    assert_eq!(covers(&instance, "parked_bus/bus 7/Bay Road"), [("bay".to_owned(), 60_000)]);
    assert_eq!(instance.capacity(parked), 21_600_000);
    assert_eq!(instance.exclusive(ride), instance.exclusive(parked));

    let (outdoor, indoor) = (option(&instance, "lte_outdoor/silo"), option(&instance, "lte_indoor/silo"));
    assert_eq!(instance.exclusive(outdoor), instance.exclusive(indoor));
    assert_eq!((instance.capacity(outdoor), instance.capacity(indoor)), (19_000_000, 10_000_000));
    // 19 students in 12.666666 homes at 310 dollars each, beside the site.
    assert_eq!(instance.costs[outdoor], 950_000 + (31_000u64 * 12_666_666).div_ceil(1_000_000));
}

/// A feed of two trips on one block, the second on another day.
fn feed() -> Texts {
    let mut texts = example();
    let scenario = &texts["scenario.toml"];
    let scenario = scenario.replace("routes = \"routes.csv\"", "gtfs = \"feed\"\nriders_per_run = 12");
    texts.insert("scenario.toml".to_owned(), scenario);
    for (name, text) in [
        (
            "feed/stops.txt",
            "stop_id,stop_name,stop_lat,stop_lon\na,A,37.4690,-75.8110\nb,B,37.4410,-75.8310\nc,C,37.4120,-75.8900\n",
        ),
        ("feed/trips.txt", "route_id,service_id,trip_id,block_id\n4,week,1,7\n4,week,2,7\n4,sunday,3,7\n"),
        (
            "feed/stop_times.txt",
            "trip_id,stop_sequence,stop_id,arrival_time,departure_time,pickup_type\n1,1,a,06:50:00,06:50:00,0\n1,2,b,,,0\n\
             1,5,c,07:40:00,07:40:00,0\n2,1,c,24:10:00,24:10:00,0\n2,2,a,25:10:00,25:10:00,0\n3,1,zz,9:00:00,9:00:00,0\n",
        ),
    ] {
        texts.insert(name.to_owned(), text.to_owned());
    }
    texts
}

#[test]
fn a_feed_becomes_runs() {
    let built = built(&feed()).expect("an instance");
    // 12 riders in 50 minutes, two thirds aboard on each leg; 12 in 60 minutes, all aboard.
    let choice = built.choices.iter().find(|c| c.id == "bus_ride/7").expect("the block");
    assert_eq!(choice.name, "7 on 4: 12 students ride, 93.3 minutes a day, 74.7 of them with service");
    for (file, from, to, said) in [
        (
            "feed/stop_times.txt",
            "1,2,b",
            "1,2,x",
            "feed/stop_times.txt:3: stop_id: said `x`: wanted a stop that stops.txt has",
        ),
        (
            "feed/stop_times.txt",
            "1,5,c,07:40:00,07:40:00",
            "1,5,c,,",
            "feed/stop_times.txt:4: departure_time: wanted a time at the first",
        ),
        (
            "feed/stop_times.txt",
            "07:40:00,07:40:00",
            "06:40:00,06:40:00",
            "feed/stop_times.txt:4: departure_time",
        ),
        ("feed/stops.txt", "37.4690", "x", "feed/stops.txt:2: stop_lat: said `x`"),
        ("feed/stops.txt", "b,B,", "a,B,", "feed/stops.txt:3: stop_id: said `a`: wanted a stop that no row"),
        (
            "feed/trips.txt",
            "week,2,7",
            "week,1,7",
            "feed/trips.txt:3: trip_id: said `1`: wanted a trip that no",
        ),
        ("feed/trips.txt", "trip_id", "trip", "feed/trips.txt:1: said"),
        (
            "scenario.toml",
            "riders_per_run = 12",
            "riders_per_run = 12\nservice = \"snow\"",
            "service_id: said `snow`",
        ),
    ] {
        let mut texts = feed();
        let text = texts.get_mut(file).expect("a file");
        assert!(text.contains(from), "{file}: {from}");
        *text = text.replacen(from, to, 1);
        let problems = super::tests::built(&texts).expect_err("problems");
        assert!(problems.iter().any(|p| p.contains(said)), "{file}: {from}: {problems:?}");
    }
}

#[test]
fn the_facts_say_each_line_with_its_source() {
    let facts = built(&example()).expect("an instance").facts();
    let csv = written(|to| facts.write_csv(to));
    let mut lines = csv.lines();
    let columns = lines.next().expect("a header").split(',').count();
    assert!(csv.contains("share_2026,share_2027"), "{csv}");
    let line = csv.lines().find(|line| line.contains("anchor_line")).expect("the hall's line");
    assert_eq!(
        line,
        "homework_hotspot/hall,homework_hotspot,homework_hotspot,Harbour hall,37.465,-75.815,0.3,no,1,anchor_line,1,site,year,\
         840,Bill of the harbour hall,2026-05,0.5,0.5"
    );
    // No other cell has a comma, so that each row has as many as the header.
    for line in lines.filter(|line| !line.contains('"')) {
        assert_eq!(line.split(',').count(), columns, "{line}");
    }
    let json = serde_json::to_string(&facts).expect("JSON");
    assert_eq!(serde_json::from_str::<Facts>(&json).expect("facts"), facts);
}

/// The library and the bus from the first year, hotspots for oak from the second; not a proved plan, but one to be counted by hand.
fn counted_by_hand(instance: &Instance) -> Certificate {
    let (library, bus) =
        (option(instance, "homework_hotspot/library") as u32, option(instance, "bus_ride/bus 7") as u32);
    let oak = option(instance, "hotspot_lending/Blue/oak") as u32;
    let serve = |option, year, parts| Serve { option, year, parts };
    let plan = Plan {
        buy: vec![(library, 1), (oak, 2), (bus, 1)],
        serve: vec![
            serve(library, 1, vec![(2, 1_200_000), (3, 8_000_000)]),
            serve(bus, 1, vec![(7, 9_000_000)]),
            serve(library, 2, vec![(2, 1_200_000)]),
            serve(bus, 2, vec![(7, 9_000_000)]),
        ],
    };
    let format = crate::certificate::FORMAT.to_owned();
    Certificate {
        format,
        question: Question::Objective,
        plan,
        objective: 0,
        bound: 0,
        prices: Vec::new(),
        tree: Vec::new(),
    }
}

#[test]
fn a_plan_is_told_as_counted_by_hand() {
    let built = built(&example()).expect("an instance");
    let (instance, facts) = (instance(&built), built.facts());
    let report = report(&instance, &counted_by_hand(&instance), &facts).expect("a report");
    let near = |reach: Reach, connected: f64, served: f64, weighted: f64| {
        let all = [(reach.connected, connected), (reach.served, served), (reach.weighted, weighted)];
        assert!(all.iter().all(|(is, wanted)| (is - wanted).abs() < 1e-9), "{all:?}");
    };
    assert_eq!(report.students, [42.0, 30.0, 54.0]);
    // Seats for 9.2 students, and of the 9 at the bay 3 in 10 use the bus.
    near(report.years[0].reach.planned, 0.0, 9.2 + 2.7, 9.2 * 0.3 + 9.0 * 0.06);
    // Of oak's 8 hotspots 7 in 10 are used, and only they connect a home.
    near(report.years[1].reach.planned, 5.6, 5.6 + 1.2 + 2.7, 8.0 * 0.42 + 1.2 * 0.3 + 9.0 * 0.06);
    near(report.years[1].reach.low, 4.2, 4.2 + 0.9 + 1.5, 6.0 * 0.42 + 0.9 * 0.3 + 5.0 * 0.06);
    // 11 students do not get more than 8 hotspots, and 12 at the bay do not ride where 10.45 do.
    near(report.years[1].reach.high, 5.6, 5.6 + 1.5 + 3.135, 8.0 * 0.42 + 1.5 * 0.3 + 10.45 * 0.06);

    let paid: Vec<(String, String)> =
        report.years.iter().map(|year| (year.district.to_string(), year.others.to_string())).collect();
    let said = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    // Half of the library by the foundation; in the second year 749.12, 1,200 and 500 dollars of the first, 2% dearer.
    assert_eq!(paid, [said("4281.96", "531.96"), said("2498.10", "0.00")]);
    let lending = report.strategies.iter().find(|line| line.kind == "hotspot_lending").expect("lending");
    let cost = lending.cost_per_student_year.expect("a cost");
    assert!((cost - (764.10 + 1_224.0) / 5.6).abs() < 1e-9, "{cost}");
    let yes = report.groups.iter().find(|line| line.group == "yes").expect("a group");
    assert_eq!(yes.students, 29.0);
    near(yes.reach.planned, 5.6, 9.5, 4.26);
    let item = report.items.iter().find(|item| item.item == "hotspot_device").expect("hotspots");
    assert_eq!(
        (item.year, item.quantity, item.paid.as_str(), item.cost.to_string().as_str()),
        (2027, 8.0, "once", "764.10")
    );

    let csv = written(|to| report.write_csv(to));
    let columns = csv.lines().next().expect("a header").split(',').count();
    for line in csv.lines().filter(|line| !line.contains('"')) {
        assert_eq!(line.split(',').count(), columns, "{line}");
    }
    let text = written(|to| report.write_text(to));
    assert!(text.contains("2027: connected at home 5.6 (4.2 to 5.6), served 9.5 (6.6 to 10.2)"), "{text}");
}

#[test]
fn a_report_of_a_proved_plan_agrees_with_the_proof() {
    let built = built(&example()).expect("an instance");
    let (instance, facts) = (instance(&built), built.facts());
    let goal = crate::Goal { gap: 0.0, seed: 1 };
    let mut steps = 0;
    let certificate = crate::solve(&instance, goal, None, &mut |_| {
        steps += 1;
        steps < 200
    });
    assert_eq!(crate::verify(&instance, &certificate), Ok(()));
    let report = report(&instance, &certificate, &facts).expect("a report");
    let all: f64 = report.years.iter().map(|year| year.reach.planned.weighted).sum();
    assert!((all - certificate.progress().objective).abs() < 1e-6, "{all}");
    let by_strategy: f64 = report.strategies.iter().map(|line| line.reach.planned.weighted).sum();
    assert!((all - by_strategy).abs() < 1e-6);
    for year in &report.years {
        let reach = year.reach.planned;
        assert!(
            year.district.0 <= year.budget.0
                && reach.connected <= reach.served
                && reach.served <= report.students[0]
        );
    }
    let last = report.years.last().expect("a year").reach.planned.served;
    let groups: f64 = report.groups.iter().map(|line| line.reach.planned.served).sum();
    assert!((last - groups).abs() < 1e-6, "each student is in one group of the one column");

    let mut other = facts.clone();
    other.options.swap(0, 1);
    let problems = super::report(&instance, &certificate, &other).expect_err("another folder's facts");
    assert!(problems.kept()[0].to_string().contains("build the folder again"));
}

/// Problems after text of a file was changed.
fn wrong(file: &str, from: &str, to: &str) -> Vec<String> {
    let mut texts = example();
    let text = texts.get_mut(file).unwrap_or_else(|| panic!("no {file}"));
    assert!(text.contains(from), "{file} does not say {from}");
    *text = text.replacen(from, to, 1);
    built(&texts).err().unwrap_or_default()
}

#[test]
fn each_wrong_value_has_its_message() {
    for (file, from, to, said) in [
        ("scenario.toml", "years = 2", "years = 0", "scenario.toml:3: years: said `years = 0"),
        ("scenario.toml", "budget = [9_000, 4_000]", "budget = [1]", "scenario.toml:4: budget: said"),
        ("scenario.toml", "budget = [9_000, 4_000]", "budget = -1", "scenario.toml:4: budget"),
        (
            "scenario.toml",
            "yes = 0.4",
            "maybe = 0.4",
            "floors: said `maybe`: wanted a group in the column `frl`",
        ),
        (
            "scenario.toml",
            "yes = 0.4",
            "yes = 1.4",
            "floors.yes: said `yes = 1.4`: wanted a number from 0 to 1",
        ),
        (
            "scenario.toml",
            "\"frl\"",
            "\"ell\"",
            "group: said `ell`: wanted a group column of students.csv: frl",
        ),
        ("scenario.toml", "walk_meters", "walk_metres", "homework_hotspots.walk_metres"),
        (
            "scenario.toml",
            "hotspot_lending = {",
            "bus_ride = { connected = true,",
            "quality.bus_ride.connected",
        ),
        (
            "scenario.toml",
            "hotspot_lending = {",
            "homework_hotspot = { connected = true,",
            "no connection at home",
        ),
        ("scenario.toml", "used = 0.7", "", "hotspot_lending.used"),
        (
            "scenario.toml",
            "\"Blue\"",
            "\"Red\"",
            "coverage.csv: carrier: wanted coverage of the carrier `Red`",
        ),
        (
            "scenario.toml",
            "\"Not Available\" = 0.3",
            "\"Not Available\" = 0.5",
            "shares of at most 1 together",
        ),
        ("scenario.toml", "\"Not Available\" = 0.3", "NotAffordable = 0.3", "each barrier once"),
        ("students.csv", "ash,10", "elm/not_available,10", "no id that is another's with a barrier"),
        ("scenario.toml", "share = 0.5", "share = 1.5", "funding.share"),
        (
            "scenario.toml",
            "name = \"Community",
            "rule = \"e_rate\"\nname = \"Community",
            "one of: ecf, e_rate_buses",
        ),
        ("scenario.toml", "students.csv\"", "pupils.csv\"", "pupils.csv: wanted a file that can be read"),
        ("students.csv", "elm,12,9", "elm,-12,9", "students.csv:2: students: said `-12`"),
        ("students.csv", "elm,12,9", "elm,NaN,9", "students.csv:2: students: said `NaN`"),
        (
            "students.csv",
            "elm,12,9",
            "elm,12,13",
            "students.csv:2: low: said `13`: wanted at most `students`",
        ),
        (
            "students.csv",
            "oak,8",
            "elm,8",
            "students.csv:3: demand: said `elm`: wanted an id that no other row has",
        ),
        ("students.csv", "37.4010", "97.4010", "students.csv:2: latitude: said `97.4010`"),
        ("students.csv", "Not Affordable", "Dear", "students.csv:3: barrier: said `Dear`"),
        ("anchors.csv", "library,37", "pub,37", "anchors.csv:2: kind: said `pub`"),
        ("anchors.csv", "10,20,walk", "10,200,walk", "anchors.csv:2: hours: said `200`"),
        ("anchors.csv", "hall,Harbour", "library,Harbour", "anchors.csv:3: site: said `library`"),
        ("offers.csv", "14.95", "-1", "offers.csv:2: price: said `-1`"),
        ("offers.csv", "0.8,Shore", "1.8,Shore", "offers.csv:2: uptake: said `1.8`"),
        ("offers.csv", "2026-08", "last year", "offers.csv:2: date: said `last year`"),
        ("coverage.csv", "510010901001,", "5100109010,", "coverage.csv:2: place: said `5100109010`"),
        (
            "coverage.csv",
            "outdoor",
            "on foot",
            "coverage.csv:2: use: said `on foot`: wanted one of: `indoor`",
        ),
        ("routes.csv", "6:50", "6:70", "routes.csv:2: time: said `6:70`"),
        ("routes.csv", "7:10", "6:10", "routes.csv:3: time: wanted a time that is not before"),
        (
            "routes.csv",
            "0,20,bus",
            "0,21,bus",
            "routes.csv:4: riders_off: said `21`: wanted no more to get off",
        ),
        ("routes.csv", "morning,2", "morning,1", "routes.csv:3: stop_sequence: said `1`"),
        (
            "routes.csv",
            "0,20,bus 7",
            "0,20,bus 8",
            "routes.csv:4: vehicle: said `bus 8`: wanted `bus 7` as above",
        ),
        ("parking.csv", "12,9", "12,", "parking.csv:2: hours: wanted hours a week"),
        ("served.csv", "silo,bay", "barn,bay", "served.csv:3: site: said `barn`: wanted a site of sites.csv"),
        (
            "served.csv",
            "silo,bay",
            "silo,sea",
            "served.csv:3: demand: said `sea`: wanted a demand of students.csv",
        ),
        ("served.csv", "silo,bay", "silo,ash", "served.csv:3: demand: said `ash`: wanted each demand once"),
        ("sites.csv", "2,40", "two,40", "sites.csv:2: sectors: said `two`"),
        ("scenario.toml", "covered = 0.8", "", "either `coverage`, by H3 cells"),
        ("scenario.toml", "used = 0.3", "", "bus_wifi.used"),
        ("scenario.toml", "need_mbps = 2.5", "", "private_lte.need_mbps"),
        (
            "costs.csv",
            "lte_outdoor_device",
            "lte_site/barn",
            "costs.csv: item: wanted a price of `lte_outdoor_device`",
        ),
        ("costs.csv", "hotspot_service/Blue", "hotspot_servise", "costs.csv:2: item: said `hotspot_servise`"),
        ("costs.csv", "12.50,month", "12.50,week", "costs.csv:2: paid: said `week`"),
        ("costs.csv", "month,device", "month,bus", "costs.csv:2: unit: said `bus`: wanted `device`"),
        ("costs.csv", "State contract with Blue", "", "costs.csv:2: source: wanted who says so"),
        (
            "costs.csv",
            "anchor_line,70",
            "anchor_staff,70",
            "costs.csv: item: wanted a price of `anchor_line`",
        ),
    ] {
        let problems = wrong(file, from, to);
        assert!(
            problems.iter().any(|p| p.contains(said)),
            "{file}: {from} -> {to}: {problems:?}, not {said}"
        );
    }
}

#[test]
fn a_price_that_nothing_asks_for_is_noted_and_a_budget_that_comes_to_nothing_refused() {
    let mut texts = example();
    texts
        .get_mut("costs.csv")
        .expect("a file")
        .push_str("hotspot_service/Blew,10,month,device,,a letter,2026\n");
    let notes = built(&texts).expect("an instance").notes;
    let said = "costs.csv: no option is priced by hotspot_service/Blew";
    assert!(notes.iter().any(|note| note == said), "{notes:?}");
    let scenario = texts["scenario.toml"].replace("budget = [9_000, 4_000]", "budget = [9_000, 0.01]");
    texts.insert("scenario.toml".to_owned(), scenario);
    let problems = built(&texts).expect_err("problems");
    let said = "scenario.toml: budget: said `0.01`: wanted 0, or at least a cent in money of the first year, in year 2";
    assert!(problems.iter().any(|p| p == said), "{problems:?}");
}

#[test]
fn problems_of_all_files_come_at_once() {
    let mut texts = example();
    for (file, from, to) in [
        ("students.csv", "elm,12", "elm,x"),
        ("anchors.csv", "10,20", "10,x"),
        ("offers.csv", "14.95", "x"),
        ("costs.csv", "70", "x"),
    ] {
        let text = texts.get_mut(file).expect("a file");
        *text = text.replacen(from, to, 1);
    }
    let problems = built(&texts).expect_err("problems");
    for file in ["students.csv:2", "anchors.csv:2", "offers.csv:2", "costs.csv:3"] {
        assert!(problems.iter().any(|p| p.starts_with(file)), "{file}: {problems:?}");
    }
}

#[test]
fn figures_of_the_gap_are_a_demand() {
    let mut texts = example();
    let scenario = "first_year = 2026\nbudget = 5000\n[demand.figures]\nfile = \"gap.csv\"\nplaces = \"places.csv\"\nmeasure = \"m1\"\n\
                    geography = \"tract\"\n[homework_hotspots]\nfile = \"anchors.csv\"\n[costs]\nfile = \"costs.csv\"\n";
    texts.insert("scenario.toml".to_owned(), scenario.to_owned());
    texts.insert(
        "places.csv".to_owned(),
        "geography_id,latitude,longitude,name\n51001090100,37.402,-75.869,a\n51001090200,37.44,-75.83,b\n"
            .to_owned(),
    );
    texts.insert(
        "gap.csv".to_owned(),
        "measure,barrier,geography_kind,geography_id,name,group,count,counted,answers,value,low90,high90,se,share_of,leaves_out,coding,method,suppressed\n\
         m1,,tract,'51001090100,A,all,120,students,9,0.25,0.2,0.35,0.1,students,,,area,\n\
         m1,,tract,51001090200,B,all,,,,,,,,,,,,primary\n\
         m1,,tract,51001090100,A,frl:yes,60,students,9,0.5,0.2,0.7,0.1,students,,,area,\n\
         m2,,tract,51001090100,A,all,120,students,9,0.5,0.2,0.7,0.1,students,,,area,\n\
         m1,,district,5100060,D,all,300,students,9,0.2,0.15,0.3,0.1,students,,,area,\n\
         m1,Not Affordable,district,5100060,D,all,120,students,9,0.8,0.2,0.9,0.1,students,,,survey,\n\
         m1,Other,district,5100060,D,all,120,students,9,0.4,0.2,0.9,0.1,students,,,survey,\n"
            .to_owned(),
    );
    let built = built(&texts).expect("an instance");
    let rows: Vec<(&str, u64, u64, u64)> =
        built.demand.rows.iter().map(|row| (row.id.as_str(), row.students, row.low, row.high)).collect();
    // 30 students, of whom 2 in 3 name the price: the shares together are more than the whole.
    assert_eq!(
        rows,
        [
            ("51001090100/not_affordable", 19_999_980, 15_999_984, 27_999_972),
            ("51001090100/other", 9_999_990, 7_999_992, 13_999_986),
            ("51001090100", 30, 24, 42),
        ]
    );
    assert!(built.notes.iter().any(|note| note.contains("1 figures are withheld")), "{:?}", built.notes);
    // A fifth of the district's 300: twice as many as at the places whose figures are told.
    let facts = built.facts();
    assert_eq!((facts.whole, facts.measure.as_str()), (Some([60_000_000, 45_000_000, 90_000_000]), "m1"));
    assert!(built.groups().is_empty(), "no column is named");
    // Of 60 students with free or reduced lunch half lack access: all 30 of the place.
    let by_lunch = format!("group = \"frl\"\n{scenario}[floors]\n\"yes\" = 0.1\n");
    let lunch = super::build("s", &by_lunch, &mut |file, _| {
        Ok(Box::new(std::io::Cursor::new(texts[file].clone().into_bytes())))
    });
    let lunch = lunch.expect("an instance");
    let told: Vec<(String, u64)> = lunch.groups().into_iter().map(|g| (g.name, g.students)).collect();
    assert_eq!(told, [("yes".to_owned(), 30_000_000)]);
    assert_eq!(lunch.demand.ids["51001090100"], 0..lunch.demand.rows.len() as u32);
    assert!(lunch.demand.rows.iter().all(|row| row.id.starts_with("51001090100/frl_yes")));
    assert!(
        lunch
            .notes
            .iter()
            .any(|note| note.contains("by frl the district's figures of these groups are withheld: yes, no")),
        "{:?}",
        lunch.notes
    );
    // Nothing is told of learners of English: whether there are any is not known, and not that there are none.
    let by_language =
        super::build("s", &format!("group = \"ell\"\nfair = true\n{scenario}"), &mut |file, _| {
            Ok(Box::new(std::io::Cursor::new(texts[file].clone().into_bytes())))
        });
    let by_language = by_language.expect("an instance");
    assert!(by_language.is_fair());
    let told: Vec<(String, u64)> = by_language.groups().into_iter().map(|g| (g.name, g.students)).collect();
    assert_eq!(told, [("unknown".to_owned(), 30_000_000)]);
    // With the district's figure: of 60 without access 15 are learners of English, a quarter of 90.
    let more = texts["gap.csv"].clone()
        + "m1,,district,5100060,D,ell:yes,90,students,9,0.166667,0.1,0.3,0.1,students,,,survey,\n";
    texts.insert("gap.csv".to_owned(), more);
    let known = super::build("s", &format!("group = \"ell\"\n{scenario}"), &mut |file, _| {
        Ok(Box::new(std::io::Cursor::new(texts[file].clone().into_bytes())))
    });
    let told: Vec<(String, u64, u64)> = known
        .expect("an instance")
        .groups()
        .into_iter()
        .map(|g| (g.name, g.students / 10_000, g.counted / 10_000))
        .collect();
    assert_eq!(told, [("no".to_owned(), 2_249, 0), ("yes".to_owned(), 750, 4_500)]);
    texts.insert(
        "scenario.toml".to_owned(),
        format!("group = \"county\"\n{scenario}[floors]\n\"51001\" = 0.1\n"),
    );
    let groups = super::build("s", &texts["scenario.toml"], &mut |file, _| {
        Ok(Box::new(std::io::Cursor::new(texts[file].clone().into_bytes())))
    });
    // Whom the figure counts is counted once, however the barriers part them.
    assert_eq!(
        groups.expect("an instance").groups(),
        [super::Group { name: "51001".to_owned(), students: 30_000_000, counted: 120_000_000 }]
    );
}

#[test]
fn what_is_fixed_must_be_paid() {
    let mut texts = example();
    for (file, from, to) in [("anchors.csv", "2,no,", "200,no,in"), ("students.csv", "bay,9", "bay,0")] {
        let text = texts.get_mut(file).expect("a file");
        *text = text.replacen(from, to, 1);
    }
    let problems = built(&texts).expect_err("problems");
    assert!(problems.iter().any(|p| p.contains("the options fixed `in` take so much")), "{problems:?}");
    let mut texts = example();
    let anchors = texts.get_mut("anchors.csv").expect("a file");
    *anchors = anchors.replacen("2,no,", "2,no,in", 1);
    let built = built(&texts).expect("an instance");
    let instance = instance(&built);
    assert_eq!(instance.fixed(option(&instance, "homework_hotspot/hall")), Fixed::In);
}

proptest! {
    #[test]
    fn any_feed_ends_in_problems_or_an_instance(
        file in 0usize..3, at in 0usize..200, cut in 0usize..8, text in "[-0-9a-z,\"\n.:]{0,12}",
    ) {
        let mut texts = feed();
        let name = ["feed/stops.txt", "feed/trips.txt", "feed/stop_times.txt"][file];
        let whole: Vec<char> = texts[name].chars().collect();
        let at = at.min(whole.len());
        let rest = whole[(at + cut).min(whole.len())..].iter();
        texts.insert(name.to_owned(), whole[..at].iter().copied().chain(text.chars()).chain(rest.copied()).collect());
        if let Ok(built) = built(&texts) {
            instance(&built);
        }
    }

    /// Whatever stands in the files, the end is problems or an instance that the reader takes.
    #[test]
    fn any_text_ends_in_problems_or_an_instance(
        file in 0usize..11, at in 0usize..400, cut in 0usize..12, text in "[-0-9a-z,\"\n.=\\[\\]\\{\\}/ é]{0,12}",
    ) {
        let mut texts = example();
        let name = texts.keys().nth(file % texts.len()).expect("a file").clone();
        let whole: Vec<char> = texts[&name].chars().collect();
        let at = at.min(whole.len());
        let rest = whole[(at + cut).min(whole.len())..].iter();
        texts.insert(name, whole[..at].iter().copied().chain(text.chars()).chain(rest.copied()).collect());
        if let Ok(built) = built(&texts) {
            instance(&built);
        }
    }
}
