//! Operators: a plan opened, giving batches until there are none.

use super::Error;
use super::access::AccessRows;
use super::aggregate::Aggregate;
use super::datum::Batch;
use super::evaluate::Context;
use super::join::HashJoin;
use super::sort::{Sort, Top};
use crate::planner::{BoundExpression, Limits, Plan};
use crate::storage::TableView;
use crate::types::{DataType, Value, key::KeyColumn};
use arrow_array::BooleanArray;
use std::collections::HashSet;

/// A source of batches. An empty batch is never given.
pub trait Operator: Send {
    /// The next rows, `None` at the end.
    ///
    /// # Errors
    /// Of the rows on the way, and of storage.
    fn next(&mut self) -> Result<Option<Batch>, Error>;
}

/// An operator behind a pointer.
pub type Rows = Box<dyn Operator>;

/// Opens a plan over its views, one per slot.
///
/// # Errors
/// Of what has to be known before the first row: constants of keys and limits.
pub fn open(plan: &Plan, views: &[TableView], context: &Context) -> Result<Rows, Error> {
    let input = |input: &Plan| open(input, views, context);
    Ok(match plan {
        Plan::OneRow => Box::new(OneRow(true)),
        Plan::Access(access) => Box::new(AccessRows::open(access, views, context)?),
        Plan::Filter { input: rows, predicate } => Box::new(Filter {
            input: input(rows)?,
            predicate: predicate.clone(),
            context: context.clone(),
        }),
        Plan::Project { input: rows, expressions } => Box::new(Project {
            input: input(rows)?,
            expressions: expressions.clone(),
            context: context.clone(),
        }),
        Plan::Join(join) => {
            let terms = super::join::Terms {
                kind: join.kind,
                equal: join.equal.clone(),
                condition: join.condition.clone(),
                right: join.right.types(),
            };
            let (left, right) = (input(&join.left)?, input(&join.right)?);
            Box::new(HashJoin::new(left, right, terms, context.clone()))
        }
        Plan::Aggregate { input: rows, groups, aggregates } => {
            let (groups, aggregates) = (groups.clone(), aggregates.clone());
            Box::new(Aggregate::new(input(rows)?, groups, aggregates, context.clone()))
        }
        Plan::Distinct { input: rows, columns } => {
            let types = rows.types()[..*columns].to_vec();
            Box::new(Distinct { input: input(rows)?, types, seen: HashSet::new() })
        }
        Plan::Sort { input: rows, keys, limit } => {
            let (keys, types) = (keys.clone(), rows.types());
            let wanted = match limit {
                Some(limits) => bounds(limits, context)?.end,
                None => None,
            };
            match wanted {
                Some(wanted) if wanted <= Top::MOST => {
                    Box::new(Top::new(input(rows)?, keys, types, wanted))
                }
                _ => Box::new(Sort::new(input(rows)?, keys, types)),
            }
        }
        Plan::Limit { input: rows, limits } => {
            let Bounds { start, end } = bounds(limits, context)?;
            let left = end.map(|end| end - start);
            Box::new(Limit { input: input(rows)?, skip: start, left })
        }
    })
}

/// The rows that LIMIT and OFFSET let through: from `start` to before `end`.
struct Bounds {
    start: usize,
    end: Option<usize>,
}

fn bounds(limits: &Limits, context: &Context) -> Result<Bounds, Error> {
    let evaluate = |expression: &Option<BoundExpression>, word: &str| {
        let Some(expression) = expression else { return Ok(None) };
        let value = context.constant(expression)?;
        match DataType::Integer.accept(value.clone()) {
            Ok(Value::Integer(count)) => Ok(Some(count)),
            _ => Err(Error::failed("type", format!("{word} {value} is no whole number"))),
        }
    };
    let start = evaluate(&limits.offset, "OFFSET")?.unwrap_or(0);
    let start = usize::try_from(start.max(0)).unwrap_or(usize::MAX);
    let limit = evaluate(&limits.limit, "LIMIT")?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    Ok(Bounds { start, end: limit.map(|limit| start.saturating_add(limit)) })
}

struct OneRow(bool);

impl Operator for OneRow {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        Ok(std::mem::take(&mut self.0).then(|| Batch { columns: Vec::new(), rows: 1 }))
    }
}

struct Filter {
    input: Rows,
    predicate: BoundExpression,
    context: Context,
}

impl Operator for Filter {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while let Some(batch) = self.input.next()? {
            let kept = self.context.filter(&self.predicate, &batch)?;
            if kept.rows > 0 {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

struct Project {
    input: Rows,
    expressions: Vec<BoundExpression>,
    context: Context,
}

impl Operator for Project {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let Some(batch) = self.input.next()? else { return Ok(None) };
        let columns: Result<Vec<_>, Error> = self
            .expressions
            .iter()
            .map(|expression| {
                let datum = self.context.evaluate(expression, &batch)?;
                Ok(datum.into_array(expression.data_type, batch.rows))
            })
            .collect();
        Ok(Some(Batch { columns: columns?, rows: batch.rows }))
    }
}

struct Distinct {
    input: Rows,
    types: Vec<DataType>,
    seen: HashSet<Vec<u8>>,
}

impl Operator for Distinct {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while let Some(batch) = self.input.next()? {
            let keys = key_columns(&batch, &self.types);
            let mut key = Vec::new();
            let first: BooleanArray = (0..batch.rows)
                .map(|row| {
                    key.clear();
                    keys.iter().for_each(|column| column.push(&mut key, row));
                    let new = !self.seen.contains(&key);
                    if new {
                        self.seen.insert(key.clone());
                    }
                    Some(new)
                })
                .collect();
            let kept = batch.filter(&first)?;
            if kept.rows > 0 {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

/// The first columns of a batch as keys in ascending order.
pub fn key_columns(batch: &Batch, types: &[DataType]) -> Vec<KeyColumn> {
    let typed = batch.columns.iter().zip(types);
    typed.map(|(array, data_type)| KeyColumn::ascending(array.clone(), *data_type)).collect()
}

struct Limit {
    input: Rows,
    skip: usize,
    left: Option<usize>,
}

impl Operator for Limit {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while self.left != Some(0) {
            let Some(batch) = self.input.next()? else { return Ok(None) };
            if self.skip >= batch.rows {
                self.skip -= batch.rows;
                continue;
            }
            let available = batch.rows - self.skip;
            let taken = self.left.map_or(available, |left| left.min(available));
            let batch = batch.slice(self.skip, taken);
            self.skip = 0;
            self.left = self.left.map(|left| left - taken);
            return Ok(Some(batch));
        }
        Ok(None)
    }
}
