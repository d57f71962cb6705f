use super::*;
use proptest::prelude::*;
use std::io::Write;

/// Milk expenditure in 43 areas of four major areas: the figures of the R package `sae`
/// (Arora and Lahiri, Statistica Sinica 7 (1997) 1053-1063; You and Chapman 2006): estimate, standard deviation.
const MILK: [(f64, f64); 43] = [
    (1.099, 0.163),
    (1.075, 0.08),
    (1.105, 0.083),
    (0.628, 0.109),
    (0.753, 0.119),
    (0.981, 0.141),
    (1.257, 0.202),
    (1.095, 0.127),
    (1.405, 0.168),
    (1.356, 0.178),
    (0.615, 0.1),
    (1.46, 0.201),
    (1.338, 0.148),
    (0.854, 0.143),
    (1.176, 0.149),
    (1.111, 0.145),
    (1.257, 0.135),
    (1.43, 0.172),
    (1.278, 0.137),
    (1.292, 0.163),
    (1.002, 0.125),
    (1.183, 0.247),
    (1.044, 0.14),
    (1.267, 0.171),
    (1.193, 0.106),
    (0.791, 0.121),
    (0.795, 0.121),
    (0.759, 0.259),
    (0.796, 0.106),
    (0.565, 0.089),
    (0.886, 0.225),
    (0.952, 0.205),
    (0.807, 0.119),
    (0.582, 0.067),
    (0.684, 0.106),
    (0.787, 0.126),
    (0.44, 0.092),
    (0.759, 0.132),
    (0.77, 0.1),
    (0.8, 0.113),
    (0.756, 0.083),
    (0.865, 0.121),
    (0.64, 0.129),
];

fn major(area: usize) -> usize {
    match area {
        0..=6 => 1,
        7..=13 => 2,
        14..=24 => 3,
        _ => 4,
    }
}

fn milk() -> (Vec<Area>, Covariates) {
    let id = |i: usize| format!("{}", i + 1);
    let areas = MILK.iter().enumerate().map(|(i, (y, sd))| Area::new(id(i), *y, sd * sd)).collect();
    let values = (0..43).flat_map(|i| (2..=4).map(move |m| f64::from(u8::from(major(i) == m)))).collect();
    let names = ["major2", "major3", "major4"].map(str::to_owned).to_vec();
    (areas, Covariates::new(names, (0..43).map(id).collect(), values).unwrap())
}

fn quiet(_: f64) {}

fn run(areas: &[Area], covariates: &Covariates, settings: Settings) -> Outcome {
    estimate_areas(areas, covariates, &settings, &quiet).unwrap()
}

fn near(value: f64, wanted: f64, tolerance: f64) {
    assert!((value - wanted).abs() <= tolerance, "{value} is not within {tolerance} of {wanted}");
}

/// R stops 6e-6 (relative) before the maximum, so its own figures are met to 1e-5.
#[test]
fn milk_by_reml_gives_the_published_answers() {
    let (areas, x) = milk();
    let out = run(&areas, &x, Settings::default());
    let s = &out.summary;
    near(s.model_variance, 0.0185503348, 1e-8 * 0.0185503348 + 5e-11);
    near(s.log_likelihood, 12.677478132, 1e-5);
    near(s.aic, -15.354956264, 2e-5);
    near(s.bic, -6.548955686, 2e-5);
    let beta = [0.9681889704, 0.1327801425, 0.2269462189, -0.2413010797];
    let se = [0.06936208412, 0.10300072435, 0.09232981035, 0.08161707047];
    for (c, (b, e)) in s.coefficients.iter().zip(beta.iter().zip(se)) {
        near(c.value, *b, 1e-5 * b.abs());
        near(c.se, e, 1e-5 * e);
    }
    let eblup = [1.0219703425, 1.0476018237, 1.0679512581, 0.7608170494, 0.8461573568, 0.9743726782];
    let mse =
        [0.013460220164, 0.005372875976, 0.005701990343, 0.008541739945, 0.009579593710, 0.011670631994];
    for (e, (value, mse)) in out.estimates.iter().zip(eblup.iter().zip(mse)) {
        near(e.estimate, *value, 1e-5 * value);
        near(e.se * e.se, mse, 1e-5 * mse);
        near(e.high90 - e.estimate, 1.6448536269514727 * mse.sqrt(), 1e-5);
    }
    near(out.estimates[42].estimate, 0.6810869897, 1e-5);
    near(out.estimates[42].se.powi(2), 0.009903625603, 1e-5 * 0.01);
    assert!(!s.adjusted);
}

#[test]
fn milk_by_ml_gives_the_published_answers() {
    let (areas, x) = milk();
    let out = run(&areas, &x, Settings { fit: Fit::Ml, ..Settings::default() });
    near(out.summary.model_variance, 0.0155175087, 1e-8 * 0.0155 + 5e-11);
    let beta = [0.9677986299, 0.1278755925, 0.2266908920, -0.2425804055];
    for (c, b) in out.summary.coefficients.iter().zip(beta) {
        near(c.value, b, 1e-5 * b.abs());
    }
    let eblup = [1.0161733207, 1.0436968315, 1.0628167890];
    let mse = [0.013579953474, 0.005512868468, 0.005850584344];
    for (e, (value, mse)) in out.estimates.iter().zip(eblup.iter().zip(mse)) {
        near(e.estimate, *value, 1e-5 * value);
        near(e.se * e.se, mse, 1e-5 * mse);
    }
}

/// Areas 1 and 2 are of the first major area, whose level is the intercept: their errors have the covariance
/// `(1 - g_1) (1 - g_2)` times its published squared standard error. Those of a predicted area have all of it.
#[test]
fn errors_of_the_coefficients_are_in_common() {
    let (areas, x) = milk();
    let out = run(&areas, &x, Settings { common: true, ..Settings::default() });
    let covariance =
        |i: usize, j: usize| out.common[i].iter().zip(&out.common[j]).map(|(a, b)| a * b).sum::<f64>();
    let rest = |i: usize| 1.0 - out.estimates[i].shrinkage;
    let squared = 0.06936208412_f64.powi(2);
    near(covariance(0, 1), rest(0) * rest(1) * squared, 1e-5 * squared);
    assert!(covariance(0, 0) < out.estimates[0].se.powi(2));
    let seen: Vec<Area> = areas[1..].to_vec();
    let out = run(&seen, &x, Settings { common: true, ..Settings::default() });
    let intercept = out.summary.coefficients[0].se;
    near(out.common[0].iter().map(|a| a * a).sum::<f64>(), intercept * intercept, 1e-12);
    assert!(run(&seen, &x, Settings::default()).common.is_empty());
}

/// Two sizes, each with its own level: the restricted likelihood parts into that of each size, whose model
/// variance is the sample variance less the sampling variance. A power of the size meets both.
#[test]
fn a_variance_by_size_has_its_closed_form_with_two_sizes() {
    let mut normal = super::bootstrap::Normal::new(11, 0);
    let (sizes, d) = ([100.0_f64, 1600.0], 0.01);
    let (mut areas, mut values, mut wanted) = (vec![], vec![], vec![]);
    for (k, (size, m, sd)) in [(100.0, 30, 0.4), (1600.0, 41, 0.15)].into_iter().enumerate() {
        let y: Vec<f64> = (0..m).map(|_| 2.0 * k as f64 + sd * normal.next()).collect();
        let mean = y.iter().sum::<f64>() / f64::from(m);
        wanted.push(y.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(m - 1) - d);
        for y in y {
            areas.push(Area::new(areas.len().to_string(), y, d).with_size(size));
            values.push(k as f64);
        }
    }
    let k = (wanted[0] / wanted[1]).ln() / (sizes[1] / sizes[0]).ln();
    let mut ids: Vec<String> = areas.iter().map(|a| a.id.clone()).collect();
    ids.push("unseen".to_owned());
    values.push(1.0);
    let x = Covariates::new(vec!["large".into()], ids, values).unwrap();
    let settings = Settings { by_size: true, ..Settings::default() };
    let missing = estimate_areas(&areas, &x, &settings, &quiet).unwrap_err();
    assert_eq!(missing, AreaError::Size("unseen".to_owned()));
    let x = x.with_sizes([("unseen".to_owned(), 400.0)].into());
    let out = run(&areas, &x, settings);
    let (median, power) = out.summary.by_size.unwrap();
    assert_eq!(median, 1600.0);
    near(power, k, 1e-5);
    near(out.summary.model_variance, wanted[1], 1e-5 * wanted[1]);
    for (i, which) in [(0, 0), (50, 1)] {
        near(out.estimates[i].shrinkage, wanted[which] / (wanted[which] + d), 1e-5);
    }
    let unseen = &out.estimates[71];
    let mse = wanted[1] * 4.0_f64.powf(k) + (wanted[1] + d) / 41.0;
    near(unseen.se.powi(2), mse, 1e-4 * mse);
}

#[test]
fn a_variance_by_size_is_constant_where_sizes_are_alike() {
    let (mut areas, x) = milk();
    areas.iter_mut().for_each(|a| a.size = Some(7.0));
    let plain = run(&areas, &x, Settings::default());
    for fit in [Fit::Reml, Fit::Ml] {
        let plain = run(&areas, &x, Settings { fit, ..Settings::default() });
        let sized = run(&areas, &x, Settings { fit, by_size: true, ..Settings::default() });
        for (a, b) in plain.estimates.iter().zip(&sized.estimates) {
            near(a.estimate, b.estimate, 1e-9);
            near(a.se, b.se, 1e-9);
        }
        near(plain.summary.log_likelihood, sized.summary.log_likelihood, 1e-9);
    }
    areas.iter_mut().for_each(|a| a.variance *= 100.0);
    assert!(run(&areas, &x, Settings { by_size: true, ..Settings::default() }).summary.adjusted);
    assert!(!plain.summary.adjusted);
}

#[test]
fn bootstrap_agrees_with_the_formula_and_repeats_by_its_seed() {
    let (areas, x) = milk();
    let settings = |seed| Settings { mse: Mse::Bootstrap { replicates: 400, seed }, ..Settings::default() };
    let formula = run(&areas, &x, Settings::default());
    let one = run(&areas, &x, settings(7));
    assert_eq!(one, run(&areas, &x, settings(7)));
    assert_ne!(one, run(&areas, &x, settings(8)));
    let sum = |o: &Outcome| o.estimates.iter().map(|e| e.se * e.se).sum::<f64>();
    near(sum(&one) / sum(&formula), 1.0, 0.1);
}

#[test]
fn units_do_not_matter() {
    let (areas, x) = milk();
    let plain = run(&areas, &x, Settings::default());
    for factor in [1e-60, 1e60] {
        let scaled: Vec<Area> = areas
            .iter()
            .map(|a| Area::new(&a.id, a.estimate * factor, a.variance * factor * factor))
            .collect();
        let out = run(&scaled, &x, Settings::default());
        for (a, b) in plain.estimates.iter().zip(&out.estimates) {
            near(b.estimate / factor, a.estimate, 1e-10);
            near(b.se / factor, a.se, 1e-10);
        }
    }
}

#[test]
fn an_area_with_covariates_alone_is_predicted() {
    let (mut areas, x) = milk();
    areas.retain(|a| a.id != "43");
    let out = run(&areas, &x, Settings::default());
    let e = &out.estimates[42];
    assert_eq!((e.method, e.direct, e.shrinkage), (AreaMethod::Synthetic, None, 0.0));
    let beta: Vec<f64> = out.summary.coefficients.iter().map(|c| c.value).collect();
    near(e.estimate, beta[0] + beta[3], 1e-12);
    assert!(e.se * e.se > out.summary.model_variance);
    areas.push(Area::new("elsewhere", 0.5, 0.01));
    let alone = run(&areas, &x, Settings::default()).estimates[43].clone();
    assert_eq!((alone.method, alone.estimate, alone.shrinkage), (AreaMethod::Direct, 0.5, 1.0));
}

#[test]
fn no_variance_between_areas_does_not_discard_the_observations() {
    let areas: Vec<Area> =
        (0..20).map(|i| Area::new(i.to_string(), 1.0 + 1e-3 * f64::from(i % 2), 1.0)).collect();
    let ids = areas.iter().map(|a| a.id.clone()).collect();
    let x = Covariates::new(vec![], ids, vec![]).unwrap();
    for fit in [Fit::Reml, Fit::Ml] {
        let out = run(&areas, &x, Settings { fit, ..Settings::default() });
        assert!(out.summary.adjusted && out.summary.model_variance > 0.0);
        assert!(out.estimates.iter().all(|e| e.shrinkage > 0.0 && e.se > 0.0 && e.se < 1.0));
    }
}

/// With equal variances D, no covariates and residual sum of squares S the adjusted restricted likelihood
/// is `A (A+D)^(-(m-1)/2) exp(-S / 2(A+D))`: its maximum solves a quadratic equation.
#[test]
fn adjusted_likelihood_has_its_closed_form_with_equal_variances() {
    let m = 20.0_f64;
    let areas: Vec<Area> = (0..20).map(|i| Area::new(i.to_string(), f64::from(i % 2) * 0.5, 1.0)).collect();
    let s = m * 0.0625;
    // 1/A = ((m-1)/2 (A+D) - S/2) / (A+D)^2, that is ((m-1)/2 - 1) A^2 + ((m-1)/2 - S/2 - 2) A - 1 = 0.
    let (qa, qb) = ((m - 1.0) / 2.0 - 1.0, (m - 1.0) / 2.0 - s / 2.0 - 2.0);
    let wanted = (-qb + (qb * qb + 4.0 * qa).sqrt()) / (2.0 * qa);
    let x = Covariates::new(vec![], areas.iter().map(|a| a.id.clone()).collect(), vec![]).unwrap();
    near(run(&areas, &x, Settings::default()).summary.model_variance, wanted, 1e-10);
}

#[test]
fn unusable_input_is_named() {
    let (areas, x) = milk();
    let fail =
        |areas: &[Area], x: &Covariates, s: Settings| estimate_areas(areas, x, &s, &quiet).unwrap_err();
    let plain = Settings::default();
    assert!(matches!(fail(&areas[..1], &x, plain), AreaError::TooFewAreas { observed: 1, coefficients: 4 }));
    assert!(matches!(fail(&[], &x, plain), AreaError::TooFewAreas { .. }));
    let mut twice = areas.clone();
    twice.push(areas[3].clone());
    assert_eq!(fail(&twice, &x, plain), AreaError::Duplicate("4".to_owned()));
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut zero = areas.clone();
        zero[5].variance = bad;
        assert!(matches!(fail(&zero, &x, plain), AreaError::Variance { area, .. } if area == "6"));
    }
    let logit = Settings { transform: Transform::Logit, ..plain };
    assert!(matches!(fail(&areas, &x, logit), AreaError::Estimate { .. }));
    let ids: Vec<String> = areas.iter().map(|a| a.id.clone()).collect();
    let names = ["a", "constant", "twice a"].map(str::to_owned).to_vec();
    let values = (0..43).flat_map(|i| [f64::from(i), 5.0, 2.0 * f64::from(i) + 1.0]).collect();
    let collinear = Covariates::new(names, ids, values).unwrap();
    let AreaError::Collinear { columns } = fail(&areas, &collinear, plain) else { panic!() };
    assert_eq!(columns, ["constant", "twice a"]);
    assert!(Covariates::new(vec!["a".into()], vec!["1".into()], vec![f64::NAN]).is_err());
    assert!(Covariates::new(vec!["a".into()], vec!["1".into()], vec![]).is_err());
}

#[test]
fn way_back_from_a_scale_is_the_mean_not_the_plain_inverse() {
    for (transform, value) in [(Transform::Logit, -2.0), (Transform::Arcsine, 0.3)] {
        let mut normal = super::bootstrap::Normal::new(3, 0);
        let (mut sum, mut squares) = (0.0, 0.0);
        let n = 200_000;
        for _ in 0..n {
            let t: f64 = value + 0.08 * normal.next();
            let p = if transform == Transform::Logit { 1.0 / (1.0 + (-t).exp()) } else { t.sin().powi(2) };
            sum += p;
            squares += p * p;
        }
        let mean = sum / f64::from(n);
        let back = transform.back(value, 0.0064, 1.645);
        near(back.mean, mean, 4.0 * back.se / f64::from(n).sqrt());
        near(back.se, (squares / f64::from(n) - mean * mean).sqrt(), 0.01 * back.se);
    }
}

/// Effective samples: Anscombe's arcsine of 3 in 10 has variance 1/42; the empirical log odds are ln(3.5/7.5).
#[test]
fn transforms_have_anscombes_values() {
    let (value, variance) = Transform::Arcsine.forward(0.3, 0.3, 10.0);
    near(value, (3.375_f64 / 10.75).sqrt().asin(), 1e-15);
    near(variance, 1.0 / 42.0, 1e-15);
    let (value, variance) = Transform::Logit.forward(0.3, 0.3, 10.0);
    near(value, (3.5_f64 / 7.5).ln(), 1e-15);
    near(variance, 1.0 / 3.5 + 1.0 / 7.5, 1e-15);
}

#[test]
fn smoothed_variances_follow_the_size_and_keep_their_sum() {
    let points: Vec<super::smooth::Point> = (1..=50)
        .map(|i| {
            let size = f64::from(i) * 10.0;
            let noise = if i % 2 == 0 { 1.5 } else { 0.5 };
            super::smooth::Point { variance: noise * 0.2 / size, size: Some(size), level: 0.2 }
        })
        .collect();
    let smoothed = super::smooth::variances(&points, true).unwrap();
    let said: f64 = points.iter().map(|p| p.variance).sum();
    near(smoothed.iter().sum::<f64>(), said, 1e-12);
    assert!(smoothed.windows(2).all(|w| w[0] > w[1]));
    assert!(super::smooth::variances(&points[..3], true).is_err());
}

/// Variances that lie on the curve are given back, and what is 0 gets the curve's.
#[test]
fn smoothing_gives_back_its_own_curve() {
    let curve = |i: usize| 3.0 * (10.0 * (i + 1) as f64).powf(-0.7) * (0.05 + 0.004 * i as f64);
    let point = |i: usize| super::smooth::Point {
        variance: curve(i),
        size: Some(10.0 * (i + 1) as f64),
        level: 0.05 + 0.004 * i as f64,
    };
    let mut points: Vec<_> = (0..40).map(point).collect();
    points[7].variance = 0.0;
    for (i, smoothed) in super::smooth::variances(&points, true).unwrap().into_iter().enumerate() {
        near(smoothed, curve(i), 1e-12 * curve(i));
    }
}

/// Areas made from the model itself, with a known truth.
fn superpopulation(seed: u64, m: usize, a: f64) -> (Vec<Area>, Covariates, Vec<f64>) {
    population(seed, m, a, Transform::Arcsine)
}

fn population(seed: u64, m: usize, a: f64, scale: Transform) -> (Vec<Area>, Covariates, Vec<f64>) {
    let mut normal = super::bootstrap::Normal::new(seed, 99);
    let (mut areas, mut values, mut truth) = (vec![], vec![], vec![]);
    for i in 0..m {
        let x = normal.next();
        let u = a.sqrt() * normal.next();
        let t = match scale {
            Transform::Logit => 1.0 / (1.0 + (1.0 - 0.2 * x - 2.4 * u).exp()),
            _ => (0.55 + 0.08 * x + u).clamp(0.05, 1.5).sin().powi(2),
        };
        let n = 15.0 + 10.0 * (i % 9) as f64;
        let count = (n * t + (n * t * (1.0 - t)).sqrt() * normal.next()).round().clamp(0.0, n);
        let p = count / n;
        let variance = (p * (1.0 - p)).max(0.25 / n) / n;
        areas.push(Area::new(format!("a{i}"), p, variance).with_size(n));
        values.push(x);
        truth.push(t);
    }
    let ids = areas.iter().map(|a| a.id.clone()).collect();
    (areas, Covariates::new(vec!["x".into()], ids, values).unwrap(), truth)
}

/// Over 20 made populations of 150 areas: intervals of 90% cover the truth in 87 to 93 of 100, also where nothing was
/// observed; there is no bias to speak of, and the error is well below that of the direct estimates.
#[test]
fn intervals_cover_a_known_truth_and_beat_the_direct_estimates() {
    for (fit, transform) in
        [(Fit::Reml, Transform::Arcsine), (Fit::Ml, Transform::Arcsine), (Fit::Reml, Transform::Logit)]
    {
        let (mut covered, mut count, mut bias, mut ours, mut directs) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for seed in 0..20 {
            let (areas, x, truth) = population(seed, 150, 0.006, transform);
            let observed: Vec<Area> =
                areas.iter().enumerate().filter(|(i, _)| i % 10 != 0).map(|(_, a)| a.clone()).collect();
            let out = run(&observed, &x, Settings { fit, transform, smooth: true, ..Settings::default() });
            for (e, t) in out.estimates.iter().zip(&truth) {
                count += 1.0;
                covered += f64::from(u8::from(e.low90 <= *t && *t <= e.high90));
                bias += e.estimate - t;
                if let Some(direct) = e.direct {
                    ours += (e.estimate - t).powi(2);
                    directs += (direct - t).powi(2);
                }
            }
        }
        let coverage = covered / count;
        assert!((0.87..=0.93).contains(&coverage), "{fit:?} {transform:?} covers {coverage}");
        near(bias / count, 0.0, 0.01);
        assert!(ours < 0.75 * directs, "{ours} against {directs}");
    }
}

fn benchmark_case() -> (Vec<AreaEstimate>, Vec<Group>) {
    let (areas, x, _) = superpopulation(5, 60, 0.006);
    let out =
        run(&areas, &x, Settings { transform: Transform::Arcsine, smooth: true, ..Settings::default() });
    let members = |from: usize, to: usize| (from..to).map(|i| (i, 10.0 + i as f64)).collect::<Vec<_>>();
    let group = |name: &str, from, to, share: f64| {
        let members: Vec<(usize, f64)> = members(from, to);
        let total = share * members.iter().map(|m| m.1).sum::<f64>();
        Group { name: name.to_owned(), total, members }
    };
    (out.estimates, vec![group("a", 0, 25, 0.31), group("b", 25, 60, 0.22)])
}

#[test]
fn benchmarks_reproduce_each_total() {
    for how in [Benchmark::Ratio, Benchmark::Difference, Benchmark::Logit] {
        let (mut estimates, groups) = benchmark_case();
        benchmark(&mut estimates, &groups, how).unwrap();
        for group in &groups {
            near(total(&estimates, group), group.total, 1e-12 * group.total);
        }
        assert!(estimates.iter().all(|e| e.low90 <= e.estimate && e.estimate <= e.high90));
        if how == Benchmark::Logit {
            assert!(estimates.iter().all(|e| e.low90 >= 0.0 && e.high90 <= 1.0));
        }
    }
}

#[test]
fn a_share_that_a_total_moves_past_one_is_refused() {
    let (start, mut groups) = benchmark_case();
    let mut estimates = start.clone();
    benchmark(&mut estimates, &groups, Benchmark::Ratio).unwrap();
    assert!(keep_shares(&mut estimates, &groups).is_ok());
    assert!(estimates.iter().all(|e| 0.0 <= e.low90 && e.high90 <= 1.0));
    groups[1].total *= 8.0;
    let mut estimates = start;
    benchmark(&mut estimates, &groups, Benchmark::Ratio).unwrap();
    let error = keep_shares(&mut estimates, &groups).expect_err("a mean of 1.76").to_string();
    assert!(error.contains("group \"b\"") && error.contains("between 0 and 1"), "{error}");
}

/// By hand. Ratio: 1.75 / 1.4 = 1.25. Difference: 0.35 in proportion to weight times squared error, 0.01 and 0.12, over
/// 0.01 + 9 * 0.04. Logit: odds of 1 and 1/4 times 4 are 4 and 1.
#[test]
fn benchmarks_move_areas_as_their_formulas_say() {
    let area = |estimate: f64, se: f64| AreaEstimate {
        area: String::new(),
        direct: None,
        estimate,
        se,
        low90: estimate - 0.1,
        high90: estimate + 0.1,
        shrinkage: 0.0,
        method: AreaMethod::Synthetic,
    };
    let group = |total, weights: [f64; 2]| {
        let members = vec![(0, weights[0]), (1, weights[1])];
        [Group { name: "a".to_owned(), total, members }]
    };
    let case = |how, start: [(f64, f64); 2], group: &[Group], wanted: [(f64, f64); 2]| {
        let mut estimates = start.map(|(estimate, se)| area(estimate, se));
        benchmark(&mut estimates, group, how).unwrap();
        for (e, (estimate, se)) in estimates.iter().zip(wanted) {
            near(e.estimate, estimate, 1e-12);
            near(e.se, se, 1e-9);
        }
    };
    let start = [(0.2, 0.1), (0.4, 0.2)];
    case(Benchmark::Ratio, start, &group(1.75, [1.0, 3.0]), [(0.25, 0.125), (0.5, 0.25)]);
    let moved = [(0.2 + 0.35 * 0.01 / 0.37, 0.1), (0.4 + 0.35 * 0.12 / 0.37, 0.2)];
    case(Benchmark::Difference, start, &group(1.75, [1.0, 3.0]), moved);
    let odds = [(0.8, 0.1 * 0.16 / 0.25), (0.5, 0.2 * 0.25 / 0.16)];
    case(Benchmark::Logit, [(0.5, 0.1), (0.2, 0.2)], &group(1.3, [1.0, 1.0]), odds);
}

#[test]
fn unreachable_totals_move_nothing() {
    let (before, groups) = benchmark_case();
    let mut bad = groups[1].clone();
    for (total, how) in [(f64::NAN, Benchmark::Ratio), (-5.0, Benchmark::Ratio), (1e9, Benchmark::Logit)] {
        bad.total = total;
        let mut estimates = before.clone();
        assert!(benchmark(&mut estimates, &[groups[0].clone(), bad.clone()], how).is_err());
        assert_eq!(estimates, before);
    }
    bad.total = 3.0;
    bad.members.iter_mut().for_each(|m| m.1 = 0.0);
    assert!(benchmark(&mut before.clone(), &[bad.clone()], Benchmark::Ratio).is_err());
    bad.members.clear();
    assert!(benchmark(&mut before.clone(), &[bad], Benchmark::Ratio).is_err());
}

#[test]
fn files_say_where_they_are_wrong() {
    let text = "\u{feff}area,estimate,moe90\r\n01001,0.2,0.0329\r\n1003,0.3,0.05\r\n01001,0.1,0.02\r\n01005,x,0.1\r\n\
                01007,0.2,-555555555\r\n01009,,\r\n01011,\"1,200\",2\r\n01013,0.5\r\n";
    let (rows, problems) = read_estimates(text.as_bytes(), "E.csv");
    // What is noted is not kept, so that nothing is estimated from it.
    assert_eq!(rows.areas.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["01001", "01011"]);
    near(rows.areas[0].variance, 0.0004, 1e-15);
    let found: Vec<(u64, &str, &str)> =
        problems.kept().iter().map(|p| (p.line, p.column.as_str(), p.said.as_str())).collect();
    assert_eq!(
        found,
        [
            (4, "area", "01001"),
            (5, "estimate", "x"),
            (6, "moe90", "-555555555"),
            (9, "", "01013,0.5"),
            (3, "area", "1003"),
        ]
    );
}

/// What a spreadsheet or a download makes of a table is read as the table itself.
#[test]
fn a_table_is_read_in_any_dress() {
    let plain = "area;école\nrural;1\nurban;2,000\n";
    let (wanted, problems) = read_covariates(plain.as_bytes(), "X.csv");
    assert_eq!(
        (problems.found(), &wanted.names[..], &wanted.values[..]),
        (0, &["école".to_owned()][..], &[1.0, 2000.0][..])
    );
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(plain.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let windows = plain.replace('é', "\u{1}").bytes().map(|b| if b == 1 { 0xE9 } else { b }).collect();
    let packed = |bytes: &[u8]| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    };
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("x.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(plain.as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let marked = format!("\u{feff}{plain}").replace(';', "\t").replace('\n', "\r\n").into_bytes();
    for (bytes, noted) in
        [(packed(&utf16), 1), (utf16, 1), (windows, 1), (packed(plain.as_bytes()), 0), (zip, 0), (marked, 0)]
    {
        let (found, problems) = read_covariates(&bytes, "X.csv");
        assert_eq!(found, wanted);
        assert_eq!(problems.found(), noted, "{problems:?}");
        assert!(problems.wrong() == 0);
    }
    // A decimal comma is not the sign of thousands.
    let (found, problems) = read_covariates(b"area;a\nrural;0,125\n", "X.csv");
    assert_eq!(
        (found.areas.len(), problems.kept()[0].line, problems.kept()[0].said.as_str()),
        (0, 2, "0,125")
    );
}

#[test]
fn links_find_lost_zeros_and_missing_covariates() {
    let text = b"area,estimate,variance\n1001,1,1\n2001,1,1\n01003,1,1\nrural,1,1\n";
    let (mut e, _) = read_estimates(text, "E.csv");
    let (x, problems) = read_covariates(b"area,a\n01001,1\n01003,2\n", "X.csv");
    assert!(problems.is_empty());
    let found = link(&mut e, "E.csv", &x);
    assert!(found.kept()[0].wanted.contains("01001"));
    assert_eq!(found.kept()[1].said, "2001");
    assert_eq!(found.found(), 3);
    assert_eq!((e.areas.len(), e.areas[0].id.as_str(), &e.lines[..]), (1, "01003", &[4][..]));
}

#[test]
fn covariates_and_weights_that_lost_a_zero_are_left_out() {
    let (x, problems) = read_covariates(b"area,a,b\n1001,1,2\n51001,3,4\n1003,5,6\n51003,7,8\n", "X.csv");
    assert_eq!((problems.found(), &x.areas[..]), (2, &["51001".to_owned(), "51003".to_owned()][..]));
    assert_eq!((&x.values[..], &x.lines[..]), (&[3.0, 4.0, 7.0, 8.0][..], &[3, 5][..]));
    let (weights, problems) = read_weights(b"area,weight\n1001,1\n51001,3\n", "W.csv");
    assert_eq!((problems.found(), weights.by_area.len()), (1, 1));
}

#[test]
fn headers_are_checked() {
    for (text, wanted) in [
        ("", "the file is empty"),
        ("a,b\n1,2\n", "a column area"),
        ("area,estimate\n1,2\n", "a column variance or a column moe90"),
        ("area,estimate,variance,moe90\n", "not both"),
        ("area,area,estimate,variance\n", "each column once"),
    ] {
        let (rows, problems) = read_estimates(text.as_bytes(), "E.csv");
        assert!(rows.areas.is_empty());
        assert!(problems.kept().iter().any(|p| p.wanted.contains(wanted)), "{text:?}: {problems:?}");
    }
    let (_, problems) = read_covariates(b",area,a\n0,x,1\n", "X.csv");
    assert!(problems.kept()[0].wanted.contains("a name for each column"));
    let (x, problems) = read_covariates(b"area,a,a\nx,1,2\n", "X.csv");
    assert_eq!((problems.found(), &x.names[..], &x.values[..]), (1, &["a".to_owned()][..], &[1.0][..]));
}

#[test]
fn groups_are_found_by_prefix_or_by_name() {
    let (totals, problems) = read_totals(b"group,mean\n51,0.2\n51001,0.3\n99,1\n", "T.csv");
    assert!(problems.is_empty());
    let (found, problems) = groups(&totals, None, &["510010001", "510030001", "510030002"], ("T.csv", ""));
    assert_eq!(found[0].members, [(1, 1.0), (2, 1.0)]);
    near(found[0].total, 0.4, 1e-15);
    assert_eq!(found[1].members, [(0, 1.0)]);
    assert_eq!((problems.kept()[0].line, problems.kept()[0].said.as_str()), (4, "99"));
    let (weights, problems) = read_weights(b"area,weight,group\na,2,51\nb,-1,51\n", "W.csv");
    assert_eq!(problems.found(), 1);
    let (found, _) = groups(&totals, Some(&weights), &["a", "b"], ("T.csv", "W.csv"));
    assert_eq!(found[0].members, [(0, 2.0)]);
}

#[test]
fn a_million_bad_rows_take_bounded_memory() {
    let mut text = String::from("area,estimate,variance\n");
    for i in 0..300_000 {
        text.push_str(&format!("{i}x,?,?\n"));
    }
    let (rows, problems) = read_estimates(text.as_bytes(), "E.csv");
    assert!(rows.areas.is_empty());
    assert_eq!(problems.found(), 600_000);
    assert_eq!(problems.kept().len(), evenfield_model::Problems::KEPT);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the bytes, the readers end, and what they return is fit for the estimator.
    #[test]
    fn readers_take_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (e, _) = read_estimates(&bytes, "f");
        prop_assert_eq!(e.areas.len(), e.lines.len());
        let (x, _) = read_covariates(&bytes, "f");
        prop_assert!(x.into_covariates().is_ok());
        let _ = read_totals(&bytes, "f");
        let _ = read_weights(&bytes, "f");
    }

    /// Text that is nearly a table: every row becomes an area or a problem, and values kept are finite.
    #[test]
    fn rows_never_vanish(cells in proptest::collection::vec(("[a-c0-9]{1,3}", "[-0-9.eEx,\" ]{0,6}", "[-0-9.]{0,5}"), 0..30)) {
        let mut text = String::from("area,estimate,variance\n");
        for (a, b, c) in &cells {
            text.push_str(&format!("{a},\"{}\",{c}\n", b.replace('"', "")));
        }
        let (rows, problems) = read_estimates(text.as_bytes(), "f");
        let blank = cells.iter().filter(|(_, b, c)| b.replace('"', "").trim().is_empty() && c.is_empty()).count();
        let lines: std::collections::HashSet<u64> =
            rows.lines.iter().copied().chain(problems.kept().iter().map(|p| p.line)).collect();
        prop_assert!(lines.len() + blank >= cells.len());
        prop_assert!(rows.areas.iter().all(|a| a.estimate.is_finite() && a.variance >= 0.0));
    }

    /// An estimate without transform lies between the direct estimate and the regression; errors are positive,
    /// the weight is from 0 to 1, and under a transform everything stays within 0 and 1.
    #[test]
    fn estimates_lie_where_they_must(seed in 0_u64..1000, a in 0.0_f64..0.02, which in 0_usize..3) {
        let (areas, x, _) = superpopulation(seed, 25, a);
        let transform = [Transform::None, Transform::Logit, Transform::Arcsine][which];
        let out = run(&areas, &x, Settings { transform, ..Settings::default() });
        let beta: Vec<f64> = out.summary.coefficients.iter().map(|c| c.value).collect();
        for (i, e) in out.estimates.iter().enumerate() {
            prop_assert!(e.se > 0.0 && e.low90 <= e.estimate && e.estimate <= e.high90);
            prop_assert!((0.0..=1.0).contains(&e.shrinkage));
            if transform == Transform::None {
                let level = beta[0] + beta[1] * x.row(i)[0];
                let direct = areas[i].estimate;
                prop_assert!(e.estimate >= level.min(direct) - 1e-9 && e.estimate <= level.max(direct) + 1e-9);
            } else {
                prop_assert!(e.low90 >= 0.0 && e.high90 <= 1.0);
            }
        }
    }

    /// Adding a constant to the estimates, or mixing the covariates, moves nothing else.
    #[test]
    fn estimates_follow_the_data(seed in 0_u64..1000, shift in -5.0_f64..5.0) {
        let (areas, x, _) = superpopulation(seed, 30, 0.01);
        let moved: Vec<Area> = areas.iter().map(|a| Area::new(&a.id, a.estimate + shift, a.variance)).collect();
        let values = (0..30).map(|i| 1e4 - 250.0 * x.row(i)[0]).collect();
        let mixed = Covariates::new(vec!["z".into()], x.areas().to_vec(), values).unwrap();
        let one = run(&areas, &x, Settings::default());
        let two = run(&moved, &mixed, Settings::default());
        for (a, b) in one.estimates.iter().zip(&two.estimates) {
            prop_assert!((a.estimate + shift - b.estimate).abs() < 1e-8);
            prop_assert!((a.se - b.se).abs() < 1e-8);
        }
    }
}
