use super::{HERE, THERE};
use crate::access::Role;
use crate::queries;
use crate::testing::{Browser, Kit, Reply};

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
    let points = b"number,street,city,state,zip,lon,lat\n12,Main St,Exmore,VA,23350,-75.8,37.5\n\
        14,Main St,Exmore,VA,23350,,\n";
    assert_eq!(load(&staff, "address_points", &[("source", "E911")], points).await.status, 303);
    let page = staff.get(&format!("/d/{HERE}/data")).await;
    assert_eq!(page.status, 200);
    for words in [
        "American Community Survey",
        "public domain (U.S. Government)",
        "2022",
        "E911",
        "Block groups",
        "(1 cell without",
    ] {
        assert!(page.body.contains(words), "{words}");
    }
    let values =
        queries::read_area_values(kit.app.db.read(), HERE, ("tract", "B28005")).await.expect("values");
    let found: Vec<_> = values.iter().map(|v| (v.variable.as_str(), v.value, v.moe)).collect();
    assert_eq!(found, [("B28005_007", Some(12.0), Some(5.0)), ("B28005_007", Some(0.0), Some(0.0))]);
    let again = load(&staff, "boundaries", &[("geography", "block_group")], SQUARE).await;
    assert_eq!(again.status, 422, "the same as the same");
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
async fn columns_of_a_wide_table_are_taken_as_the_form_names_them() {
    let (kit, staff) = kit().await;
    let table =
        b"area,year,hhincE,hhincM,kids\n510010901001,2021,40000,500,7\n510010901001,2022,41000,600,\n\
        510010901002,2022,52000,,9\n";
    let named =
        [("geography", "block_group"), ("id", "area"), ("columns", "hhincE = income\nkids = children")];
    let twice = load(&staff, "wide_table", &named, table).await;
    assert!(twice.status == 422 && twice.body.contains("each area once"), "{}", twice.body);
    let of_2022 = [&named[..], &[("year", "2022")]].concat();
    let reply = load(&staff, "wide_table", &of_2022, table).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let values =
        queries::read_area_values(kit.app.db.read(), HERE, ("block_group", "")).await.expect("values");
    let found: Vec<_> =
        values.iter().map(|v| (&v.id[11..], v.variable.as_str(), v.value.expect("a value"), v.moe)).collect();
    let wanted =
        [("1", "income", 41000.0, Some(600.0)), ("2", "children", 9.0, None), ("2", "income", 52000.0, None)];
    assert_eq!(found, wanted);
    let listed = &queries::loads(kit.app.db.read(), HERE).await.expect("loads")[0];
    assert_eq!((listed.rows, listed.problems), (3, 0));
    assert_eq!(load(&staff, "wide_table", &of_2022, table).await.status, 422, "loaded before");
    assert_eq!(
        load(
            &staff,
            "wide_table",
            &[&of_2022[..2], &[("columns", "kids"), ("year", "2022")]].concat(),
            table
        )
        .await
        .status,
        303
    );
    for (field, wrong) in [("columns", "="), ("year", "MMXXII")] {
        assert_eq!(load(&staff, "wide_table", &[(field, wrong)], table).await.status, 400, "{field}");
    }
}

#[tokio::test]
async fn measures_of_a_long_table_and_properties_of_boundaries_are_taken_as_the_form_names_them() {
    let (kit, staff) = kit().await;
    let table = b"geoid,year,measure,value\n510010901001,2021,hhs,1\n510010901001,2022,hhs,2\n510010901001,2022,x,9\n";
    let named = [("columns", "hhs = B28002_001"), ("year", "2022")];
    assert_eq!(load(&staff, "area_table", &named, table).await.status, 303);
    let values =
        queries::read_area_values(kit.app.db.read(), HERE, ("block_group", "")).await.expect("values");
    let found: Vec<_> = values.iter().map(|v| (v.source.as_str(), v.variable.as_str(), v.value)).collect();
    assert_eq!(found, [("B28002", "B28002_001", Some(2.0))]);
    assert_eq!(load(&staff, "area_table", &named, table).await.status, 422, "loaded before");
    let refused = load(&staff, "area_table", &[("columns", "households")], table).await;
    assert!(refused.status == 422 && refused.body.contains("it has hhs, x"), "{}", refused.body);

    let square = String::from_utf8(SQUARE.to_vec()).expect("text");
    let square = square.replace("GEOID", "CODE").replace("NAME", "WORDS");
    let refused = load(&staff, "boundaries", &[], square.as_bytes()).await;
    assert!(
        refused.status == 422 && refused.body.contains("an id in one of the properties"),
        "{}",
        refused.body
    );
    let named = [("id", "CODE"), ("name", "WORDS")];
    let reply = load(&staff, "boundaries", &named, square.as_bytes()).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let found = queries::read_boundaries(kit.app.db.read(), HERE, "block_group").await.expect("boundaries");
    assert_eq!((found[0].id.as_str(), found[0].name.as_str()), ("510010901001", "Block Group 1"));
    let form = staff.get(&format!("/d/{HERE}/data")).await.body;
    assert!(form.contains("name=\"id\"") && form.contains("name=\"name\""), "{form}");
}

#[tokio::test]
async fn a_column_of_block_groups_without_their_zeros_is_refused() {
    let kit = Kit::new().await;
    kit.district("0100005", "Albertville").await;
    let staff = kit.sign_in(Role::Coordinator, "0100005").await;
    let path = "/d/0100005/data/upload";
    let long = b"geoid,measure,value\n10010201001,a,1\n10010201002,a,2\n";
    let acs = b"GEO_ID,B28002_001E,B28002_001M\n10010201001,9,1\n10010201002,9,1\n";
    for (kind, bytes) in [("area_table", &long[..]), ("acs", acs)] {
        let fields = [("kind", kind), ("vintage", "2022"), ("accept", "yes")];
        let reply = staff.upload(path, &fields, ("file", "t.csv", bytes)).await;
        assert_eq!(reply.status, 422, "{kind}");
        assert!(
            reply.body.contains("dropped the leading zero") && reply.body.contains("10010201002"),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn problems_are_said_in_the_readers_language_and_english_is_marked_as_such() {
    let (_kit, staff) = kit().await;
    let table = b"geoid,measure,value\n1001,a,1\n51001,a,one\n99999999,a,1\n";
    let english = load(&staff, "area_table", &[], table).await.body;
    assert!(english.contains("dropped its leading zero") && !english.contains("<td lang="), "{english}");
    staff.get(&format!("/d/{HERE}/data?lang=es")).await;
    let spanish = load(&staff, "area_table", &[], table).await.body;
    assert!(
        spanish.contains("una hoja de cálculo lo quitó") && spanish.contains("<td>un número</td>"),
        "{spanish}"
    );
    assert!(!spanish.contains("<td lang="), "all of these have words: {spanish}");
    let boundary =
        load(&staff, "boundaries", &[], br#"{"type":"FeatureCollection","features":[3]}"#).await.body;
    assert!(
        boundary.contains("<td lang=\"en\">") && boundary.contains("solo existen en inglés"),
        "{boundary}"
    );
}

#[tokio::test]
async fn the_years_of_a_long_table_are_named_and_one_is_taken() {
    let (kit, staff) = kit().await;
    let table = b"geoid,year,measure,value\n510010901001,2021,income,1\n510010901001,2022,income,2\n";
    let refused = load(&staff, "area_table", &[], table).await;
    assert!(refused.status == 422 && refused.body.contains("2021, 2022"), "{}", refused.body);
    assert_eq!(load(&staff, "area_table", &[("accept", "yes")], table).await.status, 303);
    let value = async || {
        let all = queries::read_area_values(kit.app.db.read(), HERE, ("block_group", "")).await;
        all.expect("values").iter().map(|v| (v.vintage.clone(), v.value)).collect::<Vec<_>>()
    };
    assert_eq!(value().await, [("2022".to_owned(), Some(2.0))], "the newest");
    assert_eq!(load(&staff, "area_table", &[("year", "2021")], table).await.status, 303);
    assert_eq!(value().await.first(), Some(&("2021".to_owned(), Some(1.0))), "the year that was asked for");
}

#[tokio::test]
async fn a_load_is_removed_after_a_page_that_asks_and_put_back() {
    let (kit, staff) = kit().await;
    assert_eq!(load(&staff, "acs", &[], ACS).await.status, 303);
    let id = queries::loads(kit.app.db.read(), HERE).await.expect("loads")[0].id.clone();
    let path = |act: &str| format!("/d/{HERE}/data/loads/{id}/{act}");
    let values = async || {
        queries::read_area_values(kit.app.db.read(), HERE, ("tract", "")).await.expect("values").len()
    };
    assert!(staff.get(&format!("/d/{HERE}/data")).await.body.contains(&path("remove")));
    let page = staff.get(&path("remove")).await;
    assert!(page.status == 200 && page.body.contains("2 rows") && page.body.contains("Remove it"));
    assert_eq!(values().await, 2, "asking changes nothing");
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE job SET state = 'done'").execute(&mut *write).await.expect("an estimate made");
    write.commit().await.expect("stored");
    assert_eq!(staff.post(&path("put-back"), &[]).await.status, 404, "it counts");
    assert_eq!(staff.post(&path("remove"), &[]).await.status, 303);
    assert_eq!((values().await, staff.post(&path("remove"), &[]).await.status), (0, 404));
    assert!(crate::jobs::estimate::awaited(kit.app.db.read(), HERE).await.expect("jobs").is_some());
    let body = staff.get(&format!("/d/{HERE}/data")).await.body;
    assert!(body.contains("Removed 20") && body.contains(&path("put-back")), "{body}");
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    assert_eq!(analyst.get(&path("remove")).await.status, 403);
    assert_eq!(staff.post(&path("put-back"), &[]).await.status, 303);
    assert_eq!(values().await, 2);
    let acts: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_entry WHERE subject_id = $1 ORDER BY seq")
            .bind(&id)
            .fetch_all(kit.app.db.read())
            .await
            .expect("the audit log");
    assert_eq!(acts, ["data.load", "data.remove", "data.put-back"]);
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

async fn load_named(staff: &Browser, kind: &str, name: &str, text: &str) {
    let fields = [("kind", kind), ("vintage", "2023")];
    let path = format!("/d/{HERE}/data/upload");
    let reply = staff.upload(&path, &fields, ("file", name, text.as_bytes())).await;
    assert_eq!(reply.status, 303, "{kind} {}", reply.body);
}

#[tokio::test]
async fn the_page_says_which_areas_belong_and_what_each_load_is_used_for() {
    let (_kit, staff) = kit().await;
    let page = async || staff.get(&format!("/d/{HERE}/data")).await.body;
    assert!(page().await.contains("every area that was loaded counts"));
    let square = String::from_utf8(SQUARE.to_vec()).expect("text");
    load_named(&staff, "boundaries", "bg.geojson", &square).await;
    assert!(page().await.contains("every area that was loaded counts"), "no boundary of the district yet");
    let own = square.replace("510010901001", HERE);
    let fields = [("geography", "district")];
    assert_eq!(load(&staff, "boundaries", &fields, own.as_bytes()).await.status, 303);
    assert!(page().await.contains("boundary decides"));
    let parts = format!("LEAID,BLKGRP,LANDAREA\n{HERE},510010901001,3\n{THERE},510010901002,1\n");
    load_named(&staff, "relationship", "parts.csv", &parts).await;
    let body = page().await;
    assert!(body.contains("The relationship file decides: 3 block groups"), "{body}");
    assert!(body.contains("Which areas belong to the district, and with which share"));
    let others = format!("LEAID,BLKGRP,LANDAREA\n{THERE},510010901002,1\n");
    let reply = load(&staff, "relationship", &[("accept", "yes")], others.as_bytes()).await;
    assert!(reply.status == 422 && reply.body.contains("this file has only others"), "{}", reply.body);
}

#[tokio::test]
async fn availability_is_stored_by_area_and_by_cell() {
    let (kit, staff) = kit().await;
    let blocks = "BlockCode,resproviders,bb253_num,bbmax_dl,bbmax_up\n510010901001000,2,1,100,10\n510010901001001,1,0,10,1\n";
    load_named(&staff, "form477", "f.csv", blocks).await;
    let read = async |variable: &str| {
        let all = queries::read_area_values(kit.app.db.read(), HERE, ("block_group", "form477"))
            .await
            .expect("values");
        all.into_iter().find(|v| v.variable == variable).and_then(|v| v.value)
    };
    assert_eq!(read("form477_blocks_served").await, Some(0.5));
    assert_eq!(read("form477_providers").await, Some(1.5));
    let cell = |provider: u64, down: u64| {
        format!(
            "h3_res9_id,providerid,technology,mindown,minup,environmnt\n892a8a0000bffff,{provider},500,{down},3,0\n"
        )
    };
    load_named(&staff, "bdc_mobile", "m1.csv", &cell(1, 35)).await;
    load_named(&staff, "bdc_mobile", "m2.csv", &cell(2, 7)).await;
    let cells = queries::read_mobile_cells(kit.app.db.read(), HERE).await.expect("cells");
    assert_eq!(cells.iter().map(|c| c.down).collect::<Vec<_>>(), [35.0], "the faster provider's claim stays");
}

#[tokio::test]
async fn schools_of_nces_are_compared_and_speed_tests_summed_up() {
    let (kit, staff) = kit().await;
    let district =
        format!("LEAID,LEA_NAME,SY_STATUS\n{HERE},Shore County Public Schools,1\n{THERE},Other,1\n");
    load_named(&staff, "directory", "lea.csv", &district).await;
    let schools = format!(
        "NCESSCH,LEAID,SCH_NAME,SY_STATUS\n{HERE}00001,{HERE},Shore High,1\n{HERE}00002,{HERE},Old Elementary,2\n\
         {THERE}00001,{THERE},Elsewhere High,1\n"
    );
    load_named(&staff, "directory", "sch.csv", &schools).await;
    let members = format!(
        "LEAID,NCESSCH,GRADE,STUDENT_COUNT,TOTAL_INDICATOR\n{HERE},{HERE}00001,No Category Codes,1234,Education Unit Total\n\
         {THERE},{THERE}00001,No Category Codes,99,Education Unit Total\n"
    );
    load_named(&staff, "membership", "m.csv", &members).await;
    let body = staff.get(&format!("/d/{HERE}/data")).await.body;
    for words in ["Shore High", "Old Elementary", "Not open", "1,234"] {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert!(!body.contains("Elsewhere High"), "a school of another district");
    let csv = staff.get(&format!("/d/{HERE}/data/schools.csv")).await.body;
    assert!(csv.contains(&format!("{HERE}00001,Shore High,open,unknown,1234,")), "{csv}");
    let names = evenfield_slice_gap::queries::names(
        kit.app.db.read(),
        HERE,
        evenfield_model::GeographyKind::District,
    );
    assert_eq!(names.await.expect("names")[HERE], "Shore County Public Schools");

    let tests = |n: usize| {
        let rows = (0..n).map(|i| format!("t{i},{},10,0\n", 10 * (i + 1)));
        format!("id,MeanThroughputMbps,MinRTT,LossRate\n{}", rows.collect::<String>())
    };
    load_named(&staff, "ndt7", "few.csv", &tests(3)).await;
    assert!(!staff.get(&format!("/d/{HERE}/data")).await.body.contains("downloads were measured"));
    load_named(&staff, "ndt7", "more.csv", &tests(9)).await;
    let body = staff.get(&format!("/d/{HERE}/data")).await.body;
    // 10 to 30 and 10 to 90: the median of twelve is 35, and four are below 25.
    assert!(
        body.contains("12 downloads were measured, with a median of 35.0 Mbps. 33% were below 25 Mbps."),
        "{body}"
    );
}

#[test]
fn every_kind_has_words_in_each_language() {
    let words = crate::words::Words::load().expect("words");
    for language in crate::words::Language::ALL {
        let kinds = super::super::rules::Kind::ALL.into_iter().flat_map(|k| {
            ["kind", "use"].map(|what| format!("data-{what}-{}", k.as_str().replace('_', "-")))
        });
        let places = evenfield_model::GeographyKind::ALL
            .map(|k| format!("data-geography-{}", k.as_str().replace('_', "-")));
        for key in kinds.chain(places) {
            assert_ne!(words.text(language, &key, &[]), key, "{language:?}");
        }
    }
}
