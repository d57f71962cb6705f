//! Homework hotspots: seats with Wi-Fi at libraries, community centres, churches, parks and housing.

use super::choice::{Choice, Shop, over};
use super::fields::Fields;
use super::files::Files;
use super::place::Near;
use super::quality::Kind;
use crate::read::rows::Rows;
use crate::{Fixed, MILLION};
use std::io::Read;

const COLUMNS: [&str; 11] = [
    "site",
    "name",
    "kind",
    "latitude",
    "longitude",
    "seats",
    "hours",
    "travel",
    "access_points",
    "line",
    "fixed",
];
const KINDS: [(&str, ()); 7] = [
    ("library", ()),
    ("community_centre", ()),
    ("church", ()),
    ("park", ()),
    ("housing", ()),
    ("school", ()),
    ("other", ()),
];
const HOURS: usize = 6;
const TRAVEL: usize = 7;
const ACCESS_POINTS: usize = 8;
const LINE: usize = 9;
const FIXED: usize = 10;

/// `[homework_hotspots]` of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    file: String,
    /// Metres of way that a student walks or is driven at most.
    walk: u64,
    drive: u64,
    /// How much longer a way is than the great circle, in millionths.
    detour: u64,
    /// Hours a week that a student needs a seat, in millionths.
    need: u64,
    /// The part of those within reach that comes, in millionths.
    used: u64,
}

impl Settings {
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let file = fields.need("file");
        let walk = fields.whole("walk_meters", 1, 100_000).unwrap_or(1_200);
        let drive = fields.whole("drive_meters", 1, 200_000).unwrap_or(8_000);
        let detour = fields.millionths("detour", MILLION, 5 * MILLION).unwrap_or(1_300_000);
        let need = fields.millionths("hours_needed", 1, 168 * MILLION).unwrap_or(5 * MILLION);
        let used = fields.millionths("used", 1, MILLION).unwrap_or(MILLION);
        Some(Self { file: file?, walk, drive, detour, need, used })
    }
}

/// An option for each site.
pub(super) fn build(shop: &mut Shop<'_>, files: &mut Files<'_>, settings: &Settings) {
    let Some(mut rows) = shop.desk.open(files, &settings.file, None, &COLUMNS, 7) else { return };
    let near = shop.demand.places(Kind::HomeworkHotspot, shop.desk);
    let mut read = 0;
    while shop.desk.next(&mut rows, &mut read) {
        if let Some(choice) = site(shop, &rows, settings, &near) {
            shop.add(&rows, choice);
        }
    }
}

fn site<R: Read>(shop: &mut Shop<'_>, rows: &Rows<R>, settings: &Settings, near: &Near) -> Option<Choice> {
    let id = shop.desk.need(rows, 0, "an id in each row");
    let kind = shop.desk.word(rows, 2, &KINDS);
    let point = shop.desk.point(rows, 3, 4);
    let seats = shop.desk.millionths(rows, 5, 100_000, "seats: a number, 0 or more");
    let hours = shop.desk.millionths(rows, HOURS, 168, "hours a week that students may come: 0 to 168");
    let reach = shop.desk.word(
        rows,
        TRAVEL,
        &[("", settings.walk), ("walk", settings.walk), ("drive", settings.drive)],
    );
    let points = match rows.text(ACCESS_POINTS) {
        "" => Some(MILLION),
        _ => shop.desk.millionths(
            rows,
            ACCESS_POINTS,
            1_000,
            "access points to be bought: a number, 0 or more",
        ),
    };
    let line = shop.desk.word(rows, LINE, &[("", true), ("no", true), ("yes", false)]);
    // What the district has costs no more than what is paid each year, and is given up when another plan is better.
    let fixed = [
        ("", (Fixed::Free, false)),
        ("in", (Fixed::In, false)),
        ("out", (Fixed::Out, false)),
        ("owned", (Fixed::Free, true)),
    ];
    let fixed = shop.desk.word(rows, FIXED, &fixed);
    let (id, point, points) = (id?, point?, points?);
    let name = Some(rows.text(1)).filter(|name| !name.is_empty()).unwrap_or(&id).to_owned();
    let mut choice = Choice::new(format!("homework_hotspot/{id}"), Kind::HomeworkHotspot, name);
    kind?;
    choice.point = Some(point);
    (choice.fixed, choice.owned) = fixed?;
    choice.used = settings.used;
    choice.capacity = Some(over(super::choice::times(seats?, hours?), settings.need));
    let meters = reach? as f64 / (settings.detour as f64 / MILLION as f64);
    let quality = shop.quality(Kind::HomeworkHotspot, settings.used);
    choice.covers = near.within(point, meters).into_iter().map(|(row, _)| (row, quality)).collect();
    if points > 0 {
        shop.bill(&mut choice, "anchor_access_point", &id, points);
    }
    if line? {
        shop.bill(&mut choice, "anchor_line", &id, MILLION);
    }
    shop.bill_if_priced(&mut choice, "anchor_staff", &id, MILLION);
    Some(choice)
}
