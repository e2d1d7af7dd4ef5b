//! Row files as bytes: the format, every damage, hostile lengths.

use super::*;
use crate::storage::log::values::tests::values;
use crate::storage::{Engine, RowFileSummary, StdVfs};

fn path() -> PathBuf {
    directory().join("accounts.db")
}

/// A file with two live records and a deleted one.
fn sample() -> (Vec<u8>, RowFileSummary) {
    let (vfs, table) = (empty(), accounts(1));
    let mut engine = Engine::new(Arc::new(vfs.clone()), directory());
    for row in [account(1, 1, "amy", 100), account(2, 1, "bob", 250)] {
        engine.insert_row(&table, &row).expect("memory");
    }
    engine.update_row(&table, &account(1, 2, "amy", 90)).expect("row 1 is there");
    engine.sync().expect("memory");
    let summary = engine.summary(&table).expect("open");
    (vfs.contents(&path()).expect("written"), summary)
}

/// The rows of a file with these bytes, held against a summary if there is one.
fn read(bytes: &[u8], summary: Option<&RowFileSummary>) -> Result<Vec<String>, Error> {
    let (vfs, table) = (empty(), accounts(1));
    vfs.put(&path(), bytes);
    let mut engine = Engine::new(Arc::new(HookedVfs::breaking(vfs, 0)), directory());
    if let Some(summary) = summary {
        engine.open(&table, summary)?;
    }
    let rows: Vec<BaseRow> = engine.scan(&table)?.collect::<Result<_, _>>()?;
    Ok(shown(&rows))
}

#[test]
fn records_are_a_flag_a_length_and_json() {
    let (bytes, summary) = sample();
    let mut rest = bytes.as_slice();
    let mut seen = Vec::new();
    while let Some((header, after)) = rest.split_at_checked(5) {
        let length = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
        let (data, after) = after.split_at(usize::try_from(length).expect("small"));
        let text = std::str::from_utf8(data).expect("text");
        let (content, _) = text.split_once(",\"_crc\"").expect("a checksum");
        let json: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(json["_crc"], format!("{:08x}", crc32c::crc32c(content.as_bytes())));
        seen.push(format!("{} {content}", header[0]));
        rest = after;
    }
    let expected = [
        r#"1 {"id":1,"owner":"amy","balance":"1.00","_row":1,"_rev":1,"_event":10"#,
        r#"0 {"id":2,"owner":"bob","balance":"2.50","_row":2,"_rev":1,"_event":10"#,
        r#"0 {"id":1,"owner":"amy","balance":"0.90","_row":1,"_rev":2,"_event":10"#,
    ];
    assert_eq!(seen, expected);
    assert_eq!((summary.live, summary.dead, summary.file.as_str()), (2, 1, "accounts.db"));
}

#[test]
fn every_damage_of_a_file_with_a_summary_is_found() {
    let (bytes, summary) = sample();
    let wrong = undetected(&bytes, |bytes| read(bytes, Some(&summary)));
    assert_eq!(wrong, Vec::<String>::new());
    // Flags that changed places leave as many of each kind.
    let second = 5 + usize::from(bytes[1]);
    let mut swapped = bytes.clone();
    swapped.swap(0, second);
    assert!(read(&swapped, Some(&summary)).is_err());
    // A block that never reached the disk.
    for at in 0..bytes.len() - 16 {
        let mut zeroed = bytes.clone();
        zeroed[at..at + 16].fill(0);
        assert!(read(&zeroed, Some(&summary)).is_err(), "{at}");
    }
}

#[test]
fn a_file_without_a_summary_is_read_if_it_is_sound() {
    let (bytes, _) = sample();
    assert_eq!(read(&bytes, None).expect("sound").len(), 2);
    assert_eq!(read(&[], None).expect("sound"), Vec::<String>::new());
    assert!(read(&bytes[..bytes.len() - 1], None).is_err());
    let twice = read(&[&bytes[..], &bytes[..]].concat(), None);
    assert!(twice.expect_err("two rows twice").to_string().contains("second current version"));
}

#[test]
fn hostile_lengths_are_refused_before_anything_is_allocated() {
    let (bytes, _) = sample();
    for length in [u32::MAX, 1 << 31, (64 << 20) + 1, u32::try_from(bytes.len()).expect("small")] {
        let mut hostile = bytes.clone();
        hostile[1..5].copy_from_slice(&length.to_le_bytes());
        let error = read(&hostile, None).expect_err("hostile").to_string();
        assert!(error.contains("longer than it can be"), "{error}");
    }
    let error = read(&[0, 0, 0, 0, 0], None).expect_err("no data").to_string();
    assert!(error.contains("no checksum"), "{error}");
    for garbage in [&b"\x02\x00\x00\x00\x00"[..], b"\xff", b"not a row file at all", &[0; 64]] {
        assert!(read(garbage, None).is_err(), "{garbage:?}");
    }
}

#[test]
fn records_with_a_right_checksum_and_a_wrong_content_are_errors() {
    for content in [
        r#"{"id":1,"owner":"amy","balance":"1.00""#,
        r#"{"id":1,"owner":"amy","balance":"1.00","_row":1,"_rev":1"#,
        r#"{"id":1,"owner":"amy","balance":"1.00","_row":-1,"_rev":1,"_event":1"#,
        r#"{"id":1,"owner":"amy","balance":"1.00","_row":1,"_rev":4294967296,"_event":1"#,
        r#"{"id":1,"owner":"amy","balance":"1.00","_row":99999999999999999999,"_rev":1,"_event":1"#,
        r#"{"id":1,"balance":"1.00","_row":1,"_rev":1,"_event":1"#,
        r#"{"owner":"amy","id":1,"balance":"1.00","_row":1,"_rev":1,"_event":1"#,
        r#"{"id":"1","owner":"amy","balance":"1.00","_row":1,"_rev":1,"_event":1"#,
        r#"{"id":1,"owner":"amy","balance":[[[[,"_row":1,"_rev":1,"_event":1"#,
        "",
        "{",
    ] {
        let crc = crc32c::crc32c(content.as_bytes());
        let data = format!("{content},\"_crc\":\"{crc:08x}\"}}");
        let length = u32::try_from(data.len()).expect("small").to_le_bytes();
        let bytes = [&[0][..], &length, data.as_bytes()].concat();
        assert!(read(&bytes, None).is_err(), "{content}");
    }
}

#[test]
fn a_link_in_the_place_of_a_file_is_refused() {
    let root = tempfile::tempdir().expect("a directory");
    let (bytes, summary) = sample();
    let file = StdVfs.open(&root.path().join("target"), crate::storage::Access::Create);
    file.and_then(|file| file.write_at(0, &bytes)).expect("a file");
    let table = accounts(1);
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path().join("target"), root.path().join("accounts.db"))
        .expect("a link");
    let mut engine = Engine::new(Arc::new(StdVfs), root.path());
    assert!(engine.open(&table, &summary).is_err());
    if cfg!(unix) {
        assert!(engine.insert_row(&table, &account(1, 1, "amy", 1)).is_err());
    }
}

proptest! {
    #[test]
    fn rows_of_every_type_read_back_to_the_same_bits(
        values in proptest::collection::vec(values(), 0..8),
        any in values(),
        numbers in any::<(u64, u32, u64)>(),
    ) {
        let table = table_of(&values);
        let full: Row = values.iter().cloned().chain([any]).collect();
        let nulls = vec![Value::Null; full.len()];
        let (row, rev, event) = numbers;
        let rows = [
            BaseRow { row: RowId(row), rev, event: EventId(event), values: full },
            version(row.wrapping_add(1), 1, nulls),
        ];
        let mut engine = Engine::new(Arc::new(empty()), directory());
        for row in &rows {
            engine.insert_row(&table, row).expect("memory");
        }
        let one = engine.read_row(&table, rows[0].row).expect("memory");
        prop_assert_eq!(format!("{one:?}"), format!("{:?}", Some(&rows[0])));
        let all: Result<Vec<BaseRow>, Error> = engine.scan(&table).expect("memory").collect();
        prop_assert_eq!(shown(&all.expect("sound")), shown(&rows));
    }
}
