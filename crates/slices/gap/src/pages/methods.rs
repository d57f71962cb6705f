//! `/methods`: how each figure is made, in plain words.

use super::super::queries;
use super::super::rules::meaning::{COUNTED, Counts, counted_key};
use super::super::rules::{RunInput, WIDE, measure_key, numbers};
use super::district_of;
use crate::App;
use crate::error::Result;
use crate::layout::Frame;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use evenfield_gap::district::Counted;
use evenfield_model::{GeographyKind, Measure};

#[derive(Template)]
#[template(path = "templates/methods.html")]
struct Page {
    p: Frame,
    day: String,
    measures: Vec<Explained>,
    /// Whom figures count where it is not students; empty otherwise.
    counted: String,
    inputs: Vec<Input>,
    wide: String,
    rule_few: String,
    rule_unsure: String,
}

/// A measure in plain words.
struct Explained {
    code: &'static str,
    name: String,
    counts: String,
    source: String,
}

/// Something that went into the estimate, in words where there are some.
struct Input {
    what: String,
    detail: String,
    vintage: String,
    rows: String,
}

impl Input {
    fn told(p: &Frame, input: RunInput) -> Self {
        let RunInput { kind, source, vintage, rows, counts } = input;
        let is_table = is_acs(&kind);
        let (what, detail) = match kind.as_str() {
            "roster" => (p.t("layout-roster"), String::new()),
            "survey" => (p.t("layout-survey"), String::new()),
            "bdc_fixed" | "bdc_mobile" | "form477" | "tiles" | "ndt7" | "area_table" | "wide_table" => {
                (p.t(&format!("methods-data-{}", kind.replace('_', "-"))), String::new())
            }
            COUNTED => {
                let of = counts.map_or(Counted::Students, |c| c.of);
                (p.t("methods-data-counted"), p.t(&format!("gap-count-{}", counted_key(of))))
            }
            _ if is_table => (p.tv("methods-data-table", "table", kind), String::new()),
            model => match model.strip_prefix("model ").and_then(Measure::from_code) {
                Some(measure) => {
                    let (table, covariates) = source.split_once(' ').unwrap_or((&source, ""));
                    let blind = counts.is_some_and(|c| c.leaves_out_computers);
                    let table = p.tv("methods-data-table", "table", table);
                    let named: Vec<String> =
                        covariates.split(", ").filter(|c| !c.is_empty()).map(|c| covariate(p, c)).collect();
                    let with = p.tv("methods-data-with", "covariates", named.join("; "));
                    let mut detail = if covariates.is_empty() { table } else { format!("{table}. {with}") };
                    if blind {
                        detail = format!("{detail}. {}", p.t("methods-data-no-computers"));
                    }
                    (p.tv("methods-data-model", "measure", p.t(measure_key(measure))), detail)
                }
                None => (kind, source),
            },
        };
        Self { what, detail, vintage, rows: numbers::count(rows as i64) }
    }
}

/// That figures count no students but others, where there is no roster.
fn not_students(p: &Frame, inputs: &[RunInput]) -> String {
    let counts = inputs.iter().find(|i| i.kind == COUNTED).and_then(|i| i.counts);
    let of = |c: Counts| p.tv("gap-note-no-roster", "of", p.t(&format!("gap-of-{}", counted_key(c.of))));
    counts.map_or(String::new(), of)
}

/// A covariate in plain words; one from a table of the district's own goes by the name that the table gives it.
fn covariate(p: &Frame, name: &str) -> String {
    if let Some((what, around)) = name.rsplit_once(" of the ") {
        let key = match GeographyKind::from_word(around) {
            Some(GeographyKind::Tract) => "methods-covariate-of-tract",
            Some(GeographyKind::County) => "methods-covariate-of-county",
            _ => return format!("“{name}”"),
        };
        return p.tv(key, "what", covariate(p, what));
    }
    let offered = ["_25_3", "_100_20"].into_iter().find_map(|tier| Some((name.strip_suffix(tier)?, tier)));
    let key = match (name, offered) {
        ("B19013_001", _) => "income",
        ("speed_down", _) => "speed-down",
        ("speed_up", _) => "speed-up",
        ("speed_latency", _) => "speed-latency",
        ("mobile_4g", _) => "mobile-4g",
        ("mobile_5g", _) => "mobile-5g",
        ("mobile_5g_35_3", _) => "mobile-5g-fast",
        ("form477_blocks_served", _) => "form477-served",
        ("form477_providers", _) => "form477-providers",
        ("form477_max_down", _) => "form477-fastest",
        (_, Some(("wired", _))) => "wired",
        (_, Some(("fixed_wireless", _))) => "fixed-wireless",
        (_, Some(("satellite", _))) => "satellite",
        (_, Some(("terrestrial", _))) => "terrestrial",
        _ if is_acs(name) => return p.tv("methods-covariate-acs", "line", name),
        _ => return format!("“{name}”"),
    };
    let speed = if name.ends_with("_100_20") { "100/20" } else { "25/3" };
    p.tv(&format!("methods-covariate-{key}"), "speed", speed)
}

/// Whether this is the code of a table or a line of the American Community Survey.
fn is_acs(name: &str) -> bool {
    name.strip_prefix('B').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
}

pub(super) async fn methods(State(app): State<App>, p: Frame) -> Result<Html<String>> {
    let district = district_of(&p)?;
    let run = queries::latest_run(app.db.read(), &district.id).await?;
    let measures = Measure::ALL
        .into_iter()
        .map(|m| Explained {
            code: m.code(),
            name: p.t(measure_key(m)),
            counts: p.t(&format!("gap-counts-{}", m.code())),
            source: p.t(&format!("gap-source-{}", m.code())),
        })
        .collect();
    // Without an estimate the rule that the next one will be held to.
    let rule = run.as_ref().map_or(app.config.publication, |r| r.rule);
    let page = Page {
        rule_few: p.tvs(
            "methods-withheld-primary",
            &[
                ("students", i64::from(rule.min_students).into()),
                ("answers", i64::from(rule.min_answers).into()),
            ],
        ),
        rule_unsure: p.tv("methods-withheld-cv", "percent", numbers::percent(rule.max_cv)),
        day: run.as_ref().map_or(String::new(), |r| p.date(r.finished_ms)),
        counted: run.as_ref().map_or(String::new(), |r| not_students(&p, &r.inputs)),
        measures,
        inputs: run.map_or(Vec::new(), |r| r.inputs.into_iter().map(|i| Input::told(&p, i)).collect()),
        wide: format!("{:.0}", WIDE * 100.0),
        p,
    };
    Ok(Html(page.render()?))
}
