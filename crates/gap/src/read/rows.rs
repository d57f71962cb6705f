//! Opening what parsers read: each member of an archive as text or as a table.

use super::{Limits, ReadError, Row, Source, Table, TableRules, decode};
use evenfield_model::Problems;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What was read before, and on which line: of two rows for the same thing neither can be told to be the right one, so the
/// second is a problem and left out.
pub(crate) struct Seen<K>(HashMap<K, u64>);

impl<K> Default for Seen<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: std::hash::Hash + Eq> Seen<K> {
    /// What was read, each with its line, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&K, u64)> {
        self.0.iter().map(|(key, line)| (key, *line))
    }

    /// The line on which it stands already, if there is one.
    pub(crate) fn before(&mut self, key: K, line: u64) -> Option<u64> {
        match self.0.entry(key) {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) => {
                entry.insert(line);
                None
            }
        }
    }
}

/// Gives the bytes of each member (a plain file is its own only member) with its name.
pub(crate) fn each_member(
    bytes: &[u8],
    file: &str,
    problems: &mut Problems,
    mut take: impl FnMut(&str, &[u8], &mut Problems) -> Result<(), ReadError>,
) {
    if !Source::is_packed(bytes) {
        // A plain file is not copied: it may be large.
        return take(file, bytes, problems).unwrap_or_else(|error| error.note(problems));
    }
    let source = match Source::open(file, bytes.to_vec(), Limits::default()) {
        Ok(source) => source,
        Err(error) => return error.note(problems),
    };
    let names: Vec<String> = source.names().map(str::to_owned).collect();
    for name in names {
        let path = source.path_of(&name);
        let taken = source.read(&name).and_then(|content| take(&path, &content, problems));
        if let Err(error) = taken {
            error.note(problems);
        }
    }
}

/// Gives each member that is a table. `columns` finds the columns it wants, or `None` after noting why it cannot;
/// `take` reads a row with them.
pub(crate) fn each_row<C>(
    bytes: &[u8],
    file: &str,
    problems: &mut Problems,
    mut columns: impl FnMut(&mut Table<'_>, &mut Problems) -> Option<C>,
    mut take: impl FnMut(&Row<'_>, &C, &mut Problems),
) {
    each_member(bytes, file, problems, |path, content, problems| {
        let text = decode(path, content, problems)?;
        rows(path, &text, problems, &mut columns, &mut take)
    });
}

/// Gives the rows of one table, as [`each_row`] does.
///
/// # Errors
/// [`ReadError`] when it has no header.
pub(crate) fn rows<C>(
    path: &str,
    text: &str,
    problems: &mut Problems,
    columns: impl FnOnce(&mut Table<'_>, &mut Problems) -> Option<C>,
    mut take: impl FnMut(&Row<'_>, &C, &mut Problems),
) -> Result<(), ReadError> {
    let mut table = Table::open(path, text, TableRules::default(), problems)?;
    let Some(columns) = columns(&mut table, problems) else { return Ok(()) };
    while let Some(row) = table.next_row(problems) {
        take(&row, &columns, problems);
    }
    Ok(())
}
