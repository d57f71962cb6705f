//! The plan that a page is about: a run of a scenario, and one budget of it.

use super::{href, one, told};
use crate::App;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Run, Rung, Scenario};
use crate::rules::answer::Answer;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::Deserialize;

/// Which plan.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The run; the newest that has a plan where nothing is said.
    pub run: String,
    /// The budget's place in the ladder.
    pub budget: Option<i64>,
    /// The option, where a page is about one.
    pub option: String,
}

/// A solved run with the budget that a page is about.
pub struct Solved {
    /// The scenario.
    pub scenario: Scenario,
    /// The run.
    pub run: Run,
    /// Its budgets.
    pub rungs: Vec<Rung>,
    /// The budget's place among them.
    pub step: i64,
    /// Its plan.
    pub answer: Answer,
    /// The option asked for.
    pub option: String,
    /// The newest run with plans, where that is another one.
    pub later: Option<String>,
}

impl FromRequestParts<App> for Solved {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let p = <Frame as FromRequestParts<App>>::from_request_parts(parts, app).await;
        let p = p.map_err(|_| Error::SignIn)?;
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let Path((_, id)) = path.map_err(|_| Error::NotFound)?;
        let asked = Query::<Asked>::from_request_parts(parts, app).await;
        let Query(asked) = asked.map_err(|_| Error::NotFound)?;
        Self::read(app, &p, &id, asked).await
    }
}

impl Solved {
    /// The plan of a scenario that is asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the scenario has no such run, or the run no such plan.
    pub async fn read(app: &App, p: &Frame, id: &str, asked: Asked) -> Result<Self> {
        let scenario = one(app, p, id).await?;
        let (db, district) = (app.db.read(), p.district_id());
        let newest = queries::newest_run(db, district, id, true).await?;
        let (run, later) = if asked.run.is_empty() {
            (newest, None)
        } else {
            let run = queries::run(db, district, &asked.run).await?.filter(|run| run.scenario == id);
            (run, newest.map(|run| run.id).filter(|newest| *newest != asked.run))
        };
        let run = run.ok_or(Error::NotFound)?;
        let rungs = queries::rungs(db, district, &run.id).await?;
        let (step, answer) = told::chosen(&rungs, asked.budget)
            .map(|(rung, answer)| (rung.step, answer.clone()))
            .ok_or(Error::NotFound)?;
        Ok(Self { scenario, run, rungs, step, answer, option: asked.option, later })
    }

    /// The day of an estimate of the gap that was made after the plan, where the plan is of such figures; nothing where there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn newer(&self, app: &App, p: &Frame) -> Result<String> {
        if self.answer.report.measure.is_empty() {
            return Ok(String::new());
        }
        let made = queries::available(app.db.read(), p.district_id()).await?.made_ms;
        Ok(made.filter(|made| *made > self.run.made_ms).map_or_else(String::new, |made| p.date(made)))
    }

    /// The budget that the page is about.
    pub fn rung(&self) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.step == self.step)
    }

    /// Its dollars of all years.
    pub fn total(&self) -> String {
        told::dollars(self.rung().map_or(0, Rung::total))
    }

    /// What an address says of a budget of this run: a later search does not change what a link leads to.
    pub fn query_of(&self, step: i64) -> String {
        format!("run={}&budget={step}", self.run.id)
    }

    /// The same of the budget that the page is about.
    pub fn query(&self) -> String {
        self.query_of(self.step)
    }

    /// The page of a budget of this run.
    pub fn href_of(&self, p: &Frame, step: i64) -> String {
        href(p, &self.scenario.id, &format!("/result?{}", self.query_of(step)))
    }
}
