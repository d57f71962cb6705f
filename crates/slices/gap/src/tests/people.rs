//! Sections for their teachers, the survey by itself, and districts side by side.

use super::super::queries;
use super::place::{DISTRICT, SECTIONS, estimate, kit, sections, store, survey};
use super::{DAY_MS, between, get, text};
use crate::access::Role;
use crate::db::{Db, Write, harness};
use crate::queries::{NewRun, store_run};
use crate::testing::Kit;
use evenfield_gap::estimate::Estimate;
use evenfield_gap::publish::{PublishRule, release};
use evenfield_model::{GeographyKind, Measure};

const OTHER: &str = "5199998";
const SMALL: &str = "5199997";

/// Says that the person with this e-mail teaches this section.
async fn teaches(write: &mut Write, email: &str, section: &str) {
    sqlx::query(
        "INSERT INTO staff (district_id, id, given_name, family_name, email) VALUES ($1, $2, 'T', 'T', $3)",
    )
    .bind(DISTRICT)
    .bind(email)
    .bind(email)
    .execute(&mut **write)
    .await
    .expect("a teacher");
    sqlx::query(
        "INSERT INTO enrollment (district_id, section_id, person_id, teaches) VALUES ($1, $2, $3, 1)",
    )
    .bind(DISTRICT)
    .bind(section)
    .bind(email)
    .execute(&mut **write)
    .await
    .expect("a class");
}

#[tokio::test]
async fn a_teacher_sees_her_own_sections_and_every_look_is_written_down() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let (teacher, id) = kit.sign_in_with(&[(DISTRICT, Role::Teacher)]).await;
    let none = text(&get(&teacher, "/gap/sections").await);
    assert!(none.contains("The roster names no class that you teach."), "{none}");

    let mut write = kit.app.db.write().await.expect("a write");
    // As a roster's is stored: without spaces, in small letters.
    teaches(&mut write, &format!("{id}@example.org"), "x1").await;
    write.commit().await.expect("stored");
    let list = text(&get(&teacher, "/gap/sections").await);
    assert!(list.contains("Algebra 40% 32%–48%"), "{list}");
    assert!(SECTIONS[1..].iter().all(|s| !list.contains(s.1)), "{list}");
    let one = text(&get(&teacher, "/gap/sections/x1").await);
    assert!(one.contains("40% of students (between 32% and 48%)"), "{one}");
    let csv = get(&teacher, "/gap/sections/x1/figures.csv").await;
    assert!(
        csv.contains("m1,,section,x1,Algebra,all,31,students,12,0.4,0.32,0.48,0.05,students,,,combined,"),
        "{csv}"
    );

    // Nobody else's, not even by its address.
    for (path, status) in
        [("/gap/sections/x2", 404), ("/gap/sections/x2/figures.csv", 404), ("/gap/sections?school=s3", 403)]
    {
        assert_eq!(teacher.get(&format!("/d/{DISTRICT}{path}")).await.status, status, "{path}");
    }
    let looks: Vec<(String, String)> = sqlx::query_as(
        "SELECT action, subject_id FROM audit_entry WHERE account_id = $1 AND subject_kind = 'section' ORDER BY seq",
    )
    .bind(&id)
    .fetch_all(kit.app.db.read())
    .await
    .expect("the log");
    let looks: Vec<(&str, &str)> = looks.iter().map(|(a, s)| (a.as_str(), s.as_str())).collect();
    let wanted =
        [("section.list", ""), ("section.list", ""), ("section.see", "x1"), ("section.download", "x1")];
    assert_eq!(looks, wanted);
}

#[tokio::test]
async fn who_runs_the_programme_sees_any_section_and_nobody_finds_one_in_the_public_files() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let coordinator = kit.sign_in(Role::Coordinator, DISTRICT).await;
    let list = text(&get(&coordinator, "/gap/sections?school=s3").await);
    assert!(list.contains("Biology 50%"), "{list}");
    assert!(list.contains("Latin Not shown: too few people or answers"), "{list}");
    for role in [Role::Analyst, Role::Clerk, Role::Partner, Role::Transport] {
        let browser = kit.sign_in(role, DISTRICT).await;
        assert_eq!(browser.get(&format!("/d/{DISTRICT}/gap/sections/x1")).await.status, 403, "{role:?}");
    }
    for path in [
        "/gap/table.csv",
        "/gap/table.csv?kind=section",
        "/gap/map.geojson?kind=section",
        "/gap/table?kind=section",
    ] {
        let file = get(&coordinator, path).await;
        assert!(!file.contains("Algebra") && !file.contains(",x1,"), "{path}: {file}");
    }
}

#[tokio::test]
async fn the_survey_by_itself_is_shown_with_what_would_change_it() {
    let kit = kit().await;
    store(&kit.app.db, DAY_MS).await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    let page = get(&me, "/gap/survey?measure=m1&lang=en").await;
    let row = text(between(&page, "No Internet subscription or no computer</th>", "</tr>"));
    // 1,551 answers at a design effect of 1.5.
    assert!(row.contains("20.0% (between 18.2% and 21.8%)") && row.ends_with("1,551 1.50 1,034"), "{row}");
    let said = text(&page);
    assert!(said.contains("Students with an answer 1,600 (41%)"), "{said}");
    // 40% answered: with twice the chance 0.4 * 20% + 0.6 * 40% = 32%.
    assert!(said.contains("2 times as likely 32%") && said.contains("1 times as likely 20%"), "{said}");
    assert!(said.contains("only if students without an answer are at least"), "{said}");
    let slow = get(&me, "/gap/survey?measure=m4a").await;
    let row = between(&slow, "Slower than 25/3 Mbps</th>", "</tr>");
    assert!(text(row).contains("Not shown: too few people or answers") && !row.contains(">9<"), "{row}");
    assert!(text(&slow).contains("there is no share of the survey to start from"), "nothing to shift");

    let csv = get(&me, "/gap/survey.csv").await;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let lines: Vec<csv::StringRecord> = reader.records().map(|l| l.expect("a line")).collect();
    assert_eq!((&lines[0][0], &lines[0][3], &lines[0][4], &lines[0][21]), ("m1", "1551", "0.2", "0.320"));
    assert_eq!((&lines[1][0], &lines[1][3], &lines[1][4], &lines[1][16]), ("m4a", "", "", "primary"));
    assert!(lines[1].iter().skip(17).all(str::is_empty), "{:?}", lines[1]);
}

/// Stores an estimate with one figure of the district as a whole.
async fn store_one(db: &Db, district: &str, share: (f64, u32)) {
    let whole =
        estimate(Measure::M1NoSubscriptionOrComputer, GeographyKind::District, district, "all", share);
    let whole = Estimate { se: 0.01, low90: share.0 - 0.016, high90: share.0 + 0.016, ..whole };
    let released = release(&[whole], &[], &[], &PublishRule::default()).expect("a rule");
    let run = NewRun {
        district_id: district,
        created_ms: DAY_MS,
        finished_ms: DAY_MS,
        seed: 1,
        rule: PublishRule::default(),
        inputs: &[],
        sections: &[],
        survey: None,
    };
    let mut write = db.write().await.expect("a write");
    store_run(&mut write, &run, &released, &[]).await.expect("stored");
    write.commit().await.expect("a commit");
}

async fn three_districts() -> Kit {
    let kit = Kit::new().await;
    for (id, name, share) in
        [(DISTRICT, "Alpha", (0.2, 3_000)), (OTHER, "Beta", (0.3, 1_000)), (SMALL, "Gamma", (0.5, 8))]
    {
        kit.district(id, name).await;
        store_one(&kit.app.db, id, share).await;
    }
    kit
}

#[tokio::test]
async fn districts_stand_side_by_side_and_the_total_gives_none_away() {
    let kit = three_districts().await;
    let state = kit.sign_in(Role::Analyst, "*").await;
    let page = text(&state.get("/state?lang=en").await.body);
    // (3,000 * 0.2 + 1,000 * 0.3) / 4,000 = 22.5%; errors 0.01 each: sqrt(30^2 + 10^2) / 4,000 = 0.8 points.
    assert!(page.contains("About 900 of 4,000 students (22.5%, between 21.1% and 23.9%)"), "{page}");
    assert!(page.contains("together: 2 of 3."), "{page}");
    assert!(page.contains("it would be between 20.8% and 24.2%"), "{page}");
    assert!(page.contains("Gamma Not shown: too few people or answers"), "{page}");
    let csv = state.get("/state.csv?measure=m1").await.body;
    assert!(
        csv.contains("Beta,all,1000,") && csv.contains("district,5199997,Gamma,all,,,,,,,,,,,,primary"),
        "{csv}"
    );

    let one = kit.sign_in(Role::Analyst, OTHER).await;
    let page = text(&one.get("/state?lang=en").await.body);
    assert!(page.contains("Beta") && !page.contains("Alpha") && !page.contains("together"), "{page}");
    let csv = one.get("/state.csv").await.body;
    assert!(!csv.contains("Alpha") && !csv.contains("Gamma"), "{csv}");
    assert_eq!(kit.browser().get("/state").await.status, 303);
}

#[tokio::test]
async fn both_databases_answer_for_sections_surveys_and_districts() {
    harness::each(|db| async move {
        let mut write = db.write().await.expect("a write");
        sqlx::query(
            "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, 'M', '51', 1, 0)",
        )
        .bind(DISTRICT)
        .execute(&mut *write)
        .await
        .expect("a district");
        sqlx::query(
            "INSERT INTO account (id, email, name, created_ms) VALUES ('t', 't@example.org', 'T', 0)",
        )
        .execute(&mut *write)
        .await
        .expect("an account");
        sqlx::query("INSERT INTO section (district_id, id, school_id, title) VALUES ($1, 'x1', 's1', 'Art')")
            .bind(DISTRICT)
            .execute(&mut *write)
            .await
            .expect("a section");
        teaches(&mut write, "t@example.org", "x1").await;
        write.commit().await.expect("a commit");
        store(&db, DAY_MS - 5_000).await;
        let run = store(&db, DAY_MS).await;
        let db = db.read();
        let taught = queries::sections_taught(db, DISTRICT, "t").await.expect("sections");
        assert_eq!((taught.len(), taught[0].title.as_str()), (1, "Art"));
        assert!(queries::sections_taught(db, DISTRICT, "u").await.expect("sections").is_empty());
        assert_eq!(queries::sections_of(db, DISTRICT, "s1").await.expect("sections"), taught);
        let mine = queries::section(db, DISTRICT, "x1", Some("t")).await.expect("a section");
        let anybody = queries::section(db, DISTRICT, "x1", None).await.expect("a section");
        assert!(mine.is_some() && mine == anybody);
        assert!(queries::section(db, DISTRICT, "x1", Some("u")).await.expect("none").is_none());
        let figures = queries::section_figures(db, &run, None, None).await.expect("figures");
        assert_eq!(figures, sections().into_iter().map(Into::into).collect::<Vec<crate::rules::Figure>>());
        let stored: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM section_figure").fetch_one(db).await.expect("a count");
        assert_eq!(stored, 3, "those of the run before are gone");
        assert_eq!(queries::survey_alone(db, &run).await.expect("a survey"), Some(survey()));
        let measure = Some(Measure::M1NoSubscriptionOrComputer);
        assert_eq!(queries::district_figures(db, measure).await.expect("figures").len(), 1);
        assert_eq!(queries::district_figures(db, None).await.expect("figures").len(), 7);
        assert!(queries::district_boundaries(db).await.expect("boundaries").is_empty());
    })
    .await;
}
