//! The records: SQLite by default, PostgreSQL by one setting, one SQL for both.
//!
//! Portable types only: TEXT, INTEGER (`i64`), REAL (`f64`), BLOB. Ids are UUIDv7 texts, times are
//! milliseconds since 1970 UTC, money is cents. Placeholders are `$1`, `$2`, … which both understand.
//! Reads take [`Db::read`]; every write takes [`Db::write`], which on SQLite begins IMMEDIATE on the
//! one writing connection, so that a reader never has to become a writer half-way.

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, Transaction};
use std::str::FromStr;

/// Which database is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite, in a file.
    Sqlite,
    /// PostgreSQL 13 or later.
    Postgres,
}

/// Two pools on one database: many readers, and on SQLite a single writer.
#[derive(Clone)]
pub struct Db {
    read: AnyPool,
    write: AnyPool,
    backend: Backend,
}

/// A write transaction; dropped without [`Transaction::commit`] it changes nothing.
pub type Write = Transaction<'static, sqlx::Any>;

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let backend = if url.starts_with("sqlite:") { Backend::Sqlite } else { Backend::Postgres };
        let url = match backend {
            Backend::Sqlite if !url.contains('?') => format!("{url}?mode=rwc"),
            _ => url.to_owned(),
        };
        let options = AnyConnectOptions::from_str(&url)?;
        let pool = |size: u32| {
            AnyPoolOptions::new().max_connections(size).after_connect(move |connection, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        use sqlx::Executor;
                        connection
                            .execute(
                                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                                 PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000;",
                            )
                            .await?;
                    }
                    Ok(())
                })
            })
        };
        let write =
            pool(if backend == Backend::Sqlite { 1 } else { 8 }).connect_with(options.clone()).await?;
        sqlx::migrate!("./migrations").run(&write).await.map_err(|e| sqlx::Error::Migrate(Box::new(e)))?;
        let read = pool(8).connect_with(options).await?;
        Ok(Self { read, write, backend })
    }

    /// The pool for reading.
    pub fn read(&self) -> &AnyPool {
        &self.read
    }

    /// Begins a write.
    ///
    /// # Errors
    /// When no connection can be had, or another process holds the SQLite file for over ten seconds.
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
}

/// A new id: UUIDv7, so that ids sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Now, in milliseconds since 1970 UTC: the one clock of the portal.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
