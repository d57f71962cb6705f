//! The inventory of what a district lends: devices, their cards and the carriers' lines, from a file.
//!
//! The columns are those that auditors ask for of each device (FCC 21-58, paragraphs 116 to 118; 47 CFR 54.1715(a)): type, make and
//! model, serial. With them come what a counter scans and what a carrier knows the line by.

pub mod control_center;
pub mod enrolled;
pub mod numbers;
pub mod seen;
pub mod service;
#[cfg(test)]
mod tests;
pub mod thingspace;
pub mod usage;

use crate::read::{ColumnMap, ReadError, Row, Table, TableRules, decode, fold, workbook_text};
use evenfield_model::Problems;
use numbers::Wrong;
use std::borrow::Cow;
use std::collections::HashMap;

/// What a device is. The first five are the types of 47 CFR 54.1715(a)(1)(i).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A mobile hotspot.
    Hotspot,
    /// A laptop, a Chromebook.
    Laptop,
    /// A tablet.
    Tablet,
    /// A modem.
    Modem,
    /// A router.
    Router,
    /// Something else that is lent: a charger, an antenna.
    Other,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Hotspot, Self::Laptop, Self::Tablet, Self::Modem, Self::Router, Self::Other];

    /// The word in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hotspot => "hotspot",
            Self::Laptop => "laptop",
            Self::Tablet => "tablet",
            Self::Modem => "modem",
            Self::Router => "router",
            Self::Other => "other",
        }
    }

    /// The kind with this word, or with a common other one.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match fold(word).as_str() {
            "hotspot" | "mobilehotspot" | "mifi" | "jetpack" => Self::Hotspot,
            "laptop" | "chromebook" | "notebook" => Self::Laptop,
            "tablet" | "ipad" => Self::Tablet,
            "modem" => Self::Modem,
            "router" => Self::Router,
            "other" | "accessory" | "charger" => Self::Other,
            _ => return None,
        })
    }
}

/// How well a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Never used.
    New,
    /// Works, with few marks.
    #[default]
    Good,
    /// Works, with marks.
    Fair,
    /// Works, but not for long.
    Poor,
    /// Does not work.
    Broken,
}

impl Condition {
    /// All conditions, the best first.
    pub const ALL: [Self; 5] = [Self::New, Self::Good, Self::Fair, Self::Poor, Self::Broken];

    /// The word in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Broken => "broken",
        }
    }

    /// The condition with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = fold(word);
        Self::ALL.into_iter().find(|condition| condition.as_str() == word)
    }
}

/// A row of the file: a device with its card and line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it stands in the file.
    pub line: u64,
    /// What the counter scans; each device has one of its own.
    pub barcode: String,
    /// What it is.
    pub kind: Kind,
    /// Text by [`Text`]; none where the file has no such column.
    pub texts: [Option<String>; Text::ALL.len()],
    /// The maker's number.
    pub serial: Option<Option<String>>,
    /// 15 digits.
    pub imei: Option<Option<String>>,
    /// The card in it, 19 or 20 digits.
    pub iccid: Option<Option<String>>,
    /// The number of the card's line, 10 digits.
    pub line_number: Option<Option<String>>,
    /// What it cost, cents.
    pub cost_cents: Option<Option<i64>>,
    /// How well it is.
    pub condition: Option<Condition>,
}

/// The columns that hold any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Who makes it.
    Make,
    /// What the maker calls it.
    Model,
    /// Who pays for it.
    Funding,
    /// Where it is kept.
    Location,
    /// Whose the line is.
    Carrier,
    /// What is paid for the line, as the carrier calls it.
    Plan,
}

impl Text {
    /// All of them, in the order of [`Item::texts`].
    pub const ALL: [Self; 6] =
        [Self::Make, Self::Model, Self::Funding, Self::Location, Self::Carrier, Self::Plan];

    fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Make => &["make", "manufacturer", "brand", "vendor"],
            Self::Model => &["model", "model_name", "model_number"],
            Self::Funding => &["funding_source", "funding", "fund", "grant"],
            Self::Location => &["location", "site", "building", "school", "where"],
            Self::Carrier => &["carrier", "provider", "network"],
            Self::Plan => &["plan", "rate_plan", "data_plan"],
        }
    }
}

/// The most characters of a text.
pub const TEXT: usize = 120;

/// The most rows of a file.
pub const ROWS: usize = 200_000;

impl Item {
    /// A text; none where the file has no such column.
    pub fn text(&self, text: Text) -> Option<&str> {
        self.texts[text as usize].as_deref()
    }
}

/// Where the columns are.
struct Columns {
    barcode: Option<usize>,
    kind: Option<usize>,
    texts: [Option<usize>; Text::ALL.len()],
    serial: Option<usize>,
    imei: Option<usize>,
    iccid: Option<usize>,
    line_number: Option<usize>,
    cost: Option<usize>,
    condition: Option<usize>,
}

impl Columns {
    fn find(table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let barcode = table.require(&["barcode", "asset_tag", "asset", "tag", "asset_id"], problems);
        let kind = table.require(&["type", "device_type", "kind", "category"], problems);
        let mut column = |names: &[&str]| table.column(names, problems);
        let columns = Self {
            barcode,
            kind,
            texts: Text::ALL.map(|text| column(text.headers())),
            serial: column(&["serial", "serial_number", "sn"]),
            imei: column(&["imei", "imei_number"]),
            iccid: column(&["iccid", "sim", "sim_number", "sim_card", "icc"]),
            line_number: column(&["line_number", "mdn", "msisdn", "phone_number", "telephone", "phone"]),
            cost: column(&["cost", "price", "purchase_cost"]),
            condition: column(&["condition"]),
        };
        (barcode.is_some() && kind.is_some()).then_some(columns)
    }
}

/// The columns that a file of devices may have, each with whether it must.
pub const COLUMNS: [(&str, bool); 14] = [
    ("barcode", true),
    ("type", true),
    ("make", false),
    ("model", false),
    ("serial", false),
    ("imei", false),
    ("iccid", false),
    ("line_number", false),
    ("carrier", false),
    ("plan", false),
    ("funding_source", false),
    ("cost", false),
    ("condition", false),
    ("location", false),
];

/// The text of a file: delimited text, or the first sheet of an Excel workbook.
fn text<'b>(file: &str, bytes: &'b [u8], problems: &mut Problems) -> Result<Cow<'b, str>, ReadError> {
    match decode(file, bytes, problems) {
        Err(ReadError::Workbook { .. }) => workbook_text(file, bytes).map(Cow::Owned),
        other => other,
    }
}

/// The header row of a file, each heading with what stands below it in the first row; none where it cannot be read.
pub fn headings(file: &str, bytes: &[u8]) -> Vec<(String, String)> {
    let mut problems = Problems::default();
    let Ok(text) = text(file, bytes, &mut problems) else { return Vec::new() };
    let Ok(mut table) = Table::open(file, &text, TableRules::default(), &mut problems) else {
        return Vec::new();
    };
    let headings = table.headers().to_vec();
    let row = table.next_row(&mut problems);
    let cell =
        |at: usize| row.as_ref().map_or(String::new(), |row| row.text(Some(at)).chars().take(TEXT).collect());
    headings.into_iter().enumerate().map(|(at, heading)| (heading, cell(at))).collect()
}

/// Reads a file of devices: delimited text, or the first sheet of an Excel workbook; one with headings that a map is about as that says.
/// All problems are said; a row with one is left out.
pub fn parse(file: &str, bytes: &[u8], maps: &[ColumnMap]) -> (Vec<Item>, Problems) {
    let (mut items, mut problems) = (Vec::new(), Problems::default());
    let text = text(file, bytes, &mut problems);
    if let Err(error) = text.and_then(|text| rows((file, &text), maps, &mut items, &mut problems)) {
        error.note(&mut problems);
    }
    if items.is_empty() && problems.is_empty() {
        problems.push(file, 0, "", "", "at least one device");
    }
    (items, problems)
}

fn rows(
    (file, text): (&str, &str),
    maps: &[ColumnMap],
    items: &mut Vec<Item>,
    problems: &mut Problems,
) -> Result<(), ReadError> {
    let mut table = Table::open(file, text, TableRules::default(), problems)?.mapped(maps);
    let Some(columns) = Columns::find(&mut table, problems) else { return Ok(()) };
    let mut seen: HashMap<(&'static str, String), u64> = HashMap::new();
    while let Some(row) = table.next_row(problems) {
        if items.len() >= ROWS {
            problems.push(file, row.line, "", "", format!("at most {ROWS} devices in a file"));
            break;
        }
        let before = problems.found();
        let Some(item) = item(&row, &columns, problems) else { continue };
        once(&item, &row, &columns, &mut seen, problems);
        if problems.found() == before {
            items.push(item);
        }
    }
    Ok(())
}

/// Numbers that only one device has: a second row with one is a problem.
fn once(
    item: &Item,
    row: &Row<'_>,
    columns: &Columns,
    seen: &mut HashMap<(&'static str, String), u64>,
    problems: &mut Problems,
) {
    let number = |n: &Option<Option<String>>| n.clone().flatten();
    let numbers = [
        ("barcode", columns.barcode, Some(item.barcode.clone())),
        ("serial", columns.serial, number(&item.serial)),
        ("imei", columns.imei, number(&item.imei)),
        ("iccid", columns.iccid, number(&item.iccid)),
        ("line_number", columns.line_number, number(&item.line_number)),
    ];
    for (what, column, number) in numbers {
        let Some(number) = number else { continue };
        match seen.get(&(what, number.clone())) {
            Some(first) => {
                row.problem(column, format!("each number once; line {first} has this one, too"), problems);
            }
            None => drop(seen.insert((what, number), row.line)),
        }
    }
}

/// What is wanted of a number that is wrong.
fn wanted(what: &str, check: &str, wrong: Wrong) -> String {
    match wrong {
        Wrong::Rounded => format!("{what}; a spreadsheet has turned it into a rounded number"),
        Wrong::Digits => what.to_owned(),
        Wrong::Check => {
            format!("{check}; its last digit does not fit the others, so one of them is mistyped")
        }
    }
}

/// What is wanted of an ICCID.
pub const ICCID: &str = "an ICCID of 19 or 20 digits that begins with 89";
/// What is wanted of an IMEI.
pub const IMEI: &str = "an IMEI of 15 digits";
/// What is wanted of the number of a line.
pub const LINE_NUMBER: &str = "the number of a line, 10 digits";
/// What is wanted of a barcode.
pub const BARCODE: &str = "a barcode of at most 64 characters";
/// What is wanted of a serial.
pub const SERIAL: &str = "a serial of at most 64 characters";

fn item(row: &Row<'_>, columns: &Columns, problems: &mut Problems) -> Option<Item> {
    let before = problems.found();
    let mut number = |column: Option<usize>, what: &str, read: &dyn Fn(&str) -> Result<String, Wrong>| {
        column?;
        let Some(text) = row.filled(column) else { return Some(None) };
        match read(unquoted(text)) {
            Ok(number) => Some(Some(number)),
            Err(wrong) => {
                row.problem(column, wanted(what, what, wrong), problems);
                None
            }
        }
    };
    let barcode = number(columns.barcode, BARCODE, &numbers::code);
    let serial = number(columns.serial, SERIAL, &numbers::code);
    let imei = number(columns.imei, IMEI, &numbers::imei);
    let iccid = number(columns.iccid, ICCID, &|text| numbers::iccid(text, true));
    let line_number = number(columns.line_number, LINE_NUMBER, &numbers::line_number);
    if barcode == Some(None) {
        row.problem(columns.barcode, BARCODE, problems);
    }
    let kind = Kind::from_word(row.text(columns.kind));
    if kind.is_none() {
        row.problem(columns.kind, "hotspot, laptop, tablet, modem, router or other", problems);
    }
    let cost = row.parsed(columns.cost, numbers::cents, "a cost in dollars, such as 89.99", problems);
    let condition =
        row.parsed(columns.condition, Condition::from_word, "new, good, fair, poor or broken", problems);
    let mut texts: [Option<String>; Text::ALL.len()] = Default::default();
    for (text, column) in texts.iter_mut().zip(columns.texts) {
        *text = column.map(|_| one_line(unquoted(row.text(column))));
        if text.as_deref().is_some_and(|text| text.chars().count() > TEXT) {
            row.problem(column, format!("at most {TEXT} characters"), problems);
        }
    }
    let says_line = |text: Text| texts[text as usize].as_deref().is_some_and(|text| !text.is_empty());
    let has_line = says_line(Text::Carrier) || says_line(Text::Plan) || matches!(line_number, Some(Some(_)));
    if has_line && !matches!(iccid, Some(Some(_))) && row.filled(columns.iccid).is_none() {
        row.problem(columns.iccid, "the ICCID of the card that the line belongs to", problems);
    }
    if problems.found() > before {
        return None;
    }
    Some(Item {
        line: row.line,
        barcode: barcode??,
        kind: kind?,
        texts,
        serial,
        imei,
        iccid,
        line_number,
        cost_cents: columns.cost.map(|_| cost),
        condition: columns.condition.map(|_| condition.unwrap_or_default()),
    })
}

/// A cell without the apostrophe that the portal's own files have before what a spreadsheet would take for a formula.
fn unquoted(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    }
}

/// A text on one line, without control characters.
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
