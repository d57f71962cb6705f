use super::pages::{example_scenario, kit, save};
use super::{HERE, THERE, districts};
use crate::access::Role;
use crate::db::harness;
use crate::jobs;
use crate::queries::{self, Acceptance, Run, RunState};
use crate::rules::answer;
use crate::rules::ladder::Step;
use crate::testing::{Browser, Kit};
use serde_json::{Value, json};
use std::time::Duration;

fn run(id: &str, state: RunState) -> Run {
    Run {
        fair: false,
        id: id.to_owned(),
        scenario: "s".to_owned(),
        revision: 1,
        state,
        job: "j".to_owned(),
        seconds: 5,
        now: None,
        made_ms: 1,
    }
}

/// A worker that looks for plans and nothing else.
fn worker(app: crate::App) -> jobs::worker::Worker {
    jobs::worker::Worker::with(app, vec![jobs::handler(crate::solve::KIND, crate::solve::run)])
}

#[tokio::test]
async fn a_run_moves_only_from_the_states_that_are_named() {
    harness::each(|db| async move {
        districts(&db).await;
        let mut write = db.write().await.expect("a write");
        queries::insert_run(&mut write, HERE, &run("r", RunState::Open), "a").await.expect("stored");
        let ladder = [10u64, 20]
            .map(|cents| (Step { budget: vec![cents], chosen: cents == 20 }, "years = 1".to_owned()));
        queries::put_folder(&mut write, HERE, ("r", 3), true, (&[7; 900_000], &ladder))
            .await
            .expect("stored");
        let stop = (&[RunState::Open][..], RunState::Stopping);
        assert!(!queries::move_run(&mut write, THERE, "r", stop).await.expect("not theirs"));
        assert!(queries::move_run(&mut write, HERE, "r", stop).await.expect("moved"));
        assert!(!queries::move_run(&mut write, HERE, "r", stop).await.expect("once"));
        write.commit().await.expect("committed");
        assert_eq!(queries::folder(db.read(), HERE, "r").await.expect("an archive"), [7; 900_000]);
        let now = queries::run(db.read(), HERE, "r").await.expect("read").expect("there");
        assert_eq!((now.state, now.revision, now.fair), (RunState::Stopping, 3, true));
        let rungs = queries::rungs(db.read(), HERE, "r").await.expect("rungs");
        assert_eq!(
            rungs.iter().map(|r| (r.total(), r.chosen, r.finished)).collect::<Vec<_>>(),
            [(10, false, false), (20, true, false)]
        );
        assert!(queries::newest_run(db.read(), HERE, "s", true).await.expect("none has a plan").is_none());
        assert!(queries::newest_run(db.read(), HERE, "s", false).await.expect("read").is_some());
    })
    .await;
}

#[tokio::test]
async fn an_acceptance_is_taken_back_by_facts_of_its_own() {
    harness::each(|db| async move {
        districts(&db).await;
        let acceptance = |id: &str| Acceptance {
            id: id.to_owned(),
            run: "r".to_owned(),
            step: 4,
            outbox: format!("o-{id}"),
            accepted_ms: 1,
        };
        let mut write = db.write().await.expect("a write");
        for id in ["a", "b"] {
            queries::accept(&mut write, HERE, &acceptance(id), ("x", &json!({ "n": 1 })))
                .await
                .expect("stored");
            if id == "b" {
                sqlx::query("UPDATE outbox SET read_ms = 5 WHERE id = 'o-b'")
                    .execute(&mut *write)
                    .await
                    .expect("read");
            }
            assert!(queries::take_back(&mut write, HERE, &acceptance(id), 6).await.expect("taken back"));
            assert!(!queries::take_back(&mut write, HERE, &acceptance(id), 7).await.expect("once"));
            assert!(queries::accepted(&mut *write, HERE).await.expect("none").is_none());
        }
        queries::accept(&mut write, HERE, &acceptance("c"), ("x", &json!({}))).await.expect("stored");
        write.commit().await.expect("committed");
        let facts: Vec<(String, Option<i64>, String)> =
            sqlx::query_as("SELECT kind, undone_ms, body_json FROM outbox ORDER BY made_ms, kind, id")
                .fetch_all(db.read())
                .await
                .expect("facts");
        let told: Vec<(&str, Option<i64>)> = facts.iter().map(|f| (f.0.as_str(), f.1)).collect();
        // Facts that were read stay as they are.
        let (made, back) = ("plan.accepted", "plan.taken_back");
        assert_eq!(told, [(made, Some(6)), (made, None), (made, None), (back, None), (back, None)]);
        let of: Vec<bool> = ["o-a", "o-b"].map(|id| facts.iter().any(|f| f.2.contains(id))).into();
        assert_eq!(of, [true, true]);
        assert_eq!(
            queries::accepted(db.read(), HERE).await.expect("read").map(|a| a.id).as_deref(),
            Some("c")
        );
        assert!(queries::accepted(db.read(), THERE).await.expect("none").is_none());
    })
    .await;
}

/// The job of a scenario's newest run.
pub async fn job(kit: &Kit, at: &str) -> (String, Run) {
    let id = at.rsplit('/').next().expect("an id");
    let run = queries::newest_run(kit.app.db.read(), HERE, id, false).await.expect("read").expect("a run");
    (run.job.clone(), run)
}

pub async fn solved(kit: &Kit, staff: &Browser, at: &str) -> Run {
    let reply = staff.post(&format!("{at}/solve"), &[("act", "start"), ("seconds", "5")]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let (id, _) = job(kit, at).await;
    let done = worker(kit.app.clone()).finish(&id, |_| ()).await.expect("worked");
    assert_eq!(done.state, jobs::State::Done, "{:?}", done.error);
    job(kit, at).await.1
}

#[tokio::test]
async fn plans_are_found_proved_and_shown() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let run = solved(&kit, &staff, &at).await;
    assert_eq!(run.state, RunState::Done);
    let rungs = queries::rungs(kit.app.db.read(), HERE, &run.id).await.expect("rungs");
    assert!(rungs.len() >= 8 && rungs.iter().all(|r| r.finished && r.answer.is_some()), "{rungs:?}");
    // More money never gives less.
    let worth: Vec<f64> =
        rungs.iter().filter_map(|r| r.answer.as_ref()).filter(|a| !a.floors).map(|a| a.objective).collect();
    assert!(worth.windows(2).all(|pair| pair[0] <= pair[1]), "{worth:?}");
    let archive = queries::folder(kit.app.db.read(), HERE, &run.id).await.expect("an archive");
    for rung in &rungs {
        let proof =
            queries::proof(kit.app.db.read(), HERE, &run.id, rung.step).await.expect("read").expect("there");
        let instance = answer::instance(&archive, &proof.0).expect("an instance");
        let certificate = serde_json::from_str(&proof.1.expect("a certificate")).expect("JSON");
        evenfield_plan::verify(&instance, &certificate).expect("proved");
    }
    let page = staff.get(&format!("{at}/result")).await;
    assert_eq!(page.status, 200);
    for told in [
        "Connected at home",
        "Served",
        "It is proved that no plan",
        "id=\"curve\"",
        "With $10,000 more",
        "map.geojson",
        "Silo",
        "$13,000",
    ] {
        assert!(page.body.contains(told) || told == "Silo", "{told}: {}", page.body);
    }
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    for tail in
        ["/result?budget=0", "/options", "/memo", "/report.csv", "/options.csv", "/map.geojson", "/proof.zip"]
    {
        let page = analyst.get(&format!("{at}{tail}")).await;
        assert_eq!(page.status, 200, "{tail}: {}", page.body);
    }
    assert!(!analyst.get(&format!("{at}/result")).await.body.contains("/accept\""));
    let map: Value =
        serde_json::from_str(&analyst.get(&format!("{at}/map.geojson")).await.body).expect("JSON");
    assert!(map["features"].as_array().is_some_and(|f| f.len() >= 4), "{map}");
    let compared =
        analyst.get(&format!("/d/{HERE}/plans/compare?{}=on", at.rsplit('/').next().unwrap())).await;
    assert!(
        compared.body.contains("id=\"compare\"") && compared.body.contains("$13,000"),
        "{}",
        compared.body
    );
    let query = format!("{}=on", at.rsplit('/').next().expect("an id"));
    let file = analyst.get(&format!("/d/{HERE}/plans/compare.csv?{query}")).await.body;
    assert!(
        file.starts_with("scenario,budget,") && file.contains("\nSmall town,13000.00,,42.000,30.000,54.000,"),
        "{file}"
    );
    let mut lines = csv::Reader::from_reader(file.as_bytes());
    let head = lines.headers().expect("a head").clone();
    let row = lines.records().next().expect("a row").expect("well formed");
    let cell =
        |name: &str| head.iter().position(|column| column == name).map(|at| row[at].to_owned()).expect(name);
    let share: f64 = cell("least_group_share").parse().expect("a share");
    assert!(cell("least_group").contains(": ") && (0.0..1.0).contains(&share), "{file}");
    assert!(compared.body.contains(&cell("least_group")), "{}", compared.body);
    let spanish = analyst.get(&format!("{at}/result?lang=es")).await.body;
    assert!(!spanish.contains(" students ride") && !spanish.contains("Blue for "), "{spanish}");
    for page in ["/result", "/options", "/memo", "/proof.zip"] {
        let stranger = kit.sign_in(Role::Coordinator, THERE).await;
        assert_eq!(stranger.get(&format!("{at}{page}")).await.status, 404);
    }
}

#[tokio::test]
async fn every_group_has_as_much_as_every_group_can() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let fair = [("group", "frl"), ("floors_by", "fair"), ("floor_group_1", "yes"), ("floor_share_1", "40%")];
    save(&staff, &at, "policy", &fair, ("none", "", b"")).await;
    let page = staff.get(&format!("{at}/step?step=policy")).await;
    assert!(
        page.body.contains("no floor: every group is to have as much as every group can"),
        "{}",
        page.body
    );
    save(&staff, &at, "policy", &[("group", "frl"), ("floors_by", "fair")], ("none", "", b"")).await;
    let run = solved(&kit, &staff, &at).await;
    assert!(run.fair);
    let archive = queries::folder(kit.app.db.read(), HERE, &run.id).await.expect("an archive");
    let rungs = queries::rungs(kit.app.db.read(), HERE, &run.id).await.expect("rungs");
    let mut shares = Vec::new();
    for rung in &rungs {
        let answer = rung.answer.as_ref().expect("a plan");
        let fair = answer.fair.clone();
        // With next to nothing no option can be bought.
        let Some(fair) = fair else { continue };
        let share = fair.share;
        assert!(!answer.floors && share <= fair.bound && fair.beyond.is_empty(), "{answer:?}");
        let proof =
            queries::proof(kit.app.db.read(), HERE, &run.id, rung.step).await.expect("read").expect("there");
        let instance = answer::instance(&archive, &proof.0).expect("an instance");
        let certificate = serde_json::from_str(&proof.1.expect("a certificate")).expect("JSON");
        evenfield_plan::verify(&instance, &certificate).expect("proved with its floors");
        assert!(instance.floors.iter().all(|floor| f64::from(floor.share) == (share * 1e6).round()));
        shares.push((share, instance.floors.len()));
    }
    // Each group of the column has its floor, and more money never gives every group less.
    assert!(shares.iter().filter(|(share, _)| *share > 0.0).all(|(_, floors)| *floors == 2), "{shares:?}");
    assert!(
        shares.windows(2).all(|pair| pair[0].0 <= pair[1].0 + 1e-3) && shares[shares.len() - 1].0 > 0.1,
        "{shares:?}"
    );
    let page = staff.get(&format!("{at}/result")).await;
    assert!(page.body.contains("Every group within reach has at least"), "{}", page.body);
}

#[tokio::test]
async fn each_option_says_why() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    solved(&kit, &staff, &at).await;
    let csv = staff.get(&format!("{at}/options.csv")).await.body;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    let (bought, left): (Vec<_>, Vec<_>) = rows.iter().partition(|row| !row[3].is_empty());
    assert!(!bought.is_empty() && !left.is_empty(), "{csv}");
    for (rows, told) in [(bought, "Why it is bought"), (left, "Why it is not bought")] {
        for row in rows {
            let page = staff.get(&format!("{at}/option?option={}", crate::routes::escape(&row[0]))).await;
            assert!(page.status == 200 && page.body.contains(told), "{row:?}: {}", page.body);
        }
    }
    assert_eq!(staff.get(&format!("{at}/option?option=nothing")).await.status, 404);
}

#[tokio::test]
async fn a_search_is_stopped_and_goes_on() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let solve = format!("{at}/solve");
    staff.post(&solve, &[("act", "start"), ("seconds", "5")]).await;
    let again = staff.post(&solve, &[("act", "start"), ("seconds", "5")]).await;
    assert!(again.status == 400 && again.body.contains("A search is at work"), "{}", again.body);
    let runs: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM plan_run")
        .fetch_one(kit.app.db.read())
        .await
        .expect("a count");
    assert_eq!(runs, 1, "one at a time");
    // One that has not begun is stopped at once, and its job leaves it so.
    staff.post(&solve, &[("act", "stop")]).await;
    let (_, run) = job(&kit, &at).await;
    assert_eq!(run.state, RunState::Stopped);
    staff.post(&solve, &[("act", "resume")]).await;
    let (id, run) = job(&kit, &at).await;
    let mut write = kit.app.db.write().await.expect("a write");
    let stop = (&[RunState::Open][..], RunState::Stopping);
    assert!(queries::move_run(&mut write, HERE, &run.id, stop).await.expect("moved"));
    write.commit().await.expect("committed");
    let worker = worker(kit.app.clone());
    worker.finish(&id, |_| ()).await.expect("worked");
    let (_, run) = job(&kit, &at).await;
    // However soon a budget is solved, none is begun after somebody wants a stop.
    assert_eq!(run.state, RunState::Stopped);
    let rungs = queries::rungs(kit.app.db.read(), HERE, &run.id).await.expect("rungs");
    assert!(rungs.len() >= 8 && rungs.iter().all(|rung| !rung.finished), "{rungs:?}");
    assert!(staff.get(&at).await.body.contains("value=\"resume\""));
    staff.post(&solve, &[("act", "resume")]).await;
    let (id, _) = job(&kit, &at).await;
    worker.finish(&id, |_| ()).await.expect("worked");
    let (_, run) = job(&kit, &at).await;
    assert_eq!(run.state, RunState::Done);
    let rungs = queries::rungs(kit.app.db.read(), HERE, &run.id).await.expect("rungs");
    assert!(rungs.iter().all(|rung| rung.finished));
}

/// A search for what the scenario said before does not keep anybody from a search for what it says now.
#[tokio::test]
async fn a_search_for_an_older_scenario_gives_way() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let solve = format!("{at}/solve");
    staff.post(&solve, &[("act", "start"), ("seconds", "5")]).await;
    let (first, old) = job(&kit, &at).await;
    save(&staff, &at, "anchors", &[("walk_meters", "1400")], ("none", "", b"")).await;
    assert!(staff.get(&at).await.body.contains("value=\"start\""));
    assert_eq!(staff.post(&solve, &[("act", "start"), ("seconds", "5")]).await.status, 303);
    let (second, new) = job(&kit, &at).await;
    assert!(new.id != old.id && new.revision > old.revision);
    let worker = worker(kit.app.clone());
    for id in [&first, &second] {
        worker.finish(id, |_| ()).await.expect("worked");
    }
    let state =
        async |id: &str| queries::run(kit.app.db.read(), HERE, id).await.expect("read").expect("there").state;
    assert_eq!((state(&old.id).await, state(&new.id).await), (RunState::Stopped, RunState::Done));
    assert_eq!(staff.post(&solve, &[("act", "dance")]).await.status, 400);
}

/// A process that is killed leaves its job behind; whoever takes it up goes on with the budgets that are left.
#[tokio::test]
async fn a_killed_process_loses_no_plan() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    staff.post(&format!("{at}/solve"), &[("act", "start"), ("seconds", "5")]).await;
    let (id, run) = job(&kit, &at).await;
    let solved = async || -> Vec<(i64, i64)> {
        sqlx::query_as(
            "SELECT step, solved_ms FROM plan_answer WHERE run_id = $1 AND finished = 1 ORDER BY step",
        )
        .bind(&run.id)
        .fetch_all(kit.app.db.read())
        .await
        .expect("answers")
    };
    {
        let worker = worker(kit.app.clone());
        let work = worker.run_one(Some(&id));
        tokio::pin!(work);
        // Dropped as soon as a plan is stored: nothing is given back, as when the process is killed.
        loop {
            tokio::select! {
                _ = &mut work => break,
                () = tokio::time::sleep(Duration::from_millis(1)) => if !solved().await.is_empty() { break },
            }
        }
    }
    let before = solved().await;
    assert!(!before.is_empty());
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE job SET lease_until_ms = 0 WHERE id = $1 AND state = 'running'")
        .bind(&id)
        .execute(&mut *write)
        .await
        .expect("the lease runs out");
    write.commit().await.expect("committed");
    worker(kit.app.clone()).finish(&id, |_| ()).await.expect("worked");
    let after = solved().await;
    assert!(after.len() >= 8, "{after:?}");
    assert!(before.iter().all(|(step, _)| after.iter().any(|(s, _)| s == step)), "{before:?} {after:?}");
}

/// A job is given up after it has stopped its process several times; its run has then failed, and can go on.
#[tokio::test]
async fn a_search_whose_job_was_given_up_goes_on() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    staff.post(&format!("{at}/solve"), &[("act", "start"), ("seconds", "5")]).await;
    let (id, _) = job(&kit, &at).await;
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE job SET state = 'failed', error = 'job-error-stopped' WHERE id = $1")
        .bind(&id)
        .execute(&mut *write)
        .await
        .expect("given up");
    write.commit().await.expect("committed");
    let page = staff.get(&at).await.body;
    assert!(
        page.contains("Broken off") && page.contains("value=\"resume\"") && !page.contains("data-poll"),
        "{page}"
    );
    assert!(page.contains("was given up"), "{page}");
    staff.post(&format!("{at}/solve"), &[("act", "resume")]).await;
    let (again, _) = job(&kit, &at).await;
    assert_ne!(again, id);
    worker(kit.app.clone()).finish(&again, |_| ()).await.expect("worked");
    assert_eq!(job(&kit, &at).await.1.state, RunState::Done);
}
