//! Times how many lines are made what they are wanted to be, against a carrier's system on this machine of whose answers a share goes
//! wrong: the code of the portal's reconciler, a new SQLite database, HTTP over the loopback interface.
//!
//! `cargo bench -p evenfield-portal --bench lines -- [LINES] [FAULTS]`
//!
//! Makes so many lines (30,000 unless told) of which half are wanted to work and a third do, with faults in 5% of the answers unless
//! told otherwise. The clock goes on by an hour at each go, which takes no time; printed are the seconds that the goes took together until
//! each line is right, and the orders that it took. Ends with 1 when one is not right.

#[path = "../tests/carrier.rs"]
mod carrier;

use carrier::Carrier;
use evenfield_gap::inventory::numbers;
use evenfield_portal::db::Db;
use evenfield_portal::lending::carrier::sync::sync;
use evenfield_portal::lending::carrier::tmf640::Tmf640;
use evenfield_portal::lending::queries;
use evenfield_portal::lending::rules::inventory::Line;
use evenfield_portal::lending::rules::state::Wanted;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const SEED: u64 = 20_261_130;
const DISTRICT: &str = "9900001";
const HOUR_MS: i64 = 3_600_000;
const START: i64 = 20_000 * 24 * HOUR_MS;
/// A fault may cost a line a day; three days are enough.
const GOES: i64 = 72;

/// The n-th card, with its check digit. None ends in four noughts, as a number that a spreadsheet rounded.
fn card(n: usize) -> String {
    let body = format!("8901260{:011}", n * 10 + 1);
    let mut cards = (0..10).map(|digit| format!("{body}{digit}"));
    cards.find(|card| numbers::iccid(card, true).is_ok()).unwrap_or_default()
}

async fn lines(db: &Db, count: usize) -> sqlx::Result<()> {
    let mut tx = db.write().await?;
    sqlx::query(
        "INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, 'Fictional', '99', 1, 1)",
    )
    .bind(DISTRICT)
    .execute(&mut *tx)
    .await?;
    let line = |n: usize| Line {
        carrier: "Blue".to_owned(),
        wanted: if n.is_multiple_of(2) { Wanted::Active } else { Wanted::Parked },
        ..Line::new(format!("line-{n:06}"), card(n))
    };
    let lines: Vec<Line> = (0..count).map(line).collect();
    queries::put_lines(&mut tx, DISTRICT, &lines, START - 48 * HOUR_MS).await?;
    tx.commit().await
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut told = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let count: usize = told.next().map_or(Ok(30_000), |n| n.parse())?;
    let faults: f64 = told.next().map_or(Ok(0.05), |share| share.parse())?;
    let folder = tempfile::tempdir()?;
    let db = Db::open(&format!("sqlite:{}", folder.path().join("records.db").display())).await?;
    lines(&db, count).await?;
    let carrier = Carrier::new((0..count).map(|n| (card(n), n.is_multiple_of(3))), SEED, faults, START);
    let client = Tmf640::new(&carrier.serve().await, "secret")?;
    let is_right = |n: &usize| (carrier.state(&card(*n)) == Some("active")) == n.is_multiple_of(2);
    let (mut took, mut right) = (Duration::ZERO, 0);
    for go in 1..=GOES {
        let now_ms = START + go * HOUR_MS;
        carrier.set_clock(now_ms);
        let begun = Instant::now();
        let report = sync(&db, &client, (DISTRICT, "Blue"), || now_ms).await?;
        took += begun.elapsed();
        right = (0..count).filter(is_right).count();
        println!(
            "go {go}: {right} of {count} right, {:.1} s in all, {:?}",
            took.as_secs_f64(),
            report.orders
        );
        if right == count && report.is_met() {
            break;
        }
    }
    let (orders, happened) = carrier.counts();
    println!(
        "{count} lines, faults {faults}: {:.1} s, {orders} orders, faults of them {happened:?}",
        took.as_secs_f64()
    );
    db.close().await;
    Ok(if right == count { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
