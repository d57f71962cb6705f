use super::{HERE, THERE};
use crate::access::Role;
use crate::account::testing::{Browser, Kit, Reply};
use crate::open_data::queries;

const ACS: &[u8] = br#"[["GEO_ID","NAME","B28005_007E","B28005_007M","state","county","tract"],
["1400000US51001090100","Tract 901","12","5","51","001","090100"],
["1400000US51001090200","Tract 902","0","-555555555","51","001","090200"]]"#;
const SQUARE: &[u8] = br#"{"type":"FeatureCollection","features":[{"type":"Feature",
"properties":{"GEOID":"510010901001","NAME":"Block Group 1"},
"geometry":{"type":"Polygon","coordinates":[[[-75.9,37.4],[-75.5,37.4],[-75.5,37.8],[-75.9,37.8],[-75.9,37.4]]]}}]}"#;

async fn kit() -> (Kit, Browser) {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    kit.district(THERE, "Elsewhere").await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    (kit, staff)
}

async fn load(staff: &Browser, kind: &str, more: &[(&str, &str)], bytes: &[u8]) -> Reply {
    let mut fields = vec![("kind", kind), ("vintage", "2022")];
    fields.extend_from_slice(more);
    staff.upload(&format!("/d/{HERE}/data/upload"), &fields, ("file", "f.json", bytes)).await
}

#[tokio::test]
async fn what_is_loaded_is_listed_with_source_and_licence() {
    let (kit, staff) = kit().await;
    assert_eq!(load(&staff, "acs", &[], ACS).await.status, 303);
    let boundaries = load(&staff, "boundaries", &[("geography", "block_group")], SQUARE).await;
    assert_eq!(boundaries.status, 303, "{}", boundaries.body);
    let points = b"number,street,city,state,zip,lon,lat\n12,Main St,Exmore,VA,23350,-75.8,37.5\n";
    assert_eq!(load(&staff, "address_points", &[("source", "E911")], points).await.status, 303);
    let page = staff.get(&format!("/d/{HERE}/data")).await;
    assert_eq!(page.status, 200);
    for words in
        ["American Community Survey", "public domain (U.S. Government)", "2022", "E911", "Block groups"]
    {
        assert!(page.body.contains(words), "{words}");
    }
    let values =
        queries::read_area_values(kit.app.db.read(), HERE, ("tract", "B28005")).await.expect("values");
    let found: Vec<_> = values.iter().map(|v| (v.variable.as_str(), v.value, v.moe)).collect();
    assert_eq!(found, [("B28005_007", Some(12.0), Some(5.0)), ("B28005_007", Some(0.0), Some(0.0))]);
    let again = load(&staff, "acs", &[], ACS).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("loaded before"), "{}", again.body);
    let csv = staff.get(&format!("/d/{HERE}/data.csv")).await;
    assert_eq!(csv.body.lines().count(), 4);
    let stranger = kit.sign_in(Role::Administrator, THERE).await;
    assert_eq!(stranger.get(&format!("/d/{HERE}/data")).await.status, 404);
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    assert!(!analyst.get(&format!("/d/{HERE}/data")).await.body.contains("enctype"));
}

#[tokio::test]
async fn a_file_with_problems_is_stored_only_when_accepted() {
    let (kit, staff) = kit().await;
    let text = String::from_utf8(ACS.to_vec()).expect("text").replace("1400000US51001090200", "5.1E+10");
    let shown = load(&staff, "acs", &[], text.as_bytes()).await;
    assert_eq!(shown.status, 422);
    assert!(shown.body.contains("id=\"problems\""), "{}", shown.body);
    assert!(queries::loads(kit.app.db.read(), HERE).await.expect("loads").is_empty());
    assert_eq!(load(&staff, "acs", &[("accept", "yes")], text.as_bytes()).await.status, 303);
    let loads = queries::loads(kit.app.db.read(), HERE).await.expect("loads");
    assert!(loads[0].problems > 0);
    let csv = staff.get(&format!("/d/{HERE}/data/loads/{}/problems.csv", loads[0].id)).await;
    assert!(csv.body.starts_with("file,line,column,said,wanted\r\n") && csv.body.contains("5.1E+10"));
    let other = kit.sign_in(Role::Coordinator, THERE).await;
    let path = format!("/d/{THERE}/data/loads/{}/problems.csv", loads[0].id);
    assert_eq!(other.get(&path).await.status, 404, "a load of another district");
}

#[tokio::test]
async fn what_is_no_data_is_refused_kind_by_kind() {
    let (kit, staff) = kit().await;
    for kind in super::super::rules::Kind::ALL {
        for bytes in [&b"PK\x03\x04\x00 broken"[..], b"<html>404</html>", b"{}"] {
            let reply = load(&staff, kind.as_str(), &[("accept", "yes")], bytes).await;
            assert_eq!(reply.status, 422, "{kind:?} {}", String::from_utf8_lossy(bytes));
        }
    }
    assert!(queries::loads(kit.app.db.read(), HERE).await.expect("loads").is_empty());
    assert_eq!(load(&staff, "horoscope", &[], ACS).await.status, 400);
}

#[test]
fn every_kind_has_words_in_each_language() {
    let words = crate::words::Words::load().expect("words");
    for language in crate::words::Language::ALL {
        let kinds =
            super::super::rules::Kind::ALL.map(|k| format!("data-kind-{}", k.as_str().replace('_', "-")));
        let places = evenfield_model::GeographyKind::ALL
            .map(|k| format!("data-geography-{}", k.as_str().replace('_', "-")));
        for key in kinds.into_iter().chain(places) {
            assert_ne!(words.text(language, &key, &[]), key, "{language:?}");
        }
    }
}
