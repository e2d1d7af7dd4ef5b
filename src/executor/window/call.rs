//! One window function: what it is asked about in the open partition, and its results.

use super::super::Error;
use super::super::accumulate::ListKind;
use super::super::datum::{Batch, Datum, shared};
use super::super::evaluate::Context;
use super::super::paged::{PageReader, PageSource, PagedColumn};
use super::super::spill::Spilled;
use super::frame::KnownFrame;
use super::partition::Partition;
use super::{additive, extreme, listing, place};
use crate::planner::{AggregateFunction, BoundExpression, WindowCall, WindowFunction};
use crate::types::column::ColumnBuilder;
use crate::types::memory::{MemoryBudget, Reservation};
use crate::types::{DataType, Value};
use arrow_array::ArrayRef;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// A function, and what it is asked about in the open partition.
pub(super) struct AskedCall {
    calls: Arc<[WindowCall]>,
    index: usize,
    /// Which rows are seen of each row.
    pub frame: KnownFrame,
    /// For each argument its values.
    pub arguments: Vec<PagedColumn>,
    /// Whether FILTER lets each row in, where there is one.
    taken: Option<PagedColumn>,
    /// What else is held is counted here.
    pub budget: Arc<MemoryBudget>,
}

impl AskedCall {
    /// The function as the plan has it.
    pub fn call(&self) -> &WindowCall {
        &self.calls[self.index]
    }

    /// All columns.
    fn columns(&mut self) -> impl Iterator<Item = &mut PagedColumn> {
        self.arguments.iter_mut().chain(&mut self.taken)
    }
}

/// What a function sees: a partition with all of its rows, and what it is asked about in it.
#[derive(Clone, Copy)]
pub(super) struct WindowRows<'a> {
    pub asked: &'a AskedCall,
    pub partition: &'a Partition,
}

/// A place where the argument of an aggregate is read.
#[derive(Default)]
pub(super) struct CallReader {
    argument: PageReader,
    taken: PageReader,
}

impl CallReader {
    /// Whether the aggregate takes a row.
    ///
    /// # Errors
    /// Those of [`PageReader::value`], as of all that reads.
    pub fn takes(&mut self, rows: WindowRows<'_>, row: usize) -> Result<bool, Error> {
        let Some(taken) = &rows.asked.taken else { return Ok(true) };
        Ok(matches!(self.taken.value(taken, row)?, Value::Boolean(true)))
    }

    /// The argument's value, if the aggregate takes the row and it is no NULL.
    pub fn known(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Option<Value>, Error> {
        let Some(argument) = rows.asked.arguments.first() else { return Ok(None) };
        if !self.takes(rows, row)? {
            return Ok(None);
        }
        let value = self.argument.value(argument, row)?;
        Ok((!value.is_null()).then_some(value))
    }

    /// Whether the row is one for `count`: its argument is no NULL, or there is none.
    pub fn counts(&mut self, rows: WindowRows<'_>, row: usize) -> Result<bool, Error> {
        let is_null = match rows.asked.arguments.first() {
            None => false,
            Some(argument) => self.argument.is_null(argument, row)?,
        };
        Ok(!is_null && self.takes(rows, row)?)
    }
}

/// A function on its way through the rows of a partition.
pub(super) trait RowByRow: Send {
    /// Goes before the first row of a partition.
    ///
    /// # Errors
    /// Those of the function.
    fn begin(&mut self, rows: WindowRows<'_>) -> Result<(), Error>;

    /// What it gives for the next row.
    ///
    /// # Errors
    /// Those of the function.
    fn next(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Value, Error>;

    /// Gives the results of some rows, up to the first one that has no room beside those before.
    ///
    /// # Errors
    /// Those of the function.
    fn fill(
        &mut self,
        rows: WindowRows<'_>,
        range: Range<usize>,
        results: &mut CallResults,
    ) -> Result<(), Error> {
        let capacity = range.len();
        for row in range {
            let value = self.next(rows, row)?;
            if !results.push(&value, capacity)? {
                break;
            }
        }
        Ok(())
    }

    /// What it wrote to temporary files besides what it is asked about.
    fn spilled(&self) -> Spilled {
        Spilled::default()
    }
}

/// A function before the first partition.
fn function(asked: &AskedCall) -> Box<dyn RowByRow> {
    match asked.call().function {
        WindowFunction::Aggregate(function) => match function {
            AggregateFunction::Count
            | AggregateFunction::Sum
            | AggregateFunction::Total
            | AggregateFunction::Avg
            | AggregateFunction::Percentile(_) => additive::aggregate(function, asked),
            AggregateFunction::Min => Box::new(extreme::Extreme::new(false, asked)),
            AggregateFunction::Max => Box::new(extreme::Extreme::new(true, asked)),
            AggregateFunction::GroupConcat => Box::new(listing::FrameList::new(ListKind::Joined)),
            AggregateFunction::JsonGroupArray => {
                Box::new(listing::FrameList::new(ListKind::JsonArray))
            }
            AggregateFunction::JsonGroupObject => {
                Box::new(listing::FrameList::new(ListKind::JsonObject))
            }
            AggregateFunction::OrderedSet(_) | AggregateFunction::Bare => {
                unreachable!("neither a bare column nor WITHIN GROUP is one of a window")
            }
        },
        WindowFunction::RowNumber
        | WindowFunction::Rank
        | WindowFunction::DenseRank
        | WindowFunction::PercentRank
        | WindowFunction::CumeDist
        | WindowFunction::Ntile
        | WindowFunction::Lag
        | WindowFunction::Lead
        | WindowFunction::FirstValue
        | WindowFunction::LastValue
        | WindowFunction::NthValue => Box::new(place::Place::default()),
    }
}

/// The results of a function that have not left yet.
pub(super) struct CallResults {
    data_type: DataType,
    /// Of how many rows there are results, those that have left included.
    pub computed: usize,
    /// The last ones, and how many they are.
    builder: Option<ColumnBuilder>,
    building: usize,
    /// Those before.
    pieces: VecDeque<ArrayRef>,
}

impl CallResults {
    /// Adds the next one, where `capacity` of them are about to come; false if there was no room for
    /// it in the array of those before.
    fn push(&mut self, value: &Value, capacity: usize) -> Result<bool, Error> {
        let data_type = self.data_type;
        let builder = self.builder.get_or_insert_with(|| ColumnBuilder::new(data_type, capacity));
        let pushed = builder.push(value).map_err(Error::from);
        let has_room = match pushed {
            Err(error) if error.is_batch_too_large() && self.building > 0 => {
                self.finish();
                let mut next = ColumnBuilder::new(data_type, 1);
                next.push(value)?;
                self.builder = Some(next);
                false
            }
            pushed => pushed.map(|()| true)?,
        };
        self.building += 1;
        self.computed += 1;
        Ok(has_room)
    }

    /// Puts the last ones into an array.
    fn finish(&mut self) {
        self.pieces.extend(self.builder.take().map(ColumnBuilder::finish));
        self.building = 0;
    }

    /// Of how many rows there are results in arrays.
    fn finished(&self) -> usize {
        self.computed - self.building
    }

    /// Puts the results up to a row into arrays.
    pub fn finish_until(&mut self, row: usize) {
        if self.finished() < row {
            self.finish();
        }
    }

    /// How many the next array has.
    pub fn ready(&self) -> usize {
        self.pieces.front().map_or(0, |piece| piece.len())
    }

    /// Takes so many of the next array out.
    pub fn take(&mut self, rows: usize) -> Option<ArrayRef> {
        let piece = self.pieces.pop_front()?;
        if rows == piece.len() {
            return Some(piece);
        }
        self.pieces.push_front(piece.slice(rows, piece.len() - rows));
        Some(piece.slice(0, rows))
    }
}

/// A function in the open partition.
pub(super) struct OpenCall {
    pub asked: AskedCall,
    function: Box<dyn RowByRow>,
    /// Whether it is on its way: the partition has all of its rows.
    is_begun: bool,
    pub results: CallResults,
}

impl OpenCall {
    /// One of some calls, with its frame.
    pub fn new(
        calls: &Arc<[WindowCall]>,
        index: usize,
        frame: KnownFrame,
        budget: &Arc<MemoryBudget>,
    ) -> OpenCall {
        let call = &calls[index];
        let column = |argument: &BoundExpression| PagedColumn::new(argument.data_type);
        let results = CallResults {
            data_type: call.data_type,
            computed: 0,
            builder: None,
            building: 0,
            pieces: VecDeque::new(),
        };
        let asked = AskedCall {
            arguments: call.arguments.iter().map(column).collect(),
            taken: call.filter.as_ref().map(|_| PagedColumn::new(DataType::Boolean)),
            calls: Arc::clone(calls),
            index,
            frame,
            budget: Arc::clone(budget),
        };
        OpenCall { function: function(&asked), asked, is_begun: false, results }
    }

    /// Adds rows of a batch to the open partition.
    ///
    /// # Errors
    /// Those of [`PagedColumn::push`].
    pub fn push(
        &mut self,
        input: &CallInput,
        rows: &Range<usize>,
        memory: &mut Reservation,
    ) -> Result<(), Error> {
        for (column, source) in self.asked.columns().zip(&input.0) {
            column.push(source, rows.clone(), memory)?;
        }
        Ok(())
    }

    /// Computes up to a row, counted from the first of all; up to which one the results can leave, once
    /// they are put into arrays: an earlier one where there is no room for all of them in one.
    ///
    /// # Errors
    /// Those of the function.
    pub fn compute(&mut self, partition: &Partition, until: usize) -> Result<usize, Error> {
        let computed = self.results.computed;
        if computed < until {
            let OpenCall { asked, function, is_begun, results } = self;
            let rows = WindowRows { asked, partition };
            let begun = if *is_begun { Ok(()) } else { function.begin(rows) };
            *is_begun = true;
            let filled = begun.and_then(|()| function.fill(rows, computed..until, results));
            filled.map_err(|error| error.at(asked.call().place))?;
        }
        let is_cut = self.results.ready() > 0;
        Ok(if is_cut { self.results.finished().min(until) } else { until })
    }

    /// Lets go of all rows of the open partition.
    pub fn clear(&mut self) {
        self.is_begun = false;
        self.asked.columns().for_each(PagedColumn::clear);
    }

    /// What was written to temporary files.
    pub fn spilled(&self) -> Spilled {
        let columns = self.asked.arguments.iter().chain(&self.asked.taken);
        columns.map(PagedColumn::spilled).fold(self.function.spilled(), |all, of| all + of)
    }
}

/// What a function is asked about in one batch: its arguments, and whether FILTER lets a row in.
pub(super) struct CallInput(Vec<PageSource>);

impl CallInput {
    /// That of a function.
    ///
    /// # Errors
    /// Those of [`Context::evaluate`].
    pub fn of(call: &WindowCall, batch: &Batch, context: &Context) -> Result<CallInput, Error> {
        let mut values: Vec<Datum> = Vec::with_capacity(call.arguments.len() + 1);
        for argument in &call.arguments {
            values.push(context.evaluate(argument, batch)?);
        }
        if let Some(filter) = &call.filter {
            values.push(shared(context.mask(filter, batch)?));
        }
        let values = values.into_iter().map(|values| PageSource::new(values, batch.rows));
        Ok(CallInput(values.collect()))
    }
}
