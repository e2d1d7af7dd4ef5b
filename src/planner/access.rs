//! How rows of a table are reached: by a key where conditions fix its columns, else by a scan.

use super::TableSource;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::plan::{AccessPath, TableAccess};
use crate::types::{DataType, KeySchema, TableSchema};

/// The most lists of values that one access looks up; more are found by a scan.
const MOST_LOOKUPS: usize = 1_000;

/// The access to a table's rows for which all conditions hold; expressions read by the table's
/// columns. `columns` come out; what only conditions read is read besides.
pub(super) fn choose(
    source: &TableSource,
    label: Option<String>,
    columns: Vec<usize>,
    mut conditions: Vec<BoundExpression>,
) -> TableAccess {
    let table = &source.schema;
    let best = table
        .keys
        .iter()
        .enumerate()
        .filter_map(|(index, key)| KeyCandidate::of(table, index, key, &conditions))
        .max_by_key(|candidate| (candidate.columns, table.keys[candidate.key].unique));
    let path = match best {
        None => AccessPath::Scan,
        Some(candidate) => {
            // A find compares as the condition does, so these are true of what it finds.
            let mut at = 0;
            conditions.retain(|_| {
                at += 1;
                !candidate.used.contains(&(at - 1))
            });
            AccessPath::Find { key: candidate.key, values: candidate.values }
        }
    };
    let output = columns.len();
    let mut columns = columns;
    for condition in &conditions {
        condition.for_each_column(&mut |column| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        });
    }
    let filter = BoundExpression::all_of(conditions).map(|mut filter| {
        filter.relocate(&columns);
        filter
    });
    TableAccess { slot: source.slot, table: table.clone(), label, columns, output, path, filter }
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
        index: usize,
        key: &KeySchema,
        conditions: &[BoundExpression],
    ) -> Option<KeyCandidate> {
        let mut candidate =
            KeyCandidate { key: index, columns: 0, values: vec![Vec::new()], used: Vec::new() };
        for column in &key.columns {
            let data_type = table.columns[*column].data_type;
            let fixed = conditions.iter().enumerate().find_map(|(at, condition)| {
                let options = options(condition, *column, data_type)?;
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

/// The constants that a condition fixes a column to.
fn options(
    condition: &BoundExpression,
    column: usize,
    data_type: DataType,
) -> Option<Vec<&BoundExpression>> {
    let is_column = |e: &BoundExpression| e.kind == BoundKind::Column(column);
    // Only where the column's type holds every value that could be equal.
    let fits = |e: &BoundExpression| {
        e.is_constant()
            && (e.data_type == data_type
                || e.data_type.is_number() && data_type.is_number()
                || matches!(data_type, DataType::Flexible(_)))
    };
    match &condition.kind {
        BoundKind::Compare(Comparison::Equal, a, b) => match (is_column(a), is_column(b)) {
            (true, _) if fits(b) => Some(vec![b]),
            (_, true) if fits(a) => Some(vec![a]),
            _ => None,
        },
        BoundKind::InList { operand, list, negated: false }
            if is_column(operand) && list.iter().all(fits) =>
        {
            Some(list.iter().collect())
        }
        _ => None,
    }
}
