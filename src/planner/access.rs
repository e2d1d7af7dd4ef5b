//! How rows of a table are reached: by a key where conditions fix its columns, else by a scan.

use super::expression::{BoundExpression, BoundKind, Comparison};
use super::key_definition;
use super::logical::LogicalTable;
use super::plan::AccessPath;
use crate::types::{DataType, KeyPart, KeySchema, TableSchema};

/// The most lists of values that one access looks up; more are found by a scan.
const MOST_LOOKUPS: usize = 1_000;

/// Chooses the key that most conditions fix, a unique one before another; what it finds makes those
/// conditions true, so that they go.
pub(super) fn choose(table: &mut LogicalTable) {
    let schema = &table.source.schema;
    let candidates = schema.keys.iter().enumerate();
    let candidates = candidates.filter_map(|(index, key)| {
        KeyCandidate::of(schema, table.first, index, key, &table.conditions)
    });
    let best = candidates.max_by_key(|found| (found.columns, schema.keys[found.key].unique));
    let Some(KeyCandidate { key, values, used, .. }) = best else { return };
    let mut at = 0;
    table.conditions.retain(|_| {
        at += 1;
        !used.contains(&(at - 1))
    });
    table.path = AccessPath::Find { key, values };
}

/// A key that conditions fix some columns of.
struct KeyCandidate {
    /// Which of the table's keys.
    key: usize,
    /// How many of the key's first columns are fixed.
    columns: usize,
    /// The lists of values they are fixed to.
    values: Vec<Vec<BoundExpression>>,
    /// The conditions that say so.
    used: Vec<usize>,
}

impl KeyCandidate {
    fn of(
        table: &TableSchema,
        first: usize,
        index: usize,
        key: &KeySchema,
        conditions: &[BoundExpression],
    ) -> Option<KeyCandidate> {
        if !key_definition::is_implied(key, table, first, conditions) {
            return None;
        }
        let mut candidate =
            KeyCandidate { key: index, columns: 0, values: vec![Vec::new()], used: Vec::new() };
        for part in key.parts(table).iter() {
            let Some(compared) = compared_part(table, first, part) else { break };
            let fixed = conditions.iter().enumerate().find_map(|(at, condition)| {
                let options = options(condition, &compared)?;
                let lookups = options.len().checked_mul(candidate.values.len())?;
                (lookups <= MOST_LOOKUPS).then_some((at, options))
            });
            let Some((at, options)) = fixed else { break };
            candidate.columns += 1;
            candidate.used.push(at);
            candidate.values = candidate
                .values
                .iter()
                .flat_map(|prefix| {
                    options.iter().map(move |option| {
                        let mut values = prefix.clone();
                        values.push((*option).clone());
                        values
                    })
                })
                .collect();
        }
        (candidate.columns > 0).then_some(candidate)
    }
}

/// What conditions say of a part of a key, which compares by its collation.
fn compared_part(table: &TableSchema, first: usize, part: &KeyPart) -> Option<BoundExpression> {
    let mut bound = key_definition::of_source(&part.source, table).ok()?;
    bound.map_columns(&|column| first + column);
    Some(bound.collation_key(part.collation))
}

/// The constants that a condition fixes what a part of a key compares as to.
fn options<'a>(
    condition: &'a BoundExpression,
    part: &BoundExpression,
) -> Option<Vec<&'a BoundExpression>> {
    let data_type = part.data_type;
    // Only where the part's type holds every value that could be equal.
    let fits = |e: &BoundExpression| {
        e.is_constant()
            && (e.data_type == data_type
                || e.data_type.is_number() && data_type.is_number()
                || matches!(data_type, DataType::Flexible(_)))
    };
    if let BoundKind::Compare(Comparison::Equal, a, b) = &condition.kind {
        let mut sides = [(&**a, &**b), (&**b, &**a)].into_iter();
        let fixes = |side: &(&BoundExpression, &BoundExpression)| side.0 == part && fits(side.1);
        return sides.find(fixes).map(|(_, constant)| vec![constant]);
    }
    if let BoundKind::InList { operand, list, negated: false } = &condition.kind {
        let fixed = **operand == *part && list.iter().all(fits);
        return fixed.then(|| list.iter().collect());
    }
    None
}
