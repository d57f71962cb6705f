//! Form 477 (until 2021): what providers said to offer somewhere in a census block. One served home made a block served,
//! so this overstates what is offered. Read as the FCC's own rows, or already summed by block.

use super::technology::{Medium, Technology};
use crate::read::each_row;
use crate::read::{Row, Table};
use evenfield_model::{GeographyKind, Geoid, Problems};
use std::collections::{BTreeMap, BTreeSet};

/// What is offered to homes in a block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockOffer {
    /// GEOID of the block, 15 digits.
    pub block: String,
    /// Providers that serve homes.
    pub providers: u64,
    /// Those of them at 25/3 Mbps or more.
    pub providers_25_3: u64,
    /// Fastest download, Mbps.
    pub max_down: f64,
    /// Fastest upload, Mbps.
    pub max_up: f64,
    /// Fastest wired download, Mbps; `None` in a file already summed, which does not tell technologies apart.
    pub max_wired_down: Option<f64>,
}

/// What is offered in the blocks of an area.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaOffer {
    /// GEOID of the block group, tract or county.
    pub geoid: String,
    /// Blocks in the file.
    pub blocks: u64,
    /// Share of them with a provider at 25/3 Mbps or more.
    pub served: f64,
    /// Mean of their numbers of providers.
    pub providers: f64,
    /// Mean of their fastest downloads, Mbps.
    pub max_down: f64,
}

/// Blocks by the area around them, in the order of GEOIDs. Each block counts alike: the file does not say who lives there.
pub fn by_area(blocks: &[BlockOffer], kind: GeographyKind) -> Vec<AreaOffer> {
    let mut areas: BTreeMap<String, AreaOffer> = BTreeMap::new();
    for block in blocks {
        let around = Geoid::parse_as(&block.block, 15).ok().and_then(|block| block.within(kind));
        let Some(geoid) = around.map(String::from) else { continue };
        let area = areas.entry(geoid).or_default();
        area.blocks += 1;
        area.served += f64::from(u8::from(block.providers_25_3 > 0));
        area.providers += block.providers as f64;
        area.max_down += block.max_down;
    }
    let mean = |(geoid, area): (String, AreaOffer)| {
        let blocks = area.blocks as f64;
        let [served, providers, max_down] =
            [area.served, area.providers, area.max_down].map(|sum| sum / blocks);
        AreaOffer { geoid, served, providers, max_down, ..area }
    };
    areas.into_iter().map(mean).collect()
}

/// Reads rows of Form 477, or a table already summed by block with the columns `BlockCode`, `resproviders`, `bb253_num`,
/// `bbmax_dl` and `bbmax_up`.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<BlockOffer>, Problems) {
    let mut problems = Problems::default();
    let mut blocks: BTreeMap<String, (BlockOffer, [BTreeSet<String>; 2])> = BTreeMap::new();
    each_row(bytes, file, &mut problems, columns, |row, columns, problems| match columns {
        Columns::Rows(columns) => rows(row, columns, &mut blocks, problems),
        Columns::Sums(columns) => {
            if let Some(offer) = sums(row, columns, problems)
                && blocks.insert(offer.block.clone(), (offer, Default::default())).is_some()
            {
                row.problem(columns[0], "each block once; the last row counts", problems);
            }
        }
    });
    (blocks.into_values().map(|(offer, _)| offer).collect(), problems)
}

enum Columns {
    /// Block, provider, technology, consumer, download, upload.
    Rows([Option<usize>; 6]),
    /// Block, providers, providers at 25/3, download, upload.
    Sums([Option<usize>; 5]),
}

fn columns(table: &mut Table<'_>, problems: &mut Problems) -> Option<Columns> {
    if table.column(&["resproviders"], problems).is_some() {
        let names = ["BlockCode", "resproviders", "bb253_num", "bbmax_dl", "bbmax_up"];
        let columns = names.map(|name| table.require(&[name], problems));
        return columns.iter().all(Option::is_some).then_some(Columns::Sums(columns));
    }
    let names = ["BlockCode", "Provider_Id", "TechCode", "Consumer", "MaxAdDown", "MaxAdUp"];
    let columns = names.map(|name| table.require(&[name], problems));
    columns.iter().all(Option::is_some).then_some(Columns::Rows(columns))
}

type Blocks = BTreeMap<String, (BlockOffer, [BTreeSet<String>; 2])>;

fn rows(row: &Row<'_>, columns: &[Option<usize>; 6], blocks: &mut Blocks, problems: &mut Problems) {
    row.wanted(columns, problems);
    let [block, provider, technology, consumer, down, up] = *columns;
    let block = row.geoid(block, 15, problems);
    let technology = row.parsed(technology, Technology::parse, "a technology code of Form 477", problems);
    let consumer = row.flag(consumer, problems);
    let speeds = (row.amount(down, problems), row.amount(up, problems));
    let (Some(block), Some(technology), Some(consumer), (Some(down), Some(up))) =
        (block, technology, consumer, speeds)
    else {
        return;
    };
    if !consumer {
        return;
    }
    let (offer, providers) = blocks.entry(block.to_string()).or_default();
    offer.block = block.into();
    providers[0].insert(row.text(provider).to_owned());
    if down >= 25.0 && up >= 3.0 {
        providers[1].insert(row.text(provider).to_owned());
    }
    offer.providers = providers[0].len() as u64;
    offer.providers_25_3 = providers[1].len() as u64;
    offer.max_down = offer.max_down.max(down);
    offer.max_up = offer.max_up.max(up);
    if technology.medium() == Medium::Wired {
        offer.max_wired_down = Some(offer.max_wired_down.unwrap_or(0.0).max(down));
    }
}

fn sums(row: &Row<'_>, columns: &[Option<usize>; 5], problems: &mut Problems) -> Option<BlockOffer> {
    row.wanted(columns, problems);
    let [block, providers, fast, down, up] = *columns;
    let block = row.geoid(block, 15, problems);
    // R writes a block without any offer as NA and -Inf.
    let speed = |column, problems: &mut Problems| match row.text(column) {
        "NA" | "-Inf" => Some(0.0),
        _ => row.amount(column, problems),
    };
    let count = |column, problems: &mut Problems| match row.text(column) {
        "NA" => Some(0),
        _ => row.count(column, problems),
    };
    Some(BlockOffer {
        block: block?.into(),
        providers: count(providers, problems)?,
        providers_25_3: count(fast, problems)?,
        max_down: speed(down, problems)?,
        max_up: speed(up, problems)?,
        max_wired_down: None,
    })
}
