//! `/gap/survey`: what the answers alone say, what weighting them costs, and how far the figure would move if the
//! students who did not answer are different.

use super::super::queries;
use super::super::rules::sensitivity::{self, Sensitivity, TIMES};
use super::super::rules::{Figure, measure_key, numbers, why_key};
use super::view::{self, Picks};
use super::{Choice, HEADLINE, district_of, export, figures_of};
use crate::App;
use crate::access::Action;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::rates;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use evenfield_gap::district::{SurveyAlone, SurveyMeasure};
use evenfield_gap::publish::{self, Why};
use evenfield_model::{GeographyKind, Measure};

#[derive(Template)]
#[template(path = "templates/survey.html")]
struct Page {
    p: Frame,
    day: String,
    picks: Picks,
    /// Students, students with an answer, response rate; `None` without answers.
    who: Option<(String, String, String)>,
    rows: Vec<Row>,
    chosen: Option<Chosen>,
}

/// One measure by the answers alone.
struct Row {
    label: String,
    survey: String,
    withheld: bool,
    combined: String,
    answers: String,
    effect: String,
    effective: String,
}

/// The measure whose sensitivity is shown.
struct Chosen {
    title: String,
    caption: String,
    /// How many times as likely, and the share then.
    shifts: Vec<(String, String)>,
    tipping: String,
    /// How its weights came out.
    weights: String,
}

/// A measure of the survey with its figure read back, and the figure of survey and open data together.
struct Read {
    of: SurveyMeasure,
    alone: Figure,
    combined: Option<Figure>,
}

/// Whether how many have answered may be told: not of few students, but to who sees each of them.
fn may_tell(app: &App, p: &Frame, survey: &SurveyAlone) -> bool {
    u64::from(survey.students) >= rates::smallest(app.config.publication) || p.may(Action::SeeStudents)
}

async fn read(app: &App, p: &Frame) -> Result<(String, SurveyAlone, Vec<Read>)> {
    let db = app.db.read();
    let district = district_of(p)?.id.clone();
    let Some(run) = queries::latest_run(db, &district).await? else {
        return Ok((String::new(), SurveyAlone::default(), Vec::new()));
    };
    let survey = queries::survey_alone(db, &run.id).await?.unwrap_or_default();
    let mut whole = figures_of(db, Some(&run), GeographyKind::District, &district).await?;
    let mut measures = Vec::new();
    for of in survey.measures.clone() {
        let alone = publish::Figure::from_record(of.figure.clone())
            .map_err(|e| Error::Internal(format!("the survey by itself: {e}")))?;
        let at = whole.iter().position(|f| f.measure == of.figure.measure);
        measures.push(Read { of, alone: alone.into(), combined: at.map(|at| whole.swap_remove(at)) });
    }
    Ok((p.date(run.finished_ms), survey, measures))
}

pub(super) async fn survey(
    State(app): State<App>,
    p: Frame,
    Query(choice): Query<Choice>,
) -> Result<Html<String>> {
    let (day, survey, measures) = read(&app, &p).await?;
    let measure = choice.measure()?.unwrap_or(HEADLINE);
    let chosen = measures.iter().find(|m| m.of.figure.measure == measure);
    let page = Page {
        who: (survey.answered > 0).then(|| {
            if !may_tell(&app, &p, &survey) {
                let withheld = p.t(why_key(Why::Primary));
                return (withheld.clone(), withheld, String::new());
            }
            let rate = f64::from(survey.answered) / f64::from(survey.students.max(1));
            let count = |n: u32| numbers::count(n.into());
            (count(survey.students), count(survey.answered), numbers::percent(rate))
        }),
        rows: measures.iter().map(|m| row(&p, m)).collect(),
        chosen: chosen.and_then(|m| told(&p, measure, m)),
        picks: view::picks(&p, (measure, GeographyKind::District, "all"), &[], &[]),
        day,
        p,
    };
    Ok(Html(page.render()?))
}

fn row(p: &Frame, read: &Read) -> Row {
    let n = read.alone.shown.as_ref().ok();
    let number = |text: fn(&SurveyMeasure) -> String| n.map_or(String::new(), |_| text(&read.of));
    Row {
        label: p.t(read.alone.key()),
        survey: view::short(p, &read.alone),
        withheld: n.is_none(),
        combined: read.combined.as_ref().map_or(String::new(), |f| view::short(p, f)),
        answers: n.map_or(String::new(), |n| numbers::count(n.answers().into())),
        effect: number(|of| format!("{:.2}", of.design_effect)),
        effective: number(|of| numbers::count(of.effective_answers.round() as i64)),
    }
}

fn told(p: &Frame, measure: Measure, read: &Read) -> Option<Chosen> {
    let (alone, combined) = (read.alone.shown.as_ref().ok()?, read.combined.as_ref());
    let found = sensitivity::of(alone, combined.and_then(|f| f.shown.as_ref().ok()))?;
    let shift =
        |(times, share): &(f64, f64)| (p.tv("gap-times", "times", number(*times)), numbers::percent(*share));
    let name = p.t(measure_key(measure));
    let weights = [("trimmed", i64::from(read.of.trimmed)), ("collapsed", i64::from(read.of.collapsed))];
    let weights: Vec<_> = weights.into_iter().map(|(key, n)| (key, n.into())).collect();
    Some(Chosen {
        title: p.tv("gap-silent-title", "measure", name.as_str()),
        caption: p.tv("gap-silent-caption", "measure", name.as_str()),
        shifts: found.shifts.iter().map(shift).collect(),
        tipping: tipping(p, &found),
        weights: p.tvs(if read.of.converged { "gap-weights" } else { "gap-weights-not-met" }, &weights),
    })
}

/// What would have to be true of the silent for the figure to leave the interval.
fn tipping(p: &Frame, found: &Sensitivity) -> String {
    let Some(line) = found.line else { return String::new() };
    let line = numbers::percent(line);
    match found.tipping {
        Some(times) if times > 1.0 => {
            p.tvs("gap-tipping", &[("times", number(times).into()), ("line", line.into())])
        }
        Some(_) => p.tv("gap-tipping-already", "line", line),
        None => p.tv("gap-tipping-never", "line", line),
    }
}

/// A factor as people read it: `2`, `1.5`.
fn number(times: f64) -> String {
    let text = format!("{times:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

pub(super) async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let (_, survey, measures) = read(&app, &p).await?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Error::Internal(format!("CSV: {e}"));
    let fixed = [
        "measure",
        "students",
        "answered",
        "answers",
        "value",
        "low90",
        "high90",
        "se",
        "design_effect",
        "effective_answers",
        "trimmed",
        "collapsed",
        "margins_met",
        "combined_value",
        "combined_low90",
        "combined_high90",
        "suppressed",
        "tipping_times",
    ];
    let shifted = TIMES.iter().map(|t| format!("value_if_{}_times", number(*t)));
    writer.write_record(fixed.iter().map(|c| (*c).to_owned()).chain(shifted)).map_err(failed)?;
    let may_tell = may_tell(&app, &p, &survey);
    for read in &measures {
        let mut line = line(&survey, read);
        if !may_tell {
            line[1..3].fill(String::new());
        }
        writer.write_record(line).map_err(failed)?;
    }
    let body = writer.into_inner().map_err(|e| Error::Internal(format!("CSV: {e}")))?;
    Ok(export::attached(&p, "survey", body))
}

/// One line: a withheld figure has its reason and no number.
fn line(survey: &SurveyAlone, read: &Read) -> Vec<String> {
    let mut line = vec![String::new(); 18 + TIMES.len()];
    line[0] = read.of.figure.measure.code().to_owned();
    (line[1], line[2]) = (survey.students.to_string(), survey.answered.to_string());
    let combined = read.combined.as_ref().and_then(|f| f.shown.as_ref().ok());
    if let Some(n) = combined {
        (line[13], line[14], line[15]) =
            (n.value().to_string(), n.low90().to_string(), n.high90().to_string());
    }
    let n = match &read.alone.shown {
        Ok(n) => n,
        Err(why) => {
            line[16] = why.as_str().to_owned();
            return line;
        }
    };
    line[3] = n.answers().to_string();
    (line[4], line[5], line[6]) = (n.value().to_string(), n.low90().to_string(), n.high90().to_string());
    line[7] = n.se().map_or(String::new(), |se| se.to_string());
    line[8] = format!("{:.4}", read.of.design_effect);
    line[9] = format!("{:.1}", read.of.effective_answers);
    (line[10], line[11]) = (read.of.trimmed.to_string(), read.of.collapsed.to_string());
    line[12] = if read.of.converged { "yes" } else { "no" }.to_owned();
    if let Some(found) = sensitivity::of(n, combined) {
        line[17] = found.tipping.map_or(String::new(), |t| format!("{t:.2}"));
        for (cell, (_, share)) in line[18..].iter_mut().zip(&found.shifts) {
            *cell = format!("{share:.3}");
        }
    }
    line
}
