//! The people: households at addresses, their access at home, and the students in them.

use super::land::Land;
use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, Grade, GradeBand, InternetPerformance, InternetType,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The schools' names: 2 high, 4 middle and 12 elementary schools with zones, then two without.
pub const SCHOOLS: [(&str, GradeBand); 20] = [
    ("Willow Bend High School", GradeBand::High),
    ("Prairie View High School", GradeBand::High),
    ("Riverside Middle School", GradeBand::Middle),
    ("Cottonwood Middle School", GradeBand::Middle),
    ("Meadowlark Middle School", GradeBand::Middle),
    ("Bluestem Middle School", GradeBand::Middle),
    ("Alder Elementary School", GradeBand::Elementary),
    ("Birch Elementary School", GradeBand::Elementary),
    ("Cedar Elementary School", GradeBand::Elementary),
    ("Dogwood Elementary School", GradeBand::Elementary),
    ("Elm Elementary School", GradeBand::Elementary),
    ("Fern Elementary School", GradeBand::Elementary),
    ("Goldenrod Elementary School", GradeBand::Elementary),
    ("Hackberry Elementary School", GradeBand::Elementary),
    ("Juniper Elementary School", GradeBand::Elementary),
    ("Larch Elementary School", GradeBand::Elementary),
    ("Maple Elementary School", GradeBand::Elementary),
    ("Sage Elementary School", GradeBand::Elementary),
    ("Career and Technical High School", GradeBand::High),
    ("Bridge Alternative School", GradeBand::High),
];

/// How a home is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Wired,
    FixedWireless,
    Satellite,
    CellularOnly,
    None,
}

/// A household with students.
pub struct Household {
    pub block_group: usize,
    pub number: u32,
    pub street: String,
    /// Before bending, km.
    pub x: f64,
    pub y: f64,
    /// Free or reduced-price lunch.
    pub frl: bool,
    pub ell: bool,
    pub wired_offered: bool,
    pub service: Service,
    /// The best device that the household itself has.
    pub own_device: DeviceAway,
    /// Whether its students bring home a Chromebook of the school's.
    pub school_devices: bool,
    pub download_mbps: f64,
    pub upload_mbps: f64,
    pub barrier: Option<Barrier>,
    pub students: u32,
}

/// A student.
pub struct Student {
    pub household: usize,
    pub school: usize,
    pub grade: Grade,
    pub iep: bool,
    pub device: DeviceAway,
    pub sharing: DeviceSharing,
    pub provider: DeviceProvider,
    /// Whether the family answered the survey.
    pub answered: bool,
}

/// Everybody.
pub struct People {
    pub households: Vec<Household>,
    pub students: Vec<Student>,
}

/// The logistic function.
fn share(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

impl People {
    pub fn new(seed: u64, land: &Land, students: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7065_6f70_6c65);
        let all: f64 = land.block_groups.iter().map(|b| b.people()).sum();
        let mut people = Self { households: Vec::new(), students: Vec::new() };
        for (i, block_group) in land.block_groups.iter().enumerate() {
            let wanted = (students as f64 * block_group.people() / all).round() as usize;
            let before = people.students.len();
            while people.students.len() < before + wanted {
                let household = Household::new(i, land, people.households.len(), &mut rng);
                for _ in 0..household.students {
                    let student = Student::new(people.households.len(), &household, land, &mut rng);
                    people.students.push(student);
                }
                people.households.push(household);
            }
        }
        people
    }
}

impl Household {
    fn new(block_group: usize, land: &Land, serial: usize, rng: &mut ChaCha8Rng) -> Self {
        let place = &land.block_groups[block_group];
        let (street, y) = place.streets[serial % place.streets.len()].clone();
        let x = rng.random_range(place.piece.west..place.piece.east);
        let frl = rng.random_bool(share(-0.35 - 1.1 * place.prosperity));
        let ell = rng.random_bool(if frl { 0.17 } else { 0.05 });
        let wired_offered = rng.random_bool(place.wired_offered);
        let service = service(frl, ell, wired_offered, rng);
        let own_device = match rng.random_bool(share(3.4 - 1.6 * f64::from(u8::from(frl)))) {
            true => DeviceAway::LaptopComputer,
            false => match rng.random::<f64>() {
                r if r < 0.6 => DeviceAway::Smartphone,
                r if r < 0.8 => DeviceAway::Tablet,
                _ => DeviceAway::None,
            },
        };
        let school_devices = rng.random_bool(0.55);
        let (download_mbps, upload_mbps) = speeds(service, place.urban, rng);
        let students = [1, 1, 1, 2, 2, 2, 2, 3, 3, 4][rng.random_range(0..10)];
        Self {
            block_group,
            // Odd and even sides; numbers never repeat within a street.
            number: 100 + 2 * (serial / place.streets.len()) as u32 + u32::from(serial.is_multiple_of(2)),
            street,
            x,
            y,
            frl,
            ell,
            wired_offered,
            service,
            own_device,
            school_devices,
            download_mbps,
            upload_mbps,
            barrier: barrier(service, frl, wired_offered, rng),
            students,
        }
    }

    /// Whether a student of this household can use the Internet at home at all.
    pub fn online(&self) -> bool {
        self.service != Service::None
    }

    /// Whether there is any device, the family's or the school's. The census asks for computers that anybody of the
    /// household owns *or uses*, so that a smartphone counts, and the school's Chromebook.
    pub fn has_device(&self) -> bool {
        self.school_devices || self.own_device != DeviceAway::None
    }
}

fn service(frl: bool, ell: bool, wired_offered: bool, rng: &mut ChaCha8Rng) -> Service {
    let poor = f64::from(u8::from(frl)) + 0.3 * f64::from(u8::from(ell));
    if wired_offered && rng.random_bool(share(2.5 - 1.7 * poor)) {
        return Service::Wired;
    }
    if !wired_offered && rng.random_bool(share(0.3 - 0.9 * poor)) {
        return if rng.random_bool(0.6) { Service::FixedWireless } else { Service::Satellite };
    }
    if rng.random_bool(0.6) { Service::CellularOnly } else { Service::None }
}

/// Download and upload, Mbps.
fn speeds(service: Service, urban: f64, rng: &mut ChaCha8Rng) -> (f64, f64) {
    let spread = |low: f64, high: f64, rng: &mut ChaCha8Rng| {
        (low.ln() + (high.ln() - low.ln()) * rng.random::<f64>()).exp()
    };
    match service {
        Service::Wired if rng.random_bool(0.25 + 0.7 * urban) => {
            let down = spread(60.0, 600.0, rng);
            (down, down * rng.random_range(0.05..0.5))
        }
        Service::Wired => (spread(3.0, 40.0, rng), spread(0.7, 5.0, rng)),
        Service::FixedWireless => (spread(8.0, 90.0, rng), spread(1.5, 14.0, rng)),
        Service::Satellite => (spread(12.0, 150.0, rng), spread(2.0, 18.0, rng)),
        Service::CellularOnly => (spread(2.0, 60.0, rng), spread(0.5, 12.0, rng)),
        Service::None => (0.0, 0.0),
    }
}

fn barrier(service: Service, frl: bool, wired_offered: bool, rng: &mut ChaCha8Rng) -> Option<Barrier> {
    if !matches!(service, Service::None | Service::CellularOnly) {
        return None;
    }
    Some(match rng.random::<f64>() {
        r if !wired_offered && r < 0.7 => Barrier::NotAvailable,
        r if frl && r < 0.82 => Barrier::NotAffordable,
        r if r < 0.55 => Barrier::NotAffordable,
        r if r < 0.88 => Barrier::NotDesired,
        _ => Barrier::Other,
    })
}

impl Student {
    fn new(household_id: usize, household: &Household, land: &Land, rng: &mut ChaCha8Rng) -> Self {
        let grade = match rng.random_range(0..13) {
            0 => Grade::Kindergarten,
            year => Grade::Year(year),
        };
        let school = school(grade, household, land, rng);
        let device = if household.school_devices { DeviceAway::Chromebook } else { household.own_device };
        let shared = device != DeviceAway::Chromebook
            && rng.random_bool(0.15 + 0.15 * f64::from(household.students - 1));
        // Who answers depends on what the roster knows and on nothing else, so that weighting can mend it.
        let logit = 0.3 - 1.0 * f64::from(u8::from(household.frl));
        Self {
            household: household_id,
            school,
            grade,
            iep: rng.random_bool(0.14),
            device,
            sharing: if shared { DeviceSharing::Shared } else { DeviceSharing::NotShared },
            provider: if device == DeviceAway::Chromebook {
                DeviceProvider::School
            } else {
                DeviceProvider::Personal
            },
            answered: rng.random_bool(share(logit)),
        }
    }

    /// How well schoolwork runs at home.
    pub fn performance(household: &Household) -> InternetPerformance {
        match household.download_mbps / f64::from(household.students) {
            each if each >= 20.0 => InternetPerformance::Yes,
            each if each >= 5.0 => InternetPerformance::Sometimes,
            _ => InternetPerformance::No,
        }
    }

    /// The kind of service in Ed-Fi's words.
    pub fn internet_type(household: &Household) -> InternetType {
        match household.service {
            Service::Wired => InternetType::ResidentialBroadband,
            // As the form says: an antenna that points to a tower is another kind.
            Service::FixedWireless => InternetType::Other,
            Service::Satellite => InternetType::Satellite,
            Service::CellularOnly => InternetType::CellularNetwork,
            Service::None => InternetType::None,
        }
    }
}

/// The school whose zone the home is in; some high-school students go to the two schools without a zone.
fn school(grade: Grade, household: &Household, land: &Land, rng: &mut ChaCha8Rng) -> usize {
    let zones = match grade.band() {
        GradeBand::High => match rng.random_range(0..100) {
            0..8 => return 18,
            8..11 => return 19,
            _ => 0..2,
        },
        GradeBand::Middle => 2..6,
        _ => 6..18,
    };
    let last = zones.end - 1;
    zones.into_iter().find(|&z| land.zones[z].contains(household.x, household.y)).unwrap_or(last)
}
