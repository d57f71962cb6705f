//! The slice through the whole router and its queries, on both databases.

mod caps;
mod carrier;
mod columns;
mod control_center;
mod counter;
mod coverage;
mod devices;
mod due;
mod evidence;
mod gateways;
mod help;
mod kiosk;
mod kits;
mod labels;
mod lines;
mod messages;
mod orders;
mod programs;
mod report;
mod requests;
mod rule_sets;
mod sign;
mod soak;
mod thingspace;
mod undo;
mod usage;

use crate::config::Config;
use crate::db::{Db, harness};
use crate::testing::Kit;
use std::future::Future;

const HERE: &str = "5100001";
const THERE: &str = "5100002";

/// A card, and the same with another body: both have a right check digit.
const CARD: &str = "8991101200003204514";
const OTHER_CARD: &str = "8991101200003204522";

async fn each<F, Fut>(test: F)
where
    F: Fn(Kit) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    harness::each(|db| async move {
        let config = Config::local(db.url());
        let kit = Kit::on(db, config);
        kit.district(HERE, "Shore").await;
        kit.district(THERE, "Elsewhere").await;
        test(kit).await;
    })
    .await;
}

/// A number of the database.
async fn number(db: &Db, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db.read()).await.expect("a number")
}

/// A text of the database.
async fn text(db: &Db, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(db.read()).await.expect("a text")
}
