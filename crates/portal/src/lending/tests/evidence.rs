use super::counter::{act, inventory, later, scan};
use super::orders::{follow, pass, tell};
use super::*;
use crate::access::Role;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Read};

#[tokio::test]
async fn the_evidence_has_each_loan_and_its_service_and_checks_itself() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("suspend", "1")]).await;
        scan(&clerk, "S1", "HS-1").await;
        let device = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        act(&clerk, &[("act", "lost"), ("device", &device)]).await;
        tell(&clerk).await;
        pass(&kit, 24 * 15).await;
        assert_eq!(follow(&kit).await.suspended, 1);
        pass(&kit, 24).await;
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        // The card moves to another device afterwards: the record of the loan keeps it.
        let swapped = format!("barcode,type,iccid\nHS-1,hotspot,{OTHER_CARD}\nHS-2,hotspot,{CARD}\n");
        staff
            .upload(&format!("/d/{HERE}/lending/devices/upload"), &[], ("file", "d.csv", swapped.as_bytes()))
            .await;
        let path = format!("/d/{HERE}/lending/evidence.zip");
        assert_eq!(clerk.get(&path).await.status, 403);
        let reply = staff.get(&path).await;
        assert_eq!(reply.status, 200);
        let mut archive = zip::ZipArchive::new(Cursor::new(reply.bytes)).expect("an archive");
        let mut read = |name: &str| {
            let mut bytes = Vec::new();
            archive.by_name(name).expect(name).read_to_end(&mut bytes).expect("bytes");
            bytes
        };
        let sums = String::from_utf8(read("SHA256SUMS")).expect("text");
        assert_eq!(sums.lines().count(), 3);
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").expect("a sum and a name");
            assert_eq!(crate::exchange::hexadecimal(&Sha256::digest(read(name))), sum, "{name}");
        }
        let devices = String::from_utf8(read("devices.csv")).expect("text");
        assert!(devices.contains("HS-1,hotspot,,,SN1,S1,Cruz,Ana,"), "{devices}");
        let service = String::from_utf8(read("service.csv")).expect("text");
        let row = service.lines().nth(1).expect("a row");
        assert!(
            row.starts_with(&format!("{CARD},7575550142,mobile wireless,Blue,,HS-1,S1,Cruz,Ana,")),
            "{row}"
        );
        assert!(row.contains(" to "), "it was suspended for a day: {row}");
        assert!(String::from_utf8(read("audit.txt")).expect("text").contains("head "));
        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.evidence'";
        assert_eq!(number(&kit.app.db, looks).await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_fictional_programme_is_sound_and_put_once() {
    each(|kit| async move {
        let mut write = kit.app.db.write().await.expect("a write");
        for n in 0..80 {
            sqlx::query(
                "INSERT INTO student (district_id, id, school_id, grade, given_name, family_name, name_key, street, zip) \
                 VALUES ($1, $2, 's1', '07', 'Ana', 'Cruz', 'cruz ana', $3, '23301')",
            )
            .bind(HERE)
            .bind(format!("S{n:02}"))
            .bind(format!("{n} Elm St"))
            .execute(&mut *write)
            .await
            .expect("a student");
        }
        write.commit().await.expect("stored");
        let now = crate::db::now_ms();
        let put = crate::lending::example::put(&kit.app.db, HERE, now).await.expect("stored");
        assert_eq!(put, "57");
        assert_eq!(crate::lending::example::put(&kit.app.db, HERE, now).await.expect("stored"), "0");
        super::orders::check(&kit.app.db).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        for (path, says) in [
            ("overdue", "Tell the household"),
            ("overdue", "Ask if they need help"),
            ("orders", "Let it work"),
            ("requests", "12 students wait"),
            ("usage", "Idle"),
        ] {
            let page = clerk.get(&format!("/d/{HERE}/lending/{path}")).await;
            assert!(page.status == 200 && page.body.contains(says), "{path}: {}", page.body);
        }
    })
    .await;
}
