//! What to do next, computed from what is there.

use crate::access::Action;
use crate::rates::{Rate, Rates};

/// What is known of a district's data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Now, ms since 1970 UTC.
    pub now_ms: i64,
    /// When the latest estimate was stored.
    pub run_ms: Option<i64>,
    /// When the roster was last loaded.
    pub roster_ms: Option<i64>,
    /// When open data was last loaded.
    pub open_data_ms: Option<i64>,
    /// When the last answer came in.
    pub answer_ms: Option<i64>,
    /// Students on the roster.
    pub students: i64,
    /// Students with an address that could not be placed on the map.
    pub unplaced: i64,
    /// Students of whom the roster has neither an address nor coordinates.
    pub without_address: i64,
    /// Boundaries that a map could show.
    pub boundaries: i64,
    /// Speed tests, speed tiles and answers with a speed.
    pub speeds: i64,
    /// The response rates of the newest term, small cells withheld; none when there never was a term.
    pub rates: Option<Rates>,
}

/// A thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// There is no roster.
    LoadRoster,
    /// The roster is older than [`ROSTER_DAYS`]; its age in days.
    RenewRoster(i64),
    /// There is no estimate.
    FirstEstimate,
    /// Data came in after the estimate was made.
    RenewEstimate,
    /// No boundaries: no map.
    LoadBoundaries,
    /// Addresses that could not be placed.
    PlaceAddresses(i64),
    /// Students without an address.
    GiveAddresses(i64),
    /// No answer at all.
    StartSurvey,
    /// The school with the lowest response below [`RESPONSE`], its percentage, and how many schools are below.
    RaiseResponse(String, u64, usize),
    /// Nothing says how fast any line is.
    GatherSpeeds,
}

/// A roster older than this many days has lost too many moves.
pub const ROSTER_DAYS: i64 = 60;
/// Below this percentage of answers the families who answer say little about those who do not.
pub const RESPONSE: u64 = 50;

impl Step {
    /// What a person must be allowed to do for this step to be hers.
    pub fn action(&self) -> Action {
        match self {
            Self::RaiseResponse(..) => Action::SeeSurvey,
            _ => Action::LoadData,
        }
    }

    /// Where it is done, below `/d/{district}`.
    pub fn path(&self) -> &'static str {
        match self {
            Self::LoadRoster | Self::RenewRoster(_) | Self::PlaceAddresses(_) | Self::GiveAddresses(_) => {
                "roster"
            }
            Self::StartSurvey | Self::RaiseResponse(..) => "survey",
            Self::FirstEstimate | Self::RenewEstimate => "jobs",
            Self::LoadBoundaries | Self::GatherSpeeds => "data",
        }
    }

    /// The message that says it.
    pub fn key(&self) -> &'static str {
        match self {
            Self::LoadRoster => "gap-step-load-roster",
            Self::RenewRoster(_) => "gap-step-renew-roster",
            Self::FirstEstimate => "gap-step-first-estimate",
            Self::RenewEstimate => "gap-step-renew-estimate",
            Self::LoadBoundaries => "gap-step-load-boundaries",
            Self::PlaceAddresses(_) => "gap-step-place-addresses",
            Self::GiveAddresses(_) => "gap-step-give-addresses",
            Self::StartSurvey => "gap-step-start-survey",
            Self::RaiseResponse(..) => "gap-step-raise-response",
            Self::GatherSpeeds => "gap-step-gather-speeds",
        }
    }
}

/// What to do next, most urgent first.
pub fn next(known: &Known) -> Vec<Step> {
    let mut steps = Vec::new();
    match known.roster_ms {
        None => steps.push(Step::LoadRoster),
        Some(ms) => {
            let days = (known.now_ms - ms) / 86_400_000;
            if days > ROSTER_DAYS {
                steps.push(Step::RenewRoster(days));
            }
        }
    }
    match known.run_ms {
        None if known.roster_ms.is_some() => steps.push(Step::FirstEstimate),
        Some(run)
            if [known.roster_ms, known.open_data_ms, known.answer_ms].iter().flatten().any(|t| *t > run) =>
        {
            steps.push(Step::RenewEstimate);
        }
        _ => {}
    }
    if known.boundaries == 0 {
        steps.push(Step::LoadBoundaries);
    }
    if known.unplaced > 0 {
        steps.push(Step::PlaceAddresses(known.unplaced));
    }
    if known.without_address > 0 {
        steps.push(Step::GiveAddresses(known.without_address));
    }
    if known.students > 0 {
        steps.extend(response_step(known));
    }
    if known.speeds == 0 {
        steps.push(Step::GatherSpeeds);
    }
    steps
}

/// Names no school but one whose rate is shown on the page of the rates.
fn response_step(known: &Known) -> Option<Step> {
    let Some(rates) = &known.rates else { return Some(Step::StartSurvey) };
    if matches!(rates.all, Rate::Shown { answers: 0, .. }) {
        return Some(Step::StartSurvey);
    }
    let schools = rates.breakdowns.iter().filter(|b| b.by == "school").flat_map(|b| &b.cells);
    let low: Vec<(&String, u64)> = schools
        .filter_map(|(school, rate)| Some((school, rate.percent()?)))
        .filter(|(_, percent)| *percent < RESPONSE)
        .collect();
    let (school, percent) = low.iter().min_by_key(|(_, percent)| *percent)?;
    Some(Step::RaiseResponse((*school).clone(), *percent, low.len()))
}
