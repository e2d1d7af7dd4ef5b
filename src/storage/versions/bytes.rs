//! Short byte strings without an allocation: the encoded keys of an index.

use std::cmp::Ordering;
use std::sync::Arc;

/// The most bytes that are kept in place. An encoded integer has 10.
const INLINE: usize = 14;

/// Immutable bytes in 16 bytes of their own, shared by clones where they are longer.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    /// The bytes, zeros up to [`INLINE`], then their number. In this shape the order of the arrays
    /// is the order of the bytes: zeros are least, and of equal ones the shorter is less.
    Inline([u8; INLINE + 1]),
    /// Longer ones. A thin pointer, so that the whole stays at 16 bytes.
    Shared(Arc<Vec<u8>>),
}

impl Bytes {
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Inline(array) => &array[..usize::from(array[INLINE])],
            Bytes::Shared(bytes) => bytes,
        }
    }
}

/// The array as two numbers that order as it does: faster to compare than bytes.
fn numbers(array: &[u8; INLINE + 1]) -> (u64, u64) {
    let [head @ .., _, _, _, _, _, _, _] = array;
    let [_, _, _, _, _, _, _, tail @ ..] = array;
    (u64::from_be_bytes(*head), u64::from_be_bytes(*tail))
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Bytes {
        match u8::try_from(bytes.len()) {
            Ok(count) if bytes.len() <= INLINE => {
                let mut array = [0; INLINE + 1];
                array[..bytes.len()].copy_from_slice(bytes);
                array[INLINE] = count;
                Bytes::Inline(array)
            }
            _ => Bytes::Shared(Arc::new(bytes.to_vec())),
        }
    }
}

impl Ord for Bytes {
    fn cmp(&self, other: &Bytes) -> Ordering {
        match (self, other) {
            (Bytes::Inline(a), Bytes::Inline(b)) => numbers(a).cmp(&numbers(b)),
            (Bytes::Shared(_), _) | (_, Bytes::Shared(_)) => self.as_slice().cmp(other.as_slice()),
        }
    }
}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Bytes) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Bytes) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Bytes {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_order_as_slices_do(
            a in proptest::collection::vec(0u8..2, 0..18),
            b in proptest::collection::vec(0u8..2, 0..18),
        ) {
            let (x, y) = (Bytes::from(a.as_slice()), Bytes::from(b.as_slice()));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x.as_slice(), a.as_slice());
            prop_assert_eq!(size_of::<Bytes>(), 16);
        }
    }
}
