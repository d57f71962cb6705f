//! The job that looks for the best plans: each budget of the ladder, the scenario's own first. Every plan is proved before it is stored, and
//! stored before the next budget begins, so that a stop at any moment loses none.

use super::pages::inputs;
use super::queries::{self, Now, Run, RunState, Rung};
use super::rules::answer::{self, Answer, Shares, Unusable};
use super::rules::ladder::{Step, ladder};
use super::rules::read::{Checked, Inputs};
use crate::App;
use crate::db::now_ms;
use crate::jobs::{Failure, Job, Outcome, Progress};
use evenfield_model::Problems;
use evenfield_plan::certificate::{Certificate, Question};
use evenfield_plan::read::put_settings;
use evenfield_plan::scenario::Facts;
use evenfield_plan::{Goal, Instance, Progress as Reached, fair, solve};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The kind of the job.
pub const KIND: &str = "plan";
/// The gap with which a budget is solved.
const GAP: f64 = 0.001;
/// How often it is said how far the budget at work is, and looked whether somebody wants a stop.
const BEAT: Duration = Duration::from_millis(500);

/// What the job is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The run.
    pub run: String,
}

/// Stops a search when the job goes.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn unusable(error: Unusable) -> Failure {
    tracing::error!(%error, "a plan could not be made");
    Failure::for_good("job-error-internal", "")
}

/// Does the job.
///
/// # Errors
/// When the scenario has problems, or the database says no.
pub async fn run(app: App, job: Job, progress: Progress) -> Outcome {
    let wanted: Wanted =
        serde_json::from_str(&job.payload).map_err(|_| Failure::for_good("job-error-payload", ""))?;
    let district = job.district_id.clone().unwrap_or_default();
    let outcome = search(&app, &district, &wanted.run, &progress).await;
    if outcome.as_ref().is_err_and(|failure| !failure.again) {
        let mut write = app.db.write().await?;
        let from = [RunState::Open, RunState::Stopping];
        queries::move_run(&mut write, &district, &wanted.run, (&from, RunState::Failed)).await?;
        write.commit().await?;
    }
    outcome
}

async fn search(app: &App, district: &str, id: &str, progress: &Progress) -> Outcome {
    // A scenario that was deleted meanwhile leaves nothing to do.
    let Some(run) = queries::run(app.db.read(), district, id).await? else { return Ok(()) };
    // One that was stopped while it waited stays stopped.
    if matches!(run.state, RunState::Stopped | RunState::Done) {
        return Ok(());
    }
    let mut rungs = queries::rungs(app.db.read(), district, id).await?;
    if rungs.is_empty() {
        progress.set(0, 0, "job-plan-read");
        prepare(app, district, &run, progress).await?;
        rungs = queries::rungs(app.db.read(), district, id).await?;
    }
    // It was asked for once more: whether every group is to have as much as every group can is known since it was read.
    let Some(run) = queries::run(app.db.read(), district, id).await? else { return Ok(()) };
    let base = Arc::new(base(app, district, &run, &rungs).await?);
    let mut found: BTreeMap<i64, Certificate> = BTreeMap::new();
    for rung in rungs.iter().filter(|rung| rung.answer.is_some()) {
        let proof = queries::proof(app.db.read(), district, id, rung.step).await?;
        let text = proof.and_then(|(_, certificate)| certificate).unwrap_or_default();
        found.extend(serde_json::from_str(&text).ok().map(|certificate| (rung.step, certificate)));
    }
    let total = i64::try_from(rungs.len()).unwrap_or(i64::MAX);
    let mut order: Vec<&Rung> = rungs.iter().filter(|rung| !rung.finished).collect();
    order.sort_by_key(|rung| (!rung.chosen, rung.step));
    let mut done = total - i64::try_from(order.len()).unwrap_or(total);
    for rung in order {
        // A budget that is solved at once is over before the first beat: a stop must be heeded between two as well.
        match queries::run(app.db.read(), district, id).await?.map(|run| run.state) {
            None => return Ok(()),
            Some(RunState::Open) => {}
            Some(_) => return end(app, district, id, RunState::Stopped).await,
        }
        progress.set(done, total, "job-plan-solve");
        let work = Work { app, district, run: &run, rung, base: &base };
        let Some(stopped) = work.solve(&rungs, &mut found, progress).await? else { return Ok(()) };
        if stopped {
            return end(app, district, id, RunState::Stopped).await;
        }
        done += 1;
        progress.set(done, total, "job-plan-solve");
    }
    end(app, district, id, RunState::Done).await
}

async fn end(app: &App, district: &str, id: &str, state: RunState) -> Outcome {
    let mut write = app.db.write().await?;
    let from = [RunState::Open, RunState::Stopping];
    queries::move_run(&mut write, district, id, (&from, state)).await?;
    write.commit().await?;
    Ok(())
}

/// Reads the scenario as it is now, and stores its folder and its budgets.
async fn prepare(app: &App, district: &str, run: &Run, progress: &Progress) -> Outcome {
    let scenario = queries::scenario(app.db.read(), district, &run.scenario).await?;
    let Some(scenario) = scenario else { return Err(Failure::for_good("plans-job-gone", "")) };
    let inputs = inputs(app, district, &run.scenario, &scenario.settings).await;
    let inputs = inputs.map_err(|_| Failure::for_now("job-error-database", ""))?;
    let read = tokio::task::spawn_blocking(move || folder(&inputs)).await;
    let read = read.map_err(|_| Failure::for_now("job-error-internal", ""))?;
    let mut write = app.db.write().await?;
    match read {
        Ok((archive, ladder)) => {
            let at = (run.id.as_str(), scenario.revision);
            queries::put_folder(&mut write, district, at, scenario.settings.is_fair(), (&archive, &ladder))
                .await?;
            progress.step(&mut write, "folder").await?;
            write.commit().await?;
            Ok(())
        }
        Err(Fault::Problems(problems)) => {
            let checked = Checked { problems, ..Checked::default() };
            let at = (run.scenario.as_str(), scenario.revision);
            queries::check(&mut write, district, at, &checked).await?;
            write.commit().await?;
            Err(Failure::for_good("plans-job-problems", ""))
        }
        Err(Fault::Unusable(error)) => Err(unusable(error)),
    }
}

/// The archive, and the budgets with the texts of their instances.
type Folder = (Vec<u8>, Vec<(Step, String)>);

enum Fault {
    Problems(Problems),
    Unusable(Unusable),
}

/// The folder, and the budgets in which what is bought already has room.
fn folder(inputs: &Inputs) -> Result<Folder, Fault> {
    let built = inputs.build().map_err(Fault::Problems)?;
    let archive = answer::pack(&built, &built.facts()).map_err(Fault::Unusable)?;
    let text = |step: &Step| {
        let mut text = Vec::new();
        built.write_instance_of(&step.budget, &mut text).map_err(|e| Fault::Unusable(e.into()))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    let mut steps = Vec::new();
    for step in ladder(built.budget()) {
        let text = text(&step)?;
        steps.push((step, text));
    }
    let chosen = steps.iter().find(|(step, _)| step.chosen).map_or("", |(_, text)| text);
    let mut base = answer::instance(&archive, chosen).map_err(Fault::Unusable)?;
    steps.retain(|(step, text)| step.chosen || put_settings(text, &mut base).is_ok());
    Ok((archive, steps))
}

/// What all budgets of a run have in common, read once.
struct Base {
    instance: Instance,
    facts: Facts,
}

impl Base {
    /// Proves a plan of a budget and tells what it gives.
    fn told(
        &self,
        (text, budget): (&str, &[u64]),
        certificate: &Certificate,
        fair: Option<Shares>,
    ) -> Result<Answer, Unusable> {
        let instance = answer::with_settings(&self.instance, text)?;
        let facts = Facts { budget: budget.to_vec(), ..self.facts.clone() };
        answer::told(&instance, certificate, &facts, fair)
    }
}

async fn base(app: &App, district: &str, run: &Run, rungs: &[Rung]) -> Result<Base, Failure> {
    let archive = queries::folder(app.db.read(), district, &run.id).await?;
    let chosen = rungs.iter().find(|rung| rung.chosen).map_or(0, |rung| rung.step);
    let text = queries::proof(app.db.read(), district, &run.id, chosen).await?.unwrap_or_default().0;
    let read = tokio::task::spawn_blocking(move || {
        let (instance, facts) = (answer::instance(&archive, &text)?, answer::facts(&archive, &[])?);
        Ok(Base { instance, facts })
    });
    read.await.map_err(|_| Failure::for_now("job-error-internal", ""))?.map_err(unusable)
}

/// A budget to be solved.
struct Work<'w> {
    app: &'w App,
    district: &'w str,
    run: &'w Run,
    rung: &'w Rung,
    base: &'w Arc<Base>,
}

/// A plan to be stored: its budget's place, its certificate, what it gives, and the settings that it was found with where these are others than before.
type Kept = (i64, Certificate, Answer, Option<String>);

impl Work<'_> {
    /// Solves it and stores what was found, and better plans for other budgets; whether it was stopped before its time. `None` when the
    /// run is gone.
    async fn solve(
        &self,
        rungs: &[Rung],
        found: &mut BTreeMap<i64, Certificate>,
        progress: &Progress,
    ) -> Result<Option<bool>, Failure> {
        let (step, id) = (self.rung.step, self.run.id.as_str());
        let Some((text, _)) = queries::proof(self.app.db.read(), self.district, id, step).await? else {
            return Ok(None);
        };
        let (stop, now) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
        let _guard = StopOnDrop(Arc::clone(&stop));
        let search = Search {
            base: Arc::clone(self.base),
            text,
            budget: self.rung.budget.clone(),
            is_fair: self.run.fair,
            from: found.remove(&step),
            limit: Duration::from_secs(u64::try_from(self.run.seconds).unwrap_or(1)),
            stop: Arc::clone(&stop),
            now: Arc::clone(&now),
        };
        let mut search = tokio::task::spawn_blocking(move || search.run());
        let outcome = loop {
            tokio::select! {
                outcome = &mut search => break outcome,
                () = tokio::time::sleep(BEAT) => {
                    let reached = *now.lock().unwrap_or_else(PoisonError::into_inner);
                    if !self.tell(reached).await? {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            }
        };
        let (certificate, answer, text) =
            outcome.map_err(|_| Failure::for_now("job-error-internal", ""))?.map_err(unusable)?;
        let stopped = stop.load(Ordering::Relaxed);
        found.insert(step, certificate.clone());
        let mut kept = self.keep_better(rungs, found).await?;
        if kept.iter().all(|(at, ..)| *at != step) {
            kept.push((step, certificate, answer, text));
        }
        let mut write = self.app.db.write().await?;
        // Nobody accepts a plan while it is replaced.
        queries::lock(&mut write, self.district).await?;
        for (at, certificate, answer, text) in &kept {
            let finished = *at != step || !stopped;
            let certificate = serde_json::to_string(certificate).map_err(|e| unusable(e.into()))?;
            let proof = (certificate.as_str(), text.as_deref());
            queries::put_answer(&mut write, self.district, (id, *at), (proof, answer, finished), now_ms())
                .await?;
        }
        progress.step(&mut write, &format!("budget {step}")).await?;
        write.commit().await?;
        Ok(Some(stopped))
    }

    /// Says how far it is; false when somebody wants a stop or the run is gone.
    async fn tell(&self, now: Option<(Reached, bool)>) -> Result<bool, Failure> {
        let mut write = self.app.db.write().await?;
        let run = queries::run(&mut *write, self.district, &self.run.id).await?;
        if let Some((reached, fair)) = now {
            let now = Now {
                fair,
                step: self.rung.step,
                floors: reached.question == Question::Floors,
                objective: reached.objective,
                bound: reached.bound,
                gap: reached.gap(),
            };
            queries::set_now(&mut write, self.district, &self.run.id, &now).await?;
        }
        write.commit().await?;
        Ok(run.is_some_and(|run| run.state == RunState::Open))
    }

    /// Plans for budgets for which a smaller one has a better plan. Where every group is to have as much as every group can, floors grow with the budget, and
    /// none is a plan for another.
    async fn keep_better(
        &self,
        rungs: &[Rung],
        found: &mut BTreeMap<i64, Certificate>,
    ) -> Result<Vec<Kept>, Failure> {
        let mut kept = Vec::new();
        let mut best: Option<Certificate> = None;
        for (step, certificate) in found.iter_mut().filter(|_| !self.run.fair) {
            let better = best.as_ref().and_then(|best| answer::better(best, certificate));
            let rung = rungs.iter().find(|rung| rung.step == *step);
            if let (Some(better), Some(rung)) = (better, rung) {
                *certificate = better.clone();
                let proof = queries::proof(self.app.db.read(), self.district, &self.run.id, *step).await?;
                let (text, _) = proof.unwrap_or_default();
                let (base, budget) = (Arc::clone(self.base), rung.budget.clone());
                let told = tokio::task::spawn_blocking(move || {
                    let answer = base.told((&text, &budget), &better, None)?;
                    Ok((better, answer))
                });
                let told = told.await.map_err(|_| Failure::for_now("job-error-internal", ""))?;
                let (better, answer) = told.map_err(unusable)?;
                kept.push((*step, better, answer, None));
            }
            best = Some(certificate.clone());
        }
        Ok(kept)
    }
}

/// A search on a thread of its own.
struct Search {
    base: Arc<Base>,
    text: String,
    budget: Vec<u64>,
    is_fair: bool,
    from: Option<Certificate>,
    limit: Duration,
    stop: Arc<AtomicBool>,
    now: Arc<Mutex<Option<(Reached, bool)>>>,
}

impl Search {
    /// The plan, what it gives, and its settings where floors were found for it.
    fn run(self) -> Result<(Certificate, Answer, Option<String>), Unusable> {
        let mut instance = answer::with_settings(&self.base.instance, &self.text)?;
        let start = Instant::now();
        let goal = Goal { gap: GAP, seed: 1 };
        let go_on = |reached: &Reached, (of_floors, limit): (bool, Duration)| {
            *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some((*reached, of_floors));
            !self.stop.load(Ordering::Relaxed) && start.elapsed() < limit
        };
        let mut from = self.from.clone();
        let (mut text, mut shares) = (None, None);
        if self.is_fair {
            let mut half = |reached: &Reached| go_on(reached, (true, self.limit / 2));
            let found = fair(&mut instance, goal, from.as_ref(), &mut half)?;
            text = Some(answer::with_floors(&self.text, &instance));
            shares = found.as_ref().map(|found| Shares {
                share: f64::from(found.share) / 1e6,
                bound: f64::from(found.bound) / 1e6,
                beyond: instance.names_of(&found.beyond),
            });
            from = found.map(|found| found.certificate).or(from);
        }
        let certificate =
            solve(&instance, goal, from.as_ref(), &mut |reached| go_on(reached, (false, self.limit)));
        let settings = (text.as_deref().unwrap_or(&self.text), self.budget.as_slice());
        let answer = self.base.told(settings, &certificate, shares)?;
        Ok((certificate, answer, text))
    }
}
