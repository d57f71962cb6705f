//! Makes a carrier's lines what they are wanted to be: looks at all, asks for what differs, and leaves it to the next look to tell what
//! became of that. Whatever the carrier loses, doubles, delays or tells late, the records only ever hold what was seen and what was asked.

use super::{Answer, Carrier};
use crate::db::Db;
use crate::queries::{self, NewOrder};
use crate::rules::order::{Act, Step, Terms, Why, step};
use crate::rules::state::Observed;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How often a page that does not come is asked for.
const TRIES: usize = 3;
/// How many orders are under way at a time.
const AT_ONCE: usize = 16;
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
    let mut refused = Vec::new();
    let mut under_way = FuturesUnordered::new();
    let mut rest = orders.iter();
    loop {
        while under_way.len() < AT_ONCE {
            let Some(order) = rest.next() else { break };
            under_way.push(send(carrier, order));
        }
        let Some((order, answer)) = under_way.next().await else { break };
        report.orders[answer as usize] += 1;
        if answer == Answer::Refused {
            refused.push(order.id.clone());
        }
    }
    drop(under_way);
    if !refused.is_empty() {
        let mut tx = db.write().await?;
        queries::refuse_orders(&mut tx, district, &refused).await?;
        tx.commit().await?;
    }
    Ok(report)
}

async fn send<'o, C: Carrier>(carrier: &C, order: &'o NewOrder) -> (&'o NewOrder, Answer) {
    (order, carrier.order(&order.id, &order.card, order.act).await)
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
    let (mut offset, mut total) = (0, 1);
    while offset < total {
        let (mut page, mut asked_ms) = (Err(String::new()), now());
        for _ in 0..TRIES {
            asked_ms = now();
            page = carrier.page(offset).await;
            if page.is_ok() {
                break;
            }
        }
        let step = evenfield_gap::inventory::service::PAGE as u64;
        match page {
            Ok(page) => {
                total = page.total.min(LINES);
                let as_of_ms = page.as_of_ms.unwrap_or(asked_ms).min(now());
                let mut tx = db.write().await?;
                queries::lock(&mut tx, district).await?;
                report.seen += store(&mut tx, district, (&page.lines, &own), as_of_ms).await?;
                tx.commit().await?;
            }
            Err(error) => {
                tracing::warn!(district, offset, error, "a carrier did not list its lines");
                report.pages_missing += 1;
            }
        }
        offset += step;
    }
    Ok(())
}

async fn store(
    tx: &mut crate::db::Write,
    district: &str,
    (lines, own): (&[(String, Observed)], &HashSet<String>),
    as_of_ms: i64,
) -> sqlx::Result<u64> {
    let mut by_state: HashMap<Observed, Vec<&str>> = HashMap::new();
    for (card, observed) in lines.iter().filter(|(card, _)| own.contains(card)) {
        by_state.entry(*observed).or_default().push(card);
    }
    let mut seen = 0;
    for (observed, cards) in by_state {
        seen += queries::observe_many(tx, district, &cards, (observed, as_of_ms)).await?;
    }
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
