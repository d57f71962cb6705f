//! Projects by their pages, and their SQL on both databases.

use crate::access::Role;
use crate::db::harness;
use crate::queries::{self, Change, Of, Project, Report};
use crate::rules::register::{Register, Values};
use crate::testing::{Browser, Kit};
use jiff::civil::date;

const HERE: &str = "5100000";

async fn kit() -> (Kit, Browser) {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    (kit, staff)
}

/// A new project; its address.
async fn project(staff: &Browser) -> String {
    let form = [
        ("name", "Connect"),
        ("manager", "Pat Example"),
        ("begins", "2026-12-01"),
        ("vision", "All online."),
    ];
    let made = staff.post(&format!("/d/{HERE}/projects/new"), &form).await;
    assert_eq!(made.status, 303, "{}", made.body);
    made.location().to_owned()
}

async fn add(staff: &Browser, at: &str, register: &str, fields: &[(&str, &str)]) -> u16 {
    staff.post(&format!("{at}/list/{register}/edit"), fields).await.status
}

#[tokio::test]
async fn a_project_is_made_changed_taken_out_and_put_back() {
    let (kit, staff) = kit().await;
    let wrong =
        staff.post(&format!("/d/{HERE}/projects/new"), &[("name", "X"), ("begins", "tomorrow")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("A day between 1990 and 2100") && wrong.body.contains("value=\"X\""),
        "{}",
        wrong.body
    );
    let at = project(&staff).await;
    let changed =
        [("name", "Connect all"), ("manager", "Pat Example"), ("begins", "2026-12-02"), ("vision", "")];
    assert_eq!(staff.post(&format!("{at}/edit"), &changed).await.status, 303);
    let page = staff.get(&at).await.body;
    assert!(page.contains("<h1>Connect all</h1>") && page.contains("December 2, 2026"), "{page}");
    assert_eq!(staff.post(&format!("{at}/remove"), &[("act", "remove")]).await.status, 303);
    assert_eq!(staff.get(&format!("{at}/edit")).await.status, 404);
    let list = staff.get(&format!("/d/{HERE}/projects")).await.body;
    assert!(list.contains("There is no project yet.") && list.contains("Put back Connect all"), "{list}");
    assert_eq!(staff.post(&format!("{at}/remove"), &[("act", "restore")]).await.status, 303);
    assert_eq!(staff.get(&format!("{at}/edit")).await.status, 200);
    let analyst = kit.sign_in(Role::Analyst, HERE).await;
    assert!(!analyst.get(&at).await.body.contains("/remove"));
    assert_eq!(analyst.post(&format!("{at}/edit"), &changed).await.status, 403);
}

#[tokio::test]
async fn each_register_has_a_form_a_list_and_a_file() {
    let (_kit, staff) = kit().await;
    let at = project(&staff).await;
    for register in Register::ALL {
        let word = register.as_str();
        let form = staff.get(&format!("{at}/list/{word}/edit")).await;
        assert_eq!(form.status, 200);
        for field in register.fields() {
            assert!(form.body.contains(&format!("name=\"{}\"", field.name)), "{word}: {}", field.name);
        }
        let empty = staff.post(&format!("{at}/list/{word}/edit"), &[("name", "")]).await;
        assert_eq!(empty.status, 422);
        assert!(empty.body.contains("href=\"#name\""), "{word}");
        let must: Vec<(&str, &str)> = register
            .fields()
            .iter()
            .filter(|field| field.must)
            .map(|field| {
                let said = match field.takes {
                    crate::rules::register::Takes::Word(words) => words[0],
                    crate::rules::register::Takes::Day => "2026-12-05",
                    crate::rules::register::Takes::Days => "3",
                    crate::rules::register::Takes::Share => "10%",
                    _ => "One \"of\" these, =1",
                };
                (field.name, said)
            })
            .collect();
        assert_eq!(add(&staff, &at, word, &must).await, 303, "{word}");
        let page = staff.get(&format!("{at}/list/{word}?lang=es")).await.body;
        assert!(page.contains("One &#34;of&#34; these, =1"), "{word}: {page}");
        assert!(!page.contains("projects-"), "{word}: a message is missing");
        let file = staff.get(&format!("{at}/list/{word}/table.csv?lang=en")).await;
        assert!(file.body.starts_with("number,name,") && file.body.contains("\n1,"), "{}", file.body);
        let again =
            staff.upload(&format!("{at}/list/{word}/upload"), &[], ("file", "x.csv", &file.bytes)).await;
        assert_eq!(again.status, 303, "{word}: {}", again.body);
        let after = staff.get(&format!("{at}/list/{word}/table.csv")).await.body;
        assert_eq!(after, file.body, "{word}: what is taken out comes in as it was");
    }
    assert_eq!(staff.get(&format!("{at}/list/secret")).await.status, 404);
}

#[tokio::test]
async fn tasks_have_a_timeline_and_never_wait_for_each_other() {
    let (_kit, staff) = kit().await;
    let at = project(&staff).await;
    let csv = "name,days,needs,planned\nAgree,3,,\nOrder,5,1,\"$1,200\"\nOpen,0,2,\nTell,1,1,\n";
    let loaded =
        staff.upload(&format!("{at}/list/task/upload"), &[], ("file", "t.csv", csv.as_bytes())).await;
    assert_eq!(loaded.status, 303, "{}", loaded.body);
    let file = staff.get(&format!("{at}/timeline.csv")).await.body.replace("\r\n", "\n");
    // Tuesday the 1st to Thursday the 3rd, then five days of work to Thursday the 10th.
    assert!(file.contains("\n1,Agree,,2026-12-01,2026-12-03,0,true,,,\n"), "{file}");
    assert!(file.contains("\n2,Order,,2026-12-04,2026-12-10,0,true,,1200.00,\n"), "{file}");
    assert!(file.contains("\n4,Tell,,2026-12-04,2026-12-04,4,false,,,"), "{file}");
    let page = staff.get(&format!("{at}/timeline")).await.body;
    assert!(page.contains("critical") && page.contains("$1,200"), "{page}");
    let ring = [("number", "1"), ("name", "Agree"), ("days", "3"), ("needs", "3")];
    let form = staff.get(&format!("{at}/list/task/edit?number=1")).await;
    let seen = form.input("seen").expect("a time");
    let refused =
        staff.post(&format!("{at}/list/task/edit"), &[&ring[..], &[("seen", seen.as_str())]].concat()).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("No tasks that wait for each other. 1 → 3 → 2 → 1"), "{}", refused.body);
    let wrong = "name,days,needs\nA,x,\nB,1,77\nC,2,\"C\"\n";
    let told =
        staff.upload(&format!("{at}/list/task/upload"), &[], ("file", "w.csv", wrong.as_bytes())).await;
    assert_eq!(told.status, 422);
    assert_eq!(told.body.matches("<tr><td>w.csv</td>").count(), 3, "{}", told.body);
    let ring = "number,name,days,needs\n1,Agree,3,3\n";
    let told = staff.upload(&format!("{at}/list/task/upload"), &[], ("file", "r.csv", ring.as_bytes())).await;
    assert!(told.status == 422 && told.body.contains("1 → 3 → 2 → 1"), "{}", told.body);
    assert_eq!(
        staff.get(&format!("{at}/timeline.csv")).await.body.replace("\r\n", "\n"),
        file,
        "nothing was stored"
    );
    let calendar = staff.get(&format!("{at}/calendar.ics")).await;
    assert!(calendar.headers["content-type"].to_str().expect("text").starts_with("text/calendar"));
    assert!(
        calendar
            .body
            .contains("DTSTART;VALUE=DATE:20261204\r\nDTEND;VALUE=DATE:20261211\r\nSUMMARY:Order\r\n")
    );
}

#[tokio::test]
async fn two_people_do_not_write_over_each_other_and_what_is_taken_out_comes_back() {
    let (_kit, staff) = kit().await;
    let at = project(&staff).await;
    let risk = [("name", "Late"), ("chance", "high"), ("harm", "low")];
    assert_eq!(add(&staff, &at, "risk", &risk).await, 303);
    let seen = staff.get(&format!("{at}/list/risk/edit?number=1")).await.input("seen").expect("a time");
    let changed = |name: &'static str| [("number", "1"), ("name", name), ("chance", "low"), ("harm", "low")];
    let with = |name, seen: &'static str| [&changed(name)[..], &[("seen", seen)]].concat();
    let seen: &'static str = Box::leak(seen.into_boxed_str());
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    assert_eq!(add(&staff, &at, "risk", &with("First", seen)).await, 303);
    let second = staff.post(&format!("{at}/list/risk/edit"), &with("Second", seen)).await;
    assert_eq!(second.status, 422);
    assert!(
        second.body.contains("Somebody changed this") && second.body.contains("value=\"Second\""),
        "{}",
        second.body
    );
    let act = |act| [("number", "1"), ("act", act)];
    assert_eq!(staff.post(&format!("{at}/list/risk/remove"), &act("remove")).await.status, 303);
    let list = staff.get(&format!("{at}/list/risk")).await.body;
    assert!(list.contains("Put back First") && list.contains("Nothing is written down yet."), "{list}");
    assert_eq!(add(&staff, &at, "risk", &risk).await, 303);
    assert!(
        staff.get(&format!("{at}/list/risk/table.csv")).await.body.contains("\n2,Late"),
        "no number is given twice"
    );
    assert_eq!(staff.post(&format!("{at}/list/risk/remove"), &act("restore")).await.status, 303);
    assert!(staff.get(&format!("{at}/list/risk/table.csv")).await.body.contains("\n1,First"));
}

#[tokio::test]
async fn a_report_is_drafted_from_the_facts_approved_and_kept() {
    let (kit, staff) = kit().await;
    let begins = crate::db::today().saturating_sub(jiff::Span::new().days(20));
    let form =
        [("name", "Connect"), ("manager", "Pat Example"), ("begins", &begins.to_string()), ("vision", "")];
    let at = staff.post(&format!("/d/{HERE}/projects/new"), &form).await.location().to_owned();
    let done = begins.to_string();
    let task =
        [("name", "Agree with the library"), ("days", "2"), ("done", done.as_str()), ("spent", "12.50")];
    assert_eq!(add(&staff, &at, "task", &task).await, 303);
    let aim = [("name", "Fewer without Internet"), ("measure", "m1"), ("target", "5%"), ("by", "2027-06-30")];
    assert_eq!(add(&staff, &at, "aim", &aim).await, 303);
    let draft = staff.post(&format!("{at}/reports/draft"), &[]).await;
    assert_eq!(draft.location(), format!("{at}/reports/1"));
    let page = staff.get(&format!("{at}/reports/1")).await;
    for told in [
        "1 of 1 tasks are done.",
        "Agree with the library",
        "$12.50 of $0 planned",
        "no published figure; target 5%",
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert_eq!(staff.post(&format!("{at}/reports/draft"), &[]).await.status, 400, "the first one is open");
    let seen = page.input("seen").expect("a time");
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    let send = async |seen: &str, body: &str, act: &str| {
        staff.post(&format!("{at}/reports/1/edit"), &[("seen", seen), ("body", body), ("act", act)]).await
    };
    assert_eq!(send(&seen, "Went well.\r\n\r\nLearned <a lot>.", "save").await.status, 303);
    let stale = send(&seen, "Other", "approve").await;
    assert!(stale.status == 422 && stale.body.contains(">Other</textarea>"), "{}", stale.body);
    let seen = staff.get(&format!("{at}/reports/1")).await.input("seen").expect("a time");
    assert_eq!(send(&seen, "", "approve").await.status, 422);
    assert_eq!(send(&seen, "Went well.\n\nLearned <a lot>.", "approve").await.status, 303);
    let kept = staff.get(&format!("{at}/reports/1")).await.body;
    assert!(kept.contains("<p>Learned &#60;a lot&#62;.</p>") && !kept.contains("<textarea"), "{kept}");
    assert_eq!(send(&seen, "Changed", "save").await.status, 422);
    assert!(staff.get(&format!("{at}/reports/1")).await.body.contains("Went well."));
    // The next one is of the next two weeks, which have begun; the one after has not.
    assert_eq!(staff.post(&format!("{at}/reports/draft"), &[]).await.location(), format!("{at}/reports/2"));
    let seen = staff.get(&format!("{at}/reports/2")).await.input("seen").expect("a time");
    let form = [("seen", seen.as_str()), ("body", "x"), ("act", "approve")];
    assert_eq!(staff.post(&format!("{at}/reports/2/edit"), &form).await.status, 303);
    let early = staff.post(&format!("{at}/reports/draft"), &[]).await;
    assert!(early.status == 400 && early.body.contains("have not begun"), "{}", early.body);
    let list = kit.sign_in(Role::Analyst, HERE).await.get(&format!("{at}/reports")).await.body;
    assert_eq!(list.matches("<th scope=\"row\">").count(), 2, "{list}");
}

#[tokio::test]
async fn the_accepted_plan_becomes_deliverables_and_tasks() {
    let (kit, staff) = kit().await;
    let at = project(&staff).await;
    let none = staff.post(&format!("{at}/plan"), &[]).await;
    assert!(none.status == 400 && none.body.contains("goes by no plan"), "{}", none.body);
    let body = r#"{"strategies":[{"kind":"homework_hotspot","options":3,"district":"900.00"}]}"#;
    let mut write = kit.app.db.write().await.expect("a write");
    for (sql, last) in [
        (
            "INSERT INTO outbox (district_id, id, kind, body_json, made_ms) VALUES ($1, 'o', 'plan.accepted', $2, 1)",
            body,
        ),
        (
            "INSERT INTO plan_acceptance (district_id, id, run_id, step, outbox_id, accepted_ms, accepted_by) \
             VALUES ($1, 'a', 'r', 0, 'o', 1, $2)",
            "x",
        ),
    ] {
        sqlx::query(sql).bind(HERE).bind(last).execute(&mut *write).await.expect("stored");
    }
    write.commit().await.expect("stored");
    assert!(staff.get(&at).await.body.contains("Make tasks of the accepted plan"));
    assert_eq!(staff.post(&format!("{at}/plan"), &[]).await.location(), format!("{at}/timeline"));
    let tasks = staff.get(&format!("{at}/list/task/table.csv")).await.body;
    assert!(
        tasks.contains("\n1,Homework hotspot (3): agree with partners,,15,,") && tasks.contains("900.00"),
        "{tasks}"
    );
    let deliverables = staff.get(&format!("{at}/list/deliverable/table.csv")).await.body;
    assert!(deliverables.contains("\n1,Homework hotspot (3),"), "{deliverables}");
    assert_eq!(staff.post(&format!("{at}/plan"), &[]).await.status, 400, "once");
}

#[tokio::test]
async fn what_is_stored_is_read_on_both_databases() {
    harness::each(|db| async move {
        let mut tx = db.write().await.unwrap();
        sqlx::query("INSERT INTO district (id, name, state, created_ms) VALUES ('1', 'One', '51', 0)")
            .execute(&mut *tx)
            .await
            .unwrap();
        let of = Of { district: "1", project: "p" };
        let at = |ms| Change { by: "me", ms };
        let project = Project {
            id: "p".to_owned(),
            name: "P".to_owned(),
            manager: "M".to_owned(),
            begins: date(2026, 12, 1),
            vision: String::new(),
            changed_ms: 5,
            removed_ms: None,
        };
        queries::put_project(&mut tx, "1", &project, at(5)).await.unwrap();
        let values = |name: &str| Values::from([("name".to_owned(), name.to_owned())]);
        assert_eq!(queries::next_number(&mut tx, of, Register::Risk).await.unwrap(), 1);
        queries::put_entry(&mut tx, of, (Register::Risk, 1, &values("a")), at(1)).await.unwrap();
        let new = values("b");
        assert!(!queries::change_entry(&mut tx, of, (Register::Risk, 1, &new), (9, at(2))).await.unwrap());
        assert!(queries::change_entry(&mut tx, of, (Register::Risk, 1, &new), (1, at(2))).await.unwrap());
        assert!(queries::remove_entry(&mut tx, of, (Register::Risk, 1, true), at(3)).await.unwrap());
        assert!(!queries::remove_entry(&mut tx, of, (Register::Risk, 1, true), at(4)).await.unwrap());
        assert_eq!(queries::next_number(&mut tx, of, Register::Risk).await.unwrap(), 2);
        let report = Report {
            number: 1,
            from: date(2026, 12, 1),
            to: date(2026, 12, 14),
            facts_json: "{}".to_owned(),
            body: "x".to_owned(),
            changed_ms: 1,
            approved_ms: None,
        };
        assert!(queries::draft(&mut tx, of, &report).await.unwrap());
        assert!(!queries::draft(&mut tx, of, &report).await.unwrap());
        assert!(queries::edit(&mut tx, of, (1, 1, "y"), (true, at(2))).await.unwrap());
        assert!(!queries::edit(&mut tx, of, (1, 2, "z"), (false, at(3))).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(queries::project_of(db.read(), of).await.unwrap(), Some(project));
        let stored = queries::entries(db.read(), of).await.unwrap();
        assert_eq!((stored[0].0.text("name"), stored[0].0.removed_ms, stored[0].1), ("b", Some(3), 3));
        let kept = queries::reports(db.read(), of).await.unwrap();
        assert_eq!((kept[0].body.as_str(), kept[0].approved_ms), ("y", Some(2)));
        assert_eq!(queries::loans(db.read(), "1", (0, 10)).await.unwrap(), [0, 0, 0]);
        assert_eq!(queries::figure(db.read(), "1", "m1").await.unwrap(), None);
        assert_eq!(queries::accepted_plan(db.read(), "1").await.unwrap(), None);
        assert_eq!(queries::projects(db.read(), "2").await.unwrap(), []);
    })
    .await;
}
