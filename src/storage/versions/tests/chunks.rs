//! Where one chunk ends and the next begins.

use super::model::{event, scanned, table_schema};
use crate::storage::versions::blocks::BlockCache;
use crate::storage::versions::table::TableVersions;
use crate::storage::{Change, Fork, Operation, State, View};
use crate::storage::{RowImages, RowOperation, SchemaChange};
use crate::types::{EventId, Period, Row, RowId, TableSchema, Value};
use std::sync::Arc;

pub fn row(id: u64, amount: u64) -> Row {
    let integer = |n: u64| Value::Integer(i64::try_from(n).expect("small"));
    vec![integer(id), Value::text(format!("name {id}")), integer(amount)]
}

pub fn table_of(count: u64) -> (State, Arc<TableSchema>) {
    let table = Arc::new(table_schema("t", false).created_by(EventId(1)));
    let mut state = State::default();
    state
        .apply(&event(1, Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table)))))
        .expect("it can be read back");
    for id in 1..=count {
        let new = row(id, 0);
        let operation = Operation::Row(RowOperation {
            table: Arc::clone(&table),
            row: RowId(id),
            rev: 1,
            images: RowImages::Insert { new, prev: EventId::START },
        });
        state.apply(&event(id + 1, operation)).expect("it can be read back");
    }
    (state, table)
}

pub fn amounts(view: &View, table: &Arc<TableSchema>) -> Vec<(RowId, String)> {
    scanned(&view.table(table), &[0, 1, 2])
}

fn expected(count: u64, amount: impl Fn(u64) -> u64) -> Vec<(RowId, String)> {
    (1..=count).map(|id| (RowId(id), format!("{:?}", row(id, amount(id))))).collect()
}

#[test]
fn rows_around_a_chunk_are_all_there_at_every_end() {
    for count in [1, 4095, 4096, 4097, 8191, 8192, 8193] {
        let (state, table) = table_of(count);
        for seen in [0, 1, 4095, 4096, 4097, 8192, count] {
            let seen = seen.min(count);
            let view = state.view(Period::at(EventId(seen + 1)));
            assert_eq!(amounts(&view, &table), expected(seen, |_| 0), "{seen} of {count}");
        }
    }
}

#[test]
fn updates_across_chunks_leave_every_past_as_it_was() {
    const COUNT: u64 = 5000;
    let (mut state, table) = table_of(COUNT);
    let mut views = vec![(state.view(Period::at(state.head())), expected(COUNT, |_| 0))];
    // Each round changes every third row, another third each time, and the last of a chunk.
    for round in 1..=4_u64 {
        let before = amounts(&state.view(Period::at(state.head())), &table);
        assert_eq!(&before, &views.last().expect("one per round").1);
        let touched = |id: u64| id % 3 == round % 3 || id == 4096;
        let mut now = before;
        for id in (1..=COUNT).filter(|id| touched(*id)) {
            let changed = vec![(2, Value::Null, row(id, round)[2].clone())];
            let rev = u32::try_from(round).expect("small") + 1;
            let table = Arc::clone(&table);
            let operation = Operation::Row(RowOperation {
                table,
                row: RowId(id),
                rev,
                images: RowImages::Update(changed),
            });
            state.apply(&event(state.head().0 + 1, operation)).expect("it can be read back");
            now[usize::try_from(id - 1).expect("small")].1 = format!("{:?}", row(id, round));
        }
        views.push((state.view(Period::at(state.head())), now));
    }
    for (kept, expected) in &views {
        assert!(amounts(kept, &table) == *expected, "kept: {kept}");
        let again = state.view(kept.period());
        assert!(amounts(&again, &table) == *expected, "again: {again}");
    }
}

#[test]
fn the_way_into_the_past_of_a_row_is_short() {
    const VERSIONS: u64 = 10_000;
    let schema = table_schema("t", false).created_by(EventId(1));
    let mut versions = TableVersions::new(&schema, None, &BlockCache::unlimited());
    versions.insert(EventId(1), &schema, RowId(1), 1, &row(1, 0)).expect("it can be read back");
    for event in 2..=VERSIONS {
        let rev = u32::try_from(event).expect("small");
        let changed = [(2, Value::Null, row(1, event)[2].clone())];
        versions
            .update(EventId(event), &schema, RowId(1), rev, &changed)
            .expect("it can be read back");
    }
    for event in 1..=VERSIONS {
        let found = versions.ancestor(RowId(1), EventId(event)).expect("lives since event 1");
        assert_eq!(versions.header(found).from, EventId(event));
        let latest = versions.rows().get(RowId(1));
        let path = std::iter::successors(latest, |at| {
            if *at == found { None } else { versions.older(*at, EventId(event)) }
        });
        // At most three steps for each bit of the distance, as the method's author shows.
        let bits = (VERSIONS - event + 1).ilog2() + 1;
        let steps = u32::try_from(path.count()).expect("a short way") - 1;
        assert!(steps <= 3 * bits, "{steps} steps for {bits} bits at {event}");
    }
    assert_eq!(versions.ancestor(RowId(1), EventId(0)), None);
}

#[test]
fn a_few_updates_are_put_where_their_rows_belong() {
    let (mut state, table) = table_of(9000);
    for id in [10, 1500, 1501, 5000, 9000] {
        let changed = vec![(2, row(id, 0)[2].clone(), row(id, 1)[2].clone())];
        let table = Arc::clone(&table);
        let operation = Operation::Row(RowOperation {
            table,
            row: RowId(id),
            rev: 2,
            images: RowImages::Update(changed),
        });
        state.apply(&event(state.head().0 + 1, operation)).expect("it can be read back");
    }
    let view = state.view(Period::at(state.head()));
    let one = |id| u64::from([10, 1500, 1501, 5000, 9000].contains(&id));
    assert!(amounts(&view, &table) == expected(9000, one));
    // The batches are the chunks that the rows came in.
    let sizes: Vec<usize> = view.table(&table).scan(&[]).flatten().map(|b| b.rows.len()).collect();
    assert_eq!(sizes, [4096, 4096, 808]);
}

#[test]
fn a_fork_over_full_chunks_merges_with_them() {
    let (state, table) = table_of(9000);
    let mut fork = Fork::new(state.view(Period::at(state.head())), state.head().next());
    let table_now = || Arc::clone(&table);
    let mut changes = vec![Change::Insert { table: table_now(), row: None, new: row(9001, 5) }];
    for id in [1, 2, 4096, 4097, 8192, 9000] {
        let (old, new) = (row(id, 0), row(id, 7));
        changes.push(Change::Update { table: table_now(), row: RowId(id), old, new });
    }
    for id in 5000..8000 {
        changes.push(Change::Delete { table: table_now(), row: RowId(id), old: row(id, 0) });
    }
    assert_eq!(fork.record(changes).expect("all rows exist"), 3007);
    let mut all = expected(9001, |id| match id {
        1 | 2 | 4096 | 4097 | 8192 | 9000 => 7,
        9001 => 5,
        _ => 0,
    });
    all.retain(|(row, _)| !(5000..8000).contains(&row.0));
    assert!(amounts(&fork.view(), &table) == all);
    assert_eq!(fork.view().table(&table).row_estimate(), all.len());
    let missing = Change::Delete { table: table_now(), row: RowId(5000), old: row(5000, 0) };
    let insert = Change::Insert { table: table_now(), row: None, new: row(9002, 0) };
    assert!(fork.record(vec![insert, missing]).is_err());
    assert_eq!(fork.len(), 3007);
    assert!(amounts(&fork.view(), &table) == all);
}
