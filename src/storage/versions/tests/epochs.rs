//! What is shared and what is left behind where one epoch ends and the next begins.

use super::model::{event, scanned, table_schema};
use crate::storage::versions::chunk::{CHUNK_ROWS, ChunkRef, VersionPosition};
use crate::storage::versions::table::TableVersions;
use crate::storage::{Operation, State};
use crate::storage::{RowImages, RowOperation, SchemaChange};
use crate::types::{EventId, Period, Row, RowId, TableSchema, Value};
use std::sync::Arc;

fn row(id: u64, amount: u64) -> Row {
    let integer = |n: u64| Value::Integer(i64::try_from(n).expect("small"));
    vec![integer(id), Value::text(format!("name {id}")), integer(amount)]
}

struct TableHistory {
    state: State,
    table: Arc<TableSchema>,
}

impl TableHistory {
    fn new() -> TableHistory {
        let table = Arc::new(table_schema("t", true).created_by(EventId(1)));
        let mut state = State::default();
        state
            .apply(&event(1, Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table)))))
            .expect("it can be read back");
        TableHistory { state, table }
    }

    fn apply(&mut self, operation: Operation) {
        self.state.apply(&event(self.state.head().0 + 1, operation)).expect("it can be read back");
    }

    fn insert(&mut self, ids: impl Iterator<Item = u64>) {
        for id in ids {
            let table = Arc::clone(&self.table);
            self.apply(Operation::Row(RowOperation {
                table,
                row: RowId(id),
                rev: 1,
                images: RowImages::Insert { new: row(id, 0), prev: EventId::START },
            }));
        }
    }

    fn update(&mut self, ids: impl Iterator<Item = u64>, round: u64) {
        for id in ids {
            let changed = vec![(2, Value::Null, row(id, round)[2].clone())];
            let (table, rev) = (Arc::clone(&self.table), u32::try_from(round).expect("small") + 1);
            self.apply(Operation::Row(RowOperation {
                table,
                row: RowId(id),
                rev,
                images: RowImages::Update(changed),
            }));
        }
    }

    fn delete(&mut self, ids: impl Iterator<Item = u64>) {
        for id in ids {
            let table = Arc::clone(&self.table);
            let old = row(id, 0);
            self.apply(Operation::Row(RowOperation {
                table,
                row: RowId(id),
                rev: 2,
                images: RowImages::Delete(old),
            }));
        }
    }

    fn versions(&self) -> Arc<TableVersions> {
        let view = self.state.view(Period::at(self.state.head()));
        Arc::clone(view.layer(self.table.id).expect("the table is there").versions())
    }

    /// How many versions each chunk of the ordered run has. There are others, or none.
    fn sizes(&self) -> Vec<usize> {
        self.versions().ordered().chunks().map(|(_, chunk)| chunk.len()).collect()
    }

    /// Whether there are versions that do not stand in order.
    fn has_later(&self) -> bool {
        let versions = self.versions();
        let all: usize = versions.chunks().map(|(_, chunk)| chunk.len()).sum();
        all > self.sizes().iter().sum::<usize>() || versions.loose().iter_from(RowId(0)).count() > 0
    }

    fn shown(&self) -> Vec<(RowId, String)> {
        let view = self.state.view(Period::at(self.state.head()));
        scanned(&view.table(&self.table), &[0, 1, 2])
    }

    /// Turns, and asserts that it cannot be seen.
    fn start_epoch(&mut self) -> State {
        let shown = self.shown();
        let before = self.state.start_epoch().expect("it can be read back");
        assert!(self.shown() == shown);
        before
    }
}

/// Whether both hold the same arrays.
fn shares(one: &TableVersions, other: &TableVersions, number: usize) -> bool {
    let array = |versions: &TableVersions| match versions.ordered().chunk(number) {
        ChunkRef::Sealed(handle) => Some(handle.address()),
        ChunkRef::Open(_) => None,
    };
    array(one).is_some() && array(one) == array(other)
}

const FULL: u64 = CHUNK_ROWS as u64;

#[test]
fn what_was_only_appended_is_shared() {
    let mut run = TableHistory::new();
    run.insert(1..=2 * FULL + 3000);
    let before = run.start_epoch();
    let after = run.versions();
    let frozen = before.view(Period::at(before.head()));
    let frozen = Arc::clone(frozen.layer(run.table.id).expect("the table is there").versions());
    assert_eq!(run.sizes(), [CHUNK_ROWS, CHUNK_ROWS, 3000, 0]);
    assert!((0..3).all(|number| shares(&frozen, &after, number)));
    assert!(!run.has_later());
    // The few rows at the end of an epoch are joined with those of the next.
    run.insert(2 * FULL + 3001..=2 * FULL + 3010);
    run.start_epoch();
    run.insert(2 * FULL + 3011..=2 * FULL + 3020);
    run.start_epoch();
    assert_eq!(run.sizes(), [CHUNK_ROWS, CHUNK_ROWS, 3000, 20, 0]);
    assert!(!run.has_later());
}

#[test]
fn what_is_mostly_dead_is_copied_together() {
    let mut run = TableHistory::new();
    run.insert(1..=6 * FULL);
    // The second and third live on in a few rows, the fifth in most.
    run.delete((FULL + 1..=3 * FULL).filter(|id| id % 4 != 0));
    run.delete((4 * FULL + 1..=5 * FULL).filter(|id| id % 4 == 0));
    let before = run.start_epoch();
    assert_eq!(run.sizes(), [CHUNK_ROWS, 2048, CHUNK_ROWS, CHUNK_ROWS, CHUNK_ROWS, 0]);
    assert!(!run.has_later());
    let gone = [FULL + 1, 4 * FULL + 4].map(RowId);
    assert!(gone.iter().all(|row| run.versions().rows().get(*row).is_none()));
    let second = run.versions().ordered().number(1);
    assert_eq!(run.versions().rows().get(RowId(FULL + 4)), Some(VersionPosition::new(second, 0)));
    // And the past is where it was.
    let then = before.view(Period::at(EventId(6 * FULL + 1)));
    assert_eq!(before.base(), EventId(0));
    let count: usize = then.table(&run.table).scan(&[]).flatten().map(|b| b.rows.len()).sum();
    assert_eq!(count, usize::try_from(6 * FULL).expect("small"));
    // Nothing left is nothing kept.
    let rest: Vec<u64> = run.shown().iter().map(|(row, _)| row.0).collect();
    run.delete(rest.into_iter());
    run.start_epoch();
    assert_eq!(run.sizes(), [0]);
    assert_eq!(run.versions().rows().iter_from(RowId(0)).count(), 0);
    assert_eq!(run.versions().next_row(), RowId(6 * FULL + 1));
    run.insert(6 * FULL + 1..=6 * FULL + 2);
    assert_eq!(run.shown().len(), 2);
}

#[test]
fn few_rows_with_many_versions_become_few_again() {
    let mut run = TableHistory::new();
    run.insert(1..=100);
    for round in 1..=500 {
        run.update(1..=100, round);
        if round % 100 == 0 {
            let (before, base) = (run.state.view(Period::at(run.state.head())), run.state.base());
            run.start_epoch();
            assert!(run.state.base() > base);
            assert_eq!(run.sizes(), [100, 0]);
            assert!(!run.has_later());
            assert_eq!(scanned(&before.table(&run.table), &[0, 1, 2]), run.shown());
        }
    }
    let view = run.state.view(Period::at(run.state.head()));
    let table = view.table(&run.table);
    assert_eq!((table.row_estimate(), table.autoincrement()), (100, 100));
    assert_eq!(table.next_row(), RowId(101));
    // The way back from the newest version ends where the epoch begins.
    run.update(7..=7, 501);
    let versions = run.versions();
    let base = run.state.base();
    let old = versions.ancestor(RowId(7), base).expect("it lived then");
    assert!(!versions.header(old).prev.exists() && versions.header(old).jump == old);
    assert_eq!(versions.ancestor(RowId(7), EventId(1)), None);
}

#[test]
fn what_is_shared_does_not_lead_into_what_is_gone() {
    let mut run = TableHistory::new();
    run.insert(1..=FULL);
    run.update(1..=FULL, 1);
    run.start_epoch();
    // What the updates made is in order now.
    assert_eq!(run.sizes(), [CHUNK_ROWS, 0]);
    assert!(!run.has_later());
    let (base, shown) = (run.state.base(), run.shown());
    for round in 2..=9 {
        run.update(1..=20, round);
    }
    let view = run.state.view(Period::at(base));
    assert!(scanned(&view.table(&run.table), &[0, 1, 2]) == shown);
    let key = run.table.keys[0].id;
    for id in 1..=21 {
        let found = view.table(&run.table).find(key, &[Value::Integer(id)]).expect("a key");
        let batch = view.table(&run.table).fetch(&found, &[0]).expect("small");
        assert_eq!(*batch.rows, [RowId(u64::try_from(id).expect("small"))]);
    }
    let versions = run.versions();
    for row in (1..=21).map(RowId) {
        let root = versions.ancestor(row, base).expect("it lived then");
        let header = versions.header(root);
        assert_eq!((header.rev, header.prev, header.jump), (2, VersionPosition::NONE, root));
        assert_eq!(versions.ancestor(row, EventId(base.0 - FULL)), None);
    }
    // An index that comes to be now is made from what there is.
    let index = Box::new(super::model::key(crate::types::KeyKind::Index, &[2]));
    run.apply(Operation::Schema(SchemaChange::CreateIndex {
        table: Arc::clone(&run.table),
        key: index.clone(),
    }));
    let head = Period { first: base, last: run.state.head() };
    let found = run.state.view(head).table(&run.table).find(index.id, &[Value::Integer(1)]);
    assert_eq!(found.map(|found| found.len()), Some(CHUNK_ROWS));
    // The first change since then knows what was before it.
    let all = run.state.view(Period { first: EventId(0), last: run.state.head() });
    let changes: Vec<_> = all.changes(&run.table, None).collect();
    assert_eq!(changes.len(), 8 * 20);
    assert_eq!(
        changes[0].as_ref().expect("read back").old.as_ref().map(|old| old[2].clone()),
        Some(Value::Integer(1))
    );
}
