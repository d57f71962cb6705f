use super::share::{ShareKind, shares};
use super::table::parse;
use evenfield_model::GeographyKind;
use proptest::prelude::*;

const API: &str = r#"[["GEO_ID","NAME","B28005_002E","B28005_002M","B28005_004E","B28005_004M","B28005_006E","B28005_006M","B28005_007E","B28005_007M","B28005_007MA","state","school district (unified)"],
["9700000US5100001","One, Virginia","1000","50","10","9","60","30","130","40",null,"51","00001"],
["9700000US5100002","Two, Virginia","0","12","0","12","0","12","0","12",null,"51","00002"],
["9700000US5100003","Three, Virginia","400","-555555555","-666666666","-222222222","1","2","3","4",null,"51","00003"],
["9700000US100004","Stripped","1","1","1","1","1","1","1","1",null,"51","00004"],
["9700000US5100005","Negative","-7","1","1","1","1","1","1","1",null,"51","00005"],
["9700000US5100006","Ragged"]]"#;

#[test]
fn the_apis_shape_gives_shares_with_margins() {
    let (table, problems) = parse(API.as_bytes(), "B28005.json");
    assert_eq!(table.rows.len(), 4);
    let wanted: Vec<_> =
        problems.kept().iter().map(|p| (p.line, p.column.as_str(), p.wanted.as_str())).collect();
    assert_eq!(wanted.len(), 3);
    assert!(
        wanted[0].0 == 5 && wanted[0].2.contains("six mean") | wanted[0].2.contains("leading zero"),
        "{wanted:?}"
    );
    assert_eq!((wanted[1].0, wanted[1].1), (6, "B28005_002E"));
    assert!(wanted[2].2.contains("13 values"));
    let moe = table.variable("B28005_002").unwrap();
    assert_eq!(table.rows[2].cells[moe].moe, Some(0.0), "a controlled estimate has no sampling error");
    let shares = shares(&table);
    let m1: Vec<_> = shares.iter().filter(|share| share.kind == ShareKind::ChildrenM1).collect();
    assert_eq!(m1.len(), 1, "nobody to count, and a line missing, make no share");
    assert_eq!((m1[0].geography.kind, m1[0].value, m1[0].whole), (GeographyKind::District, 0.2, 1000.0));
    // sqrt(9^2 + 30^2 + 40^2 - 0.2^2 * 50^2) / 1000
    assert!((m1[0].moe.unwrap() - (81.0f64 + 900.0 + 1600.0 - 100.0).sqrt() / 1000.0).abs() < 1e-12);
}

#[test]
fn the_downloads_shape_with_labels_and_the_old_one_without_geo_id() {
    let csv = "GEO_ID,NAME,B28002_001E,B28002_001M,B28002_003E,B28002_003M,B28002_006E,B28002_006M,B28002_007E,B28002_007M,B28002_012E,B28002_012M,B28002_013E,B28002_013M,\n\
        Geography,Geographic Area Name,Estimate!!Total:,Margin,a,b,c,d,e,f,g,h,i,j,\n\
        1500000US510010901001,\"Block Group 1, Census Tract 901\",500,40,0,12,50,20,300,45,25,15,75,30,\n";
    let (table, problems) = parse(csv.as_bytes(), "ACSDT5Y2022.B28002-Data.csv");
    assert!(problems.is_empty(), "{problems:?}");
    let shares = shares(&table);
    let value = |kind| shares.iter().find(|share| share.kind == kind).unwrap().value;
    assert_eq!(value(ShareKind::HouseholdsM1), 0.2);
    assert_eq!(value(ShareKind::HouseholdsM2), 0.3);
    assert!((value(ShareKind::HouseholdsM3) - 0.4).abs() < 1e-12);

    let old = "B28003_001E,B28003_001M,B28003_006E,B28003_006M,state,county,tract,block group\n10,1,5,1,51,001,090100,2\n";
    let (table, problems) = parse(old.as_bytes(), "old.csv");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(table.rows[0].geography.id, "510010901002");
    let summary = "GEO_ID|B28003_E001|B28003_M001\n0400000US51|10|2\n";
    let (table, _) = parse(summary.as_bytes(), "acsdt5y2022-b28003.dat");
    assert_eq!(table.rows[0].cells[0].estimate, Some(10.0));
}

#[test]
fn a_part_larger_than_its_whole_is_a_problem() {
    let wrong = |text: &str| {
        let (table, problems) = parse(text.as_bytes(), "t.csv");
        let told =
            problems.kept().iter().map(|p| (p.line, p.column.clone(), p.said.clone())).collect::<Vec<_>>();
        (table.rows.len(), told)
    };
    // More homes without Internet access than homes; the next row is sound.
    let found =
        wrong("GEO_ID,B28002_001E,B28002_013E\n1400000US51001090100,100,120\n1400000US51001090200,100,100\n");
    assert_eq!(found, (1, vec![(2, "B28002_013E".to_owned(), "120".to_owned())]));
    // Each line fits, and together they do not.
    let found = wrong(
        "GEO_ID,B28005_002E,B28005_004E,B28005_006E,B28005_007E\n1400000US51001090100,100,10,60,40\n\
         1400000US51001090200,100,10,50,40\n",
    );
    assert_eq!(found, (1, vec![(2, "B28005_004E + B28005_006E + B28005_007E".to_owned(), "110".to_owned())]));
    // A median is not part of another one.
    let found = wrong("GEO_ID,B01002_001E,B01002_002E\n1400000US51001090100,40,44\n");
    assert_eq!(found, (1, vec![]));
}

#[test]
fn a_block_group_that_lost_its_zero_is_no_tract() {
    let wrong = |text: &str| {
        let (table, problems) = parse(text.as_bytes(), "t.csv");
        assert!(
            problems.kept().iter().all(|p| p.line == 2 && p.wanted.contains("leading zero")),
            "{problems:?}"
        );
        (table.rows.len(), problems.kept()[0].column.clone())
    };
    assert_eq!(
        wrong("GEO_ID,NAME,B28005_007E\n10010201001,\"Block Group 1, Census Tract 201\",12\n"),
        (0, "GEO_ID".to_owned())
    );
    let row = "B28005_007E,state,county,tract,block group\n12,1,001,020100,1\n";
    assert_eq!(wrong(row), (0, "state".to_owned()));
    assert_eq!(wrong(&row.replace("1,001,020100", "01,001,20100")), (0, "tract".to_owned()));
}

#[test]
fn what_is_no_table_is_refused() {
    for text in ["", "[", "[[]]", "[[\"a\"],[\"b\"]]", "a,b\n1,2\n", "<html>", "[[[[[[[["] {
        let (table, problems) = parse(text.as_bytes(), "x");
        assert!(table.rows.is_empty() && !problems.is_empty(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..900, byte: u8) {
        let _ = parse(&bytes, "x");
        let mut damaged = API.as_bytes().to_vec();
        let at = at % damaged.len();
        damaged[at] = byte;
        let (table, _) = parse(&damaged, "x");
        for share in shares(&table) {
            prop_assert!((0.0..=1.0).contains(&share.value));
        }
    }
}

#[test]
fn a_place_stands_once_and_cells_without_an_estimate_are_counted() {
    let json = r#"[["GEO_ID","B28005_007E","B28005_007M"],
["1400000US51001090100","12","5"],
["1400000US51001090200",null,null],
["1400000US51001090100","99","5"],
["1400000US51001090300","Infinity","5"]]"#;
    let csv = "GEO_ID,B28005_007E,B28005_007M\n1400000US51001090100,12,5\n1400000US51001090200,,\n\
        1400000US51001090100,99,5\n1400000US51001090300,inf,5\n";
    for (name, text) in [("a.json", json), ("a.csv", csv)] {
        let (table, problems) = parse(text.as_bytes(), name);
        assert_eq!(
            table.rows.iter().map(|r| r.cells[0].estimate).collect::<Vec<_>>(),
            [Some(12.0), None, None]
        );
        let told: Vec<_> =
            problems.kept().iter().map(|p| (p.line, p.column.as_str(), p.said.as_str())).collect();
        assert_eq!(told[0], (4, "GEO_ID", "51001090100"), "{name}");
        assert_eq!(
            (told[1].0, told[1].1, told.len(), problems.empty_cells()),
            (5, "B28005_007E", 2, 1),
            "{name}"
        );
        assert_eq!(problems.kept()[0].wanted, "each place once; it is on line 2 already");
    }
}
