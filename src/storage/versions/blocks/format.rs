//! Arrays as bytes: what Arrow has of them in memory, one buffer behind the other.
//!
//! Which NULLs there are comes first, where there are any, then offsets and values. Each buffer begins at
//! a multiple of 64 bytes, so that what is read is an array as it stands. How long they are stands beside
//! the block's place, in memory: the file is read by nobody but who wrote it.

use crate::types::DataType;
use arrow_array::{Array, ArrayRef, make_array, new_empty_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_schema::ArrowError;

/// What each buffer begins at a multiple of.
const ALIGNMENT: usize = 64;

/// The lengths of an array's buffers.
#[derive(Debug)]
pub(super) struct BlockLayout {
    /// That of its validity; 0 where no value is NULL.
    validity: usize,
    buffers: Box<[usize]>,
}

/// About how many bytes an array takes.
pub(super) fn byte_size(array: &ArrayRef) -> usize {
    let data = array.to_data();
    let validity = data.nulls().map_or(0, |nulls| nulls.buffer().len());
    validity + data.buffers().iter().map(Buffer::len).sum::<usize>()
}

/// The bytes of an array that is no slice.
pub(super) fn encode(array: &ArrayRef) -> (Vec<u8>, BlockLayout) {
    let data = array.to_data();
    debug_assert_eq!(data.offset(), 0, "a sealed array is no slice");
    let mut bytes = Vec::with_capacity(byte_size(array) + 4 * ALIGNMENT);
    let validity = data.nulls().map(|nulls| nulls.inner().sliced());
    let mut push = |buffer: &[u8]| {
        bytes.extend_from_slice(buffer);
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        buffer.len()
    };
    let validity = validity.map_or(0, |validity| push(validity.as_slice()));
    let buffers = data.buffers().iter().map(|buffer| push(buffer.as_slice())).collect();
    (bytes, BlockLayout { validity, buffers })
}

/// The array of these bytes.
///
/// # Errors
/// What Arrow finds wrong with it.
pub(super) fn decode(
    bytes: &Buffer,
    layout: &BlockLayout,
    data_type: DataType,
    rows: usize,
) -> Result<ArrayRef, ArrowError> {
    let mut offset = 0;
    let mut pull = |length: usize| {
        let buffer = bytes.slice_with_length(offset, length);
        offset = (offset + length).next_multiple_of(ALIGNMENT);
        buffer
    };
    let nulls = (layout.validity > 0)
        .then(|| NullBuffer::new(BooleanBuffer::new(pull(layout.validity), 0, rows)));
    let buffers = layout.buffers.iter().map(|length| pull(*length)).collect();
    let empty = new_empty_array(&data_type.arrow()).to_data();
    let data = empty.into_builder().len(rows).nulls(nulls).buffers(buffers);
    Ok(make_array(data.build()?))
}
