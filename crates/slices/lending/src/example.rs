//! A small programme of lending in use, for the fictional district of `evenfield demo`: devices and lines, loans of which some are overdue
//! or lost, lines that are not used, and households that wait. Nothing of it is real.

use super::queries::{self, Becomes, Loan};
use super::rules::inventory::{Device, Line};
use super::rules::score::{Access, Barrier};
use super::rules::settings::Rules;
use super::rules::standing::{Cause, DAY_MS, HOUR_MS, Told, Way};
use super::rules::state::{Observed, State};
use super::rules::usage::Counting;
use crate::db::{Db, Write, new_id};
use crate::exchange::count;
use evenfield_gap::inventory::usage::Used;
use evenfield_gap::inventory::{Kind, numbers};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Hotspots with a line each, and laptops.
const HOTSPOTS: usize = 60;
const LAPTOPS: usize = 20;
/// Hotspots that are lent, and households that wait.
const LENT: usize = 45;
const WAITING: usize = 12;
/// Who did it, in place of an account.
const BY: &str = "fiction";
const CARRIER: &str = "Fictional Mobile";

/// A card that no carrier has: an issuer's number that is not given out, with its check digit.
fn card(n: usize) -> String {
    let body = format!("8900000{n:011}");
    let mut cards = (0..10).map(|digit| format!("{body}{digit}"));
    cards.find(|card| numbers::iccid(card, false).is_ok()).unwrap_or_default()
}

fn day(ms: i64) -> Date {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(time).date()
}

/// Whether the n-th loan's line is not used of late.
fn is_idle(n: usize) -> bool {
    n >= 28 && n.is_multiple_of(7)
}

/// Puts the programme into a district that has no device yet. How many households are in it.
///
/// # Errors
/// The database's.
pub async fn put(db: &Db, district: &str, now_ms: i64) -> sqlx::Result<String> {
    let mut tx = db.write().await?;
    queries::lock(&mut tx, district).await?;
    if !queries::all_devices(&mut tx, district).await?.is_empty() {
        return Ok(count(0));
    }
    let students = queries::households(&mut tx, district, LENT + WAITING).await?;
    let devices = inventory(&mut tx, district, now_ms).await?;
    for (n, (device, student)) in devices.iter().zip(&students).take(LENT).enumerate() {
        lend(&mut tx, district, (n, device, student), now_ms).await?;
    }
    see(&mut tx, district, now_ms).await?;
    for (n, student) in students.iter().skip(LENT).enumerate() {
        let asked_ms = now_ms - (3 * n as i64 + 1) * DAY_MS;
        let said = (Access::ALL[n % 3], Barrier::ALL[n % 2]);
        queries::put_request(&mut tx, district, student, said, (None, asked_ms)).await?;
    }
    tx.commit().await?;
    Ok(count(students.len() as i64))
}

async fn inventory(tx: &mut Write, district: &str, now_ms: i64) -> sqlx::Result<Vec<Device>> {
    let bought_ms = now_ms - 400 * DAY_MS;
    let lines: Vec<Line> = (0..HOTSPOTS)
        .map(|n| Line {
            line_number: Some(format!("55555{n:05}")),
            carrier: CARRIER.to_owned(),
            plan: "School 10 GB".to_owned(),
            ..Line::new(new_id(), card(n))
        })
        .collect();
    queries::put_lines(tx, district, &lines, bought_ms).await?;
    let device = |n: usize| {
        let is_hotspot = n < HOTSPOTS;
        let (kind, tag) = if is_hotspot { (Kind::Hotspot, "HS") } else { (Kind::Laptop, "LT") };
        Device {
            make: "Fictional".to_owned(),
            model: if is_hotspot { "Spot 1" } else { "Book 1" }.to_owned(),
            serial: Some(format!("FIC{n:06}")),
            iccid: is_hotspot.then(|| card(n)),
            funding: "Local".to_owned(),
            cost_cents: Some(if is_hotspot { 8_900 } else { 32_000 }),
            location: "Media center".to_owned(),
            ..Device::new(new_id(), format!("{tag}-{n:04}"), kind)
        }
    };
    let devices: Vec<Device> = (0..HOTSPOTS + LAPTOPS).map(device).collect();
    queries::put_devices(tx, district, &devices, (BY, bought_ms)).await?;
    Ok(devices)
}

/// The n-th loan: some are overdue, two are lost, and of these one household was told.
async fn lend(
    tx: &mut Write,
    district: &str,
    (n, device, student): (usize, &Device, &str),
    now_ms: i64,
) -> sqlx::Result<()> {
    let out_ms = now_ms - (20 + 3 * n as i64) * DAY_MS;
    let due = if n % 9 == 4 { day(now_ms - 12 * DAY_MS) } else { day(out_ms) };
    let due = if n % 9 == 4 { due } else { due.checked_add(180.days()).unwrap_or(due) };
    let loan = Loan::new(new_id(), (&device.id, student), out_ms, due.to_string());
    queries::insert_loan(tx, district, &loan, BY).await?;
    queries::set_state(tx, district, &device.id, (State::Here, State::Lent), (BY, out_ms)).await?;
    let cards: Vec<String> = device.iccid.clone().into_iter().collect();
    queries::settle(tx, district, &cards, out_ms).await?;
    if n % 20 == 7 {
        let lost = (BY, now_ms - 6 * DAY_MS);
        queries::change_loan(tx, district, &loan.id, Becomes::Lost, lost).await?;
        queries::set_state(tx, district, &device.id, (State::Lent, State::Lost), lost).await?;
    }
    if n == 7 {
        let told = Told::by_rules(Cause::Lost, now_ms - 5 * DAY_MS, &Rules::default());
        queries::put_notice(tx, district, &loan.id, (told, Way::Letter), BY).await?;
    }
    Ok(())
}

/// What the carrier says: most lines are as they are wanted, and most are used.
async fn see(tx: &mut Write, district: &str, now_ms: i64) -> sqlx::Result<()> {
    let works = |n: usize| if n < LENT { n % 15 != 3 } else { n % 5 == 1 };
    let seen_ms = now_ms - 6 * HOUR_MS;
    for (observed, is_so) in [(Observed::Active, true), (Observed::Suspended, false)] {
        let cards: Vec<String> = (0..HOTSPOTS).filter(|n| works(*n) == is_so).map(card).collect();
        let cards: Vec<&str> = cards.iter().map(String::as_str).collect();
        queries::observe_many(tx, district, &cards, (observed, seen_ms)).await?;
    }
    let mut used = Vec::new();
    for n in (0..LENT).filter(|n| n % 11 != 5) {
        for week in 0..14 {
            let octets =
                if is_idle(n) && week < 11 { 0 } else { 900_000_000 + 7_000_000 * (n as i64 + week) };
            let to = day(now_ms - (7 * week + 1) * DAY_MS);
            used.push(Used { iccid: card(n), from: to.checked_sub(6.days()).unwrap_or(to), to, octets });
        }
    }
    queries::put_usage(tx, district, &used, (Counting::Within, now_ms)).await.map(drop)
}
