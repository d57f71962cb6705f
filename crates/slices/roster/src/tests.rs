mod pages;

use super::queries::{self, LoadFacts, Replaced};
use super::rules::{Place, UPLOADED, name_key};
use crate::db::{Db, harness};
use evenfield_gap::roster::{Address, Enrollment, Roster, School, Section, Staff, Student};
use evenfield_model::Grade;

async fn db() -> (tempfile::TempDir, Db) {
    let dir = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", dir.path().join("t.db").display())).await.expect("a database");
    let mut tx = db.write().await.expect("a write");
    for id in ["5100060", "5102670"] {
        sqlx::query(
            "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, $1, '51', 0, 0)",
        )
        .bind(id)
        .execute(&mut *tx)
        .await
        .expect("a district");
    }
    tx.commit().await.expect("committed");
    (dir, db)
}

pub(crate) fn student(id: &str, family: &str) -> Student {
    Student {
        source_id: id.into(),
        school: "s1".into(),
        grade: Grade::Year(4),
        given_name: "Ana".into(),
        family_name: family.into(),
        address: Some(Address { street: format!("{id} Main St"), ..Address::default() }),
        frl: Some(true),
        ell: None,
        iep: Some(false),
        home_language: None,
    }
}

fn roster() -> Roster {
    Roster {
        schools: vec![School { source_id: "s1".into(), name: "Nandua".into(), ncessch: None }],
        students: vec![student("1", "Núñez"), student("2", "O'Neil"), student("3", "Smith_Jones")],
        sections: vec![Section {
            source_id: "c1".into(),
            school: "s1".into(),
            title: "Math".into(),
            period: None,
        }],
        enrollments: vec![
            Enrollment { section: "c1".into(), person: "1".into(), teaches: false },
            Enrollment { section: "c1".into(), person: "t".into(), teaches: true },
        ],
        staff: vec![Staff {
            source_id: "t".into(),
            given_name: "T".into(),
            family_name: "T".into(),
            email: None,
        }],
    }
}

fn facts(digest: &str, loaded_ms: i64) -> LoadFacts {
    LoadFacts {
        digest: digest.into(),
        file_name: "roster.zip".into(),
        delta: false,
        loaded_by: "test".into(),
        loaded_ms,
        problems: 0,
    }
}

async fn load(db: &Db, district: &str, roster: &Roster, facts: &LoadFacts) -> Replaced {
    let mut tx = db.write().await.expect("a write");
    let done = queries::replace(&mut tx, district, roster.clone(), facts).await.expect("replaced");
    tx.commit().await.expect("committed");
    done
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let (_dir, db) = db().await;
    assert!(matches!(load(&db, "5100060", &roster(), &facts("a", 1)).await, Replaced::Done { .. }));
    assert!(matches!(load(&db, "5100060", &roster(), &facts("a", 2)).await, Replaced::Already { .. }));
    assert_eq!(queries::loads(db.read(), "5100060").await.expect("loads").len(), 1);
    assert_eq!(queries::read(&db, "5100060").await.expect("read").roster, roster());
    assert_eq!(queries::read(&db, "5102670").await.expect("read").roster, Roster::default());
}

#[tokio::test]
async fn a_load_counts_its_changes_and_can_be_undone() {
    let (_dir, db) = db().await;
    load(&db, "5100060", &roster(), &facts("a", 1)).await;
    let mut next = roster();
    next.students.remove(0);
    next.students[0].grade = Grade::Year(5);
    next.students.push(student("9", "New"));
    next.enrollments.remove(0);
    let Replaced::Done { load_id, changes } = load(&db, "5100060", &next, &facts("b", 2)).await else {
        panic!("not done");
    };
    let c = changes.students;
    assert_eq!((c.added, c.removed, c.changed), (1, 1, 1));
    assert_eq!(queries::read(&db, "5100060").await.expect("read").roster, next);

    let mut tx = db.write().await.expect("a write");
    queries::undo(&mut tx, "5100060", &load_id, 3).await.expect("undone");
    tx.commit().await.expect("committed");
    assert_eq!(queries::read(&db, "5100060").await.expect("read").roster, roster());

    let first = queries::loads(db.read(), "5100060").await.expect("loads").pop().expect("the first");
    let mut tx = db.write().await.expect("a write");
    let again = queries::undo(&mut tx, "5100060", &first.id, 4).await;
    assert!(matches!(again, Err(queries::UndoError::NotLast)), "{again:?}");
}

#[tokio::test]
async fn a_first_load_undone_leaves_nothing() {
    let (_dir, db) = db().await;
    load(&db, "5102670", &roster(), &facts("a", 1)).await;
    let Replaced::Done { load_id, .. } = load(&db, "5100060", &roster(), &facts("a", 1)).await else {
        panic!("not done");
    };
    let mut tx = db.write().await.expect("a write");
    queries::undo(&mut tx, "5100060", &load_id, 3).await.expect("undone");
    tx.commit().await.expect("committed");
    assert_eq!(queries::read(&db, "5100060").await.expect("read").roster, Roster::default());
    assert_eq!(queries::read(&db, "5102670").await.expect("read").roster, roster());
}

#[tokio::test]
async fn a_load_that_fails_midway_stores_nothing() {
    let (_dir, db) = db().await;
    load(&db, "5100060", &roster(), &facts("a", 1)).await;
    let mut next = roster();
    next.students = (0..2000).map(|n| student(&n.to_string(), "New")).collect();
    let mut tx = db.write().await.expect("a write");
    // A row that the last insert will stumble over.
    sqlx::query(
        "INSERT INTO staff (district_id, id, given_name, family_name) VALUES ('5102670', 'x', '', '')",
    )
    .execute(&mut *tx)
    .await
    .expect("a row");
    sqlx::query("CREATE UNIQUE INDEX only_one_x ON staff (id)").execute(&mut *tx).await.expect("an index");
    tx.commit().await.expect("committed");
    next.staff.push(Staff {
        source_id: "x".into(),
        given_name: "".into(),
        family_name: "".into(),
        email: None,
    });
    let mut tx = db.write().await.expect("a write");
    queries::replace(&mut tx, "5100060", next, &facts("b", 2)).await.expect_err("the index refuses");
    drop(tx);
    assert_eq!(queries::read(&db, "5100060").await.expect("read").roster, roster());
    assert_eq!(queries::loads(db.read(), "5100060").await.expect("loads").len(), 1);
}

#[tokio::test]
async fn a_place_stays_while_the_address_does() {
    let (_dir, db) = db().await;
    load(&db, "5100060", &roster(), &facts("a", 1)).await;
    let found = |how: &str| Place {
        lon: Some(-75.5),
        lat: Some(37.5),
        block_group: Some("510010901001".into()),
        geocode: Some(how.into()),
        reason: None,
    };
    let lost = Place { reason: Some("no-street".into()), ..Place::default() };
    let places =
        [("1".to_owned(), found("exact")), ("2".to_owned(), found(UPLOADED)), ("3".to_owned(), lost.clone())];
    let mut tx = db.write().await.expect("a write");
    assert_eq!(queries::store_places(&mut tx, "5100060", &places).await.expect("stored"), 3);
    assert_eq!(queries::store_places(&mut tx, "5102670", &places).await.expect("none there"), 0);
    tx.commit().await.expect("committed");

    let mut next = roster();
    for student in &mut next.students[..2] {
        student.address = Some(Address { street: "1 Elsewhere".into(), ..Address::default() });
    }
    next.students[2].frl = None;
    load(&db, "5100060", &next, &facts("b", 2)).await;
    let places = queries::read(&db, "5100060").await.expect("read").places;
    assert_eq!(places.get("1"), None, "the found place went with the old address");
    assert_eq!(places.get("2"), Some(&found(UPLOADED)), "the district's own coordinates stay");
    assert_eq!(places.get("3"), Some(&lost));
    let unplaced = queries::unplaced(db.read(), "5100060").await.expect("a list");
    assert_eq!(unplaced.len(), 2);
}

#[tokio::test]
async fn a_place_that_is_found_is_of_the_address_it_was_found_by() {
    harness::each(|db| async move {
        let mut tx = db.write().await.expect("a write");
        crate::account::queries::insert_district(&mut tx, "5100060", "Shore", false)
            .await
            .expect("a district");
        tx.commit().await.expect("committed");
        load(&db, "5100060", &roster(), &facts("a", 1)).await;
        let at = |lon: f64, how: &str| Place {
            lon: Some(lon),
            lat: Some(37.5),
            block_group: Some("510010901001".into()),
            geocode: Some(how.into()),
            reason: None,
        };
        let lost = Place { reason: Some("no-street".into()), ..Place::default() };
        let address = |n: usize| roster().students[n].address.clone();
        // What an estimate found out while another roster and coordinates came in.
        let found = [
            ("1".to_owned(), address(0), at(-75.1, "exact")),
            ("2".to_owned(), address(1), at(-75.2, "exact")),
            ("3".to_owned(), address(2), lost.clone()),
        ];
        let mut next = roster();
        next.students[0].address = Some(Address { street: "1 Elsewhere".into(), ..Address::default() });
        load(&db, "5100060", &next, &facts("b", 2)).await;
        let mut tx = db.write().await.expect("a write");
        let own = Place { block_group: None, ..at(-75.3, UPLOADED) };
        queries::store_places(&mut tx, "5100060", &[("2".to_owned(), own.clone())]).await.expect("stored");
        assert_eq!(queries::store_found_places(&mut tx, "5100060", &found).await.expect("stored"), 1);
        tx.commit().await.expect("committed");
        let places = queries::read(&db, "5100060").await.expect("read").places;
        assert_eq!(places, [("2".to_owned(), own.clone()), ("3".to_owned(), lost)].into());
        // The block group of the district's own coordinates is found out too.
        let mut tx = db.write().await.expect("a write");
        let found = [("2".to_owned(), address(1), at(-75.3, UPLOADED))];
        assert_eq!(queries::store_found_places(&mut tx, "5100060", &found).await.expect("stored"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_search_is_by_name_without_accents_and_by_whole_id() {
    let (_dir, db) = db().await;
    load(&db, "5100060", &roster(), &facts("a", 1)).await;
    let find = async |text: &str, district: &str| {
        let search = queries::Search { text: text.into(), ..queries::Search::default() };
        let page = queries::find(db.read(), district, &search, (0, 50)).await.expect("a page");
        page.lines.into_iter().map(|line| line.id).collect::<Vec<_>>()
    };
    assert_eq!(find("nunez", "5100060").await, ["1"]);
    assert_eq!(find("Núñez", "5100060").await, ["1"]);
    assert_eq!(find("smith_j", "5100060").await, ["3"]);
    assert_eq!(find("%", "5100060").await.len(), 3, "a wildcard is no search");
    assert_eq!(find("2", "5100060").await, ["2"]);
    assert!(find("nunez", "5102670").await.is_empty());
}

#[test]
fn names_are_folded() {
    assert_eq!(name_key("  Núñez-O'Neil,  José "), "nunez o neil jose");
}
