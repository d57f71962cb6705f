use super::fixed::{AreaService, FixedAvailability};
use super::mobile::{self, Environment, MobileTechnology};
use super::{Medium, Technology, form477};
use evenfield_model::GeographyKind;
use proptest::prelude::*;

const HEADER: &str = "frn,provider_id,brand_name,location_id,technology,max_advertised_download_speed,max_advertised_upload_speed,low_latency,business_residential_code,state_usps,block_geoid,h3_res8_id\n";

#[test]
fn locations_are_counted_once_by_the_best_they_are_offered() {
    let rows = "1,1,\"Two\nLines, Inc\",1000000001,50,1000,1000,1,R,VA,510010901001000,88\n\
        2,2,Sky,1000000001,61,220,25,1,X,VA,510010901001000,88\n\
        3,3,Air,1000000002,71,50,5,1,R,VA,510010901001001,88\n\
        4,4,Copper,1000000002,10,10,1,1,R,VA,510010901001001,88\n\
        5,5,Firm,1000000003,50,1000,1000,1,B,VA,510010901001001,88\n\
        6,6,Odd,1000000004,99,100,20,1,R,VA,510010901001001,88\n\
        7,7,Odd,1000000004,40,-100,20,1,R,VA,510010901001001,88\n\
        8,8,Odd,1000000004,40,100,20,1,R,VA,51001090100100,88\n\
        9,9,Short,1000000004\n";
    let mut availability = FixedAvailability::default();
    let problems = availability.add(format!("{HEADER}{rows}").as_bytes(), "bdc.csv");
    let wanted: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
    assert_eq!(wanted[..3], [(8, "technology"), (9, "max_advertised_download_speed"), (10, "block_geoid")]);
    assert_eq!(problems.found(), 4);
    assert_eq!(availability.rows(), (5, 1));
    let areas = availability.by_area(Some(GeographyKind::BlockGroup));
    let expected = AreaService {
        geoid: "510010901001".into(),
        locations: 2,
        wired: [1, 1],
        fixed_wireless: [1, 0],
        satellite: [1, 1],
        terrestrial: [2, 1],
    };
    assert_eq!(areas, [expected]);
    assert_eq!(availability.by_area(None).len(), 2);
    assert_eq!(availability.by_area(None)[0].geoid, "510010901001000");
}

#[test]
fn a_state_below_ten_keeps_its_zero() {
    let mut availability = FixedAvailability::default();
    let row = "1,1,A,1,40,100,20,0,R,CA,060014001001002,88\n";
    assert!(availability.add(format!("{HEADER}{row}").as_bytes(), "b.csv").is_empty());
    assert_eq!(availability.by_area(Some(GeographyKind::County))[0].geoid, "06001");
}

#[test]
fn technologies_have_a_medium() {
    let medium = |code| Technology::parse(code).map(Technology::medium);
    assert_eq!(medium("50"), Some(Medium::Wired));
    assert_eq!(medium("61"), Some(Medium::Satellite));
    assert_eq!(medium("72"), Some(Medium::FixedWireless));
    assert_eq!(medium("99"), None);
    assert_eq!(medium("fiber"), None);
}

#[test]
fn mobile_cells_are_counted_once() {
    let csv = "h3_res9_id,providerid,brandname,technology,mindown,minup,environmnt,minsignal\n\
        892a8a0000fffff,1,A,400,5,1,0,-100\n892a8a0000fffff,2,B,400,5,1,0,-100\n892a8a0001fffff,1,A,500,35,3,1,-100\nzz,1,A,400,5,1,0,-1\n892a8a0001fffff,1,A,600,5,1,0,-1\n";
    let (cells, problems) = mobile::parse(csv.as_bytes(), "m.csv");
    assert_eq!((cells.len(), problems.found()), (3, 2));
    let count = mobile::count(&cells);
    assert_eq!(count[&(MobileTechnology::Lte, Environment::OutdoorStationary)], 1);
    assert_eq!(count[&(MobileTechnology::FifthGeneration, Environment::InVehicle)], 1);
}

#[test]
fn form_477_is_summed_by_block() {
    let csv = "LogRecNo,Provider_Id,FRN,ProviderName,DBAName,HoldingCompanyName,HocoNum,HocoFinal,StateAbbr,BlockCode,TechCode,Consumer,MaxAdDown,MaxAdUp,Business\n\
        1,10,1,A,A,A,1,A,VA,510010901001000,50,1,1000,1000,1\n2,11,1,B,B,B,1,B,VA,510010901001000,60,1,25,3,1\n3,12,1,C,C,C,1,C,VA,510010901001000,10,0,0,0,1\n4,12,1,C,C,C,1,C,VA,510010901001000,77,1,0,0,1\n";
    let (blocks, problems) = form477::parse(csv.as_bytes(), "f.csv");
    assert_eq!((blocks.len(), problems.found()), (1, 1));
    assert_eq!(
        (blocks[0].providers, blocks[0].providers_25_3, blocks[0].max_wired_down),
        (2, 2, Some(1000.0))
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut text = HEADER.as_bytes().to_vec();
        text.extend(&bytes);
        for bytes in [&bytes, &text] {
            let _ = FixedAvailability::default().add(bytes, "x");
            let _ = mobile::parse(bytes, "x");
            let _ = form477::parse(bytes, "x");
        }
    }
}
