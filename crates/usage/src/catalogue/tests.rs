use super::*;
use proptest::prelude::*;

fn found(catalogue: &Catalogue, name: &str) -> Option<String> {
    let found = catalogue.find(name.as_bytes())?;
    let core = if found.part == Part::Core { "" } else { " (support)" };
    Some(format!("{}{core}", catalogue.resource(found.resource)?.id))
}

#[test]
fn our_own_file_has_no_problem_and_most_of_what_schools_use() {
    let read = Catalogue::parse("resources.csv", include_bytes!("resources.csv"));
    let common =
        read.map_err(|p| p.kept().iter().map(ToString::to_string).collect::<Vec<_>>()).expect("no problem");
    assert!(common.resources().count() >= 300, "{}", common.resources().count());
    for kind in Kind::ALL {
        assert!(common.resources().any(|r| r.kind == *kind), "{kind:?}");
    }
    for subject in Subject::ALL {
        assert!(common.resources().any(|r| r.subject == *subject), "{subject:?}");
    }
}

#[test]
fn the_longest_suffix_says_whose_a_name_is() {
    let common = Catalogue::common();
    assert_eq!(found(&common, "www.khanacademy.org").as_deref(), Some("khan_academy"));
    assert_eq!(found(&common, "learn.khanacademy.org").as_deref(), Some("khan_kids"));
    assert_eq!(found(&common, "cdn.kastatic.org").as_deref(), Some("khan_academy (support)"));
    assert_eq!(found(&common, "KhanAcademy.ORG.").as_deref(), Some("khan_academy"));
    for none in ["notkhanacademy.org", "khanacademy.org.example.com", "org", "", ".", "..", "google.com"] {
        assert_eq!(found(&common, none), None, "{none}");
    }
}

#[test]
fn an_overlay_adds_moves_and_takes_away() {
    let overlay = "id,number,name,subject,kind,domains,approved,goal_minutes,licences\n\
        khan_academy,,,,,-khanacademy.org khan.example.org,yes,30,\n\
        county_library,32768,County Library,general,library,library.example.gov learn.khanacademy.org,,,1200\n";
    let ours = Catalogue::common().overlaid("overlay.csv", overlay.as_bytes()).expect("no problem");
    assert_eq!(found(&ours, "www.khanacademy.org"), None);
    assert_eq!(found(&ours, "khan.example.org").as_deref(), Some("khan_academy"));
    assert_eq!(found(&ours, "learn.khanacademy.org").as_deref(), Some("county_library"));
    let khan = ours.by_id("khan_academy").expect("there");
    assert_eq!((khan.approved, khan.goal_minutes, khan.licences), (Some(true), Some(30), None));
    assert_eq!(khan.name, "Khan Academy");
    assert_eq!(ours.by_id("county_library").expect("there").licences, Some(1200));
}

#[test]
fn all_problems_are_said_at_once() {
    let file = "number,id,name,subject,kind,domains,colour\n\
        x,one,One,math,game,one.example,\n\
        2,Two,Two,math,game,two.example,\n\
        3,three,,maths,toy,three.example Three.example nodots,\n\
        4,four,Four,math,game,,\n\
        5,five,Five,math,game,three.example\n\
        4,six,Six,math,game,four.example -four.example three.example,\n\
        9,three,Three,math,game,nine.example,\n";
    let problems = Catalogue::parse("c.csv", file.as_bytes()).expect_err("problems");
    let said: Vec<_> =
        problems.kept().iter().map(|p| format!("{}:{}:{}", p.line, p.column, p.said)).collect();
    let wanted = [
        "1::colour",
        "1:support:",
        "2:number:x",
        "3:id:Two",
        "4:subject:maths",
        "4:kind:toy",
        "4:name:",
        "4:domains:Three.example",
        "4:domains:nodots",
        "5:domains:",
        "6::6 cells",
        "7:number:4",
        "8:id:three",
    ];
    assert_eq!(said, wanted);
}

#[test]
fn an_overlay_says_its_problems_too() {
    let file = "id,number,name,subject,kind,domains,approved,goal_minutes,licences\n\
        khan_academy,7,,,,,perhaps,-1,many\n\
        new,12,New,math,game,new.example,,,\n\
        ixl,,,,,-khanacademy.org,,,\n";
    let problems = Catalogue::common().overlaid("o.csv", file.as_bytes()).expect_err("problems");
    let said: Vec<_> =
        problems.kept().iter().map(|p| format!("{}:{}:{}", p.line, p.column, p.said)).collect();
    assert_eq!(said, ["2:number:7", "3:number:12", "4:domains:khanacademy.org"]);
    let empty = Catalogue::parse("e.csv", b"").expect_err("no headings");
    assert_eq!(empty.found(), 1);
}

/// Read once for all cases.
fn common() -> &'static Catalogue {
    static COMMON: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    COMMON.get_or_init(Catalogue::common)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The one pass finds what looking up each suffix by itself finds.
    #[test]
    fn the_pass_equals_the_definition(name in "([a-c]{1,2}\\.){0,4}(khanacademy|kastatic|google|docs\\.google|b)\\.(org|com)") {
        let common = common();
        let mut longest = None;
        let mut rest = name.as_str();
        loop {
            longest = longest.or_else(|| common.names().find(|(n, _)| *n == rest).map(|(_, f)| f));
            let Some((_, after)) = rest.split_once('.') else { break };
            rest = after;
        }
        prop_assert_eq!(common.find(name.as_bytes()), longest);
    }

    #[test]
    fn any_bytes_end_in_a_catalogue_or_in_problems(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0usize..400) {
        let mut file = include_bytes!("resources.csv")[..cut].to_vec();
        file.extend(bytes);
        if let Err(problems) = Catalogue::parse("f", &file) {
            prop_assert!(problems.found() > 0);
        }
        if let Err(problems) = common().overlaid("f", &file) {
            prop_assert!(problems.found() > 0);
        }
    }
}
