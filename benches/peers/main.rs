//! asof beside the `sqlite3` shell: the same scripts on standard input, in turn, in one run.
//!
//! `cargo bench --bench peers` needs `sqlite3` on the path. Both run as whole processes with the
//! same durability: asof syncs its log at every commit, SQLite runs with `journal_mode=WAL` and
//! `synchronous=FULL`. Each figure is the median of three rounds (`PEERS_ROUNDS` changes that), A B
//! A B; a ratio above 1 says that asof is faster. Answers are compared in every round.
//!
//! Queries are measured as what they add to a process that opens the database and asks nothing, over
//! many repetitions: today asof replays its log when it opens, which is shown as a line of its own.

#![expect(clippy::print_stdout, reason = "a report for people")]

mod process;
mod workload;

use process::{Run, run};
use std::path::{Path, PathBuf};
use std::process::Command;

const SQLITE_SETTINGS: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;\n";

/// The two programs and where their databases are.
struct Peers {
    directory: PathBuf,
    rounds: usize,
}

/// What a piece of work took on both sides, medians.
struct Pair {
    asof: f64,
    sqlite: f64,
    peak: u64,
}

impl Peers {
    fn asof(&self, database: &str, script: &str) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asof"));
        run(command.arg(self.directory.join(database)), script)
    }

    fn sqlite(&self, database: &str, script: &str) -> Run {
        let path = self.directory.join(format!("{database}.sqlite"));
        run(Command::new("sqlite3").arg(path), script)
    }

    /// Runs a script on both in turn, from nothing where `fresh`.
    fn pair(&self, database: &str, script: &str, fresh: bool) -> Pair {
        let durable = format!("{SQLITE_SETTINGS}{script}");
        let (mut asof, mut sqlite, mut peak) = (Vec::new(), Vec::new(), 0);
        for _ in 0..self.rounds {
            if fresh {
                remove(&self.directory, database);
            }
            let ours = self.asof(database, script);
            let theirs = self.sqlite(database, &durable);
            // The first line is sqlite's answer to journal_mode.
            let answer = theirs.output.split_once('\n').map_or("", |(_, rest)| rest);
            assert_eq!(ours.output, answer, "both give the same answers");
            peak = peak.max(ours.peak);
            asof.push(ours.seconds);
            sqlite.push(theirs.seconds);
        }
        Pair { asof: median(asof), sqlite: median(sqlite), peak }
    }
}

fn remove(directory: &Path, database: &str) {
    let _ = std::fs::remove_dir_all(directory.join(database));
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(directory.join(format!("{database}.sqlite{suffix}")));
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn report(work: &str, pair: &Pair) {
    let ratio = pair.sqlite / pair.asof;
    let (asof, sqlite) = (pair.asof * 1e3, pair.sqlite * 1e3);
    println!("{work:<44} {asof:>10.1} {sqlite:>10.1} {ratio:>8.2}x {:>8} MiB", pair.peak / 1024);
}

/// What a query adds to opening the database, each time. Our side runs it more often, so that what
/// is added stands out from what opening takes.
fn report_added(peers: &Peers, work: &str, script: &str, (ours, theirs): (u32, u32), open: &Pair) {
    let repeated = |times: u32| script.repeat(times.try_into().unwrap_or(1));
    let (mut asof, mut sqlite, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..peers.rounds {
        let (a, b) = (peers.asof("w3", &repeated(ours)), peers.sqlite("w3", &repeated(theirs)));
        assert!(a.output.starts_with(&b.output), "both give the same answers");
        peak = peak.max(a.peak);
        asof.push((a.seconds - open.asof) / f64::from(ours));
        sqlite.push((b.seconds - open.sqlite) / f64::from(theirs));
    }
    report(work, &Pair { asof: median(asof), sqlite: median(sqlite), peak });
}

fn main() {
    let rounds = std::env::var("PEERS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let directory = tempfile::tempdir().expect("a directory for the databases");
    let peers = Peers { directory: directory.path().to_path_buf(), rounds: rounds.unwrap_or(3) };
    let version = Command::new("sqlite3").arg("-version").output();
    let Ok(version) = version else {
        println!("skipped: no sqlite3 on the path");
        return;
    };
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    println!(
        "asof {} and the sqlite3 shell {}, WAL, synchronous=FULL; medians of {} rounds, ms\n",
        env!("CARGO_PKG_VERSION"),
        version.split(' ').next().unwrap_or(""),
        peers.rounds
    );
    println!(
        "{:<44} {:>10} {:>10} {:>9} {:>12}",
        "work", "asof", "sqlite3", "ratio", "asof's peak"
    );

    let w1b = peers.pair("w1b", &workload::inserts(200_000), true);
    report("W1b 200,000 INSERTs, transactions of 1,000", &w1b);

    let (script, moments) = workload::updates(10_000, 1_000_000);
    report("W2 1,000,000 UPDATEs, history kept by asof", &peers.pair("w2", &script, true));
    let (questions, answers) = workload::ask(&moments);
    assert_eq!(peers.asof("w2", &questions).output, answers, "every moment has its sum");
    println!("   all sums AS OF 1, 25, 50, 75, 99 and 100 % are right");

    let load = workload::inserts(1_000_000);
    report("W3 load of 1,000,000 rows", &peers.pair("w3", &load, true));
    let open = peers.pair("w3", "SELECT 1;\n", false);
    report("W3 open only (asof reads all current rows)", &open);
    let points = workload::points(1_000_000, 10_000);
    report_added(&peers, "W3 10,000 point SELECTs, beyond opening", &points, (40, 10), &open);
    for (work, times, query) in [
        (
            "W3 filter, beyond opening, each",
            (1_000, 20),
            "SELECT count(*) FROM accounts WHERE balance > 5000 AND active;\n",
        ),
        (
            "W3 group, beyond opening, each",
            (50, 20),
            "SELECT city, count(*), sum(balance) FROM accounts GROUP BY city;\n",
        ),
        (
            "W3 top 10, beyond opening, each",
            (400, 20),
            "SELECT * FROM accounts ORDER BY balance DESC, id LIMIT 10;\n",
        ),
    ] {
        report_added(&peers, work, query, times, &open);
    }
    let whole = format!("{load}{points}");
    report("W3 load and 10,000 point SELECTs, one process", &peers.pair("w3", &whole, true));
}
