//! Many random events on fresh records, and processes that are killed while they lend. `make soak` runs more of both.

use super::counter::inventory;
use super::orders::{Step, check, random, ready, take};
use super::*;
use crate::audit;
use crate::db::{Backend, new_id, now_ms};
use crate::queries::{self, Loan};
use crate::rules::score::is_sound;
use crate::rules::state::State;
use crate::testing::Browser;
use crate::testing::spawn_test;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

/// Events on one set of records: enough for loans, notices, grace and suspensions to follow each other.
const EPISODE: usize = 150;

fn told(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|said| said.parse().ok()).unwrap_or(otherwise)
}

/// What must hold of all that was kept, beside what holds of the records of now.
async fn check_kept(db: &Db) {
    for (wrong, sql) in [
        (
            "a device whose card is not the one that was put in last",
            "SELECT COUNT(*) FROM lending_device d WHERE COALESCE(d.iccid, '') <> COALESCE((SELECT c.iccid FROM lending_card c \
             WHERE c.device_id = d.id AND c.taken_ms IS NULL), '')",
        ),
        (
            "a line that is seen otherwise than what was seen last",
            "SELECT COUNT(*) FROM carrier_line l WHERE l.observed <> 'unknown' AND l.observed <> (SELECT s.observed \
             FROM carrier_seen s WHERE s.line_id = l.id AND s.to_ms IS NULL)",
        ),
        (
            "a student with two open requests",
            "SELECT COUNT(*) FROM (SELECT student_id FROM lending_request WHERE state IN ('waiting', 'offered') \
             GROUP BY student_id HAVING COUNT(*) > 1) AS twice",
        ),
        (
            "a request that a loan served which there is not",
            "SELECT COUNT(*) FROM lending_request r WHERE r.state = 'served' AND NOT EXISTS (SELECT 1 FROM lending_loan n \
             WHERE n.id = r.loan_id AND n.undone_ms IS NULL)",
        ),
        (
            "a loan that ended before it began",
            "SELECT COUNT(*) FROM lending_loan WHERE in_ms < out_ms OR gone_ms < out_ms",
        ),
    ] {
        assert_eq!(number(db, sql).await, 0, "{wrong}");
    }
    for ranking in queries::rankings(db.read(), HERE, 1_000).await.expect("rankings") {
        assert!(is_sound(&ranking.points, ranking.made_ms, &ranking.inputs, &ranking.mark), "{}", ranking.id);
    }
    let chain = audit::verify(db, None).await.expect("the chain is read");
    assert!(matches!(chain, audit::Verdict::Whole { .. }), "{chain:?}");
}

/// Families ask, and are offered what there is.
async fn requests(staff: &Browser, rng: &mut StdRng) {
    let path = format!("/d/{HERE}/lending/requests");
    let student = ["S1", "S2", "S3"][rng.random_range(0..3)];
    let act = if rng.random_bool(0.8) { "ask" } else { "withdraw" };
    let fields = [("act", act), ("student", student), ("access", "none"), ("barrier", "cost")];
    let reply = staff.post(&path, &fields).await;
    assert!([303, 400].contains(&reply.status), "{}", reply.body);
    if rng.random_bool(0.5) {
        let count = if rng.random_bool(0.5) { "1" } else { "2" };
        let reply = staff.post(&format!("{path}/offer"), &[("count", count)]).await;
        assert!([303, 400].contains(&reply.status), "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_events_in_random_order_leave_all_records_sound() {
    let (events, seed) = (told("EVENFIELD_SOAK_EVENTS", 300), told("EVENFIELD_SEED", 20_261_130));
    let episodes = events.div_ceil(EPISODE as u64);
    for episode in 0..episodes {
        let seed = seed + episode;
        eprintln!("EVENFIELD_SEED={seed} EVENFIELD_SOAK_EVENTS={EPISODE}");
        each(|kit| async move {
            let (staff, devices) = ready(&kit).await;
            let mut rng = StdRng::seed_from_u64(seed);
            // One after the other, and two at once in turn: time passes between, and not while somebody is at work.
            for some in random(seed, EPISODE).chunks(10) {
                let is_at_once = rng.random_bool(0.5);
                let (waits, goes): (Vec<&Step>, Vec<&Step>) =
                    some.iter().partition(|step| step.passes_time());
                let halves = goes.split_at(if is_at_once { goes.len() / 2 } else { goes.len() });
                let one = async |staff: &Browser, steps: &[&Step]| {
                    for step in steps {
                        take(&kit, staff, &devices, step).await;
                    }
                };
                tokio::join!(one(&staff[0], halves.0), one(&staff[1], halves.1));
                check(&kit.app.db).await;
                requests(&staff[0], &mut rng).await;
                for step in waits {
                    take(&kit, &staff[0], &devices, step).await;
                    check(&kit.app.db).await;
                }
            }
            check_kept(&kit.app.db).await;
        })
        .await;
    }
}

/// Lends and takes back as fast as it can, and says each thing that is done, once it is.
#[tokio::test]
#[ignore = "run in a process of its own by `no_loan_that_was_acknowledged_is_lost_when_the_process_is_killed`"]
async fn child_lends() {
    let db =
        Db::open(&std::env::var("EVENFIELD_CHILD_DATABASE").expect("a database")).await.expect("it opens");
    let mut tx = db.write().await.expect("a write");
    let devices = queries::all_devices(&mut tx, HERE).await.expect("devices");
    drop(tx);
    for n in 0.. {
        let device = &devices[n % devices.len()];
        let mut tx = db.write().await.expect("a write");
        queries::lock(&mut tx, HERE).await.expect("a lock");
        let now = now_ms();
        let done = match queries::open_loan(&mut *tx, HERE, &device.id).await.expect("a loan or none") {
            Some(loan) => {
                let back = queries::Becomes::Back;
                assert!(
                    queries::change_loan(&mut tx, HERE, &loan.id, back, ("clerk", now)).await.expect("back")
                );
                let move_to = (State::Lent, State::Here);
                queries::set_state(&mut tx, HERE, &device.id, move_to, ("clerk", now)).await.expect("here");
                format!("back {}", loan.id)
            }
            None => {
                let loan = Loan::new(new_id(), (&device.id, "S1"), now, "2027-06-01".to_owned());
                queries::insert_loan(&mut tx, HERE, &loan, "clerk").await.expect("lent");
                let move_to = (State::Here, State::Lent);
                queries::set_state(&mut tx, HERE, &device.id, move_to, ("clerk", now)).await.expect("lent");
                format!("lent {}", loan.id)
            }
        };
        let cards: Vec<String> = device.iccid.clone().into_iter().collect();
        queries::settle(&mut tx, HERE, &cards, now).await.expect("settled");
        let entry = audit::Entry {
            district_id: Some(HERE),
            account_id: None,
            action: "loan.test",
            subject: ("lending_loan", "x"),
            detail: serde_json::json!(null),
        };
        audit::record(&mut tx, &entry).await.expect("noted");
        tx.commit().await.expect("stored");
        println!("\ndone {done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_loan_that_was_acknowledged_is_lost_when_the_process_is_killed() {
    let (seeds, first) = (told("EVENFIELD_SOAK_KILLS", 25), told("EVENFIELD_SEED", 20_261_130));
    each(|kit| async move {
        inventory(&kit).await;
        let db = &kit.app.db;
        let (mut lent, mut back) = (HashSet::new(), HashSet::new());
        // A transaction on PostgreSQL is the server's, which is not killed: a few are enough there.
        let seeds = if db.backend() == Backend::Sqlite { seeds } else { seeds.min(3) };
        for seed in first..first + seeds {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut child = spawn_test("tests::soak::child_lends", db.url(), Stdio::piped());
            let out = child.stdout.take().expect("its output");
            let (says, told) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let lines = BufReader::new(out).lines().map_while(Result::ok);
                for done in lines.filter_map(|line| line.strip_prefix("done ").map(str::to_owned)) {
                    let _ = says.send(done);
                }
            });
            let begun = tokio::task::block_in_place(|| told.recv_timeout(Duration::from_secs(120)));
            tokio::time::sleep(Duration::from_micros(rng.random_range(0..300_000))).await;
            // SIGKILL: nothing in the process can act on it.
            child.kill().expect("killed");
            child.wait().expect("gone");
            for done in begun.into_iter().chain(told) {
                // A line that the kill cut off is no acknowledgement.
                match done.split_once(' ') {
                    Some(("lent", id)) if id.len() == 36 => drop(lent.insert(id.to_owned())),
                    Some(("back", id)) if id.len() == 36 => drop(back.insert(id.to_owned())),
                    _ => {}
                }
            }
            check(db).await;
        }
        let stored: Vec<(String, Option<i64>)> =
            sqlx::query_as("SELECT id, in_ms FROM lending_loan").fetch_all(db.read()).await.expect("loans");
        let all: HashSet<&String> = stored.iter().map(|(id, _)| id).collect();
        let over: HashSet<&String> = stored.iter().filter(|(_, ms)| ms.is_some()).map(|(id, _)| id).collect();
        assert!(lent.len() + back.len() >= seeds as usize, "each did something: {}", lent.len());
        assert!(lent.iter().all(|id| all.contains(id)), "a check-out that was acknowledged is lost");
        assert!(back.iter().all(|id| over.contains(id)), "a return that was acknowledged is lost");
        check_kept(db).await;
        eprintln!(
            "{seeds} kills, {} check-outs and {} returns acknowledged, none lost",
            lent.len(),
            back.len()
        );
    })
    .await;
}
