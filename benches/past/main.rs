//! How near the past is: `AS OF` beside an SQLite table whose triggers keep its history.
//!
//! `cargo bench --bench past` loads W2: 10,000 rows and 1,000,000 updates of one row each, history
//! kept. Then both answer in process, through their libraries: one row by its key, and the number of
//! rows and the sum of their balances, at 1, 25, 50, 75, 99 and 100 % of the updates and in the
//! present. SQLite's statements are prepared, asof's are plain text. Each figure is the median of
//! `PAST_ROUNDS` (5) rounds, A B A B, with other keys in each; a ratio above 1 says that asof is
//! faster. Every answer is compared with the other's and with what the workload says.
//! `PAST_UPDATES` and `PAST_LOADS` make a smaller run.

#![expect(clippy::print_stdout, reason = "a report for people")]

#[path = "../../tests/all/answer.rs"]
#[expect(dead_code, reason = "only tests look at errors and plans")]
mod answer;
mod cold;
mod cost;
mod ours;
#[path = "../peers/process.rs"]
#[expect(dead_code, reason = "only the other benchmark looks at the memory")]
mod process;
mod sqlite;
#[path = "../peers/workload.rs"]
#[expect(dead_code, reason = "the other benchmark has more workloads")]
mod workload;

use cold::replayed;
use ours::Asof;
use sqlite::{Sqlite, WAYS};
use std::path::PathBuf;
use std::time::Instant;
use workload::{Moment, Random};

const ROWS: u64 = 10_000;

/// What no cold question may replay more than: the snapshot interval, which is as many events as
/// there are rows, at least 10,000, and a transaction.
const MOST_REPLAYED: u64 = ROWS + 1_000;

/// How many rows are asked for in a round.
const KEYS: u64 = 1_000;

/// How often asof scans in a round, where SQLite scans once.
const SCANS: usize = 20;

/// Where the databases are, and what is known of them.
struct Bench {
    ours: PathBuf,
    theirs: PathBuf,
    points: Vec<Point>,
    rounds: usize,
}

/// A moment, or the present.
struct Point {
    name: String,
    event: Option<u64>,
    moment: Moment,
}

/// What a question took on both sides, in seconds; of SQLite each way to ask it.
#[derive(Default)]
struct Times {
    asof: Vec<f64>,
    sqlite: [Vec<f64>; WAYS],
}

impl Times {
    fn asof(&self) -> f64 {
        median(self.asof.clone())
    }

    /// The way to ask that is best for SQLite, and what it takes.
    fn sqlite(&self) -> (usize, f64) {
        let ways = self.sqlite.iter().enumerate().filter(|(_, times)| !times.is_empty());
        let ways = ways.map(|(way, times)| (way, median(times.clone())));
        ways.min_by(|a, b| a.1.total_cmp(&b.1)).expect("it was asked")
    }
}

fn main() {
    let setting = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let updates = setting("PAST_UPDATES").unwrap_or(1_000_000);
    let rounds = setting("PAST_ROUNDS").map_or(5, |rounds| usize::try_from(rounds).unwrap_or(5));
    let loads = setting("PAST_LOADS").map_or(3, |loads| usize::try_from(loads).unwrap_or(3));
    let directory = tempfile::tempdir().expect("a directory for the databases");
    println!(
        "asof {} and SQLite {}, in process; W2 with {updates} updates; medians of {rounds} rounds\n",
        env!("CARGO_PKG_VERSION"),
        Sqlite::version(),
    );
    let (script, moments) = workload::updates(ROWS, updates);
    let bench = Bench {
        ours: directory.path().join("w2"),
        theirs: directory.path().join("w2.sqlite"),
        points: points(moments),
        rounds: rounds.max(1),
    };
    bench.load(&script, loads.max(1));
    drop(script);
    let mut asof = Asof::open(&bench.ours);
    let sqlite = Sqlite::open(&bench.theirs);
    bench.check(&mut asof, &sqlite);
    let (rows, scans) = bench.warm(&mut asof, &sqlite);
    drop((asof, sqlite));
    report("W4, one row by its key", &bench.points, &rows, 1.0);
    report("W4, count and sum of all rows", &bench.points, &scans, 10.0);
    bench.cold();
    bench.open();
}

/// The points of a history, the present last.
fn points(moments: Vec<Moment>) -> Vec<Point> {
    let now = moments.last().cloned().expect("there is an end");
    let names = ["1 %", "25 %", "50 %", "75 %", "99 %", "100 %"];
    let past = names.into_iter().zip(moments).map(|(name, moment)| Point {
        name: name.to_string(),
        event: Some(moment.event),
        moment,
    });
    let present = Point { name: "present".to_string(), event: None, moment: now };
    past.chain([present]).collect()
}

impl Bench {
    /// Loads both, and says what projections cost.
    fn load(&self, script: &str, loads: usize) {
        let (with, without) = cost::loads(&self.ours, script, loads);
        println!(
            "projections: {:.0} % of the load's CPU time, {:.0} % of its time on the clock\n   \
             (beside a load without snapshots, which keeps all versions in memory instead, and \
             writes the row files at the end all the same)",
            100.0 * (with.cpu - without.cpu) / with.cpu,
            100.0 * (with.seconds - without.seconds) / with.seconds,
        );
        let versions = self.points.last().map_or(1, |point| point.moment.event);
        let parts = cost::parts(&self.ours);
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(part, bytes)| format!("{part} {:.1}", bytes as f64 / versions as f64))
            .collect();
        println!("bytes per version: {}", parts.join(", "));
        let started = Instant::now();
        let sqlite = Sqlite::load(&self.theirs, script);
        let seconds = started.elapsed().as_secs_f64();
        sqlite.index();
        println!(
            "W2 beside SQLite with triggers: {:.1}x (asof a whole process, SQLite in process)\n",
            seconds / with.seconds
        );
    }

    /// Compares every row at every point, and every sum.
    fn check(&self, asof: &mut Asof, sqlite: &Sqlite) {
        for point in &self.points {
            let expected = (point.moment.rows, point.moment.sum as f64 / 4.0);
            assert_eq!(asof.scan(point.event), expected, "asof at {}", point.name);
            for way in 0..WAYS {
                assert_eq!(sqlite.scan(way, point.event), expected, "SQLite at {}", point.name);
            }
            let event = point.moment.event;
            assert!(asof.table(event) == sqlite.table(event), "every row at {}", point.name);
        }
    }

    /// Asks at every point in turn, round after round.
    fn warm(&self, asof: &mut Asof, sqlite: &Sqlite) -> (Vec<Times>, Vec<Times>) {
        let mut random = Random::seeded();
        let mut rows: Vec<Times> = self.points.iter().map(|_| Times::default()).collect();
        let mut scans: Vec<Times> = self.points.iter().map(|_| Times::default()).collect();
        for _ in 0..self.rounds {
            for ((point, rows), scans) in self.points.iter().zip(&mut rows).zip(&mut scans) {
                let keys: Vec<u64> = (0..KEYS).map(|_| random.below(ROWS) + 1).collect();
                let question = |key: &u64| Asof::row_question(point.event, *key);
                let questions: Vec<String> = keys.iter().map(question).collect();
                let (ours, found) = timed(|| asof.count(&questions));
                let (theirs, same) = timed(|| sqlite.rows(point.event, &keys));
                assert!(found == keys.len() && same == keys.len(), "every key is there");
                rows.asof.push(ours / keys.len() as f64);
                rows.sqlite[0].push(theirs / keys.len() as f64);

                let questions = vec![Asof::scan_question(point.event); SCANS];
                scans.asof.push(timed(|| asof.count(&questions)).0 / SCANS as f64);
                for (way, times) in scans.sqlite.iter_mut().enumerate() {
                    times.push(timed(|| sqlite.scan(way, point.event)).0);
                }
            }
        }
        (rows, scans)
    }

    /// The first answer after opening, at each point: what it replayed, and what it took.
    fn cold(&self) {
        println!("cold: the database is opened and asked once, for all rows and for one");
        println!("{:<10} {:>10} {:>18} {:>18}", "point", "replayed", "all, ratio", "one, ratio");
        let mut random = Random::seeded();
        for point in &self.points {
            let question = format!("EXPLAIN ANALYZE {}", Asof::scan_question(point.event));
            let count = replayed(&Asof::open(&self.ours).answer(&question));
            assert!(count <= MOST_REPLAYED, "{count} events were replayed at {}", point.name);
            let (mut scan, mut row) = (Times::default(), Times::default());
            for _ in 0..self.rounds {
                let ours = || Asof::open(&self.ours).scan(point.event);
                scan.asof.push(timed(ours).0);
                for (way, times) in scan.sqlite.iter_mut().enumerate() {
                    times.push(timed(|| Sqlite::open(&self.theirs).scan(way, point.event)).0);
                }
                let key = random.below(ROWS) + 1;
                let question = [Asof::row_question(point.event, key)];
                row.asof.push(timed(|| Asof::open(&self.ours).count(&question)).0);
                let theirs = || Sqlite::open(&self.theirs).rows(point.event, &[key]);
                row.sqlite[0].push(timed(theirs).0);
            }
            let ratio = |times: &Times| times.sqlite().1 / times.asof();
            let (scan, row) = (ratio(&scan), ratio(&row));
            println!("{:<10} {count:>10} {scan:>17.2}x {row:>17.3}x", point.name);
        }
        println!("   never more than {MOST_REPLAYED} events\n");
    }

    /// Opening, one question for a row of the present, closing.
    fn open(&self) {
        let mut random = Random::seeded();
        let mut times = Times::default();
        for _ in 0..self.rounds * 5 {
            let key = random.below(ROWS) + 1;
            let question = [Asof::row_question(None, key)];
            times.asof.push(timed(|| Asof::open(&self.ours).count(&question)).0);
            let theirs = || Sqlite::open(&self.theirs).rows(None, &[key]);
            times.sqlite[0].push(timed(theirs).0);
        }
        println!(
            "W5, open, one row of the present, close: {:.3}x; no event was replayed",
            times.sqlite().1 / times.asof()
        );
    }
}

/// What both took at each point, beside each other and beside the present.
fn report(work: &str, points: &[Point], times: &[Times], bound: f64) {
    println!("{work:<30} {:>14} {:>14} {:>14}", "present/past", "SQLite/asof", "best for SQLite");
    let present = times.last().map_or(0.0, Times::asof);
    for (point, times) in points.iter().zip(times) {
        let (asof, (way, sqlite)) = (times.asof(), times.sqlite());
        let is_scan = point.event.is_some() && times.sqlite.iter().all(|way| !way.is_empty());
        let way = if is_scan { Sqlite::way(way) } else { "by its key" };
        let (near, ratio) = (present / asof, sqlite / asof);
        println!("   {:<27} {near:>13.2}x {ratio:>13.2}x   {way}", point.name);
    }
    // The last event and the present are one moment; the history's bounds are about those before.
    let past = || times.iter().take(times.len().saturating_sub(2));
    let slowest = past().map(Times::asof).fold(0.0, f64::max);
    let fastest = past().map(Times::asof).fold(f64::INFINITY, f64::min);
    let ratios = past().map(|times| times.sqlite().1 / times.asof());
    println!(
        "   1 to 99 %: slowest {:.2}x the fastest, {:.2}x the present (at most 2 is wanted); \
         least ratio {:.2}x ({bound:.0} is wanted)\n",
        slowest / fastest,
        slowest / present,
        ratios.fold(f64::INFINITY, f64::min),
    );
}

/// What something takes, in seconds, and what it gives.
fn timed<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let started = Instant::now();
    let given = run();
    (started.elapsed().as_secs_f64(), given)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
