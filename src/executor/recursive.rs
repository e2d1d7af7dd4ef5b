//! Recursive tables: each row is handed to the steps, which make more of it, until none is left.
//!
//! Rows come out in the order in which they are handed on: the first that came, or the first by ORDER
//! BY. A step without a table is computed value by value; one that keys serve is run for each row,
//! whose values are its arguments; one that has to read a table from end to end gets many rows at once,
//! and what it makes of them is put into the order in which it would make it one by one.

use super::Error;
use super::datum::Batch;
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use super::plan_operators::open_operator;
use crate::planner::{BoundExpression, Feeding, Plan, RecursiveKey, RecursivePlan, RecursiveStep};
use crate::types::column::{ColumnBuilder, value_at};
use crate::types::{DataType, Value, key};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::sync::Arc;

/// Rows of a batch that comes out.
const OUTPUT: usize = 4_096;

/// Bytes of texts and blobs after which a batch is not made longer.
const OUTPUT_BYTES: usize = 1 << 24;

/// The most rows that a step is given at once.
const GIVEN: usize = 1_024;

type SharedRow = Arc<[Value]>;

/// The rows of a recursive table.
pub struct Recursive {
    plan: Arc<RecursivePlan>,
    /// What steps are run in, with the arguments of the row that they get.
    context: Context,
    /// The arguments that there are besides.
    arguments: SharedRow,
    /// The rows that it begins with, as far as they are still to come.
    initial: Option<BoxedOperator>,
    steps: Vec<Step>,
    /// The keys of all rows so far, where equal ones count once.
    seen: HashSet<Vec<u8>>,
    waiting: Waiting,
    /// A row that was handed on, whose place another may take.
    spare: SharedRow,
    /// An error behind rows that came out.
    failure: Option<Error>,
}

/// How a step is run.
enum Step {
    /// By value: conditions, and the columns of the row where they are true.
    Values { conditions: Vec<Arc<BoundExpression>>, columns: Arc<[BoundExpression]> },
    /// By its plan, which is opened each time.
    Plan(Feeding),
}

impl Step {
    fn of(step: &RecursiveStep) -> Step {
        let RecursiveStep { plan, feeding } = step;
        if let (Feeding::Arguments, Plan::Project { input, expressions }) = (feeding, plan)
            && let Some(conditions) = conditions(input)
        {
            return Step::Values { conditions, columns: Arc::clone(expressions) };
        }
        Step::Plan(*feeding)
    }
}

/// What must be true for there to be one row without columns, if a plan is no more than that.
fn conditions(plan: &Plan) -> Option<Vec<Arc<BoundExpression>>> {
    match plan {
        Plan::OneRow => Some(Vec::new()),
        Plan::Filter { input, predicate } => {
            let mut found = conditions(input)?;
            found.push(Arc::clone(predicate));
            Some(found)
        }
        Plan::Access(_)
        | Plan::Function(_)
        | Plan::Project { .. }
        | Plan::Join(_)
        | Plan::Aggregate { .. }
        | Plan::Window { .. }
        | Plan::Distinct { .. }
        | Plan::Sort { .. }
        | Plan::Values { .. }
        | Plan::Append { .. }
        | Plan::SetFilter { .. }
        | Plan::Limit { .. }
        | Plan::Shared(_)
        | Plan::Recursive(_)
        | Plan::RecursiveRows { .. } => None,
    }
}

/// The rows that no step has seen yet.
enum Waiting {
    /// As they came; they have come out already.
    Queue(VecDeque<SharedRow>),
    /// By ORDER BY; they come out when they are handed on.
    Ordered { rows: BinaryHeap<WaitingRow>, next: u64 },
}

/// A row among others in an order.
struct WaitingRow {
    row: SharedRow,
    /// Of equal ones the first goes first.
    number: u64,
    keys: Arc<[RecursiveKey]>,
}

impl WaitingRow {
    fn compare_key(&self, other: &WaitingRow, key: &RecursiveKey) -> Ordering {
        let RecursiveKey { key, collation } = key;
        let (a, b) = (&self.row[key.column], &other.row[key.column]);
        match (a.is_null(), b.is_null()) {
            (true, true) => return Ordering::Equal,
            (true, false) if key.nulls_first => return Ordering::Less,
            (true, false) => return Ordering::Greater,
            (false, true) if key.nulls_first => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        let order = match collation.is_binary() {
            true => a.compare(b),
            false => collation.key_of(a.clone()).compare(&collation.key_of(b.clone())),
        };
        if key.descending { order.reverse() } else { order }
    }
}

impl Ord for WaitingRow {
    /// A heap gives its greatest first: that is the one that goes first.
    fn cmp(&self, other: &WaitingRow) -> Ordering {
        let keys = self.keys.iter().map(|key| self.compare_key(other, key));
        let order = keys.fold(Ordering::Equal, Ordering::then);
        order.then(self.number.cmp(&other.number)).reverse()
    }
}

impl PartialOrd for WaitingRow {
    fn partial_cmp(&self, other: &WaitingRow) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for WaitingRow {
    fn eq(&self, other: &WaitingRow) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for WaitingRow {}

/// A batch that is being made.
struct Output {
    columns: Vec<ColumnBuilder>,
    rows: usize,
    bytes: usize,
}

impl Output {
    fn new(types: &[DataType], capacity: usize) -> Output {
        let column = |data_type: &DataType| ColumnBuilder::new(*data_type, capacity);
        Output { columns: types.iter().map(column).collect(), rows: 0, bytes: 0 }
    }

    fn push(&mut self, row: &[Value]) -> Result<(), Error> {
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value)?;
            self.bytes += value.byte_length();
        }
        self.rows += 1;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows >= OUTPUT || self.bytes >= OUTPUT_BYTES
    }

    fn finish(self) -> Option<Batch> {
        let columns = self.columns.into_iter().map(ColumnBuilder::finish).collect();
        (self.rows > 0).then_some(Batch::new(columns, self.rows))
    }
}

impl Recursive {
    /// Opens a recursive table.
    ///
    /// # Errors
    /// As [`open`](super::open).
    pub fn open(plan: &Arc<RecursivePlan>, context: &Arc<Context>) -> Result<Recursive, Error> {
        let initial = Some(open_operator(&plan.initial, context)?);
        let waiting = match plan.order.is_empty() {
            true => Waiting::Queue(VecDeque::new()),
            false => Waiting::Ordered { rows: BinaryHeap::new(), next: 0 },
        };
        Ok(Recursive {
            plan: Arc::clone(plan),
            context: (**context).clone(),
            arguments: Arc::clone(&context.subqueries.arguments),
            initial,
            steps: plan.steps.iter().map(Step::of).collect(),
            seen: HashSet::new(),
            waiting,
            spare: Arc::default(),
            failure: None,
        })
    }

    /// Goes one step on; false at the end.
    fn advance(&mut self, output: &mut Output) -> Result<bool, Error> {
        self.context.check()?;
        if let Some(initial) = &mut self.initial {
            match initial.next()? {
                Some(batch) => {
                    let types = Arc::clone(&self.plan.types);
                    for row in 0..batch.rows {
                        self.accept(row_of(&batch, &types, row), output)?;
                    }
                }
                None => self.initial = None,
            }
            return Ok(true);
        }
        let is_batch = self.plan.steps.iter().any(|step| step.feeding == Feeding::Batch);
        let first = match &mut self.waiting {
            Waiting::Queue(queue) => queue.pop_front(),
            Waiting::Ordered { rows, .. } => {
                let first = rows.pop().map(|first| first.row);
                first.iter().try_for_each(|row| output.push(row))?;
                first
            }
        };
        let Some(first) = first else { return Ok(false) };
        if let (false, [Step::Values { .. }]) = (is_batch, self.steps.as_slice()) {
            if let Some(made) = self.values(0, &first)? {
                self.accept(made, output)?;
            }
            return Ok(true);
        }
        let mut rows = vec![first];
        if let (true, Waiting::Queue(queue)) = (is_batch, &mut self.waiting) {
            rows.extend(queue.drain(..queue.len().min(GIVEN - 1)));
        }
        for made in self.run(&rows)? {
            self.accept(made, output)?;
        }
        Ok(true)
    }

    /// Takes a row, unless it was there before and counts once.
    fn accept(&mut self, row: SharedRow, output: &mut Output) -> Result<(), Error> {
        if let Some(collations) = &self.plan.distinct {
            let compared = row.iter().zip(&**collations);
            let compared: Vec<Value> =
                compared.map(|(value, collation)| collation.key_of(value.clone())).collect();
            if !self.seen.insert(key::encode(&compared)) {
                return Ok(());
            }
        }
        match &mut self.waiting {
            Waiting::Queue(queue) => {
                output.push(&row)?;
                queue.push_back(row);
            }
            Waiting::Ordered { rows, next } => {
                let keys = Arc::clone(&self.plan.order);
                rows.push(WaitingRow { row, number: *next, keys });
                *next += 1;
            }
        }
        Ok(())
    }

    /// What a step without a table makes of a row.
    fn values(&mut self, step: usize, row: &SharedRow) -> Result<Option<SharedRow>, Error> {
        self.give(row);
        let Recursive { context, steps, spare, .. } = self;
        let Some(Step::Values { conditions, columns }) = steps.get(step) else {
            unreachable!("the step is computed by value")
        };
        for condition in conditions {
            if !context.constant(condition)?.is_true() {
                return Ok(None);
            }
        }
        let mut made = std::mem::take(spare);
        match Arc::get_mut(&mut made) {
            Some(places) if places.len() == columns.len() => {
                for (place, column) in places.iter_mut().zip(&**columns) {
                    *place = context.constant(column)?;
                }
                Ok(Some(made))
            }
            Some(_) | None => {
                let made: Result<SharedRow, Error> =
                    columns.iter().map(|column| context.constant(column)).collect();
                made.map(Some)
            }
        }
    }

    /// Makes the values of a row the first arguments.
    fn give(&mut self, row: &SharedRow) {
        let arguments = match self.arguments.is_empty() {
            true => Arc::clone(row),
            false => row.iter().chain(&*self.arguments).cloned().collect(),
        };
        self.spare = std::mem::replace(&mut self.context.subqueries.arguments, arguments);
    }

    /// What all steps make of some rows, in the order in which they would of one after the other.
    fn run(&mut self, rows: &[SharedRow]) -> Result<Vec<SharedRow>, Error> {
        let mut made: Vec<(usize, SharedRow)> = Vec::new();
        for step in 0..self.steps.len() {
            let feeding = match self.steps[step] {
                Step::Values { .. } => {
                    for (number, row) in rows.iter().enumerate() {
                        made.extend(self.values(step, row)?.map(|row| (number, row)));
                    }
                    continue;
                }
                Step::Plan(feeding) => feeding,
            };
            match feeding {
                Feeding::Batch => self.run_plan(step, rows, None, &mut made)?,
                Feeding::Row | Feeding::Arguments => {
                    for (number, row) in rows.iter().enumerate() {
                        let row = std::slice::from_ref(row);
                        self.run_plan(step, row, Some(number), &mut made)?;
                    }
                }
            }
        }
        if rows.len() > 1 {
            made.sort_by_key(|(number, _)| *number);
        }
        Ok(made.into_iter().map(|(_, row)| row).collect())
    }

    /// What a step makes of rows by its plan: all of the row with this number, or with the numbers that
    /// stand behind them.
    fn run_plan(
        &mut self,
        step: usize,
        rows: &[SharedRow],
        number: Option<usize>,
        made: &mut Vec<(usize, SharedRow)>,
    ) -> Result<(), Error> {
        let plan = Arc::clone(&self.plan);
        let RecursiveStep { plan: step, feeding } = &plan.steps[step];
        let mut context = match (feeding, rows) {
            (Feeding::Arguments, [row]) => {
                self.give(row);
                self.context.clone()
            }
            _ => {
                self.context.subqueries.arguments = Arc::clone(&self.arguments);
                self.context.clone()
            }
        };
        if *feeding != Feeding::Arguments {
            let given = (plan.number, given(rows, &plan.types)?);
            let others = context.subqueries.given.iter().cloned();
            context.subqueries.given = others.chain([given]).collect();
        }
        let mut operator = open_operator(step, &Arc::new(context))?;
        while let Some(batch) = operator.next()? {
            for row in 0..batch.rows {
                let number = number.unwrap_or_else(|| {
                    let ordinals = &batch.columns[plan.types.len()];
                    let number = value_at(ordinals, DataType::Integer, row);
                    let Value::Integer(number) = number else { return usize::MAX };
                    usize::try_from(number).unwrap_or(usize::MAX)
                });
                made.push((number, row_of(&batch, &plan.types, row)));
            }
        }
        Ok(())
    }
}

impl Operator for Recursive {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut output = Output::new(&self.plan.types, OUTPUT);
        while !output.is_full() {
            match self.advance(&mut output) {
                Ok(true) => {}
                Ok(false) => break,
                // Whoever needs no more rows does not learn of it.
                Err(failure) if output.rows > 0 => {
                    self.failure = Some(failure);
                    break;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(output.finish())
    }
}

fn row_of(batch: &Batch, types: &[DataType], row: usize) -> SharedRow {
    let columns = batch.columns.iter().zip(types);
    columns.map(|(column, data_type)| value_at(column, *data_type, row)).collect()
}

/// Rows as a step reads them: with their numbers behind them.
fn given(rows: &[SharedRow], types: &[DataType]) -> Result<Batch, Error> {
    let types: Vec<DataType> = types.iter().copied().chain([DataType::Integer]).collect();
    let mut columns = Output::new(&types, rows.len()).columns;
    for (number, row) in rows.iter().enumerate() {
        let number = [Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))];
        for (column, value) in columns.iter_mut().zip(row.iter().chain(&number)) {
            column.push(value)?;
        }
    }
    let columns = columns.into_iter().map(ColumnBuilder::finish).collect();
    Ok(Batch::new(columns, rows.len()))
}

/// The rows that a step was given, once.
pub struct GivenRows(pub Option<Batch>);

impl Operator for GivenRows {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        Ok(self.0.take())
    }
}

impl GivenRows {
    /// What the steps of the recursive table of this number were given.
    pub fn of(number: usize, context: &Context) -> GivenRows {
        let mut given = context.subqueries.given.iter().rev();
        GivenRows(given.find(|(known, _)| *known == number).map(|(_, batch)| batch.clone()))
    }
}
