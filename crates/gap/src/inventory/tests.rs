use super::*;
use proptest::prelude::*;

const FILE: &str = "Asset Tag,Type,Make,Model,Serial Number,IMEI,SIM,MDN,Carrier,Plan,Cost,Funding,Condition,Location\n\
    hs-1,Hotspot,Acme,R500,sn 1,490154203237518,8991101200003204514,757-555-0142,Blue,Edu 20,$89.99,State,good,Shelf 2\n\
    cb-1,Chromebook,Beta,C1,sn2,,,,,,249,Local,new,Cart 3\n";

#[test]
fn a_file_of_devices_is_read() {
    let (items, problems) = parse("d.csv", FILE.as_bytes(), &[]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(items.len(), 2);
    let hotspot = &items[0];
    assert_eq!((hotspot.line, hotspot.barcode.as_str(), hotspot.kind), (2, "HS-1", Kind::Hotspot));
    assert_eq!(hotspot.serial, Some(Some("SN1".into())));
    assert_eq!(hotspot.iccid, Some(Some("8991101200003204514".into())));
    assert_eq!(hotspot.line_number, Some(Some("7575550142".into())));
    assert_eq!((hotspot.text(Text::Carrier), hotspot.text(Text::Plan)), (Some("Blue"), Some("Edu 20")));
    assert_eq!(hotspot.cost_cents, Some(Some(8999)));
    let laptop = &items[1];
    assert_eq!((laptop.kind, laptop.condition), (Kind::Laptop, Some(Condition::New)));
    assert_eq!((&laptop.imei, laptop.cost_cents), (&Some(None), Some(Some(24_900))));
    // Columns that are not there say nothing.
    let (items, _) = parse("d.csv", b"barcode,type\nA1,tablet\n", &[]);
    assert_eq!((&items[0].serial, items[0].cost_cents, items[0].text(Text::Make)), (&None, None, None));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let text = "barcode,type,serial,imei,iccid,line_number,carrier,cost,condition\n\
        A1,hotspot,S1,490154203237519,8991101200003204519,12,Blue,free,fine\n\
        A2,phone,S2,,8.91E+18,,Blue,,\n\
        ,hotspot,S3,,,,,,\n\
        A4,hotspot,1.2E+11,,,,,,\n\
        A5,hotspot,S5,,8991101200003204514,,,,\n\
        A5,hotspot,S5,,8991101200003204514,,,,\n\
        A7,hotspot,S7,,,,Blue,,\n\
        A8,hotspot,S8,4.9E+14,8991101200003200000,,,,\n";
    let (items, problems) = parse("d.csv", text.as_bytes(), &[]);
    assert_eq!(items.iter().map(|i| i.barcode.as_str()).collect::<Vec<_>>(), ["A5"]);
    let said: Vec<(u64, &str)> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
    let wanted = [
        (2, "imei"),
        (2, "iccid"),
        (2, "line_number"),
        (2, "cost"),
        (2, "condition"),
        (3, "iccid"),
        (3, "type"),
        (4, "barcode"),
        (5, "serial"),
        (7, "barcode"),
        (7, "serial"),
        (7, "iccid"),
        (8, "iccid"),
        (9, "imei"),
        (9, "iccid"),
    ];
    assert_eq!(said, wanted, "{problems:?}");
    let rounded = problems.kept().iter().filter(|p| p.wanted.contains("rounded number")).count();
    assert_eq!(rounded, 4, "{problems:?}");
    for bytes in [&b""[..], b"barcode,serial\nA,B\n", b"barcode,type\n", b"\x00\x01\x02\x03\x04\x05\x06\x07"]
    {
        let (items, problems) = parse("d.csv", bytes, &[]);
        assert!(items.is_empty() && problems.found() > 0, "{bytes:?}");
    }
}

/// The portal's own file quotes what a spreadsheet would take for a formula; read again, it is what it was.
#[test]
fn the_apostrophe_of_our_own_files_is_taken_off() {
    let text = "barcode,type,make,location\n'-A5,laptop,'=Acme,'@home\n'B6,laptop,'t Hooft,\n";
    let (items, problems) = parse("d.csv", text.as_bytes(), &[]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(items[0].barcode, "-A5");
    assert_eq!((items[0].text(Text::Make), items[0].text(Text::Location)), (Some("=Acme"), Some("@home")));
    assert_eq!((items[1].barcode.as_str(), items[1].text(Text::Make)), ("'B6", Some("'t Hooft")));
}

proptest! {
    #[test]
    fn any_bytes_are_items_or_problems(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (items, problems) = parse("d.csv", &bytes, &[]);
        prop_assert!(!items.is_empty() || !problems.is_empty());
    }

    #[test]
    fn numbers_of_a_file_are_there_once(rows in proptest::collection::vec((0u8..4, 0u8..4), 1..8)) {
        let mut text = String::from("barcode,type,serial\n");
        for (barcode, serial) in rows {
            text += &format!("b{barcode},laptop,s{serial}\n");
        }
        let (items, _) = parse("d.csv", text.as_bytes(), &[]);
        let mut barcodes: Vec<_> = items.iter().map(|i| i.barcode.clone()).collect();
        let mut serials: Vec<_> = items.iter().map(|i| i.serial.clone()).collect();
        let (many, more) = (barcodes.len(), serials.len());
        barcodes.sort();
        barcodes.dedup();
        serials.sort();
        serials.dedup();
        prop_assert_eq!((barcodes.len(), serials.len()), (many, more));
    }
}

/// A workbook keeps 15 digits of a number: a card that was typed as a number is seen, one that was typed as text is read.
#[test]
fn a_workbook_is_read_and_its_rounded_numbers_are_seen() {
    let workbook = crate::open::nces::tests::workbook;
    let row = |card| vec!["A1", "hotspot", "8991101200003204514", card];
    // The first two columns of this workbook are text, numbers in the others are numbers.
    let rows: [&[&str]; 2] =
        [&["barcode", "iccid", "type", "cost"], &["A1", "8991101200003204514", "hotspot", "90"]];
    let (items, problems) = parse("d.xlsx", &workbook(&rows), &[]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((items[0].line, items[0].cost_cents), (2, Some(Some(9000))));
    assert_eq!(items[0].iccid, Some(Some("8991101200003204514".into())));
    let rows: [&[&str]; 2] = [&["barcode", "type", "iccid", "imei"], &row("490154203237518")];
    let (items, problems) = parse("d.xlsx", &workbook(&rows), &[]);
    assert!(items.is_empty());
    let wrong = &problems.kept()[0];
    assert_eq!(
        (wrong.line, wrong.column.as_str(), wrong.said.as_str()),
        (2, "iccid", "8.991101200003204E+18")
    );
    assert!(wrong.wanted.contains("rounded number"), "{problems:?}");
    assert_eq!(problems.found(), 1, "15 digits are kept: {problems:?}");
}
