//! Messages from the wish to what became of them, with gateways of our own.

use super::counter::{act, inventory, scan};
use super::gateways::{MailDouble, TextDouble};
use super::orders::{follow, pass, tell};
use super::*;
use crate::access::Role;
use crate::config::notices::{Secret, TextGateway};
use crate::db::now_ms;
use crate::message::{Answer, Gateway, Outgoing, send, twilio, wish};
use crate::rules::message::{Channel, TRIES, Topic};
use crate::rules::standing::{DAY_MS, HOUR_MS};
use crate::testing::{Browser, Reply};
use crate::words::Language;
use axum::body::Body;
use axum::http::Request;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;
use std::sync::Mutex;

const PUBLIC: &str = "http://gap.example.org";

/// A kit with a gateway and a mail server, and all texts approved; no quiet hours.
async fn kit_of(db: Db, text_url: &str, smtp: &str) -> (Kit, Browser) {
    let mut config = Config::local(db.url());
    config.public_url = Some(PUBLIC.to_owned());
    config.notices.text = Some(TextGateway {
        url: text_url.to_owned(),
        account: "AC1".to_owned(),
        token: Secret("key".to_owned()),
        from: "+12025550100".to_owned(),
    });
    config.notices.smtp = Some(Secret(smtp.to_owned()));
    config.notices.from = Some("Shore <hotspots@example.org>".parse().expect("a mailbox"));
    let kit = Kit::on(db, config);
    kit.district(HERE, "Shore").await;
    kit.district(THERE, "Elsewhere").await;
    let staff = inventory(&kit).await;
    let settings = [("automatic", "1"), ("quiet_from", "0"), ("quiet_to", "0"), ("phone", "(202) 555-0199")];
    let reply = staff.post(&format!("/d/{HERE}/lending/messages/settings"), &settings).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    (kit, staff)
}

/// Approves all texts as the program comes with them.
async fn approve(kit: &Kit, staff: &Browser) {
    for (topic, language) in Topic::ALL.into_iter().flat_map(|t| Language::ALL.map(|l| (t, l))) {
        let (subject, body) = crate::pages::message_texts::own_text(&kit.app.words, topic, language);
        let fields = [
            ("topic", topic.as_str()),
            ("language", language.tag()),
            ("version", "0"),
            ("subject", subject.as_str()),
            ("body", body.as_str()),
            ("act", "approve"),
        ];
        let reply = staff.post(&format!("/d/{HERE}/lending/messages/texts"), &fields).await;
        assert_eq!(reply.status, 303, "{topic:?} {language:?}: {}", reply.body);
    }
}

async fn contact(clerk: &Browser, student: &str, reach: &str, language: &str) {
    let fields = [("reach", reach), ("language", language), ("agreed", "1"), ("act", "store")];
    let reply = clerk.post(&format!("/d/{HERE}/lending/contact/{student}"), &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
}

/// Wishes and sends as the server does; how many were handed over.
async fn go(kit: &Kit, gateway: &impl Gateway, channel: Channel, ms: i64) -> usize {
    let mut tx = kit.app.db.write().await.expect("a write");
    wish::run(&mut tx, HERE, ms).await.expect("wishes");
    tx.commit().await.expect("stored");
    send::run(&kit.app, HERE, channel, gateway, || ms).await.expect("sent")
}

/// A call of the gateway, signed with this key.
async fn call(kit: &Kit, path: &str, fields: &[(&str, &str)], key: &str) -> Reply {
    let owned: Vec<(String, String)> =
        fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let signature = twilio::signature(key, &format!("{PUBLIC}{path}"), &owned).expect("a signature");
    let escape = crate::routes::escape;
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", escape(v))).collect();
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signature)
        .body(Body::from(body.join("&")))
        .expect("a request");
    kit.browser().send(request).await
}

async fn states(kit: &Kit) -> Vec<(String, String)> {
    sqlx::query_as("SELECT kind, state FROM message ORDER BY made_ms, id")
        .fetch_all(kit.app.db.read())
        .await
        .expect("messages")
}

async fn lend_overdue(kit: &Kit, clerk: &Browser) {
    scan(clerk, "S1", "HS-1").await;
    let mut write = kit.app.db.write().await.expect("a write");
    let due = crate::db::today().checked_sub(jiff::Span::new().days(10)).expect("a day").to_string();
    sqlx::query("UPDATE lending_loan SET due_on = $1").bind(due).execute(&mut *write).await.expect("older");
    write.commit().await.expect("stored");
}

#[tokio::test]
async fn a_notice_goes_out_once_with_an_approved_text_and_counts_when_it_has_arrived() {
    harness::each(|db| async move {
        let (double, url) = TextDouble::start().await;
        let (kit, staff) = kit_of(db, &url, "smtp://127.0.0.1:9").await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let config = kit.app.config.clone();
        let gateway = config.notices.text.as_ref().expect("a gateway");
        let gateway = twilio::Twilio::new(gateway, Some(PUBLIC)).expect("a client");
        contact(&clerk, "S1", "202-555-0123", "es").await;
        lend_overdue(&kit, &clerk).await;
        let text = Channel::Text;
        assert_eq!(go(&kit, &gateway, text, now_ms()).await, 0, "nobody has approved a text");
        let waits =
            [("welcome".to_owned(), "waiting".to_owned()), ("overdue".to_owned(), "waiting".to_owned())];
        assert_eq!(states(&kit).await, waits);
        approve(&kit, &staff).await;
        let later = now_ms() + 2 * HOUR_MS;
        assert_eq!(go(&kit, &gateway, text, later).await, 2);
        assert_eq!(go(&kit, &gateway, text, later + DAY_MS).await, 0, "once");
        let handed = double.all();
        assert_eq!((handed.len(), handed[0].account.as_str()), (2, "AC1"));
        assert_eq!(handed[0].authorization, "Basic QUMxOmtleQ==");
        let field = |n: usize, name: &str| handed[n].fields.get(name).cloned().unwrap_or_default();
        assert_eq!((field(1, "To").as_str(), field(1, "From").as_str()), ("+12025550123", "+12025550100"));
        let body = field(1, "Body");
        assert!(
            body.starts_with("Shore: Debía devolver Punto de acceso móvil HS-1") || body.contains("HS-1 el "),
            "{body}"
        );
        assert!(body.contains("(202) 555-0199") && !body.contains('{') && !body.contains("Cruz"), "{body}");

        // What the gateway says later is believed with its signature alone.
        let overdue = format!("/d/{HERE}/lending/overdue");
        assert!(clerk.get(&overdue).await.body.contains("Tell the household"));
        let path = field(1, "StatusCallback").replace(PUBLIC, "");
        let there = [("MessageSid", "SM2"), ("MessageStatus", "delivered")];
        assert_eq!(call(&kit, &path, &there, "another key").await.status, 401);
        assert_eq!(call(&kit, &path, &[("MessageStatus", "sent")], "key").await.status, 204);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_notice").await, 0);
        for _ in 0..2 {
            assert_eq!(call(&kit, &path, &there, "key").await.status, 204);
        }
        assert_eq!(call(&kit, &path, &[("MessageStatus", "failed")], "key").await.status, 204);
        assert_eq!(text_of(&kit, "SELECT way FROM lending_notice").await, ["text"]);
        assert!(clerk.get(&overdue).await.body.contains("Time until"));
        let page = clerk.get(&format!("/d/{HERE}/lending/messages")).await.body;
        assert!(page.contains("Arrived") && page.contains("lang=\"es\""), "{page}");
        let csv = clerk.get(&format!("/d/{HERE}/lending/messages.csv")).await.body;
        assert!(
            csv.contains(",overdue,S1,Cruz,Ana,text,es,delivered,,1,4,1,") && !csv.contains("5550123"),
            "{csv}"
        );
        assert_eq!(clerk.post(&format!("/d/{HERE}/lending/messages/texts"), &[]).await.status, 403);
    })
    .await;
}

async fn text_of(kit: &Kit, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(kit.app.db.read()).await.expect("texts")
}

#[tokio::test]
async fn families_end_notices_with_stop_or_alto_and_no_other_contact_is_told() {
    harness::each(|db| async move {
        let (double, url) = TextDouble::start().await;
        let (kit, staff) = kit_of(db, &url, "smtp://127.0.0.1:9").await;
        approve(&kit, &staff).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let config = kit.app.config.clone();
        let gateway =
            twilio::Twilio::new(config.notices.text.as_ref().expect("one"), Some(PUBLIC)).expect("a client");
        contact(&clerk, "S1", "202-555-0123", "es").await;
        assert_eq!(go(&kit, &gateway, Channel::Text, now_ms() + 1).await, 1);
        let said = [("From", "+12025550123"), ("To", "+12025550100"), ("Body", "Alto por favor")];
        assert_eq!(call(&kit, "/hooks/text/reply", &said, "wrong").await.status, 401);
        let reply = call(&kit, "/hooks/text/reply", &said, "key").await;
        assert!(reply.status == 200 && reply.body.contains("<Message>Ya no va a recibir"), "{}", reply.body);
        lend_overdue(&kit, &clerk).await;
        assert_eq!(go(&kit, &gateway, Channel::Text, now_ms() + 2).await, 0);
        assert_eq!(states(&kit).await[1], ("overdue".to_owned(), "dropped".to_owned()));
        let page = clerk.get(&format!("/d/{HERE}/lending/contact/S1")).await.body;
        assert!(page.contains("has ended messages"), "{page}");
        // The letter takes the message's place.
        let letters = staff.get(&format!("/d/{HERE}/lending/letters")).await.body;
        assert!(
            letters.contains("HS-1 el ")
                && letters.contains("1 Elm St")
                && !letters.contains("<div lang=\"en\""),
            "{letters}"
        );
        let start = [("From", "+12025550123"), ("Body", "START")];
        let reply = call(&kit, "/hooks/text/reply", &start, "key").await;
        assert!(reply.body.contains("otra vez"), "{}", reply.body);
        let help =
            call(&kit, "/hooks/text/reply", &[("From", "+12025550123"), ("Body", "se rompió")], "key").await;
        assert!(help.body.contains("(202) 555-0199"), "{}", help.body);
        let stranger =
            call(&kit, "/hooks/text/reply", &[("From", "+12125550000"), ("Body", "STOP")], "key").await;
        assert_eq!(stranger.status, 200);
        // Nobody knows that number yet; whoever writes it down tomorrow does not write to it.
        assert!(stranger.body.contains("no more of these"), "{}", stranger.body);
        let stops = "SELECT COUNT(*) FROM message_stop";
        assert_eq!(number(&kit.app.db, stops).await, 2, "in each district of the installation");
        contact(&clerk, "S3", "212-555-0000", "en").await;
        assert_eq!(go(&kit, &gateway, Channel::Text, now_ms() + 3).await, 0);
        let again = [("From", "+12125550000"), ("Body", "START")];
        assert_eq!(call(&kit, "/hooks/text/reply", &again, "key").await.status, 200);
        assert_eq!(number(&kit.app.db, stops).await, 0);
        // Another number in its place: what waits for the old one is not sent there.
        *double.status.lock().expect("a lock") = 429;
        contact(&clerk, "S2", "202-555-0124", "en").await;
        scan(&clerk, "S2", "HS-2").await;
        contact(&clerk, "S2", "202-555-0125", "en").await;
        go(&kit, &gateway, Channel::Text, now_ms() + 3).await;
        let to_old = double.all().iter().filter(|h| h.fields["To"] == "+12025550124").count();
        assert_eq!(to_old, 0);
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM audit_entry WHERE detail LIKE '%2025550%'").await,
            0
        );
    })
    .await;
}

#[tokio::test]
async fn an_e_mail_is_handed_to_the_mail_server_and_ended_by_its_link() {
    harness::each(|db| async move {
        let (double, url) = MailDouble::start().await;
        let (kit, staff) = kit_of(db, "http://127.0.0.1:9", &url).await;
        approve(&kit, &staff).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        contact(&clerk, "S1", "Ana@Example.net", "en").await;
        lend_overdue(&kit, &clerk).await;
        let config = kit.app.config.clone();
        let notices = &config.notices;
        let mail = crate::message::mail::Mail::new(
            notices.smtp.as_ref().expect("a server"),
            notices.from.as_ref().expect("a sender"),
        )
        .expect("a client");
        *double.answer.lock().expect("a lock") = "451 later";
        let mut now = now_ms() + 1;
        assert_eq!(go(&kit, &mail, Channel::Email, now).await, 2);
        let mut tries = 1;
        *double.answer.lock().expect("a lock") = "250 taken";
        while double.mails.lock().expect("a lock").len() < 2 {
            now += 70_000;
            go(&kit, &mail, Channel::Email, now).await;
            tries += 1;
            assert!(tries < 5, "{:?}", states(&kit).await);
        }
        assert_eq!(text_of(&kit, "SELECT way FROM lending_notice").await, ["email"]);
        let text = double.mails.lock().expect("a lock")[1].replace("=\n", "").replace("=3D", "=");
        assert!(text.contains("Subject: Your school device is overdue") && text.contains("HS-1"), "{text}");
        let link = text
            .split(PUBLIC)
            .nth(1)
            .expect("a link")
            .split(['\n', '>'])
            .next()
            .expect("its end")
            .trim()
            .to_owned();
        let phone = kit.browser();
        let page = phone.get(phone.get(&link).await.location()).await;
        assert!(page.status == 200 && page.body.contains("Send no more notices"), "{}", page.body);
        let m = page.input("m").expect("the message");
        let stop = format!("/h/{HERE}/stop");
        assert!(
            phone.post(&stop, &[("m", &m), ("act", "stop")]).await.body.contains("no more notices at this")
        );
        assert_eq!(phone.post(&stop, &[("m", "0190"), ("act", "stop")]).await.status, 404);
        assert_eq!(phone.post(&format!("/h/{THERE}/stop"), &[("m", &m)]).await.status, 404);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM message_stop").await, 1);
        phone.post(&stop, &[("m", &m), ("act", "start")]).await;
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM message_stop").await, 0);
        // The answer to a mail did not come: it is not sent again.
        *double.answer.lock().expect("a lock") = "";
        contact(&clerk, "S3", "bea@example.net", "en").await;
        now += 70_000;
        assert_eq!(go(&kit, &mail, Channel::Email, now).await, 1);
        assert_eq!(go(&kit, &mail, Channel::Email, now + 8 * DAY_MS).await, 0);
        assert_eq!(states(&kit).await.last().expect("one").1, "unclear");
    })
    .await;
}

/// A gateway with faults that follow from a seed. It counts how often it took each message.
struct Faulty {
    rng: Mutex<rand_chacha::ChaCha8Rng>,
    taken: Mutex<HashMap<String, u32>>,
}

impl Gateway for Faulty {
    async fn send(&self, message: &Outgoing) -> Answer {
        let draw = self.rng.lock().expect("a lock").random_range(0..6);
        if draw != 0 {
            // All others may have taken it, whatever they say; only what says "later" has not.
            *self.taken.lock().expect("a lock").entry(message.id.clone()).or_default() += 1;
        }
        match draw {
            0 => Answer::Later("status-429".to_owned()),
            1 => Answer::Refused("code-1".to_owned()),
            2 => Answer::Unclear,
            // The process is killed while it waits for the answer.
            3 => std::future::pending().await,
            _ => Answer::Taken("x".to_owned()),
        }
    }
}

#[tokio::test]
async fn whatever_goes_wrong_a_message_is_sent_once_at_most_and_two_in_a_week() {
    let seeds: u64 = std::env::var("EVENFIELD_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    for seed in 0..seeds {
        harness::each(|db| async move {
            let (kit, staff) = kit_of(db, "http://127.0.0.1:9", "smtp://127.0.0.1:9").await;
            approve(&kit, &staff).await;
            let clerk = kit.sign_in(Role::Clerk, HERE).await;
            let to = crate::queries::Contact {
                channel: Channel::Text,
                address: "+12025550123".to_owned(),
                language: Language::En,
            };
            let mut tx = kit.app.db.write().await.expect("a write");
            crate::queries::put_contact(&mut tx, HERE, "S1", &to, (None, 1)).await.expect("a contact");
            tx.commit().await.expect("stored");
            let gateway = Faulty {
                rng: Mutex::new(rand_chacha::ChaCha8Rng::seed_from_u64(seed)),
                taken: Mutex::default(),
            };
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(!seed);
            lend_overdue(&kit, &clerk).await;
            let mut now = now_ms();
            for _ in 0..25 {
                now += rng.random_range(0..2 * DAY_MS);
                match rng.random_range(0..4) {
                    0 => {
                        act(&clerk, &[("student", "S1"), ("scan", "HS-1")]).await;
                        super::counter::later(&kit).await;
                    }
                    1 => drop(scan(&clerk, "S1", "HS-2").await),
                    _ => {}
                }
                let run = go(&kit, &gateway, Channel::Text, now);
                let _ = tokio::time::timeout(std::time::Duration::from_millis(400), run).await;
            }
            let taken = gateway.taken.lock().expect("a lock").clone();
            assert!(taken.values().all(|n| *n == 1), "seed {seed}: {taken:?}");
            let sent: Vec<i64> =
                sqlx::query_scalar("SELECT claimed_ms FROM message WHERE claimed_ms IS NOT NULL ORDER BY 1")
                    .fetch_all(kit.app.db.read())
                    .await
                    .expect("times");
            for three in sent.windows(3) {
                assert!(three[2] - three[0] >= 7 * DAY_MS, "seed {seed}: {sent:?}");
            }
            let most = "SELECT COALESCE(MAX(attempts), 0) FROM message";
            assert!(number(&kit.app.db, most).await <= TRIES, "seed {seed}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_text_is_checked_and_a_changed_one_waits_for_approval() {
    harness::each(|db| async move {
        let (kit, staff) = kit_of(db, "http://127.0.0.1:9", "smtp://127.0.0.1:9").await;
        let path = format!("/d/{HERE}/lending/messages/texts");
        let page = staff.get(&path).await.body;
        assert!(
            page.contains("own text, not approved") && page.contains("{device} is due back on {day}"),
            "{page}"
        );
        let send = async |version: &str, body: &str, act: &str| {
            let fields = [
                ("topic", "due"),
                ("language", "en"),
                ("version", version),
                ("subject", "Due"),
                ("body", body),
                ("act", act),
            ];
            staff.post(&path, &fields).await
        };
        let wrong = send("0", "{device} is due. {name}", "approve").await;
        assert!(wrong.status == 422 && wrong.body.contains("{name}"), "{}", wrong.body);
        assert_eq!(send("0", "Bring {device} by {day}.", "store").await.status, 303);
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM message_text WHERE approved_ms IS NOT NULL").await,
            0
        );
        assert_eq!(
            send("0", "Bring {device} by {day}!", "approve").await.status,
            400,
            "somebody else changed it"
        );
        assert_eq!(send("1", "Bring {device} by {day}.", "approve").await.status, 303);
        assert_eq!(send("1", "Bring {device} by {day}, please.", "store").await.status, 303);
        let mut tx = kit.app.db.write().await.expect("a write");
        let text =
            crate::queries::approved_text(&mut tx, HERE, (Topic::Due, Language::En)).await.expect("a text");
        let text = text.expect("a text");
        assert_eq!(
            (text.version, text.body.as_str()),
            (1, "Bring {device} by {day}."),
            "the approved one goes on"
        );
        drop(tx);
        let settings = format!("/d/{HERE}/lending/messages/settings");
        let reply = staff.post(&settings, &[("zone", "Mars/Olympus"), ("weekly", "9")]).await;
        assert!(
            reply.status == 422
                && reply.body.contains("href=\"#zone\"")
                && reply.body.contains("href=\"#weekly\"")
        );
        assert_eq!(staff.post(&settings, &[("zone", "America/Chicago")]).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn a_family_comes_by_a_link_in_a_message_and_asks() {
    harness::each(|db| async move {
        let (double, url) = TextDouble::start().await;
        let (kit, staff) = kit_of(db, &url, "smtp://127.0.0.1:9").await;
        approve(&kit, &staff).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let config = kit.app.config.clone();
        let gateway =
            twilio::Twilio::new(config.notices.text.as_ref().expect("one"), Some(PUBLIC)).expect("a client");
        contact(&clerk, "S1", "202-555-0123", "en").await;
        contact(&clerk, "S3", "202-555-0123", "en").await;
        let phone = kit.browser();
        let path = format!("/h/{HERE}/link");
        assert!(phone.get(&path).await.body.contains("Mobile number or e-mail"));
        assert_eq!(phone.post(&path, &[("reach", "555")]).await.status, 422);
        let unknown = phone.post(&path, &[("reach", "202-555-7777")]).await;
        let known = phone.post(&format!("{path}?lang=es"), &[("reach", "2025550123")]).await;
        assert_eq!((unknown.status, known.status), (200, 200));
        let of = |reply: &Reply| reply.body.contains("notice good");
        assert!(of(&unknown) && of(&known), "the answer tells nobody who is known");
        assert_eq!(go(&kit, &gateway, Channel::Text, now_ms() + 1).await, 3);
        let sent = double.all();
        let body =
            sent.iter().map(|h| h.fields["Body"].clone()).find(|b| b.contains("/link?key=")).expect("a link");
        assert!(body.contains("Este es su enlace"), "{body}");
        let link = body.split(PUBLIC).nth(1).expect("a link").to_owned();
        let key = link.split('=').nth(1).expect("a key").to_owned();
        let stored = "SELECT COUNT(*) FROM message WHERE body LIKE '%key=%' OR facts LIKE '%key%'";
        assert_eq!(number(&kit.app.db, stored).await, 0, "the link is nowhere in the records");
        let page = phone.get(&link).await.body;
        assert!(page.matches("name=\"who\"").count() == 2 && !page.contains("Cruz"), "{page}");
        let own = format!("/h/{HERE}");
        let ask =
            [("key", key.as_str()), ("who", "1"), ("act", "ask"), ("access", "none"), ("barrier", "cost")];
        let page = phone.post(&own, &ask).await;
        assert!(page.status == 200 && page.body.contains("1"), "{}", page.body);
        assert_eq!(text_of(&kit, "SELECT student_id FROM lending_request").await, ["S3"]);
        assert_eq!(phone.post(&own, &[("key", &key), ("who", "2"), ("act", "look")]).await.status, 422);
        assert_eq!(phone.post(&own, &[("key", "x"), ("who", "0"), ("act", "look")]).await.status, 422);
        assert_eq!(phone.post(&format!("/h/{THERE}"), &[("key", &key), ("who", "0")]).await.status, 422);
        // The household changes where it wants notices, and sees only the end of it.
        let page = phone.post(&own, &[("key", &key), ("who", "0"), ("act", "look")]).await.body;
        assert!(page.contains("…0123") && !page.contains("2025550123"), "{page}");
        // Four links a day are too many for one phone.
        for _ in 0..4 {
            phone.post(&path, &[("reach", "2025550123")]).await;
        }
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM message WHERE kind = 'link'").await,
            1,
            "two were welcomes"
        );
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE lending_link SET expires_ms = 1").execute(&mut *write).await.expect("late");
        write.commit().await.expect("stored");
        assert!(phone.get(&format!("{link}&lang=en")).await.body.contains("works no longer"));
    })
    .await;
}

#[tokio::test]
async fn a_household_without_a_contact_gets_a_letter_and_its_time() {
    harness::each(|db| async move {
        let (kit, staff) = kit_of(db, "http://127.0.0.1:9", "smtp://127.0.0.1:9").await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        lend_overdue(&kit, &clerk).await;
        let path = format!("/d/{HERE}/lending/letters");
        let page = clerk.get(&path).await.body;
        assert!(
            page.contains("nobody has approved their text") && !page.contains("class=\"sheet\""),
            "{page}"
        );
        approve(&kit, &staff).await;
        let page = clerk.get(&path).await.body;
        for text in [
            "class=\"sheet\"",
            "Ana Cruz",
            "1 Elm St",
            "lang=\"en\"",
            "lang=\"es\"",
            "Mobile hotspot HS-1",
            "HS-1 el ",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert_eq!(tell(&clerk).await, 1);
        assert!(!clerk.get(&path).await.body.contains("class=\"sheet\""), "it was sent");
        pass(&kit, 24 * 15).await;
        follow(&kit).await;
        assert_eq!(
            number(&kit.app.db, "SELECT COUNT(*) FROM audit_entry WHERE action = 'lending.letters'").await,
            3
        );
    })
    .await;
}

/// A gateway that takes all messages, and during whose first answer somebody ends messages.
struct Slow<'k> {
    kit: &'k Kit,
    handed: Mutex<Vec<String>>,
}

impl Gateway for Slow<'_> {
    async fn send(&self, message: &Outgoing) -> Answer {
        let is_first = self.handed.lock().expect("a lock").is_empty();
        self.handed.lock().expect("a lock").push(message.address.clone());
        if is_first {
            for (from, body) in [("+12025550124", "Ya no quiero mensajes"), ("+12025550125", "it is broken")]
            {
                let said = [("From", from), ("Body", body)];
                assert_eq!(call(self.kit, "/hooks/text/reply", &said, "key").await.status, 200);
            }
        }
        Answer::Taken("x".to_owned())
    }
}

#[tokio::test]
async fn whoever_ends_messages_while_others_are_sent_gets_none_and_the_rest_is_for_people() {
    harness::each(|db| async move {
        let (kit, staff) = kit_of(db, "http://127.0.0.1:9", "smtp://127.0.0.1:9").await;
        approve(&kit, &staff).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        for (student, number) in [("S1", "202-555-0123"), ("S2", "202-555-0124"), ("S3", "202-555-0125")] {
            contact(&clerk, student, number, "en").await;
        }
        let gateway = Slow { kit: &kit, handed: Mutex::default() };
        assert_eq!(go(&kit, &gateway, Channel::Text, now_ms() + 1).await, 2);
        assert_eq!(*gateway.handed.lock().expect("a lock"), ["+12025550123", "+12025550125"]);
        let path = format!("/d/{HERE}/lending/replies");
        let page = clerk.get(&path).await.body;
        assert!(page.contains("it is broken") && !page.contains("Ya no quiero"), "{page}");
        let csv = clerk.get(&format!("{path}.csv")).await.body;
        assert!(csv.contains("S3,") && csv.contains(",it is broken,"), "{csv}");
        let id = text(&kit.app.db, "SELECT id FROM message_reply").await;
        let other = kit.sign_in(Role::Clerk, THERE).await;
        let done = [("id", id.as_str())];
        assert_eq!(other.post(&format!("/d/{THERE}/lending/replies"), &done).await.status, 400);
        assert_eq!(clerk.post(&path, &done).await.status, 303);
        assert_eq!(clerk.post(&path, &done).await.status, 400);
        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action = 'reply.see' AND detail LIKE '%S3%'";
        assert_eq!(number(&kit.app.db, looks).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_message_of_which_no_report_comes_leaves_the_loan_to_a_letter() {
    harness::each(|db| async move {
        let (_double, url) = TextDouble::start().await;
        let (kit, staff) = kit_of(db, &url, "smtp://127.0.0.1:9").await;
        approve(&kit, &staff).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let config = kit.app.config.clone();
        let gateway =
            twilio::Twilio::new(config.notices.text.as_ref().expect("one"), Some(PUBLIC)).expect("a client");
        contact(&clerk, "S1", "202-555-0123", "en").await;
        lend_overdue(&kit, &clerk).await;
        assert_eq!(go(&kit, &gateway, Channel::Text, now_ms() + 1).await, 2);
        let letters = format!("/d/{HERE}/lending/letters");
        assert!(!clerk.get(&letters).await.body.contains("class=\"sheet\""), "it is under way");
        let mut write = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE message SET claimed_ms = claimed_ms - 270000000, made_ms = made_ms - 270000000")
            .execute(&mut *write)
            .await
            .expect("three days and more ago");
        write.commit().await.expect("stored");
        assert!(clerk.get(&letters).await.body.contains("class=\"sheet\""), "nobody said that it arrived");
    })
    .await;
}

#[tokio::test]
async fn an_e_mail_says_nothing_of_writing_back_and_is_ended_by_one_click() {
    harness::each(|db| async move {
        let (double, url) = MailDouble::start().await;
        let (kit, staff) = kit_of(db, "http://127.0.0.1:9", &url).await;
        approve(&kit, &staff).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        contact(&clerk, "S1", "ana@example.net", "en").await;
        let config = kit.app.config.clone();
        let notices = &config.notices;
        let mail = crate::message::mail::Mail::new(
            notices.smtp.as_ref().expect("a server"),
            notices.from.as_ref().expect("a sender"),
        )
        .expect("a client");
        assert_eq!(go(&kit, &mail, Channel::Email, now_ms() + 1).await, 1);
        let said = double.mails.lock().expect("a lock")[0].clone();
        assert!(!said.contains("STOP") && said.contains("List-Unsubscribe: "), "{said}");
        let id = text(&kit.app.db, "SELECT id FROM message").await;
        let click = async |id: &str, body: &'static str| {
            let request = Request::post(format!("/hooks/mail/stop?m={id}"))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(body))
                .expect("a request");
            kit.browser().send(request).await.status
        };
        assert_eq!(click("0190", "List-Unsubscribe=One-Click").await, 401);
        assert_eq!(click(&id, "x=1").await, 401);
        assert_eq!(click(&id, "List-Unsubscribe=One-Click").await, 204);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM message_stop").await, 1);
        let page = kit.browser().get(&format!("/hooks/mail/stop?m={id}")).await;
        assert_eq!(page.location(), format!("/h/{HERE}/stop?m={id}"));
    })
    .await;
}

#[tokio::test]
async fn what_was_dropped_is_said_to_the_contact_of_now() {
    harness::each(|db| async move {
        let (double, url) = TextDouble::start().await;
        let (kit, staff) = kit_of(db, &url, "smtp://127.0.0.1:9").await;
        approve(&kit, &staff).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let config = kit.app.config.clone();
        let gateway =
            twilio::Twilio::new(config.notices.text.as_ref().expect("one"), Some(PUBLIC)).expect("a client");
        contact(&clerk, "S1", "202-555-0123", "en").await;
        lend_overdue(&kit, &clerk).await;
        let settings = format!("/d/{HERE}/lending/messages/settings");
        let of = |automatic| {
            [("automatic", automatic), ("quiet_from", "0"), ("quiet_to", "0"), ("phone", "(202) 555-0199")]
        };
        let mut tx = kit.app.db.write().await.expect("a write");
        wish::run(&mut tx, HERE, now_ms()).await.expect("wishes");
        tx.commit().await.expect("stored");
        // Off and on again, and a number that was mistyped.
        for automatic in ["0", "1"] {
            assert_eq!(staff.post(&settings, &of(automatic)).await.status, 303);
            let mut tx = kit.app.db.write().await.expect("a write");
            wish::run(&mut tx, HERE, now_ms()).await.expect("wishes");
            tx.commit().await.expect("stored");
        }
        contact(&clerk, "S1", "202-555-0124", "en").await;
        go(&kit, &gateway, Channel::Text, now_ms() + 1).await;
        go(&kit, &gateway, Channel::Text, now_ms() + 2).await;
        let overdue: Vec<String> = double
            .all()
            .iter()
            .filter(|handed| handed.fields["Body"].contains("HS-1"))
            .map(|handed| handed.fields["To"].clone())
            .collect();
        assert_eq!(overdue, ["+12025550124"]);
    })
    .await;
}
