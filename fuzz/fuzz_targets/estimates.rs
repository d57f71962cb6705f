//! Any text as the tables of `assess areas`, cut at `===` lines; what is read can be estimated or is refused.

#![no_main]

use evenfield_gap::area::{
    Settings, estimate_areas, read_covariates, read_estimates, read_totals, read_weights,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("===\n").map(str::as_bytes).chain(std::iter::repeat(b"".as_slice()));
    let mut next = || parts.next().unwrap_or_default();
    let (estimates, _) = read_estimates(next(), "e");
    let (covariates, _) = read_covariates(next(), "x");
    let _ = read_totals(next(), "t");
    let _ = read_weights(next(), "w");
    assert_eq!(estimates.areas.len(), estimates.lines.len());
    // A few areas: the estimator itself is tested by its own known answers.
    if estimates.areas.len() > 50 || covariates.areas.len() > 50 || covariates.names.len() > 4 {
        return;
    }
    let Ok(covariates) = covariates.into_covariates() else { return };
    if let Ok(outcome) = estimate_areas(&estimates.areas, &covariates, &Settings::default(), &|_| ()) {
        assert!(outcome.estimates.iter().all(|area| area.estimate.is_finite() && area.se >= 0.0));
    }
});
