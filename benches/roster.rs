//! Times a large roster from the file to the records: read, checked, stored in a new SQLite database by the same
//! code as `evenfield assess district` and the portal.
//!
//! `cargo bench -p evenfield-portal --bench roster -- [STUDENTS] [oneroster|clever|write FOLDER]`
//!
//! Makes a seeded roster (1,000,000 students unless told), as a OneRoster 1.1 archive and as Clever's files; of
//! each prints wall-clock and processor seconds and the peak of memory. With `write` it puts the archives into a
//! folder instead, for `evenfield roster check`. The database is made in `TMPDIR`.

use evenfield_portal::db::Db;
use evenfield_portal::inputs::DistrictInputs;
use evenfield_portal::loading::{Read, store};
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

/// Seconds of processor time that all threads have taken (Linux; elsewhere 0).
fn processor() -> f64 {
    // Fields 14 and 15 of proc(5), in ticks of 1/100 s; the name before them may hold spaces.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Runs a step and prints what it took.
fn timed<T>(what: &str, step: impl FnOnce() -> T) -> T {
    let (start, before) = (Instant::now(), processor());
    let done = step();
    let (wall, cpu) = (start.elapsed().as_secs_f64(), processor() - before);
    println!("  {what:<18} {wall:>6.1} s wall clock, {cpu:>6.1} s processor; peak so far {} MiB", peak_mib());
    done
}

fn measure(name: &str, archive: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), archive).expect("written");
    println!("{name}: {} MiB", archive.len() >> 20);
    let district: DistrictInputs = serde_json::from_value(serde_json::json!({
        "leaid": "5100001", "name": "Bench", "as_of": "2026-10-01",
        "load": [{ "kind": "roster", "file": name }],
    }))
    .expect("settings");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = folder.path().join("evenfield.db");
    let db = runtime.block_on(Db::open(&format!("sqlite:{}", database.display()))).expect("a database");
    forget_peak();
    timed("in all", || {
        let read = || Read::new(&district, &district.load[0], folder.path()).expect("a roster");
        let file = timed("read and checked", read);
        println!("  {} students, {} problems", file.rows(), file.problems.found());
        timed("stored", || runtime.block_on(store(&db, &district, vec![file], 1))).expect("stored");
    });
    runtime.block_on(db.close());
    println!("  database {} MiB", std::fs::metadata(database).map_or(0, |m| m.len()) >> 20);
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
            measure(&format!("{name}.zip"), &archive);
        }
    }
}
