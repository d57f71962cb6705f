//! Bytes to text and tables, within bounded memory.
//!
//! 1. [`Source`]: a file, a folder given as names and bytes, or an archive (`.zip`, `.gz`, `.xz`), opened
//!    within [`Limits`].
//! 2. [`decode`]: bytes to text; UTF-8 with or without a mark, UTF-16, Windows-1252. [`workbook_text`]: the first sheet of a workbook.
//! 3. [`Table`]: delimited text with named columns, line by line; [`Row`] gives typed cells and notes what
//!    is wrong with them.
//!
//! What cannot be read at all is a [`ReadError`]; what is wrong in one place is a
//! [`Problem`](evenfield_model::Problem).

mod cell;
mod columns;
mod error;
mod rows;
mod source;
mod table;
mod text;
mod workbook;
mod xz;

pub(crate) use cell::parse_number;
pub use cell::{parse_count, parse_date, parse_flag, plain_number};
pub use columns::{ColumnMap, NOT_READ};
pub use error::ReadError;
pub(crate) use rows::{Seen, each_member, each_row, rows};
pub use source::{Limits, Source};
pub use table::{Row, Table, TableRules, fold};
pub use text::decode;
pub use workbook::workbook_text;

#[cfg(test)]
mod tests;
