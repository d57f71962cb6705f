//! The audit log as a file.

use super::A;
use crate::access::Role;
use crate::audit;
use crate::testing::Kit;
use axum::http::header;

#[tokio::test]
async fn a_long_log_is_sent_in_batches_and_whole() {
    let kit = Kit::new().await;
    kit.district(A, "Alpha").await;
    let mut write = kit.app.db.write().await.expect("a write");
    let entry = audit::Entry {
        district_id: Some(A),
        account_id: None,
        action: "roster.load",
        subject: ("roster_load", "r"),
        detail: serde_json::Value::Null,
    };
    const ENTRIES: i64 = 2_001;
    for _ in 0..ENTRIES {
        audit::record(&mut write, &entry).await.expect("written down");
    }
    write.commit().await.expect("stored");
    let ada = kit.sign_in(Role::Administrator, A).await;
    let csv = ada.get(&format!("/audit/{A}/log.csv")).await;
    assert_eq!(csv.status, 200);
    assert!(!csv.headers.contains_key(header::CONTENT_LENGTH), "it was made as a whole before it was sent");
    let mut rows = csv::Reader::from_reader(csv.bytes.as_slice());
    assert_eq!(rows.headers().expect("a head").get(0), Some("seq"));
    let seqs = rows.records().map(|row| row.expect("a row")[0].parse::<i64>().expect("a number"));
    assert!(seqs.eq((1..=ENTRIES).rev()));
}
