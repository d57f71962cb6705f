//! Pages and files of the slice through the whole router, on a fresh database.

mod counted;
mod people;
mod place;

use crate::access::Role;
use crate::db::{harness, now_ms};
use crate::queries::KEPT_RUNS;
use crate::testing::Browser;
use evenfield_model::Measure;
use place::{BLOCK_GROUPS, DISTRICT, SCHOOLS, block_group, kit, made_up, store};

/// The part of a page between two texts.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("no {from} in {page}"));
    let end = page[start..].find(to).unwrap_or_else(|| panic!("no {to} after {from}"));
    &page[start..start + end]
}

/// What a page says, without tags and with single spaces.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut tag = false;
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' => {
                tag = false;
                out.push(' ');
            }
            c if !tag => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// 2026-11-20, noon UTC.
const DAY_MS: i64 = 1_795_176_000_000;

async fn get(browser: &Browser, path: &str) -> String {
    let reply = browser.get(&format!("/d/{DISTRICT}{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.body
}

#[tokio::test]
async fn home_says_the_gap_in_one_sentence_in_both_languages() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    let home = get(&me, "?lang=en").await;
    let mut said = vec![text(between(&home, "<main", "</main>"))];
    let spanish = get(&me, "?lang=es").await;
    said.push(text(between(&spanish, "<main", "</main>")));
    assert!(home.contains("This district is fictional.") && spanish.contains("Este distrito es ficticio."));
    insta::assert_snapshot!("home", said.join("\n\n"));
}

#[tokio::test]
async fn every_page_is_whole_without_an_estimate() {
    let kit = kit().await;
    let me = kit.sign_in(Role::Coordinator, DISTRICT).await;
    for path in [
        "",
        "/gap/map",
        "/gap/table",
        "/gap/district",
        "/gap/schools/s1",
        "/gap/survey",
        "/gap/sections",
        "/methods",
    ] {
        let page = get(&me, path).await;
        assert!(page.contains("</html>") && page.matches("<h1").count() == 1, "{path}");
    }
    let home = text(&get(&me, "").await);
    assert!(home.contains("There is no estimate yet."), "{home}");
    assert!(home.contains("Load the roster: schools, students and classes."), "{home}");
    let csv = get(&me, "/gap/table.csv").await;
    assert_eq!(csv.lines().count(), 1);
    let shapes = get(&me, "/gap/map.geojson?kind=county").await;
    assert!(shapes.contains("\"features\":[]") && shapes.contains("so there are no shapes"), "{shapes}");
}

#[tokio::test]
async fn a_roster_without_addresses_asks_for_them_and_only_who_may_load_them() {
    let kit = kit().await;
    let mut write = kit.app.db.write().await.expect("a write");
    for (id, street, reason) in
        [("a", None, Some("no-address")), ("b", None, None), ("c", Some("1 Elm St"), Some("outside"))]
    {
        sqlx::query(
            "INSERT INTO student (district_id, id, school_id, grade, given_name, family_name, name_key, street, \
             geocode_reason) VALUES ($1, $2, 's1', '04', '', '', '', $3, $4)",
        )
        .bind(DISTRICT)
        .bind(id)
        .bind(street)
        .bind(reason)
        .execute(&mut *write)
        .await
        .expect("a student");
    }
    write.commit().await.expect("stored");
    let said = async |role| text(&get(&kit.sign_in(role, DISTRICT).await, "?lang=en").await);
    let home = said(Role::Coordinator).await;
    assert!(home.contains("Look at 1 address that could not be found on the map."), "{home}");
    assert!(home.contains("or load coordinates: 2 students have neither."), "{home}");
    let home = said(Role::Analyst).await;
    assert!(!home.contains("addresses") && !home.contains("What to do next"), "{home}");
}

#[tokio::test]
async fn no_message_is_missing_on_any_page() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Administrator, DISTRICT).await;
    for language in ["en", "es"] {
        for path in [
            "?",
            "/gap/map?",
            "/gap/table?",
            "/gap/district?",
            "/gap/schools/s3?",
            "/gap/survey?",
            "/gap/sections?school=s3&",
            "/gap/sections/x1?",
            "/methods?",
        ] {
            let said = text(&get(&me, &format!("{path}lang={language}")).await);
            let unfilled = said.split(' ').find(|w| {
                w.starts_with("gap-")
                    || w.starts_with("methods-")
                    || w.starts_with("layout-")
                    || w.starts_with("{$")
            });
            assert_eq!(unfilled, None, "{path} in {language}");
        }
    }
}

#[tokio::test]
async fn a_withheld_figure_has_no_number_anywhere() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;

    let table = get(&me, "/gap/table?kind=school").await;
    let row = text(between(&table, "Island School", "</tr>"));
    assert_eq!(row, "Island School Not shown: too few people or answers");
    let page = get(&me, "/gap/schools/s5").await;
    let rows = between(&page, "<tbody>", "</tbody>");
    assert_eq!(rows.matches("class=\"sup\"").count(), Measure::ALL.len());
    assert!(!rows.contains("class=\"num\"") && !rows.contains("<circle"), "{rows}");

    let csv = get(&me, "/gap/table.csv").await;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut withheld = 0;
    for line in reader.records() {
        let line = line.expect("a line");
        let numbers: Vec<&str> = (6..=16).map(|i| &line[i]).collect();
        if line[17].is_empty() {
            assert!(!numbers[3].is_empty(), "{line:?}");
        } else {
            withheld += 1;
            assert!(numbers.iter().all(|n| n.is_empty()), "{line:?}");
        }
    }
    let wanted = made_up().figures.iter().filter(|f| f.why().is_some()).count();
    assert!(withheld == wanted && withheld >= 2 * Measure::ALL.len(), "{withheld} of {wanted}");

    let geojson: serde_json::Value =
        serde_json::from_str(&get(&me, "/gap/map.geojson?kind=block_group").await).expect("JSON");
    let features = geojson["features"].as_array().expect("features");
    assert_eq!(features.len(), BLOCK_GROUPS);
    let small = features.iter().find(|f| f["id"] == block_group(9).as_str()).expect("the small one");
    insta::assert_snapshot!(
        "withheld_feature",
        serde_json::to_string_pretty(&small["properties"]).expect("text")
    );
}

#[tokio::test]
async fn withheld_figures_stay_last_whichever_way_a_table_is_sorted() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    for sort in ["value", "width", "students"] {
        let order = async |dir: &str| {
            let page = get(&me, &format!("/gap/table?kind=school&sort={sort}&dir={dir}")).await;
            let rows = between(&page, "<tbody>", "</tbody>").to_owned();
            assert_eq!(page.matches("aria-sort=\"none\"").count(), 3);
            let mut at: Vec<(usize, &str)> =
                SCHOOLS.iter().map(|(_, name, _)| (rows.find(name).expect("a school"), *name)).collect();
            at.sort_unstable();
            at.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
        };
        let (up, down) = (order("asc").await, order("desc").await);
        // The small school, and the one that would give it away.
        assert_eq!((&up[3..], &down[3..]), (&["Island School", "Neck Elementary"][..], &up[3..]));
        assert_eq!(up[..3].iter().rev().collect::<Vec<_>>(), down[..3].iter().collect::<Vec<_>>(), "{sort}");
    }
}

#[tokio::test]
async fn a_name_that_a_spreadsheet_would_run_is_defused() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    let csv = get(&me, "/gap/schools/s3/figures.csv").await;
    assert!(csv.contains(",'=Millbrook High,") && !csv.contains(",=Millbrook"), "{csv}");
}

#[tokio::test]
async fn the_map_is_drawn_without_scripts() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    let page = get(&me, "/gap/map?measure=m1&kind=block_group").await;
    let svg = between(&page, "<svg class=\"map-drawing\"", "</svg>");
    assert_eq!(svg.matches("<title>").count(), BLOCK_GROUPS);
    assert!(svg.contains("fill=\"url(#dots)\"") && svg.contains("fill=\"url(#hatch)\""), "{svg}");
    let legend = between(&page, "<ul class=\"legend\">", "</ul>").to_owned();
    insta::assert_snapshot!("legend", text(&legend));
    // Nothing that the content policy would stop.
    assert!(!page.contains("style=") && !page.contains("onclick") && !page.contains("http://"));
}

#[tokio::test]
async fn unknown_choices_are_refused_and_unknown_places_not_found() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    for (path, status) in [
        ("/gap/map?measure=m9", 400),
        ("/gap/table?kind=planet", 400),
        ("/gap/table?sort=secret", 400),
        ("/gap/map.geojson?measure=%27", 400),
        ("/gap/schools/nowhere", 404),
        ("/gap/schools/nowhere/figures.csv", 404),
    ] {
        assert_eq!(me.get(&format!("/d/{DISTRICT}{path}")).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn the_methods_page_explains_every_measure_and_the_rule() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    for (language, rule) in [
        ("en", "it is about fewer than 10 students, or it rests on fewer than 10 answers alone;"),
        ("es", "trata de menos de 10 estudiantes, o se basa solo en menos de 10 respuestas;"),
    ] {
        let page = get(&me, &format!("/methods?lang={language}")).await;
        assert!(text(&page).contains(rule), "{language}");
        for measure in Measure::ALL {
            assert!(page.contains(&format!("<tr id=\"{}\">", measure.code())), "{measure:?}");
        }
        assert!(page.contains("2020-2024"));
    }
}

#[tokio::test]
async fn the_methods_page_names_every_kind_of_data_in_words() {
    let kit = kit().await;
    let run = store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    for kind in evenfield_slice_open_data::rules::Kind::ALL.map(|kind| kind.as_str()) {
        // What a table of the Census goes by is its code; the others give no figures of areas.
        if matches!(
            kind,
            "acs"
                | "relationship"
                | "directory"
                | "membership"
                | "geocodes"
                | "boundaries"
                | "address_points"
        ) {
            continue;
        }
        let json = format!(r#"[{{"kind":"{kind}","source":"x","vintage":"","rows":1}}]"#);
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE estimate_run SET inputs_json = $1 WHERE id = $2")
            .bind(json)
            .bind(&run)
            .execute(&mut *write)
            .await
            .expect("inputs");
        write.commit().await.expect("stored");
        for language in ["en", "es"] {
            let page = get(&me, &format!("/methods?lang={language}")).await;
            let raw = [format!(">{kind}<"), format!("methods-data-{}", kind.replace('_', "-"))];
            assert!(!raw.iter().any(|raw| page.contains(raw.as_str())), "{kind} in {language}");
        }
    }
}

#[tokio::test]
async fn a_run_is_stored_whole_and_the_chances_of_the_one_before_are_deleted() {
    let kit = kit().await;
    let first = store(&kit.app.db, DAY_MS).await;
    let second = store(&kit.app.db, now_ms()).await;
    let db = kit.app.db.read();
    let count = async |sql: &'static str, run: &str| {
        sqlx::query_scalar::<_, i64>(sql).bind(run).fetch_one(db).await.expect("a count")
    };
    let release = made_up();
    for run in [&first, &second] {
        assert_eq!(
            count("SELECT COUNT(*) FROM figure WHERE run_id = $1", run).await,
            release.figures.len() as i64
        );
        assert_eq!(
            count("SELECT COUNT(*) FROM barrier_figure WHERE run_id = $1", run).await,
            release.barriers.len() as i64
        );
    }
    assert_eq!(count("SELECT COUNT(*) FROM student_probability WHERE run_id = $1", &first).await, 0);
    assert_eq!(count("SELECT COUNT(*) FROM student_probability WHERE run_id = $1", &second).await, 2);
    let latest = super::queries::latest_run(db, DISTRICT).await.expect("a run").expect("there is one");
    assert_eq!(latest.id, second);
    // The database itself keeps a withheld figure free of numbers.
    let mut write = kit.app.db.write().await.expect("a write");
    let forged =
        sqlx::query("UPDATE figure SET value = 0.5 WHERE suppressed IS NOT NULL").execute(&mut *write).await;
    assert!(forged.is_err());
}

#[tokio::test]
async fn a_stored_run_reads_back_as_released() {
    let kit = kit().await;
    let run = store(&kit.app.db, DAY_MS).await;
    let read = super::queries::figures(kit.app.db.read(), &run, Default::default()).await.expect("figures");
    let release = made_up();
    assert_eq!(read.len(), release.figures.len());
    for figure in read {
        let wanted = release.figures.iter().find(|f| {
            let r = f.to_record();
            (r.measure, r.geography.kind, &r.geography.id, &r.group)
                == (figure.measure, figure.kind, &figure.id, &figure.group)
        });
        let wanted = wanted.expect("it was released");
        assert_eq!(figure.shown.as_ref().ok(), wanted.published());
        assert_eq!(figure.shown.as_ref().err().copied(), wanted.why());
    }
}

#[tokio::test]
async fn both_databases_store_and_read_the_same() {
    crate::db::harness::each(|db| async move {
        let mut write = db.write().await.expect("a write");
        sqlx::query(
            "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, 'M', '51', 1, 0)",
        )
        .bind(DISTRICT)
        .execute(&mut *write)
        .await
        .expect("a district");
        write.commit().await.expect("a commit");
        let run = store(&db, DAY_MS).await;
        let read = super::queries::figures(db.read(), &run, Default::default()).await.expect("figures");
        assert_eq!(read.len(), made_up().figures.len());
        let of_district = super::queries::Wanted { id: Some(DISTRICT), ..Default::default() };
        let barriers = super::queries::barrier_figures(db.read(), &run, of_district).await.expect("barriers");
        assert_eq!(barriers.len(), made_up().barriers.len());
        let latest =
            super::queries::latest_run(db.read(), DISTRICT).await.expect("a run").expect("there is one");
        assert_eq!((latest.id, latest.inputs[0].rows), (run.clone(), 24));
        assert_eq!(super::queries::choices(db.read(), &run).await.expect("choices").0.len(), 3);
        let known = super::queries::known(db.read(), DISTRICT, (DAY_MS, Default::default()))
            .await
            .expect("what is known");
        assert_eq!((known.run_ms, known.students, known.roster_ms), (Some(DAY_MS - 1_000), 0, None));
        assert!(super::queries::boundary_kinds(db.read(), DISTRICT).await.expect("kinds").is_empty());
    })
    .await;
}

#[tokio::test]
async fn only_the_last_estimates_of_a_district_are_kept() {
    harness::each(|db| async move {
        let mut write = db.write().await.expect("a write");
        for id in [DISTRICT, "5100001"] {
            crate::account::queries::insert_district(&mut write, id, "Shore", false).await.expect("a district");
        }
        sqlx::query(
            "INSERT INTO estimate_run (id, district_id, state, created_ms, finished_ms, seed, rule_json, inputs_json) \
             VALUES ('of another', '5100001', 'done', 0, 0, 1, '{}', '[]')",
        )
        .execute(&mut *write)
        .await
        .expect("a run of another district");
        write.commit().await.expect("a commit");
        let mut runs = Vec::new();
        for n in 0..KEPT_RUNS + 2 {
            runs.push(store(&db, DAY_MS + n).await);
        }
        let mut kept = runs.split_off(2);
        for table in ["figure", "barrier_figure"] {
            let sql = format!("SELECT DISTINCT run_id FROM {table} ORDER BY run_id");
            let left: Vec<String> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(db.read()).await.expect("runs");
            assert_eq!(left, kept, "{table}");
        }
        kept.push("of another".to_owned());
        let left: Vec<String> =
            sqlx::query_scalar("SELECT id FROM estimate_run").fetch_all(db.read()).await.expect("runs");
        assert_eq!(left.len(), kept.len());
        assert!(left.iter().all(|id| kept.contains(id)), "{left:?}");
    })
    .await;
}
