use super::*;
use proptest::prelude::*;

#[test]
fn a_long_table_with_regions() {
    let csv = "geoid,year,measure,value,moe,region_type\n\
        51001,2017,num_hh,13528.0,,county\n\
        51_hd_01,2017,num_hh,20,,health district\n\
        51001,2018,num_hh,NA,NA,county\n\
        1001,2018,num_hh,4,,county\n\
        10010201001,2018,num_hh,4,,block group\n\
        51003,2018,perc,12.5,1.5,county\n\
        51003,2018,perc,twelve,1.5,county\n\
        51003,2018\n";
    let (table, problems) = parse_long(csv.as_bytes(), "long.csv", &LongMap::default());
    assert_eq!(
        (table.rows.len(), problems.empty_cells(), problems.found(), problems.wrong()),
        (3, 1, 5, 4),
        "{problems:?}"
    );
    assert!(problems.kept()[1].wanted.contains("leading zero"));
    assert_eq!(table.rows[1].kind, None);
    let perc: Vec<_> = table.of("perc").collect();
    assert_eq!((perc[0].value, perc[0].moe, &*perc[0].id), (12.5, Some(1.5), "51003"));
    assert_eq!(table.of("nothing").count(), 0);
}

#[test]
fn ids_that_lost_their_zero_are_not_other_places() {
    let problems_for = |map: &LongMap<'_>, rows: &str| {
        let (table, problems) = parse_long(format!("geoid,measure,value\n{rows}").as_bytes(), "l.csv", map);
        let ids: Vec<String> = table.rows.iter().map(|row| row.id.to_string()).collect();
        (ids, problems.kept().iter().map(|p| (p.line, p.said.clone())).collect::<Vec<_>>())
    };
    let problems_of = |rows: &str| problems_for(&LongMap::default(), rows);
    let named = |line, said: &str| vec![(line, said.to_owned())];
    // Block groups of California, Delaware and Alabama: 11 digits of the last would be a tract of Delaware.
    let (ids, problems) = problems_of("060014001001,a,1\n100010401001,a,2\n10010201001,a,3\n");
    assert_eq!((ids.len(), problems), (2, named(4, "10010201001")));
    // Tracts beside block groups of their county are tracts.
    let (ids, problems) = problems_of("51001090100,a,1\n510010901001,a,2\n");
    assert_eq!((ids.len(), problems), (2, vec![]));
    // A tract of Colorado would be in a state 80, and a district of Alabama would be a place of its own.
    assert_eq!(problems_of("8001007801,a,1\n80010078011,a,1\n").1.len(), 2);
    let (ids, problems) = problems_of("5100060,a,1\n100005,a,2\n");
    assert_eq!((ids, problems), (vec!["5100060".to_owned()], named(3, "100005")));
    // A whole column that lost it has no neighbour to tell: what it is loaded for does. These would be tracts of Delaware.
    let column = "10010201001,a,1\n10010201002,a,3\n";
    let of = |kind, state| LongMap { kind, state };
    for map in [of(Some(GeographyKind::BlockGroup), None), of(None, Some("01"))] {
        let (ids, problems) = problems_for(&map, column);
        assert_eq!((ids.len(), problems.len()), (0, 2), "{map:?}");
        assert_eq!(problems[0], (2, "10010201001".to_owned()));
    }
    for map in [of(Some(GeographyKind::Tract), None), of(None, Some("10")), of(None, Some("51"))] {
        assert_eq!(problems_for(&map, column).0.len(), 2, "{map:?}");
    }
    // Of the nation's tracts those of Delaware are themselves, and so are tracts beside block groups that are wanted.
    let nation = "01001020100,a,1\n10001040100,a,2\n";
    assert_eq!(problems_for(&of(None, Some("01")), nation).1, []);
    let both = "510010901001,a,1\n51001090100,a,2\n";
    assert_eq!(problems_for(&of(Some(GeographyKind::BlockGroup), Some("51")), both).1, []);
}

#[test]
fn an_id_that_is_none_is_a_problem_and_another_kind_of_area_a_note() {
    let csv = "geoid,measure,value,region_type\n51001,a,1,county\nAccomack,a,2,\n100005,a,3,\n23301,a,4,zip code\n\
        23302,a,5,zip code\n51001090100,a,6,Census Tract\n1400000US51001090200,a,7,\n8600000US23301,a,8,\n\
        51_hd_01,a,9,\n51_01,a,10,\n";
    let (table, problems) = parse_long(csv.as_bytes(), "l.csv", &LongMap::default());
    let kinds: Vec<_> = table.rows.iter().filter_map(|row| row.kind).collect();
    assert_eq!((table.rows.len(), kinds.len()), (6, 3), "{problems:?}");
    let told: Vec<_> = problems.kept().iter().map(|p| (p.line, p.said.as_str(), p.note)).collect();
    let wanted = [
        (3, "Accomack", false),
        (4, "100005", false),
        (9, "8600000US23301", false),
        (11, "51_01", false),
        (10, "hd", true),
        (5, "zip code", true),
    ];
    assert_eq!((told, problems.found(), problems.wrong()), (wanted.to_vec(), 6, 4));
    assert!(problems.kept()[5].wanted.contains("2 of this one"), "{problems:?}");
}

#[test]
fn a_wide_table_with_pairs() {
    let csv = "\"GEOID\",\"NAME\",\"year\",\"snapE\",\"snapM\",\"soloE\"\n\"510010904004\",\"x\",\"2019\",183,117,9\n";
    let map = WideMap {
        id: "GEOID",
        kind: Some(GeographyKind::BlockGroup),
        year: &["year"],
        measures: Measures::Pairs,
        restore_zeros: false,
    };
    let (table, problems) = parse_wide(csv.as_bytes(), "wide.csv", &map);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(table.measures, ["snap"]);
    assert_eq!(
        (table.rows[0].value, table.rows[0].moe, table.rows[0].year),
        (183.0, Some(117.0), Some(2019))
    );
}

#[test]
fn zeros_are_put_back_only_when_asked() {
    let csv = "fips,a\n1001.0,5\n";
    let map = |restore_zeros| WideMap {
        id: "fips",
        kind: Some(GeographyKind::County),
        year: &[],
        measures: Measures::Named(&[("a", "a", "")]),
        restore_zeros,
    };
    let (table, _) = parse_wide(csv.as_bytes(), "c.csv", &map(true));
    assert_eq!(&*table.rows[0].id, "01001");
    let (table, problems) = parse_wide(csv.as_bytes(), "c.csv", &map(false));
    assert_eq!((table.rows.len(), problems.found()), (0, 1));
}

#[test]
fn a_count_is_not_negative_and_other_measures_may_be() {
    let csv = "geoid,measure,value\n51001,children,-400\n51001,B28002_001,-3\n51001,change,-2.5\n51131,children,7\n";
    let (table, problems) = parse_long(csv.as_bytes(), "t.csv", &LongMap::default());
    assert_eq!(table.rows.iter().map(|r| r.value).collect::<Vec<_>>(), [-2.5, 7.0]);
    assert_eq!((problems.found(), problems.kept()[0].line), (2, 2));
    assert_eq!(problems.kept()[0].wanted, "a count, 0 or more");
}

#[test]
fn an_area_stands_once_and_cells_without_a_value_are_counted() {
    let long = "geoid,year,measure,value\n51001,2020,a,1\n51001,2021,a,2\n51001,2020,a,3\n51003,2020,a,NaN\n\
        51005,2020,a,\n51007,2020,a,inf\n51009,2020,a,-1e999\n";
    let (table, problems) = parse_long(long.as_bytes(), "l.csv", &LongMap::default());
    assert_eq!(table.rows.iter().map(|r| r.value).collect::<Vec<_>>(), [1.0, 2.0]);
    let told = |problems: &Problems| -> Vec<(u64, String, String)> {
        problems.kept().iter().map(|p| (p.line, p.column.clone(), p.said.clone())).collect()
    };
    let wanted = [(4, "geoid", "51001"), (7, "value", "inf"), (8, "value", "-1e999")]
        .map(|(n, c, s)| (n, c.into(), s.into()));
    assert_eq!((told(&problems), problems.empty_cells()), (wanted.to_vec(), 2));
    assert!(problems.kept()[0].wanted.contains("line 2 has a of it"), "{problems:?}");

    let wide = "GEOID,year,xE,xM\n51001,2020,1,\n51001,2021,NaN,\n51001,2020,3,\n";
    let map = WideMap {
        id: "GEOID",
        kind: Some(GeographyKind::County),
        year: &["year"],
        measures: Measures::Pairs,
        restore_zeros: false,
    };
    let (table, problems) = parse_wide(wide.as_bytes(), "w.csv", &map);
    assert_eq!((table.rows.len(), problems.empty_cells()), (1, 1));
    assert_eq!(told(&problems), [(4, "GEOID".to_owned(), "51001".to_owned())]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut text = b"geoid,year,measure,value,moe,region_type\n".to_vec();
        text.extend(&bytes);
        let map = WideMap { id: "geoid", kind: None, year: &[], measures: Measures::Pairs, restore_zeros: true };
        for bytes in [&bytes, &text] {
            let _ = parse_long(bytes, "x", &LongMap { kind: None, state: Some("01") });
            let _ = parse_wide(bytes, "x", &map);
        }
    }
}
