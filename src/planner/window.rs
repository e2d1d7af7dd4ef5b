//! Window functions: what OVER stands behind.
//!
//! A SELECT gathers them as it gathers aggregates. Those of one partition and one order become one
//! operator over rows in that order; of several such windows the first one that is written is the last
//! to be computed, so that rows come out in its order, as in SQLite.

use super::bind::Binder;
use super::expression::{BoundExpression, BoundKind};
use super::functions::WindowFunction;
use super::logical::{ColumnNames, ComputedColumn, Logical, LogicalKey, LogicalWindow};
use super::plan::OrderKey;
use super::{Error, collation, exact_numbers, suggest};
use crate::language::ast::{
    Expression, FrameBound, FrameExclusion, FrameUnit, FunctionCall, Identifier, NamedWindow,
    OrderItem, Over, Window, WindowFrame,
};
use crate::types::{Collation, CompactSpan, DataType, Span, Value, whole_number};
use std::collections::BTreeMap;

/// A window function of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowCall {
    /// Which.
    pub function: WindowFunction,
    /// Its arguments; none for `count(*)`.
    pub arguments: Vec<BoundExpression>,
    /// How texts of its first argument compare, where it compares them.
    pub collation: Collation,
    /// Which rows an aggregate takes.
    pub filter: Option<BoundExpression>,
    /// Which rows are seen of each row.
    pub frame: Frame,
    /// The type of its result.
    pub data_type: DataType,
    /// Where it stands in the statement, if it does; two that differ in this alone are equal.
    pub place: CompactSpan,
}

/// Which rows of its partition are seen of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// What its bounds count.
    pub unit: FrameUnit,
    /// The first row.
    pub start: FrameBound<BoundExpression>,
    /// The last row.
    pub end: FrameBound<BoundExpression>,
    /// Which rows between them are left out.
    pub exclusion: FrameExclusion,
}

impl Default for Frame {
    /// What is before the row, it itself and its equals: all rows where there is no order.
    fn default() -> Frame {
        Frame {
            unit: FrameUnit::Range,
            start: FrameBound::UnboundedPreceding,
            end: FrameBound::CurrentRow,
            exclusion: FrameExclusion::NoOthers,
        }
    }
}

impl WindowCall {
    /// The expressions that it is made of.
    pub fn expressions(&self) -> impl Iterator<Item = &BoundExpression> {
        let bounds = [&self.frame.start, &self.frame.end];
        let offsets = bounds.into_iter().filter_map(FrameBound::offset);
        self.arguments.iter().chain(&self.filter).chain(offsets)
    }

    /// The same to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut BoundExpression> {
        let bounds = [&mut self.frame.start, &mut self.frame.end];
        let offsets = bounds.into_iter().filter_map(FrameBound::offset_mut);
        self.arguments.iter_mut().chain(&mut self.filter).chain(offsets)
    }
}

/// A window function with all of its window, its columns still expressions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BoundWindow {
    partition: Vec<BoundExpression>,
    order: Vec<OrderKey>,
    call: WindowCall,
}

impl BoundWindow {
    /// The expressions that it is made of, to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut BoundExpression> {
        let order = self.order.iter_mut().map(|key| &mut key.expression);
        self.partition.iter_mut().chain(order).chain(self.call.expressions_mut())
    }

    fn expressions(&self) -> impl Iterator<Item = &BoundExpression> {
        let order = self.order.iter().map(|key| &key.expression);
        self.partition.iter().chain(order).chain(self.call.expressions())
    }
}

/// What window functions are bound with.
pub(super) struct WindowBinder<'a> {
    /// The windows of the WINDOW clause.
    pub named: &'a [NamedWindow],
    /// Where the functions are gathered.
    pub calls: &'a mut Vec<BoundWindow>,
}

/// The parts of a window, once it is known what it extends.
#[derive(Clone, Copy, Default)]
struct WindowParts<'a> {
    partition_by: &'a [Expression],
    order_by: &'a [OrderItem],
    frame: Option<&'a WindowFrame>,
}

/// Makes sure that each window of a WINDOW clause can extend what it names, also if nothing uses it.
///
/// # Errors
/// `unknown-window` and `window`.
pub(super) fn check(named: &[NamedWindow]) -> Result<(), Error> {
    for (index, NamedWindow { window, .. }) in named.iter().enumerate() {
        extended(window, &named[..index])?;
    }
    Ok(())
}

/// Puts windows, of which there are some, below what a SELECT gives, and turns their functions in it into columns.
pub(super) fn over(
    bound: Vec<BoundWindow>,
    rows: Logical,
    above: &mut [&mut BoundExpression],
    names: &mut ColumnNames,
) -> Logical {
    let mut used = BTreeMap::new();
    let read = above.iter().map(|expression| &**expression);
    read.chain(bound.iter().flat_map(BoundWindow::expressions)).for_each(|expression| {
        note_columns(expression, &mut used);
    });
    let used = used.into_iter();
    let mut columns: Vec<ComputedColumn> =
        used.map(|(column, expression)| ComputedColumn { column, expression }).collect();
    let mut windows: Vec<LogicalWindow> = Vec::new();
    let mut identities = Vec::with_capacity(bound.len());
    for BoundWindow { partition, order, call } in bound {
        let mut computed = |expression| ComputedColumn::among(&mut columns, expression, names);
        let partition: Vec<usize> = partition.into_iter().map(&mut computed).collect();
        let order = order.into_iter().map(|key| LogicalKey {
            column: computed(key.expression),
            descending: key.descending,
            nulls_first: key.nulls_first,
        });
        let order: Vec<LogicalKey> = order.collect();
        let identity = names.add_displayed(|names| call.display(names));
        identities.push((identity, call.data_type));
        let known =
            windows.iter_mut().find(|known| known.partition == partition && known.order == order);
        match known {
            Some(known) => known.calls.push((identity, call)),
            None => windows.push(LogicalWindow {
                input: Box::new(Logical::OneRow),
                partition,
                order,
                calls: vec![(identity, call)],
            }),
        }
    }
    above.iter_mut().for_each(|expression| name_windows(expression, &identities));
    let mut logical = Logical::Project { input: Box::new(rows), columns };
    for window in windows.into_iter().rev() {
        let input = Box::new(window.sorted(logical));
        logical = Logical::Window(LogicalWindow { input, ..window });
    }
    logical
}

impl LogicalWindow {
    /// Rows as the window wants them: partition by partition, each in its order.
    fn sorted(&self, rows: Logical) -> Logical {
        let partition = self.partition.iter().map(|column| LogicalKey::ascending(*column));
        let keys: Vec<LogicalKey> = partition.chain(self.order.iter().cloned()).collect();
        if keys.is_empty() {
            return rows;
        }
        Logical::Sort { input: Box::new(rows), keys, first: None }
    }
}

/// The columns that an expression reads, each as it reads it.
fn note_columns(expression: &BoundExpression, used: &mut BTreeMap<usize, BoundExpression>) {
    if let BoundKind::Column(column) = expression.kind {
        used.entry(column).or_insert_with(|| expression.clone());
    }
    expression.for_each_operand(|operand| note_columns(operand, used));
}

/// Turns window functions into the columns that they are.
fn name_windows(expression: &mut BoundExpression, identities: &[(usize, DataType)]) {
    if let BoundKind::Window(index) = expression.kind {
        expression.become_kind(BoundKind::Column(identities[index].0));
    } else {
        expression.for_each_operand_mut(|operand| name_windows(operand, identities));
    }
}

/// The parts of a window: its own, and those of the window that it extends, one of `named`.
///
/// # Errors
/// `unknown-window` where there is none of that name; `window` where a part would be replaced.
fn extended<'a>(window: &'a Window, named: &'a [NamedWindow]) -> Result<WindowParts<'a>, Error> {
    let Window { partition_by, order_by, frame, .. } = window;
    let own = WindowParts { partition_by, order_by, frame: frame.as_ref() };
    let Some(name) = &window.base else { return Ok(own) };
    let base = find(name, named)?;
    let refuse = |part: &str, help: &str| {
        let message = format!("a window that extends \"{}\" cannot have {part}", name.name);
        Err(Error::new("window", message, name.span).help(Some(help.to_owned())))
    };
    if !own.partition_by.is_empty() {
        return refuse(
            "a PARTITION BY of its own",
            "the rows are parted where the window is named",
        );
    } else if !own.order_by.is_empty() && !base.order_by.is_empty() {
        return refuse("an ORDER BY of its own", "that window has one: write the whole window");
    } else if base.frame.is_some() {
        let help = format!("that window has a frame: OVER {} takes it as it is", name.name);
        return refuse("parts of its own", &help);
    }
    let order_by = if own.order_by.is_empty() { base.order_by } else { own.order_by };
    Ok(WindowParts { partition_by: base.partition_by, order_by, frame: own.frame })
}

/// The window of this name; of several the last, as in SQLite.
///
/// # Errors
/// `unknown-window` where there is none.
fn find<'a>(name: &Identifier, named: &'a [NamedWindow]) -> Result<WindowParts<'a>, Error> {
    let is_called = |known: &NamedWindow| known.name.name.eq_ignore_ascii_case(&name.name);
    let Some(index) = named.iter().rposition(is_called) else {
        let message = format!("there is no window \"{}\" before this", name.name);
        let help = suggest(&name.name, named.iter().map(|known| known.name.name.as_str()));
        let help = help.or_else(|| Some(format!("WINDOW {} AS (…) defines it", name.name)));
        return Err(Error::new("unknown-window", message, name.span).help(help));
    };
    extended(&named[index].window, &named[..index])
}

/// The error for a window function where none can stand.
pub(super) fn misplaced(name: &str, clause: &str, span: Span) -> Error {
    let help = "a query around this one can use what it gives: \
                SELECT … FROM (SELECT …, f() OVER (…) AS w FROM …) WHERE w …";
    let message = format!("{name} cannot stand in {clause}");
    Error::new("misplaced-window", message, span).help(Some(help.into()))
}

impl Binder<'_, '_> {
    /// Binds the windows of a WINDOW clause where somebody asks what names mean: also those that nothing
    /// uses have names. Whether such a window could be used, nobody asks.
    pub(super) fn record_windows(&mut self, named: &[NamedWindow]) {
        for NamedWindow { window, .. } in named.iter().filter(|_| self.scope.references.is_some()) {
            window.partition_by.iter().for_each(|term| drop(self.bind(term)));
            window.order_by.iter().for_each(|item| drop(self.bind(&item.expression)));
        }
    }

    /// Binds a function with OVER behind it.
    ///
    /// # Errors
    /// `misplaced-window` where none can stand; `function` of DISTINCT, and of FILTER where it is no
    /// aggregate; those of windows and frames.
    pub(super) fn window(
        &mut self,
        function: WindowFunction,
        call: &FunctionCall,
        over: &Over,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let name = &call.name.name;
        let refuse = |what: &str, help: &str| {
            let error = Error::new("function", format!("{name} takes no {what}"), span);
            Err(error.help((!help.is_empty()).then(|| help.to_owned())))
        };
        let is_aggregate = matches!(function, WindowFunction::Aggregate(_));
        if call.distinct {
            return refuse("DISTINCT before OVER", "");
        } else if !call.order_by.is_empty() {
            return refuse("ORDER BY before OVER", "its rows come in the order of the window");
        } else if call.filter.is_some() && !is_aggregate {
            return refuse("FILTER", "it is for aggregates");
        }
        let Some(windows) = self.windows.take() else {
            return Err(misplaced(name, self.clause, span));
        };
        let clause = std::mem::replace(&mut self.clause, "a window function");
        let bound = self.bound_window(function, call, over, windows.named);
        let place = self.place(span);
        self.clause = clause;
        let index = bound.map(|mut bound| {
            bound.call.place = place;
            let data_type = bound.call.data_type;
            let index = windows.calls.iter().position(|known| *known == bound);
            let index = index.unwrap_or_else(|| {
                windows.calls.push(bound);
                windows.calls.len() - 1
            });
            BoundExpression::new(BoundKind::Window(index), data_type)
        });
        self.windows = Some(windows);
        index
    }

    fn bound_window(
        &mut self,
        function: WindowFunction,
        call: &FunctionCall,
        over: &Over,
        named: &[NamedWindow],
    ) -> Result<BoundWindow, Error> {
        let parts = match over {
            Over::Name(name) => find(name, named)?,
            Over::Window(window) => extended(window, named)?,
        };
        let mut arguments = self.arguments(&call.arguments)?;
        let filter = call.filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        let partition =
            parts.partition_by.iter().map(|term| self.bind(term).map(collation::comparable));
        let partition = partition.collect::<Result<Vec<_>, _>>()?;
        let order = self.order_keys(parts.order_by)?;
        let frame = match parts.frame {
            Some(frame) => self.frame(frame, &order)?,
            None => Frame::default(),
        };
        let data_type = result_type(function, &mut arguments);
        let collation = if let WindowFunction::Aggregate(function) = function {
            collation::of_aggregate(function, false, &arguments)
        } else {
            Collation::Binary
        };
        let place = CompactSpan::default();
        let call = WindowCall { function, arguments, collation, filter, frame, data_type, place };
        Ok(BoundWindow { partition, order, call })
    }

    /// Binds a frame over rows in this order.
    ///
    /// # Errors
    /// `window-frame` of one that ends before it begins, of a distance that is none, and of RANGE
    /// where the order does not say how far rows are apart.
    fn frame(&mut self, frame: &WindowFrame, order: &[OrderKey]) -> Result<Frame, Error> {
        let WindowFrame { unit, start, end, exclusion, span } = frame;
        let error = |message: &str, help: &str| {
            Err(Error::new("window-frame", message, span.0).help(Some(help.into())))
        };
        let ends_before = match (start, end) {
            (FrameBound::CurrentRow, FrameBound::Preceding(_)) => true,
            (FrameBound::Following(_), end) => {
                matches!(end, FrameBound::Preceding(_) | FrameBound::CurrentRow)
            }
            _ => false,
        };
        if ends_before {
            return error("this frame ends before it begins", "the nearer bound stands last");
        }
        let has_offset = start.offset().is_some() || end.offset().is_some();
        if *unit == FrameUnit::Range && has_offset {
            let [key] = order else {
                let message = "RANGE with a distance needs one term in ORDER BY, \
                               whose values are that far apart";
                return error(message, "ROWS and GROUPS count rows, in any order");
            };
            if key.expression.data_type == DataType::Timestamp {
                let help = "ORDER BY unixepoch(…), and give the distance in seconds";
                return error("a TIMESTAMP is no number: RANGE has no distance to it", help);
            }
        }
        let mut bound = |bound: &FrameBound| bound.try_map(|offset| self.offset(*unit, offset));
        let (start, end) = (bound(start)?, bound(end)?);
        Ok(Frame { unit: *unit, start, end, exclusion: *exclusion })
    }

    /// Binds the distance of a bound.
    fn offset(&mut self, unit: FrameUnit, offset: &Expression) -> Result<BoundExpression, Error> {
        let error = |message: String| Err(Error::new("window-frame", message, offset.span));
        let bound = self.given(Binder::new(self.scope, "a frame").bind(offset)?);
        if !bound.is_constant() {
            return error("the distance of a bound is the same for every row".to_owned());
        }
        if self.is_flexible() && calls_a_function(&bound) {
            return error("the distance of a bound calls no function".to_owned());
        }
        let known = self.subqueries.as_ref();
        let known = known.and_then(|binder| binder.planning.catalog.constant(&bound));
        match known {
            Some(value) if distance(unit, &value).is_none() => error(no_distance(unit, &value)),
            _ => Ok(bound),
        }
    }
}

/// Whether a value is no matter of operators and constants alone.
fn calls_a_function(value: &BoundExpression) -> bool {
    let mut calls = matches!(value.kind, BoundKind::Call(..) | BoundKind::CurrentTime(_));
    value.for_each_operand(|operand| calls = calls || calls_a_function(operand));
    calls
}

/// The distance of a bound that a value is: a number from 0 on, a whole one of rows and groups. A text
/// that is one counts as that.
pub fn distance(unit: FrameUnit, value: &Value) -> Option<Value> {
    let number = if let Value::Text(text) = value { whole_number(text)? } else { value.clone() };
    let number = match unit {
        FrameUnit::Range => number,
        FrameUnit::Rows | FrameUnit::Groups => DataType::Integer.accept(number).ok()?,
    };
    let is_distance = match &number {
        Value::Integer(integer) => *integer >= 0,
        Value::Real(real) => *real >= 0.0,
        Value::Decimal(decimal) => decimal.mantissa >= 0,
        Value::Null
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Text(_)
        | Value::Json(_)
        | Value::Blob(_) => false,
    };
    is_distance.then_some(number)
}

/// What is said of a value that is none.
pub fn no_distance(unit: FrameUnit, value: &Value) -> String {
    let (what, kind) = match unit {
        FrameUnit::Range => ("number", "RANGE"),
        FrameUnit::Rows => ("whole number", "ROWS"),
        FrameUnit::Groups => ("whole number", "GROUPS"),
    };
    format!("the distance of a bound of {kind} is a {what}, 0 or more: not {}", value.shortened())
}

/// The type of what a function gives. Of values of which one is the result, all are exact if one is a
/// DECIMAL.
fn result_type(function: WindowFunction, arguments: &mut [BoundExpression]) -> DataType {
    let argument = |arguments: &[BoundExpression]| {
        arguments.first().map_or(DataType::Integer, |argument| argument.data_type)
    };
    match function {
        WindowFunction::Aggregate(function) => function.result(argument(arguments)),
        WindowFunction::RowNumber
        | WindowFunction::Rank
        | WindowFunction::DenseRank
        | WindowFunction::Ntile => DataType::Integer,
        WindowFunction::PercentRank | WindowFunction::CumeDist => DataType::Real,
        WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
            argument(arguments).without_affinity()
        }
        WindowFunction::Lag | WindowFunction::Lead => {
            let of_rows = arguments.iter_mut().enumerate();
            let values = of_rows.filter(|(index, _)| *index != 1);
            exact_numbers::alternatives(values.map(|(_, value)| value));
            let values = arguments.iter().enumerate().filter(|(index, _)| *index != 1);
            exact_numbers::common(values.map(|(_, value)| value))
        }
    }
}
