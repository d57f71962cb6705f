use super::*;

#[tokio::test]
async fn whoever_asks_is_not_written_down_and_where_she_asks_from_is_only_as_a_school() {
    each(|here| async move {
        here.publish().await;
        let nobody = here.kit.browser();
        let page = nobody.get(&format!("/b/{HERE}?name=games.example")).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("games.example is blocked") && page.body.contains("kind: games"), "{}", page.body);
        let sent = ask_from(&nobody, "192.0.2.7", "name=https://games.example/level%3F1&reason=+for%0Aclass+").await;
        assert_eq!((sent.status, sent.location()), (303, "/b/5100001?name=games.example&asked=1"));
        assert!(nobody.get(sent.location()).await.body.contains("We will look at games.example soon"));
        let sent = ask_from(&nobody, "203.0.113.9", "name=games.example").await;
        assert_eq!(sent.status, 303);

        let row = "SELECT name || '|' || category || '|' || reason || '|' || COALESCE(school_id, '-') FROM filter_request \
                   ORDER BY id";
        let rows: Vec<String> = sqlx::query_scalar(row).fetch_all(here.kit.app.db.read()).await.expect("rows");
        assert_eq!(rows, ["games.example|games|for class|s1", "games.example|games||-"]);
        assert_eq!(number(&here.kit.app.db, "SELECT MIN(policy) FROM filter_request").await, 1);
        let audited = "SELECT COUNT(*) FROM audit_entry WHERE action = 'request.ask' AND account_id IS NULL";
        assert_eq!(number(&here.kit.app.db, audited).await, 2);
        let leaked = "SELECT COUNT(*) FROM audit_entry WHERE detail LIKE '%192.0.2%' OR detail LIKE '%games%'";
        assert_eq!(number(&here.kit.app.db, leaked).await, 0, "no address and no name in the log");
    })
    .await;
}

#[tokio::test]
async fn the_page_says_what_the_policy_says() {
    each(|here| async move {
        let nobody = here.kit.browser();
        let path = |name: &str| format!("/b/{HERE}?name={name}");
        // Without a policy the page is there, and says no more than it knows.
        let page = nobody.get(&path("games.example")).await;
        assert!(page.body.contains("is blocked") && !page.body.contains("kind"), "{}", page.body);
        here.publish().await;
        assert!(nobody.get(&path("never.example")).await.body.contains("must stay blocked"));
        assert!(nobody.get(&path("school.example")).await.body.contains("is open now"));
        let none = nobody.get(&path("10.0.0.1")).await;
        assert!(none.body.contains("Which page?") && none.body.contains("Look it up"), "{}", none.body);
        // A scope of the district alone denies it: open to whoever is not known, who may ask all the same.
        let some = nobody.get(&path("video.example")).await;
        assert!(
            some.body.contains("is blocked for some") && some.body.contains("Ask to open it"),
            "{}",
            some.body
        );
        for (name, blocked) in
            [("games.example", true), ("video.example", true), ("school.example", false), ("x", false)]
        {
            let told = nobody.get(&format!("/b/{HERE}/why.json?name={name}")).await;
            assert_eq!(
                (told.status, told.body.contains("\"blocked\":true")),
                (200, blocked),
                "{}",
                told.body
            );
        }
        let wrong = ask_from(&nobody, "192.0.2.7", "name=nothing").await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("href=\"#name\"") && wrong.body.contains("id=\"name-error\""));
        let script = nobody.get(&path("%3Cscript%3E.example")).await;
        assert!(!script.body.contains("<script>"));
        assert_eq!(nobody.get("/b/5199999?name=games.example").await.status, 404);
        let spanish = nobody.get(&format!("{}&lang=es", path("games.example"))).await;
        assert!(spanish.body.contains("games.example está bloqueado"), "{}", spanish.body);
    })
    .await;
}

#[tokio::test]
async fn the_entrance_finds_the_district_or_asks_for_it() {
    each(|here| async move {
        here.publish().await;
        let nobody = here.kit.browser();
        let one = nobody.get("/blocked?name=games.example").await;
        assert_eq!(one.location(), "/b/5100001?name=games.example");
        here.kit.district(THERE, "Elsewhere").await;
        let choose = nobody.get("/blocked?name=games.example").await;
        assert_eq!(choose.status, 200);
        assert!(choose.body.contains("href=\"/b/5100002?name=games.example\""), "{}", choose.body);
        let request = Request::get("/blocked?name=games.example").header("x-forwarded-for", "192.0.2.7");
        let placed = nobody.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(placed.location(), "/b/5100001?name=games.example", "the place is that of a site");
    })
    .await;
}

#[tokio::test]
async fn many_requests_are_refused_and_none_is_counted_twice_over() {
    let kit = Kit::with(|config| config.rates.requests_per_minute = 3).await;
    kit.district(HERE, "Shore").await;
    let nobody = kit.browser();
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(ask_from(&nobody, "192.0.2.7", "name=games.example").await.status);
    }
    assert_eq!(statuses, [303, 303, 303, 429, 429]);
    assert_eq!(nobody.get(&format!("/b/{HERE}?name=games.example")).await.status, 200, "looking is free");
    assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM filter_request").await, 3);
    // A table that nobody reads to its end stays bounded.
    let mut write = kit.app.db.write().await.expect("a write");
    for n in 0..500 {
        let id = format!("id-{n}");
        let asked = crate::queries::Asked {
            id: &id,
            name: "many.example",
            category: "",
            policy: 0,
            school: None,
            reason: "",
            ms: n,
        };
        crate::queries::ask(&mut write, HERE, &asked).await.expect("stored");
    }
    write.commit().await.expect("stored");
    let wide = Kit::on(kit.app.db.clone(), Config::local(kit.app.db.url()));
    assert_eq!(ask_from(&wide.browser(), "192.0.2.8", "name=many.example").await.status, 303);
    assert_eq!(
        number(&kit.app.db, "SELECT COUNT(*) FROM filter_request WHERE name = 'many.example'").await,
        500
    );
}

#[tokio::test]
async fn a_blocked_name_that_leads_here_is_sent_to_its_page() {
    let kit = Kit::with(|config| {
        config.public_url = Some("https://gap.example.org".to_owned());
        config.filtering.block_page = true;
    })
    .await;
    kit.district(HERE, "Shore").await;
    let get = |host: &'static str, path: &'static str| {
        let request = Request::get(path).header("host", host).body(Body::empty()).expect("a request");
        let browser = kit.browser();
        async move { browser.send(request).await }
    };
    for (host, path) in
        [("games.example", "/"), ("Games.Example:80", "/level?name=x"), ("games.example", "/login")]
    {
        let sent = get(host, path).await;
        assert_eq!(
            (sent.status, sent.location()),
            (303, "https://gap.example.org/blocked?name=games.example")
        );
    }
    for host in ["gap.example.org", "gap.example.org:443", "127.0.0.1:8080", "[::1]", "localhost:8080"] {
        assert_eq!(get(host, "/login").await.status, 200, "{host}");
    }
    let post = Request::post(format!("/b/{HERE}"))
        .header("host", "games.example")
        .header("origin", "http://games.example")
        .body(Body::empty())
        .expect("a request");
    assert_ne!(kit.browser().send(post).await.status, 200);
    // Where no edge leads here, hosts are nobody's business.
    let plain = Kit::with(|config| config.public_url = Some("https://gap.example.org".to_owned())).await;
    let request =
        Request::get("/login").header("host", "games.example").body(Body::empty()).expect("a request");
    assert_eq!(plain.browser().send(request).await.status, 200);
}
