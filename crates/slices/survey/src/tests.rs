mod pages;

use super::queries::{self, Entered, LoadFacts, Source};
use crate::db::{Db, harness};
use evenfield_gap::roster::{Roster, School, Student};
use evenfield_gap::survey::Response;
use evenfield_model::{Barrier, Grade, InternetType, Problems};
use evenfield_slice_roster as roster;

const HERE: &str = "5100060";
const THERE: &str = "5102670";

pub(crate) async fn districts(db: &Db) {
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

fn students(n: usize) -> Roster {
    let student = |n: usize| Student {
        source_id: format!("st{n}"),
        school: "s1".into(),
        grade: Grade::Year(1 + (n % 12) as u8),
        given_name: "Élodie".into(),
        family_name: "Secret".into(),
        address: None,
        frl: Some(n.is_multiple_of(2)),
        ell: None,
        iep: None,
        home_language: None,
    };
    Roster {
        schools: vec![School { source_id: "s1".into(), name: "Nandua".into(), ncessch: None }],
        students: (0..n).map(student).collect(),
        ..Roster::default()
    }
}

async fn load_students(db: &Db, district: &str, n: usize) {
    let facts = roster::queries::LoadFacts {
        digest: n.to_string(),
        file_name: "r.zip".into(),
        delta: false,
        loaded_by: "test".into(),
        loaded_ms: 1,
        problems: 0,
    };
    let mut tx = db.write().await.expect("a write");
    roster::queries::replace(&mut tx, district, students(n), &facts).await.expect("stored");
    tx.commit().await.expect("committed");
}

fn answer(student: &str, answered_ms: i64, access: bool) -> Response {
    Response {
        student: student.into(),
        term: "2026-fall".into(),
        answered_ms,
        internet_access: Some(access),
        barrier: (!access).then_some(Barrier::NotAffordable),
        internet_type: access.then_some(InternetType::HotSpot),
        download_mbps: access.then_some(12.5),
        household_students: Some(3),
        ..Response::default()
    }
}

async fn store(db: &Db, district: &str, answers: &[Response]) {
    let mut tx = db.write().await.expect("a write");
    let entered = Entered { source: Source::Web, by: None, load: None };
    queries::insert_many(&mut tx, district, answers, entered).await.expect("stored");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn the_later_answer_wins_and_the_earlier_is_kept() {
    harness::each(|db| async move {
        districts(&db).await;
        store(&db, HERE, &[answer("a", 20, true), answer("a", 10, false), answer("b", 5, false)]).await;
        let latest = queries::latest(db.read(), HERE, "2026-fall").await.expect("answers");
        assert_eq!(latest, [answer("a", 20, true), answer("b", 5, false)]);
        // Of two of the same time, the one stored last.
        store(&db, HERE, &[answer("b", 5, true)]).await;
        let latest = queries::latest(db.read(), HERE, "2026-fall").await.expect("answers");
        assert_eq!(latest[1], answer("b", 5, true));
        let history = queries::history(db.read(), HERE, "a").await.expect("a history");
        assert_eq!(history.iter().map(|h| h.response.answered_ms).collect::<Vec<_>>(), [20, 10]);
        assert!(queries::latest(db.read(), THERE, "2026-fall").await.expect("answers").is_empty());
        assert!(queries::latest(db.read(), HERE, "2026-spring").await.expect("answers").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_file_is_loaded_once() {
    harness::each(|db| async move {
        districts(&db).await;
        let mut problems = Problems::default();
        problems.push("s.csv", 3, "student", "", "a student id");
        let facts =
            LoadFacts { digest: "d", file_name: "s.csv", loaded_ms: 1, loaded_by: "t", problems: &problems };
        for (turn, new) in [(0, true), (1, false)] {
            let mut tx = db.write().await.expect("a write");
            let done = queries::load(&mut tx, HERE, &[answer("a", 1, true)], facts).await.expect("loaded");
            tx.commit().await.expect("committed");
            assert_eq!(done, new, "turn {turn}");
        }
        assert_eq!(queries::history(db.read(), HERE, "a").await.expect("a history").len(), 1);
        let loads = queries::loads(db.read(), HERE).await.expect("loads");
        assert_eq!((loads.len(), loads[0].answers, loads[0].problems), (1, 1, 1));
        let kept = queries::load_problems(db.read(), HERE, &loads[0].id).await.expect("problems");
        assert_eq!(kept.as_deref(), Some(problems.kept()));
        assert_eq!(queries::load_problems(db.read(), THERE, &loads[0].id).await.expect("none"), None);
    })
    .await;
}

#[tokio::test]
async fn a_code_belongs_to_one_student_of_one_district_while_the_term_is_open() {
    harness::each(|db| async move {
        districts(&db).await;
        load_students(&db, HERE, 30).await;
        let mut random = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
        let mut tx = db.write().await.expect("a write");
        queries::open_term(&mut tx, HERE, "2026-fall", 1).await.expect("opened");
        let mut next = || crate::code::new(&mut random);
        assert_eq!(queries::make_codes(&mut tx, HERE, ("2026-fall", 1), &mut next).await.expect("codes"), 30);
        assert_eq!(queries::make_codes(&mut tx, HERE, ("2026-fall", 2), &mut next).await.expect("none"), 0);
        tx.commit().await.expect("committed");

        let letters = queries::letters(db.read(), HERE, ("2026-fall", "s1", true)).await.expect("letters");
        assert_eq!(letters.len(), 30);
        let code = &letters[0].code;
        let holder = queries::code_holder(db.read(), HERE, code).await.expect("asked").expect("a holder");
        assert_eq!((holder.term.as_str(), holder.initial.as_str()), ("2026-fall", "É"));
        assert_eq!(queries::code_holder(db.read(), THERE, code).await.expect("asked"), None);

        store(&db, HERE, &[answer(&holder.student, 5, true)]).await;
        let open = queries::letters(db.read(), HERE, ("2026-fall", "", true)).await.expect("letters");
        assert_eq!(open.len(), 29, "who has answered gets no second letter");
        let mut tx = db.write().await.expect("a write");
        assert!(!queries::close_term(&mut tx, THERE, "2026-fall", 9).await.expect("none"));
        assert!(queries::close_term(&mut tx, HERE, "2026-fall", 9).await.expect("closed"));
        tx.commit().await.expect("committed");
        assert_eq!(queries::code_holder(db.read(), HERE, code).await.expect("asked"), None);
        let terms = queries::terms(db.read(), HERE).await.expect("terms");
        assert_eq!((terms[0].codes, terms[0].answered, terms[0].closed_ms), (30, 1, Some(9)));
    })
    .await;
}

#[tokio::test]
async fn a_removed_file_no_longer_counts_and_can_be_put_back() {
    harness::each(|db| async move {
        districts(&db).await;
        store(&db, HERE, &[answer("a", 1, false)]).await;
        let problems = Problems::default();
        let facts =
            LoadFacts { digest: "d", file_name: "s.csv", loaded_ms: 9, loaded_by: "t", problems: &problems };
        let load = async || {
            let mut tx = db.write().await.expect("a write");
            let rows = [answer("a", 5, true), answer("b", 5, true)];
            let done = queries::load(&mut tx, HERE, &rows, facts).await.expect("loaded");
            tx.commit().await.expect("committed");
            done
        };
        let counted = async || {
            let all = queries::latest(db.read(), HERE, "2026-fall").await.expect("answers");
            all.iter().map(|r| (r.student.clone(), r.internet_access == Some(true))).collect::<Vec<_>>()
        };
        assert!(load().await);
        let both = [("a".to_owned(), true), ("b".to_owned(), true)];
        assert_eq!(counted().await, both);
        let id = queries::loads(db.read(), HERE).await.expect("loads")[0].id.clone();
        let mut tx = db.write().await.expect("a write");
        assert!(!queries::remove(&mut tx, THERE, &id, 10).await.expect("another's"));
        assert!(queries::remove(&mut tx, HERE, &id, 10).await.expect("removed"));
        tx.commit().await.expect("committed");
        assert_eq!(counted().await, [("a".to_owned(), false)], "the answer before it counts again");
        let terms = queries::terms(db.read(), HERE).await.expect("terms");
        assert_eq!((terms[0].answered, terms[0].closed_ms), (1, Some(5)));
        // The same file once more puts it back, and stores nothing twice.
        assert!(load().await);
        assert_eq!(counted().await, both);
        assert_eq!(queries::history(db.read(), HERE, "a").await.expect("a history").len(), 2);
        assert!(!load().await);
    })
    .await;
}

#[tokio::test]
async fn a_term_is_forgotten_only_while_nothing_is_in_it() {
    harness::each(|db| async move {
        districts(&db).await;
        store(&db, HERE, &[answer("a", 1, false)]).await;
        let mut tx = db.write().await.expect("a write");
        for term in ["2026-fall", "2062-fall"] {
            queries::open_term(&mut tx, HERE, term, 1).await.expect("opened");
        }
        assert!(!queries::forget_term(&mut tx, HERE, "2026-fall").await.expect("it has an answer"));
        assert!(!queries::forget_term(&mut tx, THERE, "2062-fall").await.expect("another's"));
        assert!(queries::forget_term(&mut tx, HERE, "2062-fall").await.expect("forgotten"));
        tx.commit().await.expect("committed");
        assert_eq!(queries::terms(db.read(), HERE).await.expect("terms").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_file_is_stored_anew_when_more_of_its_students_are_known_and_its_terms_come_back_with_it() {
    harness::each(|db| async move {
        districts(&db).await;
        let problems = Problems::default();
        let facts =
            LoadFacts { digest: "d", file_name: "s.csv", loaded_ms: 9, loaded_by: "t", problems: &problems };
        let mut tx = db.write().await.expect("a write");
        let both = [answer("a", 5, true), answer("b", 5, true)];
        for (rows, is_new) in [(&both[..1], true), (&both[..1], false), (&both[..], true)] {
            assert_eq!(queries::load(&mut tx, HERE, rows, facts).await.expect("loaded"), is_new);
        }
        tx.commit().await.expect("committed");
        assert_eq!(queries::latest(db.read(), HERE, "2026-fall").await.expect("answers").len(), 2);

        let loads = queries::loads(db.read(), HERE).await.expect("loads");
        let mut tx = db.write().await.expect("a write");
        for load in &loads {
            assert!(queries::remove(&mut tx, HERE, &load.id, 10).await.expect("removed"));
        }
        assert!(queries::forget_term(&mut tx, HERE, "2026-fall").await.expect("forgotten"));
        assert!(queries::put_back(&mut tx, HERE, &loads[0].id).await.expect("put back"));
        tx.commit().await.expect("committed");
        let terms = queries::terms(db.read(), HERE).await.expect("terms");
        assert_eq!(
            terms.iter().map(|t| (t.term.as_str(), t.answered)).collect::<Vec<_>>(),
            [("2026-fall", 2)]
        );
    })
    .await;
}
