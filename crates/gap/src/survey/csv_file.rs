//! Survey answers as plain CSV in Ed-Fi's and CEDS's words.

use super::{Defaults, Response, is_term, keep, limits, parse_time};
use crate::read::{ReadError, Row, Table, TableRules, parse_flag};
use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType, Problems,
};

/// The headers of the plain CSV, as documented and as [`write_csv`] writes them. When read, letter case, spaces
/// and signs do not matter, so that `InternetAccessInResidence` and `Internet Access In Residence` are the same;
/// all but the first may be missing.
pub const HEADERS: [&str; 13] = [
    "student_id",
    "term",
    "answered_at",
    "internet_access_in_residence",
    "barrier_to_internet_access_in_residence",
    "internet_access_type_in_residence",
    "internet_performance_in_residence",
    "primary_learning_device_away_from_school",
    "primary_learning_device_access",
    "primary_learning_device_provider",
    "internet_download_speed",
    "internet_upload_speed",
    "household_students",
];

/// Other names of the columns, by position in [`HEADERS`].
const ALSO: [&[&str]; 13] = [
    &["studentUniqueId", "student_unique_id", "student", "sourcedId", "student_number"],
    &["survey_term"],
    &["answered_ms", "response_date", "timestamp", "date", "submitted_at"],
    &["internet_access"],
    &["barrier_to_internet_access", "barrier"],
    &["internet_access_type", "internet_type"],
    &["internet_performance", "performance"],
    &["primary_learning_device", "digital_device", "device"],
    &["device_access", "device_sharing"],
    &["device_provider"],
    &["download_mbps", "internet_download_speed_mbps"],
    &["upload_mbps", "internet_upload_speed_mbps"],
    &["students_in_household", "household_student_count"],
];

/// What a time is to be.
pub(super) const TIME: &str = "a time like 2026-09-03T12:00:00Z, not before 2000 and not in the future";

/// Reads one file.
pub(super) fn read(
    file: &str,
    text: &str,
    defaults: &Defaults,
    responses: &mut Vec<Response>,
    problems: &mut Problems,
) -> Result<(), ReadError> {
    let mut table = Table::open(file, text, TableRules::default(), problems)?;
    let columns: Vec<Option<usize>> = HEADERS
        .iter()
        .zip(ALSO)
        .map(|(header, also)| {
            let names: Vec<&str> = std::iter::once(*header).chain(also.iter().copied()).collect();
            table.column(&names, problems)
        })
        .collect();
    if columns[0].is_none() || columns[3..].iter().all(Option::is_none) {
        let wanted = format!("a table of survey answers with the columns {}", HEADERS.join(", "));
        return Err(ReadError::Missing { file: file.to_owned(), wanted });
    }
    table.report_unknown(|_| false, problems);
    while let Some(row) = table.next_row(problems) {
        let before = problems.found();
        let Some(response) = response(&row, &columns, defaults, problems) else { continue };
        let is_read = problems.found() == before;
        keep(response, is_read, responses, |header, said, wanted| {
            let at = HEADERS.iter().position(|h| *h == header).and_then(|n| columns[n]);
            problems.push(file, row.line, row.header(at), said, wanted);
        });
    }
    Ok(())
}

fn response(
    row: &Row<'_>,
    at: &[Option<usize>],
    defaults: &Defaults,
    problems: &mut Problems,
) -> Option<Response> {
    let student = row.id(at[0], "the student's id", problems)?;
    let term = row.parsed(at[1], |t| is_term(t).then(|| t.to_owned()), "a term like 2026-fall", problems);
    let answered = row.parsed(
        at[2],
        |t| {
            let ms = t.parse().ok().filter(|_| t.len() >= 12).or_else(|| parse_time(t));
            ms.filter(|ms| defaults.is_possible(*ms))
        },
        TIME,
        problems,
    );
    Some(Response {
        student: student.to_owned(),
        term: term.unwrap_or_else(|| defaults.term.clone()),
        answered_ms: answered.unwrap_or(defaults.answered_ms),
        internet_access: row.parsed(at[3], parse_flag, "true or false", problems),
        barrier: row.parsed(at[4], Barrier::parse, &one_of(Barrier::ALL, Barrier::code), problems),
        internet_type: row.parsed(
            at[5],
            InternetType::parse,
            &one_of(InternetType::ALL, InternetType::code),
            problems,
        ),
        performance: row.parsed(
            at[6],
            InternetPerformance::parse,
            &one_of(InternetPerformance::ALL, InternetPerformance::code),
            problems,
        ),
        device: row.parsed(at[7], DeviceAway::parse, &one_of(DeviceAway::ALL, DeviceAway::code), problems),
        sharing: row.parsed(
            at[8],
            DeviceSharing::parse,
            &one_of(DeviceSharing::ALL, DeviceSharing::code),
            problems,
        ),
        provider: row.parsed(
            at[9],
            DeviceProvider::parse,
            &one_of(DeviceProvider::ALL, DeviceProvider::code),
            problems,
        ),
        download_mbps: row.parsed(at[10], limits::mbps, limits::MBPS_WANTED, problems),
        upload_mbps: row.parsed(at[11], limits::mbps, limits::MBPS_WANTED, problems),
        household_students: row.parsed(at[12], limits::students, limits::STUDENTS_WANTED, problems),
    })
}

/// The values of a code list in words: `Shared, Not Shared or Unknown`.
pub(super) fn one_of<T: Copy>(all: &[T], code: fn(T) -> &'static str) -> String {
    let codes: Vec<&str> = all.iter().map(|value| code(*value)).collect();
    match codes.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => codes.join(""),
    }
}

/// Writes responses as plain CSV with [`HEADERS`], UTF-8.
pub fn write_csv(responses: &[Response]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = responses.iter().map(|r| {
        let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
        [
            r.student.clone(),
            r.term.clone(),
            time(r.answered_ms),
            r.internet_access.map(|yes| yes.to_string()).unwrap_or_default(),
            r.barrier.map_or("", Barrier::code).to_owned(),
            r.internet_type.map_or("", InternetType::code).to_owned(),
            r.performance.map_or("", InternetPerformance::code).to_owned(),
            r.device.map_or("", DeviceAway::code).to_owned(),
            r.sharing.map_or("", DeviceSharing::code).to_owned(),
            r.provider.map_or("", DeviceProvider::code).to_owned(),
            number(r.download_mbps),
            number(r.upload_mbps),
            r.household_students.map(|n| n.to_string()).unwrap_or_default(),
        ]
    });
    for row in std::iter::once(HEADERS.map(str::to_owned)).chain(rows) {
        // Writing to memory has no way to fail.
        writer.write_record(&row).expect("a record in memory");
    }
    writer.into_inner().expect("bytes in memory")
}

/// The time as `2026-09-03T12:00:00Z`; one that no calendar has is written as milliseconds.
pub(super) fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.to_string())
}
