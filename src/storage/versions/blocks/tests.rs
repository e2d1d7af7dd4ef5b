//! Blocks that had to go, and what a disk does to them meanwhile.

use super::*;
use crate::storage::MemVfs;
use crate::storage::tests::hooked_vfs::{DiskHooks, DiskOperation, HookedVfs, TEMPORARY};
use crate::storage::vfs::{StdVfs, VfsFile};
use crate::types::column::{array_of, value_at};
use crate::types::{Date, Decimal, Timestamp, Value};
use std::path::Path;

/// Rows of each block.
const ROWS: usize = 300;

/// A value of a type.
fn value_of(data_type: DataType, at: usize) -> Value {
    let integer = i64::try_from(at).expect("small") * 7919 - 4000;
    match data_type {
        DataType::Integer => Value::Integer(integer),
        DataType::Real => Value::real(0.25),
        DataType::Decimal { scale, .. } => {
            Value::Decimal(Decimal { mantissa: i128::from(integer) << 60, scale })
        }
        DataType::Text => Value::text(format!("née {}", "x".repeat(at % 30))),
        DataType::Json => Value::Json(format!("[{at}]").into()),
        DataType::Boolean => Value::Boolean(at.is_multiple_of(3)),
        DataType::Date => Value::Date(Date(i32::try_from(at).expect("small"))),
        DataType::Timestamp => Value::Timestamp(Timestamp(integer)),
        DataType::Blob => Value::Blob([0, 255].repeat(at % 9).into()),
        DataType::Numeric | DataType::Any | DataType::Flexible(_) => match at % 3 {
            0 => Value::Integer(integer),
            1 => Value::text("1"),
            _ => Value::Blob([7].as_slice().into()),
        },
    }
}

const TYPES: [DataType; 11] = [
    DataType::Integer,
    DataType::Real,
    DataType::Decimal { precision: 30, scale: 2 },
    DataType::Text,
    DataType::Json,
    DataType::Boolean,
    DataType::Date,
    DataType::Timestamp,
    DataType::Blob,
    DataType::Numeric,
    DataType::Any,
];

fn values(data_type: DataType, rows: usize, nulls: usize) -> Vec<Value> {
    let value = |at: usize| match nulls > 0 && at.is_multiple_of(nulls) {
        true => Value::Null,
        false => value_of(data_type, at),
    };
    (0..rows).map(value).collect()
}

fn block(cache: &Arc<BlockCache>, data_type: DataType, values: &[Value]) -> Arc<ColumnBlock> {
    ColumnBlock::new(cache, array_of(data_type, values.iter()).expect("small"), data_type)
}

fn read(block: &Arc<ColumnBlock>) -> Result<Vec<Value>, Error> {
    let array = block.array()?;
    Ok((0..array.len()).map(|at| value_at(&array, block.data_type, at)).collect())
}

/// A cache over a disk, of a budget.
fn cache_on(vfs: impl Vfs + 'static, limit: usize) -> (Arc<BlockCache>, Arc<MemoryBudget>) {
    let budget = Arc::new(MemoryBudget::new(limit));
    let vfs: Arc<dyn Vfs> = Arc::new(vfs);
    (BlockCache::new(&vfs, &budget), budget)
}

#[test]
fn what_is_read_back_is_what_went() -> Result<(), Error> {
    let (cache, budget) = cache_on(StdVfs, 0);
    for data_type in TYPES {
        for (rows, nulls) in [(ROWS, 0), (ROWS, 2), (ROWS, 1), (1, 0), (0, 0)] {
            let values = values(data_type, rows, nulls);
            let block = block(&cache, data_type, &values);
            assert!(!block.is_loaded() && budget.kept() == 0, "{data_type:?}");
            for _ in 0..2 {
                let read = read(&block)?;
                assert_eq!(format!("{read:?}"), format!("{values:?}"), "{data_type:?}");
            }
            let whole = array_of(data_type, values.iter())?;
            assert_eq!(&block.array()?, &whole, "{data_type:?}");
        }
    }
    Ok(())
}

#[test]
fn those_stay_that_are_opened_again() -> Result<(), Error> {
    let values = values(DataType::Integer, ROWS, 0);
    let one = {
        let (cache, budget) = cache_on(StdVfs, usize::MAX);
        let _block = block(&cache, DataType::Integer, &values);
        budget.kept()
    };
    // Half of the budget is for what is kept: ten blocks.
    let (cache, budget) = cache_on(StdVfs, 20 * one);
    let often = block(&cache, DataType::Integer, &values);
    let mut others = Vec::new();
    for count in 2..=50 {
        others.push(block(&cache, DataType::Integer, &values));
        assert!(often.is_loaded(), "{count}");
        assert_eq!(budget.kept(), count.min(10) * one);
        often.array()?;
    }
    assert_eq!(others.iter().filter(|block| block.is_loaded()).count(), 9);
    // Who looks at all of them once leaves it alone, too.
    for block in &others {
        assert_eq!(read(block)?.len(), ROWS);
        often.array()?;
        assert!(often.is_loaded() && budget.kept() <= 10 * one);
    }
    budget.set_limit(2 * one);
    assert_eq!(budget.kept(), one);
    drop((often, others));
    assert_eq!(budget.kept(), 0);
    Ok(())
}

#[test]
fn an_array_in_use_is_whoevers_it_is() -> Result<(), Error> {
    let (cache, budget) = cache_on(StdVfs, 0);
    let values = values(DataType::Text, ROWS, 5);
    let block = block(&cache, DataType::Text, &values);
    let (one, other) = (block.array()?, block.array()?);
    let dictionary: Arc<TextDictionary> = Arc::default();
    let codes = block.codes(|| Arc::clone(&dictionary))?.expect("few texts");
    let again = block.codes(|| Arc::clone(&dictionary))?.expect("few texts");
    assert_eq!(codes.values(), again.values());
    drop((block, cache));
    assert_eq!(&one, &other);
    assert_eq!(budget.kept(), 0);
    Ok(())
}

#[test]
fn the_queue_does_not_grow_by_what_is_gone() {
    let (cache, _budget) = cache_on(StdVfs, usize::MAX);
    let values = values(DataType::Integer, 3, 0);
    for _ in 0..10 * MOST_GONE {
        block(&cache, DataType::Integer, &values);
    }
    assert!(cache.queue().len() <= 2 * MOST_GONE, "{}", cache.queue().len());
}

/// A disk for temporary files alone.
#[derive(Debug, Default)]
struct TemporaryDisk {
    /// Whether it refuses to write.
    is_full: AtomicBool,
    /// Whether it refuses to read.
    is_broken: AtomicBool,
    /// Which bit of what is read it gives wrong; none where that is larger than all of it.
    flipped: AtomicUsize,
}

impl DiskHooks for TemporaryDisk {
    fn before(&self, _: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        assert_eq!(path, Path::new(TEMPORARY));
        let is_full = operation == DiskOperation::Write && self.is_full.load(Ordering::Relaxed);
        if is_full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn read_at(
        &self,
        file: &dyn VfsFile,
        _: &Path,
        offset: u64,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("broken disk"));
        }
        let count = file.read_at(offset, buffer)?;
        let bit = self.flipped.load(Ordering::Relaxed);
        if let Some(byte) = buffer.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        Ok(count)
    }
}

#[test]
fn what_cannot_be_written_stays() -> Result<(), Error> {
    let disk = HookedVfs::new(MemVfs::default(), TemporaryDisk::default());
    disk.hooks.flipped.store(usize::MAX, Ordering::Relaxed);
    disk.hooks.is_full.store(true, Ordering::Relaxed);
    let (cache, budget) = cache_on(disk.clone(), 0);
    let values = values(DataType::Text, ROWS, 0);
    let blocks = [(); 3].map(|()| block(&cache, DataType::Text, &values));
    assert!(blocks.iter().all(|block| block.is_loaded()) && budget.kept() > 0);
    assert_eq!(format!("{:?}", read(&blocks[1])?), format!("{values:?}"));
    // Once there is room, they go.
    disk.hooks.is_full.store(false, Ordering::Relaxed);
    budget.set_limit(0);
    assert!(blocks.iter().all(|block| !block.is_loaded()) && budget.kept() == 0);
    for block in &blocks {
        assert_eq!(format!("{:?}", read(block)?), format!("{values:?}"));
    }
    Ok(())
}

#[test]
fn what_cannot_be_read_back_is_an_error_in_words() {
    let disk = HookedVfs::new(MemVfs::default(), TemporaryDisk::default());
    let (cache, _budget) = cache_on(disk.clone(), 0);
    let values = values(DataType::Text, ROWS, 2);
    let block = block(&cache, DataType::Text, &values);
    let length = block.stored.get().expect("it was written").length();
    for bit in (0..length * 8).step_by(97) {
        disk.hooks.flipped.store(bit, Ordering::Relaxed);
        let error = block.array().expect_err("a bit is wrong");
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            ("io", "a temporary file cannot be read: it is not what was written")
        );
    }
    disk.hooks.is_broken.store(true, Ordering::Relaxed);
    let error = block.codes(Arc::default).expect_err("the disk is broken").to_string();
    assert_eq!(error, "a temporary file cannot be read: broken disk");
    // A disk that comes round again gives what was written.
    disk.hooks.is_broken.store(false, Ordering::Relaxed);
    disk.hooks.flipped.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(format!("{:?}", read(&block).expect("whole")), format!("{values:?}"));
}
