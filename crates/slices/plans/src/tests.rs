mod accept;
mod pages;
mod solve;

use super::queries;
use super::rules::form::Slot;
use super::rules::read::Checked;
use super::rules::scenario::Settings;
use crate::db::{Db, harness};

const HERE: &str = "5100060";
const THERE: &str = "5102670";

async fn districts(db: &Db) {
    let mut write = db.write().await.expect("a write");
    for id in [HERE, THERE] {
        sqlx::query(
            "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, $1, '51', 0, 0)",
        )
        .bind(id)
        .execute(&mut *write)
        .await
        .expect("a district");
    }
    write.commit().await.expect("committed");
}

#[tokio::test]
async fn a_scenario_keeps_its_files_until_it_is_deleted() {
    harness::each(|db| async move {
        districts(&db).await;
        // Longer than a part, so that parts are put together in their order.
        let long: Vec<u8> = (0..2_000_000u32).map(|n| (n % 251) as u8).collect();
        let mut write = db.write().await.expect("a write");
        let settings = Settings::new(2026);
        queries::insert(&mut write, HERE, ("s", "First"), &settings, ("a", 1)).await.expect("made");
        for (slot, bytes) in
            [(Slot::Students, long.as_slice()), (Slot::Anchors, b""), (Slot::Students, &long[1..])]
        {
            let file = ("file.csv", bytes, "digest");
            queries::put_file(&mut write, HERE, ("s", slot), file, 2).await.expect("stored");
        }
        assert!(queries::copy(&mut write, HERE, ("s", "t", "Second"), ("b", 3)).await.expect("copied"));
        assert!(!queries::copy(&mut write, THERE, ("s", "u", "Third"), ("b", 3)).await.expect("not theirs"));
        write.commit().await.expect("committed");
        for id in ["s", "t"] {
            let bytes = queries::file(db.read(), HERE, id, Slot::Students).await.expect("a file");
            assert_eq!(bytes.as_deref(), Some(&long[1..]), "{id}");
            assert_eq!(queries::files(db.read(), HERE, id).await.expect("files").len(), 2);
        }
        let mut write = db.write().await.expect("a write");
        assert!(!queries::delete(&mut write, HERE, "s").await.expect("not removed yet"));
        assert!(queries::remove(&mut write, HERE, "s", 4).await.expect("removed"));
        assert!(!queries::remove(&mut write, HERE, "s", 5).await.expect("once"));
        assert!(queries::bring_back(&mut write, HERE, "s").await.expect("brought back"));
        assert!(queries::remove(&mut write, HERE, "s", 6).await.expect("removed"));
        assert!(!queries::delete(&mut write, THERE, "s").await.expect("not theirs"));
        assert!(queries::delete(&mut write, HERE, "s").await.expect("deleted"));
        write.commit().await.expect("committed");
        assert!(queries::files(db.read(), HERE, "s").await.expect("files").is_empty());
        assert!(queries::file(db.read(), HERE, "s", Slot::Students).await.expect("none").is_none());
        assert_eq!(queries::files(db.read(), HERE, "t").await.expect("files").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_was_read_counts_for_its_revision_alone() {
    harness::each(|db| async move {
        districts(&db).await;
        let mut write = db.write().await.expect("a write");
        let settings = Settings::new(2026);
        queries::insert(&mut write, HERE, ("s", "First"), &settings, ("a", 1)).await.expect("made");
        let checked = Checked { demands: 7, ..Checked::default() };
        queries::check(&mut write, HERE, ("s", 1), &checked).await.expect("kept");
        let revision =
            queries::update(&mut write, HERE, ("s", "New"), &settings, ("b", 2)).await.expect("changed");
        assert_eq!(revision, Some(2));
        queries::check(&mut write, HERE, ("s", 1), &checked).await.expect("too late");
        assert_eq!(
            queries::update(&mut write, THERE, ("s", "x"), &settings, ("b", 2)).await.expect("none"),
            None
        );
        write.commit().await.expect("committed");
        let now = queries::scenario(db.read(), HERE, "s").await.expect("read").expect("there");
        assert_eq!((now.name.as_str(), now.revision, now.check), ("New", 2, None));
        let mut write = db.write().await.expect("a write");
        queries::check(&mut write, HERE, ("s", 2), &checked).await.expect("kept");
        write.commit().await.expect("committed");
        let now = queries::scenario(db.read(), HERE, "s").await.expect("read").expect("there");
        assert_eq!(now.check, Some(checked));
    })
    .await;
}
