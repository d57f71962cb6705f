//! The ledger's file: CSV, for the district alone, because it holds what was withheld.
//!
//! `period,unit,what,setting,students,minutes,largest,second,withheld`: a line for each cell that is not nought, and for a period in
//! which all are nought one with empty cells after the period.

use super::ledger::Ledger;
use super::rule::{Rule, Why};
use super::system::Truth;
use super::table::{Cell, Release, Row};
use crate::calendar::{Period, Setting};
use crate::catalogue::ResourceId;
use crate::rollup::{Unit, What};
use crate::roster::Roster;
use evenfield_model::Problems;

const HEADINGS: [&str; 9] =
    ["period", "unit", "what", "setting", "students", "minutes", "largest", "second", "withheld"];

impl Ledger {
    /// The file of this ledger.
    pub fn to_file(&self, roster: &Roster) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        // Writing to memory does not fail.
        let _ = out.write_record(HEADINGS);
        for release in self.releases.values() {
            if release.rows.is_empty() {
                let mut record = [""; 9].map(str::to_owned);
                record[0] = release.period.to_string();
                let _ = out.write_record(record);
            }
            for row in &release.rows {
                let key = (release.period.clone(), (row.unit, row.what, row.setting));
                let truth = self.truth.get(&key).copied().unwrap_or_default();
                let withheld = match row.cell {
                    Cell::Shown { .. } => "",
                    Cell::Withheld(why) => why.word(),
                };
                let _ = out.write_record([
                    release.period.to_string(),
                    unit_to_text(row.unit, roster),
                    what_to_text(row.what),
                    row.setting.map_or("all", Setting::word).to_owned(),
                    truth.students.to_string(),
                    truth.minutes.to_string(),
                    truth.largest[0].to_string(),
                    truth.largest[1].to_string(),
                    withheld.to_owned(),
                ]);
            }
        }
        String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// Reads a ledger's file. A ledger with a problem must not be used: what it lacks would be released again.
    ///
    /// # Errors
    /// All problems of the file; no problem quotes a number.
    pub fn parse(file: &str, text: &str, roster: &Roster, rule: Rule) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut ledger = match Self::new(rule) {
            Ok(ledger) => ledger,
            Err(error) => {
                problems.push(file, 0, "", "", error.to_string());
                return Err(problems);
            }
        };
        let mut rows =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        for (at, record) in rows.records().enumerate() {
            let line =
                record.as_ref().ok().and_then(|r| r.position()).map_or(at as u64 + 1, csv::Position::line);
            let Ok(record) = record else {
                problems.push(file, line, "", "", "CSV");
                break;
            };
            if at == 0 {
                if record.iter().ne(HEADINGS) {
                    problems.push(file, 1, "", "", format!("the headings {}", HEADINGS.join(",")));
                    break;
                }
                continue;
            }
            if let Err((column, wanted)) = ledger.take(&record, roster) {
                problems.push(file, line, column, "", wanted);
            }
        }
        for release in ledger.releases.values_mut() {
            release.rows.sort_by_key(|row| (row.what, row.unit, row.setting));
        }
        if problems.is_empty() { Ok(ledger) } else { Err(problems) }
    }

    fn take(
        &mut self,
        record: &csv::StringRecord,
        roster: &Roster,
    ) -> Result<(), (&'static str, &'static str)> {
        let cells: Vec<&str> = record.iter().collect();
        let [period, unit, what, setting, students, minutes, largest, second, withheld] = cells[..] else {
            return Err(("", "9 cells"));
        };
        let period = Period::from_text(period).ok_or(("period", "a period"))?;
        let release = self.releases.entry(period.clone()).or_insert_with(|| Release {
            period: period.clone(),
            rows: Vec::new(),
            programmes: 0,
        });
        if cells[1..].iter().all(|c| c.is_empty()) {
            return Ok(());
        }
        let unit = unit_from_text(unit, roster).ok_or(("unit", "`district` or a school of the roster"))?;
        let what = what_from_text(what).ok_or(("what", "`any`, `resource N` or `blocked N`"))?;
        let setting = match setting {
            "all" => None,
            word => {
                let found = Setting::ALL.into_iter().find(|s| s.word() == word);
                Some(found.ok_or(("setting", "`all` or a setting"))?)
            }
        };
        let number = |text: &str, column| text.parse().map_err(|_| (column, "a whole number"));
        let truth = Truth {
            students: students.parse().map_err(|_| ("students", "a whole number"))?,
            minutes: number(minutes, "minutes")?,
            largest: [number(largest, "largest")?, number(second, "second")?],
        };
        let cell = match withheld {
            "" => Cell::Shown { students: truth.students, minutes: truth.minutes },
            word => Cell::Withheld(Why::from_word(word).ok_or(("withheld", "why it is withheld"))?),
        };
        if self.truth.insert((period, (unit, what, setting)), truth).is_some() {
            return Err(("", "each cell once"));
        }
        release.rows.push(Row { unit, what, setting, cell });
        Ok(())
    }
}

fn unit_to_text(unit: Unit, roster: &Roster) -> String {
    match unit {
        Unit::District => "district".to_owned(),
        Unit::School(number) => format!("school {}", roster.schools[usize::from(number)]),
        Unit::Section(number) => format!("section {}", roster.sections[usize::from(number)]),
    }
}

fn unit_from_text(text: &str, roster: &Roster) -> Option<Unit> {
    if text == "district" {
        return Some(Unit::District);
    }
    let school = text.strip_prefix("school ")?;
    let number = roster.schools.iter().position(|s| s == school)?;
    Some(Unit::School(u16::try_from(number).ok()?))
}

fn what_to_text(what: What) -> String {
    match what {
        What::Resource(number) => format!("resource {}", number.0),
        What::AnyResource => "any".to_owned(),
        What::Blocked(category) => format!("blocked {category}"),
    }
}

fn what_from_text(text: &str) -> Option<What> {
    match text.split_once(' ') {
        None => (text == "any").then_some(What::AnyResource),
        Some(("resource", number)) => number.parse().ok().map(|n| What::Resource(ResourceId(n))),
        Some(("blocked", category)) => category.parse().ok().map(What::Blocked),
        Some(_) => None,
    }
}
