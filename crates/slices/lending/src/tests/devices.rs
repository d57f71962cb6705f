use super::*;
use crate::access::Role;
use crate::queries::{self, LineSearch};
use crate::rules::state::{Observed, Wanted};

const FILE: &str = "barcode,type,make,serial,iccid,line_number,carrier,plan,cost,location\n\
    HS-1,hotspot,Acme,SN1,8991101200003204514,757-555-0142,Blue,Edu,89.99,Shelf 2\n\
    HS-2,hotspot,Acme,SN2,8991101200003204522,757-555-0143,Blue,Edu,89.99,Shelf 2\n\
    CB-1,laptop,Beta,SN3,,,,,249,Cart 100%\n";

fn path(tail: &str) -> String {
    format!("/d/{HERE}/lending{tail}")
}

#[tokio::test]
async fn a_file_twice_is_a_file_once() {
    each(|kit| async move {
        let staff = kit.sign_in(Role::Coordinator, HERE).await;
        let file = ("file", "devices.csv", FILE.as_bytes());
        let sent = staff.upload(&path("/devices/upload"), &[], file).await;
        assert!(sent.status == 200 && sent.body.contains("New devices: 3. Changed: 0."), "{}", sent.body);
        let before = staff.get(&path("/devices.csv")).await.body;
        assert!(
            before.contains(&format!(
                "HS-1,hotspot,Acme,,SN1,,{CARD},7575550142,Blue,Edu,,89.99,good,Shelf 2,here\r\n"
            )),
            "{before}"
        );
        let sent = staff.upload(&path("/devices/upload"), &[], file).await;
        assert!(sent.body.contains("New devices: 0. Changed: 0. As they were: 3."), "{}", sent.body);
        // What the portal gives out, it takes in: nothing is other than it was.
        let sent =
            staff.upload(&path("/devices/upload"), &[], ("file", "devices.csv", before.as_bytes())).await;
        assert!(sent.body.contains("New devices: 0. Changed: 0. As they were: 3."), "{}", sent.body);
        assert_eq!(staff.get(&path("/devices.csv")).await.body, before);
        let db = &kit.app.db;
        assert_eq!(number(db, "SELECT COUNT(*) FROM lending_device").await, 3);
        assert_eq!(number(db, "SELECT COUNT(*) FROM carrier_line").await, 2);
        assert_eq!(number(db, "SELECT COUNT(*) FROM audit_entry WHERE action = 'inventory.load'").await, 3);
    })
    .await;
}

#[tokio::test]
async fn numbers_move_between_devices_of_a_file_and_stay_with_others() {
    each(|kit| async move {
        let staff = kit.sign_in(Role::Coordinator, HERE).await;
        let upload = async |text: &str| {
            staff.upload(&path("/devices/upload"), &[], ("file", "devices.csv", text.as_bytes())).await
        };
        upload(FILE).await;
        // Cards, serials and lines' numbers change places in one file.
        let swapped = format!(
            "barcode,type,serial,iccid,line_number,carrier\nHS-1,hotspot,SN2,{OTHER_CARD},757-555-0142,Blue\n\
             HS-2,hotspot,SN1,{CARD},757-555-0143,Blue\n"
        );
        let sent = upload(&swapped).await;
        assert!(sent.body.contains("Changed: 2."), "{}", sent.body);
        let db = &kit.app.db;
        let serial = "SELECT serial FROM lending_device WHERE barcode = 'HS-1'";
        assert_eq!(text(db, serial).await, "SN2");
        let of_card = "SELECT line_number FROM carrier_line WHERE iccid = '8991101200003204514'";
        assert_eq!(text(db, of_card).await, "7575550143");
        assert_eq!(
            text(db, "SELECT make FROM lending_device WHERE barcode = 'HS-1'").await,
            "Acme",
            "no column"
        );

        for (wrong, said) in [
            (format!("barcode,type,iccid\nHS-9,hotspot,{CARD}\n"), "HS-2 has it"),
            ("barcode,type,serial\nHS-9,hotspot,sn3\n".to_owned(), "CB-1 has it"),
            ("barcode,type,iccid\nHS-9,hotspot,8.99E+18\n".to_owned(), "rounded number"),
        ] {
            let sent = upload(&wrong).await;
            assert!(sent.status == 422 && sent.body.contains(said), "{said}: {}", sent.body);
        }
        assert_eq!(number(db, "SELECT COUNT(*) FROM lending_device").await, 3, "all or nothing");
        // Another district may have the same numbers.
        let other = kit.sign_in(Role::Administrator, THERE).await;
        let sent = other
            .upload(&format!("/d/{THERE}/lending/devices/upload"), &[], ("file", "d.csv", FILE.as_bytes()))
            .await;
        assert!(sent.status == 200 && sent.body.contains("New devices: 3."), "{}", sent.body);
        assert!(!staff.get(&path("/devices?q=")).await.body.contains("Elsewhere"));
    })
    .await;
}

#[tokio::test]
async fn one_device_is_added_changed_and_retired_by_hand() {
    each(|kit| async move {
        let staff = kit.sign_in(Role::Coordinator, HERE).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let fields = |barcode: &'static str, iccid: &'static str, number: &'static str| {
            [
                ("barcode", barcode),
                ("kind", "hotspot"),
                ("iccid", iccid),
                ("line_number", number),
                ("cost", "90"),
            ]
        };
        let new = path("/devices/new");
        let added = staff.post(&new, &fields("hs 7", CARD, "757-555-0142")).await;
        assert_eq!(added.status, 303, "{}", added.body);
        let device = added.location().to_owned();
        let page = clerk.get(&device).await;
        assert!(page.body.contains("HS7") && page.body.contains("7575550142"), "{}", page.body);
        assert!(!page.body.contains("/edit"), "a clerk changes no inventory");
        for (wrong, field) in [
            (fields("hs7", "", ""), "barcode"),
            (fields("hs8", CARD, ""), "iccid"),
            (fields("hs8", "8991101200003204519", ""), "iccid"),
            (fields("hs8", OTHER_CARD, "757-555-0142"), "line_number"),
            (fields("hs8", "", "757-555-0144"), "iccid"),
        ] {
            let reply = staff.post(&new, &wrong).await;
            assert_eq!(reply.status, 422, "{field}");
            assert!(reply.body.contains(&format!("href=\"#{field}\"")), "{field}: {}", reply.body);
        }
        let form = staff.get(&format!("{device}/edit")).await;
        assert_eq!(form.input("iccid").as_deref(), Some(CARD));
        let edited = staff.post(&format!("{device}/edit"), &fields("hs9", OTHER_CARD, "757-555-0142")).await;
        assert_eq!(edited.status, 422, "the number is the other card's");
        assert_eq!(staff.post(&format!("{device}/edit"), &fields("hs9", CARD, "")).await.status, 303);

        let state = format!("{device}/state");
        assert_eq!(staff.post(&state, &[("act", "lent")]).await.status, 400);
        assert_eq!(staff.post(&state, &[("act", "retired")]).await.status, 303);
        assert_eq!(staff.post(&state, &[("act", "repair")]).await.status, 400);
        assert_eq!(clerk.post(&state, &[("act", "here")]).await.status, 403);
        let list = clerk.get(&path("/devices?state=retired")).await;
        assert!(list.body.contains("HS9"), "{}", list.body);
        assert!(!clerk.get(&path("/devices?state=here")).await.body.contains("HS9"));
        let actions: Vec<String> = sqlx::query_scalar(
            "SELECT action FROM audit_entry WHERE subject_kind = 'lending_device' ORDER BY seq",
        )
        .fetch_all(kit.app.db.read())
        .await
        .expect("entries");
        assert_eq!(actions, ["inventory.add", "inventory.edit", "inventory.move"]);
    })
    .await;
}

#[tokio::test]
async fn lists_are_searched_and_paged() {
    each(|kit| async move {
        let staff = kit.sign_in(Role::Administrator, HERE).await;
        let mut file = FILE.to_owned();
        for n in 0..60 {
            file += &format!("TB-{n:02},tablet,Gamma,T{n:02},,,,,,\n");
        }
        staff.upload(&path("/devices/upload"), &[], ("file", "d.csv", file.as_bytes())).await;
        let found = async |query: &str| {
            let body = staff.get(&path(&format!("/devices.csv?{query}"))).await.body;
            body.lines().count() - 1
        };
        for (query, wanted) in [
            ("", 63),
            ("q=tb-1", 10),
            ("q=acme", 2),
            ("q=7575550142", 1),
            ("q=100%25", 1),
            ("q=_", 0),
            ("kind=laptop", 1),
            ("kind=laptop&q=acme", 0),
        ] {
            assert_eq!(found(query).await, wanted, "{query}");
        }
        let second = staff.get(&path("/devices?page=2")).await.body;
        assert!(
            second.contains("Devices found: 63") && second.contains("TB-59") && !second.contains("TB-01")
        );
        let lines = staff.get(&path("/lines?q=hs-2")).await.body;
        assert!(lines.contains(OTHER_CARD) && !lines.contains(CARD), "{lines}");
        let csv = staff.get(&path("/lines.csv")).await.body;
        assert!(csv.contains(&format!("{CARD},7575550142,Blue,Edu,HS-1,parked,unknown,,\r\n")), "{csv}");
    })
    .await;
}

/// What the list of differing lines shows is what the pure rule says.
#[tokio::test]
async fn a_line_differs_where_the_rule_says_so() {
    each(|kit| async move {
        let mut write = kit.app.db.write().await.expect("a write");
        for wanted in Wanted::ALL {
            for observed in Observed::ALL {
                let id = format!("{}-{}", wanted.as_str(), observed.as_str());
                sqlx::query(
                    "INSERT INTO carrier_line (district_id, id, iccid, carrier, plan, wanted, wanted_ms, observed, added_ms) \
                     VALUES ($1, $2, $2, 'c', 'p', $3, 1, $4, 1)",
                )
                .bind(HERE)
                .bind(id)
                .bind(wanted.as_str())
                .bind(observed.as_str())
                .execute(&mut *write)
                .await
                .expect("a line");
            }
        }
        write.commit().await.expect("stored");
        let search = LineSearch { differing: true, ..LineSearch::default() };
        let page = queries::find_lines(kit.app.db.read(), HERE, &search, (0, 100)).await.expect("lines");
        let differ = |wanted: Wanted, observed: Observed| !wanted.is_met_by(observed);
        assert!(page.rows.iter().all(|row| differ(row.line.wanted, row.line.observed)));
        let pairs = Wanted::ALL.iter().flat_map(|w| Observed::ALL.map(|o| (*w, o)));
        assert_eq!(page.found as usize, pairs.filter(|(w, o)| differ(*w, *o)).count());
    })
    .await;
}
