//! A log that is kept elsewhere than in a file: nothing above it notices, and nothing counts its bytes.

use super::memory_log::MemoryLog;
use super::*;
use crate::storage::log::Log;
use crate::storage::store::found_log::FoundLog;
use crate::storage::store::lock::Lock;
use crate::storage::store::recovery::TransientReplica;

/// The sample as such a log, and its events.
fn sample_elsewhere() -> (Arc<MemoryLog>, Vec<Event>) {
    let (bytes, transactions) = sample();
    (Arc::new(MemoryLog::of(&bytes)), transactions.concat())
}

/// A directory for what there is beside the log.
fn beside() -> MemVfs {
    let vfs = MemVfs::default();
    vfs.create_directory(directory()).expect("memory");
    vfs
}

/// Opens the log; gives the events that opening it handed out.
fn open_log(found: FoundLog, options: &OpenOptions) -> Result<(EventStore, Vec<Event>), Error> {
    let mut events = Vec::new();
    let mut take = |event: &Event| events.push(event.clone());
    let replica = &mut TransientReplica(&mut take);
    let store = EventStore::open_log(found, directory(), options, replica)?;
    Ok((store, events))
}

/// Opens it to write.
fn open_to_write(log: &Arc<MemoryLog>, vfs: &MemVfs) -> Result<(EventStore, Vec<Event>), Error> {
    let options = options(vfs.clone());
    let lock = Lock::take(&*options.environment.vfs, directory(), &options.lock_wait())?;
    let log: Arc<dyn Log> = Arc::clone(log) as _;
    open_log(FoundLog { log: Some(log), lock: Some(lock), ..FoundLog::default() }, &options)
}

/// Opens it only to read.
fn open_to_read(log: &Arc<MemoryLog>, vfs: &MemVfs) -> Result<(EventStore, Vec<Event>), Error> {
    let log: Arc<dyn Log> = Arc::clone(log) as _;
    let refusal = Some("it was opened so".to_owned());
    let found = FoundLog { log: Some(log), refusal, beside_writer: true, ..FoundLog::default() };
    open_log(found, &options(vfs.clone()))
}

#[test]
fn what_is_appended_comes_back_and_is_found_by_the_index() -> Result<(), Error> {
    let ((log, events), vfs) = (sample_elsewhere(), beside());
    let (store, read) = open_to_write(&log, &vfs)?;
    assert_eq!(shown(&read), shown(&events));
    append_more(&store)?;
    assert_eq!(store.head(), EventId(events.len() as u64 + 1));
    let all = read_all(&store);
    drop(store);
    // The index has the last line, and says where the others are.
    let (store, read) = open_to_write(&log, &vfs)?;
    assert_eq!((store.index_notice(), shown(&read)), (None, shown(&all)));
    for event in &all {
        let alone = store.read(Period::at(event.id)).collect::<Result<Vec<_>, _>>()?;
        assert_eq!(shown(&alone), shown(std::slice::from_ref(event)));
        let transaction = store.transaction_info(event.id)?.expect("it has the event");
        assert!(transaction.first <= event.id && event.id <= transaction.last);
        let position = store.position_at(transaction.last)?.expect("it ends a transaction");
        let behind = store.read_from(&position, store.head()).collect::<Result<Vec<_>, _>>()?;
        assert_eq!(behind.len() as u64, store.head().0 - transaction.last.0);
    }
    while store.scrub(1)? {}
    assert_eq!(store.scrubbed(), EventId::START);
    Ok(())
}

#[test]
fn a_copy_of_it_is_a_file_and_the_same_log() -> Result<(), Error> {
    let ((log, events), vfs) = (sample_elsewhere(), beside());
    let (store, _) = open_to_write(&log, &vfs)?;
    let (shared, copy) = (Arc::new(vfs.clone()) as Arc<dyn Vfs>, Path::new("copy"));
    store.copy_to(&shared, copy)?;
    assert_eq!(vfs.contents(&copy.join("events.log")), Some(log.bytes()));
    let (store, read) = open(&options(files_with(&log.bytes())))?;
    assert_eq!(shown(&read), shown(&events));
    assert_eq!(shown(&read_all(&store)), shown(&events));
    Ok(())
}

#[test]
fn what_was_not_synced_may_be_gone_and_what_is_no_line_is_cut() -> Result<(), Error> {
    let ((log, events), vfs) = (sample_elsewhere(), beside());
    let whole = log.bytes();
    let (store, _) = open_to_write(&log, &vfs)?;
    let more = table(events.len() as u64 + 1, "more", &[("a", DataType::Any)]);
    let more = vec![Operation::Schema(SchemaChange::CreateTable(more))];
    log.sync()?;
    store.stage(more, &Default::default(), Metadata::default())?;
    store.write_ahead();
    assert!(log.bytes().len() > whole.len(), "it was written and not synced");
    log.crash();
    drop(store);
    for (left, events) in [(&b"{\"event\":"[..], "1 unfinished event"), (b"x", "1 unfinished byte")]
    {
        log.push(left);
        let (store, read) = open_to_write(&log, &vfs)?;
        let notice = store.notices().first().cloned().unwrap_or_default();
        assert!(notice.contains(events) && notice.ends_with("cut, kept in memory"), "{notice}");
        assert_eq!(log.kept.lock().expect("nobody panicked").pop(), Some(left.to_vec()));
        assert_eq!((log.bytes() == whole, read.len() as u64), (true, store.head().0));
    }
    Ok(())
}

#[test]
fn damage_is_named_and_ends_writing() -> Result<(), Error> {
    let ((log, events), vfs) = (sample_elsewhere(), beside());
    let line = events.len() / 2;
    log.change(line, |line| line[20] ^= 1);
    let Err(Error::Corrupt(found)) = open_to_write(&log, &vfs) else { panic!("it is damaged") };
    assert_eq!((found.offset, found.event), (line as u64, EventId(line as u64)));
    let (store, read) = open_to_read(&log, &vfs)?;
    assert_eq!(store.check_writable().expect_err("it is damaged").code(), "read-only");
    assert!(store.head() < EventId(line as u64));
    assert_eq!(shown(&read), shown(&events[..read.len()]));
    let lost = store.lost_ranges()?;
    assert_eq!(lost.len(), 1);
    assert_eq!(
        (lost[0].offset, lost[0].lines),
        (read.len() as u64 + 1, (events.len() - read.len()) as u64)
    );
    Ok(())
}

#[test]
fn who_reads_beside_a_writer_follows() -> Result<(), Error> {
    let ((log, events), vfs) = (sample_elsewhere(), beside());
    let (writer, _) = open_to_write(&log, &vfs)?;
    let (follower, read) = open_to_read(&log, &vfs)?;
    assert_eq!(shown(&read), shown(&events));
    let mut seen = Vec::new();
    follower.follow(&mut |events| seen.extend(events))?;
    assert_eq!(seen.len(), 0);
    append_more(&writer)?;
    follower.follow(&mut |events| seen.extend(events))?;
    assert_eq!(shown(&seen), shown(&read_all(&writer)[events.len()..]));
    assert_eq!(follower.head(), writer.head());
    // Whoever finds another end than the one that is expected writes nothing.
    log.push(b"another\n");
    let refused = append_more(&writer).expect_err("somebody else wrote to it");
    assert!(matches!(refused, Error::Replaced { .. }), "{refused}");
    Ok(())
}
