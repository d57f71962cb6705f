//! Results as JSON lines: a file for each day (UTC), kept for so many days.

use crate::message::Record;
use crate::settings::Results;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes them.
#[derive(Debug)]
pub struct Writer {
    settings: Results,
    open: Option<(Date, File)>,
}

impl Writer {
    /// Makes the folder where it is missing, and removes what is too old.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(settings: Results, now: Timestamp) -> io::Result<Self> {
        std::fs::create_dir_all(&settings.folder)?;
        let writer = Self { settings, open: None };
        writer.remove_old(day(now))?;
        Ok(writer)
    }

    /// Appends a result: a whole line, or nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, record: &Record, now: Timestamp) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let today = day(now);
        let (_, file) = match self.open.take().filter(|(open, _)| *open == today) {
            Some(open) => self.open.insert(open),
            None => {
                self.remove_old(today)?;
                let path = self.settings.folder.join(format!("speed-{today}.jsonl"));
                let file = OpenOptions::new().create(true).append(true).open(path)?;
                self.open.insert((today, file))
            }
        };
        let before = file.metadata()?.len();
        file.write_all(&line).inspect_err(|_| {
            // A disk that is full must not leave half a line, into which the next would run.
            let _ = file.set_len(before);
        })
    }

    fn remove_old(&self, today: Date) -> io::Result<()> {
        let span = i32::try_from(self.settings.days).unwrap_or(i32::MAX).days();
        let Ok(first) = today.checked_sub(span) else { return Ok(()) };
        for entry in std::fs::read_dir(&self.settings.folder)? {
            let path = entry?.path();
            if day_of(&path).is_some_and(|day| day < first) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// The day of a file of ours.
fn day_of(path: &Path) -> Option<Date> {
    path.file_name()?.to_str()?.strip_prefix("speed-")?.strip_suffix(".jsonl")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{ConnectionInfo, Counts, End};
    use crate::request::{Head, SUBPROTOCOL, read};

    fn record() -> Record {
        let head = Head {
            method: "GET",
            path: "/ndt/v7/upload",
            query: Some("ticket=abc"),
            connection: Some("Upgrade"),
            upgrade: Some("websocket"),
            version: Some("13"),
            key: Some("DOdm+5/Cm3WwvhfcAlhJoQ=="),
            protocols: Some(SUBPROTOCOL),
        };
        let ends = ["192.0.2.1:5", "192.0.2.2:6"].map(|address| address.parse().expect("an address"));
        let connection = ConnectionInfo::begin(ends[0], ends[1], Timestamp::UNIX_EPOCH);
        Counts::default().record(&read(head).expect("a test"), &connection, End::Client, true)
    }

    #[test]
    fn a_file_a_day_and_none_that_is_too_old() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join("results").join(name);
        let at = |text: &str| text.parse::<Timestamp>().expect(text);
        let settings = Results { folder: folder.path().join("results"), days: 30 };
        let mut writer = Writer::open(settings.clone(), at("2026-01-01T12:00:00Z")).expect("open");
        for time in ["2026-01-01T23:59:59Z", "2026-01-01T23:59:59.9Z", "2026-01-02T00:00:00Z"] {
            writer.write(&record(), at(time)).expect("written");
        }
        std::fs::write(path("notes.txt"), "ours to leave").expect("written");
        let text = std::fs::read_to_string(path("speed-2026-01-01.jsonl")).expect("a file");
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains("192.0.2"), "an address was stored: {text}");
        let line: serde_json::Value =
            serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
        assert_eq!(
            (line["Test"].as_str(), line["Metadata"]["ticket"].as_str()),
            (Some("upload"), Some("abc"))
        );
        writer.write(&record(), at("2026-02-01T00:00:00Z")).expect("written");
        let kept =
            ["speed-2026-01-01.jsonl", "speed-2026-01-02.jsonl", "speed-2026-02-01.jsonl", "notes.txt"];
        assert_eq!(kept.map(|name| path(name).exists()), [false, true, true, true]);
        Writer::open(settings, at("2026-03-01T00:00:00Z")).expect("open");
        assert_eq!(kept.map(|name| path(name).exists()), [false, false, true, true]);
    }
}
