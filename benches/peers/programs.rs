//! The programs that are measured: asof, and those of its peers that are installed.

use crate::sqlite;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that reads statements from standard input and writes rows to standard output.
pub struct Program {
    /// What it is called.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// What its databases' names end with.
    suffix: &'static str,
    /// The command, but for the database.
    command: fn(&Path) -> Command,
    /// What is said to it first: as durable as asof is, as far as it can be told.
    pub settings: &'static str,
    /// It writes this part of what others do: it takes long.
    pub part: u64,
}

/// What makes SQLite sync at every commit.
const DURABLE: &str = "PRAGMA journal_mode=WAL;\nPRAGMA synchronous=FULL;\n";

/// asof itself.
pub fn asof() -> Program {
    Program {
        name: "asof",
        version: env!("CARGO_PKG_VERSION").to_string(),
        suffix: "asof",
        command: |database| with(env!("CARGO_BIN_EXE_asof"), &[], database),
        settings: "",
        part: 1,
    }
}

/// SQLite linked into this benchmark.
pub fn linked() -> Program {
    Program {
        name: "SQLite",
        version: rusqlite::version().to_string(),
        suffix: "sqlite",
        command: |database| sqlite::command(database, "FULL"),
        settings: "",
        part: 1,
    }
}

/// The same without any sync, so that a power failure may take what was acknowledged.
pub fn careless() -> Program {
    Program {
        name: "no syncs",
        suffix: "careless",
        command: |database| sqlite::command(database, "OFF"),
        ..linked()
    }
}

/// The peers with a command line, installed or not: name, suffix, command, settings, part.
type Shell = (&'static str, fn(&Path) -> Command, &'static str, u64);

const SHELLS: &[Shell] = &[
    ("sqlite3", |database| with("sqlite3", &[], database), DURABLE, 1),
    ("duckdb", |database| with("duckdb", &["-list", "-noheader"], database), "", 20),
    ("doltlite", |database| with("doltlite", &[], database), DURABLE, 20),
];

/// The peers that are installed, and the names of those that are not.
pub fn installed() -> (Vec<Program>, Vec<&'static str>) {
    let (mut programs, mut missing) = (vec![linked()], Vec::new());
    for (name, command, settings, part) in SHELLS {
        let (command, settings, part) = (*command, *settings, *part);
        match version(name) {
            Some(version) => {
                programs.push(Program { name, version, suffix: name, command, settings, part });
            }
            None => missing.push(*name),
        }
    }
    (programs, missing)
}

fn with(program: &str, options: &[&str], database: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(options).arg(database);
    command
}

/// The first word with a digit of what a program says of its version.
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_number = |word: &&str| word.contains(|digit: char| digit.is_ascii_digit());
    Some(text.split_whitespace().find(is_number).unwrap_or("?").trim_start_matches('v').to_string())
}

impl Program {
    /// The program over a database of this name.
    pub fn command(&self, directory: &Path, database: &str) -> Command {
        (self.command)(&self.path(directory, database))
    }

    /// Takes a database away.
    pub fn remove(&self, directory: &Path, database: &str) {
        let path = self.path(directory, database);
        drop(fs::remove_dir_all(&path));
        for suffix in ["", "-wal", "-shm", ".wal"] {
            drop(fs::remove_file(format!("{}{suffix}", path.display())));
        }
    }

    fn path(&self, directory: &Path, database: &str) -> PathBuf {
        directory.join(format!("{database}.{}", self.suffix))
    }
}
