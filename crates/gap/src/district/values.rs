//! Numbers of open data by area and variable.

use evenfield_model::{Geography, GeographyKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One published number of one area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaValue {
    /// The area.
    pub geography: Geography,
    /// The variable's name, unique among sources: `B28005_006`, `wired_100x20_share`.
    pub variable: String,
    /// The number; `None` when it was published as not computable.
    pub value: Option<f64>,
    /// Its 90% margin of error; `None` when none was published.
    pub moe: Option<f64>,
}

/// A number with its 90% margin of error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The number.
    pub value: f64,
    /// Its 90% margin of error, where one was published.
    pub moe: Option<f64>,
}

/// All numbers, by kind of area, area and variable. Sorted, so that every run sees the same order.
#[derive(Clone, Debug, Default)]
pub struct Values {
    by_kind: BTreeMap<GeographyKind, BTreeMap<String, BTreeMap<String, Number>>>,
}

impl Extend<AreaValue> for Values {
    /// Of two values of one area and variable the last counts.
    fn extend<I: IntoIterator<Item = AreaValue>>(&mut self, values: I) {
        for AreaValue { geography, variable, value, moe } in values {
            let areas = self.by_kind.entry(geography.kind).or_default();
            let numbers = areas.entry(geography.id).or_default();
            if let Some(value) = value.filter(|v| v.is_finite()) {
                numbers.insert(variable, Number { value, moe: moe.filter(|m| m.is_finite() && *m >= 0.0) });
            }
        }
    }
}

impl FromIterator<AreaValue> for Values {
    fn from_iter<I: IntoIterator<Item = AreaValue>>(values: I) -> Self {
        let mut all = Self::default();
        all.extend(values);
        all
    }
}

impl Values {
    /// The areas of a kind, in order.
    pub fn areas(&self, kind: GeographyKind) -> impl Iterator<Item = &str> {
        self.by_kind.get(&kind).into_iter().flat_map(|areas| areas.keys().map(String::as_str))
    }

    /// A number of an area.
    pub fn get(&self, kind: GeographyKind, area: &str, variable: &str) -> Option<Number> {
        self.by_kind.get(&kind)?.get(area)?.get(variable).copied()
    }

    /// The variables known of any area of a kind, in order.
    pub fn variables(&self, kind: GeographyKind) -> BTreeSet<&str> {
        self.by_kind
            .get(&kind)
            .into_iter()
            .flat_map(|areas| areas.values().flat_map(|numbers| numbers.keys().map(String::as_str)))
            .collect()
    }
}
