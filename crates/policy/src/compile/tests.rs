use super::*;
use crate::config;
use crate::{Action, Answer, DeviceKey, Explanation, InForce, Snapshot, Subject, YouTube, explain};
use evenfield_model::Grade;

const EXAMPLE: &str = include_str!("../../../../docs/examples/policy.toml");

fn people() -> People {
    let student = |id: &str, grade, sections: &[usize]| Student {
        id: id.to_owned(),
        school: "101".to_owned(),
        grade: Grade::Year(grade),
        sections: sections.to_vec(),
    };
    let device = |token: &str, owner| Device { key: DeviceKey::of_token(token), owner };
    People {
        district: "5100001".to_owned(),
        students: vec![
            student("s1", 10, &[0]),
            student("s2", 10, &[]),
            student("s3", 2, &[]),
            student("s4", 10, &[]),
        ],
        schools: Vec::new(),
        sections: vec![Section { id: "chess-club".to_owned(), period: Some("2(B)".to_owned()) }],
        devices: vec![
            device("token-of-s1", Owner::Student(0)),
            device("token-of-s2", Owner::Student(1)),
            device("token-of-s3", Owner::Student(2)),
            device("second-of-s2", Owner::Student(1)),
            device("token-of-s4", Owner::Student(3)),
            device("cart", Owner::School("101".to_owned())),
        ],
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn compiled(text: &str) -> Compiled {
    let config =
        config::read("policy.toml", text).map_err(|p| format!("{:#?}", p.kept())).expect("sound settings");
    let mut read = |file: &str| Err(format!("no {file}"));
    compile("policy.toml", &config, &[people()], &mut read, at("2026-11-20T12:00:00Z"), [3; 16])
        .map_err(|p| format!("{:#?}", p.kept()))
        .expect("a snapshot")
}

fn snapshot(text: &str) -> Snapshot<Vec<u8>> {
    let key = SecretKey::from_seed(&[9; 32]);
    let bytes = compiled(text).finish(&key).expect("a snapshot");
    Snapshot::open(bytes, &key.public()).expect("a snapshot")
}

fn ask(snapshot: &Snapshot<Vec<u8>>, token: &str, when: &str, name: &str) -> Explanation {
    let view = snapshot.view();
    let in_force = InForce::at(&view, seconds(at(when)));
    let subject = match token {
        "" => Subject::Unknown,
        "bus" => Subject::Site(view.site_of("10.12.3.4".parse().expect("an address")).expect("the bus")),
        token => Subject::Device(DeviceKey::of_token(token)),
    };
    explain(&view, &in_force, &subject, &NameBuf::from_text(name).expect(name).as_name())
}

#[test]
fn a_day_of_the_example_goes_as_its_words_say() {
    let snapshot = snapshot(EXAMPLE);
    let page = Action::Block(Answer::BlockPage);
    let nxdomain = Action::Block(Answer::Nxdomain);
    // 24 November 2026 is a Tuesday and the 66th school day: a B day.
    for (token, when, name, action) in [
        // In the chess club's period, and outside it.
        ("token-of-s1", "2026-11-24T09:40:00-05:00", "games.example", Action::Allow),
        ("token-of-s1", "2026-11-24T09:34:00-05:00", "games.example", page),
        ("token-of-s2", "2026-11-24T09:40:00-05:00", "games.example", page),
        ("token-of-s1", "2026-11-23T09:40:00-05:00", "games.example", page),
        ("token-of-s1", "2026-11-24T09:40:00-05:00", "x.arcade.example", Action::Allow),
        ("token-of-s2", "2026-11-24T09:40:00-05:00", "x.arcade.example", page),
        ("token-of-s2", "2026-11-24T09:40:00-05:00", "arcade.example", Action::Allow),
        ("token-of-s2", "2026-11-24T09:40:00-05:00", "x.play.example", Action::Allow),
        // What must be blocked nobody opens.
        ("token-of-s1", "2026-11-24T09:40:00-05:00", "www.adult.example", page),
        ("token-of-s1", "2026-11-24T09:40:00-05:00", "never.example", page),
        // High school, evenings and holidays; elementary never.
        ("token-of-s2", "2026-11-24T17:00:00-05:00", "social.example", Action::Allow),
        ("token-of-s2", "2026-11-26T12:00:00-05:00", "social.example", Action::Allow),
        ("token-of-s2", "2026-11-24T15:00:00-05:00", "social.example", page),
        ("token-of-s3", "2026-11-24T17:00:00-05:00", "social.example", page),
        // At night only what is allowed.
        ("token-of-s2", "2026-11-24T23:00:00-05:00", "example.org", page),
        ("token-of-s2", "2026-11-25T05:29:00-05:00", "example.org", page),
        ("token-of-s2", "2026-11-25T05:30:00-05:00", "example.org", Action::Allow),
        ("token-of-s2", "2026-11-25T05:29:00-05:00", "emergency.example", Action::Allow),
        // Ways around.
        ("token-of-s2", "2026-11-24T09:40:00-05:00", "use-application-dns.net", nxdomain),
        ("token-of-s2", "2026-11-24T09:40:00-05:00", "mask.icloud.com", nxdomain),
        // Nobody known, a shared device, a bus.
        ("", "2026-11-24T17:00:00-05:00", "social.example", page),
        ("cart", "2026-11-24T17:00:00-05:00", "social.example", page),
        ("bus", "2026-11-24T17:00:00-05:00", "bets.example", page),
        ("bus", "2026-11-24T17:00:00-05:00", "example.org", Action::Allow),
    ] {
        let told = ask(&snapshot, token, when, name);
        assert_eq!(told.verdict.action, action, "{token} {when} {name} {:?}", told.steps);
    }
}

#[test]
fn an_override_holds_until_its_end() {
    let text =
        EXAMPLE.replace("allow = [\"video.example\"]", "allow = [\"games.example\"]\nyoutube = \"open\"");
    let snapshot = snapshot(&text);
    for (when, name, allowed, seconds) in [
        ("2026-11-24T10:04:59-05:00", "games.example", true, 1),
        ("2026-11-24T10:05:00-05:00", "games.example", true, 2_400),
        // 10:45: back to the chess club's period, which ends at 11:05.
        ("2026-11-24T10:45:00-05:00", "games.example", true, 1_200),
        ("2026-11-24T11:05:00-05:00", "games.example", false, 2_400),
    ] {
        let verdict = ask(&snapshot, "token-of-s1", when, name).verdict;
        assert_eq!(
            (verdict.action == Action::Allow, verdict.seconds_to_boundary),
            (allowed, seconds),
            "{when}"
        );
    }
    let view = snapshot.view();
    for (when, youtube) in
        [("2026-11-24T10:30:00-05:00", YouTube::Open), ("2026-11-24T10:45:00-05:00", YouTube::Moderate)]
    {
        let policy = view.policy_of(&Subject::Device(DeviceKey::of_token("token-of-s1")));
        let (number, _) = InForce::at(&view, seconds(at(when))).of(policy);
        assert_eq!(view.regime(number).youtube, youtube, "{when}");
    }
}

#[test]
fn people_for_whom_the_same_is_said_share_a_policy() {
    let snapshot = snapshot(EXAMPLE);
    let view = snapshot.view();
    let policy = |token: &str| view.policy_of(&Subject::Device(DeviceKey::of_token(token)));
    assert_eq!(policy("token-of-s2"), policy("second-of-s2"));
    assert_eq!(policy("token-of-s2"), policy("token-of-s4"));
    assert_ne!(policy("token-of-s2"), policy("token-of-s1"));
    // The safe default, the bus, the chess player, grade 10, grade 2, the cart.
    assert_eq!((view.policies(), snapshot.devices()), (6, 6));
    assert!((0..6).all(|n| !view.policy_name(PolicyId(n)).contains("s1")));
}

#[test]
fn what_cannot_hold_or_be_read_is_said() {
    let compiled =
        compiled(&EXAMPLE.replace("section = \"chess-club\" ", "school = \"101\"\nduring = [\"3+lunch\"]"));
    let said: Vec<&str> = compiled.problems.kept().iter().map(|p| p.said.as_str()).collect();
    assert_eq!(said, ["school 101"]);
    let text = format!("{EXAMPLE}\n[[list]]\nname = \"far\"\ncategory = \"games\"\nfile = \"far.txt\"\n");
    let config = config::read("policy.toml", &text).expect("sound settings");
    let mut read = |file: &str| Err(format!("no {file}"));
    let unread = compile("policy.toml", &config, &[], &mut read, at("2026-11-20T12:00:00Z"), [3; 16]).err();
    let unread = unread.expect("problems");
    assert!(unread.kept()[0].wanted.contains("no far.txt"), "{:?}", unread.kept());
}

const PLAIN: &str = r#"
[default]
block = ["games"]
safe_search = true
[[list]]
name = "games"
category = "games"
names = ["games.example"]
[[list]]
name = "adult"
category = "adult"
names = ["adult.example", "dns.hidden.example"]
[[scope]]
must_block = ["adult"]
[[district]]
id = "5100001"
[[site]]
name = "home"
prefixes = ["10.12.0.0/16"]
[[calendar]]
name = "all"
time_zone = "America/New_York"
first_day = 2026-08-01
last_day = 2027-07-31
[[calendar.window]]
name = "always"
from = 00:00
to = 00:00
"#;

#[test]
fn of_whom_no_scope_speaks_has_the_safe_default() {
    let page = Action::Block(Answer::BlockPage);
    let school = r#"
[[scope]]
grades = "elementary"
block = ["games"]
"#;
    let snapshot = snapshot(&format!("{PLAIN}{school}"));
    for token in ["", "bus", "cart", "token-of-s2"] {
        let told = ask(&snapshot, token, "2026-11-24T10:00:00-05:00", "games.example");
        assert_eq!(told.verdict.action, page, "{token}: {:?}", told.steps);
        assert_ne!(
            ask(&snapshot, token, "2026-11-24T10:00:00-05:00", "www.google.com").verdict.action,
            Action::Allow
        );
    }
    let site = "[[scope]]\nsite = \"home\"\nblock = [\"adult\"]\n";
    let told = ask(
        &super::tests::snapshot(&format!("{PLAIN}{site}")),
        "bus",
        "2026-11-24T10:00:00-05:00",
        "games.example",
    );
    assert_eq!(told.verdict.action, Action::Allow, "{:?}", told.steps);
}

#[test]
fn no_rule_opens_what_must_be_blocked_nor_makes_a_way_around_exist() {
    let nxdomain = Action::Block(Answer::Nxdomain);
    let open = r#"
[[scope]]
district = "5100001"
allow = ["adult.example", "www.adult.example", "use-application-dns.net"]
[[scope]]
district = "5100001"
during = ["always"]
must_deny = ["mask.icloud.com"]
"#;
    for (text, canary) in
        [(PLAIN.to_owned(), nxdomain), (format!("close_bypass = false\n{PLAIN}"), Action::Allow)]
    {
        let snapshot = snapshot(&format!("{text}{open}"));
        let asked =
            |name: &str| ask(&snapshot, "token-of-s2", "2026-11-24T10:00:00-05:00", name).verdict.action;
        assert_eq!(asked("adult.example"), Action::Block(Answer::BlockPage));
        assert_eq!(asked("www.adult.example"), Action::Block(Answer::BlockPage));
        assert_eq!(asked("use-application-dns.net"), canary);
        assert_eq!(asked("mask.icloud.com"), nxdomain);
    }
}

#[test]
fn what_holds_for_everybody_holds_for_places_and_for_whoever_is_not_known() {
    let text = format!(
        r#"{PLAIN}
[[scope]]
during = ["always"]
deny = ["window.example"]
[[override]]
from = 2026-11-24T10:00:00-05:00
to = 2026-11-25T10:00:00-05:00
by = "office"
allow = ["games.example"]
"#
    );
    let compiled = compiled(&text);
    assert!(compiled.problems.is_empty(), "{:?}", compiled.problems.kept());
    let snapshot = snapshot(&text);
    for token in ["", "bus", "cart", "token-of-s2"] {
        let asked = |when: &str, name: &str| ask(&snapshot, token, when, name).verdict;
        let page = Action::Block(Answer::BlockPage);
        assert_eq!(asked("2026-11-24T12:00:00-05:00", "window.example").action, page, "{token}");
        assert_eq!(asked("2026-11-24T09:59:59-05:00", "games.example").action, page, "{token}");
        let open = asked("2026-11-24T12:00:00-05:00", "games.example");
        // Until midnight, when the next day of the calendar begins.
        assert_eq!((open.action, open.seconds_to_boundary), (Action::Allow, 12 * 3_600), "{token}");
        assert_eq!(asked("2026-11-25T10:00:00-05:00", "games.example").action, page, "{token}");
    }
    let without = text.replace("name = \"all\"", "name = \"all\"\nschools = [\"7\"]");
    let said: Vec<String> =
        super::tests::compiled(&without).problems.kept().iter().map(|p| p.wanted.clone()).collect();
    assert!(said.len() == 2 && said[1].contains("a calendar for"), "{said:?}");
}

#[test]
fn an_override_costs_each_policy_little() {
    let length =
        |text: &str| compiled(text).finish(&SecretKey::from_seed(&[9; 32])).expect("a snapshot").len();
    let month = r#"
[[override]]
from = 2026-11-24T10:00:00-05:00
to = 2026-12-24T10:00:00-05:00
by = "office"
allow = ["games.example"]
"#;
    let (without, with) = (length(EXAMPLE), length(&format!("{EXAMPLE}{month}")));
    // Six policies, each with a schedule of a few dozen slots and one stretch.
    assert!(with - without < 6 * 600, "{without} {with}");
}

#[test]
fn an_override_in_periods_holds_while_its_section_meets() {
    let text = EXAMPLE.replace("by = \"", "in_periods = true\nby = \"");
    assert_ne!(text, EXAMPLE);
    let month = r#"
[[override]]
section = "chess-club"
from = 2026-11-23T00:00:00-05:00
to = 2026-12-01T00:00:00-05:00
in_periods = true
by = "teacher"
allow = ["social.example"]
"#;
    let snapshot = snapshot(&format!("{EXAMPLE}{month}"));
    // The club meets on B days in the second period, from 9:35 to 11:05 or so.
    for (token, when, open) in [
        ("token-of-s1", "2026-11-24T09:40:00-05:00", true),
        ("token-of-s1", "2026-11-24T09:30:00-05:00", false),
        ("token-of-s1", "2026-11-24T14:00:00-05:00", false),
        ("token-of-s1", "2026-11-23T09:40:00-05:00", false),
        ("token-of-s1", "2026-12-02T09:40:00-05:00", false),
        ("token-of-s2", "2026-11-24T09:40:00-05:00", false),
    ] {
        let told = ask(&snapshot, token, when, "social.example");
        assert_eq!(told.verdict.action == Action::Allow, open, "{token} {when} {:?}", told.steps);
    }
    let alone = "[default]\n[[override]]\nfrom = 2026-11-23T00:00:00Z\nto = 2026-11-24T00:00:00Z\nby = \"x\"\nin_periods = true\n";
    let told = config::read("policy.toml", alone).expect_err("no section");
    assert!(told.kept()[0].wanted.contains("when a section meets"), "{:?}", told.kept());
}

#[test]
fn what_is_for_whom_no_roster_has_is_said() {
    let said = |text: &str, people: &[People]| {
        let config = config::read("policy.toml", text).expect("sound settings");
        let mut read = |file: &str| Err(format!("no {file}"));
        let compiled =
            compile("policy.toml", &config, people, &mut read, at("2026-11-20T12:00:00Z"), [3; 16]);
        let problems = compiled.map_err(|p| format!("{:#?}", p.kept())).expect("a snapshot").problems;
        let all = problems.kept().iter().map(|p| format!("{} {} {}", p.line, p.column, p.said));
        all.collect::<Vec<_>>()
    };
    let text = r#"[default]
[[district]]
id = "5100001"
[[scope]]
school = "101"
section = "chess"
deny = ["a.example"]
[[scope]]
school = "nosuchschool"
deny = ["a.example"]
[[override]]
student = "s9"
from = 2026-11-24T10:00:00Z
to = 2026-11-25T10:00:00Z
by = "office"
deny = ["a.example"]
[[site]]
name = "hall"
prefixes = ["10.0.0.0/8"]
school = "102"
"#;
    let wanted = ["4 section chess", "8 school nosuchschool", "11 student one student", "0 site.school 102"];
    assert_eq!(said(text, &[people()]), wanted);
    // A roster that is not there says nothing of whom it has; one that names a school without students does.
    assert_eq!(said(text, &[People { district: "5100001".to_owned(), ..People::default() }]), [""; 0]);
    let with = People { schools: vec!["102".to_owned(), "nosuchschool".to_owned()], ..people() };
    assert_eq!(said(text, &[with]), ["4 section chess", "11 student one student"]);
    // Another district's roster, which is not there, may have them; where the scope says whose it is, it may not.
    let two = format!("{text}[[district]]\nid = \"5100002\"\n");
    assert_eq!(said(&two, &[people()]), [""; 0]);
    let named = two.replace("school = \"nosuchschool\"", "district = \"5100001\"\nschool = \"nosuchschool\"");
    assert_eq!(said(&named, &[people()]), ["8 school nosuchschool"]);
}

#[test]
fn a_rule_about_a_whole_public_suffix_is_said_with_what_it_opens() {
    let text = r#"[default]
[[list]]
name = "games"
category = "games"
names = ["a.co.uk", "b.c.co.uk", "co.uk", "co.ukx.example", "x.example"]
[[scope]]
allow = ["co.uk", "=github.io", "example.com"]
deny = ["zip"]
"#;
    let said = |text: &str| {
        let say = |p: &evenfield_model::Problem| format!("{} {}: {}", p.line, p.said, p.wanted);
        compiled(text).problems.kept().iter().map(say).collect::<Vec<_>>()
    };
    let told = said(text);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("6 co.uk: ") && told[0].contains("opens them all (3 of them are on lists)"),
        "{told:?}"
    );
    assert!(told[1].starts_with("6 zip: ") && told[1].contains("denies them all (0 of them"), "{told:?}");
    assert_eq!(said(&text.replace("deny = [", "whole_suffixes = true\ndeny = [")), [""; 0]);
    // A top-level domain is opened by nobody who does not say so.
    let all = text.replace("\"co.uk\", ", "\"uk\", ");
    assert!(config::read("policy.toml", &all).is_err());
    assert!(config::read("policy.toml", &all.replace("deny = [", "whole_suffixes = true\ndeny = [")).is_ok());
}

#[test]
fn names_that_rules_let_through_are_counted_once_and_not_those_that_stay_blocked() {
    let text = format!(
        r#"{PLAIN}
[[scope]]
allow = ["games.example", "adult.example", "dns.google"]
[[scope]]
district = "5100001"
allow = ["games.example", "*.below.example", "open.example"]
[[scope]]
must_deny = ["open.example"]
"#
    );
    let snapshot = snapshot(&text);
    let view = snapshot.view();
    let counted = |token: &str| {
        let policy = view.policy_of(&Subject::Device(DeviceKey::of_token(token)));
        crate::names_opened(&view, policy)
    };
    // games.example and what is below below.example; whoever is not known has the first alone.
    assert_eq!((counted("token-of-s2"), counted("nobody")), (2, 1));
}

/// An answer opens its name and changes nothing else; nor does what holds at times, or only says a few names.
#[test]
fn rules_and_what_holds_at_times_are_laid_over_the_safe_default() {
    let text = PLAIN.replace(
        "safe_search = true",
        "safe_search = true\nmust_deny = [\"never.example\"]\ndeny = [\"game.example\"]",
    );
    let page = Action::Block(Answer::BlockPage);
    let asked = |scope: &str, token: &str, name: &str| {
        let snapshot = snapshot(&format!("{text}{scope}"));
        ask(&snapshot, token, "2026-11-24T10:00:00-05:00", name).verdict.action
    };
    for scope in [
        "",
        "[[scope]]\nschool = \"101\"\nallow = [\"homework.example\"]\n[[scope]]\nsite = \"home\"\ndeny = [\"x.example\"]\n",
        "[[scope]]\nschool = \"101\"\nduring = [\"no school\"]\nblock = [\"adult\"]\n[[scope]]\nsite = \"home\"\nduring = [\"no school\"]\nallowed_only = true\n",
        "[[override]]\nschool = \"101\"\nfrom = 2026-11-24T00:00:00Z\nto = 2026-11-25T00:00:00Z\nby = \"x\"\nallow = [\"homework.example\"]\n",
    ] {
        for token in ["", "bus", "cart", "token-of-s2"] {
            for name in ["games.example", "never.example", "game.example", "adult.example"] {
                assert_eq!(asked(scope, token, name), page, "{scope} {token} {name}");
            }
            assert!(matches!(asked(scope, token, "www.google.com"), Action::Rewrite(_)), "{scope} {token}");
        }
    }
    // A narrower rule than the default's stands above it; what must be denied stays.
    let open = "[[scope]]\ndistrict = \"5100001\"\nallow = [\"game.example\", \"games.example\", \"never.example\"]\n";
    for (name, action) in
        [("game.example", Action::Allow), ("games.example", Action::Allow), ("never.example", page)]
    {
        assert_eq!(asked(open, "cart", name), action, "{name}");
        assert_eq!(asked(open, "", name), page, "{name}");
    }
    // Who is told for all times what is blocked has that in the default's place.
    let own = "[[scope]]\nschool = \"101\"\nblock = [\"adult\"]\n";
    assert_eq!(
        (asked(own, "cart", "games.example"), asked(own, "bus", "games.example")),
        (Action::Allow, page)
    );
    // Opened of what the default blocks.
    let open = "[[scope]]\nschool = \"101\"\nopen = [\"games\"]\n";
    assert_eq!(
        (asked(open, "cart", "games.example"), asked(open, "cart", "never.example")),
        (Action::Allow, page)
    );
}

#[test]
fn a_school_year_that_ends_is_told_in_time() {
    let said = |last: &str| {
        let text = PLAIN.replace("last_day = 2027-07-31", &format!("last_day = {last}"));
        compiled(&text).problems.kept().iter().map(|p| p.wanted.clone()).collect::<Vec<_>>()
    };
    // It is 20 November.
    assert_eq!(said("2026-12-20"), [""; 0]);
    assert!(said("2026-12-19")[0].contains("all ends in 29 days"), "{:?}", said("2026-12-19"));
    assert!(said("2026-08-30")[0].contains("-82 days"), "{:?}", said("2026-08-30"));
}
