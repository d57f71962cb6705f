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
        assert_eq!(sums.lines().count(), 4);
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").expect("a sum and a name");
            assert_eq!(crate::exchange::hexadecimal(&Sha256::digest(read(name))), sum, "{name}");
        }
        let inventory = String::from_utf8(read("inventory.csv")).expect("text");
        assert!(inventory.contains("CB-1,laptop,"), "also what was never lent: {inventory}");
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

/// The cells of `service.csv` in the archive, without the header.
pub(super) async fn services(staff: &crate::testing::Browser) -> Vec<Vec<String>> {
    let reply = staff.get(&format!("/d/{HERE}/lending/evidence.zip")).await;
    let mut archive = zip::ZipArchive::new(Cursor::new(reply.bytes)).expect("an archive");
    let mut text = String::new();
    archive.by_name("service.csv").expect("a file").read_to_string(&mut text).expect("text");
    let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect());
    rows.collect()
}

#[tokio::test]
async fn the_evidence_has_each_card_of_a_loan_and_what_was_seen_of_its_line() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        // The carrier does not do what is wanted: the line is seen to be suspended, and only then to work.
        let see = async |status: &str| {
            let mut tx = kit.app.db.write().await.expect("a write");
            let observed = crate::rules::state::Observed::from_word(status).expect("a word");
            let seen = (observed, crate::db::now_ms());
            let n = crate::queries::observe_many(&mut tx, HERE, &[CARD], seen).await.expect("seen");
            tx.commit().await.expect("stored");
            assert_eq!(n, 1);
        };
        see("suspended").await;
        pass(&kit, 24).await;
        see("suspended").await;
        pass(&kit, 24).await;
        see("active").await;
        pass(&kit, 24).await;
        let new_card = "8991101200003204530";
        let file =
            format!("barcode,type,iccid,line_number,carrier\nHS-1,hotspot,{new_card},757-555-0199,Green\n");
        let path = format!("/d/{HERE}/lending/devices/upload");
        assert_eq!(staff.upload(&path, &[], ("file", "d.csv", file.as_bytes())).await.status, 200);
        pass(&kit, 24).await;
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        pass(&kit, 24).await;
        let rows = services(&staff).await;
        assert_eq!(rows.len(), 2, "{rows:?}");
        let (first, second) = (&rows[0], &rows[1]);
        assert_eq!((first[0].as_str(), first[1].as_str()), (CARD, "7575550142"));
        assert_eq!(
            (second[0].as_str(), second[1].as_str(), second[3].as_str()),
            (new_card, "7575550199", "Green")
        );
        assert_eq!(first[10], second[9], "the one card until the other");
        assert!(first[9] < first[10] && second[9] < second[10], "{rows:?}");
        let seen: Vec<&str> = first[12].split("; ").collect();
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen[0].starts_with("suspended ") && seen[1].starts_with("active "), "{seen:?}");
        let (from, to) = seen[0].trim_start_matches("suspended ").split_once(" to ").expect("two times");
        assert!(from < to, "seen twice a day apart: {seen:?}");
        assert_eq!(second[12], "", "nobody looked at the other line");
    })
    .await;
}

#[tokio::test]
async fn the_fictional_programme_is_sound_and_put_once() {
    each(|kit| async move {
        let mut write = kit.app.db.write().await.expect("a write");
        for n in 0..80 {
            sqlx::query(
                "INSERT INTO student (district_id, id, school_id, grade, given_name, family_name, name_key, home_key) \
                 VALUES ($1, $2, 's1', '07', 'Ana', 'Cruz', 'cruz ana', $3)",
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
        let put = crate::example::put(&kit.app.db, HERE, now).await.expect("stored");
        assert_eq!(put, "57");
        assert_eq!(crate::example::put(&kit.app.db, HERE, now).await.expect("stored"), "0");
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
