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
fn a_row_with_an_empty_cell_is_named() {
    let places = |problems: &evenfield_model::Problems| -> Vec<(u64, String)> {
        problems.kept().iter().map(|p| (p.line, p.column.clone())).collect()
    };
    let row = "1,1,A,1000000001,,100,20,0,R,VA,,88\n";
    let problems = FixedAvailability::default().add(format!("{HEADER}{row}").as_bytes(), "b.csv");
    assert_eq!(places(&problems), [(2, "technology".into()), (2, "block_geoid".into())]);
    let csv = "h3_res9_id,providerid,technology,mindown,minup,environmnt\n892a8a0000fffff,1,400,,1,0\n,1,400,5,1,0\n";
    let (cells, problems) = mobile::parse(csv.as_bytes(), "m.csv");
    assert_eq!((cells.len(), places(&problems)), (0, vec![(2, "mindown".into()), (3, "h3_res9_id".into())]));
    let csv = "BlockCode,Provider_Id,TechCode,Consumer,MaxAdDown,MaxAdUp\n510010901001000,1,50,,1,1\n";
    assert_eq!(places(&form477::parse(csv.as_bytes(), "f.csv").1), [(2, "Consumer".into())]);
    let csv = "BlockCode,resproviders,bb253_num,bbmax_dl,bbmax_up\n510010901001000,1,,NA,-Inf\n";
    assert_eq!(places(&form477::parse(csv.as_bytes(), "f.csv").1), [(2, "bb253_num".into())]);
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
        892a8a0000fffff,1,A,400,5,1,0,-100\n892a8a0000fffff,2,B,400,5,1,0,-100\n892a8a0000bffff,1,A,500,35,3,1,-100\nzz,1,A,400,5,1,0,-1\n892a8a0000bffff,1,A,600,5,1,0,-1\n";
    let (cells, problems) = mobile::parse(csv.as_bytes(), "m.csv");
    assert_eq!((cells.len(), problems.found()), (3, 2));
    let count = mobile::count(&cells);
    assert_eq!(count[&(MobileTechnology::Lte, Environment::OutdoorStationary)], 1);
    assert_eq!(count[&(MobileTechnology::FifthGeneration, Environment::InVehicle)], 1);
}

/// A cell of resolution 9 is about 0.1 km2: ground of 20 metres in its middle is covered, ground 9 kilometres away is not.
#[test]
fn ground_is_covered_by_the_cells_it_lies_in() {
    let cell = h3o::LatLng::new(37.4, -75.8).expect("a place").to_cell(h3o::Resolution::Nine).to_string();
    let csv = format!(
        "h3_res9_id,providerid,technology,mindown,minup,environmnt\n{cell},1,500,7,1,0\n{cell},2,500,35,3,0\n\
         {cell},3,400,5,1,0\n{cell},3,400,900,90,1\n"
    );
    let (cells, problems) = mobile::parse(csv.as_bytes(), "m.csv");
    assert!(problems.is_empty(), "{problems:?}");
    let cells = mobile::best(cells);
    assert_eq!(cells.iter().map(|c| c.down).collect::<Vec<_>>(), [5.0, 35.0]);
    let place = |west: f64, size: f64| {
        let square = geo::Rect::new((west, 37.4 - size), (west + 2.0 * size, 37.4 + size)).to_polygon();
        let geometry = geo::MultiPolygon(vec![square]);
        crate::place::Boundary { kind: GeographyKind::Tract, id: "1".into(), name: String::new(), geometry }
    };
    let found = mobile::by_area(&cells, &[place(-75.8001, 1e-4), place(-75.7, 1e-4), place(-75.9, 0.1)]);
    let whole = mobile::AreaCoverage { lte: 1.0, fifth: 1.0, fifth_35_3: 1.0 };
    assert_eq!(found[..2], [Some(whole), Some(mobile::AreaCoverage::default())]);
    assert!(found[2].expect("ground").lte < 0.1);
}

#[test]
fn blocks_are_counted_by_area() {
    let offer = |block: &str, providers_25_3, max_down| form477::BlockOffer {
        block: block.into(),
        providers: 2,
        providers_25_3,
        max_down,
        ..Default::default()
    };
    let blocks = [
        offer("510010901001000", 1, 100.0),
        offer("510010901001001", 0, 10.0),
        offer("510010901002000", 2, 50.0),
    ];
    let areas = form477::by_area(&blocks, GeographyKind::BlockGroup);
    assert_eq!(areas.len(), 2);
    assert_eq!(
        (areas[0].blocks, areas[0].served, areas[0].providers, areas[0].max_down),
        (2, 0.5, 2.0, 55.0)
    );
    assert_eq!(form477::by_area(&blocks, GeographyKind::County)[0].blocks, 3);
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
