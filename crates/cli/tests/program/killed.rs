//! The program killed at any moment, and two of it on one database: what is stored is whole, and the next start goes on.

use super::{district, evenfield, run, settings, text};
use evenfield_portal::audit::{Verdict, verify};
use evenfield_portal::db::Db;
use rand::{RngExt, SeedableRng};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The tables that one load fills, all of them or none.
const LOADED: [&str; 9] = [
    "district",
    "school",
    "student",
    "enrollment",
    "boundary",
    "area_value",
    "address_point",
    "survey_answer",
    "school_line",
];

const JOBS: &str = "SELECT CASE WHEN error = 'job-error-stopped' THEN 'given up' ELSE state END, COUNT(*) \
                    FROM job GROUP BY 1";

/// What a database holds.
#[derive(Debug)]
struct Found {
    /// Rows of each of [`LOADED`].
    loaded: Vec<i64>,
    /// Students whose home has a block group.
    placed: i64,
    /// Of each estimate, how many figures and students' chances it has.
    runs: Vec<(i64, i64)>,
    /// Jobs by state; those that were given up, because their process died with them again and again, apart.
    jobs: Vec<(String, i64)>,
    /// Jobs whose result is stored.
    stored: i64,
}

impl Found {
    fn jobs(&self, state: &str) -> i64 {
        self.jobs.iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n)
    }
}

async fn number(db: &Db, sql: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query_scalar(sql).fetch_one(db.read()).await.expect("a number")
}

/// Opens the database, holds it to what must be so at any moment, and tells what is in it.
fn look(database: &Path) -> Found {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let db = Db::open(&format!("sqlite:{}", database.display())).await.expect("the database");
        let sound: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(db.read()).await.expect("a check");
        assert_eq!(sound, ["ok"]);
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(db.read()).await.expect("a check");
        assert!(orphans.is_empty());
        let verdict = verify(&db, None).await.expect("a verdict");
        assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
        let mut loaded = Vec::new();
        for table in LOADED {
            loaded.push(number(&db, &format!("SELECT COUNT(*) FROM {table}")).await);
        }
        let runs = "SELECT (SELECT COUNT(*) FROM figure f WHERE f.run_id = r.id), \
                    (SELECT COUNT(*) FROM student_probability p WHERE p.run_id = r.id) \
                    FROM estimate_run r ORDER BY finished_ms, id";
        let found = Found {
            loaded,
            placed: number(&db, "SELECT COUNT(*) FROM student WHERE block_group IS NOT NULL").await,
            runs: sqlx::query_as(runs).fetch_all(db.read()).await.expect("runs"),
            jobs: sqlx::query_as(JOBS).fetch_all(db.read()).await.expect("jobs"),
            stored: number(&db, "SELECT COUNT(*) FROM job WHERE checkpoint = 'stored'").await,
        };
        db.close().await;
        found
    })
}

/// Whether this is a state between two transactions of a load and an estimate that comes to `whole`.
fn assert_nothing_half(found: &Found, whole: &Found) {
    if found.loaded.iter().all(|n| *n == 0) {
        assert!(found.jobs.is_empty() && found.runs.is_empty(), "{found:?}");
        return;
    }
    assert_eq!(found.loaded, whole.loaded, "a part of the load");
    assert!(found.placed == 0 || found.placed == whole.placed, "{found:?}");
    assert!(!found.jobs.is_empty(), "the files without the wish for an estimate");
    assert_eq!(found.runs.len() as i64, found.stored, "an estimate without its job, or twice: {found:?}");
    // A student's chances are kept of the latest estimate alone.
    for (at, (figures, chances)) in found.runs.iter().enumerate() {
        let last = at + 1 == found.runs.len();
        assert_eq!((*figures, *chances), (whole.runs[0].0, if last { whole.runs[0].1 } else { 0 }));
    }
}

fn assess(settings: &Path) -> [&str; 5] {
    ["assess", "district", "--config", settings.to_str().expect("UTF-8"), "--accept-problems"]
}

fn kill_after(mut child: Child, delay: Duration) {
    std::thread::sleep(delay);
    // SIGKILL: nothing in the process can act on it.
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// The server on this database, answering.
fn serve(settings: &Path) -> Child {
    evenfield(["serve", "--config", settings.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program")
}

/// What a lease of dead processes becomes by waiting for a quarter of a minute.
fn forget_leases(database: &Path) {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let db = Db::open(&format!("sqlite:{}", database.display())).await.expect("the database");
        let mut write = db.write().await.expect("a writer");
        sqlx::query("UPDATE job SET lease_until_ms = 0 WHERE state = 'running'")
            .execute(&mut *write)
            .await
            .expect("written");
        write.commit().await.expect("committed");
        db.close().await;
    });
}

/// Serves until no job is left.
fn serve_until_idle(settings: &Path, database: &Path) -> Found {
    let mut server = serve(settings);
    // A machine with other work makes an estimate slowly: only one on which nothing comes of it any more is stuck.
    let (mut since, mut last) = (Instant::now(), String::new());
    let found = loop {
        std::thread::sleep(Duration::from_millis(500));
        let found = look(database);
        if found.jobs("waiting") + found.jobs("running") == 0 {
            break found;
        }
        let now = format!("{found:?}");
        if now != last {
            (since, last) = (Instant::now(), now);
        }
        assert!(since.elapsed() < Duration::from_secs(300), "no end in sight: {found:?}");
    };
    server.kill().expect("killed");
    server.wait().expect("ended");
    found
}

#[test]
fn killed_at_any_moment_nothing_is_half_stored_and_each_job_is_done_once() {
    let seed = std::env::var("EVENFIELD_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_124);
    eprintln!("EVENFIELD_SEED={seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("first.db");
    let file = settings(&database);
    let start = Instant::now();
    let done = run(assess(&file));
    assert!(done.status.success(), "{}", text(&done.stderr));
    let (took, whole) = (start.elapsed(), look(&database));
    assert!(whole.loaded.iter().all(|n| *n > 0) && whole.placed > 0, "{whole:?}");
    assert_eq!((whole.runs.len(), whole.jobs("done")), (1, 1));
    // Half of the kills meet a first load, half go on from where the kill before has left the database. Reading and
    // storing are quick beside the estimate, so early moments are met as often as late ones.
    let mut met = std::collections::BTreeSet::new();
    let database = folder.path().join("again.db");
    let file = settings(&database);
    let moment = |random: &mut rand::rngs::StdRng| took.mul_f64(0.02_f64.powf(random.random_range(0.0..1.0)));
    for trial in 0..18 {
        if trial < 9 {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", database.display()));
            }
        }
        let child = evenfield(assess(&file)).stderr(Stdio::null()).spawn().expect("the program");
        // Of each half one kill falls into each ninth of the moments, so that early and late ones are met for sure.
        let ninth = (f64::from(trial % 9) + random.random_range(0.0..1.0)) / 9.0;
        kill_after(child, took.mul_f64(0.02_f64.powf(ninth)));
        let found = look(&database);
        assert_nothing_half(&found, &whole);
        met.insert((found.loaded[0] > 0, found.placed > 0, found.runs.len().min(1)));
    }
    eprintln!("states met: {met:?}");
    assert!(met.len() > 1, "the kills met too few moments: {met:?}");
    // The server takes up what was left, is killed itself, and in the end each job is done once.
    forget_leases(&database);
    for _ in 0..3 {
        kill_after(serve(&file), moment(&mut random));
        assert_nothing_half(&look(&database), &whole);
        forget_leases(&database);
    }
    let done = run(assess(&file));
    assert!(done.status.success(), "{}", text(&done.stderr));
    let found = serve_until_idle(&file, &database);
    assert_nothing_half(&found, &whole);
    assert_eq!((found.jobs("failed"), found.jobs("done")), (0, found.runs.len() as i64), "{found:?}");
}

#[test]
fn two_programs_on_one_database_wait_for_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("evenfield.db");
    let file = settings(&database);
    let server = serve(&file);
    let both = [(); 2].map(|()| evenfield(assess(&file)).spawn().expect("the program"));
    for child in both {
        let done = child.wait_with_output().expect("ended");
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    kill_after(server, Duration::ZERO);
    let found = serve_until_idle(&file, &database);
    let whole = look(&district().join("evenfield.db"));
    assert_eq!(found.loaded, whole.loaded);
    assert_eq!((found.jobs("failed"), found.jobs("done")), (0, found.runs.len() as i64), "{found:?}");
}
