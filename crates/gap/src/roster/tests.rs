use super::*;
use crate::read::{Limits, ReadError, Source};
use evenfield_model::Problems;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const DAY: Date = date(2026, 10, 1);

const ORGS: &str = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
    D,,,Willow County,district,5100001,\n1,,,Elm School,school,510000100001,D\n2,,,Oak School,school,,D\n";
const USERS: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,\
    familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n\
    S1,,,true,1,student,s1,,Ana,Cruz,,,,,,P1,07,\n\
    S2,,,true,\"D,2\",student,s2,{Fed:2},\"Bo \"\"B\"\"\",\"O'Neil, Jr.\",,,,,,,\"09,10\",\n\
    T1,,,true,1,teacher,t1,,Tess,Teach,,,ÉTess@Example.ORG ,,,,,\n\
    P1,,,true,D,parent,p1,,Pat,Cruz,,,,,,S1,,\n";
const CLASSES: &str = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
    schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n\
    C1,,,Algebra,07,,,scheduled,,1,,,,\"1,2\"\n";
const ENROLLMENTS: &str = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
    E1,,,C1,1,S1,student,,2026-08-20,\nE2,,,C1,1,T1,teacher,true,,\nE3,,,C1,1,S2,student,,2025-08-20,2026-06-10\n";

fn manifest(version: &str, mode: &str) -> String {
    let mut text = format!("propertyName,value\nmanifest.version,1.0\noneroster.version,{version}\n");
    for file in ["orgs", "users", "classes", "enrollments"] {
        text.push_str(&format!("file.{file},{mode}\n"));
    }
    text
}

fn source(files: &[(&str, &str)]) -> Source {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    Source::folder("roster", files, Limits::default()).expect("a folder")
}

fn bulk(orgs: &str, users: &str, classes: &str, enrollments: &str) -> (Roster, Problems) {
    let manifest = manifest("1.1", "bulk");
    let files = [
        ("manifest.csv", manifest.as_str()),
        ("orgs.csv", orgs),
        ("users.csv", users),
        ("classes.csv", classes),
        ("enrollments.csv", enrollments),
    ];
    parse(&source(&files), DAY).expect("a roster")
}

/// Line, column, what was said.
fn said(problems: &Problems) -> Vec<(String, u64, String, String)> {
    let place = |p: &evenfield_model::Problem| (p.file.clone(), p.line, p.column.clone(), p.said.clone());
    problems.kept().iter().map(place).collect()
}

fn at(file: &str, line: u64, column: &str, said: &str) -> (String, u64, String, String) {
    (file.to_owned(), line, column.to_owned(), said.to_owned())
}

#[test]
fn a_sound_oneroster_1_1_archive_is_read() {
    let (roster, problems) = bulk(ORGS, USERS, CLASSES, ENROLLMENTS);
    assert_eq!(said(&problems), []);
    assert_eq!(roster.schools.len(), 2);
    assert_eq!(roster.schools[0].ncessch.as_deref(), Some("510000100001"));
    let names: Vec<_> =
        roster.students.iter().map(|s| (s.given_name.as_str(), s.family_name.as_str())).collect();
    assert_eq!(names, [("Ana", "Cruz"), ("Bo \"B\"", "O'Neil, Jr.")]);
    assert_eq!(roster.students[1].school, "2");
    assert_eq!(roster.students[1].grade, Grade::Year(9));
    assert_eq!(roster.sections[0].period.as_deref(), Some("1,2"));
    assert_eq!(roster.staff[0].email.as_deref(), Some("étess@example.org"));
    let enrolled: Vec<_> = roster.enrollments.iter().map(|e| (e.person.as_str(), e.teaches)).collect();
    assert_eq!(enrolled, [("S1", false), ("T1", true)], "the enrolment that ended in June is left out");
}

#[test]
fn oneroster_1_2_takes_role_and_school_from_roles() {
    let users = "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,\
        identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,\
        preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.frlStatus,\
        metadata.street,metadata.zip\n\
        S1,,,true,s1,,Ana,Cruz,,,,,,,07,,,,,,,2,,Reduced,1 Elm St,2139\n\
        T1,,,true,t1,,Tess,Teach,,,,,,,,,,,,,,1,,,,\n";
    let roles = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,\
        userProfileSourcedId\n\
        R1,,,S1,secondary,student,,,2,\nR2,,,S1,primary,student,,,1,\nR3,,,S1,primary,student,,2026-06-01,2,\n\
        R4,,,T1,primary,teacher,,,1,\n";
    let manifest = manifest("1.2", "bulk") + "file.roles,bulk\n";
    let files = [
        ("manifest.csv", manifest.as_str()),
        ("orgs.csv", ORGS),
        ("users.csv", users),
        ("roles.csv", roles),
        ("classes.csv", CLASSES),
        (
            "enrollments.csv",
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,\
            primary,beginDate,endDate\nE1,,,C1,1,S1,student,,,\nE2,,,C1,1,T1,teacher,,,\n",
        ),
    ];
    let (roster, problems) = parse(&source(&files), DAY).expect("a roster");
    assert_eq!(said(&problems), [at("users.csv", 2, "metadata.zip", "2139")], "a ZIP code without its zero");
    let student = &roster.students[0];
    assert_eq!((student.school.as_str(), student.frl), ("1", Some(true)));
    let home = student.address.clone().expect("an address");
    assert_eq!((home.street.as_str(), home.zip.as_str()), ("1 Elm St", "02139"));
    assert_eq!((roster.staff.len(), roster.enrollments.len()), (1, 2));
}

#[test]
fn a_person_without_a_current_role_is_counted_or_named() {
    let users = "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,email,grades,\
        primaryOrgSourcedId\nS1,,,true,s1,Ana,Cruz,,07,1\nS2,,,true,s2,Bo,Diaz,,07,1\nS3,,,true,s3,Cy,Eden,,07,1\n";
    let roles = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n\
        R1,,,S1,primary,student,,,1\nR2,,,S2,primary,student,,2026-06-01,1\n";
    let manifest = manifest("1.2", "bulk") + "file.roles,bulk\n";
    let files = [
        ("manifest.csv", manifest.as_str()),
        ("orgs.csv", ORGS),
        ("users.csv", users),
        ("roles.csv", roles),
        ("classes.csv", CLASSES),
        ("enrollments.csv", ENROLLMENTS.lines().next().expect("a header")),
    ];
    let options = Options { as_of: DAY, format: None, progress: &mut |_| {} };
    let reading = read(&source(&files), options).expect("a roster");
    assert_eq!((reading.roster.students.len(), reading.not_current), (1, 1));
    let faults: Vec<_> = said(&reading.problems).into_iter().filter(|p| p.0 == "users.csv").collect();
    assert_eq!(faults, [at("users.csv", 4, "sourcedId", "S3")]);
    assert!(reading.problems.kept()[0].wanted.contains("roles.csv"), "{:?}", reading.problems.kept());
}

#[test]
fn each_fault_of_a_row_is_named_by_its_place() {
    let orgs = format!("{ORGS}2,,,Oak again,school,,\n3,,,Ash,college,,\n4,,,Fir,school,10000100002,\n");
    let users = format!(
        "{USERS}S1,,,true,1,student,,,Ana,Twin,,,,,,,07,\nS3,,,true,99,student,,,No,School,,,,,,,07,\n\
         S4,,,true,1,student,,,Bad,Grade,,,,,,,15,\n1.23E+11,,,true,1,student,,,Excel,Id,,,,,,,05,\n\
         S5,gone,,true,1,student,,,Odd,Status,,,,,,,05,\nS6,,,true,1,pupil,,,Odd,Role,,,,,,,05,\n\
         S7,,13/45/2026,true,1,student,,,Bad,Date,,,,,,,05,\nS8,,,true,1,student,,,Short,Row\n"
    );
    let classes = format!("{CLASSES}C2,,,Geometry,,,,,,99,,,,\n");
    let enrollments = format!(
        "{ENROLLMENTS}E4,,,C9,1,S1,student,,,\nE5,,,C1,1,S99,student,,,\nE6,,,C1,1,S1,student,,,\n\
         E7,,,C1,1,S4,student,,2026-09-01,2026-08-01\nE8,,,C1,1,S4,owner,,,\nE9,,,C1,1,S5,teacher,,,\n\
         E10,,,C2,1,S1,student,,,\nE11,,,C1,1,S3,student,,,\n"
    );
    let (roster, problems) = bulk(&orgs, &users, &classes, &enrollments);
    assert_eq!(
        said(&problems),
        [
            at("orgs.csv", 5, "sourcedId", "2"),
            at("orgs.csv", 6, "type", "college"),
            at("orgs.csv", 7, "identifier", "10000100002"),
            at("users.csv", 6, "sourcedId", "S1"),
            at("users.csv", 7, "orgSourcedIds", "99"),
            at("users.csv", 8, "grades", "15"),
            at("users.csv", 9, "sourcedId", "1.23E+11"),
            at("users.csv", 10, "status", "gone"),
            at("users.csv", 11, "role", "pupil"),
            at("users.csv", 12, "dateLastModified", "13/45/2026"),
            at("users.csv", 13, "", "S8,,,true,1,student,,"),
            at("classes.csv", 3, "schoolSourcedId", "99"),
            at("enrollments.csv", 5, "classSourcedId", "C9"),
            at("enrollments.csv", 6, "userSourcedId", "S99"),
            at("enrollments.csv", 7, "userSourcedId", "S1"),
            at("enrollments.csv", 8, "endDate", "2026-08-01"),
            at("enrollments.csv", 9, "role", "owner"),
            at("enrollments.csv", 10, "userSourcedId", "S5"),
        ]
    );
    assert!(problems.kept()[3].wanted.contains("line 2 already"), "{}", problems.kept()[3].wanted);
    let ids: Vec<&str> = roster.students.iter().map(|s| s.source_id.as_str()).collect();
    assert_eq!(ids, ["S1", "S2", "S4", "S5", "S7"]);
    assert_eq!(roster.students[2].grade, Grade::Ungraded);
}

#[test]
fn headers_and_the_manifest_are_held_to_the_standard() {
    let users = USERS.replacen("sourcedId,status", "SourcedID,status", 1).replacen(",password", ",pwd", 1);
    let manifest = manifest("1.3", "bulk") + "file.demographics,sometimes\nfile.roles,bulk\n";
    let files = [
        ("x/manifest.csv", manifest.as_str()),
        ("x/orgs.csv", ORGS),
        ("x/users.csv", &users),
        ("x/classes.csv", CLASSES),
        ("x/enrollments.csv", ENROLLMENTS),
    ];
    let (roster, problems) = parse(&source(&files), DAY).expect("a roster");
    assert_eq!(roster.students.len(), 2);
    assert_eq!(
        said(&problems),
        [
            at("x/manifest.csv", 0, "", "x/manifest.csv"),
            at("x/manifest.csv", 3, "value", "1.3"),
            at("x/manifest.csv", 8, "value", "sometimes"),
            at("x/users.csv", 1, "SourcedID", "SourcedID"),
            at("x/users.csv", 1, "pwd", "pwd"),
        ]
    );
}

#[test]
fn missing_files_and_other_files_are_clear_errors() {
    let error = parse(&source(&[("users.csv", USERS)]), DAY).expect_err("no orgs");
    assert_eq!(error.to_string(), "roster: a file orgs.csv in the OneRoster archive");
    let error = parse(&source(&[("menu.txt", "pizza")]), DAY).expect_err("no roster");
    assert!(error.to_string().contains("found menu.txt"), "{error}");
    let error =
        Source::open("roster.zip", b"PK\x03\x04 cut".to_vec(), Limits::default()).expect_err("cut off");
    assert_eq!(error, ReadError::CutOff { file: "roster.zip".into() });
    let manifest = manifest("1.1", "bulk");
    let files = [("manifest.csv", manifest.as_str()), ("orgs.csv", ORGS), ("users.csv", "")];
    let (roster, problems) = parse(&source(&files), DAY).expect("a roster without people");
    assert!(roster.students.is_empty());
    assert_eq!(problems.kept()[0].wanted, "the file is empty");
    assert_eq!(problems.found(), 3, "classes and enrollments are promised and missing");
}

const SCHOOLS: &str =
    "School_id,School_name,School_number,State_id,Low_grade,High_grade\n1,Elm School,11,S-11,PK,5\n";
const STUDENTS: &str = "School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,\
    Graduation_year,DOB,Race,Hispanic_Latino,Home_language,Ell_status,Frl_status,IEP_status,Student_street,\
    Student_city,Student_state,Student_zip,Student_email,Contact_relationship,Contact_type,Contact_email,\
    Contact_sis_id,Username,Password\n\
    1,S1,,,Cruz,,Ana,Kindergarten,F,,,,,Spanish,Y,Free,N,\"12 Elm St, Apt 4\",Willow Bend,VA,22901-1234,,Mother,,,,,\n\
    1,S1,,,Cruz,,Ana,Kindergarten,F,,,,,Spanish,Y,Free,N,\"12 Elm St, Apt 4\",Willow Bend,VA,22901-1234,,Father,,,,,\n\
    1,S2,,,Lee,,Bo,5,M,,,,,,N,Paid,maybe,,,,,,,,,,,\n";
const TEACHERS: &str = "School_id,Teacher_id,Teacher_number,Teacher_email,First_name,Last_name\n\
    1,T1,,T1@Example.org,Tess,Teach\n1,T2,,,Not,Teaching\n";
const SECTIONS: &str = "School_id,Section_id,Teacher_id,Teacher_2_ID,Name,Section_number,Grade,Course_name,Period,\
    Term_name,Term_start,Term_end\n1,C1,T1,T9,,1,K,Reading,2,Fall,8/20/2026,1/15/2027\n";
const CLEVER_ENROLLMENTS: &str = "School_id,Section_id,Student_id\n1,C1,S1\n1,C1,S8\n";

#[test]
fn clever_files_give_addresses_and_flags() {
    let files = [
        ("students.csv", STUDENTS),
        ("schools.csv", SCHOOLS),
        ("teachers.csv", TEACHERS),
        ("sections.csv", SECTIONS),
        ("enrollments.csv", CLEVER_ENROLLMENTS),
    ];
    let reading =
        read(&source(&files), Options { as_of: DAY, format: None, progress: &mut |_| {} }).expect("a roster");
    assert_eq!(reading.format, Format::Clever);
    let roster = reading.roster;
    assert_eq!(roster.students.len(), 2, "a row for each contact is one student");
    let ana = &roster.students[0];
    assert_eq!((ana.frl, ana.ell, ana.iep), (Some(true), Some(true), Some(false)));
    assert_eq!(ana.grade, Grade::Kindergarten);
    assert_eq!(ana.home_language.as_deref(), Some("Spanish"));
    let home = ana.address.clone().expect("an address");
    assert_eq!((home.street.as_str(), home.zip.as_str()), ("12 Elm St, Apt 4", "22901"));
    assert_eq!((roster.students[1].frl, roster.students[1].iep), (Some(false), None));
    assert_eq!(roster.sections[0].title, "Reading");
    assert_eq!(roster.staff.len(), 1, "staff without a section are left out");
    assert_eq!(
        said(&reading.problems),
        [
            at("students.csv", 4, "IEP_status", "maybe"),
            at("sections.csv", 2, "Teacher_2_ID", "T9"),
            at("enrollments.csv", 3, "Student_id", "S8"),
        ]
    );
}

#[test]
fn clever_files_that_may_be_missing_are_no_problem() {
    let parsed = |files: &[(&str, &str)]| {
        let students = STUDENTS.replace("maybe", "N");
        let files = [&[("students.csv", students.as_str()), ("schools.csv", SCHOOLS)], files].concat();
        let (roster, problems) = parse(&source(&files), DAY).expect("a roster");
        (roster.students.len(), said(&problems))
    };
    assert_eq!(parsed(&[]), (2, vec![]));
    assert_eq!(parsed(&[("teachers.csv", TEACHERS)]), (2, vec![]));
    let (_, problems) = parsed(&[("enrollments.csv", "Section_id,Student_id\n")]);
    assert_eq!(problems, [at("sections.csv", 0, "", "")]);
    let alone = [("students.csv", STUDENTS)];
    let error = parse(&source(&alone), DAY).expect_err("no schools");
    assert!(error.to_string().contains("a file schools.csv among the Clever files"), "{error}");
}

#[test]
fn a_delta_changes_adds_and_removes() {
    let (mut roster, _) = bulk(ORGS, USERS, CLASSES, ENROLLMENTS);
    roster.students[0].frl = Some(true);
    let manifest = manifest("1.1", "delta");
    let header = |text: &str| text.lines().next().map(str::to_owned).unwrap_or_default();
    let users = format!(
        "{}\nS1,active,2026-09-20,true,2,student,s1,,Ana,Cruz-Lee,,,,,,,08,\n\
         S2,tobedeleted,2026-09-20,true,2,student,,,Bo,O'Neil,,,,,,,09,\n\
         S3,active,2026-09-20,true,1,student,,,Cy,New,,,,,,,07,\nS4,,2026-09-20,true,1,student,,,Di,Blank,,,,,,,07,\n",
        header(USERS)
    );
    let enrollments = format!(
        "{}\nE9,active,2026-09-20,C1,1,S3,student,,,\nE1,tobedeleted,2026-09-20,C1,1,S1,student,,,\n\
         E8,active,2026-09-20,C1,1,S77,student,,,\n",
        header(ENROLLMENTS)
    );
    let files =
        [("manifest.csv", manifest.as_str()), ("users.csv", &users), ("enrollments.csv", &enrollments)];
    let source = source(&files);
    let (delta, problems) = read_delta(&source, DAY, &roster).expect("a delta");
    let places = said(&problems);
    assert_eq!(places[..2], [at("orgs.csv", 0, "", ""), at("users.csv", 5, "status", "")]);
    assert_eq!(places[2..], [at("classes.csv", 0, "", ""), at("enrollments.csv", 4, "userSourcedId", "S77")]);
    assert!(apply_delta(&mut roster, delta).is_empty());
    let people: Vec<_> =
        roster.students.iter().map(|s| (s.source_id.as_str(), s.school.as_str(), s.frl)).collect();
    assert_eq!(people, [("S1", "2", Some(true)), ("S3", "1", None), ("S4", "1", None)]);
    assert_eq!(roster.students[0].family_name, "Cruz-Lee");
    let enrolled: Vec<_> = roster.enrollments.iter().map(|e| e.person.as_str()).collect();
    assert_eq!(enrolled, ["T1", "S3"]);
    let reading =
        read(&source, Options { as_of: DAY, format: None, progress: &mut |_| {} }).expect("a reading");
    assert!(reading.is_delta && reading.problems.kept().iter().any(|p| p.said == "delta"));
}

#[test]
fn a_bulk_archive_as_a_delta_replaces_everything() {
    let (mut roster, _) = bulk(ORGS, USERS, CLASSES, ENROLLMENTS);
    let wanted = roster.clone();
    roster.students.push(Student { source_id: "S99".to_owned(), ..roster.students[0].clone() });
    let manifest = manifest("1.1", "bulk");
    let files = [
        ("manifest.csv", manifest.as_str()),
        ("orgs.csv", ORGS),
        ("users.csv", USERS),
        ("classes.csv", CLASSES),
        ("enrollments.csv", ENROLLMENTS),
    ];
    let (delta, _) = read_delta(&source(&files), DAY, &roster).expect("a delta");
    assert!(apply_delta(&mut roster, delta).is_empty());
    assert_eq!(roster, wanted);
}

#[test]
fn addresses_and_flags_are_joined_from_a_file_beside() {
    let (mut roster, _) = bulk(ORGS, USERS, CLASSES, ENROLLMENTS);
    let homes = "Student ID;Address;City;State;Zip Code;Meal Status;EL;SpEd\n\
        S1;1 Elm St;Town;VA;22901;R;N;Y\nS9;2 Elm St;Town;VA;22901;P;N;N\nS1;3 Elm St;Town;VA;22901;P;N;N\n\
        S2;;;;ABCDE;?;;\n";
    let problems = add_homes(&mut roster, &source(&[("homes.csv", homes)])).expect("a table");
    let ana = &roster.students[0];
    assert_eq!((ana.frl, ana.ell, ana.iep), (Some(true), Some(false), Some(true)));
    assert_eq!(ana.address.as_ref().map(|a| a.street.as_str()), Some("1 Elm St"));
    assert_eq!(
        said(&problems),
        [
            at("roster", 3, "Student ID", "S9"),
            at("roster", 4, "Student ID", "S1"),
            at("roster", 5, "Zip Code", "ABCDE"),
            at("roster", 5, "Meal Status", "?"),
        ]
    );
    let error = add_homes(&mut roster, &source(&[("homes.csv", "a,b\n1,2\n")])).expect_err("no columns");
    assert!(error.to_string().contains("student_id, street"), "{error}");
}

#[test]
fn a_million_bad_rows_take_bounded_memory() {
    let mut users = USERS.to_owned();
    for n in 0..1_000_000 {
        users.push_str(&format!("X{n},,,,99,student,,,a,b,,,,,,,7,\n"));
    }
    let (roster, problems) = bulk(ORGS, &users, CLASSES, ENROLLMENTS);
    assert_eq!((problems.found(), problems.kept().len()), (1_000_000, Problems::KEPT));
    assert_eq!(roster.students.len(), 2);
}

/// A roster as a district could have it: ids and names with any sign that CSV can carry.
fn rosters() -> impl Strategy<Value = Roster> {
    let name = "[A-Za-z'é,\"ñ.-][A-Za-z ',\"\n-]{0,8}[A-Za-z'é,\"]";
    let student =
        (name, name, 0usize..4, 0u8..16, any::<Option<bool>>(), proptest::option::of("[1-9][0-9]{4}"));
    (1usize..4, proptest::collection::vec(student, 0..20), proptest::collection::vec(0usize..3, 1..4))
        .prop_map(|(schools, students, sections)| {
            let mut roster = Roster::default();
            for n in 0..schools {
                let ncessch = (n == 0).then(|| "510000100001".to_owned());
                roster.schools.push(School {
                    source_id: format!("0{n}"),
                    name: format!("School, {n}"),
                    ncessch,
                });
            }
            for (n, place) in sections.iter().enumerate() {
                roster.sections.push(Section {
                    source_id: format!("C{n}"),
                    school: format!("0{}", place % schools),
                    title: format!("Class \"{n}\""),
                    period: None,
                });
            }
            for (n, (given, family, school, grade, flag, zip)) in students.into_iter().enumerate() {
                let grade = match grade {
                    0 => Grade::Kindergarten,
                    14 => Grade::Prekindergarten,
                    15 => Grade::Ungraded,
                    year => Grade::Year(year),
                };
                roster.students.push(Student {
                    source_id: format!("{n:05}"),
                    school: format!("0{}", school % schools),
                    grade,
                    given_name: given,
                    family_name: family,
                    address: zip.map(|zip| Address {
                        street: format!("{n} Elm St, Apt \"B\""),
                        city: "Willow".to_owned(),
                        state: "VA".to_owned(),
                        zip,
                    }),
                    frl: flag,
                    ell: flag.map(|f| !f),
                    iep: flag,
                    home_language: None,
                });
                let section = format!("C{}", n % sections.len());
                roster.enrollments.push(Enrollment { section, person: format!("{n:05}"), teaches: false });
            }
            roster
        })
}

/// Writes one table with its columns turned by `turn` places.
fn written(header: &[&str], rows: Vec<Vec<String>>, turn: usize, crlf: bool, mark: bool) -> Vec<u8> {
    let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let style = if turn.is_multiple_of(2) { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let mut writer =
        csv::WriterBuilder::new().terminator(terminator).quote_style(style).from_writer(Vec::new());
    let rows = std::iter::once(header.iter().map(|h| (*h).to_owned()).collect()).chain(rows);
    for mut row in rows {
        let by = turn % row.len();
        row.rotate_left(by);
        writer.write_record(&row).expect("written");
    }
    let mut bytes = if mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
    bytes.extend(writer.into_inner().expect("bytes"));
    bytes
}

fn flag(value: Option<bool>) -> String {
    value.map_or("", |yes| if yes { "Y" } else { "N" }).to_owned()
}

fn clever_files(r: &Roster, turn: usize, crlf: bool, mark: bool) -> Vec<(String, Vec<u8>)> {
    let file = |name: &str, header: &[&str], rows| (name.to_owned(), written(header, rows, turn, crlf, mark));
    let schools = r
        .schools
        .iter()
        .map(|s| vec![s.source_id.clone(), s.name.clone(), s.ncessch.clone().unwrap_or_default()]);
    let students = r.students.iter().map(|s| {
        let home = s.address.clone().unwrap_or_default();
        vec![
            s.source_id.clone(),
            s.school.clone(),
            s.given_name.clone(),
            s.family_name.clone(),
            s.grade.code(),
            home.street,
            home.city,
            home.state,
            home.zip,
            flag(s.frl),
            flag(s.ell),
            flag(s.iep),
        ]
    });
    let sections = r
        .sections
        .iter()
        .map(|s| vec![s.source_id.clone(), s.school.clone(), String::new(), s.title.clone()]);
    let enrollments = r.enrollments.iter().map(|e| vec![e.section.clone(), e.person.clone()]);
    let student_header = [
        "Student_id",
        "School_id",
        "First_name",
        "Last_name",
        "Grade",
        "Student_street",
        "Student_city",
        "Student_state",
        "Student_zip",
        "Frl_status",
        "Ell_status",
        "IEP_status",
    ];
    vec![
        file("schools.csv", &["School_id", "School_name", "Nces_id"], schools.collect()),
        file("students.csv", &student_header, students.collect()),
        file("teachers.csv", &["Teacher_id", "First_name", "Last_name"], vec![]),
        file("sections.csv", &["Section_id", "School_id", "Teacher_id", "Name"], sections.collect()),
        file("enrollments.csv", &["Section_id", "Student_id"], enrollments.collect()),
    ]
}

fn oneroster_files(r: &Roster, turn: usize, crlf: bool, mark: bool) -> Vec<(String, Vec<u8>)> {
    let file = |name: &str, header: &[&str], rows| (name.to_owned(), written(header, rows, turn, crlf, mark));
    let orgs = r.schools.iter().map(|s| {
        vec![s.source_id.clone(), s.name.clone(), "school".to_owned(), s.ncessch.clone().unwrap_or_default()]
    });
    let users = r.students.iter().map(|s| {
        let home = s.address.clone().unwrap_or_default();
        vec![
            s.source_id.clone(),
            s.school.clone(),
            "student".to_owned(),
            s.given_name.clone(),
            s.family_name.clone(),
            s.grade.code(),
            home.street,
            home.city,
            home.state,
            home.zip,
            flag(s.frl),
            flag(s.ell),
            flag(s.iep),
        ]
    });
    let classes = r.sections.iter().map(|s| vec![s.source_id.clone(), s.title.clone(), s.school.clone()]);
    let enrollments = r
        .enrollments
        .iter()
        .enumerate()
        .map(|(n, e)| vec![format!("E{n}"), e.section.clone(), e.person.clone(), "student".to_owned()]);
    let user_header = [
        "sourcedId",
        "orgSourcedIds",
        "role",
        "givenName",
        "familyName",
        "grades",
        "metadata.street",
        "metadata.city",
        "metadata.state",
        "metadata.zip",
        "metadata.frl",
        "metadata.ell",
        "metadata.iep",
    ];
    vec![
        ("manifest.csv".to_owned(), manifest("1.1", "bulk").into_bytes()),
        file("orgs.csv", &["sourcedId", "name", "type", "identifier"], orgs.collect()),
        file("users.csv", &user_header, users.collect()),
        file("classes.csv", &["sourcedId", "title", "schoolSourcedId"], classes.collect()),
        file(
            "enrollments.csv",
            &["sourcedId", "classSourcedId", "userSourcedId", "role"],
            enrollments.collect(),
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_written_roster_is_read_back(
        roster in rosters(), turn in 0usize..12, crlf in any::<bool>(), mark in any::<bool>(),
    ) {
        for files in [clever_files(&roster, turn, crlf, mark), oneroster_files(&roster, turn, crlf, mark)] {
            let source = Source::folder("roster", files, Limits::default()).expect("a folder");
            let (read, problems) = parse(&source, DAY).expect("a roster");
            prop_assert_eq!(said(&problems), []);
            prop_assert_eq!(&read, &roster);
        }
    }

    #[test]
    fn any_text_in_any_file_never_panics(text in "[ -~\n\r\t\"é,]{0,300}", which in 0usize..5, clever in any::<bool>()) {
        let roster = Roster::default();
        let mut files = if clever { clever_files(&roster, 0, false, false) } else { oneroster_files(&roster, 0, false, false) };
        let header_end = files[which].1.iter().position(|b| *b == b'\n').unwrap_or(0);
        files[which].1.truncate(header_end + 1);
        files[which].1.extend(text.as_bytes());
        let source = Source::folder("roster", files, Limits::default()).expect("a folder");
        if let Ok((roster, _)) = parse(&source, DAY) {
            let (delta, _) = read_delta(&source, DAY, &roster).expect("what was read once");
            let mut again = roster.clone();
            apply_delta(&mut again, delta);
            prop_assert_eq!(again.students, roster.students);
        }
    }
}
