//! The roster as a OneRoster 1.1 archive.

use super::files::{File, school_id, student_id};
use super::people::{SCHOOLS, Student};
use super::{LEAID, NAME, TERM, Town};
use anyhow::Result;
use evenfield_model::GradeBand;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// The files of the archive as they grow. No value has a comma or a quote in it.
struct Sheets {
    orgs: String,
    users: String,
    classes: String,
    enrollments: String,
    enrolled: usize,
}

/// A class: what is taught, in which period (0 is the home room), at which school, to which grade.
struct Class {
    subject: &'static str,
    period: usize,
    school: String,
    grade: String,
}

/// `roster.zip`.
///
/// # Errors
/// When the archive cannot be written to memory.
pub fn archive(town: &Town) -> Result<File> {
    let mut sheets = Sheets::new()?;
    let mut classes = BTreeMap::new();
    for (i, student) in town.people.students.iter().enumerate() {
        sheets.student(i, student, &mut classes)?;
    }
    for (n, (id, class)) in classes.iter().enumerate() {
        sheets.class(n, id, class)?;
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    // A fixed date, so that the same seed gives the same bytes.
    let options = zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    let manifest = manifest();
    for (file, text) in [
        ("manifest.csv", &manifest),
        ("orgs.csv", &sheets.orgs),
        ("users.csv", &sheets.users),
        ("classes.csv", &sheets.classes),
        ("enrollments.csv", &sheets.enrollments),
    ] {
        zip.start_file(file, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(("roster.zip".to_owned(), zip.finish()?.into_inner()))
}

fn manifest() -> String {
    let mut text = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n".to_owned();
    let bulk = ["classes", "enrollments", "orgs", "users"];
    for file in [
        "academicSessions",
        "categories",
        "classes",
        "classResources",
        "courses",
        "courseResources",
        "demographics",
        "enrollments",
        "lineItems",
        "orgs",
        "resources",
        "results",
        "users",
    ] {
        let mode = if bulk.contains(&file) { "bulk" } else { "absent" };
        text.push_str(&format!("file.{file},{mode}\n"));
    }
    text + "source.systemName,Fictional district\nsource.systemCode,fictional\n"
}

impl Sheets {
    fn new() -> Result<Self> {
        let mut orgs = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n".to_owned();
        writeln!(orgs, "{LEAID},,,{NAME},district,{LEAID},")?;
        for (i, (name, _)) in SCHOOLS.iter().enumerate() {
            writeln!(orgs, "{},,,{name},school,{LEAID}{:05},{LEAID}", school_id(i), i + 1)?;
        }
        Ok(Self {
            orgs,
            users:
                "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,\
                    familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
                    .to_owned(),
            classes:
                "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
                      schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
                    .to_owned(),
            enrollments:
                "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,\
                          primary,beginDate,endDate\n"
                    .to_owned(),
            enrolled: 0,
        })
    }

    fn student(&mut self, i: usize, student: &Student, classes: &mut BTreeMap<String, Class>) -> Result<()> {
        let (id, school, grade) = (student_id(i), school_id(student.school), student.grade.code());
        writeln!(
            self.users,
            "{id},,,true,{school},student,{id},,Student,{:06},,{:06},,,,,{grade},",
            i + 1,
            i + 1
        )?;
        for (class, subject, period) in sections(student, i) {
            self.enroll(&class, &school, &id, "student,")?;
            classes.entry(class).or_insert_with(|| Class {
                subject,
                period,
                school: school.clone(),
                grade: grade.clone(),
            });
        }
        Ok(())
    }

    /// A class and its teacher; a teacher has five classes.
    fn class(&mut self, n: usize, id: &str, class: &Class) -> Result<()> {
        let Class { subject, period, school, grade } = class;
        let (kind, period) =
            if *period == 0 { ("homeroom", String::new()) } else { ("scheduled", period.to_string()) };
        writeln!(
            self.classes,
            "{id},,,{subject} grade {grade} ({id}),{grade},,,{kind},,{school},{TERM},{subject},,{period}"
        )?;
        let (teacher, number) = (format!("T{:04}", n / 5 + 1), n / 5 + 1);
        if n.is_multiple_of(5) {
            writeln!(
                self.users,
                "{teacher},,,true,{school},teacher,{teacher},,Teacher,{number:04},,,\
                 teacher{number:04}@example.org,,,,,"
            )?;
        }
        self.enroll(id, school, &teacher, "teacher,true")
    }

    fn enroll(&mut self, class: &str, school: &str, person: &str, role: &str) -> Result<()> {
        self.enrolled += 1;
        writeln!(self.enrollments, "E{},,,{class},{school},{person},{role},,", self.enrolled)?;
        Ok(())
    }
}

/// The sections of a student: a home room up to grade 5, four subjects above.
fn sections(student: &Student, serial: usize) -> Vec<(String, &'static str, usize)> {
    let (school, grade) = (school_id(student.school), student.grade.code());
    if student.grade.band() == GradeBand::Elementary {
        return vec![(format!("{school}-{grade}-H{}", serial % 3 + 1), "Home room", 0)];
    }
    ["English", "Mathematics", "Science", "Social studies"]
        .into_iter()
        .enumerate()
        .map(|(i, subject)| {
            let part = (serial / (i + 1)) % 6 + 1;
            (format!("{school}-{grade}-{}{part}", &subject[..2].to_uppercase()), subject, i + 1)
        })
        .collect()
}
