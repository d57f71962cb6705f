//! Devices.

use super::cards::keep_cards;
use super::pattern;
use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rules::inventory::Device;
use crate::rules::state::State;
use evenfield_gap::inventory::{Condition, Kind};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};

type Result<T> = sqlx::Result<T>;

pub(super) const COLUMNS: &str = "d.id, d.barcode, d.kind, d.make, d.model, d.serial, d.imei, d.iccid, d.funding, d.cost_cents, d.condition, \
    d.location, d.state";

pub(super) fn read(row: &AnyRow) -> Result<Device> {
    let word = |column: &str| row.try_get::<String, _>(column);
    Ok(Device {
        id: word("id")?,
        barcode: word("barcode")?,
        kind: Kind::from_word(&word("kind")?).unwrap_or(Kind::Other),
        make: word("make")?,
        model: word("model")?,
        serial: row.try_get("serial")?,
        imei: row.try_get("imei")?,
        iccid: row.try_get("iccid")?,
        funding: word("funding")?,
        cost_cents: row.try_get("cost_cents")?,
        condition: Condition::from_word(&word("condition")?).unwrap_or_default(),
        location: word("location")?,
        state: State::from_word(&word("state")?).unwrap_or(State::Repair),
    })
}

/// All devices of a district, for a file to be laid over them.
///
/// # Errors
/// The database's.
pub async fn all_devices(tx: &mut Write, district: &str) -> Result<Vec<Device>> {
    let sql = format!("SELECT {COLUMNS} FROM lending_device d WHERE d.district_id = $1");
    sqlx::query(AssertSqlSafe(sql)).bind(district).fetch_all(&mut **tx).await?.iter().map(read).collect()
}

/// One device by its id.
///
/// # Errors
/// The database's.
pub async fn device<'e, E>(database: E, district: &str, id: &str) -> Result<Option<Device>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = format!("SELECT {COLUMNS} FROM lending_device d WHERE d.district_id = $1 AND d.id = $2");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(database).await?;
    row.as_ref().map(read).transpose()
}

/// Which of the device's numbers another device has: `barcode`, `serial`, `imei`, `iccid`.
///
/// # Errors
/// The database's.
pub async fn taken(tx: &mut Write, district: &str, device: &Device) -> Result<Vec<&'static str>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM lending_device d WHERE d.district_id = $1 AND d.id <> $2 AND (d.barcode = $3 OR d.serial = $4 \
         OR d.imei = $5 OR d.iccid = $6)"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(&device.id)
        .bind(&device.barcode)
        .bind(&device.serial)
        .bind(&device.imei)
        .bind(&device.iccid)
        .fetch_all(&mut **tx)
        .await?;
    let mut fields = Vec::new();
    for other in rows.iter().map(read).collect::<Result<Vec<_>>>()? {
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        let which = [
            ("barcode", other.barcode == device.barcode),
            ("serial", same(&other.serial, &device.serial)),
            ("imei", same(&other.imei, &device.imei)),
            ("iccid", same(&other.iccid, &device.iccid)),
        ];
        fields.extend(which.into_iter().filter(|(_, is_same)| *is_same).map(|(field, _)| field));
    }
    Ok(fields)
}

const INSERT: &str = "INSERT INTO lending_device (district_id, id, barcode, kind, make, model, serial, imei, iccid, funding, \
    cost_cents, condition, location, search_key, state, added_ms, changed_ms, changed_by) VALUES";

/// Stores devices whole, new or in place of what was there. Numbers may move between them. Where a device is stays as it was.
///
/// # Errors
/// The database's; a number that a device has that is not among them is one.
pub async fn put_devices(
    tx: &mut Write,
    district: &str,
    devices: &[Device],
    (by, ms): (&str, i64),
) -> Result<()> {
    keep_cards(tx, district, devices, ms).await?;
    // A number that moves from one of them to another would be there twice for a moment.
    for chunk in devices.chunks(500) {
        let marks: Vec<String> = (2..chunk.len() + 2).map(|n| format!("${n}")).collect();
        let sql = format!(
            "UPDATE lending_device SET serial = NULL, imei = NULL, iccid = NULL WHERE district_id = $1 AND id IN ({})",
            marks.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district);
        for device in chunk {
            query = query.bind(&device.id);
        }
        query.execute(&mut **tx).await?;
    }
    let rows = devices.iter().map(|device| -> Vec<Value> {
        vec![
            district.into(),
            (&device.id).into(),
            (&device.barcode).into(),
            device.kind.as_str().into(),
            (&device.make).into(),
            (&device.model).into(),
            (&device.serial).into(),
            (&device.imei).into(),
            (&device.iccid).into(),
            (&device.funding).into(),
            device.cost_cents.into(),
            device.condition.as_str().into(),
            (&device.location).into(),
            (&device.search_key()).into(),
            device.state.as_str().into(),
            ms.into(),
            ms.into(),
            by.into(),
        ]
    });
    bulk::run(
        tx,
        INSERT,
        "ON CONFLICT (district_id, id) DO UPDATE SET barcode = EXCLUDED.barcode, kind = EXCLUDED.kind, make = EXCLUDED.make, \
         model = EXCLUDED.model, serial = EXCLUDED.serial, imei = EXCLUDED.imei, iccid = EXCLUDED.iccid, \
         funding = EXCLUDED.funding, cost_cents = EXCLUDED.cost_cents, condition = EXCLUDED.condition, \
         location = EXCLUDED.location, search_key = EXCLUDED.search_key, changed_ms = EXCLUDED.changed_ms, \
         changed_by = EXCLUDED.changed_by",
        rows,
    )
    .await
    .map(drop)
}

/// As [`put_devices`] with one.
///
/// # Errors
/// As there.
pub async fn put_device(tx: &mut Write, district: &str, device: &Device, who: (&str, i64)) -> Result<()> {
    put_devices(tx, district, std::slice::from_ref(device), who).await
}

/// Puts a device where it is now. Whether it was where it was thought to be.
///
/// # Errors
/// The database's.
pub async fn set_state(
    tx: &mut Write,
    district: &str,
    id: &str,
    (from, to): (State, State),
    (by, ms): (&str, i64),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE lending_device SET state = $4, changed_ms = $5, changed_by = $6 \
         WHERE district_id = $1 AND id = $2 AND state = $3",
    )
    .bind(district)
    .bind(id)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a person searches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Part of a barcode, a number, a name; empty for all.
    pub text: String,
    /// A kind's word; empty for all.
    pub kind: String,
    /// A state's word; empty for all.
    pub state: String,
}

/// A device with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device.
    pub device: Device,
    /// The number of its line.
    pub line_number: Option<String>,
    /// The carrier of its line; empty without one.
    pub carrier: String,
    /// The plan of its line; empty without one.
    pub plan: String,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePage {
    /// The devices.
    pub rows: Vec<DeviceRow>,
    /// How many match in all.
    pub found: i64,
}

const MATCHES: &str = "FROM lending_device d LEFT JOIN carrier_line l ON l.district_id = d.district_id AND l.iccid = d.iccid \
    WHERE d.district_id = $1 AND (d.search_key LIKE $2 ESCAPE '\\' OR l.line_number = $3) AND ($4 = '' OR d.kind = $4) \
    AND ($5 = '' OR d.state = $5)";

/// The devices that match, by barcode: `limit` of them from `offset` on.
///
/// # Errors
/// The database's.
pub async fn find(
    pool: &AnyPool,
    district: &str,
    search: &Search,
    (offset, limit): (i64, i64),
) -> Result<DevicePage> {
    let found = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) {MATCHES}")))
        .bind(district)
        .bind(pattern(&search.text))
        .bind(search.text.trim())
        .bind(&search.kind)
        .bind(&search.state)
        .fetch_one(pool)
        .await?;
    let sql = format!(
        "SELECT {COLUMNS}, l.line_number, l.carrier, l.plan {MATCHES} ORDER BY d.barcode LIMIT $6 OFFSET $7"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(pattern(&search.text))
        .bind(search.text.trim())
        .bind(&search.kind)
        .bind(&search.state)
        .bind(limit)
        .bind(offset)
        .fetch_all(pool)
        .await?;
    let with_line = |row: &AnyRow| {
        let text = |column: &str| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
        Ok(DeviceRow {
            device: read(row)?,
            line_number: row.try_get("line_number")?,
            carrier: text("carrier")?,
            plan: text("plan")?,
        })
    };
    Ok(DevicePage { rows: rows.iter().map(with_line).collect::<Result<_>>()?, found })
}

/// All devices by barcode, each with how often it was lent.
///
/// # Errors
/// The database's.
pub async fn devices_with_loans(pool: &AnyPool, district: &str) -> Result<Vec<(Device, i64)>> {
    let sql = format!(
        "SELECT {COLUMNS}, (SELECT COUNT(*) FROM lending_loan n WHERE n.district_id = d.district_id AND n.device_id = d.id \
         AND n.undone_ms IS NULL) AS times FROM lending_device d WHERE d.district_id = $1 ORDER BY d.barcode"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(district).fetch_all(pool).await?;
    rows.iter().map(|row| Ok((read(row)?, row.try_get("times")?))).collect()
}
