//! Whether a list's file is to be believed: one that has lost most of its names is more often a download that failed than a
//! list that has become short, and what it no longer names would be open.

use evenfield_policy::compile::ListReport;
use evenfield_policy::config::{List, Names};
use serde::{Deserialize, Serialize};

/// A list as a version's row says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Its version.
    pub version: String,
    /// Entries read.
    pub names: u64,
    /// Lines that could not be read.
    #[serde(default, skip_serializing_if = "is_none")]
    pub problems: u64,
    /// What its file has now, where the file of before is used in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

/// A file that is not used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Entries read.
    pub names: u64,
    /// Lines that could not be read.
    pub problems: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Listed {
    /// What was read now; with what its file has, where that is not used.
    pub fn of(report: &ListReport, held: Option<Held>) -> Self {
        let ListReport { name, category, version, rows, problems, .. } = report;
        let (name, category, version) = (name.clone(), category.clone(), version.clone());
        Self { name, category, version, names: *rows, problems: *problems, held }
    }

    /// Whether what was read now is to be doubted: fewer than half of the names, or more lines that are none than names. Another
    /// version in the settings says that it is meant.
    pub fn doubts(&self, list: &List, read: &ListReport) -> bool {
        let in_settings = matches!(list.names, Names::Here(_));
        let is_meant = list.version.as_ref().is_some_and(|version| *version != self.version);
        let is_less =
            read.rows.saturating_mul(2) < self.names || read.problems > read.rows.max(self.problems);
        !in_settings && !is_meant && self.names > 0 && is_less
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_policy::lists::{Format, Options};

    #[test]
    fn a_list_that_has_lost_most_of_its_names_is_doubted() {
        let list = |version: Option<&str>| List {
            name: "adult".to_owned(),
            category: "adult".to_owned(),
            names: Names::File("adult.txt".to_owned(), Format::Domains, Options::default()),
            version: version.map(str::to_owned),
            line: 1,
        };
        let read = |rows, problems| ListReport {
            name: "adult".to_owned(),
            category: "adult".to_owned(),
            version: "2".to_owned(),
            rows,
            not_names: 0,
            problems,
        };
        let before = Listed { names: 100, problems: 7, version: "1".to_owned(), ..Listed::default() };
        for (rows, problems, doubted) in [
            (100, 0, false),
            (50, 0, false),
            (49, 0, true),
            (0, 0, true),
            (60, 60, false),
            (60, 61, true),
            (5_000, 0, false),
        ] {
            assert_eq!(before.doubts(&list(None), &read(rows, problems)), doubted, "{rows} {problems}");
            assert_eq!(before.doubts(&list(Some("1")), &read(rows, problems)), doubted, "{rows} {problems}");
            assert!(!before.doubts(&list(Some("2")), &read(rows, problems)));
        }
        assert!(!before.doubts(&List { names: Names::Here(vec![]), ..list(None) }, &read(0, 0)));
        assert!(!Listed::default().doubts(&list(None), &read(0, 9)), "there was none before");
        // As the rows of earlier releases have it.
        let old = r#"[{"name":"a","category":"b","version":"c","names":4}]"#;
        let old: Vec<Listed> = serde_json::from_str(old).expect("JSON");
        assert_eq!((old[0].names, old[0].held), (4, None));
    }
}
