use super::{Break, Entry, Of, Stored, Verdict, genesis, list, record, verify};
use crate::db::{Db, harness};
use serde_json::json;

async fn add(db: &Db, district: Option<&str>, n: i64) {
    let mut write = db.write().await.unwrap();
    let entry = Entry {
        district_id: district,
        account_id: Some("a-1"),
        action: "roster.load",
        subject: ("roster_load", "r-1"),
        detail: json!({ "students": n }),
    };
    record(&mut write, &entry).await.unwrap();
    write.commit().await.unwrap();
}

async fn change(db: &Db, sql: &'static str) {
    let mut write = db.write().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
}

fn entry() -> Stored {
    Stored {
        seq: 1,
        at_ms: 1_700_000_000_000,
        district_id: Some("5100001".into()),
        account_id: None,
        action: "roster.load".into(),
        subject_kind: "roster_load".into(),
        subject_id: "r-1".into(),
        detail: "{}".into(),
        previous: genesis("chain"),
        digest: String::new(),
    }
}

#[test]
fn no_two_entries_look_alike() {
    let digest = entry().compute_digest();
    // A known answer, computed with Python's hashlib over the encoding that the documentation describes.
    assert_eq!(digest, "b9e0fa08bbf99da3a7b63988ea34c974472534e34d594d6b06c689c81a545243");
    let changes: [fn(&mut Stored); 8] = [
        |e| e.seq = 2,
        |e| e.at_ms += 1,
        |e| e.district_id = None,
        |e| e.account_id = Some(String::new()),
        |e| (e.action, e.subject_kind) = ("roster".into(), ".loadroster_load".into()),
        |e| e.subject_id = "r-2".into(),
        |e| e.detail = "{ }".into(),
        |e| e.previous = genesis("other"),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut other = entry();
        change(&mut other);
        assert_ne!(other.compute_digest(), digest, "change {n}");
    }
}

#[tokio::test]
async fn a_chain_is_whole_until_somebody_touches_it() {
    harness::each(|db| async move {
        assert_eq!(verify(&db, None).await.unwrap(), Verdict::Whole { entries: 0, head: String::new() });
        for n in 0..5 {
            add(&db, Some(if n % 2 == 0 { "5100001" } else { "5100002" }), n).await;
        }
        let Verdict::Whole { entries: 5, head } = verify(&db, None).await.unwrap() else { panic!("broken") };
        assert_eq!(
            verify(&db, Some(&head)).await.unwrap(),
            Verdict::Whole { entries: 5, head: head.clone() }
        );
        add(&db, None, 6).await;
        assert!(matches!(verify(&db, Some(&head)).await.unwrap(), Verdict::Whole { entries: 6, .. }));

        let of = Of { district_id: "5100001", everywhere: true };
        let mine = list(db.read(), of, None, 10).await.unwrap();
        assert_eq!(mine.iter().map(|e| e.seq).collect::<Vec<_>>(), [6, 5, 3, 1]);
        let mine = list(db.read(), Of { everywhere: false, ..of }, None, 10).await.unwrap();
        assert_eq!(mine.iter().map(|e| e.seq).collect::<Vec<_>>(), [5, 3, 1]);
        let older = list(db.read(), of, Some(5), 1).await.unwrap();
        assert_eq!(older[0].detail, r#"{"students":2}"#);
    })
    .await;
}

#[tokio::test]
async fn each_kind_of_tampering_is_found_at_its_place() {
    let cases: &[(&'static str, i64, Break)] = &[
        ("UPDATE audit_entry SET detail = '{\"students\":9}' WHERE seq = 3", 3, Break::Changed),
        ("UPDATE audit_entry SET account_id = NULL WHERE seq = 2", 2, Break::Changed),
        ("DELETE FROM audit_entry WHERE seq = 2", 2, Break::Missing),
        ("DELETE FROM audit_entry WHERE seq = 1", 1, Break::Missing),
        // Two neighbours change places.
        (
            "UPDATE audit_entry SET seq = -1 WHERE seq = 2; UPDATE audit_entry SET seq = 2 WHERE seq = 3; \
             UPDATE audit_entry SET seq = 3 WHERE seq = -1",
            2,
            Break::Changed,
        ),
        // One is put in before the first.
        (
            "INSERT INTO audit_entry SELECT 0, at_ms, district_id, account_id, action, subject_kind, subject_id, \
             detail, previous, digest FROM audit_entry WHERE seq = 1",
            0,
            Break::Changed,
        ),
        ("DELETE FROM audit_entry WHERE seq = 5", 5, Break::NotTheHead),
        ("DELETE FROM audit_entry WHERE seq >= 3", 3, Break::NotTheHead),
        // One is put at the end, without the head.
        (
            "INSERT INTO audit_entry SELECT 6, at_ms, district_id, account_id, action, subject_kind, subject_id, \
             detail, previous, digest FROM audit_entry WHERE seq = 5",
            6,
            Break::Changed,
        ),
        ("UPDATE audit_head SET digest = 'x'", 6, Break::NotTheHead),
    ];
    for (sql, seq, why) in cases {
        harness::each(|db| async move {
            for n in 0..5 {
                add(&db, Some("5100001"), n).await;
            }
            change(&db, sql).await;
            assert_eq!(verify(&db, None).await.unwrap(), Verdict::Broken { seq: *seq, why: *why }, "{sql}");
        })
        .await;
    }
}

#[tokio::test]
async fn an_end_cut_off_with_its_head_is_found_by_a_head_kept_elsewhere() {
    harness::each(|db| async move {
        for n in 0..5 {
            add(&db, Some("5100001"), n).await;
        }
        let Verdict::Whole { head, .. } = verify(&db, None).await.unwrap() else { panic!("broken") };
        change(
            &db,
            "DELETE FROM audit_entry WHERE seq > 3; \
             UPDATE audit_head SET seq = 3, digest = (SELECT digest FROM audit_entry WHERE seq = 3)",
        )
        .await;
        assert!(matches!(verify(&db, None).await.unwrap(), Verdict::Whole { entries: 3, .. }));
        let found = verify(&db, Some(&head)).await.unwrap();
        assert_eq!(found, Verdict::Broken { seq: 3, why: Break::KeptHeadIsGone });
    })
    .await;
}

#[tokio::test]
async fn an_entry_written_anew_with_a_right_digest_does_not_fit() {
    harness::each(|db| async move {
        for n in 0..3 {
            add(&db, Some("5100001"), n).await;
        }
        let mut second = list(db.read(), Of { district_id: "5100001", everywhere: false }, Some(3), 1)
            .await
            .unwrap()
            .remove(0);
        second.detail = "{}".into();
        let digest = second.compute_digest();
        let mut write = db.write().await.unwrap();
        sqlx::query("UPDATE audit_entry SET detail = '{}', digest = $1 WHERE seq = 2")
            .bind(digest)
            .execute(&mut *write)
            .await
            .unwrap();
        write.commit().await.unwrap();
        assert_eq!(verify(&db, None).await.unwrap(), Verdict::Broken { seq: 3, why: Break::DoesNotFollow });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_from_many_at_once_make_one_chain() {
    harness::each(|db| async move {
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let db = db.clone();
                tokio::spawn(async move {
                    for n in 0..10 {
                        add(&db, Some("5100001"), task * 100 + n).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(matches!(verify(&db, None).await.unwrap(), Verdict::Whole { entries: 80, .. }));
    })
    .await;
}

#[tokio::test]
async fn an_entry_goes_with_the_change_that_it_tells_about() {
    harness::each(|db| async move {
        add(&db, None, 1).await;
        let mut write = db.write().await.unwrap();
        let entry = Entry {
            district_id: None,
            account_id: None,
            action: "x.y",
            subject: ("x", "1"),
            detail: serde_json::Value::Null,
        };
        record(&mut write, &entry).await.unwrap();
        drop(write);
        add(&db, None, 2).await;
        assert!(matches!(verify(&db, None).await.unwrap(), Verdict::Whole { entries: 2, .. }));
    })
    .await;
}
