use super::*;
use crate::{Fixed, Floor, Limit, UNLIMITED};
use proptest::prelude::*;

fn files<'t>(instance: &str, demand: &'t str, options: &'t str, covers: &'t str) -> Files<&'t [u8]> {
    Files {
        folder: "d".to_owned(),
        instance: Ok(instance.to_owned()),
        demand: Ok(demand.as_bytes()),
        options: Ok(options.as_bytes()),
        covers: Ok(covers.as_bytes()),
    }
}

fn problems(instance: &str, demand: &str, options: &str, covers: &str) -> Vec<String> {
    match read(files(instance, demand, options, covers), Limits::default()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.kept().iter().map(ToString::to_string).collect(),
    }
}

const TOML: &str = "budget = 100\n";
const DEMAND: &str = "demand,weight\na,1\nb,2.5\n";
const OPTIONS: &str = "option,strategy,cost\nx,bus,10\ny,lte,20.50\n";
const COVERS: &str = "option,demand,quality\nx,a,1\nx,b,.5\ny,b,1\n";

#[test]
fn a_folder_is_read() {
    let toml = "years = 2\nbudget = [100, 50.5]\nvendors = 1\n[floors]\n\"north, far\" = 0.25\n";
    let demand = "\u{feff}group,demand,weight\r\n\"north, far\",a,1.5\r\n,\"b \"\"2\"\"\",2\r\n";
    let options = "option,strategy,cost,running,capacity,exclusive_group,fixed,vendor\n\
                   x,bus,1e2,,2,bus 7,in,Acme\ny,lte,0.005,3,,bus 7,,\nz,lte,0,,,,out,Best\n";
    let covers = "quality,option,demand\n1,y,\"b \"\"2\"\"\"\n0.1,y,a\n0.5,x,a\n";
    let Reading { instance, rounded } =
        read(files(toml, demand, options, covers), Limits::default()).expect("an instance");
    assert_eq!(rounded, 1, "half a cent");
    assert_eq!(instance.weights, [1_500_000, 2_000_000]);
    assert_eq!((instance.demands.get(1), instance.group(0), instance.group(1)), ("b \"2\"", 0, NONE));
    assert_eq!(instance.costs, [10_000, 1, 0]);
    assert_eq!(instance.running, [0, 300, 0]);
    assert_eq!(instance.capacities, [2_000_000, UNLIMITED, UNLIMITED]);
    assert_eq!(instance.exclusive, [0, 0, NONE]);
    assert_eq!((&instance.vendors[..], instance.most_vendors), (&[0, NONE, 1][..], 1));
    assert_eq!(instance.fixed, [Fixed::In, Fixed::Free, Fixed::Out]);
    assert_eq!(instance.covers(0).collect::<Vec<_>>(), [(0, 500_000)]);
    assert_eq!(instance.covers(1).collect::<Vec<_>>(), [(0, 100_000), (1, 1_000_000)]);
    assert_eq!(instance.limit, Limit::Budget(vec![10_000, 5_050]));
    assert_eq!(instance.floors, [Floor { group: 0, share: 250_000 }]);
}

#[test]
fn prices_of_later_years_are_read_and_are_those_of_the_first_where_nothing_is_said() {
    let toml = "years = 3\nbudget = 100\n";
    let options = "option,strategy,cost,running,running_3,cost_3\nx,bus,10,3,,4\ny,bus,5,1,2.5,\n";
    let reading = read(files(toml, DEMAND, options, COVERS), Limits::default()).expect("an instance");
    let prices = |option| [0, 1, 2].map(|year| reading.instance.prices(option, year));
    assert_eq!(prices(0), [[1_000, 300], [1_000, 300], [400, 300]]);
    assert_eq!(prices(1), [[500, 100], [500, 100], [500, 250]]);
    let opened = |year| [0, 1, 2].map(|y| reading.instance.charge(1, y, y == year));
    assert_eq!(opened(2)[2], 750);

    let toml = "years = 2\nbudget = 100\n";
    let problems =
        read(files(toml, DEMAND, options, COVERS), Limits::default()).expect_err("a year too many");
    let problems: Vec<String> = problems.kept().iter().map(ToString::to_string).collect();
    assert!(problems.iter().any(|p| p.contains("years: said `2`")), "{problems:?}");
    let bought = "option,strategy,cost,fixed,running_2\nx,bus,10,in,101\ny,bus,5,,\n";
    let problems =
        read(files(toml, DEMAND, bought, COVERS), Limits::default()).expect_err("too dear in year 2");
    let problems: Vec<String> = problems.kept().iter().map(ToString::to_string).collect();
    assert!(problems.iter().any(|p| p.contains("at least 101.00 in year 2")), "{problems:?}");
}

#[test]
fn each_wrong_value_has_its_message() {
    for (demand, said) in [
        ("demand,weight\n", "d/demand.csv: wanted at least one row"),
        ("demand,weight\na,0\n", "d/demand.csv: wanted a weight over 0 in at least one row"),
        (
            "demand,weight\na,-1\nb,1\n",
            "d/demand.csv:2: weight: said `-1`: wanted a weight: a number, 0 or more",
        ),
        (
            "demand,weight\na,NaN\nb,1\n",
            "d/demand.csv:2: weight: said `NaN`: wanted a weight: a number, 0 or more",
        ),
        ("demand,weight\na,\nb,1\n", "d/demand.csv:2: weight: wanted a weight: a number, 0 or more"),
        (
            "demand,weight\na,1e11\nb,1\n",
            "d/demand.csv:2: weight: said `1e11`: wanted a weight: a number, 0 or more, at most 10000000000",
        ),
        (
            "demand,weight\na,1\na,1\nb,1\n",
            "d/demand.csv:3: demand: said `a`: wanted an id that no row above has",
        ),
        ("demand,weight\na,1\nb,1\n,1\n", "d/demand.csv:4: demand: wanted an id in each row"),
        (
            "demand,weight\na,1\nb,1\nc\n",
            "d/demand.csv:4: said `c`: wanted 2 cells as in the header; this row has 1",
        ),
        (
            "demand,wieght\na,1\n",
            "d/demand.csv:1: wieght: said `wieght`: wanted one of the columns demand, weight, group",
        ),
        ("", "d/demand.csv: wanted a header: demand,weight,group"),
        ("demand,weight\na,1\nb,\"1\n", "d/demand.csv:3: said `b,\"1`: wanted a closing quotation mark"),
    ] {
        assert_eq!(problems(TOML, demand, OPTIONS, COVERS).first().map(String::as_str), Some(said));
    }
    for (options, said) in [
        (
            "option,strategy,cost\nx,bus,-1\ny,lte,1\n",
            "d/options.csv:2: cost: said `-1`: wanted a cost in dollars: a number, 0 or more",
        ),
        (
            "option,strategy,cost\nx,bus,\ny,lte,1\n",
            "d/options.csv:2: cost: wanted a cost in dollars: a number, 0 or more",
        ),
        ("option,strategy,cost\nx,,1\ny,lte,1\n", "d/options.csv:2: strategy: wanted a strategy in each row"),
        ("option,strategy\nx,bus\n", "d/options.csv:1: said `option,strategy`: wanted the columns cost"),
        (
            "option,strategy,cost,fixed\nx,bus,1,yes\ny,lte,1,\n",
            "d/options.csv:2: fixed: said `yes`: wanted `in`, `out` or nothing",
        ),
        (
            "option,strategy,cost,exclusive_group,fixed\nx,bus,1,g,in\ny,lte,1,g,in\n",
            "d/options.csv:3: fixed: said `in`: wanted one `in` of an exclusive group; that on line 2 is another",
        ),
        (
            "option,strategy,cost,fixed\nx,bus,99,in\ny,lte,1.01,in\n",
            "d/instance.toml: budget: said `100.00`: wanted at least 100.01 in year 1: the options fixed `in` take so much",
        ),
    ] {
        assert_eq!(problems(TOML, DEMAND, options, COVERS).first().map(String::as_str), Some(said));
    }
    for (covers, said) in [
        (
            "option,demand,quality\n",
            "d/covers.csv: wanted at least one row: options that serve nobody make no plan",
        ),
        (
            "option,demand,quality\nx,a,1.01\n",
            "d/covers.csv:2: quality: said `1.01`: wanted a quality from 0 to 1, at most 1",
        ),
        (
            "option,demand,quality\nx,a,nan\n",
            "d/covers.csv:2: quality: said `nan`: wanted a quality from 0 to 1",
        ),
        (
            "option,demand,quality\nq,a,1\n",
            "d/covers.csv:2: option: said `q`: wanted the id of an option in options.csv",
        ),
        (
            "option,demand,quality\nx,q,1\n",
            "d/covers.csv:2: demand: said `q`: wanted the id of a demand in demand.csv",
        ),
        (
            "option,demand,quality\nx,a,1\nx,a,1\n",
            "d/covers.csv:3: demand: said `a`: wanted each demand once for an option",
        ),
        (
            "option,demand,quality\ny,a,1\nx,a,1\ny,b,1\nx,a,.5\n",
            "d/covers.csv:5: demand: said `a`: wanted each demand once for an option",
        ),
    ] {
        assert_eq!(problems(TOML, DEMAND, OPTIONS, covers).first().map(String::as_str), Some(said));
    }
}

#[test]
fn each_wrong_setting_has_its_message() {
    for (toml, said) in [
        ("", "d/instance.toml: budget: wanted `budget`, in dollars, or `count`, of options"),
        (
            "budget = 0",
            "d/instance.toml:1: budget: said `budget = 0`: wanted a number over 0, or a list with one for each year",
        ),
        (
            "budget = -5",
            "d/instance.toml:1: budget: said `budget = -5`: wanted a number over 0, or a list with one for each year",
        ),
        (
            "budget = nan",
            "d/instance.toml:1: budget: said `budget = nan`: wanted a number over 0, or a list with one for each year",
        ),
        (
            "budget = [0, 0]",
            "d/instance.toml:1: budget: said `budget = [0, 0]`: wanted numbers, 0 or more, and over 0 in at least one year",
        ),
        (
            "count = 2.5",
            "d/instance.toml:1: count: said `count = 2.5`: wanted a number over 0, or a list with one for each year",
        ),
        (
            "budget = 1\ncount = 2",
            "d/instance.toml:2: count: said `count = 2`: wanted either `budget` or `count`, not both",
        ),
        (
            "budget = 1\nyears = 0",
            "d/instance.toml:2: years: said `years = 0`: wanted a whole number from 1 to 20",
        ),
        (
            "years = 3\nbudget = [1, 2]",
            "d/instance.toml:2: budget: said `budget = [1, 2]`: wanted one number for each of the 3 years",
        ),
        (
            "budget = 1\nbugdet = 1",
            "d/instance.toml:2: bugdet: said `bugdet = 1`: wanted one of: budget, count, years, floors, vendors",
        ),
        (
            "budget = 1\nvendors = 0",
            "d/instance.toml:2: vendors: said `vendors = 0`: wanted a whole number, 1 or more: from so many vendors a plan may buy",
        ),
        (
            "budget = 1\n[floors]\nnorth = 1.2",
            "d/instance.toml:3: floors.north: said `north = 1.2`: wanted a share from 0 to 1",
        ),
        (
            "budget = 1\n[floors]\nnorth = 0.2",
            "d/instance.toml:3: floors: said `north`: wanted a group of demand.csv",
        ),
        (
            "budget = ",
            "d/instance.toml:1: said `budget =`: wanted TOML: string values must be quoted, expected literal string",
        ),
    ] {
        assert_eq!(problems(toml, DEMAND, OPTIONS, COVERS).first().map(String::as_str), Some(said));
    }
}

#[test]
fn all_problems_are_said_at_once() {
    let found = problems(
        "budget = 0\nfloor = 1\n",
        "demand,weight\na,-1\n",
        "option,strategy,cost\nx,bus,oops\n",
        "option,demand,quality\nx,a,2\nz,a,1\n",
    );
    let places: Vec<&str> = found.iter().map(|p| p.split(": ").next().expect("a place")).collect();
    assert_eq!(
        places,
        [
            "d/instance.toml:2",
            "d/instance.toml:1",
            "d/demand.csv:2",
            "d/demand.csv",
            "d/options.csv:2",
            "d/covers.csv:2",
            "d/covers.csv:3"
        ]
    );
}

#[test]
fn files_that_cannot_be_read_and_lines_without_end_are_problems() {
    let mut missing = files(TOML, DEMAND, OPTIONS, COVERS);
    missing.options = Err(io::Error::new(io::ErrorKind::NotFound, "not there"));
    let found = read(missing, Limits::default()).expect_err("problems");
    assert_eq!(found.kept()[0].to_string(), "d/options.csv: wanted a file that can be read: not there");
    let long = format!("{DEMAND}{}\nc,1\nc,1\n", "x".repeat(1 << 20));
    let found = problems(TOML, &long, OPTIONS, COVERS);
    assert!(
        found[0].starts_with("d/demand.csv:4: said `xxx")
            && found[0].ends_with("lines of at most 65536 octets")
    );
    assert_eq!(found[1], "d/demand.csv:6: demand: said `c`: wanted an id that no row above has");
    let few = Limits { demands: 1, ..Limits::default() };
    let found = read(files(TOML, DEMAND, OPTIONS, COVERS), few).expect_err("problems");
    assert!(found.kept()[0].wanted.contains("at most 1 rows"));
}

proptest! {
    #[test]
    fn any_text_never_panics(
        toml in "(budget|count|years|\\[floors\\]|north|=|[0-9.,\\[\\]]|\n| ){0,20}",
        demand in "(demand|weight|group|a|b|,|\"|[0-9.e-]|\n|\r){0,40}",
        options in "(option|strategy|cost|x|in|,|\"|[0-9.e-]|\n){0,40}",
        covers in "(option|demand|quality|x|a|,|[0-9.]|\n){0,40}",
    ) {
        let _ = problems(&toml, &demand, &options, &covers);
    }

    #[test]
    fn the_order_of_covers_does_not_matter(rows in proptest::collection::btree_map((0usize..6, 0usize..6), 0u32..=1_000_000, 1..30), seed in any::<u64>()) {
        let demand: String = "demand,weight\n".chars().chain((0..6).flat_map(|n| format!("d{n},1\n").into_bytes()).map(char::from)).collect();
        let options: String = (0..6).fold("option,strategy,cost\n".to_owned(), |text, n| text + &format!("o{n},s,1\n"));
        let mut lines: Vec<String> = rows
            .iter()
            .map(|((o, d), q)| format!("o{o},d{d},{}.{:06}\n", q / 1_000_000, q % 1_000_000))
            .collect();
        let text = |lines: &[String]| format!("option,demand,quality\n{}", lines.concat());
        let in_order = read(files(TOML, &demand, &options, &text(&lines)), Limits::default()).expect("an instance").instance;
        lines.sort_by_key(|line| line.bytes().fold(seed, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b))));
        let shuffled = read(files(TOML, &demand, &options, &text(&lines)), Limits::default()).expect("an instance").instance;
        prop_assert_eq!(&in_order, &shuffled);
        for ((o, d), q) in rows {
            prop_assert!(in_order.covers(o).any(|c| c == (d, q)));
        }
    }
}
