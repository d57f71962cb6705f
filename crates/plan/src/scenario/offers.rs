//! Broadband that providers offer at a low price, where they have service: sponsored, so that the district pays for it, or promoted, so that
//! more households take it and pay themselves. It helps only those for whom the price is the barrier.

use super::choice::{Choice, Shop, over, times};
use super::costs::{Paid, Price, is_date};
use super::coverage::is_in;
use super::fields::Fields;
use super::files::{Desk, Files};
use super::quality::Kind;
use crate::MILLION;
use crate::read::rows::Rows;
use crate::read::table::Table;
use std::collections::{HashMap, HashSet};
use std::io::Read;

const COLUMNS: [&str; 10] =
    ["offer", "provider", "place", "paid_by", "price", "download", "upload", "uptake", "source", "date"];
const SERVICE: [&str; 2] = ["provider", "place"];

/// `[broadband_offers]` of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    file: String,
    /// Where providers have fixed service; without it an offer's area is taken as served.
    service: Option<String>,
    /// The least speeds, in millionths of a megabit a second.
    download: u64,
    upload: u64,
}

impl Settings {
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (file, service) = (fields.need("file"), fields.text("service"));
        let download = fields.millionths("download", 0, 100_000 * MILLION).unwrap_or(25 * MILLION);
        let upload = fields.millionths("upload", 0, 100_000 * MILLION).unwrap_or(3 * MILLION);
        Some(Self { file: file?, service, download, upload })
    }
}

/// Places by provider.
type Service = HashMap<String, HashSet<String>>;

/// An option for each row of the offers.
pub(super) fn build(shop: &mut Shop<'_>, files: &mut Files<'_>, settings: &Settings) {
    let service = settings.service.as_ref().map(|file| service(shop.desk, files, file));
    let Some(mut rows) = shop.desk.open(files, &settings.file, None, &COLUMNS, 10) else { return };
    let (mut read, mut slow, first) = (0, 0, shop.choices.len());
    while shop.desk.next(&mut rows, &mut read) {
        let speed = "megabits a second: a number, 0 or more";
        let download = shop.desk.millionths(&rows, 5, 1_000_000, speed);
        let upload = shop.desk.millionths(&rows, 6, 1_000_000, speed);
        let Some(choice) = offer(shop, &rows, service.as_ref()) else { continue };
        if download.is_some_and(|d| d < settings.download) || upload.is_some_and(|u| u < settings.upload) {
            slow += 1;
            continue;
        }
        shop.add(&rows, choice);
    }
    exclude(&mut shop.choices[first..]);
    if slow > 0 {
        let file = &settings.file;
        shop.desk
            .notes
            .push(format!("{file}: {slow} offers are slower than [broadband_offers] wants and are left out"));
    }
    if shop.demand.rows.iter().all(|row| !row.takes(Kind::BroadbandOffer)) {
        let file = &shop.demand.file;
        shop.desk.notes.push(format!("{file}: nobody's barrier is the price, so that no offer helps; say barriers there or in [demand.barriers]"));
    }
}

/// One provider does not sell the same homes two offers: those of one provider that reach the same demand, themselves or by others between, exclude each other.
fn exclude(offers: &mut [Choice]) {
    let mut group: Vec<usize> = (0..offers.len()).collect();
    let mut first: HashMap<(&str, u32), usize> = HashMap::new();
    for (at, offer) in offers.iter().enumerate() {
        for (demand, _) in &offer.covers {
            let before = *first.entry((&offer.exclusive, *demand)).or_insert(at);
            let (from, to) = (group[before].max(group[at]), group[before].min(group[at]));
            if from != to {
                group[..=at].iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
            }
        }
    }
    let names: Vec<String> = offers
        .iter()
        .zip(&group)
        .map(|(offer, group)| format!("offers of {} {}", offer.exclusive, group + 1))
        .collect();
    for (offer, name) in offers.iter_mut().zip(names) {
        offer.exclusive = name;
    }
}

fn service(desk: &mut Desk, files: &mut Files<'_>, file: &str) -> Service {
    let mut service = Service::new();
    let Some(mut rows) = desk.open_with(files, (file, None), &SERVICE, 2, crate::read::rows::Others::Passed)
    else {
        return service;
    };
    let mut read = 0;
    while desk.next(&mut rows, &mut read) {
        let provider = desk.need(&rows, 0, "a provider");
        let place = desk.need(&rows, 1, "a block or another place of the demand");
        if let (Some(provider), Some(place)) = (provider, place) {
            service.entry(provider).or_default().insert(place);
        }
    }
    service
}

fn offer<R: Read>(shop: &mut Shop<'_>, rows: &Rows<R>, service: Option<&Service>) -> Option<Choice> {
    let id = shop.desk.need(rows, 0, "an id in each row");
    let provider = shop.desk.need(rows, 1, "a provider");
    let sponsored = shop.desk.word(rows, 3, &[("district", true), ("household", false)]);
    let wanted = "a price in dollars a month: a number, 0 or more";
    let cents = rows.number(4, 2, 100_000_000, wanted, &mut shop.desk.rounded, &mut shop.desk.problems);
    let uptake = shop.desk.millionths(rows, 7, 1, "the share of those households that take it: 0 to 1");
    let source = shop.desk.need(rows, 8, "who says so");
    let date = Some(rows.text(9).to_owned()).filter(|date| is_date(date));
    if date.is_none() {
        rows.problem(9, "when: 2026, 2026-09 or 2026-09-30", &mut shop.desk.problems);
    }
    let (id, provider, sponsored, uptake) = (id?, provider?, sponsored?, uptake?);
    let mut choice =
        Choice::new(format!("broadband_offer/{id}"), Kind::BroadbandOffer, format!("{provider}: {id}"));
    let area = rows.text(2);
    let served =
        |place: &str| service.is_none_or(|service| service.get(&provider).is_some_and(|s| s.contains(place)));
    let quality = shop.quality(Kind::BroadbandOffer, MILLION);
    let all = shop.demand.rows.iter().zip(0..).filter(|(row, _)| row.takes(Kind::BroadbandOffer));
    let reached = all.filter(|(row, _)| is_in(area, &row.place) && served(&row.place));
    choice.covers = reached.map(|(_, n)| (n, quality)).collect();
    let reached = choice.covered(shop.demand);
    let takers = times(reached, uptake);
    choice.share = uptake;
    choice.bought_for = Some(takers);
    choice.exclusive.clone_from(&provider);
    if sponsored {
        choice.vendor.clone_from(&provider);
        let unit = "home".to_owned();
        let price = Price { unit, cents: cents?, paid: Paid::Month, life: 1, source: source?, date: date? };
        shop.bill_price(&mut choice, "offer_price", &price, over(takers, shop.home));
    } else {
        shop.bill(&mut choice, "offer_promotion", &provider, over(reached, shop.home));
    }
    Some(choice)
}
