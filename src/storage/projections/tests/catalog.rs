//! The catalog: round trips, every damage, crashes while it is saved.

use super::*;
use crate::storage::{CatalogFile, CatalogTable, RowFileSummary, row_file_name};
use crate::types::{ColumnId, Date, KeyId, KeyKind, KeySchema};

/// Three tables with all that a definition can have.
fn sample() -> CatalogFile {
    let mut orders = TableSchema::clone(&table(2, "My \"Orders\"", &[("a", DataType::Date)]));
    orders.keys.push(KeySchema {
        id: KeyId { event: EventId(17), ordinal: 0 },
        name: Some("by_a".into()),
        sql: "CREATE INDEX by_a ON t(a)".into(),
        ..KeySchema::new(KeyKind::Index, false, vec![0])
    });
    orders.columns[0].initial = Value::Date(Date(20_000));
    orders.columns[0].id = ColumnId { event: EventId(9), ordinal: 3 };
    let tables = [accounts(1), Arc::new(orders), table(5, "é", &[("x", DataType::Json)])];
    let tables = tables.iter().map(|schema| CatalogTable {
        base: base(schema),
        rows: RowFileSummary {
            file: row_file_name(schema),
            length: 812,
            live: 9,
            dead: 1,
            digest: u64::MAX - 1,
        },
    });
    let (clean, scrubbed) = (true, EventId(7));
    CatalogFile {
        position: position(),
        schema_version: 4,
        tables: tables.collect(),
        definitions: definitions(),
        clean,
        scrubbed,
    }
}

fn path() -> PathBuf {
    directory().join("_catalog.json")
}

fn bytes_of(catalog: &CatalogFile) -> Vec<u8> {
    let vfs = empty();
    catalog.save(&vfs, directory()).expect("memory");
    vfs.contents(&path()).expect("saved")
}

fn read(bytes: &[u8]) -> Result<Option<CatalogFile>, Error> {
    let vfs = empty();
    vfs.put(&path(), bytes);
    CatalogFile::load(&vfs, directory())
}

#[test]
fn a_catalog_reads_back_and_is_json_with_a_table_per_line() {
    for (tables, clean) in [(3, true), (3, false), (1, true), (0, false)] {
        let mut catalog = sample();
        catalog.tables.truncate(tables);
        catalog.clean = clean;
        if tables == 1 {
            catalog.definitions.clear();
        }
        let section = catalog.definitions.len() + usize::from(!catalog.definitions.is_empty());
        let bytes = bytes_of(&catalog);
        assert_eq!(read(&bytes).expect("sound"), Some(catalog.clone()));
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 3 + tables + section);
        let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(json["clean"], clean);
        assert_eq!(json["tables"].as_object().map(serde_json::Map::len), Some(tables));
        let schema = catalog.schema();
        assert_eq!((schema.tables().count(), schema.version), (tables, 4));
        assert!(schema.definitions().into_iter().eq(&catalog.definitions));
    }
    let json: serde_json::Value = serde_json::from_slice(&bytes_of(&sample())).expect("JSON");
    assert_eq!(json["tables"]["accounts"]["file"]["live"], 9);
    assert_eq!(CatalogFile::load(&empty(), directory()).expect("none"), None);
}

#[test]
fn every_damage_is_found() {
    let mut catalog = sample();
    catalog.tables.truncate(1);
    assert_eq!(undetected(&bytes_of(&catalog), read), Vec::<String>::new());
}

#[test]
fn hostile_contents_are_refused_even_with_right_checksums() {
    for (from, to, what) in [
        ("\"accounts.db\"", "\"../../x.db\"", "cannot be in the file"),
        ("\"accounts.db\"", "\"/etc/passwd\"", "cannot be in the file"),
        ("\"asof-catalog\"", "\"asof-snapshot\"", "is not known"),
        ("\"format_version\":2", "\"format_version\":1", "version 1"),
        ("\"format_version\":2", "\"format_version\":3", "version 3"),
        ("\"clean\":true,", "", "clean"),
        ("\"table\":1,", "\"table\":2,", "there twice"),
        ("\"table\":1,", "\"table\":43,", "later event"),
        ("\"columns\":[[1,0],", "\"columns\":[", "contradicts"),
        ("\"columns\":[0]", "\"columns\":[7]", "do not exist"),
        ("\"accounts\":{\"file\"", "\"others\":{\"file\"", "contradicts"),
        ("\"next_row\":1000", "\"next_row\":-1", "bad table"),
        ("\"digest\":\"ff", "\"digest\":\"FF", "bad digest"),
        ("\"tables\":{", "\"tables\":[", "another line"),
        ("\"definition\":{", "\"definition\":[[[[{", "bad table"),
        ("\"definition\":{", "\"definition\":{\"more\":1,", "unknown"),
        ("{\n\"3\":{", "{\n\"12\":{", "out of order"),
        ("{\n\"3\":{", "{\n\"43\":{", "another time"),
        ("{\n\"3\":{", "{\n\"03\":{", "bad definition"),
        ("\"kind\":\"trigger\",", "\"kind\":\"view\",", "makes no sense"),
        ("\"kind\":\"view\",", "\"kind\":\"table\",", "bad definition"),
        ("\"kind\":\"view\",", "\"more\":1,\"kind\":\"view\",", "unknown"),
        ("{\"$date\":\"2024-10-04\"}", "{\"$json\":[1,2]}", "cannot hold"),
    ] {
        let bytes = resealed(&bytes_of(&sample()), from, to);
        let error = read(bytes.as_bytes()).expect_err(to).to_string();
        assert!(error.contains(what), "{to}: {error}");
    }
    for garbage in [&b""[..], b"\n", b"{}\n", b"null", &[0; 100], b",\n", b"},\n"] {
        assert!(read(garbage).is_err(), "{garbage:?}");
    }
}

#[test]
fn saving_leaves_the_old_or_the_new_one_whatever_fails() {
    let (old, mut new) = (sample(), sample());
    new.clean = false;
    let mut outcomes = Vec::new();
    for operations in 0.. {
        let vfs = empty();
        old.save(&vfs, directory()).expect("memory");
        vfs.put(&directory().join("_catalog.json.tmp"), vec![b'x'; 10_000]);
        let saved = new.save(&HookedVfs::breaking(vfs.clone(), operations), directory());
        let found = CatalogFile::load(&vfs, directory()).expect("sound").expect("there");
        assert!(found == old || found == new, "{operations}");
        outcomes.push(found == old);
        if saved.is_ok() {
            assert_eq!(vfs.names(directory()).expect("memory"), ["_catalog.json"]);
            break;
        }
    }
    assert_eq!((outcomes.first(), outcomes.last()), (Some(&true), Some(&false)));
}

proptest! {
    #[test]
    fn whatever_has_right_checksums_is_an_answer_or_an_error(mutations in mutations()) {
        let mut catalog = sample();
        catalog.tables.truncate(1);
        if let Some(text) = mutated(&bytes_of(&catalog), &mutations) {
            drop(read(text.as_bytes()));
        }
    }
}
