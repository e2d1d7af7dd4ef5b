//! How rows of a table are reached: by a key where conditions fix its columns, else by a scan; and the
//! partners of few left rows by a key that a join fixes.

use super::Error;
use super::cardinality::{self, equal_sides};
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::join_type::JoinType;
use super::key_definition;
use super::logical::{Logical, LogicalJoin, LogicalTable, UsableKeys};
use super::plan::AccessPath;
use super::scan_order;
use super::suggest::suggest;
use crate::language::ast::IndexHint;
use crate::types::{
    DataType, KeyPart, KeySchema, KeySource, PseudoColumn, TableSchema, with_stack,
};

/// The most lists of values that one access looks up; more are found by a scan.
const MOST_LOOKUPS: usize = 1_000;

/// A key by which the partners of rows are looked up in a table.
pub(super) struct KeyLookup {
    /// Which of the table's keys.
    pub key: usize,
    /// The values for its first parts, which read none of the table's columns.
    pub values: Vec<BoundExpression>,
    /// About how many partners a row has.
    pub partners: f64,
}

/// The way by a key to the partners of each left row, of which there are about so many, where the right
/// side of a join is a table and that costs less than to hold all rows of it that may be partners.
pub(super) fn lookup(join: &LogicalJoin, lefts: f64) -> Option<AccessPath> {
    let Logical::Table(table) = &*join.right else { return None };
    if join.kind.keeps_right() || !matches!(table.path, AccessPath::Scan) {
        return None;
    }
    let lookups = key_lookups(table, &join.on).into_iter();
    let best = lookups.min_by(|a, b| a.partners.total_cmp(&b.partners))?;
    let cost = cardinality::lookup_cost(lefts, best.partners);
    let KeyLookup { key, values, .. } = best;
    (cost < cardinality::held_cost(&join.right)).then_some(AccessPath::Lookup { key, values })
}

impl LogicalTable {
    /// The same, whose rows are found by the indexes that a hint allows.
    ///
    /// # Errors
    /// `unknown-index` where the table has none of this name.
    pub fn hinted(self, hint: Option<&IndexHint>) -> Result<LogicalTable, Error> {
        let name = match hint {
            None => return Ok(self),
            Some(IndexHint::NotIndexed) => {
                return Ok(LogicalTable { usable: UsableKeys::Number, ..self });
            }
            Some(IndexHint::IndexedBy(name)) => name,
        };
        let schema = &self.source.schema;
        let called = |key: &KeySchema| {
            key.name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(&name.name))
        };
        if let Some(key) = schema.keys.iter().position(called) {
            return Ok(LogicalTable { usable: UsableKeys::Only(key, name.span), ..self });
        }
        let names = schema.keys.iter().filter_map(|key| key.name.as_deref());
        let message = format!("{} has no index \"{}\"", schema.name, name.name);
        Err(Error::new("unknown-index", message, name.span).help(suggest(&name.name, names)))
    }

    /// Makes sure that an index that INDEXED BY names knows all rows of which conditions are true.
    fn check_hint(&self, conditions: &[BoundExpression]) -> Result<(), Error> {
        let UsableKeys::Only(key, span) = self.usable else { return Ok(()) };
        let schema = &self.source.schema;
        let key = &schema.keys[key];
        if key_definition::is_implied(key, schema, self.first, conditions) {
            return Ok(());
        }
        let name = key.name.as_deref().unwrap_or_default();
        let condition = key.condition.as_deref().unwrap_or_default();
        let message = format!("index {name} only knows the rows WHERE {condition}");
        let help = "say the same in WHERE, or leave INDEXED BY away".to_owned();
        Err(Error::new("unusable-index", message, span).help(Some(help)))
    }

    /// Whether a key of the table may be used.
    pub fn may_use(&self, key: usize) -> bool {
        let schema = &self.source.schema;
        match self.usable {
            UsableKeys::All => true,
            UsableKeys::Only(named, _) => named == key,
            // SQLite takes no index from a table WITHOUT ROWID, which is one itself.
            UsableKeys::Number => {
                schema.options.without_rowid || scan_order::is_of_rows(&schema.keys[key], schema)
            }
        }
    }
}

/// Makes sure that the indexes that INDEXED BY names know all rows that are wanted, where conditions are
/// true of what a FROM gives.
///
/// # Errors
/// `unusable-index` of one about other rows.
pub(super) fn check_hints(from: &Logical, conditions: &[BoundExpression]) -> Result<(), Error> {
    if let Logical::Table(table) = from {
        return table.check_hint(conditions);
    }
    let Logical::Join(LogicalJoin { left, right, kind, on }) = from else { return Ok(()) };
    if !is_hinted(from) {
        return Ok(());
    }
    let both = || conditions.iter().chain(on).cloned().collect::<Vec<_>>();
    // A condition of an outer join leaves out no row of the side that is kept, and as in SQLite none of
    // WHERE counts for the other.
    let (of_left, of_right) = match kind {
        JoinType::Inner | JoinType::Cross => (both(), both()),
        JoinType::Left | JoinType::Semi | JoinType::Anti => (conditions.to_vec(), on.clone()),
        JoinType::Right | JoinType::Full => (Vec::new(), on.clone()),
    };
    with_stack(|| check_hints(left, &of_left))?;
    with_stack(|| check_hints(right, &of_right))
}

/// Whether INDEXED BY stands at one of the tables that are joined.
fn is_hinted(from: &Logical) -> bool {
    if let Logical::Join(LogicalJoin { left, right, .. }) = from {
        return with_stack(|| is_hinted(left) || is_hinted(right));
    }
    matches!(from, Logical::Table(table) if matches!(table.usable, UsableKeys::Only(..)))
}

/// Whether a table's own conditions lead to its rows by a key or by their numbers.
pub(super) fn is_found_by_key(table: &LogicalTable) -> bool {
    numbers(table).is_some() || choice(table).is_some()
}

/// The keys whose first parts the conditions of a join and of its right side, a table, give values, at
/// least one of them that of the join; by one part and by as many as there are.
pub(super) fn key_lookups(table: &LogicalTable, on: &[BoundExpression]) -> Vec<KeyLookup> {
    let schema = &table.source.schema;
    let mut lookups = Vec::new();
    for (at, key) in schema.keys.iter().enumerate() {
        let conditions = &table.conditions;
        if !table.may_use(at) || !key_definition::is_implied(key, schema, table.first, conditions) {
            continue;
        }
        let (mut values, mut by_join) = (Vec::new(), false);
        for part in key.parts(schema).iter() {
            let Some(compared) = compared_part(schema, table.first, part) else { break };
            let joined = on.iter().find_map(|condition| value_of(condition, &compared, table));
            by_join |= joined.is_some();
            let Some(value) = joined.or_else(|| constant(table, &compared)) else { break };
            values.push(value.clone());
            if by_join {
                let partners = cardinality::rows_of_key(key, values.len(), &table.source);
                lookups.push(KeyLookup { key: at, values: values.clone(), partners });
            }
        }
    }
    lookups
}

/// The value of other columns than the table's that a condition of a join gives a part of a key.
fn value_of<'a>(
    condition: &'a BoundExpression,
    part: &BoundExpression,
    table: &LogicalTable,
) -> Option<&'a BoundExpression> {
    let (a, b) = equal_sides(condition)?;
    let gives = |side: &&(&BoundExpression, &BoundExpression)| {
        let (known, value) = side;
        let is_other = value.reads_only(|column| !table.identities().contains(&column));
        *known == part && is_other && !value.is_volatile() && fits(value, part)
    };
    [(a, b), (b, a)].iter().find(gives).map(|(_, value)| *value)
}

/// The one constant that a table's conditions give a part of a key.
fn constant<'a>(table: &'a LogicalTable, part: &BoundExpression) -> Option<&'a BoundExpression> {
    table.conditions.iter().find_map(|condition| match options(condition, part)?.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

/// Chooses the rows' numbers where conditions say them, else the key that most conditions fix, a unique one
/// before another; what it finds makes those conditions true, so that they go.
pub(super) fn choose(table: &mut LogicalTable) {
    if let Some((at, numbers)) = numbers(table) {
        table.conditions.remove(at);
        table.path = AccessPath::Numbered(numbers);
        return;
    }
    let Some(KeyCandidate { key, values, used, .. }) = choice(table) else { return };
    let mut at = 0;
    table.conditions.retain(|_| {
        at += 1;
        !used.contains(&(at - 1))
    });
    table.path = AccessPath::Find { key, values };
}

/// The numbers that a condition fixes the rows to, and which it is.
fn numbers(table: &LogicalTable) -> Option<(usize, Vec<BoundExpression>)> {
    let schema = &table.source.schema;
    let row = schema.index_of(PseudoColumn::Row);
    // What the database makes for a statement has no numbers.
    if matches!(table.usable, UsableKeys::Only(..)) || schema.pseudo(row).is_none() {
        return None;
    }
    let row = BoundExpression::column(table.first + row, PseudoColumn::Row.data_type());
    table.conditions.iter().enumerate().find_map(|(at, condition)| {
        let numbers = options(condition, &row).filter(|numbers| numbers.len() <= MOST_LOOKUPS)?;
        Some((at, numbers.into_iter().cloned().collect()))
    })
}

/// The key that most conditions fix, a unique one before another.
fn choice(table: &LogicalTable) -> Option<KeyCandidate> {
    if !table.conditions.iter().any(fixes_something) {
        return None;
    }
    let schema = &table.source.schema;
    let candidates = schema.keys.iter().enumerate().filter(|(index, _)| table.may_use(*index));
    let candidates = candidates.filter_map(|(index, key)| {
        KeyCandidate::of(schema, table.first, index, key, &table.conditions)
    });
    candidates.max_by_key(|found| (found.columns, schema.keys[found.key].unique))
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
        let begins = compared_part(table, first, &*key.first_part(table)?)?;
        let is_begun = conditions.iter().any(|condition| options(condition, &begins).is_some());
        if !is_begun || !key_definition::is_implied(key, table, first, conditions) {
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
pub(super) fn compared_part(
    table: &TableSchema,
    first: usize,
    part: &KeyPart,
) -> Option<BoundExpression> {
    let mut bound = key_definition::of_source(&part.source, table).ok()?;
    bound.map_columns(&|column| first + column);
    Some(bound.collation_key(part.collation))
}

/// Whether an expression is what conditions say of a part of a key.
pub(super) fn is_part(
    table: &TableSchema,
    first: usize,
    part: &KeyPart,
    expression: &BoundExpression,
) -> bool {
    if let (KeySource::Column(column), BoundKind::Column(known)) = (&part.source, &expression.kind)
        && first + column != *known
    {
        return false;
    }
    compared_part(table, first, part).is_some_and(|compared| compared == *expression)
}

/// Whether a condition fixes what it is about to some values.
fn fixes_something(condition: &BoundExpression) -> bool {
    matches!(
        condition.kind,
        BoundKind::Compare(Comparison::Equal, ..) | BoundKind::InList { negated: false, .. }
    )
}

/// The constants that a condition fixes what a part of a key compares as to.
fn options<'a>(
    condition: &'a BoundExpression,
    part: &BoundExpression,
) -> Option<Vec<&'a BoundExpression>> {
    let fits = |value: &BoundExpression| value.is_constant() && fits(value, part);
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

/// Whether the type of a key's part holds every value that could be equal to one of it.
fn fits(value: &BoundExpression, part: &BoundExpression) -> bool {
    let (given, held) = (value.data_type, part.data_type);
    given == held || given.is_number() && held.is_number() || matches!(held, DataType::Flexible(_))
}
