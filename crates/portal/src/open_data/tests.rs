mod pages;
mod shapes;

use super::queries::{self, AreaValue, BoundaryRow, LoadFacts};
use crate::db::{Db, harness};
use evenfield_gap::open::ndt7::{Direction, SpeedTest};
use evenfield_gap::open::tiles::Tile;
use evenfield_model::Problems;

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

#[tokio::test]
async fn values_and_boundaries_are_replaced_and_stay_in_their_district() {
    harness::each(|db| async move {
        districts(&db).await;
        let mut tx = db.write().await.expect("a write");
        let first = [value("51001090100", Some(1.5), Some(0.0)), value("51001090200", None, None)];
        queries::store_area_values(&mut tx, HERE, "l1", &first).await.expect("stored");
        let later = [value("51001090100", Some(9.0), None), value("51001090100", Some(2.0), Some(1.0))];
        queries::store_area_values(&mut tx, HERE, "l2", &later).await.expect("stored");
        let boundary = |name: &str| BoundaryRow {
            kind: "tract".into(),
            id: "51001090100".into(),
            name: name.into(),
            geojson: r#"{"type":"Polygon","coordinates":[]}"#.into(),
        };
        queries::store_boundaries(&mut tx, HERE, "l1", &[boundary("old")]).await.expect("stored");
        queries::store_boundaries(&mut tx, HERE, "l2", &[boundary("new")]).await.expect("stored");
        tx.commit().await.expect("committed");
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
async fn points_tiles_and_tests_are_stored() {
    harness::each(|db| async move {
        districts(&db).await;
        let tile = Tile { quadkey: "0320".into(), down: 90.0, up: 9.0, latency: 12.0, tests: 4, devices: 2 };
        let test = |mbps: f64| SpeedTest {
            id: "m1".into(),
            direction: Direction::Download,
            mbps,
            min_rtt_ms: None,
            loss: None,
        };
        let file: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut tx = db.write().await.expect("a write");
        queries::replace_address_points(&mut tx, HERE, "l1", ("a.csv", b"old")).await.expect("stored");
        queries::replace_address_points(&mut tx, HERE, "l2", ("b.csv", &file)).await.expect("stored");
        let tiles = [tile.clone(), tile];
        assert_eq!(
            queries::store_speed_tiles(&mut tx, HERE, ("l3", "2024-Q3"), &tiles).await.expect("stored"),
            1
        );
        let tests = [test(5.0), test(6.0)];
        assert_eq!(queries::store_speed_tests(&mut tx, HERE, "l4", &tests).await.expect("stored"), 1);
        tx.commit().await.expect("committed");
        let points = queries::read_address_points(db.read(), HERE).await.expect("points");
        assert_eq!(points, Some(("b.csv".to_owned(), file)));
        assert_eq!(queries::read_address_points(db.read(), THERE).await.expect("none"), None);
    })
    .await;
}
