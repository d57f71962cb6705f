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

/// What people changed, added or removed in the portal stays when the command reads the same file again, and is named.
#[tokio::test]
async fn a_file_that_is_read_again_keeps_what_people_changed_since() {
    harness::each(|db| async move {
        districts(&db).await;
        let file = [line("1", Some(100.0)), line("2", Some(10.0)), line("3", Some(10.0)), line("4", None)];
        let (command, person) = (Changed { by: "the command", ms: 1 }, Changed { by: "a-1", ms: 2 });
        let mut tx = db.write().await.expect("a write");
        assert!(queries::replace_own(&mut tx, HERE, &file, command).await.expect("stored").is_empty());
        queries::put(&mut tx, HERE, &line("2", Some(900.0)), person).await.expect("changed");
        queries::put(&mut tx, HERE, &line("9", Some(1.0)), person).await.expect("added");
        queries::put(&mut tx, HERE, &line("4", None), person).await.expect("looked at and saved");
        queries::remove(&mut tx, HERE, "3").await.expect("removed");
        let entry = crate::audit::Entry {
            district_id: Some(HERE),
            account_id: Some("a-1"),
            action: "connectivity.remove",
            subject: ("school_line", "3"),
            detail: serde_json::Value::Null,
        };
        crate::audit::record(&mut tx, &entry).await.expect("written down");
        let mut newer = file.clone();
        newer[0].measured_mbps = Some(80.0);
        let kept = queries::replace_own(&mut tx, HERE, &newer, command).await.expect("stored");
        tx.commit().await.expect("committed");
        assert_eq!(kept, ["2", "3"]);
        let there = queries::read(db.read(), HERE).await.expect("lines");
        let wanted = [newer[0].clone(), line("2", Some(900.0)), line("4", None), line("9", Some(1.0))];
        assert_eq!(there, wanted);
    })
    .await;
}
