//! Queries inside of expressions: run once for each list of arguments that they are asked about.

use super::Error;
use super::datum::{Batch, Datum, shared};
use super::evaluate::Context;
use super::input::PlanInput;
use super::plan_operators::open_operator;
use super::row_set::{Extremes, RowSet};
use super::shared_rows::SharedTables;
use crate::planner::{BoundExpression, BoundSubquery, SubqueryRole, TableAccess};
use crate::storage::TableView;
use crate::types::column::{ColumnBuilder, encode_any, value_at};
use crate::types::key::{KeyColumn, row_key};
use crate::types::{DataType, Value};
use arrow_array::builder::BooleanBuilder;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The most answers that are remembered; then all are forgotten at once.
const MOST_ANSWERS: usize = 100_000;

/// What the queries inside of a statement's expressions read, and what they found so far: made where it is
/// first needed, as most statements have no such queries.
#[derive(Debug, Default)]
pub struct Subqueries {
    /// What fills the statement's slots.
    inputs: Arc<[PlanInput]>,
    /// The values of the arguments of the query that is running.
    pub(super) arguments: Arc<[Value]>,
    /// The rows that steps of recursive tables are given, by the tables' numbers.
    pub(super) given: Arc<[(usize, Batch)]>,
    /// The tables of WITH that several read.
    pub(super) shared: OnceLock<SharedTables>,
    /// The answers by the number of a query and its arguments.
    answers: OnceLock<Arc<Mutex<Answers>>>,
    /// Whether rows are kept in the order of an access, by the access' address.
    in_order: OnceLock<Arc<Mutex<HashMap<usize, bool>>>>,
}

/// A clone is for a part of the statement, which finds what the others find.
impl Clone for Subqueries {
    fn clone(&self) -> Subqueries {
        fn same<T: Default>(found: &OnceLock<Arc<T>>) -> OnceLock<Arc<T>> {
            OnceLock::from(Arc::clone(found.get_or_init(Arc::default)))
        }
        Subqueries {
            inputs: Arc::clone(&self.inputs),
            arguments: Arc::clone(&self.arguments),
            given: Arc::clone(&self.given),
            shared: same(&self.shared),
            answers: same(&self.answers),
            in_order: same(&self.in_order),
        }
    }
}

type Answers = HashMap<(usize, Vec<u8>), Answer>;

/// What a query comes to for a list of arguments.
#[derive(Clone, Debug)]
enum Answer {
    /// The values of its first row; none where there is no row.
    Row(Arc<[Value]>),
    /// Whether it has a row.
    Exists(bool),
    /// The rows that something is looked for in.
    Rows(Arc<RowSet>),
    /// The values that something is compared with.
    Extremes(Arc<Extremes>),
}

impl Answer {
    /// What is made of the answer where these values are asked about.
    fn value(&self, role: SubqueryRole, operands: &[Value]) -> Value {
        match self {
            Answer::Exists(exists) => Value::Boolean(*exists),
            Answer::Row(row) => {
                let column = if let SubqueryRole::Field(column) = role { column } else { 0 };
                row.get(column).cloned().unwrap_or(Value::Null)
            }
            Answer::Rows(set) => set.contains(operands),
            Answer::Extremes(extremes) => match (role, operands) {
                (SubqueryRole::Compares(comparison, quantifier), [operand]) => {
                    extremes.compare(comparison, quantifier, operand)
                }
                _ => unreachable!("{role:?} compares one operand"),
            },
        }
    }
}

impl Subqueries {
    /// The value of an argument of the query that is running.
    pub fn argument(&self, index: usize) -> &Value {
        &self.arguments[index]
    }

    /// What fills a slot.
    pub fn input(&self, slot: usize) -> &PlanInput {
        &self.inputs[slot]
    }

    /// Does something with the answers, which all queries of the statement share.
    fn with_answers<T>(&self, work: impl FnOnce(&mut Answers) -> T) -> T {
        let answers = self.answers.get_or_init(Arc::default);
        // An answer is whole whoever panicked beside it.
        work(&mut answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Context {
    /// The context of a plan over these inputs, which all of its operators share.
    pub(super) fn over(mut self, inputs: Vec<PlanInput>) -> Arc<Context> {
        let arguments = std::mem::take(&mut self.subqueries.arguments);
        let subqueries = Subqueries { inputs: inputs.into(), arguments, ..Subqueries::default() };
        Arc::new(Context { subqueries, ..self })
    }

    /// Lets go of what a plan reads that is done.
    pub(super) fn close(context: &mut Arc<Context>) {
        let subqueries = &mut Arc::make_mut(context).subqueries;
        let arguments = std::mem::take(&mut subqueries.arguments);
        *subqueries = Subqueries { arguments, ..Subqueries::default() };
    }

    /// The same for a statement of a trigger, with these values of its row.
    pub(super) fn with_arguments(self, arguments: Arc<[Value]>) -> Context {
        let subqueries = Subqueries { arguments, ..Subqueries::default() };
        Context { subqueries, profile: None, ..self }
    }

    /// The same over tables as they are by now, where `now` knows that of what fills a slot. Answers about
    /// no row of the statement stay what they were when they were found, as in SQLite.
    pub(super) fn refreshed(
        &self,
        now: impl Fn(usize, &TableView) -> Option<TableView>,
    ) -> Context {
        let input = |(slot, input): (usize, &PlanInput)| match input {
            PlanInput::Table(table) => {
                now(slot, table).map_or_else(|| input.clone(), PlanInput::Table)
            }
            PlanInput::Relation(_) | PlanInput::Function(_) => input.clone(),
        };
        let inputs = self.subqueries.inputs.iter().enumerate().map(input).collect();
        self.subqueries.with_answers(|known| {
            known.retain(|(_, arguments), _| arguments.is_empty());
        });
        let in_order = OnceLock::new();
        let subqueries = Subqueries { inputs, in_order, ..self.subqueries.clone() };
        Context { subqueries, ..self.clone() }
    }

    /// The same, that asks its queries again: RETURNING tells what they come to behind each row.
    pub(super) fn asked_again(&self) -> Context {
        let subqueries = Subqueries { answers: OnceLock::new(), ..self.subqueries.clone() };
        Context { subqueries, ..self.clone() }
    }

    /// What the statement reads at a slot.
    pub(super) fn input(&self, slot: usize) -> &PlanInput {
        self.subqueries.input(slot)
    }

    /// Whether rows are kept in the order of an access, which is looked at once in a statement.
    ///
    /// # Errors
    /// Those of `look`.
    pub(super) fn is_in_order(
        &self,
        access: &Arc<TableAccess>,
        look: impl FnOnce() -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let known = self.subqueries.in_order.get_or_init(Arc::default);
        let known = || known.lock().unwrap_or_else(PoisonError::into_inner);
        let address = Arc::as_ptr(access).addr();
        if let Some(is_in_order) = known().get(&address) {
            return Ok(*is_in_order);
        }
        let is_in_order = look()?;
        known().insert(address, is_in_order);
        Ok(is_in_order)
    }

    /// What a query inside of an expression comes to for each row of a batch.
    ///
    /// # Errors
    /// Those of its plan, and of what it is asked about.
    pub(super) fn subquery(&self, query: &BoundSubquery, batch: &Batch) -> Result<Datum, Error> {
        let computed = |expressions: &[BoundExpression]| {
            let datum = |e: &BoundExpression| Ok((self.evaluate(e, batch)?, e.data_type));
            expressions.iter().map(datum).collect::<Result<Vec<(Datum, DataType)>, Error>>()
        };
        let (operands, arguments) = (computed(&query.operands)?, computed(&query.arguments)?);
        let values = |of: &[(Datum, DataType)], row: usize| -> Vec<Value> {
            of.iter().map(|(datum, data_type)| datum.value(*data_type, row)).collect()
        };
        let is_one = |(datum, _): &(Datum, DataType)| matches!(datum, Datum::Scalar(_));
        if operands.iter().chain(&arguments).all(is_one) {
            let answer = self.answer(query, values(&arguments, 0))?;
            return Ok(Datum::Scalar(answer.value(query.role, &values(&operands, 0))));
        }
        let mut results = ColumnBuilder::new(query.data_type(), batch.rows);
        // Where nothing about a row is asked, all rows have one answer.
        let is_same = batch.rows > 0 && arguments.iter().all(is_one);
        let same = is_same.then(|| self.answer(query, values(&arguments, 0))).transpose()?;
        if let Some(Answer::Rows(set)) = &same {
            return contained(set, operands, batch.rows);
        }
        for row in 0..batch.rows {
            let operands = values(&operands, row);
            let value = match &same {
                Some(answer) => answer.value(query.role, &operands),
                None => {
                    let answer = self.answer(query, values(&arguments, row))?;
                    answer.value(query.role, &operands)
                }
            };
            results.push(&value)?;
        }
        Ok(Datum::Array(results.finish()))
    }

    /// The answer for a list of arguments: remembered, or found now.
    fn answer(&self, query: &BoundSubquery, arguments: Vec<Value>) -> Result<Answer, Error> {
        let asked = (query.number, exact_key(&arguments));
        if let Some(answer) = self.subqueries.with_answers(|known| known.get(&asked).cloned()) {
            return Ok(answer);
        }
        let subqueries = Subqueries { arguments: arguments.into(), ..self.subqueries.clone() };
        let answer = run(query, &Arc::new(Context { subqueries, ..self.clone() }))?;
        self.subqueries.with_answers(|known| {
            if known.len() >= MOST_ANSWERS {
                known.clear();
            }
            known.insert(asked, answer.clone());
        });
        Ok(answer)
    }
}

/// Whether each row of some operands is in a set.
fn contained(set: &RowSet, operands: Vec<(Datum, DataType)>, rows: usize) -> Result<Datum, Error> {
    let columns = operands.into_iter().map(|(datum, data_type)| {
        Ok(KeyColumn::ascending(datum.into_array(data_type, rows)?, data_type))
    });
    let columns: Vec<KeyColumn> = columns.collect::<Result<_, Error>>()?;
    let mut results = BooleanBuilder::with_capacity(rows);
    let mut key = Vec::new();
    for row in 0..rows {
        let is_in = if columns.iter().all(|column| column.is_known(row)) {
            row_key(&mut key, &columns, row);
            set.has_key(&key)
        } else {
            None
        };
        results.append_option(is_in.or_else(|| {
            let value = |column: &KeyColumn| value_at(&column.array, column.data_type, row);
            let operands: Vec<Value> = columns.iter().map(value).collect();
            if let Value::Boolean(is_in) = set.contains(&operands) { Some(is_in) } else { None }
        }));
    }
    Ok(shared(results.finish()))
}

/// Runs a query up to the row that decides.
fn run(query: &BoundSubquery, context: &Arc<Context>) -> Result<Answer, Error> {
    let mut rows = open_operator(&query.plan, context)?;
    let types = query.plan.types();
    let values = |batch: &Batch, row: usize| -> Vec<Value> {
        let columns = batch.columns.iter().zip(&types);
        columns.map(|(column, data_type)| value_at(column, *data_type, row)).collect()
    };
    Ok(match query.role {
        SubqueryRole::Exists => Answer::Exists(rows.next()?.is_some()),
        SubqueryRole::Scalar | SubqueryRole::Field(_) => Answer::Row(match rows.next()? {
            Some(batch) => values(&batch, 0).into(),
            None => Arc::default(),
        }),
        SubqueryRole::Contains => {
            let mut set = RowSet::default();
            while let Some(batch) = rows.next()? {
                (0..batch.rows).for_each(|row| set.insert(values(&batch, row)));
            }
            Answer::Rows(Arc::new(set))
        }
        SubqueryRole::Compares(..) => {
            let mut extremes = Extremes::default();
            while let Some(batch) = rows.next()? {
                for row in 0..batch.rows {
                    extremes.insert(value_at(&batch.columns[0], types[0], row));
                }
            }
            Answer::Extremes(Arc::new(extremes))
        }
    })
}

/// Arguments as bytes; those that compare as equal and are not the same differ.
fn exact_key(arguments: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in arguments {
        let encoded = encode_any(value);
        bytes.extend(encoded.len().to_le_bytes());
        bytes.extend(encoded);
    }
    bytes
}
