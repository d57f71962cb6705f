use super::{HERE, THERE};
use crate::access::Role;
use crate::testing::Kit;

const FILE: &[u8] = b"school_id,enrollment,contracted_mbps,measured_mbps\n01,500,1000,40\n02,200,100,\n";

async fn kit() -> Kit {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    kit.district(THERE, "Elsewhere").await;
    kit
}

#[tokio::test]
async fn a_file_is_shown_against_the_goals() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let upload = format!("/d/{HERE}/connectivity/upload");
    assert_eq!(staff.upload(&upload, &[], ("file", "lines.csv", FILE)).await.status, 303);
    let third = [("school", "03"), ("enrollment", "100"), ("act", "save")];
    assert_eq!(staff.post(&format!("/d/{HERE}/connectivity/edit"), &third).await.status, 303);
    let teacher = kit.sign_in(Role::Teacher, HERE).await;
    let page = teacher.get(&format!("/d/{HERE}/connectivity?sort=missing")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("1 of 3 schools meet the FCC’s first goal"), "{}", page.body);
    assert!(page.body.contains("10 Mbps missing") && page.body.contains("460 Mbps missing"));
    assert!(!page.body.contains("enctype"), "a teacher loads nothing");
    let csv = teacher.get(&format!("/d/{HERE}/connectivity.csv")).await;
    assert!(csv.body.contains("01,01,500,1000,40,80,false,10,false,460\r\n"), "{}", csv.body);
    assert!(csv.body.contains("03,03,100,,,,,,,\r\n"), "{}", csv.body);
    insta::assert_snapshot!(fragment(&page.body, "<tbody>", "</tbody>"));
}

/// A part of a page.
fn fragment<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).expect("the beginning");
    &page[start..start + page[start..].find(to).expect("the end")]
}

#[tokio::test]
async fn a_file_with_problems_is_not_stored() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let upload = format!("/d/{HERE}/connectivity/upload");
    staff.upload(&upload, &[], ("file", "lines.csv", FILE)).await;
    for wrong in [
        &b"school_id,enrollment,contracted_mbps\n01,-5,100\n"[..],
        b"school_id,enrollment,contracted_mbps\n01,5,100\n01,6,100\n",
        b"school_id,enrollment,contracted_mbps\n",
        b"PK\x03\x04 not a table \x00\x01",
        b"",
    ] {
        let reply = staff.upload(&upload, &[], ("file", "wrong.csv", wrong)).await;
        assert_eq!(reply.status, 422, "{}", reply.body);
        assert!(reply.body.contains("id=\"problems\""), "{}", reply.body);
    }
    let csv = staff.get(&format!("/d/{HERE}/connectivity.csv")).await;
    assert_eq!(csv.body.lines().count(), 3, "the first file is still there");
}

#[tokio::test]
async fn one_school_is_edited_in_a_form() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let edit = format!("/d/{HERE}/connectivity/edit");
    let fields = |speed: &'static str, act: &'static str| {
        [("school", "7"), ("name", "Seven"), ("enrollment", "1,000"), ("contracted", speed), ("act", act)]
    };
    let wrong = staff.post(&edit, &fields("fast", "save")).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("href=\"#contracted\"") && wrong.body.contains("id=\"contracted\""));
    assert_eq!(staff.post(&edit, &fields("250", "save")).await.status, 303);
    let form = staff.get(&format!("{edit}?school=7")).await;
    assert_eq!(form.input("enrollment").as_deref(), Some("1000"));
    assert_eq!(form.input("contracted").as_deref(), Some("250"));
    assert_eq!(staff.post(&edit, &fields("12,5", "save")).await.status, 303);
    let form = staff.get(&format!("{edit}?school=7")).await;
    assert_eq!(form.input("contracted").as_deref(), Some("12.5"), "as the survey reads it");
    assert_eq!(staff.post(&edit, &fields("1,250 Mbps", "save")).await.status, 303);
    let form = staff.get(&format!("{edit}?school=7")).await;
    assert_eq!(form.input("contracted").as_deref(), Some("1250"));
    assert_eq!(staff.post(&edit, &fields("250", "remove")).await.status, 303);
    assert!(!staff.get(&format!("/d/{HERE}/connectivity")).await.body.contains("Seven"));
    let entries: Vec<(String, String)> = sqlx::query_as(
        "SELECT action, subject_id FROM audit_entry WHERE account_id IS NOT NULL ORDER BY seq",
    )
    .fetch_all(kit.app.db.read())
    .await
    .expect("entries");
    let deeds = ["connectivity.edit", "connectivity.edit", "connectivity.edit", "connectivity.remove"]
        .map(|deed| (deed.to_owned(), "7".to_owned()));
    assert_eq!(entries, deeds);
    let stranger = kit.sign_in(Role::Coordinator, THERE).await;
    assert_eq!(stranger.post(&edit, &fields("250", "save")).await.status, 404);
    let clerk = kit.sign_in(Role::Clerk, HERE).await;
    assert_eq!(clerk.post(&edit, &fields("250", "save")).await.status, 403);
}
