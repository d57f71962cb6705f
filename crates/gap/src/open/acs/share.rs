//! Shares that the measures are built on, from B28002, B28003, B28005 and B28011.
//!
//! Source of the lines: Census Bureau, table shells of the ACS 2017-2023 (2018 for B28011). An *open* line counts as the
//! gap; a *closed* one counts as what the gap lacks, so that its share is taken from one.

use super::moe_proportion::moe_proportion;
use super::moe_sum::moe_sum;
use super::table::{AcsRow, AcsTable, Cell};
use evenfield_model::{Geography, Measure};

/// What a share is of, and from which lines it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShareKind {
    /// Persons under 18 in a home without a computer or without a subscription other than dial-up (B28005). It
    /// understates the gap: cellular-only homes count as subscribed.
    ChildrenM1,
    /// Persons under 18 in a home without a computer (B28005).
    ChildrenNoComputer,
    /// Households without a subscription other than dial-up (B28002).
    HouseholdsM1,
    /// The same, or with a cellular plan alone (B28002).
    HouseholdsM2,
    /// Households without cable, fiber or DSL (B28002).
    HouseholdsM3,
    /// Households without a computer, or without a subscription other than dial-up (B28003).
    HouseholdsNoComputerOrSubscription,
    /// Households without a computer (B28003).
    HouseholdsNoComputer,
    /// Households without a subscription other than dial-up (B28011).
    HouseholdsM1FromTypes,
    /// Households without cable, fiber or DSL (B28011).
    HouseholdsM3FromTypes,
    /// Households without broadband of any type, by the line of those with it (B28002): what is left to a
    /// table that keeps no other line.
    HouseholdsWithoutBroadband,
}

struct Lines {
    table: &'static str,
    whole: u16,
    /// Lines that are the gap, or, when `closed`, that are what the gap lacks.
    parts: &'static [u16],
    closed: bool,
}

impl ShareKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::ChildrenM1,
        Self::ChildrenNoComputer,
        Self::HouseholdsM1,
        Self::HouseholdsM2,
        Self::HouseholdsM3,
        Self::HouseholdsNoComputerOrSubscription,
        Self::HouseholdsNoComputer,
        Self::HouseholdsM1FromTypes,
        Self::HouseholdsM3FromTypes,
        Self::HouseholdsWithoutBroadband,
    ];

    fn lines(self) -> Lines {
        let open = |table, whole, parts| Lines { table, whole, parts, closed: false };
        let closed = |table, whole, parts| Lines { table, whole, parts, closed: true };
        match self {
            Self::ChildrenM1 => open("B28005", 2, &[4, 6, 7]),
            Self::ChildrenNoComputer => open("B28005", 2, &[7]),
            Self::HouseholdsM1 => open("B28002", 1, &[3, 12, 13]),
            Self::HouseholdsM2 => open("B28002", 1, &[3, 6, 12, 13]),
            Self::HouseholdsM3 => closed("B28002", 1, &[7]),
            Self::HouseholdsNoComputerOrSubscription => open("B28003", 1, &[3, 5, 6]),
            Self::HouseholdsNoComputer => open("B28003", 1, &[6]),
            Self::HouseholdsM1FromTypes => open("B28011", 1, &[3, 7, 8]),
            Self::HouseholdsM3FromTypes => closed("B28011", 1, &[4]),
            Self::HouseholdsWithoutBroadband => closed("B28002", 1, &[4]),
        }
    }

    /// The measure that the share is nearest to; `None` for computers alone.
    pub fn measure(self) -> Option<Measure> {
        match self {
            Self::ChildrenM1
            | Self::HouseholdsM1
            | Self::HouseholdsM1FromTypes
            | Self::HouseholdsWithoutBroadband
            | Self::HouseholdsNoComputerOrSubscription => Some(Measure::M1NoSubscriptionOrComputer),
            Self::HouseholdsM2 => Some(Measure::M2OrCellularOnly),
            Self::HouseholdsM3 | Self::HouseholdsM3FromTypes => Some(Measure::M3NoWired),
            Self::ChildrenNoComputer | Self::HouseholdsNoComputer => None,
        }
    }

    /// The ACS table whose lines it is made of.
    pub fn table(self) -> &'static str {
        self.lines().table
    }

    /// Whether the measure asks for computers too, and the share does not see them: it is then too low.
    pub fn leaves_out_computers(self) -> bool {
        matches!(
            self,
            Self::HouseholdsM1
                | Self::HouseholdsM1FromTypes
                | Self::HouseholdsWithoutBroadband
                | Self::HouseholdsM2
        )
    }

    /// Whether the share is of children; otherwise it is of households.
    pub fn of_children(self) -> bool {
        matches!(self, Self::ChildrenM1 | Self::ChildrenNoComputer)
    }
}

/// The lines that are parts of another line of their table, by that line.
/// Source: Census Bureau, table shells of the ACS 2017-2023 (2018 for B28011).
const PARTS: [(&str, u16, std::ops::RangeInclusive<u16>); 12] = [
    ("B28002", 1, 2..=13),
    ("B28002", 2, 3..=11),
    ("B28002", 4, 5..=10),
    ("B28002", 5, 6..=6),
    ("B28002", 7, 8..=8),
    ("B28002", 9, 10..=10),
    ("B28003", 1, 2..=6),
    ("B28003", 2, 3..=5),
    ("B28005", 2, 3..=7),
    ("B28005", 3, 4..=6),
    ("B28011", 1, 2..=8),
    ("B28011", 2, 3..=6),
];

/// Variables of a table, by position, that are together no more than another one: each line against the line that it is a part of,
/// and the lines of each share against its whole. Counts of one table add up to its total exactly, so that a row in which they
/// are more is damaged.
pub(super) fn parts_and_wholes(variables: &[String]) -> Vec<(Vec<usize>, usize)> {
    let place = |table: &str, line: u16| {
        let code = format!("{table}_{line:03}");
        variables.iter().position(|known| *known == code)
    };
    let mut found = Vec::new();
    for (table, whole, parts) in PARTS {
        let Some(whole) = place(table, whole) else { continue };
        found.extend(parts.filter_map(|line| Some((vec![place(table, line)?], whole))));
    }
    for lines in ShareKind::ALL.map(ShareKind::lines) {
        let parts: Option<Vec<usize>> = lines.parts.iter().map(|&line| place(lines.table, line)).collect();
        if let (Some(parts), Some(whole)) = (parts, place(lines.table, lines.whole))
            && parts.len() > 1
        {
            found.push((parts, whole));
        }
    }
    found
}

/// One place's share.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The place.
    pub geography: Geography,
    /// What it is.
    pub kind: ShareKind,
    /// 0 to 1.
    pub value: f64,
    /// Half the width of the 90% interval, on the same scale; `None` where the table lost its margins.
    pub moe: Option<f64>,
    /// Children or households that it is a share of.
    pub whole: f64,
}

/// All shares that a table has the lines for. A place with nobody to count, or with a line missing, has none.
pub fn shares(table: &AcsTable) -> Vec<Share> {
    let mut found = Vec::new();
    for kind in ShareKind::ALL {
        let lines = kind.lines();
        let place = |line: &u16| table.variable(&format!("{}_{line:03}", lines.table));
        let Some(whole) = place(&lines.whole) else { continue };
        let Some(parts) = lines.parts.iter().map(place).collect::<Option<Vec<_>>>() else { continue };
        found.extend(table.rows.iter().filter_map(|row| share(row, kind, whole, &parts, lines.closed)));
    }
    found
}

fn share(row: &AcsRow, kind: ShareKind, whole: usize, parts: &[usize], closed: bool) -> Option<Share> {
    let cells: Vec<Cell> = parts.iter().map(|&at| row.cells[at]).collect();
    let (part, part_moe) = moe_sum(&cells)?;
    let whole = row.cells[whole];
    let total = whole.estimate?;
    let (value, moe) = moe_proportion((part, part_moe.unwrap_or(0.0)), (total, whole.moe.unwrap_or(0.0)))?;
    // More in a part than in the whole is no share. Files of the Census Bureau have no such row left here; other tables may.
    if value > 1.0 {
        return None;
    }
    let moe = (part_moe.is_some() && whole.moe.is_some()).then_some(moe);
    let value = if closed { 1.0 - value } else { value };
    Some(Share { geography: row.geography.clone(), kind, value, moe, whole: total })
}
