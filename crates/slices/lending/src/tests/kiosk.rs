use super::counter::inventory;
use super::*;
use crate::access::Role;
use crate::testing::{Browser, Reply};
use axum::body::Body;
use axum::http::Request;

async fn send(clerk: &Browser, key: &str, scan: &str, student: &str) -> Reply {
    let body = serde_json::json!({ "key": key, "scan": scan, "student": student }).to_string();
    let request = Request::post(format!("/d/{HERE}/lending/kiosk"))
        .header("content-type", "application/json")
        .header("x-csrf-token", clerk.csrf().await)
        .body(Body::from(body))
        .expect("a request");
    clerk.send(request).await
}

#[tokio::test]
async fn a_scan_that_is_sent_again_after_an_outage_is_done_once_whoever_sends_it() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let keys = ["0123456789abcdef-1", "0123456789abcdef-2"];
        assert_eq!(send(&clerk, "short", "S1", "").await.status, 400);
        let who = send(&clerk, keys[0], "S1", "").await;
        assert!(who.body.contains("\"student\":\"S1\"") && !who.body.contains("Cruz"), "{}", who.body);
        let lent = send(&clerk, keys[1], "HS-1", "S1").await;
        assert!(lent.body.contains("HS-1 is lent.") && lent.body.contains("\"done\":true"), "{}", lent.body);
        super::counter::later(&kit).await;
        // The answer was lost with the line; somebody else has signed in since.
        let other = kit.sign_in(Role::Coordinator, HERE).await;
        assert_eq!(send(&other, keys[1], "HS-1", "S1").await.body, lent.body);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_loan WHERE in_ms IS NULL").await, 1);
        assert_eq!(send(&other, keys[1], "HS-2", "S1").await.status, 400, "the key of another scan");
        let none = kit.browser();
        assert_eq!(none.post(&format!("/d/{HERE}/lending/kiosk"), &[]).await.status, 303, "to the sign-in");
    })
    .await;
}
