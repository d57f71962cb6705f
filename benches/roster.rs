//! Times the reading and checking of a large roster.
//!
//! `cargo bench -p evenfield-gap --bench roster -- [STUDENTS] [oneroster|clever|write FOLDER]`
//!
//! Makes a seeded roster (1,000,000 students unless told), as a OneRoster 1.1 archive and as Clever's files,
//! reads each, and prints seconds and peak memory. With `write` it puts the archives into a folder instead, for
//! `evenfield roster check`.

use evenfield_gap::read::{Limits, Source};
use evenfield_gap::roster::parse;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

const SEED: u64 = 20_261_124;
const STUDENTS_A_SCHOOL: usize = 600;
/// Classes of a student: one in the elementary grades, six above. A class has 25 students.
const CLASS: usize = 25;

/// A table's name and text.
type Sheet = (&'static str, String);

struct Student {
    school: usize,
    grade: u8,
    frl: bool,
}

fn students(count: usize) -> Vec<Student> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    (0..count)
        .map(|n| Student {
            school: n / STUDENTS_A_SCHOOL,
            grade: 1 + (n / STUDENTS_A_SCHOOL % 12) as u8,
            frl: rng.random_bool(0.4),
        })
        .collect()
}

/// The classes of a student: the number of students before in the same school fills one class after another.
fn classes(n: usize, student: &Student) -> impl Iterator<Item = String> + use<> {
    let (school, group) = (student.school, n % STUDENTS_A_SCHOOL / CLASS);
    let periods = if student.grade <= 5 { 1 } else { 6 };
    (0..periods).map(move |period| format!("C{school:05}-{group:02}-{period}"))
}

/// Whether this student is the first of its classes, so that the class is written once.
fn opens_class(n: usize) -> bool {
    (n % STUDENTS_A_SCHOOL).is_multiple_of(CLASS)
}

fn oneroster(students: &[Student]) -> Result<Vec<Sheet>, std::fmt::Error> {
    let manifest = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\n\
        file.users,bulk\nfile.classes,bulk\nfile.enrollments,bulk\n";
    let mut orgs = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n".to_owned();
    let mut users =
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,\
        familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
            .to_owned();
    let mut sections = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,\
        location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
        .to_owned();
    let mut enrollments =
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,\
        primary,beginDate,endDate\n"
            .to_owned();
    for (n, student) in students.iter().enumerate() {
        let (school, grade) = (student.school, student.grade);
        if n % STUDENTS_A_SCHOOL == 0 {
            writeln!(orgs, "{school:05},,,School {school},school,5100001{school:05},D")?;
        }
        writeln!(
            users,
            "S{n:08},,,true,{school:05},student,s{n},{{State:{n:010}}},Given{n},\"Family, {n}\",,{n:010},\
             s{n}@example.org,,,,{grade:02},"
        )?;
        for (period, class) in classes(n, student).enumerate() {
            if opens_class(n) {
                writeln!(
                    sections,
                    "{class},,,Class {class},{grade:02},K{period},,scheduled,,{school:05},T1,,,{period}"
                )?;
                writeln!(users, "T{class},,,true,{school:05},teacher,,,Tess,Teach,,,,,,,,")?;
                writeln!(enrollments, "ET{class},,,{class},{school:05},T{class},teacher,true,,")?;
            }
            writeln!(
                enrollments,
                "E{n}-{period},,,{class},{school:05},S{n:08},student,,2026-08-20,2027-06-10"
            )?;
        }
    }
    Ok(vec![
        ("manifest.csv", manifest.to_owned()),
        ("orgs.csv", orgs),
        ("users.csv", users),
        ("classes.csv", sections),
        ("enrollments.csv", enrollments),
    ])
}

fn clever(students: &[Student]) -> Result<Vec<Sheet>, std::fmt::Error> {
    let mut schools = "School_id,School_name,School_number,Nces_id\n".to_owned();
    let mut rows = "School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,\
        Graduation_year,DOB,Race,Hispanic_Latino,Home_language,Ell_status,Frl_status,IEP_status,Student_street,\
        Student_city,Student_state,Student_zip,Student_email\n"
        .to_owned();
    let mut teachers = "School_id,Teacher_id,Teacher_email,First_name,Last_name\n".to_owned();
    let mut sections =
        "School_id,Section_id,Teacher_id,Name,Grade,Period,Term_name,Term_start,Term_end\n".to_owned();
    let mut enrollments = "School_id,Section_id,Student_id\n".to_owned();
    for (n, student) in students.iter().enumerate() {
        let (school, grade) = (student.school, student.grade);
        if n % STUDENTS_A_SCHOOL == 0 {
            writeln!(schools, "{school:05},School {school},{school},5100001{school:05}")?;
        }
        let frl = if student.frl { "Free" } else { "Paid" };
        writeln!(
            rows,
            "{school:05},S{n:08},{n},{n:010},\"Family, {n}\",,Given{n},{grade:02},F,,2015-03-04,W,N,English,N,{frl},N,\
             \"{n} Elm St, Apt 4\",Willow Bend,VA,22901,s{n}@example.org"
        )?;
        for (period, class) in classes(n, student).enumerate() {
            if opens_class(n) {
                writeln!(teachers, "{school:05},T{class},t@example.org,Tess,Teach")?;
                writeln!(
                    sections,
                    "{school:05},{class},T{class},Class {class},{grade:02},{period},Fall,8/20/2026,6/10/2027"
                )?;
            }
            writeln!(enrollments, "{school:05},{class},S{n:08}")?;
        }
    }
    Ok(vec![
        ("schools.csv", schools),
        ("students.csv", rows),
        ("teachers.csv", teachers),
        ("sections.csv", sections),
        ("enrollments.csv", enrollments),
    ])
}

fn zipped(sheets: Vec<Sheet>) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in sheets {
        writer.start_file(name, zip::write::SimpleFileOptions::default())?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The most memory that the process ever held, MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib / 1024)
}

/// Forgets the peak so far, so that making the files does not count.
fn forget_peak() {
    // 5 resets the high-water mark (Linux, proc(5)); elsewhere the peak includes the making.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn measure(name: &str, archive: Vec<u8>) {
    let packed = archive.len() as f64 / f64::from(1 << 20);
    forget_peak();
    let start = Instant::now();
    let source = Source::open(name, archive, Limits::default()).expect("an archive");
    let unpacked = source.size() as f64 / f64::from(1 << 20);
    let (roster, problems) = parse(&source, jiff::civil::date(2026, 10, 1)).expect("a roster");
    println!(
        "{name}: {} students, {} sections, {} enrolments, {} problems; {packed:.0} MiB packed, {unpacked:.0} MiB \
         unpacked; {:.2} s; peak {} MiB",
        roster.students.len(),
        roster.sections.len(),
        roster.enrollments.len(),
        problems.found(),
        start.elapsed().as_secs_f64(),
        peak_mib()
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let count = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(1_000_000);
    let which = arguments.get(1).map_or("both", String::as_str);
    let students = students(count);
    for (name, make) in [
        ("oneroster", oneroster as fn(&[Student]) -> Result<Vec<Sheet>, std::fmt::Error>),
        ("clever", clever),
    ] {
        if !["both", "write", name].contains(&which) {
            continue;
        }
        let archive = make(&students).map(zipped).expect("text in memory").expect("an archive in memory");
        if which == "write" {
            let folder = arguments.get(2).expect("a folder to write to");
            std::fs::write(format!("{folder}/{name}.zip"), archive).expect("written");
        } else {
            measure(&format!("{name}.zip"), archive);
        }
    }
}
