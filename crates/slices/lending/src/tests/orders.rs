use super::counter::{act, inventory, later, scan, wanted};
use super::*;
use crate::access::Role;
use crate::audit;
use crate::db::now_ms;
use crate::follow;
use crate::rules::standing::{DAY_MS, HOUR_MS};
use crate::testing::Browser;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sqlx::AssertSqlSafe;

/// Lets so many hours pass: all that happened did so that much longer ago.
pub(super) async fn pass(kit: &Kit, hours: i64) {
    let mut write = kit.app.db.write().await.expect("a write");
    for (table, columns) in [
        ("lending_loan", "out_ms lost_ms in_ms undone_ms gone_ms damaged_ms"),
        ("lending_notice", "told_ms until_ms"),
        ("lending_card", "put_ms taken_ms"),
        ("carrier_seen", "from_ms to_ms"),
        ("lending_deed", "done_ms undone_ms"),
        ("carrier_line", "wanted_ms observed_ms ordered_ms"),
        ("carrier_order", "asked_ms"),
        ("carrier_change", "at_ms"),
    ] {
        let sets: Vec<String> =
            columns.split(' ').map(|column| format!("{column} = {column} - {}", hours * HOUR_MS)).collect();
        let sql = format!("UPDATE {table} SET {}", sets.join(", "));
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *write).await.expect("older");
    }
    let days = "SELECT id, counted_from FROM carrier_line WHERE counted_from IS NOT NULL";
    let days: Vec<(String, String)> = sqlx::query_as(days).fetch_all(&mut *write).await.expect("lines");
    for (id, day) in days {
        let day: jiff::civil::Date = day.parse().expect("a day");
        let earlier = day.checked_sub(jiff::Span::new().hours(hours)).expect("a day").to_string();
        sqlx::query("UPDATE carrier_line SET counted_from = $1 WHERE id = $2")
            .bind(earlier)
            .bind(id)
            .execute(&mut *write)
            .await
            .expect("older");
    }
    let due: Vec<(String, String)> =
        sqlx::query_as("SELECT id, due_on FROM lending_loan").fetch_all(&mut *write).await.expect("loans");
    for (id, day) in due {
        let day: jiff::civil::Date = day.parse().expect("a day");
        let earlier = day.checked_sub(jiff::Span::new().hours(hours)).expect("a day").to_string();
        sqlx::query("UPDATE lending_loan SET due_on = $1 WHERE id = $2")
            .bind(earlier)
            .bind(id)
            .execute(&mut *write)
            .await
            .expect("older");
    }
    write.commit().await.expect("stored");
}

/// Makes lines follow loans, as the server does from time to time.
pub(super) async fn follow(kit: &Kit) -> follow::Run {
    let mut tx = kit.app.db.write().await.expect("a write");
    let run = follow::run(&mut tx, HERE, now_ms(), None).await.expect("a run");
    tx.commit().await.expect("stored");
    run
}

async fn device(kit: &Kit, barcode: &str) -> String {
    sqlx::query_scalar("SELECT id FROM lending_device WHERE barcode = $1")
        .bind(barcode)
        .fetch_one(kit.app.db.read())
        .await
        .expect("a device")
}

async fn line(kit: &Kit, card: &str) -> String {
    sqlx::query_scalar("SELECT id FROM carrier_line WHERE iccid = $1")
        .bind(card)
        .fetch_one(kit.app.db.read())
        .await
        .expect("a line")
}

/// The values of all ticks on a page.
fn ticks(page: &str, name: &str) -> Vec<String> {
    let mark = format!("type=\"checkbox\" name=\"{name}\" value=\"");
    let values = page.split(&mark).skip(1);
    values.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

pub(super) async fn tell(browser: &Browser) -> usize {
    let path = format!("/d/{HERE}/lending/overdue");
    let loans = ticks(&browser.get(&path).await.body, "loan");
    let mut fields = vec![("way", "letter")];
    fields.extend(loans.iter().map(|loan| ("loan", loan.as_str())));
    if !loans.is_empty() {
        assert_eq!(browser.post(&path, &fields).await.status, 303);
    }
    loans.len()
}

async fn order(browser: &Browser) -> Vec<String> {
    let path = format!("/d/{HERE}/lending/orders");
    let orders = ticks(&browser.get(&path).await.body, "order");
    let fields: Vec<(&str, &str)> = orders.iter().map(|order| ("order", order.as_str())).collect();
    if !orders.is_empty() {
        assert_eq!(browser.post(&format!("{path}/done"), &fields).await.status, 303);
    }
    orders.iter().filter_map(|order| Some(order.split_once(' ')?.1.to_owned())).collect()
}

#[tokio::test]
async fn a_line_is_suspended_after_notice_and_grace_and_works_again_when_found() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let id = device(&kit, "HS-1").await;
        act(&clerk, &[("act", "lost"), ("device", &id)]).await;
        let overdue = format!("/d/{HERE}/lending/overdue");
        let page = clerk.get(&overdue).await.body;
        assert!(page.contains("Tell the household") && page.contains("Cruz, Ana"), "{page}");
        pass(&kit, 24 * 100).await;
        assert_eq!(follow(&kit).await, follow::Run::default(), "nobody was told");
        assert_eq!(clerk.post(&overdue, &[("way", "letter")]).await.status, 400);
        assert_eq!(clerk.post(&overdue, &[("way", "owl"), ("loan", "x")]).await.status, 400);
        assert_eq!(tell(&clerk).await, 1);
        assert_eq!(tell(&clerk).await, 0, "told once");
        assert!(clerk.get(&overdue).await.body.contains("Time until"));
        pass(&kit, 24 * 14 + 1).await;
        assert_eq!(follow(&kit).await, follow::Run::default(), "the rules suspend no line");
        let rules = format!("/d/{HERE}/lending/rules");
        assert_eq!(staff.post(&rules, &[("suspend", "1")]).await.status, 303);
        assert_eq!(follow(&kit).await.suspended, 1);
        assert_eq!(wanted(&kit, CARD).await, "suspended");
        assert_eq!(follow(&kit).await.suspended, 0, "once");
        assert!(clerk.get(&overdue).await.body.contains(">Suspended<"));
        let csv = clerk.get(&format!("{overdue}.csv")).await.body;
        assert!(csv.contains("HS-1,hotspot,S1,Cruz,Ana,") && csv.contains(",letter,due,"), "{csv}");
        // Milder rules let it work at once, and by the old ones it is suspended again.
        staff.post(&rules, &[("grace_days", "30")]).await;
        assert_eq!(wanted(&kit, CARD).await, "active");
        staff.post(&rules, &[("grace_days", "14")]).await;
        assert_eq!(follow(&kit).await.suspended, 0, "one a day without approval");
        pass(&kit, 25).await;
        assert_eq!(follow(&kit).await.suspended, 1);
        assert!(act(&clerk, &[("act", "found"), ("device", &id)]).await.0.contains("said=found"));
        assert_eq!(wanted(&kit, CARD).await, "active");
        assert_eq!(
            text(&kit.app.db, "SELECT state FROM lending_device WHERE barcode = 'HS-1'").await,
            "lent"
        );
        let looks =
            "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.overdue' AND detail LIKE '%S1%'";
        assert!(number(&kit.app.db, looks).await > 0);
        let suspended =
            "SELECT COUNT(*) FROM audit_entry WHERE action = 'line.suspend' AND account_id IS NULL";
        assert_eq!(number(&kit.app.db, suspended).await, 2);
    })
    .await;
}

#[tokio::test]
async fn many_suspensions_wait_until_somebody_approves_just_these() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("suspend", "1"), ("loan_days", "7")]).await;
        scan(&clerk, "S1", "HS-1").await;
        scan(&clerk, "S3", "HS-2").await;
        scan(&clerk, "S3", "CB-1").await;
        pass(&kit, 24 * 20).await;
        assert_eq!(tell(&clerk).await, 3, "a laptop is overdue, too");
        pass(&kit, 24 * 15).await;
        let run = follow(&kit).await;
        assert_eq!((run.suspended, run.waiting.len()), (0, 2), "two of two lines at once are too many");
        let overdue = format!("/d/{HERE}/lending/overdue");
        let page = clerk.get(&overdue).await.body;
        assert!(
            page.contains("2 lines are due to be suspended") && !page.contains("name=\"mark\""),
            "{page}"
        );
        let mark = staff.get(&overdue).await.input("mark").expect("a mark");
        let approve = format!("{overdue}/approve");
        assert_eq!(clerk.post(&approve, &[("mark", &mark)]).await.status, 403);
        assert_eq!(staff.post(&approve, &[("mark", "other")]).await.status, 400);
        scan(&clerk, "", "HS-2").await;
        assert_eq!(follow(&kit).await.suspended, 1, "one of one may be");
        later(&kit).await;
        scan(&clerk, "S3", "HS-2").await;
        assert_eq!(
            staff.post(&approve, &[("mark", &mark)]).await.status,
            400,
            "others than those that she saw"
        );
        let approved = "SELECT COUNT(*) FROM carrier_change WHERE approved_by IS NOT NULL";
        assert_eq!(number(&kit.app.db, approved).await, 0);
        pass(&kit, 24 * 20).await;
        tell(&clerk).await;
        pass(&kit, 24 * 15).await;
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("cap_percent", "0")]).await;
        assert_eq!(follow(&kit).await.waiting.len(), 1);
        let mark = staff.get(&overdue).await.input("mark").expect("a mark");
        assert_eq!(staff.post(&approve, &[("mark", &mark)]).await.status, 303);
        assert_eq!(number(&kit.app.db, approved).await, 1);
        assert_eq!(wanted(&kit, OTHER_CARD).await, "suspended");
    })
    .await;
}

#[tokio::test]
async fn orders_are_ticked_off_and_come_again_when_they_were_not_carried_out() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let path = format!("/d/{HERE}/lending/orders");
        let page = clerk.get(&path).await.body;
        assert!(page.contains("Let it work") && !page.contains("type=\"checkbox\""), "{page}");
        assert!(page.contains("has not been taken in"), "of the other line nothing is known: {page}");
        let csv = clerk.get(&format!("{path}.csv")).await.body;
        assert!(csv.contains(&format!("{CARD},7575550142,Blue,,HS-1,activate,active,")), "{csv}");
        assert_eq!(staff.post(&format!("{path}/done"), &[("order", "x activate")]).await.status, 303);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM carrier_order").await, 0, "no such line");
        assert_eq!(staff.post(&format!("{path}/done"), &[]).await.status, 400);
        assert_eq!(clerk.post(&format!("{path}/done"), &[("order", "x activate")]).await.status, 403);
        assert_eq!(order(&staff).await, ["activate"]);
        assert!(order(&staff).await.is_empty(), "it takes its time");
        let list = async |states: [&str; 2]| {
            let file = format!("iccid,status\n{CARD},{}\n{OTHER_CARD},{}\n", states[0], states[1]);
            let today = crate::db::today().to_string();
            let path = format!("/d/{HERE}/lending/lines/upload");
            let sent = staff.upload(&path, &[("as_of", &today)], ("file", "c.csv", file.as_bytes())).await;
            assert_eq!(sent.status, 200, "{}", sent.body);
        };
        pass(&kit, 25).await;
        list(["suspended", "active"]).await;
        assert_eq!(
            order(&staff).await,
            ["activate", "suspend"],
            "it was not carried out; nobody has the other"
        );
        list(["active", "suspended"]).await;
        assert!(order(&staff).await.is_empty());
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        assert!(order(&staff).await.is_empty(), "it may be lent again soon");
        pass(&kit, 25).await;
        assert_eq!(order(&staff).await, ["suspend"]);
        staff.post(&format!("/d/{HERE}/lending/rules"), &[("carriers", "0")]).await;
        scan(&clerk, "S1", "HS-2").await;
        assert!(order(&staff).await.is_empty(), "the district has stopped it");
    })
    .await;
}

#[tokio::test]
async fn staff_hold_a_line_and_end_one_that_nobody_has() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let id = line(&kit, CARD).await;
        let path = format!("/d/{HERE}/lending/lines/{id}");
        let change = format!("{path}/change");
        assert_eq!(staff.post(&change, &[("act", "hold"), ("reason", " ")]).await.status, 400, "why?");
        assert_eq!(clerk.post(&change, &[("act", "hold"), ("reason", "bus 7")]).await.status, 403);
        assert_eq!(staff.post(&change, &[("act", "hold"), ("reason", "bus 7")]).await.status, 303);
        assert_eq!(wanted(&kit, CARD).await, "active");
        assert_eq!(staff.post(&change, &[("act", "end")]).await.status, 400, "somebody uses it");
        assert!(clerk.get(&path).await.body.contains("bus 7"));
        scan(&clerk, "S1", "HS-1").await;
        assert_eq!(staff.post(&change, &[("act", "release")]).await.status, 303);
        assert_eq!(wanted(&kit, CARD).await, "active", "its device is lent");
        later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        assert_eq!(staff.post(&change, &[("act", "release")]).await.status, 400, "released once");
        assert_eq!(staff.post(&change, &[("act", "end")]).await.status, 303);
        scan(&clerk, "S1", "HS-1").await;
        assert_eq!(wanted(&kit, CARD).await, "ended", "for good");
        assert_eq!(staff.post(&change, &[("act", "hold"), ("reason", "bus 7")]).await.status, 400);
        let page = staff.get(&path).await.body;
        assert_eq!(page.matches(">Active<").count(), 1, "{page}");
        assert!(page.contains(">Ended<") && page.contains(">Parked<"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_device_is_swapped_comes_back_damaged_or_is_given_up() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let (old, new) = (device(&kit, "HS-1").await, device(&kit, "HS-2").await);
        let page = clerk.get(&format!("/d/{HERE}/lending?student=S1&said=swap&device={old}")).await;
        assert_eq!(page.input("swap"), Some(old.clone()));
        let swap = |code: &'static str| [("student", "S1"), ("swap", old.as_str()), ("scan", code)];
        assert!(act(&clerk, &swap("CB-1")).await.0.contains("said=no-swap"), "a laptop is no hotspot");
        set_due(&kit, "2027-01-31").await;
        assert!(act(&clerk, &swap("HS-2")).await.0.contains("said=swapped"));
        assert_eq!(
            (wanted(&kit, CARD).await, wanted(&kit, OTHER_CARD).await),
            ("parked".into(), "active".into())
        );
        let open = "SELECT due_on FROM lending_loan WHERE in_ms IS NULL";
        assert_eq!(text(&kit.app.db, open).await, "2027-01-31", "until the same day");
        assert_eq!(
            text(&kit.app.db, "SELECT state FROM lending_device WHERE barcode = 'HS-1'").await,
            "repair"
        );

        later(&kit).await;
        let (_, page) = scan(&clerk, "", "HS-2").await;
        assert!(page.contains("name=\"missing\""), "{page}");
        let returned = format!("/d/{HERE}/lending/returned");
        assert_eq!(clerk.post(&returned, &[("device", &new)]).await.status, 400, "nothing said");
        let said = [("device", new.as_str()), ("damaged", "1"), ("missing", "charger")];
        assert_eq!(clerk.post(&returned, &said).await.status, 303);
        assert_eq!(clerk.post(&returned, &said).await.status, 400, "it is in repair");
        assert!(
            staff.get(&format!("/d/{HERE}/lending/devices/{new}")).await.body.contains("Missing: charger.")
        );

        staff.post(&format!("/d/{HERE}/lending/devices/{new}/state"), &[("act", "here")]).await;
        later(&kit).await;
        scan(&clerk, "S1", "HS-2").await;
        act(&clerk, &[("act", "lost"), ("device", &new)]).await;
        let path = format!("/d/{HERE}/lending/devices/{new}/state");
        assert_eq!(staff.post(&path, &[("act", "here")]).await.status, 400);
        assert_eq!(staff.post(&path, &[("act", "retired")]).await.status, 303);
        assert_eq!(wanted(&kit, OTHER_CARD).await, "parked");
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM lending_loan WHERE gone_ms IS NOT NULL").await,
            1
        );
        assert!(scan(&clerk, "S1", "HS-2").await.0.contains("said=retired"));
        // It turns up after all.
        assert_eq!(staff.post(&path, &[("act", "here")]).await.status, 303);
        assert!(scan(&clerk, "S1", "HS-2").await.0.contains("said=lent"));
        let csv = staff.get(&format!("/d/{HERE}/lending/loans.csv")).await.body;
        assert!(csv.contains(",charger,"), "{csv}");
    })
    .await;
}

async fn set_due(kit: &Kit, day: &str) {
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE lending_loan SET due_on = $1").bind(day).execute(&mut *write).await.expect("due");
    write.commit().await.expect("stored");
}

/// What somebody does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Scan(usize, &'static str),
    Act(&'static str, usize),
    Pass(i64),
    Tell,
    Follow,
    Approve,
    /// Staff hold or release the n-th line.
    Hold(&'static str, usize),
    /// The n-th device is put elsewhere by hand.
    Move(&'static str, usize),
    /// What is here or in repair is lent again.
    Restock,
    /// The first is swapped for the second.
    Swap(usize, usize),
    /// They are told and do nothing for this many hours.
    Neglect(i64),
    Order,
    Seen([&'static str; 2]),
    Rule(&'static str, &'static str),
}

impl Step {
    /// Whether it moves the clock: then nobody else is at work.
    pub(super) fn passes_time(&self) -> bool {
        matches!(self, Self::Pass(_) | Self::Neglect(_))
    }
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop::sample::select(vec!["HS-1", "HS-2", "CB-1", "S1", "S3"]);
    let state = || prop::sample::select(vec!["active", "suspended"]);
    let rule = prop::sample::select(vec![
        ("suspend", "0"),
        ("suspend", "1"),
        ("suspend", "1"),
        ("suspend", "1"),
        ("grace_days", "1"),
        ("grace_days", "3"),
        ("overdue_days", "1"),
        ("loan_days", "2"),
        ("loan_days", "9"),
        ("cap_percent", "5"),
        ("cap_percent", "100"),
        ("cap_percent", "100"),
        ("carriers", "1"),
        ("carriers", "2"),
        ("carriers", "2"),
    ]);
    prop_oneof![
        4 => (0usize..3, code).prop_map(|(who, code)| Step::Scan(who, code)),
        2 => (prop::sample::select(vec!["undo", "renew", "lost", "found"]), 0usize..3).prop_map(|(act, n)| Step::Act(act, n)),
        6 => prop::sample::select(vec![1i64, 12, 30, 100]).prop_map(Step::Pass),
        5 => Just(Step::Tell),
        5 => Just(Step::Follow),
        1 => Just(Step::Approve),
        1 => (prop::sample::select(vec!["hold", "release", "release"]), 0usize..2).prop_map(|(act, n)| Step::Hold(act, n)),
        1 => (prop::sample::select(vec!["retired", "here", "here", "repair"]), 0usize..3).prop_map(|(to, n)| Step::Move(to, n)),
        1 => (0usize..3, 0usize..3).prop_map(|(old, new)| Step::Swap(old, new)),
        3 => Just(Step::Restock),
        3 => prop::sample::select(vec![20i64, 30, 80]).prop_map(Step::Neglect),
        2 => Just(Step::Order),
        2 => (state(), state()).prop_map(|(a, b)| Step::Seen([a, b])),
        1 => rule.prop_map(|(rule, value)| Step::Rule(rule, value)),
    ]
}

pub(super) async fn take(kit: &Kit, staff: &Browser, devices: &[String], step: &Step) {
    let lending = format!("/d/{HERE}/lending");
    match step {
        Step::Scan(who, code) => drop(scan(staff, ["", "S1", "S3"][*who], code).await),
        Step::Act(act, n) => {
            let reply = staff.post(&lending, &[("act", act), ("device", devices[*n].as_str())]).await;
            assert!([303, 400, 404].contains(&reply.status), "{}", reply.body);
        }
        Step::Pass(hours) => pass(kit, *hours).await,
        Step::Tell => drop(tell(staff).await),
        Step::Follow => drop(follow(kit).await),
        Step::Hold(act, n) => {
            let line = line(kit, [CARD, OTHER_CARD][*n]).await;
            let path = format!("{lending}/lines/{line}/change");
            let reply = staff.post(&path, &[("act", act), ("reason", "a test")]).await;
            assert!([303, 400].contains(&reply.status), "{}", reply.body);
        }
        Step::Move(to, n) => {
            let reply = staff.post(&format!("{lending}/devices/{}/state", devices[*n]), &[("act", to)]).await;
            assert!([303, 400].contains(&reply.status), "{}", reply.body);
        }
        Step::Restock => {
            for (n, (student, barcode)) in
                [("S1", "HS-1"), ("S3", "HS-2"), ("S3", "CB-1")].into_iter().enumerate()
            {
                staff.post(&format!("{lending}/devices/{}/state", devices[n]), &[("act", "here")]).await;
                let lent =
                    "SELECT COUNT(*) FROM lending_device WHERE barcode = $1 AND state IN ('lent', 'lost')";
                let lent: i64 = sqlx::query_scalar(lent)
                    .bind(barcode)
                    .fetch_one(kit.app.db.read())
                    .await
                    .expect("a number");
                if lent == 0 {
                    scan(staff, student, barcode).await;
                }
            }
        }
        Step::Swap(old, new) => {
            let fields = [("swap", devices[*old].as_str()), ("scan", ["HS-1", "HS-2", "CB-1"][*new])];
            let reply = staff.post(&lending, &fields).await;
            assert!([303, 404].contains(&reply.status), "{}", reply.body);
        }
        Step::Neglect(hours) => {
            tell(staff).await;
            pass(kit, *hours).await;
            follow(kit).await;
        }
        Step::Approve => {
            let page = staff.get(&format!("{lending}/overdue")).await;
            if let Some(mark) = page.input("mark") {
                let reply = staff.post(&format!("{lending}/overdue/approve"), &[("mark", &mark)]).await;
                assert!([303, 400].contains(&reply.status), "{}", reply.body);
            }
        }
        Step::Order => drop(order(staff).await),
        Step::Seen(states) => {
            let file = format!("iccid,status\n{CARD},{}\n{OTHER_CARD},{}\n", states[0], states[1]);
            let today = crate::db::today().to_string();
            let path = format!("{lending}/lines/upload");
            staff.upload(&path, &[("as_of", &today)], ("file", "c.csv", file.as_bytes())).await;
        }
        Step::Rule(rule, value) => {
            assert_eq!(staff.post(&format!("{lending}/rules"), &[(*rule, *value)]).await.status, 303);
        }
    }
}

/// What must hold of the records after each step, whatever the steps are.
pub(super) async fn check(db: &Db) {
    let open = "EXISTS (SELECT 1 FROM lending_device d JOIN lending_loan n ON n.device_id = d.id \
        WHERE d.iccid = l.iccid AND n.in_ms IS NULL AND n.undone_ms IS NULL AND n.gone_ms IS NULL)";
    for (wrong, sql) in [
        (
            "a device with two open loans",
            "SELECT COUNT(*) FROM (SELECT device_id FROM lending_loan WHERE in_ms IS NULL AND undone_ms IS NULL \
             AND gone_ms IS NULL GROUP BY device_id HAVING COUNT(*) > 1) AS twice"
                .to_owned(),
        ),
        (
            "a line wanted active or suspended without a loan, or not with one",
            format!("SELECT COUNT(*) FROM carrier_line l WHERE (l.wanted IN ('active', 'suspended')) <> ({open} OR l.hold_reason IS NOT NULL)"),
        ),
        (
            "a suspension without a notice of its cause a day of grace before",
            format!(
                "SELECT COUNT(*) FROM carrier_change c WHERE c.wanted = 'suspended' AND NOT EXISTS (SELECT 1 FROM lending_notice t \
                 WHERE t.loan_id = c.loan_id AND t.cause = c.cause AND t.told_ms + {DAY_MS} <= c.at_ms AND t.until_ms <= c.at_ms)"
            ),
        ),
        (
            "a line wanted otherwise than its last change says",
            "SELECT COUNT(*) FROM carrier_line l WHERE EXISTS (SELECT 1 FROM carrier_change c WHERE c.line_id = l.id) \
             AND NOT EXISTS (SELECT 1 FROM carrier_change c WHERE c.line_id = l.id AND c.wanted = l.wanted AND c.at_ms = \
             (SELECT MAX(o.at_ms) FROM carrier_change o WHERE o.line_id = l.id))"
                .to_owned(),
        ),
        (
            "a line for which more was ordered in a day than may be",
            format!(
                "SELECT COUNT(*) FROM carrier_order o WHERE (SELECT COUNT(*) FROM carrier_order b WHERE b.line_id = o.line_id \
                 AND b.asked_ms <= o.asked_ms AND b.asked_ms > o.asked_ms - {DAY_MS}) > 5"
            ),
        ),
    ] {
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db.read()).await.expect("a number");
        assert_eq!(found, 0, "{wrong}");
    }
}

pub(super) async fn ready(kit: &Kit) -> (Vec<Browser>, Vec<String>) {
    let staff = inventory(kit).await;
    staff
        .post(
            &format!("/d/{HERE}/lending/rules"),
            &[
                ("suspend", "1"),
                ("loan_days", "2"),
                ("overdue_days", "1"),
                ("grace_days", "1"),
                ("cap_percent", "100"),
            ],
        )
        .await;
    let other = kit.sign_in(Role::Coordinator, HERE).await;
    let mut devices = Vec::new();
    for barcode in ["HS-1", "HS-2", "CB-1"] {
        devices.push(device(kit, barcode).await);
    }
    (vec![staff, other], devices)
}

/// So many steps that follow from a seed.
pub(super) fn random(seed: u64, count: usize) -> Vec<Step> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &bytes);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(ProptestConfig::default(), rng);
    proptest::collection::vec(step(), count..=count).new_tree(&mut runner).expect("steps").current()
}

fn steps(count: usize) -> Vec<Step> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    proptest::collection::vec(step(), count..=count).new_tree(&mut runner).expect("steps").current()
}

#[tokio::test]
async fn whatever_happens_lines_follow_loans() {
    each(|kit| async move {
        let (staff, devices) = ready(&kit).await;
        for (n, step) in steps(400).iter().enumerate() {
            take(&kit, &staff[n % 2], &devices, step).await;
            check(&kit.app.db).await;
        }
        for (what, least) in
            [("carrier_change WHERE wanted = 'suspended'", 3), ("carrier_order", 5), ("lending_loan", 10)]
        {
            let sql = format!("SELECT COUNT(*) FROM {what}");
            let found: i64 =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(kit.app.db.read()).await.expect("a number");
            assert!(found >= least, "{what}: only {found}");
        }
        let chain = audit::verify(&kit.app.db, None).await.expect("the chain is read");
        assert!(matches!(chain, audit::Verdict::Whole { .. }), "{chain:?}");
    })
    .await;
}

#[tokio::test]
async fn whatever_happens_at_once_lines_follow_loans() {
    each(|kit| async move {
        let (staff, devices) = ready(&kit).await;
        let steps: Vec<Step> =
            steps(240).into_iter().filter(|step| !matches!(step, Step::Pass(_) | Step::Neglect(_))).collect();
        for three in steps.chunks(12) {
            let halves = three.split_at(three.len() / 2);
            let one = async |staff: &Browser, steps: &[Step]| {
                for step in steps {
                    take(&kit, staff, &devices, step).await;
                }
            };
            tokio::join!(one(&staff[0], halves.0), one(&staff[1], halves.1));
            check(&kit.app.db).await;
            pass(&kit, 30).await;
        }
    })
    .await;
}
