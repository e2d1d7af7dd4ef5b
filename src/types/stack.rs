//! Stack for what calls itself on the parts of a tree.

use std::cell::Cell;

/// Bytes that are left at least to whatever runs until it asks again: more than a tree takes to be
/// dropped, without optimisation too.
const RESERVE: usize = 256 << 10;

/// Bytes of each piece that is added.
const PIECE: usize = 2 << 20;

thread_local! {
    /// Below this address no step may begin on the stack that this thread is on now; above all addresses
    /// until that is asked.
    static LOWEST: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Runs one step of a walk through a tree, on new stack where the old one is nearly used up.
///
/// How tall a tree may be is limited by what reads it. This makes the limit the same in every thread:
/// walks through expressions go through here at each level, so that the question costs one comparison.
#[inline]
pub fn with_stack<T>(step: impl FnOnce() -> T) -> T {
    if here() > LOWEST.get() { step() } else { asked(step) }
}

/// Runs a step where it is not known that there is enough stack.
#[cold]
#[inline(never)]
fn asked<T>(step: impl FnOnce() -> T) -> T {
    match stacker::remaining_stack() {
        Some(left) if left > RESERVE => {
            LOWEST.set(here().saturating_sub(left - RESERVE));
            step()
        }
        Some(_) | None => stacker::grow(PIECE, || {
            let _outer = StackAround(LOWEST.replace(usize::MAX));
            step()
        }),
    }
}

/// About where on its stack the thread is now.
#[inline(always)]
fn here() -> usize {
    let place = 0_u8;
    std::ptr::from_ref(&place).addr()
}

/// What was known of the stack around a piece: known again when the piece is left, by a panic, too.
struct StackAround(usize);

impl Drop for StackAround {
    fn drop(&mut self) {
        LOWEST.set(self.0);
    }
}
