//! What is known of every area and helps to predict the measures.
//!
//! A covariate is any variable, of the area itself or of the tract or county around it, that is not an Internet or computer
//! table (`B28…`: they are what is predicted) and is known of at least nine areas in ten; a gap in one is
//! filled with the mean of the others. Money and counts, which
//! are skewed, are taken as logarithms. Each is standardised. One that is constant, or that repeats
//! another, is left out.

use super::values::Values;
use evenfield_model::{GeographyKind, Geoid};

/// At most one covariate for this many areas, so that a small district is not over-fitted.
const AREAS_EACH: usize = 8;
/// Covariates that correlate above this repeat each other.
const REPEATS: f64 = 0.98;

/// Sizes of areas, not what they are like.
const SIZES: [&str; 2] = ["children", "locations"];

/// Covariates of areas, standardised.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Covariates {
    /// One name a column.
    pub names: Vec<String>,
    /// One row an area, one number a column.
    pub rows: Vec<Vec<f64>>,
}

/// Covariates of these areas, the strongest first by correlation with `target` (the direct shares, weighted alike),
/// and as many as the number of areas bears.
pub(super) fn of(values: &Values, kind: GeographyKind, areas: &[&str], target: &[Option<f64>]) -> Covariates {
    let mut columns: Vec<(f64, String, Vec<f64>)> = Vec::new();
    for (name, raw) in candidates(values, kind, areas) {
        if raw.iter().flatten().count() * 10 < areas.len() * 9 {
            continue;
        }
        let Some(column) = standard(&raw) else { continue };
        columns.push((correlation(&column, target).abs(), name, column));
    }
    columns.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let most = areas.len() / AREAS_EACH;
    let mut kept: Vec<(String, Vec<f64>)> = Vec::new();
    for (_, name, column) in columns {
        if kept.len() == most {
            break;
        }
        let known: Vec<Option<f64>> = column.iter().copied().map(Some).collect();
        if kept.iter().all(|(_, other)| correlation(other, &known).abs() < REPEATS) {
            kept.push((name, column));
        }
    }
    let rows = (0..areas.len()).map(|i| kept.iter().map(|(_, column)| column[i]).collect()).collect();
    Covariates { names: kept.into_iter().map(|(name, _)| name).collect(), rows }
}

/// Every variable of the areas and of what encloses them, by name: `income`, `density of the tract`.
fn candidates<'a>(
    values: &'a Values,
    kind: GeographyKind,
    areas: &'a [&'a str],
) -> impl Iterator<Item = (String, Vec<Option<f64>>)> + 'a {
    let around = [GeographyKind::BlockGroup, GeographyKind::Tract, GeographyKind::County];
    around.into_iter().filter(move |around| *around >= kind).flat_map(move |around| {
        let wanted =
            values.variables(around).into_iter().filter(|v| !v.starts_with("B28") && !SIZES.contains(v));
        wanted.map(move |variable| {
            // Counts of served locations say something as a share of all locations.
            let served = variable.ends_with("_25_3") || variable.ends_with("_100_20");
            let of = |area: &&str| {
                let id = Geoid::parse(area).ok()?.within(around)?;
                let value = values.get(around, id.as_str(), variable)?.value;
                match values.get(around, id.as_str(), "locations") {
                    Some(all) if served => (all.value > 0.0).then(|| value / all.value),
                    _ => Some(value),
                }
            };
            let name = if around == kind {
                variable.to_owned()
            } else {
                format!("{variable} of the {}", around.as_str())
            };
            (name, areas.iter().map(of).collect())
        })
    })
}

/// Logarithms of skewed positive numbers, gaps filled, mean 0, deviation 1; `None` for a constant.
fn standard(raw: &[Option<f64>]) -> Option<Vec<f64>> {
    let known: Vec<f64> = raw.iter().flatten().copied().collect();
    let skewed = known.iter().all(|v| *v > 0.0) && known.iter().copied().fold(0.0, f64::max) > 100.0;
    let scaled = |v: f64| if skewed { v.ln() } else { v };
    let mean = known.iter().map(|v| scaled(*v)).sum::<f64>() / known.len() as f64;
    let filled: Vec<f64> = raw.iter().map(|v| v.map_or(mean, scaled) - mean).collect();
    let deviation = (filled.iter().map(|v| v * v).sum::<f64>() / filled.len() as f64).sqrt();
    (deviation > 1e-9).then(|| filled.into_iter().map(|v| v / deviation).collect())
}

/// Pearson's correlation over the areas where `other` is known; 0 where it cannot be told.
fn correlation(one: &[f64], other: &[Option<f64>]) -> f64 {
    let pairs: Vec<(f64, f64)> = one.iter().zip(other).filter_map(|(a, b)| Some((*a, (*b)?))).collect();
    let n = pairs.len() as f64;
    let (mean_a, mean_b) =
        (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let moment = |f: fn(f64, f64) -> f64| pairs.iter().map(|p| f(p.0 - mean_a, p.1 - mean_b)).sum::<f64>();
    let scale = (moment(|a, _| a * a) * moment(|_, b| b * b)).sqrt();
    if scale > 0.0 { moment(|a, b| a * b) / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::district::AreaValue;
    use evenfield_model::Geography;

    #[test]
    fn internet_tables_constants_and_repeats_are_left_out() {
        let areas: Vec<String> = (0..40).map(|i| format!("990010001{i:03}")).collect();
        let value = |i: usize, variable: &str, value: f64| AreaValue {
            geography: Geography { kind: GeographyKind::BlockGroup, id: areas[i].clone() },
            variable: variable.to_owned(),
            value: Some(value),
            moe: None,
        };
        let values: Values = (0..40)
            .flat_map(|i| {
                let x = i as f64;
                [
                    value(i, "B28002_001", x),
                    value(i, "constant", 3.0),
                    value(i, "income", 30_000.0 + 1_000.0 * x),
                    value(i, "income_again", 60_000.0 + 2_000.0 * x),
                    value(i, "poverty", (x * 1.7).sin()),
                ]
            })
            .collect();
        let names: Vec<&str> = areas.iter().map(String::as_str).collect();
        let target: Vec<Option<f64>> = (0..40).map(|i| Some(-(i as f64))).collect();
        let found = of(&values, GeographyKind::BlockGroup, &names, &target);
        assert_eq!(found.names, ["income", "poverty"]);
        assert_eq!(found.rows.len(), 40);
    }
}
