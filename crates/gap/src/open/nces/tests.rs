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
