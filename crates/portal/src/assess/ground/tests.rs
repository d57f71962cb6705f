use super::*;
use crate::db::harness;
use crate::open_data::queries::{self, LoadFacts};
use crate::open_data::rules::{Kind, read as read_file};
use evenfield_model::{Geoid, Problems};

const HERE: &str = "5100060";

/// Two block groups side by side, west and east of 75.6 degrees.
fn block_groups() -> String {
    let square = |id: &str, west: f64, east: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"GEOID":"{id}"}},"geometry":{{"type":"Polygon","coordinates":
            [[[{west},37.4],[{east},37.4],[{east},37.8],[{west},37.8],[{west},37.4]]]}}}}"#
        )
    };
    let (west, east) = (square("510010901001", -76.0, -75.6), square("510010901002", -75.6, -75.2));
    format!(r#"{{"type":"FeatureCollection","features":[{west},{east}]}}"#)
}

/// The district reaches from the west to the middle of the eastern block group.
fn boundary() -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"LEAID":"{HERE}"}},"geometry":
        {{"type":"Polygon","coordinates":[[[-76.2,37.3],[-75.4,37.3],[-75.4,37.9],[-76.2,37.9],[-76.2,37.3]]]}}}}]}}"#
    )
}

async fn load(db: &Db, kind: Kind, geography: GeographyKind, text: &str) {
    let (rows, problems) = read_file(kind, (geography, "2024"), ("f.csv", text.as_bytes()));
    assert!(problems.is_empty() && !rows.is_empty(), "{problems:?}");
    let facts = LoadFacts {
        kind: kind.as_str(),
        source: "",
        vintage: "2024",
        licence: "",
        file_name: "f.csv",
        digest: &crate::exchange::digest([text.as_bytes()]),
        loaded_ms: 1,
        loaded_by: "test",
        rows: rows.len() as u64,
        problems: &Problems::default(),
    };
    let mut tx = db.write().await.expect("a write");
    let rows = rows.of_district(kind, HERE, "f.csv", &mut Problems::default());
    queries::store(&mut tx, HERE, facts, (&rows, text.as_bytes())).await.expect("stored");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn tiles_and_cells_are_laid_over_areas_and_the_boundary_says_which_are_its_own() {
    harness::each(|db| async move {
        let mut tx = db.write().await.expect("a write");
        crate::account::queries::put_district(&mut tx, HERE, "Shore", false).await.expect("a district");
        tx.commit().await.expect("committed");
        let nothing = read(&db, HERE, true).await.expect("read");
        assert!(nothing.values.is_empty() && nothing.cover.is_empty());

        load(&db, Kind::Boundaries, GeographyKind::BlockGroup, &block_groups()).await;
        load(&db, Kind::Boundaries, GeographyKind::District, &boundary()).await;
        // The tile around 75.8 W, 37.6 N at zoom 16.
        let tiles =
            "quadkey,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n0320103200033023,50000,5000,20,4,2\n";
        load(&db, Kind::Tiles, GeographyKind::BlockGroup, tiles).await;
        let cell =
            "h3_res9_id,providerid,technology,mindown,minup,environmnt\n892a8a0000bffff,1,500,35,3,0\n";
        load(&db, Kind::BdcMobile, GeographyKind::BlockGroup, cell).await;

        let found = read(&db, HERE, true).await.expect("read");
        let value = |area: &str, variable: &str| {
            let it = found.values.iter().find(|v| v.geography.id == area && v.variable == variable);
            it.and_then(|v| v.value)
        };
        assert_eq!(value("510010901001", "speed_down"), Some(50.0));
        assert_eq!(value("510010901002", "speed_down"), None, "nobody tested there");
        assert_eq!(value("510010901002", "mobile_5g"), Some(0.0), "that cell is elsewhere");
        let share = |ground: &Ground, area: &str| {
            let area = Geoid::parse(area).expect("a GEOID");
            ground.cover.of(&area).first().map(|(_, share)| *share)
        };
        assert_eq!(share(&found, "510010901001"), Some(1.0));
        assert!((share(&found, "510010901002").expect("a part") - 0.5).abs() < 0.06);

        let parts = format!("LEAID,BLKGRP,CHILDREN\n{HERE},510010901002,3\n5102710,510010901002,1\n");
        load(&db, Kind::Relationship, GeographyKind::BlockGroup, &parts).await;
        let found = read(&db, HERE, true).await.expect("read");
        assert_eq!(share(&found, "510010901002"), Some(0.75), "the relationship file goes before");
        assert_eq!(share(&found, "510010901001"), None);
        assert!(read(&db, HERE, false).await.expect("read").cover.is_empty(), "the roster says it");
    })
    .await;
}
