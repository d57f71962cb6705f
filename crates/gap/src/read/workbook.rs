//! The first sheet of an Excel workbook as delimited text.

use super::{Limits, ReadError, Source};
use calamine::{Data, Reader, Xlsx};
use std::io::Cursor;

/// Columns further to the right are passed over.
const WIDTH: usize = 256;
/// The longest text that a sheet may become, bytes.
const TEXT_BYTES: usize = 64 << 20;

/// The cells of the first sheet as comma-separated text. A row of the sheet is a line of the text, so that problems name rows as the
/// spreadsheet does. A number of more than 15 digits, which a workbook does not keep, is written as `8.91E+18`: readers know it by that.
///
/// # Errors
/// [`ReadError::Missing`] when it cannot be read, [`ReadError::TooLarge`] when it is larger than 64 MiB of text.
pub fn workbook_text(file: &str, bytes: &[u8]) -> Result<String, ReadError> {
    let wrong = |why: String| ReadError::Missing {
        file: file.to_owned(),
        wanted: format!("an Excel workbook (.xlsx) that can be read, or a CSV file ({why})"),
    };
    // A workbook is a zip archive itself: its sizes are checked before anything is unpacked.
    let limits = Limits { file_bytes: 256 << 20, total_bytes: 512 << 20, ..Limits::default() };
    match Source::open(file, bytes.to_vec(), limits) {
        Ok(_) | Err(ReadError::Workbook { .. }) => {}
        Err(error) => return Err(error),
    }
    // Cell by cell: the library's own table of a sheet takes memory for the whole rectangle up to the furthest cell.
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| wrong(e.to_string()))?;
    let first = book.sheet_names().first().cloned().ok_or_else(|| wrong("no sheet".to_owned()))?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|e| wrong(e.to_string()))?;
    let (mut text, mut line, mut row, mut width) = (String::new(), 0u32, Vec::<String>::new(), 0);
    while let Some(cell) = cells.next_cell().map_err(|e| wrong(e.to_string()))? {
        let (at, column) = cell.get_position();
        while line < at {
            write_row(&mut text, &mut row, &mut width);
            line += 1;
        }
        let column = column as usize;
        if column < WIDTH {
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = cell_text(&Data::from(cell.get_value().clone()));
        }
        if text.len() > TEXT_BYTES {
            return Err(ReadError::TooLarge { file: file.to_owned(), limit: TEXT_BYTES as u64 });
        }
    }
    write_row(&mut text, &mut row, &mut width);
    Ok(text)
}

/// Adds a row, each cell in quotation marks, and empties it. A sheet leaves out empty cells at the end of a row, a table wants as many as
/// its header has: the first row that has any is the header.
fn write_row(text: &mut String, row: &mut Vec<String>, width: &mut usize) {
    if !row.is_empty() {
        if *width == 0 {
            *width = row.len();
        }
        row.resize(row.len().max(*width), String::new());
    }
    let cells: Vec<String> = row.drain(..).map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    text.push_str(&cells.join(","));
    text.push('\n');
}

/// A cell as text on one line.
fn cell_text(cell: &Data) -> String {
    let text = match cell {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) if number.abs() >= 1e15 => format!("{number:E}").replace('E', "E+"),
        // A date is a number with a format; written as the number nobody would know it.
        Data::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    };
    text.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}
