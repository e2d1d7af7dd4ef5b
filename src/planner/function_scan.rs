//! A function in the place of a table, bound. Its arguments may read the tables beside it in a row of
//! joins, whose rows it is then called for (`function_arguments`).

use super::bind::Binder;
use super::comparison_traits::ComparisonTraits;
use super::expression::BoundExpression;
use super::from_clause::FromBinder;
use super::logical::{ColumnNames, Logical, LogicalJoin};
use super::scope::{ScopeColumn, ScopeRelation};
use super::subquery::SubqueryBinder;
use super::suggest::suggest;
use super::table_functions::{TABLE_FUNCTIONS, TableFunction};
use super::{Error, Plan};
use crate::language::ast::{FunctionReference, Identifier, Temporal};
use crate::types::{CompactSpan, DataType, Span, TableSchema, with_stack};
use std::ops::Range;

/// The rows of its input, each with the rows that a function gives for it.
#[derive(Clone, Debug)]
pub(super) struct LogicalFunction {
    /// The rows that it is called for: one without columns, or those whose columns its arguments read.
    pub input: Box<Logical>,
    /// Which.
    pub function: TableFunction,
    /// What it reads, where that is more than its arguments.
    pub slot: Option<usize>,
    /// What it is called with.
    pub arguments: Vec<BoundExpression>,
    /// The identity of its first column; the others follow, the hidden ones last: its arguments, and
    /// its rowid behind them.
    pub first: usize,
    /// The indexes of the columns that come out.
    pub columns: Vec<usize>,
    /// Whether a row of the input stays for which it gives none: LEFT JOIN.
    pub keeps_input: bool,
    /// What must be true of a row of both.
    pub on: Vec<BoundExpression>,
    /// Where its name stands.
    pub span: Span,
}

/// Arguments that read tables which are bound later.
pub(super) struct LateArguments<'q> {
    /// The first column of their function.
    first: usize,
    call: &'q FunctionReference,
}

/// The same with positions in the place of identities.
#[derive(Clone, Debug)]
pub struct FunctionScan {
    /// The rows that it is called for.
    pub input: Plan,
    /// Which function.
    pub function: TableFunction,
    /// What it reads, where that is more than its arguments.
    pub slot: Option<usize>,
    /// What it is called with, over the input's columns.
    pub arguments: Vec<BoundExpression>,
    /// The indexes of the function's columns that come out, behind those of the input.
    pub columns: Vec<usize>,
    /// Whether a row of the input stays for which it gives none.
    pub keeps_input: bool,
    /// What must be true of a row, over what comes out.
    pub condition: Option<BoundExpression>,
    /// Where its name stands in the statement.
    pub place: CompactSpan,
}

impl TableFunction {
    /// Whether it tells of the database at a moment.
    fn has_past(self) -> bool {
        matches!(self, TableFunction::Pragma(_))
    }
}

impl LogicalFunction {
    /// The identities of its own columns.
    pub fn identities(&self) -> Range<usize> {
        self.first..self.first + self.function.rowid() + 1
    }

    /// The line of EXPLAIN VERBOSE.
    pub fn head(&self, names: &ColumnNames) -> String {
        let columns: Vec<&str> =
            self.columns.iter().map(|column| names.name(self.first + column)).collect();
        let on = self.on.iter().map(|condition| condition.display(names.as_slice()));
        let on = on.collect::<Vec<_>>().join(" and ");
        title(self.keeps_input, self.function, &self.arguments, names.as_slice(), &columns, &on)
    }
}

impl FunctionScan {
    /// The line of EXPLAIN.
    pub(super) fn head(&self) -> String {
        let mut names = self.input.names();
        let known = self.columns();
        let columns: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let arguments = names.clone();
        names.extend(columns.iter().map(|name| (*name).to_owned()));
        let on = self.condition.as_ref().map(|condition| condition.display(&names));
        let on = on.unwrap_or_default();
        title(self.keeps_input, self.function, &self.arguments, &arguments, &columns, &on)
    }

    /// Name and type of each of the function's columns that come out.
    pub fn columns(&self) -> Vec<(&'static str, DataType)> {
        self.columns.iter().map(|column| self.function.column(*column)).collect()
    }
}

/// `rows of json_each(doc) (key, value)`
fn title(
    keeps_input: bool,
    function: TableFunction,
    arguments: &[BoundExpression],
    names: &[String],
    columns: &[&str],
    on: &str,
) -> String {
    let arguments: Vec<String> = arguments.iter().map(|each| each.display(names)).collect();
    let kind = if keeps_input { "left " } else { "" };
    let on = if on.is_empty() { String::new() } else { format!(" where {on}") };
    let (name, columns) = (function.signature().name, columns.join(", "));
    format!("{kind}rows of {name}({}) ({columns}){on}", arguments.join(", "))
}

impl<'q> FromBinder<'_, 'q, '_> {
    /// Binds a function in the place of a table. Of the relations so far those from `visible` on stand
    /// to its left.
    ///
    /// # Errors
    /// `unknown-function`, `function` of a number of arguments that it does not take, `no-past` of a
    /// moment, and those of the arguments.
    pub(super) fn function(
        &mut self,
        call: &'q FunctionReference,
        visible: usize,
    ) -> Result<LogicalFunction, Error> {
        let Some(function) = TableFunction::named(&call.name.name) else {
            let known = TABLE_FUNCTIONS.iter().map(|entry| entry.signature.name);
            let message = format!("no function \"{}\" gives rows", call.name.name);
            let help = suggest(&call.name.name, known);
            return Err(Error::new("unknown-function", message, call.name.span).help(help));
        };
        let (given, most) = (call.arguments.len(), function.signature().most);
        if given > most {
            let message = format!("{} takes at most {most} arguments, not {given}", call.name.name);
            return Err(Error::new("function", message, call.name.span));
        }
        if let (Some(temporal), false) = (&call.temporal, function.has_past()) {
            let message = format!("{} is made of its arguments, and has no past", call.name.name);
            let help = "what its arguments read can have its own AS OF".to_owned();
            return Err(Error::new("no-past", message, temporal.span()).help(Some(help)));
        }
        let (arguments, is_late) = match self.arguments(call, visible) {
            // It may be of a table that comes later.
            Err(error) if ["unknown-column", "unknown-table"].contains(&error.code) => {
                (Vec::new(), true)
            }
            arguments => (arguments?, false),
        };
        let called = call.alias.as_ref().unwrap_or(&call.name);
        let temporal = call.temporal.as_ref();
        let mut bound = self.add_function(function, arguments, called, temporal)?;
        bound.span = self.planning.place(call.name.span);
        self.late.extend(is_late.then_some(LateArguments { first: bound.first, call }));
        Ok(bound)
    }

    /// The arguments of a function, which may read the relations from `visible` on.
    fn arguments(
        &mut self,
        call: &'q FunctionReference,
        visible: usize,
    ) -> Result<Vec<BoundExpression>, Error> {
        let outer = std::mem::replace(&mut self.scope.hidden, visible);
        let (planning, surroundings) = (&mut *self.planning, self.surroundings);
        let subqueries = Some(SubqueryBinder { planning, surroundings });
        let mut binder = Binder { subqueries, ..Binder::new(self.scope, "a function of a FROM") };
        let arguments = call.arguments.iter().map(|argument| binder.bind(argument));
        let arguments = arguments.collect();
        self.scope.hidden = outer;
        arguments
    }

    /// Binds the arguments that read tables which were not there, where the whole FROM is.
    ///
    /// # Errors
    /// Those of the arguments.
    pub(super) fn late_arguments(
        &mut self,
        logical: &mut Logical,
        visible: usize,
    ) -> Result<(), Error> {
        for LateArguments { first, call } in std::mem::take(&mut self.late) {
            let arguments = self.arguments(call, visible)?;
            set_arguments(logical, first, arguments);
        }
        Ok(())
    }

    /// A function with these arguments under its name here.
    pub(super) fn add_function(
        &mut self,
        function: TableFunction,
        arguments: Vec<BoundExpression>,
        called: &Identifier,
        temporal: Option<&Temporal>,
    ) -> Result<LogicalFunction, Error> {
        self.count(called)?;
        let names = (0..=function.rowid()).map(|index| function.column(index).0);
        let first = self.planning.names.add_all(names);
        let shown = function.shown();
        let temporal = temporal.or(self.surroundings.temporal.as_ref());
        let slot = match function.has_past() {
            true => Some(self.planning.catalog.pragmas(temporal, called.span)?),
            false => None,
        };
        self.scope.relations.push(ScopeRelation::function(&called.name, function, first));
        let (input, on, keeps_input) = (Box::new(Logical::OneRow), Vec::new(), false);
        let columns = (0..shown).collect();
        let span = self.planning.place(called.span);
        Ok(LogicalFunction {
            input,
            function,
            slot,
            arguments,
            first,
            columns,
            keeps_input,
            on,
            span,
        })
    }
}

/// Gives the function whose first column this is its arguments.
fn set_arguments(logical: &mut Logical, first: usize, arguments: Vec<BoundExpression>) {
    if let Logical::Function(function) = logical {
        if function.first == first {
            function.arguments = arguments;
        }
    } else if let Logical::Join(LogicalJoin { left, right, .. }) = logical {
        let side = if right.has(first) { right } else { left };
        with_stack(|| set_arguments(side, first, arguments));
    }
}

impl ScopeRelation {
    /// A function, whose columns have the identities from `first` on; its arguments are hidden ones,
    /// and so is its rowid, by whichever of SQLite's names.
    fn function(name: &str, function: TableFunction, first: usize) -> ScopeRelation {
        let named = |index: usize, name: &'static str, declared: DataType| ScopeColumn {
            name: name.into(),
            data_type: function.column(index).1,
            column: first + index,
            traits: ComparisonTraits::of_column(declared).as_column(),
            is_merged: false,
            is_shadowed: false,
            merged: None,
            place: None,
        };
        // SQLite declares them without a type, whatever their values are.
        let column = |index| named(index, function.column(index).0, DataType::Any);
        let mut columns: Vec<ScopeColumn> = (0..function.rowid()).map(column).collect();
        let mut hidden = columns.split_off(function.shown());
        let rowid = |name: &&'static str| named(function.rowid(), name, DataType::Integer);
        hidden.extend(TableSchema::ROWID_NAMES.iter().rev().map(rowid));
        ScopeRelation::with_hidden(name, function.signature().name, columns, hidden)
    }
}
