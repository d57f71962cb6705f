use crate::access::Role;
use crate::config::Config;
use crate::db::harness;
use crate::testing::{Browser, Kit, Reply};
use crate::{audit, queries};
use evenfield_gap::place::address::Miss;
use std::io::Write;

const HERE: &str = "5100060";
const THERE: &str = "5102670";

const HEADER: &str = "School_id,Student_id,Last_name,First_name,Grade,Frl_status,Ell_status,IEP_status,\
    Student_street,Student_city,Student_state,Student_zip\n";

/// Clever's files of one school; each student has an id and a grade.
fn clever(students: &[(&str, &str)]) -> Vec<u8> {
    let mut text = HEADER.to_owned();
    for (id, grade) in students {
        text.push_str(&format!("s1,{id},Núñez{id},Ana,{grade},Free,N,N,{id} Main St,Exmore,VA,23350\n"));
    }
    zipped(text.as_bytes())
}

/// Clever's files of one school with this as the list of students.
fn zipped(students: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in
        [("schools.csv", b"School_id,School_name\ns1,Nandua\n".as_slice()), ("students.csv", students)]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

async fn kit() -> (Kit, Browser) {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    kit.district(THERE, "Elsewhere").await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    (kit, staff)
}

async fn upload(staff: &Browser, bytes: &[u8]) -> Reply {
    staff.upload(&format!("/d/{HERE}/roster/upload"), &[], ("file", "clever.zip", bytes)).await
}

async fn students(kit: &Kit) -> usize {
    queries::read(&kit.app.db, HERE).await.expect("a roster").roster.students.len()
}

#[tokio::test]
async fn nothing_is_stored_until_it_is_accepted_and_then_it_can_be_undone() {
    let (kit, staff) = kit().await;
    let staged = upload(&staff, &clever(&[("1", "4"), ("2", "??")])).await;
    assert_eq!(staged.status, 303, "{}", staged.body);
    let review = staff.get(staged.location()).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(review.body.contains("??"), "the problem is shown: {}", review.body);
    let csv = staff.get(&format!("{}/problems.csv", staged.location())).await;
    assert!(csv.body.contains("??"), "{}", csv.body);
    assert_eq!(students(&kit).await, 0);
    let stranger = kit.sign_in(Role::Administrator, THERE).await;
    assert_eq!(stranger.post(staged.location(), &[("act", "accept")]).await.status, 404);
    let elsewhere = staged.location().replace(HERE, THERE);
    assert_eq!(
        stranger.post(&elsewhere, &[("act", "accept")]).await.status,
        404,
        "an upload of another district"
    );

    let accepted = staff.post(staged.location(), &[("act", "accept")]).await;
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    assert_eq!(students(&kit).await, 2);
    assert_eq!(staff.get(staged.location()).await.status, 404, "an accepted upload is gone");

    let load = queries::loads(kit.app.db.read(), HERE).await.expect("loads").remove(0);
    let undo = format!("/d/{HERE}/roster/loads/{}/undo", load.id);
    assert_eq!(staff.post(&undo, &[]).await.status, 303);
    assert_eq!(students(&kit).await, 0);
    assert_eq!(staff.post(&undo, &[]).await.status, 400);
}

#[tokio::test]
async fn an_upload_can_be_discarded_and_one_without_students_cannot_be_accepted() {
    let (kit, staff) = kit().await;
    let staged = upload(&staff, &clever(&[("1", "4")])).await;
    assert_eq!(staff.post(staged.location(), &[("act", "discard")]).await.status, 303);
    assert_eq!(staff.get(staged.location()).await.status, 404);
    let whole = clever(&[("1", "4")]);
    let bomb = zipped(&vec![b'a'; 32 << 20]);
    for (broken, said) in [
        (&b"PK\x03\x04\x00 broken"[..], "ends too early"),
        (b"\x00\x01\x02", "found clever.zip"),
        (b"a,b\n1,2\n", "found clever.zip"),
        (HEADER.as_bytes(), "found clever.zip"),
        (&whole[..whole.len() - 30], "ends too early"),
        (&bomb, "archive bomb"),
        (&zipped(&whole), "this is a zip archive"),
    ] {
        let staged = upload(&staff, broken).await;
        let review = staff.get(staged.location()).await;
        assert!(review.body.contains(said), "wanted {said}: {}", review.body);
        assert!(!review.body.contains("value=\"accept\""), "{}", review.body);
        assert_eq!(staff.post(staged.location(), &[("act", "accept")]).await.status, 400);
    }
    assert_eq!(students(&kit).await, 0);
}

#[tokio::test]
async fn a_review_that_is_out_of_date_is_shown_again() {
    let (kit, staff) = kit().await;
    let one = upload(&staff, &clever(&[("1", "4")])).await;
    let two = upload(&staff, &clever(&[("1", "5"), ("2", "5")])).await;
    assert_eq!(staff.post(two.location(), &[("act", "accept")]).await.status, 303);
    let stale = staff.post(one.location(), &[("act", "accept")]).await;
    assert_eq!(stale.status, 409, "{}", stale.body);
    assert_eq!(students(&kit).await, 2);
    assert_eq!(staff.post(one.location(), &[("act", "accept")]).await.status, 303, "it was shown now");
    assert_eq!(students(&kit).await, 1);
}

#[tokio::test]
async fn what_another_roster_adds_while_one_is_accepted_is_not_removed_unseen() {
    harness::each(|db| async move {
        let kit = Kit::on(db, Config::local("unused"));
        kit.district(HERE, "Shore").await;
        let staff = kit.sign_in(Role::Coordinator, HERE).await;
        let staged = upload(&staff, &clever(&[("1", "4")])).await;
        let mut other = queries::read(&kit.app.db, HERE).await.expect("a roster").roster;
        other.students.push(super::student("2", "Other"));
        let facts = super::facts("other", 1);
        let mut tx = kit.app.db.write().await.expect("a write");
        queries::replace(&mut tx, HERE, other, &facts).await.expect("replaced");
        // It is read before the other one is there, and stored after it.
        let commit = async {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            tx.commit().await.expect("committed");
        };
        let (again, ()) = tokio::join!(staff.post(staged.location(), &[("act", "accept")]), commit);
        assert_eq!(again.status, 409, "{}", again.body);
        let ids = async || {
            let roster = queries::read(&kit.app.db, HERE).await.expect("a roster").roster;
            roster.students.into_iter().map(|s| s.source_id).collect::<Vec<_>>()
        };
        assert_eq!(ids().await, ["2"]);
        // What is shown now can be accepted.
        assert_eq!(staff.post(staged.location(), &[("act", "accept")]).await.status, 303);
        assert_eq!(ids().await, ["1"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_done_with_an_upload_is_written_down() {
    let (kit, _) = kit().await;
    let (staff, account) = kit.sign_in_with(&[(HERE, Role::Coordinator)]).await;
    let staged = upload(&staff, &clever(&[("1", "4"), ("2", "??")])).await;
    let path = staged.location();
    assert_eq!(staff.get(path).await.status, 200);
    assert_eq!(staff.get(&format!("{path}/problems.csv")).await.status, 200);
    assert_eq!(staff.post(path, &[("act", "discard")]).await.status, 303);
    let id = path.rsplit('/').next().expect("an id");
    let entries: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT action, subject_kind, subject_id FROM audit_entry WHERE account_id = $1 ORDER BY seq",
    )
    .bind(&account)
    .fetch_all(kit.app.db.read())
    .await
    .expect("entries");
    let deeds = ["roster.stage", "roster.review", "roster.download-problems", "roster.discard"];
    let deeds = deeds.map(|deed| (deed.to_owned(), "roster_staged".to_owned(), id.to_owned()));
    assert_eq!(entries, deeds);
}

#[tokio::test]
async fn who_looks_at_a_student_is_written_down() {
    let (kit, staff) = kit().await;
    let staged = upload(&staff, &clever(&[("1", "4"), ("2", "4")])).await;
    staff.post(staged.location(), &[("act", "accept")]).await;
    let (clerk, account) = kit.sign_in_with(&[(HERE, Role::Clerk)]).await;
    let list = clerk.get(&format!("/d/{HERE}/roster/students?q=nunez2")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    assert!(list.body.contains("Núñez2") && !list.body.contains("Núñez1"));
    let one = clerk.get(&format!("/d/{HERE}/roster/students/2")).await;
    assert!(one.body.contains("2 Main St"), "{}", one.body);
    assert_eq!(clerk.get(&format!("/d/{HERE}/roster/students/none")).await.status, 404);
    let csv = clerk.get(&format!("/d/{HERE}/roster/students.csv")).await;
    assert_eq!(csv.body.lines().count(), 3);
    let entries: Vec<(String, String)> =
        sqlx::query_as("SELECT action, subject_id FROM audit_entry WHERE account_id = $1 ORDER BY seq")
            .bind(&account)
            .fetch_all(kit.app.db.read())
            .await
            .expect("entries");
    let looked: Vec<(&str, &str)> = entries.iter().map(|(a, s)| (a.as_str(), s.as_str())).collect();
    assert_eq!(looked, [("student.list", ""), ("student.see", "2"), ("student.download", "")]);
    let verdict = audit::verify(&kit.app.db, None).await.expect("a verdict");
    assert!(matches!(verdict, audit::Verdict::Whole { .. }), "{verdict:?}");
    for role in [Role::Teacher, Role::Analyst, Role::Partner, Role::Transport] {
        let other = kit.sign_in(role, HERE).await;
        assert_eq!(other.get(&format!("/d/{HERE}/roster/students/2")).await.status, 403, "{role:?}");
    }
}

#[tokio::test]
async fn how_homes_were_placed_is_in_words_and_for_those_who_see_students() {
    let (kit, staff) = kit().await;
    let staged = upload(&staff, &clever(&[("1", "4")])).await;
    staff.post(staged.location(), &[("act", "accept")]).await;
    let path = format!("/d/{HERE}/roster");
    let mut words = vec!["outside", "no-address"];
    words.extend(Miss::ALL.map(Miss::as_str));
    for word in words {
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE student SET geocode_reason = $1")
            .bind(word)
            .execute(&mut *write)
            .await
            .expect(word);
        write.commit().await.expect("stored");
        for language in ["en", "es"] {
            let page = staff.get(&format!("{path}?lang={language}")).await.body;
            assert!(page.contains("id=\"places\"") && !page.contains("roster-place-"), "{page}");
            assert!(!page.contains(&format!("<th scope=\"row\">{word}</th>")), "{word} in {language}");
        }
    }
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    let page = analyst.get(&format!("{path}?lang=en")).await.body;
    assert!(!page.contains("id=\"places\"") && !page.contains("Added"), "{page}");
}

#[tokio::test]
async fn a_look_at_many_students_says_which_were_asked_for() {
    let (kit, staff) = kit().await;
    let ids: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    let all: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "4")).collect();
    let staged = upload(&staff, &clever(&all)).await;
    staff.post(staged.location(), &[("act", "accept")]).await;
    let (clerk, account) = kit.sign_in_with(&[(HERE, Role::Clerk)]).await;
    for query in ["school=s1", "q=nunez"] {
        let csv = clerk.get(&format!("/d/{HERE}/roster/students.csv?{query}")).await;
        assert_eq!(csv.body.lines().count(), 52);
    }
    let details: Vec<String> =
        sqlx::query_scalar("SELECT detail FROM audit_entry WHERE account_id = $1 ORDER BY seq")
            .bind(&account)
            .fetch_all(kit.app.db.read())
            .await
            .expect("entries");
    let load = queries::loads(kit.app.db.read(), HERE).await.expect("loads").remove(0).id;
    assert_eq!(
        details[0],
        format!(r#"{{"count":51,"roster_load":"{load}","school":"s1","unplaced":false}}"#)
    );
    let ids = serde_json::from_str::<serde_json::Value>(&details[1]).expect("JSON")["students"].clone();
    assert_eq!(ids.as_array().map(Vec::len), Some(51), "a search may be a name: the ids instead");
    assert!(!details[1].contains("nunez"));
}

#[tokio::test]
async fn the_estimate_of_a_student_is_for_those_who_run_the_programme() {
    let (kit, staff) = kit().await;
    let staged = upload(&staff, &clever(&[("1", "4"), ("2", "4")])).await;
    staff.post(staged.location(), &[("act", "accept")]).await;
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query(
        "INSERT INTO estimate_run (id, district_id, state, created_ms, finished_ms, seed, rule_json, inputs_json) \
         VALUES ('r', $1, 'done', 0, 0, 1, '{}', '[]')",
    )
    .bind(HERE)
    .execute(&mut *write)
    .await
    .expect("a run");
    for (measure, chance, basis) in [("m1", 0.23, "model"), ("m2", 1.0, "answer")] {
        sqlx::query(
            "INSERT INTO student_probability (run_id, district_id, student_id, measure, probability, low90, high90, \
             basis) VALUES ('r', $1, '2', $2, $3, 0.1, 0.44, $4)",
        )
        .bind(HERE)
        .bind(measure)
        .bind(chance)
        .bind(basis)
        .execute(&mut *write)
        .await
        .expect("a chance");
    }
    write.commit().await.expect("stored");
    let path = format!("/d/{HERE}/roster/students/2");
    let (coordinator, account) = kit.sign_in_with(&[(HERE, Role::Coordinator)]).await;
    let page = coordinator.get(&path).await.body;
    assert!(page.contains("23% chance (between 10% and 44%)"), "{page}");
    assert!(page.contains("<td>Yes</td><td>The family’s answer</td>"), "{page}");
    let detail: String = sqlx::query_scalar("SELECT detail FROM audit_entry WHERE account_id = $1")
        .bind(&account)
        .fetch_one(kit.app.db.read())
        .await
        .expect("an entry");
    assert_eq!(detail, r#"{"chances":2}"#);
    let clerk = kit.sign_in(Role::Clerk, HERE).await;
    let page = clerk.get(&path).await.body;
    assert!(
        page.contains("2 Main St") && !page.contains("23%") && !page.contains("The family’s answer"),
        "{page}"
    );
}

#[tokio::test]
async fn coordinates_are_stored_whole_or_not_at_all() {
    let (kit, staff) = kit().await;
    let staged = upload(&staff, &clever(&[("1", "4"), ("2", "4")])).await;
    staff.post(staged.location(), &[("act", "accept")]).await;
    let path = format!("/d/{HERE}/roster/coordinates");
    for (wrong, said) in [
        (
            &b"student_id,lon,lat\n1,-75.8,37.5\n9,-75.8,37.5\n"[..],
            "9</td><td>the id of a student in the roster",
        ),
        (b"student_id,lon,lat\n2,-75.8,37.5\n2,-75.8,37.5\n", "each student once; line 2 has this one"),
        (b"student_id,lon,lat\n1,-75.8,375\n", "375</td><td>a latitude, -90 to 90 degrees, of the student 1"),
        (b"student_id,lon,lat\n1,-75.8,\n", "a latitude, -90 to 90 degrees, of the student 1"),
        (b"student_id,lon,lat\n", "the coordinates of at least one student"),
        (b"student_id,lon\n1,-75.8\n", "a table with the columns"),
        (b"", "empty"),
    ] {
        let reply = staff.upload(&path, &[], ("file", "c.csv", wrong)).await;
        assert!(reply.status == 422 && reply.body.contains(said), "{said}: {}", reply.body);
        assert!(queries::read(&kit.app.db, HERE).await.expect("a roster").places.is_empty());
    }
    let right = b"\xEF\xBB\xBFstudent_id,lon,lat\r\n1,-75.8,37.5\r\n";
    assert_eq!(staff.upload(&path, &[], ("file", "c.csv", right)).await.status, 303);
    let places = queries::read(&kit.app.db, HERE).await.expect("a roster").places;
    assert_eq!((places["1"].lon, places["1"].lat), (Some(-75.8), Some(37.5)));
    let home = staff.get(&format!("/d/{HERE}/roster")).await;
    assert_eq!(home.status, 200, "{}", home.body);
}
