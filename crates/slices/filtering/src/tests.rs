//! The slice through the whole router, on both databases.

mod block;
mod devices;
mod edges;
mod evidence;
mod queue;

use super::publish::look;
use crate::config::Config;
use crate::db::{Db, harness, now_ms};
use crate::testing::{Browser, Kit, Reply};
use axum::body::Body;
use axum::http::Request;
use evenfield_policy::{Action, InForce, NameBuf, SecretKey, decide};
use std::future::Future;
use std::net::IpAddr;

const HERE: &str = "5100001";
const THERE: &str = "5100002";

const POLICY: &str = r#"
[default]
block = ["games"]

[[list]]
name = "district's own"
category = "games"
version = "7"
names = ["games.example", "puzzles.example"]

[[district]]
id = "5100001"

[[scope]]
must_deny = ["never.example"]
note = "board"

[[scope]]
district = "5100001"
block = ["games"]
deny = ["video.example"]

[[site]]
name = "lab"
prefixes = ["192.0.2.0/24"]
district = "5100001"
school = "s1"

[[site]]
name = "hall"
prefixes = ["198.51.100.0/24"]
district = "5100001"
school = "s2"
"#;

fn key() -> SecretKey {
    SecretKey::from_seed(&[5; 32])
}

/// A portal that publishes [`POLICY`].
struct Here {
    kit: Kit,
    folder: tempfile::TempDir,
}

impl Here {
    async fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("policy.toml"), POLICY).expect("written");
        let mut config = Config::local(db.url());
        config.behind_proxy = true;
        config.data_dir = folder.path().join("data");
        config.filtering.policy = Some(folder.path().join("policy.toml"));
        config.filtering.key = Some(key());
        let kit = Kit::on(db, config);
        kit.district(HERE, "Shore").await;
        let mut write = kit.app.db.write().await.expect("a write");
        for (id, name) in [("s1", "First School"), ("s2", "Second School")] {
            sqlx::query("INSERT INTO school (district_id, id, name) VALUES ($1, $2, $3)")
                .bind(HERE)
                .bind(id)
                .bind(name)
                .execute(&mut *write)
                .await
                .expect("a school");
        }
        write.commit().await.expect("stored");
        Self { kit, folder }
    }

    /// Publishes what there is now.
    async fn publish(&self) -> i64 {
        look(&self.kit.app, &self.folder.path().join("policy.toml"), &key()).await.expect("published");
        self.kit.app.policy.current().expect("a version").version.version
    }

    /// Whether the policy lets the name through to whoever asks from there, seconds from now.
    fn is_open(&self, name: &str, from: &str, in_s: i64) -> bool {
        let current = self.kit.app.policy.current().expect("a version");
        let view = current.view();
        let now_s = u32::try_from(now_ms() / 1000 + in_s).expect("a time");
        let (subject, ..) = current.subject(from.parse::<IpAddr>().ok());
        let name = NameBuf::from_text(name).expect("a name");
        let verdict = decide(&view, &InForce::at(&view, now_s), &subject, &name.as_name());
        verdict.action == Action::Allow
    }
}

async fn each<F, Fut>(test: F)
where
    F: Fn(Here) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    harness::each(|db| async move { test(Here::new(db).await).await }).await;
}

/// Sends a form of a browser that says nothing about itself, as from this address.
async fn ask_from(browser: &Browser, address: &str, fields: &str) -> Reply {
    let request = Request::post(format!("/b/{HERE}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", address)
        .body(Body::from(fields.to_owned()))
        .expect("a request");
    browser.send(request).await
}

/// A number of the database.
async fn number(db: &Db, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db.read()).await.expect("a number")
}
