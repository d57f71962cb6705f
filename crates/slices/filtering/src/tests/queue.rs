use super::*;
use crate::access::Role;
use crate::queries;

const LAB: &str = "192.0.2.7";
const HALL: &str = "198.51.100.7";
const NOWHERE: &str = "203.0.113.9";

fn answer<'a>(ruling: &'a str, whom: &'a str, until: &'a str) -> [(&'a str, &'a str); 5] {
    [("name", "games.example"), ("ruling", ruling), ("whom", whom), ("until", until), ("reason", "for class")]
}

#[tokio::test]
async fn what_is_allowed_is_open_in_the_next_policy_and_undo_closes_it() {
    each(|here| async move {
        assert_eq!(here.publish().await, 1);
        assert_eq!(here.publish().await, 1, "nothing has changed");
        for address in [LAB, LAB, NOWHERE] {
            ask_from(&here.kit.browser(), address, "name=games.example&reason=chess").await;
        }
        let staff = here.kit.sign_in(Role::Coordinator, HERE).await;
        let queue = format!("/d/{HERE}/filtering");
        let page = staff.get(&queue).await;
        assert!(
            page.body.contains("games.example") && page.body.contains("<td class=\"num\">3</td>"),
            "{}",
            page.body
        );
        let csv = staff.get(&format!("{queue}/requests.csv")).await;
        assert!(csv.body.contains("games.example,games,1,s1,chess,"), "{}", csv.body);
        let form = staff.get(&format!("{queue}/answer?name=games.example")).await;
        assert!(form.body.contains("3 open requests") && form.body.contains("chess"), "{}", form.body);

        let sent = staff.post(&format!("{queue}/answer"), &answer("allow", "everybody", "")).await;
        assert_eq!((sent.status, sent.location()), (303, queue.as_str()));
        assert!(!here.is_open("games.example", LAB, 0), "not before it is published");
        assert_eq!(here.publish().await, 2);
        for from in [LAB, HALL, NOWHERE] {
            assert!(here.is_open("www.games.example", from, 0), "{from}");
        }
        assert!(!here.is_open("puzzles.example", LAB, 0));
        let page = staff.get(&queue).await;
        assert!(page.body.contains("No request is open") && page.body.contains("Version 2"), "{}", page.body);

        let answers = queries::answers(here.kit.app.db.read(), HERE, None, "", 9).await.expect("answers");
        assert_eq!((answers.len(), answers[0].requests), (1, 3));
        let undo = format!("{queue}/answers/{}/undo", answers[0].id);
        assert_eq!(staff.post(&undo, &[]).await.status, 303);
        assert_eq!(staff.post(&undo, &[]).await.status, 404, "once");
        assert_eq!(here.publish().await, 3);
        assert!(!here.is_open("games.example", LAB, 0));
        assert!(
            staff.get(&queue).await.body.contains("<td class=\"num\">3</td>"),
            "its requests are open again"
        );
        let csv = staff.get(&format!("{queue}/answers.csv")).await;
        assert!(csv.body.contains("games.example,allow,,,,for class,3,"), "{}", csv.body);
        for action in ["request.answer", "request.undo", "policy.publish"] {
            let sql =
                sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM audit_entry WHERE action = '{action}'"));
            let n: i64 = sqlx::query_scalar(sql).fetch_one(here.kit.app.db.read()).await.expect("a number");
            assert_eq!(n, if action == "policy.publish" { 3 } else { 1 }, "{action}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_school_and_an_end_bound_what_is_opened() {
    each(|here| async move {
        here.publish().await;
        let staff = here.kit.sign_in(Role::Administrator, HERE).await;
        let path = format!("/d/{HERE}/filtering/answer");
        let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date().to_string();
        assert_eq!(staff.post(&path, &answer("allow", "school:s1", &today)).await.status, 303);
        here.publish().await;
        assert!(here.is_open("games.example", LAB, 0));
        assert!(!here.is_open("games.example", HALL, 0), "another school");
        assert!(!here.is_open("games.example", NOWHERE, 0));
        assert!(!here.is_open("games.example", LAB, 2 * 86_400), "it has ended");
        // A rule of the district stands above an answer for the district; a mandatory one above any.
        for (name, told_so) in [
            ("video.example", "Give it a last day"),
            ("never.example", "must stay blocked"),
            ("www.never.example", "must stay blocked"),
        ] {
            let mut fields = answer("allow", "everybody", "");
            fields[0].1 = name;
            let told = staff.post(&path, &fields).await;
            assert!(told.status == 422 && told.body.contains(told_so), "{name} {}", told.body);
        }
        here.publish().await;
        assert!(!here.is_open("video.example", LAB, 0) && !here.is_open("never.example", LAB, 0));
        let told = staff.get(&format!("{path}?name=never.example")).await;
        assert!(told.body.contains("No answer opens it"), "{}", told.body);
        let wrong = staff.post(&path, &answer("allow", "school:elsewhere", "yesterday")).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("href=\"#whom\"") && wrong.body.contains("href=\"#until\""));
        assert_eq!(staff.post(&path, &[("name", "")]).await.status, 400);
    })
    .await;
}

/// A class of its own, which the holder of this account teaches.
async fn teach(here: &Here, account: &str) {
    let mut write = here.kit.app.db.write().await.expect("a write");
    let email = format!("{account}@example.org");
    for (sql, id) in [
        (
            "INSERT INTO staff (district_id, id, given_name, family_name, email) VALUES ($1, $2, 'A', 'B', $3)",
            "t1",
        ),
        ("INSERT INTO section (district_id, id, school_id, title) VALUES ($1, $2, 's1', $3)", "chess"),
        ("INSERT INTO section (district_id, id, school_id, title) VALUES ($1, $2, 's1', $3)", "art"),
        (
            "INSERT INTO enrollment (district_id, section_id, person_id, teaches) SELECT $1, 'chess', $2, 1 WHERE $3 <> ''",
            "t1",
        ),
    ] {
        sqlx::query(sql).bind(HERE).bind(id).bind(&email).execute(&mut *write).await.expect(sql);
    }
    write.commit().await.expect("stored");
}

#[tokio::test]
async fn a_teacher_opens_a_name_for_her_own_class_and_for_a_time() {
    each(|here| async move {
        here.publish().await;
        let (teacher, account) = here.kit.sign_in_with(&[(HERE, Role::Teacher)]).await;
        teach(&here, &account).await;
        let path = format!("/d/{HERE}/filtering/answer");
        let form = teacher.get(&format!("{path}?name=games.example")).await;
        assert!(form.body.contains("value=\"section:chess\""), "{}", form.body);
        assert!(
            !form.body.contains("section:art")
                && !form.body.contains("everybody")
                && !form.body.contains("\"keep\"")
        );
        let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date().to_string();
        for (ruling, whom, until) in [
            ("allow", "everybody", ""),
            ("allow", "school:s1", &today),
            ("allow", "section:art", &today),
            ("allow", "section:chess", ""),
            ("keep", "everybody", ""),
        ] {
            assert_eq!(
                teacher.post(&path, &answer(ruling, whom, until)).await.status,
                422,
                "{ruling} {whom}"
            );
        }
        ask_from(&here.kit.browser(), LAB, "name=games.example").await;
        ask_from(&here.kit.browser(), NOWHERE, "name=games.example").await;
        assert_eq!(teacher.post(&path, &answer("allow", "section:chess", &today)).await.status, 303);
        let open = || async {
            queries::requests(here.kit.app.db.read(), HERE, Some("games.example"))
                .await
                .expect("requests")
                .len()
        };
        assert_eq!(open().await, 2, "who asked may be of another class");
        let allowed = queries::allowed(here.kit.app.db.read(), now_ms()).await.expect("answers");
        assert_eq!(allowed[0].section.as_deref(), Some("chess"));
        let clerk = here.kit.sign_in(Role::Clerk, HERE).await;
        assert_eq!(clerk.get(&path).await.status, 403);
        // The office's answers are not hers to undo.
        let office = here.kit.sign_in(Role::Coordinator, HERE).await;
        office.post(&path, &answer("allow", "school:s1", &today)).await;
        assert_eq!(open().await, 1, "one asked from another place");
        office.post(&path, &answer("keep", "", "")).await;
        assert_eq!(open().await, 0);
        let answers = queries::answers(here.kit.app.db.read(), HERE, None, "", 9).await.expect("answers");
        let undo = |ruling: &str| {
            let id = &answers.iter().find(|a| a.ruling == ruling).expect(ruling).id;
            format!("/d/{HERE}/filtering/answers/{id}/undo")
        };
        assert_eq!(teacher.post(&undo("keep"), &[]).await.status, 404);
        let of_class = answers.iter().find(|a| a.section.is_some()).expect("the teacher's");
        let undo = format!("/d/{HERE}/filtering/answers/{}/undo", of_class.id);
        assert_eq!(office.post(&undo, &[]).await.status, 404, "keeping the name blocked has taken it back");
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_is_forgotten_after_its_time_and_the_answer_stays() {
    each(|here| async move {
        ask_from(&here.kit.browser(), LAB, "name=games.example").await;
        ask_from(&here.kit.browser(), LAB, "name=puzzles.example").await;
        let office = here.kit.sign_in(Role::Coordinator, HERE).await;
        office.post(&format!("/d/{HERE}/filtering/answer"), &answer("keep", "", "")).await;
        let mut write = here.kit.app.db.write().await.expect("a write");
        assert_eq!(queries::forget_answered(&mut write, now_ms() - 1_000_000).await.expect("forgotten"), 0);
        assert_eq!(queries::forget_answered(&mut write, now_ms() + 1_000_000).await.expect("forgotten"), 1);
        write.commit().await.expect("stored");
        let left = queries::groups(here.kit.app.db.read(), HERE, 9).await.expect("groups");
        assert_eq!(left.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["puzzles.example"]);
        let answers = queries::answers(here.kit.app.db.read(), HERE, None, "", 9).await.expect("answers");
        assert_eq!(answers[0].requests, 1);
    })
    .await;
}

/// Puts a school's bells and a category that must be blocked into the settings.
fn with_bells(here: &Here) {
    let more = r#"
[[list]]
name = "adult sites"
category = "adult"
names = ["adult.example"]
[[scope]]
must_block = ["adult"]
[[calendar]]
name = "first"
schools = ["s1"]
time_zone = "America/New_York"
first_day = 2020-01-01
last_day = 2020-06-11
[[calendar.bell]]
name = "regular"
period = [{ name = "3", from = 09:00, to = 10:00 }]
"#;
    let path = here.folder.path().join("policy.toml");
    std::fs::write(path, format!("{POLICY}{more}")).expect("written");
}

/// The period of a class, and a student of it with a device.
async fn fill(here: &Here, period: &str) -> evenfield_policy::DeviceKey {
    let stored = crate::rules::enroll::stored_key("of-a-student");
    let mut write = here.kit.app.db.write().await.expect("a write");
    for sql in [
        "INSERT INTO student (district_id, id, school_id, given_name, family_name, name_key, grade) VALUES ($1, 'p1', 's1', 'A', 'B', 'b a', '07')",
        "INSERT INTO enrollment (district_id, section_id, person_id, teaches) VALUES ($1, 'chess', 'p1', 0)",
    ] {
        sqlx::query(sql).bind(HERE).execute(&mut *write).await.expect(sql);
    }
    sqlx::query("UPDATE section SET period = $1 WHERE id = 'chess'")
        .bind(period)
        .execute(&mut *write)
        .await
        .expect("a period");
    sqlx::query(
        "INSERT INTO filter_device (district_id, id, device_key, student_id, way, label, enrolled_ms, enrolled_by, changed_ms) \
         VALUES ($1, 'd1', $2, 'p1', 'token', 'x', 1, 'x', 1)",
    )
    .bind(HERE)
    .bind(stored)
    .execute(&mut *write)
    .await
    .expect("a device");
    write.commit().await.expect("stored");
    evenfield_policy::DeviceKey::of_token("of-a-student")
}

#[tokio::test]
async fn an_answer_that_would_open_nothing_is_refused_for_the_scope_that_was_chosen() {
    each(|here| async move {
        with_bells(&here);
        let (teacher, account) = here.kit.sign_in_with(&[(HERE, Role::Teacher)]).await;
        teach(&here, &account).await;
        fill(&here, "3").await;
        here.publish().await;
        let office = here.kit.sign_in(Role::Coordinator, HERE).await;
        let path = format!("/d/{HERE}/filtering/answer");
        let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date().to_string();
        let post = |name: &'static str, whom: &'static str, until: String| {
            let (office, teacher, path) = (&office, &teacher, &path);
            async move {
                let who = if whom.starts_with("section") { teacher } else { office };
                let fields =
                    [("name", name), ("ruling", "allow"), ("whom", whom), ("until", &until), ("reason", "x")];
                who.post(path, &fields).await
            }
        };
        // A category that must be blocked, and ways around.
        for name in ["adult.example", "www.adult.example", "dns.google", "use-application-dns.net"] {
            for whom in ["everybody", "school:s1", "section:chess"] {
                let told = post(name, whom, today.clone()).await;
                assert_eq!(told.status, 422, "{name} {whom}");
                assert!(told.body.contains("No answer opens it"), "{}", told.body);
            }
        }
        // Names below which many people have sites.
        for name in ["co.uk", "github.io", "k12.va.us"] {
            let told = post(name, "everybody", String::new()).await;
            assert!(
                told.status == 422 && told.body.contains("sites of their own below"),
                "{name} {}",
                told.body
            );
        }
        // A rule of the district stands above an answer without an end, and below one with an end.
        let told = post("video.example", "everybody", String::new()).await;
        assert!(told.status == 422 && told.body.contains("Give it a last day"), "{}", told.body);
        assert_eq!(post("video.example", "everybody", today.clone()).await.status, 303);
        let told = office.get(&format!("{path}?name=adult.example")).await;
        assert!(told.body.contains("which must be blocked"), "{}", told.body);
        // Three: a device and two places.
        let told = office.get(&format!("{path}?name=games.example&whom=everybody")).await;
        assert!(
            told.body.contains("knows 3 devices and places there. It blocks the name now for 3"),
            "{}",
            told.body
        );
        let told = teacher.get(&format!("{path}?name=games.example")).await;
        assert!(
            told.body.contains("knows 1 devices") && told.body.contains("while it meets: 3."),
            "{}",
            told.body
        );
    })
    .await;
}

#[tokio::test]
async fn what_a_teacher_opens_is_open_while_her_class_meets() {
    each(|here| async move {
        with_bells(&here);
        let (teacher, account) = here.kit.sign_in_with(&[(HERE, Role::Teacher)]).await;
        teach(&here, &account).await;
        let key = fill(&here, "3").await;
        let path = format!("/d/{HERE}/filtering/answer");
        let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date().to_string();
        here.publish().await;
        assert_eq!(teacher.post(&path, &answer("allow", "section:chess", &today)).await.status, 303);
        here.publish().await;
        let open = |key| {
            let current = here.kit.app.policy.current().expect("a version");
            let view = current.view();
            let now_s = u32::try_from(now_ms() / 1000).expect("a time");
            let name = NameBuf::from_text("games.example").expect("a name");
            let subject = evenfield_policy::Subject::Device(key);
            decide(&view, &InForce::at(&view, now_s), &subject, &name.as_name()).action == Action::Allow
        };
        assert!(!open(key), "the school year is over, so no class meets");
        // A period that the bells do not have.
        let mut write = here.kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE section SET period = '9' WHERE id = 'chess'")
            .execute(&mut *write)
            .await
            .expect("a period");
        write.commit().await.expect("stored");
        let told = teacher.post(&path, &answer("allow", "section:chess", &today)).await;
        assert!(told.status == 422 && told.body.contains("would never hold"), "{}", told.body);
        // Without bells nobody knows when a class meets.
        std::fs::write(here.folder.path().join("policy.toml"), POLICY).expect("written");
        here.publish().await;
        assert!(open(key));
        let told = teacher.get(&format!("{path}?name=games.example")).await;
        assert!(told.body.contains("knows no bells"), "{}", told.body);
    })
    .await;
}

#[tokio::test]
async fn a_district_that_the_policy_does_not_name_is_told() {
    each(|here| async move {
        here.kit.district(THERE, "Hills").await;
        here.publish().await;
        for (district, told) in [(HERE, false), (THERE, true)] {
            let office = here.kit.sign_in(Role::Coordinator, district).await;
            for page in ["", "/answer?name=games.example", "/edges", "/devices", "/evidence"] {
                let page = office.get(&format!("/d/{district}/filtering{page}")).await;
                assert_eq!(
                    (page.status, page.body.contains("does not name the district")),
                    (200, told),
                    "{}",
                    page.body
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn keeping_a_name_blocked_takes_back_what_opened_it() {
    each(|here| async move {
        here.publish().await;
        let office = here.kit.sign_in(Role::Coordinator, HERE).await;
        let path = format!("/d/{HERE}/filtering/answer");
        for whom in ["everybody", "school:s1"] {
            assert_eq!(office.post(&path, &answer("allow", whom, "")).await.status, 303);
        }
        here.publish().await;
        assert!(here.is_open("games.example", LAB, 0));
        // However many answers there are, those for one name are found by it.
        let form = office.get(&format!("{path}?name=games.example")).await;
        assert_eq!(form.body.matches("/undo\"").count(), 2, "{}", form.body);
        assert_eq!(office.post(&path, &answer("keep", "", "")).await.status, 303);
        here.publish().await;
        assert!(!here.is_open("games.example", LAB, 0));
        let answers = queries::answers(here.kit.app.db.read(), HERE, None, "", 9).await.expect("answers");
        let standing: Vec<_> =
            answers.iter().filter(|a| a.undone_ms.is_none()).map(|a| a.ruling.as_str()).collect();
        assert_eq!(standing, ["keep"]);
    })
    .await;
}
