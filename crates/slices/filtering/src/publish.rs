//! The policy that edges fetch: compiled anew when anything that it is made of changes, signed, kept in a file, served
//! from memory.
//!
//! What it is made of is marked by one digest: the settings' file and its lists, answers, rosters, and the day. A
//! server looks every [`LOOK`] whether the mark is still that of the newest version. With several servers on one
//! database the first to store a version wins, and the others take it up from the folder that they share.

use super::queries::{self, DistrictVersion};
use super::rules::evidence::Measure;
use super::rules::kept::{self, Kept};
use super::rules::merge::Allowed;
use super::rules::{enroll, merge};
use super::source::Source;
use super::watch::Watch;
use crate::db::Write;
use crate::exchange::hexadecimal;
use crate::policy::{Current, Version};
use crate::{App, audit};
use evenfield_model::Problems;
use evenfield_policy::config::Config;
use evenfield_policy::{Aligned, PublicKey, SecretKey, Snapshot, Subject, View};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often the mark is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How many versions keep their file.
const KEPT: i64 = 3;
/// A version that cannot be made once more stands at least so long before another one takes its place.
const PATIENCE_S: u64 = 600;
/// How many problems of the settings are kept to be shown.
const SHOWN: usize = 50;

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
        let (file, public) = (file_of(app, latest), key.public());
        let opened = blocking(move || Ok(open(&file, &public))).await?;
        // Another database's, where two share the folder, is none of ours.
        if let Some(snapshot) = opened.filter(|snapshot| hexadecimal(&snapshot.digest()) == latest.digest) {
            app.policy.set(Arc::new(Current::new(latest.clone(), snapshot, config)));
            return Ok(());
        }
        return again(app, policy, key, Made { config, mark, text: watch.text() }, latest.clone()).await;
    }
    make(app, policy, key, Made { config, mark, text: watch.text() }, latest).await
}

/// Makes the newest version once more, to the octet, where its file is not in this server's folder: another server has published it, or the folder is
/// lost. Where it cannot be made the same, another version is, but not at once: two servers would go on for ever.
async fn again(
    app: &App,
    policy: &Path,
    key: &SecretKey,
    made: Made,
    latest: Version,
) -> Result<(), PublishError> {
    let from = begins(latest.created_s).unwrap_or(Timestamp::UNIX_EPOCH);
    let stamp = (latest.version, from, latest.created_s);
    let compiled = compiled(app, policy, key, &made, stamp, Some(latest.clone())).await?;
    let (file, bytes, public, digest) =
        (file_of(app, &latest), compiled.bytes, key.public(), latest.digest.clone());
    let opened = blocking(move || {
        let snapshot = opened(&bytes, &public).filter(|snapshot| hexadecimal(&snapshot.digest()) == digest);
        snapshot.map(|snapshot| write(&file, &bytes).map(|()| snapshot)).transpose()
    })
    .await?;
    if let Some(snapshot) = opened {
        tracing::info!(version = latest.version, "the policy in force was made once more");
        app.policy.set(Arc::new(Current::new(latest, snapshot, made.config)));
        return Ok(());
    }
    // One that a clock which was ahead has dated is not waited for.
    if Timestamp::now().as_second().abs_diff(latest.created_s) < PATIENCE_S {
        return Err(PublishError::Other(format!(
            "version {} is not in the folder {}, and cannot be made once more as it was: servers of one database share the folder and the lists \
             beside the settings",
            latest.version,
            folder(&file_of(app, &latest)).display()
        )));
    }
    make(app, policy, key, made, Some(latest)).await
}

/// The settings of a version, the mark of all that it is made of, and the settings' text.
struct Made {
    config: Arc<Config>,
    mark: String,
    text: Arc<str>,
}

/// When the schedules of a version begin that is dated like this: a little before, for versions made in one second are dated one after the other.
fn begins(created_s: i64) -> Option<Timestamp> {
    Timestamp::from_second(created_s.saturating_sub(5)).ok()
}

/// A version in memory.
struct Compiled {
    version: Version,
    bytes: Vec<u8>,
    warnings: Vec<String>,
    /// The answers in it, and how many of them hold for somebody.
    allowed: Vec<Allowed>,
    answers: usize,
}

/// Compiles a version with its number, from when its schedules begin, and its date; of the same another server makes the same octets.
async fn compiled(
    app: &App,
    policy: &Path,
    key: &SecretKey,
    made: &Made,
    (number, now, created_s): (i64, Timestamp, i64),
    before: Option<Version>,
) -> Result<Compiled, PublishError> {
    let mut people = Vec::new();
    for district in &made.config.districts {
        people.push(queries::people(app.db.read(), &district.id).await?);
    }
    let allowed = queries::allowed(app.db.read(), now.as_millisecond()).await?;
    let mut merged = Config::clone(&made.config);
    let answers = merge::lay(&mut merged, &allowed);
    // Nobody without the key can tell it before the snapshot is there.
    let secret = key.sign(format!("evenfield snapshot seed 1\n{number}\n{}", made.mark).as_bytes());
    let mut seed = [0; 16];
    seed.copy_from_slice(&Sha256::digest(secret)[..16]);
    let (path, signer) = (policy.to_owned(), key.clone());
    let kept = app.config.data_dir.join("policy").join("lists");
    let (version, bytes, warnings) = blocking(move || {
        let source = Source { path: &path, config: &merged, people: &people, kept: &kept, now, seed };
        source.compile(&signer, created_s, before.as_ref())
    })
    .await?;
    Ok(Compiled { version, bytes, warnings, allowed, answers })
}

/// Compiles a version, writes its file, stores its row, and puts it in force.
async fn make(
    app: &App,
    policy: &Path,
    key: &SecretKey,
    made: Made,
    latest: Option<Version>,
) -> Result<(), PublishError> {
    let now = Timestamp::now();
    // A district that has moved here brought the numbers and times of other versions along. A newer version is never the older one by the clock: edges
    // take no older one. Its schedules go by the true time.
    let (number, last_s) = queries::highest_version(app.db.read()).await?;
    let (number, created_s) = (number + 1, now.as_second().max(last_s.saturating_add(1)));
    let from = begins(created_s).filter(|from| *from <= now);
    let stamp = (number, from.unwrap_or(now), created_s);
    let Compiled { mut version, bytes, warnings, allowed, answers } =
        compiled(app, policy, key, &made, stamp, latest).await?;
    let Made { config, mark, text } = made;
    version.version = number;
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
        let changed = record_measures(&mut tx, &snapshot.view(), version.version, &district.id).await?;
        explain(&mut tx, &version, &district.id, (&text, &allowed), changed).await?;
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
    let shown = warnings.into_iter().take(SHOWN).collect();
    app.policy.warn(shown);
    app.policy.set(Arc::new(Current::new(version, snapshot, config)));
    Ok(())
}

/// Keeps the texts by which a district's part of a version can be explained when its file is gone.
async fn explain(
    tx: &mut Write,
    version: &Version,
    district: &str,
    (text, allowed): (&str, &[Allowed]),
    measures_changed: bool,
) -> Result<(), PublishError> {
    let keep = |text: &str| Kept::new(text).map_err(|error| PublishError::Other(error.to_string()));
    let (settings, answers) =
        (keep(&kept::settings(text, district))?, keep(&kept::answers(allowed, district))?);
    let new = DistrictVersion {
        version: version.version,
        digest: version.digest.clone(),
        created_s: version.created_s,
        lists_json: version.lists_json.clone(),
        settings: settings.id.clone(),
        answers: answers.id.clone(),
    };
    Ok(queries::put_version(tx, district, &new, &[&settings, &answers], measures_changed).await?)
}

/// Writes down, for each device of a district, what holds from this version on, where it is something else than before; whether it is
/// for any.
async fn record_measures(
    tx: &mut Write,
    view: &View<'_>,
    version: i64,
    district: &str,
) -> Result<bool, sqlx::Error> {
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
    queries::insert_measures(tx, district, version, &measures, &changed).await?;
    Ok(!changed.is_empty())
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
fn open(path: &Path, key: &PublicKey) -> Option<Snapshot<Aligned>> {
    opened(&std::fs::read(path).ok()?, key)
}

fn opened(bytes: &[u8], key: &PublicKey) -> Option<Snapshot<Aligned>> {
    let snapshot = Snapshot::open(Aligned::copy(bytes), key).ok()?;
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
