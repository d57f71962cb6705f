//! The records: SQLite by default, PostgreSQL by one setting, one SQL for both.
//!
//! Portable types only: TEXT, BIGINT (`i64`), DOUBLE PRECISION (`f64`). Ids are UUIDv7 texts, times are
//! milliseconds since 1970 UTC, money is cents, flags are 0 and 1. Placeholders are `$1`, `$2`, … which both
//! understand. Write `CAST(SUM(x) AS BIGINT)`: a bare `SUM` of whole numbers is a NUMERIC on PostgreSQL,
//! which no portable type reads.
//! Reads take [`Db::read`], whose connections cannot write; every write takes [`Db::write`], which on SQLite
//! begins IMMEDIATE on the one writing connection, so that a reader never becomes a writer half-way.
//!
//! [`harness`] gives tests a fresh database of each kind, [`tables`] says how each table's rows belong to a
//! district, [`transfer`] moves one.

pub mod harness;
pub mod tables;
#[cfg(test)]
pub(crate) mod tests;
pub mod transfer;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Connection, Transaction};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Which database is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite, in a file.
    Sqlite,
    /// PostgreSQL 13 or later.
    Postgres,
}

impl Backend {
    /// The backend that this address is of.
    ///
    /// # Errors
    /// When it is neither `sqlite:PATH` nor `postgres://…`, or is a SQLite database without a file, of which
    /// every connection would have its own.
    pub fn of(url: &str) -> Result<Self, sqlx::Error> {
        let wrong = |why: &str| Err(sqlx::Error::Configuration(why.into()));
        match url.split_once(':') {
            Some(("sqlite", rest)) if rest.contains(":memory:") || rest.contains("mode=memory") => {
                wrong("a SQLite database must be a file: sqlite:PATH")
            }
            Some(("sqlite", rest)) if !rest.trim_start_matches('/').is_empty() => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            _ => wrong("the database must be sqlite:PATH or postgres://USER@HOST/NAME"),
        }
    }

    /// The backend behind a connection.
    pub fn of_connection(connection: &AnyConnection) -> Self {
        if connection.backend_name() == "SQLite" { Self::Sqlite } else { Self::Postgres }
    }

    /// What to set on a connection when it is made.
    fn greeting(self, writes: bool) -> &'static str {
        match (self, writes) {
            (Self::Sqlite, true) => {
                "PRAGMA busy_timeout = 60000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;"
            }
            (Self::Sqlite, false) => "PRAGMA busy_timeout = 60000; PRAGMA query_only = ON;",
            (Self::Postgres, true) => "SET default_transaction_isolation = 'read committed'",
            (Self::Postgres, false) => "SET default_transaction_read_only = on",
        }
    }
}

/// Two pools on one database: many readers, and on SQLite a single writer.
#[derive(Clone)]
pub struct Db {
    read: AnyPool,
    write: AnyPool,
    backend: Backend,
    url: Arc<str>,
}

/// A write transaction; dropped without [`Transaction::commit`] it changes nothing.
pub type Write = Transaction<'static, sqlx::Any>;

/// How long a writer waits for the one before it; a load of a million students takes half of it.
const WAIT: Duration = Duration::from_secs(60);

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let backend = Backend::of(url)?;
        let url = match backend {
            Backend::Sqlite if !url.contains("mode=") => {
                format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
            }
            _ => url.to_owned(),
        };
        let options = AnyConnectOptions::from_str(&url)?;
        // A pool would try for a minute and then say only that it waited; one connection says what is wrong.
        if backend == Backend::Postgres {
            AnyConnection::connect_with(&options).await?.close().await?;
        }
        let write = pool(backend, true).connect_with(options.clone()).await?;
        migrate(&write, backend).await?;
        let read = pool(backend, false).connect_with(options).await?;
        Ok(Self { read, write, backend, url: url.into() })
    }

    /// The pool for reading; a statement that would change something fails on it.
    pub fn read(&self) -> &AnyPool {
        &self.read
    }

    /// Begins a write.
    ///
    /// # Errors
    /// When no connection can be had, or another process holds the SQLite file for over a minute.
    pub async fn write(&self) -> Result<Write, sqlx::Error> {
        match self.backend {
            Backend::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await,
            Backend::Postgres => self.write.begin().await,
        }
    }

    /// Which database is behind.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Its address; may hold a password, so it is never logged.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes every connection; on SQLite the write-ahead log goes into the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

fn pool(backend: Backend, writes: bool) -> AnyPoolOptions {
    let size = if backend == Backend::Sqlite && writes { 1 } else { 8 };
    AnyPoolOptions::new().max_connections(size).acquire_timeout(WAIT).after_connect(move |connection, _| {
        Box::pin(async move {
            use sqlx::Executor;
            connection.execute(backend.greeting(writes)).await.map(|_| ())
        })
    })
}

/// All migrations in one transaction that nobody else's can overlap, so that two processes that open a new
/// database together do not both make its tables, and a stop half-way leaves none.
async fn migrate(write: &AnyPool, backend: Backend) -> Result<(), sqlx::Error> {
    let mut change = match backend {
        Backend::Sqlite => write.begin_with("BEGIN IMMEDIATE").await?,
        Backend::Postgres => {
            let mut change = write.begin().await?;
            // Any number does that other programs on this server do not use.
            sqlx::raw_sql("SELECT pg_advisory_xact_lock(4985267013)").execute(&mut *change).await?;
            change
        }
    };
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_locking(false);
    migrations.run_direct(None, &mut *change, false).await.map_err(|e| sqlx::Error::Migrate(Box::new(e)))?;
    // The audit log's chain needs a name that no other installation has.
    sqlx::query("UPDATE audit_head SET chain = $1 WHERE chain = ''")
        .bind(new_id())
        .execute(&mut *change)
        .await?;
    change.commit().await
}

/// A new id: UUIDv7, so that ids sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Now, in milliseconds since 1970 UTC: the one clock of the portal.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Today's date, UTC.
pub fn today() -> jiff::civil::Date {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()
}
