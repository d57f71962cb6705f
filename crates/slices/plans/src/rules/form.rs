//! The steps of a scenario and their fields: one table for forms, for what is stored and for `scenario.toml`.

use super::scenario::Settings;

/// A file that a scenario may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Students by place, of the district's own making.
    Students,
    /// Sites for homework hotspots.
    Anchors,
    /// Broadband offers.
    Offers,
    /// Where providers have service.
    Service,
    /// Where carriers have service, for lending and buses.
    Coverage,
    /// Bus routes as a table.
    Routes,
    /// Bus routes as GTFS.
    Gtfs,
    /// Where buses may be parked.
    Parking,
    /// Sites of private LTE.
    Sites,
    /// Whom they serve.
    Served,
    /// What each of their sectors gives.
    Sectors,
}

impl Slot {
    /// All slots.
    pub const ALL: [Self; 11] = [
        Self::Students,
        Self::Anchors,
        Self::Offers,
        Self::Service,
        Self::Coverage,
        Self::Routes,
        Self::Gtfs,
        Self::Parking,
        Self::Sites,
        Self::Served,
        Self::Sectors,
    ];

    /// The word in the table, in forms and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Students => "students",
            Self::Anchors => "anchors",
            Self::Offers => "offers",
            Self::Service => "service",
            Self::Coverage => "coverage",
            Self::Routes => "routes",
            Self::Gtfs => "gtfs",
            Self::Parking => "parking",
            Self::Sites => "sites",
            Self::Served => "served",
            Self::Sectors => "sectors",
        }
    }

    /// The slot of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.word() == word)
    }
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A share: `0.3` or `30%`.
    Share,
    /// One of these words; each has a message `plans-choice-WORD`.
    Choice(&'static [&'static str]),
    /// A file.
    File(Slot),
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in the form and in the settings; the message `plans-field-KEY` is its label.
    pub key: &'static str,
    /// What it takes.
    pub input: Input,
    /// The table and key of `scenario.toml` that it becomes; an empty key is written by code of its own.
    pub to: (&'static str, &'static str),
    /// Whether the message `plans-hint-KEY` says more.
    pub has_hint: bool,
    /// How many times it is asked for: `KEY_1`, `KEY_2`, …; 1 is `KEY` alone.
    pub times: u8,
}

const fn field(key: &'static str, input: Input, to: (&'static str, &'static str)) -> Field {
    Field { key, input, to, has_hint: false, times: 1 }
}

const fn hinted(key: &'static str, input: Input, to: (&'static str, &'static str)) -> Field {
    Field { has_hint: true, ..field(key, input, to) }
}

const fn several(times: u8, of: Field) -> Field {
    Field { times, ..of }
}

/// A step: a page with a form.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The word in the address; the message `plans-step-WORD` is its title, `plans-lead-WORD` says what it is for.
    pub word: &'static str,
    /// The table of `scenario.toml` whose problems are its own, beside those of its fields.
    pub table: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// How many plans of carriers the pages have room for. Rows of a kind are told by these numbers, so no two are the same.
pub const CARRIERS: u8 = 12;
/// Funds of one's own.
pub const FUNDS: u8 = 8;
/// Floors.
pub const FLOORS: u8 = 60;
/// Years at most in the pages.
pub const YEARS: u8 = 20;

use Input::{Choice, File, Number, Share, Text};

const BASIS: [Field; 7] = [
    field("name", Text, ("", "")),
    hinted("first_year", Number, ("", "first_year")),
    hinted("years", Number, ("", "years")),
    several(YEARS, hinted("budget", Number, ("", ""))),
    hinted("inflation", Share, ("costs", "")),
    hinted("students_per_home", Number, ("", "students_per_home")),
    hinted("vendors", Number, ("", "vendors")),
];

const DEMAND: [Field; 7] = [
    field("demand", Choice(&["figures", "file"]), ("demand", "")),
    hinted("measure", Choice(&["m1", "m2", "m3", "m4a", "m4b", "m5", "m6"]), ("demand", "")),
    hinted("geography", Choice(&["block_group", "tract", "attendance_zone", "county"]), ("demand", "")),
    hinted("students", File(Slot::Students), ("demand", "")),
    hinted("not_affordable", Share, ("demand", "")),
    field("not_available", Share, ("demand", "")),
    field("not_desired", Share, ("demand", "")),
];

const ANCHORS: [Field; 7] = [
    field("anchors_use", Choice(&["yes", "no"]), ("", "")),
    hinted("anchors", File(Slot::Anchors), ("homework_hotspots", "file")),
    hinted("walk_meters", Number, ("homework_hotspots", "walk_meters")),
    field("drive_meters", Number, ("homework_hotspots", "drive_meters")),
    hinted("anchor_hours_needed", Number, ("homework_hotspots", "hours_needed")),
    hinted("anchor_used", Share, ("homework_hotspots", "used")),
    hinted("anchor_detour", Number, ("homework_hotspots", "detour")),
];

const OFFERS: [Field; 5] = [
    field("offers_use", Choice(&["yes", "no"]), ("", "")),
    hinted("offers", File(Slot::Offers), ("broadband_offers", "file")),
    hinted("service", File(Slot::Service), ("broadband_offers", "service")),
    hinted("download", Number, ("broadband_offers", "download")),
    hinted("upload", Number, ("broadband_offers", "upload")),
];

const LENDING: [Field; 9] = [
    field("lending_use", Choice(&["yes", "no"]), ("", "")),
    hinted("coverage", File(Slot::Coverage), ("hotspot_lending", "coverage")),
    several(CARRIERS, hinted("carrier", Text, ("hotspot_lending", "carrier"))),
    several(CARRIERS, hinted("carrier_plan", Text, ("hotspot_lending", "name"))),
    several(CARRIERS, field("use", Choice(&["outdoor", "indoor"]), ("hotspot_lending", "use"))),
    several(CARRIERS, hinted("lent_used", Share, ("hotspot_lending", "used"))),
    several(CARRIERS, field("cap_gb", Number, ("hotspot_lending", "cap_gb"))),
    several(CARRIERS, hinted("need_gb", Number, ("hotspot_lending", "need_gb"))),
    several(CARRIERS, hinted("lent_owned", Number, ("hotspot_lending", "owned"))),
];

const BUSES: [Field; 16] = [
    field("buses_use", Choice(&["yes", "no"]), ("", "")),
    hinted("routes", File(Slot::Routes), ("bus_wifi", "routes")),
    hinted("gtfs", File(Slot::Gtfs), ("bus_wifi", "gtfs")),
    field("gtfs_service", Text, ("bus_wifi", "service")),
    hinted("riders_per_run", Number, ("bus_wifi", "riders_per_run")),
    hinted("covered", Share, ("bus_wifi", "covered")),
    hinted("bus_carrier", Text, ("bus_wifi", "carrier")),
    hinted("bus_used", Share, ("bus_wifi", "used")),
    hinted("ride_share", Share, ("bus_wifi", "ride_share")),
    field("stop_meters", Number, ("bus_wifi", "stop_meters")),
    field("bus_detour", Number, ("bus_wifi", "detour")),
    field("rides_a_day", Number, ("bus_wifi", "rides_a_day")),
    hinted("minutes_needed", Number, ("bus_wifi", "minutes_needed")),
    hinted("parking", File(Slot::Parking), ("bus_wifi", "parking")),
    field("parked_meters", Number, ("bus_wifi", "parked_meters")),
    field("bus_hours_needed", Number, ("bus_wifi", "hours_needed")),
];

const LTE: [Field; 8] = [
    field("lte_use", Choice(&["yes", "no"]), ("", "")),
    hinted("sites", File(Slot::Sites), ("private_lte", "sites")),
    hinted("served", File(Slot::Served), ("private_lte", "served")),
    hinted("sectors", File(Slot::Sectors), ("private_lte", "sectors")),
    hinted("need_mbps", Number, ("private_lte", "need_mbps")),
    hinted("need_up_mbps", Number, ("private_lte", "need_up_mbps")),
    hinted("lte_uptake", Share, ("private_lte", "uptake")),
    hinted("lte_vendor", Text, ("private_lte", "vendor")),
];

const POLICY: [Field; 20] = [
    hinted("group", Text, ("", "group")),
    hinted("floors_by", Choice(&["typed", FAIR]), ("", "")),
    several(FLOORS, hinted("floor_group", Text, ("", ""))),
    several(FLOORS, hinted("floor_share", Share, ("floors", ""))),
    hinted("counts_broadband_offer", Share, ("quality.broadband_offer", "counts")),
    field("counts_lte_outdoor", Share, ("quality.lte_outdoor", "counts")),
    field("counts_lte_indoor", Share, ("quality.lte_indoor", "counts")),
    field("counts_hotspot_lending", Share, ("quality.hotspot_lending", "counts")),
    field("counts_homework_hotspot", Share, ("quality.homework_hotspot", "counts")),
    field("counts_bus_ride", Share, ("quality.bus_ride", "counts")),
    field("counts_parked_bus", Share, ("quality.parked_bus", "counts")),
    hinted("share_ecf", Share, ("funding", "")),
    field("share_e_rate_buses", Share, ("funding", "")),
    field("share_e_rate_hotspots", Share, ("funding", "")),
    several(FUNDS, hinted("fund_name", Text, ("funding", "name"))),
    several(FUNDS, hinted("fund_items", Text, ("funding", "items"))),
    several(FUNDS, field("fund_share", Share, ("funding", "share"))),
    several(FUNDS, field("fund_source", Text, ("funding", "source"))),
    several(FUNDS, hinted("fund_date", Text, ("funding", "date"))),
    several(FUNDS, hinted("fund_years", Text, ("funding", ""))),
];

/// The steps, in the order in which they are taken. The cost book has a page of its own.
pub const STEPS: [Step; 9] = [
    Step { word: "basis", table: "", fields: &BASIS },
    Step { word: "demand", table: "demand", fields: &DEMAND },
    Step { word: "anchors", table: "homework_hotspots", fields: &ANCHORS },
    Step { word: "offers", table: "broadband_offers", fields: &OFFERS },
    Step { word: "lending", table: "hotspot_lending", fields: &LENDING },
    Step { word: "buses", table: "bus_wifi", fields: &BUSES },
    Step { word: "lte", table: "private_lte", fields: &LTE },
    Step { word: COSTS, table: "costs", fields: &[] },
    Step { word: "policy", table: "funding", fields: &POLICY },
];

/// The choice of `floors_by` by which every group is to have as much as every group can have at once.
pub const FAIR: &str = "fair";

/// The step of the cost book.
pub const COSTS: &str = "costs";

/// The step of this word.
pub fn step(word: &str) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.word == word)
}

/// The step after this one.
pub fn after(word: &str) -> Option<&'static Step> {
    let at = STEPS.iter().position(|step| step.word == word)?;
    STEPS.get(at + 1)
}

impl Step {
    /// The names of all its inputs with their fields, in the order in which they stand on the page: of fields that are asked for several
    /// times first all of the first time.
    pub fn inputs(&self) -> Vec<(String, &'static Field, u8)> {
        let mut inputs = Vec::new();
        let mut at = 0;
        while at < self.fields.len() {
            let times = self.fields[at].times;
            let run = self.fields[at..].iter().take_while(|field| field.times == times).count();
            let run = &self.fields[at..at + run];
            for time in 1..=times {
                inputs.extend(run.iter().map(|field| (field.input_name(time), field, time)));
            }
            at += run.len();
        }
        inputs
    }

    /// Whether a problem at this column of `scenario.toml` is about this step.
    pub fn owns(&self, column: &str) -> bool {
        owner(column).is_some_and(|step| step.word == self.word)
    }
}

/// The step that a problem at this column of `scenario.toml` is about: the one that has a field for it, or else the one of its table.
fn owner(column: &str) -> Option<&'static Step> {
    let table = column.split(['.', '[']).next().unwrap_or_default();
    let of_field = STEPS.iter().find(|step| step.fields.iter().any(|field| field.at(column).is_some()));
    of_field.or_else(|| {
        STEPS.iter().find(|step| {
            (!step.table.is_empty() && table == step.table)
                || (step.word == "policy" && ["floors", "quality", "group"].contains(&table))
        })
    })
}

impl Field {
    /// The name of its input of this time.
    pub fn input_name(&self, time: u8) -> String {
        if self.times == 1 { self.key.to_owned() } else { format!("{}_{time}", self.key) }
    }

    /// Which time of the field a problem at this column is about: `budget`, `costs.inflation`, or the name of an input.
    pub fn at(&self, column: &str) -> Option<u8> {
        let key = if self.to.1.is_empty() { self.key } else { self.to.1 };
        let full = if self.to.0.is_empty() { key.to_owned() } else { format!("{}.{key}", self.to.0) };
        if column == full || column == self.key {
            // Tables that there are several of are not told apart.
            return (self.times == 1 || self.to.0.is_empty()).then_some(1);
        }
        if self.times == 1 {
            return None;
        }
        let time = column.strip_prefix(self.key).and_then(|rest| rest.strip_prefix('_'));
        time.and_then(|time| time.parse().ok()).filter(|time| (1..=self.times).contains(time))
    }

    /// The heading that stands before this input: the message `plans-part-WORD`.
    pub fn part(&self, time: u8) -> Option<&'static str> {
        match (self.key, time) {
            ("group", 1) => Some("floors"),
            ("counts_broadband_offer", 1) => Some("quality"),
            ("share_ecf", 1) => Some("funding"),
            _ => None,
        }
    }

    /// Whether this input is shown: budgets for as many years as there are; of rows of other kinds those up to the last that says something, and one more.
    pub fn is_shown(&self, time: u8, settings: &Settings) -> bool {
        match (self.key, self.times) {
            ("budget", _) => usize::from(time) <= settings.years(),
            (_, 1) => true,
            _ => {
                (time..=self.times).any(|row| self.says(row, settings))
                    || time == 1
                    || self.says(time - 1, settings)
            }
        }
    }

    /// Whether an input of the row that this field is in says something.
    fn says(&self, row: u8, settings: &Settings) -> bool {
        let of_row = STEPS.iter().flat_map(|step| step.fields).filter(|field| field.times == self.times);
        of_row
            .filter(|field| !matches!(field.input, Choice(_)))
            .any(|field| !settings.get(&field.input_name(row)).is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_one_field_each() {
        let mut names: Vec<String> = STEPS.iter().flat_map(|s| s.inputs()).map(|(name, ..)| name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        let order: Vec<String> =
            step("lending").unwrap().inputs().into_iter().map(|(name, ..)| name).collect();
        assert_eq!(&order[..4], ["lending_use", "coverage", "carrier_1", "carrier_plan_1"]);
        assert_eq!(order[8..10], ["lent_owned_1", "carrier_2"]);
    }

    #[test]
    fn there_is_always_room_for_one_more_row() {
        let kinds = [CARRIERS, FUNDS, FLOORS, YEARS];
        assert!(kinds.iter().enumerate().all(|(at, times)| !kinds[..at].contains(times)));
        let mut settings = Settings::new(2026);
        let shown = |key: &str, settings: &Settings| {
            let field = STEPS.iter().flat_map(|step| step.fields).find(|field| field.key == key).unwrap();
            (1..=field.times).filter(|time| field.is_shown(*time, settings)).count()
        };
        assert_eq!(
            (shown("carrier", &settings), shown("floor_share", &settings), shown("budget", &settings)),
            (1, 1, 3)
        );
        settings.values.insert("floor_group_2".to_owned(), "yes".to_owned());
        settings.values.insert("use_1".to_owned(), "outdoor".to_owned());
        assert_eq!((shown("carrier", &settings), shown("floor_share", &settings)), (1, 3));
        settings.values.insert(format!("floor_group_{FLOORS}"), "no".to_owned());
        assert_eq!(shown("floor_group", &settings), usize::from(FLOORS));
        assert_eq!(shown("group", &settings), 1);
    }

    #[test]
    fn problems_find_their_step() {
        let owner = |column: &str| STEPS.iter().find(|step| step.owns(column)).map(|step| step.word);
        assert_eq!(owner("budget"), Some("basis"));
        assert_eq!(owner("demand.figures.measure"), Some("demand"));
        assert_eq!(owner("bus_wifi.used"), Some("buses"));
        assert_eq!(owner("hotspot_lending[0].used"), Some("lending"));
        assert_eq!(owner("floors"), Some("policy"));
        assert_eq!(owner("quality.bus_ride.counts"), Some("policy"));
        assert_eq!(owner("costs.inflation"), Some("basis"), "where it is typed");
        assert_eq!(owner("costs.file"), Some("costs"));
        assert_eq!(owner("floor_share_2"), Some("policy"));
        assert_eq!(owner("fund_name_9"), None, "there are eight");
        assert_eq!(owner("elsewhere"), None);
    }
}
