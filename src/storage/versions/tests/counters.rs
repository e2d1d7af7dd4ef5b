//! What tables count, and tables and indexes that come and go.

use super::model::{commit, key, scanned, table_schema};
use crate::storage::SchemaChange;
use crate::storage::{Change, Fork, State, TableView};
use crate::types::{EventId, KeyKind, Period, Row, RowId, TableSchema, Value};
use std::sync::Arc;

fn now(state: &State) -> TableView {
    at(state, state.head().0)
}

fn at(state: &State, event: u64) -> TableView {
    let view = state.view(Period::at(EventId(event)));
    let table = Arc::clone(view.schema().table("t").expect("exists"));
    view.table(&table)
}

fn row(id: i64) -> Row {
    vec![Value::Integer(id), Value::text("n"), Value::Null]
}

fn insert(state: &State, id: i64) -> Change {
    Change::Insert { table: Arc::clone(now(state).schema()), row: None, new: row(id) }
}

fn delete(state: &State, id: i64) -> Change {
    let table = now(state);
    let primary = table.schema().keys[0].id;
    let found = table.find(primary, &[Value::Integer(id)]).expect("a primary key");
    Change::Delete { table: Arc::clone(table.schema()), row: found[0].row(), old: row(id) }
}

fn with_table() -> State {
    let mut state = State::default();
    commit(
        &mut state,
        vec![Change::Schema(SchemaChange::CreateTable(Arc::new(table_schema("t", true))))],
    );
    state
}

fn primary(table: &TableSchema) -> crate::types::KeyId {
    table.keys[0].id
}

#[test]
fn numbers_outlive_their_rows() {
    let mut state = with_table();
    for id in [1, 7, 3] {
        let change = insert(&state, id);
        commit(&mut state, vec![change]);
    }
    let change = delete(&state, 7);
    commit(&mut state, vec![change]);
    let table = now(&state);
    assert_eq!(table.largest(primary(table.schema())), Some(3));
    assert_eq!(table.autoincrement(), 7);
    assert_eq!(table.row_estimate(), 2);
    // Event 2 inserted 1, event 3 inserted 7: each moment has its own numbers.
    let before = at(&state, 2);
    assert_eq!(before.largest(primary(before.schema())), Some(1));
    assert_eq!(before.autoincrement(), 1);
    assert_eq!(at(&state, 3).largest(primary(before.schema())), Some(7));
    // A row id is never given twice, in a fork or behind it.
    let mut fork = Fork::new(state.view(Period::at(state.head())), state.head().next());
    fork.record(vec![insert(&state, 8)]).expect("valid");
    let forked = fork.view().table(table.schema());
    assert_eq!(forked.autoincrement(), 8);
    assert_eq!(scanned(&forked, &[]).last().map(|(row, _)| *row), Some(RowId(4)));
}

#[test]
fn a_counter_that_is_set_is_so_from_then_on() {
    let mut state = with_table();
    let change = insert(&state, 7);
    commit(&mut state, vec![change]);
    let table = Arc::clone(now(&state).schema());
    let set = |last| Change::Counter { table: Arc::clone(&table), last };
    commit(&mut state, vec![set(100)]);
    commit(&mut state, vec![set(2)]);
    // What it is already makes no event.
    commit(&mut state, vec![set(2)]);
    assert_eq!(state.head(), EventId(4));
    let change = insert(&state, 5);
    commit(&mut state, vec![change]);
    let counted = |state: &State| -> Vec<i64> {
        (2..=5).map(|event| at(state, event).autoincrement()).collect()
    };
    assert_eq!(counted(&state), [7, 100, 2, 5]);
    // A fork goes on from it, and sets its own.
    let mut fork = Fork::new(state.view(Period::at(state.head())), state.head().next());
    assert_eq!(fork.record(vec![set(5), set(0)]).expect("valid"), 1);
    assert_eq!(fork.view().table(&table).autoincrement(), 0);
    // An epoch that begins later has it, and the one before it still what it was.
    let before = state.start_epoch().expect("it can be read back");
    assert_eq!((now(&state).autoincrement(), counted(&before)), (5, vec![7, 100, 2, 5]));
}

#[test]
fn a_table_dropped_and_created_again_is_another() {
    let mut state = with_table();
    let change = insert(&state, 1);
    commit(&mut state, vec![change]);
    let first = now(&state);
    let drop = Change::Schema(SchemaChange::DropTable(Arc::clone(first.schema())));
    commit(&mut state, vec![drop]);
    commit(
        &mut state,
        vec![Change::Schema(SchemaChange::CreateTable(Arc::new(table_schema("T", false))))],
    );
    assert_eq!(scanned(&now(&state), &[0]), []);
    assert_eq!(scanned(&at(&state, 2), &[0]).len(), 1);
    assert!(state.view(Period::at(EventId(3))).schema().table("t").is_none());
    let all = Period { first: EventId::START, last: state.head() };
    assert_eq!(scanned(&state.view(all).table(first.schema()), &[0]).len(), 1);
}

#[test]
fn an_index_serves_the_past_before_it() {
    let mut state = with_table();
    for id in 1..=3 {
        let change = insert(&state, id);
        commit(&mut state, vec![change]);
    }
    let table = Arc::clone(now(&state).schema());
    let mut new = row(2);
    new[2] = Value::text("rich");
    let update = Change::Update { table, row: RowId(2), old: row(2), new: new.clone() };
    commit(&mut state, vec![update]);
    let mut back = new.clone();
    back[1] = Value::text("other");
    let table = Arc::clone(now(&state).schema());
    let update = Change::Update { table, row: RowId(2), old: new, new: back };
    commit(&mut state, vec![update]);
    let table = Arc::clone(now(&state).schema());
    let create = Change::Schema(SchemaChange::CreateIndex {
        table,
        key: Box::new(key(KeyKind::Index, &[1])),
    });
    commit(&mut state, vec![create]);
    let key = now(&state).schema().keys.last().map(|key| key.id).expect("just created");
    let rows = |event: u64, name: &str| -> Vec<u64> {
        let found = at(&state, event).find(key, &[Value::text(name)]).expect("built over all");
        found.iter().map(|located| located.row().0).collect()
    };
    assert_eq!(rows(4, "n"), [1, 2, 3]);
    assert_eq!(rows(5, "n"), [1, 2, 3]);
    assert_eq!(rows(6, "n"), [1, 3]);
    assert_eq!(rows(6, "other"), [2]);
    assert_eq!(rows(5, "other"), [0_u64; 0]);
    // A longer period shows each version that had the key, the older first.
    let all = state.view(Period { first: EventId::START, last: state.head() });
    let table = all.table(now(&state).schema());
    let found = table.find(key, &[Value::text("n")]).expect("the same index");
    let batch = table.fetch(&found, &[2]).expect("small");
    assert_eq!(*batch.rows, [RowId(1), RowId(2), RowId(2), RowId(3)]);
    assert_eq!(scanned(&table, &[2]).len(), 5);
}

#[test]
fn the_largest_value_follows_what_a_fork_does() {
    let mut state = with_table();
    let changes = (1..=50).map(|id| insert(&state, id)).collect();
    commit(&mut state, changes);
    let table = Arc::clone(now(&state).schema());
    let mut fork = Fork::new(state.view(Period::at(state.head())), state.head().next());
    let largest = |fork: &Fork| fork.view().table(&table).largest(primary(&table));
    let (mut kept, mut marks) = (Vec::new(), Vec::new());
    for id in (1..=50).rev() {
        kept.push((fork.view().table(&table), Some(id)));
        assert_eq!(largest(&fork), Some(id));
        marks.push(fork.savepoint());
        fork.record(vec![delete(&state, id)]).expect("exists");
    }
    assert_eq!(largest(&fork), None);
    fork.record(vec![insert(&state, 5)]).expect("valid");
    assert_eq!(largest(&fork), Some(5));
    // Old views are asked last, when the memory is of later ones.
    for (view, expected) in &kept {
        assert_eq!(view.largest(primary(&table)), *expected);
    }
    fork.rollback_to(&marks[20]);
    assert_eq!(largest(&fork), Some(30));
}

#[test]
fn a_fork_may_stand_on_a_fork() {
    let mut state = with_table();
    let changes = (1..=6).map(|id| insert(&state, id)).collect();
    commit(&mut state, changes);
    let table = Arc::clone(now(&state).schema());
    let mut outer = Fork::new(state.view(Period::at(state.head())), state.head().next());
    outer.record(vec![delete(&state, 2), insert(&state, 7), delete(&state, 6)]).expect("valid");
    let mut inner = Fork::new(outer.view(), outer.view().period().last.next());
    let mut new = row(7);
    new[1] = Value::text("inner");
    let update = Change::Update { table: Arc::clone(&table), row: RowId(7), old: row(7), new };
    inner.record(vec![delete(&state, 3), update, insert(&state, 9)]).expect("valid");
    let create = Change::Schema(SchemaChange::CreateIndex {
        table: Arc::clone(&table),
        key: Box::new(key(KeyKind::Index, &[1])),
    });
    inner.record(vec![create]).expect("valid");
    let view = inner.view();
    let after = view.table(view.schema().table("t").expect("exists"));
    let rows = |table: &TableView| -> Vec<u64> {
        scanned(table, &[0, 1]).into_iter().map(|(row, _)| row.0).collect()
    };
    assert_eq!(rows(&after), [1, 4, 5, 7, 8]);
    assert_eq!(rows(&outer.view().table(&table)), [1, 3, 4, 5, 7]);
    assert_eq!(after.row_estimate(), 5);
    assert_eq!(after.largest(primary(&table)), Some(9));
    let by_name = after.schema().keys.last().map(|key| key.id).expect("just created");
    let found = after.find(by_name, &[Value::text("n")]).expect("built over all layers");
    let batch = after.fetch(&found, &[0]).expect("small");
    assert_eq!(*batch.rows, [1, 4, 5, 8].map(RowId));
    assert_eq!(after.find(by_name, &[Value::text("inner")]).map(|found| found.len()), Some(1));
}

#[test]
fn views_go_to_any_thread() {
    fn goes<T: Send + Sync + 'static>() {}
    goes::<(crate::storage::View, TableView, crate::storage::QueryEngine)>();
    goes::<(State, Fork, crate::storage::Scan)>();
}
