//! From a district's files to a verdict, as the technology office does it.

use super::{run, text};
use std::path::Path;
use std::process::Output;

const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4";

/// A roster of one school with a chess club, a device of its only player, and the example's settings.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let example = include_str!("../../../../docs/examples/policy.toml");
    let settings = example
        .replace("id = \"5100001\"", "id = \"5100001\"\nroster = \"roster\"\ndevices = \"devices.csv\"")
        .replace("names = [\"bets.example\"]", "file = \"bets.txt\"\nformat = \"adblock\"");
    std::fs::create_dir(folder.path().join("roster")).expect("a folder");
    for (file, lines) in [
        ("policy.toml", settings.as_str()),
        ("bets.txt", "! bets\n||bets.example^\n@@||fair.bets.example^\n"),
        ("devices.csv", &format!("token,student\n{TOKEN},S1\n")),
        (
            "roster/manifest.csv",
            "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\nfile.classes,bulk\n\
             file.enrollments,bulk\n",
        ),
        (
            "roster/orgs.csv",
            "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n1,,,Elm,school,,\n",
        ),
        (
            "roster/users.csv",
            "sourcedId,status,dateLastModified,orgSourcedIds,role,givenName,familyName,grades\nS1,,,1,student,Ana,Cruz,10\n",
        ),
        (
            "roster/classes.csv",
            "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
             schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\nchess-club,,,Chess,,,,scheduled,,1,,,,2(B)\n",
        ),
        (
            "roster/enrollments.csv",
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
             E1,,,chess-club,1,S1,student,,,\n",
        ),
    ] {
        std::fs::write(folder.path().join(file), lines).expect("written");
    }
    folder
}

fn policy(folder: &Path, arguments: &[&str]) -> Output {
    let arguments = arguments.iter().map(|argument| match argument.strip_prefix('@') {
        Some(file) => folder.join(file).display().to_string(),
        None => (*argument).to_owned(),
    });
    run(std::iter::once("policy".to_owned()).chain(arguments))
}

fn explain(folder: &Path, name: &str, subject: &str, at: &str) -> String {
    let more = ["--subject", subject, "--at", at];
    let arguments = ["explain", name, "--snapshot", "@snapshot", "--key", "@key.pub"];
    let output = policy(folder, &[&arguments[..], &more[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn settings_roster_and_devices_become_verdicts() {
    let folder = folder();
    let folder = folder.path();
    assert!(policy(folder, &["key", "--out", "@key"]).status.success());
    let checked = policy(folder, &["check", "@policy.toml"]);
    assert!(text(&checked.stdout).contains("list betting (category gambling"), "{}", text(&checked.stderr));
    let at = "2026-11-20T12:00:00Z";
    let built = policy(
        folder,
        &["build", "--config", "@policy.toml", "--out", "@snapshot", "--key", "@key", "--at", at],
    );
    assert!(built.status.success(), "{}", text(&built.stderr));
    assert!(text(&built.stdout).contains("1 devices, 3 policies"), "{}", text(&built.stdout));

    let told = explain(folder, "games.example", TOKEN, "2026-11-24T10:00:00-05:00");
    assert!(told.ends_with("ALLOW\n") && told.contains("(not blocked)"), "{told}");
    let told = explain(folder, "Games.Example.", TOKEN, "2026-11-24T12:00:00-05:00");
    assert!(told.ends_with("BLOCK: the page that says why, category games\n"), "{told}");
    assert!(told.contains("games.example is on district's own, category games (blocked)"), "{told}");
    let told = explain(folder, "www.google.com", "site:bus 12", "2026-11-24T12:00:00-05:00");
    assert!(told.ends_with("REWRITE to forcesafesearch.google.com\n"), "{told}");
    let told = explain(folder, "x.fair.bets.example", "10.12.1.1", "2026-11-24T12:00:00-05:00");
    assert!(told.contains("is excepted from betting") && told.ends_with("ALLOW\n"), "{told}");
    assert!(!told.contains("S1") && !told.contains(TOKEN));
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_written() {
    let folder = folder();
    let folder = folder.path();
    assert!(policy(folder, &["key", "--out", "@key"]).status.success());
    let again = policy(folder, &["key", "--out", "@key"]);
    assert!(!again.status.success(), "a key must not be overwritten");
    std::fs::write(folder.join("devices.csv"), format!("token,student\n{TOKEN},S9\nshort,S1\n"))
        .expect("written");
    let checked = policy(folder, &["check", "@policy.toml"]);
    assert_eq!(checked.status.code(), Some(1));
    let said = text(&checked.stderr);
    assert!(
        said.contains("devices.csv:2: student: said `S9`") && said.contains("devices.csv:3: token: wanted"),
        "{said}"
    );
    let settings = std::fs::read_to_string(folder.join("policy.toml")).expect("the settings");
    std::fs::write(folder.join("policy.toml"), settings.replace("block = [", "blocked = ["))
        .expect("written");
    let build = ["build", "--config", "@policy.toml", "--out", "@snapshot", "--key", "@key"];
    let built = policy(folder, &build);
    assert_eq!(built.status.code(), Some(1));
    assert_eq!(text(&built.stderr).matches("a setting that there is").count(), 3, "{}", text(&built.stderr));
    assert!(!folder.join("snapshot").exists());
    std::fs::write(folder.join("policy.toml"), settings).expect("written");
    assert!(policy(folder, &build).status.success());
    let mut bytes = std::fs::read(folder.join("snapshot")).expect("the snapshot");
    let last = bytes.len() - 70;
    bytes[last] ^= 1;
    std::fs::write(folder.join("snapshot"), bytes).expect("written");
    let told = policy(folder, &["explain", "a.example", "--snapshot", "@snapshot", "--key", "@key.pub"]);
    assert!(!told.status.success());
}

#[test]
fn a_list_becomes_a_zone() {
    let folder = folder();
    let zone = policy(folder.path(), &["zone", "@bets.txt", "--format", "adblock", "--out", "@zone"]);
    assert!(zone.status.success(), "{}", text(&zone.stderr));
    let zone = std::fs::read_to_string(folder.path().join("zone")).expect("the zone");
    assert!(zone.ends_with("bets.example CNAME .\n*.bets.example CNAME .\nfair.bets.example CNAME rpz-passthru.\n*.fair.bets.example CNAME rpz-passthru.\n"), "{zone}");
}

#[test]
fn evidence_is_believed_as_it_was_signed_and_no_other_way() {
    use evenfield_policy::SecretKey;
    use evenfield_policy::evidence::seal;
    use evenfield_portal::filtering::rules::evidence::{Document, Edge, Had, List, Step, Version};
    let folder = tempfile::tempdir().expect("a folder");
    let (key, other) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
    let list = List { name: "own".into(), category: "games".into(), version: "7".into(), names: 2 };
    let version = Version {
        version: 1,
        digest: "a".repeat(64),
        created_s: 1_796_000_000,
        lists: vec![list],
        settings: "b".repeat(64),
        answers: "c".repeat(64),
    };
    let step = Step { step: "hearing".into(), done_on: "2026-09-14".into(), note: "minutes".into() };
    let mut document = Document {
        district: "5100001".into(),
        name: "Shore".into(),
        made_ms: 1_796_000_001_000,
        audit_head: (7, "b".repeat(64)),
        versions: vec![version],
        measures: std::collections::BTreeMap::new(),
        devices: vec![],
        edges: vec![Edge {
            id: "e".into(),
            name: "Bus 12".into(),
            had: vec![Had { version: 1, first_ms: 1_796_000_000_500, last_ms: 1_796_000_000_900 }],
        }],
        steps: vec![step],
    };
    let text = serde_json::to_string(&document).expect("JSON");
    let good = seal(&text, &key);
    document.versions[0].digest.clear();
    let faulty = seal(&serde_json::to_string(&document).expect("JSON"), &key);
    let verify = |bytes: &str, by: &SecretKey| {
        let path = folder.path().join("evidence.txt");
        std::fs::write(&path, bytes).expect("written");
        run([
            "policy",
            "evidence",
            "verify",
            path.to_str().expect("UTF-8"),
            "--key",
            &by.public().to_string(),
        ])
    };
    let told = verify(&good, &key);
    assert!(told.status.success(), "{}", text_of(&told));
    for said in [
        "Shore (5100001)",
        "edge Bus 12 (e)\n  version 1: said so first 2026-",
        "list own (category games, version 7): 2 names",
        "0 of 0 enrolled",
        "hearing: 2026-09-14",
    ] {
        assert!(text_of(&told).contains(said), "{said}: {}", text_of(&told));
    }
    let cut = &good[..good.len() - 1];
    for (bytes, by, why) in [
        (good.as_str(), &other, "signed by the key"),
        (&good.replace("2026-09-14", "2026-09-15"), &key, "changed after it was signed"),
        (cut, &key, "changed after it was signed"),
        (text.as_str(), &key, "not a file of evidence"),
        (faulty.as_str(), &key, "version 1 has no digest"),
    ] {
        let told = verify(bytes, by);
        assert_eq!(told.status.code(), Some(1), "{why}");
        assert!(text_of(&told).contains(why), "{why}: {}", text_of(&told));
    }
}

/// What a program said, to both streams.
fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}
