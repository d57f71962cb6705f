//! What a planner of this district would have at hand: sites, offers, carriers' coverage, bus routes, and prices.

use super::Town;
use super::files::{File, csv, texts};
use super::land::{BlockGroup, lon_lat};
use anyhow::Result;
use evenfield_portal::plans::load::Given;

/// A site of homework hotspots: name, kind, place in km, seats, hours, travel, line.
type Site = (&'static str, &'static str, f64, f64, u32, u32, &'static str, &'static str);
const SITES: [Site; 10] = [
    ("Willow Bend Library", "library", 20.0, 16.0, 40, 45, "walk", "yes"),
    ("East Side Branch Library", "library", 22.8, 17.6, 20, 30, "walk", "yes"),
    ("Riverside Community Center", "community_centre", 19.1, 14.9, 25, 25, "walk", "yes"),
    ("Hope Church Hall", "church", 21.2, 15.1, 15, 12, "walk", "no"),
    ("Cottonwood Park Pavilion", "park", 18.7, 17.2, 12, 20, "walk", "no"),
    ("Northeast Village Library", "library", 37.0, 27.0, 15, 20, "drive", "yes"),
    ("Northeast Fire Hall", "community_centre", 36.2, 26.1, 10, 10, "drive", "no"),
    ("Northwest Church", "church", 8.0, 29.0, 12, 12, "drive", "no"),
    ("Southeast Grange Hall", "community_centre", 39.0, 7.0, 12, 15, "drive", "no"),
    ("Prairie Homes Commons", "housing", 23.6, 18.9, 10, 60, "walk", "no"),
];

/// Riders of each bus route.
const RIDERS: [u32; 8] = [46, 38, 42, 24, 20, 26, 22, 34];
/// Buses that may be parked where their routes begin.
const PARKED: usize = 3;
/// The high school, km.
const SCHOOL: (f64, f64) = (20.6, 16.4);
/// Stops of a route before the school.
const STOPS: u32 = 5;

/// The scenario of the demo.
///
/// # Errors
/// When a file cannot be written to memory.
pub fn plan(town: &Town) -> Result<Given> {
    let slot = |word: &str, (name, bytes): File| (word.to_owned(), name, bytes);
    let values = [
        ("budget_1", "90000"),
        ("walk_meters", "1500"),
        ("carrier_1", "Meadowlark Mobile"),
        ("lent_used_1", "0.7"),
        ("cap_gb_1", "100"),
        ("need_gb_1", "40"),
        ("carrier_2", "Ridgeline Wireless"),
        ("lent_used_2", "0.6"),
        ("cap_gb_2", "30"),
        ("need_gb_2", "40"),
        ("covered", "0.85"),
        ("stop_meters", "2500"),
        ("parked_meters", "1000"),
        ("bus_used", "0.3"),
        ("fund_name_1", "Prairie Community Foundation"),
        ("fund_items_1", "anchor_access_point, anchor_line"),
        ("fund_share_1", "0.5"),
        ("fund_source_1", "letter of the fictional foundation"),
        ("fund_date_1", "2026-10"),
    ];
    Ok(Given {
        name: "Three years, four ways (fictional)".to_owned(),
        first_year: 2027,
        values: values.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        files: vec![
            slot("anchors", anchors()?),
            slot("offers", offers()?),
            slot("service", service(town)?),
            slot("coverage", coverage(town)?),
            slot("routes", routes(town)?),
            slot("parking", parking(town)?),
        ],
        prices: prices()?.1,
    })
}

/// Latitude and longitude of a place, as cells.
fn cells(x: f64, y: f64) -> [String; 2] {
    let (longitude, latitude) = lon_lat(x, y);
    [latitude.to_string(), longitude.to_string()]
}

fn anchors() -> Result<File> {
    let header = [
        "site",
        "name",
        "kind",
        "latitude",
        "longitude",
        "seats",
        "hours",
        "travel",
        "access_points",
        "line",
    ];
    let rows = (1..).zip(SITES).map(|(n, (name, kind, x, y, seats, hours, travel, line))| {
        let [latitude, longitude] = cells(x, y);
        let points = if seats > 20 { 2 } else { 1 };
        [
            format!("site-{n}"),
            name.to_owned(),
            kind.to_owned(),
            latitude,
            longitude,
            seats.to_string(),
            hours.to_string(),
            travel.to_owned(),
            points.to_string(),
            line.to_owned(),
        ]
    });
    csv("sites.csv", std::iter::once(texts(header)).chain(rows))
}

fn offers() -> Result<File> {
    let rows = [
        ["offer", "provider", "place", "paid_by", "price", "download", "upload", "uptake", "source", "date"],
        [
            "cable-paid",
            "Prairie Cable",
            "99001",
            "district",
            "19.95",
            "100",
            "20",
            "0.7",
            "fictional price list",
            "2026-09",
        ],
        [
            "cable-told",
            "Prairie Cable",
            "99001",
            "household",
            "19.95",
            "100",
            "20",
            "0.2",
            "fictional price list",
            "2026-09",
        ],
        [
            "fiber-paid",
            "Bluestem Fiber",
            "99001",
            "district",
            "29.95",
            "300",
            "300",
            "0.75",
            "fictional price list",
            "2026-08",
        ],
        [
            "fiber-told",
            "Bluestem Fiber",
            "99001",
            "household",
            "29.95",
            "300",
            "300",
            "0.15",
            "fictional price list",
            "2026-08",
        ],
    ];
    csv("offers.csv", rows.map(texts))
}

/// Cable where most homes are offered wired service, fiber in the middle of the town.
fn service(town: &Town) -> Result<File> {
    let groups = town.land.block_groups.iter();
    let rows = groups.flat_map(|group| {
        let has = [("Prairie Cable", group.wired_offered > 0.7), ("Bluestem Fiber", group.urban > 0.85)];
        let here = has.into_iter().filter(|(_, has)| *has);
        here.map(|(provider, _)| texts([provider, group.geoid.as_str()])).collect::<Vec<_>>()
    });
    csv("service.csv", std::iter::once(texts(["provider", "place"])).chain(rows))
}

/// One carrier in the town and along the main road, another nearly everywhere.
fn coverage(town: &Town) -> Result<File> {
    let groups = town.land.block_groups.iter();
    let rows = groups.flat_map(|group| {
        let (x, y) = middle(group);
        let near = group.urban > 0.35 || (y - 16.0).abs() < 4.0;
        let has = [("Meadowlark Mobile", near), ("Ridgeline Wireless", x + y > 14.0)];
        let here = has.into_iter().filter(|(_, has)| *has);
        here.map(|(carrier, _)| texts([carrier, group.geoid.as_str(), "outdoor"])).collect::<Vec<_>>()
    });
    csv("coverage.csv", std::iter::once(texts(["carrier", "place", "use"])).chain(rows))
}

/// The middle of a block group, km.
fn middle(group: &BlockGroup) -> (f64, f64) {
    let piece = &group.piece;
    (f64::midpoint(piece.west, piece.east), f64::midpoint(piece.south, piece.north))
}

/// Where bus routes begin, km: in the block groups that are the least like a town, every second one.
fn begins(town: &Town) -> Vec<(f64, f64)> {
    let mut groups: Vec<&BlockGroup> = town.land.block_groups.iter().collect();
    groups.sort_by(|a, b| a.urban.total_cmp(&b.urban));
    groups.into_iter().step_by(2).take(RIDERS.len()).map(middle).collect()
}

/// Each route in the morning and back in the afternoon; a stop every eight minutes.
fn routes(town: &Town) -> Result<File> {
    let mut rows = vec![texts([
        "route",
        "run",
        "stop_sequence",
        "latitude",
        "longitude",
        "time",
        "riders_on",
        "riders_off",
        "vehicle",
    ])];
    for (route, ((x, y), riders)) in (1..).zip(begins(town).into_iter().zip(RIDERS)) {
        for morning in [true, false] {
            for stop in 0..=STOPS {
                let outward = if morning { stop } else { STOPS - stop };
                let part = f64::from(outward) / f64::from(STOPS);
                let [latitude, longitude] = cells(x + (SCHOOL.0 - x) * part, y + (SCHOOL.1 - y) * part);
                let each = riders / STOPS;
                let last = riders - each * (STOPS - 1);
                let (at_school, here) = (outward == STOPS, if outward == 0 { last } else { each });
                let (on, off) = match (morning, at_school) {
                    (true, true) => (0, riders),
                    (true, false) => (here, 0),
                    (false, true) => (riders, 0),
                    (false, false) => (0, here),
                };
                let minute = stop * 8;
                let (hour, run) =
                    if morning { (6 + minute / 60, "morning") } else { (15 + minute / 60, "afternoon") };
                rows.push([
                    route.to_string(),
                    run.to_owned(),
                    (stop + 1).to_string(),
                    latitude,
                    longitude,
                    format!("{hour}:{:02}", minute % 60),
                    on.to_string(),
                    off.to_string(),
                    format!("bus {route}"),
                ]);
            }
        }
    }
    csv("routes.csv", rows)
}

fn parking(town: &Town) -> Result<File> {
    let rows = (1..).zip(begins(town)).take(PARKED).map(|(n, (x, y))| {
        let [latitude, longitude] = cells(x, y);
        [format!("bus {n}"), format!("Stop {n}"), latitude, longitude, "15".to_owned(), "10".to_owned()]
    });
    let header = texts(["vehicle", "place", "latitude", "longitude", "students", "hours"]);
    csv("parking.csv", std::iter::once(header).chain(rows))
}

fn prices() -> Result<File> {
    let rows = [
        ["item", "price", "paid", "unit", "life", "source", "date"],
        ["hotspot_service/Meadowlark Mobile", "14", "month", "device", "", "fictional contract", "2026-07"],
        [
            "hotspot_service/Ridgeline Wireless",
            "17.50",
            "month",
            "device",
            "",
            "fictional contract",
            "2026-06",
        ],
        ["anchor_line", "75", "month", "site", "", "fictional bill", "2026-05"],
        ["offer_promotion", "9", "year", "home", "", "fictional mailing", "2025-11"],
    ];
    csv("prices.csv", rows.map(texts))
}
