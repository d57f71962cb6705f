//! The contract that both databases keep.

use super::{Backend, Db, harness, now_ms};
use sqlx::Row;
use std::process::Child;

async fn add_district(db: &Db, id: &str) -> Result<(), sqlx::Error> {
    let mut write = db.write().await?;
    sqlx::query("INSERT INTO district (id, name, state, created_ms) VALUES ($1, $2, '51', $3)")
        .bind(id)
        .bind(format!("District {id}"))
        .bind(now_ms())
        .execute(&mut *write)
        .await?;
    write.commit().await
}

#[test]
fn an_address_names_its_backend() {
    assert_eq!(Backend::of("sqlite:records.db").unwrap(), Backend::Sqlite);
    assert_eq!(Backend::of("sqlite:///var/lib/evenfield/records.db").unwrap(), Backend::Sqlite);
    assert_eq!(Backend::of("postgres://a@b/c").unwrap(), Backend::Postgres);
    assert_eq!(Backend::of("postgresql://a@b/c").unwrap(), Backend::Postgres);
    for wrong in ["", "sqlite:", "sqlite::memory:", "sqlite:x?mode=memory", "mysql://a@b/c", "records.db"] {
        assert!(Backend::of(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_at_once() {
    let began = std::time::Instant::now();
    let error = Db::open("postgres://me:hunter2@127.0.0.1:1/x").await.err().expect("nobody listens there");
    assert!(error.to_string().contains("refused") && !error.to_string().contains("hunter2"), "{error}");
    assert!(began.elapsed() < super::WAIT / 2);
}

#[tokio::test]
async fn the_portable_types_come_back_as_they_went_in() {
    harness::each(|db| async move {
        let mut write = db.write().await.unwrap();
        sqlx::raw_sql("CREATE TABLE thing (id BIGINT PRIMARY KEY NOT NULL, name TEXT, size BIGINT, share DOUBLE PRECISION)")
            .execute(&mut *write)
            .await
            .unwrap();
        let reals = [0.1, -2.5, 1.0, f64::MIN_POSITIVE, f64::MAX, 1.0 / 3.0, f64::INFINITY];
        for (id, real) in reals.iter().enumerate() {
            sqlx::query("INSERT INTO thing VALUES ($1, $2, $3, $4)")
                .bind(id as i64)
                .bind("Ñandú 学区 \u{1f68c} 'quoted' \\ \n end")
                .bind(i64::MAX - id as i64)
                .bind(real)
                .execute(&mut *write)
                .await
                .unwrap();
        }
        sqlx::query("INSERT INTO thing VALUES (99, $1, $2, $3)")
            .bind(None::<String>)
            .bind(None::<i64>)
            .bind(None::<f64>)
            .execute(&mut *write)
            .await
            .unwrap();
        write.commit().await.unwrap();

        let rows = sqlx::query("SELECT id, name, size, share FROM thing ORDER BY id").fetch_all(db.read()).await.unwrap();
        for (id, real) in reals.iter().enumerate() {
            assert_eq!(rows[id].get::<String, _>("name"), "Ñandú 学区 \u{1f68c} 'quoted' \\ \n end");
            assert_eq!(rows[id].get::<i64, _>("size"), i64::MAX - id as i64);
            assert_eq!(rows[id].get::<f64, _>("share").to_bits(), real.to_bits());
        }
        let last = rows.last().unwrap();
        assert_eq!(last.get::<Option<String>, _>("name"), None);
        assert_eq!(last.get::<Option<i64>, _>("size"), None);
        assert_eq!(last.get::<Option<f64>, _>("share"), None);
        let sum: i64 = sqlx::query_scalar("SELECT CAST(SUM(id) AS BIGINT) FROM thing").fetch_one(db.read()).await.unwrap();
        assert_eq!(sum, 99 + 21);
    })
    .await;
}

#[tokio::test]
async fn no_column_has_a_type_that_the_two_databases_read_differently() {
    harness::each(|db| async move {
        for column in super::tables::columns(db.read(), db.backend()).await.unwrap() {
            assert!(
                column.kind.is_some() || column.table == "_sqlx_migrations",
                "{}.{}: use TEXT, BIGINT or DOUBLE PRECISION",
                column.table,
                column.name
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_reader_cannot_write() {
    harness::each(|db| async move {
        let outcome =
            sqlx::query("INSERT INTO district (id, name, state, created_ms) VALUES ('1', 'a', '51', 1)")
                .execute(db.read())
                .await;
        assert!(outcome.is_err());
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM district").fetch_one(db.read()).await.unwrap();
        assert_eq!(count, 0);
    })
    .await;
}

#[tokio::test]
async fn a_write_that_is_dropped_leaves_nothing() {
    harness::each(|db| async move {
        let mut write = db.write().await.unwrap();
        sqlx::query("INSERT INTO district (id, name, state, created_ms) VALUES ('1', 'a', '51', 1)")
            .execute(&mut *write)
            .await
            .unwrap();
        drop(write);
        add_district(&db, "5100001").await.unwrap();
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM district").fetch_all(db.read()).await.unwrap();
        assert_eq!(ids, ["5100001"]);
    })
    .await;
}

#[tokio::test]
async fn a_row_of_no_district_is_refused() {
    harness::each(|db| async move {
        let mut write = db.write().await.unwrap();
        let outcome = sqlx::query(
            "INSERT INTO job (id, district_id, kind, key, payload, state, run_after_ms, created_ms) \
             VALUES ('j', '9999999', 'k', 'k', '{}', 'waiting', 0, 0)",
        )
        .execute(&mut *write)
        .await;
        assert!(outcome.is_err());
    })
    .await;
}

#[tokio::test]
async fn sqlite_writes_ahead_and_waits_for_the_disk() {
    let fresh = harness::Fresh::make(Backend::Sqlite).await;
    let db = Db::open(&fresh.url).await.unwrap();
    let mut write = db.write().await.unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *write).await.unwrap();
    assert_eq!(mode, "wal");
    for (pragma, wanted) in
        [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA busy_timeout", 60_000)]
    {
        let value: i64 = sqlx::query_scalar(pragma).fetch_one(&mut *write).await.unwrap();
        assert_eq!(value, wanted, "{pragma}");
    }
    drop(write);
    db.close().await;
}

#[tokio::test]
async fn a_new_database_may_be_opened_by_many_at_once() {
    harness::each_url(|url| async move {
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { Db::open(&url).await })
            })
            .collect();
        let mut chains = Vec::new();
        for task in tasks {
            let db = task.await.unwrap().unwrap();
            let chain: String =
                sqlx::query_scalar("SELECT chain FROM audit_head").fetch_one(db.read()).await.unwrap();
            chains.push(chain);
            db.close().await;
        }
        chains.dedup();
        assert_eq!(chains.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn sqlite_has_one_writing_connection() {
    let fresh = harness::Fresh::make(Backend::Sqlite).await;
    let db = Db::open(&fresh.url).await.unwrap();
    let first = db.write().await.unwrap();
    let second = tokio::time::timeout(std::time::Duration::from_millis(300), db.write()).await;
    assert!(second.is_err(), "the second write waits for the first");
    // Readers do not.
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM district").fetch_one(db.read()).await.unwrap();
    assert_eq!(count, 0);
    drop(first);
    db.write().await.unwrap();
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_cancelled_at_any_moment_leaves_the_writer_usable() {
    harness::each(|db| async move {
        for n in 0..200u64 {
            // A browser that hangs up drops the page's future wherever it is.
            let write = async {
                let mut write = db.write().await.unwrap();
                sqlx::query("INSERT INTO district (id, name, state, created_ms) VALUES ('1', 'a', '51', 1)")
                    .execute(&mut *write)
                    .await
                    .unwrap();
                std::future::pending::<()>().await;
            };
            let _ = tokio::time::timeout(std::time::Duration::from_micros(n * 7), write).await;
        }
        add_district(&db, "5100001").await.unwrap();
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM district").fetch_all(db.read()).await.unwrap();
        assert_eq!(ids, ["5100001"]);
    })
    .await;
}

const WRITES: i64 = 40;

/// Reads a counter and writes it back one higher, as every page that changes something does.
async fn count_up(db: &Db, times: i64) {
    for _ in 0..times {
        let mut write = db.write().await.expect("a write begins");
        let lock = match db.backend() {
            Backend::Sqlite => "SELECT created_ms FROM district WHERE id = '5100001'",
            Backend::Postgres => "SELECT created_ms FROM district WHERE id = '5100001' FOR UPDATE",
        };
        let now: i64 = sqlx::query_scalar(lock).fetch_one(&mut *write).await.expect("read");
        sqlx::query("UPDATE district SET created_ms = $1 WHERE id = '5100001'")
            .bind(now + 1)
            .execute(&mut *write)
            .await
            .expect("written");
        write.commit().await.expect("committed");
    }
}

#[tokio::test]
#[ignore = "run in processes of its own by `writers_in_two_processes_and_two_pools_lose_nothing`"]
async fn child_counts_up() {
    let url = std::env::var("EVENFIELD_CHILD_DATABASE").unwrap();
    let db = Db::open(&url).await.unwrap();
    count_up(&db, WRITES).await;
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_in_two_processes_and_two_pools_lose_nothing() {
    harness::each(|db| async move {
        add_district(&db, "5100001").await.unwrap();
        let mut write = db.write().await.unwrap();
        sqlx::query("UPDATE district SET created_ms = 0").execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
        let url = db.url().to_owned();
        let children: Vec<Child> = (0..2)
            .map(|_| {
                crate::testing::spawn_test("db::tests::child_counts_up", &url, std::process::Stdio::null())
            })
            .collect();
        let other = Db::open(&url).await.unwrap();
        let tasks: Vec<_> = [db.clone(), db.clone(), other.clone(), other.clone()]
            .into_iter()
            .map(|db| tokio::spawn(async move { count_up(&db, WRITES).await }))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        for mut child in children {
            assert!(tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap().success());
        }
        other.close().await;
        let sum: i64 =
            sqlx::query_scalar("SELECT created_ms FROM district").fetch_one(db.read()).await.unwrap();
        assert_eq!(sum, 6 * WRITES);
    })
    .await;
}
