//! Rows of a table, by a scan or by a key.

use super::Error;
use super::datum::Batch;
use super::demand::RowDemand;
use super::evaluate::Context;
use super::input::PlanInput;
use super::operator::{BoxedOperator, Operator};
use super::row_key::RowKey;
use super::runtime_filter::ScanFilter;
use super::truths::Selection;
use crate::planner::{self, AccessPath, BoundExpression, TableAccess};
use crate::storage::{LocatedVersion, RowBatch, Scan, TableView};
use crate::types::{DataType, KeySchema, RowId, TableSchema, Value};
use arrow_array::BooleanArray;
use std::sync::Arc;

/// The filter is computed for what the joins above left of a batch alone where that is one row in so many.
const FEW: usize = 2;

/// Rows of a table.
pub struct AccessRows {
    context: Arc<Context>,
    access: Arc<TableAccess>,
    source: RowSource,
    /// What is read and comes out where that is more than the access says.
    wider: Option<WiderColumns>,
    /// The filter where a scan stands in the place of a find; else the access has it.
    filter: Option<BoundExpression>,
    /// What the joins above look for.
    runtime_filters: Vec<ScanFilter>,
}

/// More columns than an access asks for.
pub struct WiderColumns {
    /// The table's columns that are read, by index: first those of the access.
    pub read: Vec<usize>,
    /// Which of them come out.
    pub output: Vec<usize>,
}

enum RowSource {
    Scan(Scan),
    /// What a find gave, and how many of them came out.
    Found {
        rows: Vec<LocatedVersion>,
        given: usize,
    },
    /// Those of a relation.
    Made(BoxedOperator),
}

impl AccessRows {
    /// Opens the way to the rows, of which something is asked.
    ///
    /// # Errors
    /// What [`Context::evaluate`] says of a key's values; a relation's own.
    pub fn open(
        access: &Arc<TableAccess>,
        context: &Arc<Context>,
        demand: &RowDemand,
    ) -> Result<AccessRows, Error> {
        let filters = demand.filters.iter().cloned().map(ScanFilter::new).collect();
        let rows = AccessRows::open_columns(access, None, context, &demand.coded)?;
        Ok(AccessRows { runtime_filters: filters, ..rows })
    }

    /// The same of more columns, of which nothing is asked.
    ///
    /// # Errors
    /// As [`AccessRows::open`].
    pub fn open_wider(
        access: &Arc<TableAccess>,
        wider: WiderColumns,
        context: &Arc<Context>,
    ) -> Result<AccessRows, Error> {
        AccessRows::open_columns(access, Some(wider), context, &[])
    }

    fn open_columns(
        access: &Arc<TableAccess>,
        wider: Option<WiderColumns>,
        context: &Arc<Context>,
        coded: &[usize],
    ) -> Result<AccessRows, Error> {
        let read = wider.as_ref().map_or(&access.columns, |wider| &wider.read);
        let (source, filter) = match context.input(access.slot) {
            PlanInput::Table(view) => table_rows(access, view, (read, coded), context)?,
            PlanInput::Function(_) => unreachable!("a function is no table"),
            PlanInput::Relation(relation) => match with_path(access, read)? {
                None => (RowSource::Made(relation.open(read, context)?), None),
                Some((filter, columns)) => {
                    (RowSource::Made(relation.open(&columns, context)?), Some(filter))
                }
            },
        };
        let (context, access) = (Arc::clone(context), Arc::clone(access));
        Ok(AccessRows { context, access, source, wider, filter, runtime_filters: Vec::new() })
    }

    /// What the table has next, unless the statement shall stop.
    fn fetch(&mut self) -> Result<Option<Batch>, Error> {
        self.context.check()?;
        let rows = match &mut self.source {
            RowSource::Scan(scan) => scan.next().transpose()?,
            RowSource::Found { rows, given } if *given == rows.len() => None,
            RowSource::Found { rows, given } => {
                let PlanInput::Table(view) = self.context.input(self.access.slot) else {
                    unreachable!("only tables have keys")
                };
                let read = self.wider.as_ref().map_or(&self.access.columns, |wider| &wider.read);
                let batch = view.fetch_first(&rows[*given..], read)?;
                *given += batch.rows.len();
                Some(batch)
            }
            RowSource::Made(rows) => return rows.next(),
        };
        Ok(rows.map(|RowBatch { rows, columns, coded }| Batch { columns, rows: rows.len(), coded }))
    }

    /// The rows of a batch for which all filters are true; `None` where there is no such row.
    fn kept(&mut self, mut batch: Batch) -> Result<Option<Batch>, Error> {
        let found = ScanFilter::select(&mut self.runtime_filters, &batch);
        let mut mask = found.map(|found| BooleanArray::new(found, None));
        if let Some(filter) = self.filter.as_ref().or(self.access.filter.as_ref()) {
            // Where few are left the filter looks at these alone.
            if let Some(few) = mask.take_if(|mask| mask.true_count() * FEW <= batch.rows) {
                batch = batch.filter(&few)?;
            }
            match self.context.select(filter, &batch)? {
                Selection::None => return Ok(None),
                Selection::All => {}
                Selection::Some(own) => {
                    mask = Some(match mask {
                        Some(found) => BooleanArray::new(found.values() & own.values(), None),
                        None => own,
                    });
                }
            }
        }
        // What only the filter reads is not copied.
        match &self.wider {
            None => batch.columns.truncate(self.access.output),
            Some(wider) => {
                let output = wider.output.iter().map(|place| Arc::clone(&batch.columns[*place]));
                batch.columns = output.collect();
            }
        }
        match mask {
            Some(mask) => batch.filter_some(&mask),
            None => Ok(Some(batch)),
        }
    }
}

impl Operator for AccessRows {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while let Some(batch) = self.fetch()? {
            if let Some(kept) = self.kept(batch)? {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

/// The rows of a table, and the filter that takes the place of the access's own; where they are scanned, with
/// the codes of some columns, which are named by their places among those that are read.
fn table_rows(
    access: &TableAccess,
    view: &TableView,
    (read, coded): (&[usize], &[usize]),
    context: &Context,
) -> Result<(RowSource, Option<BoundExpression>), Error> {
    if let Some(rows) = located(access, view, context)? {
        return Ok((RowSource::Found { rows, given: 0 }, None));
    }
    Ok(match with_path(access, read)? {
        None => (RowSource::Scan(view.scan_coded(read, coded)), None),
        Some((filter, columns)) => {
            (RowSource::Scan(view.scan_coded(&columns, coded)), Some(filter))
        }
    })
}

/// The rows that an access finds, in order of `_row`, each once; `None` of one that scans, or where the view
/// lacks the key.
///
/// # Errors
/// What [`Context::evaluate`] says of the constants of a key.
pub(super) fn located(
    access: &TableAccess,
    view: &TableView,
    context: &Context,
) -> Result<Option<Vec<LocatedVersion>>, Error> {
    match &access.path {
        AccessPath::Scan | AccessPath::Lookup { .. } => Ok(None),
        AccessPath::Numbered(numbers) => numbered(view, numbers, context).map(Some),
        AccessPath::Find { key, values } => {
            find(view, &access.table.keys[*key], values, access, context)
        }
    }
}

/// The rows of these numbers, in their order, each once.
fn numbered(
    view: &TableView,
    numbers: &[BoundExpression],
    context: &Context,
) -> Result<Vec<LocatedVersion>, Error> {
    let mut found = Vec::new();
    for number in numbers {
        let row = row_of(context.constant(number)?);
        found.extend(row.into_iter().flat_map(|row| view.versions_of(row)));
    }
    if numbers.len() > 1 {
        view.settle(&mut found);
    }
    Ok(found)
}

/// The number of a row that a value is; none where no row has it. A real may be the same number.
fn row_of(given: Value) -> Option<RowId> {
    let Ok(Value::Integer(number)) = DataType::Integer.accept(given.clone()) else { return None };
    let is_same = Value::Integer(number) == given;
    u64::try_from(number).ok().filter(|_| is_same).map(RowId)
}

/// The rows that a key finds, in order of `_row`, each once; `None` where the view lacks the key.
fn find(
    view: &TableView,
    key: &KeySchema,
    lists: &[Vec<BoundExpression>],
    access: &TableAccess,
    context: &Context,
) -> Result<Option<Vec<LocatedVersion>>, Error> {
    let row_key = RowKey::new(key, &access.table)?;
    let mut found: Vec<LocatedVersion> = Vec::new();
    for list in lists {
        let given: Vec<Value> =
            list.iter().map(|each| context.constant(each)).collect::<Result<_, Error>>()?;
        let Some(values) = row_key.held(given.into_iter()) else { continue };
        match row_key.find(view, &values)? {
            None => return Ok(None),
            Some(rows) if found.is_empty() => found = rows,
            Some(rows) => found.extend(rows),
        }
    }
    if lists.len() > 1 {
        view.settle(&mut found);
    }
    Ok(Some(found))
}

/// For a scan in the place of a find: the filter with the key's condition put back, and the columns
/// to read, first those that would be.
///
/// # Errors
/// What [`planner::bound_key`] says of the key's definition, which was sound when it was made.
fn with_path(
    access: &TableAccess,
    read: &[usize],
) -> Result<Option<(BoundExpression, Vec<usize>)>, Error> {
    let AccessPath::Find { key, values } = &access.path else { return Ok(None) };
    let key = &access.table.keys[*key];
    let mut columns = read.to_vec();
    let mut place = |column: usize| {
        columns.iter().position(|have| *have == column).unwrap_or_else(|| {
            columns.push(column);
            columns.len() - 1
        })
    };
    let compared = compared_parts(key, &access.table, &mut place)?;
    let any = values.iter().map(|list| {
        let equal = list.iter().zip(&compared);
        let equal =
            equal.map(|(value, compared)| BoundExpression::equal(compared.clone(), value.clone()));
        BoundExpression::all_of(equal).unwrap_or_else(|| truth(true))
    });
    let found = BoundExpression::any_of(any).unwrap_or_else(|| truth(false));
    let own = access.filter.iter().cloned();
    Ok(BoundExpression::all_of(own.chain([found])).map(|filter| (filter, columns)))
}

/// What the parts of a key compare as, over columns among which `place` knows where one of the table is.
///
/// # Errors
/// What [`planner::bound_key`] says of the key's definition, which was sound when it was made.
pub(super) fn compared_parts(
    key: &KeySchema,
    table: &TableSchema,
    place: &mut dyn FnMut(usize) -> usize,
) -> Result<Vec<BoundExpression>, Error> {
    let places: Vec<usize> = key.columns.iter().map(|column| place(*column)).collect();
    let bound = planner::bound_key(key, table)
        .map_err(|error| Error::failed("index-definition", error.to_string()))?;
    let collations = key.parts(table);
    let parts = bound.parts.into_iter().zip(collations.iter());
    let compared = parts.map(|(mut expression, part)| {
        expression.map_columns(&|column| places[column]);
        expression.collation_key(part.collation)
    });
    Ok(compared.collect())
}

fn truth(truth: bool) -> BoundExpression {
    BoundExpression::literal(Value::Boolean(truth), DataType::Boolean)
}
