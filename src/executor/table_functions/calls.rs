//! The operator that calls a function for each row of its input.
//!
//! Rows come out as the function gives them, some thousands at a time, each behind the values of the
//! input's row that it was called for; nothing is held but these.

use super::super::Error;
use super::super::batches::{BatchCutter, each_part, first_part};
use super::super::datum::{Batch, Datum};
use super::super::evaluate::Context;
use super::super::operator::{BoxedOperator, Operator};
use super::{TableRows, call};
use crate::planner::FunctionScan;
use crate::types::DataType;
use crate::types::column::ColumnBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, UInt64Array};
use std::sync::Arc;

/// The most rows that come out at once, and the bytes from which on they are enough.
const BATCH: usize = 4_096;
const BATCH_BYTES: usize = 4 << 20;

/// The rows of a function for each row of an input.
pub struct FunctionCalls {
    input: BatchCutter,
    scan: Arc<FunctionScan>,
    context: Arc<Context>,
    current: Option<CalledBatch>,
    /// Parts of what is to come out and was too large, the next one last.
    parts: Vec<Batch>,
}

/// Rows of the input that the function is called for.
struct CalledBatch {
    rows: Batch,
    arguments: Vec<(Datum, DataType)>,
    /// Which is next.
    next: usize,
    /// What it gives for the one before that.
    open: Option<Box<dyn TableRows>>,
    /// How many rows of that there were.
    given: i64,
    /// Whether something came of that.
    is_met: bool,
}

/// Rows that a function gave.
struct CallRows {
    /// For which rows of the input.
    places: Vec<u64>,
    columns: Vec<ArrayRef>,
    /// Behind how many of them which row of the input was through.
    ends: Vec<(usize, u64)>,
}

impl FunctionCalls {
    /// Calls for each row of this input.
    pub fn new(
        input: BoxedOperator,
        scan: Arc<FunctionScan>,
        context: Arc<Context>,
    ) -> FunctionCalls {
        let (input, parts) = (BatchCutter::new(input), Vec::new());
        FunctionCalls { input, scan, context, current: None, parts }
    }

    /// Reads the next rows of the input.
    fn read(&mut self) -> Result<Option<CalledBatch>, Error> {
        let FunctionCalls { input, scan, context, .. } = self;
        input.next(|batch| {
            let mut arguments = Vec::with_capacity(scan.arguments.len());
            for argument in &scan.arguments {
                arguments.push((context.evaluate(argument, batch)?, argument.data_type));
            }
            let rows = batch.clone();
            Ok(CalledBatch { rows, arguments, next: 0, open: None, given: 0, is_met: false })
        })
    }
}

impl CalledBatch {
    /// What the function gives next.
    fn give(&mut self, scan: &FunctionScan, context: &Context) -> Result<CallRows, Error> {
        let types = scan.columns();
        let mut builders: Vec<ColumnBuilder> =
            types.iter().map(|(_, data_type)| ColumnBuilder::new(*data_type, 0)).collect();
        let (mut places, mut ends, mut bytes) = (Vec::new(), Vec::new(), 0);
        while places.len() < BATCH && bytes < BATCH_BYTES {
            let Some(rows) = &mut self.open else {
                if self.next == self.rows.rows || ends.len() == BATCH {
                    break;
                }
                let value =
                    |(datum, data_type): &(Datum, DataType)| datum.value(*data_type, self.next);
                let arguments: Vec<_> = self.arguments.iter().map(value).collect();
                let opened = call(scan.function, &arguments, &scan.columns, scan.slot, context);
                self.open = opened.map_err(|error| error.at(scan.place))?;
                self.given = 0;
                self.next += 1;
                if self.open.is_none() {
                    ends.push((places.len(), self.place()));
                }
                continue;
            };
            if !rows.advance()? {
                self.open = None;
                ends.push((places.len(), self.place()));
                continue;
            }
            self.given += 1;
            for (column, builder) in scan.columns.iter().zip(&mut builders) {
                let value = match *column == scan.function.rowid() {
                    true => rows.rowid(self.given),
                    false => rows.value(*column),
                };
                bytes += value.byte_length();
                builder.push(&value)?;
            }
            places.push(self.place());
        }
        let columns = builders.into_iter().map(ColumnBuilder::finish).collect();
        Ok(CallRows { places, columns, ends })
    }

    /// The row that the function is called for.
    fn place(&self) -> u64 {
        u64::try_from(self.next.saturating_sub(1)).unwrap_or(u64::MAX)
    }

    /// Rows of both: the first column of these says of which row of the input each is.
    fn joined(&self, given: &Batch) -> Result<Batch, Error> {
        let (places, own) = given.columns.split_first().expect("the places come first");
        let mut joined = self.rows.take_or_null(places.as_primitive::<UInt64Type>())?;
        joined.columns.extend(own.iter().cloned());
        Ok(joined)
    }

    /// The given rows for which a condition is true, and one without values for each row of the input
    /// that has none.
    fn kept(
        &mut self,
        given: CallRows,
        scan: &FunctionScan,
        context: &Context,
    ) -> Result<Batch, Error> {
        let CallRows { places, columns, ends } = given;
        let (rows, mut ends) = (places.len(), ends.into_iter().peekable());
        let all = batch(places.clone(), columns);
        let mut are_true = Vec::with_capacity(rows);
        match &scan.condition {
            None => are_true.resize(rows, true),
            Some(condition) => {
                for mask in each_part(&all, |part| context.mask(condition, &self.joined(part)?))? {
                    are_true.extend(mask.values().iter());
                }
            }
        }
        let (mut of_input, mut of_function) = (Vec::new(), Vec::new());
        for at in 0..=rows {
            while let Some((_, place)) = ends.next_if(|(end, _)| *end == at) {
                if !std::mem::take(&mut self.is_met) {
                    of_input.push(place);
                    of_function.push(None);
                }
            }
            if at < rows && are_true[at] {
                self.is_met = true;
                of_input.push(places[at]);
                of_function.push(u64::try_from(at).ok());
            }
        }
        let own = Batch::new(all.columns[1..].to_vec(), rows);
        let own = own.take_or_null(&UInt64Array::from(of_function))?;
        Ok(batch(of_input, own.columns))
    }
}

/// Rows with the places that they are for before them.
fn batch(places: Vec<u64>, columns: Vec<ArrayRef>) -> Batch {
    let rows = places.len();
    let places: ArrayRef = Arc::new(UInt64Array::from(places));
    Batch::new(std::iter::once(places).chain(columns).collect(), rows)
}

impl Operator for FunctionCalls {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        loop {
            self.context.check()?;
            if let Some(current) = &mut self.current {
                let next = match self.parts.pop() {
                    Some(part) => part,
                    None => {
                        let given = current.give(&self.scan, &self.context)?;
                        if given.places.is_empty() && given.ends.is_empty() {
                            self.current = None;
                            continue;
                        }
                        if self.scan.keeps_input {
                            current.kept(given, &self.scan, &self.context)?
                        } else {
                            batch(given.places, given.columns)
                        }
                    }
                };
                if next.rows == 0 {
                    continue;
                }
                return first_part(next, &mut self.parts, |part| current.joined(part)).map(Some);
            }
            match self.read()? {
                Some(called) => self.current = Some(called),
                None => return Ok(None),
            }
        }
    }
}
