//! Every row with an id in its path, asked in one district with an id that exists in another one only.

use crate::access::Role;
use crate::routes::table;
use crate::testing::{Browser, Kit, Reply};
use sqlx::{AssertSqlSafe, Row};

const A: &str = "5100001";
const B: &str = "5100002";
/// An id of nothing.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";
/// What a form of any row may ask for; each row takes what it knows.
const FORM: [(&str, &str); 4] = [("act", "accept"), ("role", "clerk"), ("term", "2026-fall"), ("scope", "")];

/// Something of each kind in district B. The ids begin with `of-b` so that they are found wherever they leak.
const ROWS: [&str; 23] = [
    "INSERT INTO school (district_id, id, name) VALUES ('5100002', 'of-b-school', 'Beta School')",
    "INSERT INTO student (district_id, id, school_id, grade, given_name, family_name, name_key) VALUES \
     ('5100002', 'of-b-student', 'of-b-school', '05', 'Zelda', 'Family', 'family zelda')",
    "INSERT INTO section (district_id, id, school_id, title) VALUES \
     ('5100002', 'of-b-section', 'of-b-school', 'Beta Class')",
    "INSERT INTO roster_load (id, district_id, digest, file_name, delta, loaded_ms, loaded_by, schools, students, \
     sections, enrollments, staff, added, removed, changed, problems) VALUES ('of-b-roster-load', '5100002', 'd', \
     'beta.zip', 0, 1, 'x', 1, 1, 0, 0, 0, 1, 0, 0, 0)",
    "INSERT INTO roster_staged (district_id, id, staged_ms, expires_ms, staged_by, digest, file_name, review_json) \
     VALUES ('5100002', 'of-b-staged', 1, 99999999999999, 'x', 'd', 'beta.zip', '{\"delta\":false,\"students\":0,\
     \"addresses\":0,\"not_current\":0,\"changes\":{},\"problems\":{}}')",
    "INSERT INTO survey_load (district_id, digest, id, file_name, loaded_ms, loaded_by, answers, problems, problems_json) \
     VALUES ('5100002', 'd', 'of-b-survey-load', 'beta.csv', 1, 'x', 0, 0, '{\"kept\":[],\"found\":0}')",
    "INSERT INTO load (district_id, id, kind, source, vintage, licence, file_name, digest, loaded_ms, loaded_by, \
     row_count, problem_count) VALUES ('5100002', 'of-b-load', 'acs', 's', '2022', 'l', 'beta.csv', 'd', 1, 'x', 0, 0)",
    "INSERT INTO school_line (district_id, school_id, name, enrollment, changed_ms, changed_by) VALUES \
     ('5100002', 'of-b-school', 'Beta School', 1, 1, 'x')",
    "INSERT INTO survey_term (district_id, term, opened_ms) VALUES ('5100002', '2026-fall', 1)",
    "INSERT INTO filter_answer (district_id, id, name, ruling, reason, requests, answered_ms, answered_by) VALUES \
     ('5100002', 'of-b-answer', 'beta.example', 'allow', 'Beta reason', 1, 1, 'x')",
    "INSERT INTO filter_device (district_id, id, device_key, way, label, school_id, enrolled_ms, enrolled_by, changed_ms) \
     VALUES ('5100002', 'of-b-device', 'x', 'token', 'Beta cart', 'of-b-school', 1, 'x', 1)",
    "INSERT INTO edge (district_id, id, name, token_hash, made_ms, made_by) VALUES \
     ('5100002', 'of-b-edge', 'Beta edge', 'x', 1, 'x')",
    "INSERT INTO edge_version (district_id, edge_id, first_ms, last_ms, version) VALUES \
     ('5100002', 'of-b-edge', 1, 2, 0)",
    "INSERT INTO filter_version (district_id, version, digest, created_s, lists_json, settings_id, answers_id) VALUES \
     ('5100002', 987654321, 'of-b-digest', 1, '[]', '', '')",
    "INSERT INTO lending_device (district_id, id, barcode, kind, make, model, funding, condition, location, search_key, \
     state, added_ms, changed_ms, changed_by) VALUES ('5100002', 'of-b-item', 'Beta tag', 'hotspot', 'm', 'm', 'f', 'good', \
     'l', 'beta tag', 'here', 1, 1, 'x')",
    "INSERT INTO lending_loan (district_id, id, device_id, student_id, out_ms, out_by, due_on, renewed) VALUES \
     ('5100002', 'of-b-loan', 'of-b-item', 'of-b-student', 1, 'x', '2027-06-01', 0)",
    "INSERT INTO lending_case (district_id, id, loan_id, student_id, device_id, trouble, said, language, opened_ms, steps, note) \
     VALUES ('5100002', 'of-b-case', 'of-b-loan', 'of-b-student', 'of-b-item', 'slow', 'Beta words', 'en', 1, '', '')",
    "INSERT INTO plan_scenario (district_id, id, name, settings_json, revision, made_ms, changed_ms, changed_by) VALUES \
     ('5100002', 'of-b-scenario', 'Beta scenario', '{\"values\":{}}', 1, 1, 1, 'x')",
    "INSERT INTO carrier_line (district_id, id, iccid, carrier, plan, wanted, wanted_ms, observed, added_ms) VALUES \
     ('5100002', 'of-b-line', '8991101200003204514', 'Beta', 'p', 'parked', 1, 'unknown', 1)",
    "INSERT INTO lending_ranking (district_id, id, made_ms, version, points, inputs, mark) VALUES \
     ('5100002', 'of-b-ranking', 1, 0, 'none 40', '', 'beta mark')",
    "INSERT INTO project (district_id, id, name, manager, begins_on, vision, made_ms, changed_ms, changed_by) VALUES \
     ('5100002', 'of-b-project', 'Beta project', 'Beta manager', '2026-12-01', '', 1, 1, 'x')",
    "INSERT INTO project_entry (district_id, project_id, register, number, values_json, changed_ms, changed_by) VALUES \
     ('5100002', 'of-b-project', 'task', 1, '{\"name\":\"Beta task\",\"days\":\"1\"}', 1, 'x')",
    "INSERT INTO project_report (district_id, project_id, number, from_on, to_on, facts_json, body, drafted_ms, changed_ms) \
     VALUES ('5100002', 'of-b-project', 1, '2026-12-01', '2026-12-14', '{}', 'Beta report', 1, 1)",
];

/// The tables whose rows of B must be as they were.
const KEPT: [&str; 18] = [
    "school",
    "student",
    "roster_load",
    "roster_staged",
    "survey_load",
    "load",
    "account_role",
    "filter_answer",
    "edge",
    "filter_device",
    "lending_device",
    "lending_loan",
    "lending_case",
    "plan_scenario",
    "carrier_line",
    "project",
    "project_entry",
    "project_report",
];

async fn kit() -> (Kit, String) {
    let kit = Kit::new().await;
    kit.district(A, "Alpha").await;
    kit.district(B, "Beta").await;
    let mut write = kit.app.db.write().await.expect("a write");
    for row in ROWS {
        sqlx::query(row).execute(&mut *write).await.expect(row);
    }
    write.commit().await.expect("stored");
    let (_, account) = kit.sign_in_with(&[(B, Role::Clerk)]).await;
    (kit, account)
}

/// How many rows B has in each table.
async fn counts(kit: &Kit) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in KEPT {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE district_id = '{B}'");
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(kit.app.db.read()).await.expect("a count");
        counts.push(row.try_get::<i64, _>(0).expect("a number"));
    }
    counts
}

/// The ids of B that may stand for this parameter.
fn ids<'a>(parameter: &str, account: &'a str) -> Vec<&'a str> {
    match parameter {
        "{school}" => vec!["of-b-school"],
        "{student}" => vec!["of-b-student"],
        "{section}" => vec!["of-b-section"],
        "{staged}" => vec!["of-b-staged"],
        "{load}" => vec!["of-b-roster-load", "of-b-survey-load", "of-b-load"],
        "{account}" => vec![account],
        "{answer}" => vec!["of-b-answer"],
        "{device}" => vec!["of-b-device"],
        "{loan}" => vec!["of-b-loan"],
        "{case}" => vec!["of-b-case"],
        "{line}" => vec!["of-b-line"],
        "{ranking}" => vec!["of-b-ranking"],
        "{item}" => vec!["of-b-item"],
        "{edge}" => vec!["of-b-edge"],
        "{version}" => vec!["987654321"],
        "{scenario}" => vec!["of-b-scenario"],
        "{project}" => vec!["of-b-project"],
        other => panic!("say here which ids {other} stands for, and put one into district B"),
    }
}

async fn both(browser: &Browser, path: &str) -> [Reply; 2] {
    [browser.get(path).await, browser.post(path, &FORM).await]
}

#[tokio::test]
async fn an_id_of_another_district_looks_like_no_id_and_nothing_is_changed() {
    let (kit, account) = kit().await;
    let (alpha, _) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
    let (state, _) = kit.sign_in_with(&[("*", Role::Administrator)]).await;
    let before = counts(&kit).await;
    assert!(before.iter().all(|n| *n > 0), "{before:?}");
    let mut known = 0;
    for row in table().iter().filter(|r| r.path.contains("{district}")) {
        let Some(parameter) = row.path.split('/').find(|p| p.starts_with('{') && *p != "{district}") else {
            continue;
        };
        // What stands below an id is there in the other district.
        let below = row.path.replace("{register}", "task").replace("{report}", "1");
        let path = |district: &str, id: &str| below.replace("{district}", district).replace(parameter, id);
        let none = both(&alpha, &path(A, NOTHING)).await;
        for id in ids(parameter, &account) {
            let theirs = both(&alpha, &path(A, id)).await;
            for (theirs, none) in theirs.iter().zip(&none) {
                assert_eq!(theirs.status, none.status, "{} {id}", row.path);
                assert!(theirs.status >= 400, "{} {id}: {}", row.path, theirs.status);
                assert_eq!(theirs.body.replace(id, NOTHING), none.body, "{} {id}", row.path);
            }
            // Whoever may see both districts finds it in the other one: it was there to be found.
            known += u32::from(state.get(&path(B, id)).await.status == 200);
        }
    }
    assert!(known >= 5, "only {known} of the rows were found in their own district");
    assert_eq!(counts(&kit).await, before);
}

#[tokio::test]
async fn a_filter_that_names_another_districts_school_or_term_finds_nothing() {
    let (kit, _) = kit().await;
    let (alpha, _) = kit.sign_in_with(&[(A, Role::Administrator)]).await;
    for row in table().iter().filter(|r| r.path.matches('{').count() == 1 && r.path.contains("{district}")) {
        let path = row.path.replace("{district}", A);
        let asked = "school=of-b-school&q=family&term=2026-fall&id=of-b-school&kind=school&only=";
        let reply = alpha.get(&format!("{path}?{asked}")).await;
        assert!(reply.status < 500, "{path}: {}", reply.status);
        for secret in ["Beta", "of-b-student", "Zelda", "beta.csv", "beta.zip"] {
            assert!(!reply.body.contains(secret), "{path} tells {secret}");
        }
    }
}
