//! asof beside SQLite, DuckDB and DoltLite: the same scripts on standard input, in turn, in one run.
//!
//! `cargo bench --bench peers`. SQLite is the library that `rusqlite` bundles, in a process of this
//! benchmark's own binary, and the `sqlite3` shell; that, `duckdb` and `doltlite` are measured where they are
//! on the path. All read text from standard input and answer in text. All are durable: asof syncs its log
//! before it acknowledges, SQLite and DoltLite run with `journal_mode=WAL` and `synchronous=FULL`, DuckDB
//! syncs by itself; only the column `no syncs` does not. Each figure is a ratio of medians of three rounds
//! (`PEERS_ROUNDS`), A B A B, asof anew beside each peer: what asof takes, divided by what the peer takes, so
//! that below 1 asof is faster. Answers are compared in every round.
//!
//! Writes are whole processes over an empty directory. Questions are put to processes that have opened
//! the database and have answered them once. DuckDB and DoltLite, and asof beside them, write a twentieth.
//! `PEERS_SCALE` is the number of rows and statements in hundredths (100), and only work whose name has
//! `PEERS_ONLY` in it is done.

#![expect(clippy::print_stdout, reason = "a report for people")]

mod conversation;
mod process;
mod programs;
mod questions;
mod sqlite;
mod work;
mod workload;

use conversation::Conversation;
use process::run;
use programs::Program;
use std::path::PathBuf;
use std::process::ExitCode;
use work::{QUESTIONS, Question, ROWS, WRITES, Write};

/// asof, its peers, and where their databases are.
struct Peers {
    directory: PathBuf,
    asof: Program,
    programs: Vec<Program>,
    rounds: u64,
    scale: u64,
}

/// What a piece of work took on both sides, round by round.
#[derive(Default)]
struct Times {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Times {
    fn ratio(self) -> f64 {
        median(self.ours) / median(self.theirs)
    }
}

fn main() -> ExitCode {
    if sqlite::is_asked() {
        return sqlite::run();
    }
    let directory = tempfile::tempdir().expect("a directory for the databases");
    let (programs, missing) = programs::installed();
    let peers = Peers {
        directory: directory.path().to_path_buf(),
        asof: programs::asof(),
        programs,
        rounds: setting("PEERS_ROUNDS").unwrap_or(3).max(1),
        scale: setting("PEERS_SCALE").unwrap_or(100).max(1),
    };
    peers.introduce(&missing);
    WRITES.iter().filter(|write| is_asked(write.name)).for_each(|write| peers.write(write));
    peers.alternate();
    peers.ask();
    ExitCode::SUCCESS
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Whether a piece of work shall be done.
fn is_asked(work: &str) -> bool {
    std::env::var("PEERS_ONLY").map_or(true, |only| work.contains(&only))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Answers of programs that order groups in their own way and have other words for truth.
fn normal(answers: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        answers.lines().map(|line| line.replace("|true", "|1").replace("|false", "|0")).collect();
    lines.sort();
    lines
}

impl Peers {
    fn introduce(&self, missing: &[&str]) {
        let names = self.programs.iter().map(|peer| format!("{} {}", peer.name, peer.version));
        println!(
            "asof {} beside {}; medians of {} rounds; below 1 asof is faster",
            self.asof.version,
            names.collect::<Vec<_>>().join(", "),
            self.rounds
        );
        if !missing.is_empty() {
            println!("not installed: {}", missing.join(", "));
        }
        let names: Vec<&str> = self.programs.iter().map(|peer| peer.name).collect();
        println!();
        self.line("work", names.into_iter().chain(["no syncs"]).map(str::to_string), "asof's peak");
    }

    fn line(&self, work: &str, cells: impl Iterator<Item = String>, last: &str) {
        let cells: Vec<String> = cells.map(|cell| format!("{cell:>9}")).collect();
        println!("{work:<48} {} {last:>12}", cells.join(" "));
    }

    fn report(&self, work: &str, ratios: &[Option<f64>], peak: Option<u64>) {
        let last = peak.map_or_else(|| "-".into(), |peak| format!("{} MiB", peak / 1024));
        let cell =
            |ratio: &Option<f64>| ratio.map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}"));
        self.line(work, ratios.iter().map(cell), &last);
    }

    /// Writes from nothing, each time by a whole process.
    fn write(&self, write: &Write) {
        let careless = programs::careless();
        let mut peak = 0;
        let mut ratio = |peer: &Program| {
            let size = write.size * self.scale / 100 / peer.part;
            let script = (write.script)(size);
            let mut times = Times::default();
            for _ in 0..self.rounds {
                for (program, seconds) in [(&self.asof, &mut times.ours), (peer, &mut times.theirs)]
                {
                    program.remove(&self.directory, "written");
                    let mut command = program.command(&self.directory, "written");
                    let run = run(&mut command, &format!("{}{script}", program.settings));
                    seconds.push(run.seconds);
                    if program.name == self.asof.name {
                        peak = peak.max(run.peak);
                        self.check(&(write.check)(size));
                    }
                }
            }
            times.ratio()
        };
        let mut ratios: Vec<Option<f64>> =
            self.programs.iter().map(|peer| Some(ratio(peer))).collect();
        ratios.push(write.careless.then(|| ratio(&careless)));
        let size = write.size * self.scale / 100;
        self.report(&format!("{} ({size})", write.name), &ratios, Some(peak));
    }

    /// Asks asof about what it has written.
    fn check(&self, (questions, answers): &(String, String)) {
        let run = run(&mut self.asof.command(&self.directory, "written"), questions);
        assert_eq!(run.output, *answers, "what was written is there, and was at every moment");
    }

    /// W1d: each statement is sent when the answer to the last is there.
    fn alternate(&self) {
        let count = 10 * self.scale;
        let name = format!("W1d INSERTs, each behind an answer ({count})");
        if !is_asked(&name) {
            return;
        }
        let statements = work::alternating(count);
        let mut peak = 0;
        let mut ratio = |peer: &Program| {
            let mut times = Times::default();
            for _ in 0..self.rounds {
                for (program, seconds) in [(&self.asof, &mut times.ours), (peer, &mut times.theirs)]
                {
                    program.remove(&self.directory, "answered");
                    let command = program.command(&self.directory, "answered");
                    let mut conversation = Conversation::start(command, program.settings);
                    conversation.ask(workload::CREATE);
                    seconds.push(conversation.alternate(&statements));
                    peak = peak.max(conversation.end());
                }
            }
            Some(times.ratio())
        };
        let mut ratios: Vec<Option<f64>> = self.programs.iter().map(&mut ratio).collect();
        ratios.push(None);
        self.report(&name, &ratios, Some(peak));
    }

    /// W3: processes with the same rows are asked in turn.
    fn ask(&self) {
        let asked: Vec<_> = QUESTIONS.iter().filter(|asked| is_asked(asked.name)).collect();
        if asked.is_empty() {
            return;
        }
        let rows = ROWS * self.scale / 100;
        let script = work::tables(rows);
        let mut start = |program: &Program| {
            run(
                &mut program.command(&self.directory, "asked"),
                &format!("{}{script}", program.settings),
            );
            let command = program.command(&self.directory, "asked");
            Conversation::start(command, program.settings)
        };
        let mut asof = start(&self.asof);
        let mut peers: Vec<Conversation> = self.programs.iter().map(&mut start).collect();
        for Question { name, script } in asked {
            let question = script(rows);
            let ratios = peers.iter_mut().map(|peer| Some(self.ratio(&mut asof, peer, &question)));
            let ratios: Vec<Option<f64>> = ratios.chain([None]).collect();
            self.report(name, &ratios, None);
        }
        for peer in peers {
            peer.end();
        }
        println!("   {rows} rows; asof's peak {} MiB", asof.end() / 1024);
    }

    /// The same question, in turn, behind one time that is not counted.
    fn ratio(&self, asof: &mut Conversation, peer: &mut Conversation, question: &str) -> f64 {
        let mut times = Times::default();
        for round in 0..=self.rounds {
            let ((ours, our_answer), (theirs, their_answer)) =
                (asof.ask(question), peer.ask(question));
            assert_eq!(normal(&our_answer), normal(&their_answer), "both give the same answers");
            if round > 0 {
                times.ours.push(ours);
                times.theirs.push(theirs);
            }
        }
        times.ratio()
    }
}
