//! What a carrier says of its lines, from a file.

use super::numbers::{self, Wrong};
use super::{ICCID, text, wanted};
use crate::read::{ColumnMap, ReadError, Table, TableRules, fold};
use evenfield_model::Problems;
use std::collections::HashMap;

/// What a line is at its carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineState {
    /// It works.
    Active,
    /// It does not work, and could again.
    Suspended,
    /// It is there no more.
    Ended,
    /// On its way from one to another, or not begun: nothing is said of it.
    Unsaid,
}

impl LineState {
    /// The state that carriers' systems have this word for.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match fold(word).as_str() {
            "active" | "activated" | "inservice" | "enabled" => Self::Active,
            "suspended" | "suspend" | "inactive" | "deactivated" | "paused" | "inventory" | "disabled"
            | "hotlined" => Self::Suspended,
            "ended" | "terminated" | "cancelled" | "canceled" | "disconnected" | "retired" | "purged" => {
                Self::Ended
            }
            "activationready" | "testready" | "preactive" | "preactivated" | "new" | "replaced" => {
                Self::Unsaid
            }
            word if word.starts_with("pending") => Self::Unsaid,
            _ => return None,
        })
    }
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The card.
    pub iccid: String,
    /// What its line is.
    pub state: LineState,
}

/// The columns that a file of what lines are may have, each with whether it must.
pub const COLUMNS: [(&str, bool); 2] = [("iccid", true), ("status", true)];

/// Reads a carrier's file, delimited text or a workbook, with the columns `iccid` and `status`, or as a map says that is about its headings. A row with a problem is left out. A line
/// that the file does not have is one of which it says nothing.
pub fn parse_seen(file: &str, bytes: &[u8], maps: &[ColumnMap]) -> (Vec<Seen>, Problems) {
    let (mut all, mut problems) = (Vec::new(), Problems::default());
    let text = text(file, bytes, &mut problems);
    if let Err(error) = text.and_then(|text| rows((file, &text), maps, &mut all, &mut problems)) {
        error.note(&mut problems);
    }
    if all.is_empty() && problems.is_empty() {
        problems.push(file, 0, "", "", "at least one line");
    }
    (all, problems)
}

fn rows(
    (file, text): (&str, &str),
    maps: &[ColumnMap],
    all: &mut Vec<Seen>,
    problems: &mut Problems,
) -> Result<(), ReadError> {
    let mut table = Table::open(file, text, TableRules::default(), problems)?.mapped(maps);
    let card = table.require(&["iccid", "sim", "sim_number", "icc"], problems);
    let status = table.require(&["status", "state", "line_status", "sim_status"], problems);
    if card.is_none() || status.is_none() {
        return Ok(());
    }
    let mut before: HashMap<String, u64> = HashMap::new();
    while let Some(row) = table.next_row(problems) {
        let iccid = numbers::iccid(row.text(card), true);
        let state = LineState::from_word(row.text(status));
        if state.is_none() {
            row.problem(status, "active, suspended or ended", problems);
        }
        match (iccid, state) {
            (Err(wrong), _) => {
                let wrong = if row.filled(card).is_none() { Wrong::Digits } else { wrong };
                row.problem(card, wanted(ICCID, ICCID, wrong), problems);
            }
            (Ok(iccid), Some(state)) => match before.get(&iccid) {
                Some(first) => {
                    let wanted = format!("each number once; line {first} has this one, too");
                    row.problem(card, wanted, problems);
                }
                None => {
                    before.insert(iccid.clone(), row.line);
                    all.push(Seen { iccid, state });
                }
            },
            (Ok(_), None) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_carriers_file_is_read() {
        let text = "ICCID,Status\n8991101200003204514,Activated\n8991101200003204522,In-active\n8991101200003204514,active\n\
            8.99E+18,active\n,active\n89011012000032045,on\n";
        let (all, problems) = parse_seen("c.csv", text.as_bytes(), &[]);
        assert_eq!(
            all.iter().map(|s| s.state).collect::<Vec<_>>(),
            [LineState::Active, LineState::Suspended]
        );
        let said: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
        assert_eq!(said, [(4, "ICCID"), (5, "ICCID"), (6, "ICCID"), (7, "Status"), (7, "ICCID")]);
        assert!(parse_seen("c.csv", b"iccid\n1\n", &[]).1.found() > 0);
        // A carrier's own words for lines that are on their way do not refuse its whole list.
        let text = "iccid,status\n8991101200003204514,ACTIVATION_READY\n8991101200003204522,Pending Resume\n";
        let (all, problems) = parse_seen("c.csv", text.as_bytes(), &[]);
        assert!(problems.is_empty() && all.iter().all(|s| s.state == LineState::Unsaid), "{problems:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_lines_or_problems(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (all, problems) = parse_seen("c.csv", &bytes, &[]);
            prop_assert!(!all.is_empty() || !problems.is_empty());
        }
    }
}
