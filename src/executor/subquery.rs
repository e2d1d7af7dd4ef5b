//! Queries inside of expressions: run once for each list of arguments that they are asked about.

use super::Error;
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::input::PlanInput;
use super::plan_operators::open_operator;
use crate::planner::{BoundSubquery, SubqueryRole};
use crate::types::column::{ColumnBuilder, encode_any, value_at};
use crate::types::{DataType, Value, key};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most answers that are remembered; then all are forgotten at once.
const MOST_ANSWERS: usize = 100_000;

/// What the queries inside of a statement's expressions read, and what they found so far.
#[derive(Clone, Debug, Default)]
pub struct Subqueries {
    /// What fills the statement's slots.
    inputs: Arc<[PlanInput]>,
    /// The values of the arguments of the query that is running.
    arguments: Arc<[Value]>,
    /// The answers by the number of a query and its arguments.
    answers: Arc<Mutex<Answers>>,
}

type Answers = HashMap<(usize, Vec<u8>), Answer>;

/// What a query comes to for a list of arguments.
#[derive(Clone, Debug)]
enum Answer {
    /// The value that is asked for.
    Value(Value),
    /// The values that something is looked for in.
    Values(Arc<ValueSet>),
}

/// The values of a query of one column.
#[derive(Debug, Default)]
struct ValueSet {
    /// Those that are not NULL, as keys.
    keys: HashSet<Vec<u8>>,
    has_null: bool,
}

impl ValueSet {
    fn insert(&mut self, value: &Value) {
        if value.is_null() {
            self.has_null = true;
        } else {
            self.keys.insert(key::encode([value]));
        }
    }

    /// Whether a value is among them; NULL where only a NULL could be it.
    fn contains(&self, value: &Value) -> Value {
        if self.keys.is_empty() && !self.has_null {
            return Value::Boolean(false);
        }
        if value.is_null() {
            return Value::Null;
        }
        match self.keys.contains(&key::encode([value])) {
            false if self.has_null => Value::Null,
            found => Value::Boolean(found),
        }
    }
}

impl Subqueries {
    /// The value of an argument of the query that is running.
    pub fn argument(&self, index: usize) -> Value {
        self.arguments[index].clone()
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        // An answer is whole whoever panicked beside it.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// The context of a plan over these inputs.
    pub(super) fn over(&self, inputs: &[PlanInput]) -> Context {
        let inputs = Arc::from(inputs);
        let subqueries = Subqueries { inputs, ..Subqueries::default() };
        Context { subqueries, ..self.clone() }
    }

    /// What a query inside of an expression comes to for each row of a batch.
    ///
    /// # Errors
    /// Those of its plan, and of what it is asked about.
    pub(super) fn subquery(&self, query: &BoundSubquery, batch: &Batch) -> Result<Datum, Error> {
        let operand = match &query.operand {
            Some(operand) => Some((self.evaluate(operand, batch)?, operand.data_type)),
            None => None,
        };
        let arguments: Result<Vec<(Datum, DataType)>, Error> = query
            .arguments
            .iter()
            .map(|argument| Ok((self.evaluate(argument, batch)?, argument.data_type)))
            .collect();
        let arguments = arguments?;
        let value = |answer: Answer, row: usize| match (answer, &operand) {
            (Answer::Value(value), _) => value,
            (Answer::Values(set), Some((operand, of))) => set.contains(&operand.value(*of, row)),
            (Answer::Values(_), None) => unreachable!("what is looked for is an operand"),
        };
        let is_one = matches!(operand, None | Some((Datum::Scalar(_), _)));
        if is_one && arguments.iter().all(|(datum, _)| matches!(datum, Datum::Scalar(_))) {
            let given = arguments.iter().map(|(datum, of)| datum.value(*of, 0)).collect();
            return Ok(Datum::Scalar(value(self.answer(query, given)?, 0)));
        }
        let mut results = ColumnBuilder::new(query.data_type(), batch.rows);
        for row in 0..batch.rows {
            let given = arguments.iter().map(|(datum, of)| datum.value(*of, row)).collect();
            results.push(&value(self.answer(query, given)?, row));
        }
        Ok(Datum::Array(results.finish()))
    }

    /// The answer for a list of arguments: remembered, or found now.
    fn answer(&self, query: &BoundSubquery, arguments: Vec<Value>) -> Result<Answer, Error> {
        let asked = (query.number, exact_key(&arguments));
        if let Some(answer) = self.subqueries.answers().get(&asked) {
            return Ok(answer.clone());
        }
        let subqueries = Subqueries { arguments: arguments.into(), ..self.subqueries.clone() };
        let answer = Context { subqueries, profile: None, ..self.clone() }.run(query)?;
        let mut answers = self.subqueries.answers();
        if answers.len() >= MOST_ANSWERS {
            answers.clear();
        }
        answers.insert(asked, answer.clone());
        Ok(answer)
    }

    /// Runs a query up to the row that decides.
    fn run(&self, query: &BoundSubquery) -> Result<Answer, Error> {
        let inputs = Arc::clone(&self.subqueries.inputs);
        let mut rows = open_operator(&query.plan, &inputs, self)?;
        Ok(match query.role {
            SubqueryRole::Exists => Answer::Value(Value::Boolean(rows.next()?.is_some())),
            SubqueryRole::Scalar => Answer::Value(match rows.next()? {
                Some(batch) => value_at(&batch.columns[0], query.value_type(), 0),
                None => Value::Null,
            }),
            SubqueryRole::Contains => {
                let (mut set, data_type) = (ValueSet::default(), query.value_type());
                while let Some(batch) = rows.next()? {
                    for row in 0..batch.rows {
                        set.insert(&value_at(&batch.columns[0], data_type, row));
                    }
                }
                Answer::Values(Arc::new(set))
            }
        })
    }
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
