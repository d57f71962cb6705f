//! Figures as lines of a CSV file. Their words are codes, the same in every language; docs/formats/figures.md says what
//! they mean.

use super::{Figure, numbers};
use evenfield_gap::publish::Coding;
use evenfield_model::Barrier;

/// The columns.
pub const COLUMNS: [&str; 18] = [
    "measure",
    "barrier",
    "geography_kind",
    "geography_id",
    "name",
    "group",
    "count",
    "counted",
    "answers",
    "value",
    "low90",
    "high90",
    "se",
    "share_of",
    "leaves_out",
    "coding",
    "method",
    "suppressed",
];

/// One line: a withheld figure has its reason and no number.
pub fn line(figure: &Figure, name: &str) -> [String; 18] {
    let mut line: [String; 18] = Default::default();
    line[0] = figure.measure.code().to_owned();
    line[1] = figure.barrier.map_or("", Barrier::code).to_owned();
    line[2] = figure.kind.as_str().to_owned();
    line[3] = numbers::cell(&figure.id);
    line[4] = numbers::cell(name);
    line[5] = numbers::cell(&figure.group);
    match &figure.shown {
        Ok(n) => {
            line[6] = n.students().to_string();
            line[7] = figure.meaning.counted.as_str().to_owned();
            line[8] = n.answers().to_string();
            line[9] = n.value().to_string();
            line[10] = n.low90().to_string();
            line[11] = n.high90().to_string();
            line[12] = n.se().map_or(String::new(), |se| se.to_string());
            line[13] = figure.meaning.share_of.as_str().to_owned();
            line[14] = figure.meaning.leaves_out().to_owned();
            // "At most 5%" has 0.05 as its value, and must not be read as 5%.
            line[15] = n.coding().map_or("", Coding::as_str).to_owned();
            line[16] = n.method().as_str().to_owned();
        }
        Err(why) => line[17] = why.as_str().to_owned(),
    }
    line
}
