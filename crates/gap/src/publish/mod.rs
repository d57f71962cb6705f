//! Which figures may be shown.
//!
//! 1. [`rule`]: each figure by itself. Too few students or answers: primary suppression. Too uncertain:
//!    unreliable. Extremes are coded ("≤5%"), shares are rounded.
//! 2. [`system`]: what an outsider knows. Figures add up: a district is the sum of its schools, `all` is
//!    `frl:yes` plus `frl:no`. Each such sum is an equation between numbers of students who lack access.
//! 3. [`protect`]: complementary suppression, the cheapest further figures by a linear programme.
//! 4. [`audit`]: the proof. For each protected number a linear programme looks for two tables that agree with
//!    everything published and differ in that number by the protection width. Where there are none, more is
//!    suppressed, until there are.
//! 5. [`figure`]: only [`Published`] has a text form, and only this module makes one: [`release`], [`alone`] for a
//!    figure that stands in no sum with others, and [`together`] from figures that are published already.
//!
//! The outsider is taken to be stronger than a real one: he knows the enrolment of every place and group and the
//! published numbers without their rounding. What he is not taken to combine: different measures of one
//! place (M1 is part of M2), and releases of different terms.

mod audit;
mod figure;
mod protect;
mod rule;
mod system;
#[cfg(test)]
mod tests;
mod total;

pub use audit::{Range, attack};
pub use figure::{Figure, NotReleased, Published, Record, Suppressed};
pub use rule::{Coding, PublishRule, RuleError, Why};
pub use total::together;

use crate::estimate::{Estimate, Link};
use evenfield_model::{Geography, Measure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use system::{State, System};

/// The outcome of a release: one figure for each estimate, in the same order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Release {
    /// Shares of students.
    pub figures: Vec<Figure>,
    /// Shares of lacking students by barrier.
    pub barriers: Vec<Figure>,
    /// What was done.
    pub audit: Audit,
}

/// What a release did, for the data page and the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Figures that may be shown.
    pub published: u32,
    /// Suppressed for too few people or answers.
    pub primary: u32,
    /// Suppressed to protect those.
    pub complementary: u32,
    /// Suppressed as too uncertain.
    pub unreliable: u32,
    /// Numbers that had to be protected, those of places and groups that are nowhere shown included.
    pub protected: u32,
    /// Linear programmes solved.
    pub programmes: u32,
}

/// Applies the publication rule to the figures of one run.
///
/// `barriers` are figures with `barrier`; each may be shown only where the figure of its measure, place and group in
/// `figures` is shown uncoded, because it is about the students whom that figure counts.
///
/// # Errors
/// [`RuleError`] when the rule itself cannot be used.
pub fn release(
    figures: &[Estimate],
    barriers: &[Estimate],
    links: &[Link],
    rule: &PublishRule,
) -> Result<Release, RuleError> {
    rule.check()?;
    let alone: Vec<Option<Why>> = figures.iter().map(|f| rule.against(f)).collect();
    let mut audit = Audit::default();
    let why = suppress(figures, &alone, links, rule, &mut audit);
    let shown = judge(figures, &why);

    let by_cell: HashMap<_, _> = figures.iter().zip(&shown).map(|(f, s)| (cell_key(f), s)).collect();
    let alone: Vec<Option<Why>> = barriers
        .iter()
        .map(|b| match by_cell.get(&cell_key(b)) {
            Some(Figure::Published(p)) if p.coding().is_none() => rule.against(b),
            Some(Figure::Suppressed(s)) if s.why == Why::Unreliable => Some(Why::Unreliable),
            _ => Some(Why::Primary),
        })
        .collect();
    let why = suppress(barriers, &alone, links, rule, &mut audit);
    let release = Release { barriers: judge(barriers, &why), figures: shown, audit };
    Ok(counted(release))
}

/// Applies the rule to a figure that is part of no sum with released ones: what the answers alone say, or what a teacher
/// is told of her own section. The caller says so, and with `withheld` that it would give another figure away.
///
/// # Errors
/// [`RuleError`] when the rule itself cannot be used.
pub fn alone(figure: &Estimate, withheld: bool, rule: &PublishRule) -> Result<Figure, RuleError> {
    rule.check()?;
    let why = rule.against(figure).or(withheld.then_some(Why::Complementary));
    Ok(judged(figure, why))
}

fn cell_key(figure: &Estimate) -> (Measure, &Geography, &str) {
    (figure.measure, &figure.geography, figure.group.as_str())
}

/// One measure after suppression: the reasons by figure, numbers protected, programmes solved.
type Closed = (Vec<(usize, Option<Why>)>, u32, u32);

/// Complementary suppression, measure by measure; measures share no equation.
fn suppress(
    figures: &[Estimate],
    alone: &[Option<Why>],
    links: &[Link],
    rule: &PublishRule,
    audit: &mut Audit,
) -> Vec<Option<Why>> {
    let mut of_measure: BTreeMap<Measure, Vec<usize>> = BTreeMap::new();
    for (index, figure) in figures.iter().enumerate() {
        of_measure.entry(figure.measure).or_default().push(index);
    }
    let done: Vec<Closed> = of_measure
        .into_par_iter()
        .map(|(_, indices)| {
            let mut system = System::new(figures, &indices, alone, links, rule);
            let programmes = audit::close(&mut system);
            let protected = system.cells.iter().filter(|c| c.need > 0.0).count() as u32;
            let why = indices.iter().enumerate().map(|(cell, &index)| {
                let complementary = system.cells[cell].state == State::Hidden && alone[index].is_none();
                (index, if complementary { Some(Why::Complementary) } else { alone[index] })
            });
            (why.collect(), protected, programmes)
        })
        .collect();
    let mut why = vec![None; figures.len()];
    for (of_figures, protected, programmes) in done {
        audit.protected += protected;
        audit.programmes += programmes;
        for (index, reason) in of_figures {
            why[index] = reason;
        }
    }
    why
}

fn judge(figures: &[Estimate], why: &[Option<Why>]) -> Vec<Figure> {
    figures.iter().zip(why).map(|(figure, why)| judged(figure, *why)).collect()
}

fn judged(figure: &Estimate, why: Option<Why>) -> Figure {
    match why {
        None => Figure::Published(Published::new(figure)),
        Some(why) => Figure::Suppressed(Suppressed {
            measure: figure.measure,
            barrier: figure.barrier,
            geography: figure.geography.clone(),
            group: figure.group.clone(),
            why,
        }),
    }
}

fn counted(mut release: Release) -> Release {
    for figure in release.figures.iter().chain(&release.barriers) {
        match figure.why() {
            None => release.audit.published += 1,
            Some(Why::Primary) => release.audit.primary += 1,
            Some(Why::Complementary) => release.audit.complementary += 1,
            Some(Why::Unreliable) => release.audit.unreliable += 1,
        }
    }
    release
}
