//! What proves a plan: the plan itself, and prices from which anybody can work out that no plan is better than the bound.

use serde::{Deserialize, Serialize};

/// What this program writes and reads.
pub const FORMAT: &str = "evenfield plan certificate 3";

/// What the plan and the bound are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The largest objective; amounts are in 10^-12 students.
    Objective,
    /// The largest part of all floors that can be met at once, where they cannot be met whole; amounts are in millionths of what
    /// the floors demand.
    Floors,
}

/// A plan and its proof. Options and demands are named by their rows, counted from 0 under the header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// [`FORMAT`].
    pub format: String,
    /// What is proved.
    pub question: Question,
    /// What is bought, and whom options with a capacity serve.
    pub plan: Plan,
    /// What the plan is worth.
    #[serde(with = "decimal")]
    pub objective: i128,
    /// No plan is worth more.
    #[serde(with = "decimal")]
    pub bound: i128,
    /// Sets of prices.
    pub prices: Vec<Prices>,
    /// The tree of cases; the first is the root.
    pub tree: Vec<Case>,
}

/// What is bought when, and whom options with a capacity serve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Options and the years, counted from 1, in which they are opened.
    pub buy: Vec<(u32, u16)>,
    /// Whom options with a capacity serve.
    pub serve: Vec<Serve>,
}

/// What part of which demands an option with a capacity serves in a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serve {
    /// The option.
    pub option: u32,
    /// The year, counted from 1.
    pub year: u16,
    /// Demands and weights, in millionths.
    pub parts: Vec<(u32, u64)>,
}

/// One price for each thing that is scarce. Any prices give a bound; good ones give a tight one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Of a cent, or of an option where these are counted, in each year: 10^-18 students.
    #[serde(with = "decimals")]
    pub limit: Vec<i128>,
    /// Of each floor, in the order of their groups: millionths.
    pub floors: Vec<u32>,
    /// Of serving a unit of each demand, in the order of `demand.csv`, for each year: 10^-12.
    pub service: Vec<Vec<u64>>,
}

/// A case of the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Case {
    /// The prices of this number bound this case.
    Priced(u32),
    /// A case without what no plan worth more than the bound does, as these prices show: to open an option in a year, or never to buy it. It stands
    /// further down in the list.
    Fixed {
        /// The set of prices.
        prices: u32,
        /// The case that is left.
        then: u32,
    },
    /// Two cases: nothing is bought from the vendor, or something is. Both stand further down in the list. There is no plan that buys from more vendors
    /// than the instance allows.
    Vendor {
        /// The vendor, in the order in which vendors come first in `options.csv`.
        vendor: u32,
        /// The case in which nothing is bought from it.
        barred: u32,
        /// The case in which something is.
        admitted: u32,
    },
    /// Two cases: the option is opened by a year, or it is not, which is later or never. Both stand further down in the list.
    Split {
        /// The option.
        option: u32,
        /// The year, counted from 1; where it is the last one, the option is bought or not.
        by: u16,
        /// The case in which it is opened by then.
        bought: u32,
        /// The case in which it is not.
        left: u32,
    },
}

/// Whole numbers of any size, as text.
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &i128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i128, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(|_| D::Error::custom("wanted a whole number in quotation marks"))
    }
}

/// The same for lists.
mod decimals {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(values: &[i128], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(i128::to_string))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i128>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let parse =
            |t: &String| t.parse().map_err(|_| D::Error::custom("wanted a whole number in quotation marks"));
        texts.iter().map(parse).collect()
    }
}
