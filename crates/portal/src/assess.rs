//! The estimate: what is stored about a district becomes figures that may be published.
//!
//! One job: place the homes anew, read everything, run the pure assessment of
//! `evenfield_gap::district` on a thread of its own, store the release. This module is above the slices and may
//! know several of them; none of them knows it.

mod ground;
#[cfg(test)]
mod tests;

use crate::db::{Db, now_ms};
use crate::gap::queries::{NewRun, StudentChance, store_run};
use crate::gap::rules::RunInput;
use crate::gap::rules::meaning::{COUNTED, Counts};
use crate::jobs::estimate::Wanted;
use crate::jobs::{Failure, Job, Outcome, Progress};
use crate::{App, open_data, roster, survey};
use evenfield_gap::district::{AreaValue, Assessment, Cover, District, Home, Values, assess};
use evenfield_gap::estimate::Settings;
use evenfield_gap::place::address::AddressPoints;
use evenfield_gap::place::{Boundary, BoundaryReading, Locator, SelfCrossing, boundary};
use evenfield_gap::publish::PublishRule;
use evenfield_gap::roster::{Address, Roster, Student};
use evenfield_model::{Geography, GeographyKind, Geoid, Measure};
use roster::rules::{Place, StoredRoster, UPLOADED};
use std::collections::HashMap;

/// The steps that the progress bar counts: homes placed, data read, each measure estimated, what may be shown found
/// out, all stored.
const STEPS: i64 = 4 + Measure::ALL.len() as i64;

/// The job.
///
/// # Errors
/// [`Failure`], with the key of a message.
pub async fn run(app: App, job: Job, progress: Progress) -> Outcome {
    if job.checkpoint.is_some() {
        // Stored by a run that was stopped before it could say that it was done.
        return Ok(());
    }
    let district = job.district_id.as_deref().unwrap_or_default().to_owned();
    let wanted: Wanted = serde_json::from_str(&job.payload)
        .map_err(|e| Failure::for_good("job-error-payload", e.to_string()))?;
    let created_ms = now_ms();
    progress.set(0, STEPS, "job-estimate-places");
    place_homes(&app.db, &district).await?;
    progress.set(1, STEPS, "job-estimate-read");
    let stored = read(&app.db, &district, wanted.term).await?;
    progress.set(2, STEPS, "job-estimate-figures");
    let rule = app.config.publication;
    let settings = Settings { seed: wanted.seed, ..Settings::default() };
    let bar = progress.clone();
    let (stored, assessment) = tokio::task::spawn_blocking(move || {
        let found =
            stored.assess(settings, &rule, &|done| bar.set(2 + done as i64, STEPS, "job-estimate-figures"));
        (stored, found)
    })
    .await
    .map_err(|e| Failure::for_now("job-error-internal", e.to_string()))?;
    let assessment = assessment.map_err(|e| Failure::for_good("job-error-rule", e))?;
    progress.set(STEPS - 1, STEPS, "job-estimate-store");
    let mut write = app.db.write().await?;
    let run = NewRun {
        district_id: &district,
        created_ms,
        finished_ms: now_ms(),
        seed: settings.seed,
        rule: app.config.publication,
        inputs: &stored.inputs(&assessment),
        sections: &assessment.sections,
        survey: assessment.survey.as_ref(),
    };
    store_run(&mut write, &run, &assessment.release, &chances(&assessment)).await?;
    progress.set(STEPS, STEPS, "job-estimate-done");
    progress.step(&mut write, "stored").await?;
    write.commit().await?;
    Ok(())
}

fn chances(assessment: &Assessment) -> Vec<StudentChance<'_>> {
    let ids = &assessment.student_ids;
    let of = |(measure, list): &'_ (_, Vec<evenfield_gap::estimate::StudentProbability>)| {
        let measure = *measure;
        list.iter()
            .map(move |p| StudentChance {
                student_id: ids[p.student as usize].as_str(),
                measure,
                probability: f64::from(p.probability),
                low90: f64::from(p.low90),
                high90: f64::from(p.high90),
                basis: p.basis,
            })
            .collect::<Vec<_>>()
    };
    assessment.students.students.iter().flat_map(of).collect()
}

/// Everything that is stored about a district.
struct Stored {
    leaid: String,
    roster: Roster,
    homes: Vec<Home>,
    term: Option<String>,
    responses: Vec<evenfield_gap::survey::Response>,
    values: Values,
    cover: Cover,
    /// Source and vintage of the values, and how many there are.
    sources: Vec<(String, String, u64)>,
}

async fn read(db: &Db, district: &str, term: Option<String>) -> Result<Stored, Failure> {
    let stored = roster::queries::read(db, district).await?;
    let terms = survey::queries::terms(db.read(), district).await?;
    // A term that was asked for and has no answer says nothing: it may be mistyped.
    let asked = terms.iter().find(|t| Some(&t.term) == term.as_ref() && t.answered > 0);
    let term = asked.or_else(|| survey::rules::counting(&terms)).map(|t| t.term.clone());
    let responses = match &term {
        Some(term) => survey::queries::latest(db.read(), district, term).await?,
        None => Vec::new(),
    };
    let mut rows = Vec::new();
    for kind in [GeographyKind::BlockGroup, GeographyKind::Tract, GeographyKind::County] {
        rows.extend(open_data::queries::read_area_values(db.read(), district, (kind.as_str(), "")).await?);
    }
    let ground = ground::read(db, district, stored.roster.students.is_empty()).await?;
    let mut sources: HashMap<(String, String), u64> = HashMap::new();
    for row in &rows {
        *sources.entry((row.source.clone(), row.vintage.clone())).or_default() += 1;
    }
    for value in &ground.values {
        let source = if value.variable.starts_with("speed") { "tiles" } else { "bdc_mobile" };
        *sources.entry((source.to_owned(), String::new())).or_default() += 1;
    }
    let mut sources: Vec<_> = sources.into_iter().map(|((s, v), n)| (s, v, n)).collect();
    sources.sort();
    // Rows come in the order of their vintage, so that of two the later counts.
    let values = rows
        .into_iter()
        .filter_map(|row| {
            let kind = GeographyKind::from_word(&row.kind)?;
            let geography = Geography { kind, id: row.id };
            Some(AreaValue { geography, variable: row.variable, value: row.value, moe: row.moe })
        })
        .chain(ground.values)
        .collect();
    let zones = boundaries(db, district, GeographyKind::AttendanceZone).await?;
    let homes = homes(&stored, &zones);
    Ok(Stored {
        leaid: district.to_owned(),
        roster: stored.roster,
        homes,
        term,
        responses,
        values,
        cover: ground.cover,
        sources,
    })
}

/// Where each student lives, in the roster's order.
fn homes(stored: &StoredRoster, zones: &[Boundary]) -> Vec<Home> {
    // Zones of different levels lie over each other, so each is asked by itself.
    let locators: Vec<(String, Locator)> =
        zones.iter().map(|z| (z.id.clone(), Locator::new(std::slice::from_ref(z)))).collect();
    stored
        .roster
        .students
        .iter()
        .map(|student| {
            let Some(place) = stored.places.get(&student.source_id) else { return Home::default() };
            let inside = |at: (f64, f64)| {
                let hits = locators.iter().filter(|(_, locator)| locator.locate(at.0, at.1).is_some());
                hits.map(|(id, _)| id.clone()).collect()
            };
            Home {
                block_group: place.block_group.as_deref().and_then(|g| Geoid::parse_as(g, 12).ok()),
                zones: place.lon.zip(place.lat).map(inside).unwrap_or_default(),
            }
        })
        .collect()
}

impl Stored {
    fn assess(
        &self,
        settings: Settings,
        rule: &PublishRule,
        told: &dyn Fn(usize),
    ) -> Result<Assessment, String> {
        let district = District {
            leaid: &self.leaid,
            roster: &self.roster,
            homes: &self.homes,
            responses: &self.responses,
            speeds: &[],
            values: &self.values,
            cover: &self.cover,
        };
        assess(district, settings, rule, told).map_err(|e| e.to_string())
    }

    /// What went in, for the methods page.
    fn inputs(&self, assessment: &Assessment) -> Vec<RunInput> {
        let input = |kind: &str, source: &str, vintage: &str, rows: u64| RunInput {
            kind: kind.to_owned(),
            source: source.to_owned(),
            vintage: vintage.to_owned(),
            rows,
            counts: None,
        };
        let mut inputs = Vec::new();
        if !self.roster.students.is_empty() {
            inputs.push(input("roster", "district", "", self.roster.students.len() as u64));
        }
        if let Some(term) = self.term.as_deref().filter(|_| !self.responses.is_empty()) {
            inputs.push(input("survey", "district", term, self.responses.len() as u64));
        }
        for (source, vintage, rows) in &self.sources {
            inputs.push(input(source, source, vintage, *rows));
        }
        if self.roster.students.is_empty() {
            let counts = Some(Counts { of: assessment.counted, leaves_out_computers: false });
            inputs.push(RunInput { counts, ..input(COUNTED, "", "", u64::from(assessment.counted_areas)) });
        }
        for report in &assessment.areas {
            let covariates = report.covariates.join(", ");
            let kind = format!("model {}", report.measure.code());
            let made_of = format!("{} {}", report.table, covariates);
            let counts = Counts { of: report.counted, leaves_out_computers: report.leaves_out_computers };
            let input = input(&kind, &made_of, "", u64::from(report.observed));
            inputs.push(RunInput { counts: Some(counts), ..input });
        }
        inputs
    }
}

/// The stored boundaries of a kind.
async fn boundaries(db: &Db, district: &str, kind: GeographyKind) -> Result<Vec<Boundary>, Failure> {
    let rows = open_data::queries::read_boundaries(db.read(), district, kind.as_str()).await?;
    let feature = |row: &open_data::queries::BoundaryRow| {
        let properties = serde_json::json!({ "id": row.id, "name": row.name });
        format!(r#"{{"type":"Feature","properties":{properties},"geometry":{}}}"#, row.geojson)
    };
    let features: Vec<String> = rows.iter().map(feature).collect();
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let reading =
        BoundaryReading { kind, id: &["id"], name: Some("name"), self_crossing: SelfCrossing::Keep };
    Ok(boundary::read(collection.as_bytes(), "boundary", &reading).0)
}

/// Finds the block group of each home, by the coordinates that the district uploaded or by its address points. Anew each
/// time: points and boundaries come, go and come back, and what was found by others must not stay.
async fn place_homes(db: &Db, district: &str) -> Result<(), Failure> {
    let stored = roster::queries::read(db, district).await?;
    if stored.roster.students.is_empty() {
        return Ok(());
    }
    let block_groups = boundaries(db, district, GeographyKind::BlockGroup).await?;
    let file = open_data::queries::read_address_points(db.read(), district).await?;
    let found = tokio::task::spawn_blocking(move || {
        let locator = Locator::new(&block_groups);
        let points = file.map(|(name, bytes)| AddressPoints::from_csv(&bytes, &name).0).unwrap_or_default();
        let students = stored.roster.students.iter();
        let mut found: Vec<(String, Option<Address>, Place)> = students
            .map(|s| {
                let place = located(s, stored.places.get(&s.source_id), &points);
                (s.source_id.clone(), s.address.clone(), place)
            })
            .collect();
        let homes: Vec<&mut Place> =
            found.iter_mut().map(|(_, _, p)| p).filter(|p| p.lon.is_some() && p.lat.is_some()).collect();
        let at: Vec<(f64, f64)> = homes.iter().filter_map(|p| p.lon.zip(p.lat)).collect();
        for (place, inside) in homes.into_iter().zip(locator.locate_all(&at)) {
            match inside {
                Some(i) => place.block_group = Some(block_groups[i].id.clone()),
                None => place.reason = Some("outside".to_owned()),
            }
        }
        found.retain(|(id, _, place)| stored.places.get(id) != Some(place));
        found
    })
    .await
    .map_err(|e| Failure::for_now("job-error-internal", e.to_string()))?;
    let mut write = db.write().await?;
    roster::queries::store_found_places(&mut write, district, &found).await?;
    write.commit().await?;
    Ok(())
}

/// Where a student lives: the coordinates that the district uploaded, or those of the address point.
fn located(student: &Student, known: Option<&Place>, points: &AddressPoints) -> Place {
    if let Some(known) = known.filter(|k| k.geocode.as_deref() == Some(UPLOADED)) {
        return Place { block_group: None, reason: None, ..known.clone() };
    }
    let Some(address) = &student.address else {
        return Place { reason: Some("no-address".to_owned()), ..Place::default() };
    };
    match points.geocode(address) {
        Ok(found) => Place {
            lon: Some(found.longitude),
            lat: Some(found.latitude),
            geocode: Some(found.quality.as_str().to_owned()),
            ..Place::default()
        },
        Err(miss) => Place { reason: Some(miss.as_str().to_owned()), ..Place::default() },
    }
}
