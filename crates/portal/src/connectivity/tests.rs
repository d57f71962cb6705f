mod pages;

use super::queries::{self, Changed, LineRow};
use crate::db::{Db, harness};

const HERE: &str = "5100060";
const THERE: &str = "5102670";

async fn districts(db: &Db) {
    let mut tx = db.write().await.expect("a write");
    for id in [HERE, THERE] {
        sqlx::query(
            "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, $1, '51', 0, 0)",
        )
        .bind(id)
        .execute(&mut *tx)
        .await
        .expect("a district");
    }
    tx.commit().await.expect("committed");
}

fn line(id: &str, mbps: Option<f64>) -> LineRow {
    LineRow {
        school_id: id.into(),
        name: format!("School {id}"),
        enrollment: 500,
        contracted_mbps: mbps,
        measured_mbps: None,
    }
}

#[tokio::test]
async fn a_number_may_stand_where_there_was_none_a_thousand_rows_before() {
    harness::each(|db| async move {
        districts(&db).await;
        let lines: Vec<LineRow> =
            (0..2_000).map(|n| line(&format!("{n:04}"), (n >= 1_000).then_some(100.5))).collect();
        let mut tx = db.write().await.expect("a write");
        queries::replace(&mut tx, HERE, &lines, Changed { by: "t", ms: 1 }).await.expect("stored");
        tx.commit().await.expect("committed");
        assert_eq!(queries::read(db.read(), HERE).await.expect("lines"), lines);
    })
    .await;
}

#[tokio::test]
async fn lines_are_replaced_whole_or_not_at_all() {
    harness::each(|db| async move {
        districts(&db).await;
        let changed = Changed { by: "t", ms: 1 };
        let mut tx = db.write().await.expect("a write");
        let both = [line("1", Some(100.0)), line("2", None)];
        queries::replace(&mut tx, HERE, &both, changed).await.expect("stored");
        queries::put(&mut tx, HERE, &line("2", Some(50.0)), changed).await.expect("stored");
        tx.commit().await.expect("committed");
        let now = [line("1", Some(100.0)), line("2", Some(50.0))];
        assert_eq!(queries::read(db.read(), HERE).await.expect("lines"), now);

        let mut tx = db.write().await.expect("a write");
        queries::replace(&mut tx, HERE, &[line("9", None), line("9", None)], changed)
            .await
            .expect_err("twice");
        drop(tx);
        assert_eq!(queries::read(db.read(), HERE).await.expect("lines"), now);

        let mut tx = db.write().await.expect("a write");
        assert!(!queries::remove(&mut tx, THERE, "1").await.expect("not there"));
        assert!(queries::remove(&mut tx, HERE, "1").await.expect("removed"));
        tx.commit().await.expect("committed");
        assert_eq!(queries::read(db.read(), HERE).await.expect("lines").len(), 1);
    })
    .await;
}
