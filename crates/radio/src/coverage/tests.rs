use super::*;
use crate::antenna::{Pattern, Sector};
use crate::budget::{Category, Device, End, Station};
use crate::itm::{Climate, Polarization, Varies, Vary};
use crate::terrain::{Tile, geotiff};

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
    Budget::of(&station, &Device::OUTDOOR, 6.0, 0.0).unwrap()
}

fn site() -> Site {
    Site { place: SITE, antenna: Antenna::Omni, settings: settings(), budget: budget() }
}

/// 0.1 degrees around the site: level, but for a ridge of 200 m from south to north about 2 km east of it.
fn terrain() -> Terrain {
    let (side, step) = (401, 0.2 / 400.0);
    let height = |i: usize| if (245..=250).contains(&(i % side)) { 200.0 } else { 50.0 };
    let heights = (0..side * side).map(height).collect();
    Terrain::new(vec![Tile::new(37.6, -77.6, [step; 2], side, heights).unwrap()])
}

/// Losses around the site.
fn losses(radius: f64, cell: f64) -> Result<Raster, Fault> {
    let grid = Grid { radius, cell };
    raster(&terrain(), SITE, &settings(), grid, &|ray| ray.loss, &|| true).map(|found| found.unwrap())
}

#[test]
fn a_ridge_casts_a_shadow() {
    let raster = losses(4_000.0, 200.0).unwrap();
    assert_eq!((raster.side, raster.values.len()), (41, 41 * 41));
    let at = |east: i32, north: i32| raster.values[((20 - north) * 41 + 20 + east) as usize];
    assert!(at(20, 20).is_nan(), "beyond the radius");
    // 3.6 km to the east, behind the ridge, and as far to the west.
    assert!(at(18, 0) > at(-18, 0) + 15.0, "{} {}", at(18, 0), at(-18, 0));
    let served = raster.area(|loss| f64::from(loss) <= budget().most());
    assert!(served > 20.0 && served < 45.0, "{served}");
    let place = raster.place(20, 38);
    assert!((distance(SITE, place) - 3_600.0).abs() < 1.0);
    // The circle's area, by its cells.
    let circle = raster.area(|loss| !loss.is_nan());
    assert!((circle - 16.0 * std::f64::consts::PI).abs() < 1.0, "{circle}");
}

#[test]
fn a_raster_that_is_stopped_is_none() {
    let left = std::sync::atomic::AtomicI32::new(5);
    let going = || left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) > 0;
    let grid = Grid { radius: 3_000.0, cell: 200.0 };
    let found = raster(&terrain(), SITE, &settings(), grid, &|ray| ray.loss, &going).unwrap();
    assert_eq!(found, None);
}

#[test]
fn a_raster_is_a_geotiff_with_each_number_in_its_place() {
    let raster = losses(2_000.0, 100.0).unwrap();
    let tile = geotiff::read("a.tif", &raster.geotiff().unwrap()).unwrap();
    assert_eq!(tile.size(), (41, 41));
    assert_eq!(tile.voids(), raster.values.iter().filter(|value| value.is_nan()).count());
    for (row, column) in [(20, 20), (3, 18), (30, 9)] {
        let (here, there) = (raster.values[row * 41 + column], tile.height(raster.place(row, column)));
        assert!((f64::from(here) - there.unwrap()).abs() < 1e-3, "{here} {there:?}");
    }
}

#[test]
fn a_raster_and_its_demands_agree_on_any_number_of_cores() {
    let terrain = terrain();
    let raster = losses(3_000.0, 500.0).unwrap();
    let places = (0..raster.side * raster.side).map(|i| raster.place(i / raster.side, i % raster.side));
    let demands: Vec<Demand> = places.map(|place| Demand { place, weight: 2.0 }).collect();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let found = one.install(|| serve(&terrain, &site(), 3_000.0, &demands).unwrap());
    for (reach, loss) in found.iter().zip(&raster.values) {
        let heard = reach.heard.map(|heard| heard.loss() as f32);
        assert_eq!(heard, Some(*loss).filter(|loss| !loss.is_nan()));
        assert_eq!(reach.served > 0.0, reach.heard.is_some_and(|heard| heard.margin() >= 0.0));
    }
    let served: f64 = found.iter().map(|reach| reach.served).sum();
    assert!(served > 20.0 && served < 2.0 * demands.len() as f64);
    let [down, up] = sector_capacity(&found, 0, &budget(), 20.0, 0.75);
    assert!(down > up && up > 0.0 && down <= 20.0 * 0.75 * 4.4 + 1e-9, "{down} {up}");
    assert_eq!(sector_capacity(&found, 1, &budget(), 20.0, 0.75), [0.0, 0.0]);
}

#[test]
fn a_sector_serves_whom_it_serves_best() {
    let terrain = terrain();
    let sectors = [0.0, 180.0].map(|azimuth| Sector { azimuth, downtilt: 0.0 }).to_vec();
    let two = Site { antenna: Antenna::Sectors(Pattern::TR36942, sectors), ..site() };
    let places = [(0.0, 2_900.0), (0.0, -2_900.0), (-2_900.0, 0.0), (-200.0, 2_000.0)];
    let demands = places.map(|(east, north)| Demand { place: SITE.moved(east, north), weight: 1.0 });
    let round = serve(&terrain, &site(), 5_000.0, &demands).unwrap();
    let found = serve(&terrain, &two, 5_000.0, &demands).unwrap();
    let sector: Vec<usize> = found.iter().map(|reach| reach.heard.unwrap().sector).collect();
    assert_eq!(sector, [0, 1, 0, 0]);
    for (n, taken) in [(0, 0.0), (1, 0.0), (2, 20.0)] {
        let (round, found) = (round[n].heard.unwrap(), found[n].heard.unwrap());
        assert!((found.antenna - taken).abs() < 0.01, "{}", found.antenna);
        assert!((round.margin() - found.margin() - taken).abs() < 0.01);
    }
    // 30 m lower and 2.9 km away.
    let down = found[0].heard.unwrap().ray.down;
    assert!((down - (30.0f64 / 2_900.0).atan().to_degrees()).abs() < 1e-3, "{down}");
    let [north, south] = [0, 1].map(|sector| sector_capacity(&found, sector, &two.budget, 20.0, 0.75)[0]);
    assert!(north > 0.0 && south > 0.0);
}

#[test]
fn places_without_terrain_are_not_served() {
    let demands = [(0.3, 1.0), (f64::NAN, 1.0), (0.0, 3.0)]
        .map(|(north, weight)| Demand { place: Place { latitude: SITE.latitude + north, ..SITE }, weight });
    let found = serve(&terrain(), &site(), 50_000.0, &demands).unwrap();
    assert_eq!(found.iter().map(|reach| reach.served).collect::<Vec<_>>(), [0.0, 0.0, 3.0]);
    assert_eq!((found[0].heard, found[1].heard), (None, None));
}

#[test]
fn near_the_site_the_greater_loss_counts() {
    let settings = settings();
    let near = ray(&terrain(), SITE, SITE.moved(-500.0, 0.0), &settings).unwrap().unwrap();
    assert!((near.azimuth + 90.0).abs() < 0.01 && (near.length - 500.0).abs() < 0.01);
    let path =
        Path { distance: 500.0, station: 35.0, device: 5.0, frequency: 3.6, buildings: 5.0, streets: 20.0 };
    // One in ten places lies 1.2816 deviations above the median.
    let rural = Scene::Rural.in_sight(&path).unwrap().loss + 4.0 * 1.2816;
    assert!(near.loss >= rural - 0.01, "{near:?} {rural}");
    assert!(losses(1e9, 1.0).unwrap_err().to_string().starts_with("side of a cell (m) is 1;"));
    assert!(losses(1e3, f64::NAN).is_err());
    let slow = Site { settings: Settings { step: 0.0, ..settings }, ..site() };
    assert_eq!(slow.check(1e3).unwrap_err().to_string(), "step of the profile (m) is 0; 1 to 1000 is wanted");
}
