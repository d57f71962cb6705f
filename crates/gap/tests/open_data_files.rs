//! Every file of the shared data folder that is a boundary, a table of areas or of addresses loads: a table of file, loader, rows
//! and problems. Skipped, and said so, where the folder is not there.

#[path = "../../../tests/shared.rs"]
mod shared;

use evenfield_gap::open::area_table::{LongMap, Measures, WideMap, parse_long, parse_wide};
use evenfield_gap::open::fcc::form477;
use evenfield_gap::place::address::{AddressPoints, Quality, full};
use evenfield_gap::place::shapefile::{self, Layer};
use evenfield_gap::place::{BoundaryReading, Locator, SelfCrossing, boundary, extent};
use evenfield_model::{GeographyKind, Problems};
use shared::shared;

/// How a file is loaded.
enum Loader {
    Boundaries(GeographyKind, &'static [&'static str], SelfCrossing),
    Long,
    /// Column of the id, its kind, measure, whether zeros are to be put back.
    Wide(&'static str, Option<GeographyKind>, &'static str, bool),
    Pairs(&'static str, GeographyKind),
    Blocks,
    Addresses,
}

use GeographyKind::{AttendanceZone, BlockGroup, County, District, Tract};
use Loader::{Addresses, Blocks, Boundaries, Long, Pairs, Wide};
use SelfCrossing::{Keep, Refuse};

/// File, loader, rows, problems.
#[rustfmt::skip]
const FILES: &[(&str, Loader, usize, u64)] = &[
    ("bps-simulated/schools.csv", Addresses, 137, 0),
    ("charlottesville-schools/SABS_1516_CVille_Region.zip", Boundaries(AttendanceZone, &[], Refuse), 81, 0),
    ("isp-offers/bg_providers.csv", Wide("block_group", Some(BlockGroup), "n_providers", false), 29681, 0),
    ("isp-offers/billings_centurylink_plans.csv.xz", Addresses, 3801, 0),
    ("isp-offers/boston_verizon_plans.csv.xz", Addresses, 9536, 0),
    ("isp-offers/charleston_att_plans.csv.xz", Addresses, 3849, 0),
    ("isp-offers/fargo_centurylink_plans.csv.xz", Addresses, 2898, 3),
    ("isp-offers/jackson_att_plans.csv.xz", Addresses, 3819, 0),
    ("isp-offers/virginia_beach_verizon_plans.csv.xz", Addresses, 13231, 0),
    ("isp-offers/us_blockgroups_acs2019_internet.csv.gz", Wide("geoid", Some(BlockGroup), "internet_no_access", false), 52160, 0),
    ("metro-ncr/ncr_broadbandnow_acs_sdad_2021_perc_income_on_internet.csv.xz", Long, 12835, 0),
    ("metro-ncr/ncr_cttrbg_2015_2023_median_household_income.csv.xz", Long, 42299, 0),
    ("metro-ncr/ncr_cttrbg_ookla_download_speeds.csv.xz", Long, 14422, 0),
    ("metro-ncr/ncr_cttrbg_ookla_upload_speeds.csv.xz", Long, 14422, 0),
    ("metro-ncr/ncr_geo_census_cb_2020_census_block_groups.geojson", Boundaries(BlockGroup, &[], Refuse), 3626, 0),
    ("metro-ncr/ncr_geo_census_cb_2020_census_tracts.geojson", Boundaries(Tract, &[], Refuse), 1331, 0),
    ("metro-ncr/ncr_geo_census_cb_2020_counties.geojson", Boundaries(County, &[], Refuse), 14, 0),
    ("metro-ncr/ncr_hdcttrbg_2019_2021q3_speed_measurements.csv.xz", Long, 40008, 0),
    ("metro-ncr/ncr_internet_type.csv.xz", Long, 163737, 0),
    ("metro-ncr/ncr_no_computer.csv.xz", Long, 70173, 0),
    ("metro-ncr/ncr_tr_acs_2021_poverty_children.csv.xz", Long, 47916, 0),
    ("metro-ncr/va059_geo_ffxct_gis_2023_high_school_attendance_areas.geojson", Boundaries(AttendanceZone, &[], Refuse), 25, 0),
    ("national/NC_Districts_25_Percent.topojson", Boundaries(District, &["District"], Refuse), 118, 0),
    // Its borders were rounded to about 3 km: some districts vanished, some cross themselves, some names stand twice
    // in a state.
    ("national/USA_Districts.topojson", Boundaries(District, &["state", "name"], Keep), 13175, 131),
    // Each district is in this file twice.
    ("national/VA_Districts_25_Percent.topojson", Boundaries(District, &["District"], Refuse), 138, 137),
    ("national/bbn_zip.csv", Wide("Zip", None, "AverageMbps", false), 32608, 1),
    ("national/county_complete.csv", Wide("fips", Some(County), "household_has_broadband_2019", true), 3142, 0),
    // `Inf` where there are no children.
    ("national/district_finance.csv", Wide("leaid", Some(District), "local_per_child", true), 13292, 22),
    ("national/district_household_conditions.csv", Wide("leaid", Some(District), "pct_NCI", false), 13313, 0),
    ("national/ms_county_2019nov.csv", Wide("COUNTY ID", Some(County), "BROADBAND USAGE", true), 3143, 0),
    // A postal code over a county's border has a row for each.
    ("national/ms_zip_2020oct.csv", Wide("POSTAL CODE", None, "BROADBAND USAGE", false), 32653, 82),
    ("national/oeps_tract_2019_no_internet_pct.csv", Wide("FIPS", Some(Tract), "NoIntP", false), 72615, 0),
    ("national/us_geo_census_cb_2020_counties.geojson", Boundaries(County, &[], Refuse), 3234, 0),
    ("rural-easternshore/acs_eastern_blkgr.csv", Pairs("GEOID", BlockGroup), 1426, 0),
    ("rural-easternshore/acs_eastern_tract.csv", Pairs("GEOID", Tract), 720, 0),
    ("rural-easternshore/eastshore_blkgps.shp", Boundaries(BlockGroup, &[], Refuse), 46, 0),
    ("rural-easternshore/ejscreen_eastern_blkgps.csv", Wide("ID", Some(BlockGroup), "PRE1960PCT", false), 46, 0),
    ("rural-easternshore/fcc_broadband_eastern_block.csv", Blocks, 6469, 0),
    ("rural-easternshore/lodes_employment_eastern_blkgr.csv", Wide("w_blkgr", Some(BlockGroup), "alljobs", false), 43, 0),
    ("rural-easternshore/lodes_residentcommute_eastern_blkgp.csv", Wide("blkgroup", Some(BlockGroup), "commutersInBlgr", false), 43, 0),
    ("virginia-acs/va_ct_2010_2021_alice.csv.xz", Long, 1866, 0),
    ("virginia-acs/va_cttrbg_2015_2023_median_household_income.csv.xz", Long, 19524, 0),
    // Some areas have two values for a year.
    ("virginia-acs/va_hdctsd_vdoe_2015_2023_3rd_grade_mean_read_score.csv.xz", Long, 1288, 54),
    ("virginia-acs/va_hdcttr_vdh_2015_2023_material_deprivation_index.csv.xz", Long, 19559, 0),
    ("virginia-acs/va_hdtrct_2015_2023_population_density.csv.xz", Long, 30769, 0),
    ("virginia-acs/va_hsrsdpdzccttrbg_sdad_2009_2023_gender_demographics.csv.xz", Long, 477070, 0),
    ("virginia-acs/va_internet_type.csv.xz", Long, 272153, 0),
    // A row a year, and this map does not name the column of the year.
    ("virginia-acs/va_ncr_county_demographics.csv.xz", Wide("ID", Some(County), "age_total_count_direct", false), 159, 2226),
    ("virginia-acs/va_no_computer.csv.xz", Long, 116637, 0),
    ("virginia-geo/va_geo_census_cb_2010_census_tracts.geojson", Boundaries(Tract, &[], Refuse), 1905, 0),
    ("virginia-geo/va_geo_census_cb_2020_census_block_groups.geojson", Boundaries(BlockGroup, &[], Refuse), 5951, 0),
    ("virginia-geo/va_geo_census_cb_2020_census_tracts.geojson", Boundaries(Tract, &[], Refuse), 2186, 0),
    ("virginia-geo/va_geo_census_cb_2020_counties.geojson", Boundaries(County, &[], Refuse), 133, 0),
];

fn load(data: &std::path::Path, file: &str, loader: &Loader) -> (usize, Problems) {
    let bytes = std::fs::read(data.join(file)).expect("a file of the shared data");
    match loader {
        Boundaries(kind, id, self_crossing) => {
            let reading = BoundaryReading { id, self_crossing: *self_crossing, ..BoundaryReading::of(*kind) };
            let (found, problems) = match file.strip_suffix(".shp") {
                Some(stem) => {
                    let sibling =
                        |ending: &str| std::fs::read(data.join(format!("{stem}.{ending}"))).expect(ending);
                    let (dbf, prj) = (sibling("dbf"), Some(sibling("prj")));
                    shapefile::read(&Layer { name: file.into(), shp: bytes, dbf, prj, cpg: None }, &reading)
                }
                None => boundary::read(&bytes, file, &reading),
            };
            (found.len(), problems)
        }
        Long => {
            let (table, problems) = parse_long(&bytes, file, &LongMap::default());
            (table.rows.len() + problems.empty_cells() as usize, problems)
        }
        Wide(id, kind, measure, restore_zeros) => {
            let named = [(*measure, *measure, "")];
            let measures = Measures::Named(&named);
            let map = WideMap { id, kind: *kind, year: &[], measures, restore_zeros: *restore_zeros };
            let (table, problems) = parse_wide(&bytes, file, &map);
            (table.rows.len() + problems.empty_cells() as usize, problems)
        }
        Pairs(id, kind) => {
            let map = WideMap {
                id,
                kind: Some(*kind),
                year: &["year"],
                measures: Measures::Pairs,
                restore_zeros: false,
            };
            let (table, problems) = parse_wide(&bytes, file, &map);
            (table.rows.len() + problems.empty_cells() as usize, problems)
        }
        Blocks => {
            let (blocks, problems) = form477::parse(&bytes, file);
            (blocks.len(), problems)
        }
        Addresses => {
            let (points, problems) = AddressPoints::from_csv(&bytes, file);
            (points.len(), problems)
        }
    }
}

#[test]
fn every_file_loads() {
    let Some(data) = shared() else { return };
    let mut wrong = Vec::new();
    for (file, loader, rows, problems) in FILES {
        let (found, noted) = load(&data, file, loader);
        println!("{file}: {found} rows, {} problems", noted.wrong());
        // Notes, as of rows of another kind of area, lose nothing that could be used.
        if (found, noted.wrong()) != (*rows, *problems) {
            // Only counts and what was wanted: the address files are of real homes.
            let first = noted.kept().first().map(|p| (p.line, p.column.clone(), p.wanted.clone()));
            wrong.push(format!("(\"{file}\", {found}, {}) first problem {first:?}", noted.wrong()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Half of a city's real addresses as points. They are all found again; the other half, none of which is a point, is looked up by
/// the nearest house number, and mostly lands in its block group. Nothing of an address is printed.
#[test]
fn real_addresses_land_in_their_block_group() {
    let Some(data) = shared() else { return };
    let read = |file: &str| std::fs::read(data.join(file)).expect("a file of the shared data");
    let geojson = read("virginia-geo/va_geo_census_cb_2020_census_block_groups.geojson");
    let (boundaries, _) = boundary::read(&geojson, "bg.geojson", &BoundaryReading::of(BlockGroup));
    let locator = Locator::new(&boundaries);
    let packed = read("isp-offers/virginia_beach_verizon_plans.csv.xz");
    let source =
        evenfield_gap::read::Source::open("a.csv.xz", packed, Default::default()).expect("a packed file");
    let name = source.names().next().expect("one member").to_owned();
    let text = source.read(&name).expect("its bytes");
    let text = String::from_utf8(text.into_owned()).expect("text");
    let mut problems = Problems::default();
    let mut table =
        evenfield_gap::read::Table::open("a", &text, Default::default(), &mut problems).expect("a table");
    let column = |table: &mut evenfield_gap::read::Table<'_>, name: &str| {
        table.column(&[name], &mut Problems::default())
    };
    let [address, lon, lat] = ["address_full", "lon", "lat"].map(|name| column(&mut table, name));
    let mut csv = String::from("ADDRESS,LON,LAT\n");
    let (mut known, mut asked) = (Vec::new(), Vec::new());
    let mut turn = false;
    while let Some(row) = table.next_row(&mut problems) {
        turn = !turn;
        let (text, x, y) = (row.text(address), row.text(lon), row.text(lat));
        let place = (full::split(text, ""), x.parse::<f64>().expect("lon"), y.parse::<f64>().expect("lat"));
        if turn {
            csv.push_str(&format!("\"{text}\",{x},{y}\n"));
            known.push(place);
        } else {
            asked.push(place);
        }
    }
    let (points, problems) = AddressPoints::from_csv(csv.as_bytes(), "points.csv");
    assert!(problems.is_empty(), "{} problems", problems.found());
    let own = |(address, _, _): &(_, f64, f64)| points.geocode(address).map(|found| found.quality);
    let again = known.iter().filter(|address| own(address) == Ok(Quality::Exact)).count();
    assert!(again as f64 > 0.999 * known.len() as f64, "{again} of {} found again", known.len());
    let (mut found, mut right, mut nearest) = (0, 0, 0);
    for (address, x, y) in &asked {
        if let Ok(place) = points.geocode(address) {
            found += 1;
            nearest += usize::from(place.quality == Quality::Nearest);
            right += usize::from(locator.locate(place.longitude, place.latitude) == locator.locate(*x, *y));
        }
    }
    let (share_found, share_right) = (found as f64 / asked.len() as f64, right as f64 / f64::from(found));
    println!(
        "{} asked, {found} found ({nearest} by the nearest number), {share_right:.4} in their block group",
        asked.len()
    );
    assert!(share_found > 0.45 && share_right > 0.9, "{share_found} found, {share_right} right");
}

/// The counties of Virginia cover 110,787 km2 (land and inland water; the Census Bureau's state figure, 2010), the cartographic file
/// clips the coast.
#[test]
fn the_area_of_virginia() {
    let Some(data) = shared() else { return };
    let bytes =
        std::fs::read(data.join("virginia-geo/va_geo_census_cb_2020_counties.geojson")).expect("counties");
    let (counties, _) = boundary::read(&bytes, "counties.geojson", &BoundaryReading::of(County));
    let area: f64 = counties.iter().map(|county| extent::area_square_km(&county.geometry)).sum();
    assert!((100_000.0..111_000.0).contains(&area), "{area}");
    let (x, y) = extent::centroid(&counties[0].geometry).expect("a middle");
    assert_eq!(Locator::new(&counties).locate(x, y), Some(0));
}
