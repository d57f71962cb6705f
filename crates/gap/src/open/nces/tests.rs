use super::{directory, geocode, membership, relationship};
use evenfield_model::Grade;
use proptest::prelude::*;

#[test]
fn directories_are_read() {
    let csv = "SCHOOL_YEAR,FIPST,ST,LEA_NAME,LEAID,LEA_TYPE,SY_STATUS\n2023-2024,51,VA,Accomack County,5100060,1,1\n2023-2024,01,AL,Stripped,100005,1,1\n2023-2024,51,VA,Closed,5100070,1,2\n";
    let (agencies, problems) = directory::parse_agencies(csv.as_bytes(), "lea.csv");
    assert_eq!((agencies.len(), agencies[1].open), (2, false));
    assert!(problems.kept()[0].wanted.contains("leading zero"));
    let csv = "ST,SCH_NAME,LEAID,NCESSCH,GSLO,GSHI,SY_STATUS\nVA,Arcadia High,5100060,510006000001,09,12,1\nVA,X,5100060,5.10006E+11,09,12,1\n";
    let (schools, problems) = directory::parse_schools(csv.as_bytes(), "sch.csv");
    assert_eq!((schools.len(), problems.found()), (1, 1));
    assert_eq!((schools[0].highest_grade.as_str(), schools[0].open), ("12", true));
}

#[test]
fn a_row_without_an_id_is_named() {
    let places = |problems: &evenfield_model::Problems| -> Vec<(u64, String)> {
        problems.kept().iter().map(|p| (p.line, p.column.clone())).collect()
    };
    let (agencies, problems) = directory::parse_agencies(b"LEA_NAME,LEAID\nAccomack,\n,5100060\n", "lea.csv");
    assert_eq!((agencies.len(), places(&problems)), (0, vec![(2, "LEAID".into()), (3, "LEA_NAME".into())]));
    let (schools, problems) =
        directory::parse_schools(b"SCH_NAME,LEAID,NCESSCH\nElm,,510006000001\n", "s.csv");
    assert_eq!((schools.len(), places(&problems)), (0, vec![(2, "LEAID".into())]));
    let csv = "LEAID,NCESSCH,GRADE,STUDENT_COUNT,TOTAL_INDICATOR\n5100060,,Grade 9,40,Subtotal 4 - By Grade\n\
        5100060,510006000001,,40,Subtotal 4 - By Grade\n5100060,510006000001,Grade 9,,Subtotal 4 - By Grade\n";
    let (found, problems) = membership::parse(csv.as_bytes(), "m.csv");
    assert_eq!((found.len(), places(&problems)), (0, vec![(2, "NCESSCH".into()), (3, "GRADE".into())]));
    assert_eq!(problems.empty_cells(), 1, "a count that was not reported");
}

#[test]
fn subtotals_are_not_added_up() {
    let csv = "ST,LEAID,NCESSCH,GRADE,RACE_ETHNICITY,SEX,STUDENT_COUNT,TOTAL_INDICATOR,DMS_FLAG\n\
        VA,5100060,510006000001,Grade 9,White,Male,10,Category Set A - By Race/Ethnicity; Sex; Grade,Reported\n\
        VA,5100060,510006000001,Grade 9,No Category Codes,No Category Codes,40,Subtotal 4 - By Grade,Reported\n\
        VA,5100060,510006000001,No Category Codes,No Category Codes,No Category Codes,160,Education Unit Total,Reported\n\
        VA,5100060,510006000001,Grade 99,No Category Codes,No Category Codes,1,Subtotal 4 - By Grade,Reported\n\
        VA,5100060,510006000001,Grade 9,No Category Codes,No Category Codes,-4,Subtotal 4 - By Grade,Reported\n\
        VA,5100060,510006000001,Grade 9,No Category Codes,No Category Codes,,Subtotal 4 - By Grade,Missing\n";
    let (found, problems) = membership::parse(csv.as_bytes(), "m.csv");
    assert_eq!(
        found.iter().map(|m| (m.grade, m.students)).collect::<Vec<_>>(),
        [(Some(Grade::Year(9)), 40), (None, 160)]
    );
    assert_eq!(problems.found(), 2);
}

#[test]
fn geocodes_have_no_header() {
    let school = "510006000001|5100060|ARCADIA HIGH|51|1 X RD|OAK HALL|VA|23416|51|51001|Accomack County|42|37.9|-75.5|N|N|0|N|N|5102|51100|51006|2023-2024";
    let district = &school[13..];
    let bad = "NCESSCH|LEAID|NAME|OPSTFIPS|STREET|CITY|STATE|ZIP|STFIP|CNTY|NMCNTY|LOCALE|LAT|LON|CBSA|NMCBSA|CBSATYPE|CSA|NMCSA|CD|SLDL|SLDU|SCHOOLYEAR";
    let (found, problems) =
        geocode::parse(format!("{bad}\n{school}\n{district}\nragged|row\n").as_bytes(), "g.txt");
    assert_eq!((found.len(), problems.found()), (2, 2));
    assert_eq!((found[0].locale, found[0].longitude, found[1].ncessch.clone()), (Some(42), -75.5, None));
}

#[test]
fn a_relationship_workbook_that_is_none() {
    for bytes in [&b""[..], b"PK\x03\x04", b"LEAID,TRACT\n1,2\n"] {
        let (parts, problems) = relationship::parse(bytes, "grf.xlsx");
        assert!(parts.is_empty() && !problems.is_empty());
    }
}

/// A workbook of one sheet with texts in its cells, as small as one can be.
pub(crate) fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    workbook_and(rows, "")
}

/// The same, with more rows as they stand in the file.
fn workbook_and(rows: &[&[&str]], more: &str) -> Vec<u8> {
    const PARTS: [(&str, &str); 4] = [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    let mut sheet = String::from(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#,
    );
    for (line, cells) in (1..).zip(rows) {
        sheet.push_str(&format!("<row r=\"{line}\">"));
        for (column, cell) in ('A'..).zip(*cells) {
            sheet.push_str(&match cell.parse::<f64>() {
                Ok(_) if column > 'B' => format!("<c r=\"{column}{line}\"><v>{cell}</v></c>"),
                _ => format!("<c r=\"{column}{line}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
            });
        }
        sheet.push_str("</row>");
    }
    sheet.push_str(more);
    sheet.push_str("</sheetData></worksheet>");
    zipped(
        PARTS
            .iter()
            .map(|(name, text)| (*name, text.as_bytes()))
            .chain([("xl/worksheets/sheet1.xml", sheet.as_bytes())]),
    )
}

fn zipped<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_relationship_download_is_an_archive_of_workbooks() {
    let tracts = workbook(&[
        &["LEAID", "NAME_LEA23", "TRACT", "COUNT", "LANDAREA", "WATERAREA"],
        &["5100060", "Accomack", "51001090100", "1", "30.5", "2"],
        &["5102710", "Northampton", "51001090100", "1", "10.5", "2"],
        &["5102710", "Northampton", "511310901", "1", "10.5", "2"],
    ]);
    let zip_codes = workbook(&[&["LEAID", "ZCTA5CE20", "LANDAREA"], &["5100060", "23301", "1"]]);
    let archive = zipped([("grf23_lea_tract.xlsx", &*tracts), ("grf23_lea_zcta5ce20.xlsx", &*zip_codes)]);
    for (bytes, name) in [(&tracts, "grf23_lea_tract.xlsx"), (&archive, "GRF23.zip")] {
        let (parts, problems) = relationship::parse(bytes, name);
        assert_eq!(problems.found(), 1, "{problems:?}");
        assert_eq!((problems.kept()[0].line, problems.kept()[0].column.as_str()), (4, "TRACT"));
        let found: Vec<_> = parts.iter().map(|p| (p.area.as_str(), p.leaid.as_str(), p.share)).collect();
        let (own, other) = (30.5 / 41.0, 10.5 / 41.0);
        assert_eq!(found[0], ("51001", "5100060", own));
        assert_eq!(found[2..], [("51001090100", "5100060", own), ("51001090100", "5102710", other)]);
    }
}

#[test]
fn a_cell_in_the_furthest_corner_takes_no_memory() {
    let rows: [&[&str]; 2] = [&["LEAID", "x", "TRACT", "LANDAREA"], &["5100060", "x", "51001090100", "3"]];
    // Row by column, that is 17,179,869,184 cells.
    let corner = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let (parts, problems) = relationship::parse(&workbook_and(&rows, corner), "grf_tract.xlsx");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(parts.iter().map(|p| p.area.as_str()).collect::<Vec<_>>(), ["51001", "51001090100"]);
}

#[test]
fn weights_become_shares_of_areas_and_of_what_is_around_them() {
    let csv = "LEAID,BLKGRP,LANDAREA,CHILDREN\n\
        5100060,510010901001,9,30\n5102710,510010901001,1,10\n5100060,510010901002,2,0\n5100060,510010902001,2,20\n";
    let (parts, problems) = relationship::parse(csv.as_bytes(), "parts.csv");
    assert!(problems.is_empty(), "{problems:?}");
    let share = |area: &str, leaid: &str| {
        let found = parts.iter().find(|p| p.area.as_str() == area && p.leaid.as_str() == leaid);
        found.map(|p| p.share)
    };
    assert_eq!(share("510010901001", "5100060"), Some(0.75), "children before land");
    assert_eq!(share("510010901001", "5102710"), Some(0.25));
    assert_eq!(share("510010901002", "5100060"), None, "nobody lives there");
    assert_eq!((share("51001090100", "5100060"), share("51001", "5100060")), (Some(0.75), Some(5.0 / 6.0)));
    let bad = "LEAID,TRACT,LANDAREA\n510006,51001090100,1\n5100060,5100109010,1\n5100060,51001090100,-1\n";
    let (parts, problems) = relationship::parse(bad.as_bytes(), "parts.csv");
    let columns: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
    assert_eq!((parts.len(), columns), (0, vec![(2, "LEAID"), (3, "TRACT"), (4, "LANDAREA")]));
    let (_, problems) = relationship::parse(b"LEAID,ZCTA5CE20\n1,2\n", "parts.csv");
    assert!(problems.kept()[0].wanted.contains("BLKGRP"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = directory::parse_agencies(&bytes, "x");
        let _ = directory::parse_schools(&bytes, "x");
        let _ = membership::parse(&bytes, "x");
        let _ = geocode::parse(&bytes, "x");
        let _ = relationship::parse(&bytes, "x");
    }
}
