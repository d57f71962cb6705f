//! Known answers: the cases that NTIA publishes with its reference implementation (NTIA/itm: `p2p.csv`, `area.csv`, examples).

use super::*;
use proptest::prelude::*;

fn profiles() -> Vec<(f64, Vec<f64>)> {
    include_str!("../../fixtures/itm/profiles.csv")
        .lines()
        .map(|line| {
            let numbers: Vec<f64> = line.split(',').map(|n| n.parse().unwrap()).collect();
            assert_eq!(numbers[0] as usize + 3, numbers.len());
            (numbers[1], numbers[2..].to_vec())
        })
        .collect()
}

/// The published number of a mode of variability.
fn vary(number: u8) -> Vary {
    let mode = match number % 10 {
        0 => Varies::SingleMessage,
        1 => Varies::Accidental,
        2 => Varies::Mobile,
        _ => Varies::Broadcast,
    };
    Vary { mode, places_fixed: number / 10 % 2 == 1, situations_fixed: number / 20 == 1 }
}

fn link(heights: [f64; 2], frequency: f64, vertical: bool, climate: usize, variability: u8) -> Link {
    Link {
        heights,
        frequency,
        polarization: if vertical { Polarization::Vertical } else { Polarization::Horizontal },
        climate: Climate::ALL[climate - 1],
        refractivity: 301.0,
        permittivity: 15.0,
        conductivity: 0.008,
        vary: vary(variability),
    }
}

fn quantiles([time, location, situation]: [f64; 3]) -> Quantiles {
    Quantiles { time, location, situation }
}

#[test]
fn point_to_point_cases_to_a_tenth_of_a_decibel() {
    let cases = [
        ([10.0, 1.0], 230.0, true, 5, [50.0, 17.0, 23.0], 207.65),
        ([3.0, 1.5], 480.0, true, 5, [22.0, 22.0, 22.0], 157.10),
        ([15.0, 3.0], 990.0, false, 4, [15.0, 40.0, 50.0], 178.53),
        ([3.0, 5.0], 5600.0, false, 2, [90.0, 30.0, 88.0], 183.26),
        ([1.5, 10.0], 8800.0, true, 1, [23.0, 95.0, 20.0], 218.91),
    ];
    for ((heights, frequency, vertical, climate, at, expected), (step, terrain)) in
        cases.into_iter().zip(profiles())
    {
        let link = link(heights, frequency, vertical, climate, 12);
        let found = point_to_point(&link, Profile::new(&terrain, step).unwrap(), &quantiles(at)).unwrap();
        assert!((found.loss - expected).abs() <= 0.005, "{} for {expected}", found.loss);
    }
}

#[test]
fn area_cases_to_a_tenth_of_a_decibel() {
    use Siting::{Careful, Random, VeryCareful};
    let cases = [
        ([10.0, 1.0], 0.0, 0, 16.0, [Random, Random], 230.0, false, 5, [87.0, 50.0, 50.0], 152.5),
        ([3.0, 1.5], 10.0, 1, 10.0, [Careful, Random], 450.0, false, 5, [40.0, 28.0, 25.0], 133.0),
        ([15.0, 3.0], 5.0, 2, 100.0, [VeryCareful, Careful], 980.0, true, 4, [92.0, 53.0, 97.0], 224.1),
        ([3.0, 5.0], 20.0, 3, 75.0, [Random, Careful], 3100.0, true, 2, [50.0, 80.0, 43.0], 205.1),
        ([1.5, 10.0], 45.0, 0, 25.0, [Careful, VeryCareful], 8900.0, true, 1, [70.0, 99.0, 26.0], 156.0),
    ];
    for (heights, roughness, variability, km, siting, frequency, vertical, climate, at, expected) in cases {
        let link = link(heights, frequency, vertical, climate, variability);
        let place = Area { siting, distance: km * 1000.0, roughness };
        let found = area(&link, &place, &quantiles(at)).unwrap();
        assert!((found.loss - expected).abs() <= 0.05, "{} for {expected}", found.loss);
    }
}

/// The example of area mode with intermediate values (`o_areatls.txt`).
#[test]
fn intermediate_values_of_the_example() {
    let mut link = link([15.0, 3.0], 3500.0, true, 5, 1);
    link.conductivity = 0.005;
    let place = Area { siting: [Siting::Random; 2], distance: 10_000.0, roughness: 20.0 };
    let found = area(&link, &place, &quantiles([50.0; 3])).unwrap();
    assert!((found.loss - 134.5).abs() <= 0.05 && (found.free_space - 123.3).abs() <= 0.05);
    assert!((found.reference - 11.2).abs() <= 0.05 && found.kind == Kind::Sight);
    assert!((found.horizons[0] - 14_722.0).abs() <= 0.5 && (found.horizons[1] - 6_206.0).abs() <= 0.5);
    assert!(found.warnings.is_empty());
}

#[test]
fn each_parameter_outside_of_its_range_is_named() {
    let good = link([30.0, 5.0], 3600.0, true, 5, 3);
    let at = quantiles([50.0; 3]);
    let place = Area { siting: [Siting::Random; 2], distance: 10_000.0, roughness: 20.0 };
    let said = |link: Link, place: Area, at: Quantiles| area(&link, &place, &at).unwrap_err().to_string();
    let cases = [
        (
            said(Link { heights: [0.4, 5.0], ..good }, place, at),
            "height of the first antenna (m) is 0.4; 0.5 to 3000 is wanted",
        ),
        (
            said(Link { heights: [9.0, f64::NAN], ..good }, place, at),
            "height of the second antenna (m) is NaN; 0.5 to 3000 is wanted",
        ),
        (
            said(Link { refractivity: 249.0, ..good }, place, at),
            "refractivity (N-units) is 249; 250 to 400 is wanted",
        ),
        (
            said(Link { frequency: 20_001.0, ..good }, place, at),
            "frequency (MHz) is 20001; 20 to 20000 is wanted",
        ),
        (
            said(Link { permittivity: 0.9, ..good }, place, at),
            "relative permittivity of the ground is 0.9; 1 or more is wanted",
        ),
        (
            said(Link { conductivity: 0.0, ..good }, place, at),
            "conductivity of the ground (S/m) is 0; more than 0 is wanted",
        ),
        (
            said(good, place, quantiles([0.0, 50.0, 50.0])),
            "share of time (%) is 0; more than 0 and less than 100 is wanted",
        ),
        (
            said(good, place, quantiles([50.0, 100.0, 50.0])),
            "share of places (%) is 100; more than 0 and less than 100 is wanted",
        ),
        (
            said(good, place, quantiles([50.0, 50.0, -1.0])),
            "share of situations (%) is -1; more than 0 and less than 100 is wanted",
        ),
        (said(good, Area { distance: 0.0, ..place }, at), "distance (m) is 0; more than 0 is wanted"),
        (
            said(good, Area { roughness: -1.0, ..place }, at),
            "terrain irregularity (m) is -1; 0 or more is wanted",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    let poor = Link { permittivity: 1.0, polarization: Polarization::Horizontal, ..good };
    assert_eq!(area(&poor, &place, &at), Err(Fault::Impedance));
    assert_eq!(Profile::new(&[1.0, 2.0], 30.0).unwrap_err(), Fault::Short(2));
    assert!(Profile::new(&[1.0, f64::NAN, 2.0], 30.0).is_err());
    assert!(Profile::new(&[1.0, 2.0, 3.0], 0.0).is_err());
    let high = vec![9_000.0; 50];
    let thin =
        point_to_point(&Link { refractivity: 300.0, ..good }, Profile::new(&high, 100.0).unwrap(), &at);
    assert!(
        thin.unwrap_err().to_string().starts_with("refractivity at the height of the path (N-units) is 115.")
    );
}

#[test]
fn warnings_say_what_to_take_with_care() {
    let link = link([0.9, 1001.0], 11_000.0, true, 5, 3);
    let place = Area { siting: [Siting::Random; 2], distance: 900.0, roughness: 20.0 };
    let found = area(&link, &place, &quantiles([99.95, 50.0, 50.0])).unwrap().warnings;
    let all = [
        Warnings::HEIGHT[0],
        Warnings::HEIGHT[1],
        Warnings::FREQUENCY,
        Warnings::STEEP,
        Warnings::SHORT,
        Warnings::EXTREME,
    ];
    assert!(all.into_iter().all(|which| found.has(which)), "{:?}", found.sentences().collect::<Vec<_>>());
    assert!(!found.has(Warnings::LONG) && found.sentences().count() >= all.len());
}

proptest! {
    /// Any terrain has a loss that is a number, grows with the share of time and places, and is about that of free space at least.
    #[test]
    fn any_terrain_has_a_loss(
        terrain in proptest::collection::vec(0.0..500.0f64, 3..300),
        step in 10.0..300.0f64,
        high in 2.0..60.0f64,
        low in 1.0..10.0f64,
        frequency in 600.0..6000.0f64,
        share in 5.0..80.0f64,
    ) {
        let link = link([high, low], frequency, true, 5, 3);
        let profile = Profile::new(&terrain, step).unwrap();
        let loss = |share| point_to_point(&link, profile, &quantiles([share, share, 50.0])).unwrap();
        let (some, more) = (loss(share), loss(share + 15.0));
        prop_assert!(some.loss.is_finite() && more.loss > some.loss);
        prop_assert!(loss(50.0).loss > some.free_space - 3.0);
        prop_assert_eq!(some.reference, more.reference);
    }
}
