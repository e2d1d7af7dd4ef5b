//! The log: what its bytes are, how they are made and how they are read.
//!
//! Operations flow in and lines flow out ([`line::encode`]), or the other way round
//! ([`line::parse`]). Where lines are kept is behind the trait [`Log`], of which the [`FileLog`] described
//! here is the one implementation: nobody above knows of its offsets, a line is where its opaque
//! [`Locator`] says. Which lines are written, and what they come to, is up to the
//! [store](super::store).
//!
//! # The file
//!
//! `events.log` is newline-delimited JSON. Every line ends in `\n` and is no longer than
//! [`MAX_LINE_SIZE`]. The first is the header, written and synced on its own when the file is
//! created, so its length is known before anything can follow it:
//!
//! ```json
//! {"format":"asof","version":3,"features":[],"uuid":"32 hex","generation":0,"first_event":1,
//!  "previous_hash":"64 hex","crc":"8 hex"}
//! ```
//!
//! `generation` counts how often another file took this one's place, with a part of it erased, compacted
//! or sealed: whoever follows a log and finds another generation of its uuid opens it again.
//!
//! Then one line per event. Fields come in this order and only where they apply:
//!
//! ```text
//! field    written on               what it is
//! ───────  ───────────────────────  ──────────────────────────────────────────────────────────────
//! event    every line               its number, dense from the header's `first_event`
//! tx       every line               its transaction's number, dense from 1
//! at       every line               "2026-11-22T15:40:00.123456Z"; the same in a transaction, later
//!                                   than in the one before
//! op       every line               insert update delete create_table drop_table create_index
//!                                   drop_index add_column drop_column rename_column rename_table
//!                                   alter_table, create_ drop_ and replace_ of view trigger setting,
//!                                   tag snapshot counter tx; any other is refused, those that are to
//!                                   come (record erase compact branch) too
//! table    all but tag snapshot tx  the table's name as declared; when it is renamed, the one before
//! row      insert update delete     the row's identity, never used for another row of its table
//! rev      insert update delete     1 on the row's first insert, one more on every event of it after that
//! prev     insert that brings back  the row's last event: the one that deleted it, or the last before
//!                                   its table was dropped
//! cause    made by another event    the earlier event of its transaction whose trigger, handler or
//!                                   foreign key action made it
//! old      update delete drop_*     the changed columns, the whole row, the definition before
//!          rename_* counter         {"name":…} before, {"seq":…} before
//!          create_table             of one that continues a dropped table, see below
//! new      insert update create_*   the whole row, the changed columns, the definition after
//!          add_column               the definition; `initial` is what older rows have in the column
//!          rename_*                 {"name":…} after
//!          alter_table              {"edit":…,"sql":…}: what becomes of a constraint, and how the
//!                                   definition that says it reads from then on
//!          tag                      {"name":…,"at":…}: the moment after an earlier event
//!          snapshot                 {"id":…,"name":…}, the name only if it has one
//!          counter                  {"seq":…}: what an AUTOINCREMENT counter was set to by hand
//! durable  first of a batch         the last event known to be synced when the batch was written
//! salt     first of a transaction   32 hex: 16 random bytes from which each line's salt follows
//! line_salt  each with a payload    32 hex: the line's salt itself, in a transaction that has no `salt`
//!                                   because what it was in another line is erased
//! last     last of a transaction    true
//! intent actor note id
//!          last of a transaction    what the transaction says about itself, each only if said
//! digest   beside `id`              64 hex: of the statements that it was asked for
//! reverts  last of a transaction    the numbers of the earlier transactions that it takes back
//! hash     last of a transaction    64 hex: the chain, see `chain`
//! crc      every line               8 hex: CRC32C of all bytes of the line before `,"crc":`
//! ```
//!
//! ```text
//! {"event":43,"tx":12,"at":"…","op":"update","table":"accounts","row":7,"rev":3,"old":{"balance":100},
//!  └──────────────────────────────────────── hashed as it is ───────────────┘ └── hashed by salted digest ──
//!  "new":{"balance":90},"durable":42,"salt":"…","last":true,"intent":"…","hash":"…","crc":"1f2e3d4c"}⏎
//!  ───────────────────┘ └─── not hashed ──────┘ └─── hashed as it is ────┘                 │
//!  └──────────────────────────────────────── checksummed ───────────────────────────────┘
//! ```
//!
//! A row that was deleted and comes back keeps its number and goes on with the next `rev`; only one that
//! never was gets a number that none had, mostly the next of its table. A transaction with an `id` is written even if it changed
//! nothing: its one event is `tx`.
//!
//! A table that was dropped comes back as itself by a `create_table` whose `old` says what it continues:
//!
//! ```text
//! "old":{"table":1,"dropped":40,"next_row":8,"seq":7,"columns":[[1,0],[1,1],[4,0]],"keys":[[1,0]]}
//!        the event that created it, and the one that dropped it last; the number that its next row
//!        gets and its AUTOINCREMENT counter, unless that is 0; the identities of its columns and keys,
//!        each the event that made it and its place there
//! ```
//!
//! `new` is its definition as it was when it was dropped. A DROP ends a table, not each of its rows, and
//! the table comes back empty: whichever rows come with it have an `insert` each, with the `rev` that
//! follows and, as `prev`, the row's last event. So whoever reads on from a projection in between needs
//! nothing of what was before.
//!
//! A batch is what is synced at once: one transaction, or all that were staged while the disk was busy;
//! one is in flight at a time. `durable` stands on the first line of each of its transactions, and is the
//! same on all. The salt stands there, too, so that a reader can digest each payload as it passes, however
//! long the transaction is.
//!
//! # Values
//!
//! A payload is an object with the columns' names in schema order. Its values are typed by the schema:
//!
//! ```text
//! INTEGER            a number without point             REAL        the shortest number with a point
//! BOOLEAN            true, false                                    or exponent that reads back alike
//! TEXT               a string                           DECIMAL     a string with all its digits
//! BLOB               a string, base64                   JSON        the document as it is
//! DATE, TIMESTAMP    a string; outside the years 0 to 9999 a number (days, microseconds since 1970)
//! NUMERIC, ANY       INTEGER, REAL, TEXT, BOOLEAN as above, everything else with its type:
//!                    {"$decimal":"0.50"} {"$date":…} {"$timestamp":…} {"$blob":"…"} {"$json":…}
//!                    {"$real":"Infinity"} {"$real":"-Infinity"}
//! NULL               null in every column
//! ```
//!
//! A JSON document that is `null`, or begins as the wrapper does, is written `{"$json":…}` in a JSON
//! column too, or it would read back as something else.
//!
//! # Crashes
//!
//! A batch reaches the disk in any order of its pages, each there, zero or cut short; what was synced
//! stays. So after the last whole transaction (ending in event *g*) there may be
//!
//! ```text
//! 1  nothing                                                  go on
//! 2  whole lines, none of them `last`, then the end           an unfinished transaction: cut
//! 3  a bad line, then whatever, no `durable` above g          the rest of an unfinished batch: cut
//! 4  a bad line, and later a good one with `durable` above g  damage: the event was acknowledged
//! 5  a good line that does not follow from the one before     damage: no crash makes that
//! 6  an incomplete header and nothing else                    creation was cut short: start again
//! 7  a bad header and more                                    damage: the header was synced first
//! ```
//!
//! What is cut is copied to `lost+found/` and synced first, unless it is nothing but zeros. More than a
//! gigabyte without the end of a line is no tail, and not read. Damage is never repaired here: it ends
//! all writing, and `DAMAGED` remembers it (`store::damage`).
//!
//! # Invariants
//!
//! 1. What the encoder accepts, the decoder reads back to the same bits ([`ledger`] and the limits
//!    below are asked by both).
//! 2. Event and transaction numbers are dense, `at` rises from transaction to transaction.
//! 3. The chain's hash after a transaction depends on all before it and on nothing else, not even on
//!    the database's uuid.
//! 4. Nothing synced is ever written again.
//!
//! # What is assumed of the disk
//!
//! A sync that returns without error makes the file's bytes and length durable. A write does not
//! touch bytes outside its range. Nothing is assumed of the order or atomicity of unsynced writes.

pub(crate) use super::file_names::LOG;

use super::error::Mismatch;
pub(crate) use access::{Log, LogLines};
pub(crate) use file::FileLog;
pub use locator::Locator;
use std::path::{Path, PathBuf};

mod access;
pub(crate) mod chain;
mod definition;
mod file;
pub(crate) mod header;
pub(crate) mod ledger;
pub(crate) mod line;
mod locator;
pub(crate) mod reader;
pub(crate) mod schema_rules;
pub(crate) mod text;
pub(crate) mod values;

/// What the log of a directory is called where one tells of it.
pub(crate) fn log_path(directory: &Path) -> PathBuf {
    directory.join(LOG)
}

/// How large a row may be, in bytes of its encoded payload.
pub const MAX_ROW_SIZE: usize = 16 << 20;

/// How long a line may be, in bytes with its newline.
pub const MAX_LINE_SIZE: usize = 64 << 20;

/// What ends every line: `,"crc":"`, eight digits, `"}`.
pub(crate) const CRC_SIZE: usize = 18;

/// Appends the checksum of a line that stands in `out` from `start` on, and the newline.
pub(crate) fn push_crc(out: &mut Vec<u8>, start: usize) {
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(b",\"crc\":\"");
    text::push_hex(out, &crc.to_be_bytes());
    out.extend_from_slice(b"\"}\n");
}

/// Whether a line without its newline ends in its own checksum.
pub(crate) fn has_valid_crc(line: &[u8]) -> bool {
    check_crc(line).is_ok()
}

/// Refuses a line without its newline that does not end in its own checksum.
pub(crate) fn check_crc(line: &[u8]) -> Result<(), Mismatch> {
    let at = line.len().saturating_sub(CRC_SIZE);
    let (content, written) = line.split_at(at);
    let mut expected = Vec::with_capacity(CRC_SIZE);
    expected.extend_from_slice(b",\"crc\":\"");
    text::push_hex(&mut expected, &crc32c::crc32c(content).to_be_bytes());
    expected.extend_from_slice(b"\"}");
    if written == expected {
        return Ok(());
    }
    let expected = String::from_utf8_lossy(&expected).into_owned();
    Err(Mismatch::new(format!("a line that ends in {expected}"), "the checksum is wrong"))
}
