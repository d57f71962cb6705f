use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

fn read_all(format: Format, text: &[u8]) -> (Vec<(String, Cover, bool)>, Reading) {
    let mut rows = Vec::new();
    let mut put = |row: Row| rows.push((row.name.to_string(), row.cover, row.excepted));
    let reading = read(format, "list.txt", text, Options::default(), &mut put);
    (rows, reading)
}

fn said(reading: &Reading) -> Vec<(u64, &str)> {
    reading.problems.kept().iter().map(|p| (p.line, p.said.as_str())).collect()
}

fn row(name: &str, cover: Cover, excepted: bool) -> (String, Cover, bool) {
    (name.to_owned(), cover, excepted)
}

#[test]
fn plain_names_are_read() {
    let text = "\u{feff}# a list\nExample.COM.\r\n\n*.below.example ; why\n.dot.example # more\n127.0.0.1\n2001:db8::1\n\
                bücher.example\nhttp://a.example/\ncom\na..b\nx_y.example\n\u{0}";
    let (rows, reading) = read_all(Format::Domains, text.as_bytes());
    assert_eq!(
        rows,
        [
            row("example.com", Cover::Both, false),
            row("below.example", Cover::Below, false),
            row("dot.example", Cover::Both, false),
            row("xn--bcher-kva.example", Cover::Both, false),
            row("x_y.example", Cover::Both, false),
        ]
    );
    assert_eq!((reading.rows, reading.not_names), (5, 2));
    assert_eq!(said(&reading), [(9, "http://a.example/"), (10, "com"), (11, "a..b"), (13, "\u{0}")]);
}

#[test]
fn hosts_files_are_read() {
    let text = "127.0.0.1 localhost\n0.0.0.0 a.example b.example # two\n::1 c.example\n10.0.0.1 d.example\nfoo\n0.0.0.0\n";
    let (rows, reading) = read_all(Format::Hosts, text.as_bytes());
    let names: Vec<_> = rows.iter().map(|r| r.0.as_str()).collect();
    assert_eq!(names, ["a.example", "b.example", "c.example"]);
    assert!(rows.iter().all(|r| r.1 == Cover::Exact && !r.2));
    assert_eq!(said(&reading), [(4, "10.0.0.1 d.example"), (5, "foo"), (6, "0.0.0.0")]);
    assert_eq!(reading.not_names, 1);
}

#[test]
fn adblock_rules_are_read_as_far_as_they_are_about_names() {
    let text = "[Adblock Plus 2.0]\n! comment\n# comment\n||a.example^\n@@||ok.a.example^\n|b.example^\nc.example\n\
                ||*.d.example^\n||e.example^$important\n||f.example^$third-party\n||g.example^$client=kid\n/ads[0-9]/\n\
                ||h.example\nexample.com##.ad\n||i.example/path^\n0.0.0.0 j.example\n||k*.example^\n||l.example^|\n\
                ||m.example^$dnstype=AAAA\n";
    let (rows, reading) = read_all(Format::Adblock, text.as_bytes());
    assert_eq!(
        rows,
        [
            row("a.example", Cover::Both, false),
            row("ok.a.example", Cover::Both, true),
            row("b.example", Cover::Exact, false),
            row("c.example", Cover::Exact, false),
            row("d.example", Cover::Below, false),
            row("e.example", Cover::Both, false),
            row("j.example", Cover::Exact, false),
            row("l.example", Cover::Both, false),
        ]
    );
    let lines: Vec<u64> = reading.problems.kept().iter().map(|p| p.line).collect();
    assert_eq!((lines, reading.not_names), (vec![11, 12, 13, 17, 19], 3));
}

#[test]
fn zones_are_read() {
    let text = "$TTL 300\n$ORIGIN rpz.example.\n@ IN SOA ns.example. host.example. (\n 1 ; serial\n 2 3 4 5 )\n  NS ns.example.\n\
                bad.test CNAME .\n*.bad.test 60 IN CNAME .\nOK.bad.test CNAME rpz-passthru.\nabs.test.rpz.example. CNAME *.\n\
                self.test CNAME self.test.\n32.1.2.0.192.rpz-ip CNAME .\nwall.test A 10.0.0.1\n      TXT \"why\"\n\
                away.test CNAME other.example.\nout.test. CNAME .\n$INCLUDE x\ndrop.test 1h CNAME rpz-drop.\n";
    let (rows, reading) = read_all(Format::Rpz, text.as_bytes());
    assert_eq!(
        rows,
        [
            row("bad.test", Cover::Exact, false),
            row("bad.test", Cover::Below, false),
            row("ok.bad.test", Cover::Exact, true),
            row("abs.test", Cover::Exact, false),
            row("self.test", Cover::Exact, true),
            row("wall.test", Cover::Exact, false),
            row("drop.test", Cover::Exact, false),
        ]
    );
    assert_eq!(said(&reading).iter().map(|s| s.0).collect::<Vec<_>>(), [15, 16, 17]);
    assert_eq!(reading.not_names, 2);
}

/// A resolver that takes a zone as RFC 4592 says: a name that exists, or has something below it, is not the wildcard's.
fn naive(zone: &HashMap<String, bool>, name: &str) -> bool {
    let exists = |n: &str| zone.keys().any(|owner| owner == n || owner.ends_with(&format!(".{n}")));
    if exists(name) {
        return zone.get(name).copied().unwrap_or(false);
    }
    let mut suffixes = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
    let encloser = suffixes.find(|s| exists(s)).unwrap_or_default();
    zone.get(&format!("*.{encloser}")).copied().unwrap_or(false)
}

/// What we ourselves decide: from the most specific entry up.
fn ours(rows: &[Row], name: &str) -> bool {
    let mut suffixes = vec![name];
    suffixes.extend(name.match_indices('.').map(|(at, _)| &name[at + 1..]));
    for suffix in suffixes {
        let wanted = if suffix == name { Cover::Exact } else { Cover::Below };
        let here = rows
            .iter()
            .filter(|r| r.name.to_string() == suffix && (r.cover == Cover::Both || r.cover == wanted));
        if let Some(excepted) = here.map(|r| r.excepted).max() {
            return !excepted;
        }
    }
    false
}

#[test]
fn a_sibling_of_a_deeper_name_does_not_get_through_an_exported_zone() {
    let rows = |list: &[(&str, bool)]| -> Vec<Row> {
        list.iter()
            .map(|(name, excepted)| Row {
                name: NameBuf::from_text(name).expect("a name"),
                cover: Cover::Both,
                excepted: *excepted,
            })
            .collect()
    };
    let origin = NameBuf::from_text("rpz.test").expect("a name");
    let exported = export_rpz(&rows(&[("d.test", false), ("x.y.d.test", false)]), &origin, 1);
    assert_eq!(exported.names, 1, "the deeper name adds nothing: {}", exported.zone);
    let exported = export_rpz(&rows(&[("d.test", false), ("x.y.d.test", true)]), &origin, 1);
    let records: Vec<&str> = exported.zone.lines().skip(4).collect();
    assert_eq!(
        records,
        [
            "d.test CNAME .",
            "*.d.test CNAME .",
            "x.y.d.test CNAME rpz-passthru.",
            "*.x.y.d.test CNAME rpz-passthru.",
            "y.d.test CNAME .",
            "*.y.d.test CNAME .",
        ]
    );
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let label = prop_oneof![Just("a"), Just("b"), Just("c")];
    let text = proptest::collection::vec(label, 2..6).prop_map(|labels| labels.join("."));
    let cover = prop_oneof![Just(Cover::Exact), Just(Cover::Below), Just(Cover::Both)];
    let row = (text, cover, any::<bool>()).prop_map(|(text, cover, excepted)| Row {
        name: NameBuf::from_text(&text).expect("a name"),
        cover,
        excepted,
    });
    proptest::collection::vec(row, 0..12)
}

proptest! {
    /// A zone that we export says the same to a naive resolver as our own lists do, and reads back as the same.
    #[test]
    fn an_exported_zone_says_the_same(rows in rows()) {
        let origin = NameBuf::from_text("rpz.test").expect("a name");
        let exported = export_rpz(&rows, &origin, 7);
        let zone: HashMap<String, bool> = exported.zone.lines().skip(4).map(|line| {
            let (owner, action) = line.split_once(" CNAME ").expect("a record");
            (owner.to_owned(), action == ".")
        }).collect();
        let mut back = Vec::new();
        let reading = read(Format::Rpz, "zone", exported.zone.as_bytes(), Options::default(), &mut |row| back.push(row));
        prop_assert!(reading.problems.is_empty(), "{:?}", reading.problems.kept());
        let mut names = vec![String::new()];
        for _ in 0..5 {
            names = names.iter().flat_map(|n: &String| ["a", "b", "c", "z"].map(|l| format!("{l}.{n}"))).collect();
            for name in names.iter().map(|n| n.trim_end_matches('.')).filter(|n| n.contains('.')) {
                prop_assert_eq!(naive(&zone, name), ours(&rows, name), "{} in {}", name, exported.zone);
                prop_assert_eq!(ours(&back, name), ours(&rows, name), "{} read back from {}", name, exported.zone);
            }
        }
    }

    #[test]
    fn any_bytes_are_rows_or_problems(bytes in proptest::collection::vec(any::<u8>(), 0..600), at in 0usize..4) {
        let mut rows = 0;
        let reading = read(Format::ALL[at], "f", &bytes, Options::default(), &mut |_| rows += 1);
        prop_assert_eq!(reading.rows, rows);
    }

    /// Four ways to write the same names give the same rows.
    #[test]
    fn the_formats_agree(labels in proptest::collection::vec("[a-z0-9]{1,9}", 1..20)) {
        let names: Vec<String> = labels.iter().map(|l| format!("{l}.x.example")).collect();
        let both = Options { cover: Some(Cover::Both), ..Options::default() };
        let all: Vec<Vec<Row>> = Format::ALL.iter().map(|format| {
            let text: String = names.iter().map(|n| match format {
                Format::Domains => format!("{n}\n"),
                Format::Hosts => format!("0.0.0.0 {n}\n"),
                Format::Adblock => format!("||{n}^\n"),
                Format::Rpz => format!("{n} CNAME .\n"),
            }).collect();
            let mut rows = Vec::new();
            read(*format, "f", text.as_bytes(), both, &mut |row| rows.push(row));
            rows
        }).collect();
        prop_assert_eq!(all[0].len(), names.len());
        prop_assert!(all.iter().all(|rows| *rows == all[0]));
    }
}
