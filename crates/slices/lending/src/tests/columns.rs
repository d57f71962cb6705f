use super::*;
use crate::access::Role;
use crate::queries;

const OTHER: &str = "Tag No.;What it is;Type;SIM Kard\nHS-1;hotspot;bought;8991101200003204514\n";

fn path(tail: &str) -> String {
    format!("/d/{HERE}/lending{tail}")
}

#[tokio::test]
async fn a_file_with_other_headings_is_said_once_and_read_from_then_on() {
    each(|kit| async move {
        let staff = kit.sign_in(Role::Coordinator, HERE).await;
        let file = ("file", "order.csv", OTHER.as_bytes());
        let refused = staff.upload(&path("/devices/upload"), &[], file).await;
        assert_eq!(refused.status, 422, "its own words do not say what the barcode is");
        assert!(refused.body.contains("What are the columns of this file?"), "{}", refused.body);
        assert!(refused.body.contains("First row: HS-1"), "{}", refused.body);
        let keep = async |columns: [&str; 4]| {
            let mut fields = vec![("act", "keep"), ("file", "devices")];
            for (heading, column) in ["Tag No.", "What it is", "Type", "SIM Kard"].into_iter().zip(columns) {
                fields.extend([("heading", heading), ("column", column)]);
            }
            staff.post(&path("/columns"), &fields).await.status
        };
        assert_eq!(keep(["barcode", "barcode", "-", "iccid"]).await, 400);
        assert_eq!(keep(["barcode", "colour", "-", "iccid"]).await, 400);
        assert_eq!(keep(["barcode", "type", "-", "iccid"]).await, 303);
        let stored = staff.upload(&path("/devices/upload"), &[], file).await;
        assert!(stored.body.contains("New devices: 1."), "{}", stored.body);
        let row = text(&kit.app.db, "SELECT kind || ' ' || iccid FROM lending_device").await;
        assert_eq!(row, format!("hotspot {CARD}"));
        // Another order of the columns, in a workbook or not, is another file; another district has its own maps.
        let maps = queries::column_maps(kit.app.db.read(), HERE).await.expect("maps");
        assert_eq!(maps.len(), 1);
        assert!(queries::column_maps(kit.app.db.read(), THERE).await.expect("maps").is_empty());
        let page = staff.get(&path("/columns")).await.body;
        assert!(page.contains("SIM Kard") && page.contains("iccid"), "{page}");
        let csv = staff.get(&path("/columns.csv")).await.body;
        assert!(csv.contains("devices,Tag No.,barcode,"), "{csv}");
        let other = kit.sign_in(Role::Coordinator, THERE).await;
        let remove = [("act", "remove"), ("id", maps[0].id.as_str())];
        assert_eq!(other.post(&format!("/d/{THERE}/lending/columns"), &remove).await.status, 400);
        assert_eq!(staff.post(&path("/columns"), &remove).await.status, 303);
        assert_eq!(staff.upload(&path("/devices/upload"), &[], file).await.status, 422);
        let noted = "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.columns'";
        assert_eq!(number(&kit.app.db, noted).await, 2);
    })
    .await;
}

#[tokio::test]
async fn carriers_lists_have_maps_of_their_own() {
    each(|kit| async move {
        let staff = super::counter::inventory(&kit).await;
        let today = crate::db::today().to_string();
        let list = format!("Chip,Zustand\n{CARD},active\n");
        let lines = ("file", "l.csv", list.as_bytes());
        let as_of = [("as_of", today.as_str())];
        assert_eq!(staff.upload(&path("/lines/upload"), &as_of, lines).await.status, 422);
        let used = format!("Chip,Menge\n{CARD},12\n");
        let usage = ("file", "u.csv", used.as_bytes());
        let meant = [("unit", "mb"), ("base", "1000"), ("counting", "within"), ("day", today.as_str())];
        assert_eq!(staff.upload(&path("/usage/upload"), &meant, usage).await.status, 422);
        for (file, second, is) in [("lines", "Zustand", "status"), ("usage", "Menge", "usage")] {
            let fields = [
                ("act", "keep"),
                ("file", file),
                ("heading", "Chip"),
                ("column", "iccid"),
                ("heading", second),
                ("column", is),
            ];
            assert_eq!(staff.post(&path("/columns"), &fields).await.status, 303, "{file}");
        }
        let stored = staff.upload(&path("/lines/upload"), &as_of, lines).await;
        assert!(stored.status == 200 && stored.body.contains("Stored for 1 lines"), "{}", stored.body);
        assert_eq!(staff.upload(&path("/usage/upload"), &meant, usage).await.status, 200);
        assert_eq!(number(&kit.app.db, "SELECT octets FROM carrier_usage").await, 12_000_000);
    })
    .await;
}
