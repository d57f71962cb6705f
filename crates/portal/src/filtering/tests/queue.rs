use super::*;
use crate::access::Role;
use crate::filtering::queries;

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

        let answers = queries::answers(here.kit.app.db.read(), HERE, None, 9).await.expect("answers");
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
        for (name, status) in [("video.example", 303), ("never.example", 422), ("www.never.example", 422)] {
            let mut fields = answer("allow", "everybody", "");
            fields[0].1 = name;
            let told = staff.post(&path, &fields).await;
            assert_eq!(told.status, status, "{name}");
            assert_eq!(told.body.contains("This name must stay blocked"), status == 422, "{}", told.body);
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
        let answers = queries::answers(here.kit.app.db.read(), HERE, None, 9).await.expect("answers");
        let undo = |ruling: &str| {
            let id = &answers.iter().find(|a| a.ruling == ruling).expect(ruling).id;
            format!("/d/{HERE}/filtering/answers/{id}/undo")
        };
        assert_eq!(teacher.post(&undo("keep"), &[]).await.status, 404);
        let of_class = answers.iter().find(|a| a.section.is_some()).expect("the teacher's");
        let undo = format!("/d/{HERE}/filtering/answers/{}/undo", of_class.id);
        assert_eq!(office.post(&undo, &[]).await.status, 303);
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
        let answers = queries::answers(here.kit.app.db.read(), HERE, None, 9).await.expect("answers");
        assert_eq!(answers[0].requests, 1);
    })
    .await;
}
