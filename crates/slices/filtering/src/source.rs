//! What a version is compiled from, and the lists' files of before, in place of files that cannot be believed.

use super::publish::{PublishError, folder, told};
use super::rules::lists::{Held, Listed};
use crate::policy::Version;
use evenfield_policy::SecretKey;
use evenfield_policy::compile::{Compiled, People, compile};
use evenfield_policy::config::{Config, Names};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a version is compiled from.
pub struct Source<'a> {
    /// The settings' file.
    pub path: &'a Path,
    /// The settings, with the portal's answers.
    pub config: &'a Config,
    /// The districts' people and devices.
    pub people: &'a [People],
    /// Where the files of lists are kept as they were when they were last believed.
    pub kept: &'a Path,
    /// When its schedules begin.
    pub now: Timestamp,
    /// What its names are hashed by.
    pub seed: [u8; 16],
}

impl Source<'_> {
    /// Compiles and signs; what the row says of it that its bytes do not is filled in. Gives also what of the settings never holds, or means more than it
    /// says.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn compile(
        &self,
        key: &SecretKey,
        created_s: i64,
        latest: Option<&Version>,
    ) -> Result<(Version, Vec<u8>, Vec<String>), PublishError> {
        let before: Vec<Listed> =
            latest.and_then(|latest| serde_json::from_str(&latest.lists_json).ok()).unwrap_or_default();
        let mut held = BTreeMap::new();
        let mut compiled = self.once(&mut held)?;
        for (report, list) in compiled.lists.iter().zip(&self.config.lists) {
            let same = before.iter().find(|old| (&old.name, &old.category) == (&list.name, &list.category));
            if let (Some(old), Names::File(file, ..)) = (same, &list.names)
                && !held.contains_key(file)
                && old.doubts(list, report)
            {
                held.insert(file.clone(), Held { names: report.rows, problems: report.problems });
            }
        }
        if !held.is_empty() {
            compiled = self.once(&mut held)?;
        }
        self.keep(&held)?;
        let lists: Vec<Listed> = compiled
            .lists
            .iter()
            .zip(&self.config.lists)
            .map(|(report, list)| {
                let of_file = match &list.names {
                    Names::File(file, ..) => held.get(file).copied(),
                    Names::Here(_) => None,
                };
                if let Some(Held { names, problems }) = of_file {
                    let (list, used) = (&list.name, report.rows);
                    tracing::error!(%list, names, problems, used, "a list's file is not believed; that of before is used");
                }
                Listed::of(report, of_file)
            })
            .collect();
        let policies = compiled.policies as i64;
        let file = self.path.display().to_string();
        let of_settings = compiled.problems.kept().iter().filter(|problem| problem.file == file);
        let warnings = of_settings.map(ToString::to_string).collect();
        let compiled = compiled.dated(created_s.unsigned_abs());
        let version = Version {
            version: 0,
            digest: String::new(),
            created_s,
            mark: String::new(),
            octets: 0,
            devices: 0,
            policies,
            lists_json: serde_json::to_string(&lists).map_err(|e| other(&e))?,
            answers: 0,
        };
        Ok((version, compiled.finish(key).map_err(|e| other(&e))?, warnings))
    }

    /// Compiles with the kept files of those that are held. One that cannot be read is held, too, where there is one of before.
    fn once(&self, held: &mut BTreeMap<String, Held>) -> Result<Compiled, PublishError> {
        let mut read = |file: &str| {
            let kept = || std::fs::read(self.kept_file(file));
            if held.contains_key(file) {
                let missing = |e| format!("{e}, and it is not believed as it is now");
                return kept().map_err(missing);
            }
            std::fs::read(folder(self.path).join(file)).or_else(|error| {
                let bytes = kept().map_err(|_| error.to_string())?;
                held.insert(file.to_owned(), Held::default());
                Ok(bytes)
            })
        };
        let name = self.path.display().to_string();
        compile(&name, self.config, self.people, &mut read, self.now, self.seed).map_err(|p| told(&p))
    }

    fn kept_file(&self, file: &str) -> PathBuf {
        self.kept.join(crate::exchange::hexadecimal(&Sha256::digest(file)[..16]))
    }

    /// Keeps the files that are believed, where they have changed.
    fn keep(&self, held: &BTreeMap<String, Held>) -> Result<(), PublishError> {
        std::fs::create_dir_all(self.kept).map_err(|error| file_error(self.kept, error))?;
        for list in &self.config.lists {
            let Names::File(file, ..) = &list.names else { continue };
            if held.contains_key(file) {
                continue;
            }
            let from = folder(self.path).join(file);
            let bytes = std::fs::read(&from).map_err(|error| file_error(&from, error))?;
            let to = self.kept_file(file);
            if std::fs::read(&to).is_ok_and(|old| old == bytes) {
                continue;
            }
            let part = to.with_extension(format!("{}.part", std::process::id()));
            std::fs::write(&part, bytes).map_err(|error| file_error(&part, error))?;
            std::fs::rename(&part, &to).map_err(|error| file_error(&to, error))?;
        }
        Ok(())
    }
}

fn file_error(path: &Path, error: std::io::Error) -> PublishError {
    PublishError::File { path: path.to_owned(), error }
}

fn other(error: &dyn std::fmt::Display) -> PublishError {
    PublishError::Other(error.to_string())
}
