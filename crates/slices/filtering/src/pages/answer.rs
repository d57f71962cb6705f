//! The form that answers the requests for a name: what the policies of the chosen scope say, and the answer.

use super::not_named;
use super::queue::{AnswerView, answer_view, labels, own};
use crate::access::{Action, Viewer};
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{count, minute};
use crate::layout::Frame;
use crate::policy::Current;
use crate::queries::{self, NewAnswer};
use crate::rules::answer::{self, Allowed, Answer, Form as Said, Ruling, Whom};
use crate::rules::scope::{Told, told};
use crate::rules::why::Why;
use crate::rules::{ask, enroll};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_policy::compile::{Meets, RANK_OF_OVERRIDES, meets, rank};
use evenfield_policy::config::Who;
use evenfield_policy::{NameBuf, PolicyId, SiteId, Subject, is_public_suffix};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::HashMap;

/// Reasons shown of one name.
const REASONS: usize = 20;

#[derive(Template)]
#[template(path = "templates/answer.html")]
struct AnswerPage {
    p: Frame,
    form: Said,
    name: String,
    asked: String,
    /// For whom the policy was asked.
    looked: String,
    /// What it says there, a sentence each.
    facts: Vec<String>,
    /// What keeps an answer from opening the name.
    warnings: Vec<String>,
    /// Answers that open the name now.
    standing: Vec<AnswerView>,
    reasons: Vec<(String, String)>,
    choices: Vec<(String, String)>,
    everybody: bool,
    faults: HashMap<&'static str, String>,
    errors: Vec<(&'static str, String)>,
}

impl AnswerPage {
    fn error(&self, field: &str) -> &str {
        self.faults.get(field).map_or("", String::as_str)
    }
}

/// The form that answers the requests for one name.
pub async fn form(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Query(said): Query<Said>,
) -> Result<Response> {
    let name = ask::name(&said.name).ok_or(Error::NotFound)?;
    render(&app, p, &viewer, (name, said), Vec::new()).await
}

async fn render(
    app: &App,
    p: Frame,
    viewer: &Viewer,
    (name, mut said): (NameBuf, Said),
    wrong: Vec<answer::Wrong>,
) -> Result<Response> {
    let text = name.to_string();
    let requests = queries::requests(app.db.read(), p.district_id(), Some(&text)).await?;
    let everybody = p.may(Action::AnswerRequests);
    let mut choices = labels(app, p.district_id(), viewer).await?;
    let answers = queries::answers(app.db.read(), p.district_id(), own(&p, viewer), &text, i64::MAX).await?;
    let answers = answers.into_iter().filter(|answer| answer.ruling == Ruling::Allow.as_str());
    let standing =
        answers.map(|answer| answer_view(&p, answer, &choices)).filter(|view| view.may_undo).collect();
    choices.retain(|(word, _)| everybody || word.starts_with("section:"));
    if everybody {
        choices.insert(0, ("everybody".to_owned(), p.t("filtering-everybody")));
    }
    // The first where none of them was chosen.
    let chosen = choices.iter().find(|(word, _)| *word == said.whom).or(choices.first());
    let (word, looked) = chosen.cloned().unwrap_or_default();
    let whom = Whom::from_word(&word);
    said.whom = word;
    let scope = match &whom {
        Some(whom) => look(app, &p, whom, &name, RANK_OF_OVERRIDES).await?,
        None => None,
    };
    let holds = match &whom {
        Some(Whom::Section(id)) => section_meets(app, &p, id).await?,
        _ => None,
    };
    let (facts, warnings) = say(&p, &name, scope.as_ref(), holds.as_ref());
    let errors: Vec<_> = wrong.into_iter().map(|(field, key)| (field, p.t(key))).collect();
    let reasons = requests.iter().filter(|r| !r.reason.is_empty()).take(REASONS);
    let page = AnswerPage {
        standing,
        asked: p.tv("filtering-asked-times", "n", requests.len()),
        looked,
        facts,
        warnings: warnings.into_iter().chain([not_named(app, &p)]).filter(|said| !said.is_empty()).collect(),
        reasons: reasons.map(|r| (minute(r.asked_ms), r.reason.clone())).collect(),
        choices,
        everybody,
        faults: errors.iter().cloned().collect(),
        name: text,
        form: said,
        errors,
        p,
    };
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(page.render()?)).into_response())
}

/// What the policies of a scope say of the name, and of an answer as narrow as this; nothing where no policy is published. A scope of which
/// the policy knows nobody is asked as whoever is not known.
async fn look(app: &App, p: &Frame, whom: &Whom, name: &NameBuf, level: u8) -> Result<Option<Told>> {
    let Some(current) = app.policy.current() else { return Ok(None) };
    let district = p.district_id();
    let keys = queries::keys_of(app.db.read(), district, whom).await?;
    let view = current.view();
    let known =
        keys.iter().filter_map(|key| enroll::read_key(key)).filter(|key| view.device_number(*key).is_some());
    let devices = known.map(Subject::Device);
    let places = places(&current, district, whom).into_iter().map(Subject::Site);
    let policies: Vec<PolicyId> = devices.chain(places).map(|subject| view.policy_of(&subject)).collect();
    let now_s = u32::try_from(now_ms() / 1000).unwrap_or_default();
    let told = if policies.is_empty() {
        Told { known: 0, ..told(&view, [PolicyId(0)], &name.as_name(), level, now_s) }
    } else {
        told(&view, policies, &name.as_name(), level, now_s)
    };
    Ok(Some(told))
}

/// The places of a scope.
fn places(current: &Current, district: &str, whom: &Whom) -> Vec<SiteId> {
    let is_meant = |site: &evenfield_policy::config::Site| {
        site.district.as_deref() == Some(district)
            && match whom {
                Whom::Everybody => true,
                Whom::School(id) => site.school.as_ref() == Some(id),
                Whom::Section(_) => false,
            }
    };
    let sites = current.config.sites.iter().zip(0..);
    sites.filter(|(site, _)| is_meant(site)).map(|(_, at)| SiteId(at)).collect()
}

/// When an answer for a section would hold; nothing where no policy is published.
async fn section_meets(app: &App, p: &Frame, section: &str) -> Result<Option<Meets>> {
    let Some(current) = app.policy.current() else { return Ok(None) };
    let row = queries::section(app.db.read(), p.district_id(), section).await?;
    Ok(row.map(|(school, period)| meets(&current.config, p.district_id(), &school, period.as_deref())))
}

/// What there is to say before one answers: facts, and warnings.
fn say(p: &Frame, name: &NameBuf, told: Option<&Told>, holds: Option<&Meets>) -> (Vec<String>, Vec<String>) {
    let (mut facts, mut warnings) = (Vec::new(), Vec::new());
    if is_public_suffix(&name.as_name()) {
        warnings.push(p.t("filtering-wrong-suffix"));
    }
    if let Some(told) = told {
        let number = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX));
        let numbers = [
            ("known", number(told.known).into()),
            ("now", number(told.now).into()),
            ("times", number(told.at_times).into()),
        ];
        match told.known {
            0 if told.now + told.at_times == 0 => facts.push(p.t("filtering-scope-strangers-open")),
            0 => facts.push(p.t("filtering-scope-strangers")),
            _ => facts.push(p.tvs("filtering-scope-counts", &numbers)),
        }
        facts.extend(told.why.as_ref().map(|why| reason(p, why)));
        if told.is_locked() {
            warnings.push(p.t("filtering-wrong-mandatory"));
        } else if told.locked > 0 {
            warnings.push(p.tv("filtering-scope-locked", "n", number(told.locked)));
        }
    }
    match holds {
        Some(Meets::Periods(periods)) => {
            facts.push(p.tv("filtering-meets-periods", "periods", periods.join(", ")))
        }
        Some(Meets::Lessons) => facts.push(p.t("filtering-meets-lessons")),
        Some(Meets::AllDay) => facts.push(p.t("filtering-meets-all-day")),
        Some(Meets::Never) => warnings.push(p.t("filtering-wrong-never")),
        None => {}
    }
    (facts, warnings)
}

/// Why the name is blocked, in words.
fn reason(p: &Frame, why: &Why) -> String {
    match why {
        Why::Open => p.t("filtering-why-open"),
        Why::OpenHere => p.t("filtering-why-open-here"),
        Why::List { list, category, locked } => {
            let key = if *locked { "filtering-why-locked" } else { "filtering-why-list" };
            p.tvs(key, &[("list", list.as_str().into()), ("category", category.as_str().into())])
        }
        Why::Rule { scope, mandatory: true } => p.tv("filtering-why-mandatory", "scope", scope.as_str()),
        Why::Rule { scope, mandatory: false } => p.tv("filtering-why-rule", "scope", scope.as_str()),
        Why::AllowedOnly => p.t("filtering-why-allowed-only"),
    }
}

/// Stores an answer.
pub async fn answered(
    State(app): State<App>,
    p: Frame,
    viewer: Viewer,
    Form(said): Form<Said>,
) -> Result<Response> {
    let district = p.district_id().to_owned();
    let name = ask::name(&said.name).ok_or(Error::BadRequest("filtering-wrong-name"))?;
    let allowed = allowed(&app, &p, &viewer).await?;
    let zone = app.policy.current().map_or(TimeZone::UTC, |current| current.zone(&district));
    let today = zone.to_datetime(Timestamp::now()).date();
    let answer = match answer::read(&said, &allowed, today, &zone) {
        Ok(answer) => answer,
        Err(wrong) => return render(&app, p, &viewer, (name, said), wrong).await,
    };
    let vain = vain(&app, &p, &name, &answer).await?;
    if let Some(wrong) = vain {
        return render(&app, p, &viewer, (name, said), vec![wrong]).await;
    }
    let (id, name) = (new_id(), name.to_string());
    let (school, section) = match &answer.whom {
        Whom::Everybody => (None, None),
        Whom::School(id) => (Some(id.as_str()), None),
        Whom::Section(id) => (None, Some(id.as_str())),
    };
    let new = NewAnswer {
        id: &id,
        name: &name,
        ruling: answer.ruling.as_str(),
        school,
        section,
        ends_ms: answer.ends_ms,
        reason: &answer.reason,
        ms: now_ms(),
        by: &viewer.account_id,
    };
    let mut tx = app.db.write().await?;
    let closed = match answer.ruling {
        Ruling::Keep => queries::close(&mut tx, &district, &name, new.by, new.ms).await?,
        Ruling::Allow => 0,
    };
    let requests = queries::insert_answer(&mut tx, &district, &new).await?;
    let detail = json!({ "ruling": new.ruling, "school": school, "section": section, "ends_ms": new.ends_ms,
        "requests": requests, "taken_back": closed });
    audit::record(&mut tx, &p.entry("request.answer", ("filter_answer", &id), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/filtering")).into_response())
}

/// Whom the viewer may answer for.
async fn allowed(app: &App, p: &Frame, viewer: &Viewer) -> Result<Allowed> {
    let words = labels(app, p.district_id(), viewer).await?.into_iter().map(|label| label.0);
    let (schools, sections): (Vec<_>, Vec<_>) = words.partition(|word| word.starts_with("school:"));
    let bare = |words: Vec<String>| {
        words.iter().filter_map(|w| w.split_once(':')).map(|(_, id)| id.to_owned()).collect()
    };
    Ok(Allowed { everybody: p.may(Action::AnswerRequests), schools: bare(schools), sections: bare(sections) })
}

/// Why an answer that opens the name would open too much, or nothing.
async fn vain(app: &App, p: &Frame, name: &NameBuf, answer: &Answer) -> Result<Option<answer::Wrong>> {
    if answer.ruling != Ruling::Allow {
        return Ok(None);
    }
    if is_public_suffix(&name.as_name()) {
        return Ok(Some(("ruling", "filtering-wrong-suffix")));
    }
    let school = match &answer.whom {
        Whom::School(id) => Some(id.clone()),
        Whom::Everybody | Whom::Section(_) => None,
    };
    let who = Who { district: Some(p.district_id().to_owned()), school, ..Who::default() };
    let level = if answer.ends_ms.is_some() { RANK_OF_OVERRIDES } else { rank(&who) };
    if look(app, p, &answer.whom, name, level).await?.is_some_and(|told| told.is_locked()) {
        let never =
            look(app, p, &answer.whom, name, RANK_OF_OVERRIDES).await?.is_some_and(|told| told.is_locked());
        return Ok(Some((
            "ruling",
            if never { "filtering-wrong-mandatory" } else { "filtering-wrong-stands" },
        )));
    }
    if let Whom::Section(id) = &answer.whom
        && section_meets(app, p, id).await? == Some(Meets::Never)
    {
        return Ok(Some(("whom", "filtering-wrong-never")));
    }
    Ok(None)
}
