//! Every kind of file in the shapes that it is published in, through the upload of the data page.

use super::HERE;
use crate::access::Role;
use crate::queries;
use crate::testing::Kit;
use std::io::Write;

const ACS_API: &str = r#"[["NAME","GEO_ID","B28005_002E","B28005_002M","B28005_004E","B28005_004M","B28005_006E","B28005_006M","B28005_007E","B28005_007M","B28005_007EA","state","county","tract"],
["Tract 901","1400000US51001090100","600","80","0","-555555555","50","20","30","15",null,"51","001","090100"],
["Tract 902","1400000US51001090200","0","-222222222","0","12","0","12","-666666666","-222222222",null,"51","001","090200"]]"#;
const ACS_CSV: &str = "\u{feff}\"GEO_ID\",\"NAME\",\"B28002_001E\",\"B28002_001M\",\"B28002_013E\",\"B28002_013M\",\r
\"Geography\",\"Geographic Area Name\",\"Estimate!!Total:\",\"Margin of Error!!Total:\",\"Estimate!!Total:!!No Internet access\",\"Margin of Error!!Total:!!No Internet access\",\r
\"1500000US510010901001\",\"Block Group 1; Census Tract 901; Accomack County; Virginia\",\"500\",\"60\",\"75\",\"***\",\r
\"1500000US510010901002\",\"Block Group 2; Census Tract 901; Accomack County; Virginia\",\"-\",\"**\",\"0\",\"*****\",\r\n";
const ACS_COMPUTERS: &str =
    "GEO_ID|B28003_E001|B28003_M001|B28003_E006|B28003_M006\n1400000US51001090100|400|30|40|12\n";
const ACS_TYPES: &str = r#"[["B28011_001E","B28011_001M","B28011_004E","B28011_004M","state","county"],["14000","300","9000","400","51","001"]]"#;
const FIXED: &str = "frn,provider_id,brand_name,location_id,technology,max_advertised_download_speed,max_advertised_upload_speed,low_latency,business_residential_code,state_usps,block_geoid,h3_res8_id
0001,130,Cable,1000000001,40,1000,35,1,X,VA,510010901001000,882aabc123fffff
0002,131,Sky,1000000002,61,220,25,1,R,VA,510010901001001,882aabc123fffff\n";
const TOPOLOGY: &str = r#"{"type":"Topology","objects":{"tracts":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]],
"properties":{"GEOID":"51001090100","NAME":"901"}}]}},"arcs":[[[-75.9,37.4],[-75.5,37.4],[-75.5,37.8],[-75.9,37.8],[-75.9,37.4]]]}"#;
const GEOCODE: &str = "510006000001|5100060|ARCADIA HIGH|51|1 X RD|OAK HALL|VA|23416|51|51001|Accomack County|42|37.9|-75.5|N|N|0|N|N|5102|51100|51006|2023-2024\n";
const TILES: &str =
    "quadkey,tile,tile_x,tile_y,avg_d_kbps,avg_u_kbps,avg_lat_ms,avg_lat_down_ms,avg_lat_up_ms,tests,devices
0320103200033023,\"POLYGON((0 0,1 0,1 1,0 0))\",-75.8,37.6,50000,5000,20,,,4,2\n";
const NDT7: &str = r#"{"AppInfo":{"ElapsedTime":10000000,"NumBytes":31250000},"ConnectionInfo":{"UUID":"a"},"Origin":"client","Test":"download"}"#;
const LONG: &str =
    "geoid,year,measure,value,moe,region_type\n510010901001,2021,income,40000,5000,block group\n";

#[tokio::test]
async fn every_shape_is_taken() {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let files = [
        ("acs", "acs5_2023_B28005.json", ACS_API),
        ("acs", "ACSDT5Y2023.B28002-Data.csv", ACS_CSV),
        ("acs", "acsdt5y2023-b28003.dat", ACS_COMPUTERS),
        ("acs", "acs5_2023_B28011.json", ACS_TYPES),
        ("bdc_fixed", "bdc_51_Cable_fixed_broadband.csv", FIXED),
        ("boundaries", "tracts.topojson", TOPOLOGY),
        ("geocodes", "EDGE_GEOCODE_PUBLICSCH_2324.TXT", GEOCODE),
        ("tiles", "2024-07-01_performance_fixed_tiles.csv", TILES),
        ("ndt7", "ndt7.jsonl", NDT7),
        ("area_table", "income.csv", LONG),
    ];
    for (kind, name, text) in files {
        let fields = [("kind", kind), ("vintage", "2023"), ("geography", "tract")];
        let reply =
            staff.upload(&format!("/d/{HERE}/data/upload"), &fields, ("file", name, text.as_bytes())).await;
        assert_eq!(reply.status, 303, "{name}: {}", reply.body);
    }
    // A boundary in an archive is read as the boundary alone.
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("tracts.topojson", zip::write::SimpleFileOptions::default()).expect("a member");
    zip.write_all(TOPOLOGY.as_bytes()).expect("written");
    let zip = zip.finish().expect("an archive").into_inner();
    let fields = [("kind", "boundaries"), ("vintage", "2024"), ("geography", "tract")];
    let reply = staff.upload(&format!("/d/{HERE}/data/upload"), &fields, ("file", "tracts.zip", &zip)).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let loads = queries::loads(kit.app.db.read(), HERE).await.expect("loads");
    assert_eq!(loads.len(), files.len() + 1);
    assert!(loads.iter().all(|load| load.rows > 0 && load.problems == 0), "{loads:?}");
    let read = async |kind: &str, source: &str, id: &str, variable: &str| {
        let all = queries::read_area_values(kit.app.db.read(), HERE, (kind, source)).await.expect("values");
        let found = all.into_iter().find(|v| v.id == id && v.variable == variable).expect(variable);
        (found.value, found.moe)
    };
    assert_eq!(
        read("tract", "B28005", "51001090100", "B28005_004").await,
        (Some(0.0), Some(0.0)),
        "controlled"
    );
    assert_eq!(
        read("tract", "B28005", "51001090200", "B28005_007").await,
        (None, None),
        "no estimate, no margin"
    );
    assert_eq!(read("block_group", "B28002", "510010901001", "B28002_013").await, (Some(75.0), None));
    assert_eq!(read("block_group", "B28002", "510010901002", "B28002_001").await.0, None);
    assert_eq!(read("county", "B28011", "51001", "B28011_004").await, (Some(9000.0), Some(400.0)));
    assert_eq!(read("block_group", "bdc_fixed", "510010901001", "wired_100_20").await.0, Some(1.0));
}
