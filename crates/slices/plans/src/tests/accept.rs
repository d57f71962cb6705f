use super::HERE;
use super::pages::{example_scenario, kit};
use super::solve::solved;
use crate::access::Role;
use crate::queries::{self, Run, Rung};
use crate::testing::{Browser, Kit, Reply};
use serde_json::Value;

/// The scenario's own budget of a run.
async fn own(kit: &Kit, run: &Run) -> Rung {
    let rungs = queries::rungs(kit.app.db.read(), HERE, &run.id).await.expect("rungs");
    rungs.into_iter().find(|rung| rung.chosen).expect("the scenario's own")
}

/// Sends what the page of a plan sends.
async fn send(staff: &Browser, at: &str, run: &Run, rung: &Rung, act: &str) -> Reply {
    let (step, solved) = (rung.step.to_string(), rung.solved_ms.unwrap_or(0).to_string());
    let fields =
        [("run", run.id.as_str()), ("budget", step.as_str()), ("solved", solved.as_str()), ("act", act)];
    staff.post(&format!("{at}/accept"), &fields).await
}

async fn execute(kit: &Kit, sql: &str) {
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *write).await.expect("done");
    write.commit().await.expect("committed");
}

#[tokio::test]
async fn a_plan_is_accepted_with_its_facts_and_taken_back() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Administrator, HERE).await;
    let at = example_scenario(&staff).await;
    let run = solved(&kit, &staff, &at).await;
    let rung = own(&kit, &run).await;
    let other = Run { id: "another".to_owned(), ..run.clone() };
    assert_eq!(send(&staff, &at, &other, &rung, "accept").await.status, 404);
    let since = Rung { solved_ms: rung.solved_ms.map(|ms| ms - 1), ..rung.clone() };
    assert_eq!(send(&staff, &at, &run, &since, "accept").await.status, 400, "not the one that was shown");
    assert_eq!(send(&staff, &at, &run, &rung, "accept").await.status, 303);
    assert_eq!(send(&staff, &at, &run, &rung, "accept").await.status, 303, "again is the same");
    let facts: Vec<(String, String)> =
        sqlx::query_as("SELECT kind, body_json FROM outbox WHERE undone_ms IS NULL")
            .fetch_all(kit.app.db.read())
            .await
            .expect("facts");
    assert_eq!(facts.len(), 1);
    let body: Value = serde_json::from_str(&facts[0].1).expect("JSON");
    assert_eq!(facts[0].0, "plan.accepted");
    assert!(body["purchases"].as_array().is_some_and(|p| !p.is_empty()), "{body}");
    assert_eq!(body["years"].as_array().map(Vec::len), Some(2));
    assert!(staff.get(&format!("{at}/result")).await.body.contains("goes by this plan"));
    assert_eq!(send(&staff, &at, &run, &rung, "undo").await.status, 303);
    assert!(!staff.get(&format!("{at}/result")).await.body.contains("goes by this plan"));
    assert_eq!(send(&staff, &at, &run, &rung, "accept").await.status, 303);
    // What others have read is taken back as well: by facts that say so.
    execute(&kit, "UPDATE outbox SET read_ms = 1 WHERE undone_ms IS NULL").await;
    assert_eq!(send(&staff, &at, &run, &rung, "undo").await.status, 303);
    let kinds: Vec<String> = sqlx::query_scalar("SELECT kind FROM outbox ORDER BY id")
        .fetch_all(kit.app.db.read())
        .await
        .expect("facts");
    assert_eq!(kinds, ["plan.accepted", "plan.taken_back", "plan.accepted", "plan.taken_back"]);
    let deeds: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit_entry WHERE action IN ('plan.accept', 'plan.take_back') ORDER BY seq",
    )
    .fetch_all(kit.app.db.read())
    .await
    .expect("entries");
    assert_eq!(deeds, ["plan.accept", "plan.take_back", "plan.accept", "plan.take_back"]);
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    assert_eq!(send(&analyst, &at, &run, &rung, "undo").await.status, 403);
}

/// The plan that the district goes by is seen on each page, whatever was searched since; it stays as it was accepted, and can be taken back.
#[tokio::test]
async fn a_later_search_hides_no_accepted_plan() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Administrator, HERE).await;
    let at = example_scenario(&staff).await;
    let run = solved(&kit, &staff, &at).await;
    let rung = own(&kit, &run).await;
    assert_eq!(send(&staff, &at, &run, &rung, "accept").await.status, 303);
    let list = format!("/d/{HERE}/plans");
    let goes_by = format!("/result?run={}&#38;budget={}", run.id, rung.step);
    let later = solved(&kit, &staff, &at).await;
    assert_ne!(later.id, run.id);
    for page in [&list, &at, &format!("{at}/result")] {
        let body = staff.get(page).await.body;
        assert!(body.contains(&goes_by) && body.contains("value=\"undo\""), "{page}: {body}");
    }
    let this = staff.get(&format!("{at}/result?run={}&budget={}", run.id, rung.step)).await.body;
    assert!(this.contains("goes by this plan") && this.contains("A later search"), "{this}");
    // A plan of the later search does not become the accepted one by the same budget.
    let newest = staff.get(&format!("{at}/result?budget={}", rung.step)).await.body;
    assert!(!newest.contains("goes by this plan"), "{newest}");
    // Nothing writes over it while it is accepted.
    let mut write = kit.app.db.write().await.expect("a write");
    let answer = rung.answer.clone().expect("an answer");
    queries::put_answer(&mut write, HERE, (&run.id, rung.step), (("{}", None), &answer, true), 9)
        .await
        .expect("put");
    write.commit().await.expect("committed");
    assert_eq!(own(&kit, &run).await.solved_ms, rung.solved_ms);
    // The scenario is not deleted from under it.
    let change = format!("{at}/change");
    staff.post(&change, &[("act", "remove")]).await;
    let refused = staff.post(&change, &[("act", "delete")]).await;
    assert!(refused.status == 400 && refused.body.contains("goes by a plan"), "{}", refused.body);
    assert!(staff.get(&list).await.body.contains(&goes_by));
    assert_eq!(send(&staff, &at, &run, &rung, "undo").await.status, 303);
    assert!(!staff.get(&list).await.body.contains("goes by a plan"));
    assert_eq!(staff.post(&change, &[("act", "delete")]).await.status, 303);
}

/// A larger budget is told by the plan that is bought with it, and by no part of it.
#[tokio::test]
async fn what_a_larger_budget_buys_is_a_plan_that_was_found() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let run = solved(&kit, &staff, &at).await;
    let rungs = queries::rungs(kit.app.db.read(), HERE, &run.id).await.expect("rungs");
    let rung = rungs.iter().find(|rung| rung.chosen).expect("the scenario's own");
    let there = rungs.iter().find(|r| r.total() == rung.total() + 1_000_000).expect("$10,000 more");
    let served = |rung: &Rung| {
        let years = rung.answer.as_ref().expect("an answer").report.years.clone();
        years.last().expect("a year").reach.planned.served
    };
    let more = (served(there) - served(rung)) * 10.0;
    let page = staff.get(&format!("{at}/result")).await.body;
    let told = format!("served +{}.{}", more.round() as i64 / 10, more.round() as i64 % 10);
    assert!(page.contains("With $10,000 more") && page.contains(&told), "{told}: {page}");
}
