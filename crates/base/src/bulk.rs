//! Many rows in few statements, the same on SQLite and PostgreSQL.

use crate::db::{Backend, Write};
use sqlx::AssertSqlSafe;
use std::fmt::Write as _;
use std::pin::Pin;

/// A value to store. Each carries its type, so that a NULL has one too (PostgreSQL asks for it).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// TEXT.
    Text(Option<String>),
    /// BIGINT.
    Int(Option<i64>),
    /// DOUBLE PRECISION.
    Real(Option<f64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<Option<bool>> for Value {
    fn from(flag: Option<bool>) -> Self {
        Self::Int(flag.map(i64::from))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(Some(number))
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        Self::Real(number)
    }
}

/// SQLite allows 32,766 placeholders in a statement; a few hundred rows are as fast as more.
const PLACEHOLDERS: usize = 8_000;

/// `($1,$2),($3,$4)`: `rows` groups of `width`. SQLite gets `(?,?),(?,?)`: it looks a named placeholder up in a list,
/// which for thousands of them takes longer than storing the rows.
fn groups(rows: usize, width: usize, named: bool) -> String {
    let mut sql = String::with_capacity(rows * width * 6);
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 1..=width {
            sql.push_str(if column == 1 { "" } else { "," });
            let _ = match named {
                true => write!(sql, "${}", row * width + column),
                false => sql.write_char('?'),
            };
        }
        sql.push(')');
    }
    sql
}

/// Runs `before (…),(…) after` over the rows, a few hundred at a time; all rows are equally wide.
///
/// `before` and `after` are made of the program's own words; only values come from outside, and they are bound.
/// Rows are made while they are stored, so that a long input is held once.
///
/// # Errors
/// The database's; the caller's transaction is then dropped and nothing is stored.
pub fn run<'a, I>(
    tx: &'a mut Write,
    before: &'a str,
    after: &'a str,
    rows: I,
) -> Pin<Box<dyn Future<Output = sqlx::Result<u64>> + Send + 'a>>
where
    I: IntoIterator<Item = Vec<Value>>,
    I::IntoIter: Send + 'a,
{
    // Boxed, so that the iterator's own type (a closure over the caller's borrows) is settled here and
    // not in the type of every handler above.
    Box::pin(run_all(tx, before, after, rows.into_iter()))
}

async fn run_all<I>(tx: &mut Write, before: &str, after: &str, rows: I) -> sqlx::Result<u64>
where
    I: Iterator<Item = Vec<Value>>,
{
    let mut rows = rows.peekable();
    let named = Backend::of_connection(tx) == Backend::Postgres;
    let mut full: Option<String> = None;
    let mut touched = 0;
    while let Some(first) = rows.peek() {
        let width = first.len();
        let size = (PLACEHOLDERS / width.max(1)).max(1);
        let chunk: Vec<Vec<Value>> = rows.by_ref().take(size).collect();
        let sql = if chunk.len() == size {
            full.get_or_insert_with(|| format!("{before} {} {after}", groups(size, width, named))).clone()
        } else {
            format!("{before} {} {after}", groups(chunk.len(), width, named))
        };
        // PostgreSQL keeps the types of a statement's first values with it, and sqlx 0.9 says REAL for a DOUBLE that is
        // NULL: a number in its place in the next rows would be refused. So it prepares each statement anew.
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(!named);
        for value in chunk.into_iter().flatten() {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Int(number) => query.bind(number),
                Value::Real(number) => query.bind(number),
            };
        }
        touched += query.execute(&mut **tx).await?.rows_affected();
    }
    Ok(touched)
}
