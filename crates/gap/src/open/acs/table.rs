//! A detailed table: estimates and margins by place.

use super::{api, bulk, geo_id, share, value};
use crate::read::Seen;
use crate::read::decode;
use evenfield_model::{Geography, GeographyKind, GeoidError, Problems};

/// An estimate and its margin of error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// The estimate; `None` where the table has none or a code in its place.
    pub estimate: Option<f64>,
    /// Half the width of the 90% interval; 0 for a controlled estimate.
    pub moe: Option<f64>,
}

/// One place's row.
#[derive(Clone, Debug, PartialEq)]
pub struct AcsRow {
    /// The place.
    pub geography: Geography,
    /// Its name as the Census writes it; empty when the file has none.
    pub name: String,
    /// The cells, in the order of [`AcsTable::variables`].
    pub cells: Vec<Cell>,
}

/// One or several detailed tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcsTable {
    /// Variable codes such as `B28005_006`, without the ending that tells estimate from margin.
    pub variables: Vec<String>,
    /// One row a place.
    pub rows: Vec<AcsRow>,
}

impl AcsTable {
    /// The position of a variable such as `B28005_006` in each row.
    pub fn variable(&self, code: &str) -> Option<usize> {
        self.variables.iter().position(|known| known == code)
    }
}

/// Reads any detailed table: the API's JSON (an array of arrays), a CSV of data.census.gov with one header row or
/// two, or the same packed. Of an archive all `*-Data.csv` members are read, or all tables if there is none.
pub fn parse(bytes: &[u8], file: &str) -> (AcsTable, Problems) {
    let mut problems = Problems::default();
    let first = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start().first();
    if first != Some(&b'[') {
        let table = bulk::parse(bytes, file, &mut problems);
        return (table, problems);
    }
    match decode(file, bytes, &mut problems) {
        Ok(text) => (api::parse(&text, file, &mut problems), problems),
        Err(error) => {
            error.note(&mut problems);
            (AcsTable::default(), problems)
        }
    }
}

/// What a column of a table holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
    Estimate(usize),
    Margin(usize),
    GeoId,
    Name,
    State,
    County,
    Tract,
    BlockGroup,
    District,
    Other,
}

/// Makes rows of a table from texts, whatever file they came from.
pub(super) struct Assembler {
    columns: Vec<Column>,
    headers: Vec<String>,
    table: AcsTable,
    /// Variables that are together no more than another one.
    parts: Vec<(Vec<usize>, usize)>,
    seen: Seen<Geography>,
}

impl Assembler {
    /// Reads the headers; `None`, and a problem, when there is no estimate or nothing that names a place.
    pub(super) fn new(headers: Vec<String>, file: &str, problems: &mut Problems) -> Option<Self> {
        let mut table = AcsTable::default();
        let columns: Vec<Column> =
            headers.iter().map(|header| column(header, &mut table.variables)).collect();
        let has = |wanted: Column| columns.contains(&wanted);
        if table.variables.is_empty() || !(has(Column::GeoId) || has(Column::State)) {
            let said: Vec<_> = headers.iter().take(8).map(String::as_str).collect();
            let wanted = "columns GEO_ID (or state and the rest) and estimates such as B28005_001E";
            problems.push(file, 1, "", &said.join(","), wanted);
            return None;
        }
        let parts = share::parts_and_wholes(&table.variables);
        Some(Self { columns, headers, table, parts, seen: Seen::default() })
    }

    /// Reads one row; a place or a number that cannot be read is a problem, and so is a place that a row before has.
    pub(super) fn row(&mut self, texts: &[&str], file: &str, line: u64, problems: &mut Problems) {
        let geography = match self.geography(texts) {
            Ok(geography) => geography,
            Err((column, said, wanted)) => return problems.push(file, line, column, &said, wanted),
        };
        if let Some(before) = self.seen.before(geography.clone(), line) {
            let wanted = format!("each place once; it is on line {before} already");
            return problems.push(file, line, "GEO_ID", &geography.id, wanted);
        }
        let mut cells = vec![Cell::default(); self.table.variables.len()];
        for ((text, column), header) in texts.iter().zip(&self.columns).zip(&self.headers) {
            let (slot, read, wanted) = match *column {
                Column::Estimate(at) => {
                    (&mut cells[at].estimate, value::estimate(text), "a number, 0 or more")
                }
                Column::Margin(at) => {
                    (&mut cells[at].moe, value::margin(text), "a margin of error, 0 or more")
                }
                _ => continue,
            };
            match read {
                // Every B28 estimate is a count of people or households.
                Some(Ok(number)) if number >= 0.0 => *slot = Some(number),
                Some(_) => problems.push(file, line, header, text, wanted),
                None if matches!(column, Column::Estimate(_)) => problems.note_empty_cell(),
                None => {}
            }
        }
        if let Some((part, sum, wanted)) = self.beyond_whole(&cells) {
            return problems.push(file, line, &part, &sum.to_string(), wanted);
        }
        let name = self.text(texts, Column::Name).unwrap_or_default().to_owned();
        self.table.rows.push(AcsRow { geography, name, cells });
    }

    /// The first variables that are more than the one they are parts of: their headers, their sum, and what is wanted.
    fn beyond_whole(&self, cells: &[Cell]) -> Option<(String, f64, String)> {
        self.parts.iter().find_map(|(parts, whole)| {
            let total = cells[*whole].estimate?;
            let sum = parts.iter().map(|&part| cells[part].estimate).sum::<Option<f64>>()?;
            let wanted = || {
                let whole = self.header(*whole);
                format!(
                    "no more than the {total} in {whole}: a part is not larger than its whole. This row is left out"
                )
            };
            let headers = || parts.iter().map(|&part| self.header(part)).collect::<Vec<_>>().join(" + ");
            (sum > total).then(|| (headers(), sum, wanted()))
        })
    }

    /// The header of a variable's estimate.
    fn header(&self, variable: usize) -> &str {
        let at = self.columns.iter().position(|column| *column == Column::Estimate(variable));
        at.map_or("", |at| self.headers[at].as_str())
    }

    pub(super) fn finish(self) -> AcsTable {
        self.table
    }

    fn text<'t>(&self, texts: &[&'t str], wanted: Column) -> Option<&'t str> {
        let at = self.columns.iter().position(|column| *column == wanted)?;
        texts.get(at).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn geography(&self, texts: &[&str]) -> Result<Geography, (&'static str, String, String)> {
        if let Some(text) = self.text(texts, Column::GeoId) {
            let found =
                geo_id::parse(text).map_err(|error| ("GEO_ID", text.to_owned(), error.to_string()))?;
            let name = self.text(texts, Column::Name).unwrap_or_default();
            // Of its own a tract of another state; the Census Bureau's name of the place says what it was.
            if found.kind == GeographyKind::Tract && name.starts_with("Block Group") {
                let error = GeoidError::LostZero(text.to_owned(), 11);
                return Err(("GEO_ID", text.to_owned(), format!("the 12 digits of a block group; {error}")));
            }
            return Ok(found);
        }
        let mut code = String::new();
        for (column, header, digits) in CODES {
            let Some(text) = self.text(texts, column) else {
                if column == Column::State {
                    return Err((header, String::new(), "the codes of a place".to_owned()));
                }
                continue;
            };
            if text.len() != digits || !text.bytes().all(|b| b.is_ascii_digit()) {
                let hint = if text.len() < digits {
                    ": a spreadsheet has probably dropped leading zeros"
                } else {
                    ""
                };
                return Err((header, text.to_owned(), format!("a code of {digits} digits{hint}")));
            }
            code.push_str(text);
        }
        geo_id::parse(&code).map_err(|error| ("state", code.clone(), error.to_string()))
    }
}

/// The columns whose codes one after the other are a GEOID, with their digits. A district lies in a state, not in a county.
/// Source: Census Bureau, "Understanding Geographic Identifiers (GEOIDs)".
const CODES: [(Column, &str, usize); 5] = [
    (Column::State, "state", 2),
    (Column::District, "school district", 5),
    (Column::County, "county", 3),
    (Column::Tract, "tract", 6),
    (Column::BlockGroup, "block group", 1),
];

fn column(header: &str, variables: &mut Vec<String>) -> Column {
    match header.trim() {
        "GEO_ID" | "GEOID" | "geo_id" => return Column::GeoId,
        "NAME" => return Column::Name,
        "state" => return Column::State,
        "county" => return Column::County,
        "tract" => return Column::Tract,
        "block group" => return Column::BlockGroup,
        other if other.starts_with("school district") => return Column::District,
        _ => {}
    }
    let Some((code, margin)) = variable(header.trim()) else { return Column::Other };
    let at = variables.iter().position(|known| *known == code).unwrap_or_else(|| {
        variables.push(code);
        variables.len() - 1
    });
    if margin { Column::Margin(at) } else { Column::Estimate(at) }
}

/// Takes apart `B28005_006E` (API and download) or `B28005_E006` (table-based summary file) into
/// code and whether it is a margin. Annotations (`EA`, `MA`) are left out: the codes in the numbers say the same.
fn variable(header: &str) -> Option<(String, bool)> {
    let (table, rest) = header.split_once('_')?;
    let known = table.len() >= 6
        && table.is_ascii()
        && table.starts_with(['B', 'C', 'S'])
        && table[1..6].bytes().all(|b| b.is_ascii_digit());
    if !known || !rest.is_ascii() {
        return None;
    }
    let digits = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    let (line, kind) = if rest.starts_with(['E', 'M']) {
        (&rest[1..], &rest[..1])
    } else {
        (rest.get(..3)?, rest.get(3..)?)
    };
    match kind {
        "E" | "M" if digits(line) => Some((format!("{table}_{line}"), kind == "M")),
        _ => None,
    }
}
