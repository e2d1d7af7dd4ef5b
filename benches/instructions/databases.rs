//! The databases that paths begin with: each is made once, and copied for whoever counts over it.

use crate::count::{Instructions, count};
use crate::process::run;
use crate::sqlite;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// asof, the binary.
    Asof,
    /// SQLite, by this benchmark's own binary.
    Sqlite,
}

/// A script and the database it runs over.
pub struct Work {
    /// The script that makes the database; none where it begins with nothing.
    pub before: String,
    /// The script that is counted.
    pub script: String,
}

/// A directory with databases, and the scripts that made them.
pub struct Databases {
    directory: PathBuf,
    made: Vec<(Program, String)>,
}

impl Program {
    /// A process that reads a script from standard input.
    fn command(self, database: &Path) -> Command {
        match self {
            Program::Asof => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_asof"));
                command.arg(database);
                command
            }
            Program::Sqlite => sqlite::command(database, "FULL"),
        }
    }

    /// The number of the thread that runs statements: `main` of asof starts it before all others.
    fn thread(self) -> u32 {
        match self {
            Program::Asof => 2,
            Program::Sqlite => 1,
        }
    }
}

impl Databases {
    /// No databases yet.
    pub fn new(directory: &Path) -> Databases {
        Databases { directory: directory.to_path_buf(), made: Vec::new() }
    }

    /// Counts a script over a copy of its database.
    ///
    /// # Panics
    /// If the script fails.
    pub fn count(&mut self, program: Program, work: &Work) -> Instructions<u64> {
        let copy = self.directory.join("copy");
        drop(fs::remove_dir_all(&copy));
        copy_folder(&self.made(program, &work.before), &copy);
        let command = program.command(&copy.join("database"));
        count(&command, &work.script, program.thread(), &self.directory.join("counts"))
    }

    /// The folder with the database that a script makes.
    fn made(&mut self, program: Program, script: &str) -> PathBuf {
        let is_same = |(of, by): &(Program, String)| (*of, by.as_str()) == (program, script);
        let number = self.made.iter().position(is_same);
        let folder = |number: usize| self.directory.join(number.to_string());
        if let Some(number) = number {
            return folder(number);
        }
        let folder = folder(self.made.len());
        fs::create_dir_all(&folder).expect("a folder");
        if !script.is_empty() {
            run(&mut program.command(&folder.join("database")), script);
        }
        self.made.push((program, script.to_string()));
        folder
    }
}

/// Copies a folder and all below it.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy_folder(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a file is copied")),
        }
    }
}
