//! Speed tests averaged over map tiles, with the columns of Ookla's open data, as CSV.
//!
//! A self-selected sample, and averages of it: good for comparing areas, not for saying what a home has. Ookla's licence
//! (CC BY-NC-SA 4.0) does not let a commercial product carry the data.

use crate::place::Locator;
use crate::read::each_row;
use evenfield_model::Problems;

/// One tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// Its quadkey; as many digits as its zoom.
    pub quadkey: String,
    /// Average download, Mbps.
    pub down: f64,
    /// Average upload, Mbps.
    pub up: f64,
    /// Average latency, ms.
    pub latency: f64,
    /// Tests taken.
    pub tests: u64,
    /// Devices that took them.
    pub devices: u64,
}

/// Test-weighted averages of one area.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AreaSpeed {
    /// Average download, Mbps.
    pub down: f64,
    /// Average upload, Mbps.
    pub up: f64,
    /// Average latency, ms.
    pub latency: f64,
    /// Tests.
    pub tests: u64,
    /// Devices; one that was in several tiles counts in each.
    pub devices: u64,
}

/// Reads tiles.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<Tile>, Problems) {
    let mut problems = Problems::default();
    let mut tiles = Vec::new();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let names = ["quadkey", "avg_d_kbps", "avg_u_kbps", "avg_lat_ms", "tests", "devices"];
            let columns = names.map(|name| table.require(&[name], problems));
            columns.iter().all(Option::is_some).then_some(columns)
        },
        |row, columns, problems| {
            row.wanted(columns, problems);
            let [quadkey, down, up, latency, tests, devices] = *columns;
            let wanted =
                "a quadkey of 16 digits from 0 to 3; fewer mean that a spreadsheet dropped leading zeros";
            let quadkey =
                row.parsed(quadkey, |text| quadkey_of(text).then(|| text.to_owned()), wanted, problems);
            let (down, up) = (row.amount(down, problems), row.amount(up, problems));
            let latency = row.amount(latency, problems);
            let (tests, devices) = (row.count(tests, problems), row.count(devices, problems));
            if let (Some(quadkey), Some(down), Some(up), Some(latency), Some(tests), Some(devices)) =
                (quadkey, down, up, latency, tests, devices)
            {
                tiles.push(Tile { quadkey, down: down / 1000.0, up: up / 1000.0, latency, tests, devices });
            }
        },
    );
    (tiles, problems)
}

/// Ookla's tiles are of zoom 16.
fn quadkey_of(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| (b'0'..=b'3').contains(&b))
}

/// West, south, east and north of a tile in degrees; `None` when the text is not a quadkey of 1 to 23 digits.
/// Source: Microsoft, "Bing Maps Tile System" (spherical Mercator, quadkeys).
pub fn bounds(quadkey: &str) -> Option<[f64; 4]> {
    if quadkey.is_empty() || quadkey.len() > 23 {
        return None;
    }
    let (mut x, mut y) = (0u32, 0u32);
    for digit in quadkey.bytes() {
        let digit = u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 4)?);
        x = 2 * x + digit % 2;
        y = 2 * y + digit / 2;
    }
    let size = f64::from(1u32 << quadkey.len());
    let longitude = |x: u32| f64::from(x) / size * 360.0 - 180.0;
    let latitude = |y: u32| {
        let mercator = std::f64::consts::PI * (1.0 - 2.0 * f64::from(y) / size);
        mercator.sinh().atan().to_degrees()
    };
    Some([longitude(x), latitude(y + 1), longitude(x + 1), latitude(y)])
}

/// Averages tiles over the areas of a [`Locator`], each tile where its middle lies, weighted by tests. The second value is
/// how many tiles lay in no area.
pub fn by_area(tiles: &[Tile], areas: usize, locator: &Locator) -> (Vec<Option<AreaSpeed>>, usize) {
    let mut found: Vec<Option<AreaSpeed>> = vec![None; areas];
    let mut outside = 0;
    for tile in tiles {
        let middle = bounds(&tile.quadkey)
            .map(|[west, south, east, north]| ((west + east) / 2.0, (south + north) / 2.0));
        let slot = middle.and_then(|(x, y)| locator.locate(x, y)).and_then(|index| found.get_mut(index));
        let Some(slot) = slot else {
            outside += 1;
            continue;
        };
        let sum = slot.get_or_insert_default();
        let weight = tile.tests as f64;
        sum.down += weight * tile.down;
        sum.up += weight * tile.up;
        sum.latency += weight * tile.latency;
        sum.tests = sum.tests.saturating_add(tile.tests);
        sum.devices = sum.devices.saturating_add(tile.devices);
    }
    for slot in &mut found {
        *slot = slot.filter(|sum| sum.tests > 0).map(|sum| {
            let tests = sum.tests as f64;
            AreaSpeed { down: sum.down / tests, up: sum.up / tests, latency: sum.latency / tests, ..sum }
        });
    }
    (found, outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the source: tile (3, 5) at level 3 has the quadkey 213.
    #[test]
    fn a_quadkeys_bounds() {
        let [west, south, east, north] = bounds("213").unwrap();
        assert_eq!((west, east), (-45.0, 0.0));
        assert!((north - -40.979_898).abs() < 1e-6 && (south - -66.513_260).abs() < 1e-6);
        assert_eq!(bounds("4"), None);
        assert_eq!(bounds(""), None);
        assert_eq!(bounds(&"0".repeat(24)), None);
    }

    #[test]
    fn a_row_without_a_speed_is_named() {
        let csv = "quadkey,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n0320101101322033,,20000,10,1,\n";
        let (tiles, problems) = parse(csv.as_bytes(), "t.csv");
        let columns: Vec<&str> = problems.kept().iter().map(|p| p.column.as_str()).collect();
        assert_eq!((tiles.len(), columns), (0, vec!["avg_d_kbps", "devices"]));
    }

    #[test]
    fn tiles_are_read_and_weighted() {
        let csv = b"quadkey,tile,tile_x,tile_y,avg_d_kbps,avg_u_kbps,avg_lat_ms,avg_lat_down_ms,avg_lat_up_ms,tests,devices\n\
            0320101101322033,\"POLYGON((0 0,1 0,1 1,0 0))\",1,2,100000,20000,10,,,1,1\n\
            0320101101322033,,1,2,20000,4000,30,,,3,2\n\
            320101101322033,,1,2,20000,4000,30,,,3,2\n\
            0320101101322033,,1,2,-5,4000,30,,,3,2\n";
        let (tiles, problems) = parse(csv, "t.csv");
        assert_eq!((tiles.len(), problems.found()), (2, 2));
        assert!(problems.kept()[0].wanted.contains("dropped leading zeros"));
        let square = geo::Rect::new((-180.0, 0.0), (0.0, 80.0)).to_polygon();
        let area = crate::place::Boundary {
            kind: evenfield_model::GeographyKind::County,
            id: "1".into(),
            name: "1".into(),
            geometry: geo::MultiPolygon(vec![square]),
        };
        let (speeds, outside) = by_area(&tiles, 1, &Locator::new(&[area]));
        assert_eq!(outside, 0);
        assert_eq!(speeds[0], Some(AreaSpeed { down: 40.0, up: 8.0, latency: 25.0, tests: 4, devices: 3 }));
    }
}
