use super::counter::{act, inventory, scan};
use super::*;
use crate::access::Role;
use crate::code;
use crate::rules::score::{Factor, Score};
use crate::testing::{Browser, Reply};
use rand::SeedableRng;

/// Gives each student a code of one letter from the school; those of S1, S2 and S3.
pub(super) async fn letters(kit: &Kit) -> [String; 3] {
    let mut random = rand::rngs::StdRng::seed_from_u64(3);
    let codes = [0; 3].map(|_| code::new(&mut random));
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("INSERT INTO survey_term (district_id, term, opened_ms) VALUES ($1, '2026-fall', 1)")
        .bind(HERE)
        .execute(&mut *write)
        .await
        .expect("a term");
    for (student, code) in ["S1", "S2", "S3"].iter().zip(&codes) {
        let sql = "INSERT INTO survey_code (district_id, term, student_id, code, made_ms) VALUES ($1, '2026-fall', $2, $3, 1)";
        sqlx::query(sql).bind(HERE).bind(*student).bind(code).execute(&mut *write).await.expect("a code");
    }
    write.commit().await.expect("stored");
    codes
}

async fn ask(phone: &Browser, code: &str, act: &str, access: &str, barrier: &str) -> Reply {
    let fields = [("code", code), ("act", act), ("access", access), ("barrier", barrier)];
    phone.post(&format!("/h/{HERE}"), &fields).await
}

async fn state(kit: &Kit, student: &str) -> String {
    sqlx::query_scalar(
        "SELECT state FROM lending_request WHERE student_id = $1 ORDER BY asked_ms DESC, id DESC LIMIT 1",
    )
    .bind(student)
    .fetch_one(kit.app.db.read())
    .await
    .expect("a request")
}

#[tokio::test]
async fn a_family_asks_without_an_account_and_reads_why_it_is_where_it_is() {
    each(|kit| async move {
        inventory(&kit).await;
        let [one, two, three] = letters(&kit).await;
        let phone = kit.browser();
        assert_eq!(phone.get(&format!("/h/{HERE}?code={one}")).await.status, 200);
        for (code, said) in
            [("", "Type the access code"), ("K7M", "does not fit"), ("222222222", "does not fit")]
        {
            let reply = ask(&phone, code, "look", "", "").await;
            assert!(reply.status == 422 && reply.body.contains(said), "{code}: {}", reply.body);
        }
        let page = ask(&phone, &code::grouped(&one).to_lowercase(), "look", "", "").await;
        assert!(
            page.status == 200 && page.body.contains("begins with") && !page.body.contains("Cruz"),
            "{}",
            page.body
        );
        let page = ask(&phone, &one, "ask", "phone", "").await;
        assert!(page.status == 422 && page.body.contains("href=\"#barrier-unavailable\""), "{}", page.body);
        let page = ask(&phone, &one, "ask", "phone", "cost").await;
        assert!(page.body.contains("number 1 of 1"), "{}", page.body);
        ask(&phone, &one, "ask", "none", "cost").await;
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_request").await, 1, "asked once");
        ask(&phone, &three, "ask", "none", "unavailable").await;
        // S1 and S2 live at one address: each has a sibling.
        ask(&phone, &two, "ask", "phone", "cost").await;
        let page = ask(&phone, &two, "look", "", "").await.body;
        assert!(page.contains("number 3 of 3"), "{page}");
        assert!(page.contains("1 household before you has more points"), "{page}");
        assert!(page.contains("1 household with as many points asked before you"), "{page}");
        assert!(
            page.contains("<dd>25</dd>") && page.contains("<dd>10</dd>"),
            "what she said herself: {page}"
        );
        assert!(
            !page.contains("<dd>5</dd>") && !page.contains("<dd>40</dd>"),
            "nor siblings, nor the sum: {page}"
        );
        let rule = phone.get(&format!("/h/{HERE}/order")).await.body;
        assert!(rule.contains("No Internet at home") && rule.contains(">40<"), "{rule}");
        let other = kit.browser().get(&format!("/h/{HERE}?lang=es")).await;
        assert!(other.body.contains("Pedir Internet en casa"), "{}", other.body);

        let page = ask(&phone, &two, "withdraw", "", "").await.body;
        assert!(
            page.contains("Take your request back?") && page.contains("value=\"withdraw-yes\""),
            "{page}"
        );
        assert_eq!(state(&kit, "S2").await, "waiting", "not by one click");
        let page = ask(&phone, &two, "withdraw-yes", "", "").await.body;
        assert!(page.contains("name=\"access\""), "she may ask again: {page}");
        assert_eq!(state(&kit, "S2").await, "withdrawn");
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        assert_eq!(state(&kit, "S1").await, "served");
        assert!(ask(&phone, &two, "ask", "none", "cost").await.body.contains("has a hotspot already"));
        assert_eq!(state(&kit, "S2").await, "withdrawn");
        act(&clerk, &[("act", "undo")]).await;
        assert_eq!(state(&kit, "S1").await, "waiting", "the loan was a mistake");
        assert_eq!(phone.get("/h/5199999").await.status, 404);
        let names = "SELECT COUNT(*) FROM audit_entry WHERE action LIKE 'request%' AND detail LIKE '%Cruz%'";
        assert_eq!(number(&kit.app.db, names).await, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_guesses_codes_is_stopped() {
    each(|kit| async move {
        let phone = kit.browser();
        let mut random = rand::rngs::StdRng::seed_from_u64(9);
        let mut last = 0;
        for _ in 0..21 {
            last = ask(&phone, &code::new(&mut random), "look", "", "").await.status;
        }
        assert_eq!(last, 429);
    })
    .await;
}

#[tokio::test]
async fn those_who_are_first_are_offered_and_the_order_can_be_worked_out_again() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let requests = format!("/d/{HERE}/lending/requests");
        let take = async |student: &str, access: &str| {
            let fields = [("act", "ask"), ("student", student), ("access", access), ("barrier", "other")];
            clerk.post(&requests, &fields).await.status
        };
        assert_eq!((take("S1", "poor").await, take("S3", "none").await), (303, 303));
        assert_eq!(
            (take("S1", "none").await, take("T1", "none").await, take("S2", "x").await),
            (400, 400, 400)
        );
        let page = clerk.get(&requests).await.body;
        assert!(page.find("students/S3") < page.find("students/S1"), "{page}");
        assert!(!page.contains("name=\"count\""), "clerks offer nothing");
        let csv = clerk.get(&format!("{requests}.csv")).await.body;
        assert!(csv.contains("\r\n1,") && csv.contains(",S3,Cruz,Ana,s1,07,none,other,0,"), "{csv}");
        let offer = format!("{requests}/offer");
        assert_eq!(clerk.post(&offer, &[("count", "1")]).await.status, 403);
        assert_eq!(staff.post(&offer, &[("count", "0")]).await.status, 400);
        assert_eq!(staff.post(&offer, &[("count", "1")]).await.status, 303);
        assert_eq!(
            (state(&kit, "S3").await.as_str(), state(&kit, "S1").await.as_str()),
            ("offered", "waiting")
        );
        let inputs = text(&kit.app.db, "SELECT inputs FROM lending_ranking").await;
        assert!(
            inputs.lines().count() == 2 && inputs.ends_with("= 15\n") && !inputs.contains("Cruz"),
            "{inputs}"
        );
        let mark = text(&kit.app.db, "SELECT mark FROM lending_ranking").await;
        let entry = text(&kit.app.db, "SELECT detail FROM audit_entry WHERE action = 'request.offer'").await;
        assert!(entry.contains(&mark), "{entry}");

        // The order as it was kept, and the very bytes of its digest.
        let id = text(&kit.app.db, "SELECT id FROM lending_ranking").await;
        let rankings = format!("/d/{HERE}/lending/rankings");
        assert_eq!(clerk.get(&rankings).await.status, 403);
        assert!(staff.get(&rankings).await.body.contains(&id));
        assert!(staff.get(&format!("{rankings}.csv")).await.body.contains(&mark));
        let page = staff.get(&format!("{rankings}/{id}")).await.body;
        assert!(
            page.contains("the digest is theirs") && page.contains(&mark) && !page.contains("Cruz"),
            "{page}"
        );
        let bytes = staff.get(&format!("{rankings}/{id}/order.bin")).await.bytes;
        let sum = <sha2::Sha256 as sha2::Digest>::digest(bytes);
        assert_eq!(crate::exchange::hexadecimal(&sum), mark);
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE lending_ranking SET inputs = REPLACE(inputs, ' none ', ' poor ')")
            .execute(&mut *write)
            .await
            .expect("forged");
        write.commit().await.expect("stored");
        let page = staff.get(&format!("{rankings}/{id}")).await.body;
        assert!(page.contains("Somebody has changed the records"), "{page}");

        // An offer expires, and the household may ask again.
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE lending_request SET expires_ms = 1 WHERE state = 'offered'")
            .execute(&mut *write)
            .await
            .expect("late");
        write.commit().await.expect("stored");
        clerk.get(&requests).await;
        assert_eq!(state(&kit, "S3").await, "lapsed");
        assert_eq!(take("S3", "none").await, 303);

        // Another rule is another version, and another order.
        let order = format!("/d/{HERE}/lending/order");
        assert_eq!(clerk.get(&order).await.status, 403);
        assert_eq!(staff.post(&order, &[("none", "101")]).await.status, 422);
        assert_eq!(staff.post(&order, &[("none", "0"), ("poor", "90")]).await.status, 303);
        assert_eq!(staff.post(&order, &[("none", "0")]).await.status, 303, "the same is no new version");
        let points = text(&kit.app.db, "SELECT points FROM lending_score WHERE version = 1").await;
        let score = Score::from_text(&points).expect("a rule");
        assert_eq!((score.of(Factor::None), score.of(Factor::Poor)), (0, 90));
        assert_eq!(number(&kit.app.db, "SELECT MAX(version) FROM lending_score").await, 1);
        let page = clerk.get(&requests).await.body;
        assert!(page.find("students/S1") < page.find("students/S3"), "{page}");
        let looks =
            "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.requests' AND detail LIKE '%S3%'";
        assert!(number(&kit.app.db, looks).await > 2);
    })
    .await;
}

/// Makes all that is known of a student's meals so.
async fn meals(kit: &Kit, student: &str) {
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE student SET frl = 1 WHERE id = $1")
        .bind(student)
        .execute(&mut *write)
        .await
        .expect("meals");
    write.commit().await.expect("stored");
}

#[tokio::test]
async fn whoever_finds_a_letter_learns_nothing_from_school_records() {
    each(|kit| async move {
        inventory(&kit).await;
        let [one, ..] = letters(&kit).await;
        let phone = kit.browser();
        let before = ask(&phone, &one, "ask", "phone", "cost").await.body;
        meals(&kit, "S1").await;
        let after = ask(&phone, &one, "look", "", "").await.body;
        let own = |page: &str| {
            page.split("<dl").nth(1).and_then(|rest| rest.split("</dl>").next()).map(str::to_owned)
        };
        assert!(own(&before).is_some_and(|dl| dl.contains("<dd>25</dd>")), "{before}");
        assert_eq!(own(&before), own(&after), "meals are not to be seen");
        let staff = kit.sign_in(Role::Clerk, HERE).await;
        let list = staff.get(&format!("/d/{HERE}/lending/requests")).await.body;
        assert!(list.contains("Free or reduced-price meals 10"), "staff see all: {list}");
    })
    .await;
}

#[tokio::test]
async fn no_more_is_offered_than_is_here_and_households_may_have() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let requests = format!("/d/{HERE}/lending/requests");
        for student in ["S1", "S2", "S3"] {
            let fields = [("act", "ask"), ("student", student), ("access", "none"), ("barrier", "other")];
            assert_eq!(clerk.post(&requests, &fields).await.status, 303);
        }
        let offer = format!("{requests}/offer");
        assert!(staff.get(&requests).await.body.contains("2 hotspots are here and promised to nobody"));
        let sent = staff.post(&offer, &[("count", "3")]).await;
        assert!(sent.status == 400 && sent.body.contains("not so many hotspots"), "{}", sent.body);
        assert_eq!(staff.post(&offer, &[("count", "2")]).await.status, 303);
        let states = (state(&kit, "S1").await, state(&kit, "S2").await, state(&kit, "S3").await);
        assert_eq!(
            (states.0.as_str(), states.1.as_str(), states.2.as_str()),
            ("offered", "waiting", "offered")
        );
        let page = staff.get(&requests).await.body;
        assert!(page.contains("0 hotspots are here") && page.contains("as many as it may"), "{page}");
        assert_eq!(staff.post(&offer, &[("count", "1")]).await.status, 400, "both are promised");
        // One that has no line any more is nothing to offer.
        scan(&clerk, "S3", "HS-2").await;
        let ended = "UPDATE carrier_line SET observed = 'ended' WHERE iccid = '8991101200003204514'";
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query(ended).execute(&mut *write).await.expect("ended");
        write.commit().await.expect("stored");
        assert!(scan(&clerk, "S1", "HS-1").await.0.contains("said=ended"));
        assert!(staff.get(&requests).await.body.contains("0 hotspots are here"));
    })
    .await;
}
