//! What an auditor asks for, as one archive that checks itself: the devices given to a person and the service of each (47 CFR
//! 54.1715(a)(1) and (3)), with the digest of each file and the end of the audit log's chain.

use super::counter::{RECORDS_HEADER, record_row};
use crate::error::{Error, Result};
use crate::exchange::{attachment, csv_bytes, hexadecimal, minute};
use crate::layout::Frame;
use crate::queries::{self, Service};
use crate::rules::inventory::dollars;
use crate::rules::service::{Change, Seen, seen, suspended};
use crate::{App, audit};
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

const SERVICE_HEADER: [&str; 16] = [
    "iccid",
    "line_number",
    "type_of_service",
    "carrier",
    "plan",
    "barcode",
    "student_id",
    "family_name",
    "given_name",
    "first_utc",
    "last_utc",
    "suspended_utc",
    "seen_utc",
    "down_mbps",
    "up_mbps",
    "monthly_cap_octets",
];

/// A row: the times in which the line was wanted to be suspended, and what the carrier was seen to do, which may be something else.
fn service_row(service: Service, changes: &[Change], all_seen: &[Seen]) -> [String; 16] {
    let when = |ms: Option<i64>| ms.map(minute).unwrap_or_default();
    let times = suspended(changes, service.from_ms, service.to_ms);
    let seen = seen(all_seen, service.from_ms, service.to_ms);
    let seen =
        seen.iter().map(|s| format!("{} {} to {}", s.observed.as_str(), minute(s.from_ms), minute(s.to_ms)));
    let times =
        times.into_iter().map(|(from, to)| format!("{} to {}", minute(from), when(to)).trim().to_owned());
    [
        service.iccid,
        service.line_number.unwrap_or_default(),
        "mobile wireless".to_owned(),
        service.carrier,
        service.plan,
        service.barcode,
        service.student_id,
        service.family_name,
        service.given_name,
        minute(service.from_ms),
        when(service.to_ms),
        times.collect::<Vec<_>>().join("; "),
        seen.collect::<Vec<_>>().join("; "),
        service.down_mbps.map(|mbps| mbps.to_string()).unwrap_or_default(),
        service.up_mbps.map(|mbps| mbps.to_string()).unwrap_or_default(),
        service.cap_octets.map(|octets| octets.to_string()).unwrap_or_default(),
    ]
}

const INVENTORY_HEADER: [&str; 12] = [
    "barcode",
    "type",
    "make",
    "model",
    "serial",
    "imei",
    "iccid",
    "funding_source",
    "cost",
    "location",
    "state",
    "times_lent",
];

/// All that was bought, lent or not: who paid, what for, and where it is.
async fn inventory(app: &App, p: &Frame) -> Result<Vec<u8>> {
    let devices = queries::devices_with_loans(app.db.read(), p.district_id()).await?;
    let rows = devices.into_iter().map(|(device, times)| {
        [
            device.barcode,
            device.kind.as_str().to_owned(),
            device.make,
            device.model,
            device.serial.unwrap_or_default(),
            device.imei.unwrap_or_default(),
            device.iccid.unwrap_or_default(),
            device.funding,
            device.cost_cents.map(dollars).unwrap_or_default(),
            device.location,
            device.state.as_str().to_owned(),
            times.to_string(),
        ]
    });
    csv_bytes("inventory.csv", &INVENTORY_HEADER, rows)
}

/// The archive: `inventory.csv`, `devices.csv`, `service.csv`, `audit.txt`, and `SHA256SUMS`, by which `sha256sum -c` checks them.
pub async fn archive(State(app): State<App>, p: Frame) -> Result<Response> {
    let db = app.db.read();
    let records = queries::records(db, p.district_id()).await?;
    let services = queries::services(db, p.district_id()).await?;
    let changes = queries::changes_of_lines(db, p.district_id()).await?;
    let seen = queries::seen_of_lines(db, p.district_id()).await?;
    let looked = json!({ "loans": records.len(), "services": services.len() });
    let looked = audit::of_roster(db, p.district_id(), looked).await?;
    audit::record_look(&app.db, &p.entry("lending.evidence", ("lending_loan", ""), looked)).await?;
    let devices = csv_bytes("devices.csv", &RECORDS_HEADER, records.into_iter().map(record_row))?;
    let services = services.into_iter().map(|service| {
        let line = service.line_id.clone().unwrap_or_default();
        let changes = changes.get(&line).map(Vec::as_slice).unwrap_or_default();
        service_row(service, changes, seen.get(&line).map(Vec::as_slice).unwrap_or_default())
    });
    let services = csv_bytes("service.csv", &SERVICE_HEADER, services)?;
    let (entries, head) = audit::head(db).await?;
    // The district's name and the end of the chain: who has kept an earlier end can see that nothing was taken out since.
    let district = p.district.as_ref().map(|district| district.name.clone()).unwrap_or_default();
    let chain = format!("district {} {district}\nentries {entries}\nhead {head}\n", p.district_id());
    let inventory = inventory(&app, &p).await?;
    let files = [
        ("inventory.csv", inventory),
        ("devices.csv", devices),
        ("service.csv", services),
        ("audit.txt", chain.into_bytes()),
    ];
    let bytes = pack(&files).map_err(|error| Error::Internal(format!("the archive of evidence: {error}")))?;
    Ok(attachment("lending-evidence.zip", "application/zip", bytes))
}

fn pack(files: &[(&str, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut sums = String::new();
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::default())?;
        archive.write_all(bytes)?;
        sums.push_str(&format!("{}  {name}\n", hexadecimal(&Sha256::digest(bytes))));
    }
    archive.start_file("SHA256SUMS", SimpleFileOptions::default())?;
    archive.write_all(sums.as_bytes())?;
    Ok(archive.finish()?.into_inner())
}
