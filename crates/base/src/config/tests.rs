use super::read::nearest;
use super::settings::{SETTINGS, defaults};
use super::{Outside, read, reference};

struct Fixed;

impl Outside for Fixed {
    fn variable(&self, name: &str) -> Option<String> {
        (name == "SECRET").then(|| "s3cret".to_owned())
    }

    fn file(&self, path: &str) -> Result<String, String> {
        match path {
            "/run/secret" => Ok("from file\n".to_owned()),
            "/run/empty" => Ok(" \n".to_owned()),
            "/run/key" => Ok("one\ntwo\n".to_owned()),
            "/run/policy.key" => {
                Ok("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb\n".to_owned())
            }
            _ => Err("no such file".to_owned()),
        }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        std::path::Path::new("/etc/evenfield").join(path)
    }
}

fn wrong(text: &str) -> Vec<(u64, String, String)> {
    let problems = read("evenfield.toml", text, &Fixed).expect_err("a problem");
    problems.kept().iter().map(|p| (p.line, p.column.clone(), p.wanted.clone())).collect()
}

#[test]
fn an_empty_file_is_all_defaults_and_each_is_as_the_definition_says() {
    let config = read("f", "", &Fixed).unwrap();
    assert_eq!(format!("{config:?}"), format!("{:?}", defaults()));
    assert_eq!(config.listen, "127.0.0.1:8080");
    assert_eq!((config.session_hours, config.publication.min_students), (12, 10));
    let mut names: Vec<_> = SETTINGS.iter().map(|s| s.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SETTINGS.len());
}

#[test]
fn what_a_file_says_is_taken() {
    let config = read(
        "f",
        "database = 'postgres://a:b@c/d'\n[server]\nlisten = '[::1]:80'\n\
         public_url = 'https://gap.example.org/'\nbehind_proxy = true\n[session]\nhours = 0x10\n\
         [publication]\nmax_cv = 0.5\n[[oidc]]\nid = 'a'\nissuer = 'https://a'\nclient_id = 'x'\n\
         client_secret_env = 'SECRET'\n[[oidc]]\nid = 'b'\nname = 'B'\nissuer = 'https://b'\nclient_id = 'y'\n\
         client_secret_file = '/run/secret'\n",
        &Fixed,
    )
    .unwrap();
    assert_eq!(config.database_url, "postgres://a:b@c/d");
    assert_eq!(config.public_url.as_deref(), Some("https://gap.example.org"));
    assert_eq!((config.session_hours, config.publication.max_cv, config.behind_proxy), (16, 0.5, true));
    let providers: Vec<_> = config.oidc.iter().map(|p| (p.name.as_str(), p.client_secret.as_str())).collect();
    assert_eq!(providers, [("a", "s3cret"), ("B", "from file")]);
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn a_policy_needs_its_key_and_a_block_page_an_address() {
    let text = "[server]\npublic_url = 'https://gap.example.org'\n[filtering]\npolicy = 'policy.toml'\n\
                key = '/run/policy.key'\nblock_page = true\nhttps = 'https://dns.example.org/dns-query/'\n\
                tls_domain = 'DNS.example.org.'\naddresses = ['192.0.2.53', '2001:db8::53']\n";
    let config = read("f", text, &Fixed).unwrap();
    let filtering = config.filtering;
    assert_eq!(filtering.policy.as_deref(), Some(std::path::Path::new("/etc/evenfield/policy.toml")));
    assert!(filtering.key.is_some() && filtering.block_page);
    assert_eq!(filtering.https.as_deref(), Some("https://dns.example.org/dns-query"));
    assert_eq!((filtering.tls_domain.as_deref(), filtering.addresses.len()), (Some("dns.example.org"), 2));
    for said in [
        "https = 'http://dns.example.org/dns-query'",
        "https = 'https://dns.example.org'",
        "https = 'https://dns.example.org/{x}'",
        "tls_domain = 'localhost'",
        "tls_domain = 'a b.example'",
        "addresses = ['dns.example.org']",
        "addresses = '192.0.2.53'",
    ] {
        assert_eq!(wrong(&format!("[filtering]\n{said}\n")).len(), 1, "{said}");
    }
    let found = wrong("[filtering]\npolicy = 'policy.toml'\nblock_page = true\n");
    let names: Vec<&str> = found.iter().map(|f| f.1.as_str()).collect();
    assert_eq!(names, ["filtering", "filtering.block_page"]);
    assert_eq!(wrong("[filtering]\nkey = '/run/secret'\n")[0].0, 2);
}

#[test]
fn an_unknown_setting_is_named_with_its_line_and_the_nearest_one() {
    let found = wrong("database = 'sqlite:x.db'\n\n[server]\nlissen = '127.0.0.1:1'\n[sesion]\nhours = 3\n");
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].0, found[0].1.as_str()), (4, "server.lissen"));
    assert!(found[0].2.contains("`server.listen`"), "{}", found[0].2);
    assert_eq!((found[1].0, found[1].1.as_str()), (5, "sesion"));
    assert_eq!(nearest("session.ours"), "session.hours");
    assert_eq!(nearest("databse"), "database");
}

#[test]
fn every_wrong_value_is_said_at_once() {
    let found = wrong(
        "database = 'mysql://x'\ndata_dir = 3\n[server]\nlisten = 'localhost'\n\
         public_url = 'gap.example.org'\nbehind_proxy = 'yes'\n[session]\nhours = 0\n[publication]\nmax_cv = 7\n",
    );
    let lines: Vec<u64> = found.iter().map(|f| f.0).collect();
    assert_eq!(lines.len(), 7, "{found:?}");
    for line in [1, 2, 4, 5, 6, 8, 10] {
        assert!(lines.contains(&line), "line {line}: {found:?}");
    }
}

#[test]
fn a_provider_must_be_whole() {
    let found = wrong("[[oidc]]\nid = 'A b'\n");
    let names: Vec<&str> = found.iter().map(|f| f.1.as_str()).collect();
    assert_eq!(names, ["oidc.id", "oidc.issuer", "oidc.client_id", "oidc.client_secret_env"]);
    let found =
        wrong("[[oidc]]\nid = 'a'\nissuer = 'http://a'\nclient_id = 'x'\nclient_secret_env = 'NOT_SET'\n");
    assert_eq!(found.len(), 2);
    assert_eq!(wrong("oidc = 3\n")[0].2, "[[oidc]]");
    assert_eq!(wrong("server = 3\n")[0].2, "a table, [server]");
}

#[test]
fn a_secret_and_a_password_are_not_repeated_in_problems() {
    for text in [
        "database = 'mysql://me:hunter2@x'",
        "[[oidc]]\nclient_secret_env = ['hunter2']\n",
        "databse = 'postgres://me:hunter2@x/y'",
        "[[oidc]]\nclientsecret = 'hunter2'\n",
        "[server]\npassword = 'hunter2'\n",
        "database = 'postgres://me:hunter2@x/y'\n[[district]]\nleaid = 3\n",
        "database = 'postgres://me:hunter2@x/y'\ndistrict = 3\n",
        "database = 'postgres://me:hunter2@x/y\n",
    ] {
        let problems = read("f", text, &Fixed).expect_err("a problem");
        assert!(!format!("{problems:?}").contains("hunter2"));
    }
}

#[test]
fn an_address_is_the_one_that_it_looks_like() {
    let public = |url: &str| read("f", &format!("[server]\npublic_url = '{url}'\n"), &Fixed);
    let taken = |url: &str| public(url).ok().and_then(|c| c.public_url);
    // As browsers write an origin: forms are compared with it.
    assert_eq!(taken("HTTPS://Gap.Example.org:443/").as_deref(), Some("https://gap.example.org"));
    assert_eq!(taken("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080"));
    for wrong in
        ["https://gap.example.org/gap", "https://a:b@gap.example.org", "https://x?y", "https://", "x.org"]
    {
        assert!(public(wrong).is_err(), "{wrong}");
    }
    for (issuer, good) in [
        ("https://accounts.example.org", true),
        ("http://127.0.0.1:9000", true),
        ("http://localhost/realm", true),
        ("http://[::1]:9000", true),
        ("http://127.0.0.1.example.org", false),
        ("http://localhost.example.org", false),
        ("http://localhost@example.org", false),
        ("https://", false),
    ] {
        let text = format!(
            "[[oidc]]\nid = 'a'\nissuer = '{issuer}'\nclient_id = 'x'\nclient_secret_env = 'SECRET'\n"
        );
        assert_eq!(read("f", &text, &Fixed).is_ok(), good, "{issuer}");
    }
}

#[test]
fn problems_come_in_the_order_of_the_file_and_say_what_is_wanted() {
    let found = wrong("[session]\nhours = 0\n[server]\nlisten = 'x'\n[rates]\nsurvey_per_minute = 0\n[a]\n");
    assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [2, 4, 6, 7]);
    for (text, wanted) in [
        ("leaid = '510'\nname = 'A'", "a LEAID of 7 digits; \"510\" has 3"),
        ("leaid = '5100001'\nname = 3", "a string"),
        ("leaid = '5100001'", "`name` in each [[district]]"),
        ("leaid = '5100001'\nname = 'A'\n[[district.load]]\nkind = 'rooster'\nfile = 'x'", "one of `roster`"),
        ("leaid = '5100001'\nname = 'A'\ncolour = 1", "one of `leaid`"),
    ] {
        let found = wrong(&format!("[[district]]\n{text}\n"));
        assert!(found[0].2.starts_with(wanted) && found[0].0 > 0, "{found:?}");
    }
}

#[test]
fn all_that_is_wrong_with_a_district_is_said_at_once() {
    let found = wrong(
        "[[district]]\nleaid = '510'\nfictional = 'yes'\ncolour = 1\nas_of = '30.9.2026'\n\
         [[district.load]]\nkind = 'rooster'\nyear = 'x'\n[[district.load]]\nfile = 'a'\nwithin = 3\n\
         [[district]]\nleaid = '5100001'\n[session]\nhours = 0\n",
    );
    let names: Vec<(u64, &str)> = found.iter().map(|f| (f.0, f.1.as_str())).collect();
    let wanted = [
        (1, "district.name"),
        (2, "district.leaid"),
        (3, "district.fictional"),
        (4, "district.colour"),
        (5, "district.as_of"),
        (6, "district.load.file"),
        (7, "district.load.kind"),
        (8, "district.load.year"),
        (9, "district.load.kind"),
        (11, "district.load.within"),
        (12, "district.name"),
        (15, "session.hours"),
    ];
    assert_eq!(names, wanted, "in the order of the file");
    let problems = read("f", "[[oidc]]\nid = 'a'\n", &Fixed).expect_err("a problem");
    assert!(
        problems.kept().iter().all(|p| p.said == "[[oidc]]" || p.column.contains("secret")),
        "{problems:?}"
    );
}

#[test]
fn what_makes_no_sense_of_a_district_is_said_at_once() {
    let found = wrong(
        "[[district]]\nleaid = '5100001'\nname = ' '\nterm = 'banana'\n[[district.load]]\nkind = 'boundaries'\n\
         file = 'a'\n[[district.load]]\nkind = 'area_table'\nfile = 'b'\nyear = 99999\n[[district.load]]\n\
         kind = 'wide_table'\nfile = 'c'\n[[district]]\nleaid = '5100001'\nname = 'B'\nterm = '2026-fall'\n",
    );
    let told: Vec<_> = found.iter().map(|f| (f.0, f.1.as_str(), f.2.as_str())).collect();
    let wanted = [
        (3, "district.name", "the district's name"),
        (4, "district.term", "a term like 2026-fall"),
        (
            5,
            "district.load.geography",
            "`geography` with kind `boundaries`: what its rows are of, as block_group",
        ),
        (11, "district.load.year", "a year from 1990 to 2100"),
        (
            12,
            "district.load.geography",
            "`geography` with kind `wide_table`: what its rows are of, as block_group",
        ),
        (16, "district.leaid", "a LEAID that no [[district]] before has; put all its files under one"),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_file_that_is_not_there_is_named_with_its_line() {
    let text = "[[district]]\nleaid = '5100001'\nname = 'A'\n[[district.load]]\nkind = 'roster'\n\
                file = 'Cargo.toml'\naddresses = 'none.csv'\n[[district.load]]\nkind = 'survey'\nfile = 'no/such'\n";
    let config = read("f", text, &Fixed).expect("settings");
    let base = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let missing = super::missing_files(&config, ("f", text), base);
    let said: Vec<_> = missing.kept().iter().map(|p| (p.line, p.column.as_str(), p.said.as_str())).collect();
    assert_eq!(said, [(7, "district.load.addresses", "none.csv"), (10, "district.load.file", "no/such")]);
}

#[test]
fn a_secret_file_is_looked_for_beside_the_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret"), "s3cret\n").expect("written");
    let text = "[[oidc]]\nid = 'a'\nissuer = 'https://a'\nclient_id = 'x'\nclient_secret_file = 'secret'\n";
    let settings = folder.path().join("evenfield.toml");
    std::fs::write(&settings, text).expect("written");
    let config = super::read_file(&settings).expect("settings");
    assert_eq!(config.oidc[0].client_secret, "s3cret");
}

#[test]
fn a_secret_file_holds_one_line() {
    for path in ["/run/empty", "/run/key", "/run/none"] {
        let text = format!(
            "[[oidc]]\nid = 'a'\nissuer = 'https://a'\nclient_id = 'x'\nclient_secret_file = '{path}'\n"
        );
        assert_eq!(wrong(&text)[0].1, "oidc.client_secret_file", "{path}");
    }
}

#[test]
fn a_byte_order_mark_is_no_setting() {
    let config = read("f", "\u{feff}data_dir = 'x'\r\n[session]\r\nhours = 3\r\n", &Fixed).unwrap();
    assert_eq!(config.session_hours, 3);
}

#[test]
fn what_is_not_toml_is_said_with_its_line() {
    let found = wrong("database = 'sqlite:x.db'\nlisten = = 3\n");
    assert_eq!(found[0].0, 2);
    assert!(found[0].2.starts_with("TOML: "));
    assert_eq!(wrong("[session]\nhours = 1\nhours = 2\n")[0].0, 3);
}

#[test]
fn the_reference_page_is_what_the_definition_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.md");
    if std::env::var("EVENFIELD_WRITE_DOCS").is_ok_and(|v| v == "1") {
        std::fs::write(path, reference::page()).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == reference::page(),
        "docs/config.md is stale: EVENFIELD_WRITE_DOCS=1 cargo test -p evenfield-portal config"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_settings_or_has_problems(
        lines in proptest::collection::vec(("[a-z_.]{0,9}", "[ -~\\n\"'é\\[\\]{}=#]{0,20}", 0usize..SETTINGS.len(), 0usize..4), 0..8),
    ) {
        let text: String = lines
            .iter()
            .map(|(word, value, at, how)| match how {
                0 => format!("{} = {value}\n", SETTINGS[*at].name),
                1 => format!("[[district]]\n{word} = {value}\n"),
                2 => format!("[{word}]\n{value}\n"),
                _ => format!("{word} = {value}\n"),
            })
            .collect();
        if let Err(problems) = read("f", &text, &Fixed) {
            let lines = text.lines().count() as u64 + 1;
            proptest::prop_assert!(!problems.is_empty() && problems.kept().iter().all(|p| p.line <= lines));
        }
    }
}
