//! The engine against a model: inserts, updates, deletes, and files written anew.

use super::*;
use crate::storage::{Engine, RowFileSummary};
use std::collections::BTreeMap;

/// What is done to the rows; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Insert(String),
    Update(usize, String),
    Delete(usize),
    Read(usize),
    Compact,
    Rewrite,
    Sync,
    /// Open the file again, with its summary or without.
    Reopen(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = "[a-z\"é]{0,12}";
    let step = prop_oneof![
        4 => text.prop_map(Step::Insert),
        4 => (any::<usize>(), text).prop_map(|(at, text)| Step::Update(at, text)),
        2 => any::<usize>().prop_map(Step::Delete),
        2 => any::<usize>().prop_map(Step::Read),
        1 => Just(Step::Compact),
        1 => Just(Step::Rewrite),
        1 => Just(Step::Sync),
        1 => any::<bool>().prop_map(Step::Reopen),
    ];
    proptest::collection::vec(step, 0..60)
}

/// An engine and what it should hold.
struct Pair {
    vfs: MemVfs,
    table: Arc<TableSchema>,
    engine: Engine,
    model: BTreeMap<u64, BaseRow>,
    next: u64,
}

impl Pair {
    fn new() -> Pair {
        let vfs = empty();
        let engine = Engine::new(Arc::new(vfs.clone()), directory());
        Pair { vfs, table: accounts(1), engine, model: BTreeMap::new(), next: 1 }
    }

    fn pick(&self, at: usize) -> Option<BaseRow> {
        self.model.values().nth(at.checked_rem(self.model.len())?).cloned()
    }

    fn run(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::Insert(owner) => {
                let row = account(self.next, 1, &owner, 100);
                self.engine.insert_row(&self.table, &row)?;
                self.model.insert(self.next, row);
                self.next += 1;
            }
            Step::Update(at, owner) => {
                if let Some(before) = self.pick(at) {
                    let row = account(before.row.0, before.rev + 1, &owner, 50);
                    self.engine.update_row(&self.table, &row)?;
                    self.model.insert(row.row.0, row);
                }
            }
            Step::Delete(at) => {
                if let Some(before) = self.pick(at) {
                    self.engine.delete_row(&self.table, before.row)?;
                    self.model.remove(&before.row.0);
                }
            }
            Step::Read(at) => {
                let expected = self.pick(at);
                let row = expected.as_ref().map_or(RowId(self.next), |row| row.row);
                let found = self.engine.read_row(&self.table, row)?;
                assert_eq!(format!("{found:?}"), format!("{expected:?}"));
            }
            Step::Compact => {
                self.engine.compact(&self.table)?;
                self.check_order()?;
            }
            Step::Rewrite => {
                let rows = self.model.values().cloned().map(Ok);
                self.engine.rewrite(&self.table, rows)?;
                self.check_order()?;
            }
            Step::Sync => self.engine.sync()?,
            Step::Reopen(with_summary) => {
                self.engine.sync()?;
                let summary = self.engine.summary(&self.table)?;
                self.engine = Engine::new(Arc::new(self.vfs.clone()), directory());
                if with_summary && summary.length > 0 {
                    self.engine.open(&self.table, &summary)?;
                }
                assert_eq!(self.engine.summary(&self.table)?, summary);
            }
        }
        Ok(())
    }

    fn rows(&mut self) -> Result<Vec<BaseRow>, Error> {
        self.engine.scan(&self.table)?.collect()
    }

    /// A file that was written anew has the live rows in order, and nothing else.
    fn check_order(&mut self) -> Result<(), Error> {
        let expected: Vec<BaseRow> = self.model.values().cloned().collect();
        assert_eq!(shown(&self.rows()?), shown(&expected));
        let RowFileSummary { live, dead, .. } = self.engine.summary(&self.table)?;
        assert_eq!((live, dead), (u64::try_from(self.model.len()).expect("small"), 0));
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_rows_are_those_of_the_model(steps in steps()) {
        let mut pair = Pair::new();
        for step in steps {
            pair.run(step).expect("nothing fails in memory");
        }
        let mut rows = pair.rows().expect("sound");
        rows.sort_by_key(|row| row.row);
        let expected: Vec<BaseRow> = pair.model.values().cloned().collect();
        prop_assert_eq!(shown(&rows), shown(&expected));
    }
}

/// Many rows, synced, on a disk that counts.
fn many(rows: u64) -> (HookedVfs<Breakdown>, Engine, Arc<TableSchema>) {
    let disk = HookedVfs::breaking(empty(), usize::MAX);
    let (mut engine, table) = (Engine::new(Arc::new(disk.clone()), directory()), accounts(1));
    for row in 1..=rows {
        engine.insert_row(&table, &account(row, 1, "someone with a name", 100)).expect("memory");
    }
    engine.sync().expect("memory");
    (disk, engine, table)
}

#[test]
fn many_rows_are_few_writes() {
    let (disk, mut engine, table) = many(20_000);
    let summary = engine.summary(&table).expect("open");
    let appends = disk.writes();
    assert!(appends <= 3, "{appends} writes of {} bytes", summary.length);
    for row in (1..=20_000).step_by(5) {
        engine.delete_row(&table, RowId(row)).expect("there");
    }
    engine.sync().expect("memory");
    let flags = disk.writes() - appends;
    assert!(flags < 50, "{flags} writes for 4000 flags");
    assert_eq!(engine.scan(&table).expect("open").count(), 16_000);
    engine.compact(&table).expect("memory");
    let rows: Result<Vec<BaseRow>, Error> = engine.scan(&table).expect("open").collect();
    assert_eq!(rows.expect("sound").len(), 16_000);
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let (disk, mut engine, table) = many(3);
    let before = engine.summary(&table).expect("open");
    assert!(matches!(engine.delete_row(&table, RowId(9)), Err(Error::NoSuchRow { .. })));
    let missing = engine.update_row(&table, &account(9, 2, "x", 1));
    assert!(matches!(missing, Err(Error::NoSuchRow { .. })));
    assert!(engine.insert_row(&table, &account(2, 1, "x", 1)).is_err());
    assert!(engine.insert_row(&table, &version(4, 1, vec![Value::Null])).is_err());
    let mistyped = version(2, 2, vec![Value::text("x"), Value::Null, Value::Null]);
    assert!(engine.update_row(&table, &mistyped).is_err());
    assert!(engine.rewrite(&table, [Ok(account(1, 1, "x", 1)), Ok(mistyped)]).is_err());
    assert!(engine.remove("../events.log").is_err());
    assert_eq!(engine.summary(&table).expect("open"), before);
    assert!(engine.read_row(&table, RowId(2)).expect("sound").is_some());
    assert_eq!(disk.names(directory()).expect("memory"), ["accounts.db"]);
}

#[test]
fn files_follow_their_tables() {
    let (disk, mut engine, table) = many(3);
    let mut renamed = TableSchema::clone(&table);
    renamed.name = "Customer Accounts".into();
    engine.update_row(&table, &account(1, 2, "pending", 1)).expect("there");
    engine.rename(&table, &renamed).expect("memory");
    let names = ["customer%20accounts.db"];
    assert_eq!(disk.names(directory()).expect("memory"), names);
    assert_eq!(engine.summary(&renamed).expect("open").file, names[0]);
    assert_eq!(engine.scan(&renamed).expect("open").count(), 3);
    disk.vfs.put(&directory().join("orders.db.tmp"), "left over");
    disk.vfs.put(&directory().join("My Orders.db.tmp"), "somebody's");
    engine.remove_leftovers().expect("memory");
    assert_eq!(engine.names().expect("memory"), names);
    assert_eq!(disk.names(directory()).expect("memory").len(), 2);
    engine.remove(names[0]).expect("memory");
    engine.remove(names[0]).expect("removed already");
    assert_eq!(engine.scan(&renamed).expect("none").count(), 0);
}

#[test]
fn a_file_that_is_written_anew_is_the_old_or_the_new_one_whatever_fails() {
    let mut outcomes = Vec::new();
    for operations in 0.. {
        let (healthy, mut engine, table) = many(3);
        engine.delete_row(&table, RowId(2)).expect("there");
        engine.sync().expect("memory");
        let old = engine.summary(&table).expect("open");
        let disk = HookedVfs::breaking(healthy.vfs.clone(), operations);
        let mut engine = Engine::new(Arc::new(disk), directory());
        engine.open(&table, &old).expect("readable");
        let compacted = engine.compact(&table);
        let mut after = Engine::new(Arc::new(healthy.vfs), directory());
        let new = after.summary(&table).expect("sound");
        assert!(new == old || (new.live, new.dead) == (2, 0), "{operations}: {new:?}");
        outcomes.push(new == old);
        if compacted.is_ok() {
            break;
        }
    }
    assert_eq!((outcomes.first(), outcomes.last()), (Some(&true), Some(&false)));
}

#[test]
fn nothing_is_known_of_a_file_after_a_write_failed() {
    let (healthy, mut engine, table) = many(3);
    let known = engine.summary(&table).expect("open");
    let mut engine = Engine::new(Arc::new(HookedVfs::breaking(healthy.vfs, 1)), directory());
    engine.open(&table, &known).expect("readable");
    engine.insert_row(&table, &account(4, 1, "x", 1)).expect("in memory");
    assert!(matches!(engine.sync(), Err(Error::Io { .. })));
    assert!(matches!(engine.scan(&table), Err(Error::Projection { .. })));
    assert!(matches!(engine.sync(), Err(Error::Projection { .. })));
}
