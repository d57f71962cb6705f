//! A district that is filled through the portal's pages alone, and what its estimate makes of it.

use super::run;
use crate::access::Role;
use crate::jobs::{State, estimate, get, handler, worker::Worker};
use crate::roster::rules::Place;
use crate::testing::{Browser, Kit};
use crate::{roster, survey};
use std::io::Write;

const HERE: &str = "5100060";
const WEST: &str = "510010901001";
const EAST: &str = "510010901002";

/// Clever's files of thirty students of one school, each in a house of its own.
fn clever() -> Vec<u8> {
    let mut students = "School_id,Student_id,Last_name,First_name,Grade,Frl_status,Ell_status,IEP_status,\
        Student_street,Student_city,Student_state,Student_zip\n"
        .to_owned();
    for n in 1..=30 {
        students.push_str(&format!("s1,{n},Example,Ana,4,Free,N,N,{n} Main St,Exmore,VA,23350\n"));
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("schools.csv", "School_id,School_name\ns1,Nandua\n"), ("students.csv", &students)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

/// A portal with that roster, accepted, and its coordinator.
async fn kit() -> (Kit, Browser) {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let path = format!("/d/{HERE}/roster/upload");
    let staged = staff.upload(&path, &[], ("file", "clever.zip", &clever())).await;
    assert_eq!(staff.post(staged.location(), &[("act", "accept")]).await.status, 303);
    (kit, staff)
}

/// Makes the estimate that is asked for.
async fn assess(kit: &Kit) {
    let worker = Worker::with(kit.app.clone(), vec![handler(estimate::KIND, run)]);
    let id = worker.run_one(None).await.expect("a queue").expect("an estimate is asked for");
    let job = get(kit.app.db.read(), &id).await.expect("read").expect("the job");
    assert_eq!(job.state, State::Done, "{job:?}");
}

async fn load(staff: &Browser, kind: &str, vintage: &str, text: &str) {
    let fields = [("kind", kind), ("vintage", vintage), ("geography", "block_group")];
    let file = ("file", "f.json", text.as_bytes());
    let reply = staff.upload(&format!("/d/{HERE}/data/upload"), &fields, file).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
}

async fn place(kit: &Kit, student: &str) -> Place {
    let mut stored = roster::queries::read(&kit.app.db, HERE).await.expect("a roster");
    stored.places.remove(student).unwrap_or_default()
}

#[tokio::test]
async fn answers_that_are_uploaded_in_the_portal_are_in_the_estimate() {
    let (kit, staff) = kit().await;
    let mut answers = "student_id,term,internet_access_in_residence,answered_at\n".to_owned();
    for n in 1..=30 {
        answers.push_str(&format!("{n},2025-fall,Yes,2025-10-01\n"));
    }
    let path = format!("/d/{HERE}/survey/upload");
    let file = ("file", "answers.csv", answers.as_bytes());
    assert_eq!(staff.upload(&path, &[], file).await.status, 303);
    assess(&kit).await;
    let inputs = async || {
        sqlx::query_scalar::<_, String>("SELECT inputs_json FROM estimate_run ORDER BY id DESC LIMIT 1")
            .fetch_one(kit.app.db.read())
            .await
            .expect("a run")
    };
    let survey = r#""kind":"survey","source":"district","vintage":"2025-fall","rows":30"#;
    assert!(inputs().await.contains(survey), "{}", inputs().await);

    // Answers of years ago do not take the place of a later term's, and a closed term stays closed.
    let terms = format!("/d/{HERE}/survey/terms");
    assert_eq!(staff.post(&terms, &[("term", "2025-fall"), ("act", "close")]).await.status, 303);
    let old = "student_id,term,internet_access_in_residence,answered_at\n1,2020-fall,No,2020-10-01\n\
               2,2025-fall,Yes,2025-10-02\n";
    assert_eq!(staff.upload(&path, &[], ("file", "old.csv", old.as_bytes())).await.status, 303);
    assess(&kit).await;
    assert!(inputs().await.contains(survey), "{}", inputs().await);
    let terms = survey::queries::terms(kit.app.db.read(), HERE).await.expect("terms");
    let terms: Vec<_> = terms.iter().map(|t| (t.term.as_str(), t.closed_ms.is_some(), t.answered)).collect();
    assert_eq!(terms, [("2025-fall", true, 30), ("2020-fall", true, 1)]);
}

#[tokio::test]
async fn the_first_answer_of_a_new_term_does_not_stand_for_the_district() {
    let (kit, staff) = kit().await;
    let path = format!("/d/{HERE}/survey/upload");
    let file = async |name: &'static str, term: &str, students: std::ops::RangeInclusive<u32>, day: &str| {
        let mut answers = "student_id,term,internet_access_in_residence,answered_at\n".to_owned();
        students.for_each(|n| answers.push_str(&format!("{n},{term},Yes,{day}\n")));
        assert_eq!(staff.upload(&path, &[], ("file", name, answers.as_bytes())).await.status, 303);
    };
    let term = async || {
        assess(&kit).await;
        let home = staff.get(&format!("/d/{HERE}")).await.body;
        let at = home.find("the survey term ").expect("the home page says the term");
        home[at + "the survey term ".len()..].chars().take_while(|c| *c != ':').collect::<String>()
    };
    file("a.csv", "2025-fall", 1..=20, "2025-10-01").await;
    assert_eq!(term().await, "2025-fall");
    file("b.csv", "2026-spring", 1..=1, "2026-03-01").await;
    assert_eq!(term().await, "2025-fall", "one answer is not the district");
    file("c.csv", "2026-spring", 2..=10, "2026-03-02").await;
    assert_eq!(term().await, "2026-spring");
}

/// Two block groups side by side, west and east of 75.6 degrees.
fn block_groups() -> String {
    let square = |id: &str, west: f64, east: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"GEOID":"{id}","NAME":"{id}"}},"geometry":{{"type":"Polygon",
            "coordinates":[[[{west},37.4],[{east},37.4],[{east},37.8],[{west},37.8],[{west},37.4]]]}}}}"#
        )
    };
    let (west, east) = (square(WEST, -76.0, -75.6), square(EAST, -75.6, -75.2));
    format!(r#"{{"type":"FeatureCollection","features":[{west},{east}]}}"#)
}

/// Address points of every student's house, all at this longitude.
fn points(lon: f64) -> String {
    let mut text = "number,street,city,state,zip,lon,lat\n".to_owned();
    for n in 1..=30 {
        text.push_str(&format!("{n},Main St,Exmore,VA,23350,{lon},37.5\n"));
    }
    text
}

/// The load of this kind that came in last.
async fn last_load(kit: &Kit, kind: &str) -> String {
    sqlx::query_scalar("SELECT id FROM load WHERE kind = $1 ORDER BY id DESC LIMIT 1")
        .bind(kind)
        .fetch_one(kit.app.db.read())
        .await
        .expect("a load")
}

#[tokio::test]
async fn a_home_goes_where_the_newest_points_and_boundaries_say() {
    let (kit, staff) = kit().await;
    load(&staff, "boundaries", "2020", &block_groups()).await;
    load(&staff, "address_points", "2024", &points(-75.8)).await;
    assess(&kit).await;
    assert_eq!(place(&kit, "1").await.block_group.as_deref(), Some(WEST));

    let mine = "student_id,lon,lat\n2,-75.7,37.5\n";
    let path = format!("/d/{HERE}/roster/coordinates");
    assert_eq!(staff.upload(&path, &[], ("file", "c.csv", mine.as_bytes())).await.status, 303);
    assert_eq!(place(&kit, "2").await.block_group, None);
    assess(&kit).await;
    assert_eq!(place(&kit, "2").await.block_group.as_deref(), Some(WEST), "the upload asked for an estimate");

    load(&staff, "address_points", "2025", &points(-75.4)).await;
    assess(&kit).await;
    assert_eq!(place(&kit, "1").await.block_group.as_deref(), Some(EAST), "the newer points count");
    let uploaded = place(&kit, "2").await;
    assert_eq!(
        (uploaded.lon, uploaded.block_group.as_deref()),
        (Some(-75.7), Some(WEST)),
        "the district's own"
    );

    let newer = last_load(&kit, "address_points").await;
    let change = async |load: &str, what: &str| {
        let reply = staff.post(&format!("/d/{HERE}/data/loads/{load}/{what}"), &[]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        assess(&kit).await;
    };
    change(&newer, "remove").await;
    assert_eq!(place(&kit, "1").await.block_group.as_deref(), Some(WEST));
    change(&newer, "put-back").await;
    assert_eq!(place(&kit, "1").await.block_group.as_deref(), Some(EAST));
    let boundaries = last_load(&kit, "boundaries").await;
    change(&boundaries, "remove").await;
    for (student, lon) in [("1", -75.4), ("2", -75.7)] {
        let place = place(&kit, student).await;
        assert_eq!((place.block_group, place.lon), (None, Some(lon)), "{student}");
    }
    change(&boundaries, "put-back").await;
    assert_eq!(place(&kit, "2").await.block_group.as_deref(), Some(WEST));
}
