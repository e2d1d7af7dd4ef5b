//! Stack for what calls itself on the parts of a tree.

/// Bytes that are left at least to whatever runs until it asks again: more than a tree takes to be dropped, without
/// optimisation too.
const RESERVE: usize = 256 << 10;

/// Bytes of each piece that is added.
const PIECE: usize = 2 << 20;

/// Runs one step of a walk through a tree, on new stack where the old one is nearly used up.
///
/// How tall a tree may be is limited by what reads it. This makes the limit the same in every thread:
/// walks through expressions go through here at each level.
#[inline]
pub fn with_stack<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RESERVE, PIECE, step)
}
