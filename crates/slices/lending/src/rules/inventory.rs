//! What a file of devices changes in the inventory.

use super::state::{Observed, State, Wanted};
use evenfield_gap::inventory::{Condition, Item, Kind, Text, numbers, one_line};
use evenfield_model::Problems;
use std::collections::{HashMap, HashSet};

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// What the counter scans.
    pub barcode: String,
    /// What it is.
    pub kind: Kind,
    /// Who makes it.
    pub make: String,
    /// What the maker calls it.
    pub model: String,
    /// The maker's number.
    pub serial: Option<String>,
    /// 15 digits.
    pub imei: Option<String>,
    /// The card in it.
    pub iccid: Option<String>,
    /// Who paid for it.
    pub funding: String,
    /// What it cost, cents.
    pub cost_cents: Option<i64>,
    /// How well it is.
    pub condition: Condition,
    /// Where it is kept.
    pub location: String,
    /// Where it is.
    pub state: State,
}

impl Device {
    /// A device of which nothing but its names is known.
    pub fn new(id: String, barcode: String, kind: Kind) -> Self {
        Self {
            id,
            barcode,
            kind,
            make: String::new(),
            model: String::new(),
            serial: None,
            imei: None,
            iccid: None,
            funding: String::new(),
            cost_cents: None,
            condition: Condition::default(),
            location: String::new(),
            state: State::Here,
        }
    }

    /// All that people look for it by, in small letters.
    pub fn search_key(&self) -> String {
        let number = |number: &Option<String>| number.clone().unwrap_or_default();
        let all = [
            self.barcode.clone(),
            number(&self.serial),
            number(&self.imei),
            number(&self.iccid),
            self.make.clone(),
            self.model.clone(),
            self.location.clone(),
        ];
        one_line(&all.join(" ").to_lowercase())
    }
}

/// A carrier's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Of its card.
    pub iccid: String,
    /// 10 digits.
    pub line_number: Option<String>,
    /// Whose it is.
    pub carrier: String,
    /// What is paid for it.
    pub plan: String,
    /// What it is wanted to be.
    pub wanted: Wanted,
    /// What it was seen to be.
    pub observed: Observed,
    /// As of when, ms since 1970 UTC; none when the carrier has said nothing.
    pub observed_ms: Option<i64>,
    /// Why staff keep it active without a loan.
    pub hold_reason: Option<String>,
}

impl Line {
    /// A line of which the carrier has said nothing, and that nobody has.
    pub fn new(id: String, iccid: String) -> Self {
        Self {
            id,
            iccid,
            line_number: None,
            carrier: String::new(),
            plan: String::new(),
            wanted: Wanted::Parked,
            observed: Observed::Unknown,
            observed_ms: None,
            hold_reason: None,
        }
    }
}

/// What a file changes: whole rows to store, and counts of its devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Devices that are new or not as they were.
    pub devices: Vec<Device>,
    /// Lines that are new or not as they were.
    pub lines: Vec<Line>,
    /// Devices that are new.
    pub new: usize,
    /// Devices that are not as they were.
    pub changed: usize,
    /// Devices that are as they were.
    pub same: usize,
}

/// The texts and numbers of a row laid over a device. What the file has no column for stays.
fn overlay(device: &mut Device, item: &Item) {
    let text = |to: &mut String, text: Text| {
        if let Some(said) = item.text(text) {
            said.clone_into(to);
        }
    };
    text(&mut device.make, Text::Make);
    text(&mut device.model, Text::Model);
    text(&mut device.funding, Text::Funding);
    text(&mut device.location, Text::Location);
    let number = |to: &mut Option<String>, said: &Option<Option<String>>| {
        if let Some(said) = said {
            to.clone_from(said);
        }
    };
    number(&mut device.serial, &item.serial);
    number(&mut device.imei, &item.imei);
    number(&mut device.iccid, &item.iccid);
    device.kind = item.kind;
    device.cost_cents = item.cost_cents.unwrap_or(device.cost_cents);
    device.condition = item.condition.unwrap_or(device.condition);
}

/// Lays the rows of a file over the inventory. A number that a device or line has that is not in the file is a problem; between those in
/// it numbers may move. Ids of new rows come from `new_id`.
pub fn changes(
    file: &str,
    items: &[Item],
    devices: &[Device],
    lines: &[Line],
    new_id: &mut dyn FnMut() -> String,
    problems: &mut Problems,
) -> Changes {
    let known: HashMap<&str, &Device> = devices.iter().map(|d| (d.barcode.as_str(), d)).collect();
    let taken = Taken::of(items, devices, lines);
    let by_card: HashMap<&str, &Line> = lines.iter().map(|line| (line.iccid.as_str(), line)).collect();
    let mut changes = Changes::default();
    for item in items {
        taken.check(file, item, problems);
        let before = known.get(item.barcode.as_str());
        let mut device = match before {
            Some(device) => (*device).clone(),
            None => Device::new(new_id(), item.barcode.clone(), item.kind),
        };
        overlay(&mut device, item);
        if let Some(before) = before {
            check_lent(file, item, (before, &device), problems);
        }
        match before {
            None => changes.new += 1,
            Some(before) if **before != device => changes.changed += 1,
            Some(_) => changes.same += 1,
        }
        if before.is_none_or(|before| **before != device) {
            changes.devices.push(device);
        }
        changes.lines.extend(line_of(item, &by_card, new_id));
    }
    changes
}

/// The fields of a form that would take the card from a device that is lent, or make something else of it, with the keys of their
/// messages. Another card may be put in.
pub fn wrong_of_lent(before: &Device, after: &Device) -> Vec<(&'static str, &'static str)> {
    let mut wrong = Vec::new();
    if matches!(before.state, State::Lent | State::Lost) {
        if before.iccid.is_some() && after.iccid.is_none() {
            wrong.push(("iccid", "lending-wrong-lent-card"));
        }
        if before.kind != after.kind {
            wrong.push(("kind", "lending-wrong-lent-kind"));
        }
    }
    wrong
}

/// A file takes no card from a device that is lent, since its line would end without notice, and makes nothing else of it.
fn check_lent(file: &str, item: &Item, (before, after): (&Device, &Device), problems: &mut Problems) {
    if !matches!(before.state, State::Lent | State::Lost) {
        return;
    }
    if before.iccid.is_some() && after.iccid.is_none() {
        let wanted =
            format!("the card's number, or no column `iccid`: {} is lent with its card", before.barcode);
        problems.push(file, item.line, "iccid", "", wanted);
    }
    if before.kind != after.kind {
        let wanted = format!("`{}`: {} is lent as that", before.kind.as_str(), before.barcode);
        problems.push(file, item.line, "type", item.kind.as_str(), wanted);
    }
}

/// The cards whose lines may be wanted otherwise after a change: those of lent devices that had or have another card or line.
pub fn cards_to_settle(devices: &[Device], changes: &Changes) -> Vec<String> {
    let lent: HashMap<&str, &Device> = devices
        .iter()
        .filter(|device| matches!(device.state, State::Lent | State::Lost))
        .map(|device| (device.id.as_str(), device))
        .collect();
    let mut cards: Vec<String> = Vec::new();
    for after in &changes.devices {
        if let Some(before) = lent.get(after.id.as_str()).filter(|before| before.iccid != after.iccid) {
            cards.extend(before.iccid.iter().chain(&after.iccid).cloned());
        }
    }
    let held: HashSet<&str> = lent.values().filter_map(|device| device.iccid.as_deref()).collect();
    cards.extend(changes.lines.iter().filter(|l| held.contains(l.iccid.as_str())).map(|l| l.iccid.clone()));
    cards.sort();
    cards.dedup();
    cards
}

/// A device as a form makes it: its barcode, too, may be another.
pub fn edited(before: &Device, item: &Item) -> Device {
    let mut device = before.clone();
    overlay(&mut device, item);
    device.barcode.clone_from(&item.barcode);
    device
}

/// The line of a form, when it says something of it that is not so already; `before` is the line of its card.
pub fn line_change(item: &Item, before: Option<&Line>, new_id: &mut dyn FnMut() -> String) -> Option<Line> {
    line_of(item, &before.map(|line| (line.iccid.as_str(), line)).into_iter().collect(), new_id)
}

/// The line of a row, when the row says something of it that is not so already.
fn line_of(item: &Item, by_card: &HashMap<&str, &Line>, new_id: &mut dyn FnMut() -> String) -> Option<Line> {
    let iccid = item.iccid.clone()??;
    let number = item.line_number.clone().flatten();
    let says = |text: Text| item.text(text).filter(|text| !text.is_empty());
    if number.is_none() && says(Text::Carrier).is_none() && says(Text::Plan).is_none() {
        return None;
    }
    let before = by_card.get(iccid.as_str());
    let mut line = match before {
        Some(line) => (*line).clone(),
        None => Line::new(new_id(), iccid),
    };
    if item.line_number.is_some() {
        line.line_number = number;
    }
    for (to, text) in [(&mut line.carrier, Text::Carrier), (&mut line.plan, Text::Plan)] {
        if let Some(said) = item.text(text) {
            said.clone_into(to);
        }
    }
    before.is_none_or(|before| **before != line).then_some(line)
}

/// Numbers of devices and lines that are not in the file, with who has each.
struct Taken<'d> {
    serial: HashMap<&'d str, &'d str>,
    imei: HashMap<&'d str, &'d str>,
    iccid: HashMap<&'d str, &'d str>,
    line_number: HashMap<&'d str, &'d str>,
}

impl<'d> Taken<'d> {
    fn of(items: &[Item], devices: &'d [Device], lines: &'d [Line]) -> Self {
        let barcodes: HashSet<&str> = items.iter().map(|item| item.barcode.as_str()).collect();
        let cards: HashSet<&str> = items.iter().filter_map(|item| item.iccid.as_ref()?.as_deref()).collect();
        let others: Vec<&Device> =
            devices.iter().filter(|device| !barcodes.contains(device.barcode.as_str())).collect();
        let numbers = |number: fn(&Device) -> Option<&str>| {
            others.iter().filter_map(|d| Some((number(d)?, d.barcode.as_str()))).collect()
        };
        let line = |line: &'d Line| Some((line.line_number.as_deref()?, line.iccid.as_str()));
        Self {
            serial: numbers(|d| d.serial.as_deref()),
            imei: numbers(|d| d.imei.as_deref()),
            iccid: numbers(|d| d.iccid.as_deref()),
            line_number: lines
                .iter()
                .filter(|l| !cards.contains(l.iccid.as_str()))
                .filter_map(line)
                .collect(),
        }
    }

    fn check(&self, file: &str, item: &Item, problems: &mut Problems) {
        let columns = [
            ("serial", &item.serial, &self.serial),
            ("imei", &item.imei, &self.imei),
            ("iccid", &item.iccid, &self.iccid),
            ("line_number", &item.line_number, &self.line_number),
        ];
        for (column, number, taken) in columns {
            let Some(Some(number)) = number else { continue };
            if let Some(owner) = taken.get(number.as_str()) {
                let wanted = format!("a number that no other device or line has; {owner} has it");
                problems.push(file, item.line, column, number, wanted);
            }
        }
    }
}

/// A form of one device, as people fill it in.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DeviceForm {
    /// Its barcode.
    pub barcode: String,
    /// Its kind's word.
    pub kind: String,
    /// Who makes it.
    pub make: String,
    /// The model.
    pub model: String,
    /// The serial.
    pub serial: String,
    /// The IMEI.
    pub imei: String,
    /// The card's ICCID.
    pub iccid: String,
    /// The line's number.
    pub line_number: String,
    /// The carrier.
    pub carrier: String,
    /// The plan.
    pub plan: String,
    /// Who paid for it.
    pub funding: String,
    /// Dollars.
    pub cost: String,
    /// Its condition's word.
    pub condition: String,
    /// Where it is kept.
    pub location: String,
}

impl DeviceForm {
    /// The form as a row of a file says it, or the fields that are wrong with the keys of their messages.
    ///
    /// # Errors
    /// The wrong fields, in the order of the form.
    pub fn read(&self) -> Result<Item, Vec<(&'static str, &'static str)>> {
        let mut wrong = Vec::new();
        let mut number = |name, key, said: &str, read: fn(&str) -> Result<String, numbers::Wrong>| {
            if said.trim().is_empty() {
                return None;
            }
            let read = read(said).ok();
            if read.is_none() {
                wrong.push((name, key));
            }
            read
        };
        let barcode = number("barcode", "lending-wrong-barcode", &self.barcode, numbers::code);
        let serial = number("serial", "lending-wrong-serial", &self.serial, numbers::code);
        let imei = number("imei", "lending-wrong-imei", &self.imei, numbers::imei);
        let iccid = number("iccid", "lending-wrong-iccid", &self.iccid, |text| numbers::iccid(text, false));
        let line_number =
            number("line_number", "lending-wrong-line-number", &self.line_number, numbers::line_number);
        if self.barcode.trim().is_empty() {
            wrong.insert(0, ("barcode", "lending-wrong-barcode"));
        }
        let kind = Kind::from_word(&self.kind);
        if kind.is_none() {
            wrong.push(("kind", "lending-wrong-kind"));
        }
        let line = [&self.line_number, &self.carrier, &self.plan];
        if self.iccid.trim().is_empty() && line.iter().any(|text| !text.trim().is_empty()) {
            wrong.push(("iccid", "lending-wrong-card"));
        }
        let cost = Some(self.cost.trim()).filter(|cost| !cost.is_empty());
        let cost_cents = cost.and_then(numbers::cents);
        if cost.is_some() && cost_cents.is_none() {
            wrong.push(("cost", "lending-wrong-cost"));
        }
        let texts = [&self.make, &self.model, &self.funding, &self.location, &self.carrier, &self.plan];
        let texts =
            texts.map(|text| Some(one_line(text).chars().take(evenfield_gap::inventory::TEXT).collect()));
        match (barcode, kind) {
            (Some(barcode), Some(kind)) if wrong.is_empty() => Ok(Item {
                line: 0,
                barcode,
                kind,
                texts,
                serial: Some(serial),
                imei: Some(imei),
                iccid: Some(iccid),
                line_number: Some(line_number),
                cost_cents: Some(cost_cents),
                condition: Some(Condition::from_word(&self.condition).unwrap_or_default()),
            }),
            _ => Err(wrong),
        }
    }

    /// The form of a device with its line.
    pub fn of(device: &Device, line: Option<&Line>) -> Self {
        let number = |number: &Option<String>| number.clone().unwrap_or_default();
        Self {
            barcode: device.barcode.clone(),
            kind: device.kind.as_str().to_owned(),
            make: device.make.clone(),
            model: device.model.clone(),
            serial: number(&device.serial),
            imei: number(&device.imei),
            iccid: number(&device.iccid),
            line_number: line.map(|line| number(&line.line_number)).unwrap_or_default(),
            carrier: line.map(|line| line.carrier.clone()).unwrap_or_default(),
            plan: line.map(|line| line.plan.clone()).unwrap_or_default(),
            funding: device.funding.clone(),
            cost: device.cost_cents.map(dollars).unwrap_or_default(),
            condition: device.condition.as_str().to_owned(),
            location: device.location.clone(),
        }
    }
}

/// Cents as dollars: `89.99`.
pub fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_gap::inventory::parse;
    use proptest::prelude::*;

    fn apply(devices: &mut Vec<Device>, lines: &mut Vec<Line>, text: &str) -> (Changes, Problems) {
        let (items, mut problems) = parse("d.csv", text.as_bytes(), &[]);
        assert!(problems.is_empty(), "{problems:?}");
        let mut n = devices.len() + lines.len() * 1000;
        let mut new_id = || {
            n += 1;
            format!("id{n}")
        };
        let changes = changes("d.csv", &items, devices, lines, &mut new_id, &mut problems);
        if problems.is_empty() {
            for device in &changes.devices {
                devices.retain(|d| d.id != device.id);
                devices.push(device.clone());
            }
            for line in &changes.lines {
                lines.retain(|l| l.id != line.id);
                lines.push(line.clone());
            }
        }
        (changes, problems)
    }

    #[test]
    fn a_file_twice_is_a_file_once_and_columns_that_are_not_there_stay() {
        let (mut devices, mut lines) = (Vec::new(), Vec::new());
        let file = "barcode,type,serial,iccid,carrier,cost\nA,hotspot,S1,8991101200003204514,Blue,90\nB,laptop,S2,,,\n";
        let (first, _) = apply(&mut devices, &mut lines, file);
        assert_eq!((first.new, first.changed, first.same, first.lines.len()), (2, 0, 0, 1));
        let (again, _) = apply(&mut devices, &mut lines, file);
        assert_eq!(again, Changes { same: 2, ..Changes::default() });
        let (less, _) = apply(&mut devices, &mut lines, "barcode,type\nA,hotspot\n");
        assert_eq!(less.same, 1);
        let (cost, _) = apply(&mut devices, &mut lines, "barcode,type,cost\nA,hotspot,\n");
        assert_eq!(
            (cost.changed, devices.iter().find(|d| d.barcode == "A").expect("it").cost_cents),
            (1, None)
        );
    }

    #[test]
    fn numbers_move_within_a_file_and_not_out_of_it() {
        let (mut devices, mut lines) = (Vec::new(), Vec::new());
        apply(&mut devices, &mut lines, "barcode,type,serial\nA,laptop,S1\nB,laptop,S2\nC,laptop,S3\n");
        let (swap, problems) =
            apply(&mut devices, &mut lines, "barcode,type,serial\nA,laptop,S2\nB,laptop,S1\n");
        assert!(problems.is_empty());
        assert_eq!(swap.changed, 2);
        let (_, problems) = apply(&mut devices, &mut lines, "barcode,type,serial\nA,laptop,S3\n");
        let wrong = &problems.kept()[0];
        assert_eq!((wrong.line, wrong.column.as_str(), wrong.said.as_str()), (2, "serial", "S3"));
        assert!(wrong.wanted.contains("C has it"), "{wrong}");
    }

    #[test]
    fn a_form_says_what_its_device_says() {
        let form = DeviceForm {
            barcode: "hs-1".into(),
            kind: "hotspot".into(),
            iccid: "8991101200003204514".into(),
            carrier: "Blue".into(),
            cost: "$89.5".into(),
            ..DeviceForm::default()
        };
        let item = form.read().expect("a device");
        let changes = changes("", &[item], &[], &[], &mut || "x".to_owned(), &mut Problems::default());
        let again = DeviceForm::of(&changes.devices[0], changes.lines.first());
        assert_eq!(
            (again.barcode.as_str(), again.cost.as_str(), again.carrier.as_str()),
            ("HS-1", "89.50", "Blue")
        );
        let wrong = DeviceForm { carrier: "Blue".into(), imei: "1".into(), ..DeviceForm::default() };
        let fields: Vec<_> = wrong.read().expect_err("wrong").into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["barcode", "imei", "kind", "iccid"]);
    }

    proptest! {
        /// Whatever lists come one after the other: no number is with two devices, and a list that comes again changes nothing.
        #[test]
        fn no_number_is_with_two_devices(lists in proptest::collection::vec(
            proptest::collection::btree_map(0u8..5, proptest::option::of(0u8..5), 1..5), 1..8)) {
            let (mut devices, mut lines) = (Vec::new(), Vec::new());
            for list in lists {
                let mut serials = HashSet::new();
                let mut file = String::from("barcode,type,serial\n");
                for (barcode, serial) in list {
                    let serial = serial.filter(|s| serials.insert(*s)).map(|s| format!("s{s}")).unwrap_or_default();
                    file += &format!("b{barcode},laptop,{serial}\n");
                }
                let (_, problems) = apply(&mut devices, &mut lines, &file);
                if problems.is_empty() {
                    let (again, _) = apply(&mut devices, &mut lines, &file);
                    prop_assert!(again.devices.is_empty() && again.new == 0);
                }
                let there: Vec<_> = devices.iter().filter_map(|d| d.serial.clone()).collect();
                prop_assert_eq!(there.iter().collect::<HashSet<_>>().len(), there.len());
            }
        }
    }
}
