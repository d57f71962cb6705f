use super::read;

fn faults(text: &str) -> Vec<String> {
    match read("policy.toml", text) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            let say = |p: &evenfield_model::Problem| {
                format!("{} {} said {}: {}", p.line, p.column, p.said, p.wanted)
            };
            problems.kept().iter().map(say).collect()
        }
    }
}

#[test]
fn all_faults_are_said_at_once() {
    let text = r#"
days = 5000
colour = "red"
[default]
block = ["gamez"]
[[list]]
name = "games"
category = "games"
[[list]]
name = "games"
category = "games"
names = ["bad name.example", "ok.example"]
[[scope]]
school = "1"
allow = ["a.example", "=a.example"]
deny = ["*.a.example"]
during = ["lessons"]
youtube = "off"
[[override]]
section = "7"
from = 2026-11-24T10:00:00-05:00
to = 2027-11-24T10:00:00-05:00
by = "teacher"
[[calendar]]
name = "elm"
time_zone = "America/Springfield"
first_day = 2026-08-24
last_day = 2025-06-11
[[calendar.bell]]
name = "regular"
period = [{ name = "1", from = "09:00", to = "08:00" }, { name = "lesson", from = 08:00:00, to = 09:00 }]
"#;
    let said = faults(text);
    assert_eq!(
        said,
        [
            "2 days said days = 5000: a whole number from 1 to 1100",
            "6 list said [[list]]: either `file` or `names`",
            "12 list.names said \"bad name.example\", \"ok.example\"]: a name: `name.example`, `*.name.example` or \
             `=name.example`",
            "13 scope said [[scope]]: one ruling for a.example, not two",
            "18 scope.youtube said youtube = \"off\": one of: open, moderate, strict",
            "19 override said [[override]]: an end later than the beginning, and at most 31 days later",
            "24 calendar said [[calendar]]: a time zone such as America/New_York, which America/Springfield is not",
            "24 calendar said [[calendar]]: first_day and last_day, in this order and at most 800 days apart",
            "31 calendar.bell.period said { name = \"1\", from = \"09:00\", to = \"08:00\" }, { name = \"lesson\", from = \
             08:00:00…: a period that ends later than it begins, on the same day",
            "31 calendar.bell.period said { name = \"lesson\", from = 08:00:00, to = 09:00 }]: another name: `lesson` \
             has a meaning of its own, and `+` joins names",
            "3 colour said colour = \"red\": a setting that there is; this one is not known here",
            "0 block, open, must_block said gamez: the category of a list",
            "13 scope.during said lessons: a label of a calendar: a period, window, turn, `lesson`, …",
        ]
    );
}

#[test]
fn the_example_is_sound() {
    let text = include_str!("../../../../docs/examples/policy.toml");
    let config = read("policy.toml", text).map_err(|p| format!("{:#?}", p.kept())).expect("sound settings");
    assert!(config.blocks.len() > 5 && config.calendars.len() == 1);
}

#[test]
fn folders_of_toulouse_are_lists() {
    let text = "[default]\n[[ut1]]\nfolder = \"ut1\"\nversion = \"2026-08-17\"\ntake = [\"games\", \"mixed_adult=adult\", \"../etc\"]\n";
    assert_eq!(
        faults(text),
        ["5 ut1.take said \"../etc\"]: a folder's name, or `mixed_adult=adult` for another category"]
    );
    let config = read("policy.toml", &text.replace(", \"../etc\"", "")).expect("sound settings");
    let said: Vec<_> = config.lists.iter().map(|l| (l.name.as_str(), l.category.as_str())).collect();
    assert_eq!(said, [("ut1/games", "games"), ("ut1/mixed_adult", "adult")]);
}

#[test]
fn what_is_said_twice_is_wrong() {
    let year = "time_zone = \"UTC\"\nfirst_day = 2026-08-24\nlast_day = 2027-06-11\n";
    let text = format!(
        r#"[default]
[[site]]
name = "two"
prefixes = ["10.1.0.0/16"]
[[site]]
name = "two"
prefixes = ["10.1.0.0/16", "2001:db8::/32", "10.1.2.3/16"]
[[scope]]
allow = ["com", "*.example.org"]
[[calendar]]
name = "all"
{year}rotation = ["A", "A"]
[[calendar.day]]
date = 2026-11-25
school = false
[[calendar.day]]
date = 2026-11-25
school = true
[[calendar.day]]
date = 2027-08-01
school = true
[[calendar]]
name = "all"
{year}"#
    );
    let said = faults(&text);
    assert_eq!(
        said,
        [
            "7 site.prefixes said \"10.1.2.3/16\"]: an address range: 10.1.0.0/16 or 2001:db8::/32, with nothing after its bits",
            "0 site.name said two: a name that no other site has",
            "0 site.prefixes said 10.1.0.0/16: addresses of one site, once",
            "0 calendar.name said all: a name that no other calendar has",
            "0 calendar.schools said : one calendar for all schools of a district: others name their schools",
            "0 calendar.rotation said A, of all: each day of the rotation once",
            "0 calendar.day.date said 2026-11-25, of all: a day once",
            "0 calendar.day.date said 2027-08-01, of all: a day of this school year",
            "8 allow said com: a name below a top-level domain: this one would open all of it",
        ]
    );
}

#[test]
fn a_bell_on_a_day_without_school_is_told() {
    let text = r#"
[default]
[[calendar]]
name = "elm"
time_zone = "America/New_York"
first_day = 2026-08-24
last_day = 2027-06-11
holidays = ["2026-11-26..2026-11-27"]
rotation = ["A", "B"]
[[calendar.bell]]
name = "regular"
[[calendar.day]]
date = 2026-12-05
bell = "regular"
[[calendar.day]]
date = 2026-11-26
turn = "B"
[[calendar.day]]
date = 2026-12-12
bell = "regular"
school = true
[[calendar.day]]
date = 2026-12-07
bell = "regular"
"#;
    let told = faults(text);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("2026-12-05") && told[1].contains("2026-11-26"), "{told:?}");
    assert!(told[0].contains("school = true"), "{told:?}");
}
