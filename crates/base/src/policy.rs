//! The filtering policy in force: the slice `filtering` publishes it, others read the school calendars in it.

use evenfield_policy::config::{Config, SchoolYear};
use evenfield_policy::schedule::Calendar;
use evenfield_policy::{Aligned, SiteId, Snapshot, Subject, View};
use jiff::tz::TimeZone;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// A policy that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1.
    pub version: i64,
    /// The snapshot's digest, hexadecimal.
    pub digest: String,
    /// When it was made, seconds since 1970 UTC.
    pub created_s: i64,
    /// The digest of all that it was made of.
    pub mark: String,
    /// Octets.
    pub octets: i64,
    /// How many devices it knows.
    pub devices: i64,
    /// How many different policies they have.
    pub policies: i64,
    /// Name, category, version and number of names of each list, JSON.
    pub lists_json: String,
    /// How many answers from the portal are in it.
    pub answers: i64,
}

/// What is published now.
#[derive(Default)]
pub struct Published {
    current: RwLock<Option<Arc<Current>>>,
    problems: RwLock<Vec<String>>,
    warnings: RwLock<Vec<String>>,
}

/// A version in force.
pub struct Current {
    /// Its row.
    pub version: Version,
    /// Its bytes, open.
    pub snapshot: Snapshot<Aligned>,
    /// The settings that it was made of, without the portal's answers.
    pub config: Arc<Config>,
}

impl Published {
    /// The version in force; none before the first.
    pub fn current(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong with the settings, so that the version in force is not theirs.
    pub fn problems(&self) -> Vec<String> {
        self.problems.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What of the settings in force never holds, or means more than it says; nothing where this server made no version yet.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a version in force.
    pub fn set(&self, current: Arc<Current>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }

    /// Keeps what of the settings never holds.
    pub fn warn(&self, warnings: Vec<String>) {
        *self.warnings.write().unwrap_or_else(PoisonError::into_inner) = warnings;
    }

    /// Keeps what is wrong; whether it is something new.
    pub fn complain(&self, problems: Vec<String>) -> bool {
        let mut kept = self.problems.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = *kept != problems;
        *kept = problems;
        is_new
    }
}

impl Current {
    /// A version, open.
    pub fn new(version: Version, snapshot: Snapshot<Aligned>, config: Arc<Config>) -> Self {
        Self { version, snapshot, config }
    }

    /// Who asks from this address, and its district and school where it is a site that has them.
    pub fn subject(&self, address: Option<IpAddr>) -> (Subject, Option<&str>, Option<&str>) {
        let site = address.and_then(|address| self.view().site_of(address));
        // Sites have the numbers of their places in the settings.
        let place = site.and_then(|SiteId(at)| self.config.sites.get(at as usize));
        let subject = site.map_or(Subject::Unknown, Subject::Site);
        (subject, place.and_then(|p| p.district.as_deref()), place.and_then(|p| p.school.as_deref()))
    }

    /// Whether the settings name the district: of others no device is known and no answer holds.
    pub fn names(&self, district: &str) -> bool {
        self.config.districts.iter().any(|d| d.id == district)
    }

    /// The snapshot, laid open.
    pub fn view(&self) -> View<'_> {
        self.snapshot.view()
    }

    /// The school calendars of a district.
    pub fn calendars(&self, district: &str) -> Vec<Calendar> {
        self.years(district).map(|year| year.calendar.clone()).collect()
    }

    /// The time zone of a district's first calendar; UTC where it has none.
    pub fn zone(&self, district: &str) -> TimeZone {
        self.years(district).next().map_or(TimeZone::UTC, |year| year.calendar.zone.clone())
    }

    fn years(&self, district: &str) -> impl Iterator<Item = &SchoolYear> {
        self.config
            .calendars
            .iter()
            .filter(move |year| year.district.as_deref().is_none_or(|d| d == district))
    }
}
