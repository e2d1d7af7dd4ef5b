//! Aggregates that list what they are given, in the order of rows.

use super::super::Error;
use super::super::accumulate::{JoinedTexts, ListKind};
use super::frame::Frames;
use super::{OpenCall, Partition};
use crate::types::Value;
use std::ops::Range;

/// The list of the frame of each row. A frame that only grew goes on with the list of the one before.
///
/// # Errors
/// Those of [`Frames::bounds`] and of the values.
pub(super) fn compute(
    kind: ListKind,
    open: &OpenCall,
    mut frames: Frames<'_>,
    partition: &Partition,
) -> Result<Vec<Value>, Error> {
    let mut results: Vec<Value> = Vec::with_capacity(partition.rows);
    let mut before: [Range<usize>; 3] = [0..0, 0..0, 0..0];
    let mut listing = JoinedTexts::new(kind);
    let mut given = Vec::new();
    for row in 0..partition.rows {
        let bounds = frames.bounds(row)?;
        let mut parts = frames.parts(row, &bounds);
        if !frames.exclude() {
            // What lies on both sides of no hole is one part.
            parts = [bounds.clone(), 0..0, 0..0];
        }
        if let Some(last) = results.last().filter(|_| parts == before) {
            results.push(last.clone());
            continue;
        }
        let has_grown = before[0].start == parts[0].start
            && before[0].end <= parts[0].end
            && [&before, &parts].iter().all(|parts| parts[1].is_empty() && parts[2].is_empty());
        let new = if has_grown {
            [before[0].end..parts[0].end, 0..0, 0..0]
        } else {
            listing = JoinedTexts::new(kind);
            parts.clone()
        };
        for place in new.into_iter().flatten().filter(|place| open.takes(*place)) {
            given.clear();
            given.extend(open.arguments.iter().map(|values| values[place].clone()));
            listing.add(&given)?;
        }
        results.push(listing.value());
        before = parts;
    }
    Ok(results)
}
