//! Makes a carrier's lines what they are wanted to be: looks at all, asks for what differs, and leaves it to the next look to tell what
//! became of that. Whatever the carrier loses, doubles, delays or tells late, the records only ever hold what was seen and what was asked.

use super::{Answer, Carrier, Page, Place, Reply};
use crate::db::Db;
use crate::queries::{self, NewOrder};
use crate::rules::order::{Act, Step, Terms, Why, step};
use crate::rules::state::Observed;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How often a page that does not come is asked for.
const TRIES: usize = 3;
/// So many lines that a list does not have are asked for by themselves in one go.
const ONES: usize = 500;
/// So many pages a list may have.
const PAGES: usize = 20_000;
/// A carrier that has more lines than this is not believed.
const LINES: u64 = 1_000_000;

/// What one go came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many lines of ours were seen.
    pub seen: u64,
    /// How many pages did not come.
    pub pages_missing: u64,
    /// How often what was asked for, by the answer: taken, refused, unclear.
    pub orders: [u64; 3],
    /// How many lines are as wanted.
    pub met: u64,
    /// How many wait for what.
    pub waits: BTreeMap<Why, u64>,
}

impl Report {
    /// Whether all lines are as wanted.
    pub fn is_met(&self) -> bool {
        self.orders == [0; 3] && self.waits.is_empty()
    }
}

/// Looks at the lines of a district at a carrier once and asks for what is to be asked for.
///
/// # Errors
/// The database's. What the carrier does not do is in the report.
pub async fn sync<C: Carrier>(
    db: &Db,
    carrier: &C,
    (district, name): (&str, &str),
    now: impl Fn() -> i64,
) -> sqlx::Result<Report> {
    let mut report = Report::default();
    look(db, carrier, (district, name), &now, &mut report).await?;
    let orders = decide(db, (district, name), now(), &mut report).await?;
    let (mut refused, mut requests) = (Vec::new(), Vec::new());
    let mut under_way = FuturesUnordered::new();
    let mut rest = orders.iter();
    loop {
        while under_way.len() < C::AT_ONCE {
            let Some(order) = rest.next() else { break };
            under_way.push(send(carrier, order));
        }
        let Some((order, reply)) = under_way.next().await else { break };
        report.orders[reply.answer as usize] += 1;
        if reply.answer == Answer::Refused {
            refused.push(order.id.clone());
        }
        requests.extend(reply.request.map(|request| (order.id.clone(), request)));
    }
    drop(under_way);
    if !refused.is_empty() || !requests.is_empty() {
        let mut tx = db.write().await?;
        queries::refuse_orders(&mut tx, district, &refused).await?;
        queries::put_requests(&mut tx, district, &requests).await?;
        tx.commit().await?;
    }
    Ok(report)
}

async fn send<'o, C: Carrier>(carrier: &C, order: &'o NewOrder) -> (&'o NewOrder, Reply) {
    (order, carrier.order(&order.id, &order.card, order.act).await)
}

/// A page, asked for again when it does not come, and when it was asked for last.
async fn page<C: Carrier>(carrier: &C, at: &Place, now: &impl Fn() -> i64) -> (Result<Page, String>, i64) {
    let mut asked_ms = now();
    let mut page = carrier.page(at).await;
    for _ in 1..TRIES {
        if page.is_ok() {
            break;
        }
        asked_ms = now();
        page = carrier.page(at).await;
    }
    (page, asked_ms)
}

/// Stores what the carrier says of its lines.
async fn look<C: Carrier>(
    db: &Db,
    carrier: &C,
    (district, name): (&str, &str),
    now: &impl Fn() -> i64,
    report: &mut Report,
) -> sqlx::Result<()> {
    // A carrier is believed about its own lines: what its list says of another's is a mistake, or somebody else's.
    let own = queries::cards_of_carrier(db.read(), district, name).await?;
    let mut listed = HashSet::new();
    let (mut next, mut total, mut pages) = (Some(Place::Offset(0)), 0, 0);
    while let Some(at) = next.take().filter(|_| pages < PAGES) {
        pages += 1;
        let (page, asked_ms) = page(carrier, &at, now).await;
        match page {
            Ok(page) => {
                total = page.total.unwrap_or_default().min(LINES);
                let as_of_ms = page.as_of_ms.unwrap_or(asked_ms).min(now());
                report.seen += store(db, district, (&page.lines, &own), as_of_ms).await?;
                listed.extend(page.lines.into_iter().map(|(card, _)| card));
                next = page.next;
            }
            Err(error) => {
                tracing::warn!(district, ?at, error, "a carrier did not list its lines");
                report.pages_missing += 1;
                // Where it is known that more follow, and where, those are asked for all the same.
                let step = evenfield_gap::inventory::service::PAGE as u64;
                next = match at {
                    Place::Offset(offset) if offset + step < total => Some(Place::Offset(offset + step)),
                    _ => None,
                };
            }
        }
    }
    if C::TELLS_ONE && report.pages_missing == 0 {
        let missing = own.iter().filter(|card| !listed.contains(*card)).cloned().collect();
        ask_for_ones(db, carrier, (district, &own), (missing, now), report).await?;
    }
    Ok(())
}

/// Asks for lines that the list does not have, one by one, until the carrier does not answer.
async fn ask_for_ones<C: Carrier>(
    db: &Db,
    carrier: &C,
    (district, own): (&str, &HashSet<String>),
    (missing, now): (Vec<String>, &impl Fn() -> i64),
    report: &mut Report,
) -> sqlx::Result<()> {
    for card in missing.into_iter().take(ONES) {
        let asked_ms = now();
        match carrier.one(&card).await {
            Ok(Some(observed)) => {
                report.seen += store(db, district, (&[(card, observed)], own), asked_ms).await?;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(district, error, "a carrier did not tell of a line");
                report.pages_missing += 1;
                break;
            }
        }
    }
    Ok(())
}

async fn store(
    db: &Db,
    district: &str,
    (lines, own): (&[(String, Observed)], &HashSet<String>),
    as_of_ms: i64,
) -> sqlx::Result<u64> {
    let mut by_state: HashMap<Observed, Vec<&str>> = HashMap::new();
    for (card, observed) in lines.iter().filter(|(card, _)| own.contains(card)) {
        by_state.entry(*observed).or_default().push(card);
    }
    let mut tx = db.write().await?;
    queries::lock(&mut tx, district).await?;
    let mut seen = 0;
    for (observed, cards) in by_state {
        seen += queries::observe_many(&mut tx, district, &cards, (observed, as_of_ms)).await?;
    }
    tx.commit().await?;
    Ok(seen)
}

/// What to ask for now. It is stored before it is sent: what was perhaps sent counts as asked for, and is looked for later.
async fn decide(
    db: &Db,
    (district, name): (&str, &str),
    now_ms: i64,
    report: &mut Report,
) -> sqlx::Result<Vec<NewOrder>> {
    let mut tx = db.write().await?;
    queries::lock(&mut tx, district).await?;
    let terms = Terms::of_interface(&queries::rules(&mut *tx, district).await?);
    let mut orders = Vec::new();
    for followed in queries::followed_lines(&mut tx, district, now_ms).await? {
        if followed.line.carrier != name {
            continue;
        }
        match step(&followed.known, &terms, now_ms) {
            Step::Met => report.met += 1,
            Step::Wait(why) => *report.waits.entry(why).or_insert(0) += 1,
            Step::Ask(act) => orders.push(NewOrder::new(followed.line.id, followed.line.iccid, act)),
        }
    }
    // Those that are to work go first: a student waits.
    orders.sort_by_key(|order| order.act != Act::Activate);
    queries::put_orders(&mut tx, district, &orders, (None, now_ms)).await?;
    tx.commit().await?;
    Ok(orders)
}
