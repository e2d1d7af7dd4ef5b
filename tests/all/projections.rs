//! The property above all: whatever there is of projections, every moment is what a naive replay of
//! its events says it is.

use crate::answer::rows_of;
use crate::naive::{Tables, Version, histories, versions};
use crate::random::Dice;
use crate::random_sql::statement;
use asof::language::ast::Annotations;
use asof::session::Session;
use asof::storage::{
    Database, Environment, Event, FixedClock, MemVfs, OpenOptions, RowChange, RowImages,
    RowOperation, SchemaChange, SeededRandom, Vfs,
};
use asof::types::memory::MemoryBudget;
use asof::types::{EventId, Period, RowId, TableId, Timestamp, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A database in files that a test can look into.
struct Files {
    vfs: MemVfs,
    every: u64,
    /// The bytes that may be held and kept in memory.
    memory: usize,
}

impl Files {
    fn new(every: u64) -> Files {
        Files { vfs: MemVfs::default(), every, memory: MemoryBudget::default_limit() }
    }

    fn directory() -> &'static Path {
        Path::new("bank")
    }

    fn open(&self) -> Arc<Database> {
        let environment = Environment {
            vfs: Arc::new(self.vfs.clone()),
            clock: Arc::new(FixedClock::new(Timestamp(1_795_362_000_000_000), 1_000_000)),
            random: Arc::new(SeededRandom::new(7)),
            identities: Arc::new(SeededRandom::new(8)),
        };
        let memory = Arc::new(MemoryBudget::new(self.memory));
        let snapshot_every = Some(self.every);
        let options = OpenOptions { snapshot_every, environment, memory, ..OpenOptions::default() };
        Arc::new(Database::open(Files::directory(), options).expect("the log is whole"))
    }

    /// All files but the log and the lock.
    fn projections(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for directory in [Files::directory().to_path_buf(), Files::directory().join("snapshots")] {
            for name in self.vfs.names(&directory).unwrap_or_default() {
                let path = directory.join(&name);
                if !["events.log", "LOCK", "snapshots"].contains(&name.as_str()) {
                    found.push(path);
                }
            }
        }
        found
    }

    /// A copy that shares nothing.
    fn copy(&self) -> Files {
        let copy = Files { memory: self.memory, ..Files::new(self.every) };
        let log = Files::directory().join("events.log");
        for path in self.projections().into_iter().chain([log]) {
            copy.vfs.put(&path, self.vfs.contents(&path).expect("it was listed"));
        }
        copy
    }
}

/// Runs a random script; what fails has changed nothing.
fn run(session: &mut Session, random: &mut Dice, statements: usize) {
    for _ in 0..statements {
        drop(session.execute(&statement(random)));
        if random.roll(6) == 0 {
            drop(session.undo(&Annotations::default()));
        }
    }
    drop(session.execute("COMMIT"));
}

fn all_events(database: &Database) -> Vec<Event> {
    let all = Period { first: EventId(1), last: EventId::NEVER };
    database.store().read(all).collect::<Result<_, _>>().expect("the log is whole")
}

fn integer(event: EventId) -> Value {
    Value::Integer(event.0.cast_signed())
}

/// Values as they are told apart: 1 is not 1.0 is not '1'.
fn shown(rows: &[Vec<Value>]) -> Vec<String> {
    rows.iter().map(|row| format!("{row:?}")).collect()
}

/// Every file is what the log says.
fn check_files(database: &Arc<Database>, what: &str) {
    let mut session = Session::new(Arc::clone(database));
    let files = rows_of(&mut session, "VERIFY").unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(files.len() >= 2, "{what}: {files:?}");
}

/// Every table at every event, and every join of two moments that is asked for.
fn check_moments(database: &Arc<Database>, history: &[Tables], what: &str) {
    let mut session = Session::new(Arc::clone(database));
    for (event, tables) in history.iter().enumerate() {
        for name in ["a", "b", "long name"] {
            let sql = format!("SELECT _row, * FROM \"{name}\" AS OF EVENT {event} ORDER BY _row");
            let found = rows_of(&mut session, &sql);
            // Once more, from what the first left behind.
            let again = rows_of(&mut session, &sql);
            assert_eq!(again.ok().map(|rows| shown(&rows)), found.as_ref().ok().map(|r| shown(r)));
            match tables.get(name) {
                None => {
                    let error = found.expect_err(&sql);
                    assert_eq!(error.code(), "unknown-table", "{what}: {sql}");
                }
                Some(table) => {
                    let row = |(row, values): (&asof::types::RowId, &Vec<Value>)| {
                        let id = Value::Integer(row.0.cast_signed());
                        [vec![id], values.clone()].concat()
                    };
                    let expected: Vec<Vec<Value>> = table.rows.iter().map(row).collect();
                    let found = found.unwrap_or_else(|error| panic!("{what}: {sql}: {error}"));
                    assert_eq!(shown(&found), shown(&expected), "{what}: {sql}");
                }
            }
        }
    }
}

/// Joins of a table with itself at another moment.
fn check_joins(database: &Arc<Database>, history: &[Tables], random: &mut Dice, what: &str) {
    let mut session = Session::new(Arc::clone(database));
    for _ in 0..40 {
        let (one, other) = (random.roll(history.len()), random.roll(history.len()));
        let at = |event: usize| history[event].get("a");
        let (Some(first), Some(second)) = (at(one), at(other)) else { continue };
        if first.id != second.id {
            continue;
        }
        let sql = format!(
            "SELECT x._row, y._row FROM a AS OF EVENT {one} AS x JOIN a AS OF EVENT {other} AS y \
             ON x._row = y._row ORDER BY x._row"
        );
        let both = first.rows.keys().filter(|row| second.rows.contains_key(row));
        let expected: Vec<Vec<Value>> =
            both.map(|row| vec![Value::Integer(row.0.cast_signed()); 2]).collect();
        let found = rows_of(&mut session, &sql).unwrap_or_else(|e| panic!("{what}: {sql}: {e}"));
        assert_eq!(shown(&found), shown(&expected), "{what}: {sql}");
    }
}

/// All versions of every table that is there now, and the ends of those seen at each moment.
fn check_versions(database: &Arc<Database>, events: &[Event], history: &[Tables], what: &str) {
    let mut session = Session::new(Arc::clone(database));
    let now = history.last().expect("it begins with one");
    for (name, table) in now {
        let all = versions(events, table.id);
        let row = |version: &Version| {
            let mut row = vec![
                Value::Integer(version.row.0.cast_signed()),
                integer(version.from),
                version.to.map_or(Value::Null, integer),
                Value::Integer(version.rev.cast_signed()),
                Value::text(version.op),
            ];
            row.extend(version.values.clone());
            row
        };
        let sql = format!(
            "SELECT _row, _event, _event_to, _rev, _op, * FROM \"{name}\" FOR SYSTEM_TIME ALL"
        );
        let found = rows_of(&mut session, &sql).unwrap_or_else(|e| panic!("{what}: {sql}: {e}"));
        let expected: Vec<Vec<Value>> = all.iter().map(row).collect();
        assert_eq!(shown(&found), shown(&expected), "{what}: {sql}");
        for event in (0..history.len()).step_by(5) {
            let there = history[event].values().any(|then| then.id == table.id);
            let same = history[event].get(name).is_some_and(|then| then.id == table.id);
            if !there || !same {
                continue;
            }
            let event = EventId(event as u64);
            let sql = format!(
                "SELECT _row, _event, _event_to FROM \"{name}\" AS OF EVENT {event} ORDER BY _row"
            );
            let found = rows_of(&mut session, &sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
            let seen = all
                .iter()
                .filter(|version| version.from <= event && version.to.is_none_or(|to| to > event));
            let expected: Vec<Vec<Value>> =
                seen.map(|version| row(version)[..3].to_vec()).collect();
            assert_eq!(shown(&found), shown(&expected), "{what}: {sql}");
        }
    }
}

/// Every row goes on with its next version whatever happens to it, and a new one gets a new number;
/// gives how many rows came back.
fn check_identities(events: &[Event], what: &str) -> u32 {
    let mut newest: BTreeMap<(TableId, RowId), (u32, EventId, bool)> = BTreeMap::new();
    let mut next: BTreeMap<TableId, RowId> = BTreeMap::new();
    let mut back = 0;
    for event in events {
        if let Some(SchemaChange::DropTable(table)) = event.operation.schema_change() {
            // Its rows go with it, without a version of their own.
            let of_it = newest.iter_mut().filter(|((of, _), _)| *of == table.id);
            of_it.for_each(|(_, (_, _, there))| *there = false);
        }
        let Some(RowOperation { table, row, rev, images }) = event.operation.row() else {
            continue;
        };
        let (before, last, there) =
            newest.get(&(table.id, *row)).copied().unwrap_or((0, EventId::START, false));
        assert_eq!(*rev, before + 1, "{what}: row {row} at event {}", event.id);
        let next = next.entry(table.id).or_insert(RowId(1));
        match images {
            RowImages::Insert { prev, .. } => {
                assert_eq!((*prev, there), (last, false), "{what}: event {}", event.id);
                assert!(before > 0 || row == next, "{what}: row {row} where {next} is next");
                back += u32::from(before > 0);
            }
            RowImages::Update(_) | RowImages::Delete(_) => assert!(there, "{what}: {}", event.id),
        }
        *next = (*next).max(RowId(row.0 + 1));
        let there = !matches!(images, RowImages::Delete(_));
        newest.insert((table.id, *row), (*rev, event.id, there));
    }
    back
}

/// Every change of every table that is there now, with the rows before and after it.
fn check_changes(database: &Arc<Database>, events: &[Event], what: &str) {
    let view = database.latest().expect("the present is in memory");
    let period = Period { first: EventId(1), last: database.head() };
    for table in view.schema().tables() {
        let versions = versions(events, table.id);
        let of = |row, found: &dyn Fn(&Version) -> bool| {
            let version = versions.iter().find(|v| v.row == row && found(v));
            version.map(|version| version.values.clone())
        };
        let about = events
            .iter()
            .filter(|event| event.operation.table().is_some_and(|about| about.id == table.id));
        let expected: Vec<String> = about
            .filter_map(|event| {
                let row = event.operation.row()?.row;
                let old = of(row, &|version| version.to == Some(event.id));
                let new = of(row, &|version| version.from == event.id);
                Some(format!("{} {row} {old:?} {new:?}", event.id))
            })
            .collect();
        let changes = database.changes(table, period, None).expect("the period has happened");
        let found: Vec<String> = changes
            .map(|change| {
                let RowChange { event, row, old, new, .. } = change.expect("the log is whole");
                format!("{event} {row} {old:?} {new:?}")
            })
            .collect();
        assert_eq!(found, expected, "{what}: changes of {table}");
    }
}

/// What is asked of a database whatever state its files are in.
fn check(files: &Files, events: &[Event], history: &[Tables], random: &mut Dice, what: &str) {
    let database = files.open();
    assert_eq!(database.head().0, history.len() as u64 - 1, "{what}");
    check_moments(&database, history, what);
    check_joins(&database, history, random, what);
    check_versions(&database, events, history, what);
    check_changes(&database, events, what);
}

/// How many random histories; more where there is time.
fn rounds(few: u64, many: u64) -> u64 {
    if std::env::var_os("ASOF_EXHAUSTIVE").is_some() { many } else { few }
}

#[test]
fn every_moment_is_a_naive_replay_whatever_there_is_of_projections() {
    let mut back = 0;
    // Room for all, for some, and for nothing that could be made again.
    let budgets = [MemoryBudget::default_limit(), 64 << 10, 0].into_iter().cycle();
    for (seed, memory) in (0..rounds(4, 60)).zip(budgets) {
        for every in [1, 7, 1000] {
            let mut random = Dice::of(seed * 3 + every);
            let files = Files { memory, ..Files::new(every) };
            let database = files.open();
            // Several openings, so that the row files are brought up more than once.
            let mut session = Session::new(Arc::clone(&database));
            run(&mut session, &mut random, 70);
            drop((session, database));
            let database = files.open();
            run(&mut Session::new(Arc::clone(&database)), &mut random, 50);
            let events = all_events(&database);
            let history = histories(&events);
            let what = format!("seed {seed}, a snapshot every {every}, {memory} bytes");
            back += check_identities(&events, &what);
            check_files(&database, &what);
            check_moments(&database, &history, &what);
            check_versions(&database, &events, &history, &what);
            drop(database);
            check(&files, &events, &history, &mut random, &format!("{what}, reopened"));
            lose_projections(&files, &events, &history, &mut random, &what);
        }
    }
    assert!(back > 10, "only {back} rows came back");
}

/// Each projection deleted, each pair of kinds, and all.
fn lose_projections(
    files: &Files,
    events: &[Event],
    history: &[Tables],
    random: &mut Dice,
    what: &str,
) {
    let kind = |path: &Path| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        if name.starts_with("snapshot_") { "snapshot".to_owned() } else { name }
    };
    let projections = files.projections();
    let mut kinds: Vec<String> = projections.iter().map(|path| kind(path)).collect();
    kinds.sort();
    kinds.dedup();
    let mut lost: Vec<Vec<PathBuf>> = vec![projections.clone()];
    lost.push(vec![projections[random.roll(projections.len())].clone()]);
    for (at, first) in kinds.iter().enumerate() {
        for second in &kinds[at..] {
            let of = |path: &&PathBuf| [first, second].contains(&&kind(path));
            lost.push(projections.iter().filter(of).cloned().collect());
        }
    }
    for lost in lost {
        let copy = files.copy();
        lost.iter().for_each(|path| copy.vfs.remove(path).expect("it was listed"));
        check(&copy, events, history, random, &format!("{what}, without {lost:?}"));
        // What was lost is there again.
        let database = copy.open();
        let notices = database.notices();
        assert!(notices.is_empty(), "{what}, without {lost:?}: {notices:?}");
        check_files(&database, &format!("{what}, without {lost:?}, made again"));
    }
}

#[test]
fn a_projection_altered_by_hand_is_noticed_and_changes_no_answer() {
    let mut random = Dice::of(42);
    let files = Files::new(20);
    let database = files.open();
    run(&mut Session::new(Arc::clone(&database)), &mut random, 150);
    let events = all_events(&database);
    let history = histories(&events);
    drop(database);
    for path in files.projections() {
        let bytes = files.vfs.contents(&path).expect("it was listed");
        // A table without rows has an empty file.
        for _ in 0..if bytes.is_empty() { 0 } else { rounds(6, 200) } {
            let at = random.roll(bytes.len());
            let mut altered = bytes.clone();
            altered[at] ^= 1 << random.roll(8);
            let copy = files.copy();
            copy.vfs.put(&path, altered);
            let what = format!("byte {at} of {} altered", path.display());
            let database = copy.open();
            check_moments(&database, &history, &what);
            let noticed = [database.notices().to_vec(), database.take_notices()].concat();
            // A snapshot that no moment needed, since an epoch in memory was nearer, is VERIFY's to find.
            let verified = rows_of(&mut Session::new(Arc::clone(&database)), "VERIFY");
            assert!(!noticed.is_empty() || verified.is_err(), "{what} and nobody noticed");
            assert_eq!(
                copy.vfs.contents(&Files::directory().join("events.log")),
                files.vfs.contents(&Files::directory().join("events.log")),
            );
        }
    }
}
