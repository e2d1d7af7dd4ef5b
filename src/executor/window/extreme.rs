//! `min` and `max` of frames.

use super::super::Error;
use super::frame::Frames;
use super::{OpenCall, Partition};
use crate::planner::{AggregateFunction, WindowFunction};
use crate::types::Value;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::ops::Range;

/// The extreme value of the frame of each row.
///
/// # Errors
/// Those of [`Frames::bounds`].
pub(super) fn compute(
    open: &OpenCall,
    mut frames: Frames<'_>,
    partition: &Partition,
) -> Result<Vec<Value>, Error> {
    let is_max = open.call().function == WindowFunction::Aggregate(AggregateFunction::Max);
    let is_better = if is_max { Ordering::is_gt } else { Ordering::is_lt };
    let better = |a: usize, b: usize| match (open.known(a), open.known(b)) {
        (Some(a), Some(b)) => is_better(open.call().collation.compare(a, b)),
        (known, _) => known.is_some(),
    };
    let value = |row: Option<usize>| row.and_then(|row| open.known(row)).cloned();
    let mut results = Vec::with_capacity(partition.rows);
    if frames.exclude() {
        let tree = ExtremeTree::new(partition.rows, better);
        for row in 0..partition.rows {
            let bounds = frames.bounds(row)?;
            let best = tree.best(&frames.parts(row, &bounds));
            results.push(value(best).unwrap_or(Value::Null));
        }
        return Ok(results);
    }
    let mut queue = ExtremeQueue { best: VecDeque::new(), end: 0, better };
    for row in 0..partition.rows {
        let bounds = frames.bounds(row)?;
        results.push(value(queue.best(&bounds)).unwrap_or(Value::Null));
    }
    Ok(results)
}

/// The rows of a frame that moves forward, that could be the best once those before them have left.
struct ExtremeQueue<F> {
    best: VecDeque<usize>,
    end: usize,
    better: F,
}

impl<F: Fn(usize, usize) -> bool> ExtremeQueue<F> {
    /// The best row of the next frame.
    fn best(&mut self, bounds: &Range<usize>) -> Option<usize> {
        for row in self.end.max(bounds.start)..bounds.end {
            // Of equal ones the first stays, as it does in an aggregate.
            while self.best.back().is_some_and(|last| (self.better)(row, *last)) {
                self.best.pop_back();
            }
            self.best.push_back(row);
        }
        self.end = self.end.max(bounds.end);
        while self.best.front().is_some_and(|first| *first < bounds.start) {
            self.best.pop_front();
        }
        self.best.front().copied()
    }
}

/// The best row of each part of the rows whose length is a power of two: a segment tree.
struct ExtremeTree<F> {
    /// Node 1 is the root; the children of node n are 2n and 2n + 1, the leaves the rows.
    nodes: Vec<usize>,
    leaves: usize,
    better: F,
}

impl<F: Fn(usize, usize) -> bool> ExtremeTree<F> {
    fn new(rows: usize, better: F) -> ExtremeTree<F> {
        let mut nodes = vec![0; rows];
        nodes.extend(0..rows);
        let mut tree = ExtremeTree { nodes, leaves: rows, better };
        for node in (1..rows).rev() {
            tree.nodes[node] = tree.better_of(tree.nodes[2 * node], tree.nodes[2 * node + 1]);
        }
        tree
    }

    /// The better of two rows, the first of equal ones.
    fn better_of(&self, a: usize, b: usize) -> usize {
        let (first, second) = (a.min(b), a.max(b));
        if (self.better)(second, first) { second } else { first }
    }

    /// The best row of some parts.
    fn best(&self, parts: &[Range<usize>]) -> Option<usize> {
        let best = parts.iter().filter_map(|part| self.best_of(part));
        best.reduce(|a, b| self.better_of(a, b))
    }

    fn best_of(&self, part: &Range<usize>) -> Option<usize> {
        let (mut start, mut end) = (part.start + self.leaves, part.end + self.leaves);
        let mut best: Option<usize> = None;
        let mut take = |node: usize| {
            let row = self.nodes[node];
            best = Some(best.map_or(row, |best| self.better_of(best, row)));
        };
        while start < end {
            if start % 2 == 1 {
                take(start);
                start += 1;
            }
            if end % 2 == 1 {
                end -= 1;
                take(end);
            }
            start /= 2;
            end /= 2;
        }
        best
    }
}
