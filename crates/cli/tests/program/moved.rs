//! A district moved between databases by the program, and the audit log held to its chain.

use super::{district, evenfield, run, text};
use evenfield_portal::db::harness::{Fresh, each_url};
use evenfield_portal::db::{Backend, Db};
use rand::{RngExt, SeedableRng};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

/// The fictional district's LEAID.
fn leaid() -> String {
    let settings = std::fs::read_to_string(district().join("evenfield.toml")).expect("the settings");
    let line = settings.lines().find_map(|line| line.strip_prefix("leaid = ")).expect("a leaid");
    line.trim_matches('"').to_owned()
}

fn home() -> String {
    format!("sqlite:{}", district().join("evenfield.db").display())
}

fn export(database: &str, out: &Path) -> Output {
    run([
        "db",
        "export",
        "--database",
        database,
        "--district",
        &leaid(),
        "--out",
        out.to_str().expect("UTF-8"),
    ])
}

fn exported(database: &str, out: PathBuf) -> Vec<u8> {
    let done = export(database, &out);
    assert!(done.status.success(), "{}", text(&done.stderr));
    std::fs::read(out).expect("the file")
}

fn import(database: &str, file: &Path) -> Output {
    run(["db", "import", "--database", database, "--verify", file.to_str().expect("UTF-8")])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_moves_there_and_back_by_the_program() {
    each_url(|there| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let first = exported(&home(), file("first.zip"));
        let done = import(&there, &file("first.zip"));
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert!(text(&done.stdout).contains("stored and compared"), "{}", text(&done.stdout));
        let again = import(&there, &file("first.zip"));
        assert!(
            !again.status.success() && text(&again.stderr).contains("--replace"),
            "{}",
            text(&again.stderr)
        );
        assert!(exported(&there, file("second.zip")) == first, "other bytes from there");
        let back = Fresh::make(Backend::Sqlite).await;
        let done = import(&back.url, &file("second.zip"));
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert!(exported(&back.url, file("third.zip")) == first, "other bytes when it is back");
        let checked = run(["audit", "verify", "--database", &there]);
        assert!(checked.status.success(), "{}", text(&checked.stdout));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_or_fed_a_changed_file_leaves_nothing() {
    let seed = std::env::var("EVENFIELD_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_124);
    eprintln!("EVENFIELD_SEED={seed}");
    each_url(|there| async move {
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("first.zip");
        let whole = exported(&home(), file.clone());
        let out = folder.path().join("out.zip");
        let nothing = |of: Output| text(&of.stderr).contains("there is no district");
        // Most places of the file hold a row's bytes; each change must be found.
        for _ in 0..6 {
            let mut changed = whole.clone();
            let at = random.random_range(0..changed.len());
            changed[at] ^= 1 << random.random_range(0..8);
            let path = folder.path().join("changed.zip");
            std::fs::write(&path, &changed).expect("written");
            let done = import(&there, &path);
            // A bit that a reader of archives does not look at changes nothing that is stored.
            if done.status.success() {
                assert!(exported(&there, out.clone()) == whole, "byte {at} was changed and stored");
                forget(&there).await;
            } else {
                assert!(nothing(export(&there, &out)), "byte {at}");
            }
        }
        let start = Instant::now();
        assert!(import(&there, &file).status.success());
        let took = start.elapsed();
        forget(&there).await;
        for _ in 0..6 {
            let path = file.to_str().expect("UTF-8");
            let mut child = evenfield(["db", "import", "--database", &there, "--verify", path])
                .spawn()
                .expect("the program");
            std::thread::sleep(took.mul_f64(random.random_range(0.05..1.0)));
            child.kill().expect("killed");
            child.wait().expect("ended");
            // A server takes a moment to see that the program is gone.
            std::thread::sleep(Duration::from_millis(100));
            if !nothing(export(&there, &out)) {
                assert!(exported(&there, out.clone()) == whole, "a part of a district");
                forget(&there).await;
            }
        }
    })
    .await;
}

/// Takes every district out again.
async fn forget(url: &str) {
    use evenfield_portal::db::tables::{Belongs, TABLES};
    let db = Db::open(url).await.expect("the database");
    let mut write = db.write().await.expect("a writer");
    for table in TABLES.iter().rev().filter(|table| !matches!(table.belongs, Belongs::Stays(_))) {
        let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {}", table.name));
        sqlx::query(sql).execute(&mut *write).await.expect("deleted");
    }
    write.commit().await.expect("committed");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_changed_is_found_by_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("first.zip");
    exported(&home(), file.clone());
    // Each import is an entry of the log.
    let base = folder.path().join("base.db");
    let url = format!("sqlite:{}", base.display());
    for _ in 0..3 {
        let done = run(["db", "import", "--database", &url, "--replace", file.to_str().expect("UTF-8")]);
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    let whole = run(["audit", "verify", "--database", &url]);
    assert!(whole.status.success(), "{}", text(&whole.stdout));
    let said = text(&whole.stdout);
    let head = said.split_whitespace().last().expect("a head").to_owned();
    let entries: i64 = said.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    assert_eq!(entries, 3, "{said}");
    let cases = [
        (
            "UPDATE audit_entry SET action = 'nothing' WHERE seq = 1",
            "BROKEN at entry 1: the entry was changed",
        ),
        ("DELETE FROM audit_entry WHERE seq = 1", "BROKEN at entry 1: the entry is missing"),
        (
            "UPDATE audit_entry SET seq = -seq WHERE seq < 3; UPDATE audit_entry SET seq = 3 + seq WHERE seq < 0",
            "BROKEN at entry 1: the entry was changed",
        ),
        (
            "DELETE FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)",
            "the last entry is not the head",
        ),
        // The end cut off and the head written anew: only a head that was kept elsewhere shows it.
        (
            "DELETE FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry); UPDATE audit_head SET \
             (seq, digest) = (SELECT seq, digest FROM audit_entry ORDER BY seq DESC LIMIT 1)",
            "no entry has the head digest that was given",
        ),
    ];
    for (at, (sql, wanted)) in cases.into_iter().enumerate() {
        let copy = folder.path().join(format!("{at}.db"));
        std::fs::copy(&base, &copy).expect("copied");
        let url = format!("sqlite:{}", copy.display());
        let db = Db::open(&url).await.expect("the database");
        let mut write = db.write().await.expect("a writer");
        sqlx::raw_sql(sql).execute(&mut *write).await.expect(sql);
        write.commit().await.expect("committed");
        db.close().await;
        let found = run(["audit", "verify", "--database", &url, "--head", &head]);
        assert_eq!(found.status.code(), Some(1), "{sql}");
        assert!(text(&found.stdout).contains(wanted), "{sql}: {}", text(&found.stdout));
    }
}
