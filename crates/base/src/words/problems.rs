//! Texts of problems in the reader's language.
//!
//! Readers are pure and say in English what was wanted, for the program's other users too. Here the English messages `exchange-problem-*`
//! and `plans-problem-*` are the patterns by which a text is known again, and the same message of another language is what is shown. A
//! text without a pattern stays English, and the page marks it so.

use super::{Language, Words};
use fluent_bundle::FluentValue;

/// The messages of readers of rosters, surveys and open data, without `exchange-problem-` in front.
const EXCHANGE: [&str; 111] = [
    "cells",
    "cells-lines",
    "quotation",
    "nul",
    "column",
    "column-once",
    "column-unknown",
    "columns",
    "columns-measures",
    "columns-answers",
    "rounded",
    "unseen",
    "value",
    "number",
    "number-positive",
    "whole",
    "count",
    "margin",
    "date",
    "time",
    "year",
    "flag",
    "true",
    "read-as",
    "bytes",
    "empty",
    "workbook",
    "no-text",
    "cut-off",
    "damaged",
    "bomb",
    "too-large",
    "none-of-kind",
    "none-of-district",
    "some-coordinates",
    "other-roster",
    "some-school",
    "student",
    "student-of",
    "student-known",
    "student-once",
    "student-first",
    "longitude",
    "latitude",
    "id-kept",
    "id-lost",
    "grade",
    "lunch",
    "zip",
    "zip-zero",
    "first-name",
    "last-name",
    "given-name",
    "family-name",
    "school-id",
    "school-name",
    "school-listed",
    "school-section",
    "clever-file",
    "promised",
    "term",
    "mbps",
    "household",
    "no-barrier",
    "no-type",
    "no-performance",
    "no-sharing",
    "no-provider",
    "line-school",
    "line-once",
    "line-before",
    "line-students",
    "line-speed",
    "area-id",
    "measure",
    "measures",
    "area-once",
    "place-once",
    "lost-zero",
    "lost-zero-block-group",
    "lost-zero-state",
    "geoid-length",
    "geoid-kind",
    "measure-once",
    "geoid-digits",
    "region-type",
    "part",
    "boundary-id",
    "boundary-file",
    "boundary-archive",
    "line-of",
    "columns-points",
    "house-number",
    "device",
    "devices-most",
    "number-once",
    "number-taken",
    "iccid",
    "imei",
    "check-digit",
    "line-number",
    "barcode",
    "serial",
    "device-kind",
    "cost",
    "condition",
    "characters",
    "card",
    "workbook-read",
    "line-state",
    "some-line",
];

/// Those of scenarios and their files, without `plans-problem-` in front; notes are among them.
const PLANS: [&str; 132] = [
    "carrier-plan",
    "seats",
    "hours",
    "access-points",
    "speed",
    "uptake",
    "at-once",
    "hours-parked",
    "students",
    "low-end",
    "high-end",
    "counts",
    "sectors",
    "mbps-down",
    "mbps-up",
    "key",
    "text",
    "texts",
    "whole-range",
    "range",
    "one-of",
    "one-of-or",
    "dollars",
    "table",
    "tables",
    "setting",
    "toml",
    "reach",
    "group-column",
    "group",
    "floors-group",
    "cent",
    "fixed",
    "row",
    "id",
    "id-above",
    "id-line",
    "id-barrier",
    "item-above",
    "item",
    "items",
    "price",
    "price-month",
    "price-of",
    "paid",
    "unit",
    "life",
    "source",
    "date",
    "date-said",
    "last-year",
    "carrier",
    "place-of",
    "demand",
    "barriers-once",
    "barriers",
    "shares",
    "distance",
    "low",
    "high",
    "place-kind",
    "figures-count",
    "figure-once",
    "figure-place",
    "share",
    "readable",
    "not-uploaded",
    "rows",
    "latitude",
    "longitude",
    "stop-gtfs",
    "whole",
    "time-gtfs",
    "stop-trip",
    "stop-run",
    "stop",
    "stop-above",
    "trip",
    "trip-above",
    "trips",
    "trip-times",
    "time-before",
    "need-gb",
    "plan-slash",
    "plan-once",
    "coverage-of",
    "need-up",
    "sector-mbps",
    "site-of",
    "sector",
    "sector-once",
    "demand-of",
    "sector-of",
    "demand-once",
    "provider",
    "place",
    "connected",
    "route",
    "run",
    "vehicle",
    "stop-order",
    "vehicle-once",
    "time",
    "riders",
    "riders-off",
    "parking-place",
    "routes",
    "covered",
    "bus-carrier",
    "cells",
    "header",
    "columns-of",
    "columns",
    "column-once",
    "lines",
    "utf-8",
    "quotation",
    "comma",
    "at-most",
    "fund-name",
    "floor-group",
    "floor-share",
    "group-once",
    "fair-column",
    "fair-floor",
    "group-withheld",
    "nobody",
    "unused",
    "withheld",
    "idle",
    "slow",
    "no-price",
];

/// The values that these messages have.
const VALUES: [&str; 4] = ["what", "n", "line", "list"];

/// A message taken apart.
pub(super) struct Phrase {
    key: String,
    /// The text before the first value.
    begin: String,
    /// Each value with the text after it.
    rest: Vec<(&'static str, String)>,
}

impl Phrase {
    /// All of them; those with the most text of their own come first, for they say the most.
    pub(super) fn all(words: &Words) -> Vec<Self> {
        // A value in a pattern is its name between two signs that no text has.
        let marks = VALUES.map(|name| (name, FluentValue::from(format!("\u{1}{name}\u{1}"))));
        let mut all: Vec<Self> = EXCHANGE
            .iter()
            .map(|name| format!("exchange-problem-{name}"))
            .chain(PLANS.iter().map(|name| format!("plans-problem-{name}")))
            .map(|key| Self::new(words, key, &marks))
            .collect();
        all.sort_by_key(|phrase| {
            std::cmp::Reverse(
                phrase.begin.len() + phrase.rest.iter().map(|(_, text)| text.len()).sum::<usize>(),
            )
        });
        all
    }

    fn new(words: &Words, key: String, marks: &[(&str, FluentValue<'_>)]) -> Self {
        let text = words.text(Language::En, &key, marks);
        let mut pieces = text.split('\u{1}');
        let begin = pieces.next().unwrap_or_default().to_owned();
        let mut rest = Vec::new();
        while let (Some(value), Some(after)) = (pieces.next(), pieces.next()) {
            rest.extend(
                VALUES.into_iter().find(|known| *known == value).map(|value| (value, after.to_owned())),
            );
        }
        Self { key, begin, rest }
    }

    /// The values in a text that this phrase fits.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<(&'static str, &'t str)>> {
        let mut left = text.strip_prefix(self.begin.as_str())?;
        let mut values = Vec::with_capacity(self.rest.len());
        for (at, (name, after)) in self.rest.iter().enumerate() {
            let is_last = at + 1 == self.rest.len();
            let (value, behind) = match is_last {
                true => (left.strip_suffix(after.as_str())?, ""),
                false => left.split_once(after.as_str())?,
            };
            values.push((*name, value));
            left = behind;
        }
        left.is_empty().then_some(values)
    }
}

impl Words {
    /// What was wanted, in this language; `false` beside it when there is no such text and the English one stays.
    pub fn problem(&self, language: Language, wanted: &str) -> (String, bool) {
        if language == Language::En {
            return (wanted.to_owned(), true);
        }
        let found = self.phrases.iter().find_map(|phrase| Some((phrase, phrase.values(wanted)?)));
        let Some((phrase, values)) = found else { return (wanted.to_owned(), false) };
        // A value may be a text of its own, as in "a student's id; a spreadsheet has turned it into a rounded number".
        let values: Vec<_> = values
            .into_iter()
            .map(|(name, value)| (name, FluentValue::from(self.problem(language, value).0)))
            .collect();
        (self.text(language, &phrase.key, &values), true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_gap::open::area_table::{LongMap, parse_long};
    use evenfield_gap::read::{Limits, Source};
    use evenfield_gap::{connectivity, inventory, roster, survey};
    use evenfield_model::Problems;

    /// What readers say of files with common faults.
    fn said() -> Problems {
        let mut all = Problems::default();
        let source = |name: &str, text: &str| {
            Source::folder("files", vec![(name.to_owned(), text.as_bytes().to_vec())], Limits::default())
                .expect("a folder")
        };
        let defaults = survey::Defaults { term: "2026-fall".into(), answered_ms: 1 };
        let answers = "student_id,term,internet_access_in_residence,internet_download_speed,household_students\n\
            1.2E+9,2026-fall,true,1,1\nS1,autumn,true,1,1\nS2,2026-fall,true,99999,1\nS3,2026-fall,perhaps,1,99\n";
        all.append(survey::parse(&source("a.csv", answers), &defaults).expect("answers").1);
        let lines =
            "school,enrollment,contracted_mbps\nElm,many,50\nOak,300,\nOak,300\n,1,2\nAsh,1,1\nAsh,1,1\n";
        all.append(connectivity::parse("l.csv", lines).1);
        let devices = "barcode,type,serial,imei,iccid,line_number,carrier,cost,condition\nA,phone,1.2E+11,1,89,1,,x,x\n\
            A,tablet,,490154203237519,8.91E+18,,Blue,,\nA,tablet,,,,,Blue,,\nB,modem,,,,,,,\nB,modem,,,,,,,\n,modem,,,,,,,\n";
        all.append(inventory::parse("d.csv", devices.as_bytes(), &[]).1);
        all.append(inventory::parse("d.csv", b"barcode,type\n", &[]).1);
        let areas = "geoid,measure,value\n51001,a,1\n51001,a,2\n1001,a,1\n51003,,1\n51005,a,x\n51007,children,-1\nx,a,1\n\
            510010901001,a,1\n10010201001,a,1\n";
        all.append(parse_long(areas.as_bytes(), "t.csv", &LongMap::default()).1);
        let mut students = roster::Roster::default();
        let homes = "student_id,street,zip,frl,ell\nS9,1 Elm St,23301,Free,Y\n";
        all.append(roster::add_homes(&mut students, &source("h.csv", homes)).expect("homes"));
        let files = [
            ("schools.csv", "School_id,School_name\n1,Elm\n1,Elm\n"),
            (
                "students.csv",
                "School_id,Student_id,First_name,Last_name,Grade,Student_street,Student_zip,Frl_status,IEP_status\n\
              1,S1,Ana,Cruz,nine,1 Elm St,2301,x,y\n2,S2,Bo,Lee,4,,,,\n1,S3,,Lee,4,1 Elm St,23,,perhaps\n",
            ),
            ("sections.csv", "School_id,Section_id,Teacher_id,Term_start\n2,C1,,never\n"),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).to_vec();
        let clever = Source::folder("clever", files, Limits::default()).expect("a folder");
        let as_of = jiff::civil::date(2026, 10, 1);
        all.append(roster::parse(&clever, as_of).expect("a roster").1);
        for bytes in
            [&b""[..], b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1B\0o\0o\0k\0\0\0", b"%PDF-1.7", b"a,b\nJos\xE9,1\n"]
        {
            all.append(evenfield_gap::place::address::AddressPoints::from_csv(bytes, "p.csv").1);
        }
        all
    }

    #[test]
    fn common_faults_are_said_in_spanish() {
        let words = Words::load().expect("words");
        let all = said();
        let english: Vec<_> = all
            .kept()
            .iter()
            .filter(|problem| !words.problem(Language::Es, &problem.wanted).1)
            .map(|problem| problem.wanted.as_str())
            .collect();
        assert!(all.found() > 25, "{all:?}");
        assert_eq!(english, Vec::<&str>::new(), "of {}", all.found());
    }

    #[test]
    fn each_phrase_is_known_again_with_its_values() {
        let words = Words::load().expect("words");
        let spanish = |text: &str| words.problem(Language::Es, text);
        let cells = "3 cells as in the header; this row has 2";
        assert_eq!(spanish(cells), ("3 celdas, como en el encabezado; esta fila tiene 2".into(), true));
        let nested = spanish("a student's id; a spreadsheet has turned it into a rounded number").0;
        assert!(nested.starts_with("el ID de un estudiante; una hoja"), "{nested}");
        assert_eq!(spanish("something new"), ("something new".into(), false));
        assert_eq!(words.problem(Language::En, cells), (cells.into(), true));
        for phrase in &words.phrases {
            let values = VALUES.map(|name| (name, FluentValue::from("7")));
            let text = words.text(Language::En, &phrase.key, &values);
            let found = words.phrases.iter().find(|p| p.values(&text).is_some()).map(|p| p.key.as_str());
            assert_eq!(found, Some(phrase.key.as_str()), "{text}");
        }
    }
}
