mod pages;
mod shapes;

use super::queries::{self, AreaValue, BoundaryRow, LoadFacts};
use super::rules::{Listed, Rows};
use crate::db::{Db, harness};
use evenfield_gap::open::fcc::mobile::{Environment, MobileCell, MobileTechnology};
use evenfield_gap::open::nces::relationship::Part;
use evenfield_gap::open::ndt7::{Direction, SpeedTest};
use evenfield_gap::open::tiles::Tile;
use evenfield_model::{GeographyKind, Problems};

const HERE: &str = "5100060";
const THERE: &str = "5102670";

async fn districts(db: &Db) {
    let mut tx = db.write().await.expect("a write");
    for id in [HERE, THERE] {
        sqlx::query(
            "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, $1, '51', 0, 0)",
        )
        .bind(id)
        .execute(&mut *tx)
        .await
        .expect("a district");
    }
    tx.commit().await.expect("committed");
}

fn facts<'a>(digest: &'a str, problems: &'a Problems) -> LoadFacts<'a> {
    LoadFacts {
        kind: "acs",
        source: "Census Bureau",
        vintage: "2022",
        licence: "public domain",
        file_name: "acs.json",
        digest,
        loaded_ms: 5,
        loaded_by: "test",
        rows: 2,
        problems,
    }
}

fn value(id: &str, value: Option<f64>, moe: Option<f64>) -> AreaValue {
    AreaValue {
        kind: "tract".into(),
        id: id.into(),
        source: "B28005".into(),
        vintage: "2022".into(),
        variable: "B28005_007".into(),
        value,
        moe,
    }
}

#[tokio::test]
async fn a_load_is_noted_once_with_its_problems() {
    harness::each(|db| async move {
        districts(&db).await;
        let mut problems = Problems::default();
        problems.push("acs.json", 7, "B28005_007E", "-666666666", "an estimate");
        let mut tx = db.write().await.expect("a write");
        let id =
            queries::record_load(&mut tx, HERE, facts("d", &problems)).await.expect("noted").expect("new");
        assert_eq!(queries::record_load(&mut tx, HERE, facts("d", &problems)).await.expect("known"), None);
        assert!(queries::record_load(&mut tx, THERE, facts("d", &problems)).await.expect("noted").is_some());
        tx.commit().await.expect("committed");
        let loads = queries::loads(db.read(), HERE).await.expect("loads");
        assert_eq!((loads.len(), loads[0].rows, loads[0].problems), (1, 2, 1));
        let kept = queries::load_problems(db.read(), HERE, &id).await.expect("problems");
        assert_eq!(kept.as_deref(), Some(problems.kept()));
        assert_eq!(queries::load_problems(db.read(), THERE, &id).await.expect("none"), None);
    })
    .await;
}

/// Loads these rows as the file `name`, and gives the load's id.
async fn load(db: &Db, district: &str, name: &str, (rows, bytes): (&Rows, &[u8])) -> String {
    let mut tx = db.write().await.expect("a write");
    let problems = Problems::default();
    let facts = LoadFacts { file_name: name, ..facts(name, &problems) };
    let id = queries::store(&mut tx, district, facts, (rows, bytes)).await.expect("stored").expect("new");
    tx.commit().await.expect("committed");
    id
}

async fn set_removed(db: &Db, id: &str, removed: bool) {
    let mut tx = db.write().await.expect("a write");
    let done = match removed {
        true => queries::remove(&mut tx, HERE, id, 9).await,
        false => queries::put_back(&mut tx, HERE, id).await,
    };
    assert!(done.expect("changed"));
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn values_and_boundaries_are_replaced_and_stay_in_their_district() {
    harness::each(|db| async move {
        districts(&db).await;
        let first = vec![value("51001090100", Some(1.5), Some(0.0)), value("51001090200", None, None)];
        load(&db, HERE, "v1", (&Rows::Values(first), b"")).await;
        let later = vec![value("51001090100", Some(9.0), None), value("51001090100", Some(2.0), Some(1.0))];
        load(&db, HERE, "v2", (&Rows::Values(later), b"")).await;
        let boundary = |name: &str| BoundaryRow {
            kind: "tract".into(),
            id: "51001090100".into(),
            name: name.into(),
            geojson: r#"{"type":"Polygon","coordinates":[]}"#.into(),
        };
        load(&db, HERE, "b1", (&Rows::Boundaries(vec![boundary("old")]), b"")).await;
        load(&db, HERE, "b2", (&Rows::Boundaries(vec![boundary("new")]), b"")).await;
        let read = queries::read_area_values(db.read(), HERE, ("tract", "B28005")).await.expect("values");
        assert_eq!(read, [value("51001090100", Some(2.0), Some(1.0)), value("51001090200", None, None)]);
        assert_eq!(queries::read_area_values(db.read(), HERE, ("tract", "")).await.expect("values").len(), 2);
        assert!(queries::read_area_values(db.read(), THERE, ("tract", "")).await.expect("none").is_empty());
        let read = queries::read_boundaries(db.read(), HERE, "tract").await.expect("boundaries");
        assert_eq!(read, [boundary("new")]);
        assert!(queries::read_boundaries(db.read(), THERE, "tract").await.expect("none").is_empty());
        let coverage = queries::coverage(db.read(), HERE).await.expect("coverage");
        assert_eq!(coverage, [("tract".to_owned(), 1, 2)]);
    })
    .await;
}

#[tokio::test]
async fn a_large_file_of_address_points_is_kept_whole() {
    harness::each(|db| async move {
        districts(&db).await;
        let file: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        load(&db, HERE, "a.csv", (&Rows::AddressPoints(1), b"old")).await;
        load(&db, HERE, "b.csv", (&Rows::AddressPoints(1), &file)).await;
        let points = queries::read_address_points(db.read(), HERE).await.expect("points");
        assert_eq!(points, Some(("b.csv".to_owned(), file)));
        assert_eq!(queries::read_address_points(db.read(), THERE).await.expect("none"), None);
    })
    .await;
}

/// Rows of each kind that say `n` of the same thing.
fn saying(n: u32) -> Vec<Rows> {
    let tile =
        Tile { quadkey: "0320".into(), down: f64::from(n), up: 9.0, latency: 12.0, tests: 4, devices: 2 };
    let test = |mbps: f64| SpeedTest {
        id: "m1".into(),
        direction: Direction::Download,
        mbps,
        min_rtt_ms: None,
        loss: None,
    };
    let cell = MobileCell {
        h3: "892a8a0000bffff".into(),
        provider: 1,
        technology: MobileTechnology::from_code("500").expect("5G"),
        environment: Environment::OutdoorStationary,
        down: f64::from(n),
        up: 3.0,
    };
    let part = Part {
        leaid: evenfield_model::Leaid::parse(HERE).expect("a LEAID"),
        area: evenfield_model::Geoid::parse("51001090100").expect("a tract"),
        share: f64::from(n) / 10.0,
    };
    let listed = Listed {
        kind: GeographyKind::School,
        id: format!("{HERE}00001"),
        name: format!("School {n}"),
        open: true,
    };
    let boundary = BoundaryRow {
        kind: "tract".into(),
        id: "51001090100".into(),
        name: n.to_string(),
        geojson: "{}".into(),
    };
    vec![
        Rows::Values(vec![value("51001090100", Some(f64::from(n)), None)]),
        Rows::Boundaries(vec![boundary]),
        Rows::AddressPoints(1),
        Rows::Tiles(vec![tile.clone(), tile]),
        Rows::Tests(vec![test(99.0), test(f64::from(n))]),
        Rows::Parts(vec![part]),
        Rows::Mobile(vec![cell]),
        Rows::Directory(vec![listed]),
    ]
}

/// Everything that counts, in a text for each kind of row.
async fn counts(db: &Db) -> [String; 8] {
    let db = db.read();
    [
        format!("{:?}", queries::read_area_values(db, HERE, ("tract", "")).await.expect("values")),
        format!("{:?}", queries::read_boundaries(db, HERE, "tract").await.expect("boundaries")),
        format!("{:?}", queries::read_address_points(db, HERE).await.expect("points")),
        format!("{:?}", queries::read_speed_tiles(db, HERE).await.expect("tiles")),
        format!("{:?}", queries::speeds(db, HERE, "download").await.expect("tests")),
        format!("{:?}", queries::read_parts(db, HERE).await.expect("parts")),
        format!("{:?}", queries::read_mobile_cells(db, HERE).await.expect("cells")),
        format!("{:?}", queries::schools(db, HERE).await.expect("schools")),
    ]
}

#[tokio::test]
async fn a_removed_load_no_longer_counts_what_it_replaced_does_and_it_can_be_put_back() {
    harness::each(|db| async move {
        districts(&db).await;
        let nothing = counts(&db).await;
        let mut seen = vec![nothing.clone()];
        let mut loads = Vec::new();
        for n in [1, 2] {
            for (kind, rows) in saying(n).iter().enumerate() {
                let name = format!("{kind} of {n}");
                loads.push(load(&db, HERE, &name, (rows, name.as_bytes())).await);
            }
            let now = counts(&db).await;
            for (now, before) in now.iter().zip(seen.last().expect("one")) {
                assert_ne!(now, before);
            }
            seen.push(now);
        }
        let (first, second) = loads.split_at(8);
        for (removed, ids, expected) in
            [(true, second, 1), (true, first, 0), (false, first, 1), (false, second, 2)]
        {
            for id in ids {
                set_removed(&db, id, removed).await;
            }
            assert_eq!(counts(&db).await, seen[expected], "{removed} {expected}");
        }
        let mut tx = db.write().await.expect("a write");
        assert!(!queries::remove(&mut tx, THERE, &loads[0], 9).await.expect("none"), "another district's");
        assert!(!queries::put_back(&mut tx, HERE, &loads[0]).await.expect("none"), "it counts");
        drop(tx);
        // The file of a removed load is as if it had never been loaded.
        set_removed(&db, &loads[0], true).await;
        load(&db, HERE, "0 of 1", (&saying(1)[0], b"")).await;
        assert_eq!(counts(&db).await[0], seen[1][0], "the latest counts");
        let listed = queries::loads(db.read(), HERE).await.expect("loads");
        assert_eq!((listed.len(), listed.iter().any(|l| l.id == loads[0])), (16, false));
    })
    .await;
}
