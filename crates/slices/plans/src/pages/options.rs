//! Why an option is bought, and why another is not.

use super::lines::{self, kind};
use super::solved::Solved;
use super::{href, told};
use crate::App;
use crate::error::{Error, Result};
use crate::exchange::csv_file;
use crate::layout::Frame;
use crate::queries;
use crate::routes::escape;
use crate::rules::answer::{self, Unusable};
use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use evenfield_plan::certificate::Certificate;
use evenfield_plan::scenario::{Facts, FactsLine, FactsOption};
use evenfield_plan::{Explained, Explainer, Fixed, Instance, MILLION};
use std::collections::BTreeMap;

/// Options that the page of all lists; the file has all.
const SHOWN: usize = 60;

/// A solved budget with its instance.
struct Opened {
    instance: Instance,
    certificate: Certificate,
    facts: Facts,
}

async fn opened(app: &App, p: &Frame, solved: &Solved) -> Result<Opened> {
    let (db, district) = (app.db.read(), p.district_id());
    let archive = queries::folder(db, district, &solved.run.id).await?;
    let proof = queries::proof(db, district, &solved.run.id, solved.step).await?;
    let (text, certificate) = proof.ok_or(Error::NotFound)?;
    let certificate = certificate.ok_or(Error::NotFound)?;
    let budget = solved.rung().map(|rung| rung.budget.clone()).unwrap_or_default();
    let opened = tokio::task::spawn_blocking(move || {
        Ok::<_, Unusable>(Opened {
            instance: answer::instance(&archive, &text)?,
            certificate: serde_json::from_str(&certificate)?,
            facts: answer::facts(&archive, &budget)?,
        })
    });
    let opened = opened.await.map_err(|e| Error::Internal(format!("opening a plan: {e}")))?;
    opened.map_err(|e| Error::Internal(e.to_string()))
}

/// What an option costs the district in all years in which it would be open from the first, cents of the first year.
fn cost(instance: &Instance, option: u32) -> u64 {
    let paid = |year| instance.prices(option as usize, year)[usize::from(year > 0)..].iter().sum::<u64>();
    (0..instance.years()).map(paid).fold(0, u64::saturating_add)
}

/// Why an option is not bought.
fn why_not(p: &Frame, opened: &Opened, option: u32, explained: &Explained) -> String {
    if opened.instance.fixed(option as usize) == Fixed::Out {
        return p.t("plans-why-out");
    }
    if let Some(rival) = explained.rival {
        let rival = &opened.facts.options[rival as usize];
        return p.tv("plans-why-rival", "name", lines::name(p, &rival.option, &rival.name));
    }
    if explained.other_vendors {
        return p.t("plans-why-vendors");
    }
    match (explained.worth, explained.fall()) {
        (Some(worth), _) if worth <= 0.0 => p.t("plans-why-nobody"),
        (_, Some(fall)) => {
            let all = cost(&opened.instance, option);
            let least = (all as f64 * (1.0 - fall)).floor() as u64;
            p.tvs(
                "plans-why-dear",
                &[
                    ("fall", told::percent(fall).into()),
                    ("cost", told::dollars(all).into()),
                    ("least", told::dollars(least).into()),
                ],
            )
        }
        (Some(_), None) => p.t("plans-why-near"),
        (None, _) => p.t("plans-why-nobody"),
    }
}

struct Line {
    name: String,
    href: String,
    kind: String,
    cost: String,
    state: String,
}

#[derive(Template)]
#[template(path = "templates/options.html")]
struct Page {
    p: Frame,
    id: String,
    query: String,
    name: String,
    total: String,
    /// The school year in whose money costs are.
    money: String,
    lines: Vec<Line>,
    all: usize,
}

impl Page {
    fn has_more(&self) -> bool {
        self.lines.len() < self.all
    }
}

/// The same as [`ordered`] on a thread of its own: others are served on this one.
async fn all(opened: Opened) -> Result<(Opened, Vec<(u32, Explained)>)> {
    let work = tokio::task::spawn_blocking(move || {
        let all = ordered(&opened);
        (opened, all)
    });
    work.await.map_err(|e| Error::Internal(format!("explaining a plan: {e}")))
}

/// All options: those bought first, then those that are nearest to it.
fn ordered(opened: &Opened) -> Vec<(u32, Explained)> {
    let explainer = Explainer::new(&opened.instance, &opened.certificate);
    let all = 0..u32::try_from(opened.facts.options.len()).unwrap_or(u32::MAX);
    let mut all: Vec<(u32, Explained)> = all.map(|option| (option, explainer.option(option))).collect();
    let worth = |explained: &Explained| explained.worth.unwrap_or(0.0);
    all.sort_by(|(_, a), (_, b)| {
        (b.year.is_some(), worth(b))
            .partial_cmp(&(a.year.is_some(), worth(a)))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    all
}

/// The list of all options.
pub async fn list(State(app): State<App>, p: Frame, solved: Solved) -> Result<Response> {
    let (opened, ordered) = all(opened(&app, &p, &solved).await?).await?;
    let line = |(option, explained): &(u32, Explained)| {
        let facts = &opened.facts.options[*option as usize];
        Line {
            name: lines::name(&p, &facts.option, &facts.name),
            href: option_href(&p, &solved, &facts.option),
            kind: kind(&p, facts.kind.word()),
            cost: told::dollars(cost(&opened.instance, *option)),
            state: match explained.year {
                Some(year) => p.tv("plans-bought-from", "year", year_of(&opened.facts, year)),
                None => why_not(&p, &opened, *option, explained),
            },
        }
    };
    let page = Page {
        lines: ordered.iter().take(SHOWN).map(line).collect(),
        all: ordered.len(),
        money: year_of(&opened.facts, 1),
        total: solved.total(),
        query: solved.query(),
        name: solved.scenario.name.clone(),
        id: solved.scenario.id,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The page of an option of this plan.
pub(super) fn option_href(p: &Frame, solved: &Solved, option: &str) -> String {
    href(p, &solved.scenario.id, &format!("/option?{}&option={}", solved.query(), escape(option)))
}

/// The school year of a year of the plan, counted from 1.
fn year_of(facts: &Facts, year: u16) -> String {
    told::school_year(facts.first_year + u64::from(year) - 1)
}

/// All options as a file.
pub async fn csv(State(app): State<App>, p: Frame, solved: Solved) -> Result<Response> {
    let (opened, ordered) = all(opened(&app, &p, &solved).await?).await?;
    let rows: Vec<[String; 8]> = ordered
        .into_iter()
        .map(|(option, explained)| {
            let facts = &opened.facts.options[option as usize];
            let (serves, instead) = sums(&explained, facts);
            [
                facts.option.clone(),
                facts.kind.word().to_owned(),
                facts.name.clone(),
                explained
                    .year
                    .map_or(String::new(), |y| (opened.facts.first_year + u64::from(y) - 1).to_string()),
                format!("{:.2}", cost(&opened.instance, option) as f64 / 100.0),
                format!("{serves:.6}"),
                format!("{instead:.6}"),
                explained.worth.map_or(String::new(), |worth| format!("{worth:.6}")),
            ]
        })
        .collect();
    let header =
        ["option", "kind", "name", "year", "cost", "serves", "others_could_serve", "worth_over_cost"];
    csv_file("options.csv", &header, rows)
}

/// Students whom an option serves, and those of them whom others could: of those whom it reaches the part that uses it, as everywhere.
fn sums(explained: &Explained, facts: &FactsOption) -> (f64, f64) {
    let serves: u64 = explained.serves.iter().map(|(_, amount, _)| amount).sum();
    let instead: u64 = explained.instead.iter().map(|(_, _, amount, _)| amount).sum();
    (using(serves, facts), using(instead, facts))
}

/// Those of so many millionths of students whom an option reaches that use it.
fn using(amount: u64, facts: &FactsOption) -> f64 {
    let million = MILLION as f64;
    amount as f64 / million * (facts.used as f64 / million)
}

struct PlaceLine {
    place: String,
    students: String,
    quality: String,
}

struct BillLine {
    what: String,
    quantity: String,
    unit: String,
    paid: String,
    cost: String,
    own: String,
    source: String,
}

#[derive(Template)]
#[template(path = "templates/option.html")]
struct One {
    p: Frame,
    id: String,
    query: String,
    scenario: String,
    total: String,
    name: String,
    kind: String,
    at_home: bool,
    counts: String,
    year: String,
    /// The school year in whose money costs are.
    money: String,
    why_not: String,
    serves: String,
    alone: String,
    places: Vec<PlaceLine>,
    instead: Vec<(String, String, String)>,
    bill: Vec<BillLine>,
    cost: String,
}

/// One option.
pub async fn option(State(app): State<App>, p: Frame, solved: Solved) -> Result<Response> {
    let opened = opened(&app, &p, &solved).await?;
    let at = opened.facts.options.iter().position(|option| option.option == solved.option);
    let at = at.and_then(|at| u32::try_from(at).ok()).ok_or(Error::NotFound)?;
    let facts = &opened.facts.options[at as usize];
    let explained = Explainer::new(&opened.instance, &opened.certificate).option(at);
    let (serves, instead) = sums(&explained, facts);
    let page = One {
        scenario: solved.scenario.name.clone(),
        query: solved.query(),
        total: solved.total(),
        name: lines::name(&p, &facts.option, &facts.name),
        kind: kind(&p, facts.kind.word()),
        at_home: facts.connected,
        counts: told::percent(facts.counts as f64 / MILLION as f64),
        year: explained.year.map_or_else(String::new, |year| year_of(&opened.facts, year)),
        why_not: match explained.year {
            Some(_) => String::new(),
            None => why_not(&p, &opened, at, &explained),
        },
        money: year_of(&opened.facts, 1),
        serves: told::students(serves),
        alone: told::students((serves - instead).max(0.0)),
        places: places(&opened, &explained, facts),
        instead: others(&p, &solved, &opened, &explained),
        bill: bill(&p, facts, opened.facts.first_year),
        cost: told::dollars(cost(&opened.instance, at)),
        id: solved.scenario.id,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

fn places(opened: &Opened, explained: &Explained, facts: &FactsOption) -> Vec<PlaceLine> {
    let mut sums: BTreeMap<&str, (u64, u128)> = BTreeMap::new();
    for (demand, amount, quality) in &explained.serves {
        let sum = sums.entry(opened.facts.demand[*demand as usize].named()).or_default();
        sum.0 += amount;
        sum.1 += u128::from(*amount) * u128::from(*quality);
    }
    let mut lines: Vec<_> = sums.into_iter().collect();
    lines.sort_by_key(|(_, (amount, _))| std::cmp::Reverse(*amount));
    let line = |(place, (amount, weighted)): (&str, (u64, u128))| PlaceLine {
        place: place.to_owned(),
        students: told::count_tenths(using(amount, facts)),
        // Of those who use it; a quality counts those who do not as well.
        quality: told::percent(weighted as f64 / (amount as f64).max(1.0) / (facts.used as f64).max(1.0)),
    };
    lines.into_iter().take(SHOWN).map(line).collect()
}

fn others(
    p: &Frame,
    solved: &Solved,
    opened: &Opened,
    explained: &Explained,
) -> Vec<(String, String, String)> {
    let mut sums: BTreeMap<u32, u64> = BTreeMap::new();
    for (option, _, amount, _) in &explained.instead {
        *sums.entry(*option).or_default() += amount;
    }
    let mut lines: Vec<_> = sums.into_iter().collect();
    lines.sort_by_key(|(_, amount)| std::cmp::Reverse(*amount));
    let line = |(option, amount): (u32, u64)| {
        let facts = &opened.facts.options[option as usize];
        let students = told::count_tenths(using(amount, facts));
        (lines::name(p, &facts.option, &facts.name), option_href(p, solved, &facts.option), students)
    };
    lines.into_iter().take(SHOWN).map(line).collect()
}

/// What the district pays of a payment; year by year where others do not pay the same in each.
fn own(line: &FactsLine, first: u64) -> String {
    let years: Vec<u64> = (0..line.shares.len()).map(|year| line.own(year)).collect();
    match &years[..] {
        [] => told::dollars(line.cents),
        [one, others @ ..] if others.iter().all(|own| own == one) => told::dollars(*one),
        all => {
            let all = all.iter().zip(first..).map(|(own, year)| format!("{year}: {}", told::dollars(*own)));
            all.collect::<Vec<_>>().join(", ")
        }
    }
}

fn bill(p: &Frame, facts: &FactsOption, first: u64) -> Vec<BillLine> {
    let line = |line: &FactsLine| BillLine {
        what: super::prices::what(p, &line.item),
        quantity: told::count_tenths(line.quantity as f64 / MILLION as f64),
        unit: super::prices::unit(p, &line.unit),
        paid: p.t(if line.once { "plans-paid-once" } else { "plans-paid-year" }),
        cost: told::dollars(line.cents),
        own: own(line, first),
        source: format!("{}, {}", line.source, line.date),
    };
    facts.lines.iter().map(line).collect()
}
