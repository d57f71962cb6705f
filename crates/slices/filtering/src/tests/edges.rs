use super::*;
use crate::access::Role;
use crate::queries;
use evenfield_policy::{Aligned, Snapshot};

/// Fetches as an edge does.
async fn fetch(browser: &Browser, token: &str, has: &str) -> Reply {
    let mut request = Request::get("/edge/policy").header("authorization", format!("Bearer {token}"));
    if !has.is_empty() {
        request = request.header("if-none-match", has);
    }
    browser.send(request.body(Body::empty()).expect("a request")).await
}

/// Lets an edge in; its token.
async fn let_in(staff: &Browser, name: &str) -> String {
    let page = staff.post(&format!("/d/{HERE}/filtering/edges"), &[("name", name)]).await;
    let (_, rest) = page.body.split_once("id=\"token\"").expect("the token");
    rest.split("value=\"").nth(1).and_then(|r| r.split('"').next()).expect("its value").to_owned()
}

#[tokio::test]
async fn an_edge_with_a_token_gets_the_signed_policy_and_nobody_else_does() {
    each(|here| async move {
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let token = let_in(&staff, "Bus 12").await;
        let edge = here.kit.browser();
        assert_eq!(fetch(&edge, &token, "").await.status, 503, "before the first version");
        here.publish().await;
        let whole = fetch(&edge, &token, "").await;
        assert_eq!(whole.status, 200);
        let snapshot =
            Snapshot::open(Aligned::copy(&whole.bytes), &key().public()).expect("signed by our key");
        snapshot.verify_all().expect("whole");
        let tag = whole.headers["etag"].to_str().expect("text").to_owned();
        let same = fetch(&edge, &token, &tag).await;
        assert_eq!((same.status, same.bytes.len()), (304, 0));
        let edges = format!("/d/{HERE}/filtering/edges");
        let page = staff.get(&edges).await;
        assert!(page.body.contains("Bus 12") && page.body.contains("Up to date"), "{}", page.body);
        assert!(!page.body.contains(&token), "shown once");
        let csv = staff.get(&format!("{edges}.csv")).await;
        assert!(csv.body.contains("Bus 12,"), "{}", csv.body);

        // What it had before it had any, and the first version.
        let id: String = sqlx::query_scalar("SELECT id FROM edge")
            .fetch_one(here.kit.app.db.read())
            .await
            .expect("an edge");
        let history = staff.get(&format!("{edges}/{id}/versions.csv")).await;
        let rows: Vec<&str> = history.body.lines().collect();
        assert_eq!(rows.len(), 3, "{}", history.body);
        assert!(rows[1].starts_with(&format!("1,{},", tag.trim_matches('"'))) && rows[2].starts_with(",,"));
        let page = staff.get(&format!("{edges}/{id}")).await;
        assert!(
            page.body.contains(tag.trim_matches('"')) && page.body.contains("None known"),
            "{}",
            page.body
        );
        let evidence = staff.get(&format!("/d/{HERE}/filtering/evidence.txt")).await;
        assert!(evidence.body.contains("\"name\": \"Bus 12\""), "{}", evidence.body);

        for wrong in ["", "x", &token[1..]] {
            assert_eq!(fetch(&edge, wrong, "").await.status, 404);
        }
        let stored =
            number(&here.kit.app.db, "SELECT COUNT(*) FROM edge WHERE LENGTH(token_hash) = 43").await;
        assert_eq!(stored, 1);
        assert_eq!(staff.post(&format!("{edges}/{id}/revoke"), &[]).await.status, 303);
        assert_eq!(fetch(&edge, &token, &tag).await.status, 404, "shut out");
        assert_eq!(staff.post(&edges, &[("name", " ")]).await.status, 422);
        let teacher = here.kit.sign_in(Role::Teacher, HERE).await;
        assert_eq!(teacher.get(&edges).await.status, 403);
        assert_eq!(teacher.get(&format!("{edges}/{id}")).await.status, 403);
        assert_eq!(staff.get(&format!("{edges}/none")).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn faulty_settings_leave_the_version_in_force_and_are_told() {
    each(|here| async move {
        here.publish().await;
        let (path, key) = (here.folder.path().join("policy.toml"), key());
        let try_with = |text: String| {
            std::fs::write(&path, text).expect("written");
            look(&here.kit.app, &path, &key)
        };
        let wrong =
            try_with(format!("{POLICY}\n[[scope]]\nblok = [\"games\"]\n")).await.expect_err("unknown");
        assert!(wrong.to_string().contains("scope.blok"), "{wrong}");
        let with_files = POLICY.replace("id = \"5100001\"", "id = \"5100001\"\nroster = \"r.zip\"");
        assert!(try_with(with_files).await.expect_err("files").to_string().contains("the portal has them"));
        assert_eq!(here.kit.app.policy.current().expect("a version").version.version, 1);
        let more = POLICY.replace("\"puzzles.example\"", "\"puzzles.example\", \"cards.example\"");
        try_with(more).await.expect("sound again");
        assert_eq!(here.kit.app.policy.current().expect("a version").version.version, 2);
        assert!(!here.is_open("cards.example", "", 0));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_starts_takes_up_what_was_published_and_makes_it_again_where_the_file_is_gone() {
    each(|here| async move {
        here.publish().await;
        let digest = here.kit.app.policy.current().expect("a version").version.digest.clone();
        let again = Kit::on(here.kit.app.db.clone(), crate::config::Config::clone(&here.kit.app.config));
        let path = here.folder.path().join("policy.toml");
        look(&again.app, &path, &key()).await.expect("taken up");
        assert_eq!(again.app.policy.current().expect("a version").version.digest, digest);
        let file = |version: i64| here.folder.path().join(format!("data/policy/{version}.snapshot"));
        let first = std::fs::read(file(1)).expect("the first one");
        std::fs::write(file(1), b"cut").expect("damaged");
        let third = Kit::on(here.kit.app.db.clone(), crate::config::Config::clone(&here.kit.app.config));
        look(&third.app, &path, &key()).await.expect("made again");
        let current = third.app.policy.current().expect("a version");
        assert_eq!((current.version.version, &current.version.digest), (1, &digest), "the same to the octet");
        assert_eq!(std::fs::read(file(1)).expect("its file"), first);
        // What another database has put there is signed by the same key, and is not this version.
        std::fs::write(&path, POLICY.replace("\"7\"", "\"8\"")).expect("written");
        assert_eq!(here.publish().await, 2);
        let second = std::fs::read(file(2)).expect("the second one");
        std::fs::write(file(2), first).expect("written");
        let fourth = Kit::on(here.kit.app.db.clone(), crate::config::Config::clone(&here.kit.app.config));
        look(&fourth.app, &path, &key()).await.expect("made again");
        assert_eq!(fourth.app.policy.current().expect("a version").version.version, 2);
        assert_eq!(std::fs::read(file(2)).expect("its file"), second);
    })
    .await;
}

#[tokio::test]
async fn the_history_of_an_edge_has_a_row_where_its_version_changed() {
    each(|here| async move {
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let_in(&staff, "Bus 12").await;
        let edge = queries::edges(here.kit.app.db.read(), HERE).await.expect("edges").remove(0);
        let at =
            queries::EdgeAt { district: HERE.to_owned(), id: edge.id, seen_ms: None, seen_version: None };
        // The clock is put back before the fifth time it asks.
        let asked = [
            (1_000, None),
            (2_000, Some(1)),
            (3_000, Some(1)),
            (4_000, Some(2)),
            (3_500, Some(1)),
            (5_000, Some(1)),
        ];
        for (ms, version) in asked {
            let mut write = here.kit.app.db.write().await.expect("a write");
            queries::saw_edge(&mut write, &at, ms, version).await.expect("stored");
            write.commit().await.expect("stored");
        }
        let rows =
            queries::edge_versions(here.kit.app.db.read(), HERE, Some(&at.id), 10).await.expect("rows");
        let rows: Vec<_> = rows.iter().map(|row| (row.first_ms, row.last_ms, row.version)).collect();
        assert_eq!(rows, [(4_001, 5_000, 1), (4_000, 4_000, 2), (2_000, 3_000, 1), (1_000, 1_000, 0)]);
        let all = queries::edge_versions(here.kit.app.db.read(), HERE, None, 2).await.expect("rows");
        assert_eq!(all.len(), 2);
        assert_eq!(queries::edge_versions(here.kit.app.db.read(), THERE, None, 9).await.expect("rows"), []);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_turned_to_garbage_is_not_believed() {
    each(|here| async move {
        let list = here.folder.path().join("bought.txt");
        let with_list = |more: &str| {
            let text = format!(
                "{POLICY}\n[[list]]\nname = \"bought\"\ncategory = \"games\"\nfile = \"bought.txt\"\nformat = \"domains\"\n{more}"
            );
            std::fs::write(here.folder.path().join("policy.toml"), text).expect("written");
        };
        let put = |text: &str| std::fs::write(&list, text).expect("written");
        with_list("");
        put("one.example\ntwo.example\nthree.example\n");
        assert_eq!(here.publish().await, 1);
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let edges = format!("/d/{HERE}/filtering/edges");
        assert!(!staff.get(&edges).await.body.contains("the file of before"));
        let garbage = "<!doctype html>\n<html><body>503 Service Unavailable</body></html>\n";
        for (version, text) in [(2, garbage), (3, ""), (4, "one.example\n")] {
            put(text);
            assert_eq!(here.publish().await, version);
            assert!(!here.is_open("two.example", "", 0), "{text:?}");
            let page = staff.get(&edges).await;
            assert!(page.body.contains("the file of before is used"), "{}", page.body);
        }
        std::fs::remove_file(&list).expect("gone");
        assert_eq!(here.publish().await, 5);
        assert!(!here.is_open("two.example", "", 0));
        put("one.example\ntwo.example\nfour.example\n");
        assert_eq!(here.publish().await, 6);
        assert!(!here.is_open("four.example", "", 0) && here.is_open("three.example", "", 0));
        assert!(!staff.get(&edges).await.body.contains("the file of before"));
        // It is meant: the settings say another version.
        put("four.example\n");
        with_list("version = \"short\"\n");
        assert_eq!(here.publish().await, 7);
        assert!(here.is_open("two.example", "", 0) && !here.is_open("four.example", "", 0));
    })
    .await;
}

#[tokio::test]
async fn a_version_that_a_wrong_clock_has_dated_does_not_stop_the_schedules() {
    each(|here| async move {
        here.publish().await;
        let mut write = here.kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE policy_version SET created_s = created_s + 34560000").execute(&mut *write).await.expect("ahead");
        write.commit().await.expect("stored");
        let year = crate::db::today().year();
        let calendar = format!(
            "{POLICY}\n[[calendar]]\nname = \"all\"\nfirst_day = {0}-01-01\nlast_day = {0}-12-31\ntime_zone = \"UTC\"\n\
             [[calendar.window]]\nname = \"always\"\nfrom = 00:00\nto = \"24:00\"\n\
             [[scope]]\nduring = [\"always\"]\ndeny = [\"scheduled.example\"]\n", year);
        std::fs::write(here.folder.path().join("policy.toml"), calendar).expect("written");
        assert_eq!(here.publish().await, 2);
        assert!(!here.is_open("scheduled.example", "192.0.2.7", 0));
    })
    .await;
}

#[tokio::test]
async fn what_never_holds_or_means_too_much_is_told() {
    each(|here| async move {
        let more =
            "[[scope]]\nschool = \"nosuchschool\"\ndeny = [\"a.example\"]\n[[scope]]\nallow = [\"co.uk\"]\n";
        std::fs::write(here.folder.path().join("policy.toml"), format!("{POLICY}{more}")).expect("written");
        assert_eq!(here.publish().await, 1);
        let staff = here.kit.sign_in(Role::Administrator, HERE).await;
        let page = staff.get(&format!("/d/{HERE}/filtering/edges")).await;
        for told in ["nosuchschool", "anybody may register names below co.uk"] {
            assert!(page.body.contains(told), "{told}: {}", page.body);
        }
        assert!(!page.body.contains("Second School") && !page.body.contains("school s2"), "{}", page.body);
    })
    .await;
}

/// Two servers on one database, each with a folder of its own: one publishes, the other makes the same once more.
#[tokio::test]
async fn two_servers_do_not_publish_against_each_other() {
    each(|here| async move {
        assert_eq!(here.publish().await, 1);
        let first = here.kit.app.policy.current().expect("a version").snapshot.bytes().to_vec();
        let mut app = here.kit.app.clone();
        let mut config = crate::config::Config::clone(&app.config);
        config.data_dir = here.folder.path().join("elsewhere");
        app.config = config.into();
        app.policy = Default::default();
        let policy = here.folder.path().join("policy.toml");
        look(&app, &policy, &key()).await.expect("taken up");
        let second = app.policy.current().expect("a version");
        assert_eq!((second.version.version, second.snapshot.bytes() == first.as_slice()), (1, true));
        // What cannot be made the same stays as it is, and is told: here another server's list.
        let mut write = here.kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE policy_version SET digest = 'another'")
            .execute(&mut *write)
            .await
            .expect("changed");
        write.commit().await.expect("stored");
        app.policy = Default::default();
        let told = look(&app, &policy, &key()).await.expect_err("not the same").to_string();
        assert!(told.contains("share the folder"), "{told}");
        assert_eq!(number(&here.kit.app.db, "SELECT COUNT(*) FROM policy_version").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_edge() {
    each(|here| async move {
        let staff = here.kit.sign_in(Role::Administrator, HERE).await;
        let path = format!("/d/{HERE}/filtering/edges");
        let page = staff.get(&path).await.body;
        let once = page
            .split("name=\"once\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("an id");
        let form = [("name", "Bus 12"), ("once", once)];
        assert_eq!(staff.post(&path, &form).await.status, 200);
        let again = staff.post(&path, &form).await;
        assert!(again.status == 422 && again.body.contains("was sent before"), "{}", again.body);
        assert_eq!(number(&here.kit.app.db, "SELECT COUNT(*) FROM edge").await, 1);
    })
    .await;
}
