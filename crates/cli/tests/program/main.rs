//! The program itself, started as people start it.

mod bad_input;
mod killed;
mod moved;
mod plan;
mod policy;
mod published;
mod radio;
mod strategies;

#[path = "../../../../tests/shared.rs"]
mod shared;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The program with these arguments, its output kept.
fn evenfield<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenfield"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
fn run<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    evenfield(arguments).output().expect("the program")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder that lives as long as the tests.
fn shared_folder() -> PathBuf {
    tempfile::tempdir().expect("a folder").keep()
}

/// A fictional district of 500 students, made by the demo and estimated once: a folder with `files/`,
/// `evenfield.toml` and `evenfield.db`.
fn district() -> &'static Path {
    static DISTRICT: OnceLock<PathBuf> = OnceLock::new();
    DISTRICT.get_or_init(|| {
        use std::io::BufRead;
        let folder = shared_folder();
        let dir = folder.to_str().expect("a path in UTF-8");
        let mut demo = evenfield(["demo", "--dir", dir, "--students", "500", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program");
        let said = std::io::BufReader::new(demo.stdout.take().expect("its output"));
        let ready = said.lines().map_while(Result::ok).any(|line| line.contains("Stop with Ctrl-C"));
        demo.kill().expect("killed");
        demo.wait().expect("ended");
        assert!(ready, "the demo did not come up");
        // The next to open the database brings what stands in its write-ahead log into the file.
        let database = format!("sqlite:{}", folder.join("evenfield.db").display());
        assert!(run(["audit", "verify", "--database", &database]).status.success());
        folder
    })
}

/// Settings for the fictional district's files with the records in this database.
fn settings(database: &Path) -> PathBuf {
    let usual = std::fs::read_to_string(district().join("evenfield.toml")).expect("the settings");
    let own: Vec<String> = usual
        .lines()
        .map(|line| match line.strip_prefix("database = ") {
            Some(_) => format!("database = \"sqlite:{}\"", database.display()),
            None => line.to_owned(),
        })
        .collect();
    let name = format!("{}.toml", database.display()).replace('/', "-");
    let path = district().join(name);
    std::fs::write(&path, own.join("\n")).expect("written");
    path
}
