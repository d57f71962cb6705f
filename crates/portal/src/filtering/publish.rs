//! The policy that edges fetch: compiled anew when anything that it is made of changes, signed, kept in a file, served
//! from memory.
//!
//! What it is made of is marked by one digest: the settings' file and its lists, answers, rosters, and the day. A
//! server looks every [`LOOK`] whether the mark is still that of the newest version. With several servers on one
//! database the first to store a version wins, and the others take it up from the folder that they share.

use super::queries::{self, Version};
use super::rules::evidence::Measure;
use super::rules::{enroll, merge};
use super::source::Source;
use super::watch::Watch;
use crate::db::{Write, now_ms};
use crate::exchange::hexadecimal;
use crate::{App, audit};
use evenfield_model::Problems;
use evenfield_policy::config::Config;
use evenfield_policy::schedule::Calendar;
use evenfield_policy::{Aligned, SecretKey, SiteId, Snapshot, Subject, View};
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How often the mark is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How many versions keep their file.
const KEPT: i64 = 3;
/// How many problems of the settings are kept to be shown.
const SHOWN: usize = 50;

/// What is published now.
#[derive(Default)]
pub struct Published {
    current: RwLock<Option<Arc<Current>>>,
    problems: RwLock<Vec<String>>,
}

/// A version in force.
pub struct Current {
    /// Its row.
    pub version: Version,
    /// Its bytes, open.
    pub snapshot: Snapshot<Aligned>,
    places: Vec<Place>,
    zones: Vec<(Option<String>, TimeZone)>,
    calendars: Vec<(Option<String>, Calendar)>,
}

/// A site, and whose it is.
struct Place {
    site: Option<SiteId>,
    district: Option<String>,
    school: Option<String>,
}

impl Published {
    /// The version in force; none before the first.
    pub fn current(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong with the settings, so that the version in force is not theirs.
    pub fn problems(&self) -> Vec<String> {
        self.problems.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, current: Arc<Current>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }

    /// Keeps what is wrong; whether it is something new.
    fn complain(&self, problems: Vec<String>) -> bool {
        let mut kept = self.problems.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = *kept != problems;
        *kept = problems;
        is_new
    }
}

impl Current {
    fn new(version: Version, snapshot: Snapshot<Aligned>, config: &Config) -> Self {
        let view = snapshot.view();
        let place = |site: &evenfield_policy::config::Site| Place {
            site: view.site(&site.name),
            district: site.district.clone(),
            school: site.school.clone(),
        };
        let places = config.sites.iter().map(place).collect();
        let zones = config.calendars.iter().map(|c| (c.district.clone(), c.calendar.zone.clone())).collect();
        let calendars = config.calendars.iter().map(|c| (c.district.clone(), c.calendar.clone())).collect();
        Self { version, snapshot, places, zones, calendars }
    }

    /// Who asks from this address, and its district and school where it is a site that has them.
    pub fn subject(&self, address: Option<IpAddr>) -> (Subject, Option<&str>, Option<&str>) {
        let site = address.and_then(|address| self.view().site_of(address));
        let place = site.and_then(|site| self.places.iter().find(|place| place.site == Some(site)));
        let subject = site.map_or(Subject::Unknown, Subject::Site);
        (subject, place.and_then(|p| p.district.as_deref()), place.and_then(|p| p.school.as_deref()))
    }

    /// The snapshot, laid open.
    pub fn view(&self) -> View<'_> {
        self.snapshot.view()
    }

    /// The school calendars of a district.
    pub fn calendars(&self, district: &str) -> Vec<Calendar> {
        let of = |(whose, _): &&(Option<String>, Calendar)| whose.as_deref().is_none_or(|d| d == district);
        self.calendars.iter().filter(of).map(|(_, calendar)| calendar.clone()).collect()
    }

    /// The time zone of a district's first calendar; UTC where it has none.
    pub fn zone(&self, district: &str) -> TimeZone {
        let of = |(whose, _): &&(Option<String>, TimeZone)| whose.as_deref().is_none_or(|d| d == district);
        self.zones.iter().find(of).map_or(TimeZone::UTC, |(_, zone)| zone.clone())
    }
}

/// Why no version could be made.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database's.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// A file's.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The settings, one a line.
    #[error("{}", .0.join("\n"))]
    Settings(Vec<String>),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Publishes for ever, when the settings name a policy.
pub async fn run(app: App) {
    let (Some(policy), Some(key)) = (app.config.filtering.policy.clone(), app.config.filtering.key.clone())
    else {
        return std::future::pending().await;
    };
    let mut watch = Watch::default();
    loop {
        match look_again(&app, &policy, &key, &mut watch).await {
            Ok(()) => {
                app.policy.complain(Vec::new());
            }
            Err(error) => {
                let lines = error.to_string().lines().take(SHOWN).map(str::to_owned).collect();
                if app.policy.complain(lines) {
                    tracing::error!(%error, "no new policy is published; the version in force stays");
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Makes or takes up a version when the one in force is not the newest, or not of what there is now.
///
/// # Errors
/// [`PublishError`]; the version in force stays.
pub async fn look(app: &App, policy: &Path, key: &SecretKey) -> Result<(), PublishError> {
    look_again(app, policy, key, &mut Watch::default()).await
}

/// The same, with what was read of the settings at the look before.
async fn look_again(
    app: &App,
    policy: &Path,
    key: &SecretKey,
    watch: &mut Watch,
) -> Result<(), PublishError> {
    let latest = queries::latest_version(app.db.read()).await?;
    let records = queries::mark(app.db.read()).await?;
    let (path, day, mut watched) = (policy.to_owned(), crate::db::today(), std::mem::take(watch));
    let (watched, found) = blocking(move || {
        let found = watched.settings(&path, &format!("{records}\n{day}"));
        Ok((watched, found))
    })
    .await?;
    *watch = watched;
    let (config, mark) = found?;
    let in_force = app.policy.current();
    if let Some(latest) = latest.as_ref().filter(|latest| latest.mark == mark) {
        if in_force.is_some_and(|current| current.version.version == latest.version) {
            return Ok(());
        }
        let file = file_of(app, latest);
        let key = key.public();
        let opened = blocking(move || Ok(open(&file, &key))).await?;
        // Another database's, where two share the folder, is none of ours.
        if let Some(snapshot) = opened.filter(|snapshot| hexadecimal(&snapshot.digest()) == latest.digest) {
            app.policy.set(Arc::new(Current::new(latest.clone(), snapshot, &config)));
            return Ok(());
        }
    }
    make(app, policy, key, (config, mark), latest).await
}

/// Compiles a version, writes its file, stores its row, and puts it in force.
async fn make(
    app: &App,
    policy: &Path,
    key: &SecretKey,
    (config, mark): (Arc<Config>, String),
    latest: Option<Version>,
) -> Result<(), PublishError> {
    let mut people = Vec::new();
    for district in &config.districts {
        people.push(queries::people(app.db.read(), &district.id).await?);
    }
    let allowed = queries::allowed(app.db.read(), now_ms()).await?;
    let mut merged = Config::clone(&config);
    let answers = merge::lay(&mut merged, &allowed);
    let (from, signer, before) = (policy.to_owned(), key.clone(), latest.clone());
    let kept = app.config.data_dir.join("policy").join("lists");
    let (mut version, bytes) = blocking(move || {
        let source = Source { path: &from, config: &merged, people: &people, kept: &kept };
        source.compile(&signer, before.as_ref())
    })
    .await?;
    version.version = latest.map_or(0, |latest| latest.version) + 1;
    (version.mark, version.answers) = (mark, answers as i64);
    let (file, public) = (file_of(app, &version), key.public());
    let written = file.clone();
    let snapshot = blocking(move || {
        write(&written, &bytes)?;
        open(&written, &public)
            .ok_or_else(|| PublishError::Other("the file just written cannot be read".to_owned()))
    })
    .await?;
    version.digest = hexadecimal(&snapshot.digest());
    (version.octets, version.devices) = (snapshot.len() as i64, snapshot.devices() as i64);
    let mut tx = app.db.write().await?;
    if !queries::insert_version(&mut tx, &version).await? {
        // Another server was faster: its version is taken up at the next look.
        return Ok(());
    }
    for district in &config.districts {
        record_measures(&mut tx, &snapshot.view(), version.version, &district.id).await?;
    }
    let detail = json!({ "digest": version.digest, "answers": version.answers, "devices": version.devices });
    let subject = ("policy_version", version.version.to_string());
    let entry = audit::Entry {
        district_id: None,
        account_id: None,
        action: "policy.publish",
        subject: (subject.0, &subject.1),
        detail,
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    tracing::info!(version = version.version, answers, "a policy is published");
    forget(app, version.version);
    app.policy.set(Arc::new(Current::new(version, snapshot, &config)));
    Ok(())
}

/// Writes down, for each device of a district, what holds from this version on, where it is something else than before.
async fn record_measures(
    tx: &mut Write,
    view: &View<'_>,
    version: i64,
    district: &str,
) -> Result<(), sqlx::Error> {
    let last = queries::last_measures(tx, district).await?;
    let (mut of_policy, mut measures, mut changed) = (HashMap::new(), BTreeMap::new(), Vec::new());
    for (id, key, counts) in queries::device_keys(tx, district).await? {
        let known = enroll::read_key(&key).filter(|key| counts && view.device_number(*key).is_some());
        let now = known.map_or(String::new(), |key| {
            let policy = view.policy_of(&Subject::Device(key));
            let measure = of_policy.entry(policy.0).or_insert_with(|| Measure::of(view, policy));
            measures.entry(measure.id()).or_insert_with(|| measure.clone());
            measure.id()
        });
        // One that was never known has nothing to tell of.
        if last.get(&id).map_or("", String::as_str) != now {
            changed.push((id, now));
        }
    }
    queries::insert_measures(tx, district, version, &measures, &changed).await
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

pub(super) fn told(problems: &Problems) -> PublishError {
    PublishError::Settings(problems.kept().iter().map(ToString::to_string).collect())
}

fn file_of(app: &App, version: &Version) -> PathBuf {
    app.config.data_dir.join("policy").join(format!("{}.snapshot", version.version))
}

/// Writes a file beside its place and moves it there whole.
fn write(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let file = |error| PublishError::File { path: path.to_owned(), error };
    std::fs::create_dir_all(folder(path)).map_err(file)?;
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let mut open = std::fs::File::create(&part).map_err(file)?;
    std::io::Write::write_all(&mut open, bytes).map_err(file)?;
    open.sync_all().map_err(file)?;
    std::fs::rename(&part, path).map_err(file)
}

/// Opens a version's file and verifies every octet of it; none when it is not there or not what it should be: then the
/// version is made again.
fn open(path: &Path, key: &evenfield_policy::PublicKey) -> Option<Snapshot<Aligned>> {
    let bytes = std::fs::read(path).ok()?;
    let snapshot = Snapshot::open(Aligned::copy(&bytes), key).ok()?;
    snapshot.verify_all().ok()?;
    Some(snapshot)
}

/// Removes the file of the version that is one too many.
fn forget(app: &App, newest: i64) {
    let old = app.config.data_dir.join("policy").join(format!("{}.snapshot", newest - KEPT));
    // That it is not there is what is wanted.
    let _ = std::fs::remove_file(old);
}

/// Work with files, away from the threads that answer requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PublishError> + Send + 'static,
) -> Result<T, PublishError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| PublishError::Other(error.to_string()))?
}
