use super::{HERE, THERE, load_students};
use crate::access::Role;
use crate::code;
use crate::queries;
use crate::testing::{Browser, Kit, Reply};
use crate::words::{Language, Words};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use axum::routing::get;
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;

const TERM: &str = "2026-fall";

/// A portal with thirty students, an open term and codes; the code of the first.
async fn kit() -> (Kit, String) {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    kit.district(THERE, "Elsewhere").await;
    load_students(&kit.app.db, HERE, 30).await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let terms = format!("/d/{HERE}/survey/terms");
    assert_eq!(staff.post(&terms, &[("term", TERM), ("act", "open")]).await.status, 303);
    assert_eq!(staff.post(&terms, &[("term", TERM), ("act", "codes")]).await.status, 303);
    let letters = queries::letters(kit.app.db.read(), HERE, (TERM, "", false)).await.expect("letters");
    assert_eq!(letters.len(), 30);
    let code = code::grouped(&letters[0].code);
    (kit, code)
}

/// The id of the roster's one load.
async fn roster_load(kit: &Kit) -> String {
    let loads = evenfield_slice_roster::queries::loads(kit.app.db.read(), HERE).await.expect("loads");
    assert_eq!(loads.len(), 1);
    loads[0].id.clone()
}

fn form() -> String {
    format!("/s/{HERE}")
}

/// The same request as a phone sends it: with compression.
async fn packed(browser: &Browser, path: &str, fields: Option<&[(&str, &str)]>) -> usize {
    let request = match fields {
        None => Request::get(path),
        Some(_) => Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
    };
    let body = fields.map_or(String::new(), |fields| {
        let pairs: Vec<String> =
            fields.iter().map(|(n, v)| format!("{n}={}", crate::routes::escape(v))).collect();
        pairs.join("&")
    });
    let request = request
        .header(header::ACCEPT_ENCODING, "gzip")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request");
    let reply = browser.send(request).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.headers.get(header::CONTENT_ENCODING).expect("compressed"), "gzip");
    let head: usize = reply.headers.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
    head + reply.bytes.len()
}

const STEP_1: [(&str, &str); 3] = [("step", "1"), ("access", "Yes"), ("device", "Chromebook")];
const STEP_2: [(&str, &str); 8] = [
    ("step", "2"),
    ("access", "Yes"),
    ("device", "Chromebook"),
    ("type", "Cellular Network"),
    ("performance", "Sometimes"),
    ("sharing", "Shared"),
    ("provider", "School"),
    ("students", "3"),
];

async fn send(browser: &Browser, code: &str, step: &[(&str, &str)]) -> Reply {
    if browser.cookie("visitor").is_none() {
        browser.get(&form()).await;
    }
    let mut fields = vec![("code", code)];
    fields.extend_from_slice(step);
    browser.post(&form(), &fields).await
}

#[tokio::test]
async fn a_family_answers_in_two_steps_and_sees_one_letter_of_the_name() {
    let (kit, code) = kit().await;
    let phone = kit.browser();
    let first = phone.get(&format!("{}?code={code}", form())).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.input("code").as_deref(), Some(code.as_str()));
    let second = send(&phone, &code, &STEP_1).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert!(second.body.contains("name=\"type\"") && !second.body.contains("name=\"barrier\""));
    let done = send(&phone, &code, &STEP_2).await;
    assert_eq!(done.status, 200, "{}", done.body);
    for page in [&first, &second, &done] {
        assert!(!page.body.contains("lodie") && !page.body.contains("Secret") && !page.body.contains("st0"));
        assert!(!page.body.contains("<script"));
    }
    let answers = queries::latest(kit.app.db.read(), HERE, TERM).await.expect("answers");
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].household_students, Some(3));
    // A second time: the later counts, the earlier is kept.
    send(&phone, &code, &[("step", "2"), ("access", "No"), ("device", "None"), ("barrier", "Not Available")])
        .await;
    let answers = queries::latest(kit.app.db.read(), HERE, TERM).await.expect("answers");
    assert_eq!((answers.len(), answers[0].internet_access), (1, Some(false)));
    let student = &answers[0].student;
    assert_eq!(queries::history(kit.app.db.read(), HERE, student).await.expect("a history").len(), 2);
}

#[tokio::test]
async fn an_answer_asks_for_an_estimate_and_the_pages_say_when_it_will_be_in_the_figures() {
    let (kit, code) = kit().await;
    let awaited = async || crate::jobs::estimate::awaited(kit.app.db.read(), HERE).await.expect("a job");
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    let phone = kit.browser();
    send(&phone, &code, &STEP_1).await;
    assert!(awaited().await.is_none(), "nothing is stored yet");
    assert!(!staff.get(&format!("/d/{HERE}")).await.body.contains("newest answers"));
    assert_eq!(send(&phone, &code, &STEP_2).await.status, 200);
    let job = awaited().await.expect("an estimate");
    assert!(job.run_after_ms > job.created_ms);
    let paper = [&[("term", TERM), ("student", code.as_str())], &STEP_2[1..]].concat();
    assert_eq!(staff.post(&format!("/d/{HERE}/survey/enter"), &paper).await.status, 200);
    assert_eq!(awaited().await.expect("an estimate").id, job.id, "one for both");
    let when = format!("begins at {} UTC", crate::exchange::minute(job.run_after_ms));
    for path in [format!("/d/{HERE}"), format!("/d/{HERE}/data")] {
        let page = staff.get(&path).await.body;
        assert!(page.contains(&when) && page.contains("Estimate now"), "{path}: {page}");
        let page = analyst.get(&path).await.body;
        assert!(page.contains(&when) && !page.contains("Estimate now"), "{path}: {page}");
    }
    assert_eq!(staff.post(&format!("/d/{HERE}/jobs/estimate"), &[]).await.status, 303);
    assert!(awaited().await.expect("an estimate").run_after_ms <= crate::db::now_ms(), "now due");
    assert!(staff.get(&format!("/d/{HERE}")).await.body.contains("An estimate is under way"));
}

#[tokio::test]
async fn a_wrong_code_or_a_missing_answer_is_said_and_nothing_is_stored() {
    let (kit, code) = kit().await;
    let phone = kit.browser();
    let typo = if code.starts_with('A') { code.replacen('A', "B", 1) } else { format!("A{}", &code[1..]) };
    for wrong in ["", typo.as_str(), "222-222-222"] {
        let reply = send(&phone, wrong, &STEP_2).await;
        assert_eq!(reply.status, 422);
        assert!(reply.body.contains("error-summary"), "{}", reply.body);
    }
    let elsewhere =
        phone.post(&format!("/s/{THERE}"), &[&[("code", code.as_str())], &STEP_2[..]].concat()).await;
    assert_eq!(elsewhere.status, 422, "a code of another district");
    let missing = send(&phone, &code, &[("step", "1"), ("access", "Yes")]).await;
    assert_eq!(missing.status, 422);
    assert!(missing.body.contains("href=\"#device\""));
    let half = send(&phone, &code, &[("step", "2"), ("access", "Yes"), ("device", "Tablet")]).await;
    assert_eq!(half.status, 422);
    for field in ["type", "performance", "sharing", "provider"] {
        assert!(half.body.contains(&format!("href=\"#{field}\"")), "{field}");
        assert!(half.body.contains(&format!("id=\"{field}\"")), "{field}");
    }
    assert!(queries::latest(kit.app.db.read(), HERE, TERM).await.expect("answers").is_empty());
    assert_eq!(kit.browser().get("/s/9999999").await.status, 404);
}

#[tokio::test]
async fn family_pages_are_within_their_budget() {
    let (kit, code) = kit().await;
    let css = Router::new()
        .route("/", get(|| async { include_str!("../../../../base/web/src/evenfield.css") }))
        .layer(CompressionLayer::new());
    let request =
        Request::get("/").header(header::ACCEPT_ENCODING, "gzip").body(Body::empty()).expect("a request");
    let css =
        to_bytes(css.oneshot(request).await.expect("css").into_body(), usize::MAX).await.expect("css").len();
    for language in ["en", "es"] {
        let phone = kit.browser();
        let first = packed(&phone, &format!("{}?code={code}&lang={language}", form()), None).await;
        let with_code = |step: &[(&'static str, &'static str)]| {
            let mut fields = vec![("code", "")];
            fields.extend_from_slice(step);
            fields
        };
        let mut step = with_code(&STEP_1);
        step[0].1 = &code;
        let second = packed(&phone, &form(), Some(&step)).await;
        let mut step = with_code(&STEP_2);
        step[0].1 = &code;
        let third = packed(&phone, &form(), Some(&step)).await;
        println!("{language}: first {first}, second {second}, third {third}, style sheet {css} bytes");
        assert!(first + css <= 14 * 1024, "first response and its style sheet: {first} + {css} bytes");
        assert!(first + second + third + css <= 50 * 1024, "all: {first} + {second} + {third} + {css} bytes");
    }
}

#[tokio::test]
async fn rates_withhold_small_groups_and_stay_in_the_district() {
    let (kit, code) = kit().await;
    send(&kit.browser(), &code, &STEP_2).await;
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    let page = analyst.get(&format!("/d/{HERE}/survey")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("class=\"sup\""), "grade bands of 30 students in 12 grades are small");
    let csv = analyst.get(&format!("/d/{HERE}/survey/rates.csv?term={TERM}")).await;
    assert!(csv.body.contains("2026-fall,all,all,30,1,3,"), "{}", csv.body);
    assert!(csv.body.contains("2026-fall,grade_band,middle,,,,small_cell"), "{}", csv.body);
    for path in ["letters", "codes.csv", "answers.csv"] {
        assert_eq!(analyst.get(&format!("/d/{HERE}/survey/{path}")).await.status, 403, "{path}");
    }
    let stranger = kit.sign_in(Role::Administrator, THERE).await;
    assert_eq!(stranger.get(&format!("/d/{HERE}/survey")).await.status, 404);
}

#[tokio::test]
async fn no_page_names_a_school_whose_rate_the_rule_withholds() {
    for (min_students, named) in [(10, true), (31, false)] {
        let kit = Kit::with(|config| config.publication.min_students = min_students).await;
        kit.district(HERE, "Shore").await;
        load_students(&kit.app.db, HERE, 30).await;
        super::store(&kit.app.db, HERE, &[super::answer("st1", 5, true)]).await;
        let analyst = kit.sign_in(Role::Analyst, HERE).await;
        let csv = analyst.get(&format!("/d/{HERE}/survey/rates.csv")).await.body;
        assert_eq!(csv.contains("2026-fall,school,Nandua,30,1,3,"), named, "{csv}");
        let home = analyst.get(&format!("/d/{HERE}")).await.body;
        assert_eq!(home.contains("Nandua"), named, "{home}");
        let staff = kit.sign_in(Role::Coordinator, HERE).await;
        staff.post(&format!("/d/{HERE}/survey/terms"), &[("term", TERM), ("act", "open")]).await;
        let terms = async |browser: &Browser| {
            let page = browser.get(&format!("/d/{HERE}/survey")).await.body;
            page.contains(r#"<td class="num">0</td><td class="num">1</td>"#)
        };
        assert!(terms(&staff).await, "who sees each student sees how many have answered");
        assert_eq!(terms(&analyst).await, named);
        let methods = analyst.get(&format!("/d/{HERE}/methods")).await.body;
        assert!(methods.contains(&format!("fewer than {min_students} students")), "{methods}");
    }
}

#[tokio::test]
async fn staff_type_in_paper_and_print_letters() {
    let (kit, code) = kit().await;
    let clerk = kit.sign_in(Role::Clerk, HERE).await;
    let enter = format!("/d/{HERE}/survey/enter");
    assert_eq!(clerk.get(&enter).await.status, 200);
    let with = |student: &'static str| {
        let mut fields = vec![("term", TERM), ("student", student)];
        fields.extend_from_slice(&STEP_2);
        fields
    };
    assert_eq!(clerk.post(&enter, &with("st7")).await.status, 200);
    assert_eq!(clerk.post(&enter, &with("nobody")).await.status, 422);
    let mut by_code = with("");
    by_code[1].1 = &code;
    assert_eq!(clerk.post(&enter, &by_code).await.status, 200);
    let answers = queries::latest(kit.app.db.read(), HERE, TERM).await.expect("answers");
    assert_eq!(answers.len(), 2);
    let letters = clerk.get(&format!("/d/{HERE}/survey/letters?term={TERM}&only=open")).await;
    assert_eq!(letters.status, 200);
    assert_eq!(letters.body.matches("class=\"sheet").count(), 28);
    let csv = clerk.get(&format!("/d/{HERE}/survey/answers.csv?term={TERM}")).await;
    assert_eq!(csv.body.lines().count(), 3, "{}", csv.body);
    let looked: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_entry WHERE action LIKE 'survey.%' ORDER BY seq")
            .fetch_all(kit.app.db.read())
            .await
            .expect("entries");
    let details: Vec<String> = sqlx::query_scalar(
        "SELECT detail FROM audit_entry WHERE action IN ('survey.letters', 'survey.download') ORDER BY seq",
    )
    .fetch_all(kit.app.db.read())
    .await
    .expect("entries");
    let load = roster_load(&kit).await;
    assert_eq!(
        details,
        [
            format!(r#"{{"only":"open","roster_load":"{load}","school":"","students":28}}"#),
            format!(r#"{{"file":"csv","roster_load":"{load}","students":2}}"#)
        ]
    );
    let opened = ["survey.open", "survey.make-codes"];
    assert_eq!(
        looked,
        [&opened[..], &["survey.enter", "survey.enter", "survey.letters", "survey.download"]].concat()
    );
    assert_eq!(clerk.get(&format!("/d/{HERE}/survey/paper")).await.status, 403);
    let coordinator = kit.sign_in(Role::Coordinator, HERE).await;
    let paper = coordinator.get(&format!("/d/{HERE}/survey/paper")).await;
    assert!(paper.body.contains("lang=\"en\"") && paper.body.contains("lang=\"es\""));
    let family = kit.browser();
    let print = format!("/s/{HERE}/paper");
    assert!(family.get(&form()).await.body.contains(&print), "families can print it themselves");
    let blank = family.get(&print).await;
    assert_eq!(blank.status, 200);
    assert!(!blank.body.contains(&code) && !blank.body.contains("/login"));
    assert!(paper.body.contains("¿Por qué no hay Internet en casa?"));
}

#[test]
fn every_question_and_answer_has_words_in_each_language() {
    let words = Words::load().expect("words");
    for language in Language::ALL {
        let mut keys =
            vec!["survey-q-students".to_owned(), "survey-q-download".into(), "survey-q-upload".into()];
        for question in crate::rules::form::ALL {
            keys.push(format!("survey-q-{}", question.name));
            keys.extend((1..=question.codes.len()).map(|n| format!("survey-a-{}-{n}", question.name)));
        }
        for by in ["school", "grade-band", "frl", "ell", "iep"] {
            keys.push(format!("survey-by-{by}"));
        }
        keys.extend(["elementary", "middle", "high", "ungraded"].map(|band| format!("survey-band-{band}")));
        keys.extend(["yes", "no", "unknown"].map(|flag| format!("survey-flag-{flag}")));
        for key in keys {
            assert_ne!(words.text(language, &key, &[]), key, "{language:?}");
        }
    }
}

#[tokio::test]
async fn a_code_of_a_closed_term_is_told_and_is_no_guess() {
    let (kit, code) = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let terms = format!("/d/{HERE}/survey/terms");
    assert_eq!(staff.post(&terms, &[("term", TERM), ("act", "close")]).await.status, 303);
    let phone = kit.browser();
    for _ in 0..30 {
        let reply = send(&phone, &code, &STEP_1).await;
        assert_eq!(reply.status, 422, "not counted");
        assert!(reply.body.contains("from an earlier survey"), "{}", reply.body);
    }
}

#[tokio::test]
async fn guessing_codes_ends_soon_and_mistyping_does_not() {
    use rand::SeedableRng;
    let (kit, code) = kit().await;
    let phone = kit.browser();
    for _ in 0..40 {
        assert_eq!(
            send(&phone, "232-222-222", &STEP_1).await.status,
            422,
            "mistyped: its check sign is wrong"
        );
    }
    let mut random = rand::rngs::StdRng::seed_from_u64(3);
    for _ in 0..20 {
        assert_eq!(send(&phone, &code::new(&mut random), &STEP_1).await.status, 422);
    }
    assert_eq!(send(&phone, &code::new(&mut random), &STEP_1).await.status, 429);
    assert_eq!(send(&phone, &code, &STEP_1).await.status, 429, "a right guess is not told from a wrong one");
}

#[tokio::test]
async fn the_record_of_a_student_leads_to_every_answer_and_the_look_is_written_down() {
    let (kit, code) = kit().await;
    let clerk = kit.sign_in(Role::Clerk, HERE).await;
    let phone = kit.browser();
    let record = |student: &str| format!("/d/{HERE}/roster/students/{student}");
    let answers = |student: &str| format!("/d/{HERE}/survey/students/{student}");
    let link = answers("st7");
    assert!(!clerk.get(&record("st7")).await.body.contains(&link), "nothing was answered");
    assert_eq!(clerk.get(&link).await.status, 404);
    let paper = [&[("term", TERM), ("student", "st7")], &STEP_2[1..]].concat();
    assert_eq!(clerk.post(&format!("/d/{HERE}/survey/enter"), &paper).await.status, 200);
    assert!(clerk.get(&record("st7")).await.body.contains(&link));
    let page = clerk.get(&link).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("The data plan of a cell phone") && page.body.contains("Typed in from paper"));

    // The code is st0's: what the family sends later takes the place of what it sent before, which is kept.
    send(&phone, &code, &STEP_2).await;
    send(&phone, &code, &[("step", "2"), ("access", "No"), ("device", "None"), ("barrier", "Not Available")])
        .await;
    let student = queries::latest(kit.app.db.read(), HERE, TERM).await.expect("answers").remove(0).student;
    let page = clerk.get(&answers(&student)).await.body;
    let (first, second) = page.split_once("a later answer took its place").expect("two answers");
    assert!(first.contains("this answer counts") && !second.contains("this answer counts"), "{page}");
    let looked: Vec<String> =
        sqlx::query_scalar("SELECT subject_id FROM audit_entry WHERE action = 'survey.see' ORDER BY seq")
            .fetch_all(kit.app.db.read())
            .await
            .expect("entries");
    assert_eq!(looked, ["st7", student.as_str()]);
    for role in [Role::Teacher, Role::Analyst] {
        assert_eq!(kit.sign_in(role, HERE).await.get(&link).await.status, 403, "{role:?}");
    }
}

#[tokio::test]
async fn of_a_file_with_problems_only_the_whole_answers_are_stored_and_the_file_can_be_removed() {
    let (kit, _) = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let upload = format!("/d/{HERE}/survey/upload");
    let file = "student_id,term,internet_access_in_residence,answered_at,internet_download_speed\n\
        st1,2026-fall,Yes,2026-09-01,\nst2,2026-fall,maybe,2026-09-01,\nst3,2026-fall,No,2062-09-01,\n\
        nobody,2026-fall,Yes,2026-09-01,\nst4,2026-fall,Yes,2026-09-01,fast\n";
    let file = ("file", "answers.csv", file.as_bytes());
    let reply = staff.upload(&upload, &[], file).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("One answer has no problem"), "{}", reply.body);
    assert!(reply.body.contains("2062-09-01") && reply.body.contains("not in the future"));
    assert_eq!(staff.upload(&upload, &[("accept", "yes")], file).await.status, 303);
    let answers = async || {
        sqlx::query_scalar::<_, String>("SELECT student_id FROM survey_answer_now ORDER BY student_id")
            .fetch_all(kit.app.db.read())
            .await
            .expect("answers")
    };
    assert_eq!(answers().await, ["st1"]);
    let page = staff.get(&format!("/d/{HERE}/survey")).await;
    let at = format!("/d/{HERE}/survey/loads/");
    let id = &page.body[page.body.find(&at).expect("a load") + at.len()..];
    let load = format!("{at}{}", &id[..id.find(['"', '/']).expect("its end")]);
    assert_eq!(staff.post(&load, &[("act", "remove")]).await.status, 303);
    assert!(answers().await.is_empty());
    let data = staff.get(&format!("/d/{HERE}/data")).await;
    assert!(data.body.contains("Removed "), "the data page says so too");
    assert_eq!(staff.post(&load, &[("act", "remove")]).await.status, 404, "once");
    assert_eq!(staff.post(&load, &[("act", "put-back")]).await.status, 303);
    assert_eq!(answers().await, ["st1"]);
    let audit: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_entry WHERE action LIKE 'survey.%' AND subject_kind <> 'survey_term' ORDER BY seq")
            .fetch_all(kit.app.db.read())
            .await
            .expect("the audit log");
    assert_eq!(audit, ["survey.load", "survey.remove", "survey.put-back"]);
}

#[tokio::test]
async fn a_term_opened_by_mistake_is_forgotten() {
    let (kit, _) = kit().await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    let terms = format!("/d/{HERE}/survey/terms");
    assert_eq!(staff.post(&terms, &[("term", "2062-fall"), ("act", "open")]).await.status, 303);
    let page = staff.get(&format!("/d/{HERE}/survey")).await;
    assert!(page.body.contains("value=\"forget\""));
    let reply = staff.post(&terms, &[("term", "2062-fall"), ("act", "forget")]).await;
    assert_eq!(reply.status, 303);
    assert!(!staff.get(&format!("/d/{HERE}/survey")).await.body.contains("2062-fall"));
    assert_eq!(staff.post(&terms, &[("term", "2062-fall"), ("act", "forget")]).await.status, 400);
}
