//! From what is stored about a district (or a state) to figures that may be published.
//!
//! 1. [`values`]: numbers of open data by area and variable.
//! 2. [`shares`]: a direct figure for each area and measure, by the tables that allow it.
//! 3. [`covariates`]: what is known of every area and helps to predict the measures.
//! 4. [`model`]: areas borrow strength from each other (Fay-Herriot).
//!    [`counties`]: where they make up a county with a published share, they are held to it.
//! 5. [`people`]: the roster and the answers as dense indices.
//! 6. [`crate::estimate`] combines them, [`crate::publish`] lets through what may be shown.
//! 7. [`survey`]: what the answers alone say; [`sections`]: what a teacher may be told of her own.

mod counties;
mod covariates;
mod model;
mod people;
mod sections;
mod shares;
mod survey;
#[cfg(test)]
mod tests;
mod values;

pub use model::AreaReport;
pub use people::Home;
pub use survey::{SurveyAlone, SurveyMeasure};
pub use values::{AreaValue, Values};

use crate::estimate::{self, AreaChildren, Estimate, Estimates, InputError, Inputs, Settings};
use crate::publish::{self, Figure, PublishRule, Release, RuleError};
use crate::roster::Roster;
use crate::survey::Response;
use evenfield_model::{GeographyKind, Measure};

/// Everything that is stored about a district.
#[derive(Clone, Copy, Debug)]
pub struct District<'a> {
    /// LEAID.
    pub leaid: &'a str,
    /// The roster; empty when there is none.
    pub roster: &'a Roster,
    /// Where each student of the roster lives, in its order.
    pub homes: &'a [Home],
    /// The latest answer of each student.
    pub responses: &'a [Response],
    /// Open data of the areas in the district.
    pub values: &'a Values,
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
    /// How the areas' figures were made, one a measure.
    pub areas: Vec<AreaReport>,
    /// The students of the roster, by the index that [`Estimates::students`] uses.
    pub student_ids: Vec<String>,
}

/// Which tables are released. Every further table makes more figures of the others give something away, so groups are
/// told apart for schools and the district alone. Sections overlap, so that no rule could protect them: they are for
/// their own teachers. With a roster, county and state would be the district once more, less the homes
/// that could not be placed.
fn is_released(figure: &Estimate, roster: bool) -> bool {
    use GeographyKind::{County, District, School, Section, State};
    match figure.geography.kind {
        Section => false,
        County | State if roster => false,
        School | District => true,
        _ => figure.group == "all",
    }
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

/// Estimates every measure and applies the publication rule.
///
/// # Errors
/// [`AssessError`] when the rule or the settings cannot be used.
pub fn assess(district: District, settings: Settings, rule: &PublishRule) -> Result<Assessment, AssessError> {
    let mut shares = Vec::new();
    let mut areas = Vec::new();
    for measure in Measure::ALL {
        if let Some((found, report)) = model::measure(district.values, measure) {
            shares.extend(found);
            areas.push(report);
        }
    }
    let people = people::index(district);
    let children: Vec<AreaChildren> = if people.students.is_empty() {
        shares::children(district.values, district.leaid)
    } else {
        Vec::new()
    };
    let estimates = estimate::run(&Inputs {
        students: &people.students,
        places: &people.places,
        answers: &people.answers,
        areas: &shares,
        children: &children,
        settings,
    })?;
    let roster = !district.roster.students.is_empty();
    let figures: Vec<_> = estimates.figures.iter().filter(|f| is_released(f, roster)).cloned().collect();
    let barriers: Vec<_> = estimates.barriers.iter().filter(|f| is_released(f, roster)).cloned().collect();
    let release = publish::release(&figures, &barriers, &estimates.links, rule)?;
    let sections = sections::figures(&estimates.figures, &people, rule)?;
    let survey = survey::alone(&people, district.leaid, rule)?;
    Ok(Assessment { release, sections, survey, students: estimates, areas, student_ids: people.ids })
}
