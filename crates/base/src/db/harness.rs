//! Fresh databases for tests: the same test on SQLite and on PostgreSQL.
//!
//! ```ignore
//! #[tokio::test]
//! async fn a_figure_is_stored() {
//!     harness::each(|db| async move {
//!         let mut write = db.write().await.unwrap();
//!         …
//!     }).await;
//! }
//! ```
//!
//! PostgreSQL is where `EVENFIELD_TEST_POSTGRES` says: the address of a role that may create databases
//! (`tests/postgres.sh start` prints one). Without it the test fails, so that nobody believes that both were
//! tested; `EVENFIELD_SKIP_POSTGRES=1` says that SQLite alone is meant.

use super::{Backend, Db, new_id};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::pin::pin;
use std::str::FromStr;
use std::task::Poll;

/// The address of the PostgreSQL server for tests.
pub const POSTGRES: &str = "EVENFIELD_TEST_POSTGRES";
/// Set to 1 to run on SQLite alone.
pub const SKIP_POSTGRES: &str = "EVENFIELD_SKIP_POSTGRES";

/// Runs a test on a fresh, migrated database of each backend.
///
/// # Panics
/// When the test does, after its database is gone; and when there is no PostgreSQL to test on.
pub async fn each<F, Fut>(test: F)
where
    F: Fn(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    each_url(|url| async move {
        let db = Db::open(&url).await.expect("a fresh database opens");
        let outcome = caught(test(db.clone())).await;
        db.close().await;
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    })
    .await;
}

/// The same with the address of an empty database, for tests that open it themselves or in other processes.
///
/// # Panics
/// As [`each`].
pub async fn each_url<F, Fut>(test: F)
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = ()>,
{
    for backend in backends() {
        let fresh = Fresh::make(backend).await;
        let outcome = caught(test(fresh.url.clone())).await;
        fresh.drop_it().await;
        if let Err(panic) = outcome {
            eprintln!("this was on {backend:?}");
            resume_unwind(panic);
        }
    }
}

/// The backends to test on.
///
/// # Panics
/// When there is no PostgreSQL and nobody said to do without.
pub fn backends() -> Vec<Backend> {
    if std::env::var(POSTGRES).is_ok() {
        return vec![Backend::Sqlite, Backend::Postgres];
    }
    assert!(
        std::env::var(SKIP_POSTGRES).is_ok_and(|v| v == "1"),
        "no PostgreSQL to test on: run `export {POSTGRES}=$(tests/postgres.sh start)`, or set {SKIP_POSTGRES}=1"
    );
    eprintln!("skipped: PostgreSQL ({SKIP_POSTGRES} is set)");
    vec![Backend::Sqlite]
}

/// An empty database. Ask it to go with [`Fresh::drop_it`]; a SQLite file goes by itself too.
pub struct Fresh {
    /// Its address.
    pub url: String,
    folder: Option<PathBuf>,
    server: Option<(String, String)>,
}

impl Fresh {
    /// Makes an empty database.
    ///
    /// # Panics
    /// When it cannot.
    pub async fn make(backend: Backend) -> Self {
        sqlx::any::install_default_drivers();
        let name = format!("evenfield_test_{}", new_id().replace('-', ""));
        if backend == Backend::Sqlite {
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir(&folder).expect("a folder for the database");
            let url = format!("sqlite:{}", folder.join("records.db").display());
            return Self { url, folder: Some(folder), server: None };
        }
        let server = std::env::var(POSTGRES).expect("the address of the server");
        command(&server, format!("CREATE DATABASE {name}")).await;
        let mut url =
            sqlx::postgres::PgConnectOptions::from_str(&server).map(|_| server.clone()).expect("an address");
        let query = url.find('?').map(|at| url.split_off(at)).unwrap_or_default();
        let path = url.rfind('/').filter(|at| url[..*at].matches('/').count() >= 2).unwrap_or(url.len());
        url.truncate(path);
        Self { url: format!("{url}/{name}{query}"), folder: None, server: Some((server, name)) }
    }

    /// Removes it.
    ///
    /// # Panics
    /// When the server does not.
    pub async fn drop_it(mut self) {
        if let Some((server, name)) = self.server.take() {
            command(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

async fn command(server: &str, sql: String) {
    let options = AnyConnectOptions::from_str(server).expect("an address");
    let mut connection = AnyConnection::connect_with(&options).await.expect("the PostgreSQL server answers");
    // Databases are copied from one template, one at a time; another test's copy may be under way.
    for attempt in 0.. {
        match sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await {
            Ok(_) => break,
            Err(error) if attempt < 50 => {
                eprintln!("{error}; once more");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Err(error) => panic!("{sql}: {error}"),
        }
    }
    connection.close().await.expect("closed");
}

/// The outcome of a future, or the panic in it.
async fn caught(test: impl Future<Output = ()>) -> std::thread::Result<()> {
    let mut test = pin!(test);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| test.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
