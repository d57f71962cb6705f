//! What a kind of access counts for. That is policy, not physics: these numbers are where to begin, and each scenario may say others.
//! What can never be said is that minutes on a bus or a seat in a library are a connection at home.

use super::fields::Fields;
use crate::MILLION;
use serde::{Deserialize, Serialize};

/// A kind of access. Several kinds may belong to one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A seat with Wi-Fi at a library, a church, a community centre.
    HomeworkHotspot,
    /// Fixed service that a provider sells at a low price.
    BroadbandOffer,
    /// A hotspot taken home.
    HotspotLending,
    /// Wi-Fi on the way to and from school.
    BusRide,
    /// Wi-Fi around a bus that is parked.
    ParkedBus,
    /// A private LTE network, received by a device outside on the house.
    LteOutdoor,
    /// A private LTE network, received by a device inside.
    LteIndoor,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::HomeworkHotspot,
        Self::BroadbandOffer,
        Self::HotspotLending,
        Self::BusRide,
        Self::ParkedBus,
        Self::LteOutdoor,
        Self::LteIndoor,
    ];

    /// Its word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::HomeworkHotspot => "homework_hotspot",
            Self::BroadbandOffer => "broadband_offer",
            Self::HotspotLending => "hotspot_lending",
            Self::BusRide => "bus_ride",
            Self::ParkedBus => "parked_bus",
            Self::LteOutdoor => "lte_outdoor",
            Self::LteIndoor => "lte_indoor",
        }
    }

    /// The strategy that it belongs to: one of five.
    pub fn strategy(self) -> &'static str {
        match self {
            Self::BusRide | Self::ParkedBus => "bus_wifi",
            Self::LteOutdoor | Self::LteIndoor => "private_lte",
            other => other.word(),
        }
    }

    /// Whether it can be had at home at all.
    fn is_at_home(self) -> bool {
        !matches!(self, Self::HomeworkHotspot | Self::BusRide | Self::ParkedBus)
    }
}

/// What a kind counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// A student with it, in millionths of one with good service at home.
    pub counts: u64,
    /// Whether a student with it is connected at home.
    pub connected: bool,
}

/// What each kind counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy([Counts; Kind::ALL.len()]);

impl Default for Policy {
    fn default() -> Self {
        Self(Kind::ALL.map(|kind| {
            let tenths = match kind {
                Kind::BroadbandOffer => 10,
                Kind::LteOutdoor => 9,
                Kind::HotspotLending | Kind::LteIndoor => 7,
                Kind::HomeworkHotspot => 3,
                Kind::BusRide | Kind::ParkedBus => 2,
            };
            Counts { counts: tenths * MILLION / 10, connected: kind.is_at_home() }
        }))
    }
}

impl Policy {
    /// What a kind counts for.
    pub fn of(&self, kind: Kind) -> Counts {
        self.0[kind as usize]
    }

    /// Reads `[quality]`: a table for each kind that counts for something else than the default.
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Self {
        let mut policy = Self::default();
        for kind in Kind::ALL {
            fields.table(kind.word(), |fields| {
                let counts = &mut policy.0[kind as usize];
                if let Some(share) = fields.millionths("counts", 0, MILLION) {
                    counts.counts = share;
                }
                match fields.flag("connected") {
                    Some(true) if !kind.is_at_home() => fields.complain(
                        "connected",
                        "false: minutes on a bus and seats elsewhere are no connection at home",
                    ),
                    Some(connected) => counts.connected = connected,
                    None => {}
                }
            });
        }
        policy
    }
}
