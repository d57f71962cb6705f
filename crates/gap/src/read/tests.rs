use super::table::ROW_BYTES;
use super::*;
use evenfield_model::Problems;
use proptest::prelude::*;
use std::io::Write;

fn open<'t>(text: &'t str, problems: &mut Problems) -> Table<'t> {
    Table::open("t.csv", text, TableRules::default(), problems).expect("a table")
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("an archive").into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).expect("written");
    writer.finish().expect("an archive")
}

fn xzed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    lzma_rs::xz_compress(&mut std::io::Cursor::new(bytes), &mut out).expect("an archive");
    out
}

#[test]
fn utf8_is_borrowed_and_its_mark_left_off() {
    let mut problems = Problems::default();
    let text = decode("f", "\u{FEFF}José".as_bytes(), &mut problems).expect("text");
    assert_eq!(text, "José");
    assert!(matches!(text, std::borrow::Cow::Borrowed(_)));
    assert!(problems.is_empty());
}

#[test]
fn utf16_and_windows_1252_are_converted_and_said() {
    let utf16: Vec<u8> = "\u{FEFF}id,name\n1,José\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let no_mark: Vec<u8> = "id,name\n1,José\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, name) in
        [(utf16, "UTF-16"), (no_mark, "UTF-16"), (b"id,name\n1,Jos\xE9\n".to_vec(), "Windows-1252")]
    {
        let mut problems = Problems::default();
        assert_eq!(decode("f", &bytes, &mut problems).expect("text"), "id,name\n1,José\n");
        assert_eq!(problems.kept()[0].said, name);
        assert_eq!(problems.kept()[0].line, 0);
    }
}

#[test]
fn one_broken_byte_in_utf8_is_named_by_its_line() {
    let mut problems = Problems::default();
    let bytes = [b"a\n\xC3\xA9\xC3\xA8\n".as_slice(), b"x\xFFy\n"].concat();
    assert_eq!(decode("f", &bytes, &mut problems).expect("text"), "a\néè\nx\u{FFFD}y\n");
    assert_eq!((problems.found(), problems.kept()[0].line), (1, 3));
    assert_eq!(problems.kept()[0].said, "\\xFF");
}

#[test]
fn what_is_no_text_is_refused() {
    let mut problems = Problems::default();
    let noise: Vec<u8> = (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (bytes, looks_like) in [
        (noise.as_slice(), "a binary file"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04....", "a zip archive"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", "an old Office file or a locked workbook"),
        (b"name\nJos\x81\n", "in an encoding that is neither UTF-8, UTF-16 nor Windows-1252"),
    ] {
        match decode("f", bytes, &mut problems) {
            Err(ReadError::NotText { looks_like: said, .. }) => assert_eq!(said, looks_like),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(decode("f", b"", &mut problems), Err(ReadError::Empty { file: "f".into() }));
}

/// What Excel writes, as far as it tells the kind: the new form, its binary twin, and the two old ones.
fn workbooks() -> [Vec<u8>; 4] {
    let new = |part: &'static str| {
        zipped(&[("[Content_Types].xml", b"<Types/>".as_slice()), (part, b"<workbook/>")])
    };
    let old = |stream: &str| {
        let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        bytes.extend([0; 1016]);
        bytes.extend(stream.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        bytes
    };
    [new("xl/workbook.xml"), new("xl/workbook.bin"), old("Workbook"), old("Book")]
}

#[test]
fn a_workbook_is_called_one_and_what_to_do_is_said() {
    for bytes in workbooks() {
        let wanted = ReadError::Workbook { file: "f.xlsx".into() };
        assert!(wanted.to_string().contains("f.xlsx: this is an Excel workbook; save it as CSV (UTF-8)"));
        assert_eq!(decode("f.xlsx", &bytes, &mut Problems::default()).err(), Some(wanted.clone()));
        let opened = Source::open("f.xlsx", bytes.clone(), Limits::default())
            .and_then(|source| decode("f.xlsx", &source.read("f.xlsx")?, &mut Problems::default()).map(drop));
        assert_eq!(opened.err(), Some(wanted), "as a source");
    }
    let [xlsx, ..] = workbooks();
    let beside = zipped(&[("a.csv", b"a,b\n".as_slice()), ("notes.xlsx", &xlsx)]);
    let source =
        Source::open("d.zip", beside, Limits::default()).expect("an archive with a workbook in it is none");
    assert_eq!(source.names().collect::<Vec<_>>(), ["a.csv", "notes.xlsx"]);
}

#[test]
fn a_number_is_read_as_it_was_meant() {
    for (said, meant) in [
        ("1,000", "1000"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1,234.5", "1234.5"),
        ("100 Mbps", "100"),
        ("25mbps", "25"),
        ("25", "25"),
        ("1.5", "1.5"),
        ("", ""),
        ("a lot", "a lot"),
    ] {
        assert_eq!(plain_number(said), meant, "{said}");
    }
}

#[test]
fn columns_are_found_in_any_order_and_case() {
    let mut problems = Problems::default();
    let rules = TableRules { exact_headers: true, delimiter: None };
    let text = "Name,sourcedid,Name,odd\nA,1,B,x\n";
    let mut table = Table::open("t.csv", text, rules, &mut problems).expect("a table");
    assert_eq!(table.column(&["sourcedId"], &mut problems), Some(1));
    assert_eq!(table.column(&["name", "Name"], &mut problems), Some(0));
    assert_eq!(table.require(&["status"], &mut problems), None);
    table.report_unknown(|h| h == "Name", &mut problems);
    let wanted: Vec<&str> = problems.kept().iter().map(|p| p.wanted.as_str()).collect();
    assert_eq!(
        wanted,
        [
            "each column once; the first of this name is read",
            "the header sourcedId in these letters",
            "a column status",
            "a column that is known; this one is not read",
        ]
    );
}

#[test]
fn lines_are_physical_whatever_the_line_ends_and_quotes() {
    for (end, mark) in [("\n", ""), ("\r\n", "\u{FEFF}"), ("\r", "")] {
        let text =
            ["id,note", "1,plain", "", "2,\"two", "lines\"", "3,ragged,row", "4,\"said \"\"so\"\"\"", "5,x"]
                .join(end);
        let bytes = format!("{mark}{text}").into_bytes();
        let mut problems = Problems::default();
        let text = decode("t.csv", &bytes, &mut problems).expect("text");
        let mut table = open(&text, &mut problems);
        let mut seen = Vec::new();
        while let Some(row) = table.next_row(&mut problems) {
            seen.push((row.line, row.text(Some(0)).to_owned(), row.text(Some(1)).to_owned()));
        }
        let two = format!("two{end}lines");
        let wanted = [(2, "1", "plain"), (4, "2", two.as_str()), (7, "4", "said \"so\""), (8, "5", "x")];
        let wanted: Vec<_> = wanted.map(|(l, a, b)| (l, a.to_owned(), b.to_owned())).into();
        assert_eq!(seen, wanted, "line end {end:?}");
        assert_eq!((problems.found(), problems.kept()[0].line), (1, 6));
        assert_eq!(problems.kept()[0].wanted, "2 cells as in the header; this row has 3");
    }
}

#[test]
fn ragged_rows_nuls_and_open_quotes_are_named() {
    let mut problems = Problems::default();
    let mut table = open("a,b\n1\n1,2,,\n,,\n\0,2\n\"open,3\n4,5\n6,7\n", &mut problems);
    let row = table.next_row(&mut problems).expect("the row with empty cells too many");
    assert_eq!((row.line, row.text(Some(1))), (3, "2"));
    assert!(table.next_row(&mut problems).is_none());
    let kept: Vec<_> = problems.kept().iter().map(|p| (p.line, p.wanted.as_str())).collect();
    assert_eq!(
        kept,
        [
            (2, "2 cells as in the header; this row has 1"),
            (5, "text without NUL characters"),
            (
                6,
                "2 cells as in the header; this row has 1 and one of them runs over 4 lines: \
                 a quotation mark is probably not closed"
            ),
        ]
    );
}

#[test]
fn an_open_quote_that_swallows_rows_is_named() {
    // Each first row would else be a sound row of three cells, and the second be lost.
    for text in
        ["a,b,c\n1,\"Ann,x\n2,\"Bob\",y\n3,Cid,z\n", "a,b,c\r\n1,x,\"Ann\r\n2,y,\"Bob\"\r\n3,z,Cid\r\n"]
    {
        let mut problems = Problems::default();
        let mut table = open(text, &mut problems);
        assert_eq!(table.next_row(&mut problems).expect("the row after").text(Some(0)), "3");
        assert_eq!((problems.found(), problems.kept()[0].line), (1, 2), "{text}");
        assert!(problems.kept()[0].wanted.contains("closing quotation mark"));
    }
    let mut problems = Problems::default();
    let mut table = open("a,b,c\n1,\"two \"\"lines\"\",\nof text\",\"\"\n", &mut problems);
    assert_eq!(table.next_row(&mut problems).expect("a row").text(Some(1)), "two \"lines\",\nof text");
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_row_without_end_is_cut_and_named() {
    let mut problems = Problems::default();
    let text = format!("id,name\n1,Ann\n2,\"{}", "x\n".repeat(4 << 20));
    let mut table = open(&text, &mut problems);
    assert_eq!(table.next_row(&mut problems).expect("row 1").line, 2);
    assert!(table.next_row(&mut problems).is_none());
    assert!(table.next_row(&mut problems).is_none());
    assert!(table.record.as_slice().len() < 2 * ROW_BYTES, "it is never held whole");
    assert_eq!((problems.found(), problems.kept()[0].line), (1, 3));
    assert!(problems.kept()[0].wanted.contains("quotation mark"), "{:?}", problems.kept()[0]);
    let header = "a,".repeat(3 << 20);
    let error =
        Table::open("f.csv", &header, TableRules::default(), &mut problems).map(|_| ()).expect_err("no end");
    assert!(error.to_string().contains("a header of at most 4 MiB"), "{error}");
}

#[test]
fn a_header_of_a_hundred_thousand_columns_is_read_in_time() {
    let mut problems = Problems::default();
    let names: Vec<String> = (0..100_000).map(|n| format!("c{}", n % 99_999)).collect();
    let text = format!("{}\n", names.join(","));
    let mut table = open(&text, &mut problems);
    assert_eq!(table.column(&["c99998"], &mut problems), Some(99_998));
    assert_eq!((problems.found(), problems.kept()[0].said.as_str()), (1, "c0"));
}

#[test]
fn other_delimiters_are_found() {
    for text in ["a;b\n1;2\n", "a\tb\n1\t2\n", "a|b\n1|2\n", "\"a;x\",b\n1,2\n"] {
        let mut problems = Problems::default();
        let mut table = open(text, &mut problems);
        let row = table.next_row(&mut problems).expect("a row");
        assert_eq!(row.text(Some(1)), "2", "{text:?}");
    }
}

#[test]
fn cells_that_cannot_be_read_are_problems() {
    let mut problems = Problems::default();
    let text = "n,c,d,f,g,id\n\"1,234.5\",\"1,200\",9/1/2026,Yes,01001,X1\nabc,-3,2026-13-01,maybe,1001,1.23E+11\n,,,,,\n,,,,,x\n";
    let mut table = open(text, &mut problems);
    let at: Vec<Option<usize>> = (0..6).map(Some).collect();
    let row = table.next_row(&mut problems).expect("row 2");
    assert_eq!(row.number(at[0], &mut problems), Some(1234.5));
    assert_eq!(row.count(at[1], &mut problems), Some(1200));
    assert_eq!(row.date(at[2], &mut problems), Some(jiff::civil::date(2026, 9, 1)));
    assert_eq!(row.flag(at[3], &mut problems), Some(true));
    assert_eq!(row.geoid(at[4], 5, &mut problems).expect("a county").as_str(), "01001");
    assert_eq!(row.id(at[5], "an id", &mut problems), Some("X1"));
    assert!(problems.is_empty());
    let row = table.next_row(&mut problems).expect("row 3");
    assert_eq!(row.number(at[0], &mut problems), None);
    assert_eq!(row.count(at[1], &mut problems), None);
    assert_eq!(row.date(at[2], &mut problems), None);
    assert_eq!(row.flag(at[3], &mut problems), None);
    assert_eq!(row.geoid(at[4], 5, &mut problems), None);
    assert_eq!(row.id(at[5], "an id", &mut problems), None);
    let kept: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str(), p.said.as_str())).collect();
    assert_eq!(
        kept,
        [
            (3, "n", "abc"),
            (3, "c", "-3"),
            (3, "d", "2026-13-01"),
            (3, "f", "maybe"),
            (3, "g", "1001"),
            (3, "id", "1.23E+11")
        ]
    );
    assert_eq!(problems.kept()[1].wanted, "a whole number, 0 or more");
    assert!(problems.kept()[4].wanted.contains("leading zero"), "{}", problems.kept()[4].wanted);
    assert_eq!(table.next_row(&mut problems).expect("row 5").line, 5);
    let mut table = open("id\nS\u{1}1\n", &mut problems);
    assert_eq!(table.next_row(&mut problems).expect("row 2").id(Some(0), "an id", &mut problems), None);
    assert_eq!(problems.kept()[6].wanted, "an id, without control or invisible characters");
}

#[test]
fn archives_are_opened_by_their_bytes() {
    let text = b"id\n1\n".as_slice();
    let limits = Limits::default();
    let zip = zipped(&[("folder/users.csv", text), ("__MACOSX/users.csv", b"x")]);
    let source = Source::open("r.zip", zip, limits).expect("a source");
    assert_eq!(source.names().collect::<Vec<_>>(), ["folder/users.csv"]);
    assert_eq!(source.find("Users.csv").collect::<Vec<_>>(), ["folder/users.csv"]);
    assert_eq!(source.read("folder/users.csv").expect("bytes"), text);
    for (name, bytes) in
        [("users.csv.gz", gzipped(text)), ("users.csv.xz", xzed(text)), ("users.csv", text.to_vec())]
    {
        let source = Source::open(name, bytes, limits).expect("a source");
        assert_eq!(source.names().collect::<Vec<_>>(), ["users.csv"]);
        assert_eq!(source.read("users.csv").expect("bytes"), text);
    }
}

#[test]
fn archives_cut_off_at_any_place_are_errors() {
    let text: Vec<u8> =
        (0..5000u32).flat_map(|i| format!("{i},{}\n", i * 7919 % 104_729).into_bytes()).collect();
    let limits = Limits::default();
    for (name, whole) in
        [("a.zip", zipped(&[("a.csv", &text)])), ("a.csv.gz", gzipped(&text)), ("a.csv.xz", xzed(&text))]
    {
        for kept in [30, 100, whole.len() / 2, whole.len() - 1] {
            let result = Source::open(name, whole[..kept].to_vec(), limits)
                .and_then(|source| source.read("a.csv").map(std::borrow::Cow::into_owned));
            assert_eq!(result, Err(ReadError::CutOff { file: name.to_owned() }), "{name} cut to {kept}");
        }
    }
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let zeros = vec![b'0'; 40 << 20];
    let limits = Limits::default();
    let error = Source::open("b.zip", zipped(&[("a.csv", &zeros)]), limits).expect_err("a bomb");
    assert!(matches!(error, ReadError::Bomb { .. }), "{error}");
    let packed = [("b.csv.gz", gzipped(&zeros)), ("b.csv.gz", [gzipped(&zeros), gzipped(&zeros)].concat())];
    for (name, bytes) in packed {
        let source = Source::open(name, bytes, limits).expect("a source");
        assert!(matches!(source.read("b.csv"), Err(ReadError::Bomb { .. })));
    }
    // lzma-rs packs without compressing: the limit of size is what an .xz is held to here.
    let small = Limits { file_bytes: 1 << 20, ..limits };
    let source = Source::open("b.csv.xz", xzed(&zeros), small).expect("a source");
    assert_eq!(source.read("b.csv"), Err(ReadError::TooLarge { file: "b.csv.xz".into(), limit: 1 << 20 }));
}

#[test]
fn a_member_larger_than_it_declares_is_refused() {
    let text = b"0123456789".repeat(1000);
    let mut bytes = zipped(&[("a.csv", &text)]);
    let declared = 10_000u32.to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == declared).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&100u32.to_le_bytes());
    }
    let result =
        Source::open("a.zip", bytes, Limits::default()).and_then(|s| s.read("a.csv").map(|b| b.len()));
    assert!(matches!(result, Err(ReadError::Bomb { .. } | ReadError::Damaged { .. })), "{result:?}");
}

#[test]
fn hostile_archives_are_refused() {
    for name in ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:\\a.csv", "..\\a.csv"] {
        let error = Source::open("a.zip", zipped(&[(name, b"x")]), Limits::default()).expect_err(name);
        assert!(matches!(error, ReadError::Path { .. }), "{name}: {error}");
    }
    let names: Vec<String> = (0..20).map(|i| format!("{i}.csv")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), b"x".as_slice())).collect();
    let limits = Limits { files: 10, ..Limits::default() };
    let error = Source::open("a.zip", zipped(&files), limits).expect_err("too many");
    assert_eq!(error, ReadError::TooManyFiles { file: "a.zip".into(), found: 20, limit: 10 });
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), magic in 0usize..5) {
        let head: [&[u8]; 5] = [b"", b"PK\x03\x04", b"\x1F\x8B\x08", b"\xFD7zXZ\0\0\x04", b"\xFF\xFE"];
        let bytes = [head[magic], &bytes].concat();
        let mut problems = Problems::default();
        if let Ok(source) = Source::open("f", bytes.clone(), Limits::default()) {
            let names: Vec<String> = source.names().map(str::to_owned).collect();
            for name in names {
                let _ = source.read(&name);
            }
        }
        if let Ok(text) = decode("f", &bytes, &mut problems)
            && let Ok(mut table) = Table::open("f", &text, TableRules::default(), &mut problems)
        {
            let lines = text.matches(['\n', '\r']).count() as u64 + 1;
            while let Some(row) = table.next_row(&mut problems) {
                prop_assert!(row.line <= lines);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        rows in proptest::collection::vec(proptest::collection::vec("[ -~é\n\",;]{0,12}", 3), 1..20),
        crlf in any::<bool>(),
        mark in any::<bool>(),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).expect("written");
        for row in &rows {
            writer.write_record(row).expect("written");
        }
        let mut bytes = if mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        bytes.extend(writer.into_inner().expect("bytes"));
        let mut problems = Problems::default();
        let text = decode("f", &bytes, &mut problems).expect("text");
        let mut table = open(&text, &mut problems);
        let mut read = Vec::new();
        while let Some(row) = table.next_row(&mut problems) {
            read.push((0..3).map(|at| row.text(Some(at)).to_owned()).collect::<Vec<_>>());
        }
        let wanted: Vec<Vec<String>> = rows
            .iter()
            .filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
            .map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect())
            .collect();
        prop_assert_eq!(read, wanted);
        prop_assert!(problems.is_empty());
    }
}
