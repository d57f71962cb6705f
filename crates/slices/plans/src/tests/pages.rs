use super::{HERE, THERE};
use crate::access::Role;
use crate::testing::{Browser, Kit, Reply};

/// A file of `docs/examples/plan`.
pub fn example(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/examples/plan/");
    std::fs::read(format!("{folder}{name}")).expect("an example")
}

pub async fn kit() -> Kit {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    kit.district(THERE, "Elsewhere").await;
    kit
}

/// A new scenario; its address.
pub async fn made(staff: &Browser, name: &str) -> String {
    let reply = staff.post(&format!("/d/{HERE}/plans/new"), &[("name", name)]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply.location().split_once("/step").expect("the first step").0.to_owned()
}

/// Saves a step with one file.
pub async fn save(
    staff: &Browser,
    at: &str,
    step: &str,
    fields: &[(&str, &str)],
    file: (&str, &str, &[u8]),
) -> Reply {
    let mark = staff.get(&format!("{at}/step?step={step}")).await.input("mark").expect("a mark");
    let mut all = vec![("act", "stay"), ("mark", mark.as_str())];
    all.extend_from_slice(fields);
    let reply = staff.upload(&format!("{at}/step?step={step}"), &all, file).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply
}

/// The example of `docs/examples/plan`, given page by page.
pub async fn example_scenario(staff: &Browser) -> String {
    let at = made(staff, "Small town").await;
    let basis = [
        ("name", "Small town"),
        ("first_year", "2026"),
        ("years", "2"),
        ("budget_1", "$9,000"),
        ("budget_2", "4,000"),
        ("inflation", "2%"),
        ("students_per_home", "1.5"),
    ];
    // Two years are shown once they are stored.
    save(staff, &at, "basis", &basis, ("none", "", b"")).await;
    save(staff, &at, "basis", &basis, ("none", "", b"")).await;
    let demand = [("demand", "file"), ("not_affordable", "60%"), ("not_available", "0.3")];
    save(staff, &at, "demand", &demand, ("students", "students.csv", &example("students.csv"))).await;
    save(
        staff,
        &at,
        "anchors",
        &[("walk_meters", "1500")],
        ("anchors", "anchors.csv", &example("anchors.csv")),
    )
    .await;
    save(staff, &at, "offers", &[], ("offers", "offers.csv", &example("offers.csv"))).await;
    save(staff, &at, "offers", &[], ("service", "service.csv", &example("service.csv"))).await;
    let lending = [
        ("carrier_1", "Blue"),
        ("use_1", "outdoor"),
        ("lent_used_1", "0.7"),
        ("cap_gb_1", "100"),
        ("need_gb_1", "40"),
    ];
    save(staff, &at, "lending", &lending, ("coverage", "coverage.csv", &example("coverage.csv"))).await;
    let buses = [("covered", "80%"), ("bus_used", "0.3")];
    save(staff, &at, "buses", &buses, ("routes", "routes.csv", &example("routes.csv"))).await;
    save(staff, &at, "buses", &buses, ("parking", "parking.csv", &example("parking.csv"))).await;
    save(staff, &at, "lte", &[("need_mbps", "2.5")], ("sites", "sites.csv", &example("sites.csv"))).await;
    save(staff, &at, "lte", &[("need_mbps", "2.5")], ("served", "served.csv", &example("served.csv"))).await;
    let policy = [
        ("group", "frl"),
        ("floor_group_1", "yes"),
        ("floor_share_1", "40%"),
        ("counts_hotspot_lending", "0.6"),
        ("fund_name_1", "Community foundation"),
        ("fund_items_1", "anchor_access_point, anchor_line"),
        ("fund_share_1", "50%"),
        ("fund_source_1", "letter of the foundation"),
        ("fund_date_1", "2026-10"),
    ];
    save(staff, &at, "policy", &policy, ("none", "", b"")).await;
    let prices =
        staff.upload(&format!("{at}/prices/upload"), &[], ("file", "costs.csv", &example("costs.csv"))).await;
    assert_eq!(prices.status, 303, "{}", prices.body);
    at
}

#[tokio::test]
async fn a_scenario_is_built_page_by_page_and_read_like_the_same_file() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let page = staff.get(&at).await;
    assert!(page.body.contains("can be planned") && !page.body.contains("id=\"problems\""), "{}", page.body);
    // What the pages wrote is the instance of the example, to the octet.
    let written = staff.get(&format!("{at}/scenario.toml")).await.body;
    let files = |file: &str, _: Option<&str>| -> std::io::Result<Box<dyn std::io::Read>> {
        Ok(Box::new(std::io::Cursor::new(example(file))))
    };
    let built = |text: &str| {
        let built = evenfield_plan::scenario::build("s", text, &mut { files }).expect("sound");
        let mut bytes = Vec::new();
        built.write_demand(&mut bytes).expect("memory");
        built.write_options(&mut bytes).expect("memory");
        built.write_covers(&mut bytes).expect("memory");
        built.write_instance(&mut bytes).expect("memory");
        String::from_utf8(bytes).expect("text")
    };
    let own = String::from_utf8(example("scenario.toml")).expect("text");
    assert_eq!(built(&written), built(&own));
    let again = staff.get(&format!("{at}/file?slot=anchors")).await;
    assert_eq!(again.bytes, example("anchors.csv"));
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    let page = analyst.get(&at).await;
    assert!(page.status == 200 && !page.body.contains("/step?"), "who only looks changes nothing");
    assert_eq!(analyst.get(&format!("{at}/step?step=basis")).await.status, 403);
}

#[tokio::test]
async fn wrong_files_are_kept_and_all_problems_told() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Administrator, HERE).await;
    let at = example_scenario(&staff).await;
    let wrong = b"site,name,kind,latitude,longitude,seats,hours\nlibrary,Library,castle,37,-75,many,20\n";
    let reply = save(
        &staff,
        &at,
        "anchors",
        &[("act", "next"), ("walk_meters", "far")],
        ("anchors", "mine.csv", wrong),
    )
    .await;
    assert!(reply.location().ends_with("step=anchors"), "{}", reply.location());
    let page = staff.get(&format!("{at}/step?step=anchors")).await.body;
    for told in ["castle", "many", "mine.csv", "<td>Walking reach, meters</td>", "far"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(page.contains("id=\"walk_meters-error\""), "{page}");
    assert_eq!(staff.get(&format!("{at}/file?slot=anchors")).await.bytes, wrong, "the upload is kept");
    let page = staff.get(&at).await.body;
    assert!(page.contains("Nothing you gave is lost") && page.contains("3 problems"), "{page}");
    // Left out, the strategy's file does no harm.
    save(&staff, &at, "anchors", &[("anchors_use", "no")], ("none", "", b"")).await;
    assert!(staff.get(&at).await.body.contains("can be planned"));
}

/// What sectors give, down and up, is given in the pages as in the scenario's file.
#[tokio::test]
async fn sectors_limit_a_site_of_private_lte() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let need = [("need_mbps", "2.5"), ("need_up_mbps", "0.3")];
    save(&staff, &at, "lte", &need, ("none", "", b"")).await;
    let page = staff.get(&format!("{at}/step?step=lte")).await.body;
    assert!(page.contains("id=\"need_up_mbps-error\""), "it asks for the file of sectors: {page}");
    let wrong = b"site,device,sector,down_mbps,up_mbps\nnowhere,outdoor,1,30,many\n";
    save(&staff, &at, "lte", &need, ("sectors", "sectors.csv", wrong)).await;
    let page = staff.get(&format!("{at}/step?step=lte")).await.body;
    assert!(page.contains("nowhere") && page.contains("sectors.csv"), "{page}");
    assert!(!page.contains("id=\"need_up_mbps-error\""), "{page}");
    let text = staff.get(&format!("{at}/scenario.toml")).await.body;
    assert!(text.contains("sectors = \"sectors.csv\"") && text.contains("need_up_mbps = 0.3"), "{text}");
}

/// What is filled by half, and prices that rise by too much, are told at their fields; a group that is named twice does not hide them.
#[tokio::test]
async fn what_is_typed_by_half_is_told_at_its_field() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let policy = [
        ("group", "frl"),
        ("floor_group_1", "yes"),
        ("floor_share_1", "40%"),
        ("floor_group_2", "no"),
        ("floor_group_3", "yes"),
        ("floor_share_3", "10%"),
        ("floor_share_4", "20%"),
        ("fund_share_2", "50%"),
    ];
    save(&staff, &at, "policy", &policy, ("none", "", b"")).await;
    let page = staff.get(&format!("{at}/step?step=policy")).await.body;
    for input in ["floor_share_2", "floor_group_3", "floor_group_4", "fund_name_2"] {
        assert!(page.contains(&format!("id=\"{input}-error\"")), "{input}: {page}");
    }
    let reply = staff.post(&format!("{at}/solve"), &[("act", "start")]).await;
    assert_eq!(reply.status, 400, "nothing is solved on it");
    let at = example_scenario(&staff).await;
    save(&staff, &at, "basis", &[("inflation", "300%"), ("budget_1", "1e14")], ("none", "", b"")).await;
    let page = staff.get(&format!("{at}/step?step=basis")).await.body;
    assert!(page.contains("id=\"inflation-error\"") && page.contains("id=\"budget_1-error\""), "{page}");
}

/// What readers say of scenarios and files with common faults is said in Spanish, and so are notes.
#[test]
fn faults_of_a_scenario_are_said_in_spanish() {
    let words = crate::words::Words::load().expect("words");
    let own = String::from_utf8(example("scenario.toml")).expect("text");
    let read = |scenario: &str, broken: &[(&str, &str, &str)]| {
        let files = |file: &str, _: Option<&str>| -> std::io::Result<Box<dyn std::io::Read>> {
            let mut text = String::from_utf8(example(file)).expect("text");
            for (_, from, to) in broken.iter().filter(|(name, ..)| *name == file) {
                assert!(text.contains(from), "{file}: {from}");
                text = text.replacen(from, to, 1);
            }
            Ok(Box::new(std::io::Cursor::new(text.into_bytes())))
        };
        evenfield_plan::scenario::build("scenario.toml", scenario, &mut { files })
    };
    let mut english = Vec::new();
    let mut found = 0;
    let mut look = |scenario: &str, broken: &[(&str, &str, &str)]| {
        let problems = read(scenario, broken).expect_err("something is wrong");
        found += problems.found();
        let wanted = problems.kept().iter().map(|problem| problem.wanted.clone());
        english.extend(wanted.filter(|wanted| !words.problem(crate::words::Language::Es, wanted).1));
    };
    let broken = [
        ("students.csv", "elm,12,9", "elm,-12,9"),
        ("students.csv", "37.4010", "97.4010"),
        ("students.csv", "Not Affordable", "Dear"),
        ("anchors.csv", "library,37", "pub,37"),
        ("anchors.csv", "10,20,walk", "10,200,walk"),
        ("anchors.csv", "hall,Harbour", "library,Harbour"),
        ("offers.csv", "14.95", "-1"),
        ("offers.csv", "0.8,Shore", "1.8,Shore"),
        ("offers.csv", "2026-08", "last year"),
        ("coverage.csv", "510010901001,", "5100109010,"),
    ];
    look(&own, &broken);
    for (from, to) in [
        ("years = 2", "years = 21"),
        ("first_year = 2026", "first_year = \"soon\""),
        ("inflation = 0.02", "inflation = 3"),
        ("\"frl\"", "\"ell\""),
        ("walk_meters", "walk_metres"),
        ("used = 0.7", ""),
        ("\"Blue\"", "\"Red\""),
        ("\"Not Available\" = 0.3", "\"Not Available\" = 0.5"),
        ("\"Not Available\" = 0.3", "\"Not Avail\" = 0.3"),
        ("share = 0.5", "share = 1.5"),
        ("first_year", "first_years"),
    ] {
        assert!(own.contains(from), "{from}");
        look(&own.replacen(from, to, 1), &[]);
    }
    assert!(found > 20, "{found}");
    assert_eq!(english, Vec::<String>::new());
    let dear = [("students.csv", "Not Affordable", "Not Desired")];
    let notes =
        read(&own.replace("\"Not Affordable\" = 0.6", "\"Not Affordable\" = 0"), &dear).expect("sound").notes;
    assert!(!notes.is_empty());
    for note in notes {
        assert!(words.problem(crate::words::Language::Es, &note).1, "{note}");
    }
}

#[tokio::test]
async fn the_cost_book_is_changed_line_by_line_and_as_a_file() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = made(&staff, "Prices").await;
    let page = staff.get(&format!("{at}/prices?item=bus_service")).await;
    let mark = page.input("mark").expect("a mark");
    let line = |price: &'static str, source: &'static str| {
        [
            ("item", "bus_service"),
            ("was", "bus_service"),
            ("mark", mark.as_str()),
            ("price", price),
            ("paid", "year"),
            ("life", ""),
            ("source", source),
            ("date", "2026-05"),
            ("act", "save"),
        ]
    };
    let wrong = staff.post(&format!("{at}/prices"), &line("cheap", "")).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("id=\"price-error\"") && wrong.body.contains("id=\"source-error\""),
        "{}",
        wrong.body
    );
    assert_eq!(wrong.input("price").as_deref(), Some("cheap"));
    assert_eq!(staff.post(&format!("{at}/prices"), &line("$1,250.50", "Our bill")).await.status, 303);
    let csv = staff.get(&format!("{at}/prices.csv")).await.body;
    assert!(csv.contains("bus_service,1250.5,year,bus,1,Our bill,2026-05\n"), "{csv}");
    let mine =
        b"item,price,paid,unit,life,source,date\nhotspot_service/Blue,12.50,month,,,Contract,2026-07\n";
    let upload = format!("{at}/prices/upload");
    assert_eq!(staff.upload(&upload, &[], ("file", "mine.csv", mine)).await.status, 303);
    let page = staff.get(&format!("{at}/prices")).await.body;
    assert!(page.contains("Service of a hotspot (Blue)") && page.contains("$12.50"), "{page}");
    // The file that is given is the file that is taken: nothing becomes one's own by that.
    let csv = staff.get(&format!("{at}/prices.csv")).await;
    assert_eq!(staff.upload(&upload, &[], ("file", "again.csv", &csv.bytes)).await.status, 303);
    assert_eq!(staff.get(&format!("{at}/prices.csv")).await.body, csv.body);
    assert!(staff.get(&at).await.body.contains("2 prices of your own"));
    for wrong in [&b"item,price\n"[..], b"item,price,paid\nbus_service,1,week\n", b"\x00\x01"] {
        let reply = staff.upload(&upload, &[], ("file", "wrong.csv", wrong)).await;
        assert!(reply.status == 422 && reply.body.contains("id=\"problems\""), "{}", reply.body);
    }
    // Another tab still has the page from before the price was stored.
    let old = staff.post(&format!("{at}/prices"), &line("7", "Another bill")).await;
    assert!(old.status == 409 && old.body.contains("Stored now: $1,250.50"), "{}", old.body);
    assert_eq!(old.input("price").as_deref(), Some("7"), "what was typed is not lost");
    assert!(staff.get(&format!("{at}/prices.csv")).await.body.contains("bus_service,1250.5,"));
    let mark = staff.get(&format!("{at}/prices?item=bus_service")).await.input("mark").expect("a mark");
    let reset = [("item", "bus_service"), ("was", "bus_service"), ("mark", mark.as_str()), ("act", "reset")];
    assert_eq!(staff.post(&format!("{at}/prices"), &reset).await.status, 303);
    assert!(staff.get(&at).await.body.contains("1 price of your own"));
}

#[tokio::test]
async fn two_tabs_do_not_overwrite_each_other() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = made(&staff, "Tabs").await;
    let step = format!("{at}/step?step=basis");
    let mark = staff.get(&step).await.input("mark").expect("a mark");
    let other_step = staff.get(&format!("{at}/step?step=anchors")).await.input("mark").expect("a mark");
    let fields = |budget: &'static str, mark: &str| {
        [("act", "stay"), ("name", "Tabs"), ("first_year", "2026"), ("years", "1"), ("budget_1", budget)]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into_iter()
            .chain([("mark".to_owned(), mark.to_owned())])
            .collect::<Vec<_>>()
    };
    let send = async |budget: &'static str, mark: &str| {
        let fields = fields(budget, mark);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        staff.upload(&step, &fields, ("none", "", b"")).await
    };
    assert_eq!(send("1000", &mark).await.status, 303);
    let late = send("2000", &mark).await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("Somebody else has changed this"), "{}", late.body);
    assert!(late.body.contains("Stored now: 1000"), "{}", late.body);
    assert_eq!(late.input("budget_1").as_deref(), Some("2000"), "what was typed is not lost");
    assert!(staff.get(&format!("{at}/scenario.toml")).await.body.contains("budget = [1000]"));
    assert_eq!(send("3000", "").await.status, 409, "a form without a mark knows nothing");
    // Who has seen what is stored may store over it.
    let seen = late.input("mark").expect("a mark");
    assert_eq!(send("2000", &seen).await.status, 303);
    assert!(staff.get(&format!("{at}/scenario.toml")).await.body.contains("budget = [2000]"));
    // Another step is not in the way.
    let fields = [("act", "stay"), ("mark", other_step.as_str()), ("walk_meters", "900")];
    assert_eq!(
        staff.upload(&format!("{at}/step?step=anchors"), &fields, ("none", "", b"")).await.status,
        303
    );
}

#[tokio::test]
async fn a_scenario_is_copied_renamed_removed_and_brought_back() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let at = example_scenario(&staff).await;
    let change = format!("{at}/change");
    let copy = staff.post(&change, &[("act", "copy"), ("name", "Small town")]).await;
    let copy = copy.location().to_owned();
    assert!(staff.get(&copy).await.body.contains("Copy of Small town"));
    assert_eq!(staff.get(&format!("{copy}/file?slot=routes")).await.bytes, example("routes.csv"));
    staff.post(&change, &[("act", "rename"), ("name", "Renamed")]).await;
    assert!(staff.get(&at).await.body.contains("<h1>Renamed</h1>"));
    assert_eq!(staff.post(&change, &[("act", "delete")]).await.status, 404, "it must be removed first");
    staff.post(&change, &[("act", "remove")]).await;
    assert_eq!(staff.get(&format!("{at}/step?step=basis")).await.status, 404);
    assert!(staff.get(&at).await.body.contains("was removed"));
    staff.post(&change, &[("act", "back")]).await;
    assert!(staff.get(&at).await.body.contains("can be planned"));
    staff.post(&change, &[("act", "remove")]).await;
    staff.post(&change, &[("act", "delete")]).await;
    assert_eq!(staff.get(&at).await.status, 404);
    assert!(staff.get(&copy).await.body.contains("can be planned"));
    let deeds: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit_entry WHERE action LIKE 'plan.%' AND action <> 'plan.edit' ORDER BY seq",
    )
    .fetch_all(kit.app.db.read())
    .await
    .expect("entries");
    assert_eq!(
        deeds,
        ["plan.make", "plan.copy", "plan.rename", "plan.remove", "plan.back", "plan.remove", "plan.delete"]
    );
    let stranger = kit.sign_in(Role::Coordinator, THERE).await;
    assert_eq!(stranger.get(&copy).await.status, 404);
}

/// The demand is the district's own published figures: a withheld one has no place in the plan.
#[tokio::test]
async fn the_gaps_figures_are_the_demand() {
    let kit = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let mut write = kit.app.db.write().await.expect("a write");
    let square = r#"{"type":"Polygon","coordinates":[[[-76,37],[-75,37],[-75,38],[-76,38],[-76,37]]]}"#;
    let mut rows = vec![
        "INSERT INTO estimate_run (id, district_id, state, created_ms, finished_ms, seed, rule_json, inputs_json) VALUES \
         ('r', '5100060', 'done', 1, 1, 1, '{}', '[]')".to_owned(),
    ];
    for (place, numbers) in [
        ("510010901001", "0.25, 0.2, 0.3, NULL, 90, 120, 'combined', NULL"),
        ("510010901002", "NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'primary'"),
    ] {
        rows.push(format!(
            "INSERT INTO figure (run_id, district_id, measure, geography_kind, geography_id, group_name, value, low90, high90, \
             se, answers, students, method, suppressed) VALUES ('r', '5100060', 'm1', 'block_group', '{place}', 'all', {numbers})"
        ));
        rows.push(format!(
            "INSERT INTO boundary (district_id, geography_kind, geography_id, name, geojson, load_id) VALUES \
             ('5100060', 'block_group', '{place}', 'A place', '{square}', 'l')"
        ));
    }
    rows.push(
        "INSERT INTO figure (run_id, district_id, measure, geography_kind, geography_id, group_name, value, low90, high90, \
         se, answers, students, method, suppressed) VALUES ('r', '5100060', 'm1', 'district', '5100060', 'all', \
         0.2, 0.15, 0.3, NULL, 200, 480, 'combined', NULL)"
            .to_owned(),
    );
    rows.push(
        "INSERT INTO load (district_id, id, kind, source, vintage, licence, file_name, digest, loaded_ms, loaded_by, \
         row_count, problem_count) VALUES ('5100060', 'l', 'boundaries', 's', '2026', 'l', 'b', 'd', 1, 'x', 2, 0)".to_owned(),
    );
    for row in rows {
        sqlx::query(sqlx::AssertSqlSafe(row)).execute(&mut *write).await.expect("a row");
    }
    write.commit().await.expect("stored");
    let at = made(&staff, "Figures").await;
    save(
        &staff,
        &at,
        "anchors",
        &[],
        (
            "anchors",
            "sites.csv",
            b"site,name,kind,latitude,longitude,seats,hours,line\n\
        x,Library,library,37.5,-75.5,10,20,yes\n",
        ),
    )
    .await;
    let page = staff.get(&at).await.body;
    assert!(page.contains("1 part of the demand") && page.contains("1 figures are withheld"), "{page}");
    let csv = staff.get(&format!("{at}/file?slot=figures")).await.body;
    assert!(csv.contains("m1,block_group,510010901001,120,0.25,0.2,0.3,,all,,students\n"), "{csv}");
    assert!(csv.contains("m1,block_group,510010901002,,,,,,all,primary,students\n"), "{csv}");
    // Those at places whose figures are withheld are in the district's.
    assert!(csv.contains("m1,district,5100060,480,0.2,0.15,0.3,,all,,students\n"), "{csv}");
    // Floors can be about larger areas, and the figures propose them beside the district's own share: 1 - 0.2 / 0.25.
    save(&staff, &at, "policy", &[("group", "tract")], ("none", "", b"")).await;
    let page = staff.get(&format!("{at}/step?step=policy")).await.body;
    assert!(page.contains("<th scope=\"row\">51001090100</th>") && page.contains("25%"), "{page}");
    assert!(page.contains("<td class=\"num\">20%</td>"), "{page}");
    let places = staff.get(&format!("{at}/file?slot=places")).await.body;
    assert!(places.contains("510010901001,37.5,-75.5"), "{places}");
}
