//! What another process added to the index of a log since it was read.

use super::entry::{ENTRY_SIZE, IndexEntry};
use super::{BLOCK, EventIndex, HEADER_SIZE, place_of, read_full};
use crate::storage::vfs::{Access, Vfs, VfsFile};
use crate::types::EventId;
use std::sync::Arc;

/// An index that has more events than were known.
pub(crate) struct IndexGrowth {
    /// The file.
    pub file: Arc<dyn VfsFile>,
    /// What it has of the last event that was known; `None` where that is the first.
    pub before: Option<IndexEntry>,
    /// The last event that ends its transaction, later than the last that was known.
    pub head: EventId,
}

/// Reads what is behind the last event that `known` has. Whoever writes may be at it, so what is
/// not whole yet is none, and so is a file that is being made anew.
pub(crate) fn find_growth(vfs: &dyn Vfs, known: &EventIndex) -> Option<IndexGrowth> {
    let file = vfs.open(&known.path, Access::Read).ok()?;
    let mut header = [0; HEADER_SIZE];
    read_full(&*file, 0, &mut header).ok()?;
    if header != super::header_of(&known.uuid, known.base.next()) {
        return None;
    }
    let (mut event, mut head, mut before) = (known.head(), known.head(), None);
    let mut number = event.0.saturating_sub(known.base.0);
    if let Some(last) = number.checked_sub(1) {
        let mut bytes = [0; ENTRY_SIZE];
        read_full(&*file, place_of(last), &mut bytes).ok()?;
        before = Some(IndexEntry::decode(&bytes, event, &known.uuid)?);
    }
    let mut block = vec![0; ENTRY_SIZE];
    loop {
        let read = read_full(&*file, place_of(number), &mut block).ok()?;
        let mut whole = 0;
        for bytes in block[..read].chunks_exact(ENTRY_SIZE) {
            let Some(entry) = IndexEntry::decode(bytes, event.next(), &known.uuid) else { break };
            event = event.next();
            number += 1;
            whole += ENTRY_SIZE;
            if entry.last {
                head = event;
            }
        }
        if whole < block.len() {
            break;
        }
        // Mostly there is nothing new, or little.
        block.resize(BLOCK * ENTRY_SIZE, 0);
    }
    (head > known.head()).then_some(IndexGrowth { file, before, head })
}
