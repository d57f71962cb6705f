//! From what is stored about a district (or a state) to figures that may be published.
//!
//! 1. [`values`]: numbers of open data by area and variable; [`cover`]: which areas belong to which district.
//! 2. [`shares`]: a direct figure for each area and measure, by the tables that allow it.
//! 3. [`covariates`]: what is known of every area and helps to predict the measures.
//! 4. [`model`]: areas borrow strength from each other (Fay-Herriot).
//!    [`counties`]: where they make up a county with a published share, they are held to it.
//!    [`counted`]: whom figures count.
//! 5. [`people`]: the roster and the answers as dense indices.
//! 6. [`crate::estimate`] combines them, [`crate::publish`] lets through what may be shown.
//! 7. [`survey`]: what the answers alone say; [`sections`]: what a teacher may be told of her own.

mod counted;
mod counties;
mod covariates;
mod cover;
mod model;
mod people;
mod sections;
mod shares;
mod survey;
#[cfg(test)]
mod tests;
mod values;

pub use counted::Counted;
pub use cover::Cover;
pub use model::AreaReport;
pub use people::Home;
pub use survey::{SurveyAlone, SurveyMeasure};
pub use values::{AreaValue, Values};

use crate::estimate::{self, Estimate, Estimates, InputError, Inputs, Link, Settings};
use crate::home_speed::MeasuredHome;
use crate::publish::{self, Figure, PublishRule, Release, RuleError};
use crate::roster::Roster;
use crate::survey::Response;
use evenfield_model::{Geography, GeographyKind, Measure};

/// Everything that is stored about a district.
#[derive(Clone, Copy, Debug)]
pub struct District<'a> {
    /// LEAID; of a whole state its FIPS code and five zeros.
    pub leaid: &'a str,
    /// The roster; empty when there is none.
    pub roster: &'a Roster,
    /// Where each student of the roster lives, in its order.
    pub homes: &'a [Home],
    /// The latest answer of each student.
    pub responses: &'a [Response],
    /// Homes that were measured.
    pub speeds: &'a [MeasuredHome],
    /// Open data of areas: all that was loaded, for areas outside the district teach the model as well.
    pub values: &'a Values,
    /// Which areas belong to the district, or to the state's districts; used where there is no roster.
    pub cover: &'a Cover,
}

/// Whether a LEAID stands for a whole state: five zeros after its FIPS code.
fn is_state(leaid: &str) -> bool {
    leaid.ends_with("00000")
}

/// What an assessment found.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// What may be shown, and what is withheld and why.
    pub release: Release,
    /// What may be shown of each section to its own teachers; never public.
    pub sections: Vec<Figure>,
    /// The survey by itself, where there are answers.
    pub survey: Option<SurveyAlone>,
    /// Probabilities of students, for those who may see them.
    pub students: Estimates,
    /// Whom the figures count.
    pub counted: Counted,
    /// How many areas they were counted in; 0 with a roster.
    pub counted_areas: u32,
    /// How the areas' figures were made, one a measure.
    pub areas: Vec<AreaReport>,
    /// The students of the roster, by the index that [`Estimates::students`] uses.
    pub student_ids: Vec<String>,
}

/// Which tables are released. Every further table makes more figures of the others give something away, so groups are
/// told apart for schools and the district alone. Sections overlap, so that no rule could protect them: they are for
/// their own teachers. The state, and for a district its county too, would be the district once more, less what is not in
/// it; a state is told apart by county.
fn is_released(figure: &Estimate, leaid: &str) -> bool {
    is_released_kind(figure.geography.kind, leaid)
        && (matches!(figure.geography.kind, GeographyKind::School | GeographyKind::District)
            || figure.group == "all")
}

fn is_released_kind(kind: GeographyKind, leaid: &str) -> bool {
    match kind {
        GeographyKind::Section | GeographyKind::State => false,
        GeographyKind::County => is_state(leaid),
        _ => true,
    }
}

/// The links with every part that is not released replaced by its own parts, so that no sum is lost with it.
fn of_released(links: &[Link], leaid: &str) -> Vec<Link> {
    fn parts_of(part: &Geography, links: &[Link], leaid: &str) -> Vec<Geography> {
        if is_released_kind(part.kind, leaid) {
            return vec![part.clone()];
        }
        let inner = links.iter().filter(|link| link.whole == *part);
        inner.flat_map(|link| &link.parts).flat_map(|p| parts_of(p, links, leaid)).collect()
    }
    let parts = |link: &Link| link.parts.iter().flat_map(|p| parts_of(p, links, leaid)).collect();
    links.iter().map(|link| Link { whole: link.whole.clone(), parts: parts(link) }).collect()
}

/// Why a district could not be assessed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AssessError {
    /// The publication rule cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// What the estimate was given does not fit together.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// Estimates every measure and applies the publication rule. `told` hears how many measures of [`Measure::ALL`] are
/// estimated.
///
/// # Errors
/// [`AssessError`] when the rule or the settings cannot be used.
pub fn assess(
    district: District,
    settings: Settings,
    rule: &PublishRule,
    told: &dyn Fn(usize),
) -> Result<Assessment, AssessError> {
    let mut shares = Vec::new();
    let mut areas = Vec::new();
    for measure in Measure::ALL {
        if let Some((found, report)) = model::measure(district.values, measure) {
            shares.extend(found);
            areas.push(report);
        }
    }
    let people = people::index(district);
    let (counted, children) = if people.students.is_empty() {
        shares::children(district.values, district.leaid, district.cover)
    } else {
        (Counted::Students, Vec::new())
    };
    let counted_areas = children.len() as u32;
    let estimates = estimate::run(
        &Inputs {
            students: &people.students,
            places: &people.places,
            answers: &people.answers,
            areas: &shares,
            children: &children,
            settings,
        },
        told,
    )?;
    let released = |all: &[Estimate]| -> Vec<_> {
        all.iter().filter(|f| is_released(f, district.leaid)).cloned().collect()
    };
    let (figures, barriers) = (released(&estimates.figures), released(&estimates.barriers));
    let links = of_released(&estimates.links, district.leaid);
    let release = publish::release(&figures, &barriers, &links, rule)?;
    let sections = sections::figures(&estimates.figures, &people, rule)?;
    let survey = survey::alone(&people, district.leaid, rule)?;
    Ok(Assessment {
        release,
        sections,
        survey,
        students: estimates,
        counted,
        counted_areas,
        areas,
        student_ids: people.ids,
    })
}
