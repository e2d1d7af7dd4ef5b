//! Logs that were cut, flipped, overwritten or made up.

use super::*;
use crate::storage::log::{CRC_SIZE, push_crc};

/// Where each transaction ends, the header's end first.
fn ends(log: &[u8], transactions: &[Vec<Event>]) -> Vec<usize> {
    let mut lines =
        log.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let mut ends = vec![lines.next().expect("a header")];
    let of = |transaction: &Vec<Event>| lines.nth(transaction.len() - 1).expect("a line per event");
    ends.extend(transactions.iter().map(of));
    ends
}

/// The events of the transactions that end at `length` or before.
fn prefix(ends: &[usize], transactions: &[Vec<Event>], length: usize) -> Vec<String> {
    let whole = ends[1..].iter().filter(|end| **end <= length).count();
    shown(&transactions[..whole].concat())
}

/// What `lost+found` has.
fn lost(vfs: &MemVfs) -> Vec<Vec<u8>> {
    let directory = directory().join("lost+found");
    let names = vfs.names(&directory).unwrap_or_default();
    names.iter().filter_map(|name| vfs.contents(&directory.join(name))).collect()
}

#[test]
fn cut_at_every_byte_it_opens_to_the_whole_transactions() -> Result<(), Error> {
    let (log, transactions) = sample();
    let ends = ends(&log, &transactions);
    for length in 0..=log.len() {
        let vfs = files_with(&log[..length]);
        let (store, events) = open(&options(vfs.clone()))?;
        assert_eq!(shown(&events), prefix(&ends, &transactions, length), "{length}");
        let end = ends.iter().copied().filter(|end| *end <= length).max().unwrap_or(0);
        let clean = end == length;
        assert_eq!(store.notices().len(), usize::from(!clean), "{length}");
        assert_eq!(log_of(&vfs), &log[..end], "{length}");
        assert_eq!(lost(&vfs), if clean { vec![] } else { vec![log[end..length].to_vec()] });
        drop(store);
        // Once more changes nothing and says nothing.
        let (store, again) = open(&options(vfs.clone()))?;
        assert_eq!((shown(&again), store.notices().len()), (shown(&events), 0));
        assert_eq!((log_of(&vfs).len(), lost(&vfs).len()), (end, usize::from(!clean)));
        // And the database goes on.
        append_more(&store)?;
        drop(store);
        assert_eq!(open(&options(vfs))?.1.len(), events.len() + 1);
    }
    Ok(())
}

#[test]
fn a_cut_log_is_left_alone_by_those_who_only_read() -> Result<(), Error> {
    let (log, transactions) = sample();
    let ends = ends(&log, &transactions);
    for length in (0..=log.len()).step_by(7) {
        let vfs = files_with(&log[..length]);
        let options = OpenOptions { read_only: true, ..options(vfs.clone()) };
        let (store, events) = open(&options)?;
        assert_eq!(shown(&events), prefix(&ends, &transactions, length), "{length}");
        assert_eq!(shown(&read_all(&store)), shown(&events));
        assert_eq!(log_of(&vfs), &log[..length]);
        assert!(lost(&vfs).is_empty());
        assert!(matches!(store.check_writable(), Err(Error::ReadOnly { .. })));
    }
    Ok(())
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (log, transactions) = sample();
    let ends = ends(&log, &transactions);
    let all = shown(&transactions.concat());
    let last_begins = ends[ends.len() - 2];
    let mut flipped = log.clone();
    for at in 0..log.len() {
        for bit in 0..8 {
            flipped[at] ^= 1 << bit;
            let vfs = files_with(&flipped);
            match open(&options(vfs.clone())) {
                Err(error) => {
                    assert_eq!(error.code(), "corrupt", "byte {at} bit {bit}: {error}");
                    assert_eq!(log_of(&vfs), flipped, "byte {at} bit {bit}");
                    assert!(lost(&vfs).is_empty());
                }
                // Nothing tells damage of the last transaction from one that was never finished.
                Ok((store, events)) => {
                    assert!(at >= last_begins, "byte {at} bit {bit} went unnoticed");
                    assert_eq!(shown(&events), prefix(&ends, &transactions, last_begins));
                    assert_eq!(store.notices().len(), 1);
                    assert_eq!(lost(&vfs), [&flipped[last_begins..]]);
                }
            }
            let vfs = files_with(&flipped);
            let options = OpenOptions { read_only: true, ..options(vfs) };
            if let Ok((store, events)) = open(&options) {
                let events = shown(&events);
                assert_eq!(store.notices().len(), 1);
                assert_eq!(events, &all[..events.len()]);
                let damaged = ends.iter().filter(|end| **end <= at).count() - 1;
                assert_eq!(events.len(), transactions[..damaged].concat().len());
            }
            flipped[at] ^= 1 << bit;
        }
    }
}

#[test]
fn what_a_crash_leaves_behind_the_end_is_cut() -> Result<(), Error> {
    let (log, transactions) = sample();
    let all = shown(&transactions.concat());
    let torn: Vec<u8> = log.iter().rev().copied().take(900).collect();
    let unfinished = b"{\"event\":15,\"tx\":9".to_vec();
    for tail in [vec![0, 1], vec![b'\n'; 3], torn, unfinished, vec![0xFF; 100_000]] {
        let vfs = files_with(&[log.clone(), tail.clone()].concat());
        let (store, events) = open(&options(vfs.clone()))?;
        assert_eq!(shown(&events), all);
        assert_eq!(store.notices().len(), 1, "{:?}", store.notices());
        assert_eq!((log_of(&vfs), lost(&vfs)), (log.clone(), vec![tail]));
    }
    Ok(())
}

#[test]
fn the_notice_counts_the_events_that_were_cut() -> Result<(), Error> {
    let (log, transactions) = sample();
    let ends = ends(&log, &transactions);
    let mut torn = log[..ends[6]].to_vec();
    // The middle line of three, in the batch that was in flight.
    let at = ends[5] + torn[ends[5]..].iter().position(|byte| *byte == b'\n').expect("a line") + 20;
    torn[at..at + 40].fill(0);
    let vfs = files_with(&torn);
    let (store, events) = open(&options(vfs))?;
    assert_eq!(events.len(), 8);
    let name = format!("lost+found/events.log.{}.1", ends[5]);
    let expected = format!("events.log: 3 unfinished events after event 8 cut, kept in {name}");
    assert_eq!(store.notices(), [expected]);
    Ok(())
}

#[test]
fn damage_before_what_was_synced_is_named_and_nothing_is_touched() {
    let (log, transactions) = sample();
    let ends = ends(&log, &transactions);
    let mut damaged = log.clone();
    damaged[ends[3]..ends[3] + 300].fill(0);
    let vfs = files_with(&damaged);
    let error = open(&options(vfs.clone())).expect_err("event 6 is gone");
    let shown_offset = ends[3];
    let Error::Corrupt(found) = &error else { panic!("{error:?}") };
    assert_eq!(found.file, log_path());
    let place = (usize::try_from(found.offset).ok(), found.event);
    assert_eq!(place, (Some(shown_offset), EventId(6)));
    assert_eq!(found.intact, "events 1 to 5 are intact");
    assert!(error.to_string().contains(&format!("byte {shown_offset}, event 6")), "{error}");
    assert_eq!(log_of(&vfs), damaged);
    assert!(lost(&vfs).is_empty());
    let read_only = OpenOptions { read_only: true, ..options(vfs.clone()) };
    let (store, events) = open(&read_only).expect("reading goes on up to the damage");
    assert_eq!(shown(&events), prefix(&ends, &transactions, ends[3]));
    assert_eq!(store.notices(), [error.to_string()]);
    assert_eq!(log_of(&vfs), damaged);
}

#[test]
fn whole_lines_out_of_place_are_damage() {
    let (log, transactions) = sample();
    let ends = ends(&log, &transactions);
    let piece = |n: usize| &log[ends[n]..ends[n + 1]];
    let without = |n: usize| [&log[..ends[n]], &log[ends[n + 1]..]].concat();
    let swapped = [&log[..ends[1]], piece(2), piece(1), &log[ends[3]..]].concat();
    let twice = [&log[..], piece(7)].concat();
    for (name, bytes) in [
        ("gap", without(3)),
        ("gap at the start", without(0)),
        ("swapped", swapped),
        ("repeated", twice),
        ("no header", log[ends[0]..].to_vec()),
        ("zero header", [&vec![0; ends[0]], &log[ends[0]..]].concat()),
        ("two headers", [&log[..ends[0]], &log[..]].concat()),
        ("diary", b"dear diary,\nnothing happened\n".to_vec()),
        ("zeros", vec![0; 5000]),
    ] {
        let vfs = files_with(&bytes);
        let error = open(&options(vfs.clone())).expect_err(name);
        assert_eq!(error.code(), "corrupt", "{name}: {error}");
        assert_eq!(log_of(&vfs), bytes, "{name}");
    }
}

#[test]
fn lines_that_nobody_here_wrote_are_refused() {
    let (log, transactions) = sample();
    let ends = ends(&log, &transactions);
    let text = |range: std::ops::Range<usize>| {
        String::from_utf8(log[range].to_vec()).expect("the log is text")
    };
    // The sixth event, an insert alone in its transaction: the chain would notice every one of these
    // too, but only after the line was understood.
    let line = text(ends[3]..ends[4]);
    for (from, to) in [
        ("\"insert\"", "\"upsert\""),
        ("\"row\":3", "\"row\":-3"),
        ("\"row\":3", "\"row\":3e9"),
        ("\"row\":3", "\"row\":99999999999999999999"),
        ("\"row\":3,", ""),
        ("\"row\":3", "\"row\":4"),
        ("\"rev\":1", "\"rev\":2"),
        ("\"rev\":1", "\"rev\":null"),
        ("\"event\":6", "\"event\":7"),
        ("\"event\":6", "\"event\":\"6\""),
        ("\"tx\":4", "\"tx\":3"),
        ("\"accounts\"", "\"Accounts\""),
        ("\"accounts\"", "\"nowhere\""),
        ("\"new\":", "\"old\":"),
        ("\"owner\"", "\"Owner\""),
        ("\"owner\":\"Eve\",", ""),
        ("\"owner\":\"Eve\"", "\"owner\":\"Eve\",\"owner\":\"Eve\""),
        ("\"id\":3", "\"id\":3.0"),
        ("\"id\":3", "\"id\":9223372036854775808"),
        ("\"id\":3", "\"id\":[[[[[[]]]]]]"),
        ("\"0.01\"", "\"0.010\""),
        ("\"0.01\"", "0.01"),
        ("\"last\":true", "\"last\":true,\"more\":1"),
        ("\"last\":true,", ""),
        ("\"intent\":\"Sample\"", "\"intent\":\"Other\""),
        ("\"intent\":\"Sample\"", "\"intent\":\"\\ud800\""),
        ("\"durable\":5", "\"durable\":6"),
        ("\"salt\":\"", "\"salt\":\"00"),
        (".000000Z", "Z"),
        ("15:40:03", "15:39:03"),
        ("{\"event\"", "[{\"event\""),
    ] {
        assert!(line.contains(from), "{from} is not in {line}");
        let mut bytes = line.replacen(from, to, 1).into_bytes();
        bytes.truncate(bytes.len() - CRC_SIZE - 1);
        push_crc(&mut bytes, 0);
        let vfs = files_with(&[&log[..ends[3]], &bytes].concat());
        let error = open(&options(vfs)).expect_err(to);
        assert!(
            matches!(&error, Error::Corrupt(found) if found.event == EventId(6)),
            "{to}: {error}"
        );
    }
}

#[test]
fn a_log_that_is_missing_among_its_companions_is_not_an_empty_database() {
    for name in ["events.index", "_catalog.json", "users.db", "snapshots/snapshot_1.json"] {
        let vfs = MemVfs::default();
        vfs.put(&directory().join(name), *b"\0\x02\0\0\0{}");
        let error = open(&options(vfs)).expect_err(name);
        assert_eq!(error.code(), "corrupt");
        assert!(error.to_string().contains("it is missing"), "{error}");
        let vfs = files_with(&sample().0[..20]);
        vfs.put(&directory().join(name), *b"\0\x02\0\0\0{}");
        let error = open(&options(vfs.clone())).expect_err(name);
        assert!(error.to_string().contains("it is empty"), "{error}");
        assert_eq!(log_of(&vfs).len(), 20);
    }
}
