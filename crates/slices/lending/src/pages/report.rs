//! What the programme came to, month by month: a page to print for a board, and the same as files.

use super::words;
use crate::db::{now_ms, today};
use crate::error::{Error, Result};
use crate::exchange::{count, csv_file};
use crate::layout::Frame;
use crate::queries::{self, Need};
use crate::rules::inventory::dollars;
use crate::rules::report::{
    Cost, MONTHS, Month, Reach, Shown, band, begins_ms, cost, is_few, median, month, months, shown,
};
use crate::rules::score::Access;
use crate::rules::standing::DAY_MS;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Of which months: `2026-08`, each the first or last of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    from: String,
    to: String,
}

impl Asked {
    /// The first days of the months; the last twelve where nothing is said.
    fn months(&self) -> Result<Vec<Date>> {
        let read = |text: &str, otherwise: Date| match text.trim() {
            "" => Ok(otherwise),
            text => format!("{text}-01").parse().map_err(|_| Error::BadRequest("lending-wrong-months")),
        };
        let to = read(&self.to, today())?;
        let from = read(&self.from, to.checked_sub(11.months()).unwrap_or(to))?;
        let all = months(from, to);
        if all.is_empty() { Err(Error::BadRequest("lending-wrong-months")) } else { Ok(all) }
    }
}

/// All that a report says.
struct Report {
    months: Vec<Month>,
    cost: Cost,
    needs: Vec<Need>,
}

async fn read(app: &App, p: &Frame, asked: &Asked) -> Result<Report> {
    let (days, now) = (asked.months()?, now_ms());
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Err(Error::BadRequest("lending-wrong-months"));
    };
    let (from, to) = (begins_ms(*first), begins_ms(last.checked_add(1.months()).unwrap_or(Date::MAX)));
    let (db, district) = (app.db.read(), p.district_id());
    let spans = queries::spans(db, district, from).await?;
    let changes = queries::changes_of_lines(db, district).await?;
    let rules = queries::rules(db, district).await?;
    let report = Report {
        months: days.iter().map(|day| month(*day, &spans, now)).collect(),
        cost: cost(&days, changes.values().map(Vec::as_slice), &spans, (rules.line_cents, now)),
        needs: queries::needs(db, district, (from, to)).await?,
    };
    let looked = json!({ "from": first.to_string(), "months": days.len() });
    audit::record_look(&app.db, &p.entry("lending.report", ("lending_loan", ""), looked)).await?;
    Ok(report)
}

/// The kinds of groups: the message's key, and the group of a request with its words.
type Grouping = (&'static str, fn(&Frame, &Need) -> String);
const GROUPINGS: [Grouping; 3] = [
    ("lending-report-by-grade", |p, need| p.t(&format!("lending-band-{}", band(&need.grade)))),
    ("lending-report-by-access", |p, need| {
        words::access(p, &Access::from_word(&need.access).unwrap_or(Access::Good))
    }),
    ("lending-report-by-school", |p, need| match need.school.as_str() {
        "" => p.t("lending-band-unknown"),
        school => school.to_owned(),
    }),
];

/// The groups of one kind as they may be shown.
fn groups(p: &Frame, needs: &[Need], (_, of): Grouping) -> Vec<Shown> {
    let mut all: BTreeMap<String, Reach> = BTreeMap::new();
    for need in needs {
        let group = of(p, need);
        let reach = all.entry(group.clone()).or_insert(Reach { group, asked: 0, served: 0 });
        reach.asked += 1;
        reach.served += i64::from(need.state == "served");
    }
    shown(&all.into_values().collect::<Vec<_>>())
}

/// A group in words.
struct Row {
    group: String,
    asked: String,
    served: String,
}

/// A kind of groups in words.
struct Table {
    id: String,
    title: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "templates/report.html")]
struct Page {
    p: Frame,
    district: String,
    from: String,
    to: String,
    day: String,
    most: usize,
    months: Vec<Month>,
    /// In the last month: devices and hotspots in use.
    in_use: String,
    /// Over all months.
    lost: String,
    /// What lines cost; empty when the rules do not say what a line costs.
    cost: String,
    waiting: String,
    /// The middle of the days that they have waited; none where nobody waits.
    waited: String,
    total: (String, String),
    tables: Vec<Table>,
}

/// What lines cost, in words.
fn cost_words(p: &Frame, cost: &Cost) -> String {
    let a_month = cost.cents_a_student_month.map(dollars).unwrap_or_default();
    let values = [
        ("cost", dollars(cost.cents).into()),
        ("lines", count(cost.line_months.round() as i64).into()),
        ("months", count(cost.student_months.round() as i64).into()),
        ("each", a_month.as_str().into()),
    ];
    match (cost.cents, cost.cents_a_student_month) {
        (0, _) => String::new(),
        (_, None) => p.tvs("lending-report-cost-nobody", &values),
        _ => p.tvs("lending-report-cost", &values),
    }
}

fn lost_words(p: &Frame, months: &[Month]) -> String {
    let sum = |of: fn(&Month) -> i64| count(months.iter().map(of).sum());
    let values = [
        ("lent", sum(|m| m.lent).into()),
        ("lost", sum(|m| m.lost).into()),
        ("recovered", sum(|m| m.recovered).into()),
        ("gone", sum(|m| m.given_up).into()),
    ];
    p.tvs("lending-report-lost", &values)
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let report = read(&app, &p, &asked).await?;
    let now = now_ms();
    let text = |n: Option<i64>| n.map_or_else(|| p.t("lending-report-few"), count);
    let table = |grouping: &Grouping| Table {
        id: grouping.0.replace("lending-report-", ""),
        title: p.t(grouping.0),
        rows: groups(&p, &report.needs, *grouping)
            .into_iter()
            .map(|row| Row { group: row.group, asked: text(row.asked), served: text(row.served) })
            .collect(),
    };
    let month_of =
        |month: Option<&Month>| month.map(|m| m.first.strftime("%Y-%m").to_string()).unwrap_or_default();
    let waits: Vec<i64> = report
        .needs
        .iter()
        .filter(|need| need.state == "waiting")
        .map(|need| (now - need.asked_ms) / DAY_MS)
        .collect();
    let served = report.needs.iter().filter(|need| need.state == "served").count() as i64;
    let all = Reach { group: String::new(), asked: report.needs.len() as i64, served };
    let total = shown(&[all]).pop();
    let last = report.months.last();
    let in_use = [
        ("devices", count(last.map_or(0, |m| m.devices)).into()),
        ("hotspots", count(last.map_or(0, |m| m.hotspots)).into()),
        ("month", month_of(last).into()),
    ];
    let page = Page {
        district: p.district.as_ref().map_or_else(String::new, |d| d.name.clone()),
        from: month_of(report.months.first()),
        to: month_of(last),
        day: p.date(now),
        most: MONTHS,
        in_use: p.tvs("lending-report-in-use", &in_use),
        lost: lost_words(&p, &report.months),
        cost: cost_words(&p, &report.cost),
        waiting: text(Some(waits.len() as i64).filter(|n| !is_few(*n))),
        waited: median(waits).map(|days| p.tn("lending-report-waited", days)).unwrap_or_default(),
        total: (
            text(total.as_ref().and_then(|total| total.asked)),
            text(total.as_ref().and_then(|total| total.served)),
        ),
        tables: GROUPINGS.iter().map(table).collect(),
        months: report.months,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The months as CSV.
pub async fn months_csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let report = read(&app, &p, &asked).await?;
    let header = ["month", "devices", "hotspots", "lent", "returned", "lost", "recovered", "given_up"];
    let row = |m: Month| {
        let month = m.first.strftime("%Y-%m").to_string();
        let counts = [m.devices, m.hotspots, m.lent, m.back, m.lost, m.recovered, m.given_up];
        [vec![month], counts.map(|n| n.to_string()).to_vec()].concat()
    };
    csv_file("lending-months.csv", &header, report.months.into_iter().map(row))
}

/// The groups as CSV; what is withheld is empty.
pub async fn groups_csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let report = read(&app, &p, &asked).await?;
    let text = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let rows = GROUPINGS.iter().flat_map(|grouping| {
        let kind = grouping.0.replace("lending-report-by-", "");
        groups(&p, &report.needs, *grouping)
            .into_iter()
            .map(move |row| [kind.clone(), row.group, text(row.asked), text(row.served)])
    });
    csv_file("lending-groups.csv", &["by", "group", "asked", "served"], rows)
}
