use super::worker::{Worker, wait_before};
use super::{
    Failure, Handler, Job, Outcome, Progress, Request, State, enqueue, estimate, get, handler, list,
};
use crate::App;
use crate::config::Config;
use crate::db::{Db, harness};
use crate::testing::spawn_test;
use serde_json::json;
use std::time::Duration;

fn app(db: &Db) -> App {
    App::new(db.clone(), Config::local(db.url())).unwrap()
}

fn quick(db: &Db, handlers: Vec<Handler>) -> Worker {
    let mut worker = Worker::with(app(db), handlers);
    worker.lease = Duration::from_millis(400);
    worker.poll = Duration::from_millis(20);
    worker
}

async fn ask(db: &Db, kind: &str, key: &str, payload: serde_json::Value) -> String {
    let mut write = db.write().await.unwrap();
    let request = Request { district_id: None, kind, key, payload, begin_ms: 0 };
    let id = enqueue(&mut write, &request).await.unwrap();
    write.commit().await.unwrap();
    id
}

async fn now(db: &Db, id: &str) -> Job {
    get(db.read(), id).await.unwrap().unwrap()
}

async fn sql(db: &Db, sql: &'static str) {
    let mut write = db.write().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
}

/// Lets a job that waits for its next try be due now.
async fn skip_the_wait(db: &Db) {
    sql(db, "UPDATE job SET run_after_ms = 0").await;
}

#[tokio::test]
async fn asking_twice_is_one_job_and_asking_in_vain_is_none() {
    harness::each(|db| async move {
        let first = ask(&db, "k", "a", json!({"n": 1})).await;
        assert_eq!(ask(&db, "k", "a", json!({"n": 2})).await, first);
        assert_ne!(ask(&db, "k", "b", json!(null)).await, first);
        let mut write = db.write().await.unwrap();
        let request = Request { district_id: None, kind: "k", key: "c", payload: json!(null), begin_ms: 0 };
        let gone = enqueue(&mut write, &request).await.unwrap();
        drop(write);
        assert!(get(db.read(), &gone).await.unwrap().is_none());
        let job = now(&db, &first).await;
        assert_eq!((job.payload.as_str(), job.state, job.attempts), (r#"{"n":1}"#, State::Waiting, 0));
    })
    .await;
}

#[tokio::test]
async fn what_takes_long_keeps_nothing_else_waiting() {
    async fn run(_: App, _: Job, _: Progress) -> Outcome {
        Ok(())
    }
    harness::each(|db| async move {
        let long = ask(&db, "long", "a", json!(null)).await;
        let short = ask(&db, "short", "b", json!(null)).await;
        let both = || vec![handler("long", run), handler("short", run)];
        let others = quick(&db, both()).without("long");
        assert_eq!(others.run_one(None).await.unwrap(), Some(short));
        assert_eq!(others.run_one(None).await.unwrap(), None);
        let own = quick(&db, both()).only("long");
        assert_eq!(own.run_one(None).await.unwrap(), Some(long));
    })
    .await;
}

#[tokio::test]
async fn a_job_runs_once_and_tells_how_far_it_is() {
    async fn run(_: App, job: Job, progress: Progress) -> Outcome {
        assert_eq!(job.payload, r#"{"n":1}"#);
        progress.set(7, 9, "job-waiting");
        Ok(())
    }
    harness::each(|db| async move {
        let id = ask(&db, "k", "a", json!({"n": 1})).await;
        let worker = quick(&db, vec![handler("k", run)]);
        assert_eq!(worker.run_one(None).await.unwrap(), Some(id.clone()));
        assert_eq!(worker.run_one(None).await.unwrap(), None);
        let job = now(&db, &id).await;
        assert_eq!((job.state, job.done, job.total, job.error), (State::Done, 7, 9, None));
        assert_eq!(job.note.as_deref(), Some("job-waiting"));
        assert!(job.finished_ms >= job.started_ms && job.started_ms.is_some());
    })
    .await;
}

#[tokio::test]
async fn what_fails_for_now_is_tried_again_later_and_what_fails_for_good_is_not() {
    async fn run(_: App, job: Job, _: Progress) -> Outcome {
        match job.payload.as_str() {
            "\"good\"" => Err(Failure::for_good("job-error-internal", "roster.zip")),
            "\"panic\"" => panic!("on purpose"),
            _ => Err(Failure::for_now("job-error-database", "")),
        }
    }
    harness::each(|db| async move {
        let worker = quick(&db, vec![handler("k", run)]);
        let good = ask(&db, "k", "good", json!("good")).await;
        worker.run_one(None).await.unwrap();
        let job = now(&db, &good).await;
        assert_eq!((job.state, job.error.as_deref()), (State::Failed, Some("job-error-internal")));
        assert_eq!(job.error_detail.as_deref(), Some("roster.zip"));

        for kind in ["now", "panic"] {
            let id = ask(&db, "k", kind, json!(kind)).await;
            for attempt in 1..=worker.attempts {
                assert_eq!(worker.run_one(None).await.unwrap(), Some(id.clone()));
                assert_eq!(now(&db, &id).await.attempts, attempt);
                assert_eq!(worker.run_one(None).await.unwrap(), None, "it waits before the next try");
                skip_the_wait(&db).await;
            }
            assert_eq!(now(&db, &id).await.state, State::Failed);
        }
        let id = ask(&db, "unknown", "a", json!(null)).await;
        worker.run_one(None).await.unwrap();
        assert_eq!(now(&db, &id).await.error.as_deref(), Some("job-error-unknown"));
    })
    .await;
}

#[test]
fn tries_are_further_and_further_apart() {
    let waits: Vec<u64> = (0..9).map(|n| wait_before(n).as_secs()).collect();
    assert_eq!(waits, [1, 1, 4, 16, 64, 256, 600, 600, 600]);
}

#[test]
fn the_time_left_goes_by_what_is_done() {
    let job = Job {
        id: String::new(),
        district_id: None,
        kind: String::new(),
        key: String::new(),
        payload: String::new(),
        state: State::Running,
        attempts: 1,
        checkpoint: None,
        done: 25,
        total: 100,
        note: None,
        error: None,
        error_detail: None,
        created_ms: 0,
        run_after_ms: 0,
        started_ms: Some(1_000),
        finished_ms: None,
    };
    assert_eq!(job.left_ms(11_000), Some(30_000));
    assert_eq!(Job { done: 0, ..job.clone() }.left_ms(11_000), None);
    assert_eq!(Job { total: 0, ..job }.left_ms(11_000), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_kept_while_the_work_takes_longer_than_it() {
    async fn run(_: App, _: Job, _: Progress) -> Outcome {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        Ok(())
    }
    harness::each(|db| async move {
        let id = ask(&db, "k", "a", json!(null)).await;
        let (one, two) = (quick(&db, vec![handler("k", run)]), quick(&db, vec![handler("k", run)]));
        let first = tokio::spawn(async move { one.run_one(None).await });
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(two.run_one(None).await.unwrap(), None);
        first.await.unwrap().unwrap();
        let job = now(&db, &id).await;
        assert_eq!((job.state, job.attempts), (State::Done, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_can_store_nothing_more() {
    async fn run(app: App, _: Job, progress: Progress) -> Outcome {
        sql(&app.db, "UPDATE job SET lease_owner = 'another'").await;
        let mut write = app.db.write().await?;
        sqlx::query("UPDATE job SET key = 'changed'").execute(&mut *write).await?;
        progress.step(&mut write, "1").await?;
        write.commit().await?;
        Ok(())
    }
    harness::each(|db| async move {
        let id = ask(&db, "k", "a", json!(null)).await;
        quick(&db, vec![handler("k", run)]).run_one(None).await.unwrap();
        let job = now(&db, &id).await;
        assert_eq!((job.state, job.key.as_str(), job.checkpoint), (State::Running, "a", None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_share_the_queue_without_doing_a_job_twice() {
    async fn run(app: App, job: Job, _: Progress) -> Outcome {
        let mut write = app.db.write().await?;
        sqlx::query("INSERT INTO ran (id, key) VALUES ($1, $2)")
            .bind(crate::db::new_id())
            .bind(job.key)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(())
    }
    harness::each(|db| async move {
        sql(&db, "CREATE TABLE ran (id TEXT PRIMARY KEY NOT NULL, key TEXT NOT NULL)").await;
        for n in 0..30 {
            ask(&db, "k", &n.to_string(), json!(n)).await;
        }
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let mut worker = quick(&db, vec![handler("k", run)]);
                worker.lease = Duration::from_secs(20);
                tokio::spawn(async move { while worker.run_one(None).await.unwrap().is_some() {} })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        // A worker that saw nothing due while another was about to claim may have left early; none are lost.
        let worker = quick(&db, vec![handler("k", run)]);
        while worker.run_one(None).await.unwrap().is_some() {}
        let ran: Vec<String> = sqlx::query_scalar("SELECT key FROM ran").fetch_all(db.read()).await.unwrap();
        let mut keys: Vec<i64> = ran.iter().map(|k| k.parse().unwrap()).collect();
        keys.sort_unstable();
        assert_eq!(keys, (0..30).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_the_server_gives_the_job_back() {
    async fn run(app: App, job: Job, progress: Progress) -> Outcome {
        if job.checkpoint.as_deref() == Some("half") {
            return Ok(());
        }
        let mut write = app.db.write().await?;
        progress.step(&mut write, "half").await?;
        write.commit().await?;
        std::future::pending().await
    }
    harness::each(|db| async move {
        let id = ask(&db, "k", "a", json!(null)).await;
        let worker = quick(&db, vec![handler("k", run)]);
        worker.run_until(tokio::time::sleep(Duration::from_millis(300))).await;
        let job = now(&db, &id).await;
        assert_eq!((job.state, job.attempts, job.checkpoint.as_deref()), (State::Waiting, 0, Some("half")));
        let job = worker.finish(&id, |_| ()).await.unwrap();
        assert_eq!(job.state, State::Done);
    })
    .await;
}

#[tokio::test]
async fn a_district_sees_its_own_jobs() {
    harness::each(|db| async move {
        sql(
            &db,
            "INSERT INTO district (id, name, state, created_ms) VALUES ('5100001', 'a', '51', 1), ('5100002', 'b', '51', 1)",
        )
        .await;
        for (district, key) in [("5100001", "a"), ("5100002", "b"), ("5100001", "c")] {
            let mut write = db.write().await.unwrap();
            let request = Request { district_id: Some(district), kind: "k", key, payload: json!(null), begin_ms: 0 };
            enqueue(&mut write, &request).await.unwrap();
            write.commit().await.unwrap();
        }
        let keys: Vec<_> = list(db.read(), "5100001", 10).await.unwrap().into_iter().map(|j| j.key).collect();
        assert_eq!(keys, ["c", "a"]);
    })
    .await;
}

const HERE: &str = "5100001";

async fn district(db: &Db) {
    sql(db, "INSERT INTO district (id, name, state, created_ms) VALUES ('5100001', 'a', '51', 1)").await;
}

/// An estimate asked for after an answer, or at once.
async fn wish(db: &Db, later: bool) -> Job {
    let mut write = db.write().await.unwrap();
    let id = if later {
        estimate::request_later(&mut write, HERE).await
    } else {
        estimate::request(&mut write, HERE, &estimate::Wanted::default()).await
    };
    write.commit().await.unwrap();
    now(db, &id.unwrap()).await
}

#[tokio::test]
async fn one_estimate_serves_for_all_answers_until_it_begins() {
    async fn run(_: App, _: Job, _: Progress) -> Outcome {
        Ok(())
    }
    harness::each(|db| async move {
        district(&db).await;
        let worker = quick(&db, vec![handler(estimate::KIND, run)]);
        let mut write = db.write().await.unwrap();
        estimate::request_later(&mut write, HERE).await.unwrap();
        drop(write);
        assert!(estimate::awaited(db.read(), HERE).await.unwrap().is_none(), "the answer was not stored");

        let first = wish(&db, true).await;
        assert!((first.run_after_ms - first.created_ms - estimate::GATHER_MS).abs() < 1_000);
        let second = wish(&db, true).await;
        assert_eq!((&second.id, second.run_after_ms), (&first.id, first.run_after_ms));
        assert_eq!(worker.run_one(None).await.unwrap(), None, "it waits for more answers");
        let awaited = estimate::awaited(db.read(), HERE).await.unwrap().unwrap();
        assert_eq!((awaited.id, awaited.state), (first.id.clone(), State::Waiting));

        assert_eq!(wish(&db, false).await.id, first.id, "asked for at once it is the same");
        assert!(
            wish(&db, true).await.run_after_ms <= crate::db::now_ms(),
            "a later answer does not put it off"
        );
        assert_eq!(worker.run_one(None).await.unwrap(), Some(first.id.clone()));
        assert!(estimate::awaited(db.read(), HERE).await.unwrap().is_none());

        let third = wish(&db, true).await;
        assert_ne!(third.id, first.id, "what came in after it began waits for the next");
        sql(&db, "UPDATE job SET state = 'running', lease_until_ms = 99999999999999 WHERE state = 'waiting'")
            .await;
        assert_ne!(wish(&db, true).await.id, third.id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_same_moment_ask_for_one_estimate() {
    harness::each(|db| async move {
        district(&db).await;
        let asked = (0..8).map(|_| {
            let db = db.clone();
            tokio::spawn(async move { wish(&db, true).await.id })
        });
        let mut ids = std::collections::HashSet::new();
        for id in asked.collect::<Vec<_>>() {
            ids.insert(id.await.unwrap());
        }
        assert_eq!(ids.len(), 1);
    })
    .await;
}

const STEPS: i64 = 200;

/// A step adds its row twice when it is done twice: nothing hinders it but the checkpoint.
async fn many_steps(app: App, job: Job, progress: Progress) -> Outcome {
    let begin: i64 = job.checkpoint.as_deref().map_or(0, |c| c.parse().unwrap());
    for step in begin..STEPS {
        let mut write = app.db.write().await?;
        sqlx::query("INSERT INTO applied (id, step) VALUES ($1, $2)")
            .bind(crate::db::new_id())
            .bind(step)
            .execute(&mut *write)
            .await?;
        progress.set(step + 1, STEPS, "job-waiting");
        tokio::time::sleep(Duration::from_millis(4)).await;
        progress.step(&mut write, &(step + 1).to_string()).await?;
        tokio::time::sleep(Duration::from_millis(4)).await;
        write.commit().await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "run in a process of its own by `each_step_is_applied_once_however_often_the_process_is_killed`"]
async fn child_works() {
    let db = Db::open(&std::env::var("EVENFIELD_CHILD_DATABASE").unwrap()).await.unwrap();
    quick(&db, vec![handler("steps", many_steps)]).run_until(std::future::pending()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_is_applied_once_however_often_the_process_is_killed() {
    use rand::{RngExt, SeedableRng};
    let seed = std::env::var("EVENFIELD_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_124);
    eprintln!("EVENFIELD_SEED={seed}");
    harness::each(|db| async move {
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        sql(&db, "CREATE TABLE applied (id TEXT PRIMARY KEY NOT NULL, step BIGINT NOT NULL)").await;
        let id = ask(&db, "steps", "a", json!(null)).await;
        let mut kills = 0;
        while !now(&db, &id).await.is_over() {
            let mut child = spawn_test("jobs::tests::child_works", db.url(), std::process::Stdio::null());
            // Long enough now and then to get over the start and the old lease.
            let alive = Duration::from_millis(random.random_range(200..1_200));
            tokio::time::sleep(alive).await;
            // SIGKILL: nothing in the process can act on it.
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            assert!(kills < 200, "no end in sight");
        }
        let job = now(&db, &id).await;
        eprintln!("killed {kills} times");
        assert!(kills > 1, "the first process did everything: nothing was tested");
        assert_eq!((job.state, job.done, job.total), (State::Done, STEPS, STEPS));
        let steps: Vec<i64> =
            sqlx::query_scalar("SELECT step FROM applied ORDER BY step").fetch_all(db.read()).await.unwrap();
        assert_eq!(steps, (0..STEPS).collect::<Vec<_>>());
    })
    .await;
}
