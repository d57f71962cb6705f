use super::{Error, Import, Manifest, export, import};
use crate::audit;
use crate::db::harness::{Fresh, backends};
use crate::db::tables::{Belongs, Kind, TABLES, columns};
use crate::db::{Backend, Db};
use serde_json::json;
use std::io::{Cursor, Read, Write};

const DISTRICT: &str = "5100001";

/// A few rows in every table that moves, of two districts, with values that are easy to lose.
async fn fill(db: &Db) {
    let all = columns(db.read(), db.backend()).await.unwrap();
    let mut write = db.write().await.unwrap();
    for table in TABLES.iter().filter(|t| !matches!(t.belongs, Belongs::Stays(_)) && t.name != "audit_moved")
    {
        let of: Vec<_> = all.iter().filter(|c| c.table == table.name).collect();
        for (n, district) in [(0, DISTRICT), (1, DISTRICT), (2, DISTRICT), (3, "5100002")] {
            if table.name == "district" && n % 3 != 0 {
                continue;
            }
            let names: Vec<&str> = of.iter().map(|c| c.name.as_str()).collect();
            let marks: Vec<String> = (1..=of.len()).map(|i| format!("${i}")).collect();
            let sql =
                format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), marks.join(", "));
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for column in &of {
                query = match (column.kind.unwrap(), column.name.as_str()) {
                    (Kind::Text, "district_id") => query.bind(district.to_owned()),
                    (Kind::Text, "id") if table.name == "district" => query.bind(district.to_owned()),
                    (Kind::Text, "run_id") => {
                        query.bind(format!("estimate_run {}", ["_a", "B", "é", "9"][n]))
                    }
                    // Letters whose order is another in English than by their bytes.
                    (Kind::Text, "id") => query.bind(format!("{} {}", table.name, ["_a", "B", "é", "9"][n])),
                    (Kind::Text, "suppressed") => query.bind(None::<String>),
                    (Kind::Text, name) => query.bind(format!("{name} \u{1f68c}\t\"{n}\"\u{0001}")),
                    (Kind::Whole, _) => query.bind(i64::MAX - n as i64),
                    (Kind::Real, _) => query.bind([0.1 + 0.2, 1.0, f64::MIN_POSITIVE, f64::INFINITY][n]),
                };
            }
            query.execute(&mut *write).await.unwrap_or_else(|e| panic!("{}: {e}", table.name));
        }
    }
    for (n, district) in [DISTRICT, "5100002", DISTRICT].into_iter().enumerate() {
        let entry = audit::Entry {
            district_id: Some(district),
            account_id: None,
            action: "roster.load",
            subject: ("roster_load", "r"),
            detail: json!({ "n": n }),
        };
        audit::record(&mut write, &entry).await.unwrap();
    }
    write.commit().await.unwrap();
}

async fn bytes(db: &Db) -> (Vec<u8>, Manifest) {
    let mut out = Cursor::new(Vec::new());
    let manifest = export(db, DISTRICT, &mut out).await.unwrap();
    (out.into_inner(), manifest)
}

async fn take(db: &Db, file: &[u8], replace: bool) -> Result<Manifest, Error> {
    import(db, Cursor::new(file), Import { replace, verify: true }).await
}

async fn districts(db: &Db) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM district").fetch_one(db.read()).await.unwrap()
}

#[tokio::test]
async fn a_district_moves_to_the_other_database_and_back_without_a_byte_lost() {
    let mut path = vec![Backend::Sqlite];
    path.extend(backends().into_iter().rev());
    let mut places = Vec::new();
    let mut file: Option<Vec<u8>> = None;
    for backend in path {
        let fresh = Fresh::make(backend).await;
        let db = Db::open(&fresh.url).await.unwrap();
        match &file {
            None => fill(&db).await,
            Some(file) => {
                take(&db, file, false).await.unwrap();
                assert_eq!(districts(&db).await, 1, "the other district stayed where it was");
            }
        }
        let (written, manifest) = bytes(&db).await;
        assert!(manifest.tables.iter().all(|t| t.rows > 0), "{manifest:?}");
        assert!(matches!(audit::verify(&db, None).await.unwrap(), audit::Verdict::Whole { .. }));
        assert!(file.as_ref().is_none_or(|before| *before == written), "{backend:?} gives other bytes");
        file = Some(written);
        places.push((fresh, db));
    }
    // Back to where it came from: its own audit entries are there already.
    let (_, first) = &places[0];
    take(first, file.as_ref().unwrap(), true).await.unwrap();
    assert!(bytes(first).await.0 == *file.as_ref().unwrap());
    for (fresh, db) in places {
        db.close().await;
        fresh.drop_it().await;
    }
}

#[tokio::test]
async fn a_district_that_is_there_is_replaced_only_when_asked_to() {
    crate::db::harness::each(|db| async move {
        fill(&db).await;
        let (file, _) = bytes(&db).await;
        let error = take(&db, &file, false).await.unwrap_err().to_string();
        assert!(error.contains("--replace"), "{error}");
        let mut write = db.write().await.unwrap();
        sqlx::query("DELETE FROM student WHERE district_id = $1")
            .bind(DISTRICT)
            .execute(&mut *write)
            .await
            .unwrap();
        sqlx::query("UPDATE district SET name = 'other'").execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
        take(&db, &file, true).await.unwrap();
        assert!(bytes(&db).await.0 == file);
        let other: String = sqlx::query_scalar("SELECT name FROM district WHERE id = '5100002'")
            .fetch_one(db.read())
            .await
            .unwrap();
        assert_eq!(other, "other", "another district is not touched");
    })
    .await;
}

/// Entries that came with a district are held by the entry of its import: none can be taken out, and none put in.
#[tokio::test]
async fn entries_that_came_with_a_district_are_missed_when_they_go() {
    let from = Fresh::make(Backend::Sqlite).await;
    let first = Db::open(&from.url).await.unwrap();
    fill(&first).await;
    let (file, _) = bytes(&first).await;
    first.close().await;
    let file = &file;
    crate::db::harness::each(|db| async move {
        take(&db, file, false).await.unwrap();
        // Read in once more, and written out: nothing is amiss.
        take(&db, file, true).await.unwrap();
        bytes(&db).await;
        assert!(matches!(audit::verify(&db, None).await.unwrap(), audit::Verdict::Whole { entries: 3, .. }));
        let change = async |sql: &'static str| {
            let mut write = db.write().await.unwrap();
            sqlx::query(sql).execute(&mut *write).await.unwrap();
            write.commit().await.unwrap();
            audit::verify(&db, None).await.unwrap()
        };
        let broken = audit::Verdict::Broken { seq: 1, why: audit::Break::MovedMissing };
        let twin = "INSERT INTO audit_moved SELECT chain, 2, at_ms, district_id, account_id, action, subject_kind, \
                    subject_id, detail, previous, digest FROM audit_moved WHERE seq = 1";
        // Its number is in its digest.
        assert!(matches!(change(twin).await, audit::Verdict::Broken { why: audit::Break::MovedChanged, .. }));
        assert!(matches!(change("DELETE FROM audit_moved WHERE seq = 2").await, audit::Verdict::Whole { .. }));
        assert_eq!(change("DELETE FROM audit_moved WHERE seq = 3").await, broken);
    })
    .await;
}

#[tokio::test]
async fn who_writes_a_district_to_a_file_is_written_down() {
    crate::db::harness::each(|db| async move {
        fill(&db).await;
        bytes(&db).await;
        export(&db, "9999999", Cursor::new(Vec::new())).await.expect_err("no such district");
        let of = |district_id| audit::Of { district_id, everywhere: false };
        let mine = audit::list(db.read(), of(DISTRICT), None, 1).await.unwrap();
        assert_eq!((mine[0].action.as_str(), mine[0].subject_id.as_str()), ("district.export", DISTRICT));
        let other = audit::list(db.read(), of("5100002"), None, 9).await.unwrap();
        assert!(other.iter().all(|entry| entry.action == "roster.load"), "{other:?}");
    })
    .await;
}

/// The archive with one entry changed.
fn changed(file: &[u8], entry: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut from = archive.by_index(index).unwrap();
        let name = from.name().unwrap().into_owned();
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        let text = if name == entry { change(text) } else { text };
        out.start_file(name, super::options()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_file_that_was_changed_or_broken_leaves_nothing() {
    let fresh = Fresh::make(Backend::Sqlite).await;
    let db = Db::open(&fresh.url).await.unwrap();
    fill(&db).await;
    let (file, _) = bytes(&db).await;
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (
            changed(&file, "student.ndjson", |t| t.replacen("0.30000000000000004", "0.3", 1)),
            "not what the manifest says",
        ),
        (
            changed(&file, "student.ndjson", |t| t.lines().skip(1).map(|l| format!("{l}\n")).collect()),
            "manifest says",
        ),
        (changed(&file, "student.ndjson", |t| t.trim_end().to_owned()), "cut off"),
        (
            changed(&file, "student.ndjson", |t| t.replacen("[\"5100001\"", "[\"5100002\"", 1)),
            "another district",
        ),
        (changed(&file, "student.ndjson", |t| t.replacen(',', ",3,", 1)), "are wanted"),
        (changed(&file, "manifest.json", |t| t.replacen("\"schema\": ", "\"schema\": 1", 1)), "up to date"),
        (changed(&file, "manifest.json", |t| t.replacen("district 1", "district 2", 1)), "format"),
        (changed(&file, "manifest.json", |t| t.replacen("\"school\"", "\"session\"", 1)), "tables are not"),
        (file[..file.len() / 2].to_vec(), "archive"),
        (b"PK".to_vec(), "archive"),
    ];
    for (file, wanted) in cases {
        let other = Fresh::make(Backend::Sqlite).await;
        let target = Db::open(&other.url).await.unwrap();
        let error = take(&target, &file, false).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}; wanted {wanted}");
        assert_eq!(districts(&target).await, 0);
        target.close().await;
    }
    let error = export(&db, "9999999", Cursor::new(Vec::new())).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no district 9999999");
    db.close().await;
}
