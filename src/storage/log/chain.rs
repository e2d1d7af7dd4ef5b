//! The chain over transactions: what a line contributes, and how a payload can be forgotten.
//!
//! ```text
//! hash(n)  = BLAKE3( hash(n - 1) ‖ outside(e) ‖ digest(old) ‖ digest(new) … for every event e of n )
//! digest   = BLAKE3 keyed by ( line salt ‖ 16 zeros ) of "old" or "new" and the payload's raw text
//! line salt = the first 16 bytes of BLAKE3 keyed by ( transaction's salt ‖ 16 zeros ) of the event,
//!             or what the line itself has as `line_salt`, where the transaction's is gone
//! ```
//!
//! `outside` is everything of a line but its payloads, `durable`, `salt` and the checksum, in a
//! binary form of its own, integers little endian and texts behind their length, so that it does not
//! depend on how JSON is written. A payload that is erased leaves its digest; its salt must go with
//! it, or a small value could be guessed. The other lines of the transaction keep theirs, written
//! out, because each follows from the transaction's in one direction only.

use super::reader::to_u64;
use crate::storage::event::Metadata;
use crate::types::{EventId, RowId, Timestamp, TxId};

/// The hash of a transaction and all before it.
pub(crate) type Hash = [u8; 32];

/// What makes digests of payloads unguessable.
pub(crate) type Salt = [u8; 16];

/// Everything of a line that the chain holds as it is.
pub(crate) struct ChainedFields<'a> {
    /// The event.
    pub event: EventId,
    /// Its transaction.
    pub tx: TxId,
    /// When that was committed.
    pub at: Timestamp,
    /// The word of `op`.
    pub op: &'a str,
    /// The table's name; a marker, which has none, counts as if it were empty.
    pub table: Option<&'a str>,
    /// The row, its version, and the event before it if it comes back, on events of rows.
    pub row: Option<(RowId, u32, Option<EventId>)>,
    /// The event that made it happen.
    pub cause: Option<EventId>,
}

/// The chain after some whole transactions, and what has come of the next.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    hasher: blake3::Hasher,
    /// The key of the line salts of the transaction under way, unless they stand in its lines.
    key: Option<[u8; 32]>,
    /// Reused for the binary form of each line.
    bytes: Vec<u8>,
}

impl Chain {
    /// Goes on after a hash.
    pub(crate) fn after(hash: &Hash) -> Chain {
        let mut hasher = blake3::Hasher::new();
        hasher.update(hash);
        Chain { hasher, key: None, bytes: Vec::with_capacity(256) }
    }

    /// Forgets what came of the transaction under way and goes on after a hash.
    pub(crate) fn restart(&mut self, hash: &Hash) {
        self.hasher.reset();
        self.hasher.update(hash);
    }

    /// Begins a transaction, without a salt if each of its lines has its own.
    pub(crate) fn begin(&mut self, salt: Option<&Salt>) {
        self.key = salt.map(widen);
    }

    /// The salt of a line of the transaction under way, by which an ERASE of another line may leave
    /// it; `None` where the transaction has none.
    pub(crate) fn line_salt(&self, event: EventId) -> Option<Salt> {
        self.key.map(|key| line_salt(&key, event))
    }

    /// Adds a line: its outside, the salt and the texts of its payloads, and the metadata if it ends
    /// the transaction.
    pub(crate) fn add(
        &mut self,
        outside: &ChainedFields<'_>,
        salt: &Salt,
        [old, new]: [Option<&[u8]>; 2],
        last: Option<&Metadata>,
    ) {
        let bytes = &mut self.bytes;
        bytes.clear();
        bytes.extend_from_slice(&outside.event.0.to_le_bytes());
        bytes.extend_from_slice(&outside.tx.0.to_le_bytes());
        bytes.extend_from_slice(&outside.at.0.to_le_bytes());
        push_text(bytes, outside.op);
        push_text(bytes, outside.table.unwrap_or_default());
        if let Some((row, rev, prev)) = outside.row {
            bytes.push(1);
            bytes.extend_from_slice(&row.0.to_le_bytes());
            bytes.extend_from_slice(&rev.to_le_bytes());
            bytes.extend_from_slice(&prev.unwrap_or(EventId::START).0.to_le_bytes());
        } else {
            bytes.push(0);
        }
        bytes.extend_from_slice(&outside.cause.unwrap_or(EventId::START).0.to_le_bytes());
        let line_key = widen(salt);
        for (name, payload) in [("old", old), ("new", new)] {
            match payload {
                None => bytes.push(0),
                Some(text) => {
                    bytes.push(1);
                    bytes.extend_from_slice(&digest(&line_key, name, text));
                }
            }
        }
        match last {
            None => bytes.push(0),
            Some(metadata) => {
                bytes.push(1);
                let Metadata { intent, actor, note, id, digest, reverts } = metadata;
                for said in [intent, actor, note, id] {
                    bytes.push(u8::from(said.is_some()));
                    push_text(bytes, said.as_deref().unwrap_or_default());
                }
                bytes.push(u8::from(digest.is_some()));
                bytes.extend_from_slice(&digest.unwrap_or_default());
                bytes.extend_from_slice(&to_u64(reverts.len()).to_le_bytes());
                for tx in reverts {
                    bytes.extend_from_slice(&tx.0.to_le_bytes());
                }
            }
        }
        self.hasher.update(bytes);
    }

    /// The hash after the transaction, from which the next goes on.
    pub(crate) fn finish(&mut self) -> Hash {
        let hash = *self.hasher.finalize().as_bytes();
        self.restart(&hash);
        hash
    }
}

/// A key from a salt, which has half its length.
fn widen(salt: &Salt) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(salt);
    key
}

/// The salt of one line.
fn line_salt(key: &[u8; 32], event: EventId) -> Salt {
    let hash = blake3::keyed_hash(key, &event.0.to_le_bytes());
    let mut salt = [0; 16];
    salt.copy_from_slice(&hash.as_bytes()[..16]);
    salt
}

/// The salted digest of a payload.
fn digest(key: &[u8; 32], name: &str, text: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(name.as_bytes());
    hasher.update(text);
    *hasher.finalize().as_bytes()
}

/// A text behind its length, so that two texts in a row cannot be cut in another place.
fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&to_u64(text.len()).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}
