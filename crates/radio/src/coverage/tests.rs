use super::*;
use crate::budget::{Category, Device, End, Station};
use crate::itm::{Climate, Polarization, Varies, Vary};
use crate::terrain::Tile;

const SITE: Place = Place { latitude: 37.5, longitude: -77.5 };

fn settings() -> Settings {
    let vary = Vary { mode: Varies::Broadcast, places_fixed: false, situations_fixed: false };
    let link = Link {
        heights: [35.0, 5.0],
        frequency: 3600.0,
        polarization: Polarization::Vertical,
        climate: Climate::ContinentalTemperate,
        refractivity: 301.0,
        permittivity: 15.0,
        conductivity: 0.005,
        vary,
    };
    let at = Quantiles { time: 50.0, location: 90.0, situation: 50.0 };
    Settings { link, at, scene: Scene::Rural, step: 30.0 }
}

fn budget() -> Budget {
    let end = End { eirp: 47.0, gain: 15.0, noise_figure: 4.0, needs: -1.0, bandwidth: 0.72 };
    let station = Station { category: Category::B, outdoors: true, above_average_terrain: 35.0, end };
    Budget::of(&station, &Device::OUTDOOR, 6.0).unwrap()
}

/// 0.1 degrees around the site: level, but for a ridge of 200 m from south to north about 2 km east of it.
fn terrain() -> Terrain {
    let (side, step) = (401, 0.2 / 400.0);
    let height = |i: usize| if (245..=250).contains(&(i % side)) { 200.0 } else { 50.0 };
    let heights = (0..side * side).map(height).collect();
    Terrain::new(vec![Tile::new(37.6, -77.6, [step; 2], side, heights).unwrap()])
}

#[test]
fn a_ridge_casts_a_shadow() {
    let raster = raster(&terrain(), SITE, &settings(), 4_000.0, 200.0).unwrap();
    assert_eq!((raster.side, raster.losses.len()), (41, 41 * 41));
    let at = |east: i32, north: i32| raster.losses[((20 - north) * 41 + 20 + east) as usize];
    assert!(at(20, 20).is_nan(), "beyond the radius");
    // 3.6 km to the east, behind the ridge, and as far to the west.
    assert!(at(18, 0) > at(-18, 0) + 15.0, "{} {}", at(18, 0), at(-18, 0));
    let served = raster.served(&budget());
    assert!(served > 20.0 && served < 45.0, "{served}");
    let place = raster.place(20, 38);
    assert!((distance(SITE, place) - 3_600.0).abs() < 1.0);
}

#[test]
fn a_raster_and_its_demands_agree_on_any_number_of_cores() {
    let (terrain, settings, budget) = (terrain(), settings(), budget());
    let raster = raster(&terrain, SITE, &settings, 3_000.0, 500.0).unwrap();
    let places = (0..raster.side * raster.side).map(|i| raster.place(i / raster.side, i % raster.side));
    let demands: Vec<Demand> = places.map(|place| Demand { place, weight: 2.0 }).collect();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let found = one.install(|| serve(&terrain, SITE, &settings, &budget, 3_000.0, &demands).unwrap());
    for (reach, loss) in found.iter().zip(&raster.losses) {
        assert_eq!(reach.loss.map(|loss| loss as f32), Some(*loss).filter(|loss| !loss.is_nan()));
        assert_eq!(reach.served > 0.0, reach.margin.is_some_and(|margin| margin >= 0.0));
    }
    let served: f64 = found.iter().map(|reach| reach.served).sum();
    assert!(served > 20.0 && served < 2.0 * demands.len() as f64);
    let [down, up] = sector_capacity(&found, &budget, 20.0, 0.75);
    assert!(down > up && up > 0.0 && down <= 20.0 * 0.75 * 4.4 + 1e-9, "{down} {up}");
}

#[test]
fn places_without_terrain_are_not_served() {
    let demands = [(0.3, 1.0), (f64::NAN, 1.0), (0.0, 3.0)]
        .map(|(north, weight)| Demand { place: Place { latitude: SITE.latitude + north, ..SITE }, weight });
    let found = serve(&terrain(), SITE, &settings(), &budget(), 50_000.0, &demands).unwrap();
    assert_eq!(found.iter().map(|reach| reach.served).collect::<Vec<_>>(), [0.0, 0.0, 3.0]);
    assert_eq!((found[0].loss, found[1].loss), (None, None));
}

#[test]
fn near_the_site_the_greater_loss_counts() {
    let settings = settings();
    let near = loss(&terrain(), SITE, SITE.moved(-500.0, 0.0), &settings).unwrap().unwrap();
    let path =
        Path { distance: 500.0, station: 35.0, device: 5.0, frequency: 3.6, buildings: 5.0, streets: 20.0 };
    // One in ten places lies 1.2816 deviations above the median.
    let rural = Scene::Rural.in_sight(&path).unwrap().loss + 4.0 * 1.2816;
    assert!(near >= rural - 0.01, "{near} {rural}");
    assert!(
        raster(&terrain(), SITE, &settings, 1e9, 1.0)
            .unwrap_err()
            .to_string()
            .starts_with("side of a cell (m) is 1;")
    );
    assert!(raster(&terrain(), SITE, &settings, 1e3, f64::NAN).is_err());
    let slow = Settings { step: 0.0, ..settings };
    assert_eq!(
        raster(&terrain(), SITE, &slow, 1e3, 30.0).unwrap_err().to_string(),
        "step of the profile (m) is 0; 1 to 1000 is wanted"
    );
}
