//! The settings of the policy, read when their file has changed and not at each look.

use super::publish::{PublishError, folder};
use crate::exchange::hexadecimal;
use evenfield_policy::config::{Config, Names, read};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A file that was changed so short a time ago may change again without that its time tells: some systems count it in
/// seconds.
const UNSETTLED: Duration = Duration::from_secs(3);

/// What tells a file from what it was before.
type Stamp = (u64, SystemTime);

/// What was read, and of which file.
#[derive(Default)]
pub struct Watch {
    /// None before the first time, and for a file that may still change.
    of: Option<Stamp>,
    read: Option<Result<Read, Vec<String>>>,
    /// The lists' files, and the digest of each.
    lists: HashMap<PathBuf, (Option<Stamp>, [u8; 32])>,
    #[cfg(test)]
    reads: usize,
}

/// The settings, and the digest of their text.
#[derive(Clone)]
struct Read {
    config: Arc<Config>,
    text: Arc<str>,
    digest: [u8; 32],
}

impl Watch {
    /// The settings, and the mark of all that a version is made of.
    ///
    /// # Errors
    /// [`PublishError`]: the file cannot be read, or is not what it should be.
    pub fn settings(&mut self, path: &Path, records: &str) -> Result<(Arc<Config>, String), PublishError> {
        let file = |error| PublishError::File { path: path.to_owned(), error };
        let meta = std::fs::metadata(path).map_err(file)?;
        let stamp = (meta.len(), meta.modified().map_err(file)?);
        if self.of != Some(stamp) || self.read.is_none() {
            let settled = stamp.1.elapsed().is_ok_and(|age| age > UNSETTLED);
            self.of = settled.then_some(stamp);
            self.read = Some(parse(path)?);
            #[cfg(test)]
            {
                self.reads += 1;
            }
        }
        let Some(Ok(Read { config, digest, .. })) = self.read.clone() else {
            let said = self.read.as_ref().and_then(|read| read.as_ref().err()).cloned();
            return Err(PublishError::Settings(said.unwrap_or_default()));
        };
        let mut hash = Sha256::new();
        hash.update(format!("{}\n{records}\n", env!("CARGO_PKG_VERSION")));
        hash.update(digest);
        for list in &config.lists {
            if let Names::File(name, ..) = &list.names {
                hash.update(format!("{name} {:?}\n", self.digest_of(&folder(path).join(name))));
            }
        }
        Ok((config, hexadecimal(&hash.finalize())))
    }
}

impl Watch {
    /// The text of the settings that were read last.
    pub fn text(&self) -> Arc<str> {
        match &self.read {
            Some(Ok(read)) => read.text.clone(),
            _ => Arc::from(""),
        }
    }

    /// The digest of a list's file: a download that brings the same again makes no new version. Read when size or time have
    /// changed; none for a file that cannot be read.
    fn digest_of(&mut self, path: &Path) -> Option<[u8; 32]> {
        let meta = std::fs::metadata(path).ok()?;
        let stamp = (meta.len(), meta.modified().ok()?);
        if let Some((_, digest)) = self.lists.get(path).filter(|(of, _)| *of == Some(stamp)) {
            return Some(*digest);
        }
        let digest = Sha256::digest(std::fs::read(path).ok()?).into();
        let settled = stamp.1.elapsed().is_ok_and(|age| age > UNSETTLED);
        self.lists.insert(path.to_owned(), (settled.then_some(stamp), digest));
        Some(digest)
    }
}

/// What the file says, or what is wrong with it.
fn parse(path: &Path) -> Result<Result<Read, Vec<String>>, PublishError> {
    let file = |error| PublishError::File { path: path.to_owned(), error };
    let text = std::fs::read_to_string(path).map_err(file)?;
    let config = match read(&path.display().to_string(), &text) {
        Ok(config) => config,
        Err(problems) => return Ok(Err(problems.kept().iter().map(ToString::to_string).collect())),
    };
    let with_files = config.districts.iter().filter(|d| d.roster.is_some() || d.devices.is_some());
    let refused: Vec<String> = with_files
        .map(|d| {
            format!(
                "{}: district {}: wanted no `roster` and no `devices`: the portal has them",
                path.display(),
                d.id
            )
        })
        .collect();
    if !refused.is_empty() {
        return Ok(Err(refused));
    }
    let digest = Sha256::digest(&text).into();
    Ok(Ok(Read { config: Arc::new(config), text: text.into(), digest }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};

    /// Writes a file as if it had been written so many seconds ago.
    fn put(path: &Path, text: &str, ago_s: u64) {
        std::fs::write(path, text).expect("written");
        let file = File::options().write(true).open(path).expect("open");
        let time = SystemTime::now() - Duration::from_secs(ago_s);
        file.set_times(FileTimes::new().set_modified(time)).expect("a time");
    }

    #[test]
    fn settings_are_read_when_they_have_changed_and_faults_stay_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, mut watch) = (folder.path().join("policy.toml"), Watch::default());
        assert!(matches!(watch.settings(&path, ""), Err(PublishError::File { .. })));
        put(&path, "[default]\n", 100);
        let (config, mark) = watch.settings(&path, "").expect("sound");
        let (same, other) =
            (watch.settings(&path, "").expect("sound"), watch.settings(&path, "x").expect("sound"));
        assert!(Arc::ptr_eq(&config, &same.0) && same.1 == mark && other.1 != mark);
        assert_eq!(watch.reads, 1);
        put(&path, "[default]\nblok = []\n", 90);
        for _ in 0..2 {
            let told = watch.settings(&path, "").map(|_| ()).expect_err("faulty").to_string();
            assert!(told.contains("blok"), "{told}");
        }
        assert_eq!(watch.reads, 2);
        // As long as the first text, and written just now: it is read over and over until it is settled.
        put(&path, "[default]\n", 0);
        assert_eq!(watch.settings(&path, "").expect("sound").1, mark);
        put(&path, "[defaulT]\n", 0);
        assert!(watch.settings(&path, "").is_err());
        put(&path, "[default]\n", 80);
        assert_eq!(watch.settings(&path, "").expect("sound").1, mark);
        assert_eq!(watch.settings(&path, "").expect("sound").1, mark);
        assert_eq!(watch.reads, 5);
    }

    #[test]
    fn the_mark_is_another_one_when_a_list_has_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, mut watch) = (folder.path().join("policy.toml"), Watch::default());
        let list = "[default]\n[[list]]\nname = \"l\"\ncategory = \"games\"\nfile = \"l.txt\"\nformat = \"domains\"\n";
        put(&path, list, 100);
        let mark = |watch: &mut Watch| watch.settings(&path, "").expect("sound").1;
        let none = mark(&mut watch);
        put(&folder.path().join("l.txt"), "a.example\n", 50);
        let one = mark(&mut watch);
        put(&folder.path().join("l.txt"), "a.example\n", 45);
        assert_eq!(one, mark(&mut watch), "the same again");
        put(&folder.path().join("l.txt"), "b.example\n", 40);
        assert!(none != one && one != mark(&mut watch));
        assert_eq!(watch.reads, 1);
    }
}
