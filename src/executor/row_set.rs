//! The rows of a query that something is looked for in, or compared with.

use super::compare;
use crate::language::ast::Quantifier;
use crate::planner::Comparison;
use crate::types::key_table::KeyTable;
use crate::types::{Value, key};

/// Rows of which one may be the one that is looked for.
#[derive(Debug, Default)]
pub(super) struct RowSet {
    /// All of them, as keys.
    keys: KeyTable,
    /// Those with a NULL.
    unknown: Vec<Vec<Value>>,
    /// The others, where rows have several values: one that is looked for may have a NULL among them.
    known: Vec<Vec<Value>>,
}

impl RowSet {
    /// Adds a row.
    pub fn insert(&mut self, row: Vec<Value>) {
        let (_, is_new) = self.keys.insert(&key::encode(&row));
        if !is_new {
            return;
        }
        if row.iter().any(Value::is_null) {
            self.unknown.push(row);
        } else if row.len() > 1 {
            self.known.push(row);
        }
    }

    /// Whether a row is among them, by its key, if it has no NULL; `None` where its values have to be
    /// looked at.
    pub fn has_key(&self, key: &[u8]) -> Option<bool> {
        let is_in = self.keys.number(key).is_some();
        (is_in || self.unknown.is_empty()).then_some(is_in)
    }

    /// Whether a row is among them; NULL where only a NULL could be it.
    pub fn contains(&self, row: &[Value]) -> Value {
        let has_null = row.iter().any(Value::is_null);
        if !has_null && self.keys.number(&key::encode(row)).is_some() {
            return Value::Boolean(true);
        }
        let could_be = |other: &Vec<Value>| {
            let mut pairs = row.iter().zip(other);
            pairs.all(|(a, b)| compare::compare(Comparison::Equal, a, b) != Some(false))
        };
        let is_open = match (has_null, row) {
            (true, [_]) => !self.keys.is_empty(),
            (true, _) => self.known.iter().chain(&self.unknown).any(could_be),
            (false, _) => self.unknown.iter().any(could_be),
        };
        if is_open { Value::Null } else { Value::Boolean(false) }
    }
}

/// What is known of values when something was compared with all of them.
#[derive(Debug, Default)]
pub(super) struct Extremes {
    /// The least and the greatest that is not NULL.
    range: Option<(Value, Value)>,
    has_null: bool,
}

impl Extremes {
    /// Adds a value.
    pub fn insert(&mut self, value: Value) {
        if value.is_null() {
            self.has_null = true;
            return;
        }
        match &mut self.range {
            None => self.range = Some((value.clone(), value)),
            Some((least, _)) if value.compare(least).is_lt() => *least = value,
            Some((_, greatest)) if value.compare(greatest).is_gt() => *greatest = value,
            Some(_) => {}
        }
    }

    /// Whether an operand compares so with one of the values, or with all; NULL where that depends on
    /// a NULL.
    pub fn compare(
        &self,
        comparison: Comparison,
        quantifier: Quantifier,
        operand: &Value,
    ) -> Value {
        // What one value decides: that it is so with ANY, that it is not with ALL.
        let deciding = quantifier == Quantifier::Any;
        let ask = |value: &Value| compare::compare(comparison, operand, value);
        let is_open = self.has_null || self.range.is_some() && operand.is_null();
        let is_decided = self.range.as_ref().is_some_and(|(least, greatest)| {
            // The least and the greatest decide an order, and also whether all are equal; whether any
            // is, IN finds out.
            ask(least) == Some(deciding) || ask(greatest) == Some(deciding)
        });
        if is_decided {
            Value::Boolean(deciding)
        } else if is_open {
            Value::Null
        } else {
            Value::Boolean(!deciding)
        }
    }
}
