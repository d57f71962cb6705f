use super::*;

const CSV: &[u8] = b"LON,LAT,NUMBER,STREET,UNIT,CITY,POSTCODE\n\
    -75.90,37.60,100,MAIN ST,,Accomac,23301\n\
    -75.91,37.60,104,MAIN ST,,Accomac,23301\n\
    -75.92,37.61,7,N FIRST AVE,,Accomac,23301\n\
    -75.93,37.62,12,ELM ST,,Accomac,23301\n\
    -75.97,37.66,12,ELM CT,,Accomac,23301\n\
    -75.94,37.63,12B,Pe\xc3\xb1a Blvd,,Accomac,23301\n\
    x,37.63,12,Bad Rd,,Accomac,23301\n\
    -75.94,37.63,,No Number Rd,,Accomac,23301\n\
    375000,4100000,5,Projected Rd,,Accomac,23301\n";

fn find(points: &AddressPoints, street: &str, zip: &str) -> Result<(Quality, f64), Miss> {
    let address =
        Address { street: street.into(), city: "Accomac".into(), state: "VA".into(), zip: zip.into() };
    points.geocode(&address).map(|found| (found.quality, found.longitude))
}

#[test]
fn matches_and_misses_say_how_good_and_why() {
    let (points, problems) = AddressPoints::from_csv(CSV, "points.csv");
    assert_eq!((points.len(), problems.found()), (6, 3), "{problems:?}");
    let find = |street, zip| find(&points, street, zip);
    assert_eq!(find("100 Main Street, Apt 3", "23301-1234"), Ok((Quality::Exact, -75.90)));
    assert_eq!(find("7 North 1st Avenue", "23301"), Ok((Quality::Exact, -75.92)));
    assert_eq!(find("12b Pena Boulevard", "23301"), Ok((Quality::Exact, -75.94)));
    assert_eq!(find("7 1st Ave", "23301"), Ok((Quality::Loose, -75.92)));
    assert_eq!(find("100 Main", "23301"), Ok((Quality::Loose, -75.90)));
    assert_eq!(find("110 Main St", "23301"), Ok((Quality::Nearest, -75.91)));
    assert_eq!(find("12 Elm", "23301"), Err(Miss::Ambiguous));
    assert_eq!(find("12 Elm Ct", "23301"), Ok((Quality::Exact, -75.97)));
    assert_eq!(find("900 Main St", "23301"), Err(Miss::NoNearNumber));
    assert_eq!(find("1 Oak St", "23301"), Err(Miss::NoStreet));
    assert_eq!(find("PO Box 12", "23301"), Err(Miss::NoNumber));
    // A wrong ZIP is made up for by the city.
    assert_eq!(find("100 Main St", "99999"), Ok((Quality::Exact, -75.90)));
    let elsewhere = Address { street: "100 Main St".into(), city: "Onancock".into(), ..Address::default() };
    assert_eq!(points.geocode(&elsewhere), Err(Miss::NoPlace));
}

#[test]
fn the_national_address_database_is_read() {
    let csv = b"Add_Number,St_PreDir,St_Name,St_PosTyp,St_PosDir,Post_City,Zip_Code,Longitude,Latitude\n\
        15,North,Main,Street,,ACCOMAC,23301,-75.9,37.6\n";
    let (points, problems) = AddressPoints::from_csv(csv, "nad.csv");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(find(&points, "15 N Main St", "23301"), Ok((Quality::Exact, -75.9)));
}

#[test]
fn a_table_without_places_is_refused() {
    let (points, problems) = AddressPoints::from_csv(b"a,b\n1,2\n", "x.csv");
    assert!(points.is_empty() && problems.kept()[0].wanted.contains("LON and LAT"));
}
