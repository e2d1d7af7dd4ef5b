//! Rows that come back, and what the format has room for that nobody writes yet.

use super::{
    accounts, all_said, back, cents, files_with, insert, log_of, open, options, read_all, sample,
    shown, update,
};
use crate::storage::log::chain::Chain;
use crate::storage::log::header::Header;
use crate::storage::log::line::{self, FirstLine, LineStamp};
use crate::storage::log::{CRC_SIZE, push_crc};
use crate::storage::{
    Error, Event, MemVfs, Metadata, Operation, RowImages, RowOperation, SchemaChange,
};
use crate::types::{EventId, RowId, Timestamp, TxId, Value};
use std::sync::Arc;

fn ada() -> Vec<Value> {
    vec![Value::Integer(1), Value::text("Ada"), cents(5)]
}

/// A log whose third event deleted row 1 of the accounts.
fn deleted() -> Result<MemVfs, Error> {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone()))?;
    let table = accounts(1);
    let images = RowImages::Delete(ada());
    let delete = RowOperation { table: Arc::clone(&table), row: RowId(1), rev: 2, images };
    for operation in [
        Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table))),
        insert(&table, 1, ada()),
        Operation::Row(delete),
    ] {
        store.append(vec![operation], Metadata::default())?;
    }
    Ok(vfs)
}

#[test]
fn a_row_comes_back_as_its_own_next_version() -> Result<(), Error> {
    let vfs = deleted()?;
    let (store, _) = open(&options(vfs.clone()))?;
    let table = accounts(1);
    let before = log_of(&vfs);
    for (name, refused) in [
        ("as a new row", insert(&table, 1, ada())),
        ("as its second version", back(&table, 1, 2, 3, ada())),
        ("two versions on", back(&table, 1, 4, 3, ada())),
        ("after another event", back(&table, 1, 3, 2, ada())),
        ("after no event", back(&table, 1, 3, 0, ada())),
        ("that never was", back(&table, 2, 3, 3, ada())),
        ("new, after an event", back(&table, 2, 1, 3, ada())),
        ("by an update", update(&table, 1, 3, vec![(1, Value::text("Ada"), Value::Null)])),
    ] {
        let error = store.append(vec![refused], Metadata::default()).expect_err(name);
        assert!(matches!(error, Error::StaleVersion { .. }), "{name}: {error}");
    }
    assert_eq!(log_of(&vfs), before);
    store.append(vec![back(&table, 1, 3, 3, ada())], Metadata::default())?;
    let text = String::from_utf8(log_of(&vfs)).expect("the log is text");
    assert!(text.contains("\"row\":1,\"rev\":3,\"prev\":3,\"new\":{\"id\":1,"), "{text}");
    // It is there, and what comes next gets the next number.
    let again = back(&table, 1, 3, 3, ada());
    assert!(store.append(vec![again], Metadata::default()).is_err());
    let rename = update(&table, 1, 4, vec![(1, Value::text("Ada"), Value::text("Eve"))]);
    store.append(vec![rename, insert(&table, 2, ada())], Metadata::default())?;
    let (_, events) = open(&options(files_with(&log_of(&vfs))))?;
    assert_eq!(shown(&events), shown(&read_all(&store)));
    assert_eq!(store.row_version(table.id, RowId(1)), Some(4));
    Ok(())
}

#[test]
fn what_a_failed_transaction_numbered_is_free_again() -> Result<(), Error> {
    let vfs = deleted()?;
    let (store, _) = open(&options(vfs))?;
    let table = accounts(1);
    let failing =
        vec![insert(&table, 2, ada()), insert(&table, 3, ada()), insert(&table, 2, ada())];
    assert!(store.append(failing, Metadata::default()).is_err());
    store.append(vec![insert(&table, 2, ada()), insert(&table, 3, ada())], Metadata::default())?;
    Ok(())
}

#[test]
fn everything_that_a_transaction_says_reads_back() -> Result<(), Error> {
    let (log, transactions) = sample();
    let (store, events) = open(&options(files_with(&log)))?;
    assert_eq!(shown(&events), shown(&transactions.concat()));
    let last = events.last().and_then(|event| event.last.as_deref());
    assert_eq!(last, Some(&all_said()));
    let info = store.transaction_info(store.head())?;
    assert_eq!(info.map(|info| info.metadata.clone()), Some(all_said()));
    let text = String::from_utf8(log).expect("the log is text");
    let line = text.lines().last().expect("there are events");
    let said = "\"last\":true,\"intent\":\"Retried \\\"it\\\"\",\"actor\":\"amy\",\"note\":\"\",\
                \"id\":\"7-b\",\"digest\":\"abab";
    assert!(line.contains(said) && line.contains(",\"reverts\":[3,9],\"hash\""), "{line}");
    for (from, to) in [
        ("[3,9]", "[9,3]"),
        ("[3,9]", "[3,3]"),
        ("[3,9]", "[0,9]"),
        ("[3,9]", "[3,12]"),
        ("[3,9]", "[3]"),
        ("abab", "abac"),
        ("abab", "ABAB"),
        (",\"id\":\"7-b\"", ""),
        ("\"tx\",", "\"record\","),
        ("\"tx\",", "\"erase\","),
    ] {
        assert!(line.contains(from), "{from} is not in {line}");
        let kept = text.len() - line.len() - 1;
        let bytes = resealed(&line.replacen(from, to, 1));
        let damaged = [&text.as_bytes()[..kept], &bytes].concat();
        let error = open(&options(files_with(&damaged))).expect_err(to);
        assert_eq!(error.code(), "corrupt", "{to}: {error}");
    }
    Ok(())
}

/// A line with its checksum made again.
fn resealed(line: &str) -> Vec<u8> {
    let mut bytes = line.as_bytes()[..line.len() - CRC_SIZE].to_vec();
    push_crc(&mut bytes, 0);
    bytes
}

/// The log of these events, the chain's salt being all sevens; `own` has each line carry its salt by
/// itself, as an ERASE leaves a transaction.
fn encoded(events: &[Event], own: bool) -> Vec<u8> {
    let header = Header::new([7; 16]);
    let mut log = header.encode();
    let mut chain = Chain::after(&header.previous_hash);
    let mut begins = true;
    for event in events {
        let first = FirstLine { durable: EventId(event.id.0 - 1), salt: [7; 16] };
        let (first, last) = (begins.then_some(&first), event.last.as_deref());
        let mut line = Vec::new();
        let stamp = LineStamp::from(event);
        if begins {
            chain.begin(Some(&[7; 16]));
        }
        let salt = chain.line_salt(event.id).expect("the transaction has one");
        line::encode(&mut line, &mut chain, stamp, &event.operation, first, last).expect("sound");
        begins = last.is_some();
        if own {
            let text = String::from_utf8(line)
                .expect("a line is text")
                .replace(&format!(",\"salt\":\"{}\"", "07".repeat(16)), "");
            let digits: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
            let at = text.find(",\"last\"").or_else(|| text.find(",\"crc\"")).expect("one of them");
            let (before, behind) = text.split_at(at);
            line = resealed(format!("{before},\"line_salt\":\"{digits}\"{behind}").trim_end());
        }
        log.extend(line);
    }
    log
}

#[test]
fn a_line_may_have_its_own_salt_where_its_transaction_has_none() -> Result<(), Error> {
    let (_, transactions) = sample();
    let events = transactions.concat();
    let (by_transaction, by_line) = (encoded(&events, false), encoded(&events, true));
    for log in [&by_transaction, &by_line] {
        let (store, read) = open(&options(files_with(log)))?;
        assert_eq!((shown(&read), store.notices().len()), (shown(&events), 0));
    }
    // Another salt, none, and one beside the transaction's are no such thing.
    let text = String::from_utf8(by_line).expect("the log is text");
    let own = text.find(",\"line_salt\":\"").expect("each line has one");
    let line_start = text[..own].rfind('\n').map_or(0, |at| at + 1);
    let line_end = own + text[own..].find('\n').expect("it ends");
    let line = &text[line_start..line_end];
    let salt = &line[own - line_start..own - line_start + 15 + 32 + 1];
    let other = format!(",\"line_salt\":\"{}\"", "00".repeat(16));
    let both = format!(",\"salt\":\"{}\"{salt}", "07".repeat(16));
    for replaced in [other.as_str(), "", both.as_str()] {
        let line = resealed(&line.replacen(salt, replaced, 1));
        let bytes =
            [&text.as_bytes()[..line_start], &line, &text.as_bytes()[line_end + 1..]].concat();
        let error = open(&options(files_with(&bytes))).expect_err(replaced);
        assert_eq!(error.code(), "corrupt", "{replaced}: {error}");
    }
    Ok(())
}

#[test]
fn an_event_may_name_the_earlier_one_that_made_it() -> Result<(), Error> {
    let table = accounts(1);
    let caused = |cause: [Option<u64>; 3]| -> Vec<Event> {
        let operations = [
            Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table))),
            insert(&table, 1, ada()),
            insert(&table, 2, ada()),
        ];
        let events = (1..).zip(operations).zip(cause).map(|((id, operation), cause)| Event {
            id: EventId(id),
            // Event 1 is a transaction of its own.
            tx: TxId(id.min(2)),
            at: Timestamp(1_795_362_000_000_000 + i64::from(id > 1)),
            cause: cause.map(EventId),
            operation,
            last: (id != 2).then(Box::default),
        });
        events.collect()
    };
    let events = caused([None, None, Some(2)]);
    let log = encoded(&events, false);
    let (_, read) = open(&options(files_with(&log)))?;
    assert_eq!(shown(&read), shown(&events));
    for wrong in [[None, None, Some(3)], [None, None, Some(1)], [None, Some(2), None]] {
        let log = encoded(&caused(wrong), false);
        let error = open(&options(files_with(&log))).expect_err("a wrong cause");
        assert!(error.to_string().contains("its cause is no earlier event"), "{error}");
    }
    Ok(())
}
