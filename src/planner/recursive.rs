//! Recursive tables of WITH: what reads itself.
//!
//! The parts of such a query that name its own table in their FROM are its recursive parts; they stand
//! behind the others. Each row that the table gets is handed to them, and what they make of it are rows
//! of the table, too, those that it has already left out where the parts are combined by UNION. So it
//! goes on, row by row in the order in which they come, or in that of ORDER BY, until there is none
//! left or LIMIT is reached.

use super::common_type::compound_type;
use super::compound::{self, CompoundOrder};
use super::expression::{BoundExpression, BoundKind};
use super::from_clause::FromBinder;
use super::logical::{ComputedColumn, Logical, LogicalJoin, LogicalKey};
use super::query::{self, LogicalQuery, QueryColumn};
use super::surroundings::{CommonTableReference, Recursion, Surroundings};
use super::with_plan::Feeding;
use super::{Error, Planning};
use crate::language::ast::{Identifier, QueryBody, SetOperator, TableReference};
use crate::types::{Collation, DataType, Name};
use std::cell::Cell;
use std::rc::Rc;

/// How often the types of a recursive table's columns are looked for; what is not settled then is ANY.
const MOST_ATTEMPTS: usize = 4;

/// A recursive table.
#[derive(Clone, Debug)]
pub(super) struct LogicalRecursive {
    /// Its number in the statement, from 1.
    pub number: usize,
    /// What it is called.
    pub name: Name,
    /// The rows that it begins with, and the columns that become its.
    pub initial: Box<Logical>,
    /// The identities of these.
    pub initial_columns: Vec<usize>,
    /// What makes rows of its rows.
    pub parts: Vec<RecursivePart>,
    /// The identities of its columns.
    pub columns: Vec<usize>,
    /// Their types.
    pub types: Vec<DataType>,
    /// Where equal rows count once: by which collations their values are compared.
    pub distinct: Option<Vec<Collation>>,
    /// Which row is looked at next, each key with its collation; the one that came first where this says
    /// nothing.
    pub order: Vec<(LogicalKey, Collation)>,
}

/// A part of a recursive table that reads it.
#[derive(Clone, Debug)]
pub(super) struct RecursivePart {
    /// What it makes of the rows that it is given.
    pub logical: Logical,
    /// The columns of its answer.
    pub columns: Vec<usize>,
    /// The rows as it reads them.
    pub rows: RecursiveRows,
    /// How it is given them.
    pub feeding: Feeding,
}

/// The rows of a recursive table where a part of it reads them.
#[derive(Clone, Debug)]
pub(super) struct RecursiveRows {
    /// The number of the table.
    pub number: usize,
    /// What it is called.
    pub name: Name,
    /// The identities of its columns here.
    pub columns: Vec<usize>,
    /// Their types.
    pub types: Vec<DataType>,
    /// The identity of the number of a row among those that are given at once.
    pub ordinal: usize,
}

impl RecursivePart {
    /// The identities of what has to come out of it: its columns, and the number of the row that they
    /// were made of where it is given several.
    pub fn output(&self) -> Vec<usize> {
        let ordinal = (self.feeding == Feeding::Batch).then_some(self.rows.ordinal);
        self.columns.iter().copied().chain(ordinal).collect()
    }
}

/// The table that a recursive part has in its FROM, where it is a name.
fn reads(body: &QueryBody, name: &str) -> bool {
    let QueryBody::Select(select) = body else { return false };
    fn is_in(reference: &TableReference, name: &str) -> bool {
        match reference {
            TableReference::Table { name: known, .. } => known.name.eq_ignore_ascii_case(name),
            TableReference::Join { left, right, .. } => is_in(left, name) || is_in(right, name),
            TableReference::Function(_)
            | TableReference::History { .. }
            | TableReference::Query { .. } => false,
        }
    }
    select.from.as_ref().is_some_and(|from| is_in(from, name))
}

/// Where the recursive parts of a compound begin among its parts but the first, if it has any: all
/// from there on are, and combined in the same way.
fn first_recursive(others: &[(SetOperator, QueryBody)], name: &str) -> Option<usize> {
    let (last, _) = others.last()?;
    if !matches!(last, SetOperator::Union | SetOperator::UnionAll) {
        return None;
    }
    let is_recursive =
        |(operator, part): &&(SetOperator, QueryBody)| operator == last && reads(part, name);
    let count = others.iter().rev().take_while(is_recursive).count();
    (count > 0).then(|| others.len() - count)
}

/// Binds a table of WITH, if it is a recursive one.
///
/// # Errors
/// Those of a query; `column-count` where its parts have different numbers of columns;
/// `recursive-reference` where a part reads the table twice, or in a way in which it cannot be handed
/// row by row.
pub(super) fn bind(
    reference: &CommonTableReference<'_>,
    planning: &mut Planning,
) -> Result<Option<LogicalQuery>, Error> {
    let table = reference.table;
    let (name, query) = (&table.name.name, &table.query);
    let is_hidden = query.with.iter().any(|known| known.name.name.eq_ignore_ascii_case(name));
    let QueryBody::Compound { first, others } = &query.body else { return Ok(None) };
    let Some(at) = first_recursive(others, name).filter(|_| !is_hidden) else { return Ok(None) };
    let inside = reference.surroundings.inside(query, planning)?;
    let mut order_by = CompoundOrder::new(&query.order_by)?;
    let (initial, collations) =
        compound::bind_initial(first, &others[..at], &mut order_by, &inside, planning)?;
    let initial = initial.called(&table.name, &table.columns)?;
    let mut known = initial.output.clone();
    query::collate(&mut known, &collations);
    let (number, types, parts) =
        bind_settled(reference, &others[at..], &mut order_by, &inside, &known, planning)?;
    let named = |(at, (known, data_type)): (usize, (&QueryColumn, &DataType))| {
        let column = planning.names.add(&known.name);
        let others = parts.iter().map(|(part, _)| part.output[at].traits);
        // By these they are compared within the table; others know the first part's collations.
        let traits = others.fold(known.traits, |own, other| own.combined(other, *data_type));
        QueryColumn { data_type: *data_type, column, traits, ..known.clone() }
    };
    let mut output: Vec<QueryColumn> =
        initial.output.iter().zip(&types).enumerate().map(named).collect();
    let order = order(&order_by, &output)?;
    let initial = query::widened(initial, &types, planning);
    let is_batch =
        order.is_empty() && parts.iter().all(|(part, _)| part.logical.is_row_by_row(number));
    let feeding = if is_batch { Feeding::Batch } else { Feeding::Row };
    let parts = parts
        .into_iter()
        .map(|(part, rows)| {
            let LogicalQuery { mut logical, output } = query::widened(part, &types, planning);
            let columns = output.iter().map(|column| column.column).collect();
            if feeding == Feeding::Batch {
                logical.hand_on(rows.ordinal);
            }
            RecursivePart { logical, columns, rows, feeding }
        })
        .collect();
    let is_distinct = others.last().is_some_and(|(last, _)| *last == SetOperator::Union);
    let logical = Logical::Recursive(Box::new(LogicalRecursive {
        number,
        name: name.clone(),
        initial_columns: initial.identities(),
        initial: Box::new(initial.logical),
        parts,
        columns: output.iter().map(|column| column.column).collect(),
        types,
        distinct: is_distinct
            .then(|| output.iter().map(|column| column.traits.collation.collation()).collect()),
        order,
    }));
    query::collate(&mut output, &collations);
    query::limited(LogicalQuery { logical, output }, query, &inside, planning).map(Some)
}

/// The keys of ORDER BY, each with its collation.
fn order(
    order_by: &CompoundOrder<'_>,
    output: &[QueryColumn],
) -> Result<Vec<(LogicalKey, Collation)>, Error> {
    let keys = order_by.columns(output)?.into_iter().filter_map(|(column, item)| {
        let BoundKind::Column(identity) = column.kind else { return None };
        Some((LogicalKey::of(item, identity), column.traits.collation.collation()))
    });
    Ok(keys.collect())
}

type BoundPart = (LogicalQuery, RecursiveRows);

/// Binds the recursive parts of a table as whose columns these are known, by types that hold the values
/// of all parts.
///
/// # Errors
/// Those of [`bind`].
fn bind_settled<'q>(
    reference: &CommonTableReference<'q>,
    parts: &'q [(SetOperator, QueryBody)],
    order: &mut CompoundOrder<'_>,
    inside: &Surroundings<'q>,
    known: &[QueryColumn],
    planning: &mut Planning,
) -> Result<(usize, Vec<DataType>, Vec<BoundPart>), Error> {
    let mut types: Vec<DataType> = known.iter().map(|known| known.data_type).collect();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let (number, bound) =
            bind_parts(reference, parts, order, inside, (known, &types), planning)?;
        let settled = settled_types(&types, &bound);
        if settled == types {
            return Ok((number, types, bound));
        }
        let differs = |(known, now): (&DataType, &DataType)| {
            if known != now && attempt == MOST_ATTEMPTS - 1 { DataType::Any } else { *now }
        };
        types = types.iter().zip(&settled).map(differs).collect();
    }
}

/// Binds the recursive parts of a table whose columns have these types.
fn bind_parts<'q>(
    reference: &CommonTableReference<'q>,
    parts: &'q [(SetOperator, QueryBody)],
    order: &mut CompoundOrder<'_>,
    inside: &Surroundings<'q>,
    (known, types): (&[QueryColumn], &[DataType]),
    planning: &mut Planning,
) -> Result<(usize, Vec<BoundPart>), Error> {
    planning.recursions += 1;
    let number = planning.recursions;
    let columns = known.iter().zip(types);
    let columns: Vec<QueryColumn> = columns
        .map(|(known, data_type)| QueryColumn { data_type: *data_type, ..known.clone() })
        .collect();
    let (key, reads) = (reference.key, Cell::new(0));
    let recursion = Rc::new(Recursion { number, key, columns, reads });
    let surroundings = inside.recursive(Rc::clone(&recursion));
    let mut bound = Vec::with_capacity(parts.len());
    for (operator, part) in parts {
        recursion.reads.set(0);
        let part = query::bind_part(part, order, &surroundings, planning)?;
        compound::check_width(*operator, types.len(), part.output.len())?;
        let rows = rows_on_path(&part.logical, number).cloned().map_err(|what| {
            let message = format!("{} reads its own rows in {what}", reference.table.name.name);
            let help = "its rows are handed on one by one: compute that where the table is read";
            Error::new("recursive-reference", message, reference.table.name.span)
                .help(Some(help.to_owned()))
        })?;
        bound.push((part, rows));
    }
    Ok((number, bound))
}

/// The types that hold the values of a table and of what is made of them.
fn settled_types(types: &[DataType], parts: &[BoundPart]) -> Vec<DataType> {
    let settled = |(at, data_type): (usize, &DataType)| {
        let parts = parts.iter().map(|(part, _)| part.output[at].data_type);
        parts.fold(*data_type, compound_type)
    };
    types.iter().enumerate().map(settled).collect()
}

/// Where a part reads the rows of its table; what stands above them if they cannot be handed on.
fn rows_on_path(logical: &Logical, number: usize) -> Result<&RecursiveRows, &'static str> {
    match logical {
        Logical::Aggregate(_) => return Err("an aggregate"),
        Logical::Window(_) => return Err("a window"),
        Logical::RecursiveRows(rows) if rows.number == number => return Ok(rows),
        Logical::OneRow
        | Logical::Table(_)
        | Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Project { .. }
        | Logical::Join(_)
        | Logical::Distinct { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. }
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_) => {}
    }
    let mut found = Err("a query of its own");
    logical.for_each_input(|input| {
        if found.is_err() {
            found = rows_on_path(input, number);
        }
    });
    found
}

impl Logical {
    /// Whether each row that comes out was made of one of a recursive table's rows, whatever others
    /// there are, and would come in the same order among those of that row.
    pub(super) fn is_row_by_row(&self, number: usize) -> bool {
        match self {
            Logical::RecursiveRows(rows) => rows.number == number,
            Logical::Filter { input, .. } | Logical::Project { input, .. } => {
                input.is_row_by_row(number)
            }
            Logical::Join(LogicalJoin { left, right, kind, .. }) => {
                left.is_row_by_row(number) && !kind.keeps_right()
                    || right.is_row_by_row(number) && !kind.keeps_left()
            }
            Logical::Function(function) => function.input.is_row_by_row(number),
            Logical::OneRow
            | Logical::Table(_)
            | Logical::Aggregate(_)
            | Logical::Window(_)
            | Logical::Distinct { .. }
            | Logical::Sort { .. }
            | Logical::Limit { .. }
            | Logical::Values(_)
            | Logical::Append { .. }
            | Logical::SetFilter(_)
            | Logical::Shared(_)
            | Logical::Recursive(_) => false,
        }
    }

    /// Lets a column come out that some operator below has, and joins and filters let through.
    fn hand_on(&mut self, column: usize) {
        if let Logical::Project { columns, .. } = self {
            let expression = BoundExpression::column(column, DataType::Integer);
            columns.push(ComputedColumn { column, expression });
        }
        self.for_each_input_mut(|input| {
            if input.has_below(column) {
                input.hand_on(column);
            }
        });
    }

    /// Whether some operator has a column, this one or one below.
    fn has_below(&self, column: usize) -> bool {
        let mut has = self.has(column);
        self.for_each_input(|input| has = has || input.has_below(column));
        has
    }
}

impl<'q> FromBinder<'_, 'q, '_> {
    /// The rows of the table that is being bound, as one of its parts reads them.
    ///
    /// # Errors
    /// `recursive-reference` where it is no recursive part that reads them, or has read them already.
    pub(super) fn add_recursive(
        &mut self,
        reference: &CommonTableReference<'q>,
        name: &Identifier,
        called: &Identifier,
    ) -> Result<Logical, Error> {
        let recursion = self.surroundings.recursion.clone();
        let Some(recursion) = recursion.filter(|known| known.key == reference.key) else {
            let message = format!("{} is made of itself here", reference.table.name.name);
            let help =
                "a recursive part stands behind UNION or UNION ALL, and has the table in its FROM";
            return Err(
                Error::new("recursive-reference", message, name.span).help(Some(help.to_owned()))
            );
        };
        if recursion.reads.replace(recursion.reads.get() + 1) > 0 {
            let message = format!("{} reads itself twice here", reference.table.name.name);
            return Err(Error::new("recursive-reference", message, name.span));
        }
        self.count(called)?;
        let names = &mut self.planning.names;
        let output: Vec<QueryColumn> = recursion
            .columns
            .iter()
            .map(|known| QueryColumn { column: names.add(&known.name), ..known.clone() })
            .collect();
        let logical = Logical::RecursiveRows(Box::new(RecursiveRows {
            number: recursion.number,
            name: reference.table.name.name.clone(),
            columns: output.iter().map(|column| column.column).collect(),
            types: output.iter().map(|column| column.data_type).collect(),
            ordinal: names.add("row"),
        }));
        Ok(self.add_answer(called, LogicalQuery { logical, output }))
    }
}
