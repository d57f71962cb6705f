use super::*;
use crate::estimate::Student;
use evenfield_model::GradeBand;

/// The simple random sample `apisrs` (200 of 6,194 California schools) of the R package `survey`, as its three-way table:
/// (school type, whether the school-wide target was met, awards, how many). The expected numbers below are those
/// of `survey` 4.1-1 under R 4.2.2: `rake`, `calibrate`, `postStratify`, `svymean`, `svyciprop(method = "beta", level = 0.9)`.
fn api() -> (Vec<Option<bool>>, Vec<Margin>) {
    // E, H, M by (no, yes): without award, with award.
    let table = [[(15, 0), (26, 101)], [(13, 0), (3, 9)], [(9, 0), (10, 14)]];
    let (mut y, mut kind, mut met) = (Vec::new(), Vec::new(), Vec::new());
    for (k, row) in table.iter().enumerate() {
        for (m, &(without, with)) in row.iter().enumerate() {
            for award in std::iter::repeat_n(false, without).chain(std::iter::repeat_n(true, with)) {
                y.push(Some(award));
                kind.push(k);
                met.push(m);
            }
        }
    }
    let margins = vec![
        Margin { name: "stype".into(), totals: vec![4421.0, 755.0, 1018.0], category: kind },
        Margin { name: "sch.wide".into(), totals: vec![1072.0, 5122.0], category: met },
    ];
    (y, margins)
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not {b}");
}

#[test]
fn raking_gives_the_weights_and_share_of_the_r_package_survey() {
    let (y, margins) = api();
    let raked = rake(y.len(), &margins, Settings::default()).expect("raked");
    assert!(raked.converged && raked.trimmed == 0 && raked.collapsed == 0);
    let weight = |kind: usize, met: usize| {
        let at = (0..y.len()).find(|&i| margins[0].category[i] == kind && margins[1].category[i] == met);
        raked.weights[at.expect("a school")]
    };
    let expected =
        [(28.9107682981, 31.3963659493), (29.0031026801, 31.4966387617), (29.0331267431, 31.5292441377)];
    for (kind, (no, yes)) in expected.into_iter().enumerate() {
        close(weight(kind, 0), no, 1e-8);
        close(weight(kind, 1), yes, 1e-8);
    }
    let design = Design { weights: &raked.weights, margins: &raked.margins, students: Some(6194.0) };
    let found = share(&y, design).expect("a share");
    close(found.value, 0.6289816157, 1e-9);
    close(found.se, 0.0269207019327, 1e-4);
    close(found.low90, 0.582390191365, 1e-4);
    close(found.high90, 0.673792137063, 1e-4);
    close(found.kish_n, 199.810859536, 1e-8);
    let endless = share(&y, Design { students: None, ..design }).expect("a share");
    close(endless.se, 0.0273661441801, 1e-4);
}

#[test]
fn one_margin_is_post_stratification() {
    let (y, margins) = api();
    let raked = rake(y.len(), &margins[..1], Settings::default()).expect("raked");
    let found =
        share(&y, Design { weights: &raked.weights, margins: &raked.margins, students: Some(6194.0) });
    let found = found.expect("a share");
    close(found.value, 0.621277506036, 1e-10);
    close(found.se, 0.032314096181, 1e-3);
}

#[test]
fn without_margins_it_is_the_plain_share() {
    let (y, _) = api();
    let weights = vec![1.0; y.len()];
    let found = share(&y, Design { weights: &weights, margins: &[], students: None }).expect("a share");
    close(found.value, 0.62, 1e-12);
    // As svymean gives: 0.03441.
    close(found.se, (0.62 * 0.38 / 199f64).sqrt(), 1e-9);
    assert!((found.kish_deff - 1.0).abs() < 1e-12);
}

#[test]
fn kish_by_hand() {
    // 4 (1 + 1 + 1 + 9) / 6^2 = 48 / 36.
    close(kish(&[1.0, 1.0, 1.0, 3.0]), 48.0 / 36.0, 1e-12);
}

#[test]
fn nobody_and_everybody_have_sensible_intervals() {
    let weights = vec![1.0; 30];
    let design = Design { weights: &weights, margins: &[], students: None };
    let none = share(&[Some(false); 30], design).expect("a share");
    assert_eq!((none.value, none.low90), (0.0, 0.0));
    // Clopper and Pearson: 1 - 0.05^(1/30).
    close(none.high90, 1.0 - 0.05f64.powf(1.0 / 30.0), 1e-6);
    let all = share(&[Some(true); 30], design).expect("a share");
    assert_eq!((all.value, all.high90), (1.0, 1.0));
    assert!(share(&[None; 30], design).is_none());
}

#[test]
fn small_categories_are_put_together_and_large_weights_trimmed() {
    // Category 1 has no answer, category 2 has one: both join, fewest first.
    let category: Vec<usize> = [vec![0; 20], vec![2; 1], vec![3; 30]].concat();
    let margin = Margin { name: "school".into(), totals: vec![100.0, 50.0, 40.0, 110.0], category };
    let raked = rake(51, &[margin], Settings::default()).expect("raked");
    assert_eq!(raked.collapsed, 2);
    assert_eq!(raked.margins[0].totals, [190.0, 110.0]);
    assert!((raked.weights.iter().sum::<f64>() - 300.0).abs() < 1e-6);

    let category: Vec<usize> = [vec![0; 6], vec![1; 94]].concat();
    let other: Vec<usize> = (0..100).map(|i| i % 2).collect();
    let margins = [
        Margin { name: "frl".into(), totals: vec![500.0, 500.0], category },
        Margin { name: "ell".into(), totals: vec![500.0, 500.0], category: other },
    ];
    let raked = rake(100, &margins, Settings { cap: 5.0, ..Settings::default() }).expect("raked");
    assert_eq!(raked.trimmed, 6, "weights of 83 among weights of 5");
}

#[test]
fn margins_that_do_not_fit_are_refused() {
    let margin = |totals: Vec<f64>, category| Margin { name: "school".into(), totals, category };
    assert_eq!(rake(0, &[], Settings::default()), Err(RakeError::NoAnswers));
    let short = margin(vec![1.0], vec![0]);
    assert_eq!(rake(2, &[short], Settings::default()), Err(RakeError::Margin("school".into())));
    let negative = margin(vec![-1.0, 2.0], vec![0, 1]);
    assert_eq!(rake(2, &[negative], Settings::default()), Err(RakeError::Total("school".into())));
}

fn student(school: u32, frl: bool) -> Student {
    Student {
        school,
        zone: None,
        block_group: None,
        band: GradeBand::Middle,
        frl: Some(frl),
        ell: None,
        iep: None,
    }
}

#[test]
fn enrollment_is_counted_by_margin() {
    let students = [student(0, true), student(0, false), student(1, true), student(1, true)];
    let margins = enrollment_margins(&students, &[0, 2]);
    assert_eq!(margins[0].totals, [2.0, 2.0]);
    assert_eq!(margins[2].totals, [1.0, 3.0, 0.0]);
    assert_eq!(margins[2].category, [1, 1]);
}

#[test]
fn mixture_and_tipping_point_undo_each_other() {
    let shifts = mixture(0.12, 0.4, &[1.0, 2.0, 20.0]);
    close(shifts[0].value, 0.12, 1e-12);
    close(shifts[1].value, 0.4 * 0.12 + 0.6 * 0.24, 1e-12);
    close(shifts[2].value, 0.4 * 0.12 + 0.6, 1e-12);
    let k = tipping_point(0.12, 0.4, 0.192).expect("a number of times");
    close(k, 2.0, 1e-12);
    assert_eq!(tipping_point(0.12, 0.4, 0.9), None, "even all of the silent would not do");
    assert_eq!(tipping_point(0.12, 1.0, 0.2), None);
}

/// By hand: 0.2 + 0.8 * 0.5 = 0.6, and sqrt((0.5 * 0.02)^2 + (0.8 * 0.04)^2) = sqrt(0.0001 + 0.001024) = 0.0335261.
#[test]
fn a_share_in_two_parts_by_hand() {
    let part = |value: f64, se: f64, kish_n: f64| WeightedShare {
        value,
        se,
        low90: 0.0,
        high90: 1.0,
        answers: 300,
        kish_deff: 1.5,
        kish_n,
    };
    let both = in_two_parts(&part(0.2, 0.02, 400.0), &part(0.5, 0.04, 156.25), 210);
    assert!((both.value - 0.6).abs() < 1e-12 && (both.se - 0.033_526_1).abs() < 1e-7, "{both:?}");
    assert_eq!((both.answers, both.kish_n), (210, 156.25));
    assert!(both.low90 < 0.6 - 1.5 * both.se && both.high90 > 0.6 + 1.5 * both.se, "{both:?}");
}
