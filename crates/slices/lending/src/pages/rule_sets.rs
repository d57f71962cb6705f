//! Rule sets of programmes and the district's own: which are checked, and what does not keep them.

use crate::db::{now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file};
use crate::layout::Frame;
use crate::queries::{self, Said};
use crate::rules::inventory::dollars;
use crate::rules::programme::{Facts, Finding, Hotspot, KNOWN, LOCAL, Limits, Rule, check};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{TEXT, one_line};
use jiff::civil::Date;
use serde_json::json;
use std::collections::HashMap;

/// So many barcodes are shown for a rule; the CSV has all.
const SHOWN: usize = 20;

/// A set with what the district says of it.
struct Set {
    key: &'static str,
    said: Said,
    from: Option<Date>,
    until: Option<Date>,
    limits: Limits,
    record_years: i64,
}

impl Set {
    fn is_in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

async fn sets(app: &App, p: &Frame) -> Result<Vec<Set>> {
    let said = queries::rule_sets(app.db.read(), p.district_id()).await?;
    let mut said: HashMap<String, Said> = said.into_iter().collect();
    let mut all: Vec<Set> = KNOWN
        .iter()
        .map(|known| Set {
            key: known.key,
            said: said.remove(known.key).unwrap_or_default(),
            from: Some(known.from),
            until: Some(known.until),
            limits: Limits(known.limits.iter().copied().collect()),
            record_years: known.record_years,
        })
        .collect();
    let own = said.remove(LOCAL).unwrap_or_default();
    let day = |day: &Option<String>| day.as_deref().and_then(|day| day.parse().ok());
    let (from, until) = (day(&own.from_on), day(&own.until_on));
    all.push(Set { key: LOCAL, from, until, limits: own.limits.clone(), said: own, record_years: 0 });
    Ok(all)
}

/// What comes of each rule of each set that is checked.
async fn findings(app: &App, p: &Frame, sets: &[Set]) -> Result<HashMap<&'static str, Vec<Finding>>> {
    let db = app.db.read();
    let all = queries::hotspots(db, p.district_id()).await?;
    let students = queries::students(db, p.district_id()).await?;
    let line_cents = queries::rules(db, p.district_id()).await?.line_cents;
    let of = |set: &Set| {
        let fund = set.said.fund.to_lowercase();
        let own = all.iter().filter(|(funding, _)| funding.to_lowercase().contains(&fund));
        let hotspots: Vec<Hotspot> = own.map(|(_, hotspot)| hotspot.clone()).collect();
        let facts = Facts { hotspots: &hotspots, students, line_cents, now_ms: now_ms() };
        (set.key, check(&set.limits, facts))
    };
    Ok(sets.iter().filter(|set| set.said.checked).map(of).collect())
}

/// A number of a rule, in its unit.
fn amount(rule: Rule, n: i64) -> String {
    match rule {
        Rule::LineCents | Rule::DeviceCents => format!("${}", dollars(n)),
        Rule::Percent => format!("{n}%"),
        _ => count(n),
    }
}

/// A rule of a set in words.
struct Line {
    rule: String,
    limit: String,
    /// What came of it; empty where the set is not checked.
    found: String,
    is_kept: bool,
    barcodes: String,
}

/// A field of the district's own set.
struct Field {
    id: String,
    label: String,
    value: String,
    most: i64,
}

/// A set in words.
struct View {
    key: &'static str,
    title: String,
    source: String,
    days: String,
    is_in_force: bool,
    checked: bool,
    fund: String,
    from_on: String,
    until_on: String,
    records: String,
    lines: Vec<Line>,
    fields: Vec<Field>,
}

fn line(p: &Frame, rule: Rule, limit: i64, finding: Option<&Finding>) -> Line {
    let found = match finding {
        None => String::new(),
        Some(finding) if !finding.is_known => p.t("lending-set-unknown"),
        Some(Finding { over: 0, .. }) => p.t("lending-set-kept"),
        Some(finding) if finding.barcodes.is_empty() => {
            // A share is of students; what is too many are hotspots.
            let over = if rule == Rule::Percent { count(finding.over) } else { amount(rule, finding.over) };
            p.tv("lending-set-over", "over", over)
        }
        Some(finding) => p.tn("lending-set-hotspots", finding.over),
    };
    let barcodes = finding.map(|finding| finding.barcodes.as_slice()).unwrap_or_default();
    let more = if barcodes.len() > SHOWN { " …" } else { "" };
    Line {
        rule: p.t(&format!("lending-set-{}", rule.as_str())),
        limit: amount(rule, limit),
        found,
        is_kept: finding.is_none_or(|finding| finding.over == 0),
        barcodes: format!("{}{more}", barcodes[..barcodes.len().min(SHOWN)].join(", ")),
    }
}

fn view(p: &Frame, set: Set, findings: Option<&Vec<Finding>>) -> View {
    let of = |rule: Rule| findings.and_then(|all| all.iter().find(|finding| finding.rule == rule));
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let field = |rule: Rule| Field {
        id: format!("{}-{}", set.key, rule.as_str()),
        label: p.t(&format!("lending-set-{}", rule.as_str())),
        value: set.limits.0.get(&rule).map(i64::to_string).unwrap_or_default(),
        most: rule.most(),
    };
    View {
        title: p.t(&format!("lending-set-title-{}", set.key)),
        source: p.t(&format!("lending-set-source-{}", set.key)),
        days: p.tvs("lending-set-days", &[("from", day(set.from).into()), ("until", day(set.until).into())]),
        is_in_force: set.is_in_force(today()),
        lines: set.limits.0.iter().map(|(rule, limit)| line(p, *rule, *limit, of(*rule))).collect(),
        fields: if set.key == LOCAL { Rule::ALL.map(field).into() } else { Vec::new() },
        records: match set.record_years {
            0 => String::new(),
            years => p.tn("lending-set-records", years),
        },
        key: set.key,
        checked: set.said.checked,
        fund: set.said.fund,
        from_on: set.said.from_on.unwrap_or_default(),
        until_on: set.said.until_on.unwrap_or_default(),
    }
}

#[derive(Template)]
#[template(path = "templates/rule_sets.html")]
struct Page {
    p: Frame,
    sets: Vec<View>,
}

/// The sets, with what does not keep those that are checked.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let sets = sets(&app, &p).await?;
    let findings = findings(&app, &p, &sets).await?;
    let sets = sets.into_iter().map(|set| {
        let found = findings.get(set.key);
        view(&p, set, found)
    });
    Ok(Html(Page { sets: sets.collect(), p }.render()?).into_response())
}

/// What does not keep a set that is checked, as CSV: a row for each hotspot, or one for a rule about all together.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let sets = sets(&app, &p).await?;
    let found = findings(&app, &p, &sets).await?;
    let mut rows = Vec::new();
    for set in &sets {
        for finding in found.get(set.key).into_iter().flatten() {
            let of = |barcode: &str| {
                let (rule, is_known) = (finding.rule.as_str().to_owned(), finding.is_known.to_string());
                [
                    set.key.to_owned(),
                    rule,
                    finding.limit.to_string(),
                    finding.over.to_string(),
                    is_known,
                    barcode.to_owned(),
                ]
            };
            match finding.barcodes.as_slice() {
                [] => rows.push(of("")),
                all => rows.extend(all.iter().map(|barcode| of(barcode))),
            }
        }
    }
    csv_file("rule-sets.csv", &["rule_set", "rule", "limit", "over", "is_known", "barcode"], rows)
}

/// Stores what the district says of a set.
pub async fn stored(
    State(app): State<App>,
    p: Frame,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response> {
    let text = |name: &str| form.get(name).map(|said| one_line(said)).unwrap_or_default();
    let key = text("rule_set");
    let known = KNOWN.iter().map(|known| known.key).chain([LOCAL]).find(|known| *known == key);
    let key = known.ok_or(Error::BadRequest("lending-wrong-act"))?;
    let mut said = Said {
        checked: !text("checked").is_empty(),
        fund: text("fund").chars().take(TEXT).collect(),
        ..Said::default()
    };
    if key == LOCAL {
        let day = |name: &str| match text(name) {
            day if day.is_empty() => Ok(None),
            day => day.parse::<Date>().map(|day| Some(day.to_string())),
        };
        let wrong = |_| Error::BadRequest("lending-wrong-set");
        (said.from_on, said.until_on) = (day("from_on").map_err(wrong)?, day("until_on").map_err(wrong)?);
        if said.from_on.is_some() && said.until_on.is_some() && said.from_on > said.until_on {
            return Err(Error::BadRequest("lending-wrong-set"));
        }
        for rule in Rule::ALL {
            let n = text(&format!("{key}-{}", rule.as_str()));
            if !n.is_empty() {
                let n = n.parse().ok().filter(|n| (0..=rule.most()).contains(n));
                said.limits.0.insert(rule, n.ok_or(Error::BadRequest("lending-wrong-set"))?);
            }
        }
    }
    let mut tx = app.db.write().await?;
    let by = (p.account_id().unwrap_or_default(), now_ms());
    queries::put_rule_set(&mut tx, p.district_id(), (key, &said), by).await?;
    let detail = json!({ "checked": said.checked, "limits": said.limits.to_text() });
    audit::record(&mut tx, &p.entry("lending.rule_set", ("lending_rule_set", key), detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/rule-sets")).into_response())
}
