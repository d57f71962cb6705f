//! `/d/{district}`: the gap in one sentence, the map, every measure, and what to do next.

use super::super::queries;
use super::super::rules::meaning::Meaning;
use super::super::rules::steps::{self, Step};
use super::super::rules::{Run, kind_key, name_key, numbers};
use super::view::{self, Chart, Map, Picks};
use super::{Choice, HEADLINE, district_of, figures_of};
use crate::App;
use crate::access::Action;
use crate::db::now_ms;
use crate::error::Result;
use crate::jobs::pages::{Awaited, awaited};
use crate::layout::{Frame, Link};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use evenfield_model::GeographyKind;

#[derive(Template)]
#[template(path = "templates/home.html")]
struct Home {
    p: Frame,
    district: String,
    sentence: Option<String>,
    notes: Vec<String>,
    day: String,
    picks: Picks,
    measure: &'static str,
    chart: Chart,
    map: Option<Map>,
    map_kind: &'static str,
    map_title: String,
    steps: Vec<Link>,
    /// Lent lines that are not used, and what they cost.
    idle: Option<Link>,
    awaited: Option<Awaited>,
}

pub(super) async fn home(
    State(app): State<App>,
    p: Frame,
    Query(choice): Query<Choice>,
) -> Result<Html<String>> {
    let db = app.db.read();
    let district = district_of(&p)?.clone();
    let measure = choice.measure()?.unwrap_or(HEADLINE);
    let run = queries::latest_run(db, &district.id).await?;
    let figures = figures_of(db, run.as_ref(), GeographyKind::District, &district.id).await?;
    let sentence = figures.iter().find(|f| f.measure == measure).map(|f| view::headline(&p, f));
    let meaning = Meaning::together(figures.iter().filter(|f| f.measure == measure));
    let drafts: Vec<_> = figures
        .iter()
        .map(|f| {
            let href = format!("/d/{}/gap/map?measure={}", district.id, f.measure.code());
            (p.t(f.key()), href, f, None)
        })
        .collect();
    let (map, kind) = match &run {
        Some(run) => super::map::small(&app, &p, &run.id, measure).await?,
        None => (None, GeographyKind::BlockGroup),
    };
    let known = queries::known(db, &district.id, (now_ms(), app.config.publication)).await?;
    let awaited = awaited(&app, &p).await?;
    let steps = steps::next(&known);
    // An estimate that is asked for is no longer to be asked for.
    let steps = steps.iter().filter(|s| p.may(s.action()) && (awaited.is_none() || s.path() != "jobs"));
    let steps = steps.map(|s| told(&p, s)).collect();
    let page = Home {
        sentence,
        day: run.as_ref().map_or(String::new(), |r| p.date(r.finished_ms)),
        picks: view::picks(&p, (measure, kind, "all"), &[], &[]),
        measure: measure.code(),
        chart: view::chart(&p, &drafts),
        map,
        map_kind: kind.as_str(),
        map_title: p.tvs(
            "gap-map-title",
            &[("measure", p.t(name_key(measure, meaning)).into()), ("kind", p.t(kind_key(kind)).into())],
        ),
        notes: view::notes(&p, meaning).into_iter().chain(term_note(&p, run.as_ref())).collect(),
        steps,
        idle: idle(&app, &p).await?,
        awaited,
        district: district.id,
        p,
    };
    Ok(Html(page.render()?))
}

/// What is paid for and not used, for those who lend.
async fn idle(app: &App, p: &Frame) -> Result<Option<Link>> {
    if !p.may(Action::Lend) {
        return Ok(None);
    }
    let (lines, cents) = queries::idle_lines(app.db.read(), p.district_id()).await?;
    let lines_words = ("n", lines.into());
    let label = match (lines, cents) {
        (0, _) => return Ok(None),
        (_, 0) => p.tvs("gap-idle-lines", &[lines_words]),
        _ => p.tvs(
            "gap-idle-cost",
            &[lines_words, ("cost", format!("{}.{:02}", cents / 100, cents % 100).into())],
        ),
    };
    Ok(Some(Link { href: p.district_path("/lending/usage"), label, current: false }))
}

/// Which term's answers the figures rest on.
fn term_note(p: &Frame, run: Option<&Run>) -> Option<String> {
    let survey = run?.inputs.iter().find(|i| i.kind == "survey")?;
    let answers = numbers::count(i64::try_from(survey.rows).ok()?);
    Some(p.tvs("gap-note-term", &[("term", survey.vintage.as_str().into()), ("answers", answers.into())]))
}

/// A step in words with its link.
fn told(p: &Frame, step: &Step) -> Link {
    let label = match step {
        Step::RenewRoster(days) => p.tv(step.key(), "days", numbers::count(*days)),
        Step::PlaceAddresses(count) | Step::GiveAddresses(count) => p.tn(step.key(), *count),
        Step::RaiseResponse(school, percent, schools) => p.tvs(
            step.key(),
            &[
                ("school", school.as_str().into()),
                ("percent", format!("{percent}%").into()),
                ("schools", (*schools as i64).into()),
            ],
        ),
        _ => p.t(step.key()),
    };
    Link { href: format!("/d/{}/{}", p.district_id(), step.path()), label, current: false }
}
