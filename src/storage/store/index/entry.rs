//! One entry of the index: what is known of an event without reading its line.

use crate::storage::log::Locator;
use crate::storage::log::chain::Hash;
use crate::storage::log::header::Uuid;
use crate::types::{EventId, TableId, Timestamp, TxId};

/// How many bytes an entry has.
pub(crate) const ENTRY_SIZE: usize = 56;

/// Where the checksum stands in an entry.
const CRC_AT: usize = ENTRY_SIZE - 4;

/// The words of the log's `op` field by their number here. Changes of rows come first; numbers never
/// change, new words are added at the end.
pub(crate) const OPERATIONS: [&str; 25] = [
    "insert",
    "update",
    "delete",
    "create_table",
    "drop_table",
    "create_index",
    "drop_index",
    "add_column",
    "drop_column",
    "rename_column",
    "rename_table",
    "tag",
    "snapshot",
    "counter",
    "tx",
    "create_view",
    "drop_view",
    "replace_view",
    "create_trigger",
    "drop_trigger",
    "replace_trigger",
    "create_setting",
    "drop_setting",
    "replace_setting",
    "alter_table",
];

/// How many of [`OPERATIONS`] change a row.
const ROW_OPERATIONS: u8 = 3;

/// What is known of an event without reading its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    /// Where its line begins in the log.
    pub line: Locator,
    /// When its transaction was committed.
    pub at: Timestamp,
    /// Its transaction.
    pub tx: TxId,
    /// The table it is about; that of event 0 if none.
    pub table: TableId,
    /// The event before it of the same row; of an event about no row, the one before it of that
    /// kind. 0 if there is none.
    pub previous: EventId,
    /// What it did, by place in [`OPERATIONS`].
    pub operation: u8,
    /// Whether it ends its transaction.
    pub last: bool,
    /// Whether its line names the event that made it.
    pub is_caused: bool,
    /// How the chain's hash after it begins, if it ends its transaction; else zeros.
    pub hash: HashStart,
}

/// The first bytes of a chain's hash: enough to tell one history from another.
pub(crate) type HashStart = [u8; 8];

/// The first bytes of a hash, if there is one.
pub(crate) fn start_of(hash: Option<&Hash>) -> HashStart {
    hash.and_then(|hash| hash.first_chunk()).copied().unwrap_or_default()
}

impl IndexEntry {
    /// The number of an operation's word.
    pub fn operation_of(name: &str) -> u8 {
        let found = OPERATIONS.iter().position(|known| *known == name);
        let number = found.and_then(|at| u8::try_from(at).ok());
        number.expect("a test holds that the table has every operation")
    }

    /// The word of the log's `op` field.
    pub fn operation_name(&self) -> &'static str {
        OPERATIONS[usize::from(self.operation)]
    }

    /// Whether it changed a row, as opposed to the schema or nothing.
    pub fn is_of_row(&self) -> bool {
        self.operation < ROW_OPERATIONS
    }

    /// Appends its bytes, which are those of this event in this database only.
    pub fn encode(&self, event: EventId, uuid: &Uuid, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.line.to_bytes());
        out.extend_from_slice(&self.at.0.to_le_bytes());
        out.extend_from_slice(&self.tx.0.to_le_bytes());
        out.extend_from_slice(&self.table.0.0.to_le_bytes());
        out.extend_from_slice(&self.previous.0.to_le_bytes());
        out.extend_from_slice(&self.hash);
        out.extend_from_slice(&[self.operation, u8::from(self.last), u8::from(self.is_caused), 0]);
        let crc = checksum(&out[start..], event, uuid);
        out.extend_from_slice(&crc.to_le_bytes());
    }

    /// Reads the bytes of an event's entry; `None` where they are not what was written for it.
    pub fn decode(bytes: &[u8], event: EventId, uuid: &Uuid) -> Option<IndexEntry> {
        let (content, crc) = bytes.split_at_checked(CRC_AT)?;
        let crc = u32::from_le_bytes(crc.try_into().ok()?);
        if crc != checksum(content, event, uuid) {
            return None;
        }
        let number = |at: usize| -> Option<u64> {
            Some(u64::from_le_bytes(content.get(at..at + 8)?.try_into().ok()?))
        };
        let hash = HashStart::try_from(content.get(40..48)?).ok()?;
        let (operation, last, is_caused) = (content[48], content[49], content[50]);
        if usize::from(operation) >= OPERATIONS.len() || last > 1 || is_caused > 1 {
            return None;
        }
        Some(IndexEntry {
            line: Locator::from_bytes(*content.first_chunk()?),
            at: Timestamp(number(8)?.cast_signed()),
            tx: TxId(number(16)?),
            table: TableId(EventId(number(24)?)),
            previous: EventId(number(32)?),
            operation,
            last: last == 1,
            is_caused: is_caused == 1,
            hash,
        })
    }
}

/// The checksum of an entry: an entry of another event or another database has another.
fn checksum(content: &[u8], event: EventId, uuid: &Uuid) -> u32 {
    let crc = crc32c::crc32c(uuid);
    let crc = crc32c::crc32c_append(crc, &event.0.to_le_bytes());
    crc32c::crc32c_append(crc, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_back_as_their_own_event_only() {
        let entry = IndexEntry {
            line: Locator::from_bytes([0xFE; 8]),
            at: Timestamp(-5),
            tx: TxId(3),
            table: TableId(EventId(2)),
            previous: EventId(7),
            operation: IndexEntry::operation_of("delete"),
            last: true,
            is_caused: true,
            hash: [8; 8],
        };
        let mut bytes = Vec::new();
        entry.encode(EventId(9), &[1; 16], &mut bytes);
        assert_eq!(bytes.len(), ENTRY_SIZE);
        assert_eq!(IndexEntry::decode(&bytes, EventId(9), &[1; 16]), Some(entry));
        assert_eq!((entry.operation_name(), entry.is_of_row()), ("delete", true));
        assert_eq!(IndexEntry::decode(&bytes, EventId(10), &[1; 16]), None);
        assert_eq!(IndexEntry::decode(&bytes, EventId(9), &[2; 16]), None);
        assert_eq!(IndexEntry::decode(&bytes[..ENTRY_SIZE - 1], EventId(9), &[1; 16]), None);
        for bit in 0..ENTRY_SIZE * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(IndexEntry::decode(&flipped, EventId(9), &[1; 16]), None, "bit {bit}");
        }
    }
}
