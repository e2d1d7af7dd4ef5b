//! Tests of the projections: what is written comes back, what is damaged never does.

mod catalog;
mod records;
mod rows;
mod snapshots;

use super::BaseRow;
use crate::storage::base::BaseTable;
use crate::storage::log::Locator;
use crate::storage::store::ProjectionPosition;
use crate::storage::tests::hooked_vfs::{Breakdown, HookedVfs};
use crate::storage::tests::{accounts, cents, table};
use crate::storage::{Error, MemVfs, Vfs};
use crate::types::{
    DataType, Definition, DefinitionKind, EventId, Row, RowId, TableSchema, Timestamp, TxId, Value,
};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The directory of every database here.
fn directory() -> &'static Path {
    Path::new("bank")
}

/// A directory with nothing in it.
fn empty() -> MemVfs {
    let vfs = MemVfs::default();
    vfs.create_directory(directory()).expect("memory");
    vfs
}

/// A version of a row, begun by event 10.
fn version(row: u64, rev: u32, values: Row) -> BaseRow {
    BaseRow { row: RowId(row), rev, event: EventId(10), values }
}

fn account(row: u64, rev: u32, owner: &str, balance: i128) -> BaseRow {
    let id = i64::try_from(row).expect("small");
    version(row, rev, vec![Value::Integer(id), Value::text(owner), cents(balance)])
}

/// After event 42.
fn position() -> ProjectionPosition {
    ProjectionPosition {
        uuid: [0xA5; 16],
        event: EventId(42),
        tx: TxId(12),
        at: Timestamp(1_795_362_000_123_456),
        hash: [0x5A; 32],
        next_line: Locator::from_bytes(8191_u64.to_le_bytes()),
    }
}

fn base(schema: &Arc<TableSchema>) -> BaseTable {
    BaseTable { schema: Arc::clone(schema), next_row: RowId(1000), autoincrement: 7 }
}

/// A view, a trigger and a setting, in order.
fn definitions() -> Vec<Arc<Definition>> {
    let definition = |id, kind, table: Option<&str>, sql: &str| {
        let (name, table) = ("rich".to_owned(), table.map(str::to_owned));
        let (table_schema, sql) = (None, sql.to_owned());
        Arc::new(Definition { id: EventId(id), kind, name, table, table_schema, sql })
    };
    let view = "CREATE VIEW rich AS\nSELECT 'a \"b\"'";
    let trigger = "CREATE TRIGGER rich AFTER INSERT ON accounts BEGIN SELECT 1; END";
    vec![
        definition(3, DefinitionKind::View, None, view),
        definition(11, DefinitionKind::Trigger, Some("accounts"), trigger),
        definition(12, DefinitionKind::Setting, None, "PRAGMA rich = 7"),
    ]
}

/// Rows in a form that two of them have only if they are the same to the last bit.
fn shown(rows: &[BaseRow]) -> Vec<String> {
    rows.iter().map(|row| format!("{row:?}")).collect()
}

/// A column for each of these values, of its type, and one of any type.
fn table_of(values: &[Value]) -> Arc<TableSchema> {
    let data_type = |value: &Value| {
        let is_too_long = matches!(value, Value::Decimal(decimal) if !decimal.fits(38));
        if is_too_long { DataType::Any } else { value.data_type() }
    };
    let names: Vec<String> = (0..values.len()).map(|at| format!("c{at}")).collect();
    let mut columns: Vec<(&str, DataType)> =
        names.iter().zip(values).map(|(name, v)| (name.as_str(), data_type(v))).collect();
    // A name that the formats use themselves.
    columns.push(("_row", DataType::Any));
    table(1, "t", &columns)
}

/// What is wrong with each damaged form of some bytes that `read` takes for something else than it
/// takes the whole for.
fn undetected<T: PartialEq>(bytes: &[u8], read: impl Fn(&[u8]) -> Result<T, Error>) -> Vec<String> {
    let whole = read(bytes).expect("undamaged");
    let mut wrong = Vec::new();
    for length in 0..bytes.len() {
        if read(&bytes[..length]).is_ok() {
            wrong.push(format!("cut to {length}"));
        }
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 1 << bit;
            if read(&damaged).is_ok_and(|read| read != whole) {
                wrong.push(format!("bit {bit} of byte {at}"));
            }
        }
    }
    if read(&[bytes, b"\n"].concat()).is_ok() || read(&[bytes, bytes].concat()).is_ok() {
        wrong.push("more behind it".into());
    }
    wrong
}

/// A file of lines with a text in it replaced and both checksums made right again.
fn resealed(bytes: &[u8], from: &str, to: &str) -> String {
    let text = std::str::from_utf8(bytes).expect("text");
    assert!(text.contains(from), "{from}");
    let text = text.replacen(from, to, 1);
    let (head, rest) = text.split_once(",\"head_crc\":\"").expect("a head");
    let crc = crc32c::crc32c(head.as_bytes());
    let text = format!("{head},\"head_crc\":\"{crc:08x}{}", &rest[8..]);
    let (content, _) = text.rsplit_once(",\"crc\":\"").expect("an end");
    format!("{content},\"crc\":\"{:08x}\"}}\n", crc32c::crc32c(content.as_bytes()))
}

/// A file of lines with some bytes replaced and both checksums made right again, if it is still one.
fn mutated(bytes: &[u8], mutations: &[(usize, char)]) -> Option<String> {
    let mut text: Vec<char> = std::str::from_utf8(bytes).expect("text").chars().collect();
    let length = text.len();
    for (at, character) in mutations {
        text[at % length] = *character;
    }
    let text: String = text.into_iter().collect();
    let has_seals = text.contains(",\"head_crc\":\"") && text.contains("},\"crc\":\"");
    has_seals.then(|| resealed(text.as_bytes(), "", ""))
}

/// Characters that mean something to what reads them.
fn mutations() -> impl Strategy<Value = Vec<(usize, char)>> {
    let character =
        proptest::sample::select("[]{}\",:\n0129-+.eE\\ux ".chars().collect::<Vec<_>>());
    proptest::collection::vec((any::<usize>(), character), 1..4)
}
