//! SQLite's own sqllogictest files, where `ASOF_CORPUS` names a directory that holds them.
//!
//! All records run, with plans rewritten and as they are written. Of each file's queries some are asked
//! again at its end, each as of the event at which it was asked first: after the database was opened
//! again, with a snapshot after every event, every seven and every thousand, and after all but the log
//! was deleted. All of them are with `ASOF_EXHAUSTIVE`.

use super::reader::{self, Expected, Record};
use super::reads_the_present;
use super::score::{Run, Score, Verdict};
use asof::session::Session;
use asof::storage::{Database, Environment, FixedClock, MemVfs, OpenOptions, SeededRandom};
use asof::types::{EventId, Timestamp};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Records of one file whose expectations this corpus lost: (file, lines of SQL).
const LOST: (&str, std::ops::RangeInclusive<usize>) = ("slt_lang_aggfunc.test", 479..=496);

/// How many queries of a file are asked again.
const ASKED_AGAIN: usize = 25;

/// How many events lie between two snapshots.
const SNAPSHOTS: [u64; 3] = [1, 7, 1_000];

fn records(path: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(path).expect("a file of text");
    let lost = |record: &Record| path.ends_with(LOST.0) && LOST.1.contains(&record.line);
    reader::read(&text).into_iter().filter(|record| !lost(record)).collect()
}

/// Runs a file in memory.
fn run(path: &Path, rewrites: bool) -> Score {
    let database = Database::in_memory().expect("a database");
    let mut session = Session::new(Arc::new(database));
    if !rewrites {
        session.execute("SET rewrites = off").expect("a setting");
    }
    let (mut run, mut score) = (Run::new(session), Score::default());
    for record in &records(path) {
        let verdict = run.record(record);
        score.add(record, verdict);
    }
    score
}

/// A session on a database in files that are in memory.
fn open(vfs: &MemVfs, every: u64) -> Session {
    let environment = Environment {
        vfs: Arc::new(vfs.clone()),
        clock: Arc::new(FixedClock::new(Timestamp(1_795_362_000_000_000), 1_000_000)),
        random: Arc::new(SeededRandom::new(7)),
        identities: Arc::new(SeededRandom::new(8)),
    };
    let options =
        OpenOptions { snapshot_every: Some(every), environment, ..OpenOptions::default() };
    let database = Database::open(Path::new("corpus"), options).expect("the database opens");
    Session::new(Arc::new(database))
}

/// Runs a file, and at its end asks some of its queries again as of their events.
fn run_again(path: &Path, every: u64, most: usize) -> Score {
    let all = records(path);
    let is_asked = |record: &Record| {
        matches!(record.expected, Expected::Answer(_)) && reads_the_present(&record.sql)
    };
    let queries = all.iter().filter(|record| is_asked(record)).count();
    let step = queries.div_ceil(most).max(1);
    let (vfs, mut seen, mut score) = (MemVfs::default(), 0, Score::default());
    let mut asked: Vec<(&Record, EventId)> = Vec::new();
    let mut run = Run::new(open(&vfs, every));
    for record in &all {
        if matches!(record.expected, Expected::Answer(_)) {
            seen += usize::from(is_asked(record));
            if seen % step != 0 || !is_asked(record) {
                continue;
            }
        }
        let head = run.session.head();
        let verdict = run.record(record);
        if verdict == Verdict::Right && is_asked(record) {
            asked.push((record, head));
        }
        score.add(record, verdict);
    }
    drop(run);
    again(&mut Run::new(open(&vfs, every)), &asked, "opened again", &mut score);
    let log = Path::new("corpus/events.log");
    let alone = MemVfs::default();
    alone.put(log, vfs.contents(log).expect("the log"));
    again(&mut Run::new(open(&alone, every)), &asked, "from the log alone", &mut score);
    score
}

fn again(run: &mut Run, asked: &[(&Record, EventId)], mode: &str, score: &mut Score) {
    for (record, head) in asked {
        let sql = format!("AS OF EVENT {} {}", head.0, record.sql);
        let Expected::Answer(answer) = &record.expected else { continue };
        let verdict = match crate::answer::rows_of(&mut run.session, &sql) {
            Ok(rows) => answer.check(&rows).map_or_else(Verdict::Wrong, |()| Verdict::Right),
            Err(error) => Verdict::Wrong(format!("error[{}]: {error}", error.code())),
        };
        let verdict = match verdict {
            Verdict::Wrong(what) => Verdict::Wrong(format!("{mode}: {sql}\n{what}")),
            other @ (Verdict::Right | Verdict::Unsupported | Verdict::Behind) => other,
        };
        score.add(record, verdict);
    }
}

/// Scores each file of the corpus, several at once; nothing may be wrong or unsupported.
#[expect(clippy::print_stderr, reason = "a score is for people, and a skipped test says so")]
fn score_all(what: &str, score: impl Fn(&Path) -> Score + Sync) {
    let Some(corpus) = std::env::var_os("ASOF_CORPUS") else {
        eprintln!("skipped: ASOF_CORPUS names no directory that holds SQLite's sqllogictest/");
        return;
    };
    let folder = Path::new(&corpus).join("sqllogictest");
    let paths = reader::files(&folder);
    assert!(!paths.is_empty(), "{} holds no file", folder.display());
    let queue = Mutex::new(paths.iter());
    let scores = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no panic holds it").next();
                    let Some(path) = next else { break };
                    let score = score(path);
                    let name = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
                    scores.lock().expect("no panic holds it").push((name, score));
                }
            });
        }
    });
    let mut scores = scores.into_inner().expect("all are done");
    scores.sort_by(|a, b| a.0.cmp(&b.0));
    let mut complaints = Vec::new();
    for (name, Score { right, wrong, unsupported, behind }) in scores {
        let count = wrong.len();
        eprintln!(
            "{name}, {what}: {right} right, {count} wrong, {unsupported} unsupported, {behind} behind"
        );
        complaints.extend(wrong.into_iter().map(|what| format!("{name}, {what}")));
        if unsupported + behind > 0 {
            complaints.push(format!("{name}: {unsupported} unsupported, {behind} behind them"));
        }
    }
    let shown = &complaints[..complaints.len().min(20)];
    assert!(complaints.is_empty(), "{} wrong\n\n{}", complaints.len(), shown.join("\n\n"));
}

#[test]
fn sqlites_files_are_answered_right() {
    score_all("rewritten", |path| run(path, true));
}

#[test]
fn sqlites_files_are_answered_right_without_rewrites() {
    score_all("as written", |path| run(path, false));
}

#[test]
fn queries_of_sqlites_files_are_answered_again_as_of_their_events() {
    let exhaustive = std::env::var_os("ASOF_EXHAUSTIVE").is_some();
    let most = if exhaustive { usize::MAX } else { ASKED_AGAIN };
    for every in SNAPSHOTS {
        let what = format!("asked again, a snapshot every {every}");
        score_all(&what, |path| run_again(path, every, most));
    }
}
