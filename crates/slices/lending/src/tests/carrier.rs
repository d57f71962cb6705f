//! The reconciler against a carrier's system with faults.

#[path = "../../../../../tests/carrier.rs"]
mod double;

use super::*;
use crate::carrier::sync::{Report, sync};
use crate::carrier::tmf640::Tmf640;
use crate::queries;
use crate::rules::inventory::Line;
use crate::rules::standing::{DAY_MS, HOUR_MS};
use crate::rules::state::Wanted;
use double::Carrier;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(super) const START: i64 = 20_000 * DAY_MS;
pub(super) const MINUTE: i64 = HOUR_MS / 60;

/// The n-th card, with its check digit.
pub(super) fn card(n: usize) -> String {
    let body = format!("8901260{n:011}");
    let digits = (0..10).map(|digit| format!("{body}{digit}"));
    digits.into_iter().find(|c| evenfield_gap::inventory::numbers::iccid(c, true).is_ok()).expect("a card")
}

/// The lines of a district at the carrier Blue, as many as there are; what each is wanted to be can be changed.
pub(super) struct Fleet {
    pub(super) ids: Vec<(String, String)>,
    wanted: Vec<Wanted>,
    rng: ChaCha8Rng,
}

impl Fleet {
    pub(super) async fn new(db: &Db, count: usize, seed: u64) -> Self {
        let mut tx = db.write().await.expect("a write");
        let lines: Vec<Line> = (0..count)
            .map(|n| Line { carrier: "Blue".to_owned(), ..Line::new(format!("line-{n:06}"), card(n)) })
            .collect();
        queries::put_lines(&mut tx, HERE, &lines, START - 30 * DAY_MS).await.expect("lines");
        let mut rules = queries::rules(&mut *tx, HERE).await.expect("rules");
        rules.set("quiet_hours", 1);
        queries::put_rules(&mut tx, HERE, rules, ("x", 1)).await.expect("rules");
        tx.commit().await.expect("stored");
        let ids = lines.into_iter().map(|line| (line.id, line.iccid)).collect();
        Self { ids, wanted: vec![Wanted::Parked; count], rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Makes so many lines wanted otherwise.
    pub(super) async fn change(&mut self, db: &Db, count: usize, now_ms: i64) {
        let mut tx = db.write().await.expect("a write");
        for _ in 0..count {
            let n = self.rng.next_u64() as usize % self.ids.len();
            let wanted = if self.wanted[n] == Wanted::Active { Wanted::Parked } else { Wanted::Active };
            self.wanted[n] = wanted;
            queries::set_wanted(&mut tx, HERE, &self.ids[n].0, (wanted, now_ms), None).await.expect("wanted");
        }
        tx.commit().await.expect("stored");
    }

    /// The lines that are not at the carrier what they are wanted to be.
    fn wrong(&self, carrier: &Carrier) -> usize {
        self.wrong_by(|card| carrier.state(card) == Some("active"))
    }

    /// The same of a carrier at which a line works by this.
    pub(super) fn wrong_by(&self, works: impl Fn(&str) -> bool) -> usize {
        let is_wrong =
            |((_, card), wanted): &(&(String, String), &Wanted)| works(card) != (**wanted == Wanted::Active);
        self.ids.iter().zip(&self.wanted).filter(is_wrong).count()
    }
}

async fn go(db: &Db, carrier: &Carrier, client: &Tmf640, now_ms: i64) -> Report {
    carrier.set_clock(now_ms);
    sync(db, client, (HERE, "Blue"), || now_ms).await.expect("stored")
}

#[tokio::test]
async fn each_of_3000_lines_is_right_at_the_end_whatever_the_carrier_does() {
    each(|kit| async move {
        let db = &kit.app.db;
        let mut fleet = Fleet::new(db, 3_000, 7).await;
        let carrier = Carrier::new((0..3_000).map(|n| (card(n), n % 3 == 0)), 7, 0.05, START);
        let client = Tmf640::new(&carrier.serve().await, "secret").expect("a client");
        let mut now_ms = START;
        for _ in 0..12 {
            fleet.change(db, 150, now_ms).await;
            go(db, &carrier, &client, now_ms).await;
            now_ms += 20 * MINUTE;
        }
        let mut report = Report::default();
        for _ in 0..40 {
            report = go(db, &carrier, &client, now_ms).await;
            if report.is_met() && fleet.wrong(&carrier) == 0 {
                break;
            }
            // A line for which five orders were given has to wait until the next day.
            now_ms += HOUR_MS;
        }
        let (orders, faults) = carrier.counts();
        assert_eq!(fleet.wrong(&carrier), 0, "{report:?}");
        assert!(report.is_met() && report.met == 3_000, "{report:?}");
        assert_eq!(faults.len(), 6, "each fault happened: {faults:?}");
        // A third worked without need, and 1,800 were made otherwise; each fault costs an order or a few.
        let happened: u64 = faults.values().sum();
        assert!(orders <= 1_000 + 1_800 + 3 * happened, "{orders} orders, {happened} faults");
        let most = "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM carrier_order GROUP BY line_id, asked_ms / 86400000) AS days";
        assert!(number(db, most).await <= 5, "no more than five in a day");
        let refused = number(db, "SELECT COUNT(*) FROM carrier_order WHERE refused = 1").await;
        assert_eq!(refused as u64, faults[&double::Fault::Refused]);
    })
    .await;
}

#[tokio::test]
async fn no_line_is_stopped_on_what_is_old_and_none_is_asked_for_when_it_is_stopped() {
    each(|kit| async move {
        let db = &kit.app.db;
        let mut fleet = Fleet::new(db, 20, 1).await;
        let carrier = Carrier::new((0..20).map(|n| (card(n), true)), 1, 0.0, START);
        let client = Tmf640::new(&carrier.serve().await, "secret").expect("a client");
        let stranger = Tmf640::new(&carrier.serve().await, "other").expect("a client");
        let rule = async |value: i64| {
            let mut tx = db.write().await.expect("a write");
            let mut rules = queries::rules(&mut *tx, HERE).await.expect("rules");
            rules.set("carriers", value);
            queries::put_rules(&mut tx, HERE, rules, ("x", 1)).await.expect("rules");
            tx.commit().await.expect("stored");
        };
        rule(0).await;
        let report = go(db, &carrier, &client, START).await;
        assert_eq!((report.seen, report.orders, carrier.counts().0), (20, [0; 3], 0), "the switch is off");
        rule(2).await;
        // Two hours later nobody answers: what is known is too old to stop a line on.
        let nobody = Tmf640::new("http://127.0.0.1:9/tmf", "secret").expect("a client");
        let report = go(db, &carrier, &nobody, START + 2 * HOUR_MS).await;
        assert_eq!((report.pages_missing, report.orders), (1, [0; 3]), "{report:?}");
        fleet.change(db, 1, START + 2 * HOUR_MS).await;
        let report = go(db, &carrier, &stranger, START + 2 * HOUR_MS).await;
        assert_eq!(
            (report.pages_missing, report.orders),
            (1, [0; 3]),
            "the carrier does not know us: {report:?}"
        );
        let report = go(db, &carrier, &client, START + 3 * HOUR_MS).await;
        assert_eq!(report.orders[0], 19, "{report:?}");
        assert_eq!(fleet.wrong(&carrier), 0);
    })
    .await;
}

#[tokio::test]
async fn a_carrier_is_believed_about_its_own_lines_alone() {
    each(|kit| async move {
        let db = &kit.app.db;
        let mut tx = db.write().await.expect("a write");
        let line = |n: usize, carrier: &str| Line {
            carrier: carrier.to_owned(),
            ..Line::new(format!("line-{n}"), card(n))
        };
        queries::put_lines(&mut tx, HERE, &[line(0, "Blue"), line(1, "Green")], START).await.expect("lines");
        tx.commit().await.expect("stored");
        let carrier = Carrier::new((0..2).map(|n| (card(n), true)), 1, 0.0, START);
        let client = Tmf640::new(&carrier.serve().await, "secret").expect("a client");
        assert_eq!(go(db, &carrier, &client, START + HOUR_MS).await.seen, 1);
        let of = "SELECT observed FROM carrier_line WHERE carrier = 'Green'";
        assert_eq!(text(db, of).await, "unknown");
    })
    .await;
}
