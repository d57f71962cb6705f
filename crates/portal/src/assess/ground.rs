//! What lies on the ground, by area: which areas belong to the district, what speed tests measured there, what phones are
//! offered. It is worked out anew for each estimate, for boundaries may come before or after what lies in them.

use super::boundaries;
use crate::db::Db;
use crate::jobs::Failure;
use crate::open_data::queries;
use evenfield_gap::district::{AreaValue, Cover};
use evenfield_gap::open::fcc::mobile::{self, MobileCell};
use evenfield_gap::open::tiles::{self, Tile};
use evenfield_gap::place::{Boundary, Locator};
use evenfield_model::{Geography, GeographyKind};

/// The kinds of area that things are counted by.
const KINDS: [GeographyKind; 3] = [GeographyKind::BlockGroup, GeographyKind::Tract, GeographyKind::County];

/// What was found.
#[derive(Default)]
pub(super) struct Ground {
    /// Which areas belong to which district.
    pub cover: Cover,
    /// Measured speeds and mobile coverage by area.
    pub values: Vec<AreaValue>,
}

/// Reads what is stored and lays it over the areas. The cover is wanted only where there is no roster to say who lives where.
pub(super) async fn read(db: &Db, district: &str, wants_cover: bool) -> Result<Ground, Failure> {
    let tiles = queries::read_speed_tiles(db.read(), district).await?;
    let cells = queries::read_mobile_cells(db.read(), district).await?;
    let parts = if wants_cover { queries::read_parts(db.read(), district).await? } else { Vec::new() };
    let by_parts = !parts.is_empty();
    let districts = if wants_cover && !by_parts { districts_around(db, district).await? } else { Vec::new() };
    if tiles.is_empty() && cells.is_empty() && districts.is_empty() {
        return Ok(Ground { cover: Cover::from_parts(parts), values: Vec::new() });
    }
    let mut areas = Vec::new();
    for kind in KINDS {
        areas.push(boundaries(db, district, kind).await?);
    }
    tokio::task::spawn_blocking(move || Ground {
        values: areas.iter().flat_map(|areas| measured(areas, &tiles, &cells)).collect(),
        cover: match by_parts {
            true => Cover::from_parts(parts),
            false => Cover::from_boundaries(&areas.concat(), &districts),
        },
    })
    .await
    .map_err(|e| Failure::for_now("job-error-internal", e.to_string()))
}

/// The boundaries of districts, if that of this one, or of one of the state's, is among them. Its neighbours help to tell
/// what of an area is theirs and what is water.
async fn districts_around(db: &Db, district: &str) -> Result<Vec<Boundary>, Failure> {
    let own = district.strip_suffix("00000").unwrap_or(district);
    let districts = boundaries(db, district, GeographyKind::District).await?;
    let known = districts.iter().any(|boundary| boundary.id.starts_with(own));
    Ok(if known { districts } else { Vec::new() })
}

/// Measured speeds and mobile coverage of areas of one kind.
fn measured(areas: &[Boundary], tiles: &[Tile], cells: &[MobileCell]) -> Vec<AreaValue> {
    let mut values = Vec::new();
    let mut put = |area: &Boundary, variable: &str, value: f64| {
        values.push(AreaValue {
            geography: Geography { kind: area.kind, id: area.id.clone() },
            variable: variable.to_owned(),
            value: Some(value),
            moe: None,
        });
    };
    if !tiles.is_empty() {
        let (speeds, _) = tiles::by_area(tiles, areas.len(), &Locator::new(areas));
        for (area, speed) in areas.iter().zip(speeds) {
            let Some(speed) = speed else { continue };
            put(area, "speed_down", speed.down);
            put(area, "speed_up", speed.up);
            put(area, "speed_latency", speed.latency);
        }
    }
    if !cells.is_empty() {
        for (area, coverage) in areas.iter().zip(mobile::by_area(cells, areas)) {
            let Some(coverage) = coverage else { continue };
            put(area, "mobile_4g", coverage.lte);
            put(area, "mobile_5g", coverage.fifth);
            put(area, "mobile_5g_35_3", coverage.fifth_35_3);
        }
    }
    values
}

#[cfg(test)]
mod tests;
