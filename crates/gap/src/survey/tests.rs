use super::*;
use crate::read::{Limits, Source};
use proptest::prelude::*;

fn defaults() -> Defaults {
    Defaults { term: "2026-fall".to_owned(), answered_ms: 1_790_000_000_000 }
}

fn read(name: &str, text: &str) -> (Vec<Response>, Problems) {
    try_read(name, text).expect("answers")
}

fn try_read(name: &str, text: &str) -> Result<(Vec<Response>, Problems), ReadError> {
    let source = Source::open(name, text.as_bytes().to_vec(), Limits::default())?;
    parse(&source, &defaults())
}

fn said(problems: &Problems) -> Vec<(u64, &str, &str)> {
    problems.kept().iter().map(|p| (p.line, p.column.as_str(), p.said.as_str())).collect()
}

const RESOURCE: &str = r#"{
  "id": "5f3c", "educationOrganizationReference": {"educationOrganizationId": 5100001},
  "studentReference": {"studentUniqueId": "S1", "link": {"rel": "Student"}},
  "barrierToInternetAccessInResidenceDescriptor": "uri://ed-fi.org/BarrierToInternetAccessInResidenceDescriptor#Not Affordable",
  "internetAccessInResidence": false,
  "primaryLearningDeviceAccessDescriptor": "uri://ed-fi.org/PrimaryLearningDeviceAccessDescriptor#Not Shared",
  "primaryLearningDeviceAwayFromSchoolDescriptor": "uri://ed-fi.org/PrimaryLearningDeviceAwayFromSchoolDescriptor#Chromebook",
  "primaryLearningDeviceProviderDescriptor": "uri://state.example/PrimaryLearningDeviceProviderDescriptor#School",
  "_lastModifiedDate": "2026-09-03T12:00:00Z"
}"#;

#[test]
fn an_ed_fi_resource_is_read_alone_in_an_array_and_by_the_line() {
    let wanted = Response {
        student: "S1".to_owned(),
        term: "2026-fall".to_owned(),
        answered_ms: 1_788_436_800_000,
        internet_access: Some(false),
        barrier: Some(Barrier::NotAffordable),
        device: Some(DeviceAway::Chromebook),
        sharing: Some(DeviceSharing::NotShared),
        provider: Some(DeviceProvider::School),
        ..Response::default()
    };
    let line = RESOURCE.replace('\n', " ");
    for text in [RESOURCE.to_owned(), format!("[{RESOURCE},{RESOURCE}]"), format!("{line}\n\n{line}\n")] {
        let (responses, problems) = read("a.json", &text);
        assert_eq!(said(&problems), []);
        assert!(!responses.is_empty() && responses.iter().all(|r| *r == wanted), "{responses:?}");
    }
}

#[test]
fn unknown_descriptors_and_wrong_lists_are_problems() {
    let (responses, problems) = read(
        "a.json",
        r#"[{"studentReference": {"studentUniqueId": 17}, "internetAccessInResidence": "yes",
            "internetAccessTypeInResidenceDescriptor": "uri://ed-fi.org/InternetAccessTypeInResidenceDescriptor#Pigeon",
            "internetPerformanceInResidenceDescriptor": "uri://ed-fi.org/InternetAccessDescriptor#None",
            "primaryLearningDeviceProviderDescriptor": 3, "primaryLearningDeviceAwayFromSchoolDescriptor": "Tablet"},
           {"internetAccessInResidence": true}, "x", {"studentReference": {"studentUniqueId": "S2"}}]"#,
    );
    assert_eq!(responses, [], "half an answer would take the place of an earlier whole one");
    assert_eq!(
        said(&problems),
        [
            (1, "internetAccessInResidence", "\"yes\""),
            (
                1,
                "internetAccessTypeInResidenceDescriptor",
                "uri://ed-fi.org/InternetAccessTypeInResidenceDescriptor#Pigeon"
            ),
            (1, "internetPerformanceInResidenceDescriptor", "uri://ed-fi.org/InternetAccessDescriptor#None"),
            (1, "primaryLearningDeviceProviderDescriptor", "3"),
            (2, "studentUniqueId", ""),
            (3, "", "\"x\""),
        ]
    );
    let wanted = &problems.kept()[1].wanted;
    assert!(
        wanted.starts_with("uri://ed-fi.org/InternetAccessTypeInResidenceDescriptor#Residential"),
        "{wanted}"
    );
    assert!(wanted.ends_with("None or Unknown"), "{wanted}");
}

#[test]
fn the_older_indicators_are_read() {
    let indicator = |name: &str, value: &str, group: &str| {
        format!(r#"{{"indicatorGroup": "{group}", "indicatorName": "{name}", "indicator": "{value}"}}"#)
    };
    let all = [
        indicator("InternetAccessInResidence", "Yes", "DigitalEquity"),
        indicator("InternetAccessTypeInResidence", "SchoolProvidedHotSpot", "Digital Equity"),
        indicator(
            "InternetPerformance",
            "Yes - But not consistent",
            "uri://x.org/IndicatorGroupDescriptor#DigitalEquity",
        ),
        indicator("DigitalDevice", "Desktop/Laptop", "DigitalEquity"),
        indicator("DeviceAccess", "School Provided - Shared", "DigitalEquity"),
        indicator("Mentor", "Yes", "Programs"),
    ];
    let text = format!(
        r#"{{"studentReference": {{"studentUniqueId": "S1"}}, "studentIndicators": [{}]}}"#,
        all.join(",")
    );
    let (responses, problems) = read("a.json", &text);
    let r = &responses[0];
    assert_eq!((r.internet_access, r.internet_type), (Some(true), Some(InternetType::HotSpot)));
    assert_eq!(
        (r.performance, r.device),
        (Some(InternetPerformance::Sometimes), Some(DeviceAway::LaptopComputer))
    );
    assert_eq!((r.provider, r.sharing), (Some(DeviceProvider::School), Some(DeviceSharing::Shared)));
    assert_eq!(said(&problems), []);
    let (none, problems) = read("a.json", &text.replace("Yes - But not consistent", "Mostly"));
    assert_eq!((none, said(&problems)), (vec![], vec![(1, "InternetPerformance", "Mostly")]));
    let no = r#"{"studentReference": {"studentUniqueId": "S1"}, "studentIndicators": [
        {"indicatorGroup": "DigitalEquity", "indicatorName": "InternetAccessInResidence", "indicator": "No - Not Available"}]}"#;
    let (responses, _) = read("a.json", no);
    assert_eq!(
        (responses[0].internet_access, responses[0].barrier),
        (Some(false), Some(Barrier::NotAvailable))
    );
}

#[test]
fn plain_csv_is_read_with_its_own_and_with_ceds_headers() {
    let text = "Student Unique Id,InternetAccessInResidence,Internet Access Type In Residence,\
        Internet Download Speed,Household Students,Favourite colour,Answered At\n\
        S1,Yes,CommunityProvidedWi-Fi,25.5,3,blue,2026-09-03\nS2,No,,-5,0,red,yesterday\n1.2E+9,Yes,,,,,\n\
        S3,Yes,Fibre,,,,2026-09-03 10:00\nS4,Yes,,,,,\nS5,Yes,,,,,2062-09-03\nS7,Yes,,,,,1899-12-30\nS6,,,,,,\n";
    let (responses, problems) = read("a.csv", text);
    assert_eq!(responses.len(), 2, "those with a problem are left out whole");
    assert_eq!(responses[0].internet_type, Some(InternetType::CommunityProvidedWiFi));
    assert_eq!((responses[0].download_mbps, responses[0].household_students), (Some(25.5), Some(3)));
    assert_eq!(responses[0].answered_ms, 1_788_393_600_000);
    assert_eq!((responses[1].student.as_str(), responses[1].answered_ms), ("S4", defaults().answered_ms));
    assert_eq!(
        said(&problems),
        [
            (1, "Favourite colour", "Favourite colour"),
            (3, "Answered At", "yesterday"),
            (3, "Internet Download Speed", "-5"),
            (3, "Household Students", "0"),
            (4, "Student Unique Id", "1.2E+9"),
            (5, "Internet Access Type In Residence", "Fibre"),
            (7, "Answered At", "2062-09-03"),
            (8, "Answered At", "1899-12-30"),
        ]
    );
    assert!(problems.kept()[2].wanted.contains("0 to 10000"));
    assert!(try_read("a.csv", "a,b\n1,2\n").is_err());
}

#[test]
fn answers_to_questions_not_asked_are_left_out_and_said() {
    let text = "student_id,internet_access_in_residence,barrier_to_internet_access_in_residence,\
        internet_access_type_in_residence,internet_performance_in_residence,\
        primary_learning_device_away_from_school,primary_learning_device_access,primary_learning_device_provider\n\
        S1,false,Not Desired,Satellite,No,None,Shared,School\nS2,true,Other,None,Yes,Tablet,Shared,School\n\
        S3,false,,None,,None,Unknown,\nS4,false,Not Desired,,No,None,Shared,School\nS5,true,Other,,,,,\n";
    let (responses, problems) = read("a.csv", text);
    assert_eq!(
        said(&problems),
        [
            (2, "internet_performance_in_residence", "No"),
            (2, "internet_access_type_in_residence", "Satellite"),
            (2, "primary_learning_device_access", "Shared"),
            (2, "primary_learning_device_provider", "School"),
            (3, "barrier_to_internet_access_in_residence", "Other"),
            (3, "internet_access_type_in_residence", "None"),
            (5, "internet_performance_in_residence", "No"),
            (5, "primary_learning_device_access", "Shared"),
            (5, "primary_learning_device_provider", "School"),
            (6, "barrier_to_internet_access_in_residence", "Other"),
        ]
    );
    let students: Vec<&str> = responses.iter().map(|r| r.student.as_str()).collect();
    assert_eq!(students, ["S3", "S4", "S5"], "two answers against each other leave nothing to count");
    assert_eq!((responses[1].performance, responses[1].sharing, responses[1].provider), (None, None, None));
    assert_eq!((responses[1].barrier, responses[2].barrier), (Some(Barrier::NotDesired), None));
}

#[test]
fn the_later_answer_wins_and_the_earlier_is_kept() {
    let answer = |student: &str, term: &str, answered_ms, yes| Response {
        student: student.to_owned(),
        term: term.to_owned(),
        answered_ms,
        internet_access: Some(yes),
        ..Response::default()
    };
    let all = vec![
        answer("S1", "2026-fall", 30, true),
        answer("S1", "2026-fall", 10, false),
        answer("S2", "2026-fall", 5, true),
        answer("S1", "2026-spring", 1, false),
        answer("S1", "2026-fall", 20, false),
        answer("S2", "2026-fall", 5, false),
    ];
    let Answers { latest, earlier } = latest(all.clone());
    assert_eq!(latest, [all[0].clone(), all[3].clone(), all[5].clone()]);
    assert_eq!(earlier.len() + latest.len(), all.len());
    assert!(earlier.contains(&all[1]) && earlier.contains(&all[4]) && earlier.contains(&all[2]));
}

#[test]
fn broken_json_names_its_line() {
    let error = try_read("a.json", "{\"studentReference\": ").expect_err("cut off");
    assert!(error.to_string().starts_with("a.json: JSON of Ed-Fi resources; EOF"), "{error}");
    let line = RESOURCE.replace('\n', " ");
    let (responses, problems) = read("a.ndjson", &format!("{line}\n{{oops\n{line}\n"));
    assert_eq!((responses.len(), problems.kept()[0].line), (2, 2));
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(try_read("a.json", &deep).is_err());
}

/// The values and the name space of our lists against the standard's own descriptor files.
#[test]
fn code_lists_are_those_of_the_standard() {
    let shared = std::env::var("EVENFIELD_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    let folder = std::path::Path::new(&shared).join("data/formats/edfi");
    if !folder.is_dir() {
        println!("skipped: {} is not here", folder.display());
        return;
    }
    let between = |text: &str, tag: &str| -> Vec<String> {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        text.split(&open).skip(1).filter_map(|rest| Some(rest.split(&close).next()?.to_owned())).collect()
    };
    let xsd = std::fs::read_to_string(folder.join("Ed-Fi-Core.xsd")).expect("the schema");
    macro_rules! check {
        ($($list:ident),+) => {$(
            let name = $list::NAMESPACE.rsplit('/').next().expect("a name");
            let text = std::fs::read_to_string(folder.join(format!("{name}.xml"))).expect(name);
            let ours: Vec<&str> = $list::ALL.iter().map(|v| v.code()).collect();
            assert_eq!(between(&text, "CodeValue"), ours, "{name}");
            assert!(between(&text, "Namespace").iter().all(|n| n == $list::NAMESPACE), "{name}");
            assert!(xsd.contains(&format!("<ann:Descriptor>{name}</ann:Descriptor>")), "{name}");
        )+};
    }
    check!(Barrier, InternetType, InternetPerformance, DeviceAway, DeviceSharing, DeviceProvider);
}

fn pick<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(proptest::sample::select(all))
}

fn responses() -> impl Strategy<Value = Vec<Response>> {
    let lists = (
        pick(Barrier::ALL),
        pick(InternetType::ALL),
        pick(InternetPerformance::ALL),
        pick(DeviceAway::ALL),
        pick(DeviceSharing::ALL),
        pick(DeviceProvider::ALL),
    );
    let speed =
        || proptest::option::of((0u32..1_000_000).prop_map(|hundredths| f64::from(hundredths) / 100.0));
    let who = (
        "[A-Za-z][A-Za-z0-9,\" é-]{0,8}[A-Za-z0-9]",
        "20[0-9]{2}-(fall|winter|spring|summer)",
        946_684_800_000i64..1_790_000_000_000,
    );
    let one =
        (who, any::<bool>(), lists, speed(), speed(), proptest::option::of(1u32..=limits::MOST_STUDENTS))
            .prop_map(|((student, term, answered_ms), yes, lists, down, up, household)| {
                let (barrier, kind, performance, device, sharing, provider) = lists;
                let mut response = Response {
                    student,
                    term,
                    answered_ms,
                    internet_access: Some(yes),
                    barrier,
                    internet_type: kind,
                    performance,
                    device,
                    sharing,
                    provider,
                    download_mbps: down,
                    upload_mbps: up,
                    household_students: household,
                };
                check_skips(&mut response);
                if response.internet_access.is_none() {
                    // What two contradictory answers leave must not be nothing at all: nothing is no answer.
                    response.household_students.get_or_insert(1);
                }
                response
            });
    proptest::collection::vec(one, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(responses in responses()) {
        for bytes in [write_ed_fi(&responses, 5_100_001), write_csv(&responses)] {
            let source = Source::open("a", bytes, Limits::default()).expect("a source");
            let (read, problems) = parse(&source, &defaults()).expect("answers");
            prop_assert_eq!(said(&problems), []);
            prop_assert_eq!(&read, &responses);
        }
    }

    #[test]
    fn any_text_never_panics(text in "[ -~\n\"{}\\[\\],:é]{0,400}", head in 0usize..4) {
        let head = ["", "{\"studentReference\":{\"studentUniqueId\":\"1\"},", "[", "student_id,internet_access\n"][head];
        let _ = try_read("a", &format!("{head}{text}"));
    }
}

/// Two answers of which one says that there is access and the other that there is none are no answer.
#[test]
fn contradictory_answers_do_not_count() {
    use crate::measure::no_service;
    let head = "student_unique_id,internet_access_in_residence,internet_access_type_in_residence\n";
    let rows =
        "S1,false,Residential Broadband\nS2,true,None\nS3,false,Community Provided Wi-Fi\nS4,false,None\n";
    let (answers, problems) = read("answers.csv", &format!("{head}{rows}"));
    let known: Vec<_> = answers.iter().map(no_service).collect();
    assert_eq!(known, [Some(false), Some(true)]);
    assert_eq!(problems.kept().iter().map(|p| p.line).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn terms_end_one_after_the_other() {
    let ends: Vec<_> = ["2025-fall", "2026-winter", "2026-spring", "2026-summer", "2026-fall"]
        .map(|t| term_ends_ms(t).expect("a term"))
        .into();
    assert!(ends.is_sorted() && ends[4] == 1_798_761_599_000, "{ends:?}");
    assert_eq!((term_ends_ms("2026-q1"), term_ends_ms("fall")), (None, None));
}
