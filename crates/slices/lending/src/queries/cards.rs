//! Which card was in which device from when to when.

use super::orders::{IDS, marks};
use crate::bulk::{self, Value};
use crate::db::{Write, new_id};
use crate::rules::inventory::Device;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// Keeps that these devices have the cards that they have from now on, where they had others or none.
///
/// # Errors
/// The database's.
pub(super) async fn keep_cards(tx: &mut Write, district: &str, devices: &[Device], ms: i64) -> Result<()> {
    for chunk in devices.chunks(IDS) {
        let sql = format!(
            "SELECT device_id, iccid FROM lending_card WHERE district_id = $1 AND taken_ms IS NULL AND device_id IN ({})",
            marks(2, chunk.len())
        );
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(district);
        for device in chunk {
            query = query.bind(&device.id);
        }
        let before: Vec<(String, String)> = query.fetch_all(&mut **tx).await?;
        let before: HashMap<String, String> = before.into_iter().collect();
        let changed: Vec<&Device> =
            chunk.iter().filter(|device| before.get(&device.id) != device.iccid.as_ref()).collect();
        let gone: Vec<&str> =
            changed.iter().filter(|d| before.contains_key(&d.id)).map(|d| d.id.as_str()).collect();
        if !gone.is_empty() {
            let sql = format!(
                "UPDATE lending_card SET taken_ms = $2 WHERE district_id = $1 AND taken_ms IS NULL AND device_id IN ({})",
                marks(3, gone.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(ms);
            for id in &gone {
                query = query.bind(*id);
            }
            query.execute(&mut **tx).await?;
        }
        let rows = changed.iter().filter_map(|device| {
            let iccid = device.iccid.as_ref()?;
            Some(vec![
                district.into(),
                (&new_id()).into(),
                (&device.id).into(),
                iccid.into(),
                Value::from(ms),
            ])
        });
        let insert = "INSERT INTO lending_card (district_id, id, device_id, iccid, put_ms) VALUES";
        bulk::run(tx, insert, "", rows).await?;
    }
    Ok(())
}
