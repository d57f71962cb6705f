//! Files of a district from disk into the records: what `evenfield assess district` and the demo do, by the same
//! readers and the same statements as uploads in the portal.
//!
//! All files are read before any is stored. A file with problems stops everything, unless the person accepts them.

use crate::db::{Db, Write, now_ms, today};
use crate::exchange::digest;
use crate::inputs::{DistrictInputs, FileInput, FileKind};
use crate::jobs::estimate;
use crate::open_data::rules::{Kind, Mapping, Rows};
use crate::{audit, connectivity, open_data, roster, survey};
use evenfield_gap::place::{Boundary, BoundaryReading, boundary, shapefile};
use evenfield_gap::read::{Limits, ReadError, Source, decode};
use evenfield_gap::roster::Roster;
use evenfield_gap::survey::{Defaults, Response};
use evenfield_model::{GeographyKind, Problems};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Who loads, in the tables that ask.
const BY: &str = "evenfield assess district";

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file system said no.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The reader said no.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The settings ask for something that makes no sense.
    #[error("{}: {what}", path.display())]
    Settings {
        /// The file that the settings name.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// The database said no.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
}

/// A file that was read and not yet stored.
pub struct Read {
    /// The settings' line.
    input: FileInput,
    /// The file as the person named it.
    pub name: String,
    digest: String,
    content: Content,
    /// What is wrong in it.
    pub problems: Problems,
}

/// What a file held.
enum Content {
    Roster(Box<Roster>),
    Survey(Vec<Response>),
    Connectivity(Vec<evenfield_gap::connectivity::Line>),
    Open(Kind, Rows, Vec<u8>),
}

impl Read {
    /// How many rows it held.
    pub fn rows(&self) -> usize {
        match &self.content {
            Content::Roster(roster) => roster.students.len(),
            Content::Survey(responses) => responses.len(),
            Content::Connectivity(lines) => lines.len(),
            Content::Open(_, rows, _) => rows.len(),
        }
    }

    /// Reads one file of a district. Paths are from `base`.
    ///
    /// # Errors
    /// [`LoadError`]; what is wrong *in* a file that can be read is in [`Read::problems`].
    pub fn new(district: &DistrictInputs, input: &FileInput, base: &Path) -> Result<Self, LoadError> {
        let name = input.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let path = base.join(&input.file);
        let mut problems = Problems::default();
        let (digest, content) = match input.kind {
            FileKind::Roster => {
                let (source, digest) = source(&path, &name)?;
                let (mut roster, found) = evenfield_gap::roster::parse(&source, as_of(district))?;
                problems.append(found);
                if let Some(addresses) = &input.addresses {
                    let name = addresses.to_string_lossy().into_owned();
                    let (side, _) = self::source(&base.join(addresses), &name)?;
                    problems.append(evenfield_gap::roster::add_homes(&mut roster, &side)?);
                }
                (digest, Content::Roster(Box::new(roster)))
            }
            FileKind::Survey => {
                let (source, digest) = source(&path, &name)?;
                let term = district.term.clone().unwrap_or_default();
                let defaults = Defaults { term, answered_ms: now_ms() };
                let (responses, found) = evenfield_gap::survey::parse(&source, &defaults)?;
                problems.append(found);
                (digest, Content::Survey(responses))
            }
            FileKind::Connectivity => {
                let bytes = bytes(&path)?;
                let text = decode(&name, &bytes, &mut problems)?;
                let (lines, found) = evenfield_gap::connectivity::parse(&name, &text);
                problems.append(found);
                (digest([bytes.as_slice()]), Content::Connectivity(lines))
            }
            _ => {
                let bytes = bytes(&path)?;
                let leaid = district.leaid.as_str();
                let (kind, rows, found) = open(input, leaid, &path, (&name, &bytes))?;
                problems.append(found);
                let rows = rows.of_district(kind, leaid, &name, &mut problems);
                if rows.is_empty() && problems.is_empty() {
                    let wanted = "rows of what these settings ask for; there are none in this file";
                    problems.push(&name, 0, "", "", wanted);
                }
                (digest([bytes.as_slice(), as_what(input).as_bytes()]), Content::Open(kind, rows, bytes))
            }
        };
        Ok(Self { input: input.clone(), name, digest, content, problems })
    }

    /// Leaves out what is about students or schools that the rosters among these files do not have, and notes it. Without a
    /// roster everything stays.
    pub fn check(&mut self, files: &[Self]) {
        let rosters = || {
            files.iter().filter_map(|file| match &file.content {
                Content::Roster(roster) => Some(roster),
                _ => None,
            })
        };
        match &mut self.content {
            Content::Survey(responses) => {
                let students: HashSet<&str> =
                    rosters().flat_map(|r| r.students.iter().map(|s| s.source_id.as_str())).collect();
                if !students.is_empty() {
                    let has = |id: &str| students.contains(id);
                    evenfield_gap::survey::of_students(responses, has, &self.name, &mut self.problems);
                }
            }
            Content::Connectivity(lines) => {
                let schools: Vec<_> = rosters().flat_map(|r| r.schools.iter().map(on_roster)).collect();
                let all = std::mem::take(lines);
                *lines = connectivity::rules::of_schools(all, &schools, &self.name, &mut self.problems);
            }
            Content::Roster(_) | Content::Open(..) => {}
        }
    }

    /// Stores it within the caller's transaction. Loading the same file again changes nothing. Returns the lines of schools that people
    /// have changed in the portal and that stay so.
    ///
    /// # Errors
    /// The database's.
    pub async fn store(self, write: &mut Write, district: &str) -> Result<Vec<Kept>, sqlx::Error> {
        let loaded_ms = now_ms();
        let mut kept = Vec::new();
        match self.content {
            Content::Roster(roster) => {
                let facts = roster::queries::LoadFacts {
                    digest: self.digest,
                    file_name: self.name,
                    delta: false,
                    loaded_by: BY.to_owned(),
                    loaded_ms,
                    problems: self.problems.found(),
                };
                roster::queries::replace(write, district, *roster, &facts).await?;
            }
            Content::Survey(responses) => {
                let facts = survey::queries::LoadFacts {
                    digest: &self.digest,
                    file_name: &self.name,
                    loaded_ms,
                    loaded_by: BY,
                    problems: &self.problems,
                };
                survey::queries::load(write, district, &responses, facts).await?;
            }
            Content::Connectivity(lines) => {
                let changed = connectivity::queries::Changed { ms: loaded_ms, by: BY };
                let lines: Vec<_> = lines.into_iter().map(connectivity::rules::stored).collect();
                let schools = connectivity::queries::replace_own(write, district, &lines, changed).await?;
                kept.extend((!schools.is_empty()).then_some(Kept { file: self.name, schools }));
            }
            Content::Open(kind, rows, bytes) => {
                let input = &self.input;
                let or = |said: &'_ str, usual: &'static str| {
                    if said.is_empty() { usual.to_owned() } else { said.to_owned() }
                };
                let facts = open_data::queries::LoadFacts {
                    kind: kind.as_str(),
                    source: &or(&input.source, kind.source()),
                    vintage: &input.vintage,
                    licence: &or(&input.licence, kind.licence()),
                    file_name: &self.name,
                    digest: &self.digest,
                    loaded_ms,
                    loaded_by: BY,
                    rows: rows.len() as u64,
                    problems: &self.problems,
                };
                open_data::queries::store(write, district, facts, (&rows, &bytes)).await?;
            }
        }
        Ok(kept)
    }
}

/// A school of a roster that is not stored yet.
fn on_roster(school: &evenfield_gap::roster::School) -> connectivity::queries::RosterSchool {
    connectivity::queries::RosterSchool {
        id: school.source_id.clone(),
        ncessch: school.ncessch.as_ref().map(ToString::to_string),
        name: school.name.clone(),
        students: 0,
    }
}

/// Lines of schools that stay as people changed or removed them in the portal, in place of what a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The file.
    pub file: String,
    /// The schools' ids.
    pub schools: Vec<String>,
}

/// What [`store`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The id of the estimate's job.
    pub job: String,
    /// What was not taken from the files.
    pub kept: Vec<Kept>,
}

/// What the settings take out of a file. The same file may be loaded for one kind of area and again for another.
fn as_what(input: &FileInput) -> String {
    format!("{:?} {:?} {:?} {:?} {:?}", input.geography, input.id, input.within, input.year, input.columns)
}

fn as_of(district: &DistrictInputs) -> jiff::civil::Date {
    district.as_of.unwrap_or_else(today)
}

/// A file's bytes; one that is too large is refused before it is read.
fn bytes(path: &Path) -> Result<Vec<u8>, LoadError> {
    let wrong = |error| LoadError::File { path: path.to_owned(), error };
    let limit = Limits::default().file_bytes;
    if std::fs::metadata(path).map_err(wrong)?.len() > limit {
        return Err(ReadError::TooLarge { file: path.display().to_string(), limit }.into());
    }
    std::fs::read(path).map_err(wrong)
}

/// A file, an archive, or a folder of files; and its digest.
fn source(path: &Path, name: &str) -> Result<(Source, String), LoadError> {
    if !path.is_dir() {
        let bytes = bytes(path)?;
        let digest = digest([bytes.as_slice()]);
        return Ok((Source::open(name, bytes, Limits::default())?, digest));
    }
    let wrong = |error| LoadError::File { path: path.to_owned(), error };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        if entry.file_type().map_err(wrong)?.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), bytes(&entry.path())?));
        }
    }
    files.sort();
    let digests: String =
        files.iter().map(|(name, bytes)| format!("{name} {}\n", digest([bytes.as_slice()]))).collect();
    Ok((Source::folder(name, files, Limits::default())?, digest([digests.as_bytes()])))
}

/// Open data: by the reader of its kind, with the settings' columns.
fn open(
    input: &FileInput,
    leaid: &str,
    path: &Path,
    (name, bytes): (&str, &[u8]),
) -> Result<(Kind, Rows, Problems), LoadError> {
    let wrong = |what| LoadError::Settings { path: path.to_owned(), what };
    let plain = |kind: Kind| {
        let geography = input.geography.unwrap_or(GeographyKind::BlockGroup);
        let (rows, problems) = open_data::rules::read(kind, (geography, &input.vintage), (name, bytes));
        (kind, rows, problems)
    };
    let (kind, rows, problems) = match input.kind {
        FileKind::Acs => plain(Kind::Acs),
        FileKind::BdcFixed => plain(Kind::BdcFixed),
        FileKind::BdcMobile => plain(Kind::BdcMobile),
        FileKind::Form477 => plain(Kind::Form477),
        FileKind::Relationship => plain(Kind::Relationship),
        FileKind::Directory => plain(Kind::Directory),
        FileKind::Membership => plain(Kind::Membership),
        FileKind::Geocodes => plain(Kind::Geocodes),
        FileKind::AddressPoints => plain(Kind::AddressPoints),
        FileKind::Tiles => plain(Kind::Tiles),
        FileKind::Ndt7 => plain(Kind::Ndt7),
        FileKind::Boundaries => {
            let kind = input.geography.ok_or_else(|| wrong("boundaries want `geography = \"…\"`"))?;
            let mapping = mapping(input);
            let id: Vec<&str> = mapping.id.as_deref().into_iter().collect();
            let (found, problems) = boundary_files(path, (name, bytes), &mapping.boundaries(kind, &id))?;
            (Kind::Boundaries, open_data::rules::boundary_rows(found), problems)
        }
        FileKind::AreaTable => {
            let mapping = mapping(input);
            let (table, problems) = mapping.read_long(bytes, name, leaid);
            (Kind::AreaTable, Rows::Values(mapping.values(&table, &input.vintage, true)), problems)
        }
        FileKind::WideTable => {
            input.geography.ok_or_else(|| wrong("a wide table wants `geography = \"…\"`"))?;
            let mapping = mapping(input);
            let (table, problems) = mapping.read_wide(bytes, name);
            (Kind::WideTable, Rows::Values(mapping.values(&table, &input.vintage, false)), problems)
        }
        FileKind::Roster | FileKind::Survey | FileKind::Connectivity => {
            return Err(wrong("this is not open data"));
        }
    };
    Ok((kind, rows.within(&input.within), problems))
}

/// Boundaries; a bare `.shp` takes the files of the same name beside it.
fn boundary_files(
    path: &Path,
    (name, bytes): (&str, &[u8]),
    reading: &BoundaryReading<'_>,
) -> Result<(Vec<Boundary>, Problems), LoadError> {
    if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("shp")) {
        return Ok(boundary::read(bytes, name, reading));
    }
    let beside = |extension: &str| {
        let path = path.with_extension(extension);
        if path.exists() { self::bytes(&path).map(Some) } else { Ok(None) }
    };
    let layer = shapefile::Layer {
        name: name.to_owned(),
        shp: bytes.to_vec(),
        dbf: beside("dbf")?.unwrap_or_default(),
        prj: beside("prj")?,
        cpg: beside("cpg")?,
    };
    Ok(shapefile::read(&layer, reading))
}

/// What the settings take out of a table of areas.
fn mapping(input: &FileInput) -> Mapping {
    Mapping {
        geography: input.geography,
        id: input.id.clone(),
        name: input.name.clone(),
        year: input.year,
        columns: input.columns.clone(),
    }
}

/// Makes the district if it is not there, and stores its files and the wish for an estimate in one transaction.
///
/// # Errors
/// The database's; nothing is stored then.
pub async fn store(
    db: &Db,
    district: &DistrictInputs,
    files: Vec<Read>,
    seed: u64,
) -> Result<Stored, sqlx::Error> {
    let mut write = db.write().await?;
    let id = district.leaid.as_str();
    crate::account::queries::put_district(&mut write, id, &district.name, district.fictional).await?;
    if let Some(term) = &district.term {
        survey::queries::know_term(&mut write, id, term, now_ms()).await?;
    }
    let count = files.len();
    let mut kept = Vec::new();
    for file in files {
        kept.extend(file.store(&mut write, id).await?);
    }
    let wanted = estimate::Wanted { seed, term: district.term.clone() };
    let job = estimate::request(&mut write, id, &wanted).await?;
    let entry = audit::Entry {
        district_id: Some(id),
        account_id: None,
        action: "data.load",
        subject: ("district", id),
        detail: serde_json::json!({ "files": count, "by": BY }),
    };
    audit::record(&mut write, &entry).await?;
    write.commit().await?;
    Ok(Stored { job, kept })
}
