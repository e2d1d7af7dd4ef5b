//! Snapshots: round trips, the client's shape, every damage, foreign and leftover files.

use super::*;
use crate::storage::log::values::tests::values;
use crate::storage::{
    Engine, MAX_ROW_SIZE, Snapshot, SnapshotEntry, SnapshotHeader, SnapshotId, SnapshotManager,
    SnapshotPart, SnapshotSource,
};
use crate::types::{KeyId, KeyKind, KeySchema};

/// Rows per table; every index in the order of the rows, from the last to the first.
struct RowFileScan(Vec<(Arc<TableSchema>, Vec<BaseRow>)>);

impl RowFileScan {
    fn of(&self, table: &TableSchema) -> &[BaseRow] {
        let rows = self.0.iter().find(|(other, _)| other.id == table.id);
        rows.map_or(&[], |(_, rows)| rows)
    }
}

impl SnapshotSource for RowFileScan {
    fn rows(
        &self,
        table: &Arc<TableSchema>,
    ) -> Result<impl Iterator<Item = Result<BaseRow, Error>>, Error> {
        Ok(self.of(table).iter().cloned().map(Ok))
    }

    fn index_order(&self, table: &Arc<TableSchema>, _: usize) -> Result<Vec<RowId>, Error> {
        Ok(self.of(table).iter().rev().map(|row| row.row).collect())
    }
}

/// Two tables with rows and one without.
fn sample() -> RowFileScan {
    let mut owners = TableSchema::clone(&table(2, "Owners", &[("name", DataType::Text)]));
    for (ordinal, name) in [(0, "owner"), (1, "owner"), (2, "owner 2")] {
        let id = KeyId { event: EventId(2), ordinal };
        let (name, kind) = (Some(name.into()), KeyKind::Unique);
        let key = KeySchema { id, name, ..KeySchema::new(kind, true, vec![0]) };
        owners.keys.push(key);
    }
    let amy = version(7, 1, vec![Value::text("amy \"the\n\u{1b}")]);
    RowFileScan(vec![
        (accounts(1), vec![account(1, 3, "amy", 100), account(4, 1, "bob", 250)]),
        (table(5, "empty", &[("x", DataType::Any)]), Vec::new()),
        (Arc::new(owners), vec![amy]),
    ])
}

fn head(id: u64, rows: &RowFileScan) -> SnapshotHeader {
    let tables = rows.0.iter().map(|(schema, _)| base(schema)).collect();
    SnapshotHeader {
        id: SnapshotId::Number(id),
        name: Some("before".into()),
        position: position(),
        schema_version: 3,
        tables,
        definitions: definitions(),
    }
}

fn path(id: u64) -> PathBuf {
    directory().join(format!("snapshots/snapshot_{id}.json"))
}

fn manager(vfs: &MemVfs) -> SnapshotManager {
    SnapshotManager::new(Arc::new(vfs.clone()), directory())
}

fn bytes_of(rows: &RowFileScan) -> Vec<u8> {
    let vfs = empty();
    let entry = manager(&vfs).save(&head(7, rows), rows).expect("memory");
    let bytes = vfs.contents(&path(7)).expect("saved");
    assert_eq!(usize::try_from(entry.bytes).ok(), Some(bytes.len()));
    assert_eq!(manager(&vfs).list().expect("memory"), [entry]);
    bytes
}

/// All of a file with these bytes: its header and then its parts.
fn read(bytes: &[u8]) -> Result<(SnapshotHeader, Vec<String>), Error> {
    let vfs = empty();
    vfs.put(&path(7), bytes);
    let (id, path, bytes) = (SnapshotId::Number(7), path(7), 0);
    let entry = SnapshotEntry { id, name: None, position: position(), path, bytes };
    let snapshot: Snapshot = manager(&vfs).load(&entry, &position().anchor())?;
    let head = snapshot.header().clone();
    let parts: Vec<SnapshotPart> = snapshot.collect::<Result<_, _>>()?;
    Ok((head, parts.iter().map(|part| format!("{part:?}")).collect()))
}

#[test]
fn a_snapshot_reads_back_and_has_the_promised_shape() {
    let rows = sample();
    let bytes = bytes_of(&rows);
    assert_eq!(bytes, bytes_of(&rows));
    let (found, parts) = read(&bytes).expect("sound");
    assert_eq!(found, head(7, &rows));
    assert_eq!(found.schema().tables().count(), 3);
    // Three rows, and the indexes: one, one, and four.
    assert_eq!(parts.len(), 3 + 6);
    assert!(parts[1].contains("bob") && parts[3].contains("[RowId(4), RowId(1)]"), "{parts:?}");
    let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((&json["id"], &json["event_id"]), (&7.into(), &42.into()));
    assert_eq!(json["tables"]["accounts"][1]["id"], 4);
    assert_eq!(json["tables"]["accounts"][1]["row"]["owner"], "bob");
    assert_eq!(json["tables"]["empty"], serde_json::json!([]));
    assert_eq!(json["indexes"]["accounts"], serde_json::json!({ "(id)": [4, 1] }));
    let names = json["indexes"]["Owners"].as_object().expect("an object").keys();
    assert_eq!(names.collect::<Vec<_>>(), ["(name)", "owner", "owner 2", "owner 2 2"]);
    let nothing = RowFileScan(Vec::new());
    assert_eq!(read(&bytes_of(&nothing)).expect("sound"), (head(7, &nothing), Vec::new()));
}

#[test]
fn long_indexes_are_many_lines() {
    let rows = (1..=999).map(|row| account(row, 1, "x", 1)).collect();
    let mut rows = RowFileScan(vec![(accounts(1), rows)]);
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let before = lines(&bytes_of(&rows));
    let more = (1000..=2001).map(|row| account(row, 1, "x", 1));
    rows.0[0].1.extend(more);
    let mut head = head(7, &rows);
    head.tables[0].next_row = RowId(2002);
    let vfs = empty();
    manager(&vfs).save(&head, &rows).expect("memory");
    let bytes = vfs.contents(&path(7)).expect("saved");
    assert_eq!(lines(&bytes), before + 1002 + 2);
    let (_, parts) = read(&bytes).expect("sound");
    assert_eq!(parts.len(), 2002);
}

#[test]
fn every_damage_is_found() {
    let mut rows = sample();
    rows.0.remove(2);
    assert_eq!(undetected(&bytes_of(&rows), read), Vec::<String>::new());
}

#[test]
fn hostile_contents_are_refused_even_with_right_checksums() {
    for (from, to, what) in [
        ("{\"id\":4,", "{\"id\":1,", "no place"),
        ("{\"id\":4,", "{\"id\":1000,", "no place"),
        ("{\"id\":4,", "{\"id\":99999999999999999999,", "bad row"),
        ("{\"id\":4,", "{", "bad row"),
        ("\"rev\":3", "\"rev\":0", "cannot have"),
        ("\"rev\":3", "\"rev\":4294967296", "bad row"),
        ("\"event\":10", "\"event\":43", "cannot have"),
        ("\"event\":10", "\"event\":0", "cannot have"),
        ("\"row\":{\"id\":1,", "\"row\":{", "bad row"),
        ("\"owner\":\"amy\"", "\"owner\":[[[[", "bad row"),
        ("\"owner\":\"amy\"", "\"owner\":7", "bad row"),
        ("\"2.50\"}}", "\"2.50\",\"x\":1}}", "bad row"),
        ("\"2.50\"}}", "\"2.50\"},\"x\":1}", "bad row"),
        ("\n\"empty\":[", "\n\"other\":[", "another line"),
        ("\n4,1", "\n4,-1", "no row"),
        ("\n4,1", "\n", "no row"),
        ("\"(id)\":[", "\"owner\":[", "another line"),
        ("},\"indexes\":{", "},\"others\":{", "another line"),
        ("\"table\":1,", "\"table\":1,\"file\":null,", "unknown"),
        ("{\"id\":7,", "{\"id\":8,", "another snapshot"),
        ("{\"id\":7,", "{", "another snapshot"),
    ] {
        let bytes = resealed(&bytes_of(&sample()), from, to);
        let error = read(bytes.as_bytes()).expect_err(to).to_string();
        assert!(error.contains(what), "{to}: {error}");
    }
    let long = format!("\"owner\":\"{}\"", "x".repeat(64 << 20));
    let bytes = resealed(&bytes_of(&sample()), "\"owner\":\"amy\"", &long);
    let error = read(bytes.as_bytes()).expect_err("a long line").to_string();
    assert!(error.contains("longer than it can be"), "{error}");
}

#[test]
fn the_largest_row_of_the_log_fits() {
    let row = account(1, 1, &"x".repeat(MAX_ROW_SIZE), 1);
    let rows = RowFileScan(vec![(accounts(1), vec![row.clone()])]);
    let (_, parts) = read(&bytes_of(&rows)).expect("sound");
    assert!(parts[0].len() > MAX_ROW_SIZE);
    let mut engine = Engine::new(Arc::new(empty()), directory());
    engine.insert_row(&accounts(1), &row).expect("memory");
    assert!(engine.read_row(&accounts(1), RowId(1)).expect("sound").is_some());
    // Beyond every limit: refused, and what stands stays as it was.
    let row = account(2, 1, &"x".repeat(64 << 20), 1);
    let refused = engine.insert_row(&accounts(1), &row);
    assert!(matches!(refused, Err(Error::Limit { .. })));
    assert_eq!(engine.scan(&accounts(1)).expect("open").count(), 1);
    let rows = RowFileScan(vec![(accounts(1), vec![row])]);
    let refused = manager(&empty()).save(&head(7, &rows), &rows);
    assert!(matches!(refused, Err(Error::Limit { .. })));
}

#[test]
fn a_damaged_head_is_no_entry() {
    let bytes = bytes_of(&sample());
    let end = bytes.iter().position(|byte| *byte == b'\n').expect("a head");
    for at in 0..=end {
        let vfs = empty();
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        vfs.put(&path(7), damaged);
        let listing = manager(&vfs).listing().expect("memory");
        assert_eq!((listing.entries.len(), listing.damaged.len()), (0, 1), "{at}");
    }
    for garbage in [vec![b'{'; 2 << 20], Vec::new(), b"\n".to_vec(), vec![0; 10]] {
        let vfs = empty();
        vfs.put(&path(7), garbage);
        assert_eq!(manager(&vfs).latest().expect("memory"), None);
    }
}

#[test]
fn snapshots_are_found_by_event_and_foreign_files_left_alone() {
    let (vfs, rows) = (empty(), sample());
    let manager = manager(&vfs);
    assert_eq!(manager.latest().expect("no directory"), None);
    let at_55 = SnapshotId::At(EventId(55));
    let number = SnapshotId::Number;
    for (id, event) in [(number(1), 50), (number(2), 42), (at_55, 55), (number(10), 60)] {
        let mut head = SnapshotHeader { id, ..head(0, &rows) };
        head.position.event = EventId(event);
        manager.save(&head, &rows).expect("memory");
    }
    let foreign = [
        "notes.txt",
        "snapshot_007.json",
        "snapshot_x.json",
        "snapshot_-1.json",
        "snapshot_.json",
        "snapshot_18446744073709551616.json",
        "snapshot_+3.json",
        "snapshot_3.json.bak",
        "snapshot_at_042.json",
        "snapshot_at_.json",
        "snapshot_at_x.json",
        "snapshot_at_-42.json",
    ];
    for name in foreign {
        vfs.put(&directory().join("snapshots").join(name), "theirs");
    }
    let left_over = ["snapshot_3.json.tmp", "snapshot_at_3.json.tmp", "snapshot_03.json.tmp"];
    for name in left_over {
        vfs.put(&directory().join("snapshots").join(name), "left over");
    }
    manager.remove_leftovers().expect("memory");
    let names = vfs.names(&directory().join("snapshots")).expect("memory");
    assert_eq!(names.len(), 4 + foreign.len() + 1);
    assert!(!left_over[..2].iter().any(|name| names.iter().any(|other| other == name)));
    let ids = |entries: Vec<SnapshotEntry>| entries.iter().map(|e| e.id).collect::<Vec<_>>();
    assert_eq!(ids(manager.list().expect("memory")), [number(2), number(1), at_55, number(10)]);
    let nearest = |event| manager.nearest(EventId(event)).expect("memory").map(|entry| entry.id);
    let found = [nearest(41), nearest(42), nearest(54), nearest(59)];
    assert_eq!(found, [None, Some(number(2)), Some(number(1)), Some(at_55)]);
    assert_eq!(manager.latest().expect("memory").map(|entry| entry.id), Some(number(10)));
    assert!(manager.listing().expect("memory").damaged.is_empty());
    for id in [number(10), number(10), at_55] {
        manager.remove(id).expect("one that is gone is removed already");
    }
    assert_eq!(ids(manager.list().expect("memory")), [number(2), number(1)]);
}

#[test]
fn a_snapshot_of_another_history_is_refused() {
    let (vfs, rows) = (empty(), sample());
    let entry = manager(&vfs).save(&head(7, &rows), &rows).expect("memory");
    let refused = |change: fn(&mut ProjectionPosition)| {
        let mut expected = position();
        change(&mut expected);
        let refused = manager(&vfs).load(&entry, &expected.anchor());
        refused.expect_err("another history").to_string()
    };
    assert!(refused(|p| p.uuid[0] = 0).contains("another database"));
    assert!(refused(|p| p.hash[31] = 0).contains("history"));
    assert!(refused(|p| p.event = EventId(41)).contains("event 42 and not of 41"));
    let bytes = vfs.contents(&path(7)).expect("saved");
    vfs.put(&path(8), bytes.clone());
    assert_eq!(manager(&vfs).listing().expect("memory").damaged.len(), 1);
    // One that somebody asked for is none that made itself.
    vfs.put(&directory().join("snapshots/snapshot_at_42.json"), bytes);
    assert_eq!(manager(&vfs).listing().expect("memory").damaged.len(), 2);
}

#[test]
fn a_snapshot_that_made_itself_is_known_by_its_event() {
    let (vfs, rows) = (empty(), sample());
    let id = SnapshotId::At(position().event);
    let whole = SnapshotHeader { id, name: None, ..head(7, &rows) };
    let entry = manager(&vfs).save(&whole, &rows).expect("memory");
    assert!(entry.path.ends_with("snapshots/snapshot_at_42.json"), "{:?}", entry.path);
    assert_eq!(manager(&vfs).list().expect("memory"), std::slice::from_ref(&entry));
    let snapshot = manager(&vfs).load(&entry, &position().anchor()).expect("sound");
    assert_eq!(snapshot.header(), &whole);
    let bytes = vfs.contents(&entry.path).expect("saved");
    let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((&json["id"], &json["event_id"]), (&serde_json::Value::Null, &42.into()));
    // Under the name of another event it is none.
    vfs.put(&directory().join("snapshots/snapshot_at_43.json"), bytes);
    assert_eq!(manager(&vfs).listing().expect("memory").damaged.len(), 1);
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let refused = |rows: Vec<BaseRow>, change: fn(&mut SnapshotHeader)| {
        let (vfs, rows) = (empty(), RowFileScan(vec![(accounts(1), rows)]));
        let mut head = head(7, &rows);
        change(&mut head);
        manager(&vfs).save(&head, &rows).expect_err("refused");
        assert_eq!(manager(&vfs).list().expect("memory"), []);
        assert_eq!(vfs.names(&directory().join("snapshots")).expect("memory").len(), 0);
    };
    let (amy, bob) = (account(1, 1, "amy", 1), account(2, 1, "bob", 1));
    refused(vec![bob.clone(), amy.clone()], |_| {});
    refused(vec![amy.clone(), amy.clone()], |_| {});
    refused(vec![account(1000, 1, "amy", 1)], |_| {});
    refused(vec![account(1, 0, "amy", 1)], |_| {});
    refused(vec![version(1, 1, Vec::new())], |_| {});
    refused(vec![BaseRow { event: EventId(43), ..amy }], |_| {});
    refused(Vec::new(), |head| head.position.at = Timestamp(i64::MAX));
    refused(Vec::new(), |head| head.tables.push(head.tables[0].clone()));
    refused(Vec::new(), |head| head.name = Some("x".repeat(1 << 20)));
}

#[test]
fn saving_leaves_all_or_nothing_whatever_fails() {
    let rows = sample();
    for operations in 0.. {
        let vfs = empty();
        let disk = HookedVfs::breaking(vfs.clone(), operations);
        let saved = SnapshotManager::new(Arc::new(disk), directory()).save(&head(7, &rows), &rows);
        let found = manager(&vfs).list().expect("memory");
        if let Some(bytes) = vfs.contents(&path(7)) {
            read(&bytes).expect("whole");
        }
        if let Ok(entry) = saved {
            assert_eq!(found, [entry]);
            break;
        }
    }
}

proptest! {
    #[test]
    fn rows_of_every_type_read_back_to_the_same_bits(
        values in proptest::collection::vec(values(), 0..8),
        any in values(),
        rev in 1..=u32::MAX,
    ) {
        let table = table_of(&values);
        let full: Row = values.iter().cloned().chain([any]).collect();
        let nulls = vec![Value::Null; full.len()];
        let rows = vec![version(3, rev, full), version(999, 1, nulls)];
        let expected = shown(&rows);
        let bytes = bytes_of(&RowFileScan(vec![(table, rows)]));
        serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON");
        let (_, parts) = read(&bytes).expect("sound");
        let rows: Vec<String> =
            expected.iter().map(|row| format!("Row {{ table: 0, row: {row} }}")).collect();
        prop_assert_eq!(&parts[..2], &rows);
    }

    #[test]
    fn whatever_has_right_checksums_is_an_answer_or_an_error(mutations in mutations()) {
        let mut rows = sample();
        rows.0.remove(2);
        if let Some(text) = mutated(&bytes_of(&rows), &mutations) {
            drop(read(text.as_bytes()));
        }
    }
}
