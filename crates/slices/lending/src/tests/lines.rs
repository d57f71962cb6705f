use super::*;
use crate::access::Role;

#[tokio::test]
async fn what_the_carrier_says_is_taken_in_by_its_day() {
    each(|kit| async move {
        let staff = kit.sign_in(Role::Coordinator, HERE).await;
        let devices =
            format!("barcode,type,iccid,carrier\nHS-1,hotspot,{CARD},Blue\nHS-2,hotspot,{OTHER_CARD},Blue\n");
        let path = format!("/d/{HERE}/lending/devices/upload");
        staff.upload(&path, &[], ("file", "d.csv", devices.as_bytes())).await;
        let path = format!("/d/{HERE}/lending/lines/upload");
        let send = async |day: &str, text: &str| {
            staff.upload(&path, &[("as_of", day)], ("file", "c.csv", text.as_bytes())).await
        };
        let today = crate::db::today().to_string();
        let differing = async || {
            let csv = staff.get(&format!("/d/{HERE}/lending/lines.csv?only=differing")).await.body;
            csv.lines().count() - 1
        };
        assert_eq!(
            differing().await,
            2,
            "of a line of which nothing is known it is not known that it is parked"
        );
        let said = format!("iccid,status\n{CARD},Suspended\n8901260000000000014,active\n");
        let sent = send(&today, &said).await;
        assert!(sent.status == 200 && sent.body.contains("Stored for 1 lines"), "{}", sent.body);
        assert_eq!(differing().await, 1, "the list does not have the other line");
        // An older list that comes later says nothing new.
        let older =
            send("2026-01-05", &format!("iccid,status\n{CARD},active\n{OTHER_CARD},suspended\n")).await;
        assert!(older.body.contains("Stored for 1 lines"), "{}", older.body);
        assert_eq!(differing().await, 0);
        for (day, text, status) in [
            ("2999-01-01", said.as_str(), 400),
            ("", said.as_str(), 400),
            (today.as_str(), "iccid,status\n8.99E+18,active\n", 422),
            (today.as_str(), "iccid,status\n8991101200003204514,perhaps\n", 422),
        ] {
            assert_eq!(send(day, text).await.status, status, "{day} {text}");
        }
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        assert_eq!(
            clerk.upload(&path, &[("as_of", &today)], ("file", "c.csv", said.as_bytes())).await.status,
            403
        );
        assert!(!clerk.get(&format!("/d/{HERE}/lending/lines")).await.body.contains("as_of"));
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM audit_entry WHERE action = 'line.load'").await,
            2
        );
    })
    .await;
}
