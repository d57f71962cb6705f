//! What templates are given: texts ready to read, positions ready to draw.

use super::super::rules::classes::Classes;
use super::super::rules::meaning::{Blind, Meaning, counted_key};

use super::super::rules::{Figure, group_key, is_uncertain, kind_key, measure_key, numbers, why_key};
use super::encode;
use crate::layout::Frame;
use crate::queries::Boundary;
use crate::shapes::{self, Shape};
use evenfield_gap::district::Counted;
use evenfield_gap::estimate::Method;
use evenfield_gap::publish::Published;
use evenfield_model::{GeographyKind, Measure};
use std::collections::HashMap;

/// One figure in words and as a dot with its interval.
pub struct Row {
    /// What the row is about.
    pub label: String,
    /// Where more is said; empty when nowhere.
    pub href: String,
    /// The number; `None` when withheld.
    pub number: Option<Told>,
    /// Why there is no number; empty when there is one.
    pub withheld: String,
    /// Whom the share is of, where rows differ, and what it leaves out; empty where there is nothing to say.
    pub note: String,
}

/// A number in words and along the axis.
pub struct Told {
    /// The share, `19%`.
    pub value: String,
    /// The ends of the interval, `17%` and `22%`.
    pub low: String,
    /// As `low`.
    pub high: String,
    /// Students, children or households that it is about.
    pub count: String,
    /// Answers behind it.
    pub answers: String,
    /// How it was made, in words.
    pub method: String,
    /// Whether the interval is wide.
    pub uncertain: bool,
    /// Where the dot is.
    pub dot: String,
    /// Where the interval begins and ends.
    pub from: String,
    /// As `from`.
    pub to: String,
    /// Where the district as a whole is, to compare with; empty when not compared.
    pub compare: String,
}

/// Rows with a common axis.
pub struct Chart {
    /// The rows.
    pub rows: Vec<Row>,
    /// The end of the axis, `40%`.
    pub end: String,
    /// The message that says how to read it.
    pub note: &'static str,
    /// The header of the shares: whom they are of, where all rows agree.
    pub share: String,
    /// The header of the numbers: whom they count.
    pub count: String,
}

impl Chart {
    /// The same chart, read by another message where any row has a line to compare with.
    pub fn compared(mut self, note: &'static str) -> Self {
        if self.rows.iter().any(|r| r.number.as_ref().is_some_and(|n| !n.compare.is_empty())) {
            self.note = note;
        }
        self
    }
}

/// A row to be: its label, its link, its figure, and the share to compare it with.
pub type Draft<'a> = (String, String, &'a Figure, Option<f64>);

/// Puts rows on a common axis.
pub fn chart(p: &Frame, drafts: &[Draft<'_>]) -> Chart {
    let shown = drafts.iter().filter_map(|d| d.2.shown.as_ref().ok().map(|n| n.high90()));
    let end = numbers::axis_end(shown.chain(drafts.iter().filter_map(|d| d.3)));
    let meanings: Vec<Meaning> = drafts.iter().map(|d| d.2.meaning).collect();
    let agree = |of: fn(&Meaning) -> Counted| meanings.windows(2).all(|two| of(&two[0]) == of(&two[1]));
    let first = meanings.first().copied().unwrap_or_default();
    let (shares, counts) = (agree(|m| m.share_of), agree(|m| m.counted));
    let rows = drafts.iter().map(|draft| row(p, draft, end, shares)).collect();
    Chart {
        rows,
        end: numbers::percent(end),
        note: "gap-chart-note",
        share: if shares { share_of(p, first) } else { p.t("gap-column-share") },
        count: if counts { count_of(p, first) } else { p.t("gap-column-count") },
    }
}

/// The header of shares: whom they are of.
pub fn share_of(p: &Frame, meaning: Meaning) -> String {
    p.tv("gap-share-of", "of", counted(p, meaning.share_of))
}

/// The header of numbers: whom they count.
pub fn count_of(p: &Frame, meaning: Meaning) -> String {
    p.t(&format!("gap-count-{}", counted_key(meaning.counted)))
}

/// Whom is counted, in words within a sentence.
fn counted(p: &Frame, counted: Counted) -> String {
    p.t(&format!("gap-of-{}", counted_key(counted)))
}

/// What a reader must know beside the figures of one measure: that they count no students, that the share is of others than
/// the number, that the tables do not see computers. Empty where there is nothing to say.
pub fn notes(p: &Frame, meaning: Meaning) -> Vec<String> {
    let (share, count) = (counted(p, meaning.share_of), counted(p, meaning.counted));
    let mut notes = Vec::new();
    if meaning.counted != Counted::Students {
        notes.push(p.tv("gap-note-no-roster", "of", count.as_str()));
    }
    if meaning.share_of != meaning.counted {
        notes.push(p.tvs("gap-note-share", &[("share", share.into()), ("count", count.into())]));
    }
    match meaning.blind {
        Blind::No => {}
        Blind::Partly => notes.push(p.t("gap-note-partly-blind")),
        Blind::Wholly => notes.push(p.t("gap-note-blind")),
    }
    notes
}

fn row(p: &Frame, (label, href, figure, compare): &Draft<'_>, end: f64, shares_agree: bool) -> Row {
    let number = figure.shown.as_ref().ok().map(|n| told(p, n, end, *compare));
    let withheld = figure.shown.as_ref().err().map_or(String::new(), |why| p.t(why_key(*why)));
    let of = (!shares_agree).then(|| p.tv("gap-row-of", "of", counted(p, figure.meaning.share_of)));
    let partly = (figure.meaning.blind == Blind::Partly).then(|| p.t("gap-row-partly-blind"));
    let note = of.into_iter().chain(partly).collect::<Vec<_>>().join("; ");
    Row { label: label.clone(), href: href.clone(), number, withheld, note }
}

fn told(p: &Frame, n: &Published, end: f64, compare: Option<f64>) -> Told {
    let (low, high) = numbers::ends(n);
    Told {
        value: n.text(),
        low,
        high,
        count: numbers::count(n.students().into()),
        answers: numbers::count(n.answers().into()),
        method: method(p, n.method()),
        uncertain: is_uncertain(n),
        dot: numbers::along(n.value(), end),
        from: numbers::along(n.low90(), end),
        to: numbers::along(n.high90(), end),
        compare: compare.map_or(String::new(), |share| numbers::along(share, end)),
    }
}

/// How a figure was made, in words.
fn method(p: &Frame, method: Method) -> String {
    p.t(match method {
        Method::Survey => "gap-method-survey",
        Method::Area => "gap-method-area",
        Method::Combined => "gap-method-combined",
        Method::Synthetic => "gap-method-synthetic",
    })
}

/// A group of students in words.
pub fn group(p: &Frame, group: &str) -> String {
    group_key(group).map_or_else(|| group.to_owned(), |key| p.t(key))
}

/// A figure in short: `19% (between 17% and 22%)`, or why there is none.
pub fn short(p: &Frame, figure: &Figure) -> String {
    match &figure.shown {
        Ok(n) => {
            let (low, high) = numbers::ends(n);
            p.tvs("gap-short", &[("share", n.text().into()), ("low", low.into()), ("high", high.into())])
        }
        Err(why) => p.t(why_key(*why)),
    }
}

/// The gap of a place in one sentence, in whole percent: of whom the share is, and of how many where the number counts the
/// same.
pub fn headline(p: &Frame, figure: &Figure) -> String {
    let n = match &figure.shown {
        Ok(n) => n,
        Err(why) => return format!("{}: {}", p.t(figure.key()), p.t(why_key(*why))),
    };
    let (low, high) = numbers::ends(n);
    let meaning = figure.meaning;
    let blind = if meaning.blind == Blind::Wholly { "-blind" } else { "" };
    let mut values = vec![
        ("of", counted(p, meaning.share_of).into()),
        ("share", n.text().into()),
        ("low", low.into()),
        ("high", high.into()),
        ("means", p.t(&format!("gap-means-{}{blind}", figure.measure.code())).into()),
    ];
    match numbers::about(n).filter(|_| meaning.counted == meaning.share_of) {
        Some(about) => {
            values.push(("count", numbers::count(about).into()));
            values.push(("students", numbers::count(n.students().into()).into()));
            p.tvs("gap-sentence", &values)
        }
        None => p.tvs("gap-sentence-share", &values),
    }
}

/// One choice of a form.
pub struct Pick {
    /// The word in the query.
    pub word: String,
    /// The text.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The choices of measure, place and group that a form offers.
pub struct Picks {
    /// Measures.
    pub measures: Vec<Pick>,
    /// Kinds of places.
    pub kinds: Vec<Pick>,
    /// Groups.
    pub groups: Vec<Pick>,
}

/// The choices, with what is chosen.
pub fn picks(
    p: &Frame,
    (measure, kind, group_now): (Measure, GeographyKind, &str),
    kinds: &[GeographyKind],
    groups: &[String],
) -> Picks {
    let name = |m: Measure| p.t(measure_key(m));
    Picks {
        measures: Measure::ALL
            .into_iter()
            .map(|m| Pick { word: m.code().to_owned(), label: name(m), chosen: m == measure })
            .collect(),
        kinds: kinds
            .iter()
            .map(|k| Pick { word: k.as_str().to_owned(), label: p.t(kind_key(*k)), chosen: *k == kind })
            .collect(),
        groups: groups
            .iter()
            .map(|g| Pick { word: g.clone(), label: group(p, g), chosen: g == group_now })
            .collect(),
    }
}

/// A map drawn by the server.
pub struct Map {
    /// Height of the view box; the width is [`shapes::WIDTH`].
    pub height: f64,
    /// The areas.
    pub areas: Vec<Area>,
    /// What the colours show: whom the shares are of.
    pub share: String,
    /// Class ends with their shade.
    pub legend: Vec<(usize, String)>,
    /// Whether any area is uncertain, withheld, or without a figure.
    pub uncertain: bool,
    /// As `uncertain`.
    pub withheld: bool,
    /// As `uncertain`.
    pub missing: bool,
}

/// One area of a map.
pub struct Area {
    /// The place.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is known of it, in words.
    pub text: String,
    /// The path; empty for a dot.
    pub d: String,
    /// The dot.
    pub dot: Option<(String, String)>,
    /// 0 without a number, else the shade of the ramp.
    pub shade: usize,
    /// Whether it is drawn hatched.
    pub uncertain: bool,
    /// Whether it is drawn dotted.
    pub withheld: bool,
}

/// Draws the figures of one measure on these boundaries.
pub fn map(p: &Frame, boundaries: &[Boundary], figures: &[Figure]) -> Map {
    let by_id: HashMap<&str, &Figure> = figures.iter().map(|f| (f.id.as_str(), f)).collect();
    let here: Vec<_> = boundaries.iter().map(|b| by_id.get(b.geography_id.as_str()).copied()).collect();
    let classes = Classes::of(here.iter().flatten().copied());
    let geometries: Vec<serde_json::Value> =
        boundaries.iter().map(|b| serde_json::from_str(&b.geojson).unwrap_or_default()).collect();
    let drawing = shapes::draw(&geometries);
    let areas: Vec<Area> = boundaries
        .iter()
        .zip(&here)
        .zip(drawing.shapes)
        .map(|((boundary, figure), shape)| area(p, boundary, *figure, (classes.as_ref(), shape)))
        .collect();
    let legend = classes.map_or(Vec::new(), |classes| {
        let ends = |c: &super::super::rules::classes::Class| {
            let (low, high) = (numbers::percent(c.low), numbers::percent(c.high));
            p.tvs("gap-legend-class", &[("low", low.into()), ("high", high.into())])
        };
        classes.all().iter().map(|c| (classes.shade(c.number), ends(c))).collect()
    });
    Map {
        height: drawing.height,
        share: share_of(p, Meaning::together(figures.iter())),
        legend,
        uncertain: areas.iter().any(|a| a.uncertain),
        withheld: areas.iter().any(|a| a.withheld),
        missing: here.iter().any(Option::is_none),
        areas,
    }
}

fn area(
    p: &Frame,
    boundary: &Boundary,
    figure: Option<&Figure>,
    (classes, shape): (Option<&Classes>, Option<Shape>),
) -> Area {
    let number = figure.and_then(|f| f.shown.as_ref().ok());
    let (d, dot) = match shape {
        Some(Shape::Path(d)) => (d, None),
        Some(Shape::Dot(x, y)) => (String::new(), Some((format!("{x:.1}"), format!("{y:.1}")))),
        None => (String::new(), None),
    };
    Area {
        id: boundary.geography_id.clone(),
        name: boundary.name.clone(),
        text: figure.map_or_else(|| p.t("gap-no-figure"), |f| short(p, f)),
        d,
        dot,
        shade: number.zip(classes).map_or(0, |(n, c)| c.shade(c.number(n))),
        uncertain: number.is_some_and(is_uncertain),
        withheld: figure.is_some_and(|f| f.shown.is_err()),
    }
}

/// Where a place has a page of its own; empty when it has none.
pub fn place_href(district: &str, kind: GeographyKind, id: &str) -> String {
    match kind {
        GeographyKind::School => format!("/d/{district}/gap/schools/{}", encode(id)),
        GeographyKind::District if id == district => format!("/d/{district}/gap/district"),
        _ => String::new(),
    }
}
