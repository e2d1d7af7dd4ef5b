//! Scripts over a disk that is watched: nothing is told before it is durable.

use super::super::script::InputArrival;
use super::super::{Connection, Script, Settings, Shell, Stop};
use crate::storage::tests::hooked_vfs::{DiskHooks, DiskOperation, HookedVfs};
use crate::storage::{
    Clock, Environment, FixedClock, MemVfs, OpenOptions, SeededRandom, WallClock,
};
use crate::types::Timestamp;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Happening {
    /// The log was synced with so many events in it.
    Synced(usize),
    /// Something was said.
    Said(String),
    /// The script was asked for more.
    Read,
}

type Happenings = Arc<Mutex<Vec<Happening>>>;

/// A disk that notes syncs, and refuses those of a log with more events than it likes.
#[derive(Debug)]
struct WatchedDisk {
    happenings: Happenings,
    refuses_above: usize,
}

impl DiskHooks for WatchedDisk {
    fn before(&self, vfs: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        if operation == DiskOperation::Sync && path.ends_with("events.log") {
            let log = vfs.contents(path).unwrap_or_default();
            let events = log.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
            if events > self.refuses_above {
                return Err(io::Error::other("bad disk"));
            }
            self.happenings.lock().expect("nobody panics").push(Happening::Synced(events));
        }
        Ok(())
    }
}

/// A stream that notes what is said.
struct Ear(Happenings);

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let said = String::from_utf8_lossy(bytes).into_owned();
        self.0.lock().expect("nobody panics").push(Happening::Said(said));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A script that comes in parts.
struct Parts(Happenings, Vec<Vec<u8>>);

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics").push(Happening::Read);
        if self.1.is_empty() {
            return Ok(0);
        }
        let part = self.1.remove(0);
        buffer[..part.len()].copy_from_slice(&part);
        Ok(part.len())
    }
}

/// Runs a script in parts; gives what happened, and how it ended.
fn run(
    parts: Vec<String>,
    settings: Settings,
    refuses_above: usize,
    arrival: InputArrival,
) -> (Vec<Happening>, Result<(), Stop>) {
    let clock = Arc::new(FixedClock::new(Timestamp(1_795_362_000_000_000), 1));
    run_with(parts, settings, refuses_above, (arrival, clock))
}

/// The same by a clock, under which what was staged may be settled in the background.
fn run_with(
    parts: Vec<String>,
    settings: Settings,
    refuses_above: usize,
    (arrival, clock): (InputArrival, Arc<dyn Clock>),
) -> (Vec<Happening>, Result<(), Stop>) {
    let happenings = Happenings::default();
    let watched = WatchedDisk { happenings: Arc::clone(&happenings), refuses_above };
    let disk = HookedVfs::new(MemVfs::default(), watched);
    let random = Arc::new(SeededRandom::new(1));
    let environment =
        Environment { vfs: Arc::new(disk), clock, identities: Arc::clone(&random) as _, random };
    let options = OpenOptions { environment, ..OpenOptions::default() };
    let connection = Connection::open(Path::new("no such directory/bank"), options);
    let connection = connection.unwrap_or_else(|error| panic!("{}", error.diagnostic().message));
    let ear = || Box::new(Ear(Arc::clone(&happenings)));
    let mut shell = Shell::new(connection, settings, ear(), ear());
    let script = Script { name: "stdin".into(), from_line: 1, resume: None };
    let parts = parts.into_iter().map(String::into_bytes).collect();
    let input = Box::new(Parts(Arc::clone(&happenings), parts));
    let ended = shell.run(&script, (input, None), arrival);
    let all = happenings.lock().expect("nobody panics").clone();
    (all, ended)
}

fn create() -> String {
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);\n".to_owned()
}

fn inserts(count: usize) -> String {
    (1..=count).map(|row| format!("INSERT INTO t VALUES({row}, 'x');\n")).collect()
}

fn syncs(happenings: &[Happening]) -> usize {
    happenings.iter().filter(|what| matches!(what, Happening::Synced(_))).count()
}

#[test]
fn nothing_is_told_before_it_is_durable() {
    let settings = || Settings { receipts: true, echo: true, ..Settings::default() };
    let script = vec![create(), inserts(700), "SELECT max(_event) FROM t;\n".into(), inserts(0)];
    let (happenings, ended) = run(script, settings(), usize::MAX, InputArrival::Unknown);
    ended.expect("all of it is right");
    let mut durable = 0;
    let mut told = 0;
    for happening in &happenings {
        match happening {
            Happening::Synced(events) => durable = *events,
            Happening::Said(said) => {
                let numbers = said.split('#').skip(1).filter_map(|rest| {
                    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
                });
                for event in numbers {
                    assert!(event <= durable, "event {event} is told when {durable} are durable");
                    told = told.max(event);
                }
                if said.lines().any(|line| line == "701") {
                    assert_eq!(durable, 701, "what was read is durable");
                    told += 1;
                }
            }
            Happening::Read => assert!(told >= durable, "an answer is held"),
        }
    }
    assert_eq!((told, durable), (702, 701));
}

#[test]
fn many_statements_are_few_syncs() {
    let parts = || vec![create(), inserts(2000), inserts(0)];
    let (happenings, ended) = run(parts(), Settings::default(), usize::MAX, InputArrival::Here);
    ended.expect("all of it is right");
    // The header, the table, everything else.
    assert!(syncs(&happenings) <= 3, "{} syncs", syncs(&happenings));
    // Who waits for each answer has each made durable.
    let one_by_one = (1..=50).map(|row| format!("INSERT INTO t VALUES({row}, 'x');\n"));
    let parts = [create()].into_iter().chain(one_by_one).collect();
    let (happenings, ended) = run(parts, Settings::default(), usize::MAX, InputArrival::Unknown);
    ended.expect("all of it is right");
    assert_eq!(syncs(&happenings), 1 + 1 + 50);
}

#[test]
fn what_the_disk_refused_is_not_told_and_its_first_line_is_named() {
    let script = [create(), inserts(20), "SELECT count(*) FROM t;\n".into(), inserts(0)];
    let fixed = || Arc::new(FixedClock::new(Timestamp(1_795_362_000_000_000), 1)) as Arc<dyn Clock>;
    let runs: [(InputArrival, Arc<dyn Clock>, bool); 6] = [
        (InputArrival::Unknown, fixed(), true),
        (InputArrival::Here, fixed(), true),
        (InputArrival::Here, fixed(), false),
        (InputArrival::Here, Arc::new(WallClock), true),
        (InputArrival::Here, Arc::new(WallClock), false),
        (InputArrival::Unknown, Arc::new(WallClock), false),
    ];
    for (arrival, clock, receipts) in runs {
        let settings = Settings { receipts, keep_going: !receipts, ..Settings::default() };
        let (happenings, ended) = run_with(script.to_vec(), settings, 1, (arrival, clock));
        assert!(matches!(ended, Err(Stop::Failed)), "{ended:?}");
        let said: String = happenings
            .iter()
            .filter_map(|what| match what {
                Happening::Said(said) => Some(said.as_str()),
                Happening::Synced(_) | Happening::Read => None,
            })
            .collect();
        assert!(!said.contains("#2 "), "{said}");
        assert!(!said.contains("\n20\n"), "{said}");
        assert!(said.contains("bad disk"), "{said}");
        // Without receipts nobody waits for the table, which may be in the same batch.
        let with_table = said.contains("safe up to event 1; ") && said.contains("from stdin:2 on");
        let without = said.contains("safe up to event 0; ") && said.contains("from stdin:1 on");
        assert!(with_table || (without && !receipts), "{said}");
    }
}
