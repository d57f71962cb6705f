//! Figures without a roster: every page and file says whom they count and what they leave out.

use super::place::{DISTRICT, kit, store};
use super::{get, text};
use crate::access::Role;
use crate::db::now_ms;
use crate::rules::RunInput;
use crate::rules::meaning::{COUNTED, Counts};
use crate::testing::Kit;
use evenfield_gap::district::Counted;

/// A portal with a run that has no roster: children of ACS B28005 with m1 from B28002, whose shares are of households.
async fn without_roster() -> Kit {
    let kit = kit().await;
    let run = store(&kit.app.db, now_ms()).await;
    let input = |kind: &str, source: &str, of, leaves_out_computers| RunInput {
        kind: kind.to_owned(),
        source: source.to_owned(),
        vintage: String::new(),
        rows: 24,
        counts: Some(Counts { of, leaves_out_computers }),
    };
    let inputs = [
        input(COUNTED, "", Counted::ChildrenInHouseholds, false),
        input("model m1", "B28002 B19013_001, wired_25_3 of the tract", Counted::Households, true),
        input("model m3", "B28002 ", Counted::Households, false),
    ];
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE estimate_run SET inputs_json = $1 WHERE id = $2")
        .bind(serde_json::to_string(&inputs).expect("JSON"))
        .bind(&run)
        .execute(&mut *write)
        .await
        .expect("inputs");
    sqlx::query("UPDATE figure SET method = 'area' WHERE method IS NOT NULL")
        .execute(&mut *write)
        .await
        .expect("methods");
    write.commit().await.expect("stored");
    kit
}

#[tokio::test]
async fn without_a_roster_nobody_is_called_a_student() {
    let kit = without_roster().await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    let home = text(&get(&me, "?lang=en").await);
    assert!(
        home.contains("18.5% of households (between 16.7% and 20.3%) have no Internet subscription at home."),
        "{home}"
    );
    assert!(home.contains("No Internet subscription (computers not counted)"), "{home}");
    assert!(home.contains("these figures count children under 18 in households, not students"), "{home}");
    assert!(home.contains("asks about subscriptions and not about computers"), "{home}");
    assert!(!home.contains("Share of students"), "{home}");
    let table = text(&get(&me, "/gap/table?kind=block_group&lang=en").await);
    assert!(
        table.contains("Share of households") && table.contains("Children under 18 in households"),
        "{table}"
    );
    let map = text(&get(&me, "/gap/map?measure=m4a&lang=en").await);
    assert!(map.contains("Share of children under 18 in households"), "{map}");
    let school = text(&get(&me, "/gap/district?lang=es").await);
    assert!(
        school.contains(
            "El 18.5% de los hogares (entre 16.7% y 20.3%) no tienen servicio de Internet en casa."
        ),
        "{school}"
    );
    let methods = text(&get(&me, "/methods?lang=en").await);
    for words in [
        "Whom figures count, without a roster Children under 18",
        "median household income",
        "25/3 Mbps by wire in the census tract",
    ] {
        assert!(methods.contains(words), "{words}: {methods}");
    }
    for page in [&table, &map] {
        assert!(!page.contains("Share of students"), "{page}");
    }
}

#[tokio::test]
async fn files_name_whom_they_count() {
    let kit = without_roster().await;
    let me = kit.sign_in(Role::Analyst, DISTRICT).await;
    let csv = get(&me, "/gap/district.csv").await;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<std::collections::HashMap<String, String>> =
        reader.deserialize().map(|row| row.expect("a row")).collect();
    let of = |measure: &str| {
        rows.iter().find(|r| r["measure"] == measure && r["barrier"].is_empty()).expect("a row")
    };
    let words = |measure| ["counted", "share_of", "leaves_out"].map(|c| of(measure)[c].clone());
    assert_eq!(words("m1"), ["children_in_households", "households", "computers"]);
    assert_eq!(words("m3"), ["children_in_households", "households", ""]);
    assert_eq!(words("m4a"), ["children_in_households", "children_in_households", ""]);
    let map = get(&me, "/gap/map.geojson?kind=block_group&measure=m1").await;
    assert!(map.contains("\"counted\":\"children_in_households\""), "{map}");
    assert!(map.contains("\"share_of\":\"households\"") && !map.contains("\"students\""), "{map}");
}
