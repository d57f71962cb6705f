//! The tables of a study. A scenario's `[private_lte]` reads `sites.csv`, `sectors.csv` and `served.csv`.

use super::{Outcome, SectorOutcome, Study};
use std::io::{self, Write};

/// A text as a cell.
fn cell(text: &str) -> String {
    if text.contains(['"', ',']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A number or nothing.
fn known(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| format!("{number:.1}"))
}

/// `sites.csv`: what the sites are. `sector_mbps` is the mean of a site's sectors downwards; where two kinds of device have two, the smaller
/// one. What each sector gives to each kind is in `sectors.csv`.
///
/// # Errors
/// What the stream says.
pub fn write_sites(study: &Study, outcomes: &[Outcome], to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "site,name,latitude,longitude,sectors,sector_mbps,fixed")?;
    for outcome in outcomes {
        let site = &study.sites[outcome.site];
        let sectors = site.antenna.sectors();
        let means = outcome.devices.iter().filter(|device| !device.served.is_empty());
        let mean = means.map(|device| device.mbps()[0] / sectors as f64).min_by(f64::total_cmp);
        writeln!(
            to,
            "{},{},{},{},{sectors},{:.2},{}",
            site.id,
            cell(&site.name),
            site.place.latitude,
            site.place.longitude,
            mean.unwrap_or(0.0),
            site.fixed
        )?;
    }
    Ok(())
}

/// `sectors.csv`: what each sector gives to those whom it serves with each kind of device.
///
/// # Errors
/// What the stream says.
pub fn write_sectors(study: &Study, outcomes: &[Outcome], to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "site,device,sector,azimuth,students,down_mbps,up_mbps")?;
    for outcome in outcomes {
        let id = &study.sites[outcome.site].id;
        for device in &outcome.devices {
            for (n, sector) in device.sectors.iter().enumerate() {
                let SectorOutcome { azimuth, students, mbps: [down, up] } = sector;
                let (kind, azimuth) = (device.kind.word(), known(*azimuth));
                writeln!(to, "{id},{kind},{},{azimuth},{students:.3},{down:.2},{up:.2}", n + 1)?;
            }
        }
    }
    Ok(())
}

/// `served.csv`: whom each site serves with each kind of device, by which sector, and how well.
///
/// # Errors
/// What the stream says.
pub fn write_served(study: &Study, outcomes: &[Outcome], to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "site,demand,device,sector,students,meters,loss,antenna,margin_down,margin_up,limits")?;
    for outcome in outcomes {
        let id = &study.sites[outcome.site].id;
        for device in &outcome.devices {
            let (kind, limits) = (device.kind.word(), device.limits());
            for served in &device.served {
                let heard = &served.heard;
                writeln!(
                    to,
                    "{id},{},{kind},{},{:.3},{:.0},{:.1},{:.1},{:.1},{:.1},{limits}",
                    cell(&study.ids[served.demand]),
                    heard.sector + 1,
                    study.demand[served.demand].weight,
                    heard.ray.length,
                    heard.ray.loss,
                    heard.antenna,
                    heard.margins[0],
                    heard.margins[1]
                )?;
            }
        }
    }
    Ok(())
}

/// `summary.csv`: a row for each site and kind of device.
///
/// # Errors
/// What the stream says.
pub fn write_summary(study: &Study, outcomes: &[Outcome], to: &mut dyn Write) -> io::Result<()> {
    writeln!(
        to,
        "site,device,area_km2,demands,students,students_near,most_loss_down,most_loss_up,limits,down_mbps,up_mbps,above_average_m"
    )?;
    for outcome in outcomes {
        let site = &study.sites[outcome.site];
        for device in &outcome.devices {
            let [down, up] = device.mbps();
            writeln!(
                to,
                "{},{},{:.3},{},{:.3},{:.3},{:.1},{:.1},{},{down:.2},{up:.2},{}",
                site.id,
                device.kind.word(),
                device.area,
                device.served.len(),
                device.students,
                device.near,
                device.most[0],
                device.most[1],
                device.limits(),
                known(site.above)
            )?;
        }
    }
    Ok(())
}
